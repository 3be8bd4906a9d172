// SPDX-License-Identifier: Apache-2.0
// Handing over from threads to a strand, and the turn in which it arrives.
#include "runtime/inbox.hpp"

#include "support.hpp"

#include <doctest/doctest.h>
#include <boost/asio/executor_work_guard.hpp>

#include <memory>
#include <thread>
#include <utility>
#include <vector>

using namespace sumun;

namespace {

class Counter final : public TurnEnd {
 public:
  void turn_ends() override { ++turns; }
  int turns = 0;
};

}  // namespace

TEST_CASE("two hundred values cost one wake-up and arrive in order") {
  boost::asio::io_context io;
  std::vector<int> got;
  Inbox<int> inbox(io.get_executor(), [&](int value) { got.push_back(value); });
  for (int i = 0; i < 200; ++i) inbox.push(i);
  CHECK(io.poll() == 1);
  REQUIRE(got.size() == 200);
  for (int i = 0; i < 200; ++i) CHECK(got[static_cast<std::size_t>(i)] == i);
  inbox.push(200);
  io.restart();
  CHECK(io.poll() == 1);
  CHECK(got.back() == 200);
}

TEST_CASE("what is pushed while a batch is handled comes in the next turn, with no wake-up of its own") {
  boost::asio::io_context io;
  std::vector<int> got;
  Inbox<int>* to = nullptr;
  Inbox<int> inbox(io.get_executor(), [&](int value) {
    got.push_back(value);
    if (value < 3) to->push(value + 1);
  });
  to = &inbox;
  inbox.push(0);
  CHECK(io.poll() == 4);
  CHECK(got == std::vector<int>{0, 1, 2, 3});
}

TEST_CASE("a batch is one turn") {
  boost::asio::io_context io;
  auto counter = std::make_shared<Counter>();
  Inbox<std::unique_ptr<int>> inbox(io.get_executor(), [&](std::unique_ptr<int>) { CHECK(Turn::at_end(counter)); });
  for (int i = 0; i < 10; ++i) inbox.push(std::make_unique<int>(i));
  io.poll();
  CHECK(counter->turns == 1);
  CHECK_FALSE(Turn::at_end(counter));
}

TEST_CASE("an inner turn belongs to the outer one, and one that ends may open another") {
  struct Again final : TurnEnd {
    void turn_ends() override {
      Turn turn;
      CHECK(Turn::at_end(counter));
    }
    std::shared_ptr<Counter> counter = std::make_shared<Counter>();
  };
  auto again = std::make_shared<Again>();
  {
    Turn outer;
    {
      Turn inner;
      CHECK(Turn::at_end(again));
    }
    CHECK(again->counter->turns == 0);
  }
  CHECK(again->counter->turns == 1);
}

TEST_CASE("a closed inbox delivers nothing, not even the rest of the batch") {
  boost::asio::io_context io;
  int got = 0;
  auto inbox = std::make_unique<Inbox<std::shared_ptr<int>>>(io.get_executor(), [&](std::shared_ptr<int>) { ++got; });
  auto value = std::make_shared<int>(1);
  const auto sender = inbox->sender();
  SUBCASE("before it was woken") {
    inbox->push(value);
    inbox.reset();
    io.poll();
    CHECK(got == 0);
  }
  SUBCASE("after its end") {
    inbox.reset();
    sender.push(value);
    io.poll();
    CHECK(got == 0);
  }
  SUBCASE("in the middle of a batch") {
    Inbox<int>* self = nullptr;
    int seen = 0;
    Inbox<int> other(io.get_executor(), [&](int) {
      ++seen;
      self->close();
    });
    self = &other;
    other.push(1);
    other.push(2);
    io.poll();
    CHECK(seen == 1);
  }
  SUBCASE("and keeps nothing that its handler held") {
    Inbox<int> other(io.get_executor(), [value](int) {});
    CHECK(value.use_count() == 2);
    other.close();
  }
  CHECK(value.use_count() == 1);
}

TEST_CASE("values of several threads all arrive, each thread's in order") {
  boost::asio::io_context io;
  auto work = boost::asio::make_work_guard(io);
  constexpr int kThreads = 4;
  constexpr int kValues = 5000;
  std::vector<int> next(kThreads, 0);
  int total = 0;
  bool in_order = true;
  Inbox<std::pair<int, int>> inbox(io.get_executor(), [&](std::pair<int, int> value) {
    in_order = in_order && next[static_cast<std::size_t>(value.first)]++ == value.second;
    ++total;
  });
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([t, sender = inbox.sender()] {
      for (int i = 0; i < kValues; ++i) sender.push({t, i});
    });
  }
  CHECK(test::run_until(io, [&] { return total == kThreads * kValues; }));
  for (std::thread& thread : threads) thread.join();
  CHECK(in_order);
}
