// SPDX-License-Identifier: Apache-2.0
// What the server sends of itself: questions pushed to legacy clients, notifications, and subscriptions.
#include "protocol/codec.hpp"
#include "protocol/errors.hpp"
#include "protocol/meta.hpp"
#include "server/access.hpp"
#include "server/session.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace sumun::server {

using protocol::Method;

namespace {

constexpr std::chrono::milliseconds kLateDelay{20};  // between looks whether a slow client has read

Method method_of(ListKind kind) {
  switch (kind) {
    case ListKind::tools: return Method::tools_list_changed;
    case ListKind::prompts: return Method::prompts_list_changed;
    case ListKind::resources: return Method::resources_list_changed;
  }
  return Method::tools_list_changed;
}

bool wants(const SubscriptionFilter& filter, ListKind kind) {
  switch (kind) {
    case ListKind::tools: return filter.toolsListChanged.value_or(false);
    case ListKind::prompts: return filter.promptsListChanged.value_or(false);
    case ListKind::resources: return filter.resourcesListChanged.value_or(false);
  }
  return false;
}

}  // namespace

// Nothing follows the answer or the cancellation of a request. A quick handler is never in flight; it runs right now.
void Session::tell(const CallState& call, std::string message) {
  if (call.setup().running != Running::in_place && !exchange_of(call)) return;
  if (transport_.queued_bytes() > kMaxOutputBytes) return;
  transport_.send(Outgoing(std::move(message), call.setup().stream));
}

void Session::release(const CallState& call) {
  if (!closed_ && exchange_of(call)) transport_.release(call.setup().stream);
}

// -- questions

namespace {

// Collects the answers to the questions of one ask.
struct Round {
  std::vector<InputRequest> questions;
  std::vector<RequestId> ids;
  std::vector<std::optional<InputResponse>> answers;
  std::size_t missing = 0;
  Session::Asked done;
  std::unique_ptr<boost::asio::steady_timer> time_limit;

  void take(std::size_t index, Result<json> answer) {
    if (!done) return;
    if (!answer) {
      Error why = std::move(answer).error();
      // The client's own codes mean nothing to a tool: it was refused, and why.
      if (static_cast<int>(why.code) < 0) why = fail("the client refused the question: " + why.message);
      return finish(std::move(why));
    }
    auto read = read_answer(questions[index], *std::move(answer), "result");
    if (!read) return finish(fail("the client's answer cannot be used: " + read.error().message));
    answers[index] = *std::move(read);
    if (--missing > 0) return;
    std::vector<InputResponse> all;
    for (auto& one : answers) all.push_back(*std::move(one));
    finish(std::move(all));
  }
  void finish(Result<std::vector<InputResponse>> result) {
    if (time_limit) time_limit->cancel();
    std::exchange(done, nullptr)(std::move(result));
  }
};

}  // namespace

// Spec: 2025-11-25 client/elicitation, client/sampling, client/roots
void Session::push_questions(const CallState& call, std::vector<KeyedQuestion> questions, std::chrono::milliseconds limit, Asked done) {
  const ExchangePtr exchange = exchange_of(call);
  if (closed_ || !exchange) return done(fail(ErrorCode::cancelled, "the call was cancelled"));
  auto round = std::make_shared<Round>();
  round->done = std::move(done);
  round->missing = questions.size();
  round->answers.resize(questions.size());
  for (KeyedQuestion& question : questions) round->questions.push_back(std::move(question.request));
  const auto weak = weak_from_this();
  const Revision revision = exchange->revision;
  const StreamId stream = exchange->stream;
  for (std::size_t i = 0; i < round->questions.size(); ++i) {
    round->ids.push_back(asked_.add([round, i, weak, revision, stream](Result<json> answer) {
      round->take(i, std::move(answer));
      auto session = weak.lock();
      if (!round->done && session) session->withdraw(round->ids, revision, stream, fail(ErrorCode::cancelled, "another question failed"));
    }));
    exchange->asked.push_back(round->ids.back());
  }
  if (!round->done) return withdraw(round->ids, revision, stream, fail(ErrorCode::busy, "too many questions at once"));
  for (std::size_t i = 0; i < round->ids.size(); ++i) {
    const InputRequest& one = round->questions[i];
    transport_.send(Outgoing(std::visit(
        [&](const auto& params) { return protocol::encode_request(round->ids[i], protocol::method_of(one), params, revision); }, one), stream));
  }
  round->time_limit = std::make_unique<boost::asio::steady_timer>(executor_, limit);
  round->time_limit->async_wait([weak, weak_round = std::weak_ptr(round), revision, stream](boost::system::error_code failed) {
    auto session = weak.lock();
    auto late = weak_round.lock();
    if (failed || !session || !late || !late->done) return;
    session->withdraw(late->ids, revision, stream, fail(ErrorCode::timeout, "nobody answered in time"));
  });
}

