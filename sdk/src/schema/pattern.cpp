// SPDX-License-Identifier: Apache-2.0
// Writes the tree of an expression as a program (backwards inside a look-behind), and runs the program as a set of states
// over the text.
#include "schema/pattern.hpp"

#include "base/ascii.hpp"
#include "base/utf8.hpp"
#include "schema/pattern_parser.hpp"

#include <algorithm>
#include <array>

namespace sumun::schema {

namespace {

using Kind = PatternNode::Kind;

constexpr std::uint64_t kMaxVisits = 50'000'000;  // states looked at by one search: about a quarter of a second
constexpr std::uint64_t kVisitsPerStep = 64;
constexpr std::uint64_t kPaidAtOnce = 64 * 1024;   // visits: a text that is soon read is paid for at the end
constexpr std::size_t kStackStates = 500;         // programs up to this size run without allocation

bool is_word(char c) { return is_alphanumeric(c) || c == '_'; }
bool is_line_end(char32_t c) { return c == '\n' || c == '\r' || c == 0x2028 || c == 0x2029; }

// The character at `at`, and its length. A malformed byte counts as one replacement character.
char32_t decode_at(const char* at, const char* end, std::size_t& length) {
  length = utf8::length(at, end);
  if (length > 0) return utf8::value(at, length);
  length = 1;
  return 0xFFFD;
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

}  // namespace

bool Pattern::CharClass::has(char32_t c) const {
  if (c < 128) return (ascii[c >> 6] >> (c & 63)) & 1;
  return contains(ranges, c);
}

class PatternWriter {
 public:
  explicit PatternWriter(std::size_t max_size) : max_size_(max_size) {}

  Result<Pattern> compile(std::string_view source) {
    constexpr std::size_t kBytesEach = 16;  // of source for an instruction: what is larger is not read
    if (source.size() / kBytesEach > max_size_) return too_large();
    ParsedPattern parsed = parse_pattern(source, PatternUse::run);
    if (parsed.error) return fail(ErrorCode::invalid_value, *parsed.error);
    if (parsed.back_reference) return fail(ErrorCode::invalid_value, *parsed.back_reference);
    pattern_.source_ = source;
    for (const Ranges& ranges : parsed.classes) add_class(ranges);
    pattern_.anchored_ = begins_at_start(*parsed.tree);
    write(*parsed.tree, false);
    emit(Pattern::Op::match);
    if (too_large_) return too_large();
    pattern_.table_ = PatternTable::make(pattern_);
    return std::move(pattern_);
  }

 private:
  Error too_large() const { return fail(ErrorCode::invalid_value, "the expression is too large (more than " + std::to_string(max_size_) + " instructions)"); }

  void add_class(const Ranges& ranges) {
    Pattern::CharClass& made = pattern_.classes_.emplace_back();
    for (const auto& range : ranges) {
      for (char32_t c = range.low; c <= range.high && c < 128; ++c) made.ascii[c >> 6] |= std::uint64_t{1} << (c & 63);
      if (range.high >= 128) made.ranges.push_back({std::max<char32_t>(range.low, 128), range.high});
    }
  }

  static bool begins_at_start(const PatternNode& node) {
    if (node.kind == Kind::text_begin) return true;
    if (node.kind == Kind::sequence) return !node.parts.empty() && begins_at_start(*node.parts.front());
    if (node.kind == Kind::choice) {
      return std::all_of(node.parts.begin(), node.parts.end(), [](const auto& part) { return begins_at_start(*part); });
    }
    return false;
  }

  std::uint32_t here() const { return static_cast<std::uint32_t>(pattern_.code_.size()); }
  std::uint32_t emit(Pattern::Op op, std::uint32_t a = 0, std::uint32_t b = 0) {
    if (pattern_.code_.size() >= max_size_) {
      too_large_ = true;
      return 0;
    }
    pattern_.code_.push_back({op, a, b});
    return here() - 1;
  }

  void write(const PatternNode& node, bool backwards) {
    using Op = Pattern::Op;
    if (too_large_) return;
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
        for (std::size_t i = 0; i < node.parts.size() && !too_large_; ++i) {
          write(*node.parts[backwards ? node.parts.size() - 1 - i : i], backwards);
        }
        break;
      case Kind::choice: write_choice(node, backwards); break;
      case Kind::repeat: write_repeat(node, backwards); break;
      case Kind::look: write_look(node); break;
    }
  }

