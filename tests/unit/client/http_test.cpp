// SPDX-License-Identifier: Apache-2.0
// The client over HTTP, against a server that answers each request with the bytes that the test gives it.
// Spec: 2026-07-28 basic/transports/streamable-http; 2025-11-25 basic/transports
#include "fake_server.hpp"

#include "../http/fake_server.hpp"
#include "transport/http_answer.hpp"

#include <sumun/http_client.hpp>

#include <atomic>
#include <stop_token>

using namespace fake;
using namespace std::chrono_literals;
using sumun::CallToolRequestParams;
using sumun::ClientOptions;
using sumun::HttpClientOptions;
using sumun::Revision;
using sumun::test::FakeServer;
using sumun::test::http_answer;
using sumun::test::Reply;

namespace {

/// One request as it came.
struct Post {
  std::string text;
  json body;

  explicit Post(std::string all) : text(std::move(all)) {
    const auto parsed = sumun::parse_json(text.substr(text.find("\r\n\r\n") + 4));
    if (parsed) body = *parsed;
  }
  bool is(std::string_view verb) const { return text.starts_with(std::string(verb) + " "); }
  std::string method() const { return body.is_object() ? body.value("method", "") : ""; }
  // A header's value; "-" = there is none.
  std::string header(const std::string& name) const {
    const auto at = text.find("\r\n" + name + ": ");
    if (at == std::string::npos || at > text.find("\r\n\r\n")) return "-";
    const auto begin = at + name.size() + 4;
    return text.substr(begin, text.find("\r\n", begin) - begin);
  }
};

json response(const Post& post, json result) { return {{"jsonrpc", "2.0"}, {"id", post.body["id"]}, {"result", std::move(result)}}; }
json error_response(json id, int code, std::string message, json data = nullptr) {
  json error{{"code", code}, {"message", std::move(message)}};
  if (!data.is_null()) error["data"] = std::move(data);
  return {{"jsonrpc", "2.0"}, {"id", std::move(id)}, {"error", std::move(error)}};
}
Reply as_json(const json& message, std::string_view status = "200 OK", std::string_view headers = "") {
  return Reply{{http_answer(sumun::dump_json(message), status, "Content-Type: application/json\r\n" + std::string(headers))}};
}
Reply nothing(std::string_view status, std::string_view headers = "") { return Reply{{http_answer("", status, headers)}}; }
std::string event(const json& message, std::string_view id = "") {
  return (id.empty() ? "" : "id: " + std::string(id) + "\n") + "data: " + sumun::dump_json(message) + "\n\n";
}
Reply as_events(const std::vector<std::string>& events, Reply::After after) {
  Reply reply{{"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"}, after};
  reply.pieces.insert(reply.pieces.end(), events.begin(), events.end());
  return reply;
}

json complete(json result = json::object()) {
  result["resultType"] = "complete";
  return result;
}
json text_result(std::string text) { return complete({{"content", {{{"type", "text"}, {"text", std::move(text)}}}}}); }
json tool(std::string name, json properties = json::object()) {
  return {{"name", std::move(name)}, {"inputSchema", {{"type", "object"}, {"properties", std::move(properties)}}}};
}
json tools(json list) { return complete({{"tools", std::move(list)}, {"ttlMs", 0}, {"cacheScope", "private"}}); }

/// A client and a server on one loop. `then` answers what the opening does not.
struct Web {
  using React = std::function<Reply(const Post&)>;

  explicit Web(React react, ClientOptions options = quick(), HttpClientOptions http = {})
      : server(context, [this, react = std::move(react)](const std::string& text) {
          posts.emplace_back(text);
          const Post post = posts.back();
          return react(post);
        }) {
    http.url = server.url("/mcp");
    auto transport = sumun::connect_http(context.get_executor(), std::move(http));
    REQUIRE(transport.has_value());
    options.log = [this](sumun::LoggingLevel, std::string_view line) { log += std::string(line) + "\n"; };
    client = std::make_unique<sumun::Client>(context.get_executor(), *std::move(transport), std::move(options));
  }

