// SPDX-License-Identifier: Apache-2.0
// The head of an answer as text.
#pragma once
#include <cstddef>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace sumun::http {

std::string_view reason_of(int status);

/// "Fri, 20 Nov 2026 10:00:00 GMT". Spec: RFC 9110, section 5.6.7
std::string date_text(std::time_t time);

struct Head {
  int status = 200;
  std::string_view type;                  // Content-Type; empty = none
  std::string_view fields;                // further lines, each with CR LF
  std::string_view date;                  // date_text
  std::optional<std::size_t> length;      // Content-Length; none = chunked or until the end of the connection
  enum class Framing { length, chunked, to_end } framing = Framing::length;
  bool close = false;                     // the connection ends behind it
};

/// Appends the status line, the headers and the empty line.
void append_head(std::string& out, const Head& head);

}  // namespace sumun::http
