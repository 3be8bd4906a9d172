// SPDX-License-Identifier: Apache-2.0
// How the client finds the era of a server.
// Spec: 2026-07-28 basic/transports/stdio, Backward Compatibility
#include "fake_server.hpp"

using namespace fake;
using namespace std::chrono_literals;
using sumun::ClientOptions;
using sumun::Revision;

namespace {

ClientOptions quick() {
  ClientOptions options;
  options.probe_limit = 300ms;  // only silent servers take that long
  options.connect_limit = 1s;
  options.request_limit = 5s;
  return options;
}

std::vector<std::string> methods(const Server& server) {
  std::vector<std::string> names;
  for (const auto& message : server.received) names.push_back(message.value("method", "?"));
  return names;
}

const std::vector<std::string> kModern{"server/discover"};
const std::vector<std::string> kLegacy{"server/discover", "initialize", "notifications/initialized"};

}  // namespace

TEST_CASE("the client speaks the newest revision that both know") {
  struct {
    std::string name;
    Server::React react;
    Revision want;
    std::vector<std::string> sent;
  } table[] = {
      {"modern", modern({}), Revision::v2026_07_28, kModern},
      {"method not found", legacy({}), Revision::v2025_11_25, kLegacy},
      {"an older legacy revision", legacy({}, "2024-11-05"), Revision::v2024_11_05, kLegacy},
      {"invalid params",
       [](const json& m, Server& s) {
         if (m["method"] == "server/discover") s.refuse(m, -32602, "initialize first");
         else if (m["method"] == "initialize") s.answer(m, initialization("2025-06-18"));
       },
       Revision::v2025_06_18, kLegacy},
      {"a code of its own",
       [](const json& m, Server& s) {
         if (m["method"] == "server/discover") s.refuse(m, 17, "what?");
         else if (m["method"] == "initialize") s.answer(m, initialization("2025-03-26"));
       },
       Revision::v2025_03_26, kLegacy},
      {"an error without an id",
       [](const json& m, Server& s) {
         if (m["method"] == "server/discover") s.say({{"jsonrpc", "2.0"}, {"id", nullptr}, {"error", {{"code", -32600}, {"message", "no"}}}});
         else if (m["method"] == "initialize") s.answer(m, initialization("2025-11-25"));
       },
       Revision::v2025_11_25, kLegacy},
      {"silence",
       [](const json& m, Server& s) {
         if (m["method"] == "initialize") s.answer(m, initialization("2025-11-25"));
       },
       Revision::v2025_11_25, kLegacy},
      {"a result that is no discovery",
       [](const json& m, Server& s) {
         if (m["method"] == "server/discover") s.answer(m, json::object());
         else if (m["method"] == "initialize") s.answer(m, initialization("2025-11-25"));
       },
       Revision::v2025_11_25, kLegacy},
      {"an unsupported version, with a legacy one in the list",
       [](const json& m, Server& s) {
         if (m["method"] == "server/discover")
           s.refuse(m, -32022, "Unsupported protocol version", {{"supported", {"2027-01-01", "2025-06-18"}}, {"requested", "2026-07-28"}});
         else if (m["method"] == "initialize") s.answer(m, initialization(m["params"]["protocolVersion"]));
       },
       Revision::v2025_06_18, kLegacy},
      {"a discovery that lists legacy revisions alone",
       [](const json& m, Server& s) {
         if (m["method"] == "server/discover") s.answer(m, discovery({{"supportedVersions", {"2025-11-25"}}}));
         else if (m["method"] == "initialize") s.answer(m, initialization(m["params"]["protocolVersion"]));
       },
       Revision::v2025_11_25, kLegacy},
      {"noise before the answer",
       [](const json& m, Server& s) {
         s.say_text("Starting up\xFF…");
         s.say_text("");
         s.say_text("[]");
         s.say_text("{\"jsonrpc\": \"2.0\", \"id\": 77, \"result\": {}}");
         s.say_text("{\"jsonrpc\": \"2.0\", \"method\": \"notifications/progress\", \"params\": 5}");
         if (m["method"] == "server/discover") s.answer(m, discovery());
       },
       Revision::v2026_07_28, kModern},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    Pair pair(row.react, quick());
    const auto described = pair.connect();
    REQUIRE_MESSAGE(described.has_value(), message_of(described));
    CHECK(described->revision == row.want);
    CHECK(pair.client->server().revision == row.want);
    CHECK(methods(*pair.server) == row.sent);
  }
}

