// SPDX-License-Identifier: Apache-2.0
// Sessions over HTTP without sockets: what each request is answered, which stream a message takes, what is kept, what ends.
#include "fake_reply.hpp"
#include "transport/http_sessions.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace sumun;
using test::FakeReply;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

using Reply = std::shared_ptr<FakeReply>;

struct Scopes final : Authenticator {
  std::optional<Verdict> known(const Credentials&) override { return std::nullopt; }
  boost::asio::awaitable<Verdict> authenticate(Credentials) override { co_return Challenge{}; }
  Challenge insufficient_scope(const std::vector<std::string>& needed) const override {
    Challenge challenge;
    challenge.www_authenticate = "Bearer scope=\"" + needed.at(0) + "\"";
    return challenge;
  }
  std::optional<std::string> metadata(std::string_view) const override { return std::nullopt; }
  void reload() override {}
};

// Plays the server's side of every session: a test says what it answers.
struct World {
  explicit World(std::function<void(HttpSessionOptions&)> change = {}) {
    HttpSessionOptions options;
    options.next_executor = [this] { return loop.get_executor(); };
    options.clock = clock;
    options.idle = 60s;
    options.patience = 1h;
    options.serve = [this](Transport& transport, boost::asio::any_io_executor) {
      Transport::Events events;
      events.message = [this, &transport](const Incoming& message) {
        ++messages;
        principal = message.principal;
        stream = message.stream;
        CHECK((message.headers == nullptr || !message.headers->method));  // at most the version
        on_message(transport, std::string(message.text));
        return Flow::go_on;
      };
      events.closed = [this](Error) { ++closed; };
      transport.start(std::move(events));
      last = &transport;
      return [] {};
    };
    if (change) change(options);
    sessions = std::make_unique<HttpSessions>(std::move(options));
  }
  ~World() {
    sessions.reset();
    run();
  }

  // initialize names its version in place of params; "say" is answered at once, "fail" refused, "later" not at all.
  void on_message(Transport& transport, const std::string& text) {
    const json message = json::parse(text, nullptr, false);
    Outgoing out("", stream);
    out.last = true;
    if (message.is_discarded()) {
      out.text = R"({"jsonrpc":"2.0","error":{"code":-32700,"message":"no JSON"}})";
      out.error = fail(ErrorCode::parse_error, "no JSON");
    } else if (message.value("method", "") == "initialize") {
      out.text = json{{"id", message["id"]}, {"result", {{"protocolVersion", message["params"]}}}}.dump();
    } else if (message.value("method", "") == "later") {
      return;
    } else if (message.value("method", "") == "fail") {
      out.error = Error{static_cast<ErrorCode>(message["params"]["code"].get<int>()), "no", message["params"].value("data", json())};
      out.text = json{{"id", message["id"]}, {"error", {{"code", message["params"]["code"]}}}}.dump();
    } else if (message.contains("id") && message.contains("method")) {
      out.text = json{{"id", message["id"]}, {"result", "said"}}.dump();
    }
    transport.send(std::move(out));
  }

  void run() {
    loop.restart();
    loop.poll();
  }
  Reply take(HttpMessage message) {
    auto reply = std::make_shared<FakeReply>();
    sessions->take(std::move(message), reply);
    run();
    return reply;
  }
  HttpMessage message(HttpMethod method, std::string session, std::string body = {}) const {
    HttpMessage out;
    out.method = method;
    out.session = std::move(session);
    out.body = std::move(body);
    out.principal = who;
    return out;
  }
  Reply post(const std::string& session, const std::string& body) { return take(message(HttpMethod::post, session, body)); }
  Reply get(const std::string& session, const std::string& last_event = {}) {
    auto out = message(HttpMethod::get, session);
    out.accept = "text/event-stream";
    out.last_event = last_event;
    return take(std::move(out));
  }
  Reply remove(const std::string& session) { return take(message(HttpMethod::remove, session)); }
  Reply initialize(const std::string& version = "2025-11-25") {
    return post("", R"({"id":1,"method":"initialize","params":")" + version + "\"}");
  }
  std::string open(const std::string& version = "2025-11-25") {
    const Reply reply = initialize(version);
    REQUIRE(reply->status == 200);
    REQUIRE_FALSE(reply->session().empty());
    return reply->session();
  }
  // A request that is not answered yet, and its stream.
  Reply later(const std::string& session, int id = 7) { return post(session, R"({"id":)" + std::to_string(id) + R"(,"method":"later"})"); }
  void say(StreamId to, std::string text, bool conclude = false) {
    Outgoing out(std::move(text), to);
    out.last = conclude;
    last->send(std::move(out));
    run();
  }

  boost::asio::io_context loop{1};
  std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>();
  std::shared_ptr<const Principal> who;
  std::unique_ptr<HttpSessions> sessions;
  Transport* last = nullptr;  // of the session that was opened last
  StreamId stream = 0;        // of the message that came last
  std::shared_ptr<const Principal> principal;
  int messages = 0, closed = 0;
};

