// SPDX-License-Identifier: Apache-2.0
// Asking in both eras, and the sealed state between rounds.
#include "server/call_state.hpp"

#include "base/json_text.hpp"
#include "base/random.hpp"
#include "protocol/codec.hpp"
#include "protocol/errors.hpp"
#include "protocol/meta.hpp"
#include "runtime/worker_pool.hpp"
#include "server/session.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cmath>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace sumun::server {
namespace {

using Answers = Result<std::vector<InputResponse>>;

Error gone() { return fail(ErrorCode::closed, "the connection is closed"); }

// A place for answers that another thread brings. Dropped without an answer it says that the connection is gone.
class Waiting {
 public:
  void put(Answers answers) {
    {
      std::lock_guard lock(mutex_);
      if (answers_) return;
      answers_.emplace(std::move(answers));
    }
    there_.notify_one();
  }
  Answers take() {
    std::unique_lock lock(mutex_);
    there_.wait(lock, [&] { return answers_.has_value(); });
    return *std::move(answers_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable there_;
  std::optional<Answers> answers_;
};

// Ends the wait when the job that should have answered is dropped.
struct Promise {
  explicit Promise(std::shared_ptr<Waiting> to) : waiting(std::move(to)) {}
  Promise(Promise&&) = default;
  Promise& operator=(Promise&&) = default;
  ~Promise() {
    if (waiting) waiting->put(gone());
  }
  std::shared_ptr<Waiting> waiting;
};

std::string digest_of(const InputRequest& question) {
  return to_hex(stable_digest(protocol::encode(question)));
}

std::int64_t unix_seconds(const Clock& clock) {
  return std::chrono::duration_cast<std::chrono::seconds>(clock.wall().time_since_epoch()).count();
}

std::string words_of(double number) {
  std::string out;
  append_ecmascript_number(out, number);
  return out;
}

Error bad_state(const std::string& why) {
  return fail(ErrorCode::invalid_params, "params.requestState: " + why + "; call again without it");
}

}  // namespace

// `format` stays an annotation: what a person typed is judged by the form's other keywords.
Result<InputResponse> read_answer(const InputRequest& question, json answer, const std::string& path) {
  auto read = protocol::decode_input_response(question, std::move(answer), path);
  if (!read) return read;
  const auto* const form = std::get_if<ElicitRequestFormParams>(&question);
  const auto* const filled = std::get_if<ElicitResult>(&*read);
  if (form == nullptr || filled == nullptr || filled->action != ElicitAction::accept) return read;
  auto schema = Schema::compile(form->requestedSchema);
  if (!schema) return std::move(schema).error();
  const auto violations = schema->validate(filled->content ? *filled->content : json::object());
  if (!violations.empty()) return fail(ErrorCode::invalid_params, explain(violations, path + ".content"));
  return read;
}

CallState::CallState(Setup setup)
    : setup_(std::move(setup)),
      stop_(setup_.running == Running::in_place ? std::stop_source(std::nostopstate) : std::stop_source()) {}

CallState::~CallState() {
  if (!is_task_) return;
  setup_.core->tasks().conclude(task_, jsonrpc::encode_error(setup_.request, fail(ErrorCode::internal_error, "the task was dropped before it ended")));
}

void CallState::stop() {
  stop_.request_stop();
  if (setup_.running != Running::as_coroutine) return;
  boost::asio::dispatch(setup_.executor, [call = shared_from_this()] { call->cancel_.emit(boost::asio::cancellation_type::terminal); });
}

// -- the time limit

std::optional<std::chrono::steady_clock::time_point> CallState::deadline() const {
  std::lock_guard lock(mutex_);
  return deadline_;
}

void CallState::limit(std::function<void()> late) {
  if (setup_.timeout.count() > 0) {
    const auto end = std::chrono::steady_clock::now() + setup_.timeout;
    std::lock_guard lock(mutex_);
    deadline_ = deadline_ ? std::min(*deadline_, end) : end;
  }
  late_ = std::move(late);
  boost::asio::dispatch(setup_.executor, [call = shared_from_this()] { call->arm(); });
}

void CallState::arm() {
  const auto until = deadline();
  if (!until || stopped()) return;
  timer_ = std::make_unique<boost::asio::steady_timer>(setup_.executor, *until);
  timer_->async_wait([weak = weak_from_this()](boost::system::error_code failed) {
    const auto call = weak.lock();
    if (failed || !call) return;
    call->late_();
    call->stop();
  });
}

void CallState::answered() {
  if (late_ && !is_task_) boost::asio::dispatch(setup_.executor, [call = shared_from_this()] {
      if (!call->is_task_) call->timer_.reset();
    });
}

// -- as a task

// A task is stopped when its time to live is over: nobody could come back for its result.
void CallState::become_task(std::string id) {
  const auto end = std::chrono::steady_clock::now() + setup_.task->ttl;
  {
    std::lock_guard lock(mutex_);
    deadline_ = deadline_ ? std::min(*deadline_, end) : end;
  }
  task_ = std::move(id);
  is_task_.store(true, std::memory_order_release);
  if (late_) boost::asio::dispatch(setup_.executor, [call = shared_from_this()] { call->arm(); });
}

const std::string& CallState::id() {
  std::lock_guard lock(mutex_);
  if (id_.empty()) id_ = random_id();
  return id_;
}

// Only what is said before the answer is delivered: the inbox keeps the order.
void CallState::tell(std::string message) {
  if (setup_.running == Running::in_place) {
    if (auto session = setup_.session.lock()) session->tell(*this, std::move(message));
    return;
  }
  setup_.outlet.push(Job([call = shared_from_this(), text = std::move(message)]() mutable {
    if (auto session = call->setup().session.lock()) session->tell(*call, std::move(text));
  }));
}

void CallState::progress(double done, std::optional<double> total, std::string message) {
  const auto& token = setup_.meta->progressToken;
  if ((!token && !task()) || stopped() || !std::isfinite(done)) return;
  if (total && !std::isfinite(*total)) total.reset();
  std::lock_guard lock(mutex_);
  if (last_progress_ && done <= *last_progress_) return;  // 2026-07-28 basic/patterns/progress: it MUST increase
  last_progress_ = done;
  if (task()) {
    if (message.empty()) message = words_of(done) + (total ? " of " + words_of(*total) : "");
    return setup_.core->tasks().progress(task_, std::move(message));
  }
  ProgressNotificationParams params;
  params.progressToken = *token;
  params.progress = done;
  params.total = total;
  if (!message.empty()) params.message = std::move(message);
  tell(protocol::encode_notification(protocol::name(protocol::Method::progress), params, setup_.revision));
}

void CallState::log(LoggingLevel level, json data, std::string logger) {
  if (!setup_.log_level || level < *setup_.log_level || stopped() || task()) return;  // tasks have no log messages
  LoggingMessageNotificationParams params;
  params.level = level;
  params.data = std::move(data);
  if (!logger.empty()) params.logger = std::move(logger);
  tell(protocol::encode_notification(protocol::name(protocol::Method::message), params, setup_.revision));
}

void CallState::release_stream() {
  setup_.outlet.push(Job([call = shared_from_this()] {
    if (auto session = call->setup().session.lock()) session->release(*call);
  }));
}

Result<std::vector<KeyedQuestion>> CallState::fit(std::vector<KeyedQuestion> questions) const {
  for (KeyedQuestion& question : questions) {
    if (question.key == kApprovalKey) return fail(ErrorCode::internal_error, "the key " + in_quotes(kApprovalKey) + " is the gate's own");
    if (auto* const url = std::get_if<ElicitRequestURLParams>(&question.request))
      if (allows(setup_.revision, Feature::elicitation_id) && !url->elicitationId) url->elicitationId = random_id();
    if (!protocol::can_answer(setup_.meta->clientCapabilities, question.request))
      return protocol::missing_capability(protocol::needed_for(question.request));
    auto fitted = protocol::fit_question(std::move(question.request), setup_.revision);
    if (!fitted) return std::move(fitted).error();
    question.request = *std::move(fitted);
    if (const auto* const form = std::get_if<ElicitRequestFormParams>(&question.request)) {
      auto schema = Schema::compile(form->requestedSchema);
      if (!schema) return fail(ErrorCode::internal_error, "the form's schema is not valid: " + schema.error().message);
    }
  }
  return questions;
}

Answers CallState::ask(std::vector<KeyedQuestion> questions) {
  if (setup_.running == Running::in_place)
    return fail(ErrorCode::internal_error, "a quick handler cannot ask; register it on the pool or make it a coroutine");
  if (setup_.running == Running::as_coroutine)
    return fail(ErrorCode::internal_error, "a coroutine asks with async_ask, async_elicit, …; ask would block the connection");
  if (stopped()) return fail(ErrorCode::cancelled, "the call was cancelled");
  auto fitted = fit(std::move(questions));
  if (!fitted) return std::move(fitted).error();
  if (!task() && allows(setup_.revision, Feature::input_required)) return answers_of_rounds(*std::move(fitted));

  auto waiting = std::make_shared<Waiting>();
  std::stop_callback on_stop(stop_.get_token(), [waiting] { waiting->put(fail(ErrorCode::cancelled, "the call was cancelled")); });
  auto promise = std::make_shared<Promise>(waiting);
  auto put = [promise](Answers answers) { promise->waiting->put(std::move(answers)); };
  promise.reset();
  if (task()) {
    setup_.core->tasks().ask(task_, with_task_keys(*std::move(fitted)), std::move(put));
  } else {
    setup_.outlet.push(Job([call = shared_from_this(), list = *std::move(fitted), put = std::move(put)]() mutable {
      if (auto session = call->setup().session.lock()) session->push_questions(*call, std::move(list), call->setup().core->options().ask_limit, std::move(put));
    }));
  }
  BlockingScope away;
  return waiting->take();
}

awaitable<Answers> CallState::async_ask(std::vector<KeyedQuestion> questions) {
  if (setup_.running != Running::as_coroutine)
    co_return fail(ErrorCode::internal_error, "async_ask belongs to coroutines; a plain handler uses ask");
  if (stopped()) co_return fail(ErrorCode::cancelled, "the call was cancelled");
  auto fitted = fit(std::move(questions));
  if (!fitted) co_return std::move(fitted).error();
  if (!task() && allows(setup_.revision, Feature::input_required)) co_return answers_of_rounds(*std::move(fitted));

  auto slot = std::make_shared<std::optional<Answers>>();
  auto timer = std::make_shared<boost::asio::steady_timer>(setup_.executor, std::chrono::steady_clock::time_point::max());
  auto put = [slot, timer, executor = setup_.executor](Answers answers) {
    boost::asio::dispatch(executor, [slot, timer, answers = std::move(answers)]() mutable {
      slot->emplace(std::move(answers));
      timer->cancel();
    });
  };
  if (task()) {
    setup_.core->tasks().ask(task_, with_task_keys(*std::move(fitted)), std::move(put));
  } else {
    auto session = setup_.session.lock();
    if (!session) co_return gone();
    session->push_questions(*this, *std::move(fitted), setup_.core->options().ask_limit, std::move(put));
  }
  boost::system::error_code ignored;
  auto token = boost::asio::redirect_error(boost::asio::use_awaitable, ignored);
  if (!*slot) co_await timer->async_wait(token);
  if (!*slot) co_return fail(ErrorCode::cancelled, "the call was cancelled");
  co_return *std::move(*slot);
}

Answers CallState::answers_of_rounds(std::vector<KeyedQuestion> questions) {
  std::vector<InputResponse> given;
  std::vector<KeyedQuestion> missing;
  int number = asked_;
  for (KeyedQuestion& question : questions) {
    ++number;
    if (question.key.empty()) question.key = "q" + std::to_string(number);
    const std::string& key = question.key;
    const std::string digest = digest_of(question.request);
    // An answer belongs to the question that was asked under this key: a handler that asks something else on its next run
    // gets to ask it.
    const auto known = digests_.find(key);
    const bool same = known == digests_.end() || known->second == digest;
    if (!same) answers_.erase(key);
    if (same && answers_.count(key) == 0 && responses_.is_object() && responses_.contains(key)) answers_[key] = responses_[key];
    digests_[key] = digest;
    const auto answer = answers_.find(key);
    if (answer == answers_.end()) {
      missing.push_back(std::move(question));
      continue;
    }
    json copy = answer->second;
    auto read = read_answer(question.request, std::move(copy), "params.inputResponses." + key);
    if (!read) {
      refused_answer_ = std::move(read).error();
      return *refused_answer_;
    }
    given.push_back(*std::move(read));
  }
  if (missing.empty()) {
    asked_ = number;
    return given;
  }
  pending_ = std::move(missing);
  unwinding_ = true;
  throw Unwind{};
}

// A key is used once in the life of a task. Spec: io.modelcontextprotocol/tasks, Task Update Requests
std::vector<KeyedQuestion> CallState::with_task_keys(std::vector<KeyedQuestion> questions) {
  std::lock_guard lock(mutex_);
  for (KeyedQuestion& question : questions) {
    ++asked_;
    if (question.key.empty()) question.key = "q" + std::to_string(asked_);
    const std::string own = question.key;
    for (int again = 2; !task_keys_.insert(question.key).second; ++again) question.key = own + "-" + std::to_string(again);
  }
  return questions;
}

void CallState::bind(const json& parameters) {
  if (!binding_.empty()) return;
  json bound = {{"method", protocol::name(setup_.method)},
                {"parameters", parameters},
                {"principal", setup_.principal->name},
                {"target", setup_.target}};
  const Digest digest = stable_digest(bound);
  binding_.assign(digest.begin(), digest.end());
}

void CallState::bind_for_rounds(const json& parameters) {
  const ClientCapabilities& client = setup_.meta->clientCapabilities;
  if (allows(setup_.revision, Feature::input_required) && (client.elicitation || client.sampling || client.roots)) bind(parameters);
}

Result<void> CallState::resume(const std::string& request_state) {
  if (request_state.size() > 2 * kMaxRequestStateBytes) return bad_state("too long");
  const auto sealer = setup_.core->sealer();
  if (!sealer) return sealer.error();
  auto text = (*sealer)->open(request_state, binding_);
  if (!text) return bad_state("it was not made for this call, or not by this server");
  auto state = parse_json(*text);
  if (!state) return bad_state("it cannot be read");
  if ((*state)["e"].get<std::int64_t>() < unix_seconds(setup_.core->clock())) return bad_state("it has expired");
  id_ = (*state)["c"].get<std::string>();
  round_ = (*state)["r"].get<int>();
  digests_ = (*state)["d"].get<std::map<std::string, std::string>>();
  answers_ = (*state)["a"].get<std::map<std::string, json>>();
  gate_ = {state->value("p", ""), state->value("g", ""), state->value("w", 0), state->value("v", std::int64_t{0})};
  return {};
}

json CallState::take_response(const std::string& key) {
  json answer;
  if (!responses_.is_object() || !responses_.contains(key)) return answer;
  answer = std::move(responses_[key]);
  responses_.erase(key);
  return answer;
}

Result<InputRequiredResult> CallState::input_required() { return sealed(pending_, round_ + 1); }

Result<InputRequiredResult> CallState::input_required(KeyedQuestion question) {
  ++gate_.waits;
  return sealed({std::move(question)}, round_);
}

Result<InputRequiredResult> CallState::sealed(const std::vector<KeyedQuestion>& questions, int next_round) {
  const auto expiry = unix_seconds(setup_.core->clock()) + std::chrono::duration_cast<std::chrono::seconds>(kRequestStateLife).count();
  json state = {{"c", id()}, {"r", next_round}, {"e", expiry}, {"d", digests_}, {"a", answers_}};
  if (!gate_.approval.empty()) state["p"] = gate_.approval;
  if (!gate_.grant.empty()) state["g"] = gate_.grant;
  if (gate_.waits > 0) state["w"] = gate_.waits;
  if (gate_.version > 0) state["v"] = gate_.version;
  InputRequiredResult result;
  const auto sealer = setup_.core->sealer();
  if (!sealer) return sealer.error();
  result.requestState = (*sealer)->seal(dump_json(state), binding_);
  if (result.requestState->size() > kMaxRequestStateBytes)
    return fail(ErrorCode::internal_error, "the answers of this call no longer fit into requestState (" +
                                               std::to_string(kMaxRequestStateBytes) + " bytes)");
  result.inputRequests.emplace();
  for (const KeyedQuestion& one : questions) result.inputRequests->emplace(one.key, one.request);
  return result;
}

}  // namespace sumun::server
