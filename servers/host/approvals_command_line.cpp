// SPDX-License-Identifier: Apache-2.0
// The command line of `sumun approvals`.
#include "command_line.hpp"

#include <string>

namespace sumun::host {
namespace {

// What every command of `approvals` takes; `decides` = it takes a person and their password.
void add_desk(CLI::App& sub, ApprovalsCommand& command, bool decides) {
  if (decides) sub.add_option("--as", command.as, "Which approver you are (default: the only one, or the one called as you are)")->type_name("NAME");
  add_store_file(sub, command.store);
  add_config(sub, command.config);
  add_json(sub, command.output);
}

void add_id(CLI::App& sub, std::string& id) { sub.add_option("id", id, "Its id, or the beginning of it")->required()->type_name("ID"); }

void add_approvals_decide(CLI::App& approvals, Action& action) {
  using What = ApprovalsDecideCommand::What;
  const auto add = [&](const char* name, const char* description, What what, const char* footer) {
    auto* sub = approvals.add_subcommand(name, description);
    auto& command = attach<ApprovalsDecideCommand>(*sub, action);
    command.what = what;
    add_id(*sub, command.id);
    sub->add_option("--reason", command.reason, "Said to the caller, and kept")->type_name("TEXT");
    if (what == What::edit) sub->add_option("--set", command.words, "Change this argument; may be repeated (default: all of them in $EDITOR)")->type_name("KEY=VALUE")->allow_extra_args(false);
    if (what != What::deny) {
      sub->add_option("--remember", command.remember, "Let the same pass for so long: 30m, 2h")->type_name("TIME");
      sub->add_option("--when", command.when, "… where this holds of the arguments; may be repeated (default: the very same arguments)")->type_name("PREDICATE")->allow_extra_args(false);
    }
    add_desk(*sub, command, true);
    sub->footer(footer);
  };
  add("approve", "Let one call pass, once", What::approve,
      "Shows what it is on the terminal and asks your password there; never from standard input, an argument or the\n"
      "environment. Without a terminal it refuses.\n\n"
      "Examples:\n  sumun approvals approve 3kfW\n  sumun approvals approve 3kfW --remember 30m --when '/amount_minor <= 5000'");
  add("edit", "Let one call pass with other arguments", What::edit,
      "What you write is held against the tool's schema, and shown with what it changes, before your password is asked.\n\n"
      "Examples:\n  sumun approvals edit 3kfW\n  sumun approvals edit 3kfW --set amount_minor=4000 --reason 'shipping is not refunded'");
  add("deny", "Refuse it", What::deny, "Examples:\n  sumun approvals deny 3kfW --reason 'the order was delivered'");
}

void add_approvals_looking(CLI::App& approvals, Action& action) {
  auto* list = approvals.add_subcommand("list", "What waits for somebody");
  auto& listed = attach<ApprovalsListCommand>(*list, action);
  list->add_option("--state", listed.state, "pending, approved, denied, expired, withdrawn, claimed, executed, failed, outcome_unknown, or all")->type_name("STATE");
  list->add_option("--principal", listed.principal, "Asked for by this one")->type_name("NAME");
  list->add_option("--tool", listed.tool, "Of this tool")->type_name("NAME");
  list->add_option("--limit", listed.limit, "At most so many, the newest (100)")->type_name("N");
  add_desk(*list, listed, false);
  list->footer("Examples:\n  sumun approvals list\n  sumun approvals list --state all --tool refund_order --json");

  auto* show = approvals.add_subcommand("show", "Everything about one of them");
  auto& shown = attach<ApprovalsShowCommand>(*show, action);
  add_id(*show, shown.id);
  show->add_flag("--raw", shown.raw, "The arguments whole, as JSON");
  add_desk(*show, shown, false);
  show->footer("Examples:\n  sumun approvals show 3kfW\n  sumun approvals show 3kfW --raw");

  auto* watch = approvals.add_subcommand("watch", "Show what waits as it comes, and ask what to do with it");
  auto& watched = attach<ApprovalsWatchCommand>(*watch, action);
  watch->add_flag_callback("--no-input", [&watched] { watched.ask = false; }, "Ask nothing, even on a terminal");
  add_desk(*watch, watched, true);
  watch->footer("Examples:\n  sumun approvals watch\n  sumun approvals watch --json | while read -r line; do notify \"$line\"; done");

  auto* open = approvals.add_subcommand("open", "Print the address of its page");
  auto& opened = attach<ApprovalsOpenCommand>(*open, action);
  add_id(*open, opened.id);
  open->add_flag("--browser", opened.browser, "Open it, too");
  add_desk(*open, opened, false);
  open->footer("The page is `url` in [approvals].\n\nExamples:\n  sumun approvals open 3kfW --browser");
}

void add_approvals_people(CLI::App& approvals, Action& action) {
  auto* init = approvals.add_subcommand("init", "Set up who may approve: you first, then others by your leave");
  auto& made = attach<ApprovalsInitCommand>(*init, action);
  init->add_option("--name", made.name, "Whose password it is (default: your user name)")->type_name("NAME");
  init->add_option("--principal", made.principal, "Who they call tools as, or none (default: local: and your user name; to be said of others)")->type_name("NAME");
  add_desk(*init, made, true);
  init->footer(
      "The first approver needs nobody's leave; each one after it takes the password of one that is there. A name that is\n"
      "there gets a new password, with the old one. Where a rule says not_requester, only those decide whose principal is\n"
      "known: --principal none is for people who call no tools, and they do not.\n\n"
      "Examples:\n  sumun approvals init\n  sumun approvals init --name bob --principal bob@example.com");

  auto* approvers = approvals.add_subcommand("approvers", "Who may approve");
  auto& people = attach<ApprovalsApproversCommand>(*approvers, action);
  approvers->add_option("--remove", people.remove, "Not this one any more")->type_name("NAME");
  add_desk(*approvers, people, true);
  approvers->footer("Examples:\n  sumun approvals approvers\n  sumun approvals approvers --remove bob");

  auto* grants = approvals.add_subcommand("grants", "What passes unasked, because somebody said so for a while");
  auto& granted = attach<ApprovalsGrantsCommand>(*grants, action);
  grants->add_flag("--all", granted.all, "Also what is over or was taken back");
  add_desk(*grants, granted, false);
  grants->footer("Examples:\n  sumun approvals grants --json");

  auto* revoke = approvals.add_subcommand("revoke", "Take such a word back");
  auto& revoked = attach<ApprovalsRevokeCommand>(*revoke, action);
  add_id(*revoke, revoked.id);
  add_desk(*revoke, revoked, true);
  revoke->footer("Examples:\n  sumun approvals revoke 9xQa");

  auto* resolve = approvals.add_subcommand("resolve", "Say what became of a call whose outcome is unknown");
  auto& resolved = attach<ApprovalsResolveCommand>(*resolve, action);
  add_id(*resolve, resolved.id);
  resolve->add_option("outcome", resolved.outcome, "executed: it was done; failed: it was not")->required()->type_name("OUTCOME");
  resolve->add_option("--note", resolved.note, "How you know; kept")->type_name("TEXT");
  resolve->add_flag("--even-if-running", resolved.even_if_running, "Although its process lives, where its handler may still be at it");
  add_desk(*resolve, resolved, true);
  resolve->footer("Examples:\n  sumun approvals resolve 3kfW executed --note 'it is in the ledger of the bank'");
}

}  // namespace

void add_approvals(CLI::App& app, Action& action) {
  auto* approvals = app.add_subcommand("approvals", "The human's side: see what waits, approve or deny it");
  approvals->require_subcommand(1);
  add_approvals_people(*approvals, action);
  add_approvals_looking(*approvals, action);
  add_approvals_decide(*approvals, action);
}

}  // namespace sumun::host
