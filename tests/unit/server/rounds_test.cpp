// SPDX-License-Identifier: Apache-2.0
// Asking the caller: rounds and replay in 2026-07-28, pushed requests before.
#include "support.hpp"

#include <sumun/field.hpp>

#include <memory>
#include <thread>
#include <vector>

using namespace sumun;
using namespace sumun::test;

namespace {

struct Person {
  std::string name;
  Field<int, "in years", range<0, 150>> age;
};
struct Item {
  std::string item;
};

constexpr std::string_view kForms = R"({"elicitation":{}})";

// Asks who it is for, then whether to go on. `runs` counts how often it was entered, `effects` what was done.
struct Order {
  int runs = 0;
  int effects = 0;
  int drawn = 0;
  std::vector<std::string> ids;

  Result<std::string> operator()(Item in, Call& call) {
    ++runs;
    ids.push_back(call.execution_id());
    auto number = call.once("number", [&] { return ++drawn; });
    if (!number) return std::move(number).error();
    auto who = call.elicit<Person>("Who is it for?");
    if (!who) return std::move(who).error();
    if (!*who) return std::string("not ordered");
    auto sure = call.elicit<Item>("Sure? " + in.item + " for " + (*who)->name);
    if (!sure) return std::move(sure).error();
    ++effects;
    return std::to_string(*number) + " " + (*who)->name + " " + (*sure)->item;
  }
};

void add_order(World& w, Order& order, Effects effects = writes) {
  w.server.tool("order", "Orders", [&order](Item in, Call& call) { return order(std::move(in), call); },
                {.effects = effects});
}

json order_params(std::string item = "tea") {
  json params;
  params["name"] = "order";
  params["arguments"]["item"] = std::move(item);
  return params;
}

json with_answer(json params, const json& asked, const std::string& key, json answer) {
  if (asked["result"].contains("requestState")) params["requestState"] = asked["result"]["requestState"];
  params["inputResponses"][key] = std::move(answer);
  return params;
}

json accept(std::string_view content) { return json{{"action", "accept"}, {"content", J(content)}}; }

bool asks(const json& answer) {
  return answer.contains("result") && answer["result"].value("resultType", "") == "input_required";
}

const char* const kAnn = R"({"name":"Ann","age":30})";

}  // namespace

// ---- 2026-07-28

TEST_CASE("a tool that asks goes through rounds, and is replayed with the answers given") {
  World w;
  Order order;
  add_order(w, order);
  const json first = w.ask("tools/call", order_params(), kForms);
  CHECK_HOLDS(first,
              R"({"result":{"resultType":"input_required","inputRequests":{"q1":{"method":"elicitation/create","params":{
    "mode":"form","message":"Who is it for?","requestedSchema":{"type":"object","properties":{"name":{"type":"string"},
    "age":{"type":"integer","minimum":0,"maximum":150}},"required":["name","age"]}}}}}})");
  REQUIRE(asks(first));
  CHECK(first["result"]["requestState"].is_string());
  const json second = w.ask("tools/call", with_answer(order_params(), first, "q1", accept(kAnn)), kForms);
  REQUIRE(asks(second));
  CHECK_HOLDS(second, R"({"result":{"inputRequests":{"q2":{"params":{"message":"Sure? tea for Ann"}}}}})");
  CHECK(!second["result"]["inputRequests"].contains("q1"));
  const json last = w.ask("tools/call", with_answer(order_params(), second, "q2", accept(R"({"item":"yes"})")), kForms);
  CHECK(text_of(last) == "1 Ann yes");
  CHECK(order.runs == 3);
  CHECK(order.effects == 1);
  CHECK(order.drawn == 1);
  CHECK(order.ids[0] == order.ids[1]);
  CHECK(order.ids[0] == order.ids[2]);
}

TEST_CASE("declining and cancelling are answers") {
  World w;
  Order order;
  add_order(w, order);
  for (const char* action : {"decline", "cancel"}) {
    const json first = w.ask("tools/call", order_params(), kForms);
    CHECK(text_of(w.ask("tools/call", with_answer(order_params(), first, "q1", json{{"action", action}}), kForms)) ==
          "not ordered");
  }
}

TEST_CASE("answers without a requestState serve a tool's own questions") {
  World w;
  Order order;
  add_order(w, order);
  json params = order_params();
  params["inputResponses"]["q1"] = accept(kAnn);
  params["inputResponses"]["q2"] = accept(R"({"item":"yes"})");
  params["inputResponses"]["unasked"] = 5;
  CHECK(text_of(w.ask("tools/call", params, kForms)) == "1 Ann yes");
}

