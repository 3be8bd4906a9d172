// SPDX-License-Identifier: Apache-2.0
// The codec's reading half, compiled here for every type.
#include "protocol/codec.hpp"
#include "protocol/fields.hpp"
#include "protocol/reader.hpp"
#include "protocol/type_list.hpp"

#include <sumun/limits.hpp>

#include <cmath>

namespace sumun::protocol {

std::string Path::text() const {
  if (parent == nullptr) {
    return std::string(name);
  }
  std::string out = parent->text();
  if (name.empty()) {
    return out + "[" + std::to_string(index) + "]";
  }
  const bool plain = name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
  return plain && name.size() <= 64 ? out + "." + std::string(name) : out + "[" + in_quotes(name) + "]";
}

// ---- the simple values

bool read(json& value, std::string& out, const Path& path, Fault& fault) {
  auto* const text = value.get_ptr<json::string_t*>();
  if (text == nullptr) {
    return fault.set(path, "expected string");
  }
  out = std::move(*text);
  return true;
}

bool read(json& value, bool& out, const Path& path, Fault& fault) {
  const auto* const flag = value.get_ptr<const json::boolean_t*>();
  if (flag == nullptr) {
    return fault.set(path, "expected boolean");
  }
  out = *flag;
  return true;
}

bool read(json& value, std::int64_t& out, const Path& path, Fault& fault) {
  // A progress token, an id and an integer are read by the same rule; only the string is not welcome here.
  const std::optional<RequestId> number = value.is_number() ? RequestId::from_json(value) : std::nullopt;
  const std::optional<std::int64_t> fits = number ? number->integer() : std::nullopt;
  if (!fits) {
    return fault.set(path, number ? "out of range" : "expected integer");
  }
  out = *fits;
  return true;
}

bool read(json& value, double& out, const Path& path, Fault& fault) {
  if (!value.is_number()) {
    return fault.set(path, "expected number");
  }
  out = value.get<double>();
  return true;
}

bool read(json& value, RequestId& out, const Path& path, Fault& fault) {
  std::optional<RequestId> id = RequestId::from_json(value);
  if (!id) {
    return fault.set(path, value.is_string() ? "too long" : "expected string or integer");
  }
  out = *std::move(id);
  return true;
}

bool read(json& value, json& out, const Path&, Fault&) {
  out = std::move(value);
  return true;
}

// ---- members

json* Reader::find(std::string_view name) {
  if (!ok_) {
    return nullptr;
  }
  const auto at = members_.find(name);
  return at == members_.end() ? nullptr : &at->second;
}

void Reader::missing(std::string_view name) {
  if (ok_) {
    ok_ = fault_.set(Path{&path_, name}, "missing");
  }
}

void Reader::object(std::string_view name, std::optional<json>& out, Feature) {
  json* const value = find(name);
  if (value == nullptr || value->is_null()) {
    return;
  }
  if (!value->is_object()) {
    ok_ = fault_.set(Path{&path_, name}, "expected object");
    return;
  }
  out = std::move(*value);
}

void Reader::object(std::string_view name, json& out, Feature) {
  std::optional<json> value;
  object(name, value);
  if (value) {
    out = *std::move(value);
  } else {
    missing(name);
  }
}

void Reader::any(std::string_view name, std::optional<json>& out, Feature) {
  if (json* const value = find(name)) {
    out = std::move(*value);
  }
}

void Reader::any(std::string_view name, json& out, Feature) {
  if (json* const value = find(name)) {
    out = std::move(*value);
  } else {
    missing(name);
  }
}

void Reader::cache_hints(std::optional<std::int64_t>& ttl_ms, std::optional<CacheScope>& scope) {
  (*this)("ttlMs", ttl_ms);
  (*this)("cacheScope", scope);
}

// ---- the unions

namespace {

// The string under `name`, or null with a fault.
const std::string* discriminator(json& value, std::string_view name, const Path& path, Fault& fault) {
  auto* const members = value.get_ptr<json::object_t*>();
  if (members == nullptr) {
    fault.set(path, "expected object");
    return nullptr;
  }
  const auto at = members->find(name);
  if (at == members->end()) {
    fault.set(Path{&path, name}, "missing");
    return nullptr;
  }
  const auto* const text = at->second.get_ptr<const json::string_t*>();
  if (text == nullptr) {
    fault.set(Path{&path, name}, "expected string");
  }
  return text;
}

template <class Alternative, class Union>
bool read_as(json& value, Union& out, const Path& path, Fault& fault) {
  return read(value, out.template emplace<Alternative>(), path, fault);
}

}  // namespace

bool read(json& value, ContentBlock& out, const Path& path, Fault& fault) {
  const std::string* const type = discriminator(value, "type", path, fault);
  if (type == nullptr) {
    return false;
  }
  if (*type == "text") {
    return read_as<TextContent>(value, out, path, fault);
  }
  if (*type == "image") {
    return read_as<ImageContent>(value, out, path, fault);
  }
  if (*type == "audio") {
    return read_as<AudioContent>(value, out, path, fault);
  }
  if (*type == "resource_link") {
    return read_as<ResourceLink>(value, out, path, fault);
  }
  if (*type == "resource") {
    return read_as<EmbeddedResource>(value, out, path, fault);
  }
  return fault.set(Path{&path, "type"}, "unknown value " + in_quotes(*type));
}

bool read(json& value, SamplingMessageContentBlock& out, const Path& path, Fault& fault) {
  const std::string* const type = discriminator(value, "type", path, fault);
  if (type == nullptr) {
    return false;
  }
  if (*type == "text") {
    return read_as<TextContent>(value, out, path, fault);
  }
  if (*type == "image") {
    return read_as<ImageContent>(value, out, path, fault);
  }
  if (*type == "audio") {
    return read_as<AudioContent>(value, out, path, fault);
  }
  if (*type == "tool_use") {
    return read_as<ToolUseContent>(value, out, path, fault);
  }
  if (*type == "tool_result") {
    return read_as<ToolResultContent>(value, out, path, fault);
  }
  return fault.set(Path{&path, "type"}, "unknown value " + in_quotes(*type));
}

bool read(json& value, SamplingContent& out, const Path& path, Fault& fault) {
  return value.is_array() ? read_as<std::vector<SamplingMessageContentBlock>>(value, out, path, fault)
                          : read_as<SamplingMessageContentBlock>(value, out, path, fault);
}

bool read(json& value, ResourceContents& out, const Path& path, Fault& fault) {
  const auto* const members = value.get_ptr<const json::object_t*>();
  if (members != nullptr && !members->contains("text") && members->contains("blob")) {
    return read_as<BlobResourceContents>(value, out, path, fault);
  }
  return read_as<TextResourceContents>(value, out, path, fault);
}

bool read(json& value, CompletionReference& out, const Path& path, Fault& fault) {
  const std::string* const type = discriminator(value, "type", path, fault);
  if (type == nullptr) {
    return false;
  }
  if (*type == "ref/prompt") {
    return read_as<PromptReference>(value, out, path, fault);
  }
  if (*type == "ref/resource") {
    return read_as<ResourceTemplateReference>(value, out, path, fault);
  }
  return fault.set(Path{&path, "type"}, "unknown value " + in_quotes(*type));
}

bool read(json& value, ElicitRequestParams& out, const Path& path, Fault& fault) {
  const auto* const members = value.get_ptr<const json::object_t*>();
  if (members == nullptr || !members->contains("mode")) {
    return read_as<ElicitRequestFormParams>(value, out, path, fault);
  }
  const std::string* const mode = discriminator(value, "mode", path, fault);
  if (mode == nullptr) {
    return false;
  }
  if (*mode == "url") {
    return read_as<ElicitRequestURLParams>(value, out, path, fault);
  }
  if (*mode == "form") {
    return read_as<ElicitRequestFormParams>(value, out, path, fault);
  }
  return fault.set(Path{&path, "mode"}, "unknown value " + in_quotes(*mode));
}

namespace {

bool read_question(std::string_view method, json& params, InputRequest& out, const Path& path, Fault& fault) {
  if (params.is_null()) {
    params = json::object();
  }
  if (method == "elicitation/create") {
    ElicitRequestParams read_params;
    if (!read(params, read_params, path, fault)) {
      return false;
    }
    std::visit([&out](auto& mode) { out = std::move(mode); }, read_params);
    return true;
  }
  if (method == "sampling/createMessage") {
    return read_as<CreateMessageRequestParams>(params, out, path, fault);
  }
  return read_as<ListRootsRequestParams>(params, out, path, fault);  // roots/list: the caller has looked
}

bool is_question(std::string_view method) {
  return method == "elicitation/create" || method == "sampling/createMessage" || method == "roots/list";
}

}  // namespace

bool read(json& value, InputRequest& out, const Path& path, Fault& fault) {
  const std::string* const method = discriminator(value, "method", path, fault);
  if (method == nullptr) {
    return false;
  }
  if (!is_question(*method)) {
    return fault.set(Path{&path, "method"}, "unknown value " + in_quotes(*method));
  }
  json params;
  if (const auto given = value.find("params"); given != value.end()) {
    params = std::move(*given);
  }
  return read_question(*method, params, out, Path{&path, "params"}, fault);
}

Result<InputRequest> decode_question(std::string_view method, json&& params) {
  if (!is_question(method)) {
    return Error{ErrorCode::method_not_found, "unknown method " + in_quotes(method), nullptr};
  }
  InputRequest out;
  Fault fault;
  if (!read_question(method, params, out, Path{nullptr, "params"}, fault)) {
    return Error{ErrorCode::invalid_params, std::move(fault.message), nullptr};
  }
  return out;
}

Result<InputResponse> decode_input_response(const InputRequest& question, json&& answer, std::string_view path) {
  InputResponse out;
  Fault fault;
  const Path root{nullptr, path};
  bool ok = false;
  if (std::holds_alternative<CreateMessageRequestParams>(question)) {
    ok = read_as<CreateMessageResult>(answer, out, root, fault);
  } else if (std::holds_alternative<ListRootsRequestParams>(question)) {
    ok = read_as<ListRootsResult>(answer, out, root, fault);
  } else {
    ok = read_as<ElicitResult>(answer, out, root, fault);
  }
  if (!ok) {
    return Error{ErrorCode::invalid_params, std::move(fault.message), nullptr};
  }
  return out;
}

// ---- the public half

namespace {

template <class T>
Result<T> decode_as(json& value, std::string_view path, ErrorCode code) {
  T out;
  Fault fault;
  if (!read(value, out, Path{nullptr, path}, fault)) {
    return Error{code, std::move(fault.message), nullptr};
  }
  return out;
}

std::optional<std::string> too_long(std::string_view member, std::string_view text, std::size_t limit) {
  if (text.size() <= limit) {
    return std::nullopt;
  }
  return "params." + std::string(member) + ": longer than " + std::to_string(limit) + " bytes";
}

// What a peer may name at most: the names go into tables, logs and messages.
template <class T>
std::optional<std::string> over_bounds(const T& params) {
  if constexpr (requires { std::string_view(params.name); }) {
    return too_long("name", params.name, kMaxNameBytes);
  } else if constexpr (requires { std::string_view(params.uri); }) {
    return too_long("uri", params.uri, kMaxUriBytes);
  } else if constexpr (requires { std::string_view(params.taskId); }) {
    return too_long("taskId", params.taskId, kMaxNameBytes);
  } else {
    return std::nullopt;
  }
}

std::optional<std::string> over_bounds(const CompleteRequestParams& params) {
  if (const auto* prompt = std::get_if<PromptReference>(&params.ref)) {
    return too_long("ref.name", prompt->name, kMaxNameBytes);
  }
  return too_long("ref.uri", std::get<ResourceTemplateReference>(params.ref).uri, kMaxUriBytes);
}

std::optional<std::string> over_bounds(const SubscriptionsListenRequestParams& params) {
  const auto& uris = params.notifications.resourceSubscriptions;
  if (uris) {
    if (uris->size() > kMaxSubscribedUris) {
      return "params.notifications.resourceSubscriptions: more than " + std::to_string(kMaxSubscribedUris) + " resources";
    }
    for (const std::string& uri : *uris) {
      if (auto fault = too_long("notifications.resourceSubscriptions", uri, kMaxUriBytes)) {
        return fault;
      }
    }
  }
  const auto& tasks = params.notifications.taskIds;
  if (tasks) {
    if (tasks->size() > kMaxSubscribedTasks) {
      return "params.notifications.taskIds: more than " + std::to_string(kMaxSubscribedTasks) + " tasks";
    }
    for (const std::string& id : *tasks) {
      if (auto fault = too_long("notifications.taskIds", id, kMaxNameBytes)) {
        return fault;
      }
    }
  }
  return std::nullopt;
}

enum class Kind { complete, input_required, unknown };

// The kind of a result; an absent `resultType` means complete (what a legacy server sends).
// Spec: 2026-07-28 basic, ResultType
Kind kind_of(const json& result, std::string& fault) {
  const auto* const members = result.get_ptr<const json::object_t*>();
  if (members == nullptr) {
    fault = "result: expected object";
    return Kind::unknown;
  }
  const auto at = members->find("resultType");
  if (at == members->end() || at->second == "complete") {
    return Kind::complete;
  }
  if (at->second == "input_required") {
    return Kind::input_required;
  }
  const auto* const text = at->second.get_ptr<const json::string_t*>();
  fault = "result.resultType: " + (text != nullptr ? "unknown value " + in_quotes(*text) : std::string("expected string"));
  return Kind::unknown;
}

}  // namespace

template <class T>
Result<T> decode(json&& value, std::string_view path) {
  return decode_as<T>(value, path, ErrorCode::invalid_value);
}

template <class T>
Result<T> decode_params(json&& params) {
  if (params.is_null()) {
    params = json::object();
  }
  Result<T> out = decode_as<T>(params, "params", ErrorCode::invalid_params);
  if (out) {
    if (auto fault = over_bounds(*out)) {
      return Error{ErrorCode::invalid_params, *std::move(fault), nullptr};
    }
  }
  return out;
}

template <class T>
Result<T> decode_result(json&& result) {
  std::string fault;
  switch (kind_of(result, fault)) {
    case Kind::complete:
      return decode_as<T>(result, "result", ErrorCode::invalid_value);
    case Kind::input_required:
      fault = "result.resultType: \"input_required\" is not allowed for this request";
      break;
    case Kind::unknown:
      break;
  }
  return Error{ErrorCode::invalid_value, std::move(fault), nullptr};
}

template <class T>
Result<std::variant<T, InputRequiredResult>> decode_answer(json&& result) {
  using Answer = std::variant<T, InputRequiredResult>;
  std::string fault;
  switch (kind_of(result, fault)) {
    case Kind::complete: {
      Result<T> complete = decode_as<T>(result, "result", ErrorCode::invalid_value);
      if (!complete) {
        return std::move(complete).error();
      }
      return Answer(*std::move(complete));
    }
    case Kind::input_required: {
      Result<InputRequiredResult> question = decode_as<InputRequiredResult>(result, "result", ErrorCode::invalid_value);
      if (!question) {
        return std::move(question).error();
      }
      return Answer(*std::move(question));
    }
    case Kind::unknown:
      break;
  }
  return Error{ErrorCode::invalid_value, std::move(fault), nullptr};
}

#define SUMUN_DECODE(Type) template Result<Type> decode<Type>(json&&, std::string_view);
#define SUMUN_DECODE_PARAMS(Type) template Result<Type> decode_params<Type>(json&&);
#define SUMUN_DECODE_RESULT(Type) template Result<Type> decode_result<Type>(json&&);
SUMUN_PARAMS_TYPES(SUMUN_DECODE)
SUMUN_RESULT_TYPES(SUMUN_DECODE)
SUMUN_OTHER_TYPES(SUMUN_DECODE)
SUMUN_PARAMS_TYPES(SUMUN_DECODE_PARAMS)
SUMUN_RESULT_TYPES(SUMUN_DECODE_RESULT)
template Result<std::variant<CallToolResult, InputRequiredResult>> decode_answer<CallToolResult>(json&&);
template Result<std::variant<GetPromptResult, InputRequiredResult>> decode_answer<GetPromptResult>(json&&);
template Result<std::variant<ReadResourceResult, InputRequiredResult>> decode_answer<ReadResourceResult>(json&&);

}  // namespace sumun::protocol
