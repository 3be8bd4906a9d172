// SPDX-License-Identifier: Apache-2.0
// The sentences of violations, read as whoever has to mend the value by them.
#include <sumun/schema.hpp>

#include <doctest/doctest.h>

#include <string>

namespace {

using sumun::json;
using sumun::Schema;

struct Row {
  const char* name;
  const char* schema;
  const char* value;
  const char* want;  // all lines
};

void check(const Row& row, sumun::FormatUse formats = sumun::FormatUse::annotation) {
  CAPTURE(std::string(row.name));
  sumun::SchemaOptions options;
  options.formats = formats;
  const auto schema = Schema::compile(json::parse(row.schema), options);
  REQUIRE_MESSAGE(schema.has_value(), (schema ? "" : schema.error().message));
  const std::string got = sumun::explain(schema->validate(json::parse(row.value)));
  CHECK(got == row.want);
}

TEST_CASE("a wrong type says how it is mended") {
  const Row table[] = {
      {"an object in a text", R"({"properties":{"filter":{"type":"object"}}})", R"({"filter":"{\"a\": 1}"})",
       "arguments.filter: expected object, found a string that holds JSON; send the object itself, not as a string"},
      {"an array in a text", R"({"properties":{"tags":{"type":"array"}}})", R"({"tags":"[1, 2]"})",
       "arguments.tags: expected array, found a string that holds JSON; send the array itself, not as a string"},
      {"an object in a text, or null", R"({"type":["object","null"]})", R"("{}")",
       "arguments: expected object or null, found a string that holds JSON; send the object itself, not as a string"},
      {"nearly JSON in a text", R"({"type":"object"})", R"("{a: 1}")", R"(arguments: expected object, found string "{a: 1}"; send the object itself, not as a string)"},
      {"an array where an object belongs, in a text", R"({"type":"object"})", R"("[1]")", R"(arguments: expected object, found string "[1]")"},
      {"all of the arguments in a text, in a branch", R"({"anyOf":[{"type":"object"},{"type":"null"}]})", R"("{\"a\":1}")",
       "arguments: expected object or null, found a string that holds JSON; send the object itself, not as a string"},
      {"an integer in quotes", R"({"type":"integer"})", R"("5")", R"(arguments: expected integer, found string "5"; send 5 without quotes)"},
      {"a fraction in quotes", R"({"type":"number"})", R"("-0.5")", R"(arguments: expected number, found string "-0.5"; send -0.5 without quotes)"},
      {"a fraction in quotes where an integer belongs", R"({"type":"integer"})", R"("5.5")", R"(arguments: expected integer, found string "5.5")"},
      {"a number in words", R"({"type":"integer"})", R"("five")", R"(arguments: expected integer, found string "five")"},
      {"a boolean in quotes", R"({"type":"boolean"})", R"("True")", R"(arguments: expected boolean, found string "True"; send true without quotes)"},
      {"null in quotes", R"({"type":["integer","null"]})", R"("null")", R"(arguments: expected integer or null, found string "null"; send null without quotes)"},
      {"a number without quotes", R"({"type":"string"})", "5", R"(arguments: expected string, found number 5; put it in quotes: "5")"},
      {"an object for a text", R"({"type":"string"})", "{}", "arguments: expected string, found an object"},
      {"one item for a list", R"({"type":"array","items":{"type":"integer"}})", "5", "arguments: expected array, found number 5; a single item is a list too: [5]"},
      {"one object for a list", R"({"type":"array"})", "{}", "arguments: expected array, found an object; a single item is a list too: put it in [ ]"},
      {"a fraction", R"({"type":"integer"})", "5.5", "arguments: expected integer, found number 5.5"},
      {"nothing at all", R"({"type":"integer"})", "null", "arguments: expected integer, found null"},
  };
  for (const Row& row : table) check(row);
}

