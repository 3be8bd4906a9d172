// SPDX-License-Identifier: Apache-2.0
// Time as an argument: layers that decide by time take a Clock, tests hand in one that they move.
#pragma once
#include <time.h>

#include <chrono>

namespace sumun {

/// Thread: any. Owner: whoever made it; it outlives its users.
class Clock {
 public:
  virtual ~Clock() = default;
  /// For durations and deadlines; never goes back.
  virtual std::chrono::steady_clock::time_point now() const = 0;
  /// For what people and other machines read; UTC.
  virtual std::chrono::system_clock::time_point wall() const = 0;
  /// Since some beginning; goes on while the machine sleeps.
  virtual std::chrono::milliseconds awake_or_not() const = 0;
};

class SystemClock final : public Clock {
 public:
  std::chrono::steady_clock::time_point now() const override { return std::chrono::steady_clock::now(); }
  std::chrono::system_clock::time_point wall() const override { return std::chrono::system_clock::now(); }
  std::chrono::milliseconds awake_or_not() const override {
    timespec passed{};
    ::clock_gettime(CLOCK_BOOTTIME, &passed);
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::seconds(passed.tv_sec) + std::chrono::nanoseconds(passed.tv_nsec));
  }
};

/// Stands still until it is moved. Thread: one, or under the test's own lock.
class FakeClock final : public Clock {
 public:
  std::chrono::steady_clock::time_point now() const override { return std::chrono::steady_clock::time_point{} + passed_; }
  std::chrono::system_clock::time_point wall() const override { return start_ + passed_; }
  std::chrono::milliseconds awake_or_not() const override { return passed_; }
  void advance(std::chrono::milliseconds by) { passed_ += by; }

 private:
  std::chrono::milliseconds passed_{std::chrono::hours{1}};  // not zero: an unset time point must not look like now
  std::chrono::system_clock::time_point start_{std::chrono::sys_days{std::chrono::year{2026} / 7 / 28}};
};

}  // namespace sumun
