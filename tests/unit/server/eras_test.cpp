// SPDX-License-Identifier: Apache-2.0
// Which era a message belongs to, how a connection opens, and the right error for each in it.
#include "support.hpp"

using namespace sumun;
using namespace sumun::test;

namespace {

struct Sum {
  int a;
  int b;
};

void add_tools(World& w, Gate* gate = nullptr) {
  w.server.tool("add", "Adds", [](Sum in) { return in.a + in.b; }, {.effects = reads, .placement = Placement::quick});
  w.server.tool("add_pooled", "Adds", [](Sum in) { return in.a + in.b; }, {.effects = reads});
  if (gate != nullptr)
    w.server.tool("hold", "Waits",
                  [gate](Call& call) { return gate->wait_for_stop(call.stop_token()) ? "stopped" : "done"; });
}

}  // namespace

TEST_CASE("a modern request needs nothing before it") {
  World w;
  add_tools(w);
  const json answer = w.call("add", J(R"({"a":2,"b":3})"));
  CHECK_HOLDS(answer, R"({"result":{"resultType":"complete","structuredContent":5,"content":[{"type":"text","text":"5"}],
    "_meta":{"io.modelcontextprotocol/serverInfo":{"name":"test","version":"1.0.0"}}}})");
  CHECK(!answer["result"].contains("isError"));
}

TEST_CASE("server/discover says what there is") {
  ServerOptions options;
  options.instructions = "be brief";
  options.title = "Test";
  options.description = "for tests";
  options.website_url = "https://example.org";
  options.icons = {Icon{"https://example.org/i.png", "image/png", std::vector<std::string>{"48x48"}, IconTheme::dark}};
  options.list_ttl = std::chrono::seconds(5);
  World w(options);
  add_tools(w);
  const json answer = w.ask("server/discover");
  CHECK_HOLDS(answer, R"({"result":{"supportedVersions":["2026-07-28","2025-11-25","2025-06-18","2025-03-26","2024-11-05"],
    "instructions":"be brief","ttlMs":5000,"cacheScope":"public","capabilities":{"tools":{"listChanged":true}},
    "_meta":{"io.modelcontextprotocol/serverInfo":{"title":"Test","description":"for tests","websiteUrl":"https://example.org",
      "icons":[{"src":"https://example.org/i.png","sizes":["48x48"],"theme":"dark"}]}}}})");
  CHECK(!answer["result"]["capabilities"].contains("prompts"));
  CHECK(!answer["result"]["capabilities"].contains("resources"));
}

TEST_CASE("initialize selects the client's version, or the newest that it can") {
  struct {
    const char* asked;
    const char* got;
  } table[] = {{"2024-11-05", "2024-11-05"},
               {"2025-03-26", "2025-03-26"},
               {"2025-06-18", "2025-06-18"},
               {"2025-11-25", "2025-11-25"},
               {"2026-07-28", "2025-11-25"},
               {"2099-01-01", "2025-11-25"},
               {"", "2025-11-25"}};
  for (const auto& row : table) {
    CAPTURE(std::string(row.asked));
    World w;
    add_tools(w);
    json params = J(R"({"capabilities":{},"clientInfo":{"name":"c","version":"1"}})");
    params["protocolVersion"] = row.asked;
    const json answer = w.ask_legacy("initialize", params);
    CHECK(answer["result"]["protocolVersion"] == row.got);
    CHECK_HOLDS(
        answer,
        R"({"result":{"serverInfo":{"name":"test","version":"1.0.0"},"capabilities":{"tools":{"listChanged":true}}}})");
    CHECK(!answer["result"].contains("resultType"));
  }
}

TEST_CASE("a second initialize is refused, and the session stays as the first one opened it") {
  World w;
  add_tools(w);
  json params = J(R"({"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"c","version":"1"}})");
  CHECK(w.ask_legacy("initialize", params)["result"]["protocolVersion"] == "2025-06-18");
  params["protocolVersion"] = "2024-11-05";
  CHECK(code_of(w.ask_legacy("initialize", params)) == -32600);
  w.notify("notifications/initialized");
  CHECK(code_of(w.ask_legacy("initialize", params)) == -32600);
  CHECK(w.call_legacy("add", J(R"({"a":1,"b":1})"))["result"].contains("structuredContent"));  // not in 2024-11-05
}

