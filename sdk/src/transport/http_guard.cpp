// SPDX-License-Identifier: Apache-2.0
// Host, Origin and CORS.
#include "transport/http_guard.hpp"

#include "base/ascii.hpp"
#include "base/json_text.hpp"
#include "jsonrpc/message.hpp"

#include <boost/asio/ip/address_v6.hpp>

#include <algorithm>
#include <charconv>

namespace sumun {
inline namespace v0 {
namespace {

constexpr std::size_t kMaxHostBytes = 253;  // a DNS name

bool is_name(std::string_view host) {
  return !host.empty() && host.size() <= kMaxHostBytes && host.front() != '.' && host.back() != '.' &&
         host.find("..") == std::string_view::npos &&
         std::all_of(host.begin(), host.end(), [](char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '_'; });
}

std::optional<boost::asio::ip::address_v6> address_in(std::string_view host) {
  if (host.size() < 4 || host.front() != '[' || host.back() != ']') return std::nullopt;
  const std::string_view inside = host.substr(1, host.size() - 2);
  if (inside.find('%') != std::string_view::npos) return std::nullopt;  // a zone means something on one machine only
  boost::system::error_code failed;
  const auto address = boost::asio::ip::make_address_v6(inside, failed);
  return failed ? std::nullopt : std::optional(address);
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, port);
  return failed == std::errc{} && stop == end && text.size() <= 5 ? std::optional(port) : std::nullopt;
}

// Names by their letters, addresses by value.
bool same_host(std::string_view a, std::string_view b) {
  if (a.front() != '[' || b.front() != '[') return same_word(a, b);
  return address_in(a) == address_in(b);
}

bool is_loopback(std::string_view host) {
  return same_word(host, "localhost") || host == "127.0.0.1" || (host.front() == '[' && same_host(host, "[::1]"));
}

std::uint16_t default_port(std::string_view scheme) {
  return same_word(scheme, "https") ? 443 : same_word(scheme, "http") ? 80 : 0;
}

// What requests to the endpoint carry beyond the fields that every page may send.
constexpr std::string_view kRequestFields[] = {"Accept",     "Authorization",  "Content-Type", "DPoP",          "Last-Event-ID",
                                               "Mcp-Method", "Mcp-Name", "Mcp-Session-Id", "MCP-Protocol-Version"};
constexpr std::string_view kParamPrefix = "Mcp-Param-";

bool may_send(std::string_view field) {
  if (std::any_of(std::begin(kRequestFields), std::end(kRequestFields), [&](std::string_view one) { return same_word(one, field); }))
    return true;
  return field.size() > kParamPrefix.size() && same_word(field.substr(0, kParamPrefix.size()), kParamPrefix) &&
         std::all_of(field.begin(), field.end(), is_token_char);
}

HttpGuard::Refusal refuse(int status, std::string why) {
  return {status, jsonrpc::encode_error(std::nullopt, fail(ErrorCode::invalid_request, std::move(why)))};
}

}  // namespace

std::optional<HttpAuthority> parse_authority(std::string_view text) {
  HttpAuthority out;
  const std::size_t bracket = text.rfind(']');
  const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  out.host = text.substr(0, colon);
  if (!is_name(out.host) && !address_in(out.host)) return std::nullopt;
  if (colon != std::string_view::npos) {
    out.port = parse_port(text.substr(colon + 1));
    if (!out.port) return std::nullopt;
  }
  return out;
}

// RFC 6454, section 6.2
std::optional<HttpOrigin> parse_origin(std::string_view text) {
  const std::size_t end = text.find("://");
  if (end == std::string_view::npos || end == 0 || !is_letter(text.front())) return std::nullopt;
  HttpOrigin out;
  out.scheme = text.substr(0, end);
  if (!std::all_of(out.scheme.begin(), out.scheme.end(), [](char c) { return is_alphanumeric(c) || c == '+' || c == '-' || c == '.'; }))
    return std::nullopt;
  const auto authority = parse_authority(text.substr(end + 3));
  if (!authority) return std::nullopt;
  out.authority = *authority;
  return out;
}

Result<HttpGuard> HttpGuard::make(Reach reach, const std::vector<std::string>& hosts, const std::vector<std::string>& origins) {
  HttpGuard guard;
  guard.reach_ = reach;
  for (const std::string& entry : hosts) {
    const auto host = parse_authority(entry);
    if (!host) return fail(ErrorCode::invalid_value, "allowed host " + in_quotes(entry, 256) + ": expected a host, with a port or without");
    guard.hosts_.push_back({lowered(host->host), host->port});
  }
  for (const std::string& entry : origins) {
    const auto origin = parse_origin(entry);
    if (!origin) return fail(ErrorCode::invalid_value, "allowed origin " + in_quotes(entry, 256) + ": expected scheme://host, with a port or without");
    const auto& [host, port] = origin->authority;
    guard.origins_.push_back({lowered(origin->scheme), {lowered(host), port.value_or(default_port(origin->scheme))}});
  }
  return guard;
}

bool HttpGuard::allows_host(std::string_view text) const {
  const auto asked = parse_authority(text);
  if (!asked) return false;
  if (reach_ == Reach::loopback && is_loopback(asked->host)) return true;
  return std::any_of(hosts_.begin(), hosts_.end(), [&](const Host& one) {
    return same_host(one.host, asked->host) && (!one.port || one.port == asked->port);
  });
}

bool HttpGuard::allows_origin(std::string_view text) const {
  const auto asked = parse_origin(text);
  if (!asked) return false;
  if (reach_ == Reach::loopback && default_port(asked->scheme) != 0 && is_loopback(asked->authority.host)) return true;
  const std::uint16_t port = asked->authority.port.value_or(default_port(asked->scheme));
  return std::any_of(origins_.begin(), origins_.end(), [&](const Origin& one) {
    return same_word(one.scheme, asked->scheme) && same_host(one.authority.host, asked->authority.host) && one.authority.port == port;
  });
}

std::optional<HttpGuard::Refusal> HttpGuard::refusal(std::optional<std::string_view> host, std::optional<std::string_view> origin) const {
  if (!host || !parse_authority(*host)) return refuse(400, host ? "ill-formed Host: " + in_quotes(*host) : "the request has no Host");
  if (!allows_host(*host)) return refuse(403, "this server is not to be called as " + in_quotes(*host) + "; its operator can allow that host");
  if (origin && !allows_origin(*origin)) return refuse(403, "the origin " + in_quotes(*origin) + " is not allowed; the server's operator can allow it");
  return std::nullopt;
}

std::string cors_fields(std::string_view origin) {
  return "Access-Control-Allow-Origin: " + std::string(origin) +
         "\r\n"
         "Vary: Origin\r\n"
         "Access-Control-Expose-Headers: Mcp-Session-Id, WWW-Authenticate\r\n";
}

// A list of names cannot say "all that begin with Mcp-Param-", so the ones that were asked for are named back.
std::string preflight_fields(std::string_view origin, std::string_view asked, std::string_view methods) {
  std::string names;
  while (!asked.empty()) {
    std::string_view name = asked.substr(0, asked.find(','));
    asked.remove_prefix(std::min(name.size() + 1, asked.size()));
    while (!name.empty() && (name.front() == ' ' || name.front() == '\t')) name.remove_prefix(1);
    while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
    if (may_send(name)) names.append(names.empty() ? "" : ", ").append(name);
  }
  std::string fields = "Access-Control-Allow-Origin: " + std::string(origin) +
                       "\r\n"
                       "Vary: Origin, Access-Control-Request-Headers\r\n"
                       "Access-Control-Allow-Methods: " +
                       std::string(methods) +
                       "\r\n"
                       "Access-Control-Max-Age: 600\r\n";
  if (!names.empty()) fields += "Access-Control-Allow-Headers: " + names + "\r\n";
  return fields;
}

}  // namespace v0
}  // namespace sumun
