// SPDX-License-Identifier: Apache-2.0
#include "stores.hpp"

#include "gate/audit_chain.hpp"
#include "gate/memory_ledger.hpp"

#include <sys/wait.h>

#include <utility>

namespace sumun::test {
namespace {

std::string aged(milliseconds by) {
  std::string sql;
  for (const auto& [table, columns] : std::vector<std::pair<std::string, std::vector<std::string>>>{{"calls", {"touched"}},
                                                                                                    {"tasks", {"expires"}},
                                                                                                    {"hosts", {"until"}},
                                                                                                    {"approvals", {"created", "changed", "expires"}},
                                                                                                    {"grants", {"until"}},
                                                                                                    {"approvers", {"locked_until"}}})
    for (const auto& column : columns) sql += "UPDATE " + table + " SET " + column + " = " + column + " - " + std::to_string(by.count()) + "; ";
  return sql;
}

class Memory final : public Place {
 public:
  std::string name() const override { return "memory"; }
  Operations operations() override { return {&calls_, &tasks_}; }
  gate::Ledger& ledger() override { return ledger_; }
  void age(milliseconds by) override { time_ += by; }
  void sql(const std::string&) override {}
  std::shared_ptr<Store> another(StoreOptions) override { return nullptr; }
  void restart() override {}

 private:
  std::chrono::steady_clock::time_point time_{std::chrono::hours{5}};
  gate::MemoryCallStore calls_{[this] { return time_; }};
  gate::MemoryTaskStore tasks_{[this] { return time_; }};
  gate::MemoryLedger ledger_{[this] { return std::chrono::duration_cast<milliseconds>(time_.time_since_epoch()).count(); }};
};

class Durable : public Place {
 public:
  Operations operations() override {
    if (!store_) store_ = another();
    return {&store_->calls(), &store_->tasks()};
  }
  gate::Ledger& ledger() override {
    (void)operations();
    return store_->ledger();
  }
  void age(milliseconds by) override { sql(aged(by)); }
  void restart() override { store_.reset(); }

 protected:
  std::shared_ptr<Store> store_;
};

class Sqlite final : public Durable {
 public:
  std::string name() const override { return "sqlite"; }
  void sql(const std::string& text) override { sqlite_sql(file(), text); }
  std::shared_ptr<Store> another(StoreOptions options) override { return open_sqlite_store(file(), std::move(options)); }
  ~Sqlite() override { store_.reset(); }

 private:
  std::filesystem::path file() const { return folder_.path / "store.db"; }
  TemporaryFolder folder_;
};

class Postgres final : public Durable {
 public:
  explicit Postgres(PostgresServer& server) : server_(server) {
    server_.sql("DROP SCHEMA IF EXISTS sumun CASCADE");
    REQUIRE(another({})->migrate().has_value());
  }
  std::string name() const override { return "postgres"; }
  void sql(const std::string& text) override { server_.sql("SET search_path TO sumun; " + text); }
  std::shared_ptr<Store> another(StoreOptions options) override { return open_postgres_store(server_.conninfo(), std::move(options)); }

 private:
  PostgresServer& server_;
};

}  // namespace

void Books::check_chain() const {
  const auto all = writers();
  REQUIRE_MESSAGE(all.has_value(), all.error().message);
  for (const AuditWriter& writer : *all) {
    CAPTURE(writer.writer);
    AuditQuery query;
    query.writer = writer.writer;
    query.limit = 1'000'000;
    const auto chain = records(query);
    REQUIRE_MESSAGE(chain.has_value(), chain.error().message);
    AuditMark at = writer.pruned;
    std::int64_t time = 0;
    for (const AuditRecord& record : *chain) {
      CAPTURE(record.number);
      REQUIRE(record.writer == writer.writer);
      REQUIRE(record.number == at.number + 1);
      REQUIRE(record.previous == at.hash);
      REQUIRE(record.hash == gate::hash_of(record));
      REQUIRE(record.time >= time);
      at = {record.number, record.hash};
      time = record.time;
    }
    REQUIRE(at == writer.last);
  }
}

PostgresServer* PostgresServer::get() {
  static const std::unique_ptr<PostgresServer> server = []() -> std::unique_ptr<PostgresServer> {
    std::unique_ptr<PostgresServer> made(new PostgresServer);
    const int code = made->run("start");
    if (code == 77) MESSAGE("PostgreSQL is not tested: Debian's package postgresql-15 is not installed");
    if (code == 77) return nullptr;
    REQUIRE(code == 0);
    return made;
  }();
  return server.get();
}

PostgresServer::~PostgresServer() { (void)run("stop"); }

std::string PostgresServer::conninfo() const { return "host=" + (folder_.path / "pg").string() + " user=sumun dbname=postgres"; }

int PostgresServer::run(const std::string& verb) const {
  const char* const script = std::getenv("SUMUN_POSTGRES_SERVER");
  if (script == nullptr) return 77;
  const int status = std::system((std::string(script) + " " + verb + " " + (folder_.path / "pg").string()).c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

void PostgresServer::sql(const std::string& text) const {
  const std::string command = "psql -q -v ON_ERROR_STOP=1 -o /dev/null -c \"SET client_min_messages TO warning; " + text + "\" '" + conninfo() + "'";
  CHECK(std::system(command.c_str()) == 0);
}

std::vector<std::unique_ptr<Place>> durable_places() {
  std::vector<std::unique_ptr<Place>> places;
  places.push_back(std::make_unique<Sqlite>());
  if (auto* server = PostgresServer::get()) places.push_back(std::make_unique<Postgres>(*server));
  return places;
}

std::vector<std::unique_ptr<Place>> all_places() {
  auto places = durable_places();
  places.push_back(std::make_unique<Memory>());
  return places;
}

}  // namespace sumun::test
