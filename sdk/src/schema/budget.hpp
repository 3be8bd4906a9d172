// SPDX-License-Identifier: Apache-2.0
// What one validation may still spend: steps, and time, which is looked at when a slice of the steps is gone. A validation of
// fewer steps than that never asks for the time. Filling, checking and explaining have their steps each, and one time.
#pragma once
#include <sumun/schema.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace sumun::schema {

class Budget {
 public:
  /// The limits outlive it.
  explicit Budget(const SchemaLimits& limits)
      : limits_(limits), slice_(std::min(limits.steps, kSlice)), rest_(limits.steps - slice_) {}

  /// The steps of the next part of the same validation. None where the time is up.
  void renew() {
    slice_ = late_ ? 0 : std::min(limits_.steps, kSlice);
    rest_ = late_ ? 0 : limits_.steps - slice_;
  }

  /// One step. False where nothing is left.
  bool take() {
    if (slice_ == 0 && !refill()) return false;
    --slice_;
    return true;
  }
  /// What is more work than one step. Where less is left, it takes that and is false.
  bool take_up_to(std::size_t steps) {
    if (steps > slice_) return take_slowly(steps);
    slice_ -= steps;
    return true;
  }

  /// Work on a hint: what a sentence gains by the name that was probably meant. None left = the sentence goes without.
  bool take_hint(std::size_t characters) {
    hints_ -= std::min(hints_, characters);
    return hints_ > 0;
  }

  bool spent() const { return late_ || (slice_ == 0 && rest_ == 0); }
  bool late() const { return late_; }

 private:
  static constexpr std::size_t kSlice = 4096;

  [[gnu::noinline]] bool take_slowly(std::size_t steps) {
    while (steps > slice_) {
      steps -= slice_;
      slice_ = 0;
      if (!refill()) return false;
    }
    slice_ -= steps;
    return true;
  }

  [[gnu::noinline]] bool refill() {
    if (spent()) return false;
    if (limits_.time > std::chrono::milliseconds::zero()) {
      const auto now = std::chrono::steady_clock::now();
      if (start_ == std::chrono::steady_clock::time_point()) start_ = now;
      late_ = std::chrono::duration_cast<std::chrono::milliseconds>(now - start_) > limits_.time;
      if (late_) return false;
    }
    slice_ = std::min(rest_, kSlice);
    rest_ -= slice_;
    return slice_ > 0;
  }

  const SchemaLimits& limits_;
  std::size_t slice_, rest_;
  std::size_t hints_ = 8'000'000;  // pairs of characters: some 20 ms
  std::chrono::steady_clock::time_point start_{};
  bool late_ = false;
};

}  // namespace sumun::schema
