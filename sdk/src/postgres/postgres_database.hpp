// SPDX-License-Identifier: Apache-2.0
// PostgreSQL: one database that many nodes share. The tables are in the schema `sumun`.
#pragma once
#include "postgres/libpq.hpp"
#include "store/database.hpp"

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>

namespace sumun::postgres {

struct FinishConnection {
  const Libpq* pq = nullptr;
  void operator()(PGconn* connection) const { pq->PQfinish(connection); }
};

/// Waits on the socket with a time limit; after it the connection is of no use.
class PostgresConnection final : public store::Connection {
 public:
  /// Errors: closed (nobody there), io.
  static Result<std::unique_ptr<PostgresConnection>> open(const std::string& conninfo, std::chrono::milliseconds limit);

  Result<store::Rows> run(const store::Statement& statement, std::span<const store::Parameter> parameters) override;
  Result<void> begin() override;
  Result<void> commit() override;
  void rollback() override;
  std::string transaction() const override { return transaction_; }
  Result<bool> has_committed(const std::string& transaction) override;

  /// Several statements without parameters; the rows of the last.
  Result<store::Rows> execute(const std::string& sql);

 private:
  using Clock = std::chrono::steady_clock;
  enum class Wait { read, write };
  bool wait(Wait what, Clock::time_point until) const;
  Result<store::Rows> results();
  Error lost(const std::string& why) const;
  Error error(const PGresult* result) const;

  const Libpq* pq_ = nullptr;
  std::chrono::milliseconds limit_{0};
  std::string name_;
  std::unique_ptr<PGconn, FinishConnection> connection_;
  std::unordered_map<const char*, std::string> prepared_;
  std::string transaction_;
};

class PostgresDatabase final : public store::Database {
 public:
  PostgresDatabase(std::string conninfo, std::chrono::milliseconds limit);

  std::string kind() const override { return "postgres"; }
  std::string place() const override;
  bool comes_back() const override { return true; }
  Result<std::unique_ptr<store::Connection>> connect() override;
  Result<State> state() override;
  Result<int> migrate() override;
  Result<void> backup(const std::filesystem::path& to) override;
  Result<void> compact() override;

 private:
  const std::string conninfo_;
  const std::chrono::milliseconds limit_;
};

}  // namespace sumun::postgres
