// SPDX-License-Identifier: Apache-2.0
// The public Call: a view of the call's state.
#include <sumun/call.hpp>

#include "server/session.hpp"

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
  if (!setup.task || state_->task()) return {};
  auto task = wait_for<Task>([&](auto done) { setup.core->tasks().begin(state_, std::move(done)); });
  if (task) server::answer_with_task(*state_, *task);
  else if (setup.task->required) return std::move(task).error();
  return {};
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

}  // namespace v0
}  // namespace sumun
