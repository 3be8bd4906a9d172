// SPDX-License-Identifier: Apache-2.0
// SIGINT and SIGTERM: the first asks for an orderly end, the second ends the process at once.
#pragma once
#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>

namespace sumun {
inline namespace v0 {

/// Thread:  made, destroyed and called back on the strand of `executor`.
/// Owner:   the program's run; one at a time in a process (a second one does nothing).
/// Ends by: destruction; the signals then do again what they did before. It keeps io_context::run() going until then.
class StopSignals {
 public:
  /// `graceful(signal)` runs once, on the strand. A second signal restores the standard streams and ends the process with
  /// 128 + signal from the signal handler itself: that works while the strand is stuck.
  StopSignals(boost::asio::any_io_executor executor, std::function<void(int signal)> graceful);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  struct Shared;

 private:
  std::shared_ptr<Shared> shared_;
};

}  // namespace v0
}  // namespace sumun
