// SPDX-License-Identifier: Apache-2.0
// Messages in, eras, opening and ending.
#include "server/session.hpp"

#include "base/json_text.hpp"
#include "protocol/codec.hpp"
#include "protocol/errors.hpp"
#include "protocol/header_mirror.hpp"
#include "protocol/meta.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace sumun::server {

using protocol::Method;

namespace {

Error invalid(std::string words) { return fail(ErrorCode::invalid_request, std::move(words)); }

// 2026-07-28 basic/versioning, Backward Compatibility: the versions are named, because this may be all that a person sees.
Error no_initialize(const json& params, std::span<const Revision> supported) {
  const auto asked = params.find("protocolVersion");
  const bool named = asked != params.end() && asked->is_string();
  Error error = protocol::unsupported_protocol_version(named ? std::string_view(asked->get_ref<const std::string&>()) : "", supported);
  error.message = "this server takes requests of " + std::string(version_string(supported.front())) + " only, and no initialize";
  return error;
}

}  // namespace

Session::Session(std::shared_ptr<Core> core, Transport& transport, boost::asio::any_io_executor executor, WorkerPool& pool,
                 SessionOptions options, std::function<void()> finished)
    : core_(std::move(core)),
      transport_(transport),
      executor_(std::move(executor)),
      pool_(pool),
      options_(std::move(options)),
      principal_(std::make_shared<const Principal>(options_.principal)),
      finished_(std::move(finished)),
      inbox_(executor_, [](Job job) { job(); }),
      waiting_bytes_(std::make_shared<std::atomic<std::size_t>>(0)),
      grace_timer_(executor_),
      late_timer_(executor_) {}

Session::~Session() {
  for (const auto& [id, exchange] : std::exchange(in_flight_, {})) {
    unobserve_tasks(*exchange);
    if (exchange->call) exchange->call->stop();
  }
}

std::shared_ptr<Session> Session::start(std::shared_ptr<Core> core, Transport& transport, boost::asio::any_io_executor executor,
                                        WorkerPool& pool, SessionOptions options, std::function<void()> finished) {
  std::shared_ptr<Session> session(
      new Session(std::move(core), transport, std::move(executor), pool, std::move(options), std::move(finished)));
  Transport::Events events;
  events.message = [session](const Incoming& message) { return session->on_message(message); };
  events.refused = [session](Error why) { session->on_refused(std::move(why), 0); };
  events.ended = [session] { session->on_ended(); };
  events.closed = [session](Error) { session->on_closed(); };
  transport.start(std::move(events));
  return session;
}

Flow Session::on_message(const Incoming& message) {
  if (closed_) return Flow::go_on;
  auto value = parse_json(message.text);
  if (!value) {
    on_refused(std::move(value).error(), message.stream);
    return Flow::go_on;
  }
  const Origin origin{message.stream, message.principal ? message.principal : principal_, message.headers, nullptr};
  if (jsonrpc::is_batch(*value)) on_batch(*std::move(value), message.text.size(), origin);
  else on_one(jsonrpc::decode(*std::move(value)), message.text.size(), origin);
  return waiting_bytes_->load(std::memory_order_relaxed) > kEaseWaitingBytes ? Flow::ease : Flow::go_on;
}

Revision Session::reply_revision() const { return legacy_ ? legacy_->revision : kLatestRevision; }

void Session::on_refused(Error why, StreamId stream) {
  core_->log(LoggingLevel::debug, "refused a message: " + why.message);
  Reply reply{jsonrpc::encode_error(std::nullopt, why, protocol::missing_id(reply_revision())), {}};
  reply.error = std::move(why);
  conclude_stream(stream, nullptr, std::move(reply));
}

