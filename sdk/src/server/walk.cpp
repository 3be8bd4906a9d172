// SPDX-License-Identifier: Apache-2.0
// The steps of the walk that are the same for every kind of call.
#include "server/walk.hpp"

#include "protocol/errors.hpp"
#include "server/access.hpp"
#include "server/ladder.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <utility>

namespace sumun::server {

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

// Errors about the protocol go out as such; every other failure of a tool is a result, so that the model sees it.
bool is_protocol_error(const Error& error, Revision revision) {
  if (error.code == ErrorCode::unsupported) return allows(revision, Feature::modern_errors);
  return static_cast<int>(error.code) < 0 || error.code == ErrorCode::insufficient_scope ||
         error.code == ErrorCode::too_many_requests || error.code == ErrorCode::busy;
}

// What the output lacks of its schema; empty = nothing.
std::string broken_output(const ToolEntry& entry, CallToolResult& result) {
  if (!entry.output || result.failed()) return "";
  if (!result.structuredContent) return "it has an output schema but returned no structured content";
  const auto violations = entry.output->validate(*result.structuredContent);
  return violations.empty() ? "" : explain(violations, "output");
}

// A job with the program's own executor. Should that drop it unrun, its request is answered all the same.
struct Errand {
  Errand(std::shared_ptr<CallState> owner, Job work) : call(std::move(owner)), job(std::move(work)) {}
  Errand(const Errand&) = delete;
  Errand& operator=(const Errand&) = delete;
  ~Errand() {
    if (begun) return;
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

// -- answers

Reply error_reply(const CallState& call, Error error) {
  const auto& setup = call.setup();
  error = protocol::error_for(setup.revision, std::move(error));
  Reply reply{jsonrpc::encode_error(setup.request, error, protocol::missing_id(setup.revision)), {}};
  reply.error = std::move(error);
  return reply;
}

Reply tool_answer(const ToolEntry& entry, CallState& call, Outcome<CallToolResult> outcome) {
  const std::string& name = entry.definition.name;
  // Of a call that was approved: whether it was done as it was asked, and what the same call gets again.
  const auto told = [&, end = end_of(call, outcome), returned = outcome.value.has_value()](CallToolResult result) {
    Passage* const passage = call.passage();
    if (passage != nullptr && passage->claimed) {
      Approval approval = *passage->claimed;
      approval.state = state_of(end);
      tell_approved(result, approval, call.setup().core->options().approvals);
      if (returned) passage->result = dump_json(protocol::encode(result));
      if (passage->result.size() > kMaxReplayBytes) passage->result.clear();
    }
    return result_reply(call, result, entry.output_form);
  };
  if (!outcome.value) {
    if (is_protocol_error(outcome.error, call.setup().revision)) return error_reply(call, std::move(outcome.error));
    return told(CallToolResult::error(name + ": " + outcome.error.message));
  }
  if (const std::string broken = broken_output(entry, *outcome.value); !broken.empty()) {
    call.setup().core->log(LoggingLevel::error, "tool '" + name + "': its output breaks its schema: " + broken);
    return told(CallToolResult::error(name + ": it ran, but its output breaks its own schema: " + broken));
  }
  // Clients before 2025-06-18 see the text alone. Spec: 2025-06-18 server/tools, Structured Content
  if (outcome.value->content.empty() && outcome.value->structuredContent)
    outcome.value->content.emplace_back(text_content(dump_json(*outcome.value->structuredContent)));
  return told(*std::move(outcome.value));
}

Reply standing_reply(const CallState& call, const ToolEntry& entry, const Approval& approval) {
  const ApprovalOptions& options = call.setup().core->options().approvals;
  auto stored = approval.state == ApprovalState::executed ? parse_json(approval.result) : Result<json>(fail(""));
  auto result = stored ? protocol::decode_result<CallToolResult>(*std::move(stored)) : Result<CallToolResult>(fail(""));
  if (!result) return result_reply(call, told_of(approval, options));
  if (!result->_meta || !result->_meta->is_object()) result->_meta = json::object();
  (*result->_meta)[kApprovalKey] = meta_of(approval, options);
  (*result->_meta)[kApprovalKey]["replayed"] = true;
  return result_reply(call, *result, entry.output_form);
}

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

// The policy is asked again, about the arguments that were approved.
static std::optional<Refusal> judged_now(const CallState& call, const ToolEntry& tool, const json& arguments) {
  const auto& setup = call.setup();
  PolicyRequest request = about(*setup.principal, tool);
  request.arguments = &arguments;
  return judge(*setup.core, *setup.core->registry(), request);
}

std::optional<CallToolResult> refused_now(const CallState& call, const ToolEntry& tool, const Approval& approval) {
  const auto& setup = call.setup();
  json arguments = approval.edited.value_or(approval.arguments);
  if (approval.edited) {
    const auto violations = tool.input.validate(arguments, Defaults::fill);
    if (!violations.empty()) return not_run(setup.target, "the arguments that an approver gave do not fit it: " + explain(violations));
  }
  const auto refusal = judged_now(call, tool, arguments);
  if (!refusal || refusal->decision != Decision::deny) return std::nullopt;
  return not_run(setup.target, std::string("it was approved, but the policy of this server does not allow it") + (approval.edited ? " with the arguments that the approver gave" : "") +
                                   (refusal->reason.empty() ? "." : " (" + refusal->reason + ")."));
}

// A pending one asks whom the rule names now; an approved one has to have been approved by them.
std::optional<Refusal> asks_anew(const CallState& call, const ToolEntry& tool, const Approval& approval) {
  auto rule = judged_now(call, tool, arguments_of(approval));
  if (!rule || rule->decision != Decision::ask) return std::nullopt;
  const bool fits = approval.state == ApprovalState::pending ? approval.terms == rule->terms : gate::satisfies(approval, rule->terms);
  return fits ? std::nullopt : std::move(rule);
}

void note_denial(const CallState& call) {
  if (call.passage() == nullptr || call.passage()->record.empty()) return;
  json record = call.passage()->record;
  record.update(json{{"event", "refused"}, {"by", "policy"}, {"why", "it was approved, but the policy or the schema does not allow it"}});
  if (!call.passage()->approval.empty()) record["approval"] = call.passage()->approval;
  call.setup().core->ledger().append({std::move(record)});
}

// -- steps

void give_back(CallState& call) {
  if (takes_rounds_once(call)) call.setup().core->calls().release(call.id(), call.round());
  let_go(call);
}

void on_strand(const std::shared_ptr<CallState>& call, Job job) {
  if (call->task()) boost::asio::post(call->setup().executor, std::move(job));
  else call->setup().outlet.push(std::move(job));
}

bool is_wanted(const CallState& call) {
  if (call.task()) return !call.stopped();
  const auto session = call.setup().session.lock();
  return session && session->waits_for(call);
}

void end_unrun(const CallState& call) {
  if (call.task()) hand_over(call, error_reply(call, fail(ErrorCode::cancelled, "it was cancelled before it began")));
}

void put_on_worker(const std::shared_ptr<CallState>& call, const Executor* where, std::size_t bytes, const Workers& workers, Job job) {
  const auto turn_away = [&](std::string why) { hand_over(*call, error_reply(*call, fail(ErrorCode::busy, std::move(why)))); };
  const std::size_t waiting = workers.waiting_bytes->fetch_add(bytes, std::memory_order_relaxed);
  if (waiting > 0 && waiting + bytes > kMaxWaitingBytes) {
    workers.waiting_bytes->fetch_sub(bytes, std::memory_order_relaxed);
    return turn_away("too many requests wait for a worker; try again when some are answered");
  }
  Job counted([waiting = workers.waiting_bytes, bytes, job = std::move(job)]() mutable {
    waiting->fetch_sub(bytes, std::memory_order_relaxed);
    job();
  });
  if (where != nullptr && *where) {
    auto errand = std::make_shared<Errand>(call, std::move(counted));
    try {
      (*where)([errand] { errand->run(); });
    } catch (const std::exception& error) {
      call->setup().core->log(LoggingLevel::error, "the executor of '" + call->setup().target + "' threw: " + error.what());
    }
    return;
  }
  if (!workers.pool->submit(std::move(counted))) turn_away("the server is ending");
}

void check_quick(const CallState& call, std::chrono::steady_clock::time_point begin) {
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  if (took > kQuickLimit)
    call.setup().core->log(LoggingLevel::warning, "'" + call.setup().target + "' is registered as quick and blocked the connection for " +
                                                      std::to_string(took.count()) + " ms");
}

std::optional<Reply> taken_before(const CallState& call, Result<gate::Round> round) {
  const auto refused = [&](ErrorCode code, std::string why) { return error_reply(call, fail(code, std::move(why))); };
  if (!round) return error_reply(call, std::move(round).error());
  switch (round->state) {
    case gate::Round::State::fresh: return std::nullopt;
    case gate::Round::State::running: return refused(ErrorCode::invalid_params, "params.requestState: this round is being carried out already");
    case gate::Round::State::lost:
      return refused(ErrorCode::internal_error, "interrupted: the server ended while it carried out this round; what it did is not known, and it is not done again");
    case gate::Round::State::answered: break;
  }
  auto again = parse_json(round->answer);
  if (!again) return refused(ErrorCode::internal_error, "the stored answer cannot be read");
  (*again)["id"] = call.setup().request.to_json();
  Reply answer{dump_json(*again), {}};
  if (const auto error = again->find("error"); error != again->end())
    answer.error = fail(static_cast<ErrorCode>((*error)["code"].get<int>()), (*error)["message"].get<std::string>());
  return answer;
}

void refuse_claim(const std::shared_ptr<CallState>& call, const Error& why) {
  call->setup().core->ledger().get(call->passage()->approval, [call, why](Result<Approval> now) {
    on_strand(call, Job([call, why, now = std::move(now)] {
                hand_over(*call, now ? standing_reply(*call, *call->passage()->tool, *now) : result_reply(*call, not_run(call->setup().target, why.message)));
              }));
  });
}

void turn_back(const std::shared_ptr<CallState>& call) {
  gate::Step step;
  step.approval = call->passage()->approval;
  step.change = [id = call->id(), first = call->round() == 0](Approval& approval, std::vector<gate::AuditEvent>&, gate::UnixMs now) {
    return first ? gate::release(approval, id, now) : gate::wait_for_caller(approval, id, now);
  };
  if (call->setup().core->keeps_log()) {
    step.events.push_back(call->passage()->record);
    step.events.back().update(json{{"event", "released"}, {"approval", step.approval}, {"why", "too much time had passed"}});
  }
  call->setup().core->ledger().commit(std::move(step), [call](const Result<std::optional<Approval>>& released) {
    if (!released) return refuse_claim(call, released.error());
    on_strand(call, Job([call] { hand_over(*call, result_reply(*call, not_run(call->setup().target, "too much time had passed when it was to begin (did the machine sleep?). Nothing was done; call it again."))); }));
  });
}

std::optional<Reply> claimed(const std::shared_ptr<CallState>& call, Result<std::optional<Approval>> approval, json& input) {
  Passage& passage = *call->passage();
  const ToolEntry& tool = *passage.tool;
  const auto refused = [&](const std::string& why) { return result_reply(*call, not_run(call->setup().target, why)); };
  if (!approval && is_outage(approval.error())) {
    const Core& core = *call->setup().core;
    core.log(LoggingLevel::error, "'" + call->setup().target + "': it could not be written down before it begins: " + approval.error().message);
    if (core.options().audit.store_failure == FailMode::closed || !passage.approval.empty() || !passage.grant.empty())
      return refused("the store of this server is not available, and nothing was done. Try again later.");
    passage.claims = false;
    return std::nullopt;
  }
  if (!approval) return refused(approval.error().message + ". Nothing was done; call it again, without requestState, to ask anew.");
  if (*approval && (*approval)->state != ApprovalState::claimed) return standing_reply(*call, tool, **approval);
  if (*approval && (*approval)->edited) {
    if (const auto now = refused_now(*call, tool, **approval)) {
      note_denial(*call);
      return result_reply(*call, *now);
    }
    input = *(*approval)->edited;
    tool.input.validate(input, Defaults::fill);
  }
  passage.claimed = *std::move(approval);
  return std::nullopt;
}

}  // namespace sumun::server
