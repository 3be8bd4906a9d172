// SPDX-License-Identifier: Apache-2.0
// What takes a scope: who sees it, who may use it, and what the others are told.
#include "support.hpp"

#include <atomic>

using namespace sumun;
using namespace sumun::test;

namespace {

struct City {
  std::string city;
};

struct Granted {
  std::string name;
  std::optional<std::vector<std::string>> scopes;
  bool sees_hidden;  // and may use all
};

// A token with none of the scopes, with one too few, with all, and nobody who asked for a token.
const Granted kGranted[] = {
    {"none", std::vector<std::string>{}, false},
    {"too few", std::vector<std::string>{"read", "other"}, false},
    {"all", std::vector<std::string>{"write", "read"}, true},
    {"not limited", std::nullopt, true},
};

struct Limited : World {
  explicit Limited(const Granted& granted)
      : World({}, [&] {
          server::SessionOptions options;
          options.principal.name = "alice";
          options.principal.scopes = granted.scopes;
          return options;
        }()) {
    const std::vector<std::string> scopes = {"read", "write"};
    for (const auto policy : {ScopePolicy::step_up, ScopePolicy::hidden}) {
      const std::string name = policy == ScopePolicy::hidden ? "secret" : "locked";
      server.tool(name, "d", [this] { return ++ran; }, {.scopes = scopes, .scope_policy = policy});
      server.prompt(name, "d", [](City) { return std::string("p"); }, {.scopes = scopes, .scope_policy = policy});
      server.complete_prompt(
          name, "city", [](std::string, std::map<std::string, std::string>) { return std::vector<std::string>{"Oslo"}; });
      Resource resource;
      resource.uri = "file:///" + name;
      resource.name = name;
      server.resource(resource, [] { return std::string("r"); }, {.scopes = scopes, .scope_policy = policy});
      ResourceTemplate family;
      family.uriTemplate = "row:///" + name + "/{city}";
      family.name = name;
      server.resource_template(family, [](UriVariables) { return std::string("t"); },
                               {.list =
                                    [name](std::optional<std::string>) {
                                      ListResourcesResult listed;
                                      Resource found;
                                      found.uri = "row:///" + name + "/oslo";
                                      found.name = "of " + name;
                                      listed.resources.push_back(found);
                                      return Result<ListResourcesResult>(listed);
                                    },
                                .scopes = scopes,
                                .scope_policy = policy});
    }
    server.tool("open", "d", [this] { return ++ran; });
  }
  std::atomic<int> ran = 0;
};

std::vector<std::string> names(const json& answer, const char* list) {
  std::vector<std::string> out;
  for (const json& item : answer["result"][list]) out.push_back(item["name"]);
  return out;
}

json named(const char* name) { return {{"name", name}}; }
json at(const std::string& uri) { return {{"uri", uri}}; }

}  // namespace

TEST_CASE("lists hold what a principal may see, and are private where that differs") {
  using Names = std::vector<std::string>;
  for (const Granted& granted : kGranted) {
    CAPTURE(granted.name);
    Limited w(granted);
    const json tools = w.ask("tools/list");
    CHECK(names(tools, "tools") == (granted.sees_hidden ? Names{"locked", "secret", "open"} : Names{"locked", "open"}));
    CHECK(tools["result"]["cacheScope"] == "private");
    const Names both = granted.sees_hidden ? Names{"locked", "secret"} : Names{"locked"};
    CHECK(names(w.ask("prompts/list"), "prompts") == both);
    CHECK(names(w.ask("resources/templates/list"), "resourceTemplates") == both);
    Names resources;
    std::optional<std::string> cursor;
    do {
      const json page = w.ask("resources/list", cursor ? json{{"cursor", *cursor}} : json::object());
      for (const std::string& name : names(page, "resources")) resources.push_back(name);
      CHECK(page["result"]["cacheScope"] == "private");
      cursor.reset();
      if (page["result"].contains("nextCursor")) cursor = page["result"]["nextCursor"];
    } while (cursor);
    CHECK(resources == (granted.sees_hidden ? Names{"locked", "secret", "of locked", "of secret"} : Names{"locked"}));
  }
}

TEST_CASE("a list that shows everybody the same stays public") {
  World w;
  w.server.tool("locked", "d", [] { return 1; }, {.scopes = {"a"}});
  w.server.tool("hidden_from_nobody", "d", [] { return 1; }, {.scope_policy = ScopePolicy::hidden});
  CHECK(w.ask("tools/list")["result"]["cacheScope"] == "public");
}

