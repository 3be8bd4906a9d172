// SPDX-License-Identifier: Apache-2.0
// What an HTTP client reads from others: events cut anywhere must be those of the whole, a URL that is taken must be
// taken again as it is written back, and the words of a challenge may be anything.
// Shape: byte 0 = the seed of the piece sizes, then the text.
#include "http/sse_parser.hpp"
#include "http/url.hpp"
#include "transport/http_answer.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using sumun::http::parse_url;
using sumun::http::SseEvent;
using sumun::http::SseParser;

namespace {

constexpr std::size_t kMaxEvent = 100;

void check_events(std::string_view text, std::uint32_t state) {
  SseParser whole(kMaxEvent);
  std::vector<SseEvent> wanted;
  const bool good = whole.feed(text, wanted).has_value();
  SseParser pieces(kMaxEvent);
  std::vector<SseEvent> events;
  bool still_good = true;
  while (!text.empty() && still_good) {
    state = state * 1664525U + 1013904223U;
    const std::string piece(text.substr(0, state >> 27U));  // 0 to 31 bytes, in memory of its own
    text.remove_prefix(piece.size());
    still_good = pieces.feed(piece, events).has_value();
  }
  if (good != still_good) std::abort();
  // A line that is refused whole may have been preceded by events in either way of cutting.
  if (good && (events != wanted || whole.last_event_id() != pieces.last_event_id() || whole.retry() != pieces.retry())) std::abort();
}

void check_url(std::string_view text) {
  const auto url = parse_url(text);
  if (!url) return;
  const auto again = parse_url(url->origin() + url->target);
  if (!again || *again != *url) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  check_events(text, data[0]);
  check_url(text);
  if (sumun::challenge_parameter(text, "scope").size() > text.size()) std::abort();
  return 0;
}
