// SPDX-License-Identifier: Apache-2.0
// Unguessable bytes and ids, from the kernel.
#pragma once
#include <cstddef>
#include <span>
#include <string>

namespace sumun {

/// Fills `out`. The process ends (abort) if the kernel has no randomness: nothing here is safe without it.
/// Small amounts come out of a buffer of the thread's own, each byte once, never the same after a fork.
/// Thread: any.
void random_bytes(std::span<std::byte> out);
/// 128 bits as base64url, 22 characters, the first not '-': people type ids on command lines.
std::string random_id();

}  // namespace sumun
