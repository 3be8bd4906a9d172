// SPDX-License-Identifier: Apache-2.0
// Makes the table: the characters that no instruction tells apart are one class, and each set of instructions that some
// text leads to is one row.
#include "schema/pattern_table.hpp"

#include "schema/pattern.hpp"

#include <bitset>
#include <map>

namespace sumun::schema {

// Bounds on one table, so that making it costs microseconds.
inline constexpr std::size_t kMaxInstructions = 64, kMaxClasses = 24, kMaxRows = 32;

class PatternTableMaker {
  using Op = Pattern::Op;
  using States = std::bitset<kMaxInstructions>;
  struct Edges {  // of the text, that are at this place
    bool begin = false, end = false;
  };

 public:
  explicit PatternTableMaker(const Pattern& pattern) : pattern_(pattern), code_(pattern.code_) {}

  std::optional<PatternTable> make() {
    if (code_.size() > kMaxInstructions || !classify()) return std::nullopt;
    States first, nothing;
    table_.empty_ = follow(nothing, 0, {true, true});
    rows_ = {{}, {}};  // dead, matched
    table_.at_end_ = {0, 1};
    table_.start_ = follow(first, 0, {true, false}) ? std::uint8_t{PatternTable::kMatched} : row_of(first);
    for (std::size_t row = 2; row < rows_.size(); ++row) {
      for (const unsigned char c : samples_) next_.push_back(step(rows_[row], c));
      if (rows_.size() > kMaxRows) return std::nullopt;
    }
    table_.next_.assign(table_.width_, PatternTable::kDead);
    table_.next_.insert(table_.next_.end(), table_.width_, PatternTable::kMatched);
    table_.next_.insert(table_.next_.end(), next_.begin(), next_.end());
    return std::move(table_);
  }

 private:
  bool accepts(const Pattern::Instruction& step, unsigned char c) const {
    switch (step.op) {
      case Op::character: return step.a == c;
      case Op::any: return c != '\n' && c != '\r';
      case Op::in_class: return pattern_.classes_[step.a].has(c);
      default: return false;
    }
  }

  // False where there are too many classes, or an instruction that looks at more than one character.
  bool classify() {
    std::map<std::vector<bool>, std::uint8_t> classes;
    for (const auto& one : code_) {
      if (one.op == Op::look || one.op == Op::word_edge || one.op == Op::no_word_edge) return false;
    }
    for (std::size_t c = 0; c < PatternTable::kAscii; ++c) {
      std::vector<bool> accepted;
      for (const auto& one : code_) accepted.push_back(accepts(one, static_cast<unsigned char>(c)));
      const auto [found, added] = classes.try_emplace(std::move(accepted), static_cast<std::uint8_t>(classes.size()));
      if (added) samples_.push_back(static_cast<unsigned char>(c));
      if (samples_.size() > kMaxClasses) return false;
      table_.class_of_[c] = found->second;
    }
    table_.width_ = samples_.size();
    return true;
  }

  // Adds `start` and all that it leads to without taking a character. True = the pattern has matched.
  bool follow(States& states, std::size_t start, Edges edges) const {
    std::vector<std::size_t> open{start};
    while (!open.empty()) {
      const std::size_t one = open.back();
      open.pop_back();
      if (states[one]) continue;
      states[one] = true;
      const Pattern::Instruction& step = code_[one];
      switch (step.op) {
        case Op::match: return true;
        case Op::jump: open.push_back(step.a); break;
        case Op::split:
          open.push_back(step.b);
          open.push_back(step.a);
          break;
        case Op::text_begin:
          if (edges.begin) open.push_back(one + 1);
          break;
        case Op::text_end:
          if (edges.end) open.push_back(one + 1);
          break;
        default: break;
      }
    }
    return false;
  }

  std::uint8_t step(const States& from, unsigned char c) {
    States to;
    for (std::size_t i = 0; i < code_.size(); ++i) {
      if (from[i] && accepts(code_[i], c) && follow(to, i + 1, {})) return PatternTable::kMatched;
    }
    if (!pattern_.anchored_ && follow(to, 0, {})) return PatternTable::kMatched;
    return row_of(to);
  }

  std::uint8_t row_of(const States& states) {
    if (states.none()) return PatternTable::kDead;
    for (std::size_t i = 2; i < rows_.size(); ++i) {
      if (rows_[i] == states) return static_cast<std::uint8_t>(i);
    }
    rows_.push_back(states);
    bool ends = false;
    States end;
    for (std::size_t i = 0; i < code_.size() && !ends; ++i) {
      if (states[i] && code_[i].op == Op::text_end) ends = follow(end, i + 1, {false, true});
    }
    table_.at_end_.push_back(ends ? 1 : 0);
    return static_cast<std::uint8_t>(rows_.size() - 1);
  }

  const Pattern& pattern_;
  const std::vector<Pattern::Instruction>& code_;
  std::vector<unsigned char> samples_;  // a character of each class
  std::vector<States> rows_;
  std::vector<std::uint8_t> next_;
  PatternTable table_;
};

std::optional<PatternTable> PatternTable::make(const Pattern& pattern) { return PatternTableMaker(pattern).make(); }

}  // namespace sumun::schema
