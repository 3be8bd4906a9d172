// SPDX-License-Identifier: Apache-2.0
// Command lines are split as a shell splits them, and nothing in them is expanded.
#include "words.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using sumun::host::quote_word;
using sumun::host::split_words;
using Words = std::vector<std::string>;

TEST_CASE("a command line is split into words") {
  struct {
    std::string name;
    std::string line;
    Words want;
  } table[] = {
      {"empty", "", {}},
      {"blanks only", " \t\n ", {}},
      {"one", "server", {"server"}},
      {"several blanks", "  npx   -y\tsome@1.2 \n", {"npx", "-y", "some@1.2"}},
      {"double quotes", R"(a "b c" d)", {"a", "b c", "d"}},
      {"single quotes keep all", R"(a 'b "c" \ $d')", {"a", R"(b "c" \ $d)"}},
      {"quotes inside a word", R"(--path="/a b"/'c d')", {"--path=/a b/c d"}},
      {"an empty word", R"(a "" '' b)", {"a", "", "", "b"}},
      {"backslash", R"(a\ b \"c \\)", {"a b", "\"c", "\\"}},
      {"backslash in double quotes", R"("\"\\\$\`\n")", {R"("\$`\n)"}},
      {"a continued line", "a \\\n b", {"a", "b"}},
      {"nothing is expanded", "$HOME ~ *.cpp `id` $(id) a|b >c", {"$HOME", "~", "*.cpp", "`id`", "$(id)", "a|b", ">c"}},
      {"other scripts", "문서 'ä ö'", {"문서", "ä ö"}},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    const auto words = split_words(row.line);
    REQUIRE(words.has_value());
    CHECK(*words == row.want);
  }
}

TEST_CASE("a command line that cannot be split says why") {
  struct {
    std::string name;
    std::string line;
    const char* part;
  } table[] = {
      {"single quote", "a 'b", "a ' is never closed"},
      {"double quote", "a \"b", "a \" is never closed"},
      {"backslash at the end", "a\\", "backslash"},
      {"NUL", std::string("a\0b", 3), "NUL"},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    const auto words = split_words(row.line);
    REQUIRE_FALSE(words.has_value());
    CHECK(words.error().message.find(row.part) != std::string::npos);
  }
}

TEST_CASE("a quoted word splits into itself") {
  for (const std::string word : {"", "plain", "/a/b-c.d", "a b", "it's", "\"x\"", "$HOME", "a\\b", "日本", "a\nb"}) {
    CAPTURE(word);
    const auto words = split_words(quote_word(word));
    REQUIRE(words.has_value());
    CHECK(*words == Words{word});
  }
}
