// SPDX-License-Identifier: Apache-2.0
// The JSON reader: what it takes is what nlohmann takes, to the same value; what it refuses, it refuses at the right byte.
#include <sumun/json.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

using namespace sumun;

namespace {

std::string nested(std::size_t depth, const std::string& open, const std::string& close) {
  std::string text;
  for (std::size_t level = 0; level < depth; ++level) {
    text += open;
  }
  text += "1";
  for (std::size_t level = 0; level < depth; ++level) {
    text += close;
  }
  return text;
}

}  // namespace

TEST_CASE("a JSON text reads to the value that it says") {
  const struct {
    const char* name;
    std::string text;
  } kRows[] = {
      {"null", "null"},
      {"true", " true "},
      {"false", "\tfalse\r\n"},
      {"zero", "0"},
      {"minus zero", "-0"},
      {"one", "1"},
      {"largest signed", "9223372036854775807"},
      {"beyond signed", "9223372036854775808"},
      {"largest unsigned", "18446744073709551615"},
      {"beyond unsigned", "18446744073709551616"},
      {"smallest", "-9223372036854775808"},
      {"beyond smallest", "-9223372036854775809"},
      {"fraction", "0.1"},
      {"exponent", "1e3"},
      {"all parts", "-12.5E-3"},
      {"largest double", "1.7976931348623157e308"},
      {"smallest denormal", "5e-324"},
      {"too small for a double", "1e-999"},
      {"long fraction", "0." + std::string(5000, '3')},
      {"empty string", "\"\""},
      {"plain string", "\"a plain string, longer than eight bytes\""},
      {"escapes", R"("\"\\\/\b\f\n\r\t")"},
      {"escaped NUL", R"("a\u0000b")"},
      {"escaped letters", R"("\u0041\u00e9\u20AC\uD83D\uDE00")"},
      {"two bytes", "\"\xC3\xA9\""},
      {"three bytes", "\"\xE2\x82\xAC\xED\x9F\xBF\xEE\x80\x80\""},
      {"four bytes", "\"\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF\""},
      {"delete and tilde", "\"\x7f~\""},
      {"special byte at every place of a word", R"("1234567\n1234567" )"},
      {"empty array", "[]"},
      {"empty array with space", "[ \n ]"},
      {"array", "[1, [2], {\"a\": 3}, \"4\", null]"},
      {"empty object", "{}"},
      {"empty object with space", "{ }"},
      {"object", R"({"b": 1, "a": {"c": [true]}, "": 0})"},
      {"names in order", R"({"a":1,"b":2,"c":3})"},
      {"names in no order", R"({"c":1,"a":2,"b":3})"},
      {"escaped name", R"({"\u0061":1,"b":2})"},
      {"a message", R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{"a":1,"b":2}}})"},
      {"deepest array", nested(kMaxJsonDepth, "[", "]")},
      {"deepest object", nested(kMaxJsonDepth, "{\"a\":", "}")},
  };
  for (const auto& row : kRows) {
    CAPTURE(row.name);
    const json want = json::parse(row.text);
    const Result<json> got = parse_json(row.text);
    REQUIRE_MESSAGE(got.has_value(), got.error().message);
    CHECK(*got == want);
    CHECK(got->type() == want.type());
    CHECK(got->dump() == want.dump());
  }
}

