// SPDX-License-Identifier: Apache-2.0
// The reader and the writer of a stdio connection.
// A message's way costs: epoll_wait, read, (handler), write; and the read that finds nothing more.
// Reading is Asio's async_read_some, which tries at once; writing is write(2) at the end of each turn, and waits
// for writability only when the peer does not keep up.
#include "transport/stdio_transport.hpp"

#include "runtime/descriptor_io.hpp"
#include "runtime/turn.hpp"
#include "transport/line_framer.hpp"
#include "transport/output_queue.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <optional>
#include <utility>

namespace sumun {
inline namespace v0 {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t kChunk = 64 * kKiB;       // one read: what a pipe holds
constexpr std::size_t kWriteEarly = 64 * kKiB;  // queued within a turn: more would not fit into a pipe anyway

}  // namespace

class StdioTransport::Impl final : public std::enable_shared_from_this<Impl>, public TurnEnd {
 public:
  Impl(asio::any_io_executor executor, int in, int out, StdioTransportOptions options)
      : executor_(std::move(executor)),
        options_(options),
        framer_(options.max_message),
        in_(executor_),
        out_(executor_),
        ease_timer_(executor_),
        close_timer_(executor_) {
    UniqueFd given_in;
    UniqueFd given_out;
    if (options.descriptors == StdioTransportOptions::Descriptors::owned) {
      given_in.reset(in);
      if (out != in) given_out.reset(out);
    }
    ignore_sigpipe();
    UniqueFd own_in = private_descriptor(in, Direction::read, failure_);
    UniqueFd own_out = private_descriptor(out, Direction::write, failure_);
    if (failure_) return;
    in_mode_.emplace(own_in.get());
    out_mode_.emplace(own_out.get());
    in_.assign(own_in.get(), failure_);
    if (failure_) return;
    own_in.release();
    out_.assign(own_out.get(), failure_);
    if (!failure_) own_out.release();
  }

  void start(Events events) {
    events_ = std::move(events);
    if (failure_) {
      end(fail(ErrorCode::io, "the streams cannot be used: " + failure_.message()));
      return;
    }
    watch_reader();
    asio::post(executor_, [self = shared_from_this()] { self->continue_reading(); });
  }

  void send(std::string message) {
    if (ended_ || closing_ || !out_.is_open() || output_ending_) return;
    queue_.push(std::move(message));
    if (queue_.bytes() >= kWriteEarly) flush();
    if (!queue_.empty()) schedule_flush();
  }

  std::size_t queued_bytes() const { return queue_.bytes(); }

  void close() {
    if (ended_ || closing_) return;
    closing_ = true;
    error_code ignored;
    in_.cancel(ignored);
    flush();
    if (ended_) return;
    if (queue_.empty()) {
      end(fail(ErrorCode::closed, "the connection was closed"));
      return;
    }
    close_timer_.expires_after(options_.close_limit);
    close_timer_.async_wait([self = shared_from_this()](error_code failure) {
      if (!failure) self->end(fail(ErrorCode::closed, "the connection was closed before all was written"));
    });
  }

  void end_output() {
    if (ended_ || closing_ || output_ending_) return;
    output_ending_ = true;
    flush();
  }

  // The owner is gone: no event any more.
  void abandon() {
    abandoned_ = true;
    if (!ended_) release();
    ended_ = true;
    if (!delivering_) events_ = {};
  }

  void turn_ends() override {
    flush_scheduled_ = false;
    flush();
    resume();
  }

 private:
  // -- reading

  // Decides what happens to the input next; the only place that begins a read.
  void continue_reading() {
    if (ended_ || closing_ || reading_ || easing_ || held_ || input_ended_) return;
    reading_ = true;
    if (!chunk_) chunk_ = std::make_unique_for_overwrite<char[]>(kChunk);
    in_.async_read_some(asio::buffer(chunk_.get(), kChunk),
                        [self = shared_from_this()](error_code failure, std::size_t size) { self->on_read(failure, size); });
  }

