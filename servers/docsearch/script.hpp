// SPDX-License-Identifier: Apache-2.0
// Which way of finding words a character asks for.
#pragma once
#include <cstdint>

namespace sumun::docsearch {

enum class Script : std::uint8_t {
  none,       // white space, punctuation, symbols
  letters,    // words stand between spaces: Latin, Cyrillic, Arabic, …, and digits
  hangul,     // bigrams
  ideographs, // Han, Kana, Bopomofo: dictionary words and bigrams
  complex     // Thai, Lao, Khmer, Burmese: dictionary words
};

Script script_of(char32_t code_point);

}  // namespace sumun::docsearch
