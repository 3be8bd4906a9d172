// SPDX-License-Identifier: Apache-2.0
// `sumun policy explain` and `sumun policy test`: what the policy says of calls that nobody makes.
#include "approval_view.hpp"
#include "approvals.hpp"
#include "arguments.hpp"
#include "commands.hpp"
#include "config.hpp"
#include "console.hpp"
#include "files.hpp"
#include "json_input.hpp"
#include "policy_config.hpp"
#include "serve.hpp"
#include "store.hpp"
#include "toml_reader.hpp"

#include <sumun/json.hpp>
#include <sumun/schema.hpp>

#include <algorithm>

namespace sumun::host {
namespace {

// -- one request

/// A request that nobody makes: of this program's own tools, or, where effects are said, of one that is not here.
struct Question {
  Principal principal;
  std::string target;                // with its kind
  std::optional<Effects> effects;
  std::string module;
};

std::string with_kind(const std::string& target) {
  const bool has_kind = target.starts_with("tool:") || target.starts_with("resource:") || target.starts_with("prompt:");
  return has_kind ? target : "tool:" + target;
}

Result<Effects> effects_of(const std::vector<std::string>& names) {
  Effects effects = Effects::undeclared;
  for (const auto& name : names) {
    if (effect_named(name) == Effects::undeclared)
      return fail(ErrorCode::invalid_value, "there is no effect \"" + name + "\"; there are: reads, writes, destroys, reaches_out, idempotent");
    effects = effects | effect_named(name);
  }
  return effects;
}

Result<PolicyReport> report_on(const Server& server, const Policy& policy, const Question& asked, json arguments) {
  if (!asked.effects && asked.module.empty()) return server.explain_policy(asked.principal, asked.target, std::move(arguments));
  const std::size_t colon = asked.target.find(':');
  const std::string kind = asked.target.substr(0, colon);
  const std::string name = asked.target.substr(colon + 1);
  PolicyRequest request{asked.principal, kind == "tool" ? TargetKind::tool : kind == "prompt" ? TargetKind::prompt : TargetKind::resource, name, asked.module};
  request.effects = asked.effects.value_or(kind == "tool" ? Effects::undeclared : Effects::reads);
  request.arguments = &arguments;
  PolicyReport report{policy.decide(request), policy.explain(request), {}, request.effects, asked.module};
  report.arguments = std::move(arguments);
  return report;
}

// -- how rules are called

bool is_default(const Policy& policy, std::size_t rule) {
  return rule == PolicyVerdict::kOtherwise || policy.options().rules[rule].origin == kDefaultRule;
}

std::string rule_words(const Policy& policy, std::size_t rule) {
  if (rule == PolicyVerdict::kOtherwise) return "no rule matches, and the default is " + std::string(name_of(policy.options().otherwise));
  const std::string& origin = policy.options().rules[rule].origin;
  if (is_default(policy, rule)) return origin;
  return "rule " + std::to_string(rule + 1) + (origin.empty() ? "" : " (" + origin + ")");
}

json rule_value(const Policy& policy, std::size_t rule) { return is_default(policy, rule) ? json("default") : json(rule + 1); }

// Who would be asked, and whether they can answer now.
std::string asking(const Config& config, const AskTerms& terms) {
  const auto store = open_store(config.store, [](LoggingLevel, std::string_view) {});
  const auto approvers = store ? known_approvers(store) : Result<std::vector<Approver>>(std::vector<Approver>());
  return "  asked of: " + words_of(terms) + "; open for " + duration_words(terms.pending) + ", an approval is to be used within " +
         duration_words(terms.approved) + "\n  now: " + ask_state(terms, approvers, store != nullptr).words + "\n";
}

std::string consequence(const Config& config, const Question& asked, const PolicyVerdict& verdict) {
  if (verdict.decision == Decision::allow) return "";
  if (config.policy->options().mode == PolicyMode::observe) return "The mode is observe: it is logged and not refused.\n";
  if (verdict.decision == Decision::deny) return "";
  if (!asked.target.starts_with("tool:")) return "Resources and prompts cannot be asked for: it is refused.\n";
  return asking(config, config.policy->terms(verdict));
}

void print_report(const Config& config, const Question& asked, const PolicyReport& report) {
  const Policy& policy = *config.policy;
  const std::string& reason = policy.reason(report.verdict);
  print(std::string(name_of(report.verdict.decision)) + ": " + rule_words(policy, report.verdict.rule) + (reason.empty() ? "" : ": " + reason) + "\n");
  for (const auto& one : report.readings)
    print("  " + rule_words(policy, one.rule) + (one.matched ? " decides: " : " does not match: ") + one.why + "\n");
  print(consequence(config, asked, report.verdict));
}

json report_json(const Policy& policy, const Question& asked, const PolicyReport& report) {
  json readings = json::array();
  for (const auto& one : report.readings)
    readings.push_back({{"rule", rule_value(policy, one.rule)}, {"origin", policy.options().rules[one.rule].origin}, {"matched", one.matched}, {"why", one.why}});
  json value{{"decision", name_of(report.verdict.decision)},
             {"rule", rule_value(policy, report.verdict.rule)},
             {"reason", policy.reason(report.verdict)},
             {"mode", policy.options().mode == PolicyMode::observe ? "observe" : "enforce"},
             {"principal", asked.principal.name},
             {"target", asked.target},
             {"arguments", report.arguments},
             {"readings", std::move(readings)}};
  if (report.verdict.decision == Decision::ask) {
    const AskTerms& terms = policy.terms(report.verdict);
    value["ask"] = {{"user", terms.user},
                    {"approvers", terms.approvers},
                    {"needed", terms.needed},
                    {"not_requester", terms.not_requester},
                    {"pending_seconds", terms.pending.count()},
                    {"approved_seconds", terms.approved.count()}};
  }
  return value;
}

// -- a table of cases

constexpr const char* kCasesSchema = R"json({
  "type": "object", "additionalProperties": false, "required": ["case"],
  "properties": {"case": {"type": "array", "minItems": 1, "items": {
    "type": "object", "additionalProperties": false, "required": ["principal", "target", "decision"],
    "properties": {
      "name": {"type": "string"},
      "principal": {"type": "string", "minLength": 1},
      "groups": {"type": "array", "items": {"type": "string"}, "default": []},
      "scopes": {"type": "array", "items": {"type": "string"}},
      "target": {"type": "string", "pattern": "^(tool|resource|prompt):."},
      "arguments": {"type": "object", "default": {}},
      "effects": {"type": "array", "items": {"enum": ["reads", "writes", "destroys", "reaches_out", "idempotent"]}},
      "module": {"type": "string", "minLength": 1},
      "decision": {"enum": ["allow", "ask", "deny"]},
      "rule": {"anyOf": [{"type": "integer", "minimum": 1}, {"const": "default"}]}
    }}}}})json";

