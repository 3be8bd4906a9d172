// SPDX-License-Identifier: Apache-2.0
// BEIR's measures over BEIR's folder layout.
#include "files.hpp"
#include "jsonl.hpp"
#include "search.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace sumun::docsearch {
namespace {

constexpr std::size_t kDepth = 100;  // documents looked at for each query

using Judgements = std::map<std::string, std::unordered_map<std::string, double>>;  // query, document, gain

struct RemoveFolder {
  std::filesystem::path path;
  ~RemoveFolder() {
    std::error_code ignored;
    if (!path.empty()) std::filesystem::remove_all(path, ignored);
  }
};

Result<std::string> read_text(const std::filesystem::path& path) {
  FileStamp stamp;
  auto file = open_file(path.string(), stamp, Links::follow);
  if (!file) return fail(ErrorCode::io, path.string() + ": " + file.error().message);
  auto text = read_range(*file, 0, static_cast<std::size_t>(stamp.bytes));
  if (!text) return fail(ErrorCode::io, path.string() + ": " + text.error().message);
  return text;
}

template <class Visit>
Result<void> each_line(std::string_view text, Visit visit) {
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Line line = line_at(text, at);
    at = line.next;
    auto visited = visit(text.substr(line.begin, line.end - line.begin), ++number);
    if (!visited) return visited;
  }
  return {};
}

Error bad_line(const std::filesystem::path& path, std::size_t number, const std::string& what) {
  return fail(ErrorCode::invalid_value, path.string() + ":" + std::to_string(number) + ": " + what);
}

Result<Judgements> read_judgements(const std::filesystem::path& path) {
  auto text = read_text(path);
  if (!text) return text.error();
  Judgements judgements;
  auto read = each_line(*text, [&](std::string_view line, std::size_t number) -> Result<void> {
    if (number == 1 || line.empty()) return {};
    const std::size_t first = line.find('\t'), second = line.find('\t', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos) return bad_line(path, number, "expected query, document and score between tabs");
    double gain = 0;
    const std::string_view score = trim(line.substr(second + 1));
    if (std::from_chars(score.data(), score.data() + score.size(), gain).ec != std::errc()) return bad_line(path, number, "score: expected number");
    if (gain > 0) judgements[std::string(line.substr(0, first))][std::string(line.substr(first + 1, second - first - 1))] = gain;
    return {};
  });
  if (!read) return read.error();
  return judgements;
}

Result<std::vector<std::pair<std::string, std::string>>> read_queries(const std::filesystem::path& path) {
  auto text = read_text(path);
  if (!text) return text.error();
  std::vector<std::pair<std::string, std::string>> queries;
  auto read = each_line(*text, [&](std::string_view line, std::size_t number) -> Result<void> {
    if (trim(line).empty()) return {};
    JsonlRecord record;
    auto parsed = read_record(line, record);
    if (!parsed) return bad_line(path, number, parsed.error().message);
    if (!record.id.present || !record.text.present) return bad_line(path, number, "expected _id and text");
    queries.emplace_back(record.id.text, record.text.text);
    return {};
  });
  if (!read) return read.error();
  return queries;
}

// Bytes of title and text, decoded: what the rate of indexing is counted in.
Result<std::uint64_t> text_bytes(const std::filesystem::path& path) {
  auto text = read_text(path);
  if (!text) return text.error();
  std::uint64_t bytes = 0;
  auto read = each_line(*text, [&](std::string_view line, std::size_t) -> Result<void> {
    JsonlRecord record;
    auto parsed = read_record(line, record);
    if (parsed) bytes += record.title.text.size() + record.text.text.size();
    return {};
  });
  if (!read) return read.error();
  return bytes;
}

struct Measures {
  double ndcg = 0, recall_5 = 0, recall_100 = 0, mrr = 0;
};

