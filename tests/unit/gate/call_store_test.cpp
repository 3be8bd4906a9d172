// SPDX-License-Identifier: Apache-2.0
// The store of calls in memory: rounds once, values once, room for those that wait.
#include "gate/call_store.hpp"

#include <doctest/doctest.h>

using namespace sumun;
using gate::MemoryCallStore;
using gate::Round;

namespace {

struct Store {
  std::chrono::steady_clock::time_point time{std::chrono::hours{5}};
  MemoryCallStore store;

  explicit Store(std::size_t calls = 100, std::size_t bytes = 1000) : store([this] { return time; }, calls, bytes) {}

  Result<void> open(const std::string& call) {
    std::optional<Result<void>> got;
    store.open(call, [&](Result<void> result) { got.emplace(std::move(result)); });
    return std::move(got).value();
  }
  Result<Round> consume(const std::string& call, int round) {
    std::optional<Result<Round>> got;
    store.consume(call, round, [&](Result<Round> result) { got.emplace(std::move(result)); });
    return std::move(got).value();
  }
  void answer(const std::string& call, int round, std::string text) {
    bool done = false;
    store.answer(call, round, std::move(text), [&](const Result<void>& kept) { done = kept.has_value(); });
    CHECK(done);
  }
  std::optional<json> recall(const std::string& call, const std::string& key) {
    std::optional<json> got;
    store.recall(call, key, [&](Result<std::optional<json>> result) { got = result.value(); });
    return got;
  }
  Result<void> remember(const std::string& call, const std::string& key, json value) {
    std::optional<Result<void>> got;
    store.remember(call, key, std::move(value), [&](Result<void> result) { got.emplace(std::move(result)); });
    return std::move(got).value();
  }
};

}  // namespace

TEST_CASE("a round is taken once, and a repetition gets what it answered") {
  Store s;
  REQUIRE(s.open("c").has_value());
  CHECK((s.consume("c", 1)->state == Round::State::fresh));
  CHECK((s.consume("c", 1)->state == Round::State::running));
  s.answer("c", 1, "done");
  const auto again = s.consume("c", 1);
  REQUIRE(again.has_value());
  CHECK((again->state == Round::State::answered));
  CHECK(again->answer == "done");
  CHECK((s.consume("c", 2)->state == Round::State::fresh));
}

TEST_CASE("a round that never began can be given back, one that answered cannot") {
  Store s;
  REQUIRE(s.open("c").has_value());
  REQUIRE(s.consume("c", 1).has_value());
  s.store.release("c", 1);
  CHECK((s.consume("c", 1)->state == Round::State::fresh));
  s.answer("c", 1, "done");
  s.store.release("c", 1);
  CHECK((s.consume("c", 1)->state == Round::State::answered));
  s.store.release("nobody", 1);
}

TEST_CASE("a round of a call that is not known is refused") {
  Store s;
  const auto round = s.consume("c", 1);
  REQUIRE(!round.has_value());
  CHECK(round.error().code == ErrorCode::invalid_params);
  CHECK(round.error().message.find("call again without it") != std::string::npos);
}

TEST_CASE("values are kept under the call and its key") {
  Store s;
  CHECK(!s.recall("c", "k").has_value());
  REQUIRE(s.remember("c", "k", 5).has_value());
  CHECK(s.recall("c", "k").value_or(json()) == json(5));
  CHECK(!s.recall("c", "other").has_value());
  CHECK(!s.recall("d", "k").has_value());
}

TEST_CASE("the values of one call are bounded, by name") {
  Store s(10, 10 * kMaxOnceBytes);
  REQUIRE(s.remember("c", "half", std::string(kMaxOnceBytes / 2, 'x')).has_value());
  const auto over = s.remember("c", "other", std::string(kMaxOnceBytes / 2, 'x'));
  REQUIRE(!over.has_value());
  CHECK(over.error().code == ErrorCode::invalid_value);
  CHECK(over.error().message.find("once(\"other\")") != std::string::npos);
  REQUIRE(s.remember("d", "other", std::string(kMaxOnceBytes / 2, 'x')).has_value());
}

TEST_CASE("a finished call forgets its values and keeps its answers for repetitions") {
  Store s;
  REQUIRE(s.remember("c", "k", "value").has_value());
  REQUIRE(s.consume("c", 1).has_value());
  s.answer("c", 1, "done");
  s.store.finish("c");
  s.store.finish("c");
  CHECK(!s.recall("c", "k").has_value());
  CHECK(s.consume("c", 1)->answer == "done");
  CHECK(s.store.bytes() == 4);
}

TEST_CASE("a finished call without rounds leaves nothing behind") {
  Store s;
  REQUIRE(s.remember("c", "k", "value").has_value());
  s.store.finish("c");
  s.store.finish("unknown");
  CHECK(s.store.size() == 0);
  CHECK(s.store.bytes() == 0);
}

TEST_CASE("finished calls make room, the oldest first; calls that wait do not") {
  Store s(2);
  for (const char* call : {"a", "b"}) {
    REQUIRE(s.open(call).has_value());
    REQUIRE(s.consume(call, 1).has_value());
    s.answer(call, 1, call);
  }
  const auto full = s.open("c");
  REQUIRE(!full.has_value());
  CHECK(full.error().code == ErrorCode::busy);
  s.store.finish("b");
  s.store.finish("a");
  REQUIRE(s.open("c").has_value());
  CHECK(!s.consume("b", 1).has_value());
  CHECK(s.consume("a", 1)->answer == "a");
}

TEST_CASE("bytes are bounded as well") {
  Store s(100, 1000);
  REQUIRE(s.open("a").has_value());
  REQUIRE(s.consume("a", 1).has_value());
  s.answer("a", 1, std::string(900, 'x'));
  const auto full = s.remember("b", "k", std::string(200, 'x'));
  REQUIRE(!full.has_value());
  CHECK(full.error().code == ErrorCode::busy);
  s.store.finish("a");
  REQUIRE(s.remember("b", "k", std::string(200, 'x')).has_value());
  CHECK(s.store.bytes() < 1000);
  CHECK(!s.consume("a", 1).has_value());
}

TEST_CASE("an answer is kept even where it is over the bound: what was done must not be done again") {
  Store s(100, 1000);
  REQUIRE(s.open("a").has_value());
  REQUIRE(s.consume("a", 1).has_value());
  s.answer("a", 1, std::string(5000, 'x'));
  CHECK((s.consume("a", 1)->state == Round::State::answered));
}

TEST_CASE("calls that nobody touches for their life are forgotten, others stay") {
  Store s;
  REQUIRE(s.open("old").has_value());
  REQUIRE(s.remember("young", "k", 1).has_value());
  s.time += kRequestStateLife / 2;
  CHECK(s.recall("young", "k").value_or(json()) == json(1));
  s.time += kRequestStateLife / 2 + std::chrono::seconds(1);
  CHECK(!s.consume("old", 1).has_value());
  CHECK(s.recall("young", "k").value_or(json()) == json(1));
  s.time += kRequestStateLife * 2;
  CHECK(!s.recall("young", "k").has_value());
  CHECK(s.store.size() == 0);
  CHECK(s.store.bytes() == 0);
}
