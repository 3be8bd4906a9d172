// SPDX-License-Identifier: Apache-2.0
// Member names and counts, and the names of enumerators.
#include <sumun/reflect.hpp>

#include <doctest/doctest.h>

#include <any>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

using namespace sumun;

namespace {

struct Empty {};
struct One {
  std::string only;
};
struct OneArray {
  int list[3];
};
struct OneNested {
  One inner;
};
struct Pair {
  int x, y;
};
struct Traps {  // what brace elision and greedy constructors would miscount
  Empty empty;
  int list[3];
  Pair pairs[2];
  std::array<int, 2> array;
  Pair nested;
  std::optional<int> maybe;
  std::variant<int, std::string> either;
  nlohmann::json any_json;
  std::vector<Traps> kids;
};
struct Names {
  int _meta, default_, x1, With_Case, é;
};
struct Initialised {
  int a = 1;
  std::string b = "two";
  const char* c = nullptr;
};
struct Largest {
  int a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, d0, d1, d2, d3,
      d4, d5, d6, d7, d8, d9, e0, e1, e2, e3, e4, e5, e6, e7;
};
struct WithStatics {
  static constexpr int kStatic = 3;
  static int function() { return kStatic; }
  int a;
  enum class Inner { left, right };
  Inner inner;
};

template <class T>
std::vector<std::string> names_of() {
  std::vector<std::string> names;
  T object{};
  for_each_member(object, [&](std::string_view name, auto&) { names.emplace_back(name); });
  return names;
}

enum class Color { red, green = 5, blue };
enum Plain { alpha, beta = 3, gamma_ = 7 };
enum class Small : unsigned char { lowest = 0, highest = 255 };
enum class Negative : signed char { minus = -128, plus = 127 };
enum class Keyword { default_, class_, _x };
enum class Renamed { a, b };
enum class Port { http = 8000, https = 8443 };
enum class Alias { first = 1, same = 1, second };

}  // namespace

template <>
struct sumun::EnumNames<Renamed> {
  static constexpr EnumName<Renamed> values[] = {{Renamed::a, "letter-a", "The letter A"}, {Renamed::b, "letter-b"}};
};
template <>
struct sumun::EnumNames<Port> {
  static constexpr int min = 8000, max = 8443;
};

TEST_CASE("members are counted whatever their types") {
  CHECK(member_count<Empty> == 0);
  CHECK(member_count<One> == 1);
  CHECK(member_count<OneArray> == 1);
  CHECK(member_count<OneNested> == 1);
  CHECK(member_count<Pair> == 2);
  CHECK(member_count<Traps> == 9);
  CHECK(member_count<Initialised> == 3);
  CHECK(member_count<WithStatics> == 2);
  CHECK(WithStatics::function() == 3);
  CHECK(member_count<Largest> == kMaxMembers);
}

TEST_CASE("members have the names they were declared with, in that order") {
  CHECK(names_of<Empty>().empty());
  CHECK(names_of<Traps>() ==
        std::vector<std::string>{"empty", "list", "pairs", "array", "nested", "maybe", "either", "any_json", "kids"});
  CHECK(names_of<Names>() == std::vector<std::string>{"_meta", "default_", "x1", "With_Case", "é"});
  CHECK(names_of<Largest>().front() == "a0");
  CHECK(names_of<Largest>().back() == "e7");
  struct Local {
    int here;
  };
  CHECK(names_of<Local>() == std::vector<std::string>{"here"});
  static_assert(member_name<Pair, 1> == "y");
  CHECK(member_name<Pair, 1>.data()[1] == '\0');
}

TEST_CASE("a member is reached by reference, also through const") {
  Pair pair{1, 2};
  for_each_member(pair, [](std::string_view, int& value) { value *= 10; });
  CHECK(pair.x == 10);
  CHECK(pair.y == 20);
  const Pair fixed{3, 4};
  int sum = 0;
  for_each_member(fixed, [&](std::string_view, const int& value) { sum += value; });
  CHECK(sum == 7);
  CHECK(visit_members(fixed, [](const int& x, const int& y) { return x * y; }) == 12);
  const Empty nothing;
  CHECK(visit_members(nothing, [] { return 5; }) == 5);
}

TEST_CASE("the type of a member is known without an object") {
  CHECK(std::is_same_v<MemberType<Traps, 1>, int[3]>);
  CHECK(std::is_same_v<MemberType<One, 0>, std::string>);
  std::size_t indices = 0;
  for_each_index<Traps>([&]<std::size_t I>() { indices += I; });
  CHECK(indices == 36);
}

TEST_CASE("enumerators are found by their names") {
  CHECK(enum_name(Color::red) == "red");
  CHECK(enum_name(Color::blue) == "blue");
  CHECK(enum_name(static_cast<Color>(4)).empty());
  CHECK(enum_from_name<Color>("green") == Color::green);
  CHECK_FALSE(enum_from_name<Color>("purple").has_value());
  CHECK_FALSE(enum_from_name<Color>("").has_value());
  CHECK(enum_values<Color>().size() == 3);
  CHECK(enum_values<Plain>().size() == 3);
  CHECK(enum_name(beta) == "beta");
  CHECK(enum_name(gamma_) == "gamma");
  CHECK(enum_name(Small::highest) == "highest");
  CHECK(enum_name(Small::lowest) == "lowest");
  CHECK(enum_name(Negative::minus) == "minus");
  CHECK(enum_name(Negative::plus) == "plus");
  CHECK(enum_name(WithStatics::Inner::right) == "right");
  CHECK(enum_values<Alias>().size() == 2);
}

TEST_CASE("one trailing underscore of an enumerator is dropped") {
  CHECK(enum_name(Keyword::default_) == "default");
  CHECK(enum_from_name<Keyword>("class") == Keyword::class_);
  CHECK(enum_name(Keyword::_x) == "_x");
}

TEST_CASE("a specialisation gives other names, or another range to look in") {
  CHECK(enum_name(Renamed::a) == "letter-a");
  CHECK(enum_from_name<Renamed>("letter-b") == Renamed::b);
  CHECK(enum_values<Renamed>()[0].title == "The letter A");
  CHECK(enum_name(Port::http) == "http");
  CHECK(enum_name(Port::https) == "https");
}