TEST_CASE("each message decides its era by itself") {
  World w;
  add_tools(w);
  w.open("2025-06-18");
  CHECK_HOLDS(w.call_legacy("add", J(R"({"a":1,"b":1})")), R"({"result":{"structuredContent":{"result":2}}})");
  CHECK_HOLDS(w.call("add", J(R"({"a":1,"b":1})")), R"({"result":{"structuredContent":2,"resultType":"complete"}})");
  const json again = w.call_legacy("add", J(R"({"a":1,"b":1})"));
  CHECK(!again["result"].contains("resultType"));
  CHECK(code_of(w.ask("ping")) == -32601);
  CHECK(w.ask_legacy("ping").contains("result"));
}

TEST_CASE("modern first, then initialize: a client that probes and falls back") {
  World w;
  add_tools(w);
  CHECK(w.ask("server/discover").contains("result"));
  w.open("2025-11-25");
  CHECK(w.call_legacy("add", J(R"({"a":1,"b":1})")).contains("result"));
}

TEST_CASE("every way of getting an opening wrong has its error") {
  struct {
    const char* name;
    const char* message;
    int code;
    const char* words;
  } table[] = {
      {"no meta at all", R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})", -32602, "protocolVersion"},
      {"no version",
       R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/clientCapabilities":{}}}})",
       -32602, "protocolVersion"},
      {"no capabilities",
       R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}})",
       -32602, "clientCapabilities"},
      {"capabilities of the wrong type",
       R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":5}}})",
       -32602, "clientCapabilities"},
      {"meta is no object", R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":5}})", -32602, "_meta"},
      {"params is an array", R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":[]})", -32602, "params"},
      {"initialize without a version",
       R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{},"clientInfo":{"name":"c","version":"1"}}})",
       -32602, "protocolVersion"},
      {"initialize without params", R"({"jsonrpc":"2.0","id":1,"method":"initialize"})", -32602, "missing"},
      {"id of the wrong type", R"({"jsonrpc":"2.0","id":{},"method":"tools/list"})", -32600, "id"},
      {"id null", R"({"jsonrpc":"2.0","id":null,"method":"tools/list"})", -32600, "id"},
      {"no jsonrpc", R"({"id":1,"method":"tools/list"})", -32600, "jsonrpc"},
      {"no method", R"({"jsonrpc":"2.0","id":1})", -32600, ""},
      {"a number", "5", -32600, ""},
      {"an empty batch", "[]", -32600, "batch"},
      {"a batch", R"([{"jsonrpc":"2.0","id":1,"method":"ping"}])", -32600, "batch"},
      {"a batch with initialize inside",
       R"([{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}])",
       -32600, "batch"},
      {"not JSON", "{", -32700, ""},
      {"a blank line", " ", -32700, ""},
      {"twice the same member", R"({"jsonrpc":"2.0","id":1,"id":2,"method":"ping"})", -32700, "id"},
      {"invalid UTF-8", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}", -32700, ""},
      {"a lone surrogate", R"({"jsonrpc":"2.0","id":1,"method":"\ud800"})", -32700, ""},
  };
  World w;
  add_tools(w);
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    w.send_text(row.message);
    const json answer = w.next();
    CHECK(code_of(answer) == row.code);
    CHECK_MESSAGE(message_of(answer).find(row.words) != std::string::npos, message_of(answer));
  }
  w.send_text(std::string(150000, '[') + std::string(150000, ']'));
  CHECK(code_of(w.next()) == -32700);
  CHECK(w.call("add", J(R"({"a":1,"b":1})")).contains("result"));
}

