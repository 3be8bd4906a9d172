// SPDX-License-Identifier: Apache-2.0
#include "word_cache.hpp"

#include <libstemmer.h>

#include <algorithm>
#include <cstring>
#include <iterator>

namespace sumun::docsearch {
namespace {

constexpr std::size_t kRecent = 2048;
constexpr std::size_t kMaxRemembered = std::size_t{1} << 19;  // words; then it starts afresh, at about 25 MB

// Sorted. Articles, pronouns, prepositions, auxiliaries and question words.
constexpr std::string_view kStopWords[] = {
    "a",     "about", "after",   "all",   "also",  "am",    "an",    "and",   "any",   "are",   "as",    "at",    "be",    "because",
    "been",  "before", "being",  "between", "both", "but",  "by",    "can",   "could", "did",   "do",    "does",  "doing", "during",
    "each",  "for",   "from",    "had",   "has",   "have",  "having", "he",   "her",   "here",  "him",   "his",   "how",   "i",
    "if",    "in",    "into",    "is",    "it",    "its",   "may",   "me",    "might", "more",  "most",  "must",  "my",    "no",
    "nor",   "not",   "of",      "on",    "or",    "other", "our",   "ours",  "shall", "she",   "should", "so",   "some",  "such",
    "than",  "that",  "the",     "their", "them",  "then",  "there", "these", "they",  "this",  "those", "through", "to",  "too",
    "under", "up",    "upon",    "us",    "very",  "was",   "we",    "were",  "what",  "when",  "where", "whether", "which", "while",
    "who",   "whom",  "whose",   "why",   "will",  "with",  "would", "you",   "your"};

bool is_letters(std::string_view word) {
  return std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

std::uint64_t hash_of(std::string_view word) {
  std::uint64_t hash = 0x9E3779B97F4A7C15u ^ word.size();
  const auto mix = [&](std::uint64_t block) {
    hash = (hash ^ block) * 0xD6E8FEB86659FD93u;
    hash ^= hash >> 32;
  };
  std::size_t at = 0;
  for (; at + 8 <= word.size(); at += 8) {
    std::uint64_t block = 0;
    std::memcpy(&block, word.data() + at, 8);
    mix(block);
  }
  std::uint64_t rest = 0;
  for (; at < word.size(); ++at) rest = rest << 8 | static_cast<unsigned char>(word[at]);
  mix(rest);
  return hash | 1;
}

}  // namespace

WordCache::WordCache() : slots_(1 << 12), recent_(kRecent), stemmer_(sb_stemmer_new("english", "UTF_8")) {}
WordCache::~WordCache() { sb_stemmer_delete(stemmer_); }

WordCache::Word WordCache::look_up(std::string_view word) {
  const std::uint64_t hash = hash_of(word);
  Recent& recent = recent_[hash >> 12 & (kRecent - 1)];
  if (recent.hash == hash && recent.word_size == word.size()) return read(recent);
  const Word found = look_up_all(word, hash);
  if (1 + word.size() + found.stem.size() > sizeof recent.text) return found;
  recent.hash = hash;
  recent.word_size = static_cast<std::uint8_t>(word.size());
  recent.stem_size = found.exact.empty() ? 0 : static_cast<std::uint8_t>(found.stem.size());
  recent.stop_word = found.stop_word;
  recent.text[0] = '=';
  std::memcpy(recent.text + 1, word.data(), word.size());
  std::memcpy(recent.text + 1 + word.size(), found.stem.data(), recent.stem_size);
  return read(recent);
}

WordCache::Word WordCache::read(const Recent& recent) {
  const std::string_view word(recent.text + 1, recent.word_size);
  if (recent.stem_size == 0) return {word, {}, recent.stop_word};
  return {{recent.text + 1 + recent.word_size, recent.stem_size}, {recent.text, std::size_t{1} + recent.word_size}, recent.stop_word};
}

WordCache::Word WordCache::look_up_all(std::string_view word, std::uint64_t hash) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash >> 20 & mask;
  while (slots_[slot] != 0) {
    const Entry& known = entries_[slots_[slot] - 1];
    if (known.hash == hash && known.word_size == word.size()) break;  // hash_of(): no two words of one size to eight letters share a hash
    slot = (slot + 1) & mask;
  }
  if (slots_[slot] == 0) {
    if (entries_.size() * 2 >= slots_.size()) {
      entries_.size() >= kMaxRemembered ? clear() : grow();
      return look_up_all(word, hash);
    }
    entries_.push_back(make(word, hash));
    slots_[slot] = static_cast<std::uint32_t>(entries_.size());
  }
  const Entry& entry = entries_[slots_[slot] - 1];
  const std::string_view all = text_;
  if (!entry.stemmed) return {all.substr(entry.at + 1, entry.word_size), {}, entry.stop_word};
  return {all.substr(entry.at + 1 + entry.word_size, entry.stem_size), all.substr(entry.at, 1 + entry.word_size), entry.stop_word};
}

WordCache::Entry WordCache::make(std::string_view word, std::uint64_t hash) {
  Entry entry{hash, static_cast<std::uint32_t>(text_.size()), static_cast<std::uint16_t>(word.size()), 0, false, false};
  text_.append("=").append(word);
  if (word.size() < 2 || !is_letters(word)) {
    entry.stop_word = word == "a" || word == "i";
    return entry;
  }
  entry.stop_word = std::binary_search(std::begin(kStopWords), std::end(kStopWords), word);
  const sb_symbol* stem = sb_stemmer_stem(stemmer_, reinterpret_cast<const sb_symbol*>(word.data()), static_cast<int>(word.size()));
  if (stem == nullptr) return entry;  // out of memory: the word stands for itself
  const std::string_view stemmed(reinterpret_cast<const char*>(stem), static_cast<std::size_t>(sb_stemmer_length(stemmer_)));
  if (stemmed == word || stemmed.empty()) return entry;
  entry.stemmed = true;
  entry.stem_size = static_cast<std::uint16_t>(stemmed.size());
  text_.append(stemmed);
  return entry;
}

void WordCache::grow() {
  slots_.assign(slots_.size() * 2, 0);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    std::size_t slot = entries_[i].hash >> 20 & (slots_.size() - 1);
    while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = static_cast<std::uint32_t>(i + 1);
  }
}

void WordCache::clear() {
  slots_.assign(1 << 12, 0);
  entries_.clear();
  text_.clear();
}

}  // namespace sumun::docsearch
