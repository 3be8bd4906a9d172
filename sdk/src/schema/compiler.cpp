// SPDX-License-Identifier: Apache-2.0
// From a schema document to a program. Every keyword of 2020-12 is either compiled, an annotation, or refused by name.
#include "schema/numbers.hpp"
#include "schema/program.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <unordered_map>

namespace sumun::schema {

namespace {

constexpr std::string_view kDialect2020 = "https://json-schema.org/draft/2020-12/schema";

std::string_view without_empty_fragment(std::string_view uri) { return uri.ends_with('#') ? uri.substr(0, uri.size() - 1) : uri; }

std::string_view dialect_name(std::string_view uri) {
  uri = without_empty_fragment(uri);
  if (uri == "https://json-schema.org/draft/2019-09/schema") return "2019-09";
  for (std::string_view draft : {"draft-07", "draft-06", "draft-04", "draft-03"}) {
    if (uri.find("json-schema.org/" + std::string(draft) + "/schema") != std::string_view::npos) return draft;
  }
  return {};
}

// Keywords of the standard that change what is valid and are not compiled: refused rather than ignored.
constexpr std::string_view kNotImplemented[] = {"$dynamicRef", "$recursiveRef", "unevaluatedItems", "unevaluatedProperties"};

struct TypeName {
  std::string_view name;
  std::uint8_t bits;
};
constexpr TypeName kTypeNames[] = {{"null", kNullBit},     {"boolean", kBooleanBit}, {"object", kObjectBit},
                                   {"array", kArrayBit},   {"string", kStringBit},   {"integer", kIntegerBit},
                                   {"number", kIntegerBit | kFractionBit}};

struct DocumentFacts {
  const json* root;
  std::map<std::string, const json*> anchors;
};

// The first thing that is wrong is kept in `error_`; from then on nothing more is compiled.
class Compiler {
 public:
  Compiler(Schema::Program& program, const SchemaOptions& options) : program_(program), options_(options) {}

  std::optional<Error> compile() {
    add_document("", program_.document);
    if (program_.document.is_object()) {
      if (const auto id = program_.document.find("$id"); id != program_.document.end() && id->is_string()) {
        const auto& text = id->get_ref<const std::string&>();
        names_[std::string(without_empty_fragment(text))] = &program_.document;
      }
    }
    for (const auto& [uri, document] : options_.documents) add_document(uri, document);
    node_for(program_.document, "#", &program_.document);
    while (!error_ && !pending_.empty()) {
      const Pending one = std::move(pending_.front());
      pending_.pop_front();
      program_.nodes[one.id] = compile_node(*one.schema, one.where, one.root);
    }
    if (!error_) find_endless_references();
    if (error_) return std::move(error_);
    for (auto& logic : program_.logics) {
      find_discriminator(logic.one);
      find_discriminator(logic.any);
    }
    mark_fills();
    check_defaults();
    return std::move(error_);
  }

 private:
  struct Pending {
    NodeId id;
    const json* schema;
    std::string where;
    const json* root;
  };

  void refuse(const std::string& where, const std::string& why) {
    if (!error_) error_ = fail(ErrorCode::invalid_value, where + ": " + why);
  }

  // -- documents, references

  void add_document(const std::string& uri, const json& document) {
    names_[std::string(without_empty_fragment(uri))] = &document;
    DocumentFacts facts{&document, {}};
    scan(document, facts, 0, true);
    documents_.emplace(&document, std::move(facts));
  }

