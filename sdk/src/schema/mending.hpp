// SPDX-License-Identifier: Apache-2.0
// Sentences that end with how a value is mended, where that can be told from the value.
#pragma once
#include "schema/program.hpp"

#include <functional>
#include <string>
#include <vector>

namespace sumun::schema {

/// What a schema would have taken in the place of a value that it refused whole.
struct Wanted {
  std::uint8_t types = 0;  // of TypeBit
  std::vector<const json*> values;
  const json* found = nullptr;  // null: the fault is of another kind
  std::size_t more = 0;         // values that are left out of the list
};

/// Whether a mended value would be valid; empty = nothing is known about that, and a type is never advised.
using Holds = std::function<bool(const json& mended)>;

/// "expected integer, found string \"5\"; send 5 without quotes", "expected one of \"asc\", null, found \"asce\"; did you mean
/// \"asc\"?". Only what is valid then is advised.
std::string expected(const Wanted& wanted, const Holds& holds, Budget& budget);

/// "the required property \"limit\" is missing; is \"limti\" meant to be it?": of the members that have no rule of their own.
std::string missing_property(const std::string& name, const ObjectRules& rules, const json::object_t& members, Budget& budget);

/// "unknown property; did you mean \"limit\"?", else what is known: names, and patterns of names.
std::string unknown_property(const std::string& name, const std::vector<std::string_view>& names, const std::vector<std::string_view>& patterns, Budget& budget);

/// "must not be string": what `not` excludes, named where the schema below it is short enough to be named.
std::string excluded(const Schema::Program& program, NodeId negated, const json& value);

/// "at least 2 items must be string, 1 is": of contains, minContains and maxContains.
std::string too_few_matches(const Schema::Program& program, const ArrayRules& rules, std::uint64_t count);
std::string too_many_matches(const Schema::Program& program, const ArrayRules& rules, std::uint64_t count);

/// Of an item behind the last one that the schema allows.
std::string item_too_many(std::size_t allowed);

}  // namespace sumun::schema
