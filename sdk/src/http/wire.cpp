// SPDX-License-Identifier: Apache-2.0
// Look-up, connect, handshake; then reads and writes that go to the one or the other stream.
#include "http/wire.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <sys/socket.h>

#include <vector>

namespace sumun::http {
namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

// A look-up that runs on Asio's resolver thread and cannot be interrupted there; whoever waits for it can.
struct Lookup {
  explicit Lookup(const asio::any_io_executor& executor) : resolver(executor), done(executor) {
    done.expires_at(asio::steady_timer::time_point::max());
  }
  tcp::resolver resolver;
  asio::steady_timer done;  // never expires; cancelled when the answer is there
  std::vector<tcp::endpoint> endpoints;
  error_code failure;
  bool answered = false;
};

awaitable<std::vector<tcp::endpoint>> look_up(Url url, error_code& failure) {
  const auto address = asio::ip::make_address(url.host, failure);
  if (!failure) co_return std::vector<tcp::endpoint>{tcp::endpoint(address, url.port)};
  failure = {};
  const auto executor = co_await asio::this_coro::executor;
  const auto lookup = std::make_shared<Lookup>(executor);
  lookup->resolver.async_resolve(url.host, std::to_string(url.port), [lookup](error_code why, const tcp::resolver::results_type& found) {
    lookup->failure = why;
    for (const auto& entry : found) lookup->endpoints.push_back(entry.endpoint());
    lookup->answered = true;
    lookup->done.cancel();
  });
  error_code woken;
  auto token = asio::redirect_error(asio::use_awaitable, woken);
  co_await lookup->done.async_wait(token);
  failure = lookup->answered ? lookup->failure : error_code(asio::error::operation_aborted);
  co_return lookup->endpoints;
}

Error cannot(std::string_view what, const Url& url, std::string_view why) {
  return fail(ErrorCode::io, "cannot " + std::string(what) + " " + url.origin() + ": " + std::string(why));
}

Error cannot(std::string_view what, const Url& url, const error_code& why) {
  Error error = cannot(what, url, why.message());
  if (why == asio::error::operation_aborted) error.code = ErrorCode::cancelled;
  return error;
}

bool is_address(const std::string& host) {
  error_code failure;
  (void)asio::ip::make_address(host, failure);
  return !failure;
}

}  // namespace

Result<std::shared_ptr<ssl::context>> make_tls_context(const Trust& trust) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  error_code failure;
  context->set_default_verify_paths(failure);
  if (failure) return fail(ErrorCode::io, "the system's certificate authorities cannot be loaded: " + failure.message());
  if (!trust.ca_file.empty()) {
    context->load_verify_file(trust.ca_file, failure);
    if (failure) return fail(ErrorCode::io, trust.ca_file + ": expected certificates in PEM form: " + failure.message());
  }
  context->set_verify_mode(trust.verify == Trust::Verify::peer ? ssl::verify_peer : ssl::verify_none, failure);
  if (failure) return fail(ErrorCode::io, "TLS cannot be set up: " + failure.message());
  return context;
}

awaitable<Result<void>> Wire::connect(const Url& url, std::shared_ptr<ssl::context> context, Trust::Verify verify) {
  error_code failure;
  const auto endpoints = co_await look_up(url, failure);
  if (failure || endpoints.empty()) co_return cannot("find the host of", url, failure ? failure : error_code(asio::error::host_not_found));
  auto token = asio::redirect_error(asio::use_awaitable, failure);
  co_await asio::async_connect(socket_, endpoints, token);
  if (failure) co_return cannot("connect to", url, failure);
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  socket_.set_option(tcp::socket::keep_alive(true), ignored);  // a stream may be silent for hours
  if (!context) co_return Result<void>();
  context_ = std::move(context);
  tls_.emplace(socket_, *context_);
  auto done = co_await handshake(url, verify);
  co_return done;
}

awaitable<Result<void>> Wire::handshake(const Url& url, Trust::Verify verify) {
  error_code failure;
  SSL* const native = tls_->native_handle();
  if (!is_address(url.host) && SSL_set_tlsext_host_name(native, url.host.c_str()) != 1)
    co_return cannot("begin TLS with", url, "its name cannot be sent");
  static constexpr unsigned char kHttp11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_set_alpn_protos(native, kHttp11, sizeof kHttp11);
  if (verify == Trust::Verify::peer) {
    tls_->set_verify_callback(ssl::host_name_verification(url.host), failure);
    if (failure) co_return cannot("begin TLS with", url, failure);
  }
  auto token = asio::redirect_error(asio::use_awaitable, failure);
  co_await tls_->async_handshake(ssl::stream_base::client, token);
  if (!failure) co_return Result<void>();
  // The host's name is checked in a callback, whose refusal has no code of its own.
  const long verdict = SSL_get_verify_result(native);
  const bool refused = ERR_GET_LIB(static_cast<unsigned long>(failure.value())) == ERR_LIB_SSL &&
                       ERR_GET_REASON(static_cast<unsigned long>(failure.value())) == SSL_R_CERTIFICATE_VERIFY_FAILED;
  if (!refused) co_return cannot("agree on TLS with", url, failure);
  co_return cannot("trust", url,
                   verdict == X509_V_OK || verdict == X509_V_ERR_UNSPECIFIED ? std::string("its certificate is for another host")
                                        : std::string("its certificate is refused (") + X509_verify_cert_error_string(verdict) + ")");
}

awaitable<error_code> Wire::write(std::string_view text) {
  error_code failure;
  auto token = asio::redirect_error(asio::use_awaitable, failure);
  const auto buffer = asio::buffer(text.data(), text.size());
  if (tls_) co_await asio::async_write(*tls_, buffer, token);
  else co_await asio::async_write(socket_, buffer, token);
  co_return failure;
}

awaitable<std::size_t> Wire::read(std::span<char> into, error_code& failure) {
  failure = {};
  std::size_t size = 0;
  auto token = asio::redirect_error(asio::use_awaitable, failure);
  const auto buffer = asio::buffer(into.data(), into.size());
  if (tls_) size = co_await tls_->async_read_some(buffer, token);
  else size = co_await socket_.async_read_some(buffer, token);
  co_return size;
}

bool Wire::is_quiet() {
  if (!socket_.is_open()) return false;
  char byte = 0;
  const auto got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void Wire::close() {
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace sumun::http
