// SPDX-License-Identifier: Apache-2.0
// Listing and reading what is in the index, and nothing else.
#include "files.hpp"
#include "jsonl.hpp"
#include "path_filter.hpp"
#include "utf8.hpp"

#include <algorithm>
#include <charconv>

namespace sumun::docsearch {
namespace {

std::chrono::sys_seconds seconds_of(std::int64_t nanoseconds) {
  return std::chrono::sys_seconds(std::chrono::floor<std::chrono::seconds>(std::chrono::nanoseconds(nanoseconds)));
}

struct KnownFile {
  std::int64_t id = 0;
  std::string path, uid;
  DocumentType type = DocumentType::text;
  FileStamp stamp;
  Digest hash{};
};

constexpr std::string_view kFileColumns = "SELECT id, path, uid, type, bytes, modified_ns, changed_ns, inode, hash FROM file WHERE ";

KnownFile file_of(const Statement& row) {
  KnownFile file;
  file.id = row.integer(0);
  file.path = row.text(1);
  file.uid = row.text(2);
  file.type = static_cast<DocumentType>(row.integer(3));
  file.stamp = {static_cast<std::uint64_t>(row.integer(4)), row.integer(5), row.integer(6), row.integer(7)};
  const std::string_view hash = row.text(8);
  if (hash.size() == file.hash.size()) std::copy(hash.begin(), hash.end(), file.hash.begin());
  return file;
}

struct KnownDocument {
  std::int64_t id = 0;
  std::uint64_t first_byte = 0, end_byte = 0, first_line = 0;
  Document document;
};

constexpr std::string_view kDocumentColumns = "SELECT id, record, title, first_byte, end_byte, first_line, lines, chunks FROM document WHERE ";

KnownDocument document_of(const Statement& row, const KnownFile& file) {
  KnownDocument known;
  known.id = row.integer(0);
  known.first_byte = static_cast<std::uint64_t>(row.integer(3));
  known.end_byte = static_cast<std::uint64_t>(row.integer(4));
  known.first_line = static_cast<std::uint64_t>(row.integer(5));
  Document& document = known.document;
  document.path = file.path;
  document.record_id = row.text(1);
  document.id = document.record_id.empty() ? file.uid : file.uid + "/" + document.record_id;
  document.title = row.text(2);
  if (document.title.empty()) document.title = document.record_id;
  document.type = file.type;
  document.bytes = known.end_byte - known.first_byte;
  document.lines = static_cast<std::uint64_t>(row.integer(6));
  document.chunks = static_cast<std::uint64_t>(row.integer(7));
  document.modified = seconds_of(file.stamp.modified_ns);
  return known;
}

bool passes(const KnownFile& file, const SearchQuery& filter) {
  const auto modified = seconds_of(file.stamp.modified_ns);
  if (filter.modified_from && modified < *filter.modified_from) return false;
  if (filter.modified_before && modified >= *filter.modified_before) return false;
  if (!filter.types.empty() && std::find(filter.types.begin(), filter.types.end(), file.type) == filter.types.end()) return false;
  return any_path_matches(filter.paths, file.path);
}

// A cursor is the last document's id and its path: "17:2f686f…".
std::string make_cursor(std::int64_t document, std::string_view path) { return std::to_string(document) + ":" + hex(path); }

Result<std::pair<std::int64_t, std::string>> read_cursor(std::string_view cursor) {
  if (cursor.empty()) return std::pair<std::int64_t, std::string>{0, ""};
  const Error bad = fail(ErrorCode::invalid_value, "cursor: not one that list_documents gave");
  const std::size_t colon = cursor.find(':');
  std::int64_t document = 0;
  if (colon == std::string_view::npos || (cursor.size() - colon) % 2 == 0) return bad;
  const auto number = std::from_chars(cursor.data(), cursor.data() + colon, document);
  if (number.ec != std::errc() || number.ptr != cursor.data() + colon) return bad;
  std::string path;
  for (std::size_t at = colon + 1; at < cursor.size(); at += 2) {
    unsigned byte = 0;
    const auto digits = std::from_chars(cursor.data() + at, cursor.data() + at + 2, byte, 16);
    if (digits.ec != std::errc() || digits.ptr != cursor.data() + at + 2) return bad;
    path.push_back(static_cast<char>(byte));
  }
  return std::pair<std::int64_t, std::string>{document, path};
}

class Lister {
 public:
  Lister(Database& database, const SearchQuery& filter, std::size_t limit) : database_(database), filter_(filter), limit_(limit) {}
  Result<DocumentPage> run(std::int64_t after, const std::string& path);

 private:
  Result<bool> add_documents(Statement& documents, const KnownFile& file, std::int64_t after);

