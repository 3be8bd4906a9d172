// SPDX-License-Identifier: Apache-2.0
// The JSON writer, and the pieces of text that it is made of.
#include "base/json_text.hpp"
#include "base/utf8.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace sumun {
namespace {

constexpr std::size_t kDeepest = 1000;  // what the writer's own recursion bears

void append_escaped(std::string& out, unsigned char byte) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (byte) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out.push_back(kHex[byte >> 4U]);
      out.push_back(kHex[byte & 0xFU]);
  }
}

template <class Integer>
void append_number(std::string& out, Integer value) {
  std::array<char, 24> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out.append(digits.data(), end);
}

void append_value(std::string& out, const json& value, std::size_t depth) {
  if (depth > kDeepest) {
    out += "null";
    return;
  }
  switch (value.type()) {
    case json::value_t::object: {
      char separator = '{';
      for (const auto& [name, member] : *value.get_ptr<const json::object_t*>()) {
        out.push_back(separator);
        append_json_string(out, name);
        out.push_back(':');
        append_value(out, member, depth + 1);
        separator = ',';
      }
      out += separator == '{' ? "{}" : "}";
      return;
    }
    case json::value_t::array: {
      char separator = '[';
      for (const json& item : *value.get_ptr<const json::array_t*>()) {
        out.push_back(separator);
        append_value(out, item, depth + 1);
        separator = ',';
      }
      out += separator == '[' ? "[]" : "]";
      return;
    }
    case json::value_t::string:
      append_json_string(out, *value.get_ptr<const json::string_t*>());
      return;
    case json::value_t::boolean:
      out += *value.get_ptr<const json::boolean_t*>() ? "true" : "false";
      return;
    case json::value_t::number_integer:
      append_number(out, *value.get_ptr<const json::number_integer_t*>());
      return;
    case json::value_t::number_unsigned:
      append_number(out, *value.get_ptr<const json::number_unsigned_t*>());
      return;
    case json::value_t::number_float:
      append_json_double(out, *value.get_ptr<const json::number_float_t*>());
      return;
    case json::value_t::null:
    case json::value_t::binary:     // no JSON text has these two; nothing here makes them
    case json::value_t::discarded:
      out += "null";
      return;
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  const char* at = text.data();
  const char* const end = at + text.size();
  const char* run = at;  // what is not in `out` yet
  while (at != end) {
    at = utf8::skip_plain(at, end);
    if (at == end) {
      break;
    }
    const auto byte = static_cast<unsigned char>(*at);
    if (byte >= 0x80) {
      if (const std::size_t length = utf8::length(at, end); length != 0) {
        at += length;
        continue;
      }
    }
    out.append(run, at);
    if (byte >= 0x80) {
      out += "\xEF\xBF\xBD";
    } else {
      append_escaped(out, byte);
    }
    run = ++at;
  }
  out.append(run, end);
  out.push_back('"');
}

void append_json_integer(std::string& out, std::int64_t value) { append_number(out, value); }
void append_json_integer(std::string& out, std::uint64_t value) { append_number(out, value); }

void append_json_double(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  std::array<char, 32> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  out += text;
  if (text.find_first_of(".e") == std::string_view::npos) {
    out += ".0";
  }
}

void append_ecmascript_number(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  if (value == 0) {
    out.push_back('0');  // also for -0
    return;
  }
  if (value < 0) {
    out.push_back('-');
    value = -value;
  }
  // The shortest digits d1d2…dk and n with value = 0.d1d2…dk × 10^n (ECMA-262, Number::toString).
  std::array<char, 32> buffer;
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t e = text.find('e');
  std::string digits(text.substr(0, 1));
  if (e > 2) {
    digits += text.substr(2, e - 2);
  }
  const int n = std::atoi(std::string(text.substr(e + 1)).c_str()) + 1;
  const int k = static_cast<int>(digits.size());
  if (k <= n && n <= 21) {
    out += digits;
    out.append(static_cast<std::size_t>(n - k), '0');
  } else if (0 < n && n <= 21) {
    out.append(digits, 0, static_cast<std::size_t>(n));
    out.push_back('.');
    out.append(digits, static_cast<std::size_t>(n));
  } else if (-6 < n && n <= 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-n), '0');
    out += digits;
  } else {
    out.push_back(digits[0]);
    if (k > 1) {
      out.push_back('.');
      out.append(digits, 1);
    }
    out += n > 0 ? "e+" : "e-";
    append_number(out, std::abs(n - 1));
  }
}

bool is_utf8(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    const std::size_t length = utf8::length(at, end);
    if (length == 0) {
      return false;
    }
    at += length;
  }
  return true;
}

inline namespace v0 {

void append_json(std::string& out, const json& value) { append_value(out, value, 0); }

std::string dump_json(const json& value) {
  std::string out;
  append_json(out, value);
  return out;
}

}  // namespace v0
}  // namespace sumun
