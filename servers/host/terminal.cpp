// SPDX-License-Identifier: Apache-2.0
// The signals that end or stop a process are noted in a pipe while the terminal is not as it was, then obeyed.
#include "terminal.hpp"

#include "console.hpp"

#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

namespace sumun::host {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

int noted[2] = {-1, -1};  // a pipe: a signal handler can do little more than write

void note(int signal) {
  const int before = errno;
  const char byte = static_cast<char>(signal);
  [[maybe_unused]] const auto written = ::write(noted[1], &byte, 1);
  errno = before;
}

/// The terminal without echo where nothing is to be shown, and the signals noted, for as long as it lives.
class Mode {
 public:
  Mode(int descriptor, bool shown) : descriptor_(descriptor) {
    if (noted[0] < 0 && ::pipe2(noted, O_CLOEXEC | O_NONBLOCK) != 0) noted[0] = noted[1] = -1;
    struct sigaction action {};
    action.sa_handler = note;
    for (std::size_t i = 0; i < std::size(kSignals); ++i) ::sigaction(kSignals[i], &action, &before_[i]);
    ::tcgetattr(descriptor_, &was_);
    termios now = was_;
    now.c_lflag |= ICANON | ISIG;  // whatever another program has made of it
    now.c_iflag |= ICRNL;
    now.c_oflag |= OPOST | ONLCR;
    if (!shown) now.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    hidden_ = ::tcsetattr(descriptor_, TCSAFLUSH, &now) == 0;
  }
  ~Mode() {
    ::tcsetattr(descriptor_, TCSADRAIN, &was_);
    for (std::size_t i = 0; i < std::size(kSignals); ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
  }
  Mode(const Mode&) = delete;
  Mode& operator=(const Mode&) = delete;
  bool holds() const { return hidden_ && noted[0] >= 0; }

 private:
  int descriptor_;
  bool hidden_ = false;
  termios was_{};
  struct sigaction before_[std::size(kSignals)] {};
};

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

// The next byte of the terminal; 0 = a signal came (in `signal`), -1 = there is no more.
int next_byte(int descriptor, char& byte, int& signal) {
  while (true) {
    pollfd ready[] = {{descriptor, POLLIN, 0}, {noted[0], POLLIN, 0}};
    if (::poll(ready, 2, -1) < 0 && errno != EINTR) return -1;
    char number = 0;
    if (::read(noted[0], &number, 1) == 1) {
      signal = number;
      return 0;
    }
    if (ready[0].revents == 0) continue;
    const auto got = ::read(descriptor, &byte, 1);
    if (got == 1) return 1;
    if (got == 0 || errno != EINTR) return -1;
  }
}

}  // namespace

Password::Password(Password&& other) noexcept : bytes_(other.bytes_), size_(other.size_) { other.wipe(); }
Password& Password::operator=(Password&& other) noexcept {
  bytes_ = other.bytes_;
  size_ = other.size_;
  if (this != &other) other.wipe();
  return *this;
}
Password::~Password() { wipe(); }

bool Password::add(char c) {
  if (size_ == kMaxPasswordBytes) return false;
  bytes_[size_++] = c;
  return true;
}

void Password::wipe() {
  ::explicit_bzero(bytes_.data(), bytes_.size());
  size_ = 0;
}

Result<Terminal> Terminal::open() {
  const int descriptor = ::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (descriptor >= 0 && ::isatty(descriptor) == 1) return Terminal(descriptor);
  if (descriptor >= 0) ::close(descriptor);
  return fail(ErrorCode::io, "this process has no terminal: a decision takes a person who types their password on one");
}

Terminal::Terminal(Terminal&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
Terminal::~Terminal() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void Terminal::say(std::string_view text) { write_all(descriptor_, harmless(text)); }

template <class Take>
Result<void> Terminal::read_line(std::string_view question, bool shown, Take take) {
  while (true) {
    int signal = 0;
    {
      const Mode mode(descriptor_, shown);
      if (!mode.holds()) return fail(ErrorCode::io, "the terminal cannot be set: " + std::generic_category().message(errno));
      say(question);
      bool fits = true;
      char byte = 0;
      int got = 0;
      while ((got = next_byte(descriptor_, byte, signal)) == 1 && byte != '\n') fits = take(byte) && fits;
      if (!shown) say("\n");
      if (got == 1) return fits ? Result<void>() : fail(ErrorCode::invalid_value, "what was typed is too long");
      if (got < 0) return fail(ErrorCode::cancelled, "nothing was typed");
    }
    // As it was without us. What only stopped the process comes back here, and the question is asked again.
    ::raise(signal);
    if (signal != SIGTSTP) return fail(ErrorCode::cancelled, "interrupted");
    take('\0');
  }
}

Result<std::string> Terminal::ask(std::string_view question) {
  std::string line;
  const auto read = read_line(question, true, [&](char c) {
    if (c == '\0') line.clear();
    else if (line.size() < kMaxReasonBytes) line += c;
    return true;
  });
  if (!read) return read.error();
  return line;
}

Result<Password> Terminal::ask_password(std::string_view question) {
  Password password;
  const auto read = read_line(question, false, [&](char c) {
    if (c == '\0') password = Password();
    else return password.add(c);
    return true;
  });
  if (!read) return read.error();
  return password;
}

}  // namespace sumun::host
