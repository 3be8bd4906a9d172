// SPDX-License-Identifier: Apache-2.0
// Every statement of the store, for all databases, and the tables. Each is right by itself: none relies on what another
// one of its transaction has seen.
//
//   calls        id, touched (ms), finished (0|1), value_bytes
//   rounds       (call, round), host and taker that took it, bytes and text of its answer (null = none yet)
//   call_values  (call, key), value (JSON)
//   tasks        id, owner, host that runs it, final (0|1), expires (ms), bytes, task (JSON)
//   hosts        id, until (ms: its lease), place (host.hpp)
#pragma once
#include "store/database.hpp"

namespace sumun::store {

// Said to SQLite and PostgreSQL alike: types are what both understand.
inline constexpr const char* kTables = R"(
CREATE TABLE calls (id TEXT PRIMARY KEY, touched BIGINT NOT NULL, finished BIGINT NOT NULL DEFAULT 0, value_bytes BIGINT NOT NULL DEFAULT 0);
CREATE INDEX calls_touched ON calls (touched);
CREATE TABLE rounds (call TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE, round BIGINT NOT NULL, host TEXT NOT NULL,
  taker TEXT NOT NULL, bytes BIGINT NOT NULL DEFAULT 0, answer TEXT, PRIMARY KEY (call, round));
CREATE TABLE call_values (call TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (call, key));
CREATE TABLE tasks (id TEXT PRIMARY KEY, owner TEXT NOT NULL, host TEXT NOT NULL, final BIGINT NOT NULL, expires BIGINT NOT NULL,
  bytes BIGINT NOT NULL, task TEXT NOT NULL);
CREATE INDEX tasks_owner ON tasks (owner, expires);
CREATE INDEX tasks_expires ON tasks (expires);
CREATE INDEX tasks_running ON tasks (host) WHERE final = 0;
CREATE TABLE hosts (id TEXT PRIMARY KEY, until BIGINT NOT NULL, place TEXT NOT NULL);
)";

// -- calls
inline constexpr Statement kOpenCall{
    "INSERT INTO calls (id, touched) VALUES ($1, {now}) ON CONFLICT (id) DO UPDATE SET touched = excluded.touched"};
inline constexpr Statement kTouchCall{"UPDATE calls SET touched = {now} WHERE id = $1"};
// Gives who has the round now, whoever it was that took it; nothing where the call is not known.
inline constexpr Statement kTakeRound{
    "INSERT INTO rounds (call, round, host, taker) SELECT id, CAST($2 AS BIGINT), CAST($3 AS TEXT), CAST($4 AS TEXT) FROM calls "
    "WHERE id = $1 AND touched > {now} - CAST($5 AS BIGINT) ON CONFLICT (call, round) DO UPDATE SET round = excluded.round "
    "RETURNING host, taker, answer"};
inline constexpr Statement kAnswerRound{"UPDATE rounds SET answer = $3, bytes = $4 WHERE call = $1 AND round = $2"};
inline constexpr Statement kReleaseRound{"DELETE FROM rounds WHERE call = $1 AND round = $2 AND host = $3 AND answer IS NULL"};
inline constexpr Statement kReleaseTaken{"DELETE FROM rounds WHERE call = $1 AND round = $2 AND taker = $3 AND answer IS NULL"};
inline constexpr Statement kDropValues{"DELETE FROM call_values WHERE call = $1"};
inline constexpr Statement kDropEmptyCall{"DELETE FROM calls WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM rounds WHERE call = $1)"};
inline constexpr Statement kFinishCall{"UPDATE calls SET finished = 1, value_bytes = 0, touched = {now} WHERE id = $1"};
inline constexpr Statement kRecall{
    "SELECT value FROM call_values JOIN calls ON id = call WHERE call = $1 AND key = $2 AND touched > {now} - CAST($3 AS BIGINT)"};
