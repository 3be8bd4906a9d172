// SPDX-License-Identifier: Apache-2.0
// The public face of a compiled schema, the words of its violations, and defaults put into values.
#include <sumun/schema.hpp>

#include "schema/program.hpp"
#include "schema/words.hpp"

#include <algorithm>

namespace sumun {
inline namespace v0 {

Result<Schema> Schema::compile(json document, const SchemaOptions& options) {
  auto program = schema::compile_program(std::move(document), options);
  if (program.has_error()) return std::move(program).error();
  return Schema(*std::move(program));
}

Schema::Schema() {
  static const auto kEverything = [] {
    auto program = std::make_shared<Program>();
    program->document = json::object();
    program->nodes.emplace_back();
    return std::shared_ptr<const Program>(std::move(program));
  }();
  program_ = kEverything;
}

bool Schema::valid(const json& instance) const { return schema::check(*program_, 0, instance); }

std::vector<Violation> Schema::validate(const json& instance) const {
  if (schema::check(*program_, 0, instance)) return {};
  return schema::find_violations(*program_, 0, instance);
}

std::vector<Violation> Schema::validate(json& instance, Defaults defaults) const {
  if (defaults == Defaults::fill && program_->nodes[0].fills) {
    std::size_t steps = program_->limits.steps;
    schema::fill_defaults(*program_, 0, instance, steps);
  }
  return validate(std::as_const(instance));
}

const json& Schema::document() const { return program_->document; }

std::string Violation::sentence(std::string_view root) const {
  std::string place(root);
  // From a JSON Pointer to the way people write places: a.b[3]["x-y"].
  std::string_view rest = instance_location;
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const auto end = std::min(rest.find('/'), rest.size());
    std::string step(rest.substr(0, end));
    rest.remove_prefix(end);
    for (std::size_t i = step.find('~'); i != std::string::npos; i = step.find('~', i + 1)) {
      step.replace(i, 2, i + 1 < step.size() && step[i + 1] == '1' ? "/" : "~");
    }
    const bool index = !step.empty() && std::all_of(step.begin(), step.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (index) {
      place += '[' + step + ']';
    } else {
      place = DecodePath(place).member(step).text();
    }
  }
  return place.empty() ? message : place + ": " + message;
}

std::string explain(const std::vector<Violation>& violations, std::string_view root) {
  std::string out;
  for (const auto& one : violations) {
    if (!out.empty()) out += '\n';
    out += one.sentence(root);
  }
  return out;
}

json flag_output(const std::vector<Violation>& violations) { return json{{"valid", violations.empty()}}; }

json basic_output(const std::vector<Violation>& violations) {
  json out = flag_output(violations);
  if (violations.empty()) return out;
  json& errors = out["errors"] = json::array();
  for (const auto& one : violations) {
    errors.push_back({{"keywordLocation", one.keyword_location}, {"instanceLocation", one.instance_location}, {"error", one.message}});
  }
  return out;
}

}  // namespace v0
}  // namespace sumun

