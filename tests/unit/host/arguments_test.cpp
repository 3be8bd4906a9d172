// SPDX-License-Identifier: Apache-2.0
// key=value becomes what the tool's schema wants.
#include "arguments.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using sumun::json;
using sumun::host::convert_argument;
using sumun::host::convert_arguments;

TEST_CASE("a value is converted by its schema") {
  const json root = json::parse(R"({"$defs": {"Count": {"type": "integer"}, "Loop": {"$ref": "#/$defs/Loop"}}})");
  struct {
    std::string name;
    const char* schema;
    const char* text;
    const char* want;  // as JSON
  } table[] = {
      {"string", R"({"type":"string"})", "5", R"("5")"},
      {"empty string", R"({"type":"string"})", "", R"("")"},
      {"string with =", R"({"type":"string"})", "a=b", R"("a=b")"},
      {"integer", R"({"type":"integer"})", "-42", "-42"},
      {"whole number", R"({"type":"integer"})", "3.0", "3"},
      {"whole number with exponent", R"({"type":"integer"})", "1e2", "100"},
      {"a text that looks like one", R"({"type":["string","integer"]})", "2.0", R"("2.0")"},
      {"integer with plus", R"({"type":"integer"})", "+7", "7"},
      {"largest integer", R"({"type":"integer"})", "18446744073709551615", "18446744073709551615"},
      {"number", R"({"type":"number"})", "2.5e3", "2500.0"},
      {"number without a point stays whole", R"({"type":"number"})", "3", "3"},
      {"true", R"({"type":"boolean"})", "true", "true"},
      {"no", R"({"type":"boolean"})", "no", "false"},
      {"null", R"({"type":["integer","null"]})", "null", "null"},
      {"several types, integer first", R"({"type":["string","integer"]})", "5", "5"},
      {"several types, string last", R"({"type":["string","integer"]})", "five", R"("five")"},
      {"array as JSON", R"({"type":"array","items":{"type":"integer"}})", "[1,2]", "[1,2]"},
      {"one element", R"({"type":"array","items":{"type":"integer"}})", "3", "[3]"},
      {"one element without items", R"({"type":"array"})", "a", R"(["a"])"},
      {"object", R"({"type":"object"})", R"({"a":1})", R"({"a":1})"},
      {"enum of strings", R"({"enum":["red","blue"]})", "blue", R"("blue")"},
      {"enum of numbers", R"({"enum":[1,2]})", "2", "2"},
      {"const", R"({"const":7})", "7", "7"},
      {"anyOf", R"({"anyOf":[{"type":"null"},{"type":"number"}]})", "1.5", "1.5"},
      {"reference", R"({"$ref":"#/$defs/Count"})", "8", "8"},
      {"reference to itself", R"({"$ref":"#/$defs/Loop"})", "x", R"("x")"},
      {"no type, JSON", "{}", "[1]", "[1]"},
      {"no type, text", "{}", "hello world", R"("hello world")"},
      {"true as schema", "true", "1", "1"},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    const auto value = convert_argument("x", row.text, json::parse(row.schema), root);
    REQUIRE(value.has_value());
    CHECK(*value == json::parse(row.want));
    CHECK(value->is_number_float() == json::parse(row.want).is_number_float());
  }
}

TEST_CASE("a value that does not convert names the key and the type") {
  struct {
    std::string name;
    const char* schema;
    const char* text;
    const char* type;
  } table[] = {
      {"no integer", R"({"type":"integer"})", "1.5", "integer"},
      {"empty integer", R"({"type":"integer"})", "", "integer"},
      {"integer with a tail", R"({"type":"integer"})", "5 apples", "integer"},
      {"too large", R"({"type":"integer"})", "99999999999999999999", "integer"},
      {"not finite", R"({"type":"number"})", "inf", "number"},
      {"no boolean", R"({"type":"boolean"})", "maybe", "boolean"},
      {"no object", R"({"type":"object"})", "[1]", "object"},
      {"wrong element", R"({"type":"array","items":{"type":"integer"}})", "a", "array"},
      {"none of several", R"({"type":["integer","boolean"]})", "a", "boolean or integer"},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    const auto value = convert_argument("count", row.text, json::parse(row.schema), json::object());
    REQUIRE_FALSE(value.has_value());
    CHECK(value.error().message.find("count: expected " + std::string(row.type)) != std::string::npos);
  }
}

TEST_CASE("words become arguments") {
  const json open = json::parse(R"({"type":"object","properties":{"a":{"type":"integer"},"tags":{"type":"array","items":{"type":"string"}}}})");
  struct {
    std::string name;
    std::vector<std::string> words;
    json base;
    const char* want;
  } table[] = {
      {"none", {}, json::object(), "{}"},
      {"one", {"a=1"}, json::object(), R"({"a":1})"},
      {"a list by repetition", {"tags=x", "tags=y"}, json::object(), R"({"tags":["x","y"]})"},
      {"unknown where others are allowed", {"b=text"}, json::object(), R"({"b":"text"})"},
      {"an empty value", {"b="}, json::object(), R"({"b":""})"},
      {"over the base", {"a=2"}, json::parse(R"({"a":1,"c":true})"), R"({"a":2,"c":true})"},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    const auto arguments = convert_arguments(row.words, open, row.base);
    REQUIRE(arguments.has_value());
    CHECK(*arguments == json::parse(row.want));
  }
}

TEST_CASE("words that are no arguments are refused") {
  const json closed = json::parse(R"({"type":"object","properties":{"a":{"type":"integer"},"b":{}},"additionalProperties":false})");
  struct {
    std::string name;
    std::vector<std::string> words;
    const char* part;
  } table[] = {
      {"no equals sign", {"a"}, "is no key=value"},
      {"no key", {"=1"}, "is no key=value"},
      {"unknown key", {"c=1"}, "there are: a, b"},
      {"twice", {"a=1", "a=2"}, "given twice"},
      {"wrong type", {"a=x"}, "a: expected integer"},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    const auto arguments = convert_arguments(row.words, closed);
    REQUIRE_FALSE(arguments.has_value());
    CHECK(arguments.error().message.find(row.part) != std::string::npos);
  }
}

TEST_CASE("a schema that is no schema does not stop the conversion") {
  for (const char* schema : {"true", "null", "[]", R"({"properties":5})", R"({"properties":{"a":5}})", R"({"$ref":"#/a~b"})"}) {
    CAPTURE(schema);
    const auto arguments = convert_arguments({"a=1"}, json::parse(schema));
    REQUIRE(arguments.has_value());
    CHECK(*arguments == json{{"a", 1}});
  }
}
