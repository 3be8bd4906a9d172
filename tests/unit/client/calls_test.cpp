// SPDX-License-Identifier: Apache-2.0
// Calls and their answers in both eras: what goes out, what comes back, and what happens when it does not come back well.
#include "fake_server.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <stdexcept>
#include <stop_token>

using namespace fake;
using namespace std::chrono_literals;
using sumun::ClientOptions;
using sumun::RequestOptions;

namespace {

ClientOptions quick() {
  ClientOptions options;
  options.probe_limit = 5s;
  options.connect_limit = 5s;
  options.request_limit = 5s;
  return options;
}

sumun::CallToolRequestParams call_of(std::string name, json arguments = json::object()) {
  sumun::CallToolRequestParams params;
  params.name = std::move(name);
  params.arguments = std::move(arguments);
  return params;
}

// What the client says in return for everything that both eras have.
json canned(const json& m) {
  const auto method = m.value("method", "");
  if (method == "tools/list") return {{"tools", {{{"name", "add"}, {"inputSchema", {{"type", "object"}}}}}}};
  if (method == "tools/call") return {{"content", {{{"type", "text"}, {"text", "5"}}}}, {"structuredContent", {{"result", 5}}}};
  if (method == "resources/list") return {{"resources", {{{"uri", "a:b"}, {"name", "b"}}}}};
  if (method == "resources/templates/list") return {{"resourceTemplates", {{{"uriTemplate", "a:{x}"}, {"name", "x"}}}}};
  if (method == "resources/read") return {{"contents", {{{"uri", "a:b"}, {"text", "hello"}}}}};
  if (method == "prompts/list") return {{"prompts", {{{"name", "greet"}}}}};
  if (method == "prompts/get") return {{"messages", {{{"role", "user"}, {"content", {{"type", "text"}, {"text", "hi"}}}}}}};
  if (method == "completion/complete") return {{"completion", {{"values", {"one", "two"}}}}};
  return json::object();
}

void answer_canned(const json& m, Server& s) {
  if (m.contains("id")) s.answer(m, canned(m));
}

}  // namespace

TEST_CASE("every call works in both eras") {
  for (const bool is_modern : {true, false}) {
    CAPTURE(is_modern);
    Pair pair(is_modern ? modern(answer_canned) : legacy(answer_canned), quick());
    REQUIRE(pair.connect().has_value());
    auto& client = *pair.client;

    const auto tools = pair.run([&] { return client.list_tools(); });
    REQUIRE(tools.has_value());
    CHECK(tools->tools.at(0).name == "add");
    const auto sum = pair.run([&] { return client.call_tool(call_of("add", {{"a", 2}, {"b", 3}})); });
    REQUIRE(sum.has_value());
    CHECK(sum->structuredContent == json{{"result", 5}});
    const auto resources = pair.run([&] { return client.all_resources(); });
    REQUIRE(resources.has_value());
    CHECK(resources->at(0).uri == "a:b");
    const auto templates = pair.run([&] { return client.all_resource_templates(); });
    REQUIRE(templates.has_value());
    CHECK(templates->at(0).uriTemplate == "a:{x}");
    sumun::ReadResourceRequestParams read;
    read.uri = "a:b";
    const auto text = pair.run([&] { return client.read_resource(read); });
    REQUIRE(text.has_value());
    CHECK(std::get<sumun::TextResourceContents>(text->contents.at(0)).text == "hello");
    const auto prompts = pair.run([&] { return client.all_prompts(); });
    REQUIRE(prompts.has_value());
    CHECK(prompts->at(0).name == "greet");
    sumun::GetPromptRequestParams get;
    get.name = "greet";
    get.arguments = std::map<std::string, std::string>{{"who", "me"}};
    const auto prompt = pair.run([&] { return client.get_prompt(get); });
    REQUIRE(prompt.has_value());
    CHECK(prompt->messages.size() == 1);
    sumun::CompleteRequestParams complete;
    complete.ref = sumun::PromptReference{.name = "greet"};
    complete.argument = {"who", "m"};
    const auto completion = pair.run([&] { return client.complete(complete); });
    REQUIRE(completion.has_value());
    CHECK(completion->completion.values.size() == 2);
    const auto raw = pair.run([&] { return client.request("x/y", {{"a", 1}}); });
    REQUIRE(raw.has_value());
    CHECK(*raw == json::object());

    const auto sent = pair.server->received_of("tools/call");
    REQUIRE(sent.size() == 1);
    CHECK(sent[0]["params"]["name"] == "add");
    CHECK(sent[0]["params"]["arguments"] == json{{"a", 2}, {"b", 3}});
    CHECK(sent[0]["params"].contains("_meta") == is_modern);
    CHECK(pair.server->received_of("x/y").at(0)["params"]["a"] == 1);
    CHECK(pair.server->received_of("x/y").at(0)["params"].contains("_meta") == is_modern);
    CHECK(pair.server->received_of("prompts/get").at(0)["params"]["arguments"] == json{{"who", "me"}});

    const auto ping = pair.run([&] { return client.ping(); });
    const auto discover = pair.run([&] { return client.discover(); });
    CHECK(ping.has_value() == !is_modern);
    CHECK(discover.has_value() == is_modern);
    CHECK((is_modern ? ping.error() : discover.error()).code == ErrorCode::unsupported);
  }
}

