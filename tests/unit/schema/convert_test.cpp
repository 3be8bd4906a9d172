// SPDX-License-Identifier: Apache-2.0
// Values to JSON and back, the words of what does not fit, and which members have a default.
#include <sumun/convert.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <deque>
#include <limits>
#include <list>
#include <unordered_map>
#include <unordered_set>

using namespace sumun;

namespace {

enum class Color { red, green };

struct Circle {
  Tag<"circle"> kind;
  double radius;
};
struct Square {
  Tag<"square"> kind;
  double side;
};
using Shape = std::variant<Circle, Square>;

struct Inner {
  int x;
  std::optional<std::string> note;
};

struct Everything {
  bool yes;
  std::int8_t tiny;
  std::uint8_t octet;
  std::int64_t whole;
  Field<std::uint64_t, full_range> huge;
  float single;
  double number;
  std::string text;
  Color color;
  std::optional<int> maybe;
  std::vector<Inner> list;
  std::vector<bool> flags;
  std::array<int, 2> pair;
  int fixed[2];
  std::set<std::string> names;
  std::map<std::string, int> map;
  Shape shape;
  std::variant<std::string, long> id;
  json anything;
  std::monostate nothing;
  Field<int, wire_name<"x-y">> odd;
};

const char* kEverything = R"({"yes":true,"tiny":-128,"octet":255,"whole":9007199254740991,"huge":18446744073709551615,"single":0.5,
  "number":1.25,"text":"é","color":"green","list":[{"x":1},{"x":2,"note":"n"}],"flags":[true,false],"pair":[1,2],"fixed":[3,4],
  "names":["a","b"],"map":{"k":1},"shape":{"kind":"square","side":2.0},"id":7,"anything":{"a":[null]},"nothing":null,"x-y":5})";

std::string message_of(const auto& result) { return result.has_error() ? result.error().message : "no error"; }

template <class T>
std::string decoding(const char* text, std::string_view path = "v") {
  return message_of(decode<T>(json::parse(text), path));
}

template <class T>
struct Box {
  T v;
};

class Celsius {  // not an aggregate: converts by Convert alone
 public:
  Celsius() = default;
  explicit Celsius(double degrees) : degrees_(degrees) {}
  double degrees() const { return degrees_; }

 private:
  double degrees_ = 0;
};

}  // namespace

template <>
struct sumun::Convert<Celsius> {
  static json encode(const Celsius& value) { return std::to_string(static_cast<int>(value.degrees())) + "C"; }
  static Result<Celsius> decode(const json& from, const DecodePath& path) {
    if (!from.is_string() || !from.get_ref<const std::string&>().ends_with('C')) return unexpected(path, "a temperature such as \"20C\"", from);
    return Celsius(std::stod(from.get<std::string>()));
  }
};

TEST_CASE("everything comes back as it was") {
  const json wire = json::parse(kEverything);
  const auto value = decode<Everything>(wire);
  REQUIRE_MESSAGE(value.has_value(), message_of(value));
  CHECK(encode(*value) == wire);
  CHECK(value->huge == std::numeric_limits<std::uint64_t>::max());
  CHECK(std::get<Square>(value->shape).side == 2.0);
  CHECK(std::get<long>(value->id) == 7);
  CHECK_FALSE(value->maybe.has_value());
}

TEST_CASE("an rvalue gives its strings and JSON away") {
  json wire = json::parse(kEverything);
  wire["text"] = std::string(100, 'x');
  wire["anything"] = std::string(100, 'y');
  const char* text = wire["text"].get_ref<const std::string&>().data();
  const char* anything = wire["anything"].get_ref<const std::string&>().data();
  auto value = decode<Everything>(std::move(wire));
  REQUIRE(value.has_value());
  CHECK(value->text.data() == text);
  CHECK(value->anything.get_ref<const std::string&>().data() == anything);
  const json back = encode(std::move(*value));
  CHECK(back["text"].get_ref<const std::string&>().data() == text);
  CHECK(back["anything"].get_ref<const std::string&>().data() == anything);
}

