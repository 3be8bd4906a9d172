// SPDX-License-Identifier: Apache-2.0
// tools/call: find, validate, judge; then it runs, is refused, or people are asked.
#include "protocol/errors.hpp"
#include "protocol/header_mirror.hpp"
#include "server/access.hpp"
#include "server/ladder.hpp"
#include "server/tool_call.hpp"
#include "server/walk.hpp"

#include <boost/asio/strand.hpp>

#include <utility>

namespace sumun::server {
namespace {

// None where neither the tool nor the gate makes a task of it, or the client takes none.
// Spec: io.modelcontextprotocol/tasks, Capability Negotiation
std::optional<TaskTerms> terms_of(const ToolOptions& options, const RequestMeta& meta, const AskTerms* asked) {
  if (!meta.is_modern() || !protocol::takes_tasks(meta.clientCapabilities)) return std::nullopt;
  const bool by_tool = options.task != TaskSupport::none;
  if (!by_tool && asked == nullptr) return std::nullopt;
  const std::chrono::milliseconds waits = asked != nullptr ? asked->pending : std::chrono::milliseconds{0};
  return TaskTerms{options.task_ttl + waits, options.task_poll_interval, options.task == TaskSupport::required, by_tool};
}

Running running_of(const ToolEntry& entry) {
  if (std::holds_alternative<CoroutineHandler<CallToolResult>>(entry.handler)) return Running::as_coroutine;
  return entry.options.placement == Placement::quick ? Running::in_place : Running::on_worker;
}

}  // namespace

std::shared_ptr<CallState> Session::make_call(const ExchangePtr& exchange, std::string target, Running running, bool only_reads,
                                              std::chrono::milliseconds timeout, std::optional<TaskTerms> task) {
  CallState::Setup setup{core_,
                         weak_from_this(),
                         inbox_.sender(),
                         executor_,
                         exchange->principal,
                         exchange->id,
                         exchange->stream,
                         exchange->revision,
                         exchange->method,
                         std::move(target),
                         exchange->meta,
                         std::nullopt,
                         running,
                         only_reads,
                         timeout,
                         std::move(task)};
  if (setup.task)  // it may outlive this connection
    if (const auto executor = core_->tasks().executor()) setup.executor = boost::asio::make_strand(*executor);
  if (is_modern(exchange->revision)) setup.log_level = exchange->meta->logLevel;
  else if (legacy_) setup.log_level = legacy_->level;
  exchange->call = std::make_shared<CallState>(std::move(setup));
  return exchange->call;
}

void Session::note_refusal(const Exchange& exchange, std::string_view target, const json* arguments, std::string_view by, std::string_view why) {
  if (!core_->keeps_log()) return;
  json record = record_of(*core_, {"refused", *exchange.principal, protocol::name(exchange.method), target, arguments}, exchange.meta->rest);
  record["by"] = by;
  record["why"] = core_->redactor().text(why);
  if (exchange.call) record["call"] = exchange.call->id();
  core_->ledger().append({std::move(record)});
}

void Session::refuse_for_scope(Exchange& exchange, std::string_view target, Error lack) {
  note_refusal(exchange, target, nullptr, "scope", lack.message);
  refuse(exchange, std::move(lack));
}

void Session::note_read(const Exchange& exchange, const json* arguments, const std::optional<Refusal>& would) {
  if (!core_->keeps_log() || !core_->options().audit.reads) return;
  auto passage = std::make_unique<Passage>();
  passage->record = record_of(*core_, {"call", *exchange.principal, protocol::name(exchange.method), exchange.call->setup().target, arguments}, exchange.meta->rest);
  passage->record["call"] = exchange.call->id();
  if (would) passage->record["would"] = name_of(would->decision);
  exchange.call->pass(std::move(passage));
}

void Session::call_tool(ExchangePtr exchange, json params, std::size_t bytes) {
  auto asked = protocol::decode_params<CallToolRequestParams>(std::move(params));
  if (!asked) return refuse(*exchange, std::move(asked).error());
  const auto registry = core_->registry();
  const Principal& who = *exchange->principal;
  const std::string& name = asked->name;
  const auto entry = registry->tools.find(name);
  if (!entry || !scopes_show(who, entry->options)) {
    note_refusal(*exchange, name, nullptr, "unknown", "unknown tool");
    return refuse(*exchange, fail(ErrorCode::invalid_params, "unknown tool: " + in_quotes(name) + nearest(*registry, registry->tools, name, who)));
  }
  const auto not_done = [&](const json* arguments, std::string_view by, const std::string& why) {  // a result, in every revision: the model can mend its call
    note_refusal(*exchange, name, arguments, by, why);
    answer(*exchange, CallToolResult::error(why));
  };
  // Looked at where the call is refused in any case. In words all the same: whoever learned of it elsewhere would try on.
  const auto refused_as_hidden = [&] {
    if (!is_hidden(*registry, about(who, *entry))) return false;
    not_done(nullptr, "policy", words_of(*judge(*core_, *registry, about(who, *entry)), name));
    return true;
  };
  if (auto lack = lacks_scope(who, entry->options, name)) return refused_as_hidden() ? void() : refuse_for_scope(*exchange, name, *std::move(lack));
  if (const MirroredHeaders* headers = std::exchange(exchange->headers, nullptr); headers != nullptr && !entry->mirrored.empty()) {
    auto same = protocol::check_param_headers(*headers, entry->mirrored, asked->arguments ? *asked->arguments : json());
    if (!same) return refused_as_hidden() ? void() : refuse(*exchange, std::move(same).error());
  }
  if (entry->options.task == TaskSupport::required && !terms_of(entry->options, *exchange->meta, nullptr)) {
    if (refused_as_hidden()) return;
    Error lack = protocol::missing_capability(protocol::task_capability());
    if (allows(exchange->revision, Feature::modern_errors)) return refuse(*exchange, std::move(lack));
    return answer(*exchange, CallToolResult::error(name + ": " + lack.message));
  }
  json input = asked->arguments ? *std::move(asked->arguments) : json::object();
  const auto violations = entry->input.validate(input, Defaults::fill);
  if (!violations.empty()) {
    if (refused_as_hidden()) return;
    // The record tells what and where; in the words may stand what its arguments leave out.
    std::string places;
    for (const Violation& one : violations) places += (places.empty() ? "" : ", ") + one.instance_location + ": " + one.keyword_location;
    note_refusal(*exchange, name, &input, "schema", places);
    return answer(*exchange, CallToolResult::error("invalid arguments for " + name + ": " + explain(violations)));
  }
  // Of every request, so of each round and before a task begins: what the policy says now.
  PolicyRequest request = about(who, *entry);
  request.arguments = &input;
  const auto refusal = weigh(*core_, *registry, request);
  const bool ask = refusal && !refusal->observed && refusal->decision == Decision::ask;
  if (refusal && !refusal->observed && !ask) return not_done(refusal->whatever ? nullptr : &input, "policy", words_of(*refusal, name));

  const bool only_reads = sumun::only_reads(entry->options.effects);
  auto call = make_call(exchange, name, running_of(*entry), only_reads, entry->options.timeout, terms_of(entry->options, *exchange->meta, ask ? &refusal->terms : nullptr));
  if (!take_up(exchange, *call, *asked, input)) return;
  auto tool = std::make_shared<ToolCall>(ToolCall{exchange, call, entry, std::move(input), bytes, workers()});
  const GateState& gate = call->gate();
  const bool goes_on = call->round() > 0 && !(gate.approval.empty() && gate.grant.empty());
  if (core_->keeps_log() || ask || goes_on) {
    auto passage = std::make_unique<Passage>();
    passage->tool = entry.get();
    if (core_->keeps_log()) {
      passage->record = record_of(*core_, {"call", who, protocol::name(exchange->method), name, &tool->input}, exchange->meta->rest);
      passage->record["call"] = call->id();
      passage->record["rule"] = refusal ? refusal->rule : rule_of(*registry, request);
      if (refusal && refusal->observed) passage->record["would"] = name_of(refusal->decision);
    }
    if (goes_on) {
      passage->approval = gate.approval;
      passage->grant = gate.grant;
    }
    passage->claims = !only_reads || goes_on;
    if (passage->claims || ask || core_->options().audit.reads) call->pass(std::move(passage));
  }
  if (!ask || goes_on) return run_tool(tool);
  if (call->round() > 0)
    return not_done(&tool->input, "policy", name + " was not run: the policy has changed since this call began, and asks a person now. Call it again, without requestState.");
  tool->rule = refusal->rule;
  tool->reason = refusal->reason;
  tool->terms = refusal->terms;
  ask_people(tool);
}

}  // namespace sumun::server
