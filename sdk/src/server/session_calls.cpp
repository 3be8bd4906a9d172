// SPDX-License-Identifier: Apache-2.0
// The walk of a call: find, validate, take up the round, run the handler where it belongs, check what it gave, answer.
#include "base/json_text.hpp"
#include "protocol/codec.hpp"
#include "protocol/errors.hpp"
#include "protocol/header_mirror.hpp"
#include "server/access.hpp"
#include "server/outcome.hpp"
#include "server/session.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>

#include <algorithm>
#include <utility>

namespace sumun::server {

using protocol::Receiver;

Error error_of(std::exception_ptr thrown, CallState& call) {
  const auto masked = [&](const std::string& what) {
    const std::string reference = call.id().substr(0, 8);
    call.setup().core->log(LoggingLevel::error, call.setup().target + " failed (reference " + reference + "): " + what);
    return fail("it failed unexpectedly; the server's log says why (reference " + reference + ")");
  };
  try {
    std::rethrow_exception(std::move(thrown));
  } catch (const ErrorException& error) {
    return error.error();
  } catch (const boost::system::system_error& error) {
    if (call.stopped()) return fail(ErrorCode::cancelled, "the call was cancelled");
    return masked(error.what());
  } catch (const std::exception& error) {
    return masked(error.what());
  } catch (...) {
    return masked("an exception of an unknown type");
  }
}

namespace {

constexpr std::chrono::milliseconds kQuickLimit{5};  // what a quick handler may take before it is logged

// The nearest known name, for a model that mistyped one.
template <class Entry>
std::string nearest(const Registry& registry, const Table<Entry>& table, const std::string& name, const Principal& who) {
  std::string best;
  std::size_t least = name.size() / 2 + 1;
  for (const auto& entry : table.list()) {
    const std::string& other = entry->key();
    if (name.size() > 64 || other.size() > 64 || !is_visible(registry, who, *entry)) continue;
    std::vector<std::size_t> row(other.size() + 1);
    for (std::size_t j = 0; j <= other.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= name.size(); ++i) {
      std::size_t diagonal = std::exchange(row[0], i);
      for (std::size_t j = 1; j <= other.size(); ++j) {
        const std::size_t cost = diagonal + (name[i - 1] == other[j - 1] ? 0 : 1);
        diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, cost}));
      }
    }
    if (row.back() < least) {
      least = row.back();
      best = other;
    }
  }
  return best.empty() ? "" : "; did you mean '" + best + "'?";
}

// Errors about the protocol go out as such; every other failure of a tool is a result, so that the model sees it.
bool is_protocol_error(const Error& error, Revision revision) {
  if (error.code == ErrorCode::unsupported) return allows(revision, Feature::modern_errors);
  return static_cast<int>(error.code) < 0 || error.code == ErrorCode::insufficient_scope ||
         error.code == ErrorCode::too_many_requests || error.code == ErrorCode::busy;
}

Reply error_reply(const CallState& call, Error error) {
  const auto& setup = call.setup();
  error = protocol::error_for(setup.revision, std::move(error));
  Reply reply{jsonrpc::encode_error(setup.request, error, protocol::missing_id(setup.revision)), {}};
  reply.error = std::move(error);
  return reply;
}

template <class T>
Reply result_reply(const CallState& call, const T& result, protocol::OutputForm form = protocol::OutputForm::by_value) {
  const auto& setup = call.setup();
  return Reply{protocol::encode_response(setup.request, result, Receiver{setup.revision, &setup.core->stamp(), form}), {}};
}

// What the output lacks of its schema; empty = nothing.
std::string broken_output(const ToolEntry& entry, CallToolResult& result) {
  if (!entry.output || result.failed()) return "";
  if (!result.structuredContent) return "it has an output schema but returned no structured content";
  const auto violations = entry.output->validate(*result.structuredContent);
  return violations.empty() ? "" : explain(violations, "output");
}

