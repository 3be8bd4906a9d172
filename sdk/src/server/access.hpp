// SPDX-License-Identifier: Apache-2.0
// What a principal's scopes open: an entry that lacks nothing is there, one that does is refused or not to be seen.
#pragma once
#include "base/json_text.hpp"
#include "base/scopes.hpp"
#include "server/core.hpp"

#include <sumun/principal.hpp>
#include <sumun/server.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace sumun::server {

/// `Options` has `scopes` and `scope_policy`.
template <class Options>
bool is_open(const Principal& who, const Options& options) {
  return options.scopes.empty() || !who.scopes || holds_all(*who.scopes, options.scopes);
}

template <class Options>
bool is_visible(const Principal& who, const Options& options) {
  return options.scope_policy == ScopePolicy::step_up || is_open(who, options);
}

/// The refusal, where a visible entry is not open.
/// Spec: 2026-07-28 basic/authorization, Runtime Insufficient Scope Errors
template <class Options>
std::optional<Error> lacks_scope(const Principal& who, const Options& options, const std::string& target) {
  if (is_open(who, options)) return std::nullopt;
  std::string words;
  for (const std::string& scope : options.scopes) words += " " + scope;
  json data = json::object();
  data["scopes"] = options.scopes;
  return Error{ErrorCode::insufficient_scope, in_quotes(target) + " takes a token with the scopes" + words, std::move(data)};
}

/// The options of what a URI leads to: a resource, else the first template that matches; null = nothing.
inline const ResourceOptions* behind(const Registry& registry, std::string_view uri) {
  if (const auto entry = registry.resources.find(uri)) return &entry->options;
  for (const auto& entry : registry.templates.list())
    if (entry->pattern.match(uri)) return &entry->options;
  return nullptr;
}

}  // namespace sumun::server
