// SPDX-License-Identifier: Apache-2.0
#include "gate/password.hpp"

#include "base/random.hpp"

#include <argon2.h>

#include <array>
#include <cstdint>
#include <new>
#include <span>

namespace sumun::gate {
namespace {

// RFC 9106, section 4, the second recommended option, in one lane: whoever guesses pays 64 MiB and three passes for each try.
constexpr std::uint32_t kMemoryKiB = 64 * 1024;
constexpr std::uint32_t kPasses = 3;
constexpr std::uint32_t kLanes = 1;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;

}  // namespace

std::string hash_password(std::string_view password) {
  std::array<std::byte, kSaltBytes> salt;
  random_bytes(salt);
  std::string encoded(argon2_encodedlen(kPasses, kMemoryKiB, kLanes, kSaltBytes, kHashBytes, Argon2_id), '\0');
  const int code = argon2id_hash_encoded(kPasses, kMemoryKiB, kLanes, password.data(), password.size(), salt.data(), salt.size(), kHashBytes,
                                         encoded.data(), encoded.size());
  if (code != ARGON2_OK) throw std::bad_alloc();  // with these parameters nothing else can be wrong
  encoded.resize(encoded.find('\0'));
  return encoded;
}

bool fits(const std::string& encoded, std::string_view password) {
  if (!encoded.empty()) return argon2id_verify(encoded.c_str(), password.data(), password.size()) == ARGON2_OK;
  hash_password(password);
  return false;
}

}  // namespace sumun::gate
