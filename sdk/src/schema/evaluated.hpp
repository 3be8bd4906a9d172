// SPDX-License-Identifier: Apache-2.0
// Which members or items of one value the keywords beside an unevaluated… keyword have evaluated (2020-12 core, section 11).
// Asked once all those keywords held, so of a branch it need only know whether it holds. What it finds is a set of bits: on
// the stack for 256 members or items, beyond that in one allocation. Schemas without such keywords never come here.
#pragma once
#include "schema/check.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace sumun::schema {

class Evaluated {
 public:
  /// `judge` says whether branches hold, in the scope of the place.
  Evaluated(Checker& judge, const json& value) : program_(judge.program_), judge_(judge), value_(value) {
    if (value.size() <= few_.size() * 64) return;
    many_.assign((value.size() + 63) / 64, 0);
    bits_ = many_.data();
  }
  Evaluated(const Evaluated&) = delete;
  Evaluated& operator=(const Evaluated&) = delete;

  bool has(std::size_t index) const { return all_ || ((bits_[index / 64] >> (index % 64)) & 1) != 0; }

  /// What the node evaluates, its own unevaluated… keywords aside.
  void add_own(const Node& node) {
    if (value_.is_object() && node.object != kNoRules) object(program_.objects[static_cast<std::size_t>(node.object)]);
    if (value_.is_array() && node.array != kNoRules) array(program_.arrays[static_cast<std::size_t>(node.array)]);
    if (node.logic != kNoRules) logic(program_.logics[static_cast<std::size_t>(node.logic)]);
  }

  /// The names, and the patterns of names, that the node or what it applies knows: for a message.
  void known(const Node& node, std::vector<std::string_view>& names, std::vector<std::string_view>& patterns) const {
    std::vector<const Node*> seen{&node};
    for (std::size_t i = 0; i < seen.size() && names.size() + patterns.size() < kKnownNames; ++i) {
      if (seen[i]->object != kNoRules) {
        const ObjectRules& rules = program_.objects[static_cast<std::size_t>(seen[i]->object)];
        for (const auto& one : rules.properties) {
          if (one.node != kNoNode && names.size() < kKnownNames) names.push_back(one.name);
        }
        for (const auto& [index, _] : rules.patterns) patterns.push_back(program_.patterns[static_cast<std::size_t>(index)].source());
      }
      each_in_place(program_, *seen[i], [&](NodeId next) {
        const Node* one = &program_.nodes[next];
        if (seen.size() < kSeenNodes && std::find(seen.begin(), seen.end(), one) == seen.end()) seen.push_back(one);
      });
    }
    for (auto* list : {&names, &patterns}) {
      std::sort(list->begin(), list->end());
      list->erase(std::unique(list->begin(), list->end()), list->end());
    }
  }

 private:
  static constexpr std::size_t kSeenNodes = 64, kKnownNames = 1'000;

  void mark(std::size_t index) { bits_[index / 64] |= std::uint64_t{1} << (index % 64); }

  void add(NodeId id) {
    if (all_ || id == kNoNode) return;
    const Node& node = program_.nodes[id];
    if (judge_.depth_ >= program_.limits.evaluation_depth || !judge_.budget_.take()) {
      judge_.give_up();
      return;
    }
    ++judge_.depth_;
    const Scope* before = judge_.scope_;
    const Scope entered{before, node.scope};
    if (node.scope != kNoRules && !in_scope(before, node.scope)) judge_.scope_ = &entered;
    if (node.unevaluated != kNoRules) {  // it held, so it left nothing
      const auto& rules = program_.unevaluated[static_cast<std::size_t>(node.unevaluated)];
      all_ = (value_.is_object() ? rules.properties : rules.items) != kNoNode && value_.is_structured();
    }
    if (!all_) add_own(node);
    judge_.scope_ = before;
    --judge_.depth_;
  }

  bool holds(NodeId id) { return judge_.holds(id, value_); }

  void object(const ObjectRules& rules) {
    if (rules.additional != kNoNode) {
      all_ = true;
      return;
    }
    const auto& members = value_.get_ref<const json::object_t&>();
    judge_.budget_.take_up_to(rules.cost);
    std::size_t index = 0;
    for (const auto& [name, member] : members) {
      const auto* rule = rules.table.find(name);
      if (rule && rule->number != kNoNode) mark(index);
      for (auto one = rules.patterns.begin(); one != rules.patterns.end() && !has(index); ++one) {
        const auto answer = program_.patterns[static_cast<std::size_t>(one->first)].search(name, &judge_.budget_);
        if (answer == Pattern::Answer::yes) mark(index);
        if (answer == Pattern::Answer::too_costly) {
          judge_.give_up();
          return;
        }
      }
      ++index;
    }
    for (const auto& one : rules.dependencies) {
      if (one.node != kNoNode && members.contains(one.name)) add(one.node);
    }
  }

  void array(const ArrayRules& rules) {
    if (rules.items != kNoNode) {
      all_ = true;
      return;
    }
    const std::size_t size = value_.size();
    for (std::size_t i = 0; i < size && i < rules.prefix.size(); ++i) mark(i);
    if (rules.contains == kNoNode || !rules.contains_evaluates) return;
    for (std::size_t i = 0; i < size; ++i) {
      if (!has(i) && judge_.holds(rules.contains, value_[i])) mark(i);
    }
  }

  void logic(const LogicRules& rules) {
    add(rules.reference);
    if (rules.dynamic != kNoRules) add(find_target(program_.dynamics[static_cast<std::size_t>(rules.dynamic)], judge_.scope_));
    for (const NodeId one : rules.all) add(one);
    branches(rules.any);
    branches(rules.one);
    const NodeId condition = rules.condition != kNoNode ? rules.condition : rules.lone_condition;
    if (condition == kNoNode || all_) return;
    const bool yes = holds(condition);
    if (yes) add(condition);
    add(yes ? rules.then_node : rules.else_node);
  }

  void branches(const Branches& branches) {
    bool any = false;
    for (const NodeId one : branches.nodes) {
      if (all_) return;
      if (!holds(one)) continue;
      any = true;
      add(one);
    }
    if (any) return;
    for (const NodeId one : branches.nodes) add(one);  // not valid anyhow: says no more than that
  }

  const Schema::Program& program_;
  Checker& judge_;
  const json& value_;
  std::array<std::uint64_t, 4> few_{};
  std::vector<std::uint64_t> many_;
  std::uint64_t* bits_ = few_.data();
  bool all_ = false;
};

}  // namespace sumun::schema