std::shared_ptr<const Principal> person(std::string name) {
  Principal principal;
  principal.name = std::move(name);
  return std::make_shared<const Principal>(std::move(principal));
}

using Events = std::vector<std::string>;

}  // namespace

TEST_CASE("initialize opens a session with an id that nobody guesses; one that fails opens none") {
  World w;
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    const Reply reply = w.initialize();
    CHECK(reply->status == 200);
    CHECK(json::parse(reply->body)["result"]["protocolVersion"] == "2025-11-25");
    const std::string id = reply->session();
    CHECK(id.size() >= 22);  // 128 bits
    for (const char c : id) CHECK((c > 0x20 && c < 0x7f));
    ids.insert(id);
  }
  CHECK(ids.size() == 100);
  CHECK(w.sessions->size() == 100);

  for (const char* body : {R"({"id":1,"method":"fail","params":{"code":-32602}})", R"({"id":1,"method":"say"})", R"({"method":"hint"})", "}"}) {
    CAPTURE(body);
    const Reply reply = w.post("", body);
    CHECK(reply->session().empty());
    CHECK(reply->status != 0);
    CHECK(w.sessions->size() == 100);
  }
}

TEST_CASE("a POST is answered with JSON when the answer comes first, with 202 when there is none") {
  World w;
  w.who = person("ann");
  const std::string id = w.open();
  const struct {
    const char* name;
    const char* body;
    int status;
    const char* says;
  } kCases[] = {
      {"a request", R"({"id":2,"method":"say"})", 200, R"({"id":2,"result":"said"})"},
      {"a notification", R"({"method":"notifications/initialized"})", 202, ""},
      {"a response", R"({"id":9,"result":{}})", 202, ""},
      {"an error that answers", R"({"id":2,"method":"fail","params":{"code":-32602}})", 200, R"({"error":{"code":-32602},"id":2})"},
      {"no JSON", "}", 400, R"({"jsonrpc":"2.0","error":{"code":-32700,"message":"no JSON"}})"},
      {"too much to do", R"({"id":2,"method":"fail","params":{"code":503}})", 503, R"({"error":{"code":503},"id":2})"},
      {"a budget", R"({"id":2,"method":"fail","params":{"code":429}})", 429, R"({"error":{"code":429},"id":2})"},
  };
  for (const auto& one : kCases) {
    CAPTURE(one.name);
    const Reply reply = w.post(id, one.body);
    CHECK(reply->status == one.status);
    CHECK(reply->body == one.says);
    CHECK_FALSE(reply->streaming);
    CHECK((reply->fields.find("Retry-After") != std::string::npos) == (one.status == 503 || one.status == 429));
    CHECK(reply->session().empty());
  }
  CHECK(w.principal == w.who);
}

TEST_CASE("what is missing in a token is asked for with 403") {
  World w([](HttpSessionOptions& options) { options.authenticator = std::make_shared<Scopes>(); });
  const Reply reply = w.post(w.open(), R"({"id":2,"method":"fail","params":{"code":403,"data":{"scopes":["write"]}}})");
  CHECK(reply->status == 403);
  CHECK(reply->fields == "WWW-Authenticate: Bearer scope=\"write\"\r\n");
}

