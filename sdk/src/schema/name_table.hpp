// SPDX-License-Identifier: Apache-2.0
// A few names and what belongs to each, found by one look as a rule: a hash table that is made when a schema is compiled, and in
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
  struct Entry {
    std::string name;
    std::uint32_t number = 0;  // these three are the owner's
    std::uint8_t types = 0;
    bool required = false;
  };
  /// An entry as it is found.
  struct Slot {
    std::uint64_t head = 0;  // the first eight bytes of the name; what it lacks is zero
    std::uint64_t tail = 0;  // the last eight bytes of a name of more than that
    std::uint32_t size = kEmpty;
    std::uint32_t number = 0;
    std::uint32_t entry = 0;
    std::uint8_t types = 0;
    bool required = false;
  };

  NameTable() = default;
  NameTable(NameTable&&) = default;
  NameTable& operator=(NameTable&&) = default;

  /// The names are sorted and different.
  void assign(std::vector<Entry> entries);
  /// Whether there is a hash table; where its names crowd together there is none, and they are searched.
  bool hashed() const { return hashed_; }

  /// What a loop needs to find names where `hashed`.
  class Finder {
   public:
    [[gnu::always_inline]] const Slot* find(const std::string& name) const {  // null = it is not there
      const std::uint64_t head = head_of(name);
      const auto size = static_cast<std::uint32_t>(name.size());
      const Slot* slot = slots_ + ((head + size) * multiplier_ >> 44 & mask_);
      for (std::size_t way = 0;; ++way, ++slot) {
        if (((slot->head ^ head) | (slot->size ^ size)) == 0 && (size <= 8 || same_rest(*slot, name))) return slot;
        if (slot->size == kEmpty || way == kMaxWay) return nullptr;
      }
    }

   private:
    friend class NameTable;
    bool same_rest(const Slot& slot, const std::string& name) const {
      return slot.tail == tail_of(name) && (name.size() <= 16 || entries_[slot.entry].name == name);
    }
    const Slot* slots_ = nullptr;
    const Entry* entries_ = nullptr;
    std::uint64_t multiplier_ = 0;
    std::uint64_t mask_ = 0;
  };
  Finder finder() const { return finder_; }

  const Slot* find(const std::string& name) const { return hashed_ ? finder_.find(name) : find_sorted(name); }

 private:
  static constexpr std::uint32_t kEmpty = 0xFFFF'FFFF;
  static constexpr std::size_t kMaxWay = 8;  // slots from the place of a name to where it stands, so that no look is long

  static std::uint64_t load(const char* at) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    return word;
  }
  static std::uint64_t head_of(const std::string& name) {
    // A std::string has at least eight bytes at data(): short ones are held inside the object.
    static_assert(sizeof(std::string) >= 24);
    return load(name.data()) & kMasks[name.size() < 8 ? name.size() : 8];
  }
  static std::uint64_t tail_of(const std::string& name) { return name.size() > 8 ? load(name.data() + name.size() - 8) : 0; }
  // Of the bytes of a word, the first 0 to 8.
  static constexpr std::array<std::uint64_t, 9> kMasks = [] {
    std::array<std::uint64_t, 9> masks{};
    for (unsigned i = 1; i <= 8; ++i) masks[i] = std::endian::native == std::endian::little ? ~std::uint64_t{0} >> (64 - 8 * i) : ~std::uint64_t{0} << (64 - 8 * i);
    return masks;
  }();

  static Slot slot_for(const Entry& entry, std::size_t index);
  const Slot* find_sorted(const std::string& name) const;
  std::size_t place();

  std::vector<Entry> entries_;
  std::vector<Slot> slots_;  // where not `hashed_`, one for each entry
  Finder finder_;            // into these two
  bool hashed_ = false;
};

}  // namespace sumun::schema