TEST_CASE("a server with which nothing can be agreed on is refused in words") {
  struct {
    std::string name;
    Server::React react;
    std::optional<Revision> only;
    ErrorCode code;
    std::string part;
  } table[] = {
      {"no common revision",
       [](const json& m, Server& s) { s.refuse(m, -32022, "no", {{"supported", {"2027-01-01"}}, {"requested", "2026-07-28"}}); },
       std::nullopt, ErrorCode::unsupported_protocol_version, "2027-01-01"},
      {"a discovery without a common revision",
       [](const json& m, Server& s) { s.answer(m, discovery({{"supportedVersions", {"2030-01-01"}}})); }, std::nullopt,
       ErrorCode::unsupported_protocol_version, "2030-01-01"},
      {"an empty list", [](const json& m, Server& s) { s.answer(m, discovery({{"supportedVersions", json::array()}})); }, std::nullopt,
       ErrorCode::unsupported_protocol_version, "none"},
      {"a capability is demanded",
       [](const json& m, Server& s) { s.refuse(m, -32021, "roots, please", {{"requiredCapabilities", {{"roots", json::object()}}}}); }, std::nullopt,
       ErrorCode::missing_required_client_capability, "roots, please"},
      {"an unknown version from initialize", legacy({}, "1999-01-01"), std::nullopt, ErrorCode::unsupported_protocol_version, "1999-01-01"},
      {"a modern version from initialize", legacy({}, "2026-07-28"), std::nullopt, ErrorCode::unsupported_protocol_version, "2026-07-28"},
      {"both refused", [](const json& m, Server& s) { s.refuse(m, -32601, "I know no " + m["method"].get<std::string>()); }, std::nullopt,
       ErrorCode::method_not_found, "I know no initialize"},
      {"silence", {}, std::nullopt, ErrorCode::timeout, "initialize"},
      {"half an initialization",
       [](const json& m, Server& s) {
         if (m["method"] == "initialize") s.answer(m, {{"protocolVersion", "2025-11-25"}});
         else s.refuse(m, -32601, "no");
       },
       std::nullopt, ErrorCode::invalid_value, "result.capabilities"},
      {"modern demanded of a legacy server", legacy({}), Revision::v2026_07_28, ErrorCode::method_not_found, "Method not found"},
      {"one legacy revision demanded", legacy({}, "2025-03-26"), Revision::v2025_06_18, ErrorCode::unsupported_protocol_version, "2025-03-26"},
      {"gone at the first message", [](const json&, Server& s) { s.hang_up("the server ended with exit code 3"); }, std::nullopt,
       ErrorCode::closed, "exit code 3"},
      {"gone at initialize",
       [](const json& m, Server& s) {
         if (m["method"] == "initialize") s.hang_up();
         else s.refuse(m, -32601, "no");
       },
       std::nullopt, ErrorCode::closed, "the server ended"},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    auto options = quick();
    options.revision = row.only;
    Pair pair(row.react, options);
    const auto described = pair.connect();
    REQUIRE_FALSE(described.has_value());
    CAPTURE(described.error().message);
    CHECK(described.error().code == row.code);
    CHECK(contains(described.error().message, row.part));
  }
}

