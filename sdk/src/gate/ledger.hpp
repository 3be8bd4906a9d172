// SPDX-License-Identifier: Apache-2.0
// The books of the gate: approvals, what was granted, who approves, and the audit log. Each operation is one transaction:
// what it changes and what the log says of it are written together, or neither is.
#pragma once
#include "gate/approval.hpp"

#include <sumun/approvals.hpp>
#include <sumun/audit.hpp>
#include <sumun/result.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sumun::gate {

/// What one record of the log says: an object with "event" and what belongs to it (docs/audit.md), redacted already. The
/// ledger adds writer, number, time and the hash of the record before.
using AuditEvent = json;

/// One transaction on one approval. A step that refuses writes nothing at all.
struct Step {
  /// What becomes of it, and what the log says of that (appended to `events`). Pure: it may be carried out again.
  using Change = std::function<Result<void>(Approval& approval, std::vector<AuditEvent>& events, UnixMs now)>;

  std::string approval;             // its id; empty = none: only what follows is written
  Change change;
  std::string grant;                // must not be revoked or over; empty = none
  std::optional<Grant> keep;        // a grant that comes with it; times are set by the ledger (`until` = so long from now)
  std::vector<AuditEvent> events;
  bool unless_owner_lives = false;  // refuse (denied) where the host that carried it out lives
};

/// An approver with what only the check of a password needs.
struct ApproverRow {
  Approver approver;
  std::string password;       // argon2id, encoded with its parameters and salt
  std::int64_t failures = 0;  // wrong passwords since the last right one
  UnixMs locked_until = 0;
};

/// Thread: any; `done` may be called in place or later on another thread, and is called exactly once. Operations on one
///         approval take effect in the order in which they were asked for.
/// Errors: of every operation, unavailable words where the store fails.
class Ledger {
 public:
  template <class T>
  using Done = std::function<void(Result<T>)>;

  virtual ~Ledger() = default;
  /// The name of this process among those that share the books: the owner of its claims, the writer of its records.
  virtual const std::string& host() const = 0;
  /// How long this process may be silent before others take it for gone; max = there are no others.
  virtual std::chrono::milliseconds lease() const { return std::chrono::milliseconds::max(); }

  // -- approvals
  /// Keeps a new question, unless one with its binding stands already: gives that one then, and writes nothing.
  /// The ledger sets version, created, changed, expires (from the terms).
  /// Errors: busy over kMaxPendingApprovals of one principal.
  virtual void open(Approval draft, std::vector<AuditEvent> events, Done<Approval> done) = 0;
  /// The one with this binding that stands (gate::stands); null = none.
  virtual void find(const std::string& binding, Done<std::optional<Approval>> done) = 0;
  /// What is shown has aged: an expired one says so. (As in `list`.) Errors: not_found.
  virtual void get(const std::string& id, Done<Approval> done) = 0;
  /// The newest first.
  virtual void list(ApprovalFilter filter, Done<std::vector<Approval>> done) = 0;
  /// Returns: the approval as it is now; null where the step names none. Durable once `done` says so.
  /// Errors: the change's; not_found; denied (the grant is over or revoked).
  virtual void commit(Step step, Done<std::optional<Approval>> done) = 0;

  // -- the log
  /// Records that nobody waits for; they are written within kAuditDelay, many at once.
  virtual void append(std::vector<AuditEvent> events) = 0;
  /// Records after a place, in the order of writing. Returns: at most `limit` of them.
  virtual void records(const AuditQuery& query, Done<std::vector<AuditRecord>> done) = 0;
  /// Also those whose records are all deleted. (Tables: audit_writers (writer, number, hash, pruned, pruned_hash,
  /// signed_to), a row changed by each append; audit_heads (time, body), which the store fills.)
  virtual void writers(Done<std::vector<AuditWriter>> done) = 0;
  /// Deletes a writer's records up to this one: the chain goes on from it. `event` gets the members writer, number and hash
  /// of the last one deleted; of many there may be several. Errors: not_found.
  virtual void prune(const std::string& writer, std::int64_t number, AuditEvent event, Done<void> done) = 0;
  /// The oldest first.
  virtual void heads(Done<std::vector<AuditHead>> done) = 0;

  // -- grants
  /// Those of a principal for a tool that hold now; both empty = all, also those that are over or revoked.
  virtual void grants(const std::string& principal, const std::string& tool, Done<std::vector<Grant>> done) = 0;
  /// Errors: not_found.
  virtual void revoke(const std::string& grant, std::vector<AuditEvent> events, Done<Grant> done) = 0;

  // -- approvers
  virtual void approvers(Done<std::vector<ApproverRow>> done) = 0;
  /// Adds it, or puts it in the place of the one with its name. `first_only`: only where there is none at all (denied).
  /// `created` is set by the ledger, and stays.
  virtual void put(ApproverRow row, bool first_only, std::vector<AuditEvent> events, Done<void> done) = 0;
  /// Errors: not_found, invalid_value (the last one stays).
  virtual void remove_approver(const std::string& name, std::vector<AuditEvent> events, Done<void> done) = 0;
  /// Counts a wrong password (or, with `right`, forgets them). Returns: the row as it is now. Errors: not_found.
  virtual void tried(const std::string& name, bool right, std::vector<AuditEvent> events, Done<ApproverRow> done) = 0;
};

// -- what every ledger says and does alike
Error unknown_approval(const std::string& id);
Error too_many_pending();
Error too_many_approvals();
Error grant_is_over(const std::string& id);
Error unknown_grant(const std::string& id);
Error unknown_approver(const std::string& name);
Error unknown_record(const std::string& writer, std::int64_t number);
Error has_approvers();
Error last_approver(const std::string& name);
/// A draft as it is kept first.
Approval opened(Approval draft, UnixMs now);
/// Ages the approval, carries the step's change out on it, and gathers what the log says of both.
/// Returns: the events. Errors: the change's.
Result<std::vector<AuditEvent>> carry_out(const Step& step, Approval& approval, bool owner_is_gone, UnixMs now);
/// Counts a try at a password.
void count_try(ApproverRow& row, bool right, UnixMs now);
bool holds(const Grant& grant, UnixMs now);
bool matches(const ApprovalFilter& filter, const Approval& approval);
bool matches(const AuditQuery& query, const AuditRecord& record);

}  // namespace sumun::gate
