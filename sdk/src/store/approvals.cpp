// SPDX-License-Identifier: Apache-2.0
// Approvals in a database: opened once a binding, and moved by compare-and-set.
#include "store/ledger.hpp"
#include "store/ledger_statements.hpp"

#include "base/random.hpp"

#include <sumun/json.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace sumun::store {
namespace {

using After = Engine::After;
using gate::AuditEvent;
using gate::Step;
using gate::UnixMs;

constexpr std::int64_t kAnswerLife = std::chrono::duration_cast<std::chrono::milliseconds>(kRequestStateLife).count();
constexpr std::int64_t kRetention = std::chrono::duration_cast<std::chrono::milliseconds>(kApprovalRetention).count();
constexpr int kTries = 20;  // others may be first so often; then the whole transaction is begun again
constexpr std::int64_t kRoomAtOnce = 100;
constexpr std::size_t kPage = 200;
constexpr std::int64_t kMovedAtOnce = 500;        // that one sweep moves
constexpr std::uint64_t kRecordsAtOnce = 50'000;  // that one sweep deletes

// An approval as it is kept, and what its database says of its owner.
struct Seen {
  Approval kept;
  std::optional<Error> broken;  // it cannot be read
  bool owner_is_gone = false;
  UnixMs now = 0;

  Approval aged() const {
    Approval approval = kept;
    gate::age(approval, owner_is_gone, now);
    return approval;
  }
};

Seen seen(Row& row, const Host& host) {
  constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();
  Seen found;
  found.now = number(row, 4);
  auto body = parse_json(*row[0], ParseLimits{kMaxJsonDepth + 8, kAny});
  auto approval = body ? gate::approval_from(*std::move(body)) : Result<Approval>(body.error());
  if (!approval) {
    found.broken = fail(ErrorCode::internal_error, "the stored approval " + *row[5] + " cannot be read: " + approval.error().message);
    return found;
  }
  found.kept = *std::move(approval);
  found.kept.result = *std::move(row[1]);
  found.kept.created = number(row, 6);
  found.kept.changed = number(row, 7);
  found.kept.expires = number(row, 8);
  if (found.kept.state == ApprovalState::claimed) found.owner_is_gone = host.is_gone(found.kept.owner, number(row, 2) == 1, *row[3]);
  return found;
}

Result<std::optional<Seen>> look(Connection& connection, const Statement& statement, const std::string& key, const Host& host) {
  auto rows = run(connection, statement, std::string_view(key));
  if (!rows) return rows.error();
  std::optional<Seen> found;
  if (!rows->empty()) found = seen(rows->front(), host);
  return found;
}

// What a step began that must not be left as it is where its caller is told that it failed: nothing was done.
enum class Begun : std::uint8_t { nothing, claim, next_round };

// What whoever asked is told. (An error beside it is the database's, and ends the transaction.)
struct Answer {
  Approval approval;
  std::optional<Error> refused;
  Begun begun = Begun::nothing;

