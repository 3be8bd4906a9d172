// SPDX-License-Identifier: Apache-2.0
// Base64, random ids and sealed text.
#include "base/base64.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/seal.hpp"
#include "base/unique_function.hpp"

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

using namespace sumun;

TEST_CASE("base64 is RFC 4648's") {
  const struct {
    const char* bytes;
    const char* standard;
    const char* url;
  } kRows[] = {
      {"", "", ""},           {"f", "Zg==", "Zg"},         {"fo", "Zm8=", "Zm8"},          {"foo", "Zm9v", "Zm9v"},
      {"foob", "Zm9vYg==", "Zm9vYg"}, {"fooba", "Zm9vYmE=", "Zm9vYmE"}, {"foobar", "Zm9vYmFy", "Zm9vYmFy"}, {"\xfb\xff\xfe", "+//+", "-__-"},
  };
  for (const auto& row : kRows) {
    CAPTURE(row.standard);
    CHECK(base64_encode(row.bytes) == row.standard);
    CHECK(base64url_encode(row.bytes) == row.url);
    CHECK(base64_decode(row.standard) == row.bytes);
    CHECK(base64url_decode(row.url) == row.bytes);
  }
  std::string all;
  for (int byte = 0; byte < 256; ++byte) {
    all.push_back(static_cast<char>(byte));
    CHECK(base64_decode(base64_encode(all)) == all);
    CHECK(base64url_decode(base64url_encode(all)) == all);
  }
}

TEST_CASE("a text that no encoder writes is not decoded") {
  for (const char* text : {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zm9v=", "Zm9v====", "====", "Zg==Zg==", "Zm 9v", "Zm9v\n", "-__-"}) {
    CAPTURE(text);
    CHECK_FALSE(base64_decode(text).has_value());
  }
  for (const char* text : {"Z", "Zg==", "Zh", "+//+", "Zm9v "}) {
    CAPTURE(text);
    CHECK_FALSE(base64url_decode(text).has_value());
  }
}

TEST_CASE("random ids are 22 characters and differ") {
  std::set<std::string> seen;
  for (int count = 0; count < 10000; ++count) {
    const std::string id = random_id();
    CHECK(id.size() == 22);
    CHECK(base64url_decode(id).has_value());
    CHECK(seen.insert(id).second);
  }
}

TEST_CASE("random bytes fill what they are asked to, small or large") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{12}, std::size_t{128}, std::size_t{129}, std::size_t{5000}}) {
    CAPTURE(size);
    // Every byte is something else than zero sooner or later, and nothing behind the span is touched.
    std::vector<std::byte> seen(size + 1);
    for (int round = 0; round < 64; ++round) {
      std::vector<std::byte> bytes(size + 1);
      random_bytes(std::span(bytes).first(size));
      for (std::size_t place = 0; place <= size; ++place) {
        seen[place] |= bytes[place];
      }
    }
    for (std::size_t place = 0; place < size; ++place) {
      CHECK(seen[place] != std::byte{0});
    }
    CHECK(seen[size] == std::byte{0});
  }
}

TEST_CASE("a forked process has ids of its own") {
  (void)random_id();  // the buffer is filled
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const std::string id = random_id();
    const ssize_t written = write(ends[1], id.data(), id.size());
    _exit(written == 22 ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  char text[22];
  REQUIRE(read(ends[0], text, sizeof(text)) == 22);
  close(ends[0]);
  close(ends[1]);
  CHECK(std::string(text, 22) != random_id());
}

TEST_CASE("sealed text opens with the same key and context only") {
  const Sealer sealer;
  const std::string plain = std::string("state\0of a call", 15);
  const std::string sealed = sealer.seal(plain, "tools/call add");
  CHECK(sealer.open(sealed, "tools/call add").value() == plain);
  CHECK(sealer.open(sealed, "tools/call sub").has_error());
  CHECK(Sealer().open(sealed, "tools/call add").has_error());
  CHECK(sealed.find("state") == std::string::npos);
  CHECK(sealer.seal(plain, "tools/call add") != sealed);
  CHECK(sealer.open(sealer.seal("", ""), "").value().empty());
}

TEST_CASE("sealed text that was changed anywhere does not open") {
  const Sealer sealer;
  const std::string sealed = sealer.seal("0123456789", "context");
  for (std::size_t place = 0; place < sealed.size(); ++place) {
    CAPTURE(place);
    std::string changed = sealed;
    changed[place] = changed[place] == 'A' ? 'B' : 'A';
    const Result<std::string> opened = sealer.open(changed, "context");
    REQUIRE(opened.has_error());
    CHECK(opened.error() == sealer.open("", "context").error());
    CHECK(sealer.open(sealed.substr(0, place), "context").has_error());
  }
  CHECK(sealer.open("not base64 at all!", "context").has_error());
}

TEST_CASE("a new key in front seals, the old one still opens") {
  SealKey old_key{};
  old_key[0] = 1;
  SealKey new_key{};
  new_key[0] = 2;
  const std::string sealed = Sealer({old_key}).seal("kept", "c");
  const Sealer both({new_key, old_key});
  CHECK(both.open(sealed, "c").value() == "kept");
  CHECK(Sealer({new_key}).open(both.seal("new", "c"), "c").value() == "new");
  CHECK(Sealer({new_key}).open(sealed, "c").has_error());
}

TEST_CASE("a fake clock moves when it is told to") {
  FakeClock clock;
  const auto before = clock.now();
  const auto wall = clock.wall();
  CHECK(clock.now() == before);
  clock.advance(std::chrono::minutes(2));
  CHECK(clock.now() - before == std::chrono::minutes(2));
  CHECK(clock.wall() - wall == std::chrono::minutes(2));
}

TEST_CASE("a unique function owns what cannot be copied") {
  UniqueFunction<int(std::unique_ptr<int>)> add;
  CHECK_FALSE(static_cast<bool>(add));
  add = [base = std::make_unique<int>(40)](std::unique_ptr<int> more) { return *base + *more; };
  UniqueFunction<int(std::unique_ptr<int>)> moved = std::move(add);
  CHECK(moved(std::make_unique<int>(2)) == 42);
}
