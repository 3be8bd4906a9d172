// SPDX-License-Identifier: Apache-2.0
// What the commands of `sumun audit` share: times as people write them, and the lines of an export.
//   {"audit": 1, "from": {writer: {"number", "hash"}}}      the first line: where writers begin whose older records are gone
//   {"writer", "number", "time", "event", "previous", "hash"}
//   {"end": {writer: {"number", "hash"}}, "records": n}     the last line
#pragma once
#include <sumun/audit.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace sumun::host {

/// "2026-11-20", "2026-11-20T17:14:07Z" (UTC, the Z may be left out), "30m", "12h", "7d" (ago, from `now`). In ms since 1970.
/// Errors: invalid_value.
Result<std::int64_t> time_of(std::string_view said, std::int64_t now);
/// "2026-11-20 17:14:07.123", UTC.
std::string time_words(std::int64_t time);

json marks_json(const AuditMarks& marks);
/// Errors: invalid_value.
Result<AuditMarks> marks_from(const json& value);

/// A record in one line: when, what, who, on what, and the rest as name=value.
std::string record_words(const AuditRecord& record);
/// The head in a line of a log or of a file of heads; not_found = the line holds none.
Result<AuditHead> head_in(std::string_view line);

}  // namespace sumun::host