  // Collects $anchor, and bounds the depth before anything recurses over the document.
  void scan(const json& value, DocumentFacts& facts, std::size_t depth, bool is_schema) {
    if (depth > options_.limits.depth) return refuse("#", "nested more than " + std::to_string(options_.limits.depth) + " levels deep");
    if (value.is_array()) {
      for (const auto& item : value) scan(item, facts, depth + 1, is_schema);
    } else if (value.is_object()) {
      if (is_schema) {
        for (const char* keyword : {"$anchor", "$dynamicAnchor"}) {
          const auto anchor = value.find(keyword);
          if (anchor != value.end() && anchor->is_string()) facts.anchors.emplace(anchor->get_ref<const std::string&>(), &value);
        }
      }
      for (const auto& [key, member] : value.items()) {
        const bool data = key == "enum" || key == "const" || key == "default" || key == "examples";
        scan(member, facts, depth + 1, is_schema && !data);
      }
    }
  }

  static std::optional<std::string> decode_fragment(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '%') {
        out += text[i];
        continue;
      }
      const auto digit = [&](std::size_t at) {
        const char c = at < text.size() ? text[at] : '\0';
        return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
      };
      const int high = digit(i + 1), low = digit(i + 2);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
    return out;
  }

  static const json* at_pointer(const json& root, std::string_view pointer) {
    const json* at = &root;
    while (!pointer.empty()) {
      if (pointer[0] != '/') return nullptr;
      const auto end = std::min(pointer.find('/', 1), pointer.size());
      std::string step(pointer.substr(1, end - 1));
      pointer = pointer.substr(end);
      for (std::size_t i = step.find('~'); i != std::string::npos; i = step.find('~', i + 1)) {
        if (i + 1 >= step.size() || (step[i + 1] != '0' && step[i + 1] != '1')) return nullptr;
        step.replace(i, 2, step[i + 1] == '0' ? "~" : "/");
      }
      if (at->is_object()) {
        const auto member = at->find(step);
        if (member == at->end()) return nullptr;
        at = &*member;
      } else if (at->is_array()) {
        const bool number = !step.empty() && step.size() < 10 && std::all_of(step.begin(), step.end(), [](char c) { return c >= '0' && c <= '9'; });
        const std::size_t index = number ? std::stoul(step) : at->size();
        if (index >= at->size()) return nullptr;
        at = &(*at)[index];
      } else {
        return nullptr;
      }
    }
    return at;
  }

  NodeId reference(const json& value, const std::string& where, const json* root) {
    if (!is_text(value, where)) return kNoNode;
    if (++references_ > options_.limits.references) {
      refuse(where, "more than " + std::to_string(options_.limits.references) + " references");
      return kNoNode;
    }
    const auto& text = value.get_ref<const std::string&>();
    const auto hash = text.find('#');
    const std::string uri = text.substr(0, hash);
    if (!uri.empty()) {
      const auto found = names_.find(uri);
      if (found == names_.end()) {
        refuse(where, "\"" + text + "\" is not one of the documents at hand, and nothing is ever fetched");
        return kNoNode;
      }
      root = found->second;
    }
    const auto fragment = decode_fragment(hash == std::string::npos ? std::string_view() : std::string_view(text).substr(hash + 1));
    const json* target = nullptr;
    if (fragment && (fragment->empty() || fragment->front() == '/')) {
      target = at_pointer(*root, *fragment);
    } else if (fragment) {
      const auto& anchors = documents_.at(root).anchors;
      const auto found = anchors.find(*fragment);
      if (found != anchors.end()) target = found->second;
    }
    if (!target) {
      refuse(where, "\"" + text + "\" leads nowhere");
      return kNoNode;
    }
    return node_for(*target, "#" + fragment.value_or(""), root);
  }

  // The node of a subschema, which is compiled later where it is new.
  NodeId node_for(const json& schema, const std::string& where, const json* root) {
    const auto [it, added] = nodes_.try_emplace(&schema, static_cast<NodeId>(program_.nodes.size()));
    if (added) {
      if (program_.nodes.size() >= options_.limits.subschemas) {
        refuse(where, "more than " + std::to_string(options_.limits.subschemas) + " subschemas");
        return kNoNode;
      }
      program_.nodes.emplace_back();
      pending_.push_back({it->second, &schema, where, root});
    }
    return it->second;
  }

