// SPDX-License-Identifier: Apache-2.0
// Claims, one after the other.
#include "auth/claims.hpp"

#include "auth/resource.hpp"
#include "base/ascii.hpp"

#include <algorithm>
#include <cmath>

namespace sumun::auth {
namespace {

using std::chrono::sys_seconds;

Error refuse(std::string why) { return fail(ErrorCode::unauthorized, std::move(why)); }

// It goes into logs and messages: words, not control characters.
bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= kMaxPrincipalBytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
}

// RFC 9068 wants at+jwt; many authorization servers write JWT, or nothing. Anything else is a JWT for something else.
bool is_access_token_type(const json& header) {
  const auto type = header.find("typ");
  if (type == header.end()) return true;
  if (!type->is_string()) return false;
  std::string name = lowered(type->get_ref<const std::string&>());
  if (name.starts_with("application/")) name.erase(0, std::string_view("application/").size());
  return name == "at+jwt" || name == "jwt";
}

bool names_us(const json& payload, std::string_view resource) {
  const auto is_ours = [resource](const json& one) {
    if (!one.is_string()) return false;
    const auto uri = canonical_uri(one.get_ref<const std::string&>());
    return uri && *uri == resource;
  };
  const auto audience = payload.find("aud");
  if (audience == payload.end()) return false;
  if (!audience->is_array()) return is_ours(*audience);
  return audience->size() <= kMaxGroups && std::any_of(audience->begin(), audience->end(), is_ours);
}

Result<void> check_time(const json& payload, const Expected& expected, sys_seconds& expires) {
  const auto until = date_member(payload, "exp");
  const auto from = date_member(payload, "nbf");
  const auto issued = date_member(payload, "iat");
  if (!until || !from || !issued) return refuse("a date of the token is no date");
  if (!*until) return refuse("the token does not say when it expires");
  expires = **until + expected.skew;
  if (expires <= expected.now) return refuse("the token has expired");
  if (*from && **from > expected.now + expected.skew) return refuse("the token is not valid yet");
  if (*issued && **issued > expected.now + expected.skew) return refuse("the token is of the future");
  return {};
}

// An array of strings, or the words of a string.
Result<std::vector<std::string>> words(const json& payload, const std::string& name) {
  std::vector<std::string> out;
  const auto value = name.empty() ? payload.end() : payload.find(name);
  if (value == payload.end()) return out;
  if (value->is_string()) {
    std::string_view rest = value->get_ref<const std::string&>();
    while (!rest.empty()) {
      const std::size_t space = std::min(rest.find(' '), rest.size());
      if (space > 0) out.emplace_back(rest.substr(0, space));
      rest.remove_prefix(std::min(space + 1, rest.size()));
    }
  } else if (value->is_array()) {
    for (const json& word : *value) {
      if (!word.is_string()) return refuse("a claim of the token is no list of strings");
      out.push_back(word.get<std::string>());
    }
  } else {
    return refuse("a claim of the token is no list of strings");
  }
  if (out.size() > kMaxGroups || !std::all_of(out.begin(), out.end(), is_name))
    return refuse("a claim of the token is too long");
  return out;
}

Result<std::vector<std::string>> groups_of(const json& payload, const std::string& name) {
  const auto value = payload.find(name);
  if (name.empty() || value == payload.end()) return std::vector<std::string>();
  if (!value->is_array()) return refuse("a claim of the token is no list of strings");
  return words(payload, name);
}

// RFC 7800. What we cannot check must not be passed over: such a token is for its holder alone.
Result<std::string> confirmation(const json& payload) {
  const auto claim = payload.find("cnf");
  if (claim == payload.end()) return std::string();
  const std::string* thumbprint = claim->is_object() ? string_member(*claim, "jkt") : nullptr;
  if (thumbprint == nullptr || thumbprint->empty() || claim->size() != 1)
    return refuse("the token is bound in a way that is not supported");
  return *thumbprint;
}

}  // namespace

Result<std::optional<sys_seconds>> date_member(const json& object, const char* name) {
  const auto member = object.find(name);
  if (member == object.end()) return std::optional<sys_seconds>();
  constexpr double kFarthest = 253402300799.0;  // the year 9999
  const double seconds = member->is_number() ? member->get<double>() : -1;
  if (!(seconds >= 0 && seconds <= kFarthest)) return refuse("a date of the token is no date");
  return std::optional<sys_seconds>(sys_seconds(std::chrono::seconds(static_cast<std::int64_t>(std::floor(seconds)))));
}

Result<Claims> read_claims(const Jws& jws, const TrustedIssuer& issuer, const Expected& expected) {
  const json& payload = jws.payload;
  if (!is_access_token_type(jws.header)) return refuse("the token is no access token");
  const std::string* from = string_member(payload, "iss");
  if (from == nullptr || *from != issuer.issuer) return refuse("the token is of another issuer");
  if (std::find(issuer.algorithms.begin(), issuer.algorithms.end(), jws.algorithm) == issuer.algorithms.end())
    return refuse("the token is signed by an algorithm that is not accepted");
  if (!names_us(payload, expected.resource)) return refuse("the token is for another resource");
  Claims claims;
  const auto in_time = check_time(payload, expected, claims.expires);
  if (!in_time) return in_time.error();
  const std::string* who = string_member(payload, issuer.principal_claim.c_str());
  if (who == nullptr || !is_name(*who)) return refuse("the token does not say whose it is");
  claims.principal = issuer.principal_prefix + *who;
  if (claims.principal.starts_with("local:")) return refuse("the token's principal is one of this machine");
  auto groups = groups_of(payload, issuer.groups_claim);
  if (!groups) return std::move(groups).error();
  claims.groups = *std::move(groups);
  const std::string usual = payload.contains("scope") ? "scope" : "scp";
  auto scopes = words(payload, issuer.scopes_claim.empty() ? usual : issuer.scopes_claim);
  if (!scopes) return std::move(scopes).error();
  claims.scopes = *std::move(scopes);
  auto bound = confirmation(payload);
  if (!bound) return std::move(bound).error();
  claims.bound_to = *std::move(bound);
  return claims;
}

}  // namespace sumun::auth
