// SPDX-License-Identifier: Apache-2.0
// toml++ parses; the tree is copied.
#include "toml_reader.hpp"

// The distribution's library is built with exceptions; without them the parser is taken from its headers.
#undef TOML_HEADER_ONLY
#undef TOML_SHARED_LIB
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <sstream>

namespace sumun::host {
namespace {

// As JSON Pointer writes a name.
std::string escaped(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '~') out += "~0";
    else if (c == '/') out += "~1";
    else out += c;
  }
  return out;
}

json copied(const toml::node& node, const std::string& pointer, TomlDocument& document) {
  document.lines[pointer] = node.source().begin.line;
  if (const auto* table = node.as_table()) {
    json value = json::object();
    for (const auto& [key, child] : *table) value[std::string(key.str())] = copied(child, pointer + "/" + escaped(key.str()), document);
    return value;
  }
  if (const auto* array = node.as_array()) {
    json value = json::array();
    for (const auto& child : *array) value.push_back(copied(child, pointer + "/" + std::to_string(value.size()), document));
    return value;
  }
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return number->get();
  if (const auto* number = node.as_floating_point()) return number->get();
  if (const auto* flag = node.as_boolean()) return flag->get();
  std::ostringstream out;
  if (const auto* date = node.as_date()) out << date->get();
  else if (const auto* time = node.as_time()) out << time->get();
  else if (const auto* moment = node.as_date_time()) out << moment->get();
  return out.str();
}

}  // namespace

std::size_t TomlDocument::line_of(std::string pointer) const {
  for (;;) {
    const auto at = lines.find(pointer);
    if (at != lines.end() && at->second > 0) return at->second;
    if (pointer.empty()) return 0;
    pointer.erase(pointer.rfind('/'));
  }
}

bool read_toml(std::string_view text, TomlDocument& document, TomlFault& fault) {
  const auto parsed = toml::parse(text);
  if (!parsed) {
    fault = {parsed.error().source().begin.line, std::string(parsed.error().description())};
    return false;
  }
  document.value = copied(parsed.table(), "", document);
  document.lines.erase("");
  return true;
}

}  // namespace sumun::host
