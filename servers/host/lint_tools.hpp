// SPDX-License-Identifier: Apache-2.0
// What known clients make of whole tools: their schemas, names and descriptions. docs/clients.md has the sources.
#pragma once
#include <sumun/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sumun::host {

/// How bad a note is; its words begin with the name.
enum class NoteKind { refused, changed, hint };

struct ToolNote {
  std::string tool;      // its name; empty = a schema that stands alone
  NoteKind kind;
  std::string client;    // "Claude (…)", "every client", …; "sumun" = this program refuses the schema itself
  std::string location;  // JSON Pointer into the tool, or into the schema that stands alone
  std::string what;      // "refused: …"
};

struct LintResult {
  std::size_t tools = 0;       // that were looked at; 0 = a schema that stands alone
  std::vector<ToolNote> notes;  // the worst of each tool first
  bool cut = false;             // a schema has as many notes as are told of one

  std::size_t count(NoteKind kind) const;
};

/// Looks at what a file holds.
/// Shape:   an input schema | {"name", "inputSchema", …} | [tool, …] | {"tools": [tool, …]} | {"result": {"tools": […]}}
/// Errors:  invalid_value: a list of tools that is none, with the place.
Result<LintResult> lint_document(const json& document);

/// Looks at tools as a server lists them (wire_json).
LintResult lint_tools(const std::vector<json>& tools);

std::string_view name_of(NoteKind kind);
/// One line: `create_page #/inputSchema/oneOf: OpenAI API: refused: …`.
std::string line_of(const ToolNote& note);
/// {"tools": n, "notes": [{"tool", "kind", "client", "location", "what"}, …]}
json json_of(const LintResult& result);

}  // namespace sumun::host
