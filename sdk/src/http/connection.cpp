// SPDX-License-Identifier: Apache-2.0
// Reading, answering and ending of one connection. Waits are Asio's; reads and writes are plain calls on a socket that does
// not block, so that an idle connection has no buffer and a short answer leaves in the call that made it.
#include "http/connection.hpp"

#include "http/loop.hpp"
#include "http/response_text.hpp"
#include "http/tls.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

namespace sumun::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t kTlsChunk = 16 * kKiB;   // one record
constexpr std::size_t kKeep = 4 * kKiB;        // a buffer above it is given back when it is empty
constexpr std::size_t kUncounted = 16 * kKiB;  // of a connection's input; only what is above counts

std::string_view part_of(const std::string& text, std::size_t from) { return std::string_view(text).substr(from); }

// Gives what the peer took, or -1: the connection is lost.
ssize_t send_some(int socket, std::string_view first, std::string_view second) {
  std::array<iovec, 2> parts{iovec{const_cast<char*>(first.data()), first.size()},
                             iovec{const_cast<char*>(second.data()), second.size()}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = second.empty() ? 1 : 2;
  for (;;) {
    const ssize_t sent = ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return sent;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
    if (errno != EINTR) return -1;
  }
}

}  // namespace

struct Connection::Tls {
  Tls(Socket& socket, std::shared_ptr<TlsContext> with) : context(std::move(with)), stream(socket, context->context()) {}
  std::shared_ptr<TlsContext> context;
  asio::ssl::stream<Socket&> stream;
  std::unique_ptr<char[]> chunk = std::make_unique_for_overwrite<char[]>(kTlsChunk);
  std::string writing;
  std::size_t taken = 0;  // of writing
  std::size_t queued() const { return writing.size() - taken; }
};

Connection::Connection(Loop& loop, Socket socket, std::shared_ptr<TlsContext> tls)
    : loop_(loop), socket_(std::move(socket)), reader_(loop.shared.options.limits.request) {
  if (tls) tls_ = std::make_unique<Tls>(socket_, std::move(tls));
}

Connection::~Connection() = default;

asio::any_io_executor Connection::executor() const { return loop_.io.get_executor(); }

void Connection::start() {
  service_ = loop_.shared.options.serve(*this);
  const ServerLimits& limits = loop_.shared.options.limits;
  if (!tls_) {
    deadline_ = loop_.now() + limits.idle_time;
    wait_readable();
    return;
  }
  deadline_ = loop_.now() + limits.header_time;
  tls_->stream.async_handshake(asio::ssl::stream_base::server, [self = shared_from_this()](error_code failed) {
    if (self->state_ == State::gone) return;
    if (failed) return self->end();
    self->deadline_ = self->loop_.now() + self->loop_.shared.options.limits.idle_time;
    self->wait_readable();
  });
}

// -- reading

void Connection::wait_readable() {
  if (state_ == State::gone || read_waiting_ || input_ended_) return;
  read_waiting_ = true;
  if (tls_) {
    tls_->stream.async_read_some(asio::buffer(tls_->chunk.get(), kTlsChunk),
                                 [self = shared_from_this()](error_code failed, std::size_t size) {
                                   self->read_waiting_ = false;
                                   if (self->state_ == State::gone) return;
                                   if (failed) return self->end();
                                   self->on_bytes(std::string_view(self->tls_->chunk.get(), size));
                                 });
    return;
  }
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](error_code failed) {
    self->read_waiting_ = false;
    if (self->state_ == State::gone) return;
    if (failed) return self->end();
    self->on_readable();
  });
}

void Connection::on_readable() {
  const ssize_t size = ::recv(socket_.native_handle(), loop_.chunk.data(), loop_.chunk.size(), MSG_DONTWAIT);
  if (size > 0) return on_bytes(std::string_view(loop_.chunk.data(), static_cast<std::size_t>(size)));
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return wait_readable();
  // The peer has closed, perhaps one direction only; nobody who speaks MCP does that while it waits for an answer.
  input_ended_ = true;
  end();
}

