// SPDX-License-Identifier: Apache-2.0
// Calls that go on as tasks: who gets one, what becomes of it, what it asks, and that it needs nobody to wait for it.
#include "gate/task_store.hpp"
#include "server/tasks.hpp"
#include "support.hpp"

#include <sumun/field.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <map>

using namespace sumun;
using namespace sumun::test;
using std::chrono::milliseconds;

namespace {

constexpr std::string_view kTakesTasks = R"({"elicitation":{},"extensions":{"io.modelcontextprotocol/tasks":{}}})";
constexpr const char* kNeeded = R"({"error":{"code":-32021,"data":{"requiredCapabilities":{"extensions":{"io.modelcontextprotocol/tasks":{}}}}}})";

struct Item {
  std::string item;
};
struct Amount {
  int amount;
};

const ToolOptions kOptional{.task = TaskSupport::optional};
const ToolOptions kRequired{.task = TaskSupport::required};
const ToolOptions kWhenTold{.task = TaskSupport::optional, .task_start = TaskStart::when_told};

/// A client of its own on the world's loop, perhaps somebody else.
struct Peer {
  World& w;
  MemoryPair pair;
  std::weak_ptr<server::Session> session;
  std::deque<json> received;
  int last_id = 500;

  explicit Peer(World& world, std::string principal = "local:ann")
      : w(world), pair(make_memory_pair(world.loop.get_executor(), world.loop.get_executor())) {
    server::SessionOptions options;
    options.principal.name = std::move(principal);
    session = server::Session::start(w.server.core(), *pair.a, w.loop.get_executor(), w.pool, std::move(options), [] {});
    Transport::Events events;
    events.message = [this](const Incoming& message) {
      received.push_back(J(message.text));
      return Flow::go_on;
    };
    events.refused = [](Error) {};
    events.ended = [] {};
    events.closed = [](Error) {};
    pair.b->start(std::move(events));
  }
  ~Peer() { leave(); }
  /// Gone as a connection that breaks.
  void leave() {
    if (!pair.b) return;
    pair.a.reset();
    w.loop.restart();
    w.loop.poll();
    pair.b.reset();
  }
  json next() {
    REQUIRE(w.until([this] { return !received.empty(); }));
    json message = std::move(received.front());
    received.pop_front();
    return message;
  }
  json ask(const std::string& method, json params, std::string_view capabilities = kTakesTasks) {
    pair.b->send(dump_json(w.request(++last_id, method, std::move(params), capabilities)));
    return next();
  }
};

json task_params(const json& id) { return json{{"taskId", id}}; }
json get(World& w, const json& id) { return w.ask("tasks/get", task_params(id), kTakesTasks); }

// The id of the task that the call became.
json begin(World& w, const std::string& tool, json arguments = json::object()) {
  const json answer = w.call(tool, std::move(arguments), kTakesTasks);
  CHECK_HOLDS(answer, R"({"result":{"resultType":"task","status":"working"}})");
  REQUIRE(answer["result"].contains("taskId"));
  return answer["result"]["taskId"];
}

// The task once it has this status.
template <class Client>
json once_it_is(World& w, Client& client, const json& id, const std::string& status) {
  json answer;
  const bool is_there = w.until([&] {
    answer = client.ask("tasks/get", task_params(id), kTakesTasks);
    return answer.contains("result") && answer["result"]["status"] == status;
  });
  CHECK_MESSAGE(is_there, "still " << answer.dump());
  return answer["result"];
}
json once_it_is(World& w, const json& id, const std::string& status) { return once_it_is(w, w, id, status); }

json answers(const json& id, json responses) { return json{{"taskId", id}, {"inputResponses", std::move(responses)}}; }
json accept(std::string_view content) { return json{{"action", "accept"}, {"content", J(content)}}; }

std::string text_of_task(const json& task) { return task["result"]["content"][0].value("text", ""); }

awaitable<void> sleep_long() {
  auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer timer(executor, std::chrono::seconds(30));
  co_await timer.async_wait(boost::asio::use_awaitable);
}

/// Hears of tasks, and may be slow to take it in.
struct Ear final : server::Observer {
  void list_changed(server::ListKind) override {}
  void resource_updated(const std::string&) override {}
  void task_changed(std::shared_ptr<const DetailedTask> task) override {
    heard = std::move(task);
    ++count;
    if (door != nullptr) CHECK(door->wait());
  }
  std::shared_ptr<const DetailedTask> heard;
  std::atomic<int> count{0};
  Gate* door = nullptr;
};

/// A store whose memory survives the server, and that answers when it is told to.
class Durable final : public gate::TaskStore {
 public:
  struct Disk {
    std::mutex mutex;  // guards the tasks
    std::map<std::string, std::pair<std::string, DetailedTask>> tasks;
    std::function<void()> held;  // the creation that waits, where `hold` is set
    bool hold = false;
    bool full = false;
  };
  explicit Durable(std::shared_ptr<Disk> disk) : disk_(std::move(disk)) {}
  void create(const std::string& owner, DetailedTask task, Done<void> done) override {
    if (disk_->full) return done(fail(ErrorCode::busy, "no room"));
    auto keep = [disk = disk_, owner, task, done] {
      {
        std::lock_guard lock(disk->mutex);
        disk->tasks.emplace(task.taskId, std::pair(owner, task));
      }
      done({});
    };
    if (disk_->hold) disk_->held = std::move(keep);
    else keep();
  }
  void get(const std::string& owner, const std::string& id, Done<DetailedTask> done) override { done(look(id, &owner, nullptr)); }
  void update(DetailedTask task, Done<DetailedTask> done) override { done(look(task.taskId, nullptr, &task)); }
  void orphans(Done<std::vector<DetailedTask>> done) override {
    std::vector<DetailedTask> left;
    for (const auto& [id, kept] : disk_->tasks)
      if (!is_final(kept.second.status)) left.push_back(kept.second);
    done(std::move(left));
  }

