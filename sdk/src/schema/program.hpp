// SPDX-License-Identifier: Apache-2.0
// What a schema compiles to: a flat list of nodes, one for each subschema. A node says which JSON types pass and points
// into one table of rules for each kind of value, so that a value meets only the rules that can apply to it.
#pragma once
#include <sumun/schema.hpp>

#include "schema/budget.hpp"
#include "schema/formats.hpp"
#include "schema/name_table.hpp"
#include "schema/pattern.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace sumun::schema {

using NodeId = std::uint32_t;
inline constexpr NodeId kNoNode = std::numeric_limits<NodeId>::max();
inline constexpr std::int32_t kNoRules = -1;

// A bit for each of json::value_t.
enum TypeBit : std::uint8_t {
  kNullBit = 1,
  kObjectBit = 2,
  kArrayBit = 4,
  kStringBit = 8,
  kBooleanBit = 16,
  kIntegerBit = 32 | 64,  // numbers without a fractional part, with and without a sign
  kFractionBit = 128,     // the others; "number" is both
  kAllTypes = 255,
};
inline std::uint8_t type_bit(const json& value) { return static_cast<std::uint8_t>(1U << static_cast<unsigned>(value.type())); }

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
  FormatCheck format = nullptr;  // where formats are asserted
  std::string format_name;
};

struct ArrayRules {
  std::uint64_t min_items = 0;
  std::uint64_t max_items = std::numeric_limits<std::uint64_t>::max();
  bool unique = false;
  std::vector<NodeId> prefix;
  NodeId items = kNoNode;
  const char* prefix_keyword = "prefixItems";  // `items` in the older dialects, and then
  const char* items_keyword = "items";         // `additionalItems`
  NodeId contains = kNoNode;
  bool contains_evaluates = true;  // 2020-12: what it matched counts for unevaluatedItems
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
  NameTable table;                       // of them: `number` is the node, `types` those that are valid at a glance
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
  bool plain = false;        // no rules for patterns of names, for names, and no dependencies
  std::size_t required = 0;  // how many of the properties are
  std::size_t cost = 0;      // in steps: what a value with few members takes all the same
};

// The branches of oneOf or anyOf, and, where each branch is an object with a constant text under the same required name,
// which constant leads to which branch.
struct Branches {
  std::vector<NodeId> nodes;
  std::string discriminator;                            // "" = none
  std::vector<std::pair<std::string, std::uint32_t>> by_value;  // sorted
};

// A $dynamicRef or $recursiveRef: the first resource of the dynamic scope that has the anchor says where it leads.
struct DynamicReference {
  const char* keyword;
  NodeId fallback = kNoNode;                           // where it leads without any scope
  std::vector<std::pair<std::int32_t, NodeId>> targets;  // by resource, sorted; empty = the fallback is the only one
};

// unevaluatedProperties and unevaluatedItems.
struct UnevaluatedRules {
  NodeId properties = kNoNode, items = kNoNode;
};

struct LogicRules {
  std::vector<json> allowed;              // enum, or the one of const
  std::vector<std::string> allowed_texts;  // the same, sorted, where all are texts
  NameTable table;                         // of them
  bool has_enum = false;
  bool is_const = false;
  std::vector<NodeId> all;
  Branches any, one;
  NodeId negated = kNoNode;
  NodeId condition = kNoNode, then_node = kNoNode, else_node = kNoNode;
  NodeId lone_condition = kNoNode;  // an `if` without then and else: it evaluates, but decides nothing
  NodeId reference = kNoNode;
  std::int32_t dynamic = kNoRules;

  // Whether it has anything but a list of values and a $ref.
  bool branches() const {
    return !all.empty() || !any.nodes.empty() || !one.nodes.empty() || negated != kNoNode || condition != kNoNode || dynamic != kNoRules;
  }
};

// What can be told of a value without walking into it: whether it certainly is valid. Of an object: by which rules alone.
struct Glance {
  enum class Kind : std::uint8_t { nothing, integer, text, choice, object };
  std::uint8_t types = 0;  // of which every value is valid
  Kind kind = Kind::nothing;
  NodeId last = kNoNode;            // where a $ref that stands alone leads in the end; else the node itself
  std::int32_t rules = kNoRules;    // choice: the texts are in the table of this logic; object: the plain rules
  std::int64_t low = 0, high = -1;  // of an integer; of a text: characters at least, bytes at most
};

