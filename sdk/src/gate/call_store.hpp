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
    lost,      // begun by a process that is gone; nobody knows what became of it
  };
  State state = State::fresh;
  std::string answer;  // the whole message
};

/// A call that its requestState speaks of and the store does not.
Error unknown_call();
/// Values over kMaxOnceBytes.
Error too_much_once(const std::string& key);
Error too_many_calls();

/// Thread: any; `done` may be called in place or later on another thread, and is called exactly once. Operations on one
///         call take effect in the order in which they were asked for.
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
  /// Keeps what a consumed round answered, a whole message: once `done` says so, `consume` gives it. A call that is not
  /// known any more is passed over.
  virtual void answer(const std::string& call, int round, std::string message, Done<void> done) = 0;
  /// Gives back a consumed round whose handler never began: it can be taken again.
  virtual void release(const std::string& call, int round) = 0;
  /// The call has its last answer: its values go, its answers stay for repetitions while there is room.
  virtual void finish(const std::string& call) = 0;
  virtual void recall(const std::string& call, const std::string& key, Done<std::optional<json>> done) = 0;
  /// Errors: invalid_value when the value is over kMaxOnceBytes.
  virtual void remember(const std::string& call, const std::string& key, json value, Done<void> done) = 0;
};

/// Keeps calls in memory until kRequestStateLife after they were last touched, kMaxRememberedCalls and kMaxRememberedBytes
/// at most; finished ones make room for others.
class MemoryCallStore final : public CallStore {
 public:
  using Now = std::function<std::chrono::steady_clock::time_point()>;
  explicit MemoryCallStore(Now now = std::chrono::steady_clock::now, std::size_t max_calls = kMaxRememberedCalls,
                           std::size_t max_bytes = kMaxRememberedBytes);

  void open(const std::string& call, Done<void> done) override;
  void consume(const std::string& call, int round, Done<Round> done) override;
  void answer(const std::string& call, int round, std::string message, Done<void> done) override;
  void release(const std::string& call, int round) override;
  void finish(const std::string& call) override;
  void recall(const std::string& call, const std::string& key, Done<std::optional<json>> done) override;
  void remember(const std::string& call, const std::string& key, json value, Done<void> done) override;
  std::size_t size() const;
  std::size_t bytes() const;

 private:
  struct Kept {
    std::map<int, std::optional<std::string>> rounds;  // nullopt = running
    std::map<std::string, json> values;
    std::size_t value_bytes = 0;
    std::size_t answer_bytes = 0;
    std::chrono::steady_clock::time_point touched;
    bool finished = false;
    std::list<std::string>::iterator place;  // in finished_ or open_
  };
  using Calls = std::unordered_map<std::string, Kept>;

  Kept* find(const std::string& call);  // and marks it as touched
  Result<Kept*> find_or_make(const std::string& call);
  std::list<std::string>& list_of(const Kept& kept) { return kept.finished ? finished_ : open_; }
  void drop(Calls::iterator call);
  void drop_old();
  bool make_room(std::size_t bytes);  // false: there is none

  Now now_;
  std::size_t max_calls_;
  std::size_t max_bytes_;
  mutable std::mutex mutex_;
  Calls calls_;
  std::size_t bytes_ = 0;
  std::list<std::string> open_;      // least recently touched first
  std::list<std::string> finished_;  // likewise
};

}  // namespace sumun::gate
