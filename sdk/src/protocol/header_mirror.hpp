// SPDX-License-Identifier: Apache-2.0
// The HTTP headers that repeat parts of a modern request's body, from both sides: what a tool's schema may ask for, what
// a client sends, and what a server holds against the body before it believes either.
//   MCP-Protocol-Version: 2026-07-28      params._meta["io.modelcontextprotocol/protocolVersion"]
//   Mcp-Method: tools/call                method
//   Mcp-Name: execute_sql                 params.name, params.uri or params.taskId, by method
//   Mcp-Param-Region: us-west1            params.arguments.region, where its schema has "x-mcp-header": "Region"
//   Mcp-Param-Text: =?base64?w6Q=?=       the same for what is not plain ASCII
// Spec: 2026-07-28 basic/transports/streamable-http, Request Metadata
#pragma once
#include <sumun/result.hpp>
#include <sumun/transport.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sumun::protocol {

inline constexpr std::string_view kVersionHeader = "MCP-Protocol-Version";
inline constexpr std::string_view kMethodHeader = "Mcp-Method";
inline constexpr std::string_view kNameHeader = "Mcp-Name";
inline constexpr std::string_view kParamHeaderPrefix = "Mcp-Param-";

/// One parameter of a tool that is repeated in a header.
struct MirroredParam {
  enum class Type { string, integer, boolean };
  std::string header;             // the name behind Mcp-Param-
  std::vector<std::string> path;  // the members that lead to it from the arguments
  Type type = Type::string;

  friend bool operator==(const MirroredParam&, const MirroredParam&) = default;
};

/// The parameters that an input schema marks with `x-mcp-header`.
/// Errors: invalid_value where a mark breaks a rule: its name is no token or not the only one of that name, its property
///         is not a string, integer or boolean, or it is not reached through `properties` alone.
Result<std::vector<MirroredParam>> mirrored_params(const json& input_schema);

// -- the server's half. Errors: header_mismatch, naming the header and both values.

/// `version` is what the request's `_meta` says, known to us or not.
Result<void> check_version_header(const MirroredHeaders& headers, std::string_view version);
/// Mcp-Method and, where the method has one, Mcp-Name.
Result<void> check_method_headers(const MirroredHeaders& headers, std::string_view method, const json& params);
/// `arguments` as they came, before defaults are filled in. A value that breaks its type is left to the schema to refuse.
Result<void> check_param_headers(const MirroredHeaders& headers, const std::vector<MirroredParam>& mirrored, const json& arguments);

// -- the client's half

/// What Mcp-Name says of this request; null = it has no such header.
const std::string* mirrored_name(std::string_view method, const json& params);
/// The Mcp-Param-* headers of a call: names in full, values encoded.
/// Errors: invalid_params: an integer beyond ±(2^53−1).
Result<std::vector<std::pair<std::string, std::string>>> param_headers(const std::vector<MirroredParam>& mirrored, const json& arguments);
/// A value as a header carries it: as it is, or in the Base64 form.
std::string encode_header_value(std::string_view value);
/// The reverse, without the white space around it; nullopt = invalid characters or Base64.
std::optional<std::string> decode_header_value(std::string_view value);

}  // namespace sumun::protocol
