// SPDX-License-Identifier: Apache-2.0
// Questions to the client: which capability they need, and how they are made to fit a revision.
#include "base/json_text.hpp"
#include "protocol/codec.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace sumun::protocol {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

Error cannot(std::string_view what, Revision revision) {
  return Error{ErrorCode::unsupported, std::string(what) + " does not exist in " + std::string(version_string(revision)), nullptr};
}

// ---- forms

// The members that a field of a form may have, by kind. Spec: PrimitiveSchemaDefinition in schema.ts of 2025-06-18
// (the poor form) and of 2025-11-25 and 2026-07-28 (the rich one).
struct FieldKind {
  std::string_view type;
  std::span<const std::string_view> poor;
  std::span<const std::string_view> rich;
};
constexpr auto kStringPoor = std::to_array<std::string_view>({"type",      "title",  "description", "minLength",
                                                         "maxLength", "format", "enum",        "enumNames"});
constexpr auto kStringRich = std::to_array<std::string_view>({"type",   "title", "description", "minLength", "maxLength",
                                                          "format", "enum",  "enumNames",   "oneOf",     "default"});
constexpr auto kNumberPoor = std::to_array<std::string_view>({"type", "title", "description", "minimum", "maximum"});
constexpr auto kNumberRich = std::to_array<std::string_view>({"type", "title", "description", "minimum", "maximum", "default"});
constexpr auto kBoolean = std::to_array<std::string_view>({"type", "title", "description", "default"});
constexpr auto kArrayRich = std::to_array<std::string_view>({"type", "title", "description", "minItems", "maxItems", "items", "default"});
constexpr std::array<FieldKind, 5> kFieldKinds = {{{"string", kStringPoor, kStringRich},
                                                   {"number", kNumberPoor, kNumberRich},
                                                   {"integer", kNumberPoor, kNumberRich},
                                                   {"boolean", kBoolean, kBoolean},
                                                   {"array", {}, kArrayRich}}};

bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

const std::string* string_member(const json& object, const char* name) {
  const auto at = object.find(name);
  return at == object.end() ? nullptr : at->get_ptr<const json::string_t*>();
}

// [{"const": "a", "title": "A"}, …] as the older pair: "enum" and "enumNames".
void flatten_choices(json& field) {
  const auto choices = field.find("oneOf");
  if (choices == field.end() || !choices->is_array()) {
    return;
  }
  json values = json::array();
  json names = json::array();
  for (const json& choice : *choices) {
    const std::string* const value = choice.is_object() ? string_member(choice, "const") : nullptr;
    if (value == nullptr) {
      return;
    }
    const std::string* const title = string_member(choice, "title");
    values.push_back(*value);
    names.push_back(title != nullptr ? *title : *value);
  }
  field.erase("oneOf");
  field["enum"] = std::move(values);
  field["enumNames"] = std::move(names);
}

// Only these formats exist in a form. Spec: StringSchema
void drop_unknown_format(json& field) {
  const auto format = field.find("format");
  if (format == field.end()) {
    return;
  }
  constexpr auto kFormats = std::to_array<std::string_view>({"email", "uri", "date", "date-time"});
  const auto* const name = format->get_ptr<const json::string_t*>();
  if (name == nullptr || !contains(kFormats, *name)) {
    field.erase("format");
  }
}

void keep_only(json& object, std::span<const std::string_view> names) {
  std::erase_if(*object.get_ptr<json::object_t*>(), [names](const auto& member) { return !contains(names, member.first); });
}

bool is_required(const json& schema, std::string_view name) {
  const auto required = schema.find("required");
  return required != schema.end() && required->is_array() &&
         std::any_of(required->begin(), required->end(), [name](const json& item) { return item == json(std::string(name)); });
}

enum class Fit { keep, drop };

Result<Fit> fit_field(const std::string& name, json& field, const json& schema, Revision revision) {
  const std::string* const type = field.is_object() ? string_member(field, "type") : nullptr;
  const auto kind = std::find_if(kFieldKinds.begin(), kFieldKinds.end(),
                                 [type](const FieldKind& known) { return type != nullptr && known.type == *type; });
  if (kind == kFieldKinds.end()) {
    return Error{ErrorCode::invalid_value, "the form's field " + in_quotes(name) + " is no string, number, integer, boolean or choice",
                 nullptr};
  }
  if (allows(revision, Feature::rich_forms)) {
    keep_only(field, kind->rich);
    drop_unknown_format(field);
    return Fit::keep;
  }
  if (kind->poor.empty()) {
    if (is_required(schema, name)) {
      return cannot("a multiple choice (the form's field " + in_quotes(name) + ")", revision);
    }
    return Fit::drop;
  }
  flatten_choices(field);
  keep_only(field, kind->poor);
  drop_unknown_format(field);
  return Fit::keep;
}

