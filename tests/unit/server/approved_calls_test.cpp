// SPDX-License-Identifier: Apache-2.0
// T1 and T2: what is written before a handler and after it, what becomes of an approval, rounds, edits, grants, the log.
#include "approvals_support.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <stdexcept>

using namespace sumun;
using namespace sumun::test;
using std::chrono::milliseconds;

namespace {

struct Word {
  std::string word;
};
struct Kind {
  std::string kind;
};

using Names = std::vector<std::string>;

Policy allowing() { return Policy::compile({.rules = {}, .otherwise = Decision::allow}).value(); }

Policy denying_over(std::int64_t amount, AskTerms terms) {
  PolicyRule large, rest;
  large.target = rest.target = "tool:refund";
  large.when = {"/amount > " + std::to_string(amount)};
  large.decision = Decision::deny;
  large.reason = "too large";
  rest.decision = Decision::ask;
  rest.ask = std::move(terms);
  return Policy::compile({.rules = {large, rest}, .otherwise = Decision::allow}).value();
}

// Asks twice, then does it once.
struct Twice {
  std::atomic<int> entered = 0;
  std::atomic<int> done = 0;

  Result<std::string> operator()(Word in, Call& call) {
    ++entered;
    auto first = call.elicit<Word>("First, " + in.word + "?");
    if (!first) return std::move(first).error();
    auto second = call.elicit<Word>("Second, " + in.word + "?");
    if (!second) return std::move(second).error();
    ++done;
    return (*first)->word + " " + (*second)->word + " " + call.execution_id().substr(0, 4);
  }
};

json said(std::string word) { return json{{"action", "accept"}, {"content", {{"word", std::move(word)}}}}; }

json twice_params() { return json{{"name", "twice"}, {"arguments", {{"word", "go"}}}}; }

json next_round(const json& asked, const std::string& key, json answer) {
  json params = twice_params();
  params["requestState"] = asked["result"]["requestState"];
  params["inputResponses"][key] = std::move(answer);
  return params;
}

// Calls a tool that is approved at once.
json approved(Desk& w, const std::string& tool, json arguments = json::object(), std::string_view capabilities = "{}") {
  const json pending = w.call(tool, arguments, capabilities);
  w.decide(meta_of_approval(pending)["id"], true);
  return w.call(tool, std::move(arguments), capabilities);
}

}  // namespace

// ---- T1 and T2 without an approval

TEST_CASE("what is not a read is written down before it begins and when it has ended") {
  Desk w(options_with(allowing()));
  bool claimed = false;
  w.server.tool("check", "d", [&] { claimed = w.event_names() == Names{"claim"}; return 1; }, {.effects = writes});
  w.call("check");
  CHECK(claimed);
  CHECK(w.event_names() == Names{"claim", "outcome"});
  const json claim = w.events("claim")[0];
  const json outcome = w.events("outcome")[0];
  CHECK_HOLDS(claim, R"({"principal":"alice","method":"tools/call","target":"check","arguments":{},"rule":"no rule matches"})");
  CHECK(claim["call"] == outcome["call"]);
  CHECK(outcome["outcome"] == "executed");
  CHECK(outcome["bytes"].get<int>() > 20);
  CHECK(outcome["ms"].get<int>() >= 0);
}

