// SPDX-License-Identifier: Apache-2.0
// A scanner instead of a tree: the text, its order and its block boundaries are all that search needs, a tree builder
// gives no exact byte positions inside text with entities, and hostile nesting costs it quadratic time.
#include "html.hpp"

#include "utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace sumun::docsearch {
namespace {

struct Entity {
  std::string_view name;
  char32_t value;
};

// Sorted by name. The entities that people write; any other stays as it is written.
constexpr Entity kEntities[] = {
    {"AElig", 0xC6},   {"Aacute", 0xC1},  {"Agrave", 0xC0},  {"Auml", 0xC4},    {"Ccedil", 0xC7},  {"Eacute", 0xC9},  {"Ntilde", 0xD1},
    {"Oslash", 0xD8},  {"Ouml", 0xD6},    {"Uuml", 0xDC},    {"aacute", 0xE1},  {"acirc", 0xE2},   {"aelig", 0xE6},   {"agrave", 0xE0},
    {"alpha", 0x3B1},  {"amp", '&'},      {"apos", '\''},    {"aring", 0xE5},   {"atilde", 0xE3},  {"auml", 0xE4},    {"beta", 0x3B2},
    {"bull", 0x2022},  {"ccedil", 0xE7},  {"cent", 0xA2},    {"copy", 0xA9},    {"deg", 0xB0},     {"delta", 0x3B4},  {"divide", 0xF7},
    {"eacute", 0xE9},  {"ecirc", 0xEA},   {"egrave", 0xE8},  {"euml", 0xEB},    {"euro", 0x20AC},  {"frac12", 0xBD},  {"gamma", 0x3B3},
    {"ge", 0x2265},    {"gt", '>'},       {"harr", 0x2194},  {"hellip", 0x2026}, {"iacute", 0xED}, {"icirc", 0xEE},   {"iexcl", 0xA1},
    {"iquest", 0xBF},  {"iuml", 0xEF},    {"laquo", 0xAB},   {"larr", 0x2190},  {"ldquo", 0x201C}, {"le", 0x2264},    {"lsquo", 0x2018},
    {"lt", '<'},       {"mdash", 0x2014}, {"micro", 0xB5},   {"middot", 0xB7},  {"minus", 0x2212}, {"nbsp", 0xA0},    {"ndash", 0x2013},
    {"ne", 0x2260},    {"ntilde", 0xF1},  {"oacute", 0xF3},  {"ocirc", 0xF4},   {"ograve", 0xF2},  {"oslash", 0xF8},  {"ouml", 0xF6},
    {"para", 0xB6},    {"plusmn", 0xB1},  {"pound", 0xA3},   {"quot", '"'},     {"raquo", 0xBB},   {"rarr", 0x2192},  {"rdquo", 0x201D},
    {"reg", 0xAE},     {"rsquo", 0x2019}, {"sect", 0xA7},    {"shy", 0xAD},     {"szlig", 0xDF},   {"times", 0xD7},   {"trade", 0x2122},
    {"uacute", 0xFA},  {"ucirc", 0xFB},   {"ugrave", 0xF9},  {"uuml", 0xFC},    {"yen", 0xA5}};

// Sorted. Tags that end a paragraph.
constexpr std::string_view kBlockTags[] = {
    "address", "article", "aside", "blockquote", "body", "br",     "center", "dd",   "details", "dialog",  "dir",   "div",
    "dl",      "dt",      "fieldset", "figcaption", "figure", "footer", "form", "h1",  "h2",      "h3",      "h4",    "h5",
    "h6",      "head",    "header", "hr",       "html", "legend", "li",     "main", "menu",    "nav",     "ol",    "option",
    "p",       "pre",     "section", "select",  "summary", "table", "tbody", "tfoot", "thead", "title",   "tr",    "ul"};

// Elements whose content is no text of the page. They end at their own end tag only.
constexpr std::array<std::string_view, 6> kHidden = {"script", "style", "template", "iframe", "noembed", "svg"};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

class HtmlReader {
 public:
  explicit HtmlReader(std::string_view page) : page_(page) {}
  HtmlText read();

