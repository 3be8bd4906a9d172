// SPDX-License-Identifier: Apache-2.0
// Ctrl-C during long work: the first asks the work to stop where nothing is lost, the second ends the process.
#pragma once
#include <stop_token>
#include <thread>

namespace sumun::host {

/// Thread:  made and destroyed on the main thread, before others are started (they inherit the blocked signals).
/// Ends by: the destructor; SIGINT and SIGTERM then do again what they did before.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  std::stop_token token() const { return stop_.get_token(); }
  bool requested() const { return stop_.stop_requested(); }

 private:
  std::stop_source stop_;
  std::jthread watcher_;
};

}  // namespace sumun::host
