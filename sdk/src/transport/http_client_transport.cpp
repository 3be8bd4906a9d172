// SPDX-License-Identifier: Apache-2.0
// One coroutine a POST, one for the session's own stream, one for the end.
#include "transport/http_client_transport.hpp"

#include "http/client.hpp"
#include "http/sse_parser.hpp"
#include "runtime/task_group.hpp"
#include "runtime/within.hpp"
#include "transport/http_answer.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <deque>
#include <map>

namespace sumun {
inline namespace v0 {

namespace asio = boost::asio;
using asio::awaitable;
using boost::system::error_code;

namespace {

constexpr std::chrono::hours kNoLimit{24};  // the client's own limits end a request, by `abandon`
constexpr std::string_view kVersionHeader = "MCP-Protocol-Version";
constexpr std::string_view kMethodHeader = "Mcp-Method";
constexpr std::string_view kSessionHeader = "Mcp-Session-Id";

using StreamPtr = std::shared_ptr<http::ResponseStream>;

bool is_session_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxSessionIdBytes && std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

Error no_answer() { return fail(ErrorCode::closed, "the server ended the stream without an answer"); }

}  // namespace

class HttpClientTransport::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::any_io_executor executor, HttpClientOptions options)
      : executor_(executor),
        options_(std::move(options)),
        client_(executor, http::Trust{options_.ca_file, http::Trust::Verify::peer}),
        notes_(executor),
        own_stream_(executor),
        closing_task_(executor) {}

  void start(Events events) { events_ = std::move(events); }

  void send(Outgoing message) {
    if (ended_ || closing_ || message.text.empty()) return;
    if (opening_) {
      queued_bytes_ += message.text.size();
      queue_.push_back(std::move(message));
      return;
    }
    begin(std::move(message));
  }

  void abandon(StreamId stream) {
    const auto at = posts_.find(stream);
    if (at == posts_.end()) return;
    const auto group = std::move(at->second);
    posts_.erase(at);
    group->cancel();
  }

  std::size_t queued_bytes() const { return queued_bytes_; }

  void close() {
    if (ended_ || std::exchange(closing_, true)) return;
    queue_.clear();
    cancel_posts();
    own_stream_.cancel();
    closing_task_.spawn("close", finish(shared_from_this()));
  }

  // The owner is gone: no event any more.
  void forget() {
    ended_ = true;
    events_ = {};
    queue_.clear();
    cancel_posts();
    notes_.cancel();
    own_stream_.cancel();
    closing_task_.cancel();
  }

 private:
  // -- one message

  void begin(Outgoing message) {
    const StreamId stream = message.stream;
    const bool is_legacy = has(message, kVersionHeader) && !has(message, kMethodHeader);
    // What follows `initialized` must not overtake it.
    const bool opens = is_legacy && std::exchange(legacy_version_, value_of(message, kVersionHeader)).empty();
    if (opens) opening_ = true;
    if (stream == 0) return notes_.spawn("POST", post(shared_from_this(), std::move(message), opens));
    auto group = std::make_unique<TaskGroup>(executor_);
    TaskGroup& tasks = *group;
    posts_[stream] = std::move(group);
    tasks.spawn("POST", post(shared_from_this(), std::move(message), opens));
  }

  static awaitable<void> post(std::shared_ptr<Impl> self, Outgoing message, bool opens) {
    co_await asio::post(self->executor_, asio::use_awaitable);  // events never come from inside `send`
    const StreamId stream = message.stream;
    auto concluded = co_await self->exchange(std::move(message));
    if (opens) self->opened();
    self->conclude(stream, std::move(concluded));
  }

  // Sends one message and hands out what answers it. Gives what is to be said where that was no answer.
  awaitable<std::optional<Error>> exchange(Outgoing message) {
    const StreamId stream = message.stream;
    const bool modern = has(message, kMethodHeader);
    http::HttpRequest request = request_of("POST", "application/json, text/event-stream");
    request.headers.emplace_back("Content-Type", "application/json");
    for (auto& header : message.headers) request.headers.push_back(std::move(header));
    const std::string session = modern ? std::string() : session_;
    if (!session.empty()) request.headers.emplace_back(kSessionHeader, session);
    request.body = std::move(message.text);
    http::FetchLimits limits;
    limits.limit = kNoLimit;
    auto opened = co_await client_.open(std::move(request), limits);
    if (!opened) co_return opened.error();
    const StreamPtr answer = *std::move(opened);
    if (answer->status >= 200 && answer->status < 300) {
      if (!modern && session.empty()) take_session(*answer);
      auto read = co_await read_answer(answer, stream, modern);
      co_return read;
    }
    auto refused = co_await read_refusal(answer, stream, session);
    co_return refused;
  }

