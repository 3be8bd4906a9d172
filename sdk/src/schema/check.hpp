// SPDX-License-Identifier: Apache-2.0
// Whether a value is valid, and no more: stops at the first fault, says nothing, and touches no memory of its own but the
// stack. What is wrong with a value that fails is found by another walk (explain.cpp).
#pragma once
#include "schema/program.hpp"

namespace sumun::schema {

/// Thread: one.
class Checker {
 public:
  Checker(const Schema::Program& program, Budget& budget, const Scope* scope = nullptr, std::size_t depth = 0)
      : program_(program), glances_(program.glances.data()), budget_(budget), scope_(scope), depth_(depth) {}

  /// Whether the value is valid there. Takes what it needs from the budget; none left = not valid.
  bool holds(NodeId id, const json& value);

  /// True where a bound was met: what was said then is no answer.
  bool gave_up() const { return gave_up_; }

 private:
  friend class Evaluated;

  bool fits(NodeId id, const json& value);
  bool at_once(const Glance& glance, const json& value) const;
  bool walk(NodeId id, const json& value);
  bool run(NodeId id, const json& value);
  bool special(const Node& node, const json& value);
  bool rules(const Node& node, const json& value);
  bool number(const NumberRules& rules, const json& value) const;
  bool text(const TextRules& rules, const std::string& value);
  bool matches(std::int32_t pattern, const std::string& text);
  bool array(const ArrayRules& rules, const json::array_t& list);
  bool contains(const ArrayRules& rules, const json::array_t& list);
  bool object(const ObjectRules& rules, const json& value);
  bool any_members(const ObjectRules& rules, const json& value);
  bool name_fits(NodeId id, const std::string& name);
  bool logic(const LogicRules& rules, const json& value);
  bool any_of(const Branches& branches, const json& value);
  bool one_of(const Branches& branches, const json& value);
  bool unevaluated(const Node& node, const UnevaluatedRules& rules, const json& value);
  bool give_up() {
    gave_up_ = true;
    return false;
  }

  const Schema::Program& program_;
  const Glance* glances_;
  Budget& budget_;
  const Scope* scope_;
  std::size_t depth_;
  bool gave_up_ = false;
};

inline bool check(const Schema::Program& program, NodeId node, const json& instance, Budget& budget, const Scope* scope = nullptr) {
  return Checker(program, budget, scope).holds(node, instance);
}

/// One of the list that is in it twice; null = all differ.
const json* find_repeated(const json::array_t& list);

/// Of code points.
std::uint64_t character_count(const std::string& text);

/// The one branch that the discriminating property leaves; nothing where that says nothing about this value.
const std::pair<std::string, std::uint32_t>* chosen_branch(const Branches& branches, const json& value);

}  // namespace sumun::schema
