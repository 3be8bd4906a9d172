// SPDX-License-Identifier: Apache-2.0
// Rules in their order: who, what, with which effects and arguments; what counts where nothing can be told.
#include <sumun/json.hpp>
#include <sumun/policy.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace sumun;

namespace {

constexpr std::size_t kOtherwise = PolicyVerdict::kOtherwise;

Policy policy(std::vector<PolicyRule> rules, Decision otherwise = Decision::ask) {
  PolicyOptions options;
  options.rules = std::move(rules);
  options.otherwise = otherwise;
  auto made = Policy::compile(std::move(options));
  REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message));
  return *std::move(made);
}

PolicyRule rule(Decision decision, const char* target = "", std::vector<std::string> when = {}) {
  PolicyRule made;
  made.decision = decision;
  made.target = target;
  made.when = std::move(when);
  return made;
}

const Principal kAlice{"local:alice", {"staff"}, std::nullopt};

PolicyVerdict tool(const Policy& of, const char* name, Effects effects, const char* arguments = "{}", const Principal& who = kAlice) {
  const json value = parse_json(arguments).value();
  PolicyRequest request{who, TargetKind::tool, name, "orders", effects};
  request.arguments = &value;
  return of.decide(request);
}

}  // namespace

TEST_CASE("the first rule that matches decides, and where none does the default") {
  const Policy made = policy({rule(Decision::allow, "tool:a"), rule(Decision::deny, "tool:*"), rule(Decision::allow, "tool:b"), rule(Decision::allow, "prompt:*")});
  CHECK(tool(made, "a", writes) == PolicyVerdict{Decision::allow, 0});
  CHECK(tool(made, "b", writes) == PolicyVerdict{Decision::deny, 1});
  CHECK(made.decide({kAlice, TargetKind::prompt, "a", ""}) == PolicyVerdict{Decision::allow, 3});
  CHECK(made.decide({kAlice, TargetKind::resource, "x:a", ""}) == PolicyVerdict{Decision::ask, kOtherwise});
  CHECK(policy({}, Decision::deny).decide({kAlice, TargetKind::tool, "a", ""}) == PolicyVerdict{Decision::deny, kOtherwise});
}

TEST_CASE("a rule names principals, groups, scopes and modules") {
  const Principal nobody{"bob", {}, std::nullopt}, no_scope{"bob", {}, std::vector<std::string>{}},
      scoped{"bob", {"staff", "admins"}, std::vector<std::string>{"read", "refund"}};
  const struct {
    const char* name;
    void (*set)(PolicyRule&);
    std::vector<bool> matches;  // alice, nobody, no_scope, scoped
  } cases[] = {
      {"principal", [](PolicyRule& r) { r.principal = "local:*"; }, {true, false, false, false}},
      {"group", [](PolicyRule& r) { r.group = "staff"; }, {true, false, false, true}},
      {"group, whole", [](PolicyRule& r) { r.group = "staf"; }, {false, false, false, false}},
      // whoever has no token lists no scope, for allow and deny alike
      {"scope", [](PolicyRule& r) { r.scope = "refund"; }, {false, false, false, true}},
      {"module", [](PolicyRule& r) { r.module = "ord*"; }, {true, true, true, true}},
      {"another module", [](PolicyRule& r) { r.module = "docs"; }, {false, false, false, false}},
      {"all", [](PolicyRule& r) { r.principal = "b*", r.group = "admins", r.scope = "read", r.module = "orders"; }, {false, false, false, true}},
  };
  for (const auto& one : cases) {
    for (const Decision decision : {Decision::allow, Decision::deny}) {
      CAPTURE(one.name);
      PolicyRule made = rule(decision);
      one.set(made);
      const Policy of = policy({made});
      const Principal* who[] = {&kAlice, &nobody, &no_scope, &scoped};
      for (std::size_t i = 0; i < 4; ++i) CHECK((tool(of, "t", writes, "{}", *who[i]).rule == 0) == one.matches[i]);
    }
  }
}