  static ClientOptions quick() {
    ClientOptions options;
    options.probe_limit = 2s;
    options.connect_limit = 5s;
    options.request_limit = 5s;
    return options;
  }

  bool until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    context.restart();
    const auto work = boost::asio::make_work_guard(context);
    while (!done() && std::chrono::steady_clock::now() < end) context.run_one_for(20ms);
    return done();
  }
  template <class Start>
  auto run(Start start) -> typename std::invoke_result_t<Start>::value_type {
    using T = typename std::invoke_result_t<Start>::value_type;
    std::optional<T> result;
    boost::asio::co_spawn(context, start(), [&](std::exception_ptr thrown, T value) {
      REQUIRE_FALSE(thrown);
      result = std::move(value);
    });
    REQUIRE_MESSAGE(until([&] { return result.has_value(); }), "the coroutine did not end in time");
    return *std::move(result);
  }
  Result<sumun::ServerDescription> connect() {
    return run([this] { return client->connect(); });
  }
  Result<sumun::CallToolResult> call(std::string name, json arguments = json::object(), sumun::RequestOptions options = {}) {
    CallToolRequestParams params;
    params.name = std::move(name);
    params.arguments = std::move(arguments);
    return run([&] { return client->call_tool(params, options); });
  }
  std::vector<Post> of(std::string_view method) const {
    std::vector<Post> found;
    for (const auto& post : posts)
      if (post.method() == method || (post.body.is_null() && post.is(method))) found.push_back(post);
    return found;
  }

  boost::asio::io_context context{1};
  std::vector<Post> posts;
  std::string log;
  FakeServer server;
  std::unique_ptr<sumun::Client> client;
};

// Answers server/discover.
Web::React modern(Web::React then) {
  return [then = std::move(then)](const Post& post) {
    if (post.method() == "server/discover") return as_json(response(post, discovery()));
    return then(post);
  };
}

// Opens a session "s-1"; there is no GET stream unless `then` gives one.
Web::React legacy(Web::React then) {
  return [then = std::move(then)](const Post& post) {
    if (post.method() == "server/discover")
      return as_json(error_response(nullptr, -32000, "Bad Request: Server not initialized"), "400 Bad Request");
    if (post.method() == "initialize") return as_json(response(post, initialization("2025-11-25")), "200 OK", "Mcp-Session-Id: s-1\r\n");
    return then(post);
  };
}
Reply usual(const Post& post) {
  if (post.is("GET")) return nothing("405 Method Not Allowed");
  if (post.is("DELETE")) return nothing("204 No Content");
  return nothing("202 Accepted");
}

std::string text_of(const Result<sumun::CallToolResult>& result) {
  if (!result) return "error: " + result.error().message;
  return std::get<sumun::TextContent>(result->content.at(0)).text;
}

}  // namespace

