// SPDX-License-Identifier: Apache-2.0
// The turn that is open on each thread.
#include "runtime/turn.hpp"

#include <algorithm>
#include <utility>

namespace sumun {
inline namespace v0 {

namespace {
thread_local Turn* current_turn = nullptr;
}

Turn::Turn() : outermost_(current_turn == nullptr) {
  if (outermost_) current_turn = this;
}

Turn::~Turn() {
  if (!outermost_) return;
  current_turn = nullptr;  // whoever is called below may open a turn of his own
  for (const std::shared_ptr<TurnEnd>& who : waiting_) who->turn_ends();
}

bool Turn::at_end(std::shared_ptr<TurnEnd> who) {
  if (current_turn == nullptr) return false;
  std::vector<std::shared_ptr<TurnEnd>>& waiting = current_turn->waiting_;
  if (std::find(waiting.begin(), waiting.end(), who) == waiting.end()) waiting.push_back(std::move(who));
  return true;
}

}  // namespace v0
}  // namespace sumun
