// SPDX-License-Identifier: Apache-2.0
// The parts of reading C++ values from JSON that do not depend on the type: integers, and the words of what went wrong.
#include <sumun/convert.hpp>

#include "schema/words.hpp"

#include <cmath>

namespace sumun {
inline namespace v0 {

namespace {

constexpr std::size_t kShownNames = 16;  // of the names that were allowed

bool is_plain_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (char c : name) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
    if (!word) return false;
  }
  return name.size() <= schema::kShownBytes;
}

std::string found_text(const json& found) {
  switch (found.type()) {
    case json::value_t::null: return "null";
    case json::value_t::boolean: return found.get<bool>() ? "true" : "false";
    case json::value_t::object: return "an object";
    case json::value_t::array: return "an array";
    case json::value_t::string: return "string " + in_quotes(found.get_ref<const std::string&>());
    default: return "number " + found.dump();
  }
}

Error error_at(const DecodePath& path, std::string_view why) {
  std::string text = path.text();
  if (!text.empty()) text += ": ";
  text += why;
  return fail(ErrorCode::invalid_value, std::move(text));
}

}  // namespace

std::string DecodePath::text() const {
  std::string text = parent_ ? parent_->text() : std::string();
  if (!parent_) return std::string(name_);
  if (index_ != kNoIndex) {
    text += '[' + std::to_string(index_) + ']';
  } else if (is_plain_name(name_)) {
    if (!text.empty()) text += '.';
    text += name_;
  } else {
    text += '[' + in_quotes(name_) + ']';
  }
  return text;
}

Error unexpected(const DecodePath& path, std::string_view expected, const json& found) {
  return error_at(path, "expected " + std::string(expected) + ", found " + found_text(found));
}

Error invalid_value(const DecodePath& path, std::string_view why) { return error_at(path, why); }

namespace detail {

bool refuse(Error& error, const DecodePath& path, std::string_view expected, const json& found) {
  error = unexpected(path, expected, found);
  return false;
}

bool refuse_missing(Error& error, const DecodePath& path) {
  error = error_at(path, "missing, and it is required");
  return false;
}

bool refuse_range(Error& error, const DecodePath& path, std::string_view bound, const json& found) {
  error = error_at(path, found.dump() + " is " + std::string(bound));
  return false;
}

bool refuse_name(Error& error, const DecodePath& path, const std::string_view* names, std::size_t count, const json& found) {
  std::string expected = count > 1 ? "one of " : "";
  for (std::size_t i = 0; i < count; ++i) {
    if (i == kShownNames) {
      expected += ", … (" + std::to_string(count) + " in all)";
      break;
    }
    if (i > 0) expected += ", ";
    expected += in_quotes(names[i]);
  }
  return refuse(error, path, expected, found);
}

bool refuse_count(Error& error, const DecodePath& path, std::size_t expected, std::size_t found) {
  error = error_at(path, "expected exactly " + std::to_string(expected) + " items, found " + std::to_string(found));
  return false;
}

bool read_integer(const json& in, std::int64_t low, std::uint64_t high, std::uint64_t& bits, const DecodePath& path, Error& error) {
  const auto too_low = [&] { return refuse_range(error, path, "less than the minimum " + std::to_string(low), in); };
  const auto too_high = [&] { return refuse_range(error, path, "more than the maximum " + std::to_string(high), in); };
  switch (in.type()) {
    case json::value_t::number_unsigned: {
      const std::uint64_t number = in.get_ref<const std::uint64_t&>();
      if (number > high) return too_high();
      bits = number;
      return true;
    }
    case json::value_t::number_integer: {
      const std::int64_t number = in.get_ref<const std::int64_t&>();
      if (number < low) return too_low();
      if (number > 0 && static_cast<std::uint64_t>(number) > high) return too_high();
      bits = static_cast<std::uint64_t>(number);
      return true;
    }
    case json::value_t::number_float: {
      const double number = in.get_ref<const double&>();
      if (!(std::trunc(number) == number)) return refuse(error, path, "integer", in);  // also NaN
      if (number >= 0x1p64) return too_high();
      if (number < -0x1p63) return too_low();
      if (number < 0) {
        const auto whole = static_cast<std::int64_t>(number);
        if (whole < low) return too_low();
        bits = static_cast<std::uint64_t>(whole);
      } else {
        const auto whole = static_cast<std::uint64_t>(number);
        if (whole > high) return too_high();
        bits = whole;
      }
      return true;
    }
    default: return refuse(error, path, "integer", in);
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace sumun
