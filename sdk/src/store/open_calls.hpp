// SPDX-License-Identifier: Apache-2.0
// Calls for which no approval stands: the log alone knows that they began, so the log is where one is found that has no end.
#pragma once
#include "gate/ledger.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace sumun::store {

/// What an event says of its call.
enum class Turn : std::uint8_t { none, begins, ends };
Turn turn_of(const gate::AuditEvent& event);
/// The call that it names; empty = none, or a name that a database does not take as text.
std::string call_of(const gate::AuditEvent& event);

/// The calls that this process has begun and not ended, by what its records say. The number of the first of those records is
/// kept in the writer's row, in the transaction that changes it: there others look when the process is gone.
/// Thread: that of the engine which writes.
class OpenCalls {
 public:
  void note(const std::string& call, Turn turn, std::int64_t number);
  /// The first record of an open one, with what was noted; 0 = there is none. Below zero: this process never had any.
  std::int64_t first() const;
  /// What was noted came to nothing, or is durable.
  void forget() { noted_.clear(); }
  void keep();
  /// It may be durable: a call is rather looked at in vain than missed.
  void keep_begun();

 private:
  struct Noted {
    std::string call;
    std::int64_t number = 0;  // of the record that begins it; 0 = it has ended
  };
  std::vector<Noted> noted_;
  std::unordered_map<std::string, std::int64_t> open_;
  std::set<std::int64_t> numbers_;  // of `open_`
  bool had_any_ = false;
};

}  // namespace sumun::store
