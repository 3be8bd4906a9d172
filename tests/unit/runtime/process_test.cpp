// SPDX-License-Identifier: Apache-2.0
// Children, standard streams and signals. What happens to a whole process is tested in one that is forked for it.
#include "runtime/child_process.hpp"
#include "runtime/descriptor_io.hpp"
#include "runtime/standard_streams.hpp"
#include "runtime/stop_signals.hpp"

#include "support.hpp"

#include <doctest/doctest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

using namespace sumun;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

constexpr int kPatienceMs = 10000;

// All that comes until the end of the input; fails the test if that does not come.
std::string read_all(int fd) {
  std::string text;
  char buffer[4096];
  for (;;) {
    pollfd asked{fd, POLLIN, 0};
    REQUIRE(::poll(&asked, 1, kPatienceMs) == 1);
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

std::string read_line(int fd) {
  std::string text;
  char one = 0;
  for (;;) {
    pollfd asked{fd, POLLIN, 0};
    REQUIRE(::poll(&asked, 1, kPatienceMs) == 1);
    if (::read(fd, &one, 1) != 1 || one == '\n') return text;
    text.push_back(one);
  }
}

ChildOptions shell(std::string script) {
  ChildOptions options;
  options.command = {"sh", "-c", std::move(script)};
  return options;
}

std::unique_ptr<ChildProcess> start(asio::io_context& io, ChildOptions options) {
  auto child = ChildProcess::start(io.get_executor(), std::move(options));
  if (!child) FAIL(child.error().message);
  return std::move(*child);
}

bool is_nonblocking(int fd) { return (::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0; }

// Whether a process is gone or waits to be reaped, within the patience.
bool ends(int pid) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U));
  if (fd < 0) return errno == ESRCH;
  const UniqueFd owner(fd);
  pollfd asked{fd, POLLIN, 0};
  return ::poll(&asked, 1, kPatienceMs) == 1;
}

// Runs `body` in a process of its own and gives its wait status.
template <class Body>
int in_process(Body body) {
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::alarm(20);
    ::_exit(body());
  }
  int status = -1;
  ::waitpid(pid, &status, 0);
  return status;
}

struct SocketPair {
  UniqueFd ours;
  UniqueFd theirs;
  SocketPair() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    ours.reset(ends[0]);
    theirs.reset(ends[1]);
  }
};

}  // namespace

TEST_CASE("a child reads what we write and we read what it writes") {
  asio::io_context io;
  auto child = start(io, shell("read line; echo \"got $line\"; exit 7"));
  const UniqueFd output = child->take_output();
  {
    const UniqueFd input = child->take_input();
    REQUIRE(::write(input.get(), "hello\n", 6) == 6);
  }
  CHECK_FALSE(child->take_input());
  CHECK(read_all(output.get()) == "got hello\n");
  const Result<ExitStatus> status = test::run(io, child->wait());
  REQUIRE(status.has_value());
  CHECK(status->code == 7);
  CHECK(status->signal == 0);
  const Result<ExitStatus> again = test::run(io, child->wait());
  CHECK(again->code == 7);
}

TEST_CASE("starting what cannot be started says which program and why") {
  asio::io_context io;
  const std::string file = std::filesystem::temp_directory_path() / ("sumun_not_executable_" + std::to_string(::getpid()));
  std::ofstream(file) << "#!/bin/sh\n";
  struct {
    std::string name;
    ChildOptions options;
    const char* want;
  } cases[] = {
      {"empty", {}, "command: empty"},
      {"empty name", {.command = {""}}, "command: empty"},
      {"not in PATH",
       {.command = {"no-such-program-anywhere"}},
       "cannot start no-such-program-anywhere: No such file or directory"},
      {"no such file", {.command = {"/no/such/file"}}, "cannot start /no/such/file: No such file or directory"},
      {"not executable", {.command = {file}}, "Permission denied"},
      {"a folder", {.command = {"/tmp"}}, "cannot start /tmp: Permission denied"},
      {"no such folder",
       {.command = {"true"}, .working_directory = "/no/such/folder"},
       "cannot start true in /no/such/folder: No such file or directory"},
  };
  for (auto& row : cases) {
    CAPTURE(row.name);
    auto child = ChildProcess::start(io.get_executor(), row.options);
    REQUIRE_FALSE(child.has_value());
    CHECK(child.error().message.find(row.want) != std::string::npos);
  }
  std::filesystem::remove(file);
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);  // no child, no zombie
}