TEST_CASE("only what would be valid then is advised") {
  const Row table[] = {
      {"a number in quotes, too large", R"({"type":"integer","maximum":10})", R"("50")", R"(arguments: expected integer, found string "50")"},
      {"a number in quotes, small enough", R"({"type":"integer","maximum":50})", R"("50")", R"(arguments: expected integer, found string "50"; send 50 without quotes)"},
      {"a number for a constant text", R"({"type":"string","const":"x"})", "5", "arguments: expected string, found number 5"},
      {"a number for a text that is longer", R"({"type":"string","minLength":2})", "5", "arguments: expected string, found number 5"},
      {"a text for a list of texts", R"({"type":"array","items":{"type":"string"}})", R"("a")", R"(arguments: expected array, found string "a"; a single item is a list too: ["a"])"},
      {"a number for a list of texts", R"({"type":"array","items":{"type":"string"}})", "5", "arguments: expected array, found number 5"},
      {"an object for a list of texts", R"({"type":"array","items":{"type":"string"}})", "{}", "arguments: expected array, found an object"},
      {"a text for a list of two", R"({"type":"array","minItems":2})", R"("a")", R"(arguments: expected array, found string "a")"},
      {"a number of a choice, in quotes", R"({"enum":[1]})", R"("1")", R"(arguments: expected 1, found "1"; send 1 without quotes)"},
      {"a boolean of a choice, in quotes", R"({"enum":[true]})", R"("true")", R"(arguments: expected true, found "true"; send true without quotes)"},
      {"a text of a choice, without quotes", R"({"enum":["1","2"]})", "2", R"(arguments: expected one of "1", "2", found 2; put it in quotes: "2")"},
      {"a number for an optional text", R"({"anyOf":[{"type":"string"},{"type":"null"}]})", "5", R"(arguments: expected string or null, found number 5; put it in quotes: "5")"},
  };
  for (const Row& row : table) check(row);
}

