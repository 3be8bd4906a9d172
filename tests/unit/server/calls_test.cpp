// SPDX-License-Identifier: Apache-2.0
// A call from its arguments to its answer: validation, output, failures, placement, time, cancellation, progress, logs.
#include "support.hpp"

#include <sumun/field.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <thread>

using namespace sumun;
using namespace sumun::test;

namespace {

struct Pick {
  Field<int, "how many", range<1, 5>, default_<3>> count;
  std::string what = "apples";
};
struct Point {
  double x;
  double y;
};
struct Words {
  std::string text;
};

awaitable<std::string> wait_for_ever(Call& call) {
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer timer(executor, std::chrono::hours(1));
  co_await timer.async_wait(boost::asio::use_awaitable);
  co_return call.cancelled() ? "cancelled" : "woke";
}

ToolOptions quick() { return {.effects = reads, .placement = Placement::quick}; }

}  // namespace

TEST_CASE("arguments are validated first: what does not fit is a result that a model can mend, in every revision") {
  struct {
    const char* name;
    const char* arguments;
    const char* words;
  } table[] = {
      {"too large", R"({"count":9})", "count"},
      {"wrong type", R"({"count":"three"})", "count"},
      {"unknown member", R"({"cuont":3})", "cuont"},
      {"several", R"({"count":0,"what":5})", "what"},
  };
  for (const char* revision : {"", "2024-11-05", "2025-11-25"}) {
    World w;
    w.server.tool("pick", "Picks", [](Pick in) { return std::to_string(in.count.get()) + " " + in.what; }, quick());
    if (*revision != '\0') w.open(revision);
    const auto call = [&](json arguments) {
      return *revision != '\0' ? w.call_legacy("pick", std::move(arguments)) : w.call("pick", std::move(arguments));
    };
    for (const auto& row : table) {
      CAPTURE(std::string(revision));
      CAPTURE(std::string(row.name));
      const json answer = call(J(row.arguments));
      CHECK(failed(answer));
      CHECK(text_of(answer).find("pick") != std::string::npos);
      CHECK_MESSAGE(text_of(answer).find(row.words) != std::string::npos, text_of(answer));
      CHECK(!answer["result"].contains("structuredContent"));
    }
    CHECK(text_of(call(json::object())) == "3 apples");
    CHECK(text_of(call(J(R"({"count":5,"what":"pears"})"))) == "5 pears");
  }
}

TEST_CASE("params that are no call are a protocol error") {
  World w;
  w.server.tool("pick", "Picks", [](Pick) { return 1; }, quick());
  for (const char* params :
       {R"({})", R"({"name":5})", R"({"name":"pick","arguments":5})", R"({"name":"pick","arguments":[1]})"}) {
    CAPTURE(std::string(params));
    CHECK(code_of(w.ask("tools/call", J(params))) == -32602);
  }
  json long_name;
  long_name["name"] = std::string(kMaxNameBytes + 1, 'x');
  CHECK(code_of(w.ask("tools/call", long_name)) == -32602);
}

TEST_CASE("an unknown tool is -32602, and the nearest name is offered") {
  World w;
  w.server.tool("search_documents", "S", [] { return 1; }, quick());
  w.server.tool("list", "L", [] { return 1; }, quick());
  struct {
    const char* name;
    const char* words;
  } table[] = {{"search_document", "did you mean 'search_documents'?"},
               {"lst", "did you mean 'list'?"},
               {"zzz", "unknown tool"},
               {"", "unknown tool"}};
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    const json answer = w.call(row.name);
    CHECK(code_of(answer) == -32602);
    CHECK_MESSAGE(message_of(answer).find(row.words) != std::string::npos, message_of(answer));
  }
  CHECK(message_of(w.call("zzz")).find("did you mean") == std::string::npos);
  CHECK(code_of(w.call(std::string(200, 'x'))) == -32602);
}

