// SPDX-License-Identifier: Apache-2.0
// The policy on the walk of every request: what is refused in which words, what is listed, and what a new one changes.
#include "support.hpp"

#include <sumun/policy.hpp>

#include <atomic>

using namespace sumun;
using namespace sumun::test;

namespace {

struct Amount {
  std::optional<std::int64_t> amount = 1;
};
struct City {
  std::string city;
};
struct Name {
  std::string name;
};

using Names = std::vector<std::string>;

PolicyRule rule(Decision decision, std::string target, std::vector<std::string> when = {}, std::string reason = "") {
  PolicyRule made;
  made.target = std::move(target);
  made.when = std::move(when);
  made.decision = decision;
  made.reason = std::move(reason);
  return made;
}

Policy policy(std::vector<PolicyRule> rules, Decision otherwise = Decision::allow, PolicyMode mode = PolicyMode::enforce) {
  return Policy::compile({std::move(rules), otherwise, {}, mode}).value();
}

ServerOptions with(Policy given) {
  ServerOptions options;
  options.policy = std::move(given);
  return options;
}

server::SessionOptions as(std::string name, std::vector<std::string> groups = {}) {
  server::SessionOptions options;
  options.principal.name = std::move(name);
  options.principal.groups = std::move(groups);
  return options;
}

struct Shop : World {
  explicit Shop(Policy given, server::SessionOptions session = as("alice")) : World(with(std::move(given)), std::move(session)) {
    server.tool("refund", "d", [this](Amount) { return ++ran; }, {.effects = writes, .module = "orders"});
    server.tool("look", "d", [this] { return ++ran; }, {.effects = reads});
    server.tool("undeclared", "d", [this] { return ++ran; });
    server.tool("wait", "d", [this](Name) { return ++ran; }, {.effects = writes, .task = TaskSupport::optional});
    for (const std::string name : {"open", "closed"}) {
      server.prompt(name, "d", [](City in) { return in.city; });
      server.complete_prompt(name, "city", [](std::string, std::map<std::string, std::string>) { return Names{"Oslo"}; });
      Resource resource;
      resource.uri = "docs://" + name + "/note";
      resource.name = name;
      server.resource(resource, [] { return std::string("r"); });
    }
    ResourceTemplate family;
    family.uriTemplate = "docs://{+path}";
    family.name = "family";
    server.resource_template(family, [](UriVariables variables) { return variables["path"]; }, {.list = [](std::optional<std::string>) {
                               ListResourcesResult listed;
                               for (const std::string path : {"open/1", "closed/1"}) {
                                 Resource one;
                                 one.uri = "docs://" + path;
                                 one.name = path;
                                 listed.resources.push_back(one);
                               }
                               return Result<ListResourcesResult>(listed);
                             }});
  }
  std::atomic<int> ran = 0;
};

json named(const std::string& name) { return {{"name", name}}; }
json at(const std::string& uri) { return {{"uri", uri}}; }

Names names(const json& answer, const char* list) {
  Names out;
  for (const json& item : answer["result"][list]) out.push_back(item["name"]);
  return out;
}

Names all_resources(World& w) {
  Names out;
  std::optional<std::string> cursor;
  do {
    const json page = w.ask("resources/list", cursor ? json{{"cursor", *cursor}} : json::object());
    for (const std::string& name : names(page, "resources")) out.push_back(name);
    cursor.reset();
    if (page["result"].contains("nextCursor")) cursor = page["result"]["nextCursor"];
  } while (cursor);
  return out;
}

const std::vector<PolicyRule> kClosed = {rule(Decision::deny, "tool:look"), rule(Decision::deny, "prompt:closed"),
                                         rule(Decision::deny, "resource:docs://closed/**")};

}  // namespace

TEST_CASE("without a policy everything is allowed") {
  World w;
  w.server.tool("undeclared", "d", [] { return 1; });
  CHECK_FALSE(failed(w.call("undeclared")));
}

