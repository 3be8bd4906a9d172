// SPDX-License-Identifier: Apache-2.0
// One connection of the MCP endpoint. To the modern era's session it is a transport: each POST comes as one message, what
// is sent for it becomes one JSON answer, or an event stream when something is sent before the last.
#pragma once
#include "runtime/task_group.hpp"
#include "transport/http_endpoint.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sumun {
inline namespace v0 {

class HttpConnectionReply;

/// Thread:  the connection's loop.
/// Owner:   the connection.
class HttpService final : public http::Service, public Transport {
 public:
  HttpService(HttpEndpoint& endpoint, http::Connection& connection) : endpoint_(endpoint), connection_(connection) {}
  ~HttpService() override;

  // -- http::Service
  Next on_request(const http::Request& request) override;
  void on_gone() override;
  void on_drain() override;

  // -- Transport
  void start(Events events) override { events_ = std::move(events); }
  void send(Outgoing message) override;
  std::size_t queued_bytes() const override { return connection_.queued_bytes(); }
  void close() override { connection_.close(); }

  struct Asked;  // the authenticator, and not answered yet

 private:
  // What the headers say that matter here; absent ones are null views.
  struct Heads {
    std::optional<std::string_view> host, origin, content_type, accept, authorization, dpop, session, last_event;
    MirroredHeaders mirrored;
    bool doubled = false;  // one that must come once came twice
  };

  void read_heads(const http::Request& request);
  Next on_endpoint(const http::Request& request);
  Next on_other_path(const http::Request& request);
  Next on_preflight(const http::Request& request);
  Next on_post(const http::Request& request);
  Next to_session_store(const http::Request& request, HttpMethod method, std::shared_ptr<const void> held = {});
  Next to_modern(const http::Request& request, std::shared_ptr<const void> held);
  bool is_for_store(const http::Request& request) const;
  /// Nothing = the verdict is not there yet.
  std::optional<Next> authenticate(const http::Request& request);

  Next refuse(int status, Error error, std::string_view body = {}, std::string fields = {});
  Next refuse_stream(const http::Request& request);
  Next refuse_waiting(const http::Request& request);
  void respond(int status, std::string body, std::string_view fields = {});
  void conclude();
  std::string who() const { return principal_ ? principal_->name : std::string(); }

  HttpEndpoint& endpoint_;
  http::Connection& connection_;
  Events events_;
  std::function<void()> end_;  // of the modern session; null before the first message
  std::unique_ptr<TaskGroup> tasks_;
  std::shared_ptr<Asked> asked_;
  std::weak_ptr<HttpConnectionReply> reply_;  // of the request that a session of the store answers
  Heads heads_;                // of the request that is being looked at
  std::string accept_;         // where Accept came in several lines
  std::string good_host_;      // the last Host that the guard let through
  std::string cors_;           // header lines for the origin of this request
  std::shared_ptr<const Principal> principal_;
  std::string listener_;       // whose stream is counted
  std::shared_ptr<const void> held_;  // the body of that request, counted
  StreamId stream_ = 0;        // the POST that the modern session answers
  bool open_ = false;          // it has not been concluded
  bool streaming_ = false;     // its answer is a stream
  bool counted_ = false;       // it is one of those that wait
  bool listening_ = false;     // it is a counted stream
};

}  // namespace v0
}  // namespace sumun
