// SPDX-License-Identifier: Apache-2.0
// The store: the operations over one engine, the lease of this process, what expires, and what people do with a store.
#include "store/heads.hpp"
#include "store/host.hpp"
#include "store/key_file.hpp"
#include "store/ledger.hpp"
#include "store/ledger_statements.hpp"
#include "store/operations.hpp"
#include "store/statements.hpp"

#include "base/random.hpp"

#include <algorithm>
#include <utility>

namespace sumun::store {
namespace {

using After = Engine::After;

constexpr std::int64_t kLife = std::chrono::duration_cast<std::chrono::milliseconds>(kRequestStateLife).count();

// Deletes what has expired; false = there is more.
Result<bool> sweep(Connection& connection, const Host& host, Journal& journal, std::uint64_t& gone) {
  auto calls = run(connection, kDropOldCalls, kLife);
  if (!calls) return calls.error();
  auto tasks = run(connection, kDropOldTasks);
  if (!tasks) return tasks.error();
  bool more = calls->size() >= 1000 || tasks->size() >= 1000;
  auto books = sweep_ledger(connection, host, journal, more);
  if (!books) return books.error();
  if (auto hosts = run(connection, kDropOldHosts, kLife); !hosts) return hosts.error();
  gone += calls->size() + tasks->size() + *books;
  return !more;
}

std::filesystem::path audit_key_file(const StoreOptions& options, const std::filesystem::path& key_file) {
  if (!options.audit_key_file.empty() || key_file.empty()) return options.audit_key_file;
  return key_file.string() + ".audit";
}

class SharedStore final : public Store {
 public:
  SharedStore(std::unique_ptr<Database> database, StoreOptions options, std::filesystem::path key_file)
      : shared_{std::make_shared<Engine>(std::move(database), std::move(options.log), options.wait), std::make_shared<Host>(options.lease),
                std::make_shared<Usage>(), Bounds{}},
        keys_(std::move(options.keys), key_file),
        heads_(std::make_shared<HeadMaker>(audit_key_file(options, key_file), std::move(options.head_file))),
        calls_(shared_),
        tasks_(shared_),
        ledger_(shared_) {
    const auto interval = std::min<std::chrono::milliseconds>(options.lease / 3, kStoreSweep);
    auto swept = std::make_shared<Engine::Clock::time_point>(Engine::Clock::now());
    shared_.engine->every(interval, [shared = shared_, journal = ledger_.journal(), heads = heads_, swept](Connection& connection) -> Result<After> {
      if (shared.host->is_known())
        if (auto renewed = shared.host->renew(connection); !renewed) return renewed.error();
      if (heads->is_due()) return heads->make(connection, shared.host->id(), *journal, *shared.engine);
      if (Engine::Clock::now() - *swept < kStoreSweep) return After();
      std::uint64_t gone = 0;
      auto done = sweep(connection, *shared.host, *journal, gone);
      if (!done) return done.error();
      if (auto looked = shared.usage->look(connection); !looked) return looked.error();
      return After([swept, all = *done] {
        if (all) *swept = Engine::Clock::now();
      });
    });
  }

  ~SharedStore() override {
    Engine::Work goodbye = [host = shared_.host, journal = ledger_.journal(), heads = heads_, engine = shared_.engine](Connection& connection) -> Result<After> {
      if (host->is_known())
        if (auto gone = run(connection, kDropHost, std::string_view(host->id())); !gone) return gone.error();
      return heads->make(connection, host->id(), *journal, *engine);
    };
    shared_.engine->close(kCloseLimit, std::move(goodbye));
  }

  Result<StoreSummary> summary() override {
    auto state = database().state();
    if (!state) return state.error();
    StoreSummary summary;
    summary.kind = database().kind();
    summary.place = database().place();
    summary.schema = state->schema;
    summary.bytes = state->bytes;
    if (state->schema == 0) return summary;
    auto connection = database().connect();
    if (!connection) return connection.error();
    Usage usage;
    if (auto looked = usage.look(**connection); !looked) return looked.error();
    summary.calls = static_cast<std::uint64_t>(usage.calls);
    summary.tasks = static_cast<std::uint64_t>(usage.tasks);
    summary.approvals = static_cast<std::uint64_t>(usage.approvals);
    for (const auto& [statement, into] : {std::pair{&kPendingUsage, &summary.pending}, std::pair{&kRecordUsage, &summary.records}}) {
      auto rows = run(**connection, *statement);
      if (!rows) return rows.error();
      *into = static_cast<std::uint64_t>(number(rows->front(), 0));
    }
    auto hosts = run(**connection, kHosts);
    if (!hosts) return hosts.error();
    for (const Row& row : *hosts)
      if (number(row, 1) == 1 && !is_known_dead(*row[0])) ++summary.hosts;
    return summary;
  }

