// SPDX-License-Identifier: Apache-2.0
// Task groups and time limits: how each way of ending comes out.
#include "runtime/task_group.hpp"
#include "runtime/within.hpp"

#include "support.hpp"

#include <doctest/doctest.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace sumun;
namespace asio = boost::asio;
using asio::awaitable;
using namespace std::chrono_literals;

namespace {

constexpr auto kNever = 1h;

// What an operation is told to do, and what it noticed.
struct Script {
  std::chrono::nanoseconds takes{0};
  bool throws = false;
  bool ignores_cancel = false;  // gives its value although it was cancelled
  bool translates = false;      // gives `cancelled` instead of throwing operation_aborted
  bool destroyed = false;
};

struct NoteEnd {
  std::shared_ptr<Script> script;
  explicit NoteEnd(std::shared_ptr<Script> of) : script(std::move(of)) {}
  ~NoteEnd() { script->destroyed = true; }
  NoteEnd(const NoteEnd&) = delete;
  NoteEnd& operator=(const NoteEnd&) = delete;
};

awaitable<Result<std::string>> act(std::shared_ptr<Script> script) {
  const NoteEnd note(script);
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, std::chrono::ceil<std::chrono::steady_clock::duration>(script->takes));
  boost::system::error_code failure;
  auto outcome = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  failure = std::get<0>(outcome);
  if (failure && script->translates) co_return fail(ErrorCode::cancelled, "cancelled");
  if (failure && !script->ignores_cancel) throw boost::system::system_error(failure);
  if (script->throws) throw std::runtime_error("it broke");
  co_return std::string("a value that is too long for the small string");
}

std::string describe(asio::io_context& io, awaitable<Result<std::string>> op) {
  try {
    Result<std::string> result = test::run(io, std::move(op));
    if (result) return "value " + *result;
    return "error " + std::to_string(static_cast<int>(result.error().code)) + " " + result.error().message;
  } catch (const std::exception& error) {
    return std::string("throws ") + error.what();
  }
}

}  // namespace

TEST_CASE("within gives a value, an error, an exception or a timeout, each as what it is") {
  const std::string value = "value a value that is too long for the small string";
  struct {
    std::string name;
    Script script;
    std::chrono::nanoseconds limit;
    std::string want;
  } const cases[] = {
      {"at once", {}, kNever, value},
      {"after a while", {.takes = 1ms}, kNever, value},
      {"throws at once", {.throws = true}, kNever, "throws it broke"},
      {"throws after a while", {.takes = 1ms, .throws = true}, kNever, "throws it broke"},
      {"too slow, throws operation_aborted", {.takes = kNever}, 1ms, "error 3 the time limit passed"},
      {"too slow, says cancelled", {.takes = kNever, .translates = true}, 1ms, "error 3 the time limit passed"},
      {"too slow, but manages", {.takes = kNever, .ignores_cancel = true}, 1ms, value},
      {"too slow, then throws", {.takes = kNever, .throws = true, .ignores_cancel = true}, 1ms, "throws it broke"},
      {"no time at all", {.takes = kNever}, 0ns, "error 3 the time limit passed"},
      {"less than no time", {.takes = kNever}, -5s, "error 3 the time limit passed"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.name);
    asio::io_context io;
    auto script = std::make_shared<Script>(row.script);
    CHECK(describe(io, within(row.limit, act(script))) == row.want);
    CHECK(script->destroyed);
    CHECK(script.use_count() == 1);
    io.restart();
    CHECK(io.poll() <= 1);  // the cancelled timer's last word; nothing waits for the limit
    CHECK(io.stopped());
  }
}

namespace {

awaitable<void> call_within(std::shared_ptr<Script> script, std::shared_ptr<std::string> said) {
  auto result = co_await within(kNever, act(script));
  *said = result ? "value" : result.error().message;
}

awaitable<void> call_nested(std::shared_ptr<Script> script, std::shared_ptr<std::string> said) {
  auto inner = within(kNever, act(script));
  auto middle = within(kNever, std::move(inner));
  auto result = co_await within(1ms, std::move(middle));
  *said = result ? "value" : result.error().message;
}

}  // namespace

TEST_CASE("the caller's cancellation reaches the operation within and comes back as cancelled") {
  struct {
    std::string name;
    Script script;
    const char* want;
  } const cases[] = {
      {"throws operation_aborted", {.takes = kNever}, "cancelled"},
      {"says cancelled", {.takes = kNever, .translates = true}, "cancelled"},
      {"manages", {.takes = kNever, .ignores_cancel = true}, "value"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.name);
    asio::io_context io;
    auto script = std::make_shared<Script>(row.script);
    auto said = std::make_shared<std::string>();
    TaskGroup group(io.get_executor());
    group.spawn("caller", call_within(script, said));
    io.poll();
    CHECK(said->empty());
    group.cancel();
    CHECK(test::run_until(io, [&] { return group.size() == 0; }));
    CHECK(*said == row.want);
    CHECK(script->destroyed);
    CHECK(script.use_count() == 1);
  }
}