TEST_CASE("an answer that does not fit its question is -32602 and names the place") {
  struct {
    const char* name;
    const char* answer;
    const char* words;
  } table[] = {
      {"no action", R"({})", "params.inputResponses.q1.action"},
      {"a number", "5", "params.inputResponses.q1"},
      {"an unknown action", R"({"action":"maybe"})", "action"},
      {"out of range", R"({"action":"accept","content":{"name":"Ann","age":200}})", "params.inputResponses.q1.content.age"},
      {"the wrong type", R"({"action":"accept","content":{"name":5,"age":2}})", "params.inputResponses.q1.content.name"},
      {"a member missing", R"({"action":"accept","content":{"age":2}})", "params.inputResponses.q1.content"},
      {"no content", R"({"action":"accept"})", "params.inputResponses.q1.content"},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    World w;
    Order order;
    add_order(w, order);
    const json first = w.ask("tools/call", order_params(), kForms);
    const json answer = w.ask("tools/call", with_answer(order_params(), first, "q1", J(row.answer)), kForms);
    CHECK(code_of(answer) == -32602);
    CHECK_MESSAGE(message_of(answer).find(row.words) != std::string::npos, message_of(answer));
    CHECK(order.effects == 0);
  }
}

TEST_CASE("several questions go out in one round, and what is missing is asked again") {
  World w;
  w.server.tool("both", "b",
                [](Call& call) -> Result<std::string> {
                  auto answers =
                      call.ask(Form<Item>{"What?", "what"}, Roots{"where"}, OpenUrl{"Log in", "https://example.org/in"});
                  if (!answers) return std::move(answers).error();
                  auto& [what, where, login] = *answers;
                  return what->item + " " + where.roots.at(0).uri + " " + std::to_string(static_cast<int>(login.action));
                },
                {.effects = reads});
  json params = J(R"({"name":"both"})");
  const json first = w.ask("tools/call", params, kAllCapabilities);
  REQUIRE(asks(first));
  CHECK(first["result"]["inputRequests"].size() == 3);
  CHECK_HOLDS(first, R"({"result":{"inputRequests":{"what":{"method":"elicitation/create"},"where":{"method":"roots/list"},
    "q3":{"method":"elicitation/create","params":{"mode":"url","url":"https://example.org/in"}}}}})");
  CHECK(!first["result"]["inputRequests"]["q3"]["params"].contains("elicitationId"));
  json half = with_answer(params, first, "what", accept(R"({"item":"tea"})"));
  half["inputResponses"]["where"] = J(R"({"roots":[{"uri":"file:///a"}]})");
  const json second = w.ask("tools/call", half, kAllCapabilities);
  REQUIRE(asks(second));
  CHECK(second["result"]["inputRequests"].size() == 1);
  CHECK(second["result"]["inputRequests"].contains("q3"));
  CHECK(text_of(w.ask("tools/call", with_answer(params, second, "q3", J(R"({"action":"accept"})")), kAllCapabilities)) ==
        "tea file:///a 0");
}

TEST_CASE("a question that has changed is asked again") {
  World w;
  std::string words = "first";
  w.server.tool("fickle", "f",
                [&](Call& call) -> Result<std::string> {
                  auto what = call.elicit<Item>(words);
                  if (!what) return std::move(what).error();
                  return (*what)->item;
                },
                {.effects = reads});
  const json params = J(R"({"name":"fickle"})");
  const json first = w.ask("tools/call", params, kForms);
  words = "second";
  const json second = w.ask("tools/call", with_answer(params, first, "q1", accept(R"({"item":"old"})")), kForms);
  REQUIRE(asks(second));
  CHECK_HOLDS(second, R"({"result":{"inputRequests":{"q1":{"params":{"message":"second"}}}}})");
  CHECK(text_of(w.ask("tools/call", with_answer(params, second, "q1", accept(R"({"item":"new"})")), kForms)) == "new");
}

TEST_CASE("a requestState is good for its own call alone") {
  ServerOptions options;
  options.state_key = std::string(32, 'k');
  World w(options);
  Order order;
  add_order(w, order);
  w.server.tool("other", "o", [&order](Item in, Call& call) { return order(std::move(in), call); }, {.effects = writes});
  const json first = w.ask("tools/call", order_params(), kForms);
  const json retry = with_answer(order_params(), first, "q1", accept(kAnn));
  const std::string state = retry["requestState"];
  const int runs = order.runs;

  const auto refused = [&](World& world, json params) {
    const json answer = world.ask("tools/call", std::move(params), kForms);
    CHECK(code_of(answer) == -32602);
    CHECK_MESSAGE(message_of(answer).find("params.requestState: ") == 0, message_of(answer));
  };
  json changed = retry;
  changed["arguments"]["item"] = "coffee";
  refused(w, changed);
  changed = retry;
  changed["name"] = "other";
  refused(w, changed);
  for (std::size_t at : {std::size_t{0}, state.size() / 2, state.size() - 1}) {
    changed = retry;
    std::string bent = state;
    bent[at] = bent[at] == 'A' ? 'B' : 'A';
    changed["requestState"] = bent;
    refused(w, changed);
  }
  for (const std::string& nonsense :
       {std::string(), std::string("x"), std::string(100000, 'A'), state + "A", state.substr(0, 20)}) {
    changed = retry;
    changed["requestState"] = nonsense;
    refused(w, changed);
  }
  {
    World other_principal(options, {.principal = {.name = "local:bob"}});
    add_order(other_principal, order);
    refused(other_principal, retry);
  }
  {
    options.state_key = std::string(32, 'z');
    World other_key(options);
    add_order(other_key, order);
    refused(other_key, retry);
  }
  CHECK(order.runs == runs);
  CHECK(asks(w.ask("tools/call", retry, kForms)));
}

