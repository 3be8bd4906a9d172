// SPDX-License-Identifier: Apache-2.0
#include "gate/redact.hpp"

#include "base/canonical.hpp"
#include "base/json_text.hpp"
#include "gate/pointer.hpp"
#include "gate/predicate.hpp"
#include "gate/secrets.hpp"

#include <sumun/json.hpp>

#include <algorithm>
#include <utility>

namespace sumun::gate {
namespace {

constexpr const char* kPointed = "[redacted]";
constexpr const char* kPattern = "[redacted: pattern]";
constexpr const char* kSecret = "[redacted: secret]";
constexpr const char* kCard = "[redacted: card]";
constexpr int kDeepest = 200;  // of a value: our own results may be deeper than what peers send
constexpr int kNested = 3;     // JSON in a text in JSON

// Steps of 64 states each for all patterns on one text: some milliseconds. A text that costs more is left out.
constexpr std::size_t kPatternSteps = 20'000;

void take_out(json& value, const std::vector<std::string>& path, std::size_t at) {
  if (at == path.size()) {
    value = kPointed;
    return;
  }
  const bool any = path[at] == "*";
  if (value.is_object()) {
    for (auto& [name, member] : value.get_ref<json::object_t&>())
      if (any || name == path[at]) take_out(member, path, at + 1);
  } else if (value.is_array()) {
    const auto index = index_of(path[at]);
    for (std::size_t i = 0; i < value.size(); ++i)
      if (any || index == i) take_out(value[i], path, at + 1);
  }
}

bool holds_secret(const std::string& name, const json& value) {
  if (value.is_null() || value.is_boolean()) return false;
  return is_secret_name(name) || (!value.is_number() && is_token_name(name));
}

}  // namespace

Result<Redactor> Redactor::compile(const AuditOptions& options) {
  Redactor made;
  const auto bad = [](const char* field, std::size_t item, std::string why) {
    auto error = fail(ErrorCode::invalid_value, "audit: " + std::string(field) + "[" + std::to_string(item) + "]: " + why);
    error.data = {{"field", field}, {"item", item}, {"what", std::move(why)}};
    return error;
  };
  for (std::size_t i = 0; i < options.redact.size(); ++i) {
    std::size_t fault = 0;
    auto path = split_pointer(options.redact[i], fault);
    if (!path) return bad("redact", i, "column " + std::to_string(fault + 1) + ": " + path.error().message);
    made.pointers_.push_back(*std::move(path));
  }
  for (std::size_t i = 0; i < options.patterns.size(); ++i) {
    auto pattern = schema::Pattern::compile(options.patterns[i], kMaxPredicatePattern);
    if (!pattern) return bad("patterns", i, pattern.error().message);
    made.patterns_.push_back(*std::move(pattern));
  }
  made.standard_ = options.standard_patterns;
  made.max_bytes_ = options.max_argument_bytes;
  return made;
}

bool Redactor::matches_pattern(std::string_view words) const {
  if (patterns_.empty()) return false;
  SchemaLimits limits;
  limits.steps = kPatternSteps;
  limits.time = {};
  schema::Budget budget(limits);
  return std::any_of(patterns_.begin(), patterns_.end(), [&](const auto& one) { return one.search(words, &budget) != schema::Pattern::Answer::no; });
}

std::string Redactor::cleaned(std::string_view words, int nested) const {
  // As it will be written: a name with other bytes would stand elsewhere when it is read again.
  if (!is_utf8(words)) return cleaned(parse_json(dump_json(std::string(words)))->get<std::string>(), nested);
  if (matches_pattern(words)) return kPattern;
  const auto begin = words.find_first_not_of(" \t\r\n");
  if (nested < kNested && begin != std::string_view::npos && (words[begin] == '{' || words[begin] == '[')) {
    if (auto value = parse_json(words); value && value->is_structured()) {
      json clean = *value;
      document(clean, nested + 1);
      return clean == *value ? std::string(words) : dump_json(clean);
    }
  }
  return standard_ ? without_secrets(words) : std::string(words);
}

void Redactor::walk(json& value, int depth, int nested) const {
  if (depth > kDeepest) {
    value = "[left out: nested too deeply]";
  } else if (auto* members = value.get_ptr<json::object_t*>()) {
    json::object_t clean;
    for (auto& [name, member] : *members) {
      if (holds_secret(name, member)) member = kSecret;
      else walk(member, depth + 1, nested);
      std::string shown = cleaned(name, kNested);
      for (int i = 2; shown != name && (clean.contains(shown) || members->contains(shown)); ++i) shown = cleaned(name, kNested) + " " + std::to_string(i);
      clean.emplace(std::move(shown), std::move(member));
    }
    *members = std::move(clean);
  } else if (value.is_array()) {
    for (auto& item : value) walk(item, depth + 1, nested);
  } else if (value.is_string()) {
    auto& words = value.get_ref<std::string&>();
    words = cleaned(words, nested);
  } else if (value.is_number() && matches_pattern(canonical_json(value))) {
    value = kPattern;
  } else if (standard_ && value.is_number() && is_card(canonical_json(value))) {
    value = kCard;
  }
}

void Redactor::document(json& value, int nested) const {
  for (const auto& path : pointers_) take_out(value, path, 0);
  walk(value, 0, nested);
}

json Redactor::bounded(const json& value) const {
  const std::string text = canonical_json(value);
  if (text.size() <= max_bytes_) return nullptr;
  return {{"bytes", text.size()}, {"sha256", to_hex(sha256(text))}};
}

json Redactor::arguments(const json& value) const {
  if (auto digest = bounded(value); !digest.is_null()) return digest;
  json clean = value;
  document(clean, 0);
  return clean;
}

json Redactor::result(const json& value) const {
  if (auto digest = bounded(value); !digest.is_null()) return digest;
  json clean = value;
  if (clean.is_object())
    if (const auto inner = clean.find("structuredContent"); inner != clean.end()) document(*inner, 0);
  document(clean, 0);
  return clean;
}

std::string Redactor::text(std::string_view words) const {
  if (words.size() > std::max(max_bytes_, kMaxReasonBytes)) return "[left out: " + std::to_string(words.size()) + " bytes]";
  return cleaned(words, 0);
}

}  // namespace sumun::gate

namespace sumun {
inline namespace v0 {

Result<void> check_audit_options(const AuditOptions& options) {
  auto redactor = gate::Redactor::compile(options);
  if (!redactor) return redactor.error();
  return {};
}

}  // namespace v0
}  // namespace sumun
