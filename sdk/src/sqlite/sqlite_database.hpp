// SPDX-License-Identifier: Apache-2.0
// SQLite: one file in WAL mode that several processes share.
#pragma once
#include "store/database.hpp"

#include <sqlite3.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <sys/stat.h>

namespace sumun::sqlite {

/// One after the other from a file's first version to this release's; each leaves what the release before can still read.
using Migrations = std::span<const char* const>;

class SqliteConnection final : public store::Connection {
 public:
  /// Opens or makes the file, without looking into it.
  static Result<std::unique_ptr<SqliteConnection>> open(const std::filesystem::path& file, std::chrono::milliseconds wait);

  Result<store::Rows> run(const store::Statement& statement, std::span<const store::Parameter> parameters) override;
  Result<void> begin() override;
  Result<void> commit() override;
  void rollback() override;

  Result<void> execute(const std::string& sql);
  Result<std::int64_t> integer(const char* sql);
  bool only_reads() const;
  /// Brings the tables up, the file copied first. Errors: invalid_value (a newer file, or none of ours).
  Result<int> migrate(Migrations migrations);

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  struct Prepared {
    std::unique_ptr<sqlite3_stmt, Finalize> statement;
    std::vector<int> places;  // SQLite's number of $1, $2, …; 0 = it is not in it
  };
  Result<const Prepared*> prepared(const store::Statement& statement);
  Error error(int code) const;
  bool is_still_there() const;
  Error taken_away() const;

  std::filesystem::path file_;
  struct ::stat opened_ {};  // the file that was opened: another one may take its name
  std::unique_ptr<sqlite3, Close> handle_;
  std::unordered_map<const char*, Prepared> statements_;
};

class SqliteDatabase final : public store::Database {
 public:
  SqliteDatabase(std::filesystem::path file, std::chrono::milliseconds wait);
  SqliteDatabase(std::filesystem::path file, std::chrono::milliseconds wait, Migrations migrations);

  std::string kind() const override { return "sqlite"; }
  std::string place() const override { return file_.string(); }
  bool comes_back() const override { return false; }
  Result<std::unique_ptr<store::Connection>> connect() override;
  Result<State> state() override;
  Result<int> migrate() override;
  Result<void> backup(const std::filesystem::path& to) override;
  Result<void> compact() override;

 private:
  Result<std::unique_ptr<SqliteConnection>> open() const;
  const std::filesystem::path file_;
  const std::chrono::milliseconds wait_;
  const Migrations migrations_;
};

}  // namespace sumun::sqlite
