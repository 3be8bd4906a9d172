// SPDX-License-Identifier: Apache-2.0
// What SQLite says, in the words of the store; and the file itself: whose it is, and whether it is still the same.
#include "sqlite/sqlite_database.hpp"

#include "store/ledger_statements.hpp"
#include "store/statements.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace sumun::sqlite {
namespace {

namespace fs = std::filesystem;
using store::Parameter;
using store::Row;
using store::Rows;

constexpr const char* kNow = "CAST((julianday('now') - 2440587.5) * 86400000.0 AS INTEGER)";
constexpr int kApplication = 0x73756d75;  // "sumu": whose file it is
constexpr std::chrono::milliseconds kJournalPause{2};  // before a new file's journal is asked for again
constexpr store::Statement kCopy{"VACUUM INTO $1"};
constexpr std::array<const char*, 2> kMigrations{store::kTables, store::kLedgerTables};

Error io_error(const char* what, const fs::path& path) {
  return fail(ErrorCode::io, std::string("store: cannot ") + what + " " + path.string() + ": " + std::generic_category().message(errno));
}

// SQLite gives its other files the permissions of this one. A file that is there is not opened: closing it would end the locks
// that SQLite holds on it in this process, and another process would take the log away as the last one to leave.
Result<void> make_file(const fs::path& file) {
  if (auto folder = store::make_private_folder(file.parent_path()); !folder) return folder;
  const int handle = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (handle < 0 && errno != EEXIST && errno != EROFS && errno != EACCES) return io_error("create", file);
  if (handle >= 0) ::close(handle);
  return {};
}

// A file that goes unless it got another name.
struct Copy {
  std::string name;
  ~Copy() { ::unlink(name.c_str()); }
};

}  // namespace

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const fs::path& file, std::chrono::milliseconds wait) {
  auto connection = std::make_unique<SqliteConnection>();
  connection->file_ = file;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  connection->handle_.reset(handle);
  if (code != SQLITE_OK) return connection->error(code);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, static_cast<int>(wait.count()));
  if (::stat(file.c_str(), &connection->opened_) != 0) return connection->taken_away();
  // Where two give a new file its journal at once, SQLite turns one away without any wait.
  const auto until = std::chrono::steady_clock::now() + wait;
  auto journal = connection->execute("PRAGMA journal_mode = WAL");
  for (; !journal && journal.error().code == ErrorCode::timeout && std::chrono::steady_clock::now() < until;
       journal = connection->execute("PRAGMA journal_mode = WAL"))
    std::this_thread::sleep_for(kJournalPause);
  if (!journal) return journal.error();
  // FULL: what COMMIT promises is on the disk.
  for (const char* pragma : {"PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON", "PRAGMA journal_size_limit = 16777216"})
    if (auto set = connection->execute(pragma); !set) return set.error();
  return connection;
}

bool SqliteConnection::only_reads() const { return sqlite3_db_readonly(handle_.get(), "main") == 1; }

bool SqliteConnection::is_still_there() const {
  struct ::stat now {};
  return ::stat(file_.c_str(), &now) == 0 && now.st_ino == opened_.st_ino && now.st_dev == opened_.st_dev;
}

Error SqliteConnection::taken_away() const {
  return fail(ErrorCode::closed, "store " + file_.string() + ": the file was taken away or replaced while it was in use");
}

Error SqliteConnection::error(int code) const {
  const std::string name = "store " + file_.string() + ": ";
  const std::string what = handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return fail(ErrorCode::timeout, name + "another process has held it for too long");
    case SQLITE_FULL: return fail(ErrorCode::io, name + "the disk is full");
    case SQLITE_READONLY: return fail(ErrorCode::io, name + "it cannot be written (" + what + ")");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return fail(ErrorCode::io, name + "damaged, or no store at all (" + what + "); put a backup in its place, or move it away");
    default: break;
  }
  const int reason = handle_ ? sqlite3_system_errno(handle_.get()) : 0;
  return fail(ErrorCode::io, name + what + (reason != 0 ? ": " + std::generic_category().message(reason) : ""));
}

