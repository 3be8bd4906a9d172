// SPDX-License-Identifier: Apache-2.0
// Wires a server, the standard streams, a loop and a worker pool into a program.
#include <sumun/run.hpp>

#include "runtime/descendants.hpp"
#include "runtime/standard_streams.hpp"
#include "runtime/stop_signals.hpp"
#include "runtime/worker_pool.hpp"
#include "server/core.hpp"
#include "server/session.hpp"
#include "transport/stdio_transport.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <malloc.h>
#include <pwd.h>
#include <unistd.h>

namespace sumun {
inline namespace v0 {
namespace {

constexpr std::chrono::milliseconds kJoinLimit{500};   // what handlers that were told to stop may still take
constexpr std::chrono::milliseconds kChildLimit{100};  // what processes that they started may take to end

std::string local_user() {
  if (const passwd* entry = getpwuid(getuid())) return std::string("local:") + entry->pw_name;
  return "local:" + std::to_string(getuid());
}

void print_usage(std::FILE* to, const std::string& program, const Server& server) {
  std::fprintf(to,
               "%s %s, an MCP server\n"
               "\n"
               "usage: %s              serve one client over standard input and output (what MCP clients launch)\n"
               "       %s --help\n"
               "       %s --version\n",
               server.name().c_str(), server.version().c_str(), program.c_str(), program.c_str(), program.c_str());
}

}  // namespace

int serve_stdio(Server& server, StdioOptions options) {
  // One arena a thread would cost megabytes for nothing: little is allocated at once.
  mallopt(M_ARENA_MAX, 2);
  auto streams = StandardStreams::take();
  if (!streams) {
    std::fprintf(stderr, "%s: %s\n", server.name().c_str(), streams.error().message.c_str());
    return 1;
  }
  const auto core = server.core();
  const auto log = [core](LoggingLevel level, std::string_view line) { core->log(level, std::string(line)); };
  boost::asio::io_context loop(1);
  WorkerPool pool(WorkerPoolOptions{options.workers, log});
  std::optional<StopSignals> signals;
  std::chrono::steady_clock::time_point end;
  {
    StdioTransport transport(loop.get_executor(), (*streams)->in(), (*streams)->out());
    server::SessionOptions session_options;
    session_options.principal.name = options.principal.empty() ? local_user() : std::move(options.principal);
    std::weak_ptr<server::Session> session = server::Session::start(core, transport, loop.get_executor(), pool, std::move(session_options),
                                                                    [&signals, &loop] {
                                                                      signals.reset();
                                                                      loop.stop();
                                                                    });
    signals.emplace(loop.get_executor(), [session](int) {
      if (auto alive = session.lock()) alive->end();
    });
    loop.run();
    pool.stop();
    end_descendants(kChildLimit);  // a handler may be waiting for one
    // Coroutines that were cancelled come to their end; one that does not care is destroyed where it waits.
    end = std::chrono::steady_clock::now() + kJoinLimit;
    loop.restart();
    loop.run_until(end);
  }
  const auto rest = end - std::chrono::steady_clock::now();
  if (!pool.join_for(std::chrono::duration_cast<std::chrono::milliseconds>(std::max(rest, rest.zero())))) {
    core->log(LoggingLevel::warning, "a handler did not stop when it was told to; leaving it behind");
    StandardStreams::restore();
    std::fflush(nullptr);
    _exit(0);
  }
  return 0;
}

int run(Server& server, int argc, char** argv) {
  const std::string program = argc > 0 ? argv[0] : server.name();
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--help" || argument == "-h") {
      print_usage(stdout, program, server);
      return 0;
    }
    if (argument == "--version") {
      std::printf("%s %s\n", server.name().c_str(), server.version().c_str());
      return 0;
    }
    std::fprintf(stderr, "%s: unknown argument '%s'\n\n", program.c_str(), argv[i]);
    print_usage(stderr, program, server);
    return 2;
  }
  return serve_stdio(server);
}

}  // namespace v0
}  // namespace sumun
