// SPDX-License-Identifier: Apache-2.0
// What lint_portability says of schemas that known clients refuse, change or hide.
#include <sumun/schema.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using sumun::json;
using sumun::lint_portability;

// "location client-word: what" of each note that begins so; the client's first word is enough here.
std::vector<std::string> notes_of(const json& schema) {
  std::vector<std::string> notes;
  for (const auto& note : lint_portability(schema)) {
    notes.push_back(note.location + " " + note.client.substr(0, note.client.find_first_of(" ,")) + " " + note.what.substr(0, note.what.find(':')));
  }
  return notes;
}

using Notes = std::vector<std::string>;

TEST_CASE("a schema that all clients take has no notes") {
  const char* const table[] = {
      R"({"type":"object"})",
      R"({"type":"object","properties":{}})",
      R"({"type":"object","properties":{"a":{"type":"string","minLength":1,"pattern":"^a","default":"a"}},"required":["a"],"additionalProperties":false})",
      R"({"type":"object","properties":{"a":{"anyOf":[{"type":"string"},{"type":"object","properties":{"b":{"type":"integer"}}}]}}})",
      R"({"type":"object","properties":{"a":{"type":"array","items":{"type":"number"},"minItems":1}}})",
      R"({"type":"object","properties":{"a":{"type":"string","enum":["x","y"]}}})",
      R"({"type":"object","properties":{"a":{"type":"string","format":"date-time"}}})",
      R"({"type":"object","properties":{"oneOf":{"type":"string"},"not":{"type":"string"},"$ref":{"type":"string"},"items":{"type":"string"}}})",  // names, no keywords
      R"({"type":"object","properties":{"a":{"type":"string","default":{"$ref":"#"}}},"examples":[{"oneOf":[true,false]}]})",                     // data, no schemas
  };
  for (const char* text : table) {
    const std::string schema = text;
    CAPTURE(schema);
    if (schema.find("\"$ref\":{") == std::string::npos) {
      CHECK(notes_of(json::parse(schema)) == Notes{});
      continue;
    }
    Notes names = notes_of(json::parse(schema));  // "$ref" as a property's name: the dollar is what Claude refuses
    CHECK(names == Notes{"/properties/$ref Claude refused"});
  }
}

