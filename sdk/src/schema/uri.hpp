// SPDX-License-Identifier: Apache-2.0
// The five parts of a URI reference, and a reference resolved against a base: RFC 3986, sections 3 and 5. Nothing is
// checked and nothing is normalised but the dot segments that resolving removes; IRIs go through unchanged.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace sumun::schema {

/// Views into the text that was split. A part that is absent is not the same as an empty one: "a?" has an empty query.
struct UriParts {
  std::optional<std::string_view> scheme;     // without ":"
  std::optional<std::string_view> authority;  // without "//"
  std::string_view path;
  std::optional<std::string_view> query;     // without "?"
  std::optional<std::string_view> fragment;  // without "#"
};

/// Always succeeds: RFC 3986, appendix B.
UriParts split_uri(std::string_view reference);

/// The reference as seen from `base` (section 5.2, strict). A base without a scheme works too: what it lacks stays away.
std::string resolve_uri(std::string_view base, std::string_view reference);

/// The text before "#", and behind it (none where there is no "#").
std::string_view without_fragment(std::string_view reference);
std::optional<std::string_view> fragment_of(std::string_view reference);

}  // namespace sumun::schema