TEST_CASE("the outcome says how a handler ended") {
  struct {
    const char* kind;
    const char* want;
  } table[] = {{"value", "executed"}, {"error", "failed"}, {"error result", "failed"}, {"broken output", "executed"}, {"throw", "outcome_unknown"}, {"thrown error", "outcome_unknown"}};
  for (const bool coroutine : {false, true}) {
    for (const auto& row : table) {
      CAPTURE(std::string(row.kind));
      CAPTURE(coroutine);
      Desk w(options_with(asking(by_approvers())));
      w.add_approver("bob");
      const auto end = [](const std::string& kind) -> Result<CallToolResult> {
        CallToolResult value = CallToolResult::text("done");
        value.structuredContent = kind == "broken output" ? json{{"n", "none"}} : json{{"n", 1}};
        if (kind == "error") return fail("it did not work");
        if (kind == "error result") return CallToolResult::error("it did not work");
        if (kind == "throw") throw std::runtime_error("half way");
        if (kind == "thrown error") throw ErrorException(fail("half way"));
        return value;
      };
      Tool tool;
      tool.name = "end";
      tool.inputSchema = J(R"({"type":"object","properties":{"kind":{"type":"string"}}})");
      tool.outputSchema = J(R"({"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]})");
      Handler<CallToolResult> handler = PlainHandler<CallToolResult>([end](json in, Call&) { return end(in["kind"]); });
      if (coroutine)
        handler = CoroutineHandler<CallToolResult>([end](json in, Call&) -> awaitable<Result<CallToolResult>> { co_return end(in["kind"]); });
      w.server.add_tool(tool, std::move(handler), {.effects = writes});
      approved(w, "end", json{{"kind", row.kind}});
      CHECK(name_of(w.approval().state) == row.want);
      CHECK(w.events("outcome")[0]["outcome"] == row.want);
      const json again = w.call("end", json{{"kind", row.kind}});
      if (std::string(row.want) == "failed") {
        CHECK(meta_of_approval(again)["status"] == "pending");  // it may be tried again, and is asked about again
        CHECK(w.approvals().size() == 2);
      } else {
        CHECK(w.approvals().size() == 1);
        CHECK(w.events("claim").size() == 1);
      }
      if (std::string(row.want) == "outcome_unknown") CHECK(w.approval().owner.empty());  // nobody is at it any more
      if (std::string(row.want) == "outcome_unknown") CHECK(text_of(again).find("sumun approvals resolve " + w.approval().id) != std::string::npos);
      if (std::string(row.kind) == "broken output") CHECK(text_of(again).find("its output breaks its own schema") != std::string::npos);
    }
  }
}

TEST_CASE("a time that is over leaves the outcome unknown, until its handler says it") {
  Desk w(options_with(asking(by_approvers())));
  w.add_approver("bob");
  auto door = std::make_shared<Gate>();
  w.server.tool("slow", "d", [door] { return door->wait() ? std::string("done") : std::string("late"); }, {.effects = writes, .timeout = milliseconds(20)});
  const json answer = approved(w, "slow");
  CHECK(failed(answer));
  CHECK(w.approval().state == ApprovalState::outcome_unknown);
  CHECK(!w.approval().owner.empty());  // its handler is still at it: not for people to resolve
  CHECK(text_of(w.call("slow")).find("nobody knows") != std::string::npos);
  door->open();
  REQUIRE(w.until([&] { return w.approval().state == ApprovalState::executed; }));
  CHECK(text_of(w.call("slow")) == "done");
}

TEST_CASE("a cancelled call that has begun is only asked to stop") {
  struct {
    const char* name;
    bool finishes;
    ApprovalState want;
  } table[] = {{"it stops", false, ApprovalState::outcome_unknown}, {"it finishes", true, ApprovalState::executed}};
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    Desk w(options_with(asking(by_approvers())));
    w.add_approver("bob");
    auto begun = std::make_shared<std::atomic<bool>>(false);
    w.server.tool("slow", "d", [begun, finishes = row.finishes](Call& call) -> Result<std::string> {
      Gate never;
      *begun = true;
      never.wait_for_stop(call.stop_token());
      if (!finishes) return fail(ErrorCode::cancelled, "stopped");
      return std::string("done all the same");
    }, {.effects = writes});
    w.open("2025-11-25", "{}");
    const json pending = w.call_legacy("slow");
    w.decide(meta_of_approval(pending)["id"], true);
    w.send(w.legacy(7, "tools/call", json{{"name", "slow"}}));
    REQUIRE(w.until([&] { return begun->load(); }));
    w.cancel(7);
    REQUIRE(w.until([&] { return w.approval().state == row.want; }));
    CHECK(w.silent());
  }
}

// ---- the store fails

TEST_CASE("nothing begins that could not be written down") {
  Desk w(options_with(allowing()));
  w.server.tool("look", "d", [&] { return ++w.ran; }, {.effects = reads});
  w.books->broken = true;
  const json answer = w.refund();
  CHECK(failed(answer));
  CHECK(text_of(answer).find("the store of this server is not available, and nothing was done") != std::string::npos);
  CHECK(w.ran == 0);
  CHECK(!failed(w.call("look")));
  CHECK(!w.server.core()->is_ready());
  w.books->broken = false;
  w.server.core()->is_ready();
  CHECK(w.server.core()->is_ready());
  CHECK(w.events("store").size() == 1);
  CHECK(text_of(w.refund()) == "refunded A-17 5");
}

TEST_CASE("a server may be told to go on without records, but not without approvals") {
  auto options = options_with(asking(by_approvers(), "refund"));
  options.audit.store_failure = FailMode::open;
  Desk w(std::move(options));
  w.add_approver("bob");
  w.server.tool("note", "d", [&] { return ++w.ran; }, {.effects = writes});
  w.refund();
  w.decide(w.approval().id, true);
  w.books->broken = true;
  CHECK(!failed(w.call("note")));
  CHECK(w.ran == 1);
  CHECK(failed(w.refund()));
  CHECK(w.ran == 1);
  CHECK(w.logged->has("could not be written down before it begins"));
  w.books->broken = false;
  CHECK(text_of(w.refund()) == "refunded A-17 5");
}