TEST_CASE("a malformed answer ends its call with words that name the place") {
  struct {
    std::string name;
    std::string answer;  // %ID is the request's id
    std::string part;
  } table[] = {
      {"the result is missing", R"({"jsonrpc":"2.0","id":%ID})", ""},
      {"result and error", R"({"jsonrpc":"2.0","id":%ID,"result":{},"error":{"code":1,"message":"x"}})", "malformed"},
      {"the result is a number", R"({"jsonrpc":"2.0","id":%ID,"result":5})", "result"},
      {"no tools", R"({"jsonrpc":"2.0","id":%ID,"result":{}})", "result.tools"},
      {"tools is an object", R"({"jsonrpc":"2.0","id":%ID,"result":{"tools":{}}})", "result.tools"},
      {"a tool without a name", R"({"jsonrpc":"2.0","id":%ID,"result":{"tools":[{"inputSchema":{"type":"object"}}]}})", "result.tools[0].name"},
      {"a cursor that is a number", R"({"jsonrpc":"2.0","id":%ID,"result":{"tools":[],"nextCursor":5}})", "result.nextCursor"},
      {"input_required where it is not allowed", R"({"jsonrpc":"2.0","id":%ID,"result":{"resultType":"input_required","requestState":"x"}})", "input_required"},
      {"an unknown kind of result", R"({"jsonrpc":"2.0","id":%ID,"result":{"resultType":"strange","tools":[]}})", "strange"},
      {"the error has no code", R"({"jsonrpc":"2.0","id":%ID,"error":{"message":"x"}})", ""},
      {"the error is a string", R"({"jsonrpc":"2.0","id":%ID,"error":"x"})", ""},
      {"no version", R"({"id":%ID,"result":{"tools":[]}})", ""},
      {"not JSON", R"({"jsonrpc":"2.0","id":%ID,"result":{"tools":[)", "no answer"},
      {"twice the same member", R"({"jsonrpc":"2.0","id":%ID,"result":{"tools":[]},"result":{}})", "no answer"},
      {"another id", R"({"jsonrpc":"2.0","id":9999,"result":{"tools":[]}})", "no answer"},
      {"the id as a string", R"({"jsonrpc":"2.0","id":"%ID","result":{"tools":[]}})", "no answer"},
      {"too deep", R"({"jsonrpc":"2.0","id":%ID,"result":)" + std::string(150000, '[') + std::string(150000, ']') + "}", "no answer"},
  };
  for (const bool is_modern : {true, false}) {
    for (const auto& row : table) {
      CAPTURE(is_modern);
      CAPTURE(row.name);
      const Server::React react = [&row](const json& m, Server& s) {
        if (!m.contains("id")) return;
        std::string text = row.answer;
        if (const auto at = text.find("%ID"); at != std::string::npos) text.replace(at, 3, m["id"].dump());
        s.say_text(text);
      };
      Pair pair(is_modern ? modern(react) : legacy(react), quick());
      REQUIRE(pair.connect().has_value());
      RequestOptions options;
      if (row.part == "no answer") options.limit = 100ms;
      const auto tools = pair.run([&] { return pair.client->list_tools({}, options); });
      REQUIRE_FALSE(tools.has_value());
      CAPTURE(tools.error().message);
      CHECK(contains(tools.error().message, row.part));
      CHECK(tools.error().code == (row.part == "no answer" ? ErrorCode::timeout : ErrorCode::invalid_value));
    }
  }
}

