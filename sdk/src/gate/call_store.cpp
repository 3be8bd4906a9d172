// SPDX-License-Identifier: Apache-2.0
// The store of calls in memory.
#include "gate/call_store.hpp"

#include <utility>

namespace sumun::gate {

MemoryCallStore::MemoryCallStore(Now now, std::size_t max_calls) : now_(std::move(now)), max_calls_(max_calls) {}

void MemoryCallStore::drop_old() {
  const auto limit = now_() - kRequestStateLife;
  while (!by_age_.empty()) {
    auto oldest = calls_.find(by_age_.front());
    if (oldest->second.touched > limit) return;
    calls_.erase(oldest);
    by_age_.pop_front();
  }
}

MemoryCallStore::Kept* MemoryCallStore::find(const std::string& call) {
  drop_old();
  auto it = calls_.find(call);
  if (it == calls_.end()) return nullptr;
  it->second.touched = now_();
  by_age_.splice(by_age_.end(), by_age_, it->second.place);
  return &it->second;
}

Result<MemoryCallStore::Kept*> MemoryCallStore::find_or_make(const std::string& call) {
  if (Kept* kept = find(call)) return kept;
  if (calls_.size() >= max_calls_) return fail(ErrorCode::busy, "too many calls wait for answers; try again later");
  Kept& kept = calls_[call];
  kept.touched = now_();
  kept.place = by_age_.insert(by_age_.end(), call);
  return &kept;
}

void MemoryCallStore::open(const std::string& call, Done<void> done) {
  Result<void> opened;
  {
    std::lock_guard lock(mutex_);
    auto kept = find_or_make(call);
    if (!kept) opened = kept.error();
  }
  done(std::move(opened));
}

void MemoryCallStore::consume(const std::string& call, int round, Done<Round> done) {
  Result<Round> taken = Round{};
  {
    std::lock_guard lock(mutex_);
    Kept* kept = find(call);
    if (kept == nullptr) {
      taken = fail(ErrorCode::invalid_params, "requestState belongs to a call that is no longer known; call again without it");
    } else {
      auto [it, first] = kept->rounds.try_emplace(round, std::nullopt);
      if (!first && it->second) taken = Round{Round::State::answered, *it->second};
      else if (!first) taken = Round{Round::State::running, nullptr};
    }
  }
  done(std::move(taken));
}

void MemoryCallStore::answer(const std::string& call, int round, json answer) {
  std::lock_guard lock(mutex_);
  if (Kept* kept = find(call)) kept->rounds[round] = std::move(answer);
}

void MemoryCallStore::recall(const std::string& call, const std::string& key, Done<std::optional<json>> done) {
  std::optional<json> value;
  {
    std::lock_guard lock(mutex_);
    if (Kept* kept = find(call)) {
      auto it = kept->values.find(key);
      if (it != kept->values.end()) value = it->second;
    }
  }
  done(std::move(value));
}

void MemoryCallStore::remember(const std::string& call, const std::string& key, json value, Done<void> done) {
  const std::size_t size = key.size() + value.dump(-1, ' ', false, json::error_handler_t::replace).size();
  Result<void> kept_it;
  {
    std::lock_guard lock(mutex_);
    auto kept = find_or_make(call);
    if (!kept) {
      kept_it = kept.error();
    } else if ((*kept)->bytes + size > kMaxOnceBytes) {
      kept_it = fail(ErrorCode::invalid_value, "once(\"" + key + "\"): the values of one call are limited to " +
                                                   std::to_string(kMaxOnceBytes) + " bytes of JSON");
    } else {
      (*kept)->bytes += size;
      (*kept)->values[key] = std::move(value);
    }
  }
  done(std::move(kept_it));
}

std::size_t MemoryCallStore::size() const {
  std::lock_guard lock(mutex_);
  return calls_.size();
}

}  // namespace sumun::gate
