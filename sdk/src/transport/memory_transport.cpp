// SPDX-License-Identifier: Apache-2.0
// The two queues between a pair's ends. A queue and the flags beside it are under one mutex, because the ends may run on
// different threads; all else belongs to its end's strand.
#include "transport/memory_transport.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <deque>
#include <mutex>
#include <utility>

namespace sumun {
inline namespace v0 {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kTurnBytes = 64 * kKiB;  // delivered in one turn, as much as one read of a pipe

using Implementation = MemoryTransport::Impl;

// What one end has sent and the other has not taken; and what the receiver needs to be told.
struct Queue {
  std::deque<std::string> messages;
  std::size_t bytes = 0;
  bool ended = false;  // nothing more is put in
  bool gone = false;   // the sender has closed altogether
};

struct Link {
  std::mutex mutex;
  std::array<Queue, 2> to;         // by receiver
  std::array<bool, 2> woken{};     // a turn of that end is posted or runs, and will see what is new
  std::array<std::weak_ptr<Implementation>, 2> ends;
};

}  // namespace

class MemoryTransport::Impl final : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::any_io_executor executor, std::shared_ptr<Link> link, std::size_t self, MemoryPairOptions options)
      : executor_(std::move(executor)), link_(std::move(link)), self_(self), options_(options), close_timer_(executor_) {}

  void start(Events events) {
    events_ = std::move(events);
    started_ = true;
    std::lock_guard lock(link_->mutex);
    wake(self_);
  }

  void send(std::string message) {
    if (ended_ || closing_) return;
    std::lock_guard lock(link_->mutex);
    Queue& out = link_->to[peer()];
    if (out.ended || link_->to[self_].gone) return;
    out.bytes += message.size();
    out.messages.push_back(std::move(message));
    wake(peer());
  }

  std::size_t queued_bytes() const {
    std::lock_guard lock(link_->mutex);
    return link_->to[peer()].bytes;
  }

  void end_output() {
    std::lock_guard lock(link_->mutex);
    link_->to[peer()].ended = true;
    wake(peer());
  }

  void close() {
    if (ended_ || closing_) return;
    closing_ = true;
    if (leave() == 0) {
      end(fail(ErrorCode::closed, "the connection was closed"));
      return;
    }
    close_timer_.expires_after(kCloseLimit);
    close_timer_.async_wait([self = shared_from_this()](boost::system::error_code failure) {
      if (!failure) self->end(fail(ErrorCode::closed, "the connection was closed before all was taken"));
    });
  }

  void abandon() {
    abandoned_ = true;
    if (!ended_ && !closing_) leave();
    ended_ = true;
    close_timer_.cancel();
    if (!delivering_) events_ = {};
  }

 private:
  std::size_t peer() const { return 1 - self_; }

  // Under the mutex: has one end look at its queues. An end that is not made yet looks when it starts.
  void wake(std::size_t end) {
    if (std::exchange(link_->woken[end], true)) return;
    if (const std::shared_ptr<Impl> there = link_->ends[end].lock()) {
      asio::post(there->executor_, [there] { there->turn(); });
    }
  }

  // Both directions end; gives the bytes that the peer has still to take.
  std::size_t leave() {
    std::lock_guard lock(link_->mutex);
    link_->to[self_].messages.clear();
    link_->to[self_].bytes = 0;
    Queue& out = link_->to[peer()];
    out.ended = true;
    out.gone = true;
    wake(peer());
    return out.bytes;
  }

  void turn() {
    {
      std::lock_guard lock(link_->mutex);
      link_->woken[self_] = false;
    }
    if (!started_ || ended_) return;
    if (closing_) {
      if (queued_bytes() == 0) end(fail(ErrorCode::closed, "the connection was closed"));
      return;
    }
    delivering_ = true;
    const bool more = deliver();
    delivering_ = false;
    if (abandoned_) events_ = {};
    if (ended_ || closing_) return;
    if (more) {
      std::lock_guard lock(link_->mutex);
      wake(self_);
    }
  }

  // True if there is more to do in a further turn.
  bool deliver() {
    std::size_t delivered = 0;
    while (delivered <= kTurnBytes) {
      if (ended_ || closing_) return false;
      if (queued_bytes() > options_.max_output) return false;  // the peer wakes us when it has taken half
      std::string message;
      if (!take(message)) return at_end();
      delivered += message.size() + 1;
      if (message.size() > options_.max_message) {
        if (events_.refused) events_.refused(too_long());
      } else if (events_.message && events_.message(message) == Flow::ease) {
        return true;
      }
    }
    return true;
  }

  bool take(std::string& message) {
    std::lock_guard lock(link_->mutex);
    Queue& in = link_->to[self_];
    if (in.messages.empty()) return false;
    message = std::move(in.messages.front());
    in.messages.pop_front();
    const bool was_over_half = in.bytes > options_.max_output / 2;
    in.bytes -= message.size();
    const bool is_over_half = in.bytes > options_.max_output / 2;
    if ((was_over_half && !is_over_half) || (in.gone && in.messages.empty())) wake(peer());
    return true;
  }

  bool at_end() {
    bool is_ended = false;
    {
      std::lock_guard lock(link_->mutex);
      is_ended = link_->to[self_].ended;
    }
    if (is_ended && !std::exchange(input_ended_, true) && events_.ended) events_.ended();
    bool is_gone = false;
    {
      std::lock_guard lock(link_->mutex);
      is_gone = link_->to[self_].gone;
    }
    if (is_gone && !ended_ && !closing_) {
      leave();
      end(fail(ErrorCode::closed, "the peer is gone"));
    }
    return false;
  }

  Error too_long() const {
    return fail(ErrorCode::invalid_request,
                "the message is longer than the limit of " + std::to_string(options_.max_message) + " bytes");
  }

  void end(Error why) {
    if (ended_) return;
    ended_ = true;
    close_timer_.cancel();
    asio::post(executor_, [self = shared_from_this(), why = std::move(why)]() mutable {
      if (self->abandoned_) return;
      const Events events = std::exchange(self->events_, {});
      if (events.closed) events.closed(std::move(why));
    });
  }

  asio::any_io_executor executor_;
  std::shared_ptr<Link> link_;
  std::size_t self_;
  MemoryPairOptions options_;
  Events events_;
  asio::steady_timer close_timer_;
  bool started_ = false;
  bool delivering_ = false;   // inside an event
  bool input_ended_ = false;  // `ended` was delivered
  bool closing_ = false;      // close(): ends when the peer has taken all
  bool ended_ = false;        // `closed` is posted or was delivered
  bool abandoned_ = false;    // the transport was destroyed
};

MemoryTransport::MemoryTransport(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
MemoryTransport::~MemoryTransport() { impl_->abandon(); }

void MemoryTransport::start(Events events) { impl_->start(std::move(events)); }
void MemoryTransport::send(Outgoing message) {
  if (!message.text.empty()) impl_->send(std::move(message.text));
}
std::size_t MemoryTransport::queued_bytes() const { return impl_->queued_bytes(); }
void MemoryTransport::close() { impl_->close(); }
void MemoryTransport::end_output() { impl_->end_output(); }

MemoryPair make_memory_pair(asio::any_io_executor a, asio::any_io_executor b, MemoryPairOptions options) {
  auto link = std::make_shared<Link>();
  auto first = std::make_shared<MemoryTransport::Impl>(std::move(a), link, 0, options);
  auto second = std::make_shared<MemoryTransport::Impl>(std::move(b), link, 1, options);
  link->ends = {first, second};
  return MemoryPair{std::make_unique<MemoryTransport>(std::move(first)),
                    std::make_unique<MemoryTransport>(std::move(second))};
}

}  // namespace v0
}  // namespace sumun