TEST_CASE("environment, working directory and standard error are as asked for") {
  asio::io_context io;
  ::setenv("SUMUN_TEST_INHERITED", "yes", 1);
  ChildOptions options = shell("echo \"$A|$SUMUN_TEST_INHERITED|$PWD\"; echo oops >&2");
  options.variables = {{"A", "1"}, {"A", "2"}};
  options.working_directory = "/";
  options.errors = ChildOptions::Stderr::capture;
  SUBCASE("inherited") {
    auto child = start(io, options);
    CHECK(read_all(child->take_output().get()) == "2|yes|/\n");
    CHECK(read_all(child->take_errors().get()) == "oops\n");
  }
  SUBCASE("only what is given") {
    options.environment = ChildOptions::Environment::only_given;
    auto child = start(io, options);
    CHECK(read_all(child->take_output().get()) == "2||/\n");
  }
  SUBCASE("errors discarded") {
    options.errors = ChildOptions::Stderr::discard;
    auto child = start(io, options);
    CHECK_FALSE(child->take_errors());
    CHECK(read_all(child->take_output().get()) == "2|yes|/\n");
  }
}

TEST_CASE("a child gets three descriptors, no blocked signal, and SIGPIPE as it was") {
  asio::io_context io;
  ignore_sigpipe();
  const UniqueFd leaked(::open("/dev/null", O_RDONLY));  // not close-on-exec
  auto child = start(io, shell("ls /proc/self/fd | wc -l; grep -E 'SigBlk|SigIgn' /proc/self/status"));
  const std::string text = read_all(child->take_output().get());
  CHECK(text.starts_with("4\n"));  // 0, 1, 2 and the folder that ls reads
  CHECK(text.find("SigBlk:\t0000000000000000") != std::string::npos);
  CHECK(text.find("SigIgn:\t0000000000000000") != std::string::npos);
}

TEST_CASE("ending a child goes as far as it must") {
  constexpr TerminateLimits kShort{50ms, 50ms};
  constexpr TerminateLimits kLong{10s, 10s};
  struct {
    std::string name;
    const char* script;
    TerminateLimits limits;
    int code;
    int signal;
  } const cases[] = {
      {"ends by itself", "exit 3", kLong, 3, 0},
      {"obeys end of input", "echo up; cat >/dev/null; exit 5", kLong, 5, 0},
      {"obeys SIGTERM", "trap 'exit 6' TERM; echo up; while :; do sleep 0.01; done", {50ms, 10s}, 6, 0},
      {"dies of SIGTERM", "echo up; exec sleep 1000", {50ms, 10s}, 128 + SIGTERM, SIGTERM},
      {"ignores all", "trap '' TERM; echo up; while :; do sleep 1; done", kShort, 128 + SIGKILL, SIGKILL},
  };
  for (const auto& row : cases) {
    CAPTURE(row.name);
    asio::io_context io;
    ChildOptions options = shell(row.script);
    options.errors = ChildOptions::Stderr::discard;  // a shell tells of a killed sleep
    auto child = start(io, options);
    const UniqueFd output = child->take_output();
    read_line(output.get());
    const Result<ExitStatus> status = test::run(io, child->terminate(row.limits));
    REQUIRE(status.has_value());
    CHECK(status->code == row.code);
    CHECK(status->signal == row.signal);
  }
}

TEST_CASE("with the child its whole group goes") {
  asio::io_context io;
  auto child = start(io, shell("sleep 1000 & echo $!; echo $!; wait"));
  const UniqueFd output = child->take_output();
  const int grandchild = std::stoi(read_line(output.get()));
  const int pid = child->pid();
  SUBCASE("when it is ended politely") {
    const Result<ExitStatus> status = test::run(io, child->terminate({1ms, 10s}));
    CHECK(status.has_value());
  }
  SUBCASE("when its owner goes") { child.reset(); }
  SUBCASE("when it is killed") {
    child->kill_now();
    const Result<ExitStatus> status = test::run(io, child->wait());
    CHECK(status->signal == SIGKILL);
  }
  CHECK(ends(grandchild));
  if (!child) {
    CHECK(::kill(pid, 0) == -1);  // reaped
    CHECK(errno == ESRCH);
  }
}

