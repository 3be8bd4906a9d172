// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

#include "docsearch/path_filter.hpp"
#include "docsearch/snippet.hpp"
#include "docsearch/utf8.hpp"

#include <random>

namespace sumun::docsearch::test {
namespace {

using Names = std::vector<std::string>;

// A small company: English, Korean, Japanese, code.
struct Company {
  Folder folder;
  Index index;

  Company() : index((write(), open(folder.path("index.db")))) { index_all(index, folder.path("docs")); }
  void write() {
    folder.write("docs/leave.md", "# Leave policy\n\n## Annual leave\n\nEvery employee has 25 days of annual leave a year. Unused days expire in March.\n\n"
                                  "## Sick leave\n\nTell your lead before nine. From the third day on a certificate is needed.\n");
    folder.write("docs/travel.md", "# Travel\n\nBook trains before planes. Universities are visited by train.\n\n| Class | Limit |\n|---|---|\n| Hotel | 120 |\n| Dinner | 35 |\n");
    folder.write("docs/space.txt", "The universe is expanding. Its laws hold everywhere.\n");
    folder.write("docs/decisions/DEC-0054.md", "# DEC-0054 Use one database\n\nWe use one database. See DEC-0053 for the other choice.\n");
    folder.write("docs/decisions/DEC-0053.md", "# DEC-0053 Use many databases\n\nSuperseded by DEC-0054.\n");
    folder.write("docs/src/cache.cpp", "#include <map>\n\nint getUserName(int max_open_files) {\n  return max_open_files;\n}\n");
    folder.write("docs/휴가.md", "# 휴가 규정\n\n모든 직원은 매년 25일의 연차 휴가를 받습니다. 책 한 권을 선물로 드립니다.\n");
    folder.write("docs/kyuka.md", "# 休暇規程\n\n全従業員は毎年二十五日の年次有給休暇を取得できます。\n");
    folder.write("docs/page.html", "<html><title>Office map</title><body><h1>Floors</h1><p>The caf&eacute; is on the third floor.</p></body></html>");
    folder.write("docs/faq.jsonl", R"({"_id": "q1", "title": "Parking", "text": "Parking is behind the building.\nAsk for a \"badge\"."})" "\n"
                                   R"({"_id": "q2", "title": "Printer", "text": "The printer is called Gutenberg."})" "\n");
  }
};

TEST_CASE("a question finds the document that answers it") {
  Company company;
  struct {
    const char* query;
    const char* first;
  } const cases[] = {
      {"how many days of annual leave do I have?", "leave.md"},
      {"ANNUAL LEAVE", "leave.md"},
      {"certificates", "leave.md"},
      {"hotel limit", "travel.md"},
      {"DEC-0054", "DEC-0054.md"},
      {"dec_0053", "DEC-0053.md"},
      {"dec0054", "DEC-0054.md"},
      {"getUserName", "cache.cpp"},
      {"user name", "cache.cpp"},
      {"max_open_files", "cache.cpp"},
      {"open files", "cache.cpp"},
      {"maxOpenFiles", "cache.cpp"},
      {"연차 휴가는 며칠?", "휴가.md"},
      {"휴가", "휴가.md"},
      {"책", "휴가.md"},
      {"有給休暇は何日", "kyuka.md"},
      {"暇", "kyuka.md"},
      {"cafe", "page.html"},
      {"café", "page.html"},
      {"CAFÉ floor", "page.html"},
      {"where is parking", "faq.jsonl"},
      {"gutenberg", "faq.jsonl"},
      {"expanding universe", "space.txt"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.query);
    const std::vector<Hit> hits = find(company.index, c.query);
    REQUIRE_FALSE(hits.empty());
    CHECK(name_of(hits[0].citation.path) == c.first);
    for (std::size_t i = 1; i < hits.size(); ++i) CHECK(hits[i - 1].score >= hits[i].score);
  }
}

