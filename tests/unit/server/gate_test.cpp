// SPDX-License-Identifier: Apache-2.0
// What must hold between a decision and a handler: the rule that asks now, grants beside decisions, what a form shows, the
// closing of claims while the store is away, and claims that are too old.
#include "approvals_support.hpp"
#include "server/ladder.hpp"

using namespace sumun;
using namespace sumun::test;
using std::chrono::milliseconds;

namespace {

constexpr auto kWaits = std::chrono::seconds(10);

struct Word {
  std::string word;
};

AskTerms two_of_boss_and_cfo() {
  AskTerms terms = by_approvers({"boss", "cfo"});
  terms.needed = 2;
  terms.not_requester = true;
  return terms;
}

Policy asking_more_over(std::int64_t amount, AskTerms over, AskTerms otherwise) {
  PolicyRule large, rest;
  large.target = rest.target = "tool:refund";
  large.when = {"/amount > " + std::to_string(amount)};
  large.decision = rest.decision = Decision::ask;
  large.ask = std::move(over);
  large.reason = "a large amount";
  rest.ask = std::move(otherwise);
  return Policy::compile({.rules = {large, rest}, .otherwise = Decision::allow}).value();
}

Result<void> vote_of(Desk& w, const std::string& id, const std::string& name, std::optional<json> edited = std::nullopt) {
  Result<void> said;
  gate::Step step;
  step.approval = id;
  step.change = [&](Approval& one, std::vector<gate::AuditEvent>&, gate::UnixMs now) {
    return gate::vote(one, Vote{name, true, "", now}, Voter{name, "local:" + name, false}, edited, now);
  };
  w.books->commit(std::move(step), [&](const Result<std::optional<Approval>>& voted) { said = voted ? Result<void>() : Result<void>(voted.error()); });
  return said;
}

void grant(Desk& w, const Approval& like) {
  Grant one;
  one.id = "g1";
  one.principal = like.principal;
  one.tool = like.tool;
  one.definition = like.definition;
  one.terms = like.terms;
  one.until = 60'000;
  gate::Step step;
  step.keep = one;
  w.books->commit(std::move(step), [](const auto& kept) { REQUIRE(kept.has_value()); });
}

json said(std::string word) { return json{{"action", "accept"}, {"content", {{"word", std::move(word)}}}}; }

json round_of(const std::string& tool, const json& asked, const std::string& key, json answer) {
  json params{{"name", tool}, {"arguments", json::object()}};
  params["requestState"] = asked["result"]["requestState"];
  params["inputResponses"][key] = std::move(answer);
  return params;
}

}  // namespace

// ---- the rule that asks now

TEST_CASE("arguments that an approver changed are approved by those whom the rule for them names") {
  Desk w(options_with(asking_more_over(5000, two_of_boss_and_cfo(), by_approvers())));
  for (const char* name : {"carol", "boss", "cfo"}) w.add_approver(name, std::string("local:") + name);
  w.refund("{}", R"({"order":"A","amount":100})");
  const std::string id = w.approval().id;
  REQUIRE(vote_of(w, id, "carol", J(R"({"order":"A","amount":1000000})")).has_value());
  CHECK(w.approval(id).state == ApprovalState::approved);

  const json answer = w.refund("{}", R"({"order":"A","amount":100})");
  CHECK(failed(answer));
  CHECK(meta_of_approval(answer)["status"] == "pending");
  CHECK(w.ran == 0);
  CHECK(w.approval(id).terms == two_of_boss_and_cfo());
  CHECK(w.approval(id).reason == "a large amount");
  CHECK(w.approval(id).votes.size() == 1);
  CHECK_HOLDS(w.events("asked_again")[0], R"({"rule":"rule 1","arguments":{"amount":1000000},"asked":{"amount":100}})");

  REQUIRE(vote_of(w, id, "boss").has_value());
  CHECK(w.approval(id).state == ApprovalState::pending);  // the first vote is not one that this rule counts
  CHECK(meta_of_approval(w.refund("{}", R"({"order":"A","amount":100})"))["status"] == "pending");
  REQUIRE(vote_of(w, id, "cfo").has_value());
  CHECK(!failed(w.refund("{}", R"({"order":"A","amount":100})")));
  CHECK(w.ran == 1);
  CHECK(w.last.amount == 1'000'000);
}

