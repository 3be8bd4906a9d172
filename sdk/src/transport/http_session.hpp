// SPDX-License-Identifier: Apache-2.0
// One session of a revision before 2026-07-28 over HTTP. To the server's session it is a transport: every POST comes as
// one message on a stream of its own, a GET opens a stream for what belongs to no request. The streams outlive the
// connections that read them:
//   event ids    <stream>-<number>      what Last-Event-ID brings back
//   an answer    JSON when it comes first and soon, else an event stream that ends with it
//   a lost connection ends nothing: the call goes on, and what it says is kept for whoever asks with Last-Event-ID
// Spec: 2025-11-25 basic/transports, Streamable HTTP (and 2025-06-18, 2025-03-26)
#pragma once
#include "base/clock.hpp"
#include "transport/http_exchange.hpp"

#include <sumun/auth.hpp>
#include <sumun/limits.hpp>
#include <sumun/revision.hpp>
#include <sumun/transport.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace sumun {
inline namespace v0 {

struct HttpSessionOptions {
  /// Begins to serve a transport on a strand; gives what ends that in good order.
  std::function<std::function<void()>(Transport& transport, boost::asio::any_io_executor home)> serve;
  std::function<boost::asio::any_io_executor()> next_executor;  // where a new session lives; each one a strand
  std::shared_ptr<Authenticator> authenticator;                 // words the challenge for insufficient_scope; null = nobody asks
  std::shared_ptr<const Clock> clock = std::make_shared<SystemClock>();
  std::size_t sessions = kMaxHttpSessions;                          // over it the one that was idle longest ends, else 503
  std::size_t sessions_of_principal = kMaxHttpSessionsOfPrincipal;  // over it 429
  std::size_t kept_bytes = kMaxHttpKeptInAll;                       // events of all sessions; over it even the newest go
  std::shared_ptr<std::atomic<std::size_t>> kept = std::make_shared<std::atomic<std::size_t>>(0);  // so much is kept now
  std::chrono::milliseconds idle{1'800'000};                        // without request, stream and running call
  std::chrono::milliseconds opening = kHttpOpening;                 // the same before notifications/initialized
  std::chrono::milliseconds patience = kHttpPatience;               // after that an answer becomes a stream
};

/// Thread:  `take`, `drain`, `close`, `last_used`, `in_use`, `is_stale` any; all else on the home strand.
/// Owner:   the store, and what is posted to the strand.
/// Ends by: DELETE, `close`, or the server's session; then `ended`, once, on the home strand. What comes later gets 404.
class HttpSession final : public Transport, public std::enable_shared_from_this<HttpSession> {
 public:
  using Ended = std::function<void(HttpSession&)>;
  HttpSession(std::string id, std::shared_ptr<const Principal> owner, std::shared_ptr<const HttpSessionOptions> options, Ended ended);
  ~HttpSession() override;

  const std::string& id() const { return id_; }
  const std::shared_ptr<const Principal>& owner() const { return owner_; }
  std::chrono::steady_clock::time_point last_used() const { return last_used_.load(); }
  /// A request came and is not answered, or somebody listens.
  bool in_use() const { return queued_ > 0 || busy_; }
  /// It was not used for as long as one may be idle.
  bool is_stale() const;

  /// One request of this session; the first one opens it.
  void take(HttpMessage message, std::shared_ptr<HttpReply> reply);
  /// Ends the streams that only listen, and opens no more of them. Requests are answered as before.
  void drain();
  /// Ends it if nothing runs and nobody listens.
  void end_if_idle();

  // -- Transport
  void start(Events events) override { events_ = std::move(events); }
  void send(Outgoing message) override;
  void release(StreamId stream) override;
  std::size_t queued_bytes() const override;
  void close() override;

 private:
  // One sequence of events, and whoever reads it now.
  struct Stream {
    StreamId id = 0;
    bool listens = false;             // opened by GET
    bool streaming = false;           // an event stream was begun
    bool concluded = false;           // its answer is there
    std::shared_ptr<HttpReply> reply;  // null = nobody reads it
    std::shared_ptr<const void> held;  // of a POST that is not concluded (HttpMessage::held)
    std::uint64_t next = 0;           // number of the next event
    struct Kept {
      std::uint64_t number;
      std::string data;
    };
    std::deque<Kept> kept;            // for who comes back
    std::chrono::steady_clock::time_point since;

    bool is_read() const { return reply && !reply->gone(); }
  };

  template <class Work>
  void at_home(Work work);
  void on_message(HttpMessage message, std::shared_ptr<HttpReply> reply);
  void on_post(HttpMessage message, std::shared_ptr<HttpReply> reply);
  void on_get(const HttpMessage& message, std::shared_ptr<HttpReply> reply);
  void resume(const std::string& last_event, std::shared_ptr<HttpReply> reply);
  Stream& add_stream(std::shared_ptr<HttpReply> reply);
  std::string refused_version(const std::string& header) const;  // empty = fine

  void answer(Stream& stream, Outgoing message);
  void opened(Stream& stream, Outgoing message);
  void begin_events(Stream& stream);
  void add_event(Stream& stream, std::string data);
  void keep(Stream& stream, std::uint64_t number, std::string data);
  void forget_oldest();
  void begin_keeping(std::size_t bytes);
  void end_keeping(std::size_t bytes);
  Stream* listener();
  void make_room_for_listener();
  void wait_patiently();
  void finish(const Error& why);
  void touch() { last_used_.store(options_->clock->now()); }
  void look_whether_busy();
  void notice_going(HttpReply& reply);

  const std::string id_;
  const std::shared_ptr<const Principal> owner_;
  const std::shared_ptr<const HttpSessionOptions> options_;
  const boost::asio::any_io_executor home_;
  Ended ended_;
  std::atomic<std::chrono::steady_clock::time_point> last_used_;
  std::atomic<bool> initialized_{false};  // notifications/initialized came
  std::atomic<std::size_t> queued_{0};    // requests on their way to the strand
  std::atomic<bool> busy_{true};          // a call runs, or somebody reads a stream; true before the first request

  Events events_;
  bool served_ = false;                // true from the first message on
  std::optional<Revision> revision_;   // none until initialize is answered
  std::map<StreamId, Stream> streams_;
  StreamId last_stream_ = 0;
  std::size_t calls_ = 0;              // POSTs that are not concluded
  StreamId taking_ = 0;                // the POST whose message is being handed in
  std::deque<StreamId> order_;         // whose kept event is the oldest, the next, …
  std::size_t kept_bytes_ = 0;
  boost::asio::steady_timer patience_;
  bool patience_waiting_ = false;      // true while that timer runs
  bool draining_ = false;
  bool gone_ = false;                  // true once it has ended
};

}  // namespace v0
}  // namespace sumun