Result<void> SqliteConnection::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code);
  return {};
}

Result<std::int64_t> SqliteConnection::integer(const char* sql) {
  sqlite3_stmt* raw = nullptr;
  int code = sqlite3_prepare_v2(handle_.get(), sql, -1, &raw, nullptr);
  const std::unique_ptr<sqlite3_stmt, Finalize> statement(raw);
  if (code != SQLITE_OK) return error(code);
  code = sqlite3_step(raw);
  if (code == SQLITE_ROW) return sqlite3_column_int64(raw, 0);
  if (code == SQLITE_DONE) return std::int64_t{0};
  return error(code);
}

Result<const SqliteConnection::Prepared*> SqliteConnection::prepared(const store::Statement& statement) {
  Prepared& kept = statements_[statement.sql];
  if (kept.statement) return &kept;
  const std::string sql = store::with_clock(statement.sql, kNow);
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.c_str(), static_cast<int>(sql.size() + 1), SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  kept.statement.reset(raw);
  if (code != SQLITE_OK) return error(code);
  for (int i = 1; i <= sqlite3_bind_parameter_count(raw); ++i) {
    const auto number = static_cast<std::size_t>(std::atoi(sqlite3_bind_parameter_name(raw, i) + 1));
    kept.places.resize(std::max(kept.places.size(), number));
    kept.places[number - 1] = i;
  }
  return &kept;
}

Result<Rows> SqliteConnection::run(const store::Statement& statement, std::span<const Parameter> parameters) {
  if (sqlite3_get_autocommit(handle_.get()) != 0 && !is_still_there()) return taken_away();
  auto made = prepared(statement);
  if (!made) return made.error();
  sqlite3_stmt* const raw = (*made)->statement.get();
  struct Reset {
    sqlite3_stmt* statement;
    ~Reset() {
      sqlite3_reset(statement);
      sqlite3_clear_bindings(statement);
    }
  } const reset{raw};
  for (std::size_t i = 0; i < std::min(parameters.size(), (*made)->places.size()); ++i) {
    const int at = (*made)->places[i];
    if (at == 0) continue;
    if (const auto* number = std::get_if<std::int64_t>(&parameters[i])) {
      sqlite3_bind_int64(raw, at, *number);
    } else {
      const auto text = std::get<std::string_view>(parameters[i]);
      sqlite3_bind_text64(raw, at, text.data() == nullptr ? "" : text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
    }
  }
  Rows rows;
  while (true) {
    const int code = sqlite3_step(raw);
    if (code == SQLITE_DONE) return rows;
    if (code != SQLITE_ROW) return error(code);
    Row row(static_cast<std::size_t>(sqlite3_column_count(raw)));
    for (int i = 0; i < static_cast<int>(row.size()); ++i) {
      if (sqlite3_column_type(raw, i) == SQLITE_NULL) continue;
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(raw, i));
      row[static_cast<std::size_t>(i)].emplace(text, static_cast<std::size_t>(sqlite3_column_bytes(raw, i)));
    }
    rows.push_back(std::move(row));
  }
}

Result<void> SqliteConnection::begin() {
  if (!is_still_there()) return taken_away();
  return execute("BEGIN IMMEDIATE");
}

Result<void> SqliteConnection::commit() {
  if (auto done = execute("COMMIT"); !done) return done;
  if (!is_still_there()) return taken_away();  // it is durable in a file that nobody finds any more
  return {};
}

