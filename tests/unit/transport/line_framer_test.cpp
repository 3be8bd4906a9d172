// SPDX-License-Identifier: Apache-2.0
// Framing as a plain function: bytes in pieces go in, lines come out.
#include "transport/line_framer.hpp"
#include "transport/output_queue.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

using namespace sumun;

namespace {

constexpr std::size_t kLimit = 8;  // of the tables
const std::string kTooLong = "<too long>";

void take_all(LineFramer& framer, std::vector<std::string>& lines) {
  std::string_view line;
  for (;;) {
    switch (framer.next(line)) {
      case LineFramer::Item::none: return;
      case LineFramer::Item::line: lines.emplace_back(line); break;
      case LineFramer::Item::too_long: lines.push_back(kTooLong); break;
    }
  }
}

std::vector<std::string> frame(const std::vector<std::string>& pieces, std::size_t limit = kLimit) {
  LineFramer framer(limit);
  std::vector<std::string> lines;
  for (const std::string& piece : pieces) {
    framer.feed(piece);
    take_all(framer, lines);
    CHECK(framer.kept_bytes() <= limit + 1);
  }
  framer.finish();
  take_all(framer, lines);
  CHECK(framer.kept_bytes() == 0);
  return lines;
}

using Lines = std::vector<std::string>;

const struct {
  std::string name;
  std::string input;
  Lines want;
} kTable[] = {
    {"nothing", "", {}},
    {"one line", "abc\n", {"abc"}},
    {"two lines", "abc\ndef\n", {"abc", "def"}},
    {"no final newline", "abc\ndef", {"abc", "def"}},
    {"empty lines", "\n\r\n\nabc\n\n\r\n", {"abc"}},
    {"only empty lines", "\n\n\n", {}},
    {"windows line ends", "abc\r\ndef\r\n", {"abc", "def"}},
    {"a return inside a line stays", "a\rb\r\r\n", {"a\rb\r"}},
    {"no final newline, but a return", "abc\r", {"abc"}},
    {"a return alone", "\r", {}},
    {"NUL bytes", std::string("a\0b\n\0\n", 6), {std::string("a\0b", 3), std::string("\0", 1)}},
    {"bytes that are no UTF-8", "\xff\xfe\n", {"\xff\xfe"}},
    {"largest", "12345678\nabc\n", {"12345678", "abc"}},
    {"largest with a windows line end", "12345678\r\nabc\n", {"12345678", "abc"}},
    {"largest at the end", "12345678", {"12345678"}},
    {"largest and a return at the end", "12345678\r", {"12345678"}},
    {"one too long", "123456789\nabc\n", {kTooLong, "abc"}},
    {"one too long with a windows line end", "123456789\r\nabc\n", {kTooLong, "abc"}},
    {"largest and two returns", "12345678\r\r\nabc\n", {kTooLong, "abc"}},
    {"much too long", "abc\n" + std::string(100, 'x') + "\ndef\n", {"abc", kTooLong, "def"}},
    {"two too long", std::string(30, 'x') + "\n" + std::string(30, 'y') + "\nabc\n", {kTooLong, kTooLong, "abc"}},
    {"too long at the end", "abc\n" + std::string(100, 'x'), {"abc", kTooLong}},
};

}  // namespace

TEST_CASE("lines come out the same wherever the stream is cut") {
  for (const auto& row : kTable) {
    CAPTURE(row.name);
    CHECK(frame({row.input}) == row.want);
    for (std::size_t cut = 0; cut <= row.input.size(); ++cut) {
      CAPTURE(cut);
      CHECK(frame({row.input.substr(0, cut), row.input.substr(cut)}) == row.want);
    }
    Lines bytes;
    for (char byte : row.input) bytes.emplace_back(1, byte);
    CHECK(frame(bytes) == row.want);
  }
}

TEST_CASE("a line that lies whole in one chunk is not copied") {
  LineFramer framer;
  const std::string chunk = "abc\ndef\nrest";
  framer.feed(chunk);
  std::string_view line;
  REQUIRE(framer.next(line) == LineFramer::Item::line);
  CHECK(line.data() == chunk.data());
  REQUIRE(framer.next(line) == LineFramer::Item::line);
  CHECK(line.data() == chunk.data() + 4);
  CHECK(framer.next(line) == LineFramer::Item::none);
  CHECK(framer.kept_bytes() == 4);
}

TEST_CASE("the memory of a long line is given back, and skipping needs none") {
  LineFramer framer(1 << 20);
  const std::string megabyte(1 << 20, 'x');
  std::vector<std::string> lines;
  framer.feed(megabyte);
  take_all(framer, lines);
  CHECK(framer.kept_bytes() == megabyte.size());
  framer.feed("\n");
  take_all(framer, lines);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0] == megabyte);
  CHECK(framer.kept_capacity() <= 64 * kKiB);
  for (int i = 0; i < 10; ++i) {
    framer.feed(megabyte);
    take_all(framer, lines);
    CHECK(framer.kept_bytes() <= megabyte.size());
  }
  CHECK(framer.kept_capacity() <= 64 * kKiB);
  framer.feed("\nabc\n");
  take_all(framer, lines);
  CHECK(lines == Lines{megabyte, kTooLong, "abc"});
}

namespace {

std::string drain(OutputQueue& queue, std::size_t at_once, std::size_t parts) {
  std::string all;
  while (!queue.empty()) {
    std::array<std::string_view, 16> list;
    const std::size_t count = queue.gather(std::span(list).first(parts));
    REQUIRE(count > 0);
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += list[i].substr(0, at_once - text.size());
    queue.consume(text.size());
    all += text;
  }
  return all;
}

}  // namespace

TEST_CASE("what was queued is written in order, whatever the peer takes at once") {
  const std::vector<std::size_t> sizes = {0,    1,    300,  8191, 8192, 8193, 10,   70000, 65535, 65536,   5, 8000,
                                          8000, 8000, 8000, 8000, 8000, 8000, 8000, 8000,  8000,  1 << 20, 3};
  for (const std::size_t at_once : {std::size_t{1000}, std::size_t{4096}, std::size_t{65536}, std::size_t{1} << 30}) {
    for (const std::size_t parts : {std::size_t{1}, std::size_t{2}, std::size_t{16}}) {
      CAPTURE(at_once);
      CAPTURE(parts);
      OutputQueue queue;
      for (int round = 0; round < 2; ++round) {
        std::string want;
        char letter = 'a';
        for (const std::size_t size : sizes) {
          const std::string message(size, letter++);
          want += message + '\n';
          queue.push(message);
        }
        CHECK(queue.bytes() == want.size());
        CHECK(drain(queue, at_once, parts) == want);
        CHECK(queue.bytes() == 0);
      }
    }
  }
}

TEST_CASE("small messages share a block, big ones are moved") {
  OutputQueue queue;
  for (int i = 0; i < 200; ++i) queue.push(std::string(300, 'x'));
  std::array<std::string_view, 16> parts;
  CHECK(queue.gather(parts) == 1);
  queue.clear();
  CHECK(queue.empty());
  CHECK(queue.gather(parts) == 0);
  std::string big(100000, 'x');
  const char* const where = big.data();
  queue.push(std::move(big));
  queue.push("small");
  CHECK(queue.gather(parts) == 2);
  CHECK(parts[0].data() == where);
  CHECK(parts[1] == "\nsmall\n");
}
