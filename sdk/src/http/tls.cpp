// SPDX-License-Identifier: Apache-2.0
// Loading certificates.
#include "http/tls.hpp"

#include <openssl/ssl.h>

namespace sumun::http {

namespace ssl = boost::asio::ssl;

Result<std::shared_ptr<TlsContext>> TlsContext::load(const TlsFiles& files) {
  std::shared_ptr<TlsContext> made(new TlsContext);
  ssl::context& context = made->context_;
  boost::system::error_code failed;
  context.set_options(ssl::context::no_sslv2 | ssl::context::no_sslv3 | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1 |
                          ssl::context::no_compression | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE,
                      failed);
  if (failed) return fail(ErrorCode::invalid_value, "TLS cannot be set up: " + failed.message());
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.native_handle(), SSL_MODE_RELEASE_BUFFERS);  // idle connections are many
  context.use_certificate_chain_file(files.certificate, failed);
  if (failed)
    return fail(ErrorCode::invalid_value, "the certificate '" + files.certificate + "' cannot be used: " + failed.message());
  context.use_private_key_file(files.key, ssl::context::pem, failed);
  if (failed) return fail(ErrorCode::invalid_value, "the key '" + files.key + "' cannot be used: " + failed.message());
  if (SSL_CTX_check_private_key(context.native_handle()) != 1)
    return fail(ErrorCode::invalid_value,
                "the key '" + files.key + "' does not belong to the certificate '" + files.certificate + "'");
  return made;
}

}  // namespace sumun::http
