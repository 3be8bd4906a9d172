// SPDX-License-Identifier: Apache-2.0
// How a handler ended: a value, an error, a question to the caller, or something that nobody planned.
#pragma once
#include "server/call_state.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace sumun::server {

template <class R>
struct Outcome {
  std::optional<R> value;
  Error error;            // where there is no value
  bool unwound = false;   // the handler asked, and the round ends with the question
  bool returned = false;  // the handler gave the value or the error itself
};

/// What the books say of it. An error that was returned says that nothing was done, unless the
/// handler was told to stop before; what ended in any other way may have done anything.
template <class R>
End end_of(const CallState& call, const Outcome<R>& outcome) {
  if constexpr (requires { outcome.value->failed(); }) {
    if (outcome.value && outcome.value->failed()) return call.stopped() ? End::unknown : End::failed;
  }
  if (outcome.value) return End::executed;
  return outcome.returned && !call.stopped() ? End::failed : End::unknown;
}

/// What an exception that left a handler means. Its text goes to the log under a reference, never to the caller, unless
/// it was thrown to be read (ErrorException).
Error error_of(std::exception_ptr thrown, CallState& call);

template <class R>
Outcome<R> outcome_of(Result<R> result, CallState& call) {
  Outcome<R> outcome;
  if (call.unwinding()) {
    outcome.error = fail(ErrorCode::internal_error, "the handler caught what ends a round (a bare catch (...) around a question)");
    return outcome;
  }
  outcome.returned = true;
  if (result) {
    outcome.value.emplace(*std::move(result));
  } else {
    outcome.error = std::move(result).error();
  }
  return outcome;
}

template <class R>
Outcome<R> outcome_of(std::exception_ptr thrown, CallState& call) {
  Outcome<R> outcome;
  try {
    std::rethrow_exception(thrown);
  } catch (const Unwind&) {
    outcome.unwound = true;
  } catch (...) {
    outcome.error = error_of(std::move(thrown), call);
  }
  return outcome;
}

/// Runs a plain handler where it stands. Nothing that it throws gets past this.
template <class R>
Outcome<R> run_plain(const PlainHandler<R>& handler, json input, const std::shared_ptr<CallState>& state) {
  try {
    Call call(state);
    return outcome_of(handler(std::move(input), call), *state);
  } catch (...) {
    return outcome_of<R>(std::current_exception(), *state);
  }
}

/// The same for a coroutine. `handler` outlives it.
template <class R>
awaitable<Outcome<R>> run_coroutine(const CoroutineHandler<R>* handler, json input, std::shared_ptr<CallState> state) {
  Outcome<R> outcome;
  try {
    Call call(state);
    awaitable<Result<R>> task = (*handler)(std::move(input), call);
    Result<R> result = co_await std::move(task);
    outcome = outcome_of(std::move(result), *state);
  } catch (...) {
    outcome = outcome_of<R>(std::current_exception(), *state);
  }
  co_return outcome;
}

}  // namespace sumun::server
