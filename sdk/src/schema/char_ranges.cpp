// SPDX-License-Identifier: Apache-2.0
// Sets of characters, and what ICU knows of them.
#include "schema/char_ranges.hpp"

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/uset.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>

namespace sumun::schema {

namespace {

struct CloseSet {
  void operator()(USet* set) const { uset_close(set); }
};
using OwnedSet = std::unique_ptr<USet, CloseSet>;

Ranges ranges_of(const USet* set) {
  Ranges out;
  const int32_t count = uset_getItemCount(set);
  for (int32_t i = 0; i < count; ++i) {
    UChar32 low = 0, high = 0;
    UErrorCode error = U_ZERO_ERROR;
    if (uset_getItem(set, i, &low, &high, nullptr, 0, &error) == 0) out.push_back({static_cast<char32_t>(low), static_cast<char32_t>(high)});
  }
  return out;
}

// ICU finds names whatever their case; ECMA-262 wants them as Unicode writes them.
template <class NameOf>
bool is_exact(std::string_view name, NameOf name_of) {
  for (int choice = U_SHORT_PROPERTY_NAME; choice < 8; ++choice) {
    const char* one = name_of(static_cast<UPropertyNameChoice>(choice));
    if (one != nullptr && name == one) return true;
    if (one == nullptr && choice > U_LONG_PROPERTY_NAME) break;
  }
  return false;
}

// `named_by`: the property whose values' names count, where ICU names those of `property` by another.
std::optional<Ranges> value_ranges(UProperty property, UProperty named_by, std::string_view name) {
  const int32_t value = u_getPropertyValueEnum(named_by, std::string(name).c_str());
  if (value == UCHAR_INVALID_CODE || !is_exact(name, [&](auto choice) { return u_getPropertyValueName(named_by, value, choice); })) return std::nullopt;
  UErrorCode error = U_ZERO_ERROR;
  const OwnedSet set(uset_openEmpty());
  uset_applyIntPropertyValue(set.get(), property, value, &error);
  if (U_FAILURE(error)) return std::nullopt;
  return ranges_of(set.get());
}

// Binary properties of ICU's that ECMA-262 does not have.
bool is_foreign(UProperty property) {
  switch (property) {
    case UCHAR_FULL_COMPOSITION_EXCLUSION: case UCHAR_GRAPHEME_LINK: case UCHAR_HYPHEN: case UCHAR_CASE_SENSITIVE:
    case UCHAR_NFD_INERT: case UCHAR_NFKD_INERT: case UCHAR_NFC_INERT: case UCHAR_NFKC_INERT: case UCHAR_SEGMENT_STARTER:
    case UCHAR_POSIX_ALNUM: case UCHAR_POSIX_BLANK: case UCHAR_POSIX_GRAPH: case UCHAR_POSIX_PRINT: case UCHAR_POSIX_XDIGIT:
    case UCHAR_PREPENDED_CONCATENATION_MARK: return true;
    default: return property > UCHAR_EXTENDED_PICTOGRAPHIC;  // those of whole texts
  }
}

std::optional<Ranges> binary_ranges(std::string_view name) {
  if (name == "Any") return Ranges{{0, kMaxCodePoint}};
  if (name == "ASCII") return Ranges{{0, 0x7F}};
  if (name == "Assigned") return complement(*property_ranges("Cn"));
  const UProperty property = u_getPropertyEnum(std::string(name).c_str());
  if (property < UCHAR_BINARY_START || property >= UCHAR_BINARY_LIMIT || is_foreign(property)) return std::nullopt;
  if (!is_exact(name, [&](auto choice) { return u_getPropertyName(property, choice); })) return std::nullopt;
  UErrorCode error = U_ZERO_ERROR;
  const USet* set = u_getBinaryPropertySet(property, &error);
  if (U_FAILURE(error)) return std::nullopt;
  return ranges_of(set);
}

}  // namespace

void sort_ranges(Ranges& ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return a.low < b.low; });
  Ranges merged;
  for (const auto& range : ranges) {
    if (!merged.empty() && range.low <= merged.back().high + 1) {
      merged.back().high = std::max(merged.back().high, range.high);
    } else {
      merged.push_back(range);
    }
  }
  ranges = std::move(merged);
}

