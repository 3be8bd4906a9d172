// SPDX-License-Identifier: Apache-2.0
// The server that a command talks to: launched, connected, its questions put to the person at the terminal.
#pragma once
#include "commands.hpp"

#include <sumun/client.hpp>

#include <string>
#include <utility>
#include <vector>

namespace sumun::host {

/// What a command line launches. Leading NAME=value words are the program's environment, as in a shell.
struct CommandLine {
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::string> words;
};
/// Errors: invalid_value (quotes, nothing to launch).
Result<CommandLine> parse_command_line(const std::string& text);

/// Whether the choice can be made at all. Errors: invalid_value (--server, --revision, --timeout, --log-level).
Result<void> check(const ServerChoice& choice);

Result<BlockingClient> connect(const ServerChoice& choice);
/// For one request: the time limit, and its progress on the terminal.
RequestOptions request_options(const ServerChoice& choice);

}  // namespace sumun::host
