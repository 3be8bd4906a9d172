// SPDX-License-Identifier: Apache-2.0
// The commands of the program, each as a struct of what the command line said and a function that does it. All give
// the exit code.
#pragma once
#include <sumun/log.hpp>
#include <sumun/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sumun::host {

enum class Output { text, json };

// -- serving

struct ServeCommand {
  std::filesystem::path config;     // empty = the default one
  std::filesystem::path index;      // empty = the configuration's
  std::string principal;            // who calls over stdio; empty = local:<user>
  std::string log_level;            // empty = the configuration's
  std::optional<std::string> http;  // ADDR:PORT, empty = the configuration's; none = stdio
  bool modern_only = false;
};
int run(const ServeCommand& command);

// -- documents

struct ChunkSizes {
  std::size_t min_characters = 300, max_characters = 800;
  double overlap = 0.12;
};

struct IndexCommand {
  std::filesystem::path index;
  std::vector<std::string> paths;
  ChunkSizes chunks;
  bool hidden = false;
  std::uint64_t max_file_mb = 0;  // 0 = the engine's own bound
  Output output = Output::text;
};
int run(const IndexCommand& command);

struct SearchCommand {
  std::filesystem::path index;
  std::vector<std::string> words;
  std::size_t top_k = 10;
  std::vector<std::string> paths, types;
  std::string since, before;  // YYYY-MM-DD; empty = no bound
  Output output = Output::text;
};
int run(const SearchCommand& command);

struct EvalDocumentsCommand {
  std::filesystem::path folder;
  std::filesystem::path index;  // empty = a temporary one
  ChunkSizes chunks;
  std::vector<std::string> at_least;  // NAME=VALUE: exit 1 below
  Output output = Output::text;
};
int run(const EvalDocumentsCommand& command);

// -- a client of any server

/// Which server, and how to talk to it.
struct ServerChoice {
  std::string command;          // empty = this program's own `serve`
  std::filesystem::path index;  // for that
  std::string url;              // instead of launching one; empty = launch
  std::string token_env;        // the variable that holds its bearer token; empty = none
  std::filesystem::path token_file;  // or the file
  std::filesystem::path ca_file;     // trusted besides the system's authorities
  std::string revision;         // empty = the newest that both know
  double timeout_seconds = 60;
  std::string log_level;        // of the server's messages; empty = none
  bool ask = true;              // false = questions of the server are declined even on a terminal
};

struct ToolsCommand {
  ServerChoice server;
  Output output = Output::text;
};
int run(const ToolsCommand& command);

struct CallCommand {
  ServerChoice server;
  std::string tool;
  std::vector<std::string> words;  // key=value
  std::string arguments;           // JSON, "-" = standard input, "@FILE"
  Output output = Output::text;
};
int run(const CallCommand& command);

struct ResourcesCommand {
  ServerChoice server;
  std::string uri;  // empty = list
  Output output = Output::text;
};
int run(const ResourcesCommand& command);

struct PromptsCommand {
  ServerChoice server;
  std::string name;  // empty = list
  std::vector<std::string> words;
  Output output = Output::text;
};
int run(const PromptsCommand& command);

// -- schemas

/// Of what clients make of a schema: everything, or without the hints.
enum class NotesShown { all, faults };

struct SchemaLintCommand {
  std::string file;  // "-" = standard input
  NotesShown shown = NotesShown::all;
  Output output = Output::text;
};
int run(const SchemaLintCommand& command);

struct SchemaValidateCommand {
  std::string schema, instance;        // files; "-" = standard input, for one of them
  std::string output = "words";        // "words" | "flag" | "basic"
  std::string dialect;                 // where the schema has no $schema; empty = 2020-12
  std::vector<std::string> documents;  // URI=FILE, for $ref
  bool formats = false;                // `format` is asserted
  bool fill = false;                   // print the instance with its defaults
};
int run(const SchemaValidateCommand& command);

struct SchemaCheckCommand {
  ServerChoice server;
  NotesShown shown = NotesShown::all;
  Output output = Output::text;
};
int run(const SchemaCheckCommand& command);

// -- set-up

struct ClientConfigCommand {
  std::string client;  // empty = say which there are
  std::string name = "sumun";
  std::filesystem::path file;   // instead of the client's own
  std::filesystem::path index;  // empty = the default, which need not be said
  std::string url;              // of a server that is reached over HTTP; empty = this program is launched
  bool write = false;
};
int run(const ClientConfigCommand& command);

struct ConfigCheckCommand {
  std::filesystem::path config;  // empty = the default one
  Output output = Output::text;
};
int run(const ConfigCheckCommand& command);

