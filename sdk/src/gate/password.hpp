// SPDX-License-Identifier: Apache-2.0
// Passwords of approvers: argon2id (RFC 9106), encoded with its parameters and its salt.
#pragma once
#include <string>
#include <string_view>

namespace sumun::gate {

/// "$argon2id$v=19$m=65536,t=3,p=1$SALT$HASH", with a new salt each time.
std::string hash_password(std::string_view password);

/// Whether the encoded hash is this password's. An empty `encoded` belongs to nobody: no password fits, and it takes as long.
bool fits(const std::string& encoded, std::string_view password);

}  // namespace sumun::gate
