// SPDX-License-Identifier: Apache-2.0
// The blocking client: calls from plain threads, handlers on the threads that call, servers that are processes.
#include "fake_server.hpp"

#include <sumun/launch.hpp>

#include <atomic>
#include <future>
#include <thread>

using namespace fake;
using namespace std::chrono_literals;
using sumun::BlockingClient;
using sumun::ClientOptions;

namespace {

// A server on the client's own loop. `made` counts how often it was started.
sumun::TransportFactory factory(Server::React react, int* made = nullptr) {
  return [react = std::move(react), made](boost::asio::any_io_executor executor) -> Result<std::unique_ptr<Transport>> {
    if (made) ++*made;
    auto& context = static_cast<boost::asio::io_context&>(boost::asio::query(executor, boost::asio::execution::context));
    return std::make_shared<Server>(context, react)->transport();
  };
}

sumun::CallToolRequestParams call_of(std::string name) {
  sumun::CallToolRequestParams params;
  params.name = std::move(name);
  return params;
}

json text(std::string words) { return {{"content", {{{"type", "text"}, {"text", std::move(words)}}}}}; }

std::string text_of(const sumun::CallToolResult& result) { return std::get<sumun::TextContent>(result.content.at(0)).text; }

const json kForm{{"message", "who?"}, {"requestedSchema", {{"type", "object"}, {"properties", json::object()}}}};

sumun::LaunchOptions shell(std::string script) {
  sumun::LaunchOptions options;
  options.command = {"/bin/sh", "-c", std::move(script)};
  options.errors = sumun::LaunchOptions::Errors::discard;
  return options;
}

}  // namespace

TEST_CASE("a blocking call gives its result") {
  auto client = BlockingClient::connect(factory(modern([](const json& m, Server& s) {
    if (m["method"] == "tools/list") s.answer(m, {{"tools", {{{"name", "add"}, {"inputSchema", {{"type", "object"}}}}}}});
    if (m["method"] == "tools/call") s.answer(m, text(m["params"]["name"]));
  })));
  REQUIRE(client.has_value());
  CHECK(client->server().info->name == "fake");
  const auto tools = client->all_tools();
  REQUIRE(tools.has_value());
  CHECK(tools->size() == 1);
  const auto answer = client->call_tool(call_of("add"));
  REQUIRE(answer.has_value());
  CHECK(text_of(*answer) == "add");
  CHECK(client->ping().error().code == ErrorCode::unsupported);
}

TEST_CASE("handlers run on the thread that calls") {
  for (const bool is_modern : {true, false}) {
    CAPTURE(is_modern);
    const auto call = std::make_shared<json>();
    const Server::React modern_react = modern([](const json& m, Server& s) {
      if (m["params"].contains("inputResponses")) return s.answer(m, text("fine"));
      s.answer(m, {{"resultType", "input_required"}, {"inputRequests", {{"k", {{"method", "elicitation/create"}, {"params", kForm}}}}}});
    });
    const Server::React legacy_react = legacy([call](const json& m, Server& s) {
      if (m.value("method", "") == "tools/call") {
        *call = m;
        s.say({{"jsonrpc", "2.0"}, {"id", 1}, {"method", "elicitation/create"}, {"params", kForm}});
      } else if (!m.contains("method")) {
        s.answer(*call, text("fine"));
      }
    });
    std::thread::id asked_on;
    sumun::PlainHandlers handlers;
    handlers.elicit_form = [&](sumun::ElicitRequestFormParams) -> Result<sumun::ElicitResult> {
      asked_on = std::this_thread::get_id();
      return sumun::ElicitResult{sumun::ElicitAction::decline, {}, {}};
    };
    auto client = BlockingClient::connect(factory(is_modern ? modern_react : legacy_react), {}, handlers);
    REQUIRE(client.has_value());
    const auto answer = client->call_tool(call_of("ask"));
    REQUIRE_MESSAGE(answer.has_value(), message_of(answer));
    CHECK(asked_on == std::this_thread::get_id());
  }
}

TEST_CASE("a handler that throws ends its call in words") {
  sumun::PlainHandlers handlers;
  handlers.list_roots = []() -> Result<sumun::ListRootsResult> { throw std::runtime_error("no roots here"); };
  auto client = BlockingClient::connect(factory(modern([](const json& m, Server& s) {
                                          s.answer(m, {{"resultType", "input_required"}, {"inputRequests", {{"k", {{"method", "roots/list"}}}}}});
                                        })),
                                        {}, handlers);
  REQUIRE(client.has_value());
  CHECK(contains(message_of(client->call_tool(call_of("ask"))), "no roots here"));
}

TEST_CASE("several threads may call at once") {
  auto client = BlockingClient::connect(factory(modern([](const json& m, Server& s) { s.answer(m, text(m["params"]["name"])); })));
  REQUIRE(client.has_value());
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const auto name = std::to_string(t * 1000 + i);
        const auto answer = client->call_tool(call_of(name));
        if (answer && text_of(*answer) == name) ++right;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(right == 400);
}