TEST_CASE("a modern request repeats in headers what the specification wants, and carries the token") {
  const json properties{{"region", {{"type", "string"}, {"x-mcp-header", "Region"}}},
                        {"count", {{"type", "integer"}, {"x-mcp-header", "Count"}}},
                        {"sure", {{"type", "boolean"}, {"x-mcp-header", "Sure"}}},
                        {"query", {{"type", "string"}}}};
  HttpClientOptions http;
  http.token = "the-secret-word";
  http.headers = {{"X-Tenant", "7"}};
  Web web(modern([&](const Post& post) {
            if (post.method() == "tools/list") return as_json(response(post, tools({tool("sql", properties), tool("plain")})));
            return as_json(response(post, text_result("done")));
          }),
          Web::quick(), http);
  REQUIRE(web.connect().has_value());
  CHECK(web.client->server().revision == Revision::v2026_07_28);
  REQUIRE(web.run([&] { return web.client->all_tools(); })->size() == 2);
  CHECK(text_of(web.call("sql", {{"region", "S\xC3\xA3o Paulo"}, {"count", 42}, {"sure", true}, {"query", "SELECT 1"}})) == "done");
  CHECK(text_of(web.call("sql", {{"region", nullptr}, {"query", "x"}})) == "done");
  const auto calls = web.of("tools/call");
  REQUIRE(calls.size() == 2);
  const Post& call = calls[0];
  CHECK(call.text.starts_with("POST /mcp HTTP/1.1\r\n"));
  CHECK(call.header("MCP-Protocol-Version") == "2026-07-28");
  CHECK(call.header("Mcp-Method") == "tools/call");
  CHECK(call.header("Mcp-Name") == "sql");
  CHECK(call.header("Mcp-Param-Region") == "=?base64?U8OjbyBQYXVsbw==?=");
  CHECK(call.header("Mcp-Param-Count") == "42");
  CHECK(call.header("Mcp-Param-Sure") == "true");
  CHECK(call.header("Mcp-Param-Query") == "-");
  CHECK(call.header("Content-Type") == "application/json");
  CHECK(call.header("Accept") == "application/json, text/event-stream");
  CHECK(call.header("Authorization") == "Bearer the-secret-word");
  CHECK(call.header("X-Tenant") == "7");
  CHECK(call.header("Mcp-Session-Id") == "-");
  CHECK(calls[1].header("Mcp-Param-Region") == "-");
  const auto discover = web.of("server/discover");
  REQUIRE(discover.size() == 1);
  CHECK(discover[0].header("Mcp-Name") == "-");
  CHECK(web.server.connections == 1);
}

TEST_CASE("a tool whose header marks break the rules is left out and the log says so") {
  Web web(modern([](const Post& post) {
    return as_json(response(post, tools({tool("good"), tool("bad", {{"a", {{"type", "number"}, {"x-mcp-header", "A"}}}}),
                                         tool("worse", {{"a", {{"type", "string"}, {"x-mcp-header", "not a token"}}}})})));
  }));
  REQUIRE(web.connect().has_value());
  const auto listed = web.run([&] { return web.client->all_tools(); });
  REQUIRE(listed.has_value());
  REQUIRE(listed->size() == 1);
  CHECK(listed->at(0).name == "good");
  CHECK(contains(web.log, "\"bad\" is left out"));
  CHECK(contains(web.log, "\"worse\" is left out"));
}

TEST_CASE("a call that is refused for its headers is sent again once, after the tools were listed again") {
  for (const bool helps : {true, false}) {
    CAPTURE(helps);
    Web web(modern([&](const Post& post) {
      if (post.method() == "tools/list")
        return as_json(response(post, tools(json::array({tool("sql", {{"region", {{"type", "string"}, {"x-mcp-header", "Region"}}}})}))));
      if (helps && post.header("Mcp-Param-Region") == "west") return as_json(response(post, text_result("done")));
      return as_json(error_response(post.body["id"], -32020, "Header mismatch: Mcp-Param-Region is missing"), "400 Bad Request");
    }));
    REQUIRE(web.connect().has_value());
    const auto result = web.call("sql", {{"region", "west"}});
    CHECK(web.of("tools/call").size() == 2);
    CHECK(web.of("tools/list").size() == 1);
    CHECK(result.has_value() == helps);
    if (!helps) CHECK(result.error().code == ErrorCode::header_mismatch);
  }
}

TEST_CASE("an answer may stream, with progress before it") {
  Web web(modern([](const Post& post) {
    const json token = post.body["params"]["_meta"]["progressToken"];
    const json progress{{"jsonrpc", "2.0"}, {"method", "notifications/progress"}, {"params", {{"progressToken", token}, {"progress", 1}, {"message", "half"}}}};
    return as_events({": hello\n\n", event(progress), event(response(post, text_result("done")))}, Reply::After::hang_up);
  }));
  REQUIRE(web.connect().has_value());
  std::string seen;
  sumun::RequestOptions options;
  options.progress = [&](const sumun::ProgressNotificationParams& p) { seen += p.message.value_or("?"); };
  CHECK(text_of(web.call("slow", json::object(), options)) == "done");
  CHECK(seen == "half");
}