  // -- one subschema

  Node compile_node(const json& schema, const std::string& where, const json* root) {
    Node node;
    if (schema.is_boolean()) {
      node.never = !schema.get<bool>();
      return node;
    }
    if (!schema.is_object()) {
      refuse(where, "a schema must be an object or a boolean");
      return node;
    }
    Parts parts;
    for (const auto& [key, value] : schema.items()) keyword(key, value, schema, node, parts, where + "/" + pointer_step(key), root, where == "#");
    finish(node, parts);
    return node;
  }

  struct Parts {
    std::optional<NumberRules> number;
    std::optional<TextRules> text;
    std::optional<ArrayRules> array;
    std::optional<ObjectRules> object;
    std::optional<LogicRules> logic;
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

  void finish(Node& node, Parts& parts) {
    if (parts.object) {
      std::sort(parts.object->properties.begin(), parts.object->properties.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    }
    node.number = store(program_.numbers, parts.number);
    node.text = store(program_.texts, parts.text);
    node.array = store(program_.arrays, parts.array);
    node.object = store(program_.objects, parts.object);
    node.logic = store(program_.logics, parts.logic);
  }

  void keyword(const std::string& key, const json& value, const json& schema, Node& node, Parts& parts, const std::string& where, const json* root,
               bool at_root) {
    if (std::find(std::begin(kNotImplemented), std::end(kNotImplemented), key) != std::end(kNotImplemented)) {
      return refuse(where, "this keyword is not supported yet");
    }
    if (core_keyword(key, value, parts, where, root, at_root)) return;
    if (value_keyword(key, value, node, parts, where)) return;
    if (number_keyword(key, value, parts, where)) return;
    if (text_keyword(key, value, parts, where)) return;
    if (array_keyword(key, value, schema, parts, where, root)) return;
    if (object_keyword(key, value, parts, where, root)) return;
    logic_keyword(key, value, schema, parts, where, root);  // all others are annotations
  }

  bool core_keyword(const std::string& key, const json& value, Parts& parts, const std::string& where, const json* root, bool at_root) {
    if (key == "$schema") {
      if (!is_text(value, where)) return true;
      const auto& uri = value.get_ref<const std::string&>();
      if (without_empty_fragment(uri) != kDialect2020) {
        const auto name = dialect_name(uri);
        refuse(where, "the dialect \"" + uri + "\"" + (name.empty() ? "" : " (" + std::string(name) + ")") +
                          " is not supported: this validator reads 2020-12");
      }
    } else if (key == "$id") {
      if (is_text(value, where) && !at_root) refuse(where, "a schema with an $id of its own inside another is not supported yet");
    } else if (key == "$ref") {
      want(parts.logic).reference = reference(value, where, root);
    } else if (key == "$defs") {
      if (!value.is_object()) refuse(where, "must be an object");
      if (error_) return true;
      for (const auto& [name, schema] : value.items()) node_for(schema, where + "/" + pointer_step(name), root);
    } else if (key == "$anchor" || key == "$comment" || key == "$dynamicAnchor") {
      is_text(value, where);
    } else if (key == "format" && options_.formats == FormatUse::assertion) {
      refuse(where, "checking formats is not supported yet");
    } else {
      return false;
    }
    return true;
  }

  bool value_keyword(const std::string& key, const json& value, Node& node, Parts& parts, const std::string& where) {
    if (key == "type") {
      node.types = types(value, where);
    } else if (key == "enum" || key == "const") {
      const bool is_const = key == "const";
      if (!is_const && !value.is_array()) {
        refuse(where, "must be an array");
        return true;
      }
      LogicRules& logic = want(parts.logic);
      std::vector<json> allowed = is_const ? std::vector<json>{value} : value.get<std::vector<json>>();
      if (logic.has_enum) {  // both: what is in both
        std::erase_if(allowed, [&](const json& one) {
          return std::none_of(logic.allowed.begin(), logic.allowed.end(), [&](const json& other) { return compare_values(one, other) == 0; });
        });
      }
      logic.allowed = std::move(allowed);
      logic.has_enum = true;
      logic.is_const = is_const;
      logic.allowed_texts.clear();
      if (std::all_of(logic.allowed.begin(), logic.allowed.end(), [](const json& one) { return one.is_string(); })) {
        for (const auto& one : logic.allowed) logic.allowed_texts.push_back(one.get<std::string>());
        std::sort(logic.allowed_texts.begin(), logic.allowed_texts.end());
      }
    } else if (key == "default") {
      node.default_value = static_cast<std::int32_t>(program_.defaults.size());
      program_.defaults.push_back(value);
    } else {
      return false;
    }
    return true;
  }

  std::uint8_t types(const json& value, const std::string& where) {
    const auto one = [&](const json& name) -> std::uint8_t {
      for (const auto& known : kTypeNames) {
        if (name.is_string() && name.get_ref<const std::string&>() == known.name) return known.bits;
      }
      refuse(where, "must be one of null, boolean, object, array, string, integer, number, or a list of them; found " + shown(name));
      return kAllTypes;
    };
    if (!value.is_array()) return one(value);
    if (value.empty()) refuse(where, "must name at least one type");
    std::uint8_t bits = 0;
    for (const auto& name : value) bits |= one(name);
    return bits;
  }

  static std::string shown(const json& value) {
    return value.is_structured() ? std::string(value.type_name()) : value.dump(-1, ' ', false, json::error_handler_t::replace);
  }
  bool is_text(const json& value, const std::string& where) {
    if (!value.is_string()) refuse(where, "must be a text");
    return value.is_string();
  }

  std::uint64_t count(const json& value, const std::string& where) {
    if (!value.is_number() || !is_integral(value) || compare_numbers(value, json(0)) < 0) {
      refuse(where, "must be a whole number, 0 or more");
      return 0;
    }
    if (compare_numbers(value, json(std::numeric_limits<std::uint64_t>::max())) >= 0) return std::numeric_limits<std::uint64_t>::max();
    return value.get<std::uint64_t>();
  }

  bool number_keyword(const std::string& key, const json& value, Parts& parts, const std::string& where) {
    using Keyword = NumberRules::Keyword;
    static const std::map<std::string, Keyword, std::less<>> kKeywords = {{"minimum", Keyword::minimum},
                                                                         {"maximum", Keyword::maximum},
                                                                         {"exclusiveMinimum", Keyword::exclusive_minimum},
                                                                         {"exclusiveMaximum", Keyword::exclusive_maximum},
                                                                         {"multipleOf", Keyword::multiple_of}};
    const auto found = kKeywords.find(key);
    if (found == kKeywords.end()) return false;
    if (!value.is_number()) {
      refuse(where, "must be a number");
      return true;
    }
    NumberRules& rules = want(parts.number);
    rules.rules.push_back({found->second, value});
    narrow(rules, found->second, value, where);
    return true;
  }

  // Works the keyword into the bounds that hold for int64 values.
  void narrow(NumberRules& rules, NumberRules::Keyword keyword, const json& operand, const std::string& where) {
    using Keyword = NumberRules::Keyword;
    constexpr auto kLow = std::numeric_limits<std::int64_t>::min(), kHigh = std::numeric_limits<std::int64_t>::max();
    const bool below = compare_numbers(operand, json(kLow)) < 0, above = compare_numbers(operand, json(kHigh)) > 0;
    const bool whole = is_integral(operand);
    const auto floor = [&]() -> std::int64_t {
      if (!operand.is_number_float()) return operand.get<std::int64_t>();
      const double down = std::floor(operand.get_ref<const double&>());
      return down >= 0x1p63 ? kHigh : static_cast<std::int64_t>(down);
    };
    const auto none = [&] {  // no int64 passes; the exact rules say why
      rules.low = kHigh;
      rules.high = kLow;
    };
    switch (keyword) {
      case Keyword::multiple_of:
        if (compare_numbers(operand, json(0)) <= 0) refuse(where, "must be more than 0");
        rules.bounds_only = false;
        break;
      case Keyword::minimum:
      case Keyword::exclusive_minimum: {
        if (below) break;
        if (above) return none();
        std::int64_t low = floor();
        if (!whole || keyword == Keyword::exclusive_minimum) {
          if (low == kHigh) return none();
          ++low;
        }
        rules.low = std::max(rules.low, low);
        break;
      }
      case Keyword::maximum:
      case Keyword::exclusive_maximum: {
        if (above) break;
        if (below) return none();
        std::int64_t high = floor();
        if (whole && keyword == Keyword::exclusive_maximum) {
          if (high == kLow) return none();
          --high;
        }
        rules.high = std::min(rules.high, high);
        break;
      }
    }
  }

  std::int32_t pattern(const std::string& source, const std::string& where) {
    auto compiled = Pattern::compile(source, options_.limits.pattern_size);
    if (compiled.has_error()) {
      refuse(where, "\"" + source + "\" is no pattern: " + compiled.error().message);
      return kNoRules;
    }
    program_.patterns.push_back(std::move(*compiled));
    return static_cast<std::int32_t>(program_.patterns.size() - 1);
  }

  bool text_keyword(const std::string& key, const json& value, Parts& parts, const std::string& where) {
    if (key == "minLength") {
      want(parts.text).min_length = count(value, where);
    } else if (key == "maxLength") {
      want(parts.text).max_length = count(value, where);
    } else if (key == "pattern") {
      if (is_text(value, where)) want(parts.text).pattern = pattern(value.get_ref<const std::string&>(), where);
    } else {
      return false;
    }
    return true;
  }

  NodeId child(const json& schema, const std::string& where, const json* root) {
    if (!schema.is_object() && !schema.is_boolean()) {
      refuse(where, "a schema must be an object or a boolean");
      return kNoNode;
    }
    return node_for(schema, where, root);
  }
  std::vector<NodeId> children(const json& list, const std::string& where, const json* root) {
    std::vector<NodeId> nodes;
    if (!list.is_array() || list.empty()) {
      refuse(where, "must be a list of at least one schema");
      return nodes;
    }
    for (std::size_t i = 0; i < list.size(); ++i) nodes.push_back(child(list[i], where + "/" + std::to_string(i), root));
    return nodes;
  }

  bool array_keyword(const std::string& key, const json& value, const json& schema, Parts& parts, const std::string& where, const json* root) {
    if (key == "minItems") {
      want(parts.array).min_items = count(value, where);
    } else if (key == "maxItems") {
      want(parts.array).max_items = count(value, where);
    } else if (key == "uniqueItems") {
      if (!value.is_boolean()) refuse(where, "must be true or false");
      want(parts.array).unique = value == true;
    } else if (key == "prefixItems") {
      want(parts.array).prefix = children(value, where, root);
    } else if (key == "items") {
      if (value.is_array()) refuse(where, "must be one schema; a list of schemas is prefixItems in 2020-12");
      want(parts.array).items = child(value, where, root);
    } else if (key == "contains") {
      want(parts.array).contains = child(value, where, root);
    } else if (key == "minContains" || key == "maxContains") {
      const auto number = count(value, where);
      if (schema.contains("contains")) (key == "minContains" ? want(parts.array).min_contains : want(parts.array).max_contains) = number;
    } else {
      return false;
    }
    return true;
  }

  std::vector<std::string> names(const json& value, const std::string& where) {
    std::vector<std::string> out;
    if (!value.is_array()) {
      refuse(where, "must be a list of names");
      return out;
    }
    for (const auto& name : value) {
      if (name.is_string()) {
        out.push_back(name.get<std::string>());
      } else {
        refuse(where, "must be a list of names");
      }
    }
    return out;
  }

  bool object_keyword(const std::string& key, const json& value, Parts& parts, const std::string& where, const json* root) {
    static constexpr std::array<std::string_view, 5> kObjects = {"properties", "patternProperties", "dependentRequired", "dependentSchemas",
                                                                "dependencies"};
    if (!value.is_object() && std::find(kObjects.begin(), kObjects.end(), key) != kObjects.end()) {
      refuse(where, "must be an object");
      return true;
    }
    if (key == "minProperties") {
      want(parts.object).min_properties = count(value, where);
    } else if (key == "maxProperties") {
      want(parts.object).max_properties = count(value, where);
    } else if (key == "properties") {
      ObjectRules& rules = want(parts.object);
      // The list is empty: members come in the order of the alphabet, and `required` is after `properties`.
      for (const auto& [name, schema] : value.items()) rules.properties.push_back({name, child(schema, where + "/" + pointer_step(name), root), false});
    } else if (key == "required") {
      ObjectRules& rules = want(parts.object);
      add_required(rules, names(value, where));
    } else if (key == "patternProperties") {
      for (const auto& [source, schema] : value.items()) {
        const std::string at = where + "/" + pointer_step(source);
        const auto compiled = pattern(source, at);
        const NodeId node = child(schema, at, root);
        want(parts.object).patterns.emplace_back(compiled, node);
      }
    } else if (key == "additionalProperties") {
      want(parts.object).additional = child(value, where, root);
    } else if (key == "propertyNames") {
      want(parts.object).names = child(value, where, root);
    } else if (key == "dependentRequired" || key == "dependentSchemas" || key == "dependencies") {
      for (const auto& [name, rule] : value.items()) dependency(want(parts.object), key, name, rule, where + "/" + pointer_step(name), root);
    } else {
      return false;
    }
    return true;
  }

  static void add_required(ObjectRules& rules, const std::vector<std::string>& required) {
    std::map<std::string_view, std::size_t> known;
    for (std::size_t i = 0; i < rules.properties.size(); ++i) known.emplace(rules.properties[i].name, i);
    std::vector<PropertyRule> more;
    for (const auto& name : required) {
      const auto found = known.find(name);
      if (found != known.end()) {
        rules.properties[found->second].required = true;
      } else if (std::none_of(more.begin(), more.end(), [&](const auto& one) { return one.name == name; })) {
        more.push_back({name, kNoNode, true});
      }
    }
    std::move(more.begin(), more.end(), std::back_inserter(rules.properties));
  }

  void dependency(ObjectRules& rules, const std::string& key, const std::string& name, const json& rule, const std::string& where, const json* root) {
    ObjectRules::Dependency out{name, {}, kNoNode, "dependencies"};
    if (key == "dependentRequired") out.keyword = "dependentRequired";
    if (key == "dependentSchemas") out.keyword = "dependentSchemas";
    if (key == "dependentRequired" || (key == "dependencies" && rule.is_array())) {
      out.required = names(rule, where);
    } else {
      out.node = child(rule, where, root);
    }
    rules.dependencies.push_back(std::move(out));
  }

  bool logic_keyword(const std::string& key, const json& value, const json& schema, Parts& parts, const std::string& where, const json* root) {
    if (key == "allOf") {
      want(parts.logic).all = children(value, where, root);
    } else if (key == "anyOf") {
      want(parts.logic).any.nodes = children(value, where, root);
    } else if (key == "oneOf") {
      want(parts.logic).one.nodes = children(value, where, root);
    } else if (key == "not") {
      want(parts.logic).negated = child(value, where, root);
    } else if (key == "if") {
      const NodeId node = child(value, where, root);
      if (schema.contains("then") || schema.contains("else")) want(parts.logic).condition = node;
    } else if (key == "then" || key == "else") {
      const NodeId node = child(value, where, root);
      if (schema.contains("if")) (key == "then" ? want(parts.logic).then_node : want(parts.logic).else_node) = node;
    } else {
      return false;
    }
    return true;
  }

  // -- the whole program

  // The nodes that apply to the same value as `node` does.
  template <class Visit>
  void each_in_place(const Node& node, Visit visit) const {
    if (node.logic != kNoRules) {
      const LogicRules& logic = program_.logics[static_cast<std::size_t>(node.logic)];
      for (const auto* list : {&logic.all, &logic.any.nodes, &logic.one.nodes}) {
        for (NodeId one : *list) visit(one);
      }
      for (NodeId one : {logic.negated, logic.condition, logic.then_node, logic.else_node, logic.reference}) {
        if (one != kNoNode) visit(one);
      }
    }
    if (node.object != kNoRules) {
      for (const auto& one : program_.objects[static_cast<std::size_t>(node.object)].dependencies) {
        if (one.node != kNoNode) visit(one.node);
      }
    }
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
        each_in_place(program_.nodes[id], [&](NodeId next) {
          if (state[next] == open && !error_) refuse(where_of(next), "a $ref leads back to itself without going into the value");
          if (state[next] == fresh) stack.emplace_back(next, false);
        });
      }
    }
  }

