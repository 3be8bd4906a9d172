// SPDX-License-Identifier: Apache-2.0
// Events as text.
#include "http/sse.hpp"

#include <doctest/doctest.h>

#include <string>

using sumun::http::append_event;
using sumun::http::SseFields;

TEST_CASE("an event is its fields, a data line for each line, and an empty line") {
  const struct {
    const char* name;
    std::string data;
    SseFields fields;
    std::string want;
  } rows[] = {
      {"empty", "", {}, "data: \n\n"},
      {"one line", "{\"a\":1}", {}, "data: {\"a\":1}\n\n"},
      {"lines", "a\nb\r\nc\rd", {}, "data: a\ndata: b\ndata: c\ndata: d\n\n"},
      {"a line break at the end", "a\n", {}, "data: a\ndata: \n\n"},
      {"all fields", "x", {"7", "message", 500}, "id: 7\nevent: message\nretry: 500\ndata: x\n\n"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    std::string out = "before";
    append_event(out, row.data, row.fields);
    CHECK(out == "before" + row.want);
  }
}
