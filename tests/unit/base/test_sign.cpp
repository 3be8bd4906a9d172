// SPDX-License-Identifier: Apache-2.0
// Signatures: the standard's own examples, and that nothing else passes for one.
#include "base/base64.hpp"
#include "base/sign.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace sumun;

namespace {

std::string bytes(const std::string& hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) out.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return out;
}

SigningSeed seed(const std::string& hex) {
  SigningSeed made{};
  const std::string raw = bytes(hex);
  std::copy(raw.begin(), raw.end(), made.begin());
  return made;
}

}  // namespace

TEST_CASE("the examples of RFC 8032, section 7.1") {
  const struct {
    const char* name;
    const char* secret;
    const char* key;
    const char* message;
    const char* signature;
  } cases[] = {{"1: nothing", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
               {"2: one byte", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"}};
  for (const auto& one : cases) {
    CAPTURE(one.name);
    CHECK(public_part(seed(one.secret)) == base64url_encode(bytes(one.key)));
    CHECK(sign(seed(one.secret), bytes(one.message)) == base64url_encode(bytes(one.signature)));
    CHECK(is_signed(base64url_encode(bytes(one.key)), bytes(one.message), base64url_encode(bytes(one.signature))));
  }
}

TEST_CASE("what was not signed with this key does not pass") {
  SigningSeed mine{}, other{};
  other.fill(1);
  const std::string key = public_part(mine), signature = sign(mine, "words");
  CHECK(is_signed(key, "words", signature));
  CHECK_FALSE(is_signed(key, "Words", signature));
  CHECK_FALSE(is_signed(key, "", signature));
  CHECK_FALSE(is_signed(public_part(other), "words", signature));
  CHECK_FALSE(is_signed(key, "words", sign(other, "words")));
  for (const char* no_key : {"", "x", "!", "AAAA"}) CHECK_FALSE(is_signed(no_key, "words", signature));
  for (const char* no_signature : {"", "x", "!", "AAAA"}) CHECK_FALSE(is_signed(key, "words", no_signature));
}
