// SPDX-License-Identifier: Apache-2.0
// Every way to tamper with a log, and what its verification says of it.
#include "gate/audit_chain.hpp"
#include "gate/audit_head.hpp"

#include <sumun/json.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

using namespace sumun;

namespace {

using Log = std::vector<AuditRecord>;

SigningSeed seed(std::uint8_t fill) {
  SigningSeed bytes;
  bytes.fill(fill);
  return bytes;
}

Log chain(const std::string& writer, std::int64_t count, AuditMark from = {}) {
  Log log;
  for (std::int64_t i = from.number + 1; i <= from.number + count; ++i) {
    log.push_back(gate::link(log.empty() ? from.hash : log.back().hash, writer, i, 1000 * i, {{"event", "call"}, {"tool", "t" + std::to_string(i)}}));
  }
  return log;
}

AuditMark mark(const Log& log, std::int64_t number) {
  for (const auto& one : log)
    if (one.number == number) return {one.number, one.hash};
  return {};
}

// "w 3: it is there twice | …"
std::string words(const AuditReport& report) {
  std::string text;
  for (const auto& one : report.faults) text += (text.empty() ? "" : " | ") + (one.writer.empty() ? "" : one.writer + " ") + (one.number > 0 ? std::to_string(one.number) : "") + ": " + one.what;
  return text;
}

AuditReport verified(const Log& log, const std::vector<AuditHead>& heads = {}, const AuditMarks& from = {}, const AuditMarks& end = {}) {
  AuditCheck check;
  check.begin(from);
  for (const auto& head : heads) check.head(head);
  for (const auto& one : log) check.record(one);
  check.end(end);
  return check.report();
}

}  // namespace

TEST_CASE("a log as it was written verifies, whatever the mix of its writers") {
  const Log one = chain("v", 3), other = chain("w", 5);
  Log log = one;
  log.insert(log.begin() + 1, other.begin(), other.end());
  const auto head = gate::signed_head(9, {{"v", mark(one, 3)}, {"w", mark(other, 4)}}, seed(1));
  const auto report = verified(log, {head}, {}, {{"v", mark(one, 3)}, {"w", mark(other, 5)}});
  CHECK(words(report) == "");
  CHECK(report.records == 8);
  CHECK(report.writers == 2);
  CHECK(report.heads == 1);
  CHECK(report.unproved == 1);
  CHECK(report.unproved_since == 5000);
  CHECK(report.keys == std::vector<std::string>{public_part(seed(1))});
  CHECK(verified({}).fault_count == 0);
}