TEST_CASE("without its scopes what steps up is refused with them, and what is hidden is unknown; no handler runs") {
  for (const Granted& granted : kGranted) {
    CAPTURE(granted.name);
    Limited w(granted);
    struct {
      std::string name;
      std::string method;
      std::function<json(const std::string&)> params;  // for "locked" or "secret"
    } const cases[] = {
        {"a tool", "tools/call", [](const std::string& name) { return json{{"name", name}}; }},
        {"a prompt", "prompts/get",
         [](const std::string& name) { return json{{"name", name}, {"arguments", {{"city", "x"}}}}; }},
        {"a resource", "resources/read", [](const std::string& name) { return at("file:///" + name); }},
        {"a resource of a template", "resources/read",
         [](const std::string& name) { return at("row:///" + name + "/oslo"); }},
        {"a completion of a prompt", "completion/complete",
         [](const std::string& name) {
           return json{{"ref", {{"type", "ref/prompt"}, {"name", name}}}, {"argument", {{"name", "city"}, {"value", ""}}}};
         }},
        {"a completion of a template", "completion/complete",
         [](const std::string& name) {
           return json{{"ref", {{"type", "ref/resource"}, {"uri", "row:///" + name + "/{city}"}}},
                       {"argument", {{"name", "city"}, {"value", ""}}}};
         }},
        {"a completion of a resource", "completion/complete",
         [](const std::string& name) {
           return json{{"ref", {{"type", "ref/resource"}, {"uri", "file:///" + name}}},
                       {"argument", {{"name", "city"}, {"value", ""}}}};
         }},
    };
    for (const auto& row : cases) {
      CAPTURE(row.name);
      const json locked = w.ask(row.method, row.params("locked"));
      const json secret = w.ask(row.method, row.params("secret"));
      // As for something that never was: the same words, but for the name.
      std::string unknown = w.ask(row.method, row.params("nosuch"))["error"].dump();
      for (std::size_t place = 0; (place = unknown.find("nosuch", place)) != unknown.npos;)
        unknown.replace(place, 6, "secret");
      if (granted.sees_hidden) {
        CHECK(locked.contains("result"));
        CHECK(secret.contains("result"));
      } else {
        CHECK(code_of(locked) == static_cast<int>(ErrorCode::insufficient_scope));
        CHECK(locked["error"]["data"] == json{{"scopes", {"read", "write"}}});
        CHECK(secret["error"].dump() == unknown);
      }
    }
    CHECK(w.ran == (granted.sees_hidden ? 2 : 0));
    CHECK_FALSE(failed(w.call("open")));
  }
}

TEST_CASE("a hidden tool is not suggested to who mistyped its name") {
  Limited w(kGranted[0]);
  CHECK(message_of(w.ask("tools/call", named("secre"))) == "unknown tool: \"secre\"");
  CHECK(message_of(w.ask("tools/call", named("locke"))).find("'locked'") != std::string::npos);
}

TEST_CASE("in the legacy era the same holds") {
  Limited w(kGranted[0]);
  w.open();
  CHECK(names(w.ask_legacy("tools/list"), "tools") == std::vector<std::string>{"locked", "open"});
  CHECK(code_of(w.ask_legacy("tools/call", named("locked"))) == static_cast<int>(ErrorCode::insufficient_scope));
  CHECK(code_of(w.ask_legacy("tools/call", named("secret"))) == static_cast<int>(ErrorCode::invalid_params));
  CHECK(code_of(w.ask_legacy("resources/subscribe", at("file:///locked"))) ==
        static_cast<int>(ErrorCode::insufficient_scope));
  CHECK(code_of(w.ask_legacy("resources/subscribe", at("file:///secret"))) ==
        static_cast<int>(ErrorCode::resource_not_found));
}

TEST_CASE("updates of a resource are told to who may read it") {
  for (const Granted& granted : kGranted) {
    CAPTURE(granted.name);
    Limited w(granted);
    const json uris = {"file:///locked", "file:///secret", "file:///nosuch"};
    w.send(w.request(1, "subscriptions/listen", {{"notifications", {{"resourceSubscriptions", uris}}}}));
    const json acknowledged = w.next();
    const json honoured = acknowledged["params"]["notifications"]["resourceSubscriptions"];
    CHECK(honoured == (granted.sees_hidden ? uris : json{"file:///secret", "file:///nosuch"}));
    for (const char* uri : {"file:///locked", "file:///secret"}) {
      w.server.notify_resource_updated(uri);
      if (granted.sees_hidden) CHECK(w.next()["params"]["uri"] == uri);
    }
    CHECK(w.silent());
  }
}

TEST_CASE("what is no scope cannot be demanded") {
  Server server("s", "1");
  for (const std::string scope : {"", "a b", "a\"b", "a\\b", "\x7F", "\xC3\xA4"}) {
    CAPTURE(scope);
    CHECK_THROWS_AS(server.tool("t", "d", [] { return 1; }, {.scopes = {scope}}), ErrorException);
    CHECK_THROWS_AS(server.prompt("p", "d", [] { return std::string(); }, {.scopes = {scope}}), ErrorException);
  }
}
