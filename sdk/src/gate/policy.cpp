// SPDX-License-Identifier: Apache-2.0
// Rules as they are compiled, and the one walk over them that deciding, hiding and explaining share.
#include <sumun/policy.hpp>

#include "base/json_text.hpp"
#include "gate/glob.hpp"
#include "gate/predicate.hpp"

#include <algorithm>
#include <utility>

namespace sumun {
inline namespace v0 {

using gate::Glob;
using gate::Predicate;
using gate::Truth;
using gate::truth;

namespace {

constexpr Effects kChanges = Effects::writes | Effects::destroys | Effects::reaches_out;

constexpr bool is_resource(TargetKind kind) { return kind == TargetKind::resource || kind == TargetKind::resource_template; }

// As annotations have it: who declares nothing of what it does is taken to do everything.
constexpr Effects declared(Effects effects) {
  if (!has(effects, Effects::reads | kChanges)) effects = effects | kChanges;
  return only_reads(effects) ? effects | Effects::idempotent : effects;
}

constexpr Effects both(Effects a, Effects b) { return static_cast<Effects>(static_cast<unsigned>(a) & static_cast<unsigned>(b)); }
constexpr Effects without(Effects a, Effects b) { return static_cast<Effects>(static_cast<unsigned>(a) & ~static_cast<unsigned>(b)); }

bool effects_match(Effects rule, Effects of, Decision decision) {
  of = declared(of);
  if (has(rule, Effects::idempotent) && !has(of, Effects::idempotent)) return false;
  const Effects named = without(rule, Effects::idempotent);
  if (named == Effects::undeclared) return true;
  // What may write may read; what may only read may do nothing else.
  if (decision == Decision::allow) return without(without(of, Effects::idempotent), named | Effects::reads) == Effects::undeclared;
  return both(of, named) != Effects::undeclared;
}

bool contains(const std::vector<std::string>& list, const std::string& one) { return std::find(list.begin(), list.end(), one) != list.end(); }

std::string words_of(Effects effects) {
  static constexpr std::pair<Effects, const char*> kNames[] = {{Effects::reads, "reads"},
                                                               {Effects::writes, "writes"},
                                                               {Effects::destroys, "destroys"},
                                                               {Effects::reaches_out, "reaches_out"},
                                                               {Effects::idempotent, "idempotent"}};
  std::string text;
  for (const auto& [one, name] : kNames)
    if (has(effects, one)) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

struct Target {
  TargetKind kind;
  Glob glob;
};

struct Rule {
  PolicyRule said;
  std::optional<Glob> principal, module;
  std::optional<Target> target;
  std::vector<Predicate> when;
};

/// Gathers what is wrong with rules.
class Faults {
 public:
  // `rule` = PolicyVerdict::kOtherwise: of no rule.
  void add(std::size_t rule, const char* field, json item, const std::string& what) {
    const bool of_rule = rule != PolicyVerdict::kOtherwise;
    text_ += (text_.empty() ? "" : "\n") + (of_rule ? "rule " + std::to_string(rule + 1) + ": " : std::string()) + field + ": " + what;
    list_.push_back({{"rule", of_rule ? json(rule) : json()}, {"field", field}, {"item", std::move(item)}, {"what", what}});
  }
  bool empty() const { return list_.empty(); }
  Error error() { return Error{ErrorCode::invalid_value, std::move(text_), std::move(list_)}; }

 private:
  std::string text_;
  json list_ = json::array();
};

// "column N: …" of a part that begins `by` bytes further right.
std::string moved(const std::string& what, std::size_t by) {
  const std::size_t end = what.find(':');
  return "column " + std::to_string(std::stoul(what.substr(7, end - 7)) + by) + what.substr(end);
}

std::optional<Glob> name_glob(const std::string& text, std::size_t rule, const char* field, Faults& faults) {
  if (text.empty()) return std::nullopt;
  auto glob = Glob::compile(text, Glob::Kind::names);
  if (glob) return *std::move(glob);
  faults.add(rule, field, nullptr, glob.error().message);
  return std::nullopt;
}

std::optional<Target> target_of(const std::string& text, std::size_t rule, Faults& faults) {
  static constexpr std::pair<std::string_view, TargetKind> kKinds[] = {
      {"tool:", TargetKind::tool}, {"resource:", TargetKind::resource}, {"prompt:", TargetKind::prompt}};
  for (const auto& [prefix, kind] : kKinds) {
    if (!text.starts_with(prefix)) continue;
    auto glob = Glob::compile(std::string_view(text).substr(prefix.size()), is_resource(kind) ? Glob::Kind::uris : Glob::Kind::names);
    if (glob) return Target{kind, *std::move(glob)};
    faults.add(rule, "target", nullptr, moved(glob.error().message, prefix.size()));
    return std::nullopt;
  }
  if (!text.empty()) faults.add(rule, "target", nullptr, "column 1: expected tool:, resource: or prompt: in front of a glob");
  return std::nullopt;
}

// Who is asked, and whether enough of them can ever answer.
void check_terms(const AskTerms& terms, std::size_t rule, Faults& faults) {
  const auto& names = terms.approvers;
  if (terms.needed < 1) faults.add(rule, "ask", nullptr, "needed is " + std::to_string(terms.needed) + "; somebody has to answer");
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) faults.add(rule, "ask", nullptr, "an approver has a name");
    if (contains({names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i)}, names[i])) faults.add(rule, "ask", nullptr, "the approver " + in_quotes(names[i]) + " is named twice");
  }
  if (!names.empty() && terms.needed > static_cast<std::int64_t>(names.size()))
    faults.add(rule, "ask", nullptr, "needed is " + std::to_string(terms.needed) + ", and " + std::to_string(names.size()) + (names.size() == 1 ? " approver is named" : " approvers are named"));
  if (terms.pending.count() < 1 || terms.approved.count() < 1) faults.add(rule, "ask", nullptr, "pending and approved are a second at least");
}

Rule compiled(PolicyRule said, std::size_t number, Faults& faults) {
  Rule rule;
  rule.principal = name_glob(said.principal, number, "principal", faults);
  rule.module = name_glob(said.module, number, "module", faults);
  rule.target = target_of(said.target, number, faults);
  const bool has_arguments = said.target.starts_with("tool:") || said.target.starts_with("prompt:");
  if (!said.when.empty() && !has_arguments) faults.add(number, "when", nullptr, "needs a target of tools or prompts: whose arguments are these?");
  if (said.decision == Decision::ask && !said.target.empty() && !said.target.starts_with("tool:"))
    faults.add(number, "decision", nullptr, "resources and prompts are allowed or denied; only tools are asked for");
  if (said.effects && *said.effects == Effects::undeclared)
    faults.add(number, "effects", nullptr, "expected at least one of reads, writes, destroys, reaches_out, idempotent");
  check_terms(said.ask, number, faults);
  if (said.decision != Decision::ask && said.ask != AskTerms{}) faults.add(number, "ask", nullptr, "the rule does not ask: its decision is " + std::string(name_of(said.decision)));
  for (std::size_t i = 0; i < said.when.size(); ++i) {
    auto predicate = Predicate::compile(said.when[i]);
    if (predicate) rule.when.push_back(*std::move(predicate));
    else faults.add(number, "when", i, predicate.error().message);
  }
  rule.said = std::move(said);
  return rule;
}

// Whether the rule's target is the request's; of a template a rule that allows needs but one of its URIs.
Truth target_matches(const Rule& rule, const PolicyRequest& request) {
  if (!rule.target) return Truth::yes;
  if (rule.target->kind != (is_resource(request.kind) ? TargetKind::resource : request.kind)) return Truth::no;
  if (request.kind == TargetKind::resource_template && rule.said.decision == Decision::allow)
    return truth(rule.target->glob.may_match_template(request.name));
  return rule.target->glob.match(request.name);
}

bool counts(Truth found, Decision decision) { return found == Truth::yes || (found == Truth::unknown && decision != Decision::allow); }

bool is(const std::optional<Glob>& glob, std::string_view text, Decision decision) { return !glob || counts(glob->match(text), decision); }

// All but the arguments.
bool concerns(const Rule& rule, const PolicyRequest& request) {
  const PolicyRule& said = rule.said;
  if (!is(rule.principal, request.principal.name, said.decision)) return false;
  if (!said.group.empty() && !contains(request.principal.groups, said.group)) return false;
  if (!said.scope.empty() && !(request.principal.scopes && contains(*request.principal.scopes, said.scope))) return false;
  if (!is(rule.module, request.module, said.decision)) return false;
  if (said.effects && !effects_match(*said.effects, request.effects, said.decision)) return false;
  return counts(target_matches(rule, request), said.decision);
}

const json& arguments_of(const PolicyRequest& request) {
  static const json kNone = json::object();
  return request.arguments != nullptr ? *request.arguments : kNone;
}

bool matches(const Rule& rule, const PolicyRequest& request) {
  if (!concerns(rule, request)) return false;
  const json& arguments = arguments_of(request);
  return std::all_of(rule.when.begin(), rule.when.end(),
                     [&](const Predicate& one) { return counts(one.test(arguments), rule.said.decision); });
}

// What of the rule does not match. Only for people; `matches` decides.
std::string mismatch(const Rule& rule, const PolicyRequest& request) {
  const PolicyRule& said = rule.said;
  if (!is(rule.principal, request.principal.name, said.decision))
    return "the principal " + in_quotes(request.principal.name) + " is not " + said.principal;
  if (!said.group.empty() && !contains(request.principal.groups, said.group)) return "the principal is not in the group " + said.group;
  if (!said.scope.empty() && !(request.principal.scopes && contains(*request.principal.scopes, said.scope)))
    return request.principal.scopes ? "the token does not list the scope " + said.scope : "there is no token that lists the scope " + said.scope;
  const Truth target = target_matches(rule, request);
  if (target == Truth::no) return "the target is not " + said.target;
  if (target == Truth::unknown && said.decision == Decision::allow)
    return "the URI is " + said.target + " in some readings only (escapes, dots, case), which does not count for allow";
  if (!is(rule.module, request.module, said.decision))
    return "the module " + in_quotes(request.module) + " is not " + said.module;
  if (said.effects && !effects_match(*said.effects, request.effects, said.decision))
    return "its effects (" + words_of(declared(request.effects)) + ") are not " + (said.decision == Decision::allow ? "within " : "among ") + words_of(*said.effects);
  for (const Predicate& one : rule.when) {
    const Truth found = one.test(arguments_of(request));
    if (counts(found, said.decision)) continue;
    const json* value = one.find(arguments_of(request));
    const std::string is = value == nullptr      ? "it is absent"
                           : value->is_string() ? "it is " + in_quotes(value->get_ref<const std::string&>())
                                                : "it is " + dump_json(*value).substr(0, 64);
    return one.text() + (found == Truth::no ? " does not hold: " : " cannot be told, which does not count for allow: ") + is;
  }
  return "";
}

std::string match_words(const Rule& rule, const PolicyRequest& request) {
  if (target_matches(rule, request) == Truth::unknown) return "the URI is " + rule.said.target + " in one of its readings (escapes, dots, case)";
  for (const Predicate& one : rule.when)
    if (one.test(arguments_of(request)) == Truth::unknown) return one.text() + " cannot be told of these arguments, which counts for " + std::string(name_of(rule.said.decision));
  return "all that it names matches";
}

}  // namespace

