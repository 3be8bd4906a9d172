// SPDX-License-Identifier: Apache-2.0
// The statements and tables of the books, as in statements.hpp. An approval changes by compare-and-set on its version.
//
//   approvals      id, binding, principal, tool, state, open (1 = it can still move), owner (of a claim), created, changed,
//                  expires, replay (ms), version, step (that changed it last), result (until nobody is given it any more),
//                  body (JSON of the rest). One open approval a binding.
//   grants         id, principal, tool, until (ms), revoked (0|1), body (JSON)
//   approvers      name, principal, created, first (1 = made when there was none), password, failures, locked_until (ms)
//   audit          (writer, number), time (ms), call, event (canonical JSON), previous, hash
//   audit_writers  id, number, time and hash of its last record; number and hash of the last one that was pruned; signed_to
//   audit_heads    time (ms), body (JSON)
#pragma once
#include "store/database.hpp"

namespace sumun::store {

inline constexpr const char* kLedgerTables = R"(
CREATE TABLE approvals (id TEXT PRIMARY KEY, binding TEXT NOT NULL, principal TEXT NOT NULL, tool TEXT NOT NULL, state TEXT NOT NULL,
  open BIGINT NOT NULL, owner TEXT NOT NULL, created BIGINT NOT NULL, changed BIGINT NOT NULL, expires BIGINT NOT NULL, replay BIGINT NOT NULL,
  version BIGINT NOT NULL, step TEXT NOT NULL, result TEXT NOT NULL, body TEXT NOT NULL);
CREATE UNIQUE INDEX approvals_open ON approvals (binding) WHERE open = 1;
CREATE INDEX approvals_binding ON approvals (binding, created);
CREATE INDEX approvals_created ON approvals (created, id);
CREATE INDEX approvals_pending ON approvals (principal, expires) WHERE state = 'pending';
CREATE INDEX approvals_moving ON approvals (expires) WHERE open = 1;
CREATE INDEX approvals_ended ON approvals (changed) WHERE open = 0;
CREATE INDEX approvals_results ON approvals (changed) WHERE result <> '';
CREATE TABLE grants (id TEXT PRIMARY KEY, principal TEXT NOT NULL, tool TEXT NOT NULL, until BIGINT NOT NULL, revoked BIGINT NOT NULL, body TEXT NOT NULL);
CREATE INDEX grants_of ON grants (principal, tool);
CREATE INDEX grants_until ON grants (until);
CREATE TABLE approvers (name TEXT PRIMARY KEY, principal TEXT NOT NULL, created BIGINT NOT NULL, first BIGINT NOT NULL, password TEXT NOT NULL,
  failures BIGINT NOT NULL, locked_until BIGINT NOT NULL);
CREATE UNIQUE INDEX approvers_first ON approvers (first) WHERE first = 1;
CREATE TABLE audit (writer TEXT NOT NULL, number BIGINT NOT NULL, time BIGINT NOT NULL, call TEXT NOT NULL, event TEXT NOT NULL,
  previous TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (writer, number));
CREATE INDEX audit_time ON audit (time);
CREATE INDEX audit_call ON audit (call) WHERE call <> '';
CREATE TABLE audit_writers (id TEXT PRIMARY KEY, number BIGINT NOT NULL, time BIGINT NOT NULL, hash TEXT NOT NULL, pruned BIGINT NOT NULL,
  pruned_hash TEXT NOT NULL, signed_to BIGINT NOT NULL);
CREATE TABLE audit_heads (time BIGINT NOT NULL, body TEXT NOT NULL);
CREATE INDEX audit_heads_time ON audit_heads (time);
)";

// -- approvals. A row as it is read: body, result, whether the owner's lease holds, its place, now, id and times.
#define SUMUN_APPROVAL \
  "SELECT body, result, CASE WHEN until > {now} THEN 1 ELSE 0 END, coalesce(place, ''), {now}, approvals.id, created, changed, expires FROM approvals " \
  "LEFT JOIN hosts ON hosts.id = approvals.owner "
inline constexpr Statement kGetApproval{SUMUN_APPROVAL "WHERE approvals.id = $1"};
inline constexpr Statement kFindApproval{SUMUN_APPROVAL "WHERE binding = $1 ORDER BY open DESC, created DESC LIMIT 1"};
// The newest before a place; those that only seem to be in a state are among those that can still move.
inline constexpr Statement kListApprovals{
    SUMUN_APPROVAL "WHERE ($1 = '' OR principal = $1) AND ($2 = '' OR tool = $2) AND ($3 = '' OR state = $3 OR open = 1) "
    "AND (created < CAST($4 AS BIGINT) OR (created = CAST($4 AS BIGINT) AND approvals.id < $5)) ORDER BY created DESC, approvals.id DESC "
    "LIMIT CAST($6 AS BIGINT)"};