namespace {

void offer_outputs(World& w) {
  w.server.tool("point", "P", [] { return Point{1, 2}; }, quick());
  w.server.tool("number", "N", [] { return 7; }, quick());
  w.server.tool("list", "L", [] { return std::vector<int>{1, 2}; }, quick());
  w.server.tool("words", "W", [] { return std::string("hi"); }, quick());
  w.server.tool("nothing", "0", [] {}, quick());
  w.server.tool("image", "I", [] { return image_content("aGk=", "image/png"); }, quick());
  w.server.tool("free", "F", [] { return json{{"a", 1}}; }, quick());
  w.server.tool(
      "bare", "B",
      [] {
        CallToolResult result;
        result.structuredContent = json{{"a", 1}};
        return result;
      },
      quick());
}

}  // namespace

TEST_CASE("output travels as each revision wants it") {
  const auto listed = [](const json& answer, const std::string& tool) {
    for (const json& one : answer["result"]["tools"])
      if (one["name"] == tool) return one;
    return json();
  };
  World w;
  offer_outputs(w);
  const json modern = w.ask("tools/list");
  CHECK(listed(modern, "number")["outputSchema"]["type"] == "integer");
  CHECK_HOLDS(listed(modern, "list"), R"({"outputSchema":{"type":"array"}})");
  CHECK(!listed(modern, "nothing").contains("outputSchema"));
  CHECK(!listed(modern, "image").contains("outputSchema"));
  CHECK_HOLDS(w.call("number"), R"({"result":{"structuredContent":7,"content":[{"type":"text","text":"7"}]}})");
  CHECK_HOLDS(w.call("list"), R"({"result":{"structuredContent":[1,2],"content":[{"text":"[1,2]"}]}})");
  CHECK_HOLDS(w.call("point"), R"({"result":{"structuredContent":{"x":1.0,"y":2.0}}})");
  CHECK_HOLDS(w.call("words"), R"({"result":{"structuredContent":"hi","content":[{"type":"text","text":"hi"}]}})");
  CHECK(w.call("nothing")["result"]["content"] == json::array());
  CHECK_HOLDS(w.call("image"), R"({"result":{"content":[{"type":"image","data":"aGk=","mimeType":"image/png"}]}})");
  CHECK_HOLDS(w.call("bare"), R"({"result":{"structuredContent":{"a":1},"content":[{"type":"text","text":"{\"a\":1}"}]}})");

  for (const char* revision : {"2025-06-18", "2025-11-25"}) {
    CAPTURE(std::string(revision));
    World old;
    offer_outputs(old);
    old.open(revision);
    CHECK_HOLDS(listed(old.ask_legacy("tools/list"), "number"),
                R"({"outputSchema":{"type":"object","properties":{"result":{"type":"integer"}},"required":["result"]}})");
    CHECK_HOLDS(old.call_legacy("number"), R"({"result":{"structuredContent":{"result":7}}})");
    CHECK_HOLDS(old.call_legacy("words"), R"({"result":{"structuredContent":{"result":"hi"}}})");
    CHECK_HOLDS(old.call_legacy("point"), R"({"result":{"structuredContent":{"x":1.0,"y":2.0}}})");
  }
  for (const char* revision : {"2024-11-05", "2025-03-26"}) {
    CAPTURE(std::string(revision));
    World old;
    offer_outputs(old);
    old.open(revision);
    CHECK(!listed(old.ask_legacy("tools/list"), "number").contains("outputSchema"));
    const json answer = old.call_legacy("point");
    CHECK(!answer["result"].contains("structuredContent"));
    CHECK(!text_of(answer).empty());
  }
}

TEST_CASE("output that breaks its schema is a failure that says it ran, and is logged") {
  World w;
  Tool definition;
  definition.name = "odd";
  definition.inputSchema = J(R"({"type":"object"})");
  definition.outputSchema = J(R"({"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]})");
  w.server.add_tool(definition, PlainHandler<CallToolResult>([](json input, Call&) -> Result<CallToolResult> {
                      CallToolResult result;
                      if (input.contains("give")) result.structuredContent = input["give"];
                      if (input.contains("fail")) result.isError = true;
                      return result;
                    }),
                    quick());
  CHECK(!failed(w.call("odd", J(R"({"give":{"n":1}})"))));
  const json broken = w.call("odd", J(R"({"give":{"n":"one"}})"));
  CHECK(failed(broken));
  CHECK_MESSAGE(text_of(broken).find("output.n") != std::string::npos, text_of(broken));
  CHECK(w.logged->has("tool 'odd': its output breaks its schema"));
  CHECK(text_of(w.call("odd")).find("no structured content") != std::string::npos);
  CHECK(text_of(w.call("odd", J(R"({"fail":true})"))).empty());
}

