// SPDX-License-Identifier: Apache-2.0
// Scopes, the words that say what a token allows (RFC 6749, section 3.3).
#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace sumun {

/// Visible ASCII without '"' and '\', so that it can stand in a header as it is.
inline bool is_scope(std::string_view word) {
  return !word.empty() && word.size() <= 256 &&
         std::all_of(word.begin(), word.end(), [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '\\'; });
}

inline bool holds_all(const std::vector<std::string>& granted, const std::vector<std::string>& needed) {
  return std::all_of(needed.begin(), needed.end(), [&granted](const std::string& one) {
    return std::find(granted.begin(), granted.end(), one) != granted.end();
  });
}

}  // namespace sumun
