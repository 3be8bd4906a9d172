// SPDX-License-Identifier: Apache-2.0
// Schemas of C++ types, and forms.
#include <sumun/schema.hpp>

#include <doctest/doctest.h>

using namespace sumun;

namespace {

enum class Color { red, green };
enum class Titled { a, b };

struct Circle {
  Tag<"circle"> kind;
  double radius;
};
struct Square {
  Tag<"square"> kind;
  double side;
};
struct Point {
  static constexpr const char* description = "a point of the plane";
  static constexpr std::string_view title = "Point";
  double x, y;
};
struct Described {
  int description;  // a member of that name says nothing about the struct
};

template <class T>
struct Box {
  T v;
};
template <class T>
json member_schema(SchemaUse use = SchemaUse::input) {
  return schema_of<Box<T>>(use)["properties"]["v"];
}

class Uuid {
 public:
  Uuid() {}
};

}  // namespace

template <>
struct sumun::EnumNames<Titled> {
  static constexpr EnumName<Titled> values[] = {{Titled::a, "a", "The A"}, {Titled::b, "b"}};
};
template <>
struct sumun::Describe<Described> {
  static constexpr std::string_view description = "described from outside";
};
template <>
struct sumun::Convert<Uuid> {
  static json encode(const Uuid&) { return "0"; }
  static Result<Uuid> decode(const json&, const DecodePath&) { return Uuid(); }
  static json schema() { return {{"type", "string"}, {"format", "uuid"}}; }
};