  Database& database_;
  const SearchQuery& filter_;
  std::size_t limit_;
  DocumentPage page_;
};

Result<DocumentPage> Lister::run(std::int64_t after, const std::string& path) {
  auto files = database_.prepare(std::string(kFileColumns) + "path >= ? ORDER BY path");
  if (!files) return files.error();
  auto documents = database_.prepare(std::string(kDocumentColumns) + "file = ? AND id > ? ORDER BY id LIMIT ?");
  if (!documents) return documents.error();
  files->bind(1, path);
  while (true) {
    auto row = files->step();
    if (!row) return row.error();
    if (!*row) return std::move(page_);
    const KnownFile file = file_of(*files);
    if (!passes(file, filter_)) continue;
    auto more = add_documents(*documents, file, file.path == path ? after : 0);
    if (!more) return more.error();
    if (!*more) return std::move(page_);
  }
}

// False when the page is full and something is left.
Result<bool> Lister::add_documents(Statement& documents, const KnownFile& file, std::int64_t after) {
  documents.bind(1, file.id).bind(2, after).bind(3, static_cast<std::int64_t>(limit_ - page_.documents.size() + 1));
  std::int64_t last = after;
  while (true) {
    auto row = documents.step();
    if (!row) return row.error();
    if (!*row) return true;
    if (page_.documents.size() == limit_) {
      documents.reset();
      page_.next_cursor = make_cursor(last, file.path);
      return false;
    }
    KnownDocument known = document_of(documents, file);
    last = known.id;
    page_.documents.push_back(std::move(known.document));
  }
}

Result<KnownDocument> find_document(Database& database, const std::string& name, KnownFile& file) {
  const Error unknown = fail(ErrorCode::invalid_value, "document " + to_valid_utf8(name.substr(0, 200)) + ": not in the index");
  const bool by_path = !name.empty() && name[0] == '/';
  const std::size_t slash = by_path ? std::string::npos : name.find('/');
  auto files = database.prepare(std::string(kFileColumns) + (by_path ? "path = ?" : "uid = ?"));
  if (!files) return files.error();
  const std::string uid = name.substr(0, slash);
  auto row = files->bind(1, uid).step();
  if (!row) return row.error();
  if (!*row) return unknown;
  file = file_of(*files);
  const std::string record = slash == std::string::npos ? "" : name.substr(slash + 1);
  auto documents = database.prepare(std::string(kDocumentColumns) + "file = ? AND record = ?");
  if (!documents) return documents.error();
  auto found = documents->bind(1, file.id).bind(2, record).step();
  if (!found) return found.error();
  if (*found) return document_of(*documents, file);
  if (record.empty() && file.type == DocumentType::jsonl) {
    return fail(ErrorCode::invalid_value, "document " + name + ": a file of many records; name one by its id, as list_documents gives it");
  }
  return unknown;
}

// The lines [first, last] of a file, block by block, at most max_bytes of them.
class LineReader {
 public:
  LineReader(const FileHandle& file, const ReadRequest& request, DocumentText& out) : file_(file), request_(request), out_(out) {}
  Result<void> run();

 private:
  bool take(std::string_view piece, bool ends_line);