TEST_CASE("what comes before an answer makes it a stream, which ends with the answer") {
  for (const std::string version : {"2025-03-26", "2025-06-18", "2025-11-25"}) {
    CAPTURE(version);
    World w;
    const std::string id = w.open(version);
    const Reply reply = w.later(id);
    CHECK(reply->status == 0);
    const std::string stream = std::to_string(w.stream);
    w.say(w.stream, "progress");
    w.say(w.stream, R"({"method":"sampling/createMessage"})");
    CHECK(reply->streaming);
    CHECK_FALSE(reply->ended);
    w.say(w.stream, "answer", true);
    CHECK(reply->ended);
    // Clients before 2025-11-25 do not know an event without data.
    if (version == "2025-11-25")
      CHECK(reply->list() == Events{stream + "-0|1000|", stream + "-1||progress", stream + "-2||{\"method\":\"sampling/createMessage\"}",
                                    stream + "-3||answer"});
    else
      CHECK(reply->list() == Events{stream + "-0||progress", stream + "-1||{\"method\":\"sampling/createMessage\"}", stream + "-2||answer"});
    w.say(w.stream, "nothing follows an answer");
    CHECK(reply->list().back() == reply->last_id() + "||answer");
  }
}

TEST_CASE("several requests have streams of their own") {
  World w;
  const std::string id = w.open();
  const Reply a = w.later(id, 1);
  const StreamId first = w.stream;
  const Reply b = w.later(id, 2);
  const StreamId second = w.stream;
  w.say(second, "for b");
  w.say(first, "for a");
  w.say(second, "b", true);
  w.say(first, "a", true);
  CHECK(a->list().size() == 3);
  CHECK(a->list()[1].ends_with("|for a"));
  CHECK(b->list()[1].ends_with("|for b"));
  CHECK(b->list()[2].ends_with("|b"));
  CHECK(a->list()[1].substr(0, 4) != b->list()[1].substr(0, 4));
}

TEST_CASE("a cancelled request ends without an answer") {
  World w;
  const std::string id = w.open();
  const Reply waiting = w.later(id);
  w.say(w.stream, "", true);
  CHECK(waiting->streaming);
  CHECK(waiting->ended);
  CHECK(waiting->events.empty());
  const Reply streaming = w.later(id);
  w.say(w.stream, "progress");
  w.say(w.stream, "", true);
  CHECK(streaming->ended);
  CHECK(streaming->list().size() == 2);
}

TEST_CASE("what belongs to no request goes to one GET stream") {
  World w;
  const std::string id = w.open();
  w.say(0, "nobody listens");
  const Reply a = w.get(id);
  CHECK(a->streaming);
  CHECK(a->list().size() == 1);  // an id to come back with
  const Reply b = w.get(id);
  w.say(0, "one");
  CHECK(a->list().size() + b->list().size() == 3);  // never on both
  CHECK(b->list().back().ends_with("|one"));
  b->lost = true;
  w.say(0, "two");
  CHECK(a->list().back().ends_with("|two"));
  a->lost = true;
  w.say(0, "three");
  const Reply again = w.get(id, b->last_id());
  const Reply other = w.get(id, a->last_id());
  CHECK(again->list().size() + other->list().size() == 1);  // kept for whoever missed it
  CHECK_FALSE(again->ended);
}

TEST_CASE("more listeners than allowed end the oldest, those that nobody reads first") {
  World w;
  const std::string id = w.open();
  std::vector<Reply> all;
  for (std::size_t i = 0; i < kMaxHttpSessionListeners; ++i) all.push_back(w.get(id));
  all[2]->lost = true;
  all.push_back(w.get(id));
  CHECK_FALSE(all[0]->ended);
  CHECK(w.get(id, all[2]->last_id())->status == 400);
  all.push_back(w.get(id));
  CHECK(all[0]->ended);
  CHECK_FALSE(all[1]->ended);
}