void Connection::on_bytes(std::string_view data) {
  switch (state_) {
    case State::reading:
      if (in_.empty()) return process(data);
      in_.append(data);
      return process(in_);
    case State::held:
    case State::answering:
    case State::streaming:
      in_.append(data);
      if (in_.size() <= kMaxHttpPipelined) wait_readable();
      return;
    case State::lingering: return wait_readable();
    case State::gone: return;
  }
}

// Serves what has come, in order. `data` is all that is not served yet: in_, or the loop's buffer while in_ is empty.
void Connection::process(std::string_view data) {
  const ServerLimits& limits = loop_.shared.options.limits;
  Turn turn;
  processing_ = true;
  while (state_ == State::reading && !ending_ && !data.empty() && out_.empty()) {
    const RequestReader::State found = reader_.read(data);
    if (found == RequestReader::State::refused) {
      data = {};
      refuse(reader_.status(), reader_.why());
      break;
    }
    if (found == RequestReader::State::head) {
      if (!std::exchange(in_head_, true)) deadline_ = loop_.now() + limits.header_time;
      break;
    }
    if (found == RequestReader::State::body) {
      if (!std::exchange(in_body_, true)) deadline_ = loop_.now() + limits.body_time;
      if (reader_.take_expectation()) send("HTTP/1.1 100 Continue\r\n\r\n", {});
      break;
    }
    in_head_ = in_body_ = false;
    ++number_;
    state_ = State::answering;
    const Request& request = reader_.request();
    http10_ = request.minor == 0;
    no_body_ = request.method == "HEAD";
    close_after_ = !request.keep_alive;
    if (service_->on_request(request) == Service::Next::held && state_ == State::answering) {
      state_ = State::held;
      break;
    }
    data.remove_prefix(reader_.size());
    reader_.next();
  }
  processing_ = false;
  if (state_ == State::gone) return;
  stash(data);
  if (state_ == State::reading && in_.size() > kUncounted &&
      loop_.shared.buffered.load(std::memory_order_relaxed) > limits.buffered_bytes) {
    drop_input();
    return refuse(503, "too much is being sent to this server at once");
  }
  // Behind an answer that is not made, or not taken, only so much may pile up.
  const bool collecting = state_ == State::reading && out_.empty();
  if (state_ != State::held && (collecting || in_.size() <= kMaxHttpPipelined)) wait_readable();
}

// Keeps what is not served.
void Connection::stash(std::string_view data) {
  if (data.empty()) {
    if (!in_.empty()) drop_input();
    return;
  }
  if (in_.empty())
    in_.assign(data);
  else
    in_.erase(0, in_.size() - data.size());
  account();
}

void Connection::drop_input() {
  if (in_.capacity() > kKeep)
    in_ = {};
  else
    in_.clear();
  account();
}

void Connection::account() {
  const std::size_t size = in_.size() > kUncounted ? in_.capacity() : 0;
  if (size == accounted_) return;
  loop_.shared.buffered += size - accounted_;  // modulo, so less works too
  accounted_ = size;
}

void Connection::resume() {
  if (std::exchange(resume_posted_, true)) return;
  asio::post(loop_.io, [self = shared_from_this()] {
    self->resume_posted_ = false;
    if (self->state_ == State::held) self->state_ = State::reading;
    if (self->state_ == State::reading && !self->in_.empty() && self->out_.empty()) self->process(self->in_);
  });
}

// -- answering

void Connection::refuse(int status, std::string_view why) {
  ++number_;
  state_ = State::answering;
  close_after_ = true;
  http10_ = no_body_ = in_head_ = in_body_ = false;
  const auto& refusal = loop_.shared.options.refusal;
  respond(status, refusal ? "application/json" : "", refusal ? refusal(status, why) : std::string(),
          status == 503 ? "Retry-After: 1\r\n" : "");
}

