// SPDX-License-Identifier: Apache-2.0
// Headers against bodies.
#include "protocol/header_mirror.hpp"

#include "base/ascii.hpp"
#include "base/base64.hpp"
#include "base/json_text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace sumun::protocol {
namespace {

constexpr std::string_view kMark = "x-mcp-header";
constexpr std::string_view kBase64Begin = "=?base64?";
constexpr std::string_view kBase64End = "?=";
constexpr std::int64_t kSafeInteger = (std::int64_t{1} << 53) - 1;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= 0x20 && c <= 0x7e) || c == '\t'; });
}

bool has_base64_form(std::string_view text) {
  return text.size() >= kBase64Begin.size() + kBase64End.size() && text.starts_with(kBase64Begin) && text.ends_with(kBase64End);
}

// -- marks in schemas

std::string words(const std::vector<std::string>& path) {
  std::string out;
  for (const std::string& step : path) out += (out.empty() ? "" : ".") + step;
  return out;
}

std::optional<MirroredParam::Type> type_of(const json& property) {
  const auto type = property.find("type");
  if (type == property.end() || !type->is_string()) return std::nullopt;
  const auto& name = type->get_ref<const std::string&>();
  if (name == "string") return MirroredParam::Type::string;
  if (name == "integer") return MirroredParam::Type::integer;
  if (name == "boolean") return MirroredParam::Type::boolean;
  return std::nullopt;
}

// Walks every place of a schema where another schema can stand.
class MarkScan {
 public:
  std::vector<MirroredParam> found;
  std::string fault;

  bool visit(const json& schema, bool reachable) {
    if (!schema.is_object()) return true;
    if (const auto mark = schema.find(kMark); mark != schema.end() && !take(schema, *mark, reachable)) return false;
    for (const auto& [keyword, value] : schema.items()) {
      if (keyword == "properties") {
        if (!visit_properties(value, reachable)) return false;
      } else if (contains(kSingle, keyword)) {
        // `items` was an array once, and dialects before 2020-12 still say so.
        if (!visit(value, false) || !visit_each(value, value.is_array())) return false;
      } else if (contains(kMany, keyword)) {
        if (!visit_each(value, true)) return false;
      }
    }
    return true;
  }

 private:
  static constexpr std::string_view kSingle[] = {"items", "additionalItems", "unevaluatedItems", "contains", "additionalProperties",
                                                 "unevaluatedProperties", "propertyNames", "not", "if", "then", "else",
                                                 "contentSchema"};
  static constexpr std::string_view kMany[] = {"prefixItems", "oneOf", "anyOf", "allOf", "patternProperties", "dependentSchemas",
                                               "dependencies", "$defs", "definitions"};

  template <std::size_t N>
  static bool contains(const std::string_view (&list)[N], const std::string& keyword) {
    return std::find(std::begin(list), std::end(list), keyword) != std::end(list);
  }

  bool visit_each(const json& schemas, bool there) {
    return !there || std::all_of(schemas.begin(), schemas.end(), [this](const json& one) { return visit(one, false); });
  }

  bool visit_properties(const json& properties, bool reachable) {
    if (!properties.is_object()) return true;
    for (const auto& [name, property] : properties.items()) {
      path_.push_back(name);
      if (!visit(property, reachable)) return false;
      path_.pop_back();
    }
    return true;
  }

  bool take(const json& schema, const json& mark, bool reachable) {
    if (!mark.is_string()) return refuse("expected string");
    const auto& name = mark.get_ref<const std::string&>();
    if (!is_token(name)) return refuse(in_quotes(name) + " is no header name");
    if (!reachable || path_.empty()) return refuse(in_quotes(name) + " is on something that `properties` alone do not lead to");
    const auto type = type_of(schema);
    if (!type) return refuse(in_quotes(name) + " is for a string, an integer or a boolean");
    if (std::any_of(found.begin(), found.end(), [&](const MirroredParam& other) { return same_word(other.header, name); }))
      return refuse(in_quotes(name) + " is there twice");
    found.push_back(MirroredParam{name, path_, *type});
    return true;
  }

  bool refuse(const std::string& why) {
    const std::string at = words(path_);
    fault = (at.empty() ? "" : at + ": ") + std::string(kMark) + ": " + why;
    return false;
  }

