// SPDX-License-Identifier: Apache-2.0
// The chain of one writer's records: what its hash covers, and that a record survives being kept as text.
#include "gate/audit_chain.hpp"

#include "base/canonical.hpp"

#include <sumun/json.hpp>

#include <doctest/doctest.h>

using namespace sumun;

TEST_CASE("a record's hash is over the hash before it and its own content") {
  const json event{{"event", "call"}, {"tool", "search"}};
  const auto record = gate::link(AuditMark().hash, "w", 1, 1000, event);
  CHECK(record.hash == to_hex(sha256(std::string(64, '0') + R"({"event":{"event":"call","tool":"search"},"number":1,"time":1000,"writer":"w"})")));
  CHECK(gate::hash_of(record) == record.hash);
  const auto next = gate::link(record.hash, "w", 2, 1001, event);
  CHECK(next.previous == record.hash);
  CHECK(next.hash != record.hash);
}

TEST_CASE("each member changes the hash") {
  const auto record = gate::link(AuditMark().hash, "w", 1, 1000, {{"event", "call"}});
  auto other = record;
  other.writer = "v";
  CHECK(gate::hash_of(other) != record.hash);
  other = record;
  other.number = 2;
  CHECK(gate::hash_of(other) != record.hash);
  other = record;
  other.time = 1001;
  CHECK(gate::hash_of(other) != record.hash);
  other = record;
  other.event["event"] = "denied";
  CHECK(gate::hash_of(other) != record.hash);
  other = record;
  other.previous[0] = '1';
  CHECK(gate::hash_of(other) != record.hash);
}

TEST_CASE("an event means the same after it was kept as text") {
  json deep = 1;
  for (int i = 0; i < 200; ++i) deep = json::array({std::move(deep)});
  const json events[] = {json::object(),
                         {{"n", 1.0}, {"m", 1e16}, {"big", 18446744073709551615U}, {"small", -9007199254740993}, {"real", 0.1}, {"huge", 1e300}, {"zero", -0.0}},
                         {{"two63", 9223372036854775808.0}, {"odd", 9007199254740993U}},
                         {{"text", "\xff\xfe bad utf-8"}, {"nul", std::string("a\0b", 3)}, {"emoji", "\xf0\x9f\x98\x80"}, {"\xee\x80\x80", 2}},
                         {{"deep", deep}}};
  for (const auto& event : events) {
    CAPTURE(dump_json(event));
    const auto record = gate::link(AuditMark().hash, "w", 1, 1000, event);
    auto kept = gate::event_from(gate::event_text(event));
    REQUIRE_MESSAGE(kept.has_value(), (kept ? "" : kept.error().message));
    CHECK(gate::link(AuditMark().hash, "w", 1, 1000, *kept).hash == record.hash);
    auto whole = audit_record_from(gate::event_from(dump_json(audit_json(record))).value());
    REQUIRE(whole.has_value());
    CHECK(gate::hash_of(*whole) == record.hash);
  }
}

TEST_CASE("what is no record and no head is refused") {
  const char* records[] = {"null", "{}", "[]", R"({"writer":"w","number":1,"time":1,"event":{},"previous":"0","hash":"0"})"};
  for (const char* one : records) {
    CAPTURE(one);
    CHECK_FALSE(audit_record_from(parse_json(one).value()).has_value());
  }
  const char* heads[] = {"null", "{}", R"({"time":1,"writers":{"w":{}},"key":"","signature":""})", R"({"time":1,"writers":{"w":{"number":1,"hash":5}},"key":"","signature":""})"};
  for (const char* one : heads) {
    CAPTURE(one);
    CHECK_FALSE(audit_head_from(parse_json(one).value()).has_value());
  }
  const AuditHead head{5, {{"w", {3, std::string(64, 'a')}}}, "key", "signature"};
  CHECK(audit_head_from(audit_json(head)).value() == head);
}
