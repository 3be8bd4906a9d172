// SPDX-License-Identifier: Apache-2.0
// What every ledger promises, in memory and not: approvals, grants, approvers, the log. One suite for all kinds.
#include "gate/audit_chain.hpp"
#include "stores.hpp"

#include <algorithm>
#include <set>

using namespace sumun;
using namespace sumun::test;
using gate::AuditEvent;
using gate::Step;
using gate::UnixMs;
using State = ApprovalState;
using Events = std::vector<AuditEvent>;

namespace {

AuditEvent said(const std::string& event, const std::string& call = "") {
  AuditEvent made{{"event", event}, {"principal", "ann"}, {"target", "refund"}};
  if (!call.empty()) made["call"] = call;
  return made;
}

Step::Change voted(const std::string& by, bool approves = true) {
  return [=](Approval& a, Events& events, UnixMs now) {
    events.push_back(said("vote"));
    return gate::vote(a, {"", approves, "reason of " + by, 0}, {by, "", false}, {}, now);
  };
}
Step::Change claimed(const std::string& call, const std::string& owner) {
  return [=](Approval& a, Events& events, UnixMs now) {
    events.push_back(said("claim", call));
    return gate::claim(a, call, owner, now);
  };
}
Step::Change finished(const std::string& call, State end, const std::string& result = "") {
  return [=](Approval& a, Events& events, UnixMs now) {
    events.push_back(said("outcome", call));
    return gate::finish(a, call, end, result, "", now);
  };
}

State state(const Result<std::optional<Approval>>& done) {
  REQUIRE_MESSAGE(done.has_value(), done.error().message);
  REQUIRE(done->has_value());
  return (*done)->state;
}
template <class T>
ErrorCode refused(const Result<T>& done) {
  REQUIRE(!done.has_value());
  CHECK(!done.error().message.empty());
  return done.error().code;
}

std::vector<std::string> events_of(const Books& books) {
  std::vector<std::string> names;
  for (const AuditRecord& record : books.records().value()) names.push_back(record.event["event"]);
  return names;
}

Step keeping(const std::string& id, UnixMs so_long) {
  Step step;
  step.keep = Grant{id, "ann", "refund", "d", "b", {"/amount <= 5"}, "bob", 0, so_long, false};
  step.events = {said("grant")};
  return step;
}
Step with_grant(const std::string& id) {
  Step step;
  step.grant = id;
  step.events = {said("claim")};
  return step;
}

}  // namespace

// ---- approvals

