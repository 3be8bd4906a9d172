// SPDX-License-Identifier: Apache-2.0
// An approval in words: everything that a person must know before they decide. All that came from outside is shown on
// one line with what cannot be seen in it, or would turn it around, made visible.
#pragma once
#include <sumun/approvals.hpp>
#include <sumun/policy.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sumun::host {

inline constexpr std::size_t kShownCharacters = 400;  // of one value; a longer one is cut, and its length said
inline constexpr std::size_t kShownRows = 60;         // of one table

/// On one line, to be read by a person: control characters, what changes the direction of writing and what has no width
/// become \u{202E}. `most` characters; of a longer one the beginning, and how long it is.
std::string visible(std::string_view text, std::size_t most = kShownCharacters);

/// A line for each value: its place and the value. Indented by two.
std::string table_of(const json& value);
/// A line for each value that differs: "  ~ amount_minor  900 → 4200", "  + …", "  - …"; empty = they are equal.
std::string difference(const json& before, const json& after);

/// "2 of alice, bob, carol; not who asks for it", "any approver, or the connected user".
std::string words_of(const AskTerms& terms);
/// "3 min", "2 h", "5 days".
std::string duration_words(std::chrono::milliseconds time);

/// Everything. `last` = the one before it of the same tool and principal that was executed.
std::string approval_text(const Approval& approval, const std::optional<Approval>& last, std::int64_t now);
/// The same on one line, with the beginning of its id.
std::string approval_line(const Approval& approval, std::int64_t now);
json approval_json(const Approval& approval);
json grant_json(const Grant& grant);
std::string grant_line(const Grant& grant, std::int64_t now);

}  // namespace sumun::host
