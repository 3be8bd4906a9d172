// SPDX-License-Identifier: Apache-2.0
// `sumun tools`, `call`, `resources` and `prompts`: a client of any MCP server.
#include "arguments.hpp"
#include "commands.hpp"
#include "console.hpp"
#include "files.hpp"
#include "json_input.hpp"
#include "remote.hpp"

#include <sumun/json.hpp>

#include <algorithm>

namespace sumun::host {
namespace {

std::string indented(std::string_view text, std::string_view indentation) {
  std::string result(indentation);
  for (const char c : text) {
    result += c;
    if (c == '\n') result += indentation;
  }
  return result;
}

std::string type_name(const json& schema) {
  if (!schema.is_object()) return "";
  if (schema.contains("enum") && schema["enum"].is_array()) {
    std::string choices;
    for (const auto& one : schema["enum"]) choices += (choices.empty() ? "" : "|") + (one.is_string() ? one.get<std::string>() : dump_json(one));
    return one_line(choices, 60);
  }
  if (!schema.contains("type")) return "";
  if (schema["type"].is_string()) {
    const auto type = schema["type"].get<std::string>();
    return type == "array" && schema.contains("items") ? "list of " + type_name(schema["items"]) : type;
  }
  std::string types;
  if (schema["type"].is_array())
    for (const auto& one : schema["type"]) types += (types.empty() ? "" : "|") + (one.is_string() ? one.get<std::string>() : "");
  return types;
}

std::string argument_lines(const json& schema) {
  if (!schema.is_object() || !schema.contains("properties") || !schema["properties"].is_object()) return "";
  const json required = schema.value("required", json::array());
  std::string text;
  for (const auto& [name, property] : schema["properties"].items()) {
    text += "    " + name;
    if (const auto type = type_name(property); !type.empty()) text += " (" + type + ")";
    if (std::find(required.begin(), required.end(), json(name)) != required.end()) text += ", required";
    if (property.is_object() && property.contains("description") && property["description"].is_string())
      text += ": " + one_line(property["description"].get_ref<const std::string&>(), 200);
    text += "\n";
  }
  return text;
}

std::string tool_text(const Tool& tool) {
  std::string text = tool.name;
  if (tool.title) text += "  " + *tool.title;
  text += "\n";
  if (tool.description) text += indented(*tool.description, "  ") + "\n";
  return text + argument_lines(tool.inputSchema);
}

// -- content

std::string contents_text(const ResourceContents& contents) {
  if (const auto* text = std::get_if<TextResourceContents>(&contents)) return text->text;
  const auto& blob = std::get<BlobResourceContents>(contents);
  return "[" + blob.mimeType.value_or("bytes") + ", " + human_bytes(blob.blob.size() / 4 * 3) + ", " + blob.uri + "; --json shows it]";
}

std::string content_text(const ContentBlock& block) {
  if (const auto* text = std::get_if<TextContent>(&block)) return text->text;
  if (const auto* image = std::get_if<ImageContent>(&block)) return "[" + image->mimeType + ", " + human_bytes(image->data.size() / 4 * 3) + "; --json shows it]";
  if (const auto* audio = std::get_if<AudioContent>(&block)) return "[" + audio->mimeType + ", " + human_bytes(audio->data.size() / 4 * 3) + "; --json shows it]";
  if (const auto* link = std::get_if<ResourceLink>(&block)) return "[" + link->name + ": " + link->uri + "]";
  return contents_text(std::get<EmbeddedResource>(block).resource);
}

void print_block(std::string text) {
  if (text.empty() || text.back() != '\n') text += '\n';
  print(text);
}

void print_result(const CallToolResult& result, Output output) {
  if (output == Output::json) {
    // What the tool computed where it says so; else everything it gave.
    print_json(result.structuredContent && !result.failed() ? *result.structuredContent : wire_json(result));
    return;
  }
  for (const auto& block : result.content) print_block(content_text(block));
  if (result.content.empty() && result.structuredContent) print_block(dump_json(*result.structuredContent));
}

// -- the arguments of a call

// What the server does not offer is an empty list and not a failure.
template <class T>
Result<std::vector<T>> offered(bool capability, Result<std::vector<T>> items) {
  if (!items && items.error().code == ErrorCode::method_not_found && !capability) return std::vector<T>();
  return items;
}

template <class T, class Print>
int list(const Result<std::vector<T>>& items, Output output, std::string_view none, Print text_of) {
  if (!items) return failed(items.error());
  if (output == Output::json) {
    json all = json::array();
    for (const auto& item : *items) all.push_back(wire_json(item));
    print_json(all);
    return kDone;
  }
  for (std::size_t i = 0; i < items->size(); ++i) print((i > 0 ? "\n" : "") + text_of((*items)[i]));
  if (items->empty()) tell(none);
  return kDone;
}

std::string prompt_text(const Prompt& prompt) {
  std::string text = prompt.name;
  if (prompt.title) text += "  " + *prompt.title;
  text += "\n";
  if (prompt.description) text += indented(*prompt.description, "  ") + "\n";
  for (const auto& argument : prompt.arguments.value_or(std::vector<PromptArgument>{})) {
    text += "    " + argument.name + (argument.required.value_or(false) ? ", required" : "");
    if (argument.description) text += ": " + one_line(*argument.description, 200);
    text += "\n";
  }
  return text;
}

int list_resources(BlockingClient& client, const ResourcesCommand& command) {
  const bool capability = client.server().capabilities.resources.has_value();
  const auto resources = offered(capability, client.all_resources(request_options(command.server)));
  if (!resources) return failed(resources.error());
  // A server without templates need not know the method.
  const auto templates = client.all_resource_templates(request_options(command.server));
  if (command.output == Output::json) {
    json value{{"resources", json::array()}, {"resourceTemplates", json::array()}};
    for (const auto& one : *resources) value["resources"].push_back(wire_json(one));
    if (templates)
      for (const auto& one : *templates) value["resourceTemplates"].push_back(wire_json(one));
    print_json(value);
    return kDone;
  }
  for (const auto& one : *resources) print(one.uri + "  " + one.title.value_or(one.name) + (one.mimeType ? "  " + *one.mimeType : "") + "\n");
  if (templates)
    for (const auto& one : *templates) print(one.uriTemplate + "  " + one.title.value_or(one.name) + "\n");
  if (resources->empty() && (!templates || templates->empty())) tell("the server has no resources");
  return kDone;
}

Result<std::map<std::string, std::string>> prompt_arguments(const std::vector<std::string>& words) {
  std::map<std::string, std::string> arguments;
  for (const auto& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0) return fail(ErrorCode::invalid_value, "\"" + word + "\" is no key=value");
    if (!arguments.emplace(word.substr(0, equals), word.substr(equals + 1)).second)
      return fail(ErrorCode::invalid_value, "\"" + word.substr(0, equals) + "\" is given twice");
  }
  return arguments;
}

}  // namespace

