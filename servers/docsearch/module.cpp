// SPDX-License-Identifier: Apache-2.0
// The engine as tools, resources and a prompt of a server.
#include "docsearch.hpp"

#include <sumun/convert.hpp>
#include <sumun/field.hpp>
#include <sumun/server.hpp>

#include <cstdio>
#include <ctime>
#include <mutex>
#include <utility>

#include <sys/stat.h>

namespace sumun::docsearch {
namespace {

constexpr std::string_view kResourceTemplate = "docsearch://document/{id}";
constexpr const char* kModuleName = "docsearch";
constexpr std::size_t kListedResources = 100;  // a page of resources/list

// ---------------------------------------------------------------- times

std::string to_iso(std::chrono::sys_seconds time) {
  const std::time_t seconds = time.time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts));
}

// "2026-11-20" or "2026-11-20T09:30:00Z"
Result<std::optional<std::chrono::sys_seconds>> from_iso(const std::optional<std::string>& text, const char* name) {
  if (!text) return std::optional<std::chrono::sys_seconds>();
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, used = 0;
  const Error bad = fail(ErrorCode::invalid_value, std::string(name) + ": expected a date such as 2026-11-20, got " + *text);
  if (std::sscanf(text->c_str(), "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3) return bad;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)), std::chrono::day(static_cast<unsigned>(day))};
  if (month < 1 || day < 1 || !date.ok()) return bad;
  const std::string rest = text->substr(static_cast<std::size_t>(used));
  if (!rest.empty()) {
    int end = 0;
    if (std::sscanf(rest.c_str(), "T%2d:%2d:%2dZ%n", &hour, &minute, &second, &end) != 3 || static_cast<std::size_t>(end) != rest.size()) return bad;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return bad;
  }
  return std::optional(std::chrono::sys_seconds(std::chrono::sys_days(date)) + std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second));
}

// ---------------------------------------------------------------- inputs and outputs

struct SearchInput {
  Field<std::string, "What to look for: a question, words, a code such as DEC-0054 or an identifier. \"In quotes\" means exactly these words.", length<1, 4000>> query;
  Field<int, "How many hits to return", range<1, static_cast<int>(kMaxTopK)>, default_<8>> top_k;
  Field<std::optional<std::vector<std::string>>, "Only these files: a file, a folder or a glob such as *.md or notes/**/*.md", max_items<50>> paths;
  Field<std::optional<std::vector<DocumentType>>, "Only these types", max_items<5>> types;
  Field<std::optional<std::string>, "Only files changed on or after this date, such as 2026-01-31"> modified_from;
  Field<std::optional<std::string>, "Only files changed before this date"> modified_before;
};

struct CitationOutput {
  std::string path;
  std::string title;
  std::vector<std::string> heading_trail;
  std::uint64_t first_line, last_line;
  Field<std::uint64_t, "First cited byte of the file"> first_byte;
  Field<std::uint64_t, "The byte after the last cited one"> end_byte;
  std::string content_hash;
  Field<CitationState, "current: these bytes are in the file now; changed or missing: text is what was indexed"> state;
};

struct HitOutput {
  Field<std::string, "For read_document"> document_id;
  std::string resource;
  DocumentType type;
  std::string modified;
  double score;
  CitationOutput citation;
  std::string snippet;
  std::string text;
};

struct SearchOutput {
  std::vector<HitOutput> hits;
};

struct ReadInput {
  Field<std::string, "A document_id from search_documents or list_documents, or the absolute path of an indexed file", length<1, 5000>> document;
  Field<std::int64_t, "First line to read", minimum<1>, default_<1>> first_line;
  Field<std::optional<std::int64_t>, "Last line to read; absent = to the end", minimum<1>> last_line;
  Field<std::int64_t, "Longest text to return", range<1, static_cast<std::int64_t>(kMaxReadBytes)>, default_<32768>> max_bytes;
};

struct ReadOutput {
  std::string document_id, path, title;
  DocumentType type;
  std::string modified;
  std::uint64_t first_line, last_line;
  Field<bool, "More follows: read on from last_line + 1"> truncated;
  Field<CitationState, "changed: the file is not the one that was indexed"> state;
  std::string text;
};

struct ListInput {
  Field<std::optional<std::string>, "next_cursor of the page before; absent = the first page"> cursor;
  Field<int, "How many documents to return", range<1, static_cast<int>(kMaxListedDocuments)>, default_<50>> limit;
  Field<std::optional<std::vector<std::string>>, "Only these files: a file, a folder or a glob", max_items<50>> paths;
  Field<std::optional<std::vector<DocumentType>>, "Only these types", max_items<5>> types;
};

struct DocumentOutput {
  std::string document_id, resource, path, title;
  DocumentType type;
  std::uint64_t bytes, lines, chunks;
  std::string modified;
};

struct ListOutput {
  std::vector<DocumentOutput> documents;
  Field<std::optional<std::string>, "Absent on the last page"> next_cursor;
};

struct AnswerInput {
  Field<std::string, "The question to answer from the documents"> question;
};

// ---------------------------------------------------------------- texts for the model

std::string percent_encoded(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
      out.push_back(kDigits[c & 15]);
    }
  }
  return out;
}