Reply tool_answer(const ToolEntry& entry, CallState& call, Outcome<CallToolResult> outcome) {
  const std::string& name = entry.definition.name;
  if (!outcome.value) {
    if (is_protocol_error(outcome.error, call.setup().revision)) return error_reply(call, std::move(outcome.error));
    return result_reply(call, CallToolResult::error(name + ": " + outcome.error.message));
  }
  if (const std::string broken = broken_output(entry, *outcome.value); !broken.empty()) {
    call.setup().core->log(LoggingLevel::error, "tool '" + name + "': its output breaks its schema: " + broken);
    return result_reply(call, CallToolResult::error(name + ": it ran, but its output breaks its own schema: " + broken));
  }
  // Clients before 2025-06-18 see the text alone. Spec: 2025-06-18 server/tools, Structured Content
  if (outcome.value->content.empty() && outcome.value->structuredContent)
    outcome.value->content.emplace_back(text_content(dump_json(*outcome.value->structuredContent)));
  return result_reply(call, *outcome.value, entry.output_form);
}

// None where the tool makes no tasks, or the client takes none.
// Spec: io.modelcontextprotocol/tasks, Capability Negotiation
std::optional<TaskTerms> terms_of(const ToolOptions& options, const RequestMeta& meta) {
  if (options.task == TaskSupport::none || !meta.is_modern() || !protocol::takes_tasks(meta.clientCapabilities)) return std::nullopt;
  return TaskTerms{options.task_ttl, options.task_poll_interval, options.task == TaskSupport::required};
}

bool can_be_asked(const ClientCapabilities& client) { return client.elicitation || client.sampling || client.roots; }

// Whether rounds of this call must be taken once only.
bool takes_rounds_once(const CallState& call) { return call.round() > 0 && !call.setup().only_reads && !call.task(); }

// A round that was taken and will not be carried out can be taken again.
void give_back(const std::shared_ptr<CallState>& call) {
  if (takes_rounds_once(*call)) call->setup().core->calls().release(call->id(), call->round());
}

// Gives the answer to the store, so that a repetition gets the same; it leaves once the store has it. What was done was
// done: where the store cannot take it, it leaves all the same.
template <class Send>
void keep_answer(CallState& call, Reply reply, Send send) {
  std::string text = reply.text;
  call.setup().core->calls().answer(call.id(), call.round(), std::move(text),
                                    [core = call.setup().core, reply = std::move(reply), send](const Result<void>& kept) mutable {
                                      if (!kept) core->log(LoggingLevel::error, "the answer to a round could not be kept: " + kept.error().message);
                                      send(std::move(reply));
                                    });
}

template <class Send>
void keep_and_send(CallState& call, Reply reply, Send send) {
  if (takes_rounds_once(call)) keep_answer(call, std::move(reply), send);
  else send(std::move(reply));
}

template <class R, class Finish, class Send>
void conclude(const std::shared_ptr<CallState>& call, Outcome<R> outcome, Finish finish, Send send) {
  if (!outcome.unwound) {
    // An answer that failed its check came before any effect: the round stays open for a better one.
    if (call->answer_refused() && !outcome.value && outcome.error.code == ErrorCode::invalid_params) {
      give_back(call);
      return send(finish(*call, std::move(outcome)));
    }
    keep_and_send(*call, finish(*call, std::move(outcome)), send);
    if (call->is_stored()) call->setup().core->calls().finish(call->id());
    return;
  }
  auto question = call->input_required();
  if (!question) {
    outcome.unwound = false;
    outcome.error = std::move(question).error();
    return conclude(call, std::move(outcome), finish, send);
  }
  Reply reply = result_reply(*call, *question);
  if (call->setup().only_reads) return send(std::move(reply));
  call->setup().core->calls().open(call->id(), [call, reply = std::move(reply), send](Result<void> opened) mutable {
    if (opened) return keep_and_send(*call, std::move(reply), send);
    give_back(call);  // it was unwound at a question: nothing was done
    send(error_reply(*call, std::move(opened).error()));
  });
}

// A job with the program's own executor. Should that drop it unrun, its request is answered all the same.
struct Errand {
  Errand(std::shared_ptr<CallState> owner, Job work) : call(std::move(owner)), job(std::move(work)) {}
  Errand(const Errand&) = delete;
  Errand& operator=(const Errand&) = delete;
  ~Errand() {
    if (begun) return;
    give_back(call);
    hand_over(*call, error_reply(*call, fail(ErrorCode::internal_error, "the program's own executor did not run it")));
  }
  void run() {
    if (!std::exchange(begun, true)) job();
  }
  std::shared_ptr<CallState> call;
  Job job;
  bool begun = false;
};

// To the strand, behind what the handler said before.
void to_session(const CallState& call, Reply reply) {
  auto shared = call.shared_from_this();
  call.setup().outlet.push(Job([shared, reply = std::move(reply)]() mutable {
    if (auto session = shared->setup().session.lock()) session->deliver(*shared, std::move(reply));
  }));
}

}  // namespace

