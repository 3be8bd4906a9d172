// SPDX-License-Identifier: Apache-2.0
// One try after the other, on a thread that there is only once something was kept.
#include "server/closing.hpp"

#include "server/passage.hpp"

#include <chrono>
#include <future>
#include <utility>

namespace sumun::server {
namespace {

constexpr std::chrono::seconds kRetry{2};
constexpr std::chrono::milliseconds kLook{20};

// Never longer than the server lives: it may end on the very thread that would answer.
Result<std::optional<Approval>> commit(gate::Ledger& ledger, gate::Step step, const std::stop_token& stop) {
  auto answer = std::make_shared<std::promise<Result<std::optional<Approval>>>>();
  auto committed = answer->get_future();
  ledger.commit(std::move(step), [answer](Result<std::optional<Approval>> result) { answer->set_value(std::move(result)); });
  while (committed.wait_for(kLook) != std::future_status::ready)
    if (stop.stop_requested()) return fail(ErrorCode::closed, "the server ends");
  return committed.get();
}

}  // namespace

std::optional<gate::Step> late_outcome(gate::Step step) {
  if (step.events.empty() || step.events.back().value("event", "") != "outcome") return std::nullopt;
  json& event = step.events.back();
  event["why"] = "after it was resolved";
  step.change = nullptr;
  if (step.approval.empty()) return step;
  step.change = [call = event.value("call", ""), end = event.value("outcome", "")](Approval& approval, std::vector<gate::AuditEvent>&, gate::UnixMs now) -> Result<void> {
    for (const auto state : {ApprovalState::executed, ApprovalState::failed, ApprovalState::outcome_unknown})
      if (name_of(state) == end) (void)gate::ended_late(approval, call, state, now);  // the record counts in any case
    return {};
  };
  return step;
}

Closing::~Closing() {
  thread_ = {};  // stops it and waits
  for (const Kept& one : kept_) say_("'" + one.target + "': how it ended was never written down: the server ends");
}

void Closing::keep(std::shared_ptr<gate::Ledger> ledger, gate::Step step, std::string target) {
  {
    std::lock_guard lock(mutex_);
    if (kept_.size() < kMaxClosingSteps) {
      kept_.push_back({std::move(ledger), std::move(step), std::move(target)});
      if (!thread_.joinable()) thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
      return;
    }
  }
  say_("'" + target + "': how it ended is not written down: too many such records wait for the store");
}

bool Closing::waits() const {
  std::lock_guard lock(mutex_);
  return !kept_.empty();
}

void Closing::hurry() {
  {
    std::lock_guard lock(mutex_);
    hurries_ = true;
  }
  changed_.notify_all();
}

void Closing::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    changed_.wait_for(lock, stop, kRetry, [this] { return hurries_; });
    hurries_ = false;
    while (!kept_.empty() && !stop.stop_requested()) {
      Kept first = kept_.front();
      lock.unlock();
      const bool done = written(first, stop);
      lock.lock();
      if (!done) {
        kept_.front() = std::move(first);  // what is left of it
        break;
      }
      kept_.pop_front();
    }
  }
}

// Also true where there is nothing left to write.
bool Closing::written(Kept& kept, const std::stop_token& stop) {
  const auto closed = commit(*kept.ledger, kept.step, stop);
  if (closed) return true;
  if (is_outage(closed.error())) return false;
  say_("'" + kept.target + "': how it ended was not written down in time: " + closed.error().message);
  auto late = late_outcome(std::move(kept.step));
  if (!late) return true;
  kept.step = *std::move(late);
  return commit(*kept.ledger, kept.step, stop).has_value();
}

}  // namespace sumun::server