TEST_CASE("branches that want certain values are told together") {
  const Row table[] = {
      {"an optional choice behind a reference",
       R"({"properties":{"order":{"anyOf":[{"$ref":"#/$defs/O"},{"type":"null"}]}},"$defs":{"O":{"enum":["asc","desc"],"type":"string"}}})", R"({"order":"asce"})",
       R"(arguments.order: expected one of "asc", "desc", null, found "asce"; did you mean "asc"?)"},
      {"an optional choice", R"({"anyOf":[{"enum":["asc","desc"],"type":"string"},{"type":"null"}]})", R"("ascnd")",
       R"(arguments: expected one of "asc", "desc", null, found "ascnd"; did you mean "asc"?)"},
      {"an optional choice, and a number", R"({"anyOf":[{"enum":["asc","desc"],"type":"string"},{"type":"null"}]})", "5", R"(arguments: expected one of "asc", "desc", null, found 5)"},
      {"an optional choice two references deep",
       R"({"$ref":"#/$defs/M","$defs":{"M":{"anyOf":[{"$ref":"#/$defs/O"},{"type":"null"}]},"O":{"oneOf":[{"const":"a"},{"const":"b"}]}}})", R"("c")",
       R"(arguments: expected one of "a", "b", null, found "c")"},
      {"a text or a number", R"({"anyOf":[{"type":"string","const":"a"},{"type":"integer"}]})", R"("b")", R"(arguments: expected "a" or integer, found string "b")"},
      {"a text or a number in quotes", R"({"anyOf":[{"type":"string","const":"a"},{"type":"integer"}]})", R"("5")",
       R"(arguments: expected "a" or integer, found string "5"; send 5 without quotes)"},
      {"constants", R"({"anyOf":[{"const":"a"},{"const":"b"}]})", R"("c")", R"(arguments: expected one of "a", "b", found "c")"},
      {"exactly one constant", R"({"oneOf":[{"const":"alpha"},{"const":"beta"}]})", R"("bta")", R"(arguments: expected one of "alpha", "beta", found "bta"; did you mean "beta"?)"},
      {"a type of the standard's own schema", R"({"$ref":"https://json-schema.org/draft/2020-12/schema"})", R"({"type":"strin"})",
       R"(arguments.type: expected "array", "boolean", "integer", "null", "number", "object", "string" or array, found string "strin"; did you mean "string"?)"},
      {"a branch that fits the type is told alone", R"({"anyOf":[{"type":"string","maxLength":2},{"const":5}]})", R"("abc")",
       "arguments: has 3 characters, more than the maximum 2\narguments: fits none of the 2 forms allowed here"},
      {"numbers decide", R"({"oneOf":[{"type":"object","properties":{"op":{"const":1},"x":{}},"required":["op","x"]},{"type":"object","properties":{"op":{"const":2}},"required":["op"]}]})",
       R"({"op":3})", "arguments.op: expected one of 1, 2, found 3"},
      {"branches without a type", R"({"oneOf":[{"properties":{"op":{"const":"add"},"x":{}},"required":["op","x"]},{"properties":{"op":{"const":"drop"}},"required":["op"]}]})",
       R"({"op":"drp"})", R"(arguments.op: expected one of "add", "drop", found "drp"; did you mean "drop"?)"},
      {"the constant is not required", R"({"anyOf":[{"type":"object","properties":{"kind":{"const":"a"}}},{"type":"object","properties":{"kind":{"const":"b"}}}]})", R"({"kind":"c"})",
       R"(arguments.kind: expected one of "a", "b", found "c")"},
      {"type and required stand in the parent", R"({"type":"object","required":["m"],"oneOf":[{"properties":{"m":{"const":"x"}}},{"properties":{"m":{"const":"y"}}}]})", R"({"m":"z"})",
       R"(arguments.m: expected one of "x", "y", found "z")"},
      {"choices decide", R"({"oneOf":[{"properties":{"op":{"enum":[1,2]},"x":{}},"required":["op","x"]},{"properties":{"op":{"enum":[3,4]}}}]})", R"({"op":5})",
       "arguments.op: expected one of 1, 2, 3, 4, found 5\narguments: fits none of the 2 forms allowed here"},
      {"the constant is right, a choice beside it is not",
       R"({"oneOf":[{"properties":{"kind":{"const":1},"mode":{"enum":["x","y"]}}},{"properties":{"kind":{"const":2},"mode":{"enum":["z"]}}}]})", R"({"kind":1,"mode":"q"})",
       "arguments.mode: expected one of \"x\", \"y\", found \"q\"\narguments: fits none of the 2 forms allowed here"},
      {"one branch alone is near", R"({"anyOf":[{"type":"object","properties":{"kind":{"const":"a"},"n":{"type":"integer"}}},{"type":"null"}]})", R"({"kind":"b","n":true})",
       "arguments.kind: expected \"a\", found \"b\"\narguments.n: expected integer, found true\narguments: fits none of the 2 forms allowed here"},
      {"a branch that nothing fits", R"({"anyOf":[false,{"type":"string"}]})", "true", R"(arguments: expected string, found true; put it in quotes: "true")"},
  };
  for (const Row& row : table) check(row);
}

