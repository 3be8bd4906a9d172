// SPDX-License-Identifier: Apache-2.0
// The MCP endpoint: what each path and method of the HTTP server means, who may ask, and which era answers.
//   POST    /mcp      a message; 2026-07-28, or a session of the revisions before it
//   GET     /mcp      the stream of a session; DELETE its end; 405 where there are none
//   OPTIONS /mcp      CORS preflight of an allowed origin
//   GET     /healthz  200; /readyz 200 until the server stops
//   GET     /.well-known/oauth-protected-resource…  where tokens come from
#pragma once
#include "http/connection.hpp"
#include "http/server.hpp"
#include "transport/http_exchange.hpp"
#include "transport/http_guard.hpp"

#include <sumun/auth.hpp>
#include <sumun/transport.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace sumun {
inline namespace v0 {

/// Begins to serve modern messages on a transport. Gives what ends that in good order: open streams get their result.
using HttpServing = std::function<std::function<void()>(Transport& transport, boost::asio::any_io_executor executor)>;

struct HttpEndpointOptions {
  std::string path = "/mcp";
  std::shared_ptr<Authenticator> authenticator;  // null = everybody
  HttpSessionStore* sessions = nullptr;          // null = the modern era alone
  HttpServing serve;
  std::size_t waiting = kMaxHttpWaiting;
  std::size_t answering_bytes = kMaxHttpAnswering;
  std::size_t streams_of_principal = kMaxHttpStreams;
  std::function<bool()> ready;
};

/// What all connections share.
/// Thread: any.
/// Owner:  the program's run; it outlives the server.
class HttpEndpoint {
 public:
  HttpEndpoint(HttpEndpointOptions options, HttpGuard guard) : options_(std::move(options)), guard_(std::move(guard)) {}

  /// One connection's service.
  std::unique_ptr<http::Service> serve(http::Connection& connection);
  /// The body of an answer to what never became a request.
  static std::string refusal(int status, std::string_view why);

  const HttpEndpointOptions& options() const { return options_; }
  const HttpGuard& guard() const { return guard_; }

  // -- counting; false = over the limit
  bool begin_waiting();
  void end_waiting() { waiting_.fetch_sub(1, std::memory_order_relaxed); }
  bool begin_stream(const std::string& principal);
  void end_stream(const std::string& principal);
  /// Counts the body of a request until the last copy of what this gives is gone; null = over the limit.
  std::shared_ptr<const void> hold(std::size_t bytes);

 private:
  const HttpEndpointOptions options_;
  const HttpGuard guard_;
  std::atomic<std::size_t> waiting_{0};
  std::shared_ptr<std::atomic<std::size_t>> held_ = std::make_shared<std::atomic<std::size_t>>(0);  // bytes of bodies; messages may outlive us
  std::mutex mutex_;
  std::map<std::string, std::size_t, std::less<>> streams_;  // open ones by principal; under mutex
};

}  // namespace v0
}  // namespace sumun
