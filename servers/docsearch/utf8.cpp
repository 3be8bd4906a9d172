// SPDX-License-Identifier: Apache-2.0
#include "utf8.hpp"

#include <cstring>

namespace sumun::docsearch {

CodePoint code_point_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const CodePoint invalid{0xFFFD, 1, false};
  const unsigned char first = byte(at);
  if (first < 0x80) return {first, 1, true};
  const std::uint32_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || at + length > text.size()) return invalid;
  char32_t value = first & (0x7F >> length);
  for (std::uint32_t i = 1; i < length; ++i) {
    if (!is_continuation(text[at + i])) return invalid;
    value = value << 6 | (byte(at + i) & 0x3F);
  }
  const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
  if (overlong || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return invalid;
  return {value, length, true};
}

std::size_t boundary_before(std::string_view text, std::size_t at) {
  if (at >= text.size()) return text.size();
  // A boundary is the start of a code point as code_point_at() reads them; look back over at most three continuations.
  std::size_t start = at;
  while (start > 0 && at - start < 3 && is_continuation(text[start])) --start;
  if (start == at) return at;
  return start + code_point_at(text, start).bytes > at ? start : at;
}

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += !is_continuation(c);
  return count;
}

std::size_t advance_characters(std::string_view text, std::size_t from, std::size_t characters) {
  std::size_t at = from;
  for (; at < text.size(); ++at) {
    if (is_continuation(text[at])) continue;
    if (characters-- == 0) break;
  }
  return boundary_before(text, at);
}

std::size_t first_invalid_utf8(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080u;
  std::size_t at = 0;
  while (at < text.size()) {
    std::uint64_t word = 0;
    while (at + 8 <= text.size() && (std::memcpy(&word, text.data() + at, 8), (word & kHighBits) == 0)) at += 8;
    if (at == text.size()) break;
    const CodePoint point = code_point_at(text, at);
    if (!point.valid) return at;
    at += point.bytes;
  }
  return std::string_view::npos;
}

std::string to_valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t bad = first_invalid_utf8(text);
    out.append(text.substr(0, bad));
    if (bad == std::string_view::npos) break;
    out.append("\xEF\xBF\xBD");
    text.remove_prefix(bad + 1);
  }
  return out;
}

void append_utf8(std::string& out, char32_t c) {
  const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6), put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 0x3F)), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
  }
}

}  // namespace sumun::docsearch
