// SPDX-License-Identifier: Apache-2.0
// How an approval moves: every step in every state, whose votes count, what time does, and what binds a call to it.
#include "gate/approval.hpp"

#include <sumun/json.hpp>
#include <sumun/limits.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>

using namespace sumun;
using gate::UnixMs;
using State = ApprovalState;

namespace {

constexpr UnixMs kNow = 1'800'000'000'000;
constexpr UnixMs kAnswerLife = std::chrono::duration_cast<std::chrono::milliseconds>(kRequestStateLife).count();
constexpr std::array kStates{State::pending, State::approved, State::denied, State::expired, State::withdrawn, State::claimed, State::executed, State::failed, State::outcome_unknown};

Approval an_approval(State state = State::pending) {
  Approval a;
  a.id = "a1";
  a.state = state;
  a.principal = "local:ann";
  a.tool = "refund";
  a.arguments = {{"order", "o-1"}};
  a.terms.user = true;
  a.version = 7;
  a.changed = kNow - 1000;
  a.expires = kNow + 1000;
  if (state == State::claimed || state == State::outcome_unknown) {
    a.call = "c1";
    a.owner = "h1";
  }
  return a;
}

Voter named(const std::string& name, const std::string& principal = "") { return {name, principal, false}; }
Voter user() { return {"ann", "local:ann", true}; }
Vote yes() { return {"", true, "", 0}; }
Vote no(std::string reason = "") { return {"", false, std::move(reason), 0}; }

Result<void> approves(Approval& a, const Voter& voter, std::optional<json> edited = {}) { return gate::vote(a, yes(), voter, std::move(edited), kNow); }
Result<void> denies(Approval& a, const Voter& voter) { return gate::vote(a, no("too much"), voter, {}, kNow); }

ErrorCode code_of(const Result<void>& result) {
  REQUIRE(!result.has_value());
  CHECK(!result.error().message.empty());
  return result.error().code;
}

}  // namespace