  void on_read(error_code failure, std::size_t size) {
    reading_ = false;
    if (ended_ || closing_) return;
    if (failure == asio::error::eof) {
      input_ended_ = true;
      framer_.finish();
    } else if (failure) {
      end(fail(ErrorCode::io, "reading failed: " + failure.message()));
      return;
    }
    framer_.feed(std::string_view(chunk_.get(), size));
    deliver();
  }

  // Hands out what the chunk holds, and goes on reading behind it; stops in the middle when the output is full.
  void deliver() {
    bool used_up = false;
    {
      Turn turn;
      delivering_ = true;
      used_up = deliver_messages();
      delivering_ = false;
    }
    if (abandoned_) events_ = {};
    if (ended_ || closing_) return;
    if (!used_up) {
      resume();
      return;
    }
    if (input_ended_) {
      report_end();
    } else if (std::exchange(ease_, false)) {
      pause();
    } else {
      continue_reading();
    }
  }

  // True when the chunk is used up.
  bool deliver_messages() {
    for (;;) {
      if (ended_ || closing_) return false;
      if (queue_.bytes() > options_.max_output) flush();
      // Behind the end of input at most one message is left; its end must be heard even where nobody reads the output.
      if (queue_.bytes() > options_.max_output && !input_ended_) {
        held_ = true;
        return false;
      }
      std::string_view message;
      switch (framer_.next(message)) {
        case LineFramer::Item::none: return true;
        case LineFramer::Item::line:
          if (events_.message && events_.message(message) == Flow::ease) ease_ = true;
          break;
        case LineFramer::Item::too_long:
          if (events_.refused) events_.refused(too_long());
          break;
      }
    }
  }

  Error too_long() const {
    return fail(ErrorCode::invalid_request,
                "the message is longer than the limit of " + std::to_string(options_.max_message) + " bytes");
  }

  // Goes on with a chunk that was held back because the output was full.
  void resume() {
    if (!held_ || delivering_ || ended_ || closing_ || queue_.bytes() > options_.max_output / 2) return;
    held_ = false;
    asio::post(executor_, [self = shared_from_this()] {
      if (!self->ended_ && !self->closing_) self->deliver();
    });
  }

  void pause() {
    easing_ = true;
    ease_timer_.expires_after(options_.ease_limit);
    ease_timer_.async_wait([self = shared_from_this()](error_code) {
      self->easing_ = false;
      self->continue_reading();
    });
  }

  void report_end() {
    chunk_.reset();
    if (events_.ended) {
      delivering_ = true;
      {
        Turn turn;
        events_.ended();
      }
      delivering_ = false;
      if (abandoned_) events_ = {};
    }
    if (!ended_ && !out_.is_open()) end(fail(ErrorCode::closed, "the peer is gone"));
  }

  // -- writing

  void schedule_flush() {
    if (flush_scheduled_ || writing_) return;
    flush_scheduled_ = true;
    if (Turn::at_end(shared_from_this())) return;
    asio::post(executor_, [self = shared_from_this()] { self->turn_ends(); });
  }

  void flush() {
    if (writing_ || ended_ || !out_.is_open()) return;
    while (!queue_.empty()) {
      std::array<std::string_view, kMaxGathered> parts;
      const std::size_t count = queue_.gather(parts);
      std::size_t size = 0;
      for (std::size_t i = 0; i < count; ++i) size += parts[i].size();
      error_code failure;
      prepare_output();
      const std::size_t written = write_gathered(out_.native_handle(), std::span(parts).first(count), failure);
      if (failure && failure != asio::error::would_block && failure != asio::error::try_again) {
        lose_output("writing failed: " + failure.message());
        return;
      }
      queue_.consume(written);
      if (written < size) {
        wait_for_room();
        return;
      }
    }
    if (closing_) {
      end(fail(ErrorCode::closed, "the connection was closed"));
    } else if (output_ending_) {
      close_output();
    }
  }

  void prepare_output() {
    if (std::exchange(output_prepared_, true)) return;
    error_code ignored;
    out_.native_non_blocking(true, ignored);
  }

