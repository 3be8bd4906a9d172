// SPDX-License-Identifier: Apache-2.0
// `sumun doctor`: looks at everything that the program needs and says what is broken.
#include "approvals.hpp"
#include "client_config.hpp"
#include "commands.hpp"
#include "console.hpp"
#include "files.hpp"
#include "store.hpp"

#include "docsearch/docsearch.hpp"

#include <sumun/client.hpp>
#include <sumun/launch.hpp>

#include <gnu/libc-version.h>
#include <sqlite3.h>
#include <sys/utsname.h>
#include <unicode/uversion.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <system_error>

namespace sumun::host {
namespace {

namespace fs = std::filesystem;

enum class State { ok, note, broken };  // a note is worth knowing and no fault

struct Finding {
  State state;
  std::string what;
  std::string detail;
};

std::string_view word(State state) {
  if (state == State::ok) return "ok";
  return state == State::note ? "note" : "broken";
}

Finding version() {
  std::string revisions;
  for (const Revision revision : kRevisions) revisions += (revisions.empty() ? "" : ", ") + std::string(version_string(revision));
  return {State::ok, "version", "sumun " SUMUN_VERSION ", MCP " + revisions};
}

Finding platform() {
  utsname name{};
  ::uname(&name);
  return {State::ok, "platform", std::string(name.sysname) + " " + name.release + " " + name.machine + ", glibc " + ::gnu_get_libc_version()};
}

Finding sqlite() {
  if (::sqlite3_compileoption_used("ENABLE_FTS5") == 0) return {State::broken, "sqlite", std::string(::sqlite3_libversion()) + " without FTS5"};
  return {State::ok, "sqlite", std::string(::sqlite3_libversion()) + " with FTS5"};
}

Finding icu() {
  UVersionInfo version{};
  u_getVersion(version);
  std::array<char, U_MAX_VERSION_STRING_LENGTH> text{};
  u_versionToString(version, text.data());
  return {State::ok, "icu", text.data()};
}

Finding configuration() { return {State::ok, "configuration", "no file needed; every setting is at its default"}; }

// The folder that holds the index: there and ours, or able to be made.
Finding state_folder(const fs::path& index) {
  fs::path folder = index.parent_path();
  std::error_code code;
  while (!fs::exists(folder, code) && folder.has_relative_path()) folder = folder.parent_path();
  if (::access(folder.c_str(), W_OK | X_OK) == 0) return {State::ok, "state folder", index.parent_path().string()};
  return {State::broken, "state folder", index.parent_path().string() + " cannot be written: " + std::generic_category().message(errno)};
}

std::uintmax_t size_of(const fs::path& file) {
  std::error_code code;
  const auto size = fs::file_size(file, code);
  return code ? 0 : size;
}

Finding index_file(const fs::path& path) {
  std::error_code code;
  if (!fs::exists(path, code)) return {State::note, "index", path.string() + " is not there yet; make it with: sumun index PATH"};
  auto index = docsearch::open_index(path);
  if (!index) return {State::broken, "index", index.error().message};
  const auto summary = docsearch::summarize(*index);
  if (!summary) return {State::broken, "index", summary.error().message};
  const auto bytes = size_of(path) + size_of(path.string() + "-wal");
  std::string detail = path.string() + ": " + std::to_string(summary->documents) + " documents in " + std::to_string(summary->files) + " files, " +
                       std::to_string(summary->chunks) + " chunks, " + human_bytes(summary->bytes) + " of text, " + human_bytes(bytes) + " on disk";
  for (const auto& root : summary->roots) detail += "\n" + root;
  return {summary->documents == 0 ? State::note : State::ok, "index", detail};
}

Finding store_file() {
  const auto config = load_config({});
  if (!config) return {State::broken, "store", "the configuration: " + config.error().message};
  const auto store = open_store(config->store, [](LoggingLevel, std::string_view) {});
  if (!store) return {State::note, "store", "kept in memory, as the configuration has it"};
  const auto summary = store->summary();
  if (!summary) return {State::broken, "store", summary.error().message};
  const std::string where = summary->kind + " " + summary->place;
  if (summary->schema == 0) {
    if (summary->kind == "postgres") return {State::broken, "store", where + ": it has no tables; make them with: sumun store migrate"};
    return {State::ok, "store", where + ": made when something is kept"};
  }
  return {State::ok, "store",
          where + ": " + std::to_string(summary->calls) + " calls, " + std::to_string(summary->tasks) + " tasks, " + std::to_string(summary->approvals) + " approvals (" +
              std::to_string(summary->pending) + " wait for people), " + std::to_string(summary->records) + " records of the audit log, used by " +
              std::to_string(summary->hosts) + (summary->hosts == 1 ? " process, " : " processes, ") + human_bytes(summary->bytes) + " on disk, schema " +
              std::to_string(summary->schema)};
}

// Who can answer where the policy asks. That nobody can is worth knowing and safe: what asks is refused.
Finding approvers() {
  const auto config = load_config({});
  if (!config) return {State::broken, "approvals", "the configuration: " + config.error().message};
  const AskState state = ask_state(*config);
  if (state.words.empty()) return {State::ok, "approvals", "the policy asks for nothing"};
  return {state.works ? State::ok : State::note, "approvals", state.words};
}

// A whole round trip through our own `serve`, as a client would do it.
Finding self_test(Revision revision, const fs::path& index) {
  const std::string what = "stdio " + std::string(version_string(revision));
  const auto program = own_program();
  if (!program) return {State::broken, what, program.error().message};
  LaunchOptions launch;
  launch.command = {program->string(), "serve", "--index", index.string(), "--log-level", "error"};
  launch.errors = LaunchOptions::Errors::discard;
  ClientOptions options;
  options.info.name = "sumun doctor";
  options.revision = revision;
  options.connect_limit = std::chrono::seconds(10);
  options.request_limit = std::chrono::seconds(10);
  const auto start = std::chrono::steady_clock::now();
  auto client = BlockingClient::connect(launch_stdio(std::move(launch)), std::move(options));
  if (!client) return {State::broken, what, client.error().message};
  const auto tools = client->all_tools();
  if (!tools) return {State::broken, what, tools.error().message};
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  if (tools->empty()) return {State::broken, what, "the server has no tools"};
  return {State::ok, what, std::to_string(tools->size()) + (tools->size() == 1 ? " tool in " : " tools in ") + std::to_string(took.count()) + " ms"};
}

// Which clients know this program already. Files that are not there or cannot be read are no fault of ours.
Finding clients() {
  const auto folders = UserFolders::from_environment();
  std::string found;
  for (const auto& client : known_clients()) {
    const auto file = settings_file(client, folders);
    if (!file) continue;
    const auto text = read_file(*file);
    if (!text || !*text) continue;
    const auto program = own_program();
    if (program && (*text)->find(program->string()) != std::string::npos) found += (found.empty() ? "" : ", ") + std::string(client.title);
  }
  if (found.empty()) return {State::note, "clients", "none launches this program yet; see: sumun client-config --help"};
  return {State::ok, "clients", found};
}

void print_finding(const Finding& finding) {
  std::string head(word(finding.state));
  head.resize(8, ' ');
  head += finding.what;
  head.resize(26, ' ');
  std::string text = head;
  for (const char c : finding.detail) {
    text += c;
    if (c == '\n') text += std::string(28, ' ');
  }
  print(text + "\n");
}

}  // namespace

int run(const DoctorCommand& command) {
  const fs::path index = index_or_default(command.index);
  const std::vector<Finding> findings{version(), platform(), sqlite(), icu(), configuration(), state_folder(index), index_file(index), store_file(), approvers(),
                                      self_test(kLatestRevision, index), self_test(kLatestLegacyRevision, index), clients()};
  bool broken = false;
  json list = json::array();
  for (const auto& finding : findings) {
    broken = broken || finding.state == State::broken;
    if (command.output == Output::json) list.push_back({{"check", finding.what}, {"state", word(finding.state)}, {"detail", finding.detail}});
    else print_finding(finding);
  }
  if (command.output == Output::json) print_json({{"healthy", !broken}, {"checks", list}});
  return broken ? kFailed : kDone;
}

}  // namespace sumun::host
