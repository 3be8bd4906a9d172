// SPDX-License-Identifier: Apache-2.0
#include "store.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <system_error>

namespace sumun::docsearch {
namespace {

constexpr const char* kTables = R"(
CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE root(path TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE file(
  id INTEGER PRIMARY KEY,
  path TEXT NOT NULL UNIQUE,
  uid TEXT NOT NULL UNIQUE,
  type INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  modified_ns INTEGER NOT NULL,
  changed_ns INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  hash BLOB NOT NULL,
  cut INTEGER NOT NULL,
  position INTEGER NOT NULL,
  lines INTEGER NOT NULL,
  complete INTEGER NOT NULL,
  documents INTEGER NOT NULL,
  chunks INTEGER NOT NULL);
CREATE TABLE document(
  id INTEGER PRIMARY KEY,
  file INTEGER NOT NULL,
  record TEXT NOT NULL,
  title TEXT NOT NULL,
  first_byte INTEGER NOT NULL,
  end_byte INTEGER NOT NULL,
  first_line INTEGER NOT NULL,
  lines INTEGER NOT NULL,
  chunks INTEGER NOT NULL);
CREATE UNIQUE INDEX document_by_record ON document(file, record);
CREATE INDEX document_by_place ON document(file);
CREATE TABLE unit(
  id INTEGER PRIMARY KEY,
  document INTEGER NOT NULL,
  file INTEGER NOT NULL,
  chunks BLOB NOT NULL,
  title TEXT NOT NULL,
  body TEXT NOT NULL);
CREATE INDEX unit_by_document ON unit(document);
CREATE VIRTUAL TABLE text USING fts5(title, body, tokenize='sumun', content='unit', content_rowid='id', columnsize=0);
INSERT INTO text(text, rank) VALUES('hashsize', 100000000);
INSERT INTO text(text, rank) VALUES('automerge', 0);
INSERT INTO text(text, rank) VALUES('pgsz', 8000);
)";

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

// Reads what put_varint() wrote; a short input sets `bad`.
struct Reader {
  std::string_view bytes;
  bool bad = false;

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (bytes.empty()) break;
      const auto byte = static_cast<unsigned char>(bytes.front());
      bytes.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    bad = true;
    return 0;
  }

  std::string_view take(std::uint64_t size) {
    if (size > bytes.size()) {
      bad = true;
      return {};
    }
    const std::string_view taken = bytes.substr(0, size);
    bytes.remove_prefix(size);
    return taken;
  }
};

EVP_MD* sha256() {
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

}  // namespace

Hasher::Hasher() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex2(static_cast<EVP_MD_CTX*>(context_), sha256(), nullptr); }
Hasher::~Hasher() { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_)); }
void Hasher::update(std::string_view bytes) { EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), bytes.data(), bytes.size()); }

Digest Hasher::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> full{};
  unsigned size = 0;
  EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_), full.data(), &size);
  EVP_DigestInit_ex2(static_cast<EVP_MD_CTX*>(context_), sha256(), nullptr);
  Digest digest{};
  std::memcpy(digest.data(), full.data(), digest.size());
  return digest;
}

Digest Hasher::digest(std::string_view bytes) {
  update(bytes);
  return finish();
}

std::string encode_chunks(const std::vector<StoredChunk>& chunks) {
  std::string out;
  put_varint(out, chunks.size());
  const std::vector<std::string>* before = nullptr;
  for (const StoredChunk& chunk : chunks) {
    for (const std::uint64_t value : {static_cast<std::uint64_t>(chunk.begin), static_cast<std::uint64_t>(chunk.size), chunk.first_byte,
                                      chunk.end_byte - chunk.first_byte, chunk.first_line, chunk.last_line - chunk.first_line}) {
      put_varint(out, value);
    }
    out.append(chunk.hash.data(), chunk.hash.size());
    const bool same = before != nullptr && *before == chunk.trail;
    put_varint(out, same ? 0 : chunk.trail.size() + 1);  // 0 = as in the chunk before
    if (!same) {
      for (const std::string& heading : chunk.trail) {
        put_varint(out, heading.size());
        out.append(heading);
      }
    }
    before = &chunk.trail;
  }
  return out;
}