TEST_CASE("an outcome that cannot be written down is told with the result, and the claim stays") {
  Desk w(options_with(asking(by_approvers())));
  w.add_approver("bob");
  w.refund();
  const std::string id = w.approval().id;
  w.decide(id, true);
  w.books->broken_event = "outcome";
  const json answer = w.refund();
  CHECK(text_of(answer) == "refunded A-17 5");
  CHECK(answer["result"]["content"].back()["text"].get<std::string>().find("could not write down") != std::string::npos);
  CHECK(w.approval(id).state == ApprovalState::claimed);
  w.books->broken = true;
  CHECK(!w.server.core()->is_ready());
  w.books->broken = false;
  CHECK(text_of(w.refund()).find("is being carried out") != std::string::npos);
  CHECK(w.ran == 1);
}

TEST_CASE("a question that cannot be kept is not asked") {
  Desk w(options_with(asking(by_user())));
  w.books->broken = true;
  CHECK(text_of(w.refund(kForm)).find("the store of this server is not available") != std::string::npos);
  CHECK(w.ran == 0);
}

// ---- once

TEST_CASE("the same call many times at once is carried out once") {
  Desk w(options_with(asking(by_approvers()), milliseconds(10000)));
  w.add_approver("bob");
  for (int i = 0; i < 20; ++i) w.send(w.request(i, "tools/call", Desk::refund_params()));
  const std::string id = w.asked().id;
  w.decide(id, true);
  int executed = 0;
  for (int i = 0; i < 20; ++i) {
    const json answer = w.next();
    const std::string text = text_of(answer);
    const bool in_progress = text.find("is being carried out") != std::string::npos;
    CHECK((text == "refunded A-17 5" || in_progress));
    executed += !failed(answer) && !meta_of_approval(answer).contains("replayed") ? 1 : 0;
  }
  CHECK(executed == 1);
  CHECK(w.ran == 1);
  CHECK(w.approvals().size() == 1);
}

TEST_CASE("a call that no worker takes gives its approval back") {
  Desk w(options_with(asking(by_approvers())));
  w.add_approver("bob");
  ToolOptions dropping{.effects = writes};
  auto drop = std::make_shared<bool>(true);
  dropping.executor = [drop](std::function<void()> job) {
    if (!*drop) job();
  };
  w.server.tool("elsewhere", "d", [&] { return ++w.ran; }, dropping);
  CHECK(approved(w, "elsewhere").contains("error"));
  REQUIRE(w.until([&] { return w.approval().state == ApprovalState::approved; }));
  CHECK(w.events("released").size() == 1);
  *drop = false;
  CHECK(!failed(w.call("elsewhere")));
  CHECK(w.ran == 1);
  CHECK(w.approval().state == ApprovalState::executed);
}

// ---- edits, and the policy again

TEST_CASE("arguments that an approver changed are what is done, and the caller is told") {
  Desk w(options_with(asking(by_approvers())));
  w.add_approver("bob");
  w.refund();
  w.decide(w.approval().id, true, J(R"({"order":"A-17","amount":3})"));
  const json answer = w.refund();
  CHECK(text_of(answer).find("An approver changed the arguments") != std::string::npos);
  CHECK(answer["result"]["content"][1]["text"] == "refunded A-17 3");
  CHECK(meta_of_approval(answer)["arguments"] == J(R"({"order":"A-17","amount":3})"));
  CHECK(w.last.amount == 3);
  CHECK(meta_of_approval(w.refund())["replayed"] == true);  // the call as it was asked is the one that is repeated
  CHECK(w.ran == 1);
}

TEST_CASE("arguments that an approver changed are judged and validated again, and a refusal burns nothing") {
  struct {
    const char* name;
    const char* edited;
    const char* words;
  } table[] = {
      {"against the policy", R"({"order":"A-17","amount":5000})", "does not allow it with the arguments that the approver gave (too large)"},
      {"against the schema", R"({"order":5})", "do not fit it"},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    Desk w(options_with(denying_over(100, by_approvers())));
    w.add_approver("bob");
    w.refund();
    w.decide(w.approval().id, true, J(row.edited));
    const json answer = w.refund();
    CHECK(failed(answer));
    CHECK_MESSAGE(text_of(answer).find(row.words) != std::string::npos, text_of(answer));
    CHECK(w.approval().state == ApprovalState::approved);
    CHECK(w.ran == 0);
    CHECK_HOLDS(w.events("refused").back(), R"({"by":"policy","target":"refund"})");
  }
}