Measures measure(const std::vector<std::string>& found, const std::unordered_map<std::string, double>& gains) {
  Measures m;
  double dcg = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto gain = gains.find(found[i]);
    if (gain == gains.end()) continue;
    const double rank = static_cast<double>(i) + 1;
    if (i < 10) dcg += gain->second / std::log2(rank + 1);
    if (i < 10 && m.mrr == 0) m.mrr = 1 / rank;
    m.recall_5 += i < 5;
    m.recall_100 += i < 100;
  }
  std::vector<double> ideal;
  for (const auto& [document, gain] : gains) ideal.push_back(gain);
  std::sort(ideal.rbegin(), ideal.rend());
  double best = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(10, ideal.size()); ++i) best += ideal[i] / std::log2(static_cast<double>(i) + 2);
  m.ndcg = dcg / best;
  m.recall_5 /= static_cast<double>(gains.size());
  m.recall_100 /= static_cast<double>(gains.size());
  return m;
}

Result<std::vector<std::string>> find_documents(Connection& connection, const std::string& text, const RankingOptions& options) {
  SearchQuery query;
  query.text = text;
  auto ranked = rank_chunks(connection, query, kDepth, options);
  if (!ranked) return ranked.error();
  std::vector<std::string> found;
  std::unordered_set<std::int64_t> seen;
  for (const RankedChunk& chunk : *ranked) {
    if (found.size() < kDepth && seen.insert(chunk.document).second) found.push_back(chunk.record);
  }
  return found;
}

Result<std::filesystem::path> temporary_folder() {
  std::error_code failed;
  std::string name = (std::filesystem::temp_directory_path(failed) / "sumun-eval-XXXXXX").string();
  if (failed || mkdtemp(name.data()) == nullptr) return fail(ErrorCode::io, "no temporary folder can be made");
  return std::filesystem::path(name);
}

}  // namespace

Result<EvalReport> evaluate_beir(const std::filesystem::path& folder, const EvalOptions& options, const ProgressSink& progress, std::stop_token stop) {
  auto judgements = read_judgements(folder / "qrels" / "test.tsv");
  if (!judgements) return judgements.error();
  auto queries = read_queries(folder / "queries.jsonl");
  if (!queries) return queries.error();
  auto bytes = text_bytes(folder / "corpus.jsonl");
  if (!bytes) return bytes.error();

  RemoveFolder temporary;
  std::filesystem::path path = options.index_path;
  if (path.empty()) {
    auto made = temporary_folder();
    if (!made) return made.error();
    temporary.path = *made;
    path = *made / "documents.db";
  }
  OpenOptions open;
  open.chunks = options.chunks;
  auto index = open_index(path, open);
  if (!index) return index.error();
  auto indexed = index_paths(*index, {folder / "corpus.jsonl"}, {}, progress, stop);
  if (!indexed) return indexed.error();
  auto connection = index->impl().borrow();
  if (!connection) return connection.error();

  EvalReport report;
  report.documents = indexed->documents;
  report.bytes = *bytes;
  if (indexed->files_indexed > 0) report.index_mb_per_second = static_cast<double>(*bytes) / 1e6 / indexed->seconds;
  Measures sum;
  const auto start = std::chrono::steady_clock::now();
  for (const auto& [id, text] : *queries) {
    if (stop.stop_requested()) return fail(ErrorCode::cancelled, "the evaluation was cancelled");
    const auto judged = judgements->find(id);
    if (judged == judgements->end()) continue;
    auto found = find_documents(**connection, text, RankingOptions{});
    if (!found) return found.error();
    const Measures m = measure(*found, judged->second);
    sum.ndcg += m.ndcg;
    sum.recall_5 += m.recall_5;
    sum.recall_100 += m.recall_100;
    sum.mrr += m.mrr;
    ++report.queries;
  }
  if (report.queries == 0) return fail(ErrorCode::invalid_value, folder.string() + ": no query is judged");
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto count = static_cast<double>(report.queries);
  report.ndcg_at_10 = sum.ndcg / count;
  report.recall_at_5 = sum.recall_5 / count;
  report.recall_at_100 = sum.recall_100 / count;
  report.mrr_at_10 = sum.mrr / count;
  report.queries_per_second = count / seconds;
  return report;
}

}  // namespace sumun::docsearch
