// SPDX-License-Identifier: Apache-2.0
// What a handler sees of the call that it answers: who asks, whether they still wait, and how to tell them about
// progress, to ask them something, and to keep a value between rounds.
//
// A call is the first request and its retries. In 2026-07-28 a question ends the round: the handler is unwound, the
// client answers, and the handler runs again from its start with the answers given so far returned at once. So effects
// come after the last question, and what must happen once goes through `once`. In the revisions before, the question
// is pushed and the handler waits. The same source serves both.
#pragma once
#include <sumun/convert.hpp>
#include <sumun/log.hpp>
#include <sumun/principal.hpp>
#include <sumun/result.hpp>
#include <sumun/revision.hpp>
#include <sumun/schema.hpp>
#include <sumun/types.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace sumun::server {
class CallState;
}

namespace sumun {
inline namespace v0 {

using boost::asio::awaitable;

/// What a person answered to a form of type T.
template <class T>
struct Elicited {
  ElicitAction action = ElicitAction::cancel;
  std::optional<T> content;  // there when action is accept

  explicit operator bool() const { return content.has_value(); }
  const T& operator*() const { return *content; }
  const T* operator->() const { return &*content; }
};

/// A question under the key that names it on the wire; an empty key = "q1", "q2", … in the order of asking.
struct KeyedQuestion {
  std::string key;
  InputRequest request;
};

// -- what can be asked: each names its answer and how to read it. `key` is the question's name among those of the call;
// it must be the question's own there.

/// A form whose fields are the members of T: a flat struct of strings, numbers, booleans and enums.
/// Spec: 2026-07-28 client/elicitation, Form Mode
template <class T>
struct Form {
  static_assert(is_form<T>, "sumun: a form is a flat struct of strings, numbers, booleans, enums and optionals of them");
  using Answer = Elicited<T>;
  std::string message;
  std::string key = {};

  InputRequest question() const;
  static Result<Answer> answer(InputResponse response);
};

/// A form given as a schema at run time.
struct SUMUN_EXPORT SchemaForm {
  using Answer = ElicitResult;
  std::string message;
  json requested_schema;
  std::string key = {};

  InputRequest question() const;
  static Result<Answer> answer(InputResponse response);
};

/// A page that the person opens in a browser of their own.
/// Spec: 2026-07-28 client/elicitation, URL Mode
struct SUMUN_EXPORT OpenUrl {
  using Answer = ElicitResult;
  std::string message;
  std::string url;
  std::string key = {};

  InputRequest question() const;
  static Result<Answer> answer(InputResponse response);
};

/// A completion from the client's model.
/// Spec: 2026-07-28 client/sampling
struct SUMUN_EXPORT Sample {
  using Answer = CreateMessageResult;
  CreateMessageRequestParams params;
  std::string key = {};

  InputRequest question() const;
  static Result<Answer> answer(InputResponse response);
};

/// The directories that the client works in.
/// Spec: 2026-07-28 client/roots
struct SUMUN_EXPORT Roots {
  using Answer = ListRootsResult;
  std::string key = {};

  InputRequest question() const;
  static Result<Answer> answer(InputResponse response);
};

namespace detail {
template <class T>
struct ResultValue {
  using type = T;
  static constexpr bool wrapped = false;
};
template <class T>
struct ResultValue<Result<T>> {
  using type = T;
  static constexpr bool wrapped = true;
};
}  // namespace detail

/// The call that a handler answers.
/// Thread:  any; a plain handler uses it on its own thread, a coroutine on the connection's executor.
/// Owner:   the server; it lives as long as the handler runs.
class SUMUN_EXPORT Call {
 public:
  explicit Call(std::shared_ptr<server::CallState> state);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // -- who and what
  const Principal& principal() const;
  /// The tool's or prompt's name, or the resource's URI.
  const std::string& target() const;
  Revision revision() const;
  /// What the client says of itself: for display and logs, never for decisions.
  const std::optional<Implementation>& client_info() const;
  const ClientCapabilities& client_capabilities() const;
  /// What the request's `_meta` holds beside the protocol's own keys, an object.
  const json& meta() const;
  /// The id of this call: the same in every round and retry, never the same for two calls. Pass it to what the
  /// handler calls in turn, so that a repetition can be recognised there.
  std::string execution_id() const;

  // -- whether anybody still waits
  bool cancelled() const noexcept;
  /// Ends with the call: cancelled by the client, timed out, or the connection gone.
  std::stop_token stop_token() const;
  /// When the handler is told to stop; none = no limit.
  std::optional<std::chrono::steady_clock::time_point> deadline() const;

  // -- telling the caller
  /// Reports progress, where the caller asked for it. `done` must grow; a report that does not is dropped, and so are
  /// reports that the client is too slow to read.
  void progress(double done, std::optional<double> total = std::nullopt, std::string message = {});
  /// Sends one log message to the client, where its level admits it. Lossy like progress.
  void log(LoggingLevel level, json data, std::string logger = {});
  /// Lets go of the connection that waits for the answer, so that long work holds none: the client comes back for it after
  /// a moment. Over HTTP with 2025-11-25; everywhere else nothing happens.
  /// Spec: 2025-11-25 basic/transports, Sending Messages to the Server, 6
  void release_stream();

  // -- asking the caller
  /// Asks one thing or several in one round and waits for the answers.
  /// Errors:  unsupported when the client lacks the capability (returned as it is, it becomes the protocol's own
  ///          error), cancelled, timeout, closed, or the client's refusal.
  /// Cancels: ends at once with `cancelled`.
  /// Thread:  of a plain handler; it blocks. A coroutine uses async_ask; a quick handler cannot ask.
  /// Spec:    2026-07-28 basic/patterns/mrtr; 2025-11-25 client/elicitation, client/sampling, client/roots
  template <class... Q>
  Result<std::tuple<typename Q::Answer...>> ask(Q... questions);
  template <class... Q>
  awaitable<Result<std::tuple<typename Q::Answer...>>> async_ask(Q... questions);

  /// Asks for a form: `auto who = call.elicit<Person>("Who is it for?");`
  template <class T>
  Result<Elicited<T>> elicit(std::string message, std::string key = {}) {
    return one(ask(Form<T>{std::move(message), std::move(key)}));
  }
  Result<ElicitResult> elicit_url(std::string message, std::string url) {
    return one(ask(OpenUrl{std::move(message), std::move(url)}));
  }
  Result<CreateMessageResult> sample(CreateMessageRequestParams params) { return one(ask(Sample{std::move(params)})); }
  Result<ListRootsResult> roots() { return one(ask(Roots{})); }

  template <class T>
  awaitable<Result<Elicited<T>>> async_elicit(std::string message, std::string key = {}) {
    return one_later(Form<T>{std::move(message), std::move(key)});
  }
  awaitable<Result<ElicitResult>> async_elicit_url(std::string message, std::string url) {
    return one_later(OpenUrl{std::move(message), std::move(url)});
  }
  awaitable<Result<CreateMessageResult>> async_sample(CreateMessageRequestParams params) {
    return one_later(Sample{std::move(params)});
  }
  awaitable<Result<ListRootsResult>> async_roots() { return one_later(Roots{}); }

  // -- going on as a task
  /// For a tool of TaskStart::when_told: from here on the call is a task, if the client takes tasks. The client gets the
  /// task's handle as the answer to its request; what it was asked before came in rounds, what it is asked from here on
  /// the task waits for. Everywhere else, and in a task, nothing changes.
  /// Errors:  busy when the tool requires a task and none can be kept.
  /// Thread:  of a plain handler, or a coroutine.
  /// Spec:    io.modelcontextprotocol/tasks, Task Creation
  Result<void> begin_task();
  /// The same for a coroutine, which waits without holding up the connection.
  awaitable<Result<void>> async_begin_task();

  // -- between rounds
  /// Runs `fn` the first time and returns the value that it gave then in every later round of this call.
  /// `fn` returns T or Result<T>; an error is not kept.
  /// Bounds:  the values of one call are at most kMaxOnceBytes as JSON.
  /// Thread:  of a plain or quick handler; `fn` runs in place. In a coroutine it holds up the connection while a durable
  ///          store works: that is what async_once is for.
  template <class F>
  auto once(const std::string& key, F fn);
  template <class F>
  auto async_once(std::string key, F fn) -> awaitable<Result<typename detail::ResultValue<std::invoke_result_t<F>>::type>>;

 private:
  Result<std::vector<InputResponse>> ask_all(std::vector<KeyedQuestion> questions);
  awaitable<Result<std::vector<InputResponse>>> async_ask_all(std::vector<KeyedQuestion> questions);
  Result<std::optional<json>> recall(const std::string& key);
  Result<void> remember(const std::string& key, json value);
  awaitable<Result<std::optional<json>>> async_recall(std::string key);
  awaitable<Result<void>> async_remember(std::string key, json value);

  template <class T>
  static Result<T> one(Result<std::tuple<T>> answers) {
    if (!answers) return std::move(answers).error();
    return std::get<0>(*std::move(answers));
  }
  template <class Q>
  awaitable<Result<typename Q::Answer>> one_later(Q question) {
    auto answers = co_await async_ask(std::move(question));
    co_return one(std::move(answers));
  }
  template <class... Q, std::size_t... I>
  static Result<std::tuple<typename Q::Answer...>> read_answers(std::vector<InputResponse> values, std::index_sequence<I...>);

  std::shared_ptr<server::CallState> state_;
};

// ---------------------------------------------------------------- details

template <class T>
InputRequest Form<T>::question() const {
  return SchemaForm{message, form_schema_of<T>()}.question();
}

template <class T>
Result<Elicited<T>> Form<T>::answer(InputResponse response) {
  auto plain = SchemaForm::answer(std::move(response));
  if (!plain) return std::move(plain).error();
  Elicited<T> answer{plain->action, std::nullopt};
  if (plain->action != ElicitAction::accept) return answer;
  json given = plain->content ? *std::move(plain->content) : json::object();
  auto content = decode<T>(std::move(given), "content");
  if (!content) return std::move(content).error();
  answer.content = *std::move(content);
  return answer;
}

template <class... Q, std::size_t... I>
Result<std::tuple<typename Q::Answer...>> Call::read_answers(std::vector<InputResponse> values, std::index_sequence<I...>) {
  std::tuple<Result<typename Q::Answer>...> read{Q::answer(std::move(values[I]))...};
  std::optional<Error> bad;
  ((std::get<I>(read) || bad ? void() : void(bad = std::get<I>(read).error())), ...);
  if (bad) return *std::move(bad);
  return std::tuple<typename Q::Answer...>{*std::move(std::get<I>(read))...};
}

template <class... Q>
Result<std::tuple<typename Q::Answer...>> Call::ask(Q... questions) {
  static_assert(sizeof...(Q) > 0, "sumun: ask at least one question");
  std::vector<KeyedQuestion> list;
  (list.push_back(KeyedQuestion{questions.key, questions.question()}), ...);
  auto values = ask_all(std::move(list));
  if (!values) return std::move(values).error();
  return read_answers<Q...>(*std::move(values), std::index_sequence_for<Q...>{});
}

template <class... Q>
awaitable<Result<std::tuple<typename Q::Answer...>>> Call::async_ask(Q... questions) {
  static_assert(sizeof...(Q) > 0, "sumun: ask at least one question");
  std::vector<KeyedQuestion> list;
  (list.push_back(KeyedQuestion{questions.key, questions.question()}), ...);
  auto values = co_await async_ask_all(std::move(list));
  if (!values) co_return std::move(values).error();
  co_return read_answers<Q...>(*std::move(values), std::index_sequence_for<Q...>{});
}

template <class F>
auto Call::once(const std::string& key, F fn) {
  using Returned = std::invoke_result_t<F>;
  using T = typename detail::ResultValue<Returned>::type;
  static_assert(!std::is_void_v<T>, "sumun: once() keeps a value; return one");
  auto kept = recall(key);
  if (!kept) return Result<T>(std::move(kept).error());
  if (*kept) return decode<T>(**std::move(kept), key);
  Result<T> value = fn();
  if (!value) return value;
  auto stored = remember(key, encode(*value));
  if (!stored) return Result<T>(std::move(stored).error());
  return value;
}

template <class F>
auto Call::async_once(std::string key, F fn) -> awaitable<Result<typename detail::ResultValue<std::invoke_result_t<F>>::type>> {
  using T = typename detail::ResultValue<std::invoke_result_t<F>>::type;
  static_assert(!std::is_void_v<T>, "sumun: async_once() keeps a value; return one");
  auto kept = co_await async_recall(key);
  if (!kept) co_return std::move(kept).error();
  if (*kept) co_return decode<T>(**std::move(kept), key);
  Result<T> value = fn();
  if (!value) co_return value;
  json encoded = encode(*value);
  auto stored = co_await async_remember(key, std::move(encoded));
  if (!stored) co_return std::move(stored).error();
  co_return value;
}

}  // namespace v0
}  // namespace sumun
