// SPDX-License-Identifier: Apache-2.0
// Lines out of data.
#include "http/sse.hpp"

namespace sumun::http {
namespace {

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).push_back('\n');
}

}  // namespace

void append_event(std::string& out, std::string_view data, const SseFields& fields) {
  out.reserve(out.size() + data.size() + fields.id.size() + fields.event.size() + 32);
  if (!fields.id.empty()) append_field(out, "id", fields.id);
  if (!fields.event.empty()) append_field(out, "event", fields.event);
  if (fields.retry) append_field(out, "retry", std::to_string(*fields.retry));
  for (;;) {
    const std::size_t end = data.find_first_of("\r\n");
    append_field(out, "data", data.substr(0, end));
    if (end == std::string_view::npos) break;
    data.remove_prefix(end + (data.substr(end, 2) == "\r\n" ? 2 : 1));
  }
  out.push_back('\n');
}

}  // namespace sumun::http
