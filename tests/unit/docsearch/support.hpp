// SPDX-License-Identifier: Apache-2.0
// A folder of one's own for a test, and files in it.
#pragma once
#include "docsearch/docsearch.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <set>
#include <string>
#include <vector>

namespace sumun::docsearch::test {

/// A temporary folder, removed with everything in it at the end of the test.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "sumun-docsearch-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = std::filesystem::canonical(name);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::filesystem::path path(const std::string& name = {}) const { return name.empty() ? path_ : path_ / name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(path(name).parent_path());
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name).string();
  }
  std::string read(const std::string& name) const {
    std::ostringstream out;
    out << std::ifstream(path(name), std::ios::binary).rdbuf();
    return out.str();
  }

 private:
  std::filesystem::path path_;
};

inline Index open(const std::filesystem::path& path, OpenOptions options = {}) {
  auto index = open_index(path, std::move(options));
  if (!index) FAIL(index.error().message);
  return *index;
}

inline IndexReport index_all(Index& index, const std::filesystem::path& path, const IndexOptions& options = {}) {
  auto report = index_paths(index, {path}, options);
  if (!report) FAIL(report.error().message);
  return *report;
}

inline std::vector<Hit> find(Index& index, const std::string& text, std::size_t top_k = 10) {
  SearchQuery query;
  query.text = text;
  query.top_k = top_k;
  auto result = search(index, query);
  if (!result) FAIL(result.error().message);
  return result->hits;
}

inline std::string name_of(const std::string& path) { return std::filesystem::path(path).filename().string(); }

/// The file names of the hits, in their order, each once.
inline std::vector<std::string> names(const std::vector<Hit>& hits) {
  std::vector<std::string> found;
  for (const Hit& hit : hits) {
    const std::string name = name_of(hit.citation.path);
    if (std::find(found.begin(), found.end(), name) == found.end()) found.push_back(name);
  }
  return found;
}

}  // namespace sumun::docsearch::test
