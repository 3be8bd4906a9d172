// SPDX-License-Identifier: Apache-2.0
// Regular expressions of ECMA-262, and that none of them takes long.
#include "schema/pattern.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using sumun::schema::Pattern;

namespace {

Pattern::Answer search(std::string_view expression, std::string_view text) {
  const auto pattern = Pattern::compile(expression, 4000);
  REQUIRE_MESSAGE(pattern.has_value(), std::string(expression));
  return pattern->search(text);
}

}  // namespace

TEST_CASE("a pattern matches where ECMA-262 says") {
  const struct {
    const char *pattern, *text;
    bool want;
  } table[] = {
      {"", "", true},
      {"", "x", true},
      {"a", "xay", true},
      {"^a", "ba", false},
      {"a$", "ab", false},
      {"^$", "", true},
      {"^$", "\n", false},
      {"^a$", "a\n", false},  // $ is the end of the text, not of a line
      {"^(a|b)*c$", "ababc", true},
      {"^(a|b)*c$", "abxbc", false},
      {"^a{2,3}$", "a", false},
      {"^a{2,3}$", "aaa", true},
      {"^a{2,3}$", "aaaa", false},
      {"^a{2}$", "aa", true},
      {"^a{2,}$", "aaaaa", true},
      {"^a{0}$", "", true},
      {"^a{0,1}b$", "b", true},
      {"^a{,3}$", "a{,3}", true},  // no quantifier: the characters themselves
      {"^x{$", "x{", true},
      {"^a+?b*?$", "aab", true},
      {"^.$", "é", true},  // one code point
      {"^.$", "😀", true},
      {"^.$", "\n", false},
      {"^..$", "é", false},
      {"^[a-c]+$", "abcabc", true},
      {"^[^a-c]+$", "xyz", true},
      {"^[^a-c]$", "é", true},
      {"^[]$", "a", false},
      {"^[^]$", "\n", true},
      {"^[a-]$", "-", true},
      {"^[\\w-]+$", "a-b", true},
      {"^[\\]]$", "]", true},
      {"^[α-ω]+$", "λόγος", false},
      {"^[α-ωό]+$", "λόγος", true},
      {"^\\d+$", "123", true},
      {"^\\d+$", "١٢٣", false},  // ASCII digits only
      {"^\\D$", "é", true},
      {"^\\w+$", "a_9", true},
      {"^\\w$", "é", false},
      {"^\\W$", "é", true},
      {"^\\s$", "\xC2\xA0", true},
      {"^\\s$", "\xE2\x80\xA8", true},
      {"^\\S$", " ", false},
      {"^\\t\\n\\x41\\u0042\\u{1F600}$", "\t\nAB😀", true},
      {"^\\uD83D\\uDE00$", "😀", true},
      {"^\\cA$", "\x01", true},
      {"^\\.\\*\\/\\-$", ".*/-", true},
      {"\\bcat\\b", "a cat sat", true},
      {"\\bcat\\b", "concat", false},
      {"\\Bcat", "concat", true},
      {"^(?:ab)+$", "abab", true},
      {"^(?<year>\\d{4})$", "2026", true},
      {"^(?=.*\\d)(?=.*[a-z]).{4,}$", "ab1c", true},
      {"^(?=.*\\d)(?=.*[a-z]).{4,}$", "abcd", false},
      {"^(?!foo)", "foobar", false},
      {"^(?!foo)", "barfoo", true},
      {"(?<=\\$)\\d+", "cost $5", true},
      {"(?<=\\$)\\d+", "cost 5", false},
      {"(?<!a)b", "ab", false},
      {"(?<!a)b", "cb", true},
      {"(?<=ab{2}c)d", "xabbcd", true},
      {"^(a*)*$", "aaab", false},
      {"^(a|)*$", "aaa", true},
      {"a|^b|c$", "xxc", true},
      {"^a|b", "xb", true},
      {"x]y", "x]y", true},
      {"^\\p{L}+$", "Größe", true},
      {"^\\p{L}+$", "a1", false},
      {"^\\p{Lu}\\p{Ll}+$", "Éa", true},
      {"^\\p{Letter}$", "ж", true},
      {"^\\p{General_Category=Decimal_Number}$", "٣", true},
      {"^\\p{gc=Nd}$", "३", true},
      {"^\\p{digit}$", "7", true},
      {"^\\P{Nd}$", "7", false},
      {"^\\P{Nd}$", "x", true},
      {"^\\p{Script=Greek}+$", "λόγος", true},
      {"^\\p{sc=Grek}+$", "logos", false},
      {"^\\p{Script=Hiragana}$", "ー", false},
      {"^\\p{Script_Extensions=Hiragana}$", "ー", true},  // a mark of two scripts
      {"^\\p{scx=Hira}$", "ー", true},
      {"^\\p{Emoji_Presentation}$", "😀", true},
      {"^\\p{RI}{2}$", "🇨🇭", true},
      {"^\\p{White_Space}$", "\xE3\x80\x80", true},
      {"^\\p{Any}$", "\n", true},
      {"^\\p{ASCII}+$", "é", false},
      {"^\\p{Assigned}$", "\xCD\xB8", false},  // U+0378
      {"^[\\p{Lu}_]+$", "A_É", true},
      {"^[^\\p{Lu}]+$", "aé", true},
      {"^[\\P{Lu}A]+$", "aAé", true},
      {"^(?<año>\\d)(?<$_1>x)$", "1x", true},
      {"^(?<\\u{61}b>x)$", "x", true},
      {"^(?:(?<y>a)|(?<y>b))$", "b", true},  // one name in two alternatives
      {"^(?i:straße)$", "STRAẞE", true},
      {"^(?i:[^x])$", "X", false},
      {"^(?i:\\u212A)$", "k", true},
      {"^(?i:a)b$", "AB", false},
      {"(?i:\\bk)", "k", true},
      {"^(?i:\\w)$", "\xC5\xBF", true},  // U+017F is a form of s
      {"(?m:^b$)", "a\nb\nc", true},
      {"^b$", "a\nb\nc", false},
      {"^(?s:.)(?-s:.)$", "\nx", true},
      {"^(?s:a(?-s:.))$", "a\n", false},
      {"(?<=(?<!x)a+)b", "xaab", true},
  };
  for (const auto& row : table) {
    CAPTURE(row.pattern);
    CAPTURE(row.text);
    CHECK(search(row.pattern, row.text) == (row.want ? Pattern::Answer::yes : Pattern::Answer::no));
  }
}

