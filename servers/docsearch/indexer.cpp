// SPDX-License-Identifier: Apache-2.0
// Every batch is one transaction that leaves the index whole: a file is in it as it was, or as it is, or (a long JSON
// Lines file) up to a position from which any later run goes on. Two runs at once take turns batch by batch; each looks
// at the file's row again under the write lock and goes on from where the other one left off.
#include "indexer.hpp"

#include "chunker.hpp"
#include "utf8.hpp"

#include <algorithm>
#include <thread>

namespace sumun::docsearch {
namespace {

constexpr std::size_t kRemoveStep = 2000;  // units taken out before looking whether the batch is full

std::string folder_end(const std::string& root) { return root == "/" ? "0" : root + "0"; }  // '0' follows '/'
std::string folder_begin(const std::string& root) { return root == "/" ? "/" : root + "/"; }

std::string_view stem_of(std::string_view path) {
  path = path.substr(path.rfind('/') + 1);
  const std::size_t dot = path.rfind('.');
  return dot == 0 || dot == std::string_view::npos ? path : path.substr(0, dot);
}

// Lines of a file by byte.
class LineIndex {
 public:
  explicit LineIndex(std::string_view text) {
    for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) newlines_.push_back(at);
    lines_ = newlines_.size() + (text.empty() || text.back() == '\n' ? 0 : 1);
  }
  std::uint64_t line_of(std::size_t byte) const {
    return static_cast<std::uint64_t>(std::lower_bound(newlines_.begin(), newlines_.end(), byte) - newlines_.begin()) + 1;
  }
  std::uint64_t lines() const { return lines_; }

 private:
  std::vector<std::size_t> newlines_;
  std::uint64_t lines_ = 0;
};

}  // namespace

// What add_document() needs to know. Offsets of `source` and of raw text are relative to `bytes`, which stands at `at`.
struct Indexer::NewDocument {
  std::string_view record, title, ranked_title;
  std::string_view text;                 // what the chunks point into
  const std::vector<TextChunk>* chunks = nullptr;
  std::string_view bytes;                // of the file
  std::uint64_t at = 0;                  // where bytes stand in the file
  const SourceMap* source = nullptr;     // null: text is bytes from `base` on
  std::size_t base = 0;
  const LineIndex* lines = nullptr;      // null: all on `line`
  std::uint64_t line = 1, line_count = 1;
};

Indexer::Indexer(Index::Impl& index, Connection& connection, const IndexOptions& options, const ProgressSink& progress, std::stop_token stop)
    : index_(index), connection_(connection), database_(*connection.database), options_(options), progress_(progress), stop_(std::move(stop)),
      cut_(sane(index.options().chunks)), cut_signature_(cut_signature(index.options().chunks)) {}

Result<void> Indexer::prepare() {
  const auto make = [&](Statement& statement, std::string_view sql) -> Result<void> {
    auto prepared = database_.prepare(sql);
    if (!prepared) return prepared.error();
    statement = std::move(*prepared);
    return {};
  };
  const std::pair<Statement*, std::string_view> statements[] = {
      {&find_file_, "SELECT id, bytes, modified_ns, changed_ns, inode, hash, cut, position, lines, complete, documents, chunks FROM file WHERE path = ?"},
      {&insert_file_, "INSERT INTO file(path, uid, type, bytes, modified_ns, changed_ns, inode, hash, cut, position, lines, complete, documents, chunks) "
                      "VALUES(?1, ?2, ?3, 0, 0, 0, 0, x'', 0, 0, 0, 0, 0, 0)"},
      {&update_file_, "UPDATE file SET bytes = ?2, modified_ns = ?3, changed_ns = ?4, inode = ?5, hash = ?6, cut = ?7, position = ?8, lines = ?9, "
                      "complete = ?10, documents = ?11, chunks = ?12 WHERE id = ?1"},
      {&delete_file_, "DELETE FROM file WHERE id = ?"},
      {&insert_document_, "INSERT OR IGNORE INTO document(id, file, record, title, first_byte, end_byte, first_line, lines, chunks) "
                          "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"},
      {&delete_documents_, "DELETE FROM document WHERE file = ?"},
      {&insert_unit_, "INSERT INTO unit(id, document, file, chunks, title, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"},
      {&delete_unit_, "DELETE FROM unit WHERE id = ?"},
      {&insert_text_, "INSERT INTO text(rowid, title, body) VALUES(?1, ?2, ?3)"},
      {&delete_text_, "INSERT INTO text(text, rowid, title, body) VALUES('delete', ?1, ?2, ?3)"},
      {&old_units_, "SELECT unit.id, unit.title, unit.body FROM document JOIN unit ON unit.document = document.id WHERE document.file = ?1 LIMIT ?2"},
      {&files_below_, "SELECT path FROM file WHERE path = ?1 OR (path >= ?2 AND path < ?3) ORDER BY path"},
      {&add_meta_, "INSERT INTO meta(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = value + ?2"}};
  for (const auto& [statement, sql] : statements) {
    auto made = make(*statement, sql);
    if (!made) return made.error();
  }
  return {};
}

