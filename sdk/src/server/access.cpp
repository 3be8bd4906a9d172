// SPDX-License-Identifier: Apache-2.0
// What a policy decides, as log lines and as words for a model.
#include "server/access.hpp"

namespace sumun::server {
namespace {

std::string_view kind_of(TargetKind kind) {
  switch (kind) {
    case TargetKind::tool: return "tool";
    case TargetKind::prompt: return "prompt";
    case TargetKind::resource: return "resource";
    case TargetKind::resource_template: break;
  }
  return "resource template";
}

}  // namespace

std::optional<Refusal> weigh(const Core& core, const Registry& registry, const PolicyRequest& request) {
  if (!registry.policy) return std::nullopt;
  const Policy& policy = *registry.policy;
  const PolicyVerdict verdict = policy.decide(request);
  if (verdict.decision == Decision::allow) return std::nullopt;
  const bool enforced = is_enforced(registry);
  core.log(enforced ? LoggingLevel::info : LoggingLevel::notice,
           std::string(enforced ? "policy: " : "policy (it only observes): would be ") + std::string(name_of(verdict.decision)) + ": " +
               std::string(kind_of(request.kind)) + " " + in_quotes(request.name) + " for " + in_quotes(request.principal.name) + " (" + policy.rule_name(verdict) + ")");
  return Refusal{verdict.decision, policy.reason(verdict), policy.rule_name(verdict), verdict.decision == Decision::ask ? policy.terms(verdict) : AskTerms{}, policy.hides(request), !enforced};
}

std::optional<Refusal> judge(const Core& core, const Registry& registry, const PolicyRequest& request) {
  auto refusal = weigh(core, registry, request);
  if (refusal && refusal->observed) refusal.reset();
  return refusal;
}

std::string rule_of(const Registry& registry, const PolicyRequest& request) {
  return registry.policy ? registry.policy->rule_name(registry.policy->decide(request)) : "";
}

std::string words_of(const Refusal& refusal, const std::string& tool) {
  std::string words = tool + " was not run: ";
  if (refusal.decision == Decision::ask) {
    words += "it needs a person's approval, ";
    words += refusal.terms.user ? "this client cannot ask its user, and nobody else is set up to give it" : "and nobody is set up to give it";
  } else {
    words += refusal.whatever ? "the policy of this server does not allow it" : "the policy of this server does not allow it with these arguments";
  }
  if (!refusal.reason.empty()) words += " (" + refusal.reason + ")";
  if (refusal.decision == Decision::ask) words += ". Whoever runs this server sets people up for it with: sumun approvals init";
  return words + ". The same call will be refused again; tell the user, or go on without it.";
}

}  // namespace sumun::server
