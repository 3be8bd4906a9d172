// SPDX-License-Identifier: Apache-2.0
// The JSON writer never throws, and what it writes reads back.
#include "base/json_text.hpp"

#include <sumun/json.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

using namespace sumun;

TEST_CASE("a value is written as compact text") {
  const struct {
    const char* name;
    json value;
    const char* want;
  } kRows[] = {
      {"null", nullptr, "null"},
      {"true", true, "true"},
      {"false", false, "false"},
      {"zero", 0, "0"},
      {"smallest", std::numeric_limits<std::int64_t>::min(), "-9223372036854775808"},
      {"largest", std::numeric_limits<std::uint64_t>::max(), "18446744073709551615"},
      {"whole double", 3.0, "3.0"},
      {"fraction", 0.1, "0.1"},
      {"large double", 1e300, "1e+300"},
      {"minus zero", -0.0, "-0.0"},
      {"not a number", std::nan(""), "null"},
      {"infinity", std::numeric_limits<double>::infinity(), "null"},
      {"empty string", "", "\"\""},
      {"escapes", "\"\\/\b\f\n\r\t\x01\x1f\x7f", "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\""},
      {"NUL", std::string("a\0b", 3), "\"a\\u0000b\""},
      {"text beyond ASCII", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\""},
      {"invalid byte", "a\xFF" "b", "\"a\xEF\xBF\xBD" "b\""},
      {"cut-off character", "a\xE2\x82", "\"a\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"surrogate in bytes", "\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"empty array", json::array(), "[]"},
      {"empty object", json::object(), "{}"},
      {"nested", json{{"b", {1, "2", nullptr}}, {"a", json::object()}}, R"({"a":{},"b":[1,"2",null]})"},
      {"invalid name", json{{"\xFF", 1}}, "{\"\xEF\xBF\xBD\":1}"},
      {"binary", json::binary({1, 2}), "null"},
  };
  for (const auto& row : kRows) {
    CAPTURE(row.name);
    CHECK(dump_json(row.value) == row.want);
    std::string behind = "x";
    append_json(behind, row.value);
    CHECK(behind == std::string("x") + row.want);
  }
}

TEST_CASE("what is written reads back to the same value") {
  const json value = json::parse(R"({"a":[1,-2,3.25,1e-7,12345678901234567890,"\u00e9\n\"",true,null,{"b":{}}],"c":"x"})");
  const Result<json> back = parse_json(dump_json(value));
  REQUIRE(back.has_value());
  CHECK(*back == value);
  CHECK((*back)["a"][2].is_number_float());
}

TEST_CASE("a value nested beyond all bounds is written without a crash") {
  json value = 1;
  for (int level = 0; level < 100000; ++level) {
    json outer = json::array();
    outer.push_back(std::move(value));
    value = std::move(outer);
  }
  const std::string text = dump_json(value);
  CHECK(text.size() < 3000);
  CHECK(text.find("null") != std::string::npos);
}

TEST_CASE("words from a peer are cut at a character's edge") {
  CHECK(in_quotes("short") == "\"short\"");
  CHECK(in_quotes("") == "\"\"");
  CHECK(in_quotes("a\nb\x7f\"") == R"("a\nb\u007f\"")");
  CHECK(in_quotes("a\u202Eb\u0085c\u200Bd\uFEFF") == R"("a\u202eb\u0085c\u200bd\ufeff")");
  CHECK(in_quotes("\u061C\u00AD\u00E9\u2029\u2026") == "\"\\u061c\\u00ad\u00E9\\u2029\u2026\"");
  CHECK(in_quotes("\xFFz") == "\"\xEF\xBF\xBDz\"");
  CHECK(in_quotes("abcdef", 4) == "\"abcd\xE2\x80\xA6\"");
  CHECK(in_quotes("abc\xE2\x82\xAC", 4) == "\"abc\xE2\x80\xA6\"");
}

TEST_CASE("UTF-8 is told from what is none") {
  CHECK(is_utf8(""));
  CHECK(is_utf8("a\xC3\xA9\xF0\x9F\x98\x80"));
  CHECK_FALSE(is_utf8("\xC3"));
  CHECK_FALSE(is_utf8("a\xF5\x80\x80\x80"));
}

TEST_CASE("numbers are written as ECMAScript writes them") {
  const struct {
    double value;
    const char* want;
  } kRows[] = {
      {0, "0"}, {-0.0, "0"}, {1, "1"}, {-1.5, "-1.5"}, {100, "100"}, {1e20, "100000000000000000000"}, {1e21, "1e+21"},
      {1.5e21, "1.5e+21"}, {0.1, "0.1"}, {0.000001, "0.000001"}, {1e-7, "1e-7"}, {1.25e-9, "1.25e-9"}, {123.456, "123.456"},
      {5e-324, "5e-324"}, {1.7976931348623157e308, "1.7976931348623157e+308"}, {4.50, "4.5"}, {2e-3, "0.002"},
      {333333333.33333329, "333333333.3333333"}, {9007199254740992, "9007199254740992"}, {295147905179352830000.0, "295147905179352830000"},
  };
  for (const auto& row : kRows) {
    CAPTURE(row.want);
    std::string text;
    append_ecmascript_number(text, row.value);
    CHECK(text == row.want);
  }
}