TEST_CASE("a server that answers the probe late is modern after all") {
  json probe;
  Pair pair(
      [&probe](const json& m, Server& s) {
        if (m["method"] == "server/discover") probe = m;
        // It has read both by now; it knows no initialize.
        if (m["method"] == "initialize") {
          s.answer(probe, discovery());
          s.refuse(m, -32601, "no");
        }
      },
      quick());
  const auto described = pair.connect();
  REQUIRE_MESSAGE(described.has_value(), message_of(described));
  CHECK(described->revision == Revision::v2026_07_28);
  CHECK(pair.server->received_of("notifications/cancelled").empty());
}

TEST_CASE("what the server says of itself is kept") {
  Pair modern_pair(modern({}), quick());
  const auto modern_server = modern_pair.connect();
  REQUIRE(modern_server.has_value());
  CHECK(modern_server->info->name == "fake");
  CHECK(modern_server->instructions == "be kind");
  CHECK(modern_server->capabilities.tools.has_value());
  CHECK_FALSE(modern_server->capabilities.prompts.has_value());

  Pair legacy_pair(legacy({}), quick());
  const auto legacy_server = legacy_pair.connect();
  REQUIRE(legacy_server.has_value());
  CHECK(legacy_server->info->name == "old");
  CHECK(legacy_server->capabilities.logging.has_value());
}

TEST_CASE("every modern request says who we are and what we can do") {
  auto options = quick();
  options.info.name = "tester";
  options.info.version = "7";
  options.log_level = sumun::LoggingLevel::warning;
  options.handlers.list_roots = []() -> awaitable<Result<sumun::ListRootsResult>> { co_return sumun::ListRootsResult{}; };
  Pair pair(modern([](const json& m, Server& s) { s.answer(m, {{"tools", json::array()}}); }), options);
  REQUIRE(pair.connect().has_value());
  REQUIRE(pair.run([&] { return pair.client->list_tools(); }).has_value());
  REQUIRE(pair.server->received.size() == 2);
  for (const auto& message : pair.server->received) {
    const json& meta = message["params"]["_meta"];
    CHECK(meta["io.modelcontextprotocol/protocolVersion"] == "2026-07-28");
    CHECK(meta["io.modelcontextprotocol/clientInfo"] == json{{"name", "tester"}, {"version", "7"}});
    CHECK(meta["io.modelcontextprotocol/clientCapabilities"] == json{{"roots", json::object()}});
    CHECK(meta["io.modelcontextprotocol/logLevel"] == "warning");
    CHECK_FALSE(meta.contains("progressToken"));
  }
}

TEST_CASE("a legacy connection opens as that revision wants it") {
  auto options = quick();
  options.info.name = "tester";
  options.info.version = "7";
  options.log_level = sumun::LoggingLevel::debug;
  Pair pair(legacy([](const json& m, Server& s) {
              if (m.contains("id")) s.answer(m, m["method"] == "tools/list" ? json{{"tools", json::array()}} : json::object());
            }),
            options);
  REQUIRE(pair.connect().has_value());
  REQUIRE(pair.run([&] { return pair.client->list_tools(); }).has_value());
  const auto initialize = pair.server->received_of("initialize");
  REQUIRE(initialize.size() == 1);
  CHECK(initialize[0]["params"] ==
        json{{"protocolVersion", "2025-11-25"}, {"capabilities", json::object()}, {"clientInfo", {{"name", "tester"}, {"version", "7"}}}});
  REQUIRE(pair.server->received_of("logging/setLevel").size() == 1);
  CHECK(pair.server->received_of("logging/setLevel")[0]["params"]["level"] == "debug");
  const auto list = pair.server->received_of("tools/list");
  REQUIRE(list.size() == 1);
  CHECK_FALSE(list[0].value("params", json::object()).contains("_meta"));
}

TEST_CASE("nothing is sent before connect, and connect is called once") {
  Pair pair(modern({}), quick());
  CHECK(contains(message_of(pair.run([&] { return pair.client->list_tools(); })), "connect() comes before"));
  REQUIRE(pair.connect().has_value());
  CHECK(contains(message_of(pair.connect()), "once"));
  CHECK(pair.server->received.size() == 1);
}
