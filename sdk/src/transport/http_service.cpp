// SPDX-License-Identifier: Apache-2.0
// From the request line to the session, and back.
#include "transport/http_service.hpp"

#include "base/ascii.hpp"
#include "http/sse.hpp"
#include "jsonrpc/message.hpp"
#include "transport/http_reply.hpp"
#include "transport/http_status.hpp"

#include <sumun/json.hpp>
#include <sumun/revision.hpp>

#include <utility>
#include <variant>

namespace sumun {
inline namespace v0 {

namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kEvents = "text/event-stream";
constexpr std::string_view kStreamFields = "Cache-Control: no-cache\r\nX-Accel-Buffering: no\r\n";
constexpr std::string_view kParamPrefix = "mcp-param-";
constexpr std::string_view kListen = "subscriptions/listen";
constexpr std::string_view kMethods = "POST, GET, DELETE, OPTIONS";
constexpr std::string_view kModernMethods = "POST, OPTIONS";

// The media type without its parameters.
std::string_view media_type(std::string_view value) {
  value = value.substr(0, value.find(';'));
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  return value;
}

// Whether an Accept header takes a type. Absent = everything. Spec: RFC 9110, section 12.5.1 (weights are not weighed)
bool accepts(const std::optional<std::string_view>& accept, std::string_view type) {
  if (!accept) return true;
  std::string_view rest = *accept;
  for (;;) {
    const std::size_t comma = rest.find(',');
    const std::string_view one = media_type(rest.substr(0, comma));
    if (same_word(one, type) || one == "*/*") return true;
    if (one.size() > 2 && one.substr(one.size() - 2) == "/*" &&
        same_word(one.substr(0, one.size() - 1), type.substr(0, one.size() - 1)))
      return true;
    if (comma == std::string_view::npos) return false;
    rest.remove_prefix(comma + 1);
  }
}

std::string line(std::string_view name, std::string_view value) {
  std::string out;
  return out.append(name).append(": ").append(value).append("\r\n");
}

Error invalid(std::string words) { return fail(ErrorCode::invalid_request, std::move(words)); }

}  // namespace

// ---------------------------------------------------------------- the endpoint

std::unique_ptr<http::Service> HttpEndpoint::serve(http::Connection& connection) {
  return std::make_unique<HttpService>(*this, connection);
}

std::string HttpEndpoint::refusal(int status, std::string_view why) {
  return jsonrpc::encode_error(std::nullopt,
                               fail(status == 503 ? ErrorCode::busy : ErrorCode::invalid_request, std::string(why)));
}

bool HttpEndpoint::begin_waiting() {
  if (waiting_.fetch_add(1, std::memory_order_relaxed) < options_.waiting) return true;
  end_waiting();
  return false;
}

std::shared_ptr<const void> HttpEndpoint::hold(std::size_t bytes) {
  const std::size_t others = held_->fetch_add(bytes, std::memory_order_relaxed);
  std::shared_ptr<const void> held(this, [count = held_, bytes](const void*) { count->fetch_sub(bytes, std::memory_order_relaxed); });
  if (others > 0 && others + bytes > options_.answering_bytes) return nullptr;
  return held;
}

bool HttpEndpoint::begin_stream(const std::string& principal) {
  std::lock_guard lock(mutex_);
  std::size_t& open = streams_[principal];
  if (open >= options_.streams_of_principal) return false;
  ++open;
  return true;
}

void HttpEndpoint::end_stream(const std::string& principal) {
  std::lock_guard lock(mutex_);
  const auto found = streams_.find(principal);
  if (found != streams_.end() && --found->second == 0) streams_.erase(found);
}

// ---------------------------------------------------------------- one connection

// The authenticator's answer outlives the connection that asked.
struct HttpService::Asked {
  std::shared_ptr<Authenticator> authenticator;
  std::weak_ptr<http::Connection> connection;
  std::optional<Verdict> verdict;
};

namespace {

boost::asio::awaitable<void> ask(std::shared_ptr<HttpService::Asked> asked, Credentials credentials) {
  Verdict verdict = co_await asked->authenticator->authenticate(credentials);
  asked->verdict = std::move(verdict);
  if (const auto connection = asked->connection.lock()) connection->resume();
}

}  // namespace

HttpService::~HttpService() { conclude(); }

http::Service::Next HttpService::on_request(const http::Request& request) {
  cors_.clear();
  principal_.reset();
  if (request.path() != endpoint_.options().path) return on_other_path(request);
  read_heads(request);
  if (heads_.doubled)
    return refuse(400, fail(ErrorCode::header_mismatch, "a header that must come once came twice"), request.body);
  if (heads_.origin || good_host_.empty() || heads_.host != good_host_) {
    if (auto refusal = endpoint_.guard().refusal(heads_.host, heads_.origin)) {
      respond(refusal->status, std::move(refusal->body));
      return Next::taken;
    }
    good_host_ = heads_.host.value_or("");
    if (heads_.origin) cors_ = cors_fields(*heads_.origin);
  }
  return on_endpoint(request);
}

void HttpService::read_heads(const http::Request& request) {
  heads_.host = heads_.origin = heads_.content_type = heads_.accept = heads_.authorization = heads_.dpop = heads_.session =
      heads_.last_event = std::nullopt;
  MirroredHeaders& mirrored = heads_.mirrored;
  mirrored.protocol_version = mirrored.method = mirrored.name = std::nullopt;
  mirrored.params.clear();
  heads_.doubled = false;
  const auto take = [this](std::optional<std::string_view>& to, std::string_view value) {
    if (to) heads_.doubled = true;
    to = value;
  };
  for (const auto& [name, value] : request.fields) {
    switch (name.size()) {
      case 4:
        if (same_word(name, "host"))
          take(heads_.host, value);
        else if (same_word(name, "dpop"))
          take(heads_.dpop, value);
        continue;
      case 6:
        if (same_word(name, "origin"))
          take(heads_.origin, value);
        else if (same_word(name, "accept") && heads_.accept)  // a list in several lines: RFC 9110, section 5.3
          heads_.accept = accept_ = std::string(*heads_.accept).append(", ").append(value);
        else if (same_word(name, "accept"))
          heads_.accept = value;
        continue;
      case 8:
        if (same_word(name, "mcp-name")) take(mirrored.name, value);
        continue;
      case 10:
        if (same_word(name, "mcp-method")) take(mirrored.method, value);
        continue;
      case 12:
        if (same_word(name, "content-type")) take(heads_.content_type, value);
        break;
      case 13:
        if (same_word(name, "authorization"))
          take(heads_.authorization, value);
        else if (same_word(name, "last-event-id"))
          take(heads_.last_event, value);
        break;
      case 14:
        if (same_word(name, "mcp-session-id")) take(heads_.session, value);
        break;
      case 20:
        if (same_word(name, "mcp-protocol-version")) take(mirrored.protocol_version, value);
        break;
      default: break;
    }
    if (name.size() > kParamPrefix.size() && same_word(name.substr(0, kParamPrefix.size()), kParamPrefix)) {
      const std::string_view param = name.substr(kParamPrefix.size());
      for (const auto& [other, unused] : mirrored.params)
        if (same_word(other, param)) heads_.doubled = true;
      mirrored.params.emplace_back(param, value);
    }
  }
  if (request.authority) heads_.host = request.authority;
}

// Liveness and metadata: no session, no token, nothing of ours in the answer.
http::Service::Next HttpService::on_other_path(const http::Request& request) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  const std::string_view path = request.path();
  if (path == "/healthz" || path == "/readyz") {
    const bool fine = path == "/healthz" || !endpoint_.options().ready || endpoint_.options().ready();
    connection_.respond(fine ? 200 : 503, "text/plain", fine ? "ok\n" : "stopping\n", "Cache-Control: no-store\r\n");
    return Next::taken;
  }
  const auto& authenticator = endpoint_.options().authenticator;
  if (authenticator && path.substr(0, 13) == "/.well-known/") {
    if (auto document = authenticator->metadata(request.target)) {
      if (reads)
        connection_.respond(200, kJson, *std::move(document),
                            "Access-Control-Allow-Origin: *\r\nCache-Control: max-age=300\r\n");
      else
        connection_.respond(405, kJson, HttpEndpoint::refusal(405, "only GET is answered here"), "Allow: GET, HEAD\r\n");
      return Next::taken;
    }
  }
  return refuse(404, invalid("there is nothing at this path"));
}