TEST_CASE("a requestState expires") {
  World w;
  Order order;
  add_order(w, order, reads);
  const json first = w.ask("tools/call", order_params(), kForms);
  const json retry = with_answer(order_params(), first, "q1", accept(kAnn));
  w.clock->advance(kRequestStateLife - std::chrono::seconds(1));
  CHECK(asks(w.ask("tools/call", retry, kForms)));
  w.clock->advance(std::chrono::seconds(2));
  const json late = w.ask("tools/call", retry, kForms);
  CHECK(code_of(late) == -32602);
  CHECK(message_of(late).find("expired") != std::string::npos);
}

TEST_CASE("arguments that mean the same are the same call") {
  World w;
  Order order;
  w.server.tool("order", "Orders", [&order](Person who, Call& call) { return order(Item{who.name}, call); },
                {.effects = reads});
  json params = J(R"({"name":"order","arguments":{"name":"tea","age":1}})");
  const json first = w.ask("tools/call", params, kForms);
  params = J(R"({"arguments":{"age":1,"name":"tea"},"name":"order"})");
  CHECK(asks(w.ask("tools/call", with_answer(params, first, "q1", accept(kAnn)), kForms)));
}

TEST_CASE("a tool that does not only read takes each round once; a repetition gets the stored answer under its own id") {
  World w;
  Order order;
  add_order(w, order);
  const json first = w.ask("tools/call", order_params(), kForms);
  const json second_params = with_answer(order_params(), first, "q1", accept(kAnn));
  const json second = w.ask("tools/call", second_params, kForms);
  const json second_again = w.ask("tools/call", second_params, kForms);
  CHECK(second["result"] == second_again["result"]);
  CHECK(second["id"] != second_again["id"]);
  const json last_params = with_answer(order_params(), second, "q2", accept(R"({"item":"yes"})"));
  const json last = w.ask("tools/call", last_params, kForms);
  for (int i = 0; i < 3; ++i) CHECK(w.ask("tools/call", last_params, kForms)["result"] == last["result"]);
  CHECK(order.runs == 3);
  CHECK(order.effects == 1);
}

TEST_CASE("an answer that fails its check leaves the round open for a better one") {
  World w;
  Order order;
  add_order(w, order);
  const json first = w.ask("tools/call", order_params(), kForms);
  const json bad = w.ask("tools/call", with_answer(order_params(), first, "q1", accept(R"({"name":5})")), kForms);
  CHECK(code_of(bad) == -32602);
  CHECK(message_of(bad).find("params.inputResponses.q1.content") != std::string::npos);
  const json good = w.ask("tools/call", with_answer(order_params(), first, "q1", accept(kAnn)), kForms);
  CHECK(asks(good));
  CHECK(order.effects == 0);
}

TEST_CASE("a tool that only reads keeps nothing and may be repeated") {
  World w;
  Order order;
  add_order(w, order, reads);
  const json first = w.ask("tools/call", order_params(), kForms);
  const json params = with_answer(order_params(), first, "q1", accept(kAnn));
  CHECK(asks(w.ask("tools/call", params, kForms)));
  CHECK(asks(w.ask("tools/call", params, kForms)));
  CHECK(order.runs == 3);
}

TEST_CASE("a round that runs is not begun again, and one that never began can be") {
  World w;
  Gate gate, busy;
  std::atomic<int> effects{0};
  w.server.tool("slow", "s",
                [&](Call& call) -> Result<int> {
                  auto what = call.elicit<Item>("what?");
                  if (!what) return std::move(what).error();
                  gate.wait_for_stop(call.stop_token());
                  return ++effects;
                },
                {.effects = writes});
  w.server.tool("hold", "h", [&](Call& call) { return busy.wait_for_stop(call.stop_token()); });
  const json params = J(R"({"name":"slow"})");
  json retry = with_answer(params, w.ask("tools/call", params, kForms), "q1", accept(R"({"item":"x"})"));
  w.send(w.request("a", "tools/call", retry, kForms));
  const json meanwhile = w.ask("tools/call", retry, kForms);
  CHECK(code_of(meanwhile) == -32602);
  CHECK(message_of(meanwhile).find("carried out already") != std::string::npos);
  gate.open();
  CHECK(text_of(w.next()) == "1");

  retry = with_answer(params, w.ask("tools/call", params, kForms), "q1", accept(R"({"item":"x"})"));
  for (int i = 0; i < 2; ++i) w.send(w.request(i, "tools/call", J(R"({"name":"hold"})")));
  w.send(w.request("cancelled before it ran", "tools/call", retry, kForms));
  CHECK(w.silent());
  w.cancel("cancelled before it ran");
  busy.open();
  w.next();
  w.next();
  json again = w.ask("tools/call", retry, kForms);
  for (int i = 0; i < 1000 && code_of(again) == -32602; ++i)
    again = w.ask("tools/call", retry, kForms);  // until a worker gave it back
  CHECK(text_of(again) == "2");
}