TEST_CASE("a question that is open waits for those whom a new policy names") {
  Desk w(options_with(asking(by_approvers())));
  for (const char* name : {"bob", "boss"}) w.add_approver(name);
  w.refund();
  const std::string id = w.approval().id;
  w.server.set_policy(asking(by_approvers({"boss"})));
  CHECK(meta_of_approval(w.refund())["id"] == id);
  CHECK(w.approval(id).terms == by_approvers({"boss"}));
  CHECK(w.events("asked_again").size() == 1);
  CHECK(!vote_of(w, id, "bob").has_value());
  REQUIRE(vote_of(w, id, "boss").has_value());
  CHECK(!failed(w.refund()));
  CHECK(w.events("asked_again").size() == 1);
}

TEST_CASE("a question whose votes are enough by a new policy is approved") {
  AskTerms two = by_approvers();
  two.needed = 2;
  Desk w(options_with(asking(two)));
  for (const char* name : {"bob", "boss"}) w.add_approver(name);
  w.refund();
  REQUIRE(vote_of(w, w.approval().id, "bob").has_value());
  CHECK(failed(w.refund()));
  w.server.set_policy(asking(by_approvers()));
  CHECK(text_of(w.refund()) == "refunded A-17 5");
}

TEST_CASE("a rule that wants others between two rounds puts the call back before people") {
  Desk w(options_with(asking(by_user(), "asks")));
  w.add_approver("boss");
  w.server.tool("asks", "d", [&](Call& call) -> Result<std::string> {
    auto first = call.elicit<Word>("First?");
    if (!first) return std::move(first).error();
    ++w.ran;
    return (*first)->word;
  }, {.effects = writes});
  const json gate = w.call("asks", json::object(), kForm);
  const json first = w.ask("tools/call", round_of("asks", gate, "dev.sumun/approval", filled("approve")), kForm);
  REQUIRE(is_question(first));
  w.server.set_policy(asking(by_approvers({"boss"}), "asks"));
  const json answer = w.ask("tools/call", round_of("asks", first, "q1", said("a")), kForm);
  CHECK(meta_of_approval(answer)["status"] == "pending");
  CHECK(w.approval().call.empty());
  CHECK(w.ran == 0);
}

// ---- grants

TEST_CASE("what people have said of a call goes before a grant for calls like it") {
  struct {
    const char* name;
    std::function<void(Desk&, const std::string&)> decided;
    const char* words;
    int amount;  // that it ran with; 0 = it did not
    ApprovalState state;
  } table[] = {
      {"denied", [](Desk& w, const std::string& id) { w.decide(id, false, std::nullopt, "bob", "no"); }, "bob denied it", 0, ApprovalState::denied},
      {"approved with other arguments", [](Desk& w, const std::string& id) { w.decide(id, true, J(R"({"order":"A-17","amount":3})")); }, "An approver changed the arguments", 3,
       ApprovalState::executed},
      {"unknown", [](Desk& w, const std::string& id) {
         w.decide(id, true);
         w.change(id, [](Approval& one, gate::UnixMs now) { return gate::claim(one, "c", "h", now); });
         w.change(id, [](Approval& one, gate::UnixMs now) { return gate::finish(one, "c", ApprovalState::outcome_unknown, "", "", now); });
       }, "nobody knows", 0, ApprovalState::outcome_unknown},
      {"open", [](Desk&, const std::string&) {}, "refunded A-17 5", 5, ApprovalState::withdrawn},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    Desk w(options_with(asking(by_approvers())));
    w.add_approver("bob");
    w.refund();
    const Approval asked = w.approval();
    row.decided(w, asked.id);
    grant(w, asked);
    CHECK_MESSAGE(text_of(w.refund()).find(row.words) != std::string::npos, row.words);
    CHECK(w.ran == (row.amount == 0 ? 0 : 1));
    if (row.amount != 0) CHECK(w.last.amount == row.amount);
    CHECK(w.approval(asked.id).state == row.state);
  }
}