TEST_CASE("tampering is found and named") {
  const std::string changed = "it was changed: its hash is not that of what it says";
  const std::string replaced = "it does not follow the record before it: that one was replaced, or this one put there";
  const struct {
    const char* name;
    std::function<void(Log&)> tamper;
    std::string want;            // of the chain alone
    std::string with_head;       // and with a head of record 5, where that finds more; "" = the same
  } cases[] = {
      {"nothing", [](Log&) {}, "", ""},
      {"the event of one", [](Log& log) { log[2].event["tool"] = "x"; }, "w 3: " + changed, ""},
      {"its time", [](Log& log) { log[2].time += 1; }, "w 3: " + changed, ""},
      {"the hash it names", [](Log& log) { log[2].previous[0] ^= 1; }, "w 3: " + changed, ""},
      {"its hash", [](Log& log) { log[2].hash = std::string(64, 'a'); }, "w 3: " + changed + " | w 4: " + replaced, ""},
      {"the event of one, with a right hash", [](Log& log) { log[2] = gate::link(log[1].hash, "w", 3, 3000, {{"event", "x"}}); }, "w 4: " + replaced, ""},
      {"of the last one", [](Log& log) { log[4] = gate::link(log[3].hash, "w", 5, 5000, {{"event", "x"}}); }, "", "w 5: it is not the record that the head of 1970-01-01T00:00:09Z names"},
      {"all from one on", [](Log& log) { log.resize(2); const Log more = chain("w", 3, mark(log, 2)); log.insert(log.end(), more.begin(), more.end()); log[4] = gate::link(log[3].hash, "w", 5, 1, {}); },
       "", "w 5: it is not the record that the head of 1970-01-01T00:00:09Z names"},
      {"the first removed", [](Log& log) { log.erase(log.begin()); }, "w 2: record 1 is missing before it", ""},
      {"one in the middle", [](Log& log) { log.erase(log.begin() + 2); }, "w 4: record 3 is missing before it", ""},
      {"two in the middle", [](Log& log) { log.erase(log.begin() + 1, log.begin() + 3); }, "w 4: records 2 to 3 are missing before it", ""},
      {"the last", [](Log& log) { log.pop_back(); }, "", "w 5: it is missing, and the head of 1970-01-01T00:00:09Z names it"},
      {"one, the others counted anew", [](Log& log) { log.erase(log.begin() + 2); log[2].number = 3; log[3].number = 4; }, "w 3: " + changed + " | w 4: " + changed,
       "w 3: " + changed + " | w 4: " + changed + " | w 5: it is missing, and the head of 1970-01-01T00:00:09Z names it"},
      {"two swapped", [](Log& log) { std::swap(log[2], log[3]); }, "w 4: record 3 is missing before it | w 3: it is out of its order", ""},
      {"the contents of two swapped", [](Log& log) { std::swap(log[2].event, log[3].event); }, "w 3: " + changed + " | w 4: " + changed, ""},
      {"one doubled", [](Log& log) { log.insert(log.begin() + 2, log[1]); }, "w 2: it is there twice", ""},
      {"one put between, with a right hash", [](Log& log) { log.insert(log.begin() + 2, gate::link(log[1].hash, "w", 3, 3000, {{"event", "x"}})); },
       "w 3: it is there twice | w 4: " + replaced, ""},
      {"one put behind, with a wrong hash before", [](Log& log) { log.push_back(gate::link(std::string(64, 'b'), "w", 6, 6000, {})); }, "w 6: " + replaced, ""},
      {"all of the writer's", [](Log& log) { log.clear(); }, "", "w 5: it is missing, and the head of 1970-01-01T00:00:09Z names it"},
      {"given to another writer", [](Log& log) { for (auto& one : log) one.writer = "v"; }, "v 1: " + changed + " | v 2: " + changed + " | v 3: " + changed + " | v 4: " + changed + " | v 5: " + changed,
       "v 1: " + changed + " | v 2: " + changed + " | v 3: " + changed + " | v 4: " + changed + " | v 5: " + changed + " | w 5: it is missing, and the head of 1970-01-01T00:00:09Z names it"},
  };
  const Log whole = chain("w", 5);
  const auto head = gate::signed_head(9000, {{"w", mark(whole, 5)}}, seed(1));
  for (const auto& one : cases) {
    CAPTURE(one.name);
    Log log = whole;
    one.tamper(log);
    const auto alone = verified(log);
    CHECK(words(alone) == one.want);
    CHECK(alone.unproved == log.size());
    const auto with_head = verified(log, {head});
    CHECK(words(with_head) == (one.with_head.empty() ? one.want : one.with_head));
    CHECK((with_head.fault_count == 0) == (log == whole));
  }
}

TEST_CASE("a head is held against the log even where a later one was made after the change") {
  const Log honest = chain("w", 5);
  Log forged = chain("w", 2);
  forged.push_back(gate::link(forged.back().hash, "w", 3, 3000, {{"event", "x"}}));
  for (std::int64_t i = 4; i <= 6; ++i) forged.push_back(gate::link(forged.back().hash, "w", i, 1000 * i, {{"event", "call"}}));
  const auto report = verified(forged, {gate::signed_head(9000, {{"w", mark(forged, 6)}}, seed(1)), gate::signed_head(5000, {{"w", mark(honest, 4)}}, seed(1))});
  CHECK(words(report) == "w 4: it is not the record that the head of 1970-01-01T00:00:05Z names");
}

