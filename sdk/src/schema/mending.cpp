// SPDX-License-Identifier: Apache-2.0
// The commonest faults of a call: JSON inside a text, a number in quotes, one item where a list belongs, a misspelt name.
#include "schema/mending.hpp"

#include "base/ascii.hpp"
#include "schema/numbers.hpp"
#include "schema/words.hpp"

#include <sumun/json.hpp>

#include <algorithm>
#include <optional>

namespace sumun::schema {

namespace {

constexpr std::size_t kReadBytes = 64 * 1024;  // of a text that is looked at for JSON

bool fits(std::uint8_t expected, const json& value) {
  if (value.is_object()) return expected & kObjectBit;
  if (value.is_array()) return expected & kArrayBit;
  if (value.is_boolean()) return expected & kBooleanBit;
  if (value.is_null()) return expected & kNullBit;
  if (value.is_number()) return (expected & kFractionBit) || ((expected & kIntegerBit) && is_integral(value));
  return false;
}

// What a text says when it is read as JSON; nothing where it is none.
std::optional<json> read_inside(const std::string& text) {
  if (text.size() > kReadBytes) return std::nullopt;
  const std::string small = lowered(text);
  const bool word = small == "true" || small == "false" || small == "null";
  auto inside = parse_json(word ? small : text);
  if (!inside) return std::nullopt;
  return *std::move(inside);
}

std::string without_quotes(const json& inside) { return "; send " + shown(inside) + " without quotes"; }
std::string in_a_list(const json& value) { return "; a single item is a list too: [" + shown(value) + "]"; }

// A text in the place of another type.
std::string of_text(std::uint8_t types, const json& value, const Holds& holds) {
  const auto& text = value.get_ref<const std::string&>();
  const std::string found = "expected " + type_names(types) + ", found " + with_type(value);
  if (text.size() > kReadBytes) return found;
  const auto inside = read_inside(text);
  if (inside && fits(types, *inside)) {
    if (!inside->is_structured()) return holds && holds(*inside) ? found + without_quotes(*inside) : found;
    return "expected " + type_names(types) + ", found a string that holds JSON; send the " + (inside->is_object() ? "object" : "array") + " itself, not as a string";
  }
  const auto first = text.find_first_not_of(" \t\r\n");
  const char opening = first == std::string::npos ? '\0' : text[first];
  if ((types & kObjectBit) && opening == '{') return found + "; send the object itself, not as a string";
  if ((types & kArrayBit) && opening == '[') return found + "; send the array itself, not as a string";
  if (types == kArrayBit && text.size() <= kShownBytes && holds && holds(json::array({value}))) return found + in_a_list(value);
  return found;
}

std::string wrong_type(std::uint8_t types, const json& value, const Holds& holds) {
  if (value.is_string()) return of_text(types, value, holds);
  const std::string found = "expected " + type_names(types) + ", found " + with_type(value);
  const bool plain = value.is_number() || value.is_boolean();
  if ((types & ~kNullBit) == kStringBit && plain && holds && holds(json(shown(value)))) return found + "; put it in quotes: \"" + shown(value) + "\"";
  if (types == kArrayBit && plain && holds && holds(json::array({value}))) return found + in_a_list(value);
  if (types == kArrayBit && value.is_object() && holds && holds(json::array({value}))) return found + "; a single item is a list too: put it in [ ]";
  return found;
}

std::string number_of_items(std::uint64_t count) { return plural(count, "item", "items"); }

// What a schema wants, where it wants nothing but a type or one of a few values; else "".
std::string wanted(const Schema::Program& program, NodeId id) {
  const Node& node = program.nodes[id];
  if (node.never || node.number != kNoRules || node.text != kNoRules || node.array != kNoRules || node.object != kNoRules || node.unevaluated != kNoRules) return "";
  if (node.logic == kNoRules) return node.types == kAllTypes ? "" : type_names(node.types);
  const LogicRules& logic = program.logics[static_cast<std::size_t>(node.logic)];
  const bool more = logic.branches() || logic.reference != kNoNode;
  if (more || !logic.has_enum || logic.allowed.empty() || logic.allowed.size() > kShownNames) return "";
  std::string words = logic.allowed.size() == 1 ? "" : "one of ";
  for (std::size_t i = 0; i < logic.allowed.size(); ++i) words += (i ? ", " : "") + shown_allowed(logic.allowed[i]);
  return words;
}

// The names that `not: {required: […]}` forbids; empty where it says anything else.
std::vector<std::string_view> forbidden_names(const Schema::Program& program, NodeId id) {
  const Node& node = program.nodes[id];
  if (node.never || node.object == kNoRules || node.logic != kNoRules || node.unevaluated != kNoRules) return {};
  const ObjectRules& rules = program.objects[static_cast<std::size_t>(node.object)];
  const bool more = !rules.patterns.empty() || rules.additional != kNoNode || rules.names != kNoNode || !rules.dependencies.empty() || rules.min_properties > 0;
  std::vector<std::string_view> names;
  for (const auto& property : rules.properties) {
    if (property.node != kNoNode || !property.required) return {};
    names.push_back(property.name);
  }
  return more ? std::vector<std::string_view>() : names;
}

std::string matching(const Schema::Program& program, const ArrayRules& rules) {
  const std::string what = wanted(program, rules.contains);
  return what.empty() ? "match `contains`" : "be " + what;
}

}  // namespace

std::string expected(const Wanted& wanted, const Holds& holds, Budget& budget) {
  const json& value = *wanted.found;
  if (wanted.values.empty()) return wanted.types == 0 ? "nothing is allowed here" : wrong_type(wanted.types, value, holds);
  const std::uint8_t types = wanted.types & static_cast<std::uint8_t>(~kNullBit);
  std::vector<std::string> list;
  for (std::size_t i = 0; i < wanted.values.size() && i < kShownNames; ++i) list.push_back(shown_allowed(*wanted.values[i]));
  const std::size_t all = wanted.values.size() + wanted.more;
  if (all > list.size()) list.push_back("… (" + std::to_string(all) + " in all)");
  if (wanted.types & kNullBit) list.push_back("null");
  std::string words = list.size() == 1 || types != 0 ? "expected " : "expected one of ";
  for (std::size_t i = 0; i < list.size(); ++i) words += (i ? ", " : "") + list[i];
  if (types != 0) words += " or " + type_names(types);
  words += ", found " + (types != 0 ? with_type(value) : shown(value));

  const auto good = [&](const json& mended) {
    const bool among = std::any_of(wanted.values.begin(), wanted.values.end(), [&](const json* one) { return compare_values(*one, mended) == 0; });
    return among || (wanted.types != 0 && holds && holds(mended));
  };
  if (!value.is_string()) {
    const bool plain = value.is_number() || value.is_boolean();
    return plain && good(json(shown(value))) ? words + "; put it in quotes: \"" + shown(value) + "\"" : words;
  }
  const auto& text = value.get_ref<const std::string&>();
  if (const auto inside = read_inside(text); inside && !inside->is_structured() && good(*inside)) return words + without_quotes(*inside);
  std::vector<std::string_view> names;
  for (const json* one : wanted.values) {
    if (one->is_string() && wanted.values.size() > 1) names.push_back(one->get_ref<const std::string&>());
  }
  const auto near = nearest_name(text, names, budget);
  return near.empty() ? words : words + "; did you mean " + in_quotes(near) + "?";
}

std::string missing_property(const std::string& name, const ObjectRules& rules, const json::object_t& members, Budget& budget) {
  std::vector<std::string_view> strangers;
  for (const auto& [given, _] : members) {
    if (!budget.take_hint(16)) break;
    const auto rule = std::lower_bound(rules.properties.begin(), rules.properties.end(), given, [](const auto& a, const std::string& b) { return a.name < b; });
    if (rule == rules.properties.end() || rule->name != given) strangers.push_back(given);
  }
  const auto near = nearest_name(name, strangers, budget);
  return "the required property " + in_quotes(name) + " is missing" + (near.empty() ? "" : "; is " + in_quotes(near) + " meant to be it?");
}

std::string unknown_property(const std::string& name, const std::vector<std::string_view>& names, const std::vector<std::string_view>& patterns, Budget& budget) {
  std::string words = "unknown property";
  if (const auto near = nearest_name(name, names, budget); !near.empty()) return words + "; did you mean " + in_quotes(near) + "?";
  if (names.empty() && patterns.empty()) return words + "; none is expected here";
  const auto list = [&](const std::vector<std::string_view>& all) {
    for (std::size_t i = 0; i < all.size() && i < kShownNames; ++i) words += (i ? ", " : "") + in_quotes(all[i]);
    if (all.size() > kShownNames) words += ", …";
  };
  words += "; known are ";
  list(names);
  if (patterns.empty()) return words;
  words += names.empty() ? "names that match " : " and names that match ";
  list(patterns);
  return words;
}

std::string excluded(const Schema::Program& program, NodeId negated, const json& value) {
  if (const std::string what = wanted(program, negated); !what.empty()) return "must not be " + what;
  if (const auto names = forbidden_names(program, negated); !names.empty()) {
    std::string words = names.size() == 1 ? "the property " : "the properties ";
    for (std::size_t i = 0; i < names.size() && i < kShownNames; ++i) words += (i ? " and " : "") + in_quotes(names[i]);
    return words + (names.size() == 1 ? " is not allowed here" : " are not allowed here together");
  }
  return shown(value) + " is what the schema's `not` excludes";
}

std::string too_few_matches(const Schema::Program& program, const ArrayRules& rules, std::uint64_t count) {
  return "at least " + number_of_items(rules.min_contains) + " must " + matching(program, rules) + "; " + (count == 0 ? "none does" : std::to_string(count) + (count == 1 ? " does" : " do"));
}

std::string too_many_matches(const Schema::Program& program, const ArrayRules& rules, std::uint64_t count) {
  return "at most " + number_of_items(rules.max_contains) + " may " + matching(program, rules) + "; " + std::to_string(count) + (count == 1 ? " does" : " do");
}

std::string item_too_many(std::size_t allowed) {
  if (allowed == 0) return "no item is allowed here";
  return "an item too many: " + number_of_items(allowed) + (allowed == 1 ? " is" : " are") + " allowed here";
}

}  // namespace sumun::schema
