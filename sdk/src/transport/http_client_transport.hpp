// SPDX-License-Identifier: Apache-2.0
// A client's end of Streamable HTTP. What a message repeats in headers comes with it (Outgoing::headers); this file knows
// HTTP, and of MCP only what HTTP carries: the session's id, the streams, the statuses.
//   POST, Mcp-Method among the headers      a modern message: its stream is its answer
//   POST, MCP-Protocol-Version alone        a legacy message, in the session that `initialize` (neither header) has opened
#pragma once
#include <sumun/http_client.hpp>

#include <memory>

namespace sumun {
inline namespace v0 {

/// Thread:  the strand that `executor` names, for all members, events and the destructor.
/// Owner:   the client.
/// Ends by: close(), a session that is lost, or the destructor (which closes every connection and calls no event).
class HttpClientTransport final : public Transport {
 public:
  HttpClientTransport(boost::asio::any_io_executor executor, HttpClientOptions options);
  ~HttpClientTransport() override;

  void start(Events events) override;
  void send(Outgoing message) override;
  bool has_streams() const override { return true; }
  void abandon(StreamId stream) override;
  std::size_t queued_bytes() const override;
  void close() override;

  class Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace v0
}  // namespace sumun