TEST_CASE("the server's error comes through, and never as one of our own") {
  struct {
    std::string name;
    int code;
    ErrorCode want;
  } table[] = {{"invalid params", -32602, ErrorCode::invalid_params},
               {"a code of its own", -5, static_cast<ErrorCode>(-5)},
               {"our `cancelled`", 2, ErrorCode::internal_error},
               {"our `closed`", 4, ErrorCode::internal_error},
               {"busy", 503, ErrorCode::busy}};
  for (const auto& row : table) {
    CAPTURE(row.name);
    Pair pair(modern([&row](const json& m, Server& s) { s.refuse(m, row.code, "because", {{"x", 1}}); }), quick());
    REQUIRE(pair.connect().has_value());
    const auto answer = pair.run([&] { return pair.client->call_tool(call_of("t")); });
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().code == row.want);
    CHECK(contains(answer.error().message, "because"));
    CHECK(answer.error().data == json{{"x", 1}});
  }
}

TEST_CASE("a request without an answer times out and is cancelled") {
  json asked;
  Pair pair(modern([&asked](const json& m, Server& s) {
              if (m["method"] == "tools/call") asked = m;
              if (m["method"] == "notifications/cancelled") s.answer(asked, canned(asked));  // too late
              if (m["method"] == "tools/list") s.answer(m, canned(m));
            }),
            quick());
  REQUIRE(pair.connect().has_value());
  RequestOptions options;
  options.limit = 30ms;
  const auto answer = pair.run([&] { return pair.client->call_tool(call_of("slow"), options); });
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().code == ErrorCode::timeout);
  const auto cancelled = pair.server->received_of("notifications/cancelled");
  REQUIRE(cancelled.size() == 1);
  CHECK(cancelled[0]["params"]["requestId"] == asked["id"]);
  CHECK_FALSE(cancelled[0].contains("id"));
  // The late answer harms nobody.
  CHECK(pair.run([&] { return pair.client->list_tools(); }).has_value());
}

TEST_CASE("a call's own limit replaces the usual one") {
  Pair pair(modern({}), [] {
    auto options = quick();
    options.request_limit = 1h;
    return options;
  }());
  REQUIRE(pair.connect().has_value());
  RequestOptions options;
  options.limit = 10ms;
  CHECK(pair.run([&] { return pair.client->call_tool(call_of("slow"), options); }).error().code == ErrorCode::timeout);
}

TEST_CASE("progress reaches its call and keeps it alive") {
  auto options = quick();
  options.request_limit = 400ms;
  int ticks = 0;
  json asked;
  Pair* loop = nullptr;
  // Each report is answered by another message of the client, so that the server is never idle and no clock is needed.
  Pair pair(modern([&](const json& m, Server& s) {
              if (m["method"] == "tools/call") asked = m;
              if (m["method"] == "tools/call" || m["method"] == "tick") {
                if (ticks++ < 10) {
                  s.say({{"jsonrpc", "2.0"}, {"method", "notifications/progress"},
                         {"params", {{"progressToken", asked["params"]["_meta"]["progressToken"]}, {"progress", ticks}, {"total", 10}, {"message", "on"}}}});
                } else {
                  s.answer(asked, canned(asked));
                }
              }
            }),
            options);
  loop = &pair;
  REQUIRE(pair.connect().has_value());
  std::vector<sumun::ProgressNotificationParams> seen;
  const auto start = std::chrono::steady_clock::now();
  RequestOptions call;
  call.progress = [&](const sumun::ProgressNotificationParams& p) {
    seen.push_back(p);
    // A quarter of the limit passes before the server may go on.
    auto timer = std::make_shared<boost::asio::steady_timer>(loop->context, 100ms);
    timer->async_wait([timer, loop](auto) { loop->client->notify("tick"); });
  };
  const auto answer = pair.run([&] { return pair.client->call_tool(call_of("long"), call); });
  REQUIRE_MESSAGE(answer.has_value(), message_of(answer));
  CHECK(std::chrono::steady_clock::now() - start > 900ms);
  REQUIRE(seen.size() == 10);
  CHECK(seen[9].progress == 10);
  CHECK(seen[9].total == 10.0);
  CHECK(seen[9].message == "on");
}

TEST_CASE("progress without end does not keep a call for ever") {
  auto options = quick();
  options.request_limit = 60ms;
  options.total_limit = 80ms;
  Pair pair(modern([](const json& m, Server& s) {
              const json report{{"jsonrpc", "2.0"}, {"method", "notifications/progress"}, {"params", {{"progressToken", 2}, {"progress", 1}}}};
              if (m["method"] == "tools/call" || m["method"] == "tick") s.say(report);
            }),
            options);
  REQUIRE(pair.connect().has_value());
  RequestOptions call;
  call.progress = [&](const sumun::ProgressNotificationParams&) {
    auto timer = std::make_shared<boost::asio::steady_timer>(pair.context, 5ms);
    timer->async_wait([timer, &pair](auto) { pair.client->notify("tick"); });
  };
  CHECK(pair.run([&] { return pair.client->call_tool(call_of("long"), call); }).error().code == ErrorCode::timeout);
}