// 2025-11-25 basic/utilities/cancellation: either side tells the other what it no longer waits for.
void Session::withdraw(const std::vector<RequestId>& questions, Revision revision, StreamId stream, const Error& why) {
  for (const RequestId& id : std::vector(questions)) {  // a copy: failing one may end the round that owns them
    if (!asked_.fail(id, why) || closed_) continue;
    CancelledNotificationParams params;
    params.requestId = id;
    params.reason = why.message;
    transport_.send(Outgoing(protocol::encode_notification(protocol::name(Method::cancelled), params, revision), stream));
  }
}

// -- legacy subscriptions and levels

void Session::set_level(const ExchangePtr& exchange, json params) {
  auto asked = protocol::decode_params<SetLevelRequestParams>(std::move(params));
  if (!asked) return refuse(*exchange, std::move(asked).error());
  legacy_->level = asked->level;
  answer(*exchange, EmptyResult{});
}

void Session::subscribe(const ExchangePtr& exchange, json params) {
  auto asked = protocol::decode_params<SubscribeRequestParams>(std::move(params));
  if (!asked) return refuse(*exchange, std::move(asked).error());
  const auto registry = core_->registry();
  const ResourceOptions* options = behind(*registry, asked->uri);
  const bool known = options != nullptr && scopes_show(*exchange->principal, *options);
  const auto refusal = known ? judge(*core_, *registry, about(*exchange->principal, *options, asked->uri)) : std::nullopt;
  if (!known || refusal) {
    note_refusal(*exchange, asked->uri, nullptr, known ? "policy" : "unknown", known ? refusal->rule : "unknown resource");
    return refuse(*exchange, protocol::resource_not_found(asked->uri));
  }
  if (auto lack = lacks_scope(*exchange->principal, *options, asked->uri)) return refuse_for_scope(*exchange, asked->uri, *std::move(lack));
  if (legacy_->subscribed.size() >= kMaxSubscribedUris && legacy_->subscribed.count(asked->uri) == 0)
    return refuse(*exchange, fail(ErrorCode::busy, "at most " + std::to_string(kMaxSubscribedUris) + " resources can be subscribed"));
  legacy_->subscribed.insert(std::move(asked->uri));
  answer(*exchange, EmptyResult{});
}

void Session::unsubscribe(const ExchangePtr& exchange, json params) {
  auto asked = protocol::decode_params<SubscribeRequestParams>(std::move(params));
  if (!asked) return refuse(*exchange, std::move(asked).error());
  legacy_->subscribed.erase(asked->uri);
  answer(*exchange, EmptyResult{});
}

// -- subscriptions/listen

