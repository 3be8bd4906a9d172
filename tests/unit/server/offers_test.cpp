// SPDX-License-Identifier: Apache-2.0
// What a server offers: lists and their pages, prompts, resources, completion, changes, and what misuse says.
#include "support.hpp"

#include <sumun/field.hpp>

using namespace sumun;
using namespace sumun::test;

namespace {

struct Trip {
  Field<std::string, "where to", title<"City">> zone;
  Field<std::optional<std::string>, "from where"> origin;
  std::string animal = "none";
};

std::vector<std::string> names_in(const json& answer, const char* list, const char* key = "name") {
  std::vector<std::string> names;
  for (const json& item : answer["result"][list]) names.push_back(item[key]);
  return names;
}

json page(const json& before) {
  json params;
  params["cursor"] = before["result"]["nextCursor"];
  return params;
}

void add_tool(World& w, const std::string& name) {
  w.server.tool(name, "d", [] { return 1; });
}

Resource resource_at(std::string uri, std::string name = "r") {
  Resource resource;
  resource.uri = std::move(uri);
  resource.name = std::move(name);
  return resource;
}
ResourceTemplate template_of(std::string uri) {
  ResourceTemplate made;
  made.uriTemplate = std::move(uri);
  made.name = "t";
  return made;
}

template <class F>
std::string misuse_of(F f) {
  try {
    f();
  } catch (const ErrorException& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("lists come in the order of registration, page by page, with cache hints in 2026-07-28") {
  ServerOptions options;
  options.page_size = 2;
  options.list_ttl = std::chrono::seconds(3);
  World w(options);
  for (const char* name : {"e", "d", "c", "b", "a"}) add_tool(w, name);
  const json first = w.ask("tools/list");
  CHECK(names_in(first, "tools") == std::vector<std::string>{"e", "d"});
  CHECK_HOLDS(first, R"({"result":{"ttlMs":3000,"cacheScope":"public","resultType":"complete"}})");
  const json second = w.ask("tools/list", page(first));
  CHECK(names_in(second, "tools") == std::vector<std::string>{"c", "b"});
  const json third = w.ask("tools/list", page(second));
  CHECK(names_in(third, "tools") == std::vector<std::string>{"a"});
  CHECK(!third["result"].contains("nextCursor"));
  w.open();
  CHECK(!w.ask_legacy("tools/list")["result"].contains("ttlMs"));
}

TEST_CASE("entries that come and go between pages neither repeat nor hide others") {
  ServerOptions options;
  options.page_size = 2;
  World w(options);
  for (const char* name : {"a", "b", "c", "d"}) add_tool(w, name);
  const json first = w.ask("tools/list");
  w.server.remove_tool("a");
  w.server.remove_tool("b");
  w.server.remove_tool("c");
  add_tool(w, "e");
  add_tool(w, "a");
  const json second = w.ask("tools/list", page(first));
  CHECK(names_in(second, "tools") == std::vector<std::string>{"d", "e"});
  const json third = w.ask("tools/list", page(second));
  CHECK(names_in(third, "tools") == std::vector<std::string>{"a"});
}

TEST_CASE("a cursor that this server did not give is -32602") {
  World w;
  add_tool(w, "a");
  w.server.resource(resource_at("x:1"), [] { return "1"; });
  w.server.prompt("p", "d", [] { return "p"; });
  for (const char* method : {"tools/list", "prompts/list", "resources/list", "resources/templates/list"}) {
    for (const char* cursor : {"", "t", "x1", "5", "t-1", "t1x", "t99999999999999999999999", "q1:2", "l", "l0", "lx:1"}) {
      CAPTURE(std::string(method));
      CAPTURE(std::string(cursor));
      json params;
      params["cursor"] = cursor;
      CHECK(code_of(w.ask(method, params)) == -32602);
    }
    CHECK(code_of(w.ask(method, J(R"({"cursor":5})"))) == -32602);
  }
}

TEST_CASE("a list whose last entry went is empty, and the capability stays") {
  World w;
  add_tool(w, "a");
  w.server.remove_tool("a");
  CHECK(w.ask("tools/list")["result"]["tools"] == json::array());
  CHECK(w.ask("server/discover")["result"]["capabilities"].contains("tools"));
  CHECK(code_of(w.call("a")) == -32602);
  CHECK(!w.server.remove_tool("a"));
}

// ---- prompts

TEST_CASE("a prompt has arguments in their order, and needs those that are required") {
  World w;
  w.server.prompt("trip", "Plans a trip",
                  [](Trip in) { return in.zone.get() + " " + in.origin.value_or("-") + " " + in.animal; });
  w.server.prompt(
      "both", "Two messages",
      [] { return std::vector<PromptMessage>{{Role::user, text_content("q")}, {Role::assistant, text_content("a")}}; },
      {.title = "Both", .placement = Placement::quick});
  w.server.prompt("full", "d", [](Call& call) {
    GetPromptResult result;
    result.description = "own " + call.target();
    return result;
  });
  const json listed = w.ask("prompts/list");
  CHECK_HOLDS(listed, R"({"result":{"prompts":[{"name":"trip","description":"Plans a trip","arguments":[
    {"name":"zone","title":"City","description":"where to","required":true},{"name":"origin","required":false},{"name":"animal","required":false}]},
    {"name":"both","title":"Both"}]}})");
  CHECK_HOLDS(
      w.ask("prompts/get", J(R"({"name":"trip","arguments":{"zone":"Rome"}})")),
      R"({"result":{"description":"Plans a trip","messages":[{"role":"user","content":{"type":"text","text":"Rome - none"}}]}})");
  CHECK_HOLDS(w.ask("prompts/get", J(R"({"name":"both"})")),
              R"({"result":{"messages":[{"role":"user"},{"role":"assistant","content":{"text":"a"}}]}})");
  CHECK_HOLDS(w.ask("prompts/get", J(R"({"name":"full"})")), R"({"result":{"description":"own full"}})");
  struct {
    const char* params;
    const char* words;
  } table[] = {{R"({"name":"trip"})", "params.arguments.zone"},
               {R"({"name":"trip","arguments":{"zone":5}})", "zone"},
               {R"({"name":"trp","arguments":{"zone":"x"}})", "did you mean 'trip'?"},
               {R"({})", "name"},
               {R"({"name":"trip","arguments":[]})", "arguments"}};
  for (const auto& row : table) {
    CAPTURE(std::string(row.params));
    const json answer = w.ask("prompts/get", J(row.params));
    CHECK(code_of(answer) == -32602);
    CHECK_MESSAGE(message_of(answer).find(row.words) != std::string::npos, message_of(answer));
  }
}