http::Service::Next HttpService::on_endpoint(const http::Request& request) {
  const bool legacy = endpoint_.options().sessions != nullptr;
  if (request.method == "OPTIONS") return on_preflight(request);
  const bool post = request.method == "POST";
  if (!post && !(legacy && (request.method == "GET" || request.method == "DELETE")))
    return refuse(405, invalid("this method is not answered here"), {}, line("Allow", legacy ? kMethods : kModernMethods));
  if (endpoint_.options().authenticator) {
    if (auto next = authenticate(request)) return *next;
  }
  if (post) return on_post(request);
  if (request.method == "DELETE") return to_session_store(request, HttpMethod::remove);
  if (heads_.accept && !accepts(heads_.accept, kEvents)) return refuse(406, invalid("Accept must take text/event-stream"));
  return to_session_store(request, HttpMethod::get);
}

http::Service::Next HttpService::on_preflight(const http::Request& request) {
  const std::string_view methods = endpoint_.options().sessions ? kMethods : kModernMethods;
  if (!heads_.origin) {
    respond(204, "", line("Allow", methods));
  } else {
    const std::string fields =
        preflight_fields(*heads_.origin, request.find("Access-Control-Request-Headers").value_or(""), methods);
    cors_.clear();
    respond(204, "", fields);
  }
  return Next::taken;
}

