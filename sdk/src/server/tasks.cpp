// SPDX-License-Identifier: Apache-2.0
// What running tasks do, step by step. Nothing of a handler's is called while a lock is held.
#include "server/tasks.hpp"

#include "base/json_text.hpp"
#include "base/random.hpp"
#include "server/call_state.hpp"

#include <boost/asio/post.hpp>

#include <limits>
#include <utility>

namespace sumun::server {
namespace {

// One whose handler runs in another process of those that share the store.
Error elsewhere() { return fail(ErrorCode::busy, "the task runs in another process of this server, which alone can be told so"); }

// What a call's answer makes of its task. One that was told to stop and did is cancelled, however it says so.
DetailedTask ended(DetailedTask task, std::string_view message, bool stopped) {
  task.inputRequests.reset();
  task.statusMessage.reset();
  constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();
  auto answer = parse_json(message, ParseLimits{kAny, kAny});
  if (!answer) return gate::as_failed(std::move(task), fail(ErrorCode::internal_error, "the result cannot be read back"));
  const auto error = answer->find("error");
  json result = answer->value("result", json::object());
  if (stopped && (error != answer->end() || result.value("isError", false))) {
    task.status = TaskStatus::cancelled;
    task.statusMessage = "cancelled by the caller";
  } else if (error != answer->end()) {
    task.status = TaskStatus::failed;
    task.statusMessage = error->value("message", "");
    task.error = std::move(*error);
  } else {
    task.status = TaskStatus::completed;
    task.result = std::move(result);
  }
  return task;
}

}  // namespace

Tasks::Tasks(Core& core, std::shared_ptr<gate::TaskStore> store) : core_(core), store_(std::move(store)) {}

std::string Tasks::now() const { return gate::iso8601(core_.clock().wall()); }

void Tasks::start(boost::asio::any_io_executor executor) {
  {
    std::lock_guard lock(mutex_);
    executor_ = std::move(executor);
    stopping_ = false;
  }
  if (!core_.offers_tasks(*core_.registry())) return;
  store_->orphans([this, keep = core_.shared_from_this()](Result<std::vector<DetailedTask>> left) {
    if (!left) return core_.log(LoggingLevel::error, "tasks of an earlier process cannot be read: " + left.error().message);
    for (DetailedTask& task : *left) {
      task = gate::as_failed(std::move(task), gate::interrupted());
      task.lastUpdatedAt = now();
      store_->update(std::move(task), [](const Result<DetailedTask>&) {});
    }
  });
}

std::optional<boost::asio::any_io_executor> Tasks::executor() const {
  std::lock_guard lock(mutex_);
  return executor_;
}

Tasks::Held Tasks::hold(const std::string& id) {
  std::shared_ptr<Active> active;
  {
    std::lock_guard lock(mutex_);
    const auto found = active_.find(id);
    if (found == active_.end()) return {};
    active = found->second;
  }
  std::unique_lock lock(active->mutex);
  if (active->ended) return {};
  return {std::move(active), std::move(lock)};
}

void Tasks::forget(const std::string& id) {
  decltype(active_)::node_type gone;  // let go of without the lock
  std::lock_guard lock(mutex_);
  gone = active_.extract(id);
}

// Called with the task held.
void Tasks::put(Active& active) {
  active.task.lastUpdatedAt = now();
  const bool goes_on = !is_final(active.task.status);
  store_->update(active.task, [this, keep = core_.shared_from_this(), goes_on, weak = active.call](Result<DetailedTask> kept) {
    // The store had no room or has forgotten it: nobody can come back for what the handler still does.
    const bool lost = goes_on && (!kept || is_final(kept->status));
    if (kept) core_.notify_task(std::make_shared<const DetailedTask>(*std::move(kept)));
    const auto call = lost ? weak.lock() : std::shared_ptr<CallState>();
    if (call) boost::asio::post(call->setup().executor, [call] { call->stop(); });
  });
}

void Tasks::begin(std::shared_ptr<CallState> call, Done<Task> done) {
  const TaskTerms& terms = *call->setup().task;
  DetailedTask task;
  task.taskId = random_id();
  task.createdAt = task.lastUpdatedAt = now();
  task.ttlMs = terms.ttl.count();
  task.pollIntervalMs = terms.poll_interval.count();
  auto active = std::make_shared<Active>();
  active->call = call;
  active->task = task;
  bool stopping = false;
  {
    std::lock_guard lock(mutex_);
    stopping = stopping_;
    if (!stopping) active_.emplace(task.taskId, active);
  }
  if (stopping) return done(fail(ErrorCode::busy, "the server is ending"));
  const std::string& owner = call->setup().principal->name;
  store_->create(owner, task, [this, call, handle = static_cast<const Task&>(task), done = std::move(done)](Result<void> kept) {
    if (kept) {
      call->become_task(handle.taskId);
      return done(handle);
    }
    forget(handle.taskId);
    done(std::move(kept).error());
  });
}

void Tasks::progress(const std::string& id, std::string message) {
  if (message.size() > kMaxStatusMessageBytes) {
    message.resize(kMaxStatusMessageBytes);
    while (!message.empty() && !is_utf8(message)) message.pop_back();
  }
  const Held active = hold(id);
  if (!active) return;
  active->task.statusMessage = std::move(message);
  put(*active);
}

void Tasks::ask(const std::string& id, std::vector<KeyedQuestion> questions, Asked done) {
  const Held active = hold(id);
  if (!active) return done(fail(ErrorCode::cancelled, "the task has ended"));
  auto asking = std::make_shared<Asking>();
  asking->answers.resize(questions.size());
  asking->missing = questions.size();
  asking->done = std::move(done);
  if (!active->task.inputRequests) active->task.inputRequests.emplace();
  for (std::size_t i = 0; i < questions.size(); ++i) {
    active->open[questions[i].key] = Question{asking, i};
    active->task.inputRequests->emplace(std::move(questions[i].key), std::move(questions[i].request));
  }
  active->task.status = TaskStatus::input_required;
  put(*active);
}

// All answers are read before any is taken. Called with the task held.
Result<Tasks::Askings> Tasks::take_answers(Active& active, json responses) {
  std::map<std::string, InputResponse> read;
  for (auto& [key, value] : responses.items()) {
    if (active.open.count(key) == 0) continue;
    auto answer = read_answer(active.task.inputRequests->at(key), std::move(value), "params.inputResponses." + key);
    if (!answer) return std::move(answer).error();
    read.emplace(key, *std::move(answer));
  }
  Askings complete;
  for (auto& [key, answer] : read) {
    const auto question = active.open.find(key);
    const auto asking = question->second.asking;
    asking->answers[question->second.place] = std::move(answer);
    if (--asking->missing == 0) complete.push_back(asking);
    active.open.erase(question);
    active.task.inputRequests->erase(key);
  }
  if (active.open.empty()) close_questions(active);
  if (!read.empty()) put(active);
  return complete;
}

// Called with the task held.
Tasks::Askings Tasks::close_questions(Active& active) {
  Askings waiting;
  for (auto& [key, question] : std::exchange(active.open, {})) waiting.push_back(std::move(question.asking));
  active.task.inputRequests.reset();
  if (active.task.status == TaskStatus::input_required) active.task.status = TaskStatus::working;
  return waiting;
}

void Tasks::get(const std::string& owner, const std::string& id, Done<DetailedTask> done) { store_->get(owner, id, std::move(done)); }

// What is not held here has ended, or runs in another process.
void Tasks::has_ended(const std::string& owner, const std::string& id, Done<void> done) {
  store_->get(owner, id, [done = std::move(done)](Result<DetailedTask> task) {
    if (!task) return done(std::move(task).error());
    if (is_final(task->status)) return done({});
    done(elsewhere());
  });
}

void Tasks::update(const std::string& owner, const std::string& id, json responses, Done<void> done) {
  store_->get(owner, id, [this, keep = core_.shared_from_this(), owner, id, responses = std::move(responses),
                          done = std::move(done)](Result<DetailedTask> task) mutable {
    if (!task) return done(std::move(task).error());
    Result<Askings> complete = Askings{};
    if (const Held active = hold(id)) complete = take_answers(*active, std::move(responses));
    else return has_ended(owner, id, std::move(done));
    if (!complete) return done(std::move(complete).error());
    done({});
    for (const auto& asking : *complete) {
      std::vector<InputResponse> answers;
      for (auto& answer : asking->answers) answers.push_back(*std::move(answer));
      asking->done(std::move(answers));
    }
  });
}

void Tasks::cancel(const std::string& owner, const std::string& id, Done<void> done) {
  store_->get(owner, id, [this, keep = core_.shared_from_this(), owner, id, done = std::move(done)](Result<DetailedTask> task) {
    if (!task) return done(std::move(task).error());
    std::shared_ptr<CallState> call;
    Askings waiting;
    if (const Held active = hold(id)) {
      call = active->call.lock();
      waiting = close_questions(*active);
      active->task.statusMessage = "told to stop";
      put(*active);
    } else {
      return has_ended(owner, id, done);
    }
    done({});
    if (call) call->stop();
    for (const auto& asking : waiting)
      if (asking->done) std::exchange(asking->done, nullptr)(fail(ErrorCode::cancelled, "the call was cancelled"));
  });
}

void Tasks::conclude(const std::string& id, std::string_view message) {
  {
    const Held active = hold(id);
    if (!active) return;
    const auto call = active->call.lock();
    active->task = ended(std::move(active->task), message, call && call->stopped());
    active->ended = true;
    put(*active);
  }
  forget(id);
}

void Tasks::stop() {
  std::map<std::string, std::shared_ptr<Active>> active;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    executor_.reset();
    active.swap(active_);
  }
  for (auto& [id, one] : active) {
    std::lock_guard lock(one->mutex);
    if (std::exchange(one->ended, true)) continue;
    one->task = gate::as_failed(std::move(one->task), gate::interrupted());
    put(*one);
  }
  for (auto& [id, one] : active) {
    if (const auto call = one->call.lock()) call->stop();
    for (auto& [key, question] : one->open)
      if (question.asking->done) std::exchange(question.asking->done, nullptr)(fail(ErrorCode::closed, "the server is ending"));
  }
}

}  // namespace sumun::server
