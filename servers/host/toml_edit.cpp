// SPDX-License-Identifier: Apache-2.0
// The parser tells where values stand; the edit is made in the text, so that comments and order survive.
#include "toml_edit.hpp"

// The distribution's library is built with exceptions; without them the parser is taken from its headers.
#undef TOML_HEADER_ONLY
#undef TOML_SHARED_LIB
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

namespace sumun::host {
namespace {

constexpr std::string_view kServers = "mcp_servers";

std::string toml_string(std::string_view value) {
  // A basic string of TOML takes the escapes that JSON writes.
  return json(value).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string toml_key(std::string_view key) {
  const bool bare = !key.empty() && std::all_of(key.begin(), key.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  return bare ? std::string(key) : toml_string(key);
}

std::string args_text(const std::vector<std::string>& args) {
  std::string text = "[";
  for (const auto& arg : args) text += (text.size() > 1 ? ", " : "") + toml_string(arg);
  return text + "]";
}

Result<toml::table> parse(std::string_view text) {
  auto parsed = toml::parse(text);
  if (parsed) return std::move(parsed).table();
  return fail(ErrorCode::invalid_value, "line " + std::to_string(parsed.error().source().begin.line) + ": " +
                                            std::string(parsed.error().description()));
}

toml::array to_array(const std::vector<std::string>& args) {
  toml::array array;
  for (const auto& arg : args) array.push_back(arg);
  return array;
}

// The offset of a position of the parser, which counts lines and code points from 1.
std::size_t offset_of(std::string_view text, const toml::source_position& position) {
  std::size_t at = 0;
  for (toml::source_index line = 1; line < position.line && at < text.size(); ++line) at = std::min(text.find('\n', at), text.size() - 1) + 1;
  for (toml::source_index column = 1; column < position.column && at < text.size(); ++column) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  }
  return at;
}

struct Replacement {
  std::size_t begin = 0, end = 0;
  std::string with;
};

std::string appended(std::string_view text, std::string_view newline, const std::string& table) {
  std::string result(text);
  if (!result.empty() && result.back() != '\n') result += newline;
  if (!result.empty()) result += newline;
  for (const char c : table) {
    if (c == '\n') result += newline;
    else result += c;
  }
  return result;
}

// Sets the two values inside the table that is there.
std::string edited(std::string_view text, std::string_view newline, const toml::table& entry, const TomlLaunch& launch) {
  std::vector<Replacement> replacements;
  std::string missing;
  const auto set = [&](std::string_view key, bool same, const std::string& value) {
    if (same) return;
    if (const toml::node* node = entry.get(key)) {
      replacements.push_back({offset_of(text, node->source().begin), offset_of(text, node->source().end), value});
    } else {
      missing += std::string(key) + " = " + value + std::string(newline);
    }
  };
  set("command", entry["command"].value<std::string_view>() == launch.command, toml_string(launch.command));
  const toml::array wanted = to_array(launch.args);
  set("args", entry["args"].is_array() && *entry["args"].as_array() == wanted, args_text(launch.args));
  if (!missing.empty()) {
    const std::size_t header = offset_of(text, entry.source().begin);
    const std::size_t line_end = text.find('\n', header);
    if (line_end == std::string_view::npos) replacements.push_back({text.size(), text.size(), std::string(newline) + missing});
    else replacements.push_back({line_end + 1, line_end + 1, missing});
  }
  std::sort(replacements.begin(), replacements.end(), [](const auto& a, const auto& b) { return a.begin > b.begin; });
  std::string result(text);
  for (const auto& r : replacements) result.replace(r.begin, r.end - r.begin, r.with);
  return result;
}

}  // namespace

std::string toml_table(std::string_view name, const TomlLaunch& launch) {
  return "[" + std::string(kServers) + "." + toml_key(name) + "]\ncommand = " + toml_string(launch.command) + "\nargs = " + args_text(launch.args) + "\n";
}

Result<std::string> set_toml_server(std::string_view text, std::string_view name, const TomlLaunch& launch) {
  auto before = parse(text);
  if (!before) return before.error();
  const toml::table original = *before;  // for the comparison: source places do not take part in it

  const toml::node* servers = before->get(kServers);
  if (servers && !servers->is_table()) return fail(ErrorCode::invalid_value, "\"mcp_servers\" is no table");
  const toml::node* entry = servers ? servers->as_table()->get(name) : nullptr;
  if (entry && (!entry->is_table() || entry->as_table()->contains("url")))
    return fail(ErrorCode::invalid_value, "\"mcp_servers." + std::string(name) + "\" is an entry of another kind; choose another --name");

  const std::string newline = text.find("\r\n") != std::string_view::npos ? "\r\n" : "\n";
  std::string result = entry ? edited(text, newline, *entry->as_table(), launch) : appended(text, newline, toml_table(name, launch));
  if (result == text) return result;

  toml::table wanted = original;
  if (!servers) wanted.insert(kServers, toml::table{});
  toml::table& wanted_servers = *wanted[kServers].as_table();
  if (!entry) wanted_servers.insert(name, toml::table{});
  toml::table& wanted_entry = *wanted_servers[name].as_table();
  wanted_entry.insert_or_assign("command", launch.command);
  wanted_entry.insert_or_assign("args", to_array(launch.args));
  const auto after = parse(result);
  if (!after || *after != wanted) {
    return fail(ErrorCode::invalid_value,
                "\"mcp_servers\" is written in a way that cannot be edited safely (an inline table?); add the entry by hand");
  }
  return result;
}

}  // namespace sumun::host
