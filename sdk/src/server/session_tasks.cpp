// SPDX-License-Identifier: Apache-2.0
// Calls that become tasks, what clients ask about tasks, and telling those who listen.
// Spec: the extension io.modelcontextprotocol/tasks
#include "protocol/codec.hpp"
#include "protocol/errors.hpp"
#include "protocol/meta.hpp"
#include "server/session.hpp"

#include <algorithm>
#include <utility>

namespace sumun::server {

using protocol::Method;

// -- becoming a task

// The handle leaves once the store has the task; only then the handler begins. A client that does not wait for the handle
// any more never learns of the task: it is dropped.
void Session::begin_task(const ExchangePtr& exchange, std::function<void()> go_on) {
  core_->tasks().begin(exchange->call, later<Task>(exchange, [exchange, go_on = std::move(go_on)](Session& session, Result<Task> task) {
    const auto call = exchange->call;
    if (!task && call->setup().task->required) return session.refuse(*exchange, std::move(task).error());
    if (task) session.reply(*exchange, task_reply(*call, *task));
    go_on();
  }));
}

// -- what clients ask

void Session::about_task(const ExchangePtr& exchange, json params) {
  if (!protocol::takes_tasks(exchange->meta->clientCapabilities))
    return refuse(*exchange, protocol::missing_capability(protocol::task_capability()));
  const std::string& owner = exchange->principal->name;
  const auto acknowledge_it = [this, exchange] {
    return later<void>(exchange, [exchange](Session& session, Result<void> done) {
      if (!done) return session.refuse(*exchange, std::move(done).error());
      session.answer(*exchange, EmptyResult{});
    });
  };
  if (exchange->method == Method::tasks_update) {
    auto asked = protocol::decode_params<UpdateTaskRequestParams>(std::move(params));
    if (!asked) return refuse(*exchange, std::move(asked).error());
    return core_->tasks().update(owner, asked->taskId, std::move(asked->inputResponses), acknowledge_it());
  }
  auto asked = protocol::decode_params<TaskRequestParams>(std::move(params));
  if (!asked) return refuse(*exchange, std::move(asked).error());
  if (exchange->method == Method::tasks_cancel) return core_->tasks().cancel(owner, asked->taskId, acknowledge_it());
  core_->tasks().get(owner, asked->taskId, later<DetailedTask>(exchange, [exchange](Session& session, Result<DetailedTask> task) {
    if (!task) return session.refuse(*exchange, std::move(task).error());
    GetTaskResult result;
    static_cast<DetailedTask&>(result) = *std::move(task);
    session.answer(*exchange, result);
  }));
}

// -- telling those who listen

// Agreed to are the caller's own tasks. Where they stand now follows the acknowledgment, so that no change falls between.
void Session::listen_to_tasks(const ExchangePtr& exchange, SubscriptionFilter filter) {
  struct Search {
    SubscriptionFilter filter;
    std::size_t left = 0;
  };
  auto search = std::make_shared<Search>();
  std::vector<std::string> asked = *std::exchange(filter.taskIds, std::vector<std::string>{});
  std::sort(asked.begin(), asked.end());
  asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
  search->filter = std::move(filter);
  search->left = asked.size();
  if (asked.empty()) return acknowledge(exchange, std::move(search->filter));
  for (const std::string& id : asked) {
    core_->tasks().get(exchange->principal->name, id, later<DetailedTask>(exchange, [exchange, search](Session& session, Result<DetailedTask> task) {
      if (task) search->filter.taskIds->push_back(std::move(task->taskId));
      if (--search->left > 0) return;
      const std::vector<std::string> agreed = *search->filter.taskIds;
      session.acknowledge(exchange, std::move(search->filter));
      for (const std::string& own : agreed)
        session.core_->tasks().get(exchange->principal->name, own, session.later<DetailedTask>(exchange, [](Session& again, Result<DetailedTask> now) {
          if (now) again.push_task(std::make_shared<const DetailedTask>(*std::move(now)));
        }));
    }));
  }
}

bool Session::listens_to(const std::string& task) const {
  return std::any_of(in_flight_.begin(), in_flight_.end(), [&](const auto& one) {
    const auto& filter = one.second->listening;
    return filter && filter->taskIds && std::find(filter->taskIds->begin(), filter->taskIds->end(), task) != filter->taskIds->end();
  });
}

void Session::observe_tasks(const Exchange& exchange) {
  if (!exchange.listening || !exchange.listening->taskIds) return;
  for (const std::string& id : *exchange.listening->taskIds) core_->observe_task(id, shared_from_this());
}

void Session::unobserve_tasks(const Exchange& exchange) {
  if (!exchange.listening || !exchange.listening->taskIds) return;
  for (const std::string& id : *exchange.listening->taskIds)
    if (!listens_to(id)) core_->unobserve_task(id, *this);
}

void Session::task_changed(std::shared_ptr<const DetailedTask> task) {
  inbox_.push(Job([weak = weak_from_this(), task = std::move(task)] {
    if (auto session = weak.lock()) session->push_task(task);
  }));
}

void Session::push_task(const std::shared_ptr<const DetailedTask>& task) {
  const std::string& changed = task->taskId;
  if (closed_ || !listens_to(changed)) return;
  if (put_off()) return void(late_tasks_.insert_or_assign(changed, task));
  TaskStatusNotificationParams params;
  static_cast<DetailedTask&>(params) = *task;
  for (const auto& [id, exchange] : in_flight_) {
    const auto& filter = exchange->listening;
    if (!filter || !filter->taskIds || std::find(filter->taskIds->begin(), filter->taskIds->end(), changed) == filter->taskIds->end()) continue;
    params._meta = protocol::subscription_meta(id);
    transport_.send(Outgoing(protocol::encode_notification(protocol::name(Method::task_status), params, exchange->revision), exchange->stream));
  }
}

}  // namespace sumun::server
