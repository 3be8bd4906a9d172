// SPDX-License-Identifier: Apache-2.0
// RFC 3986, the part of it that a connection needs.
#include "http/url.hpp"

#include "base/ascii.hpp"

#include <sumun/limits.hpp>

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>

namespace sumun::http {
namespace {

Error refuse(std::string what) { return fail(ErrorCode::invalid_value, std::move(what)); }

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

std::uint16_t own_port(Url::Scheme scheme) { return scheme == Url::Scheme::https ? 443 : 80; }

Result<std::uint16_t> parse_port(std::string_view text) {
  unsigned value = 0;
  const auto [at, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || at != text.data() + text.size() || value == 0 || value > 65535)
    return refuse("the URL's port must be a number from 1 to 65535");
  return static_cast<std::uint16_t>(value);
}

bool is_name(std::string_view host) {
  return !host.empty() && host.size() <= 253 && host.front() != '.' && host.front() != '-' &&
         host.find("..") == std::string_view::npos &&
         std::all_of(host.begin(), host.end(), [](char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '_'; });
}

// Digits and dots alone must be an address as everybody writes it: 127.1 and 0177.0.0.1 mean other things to others.
bool is_plain_address_or_name(const std::string& host) {
  const std::size_t dot = host.rfind('.', host.size() - 2);
  const std::string_view last = std::string_view(host).substr(dot == std::string::npos ? 0 : dot + 1);
  if (!std::all_of(last.begin(), last.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; })) return true;
  boost::system::error_code failure;
  const auto address = boost::asio::ip::make_address_v4(host, failure);
  return !failure && address.to_string() == host;
}

Result<std::string> parse_host(std::string_view text) {
  if (text.empty()) return refuse("the URL has no host");
  if (text.front() == '[') {
    boost::system::error_code failure;
    const std::string inside(text.substr(1, text.size() - 2));
    const auto address = boost::asio::ip::make_address_v6(inside, failure);
    if (failure || text.back() != ']' || inside.find('%') != std::string::npos)
      return refuse("what stands in [ ] in the URL is no IPv6 address");
    return address.to_string();
  }
  std::string host = lowered(text);
  if (!is_name(host) || !is_plain_address_or_name(host)) return refuse("the URL's host is no host name and no address");
  return host;
}

// pchar, "/" and "?" of RFC 3986.
Result<void> check_target(std::string_view target) {
  constexpr std::string_view kOthers = "-._~!$&'()*+,;=:@/?";
  for (std::size_t i = 0; i < target.size(); ++i) {
    const char c = target[i];
    if (c == '%') {
      if (i + 2 >= target.size() || !is_hex(target[i + 1]) || !is_hex(target[i + 2]))
        return refuse("the URL has a % without two hexadecimal digits behind it");
    } else if (c == '#') {
      return refuse("the URL has a fragment (#), which no server would see");
    } else if (!is_alphanumeric(c) && kOthers.find(c) == std::string_view::npos) {
      return refuse("the URL holds a character that has to be written as %XX");
    }
  }
  return {};
}

}  // namespace

std::string Url::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != own_port(scheme)) text += ":" + std::to_string(port);
  return text;
}

std::string Url::origin() const { return (scheme == Scheme::https ? "https://" : "http://") + authority(); }

Result<Url> parse_url(std::string_view text) {
  if (text.size() > kMaxUrlBytes) return refuse("the URL is longer than " + std::to_string(kMaxUrlBytes) + " bytes");
  const std::size_t mark = text.find("://");
  const std::string scheme = lowered(text.substr(0, mark == std::string_view::npos ? 0 : mark));
  if (scheme != "http" && scheme != "https") return refuse("the URL must begin with http:// or https://");
  Url url;
  url.scheme = scheme == "https" ? Url::Scheme::https : Url::Scheme::http;
  url.port = own_port(url.scheme);
  text.remove_prefix(mark + 3);

  const std::size_t end = std::min(text.find_first_of("/?#"), text.size());
  std::string_view authority = text.substr(0, end);
  if (authority.find('@') != std::string_view::npos) return refuse("the URL has user information (…@); a secret does not belong into a URL");
  const std::size_t colon = authority.find(':', authority.starts_with('[') ? authority.find(']') : 0);
  if (colon != std::string_view::npos) {
    const auto port = parse_port(authority.substr(colon + 1));
    if (!port) return port.error();
    url.port = *port;
    authority = authority.substr(0, colon);
  }
  auto host = parse_host(authority);
  if (!host) return host.error();
  url.host = *std::move(host);

  const std::string_view target = text.substr(end);
  const auto checked = check_target(target);
  if (!checked) return checked.error();
  url.target = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
  return url;
}

}  // namespace sumun::http