TEST_CASE("a prompt's failure is a protocol error, and secrets stay in the log") {
  World w;
  w.server.prompt("fails", "d", []() -> Result<std::string> { return fail("no such thing"); });
  w.server.prompt("throws", "d", []() -> std::string { throw std::runtime_error("hunter2"); });
  const json failed_one = w.ask("prompts/get", J(R"({"name":"fails"})"));
  CHECK(code_of(failed_one) == -32603);
  CHECK(message_of(failed_one) == "no such thing");
  const json thrown = w.ask("prompts/get", J(R"({"name":"throws"})"));
  CHECK(code_of(thrown) == -32603);
  CHECK(message_of(thrown).find("hunter2") == std::string::npos);
  CHECK(w.logged->has("hunter2"));
}

// ---- resources

TEST_CASE("resources are read by URI, or by the first template that fits") {
  World w;
  Resource fixed = resource_at("x:fixed");
  fixed.mimeType = "text/plain";
  w.server.resource(fixed, [](Call& call) { return "fixed at " + call.target(); },
                    {.placement = Placement::quick, .ttl = std::chrono::seconds(9)});
  w.server.resource_template(template_of("x:n/{name}"), [](UriVariables in) { return "named " + in["name"]; });
  w.server.resource_template(template_of("x:{+rest}"),
                             [](UriVariables in, Call&) -> awaitable<std::string> { co_return "rest " + in["rest"]; });
  w.server.resource(resource_at("x:blob"), [] {
    BlobResourceContents contents;
    contents.blob = "aGk=";
    ReadResourceResult result;
    result.contents.push_back(contents);
    return result;
  });
  w.server.resource(resource_at("x:gone"),
                    []() -> Result<std::string> { return fail(ErrorCode::resource_not_found, "it went"); });
  const auto read = [&](const char* uri) { return w.ask("resources/read", json{{"uri", uri}}); };
  CHECK_HOLDS(
      read("x:fixed"),
      R"({"result":{"contents":[{"uri":"x:fixed","text":"fixed at x:fixed","mimeType":"text/plain"}],"ttlMs":9000,"cacheScope":"private"}})");
  CHECK_HOLDS(read("x:n/a%20b"), R"({"result":{"contents":[{"uri":"x:n/a%20b","text":"named a b"}],"ttlMs":0}})");
  CHECK_HOLDS(read("x:a/b"), R"({"result":{"contents":[{"text":"rest a/b"}]}})");
  CHECK_HOLDS(read("x:blob"), R"({"result":{"contents":[{"uri":"x:blob","blob":"aGk="}]}})");
  CHECK(code_of(read("x:gone")) == -32602);
  const json unknown = read("y:1");
  CHECK(code_of(unknown) == -32602);
  CHECK(unknown["error"]["data"]["uri"] == "y:1");
  CHECK(code_of(w.ask("resources/read", json{{"uri", std::string(kMaxUriBytes + 1, 'x')}})) == -32602);
  w.open();
  CHECK(code_of(w.ask_legacy("resources/read", json{{"uri", "y:1"}})) == -32002);
  CHECK(code_of(w.ask_legacy("resources/read", json{{"uri", "x:gone"}})) == -32002);
  CHECK(!w.ask_legacy("resources/read", json{{"uri", "x:fixed"}})["result"].contains("ttlMs"));
  CHECK(names_in(w.ask_legacy("resources/list"), "resources", "uri") ==
        std::vector<std::string>{"x:fixed", "x:blob", "x:gone"});
  CHECK(names_in(w.ask_legacy("resources/templates/list"), "resourceTemplates", "uriTemplate") ==
        std::vector<std::string>{"x:n/{name}", "x:{+rest}"});
}

