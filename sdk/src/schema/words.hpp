// SPDX-License-Identifier: Apache-2.0
// How texts that a peer chose are shown in a message.
#pragma once
#include <string>
#include <string_view>

namespace sumun::schema {

inline constexpr std::size_t kShownBytes = 64;

/// The text in quotes, as JSON writes it; a long one is cut at the edge of a character.
std::string in_quotes(std::string_view text);

}  // namespace sumun::schema