struct Cases {
  json list;
  std::vector<std::string> places;  // "cases.toml:12"
};

Result<Cases> load_cases(const std::filesystem::path& file) {
  auto text = read_file(file);
  if (!text) return text.error();
  if (!*text) return fail(ErrorCode::io, "there is no file " + file.string());
  TomlDocument document;
  if (file.extension() == ".json") {
    auto value = json_of_text(**text, file.string());
    if (!value) return value.error();
    document.value = *std::move(value);
  } else if (TomlFault fault; !read_toml(**text, document, fault)) {
    return fail(ErrorCode::invalid_value, file.string() + ":" + std::to_string(fault.line) + ": " + harmless(fault.what));
  }
  static const Schema schema = Schema::compile(parse_json(kCasesSchema).value()).value();
  const auto place = [&](const std::string& pointer) {
    const std::size_t line = document.line_of(pointer);
    return file.string() + (line > 0 ? ":" + std::to_string(line) : "");
  };
  std::string faults;
  for (const auto& one : schema.validate(document.value, Defaults::fill))
    faults += (faults.empty() ? "" : "\n") + place(one.instance_location) + ": " + one.instance_location + ": " + one.message;
  if (!faults.empty()) return fail(ErrorCode::invalid_value, std::move(faults));
  Cases cases;
  cases.list = std::move(document.value["case"]);
  for (std::size_t i = 0; i < cases.list.size(); ++i) cases.places.push_back(place("/case/" + std::to_string(i)));
  return cases;
}

