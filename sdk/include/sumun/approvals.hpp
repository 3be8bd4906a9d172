// SPDX-License-Identifier: Apache-2.0
// The human's side of the gate: what waits for a decision, who may decide, and the decision itself.
#pragma once
#include <sumun/export.hpp>
#include <sumun/limits.hpp>
#include <sumun/policy.hpp>
#include <sumun/result.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sumun {
inline namespace v0 {

class Store;

enum class ApprovalState : std::uint8_t { pending, approved, denied, expired, withdrawn, claimed, executed, failed, outcome_unknown };
SUMUN_EXPORT std::string_view name_of(ApprovalState state);

/// Who votes. `principal` is what they call tools as: it is compared with the requester.
struct Voter {
  std::string name;
  std::string principal;
  bool is_user = false;  // the connected user, through the client or a page that made them log in
};

struct Vote {
  std::string by;
  bool approves = false;
  std::string reason;
  std::int64_t at = 0;  // ms since 1970
  std::string principal = "";  // what the voter calls tools as; empty = nothing, or not known
  bool is_user = false;        // the connected user: enough by itself where the terms leave it to the user

  friend bool operator==(const Vote&, const Vote&) = default;
};

/// A question to people about one call. Times are milliseconds since 1970 by the store's clock.
struct Approval {
  std::string id;            // opaque; it opens nothing by itself
  ApprovalState state = ApprovalState::pending;
  std::string principal;     // the requester
  std::string tool;
  std::string module;
  std::string definition;    // digest of the tool's definition, hex
  json input_schema;         // of the tool: edited arguments are held against it
  std::string title;         // what it does, in the tool's own words
  std::string binding;       // digest of {principal, tool, definition, arguments}: retries match it
  json arguments;            // as asked: validated, and with their defaults
  std::optional<json> edited;  // as approved, where an approver changed them
  std::string run;           // the client's name for what it is doing; may be empty
  std::string rule;          // that asks: "rule 2, config.toml:12"
  std::string reason;        // the rule's
  AskTerms terms;
  std::vector<Vote> votes;   // that count, in their order
  std::string call;          // that claimed it
  std::string owner;         // the host that carries it out
  std::string result;        // of executed, as JSON; kept for `replay`
  std::string note;          // why it failed, or what a person said of an unknown outcome
  std::int64_t created = 0;
  std::int64_t changed = 0;
  std::int64_t expires = 0;  // pending: no vote counts after it; approved: it cannot be claimed after it
  std::int64_t replay = std::chrono::milliseconds(kReplayWindow).count();  // so long (ms) after executed and denied the same call gets that answer
  std::int64_t version = 0;  // grows with every change
  bool asked_caller = false;  // claimed, and the call waits for its caller's answer: lapses with kRequestStateLife
};

/// What makes a rule that asks allow instead: the same principal, this tool, these arguments, for a while. It covers a call
/// where `binding`, if there is one, is the call's, all of `when` certainly hold, and the rule that asks has the same `terms`.
struct Grant {
  std::string id;
  std::string principal;
  std::string tool;
  std::string definition;         // digest: a changed tool is asked about again
  std::string binding;            // of the one call (Approval::binding) that it covers; empty = of any arguments
  std::vector<std::string> when;  // predicates as in PolicyRule
  std::string by;
  std::int64_t created = 0;
  std::int64_t until = 0;
  bool revoked = false;
  std::string rule = "";          // that asked when it was granted
  AskTerms terms{};               // of that rule: where one with other terms asks, the grant does not cover
  std::string by_principal = "";  // what `by` calls tools as
};

struct Approver {
  std::string name;
  std::string principal;  // they call tools as; empty = none
  std::int64_t created = 0;
};

struct ApprovalFilter {
  std::optional<ApprovalState> state;
  std::string principal;
  std::string tool;
  std::size_t limit = 100;  // the newest
};

/// What an approver says of a pending approval.
struct Decided {
  bool approve = false;
  std::int64_t version = 0;                         // of the approval that they saw; 0 = as it is now
  std::string reason;
  std::optional<json> edited;                       // approve with these arguments instead
  std::optional<std::chrono::seconds> remember;     // approve, and the same for so long …
  std::vector<std::string> remember_when;           // … where these predicates hold; empty = the very same arguments
};

/// The human's side of a store. Every function blocks, with the store's time limit.
/// Thread: any.
class SUMUN_EXPORT Approvals {
 public:
  explicit Approvals(std::shared_ptr<Store> store);
  ~Approvals();

  Result<std::vector<Approval>> list(const ApprovalFilter& filter = {});
  /// `id` may be the beginning of one, where only one begins so. Errors: not_found, invalid_value (several).
  Result<Approval> get(const std::string& id);

  /// The password of `name`, checked. Wrong ones are counted, and make the next tries wait.
  /// Errors: denied (the same words for an unknown name), busy (too many wrong ones: when to try again).
  Result<Voter> log_in(const std::string& name, std::string_view password);
  /// `id` is a whole one, as in the functions below.
  /// Errors: denied (may not decide it; has decided), invalid_value (not pending, changed since it was seen, the edit breaks
  ///         the schema, a predicate does not compile, what several people decide is not remembered).
  Result<Approval> decide(const std::string& id, const Voter& voter, Decided decided);
  /// Says what became of an outcome_unknown. Errors: invalid_value where it is none.
  Result<Approval> resolve(const std::string& id, const Voter& voter, bool executed, std::string note);

  Result<std::vector<Grant>> grants();
  Result<Grant> revoke(const std::string& id, const Voter& voter);

  Result<std::vector<Approver>> approvers();
  /// The first approver needs nobody's leave, each one after it a voter's. A name that is there gets the new password, by
  /// its own leave alone.
  /// Errors: invalid_value (name, password shorter than kMinPasswordBytes), denied.
  Result<void> add_approver(const Approver& approver, std::string_view password, const std::optional<Voter>& by);
  /// Errors: not_found, invalid_value (the last one stays).
  Result<void> remove_approver(const std::string& name, const Voter& by);

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace v0
}  // namespace sumun
