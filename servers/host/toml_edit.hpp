// SPDX-License-Identifier: Apache-2.0
// Edits a TOML settings file of another program: one table of two values is set, every other byte stays as it is.
#pragma once
#include <sumun/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace sumun::host {

/// What `[mcp_servers.NAME]` says about how to launch a server.
struct TomlLaunch {
  std::string command;
  std::vector<std::string> args;
};

/// The table as text, for a person to paste.
std::string toml_table(std::string_view name, const TomlLaunch& launch);

/// Sets `command` and `args` of [mcp_servers.NAME] and returns the new text; other keys of the table stay. The result
/// is read again and compared before it is handed out.
/// Errors: invalid_value: no TOML (with the line), an entry of another kind, or written in a way that cannot be edited safely.
Result<std::string> set_toml_server(std::string_view text, std::string_view name, const TomlLaunch& launch);

}  // namespace sumun::host
