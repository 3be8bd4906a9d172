// SPDX-License-Identifier: Apache-2.0
// The one way to put a time limit on an awaited operation.
#pragma once
#include <sumun/result.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>

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

}  // namespace v0
}  // namespace sumun
