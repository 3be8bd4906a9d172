// SPDX-License-Identifier: Apache-2.0
// One condition of a policy rule on the arguments of a call:
//   POINTER == JSON   != < <= > >=     numbers by their exact value, texts by their code points
//   POINTER ~ "PATTERN"   !~           some part of the text matches (ECMA-262, `u`)
//   POINTER in [JSON, …]  not in
//   POINTER   !POINTER                 the member is there (be it null); it is not
// A pointer (RFC 6901) ends at the first blank; one with blanks is written as a JSON string.
#pragma once
#include "gate/truth.hpp"
#include "schema/pattern.hpp"

#include <sumun/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sumun::gate {

inline constexpr std::size_t kMaxPredicateBytes = 4096;
inline constexpr std::size_t kMaxPredicatePattern = 4000;  // instructions of one compiled pattern

/// Thread: constant; test from any thread.
class Predicate {
 public:
  /// Errors: invalid_value; the message begins with "column N: ".
  static Result<Predicate> compile(std::string_view text);
  /// Unknown where the member is absent, or has another type than what it is compared with.
  Truth test(const json& arguments) const;
  /// The value that it speaks of; null = absent.
  const json* find(const json& arguments) const;
  const std::string& text() const { return text_; }

 private:
  enum class Operator : std::uint8_t { present, equal, less, greater, matches, in };
  Truth holds(const json& value) const;

  std::string text_;
  std::vector<std::string> path_;
  Operator operator_ = Operator::present;
  bool negated_ = false;  // !=, >=, <=, !~, not in, !POINTER
  json operand_;
  std::optional<schema::Pattern> pattern_;
};

}  // namespace sumun::gate
