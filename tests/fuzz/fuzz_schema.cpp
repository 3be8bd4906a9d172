// SPDX-License-Identifier: Apache-2.0
// Schemas and values, both from the fuzzer's bytes: compiling and validating end, do not crash, and agree with each other.
// Shape: byte 0 odd: two JSON texts with a newline between them; even: choices that build a schema and a value from words
// that fit each other. The rest of byte 0 says the dialect and what formats do.
#include <sumun/json.hpp>
#include <sumun/schema.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>

using sumun::json;

namespace {

constexpr int kMaxDepth = 6;

// Choices, one a byte; when they run out, always the first.
class Choices {
 public:
  explicit Choices(std::string_view bytes) : bytes_(bytes) {}
  std::size_t below(std::size_t count) {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte % count;
  }
  template <std::size_t N>
  std::string one_of(const char* const (&words)[N]) {
    return words[below(N)];
  }

 private:
  std::string_view bytes_;
};

const char* const kNames[] = {"a", "b", "ab", "kind", "x-y", "", "é", "a/b~c"};
const char* const kTexts[] = {"", "a", "aaaaaaaaaaaaaaaa!", "circle", "é", "\n", "2026-02-29", "23:59:60Z", "P1Y2M3DT4H", "a@b", "xn--nxasmq6b", "::ffff:1.2.3.4",
                              "http://[::1]/%41?q#f", "{+x:3}", "/a~1b", "0#", "a\xcc\x81.example", "(?<a>)"};
const char* const kPatterns[] = {"^a", "a+$", "^(a+)+$", "[^a-c]{2,5}", "(?!x)a", "(?<=a)b|c", "\\w\\b", "(", "a{3}", ".", "\\p{L}+", "(?<n>a)|\\P{Lu}", "[\\p{Nd}-]", "\\u{1F600}"};
const char* const kReferences[] = {"#", "#/$defs/a", "#/$defs/b", "#/properties/a", "#x", "#/nowhere", "http://elsewhere", "inner", "inner#x", "http://h/doc",
                                   "urn:doc#/$defs/a", "https://json-schema.org/draft/2020-12/schema", "https://json-schema.org/draft/2019-09/schema", "http://json-schema.org/draft-07/schema#"};
const char* const kDialects[] = {"https://json-schema.org/draft/2020-12/schema", "https://json-schema.org/draft/2019-09/schema", "http://json-schema.org/draft-07/schema#",
                                 "urn:meta", "urn:unknown"};
const char* const kIds[] = {"inner", "http://h/doc", "urn:other", "#x", "", "../a b", "http://h/doc#f"};
const char* const kFormats[] = {"date-time", "date", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6", "uri", "uri-reference",
                                "iri", "iri-reference", "uri-template", "uuid", "json-pointer", "relative-json-pointer", "regex", "unknown"};
const char* const kTypes[] = {"null", "boolean", "object", "array", "string", "integer", "number"};

json number(Choices& choices) {
  switch (choices.below(8)) {
    case 0: return 0;
    case 1: return -1;
    case 2: return 0.5;
    case 3: return 9007199254740993;
    case 4: return 1e300;
    case 5: return 18446744073709551615ULL;
    case 6: return 0.01;
    default: return choices.below(9);
  }
}

json value(Choices& choices, int depth) {
  switch (choices.below(depth > 0 ? 8 : 6)) {
    case 0: return nullptr;
    case 1: return choices.below(2) == 1;
    case 2:
    case 3: return number(choices);
    case 4:
    case 5: return choices.one_of(kTexts);
    case 6: {
      json list = json::array();
      for (auto n = choices.below(5); n > 0; --n) list.push_back(value(choices, depth - 1));
      return list;
    }
    default: {
      json object = json::object();
      for (auto n = choices.below(5); n > 0; --n) object[choices.one_of(kNames)] = value(choices, depth - 1);
      return object;
    }
  }
}

json schema(Choices& choices, int depth);

json schemas(Choices& choices, int depth) {
  json list = json::array();
  for (auto n = 1 + choices.below(3); n > 0; --n) list.push_back(schema(choices, depth));
  return list;
}

json named_schemas(Choices& choices, int depth) {
  json object = json::object();
  for (auto n = choices.below(4); n > 0; --n) object[choices.one_of(kNames)] = schema(choices, depth);
  return object;
}

void keyword(json& out, Choices& choices, int depth) {
  static const char* const kNumbers[] = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"};
  static const char* const kCounts[] = {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains", "maxContains"};
  static const char* const kOne[] = {"items", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else",
                                     "unevaluatedItems", "unevaluatedProperties", "unevaluatedItems", "unevaluatedProperties", "additionalItems"};
  static const char* const kLists[] = {"allOf", "anyOf", "oneOf", "prefixItems"};
  static const char* const kMaps[] = {"properties", "$defs", "dependentSchemas", "definitions", "dependencies"};
  switch (choices.below(18)) {
    case 0: out["type"] = choices.one_of(kTypes); break;
    case 1: out[choices.one_of(kNumbers)] = number(choices); break;
    case 2: out[choices.one_of(kCounts)] = choices.below(6); break;
    case 3: out["const"] = value(choices, 2); break;
    case 4: out["enum"] = json::array({value(choices, 1), value(choices, 1)}); break;
    case 5: out["pattern"] = choices.one_of(kPatterns); break;
    case 6: out["required"] = json::array({choices.one_of(kNames)}); break;
    case 7: out["default"] = value(choices, 2); break;
    case 8: out["uniqueItems"] = true; break;
    case 9: out["$ref"] = choices.one_of(kReferences); break;
    case 10: out["format"] = choices.one_of(kFormats); break;
    case 11: out["dependentRequired"][choices.one_of(kNames)] = json::array({choices.one_of(kNames)}); break;
    case 12: out[choices.below(2) == 0 ? "$dynamicRef" : "$recursiveRef"] = choices.below(2) == 0 ? "#" : choices.one_of(kReferences); break;
    case 13:
      if (choices.below(2) == 0) out["$recursiveAnchor"] = true;
      else out[choices.below(2) == 0 ? "$anchor" : "$dynamicAnchor"] = "x";
      break;
    case 14: out["$id"] = choices.one_of(kIds); break;
    case 15:
      if (depth > 0) out[choices.one_of(kOne)] = schema(choices, depth - 1);
      break;
    case 16:
      if (depth > 0) out[choices.one_of(kLists)] = schemas(choices, depth - 1);
      break;
    default:
      if (depth > 0) out[choices.one_of(kMaps)] = named_schemas(choices, depth - 1);
      if (depth > 0 && choices.below(3) == 0) out["patternProperties"][choices.one_of(kPatterns)] = schema(choices, depth - 1);
      break;
  }
}

json schema(Choices& choices, int depth) {
  if (choices.below(12) == 11) return choices.below(2) == 1;
  json out = json::object();
  for (auto n = choices.below(6); n > 0; --n) keyword(out, choices, depth);
  return out;
}

void expect(bool holds) {
  if (!holds) std::abort();
}

// `flags`: which dialect where the schema names none, and what formats do.
sumun::SchemaOptions options_of(std::size_t flags) {
  static const json kMeta = json::parse(R"({"$id":"urn:meta","$schema":"https://json-schema.org/draft/2020-12/schema","$vocabulary":{
    "https://json-schema.org/draft/2020-12/vocab/core":true,"https://json-schema.org/draft/2020-12/vocab/applicator":true,
    "https://json-schema.org/draft/2020-12/vocab/format-assertion":true}})");
  static const json kDocument = json::parse(R"({"$defs":{"a":{"$dynamicAnchor":"x","unevaluatedProperties":false}},"items":{"$dynamicRef":"#x"}})");
  constexpr sumun::Dialect kOf[] = {sumun::Dialect::draft_2020_12, sumun::Dialect::draft_2019_09, sumun::Dialect::draft_07};
  sumun::SchemaOptions options;
  options.dialect = kOf[flags % 3];
  options.formats = flags / 3 % 2 == 0 ? sumun::FormatUse::annotation : sumun::FormatUse::assertion;
  options.documents = {{"urn:meta", kMeta}, {"urn:doc", kDocument}};
  options.limits.time = std::chrono::milliseconds(0);  // a verdict is the same every time
  return options;
}

void try_both(json document, json instance, std::size_t flags) {
  auto options = options_of(flags);
  options.limits.steps = 20'000;
  options.limits.pattern_size = 500;
  static_cast<void>(sumun::lint_portability(document));
  const auto compiled = sumun::Schema::compile(std::move(document), options);
  if (compiled.has_error()) {
    expect(compiled.error().code == sumun::ErrorCode::invalid_value && !compiled.error().message.empty());
    return;
  }
  const bool valid = compiled->valid(instance);
  const auto found = compiled->validate(instance);
  expect(valid == found.empty());
  expect(found.size() <= options.limits.violations);
  static_cast<void>(sumun::explain(found));
  static_cast<void>(sumun::basic_output(found));
  const bool filled = compiled->validate(instance, sumun::Defaults::fill).empty();
  expect(filled == compiled->valid(instance));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    Choices choices(bytes);
    json document = schema(choices, kMaxDepth);
    if (const auto dialect = choices.below(8); document.is_object() && dialect < std::size(kDialects)) document["$schema"] = kDialects[dialect];
    json instance = value(choices, 4);
    try_both(std::move(document), std::move(instance), data[0] / 2);
    return 0;
  }
  const auto newline = std::min(bytes.find('\n'), bytes.size());
  auto document = sumun::parse_json(bytes.substr(0, newline));
  auto instance = sumun::parse_json(newline < bytes.size() ? bytes.substr(newline + 1) : std::string_view("null"));
  if (document && instance) try_both(*std::move(document), *std::move(instance), data[0] / 2);
  return 0;
}
