// SPDX-License-Identifier: Apache-2.0
// Document search: an index of files in one SQLite file, ranked search over it with citations that can be checked
// against the files, and the measures that say how good it is.
//
//   auto index  = open_index(default_index_path());
//   auto report = index_paths(*index, {"handbook"});
//   auto result = search(*index, {.text = "how many days of leave"});
//
// Several processes may share one index file: readers are never blocked by an indexer, indexers take turns, and
// every wait has a deadline (OpenOptions::wait).
#pragma once
#include <sumun/log.hpp>
#include <sumun/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace sumun {
inline namespace v0 {
class Server;  // <sumun/server.hpp>
}

namespace docsearch {

// ---------------------------------------------------------------------------------------------------------------
// The index

/// How documents are cut into chunks. Sizes are characters (code points), not bytes.
struct ChunkOptions {
  std::size_t min_characters = 300;  // smaller pieces are joined with their neighbours where the structure allows
  std::size_t max_characters = 800;  // a longer paragraph is split at sentences, a longer table or code block at lines
  double overlap = 0.12;             // share of the maximum that is repeated where running text is split (0 to 0.5)

  friend bool operator==(const ChunkOptions&, const ChunkOptions&) = default;
};

struct OpenOptions {
  ChunkOptions chunks;  // another cut than the one stored in the index makes the next index_paths() read every file again
  std::chrono::milliseconds wait{10'000};  // longest wait for another process that holds the index
  LogSink log;
};

/// An open index. Thread: any; calls may run at the same time. Ends: with the last call that uses it.
class Index {
 public:
  class Impl;
  explicit Index(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  Impl& impl() const { return *impl_; }

 private:
  std::shared_ptr<Impl> impl_;
};

/// $XDG_STATE_HOME/sumun/documents.db, or ~/.local/state/sumun/documents.db.
std::filesystem::path default_index_path();

/// Opens the index, creating the file and its folder where they are missing.
/// Errors: io (names the file) when it cannot be opened, is no index, is damaged, or is of a newer release;
///         timeout when another process holds it.
Result<Index> open_index(const std::filesystem::path& path, OpenOptions options = {});

// ---------------------------------------------------------------------------------------------------------------
// Indexing

struct IndexOptions {
  std::uint64_t max_file_bytes = std::uint64_t{64} << 20;  // larger files are skipped and reported; a JSON Lines file is read by the line
  bool hidden = false;  // also enter files and folders whose name starts with a dot
};

/// Where the work stands; handed over after every file and, in a long JSON Lines file, every batch.
struct IndexProgress {
  std::uint64_t files_found = 0;  // grows while folders are still being read
  std::uint64_t files_done = 0;   // indexed, unchanged or skipped
  std::uint64_t bytes_done = 0;
  std::string path;               // the file at hand
};
using ProgressSink = std::function<void(const IndexProgress&)>;

/// A file that was found and not indexed. The reason is for people: "binary file", "permission denied", …
struct SkippedFile {
  std::string path;
  std::string reason;
};

struct IndexReport {
  std::uint64_t files_indexed = 0;    // new or changed
  std::uint64_t files_unchanged = 0;
  std::uint64_t files_deleted = 0;    // were in the index under the given paths, and are gone
  std::uint64_t documents = 0;        // in the indexed files; a JSON Lines file holds one for every record
  std::uint64_t chunks = 0;           // in the indexed files
  std::uint64_t bytes = 0;            // of the indexed files
  double seconds = 0;
  std::vector<SkippedFile> skipped;   // at most kMaxReportedSkips of them
  std::uint64_t files_skipped = 0;
};
inline constexpr std::size_t kMaxReportedSkips = 1000;

/// Brings the index up to date with these files and folders: new and changed files are read, files that are gone
/// leave the index, all others stay as they are. What was committed before an interruption is kept, and the next
/// run goes on from there.
/// Errors:  io; timeout when another process holds the index for too long; cancelled (what is committed stays).
/// Cancels: stop is looked at between records and files.
Result<IndexReport> index_paths(Index& index, const std::vector<std::filesystem::path>& paths, const IndexOptions& options = {},
                                const ProgressSink& progress = {}, std::stop_token stop = {});

/// Files, documents and chunks in the index, and the bytes of text they hold.
struct IndexSummary {
  std::uint64_t files = 0, documents = 0, chunks = 0, bytes = 0;
  std::vector<std::string> roots;  // every path that was given to index_paths() and not removed
};
Result<IndexSummary> summarize(Index& index);

// ---------------------------------------------------------------------------------------------------------------
// Search

enum class DocumentType { markdown, text, html, code, jsonl };
std::string_view to_string(DocumentType type);
std::optional<DocumentType> document_type(std::string_view name);  // "markdown", "text", "html", "code", "jsonl"

struct SearchQuery {
  std::string text;         // any bytes; words, codes, questions. "in quotes" = exactly these words
  std::size_t top_k = 10;   // 1 to kMaxTopK; out of range is invalid_value
  std::vector<std::string> paths;    // any of: a glob (*, ?, [a-z], **), a file or a folder; not starting with / = anywhere below
  std::vector<DocumentType> types;   // any of; empty = all
  std::optional<std::chrono::sys_seconds> modified_from;    // the file's own date, inclusive
  std::optional<std::chrono::sys_seconds> modified_before;  // exclusive
};
inline constexpr std::size_t kMaxTopK = 50;
inline constexpr std::size_t kMaxQueryBytes = 16 * 1024;  // the rest of a longer query is not looked at

/// Whether the file still holds the cited bytes, looked up at the time of the search.
enum class CitationState {
  current,  // the cited bytes are in the file, at the cited place
  changed,  // the file is another one by now; text is what was indexed
  missing   // the file is gone or unreadable; text is what was indexed
};
std::string_view to_string(CitationState state);

/// A place in a file. Lines count from 1 and both ends are included; bytes are [first_byte, end_byte).
struct Citation {
  std::string path;                        // absolute
  std::string title;                       // of the document; the file's name where it has none
  std::vector<std::string> heading_trail;  // from the outermost heading to the innermost
  std::uint64_t first_line = 0, last_line = 0;
  std::uint64_t first_byte = 0, end_byte = 0;
  std::string content_hash;                // "sha256-128:" and the first 32 hex digits of the SHA-256 of these bytes
  CitationState state = CitationState::current;
};

struct Hit {
  std::string document_id;  // for read_document()
  std::string record_id;    // JSON Lines: the record's _id; else empty
  DocumentType type = DocumentType::text;
  std::chrono::sys_seconds modified;
  double score = 0;         // larger is better; comparable within one result only
  Citation citation;
  std::string snippet;      // one line of about 300 characters around the best match, valid UTF-8
  std::string text;         // the chunk: the file's bytes (html: its visible text; jsonl: its decoded text)
};

struct SearchResult {
  std::vector<Hit> hits;  // best first; ties by path, then by place
};

/// Ranks the chunks of the index against the query. No text is a malformed query; one without any word finds nothing.
/// Errors: invalid_value (top_k); io; timeout.
Result<SearchResult> search(Index& index, const SearchQuery& query);

// ---------------------------------------------------------------------------------------------------------------
// Documents

struct Document {
  std::string id;         // stable: depends on the path (and the record's _id) alone
  std::string path;       // absolute
  std::string record_id;  // JSON Lines: the record's _id; else empty
  std::string title;
  DocumentType type = DocumentType::text;
  std::uint64_t bytes = 0;
  std::uint64_t lines = 0;
  std::uint64_t chunks = 0;
  std::chrono::sys_seconds modified;
};

struct DocumentPage {
  std::vector<Document> documents;  // by path, then by place in the file
  std::string next_cursor;          // empty = that was all
};
inline constexpr std::size_t kMaxListedDocuments = 500;

/// One page of the documents. An unknown cursor is invalid_value. `filter` takes paths, types and dates of a query.
Result<DocumentPage> list_documents(Index& index, std::string_view cursor = {}, std::size_t limit = 100,
                                    const SearchQuery& filter = {});

struct ReadRequest {
  std::string document;          // a document's id, or the path of an indexed file
  std::uint64_t first_line = 1;  // of the file
  std::uint64_t last_line = 0;   // 0 = to the end; a record of JSON Lines is one line
  std::size_t max_bytes = 64 * 1024;  // 1 to kMaxReadBytes
};
inline constexpr std::size_t kMaxReadBytes = 1024 * 1024;

struct DocumentText {
  Document document;
  std::string text;  // whole lines of the file as it is now (a record: its title and text), valid UTF-8; cut only at max_bytes
  std::uint64_t first_line = 0, last_line = 0;  // of the text; 0 and 0 = nothing in that range
  bool truncated = false;  // max_bytes ended it early; go on at last_line + 1
  CitationState state = CitationState::current;  // missing comes back as an error instead
};

/// Reads lines of an indexed document, and of nothing else: a path that is not in the index is an error.
/// Errors: invalid_value (no such document, range, max_bytes); io (the file is gone).
Result<DocumentText> read_document(Index& index, const ReadRequest& request);

// ---------------------------------------------------------------------------------------------------------------
// Quality

struct EvalOptions {
  std::filesystem::path index_path;  // empty = a temporary index that is removed afterwards
  ChunkOptions chunks;
};

/// Means over the judged queries.
struct EvalReport {
  double ndcg_at_10 = 0, recall_at_5 = 0, recall_at_100 = 0, mrr_at_10 = 0;
  double queries_per_second = 0;
  double index_mb_per_second = 0;  // 10^6 bytes of title and text a second, one thread, from opening the file to the last commit
  std::uint64_t documents = 0, queries = 0, bytes = 0;
};

/// Measures search over a folder in BEIR's layout: corpus.jsonl, queries.jsonl, qrels/test.tsv.
/// Errors: io, invalid_value (names file and line).
Result<EvalReport> evaluate_beir(const std::filesystem::path& folder, const EvalOptions& options = {}, const ProgressSink& progress = {},
                                 std::stop_token stop = {});

// ---------------------------------------------------------------------------------------------------------------
// The module

struct Config {
  std::filesystem::path index_path = default_index_path();
  OpenOptions open;
};

/// Adds search_documents, read_document, list_documents, the documents as resources and the prompt
/// answer_with_citations to a server. The index is opened by the first call, so that a server without one starts too.
void register_module(Server& server, Config config = {});

}  // namespace docsearch
}  // namespace sumun