#undef SUMUN_APPROVAL
inline constexpr Statement kNow{"SELECT {now}"};
// Gives nothing where one is open already, or $10 of this principal wait.
inline constexpr Statement kOpenApproval{
    "INSERT INTO approvals (id, binding, principal, tool, state, open, owner, created, changed, expires, replay, version, step, result, body) "
    "SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), 'pending', 1, '', CAST($5 AS BIGINT), CAST($5 AS BIGINT), "
    "CAST($6 AS BIGINT), CAST($7 AS BIGINT), CAST($8 AS BIGINT), '', '', CAST($9 AS TEXT) WHERE (SELECT count(*) FROM approvals WHERE state = 'pending' "
    "AND principal = $3 AND expires > {now}) < CAST($10 AS BIGINT) ON CONFLICT (binding) WHERE open = 1 DO NOTHING RETURNING id"};
inline constexpr Statement kCountPending{"SELECT count(*) FROM approvals WHERE state = 'pending' AND principal = $1 AND expires > {now}"};
inline constexpr Statement kPutApproval{
    "UPDATE approvals SET state = $3, open = $4, owner = $5, changed = $6, expires = $7, version = $8, step = $9, result = $10, body = $11 "
    "WHERE id = $1 AND version = CAST($2 AS BIGINT) RETURNING id"};
inline constexpr Statement kClaimOfStep{"SELECT version FROM approvals WHERE id = $1 AND step = $2 AND state = 'claimed'"};
// Those that time may have moved: expired ones, and claims whose host has let its lease lapse or that nobody went on with
// for $1 ms.
inline constexpr Statement kMovingApprovals{
    "SELECT id FROM approvals WHERE open = 1 AND ((state IN ('pending', 'approved') AND expires <= {now}) OR (state = 'claimed' AND "
    "(changed <= {now} - CAST($1 AS BIGINT) OR NOT EXISTS (SELECT 1 FROM hosts WHERE hosts.id = approvals.owner AND until > {now})))) "
    "ORDER BY expires LIMIT CAST($2 AS BIGINT)"};
inline constexpr Statement kDropResults{
    "UPDATE approvals SET result = '' WHERE id IN (SELECT id FROM approvals WHERE result <> '' AND changed <= {now} - replay LIMIT 1000)"};
inline constexpr Statement kDropOldApprovals{
    "DELETE FROM approvals WHERE id IN (SELECT id FROM approvals WHERE open = 0 AND changed <= {now} - CAST($1 AS BIGINT) LIMIT 1000) RETURNING id"};
inline constexpr Statement kDropEndedApprovals{
    "DELETE FROM approvals WHERE id IN (SELECT id FROM approvals WHERE open = 0 ORDER BY changed LIMIT CAST($1 AS BIGINT))"};
inline constexpr Statement kApprovalUsage{"SELECT count(*) FROM approvals"};
inline constexpr Statement kPendingUsage{"SELECT count(*) FROM approvals WHERE state = 'pending' AND expires > {now}"};

// -- grants
// Whoever would revoke it waits until the end of the transaction.
inline constexpr Statement kHoldGrant{"UPDATE grants SET revoked = revoked WHERE id = $1 AND revoked = 0 AND until > {now} RETURNING id"};
inline constexpr Statement kKeepGrant{"INSERT INTO grants (id, principal, tool, until, revoked, body) VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT (id) DO NOTHING"};
inline constexpr Statement kGrantsOf{"SELECT body, revoked, until FROM grants WHERE principal = $1 AND tool = $2 AND revoked = 0 AND until > {now} ORDER BY until, id"};
inline constexpr Statement kAllGrants{"SELECT body, revoked, until FROM grants ORDER BY until DESC, id LIMIT 10000"};
inline constexpr Statement kRevokeGrant{"UPDATE grants SET revoked = 1 WHERE id = $1 RETURNING body, revoked, until"};
inline constexpr Statement kDropOldGrants{"DELETE FROM grants WHERE until <= {now} - CAST($1 AS BIGINT)"};

// -- approvers
inline constexpr Statement kApprovers{"SELECT name, principal, created, password, failures, locked_until FROM approvers ORDER BY created, name"};
inline constexpr Statement kPutApprover{
    "INSERT INTO approvers (name, principal, created, first, password, failures, locked_until) VALUES ($1, $2, {now}, 0, $3, $4, $5) ON CONFLICT (name) DO UPDATE "
    "SET principal = excluded.principal, password = excluded.password, failures = excluded.failures, locked_until = excluded.locked_until"};
// Gives nothing where there is one, or another process makes the first at this moment.
inline constexpr Statement kPutFirstApprover{
    "INSERT INTO approvers (name, principal, created, first, password, failures, locked_until) SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), {now}, 1, "
    "CAST($3 AS TEXT), CAST($4 AS BIGINT), CAST($5 AS BIGINT) WHERE NOT EXISTS (SELECT 1 FROM approvers) ON CONFLICT DO NOTHING RETURNING name"};
