// SPDX-License-Identifier: Apache-2.0
// Who calls.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace sumun {
inline namespace v0 {

/// Who calls: the token's subject over HTTP, `local:<user>` or a configured name over stdio. Never what the client says
/// of itself.
struct Principal {
  std::string name;
  std::vector<std::string> groups;
  std::optional<std::vector<std::string>> scopes;  // what its token allows; none = not limited (nobody asked for a token)

  friend bool operator==(const Principal&, const Principal&) = default;
};

}  // namespace v0
}  // namespace sumun
