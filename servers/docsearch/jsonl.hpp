// SPDX-License-Identifier: Apache-2.0
// One line of a JSON Lines corpus, read in one pass:  {"_id": "4983", "title": "…", "text": "…"}
#pragma once
#include "source_map.hpp"

#include <sumun/result.hpp>

#include <string>
#include <string_view>

namespace sumun::docsearch {

/// A string of the record, decoded. `text` looks into the line, or into `storage` where the line holds escapes.
/// Not copied: a moved short storage would leave text behind.
struct JsonlString {
  JsonlString() = default;
  JsonlString(const JsonlString&) = delete;
  JsonlString& operator=(const JsonlString&) = delete;

  std::string_view text;
  std::string storage;
  SourceMap source;           // text to line; always filled where text is not empty
  std::size_t begin = 0, end = 0;  // in the line, between the quotes
  bool present = false;
};

struct JsonlRecord {
  JsonlString id, title, text;
};

/// Fills `record` from a line: members _id (or id, a string or a number), title and text (or body, content, contents).
/// Errors: parse_error for a line that is no JSON object; what is no UTF-8 inside a string stays as it is.
Result<void> read_record(std::string_view line, JsonlRecord& record);

}  // namespace sumun::docsearch
