// SPDX-License-Identifier: Apache-2.0
// Tokens, proofs and keys from any bytes: nothing is let in, and a challenge is always a header. The first byte
// chooses: a bearer token as it is, the header and payload of a JWT, a key, a proof beside a token.
#include "auth/authenticator.hpp"
#include "base/base64.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

using namespace sumun;

namespace {

void must(bool ok) {
  if (!ok) std::abort();
}

boost::asio::awaitable<Result<std::string>> keys(std::string) {
  // A P-256 key whose private half nobody here has (RFC 7515, A.3).
  co_return std::string(
      R"({"keys":[{"kty":"EC","crv":"P-256","kid":"k","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})");
}

boost::asio::awaitable<void> no_pause(std::chrono::nanoseconds) { co_return; }

std::shared_ptr<auth::ResourceServer> make() {
  AuthOptions options;
  options.resource = "https://tools.example/mcp";
  options.issuers = {{.issuer = "joe", .jwks_uri = "https://joe.example/keys"}};
  auth::World world{keys, no_pause, std::make_shared<FakeClock>()};
  return std::make_shared<auth::ResourceServer>(std::move(options), std::move(world));
}

boost::asio::awaitable<void> ask(std::shared_ptr<auth::ResourceServer> server, Credentials credentials,
                                 std::optional<Verdict>& verdict) {
  verdict = co_await server->authenticate(credentials);
}

// Printable ASCII, quotes in pairs, no backslash: what RFC 6750 allows.
void check_header(const std::string& header) {
  std::size_t quotes = 0;
  for (const char c : header) {
    must(c >= ' ' && c < 0x7F && c != '\\');
    quotes += c == '"' ? 1 : 0;
  }
  must(quotes % 2 == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto server = make();
  static boost::asio::io_context io;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t half = std::min(text.find('\n'), text.size());
  const std::string_view first = text.substr(0, half);
  const std::string_view second = text.substr(std::min(half + 1, text.size()));
  const auto jwt = [](std::string_view header, std::string_view payload) {
    return base64url_encode(header) + "." + base64url_encode(payload) + "." + base64url_encode(std::string(64, '\1'));
  };

  std::string authorization;
  std::string proof;
  switch (data[0] % 4) {
    case 0: authorization = std::string(text); break;
    case 1: authorization = "Bearer " + jwt(first, second); break;
    case 2: {
      const auto key = parse_json(text);
      if (key) static_cast<void>(auth::PublicKey::from_jwk(*key));
      return 0;
    }
    default:
      authorization = "DPoP " + jwt(R"({"alg":"ES256","kid":"k"})", R"({"iss":"joe","aud":"https://tools.example/mcp"})");
      proof = jwt(first, second);
      // The proof alone, against a token that is good.
      auth::ProofMemory memory(std::chrono::seconds(60), 16);
      auth::ProofRequest request{proof,   "POST",       "/mcp",
                                 "token", "thumbprint", std::chrono::sys_seconds(std::chrono::seconds(1'800'000'000))};
      AuthOptions options;
      options.resource = "https://tools.example/mcp";
      must(!auth::check_proof(request, auth::Resource(options), std::chrono::seconds(30), memory));
  }
  const Credentials credentials{"POST", "/mcp", authorization, proof};
  std::optional<Verdict> verdict = server->known(credentials);
  if (!verdict) {
    io.restart();
    boost::asio::co_spawn(io, ask(server, credentials, verdict), [](const std::exception_ptr& thrown) { must(!thrown); });
    io.run();
  }
  must(verdict.has_value());
  const auto* challenge = std::get_if<Challenge>(&*verdict);
  must(challenge != nullptr);
  must(challenge->status == 400 || challenge->status == 401 || challenge->status == 503);
  check_header(challenge->www_authenticate);
  must(challenge->www_authenticate.size() < 1024);
  return 0;
}
