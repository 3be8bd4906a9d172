// SPDX-License-Identifier: Apache-2.0
// Edits the settings files of other programs: JSON in which people write comments and trailing commas. One member
// is set, every other byte stays as it is.
#pragma once
#include <sumun/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace sumun::host {

/// Reads JSON with // and /* */ comments and trailing commas. Nothing but blanks and comments is an empty object.
/// Errors: invalid_value, with the line.
Result<json> parse_jsonc(std::string_view text);

/// Sets the member at `path` (the keys from the root down) and returns the new text. Objects that are missing on the
/// way are made; a member that has this value already leaves the text as it is. New lines follow the file's own
/// indentation, line ends and trailing commas.
/// Errors: invalid_value: the text is no JSON (with the line), or something on the way is no object.
Result<std::string> set_jsonc_member(std::string_view text, const std::vector<std::string>& path, const nlohmann::ordered_json& value);

}  // namespace sumun::host
