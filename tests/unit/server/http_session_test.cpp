// SPDX-License-Identifier: Apache-2.0
// A server behind HTTP sessions, without sockets: what handlers say goes onto the right stream, in every revision before
// 2026-07-28.
#include "../transport/fake_reply.hpp"
#include "support.hpp"
#include "transport/http_sessions.hpp"

using namespace sumun;
using namespace sumun::test;

namespace {

using Reply = std::shared_ptr<FakeReply>;

struct House {
  House() : server("house", "1") {
    add("progress", [](Call& call) {
      call.progress(1, 2, "half");
      return CallToolResult::text("done");
    });
    add("ask", [](Call& call) -> Result<std::string> {
      auto roots = call.roots();
      if (!roots) return std::move(roots).error();
      return "it has " + std::to_string(roots->roots.size());
    });
    add("leave", [this](Call& call) {
      call.release_stream();
      door.wait();
      return CallToolResult::text("back");
    });
    add("wait", [this](Call& call) {
      begun = true;
      stopped = door.wait_for_stop(call.stop_token());
      return CallToolResult::text("waited");
    });
    server.resource(
        [] {
          Resource resource;
          resource.uri = "x:1";
          resource.name = "one";
          return resource;
        }(),
        [] { return "1"; });
    HttpSessionOptions options;
    options.next_executor = [this] { return loop.get_executor(); };
    options.serve = [this](Transport& transport, boost::asio::any_io_executor home) {
      std::weak_ptr<server::Session> session = server::Session::start(server.core(), transport, std::move(home), pool, {}, [] {});
      return [session] {
        if (auto alive = session.lock()) alive->end();
      };
    };
    sessions = std::make_unique<HttpSessions>(std::move(options));
  }
  ~House() {
    door.open();
    sessions.reset();
    pool.stop();
    CHECK(pool.join_for(std::chrono::seconds(10)));
    loop.restart();
    loop.poll();
  }

  template <class F>
  void add(const char* name, F handler) {
    server.tool(name, "for tests", std::move(handler));
  }
  bool until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!done()) {
      if (std::chrono::steady_clock::now() > end) return false;
      loop.restart();
      loop.run_one_for(std::chrono::milliseconds(20));
    }
    return true;
  }
  Reply take(HttpMethod method, const std::string& body, const std::string& last_event = {}, const std::string& version = {}) {
    auto reply = std::make_shared<FakeReply>();
    HttpMessage message;
    message.method = method;
    message.session = id;
    message.accept = "text/event-stream";
    message.last_event = last_event;
    message.protocol_version = version;
    message.body = body;
    sessions->take(std::move(message), reply);
    loop.restart();
    loop.poll();
    return reply;
  }
  Reply post(const json& message) { return take(HttpMethod::post, dump_json(message)); }
  void open(const std::string& version = "2025-11-25") {
    const Reply reply = post({{"jsonrpc", "2.0"},
                              {"id", 0},
                              {"method", "initialize"},
                              {"params",
                               {{"protocolVersion", version},
                                {"capabilities", {{"roots", json::object()}}},
                                {"clientInfo", {{"name", "c"}, {"version", "1"}}}}}});
    REQUIRE(reply->status == 200);
    id = reply->session();
    REQUIRE_FALSE(id.empty());
    CHECK(post(J(R"({"jsonrpc":"2.0","method":"notifications/initialized"})"))->status == 202);
  }
  Reply call(int request, const std::string& tool, bool progress = false) {
    json params = {{"name", tool}};
    if (progress) params["_meta"] = {{"progressToken", request}};
    return post({{"jsonrpc", "2.0"}, {"id", request}, {"method", "tools/call"}, {"params", params}});
  }
  // What came as events, but for those without data.
  static std::vector<json> messages(const FakeReply& reply) {
    std::vector<json> out;
    for (const std::string& event : reply.list()) {
      const std::string data = event.substr(event.find('|', event.find('|') + 1) + 1);
      if (!data.empty()) out.push_back(J(data));
    }
    return out;
  }

  boost::asio::io_context loop{1};
  WorkerPool pool{WorkerPoolOptions{2, {}}};
  Server server;
  std::unique_ptr<HttpSessions> sessions;
  std::string id;
  Gate door;
  std::atomic<bool> begun{false};    // of the tool `wait`
  std::atomic<bool> stopped{false};  // likewise
};

}  // namespace

TEST_CASE("a modern request inside a session is refused: its header does not say so") {
  House house;
  house.open();
  for (const char* method : {"tools/list", "subscriptions/listen"}) {
    json message = J(R"({"jsonrpc":"2.0","id":5,"params":{"notifications":{},"_meta":{
      "io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}})");
    message["method"] = method;
    for (const char* version : {"", "2025-11-25"}) {
      CAPTURE(std::string(method));
      CAPTURE(std::string(version));
      const Reply refused = house.take(HttpMethod::post, dump_json(message), {}, version);
      CHECK(refused->status == 400);
      CHECK(code_of(J(refused->body)) == -32020);
      CHECK(J(refused->body)["id"] == 5);
    }
  }
  const json legacy = {{"jsonrpc", "2.0"}, {"id", 6}, {"method", "tools/list"}};
  for (const char* version : {"", "2025-11-25"})
    CHECK(house.take(HttpMethod::post, dump_json(legacy), {}, version)->status == 200);
}

