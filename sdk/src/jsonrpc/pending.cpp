// SPDX-License-Identifier: Apache-2.0
// The table of requests that wait for the peer's answer.
#include "jsonrpc/pending.hpp"

namespace sumun::jsonrpc {

PendingRequests::~PendingRequests() { close(); }

Id PendingRequests::add(Answer answer) {
  const std::int64_t id = ++last_id_;
  if (closed_) {
    answer(*closed_);
    return id;
  }
  waiting_.emplace(id, std::move(answer));
  if (waiting_.size() > bound_) {
    finish(waiting_.begin()->first, Error{ErrorCode::busy, "too many requests wait for the peer's answer", nullptr});
  }
  return id;
}

bool PendingRequests::resolve(Response&& response) { return finish(response.id, std::move(response.result)); }
bool PendingRequests::resolve(ErrorResponse&& response) {
  return response.id.has_value() && finish(*response.id, std::move(response.error));
}
bool PendingRequests::fail(const Id& id, Error why) { return finish(id, std::move(why)); }

void PendingRequests::close(Error why) {
  if (closed_) {
    return;
  }
  closed_ = std::move(why);
  while (!waiting_.empty()) {
    finish(waiting_.begin()->first, *closed_);
  }
}

bool PendingRequests::finish(const Id& id, Result<json> result) {
  const std::optional<std::int64_t> number = id.integer();
  const auto at = number ? waiting_.find(*number) : waiting_.end();
  if (at == waiting_.end()) {
    return false;
  }
  Answer answer = std::move(at->second);
  waiting_.erase(at);
  answer(std::move(result));
  return true;
}

}  // namespace sumun::jsonrpc
