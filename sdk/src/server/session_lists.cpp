// SPDX-License-Identifier: Apache-2.0
// Lists in the order of registration, page by page. A cursor is a letter for the list and the number of the entry that
// the page before ended with, so entries that come and go meanwhile neither repeat nor hide others:
//   t12  p3  r7  m4      l5:INNER  the lister of the template number 5, at its own cursor INNER
// Spec: 2026-07-28 server/utilities/pagination
#include "protocol/codec.hpp"
#include "protocol/errors.hpp"
#include "server/access.hpp"
#include "server/outcome.hpp"
#include "server/session.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace sumun::server {
namespace {

Error bad_cursor() { return fail(ErrorCode::invalid_params, "params.cursor: not one that this server gave"); }

Result<std::uint64_t> read_cursor(const std::optional<std::string>& cursor, char list) {
  if (!cursor) return std::uint64_t{0};
  std::uint64_t order = 0;
  const char* end = cursor->data() + cursor->size();
  if (cursor->size() < 2 || cursor->front() != list) return bad_cursor();
  const auto [stop, failed] = std::from_chars(cursor->data() + 1, end, order);
  if (failed != std::errc{} || stop != end) return bad_cursor();
  return order;
}

// The entries behind `after` that `who` may see, one page; what ends it becomes the cursor.
template <class Entry, class Take>
std::optional<std::string> take_page(const Table<Entry>& table, std::uint64_t after, std::size_t size, char list, const Principal& who,
                                     Take take) {
  std::size_t taken = 0;
  std::uint64_t last = after;
  for (const auto& entry : table.list()) {
    if (entry->order <= after || !is_visible(who, entry->options)) continue;
    if (taken == size) return list + std::to_string(last);
    take(*entry);
    last = entry->order;
    ++taken;
  }
  return std::nullopt;
}

// A lister is the program's own: what it throws becomes an answer.
Result<ListResourcesResult> run_lister(const ResourceLister& list, std::optional<std::string> cursor, CallState& call) {
  try {
    return list(std::move(cursor));
  } catch (...) {
    return error_of(std::current_exception(), call);
  }
}

// What not everybody may see must not be cached for everybody.
template <class ListResult, class Entry>
void add_hints(ListResult& result, const Core& core, const Table<Entry>& table) {
  const auto is_hidden = [](const auto& entry) { return entry->options.scope_policy == ScopePolicy::hidden && !entry->options.scopes.empty(); };
  result.ttlMs = core.options().list_ttl.count();
  result.cacheScope = std::any_of(table.list().begin(), table.list().end(), is_hidden) ? CacheScope::private_ : CacheScope::public_;
}

}  // namespace

void Session::list_tools(const ExchangePtr& exchange, json params) {
  auto asked = protocol::decode_params<PaginatedRequestParams>(std::move(params));
  if (!asked) return refuse(*exchange, std::move(asked).error());
  const auto after = read_cursor(asked->cursor, 't');
  if (!after) return refuse(*exchange, after.error());
  ListToolsResult result;
  const auto registry = core_->registry();
  result.nextCursor = take_page(registry->tools, *after, core_->options().page_size, 't', *exchange->principal,
                                [&](const ToolEntry& entry) { result.tools.push_back(entry.definition); });
  add_hints(result, *core_, registry->tools);
  answer(*exchange, result);
}

void Session::list_prompts(const ExchangePtr& exchange, json params) {
  auto asked = protocol::decode_params<PaginatedRequestParams>(std::move(params));
  if (!asked) return refuse(*exchange, std::move(asked).error());
  const auto after = read_cursor(asked->cursor, 'p');
  if (!after) return refuse(*exchange, after.error());
  ListPromptsResult result;
  const auto registry = core_->registry();
  result.nextCursor = take_page(registry->prompts, *after, core_->options().page_size, 'p', *exchange->principal,
                                [&](const PromptEntry& entry) { result.prompts.push_back(entry.definition); });
  add_hints(result, *core_, registry->prompts);
  answer(*exchange, result);
}

