// SPDX-License-Identifier: Apache-2.0
// Host names and mail addresses as formats, in ASCII and beyond.
#include "schema/format_checks.hpp"
#include "schema/idna.hpp"

#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <array>

namespace sumun::schema {

namespace {

constexpr std::size_t kMaxName = 253;       // RFC 1035: 255 octets with the first length and the root
constexpr std::size_t kMaxLocalPart = 64;   // RFC 5321, section 4.5.3.1.1

// Letters, digits and inner hyphens.
bool is_ldh_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabel && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), [](char c) { return is_alphanumeric(c) || c == '-'; });
}

// The label at the front of `name`, which loses it and the separator behind it. `more` = there was a separator.
std::string_view take_label(std::string_view& name, std::string_view (*separator_of)(std::string_view), bool& more) {
  for (std::size_t at = 0; at < name.size(); ++at) {
    const std::string_view separator = separator_of(name.substr(at));
    if (separator.empty()) continue;
    const std::string_view label = name.substr(0, at);
    name.remove_prefix(at + separator.size());
    more = true;
    return label;
  }
  more = false;
  return name;
}

std::string_view full_stop(std::string_view text) { return text.substr(0, text.front() == '.' ? 1 : 0); }

// Those that RFC 3490, section 3.1 and UTS #46 read as a full stop.
std::string_view any_full_stop(std::string_view text) {
  for (std::string_view one : {".", "\u3002", "\uFF0E", "\uFF61"}) {
    if (text.starts_with(one)) return text.substr(0, one.size());
  }
  return {};
}

enum class Names { ascii, all };

bool is_name(std::string_view name, Names names, std::string_view (*separator_of)(std::string_view)) {
  std::size_t size = 0;
  bool bidi = false, bidi_rule = true, more = true;
  while (more) {
    const std::string_view label = take_label(name, separator_of, more);
    const bool a_label = label.size() >= 4 && same_word(label.substr(0, 4), "xn--");
    if (names == Names::ascii && !is_ldh_label(label)) return false;
    LabelFacts facts{true, false, label.empty() || is_letter(label.front()), label.size()};
    if (names == Names::all || a_label) facts = read_label(label);
    size += facts.ascii_size + (more ? 1 : 0);
    if (!facts.valid || size > kMaxName) return false;
    bidi = bidi || facts.right_to_left;
    bidi_rule = bidi_rule && facts.bidi_rule;
  }
  return !bidi || bidi_rule;
}

// -- mail

bool is_atom_character(char c) { return is_alphanumeric(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos; }

// *QcontentSMTP DQUOTE, after the first quote
bool take_quoted(Cursor& text, Names names) {
  while (!text.done()) {
    if (text.take('"')) return true;
    if (text.take('\\')) {
      if (!text.take_if([](char c) { return c >= ' ' && c <= '~'; })) return false;
    } else if (!text.take_if([](char c) { return c >= ' ' && c <= '~'; }) && (names == Names::ascii || text.take_wide() == 0)) {
      return false;
    }
  }
  return false;
}

// Atom *("." Atom)
bool take_dotted(Cursor& text, Names names) {
  do {
    const char* from = text.at;
    while (text.take_if(is_atom_character) || (names == Names::all && text.take_wide() != 0)) {
    }
    if (text.at == from) return false;
  } while (text.take('.'));
  return true;
}

// "[" IPv4 or "IPv6:" IPv6 "]": the only tag that is registered
bool is_address_literal(std::string_view text) {
  constexpr std::string_view kTag = "IPv6:";
  if (!text.starts_with('[') || !text.ends_with(']')) return false;
  text = text.substr(1, text.size() - 2);
  if (text.size() >= kTag.size() && same_word(text.substr(0, kTag.size()), kTag)) return is_ipv6(text.substr(kTag.size()));
  return is_ipv4(text);
}

bool is_ascii_domain(std::string_view name) {  // RFC 5321 knows no A-labels
  bool more = true;
  if (name.size() > 255) return false;
  while (more) {
    if (!is_ldh_label(take_label(name, full_stop, more))) return false;
  }
  return true;
}

bool is_address(std::string_view value, Names names) {
  Cursor text(value);
  if (!(text.take('"') ? take_quoted(text, names) : take_dotted(text, names))) return false;
  if (text.at - value.data() > static_cast<std::ptrdiff_t>(kMaxLocalPart) || !text.take('@')) return false;
  if (is_address_literal(text.rest())) return true;
  return names == Names::ascii ? is_ascii_domain(text.rest()) : is_idn_domain(text.rest());
}

}  // namespace

bool is_hostname(std::string_view text) { return is_name(text, Names::ascii, full_stop); }
bool is_idn_hostname(std::string_view text) { return is_name(text, Names::all, any_full_stop); }

bool is_idn_domain(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) return is_name(text, Names::ascii, full_stop);
  constexpr int32_t kRoom = 1024;  // no name that fits into 253 octets comes near
  std::array<UChar, kRoom> units{}, normal{};
  std::array<char, kRoom * 3> bytes{};
  if (text.size() > kRoom * 3) return false;
  UErrorCode error = U_ZERO_ERROR;
  int32_t size = 0;
  u_strFromUTF8(units.data(), kRoom, &size, text.data(), static_cast<int32_t>(text.size()), &error);
  if (U_FAILURE(error)) return false;
  const UNormalizer2* form = unorm2_getNFCInstance(&error);
  size = unorm2_normalize(form, units.data(), size, normal.data(), kRoom, &error);
  int32_t byte_count = 0;
  u_strToUTF8(bytes.data(), static_cast<int32_t>(bytes.size()), &byte_count, normal.data(), size, &error);
  return U_SUCCESS(error) && is_name({bytes.data(), static_cast<std::size_t>(byte_count)}, Names::all, full_stop);
}

bool is_email(std::string_view text) { return is_address(text, Names::ascii); }
bool is_idn_email(std::string_view text) { return is_address(text, Names::all); }

}  // namespace sumun::schema
