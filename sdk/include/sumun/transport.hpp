// SPDX-License-Identifier: Apache-2.0
// What carries messages between two peers. The core knows this interface only; stdio and the in-memory pair
// implement it, and so may a program that has a channel of its own.
#pragma once
#include <sumun/principal.hpp>
#include <sumun/result.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sumun {
inline namespace v0 {

/// What the receiver of a message asks of the transport: go on, or ease (take a pause of at most a few
/// milliseconds before reading more, because work is piling up). Reading never stops for it: a cancellation
/// behind the pile must still arrive.
enum class Flow { go_on, ease };

/// What joins an incoming message with everything that is sent because of it: on HTTP the answer to one POST. The
/// transport numbers them; 0 = none in particular.
using StreamId = std::uint64_t;

/// The headers that repeat parts of the body; absent ones are nullopt. The views live as long as the message.
/// Spec: 2026-07-28 basic/transports/streamable-http, Request Metadata
struct MirroredHeaders {
  std::optional<std::string_view> protocol_version;  // MCP-Protocol-Version
  std::optional<std::string_view> method;            // Mcp-Method
  std::optional<std::string_view> name;              // Mcp-Name, as it came (perhaps in the Base64 form)
  std::vector<std::pair<std::string_view, std::string_view>> params;  // Mcp-Param-{first}: second, as they came
};

/// One message that came, without any framing. The views are valid during the event only.
struct Incoming {
  template <std::convertible_to<std::string_view> Text>
  Incoming(const Text& message) : text(message) {}  // NOLINT(google-explicit-constructor): a message is its text
  std::string_view text;
  StreamId stream = 0;
  const MirroredHeaders* headers = nullptr;    // null = there are none to hold a modern body against
  std::shared_ptr<const Principal> principal;  // null = whoever the connection belongs to
};

/// One message to send.
/// Every stream is concluded by exactly one message with `last`, be it empty (nothing to say: a notification was taken, a
/// request was cancelled). Transports with one channel for everything send what has text and look at nothing else.
struct Outgoing {
  Outgoing(std::string message) : text(std::move(message)) {}  // NOLINT(google-explicit-constructor)
  Outgoing(const char* message) : text(message) {}                  // NOLINT(google-explicit-constructor)
  Outgoing(std::string message, StreamId of) : text(std::move(message)), stream(of) {}
  std::string text;            // empty = nothing, where `last` alone matters
  StreamId stream = 0;         // whose answer this is part of; 0 = nobody's
  bool last = false;           // true = nothing follows on that stream
  std::optional<Error> error;  // of an error response: HTTP makes its status of it
  std::vector<std::pair<std::string, std::string>> headers;  // of a client's message, where the transport has streams
};

/// A two-way channel of whole messages.
/// Thread:  everything here, calls and events alike, happens on the connection's one strand.
/// Owner:   whoever made it; it outlives the session that it serves.
/// Ends by: `closed`, once, after which nothing more is delivered and `send` drops.
/// Bounds:  a message longer than kMaxMessageBytes is skipped and reported through `refused`;
///          while more than kMaxOutputBytes wait to be written, reading stops.
class SUMUN_EXPORT Transport {
 public:
  struct Events {
    /// One message.
    std::function<Flow(const Incoming& message)> message;
    /// Something came that is no message (too long); the stream goes on behind it.
    std::function<void(Error why)> refused;
    /// The peer will send nothing more (end of input); sending still works until `closed`.
    std::function<void()> ended;
    /// Nothing more comes on a stream that a client's `send` began. `why` says, in words, what has become of the answer
    /// where one is still waited for. Transports without streams never call it.
    std::function<void(StreamId stream, Error why)> concluded;
    /// The channel is gone; nothing can be sent any more.
    std::function<void(Error why)> closed;
  };

  virtual ~Transport() = default;
  /// Begins to read. Called once; events come from then on, never from inside this call.
  virtual void start(Events events) = 0;
  /// Queues one message and takes care of the framing. Messages sent during one `message` event, and those of one
  /// turn of the loop, leave in one write.
  virtual void send(Outgoing message) = 0;
  /// Lets go of the connection that waits for this stream, where the peer can come back for the rest (HTTP, 2025-11-25).
  virtual void release(StreamId) {}
  /// A client's end: true where each message leaves as a request of its own, with headers, on the stream that its sender
  /// has numbered (HTTP).
  virtual bool has_streams() const { return false; }
  /// A client's end: nobody waits any more for what answers this stream. It is closed, which cancels it in 2026-07-28.
  virtual void abandon(StreamId) {}
  /// How many bytes wait to be written.
  virtual std::size_t queued_bytes() const = 0;
  /// Writes what is queued as far as the peer takes it at once or within `kCloseLimit`, then closes; `closed` follows.
  virtual void close() = 0;
};

}  // namespace v0
}  // namespace sumun