TEST_CASE("what is no pattern is refused with what and where") {
  const struct {
    const char *pattern, *want;
  } table[] = {
      {"(", "a group is not closed at offset 1"},
      {")", "unmatched ')' at offset 0"},
      {"[a", "[...] is not closed at offset 2"},
      {"*a", "nothing to repeat at offset 0"},
      {"a**", "nothing to repeat at offset 2"},
      {"^*", "nothing to repeat at offset 2"},
      {"a{3,2}", "the bounds of {n,m} are out of order at offset 6"},
      {"[z-a]", "a range of [...] is out of order at offset 4"},
      {"\\", "the expression ends with a backslash at offset 1"},
      {"\\a", "unknown escape \\a at offset 1"},
      {"\\u12", "malformed \\u escape at offset 2"},
      {"\\u{110000}", "malformed \\u{…} at offset 9"},
      {"\\xg", "malformed \\x escape at offset 2"},
      {"(a)\\1", "back-references are not supported at offset 4"},
      {"(?<a>x)\\k<a>", "back-references are not supported at offset 8"},
      {"(a)\\2", "there is no group 2 at offset 4"},
      {"\\k<b>(?<a>x)", "there is no group \"b\" at offset 1"},
      {"\\k", "malformed \\k<…> at offset 2"},
      {"(?<a>x)(?<a>y)", "two groups are named \"a\" at offset 12"},
      {"((?<a>x)|y)(?<a>z)", "two groups are named \"a\" at offset 16"},
      {"(?<1>x)", "a group's name is no identifier at offset 3"},
      {"(?<>x)", "a group has an empty name at offset 4"},
      {"(?<a", "a group's name does not end at offset 4"},
      {"\\p", "malformed \\p{…} at offset 1"},
      {"\\p{L", "malformed \\p{…} at offset 1"},
      {"\\p{}", "no property of characters is called \"\" at offset 3"},
      {"\\p{letter}", "no property of characters is called \"letter\" at offset 3"},
      {"\\p{Script=Latine}", "no property of characters is called \"Script=Latine\" at offset 3"},
      {"\\p{script=Latin}", "no property of characters is called \"script=Latin\" at offset 3"},
      {"\\p{Block=Basic_Latin}", "no property of characters is called \"Block=Basic_Latin\" at offset 3"},
      {"\\p{alnum}", "no property of characters is called \"alnum\" at offset 3"},  // ICU's, not ECMA-262's
      {"[\\p{Greek}]", "no property of characters is called \"Greek\" at offset 4"},
      {"(?-:a)", "unknown kind of group at offset 1"},
      {"(?ii:a)", "unknown kind of group at offset 1"},
      {"(?i-i:a)", "unknown kind of group at offset 1"},
      {"(?i)a", "unknown kind of group at offset 1"},
      {"\\01", "octal escapes are not allowed at offset 2"},
  };
  for (const auto& row : table) {
    CAPTURE(row.pattern);
    const auto pattern = Pattern::compile(row.pattern, 4000);
    REQUIRE(pattern.has_error());
    CHECK(pattern.error().message == row.want);
  }
}

