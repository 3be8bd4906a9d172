// SPDX-License-Identifier: Apache-2.0
#include "schema/check.hpp"

#include "schema/evaluated.hpp"
#include "schema/members.hpp"
#include "schema/numbers.hpp"

#include <algorithm>

namespace sumun::schema {

namespace {

using type = json::value_t;

constexpr std::size_t kFewItems = 24;  // uniqueItems up to this many by pairs, more by sorting

// Whether it is an integer between the bounds.
bool within(std::int64_t low, std::int64_t high, const json& value) {
  std::int64_t whole = 0;
  if (value.type() == type::number_integer) {
    whole = *value.get_ptr<const std::int64_t*>();
  } else if (value.type() == type::number_unsigned) {
    const std::uint64_t natural = *value.get_ptr<const std::uint64_t*>();
    if (natural > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return false;
    whole = static_cast<std::int64_t>(natural);
  } else {
    return false;
  }
  return whole >= low && whole <= high;
}

bool holds_rule(const NumberRules::Rule& rule, const json& value) {
  using Keyword = NumberRules::Keyword;
  switch (rule.keyword) {
    case Keyword::minimum: return compare_numbers(value, rule.operand) >= 0;
    case Keyword::maximum: return compare_numbers(value, rule.operand) <= 0;
    case Keyword::exclusive_minimum: return compare_numbers(value, rule.operand) > 0;
    case Keyword::exclusive_maximum: return compare_numbers(value, rule.operand) < 0;
    case Keyword::multiple_of: return is_multiple(value, rule.operand);
  }
  return true;
}

}  // namespace

std::uint64_t character_count(const std::string& text) {
  return static_cast<std::uint64_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

const json* find_repeated(const json::array_t& list) {
  if (list.size() <= kFewItems) {
    for (std::size_t i = 1; i < list.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (compare_values(list[i], list[j]) == 0) return &list[i];
      }
    }
    return nullptr;
  }
  std::vector<const json*> sorted;
  sorted.reserve(list.size());
  for (const auto& item : list) sorted.push_back(&item);
  std::sort(sorted.begin(), sorted.end(), [](const json* a, const json* b) { return compare_values(*a, *b) < 0; });
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    if (compare_values(*sorted[i - 1], *sorted[i]) == 0) return sorted[i];
  }
  return nullptr;
}

const std::pair<std::string, std::uint32_t>* chosen_branch(const Branches& branches, const json& value) {
  if (branches.discriminator.empty() || !value.is_object()) return nullptr;
  const auto member = value.find(branches.discriminator);
  if (member == value.end() || !member->is_string()) return nullptr;
  const auto& name = member->get_ref<const std::string&>();
  const auto found = std::lower_bound(branches.by_value.begin(), branches.by_value.end(), name, [](const auto& a, const std::string& b) { return a.first < b; });
  return found != branches.by_value.end() && found->first == name ? &*found : nullptr;
}

NodeId find_target(const DynamicReference& reference, const Scope* scope) {
  NodeId out = reference.fallback;
  if (reference.targets.empty()) return out;
  for (; scope; scope = scope->outer) {  // the last one found is the outermost
    const auto found = std::lower_bound(reference.targets.begin(), reference.targets.end(), std::pair(scope->resource, NodeId{0}));
    if (found != reference.targets.end() && found->first == scope->resource) out = found->second;
  }
  return out;
}

// True = it is valid; else `run` decides.
[[gnu::always_inline]] inline bool Checker::at_once(const Glance& glance, const json& value) const {
  if ((glance.types >> static_cast<unsigned>(value.type()) & 1) != 0) return true;
  switch (glance.kind) {
    case Glance::Kind::nothing:
    case Glance::Kind::object: return false;
    case Glance::Kind::integer: return within(glance.low, glance.high, value);
    case Glance::Kind::text: {
      if (!value.is_string()) return false;
      const auto size = static_cast<std::int64_t>(value.get_ptr<const std::string*>()->size());
      // Between one and four bytes make a character; the first one is a character in any case.
      return size <= glance.high && (size / 4 >= glance.low || (glance.low == 1 && size > 0));
    }
    case Glance::Kind::choice:
      return value.is_string() && program_.logics[static_cast<std::size_t>(glance.rules)].table.find(*value.get_ptr<const std::string*>()) != nullptr;
  }
  return false;
}

[[gnu::always_inline]] inline bool Checker::fits(NodeId id, const json& value) { return at_once(glances_[id], value) || walk(id, value); }

bool Checker::walk(NodeId id, const json& value) {
  const Glance& glance = glances_[id];
  if (glance.kind != Glance::Kind::object || !value.is_object()) return run(id, value);
  if (depth_ >= program_.limits.evaluation_depth) return give_up();
  ++depth_;
  const bool good = object(program_.objects[static_cast<std::size_t>(glance.rules)], value);
  --depth_;
  return good;
}

bool Checker::holds(NodeId id, const json& value) { return fits(id, value) && !gave_up_; }

bool Checker::run(NodeId id, const json& value) {
  const Node& node = program_.nodes[glances_[id].last];
  if (depth_ >= program_.limits.evaluation_depth || !budget_.take()) return give_up();
  const std::uint8_t bit = type_bit(value);
  if ((node.types & bit) == 0 && (bit != kFractionBit || (node.types & kIntegerBit) == 0 || !is_integral(value))) return false;
  ++depth_;
  const bool good = node.special ? special(node, value) : rules(node, value);
  --depth_;
  return good;
}

[[gnu::always_inline]] inline bool Checker::rules(const Node& node, const json& value) {
  bool good = true;
  switch (value.type()) {
    case type::number_integer:
    case type::number_unsigned:
    case type::number_float:
      good = node.number == kNoRules || number(program_.numbers[static_cast<std::size_t>(node.number)], value);
      break;
    case type::string:
      good = node.text == kNoRules || text(program_.texts[static_cast<std::size_t>(node.text)], *value.get_ptr<const std::string*>());
      break;
    case type::array:
      good = node.array == kNoRules || array(program_.arrays[static_cast<std::size_t>(node.array)], *value.get_ptr<const json::array_t*>());
      break;
    case type::object:
      good = node.object == kNoRules || object(program_.objects[static_cast<std::size_t>(node.object)], value);
      break;
    default: break;
  }
  return good && (node.logic == kNoRules || logic(program_.logics[static_cast<std::size_t>(node.logic)], value));
}

// A node that begins a resource of the dynamic scope, or has unevaluated… keywords, which come last.
[[gnu::noinline]] bool Checker::special(const Node& node, const json& value) {
  const Scope* before = scope_;
  const Scope entered{scope_, node.scope};
  if (node.scope != kNoRules && !in_scope(scope_, node.scope)) scope_ = &entered;
  bool good = rules(node, value);
  if (good && node.unevaluated != kNoRules && !gave_up_) good = unevaluated(node, program_.unevaluated[static_cast<std::size_t>(node.unevaluated)], value);
  scope_ = before;
  return good;
}

bool Checker::number(const NumberRules& rules, const json& value) const {
  if (rules.bounds_only && within(rules.low, rules.high, value)) return true;
  return std::all_of(rules.rules.begin(), rules.rules.end(), [&](const auto& rule) { return holds_rule(rule, value); });
}

bool Checker::text(const TextRules& rules, const std::string& value) {
  // Between one and four bytes make a character: often the size in bytes already says enough.
  if (value.size() / 4 < rules.min_length || value.size() > rules.max_length) {
    const std::uint64_t length = character_count(value);
    if (length < rules.min_length || length > rules.max_length) return false;
  }
  if (rules.pattern != kNoRules && !matches(rules.pattern, value)) return false;
  return !rules.format || rules.format(value);
}

bool Checker::matches(std::int32_t pattern, const std::string& text) {
  const auto answer = program_.patterns[static_cast<std::size_t>(pattern)].search(text, &budget_);
  return answer == Pattern::Answer::yes || (answer == Pattern::Answer::too_costly && give_up());
}

bool Checker::array(const ArrayRules& rules, const json::array_t& list) {
  if (list.size() < rules.min_items || list.size() > rules.max_items) return false;
  for (std::size_t i = 0; i < list.size() && i < rules.prefix.size(); ++i) {
    if (!run(rules.prefix[i], list[i])) return false;
  }
  if (rules.items != kNoNode) {
    if (!budget_.take_up_to(list.size())) return give_up();
    for (std::size_t i = rules.prefix.size(); i < list.size(); ++i) {
      if (!fits(rules.items, list[i])) return false;
    }
  }
  if (rules.unique && find_repeated(list)) return false;
  return rules.contains == kNoNode || contains(rules, list);
}

bool Checker::contains(const ArrayRules& rules, const json::array_t& list) {
  std::uint64_t count = 0;
  for (const auto& item : list) {
    if (run(rules.contains, item)) ++count;
    if (gave_up_) return false;
    if (count >= rules.min_contains && rules.max_contains >= list.size()) return true;
  }
  return count >= rules.min_contains && count <= rules.max_contains;
}

bool Checker::object(const ObjectRules& rules, const json& value) {
  const auto& members = *value.get_ptr<const json::object_t*>();
  const std::size_t size = members.size();
  if (size < rules.required || size < rules.min_properties || size > rules.max_properties) return false;
  if (!budget_.take_up_to(size + 1 + rules.cost)) return give_up();
  if (!rules.plain || !rules.table.hashed()) return any_members(rules, value);
  std::size_t required = rules.required;
  const NameTable::Finder names = rules.table.finder();
  const bool good = all_members(members, [&](const std::string& name, const json& member) __attribute__((always_inline)) {
    NodeId node = rules.additional;
    if (const auto* rule = names.find(name)) {
      required -= rule->required ? 1 : 0;
      if ((rule->types >> static_cast<unsigned>(member.type()) & 1) != 0) return true;
      if (rule->number != kNoNode) node = rule->number;
    }
    return node == kNoNode || fits(node, member);
  });
  return good && required == 0;
}

// Where there are rules for patterns of names, for names, or dependencies.
bool Checker::any_members(const ObjectRules& rules, const json& value) {
  const auto& members = *value.get_ptr<const json::object_t*>();
  std::size_t required = rules.required;
  const bool good = all_members(members, [&](const std::string& name, const json& member) {
    bool known = false;
    if (const auto* rule = rules.table.find(name)) {
      required -= rule->required ? 1 : 0;
      known = rule->number != kNoNode;
      if (known && !fits(rule->number, member)) return false;
    }
    for (const auto& [pattern, node] : rules.patterns) {
      const bool matched = matches(pattern, name);
      if (gave_up_ || (matched && !fits(node, member))) return false;
      known = known || matched;
    }
    if (!known && rules.additional != kNoNode && !fits(rules.additional, member)) return false;
    return rules.names == kNoNode || name_fits(rules.names, name);
  });
  if (!good || required != 0) return false;
  for (const auto& one : rules.dependencies) {
    if (!members.contains(one.name)) continue;
    for (const auto& name : one.required) {
      if (!members.contains(name)) return false;
    }
    if (one.node != kNoNode && !run(one.node, value)) return false;
  }
  return true;
}

bool Checker::name_fits(NodeId id, const std::string& name) {
  const Node& node = program_.nodes[glances_[id].last];
  if (node.special || node.logic != kNoRules) return run(id, json(name));  // rare enough for the copy
  if (!budget_.take()) return give_up();
  return (node.types & kStringBit) != 0 && (node.text == kNoRules || text(program_.texts[static_cast<std::size_t>(node.text)], name));
}

bool Checker::logic(const LogicRules& rules, const json& value) {
  if (rules.has_enum) {
    if (!rules.allowed_texts.empty()) {
      if (!value.is_string() || !rules.table.find(*value.get_ptr<const std::string*>())) return false;
    } else {
      budget_.take_up_to(rules.allowed.size() / 16);
      if (std::none_of(rules.allowed.begin(), rules.allowed.end(), [&](const json& one) { return compare_values(one, value) == 0; })) return false;
    }
  }
  if (rules.reference != kNoNode && !run(rules.reference, value)) return false;
  if (!rules.branches()) return true;
  if (rules.dynamic != kNoRules && !run(find_target(program_.dynamics[static_cast<std::size_t>(rules.dynamic)], scope_), value)) return false;
  for (const NodeId node : rules.all) {
    if (!run(node, value)) return false;
  }
  if (!rules.any.nodes.empty() && !any_of(rules.any, value)) return false;
  if (!rules.one.nodes.empty() && !one_of(rules.one, value)) return false;
  if (rules.negated != kNoNode && run(rules.negated, value)) return false;
  if (rules.condition != kNoNode && !gave_up_) {
    const NodeId next = run(rules.condition, value) ? rules.then_node : rules.else_node;
    if (next != kNoNode && !gave_up_ && !run(next, value)) return false;
  }
  return !gave_up_;
}

bool Checker::any_of(const Branches& branches, const json& value) {
  if (const auto* only = chosen_branch(branches, value)) return run(branches.nodes[only->second], value);
  for (const NodeId node : branches.nodes) {
    if (run(node, value)) return true;
    if (gave_up_) return false;
  }
  return false;
}

bool Checker::one_of(const Branches& branches, const json& value) {
  if (const auto* only = chosen_branch(branches, value)) return run(branches.nodes[only->second], value);
  int count = 0;
  for (const NodeId node : branches.nodes) {
    count += run(node, value) ? 1 : 0;
    if (gave_up_ || count > 1) return false;
  }
  return count == 1;
}

bool Checker::unevaluated(const Node& node, const UnevaluatedRules& rules, const json& value) {
  const NodeId rest = value.is_object() ? rules.properties : value.is_array() ? rules.items : kNoNode;
  if (rest == kNoNode || value.empty()) return true;
  Evaluated evaluated(*this, value);
  evaluated.add_own(node);
  if (gave_up_) return false;
  std::size_t i = 0;
  const auto good = [&](const json& part) { return evaluated.has(i++) || fits(rest, part); };
  if (value.is_array()) return std::all_of(value.get_ref<const json::array_t&>().begin(), value.get_ref<const json::array_t&>().end(), good);
  for (const auto& [_, member] : *value.get_ptr<const json::object_t*>()) {
    if (!good(member)) return false;
  }
  return true;
}

}  // namespace sumun::schema