void hand_over(const CallState& call, Reply reply) {
  if (const std::string* task = call.task()) return call.setup().core->tasks().conclude(*task, reply.text);
  to_session(call, std::move(reply));
}

Reply task_reply(const CallState& call, const Task& task) {
  CreateTaskResult result;
  static_cast<Task&>(result) = task;
  return result_reply(call, result);
}

void answer_with_task(CallState& call, const Task& task) {
  Reply reply = task_reply(call, task);
  const auto send = [shared = call.shared_from_this()](Reply answer) { to_session(*shared, std::move(answer)); };
  if (call.round() > 0 && !call.setup().only_reads) keep_answer(call, std::move(reply), send);
  else send(std::move(reply));
}

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
                         std::nullopt,
                         std::move(task)};
  if (setup.task)  // it may outlive this connection
    if (const auto executor = core_->tasks().executor()) setup.executor = boost::asio::make_strand(*executor);
  if (is_modern(exchange->revision)) setup.log_level = exchange->meta->logLevel;
  else if (legacy_) setup.log_level = legacy_->level;
  if (timeout.count() > 0) setup.deadline = std::chrono::steady_clock::now() + timeout;
  exchange->call = std::make_shared<CallState>(std::move(setup));
  return exchange->call;
}

void Session::put_on_worker(const ExchangePtr& exchange, const Executor& where, std::size_t bytes, Job job) {
  const std::size_t waiting = waiting_bytes_->fetch_add(bytes, std::memory_order_relaxed);
  if (waiting > 0 && waiting + bytes > kMaxWaitingBytes) {
    waiting_bytes_->fetch_sub(bytes, std::memory_order_relaxed);
    give_back(exchange->call);
    return turn_away(*exchange, "too many requests wait for a worker; try again when some are answered");
  }
  Job counted([waiting = waiting_bytes_, bytes, job = std::move(job)]() mutable {
    waiting->fetch_sub(bytes, std::memory_order_relaxed);
    job();
  });
  if (where) {
    auto errand = std::make_shared<Errand>(exchange->call, std::move(counted));
    try {
      where([errand] { errand->run(); });
    } catch (const std::exception& error) {
      core_->log(LoggingLevel::error, "the executor of '" + exchange->call->setup().target + "' threw: " + error.what());
    }
    return;
  }
  if (pool_.submit(std::move(counted))) return;
  give_back(exchange->call);
  turn_away(*exchange, "the server is ending");
}

// A call that no worker will come for.
void Session::turn_away(Exchange& exchange, std::string why) {
  Error busy = fail(ErrorCode::busy, std::move(why));
  if (!exchange.call->task()) return refuse(exchange, std::move(busy));
  hand_over(*exchange.call, error_reply(*exchange.call, std::move(busy)));
}

// Takes up an earlier round where the client brought one back. False: refused.
template <class Params>
bool Session::take_up(const ExchangePtr& exchange, CallState& call, Params& params, const json& input) {
  if (!allows(exchange->revision, Feature::input_required)) return true;
  if (params.requestState) {
    call.bind(input);
    auto resumed = call.resume(*params.requestState);
    if (!resumed) {
      refuse(*exchange, std::move(resumed).error());
      return false;
    }
  }
  if (params.inputResponses) call.take_responses(*std::move(params.inputResponses));
  return true;
}

template <class R, class Finish>
void Session::carry_out(ExchangePtr exchange, const Handler<R>& handler, std::shared_ptr<const void> keep, const Executor& where,
                        json input, std::size_t bytes, Finish finish) {
  auto call = exchange->call;
  if (!takes_rounds_once(*call)) return run_handler(std::move(exchange), handler, std::move(keep), where, std::move(input), bytes, finish);
  in_flight_[exchange->id] = exchange;
  core_->calls().consume(call->id(), call->round(), [=, this, &handler, weak = weak_from_this(), sender = inbox_.sender(),
                                                     input = std::move(input)](Result<gate::Round> round) mutable {
    sender.push(Job([=, this, &handler, input = std::move(input), round = std::move(round)]() mutable {
      auto session = weak.lock();
      if (!session || exchange->done) {
        if (round && round->state == gate::Round::State::fresh) give_back(call);
        return;
      }
      if (!round) return refuse(*exchange, std::move(round).error());
      if (round->state == gate::Round::State::running)
        return refuse(*exchange, fail(ErrorCode::invalid_params, "params.requestState: this round is being carried out already"));
      if (round->state == gate::Round::State::lost)
        return refuse(*exchange, fail(ErrorCode::internal_error,
                                      "interrupted: the server ended while it carried out this round; what it did is not known, and it is not done again"));
      if (round->state == gate::Round::State::answered) {
        auto again = parse_json(round->answer);
        if (!again) return refuse(*exchange, fail(ErrorCode::internal_error, "the stored answer cannot be read"));
        (*again)["id"] = exchange->id.to_json();
        Reply answer{dump_json(*again), {}};
        if (const auto error = again->find("error"); error != again->end())
          answer.error = fail(static_cast<ErrorCode>((*error)["code"].get<int>()), (*error)["message"].get<std::string>());
        return reply(*exchange, std::move(answer));
      }
      run_handler(exchange, handler, keep, where, std::move(input), bytes, finish);
    }));
  });
}