TEST_CASE("a grant that is revoked between two rounds stops the call, and each round is in the log") {
  Desk w(options_with(asking(by_approvers(), "asks")));
  w.add_approver("bob");
  w.server.tool("asks", "d", [&](Call& call) -> Result<std::string> {
    for (const char* question : {"First?", "Second?"}) {
      auto word = call.elicit<Word>(question);
      if (!word) return std::move(word).error();
    }
    ++w.ran;
    return std::string("done");
  }, {.effects = writes});
  w.call("asks", json::object(), kForm);
  grant(w, w.approval());
  const json first = w.call("asks", json::object(), kForm);
  REQUIRE(is_question(first));
  const json second = w.ask("tools/call", round_of("asks", first, "q1", said("a")), kForm);
  REQUIRE(is_question(second));
  REQUIRE(w.events("round").size() == 1);
  CHECK(w.events("round")[0]["grant"] == "g1");
  w.books->revoke("g1", {}, [](const auto& revoked) { REQUIRE(revoked.has_value()); });
  const json last = w.ask("tools/call", round_of("asks", second, "q2", said("b")), kForm);
  CHECK(text_of(last).find("over or revoked") != std::string::npos);
  CHECK(w.ran == 0);
}

TEST_CASE("a cancelled request leaves a question open that another one opened") {
  Desk other(options_with(asking(by_approvers()), milliseconds(1)));
  other.add_approver("bob");
  other.refund();
  const std::string id = other.approval().id;
  Desk w(options_with(asking(by_approvers()), kWaits));
  w.add_approver("bob");
  w.books->open(other.approval(), {}, [](const Result<Approval>& opened) { REQUIRE(opened.has_value()); });
  w.open("2025-11-25", "{}");
  w.send(w.legacy(7, "tools/call", Desk::refund_params()));
  CHECK(w.silent());
  w.cancel(7);
  CHECK(w.silent());
  CHECK(w.approval(id).state == ApprovalState::pending);
  CHECK(w.events("withdrawn").empty());
}

// ---- what a form shows

TEST_CASE("a form shows the arguments as they would run, and a vote holds for what was shown") {
  AskTerms terms = by_user();
  terms.needed = 2;
  Desk w(options_with(asking(terms)));
  for (const char* name : {"bob", "boss"}) w.add_approver(name);
  const json asked = w.refund(kForm);
  REQUIRE(is_question(asked));
  w.decide(w.approval().id, true, J(R"({"order":"A-17","amount":7})"));
  const json again = w.ask("tools/call", retry(Desk::refund_params(), asked, filled("approve")), kForm);
  REQUIRE(is_question(again));
  CHECK(w.ran == 0);
  const std::string shown = again["result"]["inputRequests"]["dev.sumun/approval"]["params"]["message"];
  CHECK(shown.find("amount: 7") != std::string::npos);
  CHECK(shown.find("amount: 5") == std::string::npos);
  CHECK(!failed(w.ask("tools/call", retry(Desk::refund_params(), again, filled("approve")), kForm)));
  CHECK(w.last.amount == 7);
}

TEST_CASE("an answer to a pushed form that shows older arguments is no vote") {
  AskTerms terms = by_user();
  terms.needed = 2;
  Desk w(options_with(asking(terms), kWaits));
  for (const char* name : {"bob", "boss"}) w.add_approver(name);
  w.open("2025-11-25");
  w.send(w.legacy(1, "tools/call", Desk::refund_params()));
  const json question = w.next();
  w.decide(w.approval().id, true, J(R"({"order":"A-17","amount":7})"));
  w.answer(question, filled("approve"));
  CHECK(meta_of_approval(w.next())["status"] == "pending");
  CHECK(w.approval().votes.size() == 1);
  CHECK(w.ran == 0);
}

TEST_CASE("nobody approves in a form what it does not show whole") {
  json many = json::object();
  for (int i = 0; i < 60; ++i) many["argument" + std::to_string(i)] = std::string(100, 'x');
  struct {
    const char* name;
    json arguments;
    bool whole;
  } table[] = {
      {"none", json::object(), true},
      {"short ones", json{{"order", "A-17"}, {"amount", 5}}, true},
      {"a long value", json{{"order", std::string(500, 'x')}}, false},
      {"a value that grows when written out", json{{"order", std::string(150, '\x01')}}, false},
      {"a long name", json{{std::string(300, 'n'), 1}}, false},
      {"many", many, false},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    CHECK(server::is_readable_whole(row.arguments) == row.whole);
  }
  const std::string long_one = R"({"order":")" + std::string(500, 'x') + R"("})";
  Desk alone(options_with(asking(by_user())));
  CHECK(text_of(alone.refund(kForm, long_one)).find("too long to be shown whole") != std::string::npos);
  CHECK(is_question(alone.refund(kForm)));
  Desk w(options_with(asking(by_user())));
  w.add_approver("bob");
  CHECK(meta_of_approval(w.refund(kForm, long_one))["status"] == "pending");
}

