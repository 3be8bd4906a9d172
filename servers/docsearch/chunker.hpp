// SPDX-License-Identifier: Apache-2.0
// Cuts a document into chunks along its structure, and says where in the file each one stands.
#pragma once
#include "blocks.hpp"
#include "docsearch.hpp"
#include "source_map.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sumun::docsearch {

/// A stretch of text, [begin, end) in bytes. Chunks are in order; together they cover every byte that is not white space.
struct TextChunk {
  std::size_t begin, end;
  std::vector<std::string> trail;  // headings, outermost first
};

/// Packs blocks into chunks of at most max_characters (never inside a code point). Tables and code that fit stay whole,
/// a section that is large enough begins a new chunk, and running text that has to be split repeats options.overlap of
/// the maximum at its beginning.
std::vector<TextChunk> pack_chunks(std::string_view text, const std::vector<Block>& blocks, const ChunkOptions& options);

/// A document ready for the index.
struct CutDocument {
  std::string title;        // empty = it has none of its own
  std::string storage;      // the text where it is not the file's bytes
  std::size_t base = 0;     // where text begins in the file, where it is the file's bytes (after a byte order mark)
  std::vector<TextChunk> chunks;
  SourceMap source;         // HTML: text to file

  std::string_view text(std::string_view file) const { return storage.empty() ? file.substr(base) : std::string_view(storage); }
};

/// Cuts a whole file; for JSON Lines see read_record().
CutDocument cut_document(DocumentType type, std::string_view file, const ChunkOptions& options);

/// The options with every value inside its range: 1 <= min <= max, overlap at most one half.
ChunkOptions sane(ChunkOptions options);

}  // namespace sumun::docsearch
