// SPDX-License-Identifier: Apache-2.0
// The books where several threads and processes write them, and where what is under them fails.
#include "gate/audit_chain.hpp"
#include "sqlite/sqlite_database.hpp"
#include "store/statements.hpp"
#include "stores.hpp"

#include <sys/mount.h>

#include <fstream>
#include <map>
#include <set>
#include <thread>

using namespace sumun;
using namespace sumun::test;
using gate::AuditEvent;
using gate::Step;
using gate::UnixMs;
using State = ApprovalState;
using Events = std::vector<AuditEvent>;

namespace {

namespace fs = std::filesystem;

Step::Change voted(const std::string& by) {
  return [=](Approval& a, Events&, UnixMs now) { return gate::vote(a, {"", true, "", 0}, {by, "", false}, {}, now); };
}
Step::Change claimed(const std::string& call, const std::string& owner) {
  return [=](Approval& a, Events& events, UnixMs now) {
    events.push_back({{"event", "claim"}, {"call", call}, {"approval", a.id}});
    return gate::claim(a, call, owner, now);
  };
}
Step::Change finished(const std::string& call) {
  return [=](Approval& a, Events&, UnixMs now) { return gate::finish(a, call, State::executed, "{}", "", now); };
}
// Counts itself: done twice, it shows.
Step::Change counted() {
  return [](Approval& a, Events& events, UnixMs) -> Result<void> {
    a.note += "x";
    events.push_back({{"event", "call"}, {"approval", a.id}});
    return {};
  };
}

std::size_t count(const Books& books, const std::string& event) {
  AuditQuery query;
  query.event = event;
  query.limit = 1'000'000;
  return books.records(query)->size();
}

void approve(const Books& books, const std::string& id) {
  REQUIRE(books.open(a_draft(id, "binding of " + id)).has_value());
  REQUIRE(books.step(id, voted("bob")).has_value());
}

}  // namespace

TEST_CASE("of many who ask for the same at once, all get the same approval") {
  for (const auto& place : all_places()) {
    CAPTURE(place->name());
    std::vector<std::shared_ptr<Store>> others{place->another(), place->another()};
    std::vector<Books> hosts{{place->ledger()}};
    for (const auto& other : others)
      if (other) hosts.push_back({other->ledger()});
    std::mutex mutex;
    std::map<std::string, std::set<std::string>> given;
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 6; ++i)
      threads.emplace_back([&, i] {
        for (int call = 0; call < 20; ++call) {
          const std::string binding = "b" + std::to_string(call);
          const auto got = hosts[i % hosts.size()].open(a_draft(binding + " by " + std::to_string(i), binding), {{{"event", "asked"}}});
          std::lock_guard lock(mutex);
          given[binding].insert(got ? got->id : got.error().message);
        }
      });
    for (auto& thread : threads) thread.join();
    for (const auto& [binding, ids] : given) CHECK(ids.size() == 1);
    CHECK(hosts[0].list()->size() == 20);
    CHECK(count(hosts[0], "asked") == 20);
    hosts[0].check_chain();
  }
}

TEST_CASE("of many who would carry it out at once, one may, and every step is taken once") {
  for (const auto& place : all_places()) {
    CAPTURE(place->name());
    std::vector<std::shared_ptr<Store>> others{place->another(), place->another()};
    std::vector<Books> hosts{{place->ledger()}};
    for (const auto& other : others)
      if (other) hosts.push_back({other->ledger()});
    constexpr int kApprovals = 10, kThreads = 6;
    for (int i = 0; i < kApprovals; ++i) approve(hosts[0], "a" + std::to_string(i));
    REQUIRE(hosts[0].open(a_draft("counter", "counter")).has_value());
    std::atomic<int> won{0}, lost{0}, steps{0};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < kThreads; ++i)
      threads.emplace_back([&, i] {
        const Books& books = hosts[i % hosts.size()];
        for (int a = 0; a < kApprovals; ++a) {
          const auto done = books.step("a" + std::to_string(a), claimed("call of " + std::to_string(i), books.ledger.host()));
          if (done) ++won;
          else if (done.error().code == ErrorCode::invalid_value) ++lost;
          if (books.step("counter", counted())) ++steps;
        }
      });
    for (auto& thread : threads) thread.join();
    CHECK(won == kApprovals);
    CHECK(lost == kApprovals * (kThreads - 1));
    CHECK(steps == kApprovals * kThreads);
    CHECK(hosts[0].get("counter")->note == std::string(kApprovals * kThreads, 'x'));
    CHECK(hosts[0].get("counter")->version == kApprovals * kThreads + 1);
    CHECK(count(hosts[0], "claim") == kApprovals);
    CHECK(count(hosts[0], "call") == kApprovals * kThreads);
    hosts[0].check_chain();
  }
}

