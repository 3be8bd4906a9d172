// SPDX-License-Identifier: Apache-2.0
// Grants and approvers in a database.
#include "store/ledger.hpp"
#include "store/ledger_statements.hpp"

#include <sumun/json.hpp>

#include <utility>

namespace sumun::store {
namespace {

using After = Engine::After;
using gate::ApproverRow;
using gate::AuditEvent;

// {body, revoked, until}
Result<Grant> grant_of(const Row& row) {
  auto body = parse_json(*row[0]);
  auto grant = body ? gate::grant_from(*std::move(body)) : Result<Grant>(body.error());
  if (!grant) return fail(ErrorCode::internal_error, "a stored grant cannot be read: " + grant.error().message);
  grant->revoked = number(row, 1) == 1;
  grant->until = number(row, 2);
  return grant;
}

// {name, principal, created, password, failures, locked_until}
ApproverRow approver_of(Row& row) {
  return {{*std::move(row[0]), *std::move(row[1]), number(row, 2)}, *std::move(row[3]), number(row, 4), number(row, 5)};
}

}  // namespace

void StoredLedger::grants(const std::string& principal, const std::string& tool, Done<std::vector<Grant>> done) {
  auto work = [shared = shared_, principal, tool, done](Connection& connection) -> Result<After> {
    const bool all = principal.empty() && tool.empty();
    auto rows = all ? run(connection, kAllGrants) : run(connection, kGrantsOf, std::string_view(principal), std::string_view(tool));
    if (!rows) return rows.error();
    std::vector<Grant> found;
    for (const Row& row : *rows) {
      auto grant = grant_of(row);
      if (grant) found.push_back(*std::move(grant));
      else shared.engine->log(LoggingLevel::error, grant.error().message);
    }
    return After([done, found = std::move(found)] { done(found); });
  };
  shared_.engine->read("grants", std::move(work), [done](const Error& why) { done(unavailable(why)); });
}

void StoredLedger::revoke(const std::string& grant, std::vector<AuditEvent> events, Done<Grant> done) {
  auto work = [journal = journal_, grant, events = std::move(events), done](Connection& connection) -> Result<After> {
    auto rows = run(connection, kRevokeGrant, std::string_view(grant));
    if (!rows) return rows.error();
    if (rows->empty()) return After([done, grant] { done(gate::unknown_grant(grant)); });
    journal->add(events);
    return After([done, revoked = grant_of(rows->front())] { done(revoked); });
  };
  shared_.engine->write("grants", std::move(work), [done](const Error& why) { done(unavailable(why)); });
}

void StoredLedger::approvers(Done<std::vector<ApproverRow>> done) {
  auto work = [done](Connection& connection) -> Result<After> {
    auto rows = run(connection, kApprovers);
    if (!rows) return rows.error();
    std::vector<ApproverRow> found;
    for (Row& row : *rows) found.push_back(approver_of(row));
    return After([done, found = std::move(found)] { done(found); });
  };
  shared_.engine->read("approvers", std::move(work), [done](const Error& why) { done(unavailable(why)); });
}

void StoredLedger::put(ApproverRow row, bool first_only, std::vector<AuditEvent> events, Done<void> done) {
  auto work = [journal = journal_, row = std::move(row), first_only, events = std::move(events), done](Connection& connection) -> Result<After> {
    auto put = run(connection, first_only ? kPutFirstApprover : kPutApprover, std::string_view(row.approver.name), std::string_view(row.approver.principal),
                   std::string_view(row.password), row.failures, row.locked_until);
    if (!put) return put.error();
    if (first_only && put->empty()) return After([done] { done(gate::has_approvers()); });
    journal->add(events);
    return After([done] { done({}); });
  };
  shared_.engine->write("approvers", std::move(work), [done](const Error& why) { done(unavailable(why)); });
}

void StoredLedger::remove_approver(const std::string& name, std::vector<AuditEvent> events, Done<void> done) {
  auto work = [journal = journal_, name, events = std::move(events), done](Connection& connection) -> Result<After> {
    if (auto held = run(connection, kHoldApprovers); !held) return held.error();
    auto removed = run(connection, kRemoveApprover, std::string_view(name));
    if (!removed) return removed.error();
    if (removed->empty()) {
      auto there = run(connection, kHoldApprover, std::string_view(name));
      if (!there) return there.error();
      return After([done, why = there->empty() ? gate::unknown_approver(name) : gate::last_approver(name)] { done(why); });
    }
    journal->add(events);
    return After([done] { done({}); });
  };
  shared_.engine->write("approvers", std::move(work), [done](const Error& why) { done(unavailable(why)); });
}

void StoredLedger::tried(const std::string& name, bool right, std::vector<AuditEvent> events, Done<ApproverRow> done) {
  auto work = [journal = journal_, name, right, events = std::move(events), done](Connection& connection) -> Result<After> {
    auto held = run(connection, kHoldApprover, std::string_view(name));
    if (!held) return held.error();
    if (held->empty()) return After([done, name] { done(gate::unknown_approver(name)); });
    const std::int64_t now = number(held->front(), 6);
    ApproverRow row = approver_of(held->front());
    gate::count_try(row, right, now);
    if (auto counted = run(connection, kCountTry, std::string_view(name), row.failures, row.locked_until); !counted) return counted.error();
    journal->add(events);
    return After([done, row = std::move(row)] { done(row); });
  };
  shared_.engine->write("approvers", std::move(work), [done](const Error& why) { done(unavailable(why)); });
}

}  // namespace sumun::store
