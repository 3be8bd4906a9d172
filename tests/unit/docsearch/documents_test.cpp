// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

#include <cmath>

namespace sumun::docsearch::test {
namespace {

TEST_CASE("documents are listed page by page") {
  const Folder folder;
  folder.write("docs/a.md", "# Alpha\n\ntext\n");
  std::string records;
  for (int i = 0; i < 25; ++i) records += R"({"_id": "r)" + std::to_string(i) + R"(", "title": "", "text": "x"})" "\n";
  folder.write("docs/b.jsonl", records);
  folder.write("docs/c.txt", "one\ntwo\n");
  Index index = open(folder.path("index.db"));
  index_all(index, folder.path("docs"));
  for (const std::size_t limit : {std::size_t{1}, std::size_t{7}, std::size_t{26}, std::size_t{27}, std::size_t{500}}) {
    CAPTURE(limit);
    std::vector<std::string> ids;
    std::string cursor;
    int pages = 0;
    do {
      auto page = list_documents(index, cursor, limit);
      REQUIRE(page.has_value());
      CHECK(page->documents.size() <= limit);
      for (const Document& document : page->documents) ids.push_back(document.id);
      cursor = page->next_cursor;
      REQUIRE(++pages <= 30);
    } while (!cursor.empty());
    CHECK(ids.size() == 27);
    CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == 27);
    CHECK(pages == static_cast<int>((27 + limit - 1) / limit));
  }
  auto all = list_documents(index);
  REQUIRE(all.has_value());
  CHECK(all->documents.at(0).title == "Alpha");
  CHECK(all->documents.at(1).record_id == "r0");
  CHECK(all->documents.at(1).title == "r0");
  CHECK(all->documents.back().title == "c.txt");
  CHECK(all->documents.back().lines == 2);
  CHECK(all->documents.back().bytes == 8);
  SearchQuery filter;
  filter.types = {DocumentType::markdown};
  CHECK(list_documents(index, "", 100, filter)->documents.size() == 1);
  for (const char* cursor : {"x", "1", "1:", ":", "1:zz", "1:6", "99999999999999999999:61"}) {
    CAPTURE(cursor);
    auto page = list_documents(index, cursor);
    if (std::string(cursor) == "1:") continue;
    REQUIRE_FALSE(page.has_value());
    CHECK(page.error().code == ErrorCode::invalid_value);
  }
  CHECK_FALSE(list_documents(index, "", 0).has_value());
  CHECK_FALSE(list_documents(index, "", 501).has_value());
}

TEST_CASE("lines of a document are read, and of nothing else") {
  const Folder folder;
  const std::string path = folder.write("docs/a.txt", "one\r\ntwo\nthree\nfour");
  folder.write("docs/b.jsonl", R"({"_id": "q/1", "title": "T", "text": "line\nother"})" "\n");
  const std::string secret = folder.write("secret.txt", "secret");
  Index index = open(folder.path("index.db"));
  index_all(index, folder.path("docs"));
  struct {
    const char* name;
    ReadRequest request;
    const char* text;
    std::uint64_t first, last;
    bool truncated;
  } const cases[] = {
      {"all", {path}, "one\r\ntwo\nthree\nfour", 1, 4, false},
      {"middle", {path, 2, 3}, "two\nthree\n", 2, 3, false},
      {"the last", {path, 4, 4}, "four", 4, 4, false},
      {"beyond the end", {path, 3, 99}, "three\nfour", 3, 4, false},
      {"nothing there", {path, 9, 10}, "", 0, 0, false},
      {"two lines fit", {path, 1, 0, 11}, "one\r\ntwo\n", 1, 2, true},
      {"not one line fits", {path, 3, 0, 2}, "th", 3, 3, true},
      {"exactly", {path, 1, 0, 19}, "one\r\ntwo\nthree\nfour", 1, 4, false},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    auto read = read_document(index, c.request);
    REQUIRE(read.has_value());
    CHECK(read->text == c.text);
    CHECK(read->first_line == c.first);
    CHECK(read->last_line == c.last);
    CHECK(read->truncated == c.truncated);
    CHECK(read->state == CitationState::current);
  }
  const std::string record = list_documents(index)->documents.at(1).id;
  auto read = read_document(index, {record});
  REQUIRE(read.has_value());
  CHECK(read->text == "T\n\nline\nother");
  CHECK(read->document.record_id == "q/1");
  CHECK(read_document(index, {record, 1, 0, 3})->truncated);

  for (const ReadRequest& bad : {ReadRequest{secret}, ReadRequest{"/etc/passwd"}, ReadRequest{folder.path("docs/../secret.txt").string()}, ReadRequest{""}, ReadRequest{"0123456789abcdef"}, ReadRequest{record + "x"},
                                 ReadRequest{folder.path("docs/b.jsonl").string()}, ReadRequest{path, 0}, ReadRequest{path, 5, 4}, ReadRequest{path, 1, 0, 0}, ReadRequest{path, 1, 0, kMaxReadBytes + 1}}) {
    CAPTURE(bad.document);
    auto refused = read_document(index, bad);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == ErrorCode::invalid_value);
  }
  folder.write("docs/a.txt", "new\n");
  CHECK(read_document(index, {path})->state == CitationState::changed);
  CHECK(read_document(index, {path})->text == "new\n");
  folder.write("docs/b.jsonl", R"({"_id": "other", "title": "Title", "text": "moved"})" "\n");
  CHECK(read_document(index, {record}).error().message.find("has changed") != std::string::npos);
  std::filesystem::remove(path);
  CHECK(read_document(index, {path}).error().code == ErrorCode::io);
}