TEST_CASE("an error whose id could not be read says so as its revision does") {
  struct {
    const char* revision;
    bool null;
  } table[] = {{"2024-11-05", true}, {"2025-03-26", true}, {"2025-06-18", true}, {"2025-11-25", false}};
  for (const auto& row : table) {
    CAPTURE(std::string(row.revision));
    World w;
    w.open(row.revision);
    w.send_text("{");
    const json answer = w.next();
    CHECK(answer.contains("id") == row.null);
    if (row.null) CHECK(answer["id"].is_null());
  }
  World w;
  w.send_text("{");
  CHECK(!w.next().contains("id"));
}

TEST_CASE("a version that is not served is -32022 with what is, whatever session is open") {
  for (const bool session : {false, true}) {
    for (const char* version : {"2099-01-01", "2025-11-25", "", "x"}) {
      CAPTURE(session);
      CAPTURE(std::string(version));
      World w;
      add_tools(w);
      if (session) w.open();
      json message = w.request(1, "tools/list");
      message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = version;
      w.send(message);
      const json answer = w.next();
      CHECK(code_of(answer) == -32022);
      CHECK(answer["error"]["data"]["requested"] == version);
      CHECK(answer["error"]["data"]["supported"][0] == "2026-07-28");
    }
  }
}

TEST_CASE("a method that the revision or the server lacks is -32601") {
  struct {
    const char* revision;  // "" = modern
    const char* method;
  } table[] = {
      {"", "nonsense"},
      {"", "ping"},
      {"", "initialize"},
      {"", "logging/setLevel"},
      {"", "resources/subscribe"},
      {"", "elicitation/create"},
      {"", "notifications/cancelled"},
      {"", "prompts/list"},
      {"", "prompts/get"},
      {"", "resources/list"},
      {"", "resources/read"},
      {"", "resources/templates/list"},
      {"", "completion/complete"},
      {"", ""},
      {"2025-11-25", "server/discover"},
      {"2025-11-25", "subscriptions/listen"},
      {"2025-11-25", "nonsense"},
      {"2025-11-25", "sampling/createMessage"},
      {"2024-11-05", "server/discover"},
      {"2025-03-26", "prompts/list"},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.revision));
    CAPTURE(std::string(row.method));
    World w;
    add_tools(w);
    json answer;
    if (*row.revision == '\0') {
      answer = w.ask(row.method);
    } else {
      w.open(row.revision);
      answer = w.ask_legacy(row.method);
    }
    CHECK(code_of(answer) == -32601);
    CHECK(message_of(answer).find("method not found") != std::string::npos);
  }
}

TEST_CASE("ping is answered before initialize") {
  World w;
  CHECK(w.ask_legacy("ping")["result"] == json::object());
}

TEST_CASE("notifications are never answered, whatever they hold") {
  World w;
  add_tools(w);
  for (const char* text :
       {R"({"jsonrpc":"2.0","method":"nonsense"})", R"({"jsonrpc":"2.0","method":"tools/call","params":{"name":"add"}})",
        R"({"jsonrpc":"2.0","method":"notifications/cancelled"})",
        R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{}}})",
        R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":77}})",
        R"({"jsonrpc":"2.0","method":"notifications/initialized"})",
        R"({"jsonrpc":"2.0","method":"notifications/roots/list_changed"})", R"({"jsonrpc":"2.0","id":9,"result":{}})",
        R"({"jsonrpc":"2.0","id":9,"error":{"code":1,"message":"x"}})"}) {
    CAPTURE(std::string(text));
    w.send_text(text);
    CHECK(w.silent());
  }
}

TEST_CASE("an id that is still being answered is refused, and can be used again after") {
  Gate gate;
  World w;
  add_tools(w, &gate);
  w.send(w.request("same", "tools/call", J(R"({"name":"hold"})")));
  w.send(w.request("same", "tools/call", J(R"({"name":"add","arguments":{"a":1,"b":1}})")));
  const json refused = w.next();
  CHECK(code_of(refused) == -32600);
  CHECK(refused["id"] == "same");
  w.send(w.request(0, "tools/call", J(R"({"name":"add","arguments":{"a":1,"b":1}})")));
  w.send(w.request("0", "tools/call", J(R"({"name":"add","arguments":{"a":1,"b":1}})")));
  CHECK(w.next()["id"] == 0);
  CHECK(w.next()["id"] == "0");
  gate.open();
  CHECK(text_of(w.next()) == "done");
  w.send(w.request("same", "tools/call", J(R"({"name":"hold"})")));
  CHECK(text_of(w.next()) == "done");
}