TEST_CASE("what a handler fails with reaches the caller as its kind demands") {
  struct {
    const char* name;
    Error error;
    int modern;  // 0 = an isError result
    int legacy;
    const char* text;
  } table[] = {
      {"its own failure", fail("no such city: 'Atlantis'"), 0, 0, "no such city: 'Atlantis'"},
      {"invalid value", fail(ErrorCode::invalid_value, "x"), 0, 0, "x"},
      {"io", fail(ErrorCode::io, "disk full"), 0, 0, "disk full"},
      {"timeout", fail(ErrorCode::timeout, "slow"), 0, 0, "slow"},
      {"closed", fail(ErrorCode::closed, "gone"), 0, 0, "gone"},
      {"cancelled", fail(ErrorCode::cancelled, "given up"), 0, 0, "given up"},
      {"invalid params", fail(ErrorCode::invalid_params, "p"), -32602, -32602, "p"},
      {"internal", fail(ErrorCode::internal_error, "i"), -32603, -32603, "i"},
      {"resource not found", fail(ErrorCode::resource_not_found, "r"), -32602, -32002, "r"},
      {"unsupported", Error{ErrorCode::unsupported, "u", J(R"({"roots":{}})")}, -32021, 0, "u"},
      {"too many", fail(ErrorCode::too_many_requests, "t"), 429, 429, "t"},
      {"busy", fail(ErrorCode::busy, "b"), 503, 503, "b"},
  };
  for (const auto& row : table) {
    for (const Placement where : {Placement::quick, Placement::pool}) {
      CAPTURE(std::string(row.name));
      World w;
      w.server.tool("fails", "F", [&row]() -> Result<int> { return row.error; }, {.placement = where});
      w.server.tool("throws", "T", [&row]() -> int { throw ErrorException(row.error); }, {.placement = where});
      for (const char* tool : {"fails", "throws"}) {
        const json answer = w.call(tool);
        CHECK(code_of(answer) == row.modern);
        if (row.modern == 0) CHECK(text_of(answer) == std::string(tool) + ": " + row.text);
        CHECK(failed(answer) == (row.modern == 0));
        if (row.modern == -32021) CHECK(answer["error"]["data"] == J(R"({"requiredCapabilities":{"roots":{}}})"));
      }
      w.open();
      for (const char* tool : {"fails", "throws"}) {
        const json answer = w.call_legacy(tool);
        CHECK(code_of(answer) == row.legacy);
        CHECK(failed(answer) == (row.legacy == 0));
      }
    }
  }
}

TEST_CASE("ToolError is read as it is, every other exception is masked and logged under a reference") {
  World w;
  w.server.tool("tool_error", "T", []() -> int { throw ToolError("try a smaller number"); });
  w.server.tool("secret", "S", []() -> int { throw std::runtime_error("password=hunter2"); });
  w.server.tool("odd", "O", []() -> int { throw 5; });  // NOLINT(hicpp-exception-baseclass)
  w.server.tool("coroutine", "C", []() -> awaitable<int> {
    throw std::runtime_error("password=hunter2");
    co_return 1;
  });
  w.server.tool("quick", "Q", []() -> int { throw std::runtime_error("password=hunter2"); }, quick());
  CHECK(text_of(w.call("tool_error")) == "tool_error: try a smaller number");
  for (const char* tool : {"secret", "coroutine", "odd", "quick"}) {
    CAPTURE(std::string(tool));
    const json answer = w.call(tool);
    CHECK(failed(answer));
    CHECK(text_of(answer).find("hunter2") == std::string::npos);
    CHECK(text_of(answer).find("reference ") != std::string::npos);
    const std::string reference = text_of(answer).substr(text_of(answer).find("reference ") + 10, 8);
    CHECK(w.logged->has(reference));
  }
  CHECK(w.logged->has("hunter2"));
}