TEST_CASE("a child is not left behind when we are killed") {
  int ends_of_pipe[2];
  REQUIRE(::pipe2(ends_of_pipe, O_CLOEXEC) == 0);
  const UniqueFd read_end(ends_of_pipe[0]);
  UniqueFd write_end(ends_of_pipe[1]);
  for (const bool from_a_thread : {false, true}) {
    CAPTURE(from_a_thread);
    const int status = in_process([&] {
      asio::io_context io;
      std::unique_ptr<ChildProcess> child;
      // Its input stays open elsewhere and it ignores all that can be ignored: only the kernel ends it.
      const auto begin = [&] { child = start(io, shell("trap '' TERM HUP; echo up; exec sleep 1000 <&1")); };
      if (from_a_thread) {
        std::thread(begin).join();  // and the thread ends, which must not end the child
      } else {
        begin();
      }
      const UniqueFd output = child->take_output();
      read_line(output.get());
      ::usleep(20000);
      if (::kill(child->pid(), 0) != 0) return 1;
      const std::string line = std::to_string(child->pid()) + "\n";
      [[maybe_unused]] const ssize_t written = ::write(write_end.get(), line.data(), line.size());
      ::kill(::getpid(), SIGKILL);
      return 2;
    });
    REQUIRE(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);
    CHECK(ends(std::stoi(read_line(read_end.get()))));
  }
}

TEST_CASE("waiting for a child can be cancelled and begun again") {
  asio::io_context io;
  auto child = start(io, shell("read line; exit 4"));
  asio::cancellation_signal signal;
  bool ended = false;
  asio::co_spawn(io, child->wait(),
                 asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr, Result<ExitStatus>) { ended = true; }));
  io.poll();
  CHECK_FALSE(ended);
  signal.emit(asio::cancellation_type::terminal);
  CHECK(test::run_until(io, [&] { return ended; }));
  child->take_input().reset();
  const Result<ExitStatus> status = test::run(io, child->wait());
  CHECK(status->code == 4);
}

TEST_CASE("after the streams were taken nothing that prints or reads touches them") {
  int in[2];
  int out[2];
  int err[2];
  REQUIRE(::pipe2(in, O_CLOEXEC) == 0);
  REQUIRE(::pipe2(out, O_CLOEXEC) == 0);
  REQUIRE(::pipe2(err, O_CLOEXEC) == 0);
  REQUIRE(::write(in[1], "message\n", 8) == 8);
  const int status = in_process([&] {
    ::dup2(in[0], 0);
    ::dup2(out[1], 1);
    ::dup2(err[1], 2);
    std::printf("printed before, still in the buffer\n");
    auto streams = StandardStreams::take();
    if (!streams) return 1;
    std::printf("printed after\n");
    std::fflush(stdout);
    if (std::system("echo from a program") != 0) return 2;
    char text[8];
    if (::read(0, text, sizeof text) != 0) return 3;
    if (::read((*streams)->in(), text, sizeof text) != 8) return 4;
    if (::write((*streams)->out(), "answer\n", 7) != 7) return 5;
    if ((::fcntl((*streams)->in(), F_GETFD) & FD_CLOEXEC) == 0) return 6;
    if ((::fcntl((*streams)->out(), F_GETFD) & FD_CLOEXEC) == 0) return 7;
    if (StandardStreams::take()) return 8;
    struct sigaction action{};
    ::sigaction(SIGPIPE, nullptr, &action);
    return action.sa_handler == SIG_IGN ? 0 : 9;
  });
  ::close(in[0]);
  ::close(in[1]);
  ::close(out[1]);
  ::close(err[1]);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(read_all(out[0]) == "answer\n");
  const std::string errors = read_all(err[0]);
  CHECK(errors.find("printed before") != std::string::npos);
  CHECK(errors.find("printed after") != std::string::npos);
  CHECK(errors.find("from a program") != std::string::npos);
  ::close(out[0]);
  ::close(err[0]);
}