// Two processes that remove one each do so one after the other.
inline constexpr Statement kHoldApprovers{"UPDATE approvers SET created = created"};
inline constexpr Statement kRemoveApprover{"DELETE FROM approvers WHERE name = $1 AND EXISTS (SELECT 1 FROM approvers WHERE name <> $1) RETURNING name"};
inline constexpr Statement kHoldApprover{
    "UPDATE approvers SET created = created WHERE name = $1 RETURNING name, principal, created, password, failures, locked_until, {now}"};
inline constexpr Statement kCountTry{"UPDATE approvers SET failures = $2, locked_until = $3 WHERE name = $1"};

// -- the log
// The writer's last record, held until the end of the transaction: two connections of one process write after one another.
inline constexpr Statement kHoldWriter{
    "INSERT INTO audit_writers (id, number, time, hash, pruned, pruned_hash, signed_to) VALUES ($1, 0, 0, $2, 0, $2, 0) "
    "ON CONFLICT (id) DO UPDATE SET id = excluded.id RETURNING number, time, hash, {now}"};
inline constexpr Statement kPutWriter{"UPDATE audit_writers SET number = $2, time = $3, hash = $4 WHERE id = $1"};
inline constexpr Statement kWriters{"SELECT id, pruned, pruned_hash, number, hash, signed_to FROM audit_writers ORDER BY time, id"};
// Of one writer by number, of all by time; $1 = '' of all. The rest of a query is for who reads them.
#define SUMUN_RECORDS(order, after) \
  "SELECT writer, number, time, event, previous, hash FROM audit WHERE ($1 = '' OR writer = $1) AND ($2 = '' OR call = $2) " \
  "AND time >= CAST($3 AS BIGINT) AND time < CAST($4 AS BIGINT) AND " after " ORDER BY " order " LIMIT CAST($8 AS BIGINT)"
#define SUMUN_AFTER(than) \
  "(time " than " CAST($5 AS BIGINT) OR (time = CAST($5 AS BIGINT) AND (writer " than " $6 OR (writer = $6 AND number " than " CAST($7 AS BIGINT)))))"
inline constexpr Statement kRecords{SUMUN_RECORDS("time, writer, number", SUMUN_AFTER(">"))};
inline constexpr Statement kNewestRecords{SUMUN_RECORDS("time DESC, writer DESC, number DESC", SUMUN_AFTER("<"))};
#undef SUMUN_AFTER
#undef SUMUN_RECORDS
inline constexpr Statement kRecordsOfWriter{
    "SELECT writer, number, time, event, previous, hash FROM audit WHERE writer = $1 AND number > CAST($2 AS BIGINT) AND number < CAST($3 AS BIGINT) "
    "ORDER BY number LIMIT CAST($4 AS BIGINT)"};
inline constexpr Statement kNewestOfWriter{
    "SELECT writer, number, time, event, previous, hash FROM audit WHERE writer = $1 AND number > CAST($2 AS BIGINT) AND number < CAST($3 AS BIGINT) "
    "ORDER BY number DESC LIMIT CAST($4 AS BIGINT)"};
inline constexpr Statement kFindRecord{"SELECT hash FROM audit WHERE writer = $1 AND number = CAST($2 AS BIGINT)"};
inline constexpr Statement kHoldPruned{"UPDATE audit_writers SET id = id WHERE id = $1 RETURNING pruned"};
inline constexpr Statement kPrune{"DELETE FROM audit WHERE writer = $1 AND number <= CAST($2 AS BIGINT)"};
inline constexpr Statement kPutPruned{"UPDATE audit_writers SET pruned = $2, pruned_hash = $3 WHERE id = $1 AND pruned < CAST($2 AS BIGINT)"};
inline constexpr Statement kOldRecords{
    "SELECT writer, max(number), count(*) FROM (SELECT writer, number FROM audit WHERE time <= {now} - CAST($1 AS BIGINT) ORDER BY time "
    "LIMIT CAST($2 AS BIGINT)) AS old GROUP BY writer"};
inline constexpr Statement kDropOldWriters{"DELETE FROM audit_writers WHERE number = pruned AND time <= {now} - CAST($1 AS BIGINT)"};
inline constexpr Statement kHeads{"SELECT body FROM audit_heads ORDER BY time"};
inline constexpr Statement kDropOldHeads{"DELETE FROM audit_heads WHERE time <= {now} - CAST($1 AS BIGINT)"};
inline constexpr Statement kRecordUsage{"SELECT coalesce(sum(number - pruned), 0) FROM audit_writers"};

}  // namespace sumun::store
