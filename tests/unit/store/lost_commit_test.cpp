// SPDX-License-Identifier: Apache-2.0
// A commit that takes effect while nobody hears of it, for longer than its caller waits: what was begun is given back, also
// where it takes effect only after somebody has looked.
#include "postgres/postgres_database.hpp"
#include "sqlite/sqlite_database.hpp"
#include "stores.hpp"

#include <atomic>

using namespace sumun;
using namespace sumun::test;
using gate::AuditEvent;
using gate::UnixMs;
using State = ApprovalState;
using Events = std::vector<AuditEvent>;

namespace {

/// What happens to the connection; shared with the test.
struct Line {
  std::atomic<bool> cut_behind_commit{false};  // the next commit takes effect, and then the line is dead
  std::atomic<bool> dead{false};
};

class CutConnection final : public store::Connection {
 public:
  CutConnection(std::unique_ptr<store::Connection> inner, Line& line) : inner_(std::move(inner)), line_(line) {}
  Result<store::Rows> run(const store::Statement& statement, std::span<const store::Parameter> parameters) override {
    return inner_->run(statement, parameters);
  }
  Result<void> begin() override { return inner_->begin(); }
  Result<void> commit() override {
    auto done = inner_->commit();
    if (!line_.cut_behind_commit.exchange(false)) return done;
    line_.dead = true;
    return fail(ErrorCode::closed, "the line is dead");
  }
  void rollback() override { inner_->rollback(); }
  std::string transaction() const override { return "t"; }

 private:
  const std::unique_ptr<store::Connection> inner_;
  Line& line_;
};

class CutDatabase final : public store::Database {
 public:
  CutDatabase(const std::filesystem::path& file, Line& line) : inner_(file, kStoreWait), line_(line) {}
  std::string kind() const override { return "cut"; }
  std::string place() const override { return inner_.place(); }
  bool comes_back() const override { return true; }
  Result<std::unique_ptr<store::Connection>> connect() override {
    if (line_.dead) return fail(ErrorCode::closed, "the line is dead");
    auto connection = inner_.connect();
    if (!connection) return connection.error();
    return std::unique_ptr<store::Connection>(std::make_unique<CutConnection>(*std::move(connection), line_));
  }
  Result<State> state() override { return inner_.state(); }
  Result<int> migrate() override { return inner_.migrate(); }
  Result<void> backup(const std::filesystem::path& to) override { return inner_.backup(to); }
  Result<void> compact() override { return inner_.compact(); }

 private:
  sqlite::SqliteDatabase inner_;
  Line& line_;
};

/// A connection that is lost with its commit on the way: the test lets that end when it likes.
struct Stall {
  std::atomic<bool> next{false};  // the next commit
  std::atomic<bool> dead{false};
  std::atomic<bool> has_begun{false};
  std::unique_ptr<store::Connection> on_the_way;  // once it has begun
  std::promise<void> looked;  // a statement about the step has come back
  std::atomic<bool> has_looked{false};
};

class StalledConnection final : public store::Connection {
 public:
  StalledConnection(std::unique_ptr<store::Connection> inner, Stall& stall) : inner_(std::move(inner)), stall_(stall) {}
  Result<store::Rows> run(const store::Statement& statement, std::span<const store::Parameter> parameters) override {
    auto rows = inner_->run(statement, parameters);
    if (stall_.has_begun && std::string_view(statement.sql).find("step") != std::string_view::npos && !stall_.has_looked.exchange(true)) stall_.looked.set_value();
    return rows;
  }
  Result<void> begin() override { return inner_->begin(); }
  Result<void> commit() override {
    if (!stall_.next.exchange(false)) return inner_->commit();
    stall_.on_the_way = std::move(inner_);
    stall_.has_begun = stall_.dead = true;
    return fail(ErrorCode::closed, "the line is dead");
  }
  void rollback() override {
    if (inner_) inner_->rollback();
  }
  std::string transaction() const override { return inner_ ? inner_->transaction() : "t"; }

 private:
  std::unique_ptr<store::Connection> inner_;
  Stall& stall_;
};

class StalledDatabase final : public store::Database {
 public:
  StalledDatabase(const std::string& conninfo, Stall& stall) : inner_(conninfo, kStoreWait), stall_(stall) {}
  std::string kind() const override { return "stalled"; }
  std::string place() const override { return inner_.place(); }
  bool comes_back() const override { return true; }
  Result<std::unique_ptr<store::Connection>> connect() override {
    if (stall_.dead) return fail(ErrorCode::closed, "the line is dead");
    auto connection = inner_.connect();
    if (!connection) return connection.error();
    return std::unique_ptr<store::Connection>(std::make_unique<StalledConnection>(*std::move(connection), stall_));
  }
  Result<State> state() override { return inner_.state(); }
  Result<int> migrate() override { return inner_.migrate(); }
  Result<void> backup(const std::filesystem::path& to) override { return inner_.backup(to); }
  Result<void> compact() override { return inner_.compact(); }

