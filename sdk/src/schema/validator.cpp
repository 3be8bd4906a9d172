// SPDX-License-Identifier: Apache-2.0
// Runs a program over a value. One walker, two ways: `Check` stops at the first fault and touches no memory of its own;
// `Explain` goes on, knows where it is, and writes down each fault. Values are explained only after they failed the check.
#include "base/ascii.hpp"
#include "schema/evaluated.hpp"
#include "schema/mending.hpp"
#include "schema/names.hpp"
#include "schema/nearest.hpp"
#include "schema/numbers.hpp"
#include "schema/program.hpp"
#include "schema/words.hpp"

#include <algorithm>
#include <array>

namespace sumun::schema {

namespace {

using type = json::value_t;

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

// Check asks for no place and keeps none.
struct NoPlace {
  constexpr NoPlace(const NoPlace*, std::string_view, std::size_t = 0, std::string_view = {}) {}
};

// From `top` on down.
std::string pointer(const Place* place, const Place* top = nullptr) {
  std::vector<const Place*> chain;
  for (; place && place != top && place->parent; place = place->parent) chain.push_back(place);
  std::string out;
  for (auto it = chain.rbegin(); it != chain.rend(); ++it) {
    if (!(*it)->name.empty() || (*it)->index == Place::kNoIndex) out += '/' + pointer_step((*it)->name);
    if ((*it)->index != Place::kNoIndex) out += '/' + std::to_string((*it)->index);
    if ((*it)->second.data()) out += '/' + pointer_step((*it)->second);
  }
  return out;
}

// A JSON Pointer as a URI's fragment.
std::string fragment(std::string_view pointer) {
  constexpr std::string_view kPlain = "-._~!$&'()*+,;=:@/?";
  std::string out;
  for (const char c : pointer) {
    const bool plain = is_alphanumeric(c) || kPlain.find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      constexpr std::string_view kDigits = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

constexpr std::uint8_t type_bits(type kind) {
  constexpr std::array<std::uint8_t, 10> kBits = [] {
    std::array<std::uint8_t, 10> bits{};
    const auto set = [&](type one, std::uint8_t bit) { bits[static_cast<std::size_t>(one)] = bit; };
    set(type::null, kNullBit);
    set(type::boolean, kBooleanBit);
    set(type::object, kObjectBit);
    set(type::array, kArrayBit);
    set(type::string, kStringBit);
    set(type::number_integer, kIntegerBit);
    set(type::number_unsigned, kIntegerBit);
    set(type::number_float, kFractionBit);
    return bits;
  }();
  return kBits[static_cast<std::size_t>(kind)];
}

std::uint64_t character_count(const std::string& text) {
  return static_cast<std::uint64_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// Whether it is an integer between the bounds.
bool within(std::int64_t low, std::int64_t high, const json& value) {
  std::int64_t whole = 0;
  if (value.type() == type::number_integer) {
    whole = *value.get_ptr<const std::int64_t*>();
  } else if (value.type() == type::number_unsigned) {
    const std::uint64_t natural = *value.get_ptr<const std::uint64_t*>();
    if (natural > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return false;
    whole = static_cast<std::int64_t>(natural);
  } else {
    return false;
  }
  return whole >= low && whole <= high;
}

// Few texts are compared one by one: their sizes differ as a rule.
bool is_among(const std::vector<std::string>& sorted, const std::string& text) {
  if (sorted.size() > 8) return std::binary_search(sorted.begin(), sorted.end(), text);
  return std::any_of(sorted.begin(), sorted.end(), [&](const std::string& one) { return same_name(one, text); });
}

// Explain's record of one run.
struct Notes {
  std::vector<Fault> found;
  std::size_t limit;
  bool more = false;  // faults that found no room

  void add(Fault one) {
    if (found.size() < limit) found.push_back(std::move(one));
    else more = true;
  }
};

struct NothingWanted {
  Wanted operator()() const { return {}; }
};

template <bool Explain>
class Walker;

template <bool Explain>
class Walker {
  using Step = std::conditional_t<Explain, Place, NoPlace>;

 public:
  Walker(const Schema::Program& program, Budget& budget, Notes* notes) : program_(program), budget_(budget), notes_(notes) {}
  // Another walk from the same place on the same budget: its faults are not the first one's.
  template <bool Other>
  Walker(const Walker<Other>& other, Notes* notes)
      : program_(other.program_), budget_(other.budget_), notes_(notes), scope_(other.scope_), depth_(other.depth_) {}

  bool run(NodeId id, const json& value, const Step* at, const Step* by) {
    const Node& node = program_.nodes[id];
    if (depth_ >= program_.limits.evaluation_depth || !budget_.take()) return give_up(at, by);
    if constexpr (!Explain) return judge(node, value, at, by);
    const auto before = written_;
    written_ = {id, by};
    const bool good = judge(node, value, at, by);
    written_ = before;
    return good;
  }

  // For Evaluated: one more node that applies to the value at hand. False where a bound is met.
  bool enter() {
    if (depth_ >= program_.limits.evaluation_depth || !budget_.take()) return give_up(nullptr, nullptr);
    ++depth_;
    return true;
  }
  void leave() { --depth_; }

  void set_scope(const Scope* scope) { scope_ = scope; }

  // True where a bound was met: what the walk said then is no answer.
  bool gave_up() const { return gave_up_; }

 private:
  [[gnu::always_inline]] bool judge(const Node& node, const json& value, const Step* at, const Step* by) {
    if (node.never) return fault(at, by, {}, [&] { return std::string("nothing is allowed here"); }, [&] { return Wanted{0, {}, &value}; });
    const std::uint8_t bits = type_bits(value.type());
    if ((node.types & bits) == 0) {
      const bool whole = bits == kFractionBit && (node.types & kIntegerBit) && is_integral(value);
      if (!whole) {
        const auto words = [&] { return expected({node.types, {}, &value}, [&](const json& mended) { return mends(node, mended); }, budget_); };
        return fault(at, by, "type", words, [&] { return wanted(node, value); });
      }
    }
    ++depth_;
    const bool good = node.special ? special(node, value, at, by) : rules(node, value, at, by);
    --depth_;
    return good;
  }

  [[gnu::always_inline]] bool rules(const Node& node, const json& value, const Step* at, const Step* by) {
    bool good = by_kind(node, value, at, by);
    if ((good || Explain) && node.logic != kNoRules) {
      good = logic(program_.logics[static_cast<std::size_t>(node.logic)], value, at, by) && good;
    }
    return good;
  }

  // A node that begins a resource of the dynamic scope, or has unevaluated… keywords, which come last.
  [[gnu::noinline]] bool special(const Node& node, const json& value, const Step* at, const Step* by) {
    const Scope* before = scope_;
    const Scope entered{scope_, node.scope};
    if (node.scope != kNoRules && !in_scope(scope_, node.scope)) scope_ = &entered;
    bool good = rules(node, value, at, by);
    if ((good || Explain) && node.unevaluated != kNoRules && !gave_up_) {
      good = unevaluated(node, program_.unevaluated[static_cast<std::size_t>(node.unevaluated)], value, at, by) && good;
    }
    scope_ = before;
    return good;
  }

  // `wants` says what would have been taken instead, where the value is refused whole.
  template <class Words, class Wants = NothingWanted>
  bool fault(const Step* at, const Step* by, std::string_view keyword, Words words, Wants wants = {}) {
    if constexpr (Explain) {
      notes_->more = notes_->more || notes_->found.size() >= notes_->limit;
      if (notes_->found.size() < notes_->limit) {
        const Place last{by, keyword};
        const Step* keyword_place = keyword.empty() ? by : &last;
        Fault one{{pointer(at), pointer(keyword_place), words()}, wants()};
        std::string absolute = absolute_location(pointer(keyword_place, written_.by));
        if (absolute != '#' + one.keyword_location) one.absolute_keyword_location = std::move(absolute);
        notes_->found.push_back(std::move(one));
      }
    }
    return false;
  }

  Wanted wanted(const Node& node, const json& value) const {
    if (node.logic == kNoRules || !program_.logics[static_cast<std::size_t>(node.logic)].has_enum) return {node.types, {}, &value};
    return wanted(program_.logics[static_cast<std::size_t>(node.logic)], value);
  }
  Wanted wanted(const LogicRules& rules, const json& value) const {
    Wanted out{0, {}, &value};
    const std::size_t count = budget_.take_hint(rules.allowed.size()) ? rules.allowed.size() : std::min(rules.allowed.size(), kShownNames);
    for (std::size_t i = 0; i < count; ++i) out.values.push_back(&rules.allowed[i]);
    out.more = rules.allowed.size() - count;
    return out;
  }

  // Whether another value would be valid in the place of the one at hand.
  bool mends(const Node& node, const json& mended) {
    Walker<false> other(*this, nullptr);
    return other.run(static_cast<NodeId>(&node - program_.nodes.data()), mended, nullptr, nullptr) && !other.gave_up();
  }

  // Where the keyword of the node at hand was written: the URI of its resource and the place in it.
  std::string absolute_location(const std::string& keyword) const {
    const Source& source = program_.sources[written_.node];
    const SourceResource& resource = program_.resources[source.resource];
    const bool inside = source.where.starts_with(resource.where);
    std::string out = resource.uri + '#' + fragment(inside ? std::string_view(source.where).substr(resource.where.size()) : std::string_view());
    return out += fragment(keyword);
  }

  bool give_up(const Step* at, const Step* by) {
    if (!gave_up_) {
      gave_up_ = true;
      fault(at, by, {}, [&] {
        if (budget_.late()) return "checking this takes more than " + std::to_string(program_.limits.time.count()) + " ms";
        return budget_.spent() ? "checking this takes more than " + std::to_string(program_.limits.steps) + " steps"
                               : "checking this goes more than " + std::to_string(program_.limits.evaluation_depth) + " levels deep";
      });
    }
    return false;
  }

  // Whether the value is valid there, without a word.
  bool holds(NodeId id, const json& value, const Step* at, const Step* by) {
    if constexpr (!Explain) return run(id, value, at, by) && !gave_up_;
    Walker<false> other(*this, nullptr);
    const bool good = other.run(id, value, nullptr, nullptr);
    if (other.gave_up()) return give_up(at, by);
    return good;
  }

  // Whether a glance says that the value is valid; else `run` decides.
  [[gnu::always_inline]] bool at_once(const Glance& glance, const json& value) {
    if constexpr (Explain) return false;
    if ((glance.types & type_bits(value.type())) != 0) return true;
    switch (glance.kind) {
      case Glance::Kind::integer: return within(glance.low, glance.high, value);
      case Glance::Kind::text: {
        if (!value.is_string()) return false;
        const auto size = static_cast<std::int64_t>(value.get_ptr<const std::string*>()->size());
        // Between one and four bytes make a character; the first one is a character in any case.
        return size <= glance.high && (size / 4 >= glance.low || (glance.low == 1 && size > 0));
      }
      case Glance::Kind::choice:
        return value.is_string() && is_among(program_.logics[static_cast<std::size_t>(glance.logic)].allowed_texts, *value.get_ptr<const std::string*>());
      case Glance::Kind::nothing: break;
    }
    return false;
  }

  bool by_kind(const Node& node, const json& value, const Step* at, const Step* by) {
    switch (value.type()) {
      case type::number_integer:
      case type::number_unsigned:
      case type::number_float:
        return node.number == kNoRules || number(program_.numbers[static_cast<std::size_t>(node.number)], value, at, by);
      case type::string:
        return node.text == kNoRules || text(program_.texts[static_cast<std::size_t>(node.text)], *value.get_ptr<const std::string*>(), at, by);
      case type::array:
        return node.array == kNoRules || array(program_.arrays[static_cast<std::size_t>(node.array)], *value.get_ptr<const json::array_t*>(), at, by);
      case type::object:
        return node.object == kNoRules || object(program_.objects[static_cast<std::size_t>(node.object)], value, at, by);
      default: return true;
    }
  }

  // -- numbers

  bool number(const NumberRules& rules, const json& value, const Step* at, const Step* by) {
    if (rules.bounds_only && within(rules.low, rules.high, value)) return true;
    bool good = true;
    for (const auto& rule : rules.rules) {
      good = number_rule(rule, value, at, by) && good;
      if (!good && !Explain) return false;
    }
    return good;
  }

  bool number_rule(const NumberRules::Rule& rule, const json& value, const Step* at, const Step* by) {
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

  bool text(const TextRules& rules, const std::string& value, const Step* at, const Step* by) {
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
    if ((good || Explain) && rules.format && !rules.format(value)) {
      good = fault(at, by, "format", [&] { return in_quotes(value) + " is not of the format " + in_quotes(rules.format_name); });
    }
    return good;
  }

  bool matches(std::int32_t index, const std::string& value, const Step* at, const Step* by, std::string_view keyword) {
    const Pattern& pattern = program_.patterns[static_cast<std::size_t>(index)];
    switch (pattern.search(value, &budget_)) {
      case Pattern::Answer::yes: return true;
      case Pattern::Answer::no:
        return fault(at, by, keyword, [&] { return in_quotes(value) + " does not match the pattern " + in_quotes(pattern.source()); });
      default:
        if (budget_.spent()) return give_up(at, by);
        gave_up_ = true;
        return fault(at, by, keyword, [&] { return "matching the pattern " + in_quotes(pattern.source()) + " takes too long"; });
    }
  }

  // -- arrays

  bool array(const ArrayRules& rules, const json::array_t& list, const Step* at, const Step* by) {
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
      const Step item{at, {}, i}, keyword{by, rules.prefix_keyword, i};
      good = run(rules.prefix[i], list[i], &item, &keyword) && good;
      if (!good && !Explain) return false;
    }
    if (rules.items != kNoNode) {
      const Step keyword{by, rules.items_keyword};
      if (!Explain && !budget_.take_up_to(list.size())) return give_up(at, by);
      for (std::size_t i = rules.prefix.size(); i < list.size(); ++i) {
        const Step item{at, {}, i};
        const bool too_many = Explain && program_.nodes[rules.items].never;
        good = too_many ? fault(&item, &keyword, {}, [&] { return item_too_many(rules.prefix.size()); }) : (at_once(rules.glance, list[i]) || run(rules.items, list[i], &item, &keyword)) && good;
        if ((!good && !Explain) || gave_up_) return false;
      }
    }
    if (rules.unique) good = unique(list, at, by) && good;
    if (rules.contains != kNoNode && (good || Explain)) good = contains(rules, list, at, by) && good;
    return good;
  }

  bool unique(const json::array_t& list, const Step* at, const Step* by) {
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

  bool contains(const ArrayRules& rules, const json::array_t& list, const Step* at, const Step* by) {
    std::uint64_t count = 0;
    for (const auto& item : list) {
      if (holds(rules.contains, item, at, by)) ++count;
      if (gave_up_) return false;
      if (count >= rules.min_contains && rules.max_contains >= list.size()) return true;
    }
    if (count < rules.min_contains) {
      return fault(at, by, rules.min_contains == 1 ? "contains" : "minContains", [&] { return too_few_matches(program_, rules, count); });
    }
    if (count > rules.max_contains) {
      return fault(at, by, "maxContains", [&] { return too_many_matches(program_, rules, count); });
    }
    return true;
  }

  // -- objects

  bool object(const ObjectRules& rules, const json& value, const Step* at, const Step* by) {
    const auto& members = *value.get_ptr<const json::object_t*>();
    budget_.take_up_to(rules.cost);
    bool good = object_size(rules, members.size(), at, by);
    if (!good && !Explain) return false;
    if (!Explain && rules.plain) return plain(rules, members);
    // Both lists are sorted by name: one pass over the two meets each name once.
    auto rule = rules.properties.begin();
    const auto end = rules.properties.end();
    for (const auto& [name, member] : members) {
      const std::uint64_t head = name_head(name);
      int order = -1;
      for (; rule != end && (order = compare_names(name, head, rule->name, rule->head)) > 0; ++rule) {
        if (!rule->required) continue;
        good = missing(*rule, members, rules, at, by);
        if (!Explain) return false;
      }
      const bool known = rule != end && order == 0;
      good = member_of(rules, known && rule->node != kNoNode ? &*rule : nullptr, name, member, at, by) && good;
      if (known) ++rule;
      if ((!good && !Explain) || gave_up_) return false;
    }
    for (; rule != end; ++rule) {
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

  // The same without a word, for rules that are `plain`.
  bool plain(const ObjectRules& rules, const json::object_t& members) {
    if (members.size() < rules.required) return false;
    if (!budget_.take_up_to(members.size())) return give_up(nullptr, nullptr);
    std::size_t required = rules.required;
    auto rule = rules.properties.begin();
    const auto end = rules.properties.end();
    for (const auto& [name, member] : members) {
      const std::uint64_t head = name_head(name);
      while (rule != end && rule->head < head) ++rule;
      int order = -1;
      for (; rule != end && (order = compare_names(name, head, rule->name, rule->head)) > 0; ++rule) {
      }
      if (rule == end || order != 0) {
        if (rules.additional != kNoNode) return false;
        continue;
      }
      required -= rule->required ? 1 : 0;
      if (!at_once(rule->glance, member) && !run(rule->node, member, nullptr, nullptr)) return false;
      ++rule;
    }
    return required == 0;
  }

  bool object_size(const ObjectRules& rules, std::size_t size, const Step* at, const Step* by) {
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

  bool missing(const PropertyRule& rule, const json::object_t& members, const ObjectRules& rules, const Step* at, const Step* by) {
    return fault(at, by, "required", [&] { return missing_property(rule.name, rules, members, budget_); });
  }

  bool member_of(const ObjectRules& rules, const PropertyRule* declared, const std::string& name, const json& value, const Step* at, const Step* by) {
    bool good = true;
    const Step place{at, name};
    bool known = declared != nullptr;
    if (declared) {
      const Step keyword{by, "properties", Place::kNoIndex, name};
      if (Explain && program_.nodes[declared->node].never) good = fault(&place, &keyword, {}, [] { return std::string("this property is not allowed here"); });
      else good = at_once(declared->glance, value) || run(declared->node, value, &place, &keyword);
    }
    for (const auto& [index, node] : rules.patterns) {
      const auto answer = program_.patterns[static_cast<std::size_t>(index)].search(name, &budget_);
      if (answer == Pattern::Answer::too_costly) {
        if (budget_.spent()) return give_up(&place, by);
        gave_up_ = true;
        return fault(&place, by, "patternProperties", [&] { return std::string("matching this name takes too long"); });
      }
      if (answer == Pattern::Answer::no) continue;
      known = true;
      const Step keyword{by, "patternProperties", Place::kNoIndex, program_.patterns[static_cast<std::size_t>(index)].source()};
      good = run(node, value, &place, &keyword) && good;
    }
    if (!known && rules.additional != kNoNode) good = additional(rules, name, value, place, by) && good;
    if (rules.names != kNoNode && (good || Explain)) good = name_fits(rules, name, place, by) && good;
    return good;
  }

  bool additional(const ObjectRules& rules, const std::string& name, const json& value, const Step& place, const Step* by) {
    const Step keyword{by, "additionalProperties"};
    if (!program_.nodes[rules.additional].never) return run(rules.additional, value, &place, &keyword);
    return fault(&place, by, "additionalProperties", [&] {
      std::vector<std::string_view> names;
      for (const auto& property : rules.properties) {
        if (names.size() > kShownNames && !budget_.take_hint(1)) break;
        if (property.node != kNoNode) names.push_back(property.name);
      }
      std::vector<std::string_view> patterns;
      for (const auto& [index, node] : rules.patterns) patterns.push_back(program_.patterns[static_cast<std::size_t>(index)].source());
      return unknown_property(name, names, patterns);
    });
  }

  std::string unknown_property(const std::string& name, const std::vector<std::string_view>& names, const std::vector<std::string_view>& patterns = {}) {
    std::string words = "unknown property";
    if (const auto near = nearest_name(name, names, budget_); !near.empty()) return words + "; did you mean " + in_quotes(near) + "?";
    if (names.empty() && patterns.empty()) return words + "; none is expected here";
    const auto list = [&](const std::vector<std::string_view>& all) {
      for (std::size_t i = 0; i < all.size() && i < kShownNames; ++i) words += (i ? ", " : "") + in_quotes(all[i]);
      if (all.size() > kShownNames) words += ", …";
    };
    words += "; known are ";
    list(names);
    if (patterns.empty()) return words;
    words += names.empty() ? "names that match " : " and names that match ";
    list(patterns);
    return words;
  }

  bool name_fits(const ObjectRules& rules, const std::string& name, const Step& place, const Step* by) {
    const json as_value(name);  // propertyNames is rare enough for the copy
    const Step keyword{by, "propertyNames"};
    if constexpr (Explain) {
      Notes inner{{}, notes_->limit};
      Walker<true> other(*this, &inner);
      const bool good = other.run(rules.names, as_value, &place, &keyword);
      gave_up_ = gave_up_ || other.gave_up();
      for (auto& one : inner.found) {
        one.message = "the property's name " + one.message;
        one.wanted = {};  // of the name, not of what stands there
        notes_->add(std::move(one));
      }
      return good;
    } else {
      return run(rules.names, as_value, &place, &keyword);
    }
  }

  bool dependency(const ObjectRules::Dependency& rule, const json& value, const Step* at, const Step* by) {
    bool good = true;
    for (const auto& name : rule.required) {
      if (value.contains(name)) continue;
      const Step keyword{by, rule.keyword, Place::kNoIndex, rule.name};
      good = fault(at, &keyword, {}, [&] { return "the property " + in_quotes(name) + " is missing; it is required where " + in_quotes(rule.name) + " is given"; });
    }
    if (rule.node != kNoNode && (good || Explain)) {
      const Step keyword{by, rule.keyword, Place::kNoIndex, rule.name};
      good = run(rule.node, value, at, &keyword) && good;
    }
    return good;
  }

  // -- any value

  bool logic(const LogicRules& rules, const json& value, const Step* at, const Step* by) {
    bool good = true;
    if (rules.has_enum) good = allowed(rules, value, at, by);
    if (!good && !Explain) return false;
    if (rules.reference != kNoNode) {
      const Step keyword{by, "$ref"};
      good = run(rules.reference, value, at, &keyword) && good;
      if (!good && !Explain) return false;
    }
    if (rules.dynamic != kNoRules) {
      const DynamicReference& dynamic = program_.dynamics[static_cast<std::size_t>(rules.dynamic)];
      const Step keyword{by, dynamic.keyword};
      good = run(find_target(dynamic, scope_), value, at, &keyword) && good;
      if (!good && !Explain) return false;
    }
    for (std::size_t i = 0; i < rules.all.size(); ++i) {
      const Step keyword{by, "allOf", i};
      good = run(rules.all[i], value, at, &keyword) && good;
      if (!good && !Explain) return false;
    }
    if (!rules.any.nodes.empty()) good = any_of(rules.any, value, at, by) && good;
    if ((good || Explain) && !rules.one.nodes.empty()) good = one_of(rules.one, value, at, by) && good;
    if ((good || Explain) && rules.negated != kNoNode && holds(rules.negated, value, at, by)) {
      good = fault(at, by, "not", [&] { return excluded(program_, rules.negated, value); });
    }
    if (rules.condition != kNoNode && (good || Explain) && !gave_up_) good = conditional(rules, value, at, by) && good;
    return good && !gave_up_;
  }

  bool allowed(const LogicRules& rules, const json& value, const Step* at, const Step* by) {
    if (!rules.allowed_texts.empty()) {
      if (value.is_string() && is_among(rules.allowed_texts, *value.get_ptr<const std::string*>())) return true;
    } else {
      budget_.take_up_to(rules.allowed.size() / 16);
      for (const auto& one : rules.allowed) {
        if (compare_values(one, value) == 0) return true;
      }
    }
    const auto wants = [&] { return wanted(rules, value); };
    return fault(at, by, rules.is_const ? "const" : "enum", [&] { return expected(wants(), nullptr, budget_); }, wants);
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

  bool any_of(const Branches& branches, const json& value, const Step* at, const Step* by) {
    if (const auto* only = chosen(branches, value)) return branch(branches, only->second, "anyOf", value, at, by);
    for (NodeId node : branches.nodes) {
      if (holds(node, value, at, by)) return true;
      if (gave_up_) return false;
    }
    return nearest_branch(branches, "anyOf", value, at, by);
  }

  bool one_of(const Branches& branches, const json& value, const Step* at, const Step* by) {
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

  bool branch(const Branches& branches, std::uint32_t index, std::string_view name, const json& value, const Step* at, const Step* by) {
    const Step keyword{by, name, index};
    return run(branches.nodes[index], value, at, &keyword);
  }

  // No branch holds: writes down what is wrong with the one that comes nearest, then that none holds.
  bool nearest_branch(const Branches& branches, std::string_view name, const json& value, const Step* at, const Step* by) {
    if constexpr (Explain) {
      if (!branches.discriminator.empty() && value.is_object()) return wrong_discriminator(branches, name, value, at, by);
      const std::string here = pointer(at);
      std::vector<std::vector<Fault>> found;
      for (std::size_t i = 0, explained = 0; i < branches.nodes.size() && explained < kMaxBranches && !budget_.spent(); ++i) {
        Notes inner{{}, notes_->limit};
        Walker<true> other(*this, &inner);
        const Step keyword{by, name, i};
        other.run(branches.nodes[i], value, at, &keyword);
        explained += refusal(inner.found, here) == nullptr;
        found.push_back(std::move(inner.found));
      }
      Nearest nearest = nearest_of(std::move(found), here, budget_);
      for (auto& one : nearest.faults) notes_->add(std::move(one));
      const auto none = [&] { return "fits none of the " + std::to_string(branches.nodes.size()) + " forms allowed here"; };
      if (nearest.wanted.types == 0 && nearest.wanted.values.empty()) return fault(at, by, name, none);
      const bool whole = nearest.location == here;
      const Holds holds = [&](const json& mended) {
        return whole && std::any_of(branches.nodes.begin(), branches.nodes.end(), [&](NodeId node) { return mends(program_.nodes[node], mended); });
      };
      const bool room = notes_->found.size() < notes_->limit;
      fault(at, by, name, [&] { return expected(nearest.wanted, holds, budget_); }, [&] { return nearest.wanted; });
      if (room) notes_->found.back().instance_location = std::move(nearest.location);
      return false;
    } else {
      static_cast<void>(branches), static_cast<void>(name), static_cast<void>(value), static_cast<void>(at), static_cast<void>(by);
      return false;
    }
  }

  bool wrong_discriminator(const Branches& branches, std::string_view name, const json& value, const Step* at, const Step* by) {
    const auto member = value.find(branches.discriminator);
    const auto list = [&] {
      std::string words = "expected one of ";
      for (std::size_t i = 0; i < branches.by_value.size() && i < kShownNames; ++i) words += (i ? ", " : "") + in_quotes(branches.by_value[i].first);
      return branches.by_value.size() > kShownNames ? words + ", …" : words;
    };
    if (member == value.end()) {
      return fault(at, by, name, [&] { return "the required property " + in_quotes(branches.discriminator) + " is missing; " + list(); });
    }
    const Step place{at, branches.discriminator};
    return fault(&place, by, name, [&] {
      std::string words = list() + ", found " + with_type(*member);
      if (member->is_string()) {
        std::vector<std::string_view> names;
        for (const auto& one : branches.by_value) names.push_back(one.first);
        const auto near = nearest_name(member->template get_ref<const std::string&>(), names, budget_);
        if (!near.empty()) words += "; did you mean " + in_quotes(near) + "?";
      }
      return words;
    });
  }

  bool conditional(const LogicRules& rules, const json& value, const Step* at, const Step* by) {
    const bool yes = holds(rules.condition, value, at, by);
    if (gave_up_) return false;
    const NodeId next = yes ? rules.then_node : rules.else_node;
    if (next == kNoNode) return true;
    const Step keyword{by, yes ? "then" : "else"};
    return run(next, value, at, &keyword);
  }

  // -- what no other keyword has evaluated

  bool unevaluated(const Node& node, const UnevaluatedRules& rules, const json& value, const Step* at, const Step* by) {
    const bool asked = (value.is_object() && rules.properties != kNoNode) || (value.is_array() && rules.items != kNoNode);
    if (!asked || value.empty()) return true;
    Walker<false> judge(*this, nullptr);
    Evaluated evaluated(program_, judge, value);
    evaluated.add_own(node);
    if (judge.gave_up()) return give_up(at, by);
    bool good = true;
    const Step keyword{by, value.is_object() ? "unevaluatedProperties" : "unevaluatedItems"};
    std::size_t i = 0;
    if (value.is_array()) {
      for (; i < value.size() && (good || Explain) && !gave_up_; ++i) {
        if (evaluated.has(i)) continue;
        const Step item{at, {}, i};
        const bool too_many = Explain && program_.nodes[rules.items].never;
        good = too_many ? fault(&item, &keyword, {}, [] { return std::string("an item too many"); }) : run(rules.items, value[i], &item, &keyword) && good;
      }
      return good;
    }
    for (const auto& [name, member] : value.get_ref<const json::object_t&>()) {
      if ((!good && !Explain) || gave_up_) return false;
      if (evaluated.has(i++)) continue;
      const Step place{at, name};
      if (program_.nodes[rules.properties].never) {
        good = fault(&place, by, "unevaluatedProperties", [&] { return unknown_property(name, evaluated.names(node)); });
      } else {
        good = run(rules.properties, member, &place, &keyword) && good;
      }
    }
    return good;
  }

  template <bool>
  friend class Walker;
  friend class Evaluated<Walker<false>>;

  // Where the node at hand was reached: only Explain asks.
  struct Written {
    NodeId node = 0;
    const Step* by = nullptr;
  };

  const Schema::Program& program_;
  Budget& budget_;
  Notes* notes_;
  const Scope* scope_ = nullptr;
  Written written_;
  std::size_t depth_ = 0;
  bool gave_up_ = false;
};

}  // namespace

NodeId find_target(const DynamicReference& reference, const Scope* scope) {
  NodeId out = reference.fallback;
  if (reference.targets.empty()) return out;
  for (; scope; scope = scope->outer) {  // the last one found is the outermost
    const auto found = std::lower_bound(reference.targets.begin(), reference.targets.end(), std::pair(scope->resource, NodeId{0}));
    if (found != reference.targets.end() && found->first == scope->resource) out = found->second;
  }
  return out;
}

bool check(const Schema::Program& program, NodeId node, const json& instance, Budget& budget, const Scope* scope) {
  Walker<false> walker(program, budget, nullptr);
  walker.set_scope(scope);
  return walker.run(node, instance, nullptr, nullptr) && !walker.gave_up();
}

std::vector<Violation> find_violations(const Schema::Program& program, NodeId node, const json& instance, Budget& budget) {
  Notes notes{{}, std::max<std::size_t>(program.limits.violations, 1)};
  Walker<true> walker(program, budget, &notes);
  const Place root;
  walker.run(node, instance, &root, &root);
  if (notes.more) notes.found.back().message += "; more is wrong than is told here";
  if (notes.found.empty()) notes.found.push_back({{"", "", "checking this takes more steps than are allowed"}, {}});
  return {std::make_move_iterator(notes.found.begin()), std::make_move_iterator(notes.found.end())};
}

}  // namespace sumun::schema