// 2026-07-28 basic/patterns/subscriptions: the acknowledgment comes first and names what is honoured.
void Session::listen(const ExchangePtr& exchange, json params) {
  auto asked = protocol::decode_params<SubscriptionsListenRequestParams>(std::move(params));
  if (!asked) return refuse(*exchange, std::move(asked).error());
  SubscriptionFilter filter = std::move(asked->notifications);
  const std::size_t uris = filter.resourceSubscriptions ? filter.resourceSubscriptions->size() : 0;
  if (listeners_ >= kMaxSubscriptions || subscribed_uris_ + uris > kMaxSubscribedUris)
    return refuse(*exchange, fail(ErrorCode::busy, "too many subscriptions: at most " + std::to_string(kMaxSubscriptions) + " with " +
                                                       std::to_string(kMaxSubscribedUris) + " resources in all"));
  if (filter.taskIds && !protocol::takes_tasks(exchange->meta->clientCapabilities))
    return refuse(*exchange, protocol::missing_capability(protocol::task_capability()));
  const std::size_t tasks = filter.taskIds ? filter.taskIds->size() : 0;
  if (subscribed_tasks_ + tasks > kMaxSubscribedTasks)
    return refuse(*exchange, fail(ErrorCode::busy, "too many subscriptions: at most " + std::to_string(kMaxSubscribedTasks) + " tasks in all"));
  const ServerCapabilities offered = core_->capabilities();
  if (!offered.extensions) filter.taskIds.reset();
  if (!offered.tools) filter.toolsListChanged.reset();
  if (!offered.prompts) filter.promptsListChanged.reset();
  if (!offered.resources) {
    filter.resourcesListChanged.reset();
    filter.resourceSubscriptions.reset();
  }
  // Hidden ones stay like unknown ones: accepted, and never heard of.
  const auto refused = [&, registry = core_->registry()](const std::string& uri) {
    const ResourceOptions* options = behind(*registry, uri);
    return options != nullptr && options->scope_policy == ScopePolicy::step_up && !is_open(*exchange->principal, *options);
  };
  if (filter.resourceSubscriptions) std::erase_if(*filter.resourceSubscriptions, refused);
  if (filter.taskIds) return listen_to_tasks(exchange, std::move(filter));
  acknowledge(exchange, std::move(filter));
}

void Session::acknowledge(const ExchangePtr& exchange, SubscriptionFilter filter) {
  SubscriptionsAcknowledgedNotificationParams acknowledged;
  acknowledged.notifications = filter;
  acknowledged._meta = protocol::subscription_meta(exchange->id);
  transport_.send(Outgoing(protocol::encode_notification(protocol::name(Method::subscriptions_acknowledged), acknowledged, exchange->revision),
                           exchange->stream));
  observe();
  ++listeners_;
  subscribed_uris_ += filter.resourceSubscriptions ? filter.resourceSubscriptions->size() : 0;
  subscribed_tasks_ += filter.taskIds ? filter.taskIds->size() : 0;
  exchange->listening = std::move(filter);
  in_flight_[exchange->id] = exchange;
  observe_tasks(*exchange);
}

// 2026-07-28 basic/patterns/subscriptions, Graceful Closure; basic/patterns/cancellation wants the notification too.
void Session::end_listening() {
  std::vector<ExchangePtr> open;
  for (const auto& [id, exchange] : in_flight_)
    if (exchange->listening) open.push_back(exchange);
  for (const ExchangePtr& exchange : open) {
    SubscriptionsListenResult result;
    result._meta = protocol::subscription_meta(exchange->id);
    Reply reply{protocol::encode_response(exchange->id, result, protocol::Receiver{exchange->revision, &core_->stamp()}), {}};
    drop(exchange, fail(ErrorCode::closed, "the server is ending"));
    conclude_stream(exchange->stream, nullptr, std::move(reply));
    CancelledNotificationParams params;
    params.requestId = exchange->id;
    params.reason = "the server is ending";
    transport_.send(protocol::encode_notification(protocol::name(Method::cancelled), params, exchange->revision));
  }
}

// -- changes

void Session::observe() {
  if (!std::exchange(observing_, true)) core_->observe(weak_from_this());
}

void Session::list_changed(ListKind kind) {
  inbox_.push(Job([weak = weak_from_this(), kind] {
    if (auto session = weak.lock()) session->push_list_changed(kind);
  }));
}

