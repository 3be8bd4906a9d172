// SPDX-License-Identifier: Apache-2.0
// A small pattern as a table: for each set of states that a search may be in and each class of ASCII characters, the set
// that it is in next. Read at one look-up a character; texts beyond ASCII and larger patterns are run as sets of states.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace sumun::schema {

class Pattern;

/// Thread: constant once made.
class PatternTable {
 public:
  /// Nothing where the pattern looks around, or its table would be large.
  static std::optional<PatternTable> make(const Pattern& pattern);

  /// Whether some part of the text matches; nothing where the text is not ASCII.
  std::optional<bool> search(std::string_view text) const {
    if (text.empty()) return empty_;
    std::size_t row = start_;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= kAscii) return std::nullopt;
      row = next_[row * width_ + class_of_[byte]];
      if (row <= kMatched) return row == kMatched;
    }
    return at_end_[row] != 0;
  }

 private:
  friend class PatternTableMaker;
  static constexpr std::size_t kAscii = 128;
  enum : std::uint8_t { kDead = 0, kMatched = 1 };  // rows that no character changes

  std::array<std::uint8_t, kAscii> class_of_{};
  std::size_t width_ = 0;            // classes
  std::vector<std::uint8_t> next_;   // row × class → row
  std::vector<std::uint8_t> at_end_;  // whether the text may end in this row
  std::uint8_t start_ = kDead;
  bool empty_ = false;               // whether the empty text matches
};

}  // namespace sumun::schema
