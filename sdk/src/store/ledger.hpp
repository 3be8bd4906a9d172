// SPDX-License-Identifier: Apache-2.0
// The books in a database: each operation is one of the engine's, and what the log says of it goes into its transaction.
#pragma once
#include "gate/ledger.hpp"
#include "store/open_calls.hpp"
#include "store/operations.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sumun::store {

/// An event as it is kept: written out by whoever has it, on their own thread.
struct Entry {
  explicit Entry(const gate::AuditEvent& event);
  std::string call;  // that it names
  Turn turn;         // of that call
  std::string text;
};

/// What the operations of one transaction have to say; it is linked and written behind them, so that a transaction that is
/// carried out again links anew.
/// Thread: that of the engine which writes.
class Journal {
 public:
  explicit Journal(std::string writer) : writer_(std::move(writer)) {}
  void begin() {
    entries_.clear();
    calls_.forget();
  }
  void add(const std::vector<gate::AuditEvent>& events) {
    for (const auto& event : events) entries_.emplace_back(event);
  }
  void add_entries(const std::vector<Entry>& entries) { entries_.insert(entries_.end(), entries.begin(), entries.end()); }
  /// Links and writes what was added so far.
  Result<void> end(Connection& connection);
  /// What was written since `begin` is durable.
  void committed() { calls_.keep(); }
  /// It may be.
  void in_doubt() { calls_.keep_begun(); }

 private:
  const std::string writer_;
  std::vector<Entry> entries_;
  OpenCalls calls_;
};

/// Records that nobody waits for. Thread: any.
struct Backlog {
  std::mutex mutex;
  std::vector<Entry> waiting;
  std::vector<Entry> on_the_way;  // in a transaction whose end is not known yet
  std::uint64_t lost = 0;
};

class StoredLedger final : public gate::Ledger {
 public:
  explicit StoredLedger(Shared shared);

  const std::string& host() const override { return shared_.host->id(); }
  std::chrono::milliseconds lease() const override { return shared_.host->lease(); }
  void open(Approval draft, std::vector<gate::AuditEvent> events, Done<Approval> done) override;
  void find(const std::string& binding, Done<std::optional<Approval>> done) override;
  void get(const std::string& id, Done<Approval> done) override;
  void list(ApprovalFilter filter, Done<std::vector<Approval>> done) override;
  void commit(gate::Step step, Done<std::optional<Approval>> done) override;
  void append(std::vector<gate::AuditEvent> events) override;
  void records(const AuditQuery& query, Done<std::vector<AuditRecord>> done) override;
  void writers(Done<std::vector<AuditWriter>> done) override;
  void prune(const std::string& writer, std::int64_t number, gate::AuditEvent event, Done<void> done) override;
  void heads(Done<std::vector<AuditHead>> done) override;
  void grants(const std::string& principal, const std::string& tool, Done<std::vector<Grant>> done) override;
  void revoke(const std::string& grant, std::vector<gate::AuditEvent> events, Done<Grant> done) override;
  void approvers(Done<std::vector<gate::ApproverRow>> done) override;
  void put(gate::ApproverRow row, bool first_only, std::vector<gate::AuditEvent> events, Done<void> done) override;
  void remove_approver(const std::string& name, std::vector<gate::AuditEvent> events, Done<void> done) override;
  void tried(const std::string& name, bool right, std::vector<gate::AuditEvent> events, Done<gate::ApproverRow> done) override;

  const std::shared_ptr<Journal>& journal() const { return journal_; }

 private:
  const Shared shared_;
  const std::shared_ptr<Journal> journal_;
  const std::shared_ptr<Backlog> backlog_;
  Engine::Job flush_ = 0;
};

/// Of the sweep: what time does to approvals, grants and records, with what the log says of it.
/// Returns: how many approvals and records are gone; `more` is set where there are others.
Result<std::uint64_t> sweep_ledger(Connection& connection, const Host& host, Journal& journal, bool& more);
/// The calls of processes that are gone which have no end get one: outcome_unknown. `more` as above.
Result<void> end_lost_calls(Connection& connection, const Host& host, Journal& journal, bool& more);
Result<std::uint64_t> drop_old_records(Connection& connection, Journal& journal, std::uint64_t at_most);

}  // namespace sumun::store
