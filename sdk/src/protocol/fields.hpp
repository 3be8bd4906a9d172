// SPDX-License-Identifier: Apache-2.0
// What members each type has, once, for reading and writing alike, with the feature that a member needs:
//   v("name", member)              required unless it is a std::optional
//   v("name", member, feature)     the same, and written only where the receiver's revision has the feature
//   v.object, v.any                free JSON: an object, any value
//   v.nullable                     always written, null where there is none
//   v.constant                     the discriminator of a union
//   v.result_type, v.cache_hints, v.result_meta   what a result says besides
// Spec: schema.ts of every revision; the names are the wire's.
#pragma once
#include <sumun/revision.hpp>
#include <sumun/types.hpp>

#include <array>
#include <string_view>

namespace sumun::protocol {

template <class T>
struct Fields;
template <class T>
struct EnumNames;

struct FieldList {
  static constexpr bool kHasFields = true;
};

// ---- enumerations, in the order of their declaration

template <>
struct EnumNames<Role> {
  static constexpr std::array<std::string_view, 2> kNames = {"user", "assistant"};
};
template <>
struct EnumNames<IconTheme> {
  static constexpr std::array<std::string_view, 2> kNames = {"light", "dark"};
};
template <>
struct EnumNames<CacheScope> {
  static constexpr std::array<std::string_view, 2> kNames = {"public", "private"};
};
template <>
struct EnumNames<ElicitAction> {
  static constexpr std::array<std::string_view, 3> kNames = {"accept", "decline", "cancel"};
};
template <>
struct EnumNames<ToolChoiceMode> {
  static constexpr std::array<std::string_view, 3> kNames = {"auto", "required", "none"};
};
template <>
struct EnumNames<IncludeContext> {
  static constexpr std::array<std::string_view, 3> kNames = {"none", "thisServer", "allServers"};
};
template <>
struct EnumNames<LoggingLevel> {
  static constexpr std::array<std::string_view, 8> kNames = {"debug", "info",     "notice", "warning",
                                                             "error", "critical", "alert",  "emergency"};
};
template <>
struct EnumNames<TaskStatus> {
  static constexpr std::array<std::string_view, 5> kNames = {"working", "input_required", "completed", "failed", "cancelled"};
};

// ---- common

template <>
struct Fields<Annotations> : FieldList {
  static void visit(auto& v, auto& t) {
    v("audience", t.audience);
    v("priority", t.priority);
    v("lastModified", t.lastModified, Feature::last_modified);
  }
};

template <>
struct Fields<Icon> : FieldList {
  static void visit(auto& v, auto& t) {
    v("src", t.src);
    v("mimeType", t.mimeType);
    v("sizes", t.sizes);
    v("theme", t.theme);
  }
};

template <>
struct Fields<Implementation> : FieldList {
  static void visit(auto& v, auto& t) {
    v("name", t.name);
    v("title", t.title, Feature::titles);
    v("version", t.version);
    v("description", t.description, Feature::implementation_details);
    v("websiteUrl", t.websiteUrl, Feature::implementation_details);
    v("icons", t.icons, Feature::icons);
  }
};

// ---- capabilities

template <>
struct Fields<RootsCapability> : FieldList {
  static void visit(auto& v, auto& t) { v("listChanged", t.listChanged, Feature::roots_list_changed); }
};

template <>
struct Fields<SamplingCapability> : FieldList {
  static void visit(auto& v, auto& t) {
    v.object("context", t.context, Feature::sampling_tools);
    v.object("tools", t.tools, Feature::sampling_tools);
  }
};

template <>
struct Fields<ElicitationCapability> : FieldList {
  static void visit(auto& v, auto& t) {
    v.object("form", t.form, Feature::elicitation_mode);
    v.object("url", t.url, Feature::elicitation_url);
  }
};

template <>
struct Fields<ClientCapabilities> : FieldList {
  static void visit(auto& v, auto& t) {
    v.object("experimental", t.experimental);
    v("roots", t.roots);
    v("sampling", t.sampling);
    v("elicitation", t.elicitation, Feature::elicitation);
    v.object("extensions", t.extensions, Feature::extensions);
    v.object("tasks", t.tasks, Feature::task_fields);
  }
};

template <>
struct Fields<ListChangedCapability> : FieldList {
  static void visit(auto& v, auto& t) { v("listChanged", t.listChanged); }
};

template <>
struct Fields<ResourcesCapability> : FieldList {
  static void visit(auto& v, auto& t) {
    v("subscribe", t.subscribe);
    v("listChanged", t.listChanged);
  }
};

template <>
struct Fields<ServerCapabilities> : FieldList {
  static void visit(auto& v, auto& t) {
    v.object("experimental", t.experimental);
    v.object("logging", t.logging);
    v.object("completions", t.completions, Feature::completions_capability);
    v("prompts", t.prompts);
    v("resources", t.resources);
    v("tools", t.tools);
    v.object("extensions", t.extensions, Feature::extensions);
    v.object("tasks", t.tasks, Feature::task_fields);
  }
};

// ---- resources

template <>
struct Fields<TextResourceContents> : FieldList {
  static void visit(auto& v, auto& t) {
    v("uri", t.uri);
    v("mimeType", t.mimeType);
    v("text", t.text);
    v.object("_meta", t._meta, Feature::item_meta);
  }
};

template <>
struct Fields<BlobResourceContents> : FieldList {
  static void visit(auto& v, auto& t) {
    v("uri", t.uri);
    v("mimeType", t.mimeType);
    v("blob", t.blob);
    v.object("_meta", t._meta, Feature::item_meta);
  }
};

/// Resource and ResourceLink have the same members.
struct ResourceFields : FieldList {
  static void visit(auto& v, auto& t) {
    v("uri", t.uri);
    v("name", t.name);
    v("title", t.title, Feature::titles);
    v("description", t.description);
    v("mimeType", t.mimeType);
    v("annotations", t.annotations);
    v("size", t.size);
    v("icons", t.icons, Feature::icons);
    v.object("_meta", t._meta, Feature::item_meta);
  }
};

template <>
struct Fields<Resource> : ResourceFields {};

template <>
struct Fields<ResourceTemplate> : FieldList {
  static void visit(auto& v, auto& t) {
    v("uriTemplate", t.uriTemplate);
    v("name", t.name);
    v("title", t.title, Feature::titles);
    v("description", t.description);
    v("mimeType", t.mimeType);
    v("annotations", t.annotations);
    v("icons", t.icons, Feature::icons);
    v.object("_meta", t._meta, Feature::item_meta);
  }
};

// ---- content

template <>
struct Fields<TextContent> : FieldList {
  static void visit(auto& v, auto& t) {
    v.constant("type", "text");
    v("text", t.text);
    v("annotations", t.annotations);
    v.object("_meta", t._meta, Feature::item_meta);
  }
};

template <>
struct Fields<ImageContent> : FieldList {
  static void visit(auto& v, auto& t) {
    v.constant("type", "image");
    v("data", t.data);
    v("mimeType", t.mimeType);
    v("annotations", t.annotations);
    v.object("_meta", t._meta, Feature::item_meta);
  }
};

template <>
struct Fields<AudioContent> : FieldList {
  static void visit(auto& v, auto& t) {
    v.constant("type", "audio");
    v("data", t.data);
    v("mimeType", t.mimeType);
    v("annotations", t.annotations);
    v.object("_meta", t._meta, Feature::item_meta);
  }
};

template <>
struct Fields<ResourceLink> : FieldList {
  static void visit(auto& v, auto& t) {
    v.constant("type", "resource_link");
    ResourceFields::visit(v, t);
  }
};

template <>
struct Fields<EmbeddedResource> : FieldList {
  static void visit(auto& v, auto& t) {
    v.constant("type", "resource");
    v("resource", t.resource);
    v("annotations", t.annotations);
    v.object("_meta", t._meta, Feature::item_meta);
  }
};

// ---- tools

template <>
struct Fields<ToolAnnotations> : FieldList {
  static void visit(auto& v, auto& t) {
    v("title", t.title);
    v("readOnlyHint", t.readOnlyHint);
    v("destructiveHint", t.destructiveHint);
    v("idempotentHint", t.idempotentHint);
    v("openWorldHint", t.openWorldHint);
  }
};

template <>
struct Fields<Tool> : FieldList {
  static void visit(auto& v, auto& t) {
    v("name", t.name);
    v("title", t.title, Feature::titles);
    v("description", t.description);
    v.object("inputSchema", t.inputSchema);
    v.output_schema(t.outputSchema);
    v("annotations", t.annotations, Feature::tool_annotations);
    v("icons", t.icons, Feature::icons);
    v.object("execution", t.execution, Feature::task_fields);
    v.object("_meta", t._meta, Feature::item_meta);
  }
};

template <>
struct Fields<CallToolRequestParams> : FieldList {
  static void visit(auto& v, auto& t) {
    v("name", t.name);
    v.object("arguments", t.arguments);
    v.object("inputResponses", t.inputResponses, Feature::input_required);
    v("requestState", t.requestState, Feature::input_required);
    v.object("_meta", t._meta);
  }
};

template <>
struct Fields<CallToolResult> : FieldList {
  static void visit(auto& v, auto& t) {
    v.legacy_output(t.content, t.structuredContent);
    v.output(t.structuredContent);
    v("isError", t.isError);
    v.result_type("complete");
    v.result_meta(t._meta);
  }
};

// ---- prompts

template <>
struct Fields<PromptArgument> : FieldList {
  static void visit(auto& v, auto& t) {
    v("name", t.name);
    v("title", t.title, Feature::titles);
    v("description", t.description);
    v("required", t.required);
  }
};

template <>
struct Fields<Prompt> : FieldList {
  static void visit(auto& v, auto& t) {
    v("name", t.name);
    v("title", t.title, Feature::titles);
    v("description", t.description);
    v("arguments", t.arguments);
    v("icons", t.icons, Feature::icons);
    v.object("_meta", t._meta, Feature::item_meta);
  }
};

template <>
struct Fields<PromptMessage> : FieldList {
  static void visit(auto& v, auto& t) {
    v("role", t.role);
    v("content", t.content);
  }
};

template <>
struct Fields<GetPromptRequestParams> : FieldList {
  static void visit(auto& v, auto& t) {
    v("name", t.name);
    v("arguments", t.arguments);
    v.object("inputResponses", t.inputResponses, Feature::input_required);
    v("requestState", t.requestState, Feature::input_required);
    v.object("_meta", t._meta);
  }
};

template <>
struct Fields<GetPromptResult> : FieldList {
  static void visit(auto& v, auto& t) {
    v("description", t.description);
    v("messages", t.messages);
    v.result_type("complete");
    v.result_meta(t._meta);
  }
};

// ---- lists

template <>
struct Fields<PaginatedRequestParams> : FieldList {
  static void visit(auto& v, auto& t) {
    v("cursor", t.cursor);
    v.object("_meta", t._meta);
  }
};

/// What every list says besides its items.
struct ListFields : FieldList {
  static void visit(auto& v, auto& t) {
    v("nextCursor", t.nextCursor);
    v.cache_hints(t.ttlMs, t.cacheScope);
    v.result_type("complete");
    v.result_meta(t._meta);
  }
};

template <>
struct Fields<ListToolsResult> : FieldList {
  static void visit(auto& v, auto& t) {
    v("tools", t.tools);
    ListFields::visit(v, t);
  }
};

template <>
struct Fields<ListPromptsResult> : FieldList {
  static void visit(auto& v, auto& t) {
    v("prompts", t.prompts);
    ListFields::visit(v, t);
  }
};

template <>
struct Fields<ListResourcesResult> : FieldList {
  static void visit(auto& v, auto& t) {
    v("resources", t.resources);
    ListFields::visit(v, t);
  }
};

template <>
struct Fields<ListResourceTemplatesResult> : FieldList {
  static void visit(auto& v, auto& t) {
    v("resourceTemplates", t.resourceTemplates);
    ListFields::visit(v, t);
  }
};

// ---- reading, subscribing

template <>
struct Fields<ReadResourceRequestParams> : FieldList {
  static void visit(auto& v, auto& t) {
    v("uri", t.uri);
    v.object("inputResponses", t.inputResponses, Feature::input_required);
    v("requestState", t.requestState, Feature::input_required);
    v.object("_meta", t._meta);
  }
};

template <>
struct Fields<ReadResourceResult> : FieldList {
  static void visit(auto& v, auto& t) {
    v("contents", t.contents);
    v.cache_hints(t.ttlMs, t.cacheScope);
    v.result_type("complete");
    v.result_meta(t._meta);
  }
};

template <>
struct Fields<SubscribeRequestParams> : FieldList {
  static void visit(auto& v, auto& t) {
    v("uri", t.uri);
    v.object("_meta", t._meta);
  }
};

template <>
struct Fields<SubscriptionFilter> : FieldList {
  static void visit(auto& v, auto& t) {
    v("toolsListChanged", t.toolsListChanged);
    v("promptsListChanged", t.promptsListChanged);
    v("resourcesListChanged", t.resourcesListChanged);
    v("resourceSubscriptions", t.resourceSubscriptions);
    v("taskIds", t.taskIds);
  }
};

template <>
struct Fields<SubscriptionsListenRequestParams> : FieldList {
  static void visit(auto& v, auto& t) {
    v("notifications", t.notifications);
    v.object("_meta", t._meta);
  }
};

template <>
struct Fields<SubscriptionsListenResult> : FieldList {
  static void visit(auto& v, auto& t) {
    v.result_type("complete");
    v.result_meta(t._meta);
  }
};

template <>
struct Fields<SubscriptionsAcknowledgedNotificationParams> : FieldList {
  static void visit(auto& v, auto& t) {
    v("notifications", t.notifications);
    v.object("_meta", t._meta);
  }
};

template <>
struct Fields<ResourceUpdatedNotificationParams> : FieldList {
  static void visit(auto& v, auto& t) {
    v("uri", t.uri);
    v.object("_meta", t._meta);
  }
};

// ---- completion

template <>
struct Fields<PromptReference> : FieldList {
  static void visit(auto& v, auto& t) {
    v.constant("type", "ref/prompt");
    v("name", t.name);
    v("title", t.title, Feature::titles);
  }
};

template <>
struct Fields<ResourceTemplateReference> : FieldList {
  static void visit(auto& v, auto& t) {
    v.constant("type", "ref/resource");
    v("uri", t.uri);
  }
};

template <>
struct Fields<CompletionArgument> : FieldList {
  static void visit(auto& v, auto& t) {
    v("name", t.name);
    v("value", t.value);
  }
};

template <>
struct Fields<CompletionContext> : FieldList {
  static void visit(auto& v, auto& t) { v("arguments", t.arguments); }
};

template <>
struct Fields<CompleteRequestParams> : FieldList {
  static void visit(auto& v, auto& t) {
    v("ref", t.ref);
    v("argument", t.argument);
    v("context", t.context, Feature::completion_context);
    v.object("_meta", t._meta);
  }
};

template <>
struct Fields<Completion> : FieldList {
  static void visit(auto& v, auto& t) {
    v("values", t.values);
    v("total", t.total);
    v("hasMore", t.hasMore);
  }
};

template <>
struct Fields<CompleteResult> : FieldList {
  static void visit(auto& v, auto& t) {
    v("completion", t.completion);
    v.result_type("complete");
    v.result_meta(t._meta);
  }
};

// ---- elicitation

template <>
struct Fields<ElicitRequestFormParams> : FieldList {
  static void visit(auto& v, auto& t) {
    v("mode", t.mode, Feature::elicitation_mode);
    v("message", t.message);
    v.object("requestedSchema", t.requestedSchema);
    v.object("_meta", t._meta, Feature::pushed_requests);
  }
};

template <>
struct Fields<ElicitRequestURLParams> : FieldList {
  static void visit(auto& v, auto& t) {
    v.constant("mode", "url");
    v("message", t.message);
    v("url", t.url);
    v("elicitationId", t.elicitationId, Feature::elicitation_id);
    v.object("_meta", t._meta, Feature::pushed_requests);
  }
};

template <>
struct Fields<ElicitResult> : FieldList {
  static void visit(auto& v, auto& t) {
    v("action", t.action);
    v.object("content", t.content);
    v.object("_meta", t._meta, Feature::pushed_requests);
  }
};

template <>
struct Fields<ElicitationCompleteNotificationParams> : FieldList {
  static void visit(auto& v, auto& t) {
    v("elicitationId", t.elicitationId);
    v.object("_meta", t._meta);
  }
};

// ---- sampling

template <>
struct Fields<ToolUseContent> : FieldList {
  static void visit(auto& v, auto& t) {
    v.constant("type", "tool_use");
    v("id", t.id);
    v("name", t.name);
    v.object("input", t.input);
    v.object("_meta", t._meta);
  }
};

template <>
struct Fields<ToolResultContent> : FieldList {
  static void visit(auto& v, auto& t) {
    v.constant("type", "tool_result");
    v("toolUseId", t.toolUseId);
    v("content", t.content);
    v.any("structuredContent", t.structuredContent);
    v("isError", t.isError);
    v.object("_meta", t._meta);
  }
};

template <>
struct Fields<SamplingMessage> : FieldList {
  static void visit(auto& v, auto& t) {
    v("role", t.role);
    v("content", t.content);
    v.object("_meta", t._meta, Feature::sampling_lists);
  }
};

template <>
struct Fields<ModelHint> : FieldList {
  static void visit(auto& v, auto& t) { v("name", t.name); }
};

template <>
struct Fields<ModelPreferences> : FieldList {
  static void visit(auto& v, auto& t) {
    v("hints", t.hints);
    v("costPriority", t.costPriority);
    v("speedPriority", t.speedPriority);
    v("intelligencePriority", t.intelligencePriority);
  }
};

template <>
struct Fields<ToolChoice> : FieldList {
  static void visit(auto& v, auto& t) { v("mode", t.mode); }
};

template <>
struct Fields<CreateMessageRequestParams> : FieldList {
  static void visit(auto& v, auto& t) {
    v("messages", t.messages);
    v("modelPreferences", t.modelPreferences);
    v("systemPrompt", t.systemPrompt);
    v("includeContext", t.includeContext);
    v("temperature", t.temperature);
    v("maxTokens", t.maxTokens);
    v("stopSequences", t.stopSequences);
    v.object("metadata", t.metadata);
    v("tools", t.tools, Feature::sampling_tools);
    v("toolChoice", t.toolChoice, Feature::sampling_tools);
    v.object("_meta", t._meta, Feature::pushed_requests);
  }
};

template <>
struct Fields<CreateMessageResult> : FieldList {
  static void visit(auto& v, auto& t) {
    v("role", t.role);
    v("content", t.content);
    v("model", t.model);
    v("stopReason", t.stopReason);
    v.object("_meta", t._meta);
  }
};

// ---- roots

template <>
struct Fields<Root> : FieldList {
  static void visit(auto& v, auto& t) {
    v("uri", t.uri);
    v("name", t.name);
    v.object("_meta", t._meta, Feature::item_meta);
  }
};

template <>
struct Fields<ListRootsRequestParams> : FieldList {
  static void visit(auto& v, auto& t) { v.object("_meta", t._meta); }
};

template <>
struct Fields<ListRootsResult> : FieldList {
  static void visit(auto& v, auto& t) {
    v("roots", t.roots);
    v.object("_meta", t._meta, Feature::pushed_requests);
  }
};

// ---- several rounds

template <>
struct Fields<InputRequiredResult> : FieldList {
  static void visit(auto& v, auto& t) {
    v.result_type("input_required");
    v("inputRequests", t.inputRequests);
    v("requestState", t.requestState);
    v.result_meta(t._meta);
  }
};

// ---- tasks
// Spec: io.modelcontextprotocol/tasks, schema.ts

template <>
struct Fields<Task> : FieldList {
  static void visit(auto& v, auto& t) {
    v("taskId", t.taskId);
    v("status", t.status);
    v("statusMessage", t.statusMessage);
    v("createdAt", t.createdAt);
    v("lastUpdatedAt", t.lastUpdatedAt);
    v.nullable("ttlMs", t.ttlMs);
    v("pollIntervalMs", t.pollIntervalMs);
  }
};

template <>
struct Fields<DetailedTask> : FieldList {
  static void visit(auto& v, auto& t) {
    Fields<Task>::visit(v, t);
    v("inputRequests", t.inputRequests);
    v.object("result", t.result);
    v.object("error", t.error);
  }
};

template <>
struct Fields<CreateTaskResult> : FieldList {
  static void visit(auto& v, auto& t) {
    v.result_type("task");
    Fields<Task>::visit(v, t);
    v.result_meta(t._meta);
  }
};

template <>
struct Fields<GetTaskResult> : FieldList {
  static void visit(auto& v, auto& t) {
    v.result_type("complete");
    Fields<DetailedTask>::visit(v, t);
    v.result_meta(t._meta);
  }
};

template <>
struct Fields<TaskRequestParams> : FieldList {
  static void visit(auto& v, auto& t) {
    v("taskId", t.taskId);
    v.object("_meta", t._meta);
  }
};

template <>
struct Fields<UpdateTaskRequestParams> : FieldList {
  static void visit(auto& v, auto& t) {
    v("taskId", t.taskId);
    v.object("inputResponses", t.inputResponses);
    v.object("_meta", t._meta);
  }
};

template <>
struct Fields<TaskStatusNotificationParams> : FieldList {
  static void visit(auto& v, auto& t) {
    Fields<DetailedTask>::visit(v, t);
    v.object("_meta", t._meta);
  }
};

// ---- opening

template <>
struct Fields<DiscoverResult> : FieldList {
  static void visit(auto& v, auto& t) {
    v("supportedVersions", t.supportedVersions);
    v("capabilities", t.capabilities);
    v("instructions", t.instructions);
    v.cache_hints(t.ttlMs, t.cacheScope);
    v.result_type("complete");
    v.result_meta(t._meta);
  }
};

template <>
struct Fields<InitializeRequestParams> : FieldList {
  static void visit(auto& v, auto& t) {
    v("protocolVersion", t.protocolVersion);
    v("capabilities", t.capabilities);
    v("clientInfo", t.clientInfo);
    v.object("_meta", t._meta);
  }
};

template <>
struct Fields<InitializeResult> : FieldList {
  static void visit(auto& v, auto& t) {
    v("protocolVersion", t.protocolVersion);
    v("capabilities", t.capabilities);
    v("serverInfo", t.serverInfo);
    v("instructions", t.instructions);
    v.object("_meta", t._meta);
  }
};

template <>
struct Fields<EmptyResult> : FieldList {
  static void visit(auto& v, auto& t) {
    v.result_type("complete");
    v.result_meta(t._meta);
  }
};

template <>
struct Fields<RequestParams> : FieldList {
  static void visit(auto& v, auto& t) { v.object("_meta", t._meta); }
};

template <>
struct Fields<SetLevelRequestParams> : FieldList {
  static void visit(auto& v, auto& t) {
    v("level", t.level);
    v.object("_meta", t._meta);
  }
};

// ---- notifications

template <>
struct Fields<NotificationParams> : FieldList {
  static void visit(auto& v, auto& t) { v.object("_meta", t._meta); }
};

template <>
struct Fields<CancelledNotificationParams> : FieldList {
  static void visit(auto& v, auto& t) {
    v("requestId", t.requestId);
    v("reason", t.reason);
    v.object("_meta", t._meta);
  }
};

template <>
struct Fields<ProgressNotificationParams> : FieldList {
  static void visit(auto& v, auto& t) {
    v("progressToken", t.progressToken);
    v("progress", t.progress);
    v("total", t.total);
    v("message", t.message, Feature::progress_message);
    v.object("_meta", t._meta);
  }
};

template <>
struct Fields<LoggingMessageNotificationParams> : FieldList {
  static void visit(auto& v, auto& t) {
    v("level", t.level);
    v("logger", t.logger);
    v.any("data", t.data);
    v.object("_meta", t._meta);
  }
};

// ---- data of errors

template <>
struct Fields<UnsupportedProtocolVersionData> : FieldList {
  static void visit(auto& v, auto& t) {
    v("supported", t.supported);
    v("requested", t.requested);
  }
};

template <>
struct Fields<MissingRequiredClientCapabilityData> : FieldList {
  static void visit(auto& v, auto& t) { v("requiredCapabilities", t.requiredCapabilities); }
};

}  // namespace sumun::protocol
