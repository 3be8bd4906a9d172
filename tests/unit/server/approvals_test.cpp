// SPDX-License-Identifier: Apache-2.0
// The ladder of asking: who is asked how, what they and the caller see, and what a decision does.
#include "approvals_support.hpp"
#include "protocol/meta.hpp"
#include "server/ladder.hpp"

using namespace sumun;
using namespace sumun::test;
using std::chrono::milliseconds;

namespace {

struct Anything {
  std::string decision;
};

}  // namespace

// ---- who is asked

TEST_CASE("the first rung that can be taken is taken") {
  using server::Rung;
  AskTerms user = by_user();
  AskTerms others = by_approvers();
  AskTerms not_self = by_user();
  not_self.not_requester = true;
  struct {
    const char* name;
    Revision revision;
    std::string_view capabilities;
    const AskTerms& terms;
    bool page;
    bool approvers;
    Rung want;
  } table[] = {
      {"a form", Revision::v2026_07_28, kForm, user, true, true, Rung::form},
      {"an empty elicitation capability is a form's", Revision::v2025_06_18, R"({"elicitation":{}})", user, false, false, Rung::form},
      {"no elicitation before 2025-06-18", Revision::v2025_03_26, R"({"elicitation":{}})", user, true, false, Rung::nobody},
      {"no elicitation before 2025-06-18, but approvers", Revision::v2024_11_05, R"({"elicitation":{}})", user, true, true, Rung::elsewhere},
      {"a page", Revision::v2025_11_25, kPage, user, true, true, Rung::page},
      {"a page, but there is none", Revision::v2025_11_25, kPage, user, false, true, Rung::elsewhere},
      {"no pages in 2025-06-18", Revision::v2025_06_18, R"({"elicitation":{"url":{}}})", user, true, false, Rung::nobody},
      {"both: the form", Revision::v2026_07_28, kAllCapabilities, user, true, true, Rung::form},
      {"the rule does not leave it to the user", Revision::v2026_07_28, kAllCapabilities, others, true, true, Rung::elsewhere},
      {"and nobody else", Revision::v2026_07_28, kAllCapabilities, others, true, false, Rung::nobody},
      {"a user who may not decide what they ask for", Revision::v2026_07_28, kAllCapabilities, not_self, true, true, Rung::elsewhere},
      {"a client that can do nothing", Revision::v2026_07_28, "{}", user, true, false, Rung::nobody},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    json meta{{std::string(protocol::kProtocolVersionKey), "2026-07-28"}, {std::string(protocol::kClientCapabilitiesKey), J(row.capabilities)}};
    json params{{"_meta", meta}};
    const auto client = protocol::take_request_meta(params, protocol::LegacySession::none);
    REQUIRE(client.has_value());
    CHECK(server::rung_of({row.revision, client->clientCapabilities, row.terms, row.page, row.approvers}) == row.want);
  }
}

TEST_CASE("so many approvers must fit as a rule needs") {
  const auto row = [](std::string name, std::string principal) {
    gate::ApproverRow made;
    made.approver = {std::move(name), std::move(principal), 0};
    return made;
  };
  const std::vector<gate::ApproverRow> rows{row("alice", "local:alice"), row("bob", "local:bob")};
  AskTerms any, two, three, named, strangers, not_self;
  two.needed = 2;
  three.needed = 3;
  named.approvers = {"bob"};
  strangers.approvers = {"eve"};
  not_self.not_requester = true;
  not_self.needed = 2;
  CHECK(server::can_decide(rows, any, "x"));
  CHECK(server::can_decide(rows, two, "x"));
  CHECK(!server::can_decide(rows, three, "x"));
  CHECK(server::can_decide(rows, named, "x"));
  CHECK(!server::can_decide(rows, strangers, "x"));
  CHECK(server::can_decide(rows, not_self, "x"));
  CHECK(!server::can_decide(rows, not_self, "local:alice"));
  CHECK(!server::can_decide(rows, not_self, "bob"));
  CHECK(!server::can_decide({row("alice", "local:alice"), row("carol", "")}, not_self, "x"));
  CHECK(!server::can_decide({}, any, "x"));
}

