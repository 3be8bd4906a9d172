// SPDX-License-Identifier: Apache-2.0
// The conversion: which types a schema allows, then the first type that the text can be.
#include "arguments.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

namespace sumun::host {
namespace {

constexpr std::size_t kMaxSchemaSteps = 64;  // $ref, anyOf and oneOf followed: a schema may refer to itself

using Types = std::set<std::string, std::less<>>;

// The schema that a local $ref leads to.
const json& resolved(const json& schema, const json& root, std::size_t steps = 0) {
  if (steps > kMaxSchemaSteps || !schema.is_object()) return schema;
  const auto ref = schema.find("$ref");
  if (ref == schema.end() || !ref->is_string()) return schema;
  const auto& text = ref->get_ref<const std::string&>();
  if (!text.starts_with("#/")) return schema;
  try {
    const json::json_pointer pointer(text.substr(1));
    if (root.contains(pointer)) return resolved(root.at(pointer), root, steps + 1);
  } catch (const json::exception&) {
    // An ill-formed pointer says nothing about the type.
  }
  return schema;
}

std::string type_of(const json& value) {
  if (value.is_null()) return "null";
  if (value.is_boolean()) return "boolean";
  if (value.is_number_integer()) return "integer";
  if (value.is_number()) return "number";
  if (value.is_array()) return "array";
  return value.is_object() ? "object" : "string";
}

// What a schema says about types, gathered from `type`, `const`, `enum` and the branches of anyOf and oneOf.
void gather_types(const json& given, const json& root, Types& types, std::size_t& steps) {
  if (++steps > kMaxSchemaSteps) return;
  const json& schema = resolved(given, root);
  if (!schema.is_object()) return;
  if (const auto type = schema.find("type"); type != schema.end()) {
    if (type->is_string()) types.insert(type->get<std::string>());
    if (type->is_array()) {
      for (const auto& one : *type)
        if (one.is_string()) types.insert(one.get<std::string>());
    }
    return;
  }
  if (schema.contains("const")) types.insert(type_of(schema["const"]));
  if (const auto list = schema.find("enum"); list != schema.end() && list->is_array())
    for (const auto& one : *list) types.insert(type_of(one));
  for (const char* keyword : {"anyOf", "oneOf", "allOf"}) {
    const auto branches = schema.find(keyword);
    if (branches == schema.end() || !branches->is_array()) continue;
    for (const auto& branch : *branches) gather_types(branch, root, types, steps);
  }
}

std::optional<json> as_integer(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto end = text.data() + text.size();
  if (const auto [at, code] = std::from_chars(text.data(), end, value); code == std::errc() && at == end) return json(value);
  std::uint64_t large = 0;
  if (const auto [at, code] = std::from_chars(text.data(), end, large); code == std::errc() && at == end) return json(large);
  return std::nullopt;
}

std::optional<json> as_number(std::string_view text) {
  if (auto integer = as_integer(text)) return integer;
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto end = text.data() + text.size();
  const auto [at, code] = std::from_chars(text.data(), end, value);
  if (code != std::errc() || at != end || !std::isfinite(value)) return std::nullopt;
  return json(value);
}

// 3.0 and 1e2 are integers too, as JSON Schema sees them.
std::optional<json> as_whole_number(std::string_view text) {
  const auto number = as_number(text);
  if (!number || !number->is_number_float()) return number;
  const double value = number->get<double>();
  if (std::trunc(value) != value || std::abs(value) > 9007199254740991.0) return std::nullopt;
  return json(static_cast<std::int64_t>(value));
}

std::optional<json> as_boolean(std::string_view text) {
  if (text == "true" || text == "yes" || text == "on") return json(true);
  if (text == "false" || text == "no" || text == "off") return json(false);
  return std::nullopt;
}

std::optional<json> as_json(std::string_view text, json::value_t wanted) {
  json value = json::parse(text, nullptr, false);
  if (value.is_discarded() || value.type() != wanted) return std::nullopt;
  return value;
}

Result<json> convert(std::string_view key, std::string_view text, const json& given, const json& root, std::size_t depth);

// A word that is no JSON array is the one element of it.
std::optional<json> as_array(std::string_view key, std::string_view text, const json& schema, const json& root, std::size_t depth) {
  if (auto whole = as_json(text, json::value_t::array)) return whole;
  if (depth > 0) return std::nullopt;  // a list of lists is written as JSON
  static const json kAnything = true;
  const auto items = schema.is_object() ? schema.find("items") : schema.end();
  auto element = convert(key, text, schema.is_object() && items != schema.end() ? *items : kAnything, root, depth + 1);
  if (!element) return std::nullopt;
  return json::array({*std::move(element)});
}

std::string listed(const Types& types) {
  std::string text;
  for (const auto& type : types) text += (text.empty() ? "" : " or ") + type;
  return text;
}

// An enum is matched by what its values look like, so that numbers need no quotes either.
std::optional<json> as_choice(std::string_view text, const json& schema) {
  const auto list = schema.is_object() ? schema.find("enum") : schema.end();
  if (!schema.is_object() || list == schema.end() || !list->is_array()) return std::nullopt;
  for (const auto& one : *list)
    if (one.is_string() ? one.get_ref<const std::string&>() == text : one.dump() == text) return one;
  return std::nullopt;
}

Result<json> convert(std::string_view key, std::string_view text, const json& given, const json& root, std::size_t depth) {
  const json& schema = resolved(given, root);
  if (auto choice = as_choice(text, schema)) return *std::move(choice);
  Types types;
  std::size_t steps = 0;
  gather_types(schema, root, types, steps);
  if (types.empty()) {
    json value = json::parse(text, nullptr, false);
    return value.is_discarded() ? json(std::string(text)) : std::move(value);
  }
  const auto allowed = [&](std::string_view type) { return types.contains(type); };
  if (allowed("null") && text == "null") return json(nullptr);
  if (allowed("boolean"))
    if (auto value = as_boolean(text)) return *std::move(value);
  if (allowed("integer"))
    if (auto value = as_integer(text)) return *std::move(value);
  if (allowed("number"))
    if (auto value = as_number(text)) return *std::move(value);
  if (allowed("integer") && !allowed("string"))
    if (auto value = as_whole_number(text)) return *std::move(value);
  if (allowed("object"))
    if (auto value = as_json(text, json::value_t::object)) return *std::move(value);
  if (allowed("string")) {
    if (allowed("array"))
      if (auto value = as_json(text, json::value_t::array)) return *std::move(value);
    return json(std::string(text));
  }
  if (allowed("array"))
    if (auto value = as_array(key, text, schema, root, depth)) return *std::move(value);
  return fail(ErrorCode::invalid_value, std::string(key) + ": expected " + listed(types) + ", got \"" + std::string(text) + "\"");
}

std::string names_of(const json& properties) {
  std::string names;
  for (const auto& [name, unused] : properties.items()) names += (names.empty() ? "" : ", ") + name;
  return names;
}

}  // namespace

Result<json> convert_argument(std::string_view key, std::string_view text, const json& property_schema, const json& root_schema) {
  return convert(key, text, property_schema, root_schema, 0);
}

Result<json> convert_arguments(const std::vector<std::string>& words, const json& input_schema, json base) {
  static const json kAnything = true;
  static const json kNone = json::object();
  const json& schema = resolved(input_schema, input_schema);
  const bool has_properties = schema.is_object() && schema.contains("properties") && schema["properties"].is_object();
  const json& properties = has_properties ? schema["properties"] : kNone;
  const bool closed = schema.is_object() && schema.contains("additionalProperties") && schema["additionalProperties"] == json(false);

  std::set<std::string, std::less<>> given;
  for (const auto& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0) return fail(ErrorCode::invalid_value, "\"" + word + "\" is no key=value");
    const std::string key = word.substr(0, equals);
    const auto property = properties.find(key);
    if (property == properties.end() && closed) {
      const auto names = names_of(properties);
      return fail(ErrorCode::invalid_value, "there is no argument \"" + key + "\"; " + (names.empty() ? "none is taken" : "there are: " + names));
    }
    auto value = convert_argument(key, std::string_view(word).substr(equals + 1), property == properties.end() ? kAnything : *property, input_schema);
    if (!value) return value.error();
    if (given.insert(key).second) {
      base[key] = *std::move(value);
    } else if (base[key].is_array() && value->is_array()) {
      base[key].insert(base[key].end(), value->begin(), value->end());
    } else {
      return fail(ErrorCode::invalid_value, "\"" + key + "\" is given twice");
    }
  }
  return base;
}

}  // namespace sumun::host
