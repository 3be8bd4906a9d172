// SPDX-License-Identifier: Apache-2.0
// What a peer sent, as messages show it: nothing in it can be mistaken for the message or change how the rest is read.
#include "base/json_text.hpp"

namespace sumun {

namespace {

// Where a character starts that shows as nothing or changes how the rest shows: DEL, C1 controls, U+00AD, zero-width
// characters, marks and overrides of direction, separators of lines and paragraphs, U+FEFF. 0 = none.
unsigned unseen(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U; };
  if (byte(0) == 0x7F) return 0x7F;
  if (byte(0) == 0xC2 && ((byte(1) >= 0x80 && byte(1) < 0xA0) || byte(1) == 0xAD)) return byte(1);
  if (byte(0) != 0xD8 && byte(0) != 0xE1 && byte(0) != 0xE2 && byte(0) != 0xEF) return 0;
  if (byte(0) == 0xD8) return byte(1) == 0x9C ? 0x61C : 0;
  const unsigned code = (byte(0) & 0xF) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
  const bool hidden = code == 0x180E || (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF;
  return hidden ? code : 0;
}

}  // namespace

std::string escape_unseen(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned code = unseen(text, i);
    if (code == 0) {
      out += text[i];
      continue;
    }
    out += {'\\', 'u', kDigits[code >> 12], kDigits[code >> 8 & 15], kDigits[code >> 4 & 15], kDigits[code & 15]};
    i += code < 0x80 ? 0 : code < 0x800 ? 1 : 2;
  }
  return out;
}

std::string in_quotes(std::string_view text, std::size_t max_bytes) {
  const bool cut = text.size() > max_bytes;
  if (cut) {
    std::size_t end = max_bytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text = text.substr(0, end);
  }
  std::string json_text;
  append_json_string(json_text, text);
  std::string out = escape_unseen(json_text);
  if (cut) out.insert(out.size() - 1, "…");
  return out;
}

}  // namespace sumun
