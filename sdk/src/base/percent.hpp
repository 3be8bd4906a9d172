// SPDX-License-Identifier: Apache-2.0
// Percent-encoded text. Spec: RFC 3986, section 2.1
#pragma once
#include "base/ascii.hpp"

#include <string>
#include <string_view>

namespace sumun {

/// −1 = it is none.
constexpr int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char small = lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

/// A % without two digits behind it stays as it is, and `malformed` says so.
inline std::string percent_decoded(std::string_view text, bool* malformed = nullptr) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%';
    const int high = escape && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) {
      if (escape && malformed) *malformed = true;
      out.push_back(text[i]);
      continue;
    }
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

}  // namespace sumun