TEST_CASE("what does not fit is said with its place") {
  const json good = json::parse(kEverything);
  const struct {
    const char* at;
    const char* value;
    const char* want;
  } table[] = {
      {"/yes", "1", "params.yes: expected boolean, found number 1"},
      {"/tiny", "-129", "params.tiny: -129 is less than the minimum -128"},
      {"/tiny", "128", "params.tiny: 128 is more than the maximum 127"},
      {"/octet", "-1", "params.octet: -1 is less than the minimum 0"},
      {"/octet", "1.5", "params.octet: expected integer, found number 1.5"},
      {"/octet", "1e300", "params.octet: 1e+300 is more than the maximum 255"},
      {"/octet", "-1e300", "params.octet: -1e+300 is less than the minimum 0"},
      {"/whole", "9007199254740992", "params.whole: 9007199254740992 is more than the maximum 9007199254740991"},
      {"/whole", "\"x\"", "params.whole: expected integer, found string \"x\""},
      {"/huge", "-1", "params.huge: -1 is less than the minimum 0"},
      {"/huge", "18446744073709551616", "params.huge: 1.8446744073709552e+19 is more than the maximum 18446744073709551615"},
      {"/single", "1e39", "params.single: 1e+39 is beyond the range of a 32-bit number"},
      {"/number", "null", "params.number: expected number, found null"},
      {"/text", "[]", "params.text: expected string, found an array"},
      {"/color", "\"blue\"", "params.color: expected one of \"red\", \"green\", found string \"blue\""},
      {"/color", "0", "params.color: expected one of \"red\", \"green\", found number 0"},
      {"/list", "{}", "params.list: expected array, found an object"},
      {"/list/1/x", "\"x\"", "params.list[1].x: expected integer, found string \"x\""},
      {"/flags/1", "0", "params.flags[1]: expected boolean, found number 0"},
      {"/pair", "[1]", "params.pair: expected exactly 2 items, found 1"},
      {"/fixed", "[1,2,3]", "params.fixed: expected exactly 2 items, found 3"},
      {"/names/0", "1", "params.names[0]: expected string, found number 1"},
      {"/map/k", "null", "params.map.k: expected integer, found null"},
      {"/map/a b", "null", "params.map[\"a b\"]: expected integer, found null"},
      {"/shape/kind", "\"cube\"", "params.shape.kind: expected one of \"circle\", \"square\", found string \"cube\""},
      {"/shape", "3", "params.shape: expected object, found number 3"},
      {"/shape/side", "\"x\"", "params.shape.side: expected number, found string \"x\""},
      {"/id", "null", "params.id: expected string or integer, found null"},
      {"/id", "1.5", "params.id: expected integer, found number 1.5"},
      {"/nothing", "0", "params.nothing: expected null, found number 0"},
      {"/x-y", "true", "params[\"x-y\"]: expected integer, found true"},
  };
  for (const auto& row : table) {
    CAPTURE(row.at);
    CAPTURE(row.value);
    json wire = good;
    wire[json::json_pointer(row.at)] = json::parse(row.value);
    const auto result = decode<Everything>(wire, "params");
    REQUIRE(result.has_error());
    CHECK(result.error().code == ErrorCode::invalid_value);
    CHECK(result.error().message == row.want);
  }
}

TEST_CASE("a required member that is missing is named") {
  json wire = json::parse(kEverything);
  wire.erase("number");
  CHECK(message_of(decode<Everything>(wire, "params")) == "params.number: missing, and it is required");
  CHECK(message_of(decode<Inner>(json::object())) == "x: missing, and it is required");
  CHECK(message_of(decode<Inner>(json(3))) == "expected object, found number 3");
  CHECK(decoding<Shape>("{}") == "v.kind: missing, and it is required");
  CHECK(decoding<Circle>(R"({"kind":"square","radius":1})") == "v.kind: expected \"circle\", found string \"square\"");
}

TEST_CASE("texts of a peer are cut and escaped in messages") {
  const auto message = message_of(decode<int>(json(std::string(5000, 'x') + "\n")));
  CHECK(message.size() < 200);
  CHECK(message_of(decode<int>(json("a\n\"b"))) == "expected integer, found string \"a\\n\\\"b\"");
  const json key = {{std::string(5000, 'k'), "x"}};
  CHECK(message_of(decode<std::map<std::string, int>>(key)).size() < 200);
  std::string cut;  // never inside a character
  for (int i = 0; i < 100; ++i) cut += "é";
  CHECK(message_of(decode<int>(json(cut))).find("\xEF\xBF\xBD") == std::string::npos);
}

