// SPDX-License-Identifier: Apache-2.0
// The in-memory pair behaves as stdio does.
#include "transport/memory_transport.hpp"

#include "support.hpp"

#include <doctest/doctest.h>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace sumun;
namespace asio = boost::asio;

namespace {

using Diary = std::vector<std::string>;

// One loop, two ends, one diary of all events in their order.
struct Table {
  explicit Table(MemoryPairOptions options = {}) : pair(make_memory_pair(io.get_executor(), io.get_executor(), options)) {}

  void start(Transport& end, std::string name, std::function<Flow(std::string_view)> on_message = {}) {
    Transport::Events events;
    events.message = [this, name, on_message](const Incoming& incoming) {
    const std::string_view text = incoming.text;
      if (text.size() < 100) diary.push_back(name + " message " + std::string(text));
      return on_message ? on_message(text) : Flow::go_on;
    };
    events.refused = [this, name](Error why) { diary.push_back(name + " refused " + why.message); };
    events.ended = [this, name] { diary.push_back(name + " ended"); };
    events.closed = [this, name](Error why) {
      CHECK(why.code == ErrorCode::closed);
      diary.push_back(name + " closed");
    };
    end.start(std::move(events));
  }
  void poll() {
    io.restart();
    io.poll();
  }

  asio::io_context io;
  MemoryPair pair;
  Diary diary;
};

}  // namespace

TEST_CASE("messages of a pair arrive in order and never from inside send") {
  Table table;
  table.pair.a->send("early");
  table.start(*table.pair.a, "a");
  table.start(*table.pair.b, "b", [&](std::string_view text) {
    table.pair.b->send("re: " + std::string(text));
    return Flow::ease;
  });
  table.pair.a->send("one");
  CHECK(table.diary.empty());
  CHECK(table.pair.a->queued_bytes() == 8);
  table.poll();
  CHECK(table.pair.a->queued_bytes() == 0);
  CHECK(table.diary == Diary{"b message early", "a message re: early", "b message one", "a message re: one"});
}

TEST_CASE("closing one end of a pair ends and closes the other after what was queued") {
  Table table;
  table.start(*table.pair.a, "a");
  table.start(*table.pair.b, "b");
  table.pair.a->send("last");
  table.pair.b->send("unheard");
  table.pair.a->close();
  table.pair.a->send("dropped");
  table.poll();
  CHECK(table.diary == Diary{"b message last", "b ended", "b closed", "a closed"});
  table.pair.b->send("dropped");
  table.pair.b->close();
  CHECK(table.pair.b->queued_bytes() == 0);
  table.poll();
  CHECK(table.diary.size() == 4);
  CHECK(table.io.stopped());
}

TEST_CASE("ending the output of one end leaves the other direction open") {
  Table table;
  table.start(*table.pair.a, "a");
  table.start(*table.pair.b, "b");
  table.pair.a->send("last");
  table.pair.a->end_output();
  table.pair.a->send("dropped");
  table.poll();
  CHECK(table.diary == Diary{"b message last", "b ended"});
  table.pair.b->send("answer");
  table.poll();
  CHECK(table.diary.back() == "a message answer");
  table.pair.b->close();
  table.poll();
  CHECK(table.diary == Diary{"b message last", "b ended", "a message answer", "a ended", "b closed", "a closed"});
}

TEST_CASE("destroying one end closes the other") {
  Table table;
  table.start(*table.pair.a, "a");
  table.start(*table.pair.b, "b", [&](std::string_view) {
    table.pair.b.reset();
    return Flow::go_on;
  });
  table.pair.a->send("one");
  table.pair.a->send("two");
  table.poll();
  CHECK(table.diary == Diary{"b message one", "a ended", "a closed"});
}

TEST_CASE("closing does not wait for ever for a peer that takes nothing") {
  Table table;
  table.start(*table.pair.a, "a");
  table.pair.a->send("never taken");
  table.pair.a->close();
  CHECK(test::run_until(table.io, [&] { return !table.diary.empty(); }));
  CHECK(table.diary == Diary{"a closed"});
  table.start(*table.pair.b, "b");
  table.poll();
  CHECK(table.diary == Diary{"a closed", "b message never taken", "b ended", "b closed"});
}

TEST_CASE("a pair refuses what is over the limit") {
  MemoryPairOptions options;
  options.max_message = 10;
  Table table(options);
  table.start(*table.pair.b, "b");
  table.pair.a->send("1234567890");
  table.pair.a->send("12345678901");
  table.pair.a->send("after");
  table.poll();
  CHECK(table.diary ==
        Diary{"b message 1234567890", "b refused the message is longer than the limit of 10 bytes", "b message after"});
}

TEST_CASE("an end of a pair stops reading while its own output is full") {
  MemoryPairOptions options;
  options.max_output = 10000;
  Table table(options);
  std::size_t most = 0;
  int requests = 0;
  table.start(*table.pair.b, "b", [&](std::string_view) {
    ++requests;
    table.pair.b->send(std::string(1000, 'x'));
    most = std::max(most, table.pair.b->queued_bytes());
    return Flow::go_on;
  });
  for (int i = 0; i < 100; ++i) table.pair.a->send("r");
  table.poll();
  CHECK(requests == 11);
  int answers = 0;
  table.start(*table.pair.a, "a", [&](std::string_view) {
    ++answers;
    return Flow::go_on;
  });
  table.poll();
  CHECK(requests == 100);
  CHECK(answers == 100);
  CHECK(most == 11000);
}

TEST_CASE("the ends of a pair may be on different threads") {
  asio::io_context io_a;
  asio::io_context io_b;
  MemoryPair pair = make_memory_pair(io_a.get_executor(), io_b.get_executor());
  constexpr int kCalls = 20000;
  int sent = 0;
  int answered = 0;
  bool in_order = true;
  bool a_closed = false;
  bool b_closed = false;
  Transport::Events of_a;
  of_a.message = [&](const Incoming& incoming) {
    const std::string_view text = incoming.text;
    in_order = in_order && text == std::to_string(answered);
    ++answered;
    if (sent < kCalls) pair.a->send(std::to_string(sent++));
    if (answered == kCalls) pair.a->close();
    return Flow::go_on;
  };
  of_a.closed = [&](Error) { a_closed = true; };
  Transport::Events of_b;
  of_b.message = [&](const Incoming& incoming) {
    const std::string_view text = incoming.text;
    pair.b->send(std::string(text));
    return Flow::go_on;
  };
  of_b.closed = [&](Error) { b_closed = true; };
  pair.a->start(std::move(of_a));
  pair.b->start(std::move(of_b));
  for (; sent < 100;) pair.a->send(std::to_string(sent++));
  std::thread other([&] { CHECK(test::run_until(io_b, [&] { return b_closed; })); });
  CHECK(test::run_until(io_a, [&] { return a_closed; }));
  other.join();
  CHECK(answered == kCalls);
  CHECK(in_order);
}
