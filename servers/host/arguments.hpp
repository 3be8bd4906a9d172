// SPDX-License-Identifier: Apache-2.0
// Turns the words `key=value` of a command line into the arguments of a tool, by the tool's input schema: the same
// text is a number where the schema wants a number and a string where it wants a string.
#pragma once
#include <sumun/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace sumun::host {

/// One value of one key.
/// Shape:   integer, number and boolean are read as such; arrays and objects as JSON; a word that is no JSON array fills
///          an array's first element; a string is the text itself; where the schema allows several types, the first
///          that fits of null, boolean, integer, number, array, object, string; without any type, JSON if it is some.
/// Errors:  invalid_value, naming the key and what its schema wants.
Result<json> convert_argument(std::string_view key, std::string_view text, const json& property_schema, const json& root_schema);

/// All words, laid over `base` (from --args). A key given twice makes a list where the schema has an array.
/// Errors: invalid_value: no `=`, an unknown key where the schema allows no others (with what it does allow), a key
///         given twice, or a value that does not convert.
Result<json> convert_arguments(const std::vector<std::string>& words, const json& input_schema, json base = json::object());

}  // namespace sumun::host
