// SPDX-License-Identifier: Apache-2.0
// Every method of MCP: who sends it, which revisions have it, whether its answer may be a question.
// And the descriptors that tie a request's method, params and result together.
#pragma once
#include <sumun/revision.hpp>
#include <sumun/types.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sumun::protocol {

enum class Method : std::uint8_t {
  // requests to the server
  initialize,
  ping,  // both ways
  server_discover,
  tools_list,
  tools_call,
  prompts_list,
  prompts_get,
  resources_list,
  resources_templates_list,
  resources_read,
  resources_subscribe,
  resources_unsubscribe,
  subscriptions_listen,
  completion_complete,
  logging_set_level,
  tasks_get,  // these three: the extension io.modelcontextprotocol/tasks
  tasks_update,
  tasks_cancel,
  // requests to the client; in 2026-07-28 they travel inside a result (input_required) only
  sampling_create_message,
  roots_list,
  elicitation_create,
  // notifications
  initialized,
  cancelled,
  progress,
  message,
  tools_list_changed,
  prompts_list_changed,
  resources_list_changed,
  resources_updated,
  roots_list_changed,
  elicitation_complete,
  subscriptions_acknowledged,
  task_status,
};

enum class Direction : std::uint8_t { to_server, to_client, both };
enum class MethodKind : std::uint8_t { request, notification };
/// Whether a request may be answered with input_required. Spec: 2026-07-28 basic/patterns/mrtr
enum class Asks : std::uint8_t { no, yes };

struct MethodInfo {
  Method method;
  std::string_view name;
  MethodKind kind;
  Direction direction;
  Revision since;
  Revision until;
  Asks asks;
};

namespace detail {
inline constexpr Revision kR1 = Revision::v2024_11_05;
inline constexpr Revision kR3 = Revision::v2025_06_18;
inline constexpr Revision kR4 = Revision::v2025_11_25;
inline constexpr Revision kR5 = Revision::v2026_07_28;
inline constexpr auto kRequest = MethodKind::request;
inline constexpr auto kNotification = MethodKind::notification;
inline constexpr auto kToServer = Direction::to_server;
inline constexpr auto kToClient = Direction::to_client;
}  // namespace detail

/// The table, in the order of the enumeration.
inline constexpr MethodInfo kMethods[] = {
    {Method::initialize, "initialize", detail::kRequest, detail::kToServer, detail::kR1, detail::kR4, Asks::no},
    {Method::ping, "ping", detail::kRequest, Direction::both, detail::kR1, detail::kR4, Asks::no},
    {Method::server_discover, "server/discover", detail::kRequest, detail::kToServer, detail::kR5, detail::kR5, Asks::no},
    {Method::tools_list, "tools/list", detail::kRequest, detail::kToServer, detail::kR1, detail::kR5, Asks::no},
    {Method::tools_call, "tools/call", detail::kRequest, detail::kToServer, detail::kR1, detail::kR5, Asks::yes},
    {Method::prompts_list, "prompts/list", detail::kRequest, detail::kToServer, detail::kR1, detail::kR5, Asks::no},
    {Method::prompts_get, "prompts/get", detail::kRequest, detail::kToServer, detail::kR1, detail::kR5, Asks::yes},
    {Method::resources_list, "resources/list", detail::kRequest, detail::kToServer, detail::kR1, detail::kR5, Asks::no},
    {Method::resources_templates_list, "resources/templates/list", detail::kRequest, detail::kToServer, detail::kR1, detail::kR5, Asks::no},
    {Method::resources_read, "resources/read", detail::kRequest, detail::kToServer, detail::kR1, detail::kR5, Asks::yes},
    {Method::resources_subscribe, "resources/subscribe", detail::kRequest, detail::kToServer, detail::kR1, detail::kR4, Asks::no},
    {Method::resources_unsubscribe, "resources/unsubscribe", detail::kRequest, detail::kToServer, detail::kR1, detail::kR4, Asks::no},
    {Method::subscriptions_listen, "subscriptions/listen", detail::kRequest, detail::kToServer, detail::kR5, detail::kR5, Asks::no},
    {Method::completion_complete, "completion/complete", detail::kRequest, detail::kToServer, detail::kR1, detail::kR5, Asks::no},
    {Method::logging_set_level, "logging/setLevel", detail::kRequest, detail::kToServer, detail::kR1, detail::kR4, Asks::no},
    {Method::tasks_get, "tasks/get", detail::kRequest, detail::kToServer, detail::kR5, detail::kR5, Asks::no},
    {Method::tasks_update, "tasks/update", detail::kRequest, detail::kToServer, detail::kR5, detail::kR5, Asks::no},
    {Method::tasks_cancel, "tasks/cancel", detail::kRequest, detail::kToServer, detail::kR5, detail::kR5, Asks::no},
    {Method::sampling_create_message, "sampling/createMessage", detail::kRequest, detail::kToClient, detail::kR1, detail::kR4, Asks::no},
    {Method::roots_list, "roots/list", detail::kRequest, detail::kToClient, detail::kR1, detail::kR4, Asks::no},
    {Method::elicitation_create, "elicitation/create", detail::kRequest, detail::kToClient, detail::kR3, detail::kR4, Asks::no},
    {Method::initialized, "notifications/initialized", detail::kNotification, detail::kToServer, detail::kR1, detail::kR4, Asks::no},
    {Method::cancelled, "notifications/cancelled", detail::kNotification, Direction::both, detail::kR1, detail::kR5, Asks::no},
    {Method::progress, "notifications/progress", detail::kNotification, Direction::both, detail::kR1, detail::kR5, Asks::no},
    {Method::message, "notifications/message", detail::kNotification, detail::kToClient, detail::kR1, detail::kR5, Asks::no},
    {Method::tools_list_changed, "notifications/tools/list_changed", detail::kNotification, detail::kToClient, detail::kR1, detail::kR5, Asks::no},
    {Method::prompts_list_changed, "notifications/prompts/list_changed", detail::kNotification, detail::kToClient, detail::kR1, detail::kR5, Asks::no},
    {Method::resources_list_changed, "notifications/resources/list_changed", detail::kNotification, detail::kToClient, detail::kR1, detail::kR5, Asks::no},
    {Method::resources_updated, "notifications/resources/updated", detail::kNotification, detail::kToClient, detail::kR1, detail::kR5, Asks::no},
    {Method::roots_list_changed, "notifications/roots/list_changed", detail::kNotification, detail::kToServer, detail::kR1, detail::kR4, Asks::no},
    {Method::elicitation_complete, "notifications/elicitation/complete", detail::kNotification, detail::kToClient, detail::kR4, detail::kR4, Asks::no},
    {Method::subscriptions_acknowledged, "notifications/subscriptions/acknowledged", detail::kNotification, detail::kToClient, detail::kR5, detail::kR5, Asks::no},
    {Method::task_status, "notifications/tasks", detail::kNotification, detail::kToClient, detail::kR5, detail::kR5, Asks::no},
};

