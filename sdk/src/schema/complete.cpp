// SPDX-License-Identifier: Apache-2.0
// What concerns a program as a whole, once all its nodes are there: references that would never end, the constants that
// choose a branch of oneOf or anyOf, and which defaults can be filled.
#include "schema/check.hpp"
#include "schema/program.hpp"

#include <map>

namespace sumun::schema {

namespace {

class Completion {
 public:
  explicit Completion(Schema::Program& program) : program_(program) {}

  std::optional<Error> run() {
    find_endless_references();
    if (error_) return std::move(error_);
    for (auto& logic : program_.logics) {
      std::vector<NameTable::Entry> texts;
      for (const auto& one : logic.allowed_texts) texts.push_back({one});
      logic.table.assign(std::move(texts));
      find_discriminator(logic.one);
      find_discriminator(logic.any);
    }
    for (auto& object : program_.objects) object.plain = object.patterns.empty() && object.names == kNoNode && object.dependencies.empty();
    for (NodeId id = 0; id < program_.nodes.size(); ++id) program_.glances.push_back(glance_at(last_of(id)));
    for (auto& object : program_.objects) make_table(object);
    mark_fills();
    check_defaults();
    return std::move(error_);
  }

 private:
  void make_table(ObjectRules& object) const {
    std::vector<NameTable::Entry> names;
    for (const auto& property : object.properties) {
      const std::uint8_t types = property.node == kNoNode ? 0 : program_.glances[property.node].types;
      names.push_back({property.name, property.node, types, property.required});
      object.required += property.required ? 1 : 0;
    }
    object.table.assign(std::move(names));
  }

  bool only_refers(const Node& node) const {
    if (node.types != kAllTypes || node.special || node.logic == kNoRules) return false;
    if (node.number != kNoRules || node.text != kNoRules || node.array != kNoRules || node.object != kNoRules) return false;
    const LogicRules& logic = program_.logics[static_cast<std::size_t>(node.logic)];
    return logic.reference != kNoNode && !logic.has_enum && !logic.branches();
  }
  NodeId last_of(NodeId id) const {
    constexpr int kMost = 16;
    for (int i = 0; i < kMost && only_refers(program_.nodes[id]); ++i) id = program_.logics[static_cast<std::size_t>(program_.nodes[id].logic)].reference;
    return id;
  }

  Glance glance_at(NodeId id) const {
    const Node& node = program_.nodes[id];
    Glance out;
    out.last = id;
    if (node.never || node.special) return out;
    if (node.logic != kNoRules) {
      const LogicRules& logic = program_.logics[static_cast<std::size_t>(node.logic)];
      const bool alone = logic.has_enum && logic.reference == kNoNode && !logic.branches();
      if (!alone || node.text != kNoRules || (node.types & kStringBit) == 0 || logic.allowed_texts.empty()) return out;
      out.kind = Glance::Kind::choice;
      out.rules = node.logic;
      return out;
    }
    out.types = node.types;
    if (node.number != kNoRules) {
      out.types &= static_cast<std::uint8_t>(~(kIntegerBit | kFractionBit));
      const NumberRules& number = program_.numbers[static_cast<std::size_t>(node.number)];
      if (number.bounds_only && (node.types & kIntegerBit) != 0) out = {out.types, Glance::Kind::integer, id, kNoRules, number.low, number.high};
    }
    if (node.text != kNoRules) {
      out.types &= static_cast<std::uint8_t>(~kStringBit);
      const TextRules& text = program_.texts[static_cast<std::size_t>(node.text)];
      constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
      const bool lengths = text.pattern == kNoRules && !text.format && (node.types & kStringBit) != 0 && text.min_length <= kMost / 4;
      if (lengths && out.kind == Glance::Kind::nothing) {
        out = {out.types, Glance::Kind::text, id, kNoRules, static_cast<std::int64_t>(text.min_length), static_cast<std::int64_t>(std::min(text.max_length, kMost))};
      }
    }
    if (node.array != kNoRules) out.types &= static_cast<std::uint8_t>(~kArrayBit);
    if (node.object != kNoRules) {
      out.types &= static_cast<std::uint8_t>(~kObjectBit);
      const bool plain = (node.types & kObjectBit) != 0 && program_.objects[static_cast<std::size_t>(node.object)].plain;
      if (plain && out.kind == Glance::Kind::nothing) {
        out.kind = Glance::Kind::object;
        out.rules = node.object;
      }
    }
    return out;
  }

  void refuse(NodeId node, const std::string& why) {
    if (!error_) error_ = fail(ErrorCode::invalid_value, program_.sources[node].where + ": " + why);
  }

  // What leads back to a node that is not done with yet is a reference.
  void refuse_endless(NodeId from, NodeId to) {
    const LogicRules& logic = program_.logics[static_cast<std::size_t>(program_.nodes[from].logic)];
    const std::string keyword = logic.reference == to ? "$ref" : program_.dynamics[static_cast<std::size_t>(logic.dynamic)].keyword;
    if (!error_) error_ = fail(ErrorCode::invalid_value, program_.sources[from].where + "/" + keyword + ": a reference leads back to itself without going into the value");
  }