namespace sumun::schema {

std::string pointer_step(std::string_view name) {
  std::string out;
  for (char c : name) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string in_quotes(std::string_view text) {
  bool cut = false;
  if (text.size() > kShownBytes) {
    std::size_t end = kShownBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text = text.substr(0, end);
    cut = true;
  }
  std::string out = json(std::string(text)).dump(-1, ' ', false, json::error_handler_t::replace);
  if (cut) out.insert(out.size() - 1, "…");
  return out;
}

namespace {

constexpr std::size_t kComparedBytes = 64;  // longer names are not taken for misspellings

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c == '-' ? '_' : c; }

// How many single-character edits, transpositions included, lie between two names, case and -/_ aside.
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = folded(a[i - 1]) == folded(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) && folded(a[i - 2]) == folded(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string_view nearest_name(std::string_view name, const std::vector<std::string_view>& names) {
  std::string_view best;
  if (name.empty() || name.size() > kComparedBytes) return best;
  std::size_t best_edits = 1 + name.size() / 3;  // "limt" may be "limit"; "xy" is not "id"
  for (std::string_view one : names) {
    if (one.empty() || one.size() > kComparedBytes) continue;
    const std::size_t far = edits(name, one);
    if (far < best_edits || (far == best_edits && best.empty() && far < one.size() && far <= 1 + one.size() / 3 && name.size() > 2)) {
      best = one;
      best_edits = far;
    }
  }
  return best;
}

// -- defaults

namespace {

class Filler {
 public:
  Filler(const Schema::Program& program, std::size_t& steps) : program_(program), steps_(steps) {}

  void fill(NodeId id, json& value) {
    const Node& node = program_.nodes[id];
    if (!node.fills || steps_ == 0 || depth_ >= program_.limits.evaluation_depth) return;
    --steps_;
    ++depth_;
    if (node.object != kNoRules && value.is_object()) object(program_.objects[static_cast<std::size_t>(node.object)], value);
    if (node.array != kNoRules && value.is_array()) array(program_.arrays[static_cast<std::size_t>(node.array)], value);
    if (node.logic != kNoRules) logic(program_.logics[static_cast<std::size_t>(node.logic)], value);
    --depth_;
  }

 private:
  // The default of a node, its own or that of what its $ref names.
  const json* default_of(NodeId id) const {
    for (int steps = 0; steps < 16 && id != kNoNode; ++steps) {
      const Node& node = program_.nodes[id];
      if (node.default_value != kNoRules) return &program_.defaults[static_cast<std::size_t>(node.default_value)];
      if (node.logic == kNoRules) return nullptr;
      id = program_.logics[static_cast<std::size_t>(node.logic)].reference;
    }
    return nullptr;
  }

  void object(const ObjectRules& rules, json& value) {
    auto& members = value.get_ref<json::object_t&>();
    for (const auto& property : rules.properties) {
      if (property.node == kNoNode || !program_.nodes[property.node].fills) continue;
      const auto member = members.find(property.name);
      if (member != members.end()) {
        fill(property.node, member->second);
      } else if (const json* start = default_of(property.node)) {
        members.emplace(property.name, *start);  // complete already: the defaults inside it were filled by the compiler
      }
    }
    for (const auto& [index, node] : rules.patterns) {
      if (!program_.nodes[node].fills) continue;
      for (auto& [name, member] : members) {
        if (program_.patterns[static_cast<std::size_t>(index)].search(name) == Pattern::Answer::yes) fill(node, member);
      }
    }
    if (rules.additional == kNoNode || !program_.nodes[rules.additional].fills || !rules.patterns.empty()) return;
    for (auto& [name, member] : members) {
      const auto declared = std::lower_bound(rules.properties.begin(), rules.properties.end(), name, [](const auto& a, const std::string& b) { return a.name < b; });
      const bool known = declared != rules.properties.end() && declared->name == name && declared->node != kNoNode;
      if (!known) fill(rules.additional, member);
    }
  }

  void array(const ArrayRules& rules, json& value) {
    auto& list = value.get_ref<json::array_t&>();
    for (std::size_t i = 0; i < list.size(); ++i) {
      const NodeId node = i < rules.prefix.size() ? rules.prefix[i] : rules.items;
      if (node == kNoNode) break;
      fill(node, list[i]);
    }
  }

  void logic(const LogicRules& rules, json& value) {
    if (rules.reference != kNoNode) fill(rules.reference, value);
    for (NodeId node : rules.all) fill(node, value);
    for (const auto* branches : {&rules.any, &rules.one}) first_that_holds(branches->nodes, value);
    if (rules.condition == kNoNode) return;
    const NodeId next = check(program_, rules.condition, value, steps_) ? rules.then_node : rules.else_node;
    if (next != kNoNode) fill(next, value);
  }

  void first_that_holds(const std::vector<NodeId>& nodes, json& value) {
    const bool any_fills = std::any_of(nodes.begin(), nodes.end(), [&](NodeId node) { return program_.nodes[node].fills; });
    if (!any_fills) return;
    for (NodeId node : nodes) {
      if (!check(program_, node, value, steps_)) continue;
      fill(node, value);
      return;
    }
  }

  const Schema::Program& program_;
  std::size_t& steps_;
  std::size_t depth_ = 0;
};

}  // namespace

void fill_defaults(const Schema::Program& program, NodeId node, json& instance, std::size_t& steps) {
  Filler(program, steps).fill(node, instance);
}

}  // namespace sumun::schema
