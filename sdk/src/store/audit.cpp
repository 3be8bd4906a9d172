// SPDX-License-Identifier: Apache-2.0
// The log in a database: records are linked where they are written, and read page by page.
#include "store/ledger.hpp"
#include "store/ledger_statements.hpp"

#include "base/json_text.hpp"
#include "gate/audit_chain.hpp"

#include <sumun/json.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace sumun::store {
namespace {

using After = Engine::After;
using gate::AuditEvent;

constexpr std::int64_t kRetention = std::chrono::duration_cast<std::chrono::milliseconds>(kAuditRetention).count();
constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kRowsAtOnce = 25;          // records of one statement
constexpr std::size_t kFlushAtOnce = 10'000;     // of one transaction, so that others need not wait long for its end
constexpr std::int64_t kPage = 2000;             // read at once
constexpr std::int64_t kPruneAtOnce = 50'000;
constexpr std::chrono::milliseconds kAgain{1000};  // after the store has failed

// $1 the writer, $2 the hash before the first; of each record number, time, call, event, hash.
std::string insert_of(std::size_t rows) {
  std::string sql = "INSERT INTO audit (writer, number, time, call, event, previous, hash) VALUES ";
  std::string previous = "$2";
  for (std::size_t i = 0; i < rows; ++i) {
    const auto at = [&](std::size_t place) { return "$" + std::to_string(3 + 5 * i + place); };
    sql += (i == 0 ? "(" : ", (") + std::string("CAST($1 AS TEXT), CAST(") + at(0) + " AS BIGINT), CAST(" + at(1) + " AS BIGINT), CAST(" + at(2) +
           " AS TEXT), CAST(" + at(3) + " AS TEXT), CAST(" + previous + " AS TEXT), CAST(" + at(4) + " AS TEXT))";
    previous = at(4);
  }
  return sql;
}

const Statement& insert_statement(bool many) {
  static const std::string one = insert_of(1), more = insert_of(kRowsAtOnce);
  static const Statement of_one{one.c_str()}, of_more{more.c_str()};
  return many ? of_more : of_one;
}

struct Linked {
  std::int64_t number = 0;
  std::string hash;
};

Result<AuditRecord> record_of(Row& row) {
  auto event = gate::event_from(*row[3]);
  // What cannot be read is shown as it is: its hash says that it was changed.
  return AuditRecord{*std::move(row[0]), number(row, 1), number(row, 2), event ? *std::move(event) : json(*row[3]), *std::move(row[4]), *std::move(row[5])};
}

// Where reading goes on.
struct Place {
  std::int64_t time = 0;
  std::string writer;
  std::int64_t number = 0;
};

Result<Rows> page(Connection& connection, const AuditQuery& query, const Place& from) {
  if (!query.writer.empty() && query.call.empty()) {
    const std::int64_t low = query.newest_first ? query.after : from.number;
    const std::int64_t high = query.newest_first ? from.number : kLast;
    return run(connection, query.newest_first ? kNewestOfWriter : kRecordsOfWriter, std::string_view(query.writer), low, high, kPage);
  }
  return run(connection, query.newest_first ? kNewestRecords : kRecords, std::string_view(query.writer), std::string_view(query.call), query.since,
             query.until == 0 ? kLast : query.until, from.time, std::string_view(from.writer), from.number, kPage);
}

struct Reading {
  AuditQuery query;
  Place at;
  std::vector<AuditRecord> found;
  gate::Ledger::Done<std::vector<AuditRecord>> done;
};

// A page at a time: others read in between.
void read_on(const std::shared_ptr<Engine>& engine, const std::shared_ptr<Reading>& reading) {
  auto work = [engine, reading](Connection& connection) -> Result<After> {
    auto rows = page(connection, reading->query, reading->at);
    if (!rows) return rows.error();
    return After([engine, reading, rows = std::make_shared<Rows>(*std::move(rows))] {
      const bool is_last = rows->size() < static_cast<std::size_t>(kPage);
      for (Row& row : *rows) {
        auto record = record_of(row);
        reading->at = {record->time, record->writer, record->number};
        if (gate::matches(reading->query, *record)) reading->found.push_back(*std::move(record));
        if (reading->found.size() >= reading->query.limit) break;
      }
      if (is_last || reading->found.size() >= reading->query.limit) return reading->done(std::move(reading->found));
      read_on(engine, reading);
    });
  };
  engine->read("audit", std::move(work), [reading](const Error& why) { reading->done(unavailable(why)); });
}

Result<bool> prune_to(Connection& connection, const std::string& writer, std::int64_t number) {
  auto found = run(connection, kFindRecord, std::string_view(writer), number);
  if (!found) return found.error();
  if (found->empty()) return false;
  const std::string& hash = *found->front()[0];
  if (auto dropped = run(connection, kPrune, std::string_view(writer), number); !dropped) return dropped.error();
  if (auto kept = run(connection, kPutPruned, std::string_view(writer), number, std::string_view(hash)); !kept) return kept.error();
  return true;
}

}  // namespace

