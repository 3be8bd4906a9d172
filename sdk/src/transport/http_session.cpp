// SPDX-License-Identifier: Apache-2.0
// Streams of one session: who reads them, what is kept of them, and what becomes of each POST.
#include "transport/http_session.hpp"

#include "http/sse.hpp"
#include "jsonrpc/message.hpp"
#include "runtime/turn.hpp"
#include "transport/http_status.hpp"

#include <sumun/json.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

namespace sumun {
inline namespace v0 {
namespace {

constexpr std::size_t kEventCost = 128;  // what keeping an event takes beside its text

// `body`: of the request, for its id.
void refuse(HttpReply& reply, int status, std::string words, std::string_view body = {}, std::string fields = {}) {
  const auto error = fail(status == 503 ? ErrorCode::busy : ErrorCode::invalid_request, std::move(words));
  reply.answer(status, jsonrpc::encode_error(jsonrpc::id_of_request(body), error), std::move(fields));
}

void refuse_unknown(HttpReply& reply, std::string_view body = {}) {
  refuse(reply, 404, "this session has ended; open a new one with initialize", body);
}

// The transport's own failures. An error that answers a request properly is a JSON-RPC response like any other: 200.
int status_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::parse_error:
    case ErrorCode::invalid_request:
    case ErrorCode::header_mismatch: return 400;  // a modern request that says otherwise in its headers
    case ErrorCode::insufficient_scope: return 403;
    case ErrorCode::too_many_requests: return 429;
    case ErrorCode::busy: return 503;
    default: return 200;
  }
}

struct EventId {
  StreamId stream = 0;
  std::uint64_t number = 0;
};

std::string text_of(const EventId& id) { return std::to_string(id.stream) + "-" + std::to_string(id.number); }

std::optional<EventId> parse_event_id(std::string_view text) {
  EventId id;
  const char* const end = text.data() + text.size();
  const auto [dash, bad_stream] = std::from_chars(text.data(), end, id.stream);
  if (bad_stream != std::errc{} || dash == end || *dash != '-') return std::nullopt;
  const auto [stop, bad_number] = std::from_chars(dash + 1, end, id.number);
  if (bad_number != std::errc{} || stop != end) return std::nullopt;
  return id;
}

bool takes_events(std::string_view accept) {
  return accept.empty() || accept.find("text/event-stream") != std::string_view::npos ||
         accept.find("text/*") != std::string_view::npos || accept.find("*/*") != std::string_view::npos;
}

}  // namespace

HttpSession::HttpSession(std::string id, std::shared_ptr<const Principal> owner, std::shared_ptr<const HttpSessionOptions> options,
                         Ended ended)
    : id_(std::move(id)),
      owner_(std::move(owner)),
      options_(std::move(options)),
      home_(options_->next_executor()),
      ended_(std::move(ended)),
      last_used_(options_->clock->now()),
      patience_(home_) {}

HttpSession::~HttpSession() { options_->kept->fetch_sub(kept_bytes_, std::memory_order_relaxed); }

template <class Work>
void HttpSession::at_home(Work work) {
  boost::asio::post(home_, [self = shared_from_this(), work = std::move(work)]() mutable {
    Turn turn;
    work(*self);
    self->look_whether_busy();
  });
}

void HttpSession::take(HttpMessage message, std::shared_ptr<HttpReply> reply) {
  touch();
  ++queued_;
  at_home([message = std::move(message), reply = std::move(reply)](HttpSession& self) mutable {
    self.on_message(std::move(message), std::move(reply));
    self.look_whether_busy();
    --self.queued_;
  });
}

void HttpSession::on_message(HttpMessage message, std::shared_ptr<HttpReply> reply) {
  if (gone_) return refuse_unknown(*reply, message.body);
  if (const std::string why = refused_version(message.protocol_version); !why.empty())
    return refuse(*reply, 400, why, message.body);
  switch (message.method) {
    case HttpMethod::post: return on_post(std::move(message), std::move(reply));
    case HttpMethod::get: return on_get(message, std::move(reply));
    case HttpMethod::remove:
      reply->answer(204, {});
      return finish(fail(ErrorCode::closed, "the client has ended the session"));
  }
}

