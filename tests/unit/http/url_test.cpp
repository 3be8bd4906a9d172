// SPDX-License-Identifier: Apache-2.0
// Which URLs are taken, what becomes of them, and that a refusal never repeats one.
#include "http/url.hpp"

#include <sumun/limits.hpp>

#include <doctest/doctest.h>

#include <string>

namespace {

using sumun::http::parse_url;

TEST_CASE("a URL is taken apart") {
  struct {
    const char* url;
    const char* origin;
    const char* host;
    int port;
    const char* target;
  } const table[] = {
      {"http://localhost", "http://localhost", "localhost", 80, "/"},
      {"https://Example.COM/mcp", "https://example.com", "example.com", 443, "/mcp"},
      {"HTTP://a:8080/x/y?q=1&r=%20", "http://a:8080", "a", 8080, "/x/y?q=1&r=%20"},
      {"https://a:443/", "https://a", "a", 443, "/"},
      {"http://127.0.0.1:1", "http://127.0.0.1:1", "127.0.0.1", 1, "/"},
      {"http://[::1]:65535/mcp", "http://[::1]:65535", "::1", 65535, "/mcp"},
      {"https://[2001:DB8::0:1]", "https://[2001:db8::1]", "2001:db8::1", 443, "/"},
      {"http://h?x", "http://h", "h", 80, "/?x"},
      {"http://example.com.:80/", "http://example.com.", "example.com.", 80, "/"},
      {"http://1.example/", "http://1.example", "1.example", 80, "/"},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.url));
    const auto url = parse_url(row.url);
    REQUIRE(url.has_value());
    CHECK(url->origin() == row.origin);
    CHECK(url->host == row.host);
    CHECK(url->port == row.port);
    CHECK(url->target == row.target);
  }
}

TEST_CASE("what is no URL to connect to is refused in words that do not repeat it") {
  struct {
    const char* url;
    const char* why;
  } const table[] = {
      {"", "must begin with http"},
      {"example.com/mcp", "must begin with http"},
      {"ftp://a/", "must begin with http"},
      {"file:///etc/passwd", "must begin with http"},
      {"http:/a", "must begin with http"},
      {"http://", "no host"},
      {"http:///mcp", "no host"},
      {"http://:80/", "no host"},
      {"http://user:secret-word@a/", "user information"},
      {"http://a@b", "user information"},
      {"http://a:/", "port"},
      {"http://a:0/", "port"},
      {"http://a:65536/", "port"},
      {"http://a:80x/", "port"},
      {"http://a:+80/", "port"},
      {"http://a b/", "host"},
      {"http://a..b/", "host"},
      {"http://-a/", "host"},
      {"http://a_b$/", "host"},
      {"http://\xC3\xA4.example/", "host"},
      {"http://127.1/", "host"},
      {"http://0177.0.0.1/", "host"},
      {"http://256.0.0.1/", "host"},
      {"http://2130706433/", "host"},
      {"http://[::1/", "IPv6"},
      {"http://[fe80::1%25eth0]/", "IPv6"},
      {"http://[127.0.0.1]/", "IPv6"},
      {"http://a/secret-word#there", "fragment"},
      {"http://a#x", "fragment"},
      {"http://a/secret-word x", "%XX"},
      {"http://a/\r\nX-Injected: secret-word", "%XX"},
      {"http://a/\\x", "%XX"},
      {"http://a/\xC3\xA4", "%XX"},
      {"http://a/%4", "%"},
      {"http://a/%zz", "%"},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.url));
    const auto url = parse_url(row.url);
    REQUIRE(url.has_error());
    CHECK(url.error().code == sumun::ErrorCode::invalid_value);
    CHECK(url.error().message.find(row.why) != std::string::npos);
    CHECK(url.error().message.find("secret-word") == std::string::npos);
  }
  CHECK(parse_url("http://a/" + std::string(sumun::kMaxUrlBytes, 'x')).has_error());
  CHECK(parse_url("http://a/" + std::string(sumun::kMaxUrlBytes - 9, 'x')).has_value());
}

}  // namespace