TEST_CASE("a refused call is a result in words, and its handler never runs") {
  Shop w(policy({rule(Decision::deny, "tool:refund", {"/amount > 5000"}, "large refunds are made by people"), rule(Decision::ask, "tool:undeclared")}));
  const struct {
    const char* name;
    json arguments;
    const char* words;  // empty = it runs
  } cases[] = {
      {"refund", {{"amount", 5000}}, ""},
      {"refund", json::object(), ""},  // the default is filled in before
      {"refund", {{"amount", 5001}},
       "refund was not run: the policy of this server does not allow it with these arguments (large refunds are made by people). The same call will be "
       "refused again; tell the user, or go on without it."},
      {"refund", {{"amount", 5001.0}}, "refund was not run: "},
      {"refund", {{"amount", 9007199254740991}}, "refund was not run: "},
      {"refund", {{"amount", 9007199254740993}}, "invalid arguments for refund: "},
      {"refund", {{"amount", nullptr}}, "invalid arguments for refund: "},
      {"refund", {{"amount", "5001"}}, "invalid arguments for refund: "},
      {"undeclared", json::object(), "undeclared was not run: it needs a person's approval, and nobody is set up to give it. Whoever runs"},
      {"look", json::object(), ""},
  };
  int runs = 0;
  for (const auto& one : cases) {
    CAPTURE(one.arguments);
    const json answer = w.call(one.name, one.arguments);
    if (*one.words == '\0') ++runs;
    CHECK(failed(answer) == (*one.words != '\0'));
    if (*one.words != '\0') CHECK(text_of(answer).starts_with(one.words));
    CHECK(w.ran == runs);
  }
  CHECK(w.logged->has("policy: deny: tool \"refund\" for \"alice\" (rule 1)"));
}

TEST_CASE("what is denied whatever the arguments is not listed, and is as if it were not there") {
  Shop w(policy(kClosed));
  CHECK(names(w.ask("tools/list"), "tools") == Names{"refund", "undeclared", "wait"});
  CHECK(names(w.ask("prompts/list"), "prompts") == Names{"open"});
  CHECK(all_resources(w) == Names{"open", "open/1"});
  CHECK(names(w.ask("resources/templates/list"), "resourceTemplates") == Names{"family"});
  CHECK(text_of(w.call("look", {{"no", "such"}})).starts_with("look was not run: the policy of this server does not allow it."));
  CHECK(message_of(w.ask("tools/call", named("loook"))) == "unknown tool: \"loook\"");
  const auto unknown = [](std::string text) {
    for (std::size_t place = 0; (place = text.find("nosuch", place)) != text.npos;) text.replace(place, 6, "closed");
    return text;
  };
  const auto complete = [](const std::string& name) {
    return json{{"ref", {{"type", "ref/prompt"}, {"name", name}}}, {"argument", {{"name", "city"}, {"value", ""}}}};
  };
  CHECK(w.ask("prompts/get", named("closed"))["error"].dump() == unknown(w.ask("prompts/get", named("nosuch"))["error"].dump()));
  CHECK(w.ask("completion/complete", complete("closed"))["error"].dump() == unknown(w.ask("completion/complete", complete("nosuch"))["error"].dump()));
  CHECK(w.ask("completion/complete", complete("open")).contains("result"));
  CHECK(w.ask("resources/read", at("docs://open/1")).contains("result"));
  for (const std::string uri : {"docs://closed/note", "docs://closed/1", "docs://open/../closed/1", "docs://open/%2e%2e/closed/1", "docs://%63losed/1", "docs://closed//1",
                                "docs://./closed/1", "docs://CLOSED/1"}) {
    CAPTURE(uri);
    const json answer = w.ask("resources/read", at(uri));
    CHECK(code_of(answer) == code_of(w.ask("resources/read", at("nosuch:x"))));
    CHECK(message_of(answer).find(uri) != std::string::npos);
  }
  CHECK(w.ran == 0);
}

TEST_CASE("values that lead to a hidden resource are not completed") {
  Shop w(policy({rule(Decision::deny, "resource:docs://closed/**"), rule(Decision::deny, "resource:row://*/secret")}));
  w.server.complete_resource("docs://{+path}", "path", [](std::string, std::map<std::string, std::string>) {
    return Names{"open/1", "closed/1", "open/../closed/2", "Closed/3"};
  });
  ResourceTemplate rows;
  rows.uriTemplate = "row://{table}/{row}";
  rows.name = "rows";
  w.server.resource_template(rows, [](UriVariables) { return std::string(); });
  w.server.complete_resource("row://{table}/{row}", "row", [](std::string, std::map<std::string, std::string>) { return Names{"plain", "secret"}; });
  const auto complete = [&](const char* uri, const char* variable, json chosen) {
    json params{{"ref", {{"type", "ref/resource"}, {"uri", uri}}}, {"argument", {{"name", variable}, {"value", ""}}}};
    if (!chosen.empty()) params["context"]["arguments"] = std::move(chosen);
    return w.ask("completion/complete", params)["result"]["completion"]["values"];
  };
  CHECK(complete("docs://{+path}", "path", {}) == json{"open/1"});
  CHECK(complete("row://{table}/{row}", "row", {{"table", "a b"}}) == json{"plain"});
  CHECK(complete("row://{table}/{row}", "row", {}) == json{"plain", "secret"});  // of which URI nothing is known yet
}

