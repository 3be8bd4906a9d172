// SPDX-License-Identifier: Apache-2.0
// Blocks of lines.
#include "transport/output_queue.hpp"

#include <sumun/limits.hpp>

#include <algorithm>
#include <utility>

namespace sumun {
inline namespace v0 {

namespace {
constexpr std::size_t kBlock = 64 * kKiB;  // what small messages are gathered into
constexpr std::size_t kBig = 8 * kKiB;     // from here on moving is cheaper than copying
}  // namespace

void OutputQueue::push(std::string message) {
  bytes_ += message.size() + 1;
  if (message.size() < kBig) {
    block_for(message.size() + 1).append(message).push_back('\n');
    return;
  }
  blocks_.push_back(std::move(message));
  open_ = false;
  block_for(1).push_back('\n');
}

std::string& OutputQueue::block_for(std::size_t bytes) {
  if (!open_ || blocks_.back().size() + bytes > kBlock) {
    blocks_.push_back(std::exchange(spare_, {}));
    open_ = true;
  }
  return blocks_.back();
}

std::size_t OutputQueue::gather(std::span<std::string_view> parts) const {
  std::size_t count = 0;
  std::size_t skip = taken_;
  for (const std::string& block : blocks_) {
    if (count == parts.size()) break;
    parts[count++] = std::string_view(block).substr(skip);
    skip = 0;
  }
  return count;
}

void OutputQueue::consume(std::size_t count) {
  bytes_ -= count;
  taken_ += count;
  while (!blocks_.empty() && taken_ >= blocks_.front().size()) {
    taken_ -= blocks_.front().size();
    std::string block = std::move(blocks_.front());
    blocks_.pop_front();
    if (block.capacity() > spare_.capacity() && block.capacity() <= 2 * kBlock) {  // it grew by doubling
      block.clear();
      spare_ = std::move(block);
    }
  }
  if (blocks_.empty()) open_ = false;
}

void OutputQueue::clear() {
  blocks_.clear();
  open_ = false;
  taken_ = 0;
  bytes_ = 0;
}

}  // namespace v0
}  // namespace sumun
