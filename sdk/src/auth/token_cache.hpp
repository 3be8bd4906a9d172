// SPDX-License-Identifier: Apache-2.0
// Tokens that were checked, under their SHA-256: the token itself is kept nowhere.
#pragma once
#include "auth/key_set.hpp"
#include "base/canonical.hpp"

#include <array>
#include <chrono>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace sumun::auth {

/// A JWT whose signature and claims held.
struct VerifiedToken {
  std::shared_ptr<const Principal> principal;
  std::chrono::sys_seconds expires;      // with the clock skew
  std::string bound_to;                  // thumbprint of the sender's key; empty = a bearer token
  bool sufficient = true;                // false = it lacks one of the required scopes
  std::shared_ptr<const IssuerKey> key;  // that signed it
  KeySet* issuer = nullptr;              // owned by the authenticator
};

struct DigestHash {
  std::size_t operator()(const Digest& digest) const {
    std::size_t value;
    std::memcpy(&value, digest.data(), sizeof value);  // it is random already
    return value;
  }
};

/// Thread: any. Bounds: kMaxVerifiedTokens; a new one takes the place of one that has expired, else of any.
class TokenCache {
 public:
  std::shared_ptr<const VerifiedToken> find(const Digest& digest) const;
  void insert(const Digest& digest, std::shared_ptr<const VerifiedToken> token, std::chrono::sys_seconds now);
  void erase(const Digest& digest);
  std::size_t size() const;

 private:
  static constexpr std::size_t kShards = 16;
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::unordered_map<Digest, std::shared_ptr<const VerifiedToken>, DigestHash> tokens;
  };
  Shard& shard(const Digest& digest) { return shards_[digest[8] % kShards]; }
  const Shard& shard(const Digest& digest) const { return shards_[digest[8] % kShards]; }

  std::array<Shard, kShards> shards_;
};

}  // namespace sumun::auth
