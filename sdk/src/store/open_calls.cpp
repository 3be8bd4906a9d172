// SPDX-License-Identifier: Apache-2.0
// Which calls have no end, and the end that the sweep gives to those whose process is gone.
#include "store/open_calls.hpp"

#include "base/json_text.hpp"
#include "gate/audit_chain.hpp"
#include "store/ledger.hpp"
#include "store/ledger_statements.hpp"

#include <limits>
#include <utility>

namespace sumun::store {
namespace {

using gate::AuditEvent;

constexpr std::int64_t kAnswerLife = std::chrono::duration_cast<std::chrono::milliseconds>(kRequestStateLife).count();
constexpr std::int64_t kPage = 2000;  // records of one writer that one sweep reads
constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();

enum class Lost : std::uint8_t { no, not_yet, yes };

Result<Lost> is_lost(Connection& connection, const std::string& call) {
  auto rows = run(connection, kOfCall, std::string_view(call));
  if (!rows) return rows.error();
  for (const Row& row : *rows) {
    const auto event = gate::event_from(*row[0]);
    if (event && turn_of(*event) == Turn::ends) return Lost::no;
  }
  auto awaited = run(connection, kIsAwaited, std::string_view(call), kAnswerLife);
  if (!awaited) return awaited.error();
  return awaited->empty() ? Lost::yes : Lost::not_yet;
}

AuditEvent end_of(const AuditEvent& begun) {
  AuditEvent end{{"event", "outcome"}, {"outcome", name_of(ApprovalState::outcome_unknown)}, {"why", "the process that carried it out has ended"}};
  for (const char* member : {"call", "principal", "method", "target", "run", "trace", "grant"})
    if (const auto said = begun.find(member); said != begun.end()) end[member] = *said;
  return end;
}

}  // namespace

Turn turn_of(const AuditEvent& event) {
  if (!event.is_object() || call_of(event).empty()) return Turn::none;
  const auto name = event.find("event");
  if (name == event.end()) return Turn::none;
  if (*name == "outcome" || *name == "released") return Turn::ends;
  return (*name == "claim" || *name == "round") && !event.contains("approval") ? Turn::begins : Turn::none;
}

std::string call_of(const AuditEvent& event) {
  const auto named = event.find("call");
  if (named == event.end() || !named->is_string()) return {};
  const auto& name = named->get_ref<const std::string&>();
  return is_utf8(name) && name.find('\0') == std::string::npos ? name : std::string();
}

void OpenCalls::note(const std::string& call, Turn turn, std::int64_t number) {
  if (turn == Turn::begins) noted_.push_back({call, number});
  else if (turn == Turn::ends && (had_any_ || !noted_.empty())) noted_.push_back({call, 0});
}

std::int64_t OpenCalls::first() const {
  std::unordered_map<std::string, std::int64_t> begun;
  std::set<std::int64_t> ended;  // records of what was open
  bool has_any = had_any_;
  for (const Noted& one : noted_) {
    const auto before = open_.find(one.call);
    if (one.number > 0) {
      has_any = true;
      if (before == open_.end() || ended.contains(before->second)) begun.emplace(one.call, one.number);
      continue;
    }
    begun.erase(one.call);
    if (before != open_.end()) ended.insert(before->second);
  }
  if (!has_any) return -1;
  std::int64_t first = 0;
  for (const std::int64_t number : numbers_) {
    if (ended.contains(number)) continue;
    first = number;
    break;
  }
  for (const auto& [call, number] : begun)
    if (first == 0 || number < first) first = number;
  return first;
}

void OpenCalls::keep() {
  for (const Noted& one : std::exchange(noted_, {})) {
    const auto there = open_.find(one.call);
    if (one.number > 0) {
      had_any_ = true;
      if (there == open_.end()) numbers_.insert(open_.emplace(one.call, one.number).first->second);
    } else if (there != open_.end()) {
      numbers_.erase(there->second);
      open_.erase(there);
    }
  }
}

void OpenCalls::keep_begun() {
  std::erase_if(noted_, [](const Noted& one) { return one.number == 0; });
  keep();
}

// A part of one writer's records at a time. A call whose caller may still answer is looked at again.
Result<void> end_lost_calls(Connection& connection, const Host& host, Journal& journal, bool& more) {
  auto writers = run(connection, kOpenWriters);
  if (!writers) return writers.error();
  for (const Row& writer : *writers) {
    if (!host.is_gone(*writer[0], number(writer, 2) == 1, *writer[3])) continue;
    const std::int64_t from = number(writer, 1);
    auto rows = run(connection, kRecordsOfWriter, std::string_view(*writer[0]), from - 1, kLast, kPage);
    if (!rows) return rows.error();
    const bool is_last = rows->size() < static_cast<std::size_t>(kPage);
    std::int64_t next = is_last ? 0 : number(rows->back(), 1) + 1;
    std::vector<AuditEvent> ends;
    std::set<std::string> ended;
    for (const Row& row : *rows) {
      const auto event = gate::event_from(*row[3]);
      if (!event || turn_of(*event) != Turn::begins) continue;
      const std::string call = call_of(*event);
      if (ended.contains(call)) continue;
      auto lost = is_lost(connection, call);
      if (!lost) return lost.error();
      if (*lost == Lost::not_yet) {
        next = number(row, 1);
        break;
      }
      if (*lost == Lost::no) continue;
      ends.push_back(end_of(*event));
      ended.insert(call);
    }
    auto taken = run(connection, kTakeOpen, std::string_view(*writer[0]), from, next);
    if (!taken) return taken.error();
    if (taken->empty()) continue;
    journal.add(ends);
    more = more || next > from;
  }
  return {};
}

}  // namespace sumun::store