TEST_CASE("what was stored of calls goes when they end") {
  World w;
  Order order;
  add_order(w, order);
  w.server.tool("once", "o", [](Call& call) { return call.once("k", [] { return 5; }).value(); });
  auto& store = static_cast<gate::MemoryCallStore&>(w.server.core()->calls());
  for (int i = 0; i < 5; ++i) CHECK(text_of(w.call("once")) == "5");
  CHECK(w.until([&] { return store.size() == 0; }));
  w.ask("tools/call", order_params(), kForms);
  CHECK(store.size() == 1);
}

TEST_CASE("once keeps values, not errors, and its bound is named") {
  World w;
  int tries = 0;
  w.server.tool("flaky", "f", [&](Call& call) -> Result<std::string> {
    auto kept = call.once("k", [&]() -> Result<std::string> {
      if (++tries == 1) return fail("not yet");
      return "value " + std::to_string(tries);
    });
    auto what = call.elicit<Item>("what?");
    if (!what) return std::move(what).error();
    auto again = call.once("k", [&]() -> Result<std::string> { return "another"; });
    return (kept ? *kept : kept.error().message) + ", " + *again;
  });
  w.server.tool("huge", "h", [](Call& call) -> Result<std::string> {
    return call.once("big", [] { return std::string(kMaxOnceBytes + 1, 'x'); });
  });
  const json params = J(R"({"name":"flaky"})");
  const json first = w.ask("tools/call", params, kForms);
  CHECK(text_of(w.ask("tools/call", with_answer(params, first, "q1", accept(R"({"item":"x"})")), kForms)) ==
        "value 2, value 2");
  CHECK(text_of(w.call("huge")).find("once(\"big\")") != std::string::npos);
}

TEST_CASE("a handler that swallows what ends a round is found out") {
  for (const bool is_coroutine : {false, true}) {
    World w;
    if (is_coroutine) {
      w.server.tool("swallows", "s", [](Call& call) -> awaitable<int> {
        try {
          auto what = co_await call.async_elicit<Item>("what?");
          co_return what ? 1 : 2;
        } catch (...) {}
        co_return 3;
      });
    } else {
      w.server.tool("swallows", "s", [](Call& call) {
        try {
          return call.elicit<Item>("what?") ? 1 : 2;
        } catch (...) {
          return 3;
        }
      });
    }
    w.server.tool("lets_pass", "l", [](Call& call) {
      try {
        return call.elicit<Item>("what?") ? 1 : 2;
      } catch (const std::exception&) {
        return 3;
      }
    });
    const json answer = w.ask("tools/call", J(R"({"name":"swallows"})"), kForms);
    CHECK(code_of(answer) == -32603);
    CHECK(message_of(answer).find("catch (...)") != std::string::npos);
    CHECK(asks(w.ask("tools/call", J(R"({"name":"lets_pass"})"), kForms)));
  }
}

TEST_CASE("a state that outgrows its bound is an error that says so") {
  World w;
  w.server.tool("big", "b",
                [](Call& call) -> Result<int> {
                  for (int i = 0;; ++i) {
                    auto what = call.elicit<Item>("what?");
                    if (!what) return std::move(what).error();
                    if (i > 20) return i;
                  }
                },
                {.effects = reads});
  const json params = J(R"({"name":"big"})");
  json answer = w.ask("tools/call", params, kForms);
  for (int round = 1; asks(answer); ++round) {
    REQUIRE(round < 20);
    json content;
    content["item"] = std::string(4000, 'x');
    answer = w.ask(
        "tools/call",
        with_answer(params, answer, "q" + std::to_string(round), json{{"action", "accept"}, {"content", content}}), kForms);
  }
  CHECK(code_of(answer) == -32603);
  CHECK(message_of(answer).find("requestState") != std::string::npos);
}

