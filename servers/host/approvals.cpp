// SPDX-License-Identifier: Apache-2.0
// `sumun approvals`: what waits is shown on standard output; who decides types their password on the terminal itself, and
// sees there what they decide.
#include "approvals.hpp"

#include "approval_edit.hpp"
#include "approval_view.hpp"
#include "console.hpp"
#include "policy_config.hpp"

#include <sumun/json.hpp>

#include <algorithm>
#include <set>
#include <thread>
#include <utility>

namespace sumun::host {
namespace {

// The one before it of the same tool and principal that was executed.
std::optional<Approval> last_executed(Approvals& approvals, const Approval& approval) {
  ApprovalFilter filter;
  filter.state = ApprovalState::executed;
  filter.principal = approval.principal;
  filter.tool = approval.tool;
  filter.limit = 2;
  const auto found = approvals.list(filter);
  if (!found) return std::nullopt;
  for (const Approval& one : *found)
    if (one.id != approval.id) return one;
  return std::nullopt;
}

// -- deciding

std::string next_words(const Approval& approval) {
  const auto left = [&] { return duration_words(std::chrono::milliseconds(std::max<std::int64_t>(0, approval.expires - now()))); };
  switch (approval.state) {
    case ApprovalState::approved: return "approved: " + visible(approval.tool) + " is carried out when " + visible(approval.principal) + " calls it again, within " + left();
    case ApprovalState::denied: return "denied: " + visible(approval.tool) + " of " + visible(approval.principal) + " is not carried out";
    case ApprovalState::pending: {
      const auto given = std::count_if(approval.votes.begin(), approval.votes.end(), [](const Vote& vote) { return vote.approves; });
      return "counted: " + std::to_string(given) + " of " + std::to_string(approval.terms.needed) + " have approved; the others have " + left();
    }
    default: return "it is " + std::string(name_of(approval.state)) + " by now";
  }
}

int report(const Approval& approval, Output output) {
  if (output == Output::json) print_json(approval_json(approval));
  else print(next_words(approval) + "\n");
  return kDone;
}

std::string intent(const Approval& approval, const Decided& decided) {
  if (!decided.approve) return "you deny it" + (decided.reason.empty() ? "" : ": " + visible(decided.reason, kMaxReasonBytes)) + "\n";
  std::string text = "you approve it";
  if (decided.edited) text += ", changed:\n" + difference(approval.edited.value_or(approval.arguments), *decided.edited);
  else text += "\n";
  if (decided.remember) {
    text += "and for " + duration_words(*decided.remember) + " " + visible(approval.principal) + " may call " + visible(approval.tool) + " unasked ";
    for (std::size_t i = 0; i < decided.remember_when.size(); ++i) text += (i == 0 ? "where " : " and ") + visible(decided.remember_when[i]);
    text += decided.remember_when.empty() ? "with the very same arguments\n" : "\n";
  }
  return text;
}

Result<Approval> pending(Approvals& approvals, const std::string& id) {
  auto approval = approvals.get(id);
  if (!approval) return approval;
  if (approval->state == ApprovalState::pending) return approval;
  return fail(ErrorCode::invalid_value, "it is not pending, it is " + std::string(name_of(approval->state)) + ": " + visible(approval->id));
}

Result<Approval> decide(Approvals& approvals, const Approval& approval, Decided decided, const std::string& as) {
  decided.version = approval.version;
  const auto voter = voter_at_terminal(approvals, as, approval_text(approval, last_executed(approvals, approval), now()) + intent(approval, decided));
  if (!voter) return voter.error();
  return approvals.decide(approval.id, *voter, std::move(decided));
}

const std::pair<std::string_view, ApprovalState> kStates[] = {
    {"pending", ApprovalState::pending},     {"approved", ApprovalState::approved}, {"denied", ApprovalState::denied},
    {"expired", ApprovalState::expired},     {"withdrawn", ApprovalState::withdrawn}, {"claimed", ApprovalState::claimed},
    {"executed", ApprovalState::executed},   {"failed", ApprovalState::failed},     {"outcome_unknown", ApprovalState::outcome_unknown}};

Result<std::vector<Approval>> listed(const ApprovalsListCommand& command, Approvals& approvals) {
  ApprovalFilter filter;
  filter.principal = command.principal;
  filter.tool = command.tool;
  filter.limit = command.limit;
  if (!command.state.empty()) {
    for (const auto& [name, state] : kStates)
      if (name == command.state) filter.state = state;
    return approvals.list(filter);
  }
  // What somebody can still do something about.
  std::vector<Approval> open;
  for (const ApprovalState state : {ApprovalState::pending, ApprovalState::outcome_unknown, ApprovalState::approved}) {
    filter.state = state;
    auto some = approvals.list(filter);
    if (!some) return some;
    std::move(some->begin(), some->end(), std::back_inserter(open));
  }
  return open;
}

// -- watching

enum class Next { decided, later, quit };

Result<Next> ask_about(Desk& desk, const Approval& approval, const std::string& text, const std::string& as) {
  auto terminal = Terminal::open();
  if (!terminal) return terminal.error();
  terminal->say(text);
  while (true) {
    const auto answer = terminal->ask("[a]pprove, [d]eny, [l]ater, [q]uit? ");
    if (!answer) return answer.error();
    if (*answer == "l" || *answer == "later") return Next::later;
    if (*answer == "q" || *answer == "quit") return Next::quit;
    Decided decided;
    decided.approve = *answer == "a" || *answer == "approve";
    if (!decided.approve && *answer != "d" && *answer != "deny") continue;
    if (!decided.approve) {
      const auto reason = terminal->ask("why (for the caller; may be empty)? ");
      if (!reason) return reason.error();
      decided.reason = *reason;
    }
    decided.version = approval.version;
    terminal->say(intent(approval, decided));
    const auto name = approver_name(desk.approvals, as);
    if (!name) return name.error();
    const auto voter = log_in(desk.approvals, *terminal, *name);
    const auto done = voter ? desk.approvals.decide(approval.id, *voter, std::move(decided)) : Result<Approval>(voter.error());
    terminal->say((done ? next_words(*done) : done.error().message) + "\n");
    if (done || done.error().code == ErrorCode::invalid_value) return Next::decided;
  }
}

}  // namespace

int run(const ApprovalsListCommand& command) {
  const bool known = command.state.empty() || command.state == "all" ||
                     std::any_of(std::begin(kStates), std::end(kStates), [&](const auto& one) { return one.first == command.state; });
  if (!known) return wrong_usage("there is no state \"" + command.state + "\"");
  const auto desk = open_desk(command);
  if (!desk) return failed(desk.error());
  const auto found = listed(command, (*desk)->approvals);
  if (!found) return failed(found.error());
  json list = json::array();
  for (const Approval& one : *found) {
    if (command.output == Output::json) list.push_back(approval_json(one));
    else print(approval_line(one, now()));
  }
  if (command.output == Output::json) print_json({{"approvals", std::move(list)}});
  else if (found->empty()) tell(command.state.empty() ? "nothing waits for anybody" : "there is none");
  return kDone;
}

int run(const ApprovalsShowCommand& command) {
  const auto desk = open_desk(command);
  if (!desk) return failed(desk.error());
  const auto approval = (*desk)->approvals.get(command.id);
  if (!approval) return failed(approval.error());
  if (command.output == Output::json) {
    print_json(approval_json(*approval));
  } else {
    print(approval_text(*approval, last_executed((*desk)->approvals, *approval), now()));
    // ASCII alone: what could not be seen is written as \uXXXX, which is the same JSON.
    if (command.raw) print("as JSON\n" + approval->edited.value_or(approval->arguments).dump(2, ' ', true, json::error_handler_t::replace) + "\n");
  }
  return kDone;
}

int run(const ApprovalsDecideCommand& command) {
  if (!command.remember.empty() && !is_duration(command.remember)) return wrong_usage("--remember takes a time, as in 30m, 2h or 1d");
  if (command.remember.empty() && !command.when.empty()) return wrong_usage("--when goes with --remember");
  const auto desk = open_desk(command);
  if (!desk) return failed(desk.error());
  Approvals& approvals = (*desk)->approvals;
  const auto approval = pending(approvals, command.id);
  if (!approval) return failed(approval.error());
  Decided decided;
  decided.approve = command.what != ApprovalsDecideCommand::What::deny;
  decided.reason = command.reason;
  if (!command.remember.empty()) decided.remember = duration_of(command.remember);
  decided.remember_when = command.when;
  if (command.what == ApprovalsDecideCommand::What::edit) {
    auto terminal = Terminal::open();
    if (!terminal) return failed(terminal.error());
    auto edited = edit_arguments(*approval, command.words, *terminal);
    if (!edited) return failed(edited.error());
    if (difference(approval->edited.value_or(approval->arguments), *edited).empty()) return failed(fail("nothing is changed; to approve it as it is: sumun approvals approve"));
    decided.edited = *std::move(edited);
  }
  const auto done = decide(approvals, *approval, std::move(decided), command.as);
  if (!done) return failed(done.error());
  return report(*done, command.output);
}

int run(const ApprovalsWatchCommand& command) {
  const auto desk = open_desk(command);
  if (!desk) return failed(desk.error());
  const bool asks = command.ask && command.output == Output::text && is_interactive();
  if (command.output == Output::text) tell("watching for what waits to be approved; Ctrl-C ends this");
  std::set<std::string> seen;
  ApprovalFilter filter;
  filter.state = ApprovalState::pending;
  while (true) {
    auto found = (*desk)->approvals.list(filter);
    if (!found) return failed(found.error());
    std::reverse(found->begin(), found->end());  // the oldest first
    std::set<std::string> waiting;
    for (const Approval& one : *found) {
      waiting.insert(one.id);
      if (seen.contains(one.id)) continue;
      const std::string text = approval_text(one, last_executed((*desk)->approvals, one), now()) + "\n";
      if (!asks) print(command.output == Output::json ? dump_json(approval_json(one)) + "\n" : text);
      if (auto written = flush_output(); !written) return failed(written.error());
      if (!asks) continue;
      const auto next = ask_about(**desk, one, text, command.as);
      if (!next) return failed(next.error());
      if (*next == Next::quit) return kDone;
    }
    seen = std::move(waiting);
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

int run(const ApprovalsOpenCommand& command) {
  const auto desk = open_desk(command);
  if (!desk) return failed(desk.error());
  const auto approval = (*desk)->approvals.get(command.id);
  if (!approval) return failed(approval.error());
  std::string url = (*desk)->config.approvals.url;
  if (url.empty()) return failed(fail("the configuration names no page; decide it here with: sumun approvals approve " + visible(approval->id)));
  for (std::size_t at = url.find("{id}"); at != std::string::npos; at = url.find("{id}", at + approval->id.size())) url.replace(at, 4, approval->id);
  if (command.output == Output::json) print_json({{"url", url}});
  else print(url + "\n");
  if (!command.browser) return kDone;
  const auto opened = run_program({"xdg-open", url});
  if (!opened) return failed(opened.error());
  return kDone;
}

int run(const ApprovalsResolveCommand& command) {
  if (command.outcome != "executed" && command.outcome != "failed") return wrong_usage("what became of it is \"executed\" or \"failed\", not \"" + command.outcome + "\"");
  const auto desk = open_desk(command);
  if (!desk) return failed(desk.error());
  Approvals& approvals = (*desk)->approvals;
  const auto approval = approvals.get(command.id);
  if (!approval) return failed(approval.error());
  if (approval->state != ApprovalState::outcome_unknown)
    return failed(fail("its outcome is not unknown, it is " + std::string(name_of(approval->state)) + ": " + visible(approval->id)));
  const auto voter = voter_at_terminal(approvals, command.as, approval_text(*approval, std::nullopt, now()) + "you say that it was " + (command.outcome == "executed" ? "executed\n" : "not done\n"));
  if (!voter) return failed(voter.error());
  const auto done = approvals.resolve(approval->id, *voter, command.outcome == "executed", command.note);
  if (!done) return failed(done.error());
  if (command.output == Output::json) print_json(approval_json(*done));
  else print("it is " + std::string(name_of(done->state)) + " now\n");
  return kDone;
}

}  // namespace sumun::host