TEST_CASE("listers follow the registered resources, at cursors of their own; what they throw is an answer") {
  ServerOptions options;
  options.page_size = 1;
  World w(options);
  const auto handler = [](UriVariables) { return "x"; };
  w.server.resource(resource_at("x:fixed"), [] { return "1"; });
  w.server.resource_template(template_of("a:{x}"), handler,
                             {.list = [](std::optional<std::string> cursor) -> Result<ListResourcesResult> {
                               ListResourcesResult result;
                               if (!cursor) {
                                 result.resources = {resource_at("a:1")};
                                 result.nextCursor = "";  // an empty one is a cursor too
                               } else {
                                 CHECK(cursor->empty());
                                 result.resources = {resource_at("a:2")};
                               }
                               return result;
                             }});
  w.server.resource_template(template_of("n:{x}"), handler);
  w.server.resource_template(
      template_of("b:{x}"), handler,
      {.list = [](std::optional<std::string>) -> Result<ListResourcesResult> { throw std::runtime_error("hunter2"); }});
  w.server.resource_template(
      template_of("c:{x}"), handler,
      {.list = [](std::optional<std::string>) -> Result<ListResourcesResult> { return fail("the disk is away"); }});
  std::vector<std::string> uris;
  json answer = w.ask("resources/list");
  for (int pages = 0; pages < 3; ++pages) {
    for (auto& uri : names_in(answer, "resources", "uri")) uris.push_back(std::move(uri));
    REQUIRE(answer["result"].contains("nextCursor"));
    answer = w.ask("resources/list", page(answer));
  }
  CHECK(uris == std::vector<std::string>{"x:fixed", "a:1", "a:2"});
  CHECK(code_of(answer) == -32603);
  CHECK(message_of(answer).find("hunter2") == std::string::npos);
  const json last = w.ask("resources/list", J(R"({"cursor":"l5"})"));
  CHECK(message_of(last) == "the disk is away");
  CHECK(w.ask("resources/list", J(R"({"cursor":"l6:x"})"))["result"]["resources"] == json::array());
}

// ---- completion

