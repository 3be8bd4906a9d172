// SPDX-License-Identifier: Apache-2.0
// System calls on descriptors.
#include "runtime/descriptor_io.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string>

namespace sumun {
inline namespace v0 {

namespace {

boost::system::error_code last_error() { return {errno, boost::system::system_category()}; }

bool can_be_reopened(int fd) {
  struct stat what{};
  if (::fstat(fd, &what) != 0) return false;
  return S_ISFIFO(what.st_mode) || (S_ISCHR(what.st_mode) && ::isatty(fd) == 1);
}

}  // namespace

std::size_t write_gathered(int fd, std::span<const std::string_view> parts, boost::system::error_code& failure) {
  std::array<iovec, kMaxGathered> list;
  std::size_t count = 0;
  for (std::string_view part : parts.first(std::min(parts.size(), kMaxGathered))) {
    list[count++] = iovec{const_cast<char*>(part.data()), part.size()};
  }
  for (;;) {
    const ssize_t written =
        count == 1 ? ::write(fd, list[0].iov_base, list[0].iov_len) : ::writev(fd, list.data(), static_cast<int>(count));
    if (written >= 0) return static_cast<std::size_t>(written);
    if (errno == EINTR) continue;
    failure = last_error();
    return 0;
  }
}

void end_writing(int fd) { ::shutdown(fd, SHUT_WR); }

bool reader_is_gone(int fd) {
  pollfd asked{fd, 0, 0};
  return ::poll(&asked, 1, 0) == 1 && (asked.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}

bool shares_blocking_mode(int fd) { return !can_be_reopened(fd); }

UniqueFd private_descriptor(int fd, Direction direction, boost::system::error_code& failure) {
  if (can_be_reopened(fd)) {
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    const int mode = direction == Direction::read ? O_RDONLY : O_WRONLY;
    UniqueFd own(::open(path.c_str(), mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (own) return own;  // else: no /proc, or somebody else's terminal
  }
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!copy) failure = last_error();
  return copy;
}

BlockingModeGuard::BlockingModeGuard(int fd) : fd_(fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  blocked_ = flags >= 0 && (flags & O_NONBLOCK) == 0;
}

void BlockingModeGuard::restore() noexcept {
  if (!blocked_) return;
  blocked_ = false;
  const int flags = ::fcntl(fd_, F_GETFL);
  if (flags >= 0) ::fcntl(fd_, F_SETFL, flags & ~O_NONBLOCK);
}

void ignore_sigpipe() {
  struct sigaction now{};
  if (::sigaction(SIGPIPE, nullptr, &now) != 0 || now.sa_handler != SIG_DFL) return;
  now.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &now, nullptr);
}

}  // namespace v0
}  // namespace sumun
