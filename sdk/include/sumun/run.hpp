// SPDX-License-Identifier: Apache-2.0
// Serves a server: the main loop of a program built on the SDK.
#pragma once
#include <sumun/server.hpp>

#include <functional>
#include <string>

namespace sumun {
inline namespace v0 {

struct StdioOptions {
  std::string principal;    // who calls; empty = "local:" and the user's name
  std::size_t workers = 0;  // threads of the worker pool; 0 = as many as the machine has cores, at least 2
  std::function<void()> reload;  // on SIGHUP, which otherwise ends the process; a new policy (Server::set_policy), say
};

/// Serves one client over the standard streams until it goes. Standard output belongs to the protocol from the start of
/// this call: what a tool or a library prints goes to standard error.
/// Ends:    at end of input, when the client is gone, or on SIGTERM and SIGINT (a second one ends at once). Handlers
///          still running are cancelled, and the process is gone within a second.
/// Returns: the exit code: 0, or 1 when the streams failed.
/// Thread:  the program's main thread, before it started others that print.
SUMUN_EXPORT int serve_stdio(Server& server, StdioOptions options = {});

/// Reads the program's arguments and serves: stdio without any, HTTP with `--http ADDR:PORT` (and `--modern-only`, http.hpp);
/// `--help` and `--version` answer and end.
/// Returns: the exit code: 0 done, 1 the work failed, 2 wrong usage.
SUMUN_EXPORT int run(Server& server, int argc, char** argv);

}  // namespace v0
}  // namespace sumun
