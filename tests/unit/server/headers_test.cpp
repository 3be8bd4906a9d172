// SPDX-License-Identifier: Apache-2.0
// A session whose transport has headers: they are held against the body before anything is carried out. And what a
// server of the modern era alone says to an older client.
#include "support.hpp"

#include <map>

using namespace sumun;
using namespace sumun::test;

namespace {

// Hands in what a test says and keeps what is sent.
class Desk final : public Transport {
 public:
  void start(Events events) override { events_ = std::move(events); }
  void send(Outgoing message) override {
    if (message.last) answers.insert_or_assign(message.stream, std::move(message));
  }
  std::size_t queued_bytes() const override { return 0; }
  void close() override {
    if (events_.closed) std::exchange(events_, {}).closed(fail(ErrorCode::closed, "closed"));
  }
  void hand_in(const Incoming& message) { events_.message(message); }

  std::map<StreamId, Outgoing> answers;

 private:
  Events events_;
};

struct Room {
  explicit Room(server::Eras eras = server::Eras::both) : server("room", "1") {
    ToolOptions quick;
    quick.placement = Placement::quick;
    server.add_tool(
        [] {
          Tool tool;
          tool.name = "query";
          tool.inputSchema = J(R"({"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region","default":"eu"},
                                   "limit":{"type":"integer","x-mcp-header":"Limit"}}})");
          return tool;
        }(),
        [this](json arguments, Call&) -> Result<CallToolResult> {
          ++calls;
          return CallToolResult::text(dump_json(arguments));
        },
        quick.allow_unportable_schema());
    server::SessionOptions options;
    options.eras = eras;
    session = server::Session::start(server.core(), desk, loop.get_executor(), pool, options, [] {});
  }
  ~Room() {
    desk.close();
    loop.run_for(std::chrono::seconds(10));
    pool.stop();
  }

  json ask(json message, const MirroredHeaders* headers) {
    const std::string text = dump_json(message);
    Incoming incoming(text);
    incoming.stream = ++last;
    incoming.headers = headers;
    desk.hand_in(incoming);
    REQUIRE(desk.answers.count(last) == 1);
    const Outgoing& answer = desk.answers.at(last);
    json value = json::parse(answer.text);
    CHECK(answer.error.has_value() == value.contains("error"));
    if (answer.error && code_of(value) != -32602) CHECK(static_cast<int>(answer.error->code) == code_of(value));
    // A request without its fields: HTTP makes 400 of this code.
    if (answer.error && code_of(value) == -32602) CHECK(answer.error->code == ErrorCode::invalid_request);
    return value;
  }
  static json request(const std::string& method, json params, const std::string& version = "2026-07-28") {
    params["_meta"] = {{"io.modelcontextprotocol/protocolVersion", version}, {"io.modelcontextprotocol/clientCapabilities", json::object()}};
    return {{"jsonrpc", "2.0"}, {"id", 7}, {"method", method}, {"params", std::move(params)}};
  }

  boost::asio::io_context loop{1};
  WorkerPool pool{WorkerPoolOptions{1, {}}};
  Server server;
  Desk desk;
  std::weak_ptr<server::Session> session;
  StreamId last = 0;
  int calls = 0;
};

MirroredHeaders headers_of(const char* version, const char* method, const char* name = nullptr) {
  MirroredHeaders headers;
  if (version != nullptr) headers.protocol_version = version;
  if (method != nullptr) headers.method = method;
  if (name != nullptr) headers.name = name;
  return headers;
}

}  // namespace