Ranges complement(Ranges ranges) {
  sort_ranges(ranges);
  Ranges out;
  char32_t next = 0;
  for (const auto& range : ranges) {
    if (range.low > next) out.push_back({next, range.low - 1});
    next = range.high + 1;
  }
  if (next <= kMaxCodePoint) out.push_back({next, kMaxCodePoint});
  return out;
}

bool contains(const Ranges& sorted, char32_t c) {
  const auto after = std::upper_bound(sorted.begin(), sorted.end(), c, [](char32_t value, const Range& range) { return value < range.low; });
  return after != sorted.begin() && c <= std::prev(after)->high;
}

const Ranges& digit_ranges() {
  static const Ranges ranges{{'0', '9'}};
  return ranges;
}
const Ranges& word_ranges() {
  static const Ranges ranges{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
  return ranges;
}
const Ranges& space_ranges() {
  static const Ranges ranges{{0x09, 0x0D}, {0x20, 0x20}, {0xA0, 0xA0}, {0x1680, 0x1680}, {0x2000, 0x200A}, {0x2028, 0x2029},
                             {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};
  return ranges;
}
const Ranges& line_end_ranges() {
  static const Ranges ranges{{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}};
  return ranges;
}

std::optional<Ranges> property_ranges(std::string_view expression) {
  const auto equals = expression.find('=');
  if (equals == std::string_view::npos) {
    auto out = value_ranges(UCHAR_GENERAL_CATEGORY_MASK, UCHAR_GENERAL_CATEGORY_MASK, expression);
    return out ? out : binary_ranges(expression);
  }
  const std::string_view name = expression.substr(0, equals), value = expression.substr(equals + 1);
  if (name == "General_Category" || name == "gc") return value_ranges(UCHAR_GENERAL_CATEGORY_MASK, UCHAR_GENERAL_CATEGORY_MASK, value);
  if (name == "Script" || name == "sc") return value_ranges(UCHAR_SCRIPT, UCHAR_SCRIPT, value);
  if (name == "Script_Extensions" || name == "scx") return value_ranges(UCHAR_SCRIPT_EXTENSIONS, UCHAR_SCRIPT, value);
  return std::nullopt;
}

Ranges without_case(Ranges ranges) {
  sort_ranges(ranges);
  std::map<char32_t, Ranges> groups;  // by what they fold to
  UErrorCode error = U_ZERO_ERROR;
  const USet* changing = u_getBinaryPropertySet(UCHAR_CHANGES_WHEN_CASEFOLDED, &error);
  if (U_FAILURE(error)) return ranges;
  for (const Range& range : ranges_of(changing)) {
    for (char32_t c = range.low; c <= range.high; ++c) {
      const auto folded = static_cast<char32_t>(u_foldCase(static_cast<UChar32>(c), U_FOLD_CASE_DEFAULT));
      if (folded != c) groups.try_emplace(folded, Ranges{{folded, folded}}).first->second.push_back({c, c});
    }
  }
  Ranges added;
  for (const auto& [folded, group] : groups) {
    if (std::any_of(group.begin(), group.end(), [&](const Range& one) { return contains(ranges, one.low); })) added.insert(added.end(), group.begin(), group.end());
  }
  ranges.insert(ranges.end(), added.begin(), added.end());
  sort_ranges(ranges);
  return ranges;
}

bool is_identifier_start(char32_t c) { return c == '$' || c == '_' || u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_ID_START); }
bool is_identifier_part(char32_t c) {
  return c == '$' || c == 0x200C || c == 0x200D || u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_ID_CONTINUE);
}

}  // namespace sumun::schema