TEST_CASE("a coroutine that waits for a slow store holds nobody up") {
  // Holds back every answer about values until it is let go.
  struct Slow final : gate::CallStore {
    void open(const std::string& call, Done<void> done) override { memory.open(call, std::move(done)); }
    void consume(const std::string& call, int round, Done<gate::Round> done) override { memory.consume(call, round, std::move(done)); }
    void answer(const std::string& call, int round, std::string message, Done<void> done) override {
      memory.answer(call, round, std::move(message), std::move(done));
    }
    void release(const std::string& call, int round) override { memory.release(call, round); }
    void finish(const std::string& call) override { memory.finish(call); }
    void recall(const std::string& call, const std::string& key, Done<std::optional<json>> done) override {
      threads->emplace_back([this, call, key, done] {
        CHECK(door->wait());
        memory.recall(call, key, done);
      });
    }
    void remember(const std::string& call, const std::string& key, json value, Done<void> done) override {
      memory.remember(call, key, std::move(value), std::move(done));
    }
    gate::MemoryCallStore memory;
    Gate* door = nullptr;
    std::vector<std::thread>* threads = nullptr;
  };
  Gate door;
  std::vector<std::thread> threads;
  int drawn = 0;
  {
    World w;
    auto slow = std::make_unique<Slow>();
    slow->door = &door;
    slow->threads = &threads;
    w.server.core()->use(std::move(slow));
    w.server.tool("co", "c", [&](Call& call) -> awaitable<Result<std::string>> {
      auto draw = [&] { return ++drawn; };
      auto number = co_await call.async_once("number", draw);
      if (!number) co_return std::move(number).error();
      auto again = co_await call.async_once("number", draw);
      if (!again) co_return std::move(again).error();
      co_return std::to_string(*number) + std::to_string(*again);
    });
    w.server.tool("other", "o", [] { return std::string("free"); }, {.effects = reads, .placement = Placement::quick});
    w.send(w.request(77, "tools/call", J(R"({"name":"co"})"), kForms));
    CHECK(text_of(w.call("other")) == "free");
    door.open();
    CHECK(text_of(w.next()) == "11");
    for (auto& thread : threads) thread.join();
  }
  CHECK(drawn == 1);
}

TEST_CASE("coroutines, prompts and resources ask alike") {
  World w;
  w.server.tool("co", "c", [](Item in, Call& call) -> awaitable<Result<std::string>> {
    auto who = co_await call.async_elicit<Person>("Who?");
    if (!who) co_return std::move(who).error();
    co_return in.item + " " + (*who)->name;
  });
  w.server.prompt("ask", "p", [](Item in, Call& call) -> Result<std::string> {
    auto who = call.elicit<Person>("Who?");
    if (!who) return std::move(who).error();
    return in.item + " " + (*who)->name;
  });
  Resource resource;
  resource.uri = "x:r";
  resource.name = "r";
  w.server.resource(resource, [](Call& call) -> Result<std::string> {
    auto who = call.elicit<Person>("Who?");
    if (!who) return std::move(who).error();
    return (*who)->name;
  });
  struct {
    const char* method;
    const char* params;
    const char* want;
  } table[] = {
      {"tools/call", R"({"name":"co","arguments":{"item":"tea"}})", R"({"result":{"content":[{"text":"tea Ann"}]}})"},
      {"prompts/get", R"({"name":"ask","arguments":{"item":"tea"}})",
       R"({"result":{"messages":[{"content":{"text":"tea Ann"}}]}})"},
      {"resources/read", R"({"uri":"x:r"})", R"({"result":{"contents":[{"text":"Ann"}]}})"},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.method));
    const json first = w.ask(row.method, J(row.params), kForms);
    REQUIRE(asks(first));
    CHECK_HOLDS(w.ask(row.method, with_answer(J(row.params), first, "q1", accept(kAnn)), kForms), row.want);
  }
}

// ---- what the client cannot do

TEST_CASE("what the client cannot do is -32021 in 2026-07-28, a failure that a model reads before") {
  World w;
  w.server.tool("form", "f", [](Call& call) -> Result<int> {
    auto what = call.elicit<Item>("what?");
    if (!what) return std::move(what).error();
    return 1;
  });
  w.server.tool("url", "u", [](Call& call) -> Result<int> {
    auto what = call.elicit_url("open", "https://example.org");
    if (!what) return std::move(what).error();
    return 1;
  });
  w.server.tool("sample", "s", [](Call& call) -> Result<int> {
    auto what = call.sample({});
    if (!what) return std::move(what).error();
    return 1;
  });
  w.server.tool("roots", "r", [](Call& call) -> Result<int> {
    auto what = call.roots();
    if (!what) return std::move(what).error();
    return 1;
  });
  w.server.tool("copes", "c", [](Call& call) -> Result<std::string> {
    auto what = call.roots();
    if (what) return std::string("roots");
    if (what.error().code == ErrorCode::unsupported) return std::string("copes without");
    return std::move(what).error();
  });
  struct {
    const char* tool;
    const char* required;
    const char* has_other;
  } table[] = {
      {"form", R"({"elicitation":{"form":{}}})", R"({"elicitation":{"url":{}}})"},
      {"url", R"({"elicitation":{"url":{}}})", R"({"elicitation":{}})"},
      {"sample", R"({"sampling":{}})", R"({"roots":{}})"},
      {"roots", R"({"roots":{}})", R"({"sampling":{}})"},
  };
  for (const auto& row : table) {
    for (const std::string_view capabilities : {std::string_view("{}"), std::string_view(row.has_other)}) {
      CAPTURE(std::string(row.tool));
      const json answer = w.call(row.tool, json::object(), capabilities);
      CHECK(code_of(answer) == -32021);
      CHECK(answer["error"]["data"]["requiredCapabilities"] == J(row.required));
    }
  }
  CHECK(text_of(w.call("copes")) == "copes without");
  w.open("2025-11-25", "{}");
  for (const auto& row : table) {
    const json answer = w.call_legacy(row.tool);
    CHECK(failed(answer));
    CHECK_MESSAGE(text_of(answer).find("lacks the capability") != std::string::npos, text_of(answer));
  }
  CHECK(text_of(w.call_legacy("copes")) == "copes without");
}

