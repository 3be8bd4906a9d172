// SPDX-License-Identifier: Apache-2.0
// What known clients drop or mangle in a tool's input schema.
#include <sumun/schema.hpp>

#include "schema/program.hpp"

namespace sumun {
inline namespace v0 {

namespace {

constexpr std::size_t kMaxNotes = 64;
constexpr std::size_t kMaxLintDepth = 128;

class Linter {
 public:
  std::vector<PortabilityNote> lint(const json& schema) {
    if (!schema.is_object()) {
      note("every client", "", "a tool's input schema must be an object: MCP allows nothing else");
      return std::move(notes_);
    }
    top_level(schema);
    walk(schema, "", 0);
    return std::move(notes_);
  }

 private:
  void note(std::string client, std::string location, std::string what) {
    if (notes_.size() < kMaxNotes) notes_.push_back({std::move(client), std::move(location), std::move(what)});
  }

  void top_level(const json& schema) {
    const auto kind = schema.find("type");
    if (kind == schema.end() || *kind != "object") note("every client", "/type", "the top level must have \"type\": \"object\": clients refuse the tool otherwise");
    for (const char* keyword : {"oneOf", "anyOf", "allOf"}) {
      if (!schema.contains(keyword)) continue;
      const std::string where = std::string("/") + keyword, what = std::string(keyword) + " at the top level";
      note("Claude (Anthropic API, Claude Code, Claude Desktop)", where, what + ": the request with this tool is refused");
      note("OpenAI API (Codex, ChatGPT)", where, what + ": the tool is refused");
      note("Cursor, Gemini CLI", where, what + ": it is dropped, the model does not see it");
    }
    if (const auto dialect = schema.find("$schema"); dialect != schema.end() && dialect->is_string()) {
      const auto& uri = dialect->get_ref<const std::string&>();
      if (uri.find("2020-12") == std::string::npos) {
        note("clients of 2025-11-25 and later", "/$schema", "\"" + uri + "\" is not 2020-12, the dialect of MCP: some clients refuse the tool");
      }
    }
  }

  void walk(const json& value, const std::string& where, std::size_t depth) {
    if (depth > kMaxLintDepth || notes_.size() >= kMaxNotes) return;
    if (value.is_array()) {
      for (std::size_t i = 0; i < value.size(); ++i) walk(value[i], where + "/" + std::to_string(i), depth + 1);
    } else if (value.is_object()) {
      for (const auto& [key, member] : value.items()) {
        const std::string at = where + "/" + schema::pointer_step(key);
        const bool data = key == "enum" || key == "const" || key == "default" || key == "examples";
        if (data) continue;
        if ((key == "$ref" || key == "$dynamicRef") && member.is_string()) {
          note("Gemini CLI, Cursor, VS Code", at, key + " is not followed: the model sees an empty schema there");
        }
        walk(member, at, depth + 1);
      }
    }
  }

  std::vector<PortabilityNote> notes_;
};

}  // namespace

std::vector<PortabilityNote> lint_portability(const json& schema) { return Linter().lint(schema); }

}  // namespace v0
}  // namespace sumun
