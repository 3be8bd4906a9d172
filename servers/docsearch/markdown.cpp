// SPDX-License-Identifier: Apache-2.0
// Markdown line by line, since what is needed of it is where each block begins and ends in the file:
// front matter, ATX and setext headings, fenced and indented code, tables, lists and paragraphs.
#include "blocks.hpp"

#include "utf8.hpp"

namespace sumun::docsearch {
namespace {

class MarkdownReader {
 public:
  explicit MarkdownReader(std::string_view text) : text_(text) {}
  Blocks read();

 private:
  std::string_view at(const Line& line) const { return text_.substr(line.begin, line.end - line.begin); }
  std::size_t front_matter();
  bool heading(const Line& line);
  bool setext(const Line& line);
  std::size_t fence(const Line& line);
  std::size_t table(const Line& line);
  std::size_t indented_code(const Line& line);
  void add_heading(int level, std::string_view words, std::size_t begin, std::size_t end);
  void prose(const Line& line);

  std::string_view text_;
  Blocks result_;
  bool open_ = false;  // the last block is a paragraph that the next line continues
};

std::size_t indent_of(std::string_view line) {
  std::size_t columns = 0;
  for (const char c : line) {
    if (c == ' ') {
      ++columns;
    } else if (c == '\t') {
      columns += 4 - columns % 4;
    } else {
      break;
    }
  }
  return columns;
}

bool is_list_item(std::string_view line) {
  line = trim(line);
  if (line.size() > 1 && (line[0] == '-' || line[0] == '*' || line[0] == '+') && line[1] == ' ') return true;
  std::size_t digits = 0;
  while (digits < line.size() && digits < 9 && line[digits] >= '0' && line[digits] <= '9') ++digits;
  return digits > 0 && digits + 1 < line.size() && (line[digits] == '.' || line[digits] == ')') && line[digits + 1] == ' ';
}

// |---|:--:| : only bars, dashes, colons and blanks, with at least one dash and one bar.
bool is_table_rule(std::string_view line) {
  bool dash = false, bar = false;
  for (const char c : trim(line)) {
    dash |= c == '-';
    bar |= c == '|';
    if (c != '-' && c != '|' && c != ':' && c != ' ' && c != '\t') return false;
  }
  return dash && bar;
}

std::string plain_words(std::string_view markup) {
  std::string words;
  for (std::size_t i = 0; i < markup.size(); ++i) {
    const char c = markup[i];
    if (c == '*' || c == '`') continue;
    if (c == '[' || (c == '!' && i + 1 < markup.size() && markup[i + 1] == '[')) continue;
    if (c == ']' && i + 1 < markup.size() && markup[i + 1] == '(') {  // [words](target)
      const std::size_t close = markup.find(')', i);
      if (close == std::string_view::npos) break;
      i = close;
      continue;
    }
    words.push_back(c);
  }
  return one_line(words, 200);
}

Blocks MarkdownReader::read() {
  std::size_t next = front_matter();
  while (next < text_.size()) {
    const Line line = line_at(text_, next);
    if (trim(at(line)).empty()) {
      open_ = false;
      next = line.next;
      continue;
    }
    if (std::size_t end = fence(line); end > 0) {
      next = end;
    } else if (end = table(line); end > 0) {
      next = end;
    } else if (end = indented_code(line); end > 0) {
      next = end;
    } else {
      if (!heading(line) && !setext(line)) prose(line);
      next = line.next;
    }
  }
  return std::move(result_);
}

// ---, lines, --- at the very start. Its `title:` is the title.
std::size_t MarkdownReader::front_matter() {
  const Line first = line_at(text_, 0);
  if (at(first) != "---") return 0;
  std::string title;
  for (std::size_t next = first.next; next < text_.size();) {
    const Line line = line_at(text_, next);
    next = line.next;
    std::string_view words = at(line);
    if (words == "---" || words == "...") {
      result_.title = title;
      result_.blocks.push_back({Block::Kind::verbatim, 0, first.begin, line.end, {}});
      return next;
    }
    if (!words.starts_with("title:")) continue;
    words = trim(words.substr(6));
    if (words.size() > 1 && (words.front() == '"' || words.front() == '\'') && words.back() == words.front()) {
      words = words.substr(1, words.size() - 2);
    }
    title = one_line(words, 200);
  }
  return 0;
}

void MarkdownReader::add_heading(int level, std::string_view words, std::size_t begin, std::size_t end) {
  std::string heading = plain_words(words);
  if (result_.title.empty() && level == 1) result_.title = heading;
  result_.blocks.push_back({Block::Kind::heading, level, begin, end, std::move(heading)});
  open_ = false;
}

bool MarkdownReader::heading(const Line& line) {
  std::string_view words = at(line);
  if (indent_of(words) > 3) return false;
  words = trim(words);
  std::size_t level = words.find_first_not_of('#');
  if (level == std::string_view::npos) level = words.size();
  if (level == 0 || level > 6 || (level < words.size() && words[level] != ' ' && words[level] != '\t')) return false;
  words = trim(words.substr(level));
  while (!words.empty() && words.back() == '#') words.remove_suffix(1);
  add_heading(static_cast<int>(level), trim(words), line.begin, line.end);
  return true;
}

// A line of = or - under a paragraph of one line makes it a heading.
bool MarkdownReader::setext(const Line& line) {
  const std::string_view rule = trim(at(line));
  const bool first = rule.find_first_not_of('=') == std::string_view::npos;
  const bool second = rule.find_first_not_of('-') == std::string_view::npos;
  if ((!first && !second) || !open_ || result_.blocks.empty()) return false;
  const Block block = result_.blocks.back();
  const std::string_view words = text_.substr(block.begin, block.end - block.begin);
  if (block.kind != Block::Kind::prose || words.find('\n') != std::string_view::npos || is_list_item(words)) return false;
  result_.blocks.pop_back();
  add_heading(first ? 1 : 2, words, block.begin, line.end);
  return true;
}

// Returns where the line after the closing fence begins; 0 = no fence opens here. An unclosed fence goes to the end.
std::size_t MarkdownReader::fence(const Line& line) {
  const std::string_view opening = trim(at(line));
  if (indent_of(at(line)) > 3 || (!opening.starts_with("```") && !opening.starts_with("~~~"))) return 0;
  std::size_t length = opening.find_first_not_of(opening[0]);
  if (length == std::string_view::npos) length = opening.size();
  if (opening[0] == '`' && opening.find('`', length) != std::string_view::npos) return 0;  // inline code
  std::size_t end = line.end, next = line.next;
  bool closed = false;
  while (next < text_.size() && !closed) {
    const Line inner = line_at(text_, next);
    const std::string_view words = trim(at(inner));
    closed = words.size() >= length && words.find_first_not_of(opening[0]) == std::string_view::npos;
    if (!words.empty()) end = inner.end;
    next = inner.next;
  }
  result_.blocks.push_back({Block::Kind::verbatim, 0, line.begin, end, {}});
  open_ = false;
  return next;
}

std::size_t MarkdownReader::table(const Line& line) {
  if (at(line).find('|') == std::string_view::npos || line.next >= text_.size()) return 0;
  const Line rule = line_at(text_, line.next);
  if (!is_table_rule(at(rule))) return 0;
  std::size_t end = rule.end, next = rule.next;
  while (next < text_.size()) {
    const Line row = line_at(text_, next);
    if (at(row).find('|') == std::string_view::npos) break;
    end = row.end;
    next = row.next;
  }
  result_.blocks.push_back({Block::Kind::verbatim, 0, line.begin, end, {}});
  open_ = false;
  return next;
}

std::size_t MarkdownReader::indented_code(const Line& line) {
  if (open_ || indent_of(at(line)) < 4 || is_list_item(at(line))) return 0;
  std::size_t end = line.end, next = line.next;
  while (next < text_.size()) {
    const Line inner = line_at(text_, next);
    const bool blank = trim(at(inner)).empty();
    if (!blank && indent_of(at(inner)) < 4) break;
    if (!blank) end = inner.end;
    next = inner.next;
  }
  result_.blocks.push_back({Block::Kind::verbatim, 0, line.begin, end, {}});
  return next;
}

// A paragraph grows by the line; a list item at the left margin is a block of its own.
void MarkdownReader::prose(const Line& line) {
  const bool item = is_list_item(at(line)) && indent_of(at(line)) < 2;
  if (open_ && !item) {
    result_.blocks.back().end = line.end;
    return;
  }
  result_.blocks.push_back({Block::Kind::prose, 0, line.begin, line.end, {}});
  open_ = true;
}

}  // namespace

Blocks read_markdown(std::string_view text) { return MarkdownReader(text).read(); }

}  // namespace sumun::docsearch
