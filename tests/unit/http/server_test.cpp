// SPDX-License-Identifier: Apache-2.0
// The server over real sockets on loopback, with a service that echoes.
#include "http/server.hpp"
#include "http/connection.hpp"
#include "raw_client.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace http = sumun::http;
using sumun::test::RawClient;
using namespace std::chrono_literals;

namespace {

struct Seen {
  std::atomic<int> requests{0};
  std::atomic<int> gone{0};
  std::atomic<int> drained{0};
};

// GET /now answers at once; /later from a later turn; /stream an event for each turn; /never not at all; /held comes twice;
// POST echoes its body.
class Echo final : public http::Service {
 public:
  Echo(http::Connection& connection, Seen& seen) : connection_(connection), seen_(seen) {}
  Next on_request(const http::Request& request) override {
    ++seen_.requests;
    if (request.target == "/held" && !std::exchange(held_, true)) {
      connection_.resume();
      return Next::held;
    }
    if (request.target == "/later") {
      boost::asio::post(connection_.executor(),
                        [self = connection_.shared_from_this()] { self->respond(200, "text/plain", "later"); });
    } else if (request.target == "/stream") {
      connection_.open_stream("text/event-stream", "", ":\n\n");
      connection_.write("data: 1\n\n");
    } else if (request.target != "/never") {
      connection_.respond(200, "text/plain", std::string(request.method == "POST" ? request.body : request.target));
    }
    return Next::taken;
  }
  void on_gone() override { ++seen_.gone; }
  void on_drain() override {
    ++seen_.drained;
    connection_.write("data: bye\n\n");
    connection_.end_stream();
  }

 private:
  http::Connection& connection_;
  Seen& seen_;
  bool held_ = false;
};

class Running {
 public:
  explicit Running(const std::function<void(http::ServerOptions&)>& change = {}) {
    http::ServerOptions options;
    options.threads = 2;
    options.serve = [this](http::Connection& connection) { return std::make_unique<Echo>(connection, seen); };
    options.refusal = [](int status, std::string_view why) { return std::to_string(status) + " " + std::string(why); };
    if (change) change(options);
    server = std::move(http::Server::listen(std::move(options))).value();
    thread_ = std::thread([this] { server->run(); });
  }
  ~Running() {
    server->drain();
    thread_.join();
  }
  std::uint16_t port() const { return server->port(); }
  bool wait_for(const std::atomic<int>& count, int least) const {
    for (int i = 0; i < 2000 && count < least; ++i) std::this_thread::sleep_for(5ms);
    return count >= least;
  }

  Seen seen;
  std::unique_ptr<http::Server> server;

