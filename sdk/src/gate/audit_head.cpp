// SPDX-License-Identifier: Apache-2.0
#include "gate/audit_head.hpp"

#include "base/canonical.hpp"

#include <string>
#include <utility>

namespace sumun::gate {
namespace {

std::string signed_text(const AuditHead& head) {
  json said = audit_json(head);
  said.erase("signature");
  return "sumun audit head\n" + canonical_json(said);
}

}  // namespace

AuditHead signed_head(std::int64_t time, AuditMarks writers, const SigningSeed& seed) {
  AuditHead head{time, std::move(writers), public_part(seed), {}};
  head.signature = sign(seed, signed_text(head));
  return head;
}

bool is_genuine(const AuditHead& head) { return is_signed(head.key, signed_text(head), head.signature); }

}  // namespace sumun::gate
