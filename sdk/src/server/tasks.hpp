// SPDX-License-Identifier: Apache-2.0
// Tasks: calls that go on after their request was answered, and after the connection that brought it has gone. The store
// says what is known of a task; here is what its running handler needs: its questions, its answers, its end.
// Spec: the extension io.modelcontextprotocol/tasks
#pragma once
#include "gate/task_store.hpp"

#include <sumun/call.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sumun::server {

class CallState;
class Core;

/// Thread:  any. `done` may come in place or later on another thread.
/// Owner:   the Core; handlers that run hold the Core.
/// Ends by: `stop()`: no new task begins, those that run are told to stop and have failed (interrupted).
class Tasks {
 public:
  template <class T>
  using Done = std::function<void(Result<T>)>;
  using Asked = std::function<void(Result<std::vector<InputResponse>>)>;

  Tasks(Core& core, std::shared_ptr<gate::TaskStore> store);

  /// Replaces the store; before the first connection.
  void use(std::shared_ptr<gate::TaskStore> store) { store_ = std::move(store); }
  /// Where tasks have their time limits and coroutines: one that outlives every connection. What a process before this
  /// one left running has failed.
  void start(boost::asio::any_io_executor executor);
  /// None before `start`: then a task stays with the executor of the connection that began it.
  std::optional<boost::asio::any_io_executor> executor() const;
  void stop();

  // -- for clients
  /// Errors: invalid_params when the caller has no such task.
  void get(const std::string& owner, const std::string& id, Done<DetailedTask> done);
  /// Gives answers to open questions; what is not open is ignored.
  /// Errors: also invalid_params for an answer that does not fit its question; then none is taken.
  void update(const std::string& owner, const std::string& id, json responses, Done<void> done);
  /// Tells the handler to stop. Whether the task ends as cancelled is up to what it does then.
  void cancel(const std::string& owner, const std::string& id, Done<void> done);

  // -- for calls
  /// Makes a task of a call. Errors: busy.
  void begin(std::shared_ptr<CallState> call, Done<Task> done);
  void progress(const std::string& id, std::string message);
  /// The questions have keys that the task has not used before.
  void ask(const std::string& id, std::vector<KeyedQuestion> questions, Asked done);
  /// The call's answer, a whole message. The first one counts.
  void conclude(const std::string& id, std::string_view message);

 private:
  // The questions of one ask.
  struct Asking {
    std::vector<std::optional<InputResponse>> answers;
    std::size_t missing = 0;
    Asked done;
  };
  struct Question {
    std::shared_ptr<Asking> asking;
    std::size_t place = 0;
  };
  struct Active {
    // Guards what follows, and the order in which the store and those who listen are told. Recursive: a store may answer
    // in place, and what is let go of then may be the call, whose end is the task's.
    std::recursive_mutex mutex;
    std::weak_ptr<CallState> call;  // its handler owns it
    DetailedTask task;              // as the store should know it
    std::map<std::string, Question> open;
    bool ended = false;             // true: nothing changes any more
  };
  // A task that has not ended, and the right to change it.
  struct Held {
    std::shared_ptr<Active> active;  // null = there is none
    std::unique_lock<std::recursive_mutex> lock;
    explicit operator bool() const { return active != nullptr; }
    Active& operator*() const { return *active; }
    Active* operator->() const { return active.get(); }
  };
  using Askings = std::vector<std::shared_ptr<Asking>>;

  Held hold(const std::string& id);
  void forget(const std::string& id);
  void has_ended(const std::string& owner, const std::string& id, Done<void> done);
  void put(Active& active);
  Result<Askings> take_answers(Active& active, json responses);
  Askings close_questions(Active& active);
  std::string now() const;

  Core& core_;
  std::shared_ptr<gate::TaskStore> store_;
  mutable std::mutex mutex_;  // guards what follows; never held while a task is changed
  std::optional<boost::asio::any_io_executor> executor_;
  std::map<std::string, std::shared_ptr<Active>> active_;
  bool stopping_ = false;
};

}  // namespace sumun::server
