// SPDX-License-Identifier: Apache-2.0
// What is taken out of arguments, results and words before they reach the log.
#pragma once
#include "schema/pattern.hpp"

#include <sumun/audit.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace sumun::gate {

/// In the order in which they are looked for: what AuditOptions::redact points at, members whose names say that they hold
/// a secret ("[redacted: secret]"), AuditOptions::patterns (a text or number in which one is found is left out whole), and what looks
/// like a card, an e-mail address or a token. Names of members are looked at like texts, and so is JSON inside a text.
/// Thread: constant; use from any thread.
class Redactor {
 public:
  /// With the default options.
  Redactor() = default;
  /// Errors: invalid_value; `data` is {"field": "redact" or "patterns", "item": index, "what": why}.
  static Result<Redactor> compile(const AuditOptions& options);

  /// Over AuditOptions::max_argument_bytes as JSON: {"bytes": n, "sha256": of the canonical JSON, hex}.
  json arguments(const json& value) const;
  /// Likewise. Pointers are looked up in `structuredContent` too.
  json result(const json& value) const;
  std::string text(std::string_view words) const;

 private:
  json bounded(const json& value) const;
  void document(json& value, int nested) const;
  void walk(json& value, int depth, int nested) const;
  bool matches_pattern(std::string_view words) const;
  std::string cleaned(std::string_view words, int nested) const;

  std::vector<std::vector<std::string>> pointers_;
  std::vector<schema::Pattern> patterns_;
  bool standard_ = true;
  std::size_t max_bytes_ = AuditOptions().max_argument_bytes;
};

}  // namespace sumun::gate