TEST_CASE("the exact form wins over another word of the same stem, and quotes ask for it") {
  Company company;
  CHECK(name_of(find(company.index, "universities").at(0).citation.path) == "travel.md");
  CHECK(name_of(find(company.index, "universe").at(0).citation.path) == "space.txt");
  CHECK(names(find(company.index, "\"universities\"")) == Names{"travel.md"});
  CHECK(names(find(company.index, "\"one database\"")) == Names{"DEC-0054.md"});
  CHECK(find(company.index, "\"database one\"").empty());
  CHECK(names(find(company.index, "\"한 권\"")) == Names{"휴가.md"});
  CHECK_FALSE(find(company.index, "\"unbalanced leave").empty());
  CHECK(find(company.index, "\"\"").empty());
}

TEST_CASE("a citation's bytes are the file's bytes") {
  Company company;
  for (const char* query : {"annual leave", "hotel dinner", "DEC-0054", "getUserName", "휴가", "休暇", "gutenberg printer", "parking badge", "cafe floor"}) {
    for (const Hit& hit : find(company.index, query)) {
      CAPTURE(query);
      CAPTURE(hit.citation.path);
      CHECK(hit.citation.state == CitationState::current);
      const std::string file = company.folder.read(std::filesystem::relative(hit.citation.path, company.folder.path()).string());
      REQUIRE(hit.citation.end_byte <= file.size());
      const std::string bytes = file.substr(hit.citation.first_byte, hit.citation.end_byte - hit.citation.first_byte);
      if (hit.type == DocumentType::html) {
        CHECK(bytes == "Floors</h1><p>The caf&eacute; is on the third floor.");
        CHECK(hit.text == "Floors\nThe café is on the third floor.");
      } else if (hit.record_id == "q1") {
        CHECK(bytes == "Parking is behind the building.\\nAsk for a \\\"badge\\\".");
        CHECK(hit.text == "Parking is behind the building.\nAsk for a \"badge\".");
      } else {
        CHECK(bytes == hit.text);
      }
      CHECK(hit.citation.first_line == 1 + static_cast<std::uint64_t>(std::count(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(hit.citation.first_byte), '\n')));
      CHECK(hit.citation.last_line == 1 + static_cast<std::uint64_t>(std::count(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(hit.citation.end_byte) - 1, '\n')));
      CHECK(hit.citation.content_hash.starts_with("sha256-128:"));
      CHECK(hit.citation.content_hash.size() == 11 + 32);
      CHECK_FALSE(hit.snippet.empty());
      CHECK(first_invalid_utf8(hit.snippet) == std::string_view::npos);
    }
  }
  const Hit leave = find(company.index, "annual leave").at(0);
  CHECK(leave.citation.title == "Leave policy");
  CHECK(leave.citation.heading_trail.at(0) == "Leave policy");
}

TEST_CASE("a hit says when its file has changed") {
  Company company;
  company.folder.write("docs/space.txt", "Nothing is left of it.\n");
  Hit hit = find(company.index, "expanding universe").at(0);
  CHECK(hit.citation.state == CitationState::changed);
  CHECK(hit.text.starts_with("The universe is expanding"));
  std::filesystem::remove(company.folder.path("docs/space.txt"));
  CHECK(find(company.index, "expanding universe").at(0).citation.state == CitationState::missing);
  // Another part of the file may change: the cited bytes are what counts.
  company.folder.write("docs/leave.md", company.folder.read("docs/leave.md") + "\nA new line.\n");
  CHECK(find(company.index, "certificate").at(0).citation.state == CitationState::current);
  // A link in the place of the file is not followed.
  company.folder.write("elsewhere.txt", "The universe is expanding. Its laws hold everywhere.\n");
  std::filesystem::create_symlink(company.folder.path("elsewhere.txt"), company.folder.path("docs/space.txt"));
  CHECK(find(company.index, "expanding universe").at(0).citation.state == CitationState::missing);
}