TEST_CASE("a quick handler cannot ask, and a blocking question in a coroutine is refused") {
  for (const bool is_modern : {true, false}) {
    World w;
    w.server.tool("quick", "q",
                  [](Call& call) -> Result<int> {
                    auto what = call.elicit<Item>("what?");
                    if (!what) return std::move(what).error();
                    return 1;
                  },
                  {.placement = Placement::quick});
    w.server.tool("blocks", "b", [](Call& call) -> awaitable<Result<int>> {
      auto what = call.elicit<Item>("what?");
      if (!what) co_return std::move(what).error();
      co_return 1;
    });
    if (!is_modern) w.open();
    const auto call = [&](const char* tool) {
      return is_modern ? w.call(tool, json::object(), kForms) : w.call_legacy(tool);
    };
    CHECK(message_of(call("quick")).find("a quick handler cannot ask") != std::string::npos);
    CHECK(message_of(call("blocks")).find("async_ask") != std::string::npos);
    CHECK(w.silent());
  }
}

// ---- the revisions before: the question is pushed

TEST_CASE("before 2026-07-28 the question is pushed, and the handler waits") {
  for (const char* revision : {"2025-06-18", "2025-11-25"}) {
    CAPTURE(std::string(revision));
    World w;
    Order order;
    add_order(w, order);
    w.server.tool("co", "c", [](Call& call) -> awaitable<Result<std::string>> {
      auto who = co_await call.async_elicit<Person>("Who?");
      if (!who) co_return std::move(who).error();
      co_return (*who)->name;
    });
    w.open(revision);
    w.send(w.legacy("order", "tools/call", order_params()));
    const json first = w.next();
    CHECK_HOLDS(
        first,
        R"({"method":"elicitation/create","params":{"message":"Who is it for?","requestedSchema":{"type":"object"}}})");
    CHECK(first["params"].contains("mode") == (std::string(revision) == "2025-11-25"));
    w.answer(first, accept(kAnn));
    const json second = w.next();
    CHECK(second["id"] != first["id"]);
    w.answer(second, accept(R"({"item":"yes"})"));
    const json last = w.next();
    CHECK(last["id"] == "order");
    CHECK(text_of(last) == "1 Ann yes");
    CHECK(order.runs == 1);

    w.send(w.legacy(2, "tools/call", J(R"({"name":"co"})")));
    w.answer(w.next(), accept(kAnn));
    CHECK(text_of(w.next()) == "Ann");
  }
}