TEST_CASE("a policy that denies by now is obeyed, and the approval is not burnt") {
  Desk w(options_with(asking(by_approvers())));
  w.add_approver("bob");
  w.refund();
  w.decide(w.approval().id, true);
  w.server.set_policy(denying_over(1, by_approvers()));
  CHECK(text_of(w.refund()).find("too large") != std::string::npos);
  CHECK(w.approval().state == ApprovalState::approved);
  w.server.set_policy(asking(by_approvers()));
  CHECK(text_of(w.refund()) == "refunded A-17 5");
}

TEST_CASE("an approval by people whom the policy does not ask any more is none") {
  struct {
    const char* name;
    AskTerms terms;
    bool runs;
  } table[] = {
      {"any", by_approvers(), true},
      {"the one who approved", by_approvers({"bob"}), true},
      {"somebody else", by_approvers({"carol"}), false},
      {"two", {.needed = 2}, false},
      {"the user", by_user(), true},
      {"another than the requester", {.not_requester = true}, true},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    Desk w(options_with(asking(by_approvers())));
    for (const char* name : {"bob", "carol"}) w.add_approver(name);
    w.refund();
    w.decide(w.approval().id, true);
    w.server.set_policy(asking(row.terms));
    const json answer = w.refund();
    CHECK(failed(answer) != row.runs);
    CHECK(w.ran == (row.runs ? 1 : 0));
    CHECK(w.approval().state == (row.runs ? ApprovalState::executed : ApprovalState::pending));
    CHECK(w.events("asked_again").size() == (row.runs ? 0 : 1));
    CHECK(w.events("released").empty());
    if (row.runs) continue;
    CHECK(meta_of_approval(answer)["status"] == "pending");
    CHECK(w.approval().terms == row.terms);
    CHECK(w.approval().votes.size() == 1);
    w.decide(w.approval().id, true, std::nullopt, "carol");
    CHECK(!failed(w.refund()));
    CHECK(w.ran == 1);
  }
  Desk w(options_with(asking(by_user())));
  const json asked = w.refund(kForm);
  AskTerms not_self = by_user();
  not_self.not_requester = true;
  gate::Step step;
  step.approval = w.approval().id;
  step.change = [](Approval& one, std::vector<gate::AuditEvent>&, gate::UnixMs now) {
    return gate::vote(one, Vote{"alice", true, "", now}, Voter{"alice", "alice", true}, std::nullopt, now);
  };
  w.books->commit(std::move(step), [](const auto& voted) { REQUIRE(voted.has_value()); });
  w.server.set_policy(asking(not_self));
  CHECK(failed(w.ask("tools/call", retry(Desk::refund_params(), asked, filled("approve")), kForm)));
  CHECK(w.ran == 0);
}

TEST_CASE("a policy that denies while a request is held is obeyed") {
  Desk w(options_with(asking(by_approvers()), milliseconds(10000)));
  w.add_approver("bob");
  w.send(w.request(1, "tools/call", Desk::refund_params()));
  const std::string id = w.asked().id;
  w.server.set_policy(denying_over(1, by_approvers()));
  w.decide(id, true);
  CHECK(text_of(w.next()).find("it was approved, but the policy of this server does not allow it (too large)") != std::string::npos);
  CHECK(w.ran == 0);
}

// ---- grants

