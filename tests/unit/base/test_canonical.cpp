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
      {"the example of section 3.2.2",
       R"({"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
           "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]})",
       // The bytes of section 3.2.4.
       "\x7b\x22\x6c\x69\x74\x65\x72\x61\x6c\x73\x22\x3a\x5b\x6e\x75\x6c\x6c\x2c\x74\x72\x75\x65\x2c\x66\x61\x6c\x73\x65\x5d\x2c\x22\x6e\x75"
       "\x6d\x62\x65\x72\x73\x22\x3a\x5b\x33\x33\x33\x33\x33\x33\x33\x33\x33\x2e\x33\x33\x33\x33\x33\x33\x33\x2c\x31\x65\x2b\x33\x30\x2c\x34"
       "\x2e\x35\x2c\x30\x2e\x30\x30\x32\x2c\x31\x65\x2d\x32\x37\x5d\x2c\x22\x73\x74\x72\x69\x6e\x67\x22\x3a\x22\xe2\x82\xac\x24\x5c\x75\x30"
       "\x30\x30\x66\x5c\x6e\x41\x27\x42\x5c\x22\x5c\x5c\x5c\x5c\x5c\x22\x2f\x22\x7d"},
      {"the example of section 3.2.3", R"({"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7})",
       "{\"\\r\":2,\"1\":4,\"\xC2\x80\":6,\"\xC3\xB6\":7,\"\xE2\x82\xAC\":1,\"\xF0\x9F\x98\x80\":5,\"\xEF\xAC\xB3\":3}"},
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
