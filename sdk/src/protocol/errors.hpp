// SPDX-License-Identifier: Apache-2.0
// Errors as each revision wants them.
#pragma once
#include <sumun/revision.hpp>
#include <sumun/types.hpp>

#include "jsonrpc/message.hpp"

#include <span>
#include <string>
#include <string_view>

namespace sumun::protocol {

/// -32022 with {"supported": […], "requested": "…"}. Spec: 2026-07-28 basic/versioning
Error unsupported_protocol_version(std::string_view requested, std::span<const Revision> supported);
/// ErrorCode::unsupported with the capabilities that are missing; on the wire -32021 where the revision has it.
Error missing_capability(const ClientCapabilities& required);
/// ErrorCode::resource_not_found with {"uri": …}; on the wire -32002 or -32602.
Error resource_not_found(std::string_view uri);

/// The error as a revision spells it: resource_not_found and unsupported become that revision's codes, codes that it
/// does not have become invalid_params or internal_error.
Error error_for(Revision revision, Error error);

/// How the revision says that an id could not be read.
constexpr jsonrpc::MissingId missing_id(Revision revision) {
  return allows(revision, Feature::null_error_id) ? jsonrpc::MissingId::null : jsonrpc::MissingId::omitted;
}

}  // namespace sumun::protocol