TEST_CASE("giving up a modern request closes its stream and says nothing else") {
  Web web(modern([](const Post&) { return as_events({": hello\n\n"}, Reply::After::stall); }));
  REQUIRE(web.connect().has_value());
  sumun::RequestOptions options;
  options.limit = 100ms;
  const auto result = web.call("endless", json::object(), options);
  REQUIRE(result.has_error());
  CHECK(result.error().code == ErrorCode::timeout);
  CHECK(web.until([&] { return web.server.ended == 1; }));
  CHECK(web.of("notifications/cancelled").empty());
  CHECK(web.posts.size() == 2);
}

TEST_CASE("a listen stream hands out what changes until it is given up") {
  ClientOptions own = Web::quick();
  std::string seen;
  own.handlers.notification = [&](const std::string& method, const json&) { seen += method + " "; };
  Web web(modern([](const Post&) {
            const auto note = [](const char* method) { return event({{"jsonrpc", "2.0"}, {"method", method}, {"params", json::object()}}); };
            return as_events({note("notifications/subscriptions/acknowledged"), ":\n\n", note("notifications/tools/list_changed")}, Reply::After::stall);
          }),
          own);
  REQUIRE(web.connect().has_value());
  std::stop_source stop;
  sumun::RequestOptions options;
  options.stop = stop.get_token();
  std::optional<Result<json>> ended;
  const json params{{"notifications", {{"toolsListChanged", true}}}};
  boost::asio::co_spawn(web.context, web.client->request("subscriptions/listen", params, options), [&](std::exception_ptr, Result<json> result) { ended = std::move(result); });
  CHECK(web.until([&] { return seen == "notifications/subscriptions/acknowledged notifications/tools/list_changed "; }));
  CHECK_FALSE(ended.has_value());
  stop.request_stop();
  CHECK(web.until([&] { return ended.has_value() && web.server.ended == 1; }));
  CHECK(ended->error().code == ErrorCode::cancelled);
  CHECK(web.of("subscriptions/listen").at(0).header("Mcp-Method") == "subscriptions/listen");
}

TEST_CASE("requests run side by side on connections of their own") {
  std::vector<std::string> order;
  Web web(modern([&](const Post& post) {
    const auto name = post.body["params"].value("name", "");
    if (name == "endless") return as_events({": hello\n\n"}, Reply::After::stall);
    return as_json(response(post, text_result(name)));
  }));
  REQUIRE(web.connect().has_value());
  bool ended = false;
  boost::asio::co_spawn(web.context, web.client->call_tool({.name = "endless"}), [&](std::exception_ptr, const auto&) { ended = true; });
  for (const char* name : {"a", "b", "c"}) CHECK(text_of(web.call(name)) == name);
  CHECK_FALSE(ended);
  CHECK(web.server.connections == 2);
  web.client.reset();
  CHECK(web.until([&] { return ended && web.server.ended == 2; }));
}