TEST_CASE("a grant covers what it says and nothing else") {
  struct {
    const char* name;
    Names when;
    bool bound;
    const char* arguments;
    bool covered;
    AskTerms terms = by_approvers();
  } table[] = {
      {"what a rule with other terms asks", {}, false, R"({"order":"B","amount":9})", false, by_approvers({"bob"})},
      {"any arguments", {}, false, R"({"order":"B","amount":9})", true},
      {"these arguments", {}, true, R"({"order":"A-17","amount":5})", true},
      {"these arguments, not others", {}, true, R"({"order":"A-17","amount":6})", false},
      {"up to an amount", {"/amount <= 9"}, false, R"({"order":"B","amount":9})", true},
      {"over the amount", {"/amount <= 9"}, false, R"({"order":"B","amount":10})", false},
      {"what cannot be told", {"/note == \"x\""}, false, R"({"order":"B","amount":9})", false},
      {"all predicates", {"/amount <= 9", "/order == \"C\""}, false, R"({"order":"B","amount":9})", false},
      {"a predicate that is none", {"/amount <="}, false, R"({"order":"B","amount":9})", false},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    Desk w(options_with(asking(by_approvers()), milliseconds(1)));
    w.add_approver("bob");
    w.refund();
    const Approval asked = w.approval();
    Grant grant;
    grant.id = "g1";
    grant.principal = "alice";
    grant.tool = "refund";
    grant.definition = asked.definition;
    if (row.bound) grant.binding = asked.binding;
    grant.terms = row.terms;
    grant.when = row.when;
    grant.until = 60'000;
    gate::Step step;
    step.keep = grant;
    w.books->commit(std::move(step), [](const auto& kept) { REQUIRE(kept.has_value()); });
    const json answer = w.refund("{}", row.arguments);
    CHECK(failed(answer) != row.covered);
    CHECK(w.ran == (row.covered ? 1 : 0));
    if (row.covered) CHECK(w.events("claim")[0]["grant"] == "g1");
    w.books->revoke("g1", {}, [](const auto& revoked) { REQUIRE(revoked.has_value()); });
    CHECK(failed(w.refund("{}", R"({"order":"Z","amount":1})")));
  }
}

// ---- rounds

TEST_CASE("a tool that asks twice is approved once, done once, and audited as one call") {
  Desk w(options_with(asking(by_user(), "twice")));
  Twice twice;
  w.server.tool("twice", "d", [&](Word in, Call& call) { return twice(std::move(in), call); }, {.effects = writes});
  const json gate = w.ask("tools/call", twice_params(), kForm);
  REQUIRE(is_question(gate));
  CHECK(twice.entered == 0);
  const json first = w.ask("tools/call", retry(twice_params(), gate, filled("approve")), kForm);
  REQUIRE(is_question(first));
  CHECK(first["result"]["inputRequests"].contains("q1"));
  CHECK(w.approval().state == ApprovalState::claimed);
  CHECK(w.approval().asked_caller);
  CHECK(text_of(w.ask("tools/call", twice_params(), kForm)).find("waits for its caller's answer") != std::string::npos);
  const json second = w.ask("tools/call", next_round(first, "q1", said("a")), kForm);
  REQUIRE(is_question(second));
  const json last = w.ask("tools/call", next_round(second, "q2", said("b")), kForm);
  CHECK(text_of(last).substr(0, 4) == "a b ");
  CHECK(twice.done == 1);
  CHECK(w.approval().state == ApprovalState::executed);
  // Older and doubled states run nothing.
  const int entered = twice.entered;
  CHECK(text_of(w.ask("tools/call", next_round(second, "q2", said("c")), kForm)) == text_of(last));
  CHECK(is_question(w.ask("tools/call", next_round(first, "q1", said("z")), kForm)));
  CHECK(text_of(w.ask("tools/call", retry(twice_params(), gate, filled("approve")), kForm)) == text_of(last));
  CHECK(twice.entered == entered);
  CHECK(twice.done == 1);
  CHECK(w.events("claim").size() == 1);
  CHECK(w.events("round").size() == 2);
  CHECK(w.events("outcome").size() == 1);
  const std::string call = w.events("claim")[0]["call"];
  for (const std::string name : {"round", "outcome"})
    for (const json& event : w.events(name)) CHECK(event["call"] == call);
  CHECK(call.substr(0, 4) == text_of(last).substr(4));
}

TEST_CASE("a question that never arrived is asked again by the state that led to it") {
  Desk w(options_with(asking(by_user(), "twice")));
  Twice twice;
  w.server.tool("twice", "d", [&](Word in, Call& call) { return twice(std::move(in), call); }, {.effects = writes});
  const json gate = w.ask("tools/call", twice_params(), kForm);
  const json lost = w.ask("tools/call", retry(twice_params(), gate, filled("approve")), kForm);
  const json again = w.ask("tools/call", retry(twice_params(), gate, filled("approve")), kForm);
  REQUIRE(is_question(again));
  const json second = w.ask("tools/call", next_round(again, "q1", said("a")), kForm);
  REQUIRE(is_question(second));
  CHECK(text_of(w.ask("tools/call", next_round(second, "q2", said("b")), kForm)).substr(0, 4) == "a b ");
  CHECK(twice.done == 1);
  CHECK(w.approvals().size() == 1);
}

