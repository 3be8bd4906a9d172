// SPDX-License-Identifier: Apache-2.0
// What every store promises, in memory and not: one suite for all kinds; then what those promise that outlive the process.
#include "stores.hpp"

#include <atomic>
#include <thread>

using namespace sumun;
using namespace sumun::test;
using gate::Round;

namespace {

Round::State state(const Result<Round>& round) {
  REQUIRE_MESSAGE(round.has_value(), round.error().message);
  return round->state;
}

}  // namespace

// ---- calls

TEST_CASE("a round is taken once, and a repetition gets what it answered") {
  for (const auto& place : all_places()) {
    CAPTURE(place->name());
    const auto s = place->operations();
    REQUIRE(s.open("c").has_value());
    CHECK((state(s.consume("c", 1)) == Round::State::fresh));
    CHECK((state(s.consume("c", 1)) == Round::State::running));
    REQUIRE(s.answer("c", 1, "done").has_value());
    const auto again = s.consume("c", 1);
    CHECK((state(again) == Round::State::answered));
    CHECK(again->answer == "done");
    CHECK((state(s.consume("c", 2)) == Round::State::fresh));
  }
}

TEST_CASE("a round that never began can be given back, one that answered cannot") {
  for (const auto& place : all_places()) {
    CAPTURE(place->name());
    const auto s = place->operations();
    REQUIRE(s.open("c").has_value());
    CHECK((state(s.consume("c", 1)) == Round::State::fresh));
    s.calls->release("c", 1);
    CHECK((state(s.consume("c", 1)) == Round::State::fresh));
    REQUIRE(s.answer("c", 1, "done").has_value());
    s.calls->release("c", 1);
    CHECK((state(s.consume("c", 1)) == Round::State::answered));
    s.calls->release("nobody", 1);
    CHECK(s.answer("nobody", 1, "done").has_value());
  }
}

TEST_CASE("a round of a call that is not known is refused, one that is too old as well") {
  for (const auto& place : all_places()) {
    CAPTURE(place->name());
    const auto s = place->operations();
    REQUIRE(s.open("old").has_value());
    place->age(kRequestStateLife / 2);
    REQUIRE(s.remember("young", "k", 1).has_value());
    place->age(kRequestStateLife / 2 + std::chrono::seconds(1));
    for (const char* call : {"old", "never"}) {
      CAPTURE(call);
      const auto round = s.consume(call, 1);
      REQUIRE(!round.has_value());
      CHECK(round.error().code == ErrorCode::invalid_params);
      CHECK(round.error().message.find("call again without it") != std::string::npos);
    }
    CHECK(s.recall("young", "k").value().value_or(json()) == json(1));
    place->age(kRequestStateLife);
    CHECK(!s.recall("young", "k").value().has_value());
  }
}

TEST_CASE("values are kept under the call and its key") {
  for (const auto& place : all_places()) {
    CAPTURE(place->name());
    const auto s = place->operations();
    CHECK(!s.recall("c", "k").value().has_value());
    const json value = {{"deep", {1, 2.5, "휴가 \u0001 \"quoted\" '"}}, {"none", nullptr}};
    REQUIRE(s.remember("c", "k", value).has_value());
    CHECK(s.recall("c", "k").value().value_or(json()) == value);
    CHECK(!s.recall("c", "other").value().has_value());
    CHECK(!s.recall("d", "k").value().has_value());
  }
}

TEST_CASE("the values of one call are bounded, by name") {
  for (const auto& place : all_places()) {
    CAPTURE(place->name());
    const auto s = place->operations();
    REQUIRE(s.remember("c", "half", std::string(kMaxOnceBytes / 2, 'x')).has_value());
    for (const std::size_t size : {kMaxOnceBytes / 2, kMaxOnceBytes * 2}) {
      const auto over = s.remember("c", "other", std::string(size, 'x'));
      REQUIRE(!over.has_value());
      CHECK(over.error().code == ErrorCode::invalid_value);
      CHECK(over.error().message.find("once(\"other\")") != std::string::npos);
    }
    REQUIRE(s.remember("d", "other", std::string(kMaxOnceBytes / 2, 'x')).has_value());
  }
}

