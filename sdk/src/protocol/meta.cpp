// SPDX-License-Identifier: Apache-2.0
// Reading and writing `_meta`.
#include "protocol/meta.hpp"

#include "base/json_text.hpp"
#include "protocol/codec.hpp"
#include "protocol/fields.hpp"
#include "protocol/reader.hpp"

#include <algorithm>

namespace sumun::protocol {
namespace {

constexpr std::string_view kProgressToken = "progressToken";

Error refuse(std::string message) { return Error{ErrorCode::invalid_params, std::move(message), nullptr}; }

// Takes one key out of `_meta`. Null counts as absent.
std::optional<json> take(json::object_t& members, std::string_view key) {
  const auto at = members.find(key);
  if (at == members.end()) {
    return std::nullopt;
  }
  json value = std::move(at->second);
  members.erase(at);
  return value.is_null() ? std::nullopt : std::optional<json>(std::move(value));
}

template <class T>
bool take_as(json::object_t& members, std::string_view key, T& out, const Path& path, Fault& fault) {
  std::optional<json> value = take(members, key);
  if (!value) {
    return true;
  }
  if constexpr (kIsOptional<T>) {
    return read(*value, out.emplace(), Path{&path, key}, fault);
  } else {
    return read(*value, out, Path{&path, key}, fault);
  }
}

bool is_modern_version(std::string_view version) {
  const std::optional<Revision> revision = revision_of(version);
  return revision && is_modern(*revision);
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) { return is_letter(c) || is_digit(c); }

bool is_label(std::string_view label) {
  return !label.empty() && is_letter(label.front()) && is_alphanumeric(label.back()) &&
         std::all_of(label.begin(), label.end(), [](char c) { return is_alphanumeric(c) || c == '-'; });
}

bool is_name(std::string_view name) {
  return name.empty() || (is_alphanumeric(name.front()) && is_alphanumeric(name.back()) &&
                          std::all_of(name.begin(), name.end(), [](char c) {
                            return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
                          }));
}

}  // namespace

Result<RequestMeta> take_request_meta(json& params, LegacySession session) {
  RequestMeta meta;
  if (params.is_null()) {
    return meta;
  }
  auto* const members = params.get_ptr<json::object_t*>();
  if (members == nullptr) {
    return refuse("params: expected object");
  }
  std::optional<json> taken = take(*members, "_meta");
  if (!taken) {
    return meta;
  }
  auto* const keys = taken->get_ptr<json::object_t*>();
  if (keys == nullptr) {
    return refuse("params._meta: expected object");
  }

  Fault fault;
  const Path root{nullptr, "params"};
  const Path path{&root, "_meta"};
  if (!take_as(*keys, kProtocolVersionKey, meta.protocolVersion, path, fault)) {
    return refuse(std::move(fault.message));
  }
  if (meta.protocolVersion && !is_modern_version(*meta.protocolVersion)) {
    meta.rest = *std::move(taken);  // what it means only that version knows
    return meta;
  }
  if (!meta.protocolVersion && session == LegacySession::none) {
    for (const std::string_view key : {kClientCapabilitiesKey, kClientInfoKey, kLogLevelKey}) {
      if (keys->contains(key)) {
        fault.set(Path{&path, kProtocolVersionKey}, "missing");
        return refuse(std::move(fault.message));
      }
    }
  }
  if (meta.protocolVersion) {
    if (const auto at = keys->find(kClientCapabilitiesKey); at == keys->end() || at->second.is_null()) {
      fault.set(Path{&path, kClientCapabilitiesKey}, "missing");
      return refuse(std::move(fault.message));
    }
    if (!take_as(*keys, kClientCapabilitiesKey, meta.clientCapabilities, path, fault) ||
        !take_as(*keys, kClientInfoKey, meta.clientInfo, path, fault) ||
        !take_as(*keys, kLogLevelKey, meta.logLevel, path, fault)) {
      return refuse(std::move(fault.message));
    }
  }
  if (!take_as(*keys, kProgressToken, meta.progressToken, path, fault)) {
    return refuse(std::move(fault.message));
  }
  meta.rest = *std::move(taken);
  return meta;
}

json encode_request_meta(const RequestMeta& meta) {
  json out = meta.rest.is_object() ? meta.rest : json::object();
  auto& keys = *out.get_ptr<json::object_t*>();
  const auto put = [&keys](std::string_view key, json value) { keys[std::string(key)] = std::move(value); };
  if (meta.protocolVersion) {
    put(kProtocolVersionKey, *meta.protocolVersion);
    put(kClientCapabilitiesKey, encode(meta.clientCapabilities));
    if (meta.clientInfo) {
      put(kClientInfoKey, encode(*meta.clientInfo));
    }
    if (meta.logLevel) {
      put(kLogLevelKey, std::string(level_name(*meta.logLevel)));
    }
  }
  if (meta.progressToken) {
    put(kProgressToken, meta.progressToken->to_json());
  }
  return out;
}

json subscription_meta(const RequestId& id) {
  json out = json::object();
  out[std::string(kSubscriptionIdKey)] = id.to_json();
  return out;
}

// Spec: 2026-07-28 basic, _meta, "Key name format"
bool is_valid_meta_key(std::string_view key) {
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) {
    return is_name(key);
  }
  std::string_view prefix = key.substr(0, slash);
  for (;;) {
    const std::size_t dot = prefix.find('.');
    if (!is_label(prefix.substr(0, dot))) {
      return false;
    }
    if (dot == std::string_view::npos) {
      return is_name(key.substr(slash + 1));
    }
    prefix.remove_prefix(dot + 1);
  }
}

bool is_reserved_meta_key(std::string_view key) {
  if (key == kProgressToken || key == "traceparent" || key == "tracestate" || key == "baggage") {
    return true;
  }
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) {
    return false;
  }
  const std::string_view prefix = key.substr(0, slash);
  const std::size_t first = prefix.find('.');
  if (first == std::string_view::npos) {
    return false;
  }
  const std::string_view rest = prefix.substr(first + 1);
  const std::string_view second = rest.substr(0, rest.find('.'));
  return second == "modelcontextprotocol" || second == "mcp";
}

}  // namespace sumun::protocol
