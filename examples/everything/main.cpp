// SPDX-License-Identifier: Apache-2.0
// A server with each feature of the protocol once. It serves as the fixture of the official conformance suite.
#include "everything.hpp"

#include <condition_variable>
#include <mutex>

bool pause(sumun::Call& call, std::chrono::milliseconds time) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  auto stop = call.stop_token();
  wake.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

int main(int argc, char** argv) {
  sumun::ServerOptions options;
  options.title = "Everything";
  options.instructions = "A server for tests: each feature of the protocol once.";
  sumun::Server server{"everything", "1.0.0", options};
  add_tools(server);
  add_questions(server);
  add_tasks(server);
  add_resources(server);
  add_prompts(server);
  return sumun::run(server, argc, argv);
}
