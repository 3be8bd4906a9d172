// SPDX-License-Identifier: Apache-2.0
// The parts of deriving a schema from a C++ type that do not depend on the type.
#include <sumun/schema.hpp>

#include <algorithm>
#include <limits>

namespace sumun {
inline namespace v0 {
namespace detail {

void schema_allow_null(json& schema) {
  if (const auto kind = schema.find("type"); kind != schema.end()) {
    if (kind->is_string()) *kind = json::array({*kind});
    if (std::find(kind->begin(), kind->end(), "null") == kind->end()) kind->push_back("null");
    if (const auto choices = schema.find("enum"); choices != schema.end()) choices->push_back(nullptr);
    return;
  }
  for (const char* keyword : {"oneOf", "anyOf"}) {
    if (const auto branches = schema.find(keyword); branches != schema.end()) {
      branches->push_back({{"type", "null"}});
      return;
    }
  }
}

void schema_of_alternatives(json& out, json alternatives, std::string_view keyword) {
  // Plain alternatives of different types say the same in one schema with a list of types, which more clients take.
  json merged = json::object();
  json kinds = json::array();
  int numbers = 0;
  bool plain = keyword == "anyOf";
  for (const auto& one : alternatives) {
    const auto kind = one.find("type");
    const bool scalar = kind != one.end() && kind->is_string() && *kind != "object" && *kind != "array" && !one.contains("enum") && !one.contains("const");
    if (!scalar || std::find(kinds.begin(), kinds.end(), *kind) != kinds.end()) plain = false;
    if (!plain) break;
    numbers += *kind == "integer" || *kind == "number";
    kinds.push_back(*kind);
    merged.update(one);
  }
  if (plain && numbers <= 1) {
    merged["type"] = std::move(kinds);
    out.update(merged);
  } else {
    out["anyOf"] = std::move(alternatives);  // a constant tells tagged ones apart, and more clients take anyOf than oneOf
  }
}

void form_trim(json& property) {
  static constexpr std::string_view kKept[] = {"type",    "title",   "description", "default",  "minimum",  "maximum", "minLength",
                                               "maxLength", "format", "enum",        "minItems", "maxItems", "items"};
  static constexpr std::string_view kFormats[] = {"email", "uri", "date", "date-time"};
  json kept = json::object();
  for (auto& [key, value] : property.items()) {
    if (std::find(std::begin(kKept), std::end(kKept), key) == std::end(kKept)) continue;
    const bool known_format = value.is_string() && std::find(std::begin(kFormats), std::end(kFormats), value.get_ref<const std::string&>()) != std::end(kFormats);
    if (key == "format" && !known_format) continue;
    // The range of a C++ int is no news to a person.
    const bool of_width = value == std::numeric_limits<std::int32_t>::min() || value == std::numeric_limits<std::int32_t>::max() ||
                          value == std::numeric_limits<std::uint32_t>::max() || value == kMaxSafeInteger || value == -kMaxSafeInteger;
    if ((key == "minimum" || key == "maximum") && of_width) continue;
    kept[key] = std::move(value);
  }
  property = std::move(kept);
}

json form_titles(const json& names, const std::vector<std::string_view>& titles) {
  json out = json::array();
  for (std::size_t i = 0; i < names.size() && i < titles.size(); ++i) out.push_back({{"const", names[i]}, {"title", titles[i]}});
  return out;
}

}  // namespace detail
}  // namespace v0
}  // namespace sumun
