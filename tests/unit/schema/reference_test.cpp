// SPDX-License-Identifier: Apache-2.0
// Where references lead: $id and base URIs, anchors, JSON Pointers, dynamic scope; and how violations name those places.
#include <sumun/schema.hpp>

#include <doctest/doctest.h>

using namespace sumun;

namespace {

Schema compiled(const json& document, const SchemaOptions& options = {}) {
  auto schema = Schema::compile(document, options);
  REQUIRE_MESSAGE(schema.has_value(), (schema.has_error() ? schema.error().message : ""));
  return *schema;
}

constexpr const char* k2019 = "https://json-schema.org/draft/2019-09/schema";

}  // namespace

TEST_CASE("a reference is resolved against the $id around it") {
  const struct {
    const char *name, *reference;
  } table[] = {
      {"absolute", "https://example.org/folder/number"}, {"relative", "number"},         {"dots", "./x/../number"},
      {"path", "/folder/number"},                        {"anchor", "number#here"},      {"empty fragment", "number#"},
      {"pointer", "number#/$defs/n"},                    {"through it", "#/$defs/a"},    {"pointer across", "root#/$defs/a/$defs/n"},
      {"authority", "//example.org/folder/number"},      {"escaped", "number#/%24defs/n"}, {"in another", "units#/$defs/back"},
      {"by its own name", "inner/metres"},               {"urn", "urn:example:number"},
  };
  SchemaOptions options;
  options.documents["https://example.org/folder/units"] = json::parse(R"({"$defs":{"back":{"$ref":"number"},
      "m":{"$id":"inner/metres","type":"number"},"u":{"$id":"urn:example:number","$ref":"#/$defs/n","$defs":{"n":{"type":"number"}}}}})");
  for (const auto& row : table) {
    CAPTURE(row.name);
    const Schema schema = compiled({{"$id", "https://example.org/folder/root"},
                                    {"properties", {{"v", {{"$ref", row.reference}}}}},
                                    {"$defs", {{"a", json::parse(R"({"$id":"number","type":"number","$anchor":"here","$defs":{"n":{"type":"number"}}})")}}}},
                                   options);
    CHECK(schema.valid(json{{"v", 1}}));
    CHECK_FALSE(schema.valid(json{{"v", "x"}}));
  }
}

