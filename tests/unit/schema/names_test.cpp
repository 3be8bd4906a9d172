// SPDX-License-Identifier: Apache-2.0
// Names of members: the comparison by words of memory is the one of std::string.
#include "schema/names.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace sumun::schema;

TEST_CASE("names compare as texts do, whatever their sizes") {
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
  const auto sign = [](int value) { return (value > 0) - (value < 0); };
  std::size_t wrong = 0;
  for (const auto& a : names) {
    for (const auto& b : names) {
      wrong += sign(compare_names(a, name_head(a), b, name_head(b))) != sign(a.compare(b));
      wrong += same_name(a, b) != (a == b);
    }
  }
  CHECK(names.size() > 300);
  CHECK(wrong == 0);
}
