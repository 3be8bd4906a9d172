// SPDX-License-Identifier: Apache-2.0
#include "policy_config.hpp"

#include <utility>

namespace sumun::host {
namespace {

Decision decision_named(std::string_view name) {
  return name == "allow" ? Decision::allow : name == "ask" ? Decision::ask : Decision::deny;
}

PolicyRule rule_of(const json& said, std::string origin) {
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

PolicyOptions policy_options(const json& said, const OriginOf& origin) {
  PolicyOptions options;
  options.mode = said["mode"] == "observe" ? PolicyMode::observe : PolicyMode::enforce;
  const json& rules = said["rule"];
  for (std::size_t i = 0; i < rules.size(); ++i) options.rules.push_back(rule_of(rules[i], origin("/policy/rule/" + std::to_string(i))));
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
  std::string pointer = "/policy/rule/" + std::to_string(fault["rule"].get<std::size_t>()) + "/" + fault["field"].get<std::string>();
  if (!fault["item"].is_null()) pointer += "/" + std::to_string(fault["item"].get<std::size_t>());
  return pointer;
}

}  // namespace sumun::host