 private:
  std::thread thread_;
};

std::string get(std::string_view target) { return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n"; }
std::string post(std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace

TEST_CASE("requests of one connection are answered in their order, however they are cut") {
  Running running;
  RawClient client(running.port());
  const std::string all = get("/now") + get("/later") + get("/held") + post("body") + get("/last");
  SUBCASE("all at once") { REQUIRE(client.send(all)); }
  SUBCASE("byte by byte") {
    for (const char c : all) REQUIRE(client.send(std::string_view(&c, 1)));
  }
  for (const char* want : {"/now", "later", "/held", "body", "/last"}) CHECK(client.read_answer().body == want);
}

TEST_CASE("a body of many megabytes comes back whole") {
  Running running;
  RawClient client(running.port());
  std::string body(12 << 20, 'x');
  for (std::size_t i = 0; i < body.size(); i += 4096) body[i] = static_cast<char>('a' + i / 4096 % 26);
  std::thread writer([&] { client.send(post(body)); });
  const auto answer = client.read_answer();
  writer.join();
  CHECK(answer.status == 200);
  CHECK((answer.body == body));
  CHECK(client.ask(get("/after")).body == "/after");
}

TEST_CASE("what is no request is refused with a body, and the connection ends") {
  Running running([](http::ServerOptions& options) { options.limits.request.body_bytes = 10; });
  const struct {
    const char* name;
    std::string text;
    int status;
  } rows[] = {
      {"garbage", "garbage\r\n\r\n", 400},
      {"two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", 400},
      {"too long", post("hello world"), 413},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    RawClient client(running.port());
    const auto answer = client.ask(row.text);
    CHECK(answer.status == row.status);
    CHECK(answer.has("Connection: close"));
    CHECK(answer.body.substr(0, 3) == std::to_string(row.status));
    CHECK(client.is_closed());
  }
}

TEST_CASE("HEAD has the length and no body; HTTP/1.0 ends the connection") {
  Running running;
  RawClient client(running.port());
  REQUIRE(client.send("HEAD /now HTTP/1.1\r\nHost: a\r\n\r\n" + get("/next")));
  const std::string head = client.read_until("\r\n\r\n");
  CHECK(head.find("Content-Length: 4\r\n") != std::string::npos);
  CHECK(client.read_answer().body == "/next");
  RawClient old(running.port());
  CHECK(old.ask("GET /now HTTP/1.0\r\n\r\n").has("Connection: close"));
  CHECK(old.is_closed());
}

TEST_CASE("a peer that goes while it is being answered is noticed") {
  Running running;
  for (const char* target : {"/never", "/stream"}) {
    CAPTURE(target);
    const int before = running.seen.gone;
    RawClient client(running.port());
    REQUIRE(client.send(get(target)));
    REQUIRE(running.wait_for(running.seen.requests, before + 1));
    client.close();
    CHECK(running.wait_for(running.seen.gone, before + 1));
  }
}

TEST_CASE("a stream is sent in chunks and has comments while it is quiet") {
  Running running([](http::ServerOptions& options) { options.limits.keep_alive = 40ms; });
  RawClient client(running.port());
  REQUIRE(client.send(get("/stream")));
  const std::string head = client.read_until("\r\n\r\n");
  CHECK(head.find("Transfer-Encoding: chunked\r\n") != std::string::npos);
  CHECK(client.read_until("\n\n\r\n") == "9\r\ndata: 1\n\n\r\n");
  CHECK(client.read_until("\n\n\r\n") == "3\r\n:\n\n\r\n");
  CHECK(client.read_until("\n\n\r\n") == "3\r\n:\n\n\r\n");
}

TEST_CASE("peers that are too slow are sent away") {
  const struct {
    const char* name;
    std::string text;
    int status;  // 0 = closed without an answer
  } rows[] = {
      {"nothing", "", 0},
      {"half of the headers", "POST / HTTP/1.1\r\nHost:", 408},
      {"half of the body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello", 408},
  };
  Running running([](http::ServerOptions& options) {
    options.limits.header_time = options.limits.body_time = options.limits.idle_time = 60ms;
  });
  for (const auto& row : rows) {
    CAPTURE(row.name);
    RawClient client(running.port());
    if (!row.text.empty()) REQUIRE(client.send(row.text));
    CHECK(client.read_answer().status == row.status);
    CHECK(client.is_closed());
  }
}

TEST_CASE("one connection over the limit is told so") {
  Running running([](http::ServerOptions& options) { options.limits.connections = 1; });
  RawClient first(running.port());
  CHECK(first.ask(get("/now")).status == 200);
  RawClient second(running.port());
  const auto answer = second.ask(get("/now"));
  CHECK(answer.status == 503);
  CHECK(answer.has("Retry-After: 1"));
  CHECK(answer.body == "503 there are too many connections");
  CHECK(second.is_closed());
  CHECK(first.ask(get("/now")).status == 200);
}

TEST_CASE("when too many bytes are on their way at once, one more of those bodies is refused") {
  Running running([](http::ServerOptions& options) { options.limits.buffered_bytes = 100'000; });
  RawClient client(running.port());
  REQUIRE(client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + std::string(200'000, 'x')));
  const auto answer = client.read_answer();
  CHECK(answer.status == 503);
  CHECK(answer.has("Retry-After: 1"));
  CHECK(RawClient(running.port()).ask(post(std::string(50'000, 'x'))).status == 200);  // they are free again
}

TEST_CASE("a peer that does not take its answer is sent away") {
  Running running([](http::ServerOptions& options) { options.limits.write_time = 100ms; });
  const std::string body(8 << 20, 'x');
  RawClient stuck(running.port());
  REQUIRE(stuck.send(post(body)));
  CHECK(running.wait_for(running.seen.gone, 1));
}

TEST_CASE("draining takes in everybody who has connected already") {
  std::vector<std::unique_ptr<RawClient>> clients;
  Running running;
  std::promise<void> go;
  boost::asio::post(running.server->main_executor(), [&go] { go.get_future().wait(); });
  for (int i = 0; i < 100; ++i) {
    clients.push_back(std::make_unique<RawClient>(running.port()));
    REQUIRE(clients.back()->send(get("/now")));
  }
  running.server->drain();
  go.set_value();
  int answered = 0;
  for (auto& client : clients) answered += client->read_answer().status == 200 ? 1 : 0;
  CHECK(answered == 100);
}

TEST_CASE("draining answers what was taken, ends streams in order, and closes the rest") {
  std::vector<std::unique_ptr<RawClient>> clients;
  Seen* seen = nullptr;
  {
    Running running([](http::ServerOptions& options) { options.limits.linger = 1s; });
    seen = &running.seen;
    for (int i = 0; i < 3; ++i) clients.push_back(std::make_unique<RawClient>(running.port()));
    REQUIRE(clients[0]->send(get("/stream")));
    CHECK(clients[0]->read_until("data: 1\n\n") != "");
    CHECK(clients[1]->ask(get("/now")).status == 200);
    CHECK(clients[2]->ask(get("/now")).status == 200);
    running.server->drain();
    CHECK(clients[0]->read_until("0\r\n\r\n").find("data: bye") != std::string::npos);
    const auto last = clients[1]->ask(get("/now"));  // it did not know yet
    CHECK(last.status == 200);
    CHECK(last.has("Connection: close"));
    CHECK(seen->drained == 1);
  }
  for (auto& client : clients) CHECK(client->is_closed());
}
