// SPDX-License-Identifier: Apache-2.0
// What known clients refuse, change or hide in a tool's input schema. docs/clients.md has the source of every fact here.
// A note's words begin with how bad it is:
//   "refused: "  the tool, or every request that carries it, fails
//   "changed: "  the model is shown something else than the schema says
//   "hint: "     it depends on the client's version or model, or the model merely does not see a rule that the server checks
#include <sumun/schema.hpp>

#include "schema/program.hpp"

#include <algorithm>

namespace sumun {
inline namespace v0 {

namespace {

constexpr std::size_t kMaxNotes = 64;
constexpr std::size_t kMaxLintDepth = 128;

constexpr std::string_view kClaude = "Claude (Anthropic API, Claude Code, Claude Desktop)";
constexpr std::string_view kOpenAi = "OpenAI API";
constexpr std::string_view kCodex = "Codex";
constexpr std::string_view kVsCode = "VS Code";
constexpr std::string_view kGemini = "Gemini";
constexpr std::string_view kWindsurf = "Windsurf";

struct KeywordFact {
  std::string_view keyword, client, what;
};

// At the top level alone.
constexpr KeywordFact kAtTheTop[] = {
    {"oneOf", kClaude, "refused: oneOf at the top level fails every request with this tool"},
    {"anyOf", kClaude, "refused: anyOf at the top level fails every request with this tool"},
    {"allOf", kClaude, "refused: allOf at the top level fails every request with this tool"},
    {"oneOf", kOpenAi, "refused: oneOf at the top level"},
    {"anyOf", kOpenAi, "refused: anyOf at the top level"},
    {"allOf", kOpenAi, "refused: allOf at the top level"},
    {"not", kOpenAi, "refused: not at the top level"},
    {"enum", kOpenAi, "refused: enum at the top level"},
    {"oneOf", kVsCode, "changed: oneOf at the top level is removed"},
    {"anyOf", kVsCode, "changed: anyOf at the top level is removed"},
    {"allOf", kVsCode, "changed: allOf at the top level is removed"},
    {"not", kVsCode, "hint: not at the top level is removed"},
    {"if", kVsCode, "hint: if, then and else at the top level are removed"},
};

// Wherever a schema may stand.
constexpr KeywordFact kAnywhere[] = {
    {"$dynamicRef", kVsCode, "refused: tools with $dynamicRef are left out"},
    {"$dynamicAnchor", kVsCode, "refused: tools with $dynamicAnchor are left out"},
    {"unevaluatedProperties", kVsCode, "refused: tools with unevaluatedProperties are left out by some versions"},
    {"additionalItems", kClaude, "refused: additionalItems is not in 2020-12, where items follows prefixItems"},
    {"const", kGemini, "hint: clients that convert to Gemini's own Schema have no const; an enum of one value says the same"},
    {"propertyNames", kGemini, "hint: clients that convert to Gemini's own Schema fail at propertyNames"},
    {"patternProperties", kGemini, "hint: clients that convert to Gemini's own Schema fail at patternProperties"},
    {"not", kCodex, "hint: the model does not see not; say it in the description"},
    {"if", kCodex, "hint: the model does not see if, then and else; say it in the description"},
    {"dependentRequired", kCodex, "hint: the model does not see dependentRequired; say it in the description"},
    {"dependentSchemas", kCodex, "hint: the model does not see dependentSchemas; say it in the description"},
    {"patternProperties", kCodex, "hint: the model does not see patternProperties; say it in the description"},
    {"propertyNames", kCodex, "hint: the model does not see propertyNames; say it in the description"},
    {"prefixItems", kCodex, "hint: the model does not see prefixItems; say it in the description"},
    {"contains", kCodex, "hint: the model does not see contains; say it in the description"},
};

// Of 2020-12 and the dialects before it.
constexpr std::string_view kKeywords[] = {
    "$anchor",  "$comment",   "$defs",     "$dynamicAnchor", "$dynamicRef", "$id",           "$recursiveAnchor", "$recursiveRef", "$ref",      "$schema",
    "$vocabulary", "additionalItems", "additionalProperties", "allOf", "anyOf", "const", "contains", "contentEncoding", "contentMediaType", "contentSchema",
    "default",  "definitions", "dependencies", "dependentRequired", "dependentSchemas", "deprecated", "description", "else", "enum", "examples",
    "exclusiveMaximum", "exclusiveMinimum", "format", "if", "items", "maxContains", "maxItems", "maxLength", "maxProperties", "maximum",
    "minContains", "minItems", "minLength", "minProperties", "minimum", "multipleOf", "not", "oneOf", "pattern", "patternProperties",
    "prefixItems", "properties", "propertyNames", "readOnly", "required", "then", "title", "type", "unevaluatedItems", "unevaluatedProperties",
    "uniqueItems", "writeOnly"};

// Bounds of OpenAI's strict mode, and what VS Code leaves of a description for GPT-4.
constexpr std::size_t kStrictProperties = 5'000, kStrictLevels = 10, kStrictEnumValues = 1'000, kSeenDescription = 1'024;
constexpr std::size_t kClaudeNameBytes = 64;

bool has_type(const json& schema, std::string_view name) {
  const auto type = schema.find("type");
  if (type == schema.end()) return false;
  return *type == name || (type->is_array() && std::find(type->begin(), type->end(), name) != type->end());
}

std::string at(const std::string& where, std::string_view key) { return where + '/' + schema::pointer_step(key); }
std::string at(const std::string& where, std::string_view key, std::string_view name) { return at(at(where, key), name); }
std::string at(const std::string& where, std::string_view key, std::size_t index) { return at(where, key, std::to_string(index)); }

class Linter {
 public:
  std::vector<PortabilityNote> lint(const json& schema) {
    if (!schema.is_object()) {
      note("every client", "", "refused: a tool's input schema must be an object; MCP allows nothing else");
      return std::move(notes_);
    }
    top_level(schema);
    walk(schema, "", 0, 0);
    if (properties_ > kStrictProperties) note(kOpenAi, "", "hint: strict mode takes " + std::to_string(kStrictProperties) + " properties; there are " + std::to_string(properties_));
    if (enum_values_ > kStrictEnumValues) note(kOpenAi, "", "hint: strict mode takes " + std::to_string(kStrictEnumValues) + " enum values; there are " + std::to_string(enum_values_));
    return std::move(notes_);
  }

 private:
  void note(std::string_view client, std::string location, std::string what) {
    if (notes_.size() < kMaxNotes) notes_.push_back({std::string(client), std::move(location), std::move(what)});
  }

  void top_level(const json& schema) {
    const auto type = schema.find("type");
    if (type == schema.end() || *type != "object") note("every client", "/type", "refused: the top level must have \"type\": \"object\"");
    for (const auto& fact : kAtTheTop) {
      if (schema.contains(fact.keyword)) note(fact.client, at("", fact.keyword), std::string(fact.what));
    }
    if (const auto dialect = schema.find("$schema"); dialect != schema.end() && dialect->is_string()) declared(dialect->get_ref<const std::string&>());
    const auto properties = schema.find("properties");
    if (properties == schema.end() || !properties->is_object()) return;
    for (const auto& [name, _] : properties->items()) {
      const bool plain = std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-'; });
      if (name.empty() || name.size() > kClaudeNameBytes || !plain) {
        note(kClaude, at("", "properties", name), "refused: a property's name must match ^[a-zA-Z0-9_.-]{1,64}$; every request with this tool fails");
      }
    }
  }

  void declared(const std::string& dialect) {
    if (dialect.find("2020-12") != std::string::npos) {
      note(kVsCode, "/$schema", "hint: versions of 2025 leave out tools that declare 2020-12; leave $schema out, 2020-12 is what MCP assumes");
    } else if (dialect.find("draft-07") != std::string::npos || dialect.find("2019-09") != std::string::npos) {
      note("clients of 2025-11-25 and later", "/$schema", "hint: \"" + dialect + "\" is not 2020-12, the one dialect that every client must know");
    } else {
      note("clients of 2025-11-25 and later", "/$schema", "refused: \"" + dialect + "\" is a dialect that clients need not know");
    }
  }

  void walk(const json& schema, const std::string& where, std::size_t depth, std::size_t levels) {
    if (depth > kMaxLintDepth || notes_.size() >= kMaxNotes) return;
    if (schema.is_boolean()) return boolean(where);
    if (!schema.is_object()) return;
    for (const auto& fact : kAnywhere) {
      if (schema.contains(fact.keyword)) note(fact.client, at(where, fact.keyword), std::string(fact.what));
    }
    misspelt(schema, where);
    references(schema, where);
    types(schema, where);
    lists(schema, where);
    objects(schema, where);
    enums(schema, where);
    if (const auto text = schema.find("description"); text != schema.end() && text->is_string() && text->get_ref<const std::string&>().size() > kSeenDescription) {
      note(kVsCode, at(where, "description"), "hint: with GPT-4 models it is cut after " + std::to_string(kSeenDescription) + " characters");
    }
    const bool object = has_type(schema, "object");
    if (object && levels == kStrictLevels) note(kOpenAi, where, "hint: strict mode takes " + std::to_string(kStrictLevels) + " levels of nested objects; this is one more");
    below(schema, where, depth + 1, levels + (object ? 1 : 0));
  }

  void misspelt(const json& schema, const std::string& where) {
    static const std::vector<std::string_view> kNames(std::begin(kKeywords), std::end(kKeywords));
    for (const auto& [key, _] : schema.items()) {
      if (std::binary_search(kNames.begin(), kNames.end(), key) || key.size() < 4) continue;
      const auto near = schema::nearest_name(key, kNames, budget_);
      if (!near.empty()) note("every client", at(where, key), "hint: this is no keyword of JSON Schema; is \"" + std::string(near) + "\" meant?");
    }
  }

  void boolean(const std::string& where) {
    note(kGemini, where, "refused: a boolean in the place of a schema; {} says the same as true");
    note(kCodex, where, "changed: a boolean in the place of a schema is shown as a string");
  }

  void references(const json& schema, const std::string& where) {
    const auto reference = schema.find("$ref");
    if (reference == schema.end() || !reference->is_string()) return;
    const std::string place = at(where, "$ref");
    if (!reference->get_ref<const std::string&>().starts_with('#')) {
      note("every client", place, "refused: it leads into another document, and no client fetches it");
      return;
    }
    note("Gemini CLI, GitHub Copilot CLI", place, "changed: $ref is not followed, the model does not see what it names; write it out");
    const bool alone = std::all_of(schema.items().begin(), schema.items().end(), [](const auto& one) {
      return one.key() == "$ref" || one.key() == "$defs" || one.key() == "definitions" || one.key() == "description" || one.key() == "default";
    });
    if (!alone) note(kGemini, place, "refused: beside $ref only description and default may stand");
  }

  void types(const json& schema, const std::string& where) {
    const auto type = schema.find("type");
    if (type != schema.end() && type->is_array()) {
      note(kGemini, at(where, "type"), "hint: clients that convert to Gemini's own Schema fail at a list of types");
    }
    const bool shaped = type != schema.end() || schema.contains("$ref");
    for (const char* keyword : {"oneOf", "allOf"}) {
      const auto branches = schema.find(keyword);
      if (where.empty() || branches == schema.end() || !branches->is_array() || branches->size() < 2) continue;
      note(kCodex, at(where, keyword), "changed: " + std::string(keyword) + (shaped ? " is dropped, the model does not see the branches" : " is dropped and a string is shown instead") +
                                           (keyword == std::string_view("oneOf") ? "; anyOf is kept" : ""));
    }
    const bool says_something = shaped || std::any_of(schema.items().begin(), schema.items().end(), [](const auto& one) {
      static constexpr std::string_view kTelling[] = {"anyOf",   "oneOf",   "allOf",   "properties", "required", "additionalProperties", "items", "prefixItems",
                                                      "enum",    "const",   "format",  "minimum",    "maximum",  "exclusiveMinimum",     "exclusiveMaximum", "multipleOf"};
      return std::find(std::begin(kTelling), std::end(kTelling), one.key()) != std::end(kTelling);
    });
    if (!where.empty() && !says_something) note(kCodex, where, "hint: a schema without a type is shown as a string");
    if (const auto format = schema.find("format"); format != schema.end() && format->is_string() && has_type(schema, "string") && *format != "date-time" && *format != "enum") {
      note(kGemini, at(where, "format"), "hint: clients that convert to Gemini's own Schema fail at formats of strings but date-time and enum");
    }
    for (const char* keyword : {"exclusiveMinimum", "exclusiveMaximum"}) {
      const auto bound = schema.find(keyword);
      if (bound == schema.end() || !bound->is_boolean()) continue;
      note(kClaude, at(where, keyword), "refused: a boolean here is draft-04; 2020-12 has a number");
      note(kWindsurf, at(where, keyword), "refused: a boolean here is draft-04; 2020-12 has a number");
    }
  }

  void lists(const json& schema, const std::string& where) {
    const auto items = schema.find("items");
    if (items == schema.end()) {
      if (!has_type(schema, "array")) return;
      note(kOpenAi, where, "refused: an array without items; \"items\": {} allows everything");
      note(kVsCode, where, "refused: an array without items; \"items\": {} allows everything");
    } else if (items->is_array()) {
      note(kClaude, at(where, "items"), "refused: a list of schemas in items is draft-07; 2020-12 has prefixItems");
      note(kGemini, at(where, "items"), "refused: a list of schemas in items");
    }
  }

  void objects(const json& schema, const std::string& where) {
    const auto properties = schema.find("properties");
    const bool declares = properties != schema.end() && properties->is_object();
    if (declares) properties_ += properties->size();
    if (const auto rest = schema.find("additionalProperties"); rest != schema.end() && rest->is_object()) {
      note(kGemini, at(where, "additionalProperties"), "hint: clients that convert to Gemini's own Schema fail at a schema here");
    }
    const auto required = schema.find("required");
    if (!declares || required == schema.end() || !required->is_array()) return;
    for (std::size_t i = 0; i < required->size(); ++i) {
      const json& name = (*required)[i];
      if (name.is_string() && !properties->contains(name.get_ref<const std::string&>())) {
        note(kVsCode, at(where, "required", i), "changed: required names what properties does not declare; it is removed from required");
      }
    }
  }

  void enums(const json& schema, const std::string& where) {
    const auto values = schema.find("enum");
    if (values == schema.end() || !values->is_array()) return;
    enum_values_ += values->size();
    const bool texts = std::all_of(values->begin(), values->end(), [](const json& one) { return one.is_string(); });
    if (!texts) note(kGemini, at(where, "enum"), "hint: clients that convert to Gemini's own Schema take strings alone in enum");
    if (!schema.contains("type")) note(kGemini, at(where, "enum"), "hint: clients that convert to Gemini's own Schema want a type beside enum");
  }

  // Schemas stand below these keywords, and nowhere else.
  void below(const json& schema, const std::string& where, std::size_t depth, std::size_t levels) {
    for (const auto& [key, value] : schema.items()) {
      if (key == "properties" || key == "patternProperties" || key == "$defs" || key == "definitions" || key == "dependentSchemas") {
        if (!value.is_object()) continue;
        for (const auto& [name, member] : value.items()) walk(member, at(where, key, name), depth, levels);
      } else if (key == "anyOf" || key == "oneOf" || key == "allOf" || key == "prefixItems" || (key == "items" && value.is_array())) {
        if (!value.is_array()) continue;
        for (std::size_t i = 0; i < value.size(); ++i) walk(value[i], at(where, key, i), depth, levels);
      } else if (key == "items" || key == "contains" || key == "not" || key == "if" || key == "then" || key == "else" || key == "propertyNames") {
        walk(value, at(where, key), depth, levels);
      } else if ((key == "additionalProperties" || key == "unevaluatedProperties" || key == "unevaluatedItems" || key == "additionalItems") && value.is_object()) {
        walk(value, at(where, key), depth, levels);
      }
    }
  }

  std::vector<PortabilityNote> notes_;
  std::size_t properties_ = 0, enum_values_ = 0;
  schema::Budget budget_{SchemaLimits()};  // of hints
};

}  // namespace

std::vector<PortabilityNote> lint_portability(const json& schema) { return Linter().lint(schema); }

}  // namespace v0
}  // namespace sumun
