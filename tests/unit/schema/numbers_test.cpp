// SPDX-License-Identifier: Apache-2.0
// Exact comparison and division of JSON numbers.
#include "schema/numbers.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using nlohmann::json;
using namespace sumun::schema;

TEST_CASE("numbers compare by value, whatever they are stored as") {
  const struct {
    const char *a, *b;
    int want;
  } table[] = {
      {"1", "1.0", 0},
      {"-1", "1", -1},
      {"0", "-0.0", 0},
      {"9007199254740993", "9007199254740992.0", 1},   // 2^53 + 1 is no double
      {"-9007199254740993", "-9007199254740992.0", -1},
      {"18446744073709551615", "18446744073709551616.0", -1},
      {"9223372036854775807", "9223372036854775808", -1},
      {"-9223372036854775808", "-9223372036854775808.0", 0},
      {"-1", "18446744073709551615", -1},
      {"1", "1.5", -1},
      {"2", "1.5", 1},
      {"-1", "-1.5", 1},
      {"18446744073709551615", "-0.5", 1},
      {"1e308", "18446744073709551615", 1},
      {"-1e308", "-9223372036854775808", -1},
      {"0.1", "0.2", -1},
  };
  for (const auto& row : table) {
    CAPTURE(row.a);
    CAPTURE(row.b);
    const json a = json::parse(row.a), b = json::parse(row.b);
    CHECK(compare_numbers(a, b) == row.want);
    CHECK(compare_numbers(b, a) == -row.want);
    CHECK((compare_values(a, b) == 0) == (row.want == 0));
  }
}

TEST_CASE("a multiple is one of the decimal numbers as they are written") {
  const struct {
    const char *value, *step;
    bool want;
  } table[] = {
      {"0.07", "0.01", true},  {"1.1", "0.1", true},     {"4.35", "0.01", true},       {"0.075", "0.01", false},
      {"19.99", "0.01", true}, {"10", "3", false},       {"-9", "3", true},            {"0", "7", true},
      {"1e300", "0.01", true}, {"1e-300", "1", false},   {"1e308", "1e-308", true},    {"12391239123", "1e-8", true},
      {"7.5", "2.5", true},    {"7.6", "2.5", false},    {"1e308", "0.123456789", false}, {"9007199254740993", "2", false},
      {"18446744073709551615", "5", true}, {"0.0075", "0.0001", true}, {"0.00751", "0.0001", false}, {"4.5", "1.5", true},
  };
  for (const auto& row : table) {
    CAPTURE(row.value);
    CAPTURE(row.step);
    CHECK(is_multiple(json::parse(row.value), json::parse(row.step)) == row.want);
  }
}

TEST_CASE("an integer is a number without a fractional part") {
  CHECK(is_integral(json(1.0)));
  CHECK(is_integral(json(1e300)));
  CHECK_FALSE(is_integral(json(1.5)));
  CHECK_FALSE(is_integral(json(std::numeric_limits<double>::infinity())));
  CHECK_FALSE(is_integral(json(std::nan(""))));
}

TEST_CASE("values are equal as JSON Schema says") {
  CHECK(compare_values(json::parse(R"({"a":[1,2.0]})"), json::parse(R"({"a":[1.0,2]})")) == 0);
  CHECK(compare_values(json::parse("[1,2]"), json::parse("[2,1]")) != 0);
  CHECK(compare_values(json(false), json(0)) != 0);
  CHECK(compare_values(json(nullptr), json(false)) != 0);
  CHECK(compare_values(json("1"), json(1)) != 0);
  CHECK(compare_values(json::object(), json::array()) != 0);
  CHECK(compare_values(json::parse(R"({"a":1})"), json::parse(R"({"b":1})")) != 0);
}
