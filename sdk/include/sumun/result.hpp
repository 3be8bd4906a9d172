// SPDX-License-Identifier: Apache-2.0
// How anything that can fail says so: Result<T> holds a value or an Error.
#pragma once
#include <sumun/export.hpp>

#include <boost/system/result.hpp>
#include <nlohmann/json.hpp>

#include <concepts>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sumun {
inline namespace v0 {

using json = nlohmann::json;

/// What kind of failure an Error is. A positive value is ours and local; a negative one goes to the wire as it is.
/// Spec: 2026-07-28 basic, Error Codes (and JSON-RPC 2.0, section 5.1)
enum class ErrorCode : int {
  parse_error = -32700,       // the text is no JSON
  invalid_request = -32600,   // JSON, but no JSON-RPC message
  method_not_found = -32601,
  invalid_params = -32602,
  internal_error = -32603,
  resource_not_found = -32002,               // 2025-11-25 and before; 2026-07-28 has invalid_params instead
  url_elicitation_required = -32042,         // 2025-11-25 only
  header_mismatch = -32020,                  // 2026-07-28
  missing_required_client_capability = -32021,  // 2026-07-28; `unsupported` becomes this at the edge
  unsupported_protocol_version = -32022,     // 2026-07-28
  unauthorized = 401,        // no token, or none that is valid
  insufficient_scope = 403,  // the token does not allow it; `data` is {"scopes": [what it takes]}
  too_many_requests = 429,  // over a budget or a rate
  busy = 503,               // too much is waiting already
  // Local: never on the wire under these numbers.
  failed = 1,       // the work itself failed; a tool's own failure
  cancelled = 2,    // the caller gave up
  timeout = 3,      // a deadline passed
  closed = 4,       // the connection is gone
  unsupported = 5,  // the client lacks a capability; `data` is its ClientCapabilities shape
  invalid_value = 6,  // a value that breaks its type or schema; the message names the path
  io = 7,           // the operating system refused; the message names the file
  denied = 8,       // whoever asks may not
  not_found = 9,    // there is none by that name
};

/// A failure: a code for programs, a sentence for people (lower case, no full stop, the offending name in it) and,
/// where there is more to tell, `data` for the wire.
struct Error {
  ErrorCode code = ErrorCode::failed;
  std::string message;
  json data = nullptr;  // null = none

  friend bool operator==(const Error&, const Error&) = default;
};

/// Thrown by Result::value() when there is no value; carries the Error.
class SUMUN_EXPORT ErrorException : public std::exception {
 public:
  explicit ErrorException(Error error) : error_(std::move(error)) {}
  const char* what() const noexcept override { return error_.message.c_str(); }
  const Error& error() const noexcept { return error_; }

 private:
  Error error_;
};

[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw ErrorException(error);
}

/// A value or an Error. `value()` throws ErrorException where there is none.
template <class T>
class [[nodiscard]] Result : public boost::system::result<T, Error> {
 public:
  using boost::system::result<T, Error>::result;

  /// For a T that an Error can be made from too (json converts to everything): the base takes it by explicit call only.
  template <class U>
    requires(std::same_as<std::remove_cvref_t<U>, T> && std::is_constructible_v<Error, T>)
  Result(U&& value) : boost::system::result<T, Error>(boost::system::in_place_value, std::forward<U>(value)) {}
};

/// A failure of the work itself, in words that a person or a model can act on.
inline Error fail(std::string message) { return Error{ErrorCode::failed, std::move(message), nullptr}; }
inline Error fail(ErrorCode code, std::string message) { return Error{code, std::move(message), nullptr}; }

}  // namespace v0
}  // namespace sumun
