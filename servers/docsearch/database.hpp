// SPDX-License-Identifier: Apache-2.0
// SQLite in the words of this project: results instead of return codes, statements that are reset by themselves.
#pragma once
#include <sumun/result.hpp>

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace sumun::docsearch {

class Database;

/// One prepared statement. Thread: that of its database. Bound text and blobs must live until the step after.
class Statement {
 public:
  Statement() = default;
  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, std::string_view text);
  Statement& bind_blob(int parameter, std::string_view bytes);

  /// Goes to the next row: true = there is one; after the last the statement is ready to run again.
  Result<bool> step();
  /// Runs a statement that gives no rows.
  Result<void> run();
  void reset();

  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  std::string_view text(int column) const;  // valid until the next step

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  Database* database_ = nullptr;
};

/// One connection. Thread: one at a time.
class Database {
 public:
  /// Opens or creates the file. Waits for locks no longer than `wait`.
  static Result<std::unique_ptr<Database>> open(const std::string& path, std::chrono::milliseconds wait);

  Result<Statement> prepare(std::string_view sql);
  Result<void> execute(const std::string& sql);
  /// The one integer that a query gives; 0 where it gives no row.
  Result<std::int64_t> integer(std::string_view sql);

  sqlite3* handle() const { return handle_.get(); }
  const std::string& path() const { return path_; }
  /// What just went wrong, as an error that names the file.
  Error error(int code) const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  static int on_busy(void* self, int times);
  std::string path_;
  std::chrono::milliseconds wait_{0};
  std::chrono::steady_clock::time_point busy_until_;
  std::unique_ptr<sqlite3, Close> handle_;
};

/// Rolls back unless commit() was called.
class Transaction {
 public:
  enum class Kind { read, write };
  static Result<Transaction> begin(Database& database, Kind kind);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace sumun::docsearch