  Result<Approval> result() const { return refused ? Result<Approval>(*refused) : Result<Approval>(approval); }
};

std::string body_of(Approval approval) {
  approval.result.clear();
  return dump_json(gate::to_json(approval));
}

// False: another was first.
Result<bool> put(Connection& connection, const Approval& approval, std::int64_t version, const std::string& step) {
  const std::string body = body_of(approval);
  const std::string owner = approval.state == ApprovalState::claimed ? approval.owner : std::string();
  auto rows = run(connection, kPutApproval, std::string_view(approval.id), version, name_of(approval.state), std::int64_t{gate::is_open(approval.state) ? 1 : 0},
                  std::string_view(owner), approval.changed, approval.expires, approval.version, std::string_view(step), std::string_view(approval.result),
                  std::string_view(body));
  if (!rows) return rows.error();
  return !rows->empty();
}

Error overtaken() { return fail(ErrorCode::busy, "others changed it at the same time"); }

// Ended ones make room for others, the oldest first. False: there is none.
Result<bool> make_room(Connection& connection, const Shared& shared) {
  Usage& usage = *shared.usage;
  const auto fits = [&] { return usage.approvals < shared.bounds.approvals; };
  if (usage.known && fits()) return true;
  if (auto looked = usage.look(connection); !looked) return looked.error();
  if (fits()) return true;
  if (auto dropped = run(connection, kDropEndedApprovals, shared.bounds.approvals < kRoomAtOnce ? std::int64_t{1} : kRoomAtOnce); !dropped) return dropped.error();
  if (auto looked = usage.look(connection); !looked) return looked.error();
  return fits();
}

// The approval that stands for the draft's binding, or the draft as it was kept.
Result<Answer> open_or_find(Connection& connection, const Shared& shared, Journal& journal, const Approval& draft, const std::vector<AuditEvent>& events) {
  for (int tries = 0; tries < kTries; ++tries) {
    auto there = look(connection, kFindApproval, draft.binding, *shared.host);
    if (!there) return there.error();
    UnixMs now = 0;
    if (*there) {
      const Seen& found = **there;
      if (found.broken) return Answer{{}, found.broken, {}};
      now = found.now;
      const Approval aged = found.aged();
      if (gate::stands(aged, now)) return Answer{aged, {}, {}};
      if (aged.version != found.kept.version) {
        auto moved = put(connection, aged, found.kept.version, {});
        if (!moved) return moved.error();
        if (!*moved) continue;
        journal.add({gate::aged_event(aged, found.kept.state)});
      }
    } else {
      auto rows = run(connection, kNow);
      if (!rows) return rows.error();
      now = number(rows->front(), 0);
    }
    const Approval made = gate::opened(draft, now);
    const std::string body = body_of(made);
    auto opened = run(connection, kOpenApproval, std::string_view(made.id), std::string_view(made.binding), std::string_view(made.principal),
                      std::string_view(made.tool), made.created, made.expires, made.replay, made.version, std::string_view(body), shared.bounds.pending);
    if (!opened) return opened.error();
    if (!opened->empty()) {
      journal.add(events);
      return Answer{made, {}, {}};
    }
    auto pending = run(connection, kCountPending, std::string_view(made.principal));
    if (!pending) return pending.error();
    if (number(pending->front(), 0) >= shared.bounds.pending) return Answer{{}, gate::too_many_pending(), {}};
  }
  return overtaken();
}

// Carries a step out on what is there now, whoever else does so too. The approval as it is then.
Result<Answer> move(Connection& connection, const Shared& shared, Journal& journal, const Step& step, const std::string& name) {
  for (int tries = 0; tries < kTries; ++tries) {
    auto found = look(connection, kGetApproval, step.approval, *shared.host);
    if (!found) return found.error();
    if (!*found) return Answer{{}, gate::unknown_approval(step.approval), {}};
    if ((*found)->broken) return Answer{{}, (*found)->broken, {}};
    Approval approval = (*found)->kept;
    const std::int64_t version = approval.version;
    auto said = gate::carry_out(step, approval, (*found)->owner_is_gone, (*found)->now);
    if (!said) return Answer{{}, said.error(), {}};
    if (approval.version != version) {
      auto moved = put(connection, approval, version, name);
      if (!moved) return moved.error();
      if (!*moved) continue;
    }
    journal.add(*std::move(said));
    const Begun begun = approval.state != ApprovalState::claimed || approval.asked_caller ? Begun::nothing
                        : (*found)->kept.state != ApprovalState::claimed                  ? Begun::claim
                        : (*found)->kept.asked_caller                                     ? Begun::next_round
                                                                                          : Begun::nothing;
    return Answer{std::move(approval), {}, begun};
  }
  return overtaken();
}

// Whether a transaction that failed for it may have taken effect all the same.
bool is_doubtful(const Error& why) { return why.code == ErrorCode::closed || why.code == ErrorCode::timeout; }

// A claim, or a round, that its caller was refused and that took effect all the same is given back.
void take_back(const Shared& shared, const std::shared_ptr<Journal>& journal, const std::string& id, const std::string& name, Begun begun) {
  Step back;
  back.approval = id;
  back.change = [begun](Approval& approval, std::vector<AuditEvent>& events, UnixMs now) {
    const std::string call = approval.call;
    events.push_back({{"event", "released"}, {"approval", approval.id}, {"principal", approval.principal}, {"target", approval.tool}, {"call", call},
                      {"why", "the store failed when it was claimed; nothing was done"}});
    return begun == Begun::claim ? gate::release(approval, call, now) : gate::wait_for_caller(approval, call, now);
  };
  auto work = [shared, journal, back, name](Connection& connection) -> Result<After> {
    auto taken = run(connection, kClaimOfStep, std::string_view(back.approval), std::string_view(name));
    if (!taken) return taken.error();
    if (taken->empty()) return After();
    if (auto moved = move(connection, shared, *journal, back, {}); !moved) return moved.error();
    return After();
  };
  // Until the store is there again, or closed.
  shared.engine->write(id, std::move(work), [shared, journal, id, name, begun](const Error& why) {
    if (is_doubtful(why)) take_back(shared, journal, id, name, begun);
  });
}

}  // namespace