TEST_CASE("limits can be nested; the outer one ends what lies within") {
  asio::io_context io;
  auto script = std::make_shared<Script>();
  script->takes = kNever;
  auto said = std::make_shared<std::string>();
  TaskGroup group(io.get_executor());
  group.spawn("caller", call_nested(script, said));
  CHECK(test::run_until(io, [&] { return group.size() == 0; }));
  CHECK(*said == "the time limit passed");
}

TEST_CASE("an operation within that never ends is destroyed with its loop") {
  auto script = std::make_shared<Script>();
  script->takes = kNever;
  auto said = std::make_shared<std::string>();
  {
    asio::io_context io;
    auto group = std::make_unique<TaskGroup>(io.get_executor());
    group->spawn("caller", call_within(script, said));
    io.poll();
    group.reset();
  }
  CHECK(script.use_count() == 1);
  CHECK(said.use_count() == 1);
}

TEST_CASE("within can be used again and again by one coroutine") {
  asio::io_context io;
  struct Many {
    static awaitable<Result<int>> call() {
      int timeouts = 0;
      for (int i = 0; i < 100; ++i) {
        auto script = std::make_shared<Script>();
        if (i % 2 == 0) script->takes = kNever;
        const std::chrono::microseconds limit = i % 2 == 0 ? 10us : 1min;
        auto result = co_await within(limit, act(script));
        if (!result) ++timeouts;
      }
      co_return timeouts;
    }
  };
  const Result<int> timeouts = test::run(io, Many::call());
  CHECK(timeouts.value() == 50);
}

namespace {

awaitable<void> sleep_for(std::chrono::nanoseconds limit) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, std::chrono::ceil<std::chrono::steady_clock::duration>(limit));
  co_await timer.async_wait(asio::use_awaitable);
}

awaitable<void> break_at_once() {
  throw std::runtime_error("the pipe burst");
  co_return;
}

awaitable<void> abort_at_once() {
  throw boost::system::system_error(asio::error::operation_aborted);
  co_return;
}

awaitable<void> join_and_note(TaskGroup& group, int& joined) {
  co_await group.join();
  ++joined;
}

}  // namespace

TEST_CASE("a task group logs failures under the task's name") {
  asio::io_context io;
  std::vector<std::string> lines;
  TaskGroup group(io.get_executor(), [&](LoggingLevel, std::string_view line) { lines.emplace_back(line); });
  group.spawn("reader", break_at_once());
  group.spawn("writer", sleep_for(1ms));
  group.spawn("stranger", abort_at_once());
  CHECK(test::run_until(io, [&] { return group.size() == 0; }));
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "reader failed: the pipe burst");
  CHECK(lines[1].starts_with("stranger failed: "));
}

TEST_CASE("a cancelled group ends quietly and starts nothing more") {
  asio::io_context io;
  std::vector<std::string> lines;
  TaskGroup group(io.get_executor(), [&](LoggingLevel, std::string_view line) { lines.emplace_back(line); });
  for (int i = 0; i < 10; ++i) group.spawn("sleeper", sleep_for(kNever));
  io.poll();
  CHECK(group.size() == 10);
  group.cancel();
  CHECK(test::run_until(io, [&] { return group.size() == 0; }));
  group.spawn("late", break_at_once());
  CHECK(group.size() == 0);
  io.restart();
  io.poll();
  CHECK(lines.empty());
}

TEST_CASE("several may wait until a group is empty") {
  asio::io_context io;
  TaskGroup group(io.get_executor());
  TaskGroup others(io.get_executor());
  int joined = 0;
  group.spawn("sleeper", sleep_for(1ms));
  others.spawn("first", join_and_note(group, joined));
  others.spawn("second", join_and_note(group, joined));
  io.poll();
  CHECK(joined == 0);
  CHECK(test::run_until(io, [&] { return others.size() == 0; }));
  CHECK(joined == 2);
  others.spawn("third", join_and_note(group, joined));  // it is empty: at once
  io.restart();
  io.poll();
  CHECK(joined == 3);
}

TEST_CASE("waiting for a group can be cancelled") {
  asio::io_context io;
  TaskGroup group(io.get_executor());
  TaskGroup others(io.get_executor());
  int joined = 0;
  group.spawn("sleeper", sleep_for(kNever));
  others.spawn("first", join_and_note(group, joined));
  io.poll();
  others.cancel();
  CHECK(test::run_until(io, [&] { return others.size() == 0; }));
  CHECK(group.size() == 1);
}

TEST_CASE("a group works on a strand of a loop with several threads") {
  asio::io_context io;
  auto strand = asio::make_strand(io);
  auto group = std::make_shared<TaskGroup>(strand);
  asio::post(strand, [group] {
    for (int i = 0; i < 100; ++i) group->spawn("sleeper", sleep_for(i % 2 == 0 ? std::chrono::nanoseconds(1us) : kNever));
    group->cancel();
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back([&io] { io.run_for(test::kPatience); });
  for (std::thread& thread : threads) thread.join();
  CHECK(group->size() == 0);
}