struct Policy::Program {
  PolicyOptions options;
  std::vector<Rule> rules;
};

Result<Policy> Policy::compile(PolicyOptions options) {
  auto program = std::make_shared<Program>();
  Faults faults;
  for (std::size_t i = 0; i < options.rules.size(); ++i) program->rules.push_back(compiled(options.rules[i], i, faults));
  check_terms(options.ask, PolicyVerdict::kOtherwise, faults);
  if (!faults.empty()) return faults.error();
  program->options = std::move(options);
  return Policy(std::move(program));
}

PolicyVerdict Policy::decide(const PolicyRequest& request) const {
  for (std::size_t i = 0; i < program_->rules.size(); ++i)
    if (matches(program_->rules[i], request)) return {program_->rules[i].said.decision, i};
  return {program_->options.otherwise, PolicyVerdict::kOtherwise};
}

bool Policy::hides(const PolicyRequest& request) const {
  // A tool that must be asked for is there; a resource or prompt cannot be asked for.
  const auto refuses = [&](Decision decision) { return decision == Decision::deny || (decision == Decision::ask && request.kind != TargetKind::tool); };
  for (const Rule& rule : program_->rules) {
    if (!concerns(rule, request)) continue;
    if (!refuses(rule.said.decision)) return false;
    if (rule.when.empty()) return true;
  }
  return refuses(program_->options.otherwise);
}

