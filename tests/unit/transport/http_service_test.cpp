// SPDX-License-Identifier: Apache-2.0
// The MCP endpoint over loopback, with a session that does what the method's name says.
#include "../http/raw_client.hpp"
#include "http/server.hpp"
#include "jsonrpc/message.hpp"
#include "transport/http_endpoint.hpp"

#include <sumun/json.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using sumun::test::RawClient;
using namespace std::chrono_literals;
using sumun::ErrorCode;
using sumun::json;

namespace {

struct Seen {
  std::atomic<int> messages{0};
  std::atomic<int> closed{0};
  std::atomic<int> ended{0};
  std::atomic<int> from_ann{0};  // messages of that principal
};

// Methods: `answer`, `later`, `tell` (a notification first), `take` (nothing to say), `listen` (a stream), `hang`; a number is
// the code of an error.
std::function<void()> serve(Seen& seen, sumun::Transport& transport, boost::asio::any_io_executor executor) {
  sumun::Transport::Events events;
  events.message = [&seen, &transport, executor](const sumun::Incoming& message) {
    ++seen.messages;
    if (message.principal && message.principal->name == "ann") ++seen.from_ann;
    const json value = sumun::parse_json(message.text).value();
    const std::string method = value.value("method", "");
    sumun::Outgoing answer(R"({"jsonrpc":"2.0","id":1,"result":{}})", message.stream);
    answer.last = true;
    if (method == "answer")
      transport.send(std::move(answer));
    else if (method == "take")
      transport.send([&] {
        answer.text.clear();
        return answer;
      }());
    else if (method == "later")
      boost::asio::post(executor, [&transport, answer] { transport.send(answer); });
    else if (method == "tell" || method == "subscriptions/listen") {
      transport.send(sumun::Outgoing(R"({"jsonrpc":"2.0","method":"n"})", message.stream));
      if (method == "tell") transport.send(std::move(answer));
    } else if (method != "hang") {
      answer.error = sumun::fail(static_cast<ErrorCode>(std::stoi(method)), "refused");
      if (answer.error->code == ErrorCode::insufficient_scope) answer.error->data = {{"scopes", {"write"}}};
      answer.text = sumun::jsonrpc::encode_error(sumun::RequestId(std::int64_t{1}), *answer.error);
      transport.send(std::move(answer));
    }
    return sumun::Flow::go_on;
  };
  events.closed = [&seen](sumun::Error) { ++seen.closed; };
  transport.start(std::move(events));
  return [&seen] { ++seen.ended; };
}

// The token "good" is known, "slow" is after a while, all others are refused.
class Doorkeeper final : public sumun::Authenticator {
 public:
  std::optional<sumun::Verdict> known(const sumun::Credentials& credentials) override {
    if (credentials.authorization == "Bearer slow") return std::nullopt;
    return judge(credentials.authorization == "Bearer good");
  }
  boost::asio::awaitable<sumun::Verdict> authenticate(sumun::Credentials credentials) override {
    const std::string token(credentials.authorization);
    const auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer timer(executor, 20ms);
    co_await timer.async_wait(boost::asio::use_awaitable);
    co_return judge(token == "Bearer slow");
  }
  sumun::Challenge insufficient_scope(const std::vector<std::string>& needed) const override {
    return {403, "Bearer error=\"insufficient_scope\", scope=\"" + needed.at(0) + "\"", 0s, {}};
  }
  std::optional<std::string> metadata(std::string_view target) const override {
    if (target == "/.well-known/oauth-protected-resource/mcp") return R"({"resource":"x"})";
    return std::nullopt;
  }
  void reload() override {}

