// SPDX-License-Identifier: Apache-2.0
// One run over some paths: what changed is read, cut and written, a batch at a time.
#pragma once
#include "files.hpp"
#include "jsonl.hpp"
#include "store.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace sumun::docsearch {

/// A batch ends, and others may write, after so much text or time.
inline constexpr std::uint64_t kBatchBytes = std::uint64_t{24} << 20;
inline constexpr std::chrono::milliseconds kBatchTime{700};

/// A row of the file table.
struct FileRow {
  std::int64_t id = 0;
  FileStamp stamp;
  Digest hash{};
  std::int64_t cut = 0;
  std::int64_t position = 0;  // bytes that are in the index; kRemoving = an older content is being taken out
  std::int64_t lines = 0, documents = 0, chunks = 0;
  bool complete = false;
};
inline constexpr std::int64_t kRemoving = -1;

/// Thread: one. Lives as long as one index_paths().
class Indexer {
 public:
  Indexer(Index::Impl& index, Connection& connection, const IndexOptions& options, const ProgressSink& progress, std::stop_token stop);
  Result<IndexReport> run(const std::vector<std::filesystem::path>& paths);

 private:
  Result<void> prepare();
  Result<void> run_root(const std::filesystem::path& path);
  void visit(const std::string& path);
  Result<void> index_file(const std::string& path);
  Result<bool> index_whole(const std::string& path, DocumentType type, FileRow& row, std::string_view bytes);
  Result<bool> index_records(const std::string& path, FileRow& row, const FileHandle& file);
  Result<bool> read_records(const std::string& path, FileRow& row, const FileHandle& file);
  Result<void> add_line(const std::string& path, FileRow& row, std::string_view line, std::uint64_t at);
  Result<bool> claim(const std::string& path, DocumentType type, FileRow& row);
  Result<void> remove_gone(const std::string& root);
  Result<bool> remove_content(FileRow& row, std::size_t limit);
  Result<void> remove_file(const std::string& path);

  struct NewDocument;
  Result<void> add_document(FileRow& row, const NewDocument& document);
  Result<void> add_units(std::int64_t document, const FileRow& row, const NewDocument& content);
  Result<void> add_unit(std::int64_t document, const FileRow& row, std::string_view title, std::string_view body, const std::vector<StoredChunk>& chunks);

  Result<std::optional<FileRow>> find(const std::string& path);
  Result<void> write(const FileRow& row);
  Result<void> begin();
  Result<void> commit();
  Result<void> commit_and_rest();
  Result<void> commit_if_full();
  bool batch_is_full() const;
  void skip(const std::string& path, const std::string& reason);
  void done(const std::string& path, std::uint64_t bytes);
  void report_progress(const std::string& path);

  Index::Impl& index_;
  Connection& connection_;
  Database& database_;
  const IndexOptions& options_;
  const ProgressSink& progress_;
  std::stop_token stop_;
  ChunkOptions cut_;
  std::int64_t cut_signature_;

  IndexReport report_;
  IndexProgress state_;
  std::optional<Error> failure_;              // ends the run
  std::unordered_set<std::string> present_;   // files that stay in the index
  std::vector<std::string> unknown_;          // folders that could not be read: what is below them stays

  std::optional<Transaction> transaction_;
  std::chrono::steady_clock::time_point begun_;
  std::uint64_t batch_bytes_ = 0;
  std::int64_t next_document_ = 0, next_unit_ = 0;
  std::int64_t units_delta_ = 0, words_delta_ = 0;

  Hasher hasher_;
  std::vector<StoredChunk> unit_chunks_;
  Statement find_file_, insert_file_, update_file_, delete_file_, insert_document_, delete_documents_, insert_unit_, delete_unit_;
  Statement insert_text_, delete_text_, old_units_, files_below_, add_meta_;
};

}  // namespace sumun::docsearch
