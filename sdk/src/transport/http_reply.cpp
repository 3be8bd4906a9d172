// SPDX-License-Identifier: Apache-2.0
// Hops to the connection's loop.
#include "transport/http_reply.hpp"

#include "http/sse.hpp"

#include <boost/asio/dispatch.hpp>

#include <utility>

namespace sumun {
inline namespace v0 {

namespace {
constexpr std::string_view kStreamFields = "Cache-Control: no-cache\r\nX-Accel-Buffering: no\r\n";
}

HttpConnectionReply::HttpConnectionReply(http::Connection& connection, std::string fields, std::function<void()> released)
    : connection_(connection.weak_from_this()),
      executor_(connection.executor()),
      number_(connection.request_number()),
      fields_(std::move(fields)),
      released_(std::move(released)) {}

HttpConnectionReply::~HttpConnectionReply() {
  if (ended_) return;
  if (streaming_)
    end();
  else
    answer(500, {}, {});
}

bool HttpConnectionReply::conclude() {
  if (ended_.exchange(true)) return false;
  if (released_) released_();
  return true;
}

template <class Work>
void HttpConnectionReply::on_loop(Work work) const {
  boost::asio::dispatch(executor_, [weak = connection_, number = number_, work = std::move(work)]() mutable {
    const auto connection = weak.lock();
    if (connection && connection->request_number() == number && connection->answering()) work(*connection);
  });
}

void HttpConnectionReply::answer(int status, std::string body, std::string fields) {
  if (!conclude()) return;
  on_loop([status, body = std::move(body), fields = std::move(fields) + fields_](http::Connection& connection) mutable {
    const std::string_view type = body.empty() ? "" : "application/json";
    connection.respond(status, type, std::move(body), fields);
  });
}

void HttpConnectionReply::open_events(std::string fields) {
  if (ended_ || streaming_.exchange(true)) return;
  on_loop([fields = std::string(kStreamFields) + fields + fields_](http::Connection& connection) {
    connection.open_stream("text/event-stream", fields, http::kSseComment);
  });
}

void HttpConnectionReply::send(std::string events) {
  if (ended_) return;
  on_loop([events = std::move(events)](http::Connection& connection) { connection.write(events); });
}

void HttpConnectionReply::end() {
  if (!conclude()) return;
  on_loop([](http::Connection& connection) { connection.end_stream(); });
}

std::size_t HttpConnectionReply::queued_bytes() const {
  const auto connection = connection_.lock();
  return connection ? connection->queued_bytes() : 0;
}

void HttpConnectionReply::on_gone(std::function<void()> told) {
  {
    std::lock_guard lock(mutex_);
    if (!peer_gone_) {
      told_ = std::move(told);
      return;
    }
  }
  told();
}

void HttpConnectionReply::peer_is_gone() {
  std::function<void()> told;
  {
    std::lock_guard lock(mutex_);
    peer_gone_ = true;
    told = std::exchange(told_, nullptr);
  }
  if (conclude() && told) told();
}

}  // namespace v0
}  // namespace sumun
