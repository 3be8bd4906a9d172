// SPDX-License-Identifier: Apache-2.0
// One call while its handler runs: what Call shows of it, the questions it asks, and the rounds it goes through.
//
// A question has a key: its own, or "q1", "q2", … in the order of asking over all rounds. requestState seals, bound to principal,
// method, target and parameters:
//   {"c": call id, "r": round that comes next, "e": expiry (Unix seconds), "d": {key: digest of the question}, "a": {key: answer},
//    "p"?: approval, "v"?: its version as it was shown, "g"?: grant, "w"?: how often the gate has asked}
// With r = 0 it was the gate that asked, and the handler has not run.
#pragma once
#include "base/canonical.hpp"
#include "protocol/methods.hpp"
#include "runtime/inbox.hpp"
#include "runtime/job.hpp"
#include "server/core.hpp"
#include "server/passage.hpp"

#include <sumun/call.hpp>
#include <sumun/transport.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace sumun::server {

class Session;

/// Thrown through a handler whose question ends the round. Outside std::exception, so that `catch (const
/// std::exception&)` in a handler lets it pass; one that swallows it all the same is found out by `unwinding()`.
struct Unwind {};

/// What answers a request.
struct Reply {
  std::string text;            // the whole message; empty = nothing is said (the request was cancelled)
  std::optional<Error> error;  // what it says, where it is an error response
};

/// What a call that may become a task is kept with.
struct TaskTerms {
  std::chrono::milliseconds ttl;
  std::chrono::milliseconds poll_interval;
  bool required;  // false = where no task can be kept, an ordinary call will do
  bool by_tool = true;  // false = only the gate makes a task of it, while people decide
};

/// What the gate carries from round to round of a call that must be asked about.
struct GateState {
  std::string approval;
  std::string grant;
  int waits = 0;             // how often the caller was asked
  std::int64_t version = 0;  // of the approval that they were shown
};

/// Where a handler runs, as far as asking is concerned.
enum class Running { in_place, on_worker, as_coroutine };

/// The answer to a question as its type, and, where it is a form, checked against the form that was shown.
/// Errors: invalid_params; the message begins with `path`.
/// Spec:   2026-07-28 client/elicitation, Requested Schema
Result<InputResponse> read_answer(const InputRequest& question, json answer, const std::string& path);

/// Thread: progress, log, id and stop any; the rest on the handler's thread, then, handed over through the inbox, on the strand.
class CallState final : public std::enable_shared_from_this<CallState> {
 public:
  struct Setup {
    std::shared_ptr<Core> core;
    std::weak_ptr<Session> session;
    Inbox<Job>::Sender outlet;
    boost::asio::any_io_executor executor;  // of a coroutine and of the time limit
    std::shared_ptr<const Principal> principal;
    RequestId request;
    StreamId stream = 0;                    // where what it says goes
    Revision revision;
    protocol::Method method;
    std::string target;
    std::shared_ptr<const RequestMeta> meta;
    std::optional<LoggingLevel> log_level;  // the least level that the client wants; none = no messages
    Running running = Running::on_worker;
    bool only_reads = false;
    std::chrono::milliseconds timeout{0};   // of the handler, from when it may begin; 0 = none
    std::optional<TaskTerms> task;          // none = it cannot become one
  };
  explicit CallState(Setup setup);
  /// A task whose handler was dropped has failed.
  ~CallState();

  const Setup& setup() const { return setup_; }
  std::stop_token stop_token() const { return stop_.get_token(); }
  /// Tells the handler to stop, and cancels it if it is a coroutine. Any thread.
  void stop();
  bool stopped() const noexcept { return stop_.stop_requested(); }
  boost::asio::cancellation_slot cancellation_slot() { return cancel_.slot(); }
  std::optional<std::chrono::steady_clock::time_point> deadline() const;
  /// Whether it may have to be stopped in time.
  bool has_limit() const { return setup_.timeout.count() > 0 || setup_.task; }
  /// What happens when the time is up; before the handler.
  void limit(std::function<void()> late);
  /// The request was answered: its time limit goes, unless the call goes on as a task. On the session's strand.
  void answered();
  /// Made when first asked for.
  const std::string& id();