  void write_choice(const PatternNode& node, bool backwards) {
    std::vector<std::uint32_t> exits;
    for (std::size_t i = 0; i < node.parts.size() && !too_large_; ++i) {
      const bool last = i + 1 == node.parts.size();
      const std::uint32_t split = last ? 0 : emit(Pattern::Op::split, here() + 1);
      write(*node.parts[i], backwards);
      if (too_large_) return;
      if (!last) {
        exits.push_back(emit(Pattern::Op::jump));
        if (!too_large_) pattern_.code_[split].b = here();
      }
    }
    if (too_large_) return;
    for (auto exit : exits) pattern_.code_[exit].a = here();
  }

  void write_repeat(const PatternNode& node, bool backwards) {
    const PatternNode& part = *node.parts.front();
    for (std::uint32_t i = 0; i < node.low && !too_large_; ++i) {
      const std::uint32_t before = here();
      write(part, backwards);
      if (here() == before) return;  // matches nothing but the empty text: once is as good as often
    }
    if (node.endless) {
      const std::uint32_t split = emit(Pattern::Op::split, here() + 1);
      write(part, backwards);
      emit(Pattern::Op::jump, split);
      if (!too_large_) pattern_.code_[split].b = here();
      return;
    }
    std::vector<std::uint32_t> splits;
    for (std::uint32_t i = node.low; i < node.high && !too_large_; ++i) {
      splits.push_back(emit(Pattern::Op::split, here() + 1));
      const std::uint32_t before = here();
      write(part, backwards);
      if (here() == before) break;
    }
    if (too_large_) return;
    for (auto split : splits) pattern_.code_[split].b = here();
  }

  void write_look(const PatternNode& node) {
    emit(Pattern::Op::look, static_cast<std::uint32_t>(pattern_.looks_.size()));
    const std::uint32_t jump = emit(Pattern::Op::jump);
    pattern_.looks_.push_back({here(), node.behind, node.negative});
    write(*node.parts.front(), node.behind);
    emit(Pattern::Op::match);
    if (!too_large_) pattern_.code_[jump].a = here();
  }

  Pattern pattern_;
  std::size_t max_size_;
  bool too_large_ = false;
};

// One search. The sets of states live in `storage`, 6 numbers a state.
class PatternRun {
 public:
  PatternRun(const Pattern& pattern, std::string_view text, Budget* budget)
      : pattern_(pattern), begin_(text.data()), end_(text.data() + text.size()), budget_(budget) {}

  Pattern::Answer search() {
    const bool found = run(0, begin_, false, !pattern_.anchored_);
    if (!pay()) return Pattern::Answer::too_costly;
    return found ? Pattern::Answer::yes : Pattern::Answer::no;
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

  // For the visits since the last time. False where the search has to end.
  bool pay() {
    if (!ended_ && budget_) ended_ = !budget_->take_up_to(static_cast<std::size_t>(1 + (visits_ - paid_) / kVisitsPerStep));
    ended_ = ended_ || visits_ > kMaxVisits;
    paid_ = visits_;
    due_ = ended_ ? 0 : visits_ + kPaidAtOnce;
    return !ended_;
  }

  // Runs the program from `start` at `at`; `anywhere`: also from every later place.
  bool run(std::uint32_t start, const char* at, bool backwards, bool anywhere) {
    const std::size_t size = pattern_.code_.size();
    visits_ += size / 8;  // to clear the sets
    if (size <= kStackStates) {
      std::array<std::uint16_t, kStackStates * 6 + 2> storage;
      std::fill_n(storage.data(), size * 6 + 2, std::uint16_t{0});  // as much as this program needs
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
      if (visits_ >= due_ && !pay()) return false;
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
    const bool before = at != begin_ && is_word(at[-1]);
    const bool after = at != end_ && is_word(*at);
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
  Budget* budget_;
  std::uint64_t visits_ = 0, paid_ = 0, due_ = kPaidAtOnce;
  bool ended_ = false;
};

Result<Pattern> Pattern::compile(std::string_view expression, std::size_t max_size) {
  return PatternWriter(std::min<std::size_t>(max_size, 60'000)).compile(expression);
}

Pattern::Answer Pattern::search(std::string_view text, Budget* budget) const {
  if (table_) {
    if (budget && !budget->take_up_to(1 + text.size() / kVisitsPerStep)) return Answer::too_costly;
    if (const auto found = table_->search(text)) return *found ? Answer::yes : Answer::no;
  }
  return PatternRun(*this, text, budget).search();
}

}  // namespace sumun::schema