 private:
  struct Tag {
    std::string name;  // in small letters
    bool closing = false;
    std::size_t end = 0;  // after the '>'
  };

  bool skip_declaration();
  Tag tag() const;
  void handle(const Tag& tag);
  void skip_element(const std::string& name);
  void read_title();
  void character();
  std::size_t entity(char32_t& value) const;
  void put(std::string_view text, std::size_t source, std::size_t source_size);
  void end_block();

  std::string_view page_;
  std::size_t at_ = 0;
  HtmlText result_;
  std::size_t block_begin_ = 0;     // of the open block, in the text
  bool blank_ = false;              // white space was read and not yet put
  std::size_t blank_at_ = 0;
  int heading_ = 0;                 // level of the open heading; 0 = none
  bool pre_ = false, table_ = false;
};

HtmlText HtmlReader::read() {
  while (at_ < page_.size()) {
    if (page_[at_] != '<') {
      character();
      continue;
    }
    if (skip_declaration()) continue;
    const Tag found = tag();
    if (found.end == 0) {
      put("<", at_, 1);
      ++at_;
      continue;
    }
    at_ = found.end;
    handle(found);
  }
  end_block();
  return std::move(result_);
}

// <!-- … -->, <!doctype …>, <? … >
bool HtmlReader::skip_declaration() {
  const std::string_view rest = page_.substr(at_);
  const bool comment = rest.starts_with("<!--");
  if (!comment && !rest.starts_with("<!") && !rest.starts_with("<?")) return false;
  const std::size_t end = comment ? page_.find("-->", at_ + 4) : page_.find('>', at_);
  at_ = end == std::string_view::npos ? page_.size() : end + (comment ? 3 : 1);
  return true;
}

// Reads the tag at at_; end stays 0 where none is.
HtmlReader::Tag HtmlReader::tag() const {
  Tag tag;
  std::size_t at = at_ + 1;
  tag.closing = at < page_.size() && page_[at] == '/';
  at += tag.closing;
  if (at >= page_.size() || !is_letter(page_[at])) return tag;
  constexpr std::size_t kMaxName = 32;
  for (; at < page_.size() && !is_space(page_[at]) && page_[at] != '>' && page_[at] != '/'; ++at) {
    if (tag.name.size() < kMaxName) tag.name.push_back(is_letter(page_[at]) ? static_cast<char>(page_[at] | 0x20) : page_[at]);
  }
  char quote = 0;
  bool value = false;  // right after '=', where a quote opens a value
  for (; at < page_.size(); ++at) {
    const char c = page_[at];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (value && (c == '"' || c == '\'')) {
      quote = c;
      value = false;
    } else if (c == '>') {
      tag.end = at + 1;
      return tag;
    } else if (!is_space(c)) {
      value = c == '=';
    }
  }
  tag.end = page_.size();  // cut off: the rest was inside the tag
  return tag;
}

void HtmlReader::handle(const Tag& tag) {
  const std::string& name = tag.name;
  if (std::find(kHidden.begin(), kHidden.end(), name) != kHidden.end()) {
    if (!tag.closing) skip_element(name);
    return;
  }
  if (name == "td" || name == "th") {
    if (!tag.closing && result_.text.size() > block_begin_ && !blank_) {
      blank_ = true;
      blank_at_ = at_;
    }
    return;
  }
  if (!std::binary_search(std::begin(kBlockTags), std::end(kBlockTags), name)) return;
  if (name == "title" && !tag.closing) return read_title();
  const bool inside_table = table_ && (name == "tr" || name == "tbody" || name == "thead" || name == "tfoot" || name == "p" || name == "br" || name == "div");
  if (inside_table || (pre_ && name == "br")) {
    if (result_.text.size() > block_begin_ && result_.text.back() != '\n') put("\n", at_, 0);
    blank_ = false;
    return;
  }
  end_block();
  if (name == "pre") pre_ = !tag.closing;
  if (name == "table") table_ = !tag.closing;
  if (name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6') heading_ = tag.closing ? 0 : name[1] - '0';
}

void HtmlReader::skip_element(const std::string& name) {
  while (at_ < page_.size()) {
    const std::size_t open = page_.find("</", at_);
    if (open == std::string_view::npos) break;
    at_ = open + 2;
    const std::string_view rest = page_.substr(at_, name.size());
    const bool same = rest.size() == name.size() &&
                      std::equal(rest.begin(), rest.end(), name.begin(), [](char a, char b) { return (is_letter(a) ? a | 0x20 : a) == b; });
    if (!same) continue;
    const std::size_t close = page_.find('>', at_);
    at_ = close == std::string_view::npos ? page_.size() : close + 1;
    return;
  }
  at_ = page_.size();
}

void HtmlReader::read_title() {
  HtmlReader inner(page_);
  inner.at_ = at_;
  while (inner.at_ < page_.size() && !page_.substr(inner.at_).starts_with("</")) inner.character();
  if (result_.blocks.title.empty()) result_.blocks.title = one_line(inner.result_.text, 200);
  at_ = inner.at_;
}

void HtmlReader::character() {
  const char c = page_[at_];
  if (is_space(c) && !pre_) {
    if (!blank_) blank_at_ = at_;
    blank_ = true;
    ++at_;
    return;
  }
  if (c == '&') {
    char32_t value = 0;
    if (const std::size_t size = entity(value); size > 0) {
      std::string decoded;
      append_utf8(decoded, value == 0xA0 ? ' ' : value);
      put(decoded, at_, size);
      at_ += size;
      return;
    }
  }
  std::size_t end = at_ + 1;
  while (end < page_.size() && page_[end] != '<' && page_[end] != '&' && (pre_ || !is_space(page_[end]))) ++end;
  put(page_.substr(at_, end - at_), at_, end - at_);
  at_ = end;
}

// The bytes of the entity at at_; 0 = it is none.
std::size_t HtmlReader::entity(char32_t& value) const {
  const std::string_view rest = page_.substr(at_ + 1, 12);
  const std::size_t semicolon = rest.find(';');
  if (semicolon == std::string_view::npos || semicolon == 0) return 0;
  std::string_view name = rest.substr(0, semicolon);
  if (name[0] == '#') {
    name.remove_prefix(1);
    const bool hex = !name.empty() && (name[0] == 'x' || name[0] == 'X');
    if (hex) name.remove_prefix(1);
    std::uint32_t number = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number, hex ? 16 : 10);
    if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size()) return 0;
    const bool bad = number == 0 || number > 0x10FFFF || (number >= 0xD800 && number < 0xE000);
    value = bad ? 0xFFFD : number;
    return semicolon + 2;
  }
  const auto* found = std::lower_bound(std::begin(kEntities), std::end(kEntities), name,
                                       [](const Entity& entity, std::string_view wanted) { return entity.name < wanted; });
  if (found == std::end(kEntities) || found->name != name) return 0;
  value = found->value;
  return semicolon + 2;
}