TEST_CASE("a lost connection ends nothing: the rest is fetched with Last-Event-ID") {
  for (const std::string version : {"2025-03-26", "2025-06-18", "2025-11-25"}) {
    CAPTURE(version);
    World w;
    const std::string id = w.open(version);
    const Reply reply = w.later(id);
    const StreamId stream = w.stream;
    w.say(stream, "one");
    const std::string at = reply->last_id();
    reply->lost = true;
    w.say(stream, "two");
    const Reply other = w.later(id, 8);  // another stream's events are never replayed
    w.say(w.stream, "other");
    const Reply again = w.get(id, at);
    CHECK(again->list().size() == 1);
    CHECK(again->list()[0].ends_with("|two"));
    w.say(stream, "three");
    CHECK(again->list().size() == 2);
    again->lost = true;
    w.say(stream, "answer", true);
    const Reply last = w.get(id, again->last_id());
    CHECK(last->list().size() == 1);
    CHECK(last->list()[0].ends_with("|answer"));
    CHECK(last->ended);
    CHECK(w.get(id, at)->list().size() == 3);  // it can be read once more
    CHECK(w.get(id, last->last_id())->ended);  // nothing missed, nothing follows
    CHECK(w.closed == 0);
  }
}

TEST_CASE("whoever comes back takes the stream over from a connection that is not known to be lost") {
  World w;
  const std::string id = w.open();
  const Reply reply = w.later(id);
  w.say(w.stream, "one");
  const Reply again = w.get(id, reply->last_id());
  CHECK(reply->ended);
  w.say(w.stream, "answer", true);
  CHECK(again->list().size() == 1);
  CHECK(again->ended);
}

TEST_CASE("ids of events that there were not are refused") {
  World w;
  const std::string id = w.open();
  w.later(id);
  const StreamId stream = w.stream;
  w.say(stream, "one");
  const std::string name = std::to_string(stream);
  for (const std::string& bad : std::vector<std::string>{"x", "-", name, name + "-", name + "-2", name + "-99999999999999999999", "999-0",
                                 name + "-0 ", "-" + name + "-0", name + "-0-0"}) {
    CAPTURE(bad);
    CHECK(w.get(id, bad)->status == 400);
  }
  CHECK(w.get(w.open(), name + "-9")->status == 400);  // another session's
  CHECK(w.get(id, name + "-0")->status == 200);
}

TEST_CASE("the body of a call is counted until the call is answered, whoever still reads") {
  World w;
  const std::string session = w.open();
  const auto held = std::make_shared<const int>(0);
  HttpMessage call = w.message(HttpMethod::post, session, R"({"id":7,"method":"later"})");
  call.held = held;
  const Reply reply = w.take(std::move(call));
  const StreamId stream = w.stream;
  w.say(stream, R"({"method":"n"})");
  reply->lost = true;
  w.run();
  CHECK(held.use_count() == 2);
  w.say(stream, R"({"id":7,"result":"late"})", true);
  CHECK(held.use_count() == 1);

  HttpMessage quick = w.message(HttpMethod::post, session, R"({"id":8,"method":"say"})");
  quick.held = held;
  CHECK(w.take(std::move(quick))->status == 200);
  CHECK(held.use_count() == 1);
}

TEST_CASE("a stream can be left while its call runs, and is polled for the answer") {
  World w;
  const std::string id = w.open();
  const Reply reply = w.later(id);
  const StreamId stream = w.stream;
  w.last->release(stream);
  CHECK(reply->ended);
  REQUIRE(reply->list().size() == 1);
  CHECK(reply->list()[0] == std::to_string(stream) + "-0|1000|");
  const Reply early = w.get(id, reply->last_id());
  CHECK(early->streaming);
  CHECK_FALSE(early->ended);
  w.last->release(stream);
  CHECK(early->ended);
  w.say(stream, "answer", true);
  const Reply late = w.get(id, reply->last_id());
  CHECK(late->list() == Events{std::to_string(stream) + "-1||answer"});
  CHECK(late->ended);

  const std::string older = w.open("2025-06-18");  // "SHOULD NOT close the SSE stream before sending the response"
  const Reply kept = w.later(older);
  w.last->release(w.stream);
  CHECK(kept->status == 0);
  w.say(w.stream, "answer", true);
  CHECK(kept->body == "answer");
}

