// SPDX-License-Identifier: Apache-2.0
// Errors as each revision wants them.
#include "protocol/errors.hpp"

#include "base/json_text.hpp"
#include "protocol/codec.hpp"

namespace sumun::protocol {
namespace {

// "elicitation.url, sampling": what a capability object asks for, for people.
std::string words(const json& capabilities) {
  std::string out;
  for (const auto& [name, value] : capabilities.items()) {
    const auto add = [&out](const std::string& what) { out += (out.empty() ? "" : ", ") + what; };
    if (value.is_object() && !value.empty()) {
      for (const auto& [part, unused] : value.items()) {
        add(name + "." + part);
      }
    } else {
      add(name);
    }
  }
  return out;
}

}  // namespace

Error unsupported_protocol_version(std::string_view requested, std::span<const Revision> supported) {
  json versions = json::array();
  for (const Revision revision : supported) {
    versions.push_back(std::string(version_string(revision)));
  }
  json data = json::object();
  data["supported"] = std::move(versions);
  data["requested"] = std::string(requested.substr(0, kMaxNameBytes));
  return Error{ErrorCode::unsupported_protocol_version, "unsupported protocol version " + in_quotes(requested), std::move(data)};
}

Error missing_capability(const ClientCapabilities& required) {
  json data = encode(required);
  std::string message = "the client lacks the capability " + words(data);
  return Error{ErrorCode::unsupported, std::move(message), std::move(data)};
}

Error resource_not_found(std::string_view uri) {
  json data = json::object();
  data["uri"] = std::string(uri);
  return Error{ErrorCode::resource_not_found, "resource not found: " + in_quotes(uri, 256), std::move(data)};
}

Error error_for(Revision revision, Error error) {
  const bool modern = allows(revision, Feature::modern_errors);
  switch (error.code) {
    case ErrorCode::resource_not_found:
      if (!allows(revision, Feature::resource_not_found_code)) {
        error.code = ErrorCode::invalid_params;
      }
      break;
    case ErrorCode::unsupported:
      if (modern && error.data.is_object()) {
        json required = std::move(error.data);
        error.data = json::object();
        error.data["requiredCapabilities"] = std::move(required);
        error.code = ErrorCode::missing_required_client_capability;
      } else {
        error.code = ErrorCode::invalid_request;
      }
      break;
    case ErrorCode::missing_required_client_capability:
    case ErrorCode::unsupported_protocol_version:
    case ErrorCode::header_mismatch:
      if (!modern) {
        error.code = ErrorCode::invalid_request;
      }
      break;
    case ErrorCode::url_elicitation_required:
      if (!allows(revision, Feature::url_required_error)) {
        error.code = ErrorCode::invalid_request;
      }
      break;
    default:
      break;
  }
  return error;
}

}  // namespace sumun::protocol
