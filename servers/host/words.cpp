// SPDX-License-Identifier: Apache-2.0
// The word splitter: one pass, one state.
#include "words.hpp"

#include <cstddef>
#include <utility>

namespace sumun::host {
namespace {

constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// What a backslash may take the meaning from inside double quotes (POSIX shell, 2.2.3).
bool is_escapable_in_quotes(char c) { return c == '"' || c == '\\' || c == '$' || c == '`'; }

}  // namespace

Result<std::vector<std::string>> split_words(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;  // true from the first character or quote of a word to the blank behind it
  char quote = 0;        // the quote that is open; 0 = none
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '\0') return fail(ErrorCode::invalid_value, "a command cannot hold a NUL byte");
    if (quote == '\'') {
      if (c == '\'') quote = 0;
      else word += c;
      continue;
    }
    if (c == '\\') {
      if (i + 1 == line.size()) return fail(ErrorCode::invalid_value, "a backslash at the end of: " + std::string(line));
      const char next = line[++i];
      if (next == '\n') continue;  // a continued line
      if (quote == '"' && !is_escapable_in_quotes(next)) word += '\\';
      word += next;
      in_word = true;
      continue;
    }
    if (quote == '"') {
      if (c == '"') quote = 0;
      else word += c;
      continue;
    }
    if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (!is_blank(c)) {
      word += c;
      in_word = true;
    } else if (in_word) {
      words.push_back(std::exchange(word, {}));
      in_word = false;
    }
  }
  if (quote) return fail(ErrorCode::invalid_value, std::string("a ") + quote + " is never closed in: " + std::string(line));
  if (in_word) words.push_back(std::move(word));
  return words;
}

std::string quote_word(std::string_view word) {
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos) return std::string(word);
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') quoted += "'\\''";
    else quoted += c;
  }
  return quoted + "'";
}

}  // namespace sumun::host
