// SPDX-License-Identifier: Apache-2.0
// How an approval moves: which step which state allows, whose votes count, and what time does to it.
#include "gate/approval.hpp"

#include "base/canonical.hpp"
#include "base/json_text.hpp"

#include <sumun/limits.hpp>

#include <algorithm>
#include <utility>

namespace sumun {
namespace gate {
namespace {

using State = ApprovalState;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr UnixMs kAnswerLife = duration_cast<milliseconds>(kRequestStateLife).count();

bool is_over(const Approval& approval, UnixMs now) {
  return (approval.state == State::pending || approval.state == State::approved) && approval.expires <= now;
}

// What it is, to whoever asked for what cannot be done with it.
Error not_now(const Approval& approval, const std::string& what, UnixMs now) {
  const std::string state(is_over(approval, now) ? "expired" : name_of(approval.state));
  std::string words = "approval " + approval.id + " cannot be " + what + ": it is " + state;
  if (approval.state == State::denied && !approval.votes.empty()) words = "approval " + approval.id + " cannot be " + what + ": " + approval.votes.back().by + " has denied it";
  return fail(ErrorCode::invalid_value, std::move(words));
}

Result<void> moved(Approval& approval, State to, UnixMs now) {
  approval.state = to;
  approval.changed = now;
  ++approval.version;
  return {};
}

bool is_claim_of(const Approval& approval, const std::string& call) { return approval.state == State::claimed && approval.call == call; }

void unclaim(Approval& approval) {
  approval.call.clear();
  approval.owner.clear();
  approval.asked_caller = false;
}

// Null = nothing keeps them from deciding what this one asks for.
const char* objection(const AskTerms& terms, const std::string& name, const std::string& principal, std::string_view requester) {
  if (!terms.approvers.empty() && std::find(terms.approvers.begin(), terms.approvers.end(), name) == terms.approvers.end()) return "its rule names others";
  if (!terms.not_requester) return nullptr;
  if (principal.empty()) return "who asked for it may not decide it, and nobody has said what they call tools as";
  if (name == requester || principal == requester) return "who asked for it may not decide it";
  return nullptr;
}

Result<void> may_vote(const Approval& approval, const Voter& voter) {
  const auto denied = [&](const char* why) { return fail(ErrorCode::denied, in_quotes(voter.name) + " may not decide approval " + approval.id + ": " + why); };
  const AskTerms& terms = approval.terms;
  if (voter.name.empty()) return denied("a vote needs a name");
  if (voter.is_user && !terms.user) return denied("its rule does not leave it to the connected user");
  if (voter.is_user && voter.principal != approval.principal) return denied("it is another user's");
  if (voter.is_user && terms.not_requester) return denied("who asked for it may not decide it");
  if (const char* why = voter.is_user ? nullptr : objection(terms, voter.name, voter.principal, approval.principal)) return denied(why);
  for (const Vote& vote : approval.votes) {
    if (vote.by == voter.name) return denied("they have voted already");
    if (!voter.principal.empty() && vote.principal == voter.principal) return denied("they have voted already, under another name");
  }
  return {};
}

const json& as_approved(const Approval& approval) { return approval.edited ? *approval.edited : approval.arguments; }

bool same_json(const json& a, const json& b) { return canonical_json(a) == canonical_json(b); }

}  // namespace

std::string binding_of(std::string_view principal, std::string_view tool, std::string_view definition, const json& arguments) {
  return to_hex(stable_digest(json{{"principal", principal}, {"tool", tool}, {"definition", definition}, {"arguments", arguments}}));
}

bool is_open(State state) { return state == State::pending || state == State::approved || state == State::claimed || state == State::outcome_unknown; }

bool stands(const Approval& approval, UnixMs now) {
  switch (approval.state) {
    case State::pending:
    case State::approved: return approval.expires > now;
    case State::claimed:
    case State::outcome_unknown: return true;
    case State::denied:
    case State::executed: return now - approval.changed < approval.replay;
    case State::failed:
    case State::expired:
    case State::withdrawn: return false;
  }
  return false;
}

Result<void> vote(Approval& approval, Vote vote, const Voter& voter, std::optional<json> edited, UnixMs now) {
  if (approval.state != State::pending || is_over(approval, now)) return not_now(approval, vote.approves ? "approved" : "denied", now);
  if (auto may = may_vote(approval, voter); !may) return may;
  if (vote.reason.size() > kMaxReasonBytes)
    return fail(ErrorCode::invalid_value, "reason: over " + std::to_string(kMaxReasonBytes) + " bytes");
  if (edited && !vote.approves) return fail(ErrorCode::invalid_value, "arguments: only who approves can change them");
  vote.by = voter.name;
  vote.principal = voter.principal;
  vote.is_user = voter.is_user;
  vote.at = now;
  if (edited && !same_json(*edited, as_approved(approval))) {
    approval.votes.clear();
    if (same_json(*edited, approval.arguments)) approval.edited.reset();
    else approval.edited = std::move(edited);
  }
  const bool approves = vote.approves;
  approval.votes.push_back(std::move(vote));
  if (!approves) return moved(approval, State::denied, now);
  if (!satisfies(approval, approval.terms)) return moved(approval, State::pending, now);
  approval.expires = now + milliseconds(approval.terms.approved).count();
  return moved(approval, State::approved, now);
}

Result<void> claim(Approval& approval, const std::string& call, const std::string& owner, UnixMs now) {
  if (approval.state != State::approved || is_over(approval, now)) return not_now(approval, "carried out", now);
  approval.call = call;
  approval.owner = owner;
  approval.asked_caller = false;
  return moved(approval, State::claimed, now);
}

Result<void> finish(Approval& approval, const std::string& call, State end, std::string result, std::string note, UnixMs now) {
  const bool is_end = end == State::executed || end == State::failed || end == State::outcome_unknown;
  const bool is_claimed = approval.state == State::claimed || approval.state == State::outcome_unknown;
  if (!is_end || !is_claimed || approval.call != call) return not_now(approval, "ended by call " + call, now);
  approval.result.clear();
  if (end == State::executed && result.size() <= kMaxReplayBytes) approval.result = std::move(result);
  approval.note = std::move(note);
  approval.asked_caller = false;
  return moved(approval, end, now);
}

Result<void> wait_for_caller(Approval& approval, const std::string& call, UnixMs now) {
  if (!is_claim_of(approval, call)) return not_now(approval, "put off by call " + call, now);
  approval.asked_caller = true;
  return moved(approval, State::claimed, now);
}

Result<void> go_on(Approval& approval, const std::string& call, const std::string& owner, UnixMs now) {
  const bool lapses = approval.asked_caller && now - approval.changed >= kAnswerLife;
  if (!is_claim_of(approval, call) || lapses) return not_now(approval, "gone on with by call " + call, now);
  approval.owner = owner;
  approval.asked_caller = false;
  return moved(approval, State::claimed, now);
}

Result<void> release(Approval& approval, const std::string& call, UnixMs now) {
  if (!is_claim_of(approval, call)) return not_now(approval, "given back by call " + call, now);
  unclaim(approval);
  return moved(approval, State::approved, now);
}

Result<void> withdraw(Approval& approval, UnixMs now) {
  if (approval.state != State::pending || is_over(approval, now)) return not_now(approval, "withdrawn", now);
  return moved(approval, State::withdrawn, now);
}

bool satisfies(const Approval& approval, const AskTerms& terms) {
  std::vector<const Vote*> counted;
  for (const Vote& vote : approval.votes) {
    if (!vote.approves) continue;
    if (vote.is_user) {
      if (terms.user && !terms.not_requester && vote.principal == approval.principal) return true;
      continue;
    }
    if (objection(terms, vote.by, vote.principal, approval.principal) != nullptr) continue;
    const auto same = [&](const Vote* other) { return other->by == vote.by || (!vote.principal.empty() && other->principal == vote.principal); };
    if (std::none_of(counted.begin(), counted.end(), same)) counted.push_back(&vote);
  }
  return counted.size() >= static_cast<std::size_t>(std::max(terms.needed, 1));
}

Result<void> ask_again(Approval& approval, const std::string& call, std::string rule, std::string reason, AskTerms terms, UnixMs now) {
  const bool open = (approval.state == State::pending || approval.state == State::approved) && !is_over(approval, now);
  const bool waits = is_claim_of(approval, call) && approval.asked_caller;
  if (!open && !waits) return not_now(approval, "asked about again", now);
  if (waits) unclaim(approval);
  approval.rule = std::move(rule);
  approval.reason = std::move(reason);
  approval.terms = std::move(terms);
  const bool enough = satisfies(approval, approval.terms);
  approval.expires = now + milliseconds(enough ? approval.terms.approved : approval.terms.pending).count();
  return moved(approval, enough ? State::approved : State::pending, now);
}

Result<void> resolve(Approval& approval, State end, const std::string& by, std::string note, UnixMs now) {
  if (approval.state != State::outcome_unknown || (end != State::executed && end != State::failed)) return not_now(approval, "resolved", now);
  if (note.size() > kMaxReasonBytes) return fail(ErrorCode::invalid_value, "note: over " + std::to_string(kMaxReasonBytes) + " bytes");
  approval.note = by + (note.empty() ? "" : ": " + note);
  approval.resolved_by = by;
  return moved(approval, end, now);
}

Result<void> ended_late(Approval& approval, const std::string& call, State end, UnixMs now) {
  if (approval.resolved_by.empty() || approval.call != call) return not_now(approval, "ended by call " + call, now);
  approval.note += "; after that the call itself ended: " + std::string(name_of(end));
  ++approval.version;
  return {};
}

bool age(Approval& approval, bool owner_is_gone, UnixMs now) {
  const State before = approval.state;
  if (before == State::claimed && approval.asked_caller && now - approval.changed >= kAnswerLife) {
    // The time for its caller's answer was not for using it.
    if (!std::exchange(approval.has_lapsed, true))
      approval.expires = std::max(approval.expires, approval.changed + kAnswerLife + milliseconds(approval.terms.approved).count());
    unclaim(approval);
    return moved(approval, approval.expires > now ? State::approved : State::expired, now).has_value();
  }
  if (before == State::claimed && !approval.asked_caller && owner_is_gone) {
    approval.note = "the process that carried it out is gone";
    return moved(approval, State::outcome_unknown, now).has_value();
  }
  return is_over(approval, now) && moved(approval, State::expired, now).has_value();
}

json aged_event(const Approval& approval, State before) {
  json event{{"approval", approval.id}, {"principal", approval.principal}, {"target", approval.tool}, {"was", name_of(before)}};
  event["event"] = approval.state == State::expired ? "expired" : approval.state == State::approved ? "lapsed" : "outcome";
  if (approval.state == State::outcome_unknown) event.update({{"outcome", "outcome_unknown"}, {"call", approval.call}, {"why", approval.note}});
  return event;
}

}  // namespace gate

inline namespace v0 {

std::vector<Approver> who_can_decide(const std::vector<Approver>& approvers, const AskTerms& terms, std::string_view requester) {
  std::vector<Approver> able;
  for (const Approver& one : approvers) {
    const auto is_same = [&](const Approver& other) { return !one.principal.empty() && other.principal == one.principal; };
    if (gate::objection(terms, one.name, one.principal, requester) == nullptr && std::none_of(able.begin(), able.end(), is_same)) able.push_back(one);
  }
  return able;
}

std::string_view name_of(ApprovalState state) {
  switch (state) {
    case ApprovalState::pending: return "pending";
    case ApprovalState::approved: return "approved";
    case ApprovalState::denied: return "denied";
    case ApprovalState::expired: return "expired";
    case ApprovalState::withdrawn: return "withdrawn";
    case ApprovalState::claimed: return "claimed";
    case ApprovalState::executed: return "executed";
    case ApprovalState::failed: return "failed";
    case ApprovalState::outcome_unknown: return "outcome_unknown";
  }
  return "";
}

}  // namespace v0
}  // namespace sumun