TEST_CASE("effects: a rule that allows covers all of them, one that refuses any of them") {
  const struct {
    const char* name;
    Effects rule, of;
    bool allowed, refused;
  } cases[] = {
      {"only reads", reads, reads, true, true},
      {"idempotent reads", reads, reads | idempotent, true, true},
      {"reads and writes", reads, reads | writes, false, true},
      {"reads and reaches out", reads, reads | reaches_out, false, true},
      {"undeclared", reads, Effects::undeclared, false, false},
      {"undeclared destroys", destroys, Effects::undeclared, false, true},
      {"undeclared reaches out", reaches_out, Effects::undeclared, false, true},
      {"undeclared is covered by all three", writes | destroys | reaches_out, Effects::undeclared, true, true},
      {"idempotent alone declares nothing", writes, idempotent, false, true},
      {"writes", writes, writes, true, true},
      {"writes and destroys", writes, writes | destroys, false, true},
      {"what may write may read", writes, reads, true, false},
      {"not idempotent", writes | idempotent, writes, false, false},
      {"idempotent", writes | idempotent, writes | idempotent, true, true},
      {"only idempotent is named", idempotent, destroys | idempotent, true, true},
      {"what only reads is idempotent", idempotent, reads, true, true},
  };
  for (const auto& one : cases) {
    CAPTURE(one.name);
    PolicyRule allow = rule(Decision::allow), deny = rule(Decision::deny);
    allow.effects = deny.effects = one.rule;
    CHECK((tool(policy({allow}), "t", one.of).rule == 0) == one.allowed);
    CHECK((tool(policy({deny}), "t", one.of).rule == 0) == one.refused);
  }
  PolicyRule allow = rule(Decision::allow);
  allow.effects = reads;
  CHECK(policy({allow}).decide({kAlice, TargetKind::resource, "x:a", ""}).rule == 0);
}

TEST_CASE("what cannot be told of arguments counts for rules that ask and deny, never for rules that allow") {
  const Policy deny = policy({rule(Decision::deny, "tool:refund", {"/amount > 5000"})}, Decision::allow);
  const Policy ask = policy({rule(Decision::ask, "tool:refund", {"/amount > 5000"})}, Decision::allow);
  const Policy allow = policy({rule(Decision::allow, "tool:refund", {"/amount <= 5000"})}, Decision::deny);
  const struct {
    const char* arguments;
    bool passes;
  } cases[] = {
      {R"({"amount": 5000})", true},      {R"({"amount": 5000.0})", true},      {R"({"amount": 5001})", false},   {R"({"amount": 5001.0})", false},
      {R"({"amount": "5001"})", false},   {R"({"amount": "1"})", false},        {R"({"amount": null})", false},   {R"({})", false},
      {R"({"Amount": 1})", false},        {R"({"amount": [1]})", false},        {R"({"amount": 1e4})", false},    {R"({"amount": 5000.0001})", false},
      {R"({"amount": false})", false},    {R"({"amount": {"amount": 1}})", false}, {R"({"\u0061mount": 1})", true}, {R"({"amount": -1})", true},
      {R"({"amount": 9007199254740993})", false},
  };
  for (const auto& one : cases) {
    CAPTURE(one.arguments);
    CHECK((tool(deny, "refund", writes, one.arguments).decision == Decision::allow) == one.passes);
    CHECK((tool(ask, "refund", writes, one.arguments).decision == Decision::allow) == one.passes);
    CHECK((tool(allow, "refund", writes, one.arguments).decision == Decision::allow) == one.passes);
  }
}

TEST_CASE("all predicates of a rule must count; one that certainly does not hold ends it") {
  const Policy made = policy({rule(Decision::deny, "tool:refund", {"/amount", "/amount > 5000", "/currency == \"EUR\""})}, Decision::allow);
  CHECK(tool(made, "refund", writes, R"({"amount": 9000, "currency": "EUR"})").decision == Decision::deny);
  CHECK(tool(made, "refund", writes, R"({"amount": 9000})").decision == Decision::deny);
  CHECK(tool(made, "refund", writes, R"({"amount": 9000, "currency": "USD"})").decision == Decision::allow);
  CHECK(tool(made, "refund", writes, R"({"currency": "EUR"})").decision == Decision::allow);  // presence was asked for
}

