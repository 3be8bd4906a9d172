// SPDX-License-Identifier: Apache-2.0
// Yes, no, or cannot be told.
#pragma once
#include <cstdint>

namespace sumun::gate {

enum class Truth : std::uint8_t { no, yes, unknown };

constexpr Truth truth(bool holds) { return holds ? Truth::yes : Truth::no; }
constexpr Truth opposite(Truth of) { return of == Truth::unknown ? of : truth(of == Truth::no); }

}  // namespace sumun::gate