 private:
  Result<DetailedTask> look(const std::string& id, const std::string* owner, const DetailedTask* next) {
    std::lock_guard lock(disk_->mutex);
    const auto found = disk_->tasks.find(id);
    if (found == disk_->tasks.end() || (owner != nullptr && found->second.first != *owner)) return gate::unknown_task();
    if (next != nullptr && !is_final(found->second.second.status)) found->second.second = *next;
    return found->second.second;
  }

  std::shared_ptr<Disk> disk_;
};

}  // namespace

// ---- who gets a task

TEST_CASE("only a client that says with its request that it takes tasks gets one") {
  World w;
  w.server.tool("may", "", [] { return std::string("done"); }, kOptional);
  w.server.tool("must", "", [] { return std::string("done"); }, kRequired);
  w.server.tool("never", "", [] { return std::string("done"); });
  const struct {
    const char* name;
    const char* capabilities;
    bool takes;
  } rows[] = {{"nothing", "{}", false},
              {"no extensions", R"({"extensions":{}})", false},
              {"another extension", R"({"extensions":{"dev.sumun/other":{}}})", false},
              {"the fields of 2025-11-25", R"({"tasks":{"requests":{"tools":{"call":{}}}}})", false},
              {"tasks", R"({"extensions":{"io.modelcontextprotocol/tasks":{}}})", true}};
  for (const auto& row : rows) {
    CAPTURE(row.name);
    const json may = w.call("may", json::object(), row.capabilities);
    CHECK(may["result"]["resultType"] == (row.takes ? "task" : "complete"));
    CHECK(may["result"].contains("content") == !row.takes);
    const json must = w.call("must", json::object(), row.capabilities);
    if (row.takes) CHECK(must["result"]["resultType"] == "task");
    else CHECK_HOLDS(must, kNeeded);
    CHECK(text_of(w.call("never", json::object(), row.capabilities)) == "done");
  }
}

TEST_CASE("clients before 2026-07-28 get no task, and are told where a tool needs one") {
  World w;
  w.server.tool("may", "", [] { return std::string("done"); }, kOptional);
  w.server.tool("must", "", [] { return std::string("done"); }, kRequired);
  w.open("2025-11-25", R"({"tasks":{"requests":{"tools":{"call":{}}}}})");
  CHECK(text_of(w.call_legacy("may")) == "done");
  const json must = w.call_legacy("must");
  CHECK(failed(must));
  CHECK(text_of(must).find("io.modelcontextprotocol/tasks") != std::string::npos);
  CHECK(code_of(w.ask_legacy("tasks/get", json{{"taskId", "x"}})) == -32601);
}

TEST_CASE("the extension is offered when a tool can make tasks, and not before") {
  World w;
  w.server.tool("never", "", [] { return std::string("done"); });
  CHECK(!w.ask("server/discover")["result"]["capabilities"].contains("extensions"));
  CHECK(code_of(w.ask("tasks/get", task_params("x"), kTakesTasks)) == -32601);
  w.server.tool("may", "", [] { return std::string("done"); }, kOptional);
  CHECK_HOLDS(w.ask("server/discover"), R"({"result":{"capabilities":{"extensions":{"io.modelcontextprotocol/tasks":{}}}}})");
  CHECK(!w.ask("server/discover")["result"]["capabilities"].contains("tasks"));
  for (const char* gone : {"tasks/list", "tasks/result"}) CHECK(code_of(w.ask(gone, task_params("x"), kTakesTasks)) == -32601);
}

TEST_CASE("whoever does not take tasks may not ask about them, known or not") {
  World w;
  w.server.tool("may", "", [] { return std::string("done"); }, kOptional);
  const json id = begin(w, "may");
  for (const json& one : {id, json("unknown")}) {
    CHECK_HOLDS(w.ask("tasks/get", task_params(one)), kNeeded);
    CHECK_HOLDS(w.ask("tasks/update", answers(one, json::object())), kNeeded);
    CHECK_HOLDS(w.ask("tasks/cancel", task_params(one)), kNeeded);
    CHECK_HOLDS(w.ask("subscriptions/listen", json{{"notifications", {{"taskIds", {one}}}}}), kNeeded);
  }
}

