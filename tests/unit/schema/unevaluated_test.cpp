// SPDX-License-Identifier: Apache-2.0
// unevaluatedProperties and unevaluatedItems: what counts as evaluated, and what is said of the rest.
#include <sumun/schema.hpp>

#include <doctest/doctest.h>

using namespace sumun;

namespace {

Schema compiled(const json& document, const SchemaOptions& options = {}) {
  auto schema = Schema::compile(document, options);
  REQUIRE_MESSAGE(schema.has_value(), (schema.has_error() ? schema.error().message : ""));
  return *schema;
}

}  // namespace

TEST_CASE("unevaluatedProperties sees what the keywords beside it evaluated") {
  const struct {
    const char* schema;  // beside "unevaluatedProperties": false
    std::initializer_list<const char*> good, bad;
  } table[] = {
      {"{}", {"{}", "[1]", "1"}, {R"({"a":1})"}},
      {R"({"properties":{"a":{}}})", {R"({"a":1})"}, {R"({"b":1})", R"({"a":1,"b":1})"}},
      {R"({"required":["a"]})", {}, {R"({"a":1})"}},
      {R"({"patternProperties":{"^x":{}}})", {R"({"x1":1})"}, {R"({"y":1})"}},
      {R"({"additionalProperties":{"type":"integer"}})", {R"({"b":1})"}, {R"({"b":"x"})"}},
      {R"({"allOf":[{"properties":{"a":{}}},{"properties":{"b":{}}}]})", {R"({"a":1,"b":1})"}, {R"({"a":1,"c":1})"}},
      {R"({"anyOf":[{"properties":{"a":{"type":"string"}}},{"properties":{"b":{"type":"string"}}}]})", {R"({"a":"x","b":"y"})", R"({"a":"x"})"}, {R"({"a":"x","b":1})"}},
      {R"({"oneOf":[{"properties":{"k":{"const":1},"a":{}},"required":["k"]},{"properties":{"k":{"const":2},"b":{}},"required":["k"]}]})",
       {R"({"k":1,"a":1})", R"({"k":2,"b":1})"}, {R"({"k":1,"b":1})"}},
      {R"({"not":{"not":{"properties":{"a":{}}}}})", {"{}"}, {R"({"a":1})"}},
      {R"({"if":{"properties":{"a":{"const":1}},"required":["a"]},"then":{"properties":{"b":{}}},"else":{"properties":{"c":{}}}})",
       {R"({"a":1,"b":1})", R"({"c":1})"}, {R"({"a":1,"c":1})", R"({"b":1})", R"({"a":2})"}},
      {R"({"if":{"properties":{"a":{"const":1}},"required":["a"]}})", {R"({"a":1})"}, {R"({"a":2})", R"({"a":1,"b":1})"}},
      {R"({"dependentSchemas":{"a":{"properties":{"a":{},"b":{}}}}})", {R"({"a":1,"b":1})"}, {R"({"b":1})"}},
      {R"({"$ref":"#/$defs/x","$defs":{"x":{"properties":{"a":{}}}}})", {R"({"a":1})"}, {R"({"b":1})"}},
      {R"({"allOf":[{"unevaluatedProperties":{"type":"integer"}}]})", {R"({"a":1})"}, {R"({"a":"x"})"}},
      {R"({"allOf":[{"unevaluatedProperties":true}]})", {R"({"a":1})"}, {}},
      {R"({"properties":{"o":{"properties":{"a":{}}}}})", {R"({"o":{"z":1}})"}, {R"({"a":1})"}},  // the inner object is its own
      {R"({"contains":{},"prefixItems":[{}]})", {"[1]"}, {R"({"0":1})"}},
  };
  for (const auto& row : table) {
    CAPTURE(row.schema);
    json document = json::parse(row.schema);
    document["unevaluatedProperties"] = false;
    const Schema schema = compiled(document);
    for (const char* text : row.good) {
      CAPTURE(text);
      CHECK(schema.valid(json::parse(text)));
      CHECK(explain(schema.validate(json::parse(text))) == "");
    }
    for (const char* text : row.bad) {
      CAPTURE(text);
      CHECK_FALSE(schema.valid(json::parse(text)));
      CHECK_FALSE(schema.validate(json::parse(text)).empty());
    }
  }
}

TEST_CASE("unevaluatedItems sees what the keywords beside it evaluated") {
  const struct {
    const char* schema;  // beside "unevaluatedItems": {"type": "null"}
    std::initializer_list<const char*> good, bad;
  } table[] = {
      {"{}", {"[]", "[null]", "{\"a\":1}"}, {"[1]"}},
      {R"({"prefixItems":[{"type":"string"}]})", {R"(["a"])", R"(["a",null])"}, {R"(["a",1])", "[1]"}},
      {R"({"items":{}})", {"[1,2]"}, {}},
      {R"({"allOf":[{"prefixItems":[{}]},{"prefixItems":[{},{}]}]})", {"[1,2]", "[1,2,null]"}, {"[1,2,3]"}},
      {R"({"anyOf":[{"prefixItems":[{"const":1}]},{"prefixItems":[{},{"const":2}]}]})", {"[1]", "[0,2]", "[1,2]"}, {"[1,3]"}},
      {R"({"contains":{"type":"string"}})", {R"(["a"])", R"([null,"a",null,"b"])"}, {R"(["a",1])"}},
      {R"({"allOf":[{"contains":{"multipleOf":2}},{"contains":{"multipleOf":3}}]})", {"[2,3,4,6]", "[6,null]"}, {"[2,3,5]"}},
      {R"({"if":{"prefixItems":[{"const":1}],"minItems":1},"then":{"prefixItems":[true,true]}})", {"[1,5]", "[null]"}, {"[2,5]", "[1,5,6]"}},
  };
  for (const auto& row : table) {
    CAPTURE(row.schema);
    json document = json::parse(row.schema);
    document["unevaluatedItems"] = {{"type", "null"}};
    const Schema schema = compiled(document);
    for (const char* text : row.good) {
      CAPTURE(text);
      CHECK(schema.valid(json::parse(text)));
    }
    for (const char* text : row.bad) {
      CAPTURE(text);
      CHECK_FALSE(schema.valid(json::parse(text)));
      CHECK_FALSE(schema.validate(json::parse(text)).empty());
    }
  }
}

TEST_CASE("what is unevaluated is named like an unknown property") {
  const Schema schema = compiled(json::parse(R"({"type":"object","allOf":[{"$ref":"#/$defs/page"}],"properties":{"query":{"type":"string"}},
      "unevaluatedProperties":false,"$defs":{"page":{"properties":{"limit":{"type":"integer"},"after":{"type":"string"}}}}})"));
  const auto found = schema.validate(json::parse(R"({"query":"x","limt":5})"));
  REQUIRE(found.size() == 1);
  CHECK(found[0].sentence() == "arguments.limt: unknown property; did you mean \"limit\"?");
  CHECK(found[0].keyword_location == "/unevaluatedProperties");
  // A wrong value is wrong, and not unknown on top of it.
  CHECK(explain(schema.validate(json::parse(R"({"limit":"x"})"))) == "arguments.limit: expected integer, found string \"x\"");
  CHECK(explain(schema.validate(json::parse(R"({"zzzzzz":1})"))) == "arguments.zzzzzz: unknown property; known are \"after\", \"limit\", \"query\"");
  const Schema list = compiled(json::parse(R"({"prefixItems":[{}],"unevaluatedItems":false})"));
  CHECK(explain(list.validate(json::parse("[1,2]")), "v") == "v[1]: an item too many");
}

TEST_CASE("a value of many members is judged like one of few") {
  const Schema schema = compiled(json::parse(R"({"patternProperties":{"^a":{}},"unevaluatedProperties":false})"));
  json many = json::object();
  for (int i = 0; i < 1000; ++i) many["a" + std::to_string(i)] = i;
  CHECK(schema.valid(many));
  many["b"] = 1;
  CHECK_FALSE(schema.valid(many));
  const Schema list = compiled(json::parse(R"({"contains":{"type":"integer"},"unevaluatedItems":false})"));
  json items = json::array();
  for (int i = 0; i < 1000; ++i) items.push_back(i);
  CHECK(list.valid(items));
  items[999] = "x";
  CHECK_FALSE(list.valid(items));
}

TEST_CASE("nested branches under unevaluated keywords end within the bounds") {
  json shared = {{"$ref", "#/$defs/d0"}, {"$defs", json::object()}};
  for (int i = 0; i < 40; ++i) {
    const json next = {{"$ref", "#/$defs/d" + std::to_string(i + 1)}};
    shared["$defs"]["d" + std::to_string(i)] = {{"anyOf", {next, next}}, {"unevaluatedProperties", false}};
  }
  shared["$defs"]["d40"] = {{"properties", {{"a", json::object()}}}};
  const Schema schema = compiled(shared);
  CHECK_FALSE(schema.valid(json{{"b", 1}}));
  CHECK_FALSE(schema.validate(json{{"b", 1}}).empty());
}
