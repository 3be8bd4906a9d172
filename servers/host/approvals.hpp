// SPDX-License-Identifier: Apache-2.0
// What the commands of `sumun approvals` share, and what a configuration's asking comes to.
#pragma once
#include "commands.hpp"
#include "config.hpp"
#include "terminal.hpp"

#include <sumun/approvals.hpp>
#include <sumun/store.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sumun::host {

/// A configuration and the human's side of its store.
struct Desk {
  Config config;
  std::shared_ptr<Store> store;
  Approvals approvals{store};
};

Result<std::unique_ptr<Desk>> open_desk(const ApprovalsCommand& command);

/// Milliseconds since 1970.
std::int64_t now();

/// Whoever is said; else the only approver, or the one called as the user is.
Result<std::string> approver_name(Approvals& approvals, const std::string& said);
Result<Voter> log_in(Approvals& approvals, Terminal& terminal, const std::string& name);
/// Who the person at the terminal is. `about` stands above the question, where no other program's output ends.
Result<Voter> voter_at_terminal(Approvals& approvals, const std::string& as, const std::string& about);

/// "run: sumun approvals approve {id}", with the configuration where it is not the default one.
std::string approval_command(const Config& config);

/// Those that are set up; nothing is made where there is no store yet.
Result<std::vector<Approver>> known_approvers(const std::shared_ptr<Store>& store);

/// What asking means now, in a sentence: "alice and bob can approve", "nobody is set up to approve: …". Empty = nothing asks.
struct AskState {
  bool works = true;
  std::string words;
};
AskState ask_state(const Config& config);
/// The same of one rule.
AskState ask_state(const AskTerms& terms, const Result<std::vector<Approver>>& approvers, bool has_store);

}  // namespace sumun::host
