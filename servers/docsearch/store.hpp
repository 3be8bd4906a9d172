// SPDX-License-Identifier: Apache-2.0
// The index file: its tables, its connections, and what is common to writing and reading it.
//
//   file      one row a file          path, what it looked like when it was read, how far it was read
//   document  one row a document      a file, or a record of a JSON Lines file
//   unit      one row to rank         a document, or a part of one of about kUnitCharacters; holds its text and its chunks
//   text      FTS5 over unit          title and body; the row's low byte is the length of the unit (see length_code)
//   root      one row a path given to index_paths()
//   meta      format, tokenizer, cut, number and length of all units
#pragma once
#include "chunker.hpp"
#include "database.hpp"
#include "docsearch.hpp"
#include "fts.hpp"
#include "tokenizer.hpp"

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace sumun::docsearch {

inline constexpr int kSchemaVersion = 1;
inline constexpr int kApplicationId = 0x53756D64;  // "Sumd"
inline constexpr std::size_t kUnitCharacters = 6000;

using Digest = std::array<char, 16>;  // the first half of SHA-256

/// SHA-256, in one go or by parts. Thread: one at a time.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  void update(std::string_view bytes);
  Digest finish();  // and begins anew
  Digest digest(std::string_view bytes);

 private:
  void* context_;
};

/// A chunk as a unit stores it.
struct StoredChunk {
  std::size_t begin = 0, size = 0;  // in the unit's body
  std::uint64_t first_byte = 0, end_byte = 0, first_line = 0, last_line = 0;
  Digest hash{};
  std::vector<std::string> trail;
};
std::string encode_chunks(const std::vector<StoredChunk>& chunks);
std::vector<StoredChunk> decode_chunks(std::string_view bytes);  // empty for bytes that encode_chunks() did not make

/// A unit's length in words, in steps of 6 %, so that it fits the low byte of the row id and ranking needs no look-up.
std::uint8_t length_code(std::uint32_t words);
double length_of(std::int64_t unit_id);

/// One connection with what it needs. Thread: one at a time.
struct Connection {
  Tokenizer tokenizer;
  Collector collector;
  std::unique_ptr<Database> database;
};

class Index::Impl {
 public:
  Impl(std::string path, OpenOptions options) : path_(std::move(path)), options_(std::move(options)) {}

  Result<void> open();

  /// A connection of one's own until it is dropped.
  struct Return {
    Impl* impl;
    void operator()(Connection* connection) const { impl->give_back(connection); }
  };
  using Borrowed = std::unique_ptr<Connection, Return>;
  Result<Borrowed> borrow();

  const std::string& path() const { return path_; }
  const OpenOptions& options() const { return options_; }
  void log(LoggingLevel level, std::string_view line) const {
    if (options_.log) options_.log(level, line);
  }

 private:
  Result<std::unique_ptr<Connection>> connect();
  Result<void> create(Connection& connection);
  void give_back(Connection* connection);

  std::string path_;
  OpenOptions options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

/// An integer of the meta table; 0 = not there.
Result<std::int64_t> read_meta(Database& database, std::string_view key);
Result<void> write_meta(Database& database, std::string_view key, std::int64_t value);

/// What tells this cut from another, kept with every file.
std::int64_t cut_signature(const ChunkOptions& options);

/// Document ids: 16 hex digits of the path's hash, and "/" and the record's _id for a record.
std::string file_uid(std::string_view path);
std::string hex(std::string_view bytes);

}  // namespace sumun::docsearch
