// SPDX-License-Identifier: Apache-2.0
#include "stores.hpp"

#include <sys/wait.h>

#include <utility>

namespace sumun::test {
namespace {

std::string aged(milliseconds by) {
  const std::string ms = std::to_string(by.count());
  return "UPDATE calls SET touched = touched - " + ms + "; UPDATE tasks SET expires = expires - " + ms + "; UPDATE hosts SET until = until - " + ms;
}

class Memory final : public Place {
 public:
  std::string name() const override { return "memory"; }
  Operations operations() override { return {&calls_, &tasks_}; }
  void age(milliseconds by) override { time_ += by; }
  std::shared_ptr<Store> another(StoreOptions) override { return nullptr; }
  void restart() override {}

 private:
  std::chrono::steady_clock::time_point time_{std::chrono::hours{5}};
  gate::MemoryCallStore calls_{[this] { return time_; }};
  gate::MemoryTaskStore tasks_{[this] { return time_; }};
};

class Durable : public Place {
 public:
  Operations operations() override {
    if (!store_) store_ = another();
    return {&store_->calls(), &store_->tasks()};
  }
  void restart() override { store_.reset(); }

 protected:
  std::shared_ptr<Store> store_;
};

class Sqlite final : public Durable {
 public:
  std::string name() const override { return "sqlite"; }
  void age(milliseconds by) override { sqlite_sql(file(), aged(by)); }
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
  void age(milliseconds by) override { server_.sql("SET search_path TO sumun; " + aged(by)); }
  std::shared_ptr<Store> another(StoreOptions options) override { return open_postgres_store(server_.conninfo(), std::move(options)); }

 private:
  PostgresServer& server_;
};

}  // namespace

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
