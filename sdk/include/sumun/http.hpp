// SPDX-License-Identifier: Apache-2.0
// Serves a server over Streamable HTTP: one endpoint for both eras, on all cores.
//
//   sumun::serve_http(server, {.port = 8080});                        // http://127.0.0.1:8080/mcp
#pragma once
#include <sumun/limits.hpp>
#include <sumun/server.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sumun {
inline namespace v0 {

class Authenticator;  // <sumun/auth.hpp>

/// Which revisions are served.
enum class HttpEras {
  both,         // 2026-07-28, and sessions for the revisions before it
  modern_only,  // 2026-07-28 alone: GET and DELETE answer 405
};

/// Whether an address that others can reach may be served to everybody.
enum class HttpExposure {
  refuse_public,                  // an address beyond loopback needs an authenticator
  public_without_authentication,  // whoever reaches the address may call every tool
};

/// PEM files. SIGHUP reads them again.
struct TlsOptions {
  std::string certificate_file;  // the chain, the server's own certificate first
  std::string key_file;
};

/// The bounds on clients, with their defaults.
struct HttpLimits {
  std::size_t header_bytes = kMaxHttpHeaderBytes;    // request line and headers; over it 431
  std::size_t body_bytes = kMaxMessageBytes;         // over it 413
  std::size_t connections = kMaxHttpConnections;     // over it 503
  std::size_t waiting = kMaxHttpWaiting;             // requests being answered at once, open streams aside; over it 503
  std::size_t buffered_bytes = kMaxHttpBuffered;     // bodies that are still coming in, together; over it 503
  std::size_t answering_bytes = kMaxHttpAnswering;   // bodies of requests being answered, together; over it 503; one alone always passes
  std::size_t streams_of_principal = kMaxHttpStreams;  // open listen streams; over it 429
  std::size_t sessions = kMaxHttpSessions;           // of revisions before 2026-07-28; over it the one that was idle longest ends, else 503
  std::chrono::milliseconds header_time{10'000};     // from a request's first byte to the end of its headers
  std::chrono::milliseconds body_time{30'000};       // from there to the end of its body
  std::chrono::milliseconds idle_time{75'000};       // without any request; then the connection closes
  std::chrono::milliseconds write_time{30'000};      // without the peer taking a byte of what is written
  std::chrono::milliseconds keep_alive{15'000};      // between comments on a stream with nothing to say
  std::chrono::milliseconds session_idle{1'800'000};  // a session without request and stream ends
  std::chrono::milliseconds drain_time{30'000};      // what running calls get after SIGTERM
  std::chrono::milliseconds linger{500};             // idle connections stay that long after SIGTERM
};

struct HttpOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;                    // 0 = one that is free
  std::string path = "/mcp";
  std::vector<std::string>
      allowed_hosts;    // beyond localhost, 127.0.0.1 and [::1] on loopback: "tools.example", with a port or any
  std::vector<std::string> allowed_origins;  // "https://app.example": gets CORS answers
  HttpEras eras = HttpEras::both;
  HttpExposure exposure = HttpExposure::refuse_public;
  std::optional<TlsOptions> tls;             // none = plain HTTP
  std::shared_ptr<Authenticator> authenticator;  // null = everybody who gets past the address may call
  std::size_t threads = 0;                   // 0 = as many as cores
  std::size_t workers = 0;                   // of the pool for handlers; 0 = as many as cores, at least 2
  HttpLimits limits;
  std::function<void()> reload;              // on SIGHUP as well; a new policy (Server::set_policy), say
  std::function<void(std::uint16_t port)> listening;  // told once, before the first connection is taken
};

/// Serves until SIGTERM or SIGINT. Then nothing new is taken in, what was taken is answered, streams end with their
/// result (limits.drain_time at most); a second signal ends at once. SIGHUP reads certificates and keys again.
/// `/healthz` answers 200 while the process lives, `/readyz` 200 until it stops, and 503 while the store cannot be
/// written.
/// Prints one line on stderr once it listens: "listening on http://127.0.0.1:8080/mcp".
/// Returns: the exit code: 0, 1 when the address, a certificate or the exposure is refused (stderr says why).
/// Thread:  the program's main thread; it returns when all has ended.
/// Spec:    2026-07-28 basic/transports/streamable-http; 2025-11-25 basic/transports
SUMUN_EXPORT int serve_http(Server& server, HttpOptions options = {});

/// Where to listen, as a command line has it: "127.0.0.1:8080", "[::1]:0", "localhost:8080", into `options`.
/// Errors: invalid_value, in words that say what is wrong and what would be right; `options` stay as they were.
SUMUN_EXPORT Result<void> read_listen_address(std::string_view text, HttpOptions& options);

}  // namespace v0
}  // namespace sumun