void Connection::respond(int status, std::string_view type, std::string body, std::string_view fields) {
  if (state_ != State::answering) return;
  if (loop_.shared.draining.load(std::memory_order_relaxed)) close_after_ = true;
  std::string& head = loop_.head;
  head.clear();
  if (status == 200 && !close_after_ && fields.empty() && type == "application/json") {
    head = loop_.common_head();
    std::array<char, 24> digits;
    head.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), body.size()).ptr);
    head += "\r\n\r\n";
  } else {
    Head described;
    described.status = status;
    described.type = type;
    described.fields = fields;
    described.date = loop_.date();
    if (status != 204) described.length = body.size();
    described.close = close_after_;
    append_head(head, described);
  }
  if (no_body_) body.clear();
  send(head, std::move(body));
  finish_exchange();
}

void Connection::open_stream(std::string_view type, std::string_view fields, std::string_view comment) {
  if (state_ != State::answering) return;
  state_ = State::streaming;
  comment_ = comment;
  comment_at_ = loop_.now() + loop_.shared.options.limits.keep_alive;
  const bool draining = loop_.shared.draining.load(std::memory_order_relaxed);
  if (draining || http10_) close_after_ = true;
  Head described;
  described.type = type;
  described.fields = fields;
  described.date = loop_.date();
  described.framing = http10_ ? Head::Framing::to_end : Head::Framing::chunked;
  described.close = close_after_;
  append_head(out_, described);
  schedule_flush();
  if (!draining) return;
  asio::post(loop_.io, [self = shared_from_this()] {
    if (self->state_ == State::streaming) self->service_->on_drain();
  });
}

void Connection::write(std::string_view text) {
  if (state_ != State::streaming || text.empty()) return;
  comment_at_ = loop_.now() + loop_.shared.options.limits.keep_alive;
  if (!http10_) {
    std::array<char, 24> digits;
    out_.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), text.size(), 16).ptr);
    out_ += "\r\n";
  }
  out_.append(text);
  if (!http10_) out_ += "\r\n";
  queued_.store(out_.size() - out_taken_, std::memory_order_relaxed);
  schedule_flush();
}

void Connection::end_stream() {
  if (state_ != State::streaming) return;
  if (!http10_) out_ += "0\r\n\r\n";
  flush();
  if (state_ == State::gone) return;
  state_ = State::answering;
  finish_exchange();
}

void Connection::finish_exchange() {
  if (state_ != State::answering) return;
  if (close_after_) return begin_end();
  state_ = State::reading;
  const ServerLimits& limits = loop_.shared.options.limits;
  deadline_ = loop_.now() + (loop_.shared.draining.load(std::memory_order_relaxed) ? limits.linger : limits.idle_time);
  if (processing_) return;
  if (!in_.empty())
    resume();
  else
    wait_readable();
}

// -- writing

void Connection::send(std::string_view head, std::string body) {
  if (tls_ || !out_.empty()) {
    out_.append(head).append(body);
    return flush();
  }
  const ssize_t sent = send_some(socket_.native_handle(), head, body);
  if (sent < 0) return end();
  const auto size = static_cast<std::size_t>(sent);
  if (size == head.size() + body.size()) return;
  if (size >= head.size()) {
    out_ = std::move(body);
    out_taken_ = size - head.size();
  } else {
    out_.assign(head.substr(size)).append(body);
    out_taken_ = 0;
  }
  written(0);
  wait_writable();
}

void Connection::schedule_flush() {
  if (std::exchange(flush_scheduled_, true)) return;
  if (Turn::at_end(shared_from_this())) return;
  asio::post(loop_.io, [self = shared_from_this()] { self->turn_ends(); });
}

void Connection::turn_ends() {
  flush_scheduled_ = false;
  flush();
}

void Connection::flush() {
  if (state_ == State::gone || write_waiting_) return;
  if (tls_) return flush_tls();
  if (out_.empty()) return;
  const ssize_t sent = send_some(socket_.native_handle(), part_of(out_, out_taken_), {});
  if (sent < 0) return end();
  written(static_cast<std::size_t>(sent));
  if (!out_.empty()) wait_writable();
}

