// SPDX-License-Identifier: Apache-2.0
// Finding newlines. `partial_` never holds more than the longest line and its "\r".
#include "transport/line_framer.hpp"

#include <cstring>

namespace sumun {
inline namespace v0 {

namespace {

constexpr std::size_t kKeptCapacity = 64 * kKiB;  // memory that stays for the next unfinished line

std::string_view without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// Too long even if its last byte should turn out to be the "\r" of the line end.
bool exceeds(std::string_view begun, std::string_view more, std::size_t max_line) {
  const std::size_t size = begun.size() + more.size();
  if (size <= max_line) return false;
  const char last = more.empty() ? begun.back() : more.back();
  return size > max_line + 1 || last != '\r';
}

void empty(std::string& text) {
  if (text.capacity() > kKeptCapacity) {
    std::string().swap(text);
  } else {
    text.clear();
  }
}

}  // namespace

LineFramer::Item LineFramer::next(std::string_view& line) {
  if (delivered_) {
    empty(partial_);
    delivered_ = false;
  }
  while (!rest_.empty()) {
    const void* const found = std::memchr(rest_.data(), '\n', rest_.size());
    if (found == nullptr) {
      const std::string_view piece = rest_;
      rest_ = {};
      if (skipping_) return Item::none;
      if (exceeds(partial_, piece, max_line_)) {
        empty(partial_);
        skipping_ = true;
        return Item::too_long;
      }
      partial_.append(piece);
      return Item::none;
    }
    const auto length = static_cast<std::size_t>(static_cast<const char*>(found) - rest_.data());
    const std::string_view piece = rest_.substr(0, length);
    rest_.remove_prefix(length + 1);
    if (skipping_) {
      skipping_ = false;
      continue;
    }
    if (exceeds(partial_, piece, max_line_)) {
      empty(partial_);
      return Item::too_long;
    }
    if (partial_.empty()) {
      line = without_return(piece);
      if (line.empty()) continue;
      return Item::line;
    }
    partial_.append(piece);
    line = without_return(partial_);
    if (line.empty()) {
      empty(partial_);
      continue;
    }
    delivered_ = true;
    return Item::line;
  }
  if (!finished_ || partial_.empty()) return Item::none;
  finished_ = false;
  line = without_return(partial_);
  if (line.empty()) {
    empty(partial_);
    return Item::none;
  }
  delivered_ = true;
  return Item::line;
}

void LineFramer::finish() {
  finished_ = true;
  skipping_ = false;
}

}  // namespace v0
}  // namespace sumun
