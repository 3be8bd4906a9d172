// SPDX-License-Identifier: Apache-2.0
// The faults of a value by what several schemas say of it together: lists of values, references, branches, conditions, and
// what no keyword has evaluated.
#include "schema/explainer.hpp"
#include "schema/numbers.hpp"

#include <algorithm>

namespace sumun::schema {

namespace {
constexpr std::size_t kMaxBranches = 32;  // of a oneOf that are explained, to find the nearest
}

bool Explainer::logic(const LogicRules& rules, const json& value, const Place* at, const Place* by) {
  bool good = !rules.has_enum || allowed(rules, value, at, by);
  if (rules.reference != kNoNode) {
    const Place keyword{by, "$ref"};
    good = run(rules.reference, value, at, &keyword) && good;
  }
  if (rules.dynamic != kNoRules) {
    const DynamicReference& dynamic = program_.dynamics[static_cast<std::size_t>(rules.dynamic)];
    const Place keyword{by, dynamic.keyword};
    good = run(find_target(dynamic, scope_), value, at, &keyword) && good;
  }
  for (std::size_t i = 0; i < rules.all.size(); ++i) {
    const Place keyword{by, "allOf", i};
    good = run(rules.all[i], value, at, &keyword) && good;
  }
  if (!rules.any.nodes.empty()) good = any_of(rules.any, value, at, by) && good;
  if (!rules.one.nodes.empty()) good = one_of(rules.one, value, at, by) && good;
  if (rules.negated != kNoNode && holds(rules.negated, value, at, by)) {
    good = fault(at, by, "not", [&] { return excluded(program_, rules.negated, value); });
  }
  if (rules.condition != kNoNode && !gave_up_) good = conditional(rules, value, at, by) && good;
  return good && !gave_up_;
}

bool Explainer::allowed(const LogicRules& rules, const json& value, const Place* at, const Place* by) {
  budget_.take_up_to(rules.allowed.size() / 16);
  if (std::any_of(rules.allowed.begin(), rules.allowed.end(), [&](const json& one) { return compare_values(one, value) == 0; })) return true;
  const auto wants = [&] { return wanted(rules, value); };
  return fault(at, by, rules.is_const ? "const" : "enum", [&] { return expected(wants(), nullptr, budget_); }, wants);
}

// -- branches

bool Explainer::any_of(const Branches& branches, const json& value, const Place* at, const Place* by) {
  if (const auto* only = chosen_branch(branches, value)) return branch(branches, only->second, "anyOf", value, at, by);
  for (const NodeId node : branches.nodes) {
    if (holds(node, value, at, by)) return true;
    if (gave_up_) return false;
  }
  return nearest_branch(branches, "anyOf", value, at, by);
}

bool Explainer::one_of(const Branches& branches, const json& value, const Place* at, const Place* by) {
  if (const auto* only = chosen_branch(branches, value)) return branch(branches, only->second, "oneOf", value, at, by);
  std::size_t count = 0, first = 0, second = 0;
  for (std::size_t i = 0; i < branches.nodes.size() && count < 2; ++i) {
    const bool good = holds(branches.nodes[i], value, at, by);
    if (gave_up_) return false;
    if (!good) continue;
    (count == 0 ? first : second) = i;
    ++count;
  }
  if (count == 1) return true;
  if (count == 0) return nearest_branch(branches, "oneOf", value, at, by);
  return fault(at, by, "oneOf", [&] {
    return "fits more than one of the forms of which exactly one is allowed (form " + std::to_string(first + 1) + " and form " + std::to_string(second + 1) + ")";
  });
}

bool Explainer::branch(const Branches& branches, std::uint32_t index, std::string_view name, const json& value, const Place* at, const Place* by) {
  const Place keyword{by, name, index};
  return run(branches.nodes[index], value, at, &keyword);
}

// No branch holds: writes down what is wrong with the one that comes nearest, then that none holds.
bool Explainer::nearest_branch(const Branches& branches, std::string_view name, const json& value, const Place* at, const Place* by) {
  if (!branches.discriminator.empty() && value.is_object()) return wrong_discriminator(branches, name, value, at, by);
  const std::string here = pointer(at);
  std::vector<std::vector<Fault>> found;
  for (std::size_t i = 0, explained = 0; i < branches.nodes.size() && explained < kMaxBranches && !budget_.spent(); ++i) {
    Notes inner{{}, notes_.limit};
    Explainer other(*this, inner);
    const Place keyword{by, name, i};
    other.run(branches.nodes[i], value, at, &keyword);
    explained += refusal(inner.found, here) == nullptr;
    found.push_back(std::move(inner.found));
  }
  Nearest nearest = nearest_of(std::move(found), here, budget_);
  for (auto& one : nearest.faults) notes_.add(std::move(one));
  const auto none = [&] { return "fits none of the " + std::to_string(branches.nodes.size()) + " forms allowed here"; };
  if (nearest.wanted.types == 0 && nearest.wanted.values.empty()) return fault(at, by, name, none);
  const bool whole = nearest.location == here;
  const Holds holds = [&](const json& mended) {
    return whole && std::any_of(branches.nodes.begin(), branches.nodes.end(), [&](NodeId node) { return mends(node, mended); });
  };
  const bool room = notes_.found.size() < notes_.limit;
  fault(at, by, name, [&] { return expected(nearest.wanted, holds, budget_); }, [&] { return nearest.wanted; });
  if (room && !whole) {
    notes_.found.back().instance_location = std::move(nearest.location);
    notes_.found.back().written_location = std::move(nearest.written);
  }
  return false;
}

bool Explainer::wrong_discriminator(const Branches& branches, std::string_view name, const json& value, const Place* at, const Place* by) {
  const auto member = value.find(branches.discriminator);
  const auto list = [&] {
    std::string words = "expected one of ";
    for (std::size_t i = 0; i < branches.by_value.size() && i < kShownNames; ++i) words += (i ? ", " : "") + in_quotes(branches.by_value[i].first);
    return branches.by_value.size() > kShownNames ? words + ", …" : words;
  };
  if (member == value.end()) {
    return fault(at, by, name, [&] { return "the required property " + in_quotes(branches.discriminator) + " is missing; " + list(); });
  }
  const Place place{at, branches.discriminator};
  return fault(&place, by, name, [&] {
    std::string words = list() + ", found " + with_type(*member);
    if (!member->is_string()) return words;
    std::vector<std::string_view> names;
    for (const auto& one : branches.by_value) names.push_back(one.first);
    const auto near = nearest_name(member->get_ref<const std::string&>(), names, budget_);
    return near.empty() ? words : words + "; did you mean " + in_quotes(near) + "?";
  });
}

bool Explainer::conditional(const LogicRules& rules, const json& value, const Place* at, const Place* by) {
  const bool yes = holds(rules.condition, value, at, by);
  if (gave_up_) return false;
  const NodeId next = yes ? rules.then_node : rules.else_node;
  if (next == kNoNode) return true;
  const Place keyword{by, yes ? "then" : "else"};
  return run(next, value, at, &keyword);
}

// -- what no other keyword has evaluated

bool Explainer::unevaluated(const Node& node, const UnevaluatedRules& rules, const json& value, const Place* at, const Place* by) {
  const NodeId rest = value.is_object() ? rules.properties : value.is_array() ? rules.items : kNoNode;
  if (rest == kNoNode || value.empty()) return true;
  Checker judge = checker();
  Evaluated evaluated(judge, value);
  evaluated.add_own(node);
  if (judge.gave_up()) return give_up(at, by);
  const bool never = program_.nodes[rest].never;
  bool good = true;
  std::size_t i = 0;
  if (value.is_array()) {
    const Place keyword{by, "unevaluatedItems"};
    for (; i < value.size() && !gave_up_; ++i) {
      if (evaluated.has(i)) continue;
      const Place item{at, {}, i};
      good = (never ? fault(&item, &keyword, {}, [] { return std::string("an item too many"); }) : run(rest, value[i], &item, &keyword)) && good;
    }
    return good;
  }
  const Place keyword{by, "unevaluatedProperties"};
  for (const auto& [name, member] : value.get_ref<const json::object_t&>()) {
    if (gave_up_) return false;
    if (evaluated.has(i++)) continue;
    const Place place{at, name};
    if (!never) {
      good = run(rest, member, &place, &keyword) && good;
      continue;
    }
    good = fault(&place, &keyword, {}, [&] {
      std::vector<std::string_view> names, patterns;
      evaluated.known(node, names, patterns);
      return unknown_property(name, names, patterns, budget_);
    });
  }
  return good;
}

}  // namespace sumun::schema
