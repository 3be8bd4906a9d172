// SPDX-License-Identifier: Apache-2.0
// A server that answers with the bytes that a test gives it, plain or TLS, on the test's own loop.
#pragma once
#include "runtime/task_group.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sumun::test {

struct Reply {
  std::vector<std::string> pieces;                   // written one by one
  enum class After { keep, hang_up, stall } after = After::keep;  // stall = nothing more is written, the peer's end is waited for
};

/// Thread: the loop's. Owner: the test; it outlives the loop's last run.
class FakeServer {
 public:
  using Answer = std::function<Reply(const std::string& request)>;

  FakeServer(boost::asio::io_context& io, Answer answer, boost::asio::ssl::context* tls = nullptr)
      : answer_(std::move(answer)),
        tls_(tls),
        acceptor_(io, boost::asio::ip::tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)),
        tasks_(io.get_executor()) {
    tasks_.spawn("accept", accept());
  }
  ~FakeServer() { tasks_.cancel(); }

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::string url(std::string_view target = "/", std::string_view host = "127.0.0.1") const {
    return std::string(tls_ ? "https://" : "http://") + std::string(host) + ":" + std::to_string(port()) + std::string(target);
  }

  std::vector<std::string> requests;  // as they came
  int connections = 0;                // accepted so far
  int ended = 0;                      // of those, how many the peer has closed

 private:
  using tcp = boost::asio::ip::tcp;

  boost::asio::awaitable<void> accept() {
    for (;;) {
      tcp::socket socket = co_await acceptor_.async_accept(boost::asio::use_awaitable);
      ++connections;
      tasks_.spawn("serve", tls_ ? serve_tls(std::move(socket)) : serve_plain(std::move(socket)));
    }
  }

  boost::asio::awaitable<void> serve_plain(tcp::socket socket) { co_await serve(socket); }

  boost::asio::awaitable<void> serve_tls(tcp::socket socket) {
    boost::asio::ssl::stream<tcp::socket> stream(std::move(socket), *tls_);
    boost::system::error_code failure;
    auto token = boost::asio::redirect_error(boost::asio::use_awaitable, failure);
    co_await stream.async_handshake(boost::asio::ssl::stream_base::server, token);
    if (!failure) co_await serve(stream);
  }

  template <class Stream>
  boost::asio::awaitable<void> serve(Stream& stream) {
    std::string input;
    boost::system::error_code failure;
    auto token = boost::asio::redirect_error(boost::asio::use_awaitable, failure);
    for (;;) {
      std::size_t size = complete(input);
      while (size == 0) {
        char chunk[4096];
        const std::size_t got = co_await stream.async_read_some(boost::asio::buffer(chunk), token);
        if (failure) {
          ++ended;
          co_return;
        }
        input.append(chunk, got);
        size = complete(input);
      }
      requests.push_back(input.substr(0, size));
      input.erase(0, size);
      const Reply reply = answer_(requests.back());
      for (const auto& piece : reply.pieces) {
        co_await boost::asio::async_write(stream, boost::asio::buffer(piece), token);
        if (failure) co_return;
      }
      if (reply.after == Reply::After::hang_up) co_return;
      if (reply.after == Reply::After::stall) {
        char byte = 0;
        co_await stream.async_read_some(boost::asio::buffer(&byte, 1), token);
        ++ended;
        co_return;
      }
    }
  }

  // The length of the request that `input` begins with; 0 = more is needed.
  static std::size_t complete(const std::string& input) {
    const std::size_t end = input.find("\r\n\r\n");
    if (end == std::string::npos) return 0;
    const std::size_t at = input.find("Content-Length: ");
    const std::size_t body = at < end ? std::strtoull(input.c_str() + at + 16, nullptr, 10) : 0;
    return input.size() >= end + 4 + body ? end + 4 + body : 0;
  }

  Answer answer_;
  boost::asio::ssl::context* tls_;
  tcp::acceptor acceptor_;
  TaskGroup tasks_;
};

inline std::string http_answer(std::string_view body, std::string_view status = "200 OK", std::string_view headers = "") {
  return "HTTP/1.1 " + std::string(status) + "\r\n" + std::string(headers) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

}  // namespace sumun::test
