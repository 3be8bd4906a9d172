// SPDX-License-Identifier: Apache-2.0
// Signed heads of the audit log.
//   signature = Ed25519( "sumun audit head" LF | canonical JSON of {"key", "time", "writers"} )
#pragma once
#include "base/sign.hpp"

#include <sumun/audit.hpp>

#include <cstdint>

namespace sumun::gate {

AuditHead signed_head(std::int64_t time, AuditMarks writers, const SigningSeed& seed);
bool is_genuine(const AuditHead& head);

}  // namespace sumun::gate
