// SPDX-License-Identifier: Apache-2.0
// What the status and the headers of an answer mean to a client.
#pragma once
#include "http/client.hpp"

#include <sumun/result.hpp>

#include <string>
#include <string_view>

namespace sumun {
inline namespace v0 {

enum class BodyKind { none, message, events, other };
/// By Content-Type.
BodyKind body_kind(const http::Headers& headers);

/// The value of one parameter of WWW-Authenticate (`scope`, `error`, …), unquoted; empty = there is none.
/// Spec: RFC 9110 section 11.6.1, RFC 6750 section 3
std::string challenge_parameter(std::string_view www_authenticate, std::string_view name);

/// What a status beyond 2xx says, in words. 401 and 403 name the scope that is asked for (data: {"scopes": […]}); 429 and
/// 503 how long to wait. A 4xx that says nothing of the caller's rights is invalid_value: perhaps no such revision is spoken.
Error status_error(unsigned status, const http::Headers& headers, bool sent_token);

/// Whether the text is the answer to a request, and not something that the server says on its own.
bool is_response(std::string_view text);
/// Whether the text is an error response, with or without an id.
bool is_error_response(std::string_view text);

}  // namespace v0
}  // namespace sumun