int run(const ToolsCommand& command) {
  if (const auto checked = check(command.server); !checked) return wrong_usage(checked.error().message);
  auto client = connect(command.server);
  if (!client) return failed(client.error());
  const auto tools = offered(client->server().capabilities.tools.has_value(), client->all_tools(request_options(command.server)));
  return list(tools, command.output, "the server has no tools", tool_text);
}

int run(const CallCommand& command) {
  if (const auto checked = check(command.server); !checked) return wrong_usage(checked.error().message);
  auto base = read_arguments(command.arguments);
  if (!base) return base.error().code == ErrorCode::io ? failed(base.error()) : wrong_usage(base.error().message);
  auto client = connect(command.server);
  if (!client) return failed(client.error());
  const auto tools = client->all_tools(request_options(command.server));
  if (!tools) return failed(tools.error());
  const auto tool = std::find_if(tools->begin(), tools->end(), [&](const Tool& t) { return t.name == command.tool; });
  if (tool == tools->end()) {
    std::string names;
    for (const auto& one : *tools) names += (names.empty() ? "" : ", ") + one.name;
    return wrong_usage("there is no tool \"" + command.tool + "\"; " + (names.empty() ? "the server has none" : "there are: " + names));
  }
  auto arguments = convert_arguments(command.words, tool->inputSchema, *std::move(base));
  if (!arguments) return wrong_usage(arguments.error().message);
  CallToolRequestParams params;
  params.name = command.tool;
  params.arguments = *std::move(arguments);
  const auto result = client->call_tool(std::move(params), request_options(command.server));
  if (!result) return failed(result.error());
  print_result(*result, command.output);
  return result->failed() ? kFailed : kDone;
}

int run(const ResourcesCommand& command) {
  if (const auto checked = check(command.server); !checked) return wrong_usage(checked.error().message);
  auto client = connect(command.server);
  if (!client) return failed(client.error());
  if (command.uri.empty()) return list_resources(*client, command);
  ReadResourceRequestParams params;
  params.uri = command.uri;
  const auto result = client->read_resource(std::move(params), request_options(command.server));
  if (!result) return failed(result.error());
  if (command.output == Output::json) print_json(wire_json(*result));
  else
    for (const auto& contents : result->contents) print_block(contents_text(contents));
  return kDone;
}

int run(const PromptsCommand& command) {
  if (const auto checked = check(command.server); !checked) return wrong_usage(checked.error().message);
  auto arguments = prompt_arguments(command.words);
  if (!arguments) return wrong_usage(arguments.error().message);
  auto client = connect(command.server);
  if (!client) return failed(client.error());
  if (command.name.empty()) {
    const auto prompts = offered(client->server().capabilities.prompts.has_value(), client->all_prompts(request_options(command.server)));
    return list(prompts, command.output, "the server has no prompts", prompt_text);
  }
  GetPromptRequestParams params;
  params.name = command.name;
  params.arguments = *std::move(arguments);
  const auto result = client->get_prompt(std::move(params), request_options(command.server));
  if (!result) return failed(result.error());
  if (command.output == Output::json) {
    print_json(wire_json(*result));
    return kDone;
  }
  for (const auto& message : result->messages) {
    print(std::string(message.role == Role::user ? "user:" : "assistant:") + "\n");
    print_block(indented(content_text(message.content), "  "));
  }
  return kDone;
}

}  // namespace sumun::host