TEST_CASE("a name that is nearly right is told") {
  const Row table[] = {
      {"an unknown property", R"({"properties":{"limit":{}},"additionalProperties":false})", R"({"limti":5})", R"(arguments.limti: unknown property; did you mean "limit"?)"},
      {"none of the known ones", R"({"properties":{"a":{},"b":{}},"additionalProperties":false})", R"({"zzz":5})", R"(arguments.zzz: unknown property; known are "a", "b")"},
      {"unevaluated, with patterns", R"({"allOf":[{"properties":{"a":{}},"patternProperties":{"^x-":{}}}],"patternProperties":{"^y-":{}},"unevaluatedProperties":false})", R"({"zzz":5})",
       R"(arguments.zzz: unknown property; known are "a" and names that match "^x-", "^y-")"},
      {"unevaluated", R"({"allOf":[{"properties":{"limit":{}}}],"unevaluatedProperties":false})", R"({"limti":5})", R"(arguments.limti: unknown property; did you mean "limit"?)"},
      {"a required one, misspelt", R"({"properties":{"query":{"type":"string"}},"required":["query"]})", R"({"qurey":"x"})",
       R"(arguments: the required property "query" is missing; is "qurey" meant to be it?)"},
      {"a required one, in capitals", R"({"properties":{"file_name":{"type":"string"}},"required":["file_name"]})", R"({"FILE-NAME":"x"})",
       R"(arguments: the required property "file_name" is missing; is "FILE-NAME" meant to be it?)"},
      {"a required one, and its neighbour is there", R"({"properties":{"from":{},"form":{}},"required":["from"]})", R"({"form":1})",
       R"(arguments: the required property "from" is missing)"},
      {"a required one, and nothing near", R"({"required":["query"]})", R"({"x":1})", R"(arguments: the required property "query" is missing)"},
      {"a choice", R"({"enum":["red","green"]})", R"("gren")", R"(arguments: expected one of "red", "green", found "gren"; did you mean "green"?)"},
      {"a choice of another kind", R"({"enum":[1,2]})", R"("1")", R"(arguments: expected one of 1, 2, found "1"; send 1 without quotes)"},
      {"a discriminator", R"({"oneOf":[{"properties":{"kind":{"const":"circle"}},"required":["kind"],"type":"object"},
                                       {"properties":{"kind":{"const":"square"}},"required":["kind"],"type":"object"}]})", R"({"kind":"sqare"})",
       R"(arguments.kind: expected one of "circle", "square", found string "sqare"; did you mean "square"?)"},
  };
  for (const Row& row : table) check(row);
}

TEST_CASE("of several forms the nearest is explained first") {
  const Row table[] = {
      {"by the discriminator", R"({"anyOf":[{"type":"object","properties":{"kind":{"const":"circle"},"radius":{"type":"number"}},"required":["kind","radius"]},
                                            {"type":"object","properties":{"kind":{"const":"square"},"side":{"type":"number"}},"required":["kind","side"]}]})",
       R"({"kind":"square","side":"5"})", R"(arguments.side: expected number, found string "5"; send 5 without quotes)"},
      {"without its discriminator", R"({"oneOf":[{"type":"object","properties":{"kind":{"const":"a"}},"required":["kind"]},{"type":"object","properties":{"kind":{"const":"b"}},"required":["kind"]}]})",
       "{}", R"(arguments: the required property "kind" is missing; expected one of "a", "b")"},
      {"by the fewest faults", R"({"anyOf":[{"type":"object","properties":{"id":{"type":"integer"}},"required":["id"],"additionalProperties":false},
                                            {"type":"object","properties":{"name":{"type":"string"},"size":{"type":"integer"}},"required":["name"],"additionalProperties":false}]})",
       R"({"name":"x","sice":5})", "arguments.sice: unknown property; did you mean \"size\"?\narguments: fits none of the 2 forms allowed here"},
      {"by the type", R"({"anyOf":[{"type":"string","maxLength":2},{"type":"integer"}]})", R"("abc")",
       "arguments: has 3 characters, more than the maximum 2\narguments: fits none of the 2 forms allowed here"},
      {"no type fits", R"({"anyOf":[{"type":"string"},{"type":"integer"}]})", "true", "arguments: expected string or integer, found true"},
      {"two levels down", R"({"anyOf":[{"type":"string"},{"type":"array","items":{"anyOf":[{"type":"integer"},{"type":"object","properties":{"id":{"type":"integer"}},"required":["id"]}]}}]})",
       R"([1,{"id":"x"}])",
       "arguments[1].id: expected integer, found string \"x\"\narguments[1]: fits none of the 2 forms allowed here\narguments: fits none of the 2 forms allowed here"},
      {"two fit", R"({"oneOf":[{"type":"integer"},{"minimum":1}]})", "5",
       "arguments: fits more than one of the forms of which exactly one is allowed (form 1 and form 2)"},
  };
  for (const Row& row : table) check(row);
}

