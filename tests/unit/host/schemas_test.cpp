// SPDX-License-Identifier: Apache-2.0
// Every schema of schemas/ against the instances in the .test.json beside it:
//   {"target": "config.schema.json", "tests": [
//     {"description": "…", "valid": true, "data": …}, {"description": "…", "valid": false, "at": "/http/port", "data": …}]}
// `at` is the place of the first violation, as a JSON Pointer into the data.
#include "config.hpp"
#include "json_input.hpp"

#include <sumun/schema.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using sumun::json;

constexpr std::string_view kTestEnding = ".test.json";

json file_json(const fs::path& path) {
  auto value = sumun::host::read_json(path.string());
  REQUIRE_MESSAGE(value.has_value(), (value ? "" : value.error().message));
  return *std::move(value);
}

// config.schema.json → config.schema.test.json
fs::path test_of(const fs::path& schema) { return fs::path(schema).replace_extension() += kTestEnding; }

std::vector<fs::path> files(bool tests) {
  std::vector<fs::path> found;
  for (const auto& one : fs::recursive_directory_iterator(SUMUN_SCHEMAS)) {
    if (one.path().extension() == ".json" && one.path().string().ends_with(kTestEnding) == tests) found.push_back(one.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

void run(const json& test, const sumun::Schema& schema) {
  const auto description = test.at("description").get<std::string>();
  CAPTURE(description);
  const bool want = test.at("valid").get<bool>();
  CHECK(schema.valid(test.at("data")) == want);
  const auto violations = schema.validate(test.at("data"));
  CHECK(violations.empty() == want);
  REQUIRE_MESSAGE(test.contains("at") != want, "a test of an invalid instance, and no other, says where it is wrong");
  if (!violations.empty() && !want) CHECK_MESSAGE(violations.front().instance_location == test["at"].get<std::string>(), sumun::explain(violations, "data"));
}

TEST_CASE("every schema of schemas/ says what its own tests say") {
  const auto schemas = files(false);
  REQUIRE(schemas.size() >= 4);
  for (const auto& path : schemas) {
    CAPTURE(path.string());
    REQUIRE_MESSAGE(fs::exists(test_of(path)), "a schema needs a .test.json beside it");
    const auto schema = sumun::Schema::compile(file_json(path));
    REQUIRE_MESSAGE(schema.has_value(), (schema ? "" : schema.error().message));
    const json tests = file_json(test_of(path));
    CHECK(tests.at("target") == path.filename().string());
    const auto valid = std::count_if(tests.at("tests").begin(), tests.at("tests").end(), [](const json& test) { return test.at("valid").get<bool>(); });
    CHECK(valid > 0);
    CHECK(static_cast<std::size_t>(valid) < tests.at("tests").size());
    for (const auto& test : tests.at("tests")) run(test, *schema);
  }
}

TEST_CASE("every .test.json has its schema") {
  for (const auto& path : files(true)) {
    CAPTURE(path.string());
    CHECK(fs::exists(path.parent_path() / file_json(path).at("target").get<std::string>()));
  }
}

TEST_CASE("the schema of the configuration is the one that is built in") {
  CHECK(file_json(fs::path(SUMUN_SCHEMAS) / "config.schema.json") == sumun::host::config_schema());
}

}  // namespace
