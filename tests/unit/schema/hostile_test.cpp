// SPDX-License-Identifier: Apache-2.0
// Schemas and values that mean harm: one test a known denial of service. Each ends with a verdict or with an error that names
// its bound. What is counted are steps and limits; the clock is off but where the bound on time itself is tested.
#include <doctest/doctest.h>
#include <sumun/json.hpp>
#include <sumun/schema.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <time.h>

using sumun::json;
using sumun::Schema;
using sumun::SchemaLimits;
using sumun::SchemaOptions;

namespace {

// Time is off: a verdict must not depend on the machine.
SchemaOptions options_of(SchemaLimits limits = {}) {
  SchemaOptions options;
  options.limits = limits;
  options.limits.time = std::chrono::milliseconds(0);
  return options;
}

Schema compiled(const json& document, SchemaLimits limits = {}) {
  auto schema = Schema::compile(document, options_of(limits));
  REQUIRE_MESSAGE(schema.has_value(), schema.error().message);
  return *std::move(schema);
}

std::string refusal(const json& document, SchemaLimits limits = {}) {
  const auto schema = Schema::compile(document, options_of(limits));
  REQUIRE(schema.has_error());
  CHECK(schema.error().code == sumun::ErrorCode::invalid_value);
  return schema.error().message;
}

bool says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

constexpr std::string_view kSteps = "checking this takes more than 2000000 steps";

// The value is refused, and what is said first is the bound.
void ends_at_a_bound(const Schema& schema, const json& value, std::string_view words) {
  CHECK_FALSE(schema.valid(value));
  const auto found = schema.validate(value);
  REQUIRE_FALSE(found.empty());
  CHECK(says(found[0].message, words));
  CHECK(found.size() <= SchemaLimits{}.violations);
}

// Definitions d0 … d<count>: each applies the next one twice, by way of `apply`.
template <class Apply>
json doubling(int count, const json& last, Apply apply) {
  json document = {{"$ref", "#/$defs/d0"}, {"$defs", json::object()}};
  for (int i = 0; i < count; ++i) document["$defs"]["d" + std::to_string(i)] = apply(json{{"$ref", "#/$defs/d" + std::to_string(i + 1)}});
  document["$defs"]["d" + std::to_string(count)] = last;
  return document;
}

json nested_arrays(int levels) {
  json value = json::array();
  for (int i = 1; i < levels; ++i) {
    json outer = json::array();
    outer.push_back(std::move(value));
    value = std::move(outer);
  }
  return value;
}

// nlohmann's copies recurse, its destructor does not; so what is deep is only ever moved.
json nested_schemas(const std::string& keyword, int levels) {
  json schema = json::object();
  for (int i = 1; i < levels; ++i) {
    json outer = json::object();
    outer[keyword] = std::move(schema);
    schema = std::move(outer);
  }
  return schema;
}

}  // namespace

TEST_CASE("a tree of references that doubles at every level ends by its steps") {
  struct {
    const char* name;
    json (*apply)(const json&);
    json last;
  } const cases[] = {
      {"allOf", [](const json& next) { return json{{"allOf", {next, next}}}; }, true},
      {"anyOf, nothing fits", [](const json& next) { return json{{"anyOf", {next, next}}}; }, false},
      {"oneOf, both fit", [](const json& next) { return json{{"oneOf", {next, next, true}}}; }, true},
      {"if and then", [](const json& next) { return json{{"if", next}, {"then", next}}; }, true},
      {"not, within not", [](const json& next) { return json{{"allOf", {{{"not", {{"not", next}}}}, next}}}; }, true},
      {"dependentSchemas", [](const json& next) { return json{{"dependentSchemas", {{"a", next}, {"b", next}}}}; }, true},
      {"unevaluatedProperties", [](const json& next) { return json{{"allOf", {next, next}}, {"unevaluatedProperties", true}}; }, true},
      {"propertyNames", [](const json& next) { return json{{"allOf", {next, next}}, {"propertyNames", true}}; }, true},
  };
  const json value = {{"a", 1}, {"b", 2}};
  for (const auto& one : cases) {
    CAPTURE(one.name);
    ends_at_a_bound(compiled(doubling(60, one.last, one.apply)), value, kSteps);
  }
}

