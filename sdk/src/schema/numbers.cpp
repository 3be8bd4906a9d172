// SPDX-License-Identifier: Apache-2.0
#include "schema/numbers.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

namespace sumun::schema {

namespace {

using json = nlohmann::json;
__extension__ using Wide = unsigned __int128;

int order(auto a, auto b) { return a < b ? -1 : b < a ? 1 : 0; }

int compare_signed_double(std::int64_t a, double b) {
  if (std::isnan(b)) return -1;
  if (b >= 0x1p63) return -1;
  if (b < -0x1p63) return 1;
  const auto whole = static_cast<std::int64_t>(b);
  if (a != whole) return order(a, whole);
  return order(0.0, b - static_cast<double>(whole));
}

int compare_unsigned_double(std::uint64_t a, double b) {
  if (std::isnan(b)) return -1;
  if (b >= 0x1p64) return -1;
  if (b < 0) return 1;
  const auto whole = static_cast<std::uint64_t>(b);
  if (a != whole) return order(a, whole);
  return order(0.0, b - static_cast<double>(whole));
}

int compare_signed_unsigned(std::int64_t a, std::uint64_t b) { return a < 0 ? -1 : order(static_cast<std::uint64_t>(a), b); }

// |number| = digits × 10^exponent, exactly as its shortest decimal form says.
struct Decimal {
  std::uint64_t digits = 0;
  int exponent = 0;
};

Decimal decimal_of(const json& number) {
  if (number.is_number_unsigned()) return {number.get_ref<const std::uint64_t&>(), 0};
  if (number.is_number_integer()) {
    const std::int64_t value = number.get_ref<const std::int64_t&>();
    return {value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value), 0};
  }
  char text[40];
  const double value = std::abs(number.get_ref<const double&>());
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific);
  Decimal out;  // d.ddde±xx, 17 digits at most
  int fraction = 0;
  bool after_point = false;
  const char* at = text;
  for (; at != end.ptr && *at != 'e'; ++at) {
    if (*at == '.') {
      after_point = true;
    } else if (*at >= '0' && *at <= '9') {
      out.digits = out.digits * 10 + static_cast<std::uint64_t>(*at - '0');
      fraction += after_point;
    }
  }
  int exponent = 0;
  if (at != end.ptr) {
    const char* from = at + 1 + (at[1] == '+');
    std::from_chars(from, end.ptr, exponent);
  }
  out.exponent = exponent - fraction;
  while (out.digits != 0 && out.digits % 10 == 0) {
    out.digits /= 10;
    ++out.exponent;
  }
  return out;
}

}  // namespace

bool is_integral(const json& number) {
  if (!number.is_number_float()) return true;
  const double value = number.get_ref<const double&>();
  return std::trunc(value) == value && std::isfinite(value);
}

int compare_numbers(const json& a, const json& b) {
  using type = json::value_t;
  switch (a.type()) {
    case type::number_integer: {
      const auto left = a.get_ref<const std::int64_t&>();
      if (b.type() == type::number_integer) return order(left, b.get_ref<const std::int64_t&>());
      if (b.type() == type::number_unsigned) return compare_signed_unsigned(left, b.get_ref<const std::uint64_t&>());
      return compare_signed_double(left, b.get_ref<const double&>());
    }
    case type::number_unsigned: {
      const auto left = a.get_ref<const std::uint64_t&>();
      if (b.type() == type::number_unsigned) return order(left, b.get_ref<const std::uint64_t&>());
      if (b.type() == type::number_integer) return -compare_signed_unsigned(b.get_ref<const std::int64_t&>(), left);
      return compare_unsigned_double(left, b.get_ref<const double&>());
    }
    default: {
      const double left = a.get_ref<const double&>();
      if (b.type() == type::number_float) return order(left, b.get_ref<const double&>());
      return -compare_numbers(b, a);
    }
  }
}

bool is_multiple(const json& value, const json& step) {
  if (value.is_number_float() && !std::isfinite(value.get_ref<const double&>())) return false;
  const Decimal v = decimal_of(value), s = decimal_of(step);
  if (v.digits == 0) return true;
  if (s.digits == 0) return false;
  if (v.exponent >= s.exponent) {  // v.digits × 10^n mod s.digits
    std::uint64_t power = static_cast<std::uint64_t>(v.exponent - s.exponent), rest = v.digits % s.digits, base = 10 % s.digits;
    for (; power > 0; power >>= 1) {
      if (power & 1) rest = static_cast<std::uint64_t>(Wide{rest} * base % s.digits);
      base = static_cast<std::uint64_t>(Wide{base} * base % s.digits);
    }
    return rest == 0;
  }
  Wide divisor = s.digits;
  for (int power = s.exponent - v.exponent; power > 0; --power) {
    divisor *= 10;
    if (divisor > v.digits) return false;
  }
  return v.digits % static_cast<std::uint64_t>(divisor) == 0;
}

namespace {

using Pair = std::pair<const json*, const json*>;

// The order of two values but for what is in them: `inside` is called for each pair of items or of members, which decide where
// this finds no difference.
template <class Inside>
int compare_outside(const json& a, const json& b, Inside inside) {
  const auto rank = [](const json& value) { return value.is_number() ? 100 : static_cast<int>(value.type()); };
  if (rank(a) != rank(b)) return order(rank(a), rank(b));
  switch (a.type()) {
    case json::value_t::boolean: return order(a.get_ref<const bool&>(), b.get_ref<const bool&>());
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
    case json::value_t::number_float: return compare_numbers(a, b);
    case json::value_t::string: return order(a.get_ref<const std::string&>().compare(b.get_ref<const std::string&>()), 0);
    case json::value_t::array: {
      const auto &left = a.get_ref<const json::array_t&>(), &right = b.get_ref<const json::array_t&>();
      if (left.size() != right.size()) return order(left.size(), right.size());
      for (std::size_t i = 0; i < left.size(); ++i) {
        if (const int result = inside(left[i], right[i])) return result;
      }
      return 0;
    }
    case json::value_t::object: {
      const auto &left = a.get_ref<const json::object_t&>(), &right = b.get_ref<const json::object_t&>();
      if (left.size() != right.size()) return order(left.size(), right.size());
      for (auto l = left.begin(), r = right.begin(); l != left.end(); ++l, ++r) {
        if (const int result = l->first.compare(r->first)) return order(result, 0);
        if (const int result = inside(l->second, r->second)) return result;
      }
      return 0;
    }
    default: return 0;
  }
}

// Without recursion: what is in two values is put off until they are done with.
int compare_deep(const json& a, const json& b) {
  std::vector<Pair> open{{&a, &b}};
  while (!open.empty()) {
    const auto [left, right] = open.back();
    open.pop_back();
    const int result = compare_outside(*left, *right, [&](const json& l, const json& r) {
      open.emplace_back(&l, &r);
      return 0;
    });
    if (result != 0) return result;
  }
  return 0;
}

int compare_within(const json& a, const json& b, std::size_t levels) {
  if (levels == 0) return compare_deep(a, b);
  return compare_outside(a, b, [&](const json& l, const json& r) { return compare_within(l, r, levels - 1); });
}

}  // namespace

int compare_values(const json& a, const json& b) {
  constexpr std::size_t kLevels = 64;  // that recurse: few values are deeper, and for those memory is taken
  return compare_within(a, b, kLevels);
}

}  // namespace sumun::schema
