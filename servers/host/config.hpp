// SPDX-License-Identifier: Apache-2.0
// The configuration file: TOML, checked against schemas/config.schema.json, secrets by reference only.
//
//   [http]                                 [[auth.tokens]]
//   port = 8080                            name = "ci"
//   allowed_hosts = ["tools.example"]      token = {env = "CI_TOKEN"}
#pragma once
#include <sumun/audit.hpp>
#include <sumun/auth.hpp>
#include <sumun/http.hpp>
#include <sumun/log.hpp>
#include <sumun/policy.hpp>
#include <sumun/result.hpp>
#include <sumun/server.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sumun::host {

enum class StoreKind { sqlite, postgres, memory };

struct StoreChoice {
  StoreKind kind = StoreKind::sqlite;
  std::filesystem::path path;  // SQLite's file, absolute; empty = the default
  std::string url;             // PostgreSQL: what libpq takes; may hold a password
  std::string keys;            // of requestState; empty = a file beside the store's
  std::filesystem::path heads;  // of the audit log, appended to; absolute; empty = none
};

struct Config {
  std::filesystem::path file;  // that was read; empty = there is none and the defaults hold
  LoggingLevel log_level = LoggingLevel::info;
  std::filesystem::path index;  // absolute; empty = the default
  StoreChoice store;
  HttpOptions http;             // without its authenticator
  std::optional<AuthOptions> auth;
  std::optional<Policy> policy;  // always there once it was read
  ApprovalOptions approvals;
  AuditOptions audit;
  json holds;                   // every entry with its value, defaults filled in, references in the place of secrets
};

/// The schema as this program has it built in.
const json& config_schema();

/// sumun/config.toml in $XDG_CONFIG_HOME, or in ~/.config.
std::filesystem::path default_config_path();

/// Reads `said`; the default file, which need not exist, where nothing was said.
/// Errors: io (it cannot be read), invalid_value: a line for each fault, "FILE:LINE: http.port: what was expected". No
///         message holds a secret.
Result<Config> load_config(const std::filesystem::path& said);

/// The same from text. `file` is what messages call it, and where relative paths begin.
Result<Config> parse_config(std::string_view text, const std::filesystem::path& file);

}  // namespace sumun::host
