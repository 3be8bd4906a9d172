// SPDX-License-Identifier: Apache-2.0
// The [policy] table of the configuration as the library's options.
#pragma once
#include <sumun/policy.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sumun::host {

/// Where a rule stands: "config.toml:12", from its JSON Pointer.
using OriginOf = std::function<std::string(const std::string& pointer)>;

/// From the table, which the schema has found valid. The default `allow_reads` becomes a last rule (`kDefaultRule`).
PolicyOptions policy_options(const json& said, const OriginOf& origin);
/// The origin of that rule.
inline constexpr const char* kDefaultRule = "the default, allow_reads";

/// What a fault that Policy::compile found is called in the table: "/policy/rule/0/when/1".
std::string pointer_of(const json& fault);

/// "90s", "30m", "24h", "7d": a number of at most six digits, not 0, and its unit.
bool is_duration(std::string_view text);
/// Of a text that is one.
std::chrono::seconds duration_of(std::string_view text);

/// "reads", "writes", …; undeclared = there is no such effect.
Effects effect_named(std::string_view name);

}  // namespace sumun::host
