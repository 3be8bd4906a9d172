// SPDX-License-Identifier: Apache-2.0
// Jobs, their threads, and the end of a pool.
#include "runtime/worker_pool.hpp"

#include "support.hpp"

#include <sumun/limits.hpp>

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace sumun;

namespace {

bool soon(std::future<void>& done) { return done.wait_for(test::kPatience) == std::future_status::ready; }

WorkerPoolOptions workers(std::size_t count) {
  WorkerPoolOptions options;
  options.workers = count;
  return options;
}

}  // namespace

TEST_CASE("a job runs once, wherever its captures live") {
  struct Small {
    std::unique_ptr<int> value = std::make_unique<int>(7);
  };
  struct Big {
    std::array<int, 100> values{};
    std::unique_ptr<int> value = std::make_unique<int>(7);
  };
  int sum = 0;
  Job small = [held = Small{}, &sum] { sum += *held.value; };
  Job big = [held = Big{}, &sum] { sum += *held.value; };
  Job moved = std::move(small);
  CHECK_FALSE(small);
  small = std::move(big);
  moved();
  small();
  CHECK(sum == 14);
}

TEST_CASE("a job that is never run destroys what it holds") {
  auto held = std::make_shared<int>(1);
  {
    Job job = [held] { static_cast<void>(held); };
    Job other = std::move(job);
    CHECK(held.use_count() == 2);
  }
  CHECK(held.use_count() == 1);
}

TEST_CASE("threads start when they are first needed, and never more than asked for") {
  WorkerPool pool(workers(3));
  CHECK(pool.threads() == 0);
  constexpr int kJobs = 1000;
  std::latch all(kJobs);
  for (int i = 0; i < kJobs; ++i) REQUIRE(pool.submit([&all] { all.count_down(); }));
  CHECK(pool.threads() >= 1);
  CHECK(pool.threads() <= 3);
  all.wait();
}

TEST_CASE("with one worker jobs run in the order they came") {
  WorkerPool pool(workers(1));
  std::vector<int> seen;
  std::promise<void> last;
  auto done = last.get_future();
  for (int i = 0; i < 100; ++i) pool.submit([&seen, i] { seen.push_back(i); });
  pool.submit([&last] { last.set_value(); });
  REQUIRE(soon(done));
  REQUIRE(seen.size() == 100);
  for (int i = 0; i < 100; ++i) CHECK(seen[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("an exception is logged and ends its job alone") {
  std::mutex mutex;
  std::vector<std::string> lines;
  WorkerPoolOptions options = workers(1);
  options.log = [&](LoggingLevel level, std::string_view line) {
    std::lock_guard lock(mutex);
    CHECK(level == LoggingLevel::error);
    lines.emplace_back(line);
  };
  WorkerPool pool(options);
  std::promise<void> last;
  auto done = last.get_future();
  pool.submit([] { throw std::runtime_error("the disk is full"); });
  pool.submit([] { throw 5; });
  pool.submit([&last] { last.set_value(); });
  REQUIRE(soon(done));
  std::lock_guard lock(mutex);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "a job failed: the disk is full");
  CHECK(lines[1] == "a job failed: it threw something that is no exception");
}

TEST_CASE("a worker that waits for a person is replaced while it does") {
  WorkerPool pool(workers(1));
  std::promise<void> answered;
  std::promise<void> finished;
  auto done = finished.get_future();
  pool.submit([&] {
    BlockingScope waiting;
    BlockingScope nested;
    CHECK(answered.get_future().wait_for(test::kPatience) == std::future_status::ready);
  });
  pool.submit([&] { answered.set_value(); });  // only another worker can run this
  pool.submit([&] { finished.set_value(); });
  REQUIRE(soon(done));
  pool.stop();
  CHECK(pool.join_for(test::kPatience));
}

TEST_CASE("a job queued before its worker began to wait is not left lying") {
  WorkerPool pool(workers(1));
  std::promise<void> queued;
  std::promise<void> answered;
  auto is_queued = queued.get_future();
  auto is_answered = answered.get_future();
  std::promise<void> finished;
  auto done = finished.get_future();
  pool.submit([&] {
    is_queued.wait();
    BlockingScope waiting;
    CHECK(is_answered.wait_for(test::kPatience) == std::future_status::ready);
    finished.set_value();
  });
  pool.submit([&] { answered.set_value(); });
  queued.set_value();
  REQUIRE(soon(done));
}

TEST_CASE("extra workers are bounded, and go when nobody waits any more") {
  WorkerPool pool(workers(1));
  const std::size_t waiters = kMaxBlockedWorkers + 10;
  std::counting_semaphore<> answer(0);
  std::atomic<std::size_t> begun{0};
  std::atomic<std::size_t> ended{0};
  for (std::size_t i = 0; i < waiters; ++i) {
    pool.submit([&] {
      BlockingScope waiting;
      ++begun;
      answer.acquire();
      ++ended;
    });
  }
  const auto deadline = std::chrono::steady_clock::now() + test::kPatience;
  while (begun < kMaxBlockedWorkers + 1 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  CHECK(begun == kMaxBlockedWorkers + 1);
  CHECK(pool.threads() == kMaxBlockedWorkers + 1);
  CHECK(pool.waiting() == 9);
  answer.release(static_cast<std::ptrdiff_t>(waiters));
  while ((ended < waiters || pool.threads() > 1) && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  CHECK(ended == waiters);
  CHECK(pool.threads() == 1);
}

TEST_CASE("outside a worker a blocking scope does nothing") {
  BlockingScope scope;
  BlockingScope nested;
}

TEST_CASE("a stopped pool drops what has not begun and takes no more") {
  WorkerPool pool(workers(1));
  std::promise<void> begun;
  std::promise<void> release;
  auto has_begun = begun.get_future();
  auto may_end = release.get_future();
  auto held = std::make_shared<int>(0);
  pool.submit([&] {
    begun.set_value();
    may_end.wait();
  });
  REQUIRE(soon(has_begun));
  pool.submit([held] { FAIL("must not run"); });
  CHECK(pool.waiting() == 1);
  pool.stop();
  CHECK(held.use_count() == 1);
  CHECK_FALSE(pool.submit([held] { FAIL("must not run"); }));
  CHECK(held.use_count() == 1);
  CHECK_FALSE(pool.join_for(std::chrono::milliseconds(1)));
  release.set_value();
  CHECK(pool.join_for(test::kPatience));
  CHECK(pool.threads() == 0);
}

TEST_CASE("a pool whose job does not return can be left behind") {
  auto release = std::make_shared<std::promise<void>>();
  auto finished = std::make_shared<std::promise<void>>();
  auto done = finished->get_future();
  auto begun = std::make_shared<std::promise<void>>();
  auto has_begun = begun->get_future();
  {
    WorkerPool pool(workers(1));
    pool.submit([begun, finished, may_end = release->get_future().share()] {
      begun->set_value();
      may_end.wait();
      finished->set_value();
    });
    REQUIRE(soon(has_begun));
  }
  release->set_value();
  CHECK(soon(done));
}

TEST_CASE("many threads may submit at once") {
  WorkerPool pool(workers(2));
  constexpr int kThreads = 4;
  constexpr int kJobs = 2000;
  std::atomic<int> ran{0};
  std::latch all(kThreads * kJobs);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kJobs; ++i) {
        pool.submit([&] {
          ++ran;
          all.count_down();
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  all.wait();
  CHECK(ran == kThreads * kJobs);
}