TEST_CASE("what a person is shown has nothing that deceives the eye") {
  struct {
    const char* name;
    std::string text;
    std::string want;
  } table[] = {
      {"plain", "Zürich 30 €", "Zürich 30 €"},
      {"empty", "", ""},
      {"a line of its own", "a\nApprove: yes", "a\\nApprove: yes"},
      {"an escape sequence", "\x1b[2J", "\\u{1B}[2J"},
      {"turned around", "abc\xE2\x80\xAE" "cba", "abc\\u{202E}cba"},
      {"an isolate", "\xE2\x81\xA6x", "\\u{2066}x"},
      {"no width", "pay\xE2\x80\x8Bpal", "pay\\u{200B}pal"},
      {"a C1 control", "\xC2\x9B" "m", "\\u{9B}m"},
      {"a tag", "\xF3\xA0\x81\x81", "\\u{E0041}"},
      {"no UTF-8", "\xFF", "\\u{FFFD}"},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    CHECK(server::readable(row.text, 100) == row.want);
  }
  CHECK(server::readable(std::string(500, 'x'), 100) == std::string(100, 'x') + "… (400 more bytes are not shown)");
  json many;
  for (int i = 0; i < 1000; ++i) many["argument" + std::to_string(i)] = std::string(1000, 'y');
  CHECK(server::readable(many).size() < 6000);
  CHECK(server::readable(many).find("more, which are not shown") != std::string::npos);
}

TEST_CASE("nobody to ask means no, in words that say what to do") {
  Desk w(options_with(asking(by_approvers())));
  const json answer = w.refund(kForm);
  CHECK(failed(answer));
  CHECK(text_of(answer).find("sumun approvals init") != std::string::npos);
  CHECK(text_of(answer).find("money is paid out") != std::string::npos);
  CHECK(w.approvals().empty());
  CHECK(w.ran == 0);
}

TEST_CASE("a tool's hints are no approval") {
  PolicyRule rule;
  rule.effects = writes | destroys | reaches_out;
  rule.decision = Decision::ask;
  Desk w(options_with(Policy::compile({.rules = {rule}, .otherwise = Decision::allow}).value()));
  Tool tame;
  tame.name = "tame";
  tame.inputSchema = J(R"({"type":"object"})");
  tame.annotations = ToolAnnotations();
  tame.annotations->readOnlyHint = true;
  tame.annotations->destructiveHint = false;
  w.server.add_tool(tame, PlainHandler<CallToolResult>([&](json, Call&) { return CallToolResult::text(std::to_string(++w.ran)); }));
  const json listed = w.ask("tools/list")["result"]["tools"];
  for (const json& tool : listed)
    if (tool["name"] == "refund") CHECK_HOLDS(tool, R"({"annotations":{"readOnlyHint":false,"destructiveHint":false,"openWorldHint":true}})");
  CHECK(failed(w.call("tame", json::object(), kForm)));
  CHECK(w.ran == 0);
}

TEST_CASE("a client that cannot ask its user is told so") {
  Desk w(options_with(asking(by_user())));
  CHECK(text_of(w.refund("{}")).find("this client cannot ask its user") != std::string::npos);
}

// ---- the connected user

TEST_CASE("a form is pushed in the revisions that push, and the answer decides") {
  struct {
    const char* name;
    json answer;
    bool runs;
    const char* words;
    ApprovalState state;
  } table[] = {
      {"approved", filled("approve"), true, "refunded A-17 5", ApprovalState::executed},
      {"denied", filled("deny", "too much"), false, "too much", ApprovalState::denied},
      {"declined", json{{"action", "decline"}}, false, "denied it", ApprovalState::denied},
      {"put off", json{{"action", "cancel"}}, false, "it waits for a person's approval", ApprovalState::pending},
      {"an answer that is none", json{{"action", "accept"}, {"content", {{"decision", "maybe"}}}}, false, "it waits for a person's approval", ApprovalState::pending},
      {"no decision", json{{"action", "accept"}, {"content", json::object()}}, false, "it waits for a person's approval", ApprovalState::pending},
  };
  for (const char* version : {"2025-06-18", "2025-11-25"}) {
    for (const auto& row : table) {
      CAPTURE(std::string(version));
      CAPTURE(std::string(row.name));
      Desk w(options_with(asking(by_user()), milliseconds(10000)));
      w.open(version);
      w.send(w.legacy(1, "tools/call", Desk::refund_params()));
      const json question = w.next();
      CHECK(question["method"] == "elicitation/create");
      const std::string message = question["params"]["message"];
      CHECK(message.find("refund") != std::string::npos);
      CHECK(message.find("order: \"A-17\"") != std::string::npos);
      CHECK(message.find("amount: 5") != std::string::npos);
      CHECK(message.find("money is paid out") != std::string::npos);
      CHECK(w.ran == 0);
      w.answer(question, row.answer);
      const json answer = w.next();
      CHECK(failed(answer) != row.runs);
      CHECK_MESSAGE(text_of(answer).find(row.words) != std::string::npos, text_of(answer));
      CHECK(w.ran == (row.runs ? 1 : 0));
      CHECK(w.approval().state == row.state);
      CHECK(meta_of_approval(answer)["id"] == w.approval().id);
      CHECK(meta_of_approval(answer)["status"] == name_of(row.state));
    }
  }
}

