// SPDX-License-Identifier: Apache-2.0
// The headers that repeat a body, against any headers, schemas and arguments: what a client sends of a body passes the
// server's check and survives encoding, and any refusal is one bounded line of text.
//   input: schema LF arguments LF header value LF …
#include "protocol/header_mirror.hpp"

#include "base/json_text.hpp"

#include <sumun/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace sumun;
using namespace sumun::protocol;

namespace {

void must(bool ok) {
  if (!ok) std::abort();
}

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

// The names of a tool's own schema stand in the message as they are; what a client sent is cut and cleaned.
void must_be_readable(const Result<void>& checked, std::string_view names = {}) {
  if (checked) return;
  const Error& error = checked.error();
  must(error.code == ErrorCode::header_mismatch);
  must(error.message.size() < 1024 + names.size());
  must(!names.empty() || std::none_of(error.message.begin(), error.message.end(), [](unsigned char c) { return c < 0x20; }));
}

void check_values(std::string_view value) {
  const auto decoded = decode_header_value(value);
  if (decoded) must(is_utf8(*decoded));
  const std::string sent = encode_header_value(value);
  must(std::all_of(sent.begin(), sent.end(), [](char c) { return c == '\t' || (c >= 0x20 && c <= 0x7e); }));
  if (is_utf8(value)) must(decode_header_value(sent) == value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const std::string_view names = take_line(rest);
  const auto schema = parse_json(names);
  const auto arguments = parse_json(take_line(rest));
  MirroredHeaders headers;
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::string_view value = line.substr(std::min(colon + 1, line.size()));
    check_values(value);
    headers.params.emplace_back(line.substr(0, colon), value);
  }
  if (!headers.params.empty()) headers.protocol_version = headers.method = headers.name = headers.params.front().second;
  if (!schema || !arguments) return 0;
  must_be_readable(check_version_header(headers, "2026-07-28"));
  for (const char* method : {"tools/call", "resources/read", "tasks/get", "tools/list"})
    must_be_readable(check_method_headers(headers, method, *arguments));
  const auto mirrored = mirrored_params(*schema);
  if (!mirrored) return 0;
  must_be_readable(check_param_headers(headers, *mirrored, *arguments), names);
  const auto sent = param_headers(*mirrored, *arguments);
  if (!sent) return 0;
  MirroredHeaders own;
  for (const auto& [name, value] : *sent) own.params.emplace_back(std::string_view(name).substr(kParamHeaderPrefix.size()), value);
  must(check_param_headers(own, *mirrored, *arguments).has_value());
  return 0;
}