  std::vector<std::string> path_;
};

// The value at a path; null where there is none.
const json* value_at(const json& arguments, const std::vector<std::string>& path) {
  const json* at = &arguments;
  for (const std::string& step : path) {
    if (!at->is_object()) return nullptr;
    const auto next = at->find(step);
    if (next == at->end()) return nullptr;
    at = &*next;
  }
  return at->is_null() ? nullptr : at;
}

// An integral number, where it is one that every reader keeps exact. 42.0 is an integer too.
std::optional<std::int64_t> safe_integer(const json& number) {
  if (number.is_number_float()) {
    const double value = number.get_ref<const double&>();
    if (std::trunc(value) != value || std::abs(value) > static_cast<double>(kSafeInteger)) return std::nullopt;
    return static_cast<std::int64_t>(value);
  }
  if (number.is_number_unsigned() && number.get_ref<const std::uint64_t&>() > static_cast<std::uint64_t>(kSafeInteger)) return std::nullopt;
  const auto value = number.get<std::int64_t>();
  return value >= -kSafeInteger && value <= kSafeInteger ? std::optional(value) : std::nullopt;
}

bool is_integer(const json& value) {
  return value.is_number_integer() || (value.is_number_float() && std::trunc(value.get_ref<const double&>()) == value.get_ref<const double&>());
}

bool fits(const json& value, MirroredParam::Type type) {
  switch (type) {
    case MirroredParam::Type::string: return value.is_string();
    case MirroredParam::Type::integer: return is_integer(value);
    case MirroredParam::Type::boolean: return value.is_boolean();
  }
  return false;
}

// A value of its right type as text; nullopt = an integer beyond the safe range.
std::optional<std::string> text_of(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  const auto number = safe_integer(value);
  return number ? std::optional(std::to_string(*number)) : std::nullopt;
}

// Decimal text as an integer: a fraction of zeros changes nothing.
std::optional<std::int64_t> integer_of(std::string_view text) {
  if (const std::size_t point = text.find('.'); point != std::string_view::npos) {
    const std::string_view fraction = text.substr(point + 1);
    if (fraction.empty() || fraction.find_first_not_of('0') != std::string_view::npos) return std::nullopt;
    text = text.substr(0, point);
  }
  std::int64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// -- refusals. Spec: 2026-07-28 basic/transports/streamable-http, Server Validation

Error mismatch(std::string_view header, const std::string& what) {
  return fail(ErrorCode::header_mismatch, "header mismatch: " + std::string(header) + " " + what);
}
Error missing(std::string_view header, std::string_view source, std::string_view value) {
  return mismatch(header, "is missing, but " + std::string(source) + " is " + in_quotes(value));
}
Error invalid(std::string_view header, std::string_view value) {
  return mismatch(header, "has invalid characters: " + in_quotes(value));
}
Error differs(std::string_view header, std::string_view value, std::string_view source, std::string_view body) {
  return mismatch(header, "is " + in_quotes(value) + ", but " + std::string(source) + " is " + in_quotes(body));
}

Result<void> check_text(std::string_view header, std::optional<std::string_view> value, std::string_view source, std::string_view body) {
  if (!value) return missing(header, source, body);
  const std::string_view text = trimmed(*value);
  if (!is_plain(text)) return invalid(header, text);
  if (text != body) return differs(header, text, source, body);
  return {};
}

struct NameSource {
  std::string_view method;
  std::string_view member;
};
// The core's, and those of the extension io.modelcontextprotocol/tasks.
constexpr NameSource kNameSources[] = {{"tools/call", "name"},    {"resources/read", "uri"},    {"prompts/get", "name"},
                                       {"tasks/get", "taskId"}, {"tasks/update", "taskId"}, {"tasks/cancel", "taskId"}};

const NameSource* name_source(std::string_view method) {
  const auto* const found =
      std::find_if(std::begin(kNameSources), std::end(kNameSources), [&](const NameSource& one) { return one.method == method; });
  return found == std::end(kNameSources) ? nullptr : found;
}

}  // namespace

