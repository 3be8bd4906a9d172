// SPDX-License-Identifier: Apache-2.0
// Two transports that are each other's peer, in one process: for tests, and for a client and a server side by side.
#pragma once
#include <sumun/limits.hpp>
#include <sumun/transport.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace sumun {
inline namespace v0 {

/// One end of a pair. Behaves as stdio does: delivery by posted handlers in order, never from inside send(); messages over
/// the limit are refused at the receiver; an end stops reading while more than `max_output` bytes of its own wait.
/// Thread:  its own executor's strand; the two ends may be on different ones.
/// Ends by: close() of either end: the other gets what was queued, then `ended`, then `closed`.
class MemoryTransport final : public Transport {
 public:
  ~MemoryTransport() override;
  void start(Events events) override;
  void send(Outgoing message) override;
  std::size_t queued_bytes() const override;
  void close() override;

  /// Ends our output alone: the peer gets `ended` after what was queued, and can still send.
  void end_output();

  class Impl;
  explicit MemoryTransport(std::shared_ptr<Impl> impl);

 private:
  std::shared_ptr<Impl> impl_;
};

struct MemoryPair {
  std::unique_ptr<MemoryTransport> a;
  std::unique_ptr<MemoryTransport> b;
};

struct MemoryPairOptions {
  std::size_t max_message = kMaxMessageBytes;
  std::size_t max_output = kMaxOutputBytes;
};

/// On one io_context with one thread the order of all events is determined.
MemoryPair make_memory_pair(boost::asio::any_io_executor a, boost::asio::any_io_executor b, MemoryPairOptions options = {});

}  // namespace v0
}  // namespace sumun
