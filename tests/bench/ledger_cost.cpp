// SPDX-License-Identifier: Apache-2.0
// What the books cost on SQLite: steps with one record each, one after another and many at once, and records that nobody
// waits for.
//
// usage: bench_ledger [FOLDER]      prints operations a second; FOLDER is where the database is made and deleted again
#include "gate/ledger.hpp"

#include <sumun/store.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>

#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;
using sumun::gate::AuditEvent;

AuditEvent an_event(int i) {
  return {{"event", "call"}, {"call", "c" + std::to_string(i)}, {"principal", "local:bench"}, {"target", "add"}, {"arguments", {{"a", i}, {"b", 2.5}}},
          {"outcome", "executed"}, {"ms", 0.4}, {"bytes", 120}, {"rule", "rule 2, config.toml:12"}};
}

// `callers` operations are on their way at all times, until `count` are done.
double a_second(int count, int callers, const std::function<void(int, std::function<void()>)>& start) {
  std::mutex mutex;
  std::condition_variable changed;
  int on_the_way = 0, done = 0;
  const auto begin = Clock::now();
  for (int i = 0; i < count; ++i) {
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return on_the_way < callers; });
      ++on_the_way;
    }
    start(i, [&] {
      std::lock_guard lock(mutex);
      --on_the_way;
      ++done;
      changed.notify_one();
    });
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return done == count; });
  return count / std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  const fs::path folder = (argc > 1 ? fs::path(argv[1]) : fs::temp_directory_path()) / ("bench-ledger-" + std::to_string(::getpid()));
  {
    const auto store = sumun::open_sqlite_store(folder / "store.db");
    auto& ledger = store->ledger();
    std::atomic<int> failed{0};
    const auto commit = [&](int i, std::function<void()> done) {
      sumun::gate::Step step;
      step.events = {an_event(i)};
      ledger.commit(std::move(step), [&failed, done = std::move(done)](const auto& result) {
        failed += !result.has_value();
        done();
      });
    };
    commit(0, [] {});
    store->settle(std::chrono::seconds(10));
    std::printf("steps, 1 caller      %10.0f/s\n", a_second(300, 1, commit));
    std::printf("steps, 64 callers    %10.0f/s\n", a_second(20'000, 64, commit));
    constexpr int kRecords = 300'000, kAtOnce = 1000;
    const auto begin = Clock::now();
    for (int i = 0; i < kRecords; ++i) {
      ledger.append({an_event(i)});
      if (i % kAtOnce == kAtOnce - 1 && i / kAtOnce % 50 == 49) store->settle(std::chrono::seconds(60));
    }
    store->settle(std::chrono::seconds(60));
    std::printf("records, appended    %10.0f/s\n", kRecords / std::chrono::duration<double>(Clock::now() - begin).count());
    const auto summary = store->summary();
    std::printf("%llu records, %.0f bytes each, %d refused\n", static_cast<unsigned long long>(summary->records),
                static_cast<double>(summary->bytes) / static_cast<double>(summary->records), failed.load());
  }
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  return 0;
}
