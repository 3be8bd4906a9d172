// SPDX-License-Identifier: Apache-2.0
// JSON that a command reads from a file or from standard input.
#pragma once
#include <sumun/result.hpp>

#include <string>
#include <string_view>

namespace sumun::host {

/// Reads one JSON value; "-" = standard input.
/// Errors: io (with the file's name), parse_error ("schema.json:3:14: expected a value").
Result<json> read_json(const std::string& file);

/// The value of a text that came from `name`. Errors: parse_error, with line and column (of code points, from 1).
Result<json> json_of_text(std::string_view text, const std::string& name);

/// What --args says: a JSON object, "-" for one on standard input, "@FILE" for one in a file; "" = {}.
/// Errors: as above, and invalid_value where it is no object.
Result<json> read_arguments(const std::string& said);

}  // namespace sumun::host
