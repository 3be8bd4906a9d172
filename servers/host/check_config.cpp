// SPDX-License-Identifier: Apache-2.0
// `sumun config check`: what holds, or what is wrong.
#include "approvals.hpp"
#include "commands.hpp"
#include "config.hpp"
#include "console.hpp"

#include <sumun/auth.hpp>
#include <sumun/json.hpp>

#include <string>

namespace sumun::host {
namespace {

// One entry a line, as TOML would have it; lists of tables as JSON.
void print_entries(const json& value, const std::string& name) {
  if (value.is_object() && !value.empty()) {
    for (const auto& [key, child] : value.items()) print_entries(child, name.empty() ? key : name + "." + key);
  } else {
    print(name + " = " + dump_json(value) + "\n");
  }
}

}  // namespace

int run(const ConfigCheckCommand& command) {
  const auto config = load_config(command.config);
  if (!config) return failed(config.error());
  if (config->auth) {
    const auto authenticator = make_authenticator(*config->auth);
    if (!authenticator) return failed(fail(ErrorCode::failed, config->file.string() + ": auth: " + authenticator.error().message));
  }
  if (command.output == Output::json) {
    print_json(config->holds);
    return kDone;
  }
  tell(config->file.empty() ? "there is no " + default_config_path().string() + "; the defaults hold" : config->file.string() + " is fine; this holds:");
  print_entries(config->holds, "");
  if (const AskState state = ask_state(*config); !state.words.empty()) tell("where the policy asks: " + state.words);
  return kDone;
}

}  // namespace sumun::host
