// SPDX-License-Identifier: Apache-2.0
// One step of UTF-8, and a look at eight bytes at once; shared by the JSON reader and writer.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace sumun::utf8 {

/// The length of the well-formed character at `at` (1 to 4), or 0: surrogates, overlong forms, values over U+10FFFF
/// and cut-off sequences are not well-formed (Unicode 15, table 3-7). `at` < `end`.
inline std::size_t length(const char* at, const char* end) {
  const auto byte = [at](std::size_t index) { return static_cast<unsigned char>(at[index]); };
  const auto continues = [&byte](std::size_t index) { return (byte(index) & 0xC0U) == 0x80U; };
  const unsigned char lead = byte(0);
  const auto left = static_cast<std::size_t>(end - at);
  if (lead < 0x80) {
    return 1;
  }
  if (lead < 0xC2) {
    return 0;
  }
  if (lead < 0xE0) {
    return left >= 2 && continues(1) ? 2 : 0;
  }
  if (lead < 0xF0) {
    if (left < 3 || !continues(1) || !continues(2)) {
      return 0;
    }
    const bool overlong = lead == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = lead == 0xED && byte(1) >= 0xA0;
    return overlong || surrogate ? 0 : 3;
  }
  if (lead < 0xF5) {
    if (left < 4 || !continues(1) || !continues(2) || !continues(3)) {
      return 0;
    }
    const bool overlong = lead == 0xF0 && byte(1) < 0x90;
    const bool beyond = lead == 0xF4 && byte(1) >= 0x90;
    return overlong || beyond ? 0 : 4;
  }
  return 0;
}

/// The character of `length` bytes at `at`; the length is what `length` said, not 0.
inline char32_t value(const char* at, std::size_t length) {
  const auto byte = [at](std::size_t index) { return static_cast<char32_t>(static_cast<unsigned char>(at[index])); };
  switch (length) {
    case 1: return byte(0);
    case 2: return ((byte(0) & 0x1FU) << 6U) | (byte(1) & 0x3FU);
    case 3: return ((byte(0) & 0x0FU) << 12U) | ((byte(1) & 0x3FU) << 6U) | (byte(2) & 0x3FU);
    default: return ((byte(0) & 0x07U) << 18U) | ((byte(1) & 0x3FU) << 12U) | ((byte(2) & 0x3FU) << 6U) | (byte(3) & 0x3FU);
  }
}

/// Behind the bytes that stand in a JSON string as they are: printable ASCII without '"' and '\'.
inline const char* skip_plain(const char* at, const char* end) {
  if constexpr (std::endian::native == std::endian::little) {
    constexpr std::uint64_t kOnes = 0x0101010101010101U;
    constexpr std::uint64_t kHigh = 0x8080808080808080U;
    while (end - at >= 8) {
      std::uint64_t word;
      std::memcpy(&word, at, 8);
      const std::uint64_t quote = word ^ (kOnes * '"');
      const std::uint64_t slash = word ^ (kOnes * '\\');
      // A byte's high bit is set where it is special. A borrow can only mark bytes behind the first special one.
      const std::uint64_t special =
          (word | (((word - kOnes * 0x20) & ~word) | ((quote - kOnes) & ~quote) | ((slash - kOnes) & ~slash))) & kHigh;
      if (special != 0) {
        return at + std::countr_zero(special) / 8;
      }
      at += 8;
    }
  }
  while (at != end) {
    const auto byte = static_cast<unsigned char>(*at);
    if (byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\') {
      break;
    }
    ++at;
  }
  return at;
}

/// Behind `out`; `code` is a scalar value.
inline void append(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.push_back(static_cast<char>(0xC0U | (code >> 6U)));
    out.push_back(static_cast<char>(0x80U | (code & 0x3FU)));
  } else if (code < 0x10000) {
    out.push_back(static_cast<char>(0xE0U | (code >> 12U)));
    out.push_back(static_cast<char>(0x80U | ((code >> 6U) & 0x3FU)));
    out.push_back(static_cast<char>(0x80U | (code & 0x3FU)));
  } else {
    out.push_back(static_cast<char>(0xF0U | (code >> 18U)));
    out.push_back(static_cast<char>(0x80U | ((code >> 12U) & 0x3FU)));
    out.push_back(static_cast<char>(0x80U | ((code >> 6U) & 0x3FU)));
    out.push_back(static_cast<char>(0x80U | (code & 0x3FU)));
  }
}

}  // namespace sumun::utf8
