// SPDX-License-Identifier: Apache-2.0
// What the core knows of the books: whether they can be written, and which requests wait for an approval.
#include "server/core.hpp"

#include <utility>

namespace sumun::server {

void Core::use(std::shared_ptr<gate::Ledger> ledger) {
  ledger_ = std::move(ledger);
  is_durable_ = true;
}

bool Core::is_ready() {
  if (closing_.waits()) {
    closing_.hurry();
    return false;
  }
  if (!store_fails_.load(std::memory_order_relaxed)) return true;
  if (!trying_.exchange(true)) {
    gate::Step step;
    step.events.push_back(json{{"event", "store"}, {"why", "records may be missing before this one: the store could not be written"}});
    ledger_->commit(std::move(step), [core = shared_from_this()](const Result<std::optional<Approval>>& written) {
      core->store_answered(written.has_value());
      core->trying_ = false;
    });
  }
  return !store_fails_.load(std::memory_order_relaxed);
}

int Core::wait_for(const std::string& approval) {
  std::lock_guard lock(mutex_);
  return waiting_[approval]++;
}

int Core::stop_waiting(const std::string& approval) {
  std::lock_guard lock(mutex_);
  const auto found = waiting_.find(approval);
  const int left = --found->second;
  if (left == 0) waiting_.erase(found);
  return left;
}

}  // namespace sumun::server