TEST_CASE("completion gives what fits, a hundred at most, and what was chosen already") {
  World w;
  w.server.prompt("trip", "d", [](Trip) { return "x"; });
  w.server.resource_template(template_of("x:{name}"), [](UriVariables) { return "x"; });
  CHECK(!w.ask("server/discover")["result"]["capabilities"].contains("completions"));
  w.server.complete_prompt("trip", "zone", [](std::string value, std::map<std::string, std::string> context) {
    return std::vector<std::string>{value + "!", context.count("origin") != 0 ? context["origin"] : "none"};
  });
  w.server.complete_prompt("trip", "animal",
                           [](std::string, std::map<std::string, std::string>) -> std::vector<std::string> {
                             throw std::runtime_error("hunter2");
                           });
  w.server.complete_resource("x:{name}", "name", [](std::string, std::map<std::string, std::string>) {
    return std::vector<std::string>(150, "v");
  });
  CHECK(w.ask("server/discover")["result"]["capabilities"].contains("completions"));
  const auto complete = [&](const char* params) { return w.ask("completion/complete", J(params)); };
  CHECK_HOLDS(
      complete(
          R"({"ref":{"type":"ref/prompt","name":"trip"},"argument":{"name":"zone","value":"R"},"context":{"arguments":{"origin":"Oslo"}}})"),
      R"({"result":{"completion":{"values":["R!","Oslo"]}}})");
  const json many = complete(R"({"ref":{"type":"ref/resource","uri":"x:{name}"},"argument":{"name":"name","value":""}})");
  CHECK(many["result"]["completion"]["values"].size() == 100);
  CHECK_HOLDS(many, R"({"result":{"completion":{"total":150,"hasMore":true}}})");
  CHECK(complete(
            R"({"ref":{"type":"ref/prompt","name":"trip"},"argument":{"name":"origin","value":""}})")["result"]["completion"]
                                                                                                     ["values"] ==
        json::array());
  const json thrown = complete(R"({"ref":{"type":"ref/prompt","name":"trip"},"argument":{"name":"animal","value":""}})");
  CHECK(code_of(thrown) == -32603);
  CHECK(message_of(thrown).find("hunter2") == std::string::npos);
  for (const char* params : {R"({"ref":{"type":"ref/prompt","name":"no"},"argument":{"name":"zone","value":""}})",
                             R"({"ref":{"type":"ref/resource","uri":"no:{x}"},"argument":{"name":"x","value":""}})",
                             R"({"ref":{"type":"ref/odd"},"argument":{"name":"x","value":""}})",
                             R"({"argument":{"name":"x","value":""}})", R"({"ref":{"type":"ref/prompt","name":"trip"}})"})
    CHECK(code_of(complete(params)) == -32602);
}

// ---- changes

TEST_CASE("a subscription is acknowledged first, hears what it asked for, and ends when cancelled") {
  World w;
  add_tool(w, "a");
  w.server.resource(resource_at("x:1"), [] { return "1"; });
  w.send(w.request(
      "s1", "subscriptions/listen",
      J(R"({"notifications":{"toolsListChanged":true,"promptsListChanged":true,"resourceSubscriptions":["x:1"]}})")));
  const json acknowledged = w.next();
  CHECK_HOLDS(
      acknowledged,
      R"({"method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"s1"},
    "notifications":{"toolsListChanged":true,"resourceSubscriptions":["x:1"]}}})");
  CHECK(!acknowledged["params"]["notifications"].contains("promptsListChanged"));
  w.send(w.request(2, "subscriptions/listen", J(R"({"notifications":{}})")));
  w.next();
  add_tool(w, "b");
  CHECK_HOLDS(
      w.next(),
      R"({"method":"notifications/tools/list_changed","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"s1"}}})");
  w.server.notify_resource_updated("x:1");
  CHECK_HOLDS(
      w.next(),
      R"({"method":"notifications/resources/updated","params":{"uri":"x:1","_meta":{"io.modelcontextprotocol/subscriptionId":"s1"}}})");
  w.server.notify_resource_updated("x:2");
  w.server.resource(resource_at("x:2"), [] { return "1"; });
  CHECK(w.silent());
  w.cancel("s1");
  w.server.remove_tool("b");
  CHECK(w.silent());
}