  // -- telling
  void progress(double done, std::optional<double> total, std::string message);
  void log(LoggingLevel level, json data, std::string logger);
  void release_stream();

  // -- asking
  Result<std::vector<InputResponse>> ask(std::vector<KeyedQuestion> questions);
  awaitable<Result<std::vector<InputResponse>>> async_ask(std::vector<KeyedQuestion> questions);

  // -- as a task
  /// Its id; null = the call is no task (yet).
  const std::string* task() const { return is_task_.load(std::memory_order_acquire) ? &task_ : nullptr; }
  void become_task(std::string id);

  // -- rounds
  /// Fixes what requestState is bound to; before the handler, which may take the parameters apart.
  void bind(const json& parameters);
  /// The same, where the client can be asked at all.
  void bind_for_rounds(const json& parameters);
  /// Takes up a call by what the client brought back. Errors: invalid_params.
  Result<void> resume(const std::string& request_state);
  void take_responses(json responses) { responses_ = std::move(responses); }
  /// Takes the answer that came under this key; null = none.
  json take_response(const std::string& key);
  int round() const { return round_; }
  /// Whether the store may hold something of this call.
  bool is_stored() const { return stored_ || round_ > 0; }
  void set_stored() { stored_ = true; }
  bool unwinding() const { return unwinding_; }
  /// What was said of an answer that came with this request and was none to its question.
  const std::optional<Error>& refused_answer() const { return refused_answer_; }
  /// What the client is told when the handler was unwound.
  /// Errors: internal_error when the state is over kMaxRequestStateBytes.
  Result<InputRequiredResult> input_required();
  /// The same for a question of the gate's own: the next request finds the call where it is now.
  Result<InputRequiredResult> input_required(KeyedQuestion question);

  // -- at the gate
  GateState& gate() { return gate_; }
  /// Null = the books hear nothing of this call.
  Passage* passage() const { return passage_.get(); }
  void pass(std::unique_ptr<Passage> passage) { passage_ = std::move(passage); }

 private:
  Result<InputRequiredResult> sealed(const std::vector<KeyedQuestion>& questions, int next_round);
  Result<std::vector<KeyedQuestion>> fit(std::vector<KeyedQuestion> questions) const;
  Result<std::vector<InputResponse>> answers_of_rounds(std::vector<KeyedQuestion> questions);
  std::vector<KeyedQuestion> with_task_keys(std::vector<KeyedQuestion> questions);
  void tell(std::string message);
  void arm();

  const Setup setup_;
  std::stop_source stop_;
  boost::asio::cancellation_signal cancel_;          // emitted on the executor
  std::function<void()> late_;
  std::unique_ptr<boost::asio::steady_timer> timer_;  // until the deadline; touched on the executor
  std::string task_;                                  // set once, before is_task_
  std::atomic<bool> is_task_{false};
  mutable std::mutex mutex_;             // guards the next four, and the order of progress notifications
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  std::set<std::string> task_keys_;      // of the questions asked as a task
  std::string id_;
  std::optional<double> last_progress_;  // none before the first report
  std::string binding_;                  // what requestState is sealed with
  bool stored_ = false;                  // true once a value was kept

  GateState gate_;
  std::unique_ptr<Passage> passage_;

  int round_ = 0;
  int asked_ = 0;  // questions so far in this run of the handler
  std::map<std::string, std::string> digests_;  // of questions asked in earlier rounds
  std::map<std::string, json> answers_;         // given in earlier rounds
  json responses_;                              // that came with this request
  std::vector<KeyedQuestion> pending_;  // asked by this round
  bool unwinding_ = false;
  std::optional<Error> refused_answer_;
};

}  // namespace sumun::server
