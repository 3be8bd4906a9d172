// SPDX-License-Identifier: Apache-2.0
// One look after the other.
#include "server/watch.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace sumun::server {

Watch::Watch(Options options)
    : options_(std::move(options)),
      end_(options_.limit ? std::chrono::steady_clock::now() + *options_.limit : std::chrono::steady_clock::time_point::max()),
      timer_(options_.executor) {}

std::shared_ptr<Watch> Watch::start(Options options) {
  std::shared_ptr<Watch> watch(new Watch(std::move(options)));
  watch->look();
  return watch;
}

// Never in place: whoever starts it goes on first.
void Watch::look() {
  options_.core->ledger().get(options_.approval, [self = shared_from_this()](Result<Approval> approval) {
    boost::asio::post(self->options_.executor, [self, approval = std::move(approval)]() mutable { self->seen(std::move(approval)); });
  });
}

// A store that is away for a while ends no wait before its time.
void Watch::seen(Result<Approval> approval) {
  if (!options_.done) return;
  const bool open = approval ? approval->state == ApprovalState::pending : approval.error().code != ErrorCode::not_found;
  const auto left = end_ - std::chrono::steady_clock::now();
  if (!open || left.count() <= 0 || options_.gone()) return std::exchange(options_.done, nullptr)(std::move(approval));
  timer_.expires_after(std::min<std::chrono::steady_clock::duration>(left, kApprovalPoll));
  timer_.async_wait([self = shared_from_this()](boost::system::error_code failed) {
    if (!failed && self->options_.done) self->look();
  });
}

}  // namespace sumun::server
