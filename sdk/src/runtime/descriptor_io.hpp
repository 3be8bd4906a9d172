// SPDX-License-Identifier: Apache-2.0
// The few system calls on descriptors that the transports need, with their errors as values.
#pragma once
#include "runtime/unique_fd.hpp"

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace sumun {
inline namespace v0 {

inline constexpr std::size_t kMaxGathered = 16;  // parts of one write

/// Writes as much as fits at once. Gives the bytes written; `failure` is set when nothing was (would_block: try later).
/// At most kMaxGathered parts. A write that a signal interrupts is begun again.
std::size_t write_gathered(int fd, std::span<const std::string_view> parts, boost::system::error_code& failure);

/// Tells a socket's peer that nothing more comes; closing does that for everything else.
void end_writing(int fd);

/// True if whoever reads the other end of `fd` is gone for good.
bool reader_is_gone(int fd);

/// A descriptor that reads or writes what `fd` does and whose O_NONBLOCK is nobody else's: pipes and terminals are opened
/// anew, for the rest (sockets, files) it is a duplicate. Close-on-exec. Empty on failure.
/// Why: O_NONBLOCK belongs to the open description, which the parent, stderr or a sibling may share.
enum class Direction { read, write };
bool shares_blocking_mode(int fd);  // true where only a duplicate can be had
UniqueFd private_descriptor(int fd, Direction direction, boost::system::error_code& failure);

/// Remembers O_NONBLOCK of a descriptor and puts it back when it ends, before the descriptor is closed.
class BlockingModeGuard {
 public:
  explicit BlockingModeGuard(int fd);
  ~BlockingModeGuard() { restore(); }
  BlockingModeGuard(const BlockingModeGuard&) = delete;
  BlockingModeGuard& operator=(const BlockingModeGuard&) = delete;
  void restore() noexcept;

 private:
  int fd_;
  bool blocked_ = false;  // it blocked when the guard was made
};

/// Writing to a pipe without a reader is an error value, not the death of the process.
void ignore_sigpipe();

}  // namespace v0
}  // namespace sumun