TEST_CASE("invalid UTF-8 and numbers that JSON lacks do not end the server") {
  World w;
  w.server.tool(
      "bytes", "B",
      [] {
        return std::string(
            "a\xff"
            "b");
      },
      quick());
  w.server.tool("nan", "N", [] { return Point{std::nan(""), 1}; }, quick());
  CHECK(text_of(w.call("bytes")) ==
        "a\xef\xbf\xbd"
        "b");
  const json nan = w.call("nan");
  CHECK(nan.contains("result"));
  CHECK(w.call("bytes").contains("result"));
}

TEST_CASE("effects become annotations") {
  struct {
    const char* name;
    Effects effects;
    const char* want;
  } table[] = {
      {"undeclared", Effects::undeclared,
       R"({"readOnlyHint":false,"destructiveHint":true,"idempotentHint":false,"openWorldHint":true})"},
      {"reads", reads, R"({"readOnlyHint":true,"destructiveHint":false,"idempotentHint":true,"openWorldHint":false})"},
      {"reads_out", reads | reaches_out,
       R"({"readOnlyHint":true,"destructiveHint":false,"idempotentHint":true,"openWorldHint":true})"},
      {"writes", writes, R"({"readOnlyHint":false,"destructiveHint":false,"idempotentHint":false,"openWorldHint":false})"},
      {"destroys", destroys | idempotent,
       R"({"readOnlyHint":false,"destructiveHint":true,"idempotentHint":true,"openWorldHint":false})"},
      {"idempotent_alone", idempotent,
       R"({"readOnlyHint":false,"destructiveHint":true,"idempotentHint":true,"openWorldHint":true})"},
      {"reads_and_writes", reads | writes, R"({"readOnlyHint":false,"destructiveHint":false})"},
  };
  World w;
  for (const auto& row : table) w.server.tool(row.name, "x", [] { return 1; }, {.effects = row.effects});
  const json answer = w.ask("tools/list");
  for (std::size_t i = 0; i < std::size(table); ++i) {
    CAPTURE(std::string(table[i].name));
    CHECK_HOLDS(answer["result"]["tools"][i]["annotations"], table[i].want);
  }
}

TEST_CASE("a handler runs where it was placed") {
  World w;
  const auto loop_thread = std::this_thread::get_id();
  std::thread::id pool_thread, executor_thread;
  std::atomic<bool> in_place{false}, coroutine_on_loop{false};
  std::optional<std::thread> own;
  w.server.tool("pool", "p", [&] { pool_thread = std::this_thread::get_id(); });
  w.server.tool("quick", "q", [&] { in_place = std::this_thread::get_id() == loop_thread; }, quick());
  w.server.tool("coroutine", "c", [&]() -> awaitable<void> {
    coroutine_on_loop = std::this_thread::get_id() == loop_thread;
    co_return;
  });
  ToolOptions elsewhere;
  elsewhere.executor = [&](std::function<void()> work) { own.emplace(std::move(work)); };
  w.server.tool("own", "o", [&] { executor_thread = std::this_thread::get_id(); }, elsewhere);
  for (const char* tool : {"pool", "quick", "coroutine", "own"}) CHECK(!failed(w.call(tool)));
  own->join();
  CHECK(pool_thread != std::thread::id{});
  CHECK(pool_thread != loop_thread);
  CHECK(in_place);
  CHECK(coroutine_on_loop);
  CHECK(executor_thread != loop_thread);
  CHECK(executor_thread != pool_thread);
}

TEST_CASE("an executor that drops the work or throws does not lose the answer") {
  World w;
  ToolOptions drops, throws;
  drops.executor = [](std::function<void()>) {};
  throws.executor = [](std::function<void()>) { throw std::runtime_error("the loop is gone"); };
  w.server.tool("drops", "d", [] { return 1; }, drops);
  w.server.tool("throws", "t", [] { return 1; }, throws);
  CHECK(code_of(w.call("drops")) == -32603);
  CHECK(code_of(w.call("throws")) == -32603);
  CHECK(w.logged->has("the loop is gone"));
}