 private:
  static sumun::Verdict judge(bool good) {
    if (good) return std::make_shared<const sumun::Principal>(sumun::Principal{"ann", {}, {}});
    return sumun::Challenge{401, "Bearer realm=\"mcp\"", 0s, sumun::fail(ErrorCode::invalid_request, "no token")};
  }
};

class Running {
 public:
  explicit Running(const std::function<void(sumun::HttpEndpointOptions&)>& change = {}) {
    sumun::HttpEndpointOptions options;
    options.serve = [this](sumun::Transport& transport, boost::asio::any_io_executor executor) {
      return serve(seen, transport, std::move(executor));
    };
    options.ready = [this] { return server && !server->draining(); };
    if (change) change(options);
    auto guard = sumun::HttpGuard::make(sumun::HttpGuard::Reach::loopback, {}, {"https://app.example"});
    endpoint = std::make_unique<sumun::HttpEndpoint>(std::move(options), std::move(guard).value());
    sumun::http::ServerOptions server_options;
    server_options.threads = 1;
    server_options.serve = [this](sumun::http::Connection& connection) { return endpoint->serve(connection); };
    server_options.refusal = sumun::HttpEndpoint::refusal;
    server = std::move(sumun::http::Server::listen(std::move(server_options))).value();
    thread_ = std::thread([this] { server->run(); });
  }
  ~Running() {
    server->drain();
    thread_.join();
  }
  bool wait_for(const std::atomic<int>& count, int least) const {
    for (int i = 0; i < 2000 && count < least; ++i) std::this_thread::sleep_for(5ms);
    return count >= least;
  }

  Seen seen;
  std::unique_ptr<sumun::HttpEndpoint> endpoint;
  std::unique_ptr<sumun::http::Server> server;

 private:
  std::thread thread_;
};

// Answers on a thread of its own; a GET gets a stream that stays open until the peer has gone.
class Store final : public sumun::HttpSessionStore {
 public:
  ~Store() override {
    for (std::thread& thread : threads_) thread.join();
  }
  void take(sumun::HttpMessage message, std::shared_ptr<sumun::HttpReply> reply) override {
    std::lock_guard lock(mutex_);
    threads_.emplace_back([this, message = std::move(message), reply = std::move(reply)]() mutable {
      if (message.session == "lost") return;
      if (message.method != sumun::HttpMethod::get)
        return reply->answer(200, "\"" + message.session + message.last_event + "\"", "Mcp-Session-Id: 1\r\n");
      reply->open_events("Mcp-Session-Id: 1\r\n");
      reply->send("data: 1\n\n");
      reply->send("data: 2\n\n");
      if (message.session == "short") return reply->end();
      reply->on_gone([this] { ++gone; });
      std::lock_guard inner(mutex_);
      streams_.push_back(std::move(reply));
    });
  }
  void drain() override {
    std::lock_guard lock(mutex_);
    for (const auto& reply : streams_) reply->end();
  }
  std::atomic<int> gone{0};

 private:
  std::mutex mutex_;
  std::vector<std::thread> threads_;
  std::vector<std::shared_ptr<sumun::HttpReply>> streams_;
};

std::string post(const std::string& method, const std::string& fields = "") {
  const std::string body = R"({"jsonrpc":"2.0","id":7,"method":")" + method + "\"}";
  return "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nMcp-Method: " + method + "\r\n" +
         fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string with(std::string text, const std::string& what, const std::string& instead) {
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), instead);
}

}  // namespace

TEST_CASE("what a session says decides the form and the status of the answer") {
  Running running;
  const struct {
    const char* method;
    int status;
  } rows[] = {
      {"answer", 200}, {"later", 200},  {"take", 202},   {"-32700", 400}, {"-32600", 400}, {"-32601", 404}, {"-32602", 200},
      {"-32603", 200}, {"-32020", 400}, {"-32021", 400}, {"-32022", 400}, {"429", 429},    {"503", 503},    {"403", 403},
  };
  RawClient client(running.server->port());
  for (const auto& row : rows) {
    CAPTURE(std::string(row.method));
    const auto answer = client.ask(post(row.method));
    CHECK(answer.status == row.status);
    CHECK(answer.has("Content-Type: application/json") == (row.status != 202));
    CHECK(answer.body.empty() == (row.status == 202));
    CHECK(answer.has("Retry-After: 1") == (row.status == 429 || row.status == 503));
  }
}

