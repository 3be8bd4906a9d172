// SPDX-License-Identifier: Apache-2.0
// Names of members: the table finds what was put in, and nothing else.
#include "schema/name_table.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <vector>

using namespace sumun::schema;

namespace {

// Names of all sizes that differ in one place, with zeros and bytes beyond ASCII.
std::vector<std::string> many_names() {
  std::vector<std::string> names{"", std::string(1, '\0'), std::string(2, '\0'), std::string("a\0", 2), std::string("abcdefgh\0", 9), "\xFF", "é"};
  const std::string letters = "abcdefghijklmnopqrstuvwxyz";
  for (std::size_t size = 1; size <= letters.size(); ++size) {
    const std::string name = letters.substr(0, size);
    names.push_back(name);
    for (const std::size_t at : {std::size_t{0}, size / 2, size - 1}) {
      for (const char other : {'\0', 'B', 'z', '\x80', '\xFE'}) {
        std::string changed = name;
        changed[at] = other;
        names.push_back(changed);
      }
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

TEST_CASE("a table of names finds those that are in it, whatever their sizes") {
  const auto all = many_names();
  REQUIRE(all.size() > 300);
  // Few names have a table; all of them together are searched, and so are names that differ in their middle alone.
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{40}, std::size_t{150}, all.size()}) {
    CAPTURE(count);
    std::map<std::string, std::uint32_t> names;
    for (std::size_t i = 0; i < count; ++i) names.emplace(all[i * all.size() / count], static_cast<std::uint32_t>(i));
    NameTable table;
    std::vector<NameTable::Entry> entries;
    for (const auto& [name, number] : names) entries.push_back({name, number});
    table.assign(std::move(entries));
    CHECK(table.hashed() == (count < 200));
    std::size_t wrong = 0;
    for (const auto& one : all) {
      const auto there = names.find(one);
      const auto* found = table.find(one);
      wrong += there == names.end() ? found != nullptr : !found || found->number != there->second;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("names that share their ends are told apart") {
  NameTable table;
  CHECK(table.find("beginning-a-endings!") == nullptr);
  table.assign({{"beginning-a-endings!", 1}, {"beginning-b-endings!", 2}});
  REQUIRE(table.find("beginning-b-endings!"));
  CHECK(table.find("beginning-a-endings!")->number == 1);
  CHECK(table.find("beginning-b-endings!")->number == 2);
  CHECK(table.find("beginning-c-endings!") == nullptr);
}

TEST_CASE("names that all fall on one place are searched") {
  std::vector<NameTable::Entry> names;
  for (std::uint32_t i = 100; i < 200; ++i) names.push_back({"beginning-" + std::to_string(i) + "-endings!", i});
  NameTable table;
  table.assign(names);
  std::size_t wrong = 0;
  for (const auto& one : names) wrong += !table.find(one.name) || table.find(one.name)->number != one.number;
  CHECK_FALSE(table.hashed());
  CHECK(wrong == 0);
  CHECK(table.find("beginning-200-endings!") == nullptr);
}
