// SPDX-License-Identifier: Apache-2.0
// Base64 (RFC 4648): the standard alphabet with padding for content blocks, the URL-safe one without for tokens.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace sumun {

std::string base64_encode(std::string_view bytes);     // "+/", padded
std::string base64url_encode(std::string_view bytes);  // "-_", not padded
/// Nothing where the text is not the one encoding of some bytes (alphabet, length, padding, trailing bits).
std::optional<std::string> base64_decode(std::string_view text);
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace sumun
