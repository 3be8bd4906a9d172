// SPDX-License-Identifier: Apache-2.0
// A byte offset, which is what the reader tells, becomes a line and a column.
#include "json_input.hpp"

#include "files.hpp"

#include <sumun/json.hpp>

#include <algorithm>
#include <charconv>
#include <iostream>
#include <iterator>

namespace sumun::host {
namespace {

constexpr std::string_view kBefore = "invalid JSON at byte ";

std::string placed(std::string_view text, const std::string& name, const std::string& message) {
  std::size_t offset = 0;
  if (!message.starts_with(kBefore)) return name + ": " + message;
  const auto [end, code] = std::from_chars(message.data() + kBefore.size(), message.data() + message.size(), offset);
  if (code != std::errc{}) return name + ": " + message;
  const auto before = text.substr(0, std::min(offset, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto last = before.substr(before.rfind('\n') + 1);
  const auto column = 1 + std::count_if(last.begin(), last.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  return name + ":" + std::to_string(line) + ":" + std::to_string(column) + std::string(end, message.data() + message.size());
}

// As much as read_file() takes; one byte more says that there is more.
std::string read_standard_input() {
  std::string text;
  std::istreambuf_iterator<char> at(std::cin), end;
  for (; at != end && text.size() <= kMaxSettingsBytes; ++at) text += *at;
  return text;
}

}  // namespace

Result<json> json_of_text(std::string_view text, const std::string& name) {
  if (text.starts_with("\xEF\xBB\xBF")) return fail(ErrorCode::parse_error, name + " begins with a byte order mark; JSON has none");
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return fail(ErrorCode::parse_error, name + " is empty; expected JSON");
  auto value = parse_json(text);
  if (!value) return fail(ErrorCode::parse_error, placed(text, name, value.error().message));
  return value;
}

Result<json> read_json(const std::string& file) {
  if (file == "-") {
    const std::string text = read_standard_input();
    if (text.size() > kMaxSettingsBytes) return fail(ErrorCode::io, "standard input has more than " + human_bytes(kMaxSettingsBytes));
    return json_of_text(text, "standard input");
  }
  const auto text = read_file(file);
  if (!text) return text.error();
  if (!*text) return fail(ErrorCode::io, "there is no file " + file);
  return json_of_text(**text, file);
}

Result<json> read_arguments(const std::string& said) {
  if (said.empty()) return json::object();
  const bool elsewhere = said == "-" || said.front() == '@';
  auto value = elsewhere ? read_json(said.front() == '@' ? said.substr(1) : said) : json_of_text(said, "--args");
  if (value && !value->is_object()) return fail(ErrorCode::invalid_value, "--args: the arguments are a JSON object");
  return value;
}

}  // namespace sumun::host
