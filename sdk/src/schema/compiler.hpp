// SPDX-License-Identifier: Apache-2.0
// From a schema document to a program. Every keyword that a subschema's dialect knows is compiled or an annotation. Its
// members are in compiler.cpp (nodes and references) and compiler_keywords.cpp (what each keyword means).
#pragma once
#include "schema/program.hpp"
#include "schema/resources.hpp"

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sumun::schema {

// The first thing that is wrong is kept in `error_`; from then on nothing more is compiled.
class Compiler {
 public:
  Compiler(Schema::Program& program, const SchemaOptions& options) : program_(program), options_(options), resources_(options) {}

  std::optional<Error> compile();

 private:
  struct Pending {
    NodeId id;
    const json* schema;
  };
  void refuse(const std::string& where, const std::string& why);

  // -- references

  std::optional<Target> target(const json& value, const std::string& where);
  NodeId reference(const json& value, const std::string& where);
  NodeId entry(const Target& target);
  std::int32_t dynamic_reference(const json& value, const std::string& where, const char* keyword);
  void add_dynamic_targets();
  const json* dynamic_target(ResourceId id, const std::string& name) const;
  void mark_scopes();
  NodeId node_for(const json& schema, const std::string& where);

  // -- one subschema

  Node compile_node(const json& schema, NodeId id);

  struct Parts {
    std::optional<NumberRules> number;
    std::optional<TextRules> text;
    std::optional<ArrayRules> array;
    std::optional<ObjectRules> object;
    std::optional<LogicRules> logic;
    std::optional<UnevaluatedRules> unevaluated;
  };
  template <class R>
  static R& want(std::optional<R>& rules) {
    return rules ? *rules : rules.emplace();
  }
  template <class R>
  static std::int32_t store(std::vector<R>& table, std::optional<R>& rules) {
    if (!rules) return kNoRules;
    table.push_back(std::move(*rules));
    return static_cast<std::int32_t>(table.size() - 1);
  }

  void finish(Node& node, Parts& parts);
  void keyword(const std::string& key, const json& value, const json& schema, Node& node, Parts& parts, const std::string& where, bool at_root);
  bool core_keyword(const std::string& key, const json& value, Parts& parts, const std::string& where, bool at_root);
  bool value_keyword(const std::string& key, const json& value, Node& node, Parts& parts, const std::string& where);
  std::uint8_t types(const json& value, const std::string& where);
  static std::string shown(const json& value);
  bool is_text(const json& value, const std::string& where);
  std::uint64_t count(const json& value, const std::string& where);
  bool number_keyword(const std::string& key, const json& value, Parts& parts, const std::string& where);
  void narrow(NumberRules& rules, NumberRules::Keyword keyword, const json& operand, const std::string& where);
  std::int32_t pattern(const std::string& source, const std::string& where);
  bool text_keyword(const std::string& key, const json& value, Parts& parts, const std::string& where);
  void format(const std::string& name, Parts& parts, const std::string& where);
  NodeId child(const json& schema, const std::string& where);
  std::vector<NodeId> children(const json& list, const std::string& where);
  void items(const json& value, const json& schema, ArrayRules& rules, const std::string& where);
  bool array_keyword(const std::string& key, const json& value, const json& schema, Parts& parts, const std::string& where);
  std::vector<std::string> names(const json& value, const std::string& where);
  void refuse_repeated(const json& list, const std::string& where);
  bool object_keyword(const std::string& key, const json& value, Parts& parts, const std::string& where);
  static void add_required(ObjectRules& rules, const std::vector<std::string>& required);
  void dependency(ObjectRules& rules, const std::string& key, const std::string& name, const json& rule, const std::string& where);
  bool logic_keyword(const std::string& key, const json& value, const json& schema, Parts& parts, const std::string& where);

  Schema::Program& program_;
  const SchemaOptions& options_;
  Resources resources_;
  std::unordered_map<const json*, NodeId> nodes_;
  std::deque<Pending> pending_;
  std::set<ResourceId> used_;   // a node of them is in the program
  std::set<NodeId> entries_;    // what references lead to
  std::vector<std::pair<std::size_t, std::string>> dynamic_names_;  // program_.dynamics that depend on the scope; "" = $recursiveRef
  ResourceId here_ = 0;         // of the node that is being compiled
  DialectFacts dialect_;
  std::size_t references_ = 0;
  std::optional<Error> error_;
};

}  // namespace sumun::schema