TEST_CASE("a finished call forgets its values and keeps its answers; one without rounds leaves nothing") {
  for (const auto& place : all_places()) {
    CAPTURE(place->name());
    const auto s = place->operations();
    REQUIRE(s.remember("c", "k", "value").has_value());
    CHECK((state(s.consume("c", 1)) == Round::State::fresh));
    REQUIRE(s.answer("c", 1, "done").has_value());
    s.calls->finish("c");
    s.calls->finish("c");
    CHECK(!s.recall("c", "k").value().has_value());
    CHECK(s.consume("c", 1)->answer == "done");
    REQUIRE(s.remember("e", "k", "value").has_value());
    s.calls->finish("e");
    s.calls->finish("unknown");
    CHECK(!s.consume("e", 1).has_value());
  }
}

TEST_CASE("of many who ask at once, one gets the round") {
  for (const auto& place : all_places()) {
    CAPTURE(place->name());
    const auto s = place->operations();
    std::atomic<int> fresh{0}, running{0};
    for (int call = 0; call < 20; ++call) REQUIRE(s.open(std::to_string(call)).has_value());
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] {
        for (int call = 0; call < 20; ++call) {
          const auto round = s.consume(std::to_string(call), 1);
          if (!round) continue;
          fresh += round->state == Round::State::fresh;
          running += round->state == Round::State::running;
        }
      });
    for (auto& thread : threads) thread.join();
    CHECK(fresh == 20);
    CHECK(running == 140);
  }
}

// ---- tasks

TEST_CASE("a task is there for its owner alone; to others it is unknown, word for word") {
  for (const auto& place : all_places()) {
    CAPTURE(place->name());
    const auto s = place->operations();
    REQUIRE(s.create("ann", a_task("t")).has_value());
    REQUIRE(s.create("ann", a_task("short", 1000)).has_value());
    CHECK(s.get("ann", "t").value() == a_task("t"));
    place->age(milliseconds(1500));
    const auto unknown = s.get("ann", "never");
    REQUIRE(!unknown.has_value());
    CHECK(unknown.error() == gate::unknown_task());
    CHECK(s.get("bob", "t").error() == unknown.error());
    CHECK(s.get("ann", "short").error() == unknown.error());
    CHECK(s.update(a_task("short")).error() == unknown.error());
  }
}

TEST_CASE("every part of a task comes back as it was") {
  for (const auto& place : all_places()) {
    CAPTURE(place->name());
    const auto s = place->operations();
    REQUIRE(s.create("ann", a_task("t", std::nullopt)).has_value());
    DetailedTask asking = a_task("t", std::nullopt);
    asking.status = TaskStatus::input_required;
    asking.statusMessage = "half — \"휴가\"";
    asking.pollIntervalMs = 250;
    ElicitRequestFormParams form;
    form.mode = "form";
    form.message = "Which?";
    form.requestedSchema = json{{"type", "object"}, {"properties", {{"a", {{"type", "string"}}}}}};
    asking.inputRequests.emplace();
    asking.inputRequests->emplace("q1", form);
    CHECK(s.update(asking).value() == asking);
    CHECK(s.get("ann", "t").value() == asking);
    DetailedTask failed = gate::as_failed(a_task("t", std::nullopt), fail(ErrorCode::internal_error, "broken"));
    CHECK(s.update(failed).value() == failed);
    CHECK(s.get("ann", "t").value() == failed);
  }
}

TEST_CASE("an end is an end") {
  for (const auto& place : all_places()) {
    CAPTURE(place->name());
    const auto s = place->operations();
    REQUIRE(s.create("ann", a_task("t")).has_value());
    CHECK(s.update(completed("t", "first")).value() == completed("t", "first"));
    CHECK(s.update(completed("t", "second")).value() == completed("t", "first"));
    CHECK(s.update(a_task("t")).value() == completed("t", "first"));
    CHECK(s.get("ann", "t").value() == completed("t", "first"));
  }
}

