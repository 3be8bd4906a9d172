// SPDX-License-Identifier: Apache-2.0
// Regular expressions of ECMA-262 as `pattern` uses them: does some part of a text match? They run as a set of states that
// all advance together, so that the time is (length of the text) × (size of the program) whatever the expression, and the
// stack does not grow with the text. Code points, as with the `u` flag. Not there: back-references.
#pragma once
#include <sumun/result.hpp>

#include "schema/budget.hpp"
#include "schema/char_ranges.hpp"
#include "schema/pattern_table.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sumun::schema {

/// Thread: a compiled Pattern is constant; match from any thread.
class Pattern {
 public:
  enum class Answer { yes, no, too_costly };

  /// Errors: invalid_value; the message says what in the expression is wrong, and where (byte offset).
  static Result<Pattern> compile(std::string_view expression, std::size_t max_size);

  /// Pays a step for every 64 states (or characters, where a table is read) it looks at, from `budget` where there is one; too costly where that has no more, or
  /// after 50 million states.
  Answer search(std::string_view text, Budget* budget = nullptr) const;
  const std::string& source() const { return source_; }

  struct CharClass {
    std::uint64_t ascii[2] = {0, 0};  // bit c: ASCII character c is in it
    Ranges ranges;                    // beyond ASCII, sorted, apart
    bool has(char32_t c) const;
  };
  enum class Op : std::uint8_t { character, any, in_class, split, jump, text_begin, text_end, word_edge, no_word_edge, look, match };
  struct Instruction {
    Op op;
    std::uint32_t a = 0;  // character, class, first target, look
    std::uint32_t b = 0;  // second target
  };
  struct Look {
    std::uint32_t start;
    bool behind;
    bool negative;
  };

 private:
  friend class PatternWriter;
  friend class PatternRun;
  friend class PatternTableMaker;
  std::string source_;
  std::vector<Instruction> code_;
  std::vector<CharClass> classes_;
  std::vector<Look> looks_;
  std::optional<PatternTable> table_;  // of a small one
  bool anchored_ = false;  // begins with ^: only the start of the text need be tried
};

}  // namespace sumun::schema
