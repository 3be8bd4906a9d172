// SPDX-License-Identifier: Apache-2.0
// The books in memory: for a program without a store, and for tests. They end with the process.
#pragma once
#include "gate/ledger.hpp"

#include <deque>
#include <map>
#include <mutex>
#include <unordered_map>

namespace sumun::gate {

/// Keeps kMaxRememberedCalls approvals and kMaxRememberedBytes of what they hold; ended ones make room for others, the oldest
/// first. Of the log it keeps the last kMaxRememberedRecords.
class MemoryLedger : public Ledger {
 public:
  using Now = std::function<UnixMs()>;
  explicit MemoryLedger(Now now = wall_clock);
  static UnixMs wall_clock();

  const std::string& host() const override { return host_; }
  void open(Approval draft, std::vector<AuditEvent> events, Done<Approval> done) override;
  void find(const std::string& binding, Done<std::optional<Approval>> done) override;
  void get(const std::string& id, Done<Approval> done) override;
  void list(ApprovalFilter filter, Done<std::vector<Approval>> done) override;
  void commit(Step step, Done<std::optional<Approval>> done) override;
  void append(std::vector<AuditEvent> events) override;
  void records(const AuditQuery& query, Done<std::vector<AuditRecord>> done) override;
  void writers(Done<std::vector<AuditWriter>> done) override;
  void prune(const std::string& writer, std::int64_t number, std::vector<AuditEvent> events, Done<void> done) override;
  /// None: there is nobody to prove anything to when the process has ended.
  void heads(Done<std::vector<AuditHead>> done) override;
  void grants(const std::string& principal, const std::string& tool, Done<std::vector<Grant>> done) override;
  void revoke(const std::string& grant, std::vector<AuditEvent> events, Done<Grant> done) override;
  void approvers(Done<std::vector<ApproverRow>> done) override;
  void put(ApproverRow row, bool first_only, std::vector<AuditEvent> events, Done<void> done) override;
  void remove_approver(const std::string& name, std::vector<AuditEvent> events, Done<void> done) override;
  void tried(const std::string& name, bool right, std::vector<AuditEvent> events, Done<ApproverRow> done) override;

 private:
  struct Kept {
    Approval approval;
    std::size_t bytes = 0;
  };

  Result<Approval> keep(Approval draft, std::vector<AuditEvent> events);
  Result<std::optional<Approval>> carry_out(const Step& step);
  Approval aged(const Approval& approval) const;
  std::optional<Approval> standing(const std::string& binding) const;
  void put_aged(Kept& kept);
  void replace(Kept& kept, Approval with);
  bool make_room(std::size_t bytes);
  void drop(std::map<std::int64_t, Kept>::iterator kept);
  void write(std::vector<AuditEvent> events);
  void drop_records(std::int64_t number);

  const std::string host_;
  const Now now_;
  mutable std::mutex mutex_;                           // guards what follows
  std::map<std::int64_t, Kept> approvals_;             // in the order in which they were opened
  std::unordered_map<std::string, std::int64_t> ids_;  // place of each
  std::unordered_map<std::string, std::int64_t> bindings_;  // place of the newest of each binding
  std::int64_t next_place_ = 1;
  std::size_t bytes_ = 0;
  std::deque<AuditRecord> records_;
  AuditMark pruned_, last_;
  std::map<std::string, Grant> grants_;
  std::map<std::string, ApproverRow> approvers_;
};

}  // namespace sumun::gate