TEST_CASE("misuse of the declaration shows when the tool is registered") {
  Server server("test", "1");
  const auto handler = [] { return std::string(); };
  CHECK_THROWS_AS(server.tool("a", "", handler, {.placement = Placement::quick, .task = TaskSupport::optional}), ErrorException);
  CHECK_THROWS_AS(server.tool("b", "", handler, {.task = TaskSupport::optional, .task_ttl = milliseconds(0)}), ErrorException);
  CHECK_THROWS_AS(server.tool("c", "", handler, {.task = TaskSupport::required, .task_poll_interval = milliseconds(-1)}), ErrorException);
  CHECK_NOTHROW(server.tool("d", "", handler, {.task_ttl = milliseconds(0)}));
}

// ---- its life

TEST_CASE("a call becomes a task: a handle at once, its result later, in the shape that the call would have had") {
  Gate gate;
  World w;
  w.server.tool("work", "", [&](Item in) { gate.wait(); return Item{in.item + "!"}; },
                {.task = TaskSupport::optional, .task_ttl = milliseconds(60000), .task_poll_interval = milliseconds(250)});
  json arguments;
  arguments["item"] = "tea";
  const json created = w.call("work", arguments, kTakesTasks);
  CHECK_HOLDS(created, R"({"result":{"resultType":"task","status":"working","createdAt":"2026-07-28T01:00:00.000Z",
      "lastUpdatedAt":"2026-07-28T01:00:00.000Z","ttlMs":60000,"pollIntervalMs":250,
      "_meta":{"io.modelcontextprotocol/serverInfo":{"name":"test"}}}})");
  for (const char* absent : {"result", "error", "inputRequests", "requestState", "task"}) CHECK(!created["result"].contains(absent));
  const json id = created["result"]["taskId"];
  CHECK(id.get<std::string>().size() >= 22);
  const json working = get(w, id);
  CHECK_HOLDS(working, R"({"result":{"resultType":"complete","status":"working","ttlMs":60000,"pollIntervalMs":250}})");
  CHECK(!working["result"].contains("result"));
  w.clock->advance(milliseconds(1500));
  gate.open();
  const json done = once_it_is(w, id, "completed");
  CHECK_HOLDS(done, R"({"result":{"structuredContent":{"item":"tea!"},"content":[{"type":"text","text":"{\"item\":\"tea!\"}"}]},
      "createdAt":"2026-07-28T01:00:00.000Z","lastUpdatedAt":"2026-07-28T01:00:01.500Z"})");
  CHECK(!done.contains("requestState"));
  CHECK(done["taskId"] == id);
}

TEST_CASE("arguments that do not fit make no task") {
  World w;
  w.server.tool("work", "", [](Item in) { return in.item; }, kRequired);
  const json answer = w.call("work", json::object(), kTakesTasks);
  CHECK(failed(answer));
  CHECK(answer["result"]["resultType"] == "complete");
}

TEST_CASE("a tool's own failure completes the task, an error of the protocol fails it") {
  World w;
  w.server.tool("fails", "", []() -> Result<std::string> { return fail("no such gate"); }, kOptional);
  w.server.tool("throws", "", []() -> std::string { throw std::runtime_error("secret"); }, kOptional);
  w.server.tool("breaks", "", []() -> Result<std::string> { return Error{ErrorCode::internal_error, "broken", json{{"part", 7}}}; }, kOptional);
  w.server.tool("lacks", "", [](Call& call) -> Result<std::string> {
    auto roots = call.roots();
    if (!roots) return std::move(roots).error();
    return "";
  }, kOptional);
  const json failing = once_it_is(w, begin(w, "fails"), "completed");
  CHECK(failing["result"]["isError"] == true);
  CHECK(text_of_task(failing) == "fails: no such gate");
  const json thrown = once_it_is(w, begin(w, "throws"), "completed");
  CHECK(thrown["result"]["isError"] == true);
  CHECK(thrown.dump().find("secret") == std::string::npos);
  const json broken = once_it_is(w, begin(w, "breaks"), "failed");
  CHECK_HOLDS(broken, R"({"statusMessage":"broken","error":{"code":-32603,"message":"broken","data":{"part":7}}})");
  CHECK(!broken.contains("result"));
  CHECK_HOLDS(once_it_is(w, begin(w, "lacks"), "failed"), R"({"error":{"code":-32021,"data":{"requiredCapabilities":{"roots":{}}}}})");
}

TEST_CASE("progress becomes the status message, with or without a token, and log lines go nowhere") {
  Gate told, gate;
  World w;
  w.server.tool("work", "", [&](Call& call) {
    call.progress(1, 4);
    call.log(LoggingLevel::error, "not for tasks");
    call.progress(2, 4, "half the gates");
    call.progress(1, 4, "back again");
    told.open();
    gate.wait();
    return std::string("done");
  }, kOptional);
  json request = w.request(1, "tools/call", json{{"name", "work"}, {"arguments", json::object()}}, kTakesTasks);
  request["params"]["_meta"]["progressToken"] = "p";
  request["params"]["_meta"]["io.modelcontextprotocol/logLevel"] = "debug";
  w.send(request);
  const json id = w.next()["result"]["taskId"];
  REQUIRE(told.wait());
  CHECK(get(w, id)["result"]["statusMessage"] == "half the gates");
  gate.open();
  const json done = once_it_is(w, id, "completed");
  CHECK(!done.contains("statusMessage"));
  CHECK(w.silent());
}

