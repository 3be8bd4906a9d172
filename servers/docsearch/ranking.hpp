// SPDX-License-Identifier: Apache-2.0
// From a query to ranked chunks. Two steps: BM25 over the units of the index, then, for the best of them, the same
// measure over each chunk's own text, where neighbouring query words count too.
#pragma once
#include "docsearch.hpp"
#include "store.hpp"

#include <array>
#include <string>
#include <unordered_map>
#include <vector>

namespace sumun::docsearch {

/// The constants of the ranking. Chosen on several collections at once; docs/docsearch.md tells which.
struct RankingOptions {
  double k1 = 1.2, b = 0.6;    // BM25 over units
  double title = 1.5;          // how often a word of the title counts
  double exact = 0.8;          // weight of an exact form beside its stem, in chunks
  double segment = 1.0, bigram = 1.0;  // weights of Japanese and Chinese words and character pairs
  double chunk = 0.5;          // share of the best chunk's own BM25
  double pair = 0.5;           // share of neighbouring query words found side by side
};

inline constexpr std::size_t kMaxQueryTerms = 96;
inline constexpr std::size_t kRankedUnits = 100;   // looked at chunk by chunk
inline constexpr std::size_t kMaxPostings = 4'000'000;  // of one query, at 24 bytes; beyond it common words are left out

struct QueryTerm {
  std::string token;
  double weight = 0;
  bool prefix = false;  // one character of Hangul or an ideograph: begins a longer token
  bool overlaps = false;  // a pair of characters: stands beside its neighbour anyway
  bool exact = false;   // an exact form: counts in chunks only
  std::size_t word = 0; // exact: the term that it is a form of, whose idf it has
  double idf = 0;       // filled by rank_units()
};

/// What a query asks for.
struct Query {
  std::vector<QueryTerm> terms;
  std::vector<std::size_t> order;  // terms by position in the query, for neighbours; only those that advance it
  /// "in quotes"
  struct Phrase {
    std::vector<std::string> words;  // as the index has them
    std::vector<std::string> exact;  // as they were written, folded
    bool prefix = false;             // the last one begins a word: one character of Hangul or an ideograph
  };
  std::vector<Phrase> phrases;
};
Query analyse(Tokenizer& tokenizer, std::string_view text, const RankingOptions& options);

struct RankedUnit {
  std::int64_t id;
  double score;
};
/// All matching units, best first; ties by id. Fills the terms' idf.
Result<std::vector<RankedUnit>> rank_units(Connection& connection, Query& query, const RankingOptions& options);

struct ChunkMatch {
  double score = 0;       // BM25 of the chunk and its pairs
  std::vector<std::pair<std::uint32_t, double>> places;  // byte and weight of each query word in it
  bool phrases = true;    // holds every phrase of the query
};
/// Scores texts against one query. Thread: one at a time.
class ChunkScorer {
 public:
  ChunkScorer(Tokenizer& tokenizer, const Query& query, const RankingOptions& options, double average_length);
  ChunkMatch score(std::string_view title, std::string_view text);

 private:
  void count(std::string_view text, double weight, ChunkMatch* match);
  bool holds(const Query::Phrase& phrase) const;  // words_ do

  Tokenizer& tokenizer_;
  const Query& query_;
  const RankingOptions& options_;
  double average_length_;
  std::unordered_map<std::string_view, std::size_t> index_;  // token to term
  std::array<std::uint64_t, 256> sizes_{};                   // by first byte: a bit for each size of token in index_
  std::vector<double> frequencies_;
  std::vector<std::uint8_t> pair_seen_;
  std::unordered_map<std::uint64_t, std::size_t> pairs_;     // neighbours of the query
  std::vector<std::string> words_;                           // exact forms by position, where the query has phrases
};

}  // namespace sumun::docsearch