std::vector<PolicyReading> Policy::explain(const PolicyRequest& request) const {
  std::vector<PolicyReading> read;
  for (std::size_t i = 0; i < program_->rules.size(); ++i) {
    const Rule& rule = program_->rules[i];
    const bool matched = matches(rule, request);
    read.push_back({i, matched, matched ? match_words(rule, request) : mismatch(rule, request)});
    if (matched) break;
  }
  return read;
}

const std::string& Policy::reason(const PolicyVerdict& verdict) const {
  static const std::string kNone;
  return verdict.rule == PolicyVerdict::kOtherwise ? kNone : program_->rules[verdict.rule].said.reason;
}

const AskTerms& Policy::terms(const PolicyVerdict& verdict) const {
  return verdict.rule == PolicyVerdict::kOtherwise ? program_->options.ask : program_->rules[verdict.rule].said.ask;
}

std::string Policy::rule_name(const PolicyVerdict& verdict) const {
  if (verdict.rule == PolicyVerdict::kOtherwise) return "no rule matches";
  const std::string& origin = program_->rules[verdict.rule].said.origin;
  return "rule " + std::to_string(verdict.rule + 1) + (origin.empty() ? "" : ", " + origin);
}

const PolicyOptions& Policy::options() const { return program_->options; }

std::string_view name_of(Decision decision) {
  static constexpr std::string_view kNames[] = {"allow", "ask", "deny"};
  return kNames[static_cast<std::size_t>(decision)];
}

}  // namespace v0
}  // namespace sumun
