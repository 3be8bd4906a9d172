// SPDX-License-Identifier: Apache-2.0
#include "search.hpp"

#include "files.hpp"
#include "path_filter.hpp"
#include "snippet.hpp"
#include "utf8.hpp"

#include <algorithm>
#include <map>

namespace sumun::docsearch {
namespace {

constexpr std::size_t kMaxHitsPerDocument = 3;  // so that one long document does not fill the list

std::chrono::sys_seconds seconds_of(std::int64_t nanoseconds) {
  return std::chrono::sys_seconds(std::chrono::floor<std::chrono::seconds>(std::chrono::nanoseconds(nanoseconds)));
}

class Ranker {
 public:
  Ranker(Connection& connection, const SearchQuery& search, const RankingOptions& options) : connection_(connection), search_(search), options_(options) {}
  Result<std::vector<RankedChunk>> run(std::size_t units);

 private:
  Result<void> add_unit(ChunkScorer& scorer, const RankedUnit& ranked);
  bool passes(std::string_view path, DocumentType type, std::int64_t modified_ns);

  Connection& connection_;
  const SearchQuery& search_;
  const RankingOptions& options_;
  Statement unit_;
  std::vector<RankedChunk> chunks_;
  std::size_t taken_ = 0;                    // units
  std::map<std::int64_t, bool> file_passes_;  // by file
};

Result<std::vector<RankedChunk>> Ranker::run(std::size_t units) {
  auto prepared = connection_.database->prepare(
      "SELECT unit.document, unit.file, file.path, file.type, file.modified_ns, document.record, document.title, unit.title, unit.chunks, unit.body "
      "FROM unit JOIN document ON document.id = unit.document JOIN file ON file.id = unit.file WHERE unit.id = ?");
  if (!prepared) return prepared.error();
  unit_ = std::move(*prepared);
  Query query = analyse(connection_.tokenizer, std::string_view(search_.text).substr(0, kMaxQueryBytes), options_);
  auto ranked = rank_units(connection_, query, options_);
  if (!ranked) return ranked.error();
  ChunkScorer scorer(connection_.tokenizer, query, options_, 120);
  for (const RankedUnit& unit : *ranked) {
    if (taken_ >= units) break;
    auto added = add_unit(scorer, unit);
    if (!added) return added.error();
  }
  std::sort(chunks_.begin(), chunks_.end(), [](const RankedChunk& a, const RankedChunk& b) {
    if (a.score != b.score) return a.score > b.score;
    if (a.path != b.path) return a.path < b.path;
    return a.chunk.first_byte < b.chunk.first_byte;
  });
  return std::move(chunks_);
}

bool Ranker::passes(std::string_view path, DocumentType type, std::int64_t modified_ns) {
  const auto modified = seconds_of(modified_ns);
  if (search_.modified_from && modified < *search_.modified_from) return false;
  if (search_.modified_before && modified >= *search_.modified_before) return false;
  if (!search_.types.empty() && std::find(search_.types.begin(), search_.types.end(), type) == search_.types.end()) return false;
  return any_path_matches(search_.paths, path);
}

Result<void> Ranker::add_unit(ChunkScorer& scorer, const RankedUnit& ranked) {
  auto found = unit_.bind(1, ranked.id).step();
  if (!found) return found.error();
  if (!*found) return {};
  RankedChunk base;
  base.unit = ranked.id;
  base.document = unit_.integer(0);
  base.file = unit_.integer(1);
  base.path = unit_.text(2);
  base.type = static_cast<DocumentType>(unit_.integer(3));
  base.modified_ns = unit_.integer(4);
  base.record = unit_.text(5);
  base.title = unit_.text(6);
  const auto [known, fresh] = file_passes_.try_emplace(base.file, false);
  if (fresh) known->second = passes(base.path, base.type, base.modified_ns);
  if (known->second) {
    const std::string_view title = unit_.text(7), body = unit_.text(9);
    for (StoredChunk& chunk : decode_chunks(unit_.text(8))) {
      if (chunk.begin > body.size() || chunk.size > body.size() - chunk.begin) continue;
      const std::string_view text = body.substr(chunk.begin, chunk.size);
      ChunkMatch match = scorer.score(title, text);
      if (match.score <= 0 || !match.phrases) continue;
      RankedChunk hit = base;
      hit.score = ranked.score + match.score;
      hit.text = text;
      hit.chunk = std::move(chunk);
      hit.places = std::move(match.places);
      chunks_.push_back(std::move(hit));
    }
    ++taken_;
  }
  unit_.reset();
  return {};
}

// Whether the file still holds each cited stretch. One open file at a time.
class CitationCheck {
 public:
  CitationState check(const std::string& path, const StoredChunk& chunk);

