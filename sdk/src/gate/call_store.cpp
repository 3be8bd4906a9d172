// SPDX-License-Identifier: Apache-2.0
// The store of calls in memory.
#include "gate/call_store.hpp"

#include <utility>

namespace sumun::gate {

Error unknown_call() {
  return fail(ErrorCode::invalid_params, "params.requestState: it belongs to a call that is no longer known; call again without it");
}
Error too_much_once(const std::string& key) {
  return fail(ErrorCode::invalid_value,
              "once(\"" + key + "\"): the values of one call are limited to " + std::to_string(kMaxOnceBytes) + " bytes of JSON");
}
Error too_many_calls() { return fail(ErrorCode::busy, "too many calls wait for answers; try again later"); }

MemoryCallStore::MemoryCallStore(Now now, std::size_t max_calls, std::size_t max_bytes)
    : now_(std::move(now)), max_calls_(max_calls), max_bytes_(max_bytes) {}

void MemoryCallStore::drop(Calls::iterator call) {
  bytes_ -= call->second.value_bytes + call->second.answer_bytes;
  list_of(call->second).erase(call->second.place);
  calls_.erase(call);
}

void MemoryCallStore::drop_old() {
  const auto limit = now_() - kRequestStateLife;
  for (auto* list : {&open_, &finished_}) {
    while (!list->empty()) {
      const auto oldest = calls_.find(list->front());
      if (oldest->second.touched > limit) break;
      drop(oldest);
    }
  }
}

bool MemoryCallStore::make_room(std::size_t bytes) {
  while (bytes_ + bytes > max_bytes_ && !finished_.empty()) drop(calls_.find(finished_.front()));
  return bytes_ + bytes <= max_bytes_;
}

MemoryCallStore::Kept* MemoryCallStore::find(const std::string& call) {
  drop_old();
  const auto it = calls_.find(call);
  if (it == calls_.end()) return nullptr;
  Kept& kept = it->second;
  kept.touched = now_();
  auto& list = list_of(kept);
  list.splice(list.end(), list, kept.place);
  return &kept;
}

Result<MemoryCallStore::Kept*> MemoryCallStore::find_or_make(const std::string& call) {
  if (Kept* kept = find(call)) return kept;
  if (calls_.size() >= max_calls_ && !finished_.empty()) drop(calls_.find(finished_.front()));
  if (calls_.size() >= max_calls_ || !make_room(0)) return too_many_calls();
  Kept& kept = calls_[call];
  kept.touched = now_();
  kept.place = open_.insert(open_.end(), call);
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
      taken = unknown_call();
    } else {
      auto [it, first] = kept->rounds.try_emplace(round, std::nullopt);
      if (!first && it->second) taken = Round{Round::State::answered, *it->second};
      else if (!first) taken = Round{Round::State::running, {}};
    }
  }
  done(std::move(taken));
}

void MemoryCallStore::answer(const std::string& call, int round, std::string message, Done<void> done) {
  const auto keep = [&] {
    std::lock_guard lock(mutex_);
    const std::size_t size = message.size();
    make_room(size);  // the answer is kept all the same: what was done must not be done again
    Kept* kept = find(call);
    if (kept == nullptr) return;
    kept->rounds[round] = std::move(message);
    kept->answer_bytes += size;
    bytes_ += size;
  };
  keep();
  done({});
}

void MemoryCallStore::release(const std::string& call, int round) {
  std::lock_guard lock(mutex_);
  Kept* kept = find(call);
  if (kept == nullptr) return;
  const auto it = kept->rounds.find(round);
  if (it != kept->rounds.end() && !it->second) kept->rounds.erase(it);
}

void MemoryCallStore::finish(const std::string& call) {
  std::lock_guard lock(mutex_);
  Kept* kept = find(call);
  if (kept == nullptr) return;
  if (kept->rounds.empty()) return drop(calls_.find(call));
  bytes_ -= kept->value_bytes;
  kept->value_bytes = 0;
  kept->values.clear();
  if (std::exchange(kept->finished, true)) return;
  finished_.splice(finished_.end(), open_, kept->place);
}

void MemoryCallStore::recall(const std::string& call, const std::string& key, Done<std::optional<json>> done) {
  std::optional<json> value;
  {
    std::lock_guard lock(mutex_);
    if (Kept* kept = find(call)) {
      const auto it = kept->values.find(key);
      if (it != kept->values.end()) value = it->second;
    }
  }
  done(std::move(value));
}

void MemoryCallStore::remember(const std::string& call, const std::string& key, json value, Done<void> done) {
  const std::size_t size = key.size() + value.dump(-1, ' ', false, json::error_handler_t::replace).size();
  const auto keep = [&]() -> Result<void> {
    std::lock_guard lock(mutex_);
    const bool room = make_room(size);
    auto kept = find_or_make(call);
    if (!kept) return std::move(kept).error();
    if ((*kept)->value_bytes + size > kMaxOnceBytes)
      return too_much_once(key);
    if (!room) return too_many_calls();
    (*kept)->value_bytes += size;
    bytes_ += size;
    (*kept)->values[key] = std::move(value);
    return {};
  };
  auto kept = keep();
  done(std::move(kept));
}

std::size_t MemoryCallStore::size() const {
  std::lock_guard lock(mutex_);
  return calls_.size();
}

std::size_t MemoryCallStore::bytes() const {
  std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace sumun::gate