TEST_CASE("a status message is bounded and stays text") {
  Gate told, gate;
  World w;
  w.server.tool("work", "", [&](Call& call) {
    std::string words;
    while (words.size() < 3 * kMaxStatusMessageBytes) words += "수";
    call.progress(1, std::nullopt, words);
    told.open();
    gate.wait();
    return std::string();
  }, kOptional);
  const json id = begin(w, "work");
  REQUIRE(told.wait());
  const std::string message = get(w, id)["result"]["statusMessage"];
  CHECK(message.size() <= kMaxStatusMessageBytes);
  CHECK(message.size() > kMaxStatusMessageBytes - 4);
  CHECK(message.size() % 3 == 0);
  gate.open();
}

// ---- it needs nobody

TEST_CASE("a task outlives the connection that began it, and another of the same caller goes on with it") {
  for (const bool coroutine : {false, true}) {
    CAPTURE(coroutine);
    World w;
    std::atomic<bool> stopped{false};
    const auto after = [](const Result<Elicited<Item>>& item) -> Result<std::string> {
      if (!item) return item.error();
      return *item ? (*item)->item : std::string("nothing");
    };
    if (coroutine) {
      w.server.tool("work", "", [&](Call& call) -> awaitable<Result<std::string>> {
        auto item = co_await call.async_elicit<Item>("What?");
        stopped = call.cancelled();
        co_return after(item);
      }, kOptional);
    } else {
      w.server.tool("work", "", [&](Call& call) -> Result<std::string> {
        auto item = call.elicit<Item>("What?");
        stopped = call.cancelled();
        return after(item);
      }, kOptional);
    }
    json id;
    {
      Peer first(w);
      id = first.ask("tools/call", json{{"name", "work"}})["result"]["taskId"];
      REQUIRE(id.is_string());
      std::weak_ptr<server::Session> session = first.session;
      first.leave();
      REQUIRE(w.until([&] { return session.expired(); }));
    }
    Peer second(w);
    const json asked = once_it_is(w, second, id, "input_required");
    CHECK_HOLDS(asked, R"({"inputRequests":{"q1":{"method":"elicitation/create","params":{"message":"What?"}}}})");
    CHECK_HOLDS(second.ask("tasks/update", answers(id, json{{"q1", accept(R"({"item":"tea"})")}})), R"({"result":{"resultType":"complete"}})");
    CHECK(text_of_task(once_it_is(w, second, id, "completed")) == "tea");
    CHECK(!stopped);
  }
}

TEST_CASE("another caller's task is answered exactly as one that there is not") {
  Gate gate;
  World w;
  w.server.tool("work", "", [&](Call& call) -> Result<std::string> {
    auto item = call.elicit<Item>("What?");
    if (!item) return std::move(item).error();
    return (*item)->item;
  }, kOptional);
  const json id = begin(w, "work");
  once_it_is(w, id, "input_required");
  Peer bob(w, "bob");
  const auto same = [&](const std::string& method, json mine, json unknown) {
    CAPTURE(method);
    json foreign = bob.ask(method, std::move(mine));
    json nothing = bob.ask(method, std::move(unknown));
    CHECK(code_of(foreign) == -32602);
    foreign.erase("id");
    nothing.erase("id");
    CHECK(foreign == nothing);
  };
  same("tasks/get", task_params(id), task_params("nothing"));
  same("tasks/cancel", task_params(id), task_params("nothing"));
  const json theirs = json{{"q1", accept(R"({"item":"stolen"})")}};
  same("tasks/update", answers(id, theirs), answers("nothing", theirs));
  bob.pair.b->send(dump_json(w.request(900, "subscriptions/listen", json{{"notifications", {{"taskIds", {id}}}}}, kTakesTasks)));
  const json acknowledged = bob.next();
  CHECK(acknowledged["params"]["notifications"]["taskIds"].empty());
  // A fit answer of the wrong shape does not tell either.
  CHECK(code_of(bob.ask("tasks/update", answers(id, json{{"q1", 5}}))) == -32602);
  CHECK_HOLDS(get(w, id), R"({"result":{"status":"input_required"}})");
  w.ask("tasks/update", answers(id, json{{"q1", accept(R"({"item":"own"})")}}), kTakesTasks);
  CHECK(text_of_task(once_it_is(w, id, "completed")) == "own");
  CHECK(bob.received.empty());
}

// ---- asking

