// SPDX-License-Identifier: Apache-2.0
// Where a server keeps what must outlive a connection, or the process: calls between their rounds, values of `once`,
// tasks, and the keys that seal requestState. Without one they are kept in memory.
//
//   sumun::Server server{"trips", "1.0.0", {.store = sumun::open_sqlite_store("/var/lib/trips/store.db")}};
#pragma once
#include <sumun/limits.hpp>
#include <sumun/log.hpp>
#include <sumun/result.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace sumun {
class Sealer;
namespace gate {
class CallStore;
class Ledger;
class TaskStore;
}  // namespace gate

inline namespace v0 {

/// What `Store::summary` says.
struct StoreSummary {
  std::string kind;         // "sqlite" or "postgres"
  std::string place;        // the file, or host and database; never a password
  int schema = 0;           // version of the tables; 0 = there are none yet
  std::uint64_t bytes = 0;  // on disk
  std::uint64_t calls = 0;
  std::uint64_t tasks = 0;
  std::uint64_t approvals = 0;  // ended ones included
  std::uint64_t pending = 0;    // of them, those that wait for people
  std::uint64_t records = 0;    // of the audit log
  std::uint64_t hosts = 0;  // processes that use it now
};

/// Thread:  any. The functions below block, with a time limit; what a server does with the store does not.
/// Owner:   the program, and every server that was given it; several servers and processes may share what it opens.
/// Ends by: the last owner's letting go: what was asked for is done, for kCloseLimit at most.
class SUMUN_EXPORT Store {
 public:
  virtual ~Store() = default;

  /// Errors: io (the file, the connection), invalid_value (tables of a newer release).
  virtual Result<StoreSummary> summary() = 0;
  /// Makes the tables, or brings them up to this release. SQLite does so by itself, after a copy; PostgreSQL only here.
  /// Returns: the version that they have now.
  virtual Result<int> migrate() = 0;
  /// A copy as of now, while others go on; `to` must not exist.
  /// Errors: unsupported for PostgreSQL, which has pg_dump.
  virtual Result<void> backup(const std::filesystem::path& to) = 0;
  /// Deletes what has expired, as the store does by itself now and then, and gives room back to the system.
  /// Returns: how many calls, tasks, approvals and records are gone.
  virtual Result<std::uint64_t> collect() = 0;
  /// Puts a new key for requestState in front. What the old ones sealed can be opened until it expires.
  /// Errors: unsupported where the keys were given, or there is no file for them.
  virtual Result<void> rotate_keys() = 0;
  /// The public part of the key that signs the audit log's heads (AuditHead::key); empty = there is none yet.
  virtual Result<std::string> audit_key() { return std::string(); }

  // -- the inside, for the library itself
  virtual gate::CallStore& calls() = 0;
  virtual gate::TaskStore& tasks() = 0;
  virtual gate::Ledger& ledger() = 0;
  /// Null = the store has no keys of its own.
  virtual Result<std::shared_ptr<const Sealer>> sealer() = 0;
  /// Waits until what was asked for is done, no longer than `limit`.
  virtual void settle(std::chrono::milliseconds limit) = 0;
};

struct StoreOptions {
  LogSink log;                               // empty = stderr
  std::string keys;                          // that seal requestState, as in a key file; empty = `key_file`
  std::filesystem::path key_file;            // made (0600) when first needed; empty = beside SQLite's file, none for PostgreSQL
  std::filesystem::path audit_key_file;      // that signs the audit log's heads; empty = beside `key_file`: "….audit"
  std::filesystem::path head_file;           // heads are appended to it, beside the store and `log`; empty = to none
  std::chrono::milliseconds wait = kStoreWait;    // for a lock, or for a server that is away; then callers are told so
  std::chrono::milliseconds lease = kStoreLease;  // after which a host that does not say that it lives counts as gone
};

/// A store in one file, for all processes of one machine that open it. Folders are made (0700), the file too (0600), both
/// when something is kept for the first time: nothing is opened here. Link sumun::sqlite.
SUMUN_EXPORT std::shared_ptr<Store> open_sqlite_store(std::filesystem::path file, StoreOptions options = {});

/// A store in a PostgreSQL database, for many nodes. `conninfo` is libpq's ("host=… dbname=…" or "postgresql://…"). libpq
/// is loaded and the connection made when something is kept for the first time. Link sumun::postgres.
SUMUN_EXPORT std::shared_ptr<Store> open_postgres_store(std::string conninfo, StoreOptions options = {});

}  // namespace v0
}  // namespace sumun
