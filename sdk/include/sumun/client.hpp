// SPDX-License-Identifier: Apache-2.0
// The client half: calls any MCP server, of both eras, through one Transport.
//
//   auto server = sumun::BlockingClient::connect(sumun::launch_stdio({.command = {"calculator"}}));
//   auto sum    = server->call_tool({.name = "add", .arguments = sumun::json{{"a", 2}, {"b", 3}}});
//
// `connect` finds out which era the server speaks; from then on every call is the same in both. What the server may ask
// in turn (a form, a page to open, a model's answer, the working directories) is answered by handlers: the client
// declares exactly the capabilities whose handlers are set.
#pragma once
#include <sumun/export.hpp>
#include <sumun/limits.hpp>
#include <sumun/log.hpp>
#include <sumun/result.hpp>
#include <sumun/revision.hpp>
#include <sumun/transport.hpp>
#include <sumun/types.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace sumun {
inline namespace v0 {

namespace client {
class Session;
}

/// What a server may ask or tell. An empty function = the capability is not declared.
/// In 2026-07-28 questions come inside a result and the call is sent again with the answers; before, the server pushes
/// them as requests. The same functions serve both. An error that a function returns ends the call (modern) or is sent
/// to the server (legacy).
/// Thread: the client's executor; several may run at once.
struct ClientHandlers {
  template <class T>
  using awaitable = boost::asio::awaitable<T>;

  /// A form for the person. Show who asks and let them decline.
  std::function<awaitable<Result<ElicitResult>>(ElicitRequestFormParams)> elicit_form;
  /// A page for the person to open. Show the whole address, ask before opening, never fetch it.
  std::function<awaitable<Result<ElicitResult>>(ElicitRequestURLParams)> elicit_url;
  /// A completion from the client's model.
  std::function<awaitable<Result<CreateMessageResult>>(CreateMessageRequestParams)> sample;
  /// The directories that the client works in.
  std::function<awaitable<Result<ListRootsResult>>()> list_roots;

  /// A log message of the server (needs ClientOptions::log_level).
  std::function<void(LoggingMessageNotificationParams)> log_message;  // what it throws is logged and goes no further
  /// Every other notification, with its params as they came: list_changed, resources/updated, …
  std::function<void(std::string method, json params)> notification;
};

struct ClientOptions {
  Implementation info{"sumun-client", "0.1.0", {}, {}, {}, {}};  // what we say of ourselves
  ClientHandlers handlers;
  /// Speak this revision and no other. None = the newest that both sides know: `server/discover` first, then
  /// `initialize`.
  std::optional<Revision> revision;
  /// How to begin where no revision is demanded. `initialize` is for servers known to be legacy: any older revision will do.
  enum class Opening { discover, initialize } opening = Opening::discover;
  std::optional<LoggingLevel> log_level;  // the lowest level of log messages that the server is asked for; none = no messages
  LogSink log;                            // what the client itself has to say about the server's faults

  std::chrono::milliseconds probe_limit{5'000};       // without an answer to `server/discover` the server is taken to be legacy
  std::chrono::milliseconds connect_limit{30'000};    // for `initialize`, and for `server/discover` where there is nothing else to try
  std::chrono::milliseconds request_limit{60'000};    // without an answer or progress; the time of open questions does not count
  std::chrono::milliseconds total_limit{3'600'000};   // for one request, whatever progress it reports
  std::size_t max_rounds = kMaxInputRounds;           // of input_required
};

/// For one request.
struct RequestOptions {
  std::optional<std::chrono::milliseconds> limit;  // instead of ClientOptions::request_limit
  std::function<void(const ProgressNotificationParams&)> progress;  // set = progress is asked for
  std::stop_token stop;                            // a stop request cancels, from any thread
  json meta = json::object();                      // further members of `_meta`
};

/// The server, as it described itself when the connection was opened.
struct ServerDescription {
  Revision revision = kLatestRevision;      // that both speak
  std::optional<Implementation> info;       // for display, never for decisions
  ServerCapabilities capabilities;
  std::optional<std::string> instructions;  // for the model
};

/// A connection to one server.
///
/// Every call here that returns Result shares this:
///   Errors:  the server's own code; cancelled; timeout; closed (with the reason); busy (kMaxWaitingRequests);
///            invalid_value when the answer is not what the method promises; unsupported when the server asks for
///            something that no handler answers.
///   Cancels: tells the server (notifications/cancelled; over HTTP in 2026-07-28 by closing the stream) and ends without
///            waiting for it; so does a time limit.
/// Thread:  the executor's one strand, for all members, the destructor included; BlockingClient serves all other threads.
/// Owner:   the program. It owns its transport.
/// Ends by: `close`, the destructor, or the loss of the server; calls that wait then end with `closed`.
class SUMUN_EXPORT Client {
 public:
  template <class T>
  using awaitable = boost::asio::awaitable<T>;

  Client(boost::asio::any_io_executor executor, std::unique_ptr<Transport> transport, ClientOptions options = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Opens the connection: finds the era, agrees on a revision, and gives what the server says of itself. Once.
  /// Errors: also unsupported_protocol_version when there is no revision that both know.
  /// Spec:   2026-07-28 basic/transports/stdio, Backward Compatibility; 2025-11-25 basic/lifecycle, Initialization
  awaitable<Result<ServerDescription>> connect();
  /// As `connect` gave it.
  const ServerDescription& server() const;

  /// One page each; `cursor` is the nextCursor of the page before.
  awaitable<Result<ListToolsResult>> list_tools(PaginatedRequestParams params = {}, RequestOptions options = {});
  awaitable<Result<ListResourcesResult>> list_resources(PaginatedRequestParams params = {}, RequestOptions options = {});
  awaitable<Result<ListResourceTemplatesResult>> list_resource_templates(PaginatedRequestParams params = {}, RequestOptions options = {});
  awaitable<Result<ListPromptsResult>> list_prompts(PaginatedRequestParams params = {}, RequestOptions options = {});

  /// All pages. Bounds: kMaxListPages, kMaxListItems; a cursor that comes twice is an error.
  awaitable<Result<std::vector<Tool>>> all_tools(RequestOptions options = {});
  awaitable<Result<std::vector<Resource>>> all_resources(RequestOptions options = {});
  awaitable<Result<std::vector<ResourceTemplate>>> all_resource_templates(RequestOptions options = {});
  awaitable<Result<std::vector<Prompt>>> all_prompts(RequestOptions options = {});

  /// These three may ask: the handlers answer, and the call is repeated with the answers, at most max_rounds times.
  /// A tool's own failure is a value with isError.
  /// Spec: 2026-07-28 basic/patterns/mrtr
  awaitable<Result<CallToolResult>> call_tool(CallToolRequestParams params, RequestOptions options = {});
  awaitable<Result<ReadResourceResult>> read_resource(ReadResourceRequestParams params, RequestOptions options = {});
  awaitable<Result<GetPromptResult>> get_prompt(GetPromptRequestParams params, RequestOptions options = {});

  awaitable<Result<CompleteResult>> complete(CompleteRequestParams params, RequestOptions options = {});
  /// Legacy revisions; `unsupported` in 2026-07-28, which has none.
  awaitable<Result<void>> ping(RequestOptions options = {});
  /// 2026-07-28; `unsupported` in the legacy revisions.
  awaitable<Result<DiscoverResult>> discover(RequestOptions options = {});

  /// Any other request; `params` is an object, `_meta` is filled in. Gives the result as it came.
  awaitable<Result<json>> request(std::string method, json params = json::object(), RequestOptions options = {});
  /// Any notification.
  void notify(std::string method, json params = json::object());

  /// Ends the connection: what is queued is written, then the server's input ends. Returns when the channel is gone.
  awaitable<void> close();

 private:
  std::shared_ptr<client::Session> session_;
};

/// What a server gave, in the wire's shape of the newest revision: for programs that print it or keep it.
SUMUN_EXPORT json wire_json(const Tool& tool);
SUMUN_EXPORT json wire_json(const Resource& resource);
SUMUN_EXPORT json wire_json(const ResourceTemplate& resource_template);
SUMUN_EXPORT json wire_json(const Prompt& prompt);
SUMUN_EXPORT json wire_json(const CallToolResult& result);
SUMUN_EXPORT json wire_json(const ReadResourceResult& result);
SUMUN_EXPORT json wire_json(const GetPromptResult& result);

// ---------------------------------------------------------------- for programs without an event loop

/// Opens the channel to a server; called once, or once more where a server has to be started anew.
using TransportFactory = std::function<Result<std::unique_ptr<Transport>>(boost::asio::any_io_executor)>;

/// ClientHandlers as plain functions. They run on a thread that waits in a call of the BlockingClient, so they may
/// block (a prompt on the terminal) and need no locks where one thread makes all calls. What a server asks while nobody
/// waits is asked during the next call.
struct PlainHandlers {
  std::function<Result<ElicitResult>(ElicitRequestFormParams)> elicit_form;
  std::function<Result<ElicitResult>(ElicitRequestURLParams)> elicit_url;
  std::function<Result<CreateMessageResult>(CreateMessageRequestParams)> sample;
  std::function<Result<ListRootsResult>()> list_roots;
};

/// A Client whose calls block. It runs its own event loop on its own thread; progress, log messages and notifications
/// are handed over on that thread and must not block it.
/// Errors: as Client's.
/// Thread: any, several at once; not from inside a handler or callback.
/// Owner:  the program.
class SUMUN_EXPORT BlockingClient {
 public:
  /// Opens the channel and connects. A server that ends itself when it is asked `server/discover` is started once more
  /// and asked to `initialize`.
  static Result<BlockingClient> connect(TransportFactory open, ClientOptions options = {}, PlainHandlers handlers = {});
  BlockingClient(BlockingClient&&) noexcept;
  BlockingClient& operator=(BlockingClient&&) noexcept;
  /// Closes the connection and waits until the server is gone.
  ~BlockingClient();

  const ServerDescription& server() const;
  Result<std::vector<Tool>> all_tools(RequestOptions options = {});
  Result<std::vector<Resource>> all_resources(RequestOptions options = {});
  Result<std::vector<ResourceTemplate>> all_resource_templates(RequestOptions options = {});
  Result<std::vector<Prompt>> all_prompts(RequestOptions options = {});
  Result<CallToolResult> call_tool(CallToolRequestParams params, RequestOptions options = {});
  Result<ReadResourceResult> read_resource(ReadResourceRequestParams params, RequestOptions options = {});
  Result<GetPromptResult> get_prompt(GetPromptRequestParams params, RequestOptions options = {});
  Result<CompleteResult> complete(CompleteRequestParams params, RequestOptions options = {});
  Result<void> ping(RequestOptions options = {});
  Result<json> request(std::string method, json params = json::object(), RequestOptions options = {});
  /// Closes the connection; calls that wait end with `closed`.
  void close();

 private:
  class Loop;
  explicit BlockingClient(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

}  // namespace v0
}  // namespace sumun