TEST_CASE("answers may come one by one; unknown, answered and repeated keys are ignored") {
  World w;
  std::atomic<int> runs{0};
  w.server.tool("work", "", [&](Call& call) -> Result<std::string> {
    ++runs;
    auto both = call.ask(Form<Item>{"What?", "what"}, Form<Amount>{"How many?"});
    if (!both) return std::move(both).error();
    auto again = call.elicit<Item>("What else?", "what");
    if (!again) return std::move(again).error();
    return std::get<0>(*both)->item + std::to_string(std::get<1>(*both)->amount) + (*again)->item;
  }, kOptional);
  const json id = begin(w, "work");
  const json asked = once_it_is(w, id, "input_required");
  CHECK(asked["inputRequests"].size() == 2);
  CHECK_HOLDS(asked, R"({"inputRequests":{"what":{"params":{"message":"What?"}},"q2":{"params":{"message":"How many?"}}}})");
  const auto tell = [&](json responses) { return w.ask("tasks/update", answers(id, std::move(responses)), kTakesTasks); };
  CHECK_HOLDS(tell(json{{"unknown", 5}}), R"({"result":{"resultType":"complete"}})");
  CHECK_HOLDS(tell(json::object()), R"({"result":{"resultType":"complete"}})");
  const json ack = tell(json{{"what", accept(R"({"item":"tea"})")}});
  for (const char* absent : {"taskId", "status", "inputRequests"}) CHECK(!ack["result"].contains(absent));
  const json half = get(w, id);
  CHECK_HOLDS(half, R"({"result":{"status":"input_required"}})");
  CHECK(half["result"]["inputRequests"].size() == 1);
  CHECK(half["result"]["inputRequests"].contains("q2"));
  CHECK(code_of(tell(json{{"what", accept(R"({"item":"coffee"})")}, {"q2", accept(R"({"amount":3})")}})) == 0);
  // The key of an answered question is not used again for another one.
  json last;
  REQUIRE(w.until([&] {
    last = get(w, id)["result"];
    return last["status"] == "input_required" && last["inputRequests"].contains("what-2");
  }));
  CHECK(last["inputRequests"].size() == 1);
  tell(json{{"what", accept(R"({"item":"nothing"})")}});
  CHECK(get(w, id)["result"]["status"] == "input_required");
  tell(json{{"what-2", accept(R"({"item":"milk"})")}});
  CHECK(text_of_task(once_it_is(w, id, "completed")) == "tea3milk");
  CHECK(runs == 1);
}

TEST_CASE("an answer that does not fit its question is refused and names the place; then none is taken") {
  World w;
  w.server.tool("work", "", [&](Call& call) -> Result<std::string> {
    auto both = call.ask(Form<Item>{"What?"}, Form<Amount>{"How many?"});
    if (!both) return std::move(both).error();
    return std::get<0>(*both)->item;
  }, kOptional);
  const json id = begin(w, "work");
  once_it_is(w, id, "input_required");
  const json refused = w.ask("tasks/update", answers(id, json{{"q1", accept(R"({"item":"tea"})")}, {"q2", accept(R"({"amount":"x"})")}}), kTakesTasks);
  CHECK(code_of(refused) == -32602);
  CHECK(message_of(refused).find("params.inputResponses.q2") != std::string::npos);
  CHECK(get(w, id)["result"]["inputRequests"].size() == 2);
  for (const char* bad : {R"({"taskId":"x"})", R"({"taskId":5,"inputResponses":{}})", R"({"inputResponses":{}})", R"({"taskId":"x","inputResponses":[]})"})
    CHECK(code_of(w.ask("tasks/update", J(bad), kTakesTasks)) == -32602);
}

// ---- cancelling

TEST_CASE("cancelling tells the handler to stop, wherever it is, and the task settles as cancelled") {
  Gate begun;
  const struct {
    const char* name;
    std::function<void(Server&)> add;
    const char* status;
  } rows[] = {
      {"a plain handler at work",
       [&](Server& server) {
         server.tool("work", "", [&](Call& call) -> Result<std::string> {
           begun.open();
           Gate never;
           never.wait_for_stop(call.stop_token());
           return fail("stopped");
         }, kOptional);
       },
       "working"},
      {"a plain handler that waits for an answer",
       [](Server& server) {
         server.tool("work", "", [](Call& call) -> Result<std::string> {
           auto item = call.elicit<Item>("What?");
           if (!item) return std::move(item).error();
           return "";
         }, kOptional);
       },
       "input_required"},
      {"a coroutine at work", [](Server& server) {
         server.tool("work", "", [](Call&) -> awaitable<std::string> {
           co_await sleep_long();
           co_return "";
         }, kOptional);
       },
       "working"},
      {"a coroutine that waits for an answer",
       [](Server& server) {
         server.tool("work", "", [](Call& call) -> awaitable<Result<std::string>> {
           auto item = co_await call.async_elicit<Item>("What?");
           if (!item) co_return std::move(item).error();
           co_return "";
         }, kOptional);
       },
       "input_required"}};
  for (const auto& row : rows) {
    CAPTURE(row.name);
    World w;
    row.add(w.server);
    const json id = begin(w, "work");
    once_it_is(w, id, row.status);
    const json ack = w.ask("tasks/cancel", task_params(id), kTakesTasks);
    CHECK_HOLDS(ack, R"({"result":{"resultType":"complete"}})");
    for (const char* absent : {"taskId", "status", "result"}) CHECK(!ack["result"].contains(absent));
    const json task = once_it_is(w, id, "cancelled");
    for (const char* absent : {"result", "error", "inputRequests"}) CHECK(!task.contains(absent));
    CHECK_HOLDS(w.ask("tasks/cancel", task_params(id), kTakesTasks), R"({"result":{"resultType":"complete"}})");
  }
}

TEST_CASE("a handler that finishes all the same has finished, and an end is for good") {
  Gate begun, gate;
  World w;
  w.server.tool("work", "", [&] { begun.open(); gate.wait(); return std::string("done"); }, kOptional);
  const json id = begin(w, "work");
  REQUIRE(begun.wait());
  w.ask("tasks/cancel", task_params(id), kTakesTasks);
  CHECK(get(w, id)["result"]["status"] == "working");
  gate.open();
  const json done = once_it_is(w, id, "completed");
  CHECK(text_of_task(done) == "done");
  w.ask("tasks/cancel", task_params(id), kTakesTasks);
  w.ask("tasks/update", answers(id, json{{"q1", 1}}), kTakesTasks);
  w.clock->advance(milliseconds(5000));
  json again = get(w, id)["result"];
  CHECK(again == done);
}

