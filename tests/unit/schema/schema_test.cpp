// SPDX-License-Identifier: Apache-2.0
// Compiling schemas, validating values, filling defaults, and the words of violations.
#include <sumun/schema.hpp>

#include <doctest/doctest.h>

#include <thread>

using namespace sumun;

namespace {

Schema compiled(const char* text, const SchemaOptions& options = {}) {
  auto schema = Schema::compile(json::parse(text), options);
  REQUIRE_MESSAGE(schema.has_value(), (schema.has_error() ? schema.error().message : ""));
  return *schema;
}

std::string refusal(const json& document, const SchemaOptions& options = {}) {
  const auto schema = Schema::compile(document, options);
  return schema.has_error() ? schema.error().message : "no error";
}

json deep(const char* key, std::size_t levels) {
  json out = true;
  for (std::size_t i = 0; i < levels; ++i) out = json{{key, std::move(out)}};
  return out;
}

}  // namespace

TEST_CASE("each keyword accepts and refuses what the standard says") {
  const struct {
    const char* schema;
    std::initializer_list<const char*> good, bad;
  } table[] = {
      {"true", {"1", "null", "{}"}, {}},
      {"false", {}, {"1", "null", "{}"}},
      {"{}", {"1", "null", "{}"}, {}},
      {R"({"type":"integer"})", {"1", "-3", "1.0", "1e300"}, {"1.5", "\"1\"", "null", "true"}},
      {R"({"type":"number"})", {"1", "1.5"}, {"\"1\""}},
      {R"({"type":"string"})", {"\"\""}, {"1"}},
      {R"({"type":"boolean"})", {"true", "false"}, {"0", "null"}},
      {R"({"type":"null"})", {"null"}, {"0", "false"}},
      {R"({"type":["array","object"]})", {"[]", "{}"}, {"0"}},
      {R"({"enum":["a",1,null,{"a":1}]})", {"\"a\"", "1", "1.0", "null", "{\"a\":1.0}"}, {"\"b\"", "2", "false", "{}"}},
      {R"({"enum":["a","b"],"const":"b"})", {"\"b\""}, {"\"a\"", "1"}},
      {R"({"const":0})", {"0", "0.0"}, {"false", "null", "[]"}},
      {R"({"minimum":1.5,"maximum":3})", {"2", "1.5", "3", "\"x\""}, {"1", "3.01", "4"}},
      {R"({"exclusiveMinimum":1,"exclusiveMaximum":3})", {"2", "1.001"}, {"1", "3"}},
      {R"({"minimum":-9223372036854775808,"maximum":18446744073709551615})", {"0", "18446744073709551615"}, {"1e20", "-1e19"}},
      {R"({"minimum":1e20})", {"1e21"}, {"5", "18446744073709551615"}},
      {R"({"maximum":-1e20})", {"-1e21"}, {"-9223372036854775808"}},
      {R"({"multipleOf":0.01})", {"0.07", "4.35", "3"}, {"0.075"}},
      {R"({"minLength":2,"maxLength":3})", {"\"ab\"", "\"éé\"", "\"😀😀😀\"", "1"}, {"\"a\"", "\"é\"", "\"abcd\""}},
      {R"({"pattern":"^[a-z]+$"})", {"\"abc\"", "5"}, {"\"aBc\"", "\"\""}},
      {R"({"format":"email"})", {"\"no email at all\""}, {}},
      {R"({"minItems":1,"maxItems":2})", {"[1]", "[1,2]", "{}"}, {"[]", "[1,2,3]"}},
      {R"({"items":{"type":"integer"}})", {"[]", "[1,2]"}, {"[1,\"x\"]"}},
      {R"({"prefixItems":[{"type":"string"}],"items":{"type":"integer"}})", {"[]", "[\"a\",1,2]"}, {"[1]", "[\"a\",\"b\"]"}},
      {R"({"prefixItems":[{"type":"string"}],"items":false})", {"[\"a\"]"}, {"[\"a\",1]"}},
      {R"({"uniqueItems":true})", {"[1,2]", "[1,true]", "[{\"a\":1},{\"a\":2}]"}, {"[1,1.0]", "[{\"a\":1,\"b\":2},{\"b\":2,\"a\":1}]"}},
      {R"({"contains":{"type":"integer"}})", {"[\"a\",1]"}, {"[]", "[\"a\"]"}},
      {R"({"contains":{"type":"integer"},"minContains":2,"maxContains":3})", {"[1,2]", "[1,2,3,\"a\"]"}, {"[1]", "[1,2,3,4]"}},
      {R"({"contains":{"type":"integer"},"minContains":0})", {"[]"}, {}},
      {R"({"minProperties":1,"maxProperties":2})", {"{\"a\":1}"}, {"{}", "{\"a\":1,\"b\":2,\"c\":3}"}},
      {R"({"required":["a","b"],"properties":{"b":{"type":"integer"}}})", {"{\"a\":1,\"b\":2}", "[]"}, {"{\"a\":1}", "{\"b\":2}", "{\"a\":1,\"b\":\"x\"}"}},
      {R"({"properties":{"a":true},"additionalProperties":false})", {"{}", "{\"a\":1}"}, {"{\"b\":1}", "{\"A\":1}"}},
      {R"({"required":["r"],"additionalProperties":false})", {}, {"{\"r\":1}", "{}"}},
      {R"({"properties":{"a":{}},"additionalProperties":{"type":"integer"}})", {"{\"a\":\"x\",\"b\":1}"}, {"{\"b\":\"x\"}"}},
      {R"({"patternProperties":{"^x-":{"type":"integer"}},"additionalProperties":false})", {"{\"x-a\":1}"}, {"{\"x-a\":\"s\"}", "{\"y\":1}"}},
      {R"({"properties":{"ab":{"minimum":5}},"patternProperties":{"^a":{"maximum":7}}})", {"{\"ab\":6}"}, {"{\"ab\":4}", "{\"ab\":8}", "{\"ac\":8}"}},
      {R"({"propertyNames":{"maxLength":2}})", {"{\"ab\":1}"}, {"{\"abc\":1}"}},
      {R"({"dependentRequired":{"a":["b"]}})", {"{}", "{\"a\":1,\"b\":2}", "{\"b\":1}"}, {"{\"a\":1}"}},
      {R"({"dependentSchemas":{"a":{"required":["b"]}}})", {"{\"a\":1,\"b\":2}"}, {"{\"a\":1}"}},
      {R"({"allOf":[{"minimum":1},{"maximum":3}]})", {"2"}, {"0", "4"}},
      {R"({"anyOf":[{"type":"string"},{"minimum":3}]})", {"\"x\"", "3", "null"}, {"2"}},
      {R"({"oneOf":[{"type":"integer"},{"minimum":3}]})", {"1", "3.5"}, {"4", "1.5"}},
      {R"({"not":{"type":"string"}})", {"1"}, {"\"x\""}},
      {R"({"if":{"type":"integer"},"then":{"minimum":3},"else":{"type":"string"}})", {"3", "\"x\""}, {"2", "null"}},
      {R"({"if":{"type":"integer"}})", {"3", "null"}, {}},
      {R"({"then":false,"else":false})", {"3"}, {}},
      {R"({"$ref":"#/$defs/positive","$defs":{"positive":{"minimum":1}}})", {"1"}, {"0"}},
      {R"({"$ref":"#/$defs/a~1b%25","maximum":3,"$defs":{"a/b%":{"minimum":1}}})", {"1"}, {"0", "4"}},
      {R"({"$ref":"#here","$defs":{"x":{"$anchor":"here","type":"integer"}}})", {"1"}, {"\"x\""}},
      {R"({"properties":{"next":{"$ref":"#"}},"additionalProperties":false})", {"{\"next\":{\"next\":{}}}"}, {"{\"next\":{\"next\":{\"x\":1}}}"}},
      {R"({"$id":"https://example.org/a","$ref":"https://example.org/a#/$defs/x","$defs":{"x":{"type":"integer"}}})", {"1"}, {"\"x\""}},
      {R"({"$schema":"https://json-schema.org/draft/2020-12/schema#","title":"t","x-mine":{"type":3},"examples":[1],"deprecated":true})", {"1"}, {}},
      {R"({"dependencies":{"a":["b"],"c":{"required":["d"]}}})", {"{\"a\":1,\"b\":1}"}, {"{\"a\":1}", "{\"c\":1}"}},
  };
  for (const auto& row : table) {
    CAPTURE(row.schema);
    const Schema schema = compiled(row.schema);
    for (const char* text : row.good) {
      CAPTURE(text);
      const json value = json::parse(text);
      CHECK(schema.valid(value));
      CHECK(explain(schema.validate(value)) == "");
    }
    for (const char* text : row.bad) {
      CAPTURE(text);
      const json value = json::parse(text);
      CHECK_FALSE(schema.valid(value));
      CHECK_FALSE(schema.validate(value).empty());
    }
  }
}

TEST_CASE("a schema that is wrong is refused with the place and the reason") {
  const struct {
    const char *schema, *want;
  } table[] = {
      {"3", "#: a schema must be an object or a boolean"},
      {R"({"type":"strin"})", "#/type: must be one of null, boolean, object, array, string, integer, number, or a list of them; found \"strin\""},
      {R"({"type":["string","null","string"]})", "#/type: names \"string\" twice"},
      {R"({"required":["a","b","a"]})", "#/required: names \"a\" twice"},
      {R"({"dependentRequired":{"x":["a","a"]}})", "names \"a\" twice"},
      {R"({"$defs":{"a":{"$id":"https://example.org/x"},"b":{"$id":"https://example.org/x"}}})", "#/$defs/b/$id: \"https://example.org/x\" is at #/$defs/a already"},
      {R"({"$id":"https://example.org/x","$defs":{"b":{"$id":"x"}}})", "#/$defs/b/$id: \"https://example.org/x\" is at # already"},
      {R"({"type":[]})", "#/type: must name at least one type"},
      {R"({"properties":{"a":{"minimum":"x"}}})", "#/properties/a/minimum: must be a number"},
      {R"({"properties":{"a":3}})", "#/properties/a: a schema must be an object or a boolean"},
      {R"({"properties":[]})", "#/properties: must be an object"},
      {R"({"required":"a"})", "#/required: must be a list of names"},
      {R"({"required":[1]})", "#/required: must be a list of names"},
      {R"({"enum":3})", "#/enum: must be an array"},
      {R"({"minLength":-1})", "#/minLength: must be a whole number, 0 or more"},
      {R"({"minLength":1.5})", "#/minLength: must be a whole number, 0 or more"},
      {R"({"multipleOf":0})", "#/multipleOf: must be more than 0"},
      {R"({"exclusiveMinimum":true})", "#/exclusiveMinimum: must be a number"},
      {R"({"items":[{}]})", "#/items: must be one schema; a list of schemas is prefixItems in 2020-12"},
      {R"({"allOf":[]})", "#/allOf: must be a list of at least one schema"},
      {R"({"anyOf":[{},3]})", "#/anyOf/1: a schema must be an object or a boolean"},
      {R"({"pattern":"(a"})", "#/pattern: \"(a\" is no pattern: a group is not closed at offset 2"},
      {R"({"patternProperties":{"[":{}}})", "#/patternProperties/[: \"[\" is no pattern: [...] is not closed at offset 1"},
      {R"({"$ref":"#/$defs/a"})", "#/$ref: \"#/$defs/a\" leads nowhere"},
      {R"({"$ref":"#anchor"})", "#/$ref: \"#anchor\" leads nowhere"},
      {R"({"$ref":"https://example.org/other"})", "#/$ref: \"https://example.org/other\" is not one of the documents at hand, and nothing is ever fetched"},
      {R"({"$ref":3})", "#/$ref: must be a text"},
      {R"({"$ref":"#"})", "#/$ref: a reference leads back to itself without going into the value"},
      {R"({"$ref":"#/$defs/a","$defs":{"a":{"anyOf":[{"$ref":"#/$defs/a"}]}}})", "a reference leads back to itself without going into the value"},
      {R"({"$schema":"http://json-schema.org/draft-04/schema#"})",
       "#/$schema: the dialect \"http://json-schema.org/draft-04/schema#\" (draft-04) is not supported: this validator reads 2020-12, 2019-09 and draft-07"},
      {R"({"$schema":"https://example.org/mine"})", "the dialect \"https://example.org/mine\" is not supported"},
      {R"({"$defs":{"a":{"$id":"x#y"}}})", "#/$defs/a/$id: \"x#y\" has a fragment; a name inside a document is an $anchor"},
      {R"({"$id":3})", "#/$id: must be a text"},
      {R"({"$defs":{"a":{"$anchor":"1"}}})", "#/$defs/a/$anchor: \"1\" is no name: letters, digits, - _ . : after a letter or _"},
      {R"({"$anchor":"a","$defs":{"b":{"$anchor":"a"}}})", "#/$defs/b: the anchor \"a\" is at # already"},
      {R"({"$defs":{"b":{"$schema":"http://json-schema.org/draft-07/schema#"}}})", "#/$defs/b/$schema: another dialect inside a schema takes an $id beside it"},
      {R"({"$defs":{"a":{"type":"x"}}})", "#/$defs/a/type: must be one of"},
      {R"({"unevaluatedProperties":3})", "#/unevaluatedProperties: a schema must be an object or a boolean"},
      {R"({"properties":{"a":{"$dynamicRef":"#x"}}})", "#/properties/a/$dynamicRef: \"#x\" leads nowhere"},
      {R"({"$dynamicAnchor":"a","$defs":{"b":{"$dynamicRef":"#a"}},"allOf":[{"$ref":"#/$defs/b"}]})", "#/$defs/b/$dynamicRef: a reference leads back to itself without going into the value"},
      {R"({"$dynamicRef":"#a","$dynamicAnchor":"a"})", "#/$dynamicRef: a reference leads back to itself without going into the value"},
      {R"({"properties":{"a/b":{"type":7}}})", "#/properties/a~1b/type: must be one of"},
  };
  for (const auto& row : table) {
    CAPTURE(row.schema);
    const auto message = refusal(json::parse(row.schema));
    CAPTURE(message);
    CHECK(message.find(row.want) != std::string::npos);
  }
}

TEST_CASE("a $ref may name a document that was handed in") {
  SchemaOptions options;
  options.documents["https://example.org/units"] = json::parse(R"({"$defs":{"length":{"type":"number","minimum":0},"pair":{"$ref":"#/$defs/length"}}})");
  const Schema schema = compiled(R"({"properties":{"l":{"$ref":"https://example.org/units#/$defs/pair"}}})", options);
  CHECK(schema.valid(json{{"l", 1}}));
  CHECK_FALSE(schema.valid(json{{"l", -1}}));
}

TEST_CASE("violations say where, by which keyword, and what, so that a model can mend its call") {
  const Schema search = compiled(R"({"type":"object","properties":{
      "query":{"type":"string","minLength":1,"maxLength":8},
      "limit":{"type":"integer","minimum":1,"maximum":50,"multipleOf":5},
      "sort":{"enum":["newest","oldest","relevance"]},
      "tags":{"type":"array","items":{"type":"string","pattern":"^[a-z]+$"},"maxItems":2,"uniqueItems":true},
      "range":{"type":"object","properties":{"from":{"type":"number","exclusiveMinimum":0}},"required":["from"]},
      "only-ascii":{"const":true}},
      "required":["query"],"additionalProperties":false})");
  const struct {
    const char *value, *sentence, *instance, *keyword;
  } table[] = {
      {R"({"query":"x","limit":500})", "arguments.limit: 500 is more than the maximum 50", "/limit", "/properties/limit/maximum"},
      {R"({"query":"x","limit":0})", "arguments.limit: 0 is less than the minimum 1", "/limit", "/properties/limit/minimum"},
      {R"({"query":"x","limit":7})", "arguments.limit: 7 is not a multiple of 5", "/limit", "/properties/limit/multipleOf"},
      {R"({"query":"x","limit":"ten"})", "arguments.limit: expected integer, found string \"ten\"", "/limit", "/properties/limit/type"},
      {R"({"query":"x","limit":1.5})", "arguments.limit: expected integer, found number 1.5", "/limit", "/properties/limit/type"},
      {R"({"query":"x","limt":5})", "arguments.limt: unknown property; did you mean \"limit\"?", "/limt", "/additionalProperties"},
      {R"({"query":"x","Limit":5})", "arguments.Limit: unknown property; did you mean \"limit\"?", "/Limit", "/additionalProperties"},
      {R"({"query":"x","only_ascii":true})", "arguments.only_ascii: unknown property; did you mean \"only-ascii\"?", "/only_ascii", "/additionalProperties"},
      {R"({"query":"x","zzzzzz":5})",
       "arguments.zzzzzz: unknown property; known are \"limit\", \"only-ascii\", \"query\", \"range\", \"sort\", \"tags\"", "/zzzzzz", "/additionalProperties"},
      {"{}", "arguments: the required property \"query\" is missing", "", "/required"},
      {R"({"query":"x","range":{}})", "arguments.range: the required property \"from\" is missing", "/range", "/properties/range/required"},
      {R"({"query":"x","range":{"from":0}})", "arguments.range.from: 0 is not more than 0", "/range/from", "/properties/range/properties/from/exclusiveMinimum"},
      {R"({"query":""})", "arguments.query: is empty; at least 1 character expected", "/query", "/properties/query/minLength"},
      {R"({"query":"123456789"})", "arguments.query: has 9 characters, more than the maximum 8", "/query", "/properties/query/maxLength"},
      {R"({"query":"x","sort":"newst"})",
       "arguments.sort: expected one of \"newest\", \"oldest\", \"relevance\", found \"newst\"; did you mean \"newest\"?", "/sort", "/properties/sort/enum"},
      {R"({"query":"x","tags":["a","B"]})", "arguments.tags[1]: \"B\" does not match the pattern \"^[a-z]+$\"", "/tags/1", "/properties/tags/items/pattern"},
      {R"({"query":"x","tags":["a","b","c"]})", "arguments.tags: has 3 items, more than the maximum 2", "/tags", "/properties/tags/maxItems"},
      {R"({"query":"x","tags":["a","a"]})", "arguments.tags: holds \"a\" more than once; all items must differ", "/tags", "/properties/tags/uniqueItems"},
      {R"({"query":"x","only-ascii":false})", "arguments[\"only-ascii\"]: expected true, found false", "/only-ascii", "/properties/only-ascii/const"},
      {"[]", "arguments: expected object, found an array", "", "/type"},
  };
  for (const auto& row : table) {
    CAPTURE(row.value);
    const auto found = search.validate(json::parse(row.value));
    REQUIRE(found.size() == 1);
    CHECK(found[0].sentence() == row.sentence);
    CHECK(found[0].instance_location == row.instance);
    CHECK(found[0].keyword_location == row.keyword);
  }
  const auto several = search.validate(json::parse(R"({"limit":500,"x":1})"));
  CHECK(several.size() == 3);
  CHECK(explain({several.begin(), several.begin() + 2}, "") == "limit: 500 is more than the maximum 50\nthe required property \"query\" is missing");
}

TEST_CASE("in oneOf the branch that a constant names is the one that is explained") {
  const Schema shape = compiled(R"({"properties":{"shape":{"oneOf":[
      {"type":"object","properties":{"kind":{"const":"circle"},"radius":{"type":"number"}},"required":["kind","radius"],"additionalProperties":false},
      {"$ref":"#/$defs/square"}]}},
      "$defs":{"square":{"type":"object","properties":{"kind":{"const":"square"},"side":{"type":"number"}},"required":["kind","side"]}}})");
  const auto words = [&](const char* text) { return explain(shape.validate(json::parse(text)), "arguments"); };
  CHECK(words(R"({"shape":{"kind":"square","side":1}})") == "");
  CHECK(words(R"({"shape":{"kind":"circle","radius":"x"}})") == "arguments.shape.radius: expected number, found string \"x\"");
  CHECK(words(R"({"shape":{"kind":"square"}})") == "arguments.shape: the required property \"side\" is missing");
  CHECK(words(R"({"shape":{"kind":"circel"}})") ==
        "arguments.shape.kind: expected one of \"circle\", \"square\", found string \"circel\"; did you mean \"circle\"?");
  CHECK(words(R"({"shape":{"radius":1}})") ==
        "arguments.shape: the required property \"kind\" is missing; expected one of \"circle\", \"square\"");
}

TEST_CASE("without a constant the nearest branch comes first") {
  const Schema schema = compiled(R"({"anyOf":[{"type":"string","minLength":3},{"type":"object","properties":{"a":{"type":"integer"}},"required":["a","b"]},
      {"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}]})");
  const auto found = schema.validate(json::parse(R"({"a":"x"})"));
  REQUIRE(found.size() == 2);
  CHECK(found[0].sentence("v") == "v.a: expected integer, found string \"x\"");
  CHECK(found[0].keyword_location == "/anyOf/2/properties/a/type");
  CHECK(found[1].sentence("v") == "v: fits none of the 3 forms allowed here");
  CHECK(schema.validate(json("x"))[0].sentence("v") == "v: has 1 character, fewer than the minimum 3");
  CHECK(explain(schema.validate(json(5)), "v") == "v: expected string or object, found number 5");
  const Schema both = compiled(R"({"oneOf":[{"minimum":1},{"maximum":5}]})");
  CHECK(explain(both.validate(json(3)), "v") ==
        "v: fits more than one of the forms of which exactly one is allowed (form 1 and form 2)");
}

TEST_CASE("keyword locations go through $ref, and names are escaped") {
  const Schema schema = compiled(R"({"properties":{"a/b~c":{"$ref":"#/$defs/x"}},"$defs":{"x":{"allOf":[{"type":"integer"}]}}})");
  const auto found = schema.validate(json::parse(R"({"a/b~c":"s"})"));
  REQUIRE(found.size() == 1);
  CHECK(found[0].instance_location == "/a~1b~0c");
  CHECK(found[0].keyword_location == "/properties/a~1b~0c/$ref/allOf/0/type");
  CHECK(found[0].sentence("v") == "v[\"a/b~c\"]: expected integer, found string \"s\"");
}

TEST_CASE("the standard's output formats") {
  const Schema schema = compiled(R"({"minimum":3})");
  CHECK(flag_output(schema.validate(json(3))) == json{{"valid", true}});
  CHECK(basic_output(schema.validate(json(3))) == json{{"valid", true}});
  CHECK(basic_output(schema.validate(json(1))) ==
        json::parse(R"({"valid":false,"errors":[{"keywordLocation":"/minimum","instanceLocation":"","error":"1 is less than the minimum 3"}]})"));
}

TEST_CASE("absent members are filled with their defaults, in place") {
  const struct {
    const char *name, *schema, *value, *want;
  } table[] = {
      {"a property", R"({"properties":{"a":{"default":1},"b":{}}})", "{}", R"({"a":1})"},
      {"one that is there", R"({"properties":{"a":{"default":1}}})", R"({"a":null})", R"({"a":null})"},
      {"required", R"({"properties":{"a":{"default":1}},"required":["a"]})", "{}", R"({"a":1})"},
      {"inside a property", R"({"properties":{"o":{"properties":{"a":{"default":1}}}}})", R"({"o":{}})", R"({"o":{"a":1}})"},
      {"inside an absent one", R"({"properties":{"o":{"properties":{"a":{"default":1}}}}})", "{}", "{}"},
      {"inside a default", R"({"properties":{"o":{"default":{},"properties":{"a":{"default":1}}}}})", "{}", R"({"o":{"a":1}})"},
      {"items", R"({"items":{"properties":{"a":{"default":1}}}})", "[{},{\"a\":2}]", R"([{"a":1},{"a":2}])"},
      {"prefixItems", R"({"prefixItems":[{"properties":{"a":{"default":1}}}]})", "[{},{}]", R"([{"a":1},{}])"},
      {"through $ref", R"({"properties":{"o":{"$ref":"#/$defs/x"}},"$defs":{"x":{"default":{"k":2}}}})", "{}", R"({"o":{"k":2}})"},
      {"allOf", R"({"allOf":[{"properties":{"a":{"default":1}}}]})", "{}", R"({"a":1})"},
      {"the branch of oneOf that holds", R"({"oneOf":[{"properties":{"k":{"const":1},"a":{"default":1}}},{"properties":{"k":{"const":2},"b":{"default":2}}}]})",
       R"({"k":2})", R"({"k":2,"b":2})"},
      {"then", R"({"if":{"required":["k"]},"then":{"properties":{"a":{"default":1}}},"else":{"properties":{"b":{"default":2}}}})", R"({"k":0})", R"({"k":0,"a":1})"},
      {"else", R"({"if":{"required":["k"]},"then":{"properties":{"a":{"default":1}}},"else":{"properties":{"b":{"default":2}}}})", "{}", R"({"b":2})"},
      {"patternProperties", R"({"patternProperties":{"^x":{"properties":{"a":{"default":1}}}}})", R"({"x1":{},"y":{}})", R"({"x1":{"a":1},"y":{}})"},
      {"additionalProperties", R"({"properties":{"p":{}},"additionalProperties":{"properties":{"a":{"default":1}}}})", R"({"p":{},"q":{}})", R"({"p":{},"q":{"a":1}})"},
      {"additionalProperties beside patterns", R"({"additionalProperties":{"properties":{"q":{"default":1}}},"patternProperties":{"^p":{}}})", R"({"o":{},"p":{}})",
       R"({"o":{"q":1},"p":{}})"},
      {"a property whose default is in its allOf", R"({"properties":{"a":{"type":"integer","allOf":[{},{"default":1},{"default":2}]}}})", "{}", R"({"a":1})"},
      {"one that makes two branches fit is taken out", R"({"oneOf":[{"properties":{"x":{"default":"one"}}},{"required":["x"]}]})", "{}", "{}"},
      {"one too many is taken out", R"({"properties":{"a":{"default":1},"b":{"properties":{"c":{"default":2}}}},"maxProperties":1})", R"({"b":{}})", R"({"b":{}})"},
      {"one that breaks its own schema is not", R"({"properties":{"a":{"type":"integer","default":"x"}}})", "{}", "{}"},
      {"a schema that contains itself", R"({"properties":{"kid":{"$ref":"#"}},"default":{}})", "{}", R"({"kid":{}})"},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    const Schema schema = compiled(row.schema);
    json value = json::parse(row.value);
    CHECK(explain(schema.validate(value, Defaults::leave)) == explain(schema.validate(std::as_const(value))));
    CHECK(value == json::parse(row.value));
    CHECK(explain(schema.validate(value, Defaults::fill)) == "");
    CHECK(value == json::parse(row.want));
  }
}

TEST_CASE("a value that is wrong with its defaults and without them is explained with them") {
  const Schema schema = compiled(R"({"properties":{"a":{"default":1},"b":{"type":"string"}},"required":["a","b"]})");
  json value = json::parse(R"({"b":2})");
  CHECK(explain(schema.validate(value, Defaults::fill)) == "arguments.b: expected string, found number 2; put it in quotes: \"2\"");
  CHECK(value == json::parse(R"({"a":1,"b":2})"));
}

TEST_CASE("hostile schemas and values end within their bounds") {
  CHECK(refusal(deep("not", 5000)).find("nested more than 128 levels") != std::string::npos);
  CHECK(refusal(deep("properties", 5000)).find("nested more than 128 levels") != std::string::npos);

  SchemaOptions small;
  small.limits.subschemas = 10;
  json wide = {{"properties", json::object()}};
  for (int i = 0; i < 20; ++i) wide["properties"][std::to_string(i)] = true;
  CHECK(refusal(wide, small).find("more than 10 subschemas") != std::string::npos);
  SchemaOptions few;
  few.limits.references = 3;
  CHECK(refusal(json::parse(R"({"allOf":[{"$ref":"#/$defs/x"},{"$ref":"#/$defs/x"},{"$ref":"#/$defs/x"},{"$ref":"#/$defs/x"}],"$defs":{"x":{}}})"), few)
            .find("more than 3 references") != std::string::npos);

  SchemaOptions hasty;
  hasty.limits.steps = 10;
  json defaults = {{"properties", json::object()}};
  for (int i = 0; i < 20; ++i) defaults["properties"][std::to_string(i)] = {{"type", "integer"}, {"default", i}};
  CHECK(refusal(defaults, hasty).find("checking the defaults takes more than 10 steps") != std::string::npos);

  // Each definition applies the next one twice: 2^60 evaluations for a program of 120 nodes.
  json doubling = {{"$ref", "#/$defs/d0"}, {"$defs", json::object()}};
  for (int i = 0; i < 60; ++i) {
    const json next = {{"$ref", "#/$defs/d" + std::to_string(i + 1)}};
    doubling["$defs"]["d" + std::to_string(i)] = {{"allOf", {next, next}}};
  }
  doubling["$defs"]["d60"] = json::object();
  const auto schema = Schema::compile(doubling);
  REQUIRE(schema.has_value());
  CHECK_FALSE(schema->valid(json(1)));
  CHECK(schema->validate(json(1))[0].message == "checking this takes more than 2000000 steps");
  json inverted = doubling;
  inverted["$defs"]["d0"] = {{"not", {{"$ref", "#/$defs/d1"}}}};
  CHECK_FALSE(Schema::compile(inverted)->valid(json(1)));  // giving up is no "not"

  // A chain of references deeper than the stack allows.
  json chain = {{"$ref", "#/$defs/c0"}, {"$defs", json::object()}};
  for (int i = 0; i < 5000; ++i) chain["$defs"]["c" + std::to_string(i)] = {{"allOf", {{{"$ref", "#/$defs/c" + std::to_string(i + 1)}}}}};
  chain["$defs"]["c5000"] = json::object();
  const auto chained = Schema::compile(chain);
  REQUIRE(chained.has_value());
  CHECK(chained->validate(json(1))[0].message == "checking this goes more than 1000 levels deep");

  const Schema unique = compiled(R"({"uniqueItems":true})");
  json many = json::array();
  for (int i = 0; i < 200'000; ++i) many.push_back({{"n", i}});
  CHECK(unique.valid(many));
  many.push_back({{"n", 5.0}});
  CHECK_FALSE(unique.valid(many));

  const Schema list = compiled(R"({"items":{"type":"string"}})");
  const auto found = list.validate(json(std::vector<int>(100'000, 1)));
  CHECK(found.size() == SchemaLimits{}.violations);

  const Schema pattern = compiled(R"({"pattern":"^(a+)+$"})");
  CHECK_FALSE(pattern.valid(json(std::string(20'000, 'a') + "!")));
  CHECK(pattern.validate(json(std::string(20'000, 'a') + "!"))[0].message.size() < 300);
}

TEST_CASE("one schema serves many threads at once") {
  const Schema schema = compiled(R"({"type":"object","properties":{"a":{"type":"integer","default":1},"s":{"pattern":"^x+$"}},"required":["a"]})");
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&schema, &good] {
      for (int n = 0; n < 500; ++n) {
        json value = {{"s", "xxx"}};
        const bool filled = schema.validate(value, Defaults::fill).empty() && value["a"] == 1;
        const bool refused = !schema.validate(std::as_const(value)["s"]).empty();
        good += filled && refused;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(good == 2000);
}

TEST_CASE("a schema is a value") {
  const Schema everything;
  CHECK(everything.valid(json(1)));
  CHECK(everything.document() == json::object());
  Schema copy = compiled(R"({"type":"string"})");
  const Schema other = copy;
  copy = everything;
  CHECK(copy.valid(json(1)));
  CHECK_FALSE(other.valid(json(1)));
  CHECK(other.document() == json{{"type", "string"}});
}
