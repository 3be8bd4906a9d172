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
    std::uint64_t hash;
    std::uint32_t at;  // in text_: '=', the word, then the stem where it is another
    std::uint16_t word_size, stem_size;
    bool stemmed, stop_word;
  };
  // A word that was met lately, whole in one cache line; one of each slot.
  struct alignas(64) Recent {
    std::uint64_t hash = 0;  // 0 = free
    std::uint8_t word_size = 0, stem_size = 0;
    bool stop_word = false;
    char text[53];  // '=', the word, the stem
  };
  static Word read(const Recent& recent);
  Word look_up_all(std::string_view word, std::uint64_t hash);
  Entry make(std::string_view word, std::uint64_t hash);
  void grow();
  void clear();

  // Entries and their text stand in the order of first sight, which keeps the frequent words together in the
  // processor's cache; the slots that lead to them are small.
  std::vector<std::uint32_t> slots_;  // a power of two, open addressing; an entry's number + 1, 0 = free
  std::vector<Entry> entries_;
  std::string text_;
  std::vector<Recent> recent_;  // text repeats a few words very often
  sb_stemmer* stemmer_;
};

}  // namespace sumun::docsearch
