// SPDX-License-Identifier: Apache-2.0
// Any bytes become tokens of valid UTF-8 that lie inside them, the same ones each time.
#include "docsearch/tokenizer.hpp"
#include "docsearch/utf8.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using sumun::docsearch::Token;

std::string run(sumun::docsearch::Tokenizer& tokenizer, std::string_view text) {
  std::string all;
  bool first = true;
  tokenizer.tokenize(text, [&](const Token& token) {
    const bool sound = !token.text.empty() && token.begin <= token.end && token.end <= text.size() && !(first && token.colocated) &&
                       sumun::docsearch::first_invalid_utf8(token.text) == std::string_view::npos &&
                       token.text.size() <= sumun::docsearch::kMaxTokenBytes + 1;
    if (!sound) std::abort();
    first = false;
    all.append(token.text).push_back('\n');
    return 0;
  });
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static sumun::docsearch::Tokenizer tokenizer;  // one that has seen every input before
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (run(tokenizer, text) != run(tokenizer, text)) std::abort();
  (void)sumun::docsearch::count_words(text);
  return 0;
}