// 2025-03-26 basic, Batching: "MUST NOT" hold initialize; every other revision has no batches.
void Session::on_batch(json value, std::size_t bytes, const Origin& origin) {
  if (!legacy_ || !allows(legacy_->revision, Feature::batching)) {
    on_refused(invalid("batches (JSON arrays) belong to revision 2025-03-26; send one message at a time"), origin.stream);
    return;
  }
  auto messages = jsonrpc::decode_batch(std::move(value));
  if (!messages) {
    on_refused(std::move(messages).error(), origin.stream);
    return;
  }
  auto batch = std::make_shared<Batch>();
  batch->stream = origin.stream;
  batch->waiting = 1;  // held until all members are taken, so that quick answers do not leave early
  const std::size_t share = bytes / messages->size() + 1;
  const Origin member{origin.stream, origin.principal, nullptr, batch};
  for (jsonrpc::Message& message : *messages) on_one(std::move(message), share, member);
  conclude_stream(origin.stream, batch, {});
}

void Session::on_one(jsonrpc::Message message, std::size_t bytes, const Origin& origin) {
  if (auto* request = std::get_if<jsonrpc::Request>(&message)) {
    if (origin.batch) ++origin.batch->waiting;
    return on_request(std::move(*request), bytes, origin);
  }
  Reply reply;
  if (auto* notification = std::get_if<jsonrpc::Notification>(&message)) {
    on_notification(std::move(*notification));
  } else if (auto* response = std::get_if<jsonrpc::Response>(&message)) {
    if (!asked_.resolve(std::move(*response))) core_->log(LoggingLevel::debug, "an answer came that nobody waits for");
  } else if (auto* error = std::get_if<jsonrpc::ErrorResponse>(&message)) {
    if (!asked_.resolve(std::move(*error))) core_->log(LoggingLevel::debug, "an error came that nobody waits for");
  } else if (auto* malformed = std::get_if<jsonrpc::Malformed>(&message)) {
    core_->log(LoggingLevel::debug, "refused a message: " + malformed->error.message);
    if (malformed->answer) {
      reply.text = jsonrpc::encode_error(malformed->id, malformed->error, protocol::missing_id(reply_revision()));
      reply.error = std::move(malformed->error);
    }
  }
  if (origin.batch) ++origin.batch->waiting;
  conclude_stream(origin.stream, origin.batch, std::move(reply));
}

// Newest first, so the modern ones are at the front.
std::span<const Revision> Session::supported() const {
  const std::span<const Revision> all(kRevisions);
  if (options_.eras == Eras::both) return all;
  return all.first(static_cast<std::size_t>(std::count_if(all.begin(), all.end(), is_modern)));
}

Result<std::pair<Revision, std::shared_ptr<const RequestMeta>>> Session::era_of(jsonrpc::Request& request,
                                                                                const MirroredHeaders* headers) const {
  if (request.params.is_null()) request.params = json::object();
  if (!request.params.is_object()) return fail(ErrorCode::invalid_params, "params: expected object");
  auto meta = protocol::take_request_meta(request.params, legacy_ ? protocol::LegacySession::open : protocol::LegacySession::none);
  if (!meta) return std::move(meta).error();
  if (meta->is_modern()) {
    if (headers != nullptr) {
      auto same = protocol::check_version_header(*headers, *meta->protocolVersion);
      if (!same) return std::move(same).error();
    }
    const auto revision = revision_of(*meta->protocolVersion);
    if (!revision || !is_modern(*revision)) return protocol::unsupported_protocol_version(*meta->protocolVersion, supported());
    return std::pair(*revision, std::shared_ptr<const RequestMeta>(std::make_shared<RequestMeta>(*std::move(meta))));
  }
  if (!legacy_) {
    // Before a session only these two are understood without per-request fields.
    const bool opening = request.method == protocol::name(Method::initialize);
    const bool opens = options_.eras == Eras::both && headers == nullptr;  // headers that repeat a body are the modern era's
    if (opening && !opens) return no_initialize(request.params, supported());
    if (opens && (opening || request.method == protocol::name(Method::ping)))
      return std::pair(kLatestLegacyRevision, std::shared_ptr<const RequestMeta>(std::make_shared<RequestMeta>(*std::move(meta))));
    const std::string_view otherwise =
        options_.eras == Eras::both ? ", or open a session with initialize (2025-11-25 and before)" : "";
    return fail(ErrorCode::invalid_params, "params._meta." + std::string(protocol::kProtocolVersionKey) +
                                               ": missing; send it with every request (2026-07-28)" + std::string(otherwise));
  }
  auto own = std::make_shared<RequestMeta>(*legacy_->client);
  own->progressToken = std::move(meta->progressToken);
  own->rest = std::move(meta->rest);
  return std::pair(legacy_->revision, std::shared_ptr<const RequestMeta>(std::move(own)));
}

