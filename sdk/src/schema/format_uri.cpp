// SPDX-License-Identifier: Apache-2.0
// URIs, IRIs and URI templates as formats: RFC 3986, RFC 3987, RFC 6570.
#include "schema/format_checks.hpp"
#include "schema/uri.hpp"

#include <algorithm>
#include <array>

namespace sumun::schema {

namespace {

enum class Letters { ascii, all };  // of a URI or of an IRI

constexpr bool is_unreserved(char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~'; }
constexpr bool is_sub_delimiter(char c) { return std::string_view("!$&'()*+,;=").find(c) != std::string_view::npos; }

constexpr auto kPlain = [] {  // unreserved and sub-delims, by byte
  std::array<bool, 128> out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = is_unreserved(static_cast<char>(i)) || is_sub_delimiter(static_cast<char>(i));
  return out;
}();

bool is_private(char32_t c) { return (c >= 0xE000 && c <= 0xF8FF) || (c >= 0xF0000 && c <= 0xFFFFD) || (c >= 0x100000 && c <= 0x10FFFD); }

bool is_ucs_character(char32_t c) {
  if (c < 0x10000) return (c >= 0xA0 && c <= 0xD7FF) || (c >= 0xF900 && c <= 0xFDCF) || (c >= 0xFDF0 && c <= 0xFFEF);
  return c <= 0xEFFFD && (c & 0xFFFF) <= 0xFFFD && (c < 0xE0000 || c >= 0xE1000);
}

bool take_percent(Cursor& text) {  // "%41"
  if (text.end - text.at < 3 || text.at[0] != '%' || !is_hex_digit(text.at[1]) || !is_hex_digit(text.at[2])) return false;
  text.at += 3;
  return true;
}

enum class Private { no, yes };

// Unreserved characters, delimiters within a part, percent-encodings and those of `more`: all of `part`?
bool consists_of(std::string_view part, std::string_view more, Letters letters, Private privates = Private::no) {
  Cursor text(part);
  while (!text.done()) {
    const auto byte = static_cast<unsigned char>(*text.at);
    if (byte >= 0x80) {
      if (letters == Letters::ascii) return false;
      const char32_t c = text.take_wide();
      if (!is_ucs_character(c) && !(privates == Private::yes && is_private(c))) return false;
    } else if (kPlain[byte] || more.find(*text.at) != std::string_view::npos) {
      ++text.at;
    } else if (!take_percent(text)) {
      return false;
    }
  }
  return true;
}

bool is_scheme(std::string_view scheme) {
  return !scheme.empty() && is_letter(scheme.front()) &&
         std::all_of(scheme.begin(), scheme.end(), [](char c) { return is_alphanumeric(c) || c == '+' || c == '-' || c == '.'; });
}

// "[" ( IPv6address / "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ) ) "]", without the brackets
bool is_ip_literal(std::string_view literal) {
  if (literal.empty() || lower(literal.front()) != 'v') return is_ipv6(literal);
  Cursor text(literal.substr(1));
  return text.take_while(is_hex_digit) > 0 && text.take('.') &&
         text.take_while([](char c) { return is_unreserved(c) || is_sub_delimiter(c) || c == ':'; }) > 0 && text.done();
}

// [ userinfo "@" ] host [ ":" port ]
bool is_authority(std::string_view authority, Letters letters) {
  if (const auto at = authority.find('@'); at != std::string_view::npos) {
    if (!consists_of(authority.substr(0, at), ":", letters)) return false;
    authority.remove_prefix(at + 1);
  }
  std::string_view port;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos || !is_ip_literal(authority.substr(1, end - 1))) return false;
    port = authority.substr(end + 1);
  } else {
    const auto colon = std::min(authority.find(':'), authority.size());
    if (!consists_of(authority.substr(0, colon), "", letters)) return false;
    port = authority.substr(colon);
  }
  if (port.empty()) return true;
  return port.front() == ':' && std::all_of(port.begin() + 1, port.end(), is_digit);
}

bool is_reference(const UriParts& parts, Letters letters) {
  if (parts.scheme && !is_scheme(*parts.scheme)) return false;
  if (parts.authority && !is_authority(*parts.authority, letters)) return false;
  if (!parts.scheme && !parts.authority && parts.path.substr(0, parts.path.find('/')).find(':') != std::string_view::npos) {
    return false;  // section 4.2: the first segment of a relative path has no colon
  }
  return consists_of(parts.path, ":@/", letters) && (!parts.query || consists_of(*parts.query, ":@/?", letters, Private::yes)) &&
         (!parts.fragment || consists_of(*parts.fragment, ":@/?", letters));
}

bool is_absolute(std::string_view text, Letters letters) {
  const UriParts parts = split_uri(text);
  return parts.scheme && is_reference(parts, letters);
}

// -- templates

// varname = varchar *( ["."] varchar );  varchar = ALPHA / DIGIT / "_" / pct-encoded
bool take_variable_name(Cursor& text) {
  const auto take_one = [&text] { return text.take_if([](char c) { return is_alphanumeric(c) || c == '_'; }) || take_percent(text); };
  if (!take_one()) return false;
  while (take_one() || text.take('.')) {
    if (text.at[-1] == '.' && !take_one()) return false;
  }
  return true;
}

// ":" and a number from 1 to 9999, or "*", or nothing
bool take_modifier(Cursor& text) {
  if (!text.take(':')) {
    text.take('*');
    return true;
  }
  const char* from = text.at;
  return text.take_while(is_digit) <= 4 && text.at != from && *from != '0';
}

bool take_expression(Cursor& text) {  // after "{"
  text.take_if([](char c) { return std::string_view("+#./;?&=,!@|").find(c) != std::string_view::npos; });
  do {
    if (!take_variable_name(text) || !take_modifier(text)) return false;
  } while (text.take(','));
  return text.take('}');
}

bool take_literal(Cursor& text) {
  if (static_cast<unsigned char>(*text.at) < 0x80) {
    return take_percent(text) ||
           text.take_if([](char c) { return c > ' ' && c < 0x7F && std::string_view("\"%<>\\^`{|}").find(c) == std::string_view::npos; });
  }
  const char32_t c = text.take_wide();
  return is_ucs_character(c) || is_private(c);
}

}  // namespace

bool is_uri(std::string_view text) { return is_absolute(text, Letters::ascii); }
bool is_uri_reference(std::string_view text) { return is_reference(split_uri(text), Letters::ascii); }
bool is_iri(std::string_view text) { return is_absolute(text, Letters::all); }
bool is_iri_reference(std::string_view text) { return is_reference(split_uri(text), Letters::all); }

bool is_uri_template(std::string_view value) {
  Cursor text(value);
  while (!text.done()) {
    if (text.take('{') ? !take_expression(text) : !take_literal(text)) return false;
  }
  return true;
}

}  // namespace sumun::schema