TEST_CASE("a task that no worker has begun is cancelled without ever running") {
  Gate gate;
  World w;
  std::atomic<int> ran{0};
  w.server.tool("block", "", [&] { gate.wait(); return std::string(); }, kOptional);
  w.server.tool("work", "", [&] { ++ran; return std::string(); }, kOptional);
  begin(w, "block");
  begin(w, "block");  // both workers
  const json id = begin(w, "work");
  w.ask("tasks/cancel", task_params(id), kTakesTasks);
  gate.open();
  once_it_is(w, id, "cancelled");
  CHECK(ran == 0);
}

TEST_CASE("notifications/cancelled for the request that began a task does not touch the task") {
  Gate gate;
  World w;
  w.server.tool("work", "", [&](Call& call) { return std::string(gate.wait_for_stop(call.stop_token()) ? "stopped" : "done"); }, kOptional);
  const json id = begin(w, "work");
  w.cancel(w.last_id);
  CHECK(get(w, id)["result"]["status"] == "working");
  gate.open();
  CHECK(text_of_task(once_it_is(w, id, "completed")) == "done");
}

// ---- limits of time

TEST_CASE("a tool's own time limit holds in a task too") {
  for (const bool coroutine : {false, true}) {
    CAPTURE(coroutine);
    Gate never;
    World w;
    ToolOptions options = kOptional;
    options.timeout = milliseconds(20);
    if (coroutine) w.server.tool("work", "", [] () -> awaitable<void> { return sleep_long(); }, options);
    else w.server.tool("work", "", [&](Call& call) { never.wait_for_stop(call.stop_token()); return std::string("late"); }, options);
    const json done = once_it_is(w, begin(w, "work"), "completed");
    CHECK(done["result"]["isError"] == true);
    CHECK(text_of_task(done).find("longer than it may") != std::string::npos);
  }
}

TEST_CASE("when a task's time to live is over its handler is stopped and nobody knows it any more") {
  std::atomic<bool> stopped{false};
  Gate never;
  World w;
  ToolOptions options = kOptional;
  options.task_ttl = milliseconds(30);
  w.server.tool("work", "", [&](Call& call) {
    CHECK(call.deadline().has_value());
    stopped = never.wait_for_stop(call.stop_token());
    return std::string();
  }, options);
  const json id = begin(w, "work");
  CHECK(w.until([&] { return stopped.load(); }));
  CHECK(w.until([&] { return code_of(get(w, id)) == -32602; }));
}

// ---- beginning later

TEST_CASE("a tool that says when: before it questions come in rounds, behind it the task goes on without replay") {
  World w;
  std::atomic<int> behind{0};
  std::vector<std::string> ids;
  w.server.tool("work", "", [&](Call& call) -> Result<std::string> {
    auto who = call.elicit<Item>("Who?", "who");
    if (!who) return std::move(who).error();
    auto begun = call.begin_task();
    if (!begun) return std::move(begun).error();
    ids.push_back(call.execution_id());
    ++behind;
    auto what = call.elicit<Item>("What?");
    if (!what) return std::move(what).error();
    return (*who)->item + " " + (*what)->item;
  }, kWhenTold);
  const json asked = w.call("work", json::object(), kTakesTasks);
  CHECK_HOLDS(asked, R"({"result":{"resultType":"input_required","inputRequests":{"who":{"params":{"message":"Who?"}}}}})");
  CHECK(!asked["result"].contains("taskId"));
  json retry{{"name", "work"}, {"arguments", json::object()}, {"requestState", asked["result"]["requestState"]}};
  retry["inputResponses"]["who"] = accept(R"({"item":"Ann"})");
  const json created = w.ask("tools/call", retry, kTakesTasks);
  CHECK_HOLDS(created, R"({"result":{"resultType":"task","status":"working"}})");
  for (const char* absent : {"requestState", "inputRequests"}) CHECK(!created["result"].contains(absent));
  const json id = created["result"]["taskId"];
  // The same round again is the same task, not a second one.
  CHECK(w.ask("tools/call", retry, kTakesTasks)["result"]["taskId"] == id);
  once_it_is(w, id, "input_required");
  w.ask("tasks/update", answers(id, json{{"q2", accept(R"({"item":"tea"})")}}), kTakesTasks);
  CHECK(text_of_task(once_it_is(w, id, "completed")) == "Ann tea");
  CHECK(behind == 1);
  CHECK(ids[0] != id.get<std::string>());
}

