// SPDX-License-Identifier: Apache-2.0
// The nodes of a program, and where its references lead.
#include "schema/compiler.hpp"

#include <algorithm>

namespace sumun::schema {

namespace {
constexpr std::size_t kDynamicPairs = 1'000'000;  // of a dynamic reference and a resource: time and memory
}

std::optional<Error> Compiler::compile() {
  const auto root = resources_.add_root(program_.document);
  if (root.has_error()) return root.error();
  node_for(program_.document, resources_[*root].where);
  do {
    while (!error_ && !pending_.empty()) {
      const Pending one = pending_.front();
      pending_.pop_front();
      Node node = compile_node(*one.schema, one.id);
      program_.nodes[one.id] = node;
    }
    if (!error_) add_dynamic_targets();
  } while (!error_ && !pending_.empty());
  if (error_) return std::move(error_);
  mark_scopes();
  if (error_) return std::move(error_);
  for (ResourceId id = 0; id < resources_.size(); ++id) program_.resources.push_back({resources_[id].uri, resources_[id].where});
  return complete_program(program_);
}

void Compiler::refuse(const std::string& where, const std::string& why) {
  if (!error_) error_ = fail(ErrorCode::invalid_value, where + ": " + why);
}

std::optional<Target> Compiler::target(const json& value, const std::string& where) {
  if (!is_text(value, where)) return std::nullopt;
  if (++references_ > options_.limits.references) {
    refuse(where, "more than " + std::to_string(options_.limits.references) + " references");
    return std::nullopt;
  }
  auto found = resources_.find(here_, value.get_ref<const std::string&>());
  if (found) return *std::move(found);
  // A fault in another document names its own place.
  refuse(where, found.error().message);
  return std::nullopt;
}

NodeId Compiler::reference(const json& value, const std::string& where) {
  const auto found = target(value, where);
  return found ? entry(*found) : kNoNode;
}

// The node that a reference leads to: there a resource may be entered.
NodeId Compiler::entry(const Target& target) {
  const NodeId node = node_for(*target.schema, target.where);
  if (node != kNoNode) entries_.insert(node);
  return node;
}

std::int32_t Compiler::dynamic_reference(const json& value, const std::string& where, const char* keyword) {
  const bool recursive = dialect_.draft == Dialect::draft_2019_09;
  if (recursive && value != "#") {
    refuse(where, "must be \"#\"");
    return kNoRules;
  }
  const auto found = target(value, where);
  if (!found) return kNoRules;
  // Without a dynamic anchor at its first target it is an ordinary reference (2020-12 core, section 8.2.3.2).
  const bool dynamic = recursive ? resources_[found->resource].recursive_anchor : !found->dynamic_anchor.empty();
  program_.dynamics.push_back({keyword, entry(*found), {}});
  if (dynamic) dynamic_names_.emplace_back(program_.dynamics.size() - 1, found->dynamic_anchor);
  return static_cast<std::int32_t>(program_.dynamics.size() - 1);
}

// A dynamic reference may lead into each resource that is used and has its anchor; those may bring others with them.
void Compiler::add_dynamic_targets() {
  std::set<std::string> names;
  for (const auto& one : dynamic_names_) names.insert(one.second);
  if (names.empty()) return;
  for (const ResourceId id : used_) {
    const Resource& resource = resources_[id];
    if (resource.recursive_anchor && names.contains("")) entry(Target{resource.root, resource.where, id});
    for (const auto& [name, anchor] : resource.anchors) {
      if (anchor.dynamic && names.contains(name)) entry(Target{anchor.schema, anchor.where, id});
    }
  }
}

const json* Compiler::dynamic_target(ResourceId id, const std::string& name) const {  // null = not there
  const Resource& resource = resources_[id];
  if (name.empty()) return resource.recursive_anchor ? resource.root : nullptr;
  const auto anchor = resource.anchors.find(name);
  return anchor == resource.anchors.end() || !anchor->second.dynamic ? nullptr : anchor->second.schema;
}

// Where there is but one target, a dynamic reference is an ordinary one; only the others need to know the scope.
void Compiler::mark_scopes() {
  std::set<ResourceId> asked;
  std::size_t pairs = 0;
  for (const auto& [index, name] : dynamic_names_) {
    DynamicReference& reference = program_.dynamics[index];
    pairs += used_.size();
    if (pairs > kDynamicPairs) return refuse("#", "dynamic references in too many resources");
    for (const ResourceId id : used_) {
      if (const json* target = dynamic_target(id, name)) reference.targets.emplace_back(static_cast<std::int32_t>(id), nodes_.at(target));
    }
    if (reference.targets.size() == 1 && reference.targets[0].second == reference.fallback) reference.targets.clear();
    for (const auto& one : reference.targets) asked.insert(static_cast<ResourceId>(one.first));
  }
  if (asked.empty()) return;
  for (const auto& [schema, id] : nodes_) {
    const ResourceId resource = program_.sources[id].resource;
    if (!asked.contains(resource) || (resources_[resource].root != schema && !entries_.contains(id))) continue;
    program_.nodes[id].scope = static_cast<std::int32_t>(resource);
    program_.nodes[id].special = true;
  }
}

// The node of a subschema, which is compiled later where it is new.
NodeId Compiler::node_for(const json& schema, const std::string& where) {
  const auto [it, added] = nodes_.try_emplace(&schema, static_cast<NodeId>(program_.nodes.size()));
  if (added) {
    if (program_.nodes.size() >= options_.limits.subschemas) {
      refuse(where, "more than " + std::to_string(options_.limits.subschemas) + " subschemas");
      return kNoNode;
    }
    program_.nodes.emplace_back();
    program_.sources.push_back({resources_.of(schema), where});
    pending_.push_back({it->second, &schema});
  }
  return it->second;
}

Node Compiler::compile_node(const json& schema, NodeId id) {
  Node node;
  const Source source = program_.sources[id];
  if (schema.is_boolean()) {
    node.never = !schema.get<bool>();
    if (node.never) node.types = 0;
    return node;
  }
  if (!schema.is_object()) {
    refuse(source.where, "a schema must be an object or a boolean");
    return node;
  }
  const Resource& resource = resources_[source.resource];
  if (!resource.problem.empty()) refuse(resource.where + "/$schema", resource.problem);
  used_.insert(here_ = source.resource);
  dialect_ = resource.dialect;
  Parts parts;
  const auto alone = dialect_.old() ? schema.find("$ref") : schema.end();  // it hides its siblings: draft-07 core, section 8.3
  if (alone != schema.end()) {
    want(parts.logic).reference = reference(*alone, source.where + "/$ref");
  } else {
    for (const auto& [key, value] : schema.items()) {
      if (dialect_.knows(key)) keyword(key, value, schema, node, parts, source.where + "/" + pointer_step(key), resource.root == &schema);
    }
  }
  finish(node, parts);
  return node;
}

void Compiler::finish(Node& node, Parts& parts) {
  if (parts.object) {
    ObjectRules& rules = *parts.object;
    std::sort(rules.properties.begin(), rules.properties.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    rules.cost = (rules.properties.size() + rules.dependencies.size()) / 16;
  }
  node.number = store(program_.numbers, parts.number);
  node.text = store(program_.texts, parts.text);
  node.array = store(program_.arrays, parts.array);
  node.object = store(program_.objects, parts.object);
  node.logic = store(program_.logics, parts.logic);
  node.unevaluated = store(program_.unevaluated, parts.unevaluated);
  node.special = node.unevaluated != kNoRules;
}

Result<std::shared_ptr<const Schema::Program>> compile_program(json document, const SchemaOptions& options) {
  auto program = std::make_shared<Schema::Program>();
  program->document = std::move(document);
  program->limits = options.limits;
  if (auto error = Compiler(*program, options).compile()) return *std::move(error);
  return std::shared_ptr<const Schema::Program>(std::move(program));
}

}  // namespace sumun::schema
