// SPDX-License-Identifier: Apache-2.0
// The arguments of an approval, changed by a person before they approve.
#pragma once
#include "terminal.hpp"

#include <sumun/approvals.hpp>

#include <string>
#include <vector>

namespace sumun::host {

/// By `words` (key=value, as `sumun call` takes them); without any in the user's editor ($VISUAL, $EDITOR, else vi), again
/// and again until they are valid or the person gives up.
/// Returns: the arguments with the schema's defaults. Errors: invalid_value, cancelled, io.
Result<json> edit_arguments(const Approval& approval, const std::vector<std::string>& words, Terminal& terminal);

/// Runs a program, found on the PATH, with this process's streams. Errors: io (it cannot be started), failed (its exit code).
Result<void> run_program(const std::vector<std::string>& words);

}  // namespace sumun::host
