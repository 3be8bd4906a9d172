// SPDX-License-Identifier: Apache-2.0
// Framing under arbitrary bytes in arbitrary pieces: the lines must be those that a simple split of the whole gives.
// Shape: byte 0 = the longest line, byte 1 = the seed of the piece sizes, then the stream.
#include "transport/line_framer.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using sumun::LineFramer;

namespace {

const std::string kTooLong(300, '!');  // longer than any line here

std::vector<std::string> split(std::string_view stream, std::size_t max_line) {
  std::vector<std::string> lines;
  while (!stream.empty()) {
    const std::size_t end = stream.find('\n');
    std::string_view line = stream.substr(0, end);
    stream.remove_prefix(end == std::string_view::npos ? stream.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    lines.emplace_back(line.size() > max_line ? std::string_view(kTooLong) : line);
  }
  return lines;
}

void take(LineFramer& framer, std::vector<std::string>& lines) {
  std::string_view line;
  for (;;) {
    const LineFramer::Item item = framer.next(line);
    if (item == LineFramer::Item::none) return;
    lines.emplace_back(item == LineFramer::Item::line ? line : std::string_view(kTooLong));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t max_line = data[0];
  std::uint32_t state = data[1];
  const std::string_view stream(reinterpret_cast<const char*>(data) + 2, size - 2);
  LineFramer framer(max_line);
  std::vector<std::string> lines;
  std::string_view rest = stream;
  while (!rest.empty()) {
    state = state * 1664525U + 1013904223U;
    const std::string piece(rest.substr(0, state >> 26U));  // 0 to 63 bytes, in memory of its own
    rest.remove_prefix(piece.size());
    framer.feed(piece);
    take(framer, lines);
    if (framer.kept_bytes() > max_line + 1) std::abort();
  }
  framer.finish();
  take(framer, lines);
  if (lines != split(stream, max_line)) std::abort();
  return 0;
}