TEST_CASE("filters narrow the hits") {
  Company company;
  SearchQuery query;
  query.text = "leave days database parking 휴가 universe";
  query.top_k = 50;
  const auto with = [&](auto change) {
    SearchQuery narrowed = query;
    change(narrowed);
    auto result = search(company.index, narrowed);
    REQUIRE(result.has_value());
    Names found = names(result->hits);
    std::sort(found.begin(), found.end());
    return found;
  };
  CHECK(with([](SearchQuery& q) { q.paths = {"decisions"}; }) == Names{"DEC-0053.md", "DEC-0054.md"});
  CHECK(with([](SearchQuery& q) { q.paths = {"*.jsonl", "space.txt"}; }) == Names{"faq.jsonl", "space.txt"});
  CHECK(with([&](SearchQuery& q) { q.paths = {company.folder.path("docs/decisions").string()}; }).size() == 2);
  CHECK(with([](SearchQuery& q) { q.paths = {"nowhere"}; }).empty());
  CHECK(with([](SearchQuery& q) { q.types = {DocumentType::jsonl}; }) == Names{"faq.jsonl"});
  CHECK(with([](SearchQuery& q) { q.types = {DocumentType::text, DocumentType::jsonl}; }) == Names{"faq.jsonl", "space.txt"});
  const auto year_2000 = std::chrono::sys_seconds(std::chrono::sys_days(std::chrono::year(2000) / 1 / 1));
  CHECK(with([&](SearchQuery& q) { q.modified_before = year_2000; }).empty());
  CHECK(with([&](SearchQuery& q) { q.modified_from = year_2000; }).size() >= 5);
}

TEST_CASE("no bytes are a malformed query") {
  Company company;
  const std::string queries[] = {"", " ", "\"", "\"\"\"", "*", "AND", "OR NOT", "NEAR(a b)", "title:leave", "^leave", "a AND (b", "leave*", "-leave", "{leave}", "'; DROP TABLE file; --",
                                 std::string("leave\0days", 10), "\xFF\xFE leave", std::string(100'000, '('), std::string(40'000, 'a'), "the of and", "%_", "leave \"", "\\", "+", "a + b"};
  for (const std::string& text : queries) {
    CAPTURE(text.substr(0, 40));
    SearchQuery query;
    query.text = text;
    CHECK(search(company.index, query).has_value());
  }
  std::string many;
  for (int i = 0; i < 3000; ++i) many += "word" + std::to_string(i) + " ";
  SearchQuery query;
  query.text = "leave " + many;
  auto result = search(company.index, query);
  REQUIRE(result.has_value());
  CHECK(result->hits.size() > 0);
  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    query.text.clear();
    for (int i = static_cast<int>(random() % 30); i > 0; --i) query.text.push_back(static_cast<char>(random()));
    CHECK(search(company.index, query).has_value());
  }
}

TEST_CASE("top_k is between 1 and 50") {
  Company company;
  for (const std::size_t top_k : {std::size_t{0}, std::size_t{51}, static_cast<std::size_t>(-1)}) {
    SearchQuery query;
    query.text = "leave";
    query.top_k = top_k;
    auto result = search(company.index, query);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == ErrorCode::invalid_value);
  }
  CHECK(find(company.index, "leave", 1).size() == 1);
}

TEST_CASE("equal hits come by path, and the order is the same each time") {
  Folder folder;
  for (const char* name : {"b.txt", "a.txt", "d.txt", "c.txt"}) folder.write(std::string("docs/") + name, "the very same words\n");
  Index index = open(folder.path("index.db"));
  index_all(index, folder.path("docs"));
  for (int i = 0; i < 5; ++i) CHECK(names(find(index, "same words")) == Names{"a.txt", "b.txt", "c.txt", "d.txt"});
}

