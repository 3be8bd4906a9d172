// SPDX-License-Identifier: Apache-2.0
// Field behaves like the value in it.
#include <sumun/field.hpp>

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace sumun;

namespace {

enum class Color { red, green };

struct Query {
  Field<int, "how many hits", range<1, 50>, default_<10>> top_k;
  Field<std::string, "language", default_<"en">> language;
  Field<std::optional<double>, range<0.0, 1.0>> ratio;
  Field<std::vector<int>, items<1, 3>> list;
  Field<Color, default_<Color::green>> color;
  Field<std::map<std::string, int>> map;
  Field<bool, default_<true>> on;
  Field<std::optional<int>, default_<3>> some;
};

}  // namespace

TEST_CASE("a field starts with its default, else with the value that its type starts with") {
  const Query query;
  CHECK(query.top_k == 10);
  CHECK(query.language == "en");
  CHECK_FALSE(query.ratio.has_value());
  CHECK(query.list.empty());
  CHECK(query.color == Color::green);
  CHECK(query.on == true);
  CHECK(query.some == 3);
  CHECK(Field<int>{} == 0);
}

TEST_CASE("a field converts to and from its type") {
  Query query{.top_k = 3, .language = "ko", .ratio = 0.5, .list = {1, 2}, .color = Color::red};
  const int hits = query.top_k;
  CHECK(hits == 3);
  CHECK(query.top_k + 1 == 4);
  CHECK(query.top_k < 4);
  CHECK(4 > query.top_k);
  ++query.top_k;
  CHECK(query.top_k == 4);
  query.top_k = 9;
  CHECK(9 == query.top_k);
  const std::string language = query.language;
  CHECK(language == "ko");
  query.language = std::string("ja");
  CHECK(*query.language + "!" == "ja!");
  CHECK(query.language->size() == 2);
  CHECK(query.language.size() == 2);
  if (query.on) {
    CHECK(true);
  } else {
    FAIL("on is true");
  }
  switch (query.color) {
    case Color::red: break;
    case Color::green: FAIL("it was set to red");
  }
  const std::string taken = std::move(query.language);
  CHECK(taken == "ja");
}

TEST_CASE("a field of an optional behaves like the optional") {
  Query query;
  CHECK_FALSE(query.ratio);
  CHECK(query.ratio.value_or(0.25) == 0.25);
  query.ratio = 0.5;
  CHECK(static_cast<bool>(query.ratio));
  CHECK(*query.ratio == 0.5);
  CHECK(query.ratio == 0.5);
  CHECK(query.ratio.value() == 0.5);
  query.ratio.reset();
  CHECK(query.ratio == std::nullopt);
  query.ratio = std::nullopt;
  CHECK_FALSE(query.ratio.has_value());
}

TEST_CASE("a field of a range can be walked and indexed") {
  Query query;
  query.list = {4, 5, 6};
  int sum = 0;
  for (int one : query.list) sum += one;
  CHECK(sum == 15);
  CHECK(query.list[1] == 5);
  query.list[1] = 7;
  CHECK(query.list.get() == std::vector<int>{4, 7, 6});
  query.list->push_back(8);
  CHECK(query.list.size() == 4);
  query.map["a"] = 1;
  CHECK(query.map.get().at("a") == 1);
}

TEST_CASE("fields of one type compare and copy") {
  Query a, b;
  CHECK(a.top_k == b.top_k);
  b.top_k = 11;
  CHECK(a.top_k != b.top_k);
  a.top_k = b.top_k;
  CHECK(a.top_k == 11);
  CHECK(a.language == b.language);
}

TEST_CASE("a wire name is the member's own without one trailing underscore, or what is asked for") {
  struct Wire {
    int _meta, default_, plain;
    Field<int, wire_name<"x-y">> odd;
    int __;
  };
  CHECK(member_wire_name<Wire, 0> == "_meta");
  CHECK(member_wire_name<Wire, 1> == "default");
  CHECK(member_wire_name<Wire, 2> == "plain");
  CHECK(member_wire_name<Wire, 3> == "x-y");
  CHECK(member_wire_name<Wire, 4> == "_");
}
