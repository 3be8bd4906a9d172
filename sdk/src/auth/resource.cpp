// SPDX-License-Identifier: Apache-2.0
// The texts of challenges and metadata.
#include "auth/resource.hpp"

#include "auth/jose.hpp"
#include "http/url.hpp"

#include <algorithm>

namespace sumun::auth {
namespace {

constexpr std::string_view kWellKnown = "/.well-known/oauth-protected-resource";
constexpr std::string_view kAlgorithms = "RS256 ES256 EdDSA";  // of proofs

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

// `name="value"`, behind a comma where something stands before it. No value holds a quote or a backslash.
void append_parameter(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out += out.back() == ' ' ? "" : ", ";
  out.append(name).append("=\"").append(value).append("\"");
}

}  // namespace

Result<void> check_secure_url(std::string_view text) {
  const auto url = http::parse_url(text);
  if (!url) return url.error();
  const bool number = url->host.find_first_not_of("0123456789.") == std::string::npos;
  const bool loopback = url->host == "localhost" || url->host == "::1" || (number && url->host.starts_with("127."));
  if (url->scheme == http::Url::Scheme::http && !loopback)
    return fail(ErrorCode::invalid_value, "it must begin with https:// (http:// is for loopback hosts)");
  return {};
}

Result<std::string> canonical_uri(std::string_view uri) {
  const auto url = http::parse_url(uri);
  if (!url) return url.error();
  return url->origin() + (url->target == "/" ? "" : url->target);
}

Resource::Resource(const AuthOptions& options)
    : uri_(options.resource),
      origin_(uri_.substr(0, uri_.find('/', uri_.find("://") + 3))),
      path_(uri_.substr(origin_.size())),
      required_(options.required_scopes),
      dpop_(options.dpop) {
  json servers = json::array();
  for (const std::string& server : options.authorization_servers) servers.push_back(server);
  if (servers.empty())
    for (const TrustedIssuer& issuer : options.issuers) servers.push_back(issuer.issuer);
  if (servers.empty()) return;  // the specification wants one at least: without any there is nothing to tell
  metadata_uri_ = origin_ + std::string(kWellKnown) + path_;
  json document = json::object();
  document["resource"] = uri_;
  document["authorization_servers"] = std::move(servers);
  document["bearer_methods_supported"] = json::array({"header"});
  const auto& scopes = options.scopes_supported.empty() ? options.required_scopes : options.scopes_supported;
  if (!scopes.empty()) document["scopes_supported"] = scopes;
  if (!options.resource_name.empty()) document["resource_name"] = options.resource_name;
  if (dpop_ != DpopMode::off) document["dpop_signing_alg_values_supported"] = json::array({"RS256", "ES256", "EdDSA"});
  if (dpop_ == DpopMode::required) document["dpop_bound_access_tokens_required"] = true;
  metadata_ = dump_json(document);
}

std::optional<std::string> Resource::metadata(std::string_view target) const {
  const std::string_view path = target.substr(0, target.find('?'));
  if (metadata_uri_.empty() || !path.starts_with(kWellKnown)) return std::nullopt;
  const std::string_view rest = path.substr(kWellKnown.size());
  if (!rest.empty() && rest != path_) return std::nullopt;
  return metadata_;
}

Challenge Resource::refuse(int status, std::string_view error, std::string why, Scheme scheme,
                           const std::vector<std::string>& scopes) const {
  const auto parameters = [&](std::string& out, bool to_blame) {
    if (to_blame) append_parameter(out, "error", error);
    if (to_blame && !error.empty()) append_parameter(out, "error_description", why);
    append_parameter(out, "resource_metadata", metadata_uri_);
    append_parameter(out, "scope", joined(scopes));
  };
  std::string header;
  if (dpop_ != DpopMode::required) {
    header = "Bearer ";
    parameters(header, scheme == Scheme::bearer);
    if (header.back() == ' ') header += "realm=\"mcp\"";  // a challenge has a parameter at least (RFC 6750, section 3)
  }
  if (dpop_ != DpopMode::off) {
    std::string second = "DPoP ";
    parameters(second, scheme == Scheme::dpop || dpop_ == DpopMode::required);
    append_parameter(second, "algs", kAlgorithms);
    header += (header.empty() ? "" : ", ") + second;
  }
  const ErrorCode code = status == 403   ? ErrorCode::insufficient_scope
                         : status == 400 ? ErrorCode::invalid_request
                                         : ErrorCode::unauthorized;
  Challenge challenge;
  challenge.status = status;
  challenge.www_authenticate = std::move(header);
  challenge.error = fail(code, std::move(why));
  return challenge;
}

Challenge Resource::unauthorized() const { return refuse(401, "", "a bearer token is required", Scheme::bearer, required_); }

Challenge Resource::invalid_request(std::string why) const {
  return refuse(400, "invalid_request", std::move(why), Scheme::bearer, required_);
}

Challenge Resource::invalid_token(std::string why, Scheme scheme) const {
  return refuse(401, "invalid_token", std::move(why), scheme, required_);
}

Challenge Resource::invalid_proof(std::string why) const {
  return refuse(401, "invalid_dpop_proof", std::move(why), Scheme::dpop, required_);
}

Challenge Resource::insufficient_scope(std::vector<std::string> needed) const {
  std::vector<std::string> scopes = required_;  // all that the request takes, at once
  for (std::string& scope : needed)
    if (std::find(scopes.begin(), scopes.end(), scope) == scopes.end()) scopes.push_back(std::move(scope));
  Challenge challenge = refuse(403, "insufficient_scope", "the token lacks a scope that this takes", Scheme::bearer, scopes);
  challenge.error.data = json::object({{"scopes", scopes}});
  return challenge;
}

Challenge Resource::busy(std::chrono::seconds retry_after, std::string why) const {
  Challenge challenge;
  challenge.status = 503;
  challenge.retry_after = retry_after;
  challenge.error = fail(ErrorCode::busy, std::move(why));
  return challenge;
}

Challenge Resource::unavailable(std::chrono::seconds retry_after) const {
  return busy(retry_after, "tokens cannot be checked now, because the authorization server does not answer");
}

}  // namespace sumun::auth