void Session::on_request(jsonrpc::Request request, std::size_t bytes, const Origin& origin) {
  auto exchange = std::make_shared<Exchange>();
  exchange->id = std::move(request.id);
  exchange->stream = origin.stream;
  exchange->principal = origin.principal;
  exchange->batch = origin.batch;
  exchange->revision = reply_revision();
  if (in_flight_.count(exchange->id) != 0) {
    Reply reply;
    reply.error = invalid("id: a request with this id is still being answered");
    reply.text = jsonrpc::encode_error(exchange->id, *reply.error);
    return conclude_stream(origin.stream, origin.batch, std::move(reply));
  }
  if (ending_) {
    refuse(*exchange, fail(ErrorCode::busy, "the server is ending"));
    return;
  }
  auto era = era_of(request, origin.headers);
  if (!era) {
    const ErrorCode code = era.error().code;
    if (code == ErrorCode::unsupported_protocol_version || code == ErrorCode::header_mismatch) exchange->revision = kLatestRevision;
    else if (protocol::find_method(request.method) == nullptr) era = fail(ErrorCode::method_not_found, "method not found: " + in_quotes(request.method));
    refuse(*exchange, std::move(era).error(), ErrorCode::invalid_request);
    return;
  }
  exchange->revision = era->first;
  exchange->meta = std::move(era->second);
  if (origin.headers != nullptr && is_modern(exchange->revision)) {
    auto same = protocol::check_method_headers(*origin.headers, request.method, request.params);
    if (!same) return refuse(*exchange, std::move(same).error());
    exchange->headers = origin.headers;
  }
  const protocol::MethodInfo* method = protocol::find_method(request.method);
  if (method == nullptr || method->kind != protocol::MethodKind::request || method->direction == protocol::Direction::to_client ||
      !protocol::has_method(exchange->revision, method->method)) {
    refuse(*exchange, fail(ErrorCode::method_not_found, "method not found: " + in_quotes(request.method)));
    return;
  }
  exchange->method = method->method;
  if (origin.batch && (method->method == Method::initialize || !allows(exchange->revision, Feature::batching))) {
    refuse(*exchange, invalid(in_quotes(request.method) + " of this revision must not be part of a batch"));
    return;
  }
  dispatch(std::move(exchange), std::move(request.params), bytes);
}

void Session::dispatch(ExchangePtr exchange, json params, std::size_t bytes) {
  const auto offered = [&](bool there) {
    if (!there)
      refuse(*exchange, fail(ErrorCode::method_not_found,
                             "method not found: this server offers no " + std::string(protocol::name(exchange->method))));
    return there;
  };
  const auto registry = core_->registry();
  switch (exchange->method) {
    case Method::initialize: return initialize(exchange, std::move(params));
    case Method::ping: return answer(*exchange, EmptyResult{});
    case Method::server_discover: return discover(exchange);
    case Method::logging_set_level: return set_level(exchange, std::move(params));
    case Method::subscriptions_listen: return listen(exchange, std::move(params));
    case Method::tasks_get:
    case Method::tasks_update:
    case Method::tasks_cancel:
      if (offered(core_->offers_tasks(*registry))) about_task(exchange, std::move(params));
      return;
    case Method::completion_complete:
      if (offered(registry->completions)) complete(std::move(exchange), std::move(params), bytes);
      return;
    case Method::tools_list:
      if (offered(registry->offers_tools)) list_tools(exchange, std::move(params));
      return;
    case Method::tools_call:
      if (offered(registry->offers_tools)) call_tool(std::move(exchange), std::move(params), bytes);
      return;
    case Method::prompts_list:
      if (offered(registry->offers_prompts)) list_prompts(exchange, std::move(params));
      return;
    case Method::prompts_get:
      if (offered(registry->offers_prompts)) get_prompt(std::move(exchange), std::move(params), bytes);
      return;
    default: break;
  }
  if (!offered(registry->offers_resources)) return;
  switch (exchange->method) {
    case Method::resources_list: return list_resources(exchange, std::move(params), bytes);
    case Method::resources_templates_list: return list_templates(exchange, std::move(params));
    case Method::resources_read: return read_resource(std::move(exchange), std::move(params), bytes);
    case Method::resources_subscribe: return subscribe(exchange, std::move(params));
    case Method::resources_unsubscribe: return unsubscribe(exchange, std::move(params));
    default: return refuse(*exchange, fail(ErrorCode::method_not_found, "method not found"));
  }
}

