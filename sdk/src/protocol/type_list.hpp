// SPDX-License-Identifier: Apache-2.0
// The types that the codec serves, for its explicit instantiations (reading in one file, writing in another).
#pragma once

// clang-format off
#define SUMUN_PARAMS_TYPES(X) \
  X(CallToolRequestParams) X(PaginatedRequestParams) X(GetPromptRequestParams) X(ReadResourceRequestParams) \
  X(SubscribeRequestParams) X(SubscriptionsListenRequestParams) X(CompleteRequestParams) X(InitializeRequestParams) \
  X(RequestParams) X(SetLevelRequestParams) X(NotificationParams) X(CancelledNotificationParams) \
  X(ProgressNotificationParams) X(LoggingMessageNotificationParams) X(ResourceUpdatedNotificationParams) \
  X(SubscriptionsAcknowledgedNotificationParams) X(ElicitationCompleteNotificationParams) X(ElicitRequestParams) \
  X(ElicitRequestFormParams) X(ElicitRequestURLParams) X(CreateMessageRequestParams) X(ListRootsRequestParams) \
  X(TaskRequestParams) X(UpdateTaskRequestParams) X(TaskStatusNotificationParams)

#define SUMUN_RESULT_TYPES(X) \
  X(CallToolResult) X(ListToolsResult) X(ListPromptsResult) X(ListResourcesResult) X(ListResourceTemplatesResult) \
  X(GetPromptResult) X(ReadResourceResult) X(CompleteResult) X(DiscoverResult) X(InitializeResult) X(EmptyResult) \
  X(SubscriptionsListenResult) X(GetTaskResult)

#define SUMUN_OTHER_TYPES(X) \
  X(InputRequiredResult) X(ElicitResult) X(CreateMessageResult) X(ListRootsResult) X(Annotations) X(Icon) \
  X(Implementation) X(ClientCapabilities) X(ServerCapabilities) X(TextResourceContents) X(BlobResourceContents) \
  X(ResourceContents) X(Resource) X(ResourceTemplate) X(ContentBlock) X(TextContent) X(ImageContent) X(AudioContent) \
  X(ResourceLink) X(EmbeddedResource) X(ToolAnnotations) X(Tool) X(PromptArgument) X(Prompt) X(PromptMessage) \
  X(SubscriptionFilter) X(CompletionReference) X(Completion) X(ToolUseContent) X(ToolResultContent) \
  X(SamplingMessageContentBlock) X(SamplingMessage) X(ModelPreferences) X(ToolChoice) X(Root) X(InputRequest) \
  X(UnsupportedProtocolVersionData) X(MissingRequiredClientCapabilityData) X(CreateTaskResult) X(DetailedTask)
// clang-format on
