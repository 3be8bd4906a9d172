// SPDX-License-Identifier: Apache-2.0
// The formats of the standard as questions about a text: `format` as an assertion.
#pragma once
#include <string_view>

namespace sumun::schema {

/// Whether `text` is of the format. Takes time linear in the text, and stack that does not grow with it.
using FormatCheck = bool (*)(std::string_view text);

/// The check of that format; null where the name is none of the standard's.
FormatCheck find_format(std::string_view name);

}  // namespace sumun::schema