TEST_CASE("what comes before the answer makes it a stream, which ends with the answer") {
  Running running;
  RawClient client(running.server->port());
  REQUIRE(client.send(post("tell") + post("answer")));
  const std::string head = client.read_until("\r\n\r\n");
  CHECK(head.find("HTTP/1.1 200 OK") == 0);
  for (const char* line :
       {"Content-Type: text/event-stream\r\n", "X-Accel-Buffering: no\r\n", "Cache-Control: no-cache\r\n"})
    CHECK(head.find(line) != std::string::npos);
  const std::string body = client.read_until("\r\n0\r\n\r\n");
  CHECK(body.find("data: {\"jsonrpc\":\"2.0\",\"method\":\"n\"}\n\n") != std::string::npos);
  CHECK(body.find("data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\n") != std::string::npos);
  CHECK(client.read_answer().status == 200);
}

TEST_CASE("what is no proper POST of a message is refused before the session sees it") {
  Running running;
  const std::string good = post("answer");
  const struct {
    const char* name;
    std::string text;
    int status;
    const char* line;  // of the head
  } rows[] = {
      {"another path", with(good, "/mcp", "/other"), 404, ""},
      {"GET", "GET /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, "Allow: POST, OPTIONS"},
      {"DELETE", "DELETE /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, "Allow: POST, OPTIONS"},
      {"another type", with(good, "application/json", "text/plain"), 415, ""},
      {"no type", with(good, "Content-Type", "X-Type"), 415, ""},
      {"Accept without events", post("answer", "Accept: application/json\r\n"), 406, ""},
      {"Accept without JSON", post("answer", "Accept: text/event-stream\r\n"), 406, ""},
      {"Accept twice without JSON", post("answer", "Accept: text/event-stream\r\nAccept: text/html\r\n"), 406, ""},
      {"a URL with another host", with(good, "/mcp", "http://evil.example/mcp"), 403, ""},
      {"a URL with no host", with(good, "/mcp", "http:///mcp"), 400, ""},
      {"another host", with(good, "localhost", "evil.example"), 403, ""},
      {"another origin", post("answer", "Origin: https://evil.example\r\n"), 403, ""},
      {"a method twice", post("answer", "Mcp-Method: answer\r\n"), 400, ""},
      {"a parameter twice", post("answer", "Mcp-Param-A: 1\r\nmcp-param-a: 1\r\n"), 400, ""},
  };
  for (const auto& row : rows) {
    CAPTURE(std::string(row.name));
    RawClient client(running.server->port());
    const auto answer = client.ask(row.text);
    CHECK(answer.status == row.status);
    if (*row.line != '\0') CHECK(answer.has(row.line));
    CHECK(sumun::parse_json(answer.body).value()["error"]["code"].get<int>() < 0);
  }
  CHECK(running.seen.messages == 0);
  RawClient client(running.server->port());
  for (const char* accept : {"*/*", "application/json, text/event-stream", "application/*;q=0.5 , TEXT/event-stream;q=1"}) {
    CAPTURE(std::string(accept));
    CHECK(client.ask(post("answer", "Accept: " + std::string(accept) + "\r\n")).status == 200);
  }
  CHECK(client.ask(post("answer", "Accept: text/html\r\naccept: application/json\r\nAccept: text/event-stream\r\n")).status == 200);
  // The host of a URL counts, and Host is not looked at.
  CHECK(client.ask(with(with(good, "Host: localhost", "Host: evil.example"), "/mcp", "http://localhost:1/mcp")).status == 200);
}

TEST_CASE("an allowed origin gets CORS answers, also to its refusals") {
  Running running;
  RawClient client(running.server->port());
  const auto answer = client.ask(post("answer", "Origin: https://app.example\r\n"));
  CHECK(answer.status == 200);
  CHECK(answer.has("Access-Control-Allow-Origin: https://app.example"));
  const auto preflight = client.ask("OPTIONS /mcp HTTP/1.1\r\nHost: localhost\r\nOrigin: https://app.example\r\n\r\n");
  CHECK(preflight.status == 204);
  CHECK(preflight.has("Access-Control-Allow-Origin: https://app.example"));
  const auto refused = client.ask(with(post("answer", "Origin: https://app.example\r\n"), "application/json", "text/plain"));
  CHECK(refused.status == 415);
  CHECK(refused.has("Access-Control-Allow-Origin: https://app.example"));
}

TEST_CASE("a token is asked for where there is an authenticator, and its principal comes with the message") {
  Running running([](sumun::HttpEndpointOptions& options) { options.authenticator = std::make_shared<Doorkeeper>(); });
  RawClient client(running.server->port());
  const auto refused = client.ask(post("answer"));
  CHECK(refused.status == 401);
  CHECK(refused.has("WWW-Authenticate: Bearer realm=\"mcp\""));
  CHECK(sumun::parse_json(refused.body).value()["id"] == 7);
  CHECK(running.seen.messages == 0);
  REQUIRE(client.send(post("answer", "Authorization: Bearer slow\r\n") + post("answer", "Authorization: Bearer good\r\n")));
  for (int i = 0; i < 2; ++i) CHECK(client.read_answer().status == 200);
  CHECK(running.seen.from_ann == 2);
  const auto scope = client.ask(post("403", "Authorization: Bearer good\r\n"));
  CHECK(scope.status == 403);
  CHECK(scope.has("WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"write\""));
  const auto document = client.ask("GET /.well-known/oauth-protected-resource/mcp HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(document.status == 200);
  CHECK(document.body == R"({"resource":"x"})");
}

TEST_CASE("over the limits a request is refused with its id and told when to come again") {
  Running running([](sumun::HttpEndpointOptions& options) { options.waiting = options.streams_of_principal = 1; });
  const struct {
    const char* method;
    int status;
    const char* line;
  } rows[] = {{"hang", 503, "Retry-After: 1"}, {"subscriptions/listen", 429, "Retry-After: 10"}};
  for (const auto& row : rows) {
    CAPTURE(std::string(row.method));
    const int before = running.seen.messages;
    const int closed = running.seen.closed;
    RawClient first(running.server->port());
    REQUIRE(first.send(post(row.method)));
    REQUIRE(running.wait_for(running.seen.messages, before + 1));
    RawClient second(running.server->port());
    const auto answer = second.ask(post(row.method));
    CHECK(answer.status == row.status);
    CHECK(answer.has(row.line));
    CHECK(sumun::parse_json(answer.body).value()["id"] == 7);
    // The place is free again when the first has gone, and its session hears of that.
    first.close();
    REQUIRE(running.wait_for(running.seen.closed, closed + 1));
    REQUIRE(second.send(post(row.method)));
    CHECK(running.wait_for(running.seen.messages, before + 2));
    second.close();
    REQUIRE(running.wait_for(running.seen.closed, closed + 2));
  }
}

TEST_CASE("bodies of requests that are being answered are counted together; one alone always passes") {
  Store store;
  Running running([&](sumun::HttpEndpointOptions& options) {
    options.answering_bytes = 10;
    options.sessions = &store;
  });
  RawClient client(running.server->port());
  const auto passes = [&] { return client.ask(post("answer")).status == 200; };
  for (const char* method : {"later", "tell", "hang", "subscriptions/listen"}) {
    CAPTURE(std::string(method));
    REQUIRE(passes());
    const int before = running.seen.messages;
    const int closed = running.seen.closed;
    RawClient other(running.server->port());
    REQUIRE(other.send(post(method)));
    REQUIRE(running.wait_for(running.seen.messages, before + 1));
    if (std::string(method) == "hang" || std::string(method) == "subscriptions/listen") {
      for (const char* fields : {"", "Mcp-Session-Id: s\r\n"}) {
        const auto answer = client.ask(post("answer", fields));
        CHECK(answer.status == 503);
        CHECK(answer.has("Retry-After: 1"));
        CHECK(sumun::parse_json(answer.body).value().contains("error"));
      }
      CHECK(client.ask("DELETE /mcp HTTP/1.1\r\nHost: localhost\r\nMcp-Session-Id: s\r\n\r\n").status == 200);
    } else {
      CHECK(other.read_until("result") != "");
    }
    other.close();
    REQUIRE(running.wait_for(running.seen.closed, closed + 1));
  }
  CHECK(passes());
}

TEST_CASE("health is answered without a token, readiness until the server stops") {
  Running running([](sumun::HttpEndpointOptions& options) { options.authenticator = std::make_shared<Doorkeeper>(); });
  RawClient client(running.server->port());
  CHECK(client.ask("GET /healthz HTTP/1.1\r\nHost: 10.0.0.7\r\n\r\n").status == 200);
  CHECK(client.ask("GET /readyz HTTP/1.1\r\nHost: 10.0.0.7\r\n\r\n").status == 200);
  running.server->drain();
  while (!running.server->draining()) std::this_thread::yield();
  CHECK(client.ask("GET /readyz HTTP/1.1\r\nHost: 10.0.0.7\r\n\r\n").status == 503);
}

TEST_CASE("when the server stops, a session with an open stream is told to end") {
  Running running;
  RawClient client(running.server->port());
  REQUIRE(client.send(post("subscriptions/listen")));
  CHECK(client.read_until("\n\n") != "");
  running.server->drain();
  CHECK(running.wait_for(running.seen.ended, 1));
  client.close();
}

TEST_CASE("requests of a session go to the store, which answers from any thread") {
  Store store;
  Running running([&](sumun::HttpEndpointOptions& options) {
    options.sessions = &store;
    options.streams_of_principal = 1;
  });
  RawClient client(running.server->port());
  const auto answer =
      client.ask(post("answer", "Mcp-Session-Id: s\r\nMCP-Protocol-Version: 2025-11-25\r\nLast-Event-ID: 9\r\n"));
  CHECK(answer.body == "\"s9\"");
  CHECK(answer.has("Mcp-Session-Id: 1"));
  CHECK(client.ask(post("initialize")).body == "\"\"");
  CHECK(client.ask(post("answer", "Mcp-Session-Id: lost\r\n")).status == 500);
  CHECK(client.ask("DELETE /mcp HTTP/1.1\r\nHost: localhost\r\nMcp-Session-Id: s\r\n\r\n").body == "\"s\"");
  CHECK(running.seen.messages == 0);
  // The modern era's own version decides, whatever else is there.
  CHECK(client.ask(post("answer", "Mcp-Session-Id: s\r\nMCP-Protocol-Version: 2026-07-28\r\n")).body.find("result") !=
        std::string::npos);
  CHECK(running.seen.messages == 1);

  const auto get = [](const std::string& session) {
    return "GET /mcp HTTP/1.1\r\nHost: localhost\r\nMcp-Session-Id: " + session + "\r\n\r\n";
  };
  REQUIRE(client.send(get("short")));
  const std::string stream = client.read_until("\r\n0\r\n\r\n");
  CHECK(stream.find("Mcp-Session-Id: 1\r\n") != std::string::npos);
  CHECK(stream.find("data: 1\n\n") < stream.find("data: 2\n\n"));
  RawClient open(running.server->port());
  REQUIRE(open.send(get("s")));
  CHECK(open.read_until("data: 2\n\n") != "");
  CHECK(client.ask(get("s")).status == 429);
  open.close();
  CHECK(running.wait_for(store.gone, 1));
  REQUIRE(client.send(get("s")));
  CHECK(client.read_until("data: 2\n\n").find("HTTP/1.1 200") == 0);
  store.drain();
  CHECK(client.read_until("0\r\n\r\n") != "");
}
