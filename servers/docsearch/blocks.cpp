// SPDX-License-Identifier: Apache-2.0
// Plain text (paragraphs between blank lines) and source code (definitions at the left margin).
#include "blocks.hpp"

#include "utf8.hpp"

#include <array>

namespace sumun::docsearch {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v'; }

// Words that open a definition in common languages.
constexpr std::array<std::string_view, 34> kDefinitions = {
    "class ",  "struct ",  "enum ",   "union ",  "interface ", "trait ",   "impl ",     "namespace ", "module ",  "package ", "def ", "async def ",
    "fn ",     "pub ",     "func ",   "function ", "async function ", "export ", "public ", "private ", "protected ", "static ", "template",
    "void ",   "int ",     "type ",   "const ",  "sub ",       "fun ",     "object ",   "extension ", "CREATE ",  "create ",  "message "};

bool opens_definition(std::string_view line) {
  for (const std::string_view word : kDefinitions) {
    if (line.starts_with(word)) return true;
  }
  return false;
}

}  // namespace

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

Line line_at(std::string_view text, std::size_t begin) {
  const std::size_t newline = text.find('\n', begin);
  if (newline == std::string_view::npos) return {begin, text.size(), text.size()};
  const bool carriage = newline > begin && text[newline - 1] == '\r';
  return {begin, carriage ? newline - 1 : newline, newline + 1};
}

std::string one_line(std::string_view text, std::size_t characters) {
  std::string out;
  bool blank = false;
  for (const char c : trim(text.substr(0, advance_characters(text, 0, characters * 4)))) {
    if (is_blank(c) || c == '\0') {
      blank = true;
      continue;
    }
    if (blank) out.push_back(' ');
    blank = false;
    out.push_back(c);
  }
  out = to_valid_utf8(out);
  const std::size_t end = advance_characters(out, 0, characters);
  if (end < out.size()) {
    out.resize(end);
    out.append("…");
  }
  return out;
}

Blocks read_plain_text(std::string_view text) {
  Blocks result;
  bool open = false;
  for (std::size_t at = 0; at < text.size();) {
    const Line line = line_at(text, at);
    at = line.next;
    const std::string_view words = trim(text.substr(line.begin, line.end - line.begin));
    if (words.empty()) {
      open = false;
      continue;
    }
    const auto end = static_cast<std::size_t>(words.data() - text.data()) + words.size();
    if (open) {
      result.blocks.back().end = end;
    } else {
      result.blocks.push_back({Block::Kind::prose, 0, static_cast<std::size_t>(words.data() - text.data()), end, {}});
    }
    open = true;
  }
  return result;
}

// A block ends at a blank line that is followed by a line at the left margin; an inner blank line does not end a definition.
Blocks read_source_code(std::string_view text) {
  Blocks result;
  bool after_blank = true;
  for (std::size_t at = 0; at < text.size();) {
    const Line line = line_at(text, at);
    at = line.next;
    const std::string_view whole = text.substr(line.begin, line.end - line.begin);
    if (trim(whole).empty()) {
      after_blank = true;
      continue;
    }
    const bool at_margin = !is_blank(whole.front()) && whole.front() != '}' && whole.front() != ')' && whole.front() != ']';
    if (result.blocks.empty() || (after_blank && at_margin)) {
      result.blocks.push_back({Block::Kind::verbatim, 0, line.begin, line.end, {}});
    }
    Block& block = result.blocks.back();
    block.end = line.begin + whole.size();
    if (block.heading.empty() && at_margin && opens_definition(whole)) {
      block.heading = one_line(whole, 80);
      while (!block.heading.empty() && (block.heading.back() == '{' || block.heading.back() == ' ')) block.heading.pop_back();
    }
    after_blank = false;
  }
  return result;
}

}  // namespace sumun::docsearch