struct PolicyExplainCommand {
  std::filesystem::path config;     // empty = the default one
  std::string target;               // a tool's name, or with its kind in front
  std::vector<std::string> words;   // key=value
  std::string arguments;            // JSON, "-" = standard input, "@FILE"
  std::string principal;
  std::vector<std::string> groups;
  std::vector<std::string> scopes;  // of its token; none = there is no token
  std::vector<std::string> effects;  // of a tool that is not here
  std::string module;               // likewise
  Output output = Output::text;
};
int run(const PolicyExplainCommand& command);

struct PolicyTestCommand {
  std::filesystem::path config;  // empty = the default one
  std::filesystem::path file;    // of cases: TOML, or JSON where it is called so
  Output output = Output::text;
};
int run(const PolicyTestCommand& command);

struct StoreCommand {
  enum class What { backup, migrate, gc, rotate_keys };
  What what = What::migrate;
  std::filesystem::path to;  // of a backup
  std::filesystem::path config;
  Output output = Output::text;
};
int run(const StoreCommand& command);

// -- the human's side

struct ApprovalsCommand {
  std::filesystem::path config;
  std::filesystem::path store;  // SQLite's file, instead of the configuration's store
  std::string as;  // the approver; empty = the only one, or the one called as the user is
  Output output = Output::text;
};

/// The local owner, or another approver by the leave of one that is there; a name that is there gets another password.
struct ApprovalsInitCommand : ApprovalsCommand {
  std::string name;                      // empty = the user's
  std::optional<std::string> principal;  // none = local: and the user's name, of the first; of others it is to be said; "none" = they call none
};
int run(const ApprovalsInitCommand& command);

struct ApprovalsListCommand : ApprovalsCommand {
  std::string state;  // empty = pending and approved; "all"
  std::string principal, tool;
  std::size_t limit = 100;
};
int run(const ApprovalsListCommand& command);

struct ApprovalsShowCommand : ApprovalsCommand {
  std::string id;
  bool raw = false;  // the arguments as JSON, whole
};
int run(const ApprovalsShowCommand& command);

struct ApprovalsDecideCommand : ApprovalsCommand {
  enum class What { approve, edit, deny };
  What what = What::approve;
  std::string id;
  std::string reason;
  std::vector<std::string> words;  // of edit: key=value; none = in $EDITOR
  std::string remember;            // "30m"; empty = not
  std::vector<std::string> when;   // then these predicates
};
int run(const ApprovalsDecideCommand& command);

struct ApprovalsWatchCommand : ApprovalsCommand {
  bool ask = true;  // on a terminal, what to do with each
};
int run(const ApprovalsWatchCommand& command);

struct ApprovalsOpenCommand : ApprovalsCommand {
  std::string id;
  bool browser = false;
};
int run(const ApprovalsOpenCommand& command);

struct ApprovalsResolveCommand : ApprovalsCommand {
  std::string id;
  std::string outcome;  // "executed" | "failed"
  std::string note;
  bool even_if_running = false;
};
int run(const ApprovalsResolveCommand& command);

struct ApprovalsGrantsCommand : ApprovalsCommand {
  bool all = false;    // also those that are over or revoked
};
int run(const ApprovalsGrantsCommand& command);

struct ApprovalsRevokeCommand : ApprovalsCommand {
  std::string id;
};
int run(const ApprovalsRevokeCommand& command);

struct ApprovalsApproversCommand : ApprovalsCommand {
  std::string remove;  // empty = list
};
int run(const ApprovalsApproversCommand& command);
// -- the audit log

struct AuditShowCommand {
  std::filesystem::path config;  // empty = the default one
  std::filesystem::path store;   // another program\'s; empty = the configuration\'s
  std::string call, principal, target, event;  // empty = any
  std::string since, until;      // as people write times
  std::size_t limit = 100;
  bool follow = false;
  Output output = Output::text;
};
int run(const AuditShowCommand& command);

struct AuditVerifyCommand {
  std::filesystem::path config;
  std::filesystem::path store;   // another program\'s; empty = the configuration\'s
  std::string file;               // an export; "-" = standard input; empty = the store
  std::string heads;              // a file of heads, or a log; "-" = standard input; empty = the store's own
  std::vector<std::string> keys;  // that heads may be signed with; empty = the store's
  std::string after;              // the export before `file`
  Output output = Output::text;
};
int run(const AuditVerifyCommand& command);

struct AuditExportCommand {
  std::filesystem::path config;
  std::filesystem::path store;   // another program\'s; empty = the configuration\'s
  std::string until;
  std::filesystem::path to;  // empty = standard output
  bool prune = false;
  Output output = Output::text;
};
int run(const AuditExportCommand& command);

struct DoctorCommand {
  std::filesystem::path index;
  Output output = Output::text;
};
int run(const DoctorCommand& command);

/// This program's own file, absolute.
Result<std::filesystem::path> own_program();
/// What the default configuration says, or the default, where nothing was said.
std::filesystem::path index_or_default(const std::filesystem::path& said);

}  // namespace sumun::host