TEST_CASE("what a client refuses, changes or hides is found with its place") {
  struct {
    const char* name;
    const char* schema;
    Notes want;
  } const table[] = {
      {"no object", "true", {" every refused"}},
      {"no type", "{}", {"/type every refused"}},
      {"another type", R"({"type":"string"})", {"/type every refused"}},
      {"a list of types at the top", R"({"type":["object"]})", {"/type every refused", "/type Gemini hint"}},
      {"oneOf at the top", R"({"type":"object","oneOf":[{},{}]})",
       {"/oneOf Claude refused", "/oneOf OpenAI refused", "/oneOf VS changed", "/oneOf/0 Codex hint", "/oneOf/1 Codex hint"}},
      {"anyOf at the top", R"({"type":"object","anyOf":[]})", {"/anyOf Claude refused", "/anyOf OpenAI refused", "/anyOf VS changed"}},
      {"allOf at the top", R"({"type":"object","allOf":[]})", {"/allOf Claude refused", "/allOf OpenAI refused", "/allOf VS changed"}},
      {"enum at the top", R"({"type":"object","enum":[{}]})", {"/enum OpenAI refused", "/enum Gemini hint"}},
      {"not at the top", R"({"type":"object","not":{"required":["a"]}})", {"/not OpenAI refused", "/not VS hint", "/not Codex hint"}},
      {"draft-07 by name", R"({"type":"object","$schema":"http://json-schema.org/draft-07/schema#"})", {"/$schema clients hint"}},
      {"draft-04 by name", R"({"type":"object","$schema":"http://json-schema.org/draft-04/schema#"})", {"/$schema clients refused"}},
      {"2020-12 by name", R"({"type":"object","$schema":"https://json-schema.org/draft/2020-12/schema"})", {"/$schema VS hint"}},
      {"a name with brackets", R"({"type":"object","properties":{"ids[]":{"type":"string"}}})", {"/properties/ids[] Claude refused"}},
      {"a name with a slash", R"({"type":"object","properties":{"a/b":{"type":"string"}}})", {"/properties/a~1b Claude refused"}},
      {"an empty name", R"({"type":"object","properties":{"":{"type":"string"}}})", {"/properties/ Claude refused"}},
      {"such a name further down", R"({"type":"object","properties":{"a":{"type":"object","properties":{"b c":{"type":"string"}}}}})", {}},
      {"$ref", R"({"type":"object","properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":{"type":"string"}}})", {"/properties/a/$ref Gemini changed"}},
      {"$ref with company", R"({"type":"object","properties":{"a":{"$ref":"#/$defs/x","minLength":1}},"$defs":{"x":{"type":"string"}}})",
       {"/properties/a/$ref Gemini changed", "/properties/a/$ref Gemini refused"}},
      {"$ref elsewhere", R"({"type":"object","properties":{"a":{"$ref":"https://a.example/b"}}})", {"/properties/a/$ref every refused"}},
      {"$dynamicRef", R"({"type":"object","properties":{"a":{"type":"object","$dynamicRef":"#x"}}})", {"/properties/a/$dynamicRef VS refused"}},
      {"an array of what", R"({"type":"object","properties":{"a":{"type":"array"}}})", {"/properties/a OpenAI refused", "/properties/a VS refused"}},
      {"one in a list of types", R"({"type":"object","properties":{"a":{"type":["array","string"]}}})",
       {"/properties/a/type Gemini hint", "/properties/a OpenAI refused", "/properties/a VS refused"}},
      {"a tuple", R"({"type":"object","properties":{"a":{"type":"array","prefixItems":[{"type":"string"}]}}})",
       {"/properties/a/prefixItems Codex hint", "/properties/a OpenAI refused", "/properties/a VS refused"}},
      {"a tuple of draft-07", R"({"type":"object","properties":{"a":{"type":"array","items":[{"type":"string"}]}}})",
       {"/properties/a/items Claude refused", "/properties/a/items Gemini refused"}},
      {"nested oneOf", R"({"type":"object","properties":{"a":{"oneOf":[{"type":"string"},{"type":"null"}]}}})", {"/properties/a/oneOf Codex changed"}},
      {"nested oneOf of one", R"({"type":"object","properties":{"a":{"oneOf":[{"type":"string"}]}}})", {}},
      {"a boolean for a schema", R"({"type":"object","properties":{"a":true}})", {"/properties/a Gemini refused", "/properties/a Codex changed"}},
      {"anything", R"({"type":"object","properties":{"a":{}}})", {"/properties/a Codex hint"}},
      {"a description alone", R"({"type":"object","properties":{"a":{"description":"x"}}})", {"/properties/a Codex hint"}},
      {"a format", R"({"type":"object","properties":{"a":{"type":"string","format":"uri"}}})", {"/properties/a/format Gemini hint"}},
      {"const", R"({"type":"object","properties":{"a":{"type":"string","const":"x"}}})", {"/properties/a/const Gemini hint"}},
      {"enum of numbers", R"({"type":"object","properties":{"a":{"type":"integer","enum":[1,2]}}})", {"/properties/a/enum Gemini hint"}},
      {"enum without a type", R"({"type":"object","properties":{"a":{"enum":["x"]}}})", {"/properties/a/enum Gemini hint"}},
      {"a map", R"({"type":"object","additionalProperties":{"type":"string"}})", {"/additionalProperties Gemini hint"}},
      {"exclusiveMinimum of draft-04", R"({"type":"object","properties":{"a":{"type":"integer","minimum":0,"exclusiveMinimum":true}}})",
       {"/properties/a/exclusiveMinimum Claude refused", "/properties/a/exclusiveMinimum Windsurf refused"}},
      {"required without a property", R"({"type":"object","properties":{"a":{"type":"string"}},"required":["a","b"]})", {"/required/1 VS changed"}},
      {"a keyword that is misspelt", R"({"type":"object","propertes":{"a":{"typ":"string"}},"properties":{"a":{"type":"string","descripton":"x","minlength":1,"x-own":1}}})",
       {"/propertes every hint", "/properties/a/descripton every hint", "/properties/a/minlength every hint"}},
      {"malformed keywords", R"({"type":"object","properties":[],"required":1,"$ref":1,"$schema":1,"enum":1,"oneOf":1,"items":1,"description":1})",
       {"/oneOf Claude refused", "/oneOf OpenAI refused", "/enum OpenAI refused", "/oneOf VS changed"}},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    Notes got = notes_of(json::parse(row.schema));
    CHECK(got == row.want);
  }
}

TEST_CASE("names are taken to the 64th character, and sizes to OpenAI's bounds") {
  const auto with = [](const std::string& name, json property) { return json{{"type", "object"}, {"properties", {{name, std::move(property)}}}}; };
  const json text = {{"type", "string"}};
  CHECK(notes_of(with(std::string(64, 'a'), text)).empty());
  CHECK(notes_of(with(std::string(65, 'a'), text)).size() == 1);

  json values = json::array();
  for (int i = 0; i < 1'000; ++i) values.push_back(std::to_string(i));
  CHECK(notes_of(with("a", {{"type", "string"}, {"enum", values}})).empty());
  values.push_back("one more");
  CHECK(notes_of(with("a", {{"type", "string"}, {"enum", values}})) == Notes{" OpenAI hint"});

  json nested = text;
  for (int i = 0; i < 10; ++i) nested = with("a", std::move(nested));
  CHECK(notes_of(nested).empty());
  CHECK(notes_of(with("a", nested)).size() == 1);
  CHECK(notes_of(with("a", {{"type", "string"}, {"description", std::string(1'024, 'x')}})).empty());
  CHECK(notes_of(with("a", {{"type", "string"}, {"description", std::string(1'025, 'x')}})) == Notes{"/properties/a/description VS hint"});
}

TEST_CASE("a schema full of faults ends in a bounded number of notes") {
  json schema = {{"type", "object"}, {"properties", json::object()}};
  for (int i = 0; i < 500; ++i) schema["properties"]["a " + std::to_string(i)] = true;
  CHECK(lint_portability(schema).size() == 64);
  json deep = {{"type", "object"}};
  for (int i = 0; i < 5'000; ++i) deep = json{{"not", std::move(deep)}};
  CHECK(lint_portability(deep).size() <= 64);
}

}  // namespace
