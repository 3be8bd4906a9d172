// SPDX-License-Identifier: Apache-2.0
// Draft-07, 2019-09 and 2020-12 side by side; the metaschemas; vocabularies; formats as assertions.
#include <sumun/schema.hpp>

#include <doctest/doctest.h>

using namespace sumun;

namespace {

constexpr const char* k07 = "http://json-schema.org/draft-07/schema#";
constexpr const char* k2019 = "https://json-schema.org/draft/2019-09/schema";
constexpr const char* k2020 = "https://json-schema.org/draft/2020-12/schema";

Schema compiled(const json& document, const SchemaOptions& options = {}) {
  auto schema = Schema::compile(document, options);
  REQUIRE_MESSAGE(schema.has_value(), (schema.has_error() ? schema.error().message : ""));
  return *schema;
}

std::string refusal(const json& document, const SchemaOptions& options = {}) {
  const auto schema = Schema::compile(document, options);
  return schema.has_error() ? schema.error().message : "no error";
}

}  // namespace

TEST_CASE("a keyword means what its dialect says") {
  constexpr char kYes = '+', kNo = '-', kRefused = '!';
  const struct {
    const char *name, *schema, *value;
    char in_07, in_2019, in_2020;
  } table[] = {
      {"$ref hides its siblings", R"({"properties":{"a":{"$ref":"#/definitions/x","maximum":1}},"definitions":{"x":{}}})", R"({"a":5})", kYes, kNo, kNo},
      {"items as a list", R"({"items":[{"type":"string"}]})", "[1]", kNo, kNo, kRefused},
      {"items as an empty list", R"({"items":[]})", "[1]", kYes, kYes, kRefused},
      {"additionalItems after a list", R"({"items":[{}],"additionalItems":false})", "[1,2]", kNo, kNo, kRefused},
      {"additionalItems without a list", R"({"items":{},"additionalItems":false})", "[1,2]", kYes, kYes, kYes},
      {"additionalItems alone", R"({"additionalItems":false})", "[1]", kYes, kYes, kYes},
      {"prefixItems", R"({"prefixItems":[{"type":"string"}]})", "[1]", kYes, kYes, kNo},
      {"dependentRequired", R"({"dependentRequired":{"a":["b"]}})", R"({"a":1})", kYes, kNo, kNo},
      {"dependentSchemas", R"({"dependentSchemas":{"a":false}})", R"({"a":1})", kYes, kNo, kNo},
      {"dependencies", R"({"dependencies":{"a":["b"]}})", R"({"a":1})", kNo, kNo, kNo},
      {"minContains 0", R"({"contains":{"type":"string"},"minContains":0})", "[1]", kNo, kYes, kYes},
      {"maxContains", R"({"contains":{"type":"string"},"maxContains":1})", R"(["a","b"])", kYes, kNo, kNo},
      {"unevaluatedProperties", R"({"unevaluatedProperties":false})", R"({"a":1})", kYes, kNo, kNo},
      {"contains counts for unevaluatedItems", R"({"contains":{"type":"string"},"unevaluatedItems":false})", R"(["a"])", kYes, kNo, kYes},
      {"$anchor", R"({"$ref":"#a","definitions":{"x":{"$anchor":"a","type":"string"}}})", "1", kRefused, kNo, kNo},
      {"$id as a name", R"({"allOf":[{"$ref":"#a"}],"definitions":{"x":{"$id":"#a","type":"string"}}})", "1", kNo, kRefused, kRefused},
      {"$recursiveRef", R"({"properties":{"a":{"$recursiveRef":"#"}},"type":"object"})", R"({"a":1})", kYes, kNo, kYes},
      {"$dynamicRef", R"({"properties":{"a":{"$dynamicRef":"#"}},"type":"object"})", R"({"a":1})", kYes, kYes, kNo},
      {"if", R"({"if":true,"then":false})", "1", kNo, kNo, kNo},
      {"$defs", R"({"$ref":"#/$defs/x","$defs":{"x":{"type":"string"}}})", "1", kNo, kNo, kNo},
      {"exclusiveMinimum of draft-04", R"({"minimum":1,"exclusiveMinimum":true})", "1", kRefused, kRefused, kRefused},
      {"content keywords", R"({"contentMediaType":"application/json","contentEncoding":"base64"})", R"("{:")", kYes, kYes, kYes},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    const std::pair<Dialect, char> wants[] = {{Dialect::draft_07, row.in_07}, {Dialect::draft_2019_09, row.in_2019}, {Dialect::draft_2020_12, row.in_2020}};
    const char* uris[] = {k07, k2019, k2020};
    for (std::size_t i = 0; i < 3; ++i) {
      CAPTURE(i);
      SchemaOptions options;
      options.dialect = wants[i].first;
      json said = json::parse(row.schema);
      const auto by_option = Schema::compile(said, options);
      said["$schema"] = uris[i];
      const auto by_uri = Schema::compile(said);
      for (const auto* schema : {&by_option, &by_uri}) {
        CAPTURE((schema->has_error() ? schema->error().message : ""));
        const char got = schema->has_error() ? kRefused : (*schema)->valid(json::parse(row.value)) ? kYes : kNo;
        CHECK(got == wants[i].second);
      }
    }
  }
}

TEST_CASE("the metaschemas are built in, and each is valid against itself") {
  for (const char* uri : {k07, k2019, k2020, "http://json-schema.org/draft-07/schema", "https://json-schema.org/draft/2020-12/meta/validation",
                          "https://json-schema.org/draft/2019-09/meta/applicator", "https://json-schema.org/draft/2020-12/meta/format-assertion"}) {
    CAPTURE(uri);
    const Schema meta = compiled(json{{"$ref", uri}});
    CHECK(meta.valid(json::object()));
    CHECK(meta.valid(json(true)));
    CHECK_FALSE(meta.valid(json(1)));
  }
  for (const char* uri : {k07, k2019, k2020}) {
    CAPTURE(uri);
    const Schema meta = compiled(json{{"$schema", uri}, {"$ref", uri}});
    CHECK(explain(meta.validate(json::parse(R"({"type":["string","null"],"properties":{"a":{"minimum":1}},"required":["a"]})"))) == "");
    for (const char* wrong : {R"({"type":"text"})", R"({"properties":{"a":{"minimum":"1"}}})", R"({"allOf":[{"not":{"items":3}}]})", R"({"required":["a","a"]})",
                              R"({"multipleOf":0})", R"({"anyOf":[]})", R"({"maxLength":-1})"}) {
      CAPTURE(wrong);
      CHECK_FALSE(meta.valid(json::parse(wrong)));
    }
  }
  CHECK(refusal({{"$ref", "https://json-schema.org/draft/2020-12/meta/none"}}).find("is not one of the documents at hand") != std::string::npos);
}

TEST_CASE("schemas of different dialects refer to each other") {
  SchemaOptions options;
  options.documents["https://example.org/old"] = json{{"$schema", k07}, {"items", json::array({{{"type", "string"}}})}};
  options.documents["https://example.org/plain"] = json{{"definitions", {{"x", {{"$ref", "#/definitions/y"}, {"maximum", 1}}}, {"y", json::object()}}}};
  const Schema across = compiled({{"properties", {{"a", {{"$ref", "https://example.org/old"}, {"maxItems", 1}}}}}}, options);
  CHECK(across.valid(json::parse(R"({"a":["x"]})")));
  CHECK_FALSE(across.valid(json::parse(R"({"a":[1]})")));
  CHECK_FALSE(across.valid(json::parse(R"({"a":["x",1]})")));
  // A document that does not say its dialect has that of the schema which was compiled.
  const json in_plain = {{"$ref", "https://example.org/plain#/definitions/x"}};
  CHECK_FALSE(compiled(in_plain, options).valid(json(5)));
  json old = in_plain;
  old["$schema"] = k07;
  CHECK(compiled(old, options).valid(json(5)));
  // A resource inside a document may have its own.
  const Schema inside = compiled({{"$defs", {{"o", {{"$id", "https://example.org/o"}, {"$schema", k07}, {"items", json::array({false})}}}}}, {"$ref", "#/$defs/o"}});
  CHECK(inside.valid(json::array()));
  CHECK_FALSE(inside.valid(json::parse("[1]")));
}

TEST_CASE("a metaschema chooses its vocabularies") {
  const auto with = [](json vocabularies) {
    SchemaOptions options;
    options.documents["https://example.org/meta"] = json{{"$schema", k2020}, {"$id", "https://example.org/meta"}, {"$vocabulary", std::move(vocabularies)}};
    return options;
  };
  const std::string base = "https://json-schema.org/draft/2020-12/vocab/";
  const json document = {{"$schema", "https://example.org/meta"}, {"properties", {{"a", {{"minimum", 5}}}, {"b", false}}}};
  const Schema structure = compiled(document, with({{base + "core", true}, {base + "applicator", true}}));
  CHECK(structure.valid(json::parse(R"({"a":1})")));  // minimum is not of this dialect
  CHECK_FALSE(structure.valid(json::parse(R"({"b":1})")));
  const Schema values = compiled(document, with({{base + "core", true}, {base + "validation", false}}));
  CHECK(values.valid(json::parse(R"({"a":1,"b":1})")));  // nor are properties of that one
  CHECK_FALSE(compiled({{"$schema", "https://example.org/meta"}, {"minimum", 5}}, with({{base + "core", true}, {base + "validation", false}})).valid(json(1)));
  CHECK(refusal(document, with({{base + "core", true}, {"https://example.org/vocab/prices", true}})) ==
        "#/$schema: the dialect \"https://example.org/meta\" requires the vocabulary \"https://example.org/vocab/prices\", which this validator does not know");
  CHECK(refusal(document, with({{base + "core", true}, {"https://example.org/vocab/prices", false}})) == "no error");
  CHECK(refusal(document).find("the dialect \"https://example.org/meta\" is not supported") != std::string::npos);
  // Formats are asserted where the metaschema says so; one that is not the standard's is refused then.
  const auto asserting = with({{base + "core", true}, {base + "format-assertion", false}});
  CHECK_FALSE(compiled({{"$schema", "https://example.org/meta"}, {"format", "ipv4"}}, asserting).valid(json("x")));
  CHECK(refusal({{"$schema", "https://example.org/meta"}, {"format", "color"}}, asserting).find("#/format: \"color\" is no format of the standard") == 0);
}

TEST_CASE("formats are annotations unless they are asked for") {
  const json document = {{"format", "ipv4"}};
  CHECK(compiled(document).valid(json("x")));
  SchemaOptions options;
  options.formats = FormatUse::assertion;
  for (const char* uri : {k07, k2019, k2020}) {
    CAPTURE(uri);
    json one = document;
    one["$schema"] = uri;
    const Schema schema = compiled(one, options);
    CHECK(schema.valid(json("127.0.0.1")));
    CHECK(schema.valid(json(5)));
    const auto found = schema.validate(json("127.0.0.256"));
    REQUIRE(found.size() == 1);
    CHECK(found[0].keyword_location == "/format");
    CHECK(found[0].message.find("127.0.0.256") != std::string::npos);
  }
  CHECK(compiled({{"format", "color"}}, options).valid(json("x")));
}
