// SPDX-License-Identifier: Apache-2.0
// The URLs that we connect to: absolute, http or https, nothing that would have to be guessed.
//
//   https://example.com:8443/mcp?tenant=1
//   scheme  host        port target
#pragma once
#include <sumun/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace sumun::http {

struct Url {
  enum class Scheme { http, https };
  Scheme scheme = Scheme::http;
  std::string host;        // lower case; an IPv6 address without its brackets
  std::uint16_t port = 0;  // the scheme's own where the URL names none
  std::string target;      // path and query, at least "/"

  std::string authority() const;  // host[:port], as the Host header has it: no port where it is the scheme's own
  std::string origin() const;     // scheme://authority
  friend bool operator==(const Url&, const Url&) = default;
};

/// Errors: invalid_value. Refused are: another scheme, user information (secrets do not belong into a URL), a fragment,
///         an empty or ill-formed host, a port outside 1..65535, and characters that a URL must write as %XX. The
///         message never repeats the URL: it may hold a secret.
Result<Url> parse_url(std::string_view text);

}  // namespace sumun::http