TEST_CASE("a stop request cancels a call and tells the server") {
  std::stop_source source;
  Pair pair(modern([&source](const json& m, Server&) {
              if (m["method"] == "tools/call") source.request_stop();
            }),
            [] {
              auto options = quick();
              options.request_limit = 1h;
              return options;
            }());
  REQUIRE(pair.connect().has_value());
  RequestOptions call;
  call.stop = source.get_token();
  const auto answer = pair.run([&] { return pair.client->call_tool(call_of("slow"), call); });
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().code == ErrorCode::cancelled);
  CHECK(pair.server->received_of("notifications/cancelled").size() == 1);
  // Stopped already: nothing is sent.
  const auto second = pair.run([&] { return pair.client->call_tool(call_of("slow"), call); });
  CHECK(second.error().code == ErrorCode::cancelled);
  CHECK(pair.server->received_of("tools/call").size() == 1);
}

TEST_CASE("cancelling the coroutine cancels the call and tells the server") {
  boost::asio::cancellation_signal signal;
  Pair pair(modern([&](const json& m, Server&) {
              if (m["method"] == "tools/call") signal.emit(boost::asio::cancellation_type::terminal);
            }),
            [] {
              auto options = quick();
              options.request_limit = 1h;
              return options;
            }());
  REQUIRE(pair.connect().has_value());
  std::optional<Result<sumun::CallToolResult>> answer;
  boost::asio::co_spawn(pair.context, pair.client->call_tool(call_of("slow")),
                        boost::asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr, Result<sumun::CallToolResult> result) { answer = std::move(result); }));
  pair.context.restart();
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (!answer && std::chrono::steady_clock::now() < end) pair.context.run_one_until(end);
  REQUIRE(answer.has_value());
  CHECK(answer->error().code == ErrorCode::cancelled);
  pair.settle();
  CHECK(pair.server->received_of("notifications/cancelled").size() == 1);
}

TEST_CASE("calls end when the server goes, and later ones say so") {
  Pair pair(modern([](const json&, Server& s) { s.hang_up("the server ended with exit code 9"); }), quick());
  REQUIRE(pair.connect().has_value());
  for (int i = 0; i < 2; ++i) {
    const auto answer = pair.run([&] { return pair.client->list_tools(); });
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().code == ErrorCode::closed);
    CHECK(contains(answer.error().message, "exit code 9"));
  }
}

TEST_CASE("a client that goes ends the calls that wait") {
  Pair pair(modern([](const json&, Server&) {}), quick());
  REQUIRE(pair.connect().has_value());
  std::optional<Result<sumun::ListToolsResult>> answer;
  boost::asio::co_spawn(pair.context, pair.client->list_tools(), [&](std::exception_ptr, Result<sumun::ListToolsResult> result) { answer = std::move(result); });
  pair.settle();
  pair.client.reset();
  pair.settle();
  REQUIRE(answer.has_value());
  CHECK(answer->error().code == ErrorCode::closed);
}

TEST_CASE("many calls may wait at once and be answered in any order") {
  std::vector<json> held;
  Pair pair(modern([&held](const json& m, Server& s) {
              held.push_back(m);
              if (held.size() < 300) return;
              for (auto request = held.rbegin(); request != held.rend(); ++request)
                s.answer(*request, {{"content", {{{"type", "text"}, {"text", (*request)["params"]["name"]}}}}});
            }),
            [] {
              auto options = quick();
              options.request_limit = 5s;
              return options;
            }());
  REQUIRE(pair.connect().has_value());
  int right = 0;
  for (int i = 0; i < 300; ++i) {
    boost::asio::co_spawn(pair.context, pair.client->call_tool(call_of(std::to_string(i))), [&right, i](std::exception_ptr, Result<sumun::CallToolResult> r) {
      if (r && std::get<sumun::TextContent>(r->content.at(0)).text == std::to_string(i)) ++right;
    });
  }
  pair.context.restart();
  pair.context.run_for(10s);
  CHECK(right == 300);
}