TEST_CASE("an answer alone is JSON; progress before it makes a stream of both") {
  for (const char* version : {"2025-03-26", "2025-06-18", "2025-11-25"}) {
    CAPTURE(version);
    House house;
    house.open(version);
    const Reply plain = house.call(1, "progress");
    REQUIRE(house.until([&] { return plain->ended; }));
    CHECK_HOLDS(J(plain->body), R"({"id":1,"result":{"content":[{"text":"done"}]}})");
    const Reply streaming = house.call(2, "progress", true);
    REQUIRE(house.until([&] { return streaming->ended; }));
    const auto all = House::messages(*streaming);
    REQUIRE(all.size() == 2);
    CHECK_HOLDS(all[0], R"({"method":"notifications/progress","params":{"progressToken":2}})");
    CHECK_HOLDS(all[1], R"({"id":2,"result":{"content":[{"text":"done"}]}})");
  }
}

TEST_CASE("a question travels on the stream of its call; the answer comes with a POST of its own") {
  House house;
  house.open();
  const Reply listening = house.take(HttpMethod::get, "");
  const Reply reply = house.call(1, "ask");
  REQUIRE(house.until([&] { return reply->streaming && !House::messages(*reply).empty(); }));
  const json question = House::messages(*reply)[0];
  CHECK(question["method"] == "roots/list");
  const Reply taken = house.post({{"jsonrpc", "2.0"}, {"id", question["id"]}, {"result", J(R"({"roots":[{"uri":"file:///a"}]})")}});
  CHECK(taken->status == 202);
  REQUIRE(house.until([&] { return reply->ended; }));
  CHECK_HOLDS(House::messages(*reply).back(), R"({"id":1,"result":{"content":[{"text":"it has 1"}]}})");
  CHECK(House::messages(*listening).empty());
}

TEST_CASE("changes go to who listens") {
  House house;
  house.open();
  const Reply listening = house.take(HttpMethod::get, "");
  CHECK(house.post(J(R"({"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"x:1"}})"))->status == 200);
  house.server.notify_resource_updated("x:1");
  REQUIRE(house.until([&] { return !House::messages(*listening).empty(); }));
  CHECK_HOLDS(House::messages(*listening)[0], R"({"method":"notifications/resources/updated","params":{"uri":"x:1"}})");
}

TEST_CASE("a tool lets its client go; the answer is fetched by resumption") {
  House house;
  house.open();
  const Reply reply = house.call(1, "leave");
  REQUIRE(house.until([&] { return reply->ended; }));
  CHECK(House::messages(*reply).empty());
  REQUIRE(reply->list().size() == 1);
  house.door.open();
  const Reply again = house.take(HttpMethod::get, "", reply->last_id());
  REQUIRE(house.until([&] { return again->ended; }));
  CHECK_HOLDS(House::messages(*again).at(0), R"({"id":1,"result":{"content":[{"text":"back"}]}})");
}

TEST_CASE("a lost connection does not cancel; the client's word does") {
  House house;
  house.open();
  const Reply lost = house.call(1, "wait");
  REQUIRE(house.until([&] { return house.begun.load(); }));
  lost->lost = true;
  const Reply other = house.post(J(R"({"jsonrpc":"2.0","id":2,"method":"ping"})"));
  CHECK(other->status == 200);
  CHECK_FALSE(house.stopped.load());
  const Reply told = house.post(J(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})"));
  CHECK(told->status == 202);
  CHECK(house.until([&] { return house.stopped.load(); }));
}

TEST_CASE("the end of a session stops its calls") {
  House house;
  house.open();
  const Reply waiting = house.call(1, "wait");
  REQUIRE(house.until([&] { return house.begun.load(); }));
  CHECK(house.take(HttpMethod::remove, "")->status == 204);
  CHECK(waiting->status == 404);
  CHECK(house.until([&] { return house.stopped.load(); }));
  CHECK(house.sessions->size() == 0);
}

TEST_CASE("a batch of 2025-03-26 is answered with one array, or 202 when nothing in it asks") {
  House house;
  house.open("2025-03-26");
  const Reply reply = house.post(J(R"([{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/initialized"},
                                       {"jsonrpc":"2.0","id":2,"method":"tools/list"}])"));
  CHECK(reply->status == 200);
  const json answers = J(reply->body);
  REQUIRE(answers.is_array());
  CHECK(answers.size() == 2);
  CHECK(house.post(J(R"([{"jsonrpc":"2.0","method":"notifications/initialized"},{"jsonrpc":"2.0","id":9,"result":{}}])"))->status == 202);

  House newer;
  newer.open("2025-06-18");
  CHECK(newer.post(J(R"([{"jsonrpc":"2.0","id":1,"method":"ping"}])"))->status == 400);
}

TEST_CASE("what cannot be taken is an HTTP error with a JSON-RPC error") {
  House house;
  house.open();
  const struct {
    const char* name;
    const char* body;
    int status;
    int code;
  } kCases[] = {
      {"no JSON", "{", 400, -32700},
      {"no message", "{}", 400, -32600},
      {"an unknown method", R"({"jsonrpc":"2.0","id":1,"method":"no/such"})", 200, -32601},
      {"parameters that are none", R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":[]})", 400, -32602},
      {"an unknown tool", R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}})", 200, -32602},
  };
  for (const auto& one : kCases) {
    CAPTURE(one.name);
    const Reply reply = house.take(HttpMethod::post, one.body);
    CHECK(reply->status == one.status);
    CHECK(code_of(J(reply->body)) == one.code);
  }
  CHECK(house.post(J(R"({"jsonrpc":"2.0","method":"notifications/unknown"})"))->status == 202);
}
