// SPDX-License-Identifier: Apache-2.0
// `sumun schema lint`, `validate` and `check`: schemas of files and of running servers. Exit codes: 0 nothing found or
// valid, 1 something found or invalid, 2 nothing could be looked at.
#include "commands.hpp"
#include "console.hpp"
#include "json_input.hpp"
#include "lint_tools.hpp"
#include "remote.hpp"

#include <sumun/schema.hpp>

#include <algorithm>
#include <set>

namespace sumun::host {
namespace {

int report(LintResult result, const NotesShown shown, Output output) {
  if (shown == NotesShown::faults) std::erase_if(result.notes, [](const ToolNote& note) { return note.kind == NoteKind::hint; });
  if (output == Output::json) {
    print_json(json_of(result));
    return result.notes.empty() ? kDone : kFailed;
  }
  for (const auto& note : result.notes) print(line_of(note) + "\n");
  std::string words = result.tools == 0 ? "" : std::to_string(result.tools) + (result.tools == 1 ? " tool: " : " tools: ");
  if (result.notes.empty()) {
    tell(words + "nothing found");
    return kDone;
  }
  bool first = true;
  for (const NoteKind kind : {NoteKind::refused, NoteKind::changed, NoteKind::hint}) {
    const auto count = result.count(kind);
    if (count == 0) continue;
    words += (first ? "" : ", ") + std::to_string(count) + " " + std::string(name_of(kind)) + (kind == NoteKind::hint && count > 1 ? "s" : "");
    first = false;
  }
  if (result.cut) words += "; there may be more: of one schema no more is told";
  tell(words);
  return kFailed;
}

Result<Dialect> dialect_of(const std::string& name) {
  if (name.empty() || name == "2020-12") return Dialect::draft_2020_12;
  if (name == "2019-09") return Dialect::draft_2019_09;
  if (name == "draft-07") return Dialect::draft_07;
  return fail(ErrorCode::invalid_value, "--dialect: \"" + name + "\" is none of 2020-12, 2019-09, draft-07");
}

Result<SchemaOptions> options_of(const SchemaValidateCommand& command) {
  SchemaOptions options;
  auto dialect = dialect_of(command.dialect);
  if (!dialect) return dialect.error();
  options.dialect = *dialect;
  options.formats = command.formats ? FormatUse::assertion : FormatUse::annotation;
  for (const auto& word : command.documents) {
    const auto equals = word.rfind('=');  // the URI may have a query
    if (equals == std::string::npos || equals == 0 || equals + 1 == word.size()) return fail(ErrorCode::invalid_value, "--document: \"" + word + "\" is no URI=FILE");
    auto document = read_json(word.substr(equals + 1));
    if (!document) return document.error();
    if (!options.documents.emplace(word.substr(0, equals), *std::move(document)).second)
      return fail(ErrorCode::invalid_value, "--document: " + word.substr(0, equals) + " is given twice");
  }
  return options;
}

// The formats of the schema that nothing is known of: such a text is always valid. What is told from a text that is of no
// format at all.
void find_unknown_formats(const json& schema, std::set<std::string>& unknown) {
  if (!schema.is_structured()) return;
  for (const auto& [key, value] : schema.items()) {
    find_unknown_formats(value, unknown);
    if (key != "format" || !schema.is_object() || !value.is_string()) continue;
    SchemaOptions options;
    options.formats = FormatUse::assertion;
    const auto probe = Schema::compile(json{{"format", value}}, options);
    if (probe && probe->valid("({ %")) unknown.insert(value.get<std::string>());
  }
}

void print_verdict(const std::vector<Violation>& violations, const SchemaValidateCommand& command) {
  if (command.output == "flag") return print_json(flag_output(violations));
  if (command.output == "basic") return print_json(basic_output(violations));
  for (const auto& one : violations) {
    const std::string line = one.sentence("instance");
    if (command.fill) tell(line);
    else print(line + "\n");
  }
  if (violations.empty() && !command.fill) tell("valid");
  if (violations.size() == SchemaLimits().violations) tell("there may be more: no more than " + std::to_string(violations.size()) + " violations are told");
}

}  // namespace

int run(const SchemaLintCommand& command) {
  const auto document = read_json(command.file);
  if (!document) return wrong_usage(document.error().message);
  auto result = lint_document(*document);
  if (!result) return wrong_usage(command.file + ": " + result.error().message);
  return report(*std::move(result), command.shown, command.output);
}

int run(const SchemaValidateCommand& command) {
  if (command.schema == "-" && command.instance == "-") return wrong_usage("the schema and the instance cannot both come from standard input");
  if (command.output != "words" && command.output != "flag" && command.output != "basic")
    return wrong_usage("--output: \"" + command.output + "\" is none of words, flag, basic");
  if (command.fill && command.output != "words") return wrong_usage("--fill prints the instance; leave out --output");
  const auto options = options_of(command);
  if (!options) return wrong_usage(options.error().message);
  auto document = read_json(command.schema);
  if (!document) return wrong_usage(document.error().message);
  auto instance = read_json(command.instance);
  if (!instance) return wrong_usage(instance.error().message);
  if (command.formats) {
    std::set<std::string> unknown;
    find_unknown_formats(*document, unknown);
    for (const auto& name : unknown) tell("the format " + json(name).dump(-1, ' ', true, json::error_handler_t::replace) + " is not known: every text is valid for it");
  }
  const auto schema = Schema::compile(*std::move(document), *options);
  if (!schema) return wrong_usage((command.schema == "-" ? "standard input" : command.schema) + ": " + schema.error().message);
  const auto violations = schema->validate(*instance, command.fill ? Defaults::fill : Defaults::leave);
  if (command.fill) print_json(*instance);
  print_verdict(violations, command);
  return violations.empty() ? kDone : kFailed;
}

int run(const SchemaCheckCommand& command) {
  if (const auto checked = check(command.server); !checked) return wrong_usage(checked.error().message);
  auto client = connect(command.server);
  if (!client) return wrong_usage(client.error().message);
  const auto tools = client->all_tools(request_options(command.server));
  const bool none = !tools && tools.error().code == ErrorCode::method_not_found && !client->server().capabilities.tools;
  if (!tools && !none) return wrong_usage(tools.error().message);
  std::vector<json> listed;
  if (tools) std::transform(tools->begin(), tools->end(), std::back_inserter(listed), [](const Tool& tool) { return wire_json(tool); });
  if (listed.empty()) tell("the server has no tools");
  return report(lint_tools(listed), command.shown, command.output);
}

}  // namespace sumun::host
