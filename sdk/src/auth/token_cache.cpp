// SPDX-License-Identifier: Apache-2.0
// Sixteen maps, each with its mutex.
#include "auth/token_cache.hpp"

#include <iterator>

namespace sumun::auth {

std::shared_ptr<const VerifiedToken> TokenCache::find(const Digest& digest) const {
  const Shard& in = shard(digest);
  const std::lock_guard lock(in.mutex);
  const auto found = in.tokens.find(digest);
  return found == in.tokens.end() ? nullptr : found->second;
}

void TokenCache::insert(const Digest& digest, std::shared_ptr<const VerifiedToken> token, std::chrono::sys_seconds now) {
  Shard& in = shard(digest);
  const std::lock_guard lock(in.mutex);
  if (in.tokens.size() >= kMaxVerifiedTokens / kShards) {
    std::erase_if(in.tokens, [now](const auto& entry) { return entry.second->expires <= now; });
    // A quarter at once, so that the search for expired ones is not made for every token.
    if (in.tokens.size() >= kMaxVerifiedTokens / kShards)
      in.tokens.erase(in.tokens.begin(), std::next(in.tokens.begin(), kMaxVerifiedTokens / kShards / 4));
  }
  in.tokens.insert_or_assign(digest, std::move(token));
}

void TokenCache::erase(const Digest& digest) {
  Shard& in = shard(digest);
  const std::lock_guard lock(in.mutex);
  in.tokens.erase(digest);
}

std::size_t TokenCache::size() const {
  std::size_t sum = 0;
  for (const Shard& one : shards_) {
    const std::lock_guard lock(one.mutex);
    sum += one.tokens.size();
  }
  return sum;
}

}  // namespace sumun::auth
