// SPDX-License-Identifier: Apache-2.0
// What is told of a value that fits no branch of anyOf or oneOf: which branches come near, and what all of those want.
#pragma once
#include "schema/mending.hpp"

#include <string>
#include <vector>

namespace sumun::schema {

/// A violation, and what would have been taken in its place where a type or a list of values says so.
struct Fault : Violation {
  Wanted wanted;
};

/// The fault by which the value at `here` itself is refused: it has not the type, or is none of the values. Null where the
/// faults lie deeper or elsewhere.
const Fault* refusal(const std::vector<Fault>& faults, const std::string& here);

struct Nearest {
  std::vector<Fault> faults;  // of the branch that comes nearest
  std::string location;       // where one property decides between the branches, or the value itself,
  std::string written;        // as people write it where it is not the value itself;
  Wanted wanted;              // and what the branches want there: the only thing to say then
};
/// `branches` holds the faults of each branch of the value at `here`.
Nearest nearest_of(std::vector<std::vector<Fault>> branches, const std::string& here, Budget& budget);

}  // namespace sumun::schema
