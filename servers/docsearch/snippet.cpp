// SPDX-License-Identifier: Apache-2.0
#include "snippet.hpp"

#include "blocks.hpp"
#include "utf8.hpp"

#include <algorithm>

namespace sumun::docsearch {
namespace {

// The place from which on a window of `characters` holds most weight.
std::size_t heaviest_begin(std::string_view text, const std::vector<std::pair<std::uint32_t, double>>& places, std::size_t characters) {
  double best = -1, sum = 0;
  std::size_t begin = 0, last = 0;
  for (std::size_t first = 0; first < places.size(); ++first) {
    const std::size_t end = advance_characters(text, places[first].first, characters);
    last = std::max(last, first);
    for (; last < places.size() && places[last].first < end; ++last) sum += places[last].second;
    if (sum > best + 1e-9) {
      best = sum;
      begin = places[first].first;
    }
    sum -= places[first].second;
  }
  return begin;
}

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

}  // namespace

std::string make_snippet(std::string_view text, const std::vector<std::pair<std::uint32_t, double>>& places) {
  if (count_characters(text) <= kSnippetCharacters) return one_line(text, kSnippetCharacters);
  constexpr std::size_t kBefore = 40;  // characters of what leads to the first place
  const std::size_t heaviest = heaviest_begin(text, places, kSnippetCharacters - kBefore);
  std::size_t begin = heaviest;
  for (std::size_t back = 0; begin > 0 && back < kBefore; --begin) back += !is_continuation(text[begin - 1]);
  if (begin > 0) {  // at a word, where the script has any
    for (std::size_t at = begin; at < heaviest; ++at) {
      if (!is_blank(text[at])) continue;
      begin = at + 1;
      break;
    }
  }
  begin = boundary_before(text, begin);
  std::size_t end = advance_characters(text, begin, kSnippetCharacters);
  if (end < text.size()) {
    std::size_t word = end;
    while (word > begin && end - word < 30 && !is_blank(text[word])) --word;
    if (word > begin && is_blank(text[word])) end = word;
  }
  return (begin > 0 ? "…" : "") + one_line(text.substr(begin, end - begin), kSnippetCharacters) + (end < text.size() ? "…" : "");
}

}  // namespace sumun::docsearch
