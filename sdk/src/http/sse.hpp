// SPDX-License-Identifier: Apache-2.0
// The text of server-sent events.
//
//   id: 7          optional
//   retry: 500     optional, milliseconds
//   data: …        one line for each line of the data
//   (empty line)
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sumun::http {

struct SseFields {
  std::string_view id = {};             // empty = none; without CR, LF and NUL
  std::string_view event = {};          // empty = `message`; without CR and LF
  std::optional<std::uint32_t> retry = {};  // milliseconds
};

/// Appends one event. Data of several lines (CR, LF, CR LF) becomes several `data` fields, which a reader joins with LF.
/// Spec: HTML Living Standard, 9.2.5 Parsing an event stream
void append_event(std::string& out, std::string_view data, const SseFields& fields = {});

/// Keeps a stream alive: readers ignore it.
inline constexpr std::string_view kSseComment = ":\n\n";

}  // namespace sumun::http