TEST_CASE("a URI that can be read in two ways is allowed only where both are, and refused where one is") {
  const Policy open = policy({rule(Decision::allow, "resource:docs://public/**")}, Decision::deny);
  const Policy closed = policy({rule(Decision::deny, "resource:docs://secret/**")}, Decision::allow);
  const struct {
    const char* uri;
    bool open, closed;
  } cases[] = {
      {"docs://public/a", true, true},
      {"docs://public/a%20b", true, true},
      {"docs://public/../secret/a", false, false},
      {"docs://public/%2e%2e/secret/a", false, false},
      {"docs://public/..%2Fsecret/a", false, false},
      {"docs://%73ecret/a", false, false},
      {"docs://SECRET/a", false, false},
      {"docs://secret//a", false, false},
      {"docs://PUBLIC/a", false, true},
      {"docs://public", false, true},
      {"docs://publicity/a", false, true},
  };
  for (const auto& one : cases) {
    CAPTURE(one.uri);
    CHECK((open.decide({kAlice, TargetKind::resource, one.uri, ""}).decision == Decision::allow) == one.open);
    CHECK((closed.decide({kAlice, TargetKind::resource, one.uri, ""}).decision == Decision::allow) == one.closed);
  }
}

TEST_CASE("hidden is what no arguments would get through") {
  const auto hides = [](std::vector<PolicyRule> rules, TargetKind kind, const char* name, Decision otherwise = Decision::allow) {
    return policy(std::move(rules), otherwise).hides({kAlice, kind, name, "", writes});
  };
  CHECK(hides({rule(Decision::deny, "tool:a")}, TargetKind::tool, "a"));
  CHECK(!hides({rule(Decision::deny, "tool:a")}, TargetKind::tool, "b"));
  CHECK(!hides({rule(Decision::ask, "tool:a")}, TargetKind::tool, "a"));
  CHECK(!hides({rule(Decision::deny, "tool:a", {"/x > 1"})}, TargetKind::tool, "a"));
  CHECK(hides({rule(Decision::deny, "tool:a", {"/x > 1"}), rule(Decision::deny)}, TargetKind::tool, "a"));
  CHECK(!hides({rule(Decision::allow, "tool:a", {"/x > 1"}), rule(Decision::deny)}, TargetKind::tool, "a"));
  CHECK(hides({}, TargetKind::tool, "a", Decision::deny));
  CHECK(!hides({}, TargetKind::tool, "a", Decision::ask));
  CHECK(hides({}, TargetKind::resource, "x:a", Decision::ask));
  CHECK(hides({}, TargetKind::prompt, "a", Decision::ask));
  CHECK(!hides({rule(Decision::allow, "resource:docs://public/**")}, TargetKind::resource_template, "docs://{+path}", Decision::deny));
  CHECK(hides({rule(Decision::allow, "resource:docs://public/**")}, TargetKind::resource_template, "docs://secret/{id}", Decision::deny));
  CHECK(hides({rule(Decision::deny, "resource:docs://secret/**")}, TargetKind::resource_template, "docs://secret/{id}"));
  CHECK(!hides({rule(Decision::deny, "resource:docs://secret/**")}, TargetKind::resource_template, "docs://{+path}"));
}

TEST_CASE("an explanation says of each rule why it does not match, and which decides") {
  PolicyRule by_name = rule(Decision::deny), by_effects = rule(Decision::allow), by_scope = rule(Decision::allow);
  by_name.principal = "bob";
  by_effects.effects = reads;
  by_scope.scope = "admin";
  const Policy made = policy({by_name, by_effects, by_scope, rule(Decision::allow, "tool:x"), rule(Decision::allow, "tool:t", {"/a < 5"}),
                              rule(Decision::deny, "tool:t", {"/b > 5"}), rule(Decision::allow)});
  const json arguments = parse_json(R"({"a": "1"})").value();
  PolicyRequest request{kAlice, TargetKind::tool, "t", "", writes};
  request.arguments = &arguments;
  const auto readings = made.explain(request);
  REQUIRE(readings.size() == 6);
  const char* want[] = {"the principal \"local:alice\" is not bob", "its effects (writes) are not within reads", "there is no token that lists the scope admin",
                        "the target is not tool:x", "/a < 5 cannot be told, which does not count for allow: it is \"1\"",
                        "/b > 5 cannot be told of these arguments, which counts for deny"};
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK_MESSAGE(readings[i].why == want[i], readings[i].why);
    CHECK(readings[i].matched == (i == 5));
  }
  CHECK(made.decide(request) == PolicyVerdict{Decision::deny, 5});
}