TEST_CASE("a number without a fractional part is an integer") {
  CHECK(*decode<int>(json(3.0)) == 3);
  CHECK(*decode<int>(json(-3.0)) == -3);
  CHECK(*decode<std::uint8_t>(json(255.0)) == 255);
  CHECK(decoding<int>("3.5") == "v: expected integer, found number 3.5");
  CHECK(decode<int>(json(std::nan(""))).has_error());
  CHECK(decode<int>(json(std::numeric_limits<double>::infinity())).has_error());
  CHECK(*decode<double>(json(3)) == 3.0);
}

TEST_CASE("64-bit integers keep to what JSON readers hold exactly, unless asked otherwise") {
  CHECK(*decode<std::int64_t>(json(kMaxSafeInteger)) == kMaxSafeInteger);
  CHECK(*decode<std::int64_t>(json(-kMaxSafeInteger)) == -kMaxSafeInteger);
  CHECK(decode<std::int64_t>(json(kMaxSafeInteger + 1)).has_error());
  CHECK(decode<std::uint64_t>(json(kMaxSafeInteger + 1)).has_error());
  using Full = Field<std::int64_t, full_range>;
  const auto lowest = std::numeric_limits<std::int64_t>::min();
  CHECK(*decode<Full>(json(lowest)) == lowest);
  CHECK(decode<Full>(json(std::numeric_limits<std::uint64_t>::max())).has_error());
  using FullList = Field<std::vector<std::int64_t>, full_range>;
  CHECK((*decode<FullList>(json::array({lowest})))[0] == lowest);
}

TEST_CASE("an optional member is absent or null, and left out when empty") {
  CHECK_FALSE(decode<Inner>(json{{"x", 1}})->note.has_value());
  CHECK_FALSE(decode<Inner>(json{{"x", 1}, {"note", nullptr}})->note.has_value());
  CHECK(encode(Inner{1, std::nullopt}) == json{{"x", 1}});
  CHECK(encode(std::vector<std::optional<int>>{1, std::nullopt}) == json::array({1, nullptr}));
  using MaybeJson = Box<std::optional<json>>;
  CHECK(decode<MaybeJson>(json::parse(R"({"v":null})"))->v.has_value());  // null is a JSON value
  CHECK_FALSE(decode<MaybeJson>(json::object())->v.has_value());
}

TEST_CASE("unknown members are passed over") {
  CHECK(decode<Inner>(json{{"x", 1}, {"later", json::array()}})->x == 1);
}

TEST_CASE("a variant without tags takes the first that fits") {
  using Any = std::variant<long, double, std::string, std::vector<int>, Inner>;
  CHECK(std::holds_alternative<long>(*decode<Any>(json(3))));
  CHECK(std::holds_alternative<double>(*decode<Any>(json(3.5))));
  CHECK(std::holds_alternative<std::string>(*decode<Any>(json("x"))));
  CHECK(std::holds_alternative<std::vector<int>>(*decode<Any>(json::array({1}))));
  CHECK(std::holds_alternative<Inner>(*decode<Any>(json{{"x", 1}})));
  CHECK(decoding<Any>(R"({"x":"y"})") == "v.x: expected integer, found string \"y\"");
  CHECK(decoding<Any>("true") == "v: expected integer or number or string or array or object, found true");
  using Open = std::variant<Circle, json>;
  CHECK(std::holds_alternative<json>(*decode<Open>(json{{"kind", "later"}})));
}

TEST_CASE("other containers") {
  CHECK(*decode<std::list<int>>(json::array({1, 2})) == std::list<int>{1, 2});
  CHECK(*decode<std::deque<std::string>>(json::array({"a"})) == std::deque<std::string>{"a"});
  CHECK(*decode<std::unordered_set<int>>(json::array({1, 1})) == std::unordered_set<int>{1});
  using Map = std::unordered_map<std::string, std::vector<int>>;
  CHECK(*decode<Map>(json{{"a", {1}}}) == Map{{"a", {1}}});
  CHECK(encode(Map{{"a", {1}}}) == json{{"a", {1}}});
  CHECK(encode(std::vector<bool>{true, false}) == json::array({true, false}));
  CHECK(*decode<std::map<std::string, json>>(json{{"a", nullptr}}) == std::map<std::string, json>{{"a", nullptr}});
  CHECK(decode<json::object_t>(json{{"a", 1}})->at("a") == 1);
  CHECK(encode(std::string_view("x")) == "x");
}

