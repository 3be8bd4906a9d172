// SPDX-License-Identifier: Apache-2.0
// URI templates read backwards.
#include "server/uri_template.hpp"

#include <doctest/doctest.h>

using sumun::UriVariables;
using sumun::server::UriTemplate;

TEST_CASE("a template gives the variables of a URI, percent-decoded, or nothing") {
  struct {
    const char* name;
    std::string pattern;
    std::string uri;
    bool fits;
    UriVariables want;
  } table[] = {
      {"empty", "", "", true, {}},
      {"empty against something", "", "a", false, {}},
      {"a literal", "a:b", "a:b", true, {}},
      {"a literal, longer", "a:b", "a:bc", false, {}},
      {"one variable", "file:///{name}", "file:///notes.txt", true, {{"name", "notes.txt"}}},
      {"a variable is not empty", "file:///{name}", "file:///", false, {}},
      {"a variable holds no slash", "file:///{name}", "file:///a/b", false, {}},
      {"nor a question mark", "file:///{name}", "file:///a?b", false, {}},
      {"a reserved one does", "file:///{+path}", "file:///a/b?c#d", true, {{"path", "a/b?c#d"}}},
      {"decoded", "x:{a}", "x:%41%20b", true, {{"a", "A b"}}},
      {"a slash that was encoded", "x:{a}", "x:..%2Fetc", true, {{"a", "../etc"}}},
      {"a percent sign alone", "x:{a}", "x:100%", true, {{"a", "100%"}}},
      {"half an escape", "x:{a}", "x:%4", true, {{"a", "%4"}}},
      {"bad digits", "x:{a}", "x:%zz", true, {{"a", "%zz"}}},
      {"NUL", "x:{a}", "x:a%00b", false, {}},
      {"a stray byte", "x:{a}", "x:%ff", false, {}},
      {"two variables", "x:{a}/{b}", "x:1/2", true, {{"a", "1"}, {"b", "2"}}},
      {"longest first", "x:{a}-{b}", "x:1-2-3", true, {{"a", "1-2"}, {"b", "3"}}},
      {"a suffix", "x:{a}.md", "x:a.md.md", true, {{"a", "a.md"}}},
      {"a path segment", "x:y{/a}", "x:y/1", true, {{"a", "1"}}},
      {"without its slash", "x:y{/a}", "x:y1", false, {}},
      {"a query", "x:y{?a,b}", "x:y?b=2&a=1", true, {{"a", "1"}, {"b", "2"}}},
      {"part of a query", "x:y{?a,b}", "x:y?a=1", true, {{"a", "1"}}},
      {"no query", "x:y{?a,b}", "x:y", true, {}},
      {"another name", "x:y{?a}", "x:y?c=1", false, {}},
      {"no value", "x:y{?a}", "x:y?a", true, {{"a", ""}}},
      {"UTF-8", "x:{a}", "x:%EC%88%98%EB%AC%B8", true, {{"a", "수문"}}},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    auto parsed = UriTemplate::parse(row.pattern);
    REQUIRE(parsed.has_value());
    const auto found = parsed->match(row.uri);
    CHECK(found.has_value() == row.fits);
    if (found) CHECK(*found == row.want);
  }
}

TEST_CASE("a template that is none says where") {
  struct {
    const char* pattern;
    const char* words;
  } table[] = {{"x:{a", "'{' without '}' at 2"}, {"x:a}", "'}' without '{' at 3"}, {"x:{}", "variable name"},
               {"x:{a}{a}", "stands twice"},     {"x:{#a}", "variable name"},      {"x:{a*}", "variable name"},
               {"x:{a:3}", "variable name"},     {"x:{a,b}", "only a query"},      {"x:{?}", "variable name"},
               {"x:{?a,}", "variable name"},     {"x:{{a}}", "variable name"}};
  for (const auto& row : table) {
    CAPTURE(std::string(row.pattern));
    auto parsed = UriTemplate::parse(row.pattern);
    REQUIRE(!parsed.has_value());
    CHECK_MESSAGE(parsed.error().message.find(row.words) != std::string::npos, parsed.error().message);
    CHECK(parsed.error().message.find(row.pattern) != std::string::npos);
  }
}

TEST_CASE("a hostile URI cannot make matching slow") {
  auto parsed = UriTemplate::parse("x:{+a}/{+b}/{+c}/{+d}/{+e}!");
  REQUIRE(parsed.has_value());
  std::string uri = "x:";
  for (int i = 0; i < 4000; ++i) uri += "a/";
  const auto begin = std::chrono::steady_clock::now();
  CHECK(!parsed->match(uri));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2));
}

TEST_CASE("a template expands to a URI that it matches again") {
  const struct {
    const char* pattern;
    UriVariables values;
    const char* uri;  // null = a value is missing
  } table[] = {{"x:{a}", {{"a", "b c/d"}}, "x:b%20c%2Fd"},   {"x:{+a}", {{"a", "b c/d?e"}}, "x:b%20c/d?e"}, {"x:a{/b}", {{"b", "c"}}, "x:a/c"},
               {"x:a{?b,c}", {{"c", "d&e"}}, "x:a?c=d%26e"}, {"x:a{?b,c}", {{"b", "1"}, {"c", "2"}}, "x:a?b=1&c=2"},
               {"x:a{?b}", {}, "x:a"},                       {"x:{a}", {}, nullptr},                        {"x:{a}", {{"a", "\xed\x95\x9c"}}, "x:%ED%95%9C"}};
  for (const auto& row : table) {
    CAPTURE(std::string(row.pattern));
    const auto parsed = UriTemplate::parse(row.pattern);
    REQUIRE(parsed.has_value());
    const auto uri = parsed->expand(row.values);
    REQUIRE(uri.has_value() == (row.uri != nullptr));
    if (!uri) continue;
    CHECK(*uri == row.uri);
    if (uri->find("?e") == std::string::npos) CHECK(parsed->match(*uri) == row.values);
  }
}
