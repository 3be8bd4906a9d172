// SPDX-License-Identifier: Apache-2.0
// One tools/call between the policy and its handler.
#pragma once
#include "server/ladder.hpp"
#include "server/walk.hpp"
#include "server/watch.hpp"

#include <memory>
#include <string>

namespace sumun::server {

/// Counts among those of this process that wait for an approval.
class Waits {
 public:
  Waits(std::shared_ptr<Core> core, std::string approval) : core_(std::move(core)), approval_(std::move(approval)) { core_->wait_for(approval_); }
  Waits(const Waits&) = delete;
  Waits& operator=(const Waits&) = delete;
  ~Waits() { leave(); }
  /// Returns: how many others there are.
  int leave() { return core_ ? std::exchange(core_, nullptr)->stop_waiting(approval_) : 0; }

 private:
  std::shared_ptr<Core> core_;
  std::string approval_;
};

/// Thread: the strand of its connection; of a task, the task's.
struct ToolCall {
  ExchangePtr exchange;
  std::shared_ptr<CallState> call;
  std::shared_ptr<const ToolEntry> entry;
  json input;  // validated, with its defaults
  std::size_t bytes;
  Workers workers;

  // -- where people are asked
  std::string rule{};
  std::string reason{};
  AskTerms terms{};
  std::vector<gate::ApproverRow> approvers{};  // all that there are
  std::string page{};                          // elicitationId of a page that is open (2025-11-25)
  std::weak_ptr<Watch> watch{};
  std::unique_ptr<Waits> waits{};
  bool opened = false;                         // the question is this request's own, not one that stood already
};

/// What runs the handler when it may.
inline auto work_of(ToolCall& tool) {
  auto finish = [entry = tool.entry.get()](CallState& state, Outcome<CallToolResult> outcome) { return tool_answer(*entry, state, std::move(outcome)); };
  return Work<CallToolResult, decltype(finish)>{tool.call,  &tool.entry->handler, tool.entry, &tool.entry->options.executor, std::move(tool.input),
                                                tool.bytes, finish,               tool.workers};
}

}  // namespace sumun::server
