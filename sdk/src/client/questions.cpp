// SPDX-License-Identifier: Apache-2.0
// What the server asks of the client, pushed as a request (legacy) or inside a result (2026-07-28), and who answers.
#include "client/session.hpp"

#include <exception>

namespace sumun::client {
namespace {

Error no_handler(std::string_view what) {
  return fail(ErrorCode::unsupported, "the server asks for " + std::string(what) + ", which this client does not offer");
}

// An answer as it goes back, whichever kind it is.
json encoded(const InputResponse& answer, Revision revision) {
  return std::visit([&](const auto& one) { return protocol::encode(one, protocol::Receiver{revision}); }, answer);
}

std::string encoded_response(const Id& id, const InputResponse& answer, Revision revision) {
  return std::visit([&](const auto& one) { return protocol::encode_response(id, one, protocol::Receiver{revision}); }, answer);
}

template <class T>
Result<InputResponse> as_response(Result<T> result) {
  if (!result) return result.error();
  return InputResponse(*std::move(result));
}

}  // namespace

QuestionScope::QuestionScope(std::shared_ptr<Session> session) : session_(std::move(session)) { ++session_->open_questions_; }

QuestionScope::~QuestionScope() {
  if (--session_->open_questions_ > 0) return;
  // The server gets its whole time again: it could not go on while it waited for us.
  const Instant now = std::chrono::steady_clock::now();
  for (const auto& [id, waiting] : session_->waiting_) {
    waiting->idle_until = now + waiting->limit;
    waiting->bell->ring();
  }
}

ClientCapabilities Session::capabilities() const {
  ClientCapabilities own;
  const auto& handlers = options_.handlers;
  if (handlers.elicit_form || handlers.elicit_url) {
    own.elicitation.emplace();
    if (handlers.elicit_form) own.elicitation->form = json::object();
    if (handlers.elicit_url) own.elicitation->url = json::object();
  }
  if (handlers.sample) own.sampling.emplace();
  if (handlers.list_roots) own.roots.emplace();
  return own;
}

awaitable<Result<InputResponse>> Session::answer(InputRequest question) {
  const auto self = shared_from_this();
  const QuestionScope scope(self);
  const auto& handlers = options_.handlers;
  std::optional<Error> failure;
  try {
    if (auto* form = std::get_if<ElicitRequestFormParams>(&question)) {
      if (!handlers.elicit_form) co_return no_handler("a form");
      auto result = co_await handlers.elicit_form(std::move(*form));
      co_return as_response(std::move(result));
    }
    if (auto* page = std::get_if<ElicitRequestURLParams>(&question)) {
      if (!handlers.elicit_url) co_return no_handler("a page to be opened");
      auto result = co_await handlers.elicit_url(std::move(*page));
      co_return as_response(std::move(result));
    }
    if (auto* sampling = std::get_if<CreateMessageRequestParams>(&question)) {
      if (!handlers.sample) co_return no_handler("a model's answer");
      auto result = co_await handlers.sample(std::move(*sampling));
      co_return as_response(std::move(result));
    }
    if (!handlers.list_roots) co_return no_handler("the working directories");
    auto result = co_await handlers.list_roots();
    co_return as_response(std::move(result));
  } catch (const std::exception& thrown) {
    failure = fail(std::string("the handler of a question failed: ") + thrown.what());
  }
  co_return *std::move(failure);
}

awaitable<Result<json>> Session::answer_all(std::map<std::string, InputRequest> questions) {
  json answers = json::object();
  for (auto& [key, question] : questions) {
    auto given = co_await answer(std::move(question));
    if (!given) co_return given.error();
    answers[key] = encoded(*given, revision());
  }
  co_return answers;
}

awaitable<void> Session::answer_pushed(Id id, InputRequest question) {
  const auto self = shared_from_this();
  auto given = co_await answer(std::move(question));
  const auto open = pushed_.find(id);
  const bool wanted = open != pushed_.end() && open->second;
  if (open != pushed_.end()) pushed_.erase(open);
  if (!wanted) co_return;  // cancelled by the server: it is not answered
  if (given) {
    send(encoded_response(id, *given, revision()));
    co_return;
  }
  Error why = given.error();
  if (why.code == ErrorCode::unsupported) why.code = ErrorCode::method_not_found;
  send(jsonrpc::encode_error(id, why));
}

void Session::on_request(jsonrpc::Request&& request) {
  using protocol::Method;
  // Spec: 2026-07-28 basic/transports/stdio: the server must not write requests, the client must not write responses.
  if (connected_ && !allows(revision(), Feature::pushed_requests)) {
    return complain("the server sent the request " + request.method + ", which " + std::string(version_string(revision())) + " does not allow");
  }
  if (request.method == protocol::name(Method::ping)) return send(jsonrpc::encode_result(request.id, json::object()));
  const auto* method = protocol::find_method(request.method);
  if (!method || method->kind != protocol::MethodKind::request || method->direction != protocol::Direction::to_client) {
    return send(jsonrpc::encode_error(request.id, fail(ErrorCode::method_not_found, "no such method: " + request.method)));
  }
  if (pushed_.contains(request.id)) {
    return send(jsonrpc::encode_error(request.id, fail(ErrorCode::invalid_request, "a request with this id is open already")));
  }
  if (pushed_.size() >= kMaxPushedRequests) {
    return send(jsonrpc::encode_error(request.id, fail(ErrorCode::busy, "too many requests of the server are open")));
  }
  auto question = protocol::decode_question(request.method, std::move(request.params));
  if (!question) return send(jsonrpc::encode_error(request.id, question.error()));
  pushed_.emplace(request.id, true);
  tasks_.spawn(request.method, answer_pushed(request.id, *std::move(question)));
}

}  // namespace sumun::client
