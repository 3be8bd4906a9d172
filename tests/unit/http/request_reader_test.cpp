// SPDX-License-Identifier: Apache-2.0
// What is a request and what is refused, byte by byte.
#include "http/request_reader.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>

using sumun::http::RequestBounds;
using sumun::http::RequestReader;

namespace {

constexpr const char* kHead = "POST /mcp HTTP/1.1\r\nHost: localhost\r\n";

std::string post(std::string_view fields, std::string_view body) {
  return std::string(kHead).append(fields).append("\r\n").append(body);
}

}  // namespace

TEST_CASE("a request is complete at every way to cut it in two, and the next one begins behind it") {
  const std::string requests[] = {
      post("Content-Length: 5\r\n", "hello"),
      post("Transfer-Encoding: chunked\r\n", "2\r\nhe\r\n3;note=1\r\nllo\r\n0\r\nTrailer: x\r\n\r\n"),
      post("", ""),
  };
  for (const std::string& request : requests) {
    const bool has_body = request.find("hello") != std::string::npos || request.find("chunked") != std::string::npos;
    for (std::size_t cut = 0; cut <= request.size(); ++cut) {
      CAPTURE(request);
      CAPTURE(cut);
      RequestReader reader({});
      const std::string first = request.substr(0, cut);
      const auto before = reader.read(first);
      if (cut < request.size()) CHECK((before == RequestReader::State::head || before == RequestReader::State::body));
      const std::string all = request + "GET / HTTP";
      REQUIRE(reader.read(all) == RequestReader::State::complete);
      CHECK(reader.size() == request.size());
      CHECK(reader.request().method == "POST");
      CHECK(reader.request().target == "/mcp");
      CHECK(reader.request().find("HOST") == "localhost");
      CHECK(reader.request().find("trailer") == std::nullopt);
      CHECK(reader.request().body == (has_body ? "hello" : ""));
      CHECK(reader.request().keep_alive);
      reader.next();
      CHECK(reader.read("GET / HTTP") == RequestReader::State::head);
    }
  }
}

TEST_CASE("a whole URL before a chunked body is split however the bytes come") {
  const std::string request = "POST http://a.example/mcp HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n0\r\n\r\n";
  for (std::size_t cut = 0; cut <= request.size(); ++cut) {
    CAPTURE(cut);
    RequestReader reader({});
    const std::string first = request.substr(0, cut);
    (void)reader.read(first);
    REQUIRE(reader.read(request) == RequestReader::State::complete);
    CHECK(reader.request().target == "/mcp");
    CHECK(reader.request().authority == "a.example");
    CHECK(reader.request().body == "he");
  }
}

TEST_CASE("a request that two readers may understand differently is refused") {
  const struct {
    std::string name;
    std::string text;
    int status;
  } rows[] = {
      {"both lengths", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "hello"), 400},
      {"two equal lengths", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), 400},
      {"two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), 400},
      {"a list of lengths", post("Content-Length: 5, 5\r\n", "hello"), 400},
      {"a signed length", post("Content-Length: +5\r\n", "hello"), 400},
      {"a negative length", post("Content-Length: -1\r\n", ""), 400},
      {"a length in hex", post("Content-Length: 0x5\r\n", "hello"), 400},
      {"an empty length", post("Content-Length:\r\n", "hello"), 400},
      {"a length beyond 64 bits", post("Content-Length: 99999999999999999999\r\n", ""), 400},
      {"another coding", post("Transfer-Encoding: gzip, chunked\r\n", ""), 501},
      {"a coding with a trick", post("Transfer-Encoding: xchunked\r\n", ""), 501},
      {"two codings", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", ""), 400},
      {"white space before the colon", post("Content-Length : 5\r\n", "hello"), 400},
      {"a folded line", post("X-Long: a\r\n b\r\n", ""), 400},
      {"a folded line with a tab", post("X-Long: a\r\n\tb\r\n", ""), 400},
      {"two hosts", post("Host: evil\r\n", ""), 400},
      {"no host", "POST /mcp HTTP/1.1\r\n\r\n", 400},
      {"two origins", post("Origin: a\r\nOrigin: b\r\n", ""), 400},
      {"two authorizations", post("Authorization: a\r\nAuthorization: b\r\n", ""), 400},
      {"a NUL in a value", post(std::string_view("X: a\0b\r\n", 8), ""), 400},
      {"a bare line feed", "POST /mcp HTTP/1.1\nHost: localhost\n\n\r\n\r\n", 505},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"no HTTP at all", "hello\r\n\r\n", 400},
      {"a chunk of no size", post("Transfer-Encoding: chunked\r\n", "x\r\n"), 400},
      {"a chunk longer than it says", post("Transfer-Encoding: chunked\r\n", "2\r\nhello\r\n0\r\n\r\n"), 400},
      {"a coding over HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"another expectation", post("Expect: a miracle\r\n", ""), 417},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    RequestReader reader({});
    CHECK(reader.read(row.text) == RequestReader::State::refused);
    CHECK(reader.status() == row.status);
    CHECK(reader.why() != "");
  }
}