TEST_CASE("an answer that does not fit leaves an approved call waiting") {
  Desk w(options_with(asking(by_user(), "twice")));
  Twice twice;
  w.server.tool("twice", "d", [&](Word in, Call& call) { return twice(std::move(in), call); }, {.effects = writes});
  const json gate = w.ask("tools/call", twice_params(), kForm);
  const json first = w.ask("tools/call", retry(twice_params(), gate, filled("approve")), kForm);
  CHECK(code_of(w.ask("tools/call", next_round(first, "q1", json{{"action", "accept"}, {"content", {{"word", 5}}}}), kForm)) == -32602);
  const json second = w.ask("tools/call", next_round(first, "q1", said("a")), kForm);
  REQUIRE(is_question(second));
  CHECK(text_of(w.ask("tools/call", next_round(second, "q2", said("b")), kForm)).substr(0, 4) == "a b ");
  CHECK(twice.done == 1);
}

TEST_CASE("rounds of an edited call get the edited arguments") {
  Desk w(options_with(asking(by_approvers(), "twice")));
  w.add_approver("bob");
  Twice twice;
  w.server.tool("twice", "d", [&](Word in, Call& call) { return twice(std::move(in), call); }, {.effects = writes});
  w.ask("tools/call", twice_params(), kForm);
  w.decide(w.approval().id, true, J(R"({"word":"slowly"})"));
  const json first = w.ask("tools/call", twice_params(), kForm);
  REQUIRE(is_question(first));
  CHECK(first["result"]["inputRequests"]["q1"]["params"]["message"] == "First, slowly?");
  const json second = w.ask("tools/call", next_round(first, "q1", said("a")), kForm);
  REQUIRE(is_question(second));
  CHECK(second["result"]["inputRequests"]["q2"]["params"]["message"] == "Second, slowly?");
}

TEST_CASE("a call that began before the policy asked is not smuggled past it") {
  Desk w(options_with(allowing()));
  Twice twice;
  w.server.tool("twice", "d", [&](Word in, Call& call) { return twice(std::move(in), call); }, {.effects = writes});
  const json first = w.ask("tools/call", twice_params(), kForm);
  REQUIRE(is_question(first));
  w.server.set_policy(asking(by_user(), "twice"));
  CHECK(text_of(w.ask("tools/call", next_round(first, "q1", said("a")), kForm)).find("the policy has changed") != std::string::npos);
  CHECK(twice.entered == 1);
}

TEST_CASE("a claim that lapsed while the caller was asked does not go on") {
  Desk w(options_with(asking(by_user(), "twice")));
  Twice twice;
  w.server.tool("twice", "d", [&](Word in, Call& call) { return twice(std::move(in), call); }, {.effects = writes});
  const json gate = w.ask("tools/call", twice_params(), kForm);
  const json first = w.ask("tools/call", retry(twice_params(), gate, filled("approve")), kForm);
  gate::Step lapse;
  lapse.approval = w.approval().id;
  lapse.change = [](Approval& one, std::vector<gate::AuditEvent>&, gate::UnixMs now) { return gate::release(one, one.call, now); };
  w.books->commit(std::move(lapse), [](const auto& lapsed) { REQUIRE(lapsed.has_value()); });
  CHECK(text_of(w.ask("tools/call", next_round(first, "q1", said("a")), kForm)).find("it is approved") != std::string::npos);
  CHECK(twice.entered == 1);
  CHECK(is_question(w.ask("tools/call", twice_params(), kForm)));
  CHECK(twice.entered == 2);
}

TEST_CASE("a tool that was defined anew between two rounds does not go on with the approval of the other") {
  Desk w(options_with(asking(by_user(), "twice")));
  Twice twice;
  w.server.tool("twice", "d", [&](Word in, Call& call) { return twice(std::move(in), call); }, {.effects = writes});
  const json gate = w.ask("tools/call", twice_params(), kForm);
  const json first = w.ask("tools/call", retry(twice_params(), gate, filled("approve")), kForm);
  w.server.remove_tool("twice");
  w.server.tool("twice", "Another one", [&](Word in, Call& call) { return twice(std::move(in), call); }, {.effects = writes});
  CHECK(failed(w.ask("tools/call", next_round(first, "q1", said("a")), kForm)));
  CHECK(twice.entered == 1);
}