Result<IndexReport> Indexer::run(const std::vector<std::filesystem::path>& paths) {
  const auto start = std::chrono::steady_clock::now();
  auto ready = prepare();
  if (!ready) return ready.error();
  for (const std::filesystem::path& path : paths) {
    auto done = run_root(path);
    if (!done) return done.error();
    if (stop_.stop_requested()) break;
  }
  auto committed = commit();
  if (!committed) return committed.error();
  if (stop_.stop_requested()) return fail(ErrorCode::cancelled, "indexing was cancelled; what was committed stays");
  report_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return std::move(report_);
}

Result<void> Indexer::run_root(const std::filesystem::path& path) {
  std::error_code failed;
  std::filesystem::path root = std::filesystem::canonical(path, failed);
  if (failed) root = std::filesystem::weakly_canonical(std::filesystem::absolute(path, failed), failed).lexically_normal();
  std::string name = root.string();
  while (name.size() > 1 && name.back() == '/') name.pop_back();
  if (name.empty()) return fail(ErrorCode::invalid_value, "path " + path.string() + ": cannot be made absolute");
  present_.clear();
  unknown_.clear();
  walk_files(name, {[&](const std::string& file) { visit(file); },
                    [&](const std::string& file, const std::string& reason) {
                      if (reason != "no such file") unknown_.push_back(file);
                      if (reason != "no such file" || file == name) skip(file, reason);
                    },
                    [&] { return failure_ || stop_.stop_requested(); }, options_.hidden});
  if (failure_) return *failure_;
  if (stop_.stop_requested()) return {};
  auto begun = begin();
  if (!begun) return begun.error();
  auto removed = remove_gone(name);
  if (!removed) return removed.error();
  const bool exists = std::filesystem::exists(root, failed);
  auto noted = database_.prepare(exists ? "INSERT OR IGNORE INTO root(path) VALUES(?)" : "DELETE FROM root WHERE path = ?");
  if (!noted) return noted.error();
  return noted->bind(1, name).run();
}

void Indexer::visit(const std::string& path) {
  ++state_.files_found;
  auto indexed = index_file(path);
  if (!indexed) {
    failure_ = indexed.error();
    return;
  }
  ++state_.files_done;
  report_progress(path);
  auto committed = commit_if_full();
  if (!committed) failure_ = committed.error();
}

void Indexer::skip(const std::string& path, const std::string& reason) {
  ++report_.files_skipped;
  if (report_.skipped.size() < kMaxReportedSkips) report_.skipped.push_back({to_valid_utf8(path), reason});
}

void Indexer::report_progress(const std::string& path) {
  if (!progress_) return;
  state_.path = path;
  progress_(state_);
}

// Skips, notes as unchanged, or indexes one file. An error ends the run; what is wrong with the file does not.
Result<void> Indexer::index_file(const std::string& path) {
  if (first_invalid_utf8(path) != std::string_view::npos) return skip(path, "file name is not UTF-8"), Result<void>();
  const std::optional<DocumentType> named = type_by_name(path);
  if (!named && is_binary_name(path)) return skip(path, "binary file"), Result<void>();
  FileRow row;
  auto file = open_file(path, row.stamp);
  if (!file) {
    present_.insert(path);  // it is there: what is known of it stays
    return skip(path, file.error().message), Result<void>();
  }
  auto known = find(path);
  if (!known) return known.error();
  const bool same_cut = *known && (*known)->cut == cut_signature_;
  if (same_cut && (*known)->complete && (*known)->stamp == row.stamp) {
    present_.insert(path);
    ++report_.files_unchanged;
    return {};
  }
  if (named != DocumentType::jsonl && row.stamp.bytes > options_.max_file_bytes) return skip(path, "larger than the limit"), Result<void>();
  row.cut = cut_signature_;
  Result<bool> indexed = false;
  if (named == DocumentType::jsonl) {
    auto hash = hash_file(*file);
    if (!hash) return present_.insert(path), skip(path, hash.error().message), Result<void>();
    row.hash = *hash;
    indexed = index_records(path, row, *file);
  } else {
    auto bytes = read_range(*file, 0, static_cast<std::size_t>(row.stamp.bytes));
    if (!bytes) return present_.insert(path), skip(path, bytes.error().message), Result<void>();
    const std::string reason = why_not_text(*bytes);
    if (!reason.empty()) return skip(path, reason), Result<void>();
    row.hash = hasher_.digest(*bytes);
    indexed = index_whole(path, named.value_or(DocumentType::text), row, *bytes);
  }
  if (!indexed) return indexed.error();
  present_.insert(path);
  if (!*indexed) {
    ++report_.files_unchanged;
    return {};
  }
  ++report_.files_indexed;
  report_.bytes += row.stamp.bytes;
  return {};
}

