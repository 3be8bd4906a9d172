// SPDX-License-Identifier: Apache-2.0
// How each known MCP client is told to launch a server over stdio: where its settings file lies, what the entry looks
// like, and how the entry is merged into a file that has others in it.
#pragma once
#include <sumun/result.hpp>

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sumun::host {

/// The way a client writes a server down.
enum class ClientFormat {
  mcp_servers,        // {"mcpServers": {NAME: {"command", "args"}}}
  typed_mcp_servers,  // the same with "type": "stdio"
  vscode,             // {"servers": {NAME: {"type": "stdio", "command", "args"}}}
  zed,                // {"context_servers": {NAME: {"command", "args"}}}
  codex_toml          // [mcp_servers.NAME] command = …, args = […]
};

struct ClientInfo {
  std::string_view id;     // as typed: "claude-desktop"
  std::string_view title;  // as its makers write it
  ClientFormat format;
  std::string_view mac_path, windows_path;  // where the file lies there
  std::string_view reload;                  // what makes the client read the file again
};

/// Every client that is known, in the order of the help text.
std::span<const ClientInfo> known_clients();
/// Null where there is none of that name.
const ClientInfo* find_client(std::string_view id);

/// The variables that settle where settings lie; empty = not set.
struct UserFolders {
  std::string home, xdg_config_home, codex_home, claude_config_dir;
  static UserFolders from_environment();
};

/// The client's own settings file of this user, on Linux.
/// Errors: failed where the home folder is not known.
Result<std::filesystem::path> settings_file(const ClientInfo& client, const UserFolders& folders);

/// What the client is to launch, under which name.
struct LaunchEntry {
  std::string name = "sumun";
  std::string command;  // an absolute path: clients do not share the shell's PATH
  std::vector<std::string> args;
};

/// The whole entry as a person would paste it into an empty file.
std::string settings_snippet(const ClientInfo& client, const LaunchEntry& entry);

/// The same for a server at a URL. Claude Desktop launches servers only: there mcp-remote goes between.
std::string url_snippet(const ClientInfo& client, std::string_view name, std::string_view url);

/// The settings with the entry in them; all else, comments and order included, as it was. An entry that says the same
/// already leaves the text as it is; keys that the user added to the entry stay.
/// Errors: invalid_value: no settings of that format (with the line), or the name belongs to an entry of another kind.
Result<std::string> merge_settings(const ClientInfo& client, std::string_view text, const LaunchEntry& entry);

}  // namespace sumun::host
