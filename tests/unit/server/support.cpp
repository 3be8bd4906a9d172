// SPDX-License-Identifier: Apache-2.0
// The client's end, by hand.
#include "support.hpp"

#include "protocol/meta.hpp"

#include <boost/asio/executor_work_guard.hpp>

namespace sumun::test {
namespace {

constexpr std::chrono::seconds kPatience{10};

ServerOptions with_log(ServerOptions options, std::shared_ptr<Logged> to) {
  options.log = [to](LoggingLevel, std::string_view line) {
    std::lock_guard lock(to->mutex);
    to->lines.emplace_back(line);
  };
  return options;
}

}  // namespace

json J(std::string_view text) {
  auto value = parse_json(text);
  if (!value) throw std::runtime_error("the test's own JSON: " + value.error().message + ": " + std::string(text));
  return *std::move(value);
}

std::string lacks(const json& value, const json& part) {
  if (part.is_object() && value.is_object()) {
    for (const auto& [name, wanted] : part.items()) {
      if (!value.contains(name)) return "no member " + name;
      if (auto why = lacks(value[name], wanted); !why.empty()) return name + ": " + why;
    }
    return "";
  }
  if (part.is_array() && value.is_array()) {
    if (part.size() > value.size()) return "too few items";
    for (std::size_t i = 0; i < part.size(); ++i)
      if (auto why = lacks(value[i], part[i]); !why.empty()) return std::to_string(i) + ": " + why;
    return "";
  }
  return value == part ? "" : "expected " + dump_json(part) + ", got " + dump_json(value);
}

void Gate::open() {
  std::lock_guard lock(mutex_);
  open_ = true;
  changed_.notify_all();
}
bool Gate::wait() {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [this] { return open_; });
}
bool Gate::wait_for_stop(std::stop_token token) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, token, kPatience, [this] { return open_; });
  return token.stop_requested();
}

bool Logged::has(std::string_view part) {
  std::lock_guard lock(mutex);
  for (const auto& line : lines)
    if (line.find(part) != std::string::npos) return true;
  return false;
}

World::World(ServerOptions options, server::SessionOptions session_options)
    : server("test", "1.0.0", with_log(std::move(options), logged)),
      clock(new FakeClock),
      pool(WorkerPoolOptions{2, {}}),
      pair(make_memory_pair(loop.get_executor(), loop.get_executor())) {
  server.core()->use(std::unique_ptr<Clock>(clock));
  server.core()->tasks().start(loop.get_executor());
  if (session_options.principal.name.empty()) session_options.principal.name = "local:ann";
  session = server::Session::start(server.core(), *pair.a, loop.get_executor(), pool, std::move(session_options),
                                   [this] { finished = true; });
  Transport::Events events;
  events.message = [this](const Incoming& incoming) {
    const std::string_view text = incoming.text;
    auto message = parse_json(text);
    REQUIRE_MESSAGE(message.has_value(), text);
    received.push_back(*std::move(message));
    return Flow::go_on;
  };
  events.refused = [](Error) {};
  events.ended = [this] { ended = true; };
  events.closed = [this](Error) { closed = true; };
  pair.b->start(std::move(events));
}

World::~World() {
  pair.a.reset();  // the session goes, and its handlers are told to stop
  server.core()->tasks().stop();
  loop.restart();
  loop.run_for(std::chrono::seconds(1));
  pool.stop();
  CHECK(pool.join_for(kPatience));
  pair.b.reset();
}

bool World::until(const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  const auto work = boost::asio::make_work_guard(loop);
  if (loop.stopped()) loop.restart();
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    loop.run_one_for(std::chrono::milliseconds(50));
  }
  return true;
}

void World::send(const json& message) { send_text(dump_json(message)); }
void World::send_text(std::string text) {
  if (!std::exchange(begun, true)) {
    loop.restart();
    loop.poll();
  }
  pair.b->send(std::move(text));
}

json World::next() {
  const bool came = until([this] { return !received.empty() || closed; });
  REQUIRE_MESSAGE(came, "no message came");
  REQUIRE_MESSAGE(!received.empty(), "the connection was closed instead");
  json message = std::move(received.front());
  received.pop_front();
  return message;
}

bool World::silent() {
  const json id = "marker" + std::to_string(++last_id);
  send(request(id, "marker"));
  const json message = next();
  const bool alone = message.contains("id") && message["id"] == id;
  if (!alone) MESSAGE("unexpected: " << dump_json(message));
  return alone;
}

void World::hang_up() { pair.b->end_output(); }

json World::request(const json& id, const std::string& method, json params, std::string_view capabilities) {
  json& meta = params["_meta"];
  meta[std::string(protocol::kProtocolVersionKey)] = "2026-07-28";
  meta[std::string(protocol::kClientCapabilitiesKey)] = J(capabilities);
  meta[std::string(protocol::kClientInfoKey)] = J(R"({"name":"tester","version":"1"})");
  return json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}};
}

json World::ask(const std::string& method, json params, std::string_view capabilities) {
  send(request(++last_id, method, std::move(params), capabilities));
  return next();
}

json World::call(const std::string& tool, json arguments, std::string_view capabilities) {
  json params;
  params["name"] = tool;
  params["arguments"] = std::move(arguments);
  return ask("tools/call", std::move(params), capabilities);
}

json World::legacy(const json& id, const std::string& method, json params) {
  json message{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}};
  if (!params.is_null()) message["params"] = std::move(params);
  return message;
}

void World::open(const std::string& version, std::string_view capabilities) {
  json params{
      {"protocolVersion", version}, {"capabilities", J(capabilities)}, {"clientInfo", J(R"({"name":"old","version":"1"})")}};
  const json answer = ask_legacy("initialize", std::move(params));
  REQUIRE_MESSAGE(answer.contains("result"), dump_json(answer));
  CHECK(answer["result"]["protocolVersion"] == version);
  notify("notifications/initialized");
}

json World::ask_legacy(const std::string& method, json params) {
  send(legacy(++last_id, method, std::move(params)));
  return next();
}

json World::call_legacy(const std::string& tool, json arguments) {
  json params;
  params["name"] = tool;
  params["arguments"] = std::move(arguments);
  return ask_legacy("tools/call", std::move(params));
}

void World::notify(const std::string& method, json params) {
  json message{{"jsonrpc", "2.0"}, {"method", method}};
  if (!params.is_null()) message["params"] = std::move(params);
  send(message);
}

void World::cancel(const json& id) { notify("notifications/cancelled", json{{"requestId", id}}); }

void World::answer(const json& question, json result) {
  send(json{{"jsonrpc", "2.0"}, {"id", question["id"]}, {"result", std::move(result)}});
}

std::string text_of(const json& answer) {
  if (!answer.contains("result")) return "no result: " + dump_json(answer);
  const json& content = answer["result"].value("content", json::array());
  return content.empty() ? "" : content[0].value("text", "");
}
bool failed(const json& answer) { return answer.contains("result") && answer["result"].value("isError", false); }
int code_of(const json& answer) { return answer.contains("error") ? answer["error"]["code"].get<int>() : 0; }
std::string message_of(const json& answer) {
  return answer.contains("error") ? answer["error"]["message"].get<std::string>() : "";
}

}  // namespace sumun::test