TEST_CASE("of two processes that make the first approver, or remove one each, one does") {
  for (const auto& place : durable_places()) {
    CAPTURE(place->name());
    const auto other = place->another();
    const std::array<Books, 2> hosts{Books{place->ledger()}, Books{other->ledger()}};
    std::atomic<int> made{0}, removed{0};
    const auto both = [&](auto what) {
      std::thread one([&] { what(hosts[0], "ann"); }), two([&] { what(hosts[1], "bob"); });
      one.join();
      two.join();
    };
    both([&](const Books& books, const std::string& name) { made += books.put({{name, "", 0}, "hash", 0, 0}, true).has_value(); });
    CHECK(made == 1);
    CHECK(hosts[0].approvers()->size() == 1);
    for (const char* name : {"ann", "bob"}) REQUIRE(hosts[0].put({{name, "", 0}, "hash", 0, 0}).has_value());
    both([&](const Books& books, const std::string& name) { removed += books.remove_approver(name).has_value(); });
    CHECK(removed == 1);
    CHECK(hosts[0].approvers()->size() == 1);
  }
}

TEST_CASE("after a restart the books are there, and the log goes on with another writer") {
  for (const auto& place : durable_places()) {
    CAPTURE(place->name());
    {
      const Books books{place->ledger()};
      approve(books, "a");
      Step keep;
      keep.keep = Grant{"g", "ann", "refund", "", "", {}, "bob", 0, 60'000, false};
      REQUIRE(books.commit(keep).has_value());
      REQUIRE(books.put({{"ann", "", 0}, "hash", 0, 0}, true).has_value());
      books.ledger.append({{{"event", "read"}}});  // the store is let go of before it is due
    }
    place->restart();
    const Books books{place->ledger()};
    CHECK((books.get("a")->state == State::approved));
    CHECK(books.grants("ann", "refund")->size() == 1);
    CHECK(books.approvers()->size() == 1);
    CHECK(count(books, "read") == 1);
    books.ledger.append({{{"event", "read"}}});
    CHECK(count(books, "read") == 2);
    CHECK(books.writers()->size() == 2);
    books.check_chain();
  }
}

TEST_CASE("the claim of a host that is gone has an unknown outcome, that of a living one has not") {
  for (const auto& place : durable_places()) {
    CAPTURE(place->name());
    const Books books{place->ledger()};
    auto other = place->another();
    const Books o{other->ledger()};
    for (const char* id : {"ended", "lost", "asking"}) {
      approve(books, id);
      REQUIRE(o.step(id, claimed("c", o.ledger.host())).has_value());
    }
    REQUIRE(o.step("ended", finished("c")).has_value());
    REQUIRE(o.step("asking", [](Approval& a, Events&, UnixMs now) { return gate::wait_for_caller(a, "c", now); }).has_value());
    CHECK((books.get("lost")->state == State::claimed));
    other.reset();
    CHECK((books.get("lost")->state == State::outcome_unknown));
    CHECK((books.find("binding of lost").value()->state == State::outcome_unknown));
    CHECK((books.get("ended")->state == State::executed));
    CHECK((books.get("asking")->state == State::claimed));
    CHECK(!books.step("lost", claimed("c2", books.ledger.host())).has_value());
    REQUIRE(books.step("asking", [&](Approval& a, Events&, UnixMs now) { return gate::go_on(a, "c", books.ledger.host(), now); }).has_value());
    REQUIRE(books.step("asking", finished("c")).has_value());
    const auto resolved = books.step("lost", [](Approval& a, Events&, UnixMs now) { return gate::resolve(a, State::executed, "bob", "seen", now); });
    REQUIRE_MESSAGE(resolved.has_value(), resolved.error().message);
    CHECK(resolved.value()->note == "bob: seen");
    CHECK(count(books, "outcome") == 1);
    books.check_chain();
  }
}

TEST_CASE("a host whose lease lapses counts as gone, and its late end is still kept") {
  for (const auto& place : durable_places()) {
    CAPTURE(place->name());
    const Books books{place->ledger()};
    const auto other = place->another();
    const Books o{other->ledger()};
    approve(books, "a");
    REQUIRE(o.step("a", claimed("c", o.ledger.host())).has_value());
    place->age(kStoreLease + milliseconds(1));
    CHECK((books.get("a")->state == State::outcome_unknown));
    REQUIRE(books.step("a", [](Approval& a, Events&, UnixMs) { a.note = "written"; return Result<void>(); }).has_value());
    REQUIRE(o.step("a", finished("c")).has_value());
    CHECK((books.get("a")->state == State::executed));
    books.check_chain();
  }
}

TEST_CASE("the sweep writes what time has done, drops what is old, and carries the chain over") {
  for (const auto& place : durable_places()) {
    CAPTURE(place->name());
    const Books books{place->ledger()};
    auto gone = place->another();
    const Books g{gone->ledger()};
    REQUIRE(books.open(a_draft("expires", "b1")).has_value());
    approve(books, "asks");
    REQUIRE(books.step("asks", claimed("c", books.ledger.host())).has_value());
    REQUIRE(books.step("asks", [](Approval& a, Events&, UnixMs now) {
      a.expires = now + 48 * 3'600'000;
      return gate::wait_for_caller(a, "c", now);
    }).has_value());
    approve(books, "own");
    REQUIRE(books.step("own", claimed("c", books.ledger.host())).has_value());
    approve(books, "lost");
    REQUIRE(g.step("lost", claimed("c", g.ledger.host())).has_value());
    approve(books, "done");
    REQUIRE(books.step("done", claimed("c", books.ledger.host())).has_value());
    REQUIRE(books.step("done", finished("c")).has_value());
    gone.reset();
    place->age(std::chrono::hours(25));
    place->sql("UPDATE hosts SET until = until + 100000000");  // this process lives on
    const auto store = place->another();
    REQUIRE(store->collect().has_value());
    CHECK(books.get("done")->result.empty());
    CHECK(count(books, "expired") == 1);
    CHECK(count(books, "lapsed") == 1);
    CHECK(count(books, "outcome") == 1);
    CHECK((books.get("own")->state == State::claimed));
    CHECK((books.get("asks")->state == State::approved));
    CHECK((books.get("lost")->state == State::outcome_unknown));
    REQUIRE(store->collect().has_value());
    CHECK(count(books, "expired") == 1);
    books.check_chain();

    const auto summary = store->summary();
    REQUIRE_MESSAGE(summary.has_value(), summary.error().message);
    CHECK(summary->approvals == 5);
    CHECK(summary->pending == 0);
    CHECK(summary->records == books.records()->size());

    place->age(kApprovalRetention);
    AuditQuery all;
    all.writer = books.ledger.host();
    const auto before = books.records(all).value();
    REQUIRE(before.size() > 2);
    const std::string old = std::to_string(std::chrono::milliseconds(kAuditRetention).count() + 1000);
    place->sql("UPDATE audit SET time = time - " + old + " WHERE number < 3");
    const auto dropped = store->collect();
    REQUIRE_MESSAGE(dropped.has_value(), dropped.error().message);
    ApprovalFilter any;
    any.limit = 100;
    std::set<std::string> left;
    for (const Approval& one : books.list(any).value()) left.insert(one.id);
    CHECK(left == std::set<std::string>{"asks", "lost", "own"});  // what is open stays, expired just now or not known
    const auto after = books.records(all).value();
    REQUIRE(!after.empty());
    CHECK(after.front().number == 3);
    books.check_chain();
  }
}

TEST_CASE("a file of the first release is brought up to this one with all that is in it, and can be used by that release") {
  TemporaryFolder folder;
  const fs::path file = folder.path / "store.db";
  static constexpr std::array<const char*, 1> first{store::kTables};
  REQUIRE(sqlite::SqliteDatabase(file, kStoreWait, first).migrate().value() == 1);
  sqlite_sql(file, "INSERT INTO calls (id, touched) VALUES ('c', 9000000000000); INSERT INTO call_values VALUES ('c', 'k', '5')");
  const auto store = open_sqlite_store(file, {});
  const Operations s{&store->calls(), &store->tasks()};
  CHECK(s.recall("c", "k").value().value_or(json()) == json(5));
  const Books books{store->ledger()};
  approve(books, "a");
  CHECK(store->summary()->schema == 2);
  REQUIRE(fs::exists(file.string() + ".version-1"));
  auto copy = sqlite::SqliteConnection::open(file.string() + ".version-1", kStoreWait);
  CHECK((*copy)->integer("SELECT count(*) FROM call_values").value() == 1);
  CHECK((*copy)->integer("SELECT count(*) FROM sqlite_master WHERE name = 'approvals'").value() == 0);
  CHECK(sqlite::SqliteDatabase(file, kStoreWait, first).connect().has_value());
  CHECK((books.get("a")->state == State::approved));
}

TEST_CASE("a PostgreSQL database of the first release is brought up to this one") {
  auto* server = PostgresServer::get();
  if (server == nullptr) return;
  server->sql("DROP SCHEMA IF EXISTS sumun CASCADE; CREATE SCHEMA sumun; SET search_path TO sumun; " + std::string(store::kTables) +
              "CREATE TABLE schema_version (version BIGINT NOT NULL); INSERT INTO schema_version VALUES (1); "
              "INSERT INTO calls (id, touched) VALUES ('c', 9000000000000); INSERT INTO call_values VALUES ('c', 'k', '5')");
  Log log;
  StoreOptions options;
  options.log = log.sink();
  const auto store = open_postgres_store(server->conninfo(), options);
  CHECK(!Books{store->ledger()}.open(a_draft("a", "b")).has_value());
  CHECK(log.holds("sumun store migrate"));
  CHECK(store->migrate().value() == 2);
  CHECK(Books{store->ledger()}.open(a_draft("a", "b")).has_value());
  CHECK(Operations{&store->calls(), &store->tasks()}.recall("c", "k").value().value_or(json()) == json(5));
}

TEST_CASE("an approval that somebody has changed in the database is refused by name, not misread") {
  for (const auto& place : durable_places()) {
    CAPTURE(place->name());
    const Books books{place->ledger()};
    approve(books, "a");
    place->sql("UPDATE approvals SET body = '{}'");
    const auto got = books.get("a");
    REQUIRE(!got.has_value());
    CHECK(got.error().message.find("the stored approval a cannot be read: approval.id: missing") == 0);
    CHECK(!books.step("a", claimed("c", books.ledger.host())).has_value());
    CHECK(!books.open(a_draft("again", "binding of a")).has_value());
    CHECK(books.list()->empty());
    CHECK(books.open(a_draft("other", "b")).has_value());
  }
}

TEST_CASE("on a full disk a step writes neither the approval nor its record, and is taken when there is room") {
  TemporaryFolder folder;
  const fs::path disk = folder.path / "disk";
  fs::create_directories(disk);
  if (::mount("none", disk.c_str(), "tmpfs", 0, "size=3m") != 0) {
    MESSAGE("not tested: this user may not mount a small disk");
    return;
  }
  {
    Log log;
    StoreOptions options;
    options.log = log.sink();
    const auto store = open_sqlite_store(disk / "store.db", options);
    const Books books{store->ledger()};
    approve(books, "a");
    std::ofstream(disk / "ballast") << std::string(4 << 20, 'x');
    int kept = 0;
    Result<std::optional<Approval>> full = std::optional<Approval>();
    while (full && kept < 300) {
      full = books.commit({"", {}, "", {}, {{{"event", "call"}, {"text", std::string(20'000, 'x')}}}});
      kept += full.has_value();
    }
    REQUIRE(!full.has_value());
    CHECK(full.error().code == ErrorCode::busy);
    const auto claim = [&](const std::string& text) {
      return [&, text](Approval& a, Events& events, UnixMs now) {
        events.push_back({{"event", "claim"}, {"text", text}});
        return gate::claim(a, "c", books.ledger.host(), now);
      };
    };
    CHECK(!books.step("a", claim(std::string(200'000, 'x'))).has_value());
    books.ledger.append({{{"event", "read"}, {"text", std::string(200'000, 'x')}}});  // is written when there is room
    CHECK((books.get("a")->state == State::approved));
    fs::remove(disk / "ballast");
    CHECK(count(books, "claim") == 0);
    CHECK((books.step("a", claim("short")).value()->state == State::claimed));
    CHECK(count(books, "claim") == 1);
    CHECK(count(books, "call") == static_cast<std::size_t>(kept));
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (count(books, "read") == 0 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    CHECK(count(books, "read") == 1);
    books.check_chain();
  }
  ::umount2(disk.c_str(), MNT_DETACH);
}

TEST_CASE("PostgreSQL whose connections are cut in the middle: every step is taken once, and said once") {
  auto* server = PostgresServer::get();
  if (server == nullptr) return;
  server->sql("DROP SCHEMA IF EXISTS sumun CASCADE");
  Log log;
  StoreOptions options;
  options.log = log.sink();
  options.wait = std::chrono::seconds(30);
  auto store = open_postgres_store(server->conninfo(), options);
  REQUIRE(store->migrate().has_value());
  const Books books{store->ledger()};
  constexpr int kSteps = 1500;
  REQUIRE(books.open(a_draft("counter", "b")).has_value());
  std::atomic<int> taken{0}, answered{0};
  std::thread asking([&] {
    for (int i = 0; i < kSteps; ++i) {
      Step step;
      step.approval = "counter";
      step.change = counted();
      books.ledger.commit(step, [&](const Result<std::optional<Approval>>& done) {
        taken += done.has_value();
        ++answered;
      });
      if (i % 20 == 0) (void)books.get("counter").has_value();  // so that there are many transactions
    }
  });
  for (int i = 0; i < 8; ++i) server->sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sumun'");
  CHECK(server->run("kill") == 0);
  CHECK(server->run("start") == 0);
  asking.join();
  store->settle(std::chrono::seconds(40));
  CHECK(answered == kSteps);
  CHECK(taken == kSteps);
  CHECK(books.get("counter")->note.size() == kSteps);
  CHECK(count(books, "call") == kSteps);
  books.check_chain();
}