// Under the write lock: makes `row` the file's own. False: its content is in the index already, by this hash.
Result<bool> Indexer::claim(const std::string& path, DocumentType type, FileRow& row) {
  auto begun = begin();
  if (!begun) return begun.error();
  auto known = find(path);
  if (!known) return known.error();
  if (*known) {
    const FileRow& old = **known;
    row.id = old.id;
    const bool same = old.hash == row.hash && old.cut == row.cut;
    if (same) {
      row.position = old.position;
      row.lines = old.lines;
      row.documents = old.documents;
      row.chunks = old.chunks;
      row.complete = old.complete;
      if (old.complete) {  // only the date changed
        auto written = write(row);
        if (!written) return written.error();
        return false;
      }
    } else {
      row.position = kRemoving;
      row.lines = row.documents = row.chunks = 0;
      row.complete = false;
    }
    return true;
  }
  const std::string uid = file_uid(path);
  auto inserted = insert_file_.bind(1, path).bind(2, uid).bind(3, static_cast<std::int64_t>(type)).run();
  if (!inserted) return inserted.error();
  row.id = sqlite3_last_insert_rowid(database_.handle());
  return true;
}

Result<bool> Indexer::index_whole(const std::string& path, DocumentType type, FileRow& row, std::string_view bytes) {
  auto claimed = claim(path, type, row);
  if (!claimed) return claimed.error();
  if (!*claimed) return false;
  row.lines = row.documents = row.chunks = 0;
  bool left = true;
  while (left) {
    auto removed = remove_content(row, kRemoveStep);
    if (!removed) return removed.error();
    left = *removed;
  }
  const CutDocument cut = cut_document(type, bytes, cut_);
  const LineIndex lines(bytes);
  const std::string stem(stem_of(path));
  const std::string title = cut.title.empty() ? std::string(path.substr(path.rfind('/') + 1)) : cut.title;
  const std::string ranked = cut.title.empty() ? stem : cut.title + "\n" + stem;
  NewDocument document;
  document.title = title;
  document.ranked_title = ranked;
  document.text = cut.text(bytes);
  document.chunks = &cut.chunks;
  document.bytes = bytes;
  document.source = cut.storage.empty() ? nullptr : &cut.source;
  document.base = cut.base;
  document.lines = &lines;
  document.line_count = lines.lines();
  auto added = add_document(row, document);
  if (!added) return added.error();
  row.lines = static_cast<std::int64_t>(lines.lines());
  row.position = static_cast<std::int64_t>(bytes.size());
  row.complete = true;
  batch_bytes_ += bytes.size();
  state_.bytes_done += bytes.size();
  auto written = write(row);
  if (!written) return written.error();
  report_.documents += 1;
  report_.chunks += static_cast<std::uint64_t>(row.chunks);
  return true;
}

// Batch after batch until the file's end; between two of them another indexer may have gone on with it.
Result<bool> Indexer::index_records(const std::string& path, FileRow& row, const FileHandle& file) {
  bool ours = false;
  while (!stop_.stop_requested()) {
    auto claimed = claim(path, DocumentType::jsonl, row);
    if (!claimed) return claimed.error();
    if (!*claimed) return ours;
    ours = true;
    while (row.position == kRemoving && !batch_is_full()) {
      auto left = remove_content(row, kRemoveStep);
      if (!left) return left.error();
      if (!*left) row.position = 0;
    }
    if (row.position != kRemoving) {
      auto read = read_records(path, row, file);
      if (!read) return read.error();
      row.complete = *read;
    }
    auto written = write(row);
    if (!written) return written.error();
    if (row.complete) {
      report_.documents += static_cast<std::uint64_t>(row.documents);
      report_.chunks += static_cast<std::uint64_t>(row.chunks);
      return true;
    }
    auto committed = commit_and_rest();
    if (!committed) return committed.error();
    report_progress(path);
  }
  return ours;
}