// ---- sampling

bool is_plain(const SamplingMessageContentBlock& block) {
  return !std::holds_alternative<ToolUseContent>(block) && !std::holds_alternative<ToolResultContent>(block);
}

std::span<const SamplingMessageContentBlock> blocks_of(const SamplingMessage& message) {
  const auto* const several = std::get_if<std::vector<SamplingMessageContentBlock>>(&message.content);
  return several != nullptr ? std::span(*several) : std::span(&std::get<SamplingMessageContentBlock>(message.content), 1);
}

/// What is wrong with the tools' uses and results, if anything: each message of uses is followed by one message of the user
/// that holds their results, each once, and nothing else.
/// Spec: 2026-07-28 client/sampling, Tool Result Messages and Tool Use and Result Balance
std::optional<Error> tool_turn_fault(std::span<const SamplingMessage> messages) {
  std::vector<std::string_view> open;  // uses of the message before that wait for their results, sorted
  for (std::size_t i = 0; i <= messages.size(); ++i) {
    std::vector<std::string_view> used;
    std::vector<std::string_view> answered;
    bool other = i == messages.size() || messages[i].role != Role::user;
    for (const auto& block : i < messages.size() ? blocks_of(messages[i]) : std::span<const SamplingMessageContentBlock>()) {
      if (const auto* const use = std::get_if<ToolUseContent>(&block)) {
        used.push_back(use->id);
      } else if (const auto* const result = std::get_if<ToolResultContent>(&block)) {
        answered.push_back(result->toolUseId);
      } else {
        other = true;
      }
    }
    std::sort(answered.begin(), answered.end());
    if (answered != open || (!answered.empty() && (other || !used.empty()))) {
      return Error{ErrorCode::invalid_value,
                   "messages[" + std::to_string(i) + "]: expected the results of the tools used before, each once, and nothing else",
                   nullptr};
    }
    if (!used.empty() && messages[i].role != Role::assistant) {
      return Error{ErrorCode::invalid_value, "messages[" + std::to_string(i) + "]: only the assistant uses tools", nullptr};
    }
    open = std::move(used);
    std::sort(open.begin(), open.end());
  }
  return std::nullopt;
}

Result<CreateMessageRequestParams> fit_sampling(CreateMessageRequestParams params, Revision revision) {
  if (auto fault = tool_turn_fault(params.messages)) {
    return *std::move(fault);
  }
  if (!allows(revision, Feature::sampling_tools) && (params.tools || params.toolChoice)) {
    return cannot("sampling with tools", revision);
  }
  if (allows(revision, Feature::sampling_lists)) {
    return params;
  }
  for (SamplingMessage& message : params.messages) {
    if (auto* const blocks = std::get_if<std::vector<SamplingMessageContentBlock>>(&message.content)) {
      if (blocks->size() != 1) {
        return cannot("a sampling message of " + std::to_string(blocks->size()) + " content blocks", revision);
      }
      SamplingMessageContentBlock only = std::move(blocks->front());
      message.content = std::move(only);
    }
    if (!is_plain(std::get<SamplingMessageContentBlock>(message.content))) {
      return cannot("a tool's use in sampling", revision);
    }
  }
  return params;
}

/// A scheme and something after it, in characters that a URI may have (RFC 3986); what the scheme says of the rest is its own.
bool is_url(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const std::size_t colon = text.find(':');
  if (colon == text.npos || colon == 0 || colon + 1 == text.size() || !letter(text[0])) {
    return false;
  }
  const auto of_scheme = [&](char c) { return letter(c) || digit(c) || c == '+' || c == '-' || c == '.'; };
  const auto of_uri = [&](char c) { return letter(c) || digit(c) || std::string_view("-._~:/?#[]@!$&'()*+,;=%").find(c) != std::string_view::npos; };
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), of_scheme) &&
         std::all_of(text.begin() + static_cast<std::ptrdiff_t>(colon), text.end(), of_uri);
}

