// SPDX-License-Identifier: Apache-2.0
// What must be remembered of a call between its rounds: which rounds were begun, what they answered, and the values that
// its handler keeps. A store in memory serves one process; a durable one serves a crash and many nodes.
#pragma once
#include <sumun/limits.hpp>
#include <sumun/result.hpp>

#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace sumun::gate {

/// What the store knows of a round that is about to begin.
struct Round {
  enum class State {
    fresh,     // never begun: it is begun now, by this very question
    running,   // begun and not answered yet
    answered,  // `answer` is what it answered
  };
  State state = State::fresh;
  json answer;
};

/// Thread: any; `done` may be called in place or later on another thread, and is called exactly once.
class CallStore {
 public:
  template <class T>
  using Done = std::function<void(Result<T>)>;

  virtual ~CallStore() = default;
  /// Makes room for a call that goes into another round. Errors: busy when there is none.
  virtual void open(const std::string& call, Done<void> done) = 0;
  /// Takes a round once: whoever asks first gets `fresh`, everyone after it what became of it.
  /// Errors: invalid_params when the call is unknown (its store is gone, or it is too old).
  virtual void consume(const std::string& call, int round, Done<Round> done) = 0;
  /// Keeps what a consumed round answered.
  virtual void answer(const std::string& call, int round, json answer) = 0;
  virtual void recall(const std::string& call, const std::string& key, Done<std::optional<json>> done) = 0;
  /// Errors: invalid_value when the value is over kMaxOnceBytes.
  virtual void remember(const std::string& call, const std::string& key, json value, Done<void> done) = 0;
};

/// Keeps calls in memory until kRequestStateLife after they were last touched, kMaxRememberedCalls at most.
class MemoryCallStore final : public CallStore {
 public:
  using Now = std::function<std::chrono::steady_clock::time_point()>;
  explicit MemoryCallStore(Now now = std::chrono::steady_clock::now, std::size_t max_calls = kMaxRememberedCalls);

  void open(const std::string& call, Done<void> done) override;
  void consume(const std::string& call, int round, Done<Round> done) override;
  void answer(const std::string& call, int round, json answer) override;
  void recall(const std::string& call, const std::string& key, Done<std::optional<json>> done) override;
  void remember(const std::string& call, const std::string& key, json value, Done<void> done) override;
  std::size_t size() const;

 private:
  struct Kept {
    std::map<int, std::optional<json>> rounds;  // nullopt = running
    std::map<std::string, json> values;
    std::size_t bytes = 0;  // of the values
    std::chrono::steady_clock::time_point touched;
    std::list<std::string>::iterator place;  // in by_age_
  };

  Kept* find(const std::string& call);             // and marks it as touched
  Result<Kept*> find_or_make(const std::string& call);
  void drop_old();

  Now now_;
  std::size_t max_calls_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Kept> calls_;
  std::list<std::string> by_age_;  // least recently touched first
};

}  // namespace sumun::gate
