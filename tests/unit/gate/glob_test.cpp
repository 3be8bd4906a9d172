// SPDX-License-Identifier: Apache-2.0
// Globs of names and URIs: what matches, what cannot be told, and what is refused.
#include "gate/glob.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace sumun;
using gate::Glob;
using gate::Truth;

namespace {

Glob glob(std::string_view text, Glob::Kind kind) {
  auto made = Glob::compile(text, kind);
  REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message));
  return *std::move(made);
}

}  // namespace

TEST_CASE("a glob of names matches whole names, and case counts") {
  const struct {
    const char* pattern;
    const char* text;
    bool matches;
  } cases[] = {
      {"create_refund", "create_refund", true}, {"create_refund", "create_refunds", false}, {"create_refund", "Create_refund", false},
      {"create_*", "create_", true},            {"create_*", "create_refund", true},        {"create_*", "recreate_refund", false},
      {"*refund*", "create_refund_now", true},  {"*", "", true},                            {"**", "anything/at:all", true},
      {"a*b*c", "aXbYbZc", true},               {"a*b*c", "aXbYbZ", false},                 {"?", "한", true},
      {"?", "ab", false},                       {"?", "", false},                           {"a?c", "abc", true},
      {"local:*", "local:alice", true},         {"*", "https://login.example/|u/7", true},  {"a\\*", "a*", true},
      {"a\\*", "ab", false},                    {"a\\[1\\]", "a[1]", true},                 {"*a", "aaaaaaaaab", false},
      {"caf\xc3\xa9", "cafe\xcc\x81", false},
  };
  for (const auto& one : cases) {
    CAPTURE(one.pattern);
    CAPTURE(one.text);
    CHECK(glob(one.pattern, Glob::Kind::names).match(one.text) == gate::truth(one.matches));
  }
}

TEST_CASE("in URIs * stops at a slash, and what has several readings is told only where all agree") {
  const Truth yes = Truth::yes, no = Truth::no, unknown = Truth::unknown;
  const struct {
    const char* pattern;
    const char* uri;
    Truth want;
  } cases[] = {
      {"docs://public/*", "docs://public/a", yes},
      {"docs://public/*", "docs://public/a/b", no},
      {"docs://public/**", "docs://public/a/b", yes},
      {"docs://**/c", "docs://a/b/c", yes},
      {"docs://*/c", "docs://a/b/c", no},
      {"docs://public/?", "docs://public//", no},
      {"docs://**b/*c", "docs://xb/yb/zc", yes},
      {"docs://a*b*c/**", "docs://aXbYc/d", yes},
      // escapes
      {"docs://public/*", "docs://public/a%2Fb", unknown},
      {"docs://secret/**", "docs://%73ecret/x", unknown},
      {"docs://secret/**", "docs://%2573ecret/x", no},
      {"docs://secret/**", "docs://secret/%zz", yes},
      {"docs://secret/**", "docs://other/%41", no},
      // dots and slashes, with and without a host
      {"docs://public/**", "docs://public/../secret/x", unknown},
      {"docs://secret/**", "docs://public/../secret/x", unknown},
      {"docs://public/**", "docs://public/%2e%2e/secret/x", unknown},
      {"docs://secret/**", "docs://x/..%2fsecret/x", unknown},
      {"docs://secret/**", "docs://./secret/x", unknown},
      {"docs://secret/**", "docs:///secret/x", no},
      {"file:///secret/**", "file:////secret/x", unknown},
      {"file:///secret/**", "file:///a//../secret/x", unknown},
      {"file:///a/**", "file:///a/../../../etc/passwd", unknown},
      {"file:///etc/**", "file:///a/../../../etc/passwd", unknown},
      {"docs://secret/x", "docs://secret/x#part", unknown},
      {"docs://secret/x", "docs://secret/x?y=1", no},
      {"docs://find?q=*", "docs://find?q=abc", yes},
      {"note:a", "note:b/../a", unknown},
      // case
      {"docs://secret/**", "DOCS://secret/x", unknown},
      {"docs://secret/**", "docs://Secret/x", unknown},
      {"docs://Secret/**", "docs://Secret/x", yes},
      {"docs://secret/**", "docs://other/X", no},
      {"docs://x", "", no},
  };
  for (const auto& one : cases) {
    CAPTURE(one.pattern);
    CAPTURE(one.uri);
    CHECK(static_cast<int>(glob(one.pattern, Glob::Kind::uris).match(one.uri)) == static_cast<int>(one.want));
  }
}

TEST_CASE("of a URI that is too long nothing can be told") {
  const std::string longest = "d:" + std::string(gate::kMaxJudgedBytes - 2, 'a');
  CHECK(glob("d:**", Glob::Kind::uris).match(longest) == Truth::yes);
  CHECK(glob("d:**", Glob::Kind::uris).match(longest + "a") == Truth::unknown);
  CHECK(glob("*", Glob::Kind::names).match(longest + "a") == Truth::unknown);
  CHECK(glob("**a*a*a*b", Glob::Kind::uris).match(longest) == Truth::no);
}

TEST_CASE("a bad glob is refused with its column") {
  const struct {
    const char* pattern;
    const char* message;
  } cases[] = {
      {"", "column 1: an empty glob"},           {"a***", "column 2: expected * or **"}, {"a[bc]", "column 2: there are no sets"},
      {"a{b,c}", "column 2: there are no sets"}, {"ab]", "column 3: there are no sets"}, {"ab\\", "column 3: expected a character"},
      {"a\nb", "column 2: a glob holds no"},     {"\xff", "column 1: expected UTF-8"},
  };
  for (const auto& one : cases) {
    CAPTURE(one.pattern);
    const auto made = Glob::compile(one.pattern, Glob::Kind::uris);
    REQUIRE(!made.has_value());
    CHECK(made.error().message.starts_with(one.message));
  }
  CHECK(!Glob::compile(std::string(gate::kMaxGlobBytes + 1, 'a'), Glob::Kind::names).has_value());
  CHECK(Glob::compile(std::string(gate::kMaxGlobBytes, 'a'), Glob::Kind::names).has_value());
}

TEST_CASE("a template may match where one of its URIs does") {
  const struct {
    const char* pattern;
    const char* uri_template;
    bool may;
  } cases[] = {
      {"docs://public/**", "docs://{+path}", true},  {"docs://public/**", "docs://secret/{id}", false}, {"docs://*", "docs://{id}", true},
      {"docs://a/b", "docs://{x}/b", true},          {"docs://a/b", "docs://{x}/c", false},             {"**", "x:{a}", true},
      {"docs://*/x*y", "docs://{a}/{b}z", false},    {"docs://*/x*", "docs://{a}/{b}z", true},          {"notes://**", "docs://{a}", false},
      {"docs://a?c", "docs://{x}", true},
  };
  for (const auto& one : cases) {
    CAPTURE(one.pattern);
    CAPTURE(one.uri_template);
    CHECK(glob(one.pattern, Glob::Kind::uris).may_match_template(one.uri_template) == one.may);
  }
}
