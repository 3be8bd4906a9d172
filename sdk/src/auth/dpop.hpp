// SPDX-License-Identifier: Apache-2.0
// Proofs that the sender of a token holds the key that it is bound to (RFC 9449).
//
//   header {"typ": "dpop+jwt", "alg", "jwk": the public key}
//   claims {"htm": "POST", "htu": "https://host/mcp", "iat", "jti", "ath": base64url(SHA-256(the token))}
#pragma once
#include <sumun/auth.hpp>
#include <sumun/limits.hpp>

#include "auth/resource.hpp"
#include "base/canonical.hpp"

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>

namespace sumun::auth {

/// Remembers proofs so that none is taken twice.
/// Thread: any. Bounds: kMaxProofs; above it nothing more is taken.
class ProofMemory {
 public:
  /// A proof is remembered for `life` at least.
  explicit ProofMemory(std::chrono::seconds life, std::size_t most = kMaxProofs) : life_(life), most_(most) {}
  enum class Taken { fresh, again, full };
  Taken take(const Digest& proof, std::chrono::sys_seconds now);

 private:
  struct Hash {
    std::size_t operator()(const Digest& digest) const;
  };
  using Set = std::unordered_set<Digest, Hash>;

  const std::chrono::seconds life_;
  const std::size_t most_;
  std::mutex mutex_;
  Set young_, old_;                     // proofs go from the one to the other, then are forgotten
  std::chrono::sys_seconds turned_{};   // when they last did
};

struct ProofRequest {
  std::string_view proof;         // the header DPoP
  std::string_view method;
  std::string_view target;
  std::string_view token;
  std::string_view bound_to;      // the thumbprint in the token
  std::chrono::sys_seconds now;
};

/// Errors: unauthorized (the proof is wrong, used before, or another's), busy (no room to remember it).
Result<void> check_proof(const ProofRequest& request, const Resource& resource, std::chrono::seconds skew,
                         ProofMemory& memory);

}  // namespace sumun::auth