TEST_CASE("a head counts only with a right signature, by a key that is trusted") {
  const Log log = chain("w", 3);
  const auto good = gate::signed_head(9000, {{"w", mark(log, 3)}}, seed(1));
  auto later = good;
  later.time += 1000;
  auto fewer = good;
  fewer.writers["w"] = mark(log, 2);
  auto other_key = good;
  other_key.key = public_part(seed(2));
  auto no_signature = good;
  no_signature.signature.clear();
  auto no_key = good;
  no_key.key = "x";
  for (const auto& bad : {later, fewer, other_key, no_signature, no_key}) {
    CHECK_FALSE(gate::is_genuine(bad));
    const auto report = verified(log, {bad});
    CHECK(words(report).ends_with("its signature is not right"));
    CHECK(report.unproved == 3);
  }
  AuditCheck check;
  check.trust(public_part(seed(2)));
  check.head(good);
  for (const auto& one : log) check.record(one);
  CHECK(words(check.report()) == ": the head of 1970-01-01T00:00:09Z: it is signed with the unknown key " + public_part(seed(1)));
  CHECK(check.report().unproved == 3);
}

TEST_CASE("a log goes on from where it was cut") {
  const Log whole = chain("w", 6);
  const Log rest(whole.begin() + 3, whole.end());
  const AuditMarks from{{"w", mark(whole, 3)}};
  CHECK(words(verified(rest, {}, from)) == "");
  CHECK(words(verified(rest)) == "w 4: records 1 to 3 are missing before it");
  CHECK(words(verified(rest, {}, {{"w", {3, std::string(64, 'a')}}})) == "w 4: it does not follow the record before it: that one was replaced, or this one put there");
  CHECK(words(verified(Log(rest.begin() + 1, rest.end()), {}, from)) == "w 5: record 4 is missing before it");
  const auto old_head = gate::signed_head(2000, {{"w", mark(whole, 2)}}, seed(1));
  const auto noted = verified(rest, {old_head}, from);
  CHECK(words(noted) == "");
  CHECK(noted.notes == std::vector<std::string>{"w: record 2 is named, but records up to 3 are not here: they were deleted after an export"});
  const auto at_the_cut = gate::signed_head(3000, {{"w", {3, std::string(64, 'a')}}}, seed(1));
  CHECK(words(verified(rest, {at_the_cut}, from)) == "w 3: it is not the record that the head of 1970-01-01T00:00:03Z names");
  CHECK(words(verified({}, {at_the_cut}, from)) == "w 3: the records begin behind another one than the head of 1970-01-01T00:00:03Z names");
  CHECK(verified({}, {gate::signed_head(3000, from, seed(1))}, from).fault_count == 0);
}

TEST_CASE("a log that is said to end somewhere ends there") {
  const Log whole = chain("w", 4);
  const AuditMarks end{{"w", mark(whole, 4)}};
  CHECK(words(verified(whole, {}, {}, end)) == "");
  CHECK(words(verified(Log(whole.begin(), whole.begin() + 2), {}, {}, end)) == "w 4: records 3 to 4 are missing at the end");
  CHECK(words(verified({}, {}, {}, end)) == "w 4: records 1 to 4 are missing at the end");
  CHECK(words(verified(whole, {}, {}, {{"w", mark(whole, 3)}})) == "w 4: it is not the record with which the log is said to end");
  AuditCheck check;
  check.expect({{"w", mark(whole, 3)}});
  check.record(whole[0]);
  CHECK(words(check.report()) == "w 3: it is missing, and what was said of the end names it");
}

TEST_CASE("of many faults all are counted and the first are told") {
  Log log = chain("w", 500);
  for (auto& one : log) one.event["tool"] = "x";
  const auto report = verified(log);
  CHECK(report.fault_count == 500);
  CHECK(report.faults.size() == 100);
}