TEST_CASE("one slow tool blocks nobody, and answers overtake each other") {
  Gate gate;
  World w;
  w.server.tool("slow", "s", [&](Call& call) { return gate.wait_for_stop(call.stop_token()) ? "stopped" : "slow"; });
  w.server.tool("fast", "f", [] { return "fast"; });
  w.send(w.request(1, "tools/call", J(R"({"name":"slow"})")));
  CHECK(text_of(w.call("fast")) == "fast");
  gate.open();
  const json slow = w.next();
  CHECK(slow["id"] == 1);
  CHECK(text_of(slow) == "slow");
}

TEST_CASE("a quick handler that blocks is logged") {
  World w;
  w.server.tool(
      "blocks", "b",
      [] {
        const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(8);
        while (std::chrono::steady_clock::now() < until) {}
      },
      quick());
  w.call("blocks");
  CHECK(w.logged->has("'blocks' is registered as quick and blocked the connection"));
}

TEST_CASE("over its time a call is answered, its handler told to stop, and what it says later dropped") {
  for (const bool is_coroutine : {false, true}) {
    CAPTURE(is_coroutine);
    Gate gate;
    std::atomic<bool> running{false}, stopped{false};
    World w;
    ToolOptions options{.effects = reads, .timeout = std::chrono::milliseconds(30)};
    if (is_coroutine) {
      w.server.tool("slow", "s", wait_for_ever, options);
    } else {
      w.server.tool(
          "slow", "s",
          [&](Call& call) {
            running = true;
            CHECK(call.deadline().has_value());
            stopped = gate.wait_for_stop(call.stop_token());
            call.progress(1);
            return "too late";
          },
          options);
    }
    json params = J(R"({"name":"slow","_meta":{"progressToken":"p"}})");
    const json answer = w.ask("tools/call", params);
    CHECK(failed(answer));
    CHECK(text_of(answer).find("slow: it took longer than it may") != std::string::npos);
    CHECK(w.until([&] { return !running || stopped; }));
    CHECK(w.silent());
  }
}

TEST_CASE("a call within its time is not disturbed") {
  World w;
  w.server.tool("fast", "f", [](Call& call) { return call.cancelled() ? "stopped" : "done"; },
                {.timeout = std::chrono::minutes(1)});
  CHECK(text_of(w.call("fast")) == "done");
}

// ---- cancellation

TEST_CASE("a cancelled request is never answered, in whatever state it is") {
  SUBCASE("running in a plain handler") {
    Gate gate;
    std::atomic<bool> running{false}, stopped{false};
    World w;
    w.server.tool("hold", "h", [&](Call& call) {
      running = true;
      const bool told = gate.wait_for_stop(call.stop_token());
      call.progress(1);
      call.log(LoggingLevel::error, "late");
      stopped = told && call.cancelled();
      return 1;
    });
    json params = J(R"({"name":"hold","_meta":{"progressToken":1,"io.modelcontextprotocol/logLevel":"debug"}})");
    w.send(w.request("r", "tools/call", params));
    CHECK(w.until([&] { return running.load(); }));
    w.cancel("r");
    CHECK(w.until([&] { return stopped.load(); }));
    CHECK(w.silent());
  }
  SUBCASE("running in a coroutine") {
    World w;
    w.server.tool("hold", "h", wait_for_ever);
    w.send(w.request("r", "tools/call", J(R"({"name":"hold"})")));
    w.cancel("r");
    CHECK(w.silent());
  }
  SUBCASE("waiting for a worker") {
    Gate gate;
    std::atomic<int> ran{0};
    World w;
    w.server.tool("hold", "h", [&](Call& call) { return gate.wait_for_stop(call.stop_token()); });
    w.server.tool("count", "c", [&] { return ++ran; });
    for (int i = 0; i < 2; ++i) w.send(w.request(i, "tools/call", J(R"({"name":"hold"})")));
    w.send(w.request("waiting", "tools/call", J(R"({"name":"count"})")));
    w.cancel("waiting");
    CHECK(w.silent());
    gate.open();
    w.next();
    w.next();
    CHECK(text_of(w.call("count")) == "1");
  }
  SUBCASE("answered already") {
    World w;
    w.server.tool("quick", "q", [] { return 1; }, quick());
    w.send(w.request("r", "tools/call", J(R"({"name":"quick"})")));
    w.cancel("r");
    CHECK(w.next()["id"] == "r");
    CHECK(w.silent());
  }
  SUBCASE("a legacy id of the other type is another request") {
    Gate gate;
    World w;
    w.server.tool("hold", "h", [&](Call& call) { return gate.wait_for_stop(call.stop_token()) ? "stopped" : "done"; });
    w.open();
    w.send(w.legacy(7, "tools/call", J(R"({"name":"hold"})")));
    w.cancel("7");
    CHECK(w.silent());
    gate.open();
    CHECK(text_of(w.next()) == "done");
  }
}

