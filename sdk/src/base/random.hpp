// SPDX-License-Identifier: Apache-2.0
// Unguessable bytes and ids, from the kernel.
#pragma once
#include <cstddef>
#include <span>
#include <string>

namespace sumun {

/// Fills `out`. The process ends (abort) if the kernel has no randomness: nothing here is safe without it.
/// Thread: any.
void random_bytes(std::span<std::byte> out);
/// 128 bits as base64url, 22 characters. Cheap: a small buffer a thread, never reused after a fork.
std::string random_id();

}  // namespace sumun