Question question_of(const json& one) {
  Question asked;
  asked.principal.name = one["principal"];
  asked.principal.groups = one["groups"].get<std::vector<std::string>>();
  if (one.contains("scopes")) asked.principal.scopes = one["scopes"].get<std::vector<std::string>>();
  asked.target = one["target"];
  if (one.contains("effects")) asked.effects = effects_of(one["effects"].get<std::vector<std::string>>()).value();
  asked.module = one.value("module", "");
  return asked;
}

// Empty = as expected.
std::string disappointment(const Policy& policy, const json& expected, const Result<PolicyReport>& got) {
  if (!got) return got.error().message;
  const std::string decision(name_of(got->verdict.decision));
  const bool same_rule = !expected.contains("rule") || expected["rule"] == rule_value(policy, got->verdict.rule);
  if (expected["decision"] == decision && same_rule) return "";
  std::string words = "expected " + expected["decision"].get<std::string>();
  if (expected.contains("rule")) words += expected["rule"].is_string() ? " by the default" : " by rule " + dump_json(expected["rule"]);
  words += ", got " + decision + ": " + rule_words(policy, got->verdict.rule);
  // The rule that was expected knows best why it did not decide.
  const bool named = expected.contains("rule") && expected["rule"].is_number();
  for (const auto& one : got->readings)
    if (!one.matched && named && expected["rule"] == one.rule + 1) words += "; " + rule_words(policy, one.rule) + " does not match: " + one.why;
  return words;
}

}  // namespace

int run(const PolicyExplainCommand& command) {
  const auto config = load_config(command.config);
  if (!config) return failed(config.error());
  Question asked;
  asked.principal.name = command.principal;
  asked.principal.groups = command.groups;
  if (!command.scopes.empty()) asked.principal.scopes = command.scopes;
  asked.target = with_kind(command.target);
  asked.module = command.module;
  if (!command.effects.empty()) {
    const auto effects = effects_of(command.effects);
    if (!effects) return wrong_usage(effects.error().message);
    asked.effects = *effects;
  }
  const auto server = make_server(*config, {}, [](LoggingLevel, std::string_view) {});
  auto base = read_arguments(command.arguments);
  if (!base) return base.error().code == ErrorCode::io ? failed(base.error()) : wrong_usage(base.error().message);
  const auto tool = asked.target.starts_with("tool:") ? server->find_tool(asked.target.substr(5)) : std::nullopt;
  auto arguments = convert_arguments(command.words, tool ? tool->inputSchema : json::object(), *std::move(base));
  if (!arguments) return wrong_usage(arguments.error().message);
  const auto report = report_on(*server, *config->policy, asked, *std::move(arguments));
  if (!report) return failed(report.error());
  if (command.output == Output::json) print_json(report_json(*config->policy, asked, *report));
  else print_report(*config, asked, *report);
  return kDone;
}

int run(const PolicyTestCommand& command) {
  const auto config = load_config(command.config);
  if (!config) return failed(config.error());
  const auto cases = load_cases(command.file);
  if (!cases) return failed(cases.error());
  const auto server = make_server(*config, {}, [](LoggingLevel, std::string_view) {});
  json failures = json::array();
  for (std::size_t i = 0; i < cases->list.size(); ++i) {
    const json& one = cases->list[i];
    const std::string what = disappointment(*config->policy, one, report_on(*server, *config->policy, question_of(one), one["arguments"]));
    if (what.empty()) continue;
    const std::string name = one.value("name", one["principal"].get<std::string>() + " " + one["target"].get<std::string>());
    failures.push_back({{"place", cases->places[i]}, {"name", name}, {"what", what}});
    if (command.output == Output::text) print("FAILED " + cases->places[i] + ": " + name + ": " + what + "\n");
  }
  const std::size_t passed = cases->list.size() - failures.size();
  const int code = failures.empty() ? kDone : kFailed;
  if (command.output == Output::text) print(std::to_string(passed) + " passed, " + std::to_string(failures.size()) + " failed\n");
  else print_json({{"passed", passed}, {"failed", failures.size()}, {"failures", std::move(failures)}});
  return code;
}

}  // namespace sumun::host
