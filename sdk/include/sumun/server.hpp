// SPDX-License-Identifier: Apache-2.0
// A server: what it offers and how it is described. It knows nothing of sockets; `run` (run.hpp) serves it.
#pragma once
#include <sumun/audit.hpp>
#include <sumun/effects.hpp>
#include <sumun/handler.hpp>
#include <sumun/limits.hpp>
#include <sumun/log.hpp>
#include <sumun/policy.hpp>
#include <sumun/types.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sumun::server {
class Core;
}

namespace sumun {
inline namespace v0 {

class Store;  // <sumun/store.hpp>

/// Where a plain handler runs. (A coroutine runs on the connection's executor.)
enum class Placement {
  pool,   // on the worker pool; it may block
  quick,  // in place, between two messages; it must not block (over 5 ms is logged), and it cannot ask
};

/// Runs a function on a thread of the program's own choice: a game's or a UI's loop.
using Executor = std::function<void(std::function<void()>)>;

/// Whether a call of a tool may go on as a task: its caller gets a handle at once and comes back for the result. Only
/// 2026-07-28 has tasks, and only for clients that say that they take them.
/// Spec: the extension io.modelcontextprotocol/tasks
enum class TaskSupport {
  none,
  optional,  // a task where the client takes tasks, else an ordinary call
  required,  // the tool takes too long for anything else: other clients are refused (-32021)
};
/// When a call becomes a task.
enum class TaskStart {
  at_once,    // before the handler runs
  when_told,  // when the handler says so (Call::begin_task); what is done before is answered at once
};

/// What becomes of those whose token lacks a scope. A principal without scopes (stdio, no authentication, a token that is
/// not limited) lacks none.
/// Spec: 2026-07-28 basic/authorization, Scope Challenge Handling
enum class ScopePolicy {
  step_up,  // it is listed, and a call is refused with what it takes: over HTTP 403 insufficient_scope
  hidden,   // it is not listed, and a call is answered as if there were no such thing; such lists are not cached for others
};

struct ToolOptions {
  std::string title;
  Effects effects = Effects::undeclared;
  Placement placement = Placement::pool;
  Executor executor;                         // when set, a plain handler runs through it instead of the pool
  std::chrono::milliseconds timeout{0};      // 0 = none; over it the handler is told to stop and the caller told so
  std::vector<Icon> icons;
  json meta = nullptr;                       // the definition's `_meta`; an object
  std::optional<json> output_schema;         // instead of the derived one
  TaskSupport task = TaskSupport::none;
  TaskStart task_start = TaskStart::at_once;
  std::chrono::milliseconds task_ttl = kTaskTtl;  // how long a task and its result are kept, from its beginning; then it is stopped
  std::chrono::milliseconds task_poll_interval = kTaskPollInterval;  // how often a client should look
  std::vector<std::string> scopes;           // that a token needs for a call, all of them
  ScopePolicy scope_policy = ScopePolicy::step_up;
  std::string module;                        // whose tool it is, for the policy's rules; empty = the program's own
  bool portable_only = true;                 // false = allow_unportable_schema(): no warning about what clients drop

  /// Silences the warning that known clients drop or mangle this tool's schema.
  ToolOptions& allow_unportable_schema() {
    portable_only = false;
    return *this;
  }
};

struct PromptOptions {
  std::string title;
  std::vector<Icon> icons;
  json meta = nullptr;
  Placement placement = Placement::pool;
  std::vector<std::string> scopes;  // as ToolOptions has them
  ScopePolicy scope_policy = ScopePolicy::step_up;
  std::string module;
};

/// The variables of a URI template with what they matched, percent-decoded.
using UriVariables = std::map<std::string, std::string, std::less<>>;

/// Lists concrete resources of a template, one page a call; the cursor is its own. It runs on the worker pool.
using ResourceLister = std::function<Result<ListResourcesResult>(std::optional<std::string> cursor)>;

struct ResourceOptions {
  Placement placement = Placement::pool;
  std::chrono::milliseconds ttl{0};  // how long a client may keep what it read; 0 = not at all
  ResourceLister list;  // of a template; empty = listed by nobody
  std::vector<std::string> scopes;  // as ToolOptions has them
  ScopePolicy scope_policy = ScopePolicy::step_up;
  std::string module;
};

/// Values for what the user has typed so far; `context` holds the arguments already chosen.
using Completer = std::function<std::vector<std::string>(std::string value, std::map<std::string, std::string> context)>;

/// How people are asked where the policy says so. It takes a store.
struct ApprovalOptions {
  std::chrono::milliseconds hold = kApprovalHold;      // so long a request waits for the answer, kApprovalHold at most
  std::chrono::milliseconds replay = kReplayWindow;    // the same call again gets the stored result so long
  std::string url;         // of the page where one is decided, "{id}" stands for its id: for URL elicitation; empty = none
  std::string how = "";    // for people: where to decide, "{id}" likewise: "run: sumun approvals approve {id}"
};

struct ServerOptions {
  std::string title;
  std::string description;
  std::string instructions;    // for the model: what the server as a whole is good for
  std::string website_url;
  std::vector<Icon> icons;
  LogSink log;                 // empty = one line each on stderr
  std::chrono::milliseconds list_ttl{0};  // how long clients may keep lists; they are told of changes as well
  std::size_t page_size = kPageSize;
  std::chrono::milliseconds ask_limit = kAskLimit;  // how long a pushed question waits (revisions before 2026-07-28)
  bool strict_portability = false;  // what known clients drop or mangle is an error, not a warning
  std::optional<Policy> policy;  // none = everything is allowed, and serving says so
  std::string state_key;       // keys that seal requestState, 32 bytes each: the first seals, the others still open; empty = the
                               // store's, or one that is random for this process
  ApprovalOptions approvals;
  AuditOptions audit;
  std::shared_ptr<Store> store;  // what outlives the process (store.hpp); null = calls and tasks are kept in memory
};

/// A server and its registrations.
/// Thread:  registering and notifying, any; changes while connections are open are announced to them.
/// Owner:   the program; it outlives `run` and every connection.
/// Errors:  misuse (a duplicate or ill-formed name, an invalid schema) throws ErrorException with a message that names
///          the tool: it is a mistake in the program and shows at its start.
class SUMUN_EXPORT Server {
 public:
  Server(std::string name, std::string version, ServerOptions options = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Registers a tool whose schemas come from the handler's types (handler.hpp says which shapes there are).
  /// Spec: 2026-07-28 server/tools
  template <class F>
  Server& tool(std::string name, std::string description, F handler, ToolOptions options = {});
  /// Registers a tool whose definition is known at run time only.
  Server& add_tool(Tool definition, Handler<CallToolResult> handler, ToolOptions options = {});
  /// False when there was none.
  bool remove_tool(std::string_view name);

  /// Registers one resource. The handler (no input, or `Call&`) returns its text (std::string), Result of it, or a
  /// ReadResourceResult.
  /// Spec: 2026-07-28 server/resources
  template <class F>
  Server& resource(Resource definition, F handler, ResourceOptions options = {});
  /// Registers a family of resources; the handler takes UriVariables, and `Call&` (whose target is the URI) if it likes.
  template <class F>
  Server& resource_template(ResourceTemplate definition, F handler, ResourceOptions options = {});
  Server& add_resource(Resource definition, Handler<ReadResourceResult> handler, ResourceOptions options = {});
  Server& add_resource_template(ResourceTemplate definition, Handler<ReadResourceResult> handler, ResourceOptions options = {});
  bool remove_resource(std::string_view uri);
  bool remove_resource_template(std::string_view uri_template);
  /// Tells who subscribed to it that a resource has changed.
  void notify_resource_updated(const std::string& uri);

  /// Registers a prompt whose arguments are the members of the handler's input (strings and optional strings). The
  /// handler returns a text (one user message), messages, or a GetPromptResult.
  /// Spec: 2026-07-28 server/prompts
  template <class F>
  Server& prompt(std::string name, std::string description, F handler, PromptOptions options = {});
  Server& add_prompt(Prompt definition, Handler<GetPromptResult> handler, PromptOptions options = {});
  bool remove_prompt(std::string_view name);

  /// Completes an argument of a prompt, or a variable of a resource template.
  /// Spec: 2026-07-28 server/utilities/completion
  Server& complete_prompt(std::string prompt, std::string argument, Completer completer);
  Server& complete_resource(std::string uri_template, std::string variable, Completer completer);

  /// Replaces the policy: of requests that begin from now on. Whoever sees other lists than before is told.
  void set_policy(Policy policy);
  /// What the policy says of a call that nobody makes. `target` is "tool:NAME", "resource:URI" or "prompt:NAME"; arguments
  /// are validated and get their defaults as a call's do. Without a policy everything is allowed.
  /// Errors: invalid_value: an unknown target, or arguments that break the schema.
  Result<PolicyReport> explain_policy(const Principal& who, std::string_view target, json arguments) const;
  /// As it is listed; none = there is no such tool.
  std::optional<Tool> find_tool(std::string_view tool) const;

  const std::string& name() const;
  const std::string& version() const;

  /// The inside, for the library itself.
  const std::shared_ptr<server::Core>& core() const { return core_; }

 private:
  std::shared_ptr<server::Core> core_;
};

// ---------------------------------------------------------------- details

namespace detail {

// The members of a handler's input, in the order they are declared.
template <class In>
std::vector<std::string> names_of() {
  std::vector<std::string> names;
  if constexpr (!std::is_same_v<In, NoInput> && !std::is_same_v<In, json>)
    for_each_index<In>([&]<std::size_t I>() { names.emplace_back(member_wire_name<In, I>); });
  return names;
}

struct ToToolResult {
  template <class... T>
  CallToolResult operator()(T&&... value) const {
    return to_tool_result(std::forward<T>(value)...);
  }
};

// A resource's handler knows its URI from the call; the server fills it in where the handler left it empty.
struct ToReadResult {
  template <class T>
  ReadResourceResult operator()(T value) const {
    if constexpr (std::is_same_v<T, ReadResourceResult>) {
      return value;
    } else {
      static_assert(std::is_constructible_v<std::string, T>,
                    "sumun: a resource's handler returns its text (std::string) or a ReadResourceResult");
      ReadResourceResult result;
      TextResourceContents contents;
      contents.text = std::string(std::move(value));
      result.contents.push_back(std::move(contents));
      return result;
    }
  }
};

struct ToPromptResult {
  template <class T>
  GetPromptResult operator()(T value) const {
    if constexpr (std::is_same_v<T, GetPromptResult>) {
      return value;
    } else if constexpr (std::is_same_v<T, std::vector<PromptMessage>>) {
      GetPromptResult result;
      result.messages = std::move(value);
      return result;
    } else {
      static_assert(std::is_constructible_v<std::string, T>,
                    "sumun: a prompt's handler returns a text (std::string), messages, or a GetPromptResult");
      GetPromptResult result;
      PromptMessage message;
      message.role = Role::user;
      message.content = ContentBlock(text_content(std::string(std::move(value))));
      result.messages.push_back(std::move(message));
      return result;
    }
  }
};

/// The arguments of a prompt, from the schema of its input, in the order of `names`: each a string.
SUMUN_EXPORT std::vector<PromptArgument> prompt_arguments_of(const std::string& prompt, const json& schema,
                                                             const std::vector<std::string>& names);

}  // namespace detail

template <class F>
Server& Server::tool(std::string name, std::string description, F handler, ToolOptions options) {
  using Traits = detail::HandlerTraits<F>;
  Tool definition;
  definition.name = std::move(name);
  definition.description = std::move(description);
  definition.inputSchema = input_schema_of<typename Traits::Input>();
  if constexpr (has_structured_output<typename Traits::Output>) definition.outputSchema = schema_of<typename Traits::Output>(SchemaUse::output);
  return add_tool(std::move(definition), detail::make_handler<CallToolResult>(std::move(handler), detail::ToToolResult{}),
                  std::move(options));
}

template <class F>
Server& Server::resource(Resource definition, F handler, ResourceOptions options) {
  static_assert(std::is_same_v<typename detail::HandlerTraits<F>::Input, detail::NoInput>,
                "sumun: the handler of one resource takes () or (Call&)");
  return add_resource(std::move(definition), detail::make_handler<ReadResourceResult>(std::move(handler), detail::ToReadResult{}),
                      std::move(options));
}

template <class F>
Server& Server::resource_template(ResourceTemplate definition, F handler, ResourceOptions options) {
  static_assert(std::is_same_v<typename detail::HandlerTraits<F>::Input, UriVariables>,
                "sumun: the handler of a resource template takes (UriVariables) or (UriVariables, Call&)");
  return add_resource_template(std::move(definition),
                               detail::make_handler<ReadResourceResult>(std::move(handler), detail::ToReadResult{}),
                               std::move(options));
}

template <class F>
Server& Server::prompt(std::string name, std::string description, F handler, PromptOptions options) {
  using Traits = detail::HandlerTraits<F>;
  Prompt definition;
  definition.name = std::move(name);
  definition.description = std::move(description);
  definition.arguments = detail::prompt_arguments_of(definition.name, input_schema_of<typename Traits::Input>(),
                                                     detail::names_of<typename Traits::Input>());
  return add_prompt(std::move(definition), detail::make_handler<GetPromptResult>(std::move(handler), detail::ToPromptResult{}),
                    std::move(options));
}

}  // namespace v0
}  // namespace sumun
