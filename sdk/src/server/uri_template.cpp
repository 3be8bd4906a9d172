// SPDX-License-Identifier: Apache-2.0
// Matching by backtracking with a budget: a template is the program's own, but the URI is the peer's.
#include "server/uri_template.hpp"

#include "base/ascii.hpp"
#include "base/percent.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <utility>

namespace sumun::server {
namespace {

constexpr int kMatchBudget = 10000;  // steps of backtracking; guards against templates with many {+variables}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '.' || c == '-';
  });
}

std::string percent_encoded(std::string_view text, bool keeps_reserved) {
  constexpr std::string_view kUnreserved = "-._~", kReserved = ":/?#[]@!$&'()*+,;=";
  std::string out;
  for (const char c : text) {
    const bool stays = is_alphanumeric(c) || kUnreserved.find(c) != kUnreserved.npos || (keeps_reserved && kReserved.find(c) != kReserved.npos);
    if (stays) {
      out.push_back(c);
    } else {
      constexpr char kDigits[] = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
    }
  }
  return out;
}

// What %00 and stray bytes decode to would mean something else to whatever opens it.
bool is_text(std::string_view value) {
  const char* at = value.data();
  const char* const end = at + value.size();
  while (at != end) {
    const std::size_t length = utf8::length(at, end);
    if (length == 0 || *at == '\0') return false;
    at += length;
  }
  return true;
}

}  // namespace

Result<UriTemplate> UriTemplate::parse(std::string_view text) {
  UriTemplate made;
  const auto bad = [&](std::size_t at, const std::string& why) {
    return fail(ErrorCode::invalid_value, "uri template '" + std::string(text) + "': " + why + " at " + std::to_string(at));
  };
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t open = text.find_first_of("{}", at);
    if (open == std::string_view::npos || open > at) {
      made.parts_.push_back({Part::Kind::literal, std::string(text.substr(at, open - at)), {}});
      if (open == std::string_view::npos) break;
    }
    if (text[open] == '}') return bad(open, "'}' without '{'");
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) return bad(open, "'{' without '}'");
    std::string_view inside = text.substr(open + 1, close - open - 1);
    Part part{Part::Kind::simple, {}, {}};
    if (!inside.empty()) {
      if (inside[0] == '+') part.kind = Part::Kind::reserved;
      else if (inside[0] == '/') part.kind = Part::Kind::path;
      else if (inside[0] == '?') part.kind = Part::Kind::query;
      if (part.kind != Part::Kind::simple) inside.remove_prefix(1);
    }
    while (true) {
      const std::size_t comma = inside.find(',');
      std::string_view name = inside.substr(0, comma);
      if (!is_name(name)) return bad(open + 1, "expected a variable name, found '" + std::string(name) + "'");
      if (std::find(made.names_.begin(), made.names_.end(), name) != made.names_.end())
        return bad(open + 1, "the variable '" + std::string(name) + "' stands twice");
      made.names_.emplace_back(name);
      part.names.emplace_back(name);
      if (comma == std::string_view::npos) break;
      inside.remove_prefix(comma + 1);
    }
    if (part.kind != Part::Kind::query && part.names.size() != 1) return bad(open + 1, "only a query takes several variables");
    part.text = part.names[0];
    made.parts_.push_back(std::move(part));
    at = close + 1;
  }
  return made;
}

bool UriTemplate::match_from(std::size_t index, std::string_view rest, UriVariables& found, int& budget) const {
  if (--budget < 0) return false;
  if (index == parts_.size()) return rest.empty();
  const Part& part = parts_[index];
  switch (part.kind) {
    case Part::Kind::literal:
      return rest.substr(0, part.text.size()) == part.text &&
             match_from(index + 1, rest.substr(part.text.size()), found, budget);
    case Part::Kind::query: {
      UriVariables values;
      if (!rest.empty()) {
        if (rest[0] != '?') return false;
        std::string_view query = rest.substr(1, rest.find('#') - 1);
        rest.remove_prefix(1 + query.size());
        while (!query.empty()) {
          const std::string_view pair = query.substr(0, query.find('&'));
          query.remove_prefix(std::min(query.size(), pair.size() + 1));
          const std::size_t equals = pair.find('=');
          const std::string name = percent_decoded(pair.substr(0, equals));
          if (std::find(part.names.begin(), part.names.end(), name) == part.names.end()) return false;
          values[name] = equals == std::string_view::npos ? "" : percent_decoded(pair.substr(equals + 1));
        }
      }
      if (!match_from(index + 1, rest, found, budget)) return false;
      found.merge(values);
      return true;
    }
    case Part::Kind::path:
      if (rest.empty() || rest[0] != '/') return false;
      rest.remove_prefix(1);
      break;
    case Part::Kind::simple:
    case Part::Kind::reserved:
      break;
  }
  std::size_t longest = part.kind == Part::Kind::reserved ? rest.size() : std::min(rest.find_first_of("/?#"), rest.size());
  for (std::size_t length = longest; length > 0; --length) {
    if (budget < 0) return false;
    if (!match_from(index + 1, rest.substr(length), found, budget)) continue;
    found[part.text] = percent_decoded(rest.substr(0, length));
    return true;
  }
  return false;
}

std::optional<std::string> UriTemplate::expand(const UriVariables& values) const {
  std::string uri;
  for (const Part& part : parts_) {
    if (part.kind == Part::Kind::literal) {
      uri += part.text;
    } else if (part.kind == Part::Kind::query) {
      char separator = '?';
      for (const std::string& name : part.names) {
        const auto value = values.find(name);
        if (value == values.end()) continue;
        uri += std::exchange(separator, '&') + name + "=" + percent_encoded(value->second, false);
      }
    } else {
      const auto value = values.find(part.text);
      if (value == values.end()) return std::nullopt;
      if (part.kind == Part::Kind::path) uri += '/';
      uri += percent_encoded(value->second, part.kind == Part::Kind::reserved);
    }
  }
  return uri;
}

std::optional<UriVariables> UriTemplate::match(std::string_view uri) const {
  UriVariables found;
  int budget = kMatchBudget;
  if (!match_from(0, uri, found, budget)) return std::nullopt;
  for (const auto& [name, value] : found)
    if (!is_text(value)) return std::nullopt;
  return found;
}

}  // namespace sumun::server