 private:
  postgres::PostgresDatabase inner_;
  Stall& stall_;
};

}  // namespace

TEST_CASE("a claim whose commit ends after its connection was lost, and after somebody has begun to look, is given back") {
  for (const auto& place : durable_places()) {
    if (place->name() != "postgres") continue;
    Stall stall;
    StoreOptions options;
    options.wait = milliseconds(300);
    const auto store = store::make_store(std::make_unique<StalledDatabase>(PostgresServer::get()->conninfo(), stall), options, {});
    const Books books{store->ledger()};
    REQUIRE(books.open(a_draft("a", "b")).has_value());
    REQUIRE(books.step("a", [](Approval& a, Events&, UnixMs now) { return gate::vote(a, {"", true, "", 0}, {"bob", "", false}, {}, now); }).has_value());
    stall.next = true;
    REQUIRE(!books.step("a", [&](Approval& a, Events&, UnixMs now) { return gate::claim(a, "c", books.ledger.host(), now); }).has_value());
    auto looked = stall.looked.get_future();
    stall.dead = false;
    (void)looked.wait_for(milliseconds(500));  // whoever looks waits for the commit, and does not come back before
    REQUIRE(stall.on_the_way->commit().has_value());
    AuditQuery released;
    released.event = "released";
    const auto is_told = [&] {
      const auto found = books.records(released);
      return found && found->size() == 1;
    };
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!is_told() && std::chrono::steady_clock::now() < end) store->settle(std::chrono::seconds(1));
    CHECK(is_told());
    const auto now = books.get("a");
    REQUIRE(now.has_value());
    CHECK((now->state == State::approved));
    books.check_chain();
  }
}

TEST_CASE("a claim, and a round, that took effect though their caller was told that the store failed, are given back; an end stays") {
  std::string host;
  const auto claim = [&](Approval& a, Events&, UnixMs now) { return gate::claim(a, "c", host, now); };
  const auto wait = [](Approval& a, Events&, UnixMs now) { return gate::wait_for_caller(a, "c", now); };
  const auto go_on = [&](Approval& a, Events&, UnixMs now) { return gate::go_on(a, "c", host, now); };
  const auto finish = [](Approval& a, Events&, UnixMs now) { return gate::finish(a, "c", State::executed, "{}", "", now); };
  const auto note = [](Approval& a, Events&, UnixMs) -> Result<void> {
    a.note = "noted";
    return {};
  };
  struct Case {
    const char* name;
    std::vector<gate::Step::Change> before;
    gate::Step::Change cut;
    State state;
    bool asked_caller;
    std::size_t released;
  };
  const Case cases[] = {
      {"a claim", {}, claim, State::approved, false, 1},
      {"a wait for the caller", {claim}, wait, State::claimed, true, 0},
      {"another round", {claim, wait}, go_on, State::claimed, true, 1},
      {"an end", {claim}, finish, State::executed, false, 0},
      {"something else while it is carried out", {claim}, note, State::claimed, false, 0},
  };
  for (const Case& one : cases) {
    CAPTURE(one.name);
    TemporaryFolder folder;
    Line line;
    Log log;
    StoreOptions options;
    options.wait = milliseconds(300);
    options.log = log.sink();
    const auto store = store::make_store(std::make_unique<CutDatabase>(folder.path / "store.db", line), options, {});
    const Books books{store->ledger()};
    host = books.ledger.host();
    REQUIRE(books.open(a_draft("a", "b")).has_value());
    REQUIRE(books.step("a", [](Approval& a, Events&, UnixMs now) { return gate::vote(a, {"", true, "", 0}, {"bob", "", false}, {}, now); }).has_value());
    for (const auto& step : one.before) REQUIRE(books.step("a", step).has_value());
    line.cut_behind_commit = true;
    const auto cut = books.step("a", one.cut);
    REQUIRE(!cut.has_value());
    CHECK(cut.error().code == ErrorCode::busy);
    line.dead = false;
    const auto reached = [&] {
      const auto now = books.get("a");
      return now && now->state == one.state && now->asked_caller == one.asked_caller;
    };
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!reached() && std::chrono::steady_clock::now() < end) store->settle(std::chrono::seconds(1));
    CHECK(reached());
    store->settle(std::chrono::seconds(10));
    AuditQuery released;
    released.event = "released";
    CHECK(books.records(released)->size() == one.released);
    books.check_chain();
  }
}
