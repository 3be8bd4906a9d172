// SPDX-License-Identifier: Apache-2.0
// Parses an expression into a tree, writes the tree as a program (backwards inside a look-behind), and runs the program as
// a set of states over the text.
#include "schema/pattern.hpp"

#include "base/utf8.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

namespace sumun::schema {

namespace {

constexpr char32_t kMaxCodePoint = 0x10FFFF;
constexpr std::size_t kMaxNesting = 64;        // groups inside groups: the parser's and the writer's stack
constexpr std::size_t kMaxLookNesting = 8;     // looks inside looks: the matcher's stack
constexpr std::uint32_t kMaxRepeat = 100'000;  // {n}: beyond any program size
constexpr std::uint64_t kMaxVisits = 50'000'000;  // states looked at by one search: about a quarter of a second
constexpr std::size_t kStackStates = 500;      // programs up to this size run without allocation

bool is_word_byte(unsigned char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }
bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }

// The character at `at`, and its length. A malformed byte counts as one replacement character.
char32_t decode_at(const char* at, const char* end, std::size_t& length) {
  const auto byte = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(at[i])); };
  if (byte(0) < 0x80) {
    length = 1;
    return byte(0);
  }
  length = utf8::length(at, end);
  switch (length) {
    case 2: return ((byte(0) & 0x1F) << 6) | (byte(1) & 0x3F);
    case 3: return ((byte(0) & 0x0F) << 12) | ((byte(1) & 0x3F) << 6) | (byte(2) & 0x3F);
    case 4: return ((byte(0) & 0x07) << 18) | ((byte(1) & 0x3F) << 12) | ((byte(2) & 0x3F) << 6) | (byte(3) & 0x3F);
    default: length = 1; return 0xFFFD;
  }
}

// The character that ends at `at`.
char32_t decode_before(const char* begin, const char* at, std::size_t& length) {
  const char* from = at - 1;
  while (from > begin && at - from < 4 && (static_cast<unsigned char>(*from) & 0xC0) == 0x80) --from;
  const char32_t c = decode_at(from, at, length);
  if (static_cast<std::size_t>(at - from) == length) return c;
  length = 1;
  return 0xFFFD;
}

bool is_line_end(char32_t c) { return c == '\n' || c == '\r' || c == 0x2028 || c == 0x2029; }

using Ranges = std::vector<Pattern::Range>;

void sort_ranges(Ranges& ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return a.low < b.low; });
  Ranges merged;
  for (const auto& range : ranges) {
    if (!merged.empty() && range.low <= merged.back().high + 1) {
      merged.back().high = std::max(merged.back().high, range.high);
    } else {
      merged.push_back(range);
    }
  }
  ranges = std::move(merged);
}

Ranges complement(Ranges ranges) {
  sort_ranges(ranges);
  Ranges out;
  char32_t next = 0;
  for (const auto& range : ranges) {
    if (range.low > next) out.push_back({next, range.low - 1});
    next = range.high + 1;
  }
  if (next <= kMaxCodePoint) out.push_back({next, kMaxCodePoint});
  return out;
}

const Ranges& digit_ranges() {
  static const Ranges ranges{{'0', '9'}};
  return ranges;
}
const Ranges& word_ranges() {
  static const Ranges ranges{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
  return ranges;
}
// WhiteSpace and LineTerminator of ECMA-262.
const Ranges& space_ranges() {
  static const Ranges ranges{{0x09, 0x0D}, {0x20, 0x20}, {0xA0, 0xA0}, {0x1680, 0x1680}, {0x2000, 0x200A}, {0x2028, 0x2029},
                             {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};
  return ranges;
}

enum class Kind { empty, character, any, char_class, sequence, choice, repeat, text_begin, text_end, word_edge, no_word_edge, look };

struct TreeNode {
  Kind kind = Kind::empty;
  char32_t character = 0;
  std::uint32_t index = 0;         // of the class
  std::uint32_t low = 0, high = 0;  // repeat; high 0 with `endless`
  bool endless = false;
  bool behind = false, negative = false;
  std::vector<std::unique_ptr<TreeNode>> parts;
};
using Tree = std::unique_ptr<TreeNode>;

Tree leaf(Kind kind) {
  auto node = std::make_unique<TreeNode>();
  node->kind = kind;
  return node;
}

}  // namespace

bool Pattern::CharClass::has(char32_t c) const {
  if (c < 128) return (ascii[c >> 6] >> (c & 63)) & 1;
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), c, [](char32_t value, const Range& range) { return value < range.low; });
  return after != ranges.begin() && c <= std::prev(after)->high;
}

