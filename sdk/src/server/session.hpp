// SPDX-License-Identifier: Apache-2.0
// One connection of a client: decides the era of each message, keeps what is in flight, and answers each request
// exactly once, or never if it was cancelled. Split by feature:
//   session.cpp        messages, eras, opening and ending
//   session_tools.cpp  tools/call, as far as the gate
//   session_gate.cpp   calls that people are asked about
//   session_calls.cpp  prompts/get, resources/read, completion/complete
//   session_lists.cpp  lists and their pages
//   session_asks.cpp   our requests to the client (legacy), notifications and subscriptions
//   session_tasks.cpp  calls that become tasks, tasks/get, tasks/update, tasks/cancel, notifications/tasks
#pragma once
#include "jsonrpc/message.hpp"
#include "jsonrpc/pending.hpp"
#include "protocol/methods.hpp"
#include "runtime/inbox.hpp"
#include "runtime/job.hpp"
#include "runtime/worker_pool.hpp"
#include "server/call_state.hpp"
#include "server/core.hpp"

#include <sumun/transport.hpp>

#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace sumun::server {

/// The answers to one batch of 2025-03-26, which leave together. Spec: 2025-03-26 basic, Batching
struct Batch {
  StreamId stream = 0;
  std::size_t waiting = 0;  // requests not answered yet
  std::string text;         // the answers so far, with commas
};

/// Where a message came from.
struct Origin {
  StreamId stream = 0;
  std::shared_ptr<const Principal> principal;
  const MirroredHeaders* headers = nullptr;  // during the event only; null = none to compare with
  std::shared_ptr<Batch> batch;              // null = it came alone
};

/// One request that is being answered. Thread: the strand.
struct Exchange {
  RequestId id;
  StreamId stream = 0;
  std::shared_ptr<const Principal> principal;
  protocol::Method method = protocol::Method::ping;
  Revision revision = kLatestRevision;
  std::shared_ptr<const RequestMeta> meta;
  const MirroredHeaders* headers = nullptr;             // during the event that brought it; null = none to compare with
  std::shared_ptr<Batch> batch;
  std::shared_ptr<CallState> call;                      // while a handler runs
  std::vector<RequestId> asked;                         // our requests to the client on its behalf
  std::optional<SubscriptionFilter> listening;          // of subscriptions/listen
  bool done = false;                                    // true once answered or dropped
  bool given_up = false;                                // by its client: nobody waits for what it asked people
};
using ExchangePtr = std::shared_ptr<Exchange>;

enum class Rung;
struct Refusal;
struct ToolCall;
/// What runs plain handlers; it outlives every connection.
struct Workers {
  WorkerPool* pool;
  std::shared_ptr<std::atomic<std::size_t>> waiting_bytes;  // of requests that no worker has begun
};
template <class R, class Finish>
struct Work;

/// Which revisions a session serves.
enum class Eras { both, modern_only };

struct SessionOptions {
  Principal principal;  // of messages whose transport names none
  Eras eras = Eras::both;
  std::chrono::milliseconds grace{250};  // how long running handlers may go on after the end of input
};

/// Thread:  the strand of `executor`, but for Observer's functions.
/// Owner:   its transport (through the events); what runs elsewhere keeps weak references.
/// Ends by: the end of input or `end()`: nothing new is taken, handlers get `grace` and are then cancelled, what is answered
///          is written, the transport is closed; or by the loss of the transport. Then `finished`, once.
class Session final : public Observer, public std::enable_shared_from_this<Session> {
 public:
  static std::shared_ptr<Session> start(std::shared_ptr<Core> core, Transport& transport, boost::asio::any_io_executor executor,
                                        WorkerPool& pool, SessionOptions options, std::function<void()> finished);
  ~Session() override;

  /// Begins the orderly end: as at the end of input, and open subscriptions are told.
  void end();

  // -- Observer: any thread
  void list_changed(ListKind kind) override;
  void policy_changed(std::shared_ptr<const Registry> before, std::shared_ptr<const Registry> now) override;
  void resource_updated(const std::string& uri) override;
  void task_changed(std::shared_ptr<const DetailedTask> task) override;

  // -- for CallState, on the strand
  /// Sends a notification that belongs to a request which is still in flight; dropped when the client reads too slowly.
  void tell(const CallState& call, std::string message);
  /// Lets go of the connection that waits for the call's answer, where its client can come back.
  void release(const CallState& call);
  /// Sends the whole message that answers a request, if it is still in flight for this call.
  void deliver(const CallState& call, Reply reply);
  using Asked = std::function<void(Result<std::vector<InputResponse>>)>;
  void push_questions(const CallState& call, std::vector<KeyedQuestion> questions, std::chrono::milliseconds limit, Asked done);
  /// Whether the call's request is neither answered nor cancelled.
  bool waits_for(const CallState& call) const { return exchange_of(call) != nullptr; }

