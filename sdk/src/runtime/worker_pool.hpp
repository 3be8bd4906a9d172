// SPDX-License-Identifier: Apache-2.0
// Threads for tools that compute or block. Few, started when first needed; a worker that says it waits for a
// person (BlockingScope) is replaced by another one while it does.
#pragma once
#include "runtime/job.hpp"

#include <sumun/log.hpp>

#include <chrono>
#include <cstddef>
#include <memory>

namespace sumun {
inline namespace v0 {

struct WorkerPoolOptions {
  std::size_t workers = 0;  // 0 = as many as cores, at least two
  LogSink log = {};         // takes exceptions that jobs let out
};

/// Runs jobs, first come first served, on a bounded number of threads.
/// Thread:  any, for every member.
/// Owner:   the program's run; it outlives all who submit.
/// Ends by: `stop()` and `join_for()`. The destructor stops, waits half a second, and leaves behind a worker whose job
///          has not returned: the pool's own state lives on for it, what the job refers to does not (see join_for).
/// Bounds:  `workers` threads, and one more for each open BlockingScope (kMaxBlockedWorkers at most).
class WorkerPool {
 public:
  explicit WorkerPool(WorkerPoolOptions options = {});
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Queues one job. False (and the job is destroyed) once the pool has been stopped.
  /// An exception that leaves the job is logged; it ends the job alone.
  bool submit(Job job);

  /// Takes no more, and destroys the jobs that have not begun. Those that run are not disturbed.
  void stop();

  /// Waits until every worker has ended, for `limit` at most; true = all have. Only after `stop()`.
  /// If it returns false a job is stuck: the program should end by std::quick_exit or _exit, because unwinding main
  /// would take away what the job still uses.
  bool join_for(std::chrono::milliseconds limit);

  /// Jobs that have not begun.
  std::size_t waiting() const;
  /// Threads alive now.
  std::size_t threads() const;

  struct Shared;

 private:
  std::shared_ptr<Shared> shared_;
};

/// While it lives, the current job waits for somebody (an answer, an approval) and its worker counts as away: the
/// pool may start another. Outside a pool's worker it does nothing. It may be nested; only the outermost counts.
/// Thread: it is created and destroyed on the same one.
class BlockingScope {
 public:
  BlockingScope();
  ~BlockingScope();
  BlockingScope(const BlockingScope&) = delete;
  BlockingScope& operator=(const BlockingScope&) = delete;
};

}  // namespace v0
}  // namespace sumun
