// SPDX-License-Identifier: Apache-2.0
#include "store/heads.hpp"

#include "gate/audit_head.hpp"
#include "store/key_file.hpp"

#include <sumun/json.hpp>

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace sumun::store {
namespace {

using After = Engine::After;

constexpr std::int64_t kInterval = std::chrono::duration_cast<std::chrono::milliseconds>(kAuditHeadInterval).count();

// What lives signs for itself, within an interval and a tick; so nobody waits for another's row.
constexpr Statement kUnsigned{
    "SELECT id, number, hash, {now} FROM audit_writers WHERE number > signed_to AND (id = $1 OR time <= {now} - CAST($2 AS BIGINT)) ORDER BY id LIMIT 1000"};
constexpr Statement kSetSigned{"UPDATE audit_writers SET signed_to = $2 WHERE id = $1 AND signed_to < CAST($2 AS BIGINT)"};
constexpr Statement kPutHead{"INSERT INTO audit_heads (time, body) VALUES ($1, $2)"};
constexpr Statement kDropHead{"DELETE FROM audit_heads WHERE time = $1 AND body = $2"};

Error io_error(const char* what, const std::filesystem::path& path) {
  return fail(ErrorCode::io, std::string("cannot ") + what + " " + path.string() + ": " + std::generic_category().message(errno));
}

// One write, so that lines of several processes do not mix.
Result<void> append_line(const std::filesystem::path& file, std::string line) {
  line += '\n';
  const int handle = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (handle < 0) return io_error("open", file);
  const bool written = ::write(handle, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  auto done = written ? Result<void>() : Result<void>(io_error("write to", file));
  ::close(handle);
  return done;
}

}  // namespace

HeadMaker::HeadMaker(std::filesystem::path key_file, std::filesystem::path head_file)
    : key_file_(std::move(key_file)), head_file_(std::move(head_file)) {}

bool HeadMaker::is_due() const { return Engine::Clock::now() - made_ >= kAuditHeadInterval; }

Result<After> HeadMaker::make(Connection& connection, const std::string& writer, Journal& journal, Engine& engine) {
  if (key_file_.empty()) return After();
  if (auto linked = journal.end(connection); !linked) return linked.error();
  journal.begin();
  auto rows = run(connection, kUnsigned, std::string_view(writer), 2 * kInterval);
  if (!rows) return rows.error();
  if (rows->empty()) return After([self = shared_from_this()] { self->made_ = Engine::Clock::now(); });
  auto key = secret_of(key_file_, Missing::make);
  if (!key) {
    // Whatever else is done in this transaction goes on.
    return After([self = shared_from_this(), &engine, why = key.error().message] {
      self->made_ = Engine::Clock::now();
      engine.log(LoggingLevel::error, "the audit log has no signed head: " + why);
    });
  }
  AuditMarks marks;
  for (const Row& row : *rows) {
    marks[*row[0]] = {number(row, 1), *row[2]};
    if (auto set = run(connection, kSetSigned, std::string_view(*row[0]), number(row, 1)); !set) return set.error();
  }
  const std::int64_t now = number(rows->front(), 3);
  const bool has_own = marks.contains(writer), only_own = has_own && marks.size() == 1;
  const std::string line = dump_json(audit_json(gate::signed_head(now, std::move(marks), **key)));
  if (auto kept = run(connection, kPutHead, now, std::string_view(line)); !kept) return kept.error();
  // The store keeps a process's last: it says all that those before it said.
  if (has_own && !replaceable_.empty())
    if (auto dropped = run(connection, kDropHead, replaceable_time_, std::string_view(replaceable_)); !dropped) return dropped.error();
  return After([self = shared_from_this(), &engine, line, now, has_own, only_own] {
    self->made_ = Engine::Clock::now();
    if (has_own) {
      self->replaceable_ = only_own ? line : std::string();
      self->replaceable_time_ = now;
    }
    engine.log(LoggingLevel::notice, "audit head " + line);
    if (self->head_file_.empty()) return;
    if (auto appended = append_line(self->head_file_, line); !appended) engine.log(LoggingLevel::error, "the head of the audit log is not in its file: " + appended.error().message);
  });
}

Result<std::string> HeadMaker::key() const {
  if (key_file_.empty()) return std::string();
  auto key = secret_of(key_file_, Missing::leave);
  if (!key) return key.error();
  return *key ? public_part(**key) : std::string();
}

}  // namespace sumun::store
