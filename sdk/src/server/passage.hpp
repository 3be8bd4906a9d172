// SPDX-License-Identifier: Apache-2.0
// What the books hear of a call: before its handler (T1), after it (T2), and what is given back when it never ran. A call
// that only reads, and was not asked about, has one record, written behind its reply.
#pragma once
#include "gate/ledger.hpp"

#include <sumun/principal.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sumun::server {

class CallState;
class Core;
struct Refusal;
struct Reply;
struct ToolEntry;

/// The key of the gate's own question, and of what `_meta` says of an approval.
inline constexpr const char* kApprovalKey = "dev.sumun/approval";

/// How a handler ended, as far as is known.
enum class End { executed, failed, unknown };
ApprovalState state_of(End end);

/// Thread: as CallState's; `ended` any.
struct Passage {
  json record = json::object();   // what every record of the call says
  std::string approval;           // that it claims; empty = none
  std::string grant;              // that covers it; empty = none
  bool claims = false;            // T1 and T2 stand around the handler
  const ToolEntry* tool = nullptr;  // of a call that claims
  std::optional<Approval> claimed;  // as it was claimed
  std::string result;             // of a call with an approval: what the same call gets again
  std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();
  std::chrono::milliseconds claimed_at{0};  // Clock::awake_or_not when T1 was asked for
  std::atomic<bool> ended{false};  // true once the handler has ended, or its time
};

/// A record of the log about a request. `arguments` null = it has none. What stands in it is redacted.
struct Noted {
  std::string_view event;
  const Principal& who;
  std::string_view method;
  std::string_view target;
  const json* arguments = nullptr;
};
gate::AuditEvent record_of(const Core& core, const Noted& noted, const json& meta);

/// What the client says it is doing; empty = nothing.
std::string run_of(const json& meta);

/// T1. Gives the approval as it is now, where the call has one: claimed, or pending where another rule asks by now.
/// Errors: denied, invalid_value, not_found: the approval or the grant cannot be used; others: the books cannot be written.
void claim(const std::shared_ptr<CallState>& call, gate::Ledger::Done<std::optional<Approval>> done);
/// Puts an approval back before people, by the rule that asks now; `event` is a record of the call.
Result<void> put_again(const Core& core, Approval& approval, const std::string& call, const Refusal& rule, json event,
                       std::vector<gate::AuditEvent>& events, gate::UnixMs now);
/// Whether so much time has passed since T1 that others may take this process for gone: the handler does not begin.
bool is_stale(const CallState& call);
/// Whether an error of `claim` says that the books cannot be written.
bool is_outage(const Error& error);
/// T2, then `send` with the reply; it says so where T2 could not be written.
void settle(CallState& call, End end, Reply reply, std::function<void(Reply)> send);
/// The handler was unwound at a question: nothing was done yet, and its caller may never come back.
void await_caller(CallState& call, gate::Ledger::Done<void> done);
/// The handler never ran, or was unwound for nothing.
void let_go(CallState& call);

/// What a call took before its handler: a round, a claim. Given back unless the handler began. Owner: the job that runs it.
class Taken {
 public:
  explicit Taken(std::shared_ptr<CallState> call) : call_(std::move(call)) {}
  Taken(const Taken&) = delete;
  Taken& operator=(const Taken&) = delete;
  ~Taken();

  bool round = false;
  bool claim = false;
  bool begun = false;

 private:
  std::shared_ptr<CallState> call_;
};

}  // namespace sumun::server
