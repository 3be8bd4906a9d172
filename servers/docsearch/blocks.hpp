// SPDX-License-Identifier: Apache-2.0
// The structure of a text, format by format: headings, running text, and what must stay whole (tables, code).
// Every byte that is not white space belongs to exactly one block; blocks are in order.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sumun::docsearch {

struct Block {
  enum class Kind : std::uint8_t {
    heading,  // opens a section of its level
    prose,    // may be split between sentences, and then overlaps
    verbatim, // table or code: split between lines only, and only where it is too large
  };
  Kind kind = Kind::prose;
  int level = 0;  // heading: 1 = outermost
  std::size_t begin = 0, end = 0;  // bytes of the text, without the line end
  std::string heading;  // heading: its words; code: the line that names what is defined here
};

struct Blocks {
  std::vector<Block> blocks;
  std::string title;  // empty = the text has none
};

Blocks read_markdown(std::string_view text);
Blocks read_plain_text(std::string_view text);
Blocks read_source_code(std::string_view text);

/// One line of a text: [begin, end) without its line end; next is where the following line begins.
struct Line {
  std::size_t begin, end, next;
};
Line line_at(std::string_view text, std::size_t begin);

std::string_view trim(std::string_view text);

/// At most `characters` of it, white space folded to single blanks.
std::string one_line(std::string_view text, std::size_t characters);

}  // namespace sumun::docsearch