// T1 belongs here: nothing but this runs a handler.
template <class R, class Finish>
void Session::run_handler(ExchangePtr exchange, const Handler<R>& handler, std::shared_ptr<const void> keep, const Executor& where,
                          json input, std::size_t bytes, Finish finish) {
  auto call = exchange->call;
  const bool binds = allows(exchange->revision, Feature::input_required) && can_be_asked(call->setup().meta->clientCapabilities);
  if (call->setup().running == Running::in_place) {
    const auto begin = std::chrono::steady_clock::now();
    auto outcome = run_plain(std::get<PlainHandler<R>>(handler), std::move(input), call);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
    if (took > kQuickLimit)
      core_->log(LoggingLevel::warning, "'" + call->setup().target + "' is registered as quick and blocked the connection for " +
                                            std::to_string(took.count()) + " ms");
    if (takes_rounds_once(*call)) return conclude(call, std::move(outcome), finish, [call](Reply answer) { hand_over(*call, std::move(answer)); });
    return conclude(call, std::move(outcome), finish, [this, exchange](Reply answer) { reply(*exchange, std::move(answer)); });
  }

  if (!call->task()) in_flight_[exchange->id] = exchange;
  if (call->has_limit()) {
    call->limit([state = call.get(), finish] {
      Outcome<R> outcome;
      outcome.error = fail(ErrorCode::timeout, "it took longer than it may and was told to stop");
      hand_over(*state, finish(*state, std::move(outcome)));
    });
  }
  const auto send = [call](Reply answer) { hand_over(*call, std::move(answer)); };
  if (const auto* coroutine = std::get_if<CoroutineHandler<R>>(&handler)) {
    if (binds) call->bind(input);
    auto done = [exchange, call, keep, finish, send](std::exception_ptr thrown, Outcome<R> outcome) {
      if (thrown) outcome.error = error_of(thrown, *call);
      conclude(call, std::move(outcome), finish, send);
    };
    const auto& executor = call->setup().executor;
    boost::asio::co_spawn(executor, run_coroutine<R>(coroutine, std::move(input), call),
                          boost::asio::bind_cancellation_slot(call->cancellation_slot(), boost::asio::bind_executor(executor, std::move(done))));
    return;
  }
  put_on_worker(exchange, where, bytes,
                Job([call, keep, plain = &std::get<PlainHandler<R>>(handler), input = std::move(input), binds, finish, send]() mutable {
                  if (call->stopped()) {
                    give_back(call);
                    if (call->task()) send(error_reply(*call, fail(ErrorCode::cancelled, "it was cancelled before it began")));
                    return;
                  }
                  if (binds) call->bind(input);
                  conclude(call, run_plain(*plain, std::move(input), call), finish, send);
                }));
}

