// SPDX-License-Identifier: Apache-2.0
// The span in which one thread handles one batch of events. Whoever wants to do something once for all of them
// (write what they sent) asks for it at the end of the turn.
#pragma once
#include <functional>
#include <memory>
#include <vector>

namespace sumun {
inline namespace v0 {

/// Something that wants a word at the end of a turn.
class TurnEnd {
 public:
  virtual ~TurnEnd() = default;
  virtual void turn_ends() = 0;
};

/// Opens a turn on this thread until the end of the scope; an inner one belongs to the outer.
/// Thread: the one it is made on.
class Turn {
 public:
  Turn();
  ~Turn();
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  /// Has `who` called at the end of the turn that is open on this thread; false = none is open (post it instead).
  static bool at_end(std::shared_ptr<TurnEnd> who);

 private:
  std::vector<std::shared_ptr<TurnEnd>> waiting_;
  bool outermost_ = false;
};

}  // namespace v0
}  // namespace sumun
