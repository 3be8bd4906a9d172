// SPDX-License-Identifier: Apache-2.0
// The JSON reader: one pass over the text, straight into the value. It is our own because nlohmann's reader lets
// duplicate names and any depth pass, and looks at every byte three times; accepted texts give the same values
// (tests/unit/base compares them).
#include "base/json_text.hpp"
#include "base/utf8.hpp"

#include <sumun/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <system_error>

namespace sumun {
inline namespace v0 {
namespace {

constexpr std::size_t kDeepest = 1100;  // what the reader's own recursion bears, whatever the caller's limit

class Reader {
 public:
  Reader(std::string_view text, ParseLimits limits)
      : begin_(text.data()), at_(begin_), end_(begin_ + text.size()), max_depth_(std::min(limits.max_depth, kDeepest)),
        values_left_(limits.max_values) {}

  Result<json> read() {
    json value;
    if (read_value(value, 0)) {
      skip_space();
      if (at_ == end_) {
        return value;
      }
      unexpected("something follows the value");
    }
    return Error{ErrorCode::parse_error,
                 "invalid JSON at byte " + std::to_string(where_ - begin_) + ": " + what_ + detail_, nullptr};
  }

 private:
  bool fail(const char* what, const char* where) {
    what_ = what;
    where_ = where;
    return false;
  }
  bool fail(const char* what) { return fail(what, at_); }
  bool unexpected(const char* what) {
    if (at_ == end_) {
      return fail("the text ends too early");
    }
    return fail(*at_ == '\0' ? "NUL byte" : what);
  }

  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) {
      ++at_;
    }
  }

  bool read_value(json& value, std::size_t depth) {
    skip_space();
    if (at_ == end_) {
      return unexpected("");
    }
    if (values_left_-- == 0) {
      return fail("too many values");
    }
    switch (*at_) {
      case '{':
        return read_object(value, depth);
      case '[':
        return read_array(value, depth);
      case '"': {
        std::string text;
        if (!read_string(text)) {
          return false;
        }
        value = std::move(text);
        return true;
      }
      case 't':
        value = true;
        return read_word("true");
      case 'f':
        value = false;
        return read_word("false");
      case 'n':
        return read_word("null");
      default:
        return read_number(value);
    }
  }

  bool read_word(std::string_view word) {
    if (static_cast<std::size_t>(end_ - at_) >= word.size() && std::memcmp(at_, word.data(), word.size()) == 0) {
      at_ += word.size();
      return true;
    }
    return fail("unknown word");
  }

  bool enter(std::size_t depth) {
    if (depth >= max_depth_) {
      return fail("nested too deeply");
    }
    ++at_;
    skip_space();
    return true;
  }

  bool read_array(json& value, std::size_t depth) {
    if (!enter(depth)) {
      return false;
    }
    value = json(json::value_t::array);
    auto& items = *value.get_ptr<json::array_t*>();
    if (at_ != end_ && *at_ == ']') {
      ++at_;
      return true;
    }
    for (;;) {
      if (!read_value(items.emplace_back(), depth + 1)) {
        return false;
      }
      skip_space();
      if (at_ == end_ || (*at_ != ',' && *at_ != ']')) {
        return unexpected("expected ',' or ']'");
      }
      if (*at_++ == ']') {
        return true;
      }
    }
  }

  bool read_object(json& value, std::size_t depth) {
    if (!enter(depth)) {
      return false;
    }
    value = json(json::value_t::object);
    auto& members = *value.get_ptr<json::object_t*>();
    if (at_ != end_ && *at_ == '}') {
      ++at_;
      return true;
    }
    for (;;) {
      skip_space();
      if (at_ == end_ || *at_ != '"') {
        return unexpected("expected a member name");
      }
      const char* const name_at = at_;
      std::string name;
      if (!read_string(name)) {
        return false;
      }
      skip_space();
      if (at_ == end_ || *at_ != ':') {
        return unexpected("expected ':'");
      }
      ++at_;
      // Names mostly come in some order; where they come sorted, the hint saves the search.
      const std::size_t before = members.size();
      const auto member = members.emplace_hint(members.end(), std::move(name), nullptr);
      if (members.size() == before) {
        detail_ = in_quotes(member->first);
        return fail("duplicate member name ", name_at);
      }
      if (!read_value(member->second, depth + 1)) {
        return false;
      }
      skip_space();
      if (at_ == end_ || (*at_ != ',' && *at_ != '}')) {
        return unexpected("expected ',' or '}'");
      }
      if (*at_++ == '}') {
        return true;
      }
    }
  }

  // At the opening quote.
  bool read_string(std::string& text) {
    const char* run = ++at_;  // what is not in `text` yet
    for (;;) {
      at_ = utf8::skip_plain(at_, end_);
      if (at_ == end_) {
        return fail("the text ends inside a string");
      }
      const auto byte = static_cast<unsigned char>(*at_);
      if (byte == '"') {
        if (text.empty()) {
          text.assign(run, at_);
        } else {
          text.append(run, at_);
        }
        ++at_;
        return true;
      }
      if (byte == '\\') {
        text.append(run, at_);
        if (!read_escape(text)) {
          return false;
        }
        run = at_;
      } else if (byte < 0x20) {
        return unexpected("control character in a string");
      } else {
        const std::size_t length = utf8::length(at_, end_);
        if (length == 0) {
          return fail("invalid UTF-8");
        }
        at_ += length;
      }
    }
  }

  // At the backslash.
  bool read_escape(std::string& text) {
    const char* const start = at_++;
    if (at_ == end_) {
      return fail("the text ends inside a string");
    }
    switch (*at_++) {
      case '"':
        text.push_back('"');
        return true;
      case '\\':
        text.push_back('\\');
        return true;
      case '/':
        text.push_back('/');
        return true;
      case 'b':
        text.push_back('\b');
        return true;
      case 'f':
        text.push_back('\f');
        return true;
      case 'n':
        text.push_back('\n');
        return true;
      case 'r':
        text.push_back('\r');
        return true;
      case 't':
        text.push_back('\t');
        return true;
      case 'u':
        break;
      default:
        return fail("unknown escape", start);
    }
    std::uint32_t code = 0;
    if (!read_hex4(code, start)) {
      return false;
    }
    if (code >= 0xDC00 && code <= 0xDFFF) {
      return fail("lone surrogate", start);
    }
    if (code >= 0xD800 && code <= 0xDBFF) {
      if (end_ - at_ < 2 || at_[0] != '\\' || at_[1] != 'u') {
        return fail("lone surrogate", start);
      }
      at_ += 2;
      std::uint32_t low = 0;
      if (!read_hex4(low, start)) {
        return false;
      }
      if (low < 0xDC00 || low > 0xDFFF) {
        return fail("lone surrogate", start);
      }
      code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
    }
    utf8::append(text, code);
    return true;
  }

  bool read_hex4(std::uint32_t& code, const char* start) {
    if (end_ - at_ < 4) {
      return fail("unknown escape", start);
    }
    for (int digit = 0; digit < 4; ++digit) {
      const auto byte = static_cast<unsigned char>(*at_++);
      code <<= 4U;
      if (byte >= '0' && byte <= '9') {
        code |= static_cast<std::uint32_t>(byte - '0');
      } else if ((byte | 0x20U) >= 'a' && (byte | 0x20U) <= 'f') {
        code |= static_cast<std::uint32_t>((byte | 0x20U) - 'a' + 10);
      } else {
        return fail("unknown escape", start);
      }
    }
    return true;
  }

  bool read_digits() {
    if (at_ == end_ || *at_ < '0' || *at_ > '9') {
      return unexpected("expected a digit");
    }
    while (at_ != end_ && *at_ >= '0' && *at_ <= '9') {
      ++at_;
    }
    return true;
  }

  bool read_number(json& value) {
    const char* const start = at_;
    const bool negative = *at_ == '-';
    if (negative) {
      ++at_;
    } else if (*at_ < '0' || *at_ > '9') {
      return unexpected("expected a value");
    }
    const char* const digits = at_;
    if (!read_digits()) {
      return false;
    }
    if (*digits == '0' && at_ - digits > 1) {
      return fail("number with a leading zero", start);
    }
    const bool integral = at_ == end_ || (*at_ != '.' && *at_ != 'e' && *at_ != 'E');
    if (integral) {
      std::uint64_t magnitude = 0;
      const bool fits = std::from_chars(digits, at_, magnitude).ec == std::errc{};
      if (fits && !negative) {
        value = magnitude;
        return true;
      }
      if (fits && magnitude <= std::uint64_t{1} << 63U) {
        value = static_cast<std::int64_t>(0 - magnitude);
        return true;
      }
      return read_double(value, start);
    }
    if (*at_ == '.') {
      ++at_;
      if (!read_digits()) {
        return false;
      }
    }
    if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
      ++at_;
      if (at_ != end_ && (*at_ == '+' || *at_ == '-')) {
        ++at_;
      }
      if (!read_digits()) {
        return false;
      }
    }
    return read_double(value, start);
  }

  // The number's text is [start, at_).
  bool read_double(json& value, const char* start) {
    double number = 0;
    if (std::from_chars(start, at_, number).ec == std::errc::result_out_of_range) {
      // Too large is refused; too small is zero, which from_chars does not tell apart.
      number = std::strtod(std::string(start, at_).c_str(), nullptr);
      if (!std::isfinite(number)) {
        return fail("number out of range", start);
      }
    }
    value = number;
    return true;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
  std::size_t max_depth_;
  std::size_t values_left_;
  const char* what_ = "";
  const char* where_ = nullptr;
  std::string detail_;
};

}  // namespace

Result<json> parse_json(std::string_view text, ParseLimits limits) { return Reader(text, limits).read(); }

}  // namespace v0
}  // namespace sumun
