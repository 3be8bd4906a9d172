// SPDX-License-Identifier: Apache-2.0
// The two threads of a store, and what they do when the database fails them.
#include "store/engine.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace sumun::store {
namespace {

constexpr std::size_t kBatch = 256;                          // operations of one transaction
constexpr int kTries = 3;                                    // on a file that was put in the place of another
constexpr std::chrono::milliseconds kFirstPause{50};         // before a connection is tried again; doubled up to
constexpr std::chrono::milliseconds kLongestPause{2000};
constexpr std::chrono::seconds kSilence{10};                 // between two log lines that say the same

}  // namespace

Engine::Engine(std::unique_ptr<Database> database, LogSink log, std::chrono::milliseconds wait)
    : database_(std::move(database)), log_(std::move(log)), wait_(wait) {
  writer_.writes = true;
}

void Engine::log(LoggingLevel level, const std::string& line) const {
  if (log_) return log_(level, line);
  if (level >= LoggingLevel::notice) std::fprintf(stderr, "store: %s\n", line.c_str());
}

// A database that is away is not worth a line for each operation.
void Engine::complain(const Error& why) {
  {
    std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    if (why.message == complaint_ && now - complained_at_ < kSilence) return;
    complaint_ = why.message;
    complained_at_ = now;
  }
  log(LoggingLevel::error, why.message);
}

bool Engine::on_own_thread() const {
  const auto self = std::this_thread::get_id();
  return self == writer_.id || self == reader_.id;
}

void Engine::put(Lane& lane, Operation operation) {
  const char* refused = nullptr;
  {
    std::lock_guard lock(mutex_);
    if (closing_) {
      refused = "the store is closed";
    } else if (lane.waiting.size() >= kMaxStoreQueue) {
      refused = "too much waits for the store; try again later";
    } else {
      if (lane.writes) ++unwritten_[operation.key];
      lane.waiting.push_back(std::move(operation));
      start(lane);
    }
  }
  if (refused != nullptr) return operation.refuse(fail(ErrorCode::busy, refused));
  there_is_work_.notify_all();
}

void Engine::start(Lane& lane) {
  if (lane.thread.joinable()) return;
  if (lane.writes)
    for (Timed& job : jobs_)
      if (job.interval.count() > 0) job.next = Clock::now() + job.interval;
  lane.thread = std::thread([self = shared_from_this(), &lane] { self->serve(lane); });
  lane.id = lane.thread.get_id();
}

void Engine::write(const std::string& key, Work work, Refuse refuse) {
  put(writer_, Operation{key, std::move(work), std::move(refuse), Clock::now() + wait_});
}

void Engine::read(const std::string& key, Work work, Refuse refuse) {
  bool behind = false;
  {
    std::lock_guard lock(mutex_);
    behind = unwritten_.count(key) > 0;
  }
  put(behind ? writer_ : reader_, Operation{key, std::move(work), std::move(refuse), Clock::now() + wait_});
}

void Engine::every(std::chrono::milliseconds interval, Work work) {
  std::lock_guard lock(mutex_);
  jobs_.push_back({std::move(work), [](const Error&) {}, interval});
}

Engine::Job Engine::at_need(Work work, Refuse refuse) {
  std::lock_guard lock(mutex_);
  jobs_.push_back({std::move(work), std::move(refuse)});
  return jobs_.size() - 1;
}

void Engine::ask(Job job, std::chrono::milliseconds delay) {
  {
    std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    if (closing_ && (now >= give_up_ || !on_own_thread())) return;
    const auto until = now + delay;
    if (jobs_[job].next <= until) return;
    jobs_[job].next = until;
    start(writer_);
  }
  there_is_work_.notify_all();
}

Engine::Clock::time_point Engine::next_job() const {
  auto next = Clock::time_point::max();
  for (const Timed& job : jobs_) next = std::min(next, job.next);
  return next;
}