struct Node {
  std::uint8_t types = kAllTypes;  // none where `never`
  bool never = false;         // the schema `false`
  bool fills = false;         // something below has a default
  bool special = false;       // it has `scope` or `unevaluated`
  std::int32_t number = kNoRules, text = kNoRules, array = kNoRules, object = kNoRules, logic = kNoRules;
  std::int32_t default_value = kNoRules;
  std::int32_t unevaluated = kNoRules;
  std::int32_t scope = kNoRules;  // the resource that is entered here, where a DynamicReference may ask for it
};

// Where a node was written.
struct Source {
  std::uint32_t resource;
  std::string where;  // "#/$defs/a": as errors name it
};
struct SourceResource {
  std::string uri;    // "" where it has none
  std::string where;  // of its root
};

// The dynamic scope: the resources that were entered on the way here and that a DynamicReference may ask for, each once; a
// list on the stack, the newest first.
struct Scope {
  const Scope* outer;
  std::int32_t resource;
};
inline bool in_scope(const Scope* scope, std::int32_t resource) {
  while (scope && scope->resource != resource) scope = scope->outer;
  return scope != nullptr;
}
NodeId find_target(const DynamicReference& reference, const Scope* scope);

}  // namespace sumun::schema

namespace sumun {
inline namespace v0 {

struct Schema::Program {
  json document;
  SchemaLimits limits;
  std::vector<schema::Node> nodes;  // [0] is the whole schema
  std::vector<schema::Glance> glances;  // one for each node
  std::vector<schema::NumberRules> numbers;
  std::vector<schema::TextRules> texts;
  std::vector<schema::ArrayRules> arrays;
  std::vector<schema::ObjectRules> objects;
  std::vector<schema::LogicRules> logics;
  std::vector<schema::DynamicReference> dynamics;
  std::vector<schema::UnevaluatedRules> unevaluated;
  std::vector<schema::Pattern> patterns;
  std::vector<json> defaults;
  std::vector<std::size_t> default_bytes;  // of each, as JSON text
  std::vector<schema::Source> sources;  // one for each node
  std::vector<schema::SourceResource> resources;
};

}  // namespace v0
}  // namespace sumun

namespace sumun::schema {

/// Compiles; see Schema::compile.
Result<std::shared_ptr<const Schema::Program>> compile_program(json document, const SchemaOptions& options);

/// What concerns the program as a whole, once its nodes are there: references that never end, the constants that choose a
/// branch, and the defaults, which must fit their own schemas.
std::optional<Error> complete_program(Schema::Program& program);

/// What is wrong, best first, at most limits.violations; for values that `check` refuses.
std::vector<Violation> find_violations(const Schema::Program& program, NodeId node, const json& instance, Budget& budget);

/// The defaults that were put into a value. As long as that is not changed, they come out and go in again.
struct Filled {
  struct Member {
    json::object_t* object;
    const std::string* name;
    json::object_t::node_type node;  // while it is out
  };
  std::vector<Member> members;
  std::string bound;  // the one that ended the filling: "filling in the defaults takes more than 5000 ms"

  void take_out();
  void put_back();
};

/// Puts defaults in, as far as the budget and limits.filled_bytes go.
Filled fill_defaults(const Schema::Program& program, NodeId node, json& instance, Budget& budget);

/// Calls `visit` with the nodes that apply to the same value as `node` does, as far as that is known beforehand.
template <class Visit>
void each_in_place(const Schema::Program& program, const Node& node, Visit visit) {
  if (node.logic != kNoRules) {
    const LogicRules& logic = program.logics[static_cast<std::size_t>(node.logic)];
    for (const auto* list : {&logic.all, &logic.any.nodes, &logic.one.nodes}) {
      for (NodeId one : *list) visit(one);
    }
    for (NodeId one : {logic.negated, logic.condition, logic.lone_condition, logic.then_node, logic.else_node, logic.reference}) {
      if (one != kNoNode) visit(one);
    }
    if (logic.dynamic != kNoRules) {
      const auto& dynamic = program.dynamics[static_cast<std::size_t>(logic.dynamic)];
      if (dynamic.targets.empty()) visit(dynamic.fallback);
    }
  }
  if (node.object != kNoRules) {
    for (const auto& one : program.objects[static_cast<std::size_t>(node.object)].dependencies) {
      if (one.node != kNoNode) visit(one.node);
    }
  }
}

/// `name` as one step of a JSON Pointer.
std::string pointer_step(std::string_view name);

/// The name of `names` that a person may have meant by `name`, as far as the budget's hints go; "" = none is near.
std::string_view nearest_name(std::string_view name, const std::vector<std::string_view>& names, Budget& budget);

}  // namespace sumun::schema