// ---- batches of 2025-03-26

TEST_CASE("a batch is answered in one message") {
  World w;
  add_tools(w);
  w.open("2025-03-26");
  w.send_text(R"([{"jsonrpc":"2.0","id":1,"method":"ping"},
    {"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"add_pooled","arguments":{"a":1,"b":2}}},
    {"jsonrpc":"2.0","method":"notifications/roots/list_changed"},
    {"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"add","arguments":{"a":3,"b":4}}},
    {"jsonrpc":"2.0","id":4,"method":"nonsense"},
    {"jsonrpc":"2.0","id":5},
    7])");
  const json answers = w.next();
  REQUIRE(answers.is_array());
  CHECK(answers.size() == 6);
  std::map<std::string, json> by_id;
  for (const json& answer : answers) by_id[answer["id"].dump()] = answer;
  CHECK(by_id["1"]["result"] == json::object());
  CHECK(text_of(by_id["2"]) == "3");
  CHECK(!by_id["2"]["result"].contains("structuredContent"));
  CHECK(text_of(by_id["3"]) == "7");
  CHECK(code_of(by_id["4"]) == -32601);
  CHECK(code_of(by_id["5"]) == -32600);
  CHECK(code_of(by_id["null"]) == -32600);
  CHECK(w.silent());
}

TEST_CASE("a batch of notifications alone has no answer") {
  World w;
  w.open("2025-03-26");
  w.send_text(R"([{"jsonrpc":"2.0","method":"notifications/initialized"},{"jsonrpc":"2.0","method":"nonsense"}])");
  CHECK(w.silent());
}

TEST_CASE("a batch holds neither initialize nor a message of another revision") {
  World w;
  add_tools(w);
  w.open("2025-03-26");
  json batch = json::array({w.request(2, "subscriptions/listen", J(R"({"notifications":{"toolsListChanged":true}})"))});
  batch.push_back(J(
      R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{},"clientInfo":{"name":"c","version":"1"}}})"));
  w.send(batch);
  const json answers = w.next();
  REQUIRE(answers.size() == 2);
  for (const json& answer : answers) CHECK(code_of(answer) == -32600);
}

TEST_CASE("a batch over the bound is refused as one") {
  World w;
  w.open("2025-03-26");
  json batch = json::array();
  for (std::size_t i = 0; i <= kMaxBatch; ++i) batch.push_back(w.legacy(i, "ping"));
  w.send(batch);
  CHECK(code_of(w.next()) == -32600);
  batch.erase(0);
  w.send(batch);
  CHECK(w.next().size() == kMaxBatch);
}

TEST_CASE("a cancelled member of a batch is left out of its answer") {
  Gate gate;
  World w;
  add_tools(w, &gate);
  w.open("2025-03-26");
  w.send_text(
      R"([{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"hold"}},{"jsonrpc":"2.0","id":2,"method":"ping"}])");
  CHECK(w.silent());
  w.cancel(1);
  const json answers = w.next();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0]["id"] == 2);
  w.send_text(R"([{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"hold"}}])");
  w.cancel(3);
  CHECK(w.silent());
}

TEST_CASE("an id that stands twice in a batch is answered for both") {
  Gate gate;
  World w;
  add_tools(w, &gate);
  w.open("2025-03-26");
  w.send_text(
      R"([{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"hold"}},{"jsonrpc":"2.0","id":1,"method":"ping"}])");
  CHECK(w.silent());
  gate.open();
  const json answers = w.next();
  REQUIRE(answers.size() == 2);
  CHECK(code_of(answers[0]) == -32600);
  CHECK(text_of(answers[1]) == "done");
}