// Those whose time has come, and those at need that can go with others.
void Engine::take_jobs(Batch& batch) {
  const auto now = Clock::now();
  const bool others = !writer_.waiting.empty() || next_job() <= now || closing_;
  for (Timed& job : jobs_) {
    const bool at_need = job.interval.count() == 0 && job.next != Clock::time_point::max();
    if (job.next > now && !(at_need && others)) continue;
    job.next = job.interval.count() == 0 ? Clock::time_point::max() : now + job.interval;
    ++unwritten_[""];
    batch.push_back(Operation{"", job.work, job.refuse, now + wait_});
  }
}

void Engine::settle(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  if (on_own_thread()) return;
  for (Timed& job : jobs_)
    if (job.interval.count() == 0 && job.next != Clock::time_point::max()) job.next = Clock::now();
  there_is_work_.notify_all();
  const auto asked = [](const Timed& job) { return job.interval.count() == 0 && job.next != Clock::time_point::max(); };
  idle_.wait_for(lock, limit, [&] {
    return writer_.waiting.empty() && writer_.running == 0 && reader_.waiting.empty() && reader_.running == 0 &&
           std::none_of(jobs_.begin(), jobs_.end(), asked);
  });
}

void Engine::close(std::chrono::milliseconds limit, Work last) {
  std::thread writer, reader;
  std::deque<Timed> jobs;  // let go of without the lock; they may hold the engine itself
  {
    std::lock_guard lock(mutex_);
    give_up_ = Clock::now() + limit;
    if (writer_.thread.joinable() && last) {
      ++unwritten_[""];
      writer_.waiting.push_back(Operation{"", std::move(last), [](const Error&) {}, give_up_});
    }
    closing_ = true;
    for (Timed& job : jobs_)
      if (job.interval.count() > 0) job.next = Clock::time_point::max();
    // A callback may let go of the store: its own thread cannot wait for itself.
    const bool own = on_own_thread();
    writer = std::move(writer_.thread);
    reader = std::move(reader_.thread);
    if (!writer.joinable()) jobs.swap(jobs_);
    if (own) {
      if (writer.joinable()) writer.detach();
      if (reader.joinable()) reader.detach();
    }
  }
  there_is_work_.notify_all();
  if (writer.joinable()) writer.join();
  if (reader.joinable()) reader.join();
}

void Engine::serve(Lane& lane) {
  std::unique_lock lock(mutex_);
  while (true) {
    const auto ready = [&] { return !lane.waiting.empty() || closing_ || (lane.writes && Clock::now() >= next_job()); };
    while (!ready()) {
      const auto next = lane.writes ? next_job() : Clock::time_point::max();
      if (next != Clock::time_point::max()) there_is_work_.wait_until(lock, next);
      else there_is_work_.wait(lock);
    }
    Batch batch;
    if (lane.writes) take_jobs(batch);
    if (batch.empty() && lane.waiting.empty() && closing_) break;
    while (!lane.waiting.empty() && batch.size() < kBatch) {
      batch.push_back(std::move(lane.waiting.front()));
      lane.waiting.pop_front();
    }
    std::deque<std::string> keys;
    for (const auto& one : batch) keys.push_back(one.key);
    lane.running = batch.size();
    lock.unlock();
    if (!batch.empty()) carry_out(lane, std::move(batch));
    lock.lock();
    lane.running = 0;
    for (const auto& key : keys) {
      if (!lane.writes) break;
      const auto count = unwritten_.find(key);
      if (--count->second == 0) unwritten_.erase(count);
    }
    idle_.notify_all();
  }
  std::deque<Timed> ended;
  if (lane.writes) ended.swap(jobs_);
  lock.unlock();
  lane.connection.reset();
}