// 2025-11-25 basic/lifecycle, Version Negotiation: the client's version if we have it, else the newest we have.
// Once: what is open keeps its revision and its client.
void Session::initialize(const ExchangePtr& exchange, json params) {
  if (legacy_) return refuse(*exchange, invalid("initialize: the session is open already"));
  auto asked = protocol::decode_params<InitializeRequestParams>(std::move(params));
  if (!asked) return refuse(*exchange, std::move(asked).error());
  const auto known = revision_of(asked->protocolVersion);
  const Revision revision = known && !is_modern(*known) ? *known : kLatestLegacyRevision;
  auto client = std::make_shared<RequestMeta>();
  client->clientInfo = std::move(asked->clientInfo);
  client->clientCapabilities = std::move(asked->capabilities);
  legacy_ = Legacy{revision, std::move(client), LoggingLevel::info, false, {}, exchange->principal};
  observe();
  exchange->revision = revision;

  InitializeResult result;
  result.protocolVersion = version_string(revision);
  result.capabilities = core_->capabilities();
  result.serverInfo = core_->info();
  if (!core_->options().instructions.empty()) result.instructions = core_->options().instructions;
  answer(*exchange, result);
}

void Session::discover(const ExchangePtr& exchange) {
  DiscoverResult result;
  for (const Revision revision : supported()) result.supportedVersions.emplace_back(version_string(revision));
  result.capabilities = core_->capabilities();
  if (!core_->options().instructions.empty()) result.instructions = core_->options().instructions;
  result.ttlMs = core_->options().list_ttl.count();
  result.cacheScope = CacheScope::public_;
  answer(*exchange, result);
}

void Session::on_notification(jsonrpc::Notification notification) {
  const protocol::MethodInfo* method = protocol::find_method(notification.method);
  if (method == nullptr) return;
  if (method->method == Method::initialized) {
    if (legacy_) legacy_->initialized = true;
  } else if (method->method == Method::cancelled) {
    auto params = protocol::decode_params<CancelledNotificationParams>(std::move(notification.params));
    if (!params) return core_->log(LoggingLevel::debug, "notifications/cancelled: " + params.error().message);
    if (params->requestId) cancel(*params->requestId);
  }
}

// 2026-07-28 basic/patterns/cancellation: no further message for it, and initialize is not cancelled.
void Session::cancel(const RequestId& id) {
  const auto found = in_flight_.find(id);
  if (found == in_flight_.end()) return;
  const ExchangePtr exchange = found->second;
  exchange->given_up = true;
  drop(exchange, fail(ErrorCode::cancelled, "the call was cancelled"));
  conclude_stream(exchange->stream, exchange->batch, {});
  finish_when_idle();
}

// Takes an exchange out of flight without an answer and tells its handler to stop.
void Session::drop(const ExchangePtr& exchange, const Error& why) {
  exchange->done = true;
  in_flight_.erase(exchange->id);
  if (exchange->listening) {
    --listeners_;
    if (exchange->listening->resourceSubscriptions) subscribed_uris_ -= exchange->listening->resourceSubscriptions->size();
    if (exchange->listening->taskIds) subscribed_tasks_ -= exchange->listening->taskIds->size();
    unobserve_tasks(*exchange);
  }
  withdraw(exchange->asked, exchange->revision, exchange->stream, why);
  if (!exchange->call) return;
  exchange->call->answered();
  exchange->call->stop();
}

