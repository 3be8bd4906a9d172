// SPDX-License-Identifier: Apache-2.0
// spdlog lives in this file alone.
#include "log.hpp"

#include "console.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

namespace sumun::host {
namespace {

constexpr std::array<std::string_view, 8> kLevels{"debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"};

spdlog::level::level_enum spdlog_level(LoggingLevel level) {
  if (level == LoggingLevel::debug) return spdlog::level::debug;
  if (level <= LoggingLevel::notice) return spdlog::level::info;
  if (level == LoggingLevel::warning) return spdlog::level::warn;
  return level == LoggingLevel::error ? spdlog::level::err : spdlog::level::critical;
}

}  // namespace

LogSink make_log(LoggingLevel lowest) {
  auto logger = std::make_shared<spdlog::logger>("sumun", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_level(spdlog::level::debug);
  logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %l %v");
  logger->flush_on(spdlog::level::debug);
  return [logger = std::move(logger), lowest](LoggingLevel level, std::string_view line) {
    if (level >= lowest) logger->log(spdlog_level(level), "{}", harmless(line));
  };
}

std::optional<LoggingLevel> log_level(std::string_view name) {
  const auto found = std::find(kLevels.begin(), kLevels.end(), name);
  if (found == kLevels.end()) return std::nullopt;
  return static_cast<LoggingLevel>(found - kLevels.begin());
}

}  // namespace sumun::host