void StoredLedger::open(Approval draft, std::vector<AuditEvent> events, Done<Approval> done) {
  const std::string id = draft.id;
  auto work = [shared = shared_, journal = journal_, draft = std::move(draft), events = std::move(events), done](Connection& connection) -> Result<After> {
    auto room = make_room(connection, shared);
    if (!room) return room.error();
    if (!*room) return After([done] { done(gate::too_many_approvals()); });
    auto opened = open_or_find(connection, shared, *journal, draft, events);
    if (!opened) return opened.error();
    return After([shared, done, opened = *std::move(opened), id = draft.id] {
      if (opened.approval.id == id) ++shared.usage->approvals;
      done(opened.result());
    });
  };
  shared_.engine->write(id, std::move(work), [done](const Error& why) { done(unavailable(why)); });
}

void StoredLedger::find(const std::string& binding, Done<std::optional<Approval>> done) {
  auto work = [shared = shared_, binding, done](Connection& connection) -> Result<After> {
    auto found = look(connection, kFindApproval, binding, *shared.host);
    if (!found) return found.error();
    if (*found && (*found)->broken) return After([done, why = *(*found)->broken] { done(why); });
    std::optional<Approval> standing;
    if (*found) standing = (*found)->aged();
    if (standing && !gate::stands(*standing, (*found)->now)) standing.reset();
    return After([done, standing = std::move(standing)] { done(standing); });
  };
  shared_.engine->read(binding, std::move(work), [done](const Error& why) { done(unavailable(why)); });
}

void StoredLedger::get(const std::string& id, Done<Approval> done) {
  auto work = [shared = shared_, id, done](Connection& connection) -> Result<After> {
    auto found = look(connection, kGetApproval, id, *shared.host);
    if (!found) return found.error();
    if (!*found) return After([done, id] { done(gate::unknown_approval(id)); });
    if ((*found)->broken) return After([done, why = *(*found)->broken] { done(why); });
    return After([done, approval = (*found)->aged()] { done(approval); });
  };
  shared_.engine->read(id, std::move(work), [done](const Error& why) { done(unavailable(why)); });
}

void StoredLedger::list(ApprovalFilter filter, Done<std::vector<Approval>> done) {
  auto work = [shared = shared_, filter = std::move(filter), done](Connection& connection) -> Result<After> {
    const std::string_view state = filter.state ? name_of(*filter.state) : std::string_view("");
    std::vector<Approval> found;
    std::int64_t created = std::numeric_limits<std::int64_t>::max();
    std::string id;
    while (found.size() < filter.limit) {
      auto rows = run(connection, kListApprovals, std::string_view(filter.principal), std::string_view(filter.tool), state, created, std::string_view(id),
                      static_cast<std::int64_t>(kPage));
      if (!rows) return rows.error();
      for (Row& row : *rows) {
        created = number(row, 6);
        id = *row[5];
        const Seen one = seen(row, *shared.host);
        if (one.broken) {
          shared.engine->log(LoggingLevel::error, one.broken->message);
          continue;
        }
        Approval approval = one.aged();
        if (found.size() < filter.limit && gate::matches(filter, approval)) found.push_back(std::move(approval));
      }
      if (rows->size() < kPage) break;
    }
    return After([done, found = std::move(found)] { done(found); });
  };
  shared_.engine->read("", std::move(work), [done](const Error& why) { done(unavailable(why)); });
}

