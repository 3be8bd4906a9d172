// SPDX-License-Identifier: Apache-2.0
// Lines that wait to be written. Small ones are laid side by side, so that one write takes many; big ones are moved in.
#pragma once
#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>

namespace sumun {
inline namespace v0 {

/// Thread: one at a time.
class OutputQueue {
 public:
  /// Appends `message` and its newline.
  void push(std::string message);
  /// The first bytes to be written, in as many parts as there is room for; gives how many.
  std::size_t gather(std::span<std::string_view> parts) const;
  /// Takes `count` bytes away from the front.
  void consume(std::size_t count);
  void clear();

  std::size_t bytes() const { return bytes_; }
  bool empty() const { return bytes_ == 0; }

 private:
  std::string& block_for(std::size_t bytes);

  std::deque<std::string> blocks_;
  bool open_ = false;       // the last block takes more small messages
  std::string spare_;       // an empty block with its memory
  std::size_t taken_ = 0;   // bytes of the first block that were written
  std::size_t bytes_ = 0;
};

}  // namespace v0
}  // namespace sumun