void Session::call_tool(ExchangePtr exchange, json params, std::size_t bytes) {
  auto asked = protocol::decode_params<CallToolRequestParams>(std::move(params));
  if (!asked) return refuse(*exchange, std::move(asked).error());
  const auto registry = core_->registry();
  const Principal& who = *exchange->principal;
  auto entry = registry->tools.find(asked->name);
  if (!entry || !scopes_show(who, entry->options))
    return refuse(*exchange, fail(ErrorCode::invalid_params, "unknown tool: " + in_quotes(asked->name) + nearest(*registry, registry->tools, asked->name, who)));
  if (is_hidden(*registry, about(who, *entry)))  // in words all the same: whoever learned of it elsewhere would try on
    return answer(*exchange, CallToolResult::error(words_of(*judge(*core_, *registry, about(who, *entry)), asked->name)));
  if (auto lack = lacks_scope(*exchange->principal, entry->options, asked->name)) return refuse(*exchange, *std::move(lack));
  if (const MirroredHeaders* headers = std::exchange(exchange->headers, nullptr); headers != nullptr && !entry->mirrored.empty()) {
    auto same = protocol::check_param_headers(*headers, entry->mirrored, asked->arguments ? *asked->arguments : json());
    if (!same) return refuse(*exchange, std::move(same).error());
  }
  const bool plain = std::holds_alternative<PlainHandler<CallToolResult>>(entry->handler);
  const bool quick = plain && entry->options.placement == Placement::quick && !entry->options.executor;
  auto call = make_call(exchange, std::move(asked->name),
                        quick   ? Running::in_place
                        : plain ? Running::on_worker
                                : Running::as_coroutine,
                        only_reads(entry->options.effects), entry->options.timeout, terms_of(entry->options, *exchange->meta));
  if (entry->options.task == TaskSupport::required && !call->setup().task) {
    Outcome<CallToolResult> refused;
    refused.error = protocol::missing_capability(protocol::task_capability());
    return reply(*exchange, tool_answer(*entry, *call, std::move(refused)));
  }
  json input = asked->arguments ? *std::move(asked->arguments) : json::object();
  const auto violations = entry->input.validate(input, Defaults::fill);
  if (!violations.empty())  // a result, in every revision: the model can mend its call
    return reply(*exchange, result_reply(*call, CallToolResult::error("invalid arguments for " + entry->definition.name + ": " +
                                                                     explain(violations))));
  // Of every request, so of each round and before a task begins: what the policy says now.
  PolicyRequest request = about(who, *entry);
  request.arguments = &input;
  if (const auto refusal = judge(*core_, *registry, request))
    return reply(*exchange, result_reply(*call, CallToolResult::error(words_of(*refusal, entry->definition.name))));
  if (!take_up(exchange, *call, *asked, input)) return;
  // A retry of a call that began without a task stays one.
  const bool at_once = call->setup().task && entry->options.task_start == TaskStart::at_once && call->round() == 0;
  const ToolEntry* tool = entry.get();
  auto run = [this, exchange, tool, keep = std::move(entry), input = std::move(input), bytes]() mutable {
    carry_out<CallToolResult>(std::move(exchange), tool->handler, std::move(keep), tool->options.executor, std::move(input), bytes,
                              [tool](CallState& state, Outcome<CallToolResult> outcome) { return tool_answer(*tool, state, std::move(outcome)); });
  };
  if (at_once) begin_task(exchange, std::move(run));
  else run();
}