TEST_CASE("rounds of an edited call are judged with the edited arguments") {
  Desk w(options_with(asking(by_approvers(), "twice")));
  w.add_approver("bob");
  Twice twice;
  w.server.tool("twice", "d", [&](Word in, Call& call) { return twice(std::move(in), call); }, {.effects = writes});
  w.ask("tools/call", twice_params(), kForm);
  w.decide(w.approval().id, true, J(R"({"word":"slowly"})"));
  const json first = w.ask("tools/call", twice_params(), kForm);
  REQUIRE(is_question(first));
  PolicyRule slow, rest;
  slow.target = rest.target = "tool:twice";
  slow.when = {"/word == \"slowly\""};
  slow.decision = Decision::deny;
  rest.decision = Decision::ask;
  w.server.set_policy(Policy::compile({.rules = {slow, rest}, .otherwise = Decision::allow}).value());
  CHECK(text_of(w.ask("tools/call", next_round(first, "q1", said("a")), kForm)).find("with the arguments that the approver gave") != std::string::npos);
  CHECK(twice.entered == 1);
  CHECK(w.approval().asked_caller);
}

TEST_CASE("a tool that only reads may be asked about too, and its rounds go on") {
  Desk w(options_with(asking(by_user(), "twice")));
  Twice twice;
  w.server.tool("twice", "d", [&](Word in, Call& call) { return twice(std::move(in), call); }, {.effects = reads});
  const json gate = w.ask("tools/call", twice_params(), kForm);
  const json first = w.ask("tools/call", retry(twice_params(), gate, filled("approve")), kForm);
  const json second = w.ask("tools/call", next_round(first, "q1", said("a")), kForm);
  REQUIRE(is_question(second));
  CHECK(text_of(w.ask("tools/call", next_round(second, "q2", said("b")), kForm)).substr(0, 4) == "a b ");
  CHECK(w.approval().state == ApprovalState::executed);
}

// ---- placements

TEST_CASE("quick tools, coroutines and programs' own executors are approved alike") {
  Desk w(options_with(asking(by_approvers())));
  w.add_approver("bob");
  ToolOptions own{.effects = writes};
  own.executor = [](std::function<void()> job) { job(); };
  w.server.tool("quick", "d", [&] { return ++w.ran; }, {.effects = writes, .placement = Placement::quick});
  w.server.tool("own", "d", [&] { return ++w.ran; }, own);
  w.server.tool("coroutine", "d", [&](Word in, Call&) -> awaitable<std::string> {
    auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer timer(executor, milliseconds(1));
    co_await timer.async_wait(boost::asio::use_awaitable);
    ++w.ran;
    co_return in.word;
  }, {.effects = writes});
  CHECK(text_of(approved(w, "quick")) == "1");
  CHECK(text_of(approved(w, "own")) == "2");
  CHECK(text_of(approved(w, "coroutine", json{{"word", "x"}})) == "x");
  for (const Approval& one : w.approvals()) CHECK(one.state == ApprovalState::executed);
  CHECK(text_of(w.call("quick")) == "1");
  CHECK(w.ran == 3);
}

// ---- the log

TEST_CASE("the log tells the story of an approved call") {
  Desk w(options_with(asking(by_user())));
  json params = Desk::refund_params();
  params["_meta"] = J(R"({"dev.sumun/run":"run 7","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})");
  const json asked = w.ask("tools/call", params, kForm);
  w.ask("tools/call", retry(params, asked, filled("approve", "fine")), kForm);
  CHECK(w.event_names() == Names{"asked", "vote", "approved", "claim", "outcome"});
  for (const json& event : w.events()) {
    CAPTURE(event.dump());
    CHECK(event["approval"] == w.approval().id);
    CHECK(event["principal"] == "alice");
    CHECK(event["target"] == "refund");
    CHECK(event["run"] == "run 7");
    CHECK(event["trace"] == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  }
  CHECK_HOLDS(w.events("vote")[0], R"({"by":"alice","approves":true,"reason":"fine"})");
  CHECK(w.events("asked")[0]["arguments"] == J(R"({"order":"A-17","amount":5})"));
}

