// SPDX-License-Identifier: Apache-2.0
// Each operation is carried out under one lock, and answered without it.
#include "gate/memory_ledger.hpp"

#include "gate/audit_chain.hpp"

#include "base/random.hpp"

#include <sumun/json.hpp>
#include <sumun/limits.hpp>

#include <algorithm>
#include <utility>

namespace sumun::gate {
namespace {

constexpr UnixMs kRetention = std::chrono::duration_cast<std::chrono::milliseconds>(kApprovalRetention).count();
constexpr std::size_t kOverhead = 1 * kKiB;  // of what an approval holds beside these

std::size_t size_of(const Approval& approval) {
  return kOverhead + approval.result.size() + dump_json(approval.arguments).size() + dump_json(approval.input_schema).size() +
         (approval.edited ? dump_json(*approval.edited).size() : 0);
}

}  // namespace

UnixMs MemoryLedger::wall_clock() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

MemoryLedger::MemoryLedger(Now now) : host_(random_id()), now_(std::move(now)) {}

// ---- approvals

Approval MemoryLedger::aged(const Approval& approval) const {
  Approval seen = approval;
  age(seen, false, now_());
  return seen;
}

std::optional<Approval> MemoryLedger::standing(const std::string& binding) const {
  const auto place = bindings_.find(binding);
  if (place == bindings_.end()) return std::nullopt;
  Approval newest = aged(approvals_.at(place->second).approval);
  if (!stands(newest, now_())) return std::nullopt;
  return newest;
}

void MemoryLedger::replace(Kept& kept, Approval with) {
  const std::size_t bytes = size_of(with);
  bytes_ = bytes_ - kept.bytes + bytes;
  kept = {std::move(with), bytes};
}

void MemoryLedger::put_aged(Kept& kept) {
  const ApprovalState before = kept.approval.state;
  Approval now = aged(kept.approval);
  if (now.version == kept.approval.version) return;
  write({aged_event(now, before)});
  replace(kept, std::move(now));
}

void MemoryLedger::drop(std::map<std::int64_t, Kept>::iterator kept) {
  bytes_ -= kept->second.bytes;
  ids_.erase(kept->second.approval.id);
  const auto newest = bindings_.find(kept->second.approval.binding);
  if (newest != bindings_.end() && newest->second == kept->first) bindings_.erase(newest);
  approvals_.erase(kept);
}

// False: there is none, all that is kept is open.
bool MemoryLedger::make_room(std::size_t bytes) {
  const auto fits = [&] { return approvals_.size() < kMaxRememberedCalls && bytes_ + bytes <= kMaxRememberedBytes; };
  for (auto at = approvals_.begin(); !fits() && at != approvals_.end();) {
    const auto next = std::next(at);
    put_aged(at->second);
    if (!is_open(at->second.approval.state)) drop(at);
    at = next;
  }
  return fits();
}

Result<Approval> MemoryLedger::keep(Approval draft, std::vector<AuditEvent> events) {
  std::lock_guard lock(mutex_);
  if (auto there = standing(draft.binding)) return *std::move(there);
  if (const auto before = bindings_.find(draft.binding); before != bindings_.end()) put_aged(approvals_.at(before->second));
  const auto pending = std::count_if(approvals_.begin(), approvals_.end(), [&](const auto& one) {
    const Approval& other = one.second.approval;
    return other.state == ApprovalState::pending && other.principal == draft.principal && other.expires > now_();
  });
  if (static_cast<std::size_t>(pending) >= kMaxPendingApprovals) return too_many_pending();
  if (!make_room(size_of(draft))) return too_many_approvals();
  const std::int64_t place = next_place_++;
  Kept& kept = approvals_[place];
  replace(kept, opened(std::move(draft), now_()));
  ids_[kept.approval.id] = place;
  bindings_[kept.approval.binding] = place;
  write(std::move(events));
  return kept.approval;
}

void MemoryLedger::open(Approval draft, std::vector<AuditEvent> events, Done<Approval> done) { done(keep(std::move(draft), std::move(events))); }

void MemoryLedger::find(const std::string& binding, Done<std::optional<Approval>> done) {
  const auto look = [&] {
    std::lock_guard lock(mutex_);
    return standing(binding);
  };
  done(look());
}

void MemoryLedger::get(const std::string& id, Done<Approval> done) {
  const auto look = [&]() -> Result<Approval> {
    std::lock_guard lock(mutex_);
    const auto place = ids_.find(id);
    if (place == ids_.end()) return unknown_approval(id);
    return aged(approvals_.at(place->second).approval);
  };
  done(look());
}

void MemoryLedger::list(ApprovalFilter filter, Done<std::vector<Approval>> done) {
  const auto look = [&] {
    std::lock_guard lock(mutex_);
    std::vector<Approval> found;
    for (auto at = approvals_.rbegin(); at != approvals_.rend() && found.size() < filter.limit; ++at) {
      Approval seen = aged(at->second.approval);
      if (matches(filter, seen)) found.push_back(std::move(seen));
    }
    return found;
  };
  done(look());
}

Result<std::optional<Approval>> MemoryLedger::carry_out(const Step& step) {
  std::lock_guard lock(mutex_);
  const UnixMs now = now_();
  if (!step.grant.empty()) {
    const auto grant = grants_.find(step.grant);
    if (grant == grants_.end() || !holds(grant->second, now)) return grant_is_over(step.grant);
  }
  std::vector<AuditEvent> events = step.events;
  std::optional<Approval> after;
  if (!step.approval.empty()) {
    const auto place = ids_.find(step.approval);
    if (place == ids_.end()) return unknown_approval(step.approval);
    Kept& kept = approvals_.at(place->second);
    after = kept.approval;
    auto said = gate::carry_out(step, *after, false, now);
    if (!said) return said.error();
    events = *std::move(said);
    replace(kept, *after);
  }
  if (step.keep) {
    Grant grant = *step.keep;
    grant.created = now;
    grant.until += now;
    std::erase_if(grants_, [&](const auto& one) { return one.second.until + kRetention <= now; });
    grants_[grant.id] = std::move(grant);
  }
  write(std::move(events));
  return after;
}

void MemoryLedger::commit(Step step, Done<std::optional<Approval>> done) { done(carry_out(step)); }

// ---- the log

void MemoryLedger::write(std::vector<AuditEvent> events) {
  for (AuditEvent& event : events) {
    records_.push_back(link(last_.hash, host_, last_.number + 1, now_(), std::move(event)));
    last_ = {records_.back().number, records_.back().hash};
  }
  if (records_.size() > kMaxRememberedRecords) drop_records(records_[records_.size() - kMaxRememberedRecords - 1].number);
}

void MemoryLedger::drop_records(std::int64_t number) {
  while (!records_.empty() && records_.front().number <= number) {
    pruned_ = {records_.front().number, records_.front().hash};
    records_.pop_front();
  }
}

void MemoryLedger::append(std::vector<AuditEvent> events) {
  std::lock_guard lock(mutex_);
  write(std::move(events));
}

void MemoryLedger::records(const AuditQuery& query, Done<std::vector<AuditRecord>> done) {
  const auto look = [&] {
    std::lock_guard lock(mutex_);
    std::vector<AuditRecord> found;
    const auto take = [&](const AuditRecord& record) {
      if (found.size() < query.limit && matches(query, record)) found.push_back(record);
    };
    if (query.newest_first) std::for_each(records_.rbegin(), records_.rend(), take);
    else std::for_each(records_.begin(), records_.end(), take);
    return found;
  };
  done(look());
}

void MemoryLedger::writers(Done<std::vector<AuditWriter>> done) {
  const auto look = [&] {
    std::lock_guard lock(mutex_);
    std::vector<AuditWriter> found;
    if (last_.number > 0) found.push_back({host_, pruned_, last_, 0});
    return found;
  };
  done(look());
}

void MemoryLedger::prune(const std::string& writer, std::int64_t number, std::vector<AuditEvent> events, Done<void> done) {
  const auto drop = [&]() -> Result<void> {
    std::lock_guard lock(mutex_);
    if (writer != host_ || number < 1 || number > last_.number) return unknown_record(writer, number);
    drop_records(number);
    write(std::move(events));
    return {};
  };
  done(drop());
}

void MemoryLedger::heads(Done<std::vector<AuditHead>> done) { done(std::vector<AuditHead>{}); }

// ---- grants

void MemoryLedger::grants(const std::string& principal, const std::string& tool, Done<std::vector<Grant>> done) {
  const auto look = [&] {
    std::lock_guard lock(mutex_);
    std::vector<Grant> found;
    const bool all = principal.empty() && tool.empty();
    for (const auto& [id, grant] : grants_)
      if (all || (grant.principal == principal && grant.tool == tool && holds(grant, now_()))) found.push_back(grant);
    return found;
  };
  done(look());
}

void MemoryLedger::revoke(const std::string& grant, std::vector<AuditEvent> events, Done<Grant> done) {
  const auto change = [&]() -> Result<Grant> {
    std::lock_guard lock(mutex_);
    const auto found = grants_.find(grant);
    if (found == grants_.end()) return unknown_grant(grant);
    found->second.revoked = true;
    write(std::move(events));
    return found->second;
  };
  done(change());
}

// ---- approvers

void MemoryLedger::approvers(Done<std::vector<ApproverRow>> done) {
  const auto look = [&] {
    std::lock_guard lock(mutex_);
    std::vector<ApproverRow> found;
    for (const auto& [name, row] : approvers_) found.push_back(row);
    return found;
  };
  done(look());
}

void MemoryLedger::put(ApproverRow row, bool first_only, std::vector<AuditEvent> events, Done<void> done) {
  const auto change = [&]() -> Result<void> {
    std::lock_guard lock(mutex_);
    if (first_only && !approvers_.empty()) return has_approvers();
    const auto before = approvers_.find(row.approver.name);
    row.approver.created = before == approvers_.end() ? now_() : before->second.approver.created;
    const std::string name = row.approver.name;
    approvers_.insert_or_assign(name, std::move(row));
    write(std::move(events));
    return {};
  };
  done(change());
}

void MemoryLedger::remove_approver(const std::string& name, std::vector<AuditEvent> events, Done<void> done) {
  const auto change = [&]() -> Result<void> {
    std::lock_guard lock(mutex_);
    if (approvers_.count(name) == 0) return unknown_approver(name);
    if (approvers_.size() == 1) return last_approver(name);
    approvers_.erase(name);
    write(std::move(events));
    return {};
  };
  done(change());
}

void MemoryLedger::tried(const std::string& name, bool right, std::vector<AuditEvent> events, Done<ApproverRow> done) {
  const auto change = [&]() -> Result<ApproverRow> {
    std::lock_guard lock(mutex_);
    const auto found = approvers_.find(name);
    if (found == approvers_.end()) return unknown_approver(name);
    count_try(found->second, right, now_());
    write(std::move(events));
    return found->second;
  };
  done(change());
}

}  // namespace sumun::gate
