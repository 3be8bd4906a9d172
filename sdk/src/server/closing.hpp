// SPDX-License-Identifier: Apache-2.0
// The steps that end what a call has claimed, where the store did not take them: tried again until it does.
#pragma once
#include "gate/ledger.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace sumun::server {

inline constexpr std::size_t kMaxClosingSteps = 10'000;

/// What is left of an outcome that came after a person had said how the call ended: its record, which says so. None = the
/// step was no outcome.
std::optional<gate::Step> late_outcome(gate::Step step);

/// Thread:  any. Owner: the Core. Its own thread begins with the first step that is kept.
/// Ends by: its owner's end; what is not written by then is given up, and the log says so.
class Closing {
 public:
  using Say = std::function<void(const std::string&)>;
  explicit Closing(Say say) : say_(std::move(say)) {}
  Closing(const Closing&) = delete;
  Closing& operator=(const Closing&) = delete;
  ~Closing();

  /// Over kMaxClosingSteps it is given up at once.
  void keep(std::shared_ptr<gate::Ledger> ledger, gate::Step step, std::string target);
  bool waits() const;
  /// Tries now.
  void hurry();

 private:
  struct Kept {
    std::shared_ptr<gate::Ledger> ledger;
    gate::Step step;
    std::string target;
  };
  void run(const std::stop_token& stop);
  bool written(Kept& kept, const std::stop_token& stop);

  const Say say_;
  mutable std::mutex mutex_;             // guards the next three
  std::condition_variable_any changed_;
  std::deque<Kept> kept_;                // the first is being tried
  bool hurries_ = false;
  std::jthread thread_;                  // last: it ends before the rest
};

}  // namespace sumun::server
