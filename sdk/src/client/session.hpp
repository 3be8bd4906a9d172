// SPDX-License-Identifier: Apache-2.0
// One connection from the client's side: requests waiting for answers, what the server sends on its own, the era.
//
//   connect.cpp    finds the era            exchange.cpp   one request and its answer, rounds of questions
//   incoming.cpp   reads what comes         questions.cpp  answers what the server asks
//   mirrored.cpp   the headers that repeat parts of a message, over HTTP
#pragma once
#include "jsonrpc/message.hpp"
#include "jsonrpc/pending.hpp"
#include "protocol/codec.hpp"
#include "protocol/header_mirror.hpp"
#include "protocol/methods.hpp"
#include "runtime/task_group.hpp"

#include <sumun/client.hpp>

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace sumun::client {

using boost::asio::awaitable;
using jsonrpc::Id;
using Instant = std::chrono::steady_clock::time_point;

/// Wakes one coroutine that listens. Nothing is remembered: whoever rings has changed what the listener looks at.
class Bell {
 public:
  explicit Bell(const boost::asio::any_io_executor& executor) : timer_(executor) {}
  void ring() { timer_.cancel(); }
  /// Ends at `until`, when rung, or when the caller is cancelled.
  awaitable<void> listen(Instant until);

 private:
  boost::asio::steady_timer timer_;
};

/// A request on its way.
struct Waiting {
  Id id;
  std::string method;
  std::optional<Result<json>> answer;
  std::shared_ptr<Bell> bell;
  std::chrono::milliseconds limit{0};
  Instant idle_until;   // moved on by progress and by questions
  Instant total_until;  // never moved
  std::function<void(const ProgressNotificationParams&)> progress;
  bool cancellable = true;  // `initialize` must not be cancelled
};
using WaitingPtr = std::shared_ptr<Waiting>;

/// Writes the request once its id and `_meta` are known.
using MessageBuilder = std::function<std::string(const Id& id, json meta, Revision revision)>;

template <class R>
MessageBuilder builder(typename R::Params params) {
  return [params = std::move(params)](const Id& id, json meta, Revision revision) mutable {
    if (!meta.empty()) params._meta = std::move(meta);
    return protocol::encode_request(id, protocol::name(R::method), params, revision);
  };
}

/// Thread:  the executor's strand. Owner: the Client, and the coroutines that run.
/// Ends by: `shut`, after which every call gives `closed`.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(boost::asio::any_io_executor executor, std::unique_ptr<Transport> transport, ClientOptions options);
  ~Session();

  awaitable<Result<ServerDescription>> connect();
  const ServerDescription& server() const { return server_; }
  const boost::asio::any_io_executor& executor() const { return executor_; }

  /// Sends one request and waits for its result.
  awaitable<Result<json>> exchange(std::string method, MessageBuilder build, json meta, RequestOptions options);

  /// The same with its types. A result that breaks them is an error that names the method.
  template <class R>
  awaitable<Result<typename R::Result>> call(typename R::Params params, RequestOptions options);

  /// For the three methods that may be answered by questions.
  template <class R>
  awaitable<Result<typename R::Result>> call_with_rounds(typename R::Params params, RequestOptions options);

  void notify(std::string_view method, const json& params);
  awaitable<void> close();
  void shut(Error why);

 private:
  friend struct QuestionScope;

  // -- connect.cpp
  awaitable<Result<void>> open_modern(Revision revision);
  awaitable<Result<void>> open_either();
  awaitable<Result<void>> after_probe(WaitingPtr probe);
  awaitable<Result<void>> open_legacy(Revision offer, WaitingPtr probe);
  Result<WaitingPtr> send_probe(Revision revision, std::chrono::milliseconds limit);
  Result<WaitingPtr> send_initialize(Revision offer, std::shared_ptr<Bell> bell);
  void take(DiscoverResult discovered, Revision revision);
  Result<void> take(InitializeResult initialized);

  // -- exchange.cpp
  Result<WaitingPtr> begin(std::string method, const MessageBuilder& build, json meta, RequestOptions options, std::shared_ptr<Bell> bell);
  awaitable<Result<json>> answer_to(WaitingPtr waiting);
  void give_up(Waiting& waiting, Error why);
  Instant deadline(const Waiting& waiting) const;
  json request_meta(const Id& id, json meta, bool progress) const;

  // -- incoming.cpp
  void start();
  Flow on_text(const Incoming& incoming);
  void on_message(jsonrpc::Message message, StreamId stream);
  void on_answer(jsonrpc::Response&& response);
  void on_answer(jsonrpc::ErrorResponse&& response, StreamId stream);
  void on_concluded(StreamId stream, Error why);
  void on_notification(jsonrpc::Notification&& notification);
  void on_malformed(jsonrpc::Malformed&& malformed);
  void on_progress(json params);
  void on_log_message(json params);
  void on_cancelled(json params);
  void complain(std::string_view what);
  template <class F>
  void guarded(F callback);

  // -- mirrored.cpp
  using Headers = std::vector<std::pair<std::string, std::string>>;
  Result<Headers> headers_for(std::string_view text) const;
  void learn(ListToolsResult& listed, bool from_the_start);
  awaitable<bool> relearn(std::string tool, RequestOptions options);

  // -- questions.cpp
  void on_request(jsonrpc::Request&& request);
  ClientCapabilities capabilities() const;
  awaitable<Result<InputResponse>> answer(InputRequest question);
  awaitable<Result<json>> answer_all(std::map<std::string, InputRequest> questions);
  awaitable<void> answer_pushed(Id id, InputRequest question);

  void send(std::string message);
  Revision revision() const { return server_.revision; }

  boost::asio::any_io_executor executor_;
  std::unique_ptr<Transport> transport_;
  ClientOptions options_;
  TaskGroup tasks_;
  std::map<std::int64_t, WaitingPtr> waiting_;  // by id, for progress; an entry leaves with its answer
  std::map<std::string, std::vector<protocol::MirroredParam>, std::less<>> mirrored_;  // by tool, of those listed that have any
  std::map<Id, bool> pushed_;  // the server's open requests; false = the server has cancelled it
  std::size_t open_questions_ = 0;  // that handlers are answering: the clocks of requests stand still
  std::size_t complaints_ = 0;
  bool started_ = false;
  bool connecting_ = false;  // until the era is known
  bool connected_ = false;
  std::vector<std::shared_ptr<Bell>> closers_;  // who waits in close()
  std::optional<Error> closed_;
  ServerDescription server_;
  jsonrpc::PendingRequests pending_;  // last: its callbacks touch the others
};