TEST_CASE("one long document leaves room for others") {
  Folder folder;
  std::string text = "# Leave\n\n";
  for (int i = 0; i < 60; ++i) text += "## Part " + std::to_string(i) + "\n\nThe leave policy says much about leave. " + std::string(280, 'x') + "\n\n";
  folder.write("docs/long.md", text);
  folder.write("docs/short.md", "# Other\n\nA word about leave among many other words that have little to do with it at all.\n");
  Index index = open(folder.path("index.db"));
  index_all(index, folder.path("docs"));
  CHECK(names(find(index, "leave policy", 5)).size() == 2);
  CHECK(find(index, "leave policy", 20).size() == 20);
}

TEST_CASE("an empty index finds nothing") {
  Folder folder;
  Index index = open(folder.path("index.db"));
  CHECK(find(index, "anything").empty());
  auto page = list_documents(index);
  REQUIRE(page.has_value());
  CHECK(page->documents.empty());
}

TEST_CASE("paths match folders, files and globs") {
  struct {
    const char* pattern;
    const char* path;
    bool want;
  } const cases[] = {
      {"/data/handbook", "/data/handbook/leave.md", true},
      {"/data/handbook", "/data/handbook2/leave.md", false},
      {"/data/handbook/", "/data/handbook/leave.md", true},
      {"/data/handbook/leave.md", "/data/handbook/leave.md", true},
      {"handbook", "/data/handbook/leave.md", true},
      {"leave.md", "/data/handbook/leave.md", true},
      {"book/leave.md", "/data/handbook/leave.md", false},
      {"*.md", "/data/handbook/leave.md", true},
      {"*.md", "/data/handbook/leave.txt", false},
      {"handbook/*.md", "/data/handbook/leave.md", true},
      {"handbook/*.md", "/data/handbook/deep/leave.md", false},
      {"handbook/**/*.md", "/data/handbook/deep/er/leave.md", true},
      {"handbook/**/*.md", "/data/handbook/leave.md", true},
      {"handbook/**/ave.md", "/data/handbook/leave.md", false},
      {"/data/**", "/data/handbook/leave.md", true},
      {"/data/*", "/data/handbook/leave.md", false},
      {"l?ave.md", "/data/leave.md", true},
      {"?.md", "/data/휴.md", true},
      {"[k-m]eave.md", "/data/leave.md", true},
      {"[!k-m]eave.md", "/data/leave.md", false},
      {"[", "/data/[", true},
      {"./handbook", "/data/handbook/x", true},
      {"", "/data/x", false},
      {"/", "/data/x", true},
      {"**", "/data/x", true},
  };
  for (const auto& c : cases) {
    CAPTURE(c.pattern);
    CAPTURE(c.path);
    CHECK(path_matches(c.pattern, c.path) == c.want);
  }
  CHECK_FALSE(path_matches(std::string(2000, '*') + "y", "/" + std::string(2000, 'x')));  // ends, and soon
}

TEST_CASE("a snippet is one line around the best place") {
  std::string text;
  for (int i = 0; i < 50; ++i) text += "filler words\nof no\timportance. ";
  const std::size_t at = text.size();
  text += "here it is. ";
  for (int i = 0; i < 50; ++i) text += "more filler. ";
  const std::string snippet = make_snippet(text, {{static_cast<std::uint32_t>(at), 1.0}});
  CHECK(snippet.find("here it is") != std::string::npos);
  CHECK(snippet.find('\n') == std::string::npos);
  CHECK(snippet.starts_with("…"));
  CHECK(snippet.ends_with("…"));
  CHECK(count_characters(snippet) <= kSnippetCharacters + 3);
  CHECK(make_snippet("short text", {}) == "short text");
  CHECK(make_snippet("", {}) == "");
  std::string korean;
  for (int i = 0; i < 500; ++i) korean += "가나다";
  CHECK(first_invalid_utf8(make_snippet(korean, {{900, 1.0}})) == std::string_view::npos);
}

}  // namespace
}  // namespace sumun::docsearch::test
