// SPDX-License-Identifier: Apache-2.0
// Matching goes back to the last * and, where that meets a "/", to the last **: nothing before them can help.
#include "gate/glob.hpp"

#include "base/ascii.hpp"
#include "base/json_text.hpp"
#include "base/percent.hpp"
#include "base/utf8.hpp"

#include <algorithm>

namespace sumun::gate {

Result<Glob> Glob::compile(std::string_view text, Kind kind) {
  const auto bad = [](std::size_t at, const std::string& why) {
    return fail(ErrorCode::invalid_value, "column " + std::to_string(at + 1) + ": " + why);
  };
  if (text.empty()) return bad(0, "an empty glob matches nothing; ** matches everything");
  if (text.size() > kMaxGlobBytes) return bad(kMaxGlobBytes, "a glob has at most " + std::to_string(kMaxGlobBytes) + " bytes");
  if (!is_utf8(text)) return bad(0, "expected UTF-8");
  Glob made;
  made.kind_ = kind;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return bad(at, "a glob holds no control characters");
    if (c == '*') {
      const std::size_t stars = std::min(text.find_first_not_of('*', at), text.size()) - at;
      if (stars > 2) return bad(at, "expected * or **, found " + std::to_string(stars) + " of them");
      const bool crosses = stars == 2 || kind == Kind::names;
      made.tokens_.push_back({crosses ? Token::Kind::double_star : Token::Kind::star});
      at += stars - 1;
    } else if (c == '?') {
      made.tokens_.push_back({Token::Kind::one});
    } else if (c == '[' || c == ']' || c == '{' || c == '}') {
      return bad(at, std::string("there are no sets and alternatives; write \\") + c + " for the character itself");
    } else {
      if (c == '\\' && ++at == text.size()) return bad(at - 1, "expected a character behind the \\");
      made.tokens_.push_back({Token::Kind::text, text[at]});
    }
  }
  return made;
}

bool Glob::matches(std::string_view text, Case letters) const {
  const auto same = [letters](char a, char b) { return a == b || (letters == Case::ignored && lower(a) == lower(b)); };
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  struct Mark {
    std::size_t token = kNone, at = 0;  // where to go on: behind the star, and the text that it has not taken
  };
  Mark star, double_star;
  std::size_t token = 0, at = 0;
  for (;;) {
    if (token < tokens_.size() && tokens_[token].kind == Token::Kind::star) {
      star = {++token, at};
      continue;
    }
    if (token < tokens_.size() && tokens_[token].kind == Token::Kind::double_star) {
      double_star = {++token, at};
      star = {};
      continue;
    }
    if (token == tokens_.size() && at == text.size()) return true;
    if (token < tokens_.size() && at < text.size()) {
      if (tokens_[token].kind == Token::Kind::text && same(tokens_[token].character, text[at])) {
        ++token;
        ++at;
        continue;
      }
      if (tokens_[token].kind == Token::Kind::one && (kind_ == Kind::names || text[at] != '/')) {
        ++token;
        at += std::max<std::size_t>(1, utf8::length(text.data() + at, text.data() + text.size()));
        continue;
      }
    }
    if (star.token != kNone && star.at < text.size() && text[star.at] != '/') {
      token = star.token;
      at = ++star.at;
    } else if (double_star.token != kNone && double_star.at < text.size()) {
      token = double_star.token;
      at = ++double_star.at;
      star = {};
    } else {
      return false;
    }
  }
}

Truth Glob::match(std::string_view text) const {
  if (text.size() > kMaxJudgedBytes) return Truth::unknown;
  bool all = matches(text, Case::counts);
  if (kind_ == Kind::names) return truth(all);
  bool any = all || matches(text, Case::ignored);
  if (has_other_reading(text)) {
    for (const PathBegin path : {PathBegin::behind_host, PathBegin::behind_scheme}) {
      const std::string reading = plain_uri(text, path);
      all = all && matches(reading, Case::counts);
      any = any || matches(reading, Case::ignored);
    }
  }
  return all == any ? truth(all) : Truth::unknown;
}

