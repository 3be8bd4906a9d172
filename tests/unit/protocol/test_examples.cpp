// SPDX-License-Identifier: Apache-2.0
// Every kind of 2026-07-28 message: decodes to its type, encodes to the same value, and that once more.
// The table is examples/*.json ({"Type": [value, …]}). SUMUN_SPEC_EXAMPLES=<spec>/schema/2026-07-28/examples runs the
// specification's own files (<Type>/<name>.json) through the same checks.
#include "base/json_text.hpp"
#include "jsonrpc/message.hpp"
#include "protocol/codec.hpp"
#include "protocol/errors.hpp"
#include "protocol/meta.hpp"
#include "protocol/methods.hpp"

#include <sumun/json.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string>

using namespace sumun;
using namespace sumun::protocol;

namespace {

// What went wrong, or nothing.
using Verdict = std::string;
using Check = std::function<Verdict(const json&)>;

Verdict same(const json& want, const json& got) {
  return want == got ? "" : "encodes to " + dump_json(got) + " instead of " + dump_json(want);
}

json parsed(const std::string& text) {
  Result<json> value = parse_json(text);
  return value ? *std::move(value) : json("unreadable: " + text);
}

template <class T>
Check plain() {
  return [](const json& value) -> Verdict {
    json copy = value;
    const Result<T> first = decode<T>(std::move(copy));
    if (!first) {
      return first.error().message;
    }
    json encoded = encode(*first);
    if (const Verdict verdict = same(value, encoded); !verdict.empty()) {
      return verdict;
    }
    const Result<T> second = decode<T>(std::move(encoded));
    return second && *second == *first ? "" : "the second decoding differs";
  };
}

// One alternative of a union, and decoding the union finds it.
template <class Union, class T>
Check member_of() {
  return [](const json& value) -> Verdict {
    json copy = value;
    const Result<Union> read = decode<Union>(std::move(copy));
    if (!read) {
      return read.error().message;
    }
    if (!std::holds_alternative<T>(*read)) {
      return "the union takes it for another type";
    }
    const Verdict verdict = same(value, encode(*read));
    return verdict.empty() ? plain<T>()(value) : verdict;
  };
}

template <class T>
Check result() {
  return [](const json& value) -> Verdict {
    json copy = value;
    const Result<T> read = decode_result<T>(std::move(copy));
    if (!read) {
      return read.error().message;
    }
    const Verdict verdict = same(value, encode(*read));
    return verdict.empty() ? plain<T>()(value) : verdict;
  };
}

template <class Call>
Check request() {
  return [](const json& value) -> Verdict {
    jsonrpc::Message message = jsonrpc::decode(json(value));
    auto* const read = std::get_if<jsonrpc::Request>(&message);
    if (read == nullptr) {
      return "no request";
    }
    const MethodInfo* const method = find_method(read->method);
    if (method == nullptr || method->method != Call::method || !has_method(kLatestRevision, method->method)) {
      return "another method: " + read->method;
    }
    json params = read->params;
    const Result<RequestMeta> meta = take_request_meta(params, LegacySession::none);
    if (!meta) {
      return meta.error().message;
    }
    if (!meta->is_modern()) {
      return "not taken for modern";
    }
    if (const Verdict verdict = same(value["params"]["_meta"], encode_request_meta(*meta)); !verdict.empty()) {
      return "_meta " + verdict;
    }
    const auto typed = decode_params<typename Call::Params>(std::move(read->params));
    if (!typed) {
      return typed.error().message;
    }
    return same(value, parsed(encode_request(read->id, name(Call::method), *typed, kLatestRevision)));
  };
}

template <class Params>
Check notification(Method wanted) {
  return [wanted](const json& value) -> Verdict {
    jsonrpc::Message message = jsonrpc::decode(json(value));
    auto* const read = std::get_if<jsonrpc::Notification>(&message);
    if (read == nullptr || read->method != name(wanted)) {
      return "not that notification";
    }
    if (read->params.is_null()) {
      return same(value, parsed(jsonrpc::encode_notification(name(wanted), nullptr)));
    }
    const Result<Params> typed = decode_params<Params>(std::move(read->params));
    if (!typed) {
      return typed.error().message;
    }
    return same(value, parsed(encode_notification(name(wanted), *typed, kLatestRevision)));
  };
}

template <class T>
Verdict check_response(json value, const jsonrpc::Response& read, Result<T> typed) {
  if (!typed) {
    return typed.error().message;
  }
  if constexpr (requires { typed->ttlMs; }) {
    // The schema demands cache hints; one of the specification's examples has none, and gets ours.
    json& result = value["result"];
    if (!typed->ttlMs) {
      result["ttlMs"] = 0;
    }
    if (!typed->cacheScope) {
      result["cacheScope"] = "private";
    }
  }
  return same(value, parsed(encode_response(read.id, *typed, Receiver{})));
}

template <class T>
Check response() {
  return [](const json& value) -> Verdict {
    jsonrpc::Message message = jsonrpc::decode(json(value));
    auto* const read = std::get_if<jsonrpc::Response>(&message);
    if (read == nullptr) {
      return "no response";
    }
    if constexpr (requires { decode_answer<T>(json()); } &&
                  (std::is_same_v<T, CallToolResult> || std::is_same_v<T, GetPromptResult> || std::is_same_v<T, ReadResourceResult>)) {
      auto answer = decode_answer<T>(std::move(read->result));
      if (answer && std::holds_alternative<InputRequiredResult>(*answer)) {
        return check_response<InputRequiredResult>(value, *read, std::get<InputRequiredResult>(*answer));
      }
      if (!answer) {
        return answer.error().message;
      }
      return check_response<T>(value, *read, std::get<T>(*std::move(answer)));
    } else {
      return check_response<T>(value, *read, decode_result<T>(std::move(read->result)));
    }
  };
}

// An error, by itself or in its response; its code is the one that we give to that name.
Check error(ErrorCode code) {
  return [code](const json& value) -> Verdict {
    const bool whole = value.contains("error");
    const json message_value = whole ? value : json{{"jsonrpc", "2.0"}, {"id", 1}, {"error", value}};
    jsonrpc::Message message = jsonrpc::decode(json(message_value));
    const auto* const read = std::get_if<jsonrpc::ErrorResponse>(&message);
    if (read == nullptr) {
      return "no error response";
    }
    if (read->error.code != code) {
      return "another code";
    }
    return same(message_value, parsed(jsonrpc::encode_error(read->id, error_for(kLatestRevision, read->error))));
  };
}

Verdict question(json value) {
  value.erase("id");  // one of the specification's examples has one, which its schema does not
  json copy = value;
  const Result<InputRequest> read = decode<InputRequest>(std::move(copy));
  if (!read) {
    return read.error().message;
  }
  if (method_of(*read) != value["method"].get<std::string>()) {
    return "another method";
  }
  json params = value.contains("params") ? value["params"] : json();
  const Result<InputRequest> pushed = decode_question(method_of(*read), std::move(params));
  if (!pushed || *pushed != *read) {
    return "a pushed question differs from one in inputRequests";
  }
  const Result<InputRequest> fit = fit_question(*read, kLatestRevision);
  if (!fit || *fit != *read) {
    return "does not fit the latest revision";
  }
  return same(value, encode(*read));
}

Verdict answer(const json& value) {
  InputRequest asked = CreateMessageRequestParams{};
  if (value.contains("action")) {
    asked = ElicitRequestFormParams{};
  } else if (value.contains("roots")) {
    asked = ListRootsRequestParams{};
  }
  json copy = value;
  const Result<InputResponse> read = decode_input_response(asked, std::move(copy));
  if (!read) {
    return read.error().message;
  }
  return same(value, std::visit([](const auto& result) { return encode(result); }, *read));
}

// Each member of an object.
Check each(Check check) {
  return [check = std::move(check)](const json& value) -> Verdict {
    for (const auto& [key, member] : value.items()) {
      if (const Verdict verdict = check(member); !verdict.empty()) {
        return key + ": " + verdict;
      }
    }
    return value.is_object() ? "" : "no object";
  };
}

// A field of a form: 2026-07-28 takes it as it is.
Verdict form_field(const json& value) {
  const json schema = {{"type", "object"}, {"properties", {{"field", value}}}, {"required", {"field"}}};
  const Result<json> fit = fit_form_schema(schema, kLatestRevision);
  return fit ? same(schema, *fit) : fit.error().message;
}

const std::map<std::string, Check>& checks() {
  static const std::map<std::string, Check> kChecks = {
      {"AudioContent", member_of<ContentBlock, AudioContent>()},
      {"BlobResourceContents", member_of<ResourceContents, BlobResourceContents>()},
      {"BooleanSchema", form_field},
      {"CallToolRequest", request<CallTool>()},
      {"CallToolRequestParams", plain<CallToolRequestParams>()},
      {"CallToolResult", result<CallToolResult>()},
      {"CallToolResultResponse", response<CallToolResult>()},
      {"CancelledNotification", notification<CancelledNotificationParams>(Method::cancelled)},
      {"CancelledNotificationParams", plain<CancelledNotificationParams>()},
      {"ClientCapabilities", plain<ClientCapabilities>()},
      {"CancelTaskRequest", request<CancelTask>()},
      {"CompleteRequest", request<Complete>()},
      {"CompleteRequestParams", plain<CompleteRequestParams>()},
      {"CompleteResult", result<CompleteResult>()},
      {"CompleteResultResponse", response<CompleteResult>()},
      {"CreateMessageRequest", question},
      {"CreateMessageRequestParams", plain<CreateMessageRequestParams>()},
      {"CreateMessageResult", plain<CreateMessageResult>()},
      {"CreateTaskResult", plain<CreateTaskResult>()},
      {"DetailedTask", plain<DetailedTask>()},
      {"DiscoverRequest", request<Discover>()},
      {"DiscoverResult", result<DiscoverResult>()},
      {"DiscoverResultResponse", response<DiscoverResult>()},
      {"ElicitRequest", question},
      {"ElicitRequestFormParams", member_of<ElicitRequestParams, ElicitRequestFormParams>()},
      {"ElicitRequestURLParams", member_of<ElicitRequestParams, ElicitRequestURLParams>()},
      {"ElicitResult", plain<ElicitResult>()},
      {"EmbeddedResource", member_of<ContentBlock, EmbeddedResource>()},
      {"GetPromptRequest", request<GetPrompt>()},
      {"GetPromptRequestParams", plain<GetPromptRequestParams>()},
      {"GetPromptResult", result<GetPromptResult>()},
      {"GetPromptResultResponse", response<GetPromptResult>()},
      {"GetTaskRequest", request<GetTask>()},
      {"GetTaskResult", result<GetTaskResult>()},
      {"HeaderMismatchError", error(ErrorCode::header_mismatch)},
      {"ImageContent", member_of<ContentBlock, ImageContent>()},
      {"Implementation", plain<Implementation>()},
      {"InputRequests", each(question)},
      {"InputRequiredResult", plain<InputRequiredResult>()},
      {"InputResponses", each(answer)},
      {"InternalError", error(ErrorCode::internal_error)},
      {"InvalidParamsError", error(ErrorCode::invalid_params)},
      {"InvalidRequestError", error(ErrorCode::invalid_request)},
      {"ListPromptsRequest", request<ListPrompts>()},
      {"ListPromptsResult", result<ListPromptsResult>()},
      {"ListPromptsResultResponse", response<ListPromptsResult>()},
      {"ListResourceTemplatesRequest", request<ListResourceTemplates>()},
      {"ListResourceTemplatesResult", result<ListResourceTemplatesResult>()},
      {"ListResourceTemplatesResultResponse", response<ListResourceTemplatesResult>()},
      {"ListResourcesRequest", request<ListResources>()},
      {"ListResourcesResult", result<ListResourcesResult>()},
      {"ListResourcesResultResponse", response<ListResourcesResult>()},
      {"ListRootsRequest", question},
      {"ListRootsResult", plain<ListRootsResult>()},
      {"ListToolsRequest", request<ListTools>()},
      {"ListToolsResult", result<ListToolsResult>()},
      {"ListToolsResultResponse", response<ListToolsResult>()},
      {"LoggingMessageNotification", notification<LoggingMessageNotificationParams>(Method::message)},
      {"LoggingMessageNotificationParams", plain<LoggingMessageNotificationParams>()},
      {"MethodNotFoundError", error(ErrorCode::method_not_found)},
      {"MissingRequiredClientCapabilityError", error(ErrorCode::missing_required_client_capability)},
      {"ModelPreferences", plain<ModelPreferences>()},
      {"NumberSchema", form_field},
      {"PaginatedRequestParams", plain<PaginatedRequestParams>()},
      {"ParseError", error(ErrorCode::parse_error)},
      {"ProgressNotification", notification<ProgressNotificationParams>(Method::progress)},
      {"ProgressNotificationParams", plain<ProgressNotificationParams>()},
      {"Prompt", plain<Prompt>()},
      {"PromptListChangedNotification", notification<NotificationParams>(Method::prompts_list_changed)},
      {"ReadResourceRequest", request<ReadResource>()},
      {"ReadResourceResult", result<ReadResourceResult>()},
      {"ReadResourceResultResponse", response<ReadResourceResult>()},
      {"Resource", plain<Resource>()},
      {"ResourceLink", member_of<ContentBlock, ResourceLink>()},
      {"ResourceListChangedNotification", notification<NotificationParams>(Method::resources_list_changed)},
      {"ResourceTemplate", plain<ResourceTemplate>()},
      {"ResourceUpdatedNotification", notification<ResourceUpdatedNotificationParams>(Method::resources_updated)},
      {"ResourceUpdatedNotificationParams", plain<ResourceUpdatedNotificationParams>()},
      {"Root", plain<Root>()},
      {"SamplingMessage", plain<SamplingMessage>()},
      {"ServerCapabilities", plain<ServerCapabilities>()},
      {"StringSchema", form_field},
      {"SubscriptionsAcknowledgedNotification",
       notification<SubscriptionsAcknowledgedNotificationParams>(Method::subscriptions_acknowledged)},
      {"SubscriptionsListenRequest", request<Listen>()},
      {"SubscriptionsListenResult", result<SubscriptionsListenResult>()},
      {"SubscriptionsListenResultResponse", response<SubscriptionsListenResult>()},
      {"TaskStatusNotification", notification<TaskStatusNotificationParams>(Method::task_status)},
      {"TextContent", member_of<ContentBlock, TextContent>()},
      {"TextResourceContents", member_of<ResourceContents, TextResourceContents>()},
      {"TitledMultiSelectEnumSchema", form_field},
      {"TitledSingleSelectEnumSchema", form_field},
      {"Tool", plain<Tool>()},
      {"ToolListChangedNotification", notification<NotificationParams>(Method::tools_list_changed)},
      {"ToolResultContent", member_of<SamplingMessageContentBlock, ToolResultContent>()},
      {"ToolUseContent", member_of<SamplingMessageContentBlock, ToolUseContent>()},
      {"UnsupportedProtocolVersionError", error(ErrorCode::unsupported_protocol_version)},
      {"UntitledMultiSelectEnumSchema", form_field},
      {"UpdateTaskRequest", request<UpdateTask>()},
      {"UntitledSingleSelectEnumSchema", form_field},
  };
  return kChecks;
}

json load(const std::filesystem::path& path) {
  std::ifstream file(path);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  Result<json> value = parse_json(text);
  REQUIRE_MESSAGE(value.has_value(), path.string(), ": ", value.error().message);
  return *std::move(value);
}

}  // namespace

TEST_CASE("every kind of message decodes to its type and encodes to the same value") {
  std::set<std::string> seen;
  for (const auto& entry : std::filesystem::directory_iterator(SUMUN_EXAMPLES)) {
    const json table = load(entry.path());
    for (const auto& [type, values] : table.items()) {
      CAPTURE(type);
      const auto check = checks().find(type);
      REQUIRE(check != checks().end());
      REQUIRE(values.is_array());
      for (const json& value : values) {
        CAPTURE(value.dump());
        CHECK(check->second(value) == "");
      }
      seen.insert(type);
    }
  }
  for (const auto& [type, check] : checks()) {
    CAPTURE(type);
    CHECK(seen.contains(type));
  }
}

TEST_CASE("the specification's own examples decode and encode to the same value") {
  const char* const folder = std::getenv("SUMUN_SPEC_EXAMPLES");
  if (folder == nullptr) {
    return;  // not on this machine
  }
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".json") {
      continue;
    }
    CAPTURE(entry.path().string());
    const auto check = checks().find(entry.path().parent_path().filename().string());
    REQUIRE(check != checks().end());
    CHECK(check->second(load(entry.path())) == "");
    ++files;
  }
  MESSAGE("examples of the specification: ", files);
  CHECK(files > 0);
}
