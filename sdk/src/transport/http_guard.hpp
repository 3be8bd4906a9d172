// SPDX-License-Identifier: Apache-2.0
// Who may reach the HTTP endpoint from where: the Host and Origin rules that keep web pages out of a local server (DNS
// rebinding), and the CORS answers for the pages that are let in. Pure functions over header values.
// Spec: 2026-07-28 basic/transports/streamable-http, Security & Endpoint
#pragma once
#include <sumun/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sumun {
inline namespace v0 {

/// `host[:port]` of a Host header or an origin, strictly: no userinfo, no empty port, no trailing dot. The host may be
/// in capitals; an IPv6 address has its brackets.
struct HttpAuthority {
  std::string_view host;
  std::optional<std::uint16_t> port;
};
std::optional<HttpAuthority> parse_authority(std::string_view text);

/// `scheme://host[:port]` and nothing behind it. `null` is none.
struct HttpOrigin {
  std::string_view scheme;
  HttpAuthority authority;
};
std::optional<HttpOrigin> parse_origin(std::string_view text);

/// Thread: any; it never changes.
class HttpGuard {
 public:
  /// What the address that is listened on can be reached from.
  enum class Reach {
    loopback,  // localhost, 127.0.0.1 and [::1] are allowed as hosts and origins, with any port
    network,   // nothing is allowed but the lists
  };

  /// `hosts`: "tools.example" (any port) or "tools.example:8443". `origins`: "https://app.example", compared whole.
  /// Errors: invalid_value: an entry is no host or no origin.
  static Result<HttpGuard> make(Reach reach, const std::vector<std::string>& hosts, const std::vector<std::string>& origins);

  bool allows_host(std::string_view host) const;
  bool allows_origin(std::string_view origin) const;

  /// Why a request must not be served, or nothing. A request without Origin comes from no web page and passes.
  struct Refusal {
    int status;        // 400, 403
    std::string body;  // a JSON-RPC error without id
  };
  std::optional<Refusal> refusal(std::optional<std::string_view> host, std::optional<std::string_view> origin) const;

 private:
  struct Host {
    std::string host;  // small letters
    std::optional<std::uint16_t> port;
  };
  struct Origin {
    std::string scheme;
    Host authority;  // the port is always there
  };
  HttpGuard() = default;
  Reach reach_ = Reach::network;
  std::vector<Host> hosts_;
  std::vector<Origin> origins_;
};

/// The header lines that let an allowed origin read the answer.
std::string cors_fields(std::string_view origin);
/// Those of the answer (204) to a preflight. `asked` is Access-Control-Request-Headers; `methods` what the endpoint takes.
std::string preflight_fields(std::string_view origin, std::string_view asked, std::string_view methods);

}  // namespace v0
}  // namespace sumun