// 2025-11-25 basic/transports, Protocol Version Header. Without the header it is the version that was negotiated.
std::string HttpSession::refused_version(const std::string& header) const {
  if (header.empty()) return {};
  const auto asked = revision_of(header);
  if (!asked || is_modern(*asked)) return "MCP-Protocol-Version: a session has a version from before 2026-07-28, and one that we know";
  if (!revision_ || *asked == *revision_) return {};
  return "MCP-Protocol-Version is " + header + ", but this session was opened with " + std::string(version_string(*revision_));
}

HttpSession::Stream& HttpSession::add_stream(std::shared_ptr<HttpReply> reply) {
  const StreamId id = ++last_stream_;
  Stream& stream = streams_[id];
  stream.id = id;
  stream.reply = std::move(reply);
  stream.since = std::chrono::steady_clock::now();
  return stream;
}

void HttpSession::on_post(HttpMessage message, std::shared_ptr<HttpReply> reply) {
  if (calls_ >= kMaxHttpSessionCalls)
    return refuse(*reply, 503, "too many requests of this session are being answered", message.body, "Retry-After: 1\r\n");
  if (!std::exchange(served_, true)) options_->serve(*this, home_);
  Stream& stream = add_stream(std::move(reply));
  stream.held = std::move(message.held);
  const StreamId id = stream.id;
  ++calls_;
  // The end of the method's name, whether its slash is escaped or not.
  if (!initialized_ && message.body.find("/initialized\"") != std::string::npos) initialized_ = true;
  MirroredHeaders headers;  // only a modern body is held against them, and this session's header never says so
  if (!message.protocol_version.empty()) headers.protocol_version = message.protocol_version;
  Incoming incoming(message.body);
  incoming.stream = id;
  if (revision_) incoming.headers = &headers;
  incoming.principal = message.principal;
  taking_ = id;
  if (events_.message) events_.message(incoming);
  taking_ = 0;
  wait_patiently();
}

void HttpSession::on_get(const HttpMessage& message, std::shared_ptr<HttpReply> reply) {
  if (!takes_events(message.accept)) return refuse(*reply, 406, "Accept: expected text/event-stream");
  if (!message.last_event.empty()) return resume(message.last_event, std::move(reply));
  if (draining_) return refuse(*reply, 503, "the server is ending");
  make_room_for_listener();
  Stream& stream = add_stream(std::move(reply));
  stream.listens = true;
  notice_going(*stream.reply);
  begin_events(stream);
}

// 2025-11-25 basic/transports, Resumability and Redelivery
void HttpSession::resume(const std::string& last_event, std::shared_ptr<HttpReply> reply) {
  const auto id = parse_event_id(last_event);
  const auto found = id ? streams_.find(id->stream) : streams_.end();
  if (found == streams_.end() || id->number >= found->second.next)
    return refuse(*reply, 400, "Last-Event-ID: no event of this session, or of a stream that is no longer kept");
  Stream& stream = found->second;
  if (stream.reply) stream.reply->end();  // it was lost before we noticed
  stream.reply = std::move(reply);
  notice_going(*stream.reply);
  stream.reply->open_events();
  std::string missed;
  for (const Stream::Kept& one : stream.kept)
    if (one.number > id->number) {
      const std::string name = text_of({stream.id, one.number});
      http::append_event(missed, one.data, {.id = name});
    }
  if (!missed.empty()) stream.reply->send(std::move(missed));
  if (stream.concluded || (stream.listens && draining_)) stream.reply->end();
}

// -- what the server's session says

void HttpSession::send(Outgoing message) {
  if (gone_) return;
  if (message.stream == 0) {  // belongs to no request; one listener gets it, never several
    Stream* const stream = listener();
    if (stream != nullptr && !message.text.empty()) add_event(*stream, std::move(message.text));
    return;
  }
  const auto found = streams_.find(message.stream);
  if (found == streams_.end() || found->second.concluded) return;
  Stream& stream = found->second;
  if (message.last) {
    answer(stream, std::move(message));
    return look_whether_busy();
  }
  if (message.text.empty()) return;
  if (!stream.streaming) begin_events(stream);
  add_event(stream, std::move(message.text));
}