void SqliteConnection::rollback() {
  if (sqlite3_get_autocommit(handle_.get()) == 0) sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Result<int> SqliteConnection::migrate(Migrations migrations) {
  const auto wanted = static_cast<int>(migrations.size());
  auto version = integer("PRAGMA user_version");
  if (!version) return version.error();
  if (auto refused = store::refusal("store " + file_.string(), static_cast<int>(*version))) return *std::move(refused);
  if (*version >= wanted) return static_cast<int>(*version);
  // Others may do the same at this moment: each makes a copy of its own, and the one who changes the tables keeps his.
  const std::int64_t before = *version;
  const std::string kept = file_.string() + ".version-" + std::to_string(before);
  Copy copy{kept + "." + std::to_string(::getpid()) + "-" + std::to_string(reinterpret_cast<std::uintptr_t>(this))};
  if (before > 0) {
    if (auto copied = store::run(*this, kCopy, std::string_view(copy.name)); !copied) return copied.error();
    ::chmod(copy.name.c_str(), 0600);
  }
  if (auto begun = begin(); !begun) return begun.error();
  const auto change = [&]() -> Result<void> {
    version = integer("PRAGMA user_version");  // another process may have been first
    if (!version) return version.error();
    if (before > 0 && *version == before && ::rename(copy.name.c_str(), kept.c_str()) != 0) return io_error("keep the copy", kept);
    auto application = integer("PRAGMA application_id");
    if (!application) return application.error();
    auto tables = integer("SELECT count(*) FROM sqlite_master");
    if (!tables) return tables.error();
    if (*tables > 0 && *application != kApplication)
      return fail(ErrorCode::invalid_value, "store " + file_.string() + ": it is a database of another program");
    for (auto next = static_cast<std::size_t>(*version); next < migrations.size(); ++next)
      if (auto done = execute(migrations[next]); !done) return done;
    return execute("PRAGMA application_id = " + std::to_string(kApplication) + "; PRAGMA user_version = " +
                   std::to_string(std::max(wanted, static_cast<int>(*version))));
  };
  auto changed = change();
  if (changed) changed = commit();
  if (!changed) {
    rollback();
    return changed.error();
  }
  return wanted;
}

SqliteDatabase::SqliteDatabase(fs::path file, std::chrono::milliseconds wait) : SqliteDatabase(std::move(file), wait, kMigrations) {}
SqliteDatabase::SqliteDatabase(fs::path file, std::chrono::milliseconds wait, Migrations migrations)
    : file_(std::move(file)), wait_(wait), migrations_(migrations) {}

Result<std::unique_ptr<SqliteConnection>> SqliteDatabase::open() const {
  if (auto made = make_file(file_); !made) return made.error();
  return SqliteConnection::open(file_, wait_);
}

Result<std::unique_ptr<store::Connection>> SqliteDatabase::connect() {
  auto connection = open();
  if (!connection) return connection.error();
  // While one connection of this process could only read, SQLite lets no other one write, whatever the disk allows by then.
  if ((*connection)->only_reads()) return fail(ErrorCode::io, "store " + file_.string() + ": it cannot be written (read-only)");
  if (auto migrated = (*connection)->migrate(migrations_); !migrated) return migrated.error();
  return std::unique_ptr<store::Connection>(*std::move(connection));
}

Result<store::Database::State> SqliteDatabase::state() {
  State state;
  std::error_code code;
  if (!fs::exists(file_, code)) return state;
  auto connection = open();
  if (!connection) return connection.error();
  auto version = (*connection)->integer("PRAGMA user_version");
  if (!version) return version.error();
  state.schema = static_cast<int>(*version);
  for (const char* suffix : {"", "-wal"}) {
    const auto size = fs::file_size(file_.string() + suffix, code);
    if (!code) state.bytes += size;
  }
  return state;
}

Result<int> SqliteDatabase::migrate() {
  auto connection = open();
  if (!connection) return connection.error();
  return (*connection)->migrate(migrations_);
}

Result<void> SqliteDatabase::backup(const fs::path& to) {
  std::error_code code;
  if (!fs::exists(file_, code)) return fail(ErrorCode::io, "store " + file_.string() + ": there is no such file yet");
  const int handle = ::open(to.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (handle < 0) return io_error("create", to);
  ::close(handle);
  auto connection = open();
  if (!connection) return connection.error();
  const std::string name = to.string();
  auto copied = store::run(**connection, kCopy, std::string_view(name));
  if (!copied) {
    ::unlink(to.c_str());
    return copied.error();
  }
  return {};
}

Result<void> SqliteDatabase::compact() {
  auto connection = open();
  if (!connection) return connection.error();
  if (auto vacuumed = (*connection)->execute("VACUUM"); !vacuumed) return vacuumed;
  return (*connection)->execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

}  // namespace sumun::sqlite
