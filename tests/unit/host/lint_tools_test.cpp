// SPDX-License-Identifier: Apache-2.0
// Files of tools are recognised, and what clients make of a tool's name, description and schemas is told.
#include "json_input.hpp"
#include "lint_tools.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using namespace sumun::host;
using sumun::json;

using Lines = std::vector<std::string>;

// "tool #place kind client-word"
Lines notes_of(const json& document) {
  const auto result = lint_document(document);
  REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().message));
  Lines lines;
  for (const auto& note : result->notes) {
    CHECK(note.what.starts_with(std::string(name_of(note.kind)) + ": "));
    lines.push_back(note.tool + " #" + note.location + " " + std::string(name_of(note.kind)) + " " + note.client.substr(0, note.client.find_first_of(" ,")));
  }
  return lines;
}

json tool(const std::string& name, json schema = {{"type", "object"}}) { return {{"name", name}, {"description", "Adds"}, {"inputSchema", std::move(schema)}}; }

TEST_CASE("a schema, a tool, a list of tools and an answer are told apart") {
  const json bad = {{"type", "object"}, {"oneOf", json::array({{{"type", "object"}}})}};
  struct {
    const char* name;
    json document;
    std::size_t tools;
    const char* first;
  } const table[] = {
      {"a schema", bad, 0, " #/oneOf refused Claude"},
      {"a schema with a property called tools", {{"type", "string"}, {"properties", {{"tools", {{"type", "string"}}}}}, {"tools", 1}}, 0, " #/type refused every"},
      {"no object", true, 0, " # refused every"},
      {"a tool", tool("a", bad), 1, "a #/inputSchema/oneOf refused Claude"},
      {"a list", json::array({tool("a"), tool("b", bad)}), 2, "b #/inputSchema/oneOf refused Claude"},
      {"a result", {{"tools", {tool("b", bad)}}}, 1, "b #/inputSchema/oneOf refused Claude"},
      {"a message", {{"jsonrpc", "2.0"}, {"id", 1}, {"result", {{"tools", {tool("b", bad)}}}}}, 1, "b #/inputSchema/oneOf refused Claude"},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    const auto result = lint_document(row.document);
    REQUIRE(result.has_value());
    CHECK(result->tools == row.tools);
    const Lines lines = notes_of(row.document);
    REQUIRE_FALSE(lines.empty());
    CHECK(lines.front() == row.first);
  }
  CHECK(lint_document(json::array())->tools == 0);
  CHECK(lint_document({{"tools", 1}}).error().message == "#/tools: expected a list of tools");
  CHECK(lint_document({{"tools", {1}}}).error().message == "#/tools/0: expected a tool, an object with name and inputSchema");
  CHECK(lint_document({{"result", {{"tools", {{}, 1}}}}}).error().message.starts_with("#/result/tools/0: "));
}

TEST_CASE("what is wrong with a tool is told with its place, the worst first") {
  json undescribed = tool("a");
  undescribed.erase("description");
  json wordy = tool("a");
  wordy["description"] = std::string(2'049, 'x');
  json without = tool("a");
  without.erase("inputSchema");
  json with_output = tool("a");
  with_output["outputSchema"] = {{"type", "array"}, {"items", {{"type", "text"}}}};
  struct {
    const char* name;
    json document;
    Lines want;
  } const table[] = {
      {"all is well", tool("add_2-x"), {}},
      {"a name of 58", tool(std::string(58, 'a')), {}},
      {"a name with a dot", tool("a.b"), {"a.b #/name refused OpenAI"}},
      {"a name with a blank", tool("a b"), {"a b #/name refused Claude"}},
      {"no name", tool(""), {" #/name refused every"}},
      {"no description", undescribed, {"a # hint every"}},
      {"a long description", wordy, {"a #/description changed Claude"}},
      {"no schema", without, {"a # refused every"}},
      {"twice the same", json::array({tool("a"), tool("a")}), {"a #/name refused every"}},
      {"an output schema", with_output, {"a #/outputSchema/items/type refused sumun", "a #/outputSchema hint clients"}},
      {"a schema that is none", tool("a", {{"type", "object"}, {"properties", {{"b", {{"type", "text"}}}}}}), {"a #/inputSchema/properties/b/type refused sumun"}},
      {"the worst first", tool("a", {{"type", "object"}, {"properties", {{"b", {{"type", "string"}, {"format", "uri"}}}, {"c", {{"type", "array"}}}}}}),
       {"a #/inputSchema/properties/c refused OpenAI", "a #/inputSchema/properties/c refused VS", "a #/inputSchema/properties/b/format hint Gemini"}},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    CHECK(notes_of(row.document) == row.want);
  }
  const std::string name(129, 'a');
  CHECK(notes_of(tool(name)) == Lines{name + " #/name refused OpenAI", name + " #/name refused Cursor", name + " #/name changed Gemini", name + " #/name hint clients"});
}

TEST_CASE("a fault in JSON has its line and its column") {
  struct {
    const char* name;
    std::string text;
    const char* want;
  } const table[] = {
      {"nothing", "", "f.json is empty; expected JSON"},
      {"blanks", " \n\t\n", "f.json is empty; expected JSON"},
      {"the first byte", "x", "f.json:1:1: "},
      {"the third line", "{\n  \"a\": 1,\n  \"b\": oops\n}", "f.json:3:8: "},
      {"behind letters of two bytes", "{\"ä\": \"öö\", x}", "f.json:1:13: "},
      {"the end", "{\"a\": [1,\n2", "f.json:2:2: the text ends too early"},
      {"a name twice", "{\"a\": 1,\n \"a\": 2}", "f.json:2:"},
      {"two values", "{}\n{}", "f.json:2:1: something follows the value"},
      {"bytes that are no text", "{\"a\": \"\xff\"}", "f.json:1:8: "},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    const auto value = json_of_text(row.text, "f.json");
    REQUIRE(value.has_error());
    CHECK(value.error().code == sumun::ErrorCode::parse_error);
    CHECK_MESSAGE(value.error().message.starts_with(row.want), value.error().message);
  }
  CHECK(*json_of_text("[1]\n", "f.json") == json{1});
  CHECK(read_json("/nonexistent/f.json").error().message == "there is no file /nonexistent/f.json");
  CHECK(read_json("/").error().code == sumun::ErrorCode::io);
}

}  // namespace
