// SPDX-License-Identifier: Apache-2.0
// Names of members compared by whole words of memory: most are short, and most differ in their first eight bytes.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

namespace sumun::schema {

namespace names_detail {

template <class Word>
Word load(const char* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// As a number in the order of the bytes.
template <class Word>
std::uint64_t load_ordered(const char* at) {
  if constexpr (std::endian::native == std::endian::little) {
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < sizeof(Word); ++i) out = out << 8 | static_cast<unsigned char>(at[i]);  // one instruction
    return out;
  } else {
    return load<Word>(at);
  }
}

}  // namespace names_detail

/// The first eight bytes as a number; what a shorter name lacks is zero. Of two names, the one with the lesser head comes
/// first.
inline std::uint64_t name_head(const std::string& name) {
  const std::size_t size = name.size();
  // A std::string has at least eight bytes at data(): short ones are held inside the object.
  static_assert(sizeof(std::string) >= 24);
  const auto word = names_detail::load_ordered<std::uint64_t>(name.data());
  return size >= 8 ? word : size == 0 ? 0 : word & (~std::uint64_t{0} << (64 - 8 * size));
}

/// Whether two names are the same.
inline bool same_name(const std::string& a, const std::string& b) {
  using namespace names_detail;
  const std::size_t size = a.size();
  if (size != b.size()) return false;
  if (size > 16) return std::memcmp(a.data(), b.data(), size) == 0;
  const auto same = [&]<class Word>(Word) {
    return load<Word>(a.data()) == load<Word>(b.data()) && load<Word>(a.data() + size - sizeof(Word)) == load<Word>(b.data() + size - sizeof(Word));
  };
  if (size >= 8) return same(std::uint64_t{});
  if (size >= 4) return same(std::uint32_t{});
  if (size >= 2) return same(std::uint16_t{});
  return size == 0 || a[0] == b[0];
}

/// Less than, equal to or more than zero, as std::string::compare. The heads are those of the names.
[[gnu::always_inline]] inline int compare_names(const std::string& a, std::uint64_t head_a, const std::string& b, std::uint64_t head_b) {
  if (head_a != head_b) return head_a < head_b ? -1 : 1;
  if (a.size() <= 8 || b.size() <= 8) return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
  return same_name(a, b) ? 0 : a.compare(b);
}

}  // namespace sumun::schema