TEST_CASE("every other keyword says what it wants") {
  const Row table[] = {
      {"const", R"({"const":"a"})", R"("b")", R"(arguments: expected "a", found "b")"},
      {"dependentRequired", R"({"dependentRequired":{"from":["to"]}})", R"({"from":1})", R"(arguments: the property "to" is missing; it is required where "from" is given)"},
      {"not: a type", R"({"not":{"type":"string"}})", R"("x")", "arguments: must not be string"},
      {"not: a value", R"({"not":{"const":5}})", "5", "arguments: must not be 5"},
      {"not: values", R"({"not":{"enum":["a","b"]}})", R"("b")", R"(arguments: must not be one of "a", "b")"},
      {"not: a property", R"({"not":{"required":["a"]}})", R"({"a":1})", R"(arguments: the property "a" is not allowed here)"},
      {"not: two properties", R"({"not":{"required":["a","b"]}})", R"({"a":1,"b":2})", R"(arguments: the properties "a" and "b" are not allowed here together)"},
      {"not: something longer", R"({"not":{"minimum":3}})", "5", "arguments: 5 is what the schema's `not` excludes"},
      {"contains", R"({"contains":{"type":"string"}})", "[1,2]", "arguments: at least 1 item must be string; none does"},
      {"minContains", R"({"contains":{"const":"x"},"minContains":2})", R"(["x",2])", R"(arguments: at least 2 items must be "x"; 1 does)"},
      {"maxContains", R"({"contains":{"minimum":5},"maxContains":1})", "[5,6]", "arguments: at most 1 item may match `contains`; 2 do"},
      {"minItems", R"({"minItems":2})", "[1]", "arguments: has 1 item, fewer than the minimum 2"},
      {"items: false", R"({"prefixItems":[{},{}],"items":false})", "[1,2,3]", "arguments[2]: an item too many: 2 items are allowed here"},
      {"unevaluatedItems: false", R"({"prefixItems":[{}],"unevaluatedItems":false})", "[1,2]", "arguments[1]: an item too many"},
      {"uniqueItems", R"({"uniqueItems":true})", "[1,2,1]", "arguments: holds 1 more than once; all items must differ"},
      {"multipleOf", R"({"multipleOf":0.5})", "0.7", "arguments: 0.7 is not a multiple of 0.5"},
      {"exclusiveMaximum", R"({"exclusiveMaximum":5})", "5", "arguments: 5 is not less than 5"},
      {"minLength beyond 64 bits", R"({"minLength":1e30})", R"("ab")", "arguments: has 2 characters, fewer than the minimum 2^64-1 or more"},
      {"minItems beyond 64 bits", R"({"minItems":18446744073709551616})", "[]", "arguments: has 0 items, fewer than the minimum 2^64-1 or more"},
      {"minLength", R"({"minLength":1})", R"("")", "arguments: is empty; at least 1 character expected"},
      {"pattern", R"({"pattern":"^[a-z]+$"})", R"("ABC")", R"(arguments: "ABC" does not match the pattern "^[a-z]+$")"},
      {"propertyNames", R"({"propertyNames":{"pattern":"^a"}})", R"({"b":1})", R"(arguments.b: the property's name "b" does not match the pattern "^a")"},
      {"then", R"({"if":{"properties":{"m":{"const":"x"}},"required":["m"]},"then":{"required":["y"]}})", R"({"m":"x"})", R"(arguments: the required property "y" is missing)"},
      {"false", R"({"properties":{"a":false}})", R"({"a":1})", "arguments.a: this property is not allowed here"},
      {"no choice at all", R"({"enum":[]})", "1", "arguments: nothing is allowed here"},
      {"a name that matches no pattern", R"({"patternProperties":{"^x-":{}},"additionalProperties":false})", R"({"y":1})",
       R"(arguments.y: unknown property; known are names that match "^x-")"},
      {"a name that is neither known nor matches", R"({"properties":{"abc":{}},"patternProperties":{"^x-":{}},"additionalProperties":false})", R"({"y":1})",
       R"(arguments.y: unknown property; known are "abc" and names that match "^x-")"},
  };
  for (const Row& row : table) check(row);
}