  // A subschema that applies itself to the same value again would never end.
  void find_endless_references() {
    enum : std::uint8_t { fresh, open, done };
    std::vector<std::uint8_t> state(program_.nodes.size(), fresh);
    for (NodeId start = 0; start < program_.nodes.size(); ++start) {
      if (state[start] != fresh) continue;
      std::vector<std::pair<NodeId, bool>> stack{{start, false}};
      while (!stack.empty()) {
        const auto [id, leaving] = stack.back();
        stack.pop_back();
        if (leaving) {
          state[id] = done;
          continue;
        }
        if (state[id] != fresh) continue;
        state[id] = open;
        stack.emplace_back(id, true);
        each_in_place(program_, program_.nodes[id], [&](NodeId next) {
          if (state[next] == open) refuse_endless(id, next);
          if (state[next] == fresh) stack.emplace_back(next, false);
        });
      }
    }
  }

  const Node& followed(NodeId id) const {  // past a bare $ref
    const Node* node = &program_.nodes[id];
    for (int steps = 0; steps < 16 && node->logic != kNoRules && node->object == kNoRules; ++steps) {
      const NodeId next = program_.logics[static_cast<std::size_t>(node->logic)].reference;
      if (next == kNoNode) break;
      node = &program_.nodes[next];
    }
    return *node;
  }

  // Constants of a branch: required property → the one text it must be.
  std::map<std::string, std::string> constants(NodeId branch) const {
    std::map<std::string, std::string> out;
    const Node& node = followed(branch);
    if (node.never || node.types != kObjectBit || node.object == kNoRules) return out;
    for (const auto& property : program_.objects[static_cast<std::size_t>(node.object)].properties) {
      if (!property.required || property.node == kNoNode) continue;
      const auto logic = program_.nodes[property.node].logic;
      if (logic == kNoRules) continue;
      const auto& texts = program_.logics[static_cast<std::size_t>(logic)].allowed_texts;
      if (texts.size() == 1) out.emplace(property.name, texts.front());
    }
    return out;
  }

  void find_discriminator(Branches& branches) const {
    if (branches.nodes.size() < 2) return;
    std::vector<std::map<std::string, std::string>> all;
    for (NodeId node : branches.nodes) all.push_back(constants(node));
    for (const auto& [name, unused] : all.front()) {
      std::map<std::string, std::uint32_t> by_value;
      bool fits = true;
      for (std::uint32_t i = 0; i < all.size() && fits; ++i) {
        const auto found = all[i].find(name);
        fits = found != all[i].end() && by_value.emplace(found->second, i).second;
      }
      if (!fits) continue;
      branches.discriminator = name;
      branches.by_value.assign(by_value.begin(), by_value.end());
      return;
    }
  }

  // `fills` where the node or anything it applies has a default.
  void mark_fills() {
    for (auto& node : program_.nodes) node.fills = node.default_value != kNoRules;
    std::vector<std::vector<NodeId>> users(program_.nodes.size());
    std::vector<NodeId> work;
    for (NodeId id = 0; id < program_.nodes.size(); ++id) {
      const Node& node = program_.nodes[id];
      const auto uses = [&](NodeId part) {
        if (part != kNoNode) users[part].push_back(id);
      };
      each_in_place(program_, node, uses);
      if (node.logic != kNoRules) {
        const auto dynamic = program_.logics[static_cast<std::size_t>(node.logic)].dynamic;
        if (dynamic != kNoRules) {
          const auto& rule = program_.dynamics[static_cast<std::size_t>(dynamic)];
          uses(rule.fallback);
          for (const auto& one : rule.targets) uses(one.second);
        }
      }
      if (node.object != kNoRules) {
        const auto& rules = program_.objects[static_cast<std::size_t>(node.object)];
        for (const auto& property : rules.properties) uses(property.node);
        for (const auto& one : rules.patterns) uses(one.second);
        uses(rules.additional);
      }
      if (node.array != kNoRules) {
        const auto& rules = program_.arrays[static_cast<std::size_t>(node.array)];
        for (NodeId one : rules.prefix) uses(one);
        uses(rules.items);
      }
      if (node.fills) work.push_back(id);
    }
    while (!work.empty()) {
      const NodeId id = work.back();
      work.pop_back();
      for (NodeId user : users[id]) {
        if (program_.nodes[user].fills) continue;
        program_.nodes[user].fills = true;
        work.push_back(user);
      }
    }
  }

  // A default that breaks its own schema is dropped; the others are kept with the defaults inside them.
  void check_defaults() {
    Budget budget(program_.limits);  // for all of them together
    for (const auto& value : program_.defaults) program_.default_bytes.push_back(text_size(value));
    for (auto id = static_cast<NodeId>(program_.nodes.size()); id-- > 0;) {  // inner ones first, as a rule
      Node& node = program_.nodes[id];
      if (node.default_value == kNoRules) continue;
      const auto index = static_cast<std::size_t>(node.default_value);
      json value = program_.defaults[index];
      node.default_value = kNoRules;  // not into itself
      const auto filled = fill_defaults(program_, id, value, budget);
      if (!filled.bound.empty() && !budget.spent()) return refuse(id, filled.bound);
      const bool good = check(program_, id, value, budget);
      if (budget.late()) return refuse(id, "checking the defaults takes more than " + std::to_string(program_.limits.time.count()) + " ms");
      if (budget.spent()) return refuse(id, "checking the defaults takes more than " + std::to_string(program_.limits.steps) + " steps");
      if (!good) continue;
      node.default_value = static_cast<std::int32_t>(index);
      program_.defaults[index] = std::move(value);
      if (!filled.members.empty()) program_.default_bytes[index] = text_size(program_.defaults[index]);
    }
  }

  static std::size_t text_size(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace).size(); }

  Schema::Program& program_;
  std::optional<Error> error_;
};

}  // namespace

std::optional<Error> complete_program(Schema::Program& program) { return Completion(program).run(); }

}  // namespace sumun::schema
