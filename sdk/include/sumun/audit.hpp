// SPDX-License-Identifier: Apache-2.0
// The log of what passed the gate and what did not: append-only, each record bound to the one before it by its hash.
#pragma once
#include <sumun/export.hpp>
#include <sumun/limits.hpp>
#include <sumun/result.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sumun {
inline namespace v0 {

class Store;

/// What becomes of a call that does more than read while the log cannot be written.
enum class FailMode : std::uint8_t {
  closed,  // it is refused, and nothing is done
  open,    // it is carried out without a record, and the server's log says so; what asks for an approval is refused all the same
};

/// What is logged, and what is left out before it is written.
struct AuditOptions {
  bool enabled = true;                  // where the server has a store
  bool reads = true;                    // also calls that only read
  FailMode store_failure = FailMode::closed;
  std::vector<std::string> redact;      // JSON Pointers into arguments and results, "*" = any member or item
  std::vector<std::string> patterns;    // ECMA-262, beside those for cards, e-mail addresses and tokens
  bool standard_patterns = true;
  std::size_t max_argument_bytes = 4 * kKiB;  // of one record's arguments as JSON; over it their digest alone is kept
};

/// One record as it is kept. `hash` = SHA-256 over `previous` and the canonical JSON of writer, number, time and event.
struct AuditRecord {
  std::string writer;       // the process that wrote it
  std::int64_t number = 0;  // from 1, without gaps
  std::int64_t time = 0;    // ms since 1970 by the store's clock
  json event;
  std::string previous;     // hash of the record before; of the first: 64 zeros
  std::string hash;         // hex
};

struct AuditQuery {
  std::string writer;           // empty = all
  std::int64_t after = 0;       // number, of that writer
  std::int64_t since = 0;       // ms since 1970
  std::int64_t until = 0;       // 0 = now
  std::string call;             // that the record belongs to
  std::string principal;
  std::string target;           // a tool's name, a URI
  std::string event;
  std::size_t limit = 1000;
  bool newest_first = false;
};

}  // namespace v0
}  // namespace sumun
