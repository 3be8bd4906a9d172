// SPDX-License-Identifier: Apache-2.0
// What the server sends. Nothing in here trusts it: whatever is no message, answers nothing or comes at the wrong time is
// reported through the log and passed over, and an answer that cannot be read ends the request that waits for it.
#include "client/session.hpp"
#include "base/json_text.hpp"

#include <sumun/json.hpp>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>

#include <exception>
#include <vector>

namespace sumun::client {
namespace {

constexpr std::size_t kMaxComplaints = 20;  // log lines about one server's faults: it may have endless ones
constexpr int kLastLocalCode = 16;          // our own codes end below; a peer's positive code must not pass for one

// The peer's error, told apart from the errors that we make ourselves.
Error from_peer(Error error) {
  const int code = static_cast<int>(error.code);
  if (code > 0 && code <= kLastLocalCode) {
    error.message += " (code " + std::to_string(code) + ")";
    error.code = ErrorCode::internal_error;
  }
  if (error.message.empty()) error.message = "the server gave error " + std::to_string(code) + " without words";
  return error;
}

}  // namespace

Session::Session(boost::asio::any_io_executor executor, std::unique_ptr<Transport> transport, ClientOptions options)
    : executor_(executor),
      transport_(std::move(transport)),
      options_(std::move(options)),
      tasks_(executor, options_.log),
      pending_(kMaxWaitingRequests + 1) {}

Session::~Session() = default;

void Session::start() {
  started_ = true;
  // The transport calls nothing after its own end, and it ends with this session.
  const std::weak_ptr<Session> weak = weak_from_this();
  transport_->start({
      .message = [weak](const Incoming& message) {
        const auto self = weak.lock();
        return self ? self->on_text(message) : Flow::go_on;
      },
      .refused = [weak](Error why) {
        if (const auto self = weak.lock()) self->complain(why.message);
      },
      .ended = [weak] {
        // Nobody answers any more; what we still wait for will not come.
        if (const auto self = weak.lock()) self->transport_->close();
      },
      .concluded = [weak](StreamId stream, Error why) {
        if (const auto self = weak.lock()) self->on_concluded(stream, std::move(why));
      },
      .closed = [weak](Error why) {
        if (const auto self = weak.lock()) self->shut(std::move(why));
      },
  });
}

void Session::shut(Error why) {
  if (closed_) return;
  if (why.code != ErrorCode::closed) why.code = ErrorCode::closed;
  closed_ = why;
  tasks_.cancel();
  pending_.close(std::move(why));
  for (const auto& bell : closers_) bell->ring();
}

awaitable<void> Session::close() {
  const auto self = shared_from_this();
  if (!closed_ && !started_) {
    shut(fail(ErrorCode::closed, "the connection is closed"));
    co_return;
  }
  if (!closed_) transport_->close();
  const auto bell = std::make_shared<Bell>(executor_);
  if (!closed_) closers_.push_back(bell);
  while (!closed_) {
    co_await bell->listen(Instant::max());
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() != boost::asio::cancellation_type::none) co_return;
  }
}

void Session::complain(std::string_view what) {
  if (!options_.log || complaints_ > kMaxComplaints) return;
  if (++complaints_ > kMaxComplaints) what = "the server makes further mistakes, which are not reported any more";
  options_.log(LoggingLevel::warning, what);
}

Flow Session::on_text(const Incoming& incoming) {
  const auto self = shared_from_this();
  auto value = parse_json(incoming.text);
  if (!value) {
    complain("the server sent something that is no message (" + value.error().message + "): " + in_quotes(incoming.text));
    return Flow::go_on;
  }
  if (!jsonrpc::is_batch(*value)) {
    on_message(jsonrpc::decode(*std::move(value)), incoming.stream);
    return Flow::go_on;
  }
  auto batch = jsonrpc::decode_batch(*std::move(value));
  if (!batch) {
    complain("the server sent an ill-formed batch: " + batch.error().message);
    return Flow::go_on;
  }
  for (auto& message : *batch) on_message(std::move(message), incoming.stream);
  return Flow::go_on;
}