TEST_CASE("what looks like an $id or an anchor is none outside a subschema") {
  for (const char* text : {R"({"enum":[{"$id":"https://example.org/x","$anchor":"a"}],"$defs":{"y":{"$id":"https://example.org/x","$anchor":"a"}}})",
                           R"({"x-mine":{"$anchor":"a"},"$defs":{"y":{"$anchor":"a"}}})", R"({"properties":{"$id":{"type":"string"},"$anchor":{},"$ref":{}}})"}) {
    CAPTURE(text);
    const auto schema = Schema::compile(json::parse(text));
    CHECK(schema.has_value());
  }
  CHECK(Schema::compile(json::parse(R"({"$ref":"#a","x-mine":{"$anchor":"a"}})")).has_error());
  // A place of no keyword becomes a subschema by being referred to.
  const Schema odd = compiled(json::parse(R"({"$ref":"#/x-mine/0","x-mine":[{"type":"string","$defs":{"y":{"$id":"https://example.org/y"}}}]})"));
  CHECK(odd.valid(json("x")));
  CHECK_FALSE(odd.valid(json(1)));
}

TEST_CASE("a $dynamicRef leads into the outermost resource that has its anchor") {
  const char* tree = R"({"$id":"https://example.org/tree","$dynamicAnchor":"node","type":"object",
      "properties":{"data":true,"children":{"type":"array","items":{"$dynamicRef":"#node"}}}})";
  SchemaOptions options;
  options.documents["https://example.org/tree"] = json::parse(tree);
  const Schema strict = compiled(json::parse(R"({"$id":"https://example.org/strict","$dynamicAnchor":"node","$ref":"tree","unevaluatedProperties":false})"), options);
  const json good = json::parse(R"({"children":[{"data":1,"children":[]}]})"), bad = json::parse(R"({"children":[{"daat":1}]})");
  CHECK(strict.valid(good));
  CHECK_FALSE(strict.valid(bad));
  CHECK(strict.validate(bad)[0].sentence("tree") == "tree.children[0].daat: unknown property; did you mean \"data\"?");
  CHECK(compiled(json::parse(tree)).valid(bad));  // alone it is lenient
  // Without a dynamic anchor in the scope it is a $ref.
  const Schema plain = compiled(json::parse(R"({"$ref":"https://example.org/tree"})"), options);
  CHECK(plain.valid(bad));
  CHECK_FALSE(plain.valid(json::parse(R"({"children":[1]})")));
}

TEST_CASE("a $recursiveRef does so in 2019-09") {
  SchemaOptions options;
  json tree = json::parse(R"({"$id":"https://example.org/tree","$recursiveAnchor":true,"type":"object","properties":{"kid":{"$recursiveRef":"#"}}})");
  tree["$schema"] = k2019;
  json strict = json::parse(R"({"$id":"https://example.org/strict","$recursiveAnchor":true,"$ref":"tree","required":["kid"]})");
  strict["$schema"] = k2019;
  options.documents["https://example.org/tree"] = tree;
  CHECK_FALSE(compiled(strict, options).valid(json::parse(R"({"kid":{}})")));
  strict["$recursiveAnchor"] = false;
  CHECK(compiled(strict, options).valid(json::parse(R"({"kid":{}})")));
  json wrong = {{"$schema", k2019}, {"$recursiveRef", "#/x"}};
  CHECK(Schema::compile(wrong).error().message == "#/$recursiveRef: must be \"#\"");
}

TEST_CASE("a cycle through the dynamic scope ends") {
  const Schema schema = compiled(json::parse(R"({"$id":"https://example.org/a","$ref":"b","$defs":{
      "back":{"$dynamicAnchor":"x","$ref":"b"},
      "b":{"$id":"b","$dynamicRef":"#x","$defs":{"end":{"$dynamicAnchor":"x","type":"integer"}}}}})"));
  CHECK_FALSE(schema.valid(json(1)));
  CHECK(schema.validate(json(1))[0].message == "checking this goes more than 1000 levels deep");
}

TEST_CASE("defaults are filled through $dynamicRef and dependentSchemas") {
  const Schema dynamic = compiled(json::parse(R"({"$id":"https://example.org/a","$ref":"list","$defs":{
      "mine":{"$dynamicAnchor":"item","properties":{"a":{"default":1}}},
      "list":{"$id":"list","items":{"$dynamicRef":"#item"},"$defs":{"any":{"$dynamicAnchor":"item"}}}}})"));
  json value = json::parse("[{}]");
  CHECK(dynamic.validate(value, Defaults::fill).empty());
  CHECK(value == json::parse(R"([{"a":1}])"));
  const Schema dependent = compiled(json::parse(R"({"dependentSchemas":{"card":{"properties":{"address":{"default":"none"}}}}})"));
  json paid = json::parse(R"({"card":1})"), free = json::object();
  CHECK(dependent.validate(paid, Defaults::fill).empty());
  CHECK(dependent.validate(free, Defaults::fill).empty());
  CHECK(paid == json::parse(R"({"card":1,"address":"none"})"));
  CHECK(free == json::object());
}

TEST_CASE("a violation says where its keyword was written, where that is not where it was reached") {
  const auto absolute = [](const char* schema, const char* value) {
    const auto found = compiled(json::parse(schema)).validate(json::parse(value));
    return found.empty() ? "valid" : found[0].absolute_keyword_location;
  };
  CHECK(absolute(R"({"properties":{"a":{"type":"string"}}})", R"({"a":1})") == "");
  CHECK(absolute(R"({"properties":{"a":{"$ref":"#/$defs/x y"}},"$defs":{"x y":{"items":{"type":"string"}}}})", R"({"a":[1]})") == "#/$defs/x%20y/items/type");
  CHECK(absolute(R"({"$id":"https://example.org/a","minimum":3})", "1") == "https://example.org/a#/minimum");
  const char* nested = R"({"$id":"https://example.org/a","allOf":[{"$ref":"b"}],"$defs":{"x":{"$id":"b","dependentRequired":{"k":["l"]}}}})";
  CHECK(absolute(nested, R"({"k":1})") == "https://example.org/b#/dependentRequired/k");
  CHECK(basic_output(compiled(json::parse(nested)).validate(json::parse(R"({"k":1})")))["errors"][0] ==
        json{{"keywordLocation", "/allOf/0/$ref/dependentRequired/k"},
             {"absoluteKeywordLocation", "https://example.org/b#/dependentRequired/k"},
             {"instanceLocation", ""},
             {"error", "the property \"l\" is missing; it is required where \"k\" is given"}});
}

TEST_CASE("a validation ends when its time is over") {
  SchemaOptions options;
  options.limits.time = std::chrono::milliseconds(1);
  options.limits.steps = std::numeric_limits<std::size_t>::max();
  json doubling = {{"$ref", "#/$defs/d0"}, {"$defs", json::object()}};
  for (int i = 0; i < 60; ++i) {
    const json next = {{"$ref", "#/$defs/d" + std::to_string(i + 1)}};
    doubling["$defs"]["d" + std::to_string(i)] = {{"allOf", {next, next}}};
  }
  doubling["$defs"]["d60"] = json::object();
  const Schema schema = compiled(doubling, options);  // 2^60 steps
  CHECK_FALSE(schema.valid(json(1)));
  CHECK(schema.validate(json(1))[0].message == "checking this takes more than 1 ms");
}
