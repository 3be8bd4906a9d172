// SPDX-License-Identifier: Apache-2.0
// Tasks in a database, and what becomes of those whose process is gone.
#include "store/operations.hpp"
#include "store/statements.hpp"

#include "base/json_text.hpp"
#include "protocol/codec.hpp"

#include <limits>
#include <utility>

namespace sumun::store {
namespace {

using After = Engine::After;

constexpr std::int64_t kForever = std::int64_t{1} << 52;  // ms: of a task without a TTL

std::string text_of(const DetailedTask& task) {
  std::string text;
  protocol::append(text, task, protocol::Receiver{});
  return text;
}

Result<DetailedTask> task_of(const std::string& text) {
  constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();
  auto value = parse_json(text, ParseLimits{kAny, kAny});
  if (!value) return fail(ErrorCode::internal_error, "the stored task cannot be read");
  return protocol::decode<DetailedTask>(*std::move(value), "task");
}

DetailedTask ended_with_its_host(DetailedTask task) {
  task = gate::as_failed(std::move(task), gate::interrupted());
  task.lastUpdatedAt = gate::iso8601(std::chrono::system_clock::now());
  return task;
}

}  // namespace

void StoredTasks::create(const std::string& owner, DetailedTask task, Done<void> done) {
  auto work = [shared = shared_, owner, id = task.taskId, ttl = task.ttlMs.value_or(kForever), text = text_of(task),
               done](Connection& connection) -> Result<After> {
    Usage& usage = *shared.usage;
    const auto size = static_cast<std::int64_t>(text.size());
    const auto fits = [&] { return usage.tasks < shared.bounds.tasks && usage.task_bytes + size <= shared.bounds.task_bytes; };
    if (!usage.known || !fits())
      if (auto looked = usage.look(connection); !looked) return looked.error();
    if (!fits()) return After([done] { done(gate::too_many_tasks()); });
    if (auto renewed = shared.host->renew(connection); !renewed) return renewed.error();
    auto made = run(connection, kCreateTask, std::string_view(id), std::string_view(owner), std::string_view(shared.host->id()), ttl, size,
                    std::string_view(text), shared.bounds.tasks_of_one);
    if (!made) return made.error();
    if (made->empty()) return After([done, bound = shared.bounds.tasks_of_one] { done(gate::too_many_tasks_of_one(static_cast<std::size_t>(bound))); });
    return After([shared, done, size] {
      shared.host->set_known();
      ++shared.usage->tasks;
      shared.usage->task_bytes += size;
      done({});
    });
  };
  const std::string id = task.taskId;
  shared_.engine->write(id, std::move(work), [done](const Error& why) { done(unavailable(why)); });
}

void StoredTasks::get(const std::string& owner, const std::string& id, Done<DetailedTask> done) {
  // One whose host is gone is put right before anybody sees it.
  auto work = [self = StoredTasks(shared_), shared = shared_, owner, id, done](Connection& connection) mutable -> Result<After> {
    auto rows = run(connection, kGetTask, std::string_view(id), std::string_view(owner));
    if (!rows) return rows.error();
    if (rows->empty()) return After([done] { done(gate::unknown_task()); });
    const Row& row = rows->front();
    auto task = task_of(*row[0]);
    if (!task) return After([done, why = task.error()] { done(why); });
    const bool lost = number(row, 1) == 0 && shared.host->is_gone(*row[2], number(row, 3) == 1, *row[4]);
    if (!lost) return After([done, task = *std::move(task)] { done(task); });
    return After([self, done, task = *std::move(task)]() mutable { self.update(ended_with_its_host(std::move(task)), done); });
  };
  shared_.engine->read(id, std::move(work), [done](const Error& why) { done(unavailable(why)); });
}

void StoredTasks::update(DetailedTask task, Done<DetailedTask> done) {
  const std::string id = task.taskId;
  auto work = [shared = shared_, task = std::move(task), done](Connection& connection) -> Result<After> {
    // Twice at most: another process may end the task between the look and the change.
    for (int tries = 0;; ++tries) {
      auto rows = run(connection, kTaskNow, std::string_view(task.taskId));
      if (!rows) return rows.error();
      if (rows->empty()) return After([done] { done(gate::unknown_task()); });
      const Row& row = rows->front();
      if (number(row, 1) == 1 || tries > 1) {
        auto there = task_of(*row[0]);
        return After([done, there] { done(there); });
      }
      DetailedTask next = task;
      std::string text = text_of(next);
      const std::int64_t before = number(row, 2);
      const auto grows = [&] { return static_cast<std::int64_t>(text.size()) - before; };
      if (grows() > 0 && shared.usage->task_bytes + grows() > shared.bounds.task_bytes) {
        next = gate::as_failed(std::move(next), gate::no_room_for_result(text.size()));
        text = text_of(next);
      }
      auto put = run(connection, kPutTask, std::string_view(next.taskId), std::string_view(text), static_cast<std::int64_t>(text.size()),
                     std::int64_t{is_final(next.status) ? 1 : 0});
      if (!put) return put.error();
      if (put->empty()) continue;
      return After([shared, done, next = std::move(next), by = grows()] {
        shared.usage->task_bytes += by;
        done(next);
      });
    }
  };
  shared_.engine->write(id, std::move(work), [done](const Error& why) { done(unavailable(why)); });
}

void StoredTasks::orphans(Done<std::vector<DetailedTask>> done) {
  auto work = [shared = shared_, done](Connection& connection) -> Result<After> {
    auto rows = run(connection, kRunningTasks);
    if (!rows) return rows.error();
    std::vector<DetailedTask> left;
    for (const Row& row : *rows) {
      if (!shared.host->is_gone(*row[1], number(row, 2) == 1, *row[3])) continue;
      auto task = task_of(*row[0]);
      if (task) left.push_back(*std::move(task));
      else shared.engine->log(LoggingLevel::error, task.error().message);
    }
    return After([done, left = std::move(left)] { done(left); });
  };
  shared_.engine->read("", std::move(work), [done](const Error& why) { done(unavailable(why)); });
}

}  // namespace sumun::store
