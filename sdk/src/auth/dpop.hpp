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
#include <unordered_map>
#include <unordered_set>

namespace sumun::auth {

/// Remembers proofs so that none is taken twice.
/// Thread: any. Bounds: kMaxProofs, kMaxProofsOfKey; above them nothing more is taken, or nothing more by that key.
class ProofMemory {
 public:
  /// A proof is remembered for `life` at least.
  explicit ProofMemory(std::chrono::seconds life, std::size_t most = kMaxProofs, std::size_t most_of_key = kMaxProofsOfKey)
      : life_(life), most_(most), most_of_key_(most_of_key) {}
  enum class Taken { fresh, again, full, key_is_full };
  /// `key`: the thumbprint of the one that signed it.
  Taken take(const Digest& proof, const std::string& key, std::chrono::sys_seconds now);

 private:
  struct Hash {
    std::size_t operator()(const Digest& digest) const;
  };
  struct Generation {
    std::unordered_set<Digest, Hash> proofs;
    std::unordered_map<std::string, std::size_t> of_key;  // how many are by that key
    std::size_t count_of(const std::string& key) const;
  };

  const std::chrono::seconds life_;
  const std::size_t most_;
  const std::size_t most_of_key_;
  std::mutex mutex_;
  Generation young_, old_;              // proofs go from the one to the other, then are forgotten
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