TEST_CASE("the id of a cancelled request can be used at once, and hears nothing of the old one") {
  Gate first, second;
  std::atomic<int> calls{0};
  std::atomic<bool> told{false};
  World w;
  w.server.tool("hold", "h", [&](Call& call) {
    if (calls++ == 0) {
      CHECK(first.wait());
      call.progress(50);
      told = true;
      return "old";
    }
    CHECK(second.wait());
    return "new";
  });
  json params = J(R"({"name":"hold","_meta":{"progressToken":1}})");
  w.send(w.request("r", "tools/call", params));
  CHECK(w.until([&] { return calls == 1; }));
  w.cancel("r");
  w.send(w.request("r", "tools/call", params));
  CHECK(w.until([&] { return calls == 2; }));
  first.open();
  CHECK(w.until([&] { return told.load(); }));
  CHECK(w.silent());
  second.open();
  CHECK(text_of(w.next()) == "new");
}

// ---- telling

TEST_CASE("progress grows, goes to whom asked for it, and comes before the answer") {
  for (const bool in_place : {false, true}) {
    CAPTURE(in_place);
    World w;
    w.server.tool("work", "w",
                  [](Call& call) {
                    call.progress(1, 10, "begun");
                    call.progress(1);
                    call.progress(0.5);
                    call.progress(std::nan(""));
                    call.progress(2, std::nan(""));
                    call.progress(10, 10);
                    return 1;
                  },
                  {.placement = in_place ? Placement::quick : Placement::pool});
    w.send(w.request(1, "tools/call", J(R"({"name":"work","_meta":{"progressToken":"t"}})")));
    CHECK_HOLDS(
        w.next(),
        R"({"method":"notifications/progress","params":{"progressToken":"t","progress":1.0,"total":10.0,"message":"begun"}})");
    const json second = w.next();
    CHECK(second["params"]["progress"] == 2.0);
    CHECK(!second["params"].contains("total"));
    CHECK(w.next()["params"]["progress"] == 10.0);
    CHECK(w.next()["id"] == 1);
    CHECK(w.call("work")["result"].contains("content"));
    CHECK(w.silent());
    w.open("2024-11-05");
    w.send(w.legacy(2, "tools/call", J(R"({"name":"work","_meta":{"progressToken":5}})")));
    const json old = w.next();
    CHECK(old["params"]["progressToken"] == 5);
    CHECK(!old["params"].contains("message"));
    w.next();
    w.next();
    CHECK(w.next()["id"] == 2);
  }
}

TEST_CASE("several threads of one handler may report progress: it grows all the same") {
  World w;
  w.server.tool("work", "w", [](Call& call) {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&call, t] {
        for (int i = 0; i < 50; ++i) {
          call.progress(i * 4 + t);
          call.log(LoggingLevel::error, t);
          if (call.execution_id().empty()) call.progress(1e9);
        }
      });
  });
  w.send(w.request("r", "tools/call", J(R"({"name":"work","_meta":{"progressToken":1}})")));
  double last = -1;
  for (json message = w.next(); !message.contains("id"); message = w.next()) {
    CHECK(message["params"]["progress"].get<double>() > last);
    last = message["params"]["progress"].get<double>();
  }
  CHECK(last == 199);
}

