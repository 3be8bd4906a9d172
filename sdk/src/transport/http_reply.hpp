// SPDX-License-Identifier: Apache-2.0
// The answer to one request of a connection, given from any thread.
#pragma once
#include "http/connection.hpp"
#include "transport/http_exchange.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

namespace sumun {
inline namespace v0 {

/// Made on the connection's loop, for the request that it has just given out.
class HttpConnectionReply final : public HttpReply {
 public:
  /// `fields`: header lines of the answer. `released` runs when it has ended, on any thread.
  HttpConnectionReply(http::Connection& connection, std::string fields, std::function<void()> released);
  ~HttpConnectionReply() override;

  void answer(int status, std::string body, std::string fields) override;
  void open_events(std::string fields) override;
  void send(std::string events) override;
  void end() override;
  std::size_t queued_bytes() const override;
  bool gone() const override { return ended_.load(std::memory_order_acquire); }
  void on_gone(std::function<void()> told) override;

  /// On the connection's loop.
  void peer_is_gone();

 private:
  template <class Work>
  void on_loop(Work work) const;
  bool conclude();  // true the first time

  const std::weak_ptr<http::Connection> connection_;
  const boost::asio::any_io_executor executor_;
  const std::uint64_t number_;
  const std::string fields_;
  const std::function<void()> released_;
  std::atomic<bool> ended_{false};     // answered, ended, or the peer is gone
  std::atomic<bool> streaming_{false};
  std::mutex mutex_;
  std::function<void()> told_;         // under mutex
  bool peer_gone_ = false;             // under mutex
};

}  // namespace v0
}  // namespace sumun
