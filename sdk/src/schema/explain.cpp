// SPDX-License-Identifier: Apache-2.0
// The faults of a value by what it is: of the wrong type, a number, a text, an array, an object.
#include "schema/explainer.hpp"
#include "schema/numbers.hpp"

#include <algorithm>

namespace sumun::schema {

bool Explainer::run(NodeId id, const json& value, const Place* at, const Place* by) {
  if (depth_ >= program_.limits.evaluation_depth || !budget_.take()) return give_up(at, by);
  const Written before = std::exchange(written_, {id, by});
  const bool good = judge(id, value, at, by);
  written_ = before;
  return good;
}

bool Explainer::judge(NodeId id, const json& value, const Place* at, const Place* by) {
  const Node& node = program_.nodes[id];
  if (node.never) return fault(at, by, {}, [&] { return std::string("nothing is allowed here"); }, [&] { return Wanted{0, {}, &value}; });
  const bool whole = value.is_number_float() && (node.types & kIntegerBit) && is_integral(value);
  if ((node.types & type_bit(value)) == 0 && !whole) {
    const auto words = [&] { return expected({node.types, {}, &value}, [&](const json& mended) { return mends(id, mended); }, budget_); };
    return fault(at, by, "type", words, [&] { return wanted(node, value); });
  }
  ++depth_;
  const Scope* before = scope_;
  const Scope entered{scope_, node.scope};
  if (node.scope != kNoRules && !in_scope(scope_, node.scope)) scope_ = &entered;
  bool good = rules(node, value, at, by);
  if (node.unevaluated != kNoRules && !gave_up_) good = unevaluated(node, program_.unevaluated[static_cast<std::size_t>(node.unevaluated)], value, at, by) && good;
  scope_ = before;
  --depth_;
  return good;
}

bool Explainer::rules(const Node& node, const json& value, const Place* at, const Place* by) {
  bool good = true;
  if (node.number != kNoRules && value.is_number()) good = number(program_.numbers[static_cast<std::size_t>(node.number)], value, at, by);
  if (node.text != kNoRules && value.is_string()) good = text(program_.texts[static_cast<std::size_t>(node.text)], value.get_ref<const std::string&>(), at, by);
  if (node.array != kNoRules && value.is_array()) good = array(program_.arrays[static_cast<std::size_t>(node.array)], value.get_ref<const json::array_t&>(), at, by);
  if (node.object != kNoRules && value.is_object()) good = object(program_.objects[static_cast<std::size_t>(node.object)], value, at, by);
  if (node.logic != kNoRules) good = logic(program_.logics[static_cast<std::size_t>(node.logic)], value, at, by) && good;
  return good;
}

// -- what a walk knows

Wanted Explainer::wanted(const Node& node, const json& value) const {
  if (node.logic == kNoRules || !program_.logics[static_cast<std::size_t>(node.logic)].has_enum) return {node.types, {}, &value};
  return wanted(program_.logics[static_cast<std::size_t>(node.logic)], value);
}

Wanted Explainer::wanted(const LogicRules& rules, const json& value) const {
  Wanted out{0, {}, &value};
  const std::size_t count = budget_.take_hint(rules.allowed.size()) ? rules.allowed.size() : std::min(rules.allowed.size(), kShownNames);
  for (std::size_t i = 0; i < count; ++i) out.values.push_back(&rules.allowed[i]);
  out.more = rules.allowed.size() - count;
  return out;
}

// Where the keyword of the node at hand was written: the URI of its resource and the place in it.
std::string Explainer::absolute_location(const std::string& keyword) const {
  const Source& source = program_.sources[written_.node];
  const SourceResource& resource = program_.resources[source.resource];
  const bool inside = source.where.starts_with(resource.where);
  std::string out = resource.uri + '#' + fragment(inside ? std::string_view(source.where).substr(resource.where.size()) : std::string_view());
  return out += fragment(keyword);
}

bool Explainer::give_up(const Place* at, const Place* by) {
  if (gave_up_) return false;
  gave_up_ = true;
  return fault(at, by, {}, [&] {
    if (budget_.late()) return "checking this takes more than " + std::to_string(program_.limits.time.count()) + " ms";
    return budget_.spent() ? "checking this takes more than " + std::to_string(program_.limits.steps) + " steps"
                           : "checking this goes more than " + std::to_string(program_.limits.evaluation_depth) + " levels deep";
  });
}

// Whether the value is valid there, without a word.
bool Explainer::holds(NodeId id, const json& value, const Place* at, const Place* by) {
  Checker other = checker();
  const bool good = other.holds(id, value);
  return other.gave_up() ? give_up(at, by) : good;
}

// -- numbers and texts

bool Explainer::number(const NumberRules& rules, const json& value, const Place* at, const Place* by) {
  using Keyword = NumberRules::Keyword;
  bool good = true;
  for (const auto& [keyword, operand] : rules.rules) {
    const auto off = [&](bool holds, std::string_view name, std::string_view relation) {
      if (!holds) good = fault(at, by, name, [&] { return shown(value) + " is " + std::string(relation) + " " + shown(operand); });
    };
    switch (keyword) {
      case Keyword::minimum: off(compare_numbers(value, operand) >= 0, "minimum", "less than the minimum"); break;
      case Keyword::maximum: off(compare_numbers(value, operand) <= 0, "maximum", "more than the maximum"); break;
      case Keyword::exclusive_minimum: off(compare_numbers(value, operand) > 0, "exclusiveMinimum", "not more than"); break;
      case Keyword::exclusive_maximum: off(compare_numbers(value, operand) < 0, "exclusiveMaximum", "not less than"); break;
      case Keyword::multiple_of: off(is_multiple(value, operand), "multipleOf", "not a multiple of"); break;
    }
  }
  return good;
}

bool Explainer::text(const TextRules& rules, const std::string& value, const Place* at, const Place* by) {
  bool good = true;
  const std::uint64_t length = character_count(value);
  if (length < rules.min_length) {
    good = fault(at, by, "minLength", [&] {
      if (length == 0) return "is empty; at least " + plural(rules.min_length, "character", "characters") + " expected";
      return "has " + plural(length, "character", "characters") + ", fewer than the minimum " + shown_count(rules.min_length);
    });
  }
  if (length > rules.max_length) {
    good = fault(at, by, "maxLength", [&] { return "has " + plural(length, "character", "characters") + ", more than the maximum " + shown_count(rules.max_length); });
  }
  if (rules.pattern != kNoRules) good = matches(rules.pattern, value, at, by) && good;
  if (rules.format && !rules.format(value)) {
    good = fault(at, by, "format", [&] { return in_quotes(value) + " is not of the format " + in_quotes(rules.format_name); });
  }
  return good;
}

bool Explainer::matches(std::int32_t index, const std::string& value, const Place* at, const Place* by) {
  const Pattern& pattern = program_.patterns[static_cast<std::size_t>(index)];
  const auto answer = pattern.search(value, &budget_);
  if (answer == Pattern::Answer::yes) return true;
  if (answer == Pattern::Answer::no) return fault(at, by, "pattern", [&] { return in_quotes(value) + " does not match the pattern " + in_quotes(pattern.source()); });
  if (budget_.spent()) return give_up(at, by);
  gave_up_ = true;
  return fault(at, by, "pattern", [&] { return "matching the pattern " + in_quotes(pattern.source()) + " takes too long"; });
}

// -- arrays

bool Explainer::array(const ArrayRules& rules, const json::array_t& list, const Place* at, const Place* by) {
  bool good = true;
  const auto size = [&](std::string_view keyword, std::string_view relation, std::uint64_t bound) {
    good = fault(at, by, keyword, [&] { return "has " + plural(list.size(), "item", "items") + ", " + std::string(relation) + " " + shown_count(bound); });
  };
  if (list.size() < rules.min_items) size("minItems", "fewer than the minimum", rules.min_items);
  if (list.size() > rules.max_items) size("maxItems", "more than the maximum", rules.max_items);
  for (std::size_t i = 0; i < list.size() && i < rules.prefix.size(); ++i) {
    const Place item{at, {}, i}, keyword{by, rules.prefix_keyword, i};
    good = run(rules.prefix[i], list[i], &item, &keyword) && good;
  }
  if (rules.items != kNoNode) {
    const Place keyword{by, rules.items_keyword};
    for (std::size_t i = rules.prefix.size(); i < list.size(); ++i) {
      const Place item{at, {}, i};
      const bool too_many = program_.nodes[rules.items].never;
      good = (too_many ? fault(&item, &keyword, {}, [&] { return item_too_many(rules.prefix.size()); }) : run(rules.items, list[i], &item, &keyword)) && good;
      if (gave_up_) return false;
    }
  }
  if (rules.unique) {
    if (const json* twice = find_repeated(list)) good = fault(at, by, "uniqueItems", [&] { return "holds " + shown(*twice) + " more than once; all items must differ"; });
  }
  return (rules.contains == kNoNode || contains(rules, list, at, by)) && good;
}

bool Explainer::contains(const ArrayRules& rules, const json::array_t& list, const Place* at, const Place* by) {
  std::uint64_t count = 0;
  for (const auto& item : list) {
    if (holds(rules.contains, item, at, by)) ++count;
    if (gave_up_) return false;
    if (count >= rules.min_contains && rules.max_contains >= list.size()) return true;
  }
  if (count < rules.min_contains) {
    return fault(at, by, rules.min_contains == 1 ? "contains" : "minContains", [&] { return too_few_matches(program_, rules, count); });
  }
  return count <= rules.max_contains || fault(at, by, "maxContains", [&] { return too_many_matches(program_, rules, count); });
}

// -- objects

bool Explainer::object(const ObjectRules& rules, const json& value, const Place* at, const Place* by) {
  const auto& members = value.get_ref<const json::object_t&>();
  budget_.take_up_to(rules.cost);
  bool good = object_size(rules, members.size(), at, by);
  // Both lists are sorted by name: one pass over the two meets each name once.
  auto rule = rules.properties.begin();
  const auto skip = [&](const std::string* name) {  // the rules before it
    for (; rule != rules.properties.end() && (!name || rule->name < *name); ++rule) {
      if (rule->required) good = fault(at, by, "required", [&] { return missing_property(rule->name, rules, members, budget_); });
    }
  };
  for (const auto& [name, member] : members) {
    skip(&name);
    const bool known = rule != rules.properties.end() && rule->name == name;
    good = member_of(rules, known && rule->node != kNoNode ? &*rule : nullptr, name, member, at, by) && good;
    if (known) ++rule;
    if (gave_up_) return false;
  }
  skip(nullptr);
  for (const auto& one : rules.dependencies) {
    if (members.contains(one.name)) good = dependency(one, value, at, by) && good;
  }
  return good;
}

bool Explainer::object_size(const ObjectRules& rules, std::size_t size, const Place* at, const Place* by) {
  const auto words = [&](std::string_view relation, std::uint64_t bound) {
    return [=] { return "has " + plural(size, "property", "properties") + ", " + std::string(relation) + " " + shown_count(bound); };
  };
  bool good = true;
  if (size < rules.min_properties) good = fault(at, by, "minProperties", words("fewer than the minimum", rules.min_properties));
  if (size > rules.max_properties) good = fault(at, by, "maxProperties", words("more than the maximum", rules.max_properties));
  return good;
}

bool Explainer::member_of(const ObjectRules& rules, const PropertyRule* declared, const std::string& name, const json& value, const Place* at, const Place* by) {
  bool good = true;
  const Place place{at, name};
  bool known = declared != nullptr;
  if (declared) {
    const Place keyword{by, "properties", Place::kNoIndex, name};
    good = program_.nodes[declared->node].never ? fault(&place, &keyword, {}, [] { return std::string("this property is not allowed here"); })
                                                : run(declared->node, value, &place, &keyword);
  }
  for (const auto& [index, node] : rules.patterns) {
    const Pattern& pattern = program_.patterns[static_cast<std::size_t>(index)];
    const auto answer = pattern.search(name, &budget_);
    if (answer == Pattern::Answer::too_costly) {
      if (budget_.spent()) return give_up(&place, by);
      gave_up_ = true;
      return fault(&place, by, "patternProperties", [&] { return std::string("matching this name takes too long"); });
    }
    if (answer == Pattern::Answer::no) continue;
    known = true;
    const Place keyword{by, "patternProperties", Place::kNoIndex, pattern.source()};
    good = run(node, value, &place, &keyword) && good;
  }
  if (!known && rules.additional != kNoNode) good = additional(rules, name, value, place, by) && good;
  return (rules.names == kNoNode || name_fits(rules, name, place, by)) && good;
}

bool Explainer::additional(const ObjectRules& rules, const std::string& name, const json& value, const Place& place, const Place* by) {
  const Place keyword{by, "additionalProperties"};
  if (!program_.nodes[rules.additional].never) return run(rules.additional, value, &place, &keyword);
  return fault(&place, by, "additionalProperties", [&] {
    std::vector<std::string_view> names, patterns;
    for (const auto& property : rules.properties) {
      if (names.size() > kShownNames && !budget_.take_hint(1)) break;
      if (property.node != kNoNode) names.push_back(property.name);
    }
    for (const auto& [index, _] : rules.patterns) patterns.push_back(program_.patterns[static_cast<std::size_t>(index)].source());
    return unknown_property(name, names, patterns, budget_);
  });
}

bool Explainer::name_fits(const ObjectRules& rules, const std::string& name, const Place& place, const Place* by) {
  const json as_value(name);
  const Place keyword{by, "propertyNames"};
  Notes inner{{}, notes_.limit};
  Explainer other(*this, inner);
  const bool good = other.run(rules.names, as_value, &place, &keyword);
  gave_up_ = gave_up_ || other.gave_up();
  for (auto& one : inner.found) {
    one.message = "the property's name " + one.message;
    one.wanted = {};  // of the name, not of what stands there
    notes_.add(std::move(one));
  }
  return good;
}

bool Explainer::dependency(const ObjectRules::Dependency& rule, const json& value, const Place* at, const Place* by) {
  bool good = true;
  const Place keyword{by, rule.keyword, Place::kNoIndex, rule.name};
  for (const auto& name : rule.required) {
    if (value.contains(name)) continue;
    good = fault(at, &keyword, {}, [&] { return "the property " + in_quotes(name) + " is missing; it is required where " + in_quotes(rule.name) + " is given"; });
  }
  return (rule.node == kNoNode || run(rule.node, value, at, &keyword)) && good;
}

std::vector<Violation> find_violations(const Schema::Program& program, NodeId node, const json& instance, Budget& budget) {
  Notes notes{{}, std::max<std::size_t>(program.limits.violations, 1)};
  Explainer walk(program, budget, notes);
  const Place root;
  walk.run(node, instance, &root, &root);
  if (notes.more) notes.found.back().message += "; more is wrong than is told here";
  if (notes.found.empty()) notes.found.push_back({{"", "", "checking this takes more steps than are allowed"}, {}});
  return {std::make_move_iterator(notes.found.begin()), std::make_move_iterator(notes.found.end())};
}

}  // namespace sumun::schema
