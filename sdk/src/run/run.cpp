// SPDX-License-Identifier: Apache-2.0
// Wires a server, the standard streams, a loop and a worker pool into a program.
#include <sumun/http.hpp>
#include <sumun/run.hpp>

#include "runtime/descendants.hpp"
#include "runtime/standard_streams.hpp"
#include "runtime/stop_signals.hpp"
#include "runtime/worker_pool.hpp"
#include "server/core.hpp"
#include "server/session.hpp"
#include "transport/stdio_transport.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
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
               "       %s --http ADDR:PORT [--modern-only]\n"
               "                         serve over HTTP at http://ADDR:PORT/mcp; port 0 = one that is free\n"
               "                         --modern-only: revision 2026-07-28 alone, no sessions\n"
               "       %s --help\n"
               "       %s --version\n",
               server.name().c_str(), server.version().c_str(), program.c_str(), program.c_str(), program.c_str(), program.c_str());
}

int wrong_usage(const std::string& program, const Server& server, const std::string& why) {
  std::fprintf(stderr, "%s: %s\n\n", program.c_str(), why.c_str());
  print_usage(stderr, program, server);
  return 2;
}

void await_hangups(boost::asio::signal_set& signals, std::function<void()> reload) {
  boost::system::error_code ignored;
  signals.add(SIGHUP, ignored);  // again is no fault
  signals.async_wait([&signals, reload = std::move(reload)](boost::system::error_code failed, int) {
    if (failed) return;
    reload();
    await_hangups(signals, reload);
  });
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
  core->tasks().start(loop.get_executor());
  core->tell_without_policy();
  boost::asio::signal_set hangups(loop);
  if (options.reload) await_hangups(hangups, options.reload);
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
    hangups.cancel();
    core->tasks().stop();
    core->settle(kJoinLimit);
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
  core->settle(kJoinLimit);  // what the last of them asked of the store answers to this loop
  return 0;
}

Result<void> read_listen_address(std::string_view text, HttpOptions& options) {
  const auto bad = [text](const std::string& why) { return fail(ErrorCode::invalid_value, "\"" + std::string(text) + "\": " + why); };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad("expected ADDRESS:PORT, as in 127.0.0.1:8080");
  std::string_view address = text.substr(0, colon);
  if (address.empty())
    return bad("expected ADDRESS:PORT; without an address it would listen to everybody: write 127.0.0.1" + std::string(text) + ", or 0.0.0.0" +
               std::string(text) + " where that is meant");
  if (address.front() == '[' && address.back() == ']') {
    address = address.substr(1, address.size() - 2);
  } else if (address.find_first_of(":[]") != std::string_view::npos) {
    return bad("an IPv6 address stands in brackets, as in [::1]:8080");
  }
  if (address.empty()) return bad("expected an address before the port, as in [::1]:8080");
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [at, code] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (code != std::errc() || at != digits.data() + digits.size()) return bad("the port must be a number from 0 to 65535 (0 = one that is free)");
  options.address = address;
  options.port = port;
  return {};
}

int run(Server& server, int argc, char** argv) {
  const std::string program = argc > 0 ? argv[0] : server.name();
  std::optional<HttpOptions> http;
  bool modern_only = false;
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
    if (argument == "--http") {
      if (i + 1 == argc) return wrong_usage(program, server, "--http needs ADDR:PORT");
      auto read = read_listen_address(argv[++i], http.emplace());
      if (!read) return wrong_usage(program, server, read.error().message);
    } else if (argument == "--modern-only") {
      modern_only = true;
    } else {
      return wrong_usage(program, server, "unknown argument '" + std::string(argument) + "'");
    }
  }
  if (modern_only && !http) return wrong_usage(program, server, "--modern-only goes with --http");
  if (!http) return serve_stdio(server);
  if (modern_only) http->eras = HttpEras::modern_only;
  return serve_http(server, *std::move(http));
}

}  // namespace v0
}  // namespace sumun