// Both can be gone through together: reachable pairs of places, row by row.
bool Glob::meet(const std::vector<Token>& left, const std::vector<Token>& right) {
  const auto is_star = [](const Token& token) { return token.kind == Token::Kind::star || token.kind == Token::Kind::double_star; };
  const auto takes = [](const Token& taker, const Token& taken) {
    if (taken.kind != Token::Kind::text) return true;
    if (taker.kind == Token::Kind::text) return taker.character == taken.character;
    return taker.kind == Token::Kind::double_star || taken.character != '/';
  };
  std::vector<std::vector<char>> reached(left.size() + 1, std::vector<char>(right.size() + 1, 0));
  reached[0][0] = 1;
  for (std::size_t l = 0; l <= left.size(); ++l) {
    for (std::size_t r = 0; r <= right.size(); ++r) {
      if (!reached[l][r]) continue;
      const bool more_left = l < left.size(), more_right = r < right.size();
      if (more_left && is_star(left[l])) reached[l + 1][r] = 1;
      if (more_right && is_star(right[r])) reached[l][r + 1] = 1;
      if (!more_left || !more_right || !takes(left[l], right[r]) || !takes(right[r], left[l])) continue;
      if (is_star(left[l])) reached[l][r + 1] = 1;
      if (is_star(right[r])) reached[l + 1][r] = 1;
      if (!is_star(left[l]) && !is_star(right[r])) reached[l + 1][r + 1] = 1;
    }
  }
  return reached[left.size()][right.size()] != 0;
}

bool Glob::may_match_template(std::string_view uri_template) const {
  if (uri_template.size() > kMaxJudgedBytes) return true;
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < uri_template.size(); ++at) {
    if (uri_template[at] == '{') {
      tokens.push_back({Token::Kind::double_star});
      at = std::min(uri_template.find('}', at), uri_template.size());
    } else {
      tokens.push_back({Token::Kind::text, uri_template[at]});
    }
  }
  return meet(tokens_, tokens);
}

// -- URIs

namespace {

// RFC 3986, section 5.2.4, with empty segments taken out as well.
std::string resolved_path(std::string_view path) {
  const bool rooted = path.starts_with('/');
  std::vector<std::string_view> kept;
  bool ends_open = false;  // the last segment names a folder
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    ends_open = segment.empty() || segment == "." || segment == "..";
    if (segment == ".." && !kept.empty()) kept.pop_back();
    else if (!ends_open) kept.push_back(segment);
    if (end + 1 == path.size()) ends_open = true;
    path.remove_prefix(std::min(path.size(), end + 1));
  }
  std::string out;
  for (const std::string_view segment : kept) {
    if (!out.empty() || rooted) out += '/';
    out += segment;
  }
  if (ends_open && (rooted || !out.empty())) out += '/';
  return out;
}

std::size_t path_begin(std::string_view uri, PathBegin path) {
  const std::size_t colon = uri.find(':');
  if (colon == std::string_view::npos) return 0;
  if (!uri.substr(colon + 1).starts_with("//")) return colon + 1;
  return path == PathBegin::behind_scheme ? colon + 3 : std::min(uri.find('/', colon + 3), uri.size());
}

}  // namespace

bool has_other_reading(std::string_view uri) {
  if (uri.find_first_of("%#") != std::string_view::npos) return true;
  const std::string_view path = uri.substr(path_begin(uri, PathBegin::behind_scheme));
  return path.find("//") != std::string_view::npos || path.find("/.") != std::string_view::npos || path.starts_with('.');
}

std::string plain_uri(std::string_view uri, PathBegin path) {
  const std::string decoded = percent_decoded(uri.substr(0, uri.find('#')));
  const std::size_t begin = path_begin(decoded, path);
  return decoded.substr(0, begin) + resolved_path(std::string_view(decoded).substr(begin));
}

}  // namespace sumun::gate