 private:
  Session(std::shared_ptr<Core> core, Transport& transport, boost::asio::any_io_executor executor, WorkerPool& pool,
          SessionOptions options, std::function<void()> finished);

  // What `initialize` opened.
  struct Legacy {
    Revision revision;
    std::shared_ptr<const RequestMeta> client;  // who it is and what it can do
    LoggingLevel level = LoggingLevel::info;
    bool initialized = false;  // true once it said so; only then is anything pushed
    std::set<std::string, std::less<>> subscribed;
    std::shared_ptr<const Principal> principal;  // who opened it
  };

  // -- session.cpp
  Flow on_message(const Incoming& message);
  void on_one(jsonrpc::Message message, std::size_t bytes, const Origin& origin);
  void on_batch(json value, std::size_t bytes, const Origin& origin);
  void on_request(jsonrpc::Request request, std::size_t bytes, const Origin& origin);
  void on_notification(jsonrpc::Notification notification);
  void on_refused(Error why, StreamId stream);
  void on_ended();
  void on_closed();
  Result<std::pair<Revision, std::shared_ptr<const RequestMeta>>> era_of(jsonrpc::Request& request, const MirroredHeaders* headers) const;
  std::span<const Revision> supported() const;
  void dispatch(ExchangePtr exchange, json params, std::size_t bytes);
  void initialize(const ExchangePtr& exchange, json params);
  void discover(const ExchangePtr& exchange);
  Revision reply_revision() const;  // for errors about what could not be read
  void cancel(const RequestId& id);
  void drop(const ExchangePtr& exchange, const Error& why);
  ExchangePtr exchange_of(const CallState& call) const;  // null once answered or cancelled
  void finish_when_idle();
  void cancel_all();

  // -- answering
  template <class T>
  void answer(Exchange& exchange, const T& result) {
    reply(exchange, Reply{protocol::encode_response(exchange.id, result, protocol::Receiver{exchange.revision, &core_->stamp()}), {}});
  }
  /// `for_invalid_params`: what the transport hears instead. It makes 400 of a request that lacks its fields, not of
  /// parameters that a method does not like. Spec: 2026-07-28 basic, Per-request protocol fields
  void refuse(Exchange& exchange, Error error, ErrorCode for_invalid_params = ErrorCode::invalid_params);
  /// Answers, once; nothing when the exchange was dropped.
  void reply(Exchange& exchange, Reply reply);
  /// Concludes the message's stream, or its part of the batch.
  void conclude_stream(StreamId stream, const std::shared_ptr<Batch>& batch, Reply reply);

  // -- session_tools.cpp
  void call_tool(ExchangePtr exchange, json params, std::size_t bytes);
  std::shared_ptr<CallState> make_call(const ExchangePtr& exchange, std::string target, Running running, bool only_reads,
                                       std::chrono::milliseconds timeout, std::optional<TaskTerms> task = std::nullopt);
  Workers workers() { return {&pool_, waiting_bytes_}; }
  template <class R, class Finish>
  void carry_out(const ExchangePtr& exchange, Work<R, Finish> work);
  /// The log hears of what did not get past the gate. `by`: "unknown", "scope", "schema", "policy", "state", "approval".
  void note_refusal(const Exchange& exchange, std::string_view target, const json* arguments, std::string_view by, std::string_view why);
  void refuse_for_scope(Exchange& exchange, std::string_view target, Error lack);
  /// The log hears of what only reads.
  void note_read(const Exchange& exchange, const json* arguments, const std::optional<Refusal>& would);

  // -- session_gate.cpp
  using ToolCallPtr = std::shared_ptr<ToolCall>;
  void run_tool(const ToolCallPtr& tool);
  void ask_people(const ToolCallPtr& tool);
  void look_for_leave(const ToolCallPtr& tool);
  void look_for_grant(const ToolCallPtr& tool, const Approval& draft, const std::optional<Approval>& standing);
  void close_for_grant(const ToolCallPtr& tool, const std::string& approval, const std::string& grant);
  void look_again(const ToolCallPtr& tool, const std::string& approval, const Error& why);
  void ask_anew(const ToolCallPtr& tool, const std::string& approval);
  void take_approval(const ToolCallPtr& tool, const Approval& approval);
  void take_answer(const ToolCallPtr& tool, const Approval& approval, json given);
  void answered(const ToolCallPtr& tool, const Approval& approval, Rung rung, const InputResponse& response);
  void vote(const ToolCallPtr& tool, const Approval& approval, bool approves, const std::string& reason);
  void ask(const ToolCallPtr& tool, const Approval& approval);
  void push(const ToolCallPtr& tool, const Approval& approval, Rung rung, InputRequest question);
  void hold(const ToolCallPtr& tool, const Approval& approval);
  void held(const ToolCallPtr& tool, Result<Approval> approval);

