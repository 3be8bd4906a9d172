// SPDX-License-Identifier: Apache-2.0
// Signatures that anybody can check who knows the public part of a key (Ed25519, RFC 8032).
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace sumun {

/// The secret of a key pair.
using SigningSeed = std::array<std::uint8_t, 32>;

/// base64url, 43 characters.
std::string public_part(const SigningSeed& seed);
/// base64url, 86 characters.
std::string sign(const SigningSeed& seed, std::string_view bytes);
/// False also where key or signature are no such thing.
bool is_signed(std::string_view public_part, std::string_view bytes, std::string_view signature);

}  // namespace sumun