TEST_CASE("subscriptions are bounded in number and in URIs, and room comes back") {
  World w;
  w.server.resource(resource_at("x:1"), [] { return "1"; });
  json params;
  params["notifications"]["resourceSubscriptions"] = json::array();
  for (std::size_t i = 0; i < kMaxSubscribedUris; ++i)
    params["notifications"]["resourceSubscriptions"].push_back("x:" + std::to_string(i));
  CHECK(w.ask("subscriptions/listen", params)["method"] == "notifications/subscriptions/acknowledged");
  const int id = w.last_id;
  const json one = J(R"({"notifications":{"resourceSubscriptions":["x:1"]}})");
  CHECK(code_of(w.ask("subscriptions/listen", one)) == 503);
  w.cancel(id);
  for (std::size_t i = 0; i < kMaxSubscriptions; ++i) CHECK(w.ask("subscriptions/listen", one).contains("method"));
  CHECK(code_of(w.ask("subscriptions/listen", one)) == 503);
  CHECK(code_of(w.ask("subscriptions/listen", J(R"({"notifications":5})"))) == -32602);
}

TEST_CASE("legacy clients hear of changes once they are initialized, and of resources that they subscribed to") {
  World w;
  add_tool(w, "a");
  w.server.resource(resource_at("x:1"), [] { return "1"; });
  add_tool(w, "b");
  CHECK(w.silent());
  w.open();
  add_tool(w, "c");
  CHECK_HOLDS(w.next(), R"({"method":"notifications/tools/list_changed"})");
  w.server.prompt("p", "d", [] { return "p"; });
  CHECK(w.next()["method"] == "notifications/prompts/list_changed");
  w.server.remove_prompt("p");
  CHECK(w.next()["method"] == "notifications/prompts/list_changed");
  w.server.resource_template(template_of("t:{x}"), [](UriVariables) { return "1"; });
  CHECK(w.next()["method"] == "notifications/resources/list_changed");
  CHECK(w.server.remove_resource_template("t:{x}"));
  CHECK(w.next()["method"] == "notifications/resources/list_changed");
  w.server.notify_resource_updated("x:1");
  CHECK(w.silent());
  CHECK(w.ask_legacy("resources/subscribe", J(R"({"uri":"x:1"})"))["result"] == json::object());
  w.server.notify_resource_updated("x:1");
  CHECK_HOLDS(w.next(), R"({"method":"notifications/resources/updated","params":{"uri":"x:1"}})");
  CHECK(w.ask_legacy("resources/unsubscribe", J(R"({"uri":"x:1"})"))["result"] == json::object());
  w.server.notify_resource_updated("x:1");
  CHECK(w.silent());
  CHECK(code_of(w.ask_legacy("resources/subscribe", J(R"({})"))) == -32602);
  CHECK_HOLDS(w.ask_legacy("resources/subscribe", J(R"({"uri":"x:2"})")), R"({"error":{"code":-32002,"data":{"uri":"x:2"}}})");
}

TEST_CASE("a client that does not read hears of a change once, when it reads again") {
  struct Stalled final : Transport {
    Events events;
    std::vector<json> sent;
    std::size_t queued = 0;
    void start(Events to) override { events = std::move(to); }
    void send(Outgoing message) override {
      if (!message.text.empty()) sent.push_back(J(message.text));
    }
    std::size_t queued_bytes() const override { return queued; }
    void close() override {}
    void tell(const json& message) { events.message(dump_json(message)); }
  };
  World w;
  w.server.resource(resource_at("x:1"), [] { return "1"; });
  Stalled transport;
  const auto session = server::Session::start(w.server.core(), transport, w.loop.get_executor(), w.pool, {}, [] {});
  transport.tell(w.request("s", "subscriptions/listen",
                           J(R"({"notifications":{"resourcesListChanged":true,"resourceSubscriptions":["x:1"]}})")));
  transport.queued = kMaxOutputBytes + 1;
  for (int i = 0; i < 1000; ++i) {
    session->resource_updated("x:1");
    session->resource_updated("x:2");
    session->list_changed(server::ListKind::resources);
  }
  w.loop.restart();
  w.loop.poll();
  CHECK(transport.sent.size() == 1);  // the acknowledgment
  transport.queued = 0;
  CHECK(w.until([&] { return transport.sent.size() == 3; }));
  CHECK(transport.sent[1]["method"] == "notifications/resources/list_changed");
  CHECK(transport.sent[2]["params"]["uri"] == "x:1");
  transport.events.closed(fail(ErrorCode::closed, "gone"));
}