void Session::refuse(Exchange& exchange, Error error, ErrorCode for_invalid_params) {
  error = protocol::error_for(exchange.revision, std::move(error));
  Reply answer{jsonrpc::encode_error(exchange.id, error, protocol::missing_id(exchange.revision)), {}};
  if (error.code == ErrorCode::invalid_params) error.code = for_invalid_params;
  answer.error = std::move(error);
  reply(exchange, std::move(answer));
}

void Session::reply(Exchange& exchange, Reply reply) {
  if (std::exchange(exchange.done, true)) return;
  const auto found = in_flight_.find(exchange.id);
  ExchangePtr held;  // it may be the last reference
  if (found != in_flight_.end() && found->second.get() == &exchange) {
    held = std::move(found->second);
    in_flight_.erase(found);
    if (exchange.call) exchange.call->answered();
    withdraw(exchange.asked, exchange.revision, exchange.stream, fail(ErrorCode::cancelled, "the call has ended"));
  }
  conclude_stream(exchange.stream, exchange.batch, std::move(reply));
  finish_when_idle();
}

// A client may use the id of a cancelled request again, so the id alone does not say whose it is.
ExchangePtr Session::exchange_of(const CallState& call) const {
  const auto found = in_flight_.find(call.setup().request);
  return found != in_flight_.end() && found->second->call.get() == &call ? found->second : nullptr;
}

void Session::deliver(const CallState& call, Reply answer) {
  if (const ExchangePtr exchange = exchange_of(call)) reply(*exchange, std::move(answer));
}

void Session::conclude_stream(StreamId stream, const std::shared_ptr<Batch>& batch, Reply reply) {
  Outgoing message(std::move(reply.text), stream);
  message.last = true;
  if (!batch) {
    message.error = std::move(reply.error);
    return transport_.send(std::move(message));
  }
  if (!message.text.empty()) {
    batch->text += batch->text.empty() ? "[" : ",";
    batch->text += message.text;
  }
  if (--batch->waiting > 0) return;
  message.text = std::move(batch->text);
  if (!message.text.empty()) message.text += "]";
  transport_.send(std::move(message));
}

void Session::on_ended() {
  if (std::exchange(ending_, true)) return;
  if (in_flight_.size() > listeners_) {
    grace_timer_.expires_after(options_.grace);
    grace_timer_.async_wait([weak = weak_from_this()](boost::system::error_code failed) {
      auto session = weak.lock();
      if (!failed && session) session->cancel_all();
    });
  }
  finish_when_idle();
}

void Session::end() {
  if (closed_) return;
  end_listening();
  on_ended();
}

void Session::cancel_all() {
  std::vector<ExchangePtr> all;
  for (const auto& [id, exchange] : in_flight_) all.push_back(exchange);
  for (const ExchangePtr& exchange : all) {
    drop(exchange, fail(ErrorCode::closed, "the connection is closed"));
    if (!closed_) conclude_stream(exchange->stream, exchange->batch, {});
  }
  finish_when_idle();
}

void Session::finish_when_idle() {
  if (!ending_ || closed_ || in_flight_.size() > listeners_) return;
  grace_timer_.cancel();
  transport_.close();
}

void Session::on_closed() {
  if (std::exchange(closed_, true)) return;
  // 2026-07-28 basic/transports/streamable-http, Cancellation: closing the stream of a request is its cancellation.
  if (!std::exchange(ending_, true))
    for (const auto& [id, exchange] : in_flight_) exchange->given_up = exchange->stream != 0 && allows(exchange->revision, Feature::input_required);
  cancel_all();
  asked_.close();
  inbox_.close();
  grace_timer_.cancel();
  late_timer_.cancel();
  if (finished_) std::exchange(finished_, nullptr)();
}

}  // namespace sumun::server
