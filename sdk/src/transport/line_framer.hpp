// SPDX-License-Identifier: Apache-2.0
// Cuts a byte stream into lines, without I/O. A line that lies whole in one chunk is handed out where it lies; only
// what crosses chunks is copied.
#pragma once
#include <sumun/limits.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace sumun {
inline namespace v0 {

/// Lines end with "\n" or "\r\n"; empty ones are passed over; any other byte, NUL too, belongs to its line.
/// Use:     feed(chunk), then next() until it says `none`; the chunk's bytes stay where they are until then. At the end of
///          the input finish(), then next() once more.
/// Bounds:  holds `max_line` bytes at most, and gives the memory of a long line back.
/// Thread:  one at a time.
class LineFramer {
 public:
  enum class Item {
    none,      // the chunk is used up
    line,      // `line` is valid until the next call
    too_long,  // a line exceeds the limit; said once for it, the rest of it is skipped
  };

  explicit LineFramer(std::size_t max_line = kMaxMessageBytes) : max_line_(max_line) {}

  void feed(std::string_view chunk) { rest_ = chunk; }
  Item next(std::string_view& line);
  /// The input has ended: a last line without its newline is a line. Call it when next() has said `none`.
  void finish();

  /// Bytes of the unfinished line that are kept.
  std::size_t kept_bytes() const { return partial_.size(); }
  std::size_t kept_capacity() const { return partial_.capacity(); }

 private:
  std::size_t max_line_;
  std::string_view rest_;   // of the chunk
  std::string partial_;     // of a line that began in an earlier chunk
  bool delivered_ = false;  // `partial_` was handed out as a line: drop it first
  bool skipping_ = false;   // inside a line that is too long
  bool finished_ = false;
};

}  // namespace v0
}  // namespace sumun