TEST_CASE("without a bound on its steps a validation ends by its time") {
  auto options = options_of();
  options.limits.steps = static_cast<std::size_t>(-1);
  options.limits.time = std::chrono::milliseconds(3);
  const auto schema = Schema::compile(doubling(60, true, [](const json& next) { return json{{"allOf", {next, next}}}; }), options);
  REQUIRE(schema.has_value());
  ends_at_a_bound(*schema, json(1), "checking this takes more than 3 ms");
}

TEST_CASE("what gave up is valid nowhere, also not under not, if, anyOf, oneOf or contains") {
  const auto both = [](const json& next) { return json{{"allOf", {next, next}}}; };
  const json endless = {{"$ref", "#/$defs/d0"}};
  for (const auto& [name, around] : {std::pair{"not", json{{"not", endless}}}, std::pair{"if", json{{"if", endless}, {"else", true}}},
                                     std::pair{"anyOf", json{{"anyOf", {endless, {{"minProperties", 9}}}}}},
                                     std::pair{"oneOf", json{{"oneOf", {endless, true}}}}, std::pair{"contains", json{{"contains", endless}, {"minContains", 0}}}}) {
    CAPTURE(name);
    json document = doubling(60, true, both);
    document.erase("$ref");
    document.update(around);
    CHECK_FALSE(compiled(document).valid(std::string(name) == "contains" ? json::array({json::object()}) : json::object()));
  }
}

TEST_CASE("a tree of objects that doubles at every level of the value ends by its steps") {
  // 2^24 paths through a value of 24 levels: the recursion of a tree schema, applied twice.
  const json document = {{"$ref", "#/$defs/tree"},
                         {"$defs", {{"tree", {{"allOf", {{{"properties", {{"next", {{"$ref", "#/$defs/tree"}}}}}}, {{"properties", {{"next", {{"$ref", "#/$defs/tree"}}}}}}}}}}}}};
  json value = json::object();
  for (int i = 0; i < 24; ++i) value = json{{"next", std::move(value)}};
  ends_at_a_bound(compiled(document), value, kSteps);
}

