// SPDX-License-Identifier: Apache-2.0
// How values, types and names are shown in a message. What a peer chose is cut and escaped.
#pragma once
#include <sumun/json.hpp>

#include "base/json_text.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sumun::schema {

inline constexpr std::size_t kShownBytes = 64;
inline constexpr std::size_t kShownNames = 12;  // of names and allowed values

/// A value in a few words: "an object", "\"x\"", "3.5".
std::string shown(const json& value);
/// The same for a constant of the schema, which may be short enough to be written out.
std::string shown_allowed(const json& value);
/// With its type where that is not plain to see: "string \"x\"", "number 3.5", "null".
std::string with_type(const json& value);
/// "string or integer", of TypeBit.
std::string type_names(std::uint8_t bits);
/// Of a bound of the schema: what is beyond 64 bits is held as the largest number, which says so.
std::string shown_count(std::uint64_t count);
std::string plural(std::uint64_t count, std::string_view one, std::string_view many);

}  // namespace sumun::schema
