// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

#include "docsearch/store.hpp"

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

namespace sumun::docsearch::test {
namespace {

using Names = std::vector<std::string>;

std::string reason_for(const IndexReport& report, const std::string& name) {
  for (const SkippedFile& skipped : report.skipped) {
    if (name_of(skipped.path) == name) return skipped.reason;
  }
  return {};
}

std::string corpus(int records, const std::string& words = "record about subject") {
  std::string text;
  for (int i = 0; i < records; ++i) {
    text += R"({"_id": "r)" + std::to_string(i) + R"(", "title": "Title )" + std::to_string(i) + R"(", "text": ")" + words + " number" + std::to_string(i) + "\"}\n";
  }
  return text;
}

TEST_CASE("only what changed is read again") {
  const Folder folder;
  folder.write("docs/a.md", "# Alpha\n\nabout apples\n");
  folder.write("docs/b.txt", "about bananas\n");
  folder.write("docs/deep/c.html", "<p>about cherries</p>");
  Index index = open(folder.path("index.db"));
  IndexReport first = index_all(index, folder.path("docs"));
  CHECK(first.files_indexed == 3);
  CHECK(first.documents == 3);
  CHECK(first.files_skipped == 0);
  IndexReport second = index_all(index, folder.path("docs"));
  CHECK(second.files_indexed == 0);
  CHECK(second.files_unchanged == 3);

  folder.write("docs/b.txt", "about blueberries\n");
  folder.write("docs/d.py", "def grow():\n    return 'dates'\n");
  std::filesystem::remove(folder.path("docs/a.md"));
  IndexReport third = index_all(index, folder.path("docs"));
  CHECK(third.files_indexed == 2);
  CHECK(third.files_unchanged == 1);
  CHECK(third.files_deleted == 1);
  CHECK(find(index, "apples").empty());
  CHECK(find(index, "bananas").empty());
  CHECK(names(find(index, "blueberries")) == Names{"b.txt"});
  CHECK(names(find(index, "dates")) == Names{"d.py"});
  CHECK(names(find(index, "cherries")) == Names{"c.html"});
}

TEST_CASE("the content decides, not the date") {
  const Folder folder;
  const std::string path = folder.write("a.txt", "about apples\n");
  Index index = open(folder.path("index.db"));
  index_all(index, path);
  const auto date = std::filesystem::last_write_time(path);
  std::filesystem::last_write_time(path, date + std::chrono::hours(1));
  CHECK(index_all(index, path).files_unchanged == 1);
  folder.write("a.txt", "about grapes\n");  // the same size, the same date
  std::filesystem::last_write_time(path, date + std::chrono::hours(1));
  CHECK(index_all(index, path).files_indexed == 1);
  CHECK(names(find(index, "grapes")) == Names{"a.txt"});
}

TEST_CASE("another cut makes every file be read again") {
  const Folder folder;
  std::string text;
  for (int i = 0; i < 200; ++i) text += "A sentence about apples. ";
  folder.write("docs/a.txt", text);
  {
    Index index = open(folder.path("index.db"));
    index_all(index, folder.path("docs"));
  }
  OpenOptions options;
  options.chunks.max_characters = 400;
  Index index = open(folder.path("index.db"), options);
  IndexReport report = index_all(index, folder.path("docs"));
  CHECK(report.files_indexed == 1);
  for (const Hit& hit : find(index, "apples")) CHECK(hit.text.size() <= 400);
}

TEST_CASE("what is no text is reported and skipped") {
  const Folder folder;
  folder.write("docs/good.md", "# Good\n\nfine words\n");
  folder.write("docs/empty.md", "");
  folder.write("docs/binary.dat", std::string("\0\1\2\3", 4));
  folder.write("docs/picture.png", "no png");
  folder.write("docs/utf16.txt", std::string("\xFF\xFEh\0i\0", 6));
  folder.write("docs/latin1.txt", "caf\xE9 na\xEFve \xE4\xF6\xFC");
  folder.write("docs/paper.txt", "%PDF-1.4 ...");
  folder.write("docs/large.txt", std::string(3000, 'x'));
  folder.write("docs/secret.txt", "locked");
  folder.write("docs/locked/inside.txt", "locked");
  folder.write("docs/.hidden/inside.txt", "hidden words");
  std::filesystem::create_directory_symlink(folder.path("docs"), folder.path("docs/loop"));
  std::filesystem::create_symlink(folder.path("nowhere"), folder.path("docs/broken"));
  REQUIRE(mkfifo(folder.path("docs/pipe.txt").c_str(), 0600) == 0);
  chmod(folder.path("docs/secret.txt").c_str(), 0);
  chmod(folder.path("docs/locked").c_str(), 0);
  Index index = open(folder.path("index.db"));
  IndexOptions options;
  options.max_file_bytes = 2000;
  const IndexReport report = index_all(index, folder.path("docs"), options);
  chmod(folder.path("docs/locked").c_str(), 0700);
  CHECK(reason_for(report, "binary.dat") == "binary file");
  CHECK(reason_for(report, "picture.png") == "binary file");
  CHECK(reason_for(report, "utf16.txt") == "UTF-16 text; convert it to UTF-8");
  CHECK(reason_for(report, "latin1.txt") == "not UTF-8 text");
  CHECK(reason_for(report, "paper.txt") == "binary file (PDF)");
  CHECK(reason_for(report, "large.txt") == "larger than the limit");
  if (geteuid() != 0) {  // root may read everything
    CHECK(reason_for(report, "secret.txt") == "permission denied");
    CHECK(reason_for(report, "locked") == "permission denied");
  }
  CHECK(names(find(index, "fine")) == Names{"good.md"});
  CHECK(find(index, "hidden").empty());
  auto gone = index_paths(index, {folder.path("nothing")});
  REQUIRE(gone.has_value());
  CHECK(gone->skipped.at(0).reason == "no such file");
}

TEST_CASE("a file that turns into something else leaves the index") {
  const Folder folder;
  folder.write("docs/a.txt", "about apples\n");
  Index index = open(folder.path("index.db"));
  index_all(index, folder.path("docs"));
  folder.write("docs/a.txt", std::string("about\0apples", 12));
  const IndexReport report = index_all(index, folder.path("docs"));
  CHECK(reason_for(report, "a.txt") == "binary file");
  CHECK(report.files_deleted == 1);
  CHECK(find(index, "apples").empty());
}

TEST_CASE("a folder that is gone takes its files with it, and no others") {
  const Folder folder;
  folder.write("docs/a.txt", "about apples\n");
  folder.write("docs2/b.txt", "about apples\n");
  Index index = open(folder.path("index.db"));
  REQUIRE(index_paths(index, {folder.path("docs"), folder.path("docs2")}).has_value());
  auto summary = summarize(index);
  REQUIRE(summary.has_value());
  CHECK(summary->roots == Names{folder.path("docs").string(), folder.path("docs2").string()});
  std::filesystem::remove_all(folder.path("docs"));
  CHECK(index_all(index, folder.path("docs")).files_deleted == 1);
  CHECK(names(find(index, "apples")) == Names{"b.txt"});
  CHECK(summarize(index)->roots == Names{folder.path("docs2").string()});
}

TEST_CASE("every record of JSON Lines is a document, and a bad line is reported") {
  const Folder folder;
  folder.write("c.jsonl", corpus(3) + "no json\n\n" + R"({"_id": "r1", "text": "twice"})" + "\n" + R"({"text": "nameless"})" + "\n" + R"({"_id": "t", "title": "only a title", "text": ""})" + "\n" + R"({"_id": "e"})");
  Index index = open(folder.path("index.db"));
  const IndexReport report = index_all(index, folder.path("c.jsonl"));
  CHECK(report.documents == 7);
  CHECK(reason_for(report, "c.jsonl:4") == "no JSON object");
  CHECK(find(index, "number2").at(0).record_id == "r2");
  CHECK(find(index, "twice").at(0).record_id == "r1#6");
  CHECK(find(index, "nameless").at(0).record_id == "line-7");
  CHECK(find(index, "only a title").at(0).record_id == "t");
}

TEST_CASE("a run that is stopped keeps what it did, and the next goes on") {
  const Folder folder;
  folder.write("docs/big.jsonl", corpus(20'000));
  for (int i = 0; i < 5; ++i) folder.write("docs/z" + std::to_string(i) + ".txt", "text of file " + std::to_string(i));
  Index index = open(folder.path("index.db"));
  std::stop_source stop;
  auto stopped = index_paths(index, {folder.path("docs")}, {}, [&](const IndexProgress& progress) {
    if (progress.files_done >= 3) stop.request_stop();
  }, stop.get_token());
  REQUIRE_FALSE(stopped.has_value());
  CHECK(stopped.error().code == ErrorCode::cancelled);
  const auto middle = summarize(index);
  REQUIRE(middle.has_value());
  CHECK(middle->files == 3);
  const IndexReport report = index_all(index, folder.path("docs"));
  CHECK(report.files_unchanged == 3);
  CHECK(report.files_indexed == 3);
  CHECK(summarize(index)->documents == 20'005);
}

// Runs an indexer in a child and kills it as soon as it has reported `batches` times.
void index_and_kill(const std::filesystem::path& index_path, const std::filesystem::path& docs, int batches) {
  int pipe_ends[2];
  REQUIRE(pipe(pipe_ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    close(pipe_ends[0]);
    auto index = open_index(index_path);
    if (!index) _exit(2);
    auto done = index_paths(*index, {docs}, {}, [&](const IndexProgress&) { (void)!write(pipe_ends[1], "x", 1); });
    _exit(done ? 0 : 3);
  }
  close(pipe_ends[1]);
  char byte = 0;
  for (int i = 0; i < batches && read(pipe_ends[0], &byte, 1) == 1; ++i) {}
  kill(child, SIGKILL);
  close(pipe_ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
}

TEST_CASE("a killed indexer loses nothing and the next run resumes") {
  const Folder folder;
  folder.write("docs/big.jsonl", corpus(3000, std::string(9000, 'a') + " words"));  // more than a batch
  for (int i = 0; i < 20; ++i) folder.write("docs/z" + std::to_string(i) + ".txt", "text of file " + std::to_string(i));
  for (const int batches : {1, 3, 10}) {
    CAPTURE(batches);
    const std::filesystem::path path = folder.path("index" + std::to_string(batches) + ".db");
    index_and_kill(path, folder.path("docs"), batches);
    Index index = open(path);
    const auto before = summarize(index);
    REQUIRE(before.has_value());
    CHECK(before->documents <= 3020);
    index_all(index, folder.path("docs"));
    const auto after = summarize(index);
    CHECK(after->documents == 3020);
    CHECK(after->files == 21);
    CHECK(find(index, "number2999").at(0).record_id == "r2999");
    CHECK(find(index, "number0").at(0).record_id == "r0");
    auto connection = index.impl().borrow();
    REQUIRE(connection.has_value());
    CHECK((*connection)->database->execute("INSERT INTO text(text) VALUES('integrity-check')").has_value());
  }
}

TEST_CASE("a file of several batches is found complete and can be replaced") {
  const Folder folder;
  folder.write("big.jsonl", corpus(3000, std::string(9000, 'a') + " old"));
  Index index = open(folder.path("index.db"));
  int reports = 0;
  REQUIRE(index_paths(index, {folder.path("big.jsonl")}, {}, [&](const IndexProgress&) { ++reports; }).has_value());
  CHECK(reports > 1);
  CHECK(summarize(index)->documents == 3000);
  folder.write("big.jsonl", corpus(10, "new"));
  CHECK(index_all(index, folder.path("big.jsonl")).documents == 10);
  CHECK(summarize(index)->documents == 10);
  CHECK(find(index, "old").empty());
  CHECK(find(index, "new").size() == 10);
}

TEST_CASE("indexers and searches at the same time do not harm each other") {
  const Folder folder;
  for (int i = 0; i < 60; ++i) folder.write("docs/f" + std::to_string(i) + ".md", "# File " + std::to_string(i) + "\n\ncommon words, unique" + std::to_string(i) + "\n");
  folder.write("docs/records.jsonl", corpus(2000));
  open(folder.path("index.db"));
  std::atomic<int> failures = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        auto index = open_index(folder.path("index.db"));
        if (!index || !index_paths(*index, {folder.path("docs")})) ++failures;
      });
    }
    threads.emplace_back([&] {
      auto index = open_index(folder.path("index.db"));
      SearchQuery query;
      query.text = "common unique7";
      for (int i = 0; i < 50 && index; ++i) failures += !search(*index, query).has_value();
      if (!index) ++failures;
    });
  }
  CHECK(failures == 0);
  Index index = open(folder.path("index.db"));
  CHECK(summarize(index)->files == 61);
  CHECK(summarize(index)->documents == 2060);
  CHECK(names(find(index, "unique7")).at(0) == "f7.md");
  CHECK(find(index, "common", 50).size() == 50);
}

TEST_CASE("a writer that does not come to an end is waited for until the deadline only") {
  const Folder folder;
  folder.write("a.txt", "words");
  OpenOptions options;
  options.wait = std::chrono::milliseconds(50);
  Index index = open(folder.path("index.db"), options);
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open(folder.path("index.db").c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  auto blocked = index_paths(index, {folder.path("a.txt")});
  REQUIRE_FALSE(blocked.has_value());
  CHECK(blocked.error().code == ErrorCode::timeout);
  CHECK(find(index, "words").empty());  // a reader is not held up
  sqlite3_close(other);
  CHECK(index_all(index, folder.path("a.txt")).files_indexed == 1);
}

TEST_CASE("a file that is no index is told from one that is damaged") {
  const Folder folder;
  struct {
    const char* name;
    std::string bytes;
    const char* words;
  } const cases[] = {{"text.db", std::string(5000, 'x'), "not an index"}, {"short.db", "hello", "not an index"}};
  for (const auto& c : cases) {
    CAPTURE(c.name);
    auto index = open_index(folder.write(c.name, c.bytes));
    REQUIRE_FALSE(index.has_value());
    CHECK(index.error().code == ErrorCode::io);
    CHECK(index.error().message.find(c.words) != std::string::npos);
    CHECK(index.error().message.find(c.name) != std::string::npos);
    CHECK(folder.read(c.name) == c.bytes);
  }
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open(folder.path("other.db").c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "CREATE TABLE t(x)", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(other);
  auto foreign = open_index(folder.path("other.db"));
  REQUIRE_FALSE(foreign.has_value());
  CHECK(foreign.error().message.find("another program") != std::string::npos);
  CHECK_FALSE(open_index("/proc/none/index.db").has_value());
  CHECK_FALSE(open_index(folder.path()).has_value());
}

TEST_CASE("a damaged index gives an error and no crash") {
  const Folder folder;
  folder.write("docs/records.jsonl", corpus(2000));
  {
    Index index = open(folder.path("index.db"));
    index_all(index, folder.path("docs"));
    auto connection = index.impl().borrow();
    REQUIRE((*connection)->database->execute("PRAGMA wal_checkpoint(TRUNCATE)").has_value());
  }
  const std::string whole = folder.read("index.db");
  REQUIRE(whole.size() > 100'000);
  for (std::size_t from = 8192; from + 8192 < whole.size(); from += whole.size() / 12) {
    CAPTURE(from);
    std::string damaged = whole;
    for (std::size_t i = 0; i < 8192; ++i) damaged[from + i] = static_cast<char>(i * 31);
    folder.write("damaged.db", damaged);
    std::filesystem::remove(folder.path("damaged.db-wal"));
    auto index = open_index(folder.path("damaged.db"));
    if (!index) continue;
    SearchQuery query;
    query.text = "record about subject number77";
    auto result = search(*index, query);
    if (!result) CHECK(result.error().message.find("damaged.db") != std::string::npos);
    (void)list_documents(*index);
    folder.write("docs/more.txt", "more words " + std::to_string(from));
    auto indexed = index_paths(*index, {folder.path("docs")});
    if (!indexed) CHECK(indexed.error().code == ErrorCode::io);
  }
}

TEST_CASE("an index of a newer release is not touched") {
  const Folder folder;
  { open(folder.path("index.db")); }
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open(folder.path("index.db").c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "PRAGMA user_version = 99", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(other);
  auto index = open_index(folder.path("index.db"));
  REQUIRE_FALSE(index.has_value());
  CHECK(index.error().message.find("newer release") != std::string::npos);
}

TEST_CASE("an index is for its owner's eyes") {
  const Folder folder;
  open(folder.path("state/index.db"));
  struct stat status {};
  REQUIRE(stat(folder.path("state/index.db").c_str(), &status) == 0);
  CHECK((status.st_mode & 0077) == 0);
}

TEST_CASE("chunks survive being stored, and other bytes are no chunks") {
  StoredChunk one;
  one.begin = 3;
  one.size = 700;
  one.first_byte = 1'000'000'000'000;
  one.end_byte = one.first_byte + 900;
  one.first_line = 12;
  one.last_line = 30;
  one.hash[15] = 7;
  one.trail = {"Handbook", "Leave"};
  StoredChunk two = one;
  two.begin = 700;
  StoredChunk three = two;
  three.trail.clear();
  const std::string bytes = encode_chunks({one, two, three});
  const auto read = decode_chunks(bytes);
  REQUIRE(read.size() == 3);
  CHECK(read[0].end_byte == one.end_byte);
  CHECK(read[1].trail == one.trail);
  CHECK(read[2].trail.empty());
  CHECK(read[2].hash == one.hash);
  for (std::size_t size = 0; size < bytes.size(); ++size) CHECK(decode_chunks(bytes.substr(0, size)).empty());
  CHECK(decode_chunks(std::string(100, '\xFF')).empty());
}

TEST_CASE("lengths are kept to six percent") {
  for (const std::uint32_t words : {0u, 1u, 2u, 5u, 17u, 100u, 999u, 12'345u, 1'000'000u}) {
    CAPTURE(words);
    const double length = length_of(length_code(words));
    CHECK(length == doctest::Approx(words).epsilon(0.04));
  }
}

}  // namespace
}  // namespace sumun::docsearch::test
