// SPDX-License-Identifier: Apache-2.0
// Finding, opening and counting sessions.
#include "transport/http_sessions.hpp"

#include "base/random.hpp"
#include "jsonrpc/message.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sumun {
inline namespace v0 {
namespace {

void refuse(HttpReply& reply, int status, const HttpMessage& message, const Error& error, std::string fields = {}) {
  reply.answer(status, jsonrpc::encode_error(jsonrpc::id_of_request(message.body), error), std::move(fields));
}

bool same_owner(const std::shared_ptr<const Principal>& a, const std::shared_ptr<const Principal>& b) {
  return a && b ? a->name == b->name : !a && !b;
}

}  // namespace

struct HttpSessions::Shared : std::enable_shared_from_this<Shared> {
  std::shared_ptr<const HttpSessionOptions> options;
  mutable std::mutex mutex;
  std::unordered_map<std::string, std::shared_ptr<HttpSession>> sessions;  // under mutex, like the rest
  std::map<std::string, std::size_t, std::less<>> of_principal;            // how many each has
  bool draining = false;
  std::unique_ptr<boost::asio::steady_timer> timer;

  std::vector<std::shared_ptr<HttpSession>> all() const {
    std::vector<std::shared_ptr<HttpSession>> out;
    std::lock_guard lock(mutex);
    out.reserve(sessions.size());
    for (const auto& [id, session] : sessions) out.push_back(session);
    return out;
  }

  std::shared_ptr<HttpSession> find(const std::string& id) const {
    std::lock_guard lock(mutex);
    const auto found = sessions.find(id);
    return found == sessions.end() ? nullptr : found->second;
  }

  void forget(HttpSession& session) {
    std::lock_guard lock(mutex);
    drop(session);
  }

  // Under mutex.
  void drop(HttpSession& session) {
    if (sessions.erase(session.id()) == 0 || !session.owner()) return;
    const auto counted = of_principal.find(session.owner()->name);
    if (counted != of_principal.end() && --counted->second == 0) of_principal.erase(counted);
  }

  // Under mutex. Null = all are in use.
  std::shared_ptr<HttpSession> longest_idle() const {
    std::shared_ptr<HttpSession> found;
    for (const auto& [id, session] : sessions)
      if (!session->in_use() && (!found || session->last_used() < found->last_used())) found = session;
    return found;
  }

  void sweep() {
    for (const auto& session : all())
      if (session->is_stale()) session->end_if_idle();
  }

  void wait_and_sweep() {
    timer->expires_after(std::clamp<std::chrono::milliseconds>(std::min(options->idle, options->opening) / 4, std::chrono::milliseconds{100}, std::chrono::minutes{1}));
    timer->async_wait([weak = weak_from_this()](boost::system::error_code failed) {
      const auto self = weak.lock();
      if (failed || !self) return;
      self->sweep();
      self->wait_and_sweep();
    });
  }
};

HttpSessions::HttpSessions(HttpSessionOptions options) : shared_(std::make_shared<Shared>()) {
  shared_->options = std::make_shared<const HttpSessionOptions>(std::move(options));
}

HttpSessions::~HttpSessions() {
  std::lock_guard lock(shared_->mutex);
  shared_->timer.reset();
}

void HttpSessions::take(HttpMessage message, std::shared_ptr<HttpReply> reply) {
  if (message.session.empty()) {
    if (message.method == HttpMethod::post) return open(std::move(message), std::move(reply));
    return refuse(*reply, 400, message, fail(ErrorCode::invalid_request, "Mcp-Session-Id: missing; initialize gives one"));
  }
  const auto session = shared_->find(message.session);
  // 2025-11-25 basic/transports, Session Management, 3. Somebody else's session is not there either.
  if (!session || !same_owner(session->owner(), message.principal))
    return refuse(*reply, 404, message, fail(ErrorCode::invalid_request, "Mcp-Session-Id: no such session; open one with initialize"));
  session->take(std::move(message), std::move(reply));
}

void HttpSessions::open(HttpMessage message, std::shared_ptr<HttpReply> reply) {
  const auto ended = [weak = std::weak_ptr(shared_)](HttpSession& session) {
    if (const auto shared = weak.lock()) shared->forget(session);
  };
  std::shared_ptr<HttpSession> session;
  std::shared_ptr<HttpSession> displaced;
  {
    std::lock_guard lock(shared_->mutex);
    const HttpSessionOptions& options = *shared_->options;
    if (shared_->draining) return refuse(*reply, 503, message, fail(ErrorCode::busy, "the server is ending"));
    if (message.principal) {
      const auto counted = shared_->of_principal.find(message.principal->name);
      if (counted != shared_->of_principal.end() && counted->second >= options.sessions_of_principal)
        return refuse(*reply, 429, message, fail(ErrorCode::too_many_requests, "too many sessions of " + message.principal->name + " are open"),
                      "Retry-After: 30\r\n");
    }
    if (shared_->sessions.size() >= options.sessions) {
      displaced = shared_->longest_idle();
      if (!displaced) return refuse(*reply, 503, message, fail(ErrorCode::busy, "too many sessions are open"), "Retry-After: 30\r\n");
      shared_->drop(*displaced);
    }
    if (message.principal) ++shared_->of_principal[message.principal->name];
    session = std::make_shared<HttpSession>(random_id(), message.principal, shared_->options, ended);
    shared_->sessions.emplace(session->id(), session);
  }
  if (displaced) displaced->close();
  session->take(std::move(message), std::move(reply));
}

void HttpSessions::drain() {
  {
    std::lock_guard lock(shared_->mutex);
    shared_->draining = true;
  }
  for (const auto& session : shared_->all()) session->drain();
}

void HttpSessions::end() {
  for (const auto& session : shared_->all()) session->close();
}

void HttpSessions::sweep() { shared_->sweep(); }

void HttpSessions::watch(boost::asio::any_io_executor executor) {
  shared_->timer = std::make_unique<boost::asio::steady_timer>(std::move(executor));
  shared_->wait_and_sweep();
}

std::size_t HttpSessions::size() const {
  std::lock_guard lock(shared_->mutex);
  return shared_->sessions.size();
}

}  // namespace v0
}  // namespace sumun
