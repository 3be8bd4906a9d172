// SPDX-License-Identifier: Apache-2.0
// The gate's stores over an engine: each operation of theirs is one of the engine's.
#pragma once
#include "gate/call_store.hpp"
#include "gate/task_store.hpp"
#include "store/engine.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

namespace sumun::store {

/// This process among those that share the store. It is known to the others once it has something that it alone can end.
/// Thread: that of the engine which writes, but for `id`.
class Host {
 public:
  explicit Host(std::chrono::milliseconds lease);
  const std::string& id() const { return id_; }
  std::chrono::milliseconds lease() const { return lease_; }
  bool is_known() const { return renewed_.load(std::memory_order_relaxed); }
  /// Makes itself known, or says again that it lives.
  Result<void> renew(Connection& connection) const;
  void set_known() { renewed_.store(true, std::memory_order_relaxed); }
  /// Whether the host of a row is gone: `alive` and `place` are what the database says of it.
  bool is_gone(const std::string& host, bool alive, const std::string& place) const;

 private:
  const std::string id_;
  const std::string place_;
  const std::chrono::milliseconds lease_;
  std::atomic<bool> renewed_{false};
};

/// How much there is, as far as this process knows: exact after each sweep, and what it has added since.
/// Thread: that of the engine which writes.
struct Usage {
  bool known = false;
  std::int64_t calls = 0, call_bytes = 0, tasks = 0, task_bytes = 0, approvals = 0;
  Result<void> look(Connection& connection);
};

struct Bounds {
  std::int64_t calls = kMaxStoredCalls;
  std::int64_t call_bytes = kMaxStoredCallBytes;
  std::int64_t tasks = kMaxStoredTasks;
  std::int64_t tasks_of_one = kMaxTasksPerPrincipal;
  std::int64_t task_bytes = kMaxStoredTaskBytes;
  std::int64_t approvals = kMaxStoredApprovals;
  std::int64_t pending = kMaxPendingApprovals;
};

/// What the operations share.
struct Shared {
  std::shared_ptr<Engine> engine;
  std::shared_ptr<Host> host;
  std::shared_ptr<Usage> usage;
  Bounds bounds;
};

/// What callers are told when the store fails them; what happened is in the log.
Error unavailable(const Error& why);

class StoredCalls final : public gate::CallStore {
 public:
  explicit StoredCalls(Shared shared) : shared_(std::move(shared)) {}
  void open(const std::string& call, Done<void> done) override;
  void consume(const std::string& call, int round, Done<gate::Round> done) override;
  void answer(const std::string& call, int round, std::string message, Done<void> done) override;
  void release(const std::string& call, int round) override;
  void finish(const std::string& call) override;
  void recall(const std::string& call, const std::string& key, Done<std::optional<json>> done) override;
  void remember(const std::string& call, const std::string& key, json value, Done<void> done) override;

 private:
  const Shared shared_;
};

class StoredTasks final : public gate::TaskStore {
 public:
  explicit StoredTasks(Shared shared) : shared_(std::move(shared)) {}
  void create(const std::string& owner, DetailedTask task, Done<void> done) override;
  void get(const std::string& owner, const std::string& id, Done<DetailedTask> done) override;
  void update(DetailedTask task, Done<DetailedTask> done) override;
  void orphans(Done<std::vector<DetailedTask>> done) override;

 private:
  const Shared shared_;
};

}  // namespace sumun::store
