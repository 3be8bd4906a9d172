// SPDX-License-Identifier: Apache-2.0
// The one way to put a time limit on an awaited operation.
#pragma once
#include <sumun/result.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace sumun {
inline namespace v0 {

/// Awaits `op` for `limit` at most, then cancels it (terminal) and waits for its end; it must obey cancellation.
/// Gives:   what `op` gave, also if it managed to just after the limit.
/// Errors:  timeout, if the limit ended it; cancelled, if the caller was cancelled meanwhile and `op` ended of that; what
///          `op` returned.
/// Throws:  what `op` threw, except the operation_aborted of a cancellation.
/// Cancels: passes the caller's cancellation on to `op`.
/// Thread:  the caller's strand, where `op` runs as well.
template <class T>
boost::asio::awaitable<Result<T>> within(std::chrono::nanoseconds limit, boost::asio::awaitable<Result<T>> op);

namespace detail {

// What one within() shares with its timer, its operation and the caller's cancellation.
template <class T>
struct WithinState {
  WithinState(boost::asio::any_io_executor executor, boost::asio::awaitable<Result<T>> awaited)
      : timer(std::move(executor)), op(std::move(awaited)) {}

  void stop(ErrorCode reason, boost::asio::cancellation_type type) {
    if (done) return;
    if (!why) why = reason;
    signal.emit(type);
  }

  boost::asio::steady_timer timer;
  boost::asio::cancellation_signal signal;  // of the operation
  std::optional<boost::asio::awaitable<Result<T>>> op;
  std::optional<Result<T>> outcome;
  std::exception_ptr thrown;
  std::optional<ErrorCode> why;  // what cancelled the operation first: timeout or cancelled
  bool done = false;
};

template <class T>
boost::asio::awaitable<void> run_within(std::shared_ptr<WithinState<T>> state) {
  boost::asio::awaitable<Result<T>> op = std::move(*state->op);
  state->op.reset();
  Result<T> outcome = co_await std::move(op);
  state->outcome.emplace(std::move(outcome));
}

// Starts the operation as a coroutine of its own; the caller's handler runs when it has ended.
template <class T>
struct StartWithin {
  template <class Handler>
  void operator()(Handler handler, std::shared_ptr<WithinState<T>> state) const {
    auto slot = boost::asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected()) {
      slot.assign([state](boost::asio::cancellation_type type) { state->stop(ErrorCode::cancelled, type); });
    }
    auto finished = [handler = std::move(handler), state](std::exception_ptr thrown) mutable {
      state->done = true;
      state->thrown = std::move(thrown);
      state->timer.cancel();
      std::move(handler)();
    };
    boost::asio::co_spawn(state->timer.get_executor(), run_within<T>(state),
                          boost::asio::bind_cancellation_slot(state->signal.slot(), std::move(finished)));
  }
};

inline bool is_abort(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const boost::system::system_error& error) {
    return error.code() == boost::asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

inline Error within_error(ErrorCode why) {
  return why == ErrorCode::timeout ? fail(why, "the time limit passed") : fail(why, "cancelled");
}

}  // namespace detail

template <class T>
boost::asio::awaitable<Result<T>> within(std::chrono::nanoseconds limit, boost::asio::awaitable<Result<T>> op) {
  const auto caller = co_await boost::asio::this_coro::cancellation_state;
  if (caller.cancelled() != boost::asio::cancellation_type::none) co_return detail::within_error(ErrorCode::cancelled);
  auto executor = co_await boost::asio::this_coro::executor;
  auto state = std::make_shared<detail::WithinState<T>>(std::move(executor), std::move(op));
  state->timer.expires_after(std::chrono::ceil<std::chrono::steady_clock::duration>(limit));
  state->timer.async_wait([state](boost::system::error_code failure) {
    if (!failure) state->stop(ErrorCode::timeout, boost::asio::cancellation_type::terminal);
  });
  const detail::StartWithin<T> start;
  co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(start, boost::asio::use_awaitable,
                                                                                     state);
  if (state->thrown) {
    if (state->why && detail::is_abort(state->thrown)) co_return detail::within_error(*state->why);
    std::rethrow_exception(state->thrown);
  }
  if (state->why == ErrorCode::timeout && state->outcome->has_error() &&
      state->outcome->error().code == ErrorCode::cancelled) {
    co_return detail::within_error(ErrorCode::timeout);
  }
  co_return std::move(*state->outcome);
}

}  // namespace v0
}  // namespace sumun
