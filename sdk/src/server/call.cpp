// SPDX-License-Identifier: Apache-2.0
// The public Call: a view of the call's state.
#include <sumun/call.hpp>

#include "server/session.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <condition_variable>
#include <mutex>
#include <utility>

namespace sumun {
inline namespace v0 {
namespace {

// Waits for an operation of the store, which answers in place or from another thread.
template <class T, class Start>
Result<T> wait_for(Start start) {
  std::mutex mutex;
  std::condition_variable there;
  std::optional<Result<T>> answer;
  start([&](Result<T> result) {
    std::lock_guard lock(mutex);
    answer.emplace(std::move(result));
    there.notify_one();
  });
  std::unique_lock lock(mutex);
  there.wait(lock, [&] { return answer.has_value(); });
  return *std::move(answer);
}

// The same for a coroutine: its executor is free meanwhile.
template <class T, class Start>
awaitable<Result<T>> wait_on(boost::asio::any_io_executor executor, Start start) {
  auto answer = std::make_shared<std::optional<Result<T>>>();
  auto timer = std::make_shared<boost::asio::steady_timer>(executor, std::chrono::steady_clock::time_point::max());
  start([answer, timer, executor](Result<T> result) {
    boost::asio::dispatch(executor, [answer, timer, result = std::move(result)]() mutable {
      answer->emplace(std::move(result));
      timer->cancel();
    });
  });
  boost::system::error_code ignored;
  auto token = boost::asio::redirect_error(boost::asio::use_awaitable, ignored);
  if (!*answer) co_await timer->async_wait(token);
  if (!*answer) co_return fail(ErrorCode::cancelled, "the call was cancelled");
  co_return *std::move(*answer);
}

template <class T>
Result<T> answer_as(InputResponse response) {
  if (T* answer = std::get_if<T>(&response)) return std::move(*answer);
  return fail(ErrorCode::internal_error, "the answer belongs to another question");
}

}  // namespace

InputRequest SchemaForm::question() const {
  ElicitRequestFormParams params;
  params.mode = "form";
  params.message = message;
  params.requestedSchema = requested_schema;
  return params;
}
Result<ElicitResult> SchemaForm::answer(InputResponse response) { return answer_as<ElicitResult>(std::move(response)); }

InputRequest OpenUrl::question() const {
  ElicitRequestURLParams params;
  params.message = message;
  params.url = url;
  return params;
}
Result<ElicitResult> OpenUrl::answer(InputResponse response) { return answer_as<ElicitResult>(std::move(response)); }

InputRequest Sample::question() const { return params; }
Result<CreateMessageResult> Sample::answer(InputResponse response) { return answer_as<CreateMessageResult>(std::move(response)); }

InputRequest Roots::question() const { return ListRootsRequestParams{}; }
Result<ListRootsResult> Roots::answer(InputResponse response) { return answer_as<ListRootsResult>(std::move(response)); }

Call::Call(std::shared_ptr<server::CallState> state) : state_(std::move(state)) {}
Call::~Call() = default;

const Principal& Call::principal() const { return *state_->setup().principal; }
const std::string& Call::target() const { return state_->setup().target; }
Revision Call::revision() const { return state_->setup().revision; }
const std::optional<Implementation>& Call::client_info() const { return state_->setup().meta->clientInfo; }
const ClientCapabilities& Call::client_capabilities() const { return state_->setup().meta->clientCapabilities; }
const json& Call::meta() const { return state_->setup().meta->rest; }
std::string Call::execution_id() const { return state_->id(); }
bool Call::cancelled() const noexcept { return state_->stopped(); }
std::stop_token Call::stop_token() const { return state_->stop_token(); }
std::optional<std::chrono::steady_clock::time_point> Call::deadline() const { return state_->deadline(); }

void Call::progress(double done, std::optional<double> total, std::string message) {
  state_->progress(done, total, std::move(message));
}
void Call::log(LoggingLevel level, json data, std::string logger) { state_->log(level, std::move(data), std::move(logger)); }
void Call::release_stream() { state_->release_stream(); }

Result<void> Call::begin_task() {
  const auto& setup = state_->setup();
  if (!setup.task || !setup.task->by_tool || state_->task()) return {};
  auto task = wait_for<Task>([&](auto done) { setup.core->tasks().begin(state_, std::move(done)); });
  if (task) server::answer_with_task(*state_, *task);
  else if (setup.task->required) return std::move(task).error();
  return {};
}

awaitable<Result<void>> Call::async_begin_task() {
  const auto& setup = state_->setup();
  if (!setup.task || !setup.task->by_tool || state_->task()) co_return Result<void>();
  auto start = [state = state_](auto done) { state->setup().core->tasks().begin(state, std::move(done)); };
  auto task = co_await wait_on<Task>(setup.executor, std::move(start));
  if (task) server::answer_with_task(*state_, *task);
  else if (setup.task->required) co_return std::move(task).error();
  co_return Result<void>();
}

Result<std::vector<InputResponse>> Call::ask_all(std::vector<KeyedQuestion> questions) { return state_->ask(std::move(questions)); }
awaitable<Result<std::vector<InputResponse>>> Call::async_ask_all(std::vector<KeyedQuestion> questions) {
  return state_->async_ask(std::move(questions));
}

Result<std::optional<json>> Call::recall(const std::string& key) {
  return wait_for<std::optional<json>>(
      [&](auto done) { state_->setup().core->calls().recall(state_->id(), key, std::move(done)); });
}
Result<void> Call::remember(const std::string& key, json value) {
  state_->set_stored();
  return wait_for<void>(
      [&](auto done) { state_->setup().core->calls().remember(state_->id(), key, std::move(value), std::move(done)); });
}

awaitable<Result<std::optional<json>>> Call::async_recall(std::string key) {
  auto start = [state = state_, key = std::move(key)](auto done) { state->setup().core->calls().recall(state->id(), key, std::move(done)); };
  auto kept = co_await wait_on<std::optional<json>>(state_->setup().executor, std::move(start));
  co_return kept;
}
awaitable<Result<void>> Call::async_remember(std::string key, json value) {
  state_->set_stored();
  auto start = [state = state_, key = std::move(key), value = std::move(value)](auto done) mutable {
    state->setup().core->calls().remember(state->id(), key, std::move(value), std::move(done));
  };
  auto kept = co_await wait_on<void>(state_->setup().executor, std::move(start));
  co_return kept;
}

}  // namespace v0
}  // namespace sumun
