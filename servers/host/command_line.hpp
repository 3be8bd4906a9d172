// SPDX-License-Identifier: Apache-2.0
// What the descriptions of commands share: a struct that parsing fills, and options that many commands take.
#pragma once
#include "commands.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>

namespace sumun::host {

/// What to do once the whole command line was understood.
using Action = std::function<int()>;

// Attaches a command's struct to its subcommand: parsing fills the struct, the action runs it.
template <class Command>
Command& attach(CLI::App& sub, Action& action) {
  auto command = std::make_shared<Command>();
  sub.callback([command, &action] { action = [command] { return run(*command); }; });
  return *command;
}

inline void add_json(CLI::App& sub, Output& output) {
  sub.add_flag_callback("--json", [&output] { output = Output::json; }, "Write JSON for programs");
}

inline void add_config(CLI::App& sub, std::filesystem::path& config) {
  sub.add_option("--config", config, "The configuration (default: sumun/config.toml in $XDG_CONFIG_HOME or ~/.config)")->type_name("FILE");
}

inline void add_store_file(CLI::App& sub, std::filesystem::path& store) {
  sub.add_option("--store", store, "The store of another program: SQLite's file (default: the configuration's store)")->type_name("FILE");
}

/// `sumun approvals …`
void add_approvals(CLI::App& app, Action& action);
/// `sumun audit …`
void add_audit(CLI::App& app, Action& action);

}  // namespace sumun::host
