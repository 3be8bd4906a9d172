// SPDX-License-Identifier: Apache-2.0
#include "gate/audit_chain.hpp"

#include "base/canonical.hpp"
#include "base/json_text.hpp"

#include <sumun/json.hpp>

#include <utility>

namespace sumun {
namespace gate {

std::string hash_of(std::string_view previous, std::string_view writer, std::int64_t number, std::int64_t time, std::string_view event) {
  std::string content(previous);
  content += "{\"event\":";
  content += event;
  content += ",\"number\":" + std::to_string(number) + ",\"time\":" + std::to_string(time) + ",\"writer\":";
  append_json_string(content, writer);
  return to_hex(sha256(content + "}"));
}

std::string hash_of(const AuditRecord& record) { return hash_of(record.previous, record.writer, record.number, record.time, canonical_json(record.event)); }

AuditRecord link(std::string previous, std::string writer, std::int64_t number, std::int64_t time, json event) {
  AuditRecord record{std::move(writer), number, time, std::move(event), std::move(previous), {}};
  record.hash = hash_of(record);
  return record;
}

std::string event_text(const json& event) { return canonical_json(event); }

// It was ours: nested deeper than what peers send, whose arguments are inside it.
Result<json> event_from(std::string_view text) { return parse_json(text, {.max_depth = 1100, .max_values = kMaxJsonValues}); }

}  // namespace gate

inline namespace v0 {
namespace {

bool is_hash(const json& value) {
  return value.is_string() && value.get_ref<const std::string&>().size() == 64 &&
         value.get_ref<const std::string&>().find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

json audit_json(const AuditRecord& record) {
  return {{"writer", record.writer}, {"number", record.number}, {"time", record.time}, {"event", record.event}, {"previous", record.previous}, {"hash", record.hash}};
}

Result<AuditRecord> audit_record_from(json value) {
  const auto bad = [](const char* what) { return fail(ErrorCode::invalid_value, std::string("a record of the audit log: ") + what); };
  if (!value.is_object() || value.size() != 6) return bad("expected the members writer, number, time, event, previous and hash");
  for (const char* member : {"writer", "number", "time", "event", "previous", "hash"})
    if (!value.contains(member)) return bad("expected the members writer, number, time, event, previous and hash");
  if (!value["writer"].is_string()) return bad("writer: expected a text");
  if (!value["number"].is_number_integer() || !value["time"].is_number_integer()) return bad("number and time: expected integers");
  if (!is_hash(value["previous"]) || !is_hash(value["hash"])) return bad("previous and hash: expected 64 hexadecimal digits");
  return AuditRecord{value["writer"], value["number"], value["time"], std::move(value["event"]), value["previous"], value["hash"]};
}

json audit_json(const AuditHead& head) {
  json writers = json::object();
  for (const auto& [writer, mark] : head.writers) writers[writer] = {{"number", mark.number}, {"hash", mark.hash}};
  return {{"time", head.time}, {"writers", std::move(writers)}, {"key", head.key}, {"signature", head.signature}};
}

Result<AuditHead> audit_head_from(const json& value) {
  const auto bad = [](const char* what) { return fail(ErrorCode::invalid_value, std::string("a head of the audit log: ") + what); };
  if (!value.is_object()) return bad("expected an object");
  const auto member = [&value](const char* name) -> const json& {
    static const json kNothing;
    const auto at = value.find(name);
    return at == value.end() ? kNothing : *at;
  };
  if (!member("time").is_number_integer()) return bad("time: expected an integer");
  if (!member("key").is_string() || !member("signature").is_string()) return bad("key and signature: expected texts");
  if (!member("writers").is_object()) return bad("writers: expected an object");
  AuditHead head{member("time"), {}, member("key"), member("signature")};
  for (const auto& [writer, mark] : member("writers").items()) {
    if (!mark.is_object() || !mark.contains("number") || !mark["number"].is_number_integer() || !mark.contains("hash") || !is_hash(mark["hash"]))
      return bad("writers: expected {\"number\", \"hash\"} of each");
    head.writers[writer] = {mark["number"], mark["hash"]};
  }
  return head;
}

}  // namespace v0
}  // namespace sumun