TEST_CASE("one owner's tasks are bounded; others have their own room") {
  for (const auto& place : all_places()) {
    CAPTURE(place->name());
    const auto s = place->operations();
    std::atomic<int> kept{0}, refused{0};
    for (std::size_t i = 0; i < kMaxTasksPerPrincipal + 5; ++i)
      s.tasks->create("ann", a_task("t" + std::to_string(i)), [&](const Result<void>& done) {
        if (done) ++kept;
        else if (done.error().code == ErrorCode::busy) ++refused;
      });
    CHECK(s.create("bob", a_task("b")).has_value());
    CHECK(kept == static_cast<int>(kMaxTasksPerPrincipal));
    CHECK(refused == 5);
  }
}

TEST_CASE("what was asked for first is seen by what is asked for next, without waiting") {
  for (const auto& place : all_places()) {
    CAPTURE(place->name());
    const auto s = place->operations();
    REQUIRE(s.create("ann", a_task("t")).has_value());
    for (int i = 0; i < 50; ++i) {
      DetailedTask next = a_task("t");
      next.statusMessage = std::to_string(i);
      s.tasks->update(next, [](const Result<DetailedTask>&) {});
      CHECK(s.get("ann", "t").value().statusMessage == std::to_string(i));
    }
  }
}

// ---- what outlives the process

TEST_CASE("after a restart everything is there") {
  for (const auto& place : durable_places()) {
    CAPTURE(place->name());
    auto s = place->operations();
    REQUIRE(s.open("c").has_value());
    CHECK((state(s.consume("c", 1)) == Round::State::fresh));
    REQUIRE(s.answer("c", 1, "done").has_value());
    REQUIRE(s.remember("c", "k", 5).has_value());
    REQUIRE(s.create("ann", a_task("t")).has_value());
    REQUIRE(s.update(completed("t", "result")).has_value());
    place->restart();
    s = place->operations();
    CHECK(s.consume("c", 1)->answer == "done");
    CHECK((state(s.consume("c", 2)) == Round::State::fresh));
    CHECK(s.recall("c", "k").value().value_or(json()) == json(5));
    CHECK(s.get("ann", "t").value() == completed("t", "result"));
  }
}

TEST_CASE("a store that is let go of has done what it was asked for") {
  for (const auto& place : durable_places()) {
    CAPTURE(place->name());
    auto s = place->operations();
    REQUIRE(s.create("ann", a_task("t")).has_value());
    std::atomic<int> done{0};
    for (int i = 0; i < 100; ++i) s.calls->open("c" + std::to_string(i), [&](const Result<void>& opened) { done += opened.has_value(); });
    s.tasks->update(completed("t", "last"), [&](const Result<DetailedTask>&) { ++done; });
    place->restart();
    CHECK(done == 101);
    CHECK(place->operations().get("ann", "t").value() == completed("t", "last"));
  }
}

TEST_CASE("two hosts share a round; when the one that took it is gone it is lost, not taken again") {
  for (const auto& place : durable_places()) {
    CAPTURE(place->name());
    const auto s = place->operations();
    auto other = place->another();
    const Operations o{&other->calls(), &other->tasks()};
    REQUIRE(s.open("c").has_value());
    REQUIRE(s.open("d").has_value());
    CHECK((state(o.consume("c", 1)) == Round::State::fresh));
    CHECK((state(o.consume("d", 1)) == Round::State::fresh));
    CHECK((state(s.consume("c", 1)) == Round::State::running));
    REQUIRE(o.answer("d", 1, "from the other").has_value());
    CHECK(s.consume("d", 1)->answer == "from the other");
    s.calls->release("c", 1);  // not its own: nothing happens
    CHECK((state(s.consume("c", 1)) == Round::State::running));
    other.reset();
    CHECK((state(s.consume("c", 1)) == Round::State::lost));
    CHECK(s.consume("d", 1)->answer == "from the other");
  }
}