 private:
  struct Opened {
    FileHandle file;
    bool ok = false;
  };
  std::map<std::string, Opened> files_;
  Hasher hasher_;
};

CitationState CitationCheck::check(const std::string& path, const StoredChunk& chunk) {
  auto [at, fresh] = files_.try_emplace(path);
  if (fresh) {
    FileStamp stamp;
    auto file = open_file(path, stamp);
    at->second.ok = file.has_value();
    if (file) at->second.file = std::move(*file);
  }
  if (!at->second.ok) return CitationState::missing;
  auto bytes = read_range(at->second.file, chunk.first_byte, static_cast<std::size_t>(chunk.end_byte - chunk.first_byte));
  if (!bytes) return CitationState::missing;
  return hasher_.digest(*bytes) == chunk.hash ? CitationState::current : CitationState::changed;
}

Hit to_hit(RankedChunk&& chunk, CitationState state) {
  Hit hit;
  hit.document_id = file_uid(chunk.path);
  if (!chunk.record.empty()) hit.document_id += "/" + chunk.record;
  hit.record_id = std::move(chunk.record);
  hit.type = chunk.type;
  hit.modified = seconds_of(chunk.modified_ns);
  hit.score = chunk.score;
  hit.snippet = make_snippet(chunk.text, chunk.places);
  hit.text = std::move(chunk.text);
  Citation& citation = hit.citation;
  citation.title = !chunk.title.empty() ? std::move(chunk.title) : !hit.record_id.empty() ? hit.record_id : chunk.path.substr(chunk.path.rfind('/') + 1);
  citation.path = std::move(chunk.path);
  citation.heading_trail = std::move(chunk.chunk.trail);
  citation.first_line = chunk.chunk.first_line;
  citation.last_line = chunk.chunk.last_line;
  citation.first_byte = chunk.chunk.first_byte;
  citation.end_byte = chunk.chunk.end_byte;
  citation.content_hash = "sha256-128:" + hex(std::string_view(chunk.chunk.hash.data(), chunk.chunk.hash.size()));
  citation.state = state;
  return hit;
}

}  // namespace

Result<std::vector<RankedChunk>> rank_chunks(Connection& connection, const SearchQuery& query, std::size_t units, const RankingOptions& options) {
  auto transaction = Transaction::begin(*connection.database, Transaction::Kind::read);  // one state of the index throughout
  if (!transaction) return transaction.error();
  return Ranker(connection, query, options).run(units);
}

Result<SearchResult> search(Index& index, const SearchQuery& query) {
  if (query.top_k < 1 || query.top_k > kMaxTopK) {
    return fail(ErrorCode::invalid_value, "top_k: expected 1 to " + std::to_string(kMaxTopK) + ", got " + std::to_string(query.top_k));
  }
  auto connection = index.impl().borrow();
  if (!connection) return connection.error();
  auto ranked = rank_chunks(**connection, query, kRankedUnits, RankingOptions{});
  if (!ranked) return ranked.error();
  SearchResult result;
  CitationCheck citations;
  std::map<std::int64_t, std::size_t> taken;  // hits by document
  std::vector<RankedChunk*> later;            // more of a document that has its share: they come after all others
  std::vector<RankedChunk*> chosen;
  for (RankedChunk& chunk : *ranked) {
    if (chosen.size() == query.top_k) break;
    (++taken[chunk.document] <= kMaxHitsPerDocument ? chosen : later).push_back(&chunk);
  }
  for (RankedChunk* chunk : later) {
    if (chosen.size() < query.top_k) chosen.push_back(chunk);
  }
  std::sort(chosen.begin(), chosen.end());  // by address: the order of the ranking
  for (RankedChunk* chunk : chosen) {
    const CitationState state = citations.check(chunk->path, chunk->chunk);
    result.hits.push_back(to_hit(std::move(*chunk), state));
  }
  return result;
}

}  // namespace sumun::docsearch
