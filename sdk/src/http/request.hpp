// SPDX-License-Identifier: Apache-2.0
// One HTTP request as the server reads it: views into the connection's buffer.
#pragma once
#include "base/ascii.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace sumun::http {

struct Field {
  std::string_view name;   // as it came
  std::string_view value;  // without white space around it
};

/// The views are valid during the event that brings the request.
struct Request {
  std::string_view method;
  std::string_view target;  // path and query
  std::optional<std::string_view> authority;  // of a target that was a whole URL: stands for Host
  std::vector<Field> fields;
  std::string_view body;
  unsigned minor = 1;  // HTTP/1.minor
  bool keep_alive = true;

  /// The first of that name, in any case of letters.
  std::optional<std::string_view> find(std::string_view name) const {
    for (const Field& field : fields)
      if (field.name.size() == name.size() && same_word(field.name, name)) return field.value;
    return std::nullopt;
  }
  std::string_view path() const { return target.substr(0, target.find('?')); }
};

}  // namespace sumun::http
