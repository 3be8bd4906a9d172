// SPDX-License-Identifier: Apache-2.0
#include "gate/predicate.hpp"

#include "base/json_text.hpp"
#include "gate/pointer.hpp"
#include "schema/numbers.hpp"

#include <algorithm>

namespace sumun::gate {
namespace {

constexpr std::string_view kBlanks = " \t";

bool same_kind(const json& a, const json& b) { return a.is_number() ? b.is_number() : a.type() == b.type(); }

// Of null there is but one value: whatever else stands there is certainly not it.
Truth equals(const json& value, const json& operand) {
  if (!same_kind(value, operand)) return operand.is_null() ? Truth::no : Truth::unknown;
  return truth(schema::compare_values(value, operand) == 0);
}

Truth is_one_of(const json& value, const json& list) {
  bool comparable = false;
  for (const json& one : list) {
    const Truth same = equals(value, one);
    if (same == Truth::yes) return same;
    comparable = comparable || same == Truth::no;
  }
  return comparable ? Truth::no : Truth::unknown;
}

Error bad(std::size_t at, const std::string& why) {
  return fail(ErrorCode::invalid_value, "column " + std::to_string(at + 1) + ": " + why);
}

// Where the text of a JSON string ends that begins here; npos = nowhere.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '"') return at + 1;
    if (text[at] == '\\') ++at;
  }
  return std::string_view::npos;
}

std::size_t skip_blanks(std::string_view text, std::size_t at) { return std::min(text.find_first_not_of(kBlanks, at), text.size()); }

}  // namespace

Result<Predicate> Predicate::compile(std::string_view text) {
  if (text.size() > kMaxPredicateBytes) return bad(kMaxPredicateBytes, "a predicate has at most " + std::to_string(kMaxPredicateBytes) + " bytes");
  Predicate made;
  made.text_ = text;
  std::size_t at = skip_blanks(text, 0);
  if (at < text.size() && text[at] == '!') {
    made.negated_ = true;
    at = skip_blanks(text, at + 1);
  }
  const std::size_t begin = at;
  std::string pointer;
  if (at < text.size() && text[at] == '"') {
    const std::size_t end = string_end(text, at);
    auto quoted = parse_json(text.substr(at, end == std::string_view::npos ? end : end - at));
    if (!quoted || !quoted->is_string()) return bad(at, "expected a JSON string that holds a pointer");
    pointer = quoted->get<std::string>();
    at = end;
  } else {
    const std::size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    pointer = text.substr(at, end - at);
    at = end;
  }
  if (!is_utf8(pointer)) return bad(begin, "expected UTF-8");
  std::size_t fault = 0;
  auto path = split_pointer(pointer, fault);
  if (!path) return bad(begin + fault, path.error().message);
  made.path_ = *std::move(path);
  at = skip_blanks(text, at);
  if (at == text.size()) return made;
  if (made.negated_) return bad(at, "!POINTER stands alone: it says that the member is not there");

  struct Spelling {
    std::string_view text;
    Operator means;
    bool negated;
  };
  // Longest first.
  static constexpr Spelling kSpellings[] = {{"not in", Operator::in, true},      {"==", Operator::equal, false}, {"!=", Operator::equal, true},
                                            {"<=", Operator::greater, true},     {">=", Operator::less, true},   {"!~", Operator::matches, true},
                                            {"in", Operator::in, false},         {"<", Operator::less, false},   {">", Operator::greater, false},
                                            {"~", Operator::matches, false}};
  const auto found = std::find_if(std::begin(kSpellings), std::end(kSpellings), [&](const Spelling& one) { return text.substr(at).starts_with(one.text); });
  if (found == std::end(kSpellings)) return bad(at, "expected one of == != < <= > >= ~ !~ in, not in");
  made.operator_ = found->means;
  made.negated_ = found->negated;
  at = skip_blanks(text, at + found->text.size());
  if (at == text.size()) return bad(at, "expected a JSON value");
  auto operand = parse_json(text.substr(at));
  if (!operand) return bad(at, "expected a JSON value (texts in double quotes): " + operand.error().message);
  made.operand_ = *std::move(operand);
  const json& value = made.operand_;
  if ((made.operator_ == Operator::less || made.operator_ == Operator::greater) && !value.is_number() && !value.is_string())
    return bad(at, "expected a number or a text: nothing else has an order");
  if (made.operator_ == Operator::in && (!value.is_array() || value.empty())) return bad(at, "expected a list, as in [\"EUR\", \"USD\"]");
  if (made.operator_ == Operator::matches) {
    if (!value.is_string()) return bad(at, "expected a pattern in double quotes");
    auto pattern = schema::Pattern::compile(value.get_ref<const std::string&>(), kMaxPredicatePattern);
    if (!pattern) return bad(at, pattern.error().message);
    made.pattern_ = *std::move(pattern);
  }
  return made;
}

const json* Predicate::find(const json& arguments) const {
  const json* value = &arguments;
  for (const std::string& token : path_) {
    if (value->is_object()) {
      const auto member = value->find(token);
      if (member == value->end()) return nullptr;
      value = &*member;
    } else if (value->is_array()) {
      const auto index = index_of(token);
      if (!index || *index >= value->size()) return nullptr;
      value = &(*value)[*index];
    } else {
      return nullptr;
    }
  }
  return value;
}

Truth Predicate::holds(const json& value) const {
  switch (operator_) {
    case Operator::equal: return equals(value, operand_);
    case Operator::in: return is_one_of(value, operand_);
    case Operator::less: return same_kind(value, operand_) ? truth(schema::compare_values(value, operand_) < 0) : Truth::unknown;
    case Operator::greater: return same_kind(value, operand_) ? truth(schema::compare_values(value, operand_) > 0) : Truth::unknown;
    case Operator::matches: {
      if (!value.is_string()) return Truth::unknown;
      const auto answer = pattern_->search(value.get_ref<const std::string&>());
      return answer == schema::Pattern::Answer::too_costly ? Truth::unknown : truth(answer == schema::Pattern::Answer::yes);
    }
    case Operator::present: break;
  }
  return Truth::yes;
}

Truth Predicate::test(const json& arguments) const {
  const json* value = find(arguments);
  if (operator_ == Operator::present) return truth((value != nullptr) != negated_);
  if (value == nullptr) return Truth::unknown;
  const Truth found = holds(*value);
  return negated_ ? opposite(found) : found;
}

}  // namespace sumun::gate