void HtmlReader::put(std::string_view text, std::size_t source, std::size_t source_size) {
  std::string& out = result_.text;
  if (blank_ && out.size() > block_begin_ && out.back() != '\n') {
    result_.source.add(out.size(), 1, blank_at_, 1);
    out.push_back(' ');
  }
  blank_ = false;
  result_.source.add(out.size(), text.size(), source, source_size);
  out.append(text);
}

void HtmlReader::end_block() {
  blank_ = false;
  std::string& out = result_.text;
  const std::string_view words = trim(std::string_view(out).substr(block_begin_));
  if (!words.empty()) {
    const auto begin = static_cast<std::size_t>(words.data() - out.data());
    Block block{pre_ || table_ ? Block::Kind::verbatim : Block::Kind::prose, 0, begin, begin + words.size(), {}};
    if (heading_ > 0) {
      block.kind = Block::Kind::heading;
      block.level = heading_;
      block.heading = one_line(words, 200);
      if (result_.blocks.title.empty() && heading_ == 1) result_.blocks.title = block.heading;
    }
    result_.blocks.blocks.push_back(std::move(block));
    result_.source.add(out.size(), 1, at_, 0);
    out.push_back('\n');
  }
  block_begin_ = out.size();
}

}  // namespace

HtmlText read_html(std::string_view page) { return HtmlReader(page).read(); }

}  // namespace sumun::docsearch
