// SPDX-License-Identifier: Apache-2.0
// The checks of a tool around its input schema, which lint_portability looks at.
#include "lint_tools.hpp"

#include <sumun/schema.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace sumun::host {
namespace {

constexpr std::size_t kMaxToolName = 128;        // MCP 2025-11-25 and later, tool names
constexpr std::size_t kOpenAiToolName = 64;
constexpr std::size_t kGeminiToolName = 63;
constexpr std::size_t kCursorToolName = 59;      // with the server's name and a separator it must stay within 60
constexpr std::size_t kClaudeDescription = 2048;  // characters that Claude Code shows

constexpr std::array<std::string_view, 3> kNames = {"refused", "changed", "hint"};

NoteKind kind_of(std::string_view what) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (what.starts_with(std::string(kNames[i]) + ": ")) return static_cast<NoteKind>(i);
  return NoteKind::refused;
}

constexpr std::size_t kToldOfOne = 64;  // lint_portability has no more

class ToolLinter {
 public:
  ToolLinter(std::string tool, LintResult& result) : tool_(std::move(tool)), notes_(result.notes), cut_(result.cut), first_(notes_.size()) {}
  ToolLinter(const ToolLinter&) = delete;
  ToolLinter& operator=(const ToolLinter&) = delete;

  // The worst of this tool first, else in the order of the schema.
  void note(std::string_view client, std::string location, std::string what) {
    const NoteKind kind = kind_of(what);
    const auto place = std::find_if(notes_.begin() + static_cast<std::ptrdiff_t>(first_), notes_.end(), [&](const auto& one) { return one.kind > kind; });
    notes_.insert(place, {tool_, kind, std::string(client), std::move(location), std::move(what)});
  }

  void input(const json& schema, const std::string& where) {
    compiles(schema, where);
    auto found = lint_portability(schema);
    cut_ = cut_ || found.size() >= kToldOfOne;
    for (auto& one : found) note(one.client, where + one.location, std::move(one.what));
  }

  void compiles(const json& schema, const std::string& where) {
    const auto compiled = Schema::compile(schema);
    if (compiled) return;
    // "#/properties/a/type: must be …"
    const std::string& message = compiled.error().message;
    const auto colon = message.find(": ");
    const bool placed = message.starts_with('#') && colon != std::string::npos;
    note("sumun", where + (placed ? message.substr(1, colon - 1) : ""), "refused: " + (placed ? message.substr(colon + 2) : message));
  }

  void output(const json& schema, const std::string& where) {
    compiles(schema, where);
    if (!schema.is_object() || schema.value("type", json()) != "object") {
      note("clients before 2026-07-28", where, "hint: they know output schemas of objects alone; Sumun's servers wrap others for them");
    }
  }

  void name() {
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
    const bool letters = std::all_of(tool_.begin(), tool_.end(), is_letter);
    const bool dots = std::all_of(tool_.begin(), tool_.end(), [&](char c) { return is_letter(c) || c == '.'; });
    if (tool_.empty()) note("every client", "/name", "refused: a tool must have a name");
    if (!dots) note("Claude, OpenAI API, Gemini CLI", "/name", "refused: a name has letters of ASCII, digits, _ and - alone (Gemini CLI writes _ for the others)");
    else if (!letters) note("OpenAI API, GitHub Copilot CLI", "/name", "refused: a name must match ^[a-zA-Z0-9_-]+$; the dots fail");
    const std::string length = "it has " + std::to_string(tool_.size()) + " characters, ";
    if (tool_.size() > kMaxToolName) note("clients of 2025-11-25 and later", "/name", "hint: " + length + "MCP wants " + std::to_string(kMaxToolName) + " at most");
    if (tool_.size() > kOpenAiToolName) note("OpenAI API, Claude Code", "/name", "refused: " + length + "64 are taken (Claude Code adds mcp__SERVER__ to it first)");
    if (tool_.size() > kGeminiToolName) note("Gemini CLI", "/name", "changed: " + length + "beyond 63 the middle is cut out");
    if (tool_.size() >= kCursorToolName) note("Cursor", "/name", "refused: " + length + "together with the server's name more than 60 are left out");
  }

