// SPDX-License-Identifier: Apache-2.0
// `sumun store backup|migrate|gc|rotate-keys`, and opening what the configuration names.
#include "store.hpp"

#include "commands.hpp"
#include "console.hpp"
#include "log.hpp"

#include "docsearch/docsearch.hpp"

#include <string>
#include <utility>

namespace sumun::host {

std::filesystem::path default_store_path() { return docsearch::default_index_path().parent_path() / "store.db"; }

StoreChoice choice_of(const StoreChoice& configured, const std::filesystem::path& other) {
  StoreChoice choice = configured;
  if (other.empty()) return choice;
  choice.kind = StoreKind::sqlite;
  choice.path = std::filesystem::absolute(other);
  return choice;
}

std::shared_ptr<Store> open_store(const StoreChoice& choice, LogSink log) {
  if (choice.kind == StoreKind::memory) return nullptr;
  StoreOptions options;
  options.log = std::move(log);
  options.keys = choice.keys;
  options.head_file = choice.heads;
  if (choice.kind == StoreKind::sqlite) return open_sqlite_store(choice.path.empty() ? default_store_path() : choice.path, std::move(options));
  options.key_file = default_store_path().string() + ".keys";
  return open_postgres_store(choice.url, std::move(options));
}

int run(const StoreCommand& command) {
  const auto config = load_config(command.config);
  if (!config) return failed(config.error());
  const auto store = open_store(config->store, make_log(config->log_level));
  if (!store) return failed(fail("the configuration keeps nothing: [store] kind is \"memory\""));
  json said;
  std::string words;
  switch (command.what) {
    case StoreCommand::What::backup: {
      const auto to = std::filesystem::absolute(command.to);
      if (auto done = store->backup(to); !done) return failed(done.error());
      said = {{"backup", to.string()}};
      words = "copied to " + to.string();
      break;
    }
    case StoreCommand::What::migrate: {
      const auto version = store->migrate();
      if (!version) return failed(version.error());
      said = {{"schema", *version}};
      words = "the tables have version " + std::to_string(*version);
      break;
    }
    case StoreCommand::What::gc: {
      const auto gone = store->collect();
      if (!gone) return failed(gone.error());
      said = {{"deleted", *gone}};
      words = std::to_string(*gone) + " expired calls, tasks, approvals and records deleted";
      break;
    }
    case StoreCommand::What::rotate_keys: {
      if (auto done = store->rotate_keys(); !done) return failed(done.error());
      said = {{"rotated", true}};
      words = "a new key seals from now on; the old ones open what they sealed until it expires";
      break;
    }
  }
  if (command.output == Output::json) print_json(said);
  else print(words + "\n");
  return kDone;
}

}  // namespace sumun::host
