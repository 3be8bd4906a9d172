// SPDX-License-Identifier: Apache-2.0
// What each keyword of a subschema means.
#include "schema/compiler.hpp"
#include "schema/numbers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace sumun::schema {

namespace {

struct TypeName {
  std::string_view name;
  std::uint8_t bits;
};
constexpr TypeName kTypeNames[] = {{"null", kNullBit},     {"boolean", kBooleanBit}, {"object", kObjectBit},
                                   {"array", kArrayBit},   {"string", kStringBit},   {"integer", kIntegerBit},
                                   {"number", kIntegerBit | kFractionBit}};

}  // namespace

void Compiler::keyword(const std::string& key, const json& value, const json& schema, Node& node, Parts& parts, const std::string& where, bool at_root) {
  if (core_keyword(key, value, parts, where, at_root)) return;
  if (value_keyword(key, value, node, parts, where)) return;
  if (number_keyword(key, value, parts, where)) return;
  if (text_keyword(key, value, parts, where)) return;
  if (array_keyword(key, value, schema, parts, where)) return;
  if (object_keyword(key, value, parts, where)) return;
  logic_keyword(key, value, schema, parts, where);  // all others are annotations
}

bool Compiler::core_keyword(const std::string& key, const json& value, Parts& parts, const std::string& where, bool at_root) {
  if (key == "$schema") {  // was read with the resource that it begins
    if (!is_text(value, where) || at_root) return true;
    const json& root = *resources_[here_].root;
    const auto named = standard_dialect(value.get_ref<const std::string&>());
    const bool same = (named && named->draft == dialect_.draft) || (root.contains("$schema") && root["$schema"] == value);
    if (!same) refuse(where, "another dialect inside a schema takes an $id beside it");
  } else if (key == "$ref") {
    want(parts.logic).reference = reference(value, where);
  } else if (key == "$dynamicRef" || key == "$recursiveRef") {
    const char* keyword = key == "$dynamicRef" ? "$dynamicRef" : "$recursiveRef";
    want(parts.logic).dynamic = dynamic_reference(value, where, keyword);
  } else if (key == "$defs" || key == "definitions") {
    if (key == "definitions" && dialect_.draft == Dialect::draft_2020_12) return true;  // compiled where something refers to it
    if (!value.is_object()) refuse(where, "must be an object");
    if (error_) return true;
    for (const auto& [name, schema] : value.items()) child(schema, where + "/" + pointer_step(name));
  } else if (key == "$id" || key == "$anchor" || key == "$comment" || key == "$dynamicAnchor") {
    is_text(value, where);
  } else if (key == "$recursiveAnchor") {
    if (!value.is_boolean()) refuse(where, "must be true or false");
  } else {
    return false;
  }
  return true;
}

bool Compiler::value_keyword(const std::string& key, const json& value, Node& node, Parts& parts, const std::string& where) {
  if (key == "type") {
    node.types = types(value, where);
  } else if (key == "enum" || key == "const") {
    const bool is_const = key == "const";
    if (!is_const && !value.is_array()) {
      refuse(where, "must be an array");
      return true;
    }
    LogicRules& logic = want(parts.logic);
    std::vector<json> allowed = is_const ? std::vector<json>{value} : value.get<std::vector<json>>();
    if (logic.has_enum) {  // both: what is in both
      std::erase_if(allowed, [&](const json& one) {
        return std::none_of(logic.allowed.begin(), logic.allowed.end(), [&](const json& other) { return compare_values(one, other) == 0; });
      });
    }
    logic.allowed = std::move(allowed);
    logic.has_enum = true;
    logic.is_const = is_const;
    logic.allowed_texts.clear();
    if (std::all_of(logic.allowed.begin(), logic.allowed.end(), [](const json& one) { return one.is_string(); })) {
      for (const auto& one : logic.allowed) logic.allowed_texts.push_back(one.get<std::string>());
      std::sort(logic.allowed_texts.begin(), logic.allowed_texts.end());
    }
  } else if (key == "default") {
    node.default_value = static_cast<std::int32_t>(program_.defaults.size());
    program_.defaults.push_back(value);
  } else {
    return false;
  }
  return true;
}

