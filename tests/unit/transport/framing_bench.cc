// SPDX-License-Identifier: Apache-2.0
// Figures for framing and the stdio transport, beside a loop that only reads and writes.
//   bench_framing [messages]     prints messages a second for each, and the serial round trip
#include "runtime/inbox.hpp"
#include "runtime/unique_fd.hpp"
#include "runtime/worker_pool.hpp"
#include "transport/line_framer.hpp"
#include "transport/stdio_transport.hpp"

#include <boost/asio/io_context.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

using namespace sumun;
using Clock = std::chrono::steady_clock;

namespace {

const std::string kMessage(299, 'm');

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// -- framing alone, in memory

void bench_framer(std::size_t messages) {
  std::string chunk;
  while (chunk.size() < 64 * kKiB) chunk += kMessage + "\n";
  chunk.resize(64 * kKiB);
  std::size_t count = 0;
  std::size_t bytes = 0;
  LineFramer framer;
  const auto begin = Clock::now();
  while (count < messages) {
    framer.feed(chunk);
    std::string_view line;
    while (framer.next(line) == LineFramer::Item::line) {
      ++count;
      bytes += line.size();
    }
  }
  const double took = seconds_since(begin);
  std::printf("framing alone       %12.0f messages/s  %8.1f MB/s\n", static_cast<double>(count) / took,
              static_cast<double>(bytes) / took / 1e6);
}

// -- echo servers on a pair of pipes

void echo_loop(int in, int out) {  // the limit: blocking calls, nothing else
  std::string text;
  std::vector<char> buffer(64 * kKiB);
  std::string answers;
  for (;;) {
    const ssize_t got = ::read(in, buffer.data(), buffer.size());
    if (got <= 0) return;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    std::size_t at = 0;
    for (std::size_t end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
      answers.append(text, at, end + 1 - at);
    }
    text.erase(0, at);
    for (std::size_t written = 0; written < answers.size();) {
      const ssize_t put = ::write(out, answers.data() + written, answers.size() - written);
      if (put <= 0) return;
      written += static_cast<std::size_t>(put);
    }
    answers.clear();
  }
}

void echo_transport(int in, int out) {
  boost::asio::io_context io(1);
  StdioTransport transport(io.get_executor(), in, out);
  Transport::Events events;
  events.message = [&](const Incoming& message) {
    const std::string_view text = message.text;
    transport.send(std::string(text));
    return Flow::go_on;
  };
  events.ended = [&] { transport.close(); };
  transport.start(std::move(events));
  io.run();
}

void echo_pooled(int in, int out) {  // each message by way of a worker
  boost::asio::io_context io(1);
  WorkerPool pool;
  StdioTransport transport(io.get_executor(), in, out);
  std::size_t under_way = 0;
  bool ended = false;
  Inbox<std::string> inbox(io.get_executor(), [&](std::string answer) {
    --under_way;
    transport.send(std::move(answer));
    if (ended && under_way == 0) transport.close();
  });
  Transport::Events events;
  events.message = [&](const Incoming& message) {
    const std::string_view text = message.text;
    ++under_way;
    pool.submit([sender = inbox.sender(), answer = std::string(text)]() mutable { sender.push(std::move(answer)); });
    return under_way > 400 ? Flow::ease : Flow::go_on;
  };
  events.ended = [&] {
    ended = true;
    if (under_way == 0) transport.close();
  };
  transport.start(std::move(events));
  io.run();
}

struct Pipe {
  UniqueFd read;
  UniqueFd write;
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
};

void put(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written <= 0) std::abort();
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void bench_echo(const char* name, void (*serve)(int, int), std::size_t messages) {
  Pipe in;
  Pipe out;
  std::thread server([&] { serve(in.read.get(), out.write.get()); });
  const std::string line = kMessage + "\n";
  std::vector<char> buffer(64 * kKiB);

  std::vector<double> trips;
  for (std::size_t i = 0; i < std::min<std::size_t>(messages, 20000); ++i) {
    const auto begin = Clock::now();
    put(in.write.get(), line);
    for (std::size_t got = 0; got < line.size();) {
      const ssize_t more = ::read(out.read.get(), buffer.data(), buffer.size());
      if (more <= 0) std::abort();
      got += static_cast<std::size_t>(more);
    }
    trips.push_back(seconds_since(begin) * 1e6);
  }
  std::sort(trips.begin(), trips.end());

  const auto begin = Clock::now();
  std::thread writer([&] {
    std::string block;
    for (int i = 0; i < 200; ++i) block += line;
    for (std::size_t i = 0; i < messages / 200; ++i) put(in.write.get(), block);
    in.write.reset();
  });
  std::size_t bytes = 0;
  while (bytes < messages / 200 * 200 * line.size()) {
    const ssize_t more = ::read(out.read.get(), buffer.data(), buffer.size());
    if (more <= 0) std::abort();
    bytes += static_cast<std::size_t>(more);
  }
  const double took = seconds_since(begin);
  writer.join();
  server.join();
  std::printf("%-20s%12.0f messages/s  serial p50 %6.1f us  p99 %6.1f us\n", name, static_cast<double>(messages) / took,
              trips[trips.size() / 2], trips[trips.size() * 99 / 100]);
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t messages = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1000000;
  bench_framer(messages * 10);
  for (int round = 0; round < 3; ++round) {
    bench_echo("blocking loop", echo_loop, messages);
    bench_echo("stdio transport", echo_transport, messages);
    bench_echo("with worker pool", echo_pooled, messages);
  }
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  std::printf("peak memory         %12ld KiB\n", used.ru_maxrss);
}
