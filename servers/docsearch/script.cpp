// SPDX-License-Identifier: Apache-2.0
#include "script.hpp"

#include <unicode/uchar.h>
#include <unicode/uscript.h>

namespace sumun::docsearch {
namespace {

bool is_between(char32_t c, char32_t first, char32_t last) { return c >= first && c <= last; }

bool is_hangul(char32_t c) {
  return is_between(c, 0xAC00, 0xD7A3) || is_between(c, 0x1100, 0x11FF) || is_between(c, 0x3131, 0x318E) ||
         is_between(c, 0xA960, 0xA97C) || is_between(c, 0xD7B0, 0xD7FB) || is_between(c, 0xFFA0, 0xFFDC);
}

bool is_ideograph(char32_t c) {
  if (is_between(c, 0x4E00, 0x9FFF) || is_between(c, 0x3041, 0x3096) || is_between(c, 0x30A1, 0x30FA)) return true;
  if (is_between(c, 0x3005, 0x3007) || c == 0x30FC || is_between(c, 0xFF66, 0xFF9F)) return true;
  if (c < 0x2E80) return false;
  UErrorCode status = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(static_cast<UChar32>(c), &status);
  if (script != USCRIPT_HAN && script != USCRIPT_HIRAGANA && script != USCRIPT_KATAKANA && script != USCRIPT_BOPOMOFO) return false;
  return u_isalnum(static_cast<UChar32>(c)) != 0;
}

}  // namespace

Script script_of(char32_t c) {
  const auto point = static_cast<UChar32>(c);
  if (c < 0x80) return u_isalnum(point) ? Script::letters : Script::none;
  if (is_hangul(c)) return Script::hangul;
  if (is_ideograph(c)) return Script::ideographs;
  const auto kind = static_cast<UCharCategory>(u_charType(point));
  const bool in_word = u_isalnum(point) || kind == U_NON_SPACING_MARK || kind == U_COMBINING_SPACING_MARK;
  if (!in_word) return Script::none;
  return u_getIntPropertyValue(point, UCHAR_LINE_BREAK) == U_LB_COMPLEX_CONTEXT ? Script::complex : Script::letters;
}

}  // namespace sumun::docsearch