TEST_CASE("patterns that make backtracking engines explode end") {
  const std::string many(30'000, 'a');
  for (const std::string pattern : {"^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^(a*)*b", "(a*)*(a*)*(a*)*x", "^(([a-z])+.)+[A-Z]([a-z])+$", "^(?:a?){30}a{30}$"}) {
    CAPTURE(pattern);
    const Schema schema = compiled(json{{"pattern", pattern}});
    CHECK_FALSE(schema.valid(many + "!"));
    const auto found = schema.validate(json(many + "!"));
    REQUIRE(found.size() == 1);
    CHECK(found[0].message.size() < 400);  // the text is not repeated in full
  }
  CHECK(says(refusal(json{{"pattern", "((((a{1,99}){1,99}){1,99}){1,99}){1,99}"}}), "pattern"));
  CHECK(says(refusal(json{{"pattern", "a{1,2000000000}"}}), "pattern"));
  CHECK(says(refusal(json{{"pattern", std::string(5'000, '(') + std::string(5'000, ')')}}), "pattern"));
  CHECK(says(refusal(json{{"patternProperties", {{"(?:(?:a{9}){99}){99}", true}}}}), "pattern"));
}

TEST_CASE("many patterns over many long texts end by their steps") {
  json all = json::array();
  for (int i = 0; i < 200; ++i) all.push_back(json{{"pattern", "(?=(a+)+b" + std::to_string(i) + ")[^b]*c$"}});
  const Schema schema = compiled(json{{"items", {{"anyOf", std::move(all)}}}});
  json texts = json::array();
  for (int i = 0; i < 50; ++i) texts.push_back(std::string(20'000, 'a'));
  CHECK_FALSE(schema.valid(texts));
  const auto found = schema.validate(texts);
  CHECK_FALSE(found.empty());
  CHECK(found.size() <= SchemaLimits{}.violations);
}

TEST_CASE("schemas nested deeper than the bound are refused, at 100,000 levels too") {
  for (const std::string keyword : {"not", "items", "additionalProperties", "contains", "if", "unevaluatedItems", "propertyNames"}) {
    CAPTURE(keyword);
    for (const int levels : {200, 100'000}) {
      const auto schema = Schema::compile(nested_schemas(keyword, levels), options_of());
      REQUIRE(schema.has_error());
      CHECK(says(schema.error().message, "128"));
    }
  }
  // Deep where no schema is: in a constant, an enum, a default, an unknown keyword.
  for (const std::string keyword : {"const", "default", "examples", "x-unknown"}) {
    CAPTURE(keyword);
    json document = json::object();
    document[keyword] = nested_arrays(100'000);
    const auto schema = Schema::compile(std::move(document), options_of());
    if (schema.has_error()) CHECK(says(schema.error().message, "128"));
  }
}

TEST_CASE("values nested 100,000 levels deep end by the depth of evaluation") {
  struct {
    const char* name;
    json schema;
  } const cases[] = {
      {"recursion by $ref", json{{"items", {{"$ref", "#"}}}}},
      {"recursion by $dynamicRef", json{{"$dynamicAnchor", "node"}, {"items", {{"$dynamicRef", "#node"}}}}},
      {"unevaluatedItems", json{{"unevaluatedItems", {{"$ref", "#"}}}}},
      {"contains", json{{"contains", {{"$ref", "#"}}}, {"minContains", 0}}},
  };
  const json deep = nested_arrays(100'000);
  for (const auto& one : cases) {
    CAPTURE(one.name);
    ends_at_a_bound(compiled(one.schema), deep, "1000 levels deep");
  }
}

TEST_CASE("equality of deep values ends: uniqueItems, const and enum") {
  json twins = json::array();
  twins.push_back(nested_arrays(100'000));
  twins.push_back(nested_arrays(100'000));
  CHECK_FALSE(compiled(json{{"uniqueItems", true}}).valid(twins));
  json ladders = json::array();
  for (int i = 0; i < 30; ++i) ladders.push_back(nested_arrays(70 + i));  // deeper than the recursion, sorted
  CHECK(compiled(json{{"uniqueItems", true}}).valid(ladders));
  ladders.push_back(nested_arrays(84));
  CHECK_FALSE(compiled(json{{"uniqueItems", true}}).valid(ladders));
  const json inner = nested_arrays(100);
  CHECK(compiled(json{{"const", inner}}).valid(inner));
  CHECK_FALSE(compiled(json{{"const", inner}}).valid(twins[0]));
  CHECK_FALSE(compiled(json{{"enum", {inner, 1}}}).valid(twins[0]));
}

TEST_CASE("uniqueItems over 100,000 items that differ at their very end has a verdict") {
  json items = json::array();
  for (int i = 0; i < 100'000; ++i) items.push_back({{"a", {1, 2, 3}}, {"b", "the same"}, {"z", i}});
  const Schema schema = compiled(json{{"uniqueItems", true}});
  CHECK(schema.valid(items));
  items.push_back({{"a", {1, 2, 3.0}}, {"b", "the same"}, {"z", 99'999.0}});
  CHECK_FALSE(schema.valid(items));
  json numbers = json::array();
  for (int i = 0; i < 100'000; ++i) numbers.push_back(i);
  CHECK(schema.valid(numbers));
  numbers.push_back(77'777.0);
  CHECK_FALSE(schema.valid(numbers));
}

TEST_CASE("a huge enum over many items has a verdict or ends by its steps") {
  json names = json::array();
  for (int i = 0; i < 50'000; ++i) names.push_back("name " + std::to_string(i));
  const Schema schema = compiled(json{{"items", {{"enum", names}}}});
  CHECK(schema.valid(json{"name 0", "name 49999"}));
  const json wrong(std::vector<std::string>(20'000, "name 50000"));
  CHECK_FALSE(schema.valid(wrong));
  const auto found = schema.validate(wrong);
  CHECK(found.size() <= SchemaLimits{}.violations);
  for (const auto& one : found) CHECK(one.message.size() < 2'000);  // the names are not all repeated
}

TEST_CASE("numbers at the ends of their range divide") {
  struct {
    const char* step;
    const char* number;
    bool multiple;
  } const cases[] = {
      {"1e308", "1e308", true},
      {"1e308", "1.5e308", false},
      {"1e-300", "1e308", true},
      {"5e-324", "1e308", true},
      {"5e-324", "5e-324", true},
      {"2e-308", "1", true},
      {"3e-308", "1", false},
      {"0.1", "1e308", true},
      {"1e308", "1", false},
      {"1e308", "0", true},
      {"7", "18446744073709551615", false},
      {"5", "18446744073709551615", true},
  };
  for (const auto& one : cases) {
    CAPTURE(one.step);
    CAPTURE(one.number);
    const auto step = sumun::parse_json(one.step);
    const auto number = sumun::parse_json(one.number);
    REQUIRE(step.has_value());
    REQUIRE(number.has_value());
    CHECK(compiled(json{{"multipleOf", *step}}).valid(*number) == one.multiple);
  }
  const auto tiny = sumun::parse_json("1e-400");  // reads as nothing, or not at all
  if (tiny.has_value()) CHECK(says(refusal(json{{"multipleOf", *tiny}}), "multipleOf"));
}

TEST_CASE("references that go round in a circle are refused or end") {
  for (const std::string text : {R"({"$ref":"#"})", R"({"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}})",
                           R"({"allOf":[{"$ref":"#"}]})", R"({"not":{"$ref":"#"}})", R"({"if":{"$ref":"#"}})", R"({"anyOf":[{"oneOf":[{"$ref":"#"}]}]})",
                           R"({"dependentSchemas":{"a":{"$ref":"#"}}})", R"({"$dynamicAnchor":"x","$dynamicRef":"#x"})",
                           R"({"$dynamicAnchor":"x","allOf":[{"anyOf":[{"$dynamicRef":"#x"}]}]})",
                           R"({"$id":"http://h/a","$ref":"b","$defs":{"b":{"$id":"b","$ref":"a"}}})",
                           R"({"$schema":"https://json-schema.org/draft/2019-09/schema","$recursiveAnchor":true,"$recursiveRef":"#"})",
                           R"({"$id":"http://h/a","$dynamicAnchor":"x","$ref":"b","$defs":{"b":{"$id":"b","$dynamicAnchor":"x","$dynamicRef":"#x"}}})"}) {
    CAPTURE(text);
    const auto schema = Schema::compile(json::parse(text), options_of());
    if (schema.has_error()) {
      CHECK(schema.error().code == sumun::ErrorCode::invalid_value);
      CHECK(says(schema.error().message, "leads back to itself"));
    } else {
      ends_at_a_bound(*schema, json{{"a", 1}}, "1000 levels deep");
    }
  }
}

TEST_CASE("unevaluatedProperties over an object of 20,000 members, through nested applicators, ends") {
  json branches = json::array();
  for (int i = 0; i < 50; ++i) branches.push_back({{"properties", {{"m" + std::to_string(i), true}}}});
  json schema = {{"unevaluatedProperties", false}, {"anyOf", branches}};
  for (int i = 0; i < 20; ++i) schema = json{{"unevaluatedProperties", false}, {"allOf", {std::move(schema)}}};
  json value = json::object();
  for (int i = 0; i < 20'000; ++i) value["m" + std::to_string(i)] = i;
  const Schema strict = compiled(schema);
  CHECK_FALSE(strict.valid(value));
  CHECK(strict.validate(value).size() <= SchemaLimits{}.violations);
  CHECK(strict.valid(json{{"m1", 1}, {"m49", 1}}));

  json items = json::array();
  for (int i = 0; i < 100'000; ++i) items.push_back(i);
  const Schema list = compiled(json::parse(R"({"allOf":[{"prefixItems":[true,true]},{"contains":{"minimum":5}}],"unevaluatedItems":false})"));
  CHECK_FALSE(list.valid(items));
  CHECK(list.validate(items).size() <= SchemaLimits{}.violations);
}

TEST_CASE("thousands of identifiers and anchors compile, and those that repeat are refused") {
  json document = {{"$id", "http://example.org/root"}, {"$defs", json::object()}, {"$ref", "r2999#a2999"}};
  for (int i = 0; i < 3'000; ++i) {
    const std::string number = std::to_string(i);
    document["$defs"]["d" + number] = {{"$id", "r" + number}, {"$anchor", "a" + number}, {"minimum", i}};
  }
  const Schema schema = compiled(document);
  CHECK(schema.valid(2'999));
  CHECK_FALSE(schema.valid(2'998));
  document["$defs"]["d17"]["$id"] = "r2999";
  CHECK_FALSE(refusal(document).empty());
}

TEST_CASE("100,000 members against many patterns have a verdict or end by their steps") {
  json patterns = json::object();
  for (int i = 0; i < 100; ++i) patterns["^m[0-9]*" + std::to_string(i) + "$"] = true;
  json value = json::object();
  for (int i = 0; i < 100'000; ++i) value["m" + std::to_string(i)] = i;
  const Schema schema = compiled(json{{"patternProperties", patterns}, {"additionalProperties", false}});
  CHECK_FALSE(schema.valid(value) != schema.validate(value).empty());
  const auto found = schema.validate(value);
  CHECK(found.size() <= SchemaLimits{}.violations);
  json properties = json::object();
  for (int i = 0; i < 10'000; ++i) properties["m" + std::to_string(i)] = {{"type", "integer"}};
  CHECK(compiled(json{{"properties", properties}}).valid(value));
}

TEST_CASE("violations do not explode with the items and branches that are wrong") {
  json branches = json::array();
  for (int i = 0; i < 50; ++i) branches.push_back({{"type", "object"}, {"required", {"kind", "n" + std::to_string(i)}}, {"properties", {{"kind", {{"minimum", i}}}}}});
  const Schema schema = compiled(json{{"items", {{"oneOf", branches}}}});
  json value = json::array();
  for (int i = 0; i < 100'000; ++i) value.push_back(json{{"kind", -1}});
  CHECK_FALSE(schema.valid(value));
  const auto found = schema.validate(value);
  CHECK(found.size() <= SchemaLimits{}.violations);
  CHECK(sumun::explain(found).size() < 64 * 1024);
  json filled = value;
  CHECK(schema.validate(filled, sumun::Defaults::fill).size() <= SchemaLimits{}.violations);
}

TEST_CASE("defaults within defaults do not grow without bound") {
  json document = {{"$ref", "#/$defs/d0"}, {"$defs", json::object()}};
  for (int i = 0; i < 40; ++i) {
    const json next = {{"$ref", "#/$defs/d" + std::to_string(i + 1)}, {"default", json::object()}};
    document["$defs"]["d" + std::to_string(i)] = {{"properties", {{"a", next}, {"b", next}}}};
  }
  document["$defs"]["d40"] = json::object();
  const auto schema = Schema::compile(document, options_of());
  if (schema.has_error()) {
    CHECK(says(schema.error().message, "steps"));
    return;
  }
  json value = json::object();
  const auto found = schema->validate(value, sumun::Defaults::fill);
  if (!found.empty()) CHECK(says(found[0].message, kSteps));
  CHECK(sumun::dump_json(value).size() < 64 * 1024 * 1024);
}

namespace {

// Bounds that bite soon; what takes ten times as long as it may is not bounded.
SchemaOptions hurried() {
  SchemaOptions options;
  options.limits.steps = static_cast<std::size_t>(-1);
  options.limits.time = std::chrono::milliseconds(50);
  return options;
}

// Of this thread's own work: what others do on the machine is not counted.
template <class Work>
std::chrono::milliseconds time_of(Work work) {
  const auto now = [] {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec));
  };
  const auto start = now();
  work();
  return now() - start;
}

json long_names(int count, std::size_t size) {
  json value = json::object();
  for (int i = 0; i < count; ++i) value[std::string(size, 'a') + std::to_string(i)] = json::object();
  return value;
}

}  // namespace

TEST_CASE("names that no pattern matches end by the steps that the searches take") {
  SchemaLimits limits;
  limits.steps = 100'000;
  const json value = long_names(30, 2'000);  // a search of one looks at two million states
  for (const json& document : {json::parse(R"({"patternProperties":{"a.{0,1000}b":{}}})"),
                               json::parse(R"({"allOf":[{"patternProperties":{"a.{0,1000}b":{}}}],"unevaluatedProperties":{}})"),
                               json::parse(R"({"propertyNames":{"pattern":"^(?:(?!a.{0,1000}b).)*$"}})")}) {
    CAPTURE(document.dump());
    ends_at_a_bound(compiled(document, limits), value, "checking this takes more than 100000 steps");
  }
  // One text is enough, and the search itself ends.
  ends_at_a_bound(compiled(json{{"pattern", "a.{0,1000}b"}}, limits), std::string(20'000, 'a'), "checking this takes more than 100000 steps");
  CHECK(compiled(json{{"patternProperties", {{"a.{0,20}b", json::object()}}}}, limits).valid(long_names(30, 200)));
}

TEST_CASE("names that no pattern matches end by the time") {
  const json value = long_names(600, 3'000);
  const auto schema = Schema::compile(json{{"patternProperties", {{"a.{0,1000}b", json::object()}}}}, hurried());
  REQUIRE(schema.has_value());
  std::vector<sumun::Violation> found;
  CHECK(time_of([&] { found = schema->validate(value); }) < 10 * hurried().limits.time);
  REQUIRE(found.size() == 1);
  CHECK(found[0].message == "checking this takes more than 50 ms");
}

TEST_CASE("filling, checking and explaining have one time together") {
  json document = json::parse(R"({"properties":{"z":{"default":1}},"patternProperties":{}})");
  for (int i = 0; i < 5; ++i) document["patternProperties"]["a.{0,1000}b" + std::to_string(i)] = json::parse(R"({"properties":{"x":{"default":1}}})");
  const auto schema = Schema::compile(document, hurried());
  REQUIRE(schema.has_value());
  json value = long_names(600, 3'000);
  std::vector<sumun::Violation> found;
  CHECK(time_of([&] { found = schema->validate(value, sumun::Defaults::fill); }) < 10 * hurried().limits.time);
  REQUIRE(found.size() == 1);
  CHECK(found[0].message == "filling in the defaults takes more than 50 ms");
}

TEST_CASE("patterns of names end the filling by its steps") {
  SchemaLimits limits;
  limits.steps = 100'000;
  const Schema schema = compiled(json::parse(R"({"patternProperties":{"a.{0,1000}b0":{"properties":{"x":{"default":1}}}}})"), limits);
  json value = long_names(30, 2'000);
  const auto found = schema.validate(value, sumun::Defaults::fill);
  REQUIRE(found.size() == 1);
  CHECK(found[0].message == "filling in the defaults takes more than 100000 steps");
}

TEST_CASE("defaults that would fill memory end by their bytes") {
  json document = json::parse(R"({"items":{"properties":{"x":{}}}})");
  document["items"]["properties"]["x"]["default"] = std::string(100'000, 'y');
  const Schema schema = compiled(document);
  json value = json::array();
  for (int i = 0; i < 20'000; ++i) value.push_back(json::object());
  const std::size_t before = sumun::dump_json(value).size();
  const auto found = schema.validate(value, sumun::Defaults::fill);
  REQUIRE(found.size() == 1);
  CHECK(found[0].message == "the defaults add more than 4194304 bytes");
  CHECK(sumun::dump_json(value).size() <= before + SchemaLimits{}.filled_bytes);
  json few = json::array({json::object(), json::object()});
  CHECK(schema.validate(few, sumun::Defaults::fill).empty());
  CHECK(few[1].contains("x"));
}

TEST_CASE("the search for the name that was meant is bounded, and the sentence is there without it") {
  const auto name = [](int i, std::size_t size) { return std::string(size, static_cast<char>('b' + i % 7)) + std::to_string(100'000 + i); };
  json required = json::array(), allowed = json::array(), properties = json::object();
  for (int i = 0; i < 16; ++i) required.push_back("a" + name(i, 53));
  for (int i = 0; i < 100'000; ++i) allowed.push_back(name(i, 58));
  for (int i = 0; i < 9'500; ++i) properties["n" + name(i, 50)] = true;
  json texts = json::array(), branches = json::array();
  for (int i = 0; i < 16; ++i) texts.push_back(name(i, 57) + "x");
  for (int i = 0; i < 32; ++i) branches.push_back(json{{"$ref", "#/$defs/o"}});
  json strangers = json::object(), unknown = json::object();
  for (int i = 0; i < 20'000; ++i) strangers[name(i, 57)] = 1;
  for (int i = 0; i < 16; ++i) unknown["o" + name(i, 52)] = 1;
  const struct {
    const char* name;
    json schema, value;
    const char* words;
  } cases[] = {
      {"required", {{"required", required}}, strangers, "is missing"},
      {"enum", {{"items", {{"enum", allowed}}}}, texts, "expected one of"},
      {"branches", {{"oneOf", branches}, {"$defs", {{"o", {{"properties", properties}, {"additionalProperties", false}}}}}}, unknown, "unknown property"},
      {"unevaluated", {{"allOf", {{{"properties", properties}}}}, {"unevaluatedProperties", false}}, unknown, "unknown property"},
  };
  for (const auto& one : cases) {
    CAPTURE(one.name);
    SchemaLimits limits;
    const Schema schema = compiled(one.schema, limits);
    std::vector<sumun::Violation> found;
    // Without a bound on the hints: many seconds. Generous, for sanitizers.
    CHECK(time_of([&] { found = schema.validate(one.value); }) < std::chrono::milliseconds(3'000));
    REQUIRE_FALSE(found.empty());
    CHECK(says(sumun::explain(found), one.words));
    CHECK_FALSE(says(sumun::explain(found), "checking this takes"));
  }
}
