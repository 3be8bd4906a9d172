// SPDX-License-Identifier: Apache-2.0
// Messages as lines over two file descriptors: a server's standard streams, or the pipes of a child.
// Pipes, sockets, terminals, /dev/null and regular files will do.
// Spec: 2026-07-28 basic/transports, stdio
#pragma once
#include <sumun/limits.hpp>
#include <sumun/transport.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace sumun {
inline namespace v0 {

struct StdioTransportOptions {
  enum class Descriptors {
    borrowed,  // somebody else closes them, after the transport has ended (StandardStreams)
    owned,     // the transport closes them
  };
  enum class OutputLoss {
    close,    // nobody reads our answers: the channel is gone at once (a server)
    read_on,  // what the peer wrote before it went is delivered, up to the end of input, then it is gone (a client)
  };
  Descriptors descriptors = Descriptors::borrowed;
  OutputLoss output_loss = OutputLoss::close;
  std::size_t max_message = kMaxMessageBytes;
  std::size_t max_output = kMaxOutputBytes;
  std::chrono::milliseconds ease_limit = kEaseLimit;
  std::chrono::milliseconds close_limit = kCloseLimit;
};

/// Thread:  the strand that `executor` names, for all members, events and the destructor.
/// Owner:   the program's run, or the client.
/// Ends by: close(), the loss of the peer, or the destructor (which drops what is queued and calls no event).
/// Sets O_NONBLOCK on both descriptions while it lives, unless it can have a description of its own.
class StdioTransport final : public Transport {
 public:
  StdioTransport(boost::asio::any_io_executor executor, int in, int out, StdioTransportOptions options = {});
  ~StdioTransport() override;

  void start(Events events) override;
  void send(Outgoing message) override;
  std::size_t queued_bytes() const override;
  void close() override;

  /// Writes what is queued, then ends our output alone: the peer sees the end of its input, what it still sends is
  /// delivered. `closed` follows when it ends its side too (or at close()).
  void end_output();

  class Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace v0
}  // namespace sumun
