// SPDX-License-Identifier: Apache-2.0
// What the English stemmer and the stop list say of a folded word, remembered: text repeats its words, and a look-up
// costs a hundredth of a stemming.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct sb_stemmer;

namespace sumun::docsearch {

class WordCache {
 public:
  struct Word {
    std::string_view stem;   // valid until the next call
    std::string_view exact;  // "=" and the word; empty where the stem is the word itself
    bool stop_word;
  };

  WordCache();
  ~WordCache();

  /// `word` is folded. A word of ASCII letters is stemmed, any other is its own stem.
  Word look_up(std::string_view word);

 private:
  struct Entry {
    std::uint64_t hash = 0;  // 0 = free
    std::uint32_t at = 0;    // in text_: '=', the word, then the stem where it is another
    std::uint16_t word_size = 0, stem_size = 0;
    bool stemmed = false, stop_word = false;
  };
  Entry make(std::string_view word, std::uint64_t hash);
  void grow();
  void clear();

  std::vector<Entry> entries_;  // a power of two, open addressing
  std::size_t used_ = 0;
  std::string text_;
  sb_stemmer* stemmer_;
};

}  // namespace sumun::docsearch