// False: nobody waits any more.
bool Engine::wait_for_return(Lane& lane, Batch& batch, const Error& why) {
  complain(why);
  const auto now = Clock::now();
  bool given_up = false;
  {
    std::unique_lock lock(mutex_);
    lane.pause = std::clamp(lane.pause * 2, kFirstPause, kLongestPause);
    auto until = std::min(now + lane.pause, give_up_);
    for (const auto& one : batch) until = std::min(until, one.deadline);
    there_is_work_.wait_until(lock, until, [&] { return closing_; });
    if (closing_) idle_.wait_until(lock, std::min(until, give_up_), [&] { return Clock::now() >= std::min(until, give_up_); });
    given_up = Clock::now() >= give_up_;
  }
  if (given_up)
    for (auto& one : batch) one.deadline = now;
  refuse_late(batch, why);
  return !batch.empty();
}

void Engine::refuse_late(Batch& batch, const Error& why) {
  Batch late;
  const auto now = Clock::now();
  for (auto& one : std::exchange(batch, {})) (one.deadline <= now ? late : batch).push_back(std::move(one));
  if (!late.empty()) complain(why);
  for (auto& one : late) one.refuse(why);
}

// The work of a batch in one transaction.
Result<void> Engine::transact(Lane& lane, Batch& batch, std::string& in_doubt) {
  Connection& connection = *lane.connection;
  if (!lane.writes) {
    for (auto& one : batch) {
      auto done = one.work(connection);
      if (!done) return done.error();
      one.after = *std::move(done);
    }
    return {};
  }
  if (auto begun = connection.begin(); !begun) return begun.error();
  if (around_.begin) around_.begin();
  for (auto& one : batch) {
    auto done = one.work(connection);
    if (!done) return done.error();
    one.after = *std::move(done);
  }
  if (around_.end)
    if (auto ended = around_.end(connection); !ended) return ended.error();
  in_doubt = connection.transaction();
  auto committed = connection.commit();
  if (committed || committed.error().code != ErrorCode::closed) in_doubt.clear();
  return committed;
}

// A transaction whose end was not heard of is asked about before it is carried out again.
Result<void> Engine::attempt(Lane& lane, Batch& batch, std::string& in_doubt) {
  if (!lane.connection) {
    auto connected = database_->connect();
    if (!connected) return connected.error();
    lane.connection = *std::move(connected);
  }
  if (!in_doubt.empty()) {
    auto landed = lane.connection->has_committed(in_doubt);
    if (!landed) return landed.error();
    in_doubt.clear();
    if (*landed) return {};
  }
  auto done = transact(lane, batch, in_doubt);
  if (!done && lane.writes) lane.connection->rollback();
  return done;
}

void Engine::carry_out(Lane& lane, Batch batch) {
  std::string in_doubt;
  for (int tries = 1;; ++tries) {
    const auto given_up = [&] {
      if (lane.writes && !in_doubt.empty() && around_.in_doubt) around_.in_doubt();
    };
    if (refuse_late(batch, fail(ErrorCode::timeout, "the store did not get to it in time")); batch.empty()) return given_up();
    auto done = attempt(lane, batch, in_doubt);
    if (done) {
      lane.pause = {};
      if (lane.writes && around_.committed) around_.committed();
      for (auto& one : batch)
        if (one.after) one.after();
      return;
    }
    const Error why = std::move(done).error();
    const bool gone = why.code == ErrorCode::closed;
    if (gone || why.code == ErrorCode::io) lane.connection.reset();
    if (gone && database_->comes_back()) {
      if (!wait_for_return(lane, batch, why)) return given_up();
    } else if (gone && tries < kTries) {
      complain(why);
    } else if (batch.size() > 1) {  // one of them may be what is in the way of all
      for (auto& one : batch) {
        Batch alone;
        alone.push_back(std::move(one));
        carry_out(lane, std::move(alone));
      }
      return;
    } else if (why.code == ErrorCode::busy && Clock::now() < batch.front().deadline) {
      continue;
    } else {
      complain(why);
      return batch.front().refuse(why);
    }
  }
}

}  // namespace sumun::store
