// SPDX-License-Identifier: Apache-2.0
// URI references: the parts of one, and what one means beside a base.
#include "schema/uri.hpp"

#include <doctest/doctest.h>

using namespace sumun::schema;

TEST_CASE("a reference has the parts that RFC 3986 gives it") {
  const UriParts all = split_uri("http://user@host:80/a/b?x=1?y#f/g");
  CHECK(all.scheme == "http");
  CHECK(all.authority == "user@host:80");
  CHECK(all.path == "/a/b");
  CHECK(all.query == "x=1?y");
  CHECK(all.fragment == "f/g");

  const UriParts empty = split_uri("");
  CHECK(!empty.scheme);
  CHECK(!empty.authority);
  CHECK(empty.path.empty());
  CHECK(!empty.query);
  CHECK(!empty.fragment);

  CHECK(split_uri("a?").query == "");
  CHECK(split_uri("a#").fragment == "");
  CHECK(split_uri("//").authority == "");
  CHECK(split_uri("urn:a:b").path == "a:b");
  CHECK(!split_uri("./a:b").scheme);
  CHECK(!split_uri("a?b:c").scheme);
  CHECK(!split_uri("#a:b").scheme);
  CHECK(split_uri("a#b?c").fragment == "b?c");
  CHECK(without_fragment("a#b#c") == "a");
  CHECK(fragment_of("a#b#c") == "b#c");
  CHECK(!fragment_of("a"));
}

TEST_CASE("a reference is resolved as RFC 3986, section 5.4 shows") {
  const struct {
    const char *reference, *want;
  } table[] = {
      {"g:h", "g:h"},
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q#s"},
      {"g#s", "http://a/b/c/g#s"},
      {"g?y#s", "http://a/b/c/g?y#s"},
      {";x", "http://a/b/c/;x"},
      {"g;x?y#s", "http://a/b/c/g;x?y#s"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"./", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},
      {"../../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {".g", "http://a/b/c/.g"},
      {"g..", "http://a/b/c/g.."},
      {"..g", "http://a/b/c/..g"},
      {"./../g", "http://a/b/g"},
      {"./g/.", "http://a/b/c/g/"},
      {"g/./h", "http://a/b/c/g/h"},
      {"g/../h", "http://a/b/c/h"},
      {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/./x", "http://a/b/c/g?y/./x"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
      {"g#s/./x", "http://a/b/c/g#s/./x"},
      {"g#s/../x", "http://a/b/c/g#s/../x"},
      {"http:g", "http:g"},  // strict
  };
  for (const auto& row : table) {
    CAPTURE(row.reference);
    CHECK(resolve_uri("http://a/b/c/d;p?q", row.reference) == row.want);
  }
}

TEST_CASE("other bases: no path, no hierarchy, no scheme") {
  const struct {
    const char *base, *reference, *want;
  } table[] = {
      {"http://a", "b", "http://a/b"},
      {"http://a?q", "b", "http://a/b"},
      {"urn:example:root", "#x", "urn:example:root#x"},
      {"urn:example:root#old", "#new", "urn:example:root#new"},
      {"urn:example:root", "other", "urn:other"},
      {"urn:example:root", "urn:other", "urn:other"},
      {"file:///a/b.json", "c.json", "file:///a/c.json"},
      {"a/b.json", "c.json", "a/c.json"},
      {"/a/b.json", "../../c.json", "/c.json"},
      {"", "c.json", "c.json"},
      {"", "#/a", "#/a"},
      {"", "", ""},
      {"tag:x", "/.//g", "tag:/.//g"},  // no authority out of nothing
      {"http://a/é/b", "ü", "http://a/é/ü"},
  };
  for (const auto& row : table) {
    CAPTURE(row.base);
    CAPTURE(row.reference);
    CHECK(resolve_uri(row.base, row.reference) == row.want);
  }
}
