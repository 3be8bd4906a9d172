// SPDX-License-Identifier: Apache-2.0
// ADDR:PORT of a command line, and what serve_http refuses before it listens.
#include <sumun/http.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <utility>

TEST_CASE("ADDR:PORT is read whole or refused") {
  const struct {
    std::string text;
    const char* address;  // null = refused
    int port;
  } rows[] = {
      {"127.0.0.1:8080", "127.0.0.1", 8080},
      {"localhost:0", "localhost", 0},
      {"[::1]:65535", "::1", 65535},
      {"", nullptr, 0},
      {"8080", nullptr, 0},
      {":8080", nullptr, 0},
      {"[]:8080", nullptr, 0},
      {"127.0.0.1", nullptr, 0},
      {"127.0.0.1:", nullptr, 0},
      {"127.0.0.1:65536", nullptr, 0},
      {"127.0.0.1:-1", nullptr, 0},
      {"127.0.0.1:80x", nullptr, 0},
      {"::1:8080", nullptr, 0},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    sumun::HttpOptions options;
    const auto read = sumun::read_listen_address(row.text, options);
    CHECK(read.has_value() == (row.address != nullptr));
    if (!read.has_value() || row.address == nullptr) continue;
    CHECK(options.address == row.address);
    CHECK(options.port == row.port);
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
