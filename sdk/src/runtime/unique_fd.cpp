// SPDX-License-Identifier: Apache-2.0
// Closing.
#include "runtime/unique_fd.hpp"

#include <unistd.h>

namespace sumun {
inline namespace v0 {

void UniqueFd::reset(int fd) {
  if (fd_ >= 0 && fd_ != fd) ::close(fd_);
  fd_ = fd;
}

}  // namespace v0
}  // namespace sumun
