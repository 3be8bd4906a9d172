// SPDX-License-Identifier: Apache-2.0
// Sealed text: what we hand to a peer to keep and bring back, which it can neither read nor change (AES-256-GCM).
//
//   sealed = base64url( version 0x01 | nonce, 12 bytes | ciphertext | tag, 16 bytes )
#pragma once
#include <sumun/result.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sumun {

using SealKey = std::array<std::uint8_t, 32>;

/// Seals with its first key, opens with any of them (keys are rotated by putting a new one in front).
/// Nonces are random: a key is good for 2^32 seals.
/// Thread: any; both functions are const and keep no state.
class Sealer {
 public:
  /// With a random key of this process: what it sealed, no other process opens.
  Sealer();
  /// `keys` is not empty.
  explicit Sealer(std::vector<SealKey> keys);
  ~Sealer();
  Sealer(Sealer&&) noexcept;
  Sealer& operator=(Sealer&&) noexcept;

  /// `context` is not part of the text but must be the same when it is opened (what the text is good for).
  std::string seal(std::string_view plain, std::string_view context) const;
  /// Errors: invalid_value, always with the same words: the peer learns nothing of the reason.
  Result<std::string> open(std::string_view sealed, std::string_view context) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sumun
