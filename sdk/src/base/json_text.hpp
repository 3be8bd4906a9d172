// SPDX-License-Identifier: Apache-2.0
// Pieces of JSON text, written straight into a string: what <sumun/json.hpp> is made of, and what lets an envelope be
// written around a body that is text already.
#pragma once
#include <sumun/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace sumun {

/// "text", quoted and escaped. Invalid UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);
void append_json_integer(std::string& out, std::int64_t value);
void append_json_integer(std::string& out, std::uint64_t value);
/// The shortest digits that read back as the same double; always with a point or an exponent, so that it stays a double.
/// NaN and the infinities become null.
void append_json_double(std::string& out, double value);
/// As ECMAScript writes a number (RFC 8785, 3.2.2.3): 1, not 1.0. NaN and the infinities become null.
void append_ecmascript_number(std::string& out, double value);

/// Whether all of `text` is UTF-8 (no surrogates, no overlong forms, at most U+10FFFF).
bool is_utf8(std::string_view text);
/// `text` in double quotes for an error message, as JSON writes it: cut at `max_bytes` (at a character's edge, "…" behind it),
/// invalid bytes replaced, control characters escaped, and so are those that cannot be seen or turn the direction of writing.
std::string in_quotes(std::string_view text, std::size_t max_bytes = 64);
/// JSON text with the characters that cannot be seen, or turn the direction of writing, escaped too.
std::string escape_unseen(std::string_view text);

}  // namespace sumun
