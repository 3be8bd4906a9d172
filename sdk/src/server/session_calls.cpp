// SPDX-License-Identifier: Apache-2.0
// prompts/get, resources/read and completion/complete: find, judge, run. They only read.
#include "protocol/errors.hpp"
#include "server/access.hpp"
#include "server/walk.hpp"

#include <algorithm>
#include <utility>

namespace sumun::server {

void Session::get_prompt(ExchangePtr exchange, json params, std::size_t bytes) {
  auto asked = protocol::decode_params<GetPromptRequestParams>(std::move(params));
  if (!asked) return refuse(*exchange, std::move(asked).error());
  const auto registry = core_->registry();
  const Principal& who = *exchange->principal;
  auto entry = registry->prompts.find(asked->name);
  if (!entry || !is_visible(*registry, who, *entry)) {
    const auto hidden = entry ? judge(*core_, *registry, about(who, *entry)) : std::nullopt;
    note_refusal(*exchange, asked->name, nullptr, hidden ? "policy" : "unknown", hidden ? hidden->rule : "unknown prompt");
    return refuse(*exchange, fail(ErrorCode::invalid_params, "unknown prompt: " + in_quotes(asked->name) + nearest(*registry, registry->prompts, asked->name, who)));
  }
  if (auto lack = lacks_scope(who, entry->options, asked->name)) return refuse_for_scope(*exchange, asked->name, *std::move(lack));
  json input = json::object();
  if (asked->arguments)
    for (auto& [name, value] : *asked->arguments) input[name] = std::move(value);
  if (entry->definition.arguments)
    for (const PromptArgument& argument : *entry->definition.arguments)
      if (argument.required.value_or(false) && !input.contains(argument.name))
        return refuse(*exchange, fail(ErrorCode::invalid_params, "params.arguments." + argument.name + ": missing; prompt '" + asked->name + "' needs it"));
  PolicyRequest request = about(who, *entry);
  request.arguments = &input;
  const auto refusal = weigh(*core_, *registry, request);
  if (refusal && !refusal->observed) {
    note_refusal(*exchange, asked->name, &input, "policy", refusal->rule);
    return refuse(*exchange, fail(ErrorCode::invalid_params, "prompt " + in_quotes(asked->name) + " is not allowed with these arguments" +
                                                                 (refusal->reason.empty() ? "" : " (" + refusal->reason + ")")));
  }
  const bool plain = std::holds_alternative<PlainHandler<GetPromptResult>>(entry->handler);
  auto call = make_call(exchange, std::move(asked->name),
                        !plain                                           ? Running::as_coroutine
                        : entry->options.placement == Placement::quick ? Running::in_place
                                                                         : Running::on_worker,
                        true, {});
  if (!take_up(exchange, *call, *asked, input)) return;
  note_read(*exchange, &input, refusal);
  const PromptEntry* prompt = entry.get();
  const auto finish = [prompt](CallState& state, Outcome<GetPromptResult> outcome) {
    // What does not fit the handler's input. Spec: 2026-07-28 server/prompts, Error Handling
    if (outcome.error.code == ErrorCode::invalid_value) outcome.error.code = ErrorCode::invalid_params;
    if (!outcome.value) return error_reply(state, std::move(outcome.error));
    if (!outcome.value->description) outcome.value->description = prompt->definition.description;
    return result_reply(state, *outcome.value);
  };
  carry_out(exchange, Work<GetPromptResult, std::remove_const_t<decltype(finish)>>{call, &prompt->handler, entry, nullptr, std::move(input), bytes, finish, workers()});
}

void Session::read_resource(ExchangePtr exchange, json params, std::size_t bytes) {
  auto asked = protocol::decode_params<ReadResourceRequestParams>(std::move(params));
  if (!asked) return refuse(*exchange, std::move(asked).error());
  const auto registry = core_->registry();
  std::shared_ptr<const void> keep;
  const Handler<ReadResourceResult>* handler = nullptr;
  const ResourceOptions* options = nullptr;
  std::optional<std::string> mime_type;
  json input = json::object();
  if (auto entry = registry->resources.find(asked->uri)) {
    handler = &entry->handler;
    options = &entry->options;
    mime_type = entry->definition.mimeType;
    keep = entry;
  } else {
    for (const auto& candidate : registry->templates.list()) {
      auto variables = candidate->pattern.match(asked->uri);
      if (!variables) continue;
      handler = &candidate->handler;
      options = &candidate->options;
      mime_type = candidate->definition.mimeType;
      keep = candidate;
      for (auto& [name, value] : *variables) input[name] = std::move(value);
      break;
    }
  }
  const bool known = handler != nullptr && scopes_show(*exchange->principal, *options);
  const auto refusal = known ? weigh(*core_, *registry, about(*exchange->principal, *options, asked->uri)) : std::nullopt;
  if (!known || (refusal && !refusal->observed)) {
    note_refusal(*exchange, asked->uri, nullptr, known ? "policy" : "unknown", known ? refusal->rule : "unknown resource");
    return refuse(*exchange, protocol::resource_not_found(asked->uri));
  }
  if (auto lack = lacks_scope(*exchange->principal, *options, asked->uri)) return refuse_for_scope(*exchange, asked->uri, *std::move(lack));
  const bool plain = std::holds_alternative<PlainHandler<ReadResourceResult>>(*handler);
  auto call = make_call(exchange, asked->uri,
                        !plain                                     ? Running::as_coroutine
                        : options->placement == Placement::quick ? Running::in_place
                                                                   : Running::on_worker,
                        true, {});
  if (!take_up(exchange, *call, *asked, input)) return;
  note_read(*exchange, nullptr, refusal);
  const auto finish = [ttl = options->ttl, mime_type](CallState& state, Outcome<ReadResourceResult> outcome) {
    if (!outcome.value) return error_reply(state, std::move(outcome.error));
    for (ResourceContents& contents : outcome.value->contents) {
      std::visit(
          [&](auto& one) {
            if (one.uri.empty()) one.uri = state.setup().target;
            if (!one.mimeType) one.mimeType = mime_type;
          },
          contents);
    }
    if (!outcome.value->ttlMs) outcome.value->ttlMs = ttl.count();
    if (!outcome.value->cacheScope) outcome.value->cacheScope = CacheScope::private_;
    return result_reply(state, *outcome.value);
  };
  carry_out(exchange, Work<ReadResourceResult, std::remove_const_t<decltype(finish)>>{call, handler, keep, nullptr, std::move(input), bytes, finish, workers()});
}

void Session::complete(ExchangePtr exchange, json params, std::size_t bytes) {
  auto asked = protocol::decode_params<CompleteRequestParams>(std::move(params));
  if (!asked) return refuse(*exchange, std::move(asked).error());
  const auto registry = core_->registry();
  const std::map<std::string, Completer, std::less<>>* completers = nullptr;
  std::shared_ptr<const void> keep;
  Table<TemplateEntry>::Pointer family;
  std::string target;  // whose argument it is
  if (const auto* prompt = std::get_if<PromptReference>(&asked->ref)) {
    auto entry = registry->prompts.find(prompt->name);
    target = prompt->name;
    if (!entry || !is_visible(*registry, *exchange->principal, *entry)) {
      note_refusal(*exchange, target, nullptr, "unknown", "unknown prompt");
      return refuse(*exchange, fail(ErrorCode::invalid_params, "params.ref.name: unknown prompt " + in_quotes(prompt->name)));
    }
    if (auto lack = lacks_scope(*exchange->principal, entry->options, prompt->name)) return refuse_for_scope(*exchange, prompt->name, *std::move(lack));
    completers = &entry->completers;
    keep = entry;
  } else {
    const std::string& uri = std::get<ResourceTemplateReference>(asked->ref).uri;
    auto entry = registry->templates.find(uri);
    const auto resource = entry ? nullptr : registry->resources.find(uri);
    const ResourceOptions* options = entry ? &entry->options : resource ? &resource->options : nullptr;
    const bool visible = entry ? is_visible(*registry, *exchange->principal, *entry)
                               : options != nullptr && is_visible(*registry, *exchange->principal, *options, uri);
    target = uri;
    if (!visible) {
      note_refusal(*exchange, target, nullptr, "unknown", "unknown resource template");
      return refuse(*exchange, fail(ErrorCode::invalid_params, "params.ref.uri: unknown resource template " + in_quotes(uri)));
    }
    if (auto lack = lacks_scope(*exchange->principal, *options, uri)) return refuse_for_scope(*exchange, uri, *std::move(lack));
    if (entry) completers = &entry->completers;
    keep = family = entry;
  }
  const Completer* completer = nullptr;
  if (completers != nullptr) {
    const auto found = completers->find(asked->argument.name);
    if (found != completers->end()) completer = &found->second;
  }
  if (completer == nullptr) return answer(*exchange, CompleteResult{});
  std::map<std::string, std::string> chosen;
  if (asked->context && asked->context->arguments) chosen = *std::move(asked->context->arguments);
  // Values that lead to a URI which the policy hides are not told.
  const auto leads_to_hidden = [registry, family, who = exchange->principal, name = asked->argument.name](
                                   const std::string& found, const std::map<std::string, std::string>& others) {
    if (!family || !is_enforced(*registry)) return false;
    UriVariables values(others.begin(), others.end());
    values[name] = found;
    const auto uri = family->pattern.expand(values);
    return uri && is_hidden(*registry, about(*who, family->options, *uri));
  };
  PlainHandler<CompleteResult> handler = [completer, value = std::move(asked->argument.value), chosen = std::move(chosen),
                                          leads_to_hidden](json, Call&) -> Result<CompleteResult> {
    CompleteResult result;
    result.completion.values = (*completer)(value, chosen);
    std::erase_if(result.completion.values, [&](const std::string& one) { return leads_to_hidden(one, chosen); });
    if (result.completion.values.size() > kMaxCompletions) {
      result.completion.total = static_cast<std::int64_t>(result.completion.values.size());
      result.completion.hasMore = true;
      result.completion.values.resize(kMaxCompletions);
    }
    return result;
  };
  auto call = make_call(exchange, std::move(target), Running::on_worker, true, {});
  note_read(*exchange, nullptr, std::nullopt);
  auto held = std::make_shared<std::pair<Handler<CompleteResult>, std::shared_ptr<const void>>>(std::move(handler), std::move(keep));
  const auto finish = [](CallState& state, Outcome<CompleteResult> outcome) {
    if (!outcome.value) return error_reply(state, std::move(outcome.error));
    return result_reply(state, *outcome.value);
  };
  carry_out(exchange, Work<CompleteResult, std::remove_const_t<decltype(finish)>>{call, &held->first, held, nullptr, json::object(), bytes, finish, workers()});
}

}  // namespace sumun::server
