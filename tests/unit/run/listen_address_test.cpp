// SPDX-License-Identifier: Apache-2.0
// ADDR:PORT of a command line, and what serve_http refuses before it listens.
#include <sumun/http.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <utility>

TEST_CASE("where to listen is said with an address and a port") {
  struct {
    const char* text;
    const char* address;
    int port;
  } const good[] = {
      {"127.0.0.1:8080", "127.0.0.1", 8080}, {"[::1]:8080", "::1", 8080},   {"localhost:0", "localhost", 0},
      {"0.0.0.0:65535", "0.0.0.0", 65535},   {"[::]:1", "::", 1},
  };
  for (const auto& row : good) {
    CAPTURE(std::string(row.text));
    sumun::HttpOptions options;
    const auto parsed = sumun::read_listen_address(row.text, options);
    REQUIRE(parsed.has_value());
    CHECK(options.address == row.address);
    CHECK(options.port == row.port);
  }
  struct {
    const char* text;
    const char* why;
  } const bad[] = {
      {"", "ADDRESS:PORT"},         {"8080", "ADDRESS:PORT"},       {"localhost", "ADDRESS:PORT"}, {":8080", "listen to everybody"},
      {"::1:8080", "in brackets"},  {"127.0.0.1:", "the port"},     {"127.0.0.1:65536", "the port"}, {"127.0.0.1:-1", "the port"},
      {"127.0.0.1:80x", "the port"}, {"[]:80", "expected an address"}, {"[::1:80", "in brackets"},
  };
  for (const auto& row : bad) {
    CAPTURE(std::string(row.text));
    sumun::HttpOptions options;
    const auto parsed = sumun::read_listen_address(row.text, options);
    REQUIRE(parsed.has_error());
    CHECK_MESSAGE(parsed.error().message.find(row.why) != std::string::npos, parsed.error().message);
  }
}

TEST_CASE("what must not be served is refused before anybody can connect") {
  sumun::Server server("s", "1");
  bool listened = false;
  const auto refused = [&](sumun::HttpOptions options) {
    options.listening = [&](std::uint16_t) { listened = true; };
    return sumun::serve_http(server, std::move(options)) == 1 && !listened;
  };
  sumun::HttpOptions everybody;
  everybody.address = "0.0.0.0";
  CHECK(refused(everybody));
  everybody.address = "::";
  CHECK(refused(everybody));
  sumun::HttpOptions name;
  name.address = "tools.example";
  CHECK(refused(name));
  sumun::HttpOptions host;
  host.allowed_hosts = {"not a host"};
  CHECK(refused(host));
  sumun::HttpOptions certificate;
  certificate.tls = sumun::TlsOptions{"/nowhere/cert.pem", "/nowhere/key.pem"};
  CHECK(refused(certificate));
}