  std::string where_of(NodeId id) const {
    for (const auto& [schema, node] : nodes_) {
      if (node != id) continue;
      for (const auto& [root, facts] : documents_) {
        std::string path = "#";
        if (find_path(*root, schema, path)) return path;
      }
    }
    return "#";
  }
  static bool find_path(const json& at, const json* target, std::string& path) {
    if (&at == target) return true;
    const auto size = path.size();
    if (at.is_object()) {
      for (const auto& [key, value] : at.items()) {
        path += "/" + pointer_step(key);
        if (find_path(value, target, path)) return true;
        path.resize(size);
      }
    } else if (at.is_array()) {
      for (std::size_t i = 0; i < at.size(); ++i) {
        path += "/" + std::to_string(i);
        if (find_path(at[i], target, path)) return true;
        path.resize(size);
      }
    }
    return false;
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
      each_in_place(node, uses);
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
    std::size_t steps = options_.limits.steps;  // for all of them together
    for (auto id = static_cast<NodeId>(program_.nodes.size()); id-- > 0;) {  // inner ones first, as a rule
      Node& node = program_.nodes[id];
      if (node.default_value == kNoRules) continue;
      const auto index = static_cast<std::size_t>(node.default_value);
      json value = program_.defaults[index];
      node.default_value = kNoRules;  // not into itself
      fill_defaults(program_, id, value, steps);
      const bool good = check(program_, id, value, steps);
      if (steps == 0) return refuse(where_of(id), "checking the defaults takes more than " + std::to_string(options_.limits.steps) + " steps");
      if (!good) continue;
      node.default_value = static_cast<std::int32_t>(index);
      program_.defaults[index] = std::move(value);
    }
  }

  Schema::Program& program_;
  const SchemaOptions& options_;
  std::map<std::string, const json*> names_;    // documents by URI; "" = the schema itself
  std::map<const json*, DocumentFacts> documents_;
  std::unordered_map<const json*, NodeId> nodes_;
  std::deque<Pending> pending_;
  std::size_t references_ = 0;
  std::optional<Error> error_;
};

}  // namespace

Result<std::shared_ptr<const Schema::Program>> compile_program(json document, const SchemaOptions& options) {
  if (options.dialect != Dialect::draft_2020_12) {
    return fail(ErrorCode::invalid_value, "#: the dialect asked for is not supported: this validator reads 2020-12");
  }
  auto program = std::make_shared<Schema::Program>();
  program->document = std::move(document);
  program->limits = options.limits;
  if (auto error = Compiler(*program, options).compile()) return *std::move(error);
  return std::shared_ptr<const Schema::Program>(std::move(program));
}

}  // namespace sumun::schema
