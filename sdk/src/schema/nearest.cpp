// SPDX-License-Identifier: Apache-2.0
// Compares the branches of anyOf and oneOf by their faults. A branch that refuses the value itself is far. The others are
// compared by the properties of which each wants certain values: where all of them refuse one property, that one decides
// between them and no branch is the right one to speak of.
#include "schema/nearest.hpp"

#include "schema/numbers.hpp"

#include <algorithm>
#include <map>

namespace sumun::schema {

namespace {

using Faults = std::vector<Fault>;

constexpr std::size_t kComparedValues = 64;  // more values than that are not looked at for doubles

void add(Wanted& sum, const Wanted& more) {
  sum.types |= more.types;
  sum.found = more.found;
  sum.more += more.more;
  for (const json* one : more.values) {
    const auto same = [&](const json* other) { return compare_values(*one, *other) == 0; };
    const bool known = sum.values.size() < kComparedValues && std::any_of(sum.values.begin(), sum.values.end(), same);
    if (!known) sum.values.push_back(one);
  }
}

// By location: what a branch wants of each value that is none of its constants.
std::map<std::string, Wanted> refused_values(const Faults& faults) {
  std::map<std::string, Wanted> out;
  for (const auto& one : faults) {
    if (!one.wanted.values.empty()) out.emplace(one.instance_location, one.wanted);
  }
  return out;
}

// How far a value is from a branch: a wrong constant in it is farthest, then a wrong type in it.
std::size_t distance(const Faults& faults, const std::string& here) {
  std::size_t cost = faults.size();
  for (const auto& one : faults) {
    if (one.instance_location == here) continue;
    cost += !one.wanted.values.empty() ? 100 : one.wanted.found ? 5 : 0;
  }
  return cost;
}

}  // namespace

const Fault* refusal(const Faults& faults, const std::string& here) {
  const auto found = std::find_if(faults.begin(), faults.end(), [&](const Fault& one) { return one.wanted.found && one.instance_location == here; });
  return found == faults.end() ? nullptr : &*found;
}

Nearest nearest_of(std::vector<Faults> branches, const std::string& here, Budget& budget) {
  Nearest out;
  std::vector<Faults> near;
  for (auto& one : branches) {
    if (const Fault* self = refusal(one, here)) add(out.wanted, self->wanted);
    else near.push_back(std::move(one));
  }
  out.location = here;
  if (near.empty()) return out;
  out.wanted = {};

  struct Count {
    std::size_t branches = 0, constants = 0;
    Wanted wanted;
  };
  const auto count = [](const std::vector<std::map<std::string, Wanted>>& list) {
    std::map<std::string, Count> places;
    for (const auto& branch : list) {
      for (const auto& [location, wanted] : branch) {
        Count& place = places[location];
        ++place.branches;
        place.constants += wanted.values.size() == 1;
        add(place.wanted, wanted);
      }
    }
    return places;
  };
  std::vector<std::map<std::string, Wanted>> refused;
  for (const auto& one : near) refused.push_back(refused_values(one));
  const auto places = count(refused);
  const bool one_stands_out = std::any_of(places.begin(), places.end(), [&](const auto& one) { return one.second.constants > 0 && one.second.branches < near.size(); });
  const auto decisive = std::find_if(places.begin(), places.end(), [&](const auto& one) { return one.second.constants == near.size(); });
  if (near.size() > 1 && !one_stands_out && decisive != places.end()) {
    out.location = decisive->first;
    out.wanted = decisive->second.wanted;
    const auto there = [&](const Fault& one) { return one.instance_location == out.location; };
    out.written = std::find_if(near.front().begin(), near.front().end(), there)->written_location;
    return out;
  }

  // The branches with the fewest wrong constants, and of these the nearest.
  std::size_t fewest = refused.front().size();
  for (const auto& one : refused) fewest = std::min(fewest, one.size());
  std::vector<std::map<std::string, Wanted>> kept;
  Faults* best = nullptr;
  for (std::size_t i = 0; i < near.size(); ++i) {
    if (refused[i].size() != fewest) continue;
    if (!best || distance(near[i], here) < distance(*best, here)) best = &near[i];
    kept.push_back(std::move(refused[i]));
  }
  out.faults = std::move(*best);
  if (kept.size() < 2) return out;
  const auto shared = count(kept);
  const auto common = [&](const Fault& one) {
    const auto place = shared.find(one.instance_location);
    return place != shared.end() && place->second.branches == kept.size() ? &place->second.wanted : nullptr;
  };
  if (std::none_of(out.faults.begin(), out.faults.end(), common)) return out;
  std::erase_if(out.faults, [&](const Fault& one) { return !common(one); });
  for (auto& one : out.faults) {
    one.wanted = *common(one);
    one.message = expected(one.wanted, nullptr, budget);
  }
  return out;
}

}  // namespace sumun::schema
