// SPDX-License-Identifier: Apache-2.0
// The table of formats, and the short ones: times, addresses, pointers, UUIDs.
#include "schema/formats.hpp"

#include "schema/format_checks.hpp"

#include <algorithm>
#include <utility>

namespace sumun::schema {

namespace {

// -- RFC 3339: dates and times

// Two digits, or -1.
int two_digits(Cursor& text) {
  if (text.end - text.at < 2 || !is_digit(text.at[0]) || !is_digit(text.at[1])) return -1;
  const int value = (text.at[0] - '0') * 10 + (text.at[1] - '0');
  text.at += 2;
  return value;
}

int days_of(int year, int month) {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

bool take_date(Cursor& text) {
  const int century = two_digits(text);
  const int year = two_digits(text);
  if (century < 0 || year < 0 || !text.take('-')) return false;
  const int month = two_digits(text);
  if (month < 1 || month > 12 || !text.take('-')) return false;
  const int day = two_digits(text);
  return day >= 1 && day <= days_of(century * 100 + year, month);
}

bool is_date(std::string_view value) {
  Cursor text(value);
  return take_date(text) && text.done();
}

// The offset in minutes; false where there is none.
bool take_offset(Cursor& text, int& minutes) {
  if (text.take('Z') || text.take('z')) return true;
  const bool behind = text.take('-');
  if (!behind && !text.take('+')) return false;
  const int hour = two_digits(text);
  if (hour < 0 || hour > 23 || !text.take(':')) return false;
  const int minute = two_digits(text);
  if (minute < 0 || minute > 59) return false;
  minutes = (hour * 60 + minute) * (behind ? -1 : 1);
  return true;
}

bool is_time(std::string_view value) {
  constexpr int kDay = 24 * 60;
  Cursor text(value);
  const int hour = two_digits(text);
  if (hour < 0 || hour > 23 || !text.take(':')) return false;
  const int minute = two_digits(text);
  if (minute < 0 || minute > 59 || !text.take(':')) return false;
  const int second = two_digits(text);
  if (second < 0 || second > 60) return false;
  if (text.take('.') && text.take_while(is_digit) == 0) return false;
  int offset = 0;
  if (!take_offset(text, offset) || !text.done()) return false;
  // Section 5.7: a leap second is the last of a day in UTC.
  return second < 60 || (hour * 60 + minute - offset + kDay) % kDay == kDay - 1;
}

bool is_date_time(std::string_view value) {
  Cursor text(value);
  return take_date(text) && (text.take('T') || text.take('t')) && is_time(text.rest());
}

// Appendix A: each number is followed by the next of `units`, none left out between two. The count of numbers, -1 = broken.
int take_amounts(Cursor& text, std::string_view units) {
  int count = 0;
  std::size_t next = 0;
  while (text.take_while(is_digit) > 0) {
    if (text.done()) return -1;
    const auto found = units.find(lower(*text.at));
    if (found == std::string_view::npos || (count > 0 && found != next)) return -1;
    next = found + 1;
    ++text.at;
    ++count;
  }
  return count;
}

bool is_duration(std::string_view value) {
  Cursor text(value);
  if (!text.take('P') && !text.take('p')) return false;
  Cursor weeks = text;
  if (take_amounts(weeks, "w") == 1) return weeks.done();
  const int date = take_amounts(text, "ymd");
  if (date < 0) return false;
  if (text.done()) return date > 0;
  if (!text.take('T') && !text.take('t')) return false;
  return take_amounts(text, "hms") > 0 && text.done();
}

// -- names of things

bool is_uuid(std::string_view value) {  // RFC 4122, section 3
  if (value.size() != 36) return false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? value[i] != '-' : !is_hex_digit(value[i])) return false;
  }
  return true;
}

bool is_json_pointer(std::string_view value) {  // RFC 6901, section 3
  if (!value.empty() && value.front() != '/') return false;
  for (auto tilde = value.find('~'); tilde != std::string_view::npos; tilde = value.find('~', tilde + 1)) {
    if (tilde + 1 == value.size() || (value[tilde + 1] != '0' && value[tilde + 1] != '1')) return false;
  }
  return true;
}

bool take_natural(Cursor& text) { return text.take('0') || text.take_while(is_digit) > 0; }

bool is_relative_json_pointer(std::string_view value) {  // draft-bhutton-relative-json-pointer-00, section 3: "0-1/name"
  Cursor text(value);
  if (!take_natural(text)) return false;
  if ((text.take('+') || text.take('-')) && !take_natural(text)) return false;
  return text.rest() == "#" || is_json_pointer(text.rest());
}

// Sorted by name.
constexpr std::pair<std::string_view, FormatCheck> kFormats[] = {
    {"date", is_date},
    {"date-time", is_date_time},
    {"duration", is_duration},
    {"email", is_email},
    {"hostname", is_hostname},
    {"idn-email", is_idn_email},
    {"idn-hostname", is_idn_hostname},
    {"ipv4", is_ipv4},
    {"ipv6", is_ipv6},
    {"iri", is_iri},
    {"iri-reference", is_iri_reference},
    {"json-pointer", is_json_pointer},
    {"regex", is_regex},
    {"relative-json-pointer", is_relative_json_pointer},
    {"time", is_time},
    {"uri", is_uri},
    {"uri-reference", is_uri_reference},
    {"uri-template", is_uri_template},
    {"uuid", is_uuid},
};

}  // namespace

bool is_ipv4(std::string_view value) {
  Cursor text(value);
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && !text.take('.')) return false;
    int number = 0;
    const char* from = text.at;
    while (!text.done() && is_digit(*text.at) && text.at - from < 3) number = number * 10 + (*text.at++ - '0');
    // A leading zero would be octal to some readers.
    if (text.at == from || number > 255 || (*from == '0' && text.at - from > 1)) return false;
  }
  return text.done();
}

bool is_ipv6(std::string_view value) {
  Cursor text(value);
  int groups = 0;
  bool shortened = false;  // "::" was seen
  while (!text.done()) {
    if (text.rest().starts_with("::")) {
      if (shortened) return false;
      shortened = true;
      text.at += 2;
      if (text.done()) break;
    } else if (groups > 0 && !text.take(':')) {
      return false;
    }
    const char* from = text.at;
    const std::size_t digits = text.take_while(is_hex_digit);
    if (!text.done() && *text.at == '.') {
      return is_ipv4({from, static_cast<std::size_t>(text.end - from)}) && (shortened ? groups + 2 < 8 : groups + 2 == 8);
    }
    if (digits < 1 || digits > 4 || ++groups > 8) return false;
  }
  return shortened ? groups < 8 : groups == 8;
}

FormatCheck find_format(std::string_view name) {
  const auto found = std::lower_bound(std::begin(kFormats), std::end(kFormats), name, [](const auto& one, std::string_view wanted) { return one.first < wanted; });
  return found != std::end(kFormats) && found->first == name ? found->second : nullptr;
}

}  // namespace sumun::schema