// ---- writing

// The call is ours to search by: what a database does not take as text is left out.
Entry::Entry(const AuditEvent& event) : text(gate::event_text(event)) {
  const auto named = event.find("call");
  if (named == event.end() || !named->is_string()) return;
  const auto& name = named->get_ref<const std::string&>();
  if (is_utf8(name) && name.find('\0') == std::string::npos) call = name;
}

Result<void> Journal::end(Connection& connection) {
  if (entries_.empty()) return {};
  auto last = run(connection, kHoldWriter, std::string_view(writer_), std::string_view(AuditMark().hash));
  if (!last) return last.error();
  const Row& row = last->front();
  std::int64_t number = store::number(row, 0);
  const std::int64_t time = std::max(store::number(row, 1), store::number(row, 3));  // never back, whatever the clock does
  std::string hash = *row[2];
  for (std::size_t at = 0; at < entries_.size();) {
    const bool many = entries_.size() - at >= kRowsAtOnce;
    std::vector<Linked> records(many ? kRowsAtOnce : 1);
    const std::string previous = hash;
    std::vector<Parameter> parameters{std::string_view(writer_), std::string_view(previous)};
    for (Linked& one : records) {
      const Entry& entry = entries_[at++];
      one.number = ++number;
      one.hash = hash = gate::hash_of(hash, writer_, number, time, entry.text);
      for (const Parameter& value : {Parameter(one.number), Parameter(time), Parameter(std::string_view(entry.call)), Parameter(std::string_view(entry.text)),
                                     Parameter(std::string_view(one.hash))})
        parameters.push_back(value);
    }
    if (auto put = connection.run(insert_statement(many), parameters); !put) return put.error();
  }
  if (auto put = run(connection, kPutWriter, std::string_view(writer_), number, time, std::string_view(hash)); !put) return put.error();
  return {};
}

StoredLedger::StoredLedger(Shared shared)
    : shared_(std::move(shared)), journal_(std::make_shared<Journal>(shared_.host->id())), backlog_(std::make_shared<Backlog>()) {
  shared_.engine->around([journal = journal_] { journal->begin(); }, [journal = journal_](Connection& connection) { return journal->end(connection); });
  const auto job = std::make_shared<Engine::Job>();
  auto flush = [shared = shared_, journal = journal_, backlog = backlog_, job](Connection&) -> Result<After> {
    std::lock_guard lock(backlog->mutex);
    auto& on_the_way = backlog->on_the_way;
    const std::size_t count = std::min(backlog->waiting.size(), kFlushAtOnce - std::min(kFlushAtOnce, on_the_way.size()));
    const auto end = backlog->waiting.begin() + static_cast<std::ptrdiff_t>(count);
    on_the_way.insert(on_the_way.end(), std::make_move_iterator(backlog->waiting.begin()), std::make_move_iterator(end));
    backlog->waiting.erase(backlog->waiting.begin(), end);
    journal->add_entries(on_the_way);
    return After([shared, backlog, job] {
      std::unique_lock written(backlog->mutex);
      backlog->on_the_way.clear();
      const bool more = !backlog->waiting.empty();
      const std::uint64_t lost = std::exchange(backlog->lost, 0);
      written.unlock();
      if (lost > 0) shared.engine->log(LoggingLevel::error, std::to_string(lost) + " records of the audit log were lost while the store was not available");
      if (more) shared.engine->ask(*job, std::chrono::milliseconds(0));
    });
  };
  *job = flush_ = shared_.engine->at_need(std::move(flush), [shared = shared_, job](const Error&) { shared.engine->ask(*job, kAgain); });
}

void StoredLedger::append(std::vector<AuditEvent> events) {
  if (events.empty()) return;
  const std::vector<Entry> entries(events.begin(), events.end());
  {
    std::lock_guard lock(backlog_->mutex);
    const std::size_t there = backlog_->waiting.size() + backlog_->on_the_way.size();
    const std::size_t fitting = std::min(entries.size(), kMaxAuditWaiting - std::min(kMaxAuditWaiting, there));
    backlog_->lost += entries.size() - fitting;
    backlog_->waiting.insert(backlog_->waiting.end(), entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(fitting));
  }
  shared_.engine->ask(flush_, kAuditDelay);
}

