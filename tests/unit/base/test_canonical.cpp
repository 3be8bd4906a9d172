// SPDX-License-Identifier: Apache-2.0
// Equal values have equal canonical bytes, in the form of RFC 8785.
#include "base/canonical.hpp"

#include <sumun/json.hpp>

#include <doctest/doctest.h>

using namespace sumun;

TEST_CASE("the canonical text is the one of RFC 8785") {
  const struct {
    const char* name;
    const char* text;
    const char* want;
  } kRows[] = {
      {"null", "null", "null"},
      {"white space goes", " { \"b\" : [ 1 , 2 ] , \"a\" : { } } ", R"({"a":{},"b":[1,2]})"},
      {"whole doubles lose their point", "[1.0, 10.50, 1E2, -0.0, 1e21]", "[1,10.5,100,0,1e+21]"},
      {"escapes become the shortest form", R"(["\u0041\u000a\u001F\/\u00e9"])", "[\"A\\n\\u001f/\xC3\xA9\"]"},
      {"integers beyond a double's are exact", "[9007199254740993, 18446744073709551615, -9223372036854775808]",
       "[9007199254740993,18446744073709551615,-9223372036854775808]"},
      // U+10000 is D800 DC00 in UTF-16, before U+E000 and U+FFFF, though behind them in UTF-8.
      {"names in UTF-16 order", R"({"\ufb33":1,"\ud83d\ude00":2,"\ue000":3,"z":4,"\u20ac":5,"":6})",
       "{\"\":6,\"z\":4,\"\xE2\x82\xAC\":5,\"\xF0\x9F\x98\x80\":2,\"\xEE\x80\x80\":3,\"\xEF\xAC\xB3\":1}"},
      {"a shared beginning", R"({"a\ue000":1,"a\ud83d\ude00":2,"a":3})", "{\"a\":3,\"a\xF0\x9F\x98\x80\":2,\"a\xEE\x80\x80\":1}"},
  };
  for (const auto& row : kRows) {
    CAPTURE(row.name);
    const Result<json> value = parse_json(row.text);
    REQUIRE(value.has_value());
    CHECK(canonical_json(*value) == row.want);
    // It is a fixed point.
    const Result<json> again = parse_json(row.want);
    REQUIRE(again.has_value());
    CHECK(canonical_json(*again) == row.want);
  }
}

TEST_CASE("a digest depends on the value and on nothing else") {
  const json one = *parse_json(R"({"a": 1, "b": [1.0, "x"]})");
  const json same = *parse_json(R"({"b":[1,"\u0078"],"a":1})");
  const json other = *parse_json(R"({"b":[1,"y"],"a":1})");
  CHECK(stable_digest(one) == stable_digest(same));
  CHECK(stable_digest(one) != stable_digest(other));
  // The published test vector of FIPS 180-2 for "abc".
  CHECK(to_hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(to_hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
