// SPDX-License-Identifier: Apache-2.0
#include "ranking.hpp"

#include "utf8.hpp"

#include <algorithm>
#include <cmath>

namespace sumun::docsearch {
namespace {

class Analyser {
 public:
  Analyser(Tokenizer& tokenizer, const RankingOptions& options) : tokenizer_(tokenizer), options_(options) {}
  Query run(std::string_view text);

 private:
  void add(const Token& token, double weight);
  void add_phrases(std::string_view text);

  Tokenizer& tokenizer_;
  const RankingOptions& options_;
  Query query_;
  std::unordered_map<std::string, std::size_t> seen_;
  std::size_t last_ = 0;  // the term of the position before
};

void Analyser::add(const Token& token, double weight) {
  const std::string text(token.text);
  const auto [at, fresh] = seen_.try_emplace(text, query_.terms.size());
  if (fresh) {
    if (query_.terms.size() >= kMaxQueryTerms) {
      seen_.erase(at);
      return;
    }
    query_.terms.push_back({text, 0, token.kind == TokenKind::character, token.kind == TokenKind::bigram, token.kind == TokenKind::exact, last_, 0});
  }
  query_.terms[at->second].weight += weight;
  if (token.colocated) return;
  last_ = at->second;
  query_.order.push_back(last_);
}

Query Analyser::run(std::string_view text) {
  bool content = false;
  tokenizer_.tokenize(text, [&](const Token& token) { return content |= !token.stop_word, 0; });
  tokenizer_.tokenize(text, [&](const Token& token) {
    if (content && token.stop_word) return 0;
    double weight = 1;
    if (token.kind == TokenKind::exact) weight = options_.exact;
    if (token.kind == TokenKind::segment) weight = options_.segment;
    if (token.kind == TokenKind::bigram) weight = options_.bigram;
    if (weight > 0) add(token, weight);
    return 0;
  });
  add_phrases(text);
  return std::move(query_);
}

void Analyser::add_phrases(std::string_view text) {
  for (std::size_t open = text.find('"'); open != std::string_view::npos;) {
    const std::size_t close = text.find('"', open + 1);
    if (close == std::string_view::npos) return;
    Query::Phrase phrase;
    tokenizer_.tokenize(text.substr(open + 1, close - open - 1), [&](const Token& token) {
      if (!token.colocated) {
        phrase.words.emplace_back(token.text);
        phrase.exact.emplace_back(token.text);
        phrase.prefix = token.kind == TokenKind::character;
      } else if (token.kind == TokenKind::exact && !phrase.exact.empty()) {
        phrase.exact.back() = token.text.substr(1);
      }
      return 0;
    });
    if (!phrase.words.empty() && phrase.words.size() <= kMaxQueryTerms) query_.phrases.push_back(std::move(phrase));
    open = text.find('"', close + 1);
  }
}

// ("a" OR "b" OR "c" *) AND "a" + "b"
std::string match_expression(const Query& query, const std::vector<std::size_t>& terms) {
  std::string expression = "(";
  for (const std::size_t term : terms) {
    if (expression.size() > 1) expression += " OR ";
    append_phrase(expression, query.terms[term].token);
    if (query.terms[term].prefix) expression += " *";
  }
  expression += ")";
  for (const Query::Phrase& phrase : query.phrases) {
    expression += " AND ";
    for (std::size_t i = 0; i < phrase.words.size(); ++i) {
      if (i > 0) expression += " + ";
      append_phrase(expression, phrase.words[i]);
    }
    if (phrase.prefix) expression += " *";
  }
  return expression;
}

double inverse_frequency(double units, double found) { return std::log1p((units - found + 0.5) / (found + 0.5)); }

double saturate(double frequency, double length, const RankingOptions& options) {
  return frequency * (options.k1 + 1) / (frequency + options.k1 * (1 - options.b + options.b * length));
}

Result<bool> collect_postings(Connection& connection, const Query& query, const std::vector<std::size_t>& terms) {
  connection.collector.postings.clear();
  connection.collector.limit = kMaxPostings;
  auto statement = connection.database->prepare("SELECT collect(text) FROM text WHERE text MATCH ?");
  if (!statement) return statement.error();
  const std::string expression = match_expression(query, terms);
  statement->bind(1, expression);
  while (true) {
    auto row = statement->step();
    if (!row && connection.collector.postings.size() > kMaxPostings) return false;
    if (!row) return row.error();
    if (!*row) return true;
  }
}

}  // namespace

Query analyse(Tokenizer& tokenizer, std::string_view text, const RankingOptions& options) { return Analyser(tokenizer, options).run(text); }

Result<std::vector<RankedUnit>> rank_units(Connection& connection, Query& query, const RankingOptions& options) {
  std::vector<RankedUnit> ranked;
  if (query.terms.empty()) return ranked;
  auto units = read_meta(*connection.database, "units");
  if (!units) return units.error();
  auto words = read_meta(*connection.database, "words");
  if (!words) return words.error();
  if (*units <= 0) return ranked;
  const double count = static_cast<double>(*units);
  const double average = std::max(1.0, static_cast<double>(*words) / count);

  std::vector<std::size_t> terms;
  for (std::size_t i = 0; i < query.terms.size(); ++i) {
    if (!query.terms[i].exact) terms.push_back(i);
  }
  while (true) {
    auto all = collect_postings(connection, query, terms);
    if (!all) return all.error();
    if (*all) break;
    // Too much: words that stand almost everywhere say little. Those that were met most go first.
    std::vector<std::size_t> met(terms.size(), 0);
    for (const Posting& posting : connection.collector.postings) {
      if (posting.phrase < met.size()) ++met[posting.phrase];
    }
    if (terms.size() == 1) break;  // what was read of it will do
    std::vector<std::size_t> by_frequency(terms.size());
    for (std::size_t i = 0; i < terms.size(); ++i) by_frequency[i] = i;
    std::sort(by_frequency.begin(), by_frequency.end(), [&](std::size_t a, std::size_t b) { return met[a] != met[b] ? met[a] < met[b] : a < b; });
    by_frequency.resize((terms.size() + 1) / 2);
    std::sort(by_frequency.begin(), by_frequency.end());
    for (std::size_t& at : by_frequency) at = terms[at];
    terms = by_frequency;
  }

  std::vector<Posting>& postings = connection.collector.postings;
  std::vector<double> found(terms.size(), 0);
  for (const Posting& posting : postings) {
    if (posting.phrase < terms.size()) ++found[posting.phrase];
  }
  std::vector<double> weights(terms.size());
  for (std::size_t i = 0; i < terms.size(); ++i) {
    QueryTerm& term = query.terms[terms[i]];
    term.idf = inverse_frequency(count, found[i]);
    weights[i] = term.weight * term.idf;
  }
  for (QueryTerm& term : query.terms) {
    if (term.exact) term.idf = query.terms[term.word].idf;
  }
  for (std::size_t i = 0; i < postings.size();) {
    const std::int64_t row = postings[i].row;
    const double length = length_of(row) / average;
    double score = 0;
    for (; i < postings.size() && postings[i].row == row; ++i) {
      const Posting& posting = postings[i];
      if (posting.phrase >= terms.size()) continue;  // a phrase in quotes
      score += weights[posting.phrase] * saturate(posting.in_body + options.title * posting.in_title, length, options);
    }
    ranked.push_back({row, score});
  }
  std::sort(ranked.begin(), ranked.end(), [](const RankedUnit& a, const RankedUnit& b) { return a.score != b.score ? a.score > b.score : a.id < b.id; });
  return ranked;
}

ChunkScorer::ChunkScorer(Tokenizer& tokenizer, const Query& query, const RankingOptions& options, double average_length)
    : tokenizer_(tokenizer), query_(query), options_(options), average_length_(std::max(1.0, average_length)) {
  for (std::size_t i = 0; i < query.terms.size(); ++i) {
    const std::string& token = query.terms[i].token;
    index_.emplace(token, i);
    sizes_[static_cast<unsigned char>(token[0])] |= std::uint64_t{1} << (token.size() & 63);
  }
  for (std::size_t i = 1; i < query.order.size(); ++i) {
    const std::size_t first = query.order[i - 1], second = query.order[i];
    if (first == second || (query.terms[first].overlaps && query.terms[second].overlaps)) continue;
    pairs_.emplace(static_cast<std::uint64_t>(first) << 32 | second, pairs_.size());
  }
}

void ChunkScorer::count(std::string_view text, double weight, ChunkMatch* match) {
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::size_t before = kNone;  // the term at the position before
  tokenizer_.tokenize(text, [&](const Token& token) {
    if (!query_.phrases.empty() && match != nullptr) {
      if (!token.colocated) words_.emplace_back(token.text);
      if (token.colocated && token.kind == TokenKind::exact && !words_.empty()) words_.back() = token.text.substr(1);
    }
    const bool possible = (sizes_[static_cast<unsigned char>(token.text[0])] >> (token.text.size() & 63) & 1) != 0;
    auto found = possible ? index_.find(token.text) : index_.end();
    if (found == index_.end() && token.kind == TokenKind::bigram) {  // a query of one character
      found = index_.find(token.text.substr(0, code_point_at(token.text, 0).bytes));
      if (found != index_.end() && !query_.terms[found->second].prefix) found = index_.end();
    }
    const std::size_t term = found == index_.end() ? kNone : found->second;
    if (term != kNone) {
      frequencies_[term] += weight;
      if (match != nullptr) match->places.emplace_back(token.begin, query_.terms[term].weight * query_.terms[term].idf);
    }
    if (token.colocated || token.stop_word) return 0;
    if (term != kNone && before != kNone) {
      const auto pair = pairs_.find(static_cast<std::uint64_t>(before) << 32 | term);
      if (pair != pairs_.end()) pair_seen_[pair->second] = 1;
    }
    before = term;
    return 0;
  }, Segmentation::pairs_only);
}

bool ChunkScorer::holds(const Query::Phrase& phrase) const {
  const std::vector<std::string>& exact = phrase.exact;
  for (std::size_t at = 0; at + exact.size() <= words_.size(); ++at) {
    std::size_t same = 0;
    while (same < exact.size() && words_[at + same] == exact[same]) ++same;
    if (same == exact.size()) return true;
    if (phrase.prefix && same + 1 == exact.size() && words_[at + same].starts_with(exact[same])) return true;
  }
  return false;
}

ChunkMatch ChunkScorer::score(std::string_view title, std::string_view text) {
  ChunkMatch match;
  frequencies_.assign(query_.terms.size(), 0);
  pair_seen_.assign(pairs_.size(), 0);
  words_.clear();
  count(text, 1, &match);
  if (options_.title > 0) count(title, options_.title, nullptr);
  const double length = count_words(text) / average_length_;
  for (std::size_t i = 0; i < frequencies_.size(); ++i) {
    if (frequencies_[i] == 0) continue;
    match.score += query_.terms[i].weight * query_.terms[i].idf * saturate(frequencies_[i], length, options_);
  }
  match.score *= options_.chunk;
  for (const auto& [pair, at] : pairs_) {
    if (pair_seen_[at] == 0) continue;
    match.score += options_.pair * std::min(query_.terms[pair >> 32].idf, query_.terms[pair & 0xFFFFFFFF].idf);
  }
  for (const Query::Phrase& phrase : query_.phrases) match.phrases &= holds(phrase);
  return match;
}

}  // namespace sumun::docsearch
