// SPDX-License-Identifier: Apache-2.0
// JSON Pointers (RFC 6901) that people write: into the arguments of a call.
#pragma once
#include <sumun/result.hpp>

#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sumun::gate {

/// The names in it, unescaped. Errors: invalid_value; `fault` is where, in bytes.
inline Result<std::vector<std::string>> split_pointer(std::string_view pointer, std::size_t& fault) {
  std::vector<std::string> path;
  fault = 0;
  if (!pointer.starts_with('/')) return fail(ErrorCode::invalid_value, "expected a JSON Pointer, as in /amount_minor");
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] == '/') {
      path.emplace_back();
    } else if (pointer[i] != '~') {
      path.back().push_back(pointer[i]);
    } else if (i + 1 < pointer.size() && (pointer[i + 1] == '0' || pointer[i + 1] == '1')) {
      path.back().push_back(pointer[++i] == '0' ? '~' : '/');
    } else {
      fault = i;
      return fail(ErrorCode::invalid_value, "in a JSON Pointer ~ is written ~0, and / in a name ~1");
    }
  }
  return path;
}

/// The item of an array that a name in it means (RFC 6901, section 4).
inline std::optional<std::size_t> index_of(std::string_view token) {
  if (token.empty() || (token.size() > 1 && token[0] == '0')) return std::nullopt;
  std::size_t index = 0;
  const auto [end, code] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (code != std::errc() || end != token.data() + token.size()) return std::nullopt;
  return index;
}

}  // namespace sumun::gate