TEST_CASE("what the server is comes from its answer to the first request") {
  const json modern_error = error_response(1, -32022, "Unsupported protocol version", {{"supported", {"2025-11-25"}}, {"requested", "2026-07-28"}});
  struct {
    const char* name;
    Reply probe;
    const char* want;  // the revision, or a part of the error
  } const table[] = {
      {"400 with nothing", nothing("400 Bad Request"), "2025-11-25"},
      {"404 with nothing", nothing("404 Not Found"), "2025-11-25"},
      {"405", nothing("405 Method Not Allowed"), "2025-11-25"},
      {"400 with words", Reply{{http_answer("Bad Request", "400 Bad Request", "Content-Type: text/plain\r\n")}}, "2025-11-25"},
      {"400 with an error without an id", as_json(error_response(nullptr, -32000, "Server not initialized"), "400 Bad Request"), "2025-11-25"},
      {"400 with an error of another shape", as_json({{"error", "nope"}}, "400 Bad Request"), "2025-11-25"},
      {"200 with method not found", as_json(error_response(1, -32601, "Method not found")), "2025-11-25"},
      {"404 with method not found", as_json(error_response(1, -32601, "Method not found"), "404 Not Found"), "2025-11-25"},
      {"200 with a page", Reply{{http_answer("<html>", "200 OK", "Content-Type: text/html\r\n")}}, "2025-11-25"},
      {"a list of older revisions", as_json(modern_error, "400 Bad Request"), "2025-11-25"},
      {"a header mismatch", as_json(error_response(1, -32020, "Header mismatch"), "400 Bad Request"), "Header mismatch"},
      {"a token is wanted", nothing("401 Unauthorized", "WWW-Authenticate: Bearer resource_metadata=\"https://x\", scope=\"a b\"\r\n"), "wants a token (401); it asks for the scope \"a b\""},
      {"not allowed", nothing("403 Forbidden"), "does not allow this (403)"},
      {"elsewhere", nothing("307 Temporary Redirect", "Location: http://x/\r\n"), "elsewhere (307)"},
      {"broken", nothing("500 Internal Server Error"), "status 500"},
      {"busy", nothing("503 Service Unavailable", "Retry-After: 3\r\n"), "try again after \"3\" seconds"},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    Web web([&](const Post& post) {
      if (post.method() == "server/discover") return row.probe;
      if (post.method() == "initialize") return as_json(response(post, initialization("2025-11-25")));
      return usual(post);
    });
    const auto described = web.connect();
    const std::string got = described ? std::string(version_string(described->revision)) : described.error().message;
    CHECK_MESSAGE(contains(got, row.want), got);
  }
}

TEST_CASE("nobody listens: the first request says so and nothing else is tried") {
  boost::asio::io_context context;
  std::uint16_t port = 0;
  {
    boost::asio::ip::tcp::acceptor gone(context, {boost::asio::ip::address_v4::loopback(), 0});
    port = gone.local_endpoint().port();
  }
  const auto client = sumun::BlockingClient::connect(sumun::http_server({.url = "http://127.0.0.1:" + std::to_string(port) + "/mcp"}));
  REQUIRE(client.has_error());
  CHECK(contains(client.error().message, "cannot connect to http://127.0.0.1:" + std::to_string(port) + ": "));
}

TEST_CASE("a URL or a token that cannot be used is refused without being repeated") {
  boost::asio::io_context context;
  for (const auto& options : {HttpClientOptions{.url = "http://me:the-secret-word@host/"}, HttpClientOptions{.url = "http://host/", .token = "the-secret-word\n"},
                              HttpClientOptions{.url = ""}}) {
    const auto transport = sumun::connect_http(context.get_executor(), options);
    REQUIRE(transport.has_error());
    CHECK(transport.error().code == ErrorCode::invalid_value);
    CHECK_FALSE(contains(transport.error().message, "the-secret-word"));
  }
}

TEST_CASE("a refusal of one request names what is missing and ends that request alone") {
  HttpClientOptions http;
  http.token = "the-secret-word";
  Web web(modern([](const Post& post) {
            const auto name = post.body["params"].value("name", "");
            if (name == "old") return nothing("401 Unauthorized", "WWW-Authenticate: Bearer error=\"invalid_token\", error_description=\"it has expired\"\r\n");
            if (name == "admin") {
              return as_json(error_response(nullptr, 403, "no"), "403 Forbidden",
                             "WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"admin:write files\"\r\n");
            }
            if (name == "lost") return Reply{{}, Reply::After::hang_up};
            if (name == "silent") return as_events({": hello\n\n"}, Reply::After::hang_up);
            return as_json(response(post, text_result("done")));
          }),
          Web::quick(), http);
  REQUIRE(web.connect().has_value());
  const auto old = web.call("old");
  REQUIRE(old.has_error());
  CHECK(old.error().code == ErrorCode::unauthorized);
  CHECK(old.error().message == "the server refuses the token (401); it says \"it has expired\"");
  const auto admin = web.call("admin");
  REQUIRE(admin.has_error());
  CHECK(admin.error().code == ErrorCode::insufficient_scope);
  CHECK(admin.error().message == "the server does not allow this (403); it asks for the scope \"admin:write files\"");
  CHECK(admin.error().data == json{{"scopes", {"admin:write", "files"}}});
  CHECK(contains(message_of(web.call("lost")), "was lost before the answer was complete"));
  CHECK(contains(message_of(web.call("silent")), "without an answer"));
  CHECK(text_of(web.call("fine")) == "done");
  CHECK_FALSE(contains(old.error().message + admin.error().message + web.log, "the-secret-word"));
}

