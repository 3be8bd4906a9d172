// SPDX-License-Identifier: Apache-2.0
// Runs a checkout of the JSON-Schema-Test-Suite layout: tests/<draft>/*.json (optional/ and optional/format/ when asked for),
// and remotes/ as documents below http://localhost:1234/.
// Shape of a file: [{"description", "schema", "tests": [{"description", "data", "valid"}]}]
// Prints each failure, then `N passed, N failed`. Exit 0 = no failure, 1 = failures, 2 = there is nothing to run.
#include <sumun/json.hpp>
#include <sumun/schema.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;
using sumun::json;

struct Draft {
  std::string_view name;    // as the command line says it
  std::string_view folder;  // as the suite says it
  sumun::Dialect dialect;
};
constexpr Draft kDrafts[] = {
    {"2020-12", "draft2020-12", sumun::Dialect::draft_2020_12},
    {"2019-09", "draft2019-09", sumun::Dialect::draft_2019_09},
    {"draft-07", "draft7", sumun::Dialect::draft_07},
};

constexpr const char* kUsage =
    "usage: json_schema_suite DIR [--dialect 2020-12|2019-09|draft-07]... [--optional] [--formats] [--except FILE]\n"
    "  DIR          a folder with tests/ and remotes/\n"
    "  --dialect    this dialect alone (may be repeated); else all that DIR has\n"
    "  --optional   the files of optional/ too\n"
    "  --formats    the files of optional/format/ too, with formats as assertions\n"
    "  --except     known failures, a line each: path<TAB>group / test<TAB>reason; one that passes is a failure\n";

struct Arguments {
  fs::path folder;
  std::vector<Draft> drafts;
  bool optional = false;
  bool formats = false;
  std::optional<fs::path> except;
};

/// A known failure: {path below tests/, "group / test"}.
using Case = std::pair<std::string, std::string>;

struct Run {
  std::map<Case, std::string> excepted;  // with its reason
  std::set<Case> seen;                   // those of `excepted` that failed as foretold
  std::size_t passed = 0;
  std::size_t failed = 0;
};

int complain(const std::string& text) {
  std::fprintf(stderr, "json_schema_suite: %s\n", text.c_str());
  return 2;
}

std::optional<std::string> read_text(const fs::path& path) {
  std::error_code error;
  std::ifstream in(path, std::ios::binary);
  if (!in || !fs::is_regular_file(path, error)) return std::nullopt;
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  return in.bad() ? std::nullopt : std::optional(std::move(text));
}

// Errors as text: the file's path is the caller's.
sumun::Result<json> read_json(const fs::path& path) {
  const auto text = read_text(path);
  if (!text) return sumun::Error{sumun::ErrorCode::invalid_value, "cannot be read"};
  return sumun::parse_json(*text);
}