// Gives what happens next, or nothing: the request may go on.
std::optional<http::Service::Next> HttpService::authenticate(const http::Request& request) {
  const auto& authenticator = endpoint_.options().authenticator;
  std::optional<Verdict> verdict;
  if (asked_) {
    verdict = std::move(asked_->verdict);
    asked_.reset();
  }
  if (!verdict) {
    const Credentials credentials{request.method, request.target, heads_.authorization.value_or(""),
                                  heads_.dpop.value_or("")};
    verdict = authenticator->known(credentials);
    if (!verdict) {
      asked_ = std::make_shared<Asked>(Asked{authenticator, connection_.weak_from_this(), std::nullopt});
      if (!tasks_) tasks_ = std::make_unique<TaskGroup>(connection_.executor());
      tasks_->spawn("authentication", ask(asked_, credentials));
      return Next::held;
    }
  }
  if (auto* principal = std::get_if<std::shared_ptr<const Principal>>(&*verdict)) {
    principal_ = std::move(*principal);
    return std::nullopt;
  }
  Challenge& challenge = std::get<Challenge>(*verdict);
  std::string fields;
  if (!challenge.www_authenticate.empty()) fields += line("WWW-Authenticate", challenge.www_authenticate);
  if (challenge.retry_after.count() > 0) fields += line("Retry-After", std::to_string(challenge.retry_after.count()));
  return refuse(challenge.status, std::move(challenge.error), request.body, std::move(fields));
}

http::Service::Next HttpService::on_post(const http::Request& request) {
  if (!heads_.content_type || !same_word(media_type(*heads_.content_type), kJson))
    return refuse(415, invalid("Content-Type must be application/json"), request.body);
  // 2026-07-28 basic/transports/streamable-http, Sending Messages, 2: the client lists both.
  if (heads_.accept && (!accepts(heads_.accept, kJson) || !accepts(heads_.accept, kEvents)))
    return refuse(406, invalid("Accept must take both application/json and text/event-stream"), request.body);
  auto held = endpoint_.hold(request.body.size());
  // Without its id: to find that is to read the body, which is what there is no room for.
  if (!held) return refuse(503, fail(ErrorCode::busy, "too many bytes of requests are being answered"), {}, line("Retry-After", "1"));
  if (is_for_store(request)) return to_session_store(request, HttpMethod::post, std::move(held));
  return to_modern(request, std::move(held));
}

// A modern version in the header decides; without one, a session's id or the wish to open a session.
bool HttpService::is_for_store(const http::Request& request) const {
  if (!endpoint_.options().sessions) return false;
  if (const auto& version = heads_.mirrored.protocol_version) {
    const auto revision = revision_of(*version);
    if (revision && is_modern(*revision)) return false;
  }
  if (heads_.session) return true;
  if (request.body.find("initialize") == std::string_view::npos) return false;
  const auto value = parse_json(request.body);
  if (!value || !value->is_object()) return false;
  const auto method = value->find("method");
  return method != value->end() && method->is_string() && method->get_ref<const std::string&>() == "initialize";
}

http::Service::Next HttpService::to_session_store(const http::Request& request, HttpMethod method, std::shared_ptr<const void> held) {
  HttpMessage message;
  message.method = method;
  message.session = heads_.session.value_or("");
  message.protocol_version = heads_.mirrored.protocol_version.value_or("");
  message.last_event = heads_.last_event.value_or("");
  message.accept = heads_.accept.value_or("");
  message.body = request.body;
  message.held = std::move(held);
  message.principal = principal_;
  // Counted until it has ended: a GET opens a stream, everything else waits for an answer.
  std::function<void()> released;
  if (method == HttpMethod::get) {
    if (!endpoint_.begin_stream(who())) return refuse_stream(request);
    released = [endpoint = &endpoint_, who = who()] { endpoint->end_stream(who); };
  } else {
    if (!endpoint_.begin_waiting()) return refuse_waiting(request);
    released = [endpoint = &endpoint_] { endpoint->end_waiting(); };
  }
  auto reply = std::make_shared<HttpConnectionReply>(connection_, cors_, std::move(released));
  reply_ = reply;
  endpoint_.options().sessions->take(std::move(message), std::move(reply));
  return Next::taken;
}

