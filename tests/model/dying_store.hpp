// SPDX-License-Identifier: Apache-2.0
// A store that forwards everything and kills its process (kill -9) at a named point: before an operation is asked for, in
// the middle of its transaction, or after its commit and before anybody hears of it.
#pragma once
#include "gate/call_store.hpp"
#include "gate/ledger.hpp"
#include "gate/task_store.hpp"

#include <sumun/store.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

namespace sumun::test {

/// Where this process ends: "POINT:COUNT" = the COUNT-th time that it comes by there. The points are listed in model.py.
/// Thread: any.
class Fate {
 public:
  explicit Fate(std::string_view words);
  void passes(std::string_view point);

 private:
  std::string point_;
  std::atomic<int> left_{0};
};

std::shared_ptr<Store> dying_store(std::shared_ptr<Store> inner, std::shared_ptr<Fate> fate);

}  // namespace sumun::test
