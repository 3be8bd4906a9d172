// SPDX-License-Identifier: Apache-2.0
// Server-sent events out of the chunks of a body, wherever the chunks are cut.
//
//   id: 7          lines end with CRLF, LF or CR; ":" begins a comment;
//   event: message several data lines are joined by LF;
//   data: {"a":1}  an empty line ends the event.
//
// Spec: WHATWG HTML, Server-sent events, Parsing an event stream
#pragma once
#include <sumun/limits.hpp>
#include <sumun/result.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sumun::http {

struct SseEvent {
  std::string type = "message";
  std::string data;
  std::string id;  // of this event or the last one before it that had one; empty = none
  friend bool operator==(const SseEvent&, const SseEvent&) = default;
};

/// Thread: one. Owner: whoever reads the body.
class SseParser {
 public:
  explicit SseParser(std::size_t max_event = kMaxMessageBytes) : max_event_(max_event) {}

  /// Takes the next chunk and appends the events that it completes. What the stream ends in the middle of is no event.
  /// Errors: invalid_value when one event is longer than the limit; nothing can be read behind it.
  Result<void> feed(std::string_view chunk, std::vector<SseEvent>& events);

  /// What a client repeats in Last-Event-ID, also from events without data (they are not handed out).
  const std::string& last_event_id() const { return last_id_; }
  /// How long the server wants a client to wait before it connects again.
  std::optional<std::chrono::milliseconds> retry() const { return retry_; }

 private:
  void end_line(std::vector<SseEvent>& events);
  void take_field(std::string_view name, std::string_view value);

  std::size_t max_event_;
  std::string line_;
  std::string data_;
  std::string type_;
  std::string id_;       // becomes last_id_ when the event ends
  std::string last_id_;
  std::optional<std::chrono::milliseconds> retry_;
  std::size_t bytes_ = 0;       // of the event that is under way
  bool has_data_ = false;       // a data line came, be it empty
  bool after_return_ = false;   // the last character was a CR: an LF now belongs to it
  bool at_start_ = true;        // a byte order mark may come
};

}  // namespace sumun::http
