// SPDX-License-Identifier: Apache-2.0
// The formats of the standard, from the grammars and the examples of their RFCs.
#include "schema/formats.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using sumun::schema::find_format;

namespace {

struct Case {
  const char* format;
  std::vector<std::string> good, bad;
};

std::string times(std::size_t count, const std::string& part) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += part;
  return out;
}

void run(const std::vector<Case>& table) {
  for (const auto& row : table) {
    const auto check = find_format(row.format);
    REQUIRE_MESSAGE((check != nullptr), row.format);
    CAPTURE(row.format);
    for (const auto& text : row.good) {
      CAPTURE(text);
      CHECK(check(text));
    }
    for (const auto& text : row.bad) {
      CAPTURE(text);
      CHECK_FALSE(check(text));
    }
  }
}

}  // namespace

TEST_CASE("formats are found by their names alone") {
  for (const char* name : {"date-time", "date", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6", "uri",
                           "uri-reference", "iri", "iri-reference", "uri-template", "uuid", "json-pointer", "relative-json-pointer", "regex"}) {
    CAPTURE(name);
    CHECK((find_format(name) != nullptr));
  }
  for (const char* name : {"", "Date", "dates", "phone", "zzz", "int32"}) {
    CAPTURE(name);
    CHECK((find_format(name) == nullptr));
  }
}

TEST_CASE("times are those of RFC 3339") {
  run({
      {"date-time",
       {"1985-04-12T23:20:50.52Z", "1996-12-19T16:39:57-08:00", "1990-12-31T23:59:60Z", "1990-12-31T15:59:60-08:00", "0000-01-01t00:00:00z",
        "9999-12-31T23:59:59.9999999999999999999999+23:59"},
       {"", "1985-04-12", "1985-04-12 23:20:50Z", "1985-04-12T23:20:50", "1985-04-12T23:20Z", "1985-04-12T23:20:50.Z", "1990-12-31T23:59:60+01:00",
        "1985-04-12T23:20:50+0100", "1985-04-12T", "T23:20:50Z", "1985-04-12T23:20:50Z "}},
      {"date", {"2000-02-29", "1999-12-31", "0000-02-29"}, {"", "1900-02-29", "1999-12-3", "1999-12-031", "1999/12/31", "99-12-31", "1999-00-01"}},
      {"time", {"00:00:00Z", "23:59:59-23:59", "00:59:60+01:00", "18:59:60-05:00"}, {"", "0:00:00Z", "00:00:00", "00:00:00+1:00", "12:00:60Z", "23:59:60+05:00", "00:00:00Z0"}},
      {"duration",
       {"P1Y", "P1Y2M3DT4H5M6S", "PT1M", "P3W", "p1dt1h", "P0Y", times(1, "P") + times(1000, "9") + "D"},
       {"", "P", "T", "P1", "PT", "P1S", "PT1D", "P1W1D", "P1D1W", "P1YT", "P1M1Y", "P1Y1D", "PT1H1S", "P1.5D", "P1D ", "1D", "P1D1D", "PD"}},
  });
}

