// SPDX-License-Identifier: Apache-2.0
#include "docsearch/tokenizer.hpp"
#include "docsearch/utf8.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

namespace sumun::docsearch {
namespace {

// Every token, in order; one beside another is joined to it by '|'.
std::string tokens(std::string_view text, Segmentation segmentation = Segmentation::dictionary) {
  Tokenizer tokenizer;
  std::string out;
  tokenizer.tokenize(text, [&](const Token& token) {
    if (!out.empty()) out += token.colocated ? "|" : " ";
    out += token.text;
    return 0;
  }, segmentation);
  return out;
}

TEST_CASE("text becomes the tokens of its script") {
  struct {
    const char* name;
    const char* text;
    const char* want;
  } const cases[] = {
      {"empty", "", ""},
      {"only separators", " \t\r\n.,;:!?()[]{}'\"", ""},
      {"case and stem, with the exact form", "Universities running", "univers|=universities run|=running"},
      {"a word that is its own stem", "cell", "cell"},
      {"possessive", "the patient's files", "the patient file|=files"},
      {"code with a hyphen, whole and in parts", "DEC-0054", "dec|dec0054 0054"},
      {"snake case", "max_open_files", "max|maxopenfil open file|=files"},
      {"camel case", "getUserName", "get|getusernam user name"},
      {"an acronym before a word", "HTTPServer", "http|httpserver server"},
      {"no split at single letters", "mRNA iPhone RNAs", "mrna iphon|=iphone rnas"},
      {"a number keeps its point", "3.14", "3|3.14 14"},
      {"a number loses its comma", "1,000", "1|1000 000"},
      {"a comma between words ties nothing", "red,green", "red green"},
      {"languages with signs", "C++ and C# but F# too", "c|c++ and c|c# but f|f# too"},
      {"file name", "notes.md", "note|=notes|notes.md md"},
      {"accents, with the exact form", "Café naïve", "cafe|=café naiv|=naïve"},
      {"sharp s", "Straße", "strass|=strasse"},
      {"full-width letters", "ＡＢＣ１２", "abc12"},
      {"Cyrillic", "Москва РЕКА", "москва река"},
      {"Greek final sigma", "ΟΔΟΣ", "οδοσ"},
      {"Hangul bigrams", "데이터베이스", "데이 이터 터베 베이 이스"},
      {"Hangul, two syllables", "휴가", "휴가"},
      {"Hangul, one syllable", "책 한 권", "책 한 권"},
      {"Hangul beside digits and Latin", "API를 2024년", "api 를 2024 년"},
      {"Hangul in conjoining letters", "\u1112\u1172\u1100\u1161", "휴가"},
      {"a UUID", "550e8400-e29b-41d4", "550e8400|550e8400e29b41d4 e29b 41d4"},
      {"an emoji is no word", "ok 👍 yes", "ok yes"},
      {"stray bytes separate", "ab\xFF" "cd", "ab cd"},
      {"cut off code point", "ab \xEA\xB0", "ab"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    CHECK(tokens(c.text) == c.want);
  }
}

TEST_CASE("Japanese and Chinese give character pairs and dictionary words") {
  const std::string japanese = tokens("東京都に住む");
  CAPTURE(japanese);
  CHECK(japanese.starts_with("東京 京都 都に に住 住む"));
  CHECK(japanese.find("|東京") != std::string::npos);
  CHECK(tokens("東京都に住む", Segmentation::pairs_only) == "東京 京都 都に に住 住む");
  const std::string chinese = tokens("我们的数据库");
  CAPTURE(chinese);
  CHECK(chinese.starts_with("我们 们的 的数 数据 据库"));
  CHECK(chinese.find("|我们") != std::string::npos);
  CHECK(tokens("ﾃﾞｰﾀ", Segmentation::pairs_only) == tokens("データ", Segmentation::pairs_only));
  CHECK(tokens("犬", Segmentation::pairs_only) == "犬");
}

TEST_CASE("a script without spaces and without pairs is cut by the dictionary") {
  const std::string thai = tokens("ภาษาไทย");
  CAPTURE(thai);
  CHECK(thai == "ภาษา ไทย");
}

TEST_CASE("a token says where it came from") {
  const std::string text = "ab é데이터 DEC-1 東京都";
  Tokenizer tokenizer;
  std::vector<std::string> sources;
  tokenizer.tokenize(text, [&](const Token& token) {
    REQUIRE(token.begin < token.end);
    REQUIRE(token.end <= text.size());
    sources.push_back(text.substr(token.begin, token.end - token.begin));
    return 0;
  }, Segmentation::pairs_only);
  CHECK(sources == std::vector<std::string>{"ab", "é", "é", "데이", "이터", "DEC", "DEC-1", "1", "東京", "京都"});
}

TEST_CASE("stop words are marked") {
  Tokenizer tokenizer;
  std::vector<std::string> marked;
  tokenizer.tokenize("What is the leave policy", [&](const Token& token) {
    if (token.stop_word && !token.colocated) marked.emplace_back(token.text);
    return 0;
  });
  CHECK(marked == std::vector<std::string>{"what", "is", "the"});
}

TEST_CASE("a sink that returns a value ends the work with it") {
  Tokenizer tokenizer;
  int seen = 0;
  const int returned = tokenizer.tokenize("one two three", [&](const Token&) { return ++seen == 2 ? 7 : 0; });
  CHECK(returned == 7);
  CHECK(seen == 2);
}

TEST_CASE("a token never exceeds its limit and never cuts a code point") {
  for (const std::string& text : {std::string(10'000, 'x'), std::string(5'000, 'A') + "b", []{ std::string s; for (int i = 0; i < 300; ++i) s += "é"; return s; }(),
                                  []{ std::string s; for (int i = 0; i < 3000; ++i) s += "ﷺ"; return s; }()}) {
    Tokenizer tokenizer;
    std::size_t count = 0;
    tokenizer.tokenize(text, [&](const Token& token) {
      ++count;
      CHECK(token.text.size() <= kMaxTokenBytes + 1);  // and the '=' of an exact form
      CHECK(first_invalid_utf8(token.text) == std::string_view::npos);
      return 0;
    });
    CHECK(count > 0);
  }
}

TEST_CASE("any bytes give tokens of valid UTF-8 inside the text") {
  std::mt19937 random(7);
  const std::string_view alphabet[] = {"a", "B", "-", "_", ".", " ", "9", "é", "가", "각", "漢", "ア", "ﾊ", "ﾞ", "ไ", "ท", "\xFF", "\xE3", "\x80", "'s", "++", "\xF0\x9F\x91\x8D", "ᄒ", "̈"};
  Tokenizer tokenizer;
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (int i = static_cast<int>(random() % 40); i > 0; --i) text += alphabet[random() % std::size(alphabet)];
    CAPTURE(text);
    bool first = true;
    tokenizer.tokenize(text, [&](const Token& token) {
      REQUIRE(!token.text.empty());
      REQUIRE(token.begin <= token.end);
      REQUIRE(token.end <= text.size());
      REQUIRE(first_invalid_utf8(token.text) == std::string_view::npos);
      REQUIRE(!(first && token.colocated));
      first = false;
      return 0;
    });
  }
}

TEST_CASE("the same text gives the same tokens after any other text") {
  Tokenizer tokenizer;
  const auto run = [&](const std::string& text) {
    std::string out;
    tokenizer.tokenize(text, [&](const Token& token) { return out.append(token.text).append(" "), 0; });
    return out;
  };
  const std::string before = run("Running DEC-0054 데이터 東京都 café");
  for (int i = 0; i < 50'000; ++i) run("word" + std::to_string(i) + " walking" + std::to_string(i * 7) + "s");
  CHECK(run("Running DEC-0054 데이터 東京都 café") == before);
}

}  // namespace
}  // namespace sumun::docsearch