// Gives nothing where the values would be over $3 bytes.
inline constexpr Statement kCountValue{
    "INSERT INTO calls (id, touched, value_bytes) VALUES ($1, {now}, $2) ON CONFLICT (id) DO UPDATE SET touched = excluded.touched, "
    "value_bytes = calls.value_bytes + excluded.value_bytes WHERE calls.value_bytes + excluded.value_bytes <= CAST($3 AS BIGINT) RETURNING id"};
inline constexpr Statement kKeepValue{
    "INSERT INTO call_values (call, key, value) VALUES ($1, $2, $3) ON CONFLICT (call, key) DO UPDATE SET value = excluded.value"};
inline constexpr Statement kDropFinishedCalls{
    "DELETE FROM calls WHERE id IN (SELECT id FROM calls WHERE finished = 1 ORDER BY touched LIMIT CAST($1 AS BIGINT))"};
inline constexpr Statement kDropOldCalls{
    "DELETE FROM calls WHERE id IN (SELECT id FROM calls WHERE touched <= {now} - CAST($1 AS BIGINT) LIMIT 1000) RETURNING id"};
inline constexpr Statement kCallUsage{
    "SELECT (SELECT count(*) FROM calls), (SELECT coalesce(sum(value_bytes), 0) FROM calls) + "
    "(SELECT coalesce(sum(bytes), 0) FROM rounds)"};

// -- tasks
// Gives nothing where the owner has $7 tasks already.
inline constexpr Statement kCreateTask{
    "INSERT INTO tasks (id, owner, host, final, expires, bytes, task) SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), 0, "
    "{now} + CAST($4 AS BIGINT), CAST($5 AS BIGINT), CAST($6 AS TEXT) WHERE (SELECT count(*) FROM tasks WHERE owner = $2 AND expires > {now} AND id <> $1) "
    "< CAST($7 AS BIGINT) ON CONFLICT (id) DO UPDATE SET id = excluded.id RETURNING id"};
inline constexpr Statement kGetTask{
    "SELECT task, final, tasks.host, CASE WHEN until > {now} THEN 1 ELSE 0 END, coalesce(place, '') FROM tasks LEFT JOIN hosts ON hosts.id = tasks.host "
    "WHERE tasks.id = $1 AND owner = $2 AND expires > {now}"};
inline constexpr Statement kTaskNow{"SELECT task, final, bytes FROM tasks WHERE id = $1 AND expires > {now}"};
inline constexpr Statement kPutTask{
    "UPDATE tasks SET task = $2, bytes = $3, final = $4 WHERE id = $1 AND final = 0 AND expires > {now} RETURNING id"};
inline constexpr Statement kRunningTasks{
    "SELECT task, tasks.host, CASE WHEN until > {now} THEN 1 ELSE 0 END, coalesce(place, '') FROM tasks LEFT JOIN hosts ON hosts.id = tasks.host "
    "WHERE final = 0 AND expires > {now}"};
inline constexpr Statement kDropOldTasks{
    "DELETE FROM tasks WHERE id IN (SELECT id FROM tasks WHERE expires <= {now} LIMIT 1000) RETURNING id"};
inline constexpr Statement kTaskUsage{"SELECT count(*), coalesce(sum(bytes), 0) FROM tasks"};

// -- hosts
inline constexpr Statement kRenewHost{
    "INSERT INTO hosts (id, until, place) VALUES ($1, {now} + CAST($2 AS BIGINT), $3) ON CONFLICT (id) DO UPDATE SET until = excluded.until"};
inline constexpr Statement kFindHost{"SELECT CASE WHEN until > {now} THEN 1 ELSE 0 END, place FROM hosts WHERE id = $1"};
inline constexpr Statement kDropHost{"DELETE FROM hosts WHERE id = $1"};
// A host's row outlives its lease while something still names it.
inline constexpr Statement kDropOldHosts{
    "DELETE FROM hosts WHERE until < {now} - CAST($1 AS BIGINT) AND NOT EXISTS (SELECT 1 FROM tasks WHERE final = 0 AND host = hosts.id)"};
inline constexpr Statement kHosts{"SELECT place, CASE WHEN until > {now} THEN 1 ELSE 0 END FROM hosts"};

}  // namespace sumun::store
