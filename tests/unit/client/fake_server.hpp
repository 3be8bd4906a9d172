// SPDX-License-Identifier: Apache-2.0
// A server made of a function: what the client sends is recorded and given to it, what it says goes back. And the loop
// that runs a coroutine of a test to its end, in bounded time.
#pragma once
#include <sumun/client.hpp>
#include <sumun/json.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fake {

using sumun::Error;
using sumun::ErrorCode;
using sumun::json;
using sumun::Outgoing;
using sumun::Result;
using sumun::Transport;
template <class T>
using awaitable = boost::asio::awaitable<T>;

/// Thread: the io_context's one. Everything happens in posted handlers, in order.
class Server : public std::enable_shared_from_this<Server> {
 public:
  using React = std::function<void(const json& message, Server& server)>;

  explicit Server(boost::asio::io_context& context, React react = {}) : context_(context), react_(std::move(react)) {}

  std::vector<json> received;

  void say(const json& message) { say_text(sumun::dump_json(message)); }
  void say_text(std::string text) {
    boost::asio::post(context_, [self = shared_from_this(), text = std::move(text)] {
      const auto events = self->events_;
      if (events && events->message) events->message(text);
    });
  }
  void answer(const json& request, json result) { say({{"jsonrpc", "2.0"}, {"id", request["id"]}, {"result", std::move(result)}}); }
  void refuse(const json& request, int code, std::string message, json data = nullptr) {
    json error{{"code", code}, {"message", std::move(message)}};
    if (!data.is_null()) error["data"] = std::move(data);
    say({{"jsonrpc", "2.0"}, {"id", request["id"]}, {"error", std::move(error)}});
  }
  void hang_up(std::string why = "the server ended") {
    boost::asio::post(context_, [self = shared_from_this(), why = std::move(why)] {
      const auto events = std::exchange(self->events_, nullptr);
      if (events && events->closed) events->closed(Error{ErrorCode::closed, why, nullptr});
    });
  }

  /// The messages that have this method.
  std::vector<json> received_of(std::string_view method) const {
    std::vector<json> found;
    for (const auto& message : received)
      if (message.value("method", "") == method) found.push_back(message);
    return found;
  }

  std::unique_ptr<Transport> transport() { return std::make_unique<End>(shared_from_this()); }

 private:
  class End final : public Transport {
   public:
    explicit End(std::shared_ptr<Server> server) : server_(std::move(server)) {}
    ~End() override { server_->events_ = nullptr; }
    void start(Events events) override { server_->events_ = std::make_shared<Events>(std::move(events)); }
    void send(Outgoing outgoing) override {
      boost::asio::post(server_->context_, [server = server_, message = std::move(outgoing.text)] {
        const auto parsed = sumun::parse_json(message);
        REQUIRE(parsed.has_value());
        server->received.push_back(*parsed);
        if (server->react_) server->react_(*parsed, *server);
      });
    }
    std::size_t queued_bytes() const override { return 0; }
    void close() override { server_->hang_up("the connection is closed"); }

   private:
    std::shared_ptr<Server> server_;
  };

  boost::asio::io_context& context_;
  React react_;
  std::shared_ptr<Transport::Events> events_;
};

inline json discovery(json extra = json::object()) {
  json result{{"resultType", "complete"},
              {"supportedVersions", {"2026-07-28", "2025-11-25"}},
              {"capabilities", {{"tools", json::object()}}},
              {"instructions", "be kind"},
              {"ttlMs", 0},
              {"cacheScope", "private"},
              {"_meta", {{"io.modelcontextprotocol/serverInfo", {{"name", "fake"}, {"version", "1"}}}}}};
  result.update(extra);
  return result;
}

inline json initialization(std::string version) {
  return {{"protocolVersion", std::move(version)}, {"capabilities", {{"tools", json::object()}, {"logging", json::object()}}},
          {"serverInfo", {{"name", "old"}, {"version", "2"}}}};
}

/// Answers the opening of its era; everything else goes to `then`.
inline Server::React modern(Server::React then) {
  return [then = std::move(then)](const json& message, Server& server) {
    if (message.value("method", "") == "server/discover") return server.answer(message, discovery());
    if (then) then(message, server);
  };
}
inline Server::React legacy(Server::React then, std::string version = "2025-11-25") {
  return [then = std::move(then), version = std::move(version)](const json& message, Server& server) {
    const auto method = message.value("method", "");
    if (method == "server/discover") return server.refuse(message, -32601, "Method not found");
    if (method == "initialize") return server.answer(message, initialization(version));
    if (then) then(message, server);
  };
}

/// One client and its server on one loop.
struct Pair {
  explicit Pair(Server::React react, sumun::ClientOptions options = {})
      : server(std::make_shared<Server>(context, std::move(react))),
        client(std::make_unique<sumun::Client>(context.get_executor(), server->transport(), std::move(options))) {}

  /// Runs the coroutine that `start` gives, for ten seconds at most, then what is queued behind it.
  template <class Start>
  auto run(Start start) -> typename std::invoke_result_t<Start>::value_type {
    using T = typename std::invoke_result_t<Start>::value_type;
    std::optional<T> result;
    std::exception_ptr failure;
    boost::asio::co_spawn(context, start(), [&](std::exception_ptr thrown, T value) {
      failure = thrown;
      result = std::move(value);
    });
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    context.restart();
    while (!result && std::chrono::steady_clock::now() < end && context.run_one_until(end) > 0) {
    }
    REQUIRE_MESSAGE(result.has_value(), "the coroutine did not end in time");
    if (failure) std::rethrow_exception(failure);
    settle();
    return *std::move(result);
  }
  /// Everything that is ready.
  void settle() {
    context.restart();
    context.poll();
  }
  Result<sumun::ServerDescription> connect() {
    return run([this] { return client->connect(); });
  }

  boost::asio::io_context context{1};
  std::shared_ptr<Server> server;
  std::unique_ptr<sumun::Client> client;
};

inline std::string message_of(const Error& error) { return error.message; }
template <class T>
std::string message_of(const Result<T>& result) {
  return result ? std::string() : result.error().message;
}
inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace fake