TEST_CASE("a text that is no JSON is refused with what is wrong and where") {
  const struct {
    const char* name;
    std::string text;
    const char* want;  // behind "invalid JSON at byte "
  } kRows[] = {
      {"empty", "", "0: the text ends too early"},
      {"only space", "  ", "2: the text ends too early"},
      {"byte order mark", "\xEF\xBB\xBF{}", "0: expected a value"},
      {"word", "nul", "0: unknown word"},
      {"wrong word", "trux", "0: unknown word"},
      {"no JSON", "hello", "0: expected a value"},
      {"NaN", "NaN", "0: expected a value"},
      {"two values", "1 2", "2: something follows the value"},
      {"trailing NUL", std::string("{}\0", 3), "2: NUL byte"},
      {"trailing bracket", "{}}", "2: something follows the value"},
      {"plus", "+1", "0: expected a value"},
      {"lone minus", "-", "1: the text ends too early"},
      {"minus letter", "-a", "1: expected a digit"},
      {"leading zero", "01", "0: number with a leading zero"},
      {"no fraction", "1.", "2: the text ends too early"},
      {"no fraction, more", "[1.]", "3: expected a digit"},
      {"no exponent", "1e", "2: the text ends too early"},
      {"signed nothing", "1e+", "3: the text ends too early"},
      {"too large", "1e999", "0: number out of range"},
      {"open string", "\"abc", "4: the text ends inside a string"},
      {"open escape", "\"a\\", "3: the text ends inside a string"},
      {"unknown escape", R"("a\x")", "2: unknown escape"},
      {"short unicode escape", R"("\u12")", "1: unknown escape"},
      {"no hex digit", R"("\u12G4")", "1: unknown escape"},
      {"control character", "\"a\nb\"", "2: control character in a string"},
      {"NUL in a string", std::string("\"a\0b\"", 5), "2: NUL byte"},
      {"NUL for a value", std::string("[\0]", 3), "1: NUL byte"},
      {"NUL for a comma", std::string("[1\0]", 4), "2: NUL byte"},
      {"high surrogate alone", R"("\uD800")", "1: lone surrogate"},
      {"high surrogate, letter", R"("\uD800\u0041")", "1: lone surrogate"},
      {"two high surrogates", R"("\uD800\uD800")", "1: lone surrogate"},
      {"low surrogate alone", R"("x\uDC00")", "2: lone surrogate"},
      {"stray continuation", "\"\x80\"", "1: invalid UTF-8"},
      {"overlong two", "\"\xC0\xAF\"", "1: invalid UTF-8"},
      {"overlong three", "\"\xE0\x80\xAF\"", "1: invalid UTF-8"},
      {"overlong four", "\"\xF0\x80\x80\xAF\"", "1: invalid UTF-8"},
      {"surrogate in bytes", "\"\xED\xA0\x80\"", "1: invalid UTF-8"},
      {"beyond Unicode", "\"\xF4\x90\x80\x80\"", "1: invalid UTF-8"},
      {"cut off", "\"ab\xE2\x82", "3: invalid UTF-8"},
      {"FF", "\"ab\xFF\"", "3: invalid UTF-8"},
      {"bad byte in a name", "{\"\xFF\":1}", "2: invalid UTF-8"},
      {"open array", "[1", "2: the text ends too early"},
      {"array comma", "[1,]", "3: expected a value"},
      {"array without comma", "[1 2]", "3: expected ',' or ']'"},
      {"open object", "{", "1: the text ends too early"},
      {"object comma", "{\"a\":1,}", "7: expected a member name"},
      {"number for a name", "{1:2}", "1: expected a member name"},
      {"no colon", "{\"a\" 1}", "5: expected ':'"},
      {"no comma", "{\"a\":1 \"b\":2}", "7: expected ',' or '}'"},
      {"comment", "[1] // one", "4: something follows the value"},
      {"duplicate name", R"({"a":1,"b":2,"a":3})", "13: duplicate member name \"a\""},
      {"duplicate of the last", R"({"a":1,"a":3})", "7: duplicate member name \"a\""},
      {"duplicate by escape", R"({"a":1,"\u0061":3})", "7: duplicate member name \"a\""},
      {"duplicate deep down", R"([{"x":{"":1,"":2}}])", "12: duplicate member name \"\""},
      {"array too deep", nested(kMaxJsonDepth + 1, "[", "]"), "128: nested too deeply"},
      {"object too deep", nested(kMaxJsonDepth + 1, "{\"a\":", "}"), "640: nested too deeply"},
      {"150,000 deep", nested(150000, "[", "]"), "128: nested too deeply"},
  };
  for (const auto& row : kRows) {
    CAPTURE(row.name);
    const Result<json> got = parse_json(row.text);
    REQUIRE(got.has_error());
    CHECK(got.error().code == ErrorCode::parse_error);
    CHECK(got.error().message == std::string("invalid JSON at byte ") + row.want);
  }
}

TEST_CASE("a long duplicate name is cut in the message") {
  const std::string name(10000, 'n');
  const Result<json> got = parse_json("{\"" + name + "\":1,\"" + name + "\":2}");
  REQUIRE(got.has_error());
  CHECK(got.error().message.size() < 150);
}

TEST_CASE("the limits are the caller's") {
  CHECK(parse_json("[[1]]", {.max_depth = 2}).has_value());
  CHECK(parse_json("[[1]]", {.max_depth = 1}).has_error());
  CHECK(parse_json("1", {.max_depth = 0}).has_value());
  CHECK(parse_json("[1,2]", {.max_values = 3}).has_value());
  CHECK(parse_json("[1,2]", {.max_values = 2}).error().message == "invalid JSON at byte 3: too many values");
  std::string many = "[";
  for (std::size_t count = 0; count < kMaxJsonValues; ++count) {
    many += "[],";
  }
  many.back() = ']';
  CHECK(parse_json(many).has_error());
  // Whatever the caller says, the reader's own recursion stays bounded.
  const std::string deep = nested(100000, "[", "]");
  CHECK(parse_json(deep, {.max_depth = 1000000}).has_error());
}

TEST_CASE("whatever byte a text has at a place, the verdict is nlohmann's") {
  // Each byte of some texts is replaced by each other byte: both readers take it or both refuse it. They may differ in
  // one thing: what ours refuses on purpose.
  const std::string texts[] = {R"({"a":[1,-2.5e+3,"x\u00e9\n",true,null],"b":{}})", "[0.5,1e9,\"\xC3\xA9\xF0\x9F\x98\x80\",false]"};
  for (const std::string& text : texts) {
    for (std::size_t place = 0; place < text.size(); ++place) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string changed = text;
        changed[place] = static_cast<char>(byte);
        CAPTURE(changed);
        const json want = json::parse(changed, nullptr, false);
        const Result<json> got = parse_json(changed);
        if (want.is_discarded()) {
          CHECK(got.has_error());
        } else if (got.has_value()) {
          CHECK(*got == want);
        } else {
          CHECK(got.error().message.find("duplicate member name") != std::string::npos);
        }
      }
    }
  }
}
