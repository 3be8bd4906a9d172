// SPDX-License-Identifier: Apache-2.0
// Events written and read back, in arbitrary pieces: data, type and id survive, whatever is in them.
// Shape: byte 0 = the seed of the piece sizes, byte 1 and 2 = how long id and type are, then id, type and data.
#include "http/sse.hpp"
#include "http/sse_parser.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using sumun::http::SseEvent;
using sumun::http::SseFields;
using sumun::http::SseParser;

namespace {

// What a field may hold: the encoder leaves that to its caller.
std::string one_line(std::string_view text) {
  std::string out(text);
  std::erase_if(out, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
  return out;
}

std::string with_line_feeds(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    out.push_back(text[i] == '\r' ? '\n' : text[i]);
  }
  return out;
}

std::vector<SseEvent> read(std::string_view stream, std::uint32_t state) {
  SseParser parser;
  std::vector<SseEvent> events;
  while (!stream.empty()) {
    state = state * 1664525U + 1013904223U;
    const std::string piece(stream.substr(0, (state >> 27U) + 1));
    stream.remove_prefix(piece.size());
    if (!parser.feed(piece, events)) std::abort();
  }
  return events;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data) + 3, size - 3);
  const std::string id = one_line(rest.substr(0, data[1]));
  rest.remove_prefix(std::min<std::size_t>(data[1], rest.size()));
  const std::string type = one_line(rest.substr(0, data[2]));
  rest.remove_prefix(std::min<std::size_t>(data[2], rest.size()));

  SseFields fields;
  fields.id = id;
  fields.event = type;
  if (data[0] % 2 == 0) fields.retry = data[0];
  std::string stream;
  sumun::http::append_event(stream, rest, fields);
  stream += sumun::http::kSseComment;
  sumun::http::append_event(stream, "behind");

  const std::string first_type = type.empty() ? "message" : type;
  const std::vector<SseEvent> want{{first_type, with_line_feeds(rest), id}, {"message", "behind", id}};
  if (read(stream, data[0]) != want) std::abort();
  return 0;
}