TEST_CASE("what ends before it says so is answered at once, and where there are no tasks saying so changes nothing") {
  World w;
  w.server.tool("quickly", "", [](Call&) { return std::string("at once"); }, kWhenTold);
  w.server.tool("work", "", [](Call& call) -> Result<std::string> {
    for (int i = 0; i < 2; ++i)
      if (auto begun = call.begin_task(); !begun) return begun.error();
    return "done";
  }, kWhenTold);
  w.server.tool("later", "", [](Call& call) -> awaitable<Result<std::string>> {
    auto begun = call.begin_task();
    if (!begun) co_return begun.error();
    auto item = co_await call.async_elicit<Item>("What?");
    if (!item) co_return item.error();
    co_return (*item)->item;
  }, kWhenTold);
  CHECK(text_of(w.call("quickly", json::object(), kTakesTasks)) == "at once");
  CHECK(text_of(w.call("work")) == "done");
  CHECK(text_of_task(once_it_is(w, begin(w, "work"), "completed")) == "done");
  const json id = begin(w, "later");
  once_it_is(w, id, "input_required");
  w.ask("tasks/update", answers(id, json{{"q1", accept(R"({"item":"tea"})")}}), kTakesTasks);
  CHECK(text_of_task(once_it_is(w, id, "completed")) == "tea");
}

// ---- the store

TEST_CASE("where no task can be kept, a tool that may do without does, one that may not is refused") {
  World w;
  auto disk = std::make_shared<Durable::Disk>();
  disk->full = true;
  w.server.core()->tasks().use(std::make_unique<Durable>(disk));
  w.server.tool("may", "", [](Call& call) -> Result<std::string> {
    if (auto begun = call.begin_task(); !begun) return begun.error();
    return "done";
  }, kOptional);
  w.server.tool("must", "", [] { return std::string("done"); }, kRequired);
  CHECK(text_of(w.call("may", json::object(), kTakesTasks)) == "done");
  const json must = w.call("must", json::object(), kTakesTasks);
  CHECK(must.contains("error"));
  CHECK(message_of(must) == "no room");
}

TEST_CASE("the handle leaves when the store has the task, and not before; the handler begins after that") {
  World w;
  auto disk = std::make_shared<Durable::Disk>();
  disk->hold = true;
  w.server.core()->tasks().use(std::make_unique<Durable>(disk));
  std::atomic<int> ran{0};
  w.server.tool("work", "", [&] { ++ran; return std::string("done"); }, kOptional);
  w.send(w.request(1, "tools/call", json{{"name", "work"}}, kTakesTasks));
  CHECK(w.silent());
  CHECK(ran == 0);
  std::exchange(disk->held, nullptr)();
  const json created = w.next();
  CHECK_HOLDS(created, R"({"id":1,"result":{"resultType":"task"}})");
  once_it_is(w, created["result"]["taskId"], "completed");

  // Nobody waits for this one any more.
  w.send(w.request(2, "tools/call", json{{"name", "work"}}, kTakesTasks));
  REQUIRE(w.until([&] { return static_cast<bool>(disk->held); }));
  w.cancel(2);
  CHECK(w.silent());
  std::exchange(disk->held, nullptr)();
  CHECK(w.silent());
  CHECK(ran == 1);
  for (const auto& [id, kept] : disk->tasks) CHECK(is_final(kept.second.status));
}

TEST_CASE("a task found running at the start has been interrupted, and so has one that runs at the end") {
  auto disk = std::make_shared<Durable::Disk>();
  json id;
  {
    World w;
    w.server.core()->tasks().use(std::make_unique<Durable>(disk));
    w.server.tool("work", "", [](Call& call) -> Result<std::string> {
      auto item = call.elicit<Item>("What?");
      if (!item) return std::move(item).error();
      return (*item)->item;
    }, kOptional);
    id = begin(w, "work");
    once_it_is(w, id, "input_required");
    // As after a crash: the disk still says so.
    const auto crashed = disk->tasks;
    w.server.core()->tasks().stop();
    CHECK(disk->tasks.at(id).second.status == TaskStatus::failed);
    CHECK_HOLDS(*disk->tasks.at(id).second.error, R"({"code":-32603})");
    const json late = w.call("work", json::object(), kTakesTasks);
    CHECK(late["result"].value("resultType", "") != "task");
    disk->tasks = crashed;
  }
  World w;
  w.server.core()->tasks().use(std::make_unique<Durable>(disk));
  w.server.tool("work", "", [] { return std::string(); }, kOptional);
  w.clock->advance(milliseconds(60000));
  w.server.core()->tasks().start(w.loop.get_executor());
  const json task = get(w, id);
  CHECK_HOLDS(task, R"({"result":{"status":"failed","error":{"code":-32603},"lastUpdatedAt":"2026-07-28T01:01:00.000Z"}})");
  CHECK(task["result"]["statusMessage"].get<std::string>().find("interrupted") != std::string::npos);
  CHECK(!task["result"].contains("inputRequests"));
}

TEST_CASE("a handler that is dropped unrun leaves a task that has failed") {
  World w;
  ToolOptions options = kOptional;
  options.executor = [](std::function<void()>) {};
  w.server.tool("work", "", [] { return std::string(); }, options);
  CHECK_HOLDS(once_it_is(w, begin(w, "work"), "failed"), R"({"error":{"code":-32603}})");
}

// ---- telling who listens

