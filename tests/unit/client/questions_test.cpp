// SPDX-License-Identifier: Apache-2.0
// What a server asks of the client: inside a result in 2026-07-28, pushed as a request before.
// Spec: 2026-07-28 basic/patterns/mrtr, Client Requirements; 2025-11-25 client/elicitation
#include "fake_server.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

using namespace fake;
using namespace std::chrono_literals;
using sumun::ClientOptions;

namespace {

ClientOptions quick() {
  ClientOptions options;
  options.probe_limit = 5s;
  options.connect_limit = 5s;
  options.request_limit = 5s;
  return options;
}

awaitable<Result<sumun::ElicitResult>> accept_form(sumun::ElicitRequestFormParams params) {
  sumun::ElicitResult result;
  result.action = sumun::ElicitAction::accept;
  result.content = json{{"said", params.message}};
  co_return result;
}
awaitable<Result<sumun::ElicitResult>> decline_url(sumun::ElicitRequestURLParams) {
  sumun::ElicitResult result;
  result.action = sumun::ElicitAction::decline;
  co_return result;
}
awaitable<Result<sumun::CreateMessageResult>> sample(sumun::CreateMessageRequestParams) {
  sumun::CreateMessageResult result;
  result.model = "m";
  result.content = sumun::SamplingMessageContentBlock(sumun::text_content("Paris"));
  co_return result;
}
awaitable<Result<sumun::ListRootsResult>> roots() {
  sumun::ListRootsResult result;
  result.roots.push_back({.uri = "file:///work"});
  co_return result;
}
awaitable<Result<sumun::ElicitResult>> broken_form(sumun::ElicitRequestFormParams) { co_return sumun::fail("no paper left"); }
awaitable<Result<sumun::ElicitResult>> throwing_form(sumun::ElicitRequestFormParams) {
  throw std::runtime_error("pencil broke");
  co_return sumun::ElicitResult{};
}
awaitable<Result<sumun::ElicitResult>> slow_form(sumun::ElicitRequestFormParams) {
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer timer(executor, 600ms);
  co_await timer.async_wait(boost::asio::use_awaitable);
  co_return sumun::ElicitResult{};
}

ClientOptions with_all() {
  auto options = quick();
  options.handlers.elicit_form = accept_form;
  options.handlers.elicit_url = decline_url;
  options.handlers.sample = sample;
  options.handlers.list_roots = roots;
  return options;
}

const json kForm{{"message", "who?"}, {"requestedSchema", {{"type", "object"}, {"properties", {{"name", {{"type", "string"}}}}}}}};

sumun::CallToolRequestParams call_of(std::string name) {
  sumun::CallToolRequestParams params;
  params.name = std::move(name);
  params.arguments = json{{"x", 1}};
  return params;
}

json done(std::string text) { return {{"resultType", "complete"}, {"content", {{{"type", "text"}, {"text", std::move(text)}}}}}; }

json pushed(json id, std::string method, json params) {
  return {{"jsonrpc", "2.0"}, {"id", std::move(id)}, {"method", std::move(method)}, {"params", std::move(params)}};
}

}  // namespace

