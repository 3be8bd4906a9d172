// SPDX-License-Identifier: Apache-2.0
// Puts the defaults of absent members into a value.
#include "schema/check.hpp"

#include <algorithm>

namespace sumun::schema {

namespace {

constexpr std::size_t kBytesPerStep = 16;

class Filler {
 public:
  Filler(const Schema::Program& program, Budget& budget) : program_(program), budget_(budget) {}

  void fill(NodeId id, json& value) {
    const Node& node = program_.nodes[id];
    if (!node.fills || ended() || depth_ >= program_.limits.evaluation_depth || !budget_.take()) return;
    const Scope* before = scope_;
    const Scope entered{scope_, node.scope};
    if (node.scope != kNoRules && !in_scope(scope_, node.scope)) scope_ = &entered;
    ++depth_;
    if (node.object != kNoRules && value.is_object()) object(program_.objects[static_cast<std::size_t>(node.object)], value);
    if (node.array != kNoRules && value.is_array()) array(program_.arrays[static_cast<std::size_t>(node.array)], value);
    if (node.logic != kNoRules) logic(program_.logics[static_cast<std::size_t>(node.logic)], value);
    --depth_;
    scope_ = before;
  }

  Filled done() {
    const auto& limits = program_.limits;
    if (too_large_) {
      filled_.bound = "the defaults add more than " + std::to_string(limits.filled_bytes) + " bytes";
    } else if (budget_.spent()) {
      filled_.bound = "filling in the defaults takes more than " +
                      (budget_.late() ? std::to_string(limits.time.count()) + " ms" : std::to_string(limits.steps) + " steps");
    }
    return std::move(filled_);
  }

 private:
  static constexpr int kLookedAt = 16;  // nodes, for the default of one

  bool ended() const { return too_large_ || budget_.spent(); }

  // Which default a node has: its own, else that of what its $ref names, else the first in its allOf. kNoRules = none.
  std::int32_t default_of(NodeId id, int& left) const {
    if (id == kNoNode || left-- <= 0) return kNoRules;
    const Node& node = program_.nodes[id];
    if (node.default_value != kNoRules || node.logic == kNoRules) return node.default_value;
    const LogicRules& rules = program_.logics[static_cast<std::size_t>(node.logic)];
    std::int32_t found = default_of(rules.reference, left);
    if (found == kNoRules && rules.dynamic != kNoRules) found = default_of(target(rules.dynamic), left);
    for (auto one = rules.all.begin(); one != rules.all.end() && found == kNoRules && left > 0; ++one) found = default_of(*one, left);
    return found;
  }

  // Complete already: the defaults inside it were filled by the compiler.
  void put(json::object_t& members, const PropertyRule& property) {
    int left = kLookedAt;
    const auto found = default_of(property.node, left);
    if (found == kNoRules) return;
    const auto index = static_cast<std::size_t>(found);
    const std::size_t bytes = program_.default_bytes[index] + property.name.size() + 4;  // "":,
    too_large_ = too_large_ || bytes > program_.limits.filled_bytes - bytes_;
    if (too_large_ || !budget_.take_up_to(bytes / kBytesPerStep)) return;
    bytes_ += bytes;
    members.emplace(property.name, program_.defaults[index]);
    filled_.members.push_back({&members, &property.name, {}});
  }

  bool matches(std::int32_t pattern, const std::string& name) {
    return !ended() && program_.patterns[static_cast<std::size_t>(pattern)].search(name, &budget_) == Pattern::Answer::yes;
  }

  NodeId target(std::int32_t dynamic) const { return find_target(program_.dynamics[static_cast<std::size_t>(dynamic)], scope_); }

  void object(const ObjectRules& rules, json& value) {
    auto& members = value.get_ref<json::object_t&>();
    budget_.take_up_to(rules.cost);
    for (const auto& property : rules.properties) {
      if (property.node == kNoNode || !program_.nodes[property.node].fills) continue;
      const auto member = members.find(property.name);
      if (member != members.end()) {
        fill(property.node, member->second);
      } else {
        put(members, property);
      }
    }
    for (const auto& [index, node] : rules.patterns) {
      if (!program_.nodes[node].fills) continue;
      for (auto& [name, member] : members) {
        if (matches(index, name)) fill(node, member);
      }
    }
    for (const auto& one : rules.dependencies) {
      if (one.node != kNoNode && members.contains(one.name)) fill(one.node, value);
    }
    if (rules.additional == kNoNode || !program_.nodes[rules.additional].fills) return;
    for (auto& [name, member] : members) {
      const auto declared = std::lower_bound(rules.properties.begin(), rules.properties.end(), name, [](const auto& a, const std::string& b) { return a.name < b; });
      const bool known = declared != rules.properties.end() && declared->name == name && declared->node != kNoNode;
      if (known || std::any_of(rules.patterns.begin(), rules.patterns.end(), [&](const auto& one) { return matches(one.first, name); })) continue;
      fill(rules.additional, member);
    }
  }

  void array(const ArrayRules& rules, json& value) {
    auto& list = value.get_ref<json::array_t&>();
    for (std::size_t i = 0; i < list.size(); ++i) {
      const NodeId node = i < rules.prefix.size() ? rules.prefix[i] : rules.items;
      if (node == kNoNode) break;
      fill(node, list[i]);
    }
  }

  void logic(const LogicRules& rules, json& value) {
    if (rules.reference != kNoNode) fill(rules.reference, value);
    if (rules.dynamic != kNoRules) fill(target(rules.dynamic), value);
    for (NodeId node : rules.all) fill(node, value);
    for (const auto* branches : {&rules.any, &rules.one}) first_that_holds(branches->nodes, value);
    if (rules.condition == kNoNode) return;
    const NodeId next = check(program_, rules.condition, value, budget_, scope_) ? rules.then_node : rules.else_node;
    if (next != kNoNode) fill(next, value);
  }

  void first_that_holds(const std::vector<NodeId>& nodes, json& value) {
    const bool any_fills = std::any_of(nodes.begin(), nodes.end(), [&](NodeId node) { return program_.nodes[node].fills; });
    if (!any_fills) return;
    for (NodeId node : nodes) {
      if (!check(program_, node, value, budget_, scope_)) continue;
      fill(node, value);
      return;
    }
  }

  const Schema::Program& program_;
  Budget& budget_;
  const Scope* scope_ = nullptr;
  std::size_t depth_ = 0;
  std::size_t bytes_ = 0;
  bool too_large_ = false;
  Filled filled_;
};

}  // namespace

void Filled::take_out() {
  for (auto member = members.rbegin(); member != members.rend(); ++member) member->node = member->object->extract(*member->name);
}

void Filled::put_back() {
  for (auto& member : members) member.object->insert(std::move(member.node));
}

Filled fill_defaults(const Schema::Program& program, NodeId node, json& instance, Budget& budget) {
  Filler filler(program, budget);
  filler.fill(node, instance);
  return filler.done();
}

}  // namespace sumun::schema