TEST_CASE("an approval is kept as it was asked for, once for each binding, and found again") {
  for (const auto& place : all_places()) {
    CAPTURE(place->name());
    const Books books{place->ledger()};
    Approval draft = a_draft("a1", "b1");
    draft.terms.pending = std::chrono::seconds(60);
    const auto made = books.open(draft, {said("asked")});
    REQUIRE_MESSAGE(made.has_value(), made.error().message);
    CHECK(made->id == "a1");
    CHECK(made->version == 1);
    CHECK(made->expires == made->created + 60'000);
    const json kept = gate::to_json(*made);
    CHECK(gate::to_json(books.get("a1").value()) == kept);
    CHECK(gate::to_json(*books.find("b1").value()) == kept);
    CHECK(gate::to_json(books.open(a_draft("a2", "b1"), {said("asked")}).value()) == kept);
    CHECK(books.open(a_draft("a3", "b3"), {said("asked")}).value().id == "a3");
    CHECK(refused(books.get("a2")) == ErrorCode::not_found);
    CHECK(!books.find("b2").value().has_value());
    CHECK(events_of(books) == std::vector<std::string>{"asked", "asked"});
    books.check_chain();
  }
}

TEST_CASE("a step moves an approval and says so; one that refuses writes nothing at all") {
  for (const auto& place : all_places()) {
    CAPTURE(place->name());
    const Books books{place->ledger()};
    REQUIRE(books.open(a_draft("a", "b")).has_value());
    CHECK(refused(books.step("a", claimed("c", books.ledger.host()), {said("noise")})) == ErrorCode::invalid_value);
    CHECK(refused(books.step("nobody", voted("bob"), {said("noise")})) == ErrorCode::not_found);
    CHECK(events_of(books).empty());
    CHECK(books.get("a")->version == 1);
    CHECK((state(books.step("a", voted("bob"), {said("first")})) == State::approved));
    CHECK((state(books.step("a", claimed("c", books.ledger.host()))) == State::claimed));
    CHECK((state(books.step("a", finished("c", State::executed, R"({"ok":"휴가"})"))) == State::executed));
    const auto after = books.get("a").value();
    CHECK(after.result == R"({"ok":"휴가"})");
    CHECK(after.version == 4);
    CHECK(after.votes.size() == 1);
    CHECK(after.votes[0].reason == "reason of bob");
    CHECK(after.arguments == a_draft("a", "b").arguments);
    CHECK(events_of(books) == std::vector<std::string>{"first", "vote", "claim", "outcome"});
    books.check_chain();
  }
}

TEST_CASE("an answer stands for its replay window, then the same call is asked about anew") {
  for (const auto& place : all_places()) {
    CAPTURE(place->name());
    const Books books{place->ledger()};
    REQUIRE(books.open(a_draft("a", "b")).has_value());
    CHECK((state(books.step("a", voted("bob", false))) == State::denied));
    CHECK(books.open(a_draft("again", "b")).value().id == "a");
    place->age(kReplayWindow + milliseconds(1));
    CHECK(!books.find("b").value().has_value());
    CHECK(books.open(a_draft("again", "b")).value().id == "again");
    CHECK(books.find("b").value()->id == "again");
    CHECK((books.get("a")->state == State::denied));
  }
}

TEST_CASE("time that passes is seen by whoever looks, and written by whoever acts") {
  for (const auto& place : all_places()) {
    CAPTURE(place->name());
    const Books books{place->ledger()};
    Approval draft = a_draft("a", "b");
    draft.terms.pending = std::chrono::seconds(60);
    REQUIRE(books.open(draft).has_value());
    place->age(std::chrono::seconds(61));
    CHECK((books.get("a")->state == State::expired));
    ApprovalFilter pending, expired;
    pending.state = State::pending;
    expired.state = State::expired;
    CHECK(books.list(pending)->empty());
    CHECK(books.list(expired)->size() == 1);
    CHECK(events_of(books).empty());
    CHECK(refused(books.step("a", voted("bob"))) == ErrorCode::invalid_value);
    CHECK(books.open(a_draft("new", "b"), {said("asked")}).value().id == "new");
    CHECK(events_of(books) == std::vector<std::string>{"expired", "asked"});
    CHECK(books.records()->front().event["approval"] == "a");
    books.check_chain();
  }
}

TEST_CASE("what waits for one principal is bounded; others have their own room") {
  for (const auto& place : all_places()) {
    CAPTURE(place->name());
    const Books books{place->ledger()};
    std::atomic<int> kept{0}, busy{0};
    for (std::size_t i = 0; i < kMaxPendingApprovals + 3; ++i)
      books.ledger.open(a_draft("a" + std::to_string(i), "b" + std::to_string(i)), {}, [&](const Result<Approval>& done) {
        if (done) ++kept;
        else if (done.error().code == ErrorCode::busy) ++busy;
      });
    CHECK(books.open(a_draft("c", "c", "cid")).has_value());
    CHECK(kept == static_cast<int>(kMaxPendingApprovals));
    CHECK(busy == 3);
    CHECK((state(books.step("a7", voted("bob", false))) == State::denied));
    CHECK(books.open(a_draft("more", "more")).has_value());
  }
}

TEST_CASE("a list holds the newest that were asked for, by state, principal and tool") {
  for (const auto& place : all_places()) {
    CAPTURE(place->name());
    const Books books{place->ledger()};
    for (int i = 0; i < 250; ++i) {
      Approval draft = a_draft("a" + std::to_string(1000 + i), "b" + std::to_string(i), i % 2 == 0 ? "ann" : "cid");
      if (i % 10 == 0) draft.tool = "other";
      REQUIRE(books.open(draft).has_value());
      if (i % 25 == 0) CHECK((state(books.step(draft.id, voted("bob"))) == State::approved));
      if (i % 50 == 0) place->age(milliseconds(1));
    }
    struct Row {
      const char* name;
      ApprovalFilter filter;
      std::size_t count;
      const char* newest;
    };
    const Row rows[] = {
        {"all", {{}, "", "", 1000}, 250, "a1249"},
        {"the newest", {{}, "", "", 3}, 3, "a1249"},
        {"none", {{}, "", "", 0}, 0, ""},
        {"one principal", {{}, "ann", "", 1000}, 125, "a1248"},
        {"a principal who is nobody", {{}, "eve", "", 1000}, 0, ""},
        {"one tool", {{}, "", "other", 1000}, 25, "a1240"},
        {"one state", {State::approved, "", "", 1000}, 10, "a1225"},
        {"all of these", {State::approved, "ann", "other", 1000}, 5, "a1200"},
        {"a state that none is in", {State::executed, "", "", 1000}, 0, ""},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      const auto found = books.list(row.filter);
      REQUIRE(found->size() == row.count);
      if (row.count > 0) CHECK(found->front().id == row.newest);
      CHECK(std::is_sorted(found->begin(), found->end(), [](const Approval& a, const Approval& b) { return a.id > b.id; }));
    }
  }
}

// ---- grants

TEST_CASE("a grant holds for its time and until it is revoked, and a step that names it is refused after that") {
  for (const auto& place : all_places()) {
    CAPTURE(place->name());
    const Books books{place->ledger()};
    CHECK(refused(books.commit(with_grant("g"))) == ErrorCode::denied);
    REQUIRE(books.commit(keeping("g", 60'000)).has_value());
    REQUIRE(books.commit(keeping("h", 120'000)).has_value());
    const auto held = books.grants("ann", "refund").value();
    REQUIRE(held.size() == 2);
    CHECK(held[0].id == "g");
    CHECK(held[0].until == held[0].created + 60'000);
    CHECK(held[0].when == std::vector<std::string>{"/amount <= 5"});
    CHECK(held[0].binding == "b");
    CHECK(books.grants("ann", "other")->empty());
    CHECK(books.grants("cid", "refund")->empty());
    CHECK(books.commit(with_grant("g")).has_value());
    place->age(std::chrono::seconds(61));
    CHECK(refused(books.commit(with_grant("g"))) == ErrorCode::denied);
    CHECK(books.grants("ann", "refund")->size() == 1);
    CHECK(books.commit(with_grant("h")).has_value());
    CHECK(books.revoke("h", {said("revoke")}).value().revoked);
    CHECK(refused(books.revoke("nobody", {said("revoke")})) == ErrorCode::not_found);
    CHECK(refused(books.commit(with_grant("h"))) == ErrorCode::denied);
    CHECK(books.grants("ann", "refund")->empty());
    CHECK(books.grants()->size() == 2);
    CHECK(events_of(books) == std::vector<std::string>{"grant", "grant", "claim", "claim", "revoke"});
    books.check_chain();
  }
}

TEST_CASE("a grant and an approval are kept by one step, or neither is") {
  for (const auto& place : all_places()) {
    CAPTURE(place->name());
    const Books books{place->ledger()};
    REQUIRE(books.open(a_draft("a", "b")).has_value());
    Step refusing = keeping("g", 1000);
    refusing.approval = "a";
    refusing.change = claimed("c", "h");
    CHECK(refused(books.commit(refusing)) == ErrorCode::invalid_value);
    CHECK(books.grants()->empty());
    Step approving = keeping("g", 1000);
    approving.approval = "a";
    approving.change = voted("bob");
    CHECK((state(books.commit(approving)) == State::approved));
    CHECK(books.grants()->size() == 1);
    CHECK(events_of(books) == std::vector<std::string>{"grant", "vote"});
  }
}

// ---- approvers

TEST_CASE("the first approver is made where there is none; the last one stays") {
  for (const auto& place : all_places()) {
    CAPTURE(place->name());
    const Books books{place->ledger()};
    CHECK(books.approvers()->empty());
    REQUIRE(books.put({{"ann", "local:ann", 0}, "hash 1", 0, 0}, true, {said("approver")}).has_value());
    CHECK(refused(books.put({{"eve", "", 0}, "hash", 0, 0}, true, {said("approver")})) == ErrorCode::denied);
    place->age(milliseconds(5));
    REQUIRE(books.put({{"bob", "", 0}, "hash 2", 0, 0}).has_value());
    const auto created = books.approvers()->front().approver.created;
    CHECK(created > 0);
    REQUIRE(books.put({{"ann", "local:anna", 0}, "hash 3", 0, 0}).has_value());
    auto rows = books.approvers().value();
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].approver.name == "ann");
    CHECK(rows[0].approver.principal == "local:anna");
    CHECK(rows[0].approver.created == created);
    CHECK(rows[0].password == "hash 3");
    CHECK(rows[1].approver.name == "bob");
    CHECK(refused(books.remove_approver("eve")) == ErrorCode::not_found);
    CHECK(books.remove_approver("ann").has_value());
    CHECK(refused(books.remove_approver("bob")) == ErrorCode::invalid_value);
    CHECK(books.approvers()->size() == 1);
    CHECK(events_of(books) == std::vector<std::string>{"approver"});
  }
}

TEST_CASE("wrong passwords are counted and make the next wait, twice as long each time; the right one ends it") {
  for (const auto& place : all_places()) {
    CAPTURE(place->name());
    const Books books{place->ledger()};
    REQUIRE(books.put({{"ann", "", 0}, "hash", 0, 0}, true).has_value());
    for (int i = 1; i < kPasswordTries; ++i) CHECK(books.tried("ann", false)->locked_until == 0);
    const auto first = books.tried("ann", false).value();
    CHECK(first.failures == kPasswordTries);
    CHECK(first.locked_until > 0);
    const auto second = books.tried("ann", false).value();
    CHECK(second.locked_until >= first.locked_until + kPasswordWait.count());
    for (int i = 0; i < 70; ++i) CHECK(books.tried("ann", false).has_value());
    CHECK(books.approvers()->front().failures == kPasswordTries + 71);
    CHECK(books.approvers()->front().locked_until <= second.locked_until + kMaxPasswordWait.count() + 60'000);
    CHECK(books.tried("ann", true)->failures == 0);
    CHECK(books.approvers()->front().locked_until == 0);
    CHECK(refused(books.tried("nobody", false)) == ErrorCode::not_found);
  }
}

// ---- the log

TEST_CASE("records are one chain in the order of writing, waited for or not, and found by what they say") {
  for (const auto& place : all_places()) {
    CAPTURE(place->name());
    const Books books{place->ledger()};
    constexpr int kCount = 5000;  // more than one page
    for (int i = 0; i < kCount; ++i) {
      AuditEvent event = said(i % 2 == 0 ? "call" : "refused", "c" + std::to_string(i / 10));
      event["principal"] = i % 100 == 0 ? "cid" : "ann";
      event["n"] = i;
      event["text"] = "휴가 \u0001 \"quoted\" \\u0000";
      event["amount"] = 9007199254740993;
      event["part"] = 1.5;
      books.ledger.append({event});
    }
    REQUIRE(books.commit({"", {}, "", {}, {said("last")}}).has_value());
    AuditQuery all;
    all.limit = 100'000;
    const auto records = books.records(all);
    REQUIRE(records->size() == kCount + 1);
    books.check_chain();
    std::set<int> seen;
    int last = -1;
    for (const AuditRecord& record : *records)
      if (record.event.contains("n")) {
        CHECK(record.event["n"].get<int>() > last);
        last = record.event["n"];
        seen.insert(last);
      }
    CHECK(seen.size() == kCount);
    CHECK(records->front().event["text"] == "휴가 \u0001 \"quoted\" \\u0000");
    CHECK(records->front().event["amount"] == 9007199254740993);

    struct Row {
      const char* name;
      std::size_t count;
      std::function<void(AuditQuery&)> change;
    };
    const std::string writer = books.ledger.host();
    const Row rows[] = {
        {"all", kCount + 1, [](AuditQuery&) {}},
        {"none", 0, [](AuditQuery& q) { q.limit = 0; }},
        {"a call", 10, [](AuditQuery& q) { q.call = "c17"; }},
        {"a call that is none", 0, [](AuditQuery& q) { q.call = "c"; }},
        {"a principal", kCount / 100, [](AuditQuery& q) { q.principal = "cid"; }},
        {"an event", kCount / 2, [](AuditQuery& q) { q.event = "refused"; }},
        {"a target", kCount + 1, [](AuditQuery& q) { q.target = "refund"; }},
        {"a writer", kCount + 1, [&](AuditQuery& q) { q.writer = writer; }},
        {"after a number of a writer", 11, [&](AuditQuery& q) { q.writer = writer; q.after = kCount - 10; }},
        {"another writer", 0, [](AuditQuery& q) { q.writer = "nobody"; }},
        {"before", 0, [](AuditQuery& q) { q.until = 1; }},
        {"since", kCount + 1, [&](AuditQuery& q) { q.since = records->front().time; }},
        {"after all", 0, [&](AuditQuery& q) { q.since = records->back().time + 1; }},
        {"a call of a writer", 10, [&](AuditQuery& q) { q.writer = writer; q.call = "c18"; }},
    };
    for (const Row& row : rows)
      for (const bool newest_first : {false, true}) {
        CAPTURE(row.name);
        CAPTURE(newest_first);
        AuditQuery query = all;
        query.newest_first = newest_first;
        row.change(query);
        const auto found = books.records(query);
        REQUIRE_MESSAGE(found.has_value(), found.error().message);
        REQUIRE(found->size() == row.count);
        for (std::size_t i = 1; i < found->size(); ++i) CHECK(((*found)[i - 1].number < (*found)[i].number) == !newest_first);
        if (row.count < 2) continue;
        query.limit = 2;
        const auto few = books.records(query);
        REQUIRE(few->size() == 2);
        CHECK(few->front() == found->front());
      }
  }
}

TEST_CASE("pruning leaves the chain where it was: what is left goes on from the last that is gone") {
  for (const auto& place : all_places()) {
    CAPTURE(place->name());
    const Books books{place->ledger()};
    for (int i = 0; i < 10; ++i) REQUIRE(books.commit({"", {}, "", {}, {said("call")}}).has_value());
    const std::string writer = books.ledger.host();
    const auto fourth = books.records()->at(3);
    CHECK(refused(books.prune(writer, 11)) == ErrorCode::not_found);
    CHECK(refused(books.prune("nobody", 1)) == ErrorCode::not_found);
    REQUIRE(books.prune(writer, 4, {said("pruned")}).has_value());
    const auto left = books.records().value();
    REQUIRE(left.size() == 7);
    CHECK(left.front().number == 5);
    CHECK(left.back().event["event"] == "pruned");
    const auto all = books.writers().value();
    REQUIRE(all.size() == 1);
    CHECK(all[0].writer == writer);
    CHECK(all[0].pruned == AuditMark{4, fourth.hash});
    CHECK(all[0].last == AuditMark{11, left.back().hash});
    books.check_chain();
    REQUIRE(books.prune(writer, 11).has_value());
    CHECK(books.records()->empty());
    CHECK(books.writers()->front().pruned == AuditMark{11, left.back().hash});
    REQUIRE(books.commit({"", {}, "", {}, {said("call")}}).has_value());
    CHECK(books.records()->front().number == 12);
    books.check_chain();
  }
}