// ---------------------------------------------------------------- the modern era

http::Service::Next HttpService::to_modern(const http::Request& request, std::shared_ptr<const void> held) {
  if (heads_.mirrored.method == kListen) {
    if (!endpoint_.begin_stream(who())) return refuse_stream(request);
    listening_ = true;
    listener_ = who();
  } else {
    if (!endpoint_.begin_waiting()) return refuse_waiting(request);
    counted_ = true;
  }
  if (!end_) end_ = endpoint_.options().serve(*this, connection_.executor());
  held_ = std::move(held);
  open_ = true;
  streaming_ = false;
  Incoming incoming(request.body);
  incoming.stream = ++stream_;
  incoming.headers = &heads_.mirrored;
  incoming.principal = principal_;
  if (events_.message) events_.message(incoming);
  return Next::taken;
}

// Spec: 2026-07-28 basic/transports/streamable-http, Sending Messages and Receiving Messages
void HttpService::send(Outgoing message) {
  if (!open_ || message.stream != stream_) return;
  if (!message.last) {
    if (message.text.empty()) return;
    if (!std::exchange(streaming_, true))
      connection_.open_stream(kEvents, cors_.empty() ? std::string(kStreamFields) : std::string(kStreamFields) + cors_,
                              http::kSseComment);
    std::string event;
    http::append_event(event, message.text);
    connection_.write(event);
    return;
  }
  const bool streaming = streaming_;
  conclude();
  if (streaming) {
    if (!message.text.empty()) {
      std::string event;
      http::append_event(event, message.text);
      connection_.write(event);
    }
    connection_.end_stream();
    return;
  }
  if (message.text.empty()) return respond(202, "");
  if (!message.error) return respond(200, std::move(message.text));
  const int status = http_status(message.error->code);
  std::string fields;
  if (message.error->code == ErrorCode::insufficient_scope && endpoint_.options().authenticator) {
    fields = line("WWW-Authenticate", endpoint_.options().authenticator->insufficient_scope(scopes_of(*message.error)).www_authenticate);
  }
  if (status == 429 || status == 503) fields += line("Retry-After", "1");
  respond(status, std::move(message.text), fields);
}

// ---------------------------------------------------------------- answers and the end

http::Service::Next HttpService::refuse(int status, Error error, std::string_view body, std::string fields) {
  respond(status, jsonrpc::encode_error(body.empty() ? std::nullopt : jsonrpc::id_of_request(body), error), fields);
  return Next::taken;
}

http::Service::Next HttpService::refuse_stream(const http::Request& request) {
  return refuse(429, fail(ErrorCode::too_many_requests, "too many open streams"), request.body, line("Retry-After", "10"));
}

http::Service::Next HttpService::refuse_waiting(const http::Request& request) {
  return refuse(503, fail(ErrorCode::busy, "too many requests are waiting"), request.body, line("Retry-After", "1"));
}

void HttpService::respond(int status, std::string body, std::string_view fields) {
  const std::string_view type = body.empty() ? std::string_view() : kJson;
  if (cors_.empty()) return connection_.respond(status, type, std::move(body), fields);
  std::string all(fields);
  connection_.respond(status, type, std::move(body), all += cors_);
}

// Nothing more is said for the request that the modern session had.
void HttpService::conclude() {
  open_ = streaming_ = false;
  held_.reset();
  if (std::exchange(counted_, false)) endpoint_.end_waiting();
  if (!std::exchange(listening_, false)) return;
  endpoint_.end_stream(listener_);
}

void HttpService::on_gone() {
  conclude();
  if (tasks_) tasks_->cancel();
  if (const auto reply = reply_.lock()) reply->peer_is_gone();
  const Events events = std::exchange(events_, {});
  if (events.closed) events.closed(fail(ErrorCode::closed, "the connection is gone"));
}

void HttpService::on_drain() {
  if (const auto reply = reply_.lock(); reply && !open_) return;  // the store tells its sessions itself
  if (end_) end_();
}

}  // namespace v0
}  // namespace sumun