void HttpSession::answer(Stream& stream, Outgoing message) {
  touch();
  --calls_;
  if (!revision_) return opened(stream, std::move(message));
  if (stream.streaming) {
    if (!message.text.empty()) add_event(stream, std::move(message.text));
    stream.concluded = true;
    stream.held.reset();
    if (stream.reply) stream.reply->end();
    stream.reply.reset();
    if (stream.kept.empty()) streams_.erase(stream.id);
    return;
  }
  const auto reply = std::move(stream.reply);
  const bool at_once = stream.id == taking_;
  streams_.erase(stream.id);
  if (message.text.empty() && at_once) return reply->answer(202, {});  // a notification or a response was taken
  if (message.text.empty()) {  // a request was cancelled: a stream without its answer
    reply->open_events();
    return reply->end();
  }
  const int status = message.error ? status_of(*message.error) : 200;
  std::string fields;
  if (status == 503 || status == 429) fields = "Retry-After: 1\r\n";
  if (status == 403 && options_->authenticator && message.error->data.contains("scopes")) {
    fields = "WWW-Authenticate: " + options_->authenticator->insufficient_scope(scopes_of(*message.error)).www_authenticate + "\r\n";
  }
  reply->answer(status, std::move(message.text), std::move(fields));
}

// The answer to initialize. Only one that succeeds makes a session.
void HttpSession::opened(Stream& stream, Outgoing message) {
  const auto reply = std::move(stream.reply);
  streams_.erase(stream.id);
  const auto value = parse_json(message.text);
  const bool fine = value && value->is_object() && value->contains("result") && (*value)["result"].is_object();
  const json version = fine ? (*value)["result"].value("protocolVersion", json()) : json();
  if (version.is_string()) revision_ = revision_of(version.get_ref<const std::string&>());
  if (revision_) return reply->answer(200, std::move(message.text), "Mcp-Session-Id: " + id_ + "\r\n");
  if (message.text.empty()) reply->answer(202, {});
  else reply->answer(message.error ? status_of(*message.error) : 200, std::move(message.text));
  close();
}

// 2025-11-25 basic/transports, Sending Messages, 6: an id to come back with, before there is anything to say.
void HttpSession::begin_events(Stream& stream) {
  stream.streaming = true;
  if (!stream.reply) return;
  stream.reply->open_events();
  if (!revision_ || !allows(*revision_, Feature::stream_polling)) return;
  std::string text;
  const std::string id = text_of({stream.id, stream.next++});
  http::append_event(text, "", {.id = id, .retry = static_cast<std::uint32_t>(kHttpRetry.count())});
  stream.reply->send(std::move(text));
}

void HttpSession::add_event(Stream& stream, std::string data) {
  const std::uint64_t number = stream.next++;
  if (stream.is_read()) {
    std::string text;
    const std::string id = text_of({stream.id, number});
    http::append_event(text, data, {.id = id});
    stream.reply->send(std::move(text));
  }
  keep(stream, number, std::move(data));
}

void HttpSession::keep(Stream& stream, std::uint64_t number, std::string data) {
  begin_keeping(data.size());
  stream.kept.push_back({number, std::move(data)});
  order_.push_back(stream.id);
  while (!order_.empty() && ((kept_bytes_ > kMaxHttpKeptBytes && order_.size() > 1) || *options_->kept > options_->kept_bytes)) forget_oldest();
}

void HttpSession::forget_oldest() {
  Stream& stream = streams_.at(order_.front());
  order_.pop_front();
  end_keeping(stream.kept.front().data.size());
  stream.kept.pop_front();
  if (stream.concluded && stream.kept.empty()) streams_.erase(stream.id);
}

void HttpSession::begin_keeping(std::size_t bytes) {
  kept_bytes_ += bytes + kEventCost;
  options_->kept->fetch_add(bytes + kEventCost, std::memory_order_relaxed);
}

void HttpSession::end_keeping(std::size_t bytes) {
  kept_bytes_ -= bytes + kEventCost;
  options_->kept->fetch_sub(bytes + kEventCost, std::memory_order_relaxed);
}

// The newest that somebody reads, else the newest that somebody may come back to.
HttpSession::Stream* HttpSession::listener() {
  Stream* found = nullptr;
  for (auto& [id, stream] : streams_)
    if (stream.listens && (found == nullptr || stream.is_read() || !found->is_read())) found = &stream;
  return found;
}