void Session::policy_changed(std::shared_ptr<const Registry> before, std::shared_ptr<const Registry> now) {
  inbox_.push(Job([weak = weak_from_this(), before = std::move(before), now = std::move(now)] {
    const auto session = weak.lock();
    if (!session) return;
    for (const ListKind kind : {ListKind::tools, ListKind::prompts, ListKind::resources})
      session->push_list_changed(kind, [&](const Principal& who) { return list_differs(kind, *before, *now, who); });
  }));
}

void Session::resource_updated(const std::string& uri) {
  inbox_.push(Job([weak = weak_from_this(), uri] {
    if (auto session = weak.lock()) session->push_resource_updated(uri);
  }));
}

// A client that reads too slowly hears of a change later, and once. True = not now.
bool Session::put_off() {
  if (transport_.queued_bytes() <= kMaxOutputBytes) return false;
  if (std::exchange(late_waiting_, true)) return true;
  late_timer_.expires_after(kLateDelay);
  late_timer_.async_wait([weak = weak_from_this()](boost::system::error_code failed) {
    auto session = weak.lock();
    if (failed || !session) return;
    session->late_waiting_ = false;
    for (const ListKind kind : std::exchange(session->late_lists_, {})) session->push_list_changed(kind);
    for (const std::string& uri : std::exchange(session->late_uris_, {})) session->push_resource_updated(uri);
    for (const auto& [id, task] : std::exchange(session->late_tasks_, {})) session->push_task(task);
  });
  return true;
}

bool Session::is_subscribed(const std::string& uri) const {
  if (legacy_ && legacy_->initialized && legacy_->subscribed.count(uri) != 0) return true;
  return std::any_of(in_flight_.begin(), in_flight_.end(), [&](const auto& one) {
    const auto& filter = one.second->listening;
    if (!filter || !filter->resourceSubscriptions) return false;
    const auto& uris = *filter->resourceSubscriptions;
    return std::find(uris.begin(), uris.end(), uri) != uris.end();
  });
}

void Session::push_list_changed(ListKind kind, const Concerns& concerns) {
  if (closed_) return;
  if (put_off()) return void(late_lists_.insert(kind));
  const auto name = protocol::name(method_of(kind));
  if (legacy_ && legacy_->initialized && (!concerns || concerns(*legacy_->principal)))
    transport_.send(protocol::encode_notification(name, NotificationParams{}, legacy_->revision));
  for (const auto& [id, exchange] : in_flight_) {
    if (!exchange->listening || !wants(*exchange->listening, kind) || (concerns && !concerns(*exchange->principal))) continue;
    NotificationParams params;
    params._meta = protocol::subscription_meta(id);
    transport_.send(Outgoing(protocol::encode_notification(name, params, exchange->revision), exchange->stream));
  }
}

void Session::push_resource_updated(const std::string& uri) {
  if (closed_ || !is_subscribed(uri)) return;
  if (put_off()) return void(late_uris_.insert(uri));
  const auto name = protocol::name(Method::resources_updated);
  ResourceUpdatedNotificationParams params;
  params.uri = uri;
  const auto registry = core_->registry();
  const ResourceOptions* options = behind(*registry, uri);
  const auto hidden = [&](const Principal& who) { return options != nullptr && is_hidden(*registry, about(who, *options, uri)); };
  if (legacy_ && legacy_->initialized && legacy_->subscribed.count(uri) != 0 && !hidden(*legacy_->principal))
    transport_.send(protocol::encode_notification(name, params, legacy_->revision));
  for (const auto& [id, exchange] : in_flight_) {
    if (!exchange->listening || !exchange->listening->resourceSubscriptions) continue;
    if (options != nullptr && (!is_open(*exchange->principal, *options) || hidden(*exchange->principal))) continue;
    const auto& uris = *exchange->listening->resourceSubscriptions;
    if (std::find(uris.begin(), uris.end(), uri) == uris.end()) continue;
    params._meta = protocol::subscription_meta(id);
    transport_.send(Outgoing(protocol::encode_notification(name, params, exchange->revision), exchange->stream));
  }
}

}  // namespace sumun::server
