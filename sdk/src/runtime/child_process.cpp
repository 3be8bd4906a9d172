// SPDX-License-Identifier: Apache-2.0
// Starting a program, watching for its end, ending it.
// Between fork and exec only async-signal-safe calls are made; all that allocates is done before.
#include "runtime/child_process.hpp"

#include "runtime/descriptor_io.hpp"
#include "runtime/within.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>

namespace sumun {
inline namespace v0 {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds kPollEvery{20};   // only where the kernel has no pidfd
constexpr int kReapMilliseconds = 1000;               // a killed child is gone in far less
constexpr unsigned kCloseOnExec = 1U << 2;            // CLOSE_RANGE_CLOEXEC

// -- before fork

std::vector<std::string> make_environment(const ChildOptions& options) {
  std::vector<std::string> lines;
  if (options.environment == ChildOptions::Environment::inherit) {
    for (char** line = environ; *line != nullptr; ++line) lines.emplace_back(*line);
  }
  for (const auto& [name, value] : options.variables) {
    const std::string start = name + "=";
    std::erase_if(lines, [&](const std::string& line) { return line.starts_with(start); });
    lines.push_back(start + value);
  }
  return lines;
}

std::string search_path(const std::vector<std::string>& environment) {
  for (const std::string& line : environment) {
    if (line.starts_with("PATH=")) return line.substr(5);
  }
  return "/usr/local/bin:/usr/bin:/bin";
}

// The file to execute; empty = none. `failure` tells "not executable" from "not there".
std::string find_program(const std::string& name, const std::string& path, int& failure) {
  failure = ENOENT;
  if (name.find('/') != std::string::npos) return name;  // execve says what is wrong with it
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find(':', at), path.size());
    std::string file = path.substr(at, end - at);
    if (file.empty()) file = ".";
    file += '/' + name;
    if (::access(file.c_str(), X_OK) == 0) return file;
    if (errno == EACCES) failure = EACCES;
    at = end + 1;
  }
  return {};
}

std::vector<char*> pointers(std::vector<std::string>& lines) {
  std::vector<char*> list;
  list.reserve(lines.size() + 1);
  for (std::string& line : lines) list.push_back(line.data());
  list.push_back(nullptr);
  return list;
}

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

bool open_pipe(Pipe& pipe) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  pipe.read.reset(ends[0]);
  pipe.write.reset(ends[1]);
  for (UniqueFd* end : {&pipe.read, &pipe.write}) {  // 0, 1 and 2 are about to be replaced in the child
    if (end->get() > 2) continue;
    const int higher = ::fcntl(end->get(), F_DUPFD_CLOEXEC, 3);
    if (higher < 0) return false;
    end->reset(higher);
  }
  return true;
}

// -- between fork and exec

struct Launch {
  const char* file = nullptr;
  char** argv = nullptr;
  char** envp = nullptr;
  const char* folder = nullptr;  // nullptr = stay
  int in = -1;
  int out = -1;
  int err = -1;  // -1 = inherit
  int report = -1;
  pid_t parent = 0;
};

struct LaunchFailure {
  int error = 0;
  int in_folder = 0;  // 1 = the working directory is at fault
};

[[noreturn]] void give_up(const Launch& launch, int in_folder) {
  const LaunchFailure failure{errno, in_folder};
  [[maybe_unused]] const ssize_t written = ::write(launch.report, &failure, sizeof failure);
  ::_exit(127);
}

[[noreturn]] void become(const Launch& launch) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != launch.parent) ::_exit(127);  // it died before the line above
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  ::sigaction(SIGPIPE, &action, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::dup2(launch.in, 0) < 0 || ::dup2(launch.out, 1) < 0) give_up(launch, 0);
  if (launch.err >= 0 && ::dup2(launch.err, 2) < 0) give_up(launch, 0);
  if (launch.folder != nullptr && ::chdir(launch.folder) != 0) give_up(launch, 1);
#ifdef SYS_close_range
  ::syscall(SYS_close_range, 3U, ~0U, kCloseOnExec);  // what others forgot to mark; older kernels go without
#endif
  ::execve(launch.file, launch.argv, launch.envp);
  give_up(launch, 0);
}

