// SPDX-License-Identifier: Apache-2.0
#include "database.hpp"

#include <thread>
#include <utility>

namespace sumun::docsearch {

Statement& Statement::bind(int parameter, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), parameter, value);
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), parameter, text.data() == nullptr ? "" : text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind_blob(int parameter, std::string_view bytes) {
  sqlite3_bind_blob64(statement_.get(), parameter, bytes.data() == nullptr ? "" : bytes.data(), bytes.size(), SQLITE_STATIC);
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(statement_.get());
    return false;
  }
  Error error = database_->error(code);
  sqlite3_reset(statement_.get());
  return error;
}

Result<void> Statement::run() {
  auto row = step();
  if (!row) return row.error();
  reset();
  return {};
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

std::string_view Statement::text(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return bytes == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(bytes), size);
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, std::chrono::milliseconds wait) {
  auto database = std::make_unique<Database>();
  database->path_ = path;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  database->handle_.reset(handle);
  if (code != SQLITE_OK) return database->error(code);
  sqlite3_extended_result_codes(handle, 1);
  database->wait_ = wait;
  sqlite3_busy_handler(handle, &Database::on_busy, database.get());
  return database;
}

// Looks again every millisecond: the gap that an indexer leaves between two transactions is short.
int Database::on_busy(void* self, int times) {
  auto& database = *static_cast<Database*>(self);
  const auto now = std::chrono::steady_clock::now();
  if (times == 0) database.busy_until_ = now + database.wait_;
  if (now >= database.busy_until_) return 0;
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return 1;
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  Statement statement;
  statement.statement_.reset(raw);
  statement.database_ = this;
  if (code != SQLITE_OK) return error(code);
  return statement;
}

Result<void> Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code);
  return {};
}

Result<std::int64_t> Database::integer(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return statement.error();
  auto row = statement->step();
  if (!row) return row.error();
  return *row ? statement->integer(0) : 0;
}

Error Database::error(int code) const {
  const std::string what = handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return fail(ErrorCode::timeout, "index " + path_ + ": another process is writing to it");
    case SQLITE_NOTADB: return fail(ErrorCode::io, "index " + path_ + ": not an index, or damaged; move it away and index again");
    case SQLITE_CORRUPT: return fail(ErrorCode::io, "index " + path_ + ": damaged (" + what + "); delete it and index again");
    case SQLITE_INTERRUPT: return fail(ErrorCode::timeout, "index " + path_ + ": the time for this was up");
    default: return fail(ErrorCode::io, "index " + path_ + ": " + what);
  }
}

Result<Transaction> Transaction::begin(Database& database, Kind kind) {
  auto begun = database.execute(kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN");
  if (!begun) return begun.error();
  return Transaction(database);
}

Transaction::~Transaction() {
  if (database_ != nullptr) sqlite3_exec(database_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Result<void> Transaction::commit() {
  auto done = database_->execute("COMMIT");
  if (done) database_ = nullptr;
  return done;
}

}  // namespace sumun::docsearch