// From row.position until the batch is full; true = the whole file is read.
Result<bool> Indexer::read_records(const std::string& path, FileRow& row, const FileHandle& file) {
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  std::string buffer;
  std::size_t used = 0;         // of the buffer
  bool skipping = false;        // inside a line that is too long
  auto offset = static_cast<std::uint64_t>(row.position);  // of the buffer's begin in the file
  bool at_end = false;
  while (true) {
    const std::size_t newline = buffer.find('\n', used);
    if (newline == std::string::npos && !at_end) {
      buffer.erase(0, used);
      offset += used;
      used = 0;
      if (buffer.size() > kMaxRecordBytes) {
        if (!skipping) skip(path + ":" + std::to_string(row.lines + 1), "record larger than the limit");
        skipping = true;
        offset += buffer.size();
        buffer.clear();
      }
      auto block = read_range(file, offset + buffer.size(), kBlock);
      if (!block) return block.error();
      at_end = block->size() < kBlock;
      buffer.append(*block);
      continue;
    }
    const std::size_t end = newline == std::string::npos ? buffer.size() : newline;
    if (end == buffer.size() && used == end && newline == std::string::npos && !skipping) return true;
    const std::string_view line = std::string_view(buffer).substr(used, end - used);
    ++row.lines;
    if (!skipping) {
      auto added = add_line(path, row, line, offset + used);
      if (!added) return added.error();
    }
    skipping = false;
    const std::size_t next = newline == std::string::npos ? end : end + 1;
    batch_bytes_ += next - used;
    state_.bytes_done += next - used;
    used = next;
    row.position = static_cast<std::int64_t>(offset + used);
    if (newline == std::string::npos) return true;
    if (batch_is_full() || stop_.stop_requested()) return false;
  }
}

Result<void> Indexer::add_line(const std::string& path, FileRow& row, std::string_view line, std::uint64_t at) {
  std::string_view content = line;
  if (at == 0 && content.starts_with("\xEF\xBB\xBF")) {
    content.remove_prefix(3);
    at += 3;
  }
  if (trim(content).empty()) return {};
  JsonlRecord record;
  auto read = read_record(content, record);
  const std::string here = path + ":" + std::to_string(row.lines);
  if (!read) {
    if (report_.skipped.size() < kMaxReportedSkips) report_.skipped.push_back({here, read.error().message});
    return {};
  }
  NewDocument document;
  const std::string line_name = "line-" + std::to_string(row.lines);
  const std::string id = first_invalid_utf8(record.id.text) == std::string_view::npos ? std::string(record.id.text) : line_name;
  const std::string title = one_line(record.title.text, 300);
  document.record = id.empty() ? line_name : id;
  document.title = title;
  document.bytes = content;
  document.at = at;
  document.line = static_cast<std::uint64_t>(row.lines);
  const bool has_text = !trim(record.text.text).empty();
  const JsonlString& main = has_text ? record.text : record.title;
  document.text = main.text;
  document.source = &main.source;
  document.ranked_title = has_text ? record.title.text : std::string_view();
  const std::vector<TextChunk> chunks = pack_chunks(document.text, read_plain_text(document.text).blocks, cut_);
  document.chunks = &chunks;
  return add_document(row, document);
}

Result<void> Indexer::add_document(FileRow& row, const NewDocument& document) {
  const std::int64_t id = next_document_++;
  std::string record(document.record);
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto inserted = insert_document_.bind(1, id).bind(2, row.id).bind(3, record).bind(4, document.title)
                        .bind(5, static_cast<std::int64_t>(document.at)).bind(6, static_cast<std::int64_t>(document.at + document.bytes.size()))
                        .bind(7, static_cast<std::int64_t>(document.line)).bind(8, static_cast<std::int64_t>(document.line_count))
                        .bind(9, static_cast<std::int64_t>(document.chunks->size())).run();
    if (!inserted) return inserted.error();
    if (sqlite3_changes(database_.handle()) > 0) break;
    record += "#" + std::to_string(document.line);  // the name is taken by an earlier record
  }
  ++row.documents;
  row.chunks += static_cast<std::int64_t>(document.chunks->size());
  return add_units(id, row, document);
}

