// SPDX-License-Identifier: Apache-2.0
// The public face of a connection: every method with its types, and the lists collected page by page.
#include <sumun/client.hpp>

#include "client/session.hpp"

#include <boost/asio/post.hpp>

#include <iterator>
#include <set>

namespace sumun {
inline namespace v0 {
namespace {

using boost::asio::awaitable;
using client::Session;

// All pages of one list; `items` is the member of the result that holds them.
template <class R, class T>
awaitable<Result<std::vector<T>>> collect(std::shared_ptr<Session> session, std::vector<T> R::Result::*items, RequestOptions options) {
  std::vector<T> all;
  std::set<std::string> seen;
  PaginatedRequestParams params;
  const std::string method(protocol::name(R::method));
  for (std::size_t page = 0; page < kMaxListPages; ++page) {
    auto result = co_await session->template call<R>(params, options);
    if (!result) co_return result.error();
    auto& found = (*result).*items;
    if (found.size() > kMaxListItems - all.size()) co_return fail("the list of " + method + " has more than " + std::to_string(kMaxListItems) + " items");
    all.insert(all.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
    if (!result->nextCursor) co_return all;
    if (!seen.insert(*result->nextCursor).second) co_return fail("the server gives the same cursor of " + method + " again");
    params.cursor = std::move(result->nextCursor);
  }
  co_return fail("the list of " + method + " has more than " + std::to_string(kMaxListPages) + " pages");
}

Error not_in(Revision revision, std::string_view what) {
  return fail(ErrorCode::unsupported, std::string(version_string(revision)) + " has no " + std::string(what));
}

}  // namespace

Client::Client(boost::asio::any_io_executor executor, std::unique_ptr<Transport> transport, ClientOptions options)
    : session_(std::make_shared<Session>(std::move(executor), std::move(transport), std::move(options))) {}

Client::~Client() {
  session_->shut(fail(ErrorCode::closed, "the client is gone"));
  // The transport may be inside one of its events; it goes from a stack of its own.
  const auto executor = session_->executor();
  boost::asio::post(executor, [session = std::move(session_)] {});
}

awaitable<Result<ServerDescription>> Client::connect() { return session_->connect(); }
const ServerDescription& Client::server() const { return session_->server(); }

awaitable<Result<ListToolsResult>> Client::list_tools(PaginatedRequestParams params, RequestOptions options) {
  return session_->call<protocol::ListTools>(std::move(params), std::move(options));
}
awaitable<Result<ListResourcesResult>> Client::list_resources(PaginatedRequestParams params, RequestOptions options) {
  return session_->call<protocol::ListResources>(std::move(params), std::move(options));
}
awaitable<Result<ListResourceTemplatesResult>> Client::list_resource_templates(PaginatedRequestParams params, RequestOptions options) {
  return session_->call<protocol::ListResourceTemplates>(std::move(params), std::move(options));
}
awaitable<Result<ListPromptsResult>> Client::list_prompts(PaginatedRequestParams params, RequestOptions options) {
  return session_->call<protocol::ListPrompts>(std::move(params), std::move(options));
}

awaitable<Result<std::vector<Tool>>> Client::all_tools(RequestOptions options) {
  return collect<protocol::ListTools>(session_, &ListToolsResult::tools, std::move(options));
}
awaitable<Result<std::vector<Resource>>> Client::all_resources(RequestOptions options) {
  return collect<protocol::ListResources>(session_, &ListResourcesResult::resources, std::move(options));
}
awaitable<Result<std::vector<ResourceTemplate>>> Client::all_resource_templates(RequestOptions options) {
  return collect<protocol::ListResourceTemplates>(session_, &ListResourceTemplatesResult::resourceTemplates, std::move(options));
}
awaitable<Result<std::vector<Prompt>>> Client::all_prompts(RequestOptions options) {
  return collect<protocol::ListPrompts>(session_, &ListPromptsResult::prompts, std::move(options));
}

awaitable<Result<CallToolResult>> Client::call_tool(CallToolRequestParams params, RequestOptions options) {
  return session_->call_with_rounds<protocol::CallTool>(std::move(params), std::move(options));
}
awaitable<Result<ReadResourceResult>> Client::read_resource(ReadResourceRequestParams params, RequestOptions options) {
  return session_->call_with_rounds<protocol::ReadResource>(std::move(params), std::move(options));
}
awaitable<Result<GetPromptResult>> Client::get_prompt(GetPromptRequestParams params, RequestOptions options) {
  return session_->call_with_rounds<protocol::GetPrompt>(std::move(params), std::move(options));
}

awaitable<Result<CompleteResult>> Client::complete(CompleteRequestParams params, RequestOptions options) {
  return session_->call<protocol::Complete>(std::move(params), std::move(options));
}

awaitable<Result<void>> Client::ping(RequestOptions options) {
  const auto session = session_;
  if (!allows(session->server().revision, Feature::ping)) co_return not_in(session->server().revision, "ping");
  protocol::Ping::Params none;
  auto answer = co_await session->call<protocol::Ping>(std::move(none), std::move(options));
  if (!answer) co_return answer.error();
  co_return Result<void>();
}

awaitable<Result<DiscoverResult>> Client::discover(RequestOptions options) {
  const auto session = session_;
  if (!is_modern(session->server().revision)) co_return not_in(session->server().revision, "server/discover");
  protocol::Discover::Params none;
  auto answer = co_await session->call<protocol::Discover>(std::move(none), std::move(options));
  co_return answer;
}

awaitable<Result<json>> Client::request(std::string method, json params, RequestOptions options) {
  json meta = json::object();
  if (params.is_object() && params.contains("_meta")) meta = params["_meta"];
  auto build = [method, params = std::move(params)](const jsonrpc::Id& id, json own_meta, Revision) mutable {
    if (params.is_null()) params = json::object();
    if (params.is_object() && !own_meta.empty()) params["_meta"] = std::move(own_meta);
    return jsonrpc::encode_request(id, method, params);
  };
  return session_->exchange(std::move(method), std::move(build), std::move(meta), std::move(options));
}

void Client::notify(std::string method, json params) { session_->notify(method, params); }

awaitable<void> Client::close() { return session_->close(); }

json wire_json(const Tool& tool) { return protocol::encode(tool); }
json wire_json(const Resource& resource) { return protocol::encode(resource); }
json wire_json(const ResourceTemplate& resource_template) { return protocol::encode(resource_template); }
json wire_json(const Prompt& prompt) { return protocol::encode(prompt); }
json wire_json(const CallToolResult& result) { return protocol::encode(result); }
json wire_json(const ReadResourceResult& result) { return protocol::encode(result); }
json wire_json(const GetPromptResult& result) { return protocol::encode(result); }

}  // namespace v0
}  // namespace sumun