TEST_CASE("a host that lets its lease lapse counts as gone, and its late outcome is still kept") {
  for (const auto& place : durable_places()) {
    CAPTURE(place->name());
    const auto s = place->operations();
    auto other = place->another();
    const Operations o{&other->calls(), &other->tasks()};
    REQUIRE(s.open("c").has_value());
    CHECK((state(o.consume("c", 1)) == Round::State::fresh));
    place->age(kStoreLease + milliseconds(1));
    CHECK((state(s.consume("c", 1)) == Round::State::lost));
    REQUIRE(o.answer("c", 1, "late").has_value());
    CHECK(s.consume("c", 1)->answer == "late");
  }
}

TEST_CASE("a host that lives renews its lease by itself") {
  for (const auto& place : durable_places()) {
    CAPTURE(place->name());
    const auto s = place->operations();
    StoreOptions short_lease;
    short_lease.lease = milliseconds(300);
    auto other = place->another(short_lease);
    const Operations o{&other->calls(), &other->tasks()};
    REQUIRE(s.open("c").has_value());
    CHECK((state(o.consume("c", 1)) == Round::State::fresh));
    place->age(milliseconds(400));
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    Round::State now = Round::State::lost;
    while (now == Round::State::lost && std::chrono::steady_clock::now() < end) now = state(s.consume("c", 1));
    CHECK((now == Round::State::running));
  }
}

TEST_CASE("tasks of hosts that are gone have failed: those of living ones have not") {
  for (const auto& place : durable_places()) {
    CAPTURE(place->name());
    const auto s = place->operations();
    auto gone = place->another();
    auto living = place->another();
    const Operations g{&gone->calls(), &gone->tasks()}, l{&living->calls(), &living->tasks()};
    REQUIRE(g.create("ann", a_task("gone")).has_value());
    REQUIRE(g.create("ann", a_task("gone too")).has_value());
    REQUIRE(g.create("ann", a_task("ended")).has_value());
    REQUIRE(g.update(completed("ended", "in time")).has_value());
    REQUIRE(l.create("ann", a_task("living")).has_value());
    CHECK(s.orphans().value().empty());
    gone.reset();
    const auto orphans = s.orphans();
    REQUIRE(orphans.value().size() == 2);
    const auto asked = s.get("ann", "gone");  // whoever asks first sees it
    CHECK((asked.value().status == TaskStatus::failed));
    CHECK(asked.value().statusMessage.value_or("").find("interrupted") == 0);
    CHECK((s.get("ann", "ended").value().status == TaskStatus::completed));
    CHECK((s.get("ann", "living").value().status == TaskStatus::working));
    CHECK(s.orphans().value().size() == 1);
  }
}

TEST_CASE("the sweep deletes what has expired and nothing else") {
  for (const auto& place : durable_places()) {
    CAPTURE(place->name());
    const auto s = place->operations();
    for (int i = 0; i < 1500; ++i) s.calls->open("old" + std::to_string(i), [](const Result<void>&) {});
    REQUIRE(s.create("ann", a_task("old", 1000)).has_value());
    place->age(kRequestStateLife + milliseconds(1));
    REQUIRE(s.open("new").has_value());
    REQUIRE(s.create("ann", a_task("new")).has_value());
    auto store = place->another();
    const auto gone = store->collect();
    REQUIRE_MESSAGE(gone.has_value(), gone.error().message);
    CHECK(*gone == 1501);
    const auto summary = store->summary();
    REQUIRE_MESSAGE(summary.has_value(), summary.error().message);
    CHECK(summary->kind == place->name());
    CHECK(summary->schema == 2);
    CHECK(summary->calls == 1);
    CHECK(summary->tasks == 1);
    CHECK(summary->hosts == 1);
    CHECK(summary->bytes > 0);
    CHECK(s.get("ann", "new").has_value());
  }
}