TEST_CASE("resources/subscribe is bounded; what is subscribed already is not counted twice") {
  World w;
  w.server.resource_template(template_of("x:{n}"), [](UriVariables) { return "1"; });
  w.open();
  for (std::size_t i = 0; i < kMaxSubscribedUris; ++i)
    CHECK(w.ask_legacy("resources/subscribe", json{{"uri", "x:" + std::to_string(i)}}).contains("result"));
  CHECK(code_of(w.ask_legacy("resources/subscribe", J(R"({"uri":"x:new"})"))) == 503);
  CHECK(w.ask_legacy("resources/subscribe", J(R"({"uri":"x:1"})")).contains("result"));
}

TEST_CASE("a call keeps the tool that it began with, even when it is removed meanwhile") {
  Gate gate;
  World w;
  auto witness = std::make_shared<std::string>("still here");
  w.server.tool("hold", "h", [&gate, witness](Call& call) {
    gate.wait_for_stop(call.stop_token());
    return *witness;
  });
  w.send(w.request(1, "tools/call", J(R"({"name":"hold"})")));
  CHECK(w.silent());
  w.server.remove_tool("hold");
  witness.reset();
  gate.open();
  CHECK(text_of(w.next()) == "still here");
}

// ---- icons, titles, _meta

TEST_CASE("title, icons and _meta go out with what they describe, where the revision has them") {
  World w;
  ToolOptions options;
  options.title = "Add";
  options.icons = {Icon{"data:image/png;base64,aGk=", "image/png", std::nullopt, std::nullopt}};
  options.meta = J(R"({"com.example/k":1})");
  w.server.tool("a", "d", [] { return 1; }, options);
  CHECK_HOLDS(
      w.ask("tools/list"),
      R"({"result":{"tools":[{"title":"Add","icons":[{"src":"data:image/png;base64,aGk="}],"_meta":{"com.example/k":1}}]}})");
  w.open("2024-11-05");
  const json old = w.ask_legacy("tools/list")["result"]["tools"][0];
  CHECK(!old.contains("title"));
  CHECK(!old.contains("icons"));
  CHECK(!old.contains("annotations"));
}

// ---- misuse

