// SPDX-License-Identifier: Apache-2.0
// Splits a command line into words the way a shell does, without a shell: quotes and backslashes are understood,
// nothing is expanded and nothing is run.
#pragma once
#include <sumun/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace sumun::host {

/// Shape:   words are separated by blanks; '…' keeps everything, "…" keeps everything but \" \\ \$ \` and line ends, \x is x.
/// Errors:  invalid_value (a quote that is never closed, a backslash at the end, a NUL byte).
Result<std::vector<std::string>> split_words(std::string_view line);

/// The word as a shell would have to see it: quoted where it holds more than plain characters.
std::string quote_word(std::string_view word);

}  // namespace sumun::host
