// SPDX-License-Identifier: Apache-2.0
// `sumun approvals init|approvers|grants|revoke`: who may decide, what they let pass for a while, and who they are.
#include "approvals.hpp"

#include "approval_view.hpp"
#include "commands.hpp"
#include "console.hpp"
#include "log.hpp"
#include "store.hpp"
#include "words.hpp"

#include <sumun/json.hpp>

#include <algorithm>
#include <optional>
#include <utility>

#include <pwd.h>
#include <unistd.h>

namespace sumun::host {
namespace {

std::string user_name() {
  const passwd* user = ::getpwuid(::geteuid());
  return user ? user->pw_name : "user" + std::to_string(::geteuid());
}

Result<Password> new_password(Terminal& terminal, const std::string& name) {
  auto first = terminal.ask_password("new password of " + visible(name) + " (at least " + std::to_string(kMinPasswordBytes) + " characters): ");
  if (!first) return first;
  if (first->view().size() < kMinPasswordBytes) return fail(ErrorCode::invalid_value, "a password has " + std::to_string(kMinPasswordBytes) + " characters at least");
  const auto second = terminal.ask_password("again: ");
  if (!second) return second.error();
  if (first->view() != second->view()) return fail(ErrorCode::invalid_value, "the two are not the same; nothing is changed");
  return first;
}

Result<std::string> set_up(const ApprovalsInitCommand& command, Approvals& approvals) {
  const auto there = approvals.approvers();
  if (!there) return there.error();
  Approver approver;
  approver.name = command.name.empty() ? user_name() : command.name;
  approver.principal = command.principal.value_or(there->empty() ? "local:" + user_name() : "none");
  if (approver.principal == "none") approver.principal.clear();
  auto terminal = Terminal::open();
  if (!terminal) return terminal.error();
  const bool known = std::any_of(there->begin(), there->end(), [&](const Approver& one) { return one.name == approver.name; });
  if (known && command.name.empty()) return fail(ErrorCode::invalid_value, visible(approver.name) + " is set up; for another approver: --name NAME, for another password: --name " + visible(approver.name));
  if (known && command.principal) return fail(ErrorCode::invalid_value, "who an approver calls tools as does not change; remove " + visible(approver.name) + " and add them again");
  if (!known && !there->empty() && !command.principal)
    return fail(ErrorCode::invalid_value, "who does " + visible(approver.name) + " call tools as? --principal NAME, or --principal none: then they do not decide where the requester may not");
  std::optional<Voter> by;
  if (!there->empty()) {
    const auto name = known ? Result<std::string>(approver.name) : approver_name(approvals, command.as);
    if (!name) return name.error();
    terminal->say(known ? "You change your password.\n" : "You let " + visible(approver.name) + " approve" + (approver.principal.empty() ? "" : ", who calls tools as " + visible(approver.principal)) + ".\n");
    auto voter = log_in(approvals, *terminal, *name);
    if (!voter) return voter.error();
    by = *std::move(voter);
  }
  const auto password = new_password(*terminal, approver.name);
  if (!password) return password.error();
  if (auto added = approvals.add_approver(approver, password->view(), by); !added) return added.error();
  return known ? "the password of " + visible(approver.name) + " is changed" : visible(approver.name) + " can approve now";
}

}  // namespace

Result<std::unique_ptr<Desk>> open_desk(const ApprovalsCommand& command) {
  auto config = load_config(command.config);
  if (!config) return config.error();
  config->store = choice_of(config->store, command.store);
  auto store = open_store(config->store, make_log(LoggingLevel::warning));
  if (!store) return fail("the configuration keeps nothing, so there is nothing to approve here: [store] kind is \"memory\"");
  return std::unique_ptr<Desk>(new Desk{*std::move(config), std::move(store)});
}

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Result<std::string> approver_name(Approvals& approvals, const std::string& said) {
  if (!said.empty()) return said;
  const auto approvers = approvals.approvers();
  if (!approvers) return approvers.error();
  if (approvers->empty()) return fail("nobody is set up to approve; run: sumun approvals init");
  if (approvers->size() == 1) return approvers->front().name;
  const std::string user = user_name();
  for (const Approver& one : *approvers)
    if (one.name == user) return user;
  return fail("there are several approvers; say which one you are: --as NAME");
}

Result<Voter> log_in(Approvals& approvals, Terminal& terminal, const std::string& name) {
  const auto password = terminal.ask_password("password of " + visible(name) + ": ");
  if (!password) return password.error();
  if (password->view().empty()) return fail(ErrorCode::cancelled, "no password was typed; nothing is changed");
  return approvals.log_in(name, password->view());
}

Result<Voter> voter_at_terminal(Approvals& approvals, const std::string& as, const std::string& about) {
  auto terminal = Terminal::open();
  if (!terminal) return terminal.error();
  const auto name = approver_name(approvals, as);
  if (!name) return name.error();
  terminal->say(about);
  return log_in(approvals, *terminal, *name);
}

std::string approval_command(const Config& config) {
  const bool is_default = config.file.empty() || config.file == default_config_path();
  return "run: sumun approvals approve {id}" + (is_default ? "" : " --config " + quote_word(std::filesystem::absolute(config.file).string()));
}

Result<std::vector<Approver>> known_approvers(const std::shared_ptr<Store>& store) {
  const auto summary = store->summary();
  if (!summary) return summary.error();
  if (summary->schema == 0) return std::vector<Approver>();
  return Approvals(store).approvers();
}

AskState ask_state(const AskTerms& terms, const Result<std::vector<Approver>>& approvers, bool has_store, std::string_view requester) {
  const std::string user = "the connected user is asked through their client";
  if (!has_store) return {terms.user, terms.user ? user : "nothing is kept ([store] kind is \"memory\"), so nobody can approve: what asks is refused"};
  if (!approvers) return {false, approvers.error().message};
  std::string names;
  int able = 0;
  for (const Approver& one : who_can_decide(*approvers, terms, requester)) {
    names += (able == 0 ? "" : ", ") + visible(one.name);
    ++able;
  }
  std::string unknown;
  for (const Approver& one : *approvers)
    if (terms.not_requester && one.principal.empty()) unknown += (unknown.empty() ? "" : ", ") + visible(one.name);
  if (!unknown.empty()) names += (able == 0 ? "" : "; ") + std::string("not ") + unknown + ", of whom no principal is known";
  if (able >= terms.needed) return {true, (terms.user ? user + ", or one of: " : "can approve: ") + names};
  std::string missing = able == 0 ? (approvers->empty() ? "nobody is set up to approve" : "nobody of those who are set up can approve it" + (names.empty() ? "" : ", " + names)) : "it takes " + std::to_string(terms.needed) + " approvers, and only " + std::to_string(able) + " can: " + names;
  missing += "; add one with: sumun approvals init" + std::string(approvers->empty() && terms.approvers.empty() ? "" : " --name NAME");
  return {terms.user, terms.user ? user + "; beside them " + missing : missing + "; until then what asks is refused"};
}

AskState ask_state(const Config& config) {
  const PolicyOptions& policy = config.policy->options();
  std::vector<std::pair<std::string, AskTerms>> asking;
  for (std::size_t i = 0; i < policy.rules.size(); ++i)
    if (policy.rules[i].decision == Decision::ask) asking.emplace_back("rule " + std::to_string(i + 1), policy.rules[i].ask);
  if (policy.otherwise == Decision::ask) asking.emplace_back("where no rule matches", policy.ask);
  if (asking.empty()) return {};
  const auto store = open_store(config.store, [](LoggingLevel, std::string_view) {});
  const auto approvers = store ? known_approvers(store) : Result<std::vector<Approver>>(std::vector<Approver>());
  AskState whole;
  for (const auto& [name, terms] : asking) {
    const AskState one = ask_state(terms, approvers, store != nullptr);
    whole.works = whole.works && one.works;
    whole.words += (whole.words.empty() ? "" : "\n") + name + " (" + words_of(terms) + "): " + one.words;
  }
  return whole;
}

int run(const ApprovalsInitCommand& command) {
  const auto desk = open_desk(command);
  if (!desk) return failed(desk.error());
  const auto done = set_up(command, (*desk)->approvals);
  if (!done) return failed(done.error());
  if (command.output == Output::json) print_json({{"done", *done}});
  else print(*done + "\n");
  return kDone;
}

int run(const ApprovalsGrantsCommand& command) {
  const auto desk = open_desk(command);
  if (!desk) return failed(desk.error());
  const auto grants = (*desk)->approvals.grants();
  if (!grants) return failed(grants.error());
  json list = json::array();
  for (const Grant& one : *grants) {
    if (!command.all && (one.revoked || one.until <= now())) continue;
    list.push_back(grant_json(one));
    if (command.output == Output::text) print(grant_line(one, now()));
  }
  if (command.output == Output::json) print_json({{"grants", std::move(list)}});
  else if (list.empty()) tell("nothing is remembered");
  return kDone;
}

int run(const ApprovalsRevokeCommand& command) {
  const auto desk = open_desk(command);
  if (!desk) return failed(desk.error());
  Approvals& approvals = (*desk)->approvals;
  const auto voter = voter_at_terminal(approvals, command.as, "you take back what was remembered: " + visible(command.id) + "\n");
  if (!voter) return failed(voter.error());
  const auto done = approvals.revoke(command.id, *voter);
  if (!done) return failed(done.error());
  if (command.output == Output::json) print_json(grant_json(*done));
  else print("taken back: " + visible(done->tool) + " of " + visible(done->principal) + " is asked for again\n");
  return kDone;
}

int run(const ApprovalsApproversCommand& command) {
  const auto desk = open_desk(command);
  if (!desk) return failed(desk.error());
  Approvals& approvals = (*desk)->approvals;
  if (!command.remove.empty()) {
    const auto voter = voter_at_terminal(approvals, command.as, "you remove the approver " + visible(command.remove) + "\n");
    if (!voter) return failed(voter.error());
    if (auto done = approvals.remove_approver(command.remove, *voter); !done) return failed(done.error());
    print(visible(command.remove) + " can approve no more\n");
    return kDone;
  }
  const auto approvers = approvals.approvers();
  if (!approvers) return failed(approvers.error());
  json list = json::array();
  for (const Approver& one : *approvers) {
    list.push_back({{"name", one.name}, {"principal", one.principal}, {"created", one.created}});
    if (command.output == Output::text) print(visible(one.name) + (one.principal.empty() ? "" : "  calls tools as " + visible(one.principal)) + "\n");
  }
  if (command.output == Output::json) print_json({{"approvers", std::move(list)}});
  else if (list.empty()) tell("nobody is set up to approve; run: sumun approvals init");
  return kDone;
}

}  // namespace sumun::host
