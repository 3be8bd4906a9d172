// SPDX-License-Identifier: Apache-2.0
// Listening, threads, and the orderly end.
#include "http/server.hpp"

#include "http/loop.hpp"
#include "http/tls.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace sumun::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr int kBacklog = 4096;
constexpr int kAcceptedAtOnce = 64;                      // before the loop's other work gets its share
constexpr std::chrono::milliseconds kAcceptPause{50};    // when the system has no descriptor left
constexpr std::size_t kTurnedAway = 256;               // connections over the limit that are still told so

}  // namespace

class Server::Impl {
 public:
  explicit Impl(ServerOptions options) {
    shared_.options = std::move(options);
    std::size_t threads = shared_.options.threads;
    if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
    for (std::size_t i = 0; i < threads; ++i) loops_.push_back(std::make_unique<Loop>(shared_));
    acceptor_.emplace(main().io);
    pause_.emplace(main().io);
    limit_.emplace(main().io);
  }

  Result<void> listen() {
    if (auto loaded = reload(); !loaded) return loaded;
    error_code failed;
    const auto address = asio::ip::make_address(shared_.options.address, failed);
    if (failed) return fail(ErrorCode::invalid_value, "'" + shared_.options.address + "' is no IP address");
    const tcp::endpoint endpoint(address, shared_.options.port);
    const auto cannot = [&](const char* what) {
      return fail(ErrorCode::io, std::string("cannot ") + what + " " + shared_.options.address + " port " +
                                     std::to_string(shared_.options.port) + ": " + failed.message());
    };
    acceptor_->open(endpoint.protocol(), failed);
    if (failed) return cannot("open a socket for");
    acceptor_->set_option(tcp::acceptor::reuse_address(true), failed);
    acceptor_->bind(endpoint, failed);
    if (failed) return cannot("bind");
    acceptor_->listen(kBacklog, failed);
    if (failed) return cannot("listen on");
    acceptor_->native_non_blocking(true, failed);
    port_ = acceptor_->local_endpoint(failed).port();
    return {};
  }

  std::uint16_t port() const { return port_; }
  Loop& main() { return *loops_.front(); }
  Loop& next() { return *loops_[turn_.fetch_add(1, std::memory_order_relaxed) % loops_.size()]; }

  void run() {
    wait_for_connections();
    each_on_its_thread([](Loop& loop) { loop.io.run(); });
  }

  void settle(std::chrono::milliseconds limit) {
    const auto until = std::chrono::steady_clock::now() + limit;
    each_on_its_thread([until](Loop& loop) {
      loop.release();
      loop.io.restart();
      loop.io.run_until(until);
    });
  }

  void drain() {
    asio::post(main().io, [this] {
      if (shared_.draining) return;
      if (acceptor_->is_open()) accept_some(kBacklog + 1);  // who stands in the queue has connected already
      shared_.draining = true;
      error_code ignored;
      acceptor_->close(ignored);
      pause_->cancel();
      limit_->expires_after(shared_.options.limits.drain_time);
      limit_->async_wait([this](error_code failed) {
        if (failed) return;
        for (const auto& loop : loops_) asio::post(loop->io, [&loop = *loop] { loop.abort(); });
      });
      open_loops_ = loops_.size();
      for (const auto& loop : loops_) {
        asio::post(loop->io,
                   [this, &loop = *loop] { loop.drain([this] { asio::post(main().io, [this] { one_is_empty(); }); }); });
      }
    });
  }

  bool draining() const { return shared_.draining; }

  Result<void> reload() {
    if (!shared_.options.tls) return {};
    auto loaded = TlsContext::load(*shared_.options.tls);
    if (!loaded) return std::move(loaded).error();
    std::lock_guard lock(mutex_);
    tls_ = *std::move(loaded);
    return {};
  }

 private:
  template <class Work>
  void each_on_its_thread(Work work) {
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < loops_.size(); ++i) threads.emplace_back([work, &loop = *loops_[i]] { work(loop); });
    work(main());
    for (std::thread& thread : threads) thread.join();
  }

  void one_is_empty() {
    if (--open_loops_ > 0) return;
    limit_->cancel();
    for (const auto& loop : loops_) loop->io.stop();
  }

  std::shared_ptr<TlsContext> tls() {
    std::lock_guard lock(mutex_);
    return tls_;
  }

  void wait_for_connections() {
    acceptor_->async_wait(tcp::acceptor::wait_read, [this](error_code failed) {
      if (failed || !acceptor_->is_open()) return;
      accept_some();
    });
  }

  void accept_some(int most = kAcceptedAtOnce) {
    for (int i = 0; i < most; ++i) {
      const int descriptor = ::accept4(acceptor_->native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (descriptor >= 0) {
        take(descriptor);
        continue;
      }
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      // No descriptors or no memory: those who wait stay in the queue.
      pause_->expires_after(kAcceptPause);
      pause_->async_wait([this](error_code failed) {
        if (!failed && acceptor_->is_open()) accept_some();
      });
      return;
    }
    wait_for_connections();
  }

  void take(int descriptor) {
    const std::size_t most = shared_.options.limits.connections;
    const std::size_t open = shared_.connections.load();
    if (open >= most + (shared_.options.tls ? 0 : kTurnedAway)) {
      ::close(descriptor);
      return;
    }
    ++shared_.connections;
    Loop& loop = next();
    const auto welcome = open < most ? Loop::Welcome::served : Loop::Welcome::turned_away;
    asio::post(loop.io, [&loop, descriptor, welcome, tls = tls()] { loop.adopt(descriptor, tls, welcome); });
  }

  Shared shared_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::atomic<std::size_t> turn_{0};
  std::optional<tcp::acceptor> acceptor_;
  std::optional<asio::steady_timer> pause_;
  std::optional<asio::steady_timer> limit_;
  std::size_t open_loops_ = 0;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::shared_ptr<TlsContext> tls_;  // under mutex
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::listen(ServerOptions options) {
  auto impl = std::make_unique<Impl>(std::move(options));
  if (auto listening = impl->listen(); !listening) return std::move(listening).error();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const { return impl_->port(); }
asio::any_io_executor Server::main_executor() const { return impl_->main().io.get_executor(); }
asio::any_io_executor Server::next_executor() { return impl_->next().io.get_executor(); }
void Server::run() { impl_->run(); }
void Server::settle(std::chrono::milliseconds limit) { impl_->settle(limit); }
void Server::drain() { impl_->drain(); }
bool Server::draining() const { return impl_->draining(); }
Result<void> Server::reload() { return impl_->reload(); }

}  // namespace sumun::http