  Result<int> migrate() override { return database().migrate(); }
  Result<void> backup(const std::filesystem::path& to) override { return database().backup(to); }

  Result<std::uint64_t> collect() override {
    auto state = database().state();
    if (!state) return state.error();
    if (state->schema == 0) return std::uint64_t{0};
    auto connection = database().connect();
    if (!connection) return connection.error();
    std::uint64_t gone = 0;
    Journal journal(shared_.host->id());
    for (bool done = false; !done; journal.begin()) {
      if (auto begun = (*connection)->begin(); !begun) return begun.error();
      auto swept = sweep(**connection, *shared_.host, journal, gone);
      if (!swept) return swept.error();
      if (auto written = journal.end(**connection); !written) return written.error();
      if (auto committed = (*connection)->commit(); !committed) return committed.error();
      done = *swept;
    }
    connection->reset();
    if (auto compacted = database().compact(); !compacted) return compacted.error();
    return gone;
  }

  Result<std::string> audit_key() override { return heads_->key(); }
  Result<void> rotate_keys() override { return keys_.rotate(); }
  gate::CallStore& calls() override { return calls_; }
  gate::TaskStore& tasks() override { return tasks_; }
  gate::Ledger& ledger() override { return ledger_; }
  Result<std::shared_ptr<const Sealer>> sealer() override { return keys_.sealer(); }
  void settle(std::chrono::milliseconds limit) override { shared_.engine->settle(limit); }

 private:
  Database& database() { return shared_.engine->database(); }

  const Shared shared_;
  KeyRing keys_;
  const std::shared_ptr<HeadMaker> heads_;
  StoredCalls calls_;
  StoredTasks tasks_;
  StoredLedger ledger_;
};

}  // namespace

Error unavailable(const Error& why) {
  if (why.code == ErrorCode::busy) return why;
  return fail(ErrorCode::busy, "the server's store is not available; try again later");
}

Host::Host(std::chrono::milliseconds lease) : id_(random_id()), place_(own_place()), lease_(lease) {}

Result<void> Host::renew(Connection& connection) const {
  auto renewed = run(connection, kRenewHost, std::string_view(id_), std::int64_t{lease_.count()}, std::string_view(place_));
  if (!renewed) return renewed.error();
  return {};
}

bool Host::is_gone(const std::string& host, bool alive, const std::string& place) const {
  return host != id_ && (!alive || is_known_dead(place));
}

Result<void> Usage::look(Connection& connection) {
  auto of_calls = run(connection, kCallUsage);
  if (!of_calls) return of_calls.error();
  auto of_tasks = run(connection, kTaskUsage);
  if (!of_tasks) return of_tasks.error();
  auto of_approvals = run(connection, kApprovalUsage);
  if (!of_approvals) return of_approvals.error();
  calls = number(of_calls->front(), 0);
  call_bytes = number(of_calls->front(), 1);
  tasks = number(of_tasks->front(), 0);
  task_bytes = number(of_tasks->front(), 1);
  approvals = number(of_approvals->front(), 0);
  known = true;
  return {};
}

std::string with_clock(std::string_view sql, std::string_view now) {
  constexpr std::string_view kMark = "{now}";
  std::string out;
  for (std::size_t at = 0; at < sql.size();) {
    const std::size_t mark = std::min(sql.find(kMark, at), sql.size());
    out += sql.substr(at, mark - at);
    if (mark < sql.size()) out += now;
    at = std::min(mark + kMark.size(), sql.size());
  }
  return out;
}

std::optional<Error> refusal(const std::string& place, int schema) {
  if (schema <= kSchema + 1) return std::nullopt;
  return fail(ErrorCode::invalid_value, place + ": its tables have version " + std::to_string(schema) + ", this release knows " +
                                            std::to_string(kSchema) + " and can use " + std::to_string(kSchema + 1) + "; use a newer release");
}

std::shared_ptr<Store> make_store(std::unique_ptr<Database> database, StoreOptions options, std::filesystem::path key_file) {
  if (!options.key_file.empty()) key_file = options.key_file;
  return std::make_shared<SharedStore>(std::move(database), std::move(options), std::move(key_file));
}

}  // namespace sumun::store