TEST_CASE("each step is taken from the states that allow it, and changes nothing in the others") {
  using Apply = Result<void> (*)(Approval&);
  struct Row {
    const char* name;
    Apply step;
    std::map<State, State> allowed;
  };
  const Row rows[] = {
      {"approve", [](Approval& a) { return approves(a, named("bob")); }, {{State::pending, State::approved}}},
      {"deny", [](Approval& a) { return denies(a, named("bob")); }, {{State::pending, State::denied}}},
      {"claim", [](Approval& a) { return gate::claim(a, "c9", "h9", kNow); }, {{State::approved, State::claimed}}},
      {"finish executed", [](Approval& a) { return gate::finish(a, "c1", State::executed, "{}", "", kNow); },
       {{State::claimed, State::executed}, {State::outcome_unknown, State::executed}}},
      {"finish failed", [](Approval& a) { return gate::finish(a, "c1", State::failed, "", "no such order", kNow); },
       {{State::claimed, State::failed}, {State::outcome_unknown, State::failed}}},
      {"finish unknown", [](Approval& a) { return gate::finish(a, "c1", State::outcome_unknown, "", "it threw", kNow); },
       {{State::claimed, State::outcome_unknown}, {State::outcome_unknown, State::outcome_unknown}}},
      {"finish of another call", [](Approval& a) { return gate::finish(a, "c2", State::executed, "{}", "", kNow); }, {}},
      {"finish without an end", [](Approval& a) { return gate::finish(a, "c1", State::approved, "{}", "", kNow); }, {}},
      {"wait for the caller", [](Approval& a) { return gate::wait_for_caller(a, "c1", kNow); }, {{State::claimed, State::claimed}}},
      {"go on", [](Approval& a) { return gate::go_on(a, "c1", "h2", kNow); }, {{State::claimed, State::claimed}}},
      {"go on with another call", [](Approval& a) { return gate::go_on(a, "c2", "h2", kNow); }, {}},
      {"release", [](Approval& a) { return gate::release(a, "c1", kNow); }, {{State::claimed, State::approved}}},
      {"release by another call", [](Approval& a) { return gate::release(a, "c2", kNow); }, {}},
      {"withdraw", [](Approval& a) { return gate::withdraw(a, kNow); }, {{State::pending, State::withdrawn}}},
      {"resolve as executed", [](Approval& a) { return gate::resolve(a, State::executed, "bob", "seen in the bank", kNow); }, {{State::outcome_unknown, State::executed}}},
      {"resolve as failed", [](Approval& a) { return gate::resolve(a, State::failed, "bob", "", kNow); }, {{State::outcome_unknown, State::failed}}},
      {"resolve as approved", [](Approval& a) { return gate::resolve(a, State::approved, "bob", "", kNow); }, {}},
      {"age in time", [](Approval& a) -> Result<void> { return gate::age(a, false, kNow) ? Result<void>() : fail("nothing to do"); }, {}},
      {"age, expired", [](Approval& a) -> Result<void> { return gate::age(a, false, kNow + 1000) ? Result<void>() : fail("nothing to do"); },
       {{State::pending, State::expired}, {State::approved, State::expired}}},
      {"age, owner gone", [](Approval& a) -> Result<void> { return gate::age(a, true, kNow) ? Result<void>() : fail("nothing to do"); },
       {{State::claimed, State::outcome_unknown}}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    for (const State state : kStates) {
      CAPTURE(name_of(state));
      Approval a = an_approval(state);
      const json before = gate::to_json(a);
      const auto done = row.step(a);
      const auto wanted = row.allowed.find(state);
      CHECK(done.has_value() == (wanted != row.allowed.end()));
      if (!done) {
        CHECK(gate::to_json(a) == before);
        continue;
      }
      CHECK((a.state == wanted->second));
      CHECK(a.version == 8);
      CHECK(a.changed >= kNow);
    }
  }
}

TEST_CASE("what has expired cannot be decided or claimed, even where nobody has aged it") {
  Approval pending = an_approval();
  pending.expires = kNow;
  CHECK(code_of(approves(pending, named("bob"))) == ErrorCode::invalid_value);
  CHECK(code_of(gate::withdraw(pending, kNow)) == ErrorCode::invalid_value);
  Approval approved = an_approval(State::approved);
  approved.expires = kNow;
  const auto late = gate::claim(approved, "c", "h", kNow);
  CHECK(code_of(late) == ErrorCode::invalid_value);
  CHECK(late.error().message.find("expired") != std::string::npos);
}

TEST_CASE("votes count until enough have approved; one denial is enough") {
  Approval a = an_approval();
  a.terms.needed = 3;
  a.terms.approved = std::chrono::seconds(60);
  CHECK(approves(a, named("bob")).has_value());
  CHECK(code_of(approves(a, named("bob"))) == ErrorCode::denied);
  CHECK(approves(a, named("cid")).has_value());
  CHECK((a.state == State::pending));
  Approval denied = a;
  CHECK(approves(a, named("dee")).has_value());
  CHECK((a.state == State::approved));
  CHECK(a.expires == kNow + 60'000);
  CHECK(a.votes.size() == 3);
  CHECK(a.votes.back() == Vote{"dee", true, "", kNow});
  CHECK(denies(denied, named("dee")).has_value());
  CHECK((denied.state == State::denied));
  CHECK(denied.votes.back() == Vote{"dee", false, "too much", kNow});
}

TEST_CASE("the connected user's answer is enough by itself, where the rule leaves it to them and the call is their own") {
  struct Row {
    const char* name;
    bool left_to_user;
    bool not_requester;
    Voter voter;
    bool may;
  };
  const Row rows[] = {
      {"the user", true, false, user(), true},
      {"the rule does not leave it to them", false, false, user(), false},
      {"another user", true, false, {"eve", "local:eve", true}, false},
      {"a user who is nobody", true, false, {"", "local:ann", true}, false},
      {"who asks may not decide", true, true, user(), false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    Approval a = an_approval();
    a.terms.needed = 3;
    a.terms.user = row.left_to_user;
    a.terms.not_requester = row.not_requester;
    const auto done = approves(a, row.voter);
    CHECK(done.has_value() == row.may);
    if (!row.may) CHECK(code_of(done) == ErrorCode::denied);
    CHECK((a.state == (row.may ? State::approved : State::pending)));
  }
}

TEST_CASE("approvers are those whom the rule names, and not the requester under any of their names") {
  struct Row {
    const char* name;
    std::vector<std::string> approvers;
    bool not_requester;
    Voter voter;
    bool may;
  };
  const Row rows[] = {
      {"anybody", {}, false, named("bob"), true},
      {"one who is named", {"cid", "bob"}, false, named("bob"), true},
      {"one who is not named", {"cid", "bobby"}, false, named("bob"), false},
      {"the same letters in another case", {"Bob"}, false, named("bob"), false},
      {"the requester where it does not matter", {}, false, named("ann", "local:ann"), true},
      {"the requester by principal", {}, true, named("boss", "local:ann"), false},
      {"the requester by name", {}, true, named("local:ann"), false},
      {"the requester, named all the same", {"boss"}, true, named("boss", "local:ann"), false},
      {"another", {}, true, named("bob", "local:bob"), true},
      {"one of whom nobody knows what they call tools as", {}, true, named("bob"), false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    for (const bool approve : {true, false}) {
      CAPTURE(approve);
      Approval a = an_approval();
      a.terms.approvers = row.approvers;
      a.terms.not_requester = row.not_requester;
      const auto done = approve ? approves(a, row.voter) : denies(a, row.voter);
      CHECK(done.has_value() == row.may);
      if (!row.may) CHECK(code_of(done) == ErrorCode::denied);
    }
  }
}

TEST_CASE("two names of one principal are one vote") {
  Approval a = an_approval();
  a.terms.needed = 2;
  REQUIRE(approves(a, named("bob", "local:bob")).has_value());
  CHECK(code_of(approves(a, named("robert", "local:bob"))) == ErrorCode::denied);
  CHECK((a.state == State::pending));
  REQUIRE(approves(a, named("cid", "local:cid")).has_value());
  CHECK((a.state == State::approved));
}

TEST_CASE("who can decide is told as votes are counted") {
  const std::vector<Approver> all{{"ann", "local:ann", 0}, {"bob", "local:bob", 0}, {"robert", "local:bob", 0}, {"cid", "", 0}, {"dora", "", 0}};
  const auto names = [&](const AskTerms& terms, std::string_view requester) {
    std::vector<std::string> found;
    for (const Approver& one : who_can_decide(all, terms, requester)) found.push_back(one.name);
    return found;
  };
  using Names = std::vector<std::string>;
  AskTerms terms;
  CHECK(names(terms, "local:ann") == Names{"ann", "bob", "cid", "dora"});
  terms.not_requester = true;
  CHECK(names(terms, "local:ann") == Names{"bob"});
  CHECK(names(terms, "") == Names{"ann", "bob"});
  terms.approvers = {"robert", "cid", "ann"};
  CHECK(names(terms, "local:ann") == Names{"robert"});
  CHECK(who_can_decide({}, terms).empty());
}

TEST_CASE("votes that stand are enough by other terms only where they would count by them") {
  Approval a = an_approval();
  a.terms.user = false;
  REQUIRE(approves(a, named("bob")).has_value());
  AskTerms terms;
  CHECK(gate::satisfies(a, terms));
  terms.not_requester = true;
  CHECK(!gate::satisfies(a, terms));
  a.votes[0].principal = "local:bob";
  CHECK(gate::satisfies(a, terms));
  terms.needed = 2;
  CHECK(!gate::satisfies(a, terms));
}

TEST_CASE("an edit changes what is approved, and votes for what was there before count no more") {
  Approval a = an_approval();
  a.terms.needed = 2;
  const json other = {{"order", "o-2"}};
  REQUIRE(approves(a, named("bob")).has_value());
  REQUIRE(approves(a, named("cid"), other).has_value());
  CHECK((a.state == State::pending));
  CHECK(a.votes.size() == 1);
  CHECK(a.edited == other);
  CHECK(a.arguments == json{{"order", "o-1"}});
  REQUIRE(approves(a, named("bob"), other).has_value());  // the same again is no edit
  CHECK((a.state == State::approved));
  CHECK(a.votes.size() == 2);

  Approval back = an_approval();
  back.terms.needed = 2;
  REQUIRE(approves(back, named("bob"), other).has_value());
  REQUIRE(approves(back, named("cid"), back.arguments).has_value());
  CHECK(!back.edited.has_value());
  CHECK(back.votes.size() == 1);

  Approval denied = an_approval();
  CHECK(code_of(gate::vote(denied, no(), named("bob"), other, kNow)) == ErrorCode::invalid_value);
  CHECK(code_of(gate::vote(denied, no(std::string(kMaxReasonBytes + 1, 'x')), named("bob"), {}, kNow)) == ErrorCode::invalid_value);
  CHECK((denied.state == State::pending));
}

TEST_CASE("the owner's late end counts where the outcome was not known; after a person has said what became of it, not") {
  Approval a = an_approval(State::claimed);
  REQUIRE(gate::age(a, true, kNow));
  CHECK((a.state == State::outcome_unknown));
  CHECK(!a.note.empty());
  Approval resolved = a;
  REQUIRE(gate::finish(a, "c1", State::executed, R"({"ok":true})", "", kNow).has_value());
  CHECK((a.state == State::executed));
  CHECK(a.result == R"({"ok":true})");
  CHECK(a.note.empty());
  REQUIRE(gate::resolve(resolved, State::failed, "bob", "not in the books", kNow).has_value());
  CHECK(resolved.note == "bob: not in the books");
  CHECK(resolved.resolved_by == "bob");
  CHECK(!gate::finish(resolved, "c1", State::executed, "{}", "", kNow).has_value());
  CHECK(!gate::ended_late(resolved, "c2", State::executed, kNow).has_value());
  const auto version = resolved.version;
  REQUIRE(gate::ended_late(resolved, "c1", State::executed, kNow).has_value());
  CHECK((resolved.state == State::failed));
  CHECK(resolved.note == "bob: not in the books; after that the call itself ended: executed");
  CHECK(resolved.version == version + 1);
  CHECK(!gate::ended_late(a, "c1", State::failed, kNow).has_value());  // nobody had said anything of it
}

TEST_CASE("a result that is too large is not kept") {
  Approval a = an_approval(State::claimed);
  REQUIRE(gate::finish(a, "c1", State::executed, std::string(kMaxReplayBytes + 1, 'x'), "", kNow).has_value());
  CHECK((a.state == State::executed));
  CHECK(a.result.empty());
}

TEST_CASE("a call that waits for its caller outlives its owner, and lapses when nobody answers") {
  Approval a = an_approval(State::claimed);
  a.expires = kNow + 2 * kAnswerLife;
  REQUIRE(gate::wait_for_caller(a, "c1", kNow).has_value());
  CHECK(!gate::age(a, true, kNow + kAnswerLife - 1));
  Approval taken = a;
  REQUIRE(gate::go_on(taken, "c1", "h2", kNow + kAnswerLife - 1).has_value());
  CHECK(taken.owner == "h2");
  CHECK(!taken.asked_caller);
  CHECK(gate::age(taken, true, kNow + kAnswerLife));
  CHECK((taken.state == State::outcome_unknown));

  CHECK(!gate::go_on(a, "c1", "h2", kNow + kAnswerLife).has_value());
  Approval expired = a;
  expired.expires = kNow;
  expired.has_lapsed = true;
  REQUIRE(gate::age(a, false, kNow + kAnswerLife));
  CHECK((a.state == State::approved));
  CHECK(a.call.empty());
  CHECK(a.owner.empty());
  CHECK(gate::claim(a, "c2", "h1", kNow + kAnswerLife).has_value());
  CHECK(gate::age(expired, false, kNow + kAnswerLife));
  CHECK((expired.state == State::expired));
}

TEST_CASE("the same call again gets what stands: open ones, and recent answers") {
  struct Row {
    State state;
    bool in_time, at_the_end, after_replay;
  };
  const Row rows[] = {
      {State::pending, true, false, false},  {State::approved, true, false, false}, {State::denied, true, true, false},
      {State::expired, false, false, false}, {State::withdrawn, false, false, false}, {State::claimed, true, true, true},
      {State::executed, true, true, false},  {State::failed, false, false, false},  {State::outcome_unknown, true, true, true},
  };
  for (const Row& row : rows) {
    CAPTURE(name_of(row.state));
    Approval a = an_approval(row.state);
    a.changed = kNow;
    CHECK(gate::stands(a, kNow) == row.in_time);
    CHECK(gate::stands(a, a.expires) == row.at_the_end);
    CHECK(gate::stands(a, kNow + a.replay - 1) == (row.state == State::denied || row.state == State::executed || row.after_replay));
    CHECK(gate::stands(a, kNow + a.replay) == row.after_replay);
    CHECK(gate::is_open(row.state) == (row.state == State::pending || row.state == State::approved || row.after_replay));
  }
}

TEST_CASE("values that are equal bind equal, whatever their bytes; values that differ never do") {
  const auto binding = [](const char* arguments) { return gate::binding_of("ann", "t", "d", parse_json(arguments).value()); };
  struct Row {
    const char* name;
    const char* a;
    const char* b;
    bool equal;
  };
  const Row rows[] = {
      {"order of members", R"({"a":1,"b":{"c":2,"d":3}})", R"({"b":{"d":3,"c":2},"a":1})", true},
      {"1 and 1.0", R"({"a":1})", R"({"a":1.0})", true},
      {"100 and 1e2", R"({"a":100})", R"({"a":1e2})", true},
      {"zero and its negative", R"({"a":0})", R"({"a":-0.0})", true},
      {"escapes", R"({"a":"é/"})", "{\"a\":\"\\u00e9\\/\"}", true},
      {"white space", "{ \"a\" : [ 1 , 2 ] }", R"({"a":[1,2]})", true},
      {"NFC and NFD", "{\"a\":\"\\u00e9\"}", "{\"a\":\"e\\u0301\"}", false},
      {"2^53 and 2^53+1", R"({"a":9007199254740992})", R"({"a":9007199254740993})", false},
      {"2^53+1 and the double next to it", R"({"a":9007199254740993})", R"({"a":9007199254740992.0})", false},
      {"the two largest integers", R"({"a":18446744073709551615})", R"({"a":18446744073709551614})", false},
      {"a number and its text", R"({"a":1})", R"({"a":"1"})", false},
      {"null and nothing", R"({"a":null})", R"({})", false},
      {"false and null", R"({"a":false})", R"({"a":null})", false},
      {"order of items", R"({"a":[1,2]})", R"({"a":[2,1]})", false},
      {"empty and a space", R"({"a":""})", R"({"a":" "})", false},
      {"an array and an object", R"({"a":[]})", R"({"a":{}})", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK((binding(row.a) == binding(row.b)) == row.equal);
  }
  const json none = json::object();
  const auto base = gate::binding_of("ann", "t", "d", none);
  CHECK(base.size() == 64);
  CHECK(gate::binding_of("bob", "t", "d", none) != base);
  CHECK(gate::binding_of("ann", "u", "d", none) != base);
  CHECK(gate::binding_of("ann", "t", "e", none) != base);
  CHECK(gate::binding_of("annt", "", "d", none) != gate::binding_of("ann", "t", "d", none));
}

TEST_CASE("what lapses can be claimed for as long as when it was approved, once") {
  Approval a = an_approval();
  a.terms.approved = std::chrono::hours(1);
  REQUIRE(approves(a, user()).has_value());
  const UnixMs claimed = kNow + 1, lapsed = claimed + kAnswerLife, until = lapsed + 3'600'000;
  REQUIRE(gate::claim(a, "c1", "h1", claimed).has_value());
  REQUIRE(gate::wait_for_caller(a, "c1", claimed).has_value());
  Approval late = a;
  REQUIRE(gate::age(a, false, lapsed));
  CHECK((a.state == State::approved));
  CHECK(a.expires == until);
  REQUIRE(gate::age(late, false, until));  // nobody looked for so long
  CHECK((late.state == State::expired));
  REQUIRE(gate::claim(a, "c2", "h1", until - 1).has_value());
  REQUIRE(gate::wait_for_caller(a, "c2", until - 1).has_value());
  REQUIRE(gate::age(a, false, until - 1 + kAnswerLife));
  CHECK((a.state == State::expired));
}

TEST_CASE("an approval comes back from its JSON as it was") {
  Approval a = an_approval(State::outcome_unknown);
  a.module = "shop";
  a.definition = "d";
  a.input_schema = {{"type", "object"}};
  a.title = "Refund — \"휴가\"";
  a.binding = "b";
  a.edited = json{{"order", 9007199254740993}};
  a.run = "r";
  a.rule = "rule 2";
  a.reason = "why";
  a.terms = {true, {"bob", "cid"}, 2, true, std::chrono::seconds(5), std::chrono::seconds(6)};
  a.votes = {{"bob", true, "fine", 1, "local:bob", true}, {"cid", false, "no", 2}};
  a.result = "{}";
  a.note = "n";
  a.created = 3;
  a.replay = 4;
  a.asked_caller = a.has_lapsed = true;
  a.resolved_by = "bob";
  for (const bool edited : {true, false}) {
    if (!edited) a.edited.reset();
    const json value = gate::to_json(a);
    const auto back = gate::approval_from(parse_json(dump_json(value)).value());
    REQUIRE_MESSAGE(back.has_value(), back.error().message);
    CHECK(gate::to_json(*back) == value);
    CHECK(back->edited == a.edited);
    CHECK(back->terms == a.terms);
    CHECK(back->votes == a.votes);
    CHECK(back->has_lapsed);
    CHECK(back->resolved_by == "bob");
  }
}

TEST_CASE("JSON that is no approval is refused by the name of what is wrong") {
  const json good = gate::to_json(an_approval());
  for (const auto& [name, value] : good.items()) {
    CAPTURE(name);
    json missing = good;
    missing.erase(name);
    const auto without = gate::approval_from(missing);
    REQUIRE(!without.has_value());
    CHECK(without.error().message == "approval." + name + ": missing");
    if (name == "arguments" || name == "input_schema") continue;  // any value
    json wrong = good;
    wrong[name] = 1.5;
    const auto read = gate::approval_from(wrong);
    REQUIRE(!read.has_value());
    CHECK(read.error().message.find("approval." + name + ": expected") == 0);
  }
  struct Row {
    const char* path;
    json value;
    const char* words;
  };
  const Row rows[] = {
      {"", json::array(), "approval: expected an object"},
      {"/state", "dead", "approval.state: expected a state"},
      {"/version", 1e30, "approval.version: expected an integer"},
      {"/version", 18446744073709551615ULL, "approval.version: expected a smaller integer"},
      {"/terms/needed", 5'000'000'000, "approval.terms.needed: expected a smaller integer"},
      {"/terms/approvers", json::array({1}), "approval.terms.approvers: expected texts"},
      {"/terms", "x", "approval.terms: expected an object"},
      {"/votes", json::array({json::object()}), "approval.votes: vote.by: missing"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    json bad = good;
    bad[json::json_pointer(row.path)] = row.value;
    const auto read = gate::approval_from(bad);
    REQUIRE(!read.has_value());
    CHECK(read.error().message == row.words);
    CHECK(read.error().code == ErrorCode::invalid_value);
  }
  json later = good;
  later["member of a later release"] = true;
  CHECK(gate::approval_from(later).has_value());
}

TEST_CASE("a vote keeps what its voter calls tools as, and whether they are the connected user") {
  Approval a = an_approval();
  REQUIRE(approves(a, user()).has_value());
  CHECK((a.votes.at(0) == Vote{"ann", true, "", kNow, "local:ann", true}));
  json older = gate::to_json(a);
  older["votes"][0].erase("principal");
  older["votes"][0].erase("is_user");
  const auto read = gate::approval_from(older);
  REQUIRE(read.has_value());
  CHECK((read->votes.at(0) == Vote{"ann", true, "", kNow}));
}

TEST_CASE("a grant comes back from its JSON as it was, and one that does not say what was asked covers nothing") {
  Grant g{"g", "ann", "refund", "d", "b", {"/amount <= 5"}, "bob", 1, 2, true, "rule 2", {true, {"bob"}, 1, true}, "local:bob"};
  const json value = gate::to_json(g);
  const auto back = gate::grant_from(parse_json(dump_json(value)).value());
  REQUIRE_MESSAGE(back.has_value(), back.error().message);
  CHECK(gate::to_json(*back) == value);
  CHECK(back->terms == g.terms);
  CHECK(back->by_principal == "local:bob");

  json older = value;
  for (const char* name : {"rule", "terms", "by_principal"}) older.erase(name);
  const auto read = gate::grant_from(older);
  REQUIRE(read.has_value());
  CHECK(read->terms.needed == 0);
  json wrong = value;
  wrong["terms"]["needed"] = "1";
  CHECK(gate::grant_from(wrong).error().message == "grant.terms.needed: expected an integer");
}