  // -- session_calls.cpp
  void get_prompt(ExchangePtr exchange, json params, std::size_t bytes);
  void read_resource(ExchangePtr exchange, json params, std::size_t bytes);
  void complete(ExchangePtr exchange, json params, std::size_t bytes);
  template <class Params>
  bool take_up(const ExchangePtr& exchange, CallState& call, Params& params, const json& input);

  // -- session_lists.cpp
  void list_tools(const ExchangePtr& exchange, json params);
  void list_prompts(const ExchangePtr& exchange, json params);
  void list_resources(const ExchangePtr& exchange, json params, std::size_t bytes);
  void list_templates(const ExchangePtr& exchange, json params);

  // -- session_tasks.cpp
  /// Makes a task of the exchange's call, answers with its handle and goes on; without a task where none can be kept.
  void begin_task(const ExchangePtr& exchange, std::function<void()> go_on);
  void about_task(const ExchangePtr& exchange, json params);
  template <class T>
  std::function<void(Result<T>)> later(const ExchangePtr& exchange, std::function<void(Session&, Result<T>)> then);
  void listen_to_tasks(const ExchangePtr& exchange, SubscriptionFilter filter);
  void push_task(const std::shared_ptr<const DetailedTask>& task);
  void observe_tasks(const Exchange& exchange);
  /// Of those that no subscription in flight names.
  void unobserve_tasks(const Exchange& exchange);

  // -- session_asks.cpp
  void subscribe(const ExchangePtr& exchange, json params);
  void unsubscribe(const ExchangePtr& exchange, json params);
  void set_level(const ExchangePtr& exchange, json params);
  void listen(const ExchangePtr& exchange, json params);
  void acknowledge(const ExchangePtr& exchange, SubscriptionFilter filter);
  void end_listening();
  /// Ends our own requests that nobody waits for any more, and tells the client so.
  void withdraw(const std::vector<RequestId>& questions, Revision revision, StreamId stream, const Error& why);
  /// Hears of changes from now on.
  void observe();
  using Concerns = std::function<bool(const Principal&)>;  // empty = everybody
  void push_list_changed(ListKind kind, const Concerns& concerns = {});
  void push_resource_updated(const std::string& uri);
  bool is_subscribed(const std::string& uri) const;
  bool listens_to(const std::string& task) const;
  bool put_off();

  const std::shared_ptr<Core> core_;
  Transport& transport_;
  const boost::asio::any_io_executor executor_;
  WorkerPool& pool_;
  const SessionOptions options_;
  const std::shared_ptr<const Principal> principal_;
  std::function<void()> finished_;
  Inbox<Job> inbox_;

  std::optional<Legacy> legacy_;
  std::unordered_map<RequestId, ExchangePtr> in_flight_;
  std::size_t listeners_ = 0;        // subscriptions among them
  std::size_t subscribed_uris_ = 0;  // URIs of all of them
  std::size_t subscribed_tasks_ = 0;  // likewise
  jsonrpc::PendingRequests asked_;
  std::shared_ptr<std::atomic<std::size_t>> waiting_bytes_;  // of requests that no worker has begun
  boost::asio::steady_timer grace_timer_;
  // Changes that wait until the client has read more; each is told once, however often it happened.
  std::set<ListKind> late_lists_;
  std::set<std::string> late_uris_;
  std::map<std::string, std::shared_ptr<const DetailedTask>> late_tasks_;
  boost::asio::steady_timer late_timer_;
  bool late_waiting_ = false;  // true while that timer runs
  bool observing_ = false;     // true once it hears of changes
  bool ending_ = false;
  bool closed_ = false;
};

// Brings what a store answers to the strand, where the exchange still waits for it.
template <class T>
std::function<void(Result<T>)> Session::later(const ExchangePtr& exchange, std::function<void(Session&, Result<T>)> then) {
  in_flight_[exchange->id] = exchange;
  return [weak = weak_from_this(), sender = inbox_.sender(), exchange, then = std::move(then)](Result<T> result) {
    sender.push(Job([weak, exchange, then, result = std::move(result)]() mutable {
      const auto session = weak.lock();
      if (session && !exchange->done) then(*session, std::move(result));
    }));
  };
}

/// Whether another policy shows a principal another list.
bool list_differs(ListKind kind, const Registry& before, const Registry& now, const Principal& who);

/// Brings a call's answer to its session, behind all that the handler said before, or to its task. Thread: any.
void hand_over(const CallState& call, Reply reply);
/// Answers a call's request with the handle of the task that it has become. Thread: any.
void answer_with_task(CallState& call, const Task& task);
Reply task_reply(const CallState& call, const Task& task);

}  // namespace sumun::server