TEST_CASE("who listens to a task hears of each change, with all that tasks/get would say") {
  Gate first, second;
  World w;
  w.server.tool("work", "", [&](Call& call) -> Result<std::string> {
    first.wait();
    call.progress(1, 2, "half");
    auto item = call.elicit<Item>("What?");
    if (!item) return std::move(item).error();
    second.wait();
    return (*item)->item;
  }, kOptional);
  const json id = begin(w, "work");
  json filter;
  filter["notifications"]["taskIds"] = json::array({id, "unknown", id});
  w.send(w.request("sub", "subscriptions/listen", filter, kTakesTasks));
  const json acknowledged = w.next();
  CHECK(acknowledged["method"] == "notifications/subscriptions/acknowledged");
  CHECK(acknowledged["params"]["notifications"]["taskIds"] == json::array({id}));
  const auto heard = [&](const char* status) {
    json told = w.next();
    CHECK_HOLDS(told, R"({"method":"notifications/tasks","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"sub"}}})");
    CHECK(told["params"]["taskId"] == id);
    CHECK(told["params"]["status"] == status);
    json same = told["params"];
    same.erase("_meta");
    return same;
  };
  const auto is_what_get_says = [&](const json& told) {
    json got = get(w, id)["result"];
    got.erase("_meta");
    got.erase("resultType");
    CHECK(got == told);
  };
  is_what_get_says(heard("working"));  // where it stood when the subscription began
  first.open();
  CHECK(heard("working")["statusMessage"] == "half");
  is_what_get_says(heard("input_required"));
  w.send(w.request(7, "tasks/update", answers(id, json{{"q1", accept(R"({"item":"tea"})")}}), kTakesTasks));
  json ack = w.next();  // the acknowledgment and the change leave in either order
  json change = w.next();
  if (ack.contains("method")) std::swap(ack, change);
  CHECK(ack["id"] == 7);
  CHECK(change["params"]["status"] == "working");
  second.open();
  const json last = heard("completed");
  CHECK(text_of_task(last) == "tea");
  is_what_get_says(last);
  w.cancel("sub");
  CHECK(w.silent());
}

TEST_CASE("a task's change is told to who listens to it alone, without a copy for each, and holds up no other task") {
  Gate start, door;
  World w;
  w.server.tool("work", "", [&] { return std::string(start.wait() ? "done" : "never"); }, kOptional);
  w.server.tool("other", "", [] { return std::string("done"); }, kOptional);
  const auto core = w.server.core();
  const auto idle = std::make_shared<Ear>();
  const auto gone = std::make_shared<Ear>();
  const auto first = std::make_shared<Ear>();
  const auto second = std::make_shared<Ear>();
  first->door = second->door = &door;
  const json id = begin(w, "work");
  core->observe(idle);
  core->observe_task("another", idle);
  for (const auto& ear : {gone, first, first, second}) core->observe_task(id, ear);
  core->unobserve_task(id, *gone);
  start.open();
  REQUIRE(w.until([&] { return first->count + second->count == 1; }));
  once_it_is(w, begin(w, "other"), "completed");
  door.open();
  REQUIRE(w.until([&] { return first->count + second->count == 2; }));
  CHECK(first->heard == second->heard);
  CHECK(first->heard->status == TaskStatus::completed);
  CHECK(idle->count + gone->count == 0);
}

TEST_CASE("a subscription that ends takes nothing from another of the same connection") {
  Gate half, end;
  World w;
  w.server.tool("work", "", [&](Call& call) {
    half.wait();
    call.progress(1, 2, "half");
    end.wait();
    return std::string("done");
  }, kOptional);
  const json id = begin(w, "work");
  json filter;
  filter["notifications"]["taskIds"] = json::array({id});
  for (const char* subscription : {"one", "two"}) {
    w.send(w.request(subscription, "subscriptions/listen", filter, kTakesTasks));
    CHECK(w.next()["method"] == "notifications/subscriptions/acknowledged");
    CHECK(w.next()["params"]["status"] == "working");
    if (std::string(subscription) == "two") CHECK(w.next()["params"]["status"] == "working");
  }
  w.cancel("one");
  CHECK(w.silent());
  half.open();
  CHECK_HOLDS(w.next(), R"({"params":{"statusMessage":"half","_meta":{"io.modelcontextprotocol/subscriptionId":"two"}}})");
  w.cancel("two");
  CHECK(w.silent());
  end.open();
  once_it_is(w, id, "completed");
  CHECK(w.silent());
}

TEST_CASE("task subscriptions are bounded, and a server without tasks agrees to none") {
  World w;
  w.server.tool("work", "", [] { return std::string(); }, kOptional);
  json filter;
  filter["notifications"]["taskIds"] = json::array();
  for (std::size_t i = 0; i <= kMaxSubscribedTasks; ++i) filter["notifications"]["taskIds"].push_back(std::to_string(i));
  CHECK(code_of(w.ask("subscriptions/listen", filter, kTakesTasks)) == -32602);
  filter["notifications"]["taskIds"] = json::array({std::string(300, 'x')});
  CHECK(code_of(w.ask("subscriptions/listen", filter, kTakesTasks)) == -32602);

  World none;
  none.server.tool("work", "", [] { return std::string(); });
  filter["notifications"] = json{{"taskIds", {"x"}}, {"toolsListChanged", true}};
  const json acknowledged = none.ask("subscriptions/listen", filter, kTakesTasks);
  CHECK(acknowledged["params"]["notifications"] == json{{"toolsListChanged", true}});
}
