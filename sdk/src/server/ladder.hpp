// SPDX-License-Identifier: Apache-2.0
// The ladder of asking: who can be asked about a call and how, the form that a person sees, and what the caller is told while
// nobody has decided. Pure functions.
#pragma once
#include "gate/ledger.hpp"
#include "server/core.hpp"

#include <sumun/call.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sumun::server {

/// Who is asked. The first that can be.
enum class Rung {
  form,       // the connected user, in their client
  page,       // the connected user, on a page that makes them log in
  elsewhere,  // approvers, at a place of their own
  nobody,     // nobody can be: the call is denied
};

struct Asker {
  Revision revision;
  const ClientCapabilities& client;
  const AskTerms& terms;
  bool page;       // there is one
  bool approvers;  // so many as the terms need can decide it
  bool is_shown_whole = true;  // what a form shows is all that would be done
};
Rung rung_of(const Asker& asker);

/// Whether so many of them as the terms need may decide what `requester` asks for.
bool can_decide(const std::vector<gate::ApproverRow>& rows, const AskTerms& terms, std::string_view requester);

/// Whether a grant covers a call, as the rule that asks now has it.
bool covers(const Grant& grant, const Approval& draft);

/// What a person is shown: one line each, what could deceive the eye (control characters, changes of direction, what has no
/// width) written out.
std::string readable(std::string_view text, std::size_t max_bytes);
std::string readable(const json& arguments);
/// Whether that leaves nothing out.
bool is_readable_whole(const json& arguments);
/// What would be done.
inline const json& arguments_of(const Approval& approval) { return approval.edited ? *approval.edited : approval.arguments; }

InputRequest form_of(const Approval& approval);
InputRequest page_of(const Approval& approval, const ApprovalOptions& options);
struct Answered {
  bool approves;
  std::string reason;
};
/// None = it was put off, not answered.
std::optional<Answered> answer_of(const InputResponse& response);

/// What the caller of a call that did not run is told of its approval.
CallToolResult told_of(const Approval& approval, const ApprovalOptions& options);
/// Of a call that was not run for a reason of the gate's own.
CallToolResult not_run(const std::string& tool, const std::string& why);
/// `_meta["dev.sumun/approval"]`
json meta_of(const Approval& approval, const ApprovalOptions& options);
/// What stands in `result` about a call that was approved: its first block where an approver changed the arguments, its _meta.
void tell_approved(CallToolResult& result, const Approval& approval, const ApprovalOptions& options);
/// "{id}" in `text` replaced.
std::string with_id(std::string text, const std::string& id);

}  // namespace sumun::server
