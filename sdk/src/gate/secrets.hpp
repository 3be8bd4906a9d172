// SPDX-License-Identifier: Apache-2.0
// What looks like a secret or like a person, in texts and names. It errs on the side of finding one: what is left out of a
// log can be looked up elsewhere, what is in it stays.
#pragma once
#include <string>
#include <string_view>

namespace sumun::gate {

/// `text` with "[redacted: card]", "[redacted: email]", "[redacted: token]", "[redacted: key]" (PEM) and
/// "[redacted: secret]" (what follows `password=`, `Authorization:` and the like) in the places of such. Time is linear.
std::string without_secrets(std::string_view text);

/// Whether a member of that name holds a secret: password, client_secret, apiKey, accessToken, x-api-key …
bool is_secret_name(std::string_view name);
/// Whether it holds one unless it is a number: token. (max_tokens holds none.)
bool is_token_name(std::string_view name);

/// Whether these digits can be the number of a payment card: its issuer, its length, its check digit (ISO/IEC 7812).
bool is_card(std::string_view digits);

}  // namespace sumun::gate