  const FileHandle& file_;
  const ReadRequest& request_;
  DocumentText& out_;
  std::uint64_t line_ = 1;
  std::size_t line_begin_ = 0;  // of the open line, in the text
};

Result<void> LineReader::run() {
  constexpr std::size_t kBlock = std::size_t{256} << 10;
  for (std::uint64_t offset = 0;; offset += kBlock) {
    auto block = read_range(file_, offset, kBlock);
    if (!block) return block.error();
    for (std::size_t at = 0; at < block->size();) {
      const std::size_t newline = block->find('\n', at);
      const std::size_t end = newline == std::string::npos ? block->size() : newline + 1;
      if (!take(std::string_view(*block).substr(at, end - at), newline != std::string::npos)) return {};
      at = end;
    }
    if (block->size() < kBlock) break;
  }
  if (out_.text.size() > line_begin_) out_.last_line = line_;  // the last line of the file has no end
  return {};
}

// False when no more is wanted.
bool LineReader::take(std::string_view piece, bool ends_line) {
  if (request_.last_line != 0 && line_ > request_.last_line) return false;
  if (line_ >= request_.first_line) {
    if (out_.text.size() + piece.size() > request_.max_bytes) {
      out_.truncated = true;
      if (out_.first_line == 0 || out_.last_line < out_.first_line) {  // not one whole line fits: as much of it as does
        out_.text.append(piece.substr(0, request_.max_bytes - out_.text.size()));
        out_.text.resize(boundary_before(out_.text, out_.text.size()));
        out_.first_line = out_.last_line = line_;
      } else {
        out_.text.resize(line_begin_);
      }
      return false;
    }
    if (out_.first_line == 0) out_.first_line = line_;
    out_.text.append(piece);
    if (ends_line) {
      out_.last_line = line_;
      line_begin_ = out_.text.size();
    }
  }
  line_ += ends_line;
  return true;
}

Result<void> read_one_record(const FileHandle& file, const KnownDocument& known, const ReadRequest& request, DocumentText& out) {
  const Error changed = fail(ErrorCode::io, "document " + known.document.id + ": the file has changed since it was indexed; index it again");
  if (known.document.bytes > kMaxRecordBytes) return changed;
  auto bytes = read_range(file, known.first_byte, static_cast<std::size_t>(known.document.bytes));
  if (!bytes) return fail(ErrorCode::io, known.document.path + ": " + bytes.error().message);
  JsonlRecord record;
  auto parsed = read_record(*bytes, record);
  if (!parsed) return changed;
  if (record.id.present && !known.document.record_id.starts_with(record.id.text)) return changed;
  if (!record.title.text.empty()) out.text.append(record.title.text).append("\n\n");
  out.text.append(record.text.text);
  out.first_line = out.last_line = known.first_line;
  if (out.text.size() > request.max_bytes) {
    out.text.resize(boundary_before(out.text, request.max_bytes));
    out.truncated = true;
  }
  return {};
}

}  // namespace

Result<DocumentPage> list_documents(Index& index, std::string_view cursor, std::size_t limit, const SearchQuery& filter) {
  if (limit < 1 || limit > kMaxListedDocuments) {
    return fail(ErrorCode::invalid_value, "limit: expected 1 to " + std::to_string(kMaxListedDocuments) + ", got " + std::to_string(limit));
  }
  auto from = read_cursor(cursor);
  if (!from) return from.error();
  auto connection = index.impl().borrow();
  if (!connection) return connection.error();
  auto transaction = Transaction::begin(*(*connection)->database, Transaction::Kind::read);
  if (!transaction) return transaction.error();
  return Lister(*(*connection)->database, filter, limit).run(from->first, from->second);
}

Result<DocumentText> read_document(Index& index, const ReadRequest& request) {
  if (request.max_bytes < 1 || request.max_bytes > kMaxReadBytes) {
    return fail(ErrorCode::invalid_value, "max_bytes: expected 1 to " + std::to_string(kMaxReadBytes) + ", got " + std::to_string(request.max_bytes));
  }
  if (request.first_line < 1 || (request.last_line != 0 && request.last_line < request.first_line)) {
    return fail(ErrorCode::invalid_value, "first_line: expected 1 to last_line, got " + std::to_string(request.first_line));
  }
  KnownFile known_file;
  KnownDocument known;
  {
    auto connection = index.impl().borrow();
    if (!connection) return connection.error();
    auto found = find_document(*(*connection)->database, request.document, known_file);
    if (!found) return found.error();
    known = std::move(*found);
  }
  DocumentText out;
  FileStamp stamp;
  auto file = open_file(known_file.path, stamp);
  if (!file) return fail(ErrorCode::io, known_file.path + ": " + file.error().message);
  if (stamp != known_file.stamp) {
    auto hash = hash_file(*file);
    if (!hash) return fail(ErrorCode::io, known_file.path + ": " + hash.error().message);
    if (*hash != known_file.hash) out.state = CitationState::changed;
  }
  Result<void> read;
  if (known.document.record_id.empty()) {
    read = LineReader(*file, request, out).run();
    if (!read) return fail(ErrorCode::io, known_file.path + ": " + read.error().message);
  } else {
    read = read_one_record(*file, known, request, out);
    if (!read) return read.error();
  }
  out.text = to_valid_utf8(out.text);
  out.document = std::move(known.document);
  return out;
}

Result<IndexSummary> summarize(Index& index) {
  auto connection = index.impl().borrow();
  if (!connection) return connection.error();
  Database& database = *(*connection)->database;
  auto transaction = Transaction::begin(database, Transaction::Kind::read);
  if (!transaction) return transaction.error();
  auto sums = database.prepare("SELECT count(*), coalesce(sum(documents), 0), coalesce(sum(chunks), 0), coalesce(sum(bytes), 0) FROM file");
  if (!sums) return sums.error();
  auto row = sums->step();
  if (!row) return row.error();
  IndexSummary summary;
  summary.files = static_cast<std::uint64_t>(sums->integer(0));
  summary.documents = static_cast<std::uint64_t>(sums->integer(1));
  summary.chunks = static_cast<std::uint64_t>(sums->integer(2));
  summary.bytes = static_cast<std::uint64_t>(sums->integer(3));
  auto roots = database.prepare("SELECT path FROM root ORDER BY path");
  if (!roots) return roots.error();
  while (true) {
    auto root = roots->step();
    if (!root) return root.error();
    if (!*root) return summary;
    summary.roots.emplace_back(roots->text(0));
  }
}

}  // namespace sumun::docsearch