/// The .json files right in `folder`, sorted; none where there is no such folder.
std::vector<fs::path> files_of(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".json") found.push_back(at->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

// Folders of drafts that no test of ours refers to: their documents name dialects that are refused.
bool other_draft(const std::string& folder) {
  const bool named = folder.starts_with("draft") || folder == "v1";
  return named && std::none_of(std::begin(kDrafts), std::end(kDrafts), [&](const Draft& one) { return one.folder == folder; });
}

std::map<std::string, json> remotes_of(const fs::path& suite) {
  std::map<std::string, json> found;
  const fs::path root = suite / "remotes";
  std::error_code error;
  for (fs::recursive_directory_iterator at(root, error), end; !error && at != end; at.increment(error)) {
    const auto relative = at->path().lexically_relative(root);
    if (at->path().extension() != ".json" || other_draft(relative.begin()->string())) continue;
    if (auto document = read_json(at->path())) {
      found.emplace("http://localhost:1234/" + relative.generic_string(), *std::move(document));
    } else {
      std::fprintf(stderr, "json_schema_suite: %s: %s\n", at->path().c_str(), document.error().message.c_str());
    }
  }
  return found;
}

/// {path, "group / test"} → reason. Errors: the text of what is wrong.
std::optional<std::string> read_exceptions(const fs::path& path, Run& run) {
  const auto text = read_text(path);
  if (!text) return path.string() + ": cannot be read";
  std::size_t number = 0;
  for (std::string_view rest = *text; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const auto first = line.find('\t');
    const auto second = first == line.npos ? line.npos : line.find('\t', first + 1);
    if (second == line.npos || second + 1 == line.size()) {
      return path.string() + ":" + std::to_string(number) + ": expected path<TAB>group / test<TAB>reason";
    }
    run.excepted.emplace(Case(line.substr(0, first), line.substr(first + 1, second - first - 1)), line.substr(second + 1));
  }
  return std::nullopt;
}

void report(Run& run, const Case& one, const std::string& wrong) {
  const auto known = run.excepted.find(one);
  if (known != run.excepted.end()) {
    run.seen.insert(one);
    if (!wrong.empty()) return;
  }
  const std::string text = known == run.excepted.end() ? wrong : "passes, though listed as a failure: " + known->second;
  if (text.empty()) {
    ++run.passed;
    return;
  }
  ++run.failed;
  std::printf("FAILED %s: %s: %s\n", one.first.c_str(), one.second.c_str(), text.c_str());
}

std::string text_of(const json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

/// What is wrong about one test; empty = nothing.
std::string verdict(const sumun::Result<sumun::Schema>& schema, const json& test) {
  if (!test.contains("data") || !test.contains("valid") || !test["valid"].is_boolean()) return "not a test: data or valid is missing";
  const bool expected = test["valid"].get<bool>();
  const std::string words = expected ? "expected valid, " : "expected invalid, ";
  if (schema.has_error()) return words + "the schema was refused: " + schema.error().message;
  const auto& data = test["data"];
  const auto violations = schema->validate(data);
  if (schema->valid(data) != violations.empty()) return words + "valid() and validate() disagree: " + sumun::explain(violations, "data");
  if (violations.empty() == expected) return {};
  return words + (violations.empty() ? std::string("found valid") : "found invalid: " + sumun::explain(violations, "data"));
}

void run_file(Run& run, const fs::path& file, const std::string& path, const sumun::SchemaOptions& options) {
  const auto groups = read_json(file);
  if (groups.has_error()) return report(run, {path, ""}, groups.error().message);
  if (!groups->is_array()) return report(run, {path, ""}, "not a file of the suite: no array of groups");
  for (const auto& group : *groups) {
    if (!group.is_object() || !group.contains("schema") || !group.contains("tests") || !group["tests"].is_array()) {
      report(run, {path, ""}, "not a file of the suite: a group without schema or tests");
      continue;
    }
    const auto schema = sumun::Schema::compile(group["schema"], options);
    for (const auto& test : group["tests"]) {
      report(run, {path, text_of(group, "description") + " / " + text_of(test, "description")}, verdict(schema, test));
    }
  }
}

void run_draft(Run& run, const Arguments& arguments, const Draft& draft, sumun::SchemaOptions options) {
  const fs::path root = arguments.folder / "tests";
  options.dialect = draft.dialect;
  const auto run_folder = [&](const fs::path& folder) {
    for (const auto& file : files_of(folder)) run_file(run, file, file.lexically_relative(root).generic_string(), options);
  };
  run_folder(root / draft.folder);
  if (arguments.optional) run_folder(root / draft.folder / "optional");
  if (arguments.formats) {
    options.formats = sumun::FormatUse::assertion;
    run_folder(root / draft.folder / "optional" / "format");
  }
}

/// Errors: the text of what is wrong.
std::optional<std::string> parse_arguments(const std::vector<std::string>& words, Arguments& out) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& word = words[i];
    const bool takes_value = word == "--dialect" || word == "--except";
    if (takes_value && i + 1 == words.size()) return word + " takes a value";
    if (word == "--optional") {
      out.optional = true;
    } else if (word == "--formats") {
      out.formats = true;
    } else if (word == "--except") {
      out.except = words[++i];
    } else if (word == "--dialect") {
      const auto& name = words[++i];
      const auto* found = std::find_if(std::begin(kDrafts), std::end(kDrafts), [&](const Draft& one) { return one.name == name; });
      if (found == std::end(kDrafts)) return "no dialect is called " + name;
      out.drafts.push_back(*found);
    } else if (word.starts_with("-") || !out.folder.empty()) {
      return "unknown argument " + word;
    } else {
      out.folder = word;
    }
  }
  if (out.folder.empty()) return "the folder of the suite is missing";
  return std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (const auto wrong = parse_arguments({argv + 1, argv + argc}, arguments)) return complain(*wrong + "\n" + kUsage);
  Run run;
  if (arguments.except) {
    if (const auto wrong = read_exceptions(*arguments.except, run)) return complain(*wrong);
  }
  std::error_code error;
  if (!fs::is_directory(arguments.folder, error)) return complain(arguments.folder.string() + ": no such folder");
  const bool all = arguments.drafts.empty();
  if (all) arguments.drafts.assign(std::begin(kDrafts), std::end(kDrafts));
  sumun::SchemaOptions options;
  options.documents = remotes_of(arguments.folder);
  std::size_t known = 0;
  for (const auto& draft : arguments.drafts) {
    const auto folder = arguments.folder / "tests" / draft.folder;
    if (!fs::is_directory(folder, error)) {
      if (all) continue;
      return complain(folder.string() + ": no such dialect in this suite");
    }
    run_draft(run, arguments, draft, options);
    ++known;
  }
  if (known == 0) return complain((arguments.folder / "tests").string() + ": none of draft2020-12, draft2019-09, draft7 is in it");
  for (const auto& one : run.seen) std::printf("excepted %s: %s: %s\n", one.first.c_str(), one.second.c_str(), run.excepted[one].c_str());
  if (run.passed + run.failed == 0) return complain(arguments.folder.string() + ": holds no tests");
  std::printf("%zu passed, %zu failed\n", run.passed, run.failed);
  return run.failed == 0 ? 0 : 1;
}