// A record at a time: each that the peer takes gives it the whole time for the next.
void Connection::flush_tls() {
  if (tls_->writing.empty()) {
    if (out_.empty()) return;
    tls_->writing = std::exchange(out_, {});
    out_taken_ = 0;
    written(0);
  }
  write_waiting_ = true;
  tls_->stream.async_write_some(asio::buffer(part_of(tls_->writing, tls_->taken)),
                                [self = shared_from_this()](error_code failed, std::size_t size) {
                                  self->write_waiting_ = false;
                                  if (self->state_ == State::gone) return;
                                  if (failed) return self->end();
                                  self->tls_->taken += size;
                                  if (self->tls_->queued() == 0) {
                                    self->tls_->writing = {};
                                    self->tls_->taken = 0;
                                  }
                                  self->written(0);
                                  self->flush();
                                });
}

// So much of out_ has been taken.
void Connection::written(std::size_t size) {
  out_taken_ += size;
  write_deadline_ = loop_.now() + loop_.shared.options.limits.write_time;
  const bool all = out_taken_ == out_.size();
  if (all) {
    out_taken_ = 0;
    if (out_.capacity() > kKeep)
      out_ = {};
    else
      out_.clear();
  } else if (out_taken_ > 64 * kKiB && out_taken_ > out_.size() / 2) {
    out_.erase(0, out_taken_);
    out_taken_ = 0;
  }
  queued_.store(out_.size() - out_taken_ + (tls_ ? tls_->queued() : 0), std::memory_order_relaxed);
  if (!all || (tls_ && !tls_->writing.empty())) return;
  if (ending_)
    begin_end();
  else if (state_ == State::reading && !in_.empty() && !processing_)
    resume();
}

void Connection::wait_writable() {
  if (write_waiting_) return;
  write_waiting_ = true;
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](error_code failed) {
    self->write_waiting_ = false;
    if (self->state_ == State::gone) return;
    if (failed) return self->end();
    self->flush();
  });
}

// -- the clock

void Connection::tick(Clock::time_point now) {
  if ((!out_.empty() || write_waiting_) && now >= write_deadline_) return end();
  switch (state_) {
    case State::streaming:
      if (now >= comment_at_ && out_.empty()) write(comment_);
      return;
    case State::reading:
      if (!expired(now) || !out_.empty()) return;
      if (!in_head_ && !in_body_) return end();
      drop_input();
      return refuse(408, in_body_ ? "the body took too long" : "the headers took too long");
    case State::lingering:
      if (expired(now)) end();
      return;
    case State::held:
    case State::answering:
    case State::gone: return;
  }
}

void Connection::drain() {
  const auto until = loop_.now() + loop_.shared.options.limits.linger;
  if (state_ == State::streaming)
    service_->on_drain();
  else if (state_ == State::reading && !in_head_ && !in_body_)
    deadline_ = until;
}

// -- the end

void Connection::close() {
  if (state_ == State::gone || ending_) return;
  flush();
  if (state_ != State::gone) begin_end();
}

// Ends when the peer has taken all: our direction first, so that it reads the answer before it hears of the end.
void Connection::begin_end() {
  ending_ = true;
  if (state_ == State::gone || state_ == State::lingering) return;
  if (!out_.empty() || write_waiting_) return;
  state_ = State::lingering;
  deadline_ = Clock::now() + loop_.shared.options.limits.linger;  // shorter than the loop's clock is exact
  drop_input();
  if (tls_) {
    tls_->stream.async_shutdown([self = shared_from_this()](error_code) { self->end(); });
  } else {
    error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
  }
  wait_readable();
}

void Connection::abort() { end(); }

void Connection::end() {
  if (state_ == State::gone) return;
  state_ = State::gone;
  drop_input();
  error_code ignored;
  socket_.close(ignored);
  // Later: whoever is being called now may be what ends here.
  asio::post(loop_.io, [self = shared_from_this()] {
    if (self->service_) self->service_->on_gone();
    self->service_.reset();
    self->loop_.remove(*self);
  });
}

}  // namespace sumun::http
