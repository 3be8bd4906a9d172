// SPDX-License-Identifier: Apache-2.0
// What a tool does to the world, declared once: it becomes the annotations that clients see, and what the gate decides by.
#pragma once
#include <cstdint>

namespace sumun {
inline namespace v0 {

/// A set of effects; combine with `|`. A tool that declares nothing is taken to write, destroy and reach out.
enum class Effects : std::uint8_t {
  undeclared = 0,
  reads = 1,         // only reads; no other effect
  writes = 2,        // changes something that can be changed back
  destroys = 4,      // changes or removes something that cannot be brought back
  reaches_out = 8,   // talks to systems outside this host (network, mail, payment)
  idempotent = 16,   // doing it twice is doing it once
};

constexpr Effects operator|(Effects a, Effects b) {
  return static_cast<Effects>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}
constexpr bool has(Effects set, Effects one) {
  return (static_cast<std::uint8_t>(set) & static_cast<std::uint8_t>(one)) != 0;
}

inline constexpr Effects reads = Effects::reads;
inline constexpr Effects writes = Effects::writes;
inline constexpr Effects destroys = Effects::destroys;
inline constexpr Effects reaches_out = Effects::reaches_out;
inline constexpr Effects idempotent = Effects::idempotent;

/// True where repeating the call can do no harm: declared to read, and nothing that changes anything.
constexpr bool only_reads(Effects set) { return has(set, reads) && !has(set, writes) && !has(set, destroys); }

}  // namespace v0
}  // namespace sumun