TEST_CASE("the log has reads and refusals, each once") {
  auto options = options_with(denying_over(100, by_approvers()));
  Desk w(std::move(options));
  w.server.tool("look", "d", [] { return 1; }, {.effects = reads});
  Resource note;
  note.uri = "docs://note";
  note.name = "note";
  w.server.resource(note, [] { return std::string("r"); });
  w.server.prompt("greet", "d", [](Word in) { return in.word; });
  w.server.complete_prompt("greet", "word", [](std::string, std::map<std::string, std::string>) { return Names{"hi"}; });
  struct {
    const char* name;
    std::function<void()> act;
    const char* want;
  } table[] = {
      {"a read", [&] { w.call("look"); }, R"({"event":"call","method":"tools/call","target":"look","outcome":"executed"})"},
      {"a resource", [&] { w.ask("resources/read", json{{"uri", "docs://note"}}); }, R"({"event":"call","method":"resources/read","target":"docs://note"})"},
      {"a prompt", [&] { w.ask("prompts/get", J(R"({"name":"greet","arguments":{"word":"x"}})")); }, R"({"event":"call","method":"prompts/get","arguments":{"word":"x"}})"},
      {"a completion", [&] { w.ask("completion/complete", J(R"({"ref":{"type":"ref/prompt","name":"greet"},"argument":{"name":"word","value":""}})")); },
       R"({"event":"call","method":"completion/complete","target":"greet"})"},
      {"a completion of what there is not", [&] { w.ask("completion/complete", J(R"({"ref":{"type":"ref/prompt","name":"none"},"argument":{"name":"word","value":""}})")); },
       R"({"event":"refused","by":"unknown","method":"completion/complete","target":"none"})"},
      {"a completion of a template that there is not", [&] { w.ask("completion/complete", J(R"({"ref":{"type":"ref/resource","uri":"docs://{x}"},"argument":{"name":"x","value":""}})")); },
       R"({"event":"refused","by":"unknown","method":"completion/complete","target":"docs://{x}"})"},
      {"an unknown tool", [&] { w.call("nothing"); }, R"({"event":"refused","by":"unknown","target":"nothing"})"},
      {"an unknown resource", [&] { w.ask("resources/read", json{{"uri", "docs://none"}}); }, R"({"event":"refused","by":"unknown"})"},
      {"an unknown prompt", [&] { w.ask("prompts/get", json{{"name", "none"}}); }, R"({"event":"refused","by":"unknown"})"},
      {"the schema", [&] { w.refund("{}", R"({"order":5})"); }, R"({"event":"refused","by":"schema","arguments":{"order":5}})"},
      {"the policy", [&] { w.refund("{}", R"({"order":"A","amount":101})"); }, R"({"event":"refused","by":"policy","arguments":{"amount":101}})"},
      {"nobody to ask", [&] { w.refund(); }, R"({"event":"refused","by":"approval"})"},
  };
  std::size_t number = 0;
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    row.act();
    REQUIRE(w.until([&] { return w.events().size() > number; }));
    REQUIRE(w.events().size() == ++number);
    CHECK_HOLDS(w.events().back(), row.want);
  }
}

TEST_CASE("a policy that only observes asks nobody, and the log says what it would have done") {
  auto options = options_with(Policy::compile({.rules = {}, .otherwise = Decision::ask, .mode = PolicyMode::observe}).value());
  Desk w(std::move(options));
  CHECK(text_of(w.refund(kForm)) == "refunded A-17 5");
  CHECK(w.approvals().empty());
  CHECK(w.events("claim")[0]["would"] == "ask");
}

TEST_CASE("large arguments leave their digest, and logging can be turned off") {
  auto options = options_with(allowing());
  options.audit.max_argument_bytes = 64;
  Desk w(std::move(options));
  w.refund("{}", R"({"order":")" + std::string(100, 'x') + R"(","amount":1})");
  CHECK(w.events("claim")[0]["arguments"]["bytes"].get<int>() > 100);
  CHECK(w.events("claim")[0]["arguments"]["sha256"].get<std::string>().size() == 64);
  auto off = options_with(asking(by_user()));
  off.audit.enabled = false;
  Desk quiet(std::move(off));
  const json asked = quiet.refund(kForm);
  CHECK(text_of(quiet.ask("tools/call", retry(Desk::refund_params(), asked, filled("approve")), kForm)) == "refunded A-17 5");
  CHECK(quiet.events().empty());
}

TEST_CASE("a server without a store asks its user all the same, and keeps no log") {
  World w(options_with(asking(by_user())), Desk::as("alice"));
  int ran = 0;
  w.server.tool("refund", "d", [&](Refund) { return ++ran; }, {.effects = writes});
  json params = Desk::refund_params();
  const json asked = w.ask("tools/call", params, kForm);
  REQUIRE(is_question(asked));
  CHECK(text_of(w.ask("tools/call", retry(params, asked, filled("approve")), kForm)) == "1");
  CHECK(ran == 1);
  std::size_t records = 1;
  w.server.core()->ledger().records({}, [&](Result<std::vector<AuditRecord>> all) { records = all->size(); });
  CHECK(records == 0);
  w.server.tool("look", "d", [&] { return 5; }, {.effects = writes});
  w.server.set_policy(allowing());
  w.call("look");
  w.server.core()->ledger().records({}, [&](Result<std::vector<AuditRecord>> all) { records = all->size(); });
  CHECK(records == 0);
}
