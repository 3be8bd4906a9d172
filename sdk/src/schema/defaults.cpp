// SPDX-License-Identifier: Apache-2.0
// Puts the defaults of absent members into a value.
#include "schema/program.hpp"

#include <algorithm>

namespace sumun::schema {

namespace {

class Filler {
 public:
  Filler(const Schema::Program& program, Budget& budget) : program_(program), budget_(budget) {}

  void fill(NodeId id, json& value) {
    const Node& node = program_.nodes[id];
    if (!node.fills || depth_ >= program_.limits.evaluation_depth || !budget_.take()) return;
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

 private:
  // The default of a node, its own or that of what its $ref names.
  const json* default_of(NodeId id) const {
    for (int steps = 0; steps < 16 && id != kNoNode; ++steps) {
      const Node& node = program_.nodes[id];
      if (node.default_value != kNoRules) return &program_.defaults[static_cast<std::size_t>(node.default_value)];
      if (node.logic == kNoRules) return nullptr;
      const LogicRules& rules = program_.logics[static_cast<std::size_t>(node.logic)];
      id = rules.reference != kNoNode || rules.dynamic == kNoRules ? rules.reference : target(rules.dynamic);
    }
    return nullptr;
  }

  NodeId target(std::int32_t dynamic) const { return find_target(program_.dynamics[static_cast<std::size_t>(dynamic)], scope_); }

  void object(const ObjectRules& rules, json& value) {
    auto& members = value.get_ref<json::object_t&>();
    for (const auto& property : rules.properties) {
      if (property.node == kNoNode || !program_.nodes[property.node].fills) continue;
      const auto member = members.find(property.name);
      if (member != members.end()) {
        fill(property.node, member->second);
      } else if (const json* start = default_of(property.node)) {
        members.emplace(property.name, *start);  // complete already: the defaults inside it were filled by the compiler
      }
    }
    for (const auto& [index, node] : rules.patterns) {
      if (!program_.nodes[node].fills) continue;
      for (auto& [name, member] : members) {
        if (program_.patterns[static_cast<std::size_t>(index)].search(name) == Pattern::Answer::yes) fill(node, member);
      }
    }
    for (const auto& one : rules.dependencies) {
      if (one.node != kNoNode && members.contains(one.name)) fill(one.node, value);
    }
    if (rules.additional == kNoNode || !program_.nodes[rules.additional].fills || !rules.patterns.empty()) return;
    for (auto& [name, member] : members) {
      const auto declared = std::lower_bound(rules.properties.begin(), rules.properties.end(), name, [](const auto& a, const std::string& b) { return a.name < b; });
      const bool known = declared != rules.properties.end() && declared->name == name && declared->node != kNoNode;
      if (!known) fill(rules.additional, member);
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
};

}  // namespace

void fill_defaults(const Schema::Program& program, NodeId node, json& instance, Budget& budget) {
  Filler(program, budget).fill(node, instance);
}

}  // namespace sumun::schema
