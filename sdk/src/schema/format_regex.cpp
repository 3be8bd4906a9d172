// SPDX-License-Identifier: Apache-2.0
// A regular expression as a format.
#include "schema/format_checks.hpp"
#include "schema/pattern.hpp"

namespace sumun::schema {

bool is_regex(std::string_view text) { return Pattern::is_well_formed(text); }

}  // namespace sumun::schema
