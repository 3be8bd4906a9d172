// SPDX-License-Identifier: Apache-2.0
#include "schema/name_table.hpp"

#include <algorithm>

namespace sumun::schema {

namespace {
constexpr std::size_t kMaxNames = 1'000;  // in a table; more are searched
constexpr int kTries = 16;                // for a table in which each name has its place
constexpr std::size_t kMaxWay = 8;        // slots from the place of a name to where it stands
}  // namespace

void NameTable::assign(std::vector<Entry> entries) {
  entries_ = std::move(entries);
  slots_.clear();
  if (entries_.empty() || entries_.size() > kMaxNames) return;
  mask_ = std::bit_ceil(entries_.size() * 2) - 1;
  std::uint64_t number = 0, best = 0;
  std::size_t least = kMaxWay + 1;
  for (int i = 0; i < kTries && least > 0; ++i) {
    number = number * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
    multiplier_ = number | 1;
    if (const std::size_t way = place(); way < least) {
      least = way;
      best = multiplier_;
    }
  }
  multiplier_ = best;
  if (least > kMaxWay) slots_.clear();
  else place();
}

// Fills the slots; how far the farthest name stands from its place.
std::size_t NameTable::place() {
  std::size_t farthest = 0;
  slots_.assign(mask_ + 1 + entries_.size() + 1, {});
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    const std::string& name = entries_[i].first;
    const auto size = static_cast<std::uint32_t>(name.size());
    const std::size_t home = home_of(head_of(name), size);
    std::size_t at = home;
    while (slots_[at].size != kEmpty) ++at;
    slots_[at] = {head_of(name), tail_of(name), size, entries_[i].second, i};
    farthest = std::max(farthest, at - home);
  }
  return farthest;
}

const std::uint32_t* NameTable::find_sorted(const std::string& name) const {
  const auto found = std::lower_bound(entries_.begin(), entries_.end(), name, [](const Entry& a, const std::string& b) { return a.first < b; });
  return found != entries_.end() && found->first == name ? &found->second : nullptr;
}

}  // namespace sumun::schema
