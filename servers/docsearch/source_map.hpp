// SPDX-License-Identifier: Apache-2.0
// Where decoded text came from: the bytes of an HTML page or of a JSON string behind each stretch of text.
#pragma once
#include <cstddef>
#include <vector>

namespace sumun::docsearch {

/// Filled from front to back. An empty map means that text and source are the same bytes.
class SourceMap {
 public:
  /// Text [text, text + size) was decoded from source [source, source + source_size). Where both sizes are equal, byte for byte.
  void add(std::size_t text, std::size_t size, std::size_t source, std::size_t source_size);

  std::size_t begin_of(std::size_t text) const;  // the source byte where the character at `text` begins
  std::size_t end_of(std::size_t text) const;    // the source byte after the character that ends at `text`
  bool empty() const { return segments_.empty(); }
  void clear() { segments_.clear(); }

 private:
  struct Segment {
    std::size_t text, size, source, source_size;
  };
  const Segment* find(std::size_t text) const;
  std::vector<Segment> segments_;
};

}  // namespace sumun::docsearch
