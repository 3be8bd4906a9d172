// SPDX-License-Identifier: Apache-2.0
// An expression of ECMA-262 as a tree. The grammar is that of the flag `u`, with what the web's grammar allows besides: a
// brace or a bracket that stands for itself, a hyphen beside a class, a backslash before any character that is no letter.
#pragma once
#include "schema/char_ranges.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sumun::schema {

inline constexpr std::uint32_t kMaxRepeat = 100'000;  // {n}: beyond any program's size

struct PatternNode {
  enum class Kind : std::uint8_t { empty, character, any, char_class, sequence, choice, repeat, text_begin, text_end, word_edge, no_word_edge, look };
  Kind kind = Kind::empty;
  bool endless = false;                   // repeat: no upper bound
  bool behind = false, negative = false;  // look
  char32_t character = 0;
  std::uint32_t index = 0;          // of the class
  std::uint32_t low = 0, high = 0;  // repeat
  std::vector<std::unique_ptr<PatternNode>> parts;
};

struct ParsedPattern {
  std::unique_ptr<PatternNode> tree;
  std::vector<Ranges> classes;  // sorted
  std::optional<std::string> error;           // what is wrong, and where: no expression of ECMA-262
  std::optional<std::string> back_reference;  // the first: well-formed, but no set of states can run it
};

enum class PatternUse { run, check };  // check: no tree and no classes are kept, only what is wrong

ParsedPattern parse_pattern(std::string_view expression, PatternUse use);

}  // namespace sumun::schema
