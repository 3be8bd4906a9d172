// SPDX-License-Identifier: Apache-2.0
// The ranked chunks of a query before citations are looked up: search() shows them, evaluate_beir() measures them.
#pragma once
#include "ranking.hpp"

namespace sumun::docsearch {

struct RankedChunk {
  double score = 0;
  std::int64_t unit = 0, document = 0, file = 0;
  std::string path, record, title;
  DocumentType type = DocumentType::text;
  std::int64_t modified_ns = 0;
  StoredChunk chunk;
  std::string text;
  std::vector<std::pair<std::uint32_t, double>> places;  // of the query's words in text
};

/// Every chunk that matches, of the best `units` units that pass the filter; best first, ties by path and place.
Result<std::vector<RankedChunk>> rank_chunks(Connection& connection, const SearchQuery& query, std::size_t units, const RankingOptions& options);

}  // namespace sumun::docsearch
