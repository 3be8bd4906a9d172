// SPDX-License-Identifier: Apache-2.0
// Redirecting descriptors 0 and 1, and putting O_NONBLOCK back on every way out that lets us.
#include "runtime/standard_streams.hpp"

#include "runtime/descriptor_io.hpp"
#include "runtime/unique_fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <system_error>

namespace sumun {
inline namespace v0 {

namespace {

// What exit and signal handlers need, reachable without an object. -1 = nothing to put back.
std::array<std::atomic<int>, 2> blocked_at_start{-1, -1};
std::atomic<bool> taken{false};

constexpr int kFatalSignals[] = {SIGHUP, SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};

void on_fatal_signal(int signal) {
  StandardStreams::restore();
  ::raise(signal);  // its default action: SA_RESETHAND has put that back
}

void change_fatal_handlers(void (*from)(int), void (*to)(int)) {
  for (int signal : kFatalSignals) {
    struct sigaction action{};
    if (::sigaction(signal, nullptr, &action) != 0) continue;
    if ((action.sa_flags & SA_SIGINFO) != 0 || action.sa_handler != from) continue;  // somebody else's
    action = {};
    action.sa_handler = to;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
    ::sigaction(signal, &action, nullptr);
  }
}

void restore_at_exit() { StandardStreams::restore(); }

Error refused(const char* what) {
  return fail(ErrorCode::io, std::string(what) + ": " + std::generic_category().message(errno));
}

// Descriptors 0 to 2 must exist, or the next file that anybody opens becomes standard output.
bool fill_gaps() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    if (::open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY) != fd) return false;
  }
  return true;
}

// Sockets (what Node gives its children) have one O_NONBLOCK for all who hold them.
void remember_blocking(std::size_t slot, int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags >= 0 && (flags & O_NONBLOCK) == 0 && shares_blocking_mode(fd)) blocked_at_start[slot] = fd;
}

}  // namespace

Result<std::unique_ptr<StandardStreams>> StandardStreams::take() {
  if (taken.exchange(true)) return fail("the standard streams are taken already");
  UniqueFd in;
  UniqueFd out;
  UniqueFd null;
  const bool complete = fill_gaps();
  if (complete) {
    in.reset(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
    out.reset(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    null.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  }
  if (!in || !out || !null || ::dup2(null.get(), STDIN_FILENO) < 0 || ::dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
    Error why = refused("standard input and output cannot be taken over");
    taken = false;
    return why;
  }
  ignore_sigpipe();
  remember_blocking(0, in.get());
  remember_blocking(1, out.get());
  [[maybe_unused]] static const bool registered =
      std::atexit(restore_at_exit) == 0 && std::at_quick_exit(restore_at_exit) == 0;
  if (blocked_at_start[0] >= 0 || blocked_at_start[1] >= 0) change_fatal_handlers(SIG_DFL, on_fatal_signal);
  return std::unique_ptr<StandardStreams>(new StandardStreams(in.release(), out.release()));
}

StandardStreams::~StandardStreams() {
  restore();
  for (std::atomic<int>& fd : blocked_at_start) fd = -1;
  change_fatal_handlers(on_fatal_signal, SIG_DFL);
  ::close(in_);
  ::close(out_);
  taken = false;
}

void StandardStreams::restore() noexcept {
  const int error = errno;
  for (const std::atomic<int>& slot : blocked_at_start) {
    const int fd = slot.load();
    if (fd < 0) continue;
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags >= 0 && (flags & O_NONBLOCK) != 0) ::fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
  }
  errno = error;
}

}  // namespace v0
}  // namespace sumun