class PatternCompiler {
 public:
  PatternCompiler(std::string_view source, std::size_t max_size) : at_(source.data()), begin_(source.data()), end_(source.data() + source.size()), max_size_(max_size) {
    pattern_.source_ = source;
  }

  Result<Pattern> compile() {
    Tree tree = choice();
    if (!error_ && at_ != end_) set_error("unmatched ')'");
    if (!error_) {
      pattern_.anchored_ = begins_at_start(*tree);
      write(*tree, false);
      emit(Pattern::Op::match);
    }
    if (error_) return fail(ErrorCode::invalid_value, *error_);
    return std::move(pattern_);
  }

 private:
  // -- parsing

  void set_error(const std::string& what) {
    if (!error_) error_ = what + " at offset " + std::to_string(at_ - begin_);
  }
  bool more() const { return !error_ && at_ != end_; }
  bool peek(char c) const { return more() && *at_ == c; }
  bool take(char c) {
    if (!peek(c)) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) {
    if (!more() || static_cast<std::size_t>(end_ - at_) < word.size() || std::string_view(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  char32_t take_character() {
    std::size_t length = 0;
    const char32_t c = decode_at(at_, end_, length);
    at_ += length;
    return c;
  }

  Tree choice() {
    if (++nesting_ > kMaxNesting) set_error("groups are nested too deeply");
    Tree out;
    Tree first = sequence();
    while (take('|')) {
      if (!out) {
        out = leaf(Kind::choice);
        out->parts.push_back(std::move(first));
      }
      out->parts.push_back(sequence());
    }
    --nesting_;
    return out ? std::move(out) : std::move(first);
  }

  Tree sequence() {
    Tree out = leaf(Kind::sequence);
    while (more() && *at_ != '|' && *at_ != ')') {
      Tree part = term();
      if (error_) break;
      out->parts.push_back(std::move(part));
    }
    return out;
  }

  Tree term() {
    Tree part = atom();
    if (error_) return part;
    std::uint32_t low = 0, high = 0;
    bool endless = false;
    if (take('*')) {
      endless = true;
    } else if (take('+')) {
      low = 1;
      endless = true;
    } else if (take('?')) {
      high = 1;
    } else if (!counts(low, high, endless)) {
      return part;
    }
    const bool zero_width = part->kind == Kind::text_begin || part->kind == Kind::text_end || part->kind == Kind::word_edge ||
                            part->kind == Kind::no_word_edge || part->kind == Kind::look;
    if (zero_width) set_error("nothing to repeat");
    take('?');  // lazy or greedy: the same texts match
    Tree out = leaf(Kind::repeat);
    out->low = low;
    out->high = high;
    out->endless = endless;
    out->parts.push_back(std::move(part));
    return out;
  }

  std::optional<std::uint32_t> number() {
    if (!more() || !is_digit(static_cast<unsigned char>(*at_))) return std::nullopt;
    std::uint32_t value = 0;
    while (more() && is_digit(static_cast<unsigned char>(*at_))) value = std::min(kMaxRepeat, value * 10 + static_cast<std::uint32_t>(*at_++ - '0'));
    return value;
  }

  // {n} {n,} {n,m}; a brace that begins none of them is a character.
  bool counts(std::uint32_t& low, std::uint32_t& high, bool& endless) {
    const char* start = at_;
    if (!take('{')) return false;
    const auto first = number();
    bool good = first.has_value();
    if (good) {
      low = high = *first;
      if (take(',')) {
        const auto second = number();
        endless = !second.has_value();
        high = second.value_or(0);
      }
      good = take('}');
    }
    if (!good) {
      at_ = start;
      return false;
    }
    if (!endless && high < low) set_error("the bounds of {n,m} are out of order");
    return true;
  }

  Tree atom() {
    const char c = *at_;
    switch (c) {
      case '^': ++at_; return leaf(Kind::text_begin);
      case '$': ++at_; return leaf(Kind::text_end);
      case '.': ++at_; return leaf(Kind::any);
      case '(': ++at_; return group();
      case '[': ++at_; return bracket();
      case '\\': ++at_; return escape();
      case '*': case '+': case '?': set_error("nothing to repeat"); return leaf(Kind::empty);
      default: return character(take_character());
    }
  }

  Tree character(char32_t c) {
    Tree out = leaf(Kind::character);
    out->character = c;
    return out;
  }

  Tree group() {
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
      while (more() && *at_ != '>') ++at_;
      if (!take('>')) set_error("a group's name does not end");
      out = choice();
    } else if (peek('?')) {
      set_error("unknown kind of group");
      out = leaf(Kind::empty);
    } else {
      out = choice();
    }
    if (!take(')')) set_error("a group is not closed");
    return out;
  }

  Tree look(bool behind, bool negative) {
    if (++look_nesting_ > kMaxLookNesting) set_error("look-arounds are nested too deeply");
    Tree out = leaf(Kind::look);
    out->behind = behind;
    out->negative = negative;
    out->parts.push_back(choice());
    --look_nesting_;
    return out;
  }

  Tree class_of(Ranges ranges, bool negated) {
    if (negated) ranges = complement(std::move(ranges));
    sort_ranges(ranges);
    Pattern::CharClass made;
    for (const auto& range : ranges) {
      for (char32_t c = range.low; c <= range.high && c < 128; ++c) made.ascii[c >> 6] |= std::uint64_t{1} << (c & 63);
      if (range.high >= 128) made.ranges.push_back({std::max<char32_t>(range.low, 128), range.high});
    }
    pattern_.classes_.push_back(std::move(made));
    Tree out = leaf(Kind::char_class);
    out->index = static_cast<std::uint32_t>(pattern_.classes_.size() - 1);
    return out;
  }

  // \d \D \w \W \s \S after the backslash.
  static const Ranges* shorthand(char c, bool& negated) {
    negated = c == 'D' || c == 'W' || c == 'S';
    switch (c) {
      case 'd': case 'D': return &digit_ranges();
      case 'w': case 'W': return &word_ranges();
      case 's': case 'S': return &space_ranges();
      default: return nullptr;
    }
  }

  Tree escape() {
    if (!more()) {
      set_error("the expression ends with a backslash");
      return leaf(Kind::empty);
    }
    bool negated = false;
    if (const Ranges* ranges = shorthand(*at_, negated)) {
      ++at_;
      return class_of(*ranges, negated);
    }
    if (take('b')) return leaf(Kind::word_edge);
    if (take('B')) return leaf(Kind::no_word_edge);
    if (*at_ >= '1' && *at_ <= '9') set_error("back-references are not supported");
    if (*at_ == 'k') set_error("back-references are not supported");
    return character(escaped_character());
  }

  std::optional<char32_t> hex(int digits) {
    if (end_ - at_ < digits) return std::nullopt;
    char32_t value = 0;
    for (int i = 0; i < digits; ++i) {
      const char c = at_[i];
      const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
      if (digit < 0) return std::nullopt;
      value = value * 16 + static_cast<char32_t>(digit);
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
        if (more() && is_digit(static_cast<unsigned char>(*at_))) set_error("octal escapes are not allowed");
        return 0;
      case 'c':
        ++at_;
        if (!more() || !((*at_ >= 'a' && *at_ <= 'z') || (*at_ >= 'A' && *at_ <= 'Z'))) {
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
      case 'p': case 'P': set_error("\\p{…} is not supported"); return 0;
      default: break;
    }
    if (is_word_byte(static_cast<unsigned char>(c)) && c != '_') {
      set_error(std::string("unknown escape \\") + c);
      return 0;
    }
    return take_character();
  }

  // One member of [...]: a character, or a shorthand that is added to `ranges` (then nothing is returned).
  std::optional<char32_t> bracket_member(Ranges& ranges) {
    if (!take('\\')) return take_character();
    bool negated = false;
    if (const Ranges* found = more() ? shorthand(*at_, negated) : nullptr) {
      ++at_;
      const Ranges added = negated ? complement(*found) : *found;
      ranges.insert(ranges.end(), added.begin(), added.end());
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

  // -- writing the program

  static bool begins_at_start(const TreeNode& node) {
    if (node.kind == Kind::text_begin) return true;
    if (node.kind == Kind::sequence) return !node.parts.empty() && begins_at_start(*node.parts.front());
    if (node.kind == Kind::choice) {
      return std::all_of(node.parts.begin(), node.parts.end(), [](const Tree& part) { return begins_at_start(*part); });
    }
    return false;
  }

  std::uint32_t here() const { return static_cast<std::uint32_t>(pattern_.code_.size()); }
  std::uint32_t emit(Pattern::Op op, std::uint32_t a = 0, std::uint32_t b = 0) {
    if (pattern_.code_.size() >= max_size_) {
      set_error("the expression is too large (more than " + std::to_string(max_size_) + " instructions)");
      return 0;
    }
    pattern_.code_.push_back({op, a, b});
    return here() - 1;
  }

  void write(const TreeNode& node, bool backwards) {
    using Op = Pattern::Op;
    if (error_) return;
    switch (node.kind) {
      case Kind::empty: break;
      case Kind::character: emit(Op::character, node.character); break;
      case Kind::any: emit(Op::any); break;
      case Kind::char_class: emit(Op::in_class, node.index); break;
      case Kind::text_begin: emit(Op::text_begin); break;
      case Kind::text_end: emit(Op::text_end); break;
      case Kind::word_edge: emit(Op::word_edge); break;
      case Kind::no_word_edge: emit(Op::no_word_edge); break;
      case Kind::sequence:
        for (std::size_t i = 0; i < node.parts.size() && !error_; ++i) {
          write(*node.parts[backwards ? node.parts.size() - 1 - i : i], backwards);
        }
        break;
      case Kind::choice: write_choice(node, backwards); break;
      case Kind::repeat: write_repeat(node, backwards); break;
      case Kind::look: write_look(node); break;
    }
  }

  void write_choice(const TreeNode& node, bool backwards) {
    std::vector<std::uint32_t> exits;
    for (std::size_t i = 0; i < node.parts.size() && !error_; ++i) {
      const bool last = i + 1 == node.parts.size();
      const std::uint32_t split = last ? 0 : emit(Pattern::Op::split, here() + 1);
      write(*node.parts[i], backwards);
      if (error_) return;
      if (!last) {
        exits.push_back(emit(Pattern::Op::jump));
        if (!error_) pattern_.code_[split].b = here();
      }
    }
    if (error_) return;
    for (auto exit : exits) pattern_.code_[exit].a = here();
  }

  void write_repeat(const TreeNode& node, bool backwards) {
    const TreeNode& part = *node.parts.front();
    for (std::uint32_t i = 0; i < node.low && !error_; ++i) {
      const std::uint32_t before = here();
      write(part, backwards);
      if (here() == before) return;  // matches nothing but the empty text: once is as good as often
    }
    if (node.endless) {
      const std::uint32_t split = emit(Pattern::Op::split, here() + 1);
      write(part, backwards);
      emit(Pattern::Op::jump, split);
      if (!error_) pattern_.code_[split].b = here();
      return;
    }
    std::vector<std::uint32_t> splits;
    for (std::uint32_t i = node.low; i < node.high && !error_; ++i) {
      splits.push_back(emit(Pattern::Op::split, here() + 1));
      const std::uint32_t before = here();
      write(part, backwards);
      if (here() == before) break;
    }
    if (error_) return;
    for (auto split : splits) pattern_.code_[split].b = here();
  }

  void write_look(const TreeNode& node) {
    const std::uint32_t look = emit(Pattern::Op::look, static_cast<std::uint32_t>(pattern_.looks_.size()));
    const std::uint32_t jump = emit(Pattern::Op::jump);
    pattern_.looks_.push_back({here(), node.behind, node.negative});
    static_cast<void>(look);
    write(*node.parts.front(), node.behind);
    emit(Pattern::Op::match);
    if (!error_) pattern_.code_[jump].a = here();
  }

  Pattern pattern_;
  const char* at_;
  const char* begin_;
  const char* end_;
  std::size_t max_size_;
  std::size_t nesting_ = 0, look_nesting_ = 0;
  std::optional<std::string> error_;
};

// One search. The sets of states live in `storage`, 6 numbers a state.
class PatternRun {
 public:
  PatternRun(const Pattern& pattern, std::string_view text) : pattern_(pattern), begin_(text.data()), end_(text.data() + text.size()) {}

  Pattern::Answer search() {
    const bool found = run(0, begin_, false, !pattern_.anchored_);
    return visits_ > kMaxVisits ? Pattern::Answer::too_costly : found ? Pattern::Answer::yes : Pattern::Answer::no;
  }

 private:
  struct States {
    std::uint16_t* dense;
    std::uint16_t* sparse;
    std::size_t size = 0;
    bool has(std::uint32_t state) const { return sparse[state] < size && dense[sparse[state]] == state; }
    void add(std::uint32_t state) {
      sparse[state] = static_cast<std::uint16_t>(size);
      dense[size++] = static_cast<std::uint16_t>(state);
    }
  };

  // Runs the program from `start` at `at`; `anywhere`: also from every later place.
  bool run(std::uint32_t start, const char* at, bool backwards, bool anywhere) {
    const std::size_t size = pattern_.code_.size();
    if (size <= kStackStates) {
      std::array<std::uint16_t, kStackStates * 6 + 2> storage{};
      return run_in(storage.data(), start, at, backwards, anywhere);
    }
    std::vector<std::uint16_t> storage(size * 6 + 2);
    return run_in(storage.data(), start, at, backwards, anywhere);
  }

  bool run_in(std::uint16_t* storage, std::uint32_t start, const char* at, bool backwards, bool anywhere) {
    const std::size_t size = pattern_.code_.size();
    States now{storage, storage + size}, next{storage + 2 * size, storage + 3 * size};
    std::uint16_t* stack = storage + 4 * size;
    if (follow(now, stack, start, at)) return true;
    while (at != (backwards ? begin_ : end_)) {
      if (now.size == 0 && !anywhere) return false;
      if (visits_ > kMaxVisits) return false;
      std::size_t length = 0;
      const char32_t c = backwards ? decode_before(begin_, at, length) : decode_at(at, end_, length);
      at = backwards ? at - length : at + length;
      next.size = 0;
      visits_ += now.size + 1;
      for (std::size_t i = 0; i < now.size; ++i) {
        const std::uint32_t state = now.dense[i];
        if (accepts(pattern_.code_[state], c) && follow(next, stack, state + 1, at)) return true;
      }
      std::swap(now, next);
      if (anywhere && follow(now, stack, start, at)) return true;
    }
    return false;
  }

  bool accepts(const Pattern::Instruction& step, char32_t c) const {
    switch (step.op) {
      case Pattern::Op::character: return step.a == c;
      case Pattern::Op::any: return !is_line_end(c);
      case Pattern::Op::in_class: return pattern_.classes_[step.a].has(c);
      default: return false;
    }
  }

  bool at_word_edge(const char* at) const {
    const bool before = at != begin_ && is_word_byte(static_cast<unsigned char>(at[-1]));
    const bool after = at != end_ && is_word_byte(static_cast<unsigned char>(*at));
    return before != after;
  }

  // Adds `state` and all that it leads to without taking a character. True = the program has matched.
  bool follow(States& states, std::uint16_t* stack, std::uint32_t state, const char* at) {
    std::size_t height = 0;
    stack[height++] = static_cast<std::uint16_t>(state);
    while (height > 0) {
      const std::uint32_t one = stack[--height];
      if (states.has(one)) continue;
      states.add(one);
      ++visits_;
      const Pattern::Instruction& step = pattern_.code_[one];
      bool goes_on = false;
      switch (step.op) {
        case Pattern::Op::match: return true;
        case Pattern::Op::jump: stack[height++] = static_cast<std::uint16_t>(step.a); break;
        case Pattern::Op::split:
          stack[height++] = static_cast<std::uint16_t>(step.b);
          stack[height++] = static_cast<std::uint16_t>(step.a);
          break;
        case Pattern::Op::text_begin: goes_on = at == begin_; break;
        case Pattern::Op::text_end: goes_on = at == end_; break;
        case Pattern::Op::word_edge: goes_on = at_word_edge(at); break;
        case Pattern::Op::no_word_edge: goes_on = !at_word_edge(at); break;
        case Pattern::Op::look: {
          const Pattern::Look& look = pattern_.looks_[step.a];
          goes_on = run(look.start, at, look.behind, false) != look.negative;
          break;
        }
        default: break;
      }
      if (goes_on) stack[height++] = static_cast<std::uint16_t>(one + 1);
    }
    return false;
  }

  const Pattern& pattern_;
  const char* begin_;
  const char* end_;
  std::uint64_t visits_ = 0;
};

Result<Pattern> Pattern::compile(std::string_view expression, std::size_t max_size) {
  return PatternCompiler(expression, std::min<std::size_t>(max_size, 60'000)).compile();
}

bool Pattern::is_well_formed(std::string_view expression) { return PatternCompiler(expression, 60'000).compile().has_value(); }

Pattern::Answer Pattern::search(std::string_view text) const { return PatternRun(*this, text).search(); }

}  // namespace sumun::schema
