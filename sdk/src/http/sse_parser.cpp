// SPDX-License-Identifier: Apache-2.0
// One pass over each chunk, line by line.
#include "http/sse_parser.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace sumun::http {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::chrono::hours kLongestRetry{24};

}  // namespace

Result<void> SseParser::feed(std::string_view chunk, std::vector<SseEvent>& events) {
  while (!chunk.empty()) {
    if (std::exchange(after_return_, false) && chunk.front() == '\n') {
      chunk.remove_prefix(1);
      continue;
    }
    const std::size_t end = std::min(chunk.find_first_of("\r\n"), chunk.size());
    bytes_ += end;
    if (bytes_ > max_event_) return fail(ErrorCode::invalid_value, "an event is longer than the limit of " + std::to_string(max_event_) + " bytes");
    line_.append(chunk.substr(0, end));
    if (end == chunk.size()) return {};
    after_return_ = chunk[end] == '\r';
    chunk.remove_prefix(end + 1);
    end_line(events);
  }
  return {};
}

void SseParser::end_line(std::vector<SseEvent>& events) {
  if (std::exchange(at_start_, false) && line_.starts_with(kByteOrderMark)) line_.erase(0, kByteOrderMark.size());
  if (!line_.empty()) {
    const std::string_view line = line_;
    const std::size_t colon = std::min(line.find(':'), line.size());
    std::string_view value = line.substr(std::min(colon + 1, line.size()));
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (colon > 0) take_field(line.substr(0, colon), value);
    else bytes_ -= line.size();  // comments keep a quiet stream alive, for ever if need be
    line_.clear();
    return;
  }
  last_id_ = id_;
  if (std::exchange(has_data_, false)) {
    data_.pop_back();  // the LF behind the last line
    events.push_back({type_.empty() ? "message" : std::move(type_), std::move(data_), last_id_});
  }
  data_.clear();
  type_.clear();
  bytes_ = 0;
}

void SseParser::take_field(std::string_view name, std::string_view value) {
  if (name == "data") {
    data_.append(value);
    data_ += '\n';
    has_data_ = true;
  } else if (name == "event") {
    type_ = value;
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) id_ = value;
  } else if (name == "retry") {
    std::int64_t wait = 0;
    const auto [at, code] = std::from_chars(value.data(), value.data() + value.size(), wait);
    const bool digits = !value.empty() && value.front() != '-' && at == value.data() + value.size();
    if (digits && code == std::errc()) retry_ = std::min<std::chrono::milliseconds>(std::chrono::milliseconds(wait), kLongestRetry);
  }
}

}  // namespace sumun::http