TEST_CASE("what is over a bound is refused before it has come") {
  const RequestBounds bounds{256, 10};
  const struct {
    std::string name;
    std::string text;
    int status;
  } rows[] = {
      {"a head without end", "POST /" + std::string(300, 'a'), 431},
      {"a long head", post("X: " + std::string(300, 'a') + "\r\n", ""), 431},
      {"a long body, not begun", post("Content-Length: 11\r\n", ""), 413},
      {"a long chunked body", post("Transfer-Encoding: chunked\r\n", "b\r\nhello world\r\n"), 413},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    RequestReader reader(bounds);
    REQUIRE(reader.read(row.text) == RequestReader::State::refused);
    CHECK(reader.status() == row.status);
  }
  std::string many;
  for (int i = 0; i < 101; ++i) many += "X: y\r\n";
  RequestReader reader({});
  REQUIRE(reader.read(post(many, "")) == RequestReader::State::refused);
  CHECK(reader.status() == 431);
}

TEST_CASE("a connection is kept by default from HTTP/1.1 on") {
  const struct {
    const char* text;
    bool keep;
  } rows[] = {
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false},
      {"GET / HTTP/1.0\r\n\r\n", false},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    RequestReader reader({});
    REQUIRE(reader.read(row.text) == RequestReader::State::complete);
    CHECK(reader.request().keep_alive == row.keep);
  }
}

TEST_CASE("a target that is a whole URL is taken apart") {
  const struct {
    std::string target;
    std::string_view path_and_query;
    std::optional<std::string_view> authority;
  } rows[] = {
      {"/mcp?a=http://b/", "/mcp?a=http://b/", std::nullopt},
      {"*", "*", std::nullopt},
      {"http:/mcp", "http:/mcp", std::nullopt},
      {"ftp://a/mcp", "ftp://a/mcp", std::nullopt},
      {"http://a.example:8080/mcp?b=/c", "/mcp?b=/c", "a.example:8080"},
      {"HTTPS://[::1]:1/mcp", "/mcp", "[::1]:1"},
      {"http://a", "/", "a"},
      {"http://", "/", ""},
      {"http:///mcp", "/mcp", ""},
      {"http://me@a/mcp", "/mcp", "me@a"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.target);
    RequestReader reader({});
    const std::string text = "GET " + row.target + " HTTP/1.1\r\nHost: b\r\n\r\n";
    REQUIRE(reader.read(text) == RequestReader::State::complete);
    CHECK(reader.request().target == row.path_and_query);
    CHECK(reader.request().authority == row.authority);
  }
}

TEST_CASE("a client that asks before it sends a body is told to go on, once") {
  RequestReader reader({});
  const std::string head = post("Expect: 100-continue\r\nContent-Length: 2\r\n", "");
  CHECK(reader.read(head) == RequestReader::State::body);
  CHECK(reader.take_expectation());
  CHECK(!reader.take_expectation());
  CHECK(reader.read(head + "ok") == RequestReader::State::complete);
  CHECK(!reader.take_expectation());
}
