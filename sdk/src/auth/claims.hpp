// SPDX-License-Identifier: Apache-2.0
// What an access token says, and whether it says it to us (RFC 7519, RFC 9068).
#pragma once
#include "auth/jose.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sumun::auth {

/// A NumericDate; none where the member is absent. Errors: unauthorized, when it is no number that can be a date.
Result<std::optional<std::chrono::sys_seconds>> date_member(const json& object, const char* name);

/// What we want of a token.
struct Expected {
  std::string_view resource;  // canonical
  std::chrono::sys_seconds now;
  std::chrono::seconds skew;
};

/// What a token says, once it was checked.
struct Claims {
  std::string principal;  // with the issuer's prefix
  std::vector<std::string> groups;
  std::vector<std::string> scopes;
  std::chrono::sys_seconds expires;  // with the skew
  std::string bound_to;              // cnf.jkt; empty = not bound
};

/// Checks everything but the signature.
/// Errors: unauthorized; the message is fixed words.
Result<Claims> read_claims(const Jws& jws, const TrustedIssuer& issuer, const Expected& expected);

}  // namespace sumun::auth
