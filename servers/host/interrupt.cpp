// SPDX-License-Identifier: Apache-2.0
// The signals are blocked and fetched by a thread, so that the work needs no signal handler.
#include "interrupt.hpp"

#include <csignal>
#include <ctime>
#include <unistd.h>

namespace sumun::host {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

Interrupt::Interrupt() {
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  watcher_ = std::jthread([this](std::stop_token ends) {
    const sigset_t signals = stop_signals();
    const timespec tick{0, 50'000'000};
    while (!ends.stop_requested()) {
      const int signal = sigtimedwait(&signals, nullptr, &tick);
      if (signal <= 0) continue;
      if (stop_.stop_requested()) ::_exit(128 + signal);
      stop_.request_stop();
    }
  });
}

Interrupt::~Interrupt() {
  watcher_.request_stop();
  watcher_.join();
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace sumun::host