TEST_CASE("each type has its schema") {
  const struct {
    const char* name;
    json got;
    const char* want;
  } table[] = {
      {"bool", member_schema<bool>(), R"({"type":"boolean"})"},
      {"int8", member_schema<std::int8_t>(), R"({"type":"integer","minimum":-128,"maximum":127})"},
      {"uint8", member_schema<std::uint8_t>(), R"({"type":"integer","minimum":0,"maximum":255})"},
      {"int32", member_schema<int>(), R"({"type":"integer","minimum":-2147483648,"maximum":2147483647})"},
      {"uint32", member_schema<std::uint32_t>(), R"({"type":"integer","minimum":0,"maximum":4294967295})"},
      {"int64", member_schema<std::int64_t>(), R"({"type":"integer","minimum":-9007199254740991,"maximum":9007199254740991})"},
      {"uint64", member_schema<std::uint64_t>(), R"({"type":"integer","minimum":0,"maximum":9007199254740991})"},
      {"all of int64", member_schema<Field<std::int64_t, full_range>>(), R"({"type":"integer"})"},
      {"all of uint64", member_schema<Field<std::uint64_t, full_range>>(), R"({"type":"integer","minimum":0})"},
      {"double", member_schema<double>(), R"({"type":"number"})"},
      {"string", member_schema<std::string>(), R"({"type":"string"})"},
      {"enum", member_schema<Color>(), R"({"type":"string","enum":["red","green"]})"},
      {"optional", member_schema<std::optional<int>>(), R"({"type":"integer","minimum":-2147483648,"maximum":2147483647})"},
      {"nullable", member_schema<Field<std::optional<Color>, nullable>>(), R"({"type":["string","null"],"enum":["red","green",null]})"},
      {"vector", member_schema<std::vector<bool>>(), R"({"type":"array","items":{"type":"boolean"}})"},
      {"vector of optional", member_schema<std::vector<std::optional<bool>>>(), R"({"type":"array","items":{"type":["boolean","null"]}})"},
      {"array", member_schema<std::array<double, 3>>(), R"({"type":"array","items":{"type":"number"},"minItems":3,"maxItems":3})"},
      {"C array", member_schema<double[2]>(), R"({"type":"array","items":{"type":"number"},"minItems":2,"maxItems":2})"},
      {"set", member_schema<std::set<std::string>>(), R"({"type":"array","items":{"type":"string"},"uniqueItems":true})"},
      {"map", member_schema<std::map<std::string, bool>>(), R"({"type":"object","additionalProperties":{"type":"boolean"}})"},
      {"json", member_schema<json>(), "{}"},
      {"null", member_schema<std::monostate>(), R"({"type":"null"})"},
      {"variant of plain types", member_schema<std::variant<std::string, bool>>(), R"({"type":["string","boolean"]})"},
      {"variant of two numbers", member_schema<std::variant<std::uint8_t, double>>(),
       R"({"anyOf":[{"type":"integer","minimum":0,"maximum":255},{"type":"number"}]})"},
      {"variant with tags", member_schema<std::variant<Circle, Square>>(),
       R"({"anyOf":[{"type":"object","properties":{"kind":{"type":"string","const":"circle"},"radius":{"type":"number"}},"required":["kind","radius"],"additionalProperties":false},
                    {"type":"object","properties":{"kind":{"type":"string","const":"square"},"side":{"type":"number"}},"required":["kind","side"],"additionalProperties":false}]})"},
      {"struct", member_schema<Point>(),
       R"({"type":"object","title":"Point","description":"a point of the plane","properties":{"x":{"type":"number"},"y":{"type":"number"}},"required":["x","y"],"additionalProperties":false})"},
      {"struct described from outside", member_schema<Described>()["description"], R"("described from outside")"},
      {"own conversion", member_schema<Uuid>(), R"({"type":"string","format":"uuid"})"},
      {"range", member_schema<Field<int, "text", range<1, 50>>>(), R"({"type":"integer","description":"text","minimum":1,"maximum":50})"},
      {"exclusive bounds", member_schema<Field<int, exclusive_minimum<0>, exclusive_maximum<9>>>(), R"({"type":"integer","exclusiveMinimum":0,"exclusiveMaximum":9})"},
      {"step", member_schema<Field<double, minimum<0.5>, multiple_of<0.5>>>(), R"({"type":"number","minimum":0.5,"multipleOf":0.5})"},
      {"text items", member_schema<Field<std::string, title<"T">, description<"D">, length<1, 9>, pattern<"^a">, format<"email">, examples<"a", "ab">>>(),
       R"({"type":"string","title":"T","description":"D","minLength":1,"maxLength":9,"pattern":"^a","format":"email","examples":["a","ab"]})"},
      {"list items", member_schema<Field<std::vector<bool>, items<1, 3>, unique_items>>(),
       R"({"type":"array","items":{"type":"boolean"},"minItems":1,"maxItems":3,"uniqueItems":true})"},
      {"enum with a default", member_schema<Field<Color, default_<Color::green>, examples<Color::red>>>(),
       R"({"type":"string","enum":["red","green"],"default":"green","examples":["red"]})"},
      {"optional with limits", member_schema<Field<std::optional<int>, range<1, 2>>>(), R"({"type":"integer","minimum":1,"maximum":2})"},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    CHECK(row.got == json::parse(row.want));
  }
}

TEST_CASE("an input asks for what has neither default nor optional; an output promises all that is always there") {
  struct Search {
    Field<std::string, "what to look for", length<1, 500>> query;
    Field<int, "how many hits", range<1, 50>, default_<10>> top_k;
    bool exact = false;
    int offset = 0;
    std::optional<std::string> language;
    Field<int, wire_name<"x-trace">> trace;
    Field<bool, required> sure = true;
  };
  CHECK(schema_of<Search>() == json::parse(R"({"type":"object","properties":{
      "query":{"type":"string","description":"what to look for","minLength":1,"maxLength":500},
      "top_k":{"type":"integer","description":"how many hits","minimum":1,"maximum":50,"default":10},
      "exact":{"type":"boolean","default":false},
      "offset":{"type":"integer","minimum":-2147483648,"maximum":2147483647,"default":0},
      "language":{"type":"string"},
      "x-trace":{"type":"integer","minimum":-2147483648,"maximum":2147483647},
      "sure":{"type":"boolean","default":true}},
      "required":["query","x-trace","sure"],"additionalProperties":false})"));
  const json output = schema_of<Search>(SchemaUse::output);
  CHECK(output["required"] == json({"query", "top_k", "exact", "offset", "x-trace", "sure"}));
  CHECK_FALSE(output.contains("additionalProperties"));
  CHECK_FALSE(output["properties"]["top_k"].contains("default"));
}

