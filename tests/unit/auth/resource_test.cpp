// SPDX-License-Identifier: Apache-2.0
// What clients are told: metadata at its two paths, and challenges.
#include "support.hpp"

#include "auth/resource.hpp"

#include <doctest/doctest.h>

using namespace sumun;
using namespace sumun::test;

TEST_CASE("metadata lies at the well-known path, alone and with the resource's path behind it") {
  struct {
    const char* resource;
    const char* target;
    bool want;
  } const cases[] = {
      {"https://tools.example/mcp", "/.well-known/oauth-protected-resource", true},
      {"https://tools.example/mcp", "/.well-known/oauth-protected-resource/mcp", true},
      {"https://tools.example/mcp", "/.well-known/oauth-protected-resource/mcp?x=1", true},
      {"https://tools.example/mcp", "/.well-known/oauth-protected-resource/", false},
      {"https://tools.example/mcp", "/.well-known/oauth-protected-resource/mcp/", false},
      {"https://tools.example/mcp", "/.well-known/oauth-protected-resource/other", false},
      {"https://tools.example/mcp", "/.well-known/oauth-protected-resourcemcp", false},
      {"https://tools.example/mcp", "/mcp/.well-known/oauth-protected-resource", false},
      {"https://tools.example/mcp", "/.well-known/oauth-authorization-server", false},
      {"https://tools.example/mcp", "/mcp", false},
      {"https://tools.example/mcp", "", false},
      {"https://tools.example", "/.well-known/oauth-protected-resource", true},
      {"https://tools.example/", "/.well-known/oauth-protected-resource", true},
      {"https://tools.example/a/b", "/.well-known/oauth-protected-resource/a/b", true},
      {"https://tools.example/a/b", "/.well-known/oauth-protected-resource/a", false},
  };
  for (const auto& row : cases) {
    CAPTURE(row.resource);
    CAPTURE(row.target);
    Service service([&](AuthOptions& options) { options.resource = row.resource; });
    CHECK(service.server->metadata(row.target).has_value() == row.want);
  }
}

TEST_CASE("metadata says what RFC 9728 and the specification want") {
  const char* const path = "/.well-known/oauth-protected-resource";
  Service plain([](AuthOptions& options) {
    options.resource = "HTTPS://Tools.Example:443/mcp";
    options.dpop = DpopMode::off;
  });
  CHECK(json::parse(*plain.server->metadata(path)) ==
        json{{"resource", kResource}, {"authorization_servers", {kIssuer}}, {"bearer_methods_supported", {"header"}}});
  Service rich([](AuthOptions& options) {
    options.resource_name = "Tools \"of\" ours";
    options.required_scopes = {"mcp:use"};
    options.scopes_supported = {"mcp:use", "files:read"};
    options.authorization_servers = {"https://a.example", "https://b.example"};
    options.dpop = DpopMode::required;
  });
  CHECK(json::parse(*rich.server->metadata(path)) ==
        json{{"resource", kResource},
             {"resource_name", "Tools \"of\" ours"},
             {"authorization_servers", {"https://a.example", "https://b.example"}},
             {"bearer_methods_supported", {"header"}},
             {"scopes_supported", {"mcp:use", "files:read"}},
             {"dpop_signing_alg_values_supported", {"RS256", "ES256", "EdDSA"}},
             {"dpop_bound_access_tokens_required", true}});
}

TEST_CASE("challenges are written as RFC 6750, RFC 9728 and RFC 9449 want them") {
  const auto with = [](DpopMode mode, std::vector<std::string> scopes) {
    AuthOptions options;
    options.resource = kResource;
    options.issuers = {{.issuer = kIssuer}};
    options.required_scopes = std::move(scopes);
    options.dpop = mode;
    return auth::Resource(options);
  };
  const std::string where = R"(resource_metadata="https://tools.example/.well-known/oauth-protected-resource/mcp")";
  struct {
    std::string name;
    Challenge challenge;
    std::string want;
  } const cases[] = {
      {"nothing shown", with(DpopMode::off, {}).unauthorized(), "Bearer " + where},
      {"nothing shown, scopes", with(DpopMode::off, {"a", "b"}).unauthorized(), "Bearer " + where + R"(, scope="a b")"},
      {"nothing shown, either scheme", with(DpopMode::allowed, {}).unauthorized(),
       "Bearer " + where + ", DPoP " + where + R"(, algs="RS256 ES256 EdDSA")"},
      {"nothing shown, bound only", with(DpopMode::required, {}).unauthorized(),
       "DPoP " + where + R"(, algs="RS256 ES256 EdDSA")"},
      {"a bad token", with(DpopMode::off, {}).invalid_token("the token has expired"),
       R"(Bearer error="invalid_token", error_description="the token has expired", )" + where},
      {"a bad proof", with(DpopMode::allowed, {}).invalid_proof("no"),
       "Bearer " + where + R"(, DPoP error="invalid_dpop_proof", error_description="no", )" + where +
           R"(, algs="RS256 ES256 EdDSA")"},
      {"a lack of scopes", with(DpopMode::off, {"a"}).insufficient_scope({"b", "a"}),
       R"(Bearer error="insufficient_scope", error_description="the token lacks a scope that this takes", )" + where +
           R"(, scope="a b")"},
      {"malformed", with(DpopMode::off, {}).invalid_request("no"),
       R"(Bearer error="invalid_request", error_description="no", )" + where},
  };
  for (const auto& row : cases) {
    CAPTURE(row.name);
    CHECK(row.challenge.www_authenticate == row.want);
  }
}