TEST_CASE("sampling, roots and URLs are pushed too") {
  World w;
  w.server.tool("all", "a", [](Call& call) -> Result<std::string> {
    CreateMessageRequestParams params;
    params.maxTokens = 5;
    auto said = call.sample(params);
    if (!said) return std::move(said).error();
    auto where = call.roots();
    if (!where) return std::move(where).error();
    auto page = call.elicit_url("Log in", "https://example.org/in");
    if (!page) return std::move(page).error();
    return said->model + " " + where->roots.at(0).uri;
  });
  w.open();
  w.send(w.legacy(1, "tools/call", J(R"({"name":"all"})")));
  json question = w.next();
  CHECK_HOLDS(question, R"({"method":"sampling/createMessage","params":{"maxTokens":5,"messages":[]}})");
  w.answer(question, J(R"({"role":"assistant","content":{"type":"text","text":"x"},"model":"m"})"));
  question = w.next();
  CHECK(question["method"] == "roots/list");
  w.answer(question, J(R"({"roots":[{"uri":"file:///a"}]})"));
  question = w.next();
  CHECK_HOLDS(question, R"({"method":"elicitation/create","params":{"mode":"url","url":"https://example.org/in"}})");
  CHECK(question["params"]["elicitationId"].get<std::string>().size() >= 16);
  w.answer(question, J(R"({"action":"accept"})"));
  CHECK(text_of(w.next()) == "m file:///a");
}

TEST_CASE("a URL cannot be asked before 2025-11-25, a form not before 2025-06-18") {
  World w;
  w.server.tool("url", "u", [](Call& call) -> Result<int> {
    auto page = call.elicit_url("Log in", "https://example.org/in");
    if (!page) return std::move(page).error();
    return 1;
  });
  w.open("2025-06-18");
  CHECK(failed(w.call_legacy("url")));
  Order order;
  World older;
  add_order(older, order);
  older.open("2025-03-26");
  CHECK(failed(older.call_legacy("order", J(R"({"item":"tea"})"))));
}

TEST_CASE("several pushed questions are open at once and answered in any order") {
  World w;
  w.server.tool("both", "b", [](Call& call) -> Result<std::string> {
    auto answers = call.ask(Form<Item>{"first"}, Form<Item>{"second"});
    if (!answers) return std::move(answers).error();
    auto& [first, second] = *answers;
    return first->item + second->item;
  });
  w.open();
  w.send(w.legacy(1, "tools/call", J(R"({"name":"both"})")));
  const json first = w.next(), second = w.next();
  w.answer(second, accept(R"({"item":"2"})"));
  CHECK(w.silent());
  w.answer(first, accept(R"({"item":"1"})"));
  CHECK(text_of(w.next()) == "12");
}

TEST_CASE("a client that refuses ends the question, withdraws its siblings, and the handler says why") {
  for (const bool is_coroutine : {false, true}) {
    CAPTURE(is_coroutine);
    World w;
    if (is_coroutine) {
      w.server.tool("both", "b", [](Call& call) -> awaitable<Result<int>> {
        Form<Item> first{"first"};
        Form<Item> second{"second"};
        auto answers = co_await call.async_ask(first, second);
        if (!answers) co_return std::move(answers).error();
        co_return 1;
      });
    } else {
      w.server.tool("both", "b", [](Call& call) -> Result<int> {
        auto answers = call.ask(Form<Item>{"first"}, Form<Item>{"second"});
        if (!answers) return std::move(answers).error();
        return 1;
      });
    }
    w.open();
    w.send(w.legacy(1, "tools/call", J(R"({"name":"both"})")));
    const json first = w.next(), second = w.next();
    w.send(json{{"jsonrpc", "2.0"}, {"id", second["id"]}, {"error", J(R"({"code":-32601,"message":"no dialogs here"})")}});
    const json withdrawn = w.next();
    CHECK(withdrawn["method"] == "notifications/cancelled");
    CHECK(withdrawn["params"]["requestId"] == first["id"]);
    const json answer = w.next();
    CHECK(failed(answer));
    CHECK(text_of(answer) == "both: the client refused the question: no dialogs here");
    w.answer(first, accept(R"({"item":"late"})"));
    CHECK(w.silent());
  }
}

TEST_CASE("a pushed answer that cannot be used is a failure") {
  for (const char* result : {"5", R"({})", R"({"action":"accept","content":{"name":"A","age":999}})",
                             R"({"action":"accept","content":{"name":"A"}})"}) {
    CAPTURE(std::string(result));
    World w;
    Order order;
    add_order(w, order);
    w.open();
    w.send(w.legacy(1, "tools/call", order_params()));
    w.answer(w.next(), J(result));
    const json answer = w.next();
    CHECK(failed(answer));
    CHECK_MESSAGE(text_of(answer).find("answer cannot be used") != std::string::npos, text_of(answer));
  }
}

TEST_CASE("a pushed question has a deadline, and the client is told that it has passed") {
  for (const bool is_coroutine : {false, true}) {
    CAPTURE(is_coroutine);
    ServerOptions options;
    options.ask_limit = std::chrono::milliseconds(30);
    World w(options);
    Order order;
    if (is_coroutine) {
      w.server.tool("order", "o", [](Item, Call& call) -> awaitable<Result<int>> {
        auto who = co_await call.async_elicit<Person>("Who?");
        if (!who) co_return std::move(who).error();
        co_return 1;
      });
    } else {
      add_order(w, order);
    }
    w.open();
    w.send(w.legacy(1, "tools/call", order_params()));
    const json question = w.next();
    const json withdrawn = w.next();
    CHECK(withdrawn["method"] == "notifications/cancelled");
    CHECK(withdrawn["params"]["requestId"] == question["id"]);
    const json answer = w.next();
    CHECK(text_of(answer) == "order: nobody answered in time");
    w.answer(question, accept(kAnn));
    CHECK(w.silent());
  }
}

TEST_CASE("cancelling a call that asks withdraws its question") {
  for (const bool is_coroutine : {false, true}) {
    CAPTURE(is_coroutine);
    std::atomic<bool> ended{false};
    World w;
    if (is_coroutine) {
      w.server.tool("order", "o", [&](Item, Call& call) -> awaitable<Result<int>> {
        auto who = co_await call.async_elicit<Person>("Who?");
        ended = true;
        if (!who) co_return std::move(who).error();
        co_return 1;
      });
    } else {
      w.server.tool("order", "o", [&](Item, Call& call) -> Result<int> {
        auto who = call.elicit<Person>("Who?");
        ended = !who && who.error().code == ErrorCode::cancelled;
        if (!who) return std::move(who).error();
        return 1;
      });
    }
    w.open();
    w.send(w.legacy(1, "tools/call", order_params()));
    const json question = w.next();
    w.cancel(1);
    const json withdrawn = w.next();
    CHECK(withdrawn["method"] == "notifications/cancelled");
    CHECK(withdrawn["params"]["requestId"] == question["id"]);
    CHECK(w.until([&] { return is_coroutine || ended.load(); }));
    w.answer(question, accept(kAnn));
    CHECK(w.silent());
  }
}

TEST_CASE("a call over its time withdraws its question") {
  World w;
  w.server.tool("order", "o",
                [](Item, Call& call) -> Result<int> {
                  auto who = call.elicit<Person>("Who?");
                  if (!who) return std::move(who).error();
                  return 1;
                },
                {.timeout = std::chrono::milliseconds(500)});
  w.open();
  w.send(w.legacy(1, "tools/call", order_params()));
  const json question = w.next();
  const json one = w.next(), other = w.next();
  const json& answer = one.contains("id") ? one : other;
  const json& withdrawn = one.contains("id") ? other : one;
  CHECK(text_of(answer).find("longer than it may") != std::string::npos);
  CHECK(withdrawn["params"]["requestId"] == question["id"]);
}

TEST_CASE("a connection that is lost, or ends, ends its questions") {
  for (const bool orderly : {false, true}) {
    for (const bool is_coroutine : {false, true}) {
      CAPTURE(orderly);
      CAPTURE(is_coroutine);
      std::atomic<bool> ended{false};
      World w({}, {.grace = std::chrono::milliseconds(20)});
      if (is_coroutine) {
        w.server.tool("order", "o", [&](Item, Call& call) -> awaitable<Result<int>> {
          const auto mark = [&](void*) { ended = true; };
          const std::unique_ptr<void, decltype(mark)> at_end(&w, mark);
          auto who = co_await call.async_elicit<Person>("Who?");
          if (!who) co_return std::move(who).error();
          co_return 1;
        });
      } else {
        w.server.tool("order", "o", [&](Item, Call& call) -> Result<int> {
          auto who = call.elicit<Person>("Who?");
          ended = !who.has_value();
          if (!who) return std::move(who).error();
          return 1;
        });
      }
      w.open();
      w.send(w.legacy(1, "tools/call", order_params()));
      CHECK(w.next()["method"] == "elicitation/create");
      if (orderly)
        w.hang_up();
      else
        w.pair.b->close();
      CHECK(w.until([&] { return w.finished && ended; }));
    }
  }
}

TEST_CASE("a plain handler that waits for a person does not take a worker from others") {
  World w;
  Order order;
  for (int i = 0; i < 8; ++i)
    w.server.tool("order" + std::to_string(i), "o", [](Item, Call& call) -> Result<std::string> {
      auto who = call.elicit<Person>("Who?");
      if (!who) return std::move(who).error();
      return (*who)->name;
    });
  w.server.tool("fast", "f", [] { return "fast"; });
  w.open();
  std::vector<json> questions;
  for (int i = 0; i < 8; ++i) {
    json params = order_params();
    params["name"] = "order" + std::to_string(i);
    w.send(w.legacy(i, "tools/call", params));
  }
  for (int i = 0; i < 8; ++i) questions.push_back(w.next());
  CHECK(text_of(w.call_legacy("fast")) == "fast");
  for (const json& question : questions) w.answer(question, accept(kAnn));
  for (int i = 0; i < 8; ++i) CHECK(text_of(w.next()) == "Ann");
}

TEST_CASE("more questions than may be open fail the oldest") {
  World w;
  w.server.tool("order", "o", [](Item, Call& call) -> awaitable<Result<std::string>> {
    auto who = co_await call.async_elicit<Person>("Who?");
    if (!who) co_return std::move(who).error();
    co_return (*who)->name;
  });
  w.open();
  for (std::size_t i = 0; i <= kMaxPeerRequests; ++i) w.send(w.legacy(i, "tools/call", order_params()));
  bool refused = false;
  for (std::size_t i = 0; i <= kMaxPeerRequests + 1; ++i) {
    const json message = w.next();
    if (message.contains("method")) continue;
    CHECK(message["id"] == 0);
    CHECK(code_of(message) == 503);
    refused = true;
  }
  CHECK(refused);
}

TEST_CASE("a form's schema that is none is the program's mistake, told before anybody is asked") {
  World w;
  w.server.tool("bad", "b", [](Call& call) -> Result<int> {
    auto answers = call.ask(SchemaForm{"?", J(R"({"type":"object","properties":{"a":{"type":"string","minLength":"x"}}})")});
    if (!answers) return std::move(answers).error();
    return 1;
  });
  const json answer = w.call("bad", json::object(), kForms);
  CHECK(code_of(answer) == -32603);
  CHECK(message_of(answer).find("the form's schema is not valid") != std::string::npos);
}
