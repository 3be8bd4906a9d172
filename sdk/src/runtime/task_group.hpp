// SPDX-License-Identifier: Apache-2.0
// Keeps the coroutines that somebody spawned: their failures are logged, they can be cancelled together, and one can
// wait until none is left.
#pragma once
#include <sumun/log.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace sumun {
inline namespace v0 {

/// Thread:  all members on the strand that `executor` names; the coroutines run there too.
/// Owner:   the session or server whose coroutines these are.
/// Ends by: `cancel()` then `join()`; the destructor cancels, and coroutines that have not ended yet finish by
///          themselves (they must own what they use).
class TaskGroup {
 public:
  explicit TaskGroup(boost::asio::any_io_executor executor, LogSink log = {});
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Starts one coroutine (called on the strand, it runs up to its first wait before this returns). An exception that leaves it is logged under `name`
  /// (that of a cancelled one is not). After `cancel()` nothing starts any more: the coroutine is dropped.
  void spawn(std::string name, boost::asio::awaitable<void> task);

  /// Cancels every coroutine (terminal) and takes no more.
  void cancel();

  /// Ends when no coroutine is left. Several may wait.
  boost::asio::awaitable<void> join();

  std::size_t size() const;

  struct Shared;

 private:
  std::shared_ptr<Shared> shared_;
};

}  // namespace v0
}  // namespace sumun