TEST_CASE("a form that nobody fills in is taken back when the request was held long enough") {
  Desk w(options_with(asking(by_user())));
  w.open("2025-11-25");
  w.send(w.legacy(1, "tools/call", Desk::refund_params()));
  const json question = w.next();
  const json taken_back = w.next();
  CHECK(taken_back["method"] == "notifications/cancelled");
  CHECK(taken_back["params"]["requestId"] == question["id"]);
  CHECK(meta_of_approval(w.next())["status"] == "pending");
  w.send(w.legacy(2, "tools/call", Desk::refund_params()));  // and shown again to whoever calls again
  CHECK(w.next()["method"] == "elicitation/create");
  CHECK(w.approvals().size() == 1);
}

TEST_CASE("a form that the client refuses to show leaves the approval pending") {
  Desk w(options_with(asking(by_user()), milliseconds(10000)));
  w.open("2025-11-25");
  w.send(w.legacy(1, "tools/call", Desk::refund_params()));
  const json question = w.next();
  w.send(json{{"jsonrpc", "2.0"}, {"id", question["id"]}, {"error", {{"code", -32601}, {"message", "not now"}}}});
  CHECK(meta_of_approval(w.next())["status"] == "pending");
  CHECK(w.ran == 0);
}

TEST_CASE("a form is a round in 2026-07-28, and its answer decides") {
  Desk w(options_with(asking(by_user())));
  const json asked = w.refund(kForm);
  REQUIRE(is_question(asked));
  CHECK_HOLDS(asked, R"({"result":{"inputRequests":{"dev.sumun/approval":{"method":"elicitation/create","params":{"mode":"form"}}}}})");
  CHECK(w.ran == 0);
  const json answer = w.ask("tools/call", retry(Desk::refund_params(), asked, filled("approve")), kForm);
  CHECK(text_of(answer) == "refunded A-17 5");
  CHECK(meta_of_approval(answer)["status"] == "executed");
  CHECK(w.ran == 1);
  // The same retry again, and the same call again: what was done is not done again.
  CHECK(text_of(w.ask("tools/call", retry(Desk::refund_params(), asked, filled("approve")), kForm)) == "refunded A-17 5");
  const json again = w.refund(kForm);
  CHECK(text_of(again) == "refunded A-17 5");
  CHECK(meta_of_approval(again)["replayed"] == true);
  CHECK(w.ran == 1);
}

TEST_CASE("a denial in a round is told with its reason, and holds for the same call") {
  Desk w(options_with(asking(by_user())));
  const json asked = w.refund(kForm);
  const json answer = w.ask("tools/call", retry(Desk::refund_params(), asked, filled("deny", "ask me tomorrow")), kForm);
  CHECK(failed(answer));
  CHECK(text_of(answer).find("alice denied it: ask me tomorrow") != std::string::npos);
  CHECK(text_of(w.refund(kForm)).find("ask me tomorrow") != std::string::npos);
  CHECK(is_question(w.refund(kForm, R"({"order":"A-17","amount":6})")));
  CHECK(w.ran == 0);
}