Result<InputRequest> fit_url(ElicitRequestURLParams params, Revision revision) {
  if (!allows(revision, Feature::elicitation_url)) {
    return cannot("URL elicitation", revision);
  }
  if (allows(revision, Feature::elicitation_id) && !params.elicitationId) {
    return Error{ErrorCode::invalid_value, "elicitationId: missing", nullptr};
  }
  if (!is_url(params.url)) {
    return Error{ErrorCode::invalid_value, "url: expected a URL, got " + in_quotes(params.url), nullptr};
  }
  return InputRequest(std::move(params));
}

Result<InputRequest> fit_form(ElicitRequestFormParams params, Revision revision) {
  if (!allows(revision, Feature::elicitation)) {
    return cannot("elicitation", revision);
  }
  Result<json> schema = fit_form_schema(std::move(params.requestedSchema), revision);
  if (!schema) {
    return std::move(schema).error();
  }
  params.requestedSchema = *std::move(schema);
  return InputRequest(std::move(params));
}

}  // namespace

Result<json> fit_form_schema(json schema, Revision revision) {
  if (!schema.is_object()) {
    return Error{ErrorCode::invalid_value, "a form's schema is an object", nullptr};
  }
  constexpr auto kPoor = std::to_array<std::string_view>({"type", "properties", "required"});
  constexpr auto kRich = std::to_array<std::string_view>({"type", "properties", "required", "$schema"});
  if (allows(revision, Feature::rich_forms)) {
    keep_only(schema, kRich);
  } else {
    keep_only(schema, kPoor);
  }
  schema["type"] = "object";
  json& properties = schema["properties"];
  if (properties.is_null()) {
    properties = json::object();
  }
  if (!properties.is_object()) {
    return Error{ErrorCode::invalid_value, "a form's properties are an object", nullptr};
  }
  auto& fields = *properties.get_ptr<json::object_t*>();
  for (auto at = fields.begin(); at != fields.end();) {
    Result<Fit> fit = fit_field(at->first, at->second, schema, revision);
    if (!fit) {
      return std::move(fit).error();
    }
    at = *fit == Fit::drop ? fields.erase(at) : std::next(at);
  }
  return schema;
}

std::string_view method_of(const InputRequest& question) {
  return std::visit(Overloaded{[](const ElicitRequestFormParams&) { return std::string_view("elicitation/create"); },
                               [](const ElicitRequestURLParams&) { return std::string_view("elicitation/create"); },
                               [](const CreateMessageRequestParams&) { return std::string_view("sampling/createMessage"); },
                               [](const ListRootsRequestParams&) { return std::string_view("roots/list"); }},
                    question);
}

Result<InputRequest> fit_question(InputRequest question, Revision revision) {
  if (auto* const form = std::get_if<ElicitRequestFormParams>(&question)) {
    return fit_form(std::move(*form), revision);
  }
  if (auto* const url = std::get_if<ElicitRequestURLParams>(&question)) {
    return fit_url(std::move(*url), revision);
  }
  if (auto* const sampling = std::get_if<CreateMessageRequestParams>(&question)) {
    Result<CreateMessageRequestParams> fit = fit_sampling(std::move(*sampling), revision);
    if (!fit) {
      return std::move(fit).error();
    }
    return InputRequest(*std::move(fit));
  }
  return question;
}

ClientCapabilities needed_for(const InputRequest& question) {
  ClientCapabilities needed;
  if (std::holds_alternative<ElicitRequestFormParams>(question)) {
    needed.elicitation.emplace().form = json::object();
  } else if (std::holds_alternative<ElicitRequestURLParams>(question)) {
    needed.elicitation.emplace().url = json::object();
  } else if (const auto* const sampling = std::get_if<CreateMessageRequestParams>(&question)) {
    needed.sampling.emplace();
    if (sampling->tools || sampling->toolChoice) {
      needed.sampling->tools = json::object();
    }
  } else {
    needed.roots.emplace();
  }
  return needed;
}

bool can_answer(const ClientCapabilities& client, const InputRequest& question) {
  if (std::holds_alternative<ElicitRequestFormParams>(question)) {
    return client.can_elicit_form();
  }
  if (std::holds_alternative<ElicitRequestURLParams>(question)) {
    return client.can_elicit_url();
  }
  if (const auto* const sampling = std::get_if<CreateMessageRequestParams>(&question)) {
    const bool with_tools = sampling->tools || sampling->toolChoice;
    return with_tools ? client.can_sample_with_tools() : client.can_sample();
  }
  return client.can_list_roots();
}

}  // namespace sumun::protocol