std::uint8_t Compiler::types(const json& value, const std::string& where) {
  const auto one = [&](const json& name) -> std::uint8_t {
    for (const auto& known : kTypeNames) {
      if (name.is_string() && name.get_ref<const std::string&>() == known.name) return known.bits;
    }
    refuse(where, "must be one of null, boolean, object, array, string, integer, number, or a list of them; found " + shown(name));
    return kAllTypes;
  };
  if (!value.is_array()) return one(value);
  if (value.empty()) refuse(where, "must name at least one type");
  std::uint8_t bits = 0;
  for (const auto& name : value) bits |= one(name);
  refuse_repeated(value, where);
  return bits;
}

std::string Compiler::shown(const json& value) {
  return value.is_structured() ? std::string(value.type_name()) : value.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool Compiler::is_text(const json& value, const std::string& where) {
  if (!value.is_string()) refuse(where, "must be a text");
  return value.is_string();
}

std::uint64_t Compiler::count(const json& value, const std::string& where) {
  if (!value.is_number() || !is_integral(value) || compare_numbers(value, json(0)) < 0) {
    refuse(where, "must be a whole number, 0 or more");
    return 0;
  }
  if (compare_numbers(value, json(std::numeric_limits<std::uint64_t>::max())) >= 0) return std::numeric_limits<std::uint64_t>::max();
  return value.get<std::uint64_t>();
}

bool Compiler::number_keyword(const std::string& key, const json& value, Parts& parts, const std::string& where) {
  using Keyword = NumberRules::Keyword;
  static const std::map<std::string, Keyword, std::less<>> kKeywords = {{"minimum", Keyword::minimum},
                                                                       {"maximum", Keyword::maximum},
                                                                       {"exclusiveMinimum", Keyword::exclusive_minimum},
                                                                       {"exclusiveMaximum", Keyword::exclusive_maximum},
                                                                       {"multipleOf", Keyword::multiple_of}};
  const auto found = kKeywords.find(key);
  if (found == kKeywords.end()) return false;
  if (!value.is_number()) {
    refuse(where, "must be a number");
    return true;
  }
  NumberRules& rules = want(parts.number);
  rules.rules.push_back({found->second, value});
  narrow(rules, found->second, value, where);
  return true;
}

// Works the keyword into the bounds that hold for int64 values.
void Compiler::narrow(NumberRules& rules, NumberRules::Keyword keyword, const json& operand, const std::string& where) {
  using Keyword = NumberRules::Keyword;
  constexpr auto kLow = std::numeric_limits<std::int64_t>::min(), kHigh = std::numeric_limits<std::int64_t>::max();
  const bool below = compare_numbers(operand, json(kLow)) < 0, above = compare_numbers(operand, json(kHigh)) > 0;
  const bool whole = is_integral(operand);
  const auto floor = [&]() -> std::int64_t {
    if (!operand.is_number_float()) return operand.get<std::int64_t>();
    const double down = std::floor(operand.get_ref<const double&>());
    return down >= 0x1p63 ? kHigh : static_cast<std::int64_t>(down);
  };
  const auto none = [&] {  // no int64 passes; the exact rules say why
    rules.low = kHigh;
    rules.high = kLow;
  };
  switch (keyword) {
    case Keyword::multiple_of:
      if (compare_numbers(operand, json(0)) <= 0) refuse(where, "must be more than 0");
      rules.bounds_only = false;
      break;
    case Keyword::minimum:
    case Keyword::exclusive_minimum: {
      if (below) break;
      if (above) return none();
      std::int64_t low = floor();
      if (!whole || keyword == Keyword::exclusive_minimum) {
        if (low == kHigh) return none();
        ++low;
      }
      rules.low = std::max(rules.low, low);
      break;
    }
    case Keyword::maximum:
    case Keyword::exclusive_maximum: {
      if (above) break;
      if (below) return none();
      std::int64_t high = floor();
      if (whole && keyword == Keyword::exclusive_maximum) {
        if (high == kLow) return none();
        --high;
      }
      rules.high = std::min(rules.high, high);
      break;
    }
  }
}

std::int32_t Compiler::pattern(const std::string& source, const std::string& where) {
  auto compiled = Pattern::compile(source, options_.limits.pattern_size);
  if (compiled.has_error()) {
    refuse(where, "\"" + source + "\" is no pattern: " + compiled.error().message);
    return kNoRules;
  }
  program_.patterns.push_back(std::move(*compiled));
  return static_cast<std::int32_t>(program_.patterns.size() - 1);
}

bool Compiler::text_keyword(const std::string& key, const json& value, Parts& parts, const std::string& where) {
  if (key == "minLength") {
    want(parts.text).min_length = count(value, where);
  } else if (key == "maxLength") {
    want(parts.text).max_length = count(value, where);
  } else if (key == "pattern") {
    if (is_text(value, where)) want(parts.text).pattern = pattern(value.get_ref<const std::string&>(), where);
  } else if (key == "format") {
    if (is_text(value, where)) format(value.get_ref<const std::string&>(), parts, where);
  } else {
    return false;
  }
  return true;
}

void Compiler::format(const std::string& name, Parts& parts, const std::string& where) {
  const bool required = (dialect_.vocabularies & kFormatAssertion) != 0;
  if (!required && options_.formats == FormatUse::annotation) return;
  const FormatCheck check = find_format(name);
  if (check) {
    want(parts.text).format = check;
    want(parts.text).format_name = name;
  } else if (required) {  // 2020-12 validation, section 7.2.3
    refuse(where, "\"" + name + "\" is no format of the standard, and the schema's dialect wants formats asserted");
  }
}

NodeId Compiler::child(const json& schema, const std::string& where) {
  if (!schema.is_object() && !schema.is_boolean()) {
    refuse(where, "a schema must be an object or a boolean");
    return kNoNode;
  }
  return node_for(schema, where);
}

std::vector<NodeId> Compiler::children(const json& list, const std::string& where) {
  std::vector<NodeId> nodes;
  if (!list.is_array() || list.empty()) {
    refuse(where, "must be a list of at least one schema");
    return nodes;
  }
  for (std::size_t i = 0; i < list.size(); ++i) nodes.push_back(child(list[i], where + "/" + std::to_string(i)));
  return nodes;
}

void Compiler::items(const json& value, const json& schema, ArrayRules& rules, const std::string& where) {
  if (!value.is_array()) {
    rules.items = child(value, where);
    return;
  }
  if (dialect_.draft == Dialect::draft_2020_12) return refuse(where, "must be one schema; a list of schemas is prefixItems in 2020-12");
  rules.prefix_keyword = "items";
  rules.items_keyword = "additionalItems";
  for (std::size_t i = 0; i < value.size(); ++i) rules.prefix.push_back(child(value[i], where + "/" + std::to_string(i)));
  const auto rest = schema.find("additionalItems");
  if (rest != schema.end()) rules.items = child(*rest, where.substr(0, where.rfind('/')) + "/additionalItems");
}

bool Compiler::array_keyword(const std::string& key, const json& value, const json& schema, Parts& parts, const std::string& where) {
  if (key == "minItems") {
    want(parts.array).min_items = count(value, where);
  } else if (key == "maxItems") {
    want(parts.array).max_items = count(value, where);
  } else if (key == "uniqueItems") {
    if (!value.is_boolean()) refuse(where, "must be true or false");
    want(parts.array).unique = value == true;
  } else if (key == "prefixItems") {
    want(parts.array).prefix = children(value, where);
  } else if (key == "items") {
    items(value, schema, want(parts.array), where);
  } else if (key == "additionalItems") {
    child(value, where);  // read with `items`, without which it says nothing
  } else if (key == "unevaluatedItems") {
    want(parts.unevaluated).items = child(value, where);
  } else if (key == "contains") {
    want(parts.array).contains = child(value, where);
    want(parts.array).contains_evaluates = dialect_.draft == Dialect::draft_2020_12;
  } else if (key == "minContains" || key == "maxContains") {
    const auto number = count(value, where);
    if (schema.contains("contains")) (key == "minContains" ? want(parts.array).min_contains : want(parts.array).max_contains) = number;
  } else {
    return false;
  }
  return true;
}

std::vector<std::string> Compiler::names(const json& value, const std::string& where) {
  std::vector<std::string> out;
  if (!value.is_array()) {
    refuse(where, "must be a list of names");
    return out;
  }
  for (const auto& name : value) {
    if (name.is_string()) {
      out.push_back(name.get<std::string>());
    } else {
      refuse(where, "must be a list of names");
    }
  }
  refuse_repeated(value, where);
  return out;
}

void Compiler::refuse_repeated(const json& list, const std::string& where) {
  std::set<std::string_view> seen;
  for (const auto& one : list) {
    if (!one.is_string() || seen.insert(one.get_ref<const std::string&>()).second) continue;
    return refuse(where, "names " + shown(one) + " twice");
  }
}

bool Compiler::object_keyword(const std::string& key, const json& value, Parts& parts, const std::string& where) {
  static constexpr std::array<std::string_view, 5> kObjects = {"properties", "patternProperties", "dependentRequired", "dependentSchemas",
                                                              "dependencies"};
  if (!value.is_object() && std::find(kObjects.begin(), kObjects.end(), key) != kObjects.end()) {
    refuse(where, "must be an object");
    return true;
  }
  if (key == "minProperties") {
    want(parts.object).min_properties = count(value, where);
  } else if (key == "maxProperties") {
    want(parts.object).max_properties = count(value, where);
  } else if (key == "properties") {
    ObjectRules& rules = want(parts.object);
    // The list is empty: members come in the order of the alphabet, and `required` is after `properties`.
    for (const auto& [name, schema] : value.items()) rules.properties.push_back({name, child(schema, where + "/" + pointer_step(name)), false});
  } else if (key == "required") {
    ObjectRules& rules = want(parts.object);
    add_required(rules, names(value, where));
  } else if (key == "patternProperties") {
    for (const auto& [source, schema] : value.items()) {
      const std::string at = where + "/" + pointer_step(source);
      const auto compiled = pattern(source, at);
      const NodeId node = child(schema, at);
      want(parts.object).patterns.emplace_back(compiled, node);
    }
  } else if (key == "additionalProperties") {
    want(parts.object).additional = child(value, where);
  } else if (key == "unevaluatedProperties") {
    want(parts.unevaluated).properties = child(value, where);
  } else if (key == "propertyNames") {
    want(parts.object).names = child(value, where);
  } else if (key == "dependentRequired" || key == "dependentSchemas" || key == "dependencies") {
    for (const auto& [name, rule] : value.items()) dependency(want(parts.object), key, name, rule, where + "/" + pointer_step(name));
  } else {
    return false;
  }
  return true;
}

void Compiler::add_required(ObjectRules& rules, const std::vector<std::string>& required) {
  std::map<std::string_view, std::size_t> known;
  for (std::size_t i = 0; i < rules.properties.size(); ++i) known.emplace(rules.properties[i].name, i);
  std::vector<PropertyRule> more;
  for (const auto& name : required) {
    const auto found = known.find(name);
    if (found != known.end()) {
      rules.properties[found->second].required = true;
    } else if (std::none_of(more.begin(), more.end(), [&](const auto& one) { return one.name == name; })) {
      more.push_back({name, kNoNode, true});
    }
  }
  std::move(more.begin(), more.end(), std::back_inserter(rules.properties));
}

void Compiler::dependency(ObjectRules& rules, const std::string& key, const std::string& name, const json& rule, const std::string& where) {
  ObjectRules::Dependency out{name, {}, kNoNode, "dependencies"};
  if (key == "dependentRequired") out.keyword = "dependentRequired";
  if (key == "dependentSchemas") out.keyword = "dependentSchemas";
  if (key == "dependentRequired" || (key == "dependencies" && rule.is_array())) {
    out.required = names(rule, where);
  } else {
    out.node = child(rule, where);
  }
  rules.dependencies.push_back(std::move(out));
}

bool Compiler::logic_keyword(const std::string& key, const json& value, const json& schema, Parts& parts, const std::string& where) {
  if (key == "allOf") {
    want(parts.logic).all = children(value, where);
  } else if (key == "anyOf") {
    want(parts.logic).any.nodes = children(value, where);
  } else if (key == "oneOf") {
    want(parts.logic).one.nodes = children(value, where);
  } else if (key == "not") {
    want(parts.logic).negated = child(value, where);
  } else if (key == "if") {
    const NodeId node = child(value, where);
    (schema.contains("then") || schema.contains("else") ? want(parts.logic).condition : want(parts.logic).lone_condition) = node;
  } else if (key == "then" || key == "else") {
    const NodeId node = child(value, where);
    if (schema.contains("if")) (key == "then" ? want(parts.logic).then_node : want(parts.logic).else_node) = node;
  } else {
    return false;
  }
  return true;
}

}  // namespace sumun::schema
