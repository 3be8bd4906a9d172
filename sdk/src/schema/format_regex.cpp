// SPDX-License-Identifier: Apache-2.0
// A regular expression as a format. Among those of ECMA-262 are some, with back-references, that `pattern` refuses.
#include "schema/format_checks.hpp"
#include "schema/pattern_parser.hpp"

namespace sumun::schema {

bool is_regex(std::string_view text) { return !parse_pattern(text, PatternUse::check).error; }

}  // namespace sumun::schema
