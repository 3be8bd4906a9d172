// SPDX-License-Identifier: Apache-2.0
// Calls between their rounds, in a database.
#include "store/operations.hpp"
#include "store/statements.hpp"

#include "base/json_text.hpp"
#include "base/random.hpp"

#include <utility>

namespace sumun::store {
namespace {

using After = Engine::After;
using gate::Round;

constexpr std::int64_t kLife = std::chrono::duration_cast<std::chrono::milliseconds>(kRequestStateLife).count();
constexpr std::int64_t kRoomAtOnce = 100;  // finished calls that go when there is no room

// Finished calls make room for others, the oldest first. False: there is none.
Result<bool> make_room(Connection& connection, const Shared& shared, std::int64_t calls, std::int64_t bytes) {
  Usage& usage = *shared.usage;
  const auto fits = [&] { return usage.calls + calls <= shared.bounds.calls && usage.call_bytes + bytes <= shared.bounds.call_bytes; };
  if (usage.known && fits()) return true;
  if (auto looked = usage.look(connection); !looked) return looked.error();
  while (!fits()) {
    const std::int64_t before = usage.calls;
    auto dropped = run(connection, kDropFinishedCalls, shared.bounds.calls < kRoomAtOnce ? std::int64_t{1} : kRoomAtOnce);
    if (!dropped) return dropped.error();
    if (auto looked = usage.look(connection); !looked) return looked.error();
    if (usage.calls == before) return false;
  }
  return true;
}

// What is known of a round that was taken before, by another operation than this one.
Result<Round::State> state_of(Connection& connection, const Shared& shared, const std::string& host) {
  if (host == shared.host->id()) return Round::State::running;
  auto found = run(connection, kFindHost, std::string_view(host));
  if (!found) return found.error();
  const bool alive = !found->empty() && number(found->front(), 0) == 1;
  const std::string place = found->empty() ? std::string() : *found->front()[1];
  return shared.host->is_gone(host, alive, place) ? Round::State::lost : Round::State::running;
}

}  // namespace

void StoredCalls::open(const std::string& call, Done<void> done) {
  auto work = [shared = shared_, call, done](Connection& connection) -> Result<After> {
    auto room = make_room(connection, shared, 1, 0);
    if (!room) return room.error();
    if (!*room) return After([done] { done(gate::too_many_calls()); });
    auto opened = run(connection, kOpenCall, std::string_view(call));
    if (!opened) return opened.error();
    return After([shared, done] {
      ++shared.usage->calls;
      done({});
    });
  };
  shared_.engine->write(call, std::move(work), [done](const Error& why) { done(unavailable(why)); });
}

void StoredCalls::consume(const std::string& call, int round, Done<Round> done) {
  // The taker tells one taking from another: whoever asks again because a connection broke finds that it was itself.
  const std::string taker = random_id();
  auto work = [shared = shared_, call, round, taker, done](Connection& connection) -> Result<After> {
    if (auto renewed = shared.host->renew(connection); !renewed) return renewed.error();
    const std::string& host = shared.host->id();
    auto rows = run(connection, kTakeRound, std::string_view(call), std::int64_t{round}, std::string_view(host), std::string_view(taker), kLife);
    if (!rows) return rows.error();
    if (rows->empty()) return After([done] { done(gate::unknown_call()); });
    if (auto touched = run(connection, kTouchCall, std::string_view(call)); !touched) return touched.error();
    Row& row = rows->front();
    Round found;
    if (row[2]) {
      found = Round{Round::State::answered, *std::move(row[2])};
    } else if (*row[1] != taker) {
      auto state = state_of(connection, shared, *row[0]);
      if (!state) return state.error();
      found.state = *state;
    }
    return After([shared, done, found = std::move(found)] {
      shared.host->set_known();
      done(found);
    });
  };
  shared_.engine->write(call, std::move(work), [self = shared_, call, round, taker, done](const Error& why) {
    // Whether it was taken is not known: should it have been, it is given back when the store is there again.
    self.engine->write(call, [call, round, taker](Connection& connection) -> Result<After> {
      auto released = run(connection, kReleaseTaken, std::string_view(call), std::int64_t{round}, std::string_view(taker));
      if (!released) return released.error();
      return After();
    }, [](const Error&) {});
    done(unavailable(why));
  });
}

void StoredCalls::answer(const std::string& call, int round, std::string message, Done<void> done) {
  auto work = [shared = shared_, call, round, message = std::move(message), done](Connection& connection) -> Result<After> {
    const auto size = static_cast<std::int64_t>(message.size());
    auto put = run(connection, kAnswerRound, std::string_view(call), std::int64_t{round}, std::string_view(message), size);
    if (!put) return put.error();
    if (auto touched = run(connection, kTouchCall, std::string_view(call)); !touched) return touched.error();
    return After([shared, done, size] {
      shared.usage->call_bytes += size;
      done({});
    });
  };
  shared_.engine->write(call, std::move(work), [done](const Error& why) { done(unavailable(why)); });
}

void StoredCalls::release(const std::string& call, int round) {
  auto work = [shared = shared_, call, round](Connection& connection) -> Result<After> {
    auto released = run(connection, kReleaseRound, std::string_view(call), std::int64_t{round}, std::string_view(shared.host->id()));
    if (!released) return released.error();
    return After();
  };
  shared_.engine->write(call, std::move(work), [](const Error&) {});
}

void StoredCalls::finish(const std::string& call) {
  auto work = [call](Connection& connection) -> Result<After> {
    for (const Statement* statement : {&kDropValues, &kDropEmptyCall, &kFinishCall})
      if (auto done = run(connection, *statement, std::string_view(call)); !done) return done.error();
    return After();
  };
  shared_.engine->write(call, std::move(work), [](const Error&) {});
}

void StoredCalls::recall(const std::string& call, const std::string& key, Done<std::optional<json>> done) {
  auto work = [call, key, done](Connection& connection) -> Result<After> {
    auto rows = run(connection, kRecall, std::string_view(call), std::string_view(key), kLife);
    if (!rows) return rows.error();
    if (rows->empty()) return After([done] { done(std::optional<json>()); });
    auto value = parse_json(*rows->front()[0]);
    if (!value) return After([done, key] { done(fail(ErrorCode::internal_error, "once(\"" + key + "\"): the kept value cannot be read")); });
    return After([done, value = *std::move(value)] { done(std::optional<json>(value)); });
  };
  shared_.engine->read(call, std::move(work), [done](const Error& why) { done(unavailable(why)); });
}

void StoredCalls::remember(const std::string& call, const std::string& key, json value, Done<void> done) {
  std::string text = dump_json(value);
  if (key.size() + text.size() > kMaxOnceBytes) return done(gate::too_much_once(key));
  auto work = [shared = shared_, call, key, text = std::move(text), done](Connection& connection) -> Result<After> {
    const auto size = static_cast<std::int64_t>(key.size() + text.size());
    auto room = make_room(connection, shared, 0, size);
    if (!room) return room.error();
    if (!*room) return After([done] { done(gate::too_many_calls()); });
    auto counted = run(connection, kCountValue, std::string_view(call), size, static_cast<std::int64_t>(kMaxOnceBytes));
    if (!counted) return counted.error();
    if (counted->empty()) return After([done, key] { done(gate::too_much_once(key)); });
    if (auto kept = run(connection, kKeepValue, std::string_view(call), std::string_view(key), std::string_view(text)); !kept) return kept.error();
    return After([shared, done, size] {
      shared.usage->call_bytes += size;
      done({});
    });
  };
  shared_.engine->write(call, std::move(work), [done](const Error& why) { done(unavailable(why)); });
}

}  // namespace sumun::store