void Session::on_message(jsonrpc::Message message, StreamId stream) {
  if (auto* response = std::get_if<jsonrpc::Response>(&message)) return on_answer(std::move(*response));
  if (auto* response = std::get_if<jsonrpc::ErrorResponse>(&message)) return on_answer(std::move(*response), stream);
  if (auto* request = std::get_if<jsonrpc::Request>(&message)) return on_request(std::move(*request));
  if (auto* notification = std::get_if<jsonrpc::Notification>(&message)) return on_notification(std::move(*notification));
  on_malformed(std::move(std::get<jsonrpc::Malformed>(message)));
}

void Session::on_answer(jsonrpc::Response&& response) {
  // An answer to a request that was cancelled may come late and is to be ignored.
  // Spec: 2026-07-28 basic/patterns/cancellation, Behavior Requirements
  pending_.resolve(std::move(response));
}

void Session::on_answer(jsonrpc::ErrorResponse&& response, StreamId stream) {
  response.error = from_peer(std::move(response.error));
  if (response.id) {
    pending_.resolve(std::move(response));
    return;
  }
  // Without an id it is about what its stream has carried.
  if (stream != 0) return on_concluded(stream, std::move(response.error));
  // Legacy servers answer so what they cannot read; while the era is being found, it can only mean our one request.
  if (connecting_ && pending_.size() == 1 && waiting_.size() == 1) {
    pending_.fail(waiting_.begin()->second->id, std::move(response.error));
    return;
  }
  complain("the server reports an error without saying which request it means: " + response.error.message);
}

// A request's stream has its id for a number.
void Session::on_concluded(StreamId stream, Error why) {
  if (const auto at = waiting_.find(static_cast<std::int64_t>(stream)); at != waiting_.end()) {
    const Id id = at->second->id;
    pending_.fail(id, std::move(why));
  }
}

void Session::on_malformed(jsonrpc::Malformed&& malformed) {
  // It carries an id that we wait for: it was meant as the answer. It is never answered itself, or two sides that take
  // each other's errors for requests would not come to an end.
  if (malformed.id) {
    Error why = fail(ErrorCode::invalid_value, "the server's answer is malformed: " + malformed.error.message);
    if (pending_.fail(*malformed.id, std::move(why))) return;
  }
  complain("the server sent something that is no message: " + malformed.error.message);
}

// Runs a callback of the program. Whatever it throws must not end the connection.
template <class F>
void Session::guarded(F callback) {
  try {
    callback();
  } catch (const std::exception& thrown) {
    if (options_.log) options_.log(LoggingLevel::error, std::string("a callback failed: ") + thrown.what());
  }
}

void Session::on_notification(jsonrpc::Notification&& notification) {
  using protocol::Method;
  if (notification.method == protocol::name(Method::progress)) return on_progress(std::move(notification.params));
  if (notification.method == protocol::name(Method::message)) return on_log_message(std::move(notification.params));
  if (notification.method == protocol::name(Method::cancelled)) on_cancelled(notification.params);
  if (!options_.handlers.notification) return;
  guarded([&] { options_.handlers.notification(std::move(notification.method), std::move(notification.params)); });
}

void Session::on_progress(json params) {
  auto progress = protocol::decode_params<ProgressNotificationParams>(std::move(params));
  if (!progress) return complain("the server sent malformed progress: " + progress.error().message);
  const auto number = progress->progressToken.integer();
  const auto found = number ? waiting_.find(*number) : waiting_.end();
  if (found == waiting_.end()) return;  // late, which is no fault
  const WaitingPtr waiting = found->second;
  waiting->idle_until = std::chrono::steady_clock::now() + waiting->limit;
  if (waiting->progress) guarded([&] { waiting->progress(*progress); });
}

void Session::on_log_message(json params) {
  if (!options_.handlers.log_message) return;
  auto message = protocol::decode_params<LoggingMessageNotificationParams>(std::move(params));
  if (!message) return complain("the server sent a malformed log message: " + message.error().message);
  guarded([&] { options_.handlers.log_message(*std::move(message)); });
}

void Session::on_cancelled(json params) {
  auto cancelled = protocol::decode_params<CancelledNotificationParams>(std::move(params));
  if (!cancelled || !cancelled->requestId) return;  // malformed ones are to be ignored
  if (const auto found = pushed_.find(*cancelled->requestId); found != pushed_.end()) found->second = false;
}

}  // namespace sumun::client
