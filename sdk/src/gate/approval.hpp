// SPDX-License-Identifier: Apache-2.0
// An approval: a question to people about one call, and how it moves
//   pending → approved | denied | expired | withdrawn,   approved → claimed | expired,
//   claimed → executed | failed | outcome_unknown | approved (nothing was done),   outcome_unknown → executed | failed.
// The steps are pure functions: a store carries them out in a transaction of its own, and may do so again.
#pragma once
#include <sumun/approvals.hpp>
#include <sumun/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sumun::gate {

/// Milliseconds since 1970 by the store's clock.
using UnixMs = std::int64_t;

/// What an approval is bound to: SHA-256 (hex) over the canonical JSON of all of it.
std::string binding_of(std::string_view principal, std::string_view tool, std::string_view definition, const json& arguments);

/// Whether the same call again gets this approval's answer: it is open, claimed or unknown, or was executed or denied less
/// than `replay` ago. One that failed, expired or was withdrawn is asked about anew.
bool stands(const Approval& approval, UnixMs now);
/// Whether it still moves by itself or by a person: not one of the ends.
bool is_open(ApprovalState state);

// -- the steps. Errors: invalid_value where the state does not allow it, in words for whoever asked.

/// A person's answer. An approval with `edited` arguments changes what is approved: votes before it count no more.
/// Errors: denied when the voter may not decide it (Terms, separation of duties), has voted already, or it is not pending.
Result<void> vote(Approval& approval, Vote vote, const Voter& voter, std::optional<json> edited, UnixMs now);
/// Errors: invalid_value unless it is approved and not expired.
Result<void> claim(Approval& approval, const std::string& call, const std::string& owner, UnixMs now);
/// The call's end (whose handler may still run: `owner` is kept): executed (with its result), failed (a returned error) or outcome_unknown. Late ends of the owner's count
/// also where the state is outcome_unknown already.
Result<void> finish(Approval& approval, const std::string& call, ApprovalState end, std::string result, std::string note, UnixMs now);
/// The claimed call waits for its caller's answer, or goes on with it, maybe on another host. While it waits its owner may
/// be gone; not answered within kRequestStateLife it lapses to approved.
Result<void> wait_for_caller(Approval& approval, const std::string& call, UnixMs now);
Result<void> go_on(Approval& approval, const std::string& call, const std::string& owner, UnixMs now);
/// Nothing was done: it can be claimed again.
Result<void> release(Approval& approval, const std::string& call, UnixMs now);
Result<void> withdraw(Approval& approval, UnixMs now);
/// Whether the votes that stand are enough by these terms: the user's, or those of so many people who may decide it.
bool satisfies(const Approval& approval, const AskTerms& terms);
/// Another rule asks about it by now: it is pending by that rule's terms, unless its votes are enough for them. Votes are kept.
/// From pending and approved, and from claimed by `call` while that waits for its caller.
Result<void> ask_again(Approval& approval, const std::string& call, std::string rule, std::string reason, AskTerms terms, UnixMs now);
/// A person says what became of an outcome_unknown. (Step::unless_owner_lives: its handler may still run.)
Result<void> resolve(Approval& approval, ApprovalState end, const std::string& by, std::string note, UnixMs now);
/// The call ended after all when a person had said what became of it: what they said stands, and the note says this beside it.
Result<void> ended_late(Approval& approval, const std::string& call, ApprovalState end, UnixMs now);
/// What time alone does: expiry, outcome_unknown where the owner is gone, the lapse of a call whose caller never answered.
/// Returns: whether anything changed.
bool age(Approval& approval, bool owner_is_gone, UnixMs now);
/// What the log says of that: {"event": "expired" | "outcome" | "lapsed", "approval", "principal", "target", …}.
json aged_event(const Approval& approval, ApprovalState before);

json to_json(const Approval& approval);
Result<Approval> approval_from(json value);
json to_json(const Grant& grant);
Result<Grant> grant_from(json value);

}  // namespace sumun::gate