Result<std::vector<MirroredParam>> mirrored_params(const json& input_schema) {
  MarkScan scan;
  if (!scan.visit(input_schema, true)) return fail(ErrorCode::invalid_value, std::move(scan.fault));
  return std::move(scan.found);
}

const std::string* mirrored_name(std::string_view method, const json& params) {
  const NameSource* source = name_source(method);
  if (source == nullptr || !params.is_object()) return nullptr;
  const auto value = params.find(source->member);
  return value == params.end() ? nullptr : value->get_ptr<const std::string*>();
}

Result<void> check_version_header(const MirroredHeaders& headers, std::string_view version) {
  return check_text(kVersionHeader, headers.protocol_version, "the version in params._meta", version);
}

Result<void> check_method_headers(const MirroredHeaders& headers, std::string_view method, const json& params) {
  auto same = check_text(kMethodHeader, headers.method, "method", method);
  if (!same) return same;
  const std::string* body = mirrored_name(method, params);
  if (body == nullptr) return {};  // it needs none, or lacks what the method itself asks for
  const std::string source = "params." + std::string(name_source(method)->member);
  if (!headers.name) return missing(kNameHeader, source, *body);
  const auto name = decode_header_value(*headers.name);
  if (!name) return invalid(kNameHeader, *headers.name);
  if (*name != *body) return differs(kNameHeader, *name, source, *body);
  return {};
}

Result<void> check_param_headers(const MirroredHeaders& headers, const std::vector<MirroredParam>& mirrored, const json& arguments) {
  for (const MirroredParam& param : mirrored) {
    const std::string header = std::string(kParamHeaderPrefix) + param.header;
    const std::string source = "params.arguments." + words(param.path);
    const auto is_it = [&](const auto& one) { return same_word(one.first, param.header); };
    const auto found = std::find_if(headers.params.begin(), headers.params.end(), is_it);
    const json* body = value_at(arguments, param.path);
    if (found == headers.params.end()) {
      if (body == nullptr || !fits(*body, param.type)) continue;
      return missing(header, source, text_of(*body).value_or("beyond 2^53-1"));
    }
    if (std::find_if(std::next(found), headers.params.end(), is_it) != headers.params.end()) return mismatch(header, "is there twice");
    const auto value = decode_header_value(found->second);
    if (!value) return invalid(header, found->second);
    if (body == nullptr) return mismatch(header, "is " + in_quotes(*value) + ", but " + source + " is not there");
    if (!fits(*body, param.type)) continue;
    const auto text = text_of(*body);
    if (!text) return mismatch(header, "is for integers within 2^53-1, which " + source + " is not");
    // "SHOULD compare the header value and the body value numerically"
    const bool same = param.type == MirroredParam::Type::integer ? integer_of(*value) == integer_of(*text) : *value == *text;
    if (!same) return differs(header, *value, source, *text);
  }
  return {};
}

Result<std::vector<std::pair<std::string, std::string>>> param_headers(const std::vector<MirroredParam>& mirrored, const json& arguments) {
  std::vector<std::pair<std::string, std::string>> headers;
  for (const MirroredParam& param : mirrored) {
    const json* value = value_at(arguments, param.path);
    if (value == nullptr || !fits(*value, param.type)) continue;
    const auto text = text_of(*value);
    if (!text) return fail(ErrorCode::invalid_params, "params.arguments." + words(param.path) + ": beyond 2^53-1, and its header cannot say that");
    headers.emplace_back(std::string(kParamHeaderPrefix) + param.header, encode_header_value(*text));
  }
  return headers;
}

std::string encode_header_value(std::string_view value) {
  if (is_plain(value) && trimmed(value).size() == value.size() && !has_base64_form(value)) return std::string(value);
  return std::string(kBase64Begin) + base64_encode(value) + std::string(kBase64End);
}

std::optional<std::string> decode_header_value(std::string_view value) {
  value = trimmed(value);
  if (!is_plain(value)) return std::nullopt;
  if (!has_base64_form(value)) return std::string(value);
  auto bytes = base64_decode(value.substr(kBase64Begin.size(), value.size() - kBase64Begin.size() - kBase64End.size()));
  if (!bytes || !is_utf8(*bytes)) return std::nullopt;
  return bytes;
}

}  // namespace sumun::protocol