pid_t fork_and_become(const Launch& launch) {
  // No handler of ours may run in the child: all signals wait until it has reset them.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0) become(launch);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

// -- the thread that forks

// PR_SET_PDEATHSIG fires when the forking thread ends. This one never does; it is made for the first child that is
// started outside the main thread and goes with the process.
class ForkThread {
 public:
  pid_t run(const Launch& launch, int& error) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return launch_ == nullptr && !done_; });
    launch_ = &launch;
    changed_.notify_all();
    changed_.wait(lock, [this] { return done_; });
    done_ = false;
    changed_.notify_all();
    error = error_;
    return pid_;
  }

  static ForkThread& instance() {
    static ForkThread* const thread = new ForkThread;
    return *thread;
  }

 private:
  ForkThread() {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread([this] { loop(); }).detach();
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  void loop() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return launch_ != nullptr; });
      pid_ = fork_and_become(*launch_);
      error_ = errno;
      launch_ = nullptr;
      done_ = true;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  const Launch* launch_ = nullptr;
  pid_t pid_ = -1;
  int error_ = 0;
  bool done_ = false;  // pid_ and error_ are there to be taken
};

pid_t fork_safely(const Launch& launch) {
  if (::gettid() == ::getpid()) return fork_and_become(launch);
  int error = 0;
  const pid_t pid = ForkThread::instance().run(launch, error);
  errno = error;
  return pid;
}

// -- after

int open_pidfd(pid_t pid) {
#ifdef SYS_pidfd_open
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U));
#else
  static_cast<void>(pid);
  return -1;
#endif
}

ExitStatus status_of(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return ExitStatus{info.si_status, 0};
  return ExitStatus{128 + info.si_status, info.si_status};
}

Error launch_error(const std::string& program, const std::string& folder, const LaunchFailure& failure) {
  const std::string reason = std::generic_category().message(failure.error);
  if (failure.in_folder == 1) return fail(ErrorCode::io, "cannot start " + program + " in " + folder + ": " + reason);
  return fail(ErrorCode::io, "cannot start " + program + ": " + reason);
}

}  // namespace

struct ChildProcess::Shared : std::enable_shared_from_this<ChildProcess::Shared> {
  Shared(const asio::any_io_executor& executor, pid_t child) : pid(child), pidfd(executor), poll(executor), ended(executor) {
    ended.expires_at(asio::steady_timer::time_point::max());
  }

  void watch() {
    auto woken = [self = shared_from_this()](boost::system::error_code failure) {
      if (failure == asio::error::operation_aborted || self->status) return;
      if (!self->reap()) self->watch();
    };
    if (pidfd.is_open()) {
      pidfd.async_wait(asio::posix::stream_descriptor::wait_read, std::move(woken));
      return;
    }
    poll.expires_after(kPollEvery);
    poll.async_wait(std::move(woken));
  }

