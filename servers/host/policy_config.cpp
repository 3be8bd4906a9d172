// SPDX-License-Identifier: Apache-2.0
#include "policy_config.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace sumun::host {
namespace {

Decision decision_named(std::string_view name) {
  return name == "allow" ? Decision::allow : name == "ask" ? Decision::ask : Decision::deny;
}

AskTerms terms_of(const json& said) {
  AskTerms terms;
  terms.user = said["user"];
  terms.approvers = said["approvers"].get<std::vector<std::string>>();
  terms.needed = said["needed"];
  terms.not_requester = said["not_requester"];
  terms.pending = duration_of(said["pending"].get_ref<const std::string&>());
  terms.approved = duration_of(said["approved"].get_ref<const std::string&>());
  return terms;
}

PolicyRule rule_of(const json& said, const AskTerms& otherwise, std::string origin) {
  PolicyRule rule;
  rule.principal = said.value("principal", "");
  rule.group = said.value("group", "");
  rule.scope = said.value("scope", "");
  rule.target = said.value("target", "");
  rule.module = said.value("module", "");
  if (said.contains("effects")) {
    rule.effects = Effects::undeclared;
    for (const auto& one : said["effects"]) rule.effects = *rule.effects | effect_named(one.get_ref<const std::string&>());
  }
  rule.when = said.value("when", std::vector<std::string>{});
  rule.decision = decision_named(said["decision"].get_ref<const std::string&>());
  if (said.contains("ask")) rule.ask = terms_of(said["ask"]);
  else if (rule.decision == Decision::ask) rule.ask = otherwise;
  rule.reason = said.value("reason", "");
  rule.origin = std::move(origin);
  return rule;
}

}  // namespace

Effects effect_named(std::string_view name) {
  static constexpr std::pair<std::string_view, Effects> kNames[] = {{"reads", Effects::reads},
                                                                    {"writes", Effects::writes},
                                                                    {"destroys", Effects::destroys},
                                                                    {"reaches_out", Effects::reaches_out},
                                                                    {"idempotent", Effects::idempotent}};
  for (const auto& [known, effect] : kNames)
    if (known == name) return effect;
  return Effects::undeclared;
}

std::chrono::seconds duration_of(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  switch (text.back()) {
    case 'm': return std::chrono::minutes(number);
    case 'h': return std::chrono::hours(number);
    case 'd': return std::chrono::days(number);
    default: return std::chrono::seconds(number);
  }
}

bool is_duration(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  return digits >= 1 && digits <= 6 && text[0] != '0' && text.size() == digits + 1 && std::string_view("smhd").find(text.back()) != std::string_view::npos;
}

PolicyOptions policy_options(const json& said, const OriginOf& origin) {
  PolicyOptions options;
  options.mode = said["mode"] == "observe" ? PolicyMode::observe : PolicyMode::enforce;
  options.ask = terms_of(said["ask"]);
  const json& rules = said["rule"];
  for (std::size_t i = 0; i < rules.size(); ++i) options.rules.push_back(rule_of(rules[i], options.ask, origin("/policy/rule/" + std::to_string(i))));
  const auto& otherwise = said["default"].get_ref<const std::string&>();
  if (otherwise == "allow_reads") {
    PolicyRule reading;
    reading.effects = Effects::reads;
    reading.decision = Decision::allow;
    reading.origin = kDefaultRule;
    options.rules.push_back(std::move(reading));
    options.otherwise = Decision::ask;
  } else {
    options.otherwise = decision_named(otherwise);
  }
  return options;
}

std::string pointer_of(const json& fault) {
  if (fault["rule"].is_null()) return "/policy/" + fault["field"].get<std::string>();
  std::string pointer = "/policy/rule/" + std::to_string(fault["rule"].get<std::size_t>()) + "/" + fault["field"].get<std::string>();
  if (!fault["item"].is_null()) pointer += "/" + std::to_string(fault["item"].get<std::size_t>());
  return pointer;
}

}  // namespace sumun::host