void Session::get_prompt(ExchangePtr exchange, json params, std::size_t bytes) {
  auto asked = protocol::decode_params<GetPromptRequestParams>(std::move(params));
  if (!asked) return refuse(*exchange, std::move(asked).error());
  const auto registry = core_->registry();
  const Principal& who = *exchange->principal;
  auto entry = registry->prompts.find(asked->name);
  if (!entry || !is_visible(*registry, who, *entry)) {
    if (entry) judge(*core_, *registry, about(who, *entry));
    return refuse(*exchange, fail(ErrorCode::invalid_params, "unknown prompt: " + in_quotes(asked->name) + nearest(*registry, registry->prompts, asked->name, who)));
  }
  if (auto lack = lacks_scope(*exchange->principal, entry->options, asked->name)) return refuse(*exchange, *std::move(lack));
  json input = json::object();
  if (asked->arguments)
    for (auto& [name, value] : *asked->arguments) input[name] = std::move(value);
  if (entry->definition.arguments)
    for (const PromptArgument& argument : *entry->definition.arguments)
      if (argument.required.value_or(false) && !input.contains(argument.name))
        return refuse(*exchange, fail(ErrorCode::invalid_params, "params.arguments." + argument.name + ": missing; prompt '" + asked->name + "' needs it"));
  PolicyRequest request = about(who, *entry);
  request.arguments = &input;
  if (const auto refusal = judge(*core_, *registry, request))
    return refuse(*exchange, fail(ErrorCode::invalid_params, "prompt " + in_quotes(asked->name) + " is not allowed with these arguments" +
                                                                 (refusal->reason.empty() ? "" : " (" + refusal->reason + ")")));
  const bool plain = std::holds_alternative<PlainHandler<GetPromptResult>>(entry->handler);
  auto call = make_call(exchange, std::move(asked->name),
                        !plain                                           ? Running::as_coroutine
                        : entry->options.placement == Placement::quick ? Running::in_place
                                                                         : Running::on_worker,
                        true, {});
  if (!take_up(exchange, *call, *asked, input)) return;
  const PromptEntry* prompt = entry.get();
  carry_out<GetPromptResult>(std::move(exchange), prompt->handler, std::move(entry), {}, std::move(input), bytes,
                             [prompt](CallState& state, Outcome<GetPromptResult> outcome) {
                               // What does not fit the handler's input. Spec: 2026-07-28 server/prompts, Error Handling
                               if (outcome.error.code == ErrorCode::invalid_value) outcome.error.code = ErrorCode::invalid_params;
                               if (!outcome.value) return error_reply(state, std::move(outcome.error));
                               if (!outcome.value->description) outcome.value->description = prompt->definition.description;
                               return result_reply(state, *outcome.value);
                             });
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
  if (handler == nullptr || !scopes_show(*exchange->principal, *options) ||
      judge(*core_, *registry, about(*exchange->principal, *options, asked->uri)))
    return refuse(*exchange, protocol::resource_not_found(asked->uri));
  if (auto lack = lacks_scope(*exchange->principal, *options, asked->uri)) return refuse(*exchange, *std::move(lack));
  const bool plain = std::holds_alternative<PlainHandler<ReadResourceResult>>(*handler);
  auto call = make_call(exchange, asked->uri,
                        !plain                                     ? Running::as_coroutine
                        : options->placement == Placement::quick ? Running::in_place
                                                                   : Running::on_worker,
                        true, {});
  if (!take_up(exchange, *call, *asked, input)) return;
  carry_out<ReadResourceResult>(std::move(exchange), *handler, std::move(keep), {}, std::move(input), bytes,
                                [ttl = options->ttl, mime_type](CallState& state, Outcome<ReadResourceResult> outcome) {
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
                                });
}

void Session::complete(ExchangePtr exchange, json params, std::size_t bytes) {
  auto asked = protocol::decode_params<CompleteRequestParams>(std::move(params));
  if (!asked) return refuse(*exchange, std::move(asked).error());
  const auto registry = core_->registry();
  const std::map<std::string, Completer, std::less<>>* completers = nullptr;
  std::shared_ptr<const void> keep;
  Table<TemplateEntry>::Pointer family;
  if (const auto* prompt = std::get_if<PromptReference>(&asked->ref)) {
    auto entry = registry->prompts.find(prompt->name);
    if (!entry || !is_visible(*registry, *exchange->principal, *entry))
      return refuse(*exchange, fail(ErrorCode::invalid_params, "params.ref.name: unknown prompt " + in_quotes(prompt->name)));
    if (auto lack = lacks_scope(*exchange->principal, entry->options, prompt->name)) return refuse(*exchange, *std::move(lack));
    completers = &entry->completers;
    keep = entry;
  } else {
    const std::string& uri = std::get<ResourceTemplateReference>(asked->ref).uri;
    auto entry = registry->templates.find(uri);
    const auto resource = entry ? nullptr : registry->resources.find(uri);
    const ResourceOptions* options = entry ? &entry->options : resource ? &resource->options : nullptr;
    const bool visible = entry ? is_visible(*registry, *exchange->principal, *entry)
                               : options != nullptr && is_visible(*registry, *exchange->principal, *options, uri);
    if (!visible)
      return refuse(*exchange, fail(ErrorCode::invalid_params, "params.ref.uri: unknown resource template " + in_quotes(uri)));
    if (auto lack = lacks_scope(*exchange->principal, *options, uri)) return refuse(*exchange, *std::move(lack));
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
  make_call(exchange, asked->argument.name, Running::on_worker, true, {});
  auto held = std::make_shared<std::pair<Handler<CompleteResult>, std::shared_ptr<const void>>>(std::move(handler), std::move(keep));
  carry_out<CompleteResult>(std::move(exchange), held->first, held, {}, json::object(), bytes,
                            [](CallState& state, Outcome<CompleteResult> outcome) {
                              if (!outcome.value) return error_reply(state, std::move(outcome.error));
                              return result_reply(state, *outcome.value);
                            });
}

}  // namespace sumun::server