std::string uri_of(std::string_view document_id) { return "docsearch://document/" + percent_encoded(document_id); }

const char* mime_type_of(DocumentType type) {
  switch (type) {
    case DocumentType::markdown: return "text/markdown";
    case DocumentType::html: return "text/html";
    default: return "text/plain";
  }
}

std::string place_of(const Citation& citation) {
  std::string place = citation.path + ":" + std::to_string(citation.first_line);
  if (citation.last_line > citation.first_line) place += "-" + std::to_string(citation.last_line);
  return place;
}

std::string heading_of(const Citation& citation) {
  std::string heading = citation.title;
  for (const std::string& part : citation.heading_trail) {
    if (part != citation.title) heading += " > " + part;
  }
  return heading;
}

// [1] Handbook > Leave (/docs/leave.md:12-20, document 0123456789abcdef)
// text
std::string render(const SearchResult& result) {
  std::string text;
  std::size_t number = 0;
  for (const Hit& hit : result.hits) {
    if (number > 0) text += "\n\n";
    text += "[" + std::to_string(++number) + "] " + heading_of(hit.citation) + " (" + place_of(hit.citation) + ", document " + hit.document_id + ")";
    if (hit.citation.state == CitationState::changed) text += "\nThe file has changed since it was indexed; this is the indexed text:";
    if (hit.citation.state == CitationState::missing) text += "\nThe file is gone or unreadable; this is the indexed text:";
    text += "\n" + hit.text;
  }
  return text;
}

HitOutput to_output(Hit hit) {
  HitOutput out;
  out.document_id = hit.document_id;
  out.resource = uri_of(hit.document_id);
  out.type = hit.type;
  out.modified = to_iso(hit.modified);
  out.score = hit.score;
  Citation& citation = hit.citation;
  out.citation.path = std::move(citation.path);
  out.citation.title = std::move(citation.title);
  out.citation.heading_trail = std::move(citation.heading_trail);
  out.citation.first_line = citation.first_line;
  out.citation.last_line = citation.last_line;
  out.citation.first_byte = citation.first_byte;
  out.citation.end_byte = citation.end_byte;
  out.citation.content_hash = std::move(citation.content_hash);
  out.citation.state = citation.state;
  out.snippet = std::move(hit.snippet);
  out.text = std::move(hit.text);
  return out;
}

// ---------------------------------------------------------------- the module

using FileIdentity = std::pair<dev_t, ino_t>;

// Device and inode; none where there is no such file.
std::optional<FileIdentity> identity_of(const std::filesystem::path& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileIdentity{status.st_dev, status.st_ino};
}

class Module {
 public:
  explicit Module(Config config) : config_(std::move(config)) {}

  Result<CallToolResult> search_documents(SearchInput in);
  Result<CallToolResult> read(ReadInput in);
  Result<CallToolResult> list(ListInput in);
  Result<ListResourcesResult> list_resources(const std::optional<std::string>& cursor);
  Result<ReadResourceResult> read_resource(const std::string& id, const std::string& uri);
  Result<std::string> answer(const AnswerInput& in);

 private:
  Result<Index> index();
  std::string nothing_found();

  Config config_;
  std::mutex mutex_;
  std::optional<Index> index_;
  std::optional<FileIdentity> identity_;  // of the file that index_ has open
};

Result<Index> Module::index() {
  const std::lock_guard lock(mutex_);
  // Somebody may have deleted the file and made another: that one counts.
  const auto now = identity_of(config_.index_path);
  if (index_ && now == identity_) return *index_;
  auto opened = open_index(config_.index_path, config_.open);
  if (opened) {
    index_ = *opened;
    identity_ = identity_of(config_.index_path);
  }
  return opened;
}