std::vector<StoredChunk> decode_chunks(std::string_view bytes) {
  Reader reader{bytes};
  std::vector<StoredChunk> chunks;
  const std::uint64_t count = reader.varint();
  for (std::uint64_t i = 0; i < count && !reader.bad; ++i) {
    StoredChunk chunk;
    chunk.begin = reader.varint();
    chunk.size = reader.varint();
    chunk.first_byte = reader.varint();
    chunk.end_byte = chunk.first_byte + reader.varint();
    chunk.first_line = reader.varint();
    chunk.last_line = chunk.first_line + reader.varint();
    const std::string_view hash = reader.take(chunk.hash.size());
    std::copy(hash.begin(), hash.end(), chunk.hash.begin());
    const std::uint64_t trail = reader.varint();
    if (trail == 0 && !chunks.empty()) chunk.trail = chunks.back().trail;
    for (std::uint64_t heading = 1; heading < trail && !reader.bad; ++heading) chunk.trail.emplace_back(reader.take(reader.varint()));
    chunks.push_back(std::move(chunk));
  }
  if (reader.bad) chunks.clear();
  return chunks;
}

std::uint8_t length_code(std::uint32_t words) {
  return static_cast<std::uint8_t>(std::min(255L, std::lround(12 * std::log2(static_cast<double>(words) + 1))));
}

double length_of(std::int64_t unit_id) {
  static const auto lengths = [] {
    std::array<double, 256> table{};
    for (std::size_t code = 0; code < table.size(); ++code) table[code] = std::exp2(static_cast<double>(code) / 12) - 1;
    return table;
  }();
  return lengths[static_cast<std::size_t>(unit_id & 0xFF)];
}

std::int64_t cut_signature(const ChunkOptions& options) {
  const ChunkOptions cut = sane(options);
  const auto overlap = static_cast<std::int64_t>(std::lround(cut.overlap * 1000));
  return static_cast<std::int64_t>(cut.min_characters) << 40 | static_cast<std::int64_t>(cut.max_characters) << 16 | overlap;
}

std::string hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    out.push_back(kDigits[c & 15]);
  }
  return out;
}

std::string file_uid(std::string_view path) {
  const Digest digest = Hasher().digest(path);
  return hex(std::string_view(digest.data(), 8));
}

Result<std::int64_t> read_meta(Database& database, std::string_view key) {
  auto statement = database.prepare("SELECT value FROM meta WHERE key = ?");
  if (!statement) return statement.error();
  auto row = statement->bind(1, key).step();
  if (!row) return row.error();
  return *row ? statement->integer(0) : 0;
}

Result<void> write_meta(Database& database, std::string_view key, std::int64_t value) {
  auto statement = database.prepare("INSERT INTO meta(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = ?2");
  if (!statement) return statement.error();
  return statement->bind(1, key).bind(2, value).run();
}

Result<std::unique_ptr<Connection>> Index::Impl::connect() {
  auto opened = Database::open(path_, options_.wait);
  if (!opened) return opened.error();
  auto connection = std::make_unique<Connection>();
  connection->database = std::move(*opened);
  auto registered = register_fts(*connection->database, connection->tokenizer, connection->collector);
  if (!registered) return registered.error();
  auto set = connection->database->execute("PRAGMA synchronous = NORMAL; PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 4096;");
  if (!set) return set.error();
  return connection;
}