void StoredLedger::commit(Step step, Done<std::optional<Approval>> done) {
  const std::string id = step.approval;
  const std::string name = random_id();
  auto begun = std::make_shared<Begun>(Begun::nothing);  // touched by the thread that writes alone
  auto work = [shared = shared_, journal = journal_, step = std::move(step), name, begun, done](Connection& connection) -> Result<After> {
    if (!step.grant.empty()) {
      auto held = run(connection, kHoldGrant, std::string_view(step.grant));
      if (!held) return held.error();
      if (held->empty()) return After([done, id = step.grant] { done(gate::grant_is_over(id)); });
    }
    std::optional<Approval> after;
    if (!step.approval.empty()) {
      auto moved = move(connection, shared, *journal, step, name);
      if (!moved) return moved.error();
      if (moved->refused) return After([done, why = *moved->refused] { done(why); });
      after = std::move(moved->approval);
      *begun = moved->begun;
      if (*begun != Begun::nothing)
        if (auto renewed = shared.host->renew(connection); !renewed) return renewed.error();
    } else {
      journal->add(step.events);
    }
    if (step.keep) {
      auto rows = run(connection, kNow);
      if (!rows) return rows.error();
      Grant grant = *step.keep;
      grant.created = number(rows->front(), 0);
      grant.until += grant.created;
      const std::string body = dump_json(gate::to_json(grant));
      auto kept = run(connection, kKeepGrant, std::string_view(grant.id), std::string_view(grant.principal), std::string_view(grant.tool), grant.until, std::string_view(body));
      if (!kept) return kept.error();
    }
    return After([shared, done, begun, after = std::move(after)] {
      if (*begun != Begun::nothing) shared.host->set_known();
      done(after);
    });
  };
  shared_.engine->write(id, std::move(work), [shared = shared_, journal = journal_, id, name, begun, done](const Error& why) {
    if (*begun != Begun::nothing && is_doubtful(why)) take_back(shared, journal, id, name, *begun);
    done(unavailable(why));
  });
}

Result<std::uint64_t> sweep_ledger(Connection& connection, const Host& host, Journal& journal, bool& more) {
  auto moving = run(connection, kMovingApprovals, kAnswerLife, kMovedAtOnce);
  if (!moving) return moving.error();
  bool changed = false;
  for (const Row& row : *moving) {
    auto found = look(connection, kGetApproval, *row[0], host);
    if (!found) return found.error();
    if (!*found || (*found)->broken) continue;
    const Approval aged = (*found)->aged();
    if (aged.version == (*found)->kept.version) continue;
    auto moved = put(connection, aged, (*found)->kept.version, {});
    if (!moved) return moved.error();
    if (*moved) journal.add({gate::aged_event(aged, (*found)->kept.state)});
    changed = true;
  }
  more = more || (changed && static_cast<std::int64_t>(moving->size()) == kMovedAtOnce);
  if (auto dropped = run(connection, kDropResults); !dropped) return dropped.error();
  if (auto dropped = run(connection, kDropOldGrants, kRetention); !dropped) return dropped.error();
  auto approvals = run(connection, kDropOldApprovals, kRetention);
  if (!approvals) return approvals.error();
  auto records = drop_old_records(connection, kRecordsAtOnce);
  if (!records) return records.error();
  more = more || approvals->size() >= 1000 || *records >= kRecordsAtOnce;
  return approvals->size() + *records;
}

}  // namespace sumun::store