  awaitable<std::optional<Error>> read_answer(StreamPtr answer, StreamId stream, bool modern) {
    const BodyKind kind = body_kind(answer->headers);
    if (kind == BodyKind::events) {
      auto read = co_await read_events(answer, stream, modern);
      co_return read;
    }
    auto body = co_await whole_body(answer, kMaxMessageBytes);
    if (!body) co_return body.error();
    if (kind == BodyKind::message && !body->empty()) {
      deliver(*body, stream);
      co_return no_answer();  // for a request that this was no answer to
    }
    if (stream == 0) co_return std::nullopt;
    if (body->empty()) co_return fail(ErrorCode::invalid_value, "the server took the request and gave no answer");
    co_return fail(ErrorCode::invalid_value, "the server's answer is neither application/json nor text/event-stream");
  }

  // A status beyond 2xx, perhaps with an error response.
  awaitable<std::optional<Error>> read_refusal(StreamPtr answer, StreamId stream, std::string session) {
    const unsigned status = answer->status;
    Error error = status_error(status, answer->headers, !options_.token.empty());
    if (status == 404 && !session.empty()) {
      end(fail(ErrorCode::closed, "the server has forgotten the session (404); connect again"));
      co_return error;
    }
    const bool about_rights = status == 401 || status == 403;
    const auto kind = body_kind(answer->headers);
    if (stream != 0 && !about_rights && kind == BodyKind::message) {
      auto body = co_await whole_body(answer, kMaxMessageBytes);
      if (body && is_error_response(*body)) deliver(*body, stream);
    }
    co_return error;
  }

  awaitable<Result<std::string>> whole_body(StreamPtr answer, std::size_t limit) {
    std::string body;
    for (;;) {
      auto piece = co_await answer->read();
      if (!piece) co_return piece.error();
      if (!*piece) co_return Result<std::string>(std::move(body));
      if ((*piece)->size() > limit - body.size())
        co_return fail(ErrorCode::invalid_value, "the server's answer is longer than the limit of " + std::to_string(limit) + " bytes");
      body += **piece;
    }
  }

  // -- streams of events

  // What one stream has come to, over all its connections.
  struct Reading {
    http::SseParser parser;
    std::string last_id;
    std::chrono::milliseconds wait = kReconnectWait;
    std::size_t failures = 0;  // connections in a row that brought nothing
    bool answered = false;
  };

  // Reads the answer to one request; where it breaks off and its events are numbered, it is taken up again.
  // Spec: 2025-11-25 basic/transports, Resumability and Redelivery
  awaitable<std::optional<Error>> read_events(StreamPtr answer, StreamId stream, bool modern) {
    Reading reading;
    for (;;) {
      auto failure = co_await read_connection(answer, reading, stream, !modern);
      answer.reset();
      if (modern || reading.answered || reading.last_id.empty()) co_return failure ? *failure : no_answer();
      if (failure && failure->code == ErrorCode::invalid_value) co_return failure;
      auto again = co_await resumed(reading);
      if (!again) co_return again.error();
      answer = *std::move(again);
    }
  }

  // One connection of a stream, to its end. `watch`: notice the answer.
  awaitable<std::optional<Error>> read_connection(StreamPtr answer, Reading& reading, StreamId stream, bool watch) {
    reading.parser = http::SseParser();
    std::vector<http::SseEvent> events;
    std::optional<Error> failure;
    for (;;) {
      auto piece = co_await answer->read();
      if (!piece) failure = piece.error();
      if (failure || !*piece) break;
      const auto fed = reading.parser.feed(**piece, events);
      for (const auto& event : events) {
        reading.failures = 0;
        if (event.type != "message" || event.data.empty()) continue;
        if (watch && stream != 0 && is_response(event.data)) reading.answered = true;
        deliver(event.data, stream);
        if (ended_) co_return std::nullopt;
      }
      events.clear();
      if (!fed) failure = fed.error();
      if (failure) break;
    }
    if (!reading.parser.last_event_id().empty()) reading.last_id = reading.parser.last_event_id();
    if (reading.parser.retry()) reading.wait = *reading.parser.retry();
    co_return failure;
  }

