// SPDX-License-Identifier: Apache-2.0
// What a schema compiles to: a flat list of nodes, one for each subschema. A node says which JSON types pass and points
// into one table of rules for each kind of value, so that a value meets only the rules that can apply to it.
#pragma once
#include <sumun/schema.hpp>

#include "schema/pattern.hpp"

#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace sumun::schema {

using NodeId = std::uint32_t;
inline constexpr NodeId kNoNode = std::numeric_limits<NodeId>::max();
inline constexpr std::int32_t kNoRules = -1;

enum TypeBit : std::uint8_t {
  kNullBit = 1,
  kBooleanBit = 2,
  kObjectBit = 4,
  kArrayBit = 8,
  kStringBit = 16,
  kIntegerBit = 32,   // numbers without a fractional part
  kFractionBit = 64,  // the others; "number" is both
  kAllTypes = 127,
};

struct NumberRules {
  enum class Keyword : std::uint8_t { minimum, maximum, exclusive_minimum, exclusive_maximum, multiple_of };
  struct Rule {
    Keyword keyword;
    json operand;
  };
  // What the bounds mean for an int64; a value inside meets all of them.
  std::int64_t low = std::numeric_limits<std::int64_t>::min();
  std::int64_t high = std::numeric_limits<std::int64_t>::max();
  bool bounds_only = true;  // no multipleOf
  std::vector<Rule> rules;
};

struct TextRules {
  std::uint64_t min_length = 0;
  std::uint64_t max_length = std::numeric_limits<std::uint64_t>::max();
  std::int32_t pattern = kNoRules;
};

struct ArrayRules {
  std::uint64_t min_items = 0;
  std::uint64_t max_items = std::numeric_limits<std::uint64_t>::max();
  bool unique = false;
  std::vector<NodeId> prefix;
  NodeId items = kNoNode;
  NodeId contains = kNoNode;
  std::uint64_t min_contains = 1;
  std::uint64_t max_contains = std::numeric_limits<std::uint64_t>::max();
};

struct PropertyRule {
  std::string name;
  NodeId node = kNoNode;   // kNoNode where the name is only required
  bool required = false;
};

struct ObjectRules {
  std::uint64_t min_properties = 0;
  std::uint64_t max_properties = std::numeric_limits<std::uint64_t>::max();
  std::vector<PropertyRule> properties;  // sorted by name, like the members of a JSON object
  std::vector<std::pair<std::int32_t, NodeId>> patterns;
  NodeId additional = kNoNode;
  NodeId names = kNoNode;
  struct Dependency {
    std::string name;
    std::vector<std::string> required;
    NodeId node = kNoNode;
    const char* keyword;  // dependentRequired, dependentSchemas or dependencies
  };
  std::vector<Dependency> dependencies;
};

// The branches of oneOf or anyOf, and, where each branch is an object with a constant text under the same required name,
// which constant leads to which branch.
struct Branches {
  std::vector<NodeId> nodes;
  std::string discriminator;                            // "" = none
  std::vector<std::pair<std::string, std::uint32_t>> by_value;  // sorted
};

struct LogicRules {
  std::vector<json> allowed;              // enum, or the one of const
  std::vector<std::string> allowed_texts;  // the same, sorted, where all are texts
  bool has_enum = false;
  bool is_const = false;
  std::vector<NodeId> all;
  Branches any, one;
  NodeId negated = kNoNode;
  NodeId condition = kNoNode, then_node = kNoNode, else_node = kNoNode;
  NodeId reference = kNoNode;
};

struct Node {
  std::uint8_t types = kAllTypes;
  bool never = false;         // the schema `false`
  bool fills = false;         // something below has a default
  std::int32_t number = kNoRules, text = kNoRules, array = kNoRules, object = kNoRules, logic = kNoRules;
  std::int32_t default_value = kNoRules;
};

}  // namespace sumun::schema

namespace sumun {
inline namespace v0 {

struct Schema::Program {
  json document;
  SchemaLimits limits;
  std::vector<schema::Node> nodes;  // [0] is the whole schema
  std::vector<schema::NumberRules> numbers;
  std::vector<schema::TextRules> texts;
  std::vector<schema::ArrayRules> arrays;
  std::vector<schema::ObjectRules> objects;
  std::vector<schema::LogicRules> logics;
  std::vector<schema::Pattern> patterns;
  std::vector<json> defaults;
};

}  // namespace v0
}  // namespace sumun

namespace sumun::schema {

/// Compiles; see Schema::compile.
Result<std::shared_ptr<const Schema::Program>> compile_program(json document, const SchemaOptions& options);

/// Whether the value is valid against the node. Takes what it needs from `steps`; none left = not valid.
bool check(const Schema::Program& program, NodeId node, const json& instance, std::size_t& steps);
bool check(const Schema::Program& program, NodeId node, const json& instance);

/// What is wrong, best first, at most limits.violations; for values that `check` refuses.
std::vector<Violation> find_violations(const Schema::Program& program, NodeId node, const json& instance);

/// Puts defaults in, as far as `steps` go.
void fill_defaults(const Schema::Program& program, NodeId node, json& instance, std::size_t& steps);

/// `name` as one step of a JSON Pointer.
std::string pointer_step(std::string_view name);

/// The name of `names` that a person may have meant by `name`; "" = none is near.
std::string_view nearest_name(std::string_view name, const std::vector<std::string_view>& names);

}  // namespace sumun::schema
