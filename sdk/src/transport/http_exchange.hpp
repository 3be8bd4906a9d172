// SPDX-License-Identifier: Apache-2.0
// What a session that spans many HTTP requests sees of one: a copy of what came, and the means to answer it. Both may be
// used on another thread than the connection's.
#pragma once
#include <sumun/principal.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sumun {
inline namespace v0 {

enum class HttpMethod { get, post, remove };  // remove: DELETE

/// A request for the sessions of revisions before 2026-07-28. Empty strings: the header was absent.
/// Host, Origin, token, Content-Type and (of a POST) Accept have been checked already.
struct HttpMessage {
  HttpMethod method = HttpMethod::post;
  std::string session;           // Mcp-Session-Id
  std::string protocol_version;  // MCP-Protocol-Version
  std::string last_event;        // Last-Event-ID
  std::string accept;            // Accept
  std::string body;              // of a POST
  std::shared_ptr<const void> held;  // of a POST: its body is counted until this is gone; kept until it is answered
  std::shared_ptr<const Principal> principal;  // null = nobody asked for a token
};

/// The answer to one request: either one `answer`, or `open_events`, any number of `send`, and `end`.
/// Thread:  any, for every member; what is sent from one thread arrives in that order.
/// Owner:   whoever answers. Destroying the last reference without an answer answers 500; with an open stream it ends it.
/// Ends by: `answer`, `end`, or the peer's going, after which everything here does nothing.
class HttpReply {
 public:
  virtual ~HttpReply() = default;

  /// The whole answer. `fields` are further header lines, each with CR LF: "Mcp-Session-Id: …\r\n".
  /// A body is application/json.
  virtual void answer(int status, std::string body, std::string fields = {}) = 0;

  /// 200 and text/event-stream. Comments keep it alive by themselves.
  virtual void open_events(std::string fields = {}) = 0;
  /// Text of the stream: whole events or comments (http/sse.hpp).
  virtual void send(std::string events) = 0;
  /// Ends the stream; the connection may go on with another request.
  virtual void end() = 0;

  /// What was sent and waits to be taken by the peer.
  virtual std::size_t queued_bytes() const = 0;
  /// Whether the peer is gone, or this has ended.
  virtual bool gone() const = 0;
  /// `told` runs once, on the connection's thread, when the peer goes before the end. When it has gone already: at once.
  virtual void on_gone(std::function<void()> told) = 0;
};

/// Where such requests go: whoever keeps the sessions.
/// Thread: any, for every member.
class HttpSessionStore {
 public:
  virtual ~HttpSessionStore() = default;
  /// Answers one request, now or later. A POST without a session holds an `initialize` request.
  virtual void take(HttpMessage message, std::shared_ptr<HttpReply> reply) = 0;
  /// The server stops: streams that only listen end, no session opens; requests of open ones are answered as before.
  virtual void drain() = 0;
};

}  // namespace v0
}  // namespace sumun