  void wait_for_room() {
    writing_ = true;
    out_.async_wait(asio::posix::stream_descriptor::wait_write, [self = shared_from_this()](error_code failure) {
      self->writing_ = false;
      if (failure == asio::error::operation_aborted) return;
      if (failure) {
        self->lose_output("writing failed: " + failure.message());
        return;
      }
      self->flush();
      self->resume();
    });
  }

  // Notices while nothing is written that nobody reads any more. Descriptors that epoll refuses have no reader to lose.
  void watch_reader() {
    out_.async_wait(asio::posix::stream_descriptor::wait_error, [self = shared_from_this()](error_code failure) {
      if (failure || self->ended_ || !self->out_.is_open()) return;
      if (reader_is_gone(self->out_.native_handle())) {
        self->lose_output("nobody reads the output any more");
      } else {
        self->watch_reader();
      }
    });
  }

  void lose_output(std::string why) {
    if (options_.output_loss == StdioTransportOptions::OutputLoss::close || closing_ || input_ended_) {
      end(fail(ErrorCode::closed, std::move(why)));
      return;
    }
    close_output();
    if (std::exchange(held_, false)) {
      asio::post(executor_, [self = shared_from_this()] { self->deliver(); });
    }
  }

  void close_output() {
    queue_.clear();
    out_mode_.reset();
    end_writing(out_.native_handle());
    error_code ignored;
    out_.close(ignored);
    in_.native_non_blocking(true, ignored);  // a socket's two descriptors have one mode
    if (input_ended_ && !delivering_) end(fail(ErrorCode::closed, "both directions have ended"));
  }

  // -- the end

  void release() {
    queue_.clear();
    in_mode_.reset();
    out_mode_.reset();
    error_code ignored;
    in_.close(ignored);
    out_.close(ignored);
    ease_timer_.cancel();
    close_timer_.cancel();
  }

  void end(Error why) {
    if (ended_) return;
    ended_ = true;
    release();
    asio::post(executor_, [self = shared_from_this(), why = std::move(why)]() mutable {
      if (self->abandoned_) return;
      const Events events = std::exchange(self->events_, {});
      if (events.closed) events.closed(std::move(why));
    });
  }

  asio::any_io_executor executor_;
  StdioTransportOptions options_;
  Events events_;
  LineFramer framer_;
  OutputQueue queue_;
  std::unique_ptr<char[]> chunk_;  // what was read last; kChunk bytes
  asio::posix::stream_descriptor in_;
  asio::posix::stream_descriptor out_;
  std::optional<BlockingModeGuard> in_mode_;  // end before the descriptors do
  std::optional<BlockingModeGuard> out_mode_;
  asio::steady_timer ease_timer_;
  asio::steady_timer close_timer_;
  error_code failure_;            // why the descriptors cannot be used
  bool reading_ = false;          // a read is under way
  bool delivering_ = false;       // inside an event
  bool held_ = false;             // the rest of the chunk waits until the output has drained
  bool ease_ = false;             // the session asked for a pause during this chunk
  bool easing_ = false;           // the pause is on
  bool input_ended_ = false;      // end of input was read
  bool writing_ = false;          // waiting for room in the output
  bool flush_scheduled_ = false;  // the end of this turn will write
  bool output_prepared_ = false;  // does not block any more
  bool output_ending_ = false;    // end_output(): closes when all is written
  bool closing_ = false;          // close(): ends when all is written
  bool ended_ = false;            // `closed` is posted or was delivered
  bool abandoned_ = false;        // the transport was destroyed
};

StdioTransport::StdioTransport(asio::any_io_executor executor, int in, int out, StdioTransportOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), in, out, options)) {}
StdioTransport::~StdioTransport() { impl_->abandon(); }

void StdioTransport::start(Events events) { impl_->start(std::move(events)); }
void StdioTransport::send(Outgoing message) {
  if (!message.text.empty()) impl_->send(std::move(message.text));
}
std::size_t StdioTransport::queued_bytes() const { return impl_->queued_bytes(); }
void StdioTransport::close() { impl_->close(); }
void StdioTransport::end_output() { impl_->end_output(); }

}  // namespace v0
}  // namespace sumun
