// SPDX-License-Identifier: Apache-2.0
// The dialogue: one line a field, an empty line takes the default.
#include "form.hpp"

#include "arguments.hpp"
#include "console.hpp"

#include <sumun/json.hpp>
#include <sumun/schema.hpp>

#include <istream>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <vector>

namespace sumun::host {
namespace {

constexpr std::size_t kMaxAnswerBytes = 64 * 1024;  // one line of a person
constexpr int kMaxAttempts = 5;                     // at one field: a script that answers wrongly must not go on for ever

enum class Choice { yes, no, again, cancelled };

std::optional<std::string> read_line(std::istream& in) {
  std::string line;
  if (!std::getline(in, line)) return std::nullopt;
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line.substr(0, kMaxAnswerBytes);
}

Choice choose(std::istream& in, std::ostream& out, std::string_view question) {
  out << question << std::flush;
  const auto line = read_line(in);
  if (!line) return Choice::cancelled;
  if (line->empty() || *line == "y" || *line == "Y" || *line == "yes") return Choice::yes;
  return *line == "e" || *line == "E" ? Choice::again : Choice::no;
}

std::string text_of(const json& value) { return value.is_string() ? value.get<std::string>() : dump_json(value); }

// "value: title" of each choice that a field offers.
std::vector<std::string> choices_of(const json& field) {
  std::vector<std::string> choices;
  const json& source = field.contains("items") ? field["items"] : field;
  if (source.contains("enum") && source["enum"].is_array())
    for (const auto& one : source["enum"]) choices.push_back(text_of(one));
  for (const char* keyword : {"oneOf", "anyOf"}) {
    if (!source.contains(keyword) || !source[keyword].is_array()) continue;
    for (const auto& one : source[keyword]) {
      if (!one.is_object() || !one.contains("const")) continue;
      choices.push_back(text_of(one["const"]) + (one.contains("title") ? ": " + text_of(one["title"]) : ""));
    }
  }
  return choices;
}

void describe(std::ostream& out, const std::string& name, const json& field, bool required) {
  out << "\n" << harmless(field.contains("title") ? text_of(field["title"]) : name);
  if (!required) out << " (optional)";
  if (field.contains("description")) out << "\n  " << harmless(one_line(text_of(field["description"]), 500));
  for (const auto& choice : choices_of(field)) out << "\n  - " << harmless(choice);
  if (field.value("type", json()) == "array") out << "\n  (several, with commas between them)";
  if (field.contains("default")) out << "\n  [" << harmless(text_of(field["default"])) << "]";
  out << "\n> " << std::flush;
}

// A list is written with commas, everything else as key=value on the command line.
Result<json> read_value(const std::string& name, const std::string& line, const json& field) {
  if (field.value("type", json()) != "array" || line.starts_with('[')) return convert_argument(name, line, field, field);
  json list = json::array();
  std::size_t begin = 0;
  while (begin <= line.size()) {
    auto end = line.find(',', begin);
    if (end == std::string::npos) end = line.size();
    auto word = line.substr(begin, end - begin);
    word.erase(0, word.find_first_not_of(' '));
    word.erase(word.find_last_not_of(' ') + 1);
    if (!word.empty()) list.push_back(word);
    begin = end + 1;
  }
  return list;
}

std::optional<std::string> complaint(const std::string& name, const json& value, const json& field) {
  SchemaOptions options;
  options.formats = FormatUse::assertion;
  const auto schema = Schema::compile(field, options);
  if (!schema) return std::nullopt;  // the server judges what we cannot
  const auto violations = schema->validate(value);
  if (violations.empty()) return std::nullopt;
  return violations.front().sentence(name);
}

enum class FieldEnd { filled, left_out, cancelled, given_up };

FieldEnd ask_field(std::istream& in, std::ostream& out, const std::string& name, const json& field, bool required, json& content) {
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    describe(out, name, field, required);
    const auto line = read_line(in);
    if (!line) return FieldEnd::cancelled;
    if (line->empty() && field.contains("default")) {
      content[name] = field["default"];
      return FieldEnd::filled;
    }
    if (line->empty() && !required) return FieldEnd::left_out;
    auto value = read_value(name, *line, field);
    const auto wrong = value ? complaint(name, *value, field) : std::optional(value.error().message);
    if (!wrong) {
      content[name] = *std::move(value);
      return FieldEnd::filled;
    }
    out << "  " << harmless(*wrong) << "\n";
  }
  return FieldEnd::given_up;
}

ElicitResult ended(ElicitAction action) {
  ElicitResult result;
  result.action = action;
  return result;
}

// The whole form once; nothing where the person cancelled or did not manage.
std::optional<json> fill_in(std::istream& in, std::ostream& out, const json& schema) {
  json content = json::object();
  std::set<std::string> required;
  if (schema.contains("required") && schema["required"].is_array())
    for (const auto& name : schema["required"])
      if (name.is_string()) required.insert(name.get<std::string>());
  if (!schema.contains("properties") || !schema["properties"].is_object()) return content;
  for (const auto& [name, field] : schema["properties"].items()) {
    const json shape = field.is_object() ? field : json::object();
    const FieldEnd end = ask_field(in, out, name, shape, required.contains(name), content);
    if (end == FieldEnd::cancelled || end == FieldEnd::given_up) return std::nullopt;
  }
  return content;
}

std::string host_of(const std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) return url;
  auto authority = url.substr(scheme + 3);
  authority = authority.substr(0, authority.find_first_of("/?#\\"));
  if (const auto at = authority.rfind('@'); at != std::string::npos) authority.erase(0, at + 1);
  return authority;
}

}  // namespace

ElicitResult ask_form(std::istream& in, std::ostream& out, std::string_view server, const ElicitRequestFormParams& form) {
  out << "\n" << harmless(server) << " asks: " << harmless(form.message) << "\n";
  const Choice first = choose(in, out, "Answer? [Y/n] ");
  if (first == Choice::cancelled) return ended(ElicitAction::cancel);
  if (first != Choice::yes) return ended(ElicitAction::decline);
  while (true) {
    auto content = fill_in(in, out, form.requestedSchema);
    if (!content) return ended(ElicitAction::cancel);
    out << "\n" << harmless(content->dump(2, ' ', false, json::error_handler_t::replace)) << "\n";
    const Choice send = choose(in, out, "Send this? [Y/n, e = edit] ");
    if (send == Choice::again) continue;
    if (send == Choice::cancelled) return ended(ElicitAction::cancel);
    if (send != Choice::yes) return ended(ElicitAction::decline);
    ElicitResult result = ended(ElicitAction::accept);
    result.content = *std::move(content);
    return result;
  }
}

ElicitResult ask_url(std::istream& in, std::ostream& out, std::string_view server, const ElicitRequestURLParams& page) {
  out << "\n" << harmless(server) << " asks you to open a page: " << harmless(page.message) << "\n  host: " << harmless(host_of(page.url))
      << "\n  " << harmless(page.url) << "\n";
  const Choice choice = choose(in, out, "Open it in your browser, then press Enter to go on [Y/n] ");
  if (choice == Choice::cancelled) return ended(ElicitAction::cancel);
  return ended(choice == Choice::yes ? ElicitAction::accept : ElicitAction::decline);
}

}  // namespace sumun::host
