// SPDX-License-Identifier: Apache-2.0
// A tool's outputSchema where a revision wants objects: the schema becomes the member "result" of an object's schema.
#include "protocol/codec.hpp"

#include <array>
#include <algorithm>
#include <string>
#include <string_view>

namespace sumun::protocol {
namespace {

constexpr std::string_view kPlace = "#/properties/result";

template <std::size_t kSize>
bool contains(const std::array<std::string_view, kSize>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Keywords whose value is data, never a schema.
constexpr std::array<std::string_view, 4> kData = {"const", "enum", "default", "examples"};
// Keywords whose value is an object of schemas under names of the author's.
constexpr std::array<std::string_view, 5> kNamed = {"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"};

// Moves every "#" and "#/…" along to where the schema now stands. A subschema with an $id is a root of its own.
void move_references(json& schema, bool root) {
  if (schema.is_array()) {
    for (json& item : schema) {
      move_references(item, false);
    }
    return;
  }
  if (!schema.is_object() || (!root && schema.contains("$id"))) {
    return;
  }
  for (auto& [name, value] : *schema.get_ptr<json::object_t*>()) {
    if (name == "$ref" || name == "$dynamicRef") {
      if (auto* const text = value.get_ptr<json::string_t*>(); text != nullptr && (*text == "#" || text->starts_with("#/"))) {
        text->replace(0, 1, kPlace);
      }
    } else if (contains(kNamed, name) && value.is_object()) {
      for (auto& [unused, member] : *value.get_ptr<json::object_t*>()) {
        move_references(member, false);
      }
    } else if (!contains(kData, name)) {
      move_references(value, false);
    }
  }
}

}  // namespace

OutputForm output_form(const json& output_schema) {
  const auto type = output_schema.is_object() ? output_schema.find("type") : output_schema.end();
  return type != output_schema.end() && *type == "object" ? OutputForm::as_is : OutputForm::wrapped;
}

json wrap_output_schema(json schema) {
  json wrapped = json::object();
  if (schema.is_object()) {
    if (const auto dialect = schema.find("$schema"); dialect != schema.end()) {
      wrapped["$schema"] = *dialect;
      schema.erase(dialect);
    }
    // With an $id of its own the schema stays the base of its references.
    if (!schema.contains("$id")) {
      move_references(schema, true);
    }
  }
  wrapped["type"] = "object";
  wrapped["properties"]["result"] = std::move(schema);
  wrapped["required"] = json::array({"result"});
  return wrapped;
}

}  // namespace sumun::protocol