  // Waits as long as the server wants, then asks for what came behind the last event.
  awaitable<Result<StreamPtr>> resumed(Reading& reading) {
    for (;;) {
      if (++reading.failures > kMaxReconnects) co_return no_answer();
      asio::steady_timer timer(executor_, reading.wait * (1u << std::min<std::size_t>(reading.failures - 1, kMaxReconnectDoublings)));
      co_await timer.async_wait(asio::use_awaitable);
      auto opened = co_await open_stream(reading.last_id);
      if (opened || opened.error().code != ErrorCode::io) co_return opened;
    }
  }

  awaitable<Result<StreamPtr>> open_stream(std::string last_id) {
    http::HttpRequest request = request_of("GET", "text/event-stream");
    if (!legacy_version_.empty()) request.headers.emplace_back(kVersionHeader, legacy_version_);
    if (!session_.empty()) request.headers.emplace_back(kSessionHeader, session_);
    if (!last_id.empty()) request.headers.emplace_back("Last-Event-ID", last_id);
    http::FetchLimits limits;
    limits.limit = kNoLimit;
    auto opened = co_await client_.open(std::move(request), limits);
    if (!opened) co_return opened.error();
    const StreamPtr answer = *std::move(opened);
    if (answer->status == 404 && !session_.empty()) {
      end(fail(ErrorCode::closed, "the server has forgotten the session (404); connect again"));
      co_return fail(ErrorCode::closed, "the session is gone");
    }
    if (answer->status != 200) co_return status_error(answer->status, answer->headers, !options_.token.empty());
    if (body_kind(answer->headers) != BodyKind::events) co_return fail(ErrorCode::invalid_value, "the server's stream is no text/event-stream");
    co_return Result<StreamPtr>(answer);
  }

  // What a legacy server sends on its own. A server need not offer it.
  static awaitable<void> listen(std::shared_ptr<Impl> self) {
    Reading reading;
    const std::string from_now_on;
    auto opened = co_await self->open_stream(from_now_on);
    while (opened && !self->ended_) {
      auto failure = co_await self->read_connection(*opened, reading, 0, false);
      if (failure && failure->code == ErrorCode::invalid_value) co_return;
      auto again = co_await self->resumed(reading);
      opened = std::move(again);
    }
  }

  // -- the session

  void take_session(const http::ResponseStream& answer) {
    const std::string* const id = http::find_header(answer.headers, kSessionHeader);
    if (id && is_session_id(*id)) session_ = *id;
  }

  // `initialized` has arrived (or never will): what waited for it goes.
  void opened() {
    opening_ = false;
    queued_bytes_ = 0;
    if (ended_ || closing_) return;
    own_stream_.spawn("GET", listen(shared_from_this()));
    auto waiting = std::exchange(queue_, {});
    for (auto& message : waiting) begin(std::move(message));
  }

  // -- what all requests share

  http::HttpRequest request_of(std::string method, std::string accept) const {
    http::HttpRequest request;
    request.method = std::move(method);
    request.url = options_.url;
    request.headers = options_.headers;
    request.headers.emplace_back("Accept", std::move(accept));
    if (!options_.token.empty()) request.headers.emplace_back("Authorization", "Bearer " + options_.token);
    return request;
  }

  static std::string value_of(const Outgoing& message, std::string_view name) {
    for (const auto& [header, value] : message.headers)
      if (header == name) return value;
    return {};
  }
  static bool has(const Outgoing& message, std::string_view name) { return !value_of(message, name).empty(); }

  void deliver(const std::string& text, StreamId stream) {
    if (ended_ || closing_ || !events_.message) return;
    Incoming message(text);
    message.stream = stream;
    const auto self = shared_from_this();
    (void)events_.message(message);
  }