TEST_CASE("the gate's question is not answered without the state that it came with") {
  Desk w(options_with(asking(by_user())));
  json params = Desk::refund_params();
  params["inputResponses"]["dev.sumun/approval"] = filled("approve");
  CHECK(is_question(w.ask("tools/call", params, kForm)));
  CHECK(w.ran == 0);
  CHECK(w.approval().state == ApprovalState::pending);
}

TEST_CASE("a state that does not belong to this call decides nothing") {
  Desk w(options_with(asking(by_user())));
  const json asked = w.refund(kForm);
  const std::string state = asked["result"]["requestState"];
  std::string forged = state;
  forged[forged.size() / 2] = forged[forged.size() / 2] == 'A' ? 'B' : 'A';
  const auto with = [&](json params, const std::string& given) {
    params["requestState"] = given;
    params["inputResponses"]["dev.sumun/approval"] = filled("approve");
    return w.ask("tools/call", params, kForm);
  };
  CHECK(code_of(with(Desk::refund_params(), forged)) == -32602);
  CHECK(code_of(with(Desk::refund_params(), "x")) == -32602);
  CHECK(code_of(with(Desk::refund_params(R"({"order":"A-17","amount":500})"), state)) == -32602);
  Desk eve(options_with(asking(by_user())), "eve");
  json params = Desk::refund_params();
  params["requestState"] = state;
  params["inputResponses"]["dev.sumun/approval"] = filled("approve");
  CHECK(code_of(eve.ask("tools/call", params, kForm)) == -32602);
  w.clock->advance(kRequestStateLife + std::chrono::minutes(1));
  CHECK(code_of(with(Desk::refund_params(), state)) == -32602);
  CHECK(w.ran == 0);
  CHECK(eve.ran == 0);
  CHECK(w.approval().state == ApprovalState::pending);
}

TEST_CASE("another principal on the same server cannot use a state, even with the same arguments") {
  Desk w(options_with(asking(by_user())));
  const json asked = w.refund(kForm);
  auto pair = make_memory_pair(w.loop.get_executor(), w.loop.get_executor());
  auto session = server::Session::start(w.server.core(), *pair.a, w.loop.get_executor(), w.pool, Desk::as("eve"), [] {});
  std::vector<json> received;
  Transport::Events events;
  events.message = [&](const Incoming& message) {
    received.push_back(J(message.text));
    return Flow::go_on;
  };
  events.refused = [](Error) {};
  events.ended = [] {};
  events.closed = [](Error) {};
  pair.b->start(std::move(events));
  pair.b->send(dump_json(w.request(1, "tools/call", retry(Desk::refund_params(), asked, filled("approve")), kForm)));
  REQUIRE(w.until([&] { return !received.empty(); }));
  CHECK(code_of(received[0]) == -32602);
  CHECK(w.ran == 0);
  session.reset();
  pair.a.reset();
  w.loop.restart();
  w.loop.poll();
}

TEST_CASE("an answer to the form that does not fit it is refused and leaves the question open") {
  Desk w(options_with(asking(by_user())));
  const json asked = w.refund(kForm);
  for (const char* content : {R"({})", R"({"decision":"yes"})", R"({"decision":"approve","reason":5})", "5"}) {
    CAPTURE(std::string(content));
    const json answer = w.ask("tools/call", retry(Desk::refund_params(), asked, json{{"action", "accept"}, {"content", J(content)}}), kForm);
    CHECK(code_of(answer) == -32602);
  }
  CHECK(w.approval().state == ApprovalState::pending);
  CHECK(text_of(w.ask("tools/call", retry(Desk::refund_params(), asked, filled("approve")), kForm)) == "refunded A-17 5");
}

TEST_CASE("a tool cannot ask under the gate's own key") {
  Desk w(options_with(asking(by_user())));
  w.server.tool("sly", "d", [](Call& call) -> Result<std::string> {
    auto answers = call.ask(Form<Anything>{"May I?", "dev.sumun/approval"});
    if (!answers) return std::move(answers).error();
    return std::string("asked");
  }, {.effects = reads});
  const json asked = w.call("sly", json::object(), kForm);
  REQUIRE(is_question(asked));
  json params{{"name", "sly"}, {"arguments", json::object()}};
  CHECK(message_of(w.ask("tools/call", retry(params, asked, filled("approve")), kForm)).find("the gate's own") != std::string::npos);
}

