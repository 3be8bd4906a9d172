// SPDX-License-Identifier: Apache-2.0
// A program started by us with pipes for its standard streams: the server end of a stdio client, mostly.
#pragma once
#include "runtime/unique_fd.hpp"

#include <sumun/result.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sumun {
inline namespace v0 {

struct ChildOptions {
  enum class Stderr { inherit, capture, discard };
  enum class Environment { inherit, only_given };

  std::vector<std::string> command;  // argv, no shell; [0] is looked up in PATH unless it has a slash
  std::string working_directory;     // empty = ours
  Environment environment = Environment::inherit;
  std::vector<std::pair<std::string, std::string>> variables;  // set on top of that
  Stderr errors = Stderr::inherit;
};

/// How a child ended.
struct ExitStatus {
  int code = 0;    // its exit code; 128 + signal if one killed it (as a shell says it)
  int signal = 0;  // 0 = none
};

/// How long `terminate` waits after each step.
struct TerminateLimits {
  std::chrono::milliseconds after_end_of_input{2000};
  std::chrono::milliseconds after_sigterm{2000};
};

/// Thread:  one strand (that of `executor`) for all members; `start` from any thread: the kernel ends the child when
///          the *thread* that forked it ends, so outside the main thread a helper thread that never ends forks.
/// Owner:   the client; the streams taken from it may outlive it.
/// Ends by: `terminate()`; the destructor kills the child's process group at once and reaps the child (no zombie).
/// The child leads its own process group (a terminal's Ctrl-C is ours to pass on) and is killed by the kernel if we die.
class ChildProcess {
 public:
  /// Errors: invalid_value (empty command), io (no such program, not executable, no such folder, no more processes);
  /// the message names the program.
  static Result<std::unique_ptr<ChildProcess>> start(boost::asio::any_io_executor executor, ChildOptions options);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Our ends of its pipes, each to be taken once (empty afterwards): give them to a StdioTransport as `owned`.
  UniqueFd take_input();   // we write, it reads as stdin
  UniqueFd take_output();  // it writes to stdout, we read
  UniqueFd take_errors();  // only if captured

  int pid() const;

  /// Waits for the end of the child. Several may wait; cancelling one wait harms nothing.
  /// Errors: cancelled.
  boost::asio::awaitable<Result<ExitStatus>> wait();

  /// Ends it in steps: end of input (closes the input if it was not taken; otherwise the caller has closed it), SIGTERM
  /// to its process group, SIGKILL to it; each step only if the one before did not help within its limit. What is left of
  /// the group when the child itself has ended is killed.
  boost::asio::awaitable<Result<ExitStatus>> terminate(TerminateLimits limits = {});

  /// SIGKILL to the process group, at once.
  void kill_now();

  struct Shared;

 private:
  explicit ChildProcess(std::shared_ptr<Shared> shared);
  std::shared_ptr<Shared> shared_;
};

}  // namespace v0
}  // namespace sumun