  void description(const json& tool) {
    const auto text = tool.find("description");
    if (text == tool.end()) return note("every client", "", "hint: a tool without a description; the model has its name alone to go by");
    if (!text->is_string()) return note("every client", "/description", "refused: a description is a text");
    const auto& words = text->get_ref<const std::string&>();
    const auto characters = std::count_if(words.begin(), words.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
    if (static_cast<std::size_t>(characters) > kClaudeDescription) note("Claude Code", "/description", "changed: it has " + std::to_string(characters) + " characters and is cut after " + std::to_string(kClaudeDescription));
  }

 private:
  std::string tool_;
  std::vector<ToolNote>& notes_;
  bool& cut_;
  std::size_t first_;
};

std::string name_in(const json& tool) { return tool.contains("name") && tool["name"].is_string() ? tool["name"].get<std::string>() : ""; }

void lint_tool(const json& tool, std::set<std::string>& seen, LintResult& result) {
  const std::string name = name_in(tool);
  ToolLinter linter(name, result);
  linter.name();
  if (!name.empty() && !seen.insert(name).second) linter.note("every client", "/name", "refused: there is a tool of this name already");
  linter.description(tool);
  if (tool.contains("inputSchema")) linter.input(tool["inputSchema"], "/inputSchema");
  else linter.note("every client", "", "refused: a tool must have an inputSchema");
  if (tool.contains("outputSchema")) linter.output(tool["outputSchema"], "/outputSchema");
}

Result<LintResult> lint_list(const json& list, const std::string& where) {
  if (!list.is_array()) return fail(ErrorCode::invalid_value, where + ": expected a list of tools");
  std::vector<json> tools;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!list[i].is_object()) return fail(ErrorCode::invalid_value, where + "/" + std::to_string(i) + ": expected a tool, an object with name and inputSchema");
    tools.push_back(list[i]);
  }
  return lint_tools(tools);
}

}  // namespace

std::size_t LintResult::count(NoteKind kind) const {
  return static_cast<std::size_t>(std::count_if(notes.begin(), notes.end(), [&](const auto& note) { return note.kind == kind; }));
}

Result<LintResult> lint_document(const json& document) {
  if (document.is_array()) return lint_list(document, "#");
  if (document.is_object()) {
    // "type" says that it is a schema, whatever its other keywords are called.
    const bool schema = document.contains("type") || document.contains("$schema") || document.contains("properties");
    if (!schema && document.contains("result") && document["result"].is_object() && document["result"].contains("tools"))
      return lint_list(document["result"]["tools"], "#/result/tools");
    if (!schema && document.contains("tools")) return lint_list(document["tools"], "#/tools");
    if (document.contains("inputSchema") || (!schema && !name_in(document).empty())) return lint_tools({document});
  }
  LintResult result;
  ToolLinter("", result).input(document, "");
  return result;
}

LintResult lint_tools(const std::vector<json>& tools) {
  LintResult result;
  result.tools = tools.size();
  std::set<std::string> seen;
  for (const auto& tool : tools) lint_tool(tool, seen, result);
  return result;
}

std::string_view name_of(NoteKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

std::string line_of(const ToolNote& note) {
  return (note.tool.empty() ? "" : note.tool + " ") + "#" + note.location + ": " + note.client + ": " + note.what;
}

json json_of(const LintResult& result) {
  json notes = json::array();
  for (const auto& one : result.notes) {
    notes.push_back({{"tool", one.tool}, {"kind", name_of(one.kind)}, {"client", one.client}, {"location", one.location}, {"what", one.what}});
  }
  return json{{"tools", result.tools}, {"notes", std::move(notes)}, {"cut", result.cut}};
}

}  // namespace sumun::host