// Units of consecutive chunks, up to kUnitCharacters each.
Result<void> Indexer::add_units(std::int64_t id, const FileRow& row, const NewDocument& document) {
  const std::vector<TextChunk>& chunks = *document.chunks;
  for (std::size_t first = 0; first < chunks.size();) {
    std::size_t end = first, characters = 0;
    while (end < chunks.size()) {
      const std::size_t size = count_characters(document.text.substr(chunks[end].begin, chunks[end].end - chunks[end].begin));
      if (end > first && characters + size > kUnitCharacters) break;
      characters += size;
      ++end;
    }
    const std::size_t begin = chunks[first].begin;
    unit_chunks_.clear();
    for (; first < end; ++first) {
      const TextChunk& chunk = chunks[first];
      StoredChunk stored;
      stored.begin = chunk.begin - begin;
      stored.size = chunk.end - chunk.begin;
      const std::size_t from = document.source != nullptr ? document.source->begin_of(chunk.begin) : document.base + chunk.begin;
      const std::size_t to = document.source != nullptr ? document.source->end_of(chunk.end) : document.base + chunk.end;
      stored.first_byte = document.at + from;
      stored.end_byte = document.at + to;
      stored.first_line = document.lines != nullptr ? document.lines->line_of(from) : document.line;
      stored.last_line = document.lines != nullptr ? document.lines->line_of(to > from ? to - 1 : to) : document.line;
      stored.hash = hasher_.digest(document.bytes.substr(from, to - from));
      stored.trail = chunk.trail;
      unit_chunks_.push_back(std::move(stored));
    }
    auto added = add_unit(id, row, document.ranked_title, document.text.substr(begin, chunks[end - 1].end - begin), unit_chunks_);
    if (!added) return added.error();
  }
  return {};
}

Result<void> Indexer::add_unit(std::int64_t document, const FileRow& row, std::string_view title, std::string_view body,
                               const std::vector<StoredChunk>& chunks) {
  const std::uint8_t length = length_code(count_words(title) + count_words(body));
  const std::int64_t id = next_unit_++ << 8 | length;
  const std::string encoded = encode_chunks(chunks);
  auto stored = insert_unit_.bind(1, id).bind(2, document).bind(3, row.id).bind_blob(4, encoded).bind(5, title).bind(6, body).run();
  if (!stored) return stored.error();
  ++units_delta_;
  words_delta_ += static_cast<std::int64_t>(length_of(id));
  return insert_text_.bind(1, id).bind(2, title).bind(3, body).run();
}

// Takes at most `limit` units of the file out of the index, and its documents with the last of them. True = some are left.
Result<bool> Indexer::remove_content(FileRow& row, std::size_t limit) {
  old_units_.bind(1, row.id).bind(2, static_cast<std::int64_t>(limit));
  std::vector<std::array<std::string, 2>> texts;
  std::vector<std::int64_t> ids;
  while (true) {
    auto found = old_units_.step();
    if (!found) return found.error();
    if (!*found) break;
    ids.push_back(old_units_.integer(0));
    texts.push_back({std::string(old_units_.text(1)), std::string(old_units_.text(2))});
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    auto gone = delete_text_.bind(1, ids[i]).bind(2, texts[i][0]).bind(3, texts[i][1]).run();
    if (!gone) return gone.error();
    auto dropped = delete_unit_.bind(1, ids[i]).run();
    if (!dropped) return dropped.error();
    --units_delta_;
    words_delta_ -= static_cast<std::int64_t>(length_of(ids[i]));
    batch_bytes_ += texts[i][1].size();
  }
  if (ids.size() == limit) return true;
  auto documents = delete_documents_.bind(1, row.id).run();
  if (!documents) return documents.error();
  return false;
}

Result<void> Indexer::remove_gone(const std::string& root) {
  std::vector<std::string> gone;
  const std::string begin = folder_begin(root), end = folder_end(root);
  files_below_.bind(1, root).bind(2, begin).bind(3, end);
  while (true) {
    auto found = files_below_.step();
    if (!found) return found.error();
    if (!*found) break;
    std::string path(files_below_.text(0));
    const bool unknown = std::any_of(unknown_.begin(), unknown_.end(),
                                     [&](const std::string& folder) { return path == folder || path.starts_with(folder + "/"); });
    if (!unknown && !present_.contains(path)) gone.push_back(std::move(path));
  }
  for (const std::string& path : gone) {
    auto removed = remove_file(path);
    if (!removed) return removed.error();
    ++report_.files_deleted;
  }
  return {};
}