TEST_CASE("a long document is read in pieces that join to the whole") {
  const Folder folder;
  std::string text;
  for (int i = 0; i < 60'000; ++i) text += "line " + std::to_string(i) + " 한글 caf\xC3\xA9\n";
  const std::string path = folder.write("a.txt", text);
  Index index = open(folder.path("index.db"));
  index_all(index, path);
  std::string joined;
  std::uint64_t next = 1;
  for (int piece = 0; piece < 100; ++piece) {
    auto read = read_document(index, {path, next});
    REQUIRE(read.has_value());
    joined += read->text;
    next = read->last_line + 1;
    if (!read->truncated) break;
  }
  CHECK(joined == text);
}

TEST_CASE("the measures are those of the literature") {
  const Folder folder;
  folder.write("set/corpus.jsonl", R"({"_id": "d1", "title": "", "text": "apple apple apple"})" "\n"
                                   R"({"_id": "d2", "title": "", "text": "apple banana filler filler"})" "\n"
                                   R"({"_id": "d3", "title": "", "text": "cherry"})" "\n"
                                   R"({"_id": "d4", "title": "", "text": ""})" "\n");
  folder.write("set/queries.jsonl", R"({"_id": "1", "text": "apple"})" "\n" R"({"_id": "2", "text": "cherry"})" "\n" R"({"_id": "3", "text": "unjudged"})" "\n");
  folder.write("set/qrels/test.tsv", "query-id\tcorpus-id\tscore\n1\td2\t1\n2\td3\t2\n2\td4\t1\n2\td1\t0\n");
  auto report = evaluate_beir(folder.path("set"));
  REQUIRE(report.has_value());
  CHECK(report->documents == 4);
  CHECK(report->queries == 2);
  CHECK(report->bytes == 49);
  // Query 1 finds d2 second; query 2 finds d3 first and can never find the empty d4.
  CHECK(report->mrr_at_10 == doctest::Approx((0.5 + 1) / 2));
  CHECK(report->recall_at_5 == doctest::Approx((1 + 0.5) / 2));
  CHECK(report->recall_at_100 == doctest::Approx((1 + 0.5) / 2));
  const double ideal = 2 + 1 / std::log2(3);
  CHECK(report->ndcg_at_10 == doctest::Approx((1 / std::log2(3) + 2 / ideal) / 2));
  CHECK(report->queries_per_second > 0);
  CHECK(report->index_mb_per_second > 0);
}

TEST_CASE("a broken evaluation set is an error that names file and line") {
  const Folder folder;
  CHECK(evaluate_beir(folder.path("none")).error().code == ErrorCode::io);
  folder.write("set/corpus.jsonl", R"({"_id": "d1", "text": "apple"})" "\n");
  folder.write("set/queries.jsonl", R"({"_id": "1", "text": "apple"})" "\n");
  folder.write("set/qrels/test.tsv", "query-id\tcorpus-id\tscore\n1 d1 1\n");
  CHECK(evaluate_beir(folder.path("set")).error().message.find("test.tsv:2") != std::string::npos);
  folder.write("set/qrels/test.tsv", "query-id\tcorpus-id\tscore\n");
  CHECK(evaluate_beir(folder.path("set")).error().message.find("no query is judged") != std::string::npos);
  folder.write("set/queries.jsonl", "{\"_id\": \"1\"}\n");
  CHECK(evaluate_beir(folder.path("set")).error().message.find("queries.jsonl:1") != std::string::npos);
}

}  // namespace
}  // namespace sumun::docsearch::test