/// While it lives, somebody thinks about a question: requests do not time out.
struct QuestionScope {
  explicit QuestionScope(std::shared_ptr<Session> session);
  ~QuestionScope();
  QuestionScope(const QuestionScope&) = delete;
  QuestionScope& operator=(const QuestionScope&) = delete;

 private:
  std::shared_ptr<Session> session_;
};

Error malformed_answer(std::string_view method, const Error& why);

template <class R>
awaitable<Result<typename R::Result>> Session::call(typename R::Params params, RequestOptions options) {
  std::string method(protocol::name(R::method));
  json meta = params._meta.value_or(json::object());
  [[maybe_unused]] bool from_the_start = true;
  if constexpr (std::is_same_v<R, protocol::ListTools>) from_the_start = !params.cursor;
  auto build = builder<R>(std::move(params));
  auto answer = co_await exchange(method, std::move(build), std::move(meta), std::move(options));
  if (!answer) co_return answer.error();
  auto result = protocol::decode_result<typename R::Result>(*std::move(answer));
  if (!result) co_return malformed_answer(method, result.error());
  if constexpr (std::is_same_v<R, protocol::ListTools>) learn(*result, from_the_start);
  co_return result;
}

template <class R>
awaitable<Result<typename R::Result>> Session::call_with_rounds(typename R::Params params, RequestOptions options) {
  using Answer = typename R::Result;
  const std::string method(protocol::name(R::method));
  const json meta = params._meta.value_or(json::object());
  [[maybe_unused]] bool relisted = false;
  for (std::size_t round = 0; round < options_.max_rounds; ++round) {
    auto build = builder<R>(params);
    auto raw = co_await exchange(method, std::move(build), meta, options);
    if constexpr (std::is_same_v<R, protocol::CallTool>) {
      // The tool's schema may have changed since it was listed. Once: the next refusal is an answer.
      // Spec: 2026-07-28 basic/transports/streamable-http, Client Behavior
      if (!raw && raw.error().code == ErrorCode::header_mismatch && transport_->has_streams() && !std::exchange(relisted, true)) {
        const bool known = co_await relearn(params.name, options);
        if (known) continue;
      }
    }
    if (!raw) co_return raw.error();
    auto decoded = protocol::decode_answer<Answer>(*std::move(raw));
    if (!decoded) co_return malformed_answer(method, decoded.error());
    if (auto* done = std::get_if<Answer>(&*decoded)) co_return std::move(*done);
    auto& asked = std::get<InputRequiredResult>(*decoded);
    if (!allows(revision(), Feature::input_required)) {
      co_return malformed_answer(method, fail("input_required is not part of " + std::string(version_string(revision()))));
    }
    if (!asked.inputRequests && !asked.requestState) {
      co_return malformed_answer(method, fail("input_required with neither inputRequests nor requestState"));
    }
    // What the server did not send must not come back to it, so both members are set anew each round.
    params.requestState = std::move(asked.requestState);
    params.inputResponses.reset();
    if (asked.inputRequests) {
      auto answers = co_await answer_all(*std::move(asked.inputRequests));
      if (!answers) co_return answers.error();
      params.inputResponses = *std::move(answers);
    }
  }
  co_return fail("the server asked for input " + std::to_string(options_.max_rounds) + " times for one " + method);
}

}  // namespace sumun::client
