// SPDX-License-Identifier: Apache-2.0
// libpq without blocking: everything is sent, then its socket is waited on until a deadline.
#include "postgres/postgres_database.hpp"

#include "store/ledger_statements.hpp"
#include "store/statements.hpp"

#include <sumun/store.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include <poll.h>

namespace sumun::postgres {
namespace {

using store::Parameter;
using store::Row;
using store::Rows;

constexpr const char* kNow = "(extract(epoch from clock_timestamp()) * 1000)::bigint";
constexpr const char* kOurSchema = "SET search_path TO sumun; SET client_min_messages TO warning";
constexpr const char* kVersion =
    "SELECT CASE WHEN to_regclass('sumun.schema_version') IS NULL THEN 0 ELSE 1 END";
constexpr std::array<const char*, 2> kMigrations{store::kTables, store::kLedgerTables};
constexpr int kLock = 0x73756d75;  // of who migrates

// libpq ends its messages with a newline.
std::string trimmed(const char* text) {
  std::string out = text == nullptr ? "" : text;
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

Result<int> version_of(PostgresConnection& connection) {
  auto there = connection.execute(kVersion);
  if (!there) return there.error();
  if (store::number(there->front(), 0) == 0) return 0;
  auto version = connection.execute("SELECT version FROM sumun.schema_version");
  if (!version) return version.error();
  return version->empty() ? 0 : static_cast<int>(store::number(version->front(), 0));
}

}  // namespace

Error PostgresConnection::lost(const std::string& why) const { return fail(ErrorCode::closed, name_ + ": " + why); }

// https://www.postgresql.org/docs/15/errcodes-appendix.html
Error PostgresConnection::error(const PGresult* result) const {
  if (pq_->PQstatus(connection_.get()) == CONNECTION_BAD) return lost(trimmed(pq_->PQerrorMessage(connection_.get())));
  const char* const field = pq_->PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string state = field == nullptr ? "" : field;
  const std::string what = name_ + ": " + trimmed(pq_->PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
  if (state.starts_with("08") || state.starts_with("57P")) return fail(ErrorCode::closed, what);   // it is ending, or beginning
  if (state.starts_with("40") || state == "55P03") return fail(ErrorCode::busy, what);             // another transaction was first
  if (state == "57014") return fail(ErrorCode::timeout, what);
  return fail(ErrorCode::io, what);
}

bool PostgresConnection::wait(Wait what, Clock::time_point until) const {
  while (true) {
    pollfd socket{pq_->PQsocket(connection_.get()), static_cast<short>(what == Wait::read ? POLLIN : POLLIN | POLLOUT), 0};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    if (socket.fd < 0 || left <= 0) return false;
    const int ready = ::poll(&socket, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::open(const std::string& conninfo, std::chrono::milliseconds limit) {
  const auto library = Libpq::load();
  if (!library) return library.error();
  auto made = std::make_unique<PostgresConnection>();
  const Libpq& pq = **library;
  made->pq_ = &pq;
  made->limit_ = limit;
  made->name_ = "store postgres";
  const std::array<const char*, 4> keywords{"dbname", "fallback_application_name", "client_encoding", nullptr};
  const std::array<const char*, 4> values{conninfo.c_str(), "sumun", "UTF8", nullptr};
  made->connection_ = {pq.PQconnectStartParams(keywords.data(), values.data(), 1), FinishConnection{&pq}};
  PGconn* const connection = made->connection_.get();
  if (connection == nullptr) return fail(ErrorCode::io, "store postgres: no memory for a connection");
  const auto until = Clock::now() + limit;
  for (auto state = PGRES_POLLING_WRITING; state != PGRES_POLLING_OK; state = pq.PQconnectPoll(connection)) {
    if (pq.PQstatus(connection) == CONNECTION_BAD || state == PGRES_POLLING_FAILED) return made->lost(trimmed(pq.PQerrorMessage(connection)));
    if (!made->wait(state == PGRES_POLLING_READING ? Wait::read : Wait::write, until)) return made->lost("nobody answers");
  }
  if (const char* host = pq.PQhost(connection); host != nullptr && *host != '\0') made->name_ += " " + std::string(host);
  pq.PQsetnonblocking(connection, 1);
  pq.PQsetNoticeProcessor(connection, [](void*, const char*) {}, nullptr);
  if (auto set = made->execute(kOurSchema); !set) return set.error();
  return made;
}

// What came back for what was sent: the rows of the last result, or the first error.
Result<Rows> PostgresConnection::results() {
  PGconn* const connection = connection_.get();
  const auto until = Clock::now() + limit_;
  while (true) {
    const int unsent = pq_->PQflush(connection);
    if (unsent < 0) return lost(trimmed(pq_->PQerrorMessage(connection)));
    if (unsent == 0) break;
    if (!wait(Wait::write, until)) return lost("it takes nothing any more");
    if (pq_->PQconsumeInput(connection) == 0) return lost(trimmed(pq_->PQerrorMessage(connection)));
  }
  struct Clear {
    const Libpq* pq;
    void operator()(PGresult* result) const { pq->PQclear(result); }
  };
  std::optional<Error> failed;
  Rows rows;
  while (true) {
    while (pq_->PQisBusy(connection) != 0) {
      if (!wait(Wait::read, until)) return lost("no answer for " + std::to_string(limit_.count()) + " ms");
      if (pq_->PQconsumeInput(connection) == 0) return lost(trimmed(pq_->PQerrorMessage(connection)));
    }
    const std::unique_ptr<PGresult, Clear> result(pq_->PQgetResult(connection), Clear{pq_});
    if (!result) break;
    const auto status = pq_->PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
      if (!failed) failed = error(result.get());
      continue;
    }
    rows.assign(static_cast<std::size_t>(pq_->PQntuples(result.get())), Row(static_cast<std::size_t>(pq_->PQnfields(result.get()))));
    for (int i = 0; i < static_cast<int>(rows.size()); ++i) {
      Row& row = rows[static_cast<std::size_t>(i)];
      for (int j = 0; j < static_cast<int>(row.size()); ++j)
        if (pq_->PQgetisnull(result.get(), i, j) == 0)
          row[static_cast<std::size_t>(j)].emplace(pq_->PQgetvalue(result.get(), i, j), static_cast<std::size_t>(pq_->PQgetlength(result.get(), i, j)));
    }
  }
  if (failed) return *std::move(failed);
  return rows;
}

Result<Rows> PostgresConnection::execute(const std::string& sql) {
  if (pq_->PQsendQuery(connection_.get(), sql.c_str()) == 0) return lost(trimmed(pq_->PQerrorMessage(connection_.get())));
  return results();
}

Result<Rows> PostgresConnection::run(const store::Statement& statement, std::span<const Parameter> parameters) {
  std::string& name = prepared_[statement.sql];
  if (name.empty()) {
    const std::string wanted = "s" + std::to_string(prepared_.size());
    const std::string sql = store::with_clock(statement.sql, kNow);
    if (pq_->PQsendPrepare(connection_.get(), wanted.c_str(), sql.c_str(), 0, nullptr) == 0)
      return lost(trimmed(pq_->PQerrorMessage(connection_.get())));
    auto made = results();
    if (!made) return made.error();
    name = wanted;
  }
  // Text goes as bytes with their number: a NUL in it is an error, not an end.
  std::vector<std::string> numbers;
  numbers.reserve(parameters.size());
  std::vector<const char*> values;
  std::vector<int> lengths, formats;
  for (const Parameter& one : parameters) {
    if (const auto* number = std::get_if<std::int64_t>(&one)) {
      values.push_back(numbers.emplace_back(std::to_string(*number)).c_str());
      lengths.push_back(0);
      formats.push_back(0);
    } else {
      const auto text = std::get<std::string_view>(one);
      values.push_back(text.data() == nullptr ? "" : text.data());
      lengths.push_back(static_cast<int>(text.size()));
      formats.push_back(1);
    }
  }
  if (pq_->PQsendQueryPrepared(connection_.get(), name.c_str(), static_cast<int>(values.size()), values.data(), lengths.data(), formats.data(), 0) == 0)
    return lost(trimmed(pq_->PQerrorMessage(connection_.get())));
  return results();
}

Result<void> PostgresConnection::begin() {
  auto begun = execute("BEGIN; SELECT txid_current()");
  if (!begun) return begun.error();
  transaction_ = begun->empty() ? std::string() : begun->front()[0].value_or("");
  return {};
}

// One that its server still carries out is waited for: it holds nothing that it could wait for itself.
Result<bool> PostgresConnection::has_committed(const std::string& transaction) {
  const auto until = Clock::now() + limit_;
  while (Clock::now() < until) {
    auto rows = execute("SELECT txid_status(" + transaction + "), pg_sleep(CASE txid_status(" + transaction + ") WHEN 'in progress' THEN 0.05 ELSE 0 END)");
    if (!rows) return rows.error();
    const std::string status = rows->empty() ? std::string() : rows->front()[0].value_or("");
    if (status != "in progress") return status == "committed";
  }
  return lost("transaction " + transaction + " does not end");
}

Result<void> PostgresConnection::commit() {
  if (auto done = execute("COMMIT"); !done) return done.error();
  return {};
}

void PostgresConnection::rollback() {
  if (pq_->PQstatus(connection_.get()) == CONNECTION_OK) (void)execute("ROLLBACK").has_value();
}

PostgresDatabase::PostgresDatabase(std::string conninfo, std::chrono::milliseconds limit) : conninfo_(std::move(conninfo)), limit_(limit) {}

std::string PostgresDatabase::place() const {
  auto connection = PostgresConnection::open(conninfo_, limit_);
  if (!connection) return "postgres";
  auto where = (*connection)->execute("SELECT coalesce(host(inet_server_addr()), 'local socket') || ', ' || current_database()");
  return where && !where->empty() ? where->front()[0].value_or("postgres") : "postgres";
}

Result<std::unique_ptr<store::Connection>> PostgresDatabase::connect() {
  auto connection = PostgresConnection::open(conninfo_, limit_);
  if (!connection) return connection.error();
  auto version = version_of(**connection);
  if (!version) return version.error();
  if (*version < store::kSchema)
    return fail(ErrorCode::invalid_value, "store postgres: its tables " + std::string(*version == 0 ? "are not there yet" : "are those of an older release") +
                                              "; make them with: sumun store migrate");
  if (auto refused = store::refusal("store postgres", *version)) return *std::move(refused);
  return std::unique_ptr<store::Connection>(*std::move(connection));
}

Result<store::Database::State> PostgresDatabase::state() {
  auto connection = PostgresConnection::open(conninfo_, limit_);
  if (!connection) return connection.error();
  auto version = version_of(**connection);
  if (!version) return version.error();
  State state;
  state.schema = *version;
  auto size = (*connection)->execute(
      "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
      "WHERE n.nspname = 'sumun' AND c.relkind = 'r'");
  if (!size) return size.error();
  state.bytes = static_cast<std::uint64_t>(store::number(size->front(), 0));
  return state;
}

Result<int> PostgresDatabase::migrate() {
  auto connection = PostgresConnection::open(conninfo_, limit_);
  if (!connection) return connection.error();
  PostgresConnection& database = **connection;
  std::string change = "BEGIN; SELECT pg_advisory_xact_lock(" + std::to_string(kLock) + "); CREATE SCHEMA IF NOT EXISTS sumun; "
                       "CREATE TABLE IF NOT EXISTS sumun.schema_version (version BIGINT NOT NULL)";
  if (auto begun = database.execute(change); !begun) return begun.error();
  auto version = version_of(database);
  if (!version) return version.error();
  if (auto refused = store::refusal("store postgres", *version)) return *std::move(refused);
  for (auto next = static_cast<std::size_t>(*version); next < kMigrations.size(); ++next)
    if (auto done = database.execute(kMigrations[next]); !done) return done.error();
  const int now = std::max(*version, store::kSchema);
  auto kept = database.execute("DELETE FROM sumun.schema_version; INSERT INTO sumun.schema_version VALUES (" + std::to_string(now) + "); COMMIT");
  if (!kept) return kept.error();
  return now;
}

Result<void> PostgresDatabase::backup(const std::filesystem::path&) {
  return fail(ErrorCode::unsupported, "a PostgreSQL database is backed up with pg_dump --schema=sumun");
}

Result<void> PostgresDatabase::compact() { return {}; }  // its autovacuum does

}  // namespace sumun::postgres

namespace sumun {
inline namespace v0 {

std::shared_ptr<Store> open_postgres_store(std::string conninfo, StoreOptions options) {
  auto database = std::make_unique<postgres::PostgresDatabase>(std::move(conninfo), options.wait);
  return store::make_store(std::move(database), std::move(options), {});
}

}  // namespace v0
}  // namespace sumun