TEST_CASE("characters that cannot be seen or steer the others are escaped") {
  const Row table[] = {
      {"in a name", R"({"additionalProperties":false})", R"({"\u202e\u009b31mx":1})", R"(arguments["\u202e\u009b31mx"]: unknown property; none is expected here)"},
      {"in a value", R"({"const":"x"})", R"("a\u2028b\u200bc\u007f\ufeff\u061c\u2066é한\u00a0")", R"x(arguments: expected "x", found "a\u2028b\u200bc\u007f\ufeff\u061c\u2066é한 ")x"},
      {"in a constant of the schema", R"({"const":["\u202e"]})", "1", R"(arguments: expected ["\u202e"], found 1)"},
  };
  for (const Row& row : table) check(row);
}

TEST_CASE("that there is more than is told is said, and where no more is, nothing") {
  sumun::SchemaOptions options;
  options.limits.violations = 2;
  const auto schema = Schema::compile(json::parse(R"({"items":{"type":"integer"}})"), options);
  REQUIRE(schema.has_value());
  CHECK(sumun::explain(schema->validate(json::parse("[null,null]")), "") == "[0]: expected integer, found null\n[1]: expected integer, found null");
  CHECK(sumun::explain(schema->validate(json::parse("[null,null,null]")), "") ==
        "[0]: expected integer, found null\n[1]: expected integer, found null; more is wrong than is told here");
}

TEST_CASE("an empty name is a step of the keyword's place") {
  const auto schema = Schema::compile(json::parse(R"({"dependentRequired":{"":["a"]}})"));
  REQUIRE(schema.has_value());
  CHECK(schema->validate(json::parse(R"({"":1})"))[0].keyword_location == "/dependentRequired/");
}

TEST_CASE("a text that is not of its format is told with the format") {
  check({"email", R"({"format":"email"})", R"("nobody")", R"(arguments: "nobody" is not of the format "email")"}, sumun::FormatUse::assertion);
  check({"date", R"({"format":"date"})", R"("2026-02-30")", R"(arguments: "2026-02-30" is not of the format "date")"}, sumun::FormatUse::assertion);
}

TEST_CASE("what is looked at for JSON is bounded, and what is shown of it is cut") {
  const auto schema = Schema::compile(json{{"type", "object"}});
  REQUIRE(schema.has_value());
  const std::string huge = "{\"a\":\"" + std::string(100'000, 'x') + "\"}";
  CHECK(schema->validate(json(huge))[0].message.size() < 200);
  const std::string deep(60'000, '[');
  CHECK(schema->validate(json(deep))[0].message.size() < 200);
}

TEST_CASE("a member whose name is a number is not taken for an index") {
  const Row table[] = {
      {"a member", R"({"additionalProperties":{"type":"string"}})", R"({"0":5})", R"(arguments["0"]: expected string, found number 5; put it in quotes: "5")"},
      {"an index in a member", R"({"additionalProperties":{"items":{"type":"null"}}})", R"({"7":[null,5]})", R"(arguments["7"][1]: expected null, found number 5)"},
      {"a member in an index", R"({"items":{"properties":{"7":{"type":"null"}}}})", R"([{"7":5}])", R"(arguments[0]["7"]: expected null, found number 5)"},
      {"one that decides between branches", R"({"anyOf":[{"properties":{"1":{"const":"a"}}},{"properties":{"1":{"const":"b"}}}]})", R"({"1":"c"})",
       R"(arguments["1"]: expected one of "a", "b", found "c")"},
  };
  for (const Row& row : table) check(row);
}

}  // namespace
