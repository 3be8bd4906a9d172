// SPDX-License-Identifier: Apache-2.0
// Host, Origin and CORS: what is let in, what is not, and what is said to pages.
#include "transport/http_guard.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace sumun;

namespace {

using Reach = HttpGuard::Reach;

HttpGuard guard(Reach reach, const std::vector<std::string>& hosts = {}, const std::vector<std::string>& origins = {}) {
  auto made = HttpGuard::make(reach, hosts, origins);
  REQUIRE(made.has_value());
  return *made;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("hosts and ports are parsed strictly") {
  const struct {
    std::string_view text;
    std::string_view host;  // empty = ill-formed
    std::optional<std::uint16_t> port;
  } kCases[] = {
      {"localhost", "localhost", {}},
      {"LocalHost:8080", "LocalHost", 8080},
      {"127.0.0.1:1", "127.0.0.1", 1},
      {"[::1]", "[::1]", {}},
      {"[::1]:65535", "[::1]", 65535},
      {"tools_a.example-1.org", "tools_a.example-1.org", {}},
      {"", "", {}},
      {":8080", "", {}},
      {"localhost:", "", {}},
      {"localhost:65536", "", {}},
      {"localhost:000080", "", {}},
      {"localhost:-1", "", {}},
      {"localhost:8a", "", {}},
      {"localhost:80:80", "", {}},
      {"localhost.", "", {}},
      {".localhost", "", {}},
      {"a..b", "", {}},
      {"user@localhost", "", {}},
      {"localhost:80@evil.example", "", {}},
      {"localhost/evil", "", {}},
      {"localhost evil", "", {}},
      {"localhost,evil", "", {}},
      {"localhost\r\n", "", {}},
      {std::string_view("localhost\0", 10), "", {}},
      {"::1", "", {}},
      {"[::1", "", {}},
      {"[::1]x", "", {}},
      {"[::1%lo]", "", {}},
      {"[]", "", {}},
      {"[localhost]", "", {}},
      {"x[::1]", "", {}},
      {"\xe4\xb8\x96", "", {}},
  };
  for (const auto& one : kCases) {
    CAPTURE(one.text);
    const auto parsed = parse_authority(one.text);
    CHECK(parsed.has_value() == !one.host.empty());
    if (!parsed) continue;
    CHECK(parsed->host == one.host);
    CHECK(parsed->port == one.port);
  }
  CHECK_FALSE(parse_authority(std::string(254, 'a')).has_value());
}

TEST_CASE("a loopback server is called by its three names, from pages of those names, or from no page at all") {
  const auto local = guard(Reach::loopback);
  for (const char* host : {"localhost", "LOCALHOST:3000", "127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:9", "[0:0::1]"}) {
    CAPTURE(host);
    CHECK(local.allows_host(host));
    CHECK(local.allows_origin("http://" + std::string(host)));
    CHECK(local.allows_origin("https://" + std::string(host)));
    CHECK_FALSE(local.refusal(host, std::nullopt).has_value());
  }
  for (const char* host : {"evil.example.com", "localhost.evil.example", "evil-localhost", "127.0.0.2", "127.1", "0.0.0.0", "2130706433",
                           "[::]", "[::ffff:127.0.0.1]", "localhost."}) {
    CAPTURE(host);
    CHECK_FALSE(local.allows_host(host));
    CHECK_FALSE(local.allows_origin("http://" + std::string(host)));
  }
  for (const char* origin : {"null", "", "localhost", "http://", "http://localhost/", "http://localhost/path", "http://localhost?q",
                             "http://user@localhost", "http://localhost:", "file://", "file://localhost", "ftp://localhost",
                             "://localhost", "http:localhost", "http://localhost http://localhost", "http://localhost\r\nX: y"}) {
    CAPTURE(origin);
    CHECK_FALSE(local.allows_origin(origin));
  }
}

TEST_CASE("a server on the network is closed until its lists say otherwise") {
  const auto closed = guard(Reach::network);
  CHECK_FALSE(closed.allows_host("localhost"));
  CHECK_FALSE(closed.allows_host("tools.example"));
  CHECK_FALSE(closed.allows_origin("http://localhost"));

  const auto open = guard(Reach::network, {"Tools.Example", "api.example:8443", "[2001:DB8::1]"},
                          {"https://App.example", "http://dev.example:3000", "vscode-webview://abc"});
  const struct {
    const char* host;
    bool allowed;
  } kHosts[] = {{"tools.example", true},   {"TOOLS.example:9", true},  {"api.example:8443", true},    {"api.example", false},
                {"api.example:1", false},  {"x.tools.example", false}, {"[2001:db8:0::1]:1", true}, {"[2001:db8::2]", false}};
  for (const auto& one : kHosts) {
    CAPTURE(one.host);
    CHECK(open.allows_host(one.host) == one.allowed);
  }
  const struct {
    const char* origin;
    bool allowed;
  } kOrigins[] = {{"https://app.example", true},       {"https://app.example:443", true},  {"HTTPS://APP.example", true},
                  {"http://app.example", false},       {"https://app.example:444", false}, {"http://dev.example:3000", true},
                  {"http://dev.example", false},       {"vscode-webview://abc", true},     {"vscode-webview://abd", false},
                  {"https://x.app.example", false}, {"null", false}};
  for (const auto& one : kOrigins) {
    CAPTURE(one.origin);
    CHECK(open.allows_origin(one.origin) == one.allowed);
  }
}

TEST_CASE("lists with mistakes are refused at the start") {
  for (const char* host : {"", "https://tools.example", "tools.example/", "*"}) CHECK_FALSE(HttpGuard::make(Reach::network, {host}, {}).has_value());
  for (const char* origin : {"", "null", "*", "app.example", "https://app.example/"})
    CHECK_FALSE(HttpGuard::make(Reach::network, {}, {origin}).has_value());
}

TEST_CASE("a refusal is an HTTP error with a JSON-RPC error that has no id") {
  const auto local = guard(Reach::loopback);
  const struct {
    const char* name;
    std::optional<std::string_view> host;
    std::optional<std::string_view> origin;
    int status;  // 0 = served
  } kCases[] = {
      {"no origin", "localhost:1", {}, 0},
      {"an allowed origin", "localhost:1", "http://localhost:5173", 0},
      {"no host", {}, {}, 400},
      {"an ill-formed host", "a b", {}, 400},
      {"another host", "evil.example", {}, 403},
      {"another host and origin", "evil.example", "http://evil.example", 403},
      {"another origin", "localhost:1", "https://evil.example", 403},
      {"an opaque origin", "localhost:1", "null", 403},
  };
  for (const auto& one : kCases) {
    CAPTURE(one.name);
    const auto refusal = local.refusal(one.host, one.origin);
    CHECK((refusal ? refusal->status : 0) == one.status);
    if (!refusal) continue;
    const auto body = nlohmann::json::parse(refusal->body);
    CHECK(body["jsonrpc"] == "2.0");
    CHECK_FALSE(body.contains("id"));
    CHECK(body["error"]["code"] == -32600);
  }
  CHECK(local.refusal("localhost", std::string(100'000, 'x'))->body.size() < 400);
}

TEST_CASE("an allowed page can read the answers and may send what a request needs") {
  CHECK(cors_fields("http://localhost:5173") ==
        "Access-Control-Allow-Origin: http://localhost:5173\r\nVary: Origin\r\n"
        "Access-Control-Expose-Headers: Mcp-Session-Id, WWW-Authenticate\r\n");
  const std::string fields =
      preflight_fields("http://localhost", "content-type, mcp-protocol-version,mcp-param-region , Mcp-Param-, x-other, mcp-param-a\r\nb,", "POST");
  CHECK(has(fields, "Access-Control-Allow-Headers: content-type, mcp-protocol-version, mcp-param-region\r\n"));
  CHECK(has(fields, "Access-Control-Allow-Methods: POST\r\n"));
  CHECK(has(fields, "Access-Control-Allow-Origin: http://localhost\r\n"));
  CHECK(has(fields, "Vary: Origin"));
  CHECK_FALSE(has(fields, "x-other"));
  CHECK_FALSE(has(preflight_fields("http://localhost", "", "POST"), "Allow-Headers"));
}