TEST_CASE("a request whose headers say something else is refused before it is carried out") {
  Room room;
  const json call = Room::request("tools/call", J(R"({"name":"query","arguments":{"limit":3}})"));
  auto good = headers_of("2026-07-28", "tools/call", "query");
  good.params = {{"limit", "3.0"}};
  CHECK_HOLDS(room.ask(call, &good), R"({"id":7,"result":{"content":[{"text":"{\"limit\":3,\"region\":\"eu\"}"}]}})");
  CHECK(room.calls == 1);

  const struct {
    const char* name;
    MirroredHeaders headers;
    std::vector<std::pair<std::string_view, std::string_view>> params;
    json body;
    int code;
    const char* says;
  } kCases[] = {
      {"no version", headers_of(nullptr, "tools/call", "query"), {{"Limit", "3"}}, call, -32020, "MCP-Protocol-Version is missing"},
      {"another version", headers_of("2025-11-25", "tools/call", "query"), {{"Limit", "3"}}, call, -32020, "MCP-Protocol-Version"},
      {"another method", headers_of("2026-07-28", "tools/list", "query"), {{"Limit", "3"}}, call, -32020, "Mcp-Method"},
      {"no name", headers_of("2026-07-28", "tools/call"), {{"Limit", "3"}}, call, -32020, "Mcp-Name"},
      {"another parameter", headers_of("2026-07-28", "tools/call", "query"), {{"Limit", "4"}}, call, -32020, "Mcp-Param-Limit"},
      {"no parameter", headers_of("2026-07-28", "tools/call", "query"), {}, call, -32020, "Mcp-Param-Limit is missing"},
      {"a default that nobody sent", headers_of("2026-07-28", "tools/call", "query"), {{"Limit", "3"}, {"Region", "eu"}}, call, -32020, "Mcp-Param-Region"},
      {"an unknown version on both sides", headers_of("v999", "tools/call", "query"), {}, Room::request("tools/call", call["params"], "v999"), -32022, "v999"},
      {"an unknown version in the body", headers_of("2026-07-28", "tools/call", "query"), {}, Room::request("tools/call", call["params"], "v999"), -32020, "v999"},
      {"an unknown method, rightly named", headers_of("2026-07-28", "no/such"), {}, Room::request("no/such", json::object()), -32601, "no/such"},
      {"an unknown method, wrongly named", headers_of("2026-07-28", "tools/list"), {}, Room::request("no/such", json::object()), -32020, "Mcp-Method"},
      {"an unknown method of an unknown version", headers_of("2026-07-28", "no/such"), {}, Room::request("no/such", json::object(), "v999"), -32020, "v999"},
      {"no _meta", headers_of("2026-07-28", "tools/list"), {}, J(R"({"jsonrpc":"2.0","id":7,"method":"tools/list","params":{}})"), -32602, "protocolVersion"},
  };
  for (const auto& one : kCases) {
    CAPTURE(one.name);
    MirroredHeaders headers = one.headers;
    headers.params = one.params;
    const json answer = room.ask(one.body, &headers);
    CHECK(code_of(answer) == one.code);
    CHECK(answer["id"] == 7);
    CHECK_MESSAGE(message_of(answer).find(one.says) != std::string::npos, message_of(answer));
  }
  CHECK(room.calls == 1);
  CHECK_HOLDS(room.ask(call, nullptr), R"({"result":{}})");  // a transport without headers has none to compare
  CHECK(room.calls == 2);
}

TEST_CASE("a tool whose marks break a rule is not registered") {
  Server server("room", "1");
  Tool tool;
  tool.name = "query";
  tool.inputSchema = J(R"({"type":"object","properties":{"ratio":{"type":"number","x-mcp-header":"Ratio"}}})");
  try {
    server.add_tool(tool, [](json, Call&) -> Result<CallToolResult> { return CallToolResult::text(""); });
    FAIL("it was registered");
  } catch (const ErrorException& error) {
    CHECK(error.error().message == "tool 'query': input schema: ratio: x-mcp-header: \"Ratio\" is for a string, an integer or a boolean");
  }
}

namespace {
struct Place {
  Field<std::string, "where", mcp_header<"Region">> region;
  Field<std::optional<int>, mcp_header<"Limit">> limit;
};
}  // namespace

TEST_CASE("members of an input can be marked") {
  Server server("room", "1");
  server.tool("query", "asks", [](Place place) { return place.region.get(); });
  const auto entry = server.core()->registry()->tools.find("query");
  REQUIRE(entry);
  REQUIRE(entry->mirrored.size() == 2);
  CHECK(entry->mirrored[0].header == "Limit");
  CHECK(entry->mirrored[1].header == "Region");
}

TEST_CASE("a server of the modern era alone names its versions to who opens a session") {
  Room room(server::Eras::modern_only);
  const json opening = J(R"({"jsonrpc":"2.0","id":7,"method":"initialize",
                             "params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}})");
  const MirroredHeaders none;
  CHECK_HOLDS(room.ask(opening, &none), R"({"id":7,"error":{"code":-32022,"data":{"supported":["2026-07-28"],"requested":"2025-11-25"}}})");
  CHECK(message_of(room.ask(opening, nullptr)).find("2026-07-28") != std::string::npos);
  CHECK(code_of(room.ask(J(R"({"jsonrpc":"2.0","id":7,"method":"ping"})"), &none)) == -32602);
  const auto headers = headers_of("2026-07-28", "server/discover");
  const json found = room.ask(Room::request("server/discover", json::object()), &headers);
  CHECK(found["result"]["supportedVersions"] == J(R"(["2026-07-28"])"));
}
