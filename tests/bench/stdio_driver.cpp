// SPDX-License-Identifier: Apache-2.0
// Times one MCP server over stdio on the 2026-07-28 wire, with as little work of its own as it can.
//
//   stdio_driver [-n CALLS] [--serial CALLS] [--slow-reader CALLS] [--delay SECONDS] [--tool NAME] [--args JSON] -- COMMAND...
//
// Prints one JSON object: start_ms (spawn to the first answer), p50_us and p99_us of one call after the other,
// pipelined_per_s (a writer and a reader at once), peak_rss_mib, errors (answers that are no result), exit.
// With --slow-reader: writes so many calls while nobody reads for --delay seconds, then reads all answers;
// prints peak_rss_mib, errors, answered, exit. The method is that of stdio_driver.py; run compares both.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <spawn.h>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

extern char** environ;

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  int calls = 20000;
  int serial = 2000;
  int slow_reader = 0;  // 0 = the ordinary measures
  double delay = 2.0;   // seconds
  std::string tool = "add";
  std::string arguments = R"({"a":2,"b":3})";
  std::vector<char*> command;
};

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(2);
}

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

struct Server {
  pid_t pid = 0;
  int in = -1;   // we write
  int out = -1;  // we read
  std::string pending;
  std::size_t at = 0;  // start of the next line in `pending`

  explicit Server(const Options& options) {
    int to[2], from[2];
    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0) fail("pipe2");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to[0], 0);
    posix_spawn_file_actions_adddup2(&actions, from[1], 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    errno = posix_spawnp(&pid, options.command[0], &actions, nullptr, options.command.data(), environ);
    if (errno != 0) fail(options.command[0]);
    posix_spawn_file_actions_destroy(&actions);
    close(to[0]);
    close(from[1]);
    in = to[1];
    out = from[0];
  }

  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      auto n = write(in, bytes.data(), std::min<std::size_t>(bytes.size(), 65536));
      if (n <= 0) fail("write");
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }

  // The next line, without its newline; valid until the next call. Empty at end of output.
  std::string_view line() {
    for (;;) {
      auto end = pending.find('\n', at);
      if (end != std::string::npos) {
        std::string_view found(pending.data() + at, end - at);
        at = end + 1;
        return found;
      }
      pending.erase(0, at);
      at = 0;
      char chunk[65536];
      auto n = read(out, chunk, sizeof chunk);
      if (n <= 0) return {};
      pending.append(chunk, static_cast<std::size_t>(n));
    }
  }

  double peak_mib() const {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string row; std::getline(status, row);)
      if (row.starts_with("VmHWM:")) return std::atof(row.c_str() + 6) / 1024;
    return 0;
  }

  int finish() {
    close(in);
    int status = 0;
    waitpid(pid, &status, 0);
    close(out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
};

std::string request(int id, const Options& options) {
  return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"method":"tools/call","params":{"name":")" + options.tool +
         R"(","arguments":)" + options.arguments +
         R"(,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
         R"("io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"},)"
         R"("io.modelcontextprotocol/clientCapabilities":{}}}})"
         "\n";
}

bool good(std::string_view line) {
  return line.find("\"result\"") != line.npos && line.find("\"isError\":true") == line.npos;
}

std::string requests(int first, int count, const Options& options) {
  std::string all;
  for (int id = first; id < first + count; ++id) all += request(id, options);
  return all;
}

int ordinary(const Options& options) {
  auto start = Clock::now();
  Server server(options);
  server.send(request(0, options));
  std::string first(server.line());
  double start_ms = since(start) * 1e3;
  int errors = good(first) ? 0 : 1;
  if (errors != 0) std::fprintf(stderr, "first answer: %.400s\n", first.c_str());

  std::vector<double> trips;
  for (int i = 1; i <= options.serial; ++i) {
    auto message = request(i, options);
    auto sent = Clock::now();
    server.send(message);
    auto line = server.line();
    trips.push_back(since(sent) * 1e6);
    if (!good(line)) ++errors;
  }
  std::sort(trips.begin(), trips.end());

  auto all = requests(1000000, options.calls, options);
  auto begin = Clock::now();
  std::thread writer([&] { server.send(all); });
  for (int i = 0; i < options.calls; ++i)
    if (!good(server.line())) ++errors;
  writer.join();
  double span = since(begin);
  double peak = server.peak_mib();
  int code = server.finish();
  std::printf(R"({"start_ms": %.2f, "p50_us": %.1f, "p99_us": %.1f, "pipelined_per_s": %.0f, "peak_rss_mib": %.1f, "errors": %d, "exit": %d})"
              "\n",
              start_ms, trips[trips.size() / 2], trips[trips.size() * 99 / 100], options.calls / span, peak, errors, code);
  return 0;
}

int slow_reader(const Options& options) {
  Server server(options);
  auto all = requests(0, options.slow_reader, options);
  std::thread writer([&] { server.send(all); });
  std::this_thread::sleep_for(std::chrono::duration<double>(options.delay));
  int errors = 0;
  int answered = 0;
  for (; answered < options.slow_reader; ++answered) {
    auto line = server.line();
    if (line.empty()) break;
    if (!good(line)) ++errors;
  }
  writer.join();
  double peak = server.peak_mib();
  int code = server.finish();
  std::printf(R"({"slow_reader_peak_mib": %.1f, "answered": %d, "errors": %d, "exit": %d})" "\n", peak, answered, errors, code);
  return 0;
}

Options read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    std::string_view name = argv[i];
    if (name == "--") {
      options.command.assign(argv + i + 1, argv + argc);
      break;
    }
    if (i + 1 >= argc) break;
    const char* value = argv[++i];
    if (name == "-n") options.calls = std::atoi(value);
    else if (name == "--serial") options.serial = std::atoi(value);
    else if (name == "--slow-reader") options.slow_reader = std::atoi(value);
    else if (name == "--delay") options.delay = std::atof(value);
    else if (name == "--tool") options.tool = value;
    else if (name == "--args") options.arguments = value;
    else std::fprintf(stderr, "stdio_driver: unknown option %s\n", argv[i - 1]);
  }
  if (options.command.empty()) {
    std::fprintf(stderr, "usage: stdio_driver [-n CALLS] [--serial CALLS] [--slow-reader CALLS] [--delay SECONDS] "
                         "[--tool NAME] [--args JSON] -- COMMAND...\n");
    std::exit(2);
  }
  options.command.push_back(nullptr);
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  auto options = read_options(argc, argv);
  return options.slow_reader > 0 ? slow_reader(options) : ordinary(options);
}
