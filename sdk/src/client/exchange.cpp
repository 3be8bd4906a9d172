// SPDX-License-Identifier: Apache-2.0
// One request: sent, waited for under its time limits, given up where nobody wants it any more.
#include "client/session.hpp"
#include "protocol/meta.hpp"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>

namespace sumun::client {

awaitable<void> Bell::listen(Instant until) {
  boost::system::error_code code;
  timer_.expires_at(until);
  auto token = boost::asio::redirect_error(boost::asio::use_awaitable, code);
  co_await timer_.async_wait(token);
  if (code && code != boost::asio::error::operation_aborted) throw boost::system::system_error(code);
}

Error malformed_answer(std::string_view method, const Error& why) {
  return fail(ErrorCode::invalid_value, "the server's answer to " + std::string(method) + " is malformed: " + why.message);
}

json Session::request_meta(const Id& id, json meta, bool progress) const {
  RequestMeta own;
  if (allows(revision(), Feature::per_request_meta)) {
    own.protocolVersion = std::string(version_string(revision()));
    own.clientInfo = options_.info;
    own.clientCapabilities = capabilities();
    own.logLevel = options_.log_level;
  }
  if (progress) own.progressToken = id;
  if (meta.is_object()) own.rest = std::move(meta);
  return protocol::encode_request_meta(own);
}

Result<WaitingPtr> Session::begin(std::string method, const MessageBuilder& build, json meta, RequestOptions options,
                                  std::shared_ptr<Bell> bell) {
  if (closed_) return *closed_;
  if (pending_.size() >= kMaxWaitingRequests) return fail(ErrorCode::busy, "too many requests wait for this server");
  auto waiting = std::make_shared<Waiting>();
  waiting->method = std::move(method);
  waiting->bell = std::move(bell);
  waiting->limit = options.limit.value_or(options_.request_limit);
  const Instant now = std::chrono::steady_clock::now();
  waiting->idle_until = now + waiting->limit;
  waiting->total_until = now + std::max(waiting->limit, options_.total_limit);
  waiting->progress = std::move(options.progress);
  waiting->id = pending_.add([this, waiting](Result<json> answer) {
    if (const auto number = waiting->id.integer()) waiting_.erase(*number);
    waiting->answer = std::move(answer);
    waiting->bell->ring();
  });
  waiting_.emplace(waiting->id.integer().value_or(0), waiting);
  Outgoing message(build(waiting->id, request_meta(waiting->id, std::move(meta), static_cast<bool>(waiting->progress)), revision()));
  message.stream = static_cast<StreamId>(waiting->id.integer().value_or(0));
  if (transport_->has_streams()) {
    auto headers = headers_for(message.text);
    if (!headers) {
      pending_.fail(waiting->id, headers.error());
      return headers.error();
    }
    message.headers = *std::move(headers);
  }
  transport_->send(std::move(message));
  return waiting;
}

Instant Session::deadline(const Waiting& waiting) const {
  if (open_questions_ > 0) return waiting.total_until;
  return std::min(waiting.idle_until, waiting.total_until);
}

void Session::give_up(Waiting& waiting, Error why) {
  if (waiting.answer) return;
  // Spec: 2026-07-28 basic/patterns/cancellation: on stdio the notification names the request, over HTTP the stream closes.
  const bool by_stream = transport_->has_streams() && is_modern(revision());
  if (waiting.cancellable && !closed_ && !by_stream) {
    notify(protocol::name(protocol::Method::cancelled), json{{"requestId", waiting.id.to_json()}, {"reason", why.message}});
  }
  const auto stream = static_cast<StreamId>(waiting.id.integer().value_or(0));
  pending_.fail(waiting.id, std::move(why));
  transport_->abandon(stream);
}

awaitable<Result<json>> Session::answer_to(WaitingPtr waiting) {
  const auto self = shared_from_this();
  while (!waiting->answer) {
    co_await waiting->bell->listen(deadline(*waiting));
    if (waiting->answer) break;
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() != boost::asio::cancellation_type::none) {
      give_up(*waiting, fail(ErrorCode::cancelled, waiting->method + " was cancelled"));
    } else if (std::chrono::steady_clock::now() >= deadline(*waiting)) {
      give_up(*waiting, fail(ErrorCode::timeout, "no answer to " + waiting->method + " within " + std::to_string(waiting->limit.count()) + " ms"));
    }
  }
  co_return *std::move(waiting->answer);
}

awaitable<Result<json>> Session::exchange(std::string method, MessageBuilder build, json meta, RequestOptions options) {
  const auto self = shared_from_this();
  if (!connected_ && !closed_) co_return fail("connect() comes before " + method);
  const std::stop_token stop = options.stop;
  if (stop.stop_requested()) co_return fail(ErrorCode::cancelled, method + " was cancelled");
  if (meta.is_object() && options.meta.is_object()) meta.update(options.meta);
  auto begun = begin(method, build, std::move(meta), std::move(options), std::make_shared<Bell>(executor_));
  if (!begun) co_return begun.error();
  const WaitingPtr waiting = *begun;
  const std::stop_callback on_stop(stop, [executor = executor_, self, waiting] {
    boost::asio::post(executor, [self, waiting] { self->give_up(*waiting, fail(ErrorCode::cancelled, waiting->method + " was cancelled")); });
  });
  auto answer = co_await answer_to(waiting);
  co_return answer;
}

void Session::notify(std::string_view method, const json& params) {
  send(jsonrpc::encode_notification(method, params.empty() ? json() : params));
}

void Session::send(std::string message) {
  if (closed_) return;
  Outgoing outgoing(std::move(message));
  if (transport_->has_streams()) {
    if (auto headers = headers_for(outgoing.text)) outgoing.headers = *std::move(headers);
  }
  transport_->send(std::move(outgoing));
}

}  // namespace sumun::client