TEST_CASE("a page is pushed with an id, and its end is told") {
  auto options = options_with(asking(by_user()), milliseconds(10000));
  options.approvals.url = "https://desk.example/approvals/{id}";
  Desk w(std::move(options));
  w.add_approver("bob");
  w.open("2025-11-25", kPage);
  w.send(w.legacy(1, "tools/call", Desk::refund_params()));
  const json question = w.next();
  const std::string id = w.approval().id;
  CHECK(question["params"]["mode"] == "url");
  CHECK(question["params"]["url"] == "https://desk.example/approvals/" + id);
  const std::string elicitation = question["params"]["elicitationId"];
  CHECK(elicitation != id);
  w.answer(question, json{{"action", "accept"}});
  CHECK(w.silent());
  w.decide(id, true);
  const json done = w.next();
  CHECK(done["method"] == "notifications/elicitation/complete");
  CHECK(done["params"]["elicitationId"] == elicitation);
  CHECK(text_of(w.next()) == "refunded A-17 5");
}

TEST_CASE("a page that is not opened leaves the approval pending") {
  auto options = options_with(asking(by_user()), milliseconds(10000));
  options.approvals.url = "https://desk.example/approvals/{id}";
  Desk w(std::move(options));
  w.open("2025-11-25", kPage);
  w.send(w.legacy(1, "tools/call", Desk::refund_params()));
  w.answer(w.next(), json{{"action", "decline"}});
  const json answer = w.next();
  CHECK(failed(answer));
  CHECK(meta_of_approval(answer)["url"] == "https://desk.example/approvals/" + w.approval().id);
  CHECK(w.approval().state == ApprovalState::pending);
}

TEST_CASE("a page of 2026-07-28 is waited for in so many rounds and no more") {
  auto options = options_with(asking(by_user()), milliseconds(1));
  options.approvals.url = "https://desk.example/approvals/{id}";
  Desk w(std::move(options));
  json asked = w.refund(kPage);
  for (int round = 1; round <= kMaxUrlRounds; ++round) {
    CAPTURE(round);
    REQUIRE(is_question(asked));
    const json& params = asked["result"]["inputRequests"]["dev.sumun/approval"]["params"];
    CHECK(params["url"] == "https://desk.example/approvals/" + w.approval().id);
    CHECK(!params.contains("elicitationId"));
    asked = w.ask("tools/call", retry(Desk::refund_params(), asked, json{{"action", "accept"}}), kPage);
  }
  CHECK(failed(asked));
  CHECK(meta_of_approval(asked)["status"] == "pending");
  CHECK(w.approvals().size() == 1);
}

TEST_CASE("a page that was decided meanwhile is not asked about again") {
  auto options = options_with(asking(by_user()), milliseconds(1));
  options.approvals.url = "https://desk.example/approvals/{id}";
  Desk w(std::move(options));
  const json asked = w.refund(kPage);
  w.decide(w.approval().id, true);
  CHECK(text_of(w.ask("tools/call", retry(Desk::refund_params(), asked, json{{"action", "accept"}}), kPage)) == "refunded A-17 5");
}

// ---- approvers

TEST_CASE("a request is held for the approvers, and goes on when they have approved") {
  Desk w(options_with(asking(by_approvers()), milliseconds(10000)));
  w.add_approver("bob");
  w.send(w.request(1, "tools/call", Desk::refund_params()));
  const Approval asked = w.asked();
  CHECK(asked.principal == "alice");
  CHECK(asked.title == "Pays money back");
  CHECK(asked.reason == "money is paid out");
  CHECK(asked.rule.find("rule 1") != std::string::npos);
  CHECK(w.ran == 0);
  w.decide(asked.id, true);
  CHECK(text_of(w.next()) == "refunded A-17 5");
  CHECK(w.ran == 1);
  CHECK(w.approval().state == ApprovalState::executed);
}

