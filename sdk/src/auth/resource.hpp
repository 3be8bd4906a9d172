// SPDX-License-Identifier: Apache-2.0
// What this resource is called, and how it says no: canonical URIs, protected-resource metadata (RFC 9728), and the
// challenges of RFC 6750 and RFC 9449.
#pragma once
#include <sumun/auth.hpp>
#include <sumun/limits.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sumun::auth {

/// A URL that secrets may go to: https, or http on a loopback host; nothing but scheme, host, port and path.
/// Errors: invalid_value.
Result<void> check_secure_url(std::string_view url);

/// The one spelling of a resource: scheme and host in lower case, no default port, no lone "/" behind the host.
/// Spec: 2026-07-28 basic/authorization, Canonical Server URI
/// Errors: invalid_value.
Result<std::string> canonical_uri(std::string_view uri);

/// Answers in the resource's name. Thread: any; it does not change.
class Resource {
 public:
  /// The options have been checked; `options.resource` is canonical.
  explicit Resource(const AuthOptions& options);

  const std::string& uri() const { return uri_; }
  const std::string& origin() const { return origin_; }
  std::optional<std::string> metadata(std::string_view target) const;

  enum class Scheme { bearer, dpop };
  Challenge unauthorized() const;                                               // nothing was shown
  Challenge invalid_request(std::string why) const;                             // 400
  Challenge invalid_token(std::string why, Scheme scheme = Scheme::bearer) const;
  Challenge invalid_proof(std::string why) const;
  Challenge insufficient_scope(std::vector<std::string> needed) const;          // 403
  Challenge busy(std::chrono::seconds retry_after, std::string why) const;      // 503
  Challenge unavailable(std::chrono::seconds retry_after) const;                // the same: no keys

 private:
  Challenge refuse(int status, std::string_view error, std::string why, Scheme scheme,
                   const std::vector<std::string>& scopes) const;

  std::string uri_;
  std::string origin_;
  std::string path_;          // "" or "/mcp"
  std::string metadata_uri_;  // empty = there is none
  std::string metadata_;
  std::vector<std::string> required_;
  DpopMode dpop_;
};

}  // namespace sumun::auth