std::string Module::nothing_found() {
  auto opened = index();
  if (opened) {
    const auto summary = summarize(*opened);
    if (summary && summary->documents == 0) return "No documents are indexed yet. The user can run: sumun index PATH";
  }
  return "No passage matches. Try other words, or fewer filters.";
}

Result<CallToolResult> Module::search_documents(SearchInput in) {
  auto opened = index();
  if (!opened) return opened.error();
  SearchQuery query;
  query.text = std::move(in.query.get());
  query.top_k = static_cast<std::size_t>(in.top_k.get());
  query.paths = std::move(in.paths.get()).value_or(std::vector<std::string>());
  query.types = std::move(in.types.get()).value_or(std::vector<DocumentType>());
  auto from = from_iso(in.modified_from.get(), "modified_from");
  if (!from) return from.error();
  query.modified_from = *from;
  auto before = from_iso(in.modified_before.get(), "modified_before");
  if (!before) return before.error();
  query.modified_before = *before;
  auto found = search(*opened, query);
  if (!found) return found.error();
  CallToolResult result = CallToolResult::text(found->hits.empty() ? nothing_found() : render(*found));
  SearchOutput output;
  for (Hit& hit : found->hits) output.hits.push_back(to_output(std::move(hit)));
  result.structuredContent = encode(std::move(output));
  return result;
}

Result<CallToolResult> Module::read(ReadInput in) {
  auto opened = index();
  if (!opened) return opened.error();
  ReadRequest request;
  request.document = std::move(in.document.get());
  request.first_line = static_cast<std::uint64_t>(in.first_line.get());
  request.last_line = static_cast<std::uint64_t>(in.last_line.get().value_or(0));
  request.max_bytes = static_cast<std::size_t>(in.max_bytes.get());
  auto text = read_document(*opened, request);
  if (!text) return text.error();
  ReadOutput output;
  output.document_id = text->document.id;
  output.path = text->document.path;
  output.title = text->document.title;
  output.type = text->document.type;
  output.modified = to_iso(text->document.modified);
  output.first_line = text->first_line;
  output.last_line = text->last_line;
  output.truncated = text->truncated;
  output.state = text->state;
  output.text = std::move(text->text);
  CallToolResult result = CallToolResult::text(output.first_line == 0 ? "There is nothing in these lines." : output.text);
  if (text->truncated) {
    result.content.emplace_back(text_content("The text goes on: read_document with first_line " + std::to_string(output.last_line + 1)));
  }
  if (text->state == CitationState::changed) result.content.emplace_back(text_content("The file has changed since it was indexed; this is its text now."));
  result.structuredContent = encode(std::move(output));
  return result;
}

Result<CallToolResult> Module::list(ListInput in) {
  auto opened = index();
  if (!opened) return opened.error();
  SearchQuery filter;
  filter.paths = std::move(in.paths.get()).value_or(std::vector<std::string>());
  filter.types = std::move(in.types.get()).value_or(std::vector<DocumentType>());
  auto page = list_documents(*opened, in.cursor.get().value_or(""), static_cast<std::size_t>(in.limit.get()), filter);
  if (!page) return page.error();
  ListOutput output;
  std::string text;
  for (Document& document : page->documents) {
    text += document.id + "  " + document.title + "  (" + document.path + ", " + std::to_string(document.lines) + " lines)\n";
    DocumentOutput out;
    out.document_id = document.id;
    out.resource = uri_of(document.id);
    out.path = std::move(document.path);
    out.title = std::move(document.title);
    out.type = document.type;
    out.bytes = document.bytes;
    out.lines = document.lines;
    out.chunks = document.chunks;
    out.modified = to_iso(document.modified);
    output.documents.push_back(std::move(out));
  }
  if (!page->next_cursor.empty()) {
    text += "More follow: list_documents with cursor " + page->next_cursor;
    output.next_cursor = std::optional(page->next_cursor);
  }
  if (output.documents.empty()) text = "No documents. The user can run: sumun index PATH";
  CallToolResult result = CallToolResult::text(std::move(text));
  result.structuredContent = encode(std::move(output));
  return result;
}