TEST_CASE("a form that is open is taken back when an approver was faster") {
  AskTerms terms = by_user();
  Desk w(options_with(asking(terms), milliseconds(10000)));
  w.add_approver("bob");
  w.open("2025-11-25");
  w.send(w.legacy(1, "tools/call", Desk::refund_params()));
  const json question = w.next();
  w.decide(w.approval().id, true);
  const json taken_back = w.next();
  CHECK(taken_back["method"] == "notifications/cancelled");
  CHECK(taken_back["params"]["requestId"] == question["id"]);
  CHECK(text_of(w.next()) == "refunded A-17 5");
  w.answer(question, filled("deny"));
  CHECK(w.silent());
  CHECK(w.ran == 1);
}

TEST_CASE("what waits longer than it is held is told, and the same call again finds the decision") {
  Desk w(options_with(asking(by_approvers())));
  w.add_approver("bob");
  const json pending = w.refund();
  CHECK(failed(pending));
  const std::string id = w.approval().id;
  CHECK_HOLDS(meta_of_approval(pending), R"({"status":"pending"})");
  CHECK(meta_of_approval(pending)["id"] == id);
  CHECK(meta_of_approval(pending)["how"] == "run: sumun approvals approve " + id);
  CHECK(meta_of_approval(pending).contains("expiresAt"));
  CHECK(text_of(pending).find("run: sumun approvals approve " + id) != std::string::npos);
  CHECK(text_of(pending).find("call refund again with the same arguments") != std::string::npos);
  CHECK(meta_of_approval(w.refund())["id"] == id);  // asked once
  CHECK(w.approvals().size() == 1);
  w.decide(id, true);
  CHECK(text_of(w.refund()) == "refunded A-17 5");
  const json again = w.refund();
  CHECK(text_of(again) == "refunded A-17 5");
  CHECK(meta_of_approval(again)["replayed"] == true);
  CHECK(w.ran == 1);
}

TEST_CASE("an approval is bound to what the arguments mean, not to their bytes") {
  struct {
    const char* name;
    const char* arguments;
    bool same;
  } table[] = {
      {"the order of members", R"({"amount":5,"order":"A-17"})", true},
      {"another way to write the number", R"({"order":"A-17","amount":5.0})", true},
      {"an exponent", R"({"order":"A-17","amount":0.5e1})", true},
      {"escapes", R"({"order":"\u0041-17","amount":5})", true},
      {"white space", "{ \"order\" : \"A-17\",\n\"amount\" : 5 }", true},
      {"another number", R"({"order":"A-17","amount":6})", false},
      {"another letter", R"({"order":"a-17","amount":5})", false},
      {"a blank", R"({"order":"A-17 ","amount":5})", false},
      {"2^53 and", R"({"order":"A-17","amount":9007199254740992})", false},
      {"2^53 + 1", R"({"order":"A-17","amount":9007199254740993})", false},
      {"composed", "{\"order\":\"\xC3\xA9\",\"amount\":5}", false},
      {"decomposed", "{\"order\":\"e\xCC\x81\",\"amount\":5}", false},
  };
  Desk w(options_with(asking(by_approvers()), milliseconds(1)));
  w.add_approver("bob");
  Tool pay;
  pay.name = "pay";
  pay.inputSchema = J(R"({"type":"object","properties":{"order":{"type":"string"},"amount":{"type":"integer"}}})");
  w.server.add_tool(pay, PlainHandler<CallToolResult>([](json, Call&) { return CallToolResult::text("paid"); }), {.effects = writes});
  json pay_params = Desk::refund_params();
  pay_params["name"] = "pay";
  const std::string id = meta_of_approval(w.ask("tools/call", pay_params))["id"];
  std::vector<std::string> ids{id};
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    std::string text = R"({"jsonrpc":"2.0","id":"x","method":"tools/call","params":)";
    json params = w.request("x", "tools/call", pay_params)["params"];
    params["arguments"] = "HERE";
    text += dump_json(params);
    text.replace(text.find("\"HERE\""), 6, row.arguments);
    w.send_text(text + "}");
    const std::string got = meta_of_approval(w.next())["id"];
    if (row.same) CHECK(got == id);
    else CHECK(std::count(ids.begin(), ids.end(), got) == 0);
    if (!row.same) ids.push_back(got);
  }
  CHECK(w.approvals().size() == ids.size());
}

