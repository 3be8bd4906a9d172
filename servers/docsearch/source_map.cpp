// SPDX-License-Identifier: Apache-2.0
#include "source_map.hpp"

#include <algorithm>

namespace sumun::docsearch {

void SourceMap::add(std::size_t text, std::size_t size, std::size_t source, std::size_t source_size) {
  if (!segments_.empty() && size == source_size) {
    Segment& last = segments_.back();
    if (last.size == last.source_size && last.text + last.size == text && last.source + last.source_size == source) {
      last.size += size;
      last.source_size += source_size;
      return;
    }
  }
  segments_.push_back({text, size, source, source_size});
}

// The segment that holds the text byte, or the last one before it.
const SourceMap::Segment* SourceMap::find(std::size_t text) const {
  auto after = std::upper_bound(segments_.begin(), segments_.end(), text, [](std::size_t at, const Segment& s) { return at < s.text; });
  return after == segments_.begin() ? nullptr : &*(after - 1);
}

std::size_t SourceMap::begin_of(std::size_t text) const {
  const Segment* segment = find(text);
  if (segment == nullptr) return segments_.empty() ? text : segments_.front().source;
  if (text >= segment->text + segment->size) return segment->source + segment->source_size;
  return segment->size == segment->source_size ? segment->source + (text - segment->text) : segment->source;
}

std::size_t SourceMap::end_of(std::size_t text) const {
  const Segment* segment = text == 0 ? nullptr : find(text - 1);
  if (segment == nullptr) return segments_.empty() ? text : segments_.front().source;
  const std::size_t inside = text - segment->text;
  return segment->size == segment->source_size && inside <= segment->size ? segment->source + inside : segment->source + segment->source_size;
}

}  // namespace sumun::docsearch
