// SPDX-License-Identifier: Apache-2.0
// The part of a chunk that shows why it was found.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sumun::docsearch {

inline constexpr std::size_t kSnippetCharacters = 300;

/// The stretch of about kSnippetCharacters with the heaviest places (byte and weight, in order), as one line of valid UTF-8;
/// "…" where text was left out.
std::string make_snippet(std::string_view text, const std::vector<std::pair<std::uint32_t, double>>& places);

}  // namespace sumun::docsearch
