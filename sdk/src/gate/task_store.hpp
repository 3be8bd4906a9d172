// SPDX-License-Identifier: Apache-2.0
// What is known of each task, for whoever comes back for it. A store in memory serves one process; a durable one lets
// tasks be asked for after a restart and on other nodes.
#pragma once
#include <sumun/limits.hpp>
#include <sumun/result.hpp>
#include <sumun/types.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace sumun::gate {

/// Thread: any; `done` may be called in place or later on another thread, and is called exactly once. Operations on one
///         task take effect in the order in which they were asked for.
class TaskStore {
 public:
  template <class T>
  using Done = std::function<void(Result<T>)>;

  virtual ~TaskStore() = default;
  /// Keeps a new task of `owner` for its ttlMs. Once `done` says so, `get` finds it.
  /// Errors: busy when there is no room, for this owner or at all.
  virtual void create(const std::string& owner, DetailedTask task, Done<void> done) = 0;
  /// Errors: invalid_params, in the same words for an unknown id, an expired one and another owner's.
  virtual void get(const std::string& owner, const std::string& id, Done<DetailedTask> done) = 0;
  /// Puts `task` in the place of what is known of it; what is final stays as it is. A result that there is no room for
  /// is left out, and the task has failed. Gives what stands there now.
  /// Errors: invalid_params when it is unknown or expired.
  virtual void update(DetailedTask task, Done<DetailedTask> done) = 0;
  /// The tasks that are not final and whose process is gone: at the start, those that it left behind.
  virtual void orphans(Done<std::vector<DetailedTask>> done) = 0;
};

Error too_many_tasks();
Error too_many_tasks_of_one(std::size_t bound);
/// As a task has its times: 2026-07-28T08:00:00.250Z
std::string iso8601(std::chrono::system_clock::time_point time);
/// What becomes of a task whose process is gone.
Error interrupted();
Error no_room_for_result(std::size_t bytes);
/// The one answer to an id that the caller has no task under.
/// Spec: io.modelcontextprotocol/tasks, Protocol Errors
Error unknown_task();
/// The task as failed for an error of ours, with the words as its statusMessage.
DetailedTask as_failed(DetailedTask task, const Error& why);

/// Keeps tasks in memory until their TTL; nothing makes room before.
class MemoryTaskStore final : public TaskStore {
 public:
  using Now = std::function<std::chrono::steady_clock::time_point()>;
  struct Bounds {
    std::size_t tasks = kMaxTasks;
    std::size_t of_one = kMaxTasksPerPrincipal;
    std::size_t bytes = kMaxTaskBytes;
  };
  explicit MemoryTaskStore(Now now = std::chrono::steady_clock::now);
  MemoryTaskStore(Now now, Bounds bounds);

  void create(const std::string& owner, DetailedTask task, Done<void> done) override;
  void get(const std::string& owner, const std::string& id, Done<DetailedTask> done) override;
  void update(DetailedTask task, Done<DetailedTask> done) override;
  /// None: what ran in this process ends with its memory.
  void orphans(Done<std::vector<DetailedTask>> done) override;
  std::size_t size() const;
  std::size_t bytes() const;

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Kept {
    std::string owner;
    DetailedTask task;
    std::size_t bytes = 0;
    std::multimap<Time, std::string>::iterator expiry;
  };

  void drop_expired();
  Result<DetailedTask> replace(DetailedTask task);

  const Now now_;
  const Bounds bounds_;
  mutable std::mutex mutex_;  // guards what follows
  std::unordered_map<std::string, Kept> tasks_;
  std::unordered_map<std::string, std::size_t> of_owner_;
  std::multimap<Time, std::string> expiries_;
  std::size_t bytes_ = 0;
};

}  // namespace sumun::gate
