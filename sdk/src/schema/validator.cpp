// SPDX-License-Identifier: Apache-2.0
// Runs a program over a value. One walker, two ways: `Check` stops at the first fault and touches no memory of its own;
// `Explain` goes on, knows where it is, and writes down each fault. Values are explained only after they failed the check.
#include "schema/numbers.hpp"
#include "schema/program.hpp"
#include "schema/words.hpp"

#include <algorithm>
#include <array>

namespace sumun::schema {

namespace {

using type = json::value_t;

constexpr std::size_t kShownNames = 12;   // of names and allowed values
constexpr std::size_t kFewItems = 24;     // uniqueItems up to this many by pairs, more by sorting
constexpr std::size_t kMaxBranches = 32;  // of a oneOf that are explained, to find the nearest

// One step of where we are: a frame on the stack for each level, read only when a fault is written down.
struct Place {
  const Place* parent = nullptr;
  std::string_view name;           // of a member or a keyword
  std::size_t index = kNoIndex;    // of an item
  std::string_view second = {};    // keyword places: the member's name under `properties`

  static constexpr std::size_t kNoIndex = static_cast<std::size_t>(-1);
};

std::string pointer(const Place* place) {
  std::vector<const Place*> chain;
  for (; place && place->parent; place = place->parent) chain.push_back(place);
  std::string out;
  for (auto it = chain.rbegin(); it != chain.rend(); ++it) {
    if (!(*it)->name.empty() || (*it)->index == Place::kNoIndex) out += '/' + pointer_step((*it)->name);
    if ((*it)->index != Place::kNoIndex) out += '/' + std::to_string((*it)->index);
    if ((*it)->second.data()) out += '/' + pointer_step((*it)->second);
  }
  return out;
}

std::string shown(const json& value) {
  switch (value.type()) {
    case type::string: return in_quotes(value.get_ref<const std::string&>());
    case type::object: return "an object";
    case type::array: return "an array";
    default: return value.dump();
  }
}

std::string shown_allowed(const json& value) {  // structured constants of the schema are short enough to be shown
  if (!value.is_structured()) return shown(value);
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  return text.size() <= kShownBytes ? text : shown(value);
}

std::string with_type(const json& value) {  // "string \"x\"", "number 3.5", "null"
  if (value.is_string()) return "string " + shown(value);
  if (value.is_number()) return "number " + shown(value);
  return shown(value);
}

std::string type_names(std::uint8_t bits) {
  std::vector<std::string_view> names;
  if (bits & kStringBit) names.push_back("string");
  if (bits & kFractionBit) {
    names.push_back("number");
  } else if (bits & kIntegerBit) {
    names.push_back("integer");
  }
  if (bits & kBooleanBit) names.push_back("boolean");
  if (bits & kArrayBit) names.push_back("array");
  if (bits & kObjectBit) names.push_back("object");
  if (bits & kNullBit) names.push_back("null");
  if (names.empty()) return "nothing";
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
    out += names[i];
  }
  return out;
}

std::string plural(std::uint64_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

constexpr std::uint8_t type_bits(type kind) {
  switch (kind) {
    case type::null: return kNullBit;
    case type::boolean: return kBooleanBit;
    case type::object: return kObjectBit;
    case type::array: return kArrayBit;
    case type::string: return kStringBit;
    case type::number_integer:
    case type::number_unsigned: return kIntegerBit;
    case type::number_float: return kFractionBit;
    default: return 0;
  }
}

std::uint64_t character_count(const std::string& text) {
  return static_cast<std::uint64_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// Explain's record of one run.
struct Notes {
  std::vector<Violation> found;
  std::size_t limit;
};

template <bool Explain>
class Walker {
 public:
  Walker(const Schema::Program& program, Notes* notes) : program_(program), notes_(notes), steps_(program.limits.steps) {}
  Walker(const Walker& other, Notes* notes) : program_(other.program_), notes_(notes), steps_(other.steps_), depth_(other.depth_) {}

  bool run(NodeId id, const json& value, const Place* at, const Place* by) {
    const Node& node = program_.nodes[id];
    if (steps_ == 0 || depth_ >= program_.limits.evaluation_depth) return give_up(at, by);
    --steps_;
    if (node.never) return fault(at, by, {}, [&] { return std::string("nothing is allowed here"); });
    std::uint8_t bits = type_bits(value.type());
    if ((node.types & bits) == 0) {
      const bool whole = bits == kFractionBit && (node.types & kIntegerBit) && is_integral(value);
      if (!whole) {
        return fault(at, by, "type", [&] { return "expected " + type_names(node.types) + ", found " + with_type(value); });
      }
    }
    ++depth_;
    bool good = by_kind(node, value, at, by);
    if ((good || Explain) && node.logic != kNoRules) {
      good = logic(program_.logics[static_cast<std::size_t>(node.logic)], value, at, by) && good;
    }
    --depth_;
    return good;
  }

  // True where a bound was met: what the walk said then is no answer.
  bool gave_up() const { return gave_up_; }

 private:
  template <class Words>
  bool fault(const Place* at, const Place* by, std::string_view keyword, Words words) {
    if constexpr (Explain) {
      if (notes_->found.size() < notes_->limit) {
        const Place last{by, keyword};
        notes_->found.push_back({pointer(at), pointer(keyword.empty() ? by : &last), words()});
      }
    }
    return false;
  }

  bool give_up(const Place* at, const Place* by) {
    if (!gave_up_) {
      gave_up_ = true;
      fault(at, by, {}, [&] {
        return steps_ == 0 ? "checking this takes more than " + std::to_string(program_.limits.steps) + " steps"
                           : "checking this goes more than " + std::to_string(program_.limits.evaluation_depth) + " levels deep";
      });
    }
    return false;
  }

  // Another walk that shares the budget: its faults are not this one's.
  bool holds(NodeId id, const json& value, const Place* at, const Place* by) {
    Walker<false> other(program_, nullptr);
    other.take_over(steps_, depth_);
    const bool good = other.run(id, value, at, by);
    steps_ = other.steps_left();
    if (other.gave_up()) return give_up(at, by);
    return good;
  }

 public:
  void take_over(std::size_t steps, std::size_t depth) {
    steps_ = steps;
    depth_ = depth;
  }
  std::size_t steps_left() const { return steps_; }

 private:
  bool by_kind(const Node& node, const json& value, const Place* at, const Place* by) {
    switch (value.type()) {
      case type::number_integer:
      case type::number_unsigned:
      case type::number_float:
        return node.number == kNoRules || number(program_.numbers[static_cast<std::size_t>(node.number)], value, at, by);
      case type::string:
        return node.text == kNoRules || text(program_.texts[static_cast<std::size_t>(node.text)], value.get_ref<const std::string&>(), at, by);
      case type::array:
        return node.array == kNoRules || array(program_.arrays[static_cast<std::size_t>(node.array)], value.get_ref<const json::array_t&>(), at, by);
      case type::object:
        return node.object == kNoRules || object(program_.objects[static_cast<std::size_t>(node.object)], value, at, by);
      default: return true;
    }
  }

  // -- numbers

  bool number(const NumberRules& rules, const json& value, const Place* at, const Place* by) {
    if (rules.bounds_only) {
      std::int64_t whole = 0;
      bool fits = false;
      if (value.type() == type::number_integer) {
        whole = value.get_ref<const std::int64_t&>();
        fits = true;
      } else if (value.type() == type::number_unsigned) {
        const std::uint64_t natural = value.get_ref<const std::uint64_t&>();
        fits = natural <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        whole = static_cast<std::int64_t>(natural);
      }
      if (fits && whole >= rules.low && whole <= rules.high) return true;
    }
    bool good = true;
    for (const auto& rule : rules.rules) {
      good = number_rule(rule, value, at, by) && good;
      if (!good && !Explain) return false;
    }
    return good;
  }

  bool number_rule(const NumberRules::Rule& rule, const json& value, const Place* at, const Place* by) {
    using Keyword = NumberRules::Keyword;
    const auto words = [&](std::string_view relation) { return [&, relation] { return shown(value) + " is " + std::string(relation) + " " + shown(rule.operand); }; };
    switch (rule.keyword) {
      case Keyword::minimum: return compare_numbers(value, rule.operand) >= 0 || fault(at, by, "minimum", words("less than the minimum"));
      case Keyword::maximum: return compare_numbers(value, rule.operand) <= 0 || fault(at, by, "maximum", words("more than the maximum"));
      case Keyword::exclusive_minimum:
        return compare_numbers(value, rule.operand) > 0 || fault(at, by, "exclusiveMinimum", words("not more than"));
      case Keyword::exclusive_maximum:
        return compare_numbers(value, rule.operand) < 0 || fault(at, by, "exclusiveMaximum", words("not less than"));
      case Keyword::multiple_of: return is_multiple(value, rule.operand) || fault(at, by, "multipleOf", words("not a multiple of"));
    }
    return true;
  }

  // -- texts

  bool text(const TextRules& rules, const std::string& value, const Place* at, const Place* by) {
    bool good = true;
    // Between one and four bytes make a character: often the size in bytes already says enough.
    const bool surely_long_enough = value.size() / 4 >= rules.min_length;
    const bool surely_short_enough = value.size() <= rules.max_length;
    if (!surely_long_enough || !surely_short_enough) {
      const std::uint64_t length = character_count(value);
      if (length < rules.min_length) {
        good = fault(at, by, "minLength", [&] {
          if (length == 0) return "is empty; at least " + plural(rules.min_length, "character", "characters") + " expected";
          return "has " + plural(length, "character", "characters") + ", fewer than the minimum " + std::to_string(rules.min_length);
        });
      }
      if (length > rules.max_length) {
        good = fault(at, by, "maxLength", [&] {
          return "has " + plural(length, "character", "characters") + ", more than the maximum " + std::to_string(rules.max_length);
        });
      }
    }
    if ((good || Explain) && rules.pattern != kNoRules) good = matches(rules.pattern, value, at, by, "pattern") && good;
    return good;
  }

  bool matches(std::int32_t index, const std::string& value, const Place* at, const Place* by, std::string_view keyword) {
    const Pattern& pattern = program_.patterns[static_cast<std::size_t>(index)];
    switch (pattern.search(value)) {
      case Pattern::Answer::yes: return true;
      case Pattern::Answer::no:
        return fault(at, by, keyword, [&] { return in_quotes(value) + " does not match the pattern " + in_quotes(pattern.source()); });
      default:
        gave_up_ = true;
        return fault(at, by, keyword, [&] { return "matching the pattern " + in_quotes(pattern.source()) + " takes too long"; });
    }
  }

  // -- arrays

  bool array(const ArrayRules& rules, const json::array_t& list, const Place* at, const Place* by) {
    bool good = true;
    if (list.size() < rules.min_items) {
      good = fault(at, by, "minItems", [&] {
        return "has " + plural(list.size(), "item", "items") + ", fewer than the minimum " + std::to_string(rules.min_items);
      });
    }
    if (list.size() > rules.max_items) {
      good = fault(at, by, "maxItems", [&] {
        return "has " + plural(list.size(), "item", "items") + ", more than the maximum " + std::to_string(rules.max_items);
      });
    }
    if (!good && !Explain) return false;
    for (std::size_t i = 0; i < list.size() && i < rules.prefix.size(); ++i) {
      const Place item{at, {}, i}, keyword{by, "prefixItems", i};
      good = run(rules.prefix[i], list[i], &item, &keyword) && good;
      if (!good && !Explain) return false;
    }
    if (rules.items != kNoNode) {
      const Place keyword{by, "items"};
      for (std::size_t i = rules.prefix.size(); i < list.size(); ++i) {
        const Place item{at, {}, i};
        good = run(rules.items, list[i], &item, &keyword) && good;
        if ((!good && !Explain) || gave_up_) return false;
      }
    }
    if (rules.unique) good = unique(list, at, by) && good;
    if (rules.contains != kNoNode && (good || Explain)) good = contains(rules, list, at, by) && good;
    return good;
  }

  bool unique(const json::array_t& list, const Place* at, const Place* by) {
    const auto twice = [&](const json& value) {
      return fault(at, by, "uniqueItems", [&] { return "holds " + shown(value) + " more than once; all items must differ"; });
    };
    if (list.size() <= kFewItems) {
      for (std::size_t i = 1; i < list.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
          if (compare_values(list[i], list[j]) == 0) return twice(list[i]);
        }
      }
      return true;
    }
    std::vector<const json*> sorted;
    sorted.reserve(list.size());
    for (const auto& item : list) sorted.push_back(&item);
    std::sort(sorted.begin(), sorted.end(), [](const json* a, const json* b) { return compare_values(*a, *b) < 0; });
    for (std::size_t i = 1; i < sorted.size(); ++i) {
      if (compare_values(*sorted[i - 1], *sorted[i]) == 0) return twice(*sorted[i]);
    }
    return true;
  }

  bool contains(const ArrayRules& rules, const json::array_t& list, const Place* at, const Place* by) {
    std::uint64_t count = 0;
    for (const auto& item : list) {
      if (holds(rules.contains, item, at, by)) ++count;
      if (gave_up_) return false;
      if (count >= rules.min_contains && rules.max_contains >= list.size()) return true;
    }
    if (count < rules.min_contains) {
      return fault(at, by, rules.min_contains == 1 ? "contains" : "minContains", [&] {
        return plural(count, "item fits", "items fit") + " `contains`, at least " + std::to_string(rules.min_contains) + " must";
      });
    }
    if (count > rules.max_contains) {
      return fault(at, by, "maxContains", [&] {
        return plural(count, "item fits", "items fit") + " `contains`, at most " + std::to_string(rules.max_contains) + " may";
      });
    }
    return true;
  }

  // -- objects

  bool object(const ObjectRules& rules, const json& value, const Place* at, const Place* by) {
    const auto& members = value.get_ref<const json::object_t&>();
    bool good = object_size(rules, members.size(), at, by);
    if (!good && !Explain) return false;
    // Both lists are sorted by name: one pass over the two meets each name once.
    auto rule = rules.properties.begin();
    for (auto member = members.begin(); member != members.end();) {
      const int order = rule == rules.properties.end() ? -1 : member->first.compare(rule->name);
      if (order > 0) {
        if (rule->required) good = missing(*rule, members, rules, at, by);
        ++rule;
      } else {
        const PropertyRule* declared = order == 0 && rule->node != kNoNode ? &*rule : nullptr;
        good = member_of(rules, declared, member->first, member->second, at, by) && good;
        if (order == 0) ++rule;
        ++member;
      }
      if ((!good && !Explain) || gave_up_) return false;
    }
    for (; rule != rules.properties.end(); ++rule) {
      if (!rule->required) continue;
      good = missing(*rule, members, rules, at, by);
      if (!Explain) return false;
    }
    for (const auto& one : rules.dependencies) {
      if (!members.contains(one.name)) continue;
      good = dependency(one, value, at, by) && good;
      if (!good && !Explain) return false;
    }
    return good;
  }

  bool object_size(const ObjectRules& rules, std::size_t size, const Place* at, const Place* by) {
    bool good = true;
    if (size < rules.min_properties) {
      good = fault(at, by, "minProperties", [&] {
        return "has " + plural(size, "property", "properties") + ", fewer than the minimum " + std::to_string(rules.min_properties);
      });
    }
    if (size > rules.max_properties) {
      good = fault(at, by, "maxProperties", [&] {
        return "has " + plural(size, "property", "properties") + ", more than the maximum " + std::to_string(rules.max_properties);
      });
    }
    return good;
  }

  bool missing(const PropertyRule& rule, const json::object_t&, const ObjectRules&, const Place* at, const Place* by) {
    return fault(at, by, "required", [&] { return "the required property " + in_quotes(rule.name) + " is missing"; });
  }

  bool member_of(const ObjectRules& rules, const PropertyRule* declared, const std::string& name, const json& value, const Place* at, const Place* by) {
    bool good = true;
    const Place place{at, name};
    bool known = declared != nullptr;
    if (declared) {
      const Place keyword{by, "properties", Place::kNoIndex, name};
      good = run(declared->node, value, &place, &keyword);
    }
    for (const auto& [index, node] : rules.patterns) {
      const auto answer = program_.patterns[static_cast<std::size_t>(index)].search(name);
      if (answer == Pattern::Answer::too_costly) {
        gave_up_ = true;
        return fault(&place, by, "patternProperties", [&] { return std::string("matching this name takes too long"); });
      }
      if (answer == Pattern::Answer::no) continue;
      known = true;
      const Place keyword{by, "patternProperties", Place::kNoIndex, program_.patterns[static_cast<std::size_t>(index)].source()};
      good = run(node, value, &place, &keyword) && good;
    }
    if (!known && rules.additional != kNoNode) good = additional(rules, name, value, place, by) && good;
    if (rules.names != kNoNode && (good || Explain)) good = name_fits(rules, name, place, by) && good;
    return good;
  }

  bool additional(const ObjectRules& rules, const std::string& name, const json& value, const Place& place, const Place* by) {
    const Place keyword{by, "additionalProperties"};
    if (!program_.nodes[rules.additional].never) return run(rules.additional, value, &place, &keyword);
    return fault(&place, by, "additionalProperties", [&] {
      std::vector<std::string_view> names;
      for (const auto& property : rules.properties) {
        if (property.node != kNoNode) names.push_back(property.name);
      }
      std::string words = "unknown property";
      if (const auto near = nearest_name(name, names); !near.empty()) return words + "; did you mean " + in_quotes(near) + "?";
      if (names.empty()) return words + "; none is expected here";
      words += "; known are ";
      for (std::size_t i = 0; i < names.size() && i < kShownNames; ++i) words += (i ? ", " : "") + in_quotes(names[i]);
      return names.size() > kShownNames ? words + ", …" : words;
    });
  }

  bool name_fits(const ObjectRules& rules, const std::string& name, const Place& place, const Place* by) {
    const json as_value(name);  // propertyNames is rare enough for the copy
    const Place keyword{by, "propertyNames"};
    if constexpr (Explain) {
      Notes inner{{}, notes_->limit};
      Walker<true> other(*this, &inner);
      const bool good = other.run(rules.names, as_value, &place, &keyword);
      steps_ = other.steps_left();
      gave_up_ = gave_up_ || other.gave_up();
      for (auto& one : inner.found) {
        one.message = "the property's name " + one.message;
        if (notes_->found.size() < notes_->limit) notes_->found.push_back(std::move(one));
      }
      return good;
    } else {
      return run(rules.names, as_value, &place, &keyword);
    }
  }

  bool dependency(const ObjectRules::Dependency& rule, const json& value, const Place* at, const Place* by) {
    bool good = true;
    for (const auto& name : rule.required) {
      if (value.contains(name)) continue;
      const Place keyword{by, rule.keyword};
      good = fault(at, &keyword, rule.name, [&] { return "the property " + in_quotes(name) + " is missing; it is required where " + in_quotes(rule.name) + " is given"; });
    }
    if (rule.node != kNoNode && (good || Explain)) {
      const Place keyword{by, rule.keyword, Place::kNoIndex, rule.name};
      good = run(rule.node, value, at, &keyword) && good;
    }
    return good;
  }

  // -- any value

  bool logic(const LogicRules& rules, const json& value, const Place* at, const Place* by) {
    bool good = true;
    if (rules.has_enum) good = allowed(rules, value, at, by);
    if (!good && !Explain) return false;
    if (rules.reference != kNoNode) {
      const Place keyword{by, "$ref"};
      good = run(rules.reference, value, at, &keyword) && good;
      if (!good && !Explain) return false;
    }
    for (std::size_t i = 0; i < rules.all.size(); ++i) {
      const Place keyword{by, "allOf", i};
      good = run(rules.all[i], value, at, &keyword) && good;
      if (!good && !Explain) return false;
    }
    if (!rules.any.nodes.empty()) good = any_of(rules.any, value, at, by) && good;
    if ((good || Explain) && !rules.one.nodes.empty()) good = one_of(rules.one, value, at, by) && good;
    if ((good || Explain) && rules.negated != kNoNode && holds(rules.negated, value, at, by)) {
      good = fault(at, by, "not", [&] { return shown(value) + " is what `not` excludes"; });
    }
    if (rules.condition != kNoNode && (good || Explain) && !gave_up_) good = conditional(rules, value, at, by) && good;
    return good && !gave_up_;
  }

  bool allowed(const LogicRules& rules, const json& value, const Place* at, const Place* by) {
    if (!rules.allowed_texts.empty()) {
      if (value.is_string() && std::binary_search(rules.allowed_texts.begin(), rules.allowed_texts.end(), value.get_ref<const std::string&>())) return true;
    } else {
      for (const auto& one : rules.allowed) {
        if (compare_values(one, value) == 0) return true;
      }
    }
    return fault(at, by, rules.is_const ? "const" : "enum", [&] {
      std::string words = rules.allowed.size() == 1 ? "expected " : "expected one of ";
      for (std::size_t i = 0; i < rules.allowed.size() && i < kShownNames; ++i) words += (i ? ", " : "") + shown_allowed(rules.allowed[i]);
      if (rules.allowed.size() > kShownNames) words += ", … (" + std::to_string(rules.allowed.size()) + " in all)";
      if (rules.allowed.empty()) words = "nothing is allowed here";
      words += ", found " + shown(value);
      if (value.is_string() && rules.allowed.size() > 1) {
        const std::vector<std::string_view> names(rules.allowed_texts.begin(), rules.allowed_texts.end());
        const auto near = nearest_name(value.get_ref<const std::string&>(), names);
        if (!near.empty()) words += "; did you mean " + in_quotes(near) + "?";
      }
      return words;
    });
  }

  // The one branch that the discriminating property leaves; nothing where that says nothing about this value.
  const std::pair<std::string, std::uint32_t>* chosen(const Branches& branches, const json& value) const {
    if (branches.discriminator.empty() || !value.is_object()) return nullptr;
    const auto member = value.find(branches.discriminator);
    if (member == value.end() || !member->is_string()) return nullptr;
    const auto& name = member->template get_ref<const std::string&>();
    const auto found = std::lower_bound(branches.by_value.begin(), branches.by_value.end(), name, [](const auto& a, const std::string& b) { return a.first < b; });
    return found != branches.by_value.end() && found->first == name ? &*found : nullptr;
  }

  bool any_of(const Branches& branches, const json& value, const Place* at, const Place* by) {
    if (const auto* only = chosen(branches, value)) return branch(branches, only->second, "anyOf", value, at, by);
    for (NodeId node : branches.nodes) {
      if (holds(node, value, at, by)) return true;
      if (gave_up_) return false;
    }
    return nearest_branch(branches, "anyOf", value, at, by);
  }

  bool one_of(const Branches& branches, const json& value, const Place* at, const Place* by) {
    if (const auto* only = chosen(branches, value)) return branch(branches, only->second, "oneOf", value, at, by);
    std::size_t count = 0, first = 0, second = 0;
    for (std::size_t i = 0; i < branches.nodes.size() && count < 2; ++i) {
      const bool good = holds(branches.nodes[i], value, at, by);
      if (gave_up_) return false;
      if (!good) continue;
      (count == 0 ? first : second) = i;
      ++count;
    }
    if (count == 1) return true;
    if (count == 0) return nearest_branch(branches, "oneOf", value, at, by);
    return fault(at, by, "oneOf", [&] {
      return "fits more than one of the forms of which exactly one is allowed (form " + std::to_string(first + 1) + " and form " + std::to_string(second + 1) + ")";
    });
  }

  bool branch(const Branches& branches, std::uint32_t index, std::string_view name, const json& value, const Place* at, const Place* by) {
    const Place keyword{by, name, index};
    return run(branches.nodes[index], value, at, &keyword);
  }

  // No branch holds: writes down what is wrong with the one that comes nearest, then that none holds.
  bool nearest_branch(const Branches& branches, std::string_view name, const json& value, const Place* at, const Place* by) {
    if constexpr (Explain) {
      if (!branches.discriminator.empty() && value.is_object()) return wrong_discriminator(branches, name, value, at, by);
      std::vector<Violation> best;
      std::size_t best_cost = std::numeric_limits<std::size_t>::max(), near = 0;
      for (std::size_t i = 0; i < branches.nodes.size() && i < kMaxBranches; ++i) {
        Notes inner{{}, notes_->limit};
        Walker<true> other(*this, &inner);
        const Place keyword{by, name, i};
        other.run(branches.nodes[i], value, at, &keyword);
        steps_ = other.steps_left();
        const std::size_t cost = distance(inner.found, pointer(at));
        near += cost < kWrongType;
        if (cost < best_cost) {
          best_cost = cost;
          best = std::move(inner.found);
        }
      }
      const bool type_known = near > 0;
      if (type_known) {
        for (auto& one : best) {
          if (notes_->found.size() < notes_->limit) notes_->found.push_back(std::move(one));
        }
      }
      return fault(at, by, name, [&] {
        std::uint8_t types = 0;
        for (NodeId node : branches.nodes) types |= program_.nodes[node].types;
        if (!type_known && types != kAllTypes) return "expected " + type_names(types) + ", found " + with_type(value);
        return "fits none of the " + std::to_string(branches.nodes.size()) + " forms allowed here";
      });
    } else {
      static_cast<void>(branches), static_cast<void>(name), static_cast<void>(value), static_cast<void>(at), static_cast<void>(by);
      return false;
    }
  }

  bool wrong_discriminator(const Branches& branches, std::string_view name, const json& value, const Place* at, const Place* by) {
    const auto member = value.find(branches.discriminator);
    const auto list = [&] {
      std::string words = "expected one of ";
      for (std::size_t i = 0; i < branches.by_value.size() && i < kShownNames; ++i) words += (i ? ", " : "") + in_quotes(branches.by_value[i].first);
      return branches.by_value.size() > kShownNames ? words + ", …" : words;
    };
    if (member == value.end()) {
      return fault(at, by, name, [&] { return "the required property " + in_quotes(branches.discriminator) + " is missing; " + list(); });
    }
    const Place place{at, branches.discriminator};
    return fault(&place, by, name, [&] {
      std::string words = list() + ", found " + with_type(*member);
      if (member->is_string()) {
        std::vector<std::string_view> names;
        for (const auto& one : branches.by_value) names.push_back(one.first);
        const auto near = nearest_name(member->template get_ref<const std::string&>(), names);
        if (!near.empty()) words += "; did you mean " + in_quotes(near) + "?";
      }
      return words;
    });
  }

  static constexpr std::size_t kWrongType = 10'000;

  // How far a value is from a branch: a wrong type of the value itself is farthest, then a wrong constant in it.
  static std::size_t distance(const std::vector<Violation>& found, const std::string& here) {
    std::size_t cost = found.size();
    for (const auto& one : found) {
      const bool self = one.instance_location == here;
      if (self && (one.keyword_location.ends_with("/type") || one.keyword_location.ends_with("/const") || one.keyword_location.ends_with("/enum"))) cost += kWrongType;
      if (!self && one.keyword_location.ends_with("/const")) cost += 100;
      if (!self && one.keyword_location.ends_with("/type")) cost += 5;
    }
    return cost;
  }

  bool conditional(const LogicRules& rules, const json& value, const Place* at, const Place* by) {
    const bool yes = holds(rules.condition, value, at, by);
    if (gave_up_) return false;
    const NodeId next = yes ? rules.then_node : rules.else_node;
    if (next == kNoNode) return true;
    const Place keyword{by, yes ? "then" : "else"};
    return run(next, value, at, &keyword);
  }

  template <bool>
  friend class Walker;

  const Schema::Program& program_;
  Notes* notes_;
  std::size_t steps_;
  std::size_t depth_ = 0;
  bool gave_up_ = false;
};

}  // namespace

bool check(const Schema::Program& program, NodeId node, const json& instance, std::size_t& steps) {
  Walker<false> walker(program, nullptr);
  walker.take_over(steps, 0);
  const Place root;
  const bool good = walker.run(node, instance, &root, &root);
  steps = walker.steps_left();
  return good && !walker.gave_up();
}

bool check(const Schema::Program& program, NodeId node, const json& instance) {
  std::size_t steps = program.limits.steps;
  return check(program, node, instance, steps);
}

std::vector<Violation> find_violations(const Schema::Program& program, NodeId node, const json& instance) {
  Notes notes{{}, std::max<std::size_t>(program.limits.violations, 1)};
  Walker<true> walker(program, &notes);
  const Place root;
  walker.run(node, instance, &root, &root);
  if (notes.found.empty()) notes.found.push_back({"", "", "checking this takes more steps than are allowed"});
  return std::move(notes.found);
}

}  // namespace sumun::schema