TEST_CASE("the client declares what its handlers can do, and nothing else") {
  struct {
    std::string name;
    std::function<void(sumun::ClientHandlers&)> set;
    json want;
  } table[] = {
      {"nothing", [](auto&) {}, json::object()},
      {"form", [](auto& h) { h.elicit_form = accept_form; }, {{"elicitation", {{"form", json::object()}}}}},
      {"url", [](auto& h) { h.elicit_url = decline_url; }, {{"elicitation", {{"url", json::object()}}}}},
      {"sampling", [](auto& h) { h.sample = sample; }, {{"sampling", json::object()}}},
      {"roots", [](auto& h) { h.list_roots = roots; }, {{"roots", json::object()}}},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    auto options = quick();
    row.set(options.handlers);
    Pair modern_pair(modern({}), options);
    REQUIRE(modern_pair.connect().has_value());
    CHECK(modern_pair.server->received.at(0)["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] == row.want);
    Pair legacy_pair(legacy({}), options);
    REQUIRE(legacy_pair.connect().has_value());
    CHECK(legacy_pair.server->received_of("initialize").at(0)["params"]["capabilities"] == row.want);
  }
}

TEST_CASE("questions in a result are answered and the call is sent again") {
  const std::string state = "opaque \"\\/\u20ac\n state==";
  Pair pair(modern([&](const json& m, Server& s) {
              const auto& params = m["params"];
              if (!params.contains("inputResponses")) {
                s.answer(m, {{"resultType", "input_required"},
                             {"requestState", state},
                             {"inputRequests",
                              {{"form", {{"method", "elicitation/create"}, {"params", kForm}}},
                               {"page", {{"method", "elicitation/create"}, {"params", {{"mode", "url"}, {"message", "log in"}, {"url", "https://x.example/"}}}}},
                               {"capital", {{"method", "sampling/createMessage"},
                                            {"params", {{"messages", {{{"role", "user"}, {"content", {{"type", "text"}, {"text", "capital?"}}}}}}, {"maxTokens", 10}}}}},
                               {"where", {{"method", "roots/list"}}}}}});
                return;
              }
              s.answer(m, done("fine"));
            }),
            with_all());
  REQUIRE(pair.connect().has_value());
  const auto answer = pair.run([&] { return pair.client->call_tool(call_of("ask")); });
  REQUIRE_MESSAGE(answer.has_value(), message_of(answer));
  CHECK(std::get<sumun::TextContent>(answer->content.at(0)).text == "fine");
  const auto calls = pair.server->received_of("tools/call");
  REQUIRE(calls.size() == 2);
  CHECK(calls[0]["id"] != calls[1]["id"]);
  CHECK(calls[1]["params"]["name"] == "ask");
  CHECK(calls[1]["params"]["arguments"] == json{{"x", 1}});
  CHECK(calls[1]["params"]["requestState"] == state);
  const json& answers = calls[1]["params"]["inputResponses"];
  CHECK(answers.size() == 4);
  CHECK(answers["form"] == json{{"action", "accept"}, {"content", {{"said", "who?"}}}});
  CHECK(answers["page"] == json{{"action", "decline"}});
  CHECK(answers["capital"]["model"] == "m");
  CHECK(answers["capital"]["content"] == json{{"type", "text"}, {"text", "Paris"}});
  CHECK(answers["where"] == json{{"roots", {{{"uri", "file:///work"}}}}});
}

TEST_CASE("what a round did not hold is not sent in the next one") {
  int round = 0;
  Pair pair(modern([&](const json& m, Server& s) {
              const json form{{"k", {{"method", "elicitation/create"}, {"params", kForm}}}};
              ++round;
              if (round == 1) s.answer(m, {{"resultType", "input_required"}, {"requestState", "one"}, {"inputRequests", form}});
              if (round == 2) s.answer(m, {{"resultType", "input_required"}, {"inputRequests", form}});
              if (round == 3) s.answer(m, {{"resultType", "input_required"}, {"requestState", "three"}});
              if (round == 4) s.answer(m, done("fine"));
            }),
            with_all());
  REQUIRE(pair.connect().has_value());
  REQUIRE(pair.run([&] { return pair.client->call_tool(call_of("ask")); }).has_value());
  const auto calls = pair.server->received_of("tools/call");
  REQUIRE(calls.size() == 4);
  CHECK(calls[1]["params"]["requestState"] == "one");
  CHECK(calls[1]["params"].contains("inputResponses"));
  CHECK_FALSE(calls[2]["params"].contains("requestState"));
  CHECK(calls[2]["params"].contains("inputResponses"));
  CHECK(calls[3]["params"]["requestState"] == "three");
  CHECK_FALSE(calls[3]["params"].contains("inputResponses"));
}

TEST_CASE("prompts and resources may ask as well") {
  Pair pair(modern([&](const json& m, Server& s) {
              if (!m["params"].contains("requestState")) return s.answer(m, {{"resultType", "input_required"}, {"requestState", "s"}});
              if (m["method"] == "prompts/get") s.answer(m, {{"messages", json::array()}});
              else s.answer(m, {{"contents", json::array()}});
            }),
            with_all());
  REQUIRE(pair.connect().has_value());
  sumun::GetPromptRequestParams prompt;
  prompt.name = "p";
  CHECK(pair.run([&] { return pair.client->get_prompt(prompt); }).has_value());
  sumun::ReadResourceRequestParams read;
  read.uri = "a:b";
  CHECK(pair.run([&] { return pair.client->read_resource(read); }).has_value());
}

TEST_CASE("questions that cannot be answered end the call in words") {
  struct {
    std::string name;
    json result;
    std::string part;
  } table[] = {
      {"neither requests nor state", {{"resultType", "input_required"}}, "neither"},
      {"an unknown question", {{"resultType", "input_required"}, {"inputRequests", {{"a", {{"method", "dance"}}}}}}, "malformed"},
      {"a question that is no object", {{"resultType", "input_required"}, {"inputRequests", {{"a", 5}}}}, "malformed"},
      {"a form without a message", {{"resultType", "input_required"}, {"inputRequests", {{"a", {{"method", "elicitation/create"}, {"params", json::object()}}}}}}, "malformed"},
      {"a state that is no string", {{"resultType", "input_required"}, {"requestState", 5}}, "malformed"},
      {"something nobody offers", {{"resultType", "input_required"}, {"inputRequests", {{"a", {{"method", "roots/list"}}}}}}, "does not offer"},
      {"a handler that fails", {{"resultType", "input_required"}, {"inputRequests", {{"a", {{"method", "elicitation/create"}, {"params", kForm}}}}}}, "no paper left"},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    auto options = quick();
    options.handlers.elicit_form = broken_form;
    Pair pair(modern([&](const json& m, Server& s) { s.answer(m, row.result); }), options);
    REQUIRE(pair.connect().has_value());
    const auto answer = pair.run([&] { return pair.client->call_tool(call_of("ask")); });
    REQUIRE_FALSE(answer.has_value());
    CAPTURE(answer.error().message);
    CHECK(contains(answer.error().message, row.part));
    CHECK(pair.server->received_of("tools/call").size() == 1);
  }
}

TEST_CASE("a server that asks without end is given up") {
  auto options = with_all();
  options.max_rounds = 5;
  Pair pair(modern([](const json& m, Server& s) { s.answer(m, {{"resultType", "input_required"}, {"requestState", "again"}}); }), options);
  REQUIRE(pair.connect().has_value());
  const auto answer = pair.run([&] { return pair.client->call_tool(call_of("ask")); });
  REQUIRE_FALSE(answer.has_value());
  CHECK(contains(answer.error().message, "5 times"));
  CHECK(pair.server->received_of("tools/call").size() == 5);
}

TEST_CASE("a legacy server's pushed requests are answered by the same handlers") {
  json call;
  std::vector<json> answers;
  Pair pair(legacy([&](const json& m, Server& s) {
              if (m.value("method", "") == "tools/call") {
                call = m;
                s.say(pushed("a", "elicitation/create", kForm));
                s.say(pushed(7, "sampling/createMessage", {{"messages", {{{"role", "user"}, {"content", {{"type", "text"}, {"text", "capital?"}}}}}}, {"maxTokens", 10}}));
                s.say(pushed(8, "roots/list", json::object()));
                s.say(pushed("p", "ping", json::object()));
              } else if (!m.contains("method")) {
                answers.push_back(m);
                if (answers.size() == 4) s.answer(call, done("fine"));
              }
            }),
            with_all());
  REQUIRE(pair.connect().has_value());
  const auto answer = pair.run([&] { return pair.client->call_tool(call_of("ask")); });
  REQUIRE_MESSAGE(answer.has_value(), message_of(answer));
  REQUIRE(answers.size() == 4);
  json by_id = json::object();
  for (const auto& one : answers) by_id[one["id"].dump()] = one["result"];
  CHECK(by_id["\"a\""] == json{{"action", "accept"}, {"content", {{"said", "who?"}}}});
  CHECK(by_id["7"]["model"] == "m");
  CHECK(by_id["8"]["roots"].size() == 1);
  CHECK(by_id["\"p\""] == json::object());
}

TEST_CASE("a pushed request that cannot be served is refused, and the call goes on") {
  struct {
    std::string name;
    std::string method;
    json params;
    int code;
    std::function<void(sumun::ClientHandlers&)> set;
  } table[] = {
      {"an unknown method", "dance", json::object(), -32601, [](auto&) {}},
      {"a method of servers", "tools/list", json::object(), -32601, [](auto&) {}},
      {"a notification's name", "notifications/progress", json::object(), -32601, [](auto&) {}},
      {"nobody offers it", "roots/list", json::object(), -32601, [](auto&) {}},
      {"malformed params", "elicitation/create", json::object(), -32602, [](auto& h) { h.elicit_form = accept_form; }},
      {"the handler fails", "elicitation/create", kForm, -32603, [](auto& h) { h.elicit_form = broken_form; }},
      {"the handler throws", "elicitation/create", kForm, -32603, [](auto& h) { h.elicit_form = throwing_form; }},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    json call, refusal;
    auto options = quick();
    row.set(options.handlers);
    Pair pair(legacy([&](const json& m, Server& s) {
                if (m.value("method", "") == "tools/call") {
                  call = m;
                  s.say(pushed(1, row.method, row.params));
                } else if (!m.contains("method")) {
                  refusal = m;
                  s.answer(call, done("fine"));
                }
              }),
              options);
    REQUIRE(pair.connect().has_value());
    REQUIRE(pair.run([&] { return pair.client->call_tool(call_of("ask")); }).has_value());
    CHECK(refusal["id"] == 1);
    CHECK(refusal["error"]["code"] == row.code);
  }
}

TEST_CASE("the clock of a call stands still while a question is open") {
  auto options = quick();
  options.request_limit = 300ms;
  options.handlers.elicit_form = slow_form;  // 600 ms
  json call;
  Pair pair(legacy([&](const json& m, Server& s) {
              if (m.value("method", "") == "tools/call") {
                call = m;
                s.say(pushed(1, "elicitation/create", kForm));
              } else if (!m.contains("method")) {
                s.answer(call, done("fine"));
              }
            }),
            options);
  REQUIRE(pair.connect().has_value());
  const auto answer = pair.run([&] { return pair.client->call_tool(call_of("ask")); });
  CHECK_MESSAGE(answer.has_value(), message_of(answer));
}

TEST_CASE("a pushed request that the server cancels is not answered") {
  auto options = quick();
  options.request_limit = 1s;
  options.handlers.elicit_form = slow_form;
  json call;
  Pair pair(legacy([&](const json& m, Server& s) {
              if (m.value("method", "") == "tools/call") {
                call = m;
                s.say(pushed(1, "elicitation/create", kForm));
                s.say({{"jsonrpc", "2.0"}, {"method", "notifications/cancelled"}, {"params", {{"requestId", 1}}}});
                s.say({{"jsonrpc", "2.0"}, {"method", "notifications/cancelled"}, {"params", {{"requestId", 99}}}});
                s.say({{"jsonrpc", "2.0"}, {"method", "notifications/cancelled"}, {"params", 5}});
                s.answer(call, done("fine"));
              }
            }),
            options);
  REQUIRE(pair.connect().has_value());
  REQUIRE(pair.run([&] { return pair.client->call_tool(call_of("ask")); }).has_value());
  pair.context.restart();
  pair.context.run_for(1s);  // until the form has been filled in
  for (const auto& message : pair.server->received) CHECK(message.contains("method"));
}

TEST_CASE("too many pushed requests are refused") {
  auto options = quick();
  options.request_limit = 2s;
  options.handlers.elicit_form = slow_form;
  json call;
  std::size_t answered = 0, busy = 0;
  Pair pair(legacy([&](const json& m, Server& s) {
              if (m.value("method", "") == "tools/call") {
                call = m;
                for (int i = 0; i < 100; ++i) s.say(pushed(i, "elicitation/create", kForm));
                s.say(pushed(0, "elicitation/create", kForm));
              } else if (!m.contains("method")) {
                ++answered;
                if (m.contains("error")) ++busy;
                if (answered == 101) s.answer(call, done("fine"));
              }
            }),
            options);
  REQUIRE(pair.connect().has_value());
  REQUIRE(pair.run([&] { return pair.client->call_tool(call_of("ask")); }).has_value());
  CHECK(busy == 101 - sumun::kMaxPushedRequests);
}

TEST_CASE("a modern server's pushed requests are not answered") {
  int complaints = 0;
  auto options = with_all();
  options.log = [&](sumun::LoggingLevel, std::string_view line) { complaints += contains(line, "roots/list") ? 1 : 0; };
  Pair pair(modern([](const json& m, Server& s) {
              s.say(pushed(1, "roots/list", json::object()));
              s.answer(m, done("fine"));
            }),
            options);
  REQUIRE(pair.connect().has_value());
  REQUIRE(pair.run([&] { return pair.client->call_tool(call_of("ask")); }).has_value());
  CHECK(complaints == 1);
  for (const auto& message : pair.server->received) CHECK(message.contains("method"));
}
