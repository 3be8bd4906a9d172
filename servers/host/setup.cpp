// SPDX-License-Identifier: Apache-2.0
// `sumun client-config`: plugs this program into an MCP client.
#include "client_config.hpp"
#include "commands.hpp"
#include "console.hpp"
#include "files.hpp"

#include <string>

namespace sumun::host {
namespace {

std::string known_names() {
  std::string names;
  for (const auto& client : known_clients()) names += (names.empty() ? "" : ", ") + std::string(client.id);
  return names;
}

Result<LaunchEntry> entry_of(const ClientConfigCommand& command) {
  auto program = own_program();
  if (!program) return program.error();
  LaunchEntry entry;
  entry.name = command.name;
  entry.command = program->string();
  entry.args = {"serve"};
  if (!command.index.empty()) {
    entry.args.push_back("--index");
    entry.args.push_back(std::filesystem::absolute(command.index).string());
  }
  return entry;
}

int show(const ClientInfo& client, const LaunchEntry& entry, const std::filesystem::path& file) {
  print(settings_snippet(client, entry));
  tell("");
  tell(std::string(client.title) + " reads this from " + file.string());
  tell("  on macOS:   " + std::string(client.mac_path));
  tell("  on Windows: " + std::string(client.windows_path) + (client.format == ClientFormat::codex_toml
                          ? "   (command = \"wsl.exe\", args = [\"--\", \"" + entry.command + "\", …])"
                          : "   (\"command\": \"wsl.exe\", \"args\": [\"--\", \"" + entry.command + "\", …])"));
  tell("Add it by hand, or: sumun client-config " + std::string(client.id) + " --write");
  return kDone;
}

int write(const ClientInfo& client, const LaunchEntry& entry, const std::filesystem::path& file) {
  const auto before = read_file(file);
  if (!before) return failed(before.error());
  const auto after = merge_settings(client, before->value_or(""), entry);
  if (!after) return failed(fail(after.error().code, file.string() + ": " + after.error().message + "; nothing was changed"));
  if (*before && **before == *after) {
    tell(std::string(client.title) + " knows \"" + entry.name + "\" already: " + file.string());
    return kDone;
  }
  const auto backup = replace_file(file, *before, *after);
  if (!backup) return failed(backup.error());
  tell("added \"" + entry.name + "\" to " + file.string());
  if (!backup->empty()) tell("the old file is kept as " + backup->string());
  tell("now " + std::string(client.reload));
  return kDone;
}

}  // namespace

int run(const ClientConfigCommand& command) {
  const ClientInfo* client = find_client(command.client);
  if (!client) return wrong_usage("there is no client \"" + command.client + "\"; there are: " + known_names());
  if (command.name.empty()) return wrong_usage("--name must not be empty");
  if (!command.url.empty()) {
    if (command.write || !command.index.empty()) return wrong_usage("--url is printed only; leave out --write and --index");
    print(url_snippet(*client, command.name, command.url));
    return kDone;
  }
  const auto entry = entry_of(command);
  if (!entry) return failed(entry.error());
  auto file = command.file.empty() ? settings_file(*client, UserFolders::from_environment()) : Result<std::filesystem::path>(std::filesystem::absolute(command.file));
  if (!file) return failed(file.error());
  return command.write ? write(*client, *entry, *file) : show(*client, *entry, *file);
}

}  // namespace sumun::host
