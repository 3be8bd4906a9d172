// SPDX-License-Identifier: Apache-2.0
// Lists in the order of registration, page by page. A cursor is a letter for the list and the number of the entry that
// the page before ended with, so entries that come and go meanwhile neither repeat nor hide others:
//   t12  p3  r7  m4      l5:INNER  the lister of the template number 5, at its own cursor INNER
// Spec: 2026-07-28 server/utilities/pagination
#include "protocol/codec.hpp"
#include "protocol/errors.hpp"
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

// The entries behind `after`, one page; what ends it becomes the cursor.
template <class Entry, class Take>
std::optional<std::string> take_page(const Table<Entry>& table, std::uint64_t after, std::size_t size, char list, Take take) {
  std::size_t taken = 0;
  std::uint64_t last = after;
  for (const auto& entry : table.list()) {
    if (entry->order <= after) continue;
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

template <class ListResult>
void add_hints(ListResult& result, const Core& core) {
  result.ttlMs = core.options().list_ttl.count();
  result.cacheScope = CacheScope::public_;
}

}  // namespace

void Session::list_tools(const ExchangePtr& exchange, json params) {
  auto asked = protocol::decode_params<PaginatedRequestParams>(std::move(params));
  if (!asked) return refuse(*exchange, std::move(asked).error());
  const auto after = read_cursor(asked->cursor, 't');
  if (!after) return refuse(*exchange, after.error());
  ListToolsResult result;
  result.nextCursor = take_page(core_->registry()->tools, *after, core_->options().page_size, 't',
                                [&](const ToolEntry& entry) { result.tools.push_back(entry.definition); });
  add_hints(result, *core_);
  answer(*exchange, result);
}

void Session::list_prompts(const ExchangePtr& exchange, json params) {
  auto asked = protocol::decode_params<PaginatedRequestParams>(std::move(params));
  if (!asked) return refuse(*exchange, std::move(asked).error());
  const auto after = read_cursor(asked->cursor, 'p');
  if (!after) return refuse(*exchange, after.error());
  ListPromptsResult result;
  result.nextCursor = take_page(core_->registry()->prompts, *after, core_->options().page_size, 'p',
                                [&](const PromptEntry& entry) { result.prompts.push_back(entry.definition); });
  add_hints(result, *core_);
  answer(*exchange, result);
}

void Session::list_templates(const ExchangePtr& exchange, json params) {
  auto asked = protocol::decode_params<PaginatedRequestParams>(std::move(params));
  if (!asked) return refuse(*exchange, std::move(asked).error());
  const auto after = read_cursor(asked->cursor, 'm');
  if (!after) return refuse(*exchange, after.error());
  ListResourceTemplatesResult result;
  result.nextCursor = take_page(core_->registry()->templates, *after, core_->options().page_size, 'm',
                                [&](const TemplateEntry& entry) { result.resourceTemplates.push_back(entry.definition); });
  add_hints(result, *core_);
  answer(*exchange, result);
}

// First the registered resources, then what the templates' listers give. A lister may block, so it runs on a worker.
void Session::list_resources(const ExchangePtr& exchange, json params, std::size_t bytes) {
  auto asked = protocol::decode_params<PaginatedRequestParams>(std::move(params));
  if (!asked) return refuse(*exchange, std::move(asked).error());
  const auto registry = core_->registry();
  const auto next_lister = [&](std::uint64_t after) -> Table<TemplateEntry>::Pointer {
    for (const auto& entry : registry->templates.list())
      if (entry->order > after && entry->options.list) return entry;
    return nullptr;
  };

  ListResourcesResult result;
  add_hints(result, *core_);
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
    result.nextCursor = take_page(registry->resources, *after, core_->options().page_size, 'r',
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