TEST_CASE("a legacy session: its id and revision go with every request, and it is ended at the close") {
  Web web(legacy([](const Post& post) {
    if (post.method() == "tools/list") return as_json(response(post, {{"tools", {tool("old", {{"a", {{"type", "number"}, {"x-mcp-header", "A"}}}})}}}));
    return usual(post);
  }));
  const auto described = web.connect();
  REQUIRE_MESSAGE(described.has_value(), message_of(described));
  CHECK(described->revision == Revision::v2025_11_25);
  CHECK(web.run([&] { return web.client->all_tools(); })->size() == 1);
  const auto initialize = web.of("initialize");
  REQUIRE(initialize.size() == 1);
  CHECK(initialize[0].header("Mcp-Session-Id") == "-");
  CHECK(initialize[0].header("MCP-Protocol-Version") == "-");
  for (const std::string_view later : {"notifications/initialized", "tools/list", "GET"}) {
    CAPTURE(std::string(later));
    const auto posts = web.of(later);
    REQUIRE(posts.size() == 1);
    CHECK(posts[0].header("Mcp-Session-Id") == "s-1");
    CHECK(posts[0].header("MCP-Protocol-Version") == "2025-11-25");
    CHECK(posts[0].header("Mcp-Method") == "-");
  }
  // Nothing overtakes `initialized`.
  CHECK(web.posts[2].method() == "notifications/initialized");
  const auto closed = web.run([&]() -> awaitable<Result<void>> {
    co_await web.client->close();
    co_return Result<void>();
  });
  CHECK(closed.has_value());
  REQUIRE(web.of("DELETE").size() == 1);
  CHECK(web.of("DELETE")[0].header("Mcp-Session-Id") == "s-1");
}

TEST_CASE("what a legacy server asks, on its own stream or beside an answer, is answered by a POST") {
  const json question{{"jsonrpc", "2.0"}, {"id", "q"}, {"method", "elicitation/create"},
                      {"params", {{"message", "name?"}, {"requestedSchema", {{"type", "object"}, {"properties", {{"name", {{"type", "string"}}}}}}}}}};
  for (const bool own_stream : {true, false}) {
    CAPTURE(own_stream);
    ClientOptions options = Web::quick();
    options.handlers.elicit_form = [](sumun::ElicitRequestFormParams) -> awaitable<Result<sumun::ElicitResult>> {
      co_return sumun::ElicitResult{sumun::ElicitAction::decline, {}, {}};
    };
    Web web(legacy([&](const Post& post) {
              if (post.is("GET") && own_stream) return as_events({event(question)}, Reply::After::stall);
              if (post.method() == "tools/call") return as_events({event(question), event(response(post, text_result("done")))}, Reply::After::hang_up);
              return usual(post);
            }),
            options);
    REQUIRE(web.connect().has_value());
    if (!own_stream) CHECK(text_of(web.call("ask")) == "done");
    const auto answered = [&] {
      for (const auto& post : web.posts)
        if (post.body.is_object() && post.body.contains("result") && post.body["id"] == "q") return post.header("Mcp-Session-Id") == "s-1";
      return false;
    };
    CHECK(web.until(answered));
  }
}

