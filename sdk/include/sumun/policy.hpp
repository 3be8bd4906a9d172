// SPDX-License-Identifier: Apache-2.0
// Who may do what: ordered rules, compiled once, the first that matches decides. What cannot be told of a call (an argument
// that is left out or has another type) counts for rules that ask and deny, never for rules that allow.
//
//   sumun::PolicyRule large;
//   large.target = "tool:create_refund";
//   large.when = {"/amount_minor > 5000"};
//   large.decision = sumun::Decision::deny;
//   large.reason = "refunds over 50.00 are made by people";
//   options.policy = sumun::Policy::compile({.rules = {large}, .otherwise = sumun::Decision::allow}).value();
#pragma once
#include <sumun/effects.hpp>
#include <sumun/export.hpp>
#include <sumun/principal.hpp>
#include <sumun/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sumun {
inline namespace v0 {

/// Resources, prompts and completions are allowed or not: there `ask` is `deny`.
enum class Decision : std::uint8_t { allow, ask, deny };

enum class PolicyMode : std::uint8_t {
  enforce,
  observe,  // nothing is refused or hidden; the log says what would have been
};

/// Who may answer where a rule asks, and for how long the question and the answer hold.
struct AskTerms {
  bool user = false;                    // the connected user, through their client
  std::vector<std::string> approvers;   // by name; empty = any of the server's
  int needed = 1;                       // of them; the user's answer is enough by itself
  bool not_requester = false;           // nobody decides what they asked for themselves
  std::chrono::seconds pending{24 * 3600};  // then it has expired
  std::chrono::seconds approved{3600};      // an approval that no call has used by then has expired

  friend bool operator==(const AskTerms&, const AskTerms&) = default;
};

/// One rule. It matches where all that it names matches; what is empty is not named.
struct PolicyRule {
  std::string principal;           // glob; * = any characters
  std::string group;               // one of the principal's
  std::string scope;               // one that the principal's token lists; without a token there is none
  std::string target;              // "tool:GLOB", "resource:GLOB" (of URIs: * stops at "/", ** does not) or "prompt:GLOB"
  std::string module;              // glob
  std::optional<Effects> effects;  // allow: nothing beyond these; ask and deny: any of these; idempotent: only what is
  std::vector<std::string> when;   // predicates on the arguments, all of them; needs a tool: or prompt: target
  Decision decision = Decision::deny;
  AskTerms ask;                    // where it asks
  std::string reason;              // for the model and its user
  std::string origin;              // where the rule stands, for people: "config.toml:12"
};

struct PolicyOptions {
  std::vector<PolicyRule> rules;
  Decision otherwise = Decision::ask;  // where no rule matches
  AskTerms ask;                        // then
  PolicyMode mode = PolicyMode::enforce;
};

enum class TargetKind : std::uint8_t { tool, resource, resource_template, prompt };

/// What is judged. It refers to what its maker keeps.
struct PolicyRequest {
  const Principal& principal;
  TargetKind kind;
  std::string_view name;               // of the tool or prompt; the URI; the template's text
  std::string_view module;
  Effects effects = Effects::reads;    // undeclared = writes, destroys and reaches out
  const json* arguments = nullptr;     // validated and with their defaults; null = {}
};

struct PolicyVerdict {
  static constexpr std::size_t kOtherwise = static_cast<std::size_t>(-1);
  Decision decision;
  std::size_t rule = kOtherwise;  // the one that decided, from 0

  friend bool operator==(const PolicyVerdict&, const PolicyVerdict&) = default;
};

/// How one rule was read: the one that matched, or one before it with what did not match.
struct PolicyReading {
  std::size_t rule;
  bool matched;
  std::string why;
};

/// What a policy says of one request, and why.
struct PolicyReport {
  PolicyVerdict verdict;
  std::vector<PolicyReading> readings;  // up to the rule that decides
  json arguments;                       // as they were judged
  Effects effects;
  std::string module;
};

/// A compiled policy; copies share it.
/// Thread:  constant; judge from any thread.
class SUMUN_EXPORT Policy {
 public:
  /// Errors: invalid_value. `message` has a line for each fault ("rule 2: when: column 7: expected …"); `data` has an item
  ///         for each: {"rule": index or null, "field": name, "item": index or null, "what": "column 7: expected …"}.
  static Result<Policy> compile(PolicyOptions options);

  /// The first rule that matches decides. Allocates nothing, URIs with escapes or dots and long patterns aside.
  PolicyVerdict decide(const PolicyRequest& request) const;
  /// Whether it is refused whatever the arguments; of a template, whether all of its URIs are as far as its text tells.
  bool hides(const PolicyRequest& request) const;
  /// The rules up to the one that decides.
  std::vector<PolicyReading> explain(const PolicyRequest& request) const;
  /// The reason of the rule that decided; empty = none was given.
  const std::string& reason(const PolicyVerdict& verdict) const;
  /// Who may answer, where it asks.
  const AskTerms& terms(const PolicyVerdict& verdict) const;
  /// What decided, in words: "rule 2, config.toml:12", "no rule matches".
  std::string rule_name(const PolicyVerdict& verdict) const;

  const PolicyOptions& options() const;

 private:
  struct Program;
  explicit Policy(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
  std::shared_ptr<const Program> program_;
};

/// "allow", "ask", "deny".
SUMUN_EXPORT std::string_view name_of(Decision decision);

}  // namespace v0
}  // namespace sumun
