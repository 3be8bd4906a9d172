// SPDX-License-Identifier: Apache-2.0
// Where a walk over a value or a schema is: a frame on the stack for each level, read only when a fault is written down.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace sumun::schema {

struct Place {
  const Place* parent = nullptr;
  std::string_view name;           // of a member or a keyword
  std::size_t index = kNoIndex;    // of an item
  std::string_view second = {};    // keyword places: the member's name under `properties`

  static constexpr std::size_t kNoIndex = static_cast<std::size_t>(-1);
};

/// As a JSON Pointer, from `top` on down.
std::string pointer(const Place* place, const Place* top = nullptr);

/// As people write the place of a value: `tags[1]`, `["0"].x`.
std::string written(const Place& place);

/// A JSON Pointer as a URI's fragment.
std::string fragment(std::string_view pointer);

}  // namespace sumun::schema
