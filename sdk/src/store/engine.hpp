// SPDX-License-Identifier: Apache-2.0
// Carries out operations on a database, off everybody's executor: one thread writes, and everything that waits goes into
// one transaction; one thread reads.
#pragma once
#include "store/database.hpp"

#include <sumun/log.hpp>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>

namespace sumun::store {

/// Thread:  any; threads start with the first operation.
/// Owner:   the store, and its threads until they end.
/// Ends by: `close`.
class Engine : public std::enable_shared_from_this<Engine> {
 public:
  using Clock = std::chrono::steady_clock;
  /// Runs once what the operation did is durable; calls back.
  using After = std::function<void()>;
  /// May be carried out again from the start where a transaction failed: it changes the database and nothing else.
  using Work = std::function<Result<After>(Connection&)>;
  using Refuse = std::function<void(const Error&)>;

  Engine(std::unique_ptr<Database> database, LogSink log, std::chrono::milliseconds wait);

  /// Operations with one key take effect in the order in which they came. Exactly one of what `work` gives and `refuse` is
  /// called, on a thread of ours (`refuse` also in place).
  void write(const std::string& key, Work work, Refuse refuse);
  void read(const std::string& key, Work work, Refuse refuse);
  /// Goes around the operations of each transaction: `begin` before them, `end` behind them and before the commit,
  /// `committed` once they are durable and before anybody is told, `in_doubt` where they may be and nobody asks any more.
  struct Around {
    std::function<void()> begin;
    std::function<Result<void>(Connection&)> end;
    std::function<void()> committed;
    std::function<void()> in_doubt;
  };
  void around(Around around) { around_ = std::move(around); }
  /// Carries this out now and then, once something was written.
  void every(std::chrono::milliseconds interval, Work work);
  /// Carries this out within a while of `ask`, with whatever else is written by then; also before the store is closed.
  using Job = std::size_t;
  Job at_need(Work work, Refuse refuse);
  void ask(Job job, std::chrono::milliseconds delay);
  /// Waits until nothing is left to do. At once on a thread of ours.
  void settle(std::chrono::milliseconds limit);
  /// Carries out what waits, `last` behind it, and ends.
  void close(std::chrono::milliseconds limit, Work last);

  Database& database() { return *database_; }
  void log(LoggingLevel level, const std::string& line) const;

 private:
  struct Operation {
    std::string key;
    Work work;
    Refuse refuse;
    Clock::time_point deadline;
    After after = {};  // of the last attempt
  };
  using Batch = std::deque<Operation>;
  struct Lane {
    bool writes = false;
    Batch waiting;
    std::size_t running = 0;
    std::thread thread;
    std::thread::id id;
    // touched by the thread alone
    std::unique_ptr<Connection> connection;
    std::chrono::milliseconds pause{0};
  };

  struct Timed {
    Work work;
    Refuse refuse;
    std::chrono::milliseconds interval{0};  // zero: at need
    Clock::time_point next = Clock::time_point::max();
  };

  void put(Lane& lane, Operation operation);
  void start(Lane& lane);
  Clock::time_point next_job() const;
  void take_jobs(Batch& batch);
  void serve(Lane& lane);
  void carry_out(Lane& lane, Batch batch);
  Result<void> attempt(Lane& lane, Batch& batch, std::string& in_doubt);
  Result<void> transact(Lane& lane, Batch& batch, std::string& in_doubt);
  bool wait_for_return(Lane& lane, Batch& batch, const Error& why);
  void refuse_late(Batch& batch, const Error& why);
  void complain(const Error& why);
  bool on_own_thread() const;

  const std::unique_ptr<Database> database_;
  const LogSink log_;
  const std::chrono::milliseconds wait_;
  std::mutex mutex_;  // guards what follows, and the lanes' queues
  std::condition_variable there_is_work_;
  std::condition_variable idle_;
  Lane writer_;
  Lane reader_;
  std::unordered_map<std::string, std::size_t> unwritten_;  // operations of the writer by key
  std::deque<Timed> jobs_;
  Around around_;
  bool closing_ = false;
  Clock::time_point give_up_ = Clock::time_point::max();
  Clock::time_point complained_at_;  // the last time
  std::string complaint_;            // and about what
};

}  // namespace sumun::store
