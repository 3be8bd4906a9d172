// SPDX-License-Identifier: Apache-2.0
// `_meta`: what a modern request says of itself, and the rules for key names.
#pragma once
#include <sumun/revision.hpp>
#include <sumun/types.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace sumun::protocol {

inline constexpr std::string_view kProtocolVersionKey = "io.modelcontextprotocol/protocolVersion";
inline constexpr std::string_view kClientInfoKey = "io.modelcontextprotocol/clientInfo";
inline constexpr std::string_view kClientCapabilitiesKey = "io.modelcontextprotocol/clientCapabilities";
inline constexpr std::string_view kLogLevelKey = "io.modelcontextprotocol/logLevel";
inline constexpr std::string_view kSubscriptionIdKey = "io.modelcontextprotocol/subscriptionId";
inline constexpr std::string_view kServerInfoKey = "io.modelcontextprotocol/serverInfo";

/// Whether `initialize` has opened a session that this message may belong to.
enum class LegacySession { none, open };

/// Takes `_meta` out of a request's params (which keep everything else) and reads it.
/// A message is modern iff its `_meta` names a protocol version; then `is_modern()` holds. With a version that is not a
/// modern one that we know, nothing else is judged: the caller answers unsupported_protocol_version.
/// Errors:  invalid_params: `_meta` is no object; a modern request lacks its capabilities; a value has the wrong type;
///          the version is missing while other per-request keys are there and no legacy session is open.
/// Spec:    2026-07-28 basic, Per-request protocol fields
Result<RequestMeta> take_request_meta(json& params, LegacySession session);

/// The client's half: the `_meta` that goes out with a request.
json encode_request_meta(const RequestMeta& meta);

/// {"io.modelcontextprotocol/subscriptionId": id}, for everything that a subscription delivers.
json subscription_meta(const RequestId& id);

/// Whether a key has the form that the specification demands: labels with dots and a slash, or none, then a name.
bool is_valid_meta_key(std::string_view key);
/// Whether a key belongs to MCP: its prefix has `modelcontextprotocol` or `mcp` as the second label, or it is one of
/// progressToken, traceparent, tracestate, baggage.
bool is_reserved_meta_key(std::string_view key);

}  // namespace sumun::protocol
