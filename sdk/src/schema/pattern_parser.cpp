// SPDX-License-Identifier: Apache-2.0
// Parses an expression. Its stack grows with the nesting of groups, which is bounded.
#include "schema/pattern_parser.hpp"

#include "base/ascii.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace sumun::schema {

namespace {

constexpr std::size_t kMaxNesting = 200;        // groups inside groups
constexpr std::size_t kMaxLookNesting = 8;      // looks inside looks: the matcher's stack
constexpr std::size_t kMaxRanges = 200'000;     // of all classes together

using Kind = PatternNode::Kind;
using Tree = std::unique_ptr<PatternNode>;
using Names = std::set<std::string, std::less<>>;

Tree leaf(Kind kind) {
  auto node = std::make_unique<PatternNode>();
  node->kind = kind;
  return node;
}

Tree list(Kind kind, Tree first, Tree second) {
  Tree out = leaf(kind);
  out->parts.push_back(std::move(first));
  out->parts.push_back(std::move(second));
  return out;
}

Tree around(Tree inner, bool behind, bool negative) {
  Tree out = leaf(Kind::look);
  out->behind = behind;
  out->negative = negative;
  out->parts.push_back(std::move(inner));
  return out;
}

bool is_zero_width(Kind kind) {
  return kind == Kind::text_begin || kind == Kind::text_end || kind == Kind::word_edge || kind == Kind::no_word_edge || kind == Kind::look;
}

class Parser {
 public:
  Parser(std::string_view source, PatternUse use)
      : at_(source.data()), begin_(source.data()), end_(source.data() + source.size()), keep_(use == PatternUse::run) {}

  ParsedPattern parse() {
    out_.tree = choice();
    if (!out_.error && at_ != end_) set_error("unmatched ')'");
    for (const auto& [name, offset] : named_references_) {
      if (!names_.contains(name)) set_error("there is no group \"" + name + "\"", offset);
    }
    if (highest_reference_ > groups_) set_error("there is no group " + std::to_string(highest_reference_), highest_offset_);
    return std::move(out_);
  }

 private:
  struct Flags {
    bool ignore_case = false, lines = false, dot_all = false;  // i, m, s
  };