TEST_CASE("closing ends a call that waits on another thread") {
  std::promise<void> called;
  auto client = BlockingClient::connect(factory(modern([&called](const json& m, Server&) {
    if (m["method"] == "tools/call") called.set_value();
  })));
  REQUIRE(client.has_value());
  auto answer = std::async(std::launch::async, [&] { return client->call_tool(call_of("slow")); });
  called.get_future().wait();
  client->close();
  REQUIRE(answer.wait_for(10s) == std::future_status::ready);
  CHECK(answer.get().error().code == ErrorCode::closed);
}

TEST_CASE("a server that ends at the probe is started again as a legacy one") {
  int made = 0;
  auto client = BlockingClient::connect(factory(
      [](const json& m, Server& s) {
        if (m["method"] == "server/discover") s.hang_up("the server ended with exit code 1");
        if (m["method"] == "initialize") s.answer(m, initialization("2025-06-18"));
      },
      &made));
  REQUIRE(client.has_value());
  CHECK(made == 2);
  CHECK(client->server().revision == sumun::Revision::v2025_06_18);
}

TEST_CASE("a server that always ends gives its own reason") {
  int made = 0;
  const auto client = BlockingClient::connect(factory([](const json&, Server& s) { s.hang_up("the server ended with exit code 1"); }, &made));
  REQUIRE_FALSE(client.has_value());
  CHECK(client.error().code == ErrorCode::closed);
  CHECK(contains(client.error().message, "exit code 1"));
  CHECK(made == 2);
}

TEST_CASE("a channel that cannot be opened is an error") {
  const auto client = BlockingClient::connect(
      [](boost::asio::any_io_executor) -> Result<std::unique_ptr<Transport>> { return sumun::fail(ErrorCode::io, "no such program"); });
  REQUIRE_FALSE(client.has_value());
  CHECK(client.error().message == "no such program");
  const auto thrown = BlockingClient::connect(
      [](boost::asio::any_io_executor) -> Result<std::unique_ptr<Transport>> { throw std::runtime_error("no memory left"); });
  REQUIRE_FALSE(thrown.has_value());
  CHECK(thrown.error().message == "no memory left");
}

TEST_CASE("a program is launched, talked to and ended") {
  const auto server = shell(
      R"(while read -r line; do
           case "$line" in
             *server/discover*) echo '{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}}';;
             *initialize\"*) echo '{"jsonrpc":"2.0","id":2,"result":{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"sh","version":"1"}}}';;
             *tools/call*) echo "noise"; echo '{"jsonrpc":"2.0","id":3,"result":{"content":[{"type":"text","text":"'$SUMUN_TEST_WORD'"}]}}';;
           esac
         done)");
  auto options = server;
  options.environment = {{"SUMUN_TEST_WORD", "hello"}};
  auto client = BlockingClient::connect(sumun::launch_stdio(options));
  REQUIRE_MESSAGE(client.has_value(), message_of(client));
  CHECK(client->server().info->name == "sh");
  const auto answer = client->call_tool(call_of("x"));
  REQUIRE_MESSAGE(answer.has_value(), message_of(answer));
  CHECK(text_of(*answer) == "hello");
  client->close();
  CHECK(client->call_tool(call_of("x")).error().code == ErrorCode::closed);
}

TEST_CASE("how a launched program ended is said") {
  struct {
    std::string name;
    std::string script;
    std::string part;
  } table[] = {
      {"at once", "exit 3", "exit code 3"},
      {"after the first message", "read -r line; exit 4", "exit code 4"},
      {"without a fault", "exit 0", "the server ended"},
      {"by a signal", "kill -9 $$", "signal 9"},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    const auto client = BlockingClient::connect(sumun::launch_stdio(shell(row.script)));
    REQUIRE_FALSE(client.has_value());
    CAPTURE(client.error().message);
    CHECK(client.error().code == ErrorCode::closed);
    CHECK(contains(client.error().message, row.part));
  }
}

TEST_CASE("a program that is not there is an error with its name") {
  sumun::LaunchOptions options;
  options.command = {"/nonexistent/sumun-server"};
  const auto client = BlockingClient::connect(sumun::launch_stdio(options));
  REQUIRE_FALSE(client.has_value());
  CHECK(client.error().code == ErrorCode::io);
  CHECK(contains(client.error().message, "/nonexistent/sumun-server"));
}

TEST_CASE("a program that ignores the end of its input is ended all the same") {
  const auto start = std::chrono::steady_clock::now();
  {
    ClientOptions options;
    options.probe_limit = 20ms;
    options.connect_limit = 50ms;
    const auto client = BlockingClient::connect(sumun::launch_stdio(shell("trap '' TERM; while :; do sleep 0.05; done")), options);
    REQUIRE_FALSE(client.has_value());
    CHECK(client.error().code == ErrorCode::timeout);
  }
  CHECK(std::chrono::steady_clock::now() - start < 10s);
}