// Two processes may come at once: the tables are made under the write lock, and looked for again there.
Result<void> Index::Impl::create(Connection& connection) {
  Database& database = *connection.database;
  auto tables = database.integer("SELECT count(*) FROM sqlite_schema");
  if (!tables) return tables.error();
  if (*tables == 0) {
    const auto deadline = std::chrono::steady_clock::now() + options_.wait;
    while (true) {  // going over to WAL does not call the busy handler
      auto set = database.execute("PRAGMA page_size = 8192; PRAGMA journal_mode = WAL;");
      if (set) break;
      if (set.error().code != ErrorCode::timeout || std::chrono::steady_clock::now() >= deadline) return set.error();
    }
    auto transaction = Transaction::begin(database, Transaction::Kind::write);
    if (!transaction) return transaction.error();
    auto still = database.integer("SELECT count(*) FROM sqlite_schema");
    if (!still) return still.error();
    if (*still == 0) {
      auto made = database.execute(kTables);
      if (!made) return made.error();
      auto marked = database.execute("PRAGMA application_id = " + std::to_string(kApplicationId) +
                                     "; PRAGMA user_version = " + std::to_string(kSchemaVersion) + ";");
      if (!marked) return marked.error();
      auto noted = write_meta(database, "tokenizer", kTokenizerVersion);
      if (!noted) return noted.error();
    }
    auto committed = transaction->commit();
    if (!committed) return committed.error();
  }
  auto application = database.integer("PRAGMA application_id");
  if (!application) return application.error();
  if (*application != kApplicationId) return fail(ErrorCode::io, "index " + path_ + ": a database of another program");
  auto version = database.integer("PRAGMA user_version");
  if (!version) return version.error();
  if (*version > kSchemaVersion) return fail(ErrorCode::io, "index " + path_ + ": made by a newer release (format " + std::to_string(*version) + ")");
  auto tokenizer = read_meta(database, "tokenizer");
  if (!tokenizer) return tokenizer.error();
  if (*tokenizer > kTokenizerVersion) return fail(ErrorCode::io, "index " + path_ + ": made by a newer release (tokenizer " + std::to_string(*tokenizer) + ")");
  if (*tokenizer == kTokenizerVersion) return {};
  return fail(ErrorCode::io, "index " + path_ + ": made by an earlier release; delete it and index again");
}

Result<void> Index::Impl::open() {
  const std::filesystem::path folder = std::filesystem::path(path_).parent_path();
  std::error_code failed;
  if (!folder.empty()) std::filesystem::create_directories(folder, failed);
  if (failed) return fail(ErrorCode::io, "folder " + folder.string() + ": " + failed.message());
  // The texts of the documents are in it: for its owner's eyes only. (An existing file is never opened here: closing
  // it would drop the locks that other connections of this process hold on it.)
  const int created = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (created >= 0) ::close(created);
  auto connection = connect();
  if (!connection) return connection.error();
  auto ready = create(**connection);
  if (!ready) return ready.error();
  idle_.push_back(std::move(*connection));
  return {};
}

Result<Index::Impl::Borrowed> Index::Impl::borrow() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      Borrowed borrowed(idle_.back().release(), Return{this});
      idle_.pop_back();
      return borrowed;
    }
  }
  auto connection = connect();
  if (!connection) return connection.error();
  return Borrowed(connection->release(), Return{this});
}

void Index::Impl::give_back(Connection* connection) {
  std::unique_ptr<Connection> owned(connection);
  constexpr std::size_t kMaxIdle = 8;
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kMaxIdle) idle_.push_back(std::move(owned));
}

std::filesystem::path default_index_path() {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && *state == '/') return std::filesystem::path(state) / "sumun" / "documents.db";
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home == nullptr || *home == '\0' ? "/tmp" : home) / ".local" / "state" / "sumun" / "documents.db";
}

Result<Index> open_index(const std::filesystem::path& path, OpenOptions options) {
  std::error_code failed;
  const std::filesystem::path absolute = std::filesystem::absolute(path, failed);
  if (failed) return fail(ErrorCode::io, "index " + path.string() + ": " + failed.message());
  auto impl = std::make_shared<Index::Impl>(absolute.string(), std::move(options));
  auto opened = impl->open();
  if (!opened) return opened.error();
  return Index(std::move(impl));
}

std::string_view to_string(DocumentType type) {
  switch (type) {
    case DocumentType::markdown: return "markdown";
    case DocumentType::text: return "text";
    case DocumentType::html: return "html";
    case DocumentType::code: return "code";
    case DocumentType::jsonl: return "jsonl";
  }
  return "text";
}

std::optional<DocumentType> document_type(std::string_view name) {
  for (const DocumentType type : {DocumentType::markdown, DocumentType::text, DocumentType::html, DocumentType::code, DocumentType::jsonl}) {
    if (to_string(type) == name) return type;
  }
  return std::nullopt;
}

std::string_view to_string(CitationState state) {
  switch (state) {
    case CitationState::current: return "current";
    case CitationState::changed: return "changed";
    case CitationState::missing: return "missing";
  }
  return "missing";
}

}  // namespace sumun::docsearch
