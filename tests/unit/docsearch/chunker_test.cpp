// SPDX-License-Identifier: Apache-2.0
#include "docsearch/chunker.hpp"
#include "docsearch/html.hpp"
#include "docsearch/jsonl.hpp"
#include "docsearch/utf8.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>

namespace sumun::docsearch {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v'; }

std::string text_of(const CutDocument& document, std::string_view file, std::size_t chunk) {
  const TextChunk& c = document.chunks.at(chunk);
  return std::string(document.text(file).substr(c.begin, c.end - c.begin));
}

// What must hold for every format, options and bytes.
void check_chunks(DocumentType type, const std::string& file, const ChunkOptions& options) {
  const CutDocument document = cut_document(type, file, options);
  const std::string_view text = document.text(file);
  std::vector<char> covered(text.size(), 0);
  std::size_t before = 0;
  for (const TextChunk& chunk : document.chunks) {
    REQUIRE(chunk.begin < chunk.end);
    REQUIRE(chunk.end <= text.size());
    REQUIRE(chunk.begin >= before);
    before = chunk.begin;
    std::fill(covered.begin() + static_cast<std::ptrdiff_t>(chunk.begin), covered.begin() + static_cast<std::ptrdiff_t>(chunk.end), char{1});
    if (first_invalid_utf8(text) != std::string_view::npos) continue;
    const std::string_view piece = text.substr(chunk.begin, chunk.end - chunk.begin);
    REQUIRE(first_invalid_utf8(piece) == std::string_view::npos);
    REQUIRE(count_characters(piece) <= sane(options).max_characters);
  }
  if (type == DocumentType::html && document.chunks.empty()) return;
  for (std::size_t i = 0; i < text.size(); ++i) REQUIRE_MESSAGE((covered[i] != 0 || is_blank(text[i])), "byte ", i, " is in no chunk");
}

std::string repeat(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

const std::string kHandbook =
    "---\ntitle: \"Handbook\"\n---\n\n# Handbook\n\nWelcome to the company.\n\n## Leave\n\n### Annual leave\n\n" +
    repeat("Every employee has 25 days of annual leave. ", 12) + "\n\n| Years | Days |\n|-------|------|\n| 1 | 25 |\n| 5 | 28 |\n\n### Sick leave\n\n" +
    repeat("Tell your lead before nine. ", 14) + "\n\n```sh\nsumun index handbook\n\nsumun search leave\n```\n";

TEST_CASE("chunks cover the text, stay inside the limit and never cut a code point") {
  const std::string korean = repeat("휴가는 매년 스물다섯 일이며 다음 해로 넘길 수 없습니다. ", 60);
  const std::string japanese = repeat("休暇は毎年二十五日であり、翌年に繰り越すことはできません。", 60);
  struct {
    const char* name;
    std::string text;
  } const cases[] = {
      {"empty", ""},
      {"only blanks", "  \n\t\r\n  "},
      {"one letter", "x"},
      {"handbook", kHandbook},
      {"handbook with CRLF", [] { std::string s; for (const char c : kHandbook) s += c == '\n' ? std::string("\r\n") : std::string(1, c); return s; }()},
      {"byte order mark", "\xEF\xBB\xBF# Title\n\ntext\n"},
      {"one very long line", std::string(50'000, 'x')},
      {"long line of words", repeat("word ", 20'000)},
      {"Korean", korean},
      {"Japanese without spaces", japanese},
      {"many small sections", repeat("# A\n\nb\n\n", 300)},
      {"only headings", repeat("## heading\n", 300)},
      {"unclosed fence", "text\n\n```\ncode\n" + repeat("line of code\n", 300)},
      {"large table", "| a | b |\n|---|---|\n" + repeat("| one | two |\n", 200)},
      {"nested list", repeat("- item\n  - below\n    continued\n1. first\n", 60)},
      {"html", "<html><head><title>T</title><style>p{}</style></head><body><h1>One</h1><p>" + repeat("Some text &amp; more. ", 90) + "</p><table><tr><td>a</td><td>b</td></tr></table><script>hidden()</script></body></html>"},
      {"code", repeat("int add(int a, int b) {\n  return a + b;\n}\n\n", 60)},
      {"stray bytes", "ab\xFF\xFE cd \x80\x80\x80\x80 \xEA\xB0" + repeat("\x81", 3000)},
      {"NUL", std::string("a\0b", 3)},
  };
  const ChunkOptions options[] = {{}, {1, 16, 0.5}, {300, 800, 0}, {50, 100, 0.15}, {0, 0, -1}, {900, 100, 9}};
  for (const auto& c : cases) {
    for (const ChunkOptions& cut : options) {
      for (const DocumentType type : {DocumentType::markdown, DocumentType::text, DocumentType::html, DocumentType::code}) {
        CAPTURE(c.name);
        CAPTURE(cut.max_characters);
        CAPTURE(to_string(type));
        check_chunks(type, c.text, cut);
      }
    }
  }
}

TEST_CASE("random bytes are cut like any other") {
  std::mt19937 random(11);
  const std::string_view alphabet[] = {"\n", "\n\n", " ", "# ", "```\n", "|", "|-|-|\n", "- ", "a", "word ", ". ", "가", "漢。", "<p>", "</p>", "<", "&amp;", "<!--", "<pre>", "\xFF", "    ", "===\n", "<script>", "<td>", "<table>"};
  for (int round = 0; round < 1500; ++round) {
    std::string text;
    for (int i = static_cast<int>(random() % 120); i > 0; --i) text += alphabet[random() % std::size(alphabet)];
    CAPTURE(text);
    for (const DocumentType type : {DocumentType::markdown, DocumentType::text, DocumentType::html, DocumentType::code}) check_chunks(type, text, {10, 40, 0.2});
  }
}

TEST_CASE("a chunk knows the headings above it") {
  const CutDocument document = cut_document(DocumentType::markdown, kHandbook, {});
  CHECK(document.title == "Handbook");
  bool annual = false, sick = false;
  for (std::size_t i = 0; i < document.chunks.size(); ++i) {
    const std::string text = text_of(document, kHandbook, i);
    const auto& trail = document.chunks[i].trail;
    if (text.find("25 days") != std::string::npos && trail == std::vector<std::string>{"Handbook", "Leave", "Annual leave"}) annual = true;
    if (text.find("before nine") != std::string::npos) {
      sick = true;
      CHECK(trail == std::vector<std::string>{"Handbook", "Leave", "Sick leave"});
    }
  }
  CHECK(annual);
  CHECK(sick);
}

TEST_CASE("a table or code block that fits stays whole") {
  const std::string table = "| Years | Days |\n|-------|------|\n" + repeat("| 1 | 25 |\n", 30);
  const std::string code = "```sh\n" + repeat("sumun index handbook\n\n", 25) + "```";
  const std::string text = "# A\n\n" + repeat("Running text before. ", 30) + "\n\n" + table + "\n" + repeat("Between them. ", 50) + "\n\n" + code + "\n\nafter\n";
  const CutDocument document = cut_document(DocumentType::markdown, text, {});
  int tables = 0, blocks = 0;
  for (std::size_t i = 0; i < document.chunks.size(); ++i) {
    const std::string chunk = text_of(document, text, i);
    tables += chunk.find(table.substr(0, table.size() - 1)) != std::string::npos;
    blocks += chunk.find(code) != std::string::npos;
  }
  CHECK(tables == 1);
  CHECK(blocks == 1);
}

TEST_CASE("running text that is split repeats 10 to 15 percent") {
  const std::string text = repeat("The quick brown fox jumps over the lazy dog near the river bank. ", 100);
  const CutDocument document = cut_document(DocumentType::text, text, {});
  REQUIRE(document.chunks.size() > 5);
  for (std::size_t i = 1; i < document.chunks.size(); ++i) {
    REQUIRE(document.chunks[i].begin < document.chunks[i - 1].end);
    const std::size_t overlap = document.chunks[i - 1].end - document.chunks[i].begin;
    CHECK(overlap >= 80);
    CHECK(overlap <= 120);
    const std::size_t size = document.chunks[i].end - document.chunks[i].begin;
    CHECK(size >= 300);
    CHECK(size <= 800);
  }
}

TEST_CASE("most chunks of a long text are between the minimum and the maximum") {
  std::mt19937 random(3);
  std::string text = "# Title\n\n";
  for (int section = 0; section < 40; ++section) {
    text += "## Section " + std::to_string(section) + "\n\n";
    for (int paragraph = 0; paragraph < 4; ++paragraph) {
      text += repeat("A sentence of the text. ", 2 + static_cast<int>(random() % 30)) + "\n\n";
    }
  }
  const CutDocument document = cut_document(DocumentType::markdown, text, {});
  std::size_t inside = 0;
  for (const TextChunk& chunk : document.chunks) inside += chunk.end - chunk.begin >= 300;
  CHECK(inside * 10 >= document.chunks.size() * 8);
}

TEST_CASE("HTML gives its visible text and the bytes behind it") {
  const std::string page = "<!doctype html><title>A &amp; B</title><h1>Head</h1>\n<p>one <b>two</b>\n three &lt;x&gt; caf&eacute;</p><script>var no = '</p>';</script><p title='a>b'>four</p><br/>five";
  const HtmlText html = read_html(page);
  CHECK(html.text == "Head\none two three <x> café\nfour\nfive\n");
  CHECK(html.blocks.title == "A & B");
  REQUIRE(html.blocks.blocks.size() == 4);
  CHECK(html.blocks.blocks[0].kind == Block::Kind::heading);
  const auto source = [&](const std::string& word) {
    const std::size_t at = html.text.find(word);
    return page.substr(html.source.begin_of(at), html.source.end_of(at + word.size()) - html.source.begin_of(at));
  };
  CHECK(source("Head") == "Head");
  CHECK(source("two three") == "two</b>\n three");
  CHECK(source("<x>") == "&lt;x&gt;");
  CHECK(source("café") == "caf&eacute;");
  CHECK(source("four") == "four");
}

TEST_CASE("hostile HTML is read in linear time") {
  for (const std::string& piece : {std::string("<div>"), std::string("<b><p>"), std::string("<a x=\""), std::string("</script"), std::string("<script></"), std::string("&#"), std::string("<!--"), std::string("<td>")}) {
    const std::string page = repeat(piece, 200'000);
    CAPTURE(piece);
    CHECK(read_html(page).text.size() <= page.size() * 2);
  }
}

TEST_CASE("a record of JSON Lines is read with the places of its strings") {
  struct {
    const char* name;
    const char* line;
    const char* id;
    const char* title;
    const char* text;
    bool ok;
  } const cases[] = {
      {"plain", R"({"_id": "7", "title": "T", "text": "some text"})", "7", "T", "some text", true},
      {"escapes", R"({"_id":"a","text":"x\n\"y\" \u00e9\ud83d\udc4d\\"})", "a", "", "x\n\"y\" é👍\\", true},
      {"number as id", R"({"id": 42, "text": "t"})", "42", "", "t", true},
      {"other members", R"({"meta": {"a": [1, {"b": "}"}]}, "_id": "1", "text": "t", "n": null})", "1", "", "t", true},
      {"lone surrogate", R"({"text": "\ud800x"})", "", "", "\xEF\xBF\xBDx", true},
      {"carriage return at the end", "{\"text\": \"t\"}\r", "", "", "t", true},
      {"empty object", "{}", "", "", "", true},
      {"null text", R"({"text": null})", "", "", "", true},
      {"no JSON", "hello", "", "", "", false},
      {"cut off", R"({"text": "abc)", "", "", "", false},
      {"bad escape", R"({"text": "\q"})", "", "", "", false},
      {"trailing bytes", R"({"text": "t"} x)", "", "", "", false},
      {"array", "[1]", "", "", "", false},
      {"empty", "", "", "", "", false},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    JsonlRecord record;
    const bool ok = read_record(c.line, record).has_value();
    CHECK(ok == c.ok);
    if (!ok) continue;
    CHECK(record.id.text == c.id);
    CHECK(record.title.text == c.title);
    CHECK(record.text.text == c.text);
  }
  const std::string deep = "{\"x\": " + repeat("[", 100'000);
  JsonlRecord record;
  CHECK_FALSE(read_record(deep, record).has_value());
  const std::string line = R"({"_id":"a","text":"one \"two\" three"})";
  JsonlRecord mapped;
  REQUIRE(read_record(line, mapped).has_value());
  const std::size_t at = mapped.text.text.find("\"two\"");
  CHECK(line.substr(mapped.text.source.begin_of(at), mapped.text.source.end_of(at + 5) - mapped.text.source.begin_of(at)) == "\\\"two\\\"");
}

}  // namespace
}  // namespace sumun::docsearch

TEST_CASE("a heading after many blank lines does not push a chunk over its limit") {
  const std::string text = "Words of a paragraph that is short enough.\n" + std::string(60, '\n') + "A heading below\n===============\n";
  sumun::docsearch::ChunkOptions options;
  options.min_characters = 80;
  options.max_characters = 100;
  const auto document = sumun::docsearch::cut_document(sumun::docsearch::DocumentType::markdown, text, options);
  CHECK(document.chunks.size() == 2);
  for (const auto& chunk : document.chunks) CHECK(chunk.end - chunk.begin <= options.max_characters);
}