  void conclude(StreamId stream, std::optional<Error> why) {
    if (ended_ || closing_) return;
    const auto self = shared_from_this();
    if (stream != 0) {
      // The group's coroutine is the one that runs here: it goes from a stack of its own.
      if (auto at = posts_.find(stream); at != posts_.end()) {
        asio::post(executor_, [group = std::shared_ptr<TaskGroup>(std::move(at->second))] {});
        posts_.erase(at);
      }
      if (events_.concluded) events_.concluded(stream, why ? *std::move(why) : no_answer());
    } else if (why && why->code != ErrorCode::closed && events_.refused) {
      why->message = "a message did not reach the server: " + why->message;
      events_.refused(*std::move(why));
    }
  }

  void cancel_posts() {
    auto posts = std::exchange(posts_, {});
    for (auto& [stream, group] : posts) group->cancel();
  }

  // -- the end

  // What was said last still goes out, then the session ends.
  // Spec: 2025-11-25 basic/transports, Session Management
  static awaitable<void> finish(std::shared_ptr<Impl> self) {
    auto said = joined(self);
    const auto drained = co_await within(kCloseLimit, std::move(said));
    (void)drained;
    self->notes_.cancel();
    if (!self->session_.empty()) {
      http::HttpRequest request = self->request_of("DELETE", "application/json");
      request.headers.emplace_back(kVersionHeader, self->legacy_version_);
      request.headers.emplace_back(kSessionHeader, self->session_);
      http::FetchLimits limits;
      limits.limit = kCloseLimit;
      const auto ended = co_await self->client_.fetch(std::move(request), limits);
      (void)ended;  // a server that does not take it forgets the session by itself
    }
    self->end(fail(ErrorCode::closed, "the connection was closed"));
  }

  static awaitable<Result<void>> joined(std::shared_ptr<Impl> self) {
    co_await self->notes_.join();
    co_return Result<void>();
  }

  void end(Error why) {
    if (std::exchange(ended_, true)) return;
    asio::post(executor_, [self = shared_from_this(), why = std::move(why)]() mutable {
      self->queue_.clear();
      self->cancel_posts();
      self->notes_.cancel();
      self->own_stream_.cancel();
      const Events events = std::exchange(self->events_, {});
      if (events.closed) events.closed(std::move(why));
    });
  }

  asio::any_io_executor executor_;
  HttpClientOptions options_;
  http::Client client_;
  Events events_;
  std::map<StreamId, std::unique_ptr<TaskGroup>> posts_;  // requests under way, each can be given up
  TaskGroup notes_;         // notifications and answers under way
  TaskGroup own_stream_;    // the GET stream
  TaskGroup closing_task_;
  std::string session_;         // the server's id; empty = none
  std::string legacy_version_;  // once `initialized` was sent; empty = modern, or not yet open
  std::deque<Outgoing> queue_;  // behind `initialized`
  std::size_t queued_bytes_ = 0;
  bool opening_ = false;  // `initialized` is under way
  bool closing_ = false;
  bool ended_ = false;    // `closed` is posted or was delivered
};

HttpClientTransport::HttpClientTransport(asio::any_io_executor executor, HttpClientOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options))) {}
HttpClientTransport::~HttpClientTransport() { impl_->forget(); }

void HttpClientTransport::start(Events events) { impl_->start(std::move(events)); }
void HttpClientTransport::send(Outgoing message) { impl_->send(std::move(message)); }
void HttpClientTransport::abandon(StreamId stream) { impl_->abandon(stream); }
std::size_t HttpClientTransport::queued_bytes() const { return impl_->queued_bytes(); }
void HttpClientTransport::close() { impl_->close(); }

Result<std::unique_ptr<Transport>> connect_http(asio::any_io_executor executor, HttpClientOptions options) {
  const auto url = http::parse_url(options.url);
  if (!url) return url.error();
  const bool plain = std::all_of(options.token.begin(), options.token.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (!plain) return fail(ErrorCode::invalid_value, "the token holds a character that no header may hold (a blank or a line end?)");
  return Result<std::unique_ptr<Transport>>(std::make_unique<HttpClientTransport>(std::move(executor), std::move(options)));
}

}  // namespace v0
}  // namespace sumun