void Session::list_templates(const ExchangePtr& exchange, json params) {
  auto asked = protocol::decode_params<PaginatedRequestParams>(std::move(params));
  if (!asked) return refuse(*exchange, std::move(asked).error());
  const auto after = read_cursor(asked->cursor, 'm');
  if (!after) return refuse(*exchange, after.error());
  ListResourceTemplatesResult result;
  const auto registry = core_->registry();
  result.nextCursor = take_page(registry->templates, *after, core_->options().page_size, 'm', *exchange->principal,
                                [&](const TemplateEntry& entry) { result.resourceTemplates.push_back(entry.definition); });
  add_hints(result, *core_, registry->templates);
  answer(*exchange, result);
}

// First the registered resources, then what the templates' listers give. A lister may block, so it runs on a worker.
void Session::list_resources(const ExchangePtr& exchange, json params, std::size_t bytes) {
  auto asked = protocol::decode_params<PaginatedRequestParams>(std::move(params));
  if (!asked) return refuse(*exchange, std::move(asked).error());
  const auto registry = core_->registry();
  // The lister of a template that is not open would tell what is behind it, be the template itself visible or not.
  const auto next_lister = [&](std::uint64_t after) -> Table<TemplateEntry>::Pointer {
    for (const auto& entry : registry->templates.list())
      if (entry->order > after && entry->options.list && is_open(*exchange->principal, entry->options)) return entry;
    return nullptr;
  };

  ListResourcesResult result;
  add_hints(result, *core_, registry->resources);
  Table<TemplateEntry>::Pointer lister;
  std::optional<std::string> inner;
  if (asked->cursor && asked->cursor->substr(0, 1) == "l") {
    const std::size_t colon = asked->cursor->find(':');
    const auto order = read_cursor(asked->cursor->substr(0, colon), 'l');
    if (!order || *order == 0) return refuse(*exchange, bad_cursor());
    lister = next_lister(*order - 1);
    if (lister && lister->order == *order && colon != std::string::npos)
      inner = asked->cursor->substr(colon + 1);
    if (!lister) return answer(*exchange, result);
  } else {
    const auto after = read_cursor(asked->cursor, 'r');
    if (!after) return refuse(*exchange, after.error());
    result.nextCursor = take_page(registry->resources, *after, core_->options().page_size, 'r', *exchange->principal,
                                  [&](const ResourceEntry& entry) { result.resources.push_back(entry.definition); });
    const auto first = next_lister(0);
    if (result.nextCursor || !first) return answer(*exchange, result);
    if (!result.resources.empty()) {
      result.nextCursor = "l" + std::to_string(first->order);
      return answer(*exchange, result);
    }
    lister = first;
  }

  const auto following = next_lister(lister->order);
  auto call = make_call(exchange, lister->definition.uriTemplate, Running::on_worker, true, std::chrono::milliseconds{0});
  in_flight_[exchange->id] = exchange;
  put_on_worker(exchange, {}, bytes,
                [call, lister, inner, following, core = core_]() mutable {
                  if (call->stopped()) return;
                  const auto& setup = call->setup();
                  auto listed = run_lister(lister->options.list, inner, *call);
                  Reply reply;
                  if (!listed) {
                    reply.error = protocol::error_for(setup.revision, std::move(listed).error());
                    reply.text = jsonrpc::encode_error(setup.request, *reply.error);
                  } else {
                    // What a lister finds may be one user's own.
                    if (!listed->ttlMs) listed->ttlMs = core->options().list_ttl.count();
                    if (!listed->cacheScope) listed->cacheScope = CacheScope::private_;
                    if (listed->nextCursor) listed->nextCursor = "l" + std::to_string(lister->order) + ":" + *listed->nextCursor;
                    else if (following) listed->nextCursor = "l" + std::to_string(following->order);
                    reply.text = protocol::encode_response(setup.request, *listed, protocol::Receiver{setup.revision, &core->stamp()});
                  }
                  hand_over(*call, std::move(reply));
                });
}

}  // namespace sumun::server