// ---- the log, and the end of a call

TEST_CASE("the log says what was done, and beside it what was asked") {
  Desk w(options_with(asking(by_approvers())));
  w.add_approver("bob");
  w.refund();
  w.decide(w.approval().id, true, J(R"({"order":"A-17","amount":3})"));
  w.refund();
  for (const char* name : {"claim", "outcome"}) {
    CAPTURE(std::string(name));
    REQUIRE(w.events(name).size() == 1);
    CHECK_HOLDS(w.events(name)[0], R"({"arguments":{"order":"A-17","amount":3},"asked":{"order":"A-17","amount":5}})");
  }
}

TEST_CASE("an outcome that comes after a person said it is in the log beside that, and the caller is told") {
  Desk w(options_with(asking(by_approvers(), "slow")));
  w.add_approver("bob");
  w.server.tool("slow", "d", [&](Call& call) {
    const std::string id = w.approval().id, own = call.execution_id();
    w.change(id, [own](Approval& one, gate::UnixMs now) { return gate::finish(one, own, ApprovalState::outcome_unknown, "", "", now); });
    w.change(id, [](Approval& one, gate::UnixMs now) { return gate::resolve(one, ApprovalState::failed, "bob", "it was not there", now); });
    return std::string("done");
  }, {.effects = writes});
  w.call("slow");
  w.decide(w.approval().id, true);
  const json answer = w.call("slow");
  CHECK(text_of(answer) == "done");
  CHECK(answer["result"]["content"].back()["text"].get<std::string>().find("A person has said how it ended") != std::string::npos);
  CHECK(w.approval().state == ApprovalState::failed);
  REQUIRE(w.events("outcome").size() == 1);
  CHECK_HOLDS(w.events("outcome")[0], R"({"outcome":"executed","why":"after it was resolved"})");
  CHECK(w.logged->has("how it ended could not be written down"));
  CHECK(w.server.core()->is_ready());
}

TEST_CASE("how a call ended is written down when the store is there again") {
  Desk w(options_with(asking(by_approvers(), "breaks")));
  w.add_approver("bob");
  w.server.tool("breaks", "d", [&] {
    w.books->broken = true;
    return std::string("done");
  }, {.effects = writes});
  w.call("breaks");
  const std::string id = w.approval().id;
  w.decide(id, true);
  CHECK(!failed(w.call("breaks")));
  CHECK(w.approval(id).state == ApprovalState::claimed);
  CHECK(!w.server.core()->is_ready());
  w.books->broken = false;
  REQUIRE(w.until([&] { return w.server.core()->is_ready(); }));
  CHECK(w.approval(id).state == ApprovalState::executed);
  CHECK(w.events("outcome").size() == 1);
}

TEST_CASE("a claim that could not be given back is given back when the store is there again") {
  Desk w(options_with(asking(by_approvers(), "elsewhere")));
  w.add_approver("bob");
  ToolOptions dropping{.effects = writes};
  dropping.executor = [&](const std::function<void()>&) { w.books->broken = true; };
  w.server.tool("elsewhere", "d", [&] { return ++w.ran; }, dropping);
  w.call("elsewhere");
  const std::string id = w.approval().id;
  w.decide(id, true);
  CHECK(w.call("elsewhere").contains("error"));
  CHECK(w.approval(id).state == ApprovalState::claimed);
  w.books->broken = false;
  REQUIRE(w.until([&] { return w.server.core()->is_ready() && w.approval(id).state == ApprovalState::approved; }));
  CHECK(w.ran == 0);
}

TEST_CASE("an error of the protocol says too that its outcome is not written down") {
  Desk w(options_with(Policy::compile({.rules = {}, .otherwise = Decision::allow}).value()));
  w.server.tool("breaks", "d", [&]() -> Result<std::string> {
    w.books->broken = true;
    return fail(ErrorCode::invalid_params, "no");
  }, {.effects = writes});
  CHECK(message_of(w.call("breaks")).find("could not write down") != std::string::npos);
  w.books->broken = false;
}

