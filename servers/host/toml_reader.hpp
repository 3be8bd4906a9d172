// SPDX-License-Identifier: Apache-2.0
// TOML as JSON, with the line of every entry.
#pragma once
#include <sumun/result.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace sumun::host {

struct TomlDocument {
  json value;                                // dates and times become strings
  std::map<std::string, std::size_t> lines;  // by JSON Pointer, from 1

  /// The line of the entry, or of the nearest one that holds it; 0 = the document itself.
  std::size_t line_of(std::string pointer) const;
};

struct TomlFault {
  std::size_t line = 0;
  std::string what;
};

/// False = it is no TOML, and `fault` says why.
bool read_toml(std::string_view text, TomlDocument& document, TomlFault& fault);

}  // namespace sumun::host
