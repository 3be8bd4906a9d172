// SPDX-License-Identifier: Apache-2.0
// What is wrong with a log. After a fault it goes on from the record as it is, so that one change is one fault.
#include "gate/audit_chain.hpp"
#include "gate/audit_head.hpp"

#include "base/canonical.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <map>
#include <set>
#include <utility>

namespace sumun {
inline namespace v0 {
namespace {

constexpr std::size_t kShownFaults = 100;
constexpr std::int64_t kUnsigned = -1;  // the time of what no head says

std::string when(std::int64_t time) {
  const std::time_t seconds = time / 1000;
  std::tm parts{};
  char text[32] = "";
  if (::gmtime_r(&seconds, &parts) != nullptr) std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

// A record that must be there.
struct Expected {
  std::int64_t number = 0;
  Digest hash{};
  std::int64_t time = kUnsigned;  // of the head that names it

  std::string by() const { return time == kUnsigned ? "what was said of the end" : "the head of " + when(time); }
};

bool is_digest(const std::string& hex, const Digest& digest) { return hex == to_hex(digest); }

Digest digest_of(const std::string& hex) {
  Digest digest{};
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (std::size_t i = 0; i < digest.size() && 2 * i + 1 < hex.size(); ++i)
    digest[i] = static_cast<std::uint8_t>(value(hex[2 * i]) * 16 + value(hex[2 * i + 1]));
  return digest;
}

struct Chain {
  bool begun = false;            // a record of it was seen
  std::int64_t first = 0;        // the mark it began from
  AuditMark at;                  // the last record
  std::int64_t covered = 0;      // the last that a head names
  std::vector<Expected> expected;  // once `begun`, by number
  std::size_t met = 0;           // of them, passed
  std::int64_t missing = 0;      // the last of them that was not there
  std::string missing_by;
};

std::string range(std::int64_t from, std::int64_t to) {
  if (from == to) return "record " + std::to_string(from) + " is missing";
  return "records " + std::to_string(from) + " to " + std::to_string(to) + " are missing";
}

}  // namespace

struct AuditCheck::Inside {
  AuditReport report;
  std::set<std::string> trusted, keys;
  std::map<std::string, Chain> chains;

  void fault(const std::string& writer, std::int64_t number, std::string what) {
    ++report.fault_count;
    if (report.faults.size() < kShownFaults) report.faults.push_back({writer, number, std::move(what)});
  }

  void expect(const AuditMarks& marks, std::int64_t time) {
    for (const auto& [writer, mark] : marks) {
      if (mark.number < 1) continue;
      Chain& chain = chains[writer];
      chain.expected.push_back({mark.number, digest_of(mark.hash), time});
      if (time != kUnsigned) chain.covered = std::max(chain.covered, mark.number);
    }
  }

  // Where the records begin; what is expected of the record before them is held against the mark.
  void start(const std::string& writer, Chain& chain, const AuditRecord& record) {
    chain.begun = true;
    ++report.writers;
    std::sort(chain.expected.begin(), chain.expected.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
    if (chain.first == 0 && record.number > 1) {
      fault(writer, record.number, range(1, record.number - 1) + " before it");
      chain.at = {record.number - 1, record.previous};
    }
    meet(writer, chain);
  }

  // What was expected up to the place where the chain is.
  void meet(const std::string& writer, Chain& chain) {
    for (; chain.met < chain.expected.size() && chain.expected[chain.met].number <= chain.at.number; ++chain.met) {
      const Expected& one = chain.expected[chain.met];
      if (one.number == chain.at.number) {
        if (!is_digest(chain.at.hash, one.hash)) fault(writer, one.number, "it is not the record that " + one.by() + " names");
      } else if (one.number > chain.first) {
        chain.missing = one.number;
        chain.missing_by = one.by();
      }
    }
  }

  void record(const AuditRecord& record) {
    ++report.records;
    Chain& chain = chains[record.writer];
    if (!chain.begun) start(record.writer, chain, record);
    if (record.number > chain.covered && report.unproved++ == 0) report.unproved_since = record.time;
    if (record.number > chain.covered) report.unproved_since = std::min(report.unproved_since, record.time);
    if (record.number <= chain.at.number)
      return fault(record.writer, record.number, record.number == chain.at.number ? "it is there twice" : "it is out of its order");
    const bool follows = record.number == chain.at.number + 1;
    if (!follows) fault(record.writer, record.number, range(chain.at.number + 1, record.number - 1) + " before it");
    if (record.hash != gate::hash_of(record)) fault(record.writer, record.number, "it was changed: its hash is not that of what it says");
    else if (follows && record.previous != chain.at.hash) fault(record.writer, record.number, "it does not follow the record before it: that one was replaced, or this one put there");
    chain.at = {record.number, record.hash};
    meet(record.writer, chain);
  }
};

AuditCheck::AuditCheck() : inside_(std::make_unique<Inside>()) {}
AuditCheck::~AuditCheck() = default;

void AuditCheck::trust(const std::string& key) { inside_->trusted.insert(key); }

void AuditCheck::begin(const AuditMarks& from) {
  for (const auto& [writer, mark] : from) {
    if (mark.number < 1) continue;
    Chain& chain = inside_->chains[writer];
    chain.first = mark.number;
    chain.at = mark;
  }
}

void AuditCheck::expect(const AuditMarks& at) { inside_->expect(at, kUnsigned); }

void AuditCheck::head(const AuditHead& head) {
  ++inside_->report.heads;
  if (!gate::is_genuine(head)) return inside_->fault("", 0, "the head of " + when(head.time) + ": its signature is not right");
  if (!inside_->trusted.empty() && !inside_->trusted.contains(head.key))
    return inside_->fault("", 0, "the head of " + when(head.time) + ": it is signed with the unknown key " + head.key);
  inside_->keys.insert(head.key);
  inside_->expect(head.writers, head.time);
}

void AuditCheck::record(const AuditRecord& record) { inside_->record(record); }

void AuditCheck::end(const AuditMarks& at) {
  for (const auto& [writer, mark] : at) {
    const AuditMark& last = inside_->chains[writer].at;
    if (last.number < mark.number) inside_->fault(writer, mark.number, range(last.number + 1, mark.number) + " at the end");
    else if (last != mark) inside_->fault(writer, last.number, "it is not the record with which the log is said to end");
  }
}

AuditReport AuditCheck::report() const {
  // What was expected and never reached is told only now.
  Inside told;
  told.report = inside_->report;
  for (const auto& [writer, chain] : inside_->chains) {
    std::int64_t missing = chain.missing;
    std::string by = chain.missing_by;
    std::int64_t before = 0;  // expected, but deleted with what was before the beginning
    for (std::size_t i = chain.met; i < chain.expected.size(); ++i) {
      const Expected& one = chain.expected[i];
      if (one.number < chain.first) {
        before = std::max(before, one.number);
      } else if (one.number == chain.first) {
        if (!is_digest(chain.at.hash, one.hash)) told.fault(writer, one.number, "the records begin behind another one than " + one.by() + " names");
      } else if (one.number > missing) {
        missing = one.number;
        by = one.by();
      }
    }
    for (std::size_t i = 0; i < chain.met; ++i)
      if (chain.expected[i].number < chain.first) before = std::max(before, chain.expected[i].number);
    if (missing > 0) told.fault(writer, missing, "it is missing, and " + by + " names it");
    if (before > 0) told.report.notes.push_back(writer + ": record " + std::to_string(before) + " is named, but records up to " + std::to_string(chain.first) + " are not here: they were deleted after an export");
  }
  told.report.keys.assign(inside_->keys.begin(), inside_->keys.end());
  return told.report;
}

}  // namespace v0
}  // namespace sumun
