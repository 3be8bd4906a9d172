// SPDX-License-Identifier: Apache-2.0
// Text to search terms, the same for documents and queries.
//
//   "Universities"    word "univers", exact "=universities"         folded, stemmed (English), exact form beside it
//   "DEC-0054"        word "dec", word "0054", whole "dec0054"      also snake_case, CamelCase, 3.14, 1,000
//   "데이터베이스"      bigrams 데이 이터 터베 베이 이스               a word of one syllable is one token
//   "東京都に住む"      bigrams 東京 京都 都に … and the words of ICU's dictionary (Japanese, Chinese)
//   "café"            word "cafe", exact "=café"
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>

namespace sumun::docsearch {

/// Raised whenever the same text may give other tokens: an index holds the version that it was made with.
inline constexpr int kTokenizerVersion = 1;

/// A longer token is cut here (at a code point): nobody searches for more, and encoded blobs would fill the index.
inline constexpr std::size_t kMaxTokenBytes = 64;

enum class TokenKind : std::uint8_t {
  word,      // folded and, where it is English, stemmed
  exact,     // "=" and the folded form, where that differs from the word
  whole,     // a compound of several words without its separators
  segment,   // a dictionary word of Japanese, Chinese, Thai, …
  bigram,    // two neighbouring characters of Japanese, Chinese or Korean
  character  // one such character that stands alone
};

struct Token {
  std::string_view text;  // valid during the call only
  TokenKind kind;
  bool colocated;    // at the position of the token before
  bool stop_word;    // English function word
  std::uint32_t begin, end;  // the bytes of the source it came from
};

/// Takes one token; anything but 0 ends the work and is returned by tokenize().
using TokenSink = int (*)(void* context, const Token& token);

/// Whether the words of Japanese and Chinese are looked for in ICU's dictionary, which takes most of the time there,
/// or their character pairs alone are given.
enum class Segmentation { dictionary, pairs_only };

/// Thread: one at a time. It remembers the stems of words it has seen, so keep it.
class Tokenizer {
 public:
  Tokenizer();
  ~Tokenizer();
  int tokenize(std::string_view text, void* context, TokenSink sink, Segmentation segmentation = Segmentation::dictionary);

  /// The same for any callable int(const Token&).
  template <class Callable>
  int tokenize(std::string_view text, Callable&& callable, Segmentation segmentation = Segmentation::dictionary) {
    return tokenize(text, &callable, [](void* context, const Token& token) {
      return (*static_cast<std::remove_reference_t<Callable>*>(context))(token);
    }, segmentation);
  }

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// How long a text is for ranking: its words, or the characters of a script written without spaces. One cheap pass.
std::uint32_t count_words(std::string_view text);

}  // namespace sumun::docsearch
