// SPDX-License-Identifier: Apache-2.0
// Lists in the order of registration, page by page. A cursor is a letter for the list and the number of the entry that
// the page before ended with, so entries that come and go meanwhile neither repeat nor hide others:
//   t12  p3  r7  m4      l5:INNER  the lister of the template number 5, at its own cursor INNER
// Spec: 2026-07-28 server/utilities/pagination
#include "base/json_text.hpp"
#include "protocol/codec.hpp"
#include "protocol/errors.hpp"
#include "server/access.hpp"
#include "server/outcome.hpp"
#include "server/walk.hpp"

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
std::optional<std::string> take_page(const Core& core, const Registry& registry, const Table<Entry>& table, std::uint64_t after, char list,
                                     const Principal& who, Take take) {
  std::size_t taken = 0;
  std::uint64_t last = after;
  for (const auto& entry : table.list()) {
    if (entry->order <= after || !is_visible(registry, who, *entry)) continue;
    if (registry.policy && registry.policy->hides(about(who, *entry)))  // a policy that only observes
      core.log(LoggingLevel::info, "policy (it only observes): would not be listed: " + in_quotes(entry->key()) + " for " + in_quotes(who.name));
    if (taken == core.options().page_size) return list + std::to_string(last);
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

// Whether the policy shows the same to everybody.
bool asks_who(const Registry& registry) {
  if (!is_enforced(registry)) return false;
  const auto& rules = registry.policy->options().rules;
  return std::any_of(rules.begin(), rules.end(), [](const PolicyRule& rule) { return !rule.principal.empty() || !rule.group.empty() || !rule.scope.empty(); });
}

// What not everybody may see must not be cached for everybody.
template <class ListResult, class Entry>
void add_hints(ListResult& result, const Core& core, const Registry& registry, const Table<Entry>& table) {
  const auto may_be_hidden = [](const auto& entry) { return entry->options.scope_policy == ScopePolicy::hidden && !entry->options.scopes.empty(); };
  result.ttlMs = core.options().list_ttl.count();
  const bool differs = asks_who(registry) || std::any_of(table.list().begin(), table.list().end(), may_be_hidden);
  result.cacheScope = differs ? CacheScope::private_ : CacheScope::public_;
}

template <class Entry>
bool shows_the_same(const Registry& before, const Registry& now, const Table<Entry>& table, const Principal& who) {
  return std::all_of(table.list().begin(), table.list().end(), [&](const auto& entry) {
    return is_visible(before, who, *entry) == is_visible(now, who, *entry);
  });
}

}  // namespace

// Listers find what no table holds: where there are some, resources may always have changed.
bool list_differs(ListKind kind, const Registry& before, const Registry& now, const Principal& who) {
  if (kind == ListKind::tools) return !shows_the_same(before, now, now.tools, who);
  if (kind == ListKind::prompts) return !shows_the_same(before, now, now.prompts, who);
  const auto& families = now.templates.list();
  return !shows_the_same(before, now, now.resources, who) || !shows_the_same(before, now, now.templates, who) ||
         std::any_of(families.begin(), families.end(), [](const auto& family) { return static_cast<bool>(family->options.list); });
}

void Session::list_tools(const ExchangePtr& exchange, json params) {
  auto asked = protocol::decode_params<PaginatedRequestParams>(std::move(params));
  if (!asked) return refuse(*exchange, std::move(asked).error());
  const auto after = read_cursor(asked->cursor, 't');
  if (!after) return refuse(*exchange, after.error());
  ListToolsResult result;
  const auto registry = core_->registry();
  result.nextCursor = take_page(*core_, *registry, registry->tools, *after, 't', *exchange->principal,
                                [&](const ToolEntry& entry) { result.tools.push_back(entry.definition); });
  add_hints(result, *core_, *registry, registry->tools);
  answer(*exchange, result);
}

void Session::list_prompts(const ExchangePtr& exchange, json params) {
  auto asked = protocol::decode_params<PaginatedRequestParams>(std::move(params));
  if (!asked) return refuse(*exchange, std::move(asked).error());
  const auto after = read_cursor(asked->cursor, 'p');
  if (!after) return refuse(*exchange, after.error());
  ListPromptsResult result;
  const auto registry = core_->registry();
  result.nextCursor = take_page(*core_, *registry, registry->prompts, *after, 'p', *exchange->principal,
                                [&](const PromptEntry& entry) { result.prompts.push_back(entry.definition); });
  add_hints(result, *core_, *registry, registry->prompts);
  answer(*exchange, result);
}

void Session::list_templates(const ExchangePtr& exchange, json params) {
  auto asked = protocol::decode_params<PaginatedRequestParams>(std::move(params));
  if (!asked) return refuse(*exchange, std::move(asked).error());
  const auto after = read_cursor(asked->cursor, 'm');
  if (!after) return refuse(*exchange, after.error());
  ListResourceTemplatesResult result;
  const auto registry = core_->registry();
  result.nextCursor = take_page(*core_, *registry, registry->templates, *after, 'm', *exchange->principal,
                                [&](const TemplateEntry& entry) { result.resourceTemplates.push_back(entry.definition); });
  add_hints(result, *core_, *registry, registry->templates);
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
      if (entry->order > after && entry->options.list && is_open(*exchange->principal, entry->options) &&
          !is_hidden(*registry, about(*exchange->principal, *entry)))
        return entry;
    return nullptr;
  };

  ListResourcesResult result;
  add_hints(result, *core_, *registry, registry->resources);
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
    result.nextCursor = take_page(*core_, *registry, registry->resources, *after, 'r', *exchange->principal,
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
  put_on_worker(call, nullptr, bytes, workers(),
                [call, lister, inner, following, registry, core = core_]() mutable {
                  if (call->stopped()) return;
                  const auto& setup = call->setup();
                  auto listed = run_lister(lister->options.list, inner, *call);
                  Reply reply;
                  if (!listed) {
                    reply.error = protocol::error_for(setup.revision, std::move(listed).error());
                    reply.text = jsonrpc::encode_error(setup.request, *reply.error);
                  } else {
                    std::erase_if(listed->resources, [&](const Resource& one) {
                      return is_hidden(*registry, about(*setup.principal, lister->options, one.uri));
                    });
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
