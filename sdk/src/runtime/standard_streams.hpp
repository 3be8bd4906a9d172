// SPDX-License-Identifier: Apache-2.0
// Takes standard input and output away for the protocol: afterwards fd 0 is /dev/null and fd 1 is stderr, so that a
// tool or library that prints to stdout, or reads stdin, never touches the stream.
#pragma once
#include <sumun/result.hpp>

#include <memory>

namespace sumun {
inline namespace v0 {

/// The process's protocol streams.
/// Thread:  made and destroyed on the main thread, before others are started.
/// Owner:   the program's run; it outlives the transport that uses the descriptors (give them as `borrowed`).
/// Ends by: the destructor: the descriptors are closed, and O_NONBLOCK is again what it was on whatever the parent
///          shares with us. The same happens at exit(), quick_exit(), on the second stop signal and on fatal signals that
///          nobody else handles. fd 0 and fd 1 stay redirected: what is still in stdio's buffers belongs on stderr.
class StandardStreams {
 public:
  /// Redirects and returns the streams. Also ignores SIGPIPE. Once a process at a time.
  /// Errors: io (a descriptor could not be had), failed (already taken).
  static Result<std::unique_ptr<StandardStreams>> take();
  ~StandardStreams();
  StandardStreams(const StandardStreams&) = delete;
  StandardStreams& operator=(const StandardStreams&) = delete;

  int in() const { return in_; }    // close-on-exec; a closed standard input at start reads as end of input
  int out() const { return out_; }  // close-on-exec

  /// Puts O_NONBLOCK back at once. Async-signal-safe; for ends without destructors (_exit).
  static void restore() noexcept;

 private:
  StandardStreams(int in, int out) : in_(in), out_(out) {}
  int in_;
  int out_;
};

}  // namespace v0
}  // namespace sumun
