// SPDX-License-Identifier: Apache-2.0
// The table of clients, and the one merge that serves all of them.
#include "client_config.hpp"

#include "json_edit.hpp"
#include "toml_edit.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace sumun::host {
namespace {

namespace fs = std::filesystem;

constexpr std::array<ClientInfo, 7> kClients{{
    {"claude-desktop", "Claude Desktop", ClientFormat::mcp_servers, "~/Library/Application Support/Claude/claude_desktop_config.json",
     "%APPDATA%\\Claude\\claude_desktop_config.json", "quit Claude Desktop and start it again"},
    {"claude-code", "Claude Code", ClientFormat::typed_mcp_servers, "~/.claude.json", "%USERPROFILE%\\.claude.json",
     "start a new session; /mcp shows the server"},
    {"vscode", "VS Code", ClientFormat::vscode, "~/Library/Application Support/Code/User/mcp.json", "%APPDATA%\\Code\\User\\mcp.json",
     "run the command \"MCP: List Servers\" and start it"},
    {"cursor", "Cursor", ClientFormat::typed_mcp_servers, "~/.cursor/mcp.json", "%USERPROFILE%\\.cursor\\mcp.json",
     "switch the server on in Cursor's MCP settings"},
    {"windsurf", "Windsurf", ClientFormat::mcp_servers, "~/.codeium/windsurf/mcp_config.json", "%USERPROFILE%\\.codeium\\windsurf\\mcp_config.json",
     "press refresh in Cascade's MCP panel"},
    {"zed", "Zed", ClientFormat::zed, "~/.config/zed/settings.json", "%APPDATA%\\Zed\\settings.json",
     "nothing: Zed reads its settings when they change"},
    {"codex", "Codex", ClientFormat::codex_toml, "~/.codex/config.toml", "%USERPROFILE%\\.codex\\config.toml",
     "start a new session; /mcp shows the server"},
}};

std::string_view servers_key(ClientFormat format) {
  if (format == ClientFormat::vscode) return "servers";
  if (format == ClientFormat::zed) return "context_servers";
  return "mcpServers";
}

nlohmann::ordered_json json_entry(ClientFormat format, const LaunchEntry& entry) {
  nlohmann::ordered_json value;
  if (format == ClientFormat::vscode || format == ClientFormat::typed_mcp_servers) value["type"] = "stdio";
  value["command"] = entry.command;
  value["args"] = entry.args;
  return value;
}

// An entry that reaches a server by URL must not become half of each.
bool is_of_another_kind(const json& found) {
  if (!found.is_object()) return true;
  if (found.contains("type") && found["type"] != "stdio") return true;
  return found.contains("url") || found.contains("serverUrl") || found.contains("httpUrl");
}

Result<std::string> merge_json(ClientFormat format, std::string_view text, const LaunchEntry& entry) {
  const auto settings = parse_jsonc(text);
  if (!settings) return settings.error();
  const std::string servers(servers_key(format));
  const auto wanted = json_entry(format, entry);
  const bool exists = settings->is_object() && settings->contains(servers) && (*settings)[servers].is_object() &&
                      (*settings)[servers].contains(entry.name);
  if (!exists) return set_jsonc_member(text, {servers, entry.name}, wanted);

  const json& found = (*settings)[servers][entry.name];
  if (is_of_another_kind(found)) {
    return fail(ErrorCode::invalid_value, "\"" + servers + "." + entry.name + "\" is an entry of another kind; choose another --name");
  }
  std::string result(text);
  for (const auto& [key, value] : wanted.items()) {
    // "stdio" is what no type means.
    if (key == "type" && !found.contains("type")) continue;
    auto edited = set_jsonc_member(result, {servers, entry.name, key}, value);
    if (!edited) return edited;
    result = std::move(*edited);
  }
  return result;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

std::span<const ClientInfo> known_clients() { return kClients; }

const ClientInfo* find_client(std::string_view id) {
  const auto found = std::find_if(kClients.begin(), kClients.end(), [&](const ClientInfo& c) { return c.id == id; });
  return found == kClients.end() ? nullptr : &*found;
}

UserFolders UserFolders::from_environment() {
  return {variable("HOME"), variable("XDG_CONFIG_HOME"), variable("CODEX_HOME"), variable("CLAUDE_CONFIG_DIR")};
}

Result<fs::path> settings_file(const ClientInfo& client, const UserFolders& folders) {
  if (client.id == "claude-code" && !folders.claude_config_dir.empty()) return fs::path(folders.claude_config_dir) / ".claude.json";
  if (client.id == "codex" && !folders.codex_home.empty()) return fs::path(folders.codex_home) / "config.toml";
  const bool has_config = fs::path(folders.xdg_config_home).is_absolute();  // a relative one is to be ignored (XDG base directories)
  const bool below_config = client.id == "claude-desktop" || client.id == "vscode" || client.id == "zed";
  if (folders.home.empty() && !(below_config && has_config)) return fail("HOME is not set; say with --file which settings file is meant");
  const fs::path home = folders.home;
  const fs::path config = has_config ? fs::path(folders.xdg_config_home) : home / ".config";
  if (client.id == "claude-desktop") return config / "Claude/claude_desktop_config.json";
  if (client.id == "claude-code") return home / ".claude.json";
  if (client.id == "vscode") return config / "Code/User/mcp.json";
  if (client.id == "cursor") return home / ".cursor/mcp.json";
  if (client.id == "windsurf") return home / ".codeium/windsurf/mcp_config.json";
  if (client.id == "zed") return config / "zed/settings.json";
  return home / ".codex/config.toml";
}

std::string settings_snippet(const ClientInfo& client, const LaunchEntry& entry) {
  if (client.format == ClientFormat::codex_toml) return toml_table(entry.name, {entry.command, entry.args});
  nlohmann::ordered_json servers;
  servers[entry.name] = json_entry(client.format, entry);
  nlohmann::ordered_json settings;
  settings[std::string(servers_key(client.format))] = std::move(servers);
  return settings.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string url_snippet(const ClientInfo& client, std::string_view name, std::string_view url) {
  const std::string address(url);
  if (client.id == "claude-desktop") return settings_snippet(client, {std::string(name), "npx", {"-y", "mcp-remote", address}});
  if (client.format == ClientFormat::codex_toml) return "[mcp_servers." + json(std::string(name)).dump() + "]\nurl = " + json(address).dump() + "\n";
  nlohmann::ordered_json entry;
  if (client.id == "windsurf") entry["serverUrl"] = address;
  else if (client.id == "cursor" || client.format == ClientFormat::zed) entry["url"] = address;
  else entry = {{"type", "http"}, {"url", address}};
  nlohmann::ordered_json settings;
  settings[std::string(servers_key(client.format))][std::string(name)] = std::move(entry);
  return settings.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Result<std::string> merge_settings(const ClientInfo& client, std::string_view text, const LaunchEntry& entry) {
  if (client.format == ClientFormat::codex_toml) return set_toml_server(text, entry.name, {entry.command, entry.args});
  return merge_json(client.format, text, entry);
}

}  // namespace sumun::host
