// SPDX-License-Identifier: Apache-2.0
// Randomness from getrandom(2).
#include "base/random.hpp"

#include "base/base64.hpp"

#include <pthread.h>
#include <sys/random.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace sumun {
namespace {

// Counts forks, so that a child does not hand out what its parent has in its buffers.
std::atomic<unsigned> g_forks{0};
[[maybe_unused]] const int g_counts_forks = pthread_atfork(nullptr, nullptr, [] { g_forks.fetch_add(1, std::memory_order_relaxed); });

struct Buffer {
  std::array<std::byte, 512> bytes;
  std::size_t used = sizeof(bytes);
  unsigned forks = 0;
};
thread_local Buffer t_buffer;

void from_kernel(std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t got = getrandom(out.data(), out.size(), 0);
    if (got > 0) {
      out = out.subspan(static_cast<std::size_t>(got));
    } else if (errno != EINTR) {
      std::abort();
    }
  }
}

}  // namespace

void random_bytes(std::span<std::byte> out) {
  Buffer& buffer = t_buffer;
  if (out.size() > buffer.bytes.size() / 4) {
    from_kernel(out);
    return;
  }
  const unsigned forks = g_forks.load(std::memory_order_relaxed);
  if (buffer.used + out.size() > buffer.bytes.size() || buffer.forks != forks) {
    from_kernel(buffer.bytes);
    buffer.used = 0;
    buffer.forks = forks;
  }
  std::byte* const from = buffer.bytes.data() + buffer.used;
  std::memcpy(out.data(), from, out.size());
  std::memset(from, 0, out.size());  // handed out once
  buffer.used += out.size();
}

std::string random_id() {
  std::array<std::byte, 16> bytes;
  random_bytes(bytes);
  if ((bytes[0] & std::byte{0xFC}) == std::byte{0xF8}) bytes[0] ^= std::byte{0x80};  // '-' would be an option of a command
  return base64url_encode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace sumun