TEST_CASE("a result that says isError after the call was told to stop says nothing of what was done") {
  Desk w(options_with(asking(by_approvers(), "slow")));
  w.add_approver("bob");
  auto begun = std::make_shared<std::atomic<bool>>(false);
  w.server.tool("slow", "d", [begun](Call& call) {
    Gate never;
    *begun = true;
    never.wait_for_stop(call.stop_token());
    return CallToolResult::error("stopped half way");
  }, {.effects = writes});
  w.open("2025-11-25", "{}");
  w.decide(meta_of_approval(w.call_legacy("slow"))["id"], true);
  w.send(w.legacy(7, "tools/call", json{{"name", "slow"}}));
  REQUIRE(w.until([&] { return begun->load(); }));
  w.cancel(7);
  REQUIRE(w.until([&] { return w.approval().state != ApprovalState::claimed; }));
  CHECK(w.approval().state == ApprovalState::outcome_unknown);
}

TEST_CASE("a handler that went on after an answer that was none has ended") {
  Desk w(options_with(asking(by_user(), "asks")));
  w.server.tool("asks", "d", [&](Call& call) -> Result<std::string> {
    auto word = call.elicit<Word>("Which?");
    if (word) return std::string("done");
    ++w.ran;
    return fail(ErrorCode::invalid_params, "an error of its own");
  }, {.effects = writes});
  const json gate = w.call("asks", json::object(), kForm);
  const json first = w.ask("tools/call", round_of("asks", gate, "dev.sumun/approval", filled("approve")), kForm);
  REQUIRE(is_question(first));
  const json bad{{"action", "accept"}, {"content", {{"word", 5}}}};
  CHECK(message_of(w.ask("tools/call", round_of("asks", first, "q1", bad), kForm)) == "an error of its own");
  CHECK(w.approval().state == ApprovalState::failed);
  w.ask("tools/call", round_of("asks", first, "q1", bad), kForm);
  CHECK(w.ran == 1);
}

TEST_CASE("a claim that is too old when its handler would begin is given back, or answered as it stands") {
  for (const bool taken : {false, true}) {
    CAPTURE(taken);
    Desk w(options_with(asking(by_approvers())));
    w.add_approver("bob");
    w.refund();
    const std::string id = w.approval().id;
    w.decide(id, true);
    w.books->lease_time = std::chrono::seconds(10);
    w.books->claimed = [&](const Approval& claim) {
      w.clock->advance(std::chrono::seconds(6));
      if (taken) w.change(id, [call = claim.call](Approval& one, gate::UnixMs now) { return gate::finish(one, call, ApprovalState::outcome_unknown, "", "", now); });
    };
    const json answer = w.refund();
    CHECK(failed(answer));
    CHECK_MESSAGE(text_of(answer).find(taken ? "nobody knows" : "too much time had passed") != std::string::npos, text_of(answer));
    CHECK(w.ran == 0);
    CHECK(w.approval(id).state == (taken ? ApprovalState::outcome_unknown : ApprovalState::approved));
    CHECK(failed(w.refund()) == taken);
  }
}

// ---- refusals

TEST_CASE("a tool that the policy hides is refused as such, whatever else is wrong with the call") {
  PolicyRule rule;
  rule.target = "tool:refund";
  rule.reason = "not here";
  Desk w(options_with(Policy::compile({.rules = {rule}, .otherwise = Decision::allow}).value()));
  for (const char* arguments : {R"({"order":"A"})", R"({"order":5})"}) {
    CAPTURE(std::string(arguments));
    CHECK(text_of(w.refund("{}", arguments)).find("the policy of this server does not allow it (not here)") != std::string::npos);
    CHECK(w.events("refused").back()["by"] == "policy");
  }
}

TEST_CASE("a subscription that is refused is in the log") {
  Desk w(options_with(Policy::compile({.rules = {}, .otherwise = Decision::allow}).value()));
  Resource note;
  note.uri = "docs://note";
  note.name = "note";
  w.server.resource(note, [] { return std::string("r"); });
  w.open("2025-11-25", "{}");
  w.send(w.legacy(1, "resources/subscribe", json{{"uri", "docs://none"}}));
  w.next();
  REQUIRE(w.until([&] { return !w.events("refused").empty(); }));
  CHECK_HOLDS(w.events("refused")[0], R"({"by":"unknown","method":"resources/subscribe","target":"docs://none"})");
}
