// SPDX-License-Identifier: Apache-2.0
// A server and a client's end of its connection on one loop: messages in, messages out, every wait bounded.
#pragma once
#include "base/clock.hpp"
#include "runtime/worker_pool.hpp"
#include "server/core.hpp"
#include "server/session.hpp"
#include "transport/memory_transport.hpp"

#include <sumun/json.hpp>
#include <sumun/server.hpp>

#include <doctest/doctest.h>
#include <boost/asio/io_context.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace sumun::test {

/// JSON from text that the test itself wrote.
json J(std::string_view text);

/// Empty where `value` holds all of `part` (members of objects, items of arrays by place), else where it does not.
std::string lacks(const json& value, const json& part);

/// A door that another thread waits at.
class Gate {
 public:
  void open();
  /// False: nobody opened it in time.
  bool wait();
  /// The same, but ends early when the token stops; true = it stopped.
  bool wait_for_stop(std::stop_token token);

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool open_ = false;
};

struct Logged {
  std::mutex mutex;
  std::vector<std::string> lines;
  bool has(std::string_view part);
};

inline constexpr std::string_view kAllCapabilities =
    R"({"elicitation":{"form":{},"url":{}},"sampling":{"tools":{}},"roots":{}})";

struct World {
  explicit World(ServerOptions options = {}, server::SessionOptions session_options = {});
  ~World();

  boost::asio::io_context loop{1};
  std::shared_ptr<Logged> logged = std::make_shared<Logged>();
  Server server;
  FakeClock* clock;
  WorkerPool pool;
  MemoryPair pair;
  std::weak_ptr<server::Session> session;
  std::deque<json> received;
  bool finished = false;  // the session said so
  bool ended = false;     // what the client's end was told
  bool closed = false;

  void send(const json& message);
  void send_text(std::string text);
  /// The next message; fails the test when none comes within ten seconds.
  json next();
  /// Runs the loop until this holds; false = it did not in ten seconds.
  bool until(const std::function<bool()>& done);
  /// True when nothing but the answer to a marker comes.
  bool silent();
  /// Ends the client's output.
  void hang_up();

  // -- the modern era
  json request(const json& id, const std::string& method, json params = json::object(),
               std::string_view capabilities = "{}");
  /// Sends it and gives the answer.
  json ask(const std::string& method, json params = json::object(), std::string_view capabilities = "{}");
  json call(const std::string& tool, json arguments = json::object(), std::string_view capabilities = "{}");

  // -- the legacy era
  void open(const std::string& version = "2025-11-25", std::string_view capabilities = kAllCapabilities);
  json legacy(const json& id, const std::string& method, json params = nullptr);
  json ask_legacy(const std::string& method, json params = nullptr);
  json call_legacy(const std::string& tool, json arguments = json::object());
  void notify(const std::string& method, json params = nullptr);
  void cancel(const json& id);
  void answer(const json& question, json result);

  int last_id = 100;
  bool begun = false;  // true once a message was sent; changes before belong to nobody
};

/// The text of the first content block of a tool's answer.
std::string text_of(const json& answer);
bool failed(const json& answer);  // isError
int code_of(const json& answer);  // of the error; 0 = none
std::string message_of(const json& answer);

}  // namespace sumun::test

#define CHECK_HOLDS(value, part)                                                             \
  do {                                                                                       \
    const ::sumun::json held_value = value;                                                  \
    const std::string held_lacks = ::sumun::test::lacks(held_value, ::sumun::test::J(part)); \
    CHECK_MESSAGE(held_lacks.empty(), held_lacks << " in " << held_value.dump());            \
  } while (false)