TEST_CASE("addresses of hosts are those of RFC 2673 and RFC 4291") {
  run({
      {"ipv4", {"0.0.0.0", "127.0.0.1", "255.255.255.255"}, {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.04", "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.4444", "1.2.3.4 ", "a.b.c.d"}},
      {"ipv6",
       {"ABCD:EF01:2345:6789:ABCD:EF01:2345:6789", "2001:DB8:0:0:8:800:200C:417A", "2001:DB8::8:800:200C:417A", "FF01::101", "::1", "::", "0:0:0:0:0:0:13.1.68.3",
        "::FFFF:129.144.52.38", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1::3.4.5.6"},
       {"", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8", "::1::", "12345::", "1:", ":1", "::1.2.3", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.4:5",
        "fe80::1%eth0", "::g", "[::1]", "::1 "}},
  });
}

TEST_CASE("host names are those of RFC 1123 and IDNA 2008") {
  const std::string label(63, 'a');
  run({
      {"hostname",
       {"a", "example.com", "EXAMPLE.Com", "3com.com", "1.2.3.4", "a-b--c", label, label + "." + label + "." + label + "." + std::string(61, 'a'), "xn--bcher-kva.example",
        "XN--BCHER-KVA"},
       {"", ".", "a.", ".a", "a..b", "-a", "a-", "a_b", "a b", "bücher.example", label + "a", label + "." + label + "." + label + "." + std::string(62, 'a'), "xn--",
        "xn--bcher-", "xn--99999999", "xn--a", "xn--Bcher-kva-", "xn--zzzzzzzzzzzzzzzzzzzzzzzzzzzz"}},
      {"idn-hostname",
       {"bücher.example", "例え.テスト", "ουτοπία.δπθ", "faß.de", "नेपाल", "xn--bcher-kva", "קום", "3com.com", "אבג.com", "Example"},
       {"", "bücher..de", "Bücher\xC3\x9C.de",  // an upper-case Ü has no place in a U-label
        "ü-.de", "-ü", "ab--cd", "üb--c", "a b", "a_b", "☃.net", "ｆｕｌｌ", "\xCC\x81x", "a\xE2\x80\x8D" "b", "e\xCC\x81",  // not normalized
        "אa", "1א", "\xFF", times(64, "ü")}},
  });
}

TEST_CASE("mail addresses are those of RFC 5321 and RFC 6531") {
  run({
      {"email",
       {"a@b", "first.last@example.com", "!#$%&'*+-/=?^_`{|}~@x", "\"\"@x", "\"a b\\\"c\\\\\"@x", std::string(64, 'a') + "@x", "a@[1.2.3.4]", "a@[IPv6:::1]", "a@[ipv6:::1]"},
       {"", "@", "a", "a@", "@b", "a@b@c", ".a@b", "a.@b", "a..b@c", "a b@c", "\"a@b", "\"a\"b@c", "a@-b", "a@b..c", "a@b.", "a@b_c", "a@[1.2.3]", "a@[::1]", "a@[IPv6:1]",
        "a@[x:y]", "a@1.2.3.4]", std::string(65, 'a') + "@x", "ü@x", "a@ü", "\"ü\"@x", "a@b\n", "\"a\\\n\"@x"}},
      {"idn-email",
       {"ü@x", "a@ü.de", "\"ü\"@x", "用户@例え.テスト", "a@[1.2.3.4]", "e\xCC\x81@e\xCC\x81.x"},
       {"", "ü", "ü@", "@ü", "ü@☃", "ü@a..b", times(33, "ü") + "@x", "\xFF@x", "a@b。c"}},
  });
}

TEST_CASE("identifiers are those of RFC 3986, RFC 3987 and RFC 6570") {
  run({
      {"uri",
       {"ftp://ftp.is.co.za/rfc/rfc1808.txt", "ldap://[2001:db8::7]/c=GB?objectClass?one", "mailto:John.Doe@example.com", "tel:+1-816-555-1212",
        "telnet://192.0.2.16:80/", "urn:oasis:names:specification:docbook:dtd:xml:4.1.2", "a:", "a:b", "file:///etc", "http://", "http://[v1.a:b]", "http://h:", "x+y-z.1:?#", "http://a/%C3%A9?%20"},
       {"", ":", "a", "//a", "/a", "1a:b", "a b:c", "http://a b", "http://[::1", "http://[]", "http://[v.a]", "http://[v1.]", "http://h:8o", "http://[::1]x", "a:%4", "a:%zz", "a:[b]",
        "a:{b}", "a:é", "a:#b#c", "a:\x7F", "http://u@v@h", std::string("a:\0", 3)}},
      {"uri-reference", {"", "a", "/a", "//a/b", "?a", "#a", "../a", "a/b:c", "./a:b", "a?b:c", "a:b"}, {"1a:b", "a b", "\\a", "[", "%", "##", "é", ":a"}},
      {"iri", {"http://例え.テスト/パス?質問#断片", "urn:é", "http://a/?\xEE\x80\x80"}, {"é", "http://a/\xEE\x80\x80", "a: é", "a:\xFF", "a:\xC2\x85", "a:\xEF\xBF\xBF", "é:b"}},
      {"iri-reference", {"", "é", "//é", "#é", "/a/é"}, {"é b", "é:b", "\xC3"}},
      {"uri-template",
       {"", "http://example.com/~{username}/", "{+path:6}/here", "{#path:6,x}", "X{.list*}", "{/var,x}", "{;x,y,empty}", "{?x,y}", "{&x,y*}", "{%C3%A9}", "{a.b.c}", "é{x}", "{=later}", "{v:9999}"},
       {"{", "}", "{}", "{a", "{a}}", "{{a}}", "{a b}", "{a-b}", "{.}", "{a.}", "{.a.}", "{a:}", "{a:0}", "{a:10000}", "{a:*}", "{a**}", "{a,}", "{,}", "%", "%4", "a<b", "\"", "|", "`", "\\", "^"}},
  });
}

TEST_CASE("pointers are those of RFC 6901, UUIDs those of RFC 4122") {
  run({
      {"json-pointer", {"", "/", "/foo/0", "/a~1b", "/m~0n", "//", "/ ", "/é"}, {"a", "#/a", "/~", "/~2", "/a~", "0/a"}},
      {"relative-json-pointer", {"0", "10", "0#", "1/0", "2/highly/nested/objects", "0-1", "0-1#", "0+2/a"}, {"", "#", "/a", "00", "01/a", "-1", "0##", "0#/a", "0a", "0+", "0-a", "1/~"}},
      {"uuid", {"f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6"}, {"", "f81d4fae7dec11d0a76500a0c91e6bf6", "{f81d4fae-7dec-11d0-a765-00a0c91e6bf6}", "g81d4fae-7dec-11d0-a765-00a0c91e6bf6", "f81d4fae-7dec-11d0-a765-00a0c91e6bf"}},
  });
}

TEST_CASE("a regular expression is one of ECMA-262, whether a pattern may use it or not") {
  run({
      {"regex",
       {"", "a|b", "^[a-z]{1,3}$", "(a)\\1", "\\1(a)", "(?<n>a)\\k<n>", "\\k<n>(?<n>a)", "(?<=a)b(?!c)", "\\p{Script=Greek}", "[^]", "(?i:a)", times(50000, "(a)|")},
       {"(", ")", "[", "a**", "?", "\\", "\\a", "(?P<n>a)", "(?<n>a)(?<n>b)", "\\k<m>(?<n>a)", "\\2(a)", "\\p{Nothing}", "(?i)a", "a{2,1}", "[b-a]", times(100000, "(")}},
  });
}

TEST_CASE("long texts take time in proportion, and no stack") {
  const std::size_t count = 1'000'000;
  run({
      {"date-time", {"2026-01-01T00:00:00." + std::string(count, '0') + "Z"}, {std::string(count, '0')}},
      {"duration", {"P" + std::string(count, '1') + "D"}, {"P" + times(count, "1D")}},
      {"email", {}, {std::string(count, 'a') + "@x", "a@" + times(count, "a."), "\"" + times(count, "\\\"")}},
      {"idn-email", {}, {times(count, "é") + "@x", "a@" + times(count, "é"), "a@" + times(count, "e\xCC\x81")}},
      {"hostname", {}, {std::string(count, 'a'), times(count, "a."), "xn--" + std::string(count, 'z')}},
      {"idn-hostname", {}, {times(count, "é"), times(count, "é."), times(count, "xn--tda."), std::string(count, '.')}},
      {"ipv6", {}, {std::string(count, '0'), times(count, "0:"), std::string(count, ':')}},
      {"uri", {"a:" + times(count, "%41"), "a://" + times(count, "u") + "@" + times(count, "h"), "a://h:" + std::string(count, '1')}, {"a://" + std::string(count, '[')}},
      {"iri", {"a:" + times(count, "é")}, {"a:" + times(count, "é") + " "}},
      {"uri-template", {times(count, "{a}"), "{" + times(count, "a,") + "a}"}, {std::string(count, '{'), "{" + times(count, "a.")}},
      {"json-pointer", {times(count, "/~0")}, {times(count, "/~0") + "~"}},
      {"regex", {times(count, "(?<a>)|") + "b", times(count, "a?"), "[" + times(count, "a-z") + "]"}, {std::string(count, '('), times(count, "(?="), times(count, "(?<a>)")}},
  });
}
