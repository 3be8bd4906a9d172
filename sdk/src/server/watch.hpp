// SPDX-License-Identifier: Apache-2.0
// Waits until people have decided, without holding up a thread: looks at an approval now and then.
#pragma once
#include "gate/ledger.hpp"
#include "server/core.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace sumun::server {

/// Thread:  the strand that `executor` names; `gone` and `done` run there.
/// Owner:   its own timer and the ledger's answers; whoever starts it need not hold it.
/// Ends by: a decision, the limit, `gone`, or `stop`; `done` runs once, unless it was stopped.
class Watch final : public std::enable_shared_from_this<Watch> {
 public:
  struct Options {
    std::shared_ptr<Core> core;
    boost::asio::any_io_executor executor;
    std::string approval;
    std::optional<std::chrono::milliseconds> limit;  // none = until it is decided
    std::function<bool()> gone;                      // nobody waits for it any more
    std::function<void(Result<Approval>)> done;      // as it was last seen; pending = the limit passed, or nobody waits
  };
  static std::shared_ptr<Watch> start(Options options);
  void stop() { options_.done = nullptr; }

 private:
  explicit Watch(Options options);
  void look();
  void seen(Result<Approval> approval);

  Options options_;
  std::chrono::steady_clock::time_point end_;
  boost::asio::steady_timer timer_;
};

}  // namespace sumun::server
