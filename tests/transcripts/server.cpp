// SPDX-License-Identifier: Apache-2.0
// The server that the transcripts and the process tests talk to: tools that sleep, block, print, ask and fail, each to
// show one thing that must not go wrong.
#include <sumun/sumun.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <thread>
#include <unistd.h>

using sumun::Call;
using sumun::CallToolResult;
using sumun::Field;
using sumun::Result;

namespace {

struct Sum {
  int a;
  int b;
};

struct Echo {
  std::string text;
};

struct Nap {
  Field<int, sumun::range<0, 600000>> milliseconds;
};

struct Size {
  Field<int, sumun::range<0, 20000000>> bytes;
};

struct Steps {
  Field<int, sumun::range<1, 1000>> steps;
};

struct Question {
  std::string message;
};

struct Name {
  std::string name;
};

struct Colour {
  std::string colour;
};

enum class Unit { celsius, fahrenheit };

struct Reading {
  double degrees;
  Unit unit = Unit::celsius;
  std::optional<std::string> note;
};

// How often a tool's handler was told to stop.
std::atomic<int> stopped = 0;

boost::asio::awaitable<CallToolResult> sleep_in_coroutine(Nap nap, Call& call) {
  auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer timer(executor);
  timer.expires_after(std::chrono::milliseconds(nap.milliseconds.get()));
  boost::system::error_code cancelled;
  auto token = boost::asio::redirect_error(boost::asio::use_awaitable, cancelled);
  co_await timer.async_wait(token);
  if (call.cancelled()) ++stopped;
  co_return CallToolResult::text("slept");
}

CallToolResult block(Nap nap, Call& call) {
  for (int left = nap.milliseconds; left > 0 && !call.cancelled(); left -= 5) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  if (call.cancelled()) ++stopped;
  return CallToolResult::text("blocked");
}

// Takes no notice of being cancelled.
CallToolResult ignore_everything(Nap nap) {
  std::this_thread::sleep_for(std::chrono::milliseconds(nap.milliseconds.get()));
  return CallToolResult::text("did not listen");
}

// Prints by every way there is to standard output.
CallToolResult print_to_stdout(Echo in) {
  std::printf("%s by printf\n", in.text.c_str());
  std::fflush(stdout);
  std::cout << in.text << " by cout" << std::endl;
  std::string raw = in.text + " by write\n";
  if (write(STDOUT_FILENO, raw.data(), raw.size()) < 0) return CallToolResult::error("fd 1 cannot be written");
  if (std::system("echo and by a child process") != 0) return CallToolResult::error("no shell");
  return CallToolResult::text("printed");
}

// Starts a shell command and leaves it running; gives its process id.
CallToolResult start_process(Echo in) {
  const pid_t pid = fork();
  if (pid < 0) return CallToolResult::error("no process");
  if (pid == 0) {
    execl("/bin/sh", "sh", "-c", in.text.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  return CallToolResult::text(std::to_string(pid));
}

// Waits for a shell command, whatever happens.
CallToolResult wait_for_process(Echo in) {
  return CallToolResult::text(std::system(in.text.c_str()) == 0 ? "done" : "failed");
}

void add_plain_tools(sumun::Server& server) {
  sumun::ToolOptions quick;
  quick.effects = sumun::reads;
  quick.placement = sumun::Placement::quick;
  server.tool("add", "Adds two integers in place", [](Sum in) { return in.a + in.b; }, quick);
  server.tool("echo", "Gives its text back", [](Echo in) { return CallToolResult::text(in.text); }, quick);
  server.tool("stopped", "Says how many handlers were told to stop", [] { return CallToolResult::text(std::to_string(stopped)); }, quick);
  server.tool("add_pooled", "Adds two integers on the pool", [](Sum in) { return in.a + in.b; });
  server.tool("big", "Gives a long text", [](Size in) { return CallToolResult::text(std::string(static_cast<std::size_t>(in.bytes.get()), 'x')); });
  server.tool("measure", "Takes a reading and gives it back", [](Reading in) { return in; });
  server.tool("list", "Gives a list", [] { return std::vector<int>{1, 2, 3}; });
  server.tool("sleep", "Sleeps without a thread", sleep_in_coroutine);
  server.tool("block", "Sleeps on a worker, and listens", block);
  server.tool("ignore_everything", "Sleeps on a worker, and does not listen", ignore_everything);
  server.tool("print_to_stdout", "Prints to standard output", print_to_stdout);
  server.tool("start_process", "Starts a shell command", start_process);
  server.tool("wait_for_process", "Waits for a shell command", wait_for_process);
  server.tool("fail", "Fails in words", [](Echo in) -> Result<std::string> { return sumun::fail(in.text); });
  server.tool("throw", "Throws what is not for the model", [](Echo in) -> std::string { throw std::runtime_error(in.text); });
}

void add_talking_tools(sumun::Server& server) {
  server.tool("count", "Reports progress", [](Steps in, Call& call) {
    for (int i = 1; i <= in.steps; ++i) call.progress(i, in.steps.get(), "step " + std::to_string(i));
    return CallToolResult::text("counted");
  });
  server.tool("chatter", "Logs on four levels", [](Call& call) {
    call.log(sumun::LoggingLevel::debug, "a detail");
    call.log(sumun::LoggingLevel::info, "a fact");
    call.log(sumun::LoggingLevel::warning, sumun::json{{"disk", "nearly full"}}, "storage");
    call.log(sumun::LoggingLevel::error, "a failure");
    return CallToolResult::text("logged");
  });
  server.tool("ask", "Asks for a name", [](Question in, Call& call) -> Result<std::string> {
    auto answer = call.elicit<Name>(in.message);
    if (!answer) return std::move(answer).error();
    return *answer ? "hello " + (*answer)->name : std::string("no name");
  });
  server.tool("ask_twice", "Asks for a name, then for a colour", [](Call& call) -> Result<std::string> {
    auto name = call.elicit<Name>("Your name?");
    if (!name) return std::move(name).error();
    auto colour = call.elicit<Colour>("Your colour?");
    if (!colour) return std::move(colour).error();
    if (!*name || !*colour) return sumun::fail("both are needed");
    return (*name)->name + " likes " + (*colour)->colour;
  });
}

void add_other_features(sumun::Server& server) {
  sumun::Resource note;
  note.uri = "probe://note";
  note.name = "note";
  note.mimeType = "text/plain";
  server.resource(note, [] { return std::string("a note"); });
  server.tool("touch", "Tells that the note has changed", [&server] {
    server.notify_resource_updated("probe://note");
    return CallToolResult::text("touched");
  });
  server.tool("grow", "Adds a tool", [&server] {
    server.tool("grown", "Was not there before", [] { return 1; });
    return CallToolResult::text("grown");
  });
  server.prompt("greet", "Greets somebody", [](Name in) { return "Greet " + in.name; });
}

}  // namespace

int main(int argc, char** argv) {
  sumun::Server server{"probe", "1.0.0"};
  add_plain_tools(server);
  add_talking_tools(server);
  add_other_features(server);
  return sumun::run(server, argc, argv);
}
