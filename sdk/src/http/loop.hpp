// SPDX-License-Identifier: Apache-2.0
// One thread of the server: its event loop, its connections, a coarse clock for their time limits.
#pragma once
#include "http/connection.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sumun::http {

/// What the loops share.
struct Shared {
  ServerOptions options;
  std::atomic<std::size_t> connections{0};
  std::atomic<std::size_t> buffered{0};  // bytes of requests that are not complete
  std::atomic<bool> draining{false};
};

/// Thread:  the one that runs `io`; `post` and the counters any.
class Loop {
 public:
  static constexpr std::size_t kChunk = 64 * kKiB;
  using Clock = std::chrono::steady_clock;

  explicit Loop(Shared& shared);
  ~Loop();

  boost::asio::io_context io{1};
  Shared& shared;
  std::array<char, kChunk> chunk;  // what is read is read into this
  std::string head;                // scratch for the heads of answers

  enum class Welcome { served, turned_away };  // turned_away: there are too many already
  void adopt(int descriptor, std::shared_ptr<TlsContext> tls, Welcome welcome);
  void remove(Connection& connection);
  /// Stops: connections end when they have answered; `empty` runs when the last one is gone.
  void drain(std::function<void()> empty);
  void abort();
  /// `io.run` returns when nothing is left to do.
  void release() { guard_.reset(); }

  Clock::time_point now() const { return now_; }
  std::string_view date() const { return date_; }
  /// "HTTP/1.1 200 OK … Content-Length: ": what nearly all answers begin with.
  std::string_view common_head() const { return common_head_; }

 private:
  void begin_ticking();
  void on_tick();
  void look_at_clock();
  std::chrono::milliseconds period() const;

  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  boost::asio::steady_timer ticker_;
  std::vector<std::shared_ptr<Connection>> connections_;
  std::function<void()> empty_;
  Clock::time_point now_;
  std::time_t second_ = 0;
  std::string date_;
  std::string common_head_;
  bool ticking_ = false;
};

}  // namespace sumun::http