TEST_CASE("a process without standard streams can take them all the same") {
  const int status = in_process([] {
    ::close(0);
    ::close(1);
    ::close(2);
    auto streams = StandardStreams::take();
    if (!streams) return 1;
    char text[8];
    if (::read((*streams)->in(), text, sizeof text) != 0) return 2;
    if ((*streams)->in() < 3 || (*streams)->out() < 3) return 3;
    return ::open("/dev/null", O_RDONLY) > 2 ? 0 : 4;
  });
  CHECK(status == 0);
}

TEST_CASE("O_NONBLOCK is again what it was, however the process ends") {
  enum class End { destructor, exit, quick_exit, fatal_signal, second_stop_signal };
  struct {
    std::string name;
    End end;
  } const cases[] = {
      {"destructor", End::destructor},
      {"exit", End::exit},
      {"quick_exit", End::quick_exit},
      {"fatal signal", End::fatal_signal},
      {"second stop signal", End::second_stop_signal},
  };
  for (const auto& row : cases) {
    CAPTURE(row.name);
    SocketPair pair;
    const int status = in_process([&] {
      ::dup2(pair.theirs.get(), 0);
      ::dup2(pair.theirs.get(), 1);
      ::signal(SIGHUP, SIG_DFL);
      auto streams = StandardStreams::take();
      if (!streams) return 1;
      for (int fd : {(*streams)->in(), (*streams)->out()}) ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
      switch (row.end) {
        case End::destructor: (*streams).reset(); return 0;
        case End::exit: std::exit(0);
        case End::quick_exit: std::quick_exit(0);
        case End::fatal_signal: ::raise(SIGHUP); return 2;
        case End::second_stop_signal: {
          asio::io_context io;
          const StopSignals signals(io.get_executor(), [](int) {});
          ::raise(SIGTERM);
          ::raise(SIGTERM);
          return 3;
        }
      }
      return 4;
    });
    if (row.end == End::fatal_signal) {
      CHECK(WIFSIGNALED(status));
    } else {
      CHECK(WIFEXITED(status));
      CHECK(WEXITSTATUS(status) == (row.end == End::second_stop_signal ? 128 + SIGTERM : 0));
    }
    CHECK_FALSE(is_nonblocking(pair.theirs.get()));
  }
}

TEST_CASE("a pipe or terminal is opened anew, so that its O_NONBLOCK is nobody else's") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const UniqueFd read_end(ends[0]);
  const UniqueFd write_end(ends[1]);
  boost::system::error_code failure;
  const UniqueFd own_read = private_descriptor(read_end.get(), Direction::read, failure);
  const UniqueFd own_write = private_descriptor(write_end.get(), Direction::write, failure);
  CHECK_FALSE(failure);
  CHECK(is_nonblocking(own_read.get()));
  CHECK_FALSE(is_nonblocking(read_end.get()));
  CHECK_FALSE(is_nonblocking(write_end.get()));
  CHECK(::write(own_write.get(), "x", 1) == 1);
  char text = 0;
  CHECK(::read(own_read.get(), &text, 1) == 1);
  private_descriptor(-1, Direction::read, failure);
  CHECK(failure);
}

TEST_CASE("the first stop signal asks, the second ends") {
  SUBCASE("asks") {
    asio::io_context io;
    struct sigaction before{};
    ::sigaction(SIGINT, nullptr, &before);
    int asked = 0;
    std::unique_ptr<StopSignals> signals;
    signals = std::make_unique<StopSignals>(io.get_executor(), [&](int signal) {
      signals.reset();  // the end it asks for may be reached at once
      asked = signal;
    });
    const StopSignals second(io.get_executor(), [&](int) { asked = -1; });  // does nothing
    ::raise(SIGINT);
    CHECK(test::run_until(io, [&] { return asked != 0; }));
    CHECK(asked == SIGINT);
    signals.reset();
    struct sigaction action{};
    ::sigaction(SIGINT, nullptr, &action);
    CHECK((action.sa_handler == before.sa_handler));
    io.restart();
    io.run_for(test::kPatience);
    CHECK(io.stopped());  // nothing keeps the loop going any more
  }
  SUBCASE("ends, while the loop is stuck") {
    const int status = in_process([] {
      asio::io_context io;
      const StopSignals signals(io.get_executor(), [](int) {});
      ::raise(SIGINT);
      ::raise(SIGTERM);
      return 0;
    });
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 128 + SIGTERM);
  }
}