TEST_CASE("misuse fails at registration, with a message that names the thing") {
  struct {
    const char* name;
    std::function<void(Server&)> what;
    const char* words;
  } table[] = {
      {"twice", [](Server& s) { s.tool("a", "d", [] {}).tool("a", "d", [] {}); }, "tool 'a' is registered twice"},
      {"no name", [](Server& s) { s.tool("", "d", [] {}); }, "tool ''"},
      {"long name", [](Server& s) { s.tool(std::string(129, 'x'), "d", [] {}); }, "1 to 128"},
      {"a space", [](Server& s) { s.tool("a b", "d", [] {}); }, "tool 'a b': a name has letters"},
      {"not ASCII", [](Server& s) { s.tool("수문", "d", [] {}); }, "a name has letters"},
      {"a schema that is none",
       [](Server& s) {
         Tool t;
         t.name = "a";
         t.inputSchema = J(R"({"type":"object","properties":{"x":{"type":"strnig"}}})");
         s.add_tool(t, PlainHandler<CallToolResult>([](json, Call&) -> Result<CallToolResult> { return CallToolResult{}; }));
       },
       "tool 'a': its input schema is not valid: #/properties/x/type"},
      {"a schema of no object",
       [](Server& s) {
         Tool t;
         t.name = "a";
         t.inputSchema = J(R"({"type":"string"})");
         s.add_tool(t, PlainHandler<CallToolResult>([](json, Call&) -> Result<CallToolResult> { return CallToolResult{}; }));
       },
       "tool 'a': its input schema must have \"type\": \"object\""},
      {"a $ref that leads nowhere",
       [](Server& s) {
         Tool t;
         t.name = "a";
         t.inputSchema = J(R"({"type":"object","properties":{"x":{"$ref":"#/$defs/no"}}})");
         s.add_tool(t, PlainHandler<CallToolResult>([](json, Call&) -> Result<CallToolResult> { return CallToolResult{}; }));
       },
       "tool 'a': its input schema is not valid"},
      {"a dialect that is not known",
       [](Server& s) {
         Tool t;
         t.name = "a";
         t.inputSchema = J(R"({"$schema":"http://json-schema.org/draft-04/schema#","type":"object"})");
         s.add_tool(t, PlainHandler<CallToolResult>([](json, Call&) -> Result<CallToolResult> { return CallToolResult{}; }));
       },
       "draft-04"},
      {"an output schema that is none",
       [](Server& s) {
         ToolOptions options;
         options.output_schema = J(R"({"type":5})");
         s.tool("a", "d", [] { return json(); }, options);
       },
       "tool 'a': its output schema is not valid"},
      {"no handler",
       [](Server& s) {
         Tool t;
         t.name = "a";
         t.inputSchema = J(R"({"type":"object"})");
         s.add_tool(t, PlainHandler<CallToolResult>());
       },
       "tool 'a' has no handler"},
      {"a quick coroutine",
       [](Server& s) { s.tool("a", "d", []() -> awaitable<int> { co_return 1; }, {.placement = Placement::quick}); },
       "tool 'a': quick is for plain handlers"},
      {"a coroutine elsewhere",
       [](Server& s) {
         ToolOptions options;
         options.executor = [](std::function<void()>) {};
         s.tool("a", "d", []() -> awaitable<int> { co_return 1; }, options);
       },
       "tool 'a': an executor"},
      {"quick elsewhere",
       [](Server& s) {
         ToolOptions options{.placement = Placement::quick};
         options.executor = [](std::function<void()>) {};
         s.tool("a", "d", [] {}, options);
       },
       "tool 'a': a quick handler runs in place"},
      {"quick with a timeout",
       [](Server& s) { s.tool("a", "d", [] {}, {.placement = Placement::quick, .timeout = std::chrono::seconds(1)}); },
       "tool 'a': a quick handler cannot be stopped"},
      {"a negative timeout", [](Server& s) { s.tool("a", "d", [] {}, {.timeout = std::chrono::seconds(-1)}); },
       "tool 'a': its timeout is negative"},
      {"_meta that is no object", [](Server& s) { s.tool("a", "d", [] {}, {.meta = 5}); },
       "tool 'a': _meta must be an object"},
      {"a bad _meta key", [](Server& s) { s.tool("a", "d", [] {}, {.meta = J(R"({"9/x y":1})")}); },
       "tool 'a': _meta has the ill-formed key '9/x y'"},
      {"an icon of another scheme",
       [](Server& s) { s.tool("a", "d", [] {}, {.icons = {Icon{"javascript:x", {}, {}, {}}}}); },
       "tool 'a': the icon 'javascript:x'"},
      {"a prompt twice", [](Server& s) { s.prompt("p", "d", [] { return "x"; }).prompt("p", "d", [] { return "x"; }); },
       "prompt 'p' is registered twice"},
      {"a prompt with a number",
       [](Server& s) {
         struct In {
           int n;
         };
         s.prompt("p", "d", [](In) { return "x"; });
       },
       "prompt 'p': its argument 'n' must be a string"},
      {"a prompt's argument twice",
       [](Server& s) {
         Prompt p;
         p.name = "p";
         p.arguments = {PromptArgument{"x", {}, {}, {}}, PromptArgument{"x", {}, {}, {}}};
         s.add_prompt(
             p, PlainHandler<GetPromptResult>([](json, Call&) -> Result<GetPromptResult> { return GetPromptResult{}; }));
       },
       "prompt 'p': its argument 'x'"},
      {"a relative resource", [](Server& s) { s.resource(resource_at("notes"), [] { return "x"; }); },
       "resource 'notes': expected an absolute URI"},
      {"a resource without a name", [](Server& s) { s.resource(resource_at("x:1", ""), [] { return "x"; }); },
       "resource 'x:1' needs a name"},
      {"a resource twice",
       [](Server& s) {
         s.resource(resource_at("x:1"), [] { return "x"; }).resource(resource_at("x:1"), [] { return "x"; });
       },
       "resource 'x:1' is registered twice"},
      {"a template that is none",
       [](Server& s) { s.resource_template(template_of("x:{"), [](UriVariables) { return "x"; }); }, "uri template 'x:{'"},
      {"a template twice",
       [](Server& s) {
         s.resource_template(template_of("x:{a}"), [](UriVariables) {
            return "x";
          }).resource_template(template_of("x:{a}"), [](UriVariables) { return "x"; });
       },
       "resource template 'x:{a}' is registered twice"},
      {"completing no prompt", [](Server& s) { s.complete_prompt("p", "x", {}); }, "there is no prompt 'p'"},
      {"completing no argument", [](Server& s) { s.prompt("p", "d", [] { return "x"; }).complete_prompt("p", "x", {}); },
       "prompt 'p' has no argument 'x'"},
      {"completing no template", [](Server& s) { s.complete_resource("x:{a}", "a", {}); },
       "there is no resource template 'x:{a}'"},
      {"completing no variable",
       [](Server& s) {
         s.resource_template(template_of("x:{a}"), [](UriVariables) { return "x"; }).complete_resource("x:{a}", "b", {});
       },
       "resource template 'x:{a}' has no variable 'b'"},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    Server server("s", "1");
    const std::string said = misuse_of([&] { row.what(server); });
    CHECK_MESSAGE(said.find(row.words) != std::string::npos, said);
  }
  CHECK(misuse_of([] { Server("", "1"); }).find("needs a name") != std::string::npos);
  CHECK(misuse_of([] { Server("s", ""); }).find("server 's' needs a version") != std::string::npos);
  CHECK(misuse_of([] { Server("s", "1", {.page_size = 0}); }).find("page_size") != std::string::npos);
  CHECK(misuse_of([] { Server("s", "1", {.state_key = "short"}); }).find("5 bytes, expected 32") != std::string::npos);
  CHECK(misuse_of([] { Server("s", "1", {.icons = {Icon{"file:///x", {}, {}, {}}}}); }).find("file:///x") !=
        std::string::npos);
}

TEST_CASE("a failed registration changes nothing") {
  World w;
  add_tool(w, "a");
  CHECK(misuse_of([&] { add_tool(w, "a"); }) != "accepted");
  CHECK(names_in(w.ask("tools/list"), "tools") == std::vector<std::string>{"a"});
}

TEST_CASE("what known clients drop is a warning that names tool and client, an error when strict, silent when allowed") {
  Tool t;
  t.name = "odd";
  t.inputSchema = J(R"({"type":"object","oneOf":[{"required":["a"]},{"required":["b"]}]})");
  const PlainHandler<CallToolResult> handler = [](json, Call&) -> Result<CallToolResult> { return CallToolResult{}; };
  World warns;
  warns.server.add_tool(t, handler);
  CHECK(warns.logged->has("tool 'odd': "));
  CHECK(warns.logged->has("oneOf"));
  World allowed;
  allowed.server.add_tool(t, handler, ToolOptions{}.allow_unportable_schema());
  CHECK(!allowed.logged->has("odd"));
  ServerOptions options;
  options.strict_portability = true;
  World strict(options);
  CHECK(misuse_of([&] { strict.server.add_tool(t, handler); }).find("tool 'odd': ") == 0);
}

TEST_CASE("derived 64-bit integers are held to what every JSON reader keeps exact") {
  struct Big {
    std::int64_t n;
    Field<std::uint64_t, full_range> all;
  };
  World w;
  w.server.tool("big", "b", [](Big in) { return std::to_string(in.n) + " " + std::to_string(in.all.get()); });
  CHECK_HOLDS(
      w.ask("tools/list"),
      R"({"result":{"tools":[{"inputSchema":{"properties":{"n":{"minimum":-9007199254740991,"maximum":9007199254740991}}}}]}})");
  CHECK(text_of(w.call("big", J(R"({"n":9007199254740991,"all":18446744073709551615})"))) ==
        "9007199254740991 18446744073709551615");
  CHECK(failed(w.call("big", J(R"({"n":9007199254740992,"all":1})"))));
  CHECK(failed(w.call("big", J(R"({"n":1,"all":-1})"))));
}