TEST_CASE("a tool's input is an object") {
  struct Nothing {};
  CHECK(input_schema_of<Nothing>() == json::parse(R"({"type":"object","properties":{},"additionalProperties":false})"));
  CHECK(input_schema_of<std::monostate>() == json::parse(R"({"type":"object","properties":{},"additionalProperties":false})"));
  CHECK(input_schema_of<json>() == json::parse(R"({"type":"object"})"));
  CHECK(input_schema_of<Point>() == schema_of<Point>());
}

TEST_CASE("a derived schema compiles, takes what its type writes, and no client minds it") {
  struct All {
    std::variant<Circle, Square> shape = Circle{{}, 1};
    std::variant<std::string, long> id = "x";
    std::vector<Point> points = {{1, 2}};
    std::map<std::string, std::set<Color>> colors = {{"a", {Color::red}}};
    Field<std::uint64_t, full_range> huge = std::numeric_limits<std::uint64_t>::max();
    std::optional<int> none;
    json anything = {1, "x"};
  };
  for (const auto use : {SchemaUse::input, SchemaUse::output}) {
    const json document = schema_of<All>(use);
    const auto schema = Schema::compile(document);
    REQUIRE(schema.has_value());
    CHECK(explain(schema->validate(encode(All{}))) == "");
    for (const auto& note : lint_portability(document)) CHECK_MESSAGE(note.what.starts_with("hint: "), (note.location + ": " + note.what));
    CHECK(document.dump().find("$ref") == std::string::npos);
  }
  json empty = json::object();
  const auto schema = Schema::compile(schema_of<All>());
  CHECK(explain(schema->validate(empty, Defaults::fill)) == "");
  CHECK(empty == encode(All{}));  // the defaults of the schema are those of the type
  CHECK(schema->validate(json{{"shap", 1}})[0].sentence() == "arguments.shap: unknown property; did you mean \"shape\"?");
}

TEST_CASE("a form has what the specification's form schema has, and nothing else") {
  struct Form {
    Field<std::string, "your name", title<"Name">, length<1, 40>, pattern<"^[^@]+$">, examples<"Kim">> name;
    Field<std::string, format<"email">> mail;
    Field<std::string, format<"hostname">> host;
    Field<int, range<0, 150>, default_<18>> age;
    int count;
    double ratio = 0.5;
    bool agreed = false;
    Color color = Color::red;
    Titled titled;
    std::vector<Color> colors;
    Field<std::vector<Titled>, items<1, 2>, unique_items> both;
    std::optional<std::string> note;
  };
  static_assert(is_form<Form>);
  CHECK(form_schema_of<Form>() == json::parse(R"({"type":"object","properties":{
      "name":{"type":"string","title":"Name","description":"your name","minLength":1,"maxLength":40},
      "mail":{"type":"string","format":"email"},
      "host":{"type":"string"},
      "age":{"type":"integer","minimum":0,"maximum":150,"default":18},
      "count":{"type":"integer"},
      "ratio":{"type":"number","default":0.5},
      "agreed":{"type":"boolean","default":false},
      "color":{"type":"string","enum":["red","green"],"default":"red"},
      "titled":{"type":"string","oneOf":[{"const":"a","title":"The A"},{"const":"b","title":"b"}]},
      "colors":{"type":"array","items":{"type":"string","enum":["red","green"]}},
      "both":{"type":"array","minItems":1,"maxItems":2,"items":{"anyOf":[{"const":"a","title":"The A"},{"const":"b","title":"b"}]}},
      "note":{"type":"string"}},
      "required":["name","mail","host","count","titled","colors","both"]})"));
}

TEST_CASE("what is a form and what is not") {
  struct Flat {
    int a;
    std::optional<std::string> b;
    std::set<Color> c;
  };
  struct Nested {
    Flat inner;
  };
  struct List {
    std::vector<int> numbers;
  };
  struct Empty {};
  CHECK(is_form<Flat>);
  CHECK(is_form<Empty>);
  CHECK_FALSE(is_form<Nested>);
  CHECK_FALSE(is_form<List>);
  CHECK_FALSE(is_form<Circle>);
  CHECK_FALSE(is_form<int>);
  CHECK_FALSE(is_form<json>);
}