void HttpSession::make_room_for_listener() {
  std::size_t count = 0;
  Stream* oldest = nullptr;  // of those that nobody reads, if there are any
  for (auto& [id, stream] : streams_) {
    if (!stream.listens) continue;
    ++count;
    if (oldest == nullptr || (oldest->is_read() && !stream.is_read())) oldest = &stream;
  }
  if (count < kMaxHttpSessionListeners) return;
  if (oldest->reply) oldest->reply->end();
  for (const Stream::Kept& one : oldest->kept) end_keeping(one.data.size());
  std::erase(order_, oldest->id);
  streams_.erase(oldest->id);
}

// 2025-11-25 basic/transports, Sending Messages, 6: the connection may be closed once the client has an id to come back with.
void HttpSession::release(StreamId id) {
  const auto found = streams_.find(id);
  if (gone_ || found == streams_.end() || found->second.concluded) return;
  if (!revision_ || !allows(*revision_, Feature::stream_polling)) return;
  Stream& stream = found->second;
  if (!stream.streaming) begin_events(stream);
  if (stream.reply) std::exchange(stream.reply, nullptr)->end();
}

// An answer that takes its time becomes a stream: comments keep the connection alive, and who loses it can come back.
void HttpSession::wait_patiently() {
  if (gone_ || patience_waiting_ || calls_ == 0) return;
  const auto waits = [](const auto& one) { return !one.second.listens && !one.second.streaming && !one.second.concluded; };
  const auto first = std::find_if(streams_.begin(), streams_.end(), waits);
  if (first == streams_.end() || !revision_) return;
  patience_waiting_ = true;
  patience_.expires_at(first->second.since + options_->patience);
  patience_.async_wait([weak = weak_from_this(), waits](boost::system::error_code failed) {
    const auto self = weak.lock();
    if (failed || !self || self->gone_) return;
    self->patience_waiting_ = false;
    const auto now = std::chrono::steady_clock::now();
    for (auto& one : self->streams_)
      if (waits(one) && one.second.since + self->options_->patience <= now) self->begin_events(one.second);
    self->wait_patiently();
  });
}

std::size_t HttpSession::queued_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [id, stream] : streams_)
    if (stream.streaming && stream.reply) bytes += stream.reply->queued_bytes();
  return bytes;
}

// -- the end

void HttpSession::drain() {
  at_home([](HttpSession& self) {
    self.draining_ = true;
    for (auto& [id, stream] : self.streams_)
      if (stream.listens && stream.reply) std::exchange(stream.reply, nullptr)->end();
  });
}

bool HttpSession::is_stale() const {
  const auto life = initialized_ ? options_->idle : std::min(options_->idle, options_->opening);
  return options_->clock->now() - last_used() >= life;
}

void HttpSession::look_whether_busy() {
  busy_ = calls_ > 0 || std::any_of(streams_.begin(), streams_.end(), [](const auto& one) { return one.second.is_read(); });
}

void HttpSession::notice_going(HttpReply& reply) {
  reply.on_gone([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->at_home([](HttpSession&) {});
  });
}

void HttpSession::end_if_idle() {
  at_home([](HttpSession& self) {
    self.look_whether_busy();
    if (self.in_use()) return self.touch();
    if (self.is_stale()) self.finish(fail(ErrorCode::closed, "the session was idle for too long"));
  });
}

void HttpSession::close() {
  at_home([](HttpSession& self) { self.finish(fail(ErrorCode::closed, "the session has ended")); });
}

void HttpSession::finish(const Error& why) {
  if (std::exchange(gone_, true)) return;
  patience_.cancel();
  for (auto& [id, stream] : std::exchange(streams_, {})) {
    if (!stream.reply) continue;
    if (stream.streaming) stream.reply->end();
    else refuse_unknown(*stream.reply);
  }
  order_.clear();
  options_->kept->fetch_sub(std::exchange(kept_bytes_, 0), std::memory_order_relaxed);
  // The server's session cancels what runs; it may be inside one of its own functions no more, for this was posted.
  Events events = std::exchange(events_, {});
  if (events.closed) events.closed(why);
  if (ended_) std::exchange(ended_, nullptr)(*this);
}

}  // namespace v0
}  // namespace sumun
