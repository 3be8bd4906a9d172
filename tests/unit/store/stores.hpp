// SPDX-License-Identifier: Apache-2.0
// The stores under test: in memory, SQLite and PostgreSQL behind one face, with a clock that can be moved.
#pragma once
#include "gate/call_store.hpp"
#include "gate/ledger.hpp"
#include "gate/task_store.hpp"

#include <sumun/store.hpp>

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace sumun::test {

using std::chrono::milliseconds;

/// Waits for what an operation calls back with, ten seconds at most.
template <class T, class Start>
Result<T> wait_for(Start start) {
  auto promise = std::make_shared<std::promise<Result<T>>>();
  auto future = promise->get_future();
  start([promise](Result<T> result) { promise->set_value(std::move(result)); });
  if (future.wait_for(std::chrono::seconds(10)) != std::future_status::ready) return fail("no answer within ten seconds");
  return future.get();
}

struct TemporaryFolder {
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "sumun-store-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
    std::filesystem::permissions(path, std::filesystem::perms(0755));
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::filesystem::path path;
};

/// What a store wrote into its log.
struct Log {
  LogSink sink() {
    return [this](LoggingLevel, std::string_view line) {
      std::lock_guard lock(mutex);
      text += std::string(line) + "\n";
    };
  }
  bool holds(const std::string& part) {
    std::lock_guard lock(mutex);
    return text.find(part) != std::string::npos;
  }
  std::mutex mutex;
  std::string text;
};

/// The gate's operations, one at a time.
struct Operations {
  gate::CallStore* calls = nullptr;
  gate::TaskStore* tasks = nullptr;

  Result<void> open(const std::string& call) const {
    return wait_for<void>([&](auto done) { calls->open(call, std::move(done)); });
  }
  Result<gate::Round> consume(const std::string& call, int round) const {
    return wait_for<gate::Round>([&](auto done) { calls->consume(call, round, std::move(done)); });
  }
  Result<void> answer(const std::string& call, int round, std::string text) const {
    return wait_for<void>([&](auto done) { calls->answer(call, round, std::move(text), std::move(done)); });
  }
  Result<std::optional<json>> recall(const std::string& call, const std::string& key) const {
    return wait_for<std::optional<json>>([&](auto done) { calls->recall(call, key, std::move(done)); });
  }
  Result<void> remember(const std::string& call, const std::string& key, json value) const {
    return wait_for<void>([&](auto done) { calls->remember(call, key, std::move(value), std::move(done)); });
  }
  Result<void> create(const std::string& owner, DetailedTask task) const {
    return wait_for<void>([&](auto done) { tasks->create(owner, std::move(task), std::move(done)); });
  }
  Result<DetailedTask> get(const std::string& owner, const std::string& id) const {
    return wait_for<DetailedTask>([&](auto done) { tasks->get(owner, id, std::move(done)); });
  }
  Result<DetailedTask> update(DetailedTask task) const {
    return wait_for<DetailedTask>([&](auto done) { tasks->update(std::move(task), std::move(done)); });
  }
  Result<std::vector<DetailedTask>> orphans() const {
    return wait_for<std::vector<DetailedTask>>([&](auto done) { tasks->orphans(std::move(done)); });
  }
};

/// The books, one operation at a time.
struct Books {
  gate::Ledger& ledger;

  Result<Approval> open(Approval draft, std::vector<gate::AuditEvent> events = {}) const {
    return wait_for<Approval>([&](auto done) { ledger.open(std::move(draft), std::move(events), std::move(done)); });
  }
  Result<std::optional<Approval>> find(const std::string& binding) const {
    return wait_for<std::optional<Approval>>([&](auto done) { ledger.find(binding, std::move(done)); });
  }
  Result<Approval> get(const std::string& id) const {
    return wait_for<Approval>([&](auto done) { ledger.get(id, std::move(done)); });
  }
  Result<std::vector<Approval>> list(ApprovalFilter filter = {}) const {
    return wait_for<std::vector<Approval>>([&](auto done) { ledger.list(std::move(filter), std::move(done)); });
  }
  Result<std::optional<Approval>> commit(gate::Step step) const {
    return wait_for<std::optional<Approval>>([&](auto done) { ledger.commit(std::move(step), std::move(done)); });
  }
  Result<std::vector<AuditRecord>> records(const AuditQuery& query = {}) const {
    return wait_for<std::vector<AuditRecord>>([&](auto done) { ledger.records(query, std::move(done)); });
  }
  Result<std::vector<AuditWriter>> writers() const {
    return wait_for<std::vector<AuditWriter>>([&](auto done) { ledger.writers(std::move(done)); });
  }
  Result<void> prune(const std::string& writer, std::int64_t number, std::vector<gate::AuditEvent> events = {}) const {
    return wait_for<void>([&](auto done) { ledger.prune(writer, number, std::move(events), std::move(done)); });
  }
  Result<std::vector<Grant>> grants(const std::string& principal = "", const std::string& tool = "") const {
    return wait_for<std::vector<Grant>>([&](auto done) { ledger.grants(principal, tool, std::move(done)); });
  }
  Result<Grant> revoke(const std::string& grant, std::vector<gate::AuditEvent> events = {}) const {
    return wait_for<Grant>([&](auto done) { ledger.revoke(grant, std::move(events), std::move(done)); });
  }
  Result<std::vector<gate::ApproverRow>> approvers() const {
    return wait_for<std::vector<gate::ApproverRow>>([&](auto done) { ledger.approvers(std::move(done)); });
  }
  Result<void> put(gate::ApproverRow row, bool first_only = false, std::vector<gate::AuditEvent> events = {}) const {
    return wait_for<void>([&](auto done) { ledger.put(std::move(row), first_only, std::move(events), std::move(done)); });
  }
  Result<void> remove_approver(const std::string& name) const {
    return wait_for<void>([&](auto done) { ledger.remove_approver(name, {}, std::move(done)); });
  }
  Result<gate::ApproverRow> tried(const std::string& name, bool right) const {
    return wait_for<gate::ApproverRow>([&](auto done) { ledger.tried(name, right, {}, std::move(done)); });
  }

  /// A step on one approval, with what the log says of it.
  Result<std::optional<Approval>> step(const std::string& id, gate::Step::Change change, std::vector<gate::AuditEvent> events = {}) const {
    gate::Step made;
    made.approval = id;
    made.change = std::move(change);
    made.events = std::move(events);
    return commit(std::move(made));
  }
  /// Fails where a writer's records are not one chain, from its mark on.
  void check_chain() const;
};

inline Approval a_draft(const std::string& id, const std::string& binding, const std::string& principal = "ann") {
  Approval made;
  made.id = id;
  made.binding = binding;
  made.principal = principal;
  made.tool = "refund";
  made.arguments = {{"order", "o — \"휴가\""}, {"amount", 9007199254740993}};
  return made;
}

inline DetailedTask a_task(const std::string& id, std::optional<std::int64_t> ttl = 60'000) {
  DetailedTask made;
  made.taskId = id;
  made.createdAt = made.lastUpdatedAt = "2026-07-28T08:00:00.000Z";
  made.ttlMs = ttl;
  return made;
}
inline DetailedTask completed(const std::string& id, std::string text) {
  DetailedTask made = a_task(id);
  made.status = TaskStatus::completed;
  made.result = json{{"text", std::move(text)}};
  return made;
}

/// One kind of store, empty when it is made.
class Place {
 public:
  virtual ~Place() = default;
  virtual std::string name() const = 0;
  virtual Operations operations() = 0;
  virtual gate::Ledger& ledger() = 0;
  /// Time passes, for what is kept.
  virtual void age(milliseconds by) = 0;
  /// Changes what is kept behind the store's back; in memory nothing happens.
  virtual void sql(const std::string& text) = 0;
  /// Another host on the same place; null = it has no others.
  virtual std::shared_ptr<Store> another(StoreOptions options = {}) = 0;
  /// The host of `operations` ends, and comes back as another.
  virtual void restart() = 0;
};

/// All kinds that can be had here. PostgreSQL only where its package is installed.
std::vector<std::unique_ptr<Place>> all_places();
std::vector<std::unique_ptr<Place>> durable_places();

/// The one PostgreSQL server of this program.
class PostgresServer {
 public:
  static PostgresServer* get();  // null = the package is not installed
  ~PostgresServer();
  std::string conninfo() const;
  int run(const std::string& verb) const;  // start, stop, kill
  void sql(const std::string& text) const;  // with psql

 private:
  PostgresServer() = default;
  TemporaryFolder folder_;
};

inline void sqlite_sql(const std::filesystem::path& file, const std::string& text) {
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &handle) == SQLITE_OK);
  sqlite3_busy_timeout(handle, 5000);
  const int code = sqlite3_exec(handle, text.c_str(), nullptr, nullptr, nullptr);
  CHECK_MESSAGE(code == SQLITE_OK, sqlite3_errmsg(handle));
  sqlite3_close(handle);
}

}  // namespace sumun::test