TEST_CASE("in the legacy era the same holds, subscriptions too") {
  Shop w(policy(kClosed));
  w.open();
  CHECK(names(w.ask_legacy("tools/list"), "tools") == Names{"refund", "undeclared", "wait"});
  CHECK(text_of(w.call_legacy("look")).starts_with("look was not run: "));
  CHECK(code_of(w.ask_legacy("resources/subscribe", at("docs://closed/note"))) == static_cast<int>(ErrorCode::resource_not_found));
  CHECK(code_of(w.ask_legacy("resources/subscribe", at("docs://open/note"))) == 0);
  CHECK(code_of(w.ask_legacy("resources/read", at("docs://closed/note"))) == static_cast<int>(ErrorCode::resource_not_found));
  CHECK(code_of(w.ask_legacy("prompts/get", {{"name", "closed"}, {"arguments", {{"city", "x"}}}})) == static_cast<int>(ErrorCode::invalid_params));
}

TEST_CASE("a prompt may be denied by its arguments alone") {
  Shop w(policy({rule(Decision::deny, "prompt:open", {"/city == \"Oslo\""}, "not that one")}));
  CHECK(w.ask("prompts/get", {{"name", "open"}, {"arguments", {{"city", "Rome"}}}}).contains("result"));
  CHECK(message_of(w.ask("prompts/get", {{"name", "open"}, {"arguments", {{"city", "Oslo"}}}})) ==
        "prompt \"open\" is not allowed with these arguments (not that one)");
  CHECK(names(w.ask("prompts/list"), "prompts") == Names{"open", "closed"});
}

TEST_CASE("rules see principal, group, module and effects") {
  PolicyRule staff = rule(Decision::allow, "tool:*"), module = rule(Decision::deny, "");
  staff.group = "staff";
  module.module = "orders";
  PolicyRule reading = rule(Decision::allow, "");
  reading.effects = reads;
  const auto made = policy({staff, module, reading}, Decision::deny);
  Shop in(made, as("bob", {"staff"})), out(made, as("bob"));
  CHECK(names(in.ask("tools/list"), "tools").size() == 4);
  CHECK(names(out.ask("tools/list"), "tools") == Names{"look"});
  CHECK(out.ask("tools/list")["result"]["cacheScope"] == "private");
  CHECK(failed(out.call("refund")));
  CHECK_FALSE(failed(in.call("refund")));
  Shop all(policy({module}));
  CHECK(all.ask("tools/list")["result"]["cacheScope"] == "public");
}

TEST_CASE("a policy that observes refuses and hides nothing, and says what it would have done") {
  auto rules = kClosed;
  rules.push_back(rule(Decision::ask, "tool:refund"));
  Shop w(policy(rules, Decision::allow, PolicyMode::observe));
  CHECK(names(w.ask("tools/list"), "tools").size() == 4);
  CHECK(all_resources(w).size() == 4);
  CHECK_FALSE(failed(w.call("look")));
  CHECK_FALSE(failed(w.call("refund")));
  CHECK(w.ask("resources/read", at("docs://closed/note")).contains("result"));
  CHECK(w.ask("prompts/get", {{"name", "closed"}, {"arguments", {{"city", "x"}}}}).contains("result"));
  CHECK(w.logged->has("would be deny: tool \"look\" for \"alice\" (rule 1)"));
  CHECK(w.logged->has("would be ask: tool \"refund\" for \"alice\" (rule 4)"));
  CHECK(w.logged->has("would be deny: resource \"docs://closed/note\""));
  CHECK(w.logged->has("would be deny: prompt \"closed\""));
}

TEST_CASE("a task is judged before it begins, and a round before it goes on") {
  constexpr std::string_view kTakes = R"({"elicitation":{},"extensions":{"io.modelcontextprotocol/tasks":{}}})";
  Shop w(policy({rule(Decision::deny, "tool:wait", {"/name == \"x\""})}));
  w.server.tool("ask", "d", [&w](Name in, Call& call) -> Result<std::string> {
    auto who = call.elicit<Name>("Who?");
    if (!who) return std::move(who).error();
    ++w.ran;
    return in.name;
  }, {.effects = writes});
  const json refused = w.call("wait", {{"name", "x"}}, kTakes);
  CHECK(refused["result"]["resultType"] == "complete");
  CHECK(failed(refused));
  CHECK(w.call("wait", {{"name", "y"}}, kTakes)["result"]["resultType"] == "task");
  CHECK(w.until([&] { return w.ran == 1; }));

  const json asked = w.call("ask", {{"name", "z"}}, kTakes);
  REQUIRE(asked["result"]["resultType"] == "input_required");
  json retry{{"name", "ask"}, {"arguments", {{"name", "z"}}}, {"requestState", asked["result"]["requestState"]}};
  retry["inputResponses"]["q1"] = {{"action", "accept"}, {"content", {{"name", "Mina"}}}};
  w.server.set_policy(policy({rule(Decision::deny, "tool:ask", {"/name"})}));
  CHECK(failed(w.ask("tools/call", retry, kTakes)));
  CHECK(w.ran == 1);
  w.server.set_policy(policy({}));
  CHECK(text_of(w.ask("tools/call", retry, kTakes)) == "z");  // refusing it took nothing from the round
  CHECK(w.ran == 2);
}

