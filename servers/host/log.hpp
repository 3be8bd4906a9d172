// SPDX-License-Identifier: Apache-2.0
// The program's log: lines with a time and a level on standard error.
#pragma once
#include <sumun/log.hpp>

#include <optional>
#include <string_view>

namespace sumun::host {

/// Takes lines of `lowest` and above. Thread: any.
LogSink make_log(LoggingLevel lowest);
/// "debug", "info", …: the specification's eight names.
std::optional<LoggingLevel> log_level(std::string_view name);

}  // namespace sumun::host
