// SPDX-License-Identifier: Apache-2.0
// The module as a client sees it: tools, resources and the prompt, in the modern era and in a legacy one.
#include "../server/support.hpp"
#include "support.hpp"

namespace sumun::docsearch::test {
namespace {

using sumun::test::code_of;
using sumun::test::failed;
using sumun::test::J;
using sumun::test::text_of;
using sumun::test::World;

struct Documents {
  Folder folder;
  World world;

  Documents() {
    folder.write("docs/leave.md", "# Leave\n\n## Annual leave\n\nEverybody has 25 days a year.\n");
    folder.write("docs/faq.jsonl", R"({"_id": "a b/c", "title": "Parking", "text": "Behind the building."})" "\n");
    Index index = open(folder.path("index.db"));
    index_all(index, folder.path("docs"));
    Config config;
    config.index_path = folder.path("index.db");
    register_module(world.server, config);
  }
  json call(const std::string& tool, json arguments) { return world.call(tool, std::move(arguments)); }
};

TEST_CASE("search_documents answers with passages and their citations") {
  Documents documents;
  const json answer = documents.call("search_documents", {{"query", "days of annual leave"}, {"top_k", 1}});
  CAPTURE(answer.dump());
  CHECK_FALSE(failed(answer));
  const json& hit = answer.at("result").at("structuredContent").at("hits").at(0);
  CHECK(hit.at("citation").at("path") == documents.folder.path("docs/leave.md").string());
  CHECK(hit.at("citation").at("state") == "current");
  CHECK(hit.at("citation").at("first_byte") == 0);
  CHECK(hit.at("citation").at("heading_trail").at(0) == "Leave");
  CHECK(hit.at("type") == "markdown");
  CHECK(hit.at("text").get<std::string>().find("25 days") != std::string::npos);
  CHECK(text_of(answer).find("25 days") != std::string::npos);
  CHECK(text_of(answer).find("leave.md:1-5") != std::string::npos);
  CHECK(documents.call("search_documents", {{"query", "days"}, {"types", {"jsonl"}}}).at("result").at("structuredContent").at("hits").empty());
}

TEST_CASE("bad arguments are errors that a model can act on") {
  Documents documents;
  struct {
    const char* name;
    const char* tool;
    json arguments;
    const char* words;
  } const cases[] = {
      {"no query", "search_documents", json::object(), "query"},
      {"too many hits", "search_documents", {{"query", "x"}, {"top_k", 51}}, "top_k"},
      {"no such type", "search_documents", {{"query", "x"}, {"types", {"pdf"}}}, "types"},
      {"no date", "search_documents", {{"query", "x"}, {"modified_from", "yesterday"}}, "modified_from"},
      {"no such day", "search_documents", {{"query", "x"}, {"modified_before", "2026-02-30"}}, "modified_before"},
      {"outside the index", "read_document", {{"document", "/etc/passwd"}}, "/etc/passwd"},
      {"lines in the wrong order", "read_document", {{"document", documents.folder.path("docs/leave.md").string()}, {"first_line", 3}, {"last_line", 2}}, "first_line"},
      {"no cursor of ours", "list_documents", {{"cursor", "x"}}, "cursor"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    const json answer = documents.call(c.tool, c.arguments);
    CAPTURE(answer.dump());
    CHECK(failed(answer));
    CHECK(text_of(answer).find(c.words) != std::string::npos);
  }
}

TEST_CASE("documents are listed and read") {
  Documents documents;
  const json list = documents.call("list_documents", json::object());
  const json& listed = list.at("result").at("structuredContent").at("documents");
  REQUIRE(listed.size() == 2);
  CHECK(listed.at(0).at("title") == "Parking");
  const json read = documents.call("read_document", {{"document", listed.at(1).at("document_id")}, {"first_line", 3}, {"last_line", 5}});
  CHECK(text_of(read) == "## Annual leave\n\nEverybody has 25 days a year.\n");
  CHECK(read.at("result").at("structuredContent").at("state") == "current");
  const json first = documents.call("list_documents", {{"limit", 1}});
  const json cursor = first.at("result").at("structuredContent").at("next_cursor");
  CHECK(documents.call("list_documents", {{"limit", 1}, {"cursor", cursor}}).at("result").at("structuredContent").at("documents").at(0).at("title") == "Leave");
}

TEST_CASE("documents are resources, records too") {
  Documents documents;
  const json list = documents.world.ask("resources/list");
  const json& resources = list.at("result").at("resources");
  REQUIRE(resources.size() == 2);
  CHECK(resources.at(0).at("name") == "a b/c");
  for (const json& resource : resources) {
    const json read = documents.world.ask("resources/read", {{"uri", resource.at("uri")}});
    CAPTURE(read.dump());
    CHECK(read.at("result").at("contents").at(0).at("uri") == resource.at("uri"));
    CHECK_FALSE(read.at("result").at("contents").at(0).at("text").get<std::string>().empty());
  }
  CHECK(code_of(documents.world.ask("resources/read", {{"uri", "docsearch://document/0123456789abcdef"}})) != 0);
}

TEST_CASE("the prompt holds the question and the passages") {
  Documents documents;
  const json prompt = documents.world.ask("prompts/get", {{"name", "answer_with_citations"}, {"arguments", {{"question", "how many days of leave"}}}});
  const std::string text = prompt.at("result").at("messages").at(0).at("content").at("text");
  CHECK(text.find("how many days of leave") != std::string::npos);
  CHECK(text.find("25 days") != std::string::npos);
  CHECK(text.find("[1]") != std::string::npos);
}

TEST_CASE("the same in a legacy revision") {
  Documents documents;
  documents.world.open("2025-06-18");
  const json answer = documents.world.call_legacy("search_documents", {{"query", "parking"}});
  CHECK(answer.at("result").at("structuredContent").at("hits").at(0).at("document_id").get<std::string>().ends_with("/a b/c"));
}

TEST_CASE("a server without an index starts, and says what to do") {
  Folder folder;
  World world;
  Config config;
  config.index_path = folder.path("none/index.db");
  register_module(world.server, config);
  const json answer = world.call("search_documents", {{"query", "anything"}});
  CHECK_FALSE(failed(answer));
  CHECK(text_of(answer).find("sumun index") != std::string::npos);

  Folder other;
  other.write("index.db", "no database at all, but long enough to be read as one");
  World broken;
  config.index_path = other.path("index.db");
  register_module(broken.server, config);
  const json refused = broken.call("search_documents", {{"query", "anything"}});
  CHECK(failed(refused));
  CHECK(text_of(refused).find("index.db") != std::string::npos);
}

}  // namespace
}  // namespace sumun::docsearch::test
