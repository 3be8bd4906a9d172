// SPDX-License-Identifier: Apache-2.0
// Any bytes as any format and cut: chunks in order, inside the text and the limit, covering all that is not white space
// (of UTF-8: a stray byte is no character, and files that hold one are not indexed).
// Also the record reader of JSON Lines.
#include "docsearch/chunker.hpp"
#include "docsearch/jsonl.hpp"
#include "docsearch/utf8.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

namespace ds = sumun::docsearch;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v'; }

void require(bool sound) {
  if (!sound) std::abort();
}

void check(ds::DocumentType type, std::string_view file, const ds::ChunkOptions& options) {
  const ds::CutDocument document = ds::cut_document(type, file, options);
  const std::string_view text = document.text(file);
  const bool valid = ds::first_invalid_utf8(text) == std::string_view::npos;
  const bool mapped = !document.storage.empty();
  std::size_t begin = 0, covered = 0;
  for (const ds::TextChunk& chunk : document.chunks) {
    require(chunk.begin < chunk.end && chunk.end <= text.size() && chunk.begin >= begin);
    begin = chunk.begin;
    for (std::size_t at = covered; valid && at < chunk.begin; ++at) require(is_blank(text[at]));
    covered = std::max(covered, chunk.end);
    const std::string_view piece = text.substr(chunk.begin, chunk.end - chunk.begin);
    if (valid) require(ds::first_invalid_utf8(piece) == std::string_view::npos && ds::count_characters(piece) <= ds::sane(options).max_characters);
    if (mapped) {
      const std::size_t from = document.source.begin_of(chunk.begin), to = document.source.end_of(chunk.end);
      require(from <= to && to <= file.size());
    }
  }
  if (type == ds::DocumentType::html && document.chunks.empty()) return;
  for (std::size_t at = covered; valid && at < text.size(); ++at) require(is_blank(text[at]));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view file(reinterpret_cast<const char*>(data) + 2, size - 2);
  const ds::ChunkOptions options{static_cast<std::size_t>(data[0]), static_cast<std::size_t>(data[1]) * 4, (data[0] % 8) / 10.0};
  for (const ds::DocumentType type : {ds::DocumentType::markdown, ds::DocumentType::text, ds::DocumentType::html, ds::DocumentType::code}) check(type, file, options);
  ds::JsonlRecord record;
  if (ds::read_record(file, record)) {
    for (const ds::JsonlString* string : {&record.title, &record.text}) {
      const std::size_t from = string->source.begin_of(0), to = string->source.end_of(string->text.size());
      require(string->text.empty() || (from <= to && to <= file.size()));
    }
  }
  return 0;
}
