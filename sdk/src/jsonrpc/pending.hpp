// SPDX-License-Identifier: Apache-2.0
// Our own requests that the peer has not answered yet, found by id when the answer comes. No clock: whoever asked
// keeps the deadline and calls `fail`.
#pragma once
#include "base/unique_function.hpp"
#include "jsonrpc/message.hpp"

#include <sumun/limits.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace sumun::jsonrpc {

/// Thread:  one strand.
/// Owner:   the session.
/// Ends by: `close`; a table that is destroyed closes itself.
/// Each callback is called exactly once, after its entry has left the table, so it may call back in.
class PendingRequests {
 public:
  using Answer = UniqueFunction<void(Result<json>)>;

  explicit PendingRequests(std::size_t bound = kMaxPeerRequests) : bound_(bound) {}
  ~PendingRequests();
  PendingRequests(const PendingRequests&) = delete;
  PendingRequests& operator=(const PendingRequests&) = delete;

  /// Remembers `answer` and mints its id (1, 2, 3, …). Above the bound the oldest one fails with `busy`.
  /// After `close` the answer fails at once.
  Id add(Answer answer);
  /// The peer's answer. False: nobody waits for it (too late, answered already, or never asked).
  bool resolve(Response&& response);
  bool resolve(ErrorResponse&& response);
  /// The caller gave up: deadline, cancellation. False: it was answered already.
  bool fail(const Id& id, Error why);
  /// All that wait fail with `why`, oldest first; so does everything added from now on.
  void close(Error why = Error{ErrorCode::closed, "the connection is closed", nullptr});

  std::size_t size() const noexcept { return waiting_.size(); }

 private:
  bool finish(const Id& id, Result<json> result);

  std::size_t bound_;
  std::int64_t last_id_ = 0;
  std::map<std::int64_t, Answer> waiting_;  // by id, so the oldest first
  std::optional<Error> closed_;             // set by close
};

}  // namespace sumun::jsonrpc
