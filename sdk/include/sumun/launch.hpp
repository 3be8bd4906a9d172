// SPDX-License-Identifier: Apache-2.0
// Starts a server as a child process and talks to it over its standard streams, as MCP clients do.
#pragma once
#include <sumun/export.hpp>
#include <sumun/result.hpp>
#include <sumun/transport.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sumun {
inline namespace v0 {

struct LaunchOptions {
  enum class Errors { inherit, discard };  // what becomes of the server's standard error

  std::vector<std::string> command;  // no shell; the first word is looked up in PATH unless it has a slash
  std::vector<std::pair<std::string, std::string>> environment;  // set on top of ours
  std::string working_directory;     // empty = ours
  Errors errors = Errors::inherit;
};

/// The channel to a server that is started now.
/// Ends:   close() ends the server's input and waits for it, then SIGTERM, then SIGKILL; the destructor kills it at once.
///         `closed` says how the server ended.
/// Errors: invalid_value (empty command), io (no such program, not executable; the message names it).
/// Thread: the executor's one strand.
/// Spec:   2026-07-28 basic/transports/stdio, Shutdown
SUMUN_EXPORT Result<std::unique_ptr<Transport>> launch(boost::asio::any_io_executor executor, LaunchOptions options);

/// The same as a function that a BlockingClient can be given.
inline std::function<Result<std::unique_ptr<Transport>>(boost::asio::any_io_executor)> launch_stdio(LaunchOptions options) {
  return [options = std::move(options)](boost::asio::any_io_executor executor) { return launch(std::move(executor), options); };
}

}  // namespace v0
}  // namespace sumun
