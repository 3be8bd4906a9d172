// SPDX-License-Identifier: Apache-2.0
// What this project adds to SQLite's full-text index: its tokenizer, and a function that hands every matching row with
// its term frequencies to a collector, so that ranking is ours.
#pragma once
#include "database.hpp"
#include "tokenizer.hpp"

#include <cstdint>
#include <vector>

namespace sumun::docsearch {

/// One posting of a query: how often phrase `phrase` stands in the title and in the body of row `row`.
struct Posting {
  std::int64_t row;
  std::uint16_t phrase;
  std::uint16_t in_title;
  std::uint32_t in_body;
};

/// Takes the postings of `SELECT collect(text) FROM text WHERE text MATCH ?`.
struct Collector {
  std::vector<Posting> postings;
  std::size_t limit = 0;  // postings; beyond it collect() ends the statement with an interrupt
};

/// Registers the tokenizer `sumun` and the function `collect` with this connection. Both objects must outlive it.
/// A document's text goes through `tokenizer`; a phrase of a MATCH expression is one token as it stands. Exact forms are
/// not in the full-text index, where they would cost a third of the indexing time for no better ranking (measured); they
/// are compared in the text of the units that were found.
Result<void> register_fts(Database& database, Tokenizer& tokenizer, Collector& collector);

/// The phrase of a MATCH expression that stands for exactly this token.
void append_phrase(std::string& expression, std::string_view token);

}  // namespace sumun::docsearch