  std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }
  void set_error(const std::string& what) { set_error(what, offset()); }
  void set_error(const std::string& what, std::size_t offset) {
    if (!out_.error) out_.error = what + " at offset " + std::to_string(offset);
  }
  bool more() const { return !out_.error && at_ != end_; }
  bool peek(char c) const { return more() && *at_ == c; }
  bool take(char c) {
    if (!peek(c)) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) {
    if (!more() || !std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  char32_t take_character() {  // a malformed byte counts as one replacement character
    const std::size_t length = utf8::length(at_, end_);
    const char32_t c = length == 0 ? 0xFFFD : utf8::value(at_, length);
    at_ += std::max<std::size_t>(length, 1);
    return c;
  }

  // -- alternatives, terms

  Tree choice() {
    if (++nesting_ > kMaxNesting) set_error("groups are nested too deeply");
    Names outer = std::move(names_);
    Names inner;
    Tree out = leaf(Kind::choice);
    do {
      names_.clear();
      keep(*out, sequence());
      merge(inner, names_, true);  // two alternatives may share a name
    } while (take('|'));
    merge(outer, inner, false);
    names_ = std::move(outer);
    --nesting_;
    return out->parts.size() == 1 ? std::move(out->parts.front()) : std::move(out);
  }

  void merge(Names& into, Names& from, bool shared) {
    if (into.size() < from.size()) into.swap(from);
    into.merge(from);
    if (!shared && !from.empty()) set_error("two groups are named \"" + *from.begin() + "\"");
  }

  Tree sequence() {
    Tree out = leaf(Kind::sequence);
    while (more() && *at_ != '|' && *at_ != ')') {
      Tree part = term();
      if (out_.error) break;
      keep(*out, std::move(part));
    }
    return out;
  }

  void keep(PatternNode& parent, Tree part) const {
    if (keep_) parent.parts.push_back(std::move(part));
  }

  Tree term() {
    Tree part = atom();
    if (out_.error) return part;
    Tree out = leaf(Kind::repeat);
    if (take('*')) {
      out->endless = true;
    } else if (take('+')) {
      out->low = 1;
      out->endless = true;
    } else if (take('?')) {
      out->high = 1;
    } else if (!counts(*out)) {
      return part;
    }
    if (is_zero_width(part->kind)) set_error("nothing to repeat");
    take('?');  // lazy or greedy: the same texts match
    out->parts.push_back(std::move(part));
    return out;
  }

  std::optional<std::uint64_t> number() {
    if (!more() || !is_digit(*at_)) return std::nullopt;
    std::uint64_t value = 0;
    while (more() && is_digit(*at_)) value = std::min(std::uint64_t{1} << 53, value * 10 + static_cast<std::uint64_t>(*at_++ - '0'));
    return value;
  }

  // {n} {n,} {n,m}; a brace that begins none of them is a character.
  bool counts(PatternNode& repeat) {
    const char* start = at_;
    if (!take('{')) return false;
    const auto low = number();
    auto high = low;
    if (low && take(',')) {
      high = number();
      repeat.endless = !high;
    }
    if (!low || !take('}')) {
      at_ = start;
      repeat.endless = false;
      return false;
    }
    if (high && *high < *low) set_error("the bounds of {n,m} are out of order");
    repeat.low = static_cast<std::uint32_t>(std::min<std::uint64_t>(kMaxRepeat, *low));
    repeat.high = static_cast<std::uint32_t>(std::min<std::uint64_t>(kMaxRepeat, high.value_or(0)));
    return true;
  }

  Tree atom() {
    switch (*at_) {
      case '^': ++at_; return flags_.lines ? around(leaf(Kind::any), true, true) : leaf(Kind::text_begin);
      case '$': ++at_; return flags_.lines ? around(leaf(Kind::any), false, true) : leaf(Kind::text_end);
      case '.': ++at_; return flags_.dot_all ? class_of({{0, kMaxCodePoint}}, false) : leaf(Kind::any);
      case '(': ++at_; return group();
      case '[': ++at_; return bracket();
      case '\\': ++at_; return escape();
      case '*': case '+': case '?': set_error("nothing to repeat"); return leaf(Kind::empty);
      default: return character(take_character());
    }
  }

  Tree character(char32_t c) {
    if (flags_.ignore_case) return class_of({{c, c}}, false);
    Tree out = leaf(Kind::character);
    out->character = c;
    return out;
  }

  // -- groups

  Tree group() {  // after "("
    Tree out;
    if (take_word("?:")) {
      out = choice();
    } else if (take_word("?=")) {
      out = look(false, false);
    } else if (take_word("?!")) {
      out = look(false, true);
    } else if (take_word("?<=")) {
      out = look(true, false);
    } else if (take_word("?<!")) {
      out = look(true, true);
    } else if (take_word("?<")) {
      ++groups_;
      const std::string name = group_name();
      if (!out_.error && !names_.insert(name).second) set_error("two groups are named \"" + name + "\"");
      out = choice();
    } else if (take('?')) {
      out = with_flags();
    } else {
      ++groups_;
      out = choice();
    }
    if (!take(')')) set_error("a group is not closed");
    return out;
  }

  Tree look(bool behind, bool negative) {
    if (++look_nesting_ > kMaxLookNesting) set_error("look-arounds are nested too deeply");
    Tree out = around(choice(), behind, negative);
    --look_nesting_;
    return out;
  }

  // (?i-ms:…), after "?": each letter once.
  Tree with_flags() {
    const Flags outer = flags_;
    const char* start = at_;
    std::string seen;
    bool on = true, any = false;
    while (more() && *at_ != ':') {
      const char c = *at_;
      if (c == '-' && on) {
        on = false;
      } else if ((c == 'i' || c == 'm' || c == 's') && seen.find(c) == std::string::npos) {
        seen += c;
        any = true;
        (c == 'i' ? flags_.ignore_case : c == 'm' ? flags_.lines : flags_.dot_all) = on;
      } else {
        break;
      }
      ++at_;
    }
    Tree out;
    if (any && take(':')) {
      out = choice();
    } else {
      at_ = start - 1;
      set_error("unknown kind of group");
      out = leaf(Kind::empty);
    }
    flags_ = outer;
    return out;
  }

  std::string group_name() {  // after "<", to behind ">"
    std::string name;
    while (more() && *at_ != '>') {
      const std::size_t from = offset();
      const char32_t c = take_word("\\u") ? unicode_escape() : take_character();
      if (name.empty() ? !is_identifier_start(c) : !is_identifier_part(c)) set_error("a group's name is no identifier", from);
      utf8::append(name, c);
    }
    if (!take('>')) set_error("a group's name does not end");
    if (name.empty()) set_error("a group has an empty name");
    return name;
  }

  // -- classes

  Tree class_of(Ranges ranges, bool negated) {
    if (!keep_) return leaf(Kind::char_class);
    if (flags_.ignore_case) ranges = without_case(std::move(ranges));
    if (negated) ranges = complement(std::move(ranges));
    sort_ranges(ranges);
    Tree out = leaf(Kind::char_class);
    out->index = static_cast<std::uint32_t>(out_.classes.size());
    if (!out_.classes.empty() && out_.classes.back() == ranges) {
      --out->index;
      return out;
    }
    range_count_ += ranges.size();
    if (range_count_ > kMaxRanges) set_error("the classes of the expression are too large");
    out_.classes.push_back(std::move(ranges));
    return out;
  }

  // What \d \D \w \W \s \S \p{…} \P{…} stand for, after the backslash; nothing where another escape follows.
  std::optional<Ranges> shorthand() {
    if (!more()) return std::nullopt;
    const char kind = lower(*at_);
    const bool negated = *at_ != kind;
    Ranges out;
    switch (kind) {
      case 'd': out = digit_ranges(); break;
      case 'w': out = flags_.ignore_case && keep_ ? without_case(word_ranges()) : word_ranges(); break;
      case 's': out = space_ranges(); break;
      case 'p': out = property(); break;
      default: return std::nullopt;
    }
    if (kind != 'p') ++at_;
    return negated ? complement(std::move(out)) : out;
  }

  Ranges property() {  // p{…}
    const char* start = at_++;
    const char* close = std::find(at_, end_, '}');
    if (!take('{') || close == end_ || close - at_ > 64) {
      at_ = start;
      set_error("malformed \\p{…}");
      return {};
    }
    const std::string name(at_, close);
    auto known = properties_.find(name);
    if (known == properties_.end()) {
      auto ranges = property_ranges(name);
      if (!ranges) {
        set_error("no property of characters is called \"" + name + "\"");
        return {};
      }
      known = properties_.emplace(name, std::move(*ranges)).first;
    }
    at_ = close + 1;
    return known->second;
  }

  // One member of [...]: a character, or a shorthand that is added to `ranges` (then nothing is returned).
  std::optional<char32_t> bracket_member(Ranges& ranges) {
    if (!take('\\')) return take_character();
    if (const auto found = shorthand()) {
      if (!keep_) return std::nullopt;
      range_count_ += found->size();
      if (range_count_ > kMaxRanges) set_error("the classes of the expression are too large");
      ranges.insert(ranges.end(), found->begin(), found->end());
      return std::nullopt;
    }
    if (take('b')) return U'\b';
    return escaped_character();
  }

  Tree bracket() {
    const bool negated = take('^');
    Ranges ranges;
    while (more() && *at_ != ']') {
      const auto low = bracket_member(ranges);
      if (more() && *at_ == '-' && end_ - at_ > 1 && at_[1] != ']') {
        ++at_;
        const auto high = bracket_member(ranges);
        if (!low || !high) {  // [\w-x]: the hyphen is itself
          ranges.push_back({'-', '-'});
          if (low) ranges.push_back({*low, *low});
          if (high) ranges.push_back({*high, *high});
        } else if (*high < *low) {
          set_error("a range of [...] is out of order");
        } else {
          ranges.push_back({*low, *high});
        }
      } else if (low) {
        ranges.push_back({*low, *low});
      }
    }
    if (!take(']')) set_error("[...] is not closed");
    return class_of(std::move(ranges), negated);
  }

  // -- escapes

  Tree escape() {
    if (!more()) {
      set_error("the expression ends with a backslash");
      return leaf(Kind::empty);
    }
    if (auto ranges = shorthand()) return class_of(std::move(*ranges), false);
    if (take('b')) return word_edge(false);
    if (take('B')) return word_edge(true);
    if (*at_ == 'k' || (*at_ >= '1' && *at_ <= '9')) return back_reference();
    return character(escaped_character());
  }

  // Without regard to case, two more characters belong to words; the matcher knows those of ASCII only.
  Tree word_edge(bool negative) {
    if (!flags_.ignore_case) return leaf(negative ? Kind::no_word_edge : Kind::word_edge);
    const auto word = [this](bool behind, bool is_not) { return around(class_of(word_ranges(), false), behind, is_not); };
    return list(Kind::choice, list(Kind::sequence, word(true, false), word(false, !negative)), list(Kind::sequence, word(true, true), word(false, negative)));
  }

  Tree back_reference() {
    const std::size_t from = offset();
    if (take('k')) {
      if (!take('<')) set_error("malformed \\k<…>");
      named_references_.emplace_back(group_name(), from);
    } else if (const auto group = number(); group && *group > highest_reference_) {
      highest_reference_ = *group;
      highest_offset_ = from;
    }
    if (!out_.back_reference) out_.back_reference = "back-references are not supported at offset " + std::to_string(from);
    return leaf(Kind::empty);
  }

  std::optional<char32_t> hex(int digits) {
    if (end_ - at_ < digits) return std::nullopt;
    char32_t value = 0;
    for (int i = 0; i < digits; ++i) {
      const char c = lower(at_[i]);
      if (!is_digit(c) && (c < 'a' || c > 'f')) return std::nullopt;
      value = value * 16 + static_cast<char32_t>(is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    at_ += digits;
    return value;
  }

  char32_t unicode_escape() {  // after \u
    if (take('{')) {
      char32_t value = 0;
      int digits = 0;
      while (more() && *at_ != '}') {
        const auto digit = hex(1);
        if (!digit || value > kMaxCodePoint) break;
        value = value * 16 + *digit;
        ++digits;
      }
      if (digits == 0 || value > kMaxCodePoint || !take('}')) set_error("malformed \\u{…}");
      return std::min(value, kMaxCodePoint);
    }
    const auto high = hex(4);
    if (!high) {
      set_error("malformed \\u escape");
      return 0;
    }
    if (*high >= 0xD800 && *high < 0xDC00) {
      const char* before = at_;
      if (take_word("\\u")) {
        const auto low = hex(4);
        if (low && *low >= 0xDC00 && *low < 0xE000) return 0x10000 + ((*high - 0xD800) << 10) + (*low - 0xDC00);
      }
      at_ = before;
    }
    return *high;
  }

  char32_t escaped_character() {  // after the backslash
    if (!more()) {
      set_error("the expression ends with a backslash");
      return 0;
    }
    const char c = *at_;
    switch (c) {
      case 't': ++at_; return '\t';
      case 'n': ++at_; return '\n';
      case 'v': ++at_; return '\v';
      case 'f': ++at_; return '\f';
      case 'r': ++at_; return '\r';
      case '0':
        ++at_;
        if (more() && is_digit(*at_)) set_error("octal escapes are not allowed");
        return 0;
      case 'c':
        ++at_;
        if (!more() || !is_letter(*at_)) {
          set_error("malformed \\c escape");
          return 0;
        }
        return static_cast<char32_t>(*at_++) & 31;
      case 'x': {
        ++at_;
        const auto value = hex(2);
        if (!value) set_error("malformed \\x escape");
        return value.value_or(0);
      }
      case 'u': ++at_; return unicode_escape();
      default: break;
    }
    if (is_alphanumeric(c)) {
      set_error(std::string("unknown escape \\") + c);
      return 0;
    }
    return take_character();
  }

  const char* at_;
  const char* begin_;
  const char* end_;
  bool keep_;
  ParsedPattern out_;
  Flags flags_;
  std::size_t nesting_ = 0, look_nesting_ = 0, range_count_ = 0;
  std::uint64_t groups_ = 0, highest_reference_ = 0;
  std::size_t highest_offset_ = 0;
  Names names_;  // of the groups of this alternative so far
  std::vector<std::pair<std::string, std::size_t>> named_references_;
  std::map<std::string, Ranges, std::less<>> properties_;
};

}  // namespace

ParsedPattern parse_pattern(std::string_view expression, PatternUse use) { return Parser(expression, use).parse(); }

}  // namespace sumun::schema