  // True once the child has ended. What is left of its group goes first, while its number cannot be anybody else's.
  bool reap() {
    if (status) return true;
    siginfo_t info{};
    const auto id = static_cast<id_t>(pid);
    if (::waitid(P_PID, id, &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
      if (errno != ECHILD) return false;
      info.si_code = CLD_EXITED;  // SIGCHLD is ignored in this process: the kernel has thrown the status away
      info.si_status = 255;
    } else if (info.si_pid == 0) {
      return false;
    } else {
      ::kill(-pid, SIGKILL);
      ::waitid(P_PID, id, &info, WEXITED | WNOHANG);
    }
    status = status_of(info);
    ended.cancel();
    poll.cancel();
    return true;
  }

  void signal_group(int signal) const {
    if (!status) ::kill(-pid, signal);
  }

  void end_now() {
    signal_group(SIGKILL);
    if (!status && pidfd.is_open()) {
      pollfd asked{pidfd.native_handle(), POLLIN, 0};
      ::poll(&asked, 1, kReapMilliseconds);
    }
    for (int tries = 0; !reap() && tries < kReapMilliseconds; ++tries) ::poll(nullptr, 0, 1);
    boost::system::error_code ignored;
    pidfd.close(ignored);
    poll.cancel();
  }

  const pid_t pid;
  UniqueFd input;
  UniqueFd output;
  UniqueFd errors;
  std::optional<ExitStatus> status;  // once it was reaped
  asio::posix::stream_descriptor pidfd;
  asio::steady_timer poll;   // only without a pidfd
  asio::steady_timer ended;  // never expires; cancelled when `status` is there
};

namespace {

asio::awaitable<Result<ExitStatus>> wait_for_end(std::shared_ptr<ChildProcess::Shared> shared) {
  while (!shared->status) {
    const auto caller = co_await asio::this_coro::cancellation_state;
    if (caller.cancelled() != asio::cancellation_type::none) co_return fail(ErrorCode::cancelled, "cancelled");
    co_await shared->ended.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_return *shared->status;
}

asio::awaitable<Result<ExitStatus>> end_in_steps(std::shared_ptr<ChildProcess::Shared> shared, TerminateLimits limits) {
  shared->input.reset();
  auto first = co_await within(limits.after_end_of_input, wait_for_end(shared));
  if (first || first.error().code != ErrorCode::timeout) co_return first;
  shared->signal_group(SIGTERM);
  auto second = co_await within(limits.after_sigterm, wait_for_end(shared));
  if (second || second.error().code != ErrorCode::timeout) co_return second;
  shared->signal_group(SIGKILL);
  auto third = co_await wait_for_end(shared);
  co_return third;
}

}  // namespace

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(asio::any_io_executor executor, ChildOptions options) {
  if (options.command.empty() || options.command.front().empty()) return fail(ErrorCode::invalid_value, "command: empty");
  const std::string program = options.command.front();
  std::vector<std::string> environment = make_environment(options);
  LaunchFailure failure;
  const std::string file = find_program(program, search_path(environment), failure.error);
  if (file.empty()) return launch_error(program, options.working_directory, failure);

  using Stderr = ChildOptions::Stderr;
  Pipe in;
  Pipe out;
  Pipe err;
  Pipe report;
  if (!open_pipe(in) || !open_pipe(out) || !open_pipe(report) || (options.errors == Stderr::capture && !open_pipe(err))) {
    failure.error = errno;
    return launch_error(program, options.working_directory, failure);
  }
  if (options.errors == Stderr::discard) err.write.reset(::open("/dev/null", O_WRONLY | O_CLOEXEC));

  const std::vector<char*> arguments = pointers(options.command);
  const std::vector<char*> variables = pointers(environment);
  Launch launch;
  launch.file = file.c_str();
  launch.argv = const_cast<char**>(arguments.data());
  launch.envp = const_cast<char**>(variables.data());
  launch.folder = options.working_directory.empty() ? nullptr : options.working_directory.c_str();
  launch.in = in.read.get();
  launch.out = out.write.get();
  launch.err = err.write.get();
  launch.report = report.write.get();
  launch.parent = ::getpid();
  ignore_sigpipe();
  const pid_t pid = fork_safely(launch);
  if (pid < 0) {
    failure.error = errno;
    return launch_error(program, options.working_directory, failure);
  }
  ::setpgid(pid, pid);  // the child does it too; whoever is first
  report.write.reset();
  ssize_t got = 0;
  while ((got = ::read(report.read.get(), &failure, sizeof failure)) < 0 && errno == EINTR) {}
  if (got == static_cast<ssize_t>(sizeof failure)) {
    ::waitpid(pid, nullptr, 0);
    return launch_error(program, options.working_directory, failure);
  }

  auto shared = std::make_shared<Shared>(executor, pid);
  shared->input = std::move(in.write);
  shared->output = std::move(out.read);
  shared->errors = std::move(err.read);
  const int pidfd = open_pidfd(pid);
  if (pidfd >= 0) {
    boost::system::error_code refused;
    shared->pidfd.assign(pidfd, refused);
    if (refused) ::close(pidfd);
  }
  shared->watch();
  return std::unique_ptr<ChildProcess>(new ChildProcess(std::move(shared)));
}

ChildProcess::ChildProcess(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
ChildProcess::~ChildProcess() { shared_->end_now(); }

UniqueFd ChildProcess::take_input() { return std::move(shared_->input); }
UniqueFd ChildProcess::take_output() { return std::move(shared_->output); }
UniqueFd ChildProcess::take_errors() { return std::move(shared_->errors); }
int ChildProcess::pid() const { return shared_->pid; }
void ChildProcess::kill_now() { shared_->signal_group(SIGKILL); }

asio::awaitable<Result<ExitStatus>> ChildProcess::wait() { return wait_for_end(shared_); }
asio::awaitable<Result<ExitStatus>> ChildProcess::terminate(TerminateLimits limits) { return end_in_steps(shared_, limits); }

}  // namespace v0
}  // namespace sumun
