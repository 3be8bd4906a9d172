// SPDX-License-Identifier: Apache-2.0
// The store of tasks in memory.
#include "gate/task_store.hpp"

#include "protocol/codec.hpp"

#include <cstdio>
#include <ctime>
#include <utility>

namespace sumun::gate {
namespace {

std::size_t size_of(const DetailedTask& task) {
  std::string text;
  protocol::append(text, task, protocol::Receiver{});
  return text.size();
}

}  // namespace

Error too_many_tasks() { return fail(ErrorCode::busy, "too many tasks are kept already; try again later"); }
Error too_many_tasks_of_one(std::size_t bound) {
  return fail(ErrorCode::busy, "you have " + std::to_string(bound) + " tasks already; try again when one has expired");
}
Error interrupted() { return fail(ErrorCode::internal_error, "interrupted: the server ended while the task was running"); }
Error no_room_for_result(std::size_t bytes) {
  return fail(ErrorCode::internal_error, "there is no room to keep the task's " + std::to_string(bytes) + " bytes");
}
Error unknown_task() { return fail(ErrorCode::invalid_params, "params.taskId: there is no such task; it may have expired"); }

std::string iso8601(std::chrono::system_clock::time_point time) {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
  const std::time_t seconds = static_cast<std::time_t>(since.count() / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[40];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text + length, sizeof text - length, ".%03dZ", static_cast<int>(since.count() % 1000));
  return text;
}

DetailedTask as_failed(DetailedTask task, const Error& why) {
  task.status = TaskStatus::failed;
  task.statusMessage = why.message;
  task.inputRequests.reset();
  task.result.reset();
  task.error = json{{"code", static_cast<int>(why.code)}, {"message", why.message}};
  if (!why.data.is_null()) (*task.error)["data"] = why.data;
  return task;
}

MemoryTaskStore::MemoryTaskStore(Now now) : MemoryTaskStore(std::move(now), Bounds{}) {}
MemoryTaskStore::MemoryTaskStore(Now now, Bounds bounds) : now_(std::move(now)), bounds_(bounds) {}

void MemoryTaskStore::drop_expired() {
  const auto now = now_();
  while (!expiries_.empty() && expiries_.begin()->first <= now) {
    const auto task = tasks_.find(expiries_.begin()->second);
    const auto owner = of_owner_.find(task->second.owner);
    if (--owner->second == 0) of_owner_.erase(owner);
    bytes_ -= task->second.bytes;
    tasks_.erase(task);
    expiries_.erase(expiries_.begin());
  }
}

void MemoryTaskStore::create(const std::string& owner, DetailedTask task, Done<void> done) {
  const auto keep = [&]() -> Result<void> {
    std::lock_guard lock(mutex_);
    drop_expired();
    const std::size_t bytes = size_of(task);
    const auto others = of_owner_.find(owner);
    if (others != of_owner_.end() && others->second >= bounds_.of_one)
      return too_many_tasks_of_one(bounds_.of_one);
    if (tasks_.size() >= bounds_.tasks || bytes_ + bytes > bounds_.bytes)
      return too_many_tasks();
    const Time expiry = task.ttlMs ? now_() + std::chrono::milliseconds(*task.ttlMs) : Time::max();
    const std::string id = task.taskId;
    ++of_owner_[owner];
    bytes_ += bytes;
    tasks_.emplace(id, Kept{owner, std::move(task), bytes, expiries_.emplace(expiry, id)});
    return {};
  };
  done(keep());
}

void MemoryTaskStore::get(const std::string& owner, const std::string& id, Done<DetailedTask> done) {
  const auto find = [&]() -> Result<DetailedTask> {
    std::lock_guard lock(mutex_);
    drop_expired();
    const auto kept = tasks_.find(id);
    if (kept == tasks_.end() || kept->second.owner != owner) return unknown_task();
    return kept->second.task;
  };
  done(find());
}

Result<DetailedTask> MemoryTaskStore::replace(DetailedTask task) {
  const auto found = tasks_.find(task.taskId);
  if (found == tasks_.end()) return unknown_task();
  Kept& kept = found->second;
  if (is_final(kept.task.status)) return kept.task;
  std::size_t bytes = size_of(task);
  if (bytes_ - kept.bytes + bytes > bounds_.bytes && bytes > kept.bytes) {
    task = as_failed(std::move(task), no_room_for_result(bytes));
    bytes = size_of(task);
  }
  bytes_ += bytes - kept.bytes;
  kept.bytes = bytes;
  kept.task = std::move(task);
  return kept.task;
}

void MemoryTaskStore::update(DetailedTask task, Done<DetailedTask> done) {
  const auto put = [&] {
    std::lock_guard lock(mutex_);
    drop_expired();
    return replace(std::move(task));
  };
  done(put());
}

void MemoryTaskStore::orphans(Done<std::vector<DetailedTask>> done) { done(std::vector<DetailedTask>{}); }

std::size_t MemoryTaskStore::size() const {
  std::lock_guard lock(mutex_);
  return tasks_.size();
}

std::size_t MemoryTaskStore::bytes() const {
  std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace sumun::gate
