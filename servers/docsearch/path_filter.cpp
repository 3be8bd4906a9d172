// SPDX-License-Identifier: Apache-2.0
#include "path_filter.hpp"

#include "utf8.hpp"

#include <algorithm>

namespace sumun::docsearch {
namespace {

bool is_glob(std::string_view pattern) { return pattern.find_first_of("*?[") != std::string_view::npos; }

// One element of a glob at pattern[at].
struct Element {
  enum class Kind { literal, any, set, star, double_star } kind = Kind::literal;
  std::size_t size = 1;
};

Element element_at(std::string_view pattern, std::size_t at) {
  const std::string_view rest = pattern.substr(at);
  if (rest.starts_with("**/")) return {Element::Kind::double_star, 3};
  if (rest.starts_with("**")) return {Element::Kind::double_star, 2};
  if (rest[0] == '*') return {Element::Kind::star, 1};
  if (rest[0] == '?') return {Element::Kind::any, 1};
  if (rest[0] == '[') {
    const std::size_t close = rest.find(']', rest.size() > 1 && (rest[1] == '!' || rest[1] == '^') ? 3 : 2);
    if (close != std::string_view::npos) return {Element::Kind::set, close + 1};
  }
  return {Element::Kind::literal, 1};
}

bool in_set(std::string_view set, char c) {
  set = set.substr(1, set.size() - 2);
  const bool negated = set[0] == '!' || set[0] == '^';
  if (negated) set.remove_prefix(1);
  bool inside = false;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (i + 2 < set.size() && set[i + 1] == '-') {
      inside |= set[i] <= c && c <= set[i + 2];
      i += 2;
    } else {
      inside |= set[i] == c;
    }
  }
  return inside != negated;
}

// Row by row over the pattern's elements: which lengths of the text can be matched so far. Time is pattern × text.
bool glob_matches(std::string_view pattern, std::string_view text) {
  std::vector<char> reached(text.size() + 1, 0), next(text.size() + 1, 0);
  reached[0] = 1;
  for (std::size_t at = 0; at < pattern.size();) {
    const Element element = element_at(pattern, at);
    const std::string_view piece = pattern.substr(at, element.size);
    std::fill(next.begin(), next.end(), char{0});
    for (std::size_t i = 0; i <= text.size(); ++i) {
      const bool here = reached[i] != 0;
      switch (element.kind) {
        case Element::Kind::literal:
          if (here && i < text.size() && text[i] == piece[0]) next[i + 1] = 1;
          break;
        case Element::Kind::set:
          if (here && i < text.size() && text[i] != '/' && in_set(piece, text[i])) next[i + 1] = 1;
          break;
        case Element::Kind::any:
          if (here && i < text.size() && text[i] != '/') next[i + code_point_at(text, i).bytes] = 1;
          break;
        case Element::Kind::star:
          if (here || (i > 0 && next[i - 1] != 0 && text[i - 1] != '/')) next[i] = 1;
          break;
        case Element::Kind::double_star:
          if (here) next[i] = 1;
          if (i > 0 && next[i - 1] != 0) next[i] = 1;
          break;
      }
    }
    if (piece == "**/") {  // whole folders only: nothing, or up to a slash
      bool open = false;
      for (std::size_t i = 0; i <= text.size(); ++i) {
        open |= reached[i] != 0;
        next[i] = reached[i] != 0 || (open && i > 0 && text[i - 1] == '/') ? 1 : 0;
      }
    }
    std::swap(reached, next);
    at += element.size;
  }
  return reached[text.size()] != 0;
}

bool matches_from(std::string_view pattern, std::string_view path) {
  if (is_glob(pattern)) return glob_matches(pattern, path);
  return path == pattern || (path.starts_with(pattern) && (pattern.ends_with('/') || path[pattern.size()] == '/'));
}

}  // namespace

bool path_matches(std::string_view pattern, std::string_view path) {
  constexpr std::size_t kMaxPattern = 4096;
  if (pattern.starts_with("./")) pattern.remove_prefix(2);
  if (pattern.empty() || pattern.size() > kMaxPattern) return false;
  if (pattern[0] == '/') return matches_from(pattern, path);
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
    if (matches_from(pattern, path.substr(slash + 1))) return true;
  }
  return false;
}

bool any_path_matches(const std::vector<std::string>& patterns, std::string_view path) {
  if (patterns.empty()) return true;
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) { return path_matches(pattern, path); });
}

}  // namespace sumun::docsearch
