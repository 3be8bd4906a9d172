// SPDX-License-Identifier: Apache-2.0
// One label of a domain name: what ICU knows of its characters, put together by the rules of IDNA 2008. No allocation:
// a label of more than 63 characters is none.
#include "schema/idna.hpp"

#include "base/ascii.hpp"
#include "base/utf8.hpp"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>

namespace sumun::schema {

namespace {

constexpr std::size_t kPrefix = 4;  // of "xn--"

struct Text {  // the characters of one label
  std::array<char32_t, kMaxLabel> data;
  std::size_t size = 0;

  char32_t operator[](std::size_t i) const { return data[i]; }
  const char32_t* begin() const { return data.data(); }
  const char32_t* end() const { return data.data() + size; }
  bool insert(std::size_t at, char32_t c) {
    if (size == data.size()) return false;
    std::copy_backward(data.begin() + static_cast<std::ptrdiff_t>(at), data.begin() + static_cast<std::ptrdiff_t>(size),
                       data.begin() + static_cast<std::ptrdiff_t>(size) + 1);
    data[at] = c;
    ++size;
    return true;
  }
};

UChar32 icu(char32_t c) { return static_cast<UChar32>(c); }

// -- RFC 3492, with the parameters of section 5

constexpr std::uint32_t kBase = 36, kMinThreshold = 1, kMaxThreshold = 26, kFirst = 128, kFirstBias = 72;

std::uint32_t threshold(std::uint32_t k, std::uint32_t bias) {
  return k <= bias ? kMinThreshold : std::min(k - bias, kMaxThreshold);
}

std::uint32_t adapted(std::uint32_t delta, std::size_t count, bool first) {
  delta = first ? delta / 700 : delta / 2;
  delta += delta / static_cast<std::uint32_t>(count);
  std::uint32_t k = 0;
  for (; delta > (kBase - kMinThreshold) * kMaxThreshold / 2; k += kBase) delta /= kBase - kMinThreshold;
  return k + (kBase - kMinThreshold + 1) * delta / (delta + 38);
}

// The values stay far below 2^32: at most 63 digits are read, and a character is refused as soon as it is beyond Unicode.
bool decode_punycode(std::string_view code, Text& out) {
  const auto hyphen = code.rfind('-');
  if (hyphen != std::string_view::npos) {
    for (char c : code.substr(0, hyphen)) out.data[out.size++] = static_cast<unsigned char>(lower(c));
    code.remove_prefix(hyphen + 1);
  }
  std::uint64_t character = kFirst, at = 0;
  std::uint32_t bias = kFirstBias;
  while (!code.empty()) {
    const std::uint64_t before = at;
    std::uint64_t weight = 1;
    for (std::uint32_t k = kBase;; k += kBase) {
      if (code.empty()) return false;
      const char c = lower(code.front());
      code.remove_prefix(1);
      if (!is_alphanumeric(c)) return false;
      const std::uint32_t digit = is_digit(c) ? static_cast<std::uint32_t>(c - '0') + 26 : static_cast<std::uint32_t>(c - 'a');
      at += digit * weight;
      if (at > 0x110000 * (kMaxLabel + 1)) return false;
      const std::uint32_t least = threshold(k, bias);
      if (digit < least) break;
      weight *= kBase - least;
    }
    const std::size_t count = out.size + 1;
    bias = adapted(static_cast<std::uint32_t>(at - before), count, before == 0);
    character += at / count;
    at %= count;
    if (character > 0x10FFFF || !out.insert(at, static_cast<char32_t>(character))) return false;
    ++at;
  }
  return true;
}

// The size of the code, nothing where it is beyond a label's. `write` gets each of its characters.
template <class Write>
std::optional<std::size_t> encode_punycode(const Text& text, Write write) {
  std::size_t size = 0;
  const auto put = [&](char c) {
    write(c);
    return ++size + kPrefix <= kMaxLabel;
  };
  std::size_t done = 0;
  for (char32_t c : text) {
    if (c >= kFirst) continue;
    if (!put(static_cast<char>(c))) return std::nullopt;
    ++done;
  }
  const std::size_t plain = done;
  if (plain > 0 && !put('-')) return std::nullopt;
  std::uint32_t now = kFirst, delta = 0, bias = kFirstBias;
  while (done < text.size) {
    char32_t next = 0x10FFFF;
    for (char32_t c : text) next = c >= now ? std::min(next, c) : next;
    delta += (static_cast<std::uint32_t>(next) - now) * static_cast<std::uint32_t>(done + 1);
    now = static_cast<std::uint32_t>(next);
    for (char32_t c : text) {
      if (c < now) ++delta;
      if (c != now) continue;
      std::uint32_t rest = delta;
      for (std::uint32_t k = kBase;; k += kBase) {
        const std::uint32_t least = threshold(k, bias);
        const std::uint32_t digit = rest < least ? rest : least + (rest - least) % (kBase - least);
        if (!put(static_cast<char>(digit < 26 ? 'a' + digit : '0' + digit - 26))) return std::nullopt;
        if (rest < least) break;
        rest = (rest - least) / (kBase - least);
      }
      bias = adapted(delta, done + 1, done == plain);
      delta = 0;
      ++done;
    }
    ++delta;
    ++now;
  }
  return size;
}

bool encodes_to(const Text& text, std::string_view code) {
  std::size_t at = 0;
  bool same = true;
  const auto size = encode_punycode(text, [&](char c) {
    same = same && at < code.size() && lower(code[at]) == c;
    ++at;
  });
  return size && same && *size == code.size();
}

// -- RFC 5892: which characters

bool in(char32_t c, char32_t low, char32_t high) { return c >= low && c <= high; }
bool is_arabic_digit(char32_t c) { return in(c, 0x660, 0x669); }
bool is_extended_arabic_digit(char32_t c) { return in(c, 0x6F0, 0x6F9); }

// Section 2.2: folding its case and its compatibility forms makes another character of it.
bool is_unstable(char32_t c) {
  UErrorCode error = U_ZERO_ERROR;
  const UNormalizer2* form = unorm2_getNFKCInstance(&error);
  if (U_FAILURE(error)) return true;
  std::array<UChar, 2> plain{};
  int32_t size = 0;
  U16_APPEND_UNSAFE(plain.data(), size, c);
  constexpr int32_t kRoom = 64;  // the longest compatibility form has 18 units
  std::array<UChar, kRoom> first{}, folded{}, last{};
  int32_t length = unorm2_normalize(form, plain.data(), size, first.data(), kRoom, &error);
  length = u_strFoldCase(folded.data(), kRoom, first.data(), length, U_FOLD_CASE_DEFAULT, &error);
  length = unorm2_normalize(form, folded.data(), length, last.data(), kRoom, &error);
  return U_FAILURE(error) || length != size || !std::equal(plain.begin(), plain.begin() + size, last.begin());
}

// Section 3 without what needs a context.
bool is_permitted(char32_t c) {
  if (c < 0x80) return is_alphanumeric(static_cast<char>(c)) || c == '-';
  switch (c) {  // section 2.6
    case 0xDF: case 0x3C2: case 0x6FD: case 0x6FE: case 0xF0B: case 0x3007: return true;
    case 0x640: case 0x7FA: case 0x302E: case 0x302F: case 0x3031: case 0x3032: case 0x3033: case 0x3034: case 0x3035: case 0x303B: return false;
    default: break;
  }
  if ((U_GET_GC_MASK(icu(c)) & (U_GC_LL_MASK | U_GC_LU_MASK | U_GC_LO_MASK | U_GC_ND_MASK | U_GC_LM_MASK | U_GC_MN_MASK | U_GC_MC_MASK)) == 0) return false;
  const int32_t jamo = u_getIntPropertyValue(icu(c), UCHAR_HANGUL_SYLLABLE_TYPE);
  if (jamo == U_HST_LEADING_JAMO || jamo == U_HST_VOWEL_JAMO || jamo == U_HST_TRAILING_JAMO) return false;
  if (u_hasBinaryProperty(icu(c), UCHAR_DEFAULT_IGNORABLE_CODE_POINT)) return false;
  if (in(c, 0x20D0, 0x20FF) || in(c, 0x1D100, 0x1D24F)) return false;  // marks for symbols, musical notation
  return !is_unstable(c);
}

bool is_virama(char32_t c) { return u_getCombiningClass(icu(c)) == 9; }
bool has_script(char32_t c, UScriptCode script) {
  UErrorCode error = U_ZERO_ERROR;
  return uscript_getScript(icu(c), &error) == script && U_SUCCESS(error);
}

// Appendix A.1: between characters that would join if it were not there.
bool breaks_a_join(const Text& text, std::size_t at) {
  const auto joins = [&](std::size_t i) { return u_getIntPropertyValue(icu(text[i]), UCHAR_JOINING_TYPE); };
  std::size_t before = at, after = at + 1;
  while (before > 0 && joins(before - 1) == U_JT_TRANSPARENT) --before;
  while (after < text.size && joins(after) == U_JT_TRANSPARENT) ++after;
  if (before == 0 || after == text.size) return false;
  const int32_t left = joins(before - 1), right = joins(after);
  return (left == U_JT_LEFT_JOINING || left == U_JT_DUAL_JOINING) && (right == U_JT_RIGHT_JOINING || right == U_JT_DUAL_JOINING);
}

// Appendix A. Nothing: the character has no rule there.
std::optional<bool> fits_context(const Text& text, std::size_t at) {
  const bool first = at == 0, last = at + 1 == text.size;
  const auto none = [&](bool (*is)(char32_t)) { return std::none_of(text.begin(), text.end(), is); };
  switch (text[at]) {
    case 0x200C: return (!first && is_virama(text[at - 1])) || breaks_a_join(text, at);
    case 0x200D: return !first && is_virama(text[at - 1]);
    case 0xB7: return !first && !last && text[at - 1] == 'l' && text[at + 1] == 'l';
    case 0x375: return !last && has_script(text[at + 1], USCRIPT_GREEK);
    case 0x5F3: case 0x5F4: return !first && has_script(text[at - 1], USCRIPT_HEBREW);
    case 0x30FB: return std::any_of(text.begin(), text.end(), [](char32_t c) {
      return has_script(c, USCRIPT_HIRAGANA) || has_script(c, USCRIPT_KATAKANA) || has_script(c, USCRIPT_HAN);
    });
    default: break;
  }
  if (is_arabic_digit(text[at])) return none(is_extended_arabic_digit);
  if (is_extended_arabic_digit(text[at])) return none(is_arabic_digit);
  return std::nullopt;
}

bool is_normalized(const Text& text) {
  std::array<UChar, kMaxLabel * 2> units{};
  int32_t size = 0;
  for (char32_t c : text) U16_APPEND_UNSAFE(units.data(), size, c);
  UErrorCode error = U_ZERO_ERROR;
  const UNormalizer2* form = unorm2_getNFCInstance(&error);
  return U_SUCCESS(error) && unorm2_isNormalized(form, units.data(), size, &error) && U_SUCCESS(error);
}

// RFC 5891, section 5.4, but for the length and the direction.
bool is_u_label(const Text& text) {
  if (text.size == 0 || text[0] == '-' || text[text.size - 1] == '-') return false;
  if (text.size >= 4 && text[2] == '-' && text[3] == '-') return false;
  if ((U_GET_GC_MASK(icu(text[0])) & U_GC_M_MASK) != 0) return false;
  for (std::size_t i = 0; i < text.size; ++i) {
    const auto fits = text[i] < 0x80 ? std::nullopt : fits_context(text, i);
    if (!fits.value_or(true) || (!fits && !is_permitted(text[i]))) return false;
  }
  return is_normalized(text);
}

// -- RFC 5893

constexpr std::uint32_t bit(UCharDirection direction) { return std::uint32_t{1} << direction; }
std::uint32_t direction(char32_t c) { return bit(u_charDirection(icu(c))); }

constexpr std::uint32_t kRight = bit(U_RIGHT_TO_LEFT) | bit(U_RIGHT_TO_LEFT_ARABIC);
constexpr std::uint32_t kAlways = bit(U_EUROPEAN_NUMBER) | bit(U_EUROPEAN_NUMBER_SEPARATOR) | bit(U_COMMON_NUMBER_SEPARATOR) |
                                  bit(U_EUROPEAN_NUMBER_TERMINATOR) | bit(U_OTHER_NEUTRAL) | bit(U_BOUNDARY_NEUTRAL) | bit(U_DIR_NON_SPACING_MARK);

bool obeys_bidi_rule(const Text& text) {
  const bool to_left = (direction(text[0]) & kRight) != 0;
  if (!to_left && direction(text[0]) != bit(U_LEFT_TO_RIGHT)) return false;
  const std::uint32_t side = to_left ? kRight | bit(U_ARABIC_NUMBER) : bit(U_LEFT_TO_RIGHT);
  std::uint32_t seen = 0, last = 0;
  for (char32_t c : text) {
    const std::uint32_t one = direction(c);
    seen |= one;
    if (one != bit(U_DIR_NON_SPACING_MARK)) last = one;
  }
  const bool both_numbers = (seen & bit(U_EUROPEAN_NUMBER)) != 0 && (seen & bit(U_ARABIC_NUMBER)) != 0;
  return (seen & ~(side | kAlways)) == 0 && (last & (side | bit(U_EUROPEAN_NUMBER))) != 0 && !(to_left && both_numbers);
}

LabelFacts facts_of(const Text& text, std::size_t ascii_size) {
  LabelFacts facts;
  facts.valid = ascii_size <= kMaxLabel && is_u_label(text);
  if (!facts.valid) return facts;
  facts.ascii_size = ascii_size;
  facts.right_to_left = std::any_of(text.begin(), text.end(), [](char32_t c) { return (direction(c) & (kRight | bit(U_ARABIC_NUMBER))) != 0; });
  facts.bidi_rule = obeys_bidi_rule(text);
  return facts;
}

}  // namespace

LabelFacts read_label(std::string_view label) {
  Text text;
  bool ascii = true;
  if (label.size() >= kPrefix && same_word(label.substr(0, kPrefix), "xn--")) {
    const std::string_view code = label.substr(kPrefix);
    if (label.size() > kMaxLabel || !decode_punycode(code, text) || !encodes_to(text, code)) return {};
    if (std::all_of(text.begin(), text.end(), [](char32_t c) { return c < 0x80; })) return {};
    return facts_of(text, label.size());
  }
  for (const char *at = label.data(), *end = at + label.size(); at != end;) {
    const std::size_t length = utf8::length(at, end);
    if (length == 0 || text.size == text.data.size()) return {};
    ascii = ascii && length == 1;
    text.data[text.size++] = length == 1 ? static_cast<unsigned char>(lower(*at)) : utf8::value(at, length);
    at += length;
  }
  if (ascii) return facts_of(text, text.size);
  const auto code = encode_punycode(text, [](char) {});
  return code ? facts_of(text, kPrefix + *code) : LabelFacts{};
}

}  // namespace sumun::schema