TEST_CASE("nobody is asked about more than can be kept") {
  Desk w(options_with(asking(by_approvers()), milliseconds(1)));
  w.add_approver("bob");
  CHECK(text_of(w.refund("{}", R"({"order":")" + std::string(kMaxReplayBytes, 'x') + R"("})")).find("more than people can be asked about") != std::string::npos);
  CHECK(w.approvals().empty());
  json params = Desk::refund_params();
  params["_meta"]["dev.sumun/run"] = std::string(kMaxNameBytes + 1, 'r');
  w.ask("tools/call", params);
  CHECK(w.approval().run.empty());
}

TEST_CASE("members that stand twice are refused before anybody is asked") {
  Desk w(options_with(asking(by_approvers()), milliseconds(1)));
  w.add_approver("bob");
  json params = w.request("x", "tools/call", Desk::refund_params())["params"];
  params["arguments"] = "HERE";
  std::string text = R"({"jsonrpc":"2.0","id":"x","method":"tools/call","params":)" + dump_json(params) + "}";
  text.replace(text.find("\"HERE\""), 6, R"({"order":"A-17","amount":5,"amount":500000})");
  w.send_text(text);
  CHECK(w.next().contains("error"));
  CHECK(w.approvals().empty());
}

TEST_CASE("a tool that was defined anew is asked about anew") {
  Desk w(options_with(asking(by_approvers())));
  w.add_approver("bob");
  w.refund();
  const std::string before = w.approval().id;
  w.decide(before, true);
  w.server.remove_tool("refund");
  w.server.tool("refund", "Pays ALL the money back", [&](Refund) { return ++w.ran; }, {.effects = writes | reaches_out});
  CHECK(meta_of_approval(w.refund())["id"] != before);
  CHECK(w.ran == 0);
  CHECK(w.approval(before).state == ApprovalState::approved);
}

TEST_CASE("a round of the gate's whose tool was defined anew asks anew") {
  Desk w(options_with(asking(by_user())));
  const json asked = w.refund(kForm);
  w.server.remove_tool("refund");
  w.server.tool("refund", "Pays ALL the money back", [&](Refund) { return ++w.ran; }, {.effects = writes | reaches_out});
  CHECK(is_question(w.ask("tools/call", retry(Desk::refund_params(), asked, filled("approve")), kForm)));
  CHECK(w.ran == 0);
}

TEST_CASE("a cancelled request withdraws what it asked, unless somebody else waits for it") {
  Desk w(options_with(asking(by_approvers()), milliseconds(10000)));
  w.add_approver("bob");
  w.open("2025-11-25", "{}");
  w.send(w.legacy(1, "tools/call", Desk::refund_params()));
  const std::string id = w.asked().id;
  w.send(w.legacy(2, "tools/call", Desk::refund_params()));
  CHECK(w.silent());
  w.cancel(1);
  CHECK(w.silent());
  w.decide(id, true);
  CHECK(text_of(w.next()) == "refunded A-17 5");
  w.send(w.legacy(3, "tools/call", Desk::refund_params(R"({"order":"B"})")));
  const std::string other = w.asked().id;
  w.cancel(3);
  REQUIRE(w.until([&] { return w.approval(other).state == ApprovalState::withdrawn; }));
  CHECK(w.ran == 1);
}

TEST_CASE("a connection that ends leaves the question open") {
  Desk w(options_with(asking(by_approvers()), milliseconds(10000)));
  w.add_approver("bob");
  w.send(w.request(1, "tools/call", Desk::refund_params()));
  const std::string id = w.asked().id;
  w.hang_up();
  REQUIRE(w.until([&] { return w.closed; }));
  CHECK(w.approval(id).state == ApprovalState::pending);
}

// Spec: 2026-07-28 basic/transports/streamable-http, Cancellation
TEST_CASE("a stream of 2026-07-28 that its client closes withdraws what it asked") {
  struct Line final : Transport {
    void start(Events given) override { events = std::move(given); }
    void send(Outgoing) override {}
    std::size_t queued_bytes() const override { return 0; }
    void close() override {}
    Events events;
  } line;
  Desk w(options_with(asking(by_approvers()), milliseconds(10000)));
  w.add_approver("bob");
  auto session = server::Session::start(w.server.core(), line, w.loop.get_executor(), w.pool, Desk::as("alice"), [] {});
  const std::string text = dump_json(w.request(1, "tools/call", Desk::refund_params()));
  Incoming request(text);
  request.stream = 1;
  line.events.message(request);
  const std::string id = w.asked().id;
  line.events.closed(fail(ErrorCode::closed, "the connection is gone"));
  REQUIRE(w.until([&] { return w.approval(id).state == ApprovalState::withdrawn; }));
  session.reset();
  line.events = {};  // they hold the session, whose timers must not outlive the loop
  CHECK(w.ran == 0);
}