TEST_CASE("a type converts as its specialisation says, wherever it stands") {
  using Temperatures = std::map<std::string, std::vector<Celsius>>;
  const auto value = decode<Temperatures>(json{{"a", {"20C", "-3C"}}});
  REQUIRE(value.has_value());
  CHECK(value->at("a")[1].degrees() == -3);
  CHECK(encode(*value) == json{{"a", {"20C", "-3C"}}});
  CHECK(decoding<Temperatures>(R"({"a":["20C","x"]})") == "v.a[1]: expected a temperature such as \"20C\", found string \"x\"");
  CHECK(decode<Celsius>(json("20C"))->degrees() == 20);
}

TEST_CASE("recursive structs convert") {
  struct Node {
    int n;
    std::vector<Node> kids = {};
    std::map<std::string, Node> named = {};
  };
  const json wire = json::parse(R"({"n":1,"kids":[{"n":2,"kids":[],"named":{}}],"named":{}})");
  CHECK(encode(*decode<Node>(wire)) == wire);
}

namespace {

struct Nested {
  int a, b;
};
struct Defaults {
  int none;
  int zero = 0;
  int ten = 10;
  int minus = -1;
  bool off = false;
  bool unset;
  double ratio = 0.0;
  double loose;
  Color color = Color::red;
  Color uncolored;
  std::int8_t small = 0;
  std::uint64_t large = 0xA5A5A5A5A5A5A5A5;  // what one of the two buffers is filled with
  std::uint64_t other = 0x5A5A5A5A5A5A5A5A;  // and the other
  int array[3] = {};
  int loose_array[3];
  std::array<int, 2> pair{};
  Nested nested = {};
  Nested loose_nested;
  std::string text = "en";
  std::string blank = "";  // looks like a text without an initialiser
  std::string loose_text;
  std::vector<int> list = {1};
  std::optional<int> maybe;
  std::optional<int> some = 3;
  Field<int, default_<0>> field_zero;
  Field<int> field;
  Field<int> field_five = 5;
  Field<std::string, default_<"">> field_blank;
  Field<int, required> insisted = 5;
  std::map<std::string, int> map = {{"a", 1}};
  Shape shape = Circle{{}, 2};
};

}  // namespace

TEST_CASE("a member with an initialiser is not required, and its default is known") {
  const std::map<std::string, std::string> wanted = {
      {"zero", "0"},     {"ten", "10"},         {"minus", "-1"},      {"off", "false"},   {"ratio", "0.0"},
      {"color", "\"red\""}, {"small", "0"},     {"large", "11936128518282651045"},        {"other", "6510615555426900570"},
      {"array", "[0,0,0]"}, {"pair", "[0,0]"},  {"nested", R"({"a":0,"b":0})"},           {"text", "\"en\""},
      {"list", "[1]"},   {"some", "3"},         {"field_zero", "0"},  {"field_five", "5"}, {"field_blank", "\"\""},
      {"insisted", "5"}, {"map", R"({"a":1})"}, {"shape", R"({"kind":"circle","radius":2.0})"}};
  const std::set<std::string> not_required = {"zero",  "ten",  "minus",  "off",   "ratio", "color", "small",      "large",      "other",       "array", "pair",
                                              "nested", "text", "list", "maybe", "some",  "field_zero", "field_five", "field_blank", "map",   "shape"};
  const auto& facts = detail::member_facts<Defaults>();
  for_each_index<Defaults>([&]<std::size_t I>() {
    const std::string name(member_wire_name<Defaults, I>);
    CAPTURE(name);
    CHECK(facts[I].has_default == wanted.contains(name));
    if (wanted.contains(name)) CHECK(facts[I].default_value.dump() == wanted.at(name));
    CHECK(facts[I].required == !not_required.contains(name));
  });
}

TEST_CASE("absent members keep their defaults") {
  struct Options {
    int top_k = 10;
    bool verbose = false;
    std::string language = "en";
    Field<int, default_<7>> seven;
    std::optional<int> maybe = 4;
  };
  const auto value = decode<Options>(json::object());
  REQUIRE(value.has_value());
  CHECK(value->top_k == 10);
  CHECK_FALSE(value->verbose);
  CHECK(value->language == "en");
  CHECK(value->seven == 7);
  CHECK(value->maybe == 4);
  CHECK_FALSE(decode<Options>(json{{"maybe", nullptr}})->maybe.has_value());
}

TEST_CASE("an empty struct is an empty object") {
  struct Nothing {};
  CHECK(encode(Nothing{}) == json::object());
  CHECK(decode<Nothing>(json::object()).has_value());
  CHECK(decoding<Nothing>("[]") == "v: expected object, found an array");
}
