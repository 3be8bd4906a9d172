// SPDX-License-Identifier: Apache-2.0
// `sumun index`, `sumun search` and `sumun eval documents`: the document engine on the command line.
#include "commands.hpp"
#include "console.hpp"
#include "files.hpp"
#include "interrupt.hpp"
#include "words.hpp"

#include "docsearch/docsearch.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <map>

namespace sumun::host {
namespace {

namespace fs = std::filesystem;
using docsearch::Hit;

constexpr std::size_t kListedSkips = 20;  // skipped files that are named; the rest is counted

std::string fixed(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

std::string iso_time(std::chrono::sys_seconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", int(date.year()), unsigned(date.month()), unsigned(date.day()),
                int(clock.hours().count()), int(clock.minutes().count()), int(clock.seconds().count()));
  return text.data();
}

docsearch::ChunkOptions chunk_options(const ChunkSizes& sizes) { return {sizes.min_characters, sizes.max_characters, sizes.overlap}; }

std::optional<std::string> wrong_chunks(const ChunkSizes& sizes) {
  if (sizes.min_characters == 0 || sizes.min_characters > sizes.max_characters)
    return "--chunk-min must be at least 1 and not more than --chunk-max";
  if (sizes.overlap < 0 || sizes.overlap > 0.5) return "--chunk-overlap must be from 0 to 0.5";
  return std::nullopt;
}

// "2026-07-28" as the first second of that day, UTC.
Result<std::optional<std::chrono::sys_seconds>> day_of(const std::string& text, std::string_view option) {
  if (text.empty()) return std::optional<std::chrono::sys_seconds>();
  int year = 0;
  unsigned month = 0, day = 0;
  int read = 0;
  const bool shaped = std::sscanf(text.c_str(), "%4d-%2u-%2u%n", &year, &month, &day, &read) == 3 && read == static_cast<int>(text.size());
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
  if (!shaped || !date.ok()) return fail(ErrorCode::invalid_value, std::string(option) + ": \"" + text + "\" is no date like 2026-07-28");
  return std::optional(std::chrono::sys_seconds{std::chrono::sys_days{date}});
}

json report_json(const docsearch::IndexReport& report, const fs::path& index) {
  json skipped = json::array();
  for (const auto& one : report.skipped) skipped.push_back({{"path", one.path}, {"reason", one.reason}});
  return {{"index", index.string()},
          {"files_indexed", report.files_indexed},
          {"files_unchanged", report.files_unchanged},
          {"files_deleted", report.files_deleted},
          {"files_skipped", report.files_skipped},
          {"documents", report.documents},
          {"chunks", report.chunks},
          {"bytes", report.bytes},
          {"seconds", report.seconds},
          {"skipped", skipped}};
}

void tell_skipped(const docsearch::IndexReport& report) {
  for (std::size_t i = 0; i < report.skipped.size() && i < kListedSkips; ++i)
    tell("skipped " + report.skipped[i].path + ": " + report.skipped[i].reason);
  if (report.files_skipped > kListedSkips) tell("… and " + counted(report.files_skipped - kListedSkips, "more file", "more files"));
}

void print_report(const docsearch::IndexReport& report, const fs::path& index) {
  std::string text = "Indexed " + counted(report.files_indexed, "file", "files") + " (" + counted(report.documents, "document", "documents") + ", " +
                     counted(report.chunks, "chunk", "chunks") + ", " + human_bytes(report.bytes) + ") in " + fixed(report.seconds, 1) + " s";
  if (report.files_unchanged > 0) text += ", " + std::to_string(report.files_unchanged) + " unchanged";
  if (report.files_deleted > 0) text += ", " + std::to_string(report.files_deleted) + " gone";
  if (report.files_skipped > 0) text += ", " + std::to_string(report.files_skipped) + " skipped";
  print(text + ".\nIndex: " + index.string() + "\n");
}

// -- search

json citation_json(const docsearch::Citation& citation) {
  return {{"path", citation.path},
          {"title", citation.title},
          {"heading_trail", citation.heading_trail},
          {"first_line", citation.first_line},
          {"last_line", citation.last_line},
          {"first_byte", citation.first_byte},
          {"end_byte", citation.end_byte},
          {"content_hash", citation.content_hash},
          {"state", docsearch::to_string(citation.state)}};
}

json hit_json(const Hit& hit) {
  json value{{"document_id", hit.document_id}, {"type", docsearch::to_string(hit.type)}, {"modified", iso_time(hit.modified)},
             {"score", hit.score},             {"snippet", hit.snippet},                 {"text", hit.text},
             {"citation", citation_json(hit.citation)}};
  if (!hit.record_id.empty()) value["record_id"] = hit.record_id;
  return value;
}

// Below the working folder a path is shown relative to it.
std::string shown_path(const std::string& path) {
  std::error_code code;
  const auto here = fs::current_path(code);
  if (code) return path;
  const auto relative = fs::path(path).lexically_relative(here);
  return relative.empty() || *relative.begin() == ".." ? path : relative.string();
}

std::string hit_text(std::size_t number, const Hit& hit) {
  const auto& citation = hit.citation;
  std::string text = std::to_string(number) + ". " + citation.title;
  for (const auto& heading : citation.heading_trail)
    if (heading != citation.title) text += " › " + heading;
  text += "\n   " + shown_path(citation.path) + ":" + std::to_string(citation.first_line);
  if (citation.last_line != citation.first_line) text += "-" + std::to_string(citation.last_line);
  if (!hit.record_id.empty()) text += "  [" + hit.record_id + "]";
  if (citation.state == docsearch::CitationState::changed) text += "  (the file has changed since it was indexed)";
  if (citation.state == docsearch::CitationState::missing) text += "  (the file is gone)";
  return text + "\n   " + one_line(hit.snippet, 400) + "\n";
}

// An index that is only read is never made by reading.
Result<docsearch::Index> open_existing(const fs::path& path) {
  std::error_code code;
  if (!fs::exists(path, code)) {
    return fail(ErrorCode::io, "there is no index at " + path.string() + " yet; make one with: sumun index PATH");
  }
  return docsearch::open_index(path);
}

Result<docsearch::SearchQuery> query_of(const SearchCommand& command) {
  docsearch::SearchQuery query;
  for (const auto& word : command.words) query.text += (query.text.empty() ? "" : " ") + word;
  query.top_k = command.top_k;
  query.paths = command.paths;
  for (const auto& name : command.types) {
    const auto type = docsearch::document_type(name);
    if (!type) return fail(ErrorCode::invalid_value, "--type: there is no type \"" + name + "\"; there are: markdown, text, html, code, jsonl");
    query.types.push_back(*type);
  }
  auto since = day_of(command.since, "--since");
  if (!since) return since.error();
  auto before = day_of(command.before, "--before");
  if (!before) return before.error();
  query.modified_from = *since;
  query.modified_before = *before;
  return query;
}

// -- eval

// The figures by name: what is printed, and what a baseline may name.
std::map<std::string, double> figures_of(const docsearch::EvalReport& report) {
  return {{"ndcg_at_10", report.ndcg_at_10},
          {"recall_at_5", report.recall_at_5},
          {"recall_at_100", report.recall_at_100},
          {"mrr_at_10", report.mrr_at_10},
          {"queries_per_second", report.queries_per_second},
          {"index_mb_per_second", report.index_mb_per_second}};
}

Result<std::map<std::string, double>> baselines(const std::vector<std::string>& words) {
  std::map<std::string, double> result;
  const auto known = figures_of({});
  for (const auto& word : words) {
    const auto equals = word.find('=');
    const std::string name = word.substr(0, equals);
    double value = 0;
    const char* begin = word.data() + (equals == std::string::npos ? word.size() : equals + 1);
    const auto [end, code] = std::from_chars(begin, word.data() + word.size(), value);
    if (code != std::errc() || end != word.data() + word.size() || !known.contains(name)) {
      return fail(ErrorCode::invalid_value, "--at-least takes NAME=VALUE with a figure's name, not \"" + word + "\"");
    }
    result[name] = value;
  }
  return result;
}

void print_figures(const docsearch::EvalReport& report) {
  for (const auto& [name, value] : figures_of(report)) {
    std::string line = name;
    line.resize(22, ' ');
    print(line + fixed(value, name.ends_with("per_second") ? 1 : 4) + "\n");
  }
  print(counted(report.queries, "query", "queries") + " over " + counted(report.documents, "document", "documents") + ", " + human_bytes(report.bytes) + "\n");
}

}  // namespace

int run(const IndexCommand& command) {
  if (const auto wrong = wrong_chunks(command.chunks)) return wrong_usage(*wrong);
  const fs::path where = index_or_default(command.index);
  std::error_code code;
  std::vector<fs::path> paths;
  std::string missing;  // one that is not there; it may be in the index, and leaves it then
  for (const auto& path : command.paths) {
    paths.emplace_back(path);
    if (!fs::exists(path, code)) missing = path;
  }
  const auto nothing_there = [&] { return failed(fail(ErrorCode::io, "there is no file or folder " + missing)); };
  if (!missing.empty() && !fs::exists(where, code)) return nothing_there();
  Interrupt interrupt;
  docsearch::OpenOptions open;
  open.chunks = chunk_options(command.chunks);
  auto index = docsearch::open_index(where, open);
  if (!index) return failed(index.error());

  docsearch::IndexOptions options;
  options.hidden = command.hidden;
  if (command.max_file_mb > 0) options.max_file_bytes = command.max_file_mb << 20;
  ProgressLine line;
  const auto progress = [&line](const docsearch::IndexProgress& p) {
    line.show(std::to_string(p.files_done) + "/" + std::to_string(p.files_found) + " files  " + human_bytes(p.bytes_done) + "  " + p.path);
  };
  const auto report = docsearch::index_paths(*index, paths, options, progress, interrupt.token());
  line.clear();
  if (!report && interrupt.requested()) return failed(fail(ErrorCode::cancelled, "interrupted; what is done is kept, and the next run goes on from there"));
  if (!report) return failed(report.error());
  if (command.output == Output::json) {
    print_json(report_json(*report, where));
  } else {
    tell_skipped(*report);
    print_report(*report, where);
  }
  if (!missing.empty() && report->files_deleted == 0) return nothing_there();
  return kDone;
}

int run(const SearchCommand& command) {
  if (command.top_k < 1 || command.top_k > docsearch::kMaxTopK) return wrong_usage("--top-k must be from 1 to " + std::to_string(docsearch::kMaxTopK));
  const auto query = query_of(command);
  if (!query) return wrong_usage(query.error().message);
  auto index = open_existing(index_or_default(command.index));
  if (!index) return failed(index.error());
  const auto result = docsearch::search(*index, *query);
  if (!result) return failed(result.error());
  if (command.output == Output::json) {
    json hits = json::array();
    for (const auto& hit : result->hits) hits.push_back(hit_json(hit));
    print_json({{"query", query->text}, {"hits", hits}});
    return kDone;
  }
  if (result->hits.empty()) {
    // Nothing in it at all is another matter than nothing that matches.
    const auto summary = docsearch::summarize(*index);
    if (summary && summary->documents == 0) return failed(fail("there are no documents in the index yet; add some with: sumun index PATH"));
  }
  for (std::size_t i = 0; i < result->hits.size(); ++i) print((i > 0 ? "\n" : "") + hit_text(i + 1, result->hits[i]));
  if (result->hits.empty()) tell("nothing found");
  return kDone;
}

int run(const EvalDocumentsCommand& command) {
  if (const auto wrong = wrong_chunks(command.chunks)) return wrong_usage(*wrong);
  const auto wanted = baselines(command.at_least);
  if (!wanted) return wrong_usage(wanted.error().message);
  Interrupt interrupt;
  docsearch::EvalOptions options;
  options.index_path = command.index;
  options.chunks = chunk_options(command.chunks);
  ProgressLine line;
  const auto progress = [&line](const docsearch::IndexProgress& p) { line.show(human_bytes(p.bytes_done) + "  " + p.path); };
  const auto report = docsearch::evaluate_beir(command.folder, options, progress, interrupt.token());
  line.clear();
  if (!report) return failed(report.error());
  const auto figures = figures_of(*report);
  if (command.output == Output::json) {
    json value(figures);
    value["queries"] = report->queries;
    value["documents"] = report->documents;
    value["bytes"] = report->bytes;
    print_json(value);
  } else {
    print_figures(*report);
  }
  int exit_code = kDone;
  for (const auto& [name, least] : *wanted) {
    if (figures.at(name) >= least) continue;
    tell("sumun: " + name + " is " + fixed(figures.at(name), 4) + ", less than " + fixed(least, 4));
    exit_code = kFailed;
  }
  return exit_code;
}

}  // namespace sumun::host
