// SPDX-License-Identifier: Apache-2.0
// The list of connections and the clock that looks at them.
#include "http/loop.hpp"

#include "http/response_text.hpp"
#include "http/tls.hpp"

#include <boost/asio/post.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace sumun::http {

namespace asio = boost::asio;

namespace {
constexpr std::chrono::milliseconds kLongestPeriod{1000};  // the Date header lags behind by that much
constexpr std::chrono::milliseconds kShortestPeriod{10};
}  // namespace

Loop::Loop(Shared& with) : shared(with), guard_(io.get_executor()), ticker_(io) { look_at_clock(); }

Loop::~Loop() = default;

void Loop::adopt(int descriptor, std::shared_ptr<TlsContext> tls, Welcome welcome) {
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  Connection::Socket socket(io);
  boost::system::error_code failed;
  socket.assign(asio::ip::tcp::v4(), descriptor, failed);
  if (failed) {
    ::close(descriptor);
    --shared.connections;
    return;
  }
  begin_ticking();
  auto connection = std::make_shared<Connection>(*this, std::move(socket), std::move(tls));
  connection->place = connections_.size();
  connections_.push_back(connection);
  if (welcome == Welcome::served)
    connection->start();
  else
    connection->turn_away();
}

void Loop::remove(Connection& connection) {
  const std::size_t place = connection.place;
  std::swap(connections_[place], connections_.back());
  connections_[place]->place = place;
  connections_.pop_back();
  --shared.connections;
  if (!connections_.empty()) return;
  ticker_.cancel();
  if (empty_) std::exchange(empty_, nullptr)();
}

void Loop::drain(std::function<void()> empty) {
  look_at_clock();
  if (connections_.empty()) return empty();
  empty_ = std::move(empty);
  for (const auto& connection : std::vector(connections_)) connection->drain();
  ticker_.cancel();  // it goes on at a shorter period
}

void Loop::abort() {
  for (const auto& connection : std::vector(connections_)) connection->abort();
}

std::chrono::milliseconds Loop::period() const {
  const ServerLimits& limits = shared.options.limits;
  auto least = std::min({limits.header_time, limits.body_time, limits.idle_time, limits.write_time, limits.keep_alive});
  if (shared.draining) least = std::min(least, limits.linger);
  return std::clamp(least / 4, kShortestPeriod, kLongestPeriod);
}

void Loop::begin_ticking() {
  if (std::exchange(ticking_, true)) return;
  look_at_clock();
  on_tick();
}

void Loop::on_tick() {
  ticker_.expires_after(period());
  ticker_.async_wait([this](boost::system::error_code) {
    look_at_clock();
    if (connections_.empty()) {
      ticking_ = false;
      return;
    }
    for (const auto& connection : std::vector(connections_)) connection->tick(now_);
    on_tick();
  });
}

void Loop::look_at_clock() {
  now_ = Clock::now();
  const std::time_t second = std::time(nullptr);
  if (second == std::exchange(second_, second)) return;
  date_ = date_text(second);
  common_head_ = "HTTP/1.1 200 OK\r\nDate: " + date_ + "\r\nContent-Type: application/json\r\nContent-Length: ";
}

}  // namespace sumun::http
