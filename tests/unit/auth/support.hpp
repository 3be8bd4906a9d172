// SPDX-License-Identifier: Apache-2.0
// Keys that sign, and a resource server whose authorization server is a table and whose clock is moved by hand.
#pragma once
#include "auth/authenticator.hpp"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sumun::test {

/// A private key, made by OpenSSL. Making an RSA key takes a while: rsa() makes one a process.
class TestKey {
 public:
  static TestKey make(SignatureAlgorithm algorithm, int rsa_bits = 2048);
  static const TestKey& rsa();
  static const TestKey& p256();
  static const TestKey& ed25519();

  /// The public half, with "kid" where it is not empty.
  json jwk(const std::string& kid = {}) const;
  /// header + {"alg"} unless it has one, signed.
  std::string sign(json header, const json& payload) const;
  std::string sign_text(const std::string& header, const std::string& payload) const;
  std::string signature(const std::string& text) const;
  SignatureAlgorithm algorithm = SignatureAlgorithm::RS256;

 private:
  std::shared_ptr<void> key_;
};

/// "sha256-ed" hash of a token as DPoP's `ath` has it.
std::string hash_of(std::string_view token);

inline constexpr const char* kIssuer = "https://login.example";
inline constexpr const char* kKeysUri = "https://login.example/keys";
inline constexpr const char* kResource = "https://tools.example/mcp";

/// A resource server in a world of its own.
struct Service {
  explicit Service(const std::function<void(AuthOptions&)>& change = {});

  /// `known`, and `authenticate` where that does not decide.
  Verdict ask(const Credentials& credentials);
  Verdict bearer(const std::string& token);
  /// The claims of a good token for alice, valid for an hour.
  json claims() const;
  /// A good token, signed by the P-256 key "k1".
  std::string token() const;
  std::int64_t now() const;
  void publish(std::vector<json> keys) { pages[kKeysUri] = json::object({{"keys", std::move(keys)}}).dump(); }

  std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>();
  std::map<std::string, std::string> pages;  // what the authorization server answers; a URL that is not there fails
  std::map<std::string, int> fetched;
  std::vector<std::string> logged;
  boost::asio::io_context io;
  std::function<boost::asio::awaitable<void>()> before_answer;  // what a fetch waits for; it may hold a timer of io's
  std::shared_ptr<auth::ResourceServer> server;
};

/// "alice", or "401 Bearer error…": what a verdict comes to.
std::string words(const Verdict& verdict);
/// The message of a refusal; "" for a principal.
std::string why(const Verdict& verdict);
int status(const Verdict& verdict);  // 200 for a principal

}  // namespace sumun::test
