// SPDX-License-Identifier: Apache-2.0
// A few names with a number each, found by one look as a rule: a hash table that is made when a schema is compiled, and in
// which names are compared by whole words of memory.
#pragma once
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace sumun::schema {

/// Thread: constant once assigned.
class NameTable {
 public:
  using Entry = std::pair<std::string, std::uint32_t>;

  /// The names are sorted and different.
  void assign(std::vector<Entry> entries);

  /// The number that belongs to the name; null = it is not there.
  [[gnu::always_inline]] const std::uint32_t* find(const std::string& name) const {
    if (slots_.empty()) return entries_.empty() ? nullptr : find_sorted(name);
    const std::uint64_t head = head_of(name);
    const auto size = static_cast<std::uint32_t>(name.size());
    for (const Slot* slot = slots_.data() + home_of(head, size);; ++slot) {  // an empty one stands at the end
      if (((slot->head ^ head) | (slot->size ^ size)) == 0 && (size <= 8 || same_rest(*slot, name))) return &slot->number;
      if (slot->size == kEmpty) return nullptr;
    }
  }

 private:
  static constexpr std::uint32_t kEmpty = 0xFFFF'FFFF;

  struct Slot {
    std::uint64_t head = 0;
    std::uint64_t tail = 0;  // the last eight bytes of a name of more than that
    std::uint32_t size = kEmpty;
    std::uint32_t number = 0;
    std::uint32_t entry = 0;
  };

  // The first eight bytes; what a shorter name lacks is zero.
  static std::uint64_t head_of(const std::string& name) {
    // A std::string has at least eight bytes at data(): short ones are held inside the object.
    static_assert(sizeof(std::string) >= 24);
    return load(name.data()) & kMasks[name.size() < 8 ? name.size() : 8];
  }
  static std::uint64_t tail_of(const std::string& name) { return name.size() > 8 ? load(name.data() + name.size() - 8) : 0; }
  bool same_rest(const Slot& slot, const std::string& name) const {
    return slot.tail == tail_of(name) && (name.size() <= 16 || entries_[slot.entry].first == name);
  }

  static std::uint64_t load(const char* at) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    return word;
  }
  // Of the bytes of a word, the first 0 to 8.
  static constexpr std::array<std::uint64_t, 9> kMasks = [] {
    std::array<std::uint64_t, 9> masks{};
    for (unsigned i = 1; i <= 8; ++i) masks[i] = std::endian::native == std::endian::little ? ~std::uint64_t{0} >> (64 - 8 * i) : ~std::uint64_t{0} << (64 - 8 * i);
    return masks;
  }();

  std::size_t home_of(std::uint64_t head, std::uint64_t size) const { return static_cast<std::size_t>((head + size) * multiplier_ >> 44 & mask_); }
  const std::uint32_t* find_sorted(const std::string& name) const;
  std::size_t place();

  std::vector<Entry> entries_;
  std::vector<Slot> slots_;  // empty where the names crowd together: they are searched
  std::uint64_t multiplier_ = 0;
  std::size_t mask_ = 0;
};

}  // namespace sumun::schema
