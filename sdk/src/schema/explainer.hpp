// SPDX-License-Identifier: Apache-2.0
// What is wrong with a value that failed the check: walks on after a fault, knows where it is, and writes down each. Its
// members are in explain.cpp (what a value is) and explain_logic.cpp (what several schemas say of it together).
#pragma once
#include "schema/check.hpp"
#include "schema/evaluated.hpp"
#include "schema/mending.hpp"
#include "schema/nearest.hpp"
#include "schema/place.hpp"
#include "schema/words.hpp"

#include <string>
#include <utility>
#include <vector>

namespace sumun::schema {

// What one walk has found.
struct Notes {
  std::vector<Fault> found;
  std::size_t limit;
  bool more = false;  // faults that found no room

  void add(Fault one) {
    if (found.size() < limit) found.push_back(std::move(one));
    else more = true;
  }
};

/// Thread: one.
class Explainer {
 public:
  Explainer(const Schema::Program& program, Budget& budget, Notes& notes) : program_(program), budget_(budget), notes_(notes) {}
  // Another walk from the same place on the same budget: its faults are not the first one's.
  Explainer(const Explainer& other, Notes& notes) : program_(other.program_), budget_(other.budget_), notes_(notes), scope_(other.scope_), depth_(other.depth_) {}

  bool run(NodeId id, const json& value, const Place* at, const Place* by);
  // True where a bound was met: what the walk said then is no answer.
  bool gave_up() const { return gave_up_; }

 private:
  struct NothingWanted {
    Wanted operator()() const { return {}; }
  };

  // Writes down a fault; false. `wants` says what would have been taken instead, where the value is refused whole.
  template <class Words, class Wants = NothingWanted>
  bool fault(const Place* at, const Place* by, std::string_view keyword, Words words, Wants wants = {}) {
    notes_.more = notes_.more || notes_.found.size() >= notes_.limit;
    if (notes_.more) return false;
    const Place last{by, keyword};
    const Place* keyword_place = keyword.empty() ? by : &last;
    Fault one{{pointer(at), pointer(keyword_place), words(), {}, written(*at)}, wants()};
    std::string absolute = absolute_location(pointer(keyword_place, written_.by));
    if (absolute != '#' + one.keyword_location) one.absolute_keyword_location = std::move(absolute);
    notes_.found.push_back(std::move(one));
    return false;
  }
  bool give_up(const Place* at, const Place* by);
  std::string absolute_location(const std::string& keyword) const;

  Checker checker() { return Checker(program_, budget_, scope_, depth_); }
  bool holds(NodeId id, const json& value, const Place* at, const Place* by);
  bool mends(NodeId id, const json& mended) { return checker().holds(id, mended); }
  Wanted wanted(const Node& node, const json& value) const;
  Wanted wanted(const LogicRules& rules, const json& value) const;

  bool judge(NodeId id, const json& value, const Place* at, const Place* by);
  bool rules(const Node& node, const json& value, const Place* at, const Place* by);
  bool number(const NumberRules& rules, const json& value, const Place* at, const Place* by);
  bool text(const TextRules& rules, const std::string& value, const Place* at, const Place* by);
  bool matches(std::int32_t index, const std::string& value, const Place* at, const Place* by);
  bool array(const ArrayRules& rules, const json::array_t& list, const Place* at, const Place* by);
  bool contains(const ArrayRules& rules, const json::array_t& list, const Place* at, const Place* by);
  bool object(const ObjectRules& rules, const json& value, const Place* at, const Place* by);
  bool object_size(const ObjectRules& rules, std::size_t size, const Place* at, const Place* by);
  bool member_of(const ObjectRules& rules, const PropertyRule* declared, const std::string& name, const json& value, const Place* at, const Place* by);
  bool additional(const ObjectRules& rules, const std::string& name, const json& value, const Place& place, const Place* by);
  bool name_fits(const ObjectRules& rules, const std::string& name, const Place& place, const Place* by);
  bool dependency(const ObjectRules::Dependency& rule, const json& value, const Place* at, const Place* by);

  bool logic(const LogicRules& rules, const json& value, const Place* at, const Place* by);
  bool allowed(const LogicRules& rules, const json& value, const Place* at, const Place* by);
  bool any_of(const Branches& branches, const json& value, const Place* at, const Place* by);
  bool one_of(const Branches& branches, const json& value, const Place* at, const Place* by);
  bool branch(const Branches& branches, std::uint32_t index, std::string_view name, const json& value, const Place* at, const Place* by);
  bool nearest_branch(const Branches& branches, std::string_view name, const json& value, const Place* at, const Place* by);
  bool wrong_discriminator(const Branches& branches, std::string_view name, const json& value, const Place* at, const Place* by);
  bool conditional(const LogicRules& rules, const json& value, const Place* at, const Place* by);
  bool unevaluated(const Node& node, const UnevaluatedRules& rules, const json& value, const Place* at, const Place* by);

  // Where the node at hand was reached.
  struct Written {
    NodeId node = 0;
    const Place* by = nullptr;
  };

  const Schema::Program& program_;
  Budget& budget_;
  Notes& notes_;
  const Scope* scope_ = nullptr;
  Written written_;
  std::size_t depth_ = 0;
  bool gave_up_ = false;
};

}  // namespace sumun::schema
