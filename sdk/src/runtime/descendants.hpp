// SPDX-License-Identifier: Apache-2.0
// The processes that this one started, and those that they started: none of them outlives an orderly end.
#pragma once
#include <chrono>

namespace sumun {
inline namespace v0 {

/// Asks every descendant to end (SIGTERM) and kills those that are left after `limit`. A process that cut itself loose
/// (a daemon: its parent ended before) is not among them. Returns at once where there are none.
/// Thread: one, at the end of the program.
void end_descendants(std::chrono::milliseconds limit);

}  // namespace v0
}  // namespace sumun
