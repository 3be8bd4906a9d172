// SPDX-License-Identifier: Apache-2.0
// A child process and the transport over its pipes, as one transport.
#include <sumun/launch.hpp>

#include "runtime/child_process.hpp"
#include "runtime/task_group.hpp"
#include "transport/stdio_transport.hpp"

#include <optional>
#include <string>
#include <utility>

namespace sumun {
inline namespace v0 {
namespace {

std::string how_it_ended(const ExitStatus& status) {
  if (status.signal != 0) return "the server was ended by signal " + std::to_string(status.signal);
  if (status.code != 0) return "the server ended with exit code " + std::to_string(status.code);
  return "the server ended";
}

using boost::asio::awaitable;

/// Thread:  the executor's strand. Owner: the client.
/// Ends by: close(), the end of the child's output, or the destructor, which kills the child.
class LaunchedServer final : public Transport {
 public:
  LaunchedServer(boost::asio::any_io_executor executor, std::unique_ptr<ChildProcess> child)
      : state_(std::make_shared<State>()), tasks_(executor) {
    StdioTransportOptions options;
    options.descriptors = StdioTransportOptions::Descriptors::owned;
    options.output_loss = StdioTransportOptions::OutputLoss::read_on;
    const int in = child->take_output().release();
    const int out = child->take_input().release();
    state_->pipes = std::make_unique<StdioTransport>(std::move(executor), in, out, options);
    state_->child = std::move(child);
  }
  ~LaunchedServer() override {
    state_->events = {};
    state_->pipes.reset();
    state_->child->kill_now();
  }

  void start(Events events) override {
    state_->events = std::move(events);
    const auto state = state_;
    state_->pipes->start({
        .message = [state](const Incoming& message) { return state->events.message ? state->events.message(message) : Flow::go_on; },
        .refused = [state](Error why) { if (state->events.refused) state->events.refused(std::move(why)); },
        .ended = [state] { if (state->events.ended) state->events.ended(); },
        .closed = [this](Error) { tasks_.spawn("end of a server", bury(state_)); },
    });
  }
  void send(Outgoing message) override { state_->pipes->send(std::move(message)); }
  std::size_t queued_bytes() const override { return state_->pipes->queued_bytes(); }

  void close() override {
    if (std::exchange(state_->closing, true)) return;
    // What is queued is written, then the server sees the end of its input.
    state_->pipes->close();
  }

 private:
  struct State {
    Events events;
    std::unique_ptr<ChildProcess> child;
    std::unique_ptr<StdioTransport> pipes;
    bool closing = false;
  };

  // The pipes are closed, so the server has its end of input: it ends by itself or is made to.
  static awaitable<void> bury(std::shared_ptr<State> state) {
    auto status = co_await state->child->terminate();
    Error why = fail(ErrorCode::closed, status ? how_it_ended(*status) : "the server is gone");
    auto closed = std::move(state->events.closed);
    state->events = {};
    if (closed) closed(std::move(why));
  }

  std::shared_ptr<State> state_;
  TaskGroup tasks_;
};

}  // namespace

Result<std::unique_ptr<Transport>> launch(boost::asio::any_io_executor executor, LaunchOptions options) {
  ChildOptions child_options;
  child_options.command = std::move(options.command);
  child_options.working_directory = std::move(options.working_directory);
  child_options.variables = std::move(options.environment);
  child_options.errors = options.errors == LaunchOptions::Errors::discard ? ChildOptions::Stderr::discard : ChildOptions::Stderr::inherit;
  auto child = ChildProcess::start(executor, std::move(child_options));
  if (!child) return child.error();
  return std::unique_ptr<Transport>(std::make_unique<LaunchedServer>(std::move(executor), *std::move(child)));
}

}  // namespace v0
}  // namespace sumun
