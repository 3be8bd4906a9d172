// SPDX-License-Identifier: Apache-2.0
// What carries messages between two peers. The core knows this interface only; stdio and the in-memory pair
// implement it, and so may a program that has a channel of its own.
#pragma once
#include <sumun/result.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sumun {
inline namespace v0 {

/// What the receiver of a message asks of the transport: go on, or ease (take a pause of at most a few
/// milliseconds before reading more, because work is piling up). Reading never stops for it: a cancellation
/// behind the pile must still arrive.
enum class Flow { go_on, ease };

/// A two-way channel of whole messages.
/// Thread:  everything here, calls and events alike, happens on the connection's one strand.
/// Owner:   whoever made it; it outlives the session that it serves.
/// Ends by: `closed`, once, after which nothing more is delivered and `send` drops.
/// Bounds:  a message longer than kMaxMessageBytes is skipped and reported through `refused`;
///          while more than kMaxOutputBytes wait to be written, reading stops.
class SUMUN_EXPORT Transport {
 public:
  struct Events {
    /// One message, as it came (no framing); the view is valid during the call only.
    std::function<Flow(std::string_view message)> message;
    /// Something came that is no message (too long); the stream goes on behind it.
    std::function<void(Error why)> refused;
    /// The peer will send nothing more (end of input); sending still works until `closed`.
    std::function<void()> ended;
    /// The channel is gone; nothing can be sent any more.
    std::function<void(Error why)> closed;
  };

  virtual ~Transport() = default;
  /// Begins to read. Called once; events come from then on, never from inside this call.
  virtual void start(Events events) = 0;
  /// Queues one message and takes care of the framing. Messages sent during one `message` event, and those of one
  /// turn of the loop, leave in one write.
  virtual void send(std::string message) = 0;
  /// How many bytes wait to be written.
  virtual std::size_t queued_bytes() const = 0;
  /// Writes what is queued as far as the peer takes it at once or within `kCloseLimit`, then closes; `closed` follows.
  virtual void close() = 0;
};

}  // namespace v0
}  // namespace sumun
