// SPDX-License-Identifier: Apache-2.0
// The server's certificate and key, ready for use.
#pragma once
#include "http/server.hpp"

#include <boost/asio/ssl/context.hpp>

#include <memory>

namespace sumun::http {

/// TLS 1.2 and above. Immutable; a reload makes another one.
class TlsContext {
 public:
  /// Errors: invalid_value; the message names the file.
  static Result<std::shared_ptr<TlsContext>> load(const TlsFiles& files);
  boost::asio::ssl::context& context() { return context_; }

 private:
  TlsContext() : context_(boost::asio::ssl::context::tls_server) {}
  boost::asio::ssl::context context_;
};

}  // namespace sumun::http
