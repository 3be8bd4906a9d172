// SPDX-License-Identifier: Apache-2.0
// The engine over a database whose commits can be lost: what took effect is not carried out again, what did not is.
#include "store/engine.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <future>

using namespace sumun;
using namespace sumun::store;
using std::chrono::milliseconds;

namespace {

/// What the next commit does; shared by all connections.
struct Fate {
  enum class Commit { lands, lands_and_is_lost, is_lost };
  std::atomic<Commit> next{Commit::lands};
  std::atomic<int> questions_unanswered{0};  // so often the connection is lost as well when it is asked what became of it
  std::atomic<int> begun{0}, committed{0};
  std::atomic<bool> landed{false};
};

class FakeConnection final : public Connection {
 public:
  explicit FakeConnection(Fate& fate) : fate_(fate) {}
  Result<Rows> run(const Statement&, std::span<const Parameter>) override { return Rows{}; }
  Result<void> begin() override {
    ++fate_.begun;
    return {};
  }
  Result<void> commit() override {
    const auto what = fate_.next.exchange(Fate::Commit::lands);
    fate_.landed = what != Fate::Commit::is_lost;
    if (fate_.landed) ++fate_.committed;
    if (what == Fate::Commit::lands) return {};
    return fail(ErrorCode::closed, "lost");
  }
  void rollback() override {}
  std::string transaction() const override { return "t"; }
  Result<bool> has_committed(const std::string& transaction) override {
    CHECK(transaction == "t");
    if (fate_.questions_unanswered-- > 0) return fail(ErrorCode::closed, "lost again");
    return fate_.landed.load();
  }

 private:
  Fate& fate_;
};

class FakeDatabase final : public Database {
 public:
  explicit FakeDatabase(Fate& fate) : fate_(fate) {}
  std::string kind() const override { return "fake"; }
  std::string place() const override { return "nowhere"; }
  bool comes_back() const override { return true; }
  Result<std::unique_ptr<Connection>> connect() override { return std::unique_ptr<Connection>(std::make_unique<FakeConnection>(fate_)); }
  Result<State> state() override { return State{}; }
  Result<int> migrate() override { return 0; }
  Result<void> backup(const std::filesystem::path&) override { return {}; }
  Result<void> compact() override { return {}; }

 private:
  Fate& fate_;
};

struct Running {
  Fate fate;
  std::shared_ptr<Engine> engine = std::make_shared<Engine>(std::make_unique<FakeDatabase>(fate), [](LoggingLevel, std::string_view) {}, std::chrono::seconds(10));
  ~Running() { engine->close(milliseconds(500), {}); }

  /// Waits for one operation; how often it was carried out.
  int write() const {
    auto times = std::make_shared<std::atomic<int>>(0);
    auto ended = std::make_shared<std::promise<bool>>();
    auto future = ended->get_future();
    engine->write("k", [times, ended](Connection&) -> Result<Engine::After> {
      ++*times;
      return Engine::After([ended] { ended->set_value(true); });
    }, [ended](const Error&) { ended->set_value(false); });
    REQUIRE((future.wait_for(std::chrono::seconds(10)) == std::future_status::ready));
    CHECK(future.get());
    return *times;
  }
};

}  // namespace

TEST_CASE("a commit whose end was not heard of is asked about: what took effect is not done again") {
  using Commit = Fate::Commit;
  struct Row {
    const char* name;
    Commit commit;
    int questions_unanswered;
    int times;
  };
  const Row rows[] = {
      {"it is heard of", Commit::lands, 0, 1},
      {"it took effect", Commit::lands_and_is_lost, 0, 1},
      {"it did not", Commit::is_lost, 0, 2},
      {"it took effect, and the connection is lost again", Commit::lands_and_is_lost, 2, 1},
      {"it did not, and the connection is lost again", Commit::is_lost, 2, 2},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    Running running;
    running.fate.next = row.commit;
    running.fate.questions_unanswered = row.questions_unanswered;
    CHECK(running.write() == row.times);
    CHECK(running.fate.committed == 1);
    CHECK(running.write() == 1);
    CHECK(running.fate.committed == 2);
  }
}

TEST_CASE("what goes around a transaction begins anew with each attempt") {
  Running running;
  int begun = 0, ended = 0;
  running.engine->around([&] { ++begun; }, [&](Connection&) -> Result<void> {
    ++ended;
    return {};
  });
  running.fate.next = Fate::Commit::is_lost;
  CHECK(running.write() == 2);
  CHECK(begun == 2);
  CHECK(ended == 2);
}

TEST_CASE("a job at need is done once for all who asked, with others or in time, and before the end") {
  Running running;
  std::atomic<int> done{0};
  const auto job = running.engine->at_need([&](Connection&) -> Result<Engine::After> { return Engine::After([&] { ++done; }); }, [](const Error&) {});
  running.engine->ask(job, std::chrono::hours(1));
  running.engine->ask(job, std::chrono::hours(1));
  CHECK(running.write() == 1);
  running.engine->settle(std::chrono::seconds(10));
  CHECK(done == 1);
  CHECK(running.fate.begun <= 2);
  running.engine->ask(job, milliseconds(1));
  running.engine->settle(std::chrono::seconds(10));
  CHECK(done == 2);
  running.engine->ask(job, std::chrono::hours(1));
  running.engine->close(std::chrono::seconds(10), {});
  CHECK(done == 3);
}