TEST_CASE("log messages follow the request's level in 2026-07-28, the connection's before") {
  World w;
  w.server.tool("talk", "t", [](Call& call) {
    call.log(LoggingLevel::debug, "d");
    call.log(LoggingLevel::info, json{{"k", 1}}, "engine");
    call.log(LoggingLevel::error, "e");
  });
  CHECK(w.call("talk").contains("result"));
  w.send(w.request(1, "tools/call", J(R"({"name":"talk","_meta":{"io.modelcontextprotocol/logLevel":"info"}})")));
  CHECK_HOLDS(w.next(), R"({"method":"notifications/message","params":{"level":"info","data":{"k":1},"logger":"engine"}})");
  CHECK_HOLDS(w.next(), R"({"params":{"level":"error","data":"e"}})");
  CHECK(w.next()["id"] == 1);
  CHECK(code_of(w.ask("tools/call", J(R"({"name":"talk","_meta":{"io.modelcontextprotocol/logLevel":"loud"}})"))) == -32602);
  w.open();
  w.send(w.legacy(2, "tools/call", J(R"({"name":"talk"})")));
  CHECK(w.next()["params"]["level"] == "info");
  CHECK(w.next()["params"]["level"] == "error");
  CHECK(w.next()["id"] == 2);
  CHECK(w.ask_legacy("logging/setLevel", J(R"({"level":"error"})"))["result"] == json::object());
  w.send(w.legacy(3, "tools/call", J(R"({"name":"talk"})")));
  CHECK(w.next()["params"]["level"] == "error");
  CHECK(w.next()["id"] == 3);
  CHECK(code_of(w.ask_legacy("logging/setLevel", J(R"({"level":"loud"})"))) == -32602);
}

// ---- what a handler sees

TEST_CASE("a call says who, what and how") {
  World w;
  std::string first, second;
  w.server.tool(
      "who", "w",
      [&](Call& call) {
        CHECK(call.principal().name == "local:ann");
        CHECK(call.target() == "who");
        CHECK(call.revision() == Revision::v2026_07_28);
        REQUIRE(call.client_info().has_value());
        CHECK(call.client_info()->name == "tester");
        CHECK(call.client_capabilities().can_list_roots());
        CHECK(call.meta() == J(R"({"dev.sumun/run":"r1"})"));
        CHECK(!call.deadline());
        CHECK(call.execution_id() == call.execution_id());
        (first.empty() ? first : second) = call.execution_id();
      },
      quick());
  for (int i = 0; i < 2; ++i)
    CHECK(w.ask("tools/call", J(R"({"name":"who","_meta":{"dev.sumun/run":"r1","progressToken":1}})"), kAllCapabilities)
              .contains("result"));
  CHECK(first.size() >= 20);
  CHECK(first != second);
}

// ---- overload

TEST_CASE("over the byte limit requests are refused as busy, and the connection lives on") {
  Gate gate;
  World w;
  w.server.tool("hold", "h", [&](Words, Call& call) { return gate.wait_for_stop(call.stop_token()) ? "stopped" : "done"; });
  json params;
  params["name"] = "hold";
  params["arguments"]["text"] = std::string(kMaxWaitingBytes / 8, 'x');
  constexpr int kCalls = 16;
  for (int i = 0; i < kCalls; ++i) w.send(w.request(i, "tools/call", params));
  w.cancel(0);
  w.send(w.request("all are taken", "marker"));
  std::map<int, json> answers;
  for (json answer = w.next(); answer["id"] != "all are taken"; answer = w.next()) {
    CHECK(code_of(answer) == 503);
    answers[answer["id"].get<int>()] = answer;
  }
  CHECK(answers.size() >= 5);
  CHECK(answers.begin()->first > 6);
  gate.open();
  while (answers.size() < kCalls - 1) {
    const json answer = w.next();
    answers[answer["id"].get<int>()] = answer;
  }
  CHECK(answers.count(0) == 0);
  CHECK(text_of(answers[1]) == "done");
  CHECK(text_of(w.call("hold", J(R"({"text":""})"))) == "done");
}

TEST_CASE("one request over the limit by itself is served") {
  World w;
  w.server.tool("size", "s", [](Words in) { return in.text.size(); });
  json arguments;
  arguments["text"] = std::string(kMaxWaitingBytes + 10, 'x');
  CHECK(text_of(w.call("size", arguments)) == std::to_string(kMaxWaitingBytes + 10));
}

// ---- the end