TEST_CASE("an answer that takes long becomes a stream, so that who loses it can come back") {
  World w([](HttpSessionOptions& options) { options.patience = 5ms; });
  const std::string id = w.open();
  const Reply reply = w.later(id);
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (!reply->streaming && std::chrono::steady_clock::now() < end) {
    w.loop.restart();
    w.loop.run_one_for(100ms);
  }
  REQUIRE(reply->streaming);
  CHECK(reply->list().size() == 1);
  w.say(w.stream, "answer", true);
  CHECK(reply->list().size() == 2);
}

TEST_CASE("what is kept is bounded: the oldest goes first, the newest stays whatever its size") {
  World w;
  const std::string id = w.open();
  const Reply reply = w.later(id);
  w.say(w.stream, "first");
  const std::string first = reply->last_id();
  reply->lost = true;
  for (int i = 0; i < 100; ++i) w.say(w.stream, std::string(10'000, 'x'));
  w.say(w.stream, "answer", true);
  const Reply again = w.get(id, first);
  CHECK(again->events.size() <= kMaxHttpKeptBytes);
  CHECK(again->list().size() > 10);
  CHECK(again->list().back().ends_with("|answer"));

  w.later(id, 8);
  const StreamId big = w.stream;
  w.last->release(big);
  w.say(big, std::string(2 * kMaxHttpKeptBytes, 'y'), true);
  CHECK(w.get(id, std::to_string(big) + "-0")->events.size() > 2 * kMaxHttpKeptBytes);
  CHECK(w.get(id, first)->status == 400);  // all of that stream is forgotten, and so is the stream
}

TEST_CASE("all sessions together keep so much and no more") {
  std::shared_ptr<std::atomic<std::size_t>> kept;
  World w([&](HttpSessionOptions& options) {
    options.kept_bytes = 100'000;
    kept = options.kept;
  });
  std::vector<std::string> ids;
  for (int i = 0; i < 10; ++i) {
    ids.push_back(w.open());
    const Reply reply = w.later(ids.back());
    w.last->release(w.stream);
    w.say(w.stream, std::string(30'000, 'x'), true);
    CHECK(reply->ended);
    CHECK(*kept <= 100'000);
  }
  CHECK(*kept > 80'000);
  CHECK(w.get(ids[0], "2-0")->list().size() == 1);
  CHECK(w.get(ids[9], "2-0")->status == 400);  // there was no room for it
  w.remove(ids[0]);
  CHECK(*kept < 80'000);
  w.sessions.reset();
  CHECK(*kept == 0);
}

TEST_CASE("requests that belong to no session are refused as the specification says") {
  World w;
  const std::string id = w.open();
  CHECK(w.post("nonsense", R"({"id":2,"method":"say"})")->status == 404);
  CHECK(w.get("nonsense")->status == 404);
  CHECK(w.remove("nonsense")->status == 404);
  CHECK(w.get("")->status == 400);
  CHECK(w.remove("")->status == 400);
  const json body = json::parse(w.get("")->body);
  CHECK_FALSE(body.contains("id"));
  CHECK(body["error"]["code"] == -32600);
  auto picky = w.message(HttpMethod::get, id);
  picky.accept = "application/json";
  CHECK(w.take(picky)->status == 406);

  const struct {
    const char* version;
    int status;
  } kVersions[] = {{"", 200},           {"2025-11-25", 200}, {"2025-06-18", 400}, {"2026-07-28", 400},
                   {"2024-01-01", 400}, {"x", 400},          {"2025-11-25 ", 400}};
  for (const auto& one : kVersions) {
    CAPTURE(one.version);
    auto request = w.message(HttpMethod::post, id, R"({"id":2,"method":"say"})");
    request.protocol_version = one.version;
    CHECK(w.take(request)->status == one.status);
  }
  auto opening = w.message(HttpMethod::post, "", R"({"id":1,"method":"initialize","params":"2025-11-25"})");
  opening.protocol_version = "1900-01-01";
  CHECK(w.take(opening)->status == 400);
}

TEST_CASE("a refusal has the id of the request that it refuses") {
  World w([](HttpSessionOptions& options) {
    options.sessions = 2;
    options.sessions_of_principal = 1;
  });
  const auto code_for = [](const Reply& reply, const json& id) {
    const json body = json::parse(reply->body);
    CHECK(body.value("id", json()) == id);
    return body["error"]["code"].get<int>();
  };
  const char* const kCall = R"({"jsonrpc":"2.0","id":"x","method":"say"})";
  const std::string kOpening = R"({"jsonrpc":"2.0","id":5,"method":"initialize","params":{}})";
  CHECK(code_for(w.post("nonsense", kCall), "x") == -32600);
  CHECK(code_for(w.post("nonsense", "no JSON"), nullptr) == -32600);
  CHECK(code_for(w.get("nonsense"), nullptr) == -32600);

  w.who = person("ann");
  const std::string id = w.open();
  CHECK(code_for(w.post("", kOpening), 5) == 429);
  auto other_version = w.message(HttpMethod::post, id, kCall);
  other_version.protocol_version = "2025-06-18";
  CHECK(code_for(w.take(other_version), "x") == -32600);
  for (std::size_t i = 0; i < kMaxHttpSessionCalls; ++i) w.later(id);
  CHECK(code_for(w.post(id, kCall), "x") == 503);
  w.who = nullptr;
  w.get(w.open());
  CHECK(code_for(w.post("", kOpening), 5) == 503);
  w.sessions->drain();
  w.run();
  CHECK(code_for(w.post("", kOpening), 5) == 503);
}

TEST_CASE("DELETE ends a session and what is open in it") {
  World w;
  const std::string id = w.open();
  const Reply listening = w.get(id);
  const Reply waiting = w.later(id);
  CHECK(w.remove(id)->status == 204);
  CHECK(listening->ended);
  CHECK(waiting->status == 404);
  CHECK(w.closed == 1);
  CHECK(w.sessions->size() == 0);
  CHECK(w.post(id, R"({"id":2,"method":"say"})")->status == 404);
  CHECK(w.remove(id)->status == 404);
}

TEST_CASE("somebody else's session does not exist") {
  World w;
  w.who = person("ann");
  const std::string id = w.open();
  for (const auto& other : {person("bob"), std::shared_ptr<const Principal>()}) {
    w.who = other;
    CHECK(w.post(id, R"({"id":2,"method":"say"})")->status == 404);
    CHECK(w.get(id)->status == 404);
    CHECK(w.remove(id)->status == 404);
  }
  CHECK(w.messages == 1);
  w.who = person("ann");  // with another token
  CHECK(w.post(id, R"({"id":2,"method":"say"})")->status == 200);
}

TEST_CASE("sessions are counted, in all and a principal") {
  World w([](HttpSessionOptions& options) {
    options.sessions = 5;
    options.sessions_of_principal = 2;
  });
  std::vector<Reply> streams;
  const auto use = [&] {
    const std::string id = w.open();
    streams.push_back(w.get(id));
    return id;
  };
  w.who = person("ann");
  const std::string first = use();
  use();
  CHECK(w.initialize()->status == 429);
  CHECK(w.initialize()->fields.find("Retry-After") != std::string::npos);
  w.who = nullptr;  // without tokens everybody is the same nobody
  for (int i = 0; i < 3; ++i) use();
  CHECK(w.initialize()->status == 503);
  w.who = person("ann");
  CHECK(w.remove(first)->status == 204);
  use();
  CHECK(w.initialize()->status == 429);
}

TEST_CASE("one session too many ends the one that was idle longest, never one with a stream or a running call") {
  World w([](HttpSessionOptions& options) { options.sessions = 4; });
  const std::string listening = w.open();
  const Reply stream = w.get(listening);
  const std::string working = w.open();
  const Reply call = w.later(working);
  w.clock->advance(1s);
  const std::string older = w.open();
  w.clock->advance(1s);
  const std::string newer = w.open();
  w.clock->advance(1s);
  CHECK(w.post(older, R"({"id":2,"method":"say"})")->status == 200);  // now it is the newer one

  w.clock->advance(1s);
  const std::string last = w.open();
  CHECK(w.sessions->size() == 4);
  CHECK(w.closed == 1);
  CHECK(w.post(newer, R"({"id":2,"method":"say"})")->status == 404);
  CHECK(w.post(older, R"({"id":2,"method":"say"})")->status == 200);
  CHECK_FALSE(stream->ended);
  CHECK(call->status == 0);

  const Reply one = w.get(older);
  const Reply other = w.get(last);
  CHECK(w.initialize()->status == 503);
  stream->lose();
  w.run();
  w.open();
  CHECK(w.post(listening, R"({"id":2,"method":"say"})")->status == 404);
  CHECK(call->status == 0);
}

TEST_CASE("a session that was opened and never initialized has a short life") {
  World w([](HttpSessionOptions& options) { options.idle = 1h; });
  const std::string abandoned = w.open();
  const std::string plain = w.open();
  const std::string escaped = w.open();
  CHECK(w.post(plain, R"({"method":"notifications/initialized"})")->status == 202);
  CHECK(w.post(escaped, R"({"method":"notifications\/initialized"})")->status == 202);
  w.clock->advance(kHttpOpening);
  w.sessions->sweep();
  w.run();
  CHECK(w.sessions->size() == 2);
  CHECK(w.post(abandoned, R"({"id":2,"method":"say"})")->status == 404);
  w.clock->advance(1h);
  w.sessions->sweep();
  w.run();
  CHECK(w.sessions->size() == 0);
}

TEST_CASE("a session ends when nobody used it for its time, but not while somebody listens or a call runs") {
  World w;
  const std::string quiet = w.open();
  const std::string used = w.open();
  const std::string listening = w.open();
  const Reply stream = w.get(listening);
  const std::string working = w.open();
  const Reply call = w.later(working);
  Transport* const worker = w.last;
  const StreamId at = w.stream;

  w.clock->advance(59s);
  CHECK(w.post(used, R"({"id":2,"method":"say"})")->status == 200);
  w.clock->advance(1s);
  w.sessions->sweep();
  w.run();
  CHECK(w.sessions->size() == 3);
  CHECK(w.closed == 1);
  CHECK(w.post(quiet, R"({"id":2,"method":"say"})")->status == 404);

  stream->lost = true;
  Outgoing answer("answer", at);
  answer.last = true;
  worker->send(std::move(answer));
  CHECK(call->body == "answer");
  w.clock->advance(60s);
  w.sessions->sweep();
  w.run();
  CHECK(w.sessions->size() == 0);
  CHECK(w.closed == 4);
}

TEST_CASE("at the end listeners go, calls are answered, and nothing new is opened") {
  World w;
  const std::string id = w.open();
  const Reply listening = w.get(id);
  w.say(0, "once");
  const Reply waiting = w.later(id);
  const StreamId call = w.stream;
  w.sessions->drain();
  w.run();
  CHECK(listening->ended);
  CHECK(w.initialize()->status == 503);
  CHECK(w.get(id)->status == 503);
  const Reply resumed = w.get(id, listening->last_id());
  CHECK(resumed->ended);
  CHECK(waiting->status == 0);
  w.say(call, R"({"id":7,"result":"said"})", true);
  CHECK(waiting->status == 200);
  CHECK(w.post(id, R"({"id":2,"method":"say"})")->status == 200);  // no call runs, but its connection may still be there
  CHECK(w.closed == 0);
  w.sessions->end();
  w.run();
  CHECK(w.closed == 1);
  CHECK(w.sessions->size() == 0);
}

TEST_CASE("a session that serves too many requests refuses more") {
  World w;
  const std::string id = w.open();
  for (std::size_t i = 0; i < kMaxHttpSessionCalls; ++i) CHECK(w.later(id)->status == 0);
  CHECK(w.later(id)->status == 503);
}

TEST_CASE("bytes that wait are those of the streams that are read") {
  World w;
  const std::string id = w.open();
  const Reply reply = w.later(id);
  w.say(w.stream, "one");
  reply->queued = 100;
  const Reply listening = w.get(id);
  listening->queued = 10;
  CHECK(w.last->queued_bytes() == 110);
}

namespace {

// Answers every request at once, from the session's own thread.
class Echo final {
 public:
  std::function<void()> operator()(Transport& transport, boost::asio::any_io_executor) const {
    Transport::Events events;
    events.message = [&transport](const Incoming& message) {
      const json asked = json::parse(message.text);
      Outgoing out(asked["method"] == "initialize" ? R"({"id":1,"result":{"protocolVersion":"2025-11-25"}})" : asked["params"].dump(), message.stream);
      out.last = true;
      transport.send(std::move(out));
      return Flow::go_on;
    };
    events.closed = [](Error) {};
    transport.start(std::move(events));
    return [&transport] { transport.close(); };
  }
};

// A reply that a thread waits for.
class AwaitedReply final : public HttpReply {
 public:
  void answer(int, std::string text, std::string lines) override {
    std::lock_guard lock(mutex_);
    body_ = std::move(text) + "|" + lines;
    there_.notify_all();
  }
  void open_events(std::string) override {}
  void send(std::string) override {}
  void end() override {}
  std::size_t queued_bytes() const override { return 0; }
  bool gone() const override { return false; }
  void on_gone(std::function<void()>) override {}
  std::string take() {
    std::unique_lock lock(mutex_);
    if (!there_.wait_for(lock, 10s, [&] { return !body_.empty(); })) return "nothing came";
    return std::exchange(body_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable there_;
  std::string body_;
};

std::string ask(HttpSessions& sessions, HttpMethod method, const std::string& session, const std::string& body) {
  auto reply = std::make_shared<AwaitedReply>();
  HttpMessage message;
  message.method = method;
  message.session = session;
  message.body = body;
  sessions.take(std::move(message), reply);
  return reply->take();
}

}  // namespace

TEST_CASE("sessions on several loops are used, ended and swept from several threads at once") {
  boost::asio::io_context loops[2];
  auto first = boost::asio::make_work_guard(loops[0]);
  auto second = boost::asio::make_work_guard(loops[1]);
  std::atomic<std::size_t> turn{0};
  HttpSessionOptions options;
  options.serve = Echo{};
  options.next_executor = [&] { return loops[turn++ % 2].get_executor(); };
  options.idle = 1h;
  auto sessions = std::make_unique<HttpSessions>(std::move(options));
  std::vector<std::thread> threads;
  for (auto& loop : loops) threads.emplace_back([&loop] { loop.run(); });
  std::atomic<int> wrong{0};
  std::vector<std::thread> clients;
  for (int client = 0; client < 3; ++client) {
    clients.emplace_back([&, client] {
      for (int round = 0; round < 50; ++round) {
        const std::string opened = ask(*sessions, HttpMethod::post, "", R"({"method":"initialize"})");
        const std::size_t at = opened.find("Mcp-Session-Id: ");
        if (at == std::string::npos) {
          ++wrong;
          continue;
        }
        const std::string id = opened.substr(at + 16, opened.find("\r\n", at) - at - 16);
        const std::string own = "\"" + std::to_string(client) + "/" + std::to_string(round) + "\"";
        for (int i = 0; i < 5; ++i)
          wrong += ask(*sessions, HttpMethod::post, id, R"({"method":"echo","params":)" + own + "}") != own + "|";
        sessions->sweep();
        if (round % 2 == 0) wrong += ask(*sessions, HttpMethod::remove, id, "") != "|";
      }
    });
  }
  for (std::thread& client : clients) client.join();
  CHECK(wrong == 0);
  sessions->drain();
  sessions->end();
  first.reset();
  second.reset();
  for (std::thread& thread : threads) thread.join();
  CHECK(sessions->size() == 0);
  sessions.reset();
}
