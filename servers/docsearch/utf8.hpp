// SPDX-License-Identifier: Apache-2.0
// UTF-8 without surprises: any bytes may come in, no code point is ever cut.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sumun::docsearch {

/// Reads the code point at `at`, which must be inside text. Bytes that are no UTF-8 come back one at a time as U+FFFD.
struct CodePoint {
  char32_t value;
  std::uint32_t bytes;  // 1 to 4
  bool valid;
};
CodePoint code_point_at(std::string_view text, std::size_t at);

inline bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// The largest code-point boundary that is not after `at`.
std::size_t boundary_before(std::string_view text, std::size_t at);

/// Code points in text; every byte that is no UTF-8 continuation counts as the start of one.
std::size_t count_characters(std::string_view text);

/// The byte offset `characters` code points after `from`; the end of the text where it is shorter.
std::size_t advance_characters(std::string_view text, std::size_t from, std::size_t characters);

/// The offset of the first byte that is no UTF-8, or npos.
std::size_t first_invalid_utf8(std::string_view text);

/// The text with U+FFFD in place of what is no UTF-8.
std::string to_valid_utf8(std::string_view text);

void append_utf8(std::string& out, char32_t code_point);

}  // namespace sumun::docsearch
