// SPDX-License-Identifier: Apache-2.0
// The store of tasks in memory: who may see what, for how long, how much, and that an end is an end.
#include "gate/task_store.hpp"

#include <doctest/doctest.h>

#include <optional>

using namespace sumun;
using gate::MemoryTaskStore;

namespace {

struct Store {
  std::chrono::steady_clock::time_point time{std::chrono::hours{5}};
  MemoryTaskStore store;

  explicit Store(MemoryTaskStore::Bounds bounds = {}) : store([this] { return time; }, bounds) {}

  Result<void> create(const std::string& owner, const std::string& id, std::optional<std::int64_t> ttl = 1000) {
    std::optional<Result<void>> got;
    store.create(owner, task(id, ttl), [&](Result<void> result) { got.emplace(std::move(result)); });
    return std::move(got).value();
  }
  Result<DetailedTask> get(const std::string& owner, const std::string& id) {
    std::optional<Result<DetailedTask>> got;
    store.get(owner, id, [&](Result<DetailedTask> result) { got.emplace(std::move(result)); });
    return std::move(got).value();
  }
  Result<DetailedTask> update(DetailedTask with) {
    std::optional<Result<DetailedTask>> got;
    store.update(std::move(with), [&](Result<DetailedTask> result) { got.emplace(std::move(result)); });
    return std::move(got).value();
  }

  static DetailedTask task(const std::string& id, std::optional<std::int64_t> ttl = 1000) {
    DetailedTask made;
    made.taskId = id;
    made.createdAt = made.lastUpdatedAt = "2026-07-28T08:00:00.000Z";
    made.ttlMs = ttl;
    return made;
  }
  static DetailedTask completed(const std::string& id, std::string text) {
    DetailedTask made = task(id);
    made.status = TaskStatus::completed;
    made.result = json{{"text", std::move(text)}};
    return made;
  }
};

}  // namespace

TEST_CASE("a task is there for its owner from the moment it was created") {
  Store s;
  REQUIRE(s.create("ann", "t").has_value());
  const auto task = s.get("ann", "t");
  REQUIRE(task.has_value());
  CHECK(*task == Store::task("t"));
}

TEST_CASE("another owner's task, an unknown one and an expired one are refused in the same words") {
  Store s;
  REQUIRE(s.create("ann", "t").has_value());
  const auto foreign = s.get("bob", "t");
  const auto unknown = s.get("bob", "nothing");
  s.time += std::chrono::seconds(2);
  const auto expired = s.get("ann", "t");
  REQUIRE(!foreign.has_value());
  REQUIRE(!unknown.has_value());
  REQUIRE(!expired.has_value());
  CHECK(foreign.error().code == ErrorCode::invalid_params);
  CHECK(foreign.error() == unknown.error());
  CHECK(foreign.error() == expired.error());
}

TEST_CASE("a task is kept for its whole time to live and not longer, whatever happens to it") {
  Store s;
  REQUIRE(s.create("ann", "t", 1000).has_value());
  REQUIRE(s.create("ann", "for ever", std::nullopt).has_value());
  s.time += std::chrono::milliseconds(999);
  CHECK(s.get("ann", "t").has_value());
  REQUIRE(s.update(Store::completed("t", "done")).has_value());
  CHECK(s.get("ann", "t").has_value());
  s.time += std::chrono::milliseconds(1);
  CHECK(!s.get("ann", "t").has_value());
  CHECK(!s.update(Store::task("t")).has_value());
  CHECK(s.store.size() == 1);
  s.time += std::chrono::hours(10000);
  CHECK(s.get("ann", "for ever").has_value());
}

TEST_CASE("what is final stays as it is") {
  for (const TaskStatus status : {TaskStatus::completed, TaskStatus::failed, TaskStatus::cancelled}) {
    CAPTURE(static_cast<int>(status));
    Store s;
    REQUIRE(s.create("ann", "t").has_value());
    DetailedTask last = Store::task("t");
    last.status = status;
    REQUIRE(s.update(last).has_value());
    for (const TaskStatus next : {TaskStatus::working, TaskStatus::input_required, TaskStatus::completed, TaskStatus::failed, TaskStatus::cancelled}) {
      CAPTURE(static_cast<int>(next));
      DetailedTask late = Store::task("t");
      late.status = next;
      late.statusMessage = "late";
      const auto kept = s.update(late);
      REQUIRE(kept.has_value());
      CHECK(*kept == last);
      CHECK(*s.get("ann", "t") == last);
    }
  }
}

TEST_CASE("tasks are bounded for each owner and in all, and room comes back when they expire") {
  Store s({.tasks = 3, .of_one = 2, .bytes = kMaxTaskBytes});
  REQUIRE(s.create("ann", "a1").has_value());
  REQUIRE(s.create("ann", "a2", 5000).has_value());
  const auto third = s.create("ann", "a3");
  REQUIRE(!third.has_value());
  CHECK(third.error().code == ErrorCode::busy);
  REQUIRE(s.create("bob", "b1").has_value());
  CHECK(!s.create("bob", "b2").has_value());
  s.time += std::chrono::seconds(1);
  CHECK(s.create("ann", "a3").has_value());
  CHECK(s.store.size() == 2);
}

TEST_CASE("bytes are bounded: a result without room is left out, and the task has failed") {
  Store s({.tasks = 10, .of_one = 10, .bytes = 2000});
  REQUIRE(s.create("ann", "t").has_value());
  REQUIRE(s.update(Store::completed("t", std::string(1000, 'x'))).has_value());
  REQUIRE(s.create("ann", "u").has_value());
  const auto kept = s.update(Store::completed("u", std::string(1000, 'x')));
  REQUIRE(kept.has_value());
  CHECK(kept->status == TaskStatus::failed);
  CHECK(!kept->result.has_value());
  REQUIRE(kept->error.has_value());
  CHECK((*kept->error)["code"] == -32603);
  CHECK(s.store.bytes() <= 2000);
  for (int i = 0; i < 10; ++i) (void)s.create("ann", "more" + std::to_string(i));
  CHECK(s.store.bytes() <= 2000);
  s.time += std::chrono::seconds(1);
  CHECK(s.create("ann", "again").has_value());
  CHECK(s.store.bytes() < 300);
}

TEST_CASE("nothing of an earlier process is left in memory") {
  Store s;
  REQUIRE(s.create("ann", "t").has_value());
  std::optional<std::size_t> left;
  s.store.orphans([&](Result<std::vector<DetailedTask>> tasks) { left = tasks->size(); });
  CHECK(left == std::size_t{0});
}