// ---- reading

void StoredLedger::records(const AuditQuery& query, Done<std::vector<AuditRecord>> done) {
  if (query.limit == 0) return done(std::vector<AuditRecord>{});
  auto reading = std::make_shared<Reading>();
  reading->query = query;
  reading->done = std::move(done);
  reading->at = query.newest_first ? Place{kLast, {}, kLast} : Place{std::numeric_limits<std::int64_t>::min(), {}, query.after};
  // Behind what was appended before.
  bool appended = false;
  {
    std::lock_guard lock(backlog_->mutex);
    appended = !backlog_->waiting.empty() || !backlog_->on_the_way.empty();
  }
  if (!appended) return read_on(shared_.engine, reading);
  shared_.engine->write("audit", [engine = shared_.engine, reading](Connection&) -> Result<After> { return After([engine, reading] { read_on(engine, reading); }); },
                        [reading](const Error& why) { reading->done(unavailable(why)); });
}

void StoredLedger::writers(Done<std::vector<AuditWriter>> done) {
  auto work = [done](Connection& connection) -> Result<After> {
    auto rows = run(connection, kWriters);
    if (!rows) return rows.error();
    std::vector<AuditWriter> found;
    for (Row& row : *rows)
      found.push_back({*std::move(row[0]), {number(row, 1), *std::move(row[2])}, {number(row, 3), *std::move(row[4])}, number(row, 5)});
    return After([done, found = std::move(found)] { done(found); });
  };
  shared_.engine->read("audit", std::move(work), [done](const Error& why) { done(unavailable(why)); });
}

void StoredLedger::heads(Done<std::vector<AuditHead>> done) {
  auto work = [shared = shared_, done](Connection& connection) -> Result<After> {
    auto rows = run(connection, kHeads);
    if (!rows) return rows.error();
    std::vector<AuditHead> found;
    for (const Row& row : *rows) {
      auto body = parse_json(*row[0]);
      auto head = body ? audit_head_from(*body) : Result<AuditHead>(body.error());
      if (head) found.push_back(*std::move(head));
      else shared.engine->log(LoggingLevel::error, "a stored head of the audit log cannot be read: " + head.error().message);
    }
    return After([done, found = std::move(found)] { done(found); });
  };
  shared_.engine->read("audit", std::move(work), [done](const Error& why) { done(unavailable(why)); });
}

// ---- deleting

// A part at a time, each a transaction of its own; the log says so with the last.
void StoredLedger::prune(const std::string& writer, std::int64_t number, std::vector<AuditEvent> events, Done<void> done) {
  auto work = [self = *this, writer, number, events, done](Connection& connection) -> Result<After> {
    auto there = run(connection, kFindRecord, std::string_view(writer), number);
    if (!there) return there.error();
    auto held = run(connection, kHoldPruned, std::string_view(writer));
    if (!held) return held.error();
    if (there->empty() || held->empty()) return After([done, writer, number] { done(gate::unknown_record(writer, number)); });
    const std::int64_t from = store::number(held->front(), 0);
    const std::int64_t to = std::min(number, from + kPruneAtOnce);
    auto pruned = prune_to(connection, writer, to);
    if (!pruned) return pruned.error();
    if (!*pruned)  // somebody took it out: all at once then
      if (auto all = prune_to(connection, writer, number); !all) return all.error();
    if (to == number || !*pruned) {
      self.journal_->add(events);
      return After([done] { done({}); });
    }
    return After([self, writer, number, events, done]() mutable { self.prune(writer, number, events, done); });
  };
  shared_.engine->write("audit", std::move(work), [done](const Error& why) { done(unavailable(why)); });
}

Result<std::uint64_t> drop_old_records(Connection& connection, std::uint64_t at_most) {
  auto old = run(connection, kOldRecords, kRetention, static_cast<std::int64_t>(at_most));
  if (!old) return old.error();
  std::uint64_t gone = 0;
  for (const Row& row : *old) {
    if (auto pruned = prune_to(connection, *row[0], number(row, 1)); !pruned) return pruned.error();
    gone += static_cast<std::uint64_t>(number(row, 2));
  }
  if (auto dropped = run(connection, kDropOldWriters, kRetention); !dropped) return dropped.error();
  if (auto dropped = run(connection, kDropOldHeads, kRetention); !dropped) return dropped.error();
  return gone;
}

}  // namespace sumun::store
