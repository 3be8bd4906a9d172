// SPDX-License-Identifier: Apache-2.0
// The pool's queue, its threads and their number.
#include "runtime/worker_pool.hpp"

#include <sumun/limits.hpp>

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <exception>
#include <list>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace sumun {
inline namespace v0 {

struct WorkerPool::Shared {
  std::size_t base = 2;
  LogSink log;

  std::mutex mutex;  // guards all below
  std::condition_variable work;
  std::condition_variable ended;
  std::deque<Job> jobs;
  std::list<std::thread> threads;  // alive
  std::list<std::thread> retired;  // ended or just ending: to be joined
  std::size_t idle = 0;            // workers that wait for work
  std::size_t waking = 0;          // of these, those that were notified and have not woken yet
  std::size_t blocked = 0;         // workers inside a BlockingScope
  bool stopped = false;

  std::size_t allowed() const { return base + std::min(blocked, kMaxBlockedWorkers); }
};

namespace {

using Shared = WorkerPool::Shared;

thread_local const std::shared_ptr<Shared>* pool_of_this_thread = nullptr;  // set on workers
thread_local int blocking_depth = 0;

constexpr std::chrono::milliseconds kDestructorLimit{500};  // for jobs that are about to end

void log_failure(const Shared& shared, std::string_view what) {
  if (shared.log) shared.log(LoggingLevel::error, std::string("a job failed: ").append(what));
}

void run_job(const Shared& shared, Job job) {
  try {
    job();
  } catch (const std::exception& error) {
    log_failure(shared, error.what());
  } catch (...) {
    log_failure(shared, "it threw something that is no exception");
  }
}

void work(std::shared_ptr<Shared> shared, std::list<std::thread>::iterator self) {
  pool_of_this_thread = &shared;
  std::unique_lock lock(shared->mutex);
  for (;;) {
    if (!shared->jobs.empty()) {
      Job job = std::move(shared->jobs.front());
      shared->jobs.pop_front();
      lock.unlock();
      run_job(*shared, std::move(job));
      lock.lock();
      continue;
    }
    if (shared->stopped || shared->threads.size() > shared->allowed()) break;
    ++shared->idle;
    shared->work.wait(lock);
    --shared->idle;
    if (shared->waking > 0) --shared->waking;
  }
  shared->retired.splice(shared->retired.end(), shared->threads, self);
  shared->ended.notify_all();
}

// Called with the lock held. The new thread takes no signals: those belong to the program's own threads.
void start_worker(const std::shared_ptr<Shared>& shared) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) sigdelset(&all, fault);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const auto place = shared->threads.emplace(shared->threads.end());
  try {
    *place = std::thread(work, shared, place);
    pthread_setname_np(place->native_handle(), "sumun-worker");
  } catch (const std::system_error& error) {
    shared->threads.erase(place);
    log_failure(*shared, std::string("no further worker can be started: ").append(error.what()));
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

// Called with the lock held: makes sure that somebody comes for what was queued.
void call_worker(const std::shared_ptr<Shared>& shared) {
  if (shared->idle > shared->waking) {
    ++shared->waking;
    shared->work.notify_one();
  } else if (shared->threads.size() < shared->allowed()) {
    start_worker(shared);
  }
}

void join_all(std::list<std::thread> threads) {
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

WorkerPool::WorkerPool(WorkerPoolOptions options) : shared_(std::make_shared<Shared>()) {
  shared_->base = options.workers != 0 ? options.workers : std::max<std::size_t>(2, std::thread::hardware_concurrency());
  shared_->log = std::move(options.log);
}

WorkerPool::~WorkerPool() {
  stop();
  if (join_for(kDestructorLimit)) return;
  std::lock_guard lock(shared_->mutex);
  for (std::thread& thread : shared_->threads) thread.detach();
  for (std::thread& thread : shared_->retired) thread.detach();
  shared_->retired.clear();
}

bool WorkerPool::submit(Job job) {
  std::list<std::thread> retired;
  {
    std::lock_guard lock(shared_->mutex);
    if (shared_->stopped) return false;
    shared_->jobs.push_back(std::move(job));
    call_worker(shared_);
    if (shared_->threads.empty()) {  // none could be started, and nobody will come
      job = std::move(shared_->jobs.back());
      shared_->jobs.pop_back();
      return false;
    }
    if (!shared_->retired.empty()) retired.swap(shared_->retired);
  }
  join_all(std::move(retired));
  return true;
}

void WorkerPool::stop() {
  std::deque<Job> dropped;
  std::lock_guard lock(shared_->mutex);
  shared_->stopped = true;
  dropped.swap(shared_->jobs);
  shared_->work.notify_all();
}

bool WorkerPool::join_for(std::chrono::milliseconds limit) {
  std::list<std::thread> retired;
  bool all = false;
  {
    std::unique_lock lock(shared_->mutex);
    all = shared_->ended.wait_for(lock, limit, [this] { return shared_->threads.empty(); });
    retired.swap(shared_->retired);
  }
  join_all(std::move(retired));
  return all;
}

std::size_t WorkerPool::waiting() const {
  std::lock_guard lock(shared_->mutex);
  return shared_->jobs.size();
}

std::size_t WorkerPool::threads() const {
  std::lock_guard lock(shared_->mutex);
  return shared_->threads.size();
}

BlockingScope::BlockingScope() {
  if (pool_of_this_thread == nullptr || blocking_depth++ != 0) return;
  const std::shared_ptr<Shared>& shared = *pool_of_this_thread;
  std::lock_guard lock(shared->mutex);
  ++shared->blocked;
  if (!shared->jobs.empty()) call_worker(shared);
}

BlockingScope::~BlockingScope() {
  if (pool_of_this_thread == nullptr || --blocking_depth != 0) return;
  const std::shared_ptr<Shared>& shared = *pool_of_this_thread;
  std::lock_guard lock(shared->mutex);
  --shared->blocked;
  if (shared->threads.size() <= shared->allowed() || shared->idle <= shared->waking) return;
  ++shared->waking;  // one that idles is too many now: it wakes and ends
  shared->work.notify_one();
}

}  // namespace v0
}  // namespace sumun
