// SPDX-License-Identifier: Apache-2.0
// The signal handler, and the eventfd through which it reaches the strand.
#include "runtime/stop_signals.hpp"

#include "runtime/standard_streams.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <utility>

namespace sumun {
inline namespace v0 {

namespace {

std::atomic<int> wake_fd{-1};  // -1 = nobody listens
std::atomic<int> seen{0};

void on_stop_signal(int signal) {
  const int error = errno;
  if (seen.fetch_add(1) > 0) {
    StandardStreams::restore();
    ::_exit(128 + signal);
  }
  const auto number = static_cast<std::uint64_t>(signal);
  [[maybe_unused]] const ssize_t written = ::write(wake_fd.load(), &number, sizeof number);
  errno = error;
}

}  // namespace

struct StopSignals::Shared {
  Shared(boost::asio::any_io_executor executor, std::function<void(int)> on_first)
      : graceful(std::move(on_first)), event(std::move(executor)) {}

  std::function<void(int)> graceful;
  boost::asio::posix::stream_descriptor event;
  std::uint64_t number = 0;  // what was read: the signal
  struct sigaction before_interrupt{};
  struct sigaction before_terminate{};
};

StopSignals::StopSignals(boost::asio::any_io_executor executor, std::function<void(int)> graceful) {
  int none = -1;
  const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) return;
  if (!wake_fd.compare_exchange_strong(none, fd)) {
    ::close(fd);
    return;
  }
  shared_ = std::make_shared<Shared>(std::move(executor), std::move(graceful));
  shared_->event.assign(fd);
  seen = 0;
  struct sigaction action{};
  action.sa_handler = on_stop_signal;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, &shared_->before_interrupt);
  ::sigaction(SIGTERM, &action, &shared_->before_terminate);
  shared_->event.async_read_some(boost::asio::buffer(&shared_->number, sizeof shared_->number),
                                 [shared = shared_](boost::system::error_code failure, std::size_t) {
                                   const auto call = std::exchange(shared->graceful, nullptr);  // it may destroy us
                                   if (!failure && call) call(static_cast<int>(shared->number));
                                 });
}

StopSignals::~StopSignals() {
  if (!shared_) return;
  ::sigaction(SIGINT, &shared_->before_interrupt, nullptr);
  ::sigaction(SIGTERM, &shared_->before_terminate, nullptr);
  wake_fd = -1;
  shared_->graceful = nullptr;
  boost::system::error_code ignored;
  shared_->event.close(ignored);
}

}  // namespace v0
}  // namespace sumun
