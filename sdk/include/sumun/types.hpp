// SPDX-License-Identifier: Apache-2.0
// The specification's types as plain structs: its names, its spelling of the members. One set serves every revision;
// what a revision lacks is left out when a value is written for it (docs/protocol.md has the table).
// An absent member is an empty std::optional; `_meta`, schemas and other free objects are json.
#pragma once
#include <sumun/log.hpp>
#include <sumun/request_id.hpp>
#include <sumun/result.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace sumun {
inline namespace v0 {

// NOLINTBEGIN(readability-identifier-naming): the wire's spelling

// Compares all members. Written once here because sixty structs need it.
#define SUMUN_EQUALITY(Type) friend bool operator==(const Type&, const Type&) = default

// ---- common

enum class Role { user, assistant };

/// Display hints on resources and content. priority: 0 (least) to 1 (required reading); lastModified: ISO 8601.
struct Annotations {
  std::optional<std::vector<Role>> audience;
  std::optional<double> priority;
  std::optional<std::string> lastModified;  // since 2025-06-18
  SUMUN_EQUALITY(Annotations);
};

enum class IconTheme { light, dark };

/// An image for display. src: an https: or data: URI; sizes: "48x48" or "any".
struct Icon {
  std::string src;
  std::optional<std::string> mimeType;
  std::optional<std::vector<std::string>> sizes;
  std::optional<IconTheme> theme;
  SUMUN_EQUALITY(Icon);
};

/// A program that speaks MCP: what it says of itself, for display and logs only.
struct Implementation {
  std::string name;
  std::string version;
  std::optional<std::string> title;
  std::optional<std::string> description;
  std::optional<std::string> websiteUrl;
  std::optional<std::vector<Icon>> icons;
  SUMUN_EQUALITY(Implementation);
};

// ---- capabilities

struct RootsCapability {
  std::optional<bool> listChanged;  // legacy revisions
  SUMUN_EQUALITY(RootsCapability);
};

struct SamplingCapability {
  std::optional<json> context;  // object
  std::optional<json> tools;    // object
  SUMUN_EQUALITY(SamplingCapability);
};

/// Both absent means the form alone, as before there were two.
struct ElicitationCapability {
  std::optional<json> form;  // object
  std::optional<json> url;   // object
  SUMUN_EQUALITY(ElicitationCapability);
};

/// What a client can do for a server.
struct ClientCapabilities {
  std::optional<json> experimental;  // object of objects
  std::optional<RootsCapability> roots;
  std::optional<SamplingCapability> sampling;
  std::optional<ElicitationCapability> elicitation;
  std::optional<json> extensions;  // object of objects, 2026-07-28
  std::optional<json> tasks;       // object, 2025-11-25 only

  bool can_elicit_form() const { return elicitation && (elicitation->form || !elicitation->url); }
  bool can_elicit_url() const { return elicitation && elicitation->url; }
  bool can_sample() const { return sampling.has_value(); }
  bool can_sample_with_tools() const { return sampling && sampling->tools; }
  bool can_list_roots() const { return roots.has_value(); }
  SUMUN_EQUALITY(ClientCapabilities);
};

struct ListChangedCapability {
  std::optional<bool> listChanged;
  SUMUN_EQUALITY(ListChangedCapability);
};

struct ResourcesCapability {
  std::optional<bool> subscribe;
  std::optional<bool> listChanged;
  SUMUN_EQUALITY(ResourcesCapability);
};

/// What a server offers.
struct ServerCapabilities {
  std::optional<json> experimental;  // object of objects
  std::optional<json> logging;       // object
  std::optional<json> completions;   // object
  std::optional<ListChangedCapability> prompts;
  std::optional<ResourcesCapability> resources;
  std::optional<ListChangedCapability> tools;
  std::optional<json> extensions;  // object of objects, 2026-07-28
  std::optional<json> tasks;       // object, 2025-11-25 only
  SUMUN_EQUALITY(ServerCapabilities);
};

// ---- resources

/// Text behind a URI.
struct TextResourceContents {
  std::string uri;
  std::string text;
  std::optional<std::string> mimeType;
  std::optional<json> _meta;
  SUMUN_EQUALITY(TextResourceContents);
};

/// Bytes behind a URI; `blob` is base64.
struct BlobResourceContents {
  std::string uri;
  std::string blob;
  std::optional<std::string> mimeType;
  std::optional<json> _meta;
  SUMUN_EQUALITY(BlobResourceContents);
};

/// Told apart by which of `text` and `blob` is there.
using ResourceContents = std::variant<TextResourceContents, BlobResourceContents>;

/// A resource that a server lists. size: bytes of the raw content.
struct Resource {
  std::string uri;
  std::string name;
  std::optional<std::string> title;
  std::optional<std::string> description;
  std::optional<std::string> mimeType;
  std::optional<Annotations> annotations;
  std::optional<std::int64_t> size;
  std::optional<std::vector<Icon>> icons;
  std::optional<json> _meta;
  SUMUN_EQUALITY(Resource);
};

/// A family of resources. uriTemplate: RFC 6570.
struct ResourceTemplate {
  std::string uriTemplate;
  std::string name;
  std::optional<std::string> title;
  std::optional<std::string> description;
  std::optional<std::string> mimeType;
  std::optional<Annotations> annotations;
  std::optional<std::vector<Icon>> icons;
  std::optional<json> _meta;
  SUMUN_EQUALITY(ResourceTemplate);
};

// ---- content

struct TextContent {  // type "text"
  std::string text;
  std::optional<Annotations> annotations;
  std::optional<json> _meta;
  SUMUN_EQUALITY(TextContent);
};

/// data: base64
struct ImageContent {  // type "image"
  std::string data;
  std::string mimeType;
  std::optional<Annotations> annotations;
  std::optional<json> _meta;
  SUMUN_EQUALITY(ImageContent);
};

/// data: base64. Since 2025-03-26; before, the reader gets a text that says so.
struct AudioContent {  // type "audio"
  std::string data;
  std::string mimeType;
  std::optional<Annotations> annotations;
  std::optional<json> _meta;
  SUMUN_EQUALITY(AudioContent);
};

/// A resource by its address. Since 2025-06-18; before, the reader gets it as text.
struct ResourceLink {  // type "resource_link"
  std::string uri;
  std::string name;
  std::optional<std::string> title;
  std::optional<std::string> description;
  std::optional<std::string> mimeType;
  std::optional<Annotations> annotations;
  std::optional<std::int64_t> size;
  std::optional<std::vector<Icon>> icons;
  std::optional<json> _meta;
  SUMUN_EQUALITY(ResourceLink);
};

/// A resource with its contents.
struct EmbeddedResource {  // type "resource"
  ResourceContents resource;
  std::optional<Annotations> annotations;
  std::optional<json> _meta;
  SUMUN_EQUALITY(EmbeddedResource);
};

/// What tools and prompts answer with.
using ContentBlock = std::variant<TextContent, ImageContent, AudioContent, ResourceLink, EmbeddedResource>;

inline TextContent text_content(std::string text) {
  TextContent block;
  block.text = std::move(text);
  return block;
}
/// `base64`: the bytes of the image, already encoded.
inline ImageContent image_content(std::string base64, std::string mime_type) {
  ImageContent block;
  block.data = std::move(base64);
  block.mimeType = std::move(mime_type);
  return block;
}
inline AudioContent audio_content(std::string base64, std::string mime_type) {
  AudioContent block;
  block.data = std::move(base64);
  block.mimeType = std::move(mime_type);
  return block;
}

// ---- tools

/// Hints for display and for the client's own caution; derived from a tool's effects.
struct ToolAnnotations {
  std::optional<std::string> title;
  std::optional<bool> readOnlyHint;     // absent = false
  std::optional<bool> destructiveHint;  // absent = true
  std::optional<bool> idempotentHint;   // absent = false
  std::optional<bool> openWorldHint;    // absent = true
  SUMUN_EQUALITY(ToolAnnotations);
};

struct Tool {
  std::string name;
  std::optional<std::string> title;
  std::optional<std::string> description;
  json inputSchema = json::object();  // a JSON Schema of type object
  std::optional<json> outputSchema;   // since 2025-06-18; not an object's schema: wrapped before 2026-07-28
  std::optional<ToolAnnotations> annotations;
  std::optional<std::vector<Icon>> icons;
  std::optional<json> execution;  // object, 2025-11-25 only
  std::optional<json> _meta;
  SUMUN_EQUALITY(Tool);
};

struct CallToolRequestParams {
  std::string name;
  std::optional<json> arguments;       // object
  std::optional<json> inputResponses;  // object: key -> result of that input request
  std::optional<std::string> requestState;
  std::optional<json> _meta;
  SUMUN_EQUALITY(CallToolRequestParams);
};

/// What a tool answers. A tool's own failure is a result with isError, so that the model sees it.
struct CallToolResult {
  std::vector<ContentBlock> content;
  std::optional<json> structuredContent;
  std::optional<bool> isError;  // absent = false
  std::optional<json> _meta;

  bool failed() const { return isError.value_or(false); }
  static CallToolResult text(std::string words) {
    CallToolResult result;
    result.content.emplace_back(text_content(std::move(words)));
    return result;
  }
  /// A failure in words that a model can act on.
  static CallToolResult error(std::string words) {
    CallToolResult result = text(std::move(words));
    result.isError = true;
    return result;
  }
  SUMUN_EQUALITY(CallToolResult);
};

// ---- prompts

struct PromptArgument {
  std::string name;
  std::optional<std::string> title;
  std::optional<std::string> description;
  std::optional<bool> required;  // absent = false
  SUMUN_EQUALITY(PromptArgument);
};

struct Prompt {
  std::string name;
  std::optional<std::string> title;
  std::optional<std::string> description;
  std::optional<std::vector<PromptArgument>> arguments;
  std::optional<std::vector<Icon>> icons;
  std::optional<json> _meta;
  SUMUN_EQUALITY(Prompt);
};

struct PromptMessage {
  Role role = Role::user;
  ContentBlock content;
  SUMUN_EQUALITY(PromptMessage);
};

struct GetPromptRequestParams {
  std::string name;
  std::optional<std::map<std::string, std::string>> arguments;
  std::optional<json> inputResponses;  // object: key -> result of that input request
  std::optional<std::string> requestState;
  std::optional<json> _meta;
  SUMUN_EQUALITY(GetPromptRequestParams);
};

struct GetPromptResult {
  std::optional<std::string> description;
  std::vector<PromptMessage> messages;
  std::optional<json> _meta;
  SUMUN_EQUALITY(GetPromptResult);
};

// ---- lists

enum class CacheScope { public_, private_ };  // on the wire "public" and "private"

struct PaginatedRequestParams {
  std::optional<std::string> cursor;
  std::optional<json> _meta;
  SUMUN_EQUALITY(PaginatedRequestParams);
};

// ttlMs: how long the client may keep the answer, in milliseconds; 0 = ask each time. Only 2026-07-28 sends the two
// cache hints; where they are not set it sends 0 and "private".

struct ListToolsResult {
  std::vector<Tool> tools;
  std::optional<std::string> nextCursor;
  std::optional<std::int64_t> ttlMs;
  std::optional<CacheScope> cacheScope;
  std::optional<json> _meta;
  SUMUN_EQUALITY(ListToolsResult);
};

struct ListPromptsResult {
  std::vector<Prompt> prompts;
  std::optional<std::string> nextCursor;
  std::optional<std::int64_t> ttlMs;
  std::optional<CacheScope> cacheScope;
  std::optional<json> _meta;
  SUMUN_EQUALITY(ListPromptsResult);
};

struct ListResourcesResult {
  std::vector<Resource> resources;
  std::optional<std::string> nextCursor;
  std::optional<std::int64_t> ttlMs;
  std::optional<CacheScope> cacheScope;
  std::optional<json> _meta;
  SUMUN_EQUALITY(ListResourcesResult);
};

struct ListResourceTemplatesResult {
  std::vector<ResourceTemplate> resourceTemplates;
  std::optional<std::string> nextCursor;
  std::optional<std::int64_t> ttlMs;
  std::optional<CacheScope> cacheScope;
  std::optional<json> _meta;
  SUMUN_EQUALITY(ListResourceTemplatesResult);
};

// ---- reading, subscribing

struct ReadResourceRequestParams {
  std::string uri;
  std::optional<json> inputResponses;  // object: key -> result of that input request
  std::optional<std::string> requestState;
  std::optional<json> _meta;
  SUMUN_EQUALITY(ReadResourceRequestParams);
};

struct ReadResourceResult {
  std::vector<ResourceContents> contents;
  std::optional<std::int64_t> ttlMs;
  std::optional<CacheScope> cacheScope;
  std::optional<json> _meta;
  SUMUN_EQUALITY(ReadResourceResult);
};

/// resources/subscribe and resources/unsubscribe (legacy revisions)
struct SubscribeRequestParams {
  std::string uri;
  std::optional<json> _meta;
  SUMUN_EQUALITY(SubscribeRequestParams);
};

/// Which notifications a client opts in to. Spec: 2026-07-28 basic/patterns/subscriptions
struct SubscriptionFilter {
  std::optional<bool> toolsListChanged;
  std::optional<bool> promptsListChanged;
  std::optional<bool> resourcesListChanged;
  std::optional<std::vector<std::string>> resourceSubscriptions;  // URIs
  std::optional<std::vector<std::string>> taskIds;                // of the tasks extension
  SUMUN_EQUALITY(SubscriptionFilter);
};

struct SubscriptionsListenRequestParams {
  SubscriptionFilter notifications;
  std::optional<json> _meta;
  SUMUN_EQUALITY(SubscriptionsListenRequestParams);
};

/// Sent when a server ends a subscription by itself; `_meta` names the subscription.
struct SubscriptionsListenResult {
  std::optional<json> _meta;
  SUMUN_EQUALITY(SubscriptionsListenResult);
};

struct SubscriptionsAcknowledgedNotificationParams {
  SubscriptionFilter notifications;
  std::optional<json> _meta;
  SUMUN_EQUALITY(SubscriptionsAcknowledgedNotificationParams);
};

struct ResourceUpdatedNotificationParams {
  std::string uri;
  std::optional<json> _meta;
  SUMUN_EQUALITY(ResourceUpdatedNotificationParams);
};

// ---- completion

struct PromptReference {  // type "ref/prompt"
  std::string name;
  std::optional<std::string> title;
  SUMUN_EQUALITY(PromptReference);
};

/// uri: a resource's URI or a URI template
struct ResourceTemplateReference {  // type "ref/resource"
  std::string uri;
  SUMUN_EQUALITY(ResourceTemplateReference);
};

using CompletionReference = std::variant<PromptReference, ResourceTemplateReference>;

struct CompletionArgument {
  std::string name;
  std::string value;  // what the user has typed so far
  SUMUN_EQUALITY(CompletionArgument);
};

struct CompletionContext {
  std::optional<std::map<std::string, std::string>> arguments;  // those already chosen
  SUMUN_EQUALITY(CompletionContext);
};

struct CompleteRequestParams {
  CompletionReference ref;
  CompletionArgument argument;
  std::optional<CompletionContext> context;  // since 2025-06-18
  std::optional<json> _meta;
  SUMUN_EQUALITY(CompleteRequestParams);
};

/// At most kMaxCompletions values; total may be larger.
struct Completion {
  std::vector<std::string> values;
  std::optional<std::int64_t> total;
  std::optional<bool> hasMore;
  SUMUN_EQUALITY(Completion);
};

struct CompleteResult {
  Completion completion;
  std::optional<json> _meta;
  SUMUN_EQUALITY(CompleteResult);
};

// ---- elicitation

/// A form: requestedSchema is a flat object of primitive fields.
struct ElicitRequestFormParams {  // mode "form" or absent
  std::string message;
  json requestedSchema = json::object();
  std::optional<std::string> mode;  // "form" where it was said
  std::optional<json> _meta;        // legacy revisions
  SUMUN_EQUALITY(ElicitRequestFormParams);
};

/// A page that the user visits. Since 2025-11-25.
struct ElicitRequestURLParams {  // mode "url"
  std::string message;
  std::string url;
  std::optional<std::string> elicitationId;  // 2025-11-25 demands it, 2026-07-28 has it no more
  std::optional<json> _meta;                 // legacy revisions
  SUMUN_EQUALITY(ElicitRequestURLParams);
};

using ElicitRequestParams = std::variant<ElicitRequestFormParams, ElicitRequestURLParams>;

enum class ElicitAction { accept, decline, cancel };

struct ElicitResult {
  ElicitAction action = ElicitAction::cancel;
  std::optional<json> content;  // object; only after accept, only of a form
  std::optional<json> _meta;    // legacy revisions
  SUMUN_EQUALITY(ElicitResult);
};

struct ElicitationCompleteNotificationParams {  // 2025-11-25 only
  std::string elicitationId;
  std::optional<json> _meta;
  SUMUN_EQUALITY(ElicitationCompleteNotificationParams);
};

// ---- sampling (deprecated by 2026-07-28, still served)

struct ToolUseContent {  // type "tool_use"
  std::string id;
  std::string name;
  json input = json::object();
  std::optional<json> _meta;
  SUMUN_EQUALITY(ToolUseContent);
};

struct ToolResultContent {  // type "tool_result"
  std::string toolUseId;
  std::vector<ContentBlock> content;
  std::optional<json> structuredContent;
  std::optional<bool> isError;
  std::optional<json> _meta;
  SUMUN_EQUALITY(ToolResultContent);
};

using SamplingMessageContentBlock = std::variant<TextContent, ImageContent, AudioContent, ToolUseContent, ToolResultContent>;
/// One block or, since 2025-11-25, several.
using SamplingContent = std::variant<SamplingMessageContentBlock, std::vector<SamplingMessageContentBlock>>;

struct SamplingMessage {
  Role role = Role::user;
  SamplingContent content;
  std::optional<json> _meta;
  SUMUN_EQUALITY(SamplingMessage);
};

struct ModelHint {
  std::optional<std::string> name;
  SUMUN_EQUALITY(ModelHint);
};

/// Priorities: 0 (does not matter) to 1 (matters most).
struct ModelPreferences {
  std::optional<std::vector<ModelHint>> hints;
  std::optional<double> costPriority;
  std::optional<double> speedPriority;
  std::optional<double> intelligencePriority;
  SUMUN_EQUALITY(ModelPreferences);
};

enum class ToolChoiceMode { auto_, required, none };  // on the wire "auto", "required", "none"

struct ToolChoice {
  std::optional<ToolChoiceMode> mode;  // absent = auto
  SUMUN_EQUALITY(ToolChoice);
};

enum class IncludeContext { none, thisServer, allServers };

struct CreateMessageRequestParams {
  std::vector<SamplingMessage> messages;
  std::int64_t maxTokens = 0;
  std::optional<ModelPreferences> modelPreferences;
  std::optional<std::string> systemPrompt;
  std::optional<IncludeContext> includeContext;
  std::optional<double> temperature;
  std::optional<std::vector<std::string>> stopSequences;
  std::optional<json> metadata;  // object
  std::optional<std::vector<Tool>> tools;
  std::optional<ToolChoice> toolChoice;
  std::optional<json> _meta;  // legacy revisions
  SUMUN_EQUALITY(CreateMessageRequestParams);
};

/// stopReason: "endTurn", "stopSequence", "maxTokens", "toolUse" or the provider's own
struct CreateMessageResult {
  Role role = Role::assistant;
  SamplingContent content;
  std::string model;
  std::optional<std::string> stopReason;
  std::optional<json> _meta;
  SUMUN_EQUALITY(CreateMessageResult);
};

// ---- roots (deprecated by 2026-07-28, still served)

/// uri: a file: URI
struct Root {
  std::string uri;
  std::optional<std::string> name;
  std::optional<json> _meta;
  SUMUN_EQUALITY(Root);
};

struct ListRootsRequestParams {
  std::optional<json> _meta;
  SUMUN_EQUALITY(ListRootsRequestParams);
};

struct ListRootsResult {
  std::vector<Root> roots;
  std::optional<json> _meta;  // legacy revisions
  SUMUN_EQUALITY(ListRootsResult);
};

// ---- several rounds (2026-07-28)

/// A question to the client inside a result. On the wire {"method": …, "params": …}; the alternative is the method:
/// elicitation/create (form, URL), sampling/createMessage, roots/list.
using InputRequest =
    std::variant<ElicitRequestFormParams, ElicitRequestURLParams, CreateMessageRequestParams, ListRootsRequestParams>;
/// Its answer. The wire does not say which it is: whoever asked knows.
using InputResponse = std::variant<ElicitResult, CreateMessageResult, ListRootsResult>;

/// Spec: 2026-07-28 basic/patterns/mrtr. At least one of the two is there.
struct InputRequiredResult {  // resultType "input_required"
  std::optional<std::map<std::string, InputRequest>> inputRequests;
  std::optional<std::string> requestState;
  std::optional<json> _meta;
  SUMUN_EQUALITY(InputRequiredResult);
};

// ---- tasks (the extension io.modelcontextprotocol/tasks of 2026-07-28)

enum class TaskStatus { working, input_required, completed, failed, cancelled };
/// completed, failed and cancelled are for good.
constexpr bool is_final(TaskStatus status) { return status != TaskStatus::working && status != TaskStatus::input_required; }

/// What is known of a call that goes on after its request was answered. Times are ISO 8601, UTC.
struct Task {
  std::string taskId;
  TaskStatus status = TaskStatus::working;
  std::optional<std::string> statusMessage;
  std::string createdAt;
  std::string lastUpdatedAt;
  std::optional<std::int64_t> ttlMs;  // from its creation; none = for ever, on the wire null
  std::optional<std::int64_t> pollIntervalMs;
  SUMUN_EQUALITY(Task);
};

/// A task with what its status brings along.
struct DetailedTask : Task {
  std::optional<std::map<std::string, InputRequest>> inputRequests;  // input_required: the questions that are open
  std::optional<json> result;                                        // completed: what the call would have answered, an object
  std::optional<json> error;                                         // failed: the JSON-RPC error, an object
  SUMUN_EQUALITY(DetailedTask);
};

/// The answer to a call that became a task.
struct CreateTaskResult : Task {  // resultType "task"
  std::optional<json> _meta;
  SUMUN_EQUALITY(CreateTaskResult);
};

struct GetTaskResult : DetailedTask {
  std::optional<json> _meta;
  SUMUN_EQUALITY(GetTaskResult);
};

/// tasks/get and tasks/cancel
struct TaskRequestParams {
  std::string taskId;
  std::optional<json> _meta;
  SUMUN_EQUALITY(TaskRequestParams);
};

struct UpdateTaskRequestParams {
  std::string taskId;
  json inputResponses = json::object();  // object: key -> result of that input request
  std::optional<json> _meta;
  SUMUN_EQUALITY(UpdateTaskRequestParams);
};

struct TaskStatusNotificationParams : DetailedTask {
  std::optional<json> _meta;
  SUMUN_EQUALITY(TaskStatusNotificationParams);
};

// ---- opening

/// server/discover (2026-07-28)
struct DiscoverResult {
  std::vector<std::string> supportedVersions;
  ServerCapabilities capabilities;
  std::optional<std::string> instructions;
  std::optional<std::int64_t> ttlMs;
  std::optional<CacheScope> cacheScope;
  std::optional<json> _meta;
  SUMUN_EQUALITY(DiscoverResult);
};

/// initialize (legacy revisions)
struct InitializeRequestParams {
  std::string protocolVersion;
  ClientCapabilities capabilities;
  Implementation clientInfo;
  std::optional<json> _meta;
  SUMUN_EQUALITY(InitializeRequestParams);
};

struct InitializeResult {
  std::string protocolVersion;
  ServerCapabilities capabilities;
  Implementation serverInfo;
  std::optional<std::string> instructions;
  std::optional<json> _meta;
  SUMUN_EQUALITY(InitializeResult);
};

/// Success without data (ping, logging/setLevel, resources/subscribe…).
struct EmptyResult {
  std::optional<json> _meta;
  SUMUN_EQUALITY(EmptyResult);
};

/// Params of requests that have none but `_meta` (ping, server/discover).
struct RequestParams {
  std::optional<json> _meta;
  SUMUN_EQUALITY(RequestParams);
};

/// logging/setLevel (legacy revisions)
struct SetLevelRequestParams {
  LoggingLevel level = LoggingLevel::info;
  std::optional<json> _meta;
  SUMUN_EQUALITY(SetLevelRequestParams);
};

// ---- notifications

/// list_changed, initialized and others that say nothing but their name
struct NotificationParams {
  std::optional<json> _meta;
  SUMUN_EQUALITY(NotificationParams);
};

struct CancelledNotificationParams {
  std::optional<RequestId> requestId;  // absent only in 2025-11-25, for tasks
  std::optional<std::string> reason;
  std::optional<json> _meta;
  SUMUN_EQUALITY(CancelledNotificationParams);
};

struct ProgressNotificationParams {
  ProgressToken progressToken;
  double progress = 0;
  std::optional<double> total;
  std::optional<std::string> message;  // since 2025-03-26
  std::optional<json> _meta;
  SUMUN_EQUALITY(ProgressNotificationParams);
};

struct LoggingMessageNotificationParams {
  LoggingLevel level = LoggingLevel::info;
  json data;
  std::optional<std::string> logger;
  std::optional<json> _meta;
  SUMUN_EQUALITY(LoggingMessageNotificationParams);
};

// ---- data of errors

struct UnsupportedProtocolVersionData {
  std::vector<std::string> supported;
  std::string requested;
  SUMUN_EQUALITY(UnsupportedProtocolVersionData);
};

struct MissingRequiredClientCapabilityData {
  ClientCapabilities requiredCapabilities;
  SUMUN_EQUALITY(MissingRequiredClientCapabilityData);
};

// ---- what a request says of itself

/// The `_meta` of a request, taken apart. Legacy requests have a progress token and `rest` at most.
/// Spec: 2026-07-28 basic, Per-request protocol fields
struct RequestMeta {
  std::optional<std::string> protocolVersion;  // as it came; absent in the legacy era
  std::optional<Implementation> clientInfo;
  ClientCapabilities clientCapabilities;
  std::optional<LoggingLevel> logLevel;  // absent = no log messages for this request
  std::optional<ProgressToken> progressToken;
  json rest = json::object();  // every other key (traceparent, dev.sumun/run, …)

  bool is_modern() const { return protocolVersion.has_value(); }
  SUMUN_EQUALITY(RequestMeta);
};

#undef SUMUN_EQUALITY
// NOLINTEND(readability-identifier-naming)

}  // namespace v0
}  // namespace sumun
