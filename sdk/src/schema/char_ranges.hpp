// SPDX-License-Identifier: Apache-2.0
// Sets of characters as sorted ranges: the shorthands of ECMA-262 and the properties of Unicode, asked of ICU while a
// pattern is compiled.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

namespace sumun::schema {

inline constexpr char32_t kMaxCodePoint = 0x10FFFF;

struct Range {
  char32_t low, high;
  bool operator==(const Range&) const = default;
};
using Ranges = std::vector<Range>;

/// In order, and apart from each other.
void sort_ranges(Ranges& ranges);
Ranges complement(Ranges ranges);
bool contains(const Ranges& sorted, char32_t c);

const Ranges& digit_ranges();     // \d
const Ranges& word_ranges();      // \w
const Ranges& space_ranges();     // \s: WhiteSpace and LineTerminator
const Ranges& line_end_ranges();  // what . does not match

/// What stands in \p{…}: General_Category=…, Script=…, Script_Extensions=…, a general category or a binary property alone,
/// each by a name of Unicode's, letter by letter. Nothing where there is no such property.
std::optional<Ranges> property_ranges(std::string_view expression);

/// With every character that folds to the same one (Unicode's simple case folding).
Ranges without_case(Ranges ranges);

bool is_identifier_start(char32_t c);
bool is_identifier_part(char32_t c);

}  // namespace sumun::schema