// ---- tasks

TEST_CASE("a client that takes tasks gets one when the request has been held long enough") {
  Desk w(options_with(asking(by_approvers())));
  w.add_approver("bob");
  const json handle = w.refund(kTakesTasksOnly);
  REQUIRE(handle["result"]["resultType"] == "task");
  const json task{{"taskId", handle["result"]["taskId"]}};
  const auto look = [&] { return w.ask("tasks/get", task, kTakesTasksOnly)["result"]; };
  CHECK(look()["status"] == "working");
  CHECK(look()["statusMessage"].get<std::string>().find(w.approval().id) != std::string::npos);
  CHECK(w.ran == 0);
  w.decide(w.approval().id, true);
  REQUIRE(w.until([&] { return look()["status"] == "completed"; }));
  CHECK(look()["result"]["content"][0]["text"] == "refunded A-17 5");
  CHECK(w.ran == 1);
  CHECK(w.approval().state == ApprovalState::executed);
}

TEST_CASE("a task that was denied is completed with the denial") {
  Desk w(options_with(asking(by_approvers())));
  w.add_approver("bob");
  const json handle = w.refund(kTakesTasksOnly);
  const json task{{"taskId", handle["result"]["taskId"]}};
  w.decide(w.approval().id, false, std::nullopt, "bob", "no money left");
  json now;
  REQUIRE(w.until([&] { return (now = w.ask("tasks/get", task, kTakesTasksOnly)["result"])["status"] == "completed"; }));
  CHECK(now["result"]["isError"] == true);
  CHECK(now["result"]["content"][0]["text"].get<std::string>().find("no money left") != std::string::npos);
  CHECK(w.ran == 0);
}

TEST_CASE("a task that is cancelled while it waits withdraws what it asked") {
  Desk w(options_with(asking(by_approvers())));
  w.add_approver("bob");
  const json task{{"taskId", w.refund(kTakesTasksOnly)["result"]["taskId"]}};
  w.ask("tasks/cancel", task, kTakesTasksOnly);
  REQUIRE(w.until([&] { return w.ask("tasks/get", task, kTakesTasksOnly)["result"]["status"] == "cancelled"; }));
  CHECK(w.approval().state == ApprovalState::withdrawn);
  CHECK(w.ran == 0);
}

TEST_CASE("a task waits on when its connection is gone") {
  Desk w(options_with(asking(by_approvers())));
  w.add_approver("bob");
  w.refund(kTakesTasksOnly);
  const std::string id = w.approval().id;
  w.hang_up();
  REQUIRE(w.until([&] { return w.closed; }));
  w.decide(id, true);
  REQUIRE(w.until([&] { return w.approval(id).state == ApprovalState::executed; }));
  CHECK(w.ran == 1);
}

TEST_CASE("a tool that makes tasks itself is asked about before it begins one") {
  Desk w(options_with(asking(by_approvers(), "slow"), milliseconds(10000)));
  w.add_approver("bob");
  w.server.tool("slow", "d", [&] { return ++w.ran; }, {.effects = writes, .task = TaskSupport::optional});
  w.send(w.request(1, "tools/call", json{{"name", "slow"}}, kTakesTasksOnly));
  const std::string id = w.asked().id;
  w.decide(id, true);
  const json handle = w.next();
  REQUIRE(handle["result"]["resultType"] == "task");
  const json task{{"taskId", handle["result"]["taskId"]}};
  REQUIRE(w.until([&] { return w.ask("tasks/get", task, kTakesTasksOnly)["result"]["status"] == "completed"; }));
  CHECK(w.ran == 1);
  CHECK(w.approval(id).state == ApprovalState::executed);
}
