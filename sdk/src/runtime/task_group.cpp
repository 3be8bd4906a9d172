// SPDX-License-Identifier: Apache-2.0
// The group's list of running coroutines and the timer that those who join wait on.
#include "runtime/task_group.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <list>
#include <utility>
#include <vector>

namespace sumun {
inline namespace v0 {

namespace asio = boost::asio;

namespace {

struct Task {
  std::string name;
  asio::cancellation_signal signal;
  std::list<std::shared_ptr<Task>>::iterator place;
};

}  // namespace

struct TaskGroup::Shared {
  Shared(asio::any_io_executor on, LogSink to) : executor(on), log(std::move(to)), empty(std::move(on)) {
    empty.expires_at(asio::steady_timer::time_point::max());
  }

  void ended(const Task& task, const std::exception_ptr& thrown) {
    if (thrown) report(task, thrown);
    tasks.erase(task.place);
    if (tasks.empty()) empty.cancel();
  }

  void report(const Task& task, const std::exception_ptr& thrown) const {
    std::string what;
    try {
      std::rethrow_exception(thrown);
    } catch (const boost::system::system_error& error) {
      if (cancelled && error.code() == asio::error::operation_aborted) return;
      what = error.what();
    } catch (const std::exception& error) {
      what = error.what();
    } catch (...) {
      what = "it threw something that is no exception";
    }
    if (log) log(LoggingLevel::error, task.name + " failed: " + what);
  }

  void cancel() {
    cancelled = true;
    const std::vector<std::shared_ptr<Task>> running(tasks.begin(), tasks.end());  // one may end meanwhile
    for (const std::shared_ptr<Task>& task : running) task->signal.emit(asio::cancellation_type::terminal);
  }

  asio::any_io_executor executor;
  LogSink log;
  asio::steady_timer empty;  // never expires; cancelled when the last task ends
  std::list<std::shared_ptr<Task>> tasks;
  bool cancelled = false;
};

TaskGroup::TaskGroup(asio::any_io_executor executor, LogSink log)
    : shared_(std::make_shared<Shared>(std::move(executor), std::move(log))) {}

TaskGroup::~TaskGroup() { shared_->cancel(); }

void TaskGroup::spawn(std::string name, asio::awaitable<void> task) {
  if (shared_->cancelled) return;
  auto entry = std::make_shared<Task>();
  entry->name = std::move(name);
  entry->place = shared_->tasks.insert(shared_->tasks.end(), entry);
  auto ended = [shared = shared_, entry](std::exception_ptr thrown) { shared->ended(*entry, thrown); };
  asio::co_spawn(
      shared_->executor, std::move(task),
      asio::bind_cancellation_slot(entry->signal.slot(), asio::bind_executor(shared_->executor, std::move(ended))));
}

void TaskGroup::cancel() { shared_->cancel(); }

asio::awaitable<void> TaskGroup::join() {
  const std::shared_ptr<Shared> shared = shared_;
  while (!shared->tasks.empty()) {
    const auto caller = co_await asio::this_coro::cancellation_state;
    if (caller.cancelled() != asio::cancellation_type::none) co_return;
    co_await shared->empty.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

std::size_t TaskGroup::size() const { return shared_->tasks.size(); }

}  // namespace v0
}  // namespace sumun
