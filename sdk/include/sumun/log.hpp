// SPDX-License-Identifier: Apache-2.0
// Where the library's own log lines go: a function the program hands in. There is no global logger.
#pragma once
#include <functional>
#include <string_view>

namespace sumun {
inline namespace v0 {

/// Severity, the specification's eight levels (RFC 5424).
/// Spec: 2026-07-28 server/utilities/logging
enum class LoggingLevel { debug, info, notice, warning, error, critical, alert, emergency };

/// Takes one line, without its newline. Thread: any; it must not throw. Empty = nothing is logged.
using LogSink = std::function<void(LoggingLevel, std::string_view)>;

}  // namespace v0
}  // namespace sumun
