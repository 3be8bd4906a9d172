// SPDX-License-Identifier: Apache-2.0
// The keys that seal requestState, in a file that all processes of a machine share (0600), or given by the program; and
// that which signs the audit log's heads, in a file of the same kind.
//
//   a line a key, the first seals: 64 hexadecimal digits, and since when it does in Unix seconds
//   3f…9c 1763640000
#pragma once
#include "base/seal.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <sys/stat.h>

namespace sumun::store {

enum class Missing { make, leave };

/// The first key of a file, which only its owner can read. Null = there is none, and it was not to be made.
/// Errors: as KeyRing::sealer.
Result<std::optional<SealKey>> secret_of(const std::filesystem::path& file, Missing missing);

/// Thread: any.
class KeyRing {
 public:
  /// Given keys win; with neither there are none.
  KeyRing(std::string given, std::filesystem::path file);

  /// Null = there are no keys. Makes the file where it is missing, and reads it again when it has changed.
  /// Errors: io, invalid_value (with the file's name, never with what it holds).
  Result<std::shared_ptr<const Sealer>> sealer();
  /// Puts a new key in front, and drops those that nothing can be sealed with any more.
  /// Errors: also unsupported where there is no file.
  Result<void> rotate();

 private:
  Result<void> load();
  const std::string given_;
  const std::filesystem::path file_;
  std::mutex mutex_;  // guards what follows
  std::shared_ptr<const Sealer> sealer_;
  struct ::stat seen_ {};
};

}  // namespace sumun::store