TEST_CASE("a legacy stream that breaks off is taken up again behind its last event") {
  json call_id;
  int gets = 0;
  Web web(legacy([&](const Post& post) {
    if (post.method() == "tools/call") {
      call_id = post.body["id"];
      return as_events({"id: 1\nretry: 5\ndata:\n\n"}, Reply::After::hang_up);
    }
    if (post.is("GET") && post.header("Last-Event-ID") != "-") {
      // Nothing new the first time; the answer the second time.
      const json done{{"jsonrpc", "2.0"}, {"id", call_id}, {"result", text_result("done")}};
      return ++gets == 1 ? as_events({"id: 2\ndata:\n\n"}, Reply::After::hang_up) : as_events({event(done, "3")}, Reply::After::hang_up);
    }
    return usual(post);
  }));
  REQUIRE(web.connect().has_value());
  CHECK(text_of(web.call("polled")) == "done");
  std::string ids;
  for (const auto& get : web.of("GET")) ids += get.header("Last-Event-ID") + " ";
  CHECK(ids == "- 1 2 ");
}

TEST_CASE("a session that the server has forgotten ends the connection in words") {
  Web web(legacy([](const Post& post) {
    if (post.method() == "tools/call") return as_json(error_response(nullptr, -32001, "Session not found"), "404 Not Found");
    return usual(post);
  }));
  REQUIRE(web.connect().has_value());
  const auto result = web.call("any");
  REQUIRE(result.has_error());
  CHECK(contains(result.error().message, "404"));
  const auto later = web.call("any");
  REQUIRE(later.has_error());
  CHECK(later.error().code == ErrorCode::closed);
  CHECK(contains(later.error().message, "has forgotten the session"));
}

TEST_CASE("cancelling a legacy request is said in a notification") {
  Web web(legacy([](const Post& post) {
    if (post.method() == "tools/call") return as_events({": hello\n\n"}, Reply::After::stall);
    return usual(post);
  }));
  REQUIRE(web.connect().has_value());
  sumun::RequestOptions options;
  options.limit = 100ms;
  const int before = web.server.ended;  // the refused GET among them
  CHECK(web.call("endless", json::object(), options).error().code == ErrorCode::timeout);
  CHECK(web.until([&] { return web.of("notifications/cancelled").size() == 1 && web.server.ended > before; }));
}

TEST_CASE("an answer that is too long or no message ends its request") {
  struct {
    const char* name;
    Reply reply;
    const char* want;
  } const table[] = {
      {"accepted only", nothing("202 Accepted"), "gave no answer"},
      {"a page", Reply{{http_answer("<html>", "200 OK", "Content-Type: text/html\r\n")}}, "neither application/json"},
      {"no JSON", Reply{{http_answer("{", "200 OK", "Content-Type: application/json\r\n")}}, "without an answer"},
      {"another's answer", as_json(error_response(99, -32600, "x")), "without an answer"},
      {"events that are none", as_events({"data: nonsense\n\n"}, Reply::After::hang_up), "without an answer"},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    Web web(modern([&](const Post&) { return row.reply; }));
    REQUIRE(web.connect().has_value());
    const auto result = web.call("any");
    REQUIRE(result.has_error());
    CHECK_MESSAGE(contains(result.error().message, row.want), result.error().message);
  }
}

TEST_CASE("the parameters of WWW-Authenticate are found behind any scheme") {
  struct {
    const char* header;
    const char* scope;
  } const table[] = {
      {"", ""},
      {"Bearer", ""},
      {"Bearer scope=\"a b\"", "a b"},
      {"Bearer realm=\"x\", SCOPE = a", "a"},
      {"Basic realm=\"scope=no\", Bearer error=\"e\",scope=\"yes\"", "yes"},
      {"DPoP algs=\"ES256\", Bearer scope=\"q\\\"uote\"", "q\"uote"},
      {"Bearer scope=\"never closed", "never closed"},
      {"Bearer scope=", ""},
      {"=,=\"", ""},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.header));
    CHECK(sumun::challenge_parameter(row.header, "scope") == row.scope);
  }
}
