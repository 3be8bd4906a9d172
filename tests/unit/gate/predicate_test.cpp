// SPDX-License-Identifier: Apache-2.0
// Predicates on arguments: exact numbers, types that do not fit, members that are not there, and what is refused.
#include "gate/predicate.hpp"

#include <sumun/json.hpp>

#include <doctest/doctest.h>

using namespace sumun;
using gate::Predicate;
using gate::Truth;

namespace {

int test(const char* predicate, const char* arguments) {
  const auto made = Predicate::compile(predicate);
  REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message));
  const auto value = parse_json(arguments);
  REQUIRE(value.has_value());
  return static_cast<int>(made->test(*value));
}

}  // namespace

TEST_CASE("a predicate holds, does not, or cannot be told") {
  const Truth yes = Truth::yes, no = Truth::no, unknown = Truth::unknown;
  const struct {
    const char* predicate;
    const char* arguments;
    Truth want;
  } cases[] = {
      // numbers by value, however they are written
      {"/a > 5000", R"({"a": 5000})", no},
      {"/a > 5000", R"({"a": 5001})", yes},
      {"/a > 5000", R"({"a": 5001.0})", yes},
      {"/a > 5000", R"({"a": 5000.0001})", yes},
      {"/a > 5000", R"({"a": 5.001e3})", yes},
      {"/a == 10000", R"({"a": 1e4})", yes},
      {"/a == 1e4", R"({"a": 10000})", yes},
      {"/a != 10000", R"({"a": 1E+4})", no},
      {"/a > 9007199254740992", R"({"a": 9007199254740993})", yes},
      {"/a == 9007199254740992", R"({"a": 9007199254740993})", no},
      {"/a <= 9007199254740992.0", R"({"a": 9007199254740993})", no},
      {"/a < 0", R"({"a": -0.0})", no},
      {"/a >= 18446744073709551615", R"({"a": 18446744073709551616})", yes},
      {"/a > -1", R"({"a": 18446744073709551615})", yes},
      {"/a > 5000", R"({"a": 1e308})", yes},
      // another type, null, nothing
      {"/a > 5000", R"({"a": "10000"})", unknown},
      {"/a > 5000", R"({"a": "1"})", unknown},
      {"/a <= 5000", R"({"a": "1"})", unknown},
      {"/a > 5000", R"({"a": null})", unknown},
      {"/a > 5000", R"({"a": true})", unknown},
      {"/a > 5000", R"({"a": [10000]})", unknown},
      {"/a > 5000", R"({"a": {}})", unknown},
      {"/a > 5000", R"({})", unknown},
      {"/a <= 5000", R"({})", unknown},
      {"/a == \"x\"", R"({"a": 1})", unknown},
      {"/a != \"x\"", R"({"a": ["x"]})", unknown},
      {"/a != \"x\"", R"({})", unknown},
      {"/a == null", R"({"a": 1})", no},
      {"/a == null", R"({"a": null})", yes},
      {"/a != null", R"({"a": 1})", yes},
      {"/a == null", R"({})", unknown},
      {"/a == true", R"({"a": true})", yes},
      {"/a == true", R"({"a": "true"})", unknown},
      // texts
      {"/a == \"x\"", R"({"a": "x"})", yes},
      {"/a == \"x\"", R"({"a": "X"})", no},
      {"/a < \"2026-07-01\"", R"({"a": "2026-06-30"})", yes},
      {"/a == \"caf\xc3\xa9\"", "{\"a\": \"cafe\xcc\x81\"}", no},
      {"/a == \"x\"", R"({"\u0061": "\u0078"})", yes},
      {"/caf\xc3\xa9 == 1", "{\"cafe\xcc\x81\": 1}", unknown},
      {R"(/a ~ "@example\\.com$")", R"({"a": "eve@example.com.evil"})", no},
      {R"(/a ~ "@example\\.com$")", R"({"a": "bob@example.com"})", yes},
      {R"(/a !~ "^[a-z]+$")", R"({"a": "Bob"})", yes},
      {R"(/a ~ "x")", R"({"a": 1})", unknown},
      {R"(/a !~ "x")", R"({"a": null})", unknown},
      // lists
      {"/a in [\"EUR\", \"USD\"]", R"({"a": "USD"})", yes},
      {"/a in [\"EUR\", \"USD\"]", R"({"a": "usd"})", no},
      {"/a not in [\"EUR\", \"USD\"]", R"({"a": "CHF"})", yes},
      {"/a not in [\"EUR\"]", R"({"a": 7})", unknown},
      {"/a in [1, \"1\"]", R"({"a": 1.0})", yes},
      {"/a in [1]", R"({})", unknown},
      // presence is exact
      {"/a", R"({"a": null})", yes},
      {"/a", R"({})", no},
      {"!/a", R"({})", yes},
      {"! /a", R"({"a": 0})", no},
      // pointers
      {"/a/b/0 > 1", R"({"a": {"b": [2]}})", yes},
      {"/a/1 > 1", R"({"a": [2]})", unknown},
      {"/a/00 > 1", R"({"a": [2]})", unknown},
      {"/a/- > 1", R"({"a": [2]})", unknown},
      {"/a/0 > 1", R"({"a": {"0": 2}})", yes},
      {"/a~1b~0c == 1", R"({"a/b~c": 1})", yes},
      {R"("/a b" == 1)", R"({"a b": 1})", yes},
      {"/ == 1", R"({"": 1})", yes},
      {"/a/b > 1", R"({"a": "text"})", unknown},
      {"  /a\t>\t1  ", R"({"a": 2})", yes},
  };
  for (const auto& one : cases) {
    CAPTURE(one.predicate);
    CAPTURE(one.arguments);
    CHECK(test(one.predicate, one.arguments) == static_cast<int>(one.want));
  }
}

TEST_CASE("a bad predicate is refused with its column") {
  const struct {
    const char* predicate;
    const char* message;
  } cases[] = {
      {"", "column 1: expected a JSON Pointer"},
      {"amount > 5", "column 1: expected a JSON Pointer"},
      {"/a~2 > 5", "column 3: in a JSON Pointer"},
      {"/a~", "column 3: in a JSON Pointer"},
      {"/a = 5", "column 4: expected one of"},
      {"/a>5 x", "column 6: expected one of"},
      {"/a >", "column 5: expected a JSON value"},
      {"/a > five", "column 6: expected a JSON value"},
      {"/a > 1 2", "column 6: expected a JSON value"},
      {"/a == {\"x\": 1, \"x\": 2}", "column 7: expected a JSON value"},
      {"/a > 1e999", "column 6: expected a JSON value"},
      {"/a > null", "column 6: expected a number or a text"},
      {"/a in \"EUR\"", "column 7: expected a list"},
      {"/a in []", "column 7: expected a list"},
      {"/a ~ 5", "column 6: expected a pattern"},
      {"/a ~ \"(\"", "column 6: "},
      {"!/a > 5", "column 5: !POINTER stands alone"},
      {"\"/a > 5", "column 1: expected a JSON string"},
      {"\"a\" > 5", "column 1: expected a JSON Pointer"},
  };
  for (const auto& one : cases) {
    CAPTURE(one.predicate);
    const auto made = Predicate::compile(one.predicate);
    REQUIRE(!made.has_value());
    CHECK_MESSAGE(made.error().message.starts_with(one.message), made.error().message);
  }
  CHECK(!Predicate::compile("/" + std::string(gate::kMaxPredicateBytes, 'a')).has_value());
}
