// SPDX-License-Identifier: Apache-2.0
// Tools: every kind of answer, progress, log lines, cancellation, and a list of tools that changes.
#include "everything.hpp"

#include <atomic>

using namespace std::chrono_literals;
using sumun::Call;
using sumun::CallToolResult;
using sumun::ContentBlock;
using sumun::LoggingLevel;
using sumun::Result;

namespace {

struct Sum {
  int a;
  int b;
};

enum class Sky { clear, clouds, rain };

struct Weather {
  std::string city;
  double celsius;
  Sky sky;
};

struct City {
  sumun::Field<std::string, "the city's name", sumun::length<1, 100>> city;
};

struct Region {
  // Over HTTP clients repeat these in Mcp-Param-Region and Mcp-Param-Limit, for proxies that route by them.
  sumun::Field<std::string, "where to look", sumun::mcp_header<"Region">> region;
  sumun::Field<std::optional<int>, "how many to name", sumun::mcp_header<"Limit">> limit;
};

struct Nap {
  sumun::Field<int, "how long", sumun::range<0, 600000>> milliseconds;
};

ContentBlock text_resource(std::string uri, std::string mime_type, std::string text) {
  sumun::TextResourceContents contents;
  contents.uri = std::move(uri);
  contents.mimeType = std::move(mime_type);
  contents.text = std::move(text);
  sumun::EmbeddedResource embedded;
  embedded.resource = std::move(contents);
  return embedded;
}

sumun::ToolOptions only_reads() {
  sumun::ToolOptions options;
  options.effects = sumun::reads;
  return options;
}

void add_content_tools(sumun::Server& server) {
  server.tool("add", "Adds two integers", [](Sum in) { return in.a + in.b; }, only_reads());
  server.tool(
      "weather", "Tells the weather of a city", [](City in) { return Weather{in.city, 21.5, Sky::clear}; }, only_reads());
  server.tool(
      "look_up_region", "Says what is known of a region", [](Region in) { return "nothing is known of " + in.region.get(); }, only_reads());
  server.tool(
      "test_simple_text", "Answers with text",
      [] { return CallToolResult::text("This is a simple text response for testing."); }, only_reads());
  server.tool(
      "test_image_content", "Answers with an image", [] { return sumun::image_content(std::string(kPng), "image/png"); },
      only_reads());
  server.tool(
      "test_audio_content", "Answers with sound", [] { return sumun::audio_content(std::string(kWav), "audio/wav"); },
      only_reads());
  server.tool(
      "test_embedded_resource", "Answers with a resource",
      [] { return text_resource("test://embedded-resource", "text/plain", "This is an embedded resource content."); },
      only_reads());
  server.tool(
      "test_multiple_content_types", "Answers with text, an image and a resource",
      [] {
        std::vector<ContentBlock> blocks;
        blocks.emplace_back(sumun::text_content("Multiple content types test:"));
        blocks.emplace_back(sumun::image_content(std::string(kPng), "image/png"));
        blocks.push_back(text_resource("test://mixed-content-resource", "application/json", R"({"test":"data","value":123})"));
        return blocks;
      },
      only_reads());
  server.tool(
      "test_error_handling", "Always fails",
      []() -> Result<std::string> { return sumun::fail("This tool intentionally returns an error for testing"); }, only_reads());
}

// A schema that no C++ type says is given as JSON; clients get it as it stands here.
constexpr const char* kContactSchema = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "$defs": {
    "address": {
      "$anchor": "addressDef",
      "type": "object",
      "properties": {"street": {"type": "string"}, "city": {"type": "string"}}
    }
  },
  "properties": {
    "name": {"type": "string"},
    "address": {"$ref": "#/$defs/address"},
    "contactMethod": {"type": "string", "enum": ["phone", "email"]},
    "phone": {"type": "string"},
    "email": {"type": "string"}
  },
  "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
  "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
  "then": {"required": ["phone"]},
  "else": {"required": ["email"]},
  "additionalProperties": false
})json";

void add_schema_tool(sumun::Server& server) {
  sumun::Tool definition;
  definition.name = "json_schema_2020_12_tool";
  definition.description = "Takes a contact; its schema uses more of JSON Schema than types can say";
  definition.inputSchema = sumun::json::parse(kContactSchema);
  server.add_tool(
      std::move(definition),
      [](sumun::json contact, Call&) -> Result<CallToolResult> { return CallToolResult::text("Got " + contact.dump()); },
      only_reads().allow_unportable_schema());
}

void add_running_tools(sumun::Server& server) {
  server.tool(
      "test_tool_with_progress", "Reports progress three times",
      [](Call& call) {
        call.progress(0, 100, "begun");
        pause(call, 50ms);
        call.progress(50, 100, "half way");
        pause(call, 50ms);
        call.progress(100, 100, "done");
        pause(call, 50ms);
        return CallToolResult::text("Tool with progress executed successfully");
      },
      only_reads());
  server.tool(
      "test_tool_with_logging", "Writes three log lines",
      [](Call& call) {
        call.log(LoggingLevel::info, "Tool execution started");
        pause(call, 50ms);
        call.log(LoggingLevel::info, "Tool processing data");
        pause(call, 50ms);
        call.log(LoggingLevel::info, "Tool execution completed");
        return CallToolResult::text("Tool with logging executed successfully");
      },
      only_reads());
  server.tool(
      "test_logging_tool", "Writes one log line",
      [](Call& call) {
        call.log(LoggingLevel::info, "Evaluating");
        return CallToolResult::text("Logging evaluated");
      },
      only_reads());

  server.tool(
      "test_reconnection", "Lets its client go and has the answer ready when it comes back",
      [](Call& call) {
        call.release_stream();
        pause(call, 100ms);
        return CallToolResult::text("Reconnection test completed");
      },
      only_reads());

  auto cut_short = std::make_shared<std::atomic<int>>(0);
  server.tool(
      "sleep", "Sleeps, or stops early when the call is cancelled",
      [cut_short](Nap nap, Call& call) {
        if (pause(call, std::chrono::milliseconds(nap.milliseconds.get()))) return CallToolResult::text("slept");
        ++*cut_short;
        return CallToolResult::text("cut short");
      },
      only_reads());
  server.tool(
      "cancelled_sleeps", "Says how many sleeps were cancelled",
      [cut_short] { return CallToolResult::text(std::to_string(*cut_short)); }, only_reads());
}

// Registers a tool or takes it away again, so that the list differs after each call.
void add_changing_tools(sumun::Server& server) {
  server.tool("test_trigger_tool_change", "Changes the list of tools", [&server] {
    if (!server.remove_tool("passing_tool"))
      server.tool("passing_tool", "Is there after every other change", [] { return CallToolResult::text("here"); }, only_reads());
    return CallToolResult::text("Tool list changed");
  });
  server.tool("test_trigger_prompt_change", "Changes the list of prompts", [&server] {
    if (!server.remove_prompt("passing_prompt"))
      server.prompt("passing_prompt", "Is there after every other change", [] { return std::string("here"); });
    return CallToolResult::text("Prompt list changed");
  });
  server.tool("touch_watched_resource", "Tells the subscribers that the watched resource has changed", [&server] {
    server.notify_resource_updated(kWatchedUri);
    return CallToolResult::text("touched");
  });
}

}  // namespace

void add_tools(sumun::Server& server) {
  add_content_tools(server);
  add_schema_tool(server);
  add_running_tools(server);
  add_changing_tools(server);
}
