// SPDX-License-Identifier: Apache-2.0
// What every ledger says and does alike, wherever it keeps its books.
#include "gate/ledger.hpp"

#include "base/json_text.hpp"

#include <sumun/limits.hpp>

#include <algorithm>
#include <utility>

namespace sumun::gate {
namespace {

using std::chrono::milliseconds;

// Whether the event has no such wish, or has it under this name.
bool says(const json& event, const char* name, const std::string& wanted) {
  if (wanted.empty()) return true;
  const auto at = event.find(name);
  return at != event.end() && at->is_string() && at->get_ref<const std::string&>() == wanted;
}

}  // namespace

Error unknown_approval(const std::string& id) { return fail(ErrorCode::not_found, "there is no approval " + in_quotes(id)); }
Error too_many_pending() {
  return fail(ErrorCode::busy, "over " + std::to_string(kMaxPendingApprovals) + " approvals wait for people already; have them decided first");
}
Error too_many_approvals() { return fail(ErrorCode::busy, "too many approvals are open; have them decided first"); }
Error grant_is_over(const std::string& id) { return fail(ErrorCode::denied, "grant " + in_quotes(id) + " is over or revoked"); }
Error unknown_grant(const std::string& id) { return fail(ErrorCode::not_found, "there is no grant " + in_quotes(id)); }
Error unknown_approver(const std::string& name) { return fail(ErrorCode::not_found, "there is no approver " + in_quotes(name)); }
Error unknown_record(const std::string& writer, std::int64_t number) {
  return fail(ErrorCode::not_found, "there is no record " + std::to_string(number) + " of writer " + in_quotes(writer));
}
Error has_approvers() { return fail(ErrorCode::denied, "there are approvers already; one of them adds others"); }
Error last_approver(const std::string& name) { return fail(ErrorCode::invalid_value, in_quotes(name) + " is the last approver and stays"); }

Approval opened(Approval draft, UnixMs now) {
  draft.created = draft.changed = now;
  draft.expires = now + milliseconds(draft.terms.pending).count();
  draft.version = 1;
  return draft;
}

Result<std::vector<AuditEvent>> carry_out(const Step& step, Approval& approval, bool owner_is_gone, UnixMs now) {
  std::vector<AuditEvent> events;
  const std::int64_t version = approval.version;
  const ApprovalState before = approval.state;
  if (age(approval, owner_is_gone, now)) events.push_back(aged_event(approval, before));
  if (step.unless_owner_lives && approval.state == ApprovalState::outcome_unknown && !approval.owner.empty() && !owner_is_gone)
    return fail(ErrorCode::denied, "the process that carried out approval " + approval.id + " lives, and its handler may still be at it");
  events.insert(events.end(), step.events.begin(), step.events.end());
  if (step.change)
    if (auto changed = step.change(approval, events, now); !changed) return changed.error();
  if (approval.version != version || step.change) {
    approval.version = version + 1;
    approval.changed = now;
  }
  return events;
}

void count_try(ApproverRow& row, bool right, UnixMs now) {
  if (right) {
    row.failures = 0;
    row.locked_until = 0;
    return;
  }
  ++row.failures;
  if (row.failures < kPasswordTries) return;
  const auto doublings = std::min<std::int64_t>(row.failures - kPasswordTries, 20);
  row.locked_until = now + std::min(kPasswordWait * (std::int64_t{1} << doublings), kMaxPasswordWait).count();
}

bool holds(const Grant& grant, UnixMs now) { return !grant.revoked && grant.until > now; }

bool matches(const ApprovalFilter& filter, const Approval& approval) {
  return (!filter.state || *filter.state == approval.state) && (filter.principal.empty() || filter.principal == approval.principal) &&
         (filter.tool.empty() || filter.tool == approval.tool);
}

bool matches(const AuditQuery& query, const AuditRecord& record) {
  return (query.writer.empty() || (query.writer == record.writer && record.number > query.after)) && record.time >= query.since &&
         (query.until == 0 || record.time < query.until) && says(record.event, "call", query.call) &&
         says(record.event, "principal", query.principal) && says(record.event, "target", query.target) && says(record.event, "event", query.event);
}

}  // namespace sumun::gate