constexpr const MethodInfo& info(Method method) { return kMethods[static_cast<std::size_t>(method)]; }
constexpr std::string_view name(Method method) { return info(method).name; }

/// Whether a revision has a method as a message of its own.
constexpr bool has_method(Revision revision, Method method) {
  return info(method).since <= revision && revision <= info(method).until;
}

/// The method that a name on the wire means, in any revision; null where there is none.
const MethodInfo* find_method(std::string_view name);

namespace detail {
constexpr bool methods_in_order() {
  std::size_t index = 0;
  for (const MethodInfo& row : kMethods) {
    if (static_cast<std::size_t>(row.method) != index++ || row.until < row.since) {
      return false;
    }
  }
  return index == static_cast<std::size_t>(Method::task_status) + 1;
}
static_assert(methods_in_order(), "kMethods has one row a method, in the order of the enumeration");
}  // namespace detail

/// A request with what belongs to it: send(CallTool{}, params) takes CallToolRequestParams and yields CallToolResult.
template <Method kName, class ParamsType, class ResultType>
struct Rpc {
  static constexpr Method method = kName;
  using Params = ParamsType;
  using Result = ResultType;
};
using Initialize = Rpc<Method::initialize, InitializeRequestParams, InitializeResult>;
using Ping = Rpc<Method::ping, RequestParams, EmptyResult>;
using Discover = Rpc<Method::server_discover, RequestParams, DiscoverResult>;
using ListTools = Rpc<Method::tools_list, PaginatedRequestParams, ListToolsResult>;
using CallTool = Rpc<Method::tools_call, CallToolRequestParams, CallToolResult>;
using ListPrompts = Rpc<Method::prompts_list, PaginatedRequestParams, ListPromptsResult>;
using GetPrompt = Rpc<Method::prompts_get, GetPromptRequestParams, GetPromptResult>;
using ListResources = Rpc<Method::resources_list, PaginatedRequestParams, ListResourcesResult>;
using ListResourceTemplates = Rpc<Method::resources_templates_list, PaginatedRequestParams, ListResourceTemplatesResult>;
using ReadResource = Rpc<Method::resources_read, ReadResourceRequestParams, ReadResourceResult>;
using Subscribe = Rpc<Method::resources_subscribe, SubscribeRequestParams, EmptyResult>;
using Unsubscribe = Rpc<Method::resources_unsubscribe, SubscribeRequestParams, EmptyResult>;
using Listen = Rpc<Method::subscriptions_listen, SubscriptionsListenRequestParams, SubscriptionsListenResult>;
using Complete = Rpc<Method::completion_complete, CompleteRequestParams, CompleteResult>;
using SetLevel = Rpc<Method::logging_set_level, SetLevelRequestParams, EmptyResult>;
using GetTask = Rpc<Method::tasks_get, TaskRequestParams, GetTaskResult>;
using UpdateTask = Rpc<Method::tasks_update, UpdateTaskRequestParams, EmptyResult>;
using CancelTask = Rpc<Method::tasks_cancel, TaskRequestParams, EmptyResult>;

/// The name of the tasks extension among the `extensions` of either side's capabilities.
inline constexpr std::string_view kTasksExtension = "io.modelcontextprotocol/tasks";
/// Whether a client takes tasks, and what says so.
bool takes_tasks(const ClientCapabilities& client);
ClientCapabilities task_capability();

}  // namespace sumun::protocol
