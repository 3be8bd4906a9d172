// SPDX-License-Identifier: Apache-2.0
// The canonical text of a JSON value (RFC 8785) and digests over it: equal values, equal bytes.
// One deviation: integers beyond ±(2^53-1) are written exactly instead of being rounded to a double.
#pragma once
#include <sumun/result.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace sumun {

/// SHA-256.
using Digest = std::array<std::uint8_t, 32>;

/// Members in the order of their names' UTF-16 code units, doubles as ECMAScript writes them, no white space.
/// What is stored as an integer is written with all its digits: beyond ±(2^53-1), where RFC 8785 would round it to the
/// nearest double, two integers that differ keep different texts. NaN and the infinities (which no JSON text can hold)
/// become null.
std::string canonical_json(const json& value);

Digest sha256(std::string_view bytes);
/// SHA-256 over the canonical text.
Digest stable_digest(const json& value);
/// Lower case, 64 digits.
std::string to_hex(const Digest& digest);

}  // namespace sumun