TEST_CASE("rules that cannot mean what they say are refused, all at once") {
  PolicyRule bad_glob = rule(Decision::deny, "tool:a[b]"), no_effects = rule(Decision::deny);
  bad_glob.principal = "a***";
  bad_glob.when = {"/x", "/x >"};
  no_effects.effects = Effects::undeclared;
  PolicyOptions options;
  options.rules = {bad_glob, rule(Decision::ask, "resource:x:**"), rule(Decision::deny, "", {"/a"}), rule(Decision::deny, "refund"), no_effects};
  const auto made = Policy::compile(std::move(options));
  REQUIRE(!made.has_value());
  CHECK(made.error().code == ErrorCode::invalid_value);
  const json& faults = made.error().data;
  const struct {
    std::size_t rule;
    const char* field;
    json item;
    const char* what;
  } want[] = {
      {0, "principal", nullptr, "column 2: "}, {0, "target", nullptr, "column 7: "},  {0, "when", 1, "column 5: "},
      {1, "decision", nullptr, "resources"},   {2, "when", nullptr, "needs a target"}, {3, "target", nullptr, "column 1: expected tool:"},
      {4, "effects", nullptr, "expected at least"},
  };
  REQUIRE(faults.size() == std::size(want));
  for (std::size_t i = 0; i < std::size(want); ++i) {
    CAPTURE(i);
    CHECK(faults[i]["rule"] == want[i].rule);
    CHECK(faults[i]["field"] == want[i].field);
    CHECK(faults[i]["item"] == want[i].item);
    CHECK(faults[i]["what"].get<std::string>().starts_with(want[i].what));
  }
}

TEST_CASE("terms under which nobody could answer are refused, and terms of a rule that does not ask") {
  struct {
    const char* name;
    Decision decision;
    AskTerms terms;
    const char* want;  // in the message; "" = fine
  } cases[] = {
      {"the default", Decision::ask, {}, ""},
      {"two of two", Decision::ask, {.approvers = {"alice", "bob"}, .needed = 2}, ""},
      {"two of any", Decision::ask, {.needed = 2}, ""},
      {"nobody", Decision::ask, {.needed = 0}, "needed is 0"},
      {"less than nobody", Decision::ask, {.needed = -1}, "needed is -1"},
      {"more than named", Decision::ask, {.approvers = {"alice"}, .needed = 2}, "needed is 2, and 1 approver is named"},
      {"twice", Decision::ask, {.approvers = {"alice", "alice"}, .needed = 2}, "\"alice\" is named twice"},
      {"no name", Decision::ask, {.approvers = {""}}, "an approver has a name"},
      {"over at once", Decision::ask, {.pending = std::chrono::seconds(0)}, "a second at least"},
      {"used at once", Decision::ask, {.approved = std::chrono::seconds(-1)}, "a second at least"},
      {"a rule that allows", Decision::allow, {.user = true}, "does not ask: its decision is allow"},
      {"a rule that denies", Decision::deny, {.needed = 2}, "does not ask: its decision is deny"},
  };
  for (const auto& one : cases) {
    CAPTURE(one.name);
    PolicyRule made = rule(one.decision, "tool:a");
    made.ask = one.terms;
    const auto compiled = Policy::compile({.rules = {made}});
    CHECK(compiled.has_value() == (*one.want == '\0'));
    if (compiled) {
      CHECK(compiled->terms({one.decision, 0}) == one.terms);
      continue;
    }
    CHECK(compiled.error().message.find(one.want) != std::string::npos);
    CHECK(compiled.error().data[0]["rule"] == 0);
    CHECK(compiled.error().data[0]["field"] == "ask");
  }
  const auto otherwise = Policy::compile({.rules = {}, .ask = {.needed = 0}});
  REQUIRE_FALSE(otherwise.has_value());
  CHECK(otherwise.error().data[0]["rule"].is_null());
  CHECK(otherwise.error().message == "ask: needed is 0; somebody has to answer");
}
