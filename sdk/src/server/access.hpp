// SPDX-License-Identifier: Apache-2.0
// What a principal's scopes and the policy open: an entry that lacks nothing is there, one that does is refused or not to be
// seen.
#pragma once
#include "base/json_text.hpp"
#include "base/scopes.hpp"
#include "server/core.hpp"

#include <sumun/policy.hpp>
#include <sumun/principal.hpp>
#include <sumun/server.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sumun::server {

/// `Options` has `scopes` and `scope_policy`.
template <class Options>
bool is_open(const Principal& who, const Options& options) {
  return options.scopes.empty() || !who.scopes || holds_all(*who.scopes, options.scopes);
}

// What the policy is asked about an entry.
inline PolicyRequest about(const Principal& who, const ToolEntry& entry) {
  return {who, TargetKind::tool, entry.definition.name, entry.options.module, entry.options.effects};
}
inline PolicyRequest about(const Principal& who, const PromptEntry& entry) {
  return {who, TargetKind::prompt, entry.definition.name, entry.options.module};
}
inline PolicyRequest about(const Principal& who, const TemplateEntry& entry) {
  return {who, TargetKind::resource_template, entry.definition.uriTemplate, entry.options.module};
}
inline PolicyRequest about(const Principal& who, const ResourceOptions& options, std::string_view uri) {
  return {who, TargetKind::resource, uri, options.module};
}
inline PolicyRequest about(const Principal& who, const ResourceEntry& entry) { return about(who, entry.options, entry.definition.uri); }

inline bool is_enforced(const Registry& registry) { return registry.policy && registry.policy->options().mode == PolicyMode::enforce; }
/// Whether the policy refuses it whatever the arguments.
inline bool is_hidden(const Registry& registry, const PolicyRequest& request) { return is_enforced(registry) && registry.policy->hides(request); }

template <class Options>
bool scopes_show(const Principal& who, const Options& options) {
  return options.scope_policy == ScopePolicy::step_up || is_open(who, options);
}

template <class Entry>
bool is_visible(const Registry& registry, const Principal& who, const Entry& entry) {
  return scopes_show(who, entry.options) && !is_hidden(registry, about(who, entry));
}
/// Of what a URI leads to: a resource, or one of a template's.
inline bool is_visible(const Registry& registry, const Principal& who, const ResourceOptions& options, std::string_view uri) {
  return scopes_show(who, options) && !is_hidden(registry, about(who, options, uri));
}

/// The nearest known name, for a model that mistyped one.
template <class Entry>
std::string nearest(const Registry& registry, const Table<Entry>& table, const std::string& name, const Principal& who) {
  std::string best;
  std::size_t least = name.size() / 2 + 1;
  for (const auto& entry : table.list()) {
    const std::string& other = entry->key();
    if (name.size() > 64 || other.size() > 64 || !is_visible(registry, who, *entry)) continue;
    std::vector<std::size_t> row(other.size() + 1);
    for (std::size_t j = 0; j <= other.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= name.size(); ++i) {
      std::size_t diagonal = std::exchange(row[0], i);
      for (std::size_t j = 1; j <= other.size(); ++j) {
        const std::size_t cost = diagonal + (name[i - 1] == other[j - 1] ? 0 : 1);
        diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, cost}));
      }
    }
    if (row.back() < least) {
      least = row.back();
      best = other;
    }
  }
  return best.empty() ? "" : "; did you mean '" + best + "'?";
}

/// What the policy does not simply allow of one request.
struct Refusal {
  Decision decision;   // ask or deny
  std::string reason;  // the rule's; empty = it gives none
  std::string rule;    // "rule 2, config.toml:12"
  AskTerms terms;      // where it asks
  bool whatever;       // whatever the arguments
  bool observed;       // it goes on all the same: the policy only observes
};
/// None = it is allowed. What is not is logged.
std::optional<Refusal> weigh(const Core& core, const Registry& registry, const PolicyRequest& request);
/// The same; none = it goes on.
std::optional<Refusal> judge(const Core& core, const Registry& registry, const PolicyRequest& request);
/// What allowed it; empty = there is no policy.
std::string rule_of(const Registry& registry, const PolicyRequest& request);
/// A refused tool in words that a model can act on.
std::string words_of(const Refusal& refusal, const std::string& tool);

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