TEST_CASE("a list is collected page by page") {
  Pair pair(modern([](const json& m, Server& s) {
              const int page = m["params"].contains("cursor") ? std::stoi(m["params"]["cursor"].get<std::string>()) : 0;
              json result{{"tools", {{{"name", "t" + std::to_string(page)}, {"inputSchema", {{"type", "object"}}}}}}};
              if (page < 4) result["nextCursor"] = std::to_string(page + 1);
              s.answer(m, result);
            }),
            quick());
  REQUIRE(pair.connect().has_value());
  const auto tools = pair.run([&] { return pair.client->all_tools(); });
  REQUIRE(tools.has_value());
  REQUIRE(tools->size() == 5);
  CHECK(tools->at(4).name == "t4");
}

TEST_CASE("a list without end is given up") {
  for (const bool repeats : {true, false}) {
    CAPTURE(repeats);
    int pages = 0;
    Pair pair(modern([&](const json& m, Server& s) {
                s.answer(m, {{"tools", json::array()}, {"nextCursor", repeats ? std::string("again") : std::to_string(++pages)}});
              }),
              quick());
    REQUIRE(pair.connect().has_value());
    const auto tools = pair.run([&] { return pair.client->all_tools(); });
    REQUIRE_FALSE(tools.has_value());
    CHECK(contains(tools.error().message, repeats ? "same cursor" : "pages"));
    CHECK(pair.server->received_of("tools/list").size() == (repeats ? 2 : sumun::kMaxListPages));
  }
}

TEST_CASE("log messages and other notifications reach their handlers") {
  std::vector<std::string> heard;
  auto options = quick();
  options.handlers.log_message = [&](sumun::LoggingMessageNotificationParams p) { heard.push_back("log " + p.data.get<std::string>()); };
  options.handlers.notification = [&](std::string method, json params) { heard.push_back(method + params.dump()); };
  Pair pair(modern([](const json& m, Server& s) {
              s.say({{"jsonrpc", "2.0"}, {"method", "notifications/message"}, {"params", {{"level", "info"}, {"data", "hello"}}}});
              s.say({{"jsonrpc", "2.0"}, {"method", "notifications/message"}, {"params", {{"level", "loud"}}}});
              s.say({{"jsonrpc", "2.0"}, {"method", "notifications/tools/list_changed"}});
              s.say({{"jsonrpc", "2.0"}, {"method", "notifications/resources/updated"}, {"params", {{"uri", "a:b"}}}});
              s.answer(m, canned(m));
            }),
            options);
  REQUIRE(pair.connect().has_value());
  REQUIRE(pair.run([&] { return pair.client->list_tools(); }).has_value());
  CHECK(heard == std::vector<std::string>{"log hello", "notifications/tools/list_changednull", "notifications/resources/updated{\"uri\":\"a:b\"}"});
}

TEST_CASE("a callback that throws harms nobody") {
  int lines = 0;
  auto options = quick();
  options.log = [&](sumun::LoggingLevel, std::string_view line) { lines += contains(line, "boom") ? 1 : 0; };
  options.handlers.log_message = [](const sumun::LoggingMessageNotificationParams&) { throw std::runtime_error("boom"); };
  options.handlers.notification = [](const std::string&, const json&) { throw std::runtime_error("boom"); };
  Pair pair(modern([](const json& m, Server& s) {
              s.say({{"jsonrpc", "2.0"}, {"method", "notifications/message"}, {"params", {{"level", "info"}, {"data", 1}}}});
              s.say({{"jsonrpc", "2.0"}, {"method", "notifications/x"}});
              s.say({{"jsonrpc", "2.0"}, {"method", "notifications/progress"}, {"params", {{"progressToken", m["id"]}, {"progress", 1}}}});
              s.answer(m, canned(m));
            }),
            options);
  REQUIRE(pair.connect().has_value());
  RequestOptions call;
  call.progress = [](const sumun::ProgressNotificationParams&) { throw std::runtime_error("boom"); };
  CHECK(pair.run([&] { return pair.client->list_tools({}, call); }).has_value());
  CHECK(lines == 3);
}

TEST_CASE("a server's faults are reported, and not without end") {
  int lines = 0;
  auto options = quick();
  options.log = [&](sumun::LoggingLevel, std::string_view) { ++lines; };
  Pair pair(modern([](const json& m, Server& s) {
              for (int i = 0; i < 1000; ++i) s.say_text("nonsense");
              s.answer(m, canned(m));
            }),
            options);
  REQUIRE(pair.connect().has_value());
  REQUIRE(pair.run([&] { return pair.client->list_tools(); }).has_value());
  CHECK(lines > 1);
  CHECK(lines < 50);
}