Result<ListResourcesResult> Module::list_resources(const std::optional<std::string>& cursor) {
  auto opened = index();
  if (!opened) return opened.error();
  auto page = list_documents(*opened, cursor.value_or(""), kListedResources);
  if (!page) return fail(ErrorCode::invalid_params, page.error().message);
  ListResourcesResult result;
  for (const Document& document : page->documents) {
    Resource resource;
    resource.uri = uri_of(document.id);
    resource.name = document.record_id.empty() ? document.path.substr(document.path.rfind('/') + 1) : document.record_id;
    resource.title = document.title;
    resource.description = document.path;
    resource.mimeType = document.record_id.empty() ? mime_type_of(document.type) : "text/plain";
    resource.size = static_cast<std::int64_t>(document.bytes);
    result.resources.push_back(std::move(resource));
  }
  if (!page->next_cursor.empty()) result.nextCursor = page->next_cursor;
  return result;
}

Result<ReadResourceResult> Module::read_resource(const std::string& id, const std::string& uri) {
  auto opened = index();
  if (!opened) return opened.error();
  ReadRequest request;
  request.document = id;
  request.max_bytes = kMaxReadBytes;
  auto text = read_document(*opened, request);
  if (!text && text.error().code == ErrorCode::invalid_value) return fail(ErrorCode::resource_not_found, "resource not found: " + uri);
  if (!text) return text.error();
  TextResourceContents contents;
  contents.uri = uri;
  contents.mimeType = text->document.record_id.empty() ? mime_type_of(text->document.type) : "text/plain";
  contents.text = std::move(text->text);
  if (text->truncated) contents._meta = json{{"dev.sumun/truncated", true}};
  ReadResourceResult result;
  result.contents.push_back(std::move(contents));
  return result;
}

Result<std::string> Module::answer(const AnswerInput& in) {
  auto opened = index();
  if (!opened) return opened.error();
  SearchQuery query;
  query.text = in.question.get();
  query.top_k = 8;
  auto found = search(*opened, query);
  if (!found) return found.error();
  std::string text = "Answer the question from the passages below and from nothing else. After each statement cite the passage that says it as "
                     "[number], and list the cited passages at the end with path and lines. If the passages do not hold the answer, search again with "
                     "other words (search_documents) or read more of a document (read_document); if it is not there, say so.\n\nQuestion: ";
  text += in.question.get() + "\n\nPassages:\n\n";
  return text + (found->hits.empty() ? nothing_found() : render(*found));
}

ToolOptions tool_options(const char* title, json output_schema) {
  ToolOptions options;
  options.title = title;
  options.effects = reads | idempotent;
  options.module = kModuleName;
  options.output_schema = std::move(output_schema);
  return options;
}

}  // namespace

void register_module(Server& server, Config config) {
  const auto module = std::make_shared<Module>(std::move(config));
  server.tool("search_documents",
              "Searches the user's documents (English, Korean, Japanese, Chinese and others; notes, handbooks, code) and returns the passages that "
              "match best, each with a citation: path, lines, headings. Use it before answering a question about the user's own documents, and cite "
              "what you use as path:lines.",
              [module](SearchInput in) { return module->search_documents(std::move(in)); },
              tool_options("Search documents", schema_of<SearchOutput>(SchemaUse::output)));
  server.tool("read_document", "Reads lines of an indexed document, for more context around a hit of search_documents.",
              [module](ReadInput in) { return module->read(std::move(in)); },
              tool_options("Read a document", schema_of<ReadOutput>(SchemaUse::output)));
  server.tool("list_documents", "Lists the indexed documents, page by page.", [module](ListInput in) { return module->list(std::move(in)); },
              tool_options("List documents", schema_of<ListOutput>(SchemaUse::output)));

  ResourceTemplate family;
  family.uriTemplate = kResourceTemplate;
  family.name = "document";
  family.title = "Indexed document";
  family.description = "An indexed document by its document_id";
  ResourceOptions resources;
  resources.module = kModuleName;
  resources.list = [module](std::optional<std::string> cursor) { return module->list_resources(cursor); };
  server.resource_template(family, [module](UriVariables variables, Call& call) { return module->read_resource(variables["id"], call.target()); }, resources);

  PromptOptions prompt;
  prompt.module = kModuleName;
  prompt.title = "Answer with citations";
  server.prompt("answer_with_citations", "Answers a question from the indexed documents, with citations", [module](AnswerInput in) { return module->answer(in); }, prompt);
}

}  // namespace sumun::docsearch
