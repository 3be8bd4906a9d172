// SPDX-License-Identifier: Apache-2.0
// Which HTTP status an answer gets, and what goes with it.
#pragma once
#include <sumun/result.hpp>

#include <string>
#include <vector>

namespace sumun {
inline namespace v0 {

/// The status of a JSON-RPC error that answers a modern request.
/// What the specification says nothing of stays 200: the transport has done its work, the answer is the error.
constexpr int http_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::parse_error:      // "if the server cannot accept it": Sending Messages, 5
    case ErrorCode::invalid_request:  // the same
    case ErrorCode::header_mismatch:  // Server Validation
    case ErrorCode::missing_required_client_capability:  // basic, Per-request protocol fields
    case ErrorCode::unsupported:                         // what becomes that on the wire
    case ErrorCode::unsupported_protocol_version: return 400;  // Protocol Version Header
    case ErrorCode::method_not_found: return 404;              // the same
    case ErrorCode::insufficient_scope: return 403;            // basic/authorization, Scope Challenge Handling
    case ErrorCode::too_many_requests: return 429;             // RFC 6585
    case ErrorCode::busy:
    case ErrorCode::closed: return 503;
    default: return 200;
  }
}

/// What an insufficient_scope error asks for, to word the challenge with.
inline std::vector<std::string> scopes_of(const Error& error) {
  std::vector<std::string> scopes;
  const auto needed = error.data.is_object() ? error.data.find("scopes") : error.data.end();
  if (!error.data.is_object() || needed == error.data.end()) return scopes;
  for (const json& scope : *needed)
    if (scope.is_string()) scopes.push_back(scope.get<std::string>());
  return scopes;
}

}  // namespace v0
}  // namespace sumun
