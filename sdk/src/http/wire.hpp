// SPDX-License-Identifier: Apache-2.0
// One connection to a server, plain or TLS: the same few calls for both.
#pragma once
#include "http/client.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sumun::http {

/// What TLS connections are made with: the system's authorities and those of trust.ca_file.
/// Errors: io (a file that cannot be read or holds no certificate).
Result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(const Trust& trust);

/// Thread: the executor's strand. Owner: the pool, or the answer that is read from it.
class Wire {
 public:
  explicit Wire(const boost::asio::any_io_executor& executor) : socket_(executor) {}

  /// Looks the host up, tries its addresses one by one, and does the TLS handshake where `context` is given.
  /// Errors: io, with the URL's origin and the reason.
  awaitable<Result<void>> connect(const Url& url, std::shared_ptr<boost::asio::ssl::context> context, Trust::Verify verify);

  awaitable<boost::system::error_code> write(std::string_view text);
  /// Gives 0 with boost::asio::error::eof at the end.
  awaitable<std::size_t> read(std::span<char> into, boost::system::error_code& failure);

  /// Whether nothing came since the last answer and nobody has hung up: only then the connection can be used again.
  bool is_quiet();
  void close();

 private:
  awaitable<Result<void>> handshake(const Url& url, Trust::Verify verify);

  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<boost::asio::ssl::context> context_;  // outlives tls_
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
};

}  // namespace sumun::http
