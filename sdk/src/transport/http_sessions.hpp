// SPDX-License-Identifier: Apache-2.0
// The sessions of revisions before 2026-07-28, by their Mcp-Session-Id.
#pragma once
#include "transport/http_session.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <string>

namespace sumun {
inline namespace v0 {

/// Ids are 128 random bits. A session belongs to the principal that opened it: to everybody else it does not exist.
/// Thread:  any, but for `watch`.
/// Owner:   whoever runs the server; sessions that live on a strand may outlive it for a moment.
class HttpSessions final : public HttpSessionStore {
 public:
  explicit HttpSessions(HttpSessionOptions options);
  ~HttpSessions() override;

  void take(HttpMessage message, std::shared_ptr<HttpReply> reply) override;
  void drain() override;
  /// Ends all sessions, for their connections are gone. After `drain`.
  void end();

  /// Ends the sessions that were idle for too long, now.
  void sweep();
  /// Does so now and then, until `drain`. Thread: the strand of `executor`; the timer ends with this.
  void watch(boost::asio::any_io_executor executor);
  std::size_t size() const;

 private:
  struct Shared;
  void open(HttpMessage message, std::shared_ptr<HttpReply> reply);

  const std::shared_ptr<Shared> shared_;
};

}  // namespace v0
}  // namespace sumun
