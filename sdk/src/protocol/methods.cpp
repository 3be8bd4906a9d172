// SPDX-License-Identifier: Apache-2.0
// Finding a method by its name on the wire: every message does.
#include "protocol/methods.hpp"

#include <algorithm>

namespace sumun::protocol {
namespace {

constexpr std::size_t kCount = std::size(kMethods);

// The table's rows by name.
constexpr std::array<std::uint8_t, kCount> sorted_rows() {
  std::array<std::uint8_t, kCount> rows{};
  for (std::size_t row = 0; row < kCount; ++row) {
    rows[row] = static_cast<std::uint8_t>(row);
  }
  std::sort(rows.begin(), rows.end(), [](auto a, auto b) { return kMethods[a].name < kMethods[b].name; });
  return rows;
}
constexpr std::array<std::uint8_t, kCount> kByName = sorted_rows();

}  // namespace

const MethodInfo* find_method(std::string_view name) {
  const auto at = std::lower_bound(kByName.begin(), kByName.end(), name,
                                   [](std::uint8_t row, std::string_view wanted) { return kMethods[row].name < wanted; });
  return at != kByName.end() && kMethods[*at].name == name ? &kMethods[*at] : nullptr;
}

bool takes_tasks(const ClientCapabilities& client) {
  return client.extensions && client.extensions->is_object() && client.extensions->contains(kTasksExtension);
}

ClientCapabilities task_capability() {
  ClientCapabilities client;
  client.extensions = json::object();
  (*client.extensions)[std::string(kTasksExtension)] = json::object();
  return client;
}

}  // namespace sumun::protocol