TEST_CASE("at the end of input an idle connection closes at once") {
  World w;
  w.server.tool("quick", "q", [] { return 1; }, quick());
  w.send(w.request(1, "tools/call", J(R"({"name":"quick"})")));
  w.hang_up();
  CHECK(w.next()["id"] == 1);
  CHECK(w.until([&] { return w.finished && w.closed; }));
}

TEST_CASE("at the end of input what is nearly done is answered") {
  Gate gate;
  World w({}, {.grace = std::chrono::seconds(10)});
  w.server.tool("hold", "h", [&](Call& call) { return gate.wait_for_stop(call.stop_token()) ? "stopped" : "done"; });
  w.send(w.request(1, "tools/call", J(R"({"name":"hold"})")));
  w.hang_up();
  CHECK(w.until([&] { return w.server.core().use_count() > 1; }));
  gate.open();
  CHECK(text_of(w.next()) == "done");
  CHECK(w.until([&] { return w.finished; }));
}

TEST_CASE("after the grace handlers are told to stop, plain, coroutine and batch alike") {
  Gate gate;
  std::atomic<bool> running{false}, stopped{false};
  World w({}, {.grace = std::chrono::milliseconds(20)});
  w.server.tool("plain", "p", [&](Call& call) {
    running = true;
    stopped = gate.wait_for_stop(call.stop_token());
  });
  w.server.tool("coroutine", "c", wait_for_ever);
  w.open("2025-03-26");
  w.send_text(
      R"([{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"plain"}},{"jsonrpc":"2.0","id":2,"method":"ping"},
    {"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"coroutine"}}])");
  CHECK(w.until([&] { return running.load(); }));
  w.hang_up();
  const json answers = w.next();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0]["id"] == 2);
  CHECK(w.until([&] { return w.finished && stopped; }));
}

TEST_CASE("an orderly end takes no more, lets answers through, and tells subscriptions") {
  Gate gate;
  World w({}, {.grace = std::chrono::seconds(10)});
  w.server.tool("hold", "h", [&](Call& call) { return gate.wait_for_stop(call.stop_token()) ? "stopped" : "done"; });
  w.send(w.request("sub", "subscriptions/listen", J(R"({"notifications":{"toolsListChanged":true}})")));
  CHECK(w.next()["method"] == "notifications/subscriptions/acknowledged");
  w.send(w.request(1, "tools/call", J(R"({"name":"hold"})")));
  w.send(w.request(2, "tools/call", J(R"({"name":"hold"})")));
  CHECK(w.silent());
  w.session.lock()->end();
  CHECK_HOLDS(w.next(),
              R"({"id":"sub","result":{"resultType":"complete","_meta":{"io.modelcontextprotocol/subscriptionId":"sub"}}})");
  CHECK_HOLDS(w.next(), R"({"method":"notifications/cancelled","params":{"requestId":"sub"}})");
  CHECK(code_of(w.call("hold")) == 503);
  w.cancel(2);
  gate.open();
  CHECK(w.next()["id"] == 1);
  CHECK(w.until([&] { return w.finished && w.closed; }));
}

TEST_CASE("a connection that is lost stops its handlers") {
  Gate gate;
  std::atomic<bool> running{false}, stopped{false};
  World w;
  w.server.tool("plain", "p", [&](Call& call) {
    running = true;
    stopped = gate.wait_for_stop(call.stop_token());
  });
  w.server.tool("coroutine", "c", wait_for_ever);
  w.send(w.request(1, "tools/call", J(R"({"name":"plain"})")));
  w.send(w.request(2, "tools/call", J(R"({"name":"coroutine"})")));
  CHECK(w.until([&] { return running.load(); }));
  w.pair.b->close();
  CHECK(w.until([&] { return w.finished && stopped; }));
}

TEST_CASE("a loop that is destroyed with a suspended coroutine takes it along") {
  World w;
  auto witness = std::make_shared<int>(1);
  std::weak_ptr<int> alive = witness;
  w.server.tool("hold", "h", [](Call&) -> awaitable<void> {
    const auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer timer(executor, std::chrono::hours(1));
    for (;;) {  // takes no notice of being cancelled
      co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
  });
  w.send(w.request(1, "tools/call", J(R"({"name":"hold"})")));
  CHECK(w.silent());
  w.pair.b->close();
  CHECK(w.until([&] { return w.finished; }));
}
