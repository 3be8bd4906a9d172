// SPDX-License-Identifier: Apache-2.0
// The revisions of MCP and what differs between them, in one table. Features ask `allows(revision, Feature::x)`;
// nothing compares version strings or revisions with each other.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sumun {
inline namespace v0 {

/// A published revision of the protocol, oldest first.
enum class Revision : std::uint8_t { v2024_11_05, v2025_03_26, v2025_06_18, v2025_11_25, v2026_07_28 };

/// All of them, newest first: the order in which they are offered.
inline constexpr std::array<Revision, 5> kRevisions = {Revision::v2026_07_28, Revision::v2025_11_25, Revision::v2025_06_18,
                                                       Revision::v2025_03_26, Revision::v2024_11_05};
inline constexpr Revision kLatestRevision = Revision::v2026_07_28;
inline constexpr Revision kLatestLegacyRevision = Revision::v2025_11_25;  // the newest that `initialize` can select

/// "2026-07-28" and so on: the version string on the wire.
constexpr std::string_view version_string(Revision revision) {
  constexpr std::array<std::string_view, 5> kNames = {"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"};
  return kNames[static_cast<std::size_t>(revision)];
}

/// The revision that a version string names, if we know it.
constexpr std::optional<Revision> revision_of(std::string_view version) {
  for (const Revision revision : kRevisions) {
    if (version_string(revision) == version) {
      return revision;
    }
  }
  return std::nullopt;
}

/// What a revision may allow or demand. The table below says which do.
enum class Feature : std::uint8_t {
  always,                  // in every revision
  // -- how messages travel
  batching,                // several messages in one JSON array
  initialize,              // a session opened by `initialize`; also `ping`, pushed server requests
  per_request_meta,        // version and capabilities in every request's _meta: the modern era
  null_error_id,           // an error whose request id could not be read has "id": null; elsewhere it has no id
  ping,
  pushed_requests,         // the server sends sampling, roots and elicitation as requests of its own
  stream_polling,          // over HTTP an event stream begins with an id alone, and may be left and taken up again
  input_required,          // the server asks through a result, the client retries
  result_type,             // every result says `resultType`
  cache_hints,             // lists, resources/read and server/discover say `ttlMs` and `cacheScope`
  server_info_meta,        // results carry _meta["io.modelcontextprotocol/serverInfo"]
  set_level,               // logging/setLevel; elsewhere the level comes with the request
  subscribe,               // resources/subscribe and unsubscribe; elsewhere subscriptions/listen
  listen,                  // subscriptions/listen
  resource_not_found_code, // -32002 for an unknown resource; elsewhere -32602
  url_required_error,      // -32042, URL elicitation required
  modern_errors,           // -32020, -32021, -32022
  extensions,              // the `extensions` member of capabilities
  // -- what members types have
  completions_capability,
  progress_message,
  tool_annotations,
  audio,
  titles,
  icons,
  implementation_details,  // description and websiteUrl of an Implementation
  item_meta,               // _meta on items and content blocks (results and params have always had it)
  last_modified,           // annotations.lastModified
  resource_links,
  structured_output,       // outputSchema, structuredContent
  wrapped_output,          // output must be an object; other values travel as {"result": value}
  any_output,              // output may be any JSON value
  completion_context,
  // -- what the client does for the server
  elicitation,             // the form
  elicitation_mode,        // the member `mode`
  elicitation_url,
  elicitation_id,          // `elicitationId` of a URL elicitation, notifications/elicitation/complete
  rich_forms,              // titled and multiple choices, defaults for strings and numbers, $schema
  sampling_tools,          // tools, toolChoice, tool_use, tool_result
  sampling_lists,          // a message's content may be an array
  roots_list_changed,
  task_fields,             // execution.taskSupport, capabilities.tasks (the experimental form of 2025-11-25)
};

/// One row: the first and the last revision that has the feature.
struct FeatureSpan {
  Feature feature;
  Revision since;
  Revision until;
};

namespace revision_table {
inline constexpr Revision kR1 = Revision::v2024_11_05;
inline constexpr Revision kR2 = Revision::v2025_03_26;
inline constexpr Revision kR3 = Revision::v2025_06_18;
inline constexpr Revision kR4 = Revision::v2025_11_25;
inline constexpr Revision kR5 = Revision::v2026_07_28;
}  // namespace revision_table

/// The table, in the order of the enumeration. Spec: the changelog page and schema.ts of each revision.
inline constexpr FeatureSpan kFeatures[] = {
    {Feature::always, revision_table::kR1, revision_table::kR5},
    {Feature::batching, revision_table::kR2, revision_table::kR2},
    {Feature::initialize, revision_table::kR1, revision_table::kR4},
    {Feature::per_request_meta, revision_table::kR5, revision_table::kR5},
    {Feature::null_error_id, revision_table::kR1, revision_table::kR3},
    {Feature::ping, revision_table::kR1, revision_table::kR4},
    {Feature::pushed_requests, revision_table::kR1, revision_table::kR4},
    {Feature::stream_polling, revision_table::kR4, revision_table::kR4},
    {Feature::input_required, revision_table::kR5, revision_table::kR5},
    {Feature::result_type, revision_table::kR5, revision_table::kR5},
    {Feature::cache_hints, revision_table::kR5, revision_table::kR5},
    {Feature::server_info_meta, revision_table::kR5, revision_table::kR5},
    {Feature::set_level, revision_table::kR1, revision_table::kR4},
    {Feature::subscribe, revision_table::kR1, revision_table::kR4},
    {Feature::listen, revision_table::kR5, revision_table::kR5},
    {Feature::resource_not_found_code, revision_table::kR1, revision_table::kR4},
    {Feature::url_required_error, revision_table::kR4, revision_table::kR4},
    {Feature::modern_errors, revision_table::kR5, revision_table::kR5},
    {Feature::extensions, revision_table::kR5, revision_table::kR5},
    {Feature::completions_capability, revision_table::kR2, revision_table::kR5},
    {Feature::progress_message, revision_table::kR2, revision_table::kR5},
    {Feature::tool_annotations, revision_table::kR2, revision_table::kR5},
    {Feature::audio, revision_table::kR2, revision_table::kR5},
    {Feature::titles, revision_table::kR3, revision_table::kR5},
    {Feature::icons, revision_table::kR4, revision_table::kR5},
    {Feature::implementation_details, revision_table::kR4, revision_table::kR5},
    {Feature::item_meta, revision_table::kR3, revision_table::kR5},
    {Feature::last_modified, revision_table::kR3, revision_table::kR5},
    {Feature::resource_links, revision_table::kR3, revision_table::kR5},
    {Feature::structured_output, revision_table::kR3, revision_table::kR5},
    {Feature::wrapped_output, revision_table::kR3, revision_table::kR4},
    {Feature::any_output, revision_table::kR5, revision_table::kR5},
    {Feature::completion_context, revision_table::kR3, revision_table::kR5},
    {Feature::elicitation, revision_table::kR3, revision_table::kR5},
    {Feature::elicitation_mode, revision_table::kR4, revision_table::kR5},
    {Feature::elicitation_url, revision_table::kR4, revision_table::kR5},
    {Feature::elicitation_id, revision_table::kR4, revision_table::kR4},
    {Feature::rich_forms, revision_table::kR4, revision_table::kR5},
    {Feature::sampling_tools, revision_table::kR4, revision_table::kR5},
    {Feature::sampling_lists, revision_table::kR4, revision_table::kR5},
    {Feature::roots_list_changed, revision_table::kR1, revision_table::kR4},
    {Feature::task_fields, revision_table::kR4, revision_table::kR4},
};

/// Whether `revision` has `feature`.
constexpr bool allows(Revision revision, Feature feature) {
  const FeatureSpan& row = kFeatures[static_cast<std::size_t>(feature)];
  return row.since <= revision && revision <= row.until;
}

/// The two eras: modern requests describe themselves, legacy ones belong to a session.
constexpr bool is_modern(Revision revision) { return allows(revision, Feature::per_request_meta); }

namespace revision_table {
constexpr bool features_in_order() {
  std::size_t index = 0;
  for (const FeatureSpan& row : kFeatures) {
    if (static_cast<std::size_t>(row.feature) != index++ || row.until < row.since) {
      return false;
    }
  }
  return index == static_cast<std::size_t>(Feature::task_fields) + 1;
}
static_assert(features_in_order(), "kFeatures has one row a feature, in the order of the enumeration");
}  // namespace revision_table

}  // namespace v0
}  // namespace sumun
