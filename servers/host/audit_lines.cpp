// SPDX-License-Identifier: Apache-2.0
#include "audit.hpp"

#include "approval_view.hpp"
#include "console.hpp"

#include <sumun/json.hpp>

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

namespace sumun::host {
namespace {

constexpr std::size_t kShownText = 160;  // of one member
constexpr std::string_view kHeadWords = "audit head ";

// "2026" at the front of `text`; false = there is no such number.
bool take_number(std::string_view& text, std::size_t digits, int& number) {
  if (text.size() < digits) return false;
  const auto [end, code] = std::from_chars(text.data(), text.data() + digits, number);
  if (code != std::errc() || end != text.data() + digits) return false;
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

Result<std::int64_t> ago(std::string_view said, std::int64_t now) {
  std::int64_t count = 0;
  const auto [end, code] = std::from_chars(said.data(), said.data() + said.size(), count);
  const std::string_view unit(end, static_cast<std::size_t>(said.data() + said.size() - end));
  const std::int64_t seconds = unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : unit == "d" ? 86400 : 0;
  if (code != std::errc() || seconds == 0 || count < 0 || count > 1'000'000) return fail(ErrorCode::invalid_value, "");
  return now - count * seconds * 1000;
}

Result<std::int64_t> moment(std::string_view said) {
  const Error bad = fail(ErrorCode::invalid_value, "");
  std::tm parts{};
  int year = 0, month = 0;
  if (!take_number(said, 4, year) || !take(said, '-') || !take_number(said, 2, month) || !take(said, '-') || !take_number(said, 2, parts.tm_mday)) return bad;
  if (take(said, 'T') || take(said, ' ')) {
    if (!take_number(said, 2, parts.tm_hour) || !take(said, ':') || !take_number(said, 2, parts.tm_min)) return bad;
    if (take(said, ':') && !take_number(said, 2, parts.tm_sec)) return bad;
    take(said, 'Z');
  }
  parts.tm_year = year - 1900;
  parts.tm_mon = month - 1;
  const std::tm as_said = parts;
  const std::time_t seconds = ::timegm(&parts);
  const bool exists = parts.tm_mon == as_said.tm_mon && parts.tm_mday == as_said.tm_mday && parts.tm_hour == as_said.tm_hour && parts.tm_min == as_said.tm_min && parts.tm_sec == as_said.tm_sec;
  if (!said.empty() || !exists) return bad;
  return std::int64_t{seconds} * 1000;
}

// What came from outside cannot turn the line around, or be there unseen.
std::string shown(std::string_view text) { return visible(one_line(std::string(text), kShownText), std::string_view::npos); }
std::string text_of(const json& value) { return shown(value.is_string() ? value.get<std::string>() : dump_json(value)); }

}  // namespace

Result<std::int64_t> time_of(std::string_view said, std::int64_t now) {
  if (auto time = moment(said)) return time;
  if (auto time = ago(said, now)) return time;
  return fail(ErrorCode::invalid_value, "expected a time, as in 2026-11-20, 2026-11-20T17:00:00Z (UTC) or 30m, 12h, 7d (ago), not \"" + std::string(said) + "\"");
}

std::string time_words(std::int64_t time) {
  const std::time_t seconds = time / 1000 - (time % 1000 < 0 ? 1 : 0);
  std::tm parts{};
  std::array<char, 40> text{};
  if (::gmtime_r(&seconds, &parts) == nullptr) return std::to_string(time);
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  std::snprintf(text.data() + length, text.size() - length, ".%03d", static_cast<int>(time - std::int64_t{seconds} * 1000));
  return text.data();
}

json marks_json(const AuditMarks& marks) {
  json value = json::object();
  for (const auto& [writer, mark] : marks) value[writer] = {{"number", mark.number}, {"hash", mark.hash}};
  return value;
}

Result<AuditMarks> marks_from(const json& value) {
  // A head has them in the same shape.
  auto head = audit_head_from(json{{"time", 0}, {"key", ""}, {"signature", ""}, {"writers", value}});
  if (!head) return fail(ErrorCode::invalid_value, "expected {writer: {\"number\", \"hash\"}}");
  return std::move(head->writers);
}

std::string record_words(const AuditRecord& record) {
  std::string line = time_words(record.time);
  const json event = record.event.is_object() ? record.event : json{{"event", record.event}};
  static constexpr std::array<const char*, 3> kFirst{"event", "principal", "target"};
  for (const char* name : kFirst) line += "  " + (event.contains(name) ? text_of(event[name]) : "-");
  for (const auto& [name, value] : event.items()) {
    const bool said = name == "event" || name == "principal" || name == "target" || value.is_null() || value == "";
    if (!said) line += "  " + shown(name) + "=" + text_of(value);
  }
  return line + "  #" + one_line(record.writer, 8) + ":" + std::to_string(record.number);
}

Result<AuditHead> head_in(std::string_view line) {
  const std::size_t words = line.find(kHeadWords);
  const std::size_t begin = words == std::string_view::npos ? line.find_first_not_of(" \t\r") : words + kHeadWords.size();
  if (begin == std::string_view::npos || line[begin] != '{') return fail(ErrorCode::not_found, "no head");
  line = line.substr(begin, line.find_last_not_of(" \t\r") + 1 - begin);
  auto value = parse_json(line, {.max_depth = 10, .max_values = kMaxJsonValues});
  if (!value) return fail(ErrorCode::invalid_value, "a head of the audit log: " + value.error().message);
  return audit_head_from(*value);
}

}  // namespace sumun::host