TEST_CASE("a new policy holds for requests that begin later, and tells whoever sees other lists") {
  Shop w(policy({}));
  w.send(w.request(1, "subscriptions/listen", {{"notifications", {{"toolsListChanged", true}, {"promptsListChanged", true}}}}));
  w.next();
  w.server.set_policy(policy({rule(Decision::deny, "tool:look")}));
  CHECK(w.next()["method"] == "notifications/tools/list_changed");
  CHECK(w.silent());
  CHECK(failed(w.call("look")));
  w.server.set_policy(policy({rule(Decision::deny, "tool:look"), rule(Decision::ask, "tool:refund")}));
  CHECK(w.silent());  // the same lists
  PolicyRule other = rule(Decision::deny, "tool:refund");
  other.principal = "bob";
  w.server.set_policy(policy({rule(Decision::deny, "tool:look"), other}));
  CHECK(w.silent());  // another's lists
  w.server.set_policy(policy({rule(Decision::deny, "prompt:open")}));
  CHECK(w.next()["method"] == "notifications/tools/list_changed");
  CHECK(w.next()["method"] == "notifications/prompts/list_changed");
  CHECK_FALSE(failed(w.call("look")));
}

TEST_CASE("a call goes on under the policy that it began with") {
  Gate leave;
  std::atomic<bool> entered = false;
  World w(with(policy({})));
  w.server.tool("slow", "d", [&] {
    entered = true;
    leave.wait();
    return 1;
  });
  w.send(w.request(1, "tools/call", named("slow")));
  CHECK(w.until([&] { return entered.load(); }));
  w.server.set_policy(policy({}, Decision::deny));
  leave.open();
  CHECK_FALSE(failed(w.next()));
  CHECK(failed(w.call("slow")));
}

TEST_CASE("updates of a resource are not told to who may not read it any more") {
  Shop w(policy({}));
  w.open();
  w.ask_legacy("resources/subscribe", at("docs://closed/note"));
  w.server.notify_resource_updated("docs://closed/note");
  CHECK(w.next()["method"] == "notifications/resources/updated");
  w.server.set_policy(policy({rule(Decision::deny, "resource:docs://closed/**")}));
  CHECK(w.next()["method"] == "notifications/resources/list_changed");
  w.server.notify_resource_updated("docs://closed/note");
  CHECK(w.silent());
}

TEST_CASE("the policy can be asked about a call that nobody makes") {
  Shop w(policy({rule(Decision::deny, "tool:refund", {"/amount > 5000"}, "large")}));
  const Principal who{"alice", {}, std::nullopt};
  const auto large = w.server.explain_policy(who, "tool:refund", {{"amount", 9000}});
  REQUIRE(large.has_value());
  CHECK(large->verdict == PolicyVerdict{Decision::deny, 0});
  const auto by_default = w.server.explain_policy(who, "tool:refund", json::object());
  REQUIRE(by_default.has_value());
  CHECK(by_default->verdict.decision == Decision::allow);
  CHECK(by_default->arguments == json{{"amount", 1}});
  CHECK(by_default->module == "orders");
  CHECK(w.server.explain_policy(who, "resource:docs://open/note", json::object()).has_value());
  CHECK(w.server.explain_policy(who, "prompt:open", json::object()).has_value());
  for (const char* target : {"tool:nosuch", "prompt:nosuch", "resource:x:nosuch", "refund", ""}) {
    CAPTURE(target);
    CHECK_FALSE(w.server.explain_policy(who, target, json::object()).has_value());
  }
  CHECK_FALSE(w.server.explain_policy(who, "tool:refund", {{"amount", "x"}}).has_value());
  CHECK(w.server.find_tool("refund").has_value());
  CHECK_FALSE(w.server.find_tool("nosuch").has_value());
}

TEST_CASE("effects become hints, whatever the policy says of them") {
  Shop w(policy({rule(Decision::ask, "tool:undeclared")}));
  const json tools = w.ask("tools/list")["result"]["tools"];
  for (const json& tool : tools) {
    CAPTURE(tool["name"]);
    const json& hints = tool["annotations"];
    CHECK(hints["readOnlyHint"] == (tool["name"] == "look"));
    CHECK(hints["destructiveHint"] == (tool["name"] == "undeclared"));
    CHECK(hints["openWorldHint"] == (tool["name"] == "undeclared"));
  }
}
