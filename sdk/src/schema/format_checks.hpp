// SPDX-License-Identifier: Apache-2.0
// The checks behind find_format, by the standards that they obey, and the cursor that they read with.
#pragma once
#include "base/ascii.hpp"
#include "base/utf8.hpp"

#include <cstddef>
#include <string_view>

namespace sumun::schema {

/// Where a check has come to. Each `take` goes on only where it finds what it looks for.
struct Cursor {
  const char* at;
  const char* end;

  explicit Cursor(std::string_view text) : at(text.data()), end(text.data() + text.size()) {}

  bool done() const { return at == end; }
  std::string_view rest() const { return {at, static_cast<std::size_t>(end - at)}; }
  bool take(char c) { return at != end && *at == c && ++at; }
  template <class Is>
  bool take_if(Is is) {
    return at != end && is(*at) && ++at;
  }
  template <class Is>
  std::size_t take_while(Is is) {
    const char* from = at;
    while (at != end && is(*at)) ++at;
    return static_cast<std::size_t>(at - from);
  }
  /// A character beyond ASCII, or 0.
  char32_t take_wide() {
    if (at == end || static_cast<unsigned char>(*at) < 0x80) return 0;
    const std::size_t length = utf8::length(at, end);
    if (length == 0) return 0;
    const char32_t c = utf8::value(at, length);
    at += length;
    return c;
  }
};

constexpr bool is_hex_digit(char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f'); }

bool is_ipv4(std::string_view text);  // RFC 2673, section 3.2
bool is_ipv6(std::string_view text);  // RFC 4291, section 2.2

/// RFC 3986 and 3987. `absolute`: with a scheme.
bool is_uri(std::string_view text);
bool is_uri_reference(std::string_view text);
bool is_iri(std::string_view text);
bool is_iri_reference(std::string_view text);
bool is_uri_template(std::string_view text);  // RFC 6570

bool is_hostname(std::string_view text);      // RFC 1123, with the A-labels of RFC 5890
bool is_idn_hostname(std::string_view text);  // RFC 5890
bool is_idn_domain(std::string_view text);    // the same in an address: "." alone separates, any normalisation
bool is_email(std::string_view text);         // RFC 5321
bool is_idn_email(std::string_view text);     // RFC 6531

bool is_regex(std::string_view text);  // ECMA-262

}  // namespace sumun::schema
