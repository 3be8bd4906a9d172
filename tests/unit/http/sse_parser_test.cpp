// SPDX-License-Identifier: Apache-2.0
// Events come out the same wherever the chunks are cut.
#include "http/sse_parser.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using sumun::http::SseEvent;
using sumun::http::SseParser;

std::string replaced(std::string_view text, std::string_view newline) {
  std::string out;
  for (const char c : text) c == '\n' ? out += newline : out += c;
  return out;
}

struct Stream {
  const char* name;
  std::string text;  // LF stands for any line end
  std::vector<SseEvent> events;
  std::string last_id = "";
};

const std::vector<Stream>& streams() {
  static const std::vector<Stream> all = {
      {"nothing", "", {}},
      {"one event", "data: {\"a\":1}\n\n", {{"message", "{\"a\":1}", ""}}},
      {"two lines of data", "data: a\ndata: b\n\n", {{"message", "a\nb", ""}}},
      {"one blank is taken off, not two", "data:  a \ndata:b\n\n", {{"message", " a \nb", ""}}},
      {"a type", "event: ping\ndata: x\n\ndata: y\n\n", {{"ping", "x", ""}, {"message", "y", ""}}},
      {"ids stay", "id: 7\ndata: x\n\ndata: y\n\n", {{"message", "x", "7"}, {"message", "y", "7"}}, "7"},
      {"an id without data", "id: 8\n\n", {}, "8"},
      {"an id with empty data", "id: 8\ndata:\n\n", {{"message", "", "8"}}, "8"},
      {"an id is taken off", "id: 8\ndata: x\n\nid\ndata: y\n\n", {{"message", "x", "8"}, {"message", "y", ""}}},
      {"an id with a NUL is passed over", std::string("id: a\0b\ndata: x\n\n", 17), {{"message", "x", ""}}},
      {"comments", ": hello\n\n:\n\ndata: x\n: y\n\n", {{"message", "x", ""}}},
      {"unknown fields", "foo: bar\nbaz\ndata: x\n\n", {{"message", "x", ""}}},
      {"a type without data is no event", "event: ping\n\ndata: x\n\n", {{"message", "x", ""}}},
      {"an event that is not ended", "data: x\n\ndata: y\n", {{"message", "x", ""}}},
      {"an id that is not ended", "id: 9\ndata: x\n", {}},
      {"a byte order mark", "\xEF\xBB\xBF" "data: x\n\n", {{"message", "x", ""}}},
      {"more colons", "data: a:b: c\n\n", {{"message", "a:b: c", ""}}},
      {"empty lines", "\n\n\ndata: x\n\n\n\n", {{"message", "x", ""}}},
  };
  return all;
}

TEST_CASE("an event stream means the same wherever it is cut and whatever ends its lines") {
  for (const auto& stream : streams()) {
    CAPTURE(std::string(stream.name));
    for (const std::string_view newline : {"\n", "\r\n", "\r"}) {
      const std::string text = replaced(stream.text, newline);
      for (std::size_t first = 0; first <= text.size(); ++first) {
        for (const std::size_t second : {first, std::min(first + 1, text.size()), text.size()}) {
          SseParser parser;
          std::vector<SseEvent> events;
          const std::string_view all = text;
          REQUIRE(parser.feed(all.substr(0, first), events).has_value());
          REQUIRE(parser.feed(all.substr(first, second - first), events).has_value());
          REQUIRE(parser.feed(all.substr(second), events).has_value());
          // A lone CR at the end may be half of a CRLF: the line has ended all the same.
          REQUIRE(events == stream.events);
          REQUIRE(parser.last_event_id() == stream.last_id);
        }
      }
    }
  }
}

TEST_CASE("every byte alone gives the same events") {
  for (const auto& stream : streams()) {
    CAPTURE(std::string(stream.name));
    SseParser parser;
    std::vector<SseEvent> events;
    for (const char c : replaced(stream.text, "\r\n")) REQUIRE(parser.feed(std::string_view(&c, 1), events).has_value());
    CHECK(events == stream.events);
  }
}

TEST_CASE("retry is taken where it is a number") {
  struct {
    const char* name;
    const char* text;
    std::optional<long> want;
  } const table[] = {
      {"none", "data: x\n\n", std::nullopt},    {"a number", "retry: 500\n", 500},          {"zero", "retry: 0\n", 0},
      {"empty", "retry:\n", std::nullopt},      {"negative", "retry: -1\n", std::nullopt},  {"words", "retry: 5s\n", std::nullopt},
      {"huge", "retry: 9223372036854775807\n", 86'400'000L}, {"too large to hold", "retry: 99999999999999999999\n", std::nullopt},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    SseParser parser;
    std::vector<SseEvent> events;
    REQUIRE(parser.feed(row.text, events).has_value());
    CHECK(parser.retry().has_value() == row.want.has_value());
    if (row.want && parser.retry()) CHECK(parser.retry()->count() == *row.want);
  }
}

TEST_CASE("an event has a greatest length, a stream has none") {
  constexpr std::size_t kLimit = 100;
  std::vector<SseEvent> events;
  SseParser parser(kLimit);
  for (int i = 0; i < 1000; ++i) REQUIRE(parser.feed("data: 12345\n\n: comment\n", events).has_value());
  CHECK(events.size() == 1000);

  SseParser comments(kLimit);
  for (int i = 0; i < 1000; ++i) REQUIRE(comments.feed(": still here\n", events).has_value());

  SseParser exact(kLimit);
  events.clear();
  REQUIRE(exact.feed("data: " + std::string(kLimit - 6, 'x') + "\n\n", events).has_value());
  CHECK(events.size() == 1);

  struct {
    const char* name;
    std::string piece;
  } const table[] = {
      {"one line without an end", std::string(10, 'x')},
      {"many lines of data", "data: x\n"},
      {"many fields that say nothing", "a: b\n"},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    SseParser endless(kLimit);
    bool refused = false;
    for (int i = 0; i < 50 && !refused; ++i) refused = endless.feed(row.piece, events).has_error();
    CHECK(refused);
  }
}

}  // namespace