TEST_CASE("large repetitions and deep nesting are refused, not tried") {
  for (const char* expression : {"(a{1000}){1000}", "((a{100}){100}){100}", "a{99999}"}) {
    CAPTURE(expression);
    const auto pattern = Pattern::compile(expression, 4000);
    REQUIRE(pattern.has_error());
    CHECK(pattern.error().message.find("too large") != std::string::npos);
  }
  const std::string deep = std::string(100000, '(') + std::string(100000, ')');
  CHECK(Pattern::compile(deep, 4000).has_error());
  CHECK(search("^(){99999}$", "") == Pattern::Answer::yes);
  std::string classes;
  for (int i = 0; i < 2000; ++i) classes += i % 2 == 0 ? "\\p{L}" : "\\P{L}";
  CHECK(Pattern::compile(classes, 4000).error().message.find("classes of the expression are too large") != std::string::npos);
}

TEST_CASE("no expression takes exponential time, and no text exhausts the stack") {
  using Clock = std::chrono::steady_clock;
  const std::string as(30'000, 'a');
  const auto start = Clock::now();
  CHECK(search("^(a+)+$", as + "b") == Pattern::Answer::no);
  CHECK(search("^(a|a)*$", as + "b") == Pattern::Answer::no);
  CHECK(search("^(a|aa)+$", as + "b") == Pattern::Answer::no);
  CHECK(search("(x+x+)+y", std::string(30'000, 'x')) == Pattern::Answer::no);
  CHECK(search("^(?=(a+)+b)", as) == Pattern::Answer::no);
  CHECK(search("^.*$", std::string(4'000'000, 'x')) == Pattern::Answer::yes);
  CHECK(Clock::now() - start < std::chrono::seconds(20));
}

TEST_CASE("a search that is too costly says so") {
  // A look-ahead to the end at every place: quadratic.
  CHECK(search("(?:a(?!.*b.*b))+c", std::string(200'000, 'a') + "bb") == Pattern::Answer::too_costly);
}

TEST_CASE("malformed UTF-8 is a character of its own, not a fault") {
  CHECK(search("^.$", "\xFF") == Pattern::Answer::yes);
  CHECK(search("^..$", "\xC3\xC3") == Pattern::Answer::yes);
  CHECK(search("(?<=x)\xC3\xA9", "x\xC3\xA9") == Pattern::Answer::yes);
}