Result<void> Indexer::remove_file(const std::string& path) {
  while (true) {
    auto begun = begin();
    if (!begun) return begun.error();
    auto known = find(path);
    if (!known) return known.error();
    if (!*known) return {};  // another indexer was quicker
    FileRow row = **known;
    auto left = remove_content(row, kRemoveStep);
    if (!left) return left.error();
    if (!*left) {
      auto deleted = delete_file_.bind(1, row.id).run();
      if (!deleted) return deleted.error();
      return commit_if_full();
    }
    row.position = kRemoving;
    row.complete = false;
    auto written = write(row);
    if (!written) return written.error();
    auto committed = commit_if_full();
    if (!committed) return committed.error();
  }
}

Result<std::optional<FileRow>> Indexer::find(const std::string& path) {
  auto found = find_file_.bind(1, path).step();
  if (!found) return found.error();
  if (!*found) return std::optional<FileRow>();
  const Statement& s = find_file_;
  FileRow row;
  row.id = s.integer(0);
  row.stamp = {static_cast<std::uint64_t>(s.integer(1)), s.integer(2), s.integer(3), s.integer(4)};
  const std::string_view hash = s.text(5);
  if (hash.size() == row.hash.size()) std::copy(hash.begin(), hash.end(), row.hash.begin());
  row.cut = s.integer(6);
  row.position = s.integer(7);
  row.lines = s.integer(8);
  row.complete = s.integer(9) != 0;
  row.documents = s.integer(10);
  row.chunks = s.integer(11);
  find_file_.reset();
  return std::optional<FileRow>(row);
}

Result<void> Indexer::write(const FileRow& row) {
  return update_file_.bind(1, row.id).bind(2, static_cast<std::int64_t>(row.stamp.bytes)).bind(3, row.stamp.modified_ns).bind(4, row.stamp.changed_ns)
      .bind(5, row.stamp.inode).bind_blob(6, std::string_view(row.hash.data(), row.hash.size())).bind(7, row.cut).bind(8, row.position)
      .bind(9, row.lines).bind(10, std::int64_t{row.complete}).bind(11, row.documents).bind(12, row.chunks).run();
}

Result<void> Indexer::begin() {
  if (transaction_) return {};
  auto transaction = Transaction::begin(database_, Transaction::Kind::write);
  if (!transaction) return transaction.error();
  transaction_.emplace(std::move(*transaction));
  begun_ = std::chrono::steady_clock::now();
  batch_bytes_ = 0;
  units_delta_ = words_delta_ = 0;
  auto document = database_.integer("SELECT max(id) FROM document");
  if (!document) return document.error();
  auto unit = database_.integer("SELECT max(id) FROM unit");
  if (!unit) return unit.error();
  next_document_ = *document + 1;
  next_unit_ = (*unit >> 8) + 1;
  return {};
}

Result<void> Indexer::commit() {
  if (!transaction_) return {};
  for (const auto& [key, delta] : {std::pair<std::string_view, std::int64_t>{"units", units_delta_}, {"words", words_delta_}}) {
    if (delta == 0) continue;
    auto added = add_meta_.bind(1, key).bind(2, delta).run();
    if (!added) return added.error();
  }
  auto committed = transaction_->commit();
  if (!committed) return committed.error();
  transaction_.reset();
  return {};
}

bool Indexer::batch_is_full() const {
  return transaction_ && (batch_bytes_ >= kBatchBytes || std::chrono::steady_clock::now() - begun_ >= kBatchTime);
}

// The short rest after a batch lets another process that waits for the lock have it.
Result<void> Indexer::commit_and_rest() {
  auto committed = commit();
  std::this_thread::sleep_for(std::chrono::milliseconds(3));
  return committed;
}

Result<void> Indexer::commit_if_full() {
  if (!batch_is_full()) return {};
  return commit_and_rest();
}

Result<IndexReport> index_paths(Index& index, const std::vector<std::filesystem::path>& paths, const IndexOptions& options,
                                const ProgressSink& progress, std::stop_token stop) {
  auto connection = index.impl().borrow();
  if (!connection) return connection.error();
  return Indexer(index.impl(), **connection, options, progress, std::move(stop)).run(paths);
}

}  // namespace sumun::docsearch
