// SPDX-License-Identifier: Apache-2.0
// The log of what passed the gate and what did not: append-only, each record bound to the one before it by its
// hash, so that whoever changes one has to change all behind it, and signed heads say how far it went when. docs/audit.md
// says what is in a record, and what verification proves and what not.
#pragma once
#include <sumun/export.hpp>
#include <sumun/limits.hpp>
#include <sumun/result.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
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

/// Whether `redact` and `patterns` can be used.
/// Errors: invalid_value; `data` is {"field": "redact" or "patterns", "item": index}.
SUMUN_EXPORT Result<void> check_audit_options(const AuditOptions& options);

/// One record as it is kept. `hash` = SHA-256 over `previous` and the canonical JSON of writer, number, time and event.
struct AuditRecord {
  std::string writer;       // the process that wrote it
  std::int64_t number = 0;  // from 1, without gaps
  std::int64_t time = 0;    // ms since 1970 by the store's clock
  json event;
  std::string previous;     // hash of the record before; of the first: 64 zeros
  std::string hash;         // hex

  friend bool operator==(const AuditRecord&, const AuditRecord&) = default;
};

/// {"writer", "number", "time", "event", "previous", "hash"}: a line of an export.
SUMUN_EXPORT json audit_json(const AuditRecord& record);
/// Errors: invalid_value.
SUMUN_EXPORT Result<AuditRecord> audit_record_from(json value);

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

/// A place in one writer's records: after this one.
struct AuditMark {
  std::int64_t number = 0;              // 0 = before the first
  std::string hash = std::string(64, '0');

  friend bool operator==(const AuditMark&, const AuditMark&) = default;
};
using AuditMarks = std::map<std::string, AuditMark>;  // by writer

/// What one process has written.
struct AuditWriter {
  std::string writer;
  AuditMark pruned;         // the last record that was deleted after an export: the chain goes on from it
  AuditMark last;
  std::int64_t signed_to = 0;  // the last record that a signed head names; 0 = none does
};

/// Says, signed, how far the log had come: whoever keeps it elsewhere can tell later whether what was there then still is.
struct AuditHead {
  std::int64_t time = 0;    // ms since 1970
  AuditMarks writers;       // those that had written since the head before
  std::string key;          // Ed25519, the public part, base64url
  std::string signature;    // base64url

  friend bool operator==(const AuditHead&, const AuditHead&) = default;
};

/// {"time", "writers": {writer: {"number", "hash"}}, "key", "signature"}: a line of the log, or of a file of heads.
SUMUN_EXPORT json audit_json(const AuditHead& head);
/// Errors: invalid_value.
SUMUN_EXPORT Result<AuditHead> audit_head_from(const json& value);

struct AuditFault {
  std::string writer;
  std::int64_t number = 0;  // 0 = no one record
  std::string what;         // "its hash is not that of what it says"
};

struct AuditReport {
  std::uint64_t records = 0;
  std::uint64_t writers = 0;
  std::uint64_t heads = 0;
  std::uint64_t fault_count = 0;
  std::vector<AuditFault> faults;    // the first 100
  std::uint64_t unproved = 0;        // records that no head covers
  std::int64_t unproved_since = 0;   // the time of the first of them
  std::vector<std::string> keys;     // that signed the heads
  std::vector<std::string> notes;    // what could not be told
};

/// Verifies records as they are shown to it, each writer's in their order, any number of writers mixed. Of each writer it
/// keeps where it is, and 48 bytes for each head that names it, however many records there are.
class SUMUN_EXPORT AuditCheck {
 public:
  AuditCheck();
  ~AuditCheck();

  // -- before the records
  /// A key whose heads count (AuditHead::key). Without one those of every key do, and the report names them.
  void trust(const std::string& key);
  /// Where writers begin, other than at their first record.
  void begin(const AuditMarks& from);
  /// What must be among the records, whoever says so.
  void expect(const AuditMarks& at);
  /// What must be among them, signed. A signature that is not right is a fault.
  void head(const AuditHead& head);

  void record(const AuditRecord& record);
  /// Behind the records: where they are said to end.
  void end(const AuditMarks& at);
  AuditReport report() const;

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

/// The log of a store. Every function blocks, with the store's time limit.
/// Thread: any.
class SUMUN_EXPORT AuditLog {
 public:
  explicit AuditLog(std::shared_ptr<Store> store);

  /// In the order of writing; the newest `limit` of them where the query says newest_first.
  Result<std::vector<AuditRecord>> records(const AuditQuery& query);
  Result<std::vector<AuditWriter>> writers();
  /// All that are kept, the oldest first.
  Result<std::vector<AuditHead>> heads();
  /// Deletes a writer's records up to this one. The log says so (who: `by`), and the chain goes on from its hash.
  /// Errors: not_found.
  Result<void> prune(const std::string& writer, const AuditMark& to, const std::string& by);

 private:
  std::shared_ptr<Store> store_;
};

}  // namespace v0
}  // namespace sumun
