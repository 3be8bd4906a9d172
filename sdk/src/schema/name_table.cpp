// SPDX-License-Identifier: Apache-2.0
#include "schema/name_table.hpp"

#include <algorithm>

namespace sumun::schema {

namespace {
constexpr std::size_t kMaxNames = 1'000;  // in a table; more are searched
constexpr int kTries = 16;                // for a table in which each name has its place
}  // namespace

void NameTable::assign(std::vector<Entry> entries) {
  entries_ = std::move(entries);
  if (entries_.size() <= kMaxNames) {
    finder_.mask_ = std::bit_ceil(entries_.size() * 2 + 1) - 1;
    finder_.entries_ = entries_.data();
    std::uint64_t number = 0, best = 0;
    std::size_t least = kMaxWay + 1;
    for (int i = 0; i < kTries && least > 0; ++i) {
      number = number * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
      finder_.multiplier_ = number | 1;
      if (const std::size_t way = place(); way < least) {
        least = way;
        best = finder_.multiplier_;
      }
    }
    finder_.multiplier_ = best;
    hashed_ = least <= kMaxWay;
  }
  if (hashed_) {
    place();
    finder_.slots_ = slots_.data();
    return;
  }
  slots_.clear();
  for (std::size_t i = 0; i < entries_.size(); ++i) slots_.push_back(slot_for(entries_[i], i));
}

NameTable::Slot NameTable::slot_for(const Entry& entry, std::size_t index) {
  return {head_of(entry.name), tail_of(entry.name), static_cast<std::uint32_t>(entry.name.size()), entry.number, static_cast<std::uint32_t>(index), entry.types, entry.required};
}

// Fills the slots; how far the farthest name stands from its place.
std::size_t NameTable::place() {
  std::size_t farthest = 0;
  slots_.assign(finder_.mask_ + 1 + entries_.size() + kMaxWay, {});
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Slot slot = slot_for(entries_[i], i);
    const std::size_t home = (slot.head + slot.size) * finder_.multiplier_ >> 44 & finder_.mask_;
    std::size_t at = home;
    while (slots_[at].size != kEmpty) ++at;
    slots_[at] = slot;
    farthest = std::max(farthest, at - home);
  }
  return farthest;
}

const NameTable::Slot* NameTable::find_sorted(const std::string& name) const {
  const auto found = std::lower_bound(entries_.begin(), entries_.end(), name, [](const Entry& a, const std::string& b) { return a.name < b; });
  return found != entries_.end() && found->name == name ? &slots_[static_cast<std::size_t>(found - entries_.begin())] : nullptr;
}

}  // namespace sumun::schema
