// SPDX-License-Identifier: Apache-2.0
// The chain of one writer's records.
//   hash = hex(SHA-256( previous | canonical JSON of {"event", "number", "time", "writer"} ))
#pragma once
#include <sumun/audit.hpp>

#include <cstdint>
#include <string>

namespace sumun::gate {

/// The record that follows the one whose hash is `previous` (of the first: AuditMark's).
AuditRecord link(std::string previous, std::string writer, std::int64_t number, std::int64_t time, json event);
/// What its hash must be.
std::string hash_of(const AuditRecord& record);
/// The same where the event is canonical text already (event_text).
std::string hash_of(std::string_view previous, std::string_view writer, std::int64_t number, std::int64_t time, std::string_view event);

/// An event as text to keep, and back: what is hashed is the same before and after.
std::string event_text(const json& event);
Result<json> event_from(std::string_view text);

}  // namespace sumun::gate
