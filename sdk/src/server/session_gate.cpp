// SPDX-License-Identifier: Apache-2.0
// Calls that people are asked about:
//   who can decide? → the approval that stands → a grant covers it? → a new one → asked, held, a task, or told to come back
#include "base/canonical.hpp"
#include "base/random.hpp"
#include "protocol/errors.hpp"
#include "server/access.hpp"
#include "server/tool_call.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace sumun::server {
namespace {

using protocol::Method;
using Rows = std::vector<gate::ApproverRow>;
using Pointer = std::shared_ptr<ToolCall>;

const ApprovalOptions& options_of(const ToolCall& tool) { return tool.call->setup().core->options().approvals; }

Rung rung_for(const ToolCall& tool, const Approval& approval) {
  const auto& setup = tool.call->setup();
  const bool page = !options_of(tool).url.empty();
  return rung_of({setup.revision, setup.meta->clientCapabilities, approval.terms, page, can_decide(tool.approvers, approval.terms, setup.principal->name),
                  is_readable_whole(arguments_of(approval))});
}

Approval draft_of(const ToolCall& tool) {
  const auto& setup = tool.call->setup();
  const Tool& definition = tool.entry->definition;
  Approval draft;
  draft.id = random_id();
  draft.principal = setup.principal->name;
  draft.tool = definition.name;
  draft.module = tool.entry->options.module;
  draft.definition = tool.entry->digest();
  draft.input_schema = definition.inputSchema;
  draft.title = definition.title ? *definition.title : definition.description.value_or("");
  draft.binding = gate::binding_of(draft.principal, draft.tool, draft.definition, tool.input);
  draft.arguments = tool.input;
  draft.run = run_of(setup.meta->rest);
  draft.rule = tool.rule;
  draft.reason = tool.reason;
  draft.terms = tool.terms;
  draft.replay = options_of(tool).replay.count();
  return draft;
}

// What happened to an approval, for the log.
std::vector<gate::AuditEvent> event_of(const ToolCall& tool, std::string_view event, const std::string& approval, const json& more = json::object()) {
  const auto& setup = tool.call->setup();
  if (!setup.core->keeps_log()) return {};
  const bool asked = event == "asked";
  json record = record_of(*setup.core, {event, *setup.principal, protocol::name(setup.method), setup.target, asked ? &tool.input : nullptr}, setup.meta->rest);
  record["approval"] = approval;
  if (asked) record["rule"] = tool.rule;
  record.update(more);
  return {std::move(record)};
}

CallToolResult outage(const ToolCall& tool, const Error& why) {
  tool.call->setup().core->log(LoggingLevel::error, "'" + tool.call->setup().target + "': its approval cannot be looked up: " + why.message);
  return not_run(tool.call->setup().target, why.code == ErrorCode::busy ? why.message : "the store of this server is not available, and nothing was done. Try again later.");
}

gate::Step withdrawal(const ToolCall& tool, const std::string& approval, const json& more = json::object()) {
  gate::Step step;
  step.approval = approval;
  step.change = [](Approval& one, std::vector<gate::AuditEvent>&, gate::UnixMs now) { return gate::withdraw(one, now); };
  step.events = event_of(tool, "withdrawn", approval, more);
  return step;
}

// It does not wait any more: its own question is withdrawn, where nobody else here waits for it.
void leave(ToolCall& tool, const Result<Approval>& approval) {
  const int others = tool.waits->leave();
  if (!tool.opened || others > 0 || !approval || approval->state != ApprovalState::pending) return;
  gate::Step step = withdrawal(tool, approval->id);
  tool.call->setup().core->ledger().commit(std::move(step), [](const Result<std::optional<Approval>>&) {});
}

void use(ToolCall& tool, const std::string& approval, const std::string& grant) {
  Passage& passage = *tool.call->passage();
  passage.approval = approval;
  passage.grant = grant;
  passage.claims = true;
  tool.call->gate() = {approval, grant, 0, 0};
}

// -- as a task

void decided(const Pointer& tool, Result<Approval> approval) {
  const auto& call = tool->call;
  if (call->stopped()) {
    if (call->setup().core->tasks().executor()) leave(*tool, approval);  // else the server ends, and whoever asked may come back
    return end_unrun(*call);
  }
  tool->waits.reset();
  if (!approval) return hand_over(*call, result_reply(*call, outage(*tool, approval.error())));
  if (approval->state != ApprovalState::approved) return hand_over(*call, standing_reply(*call, *tool->entry, *approval));
  if (const auto refusal = refused_now(*call, *tool->entry, *approval)) {
    note_denial(*call);
    return hand_over(*call, result_reply(*call, *refusal));
  }
  use(*tool, approval->id, "");
  auto work = work_of(*tool);
  take_up_work(std::make_shared<decltype(work)>(std::move(work)));
}

void watch_task(const Pointer& tool, const Approval& approval) {
  const auto& setup = tool->call->setup();
  const json meta = meta_of(approval, options_of(*tool));
  setup.core->tasks().progress(*tool->call->task(), "waits for a person's approval (" + approval.id + ")" + (meta.contains("how") ? ": " + meta["how"].get<std::string>() : ""));
  tool->waits = std::make_unique<Waits>(setup.core, approval.id);
  Watch::start({setup.core, setup.executor, approval.id, std::nullopt, [call = tool->call] { return call->stopped(); },
                [tool](Result<Approval> now) { decided(tool, std::move(now)); }});
}

}  // namespace

void Session::run_tool(const Pointer& tool) {
  const auto& call = tool->call;
  const auto& task = call->setup().task;
  // A retry of a call that began without a task stays one.
  const bool at_once = task && task->by_tool && tool->entry->options.task_start == TaskStart::at_once && call->round() == 0;
  if (!at_once) return carry_out(tool->exchange, work_of(*tool));
  begin_task(tool->exchange, [this, tool] { carry_out(tool->exchange, work_of(*tool)); });
}

void Session::ask_people(const Pointer& tool) {
  if (allows(tool->exchange->revision, Feature::input_required)) tool->call->bind(tool->input);
  core_->ledger().approvers(later<Rows>(tool->exchange, [tool](Session& session, Result<Rows> rows) {
    if (!rows) return session.answer(*tool->exchange, outage(*tool, rows.error()));
    tool->approvers = *std::move(rows);
    json answer = tool->call->take_response(kApprovalKey);
    const std::string asked = tool->call->gate().approval;
    if (asked.empty()) return session.look_for_leave(tool);  // an answer without the state that it answers is none
    session.core_->ledger().get(asked, session.later<Approval>(tool->exchange, [tool, answer = std::move(answer)](Session& again, Result<Approval> approval) {
      if (approval && approval->binding == draft_of(*tool).binding) return again.take_answer(tool, *approval, answer);
      tool->call->gate() = {};  // the tool is another one by now, or the approval is gone
      again.look_for_leave(tool);
    }));
  }));
}

// What people have said of this very call goes before what was granted for all like it.
void Session::look_for_leave(const Pointer& tool) {
  const Approval draft = draft_of(*tool);
  using Standing = std::optional<Approval>;
  core_->ledger().find(draft.binding, later<Standing>(tool->exchange, [tool, draft](Session& session, Result<Standing> standing) {
    if (!standing) return session.answer(*tool->exchange, outage(*tool, standing.error()));
    const bool may_be_granted = !*standing || (*standing)->state == ApprovalState::pending || (*standing)->state == ApprovalState::executed;
    if (!may_be_granted) return session.take_approval(tool, **standing);
    session.look_for_grant(tool, draft, *standing);
  }));
}

void Session::look_for_grant(const Pointer& tool, const Approval& draft, const std::optional<Approval>& standing) {
  core_->ledger().grants(draft.principal, draft.tool, later<std::vector<Grant>>(tool->exchange, [tool, draft, standing](Session& session, Result<std::vector<Grant>> grants) {
    if (!grants) return session.answer(*tool->exchange, outage(*tool, grants.error()));
    const auto grant = std::find_if(grants->begin(), grants->end(), [&](const Grant& one) { return covers(one, draft); });
    if (grant != grants->end()) {
      if (standing && standing->state == ApprovalState::pending) return session.close_for_grant(tool, standing->id, grant->id);
      use(*tool, "", grant->id);
      return session.run_tool(tool);
    }
    if (standing) return session.take_approval(tool, *standing);
    if (rung_for(*tool, draft) == Rung::nobody) {
      std::string words = words_of({Decision::ask, tool->reason, tool->rule, tool->terms, false, false}, draft.tool);
      if (tool->terms.user && !is_readable_whole(draft.arguments)) words += " (Its arguments are too long to be shown whole in a form.)";
      session.note_refusal(*tool->exchange, draft.tool, &tool->input, "approval", words);
      return session.answer(*tool->exchange, CallToolResult::error(words));
    }
    if (dump_json(tool->input).size() > kMaxReplayBytes) {  // as much as is kept of a result: nobody reads more, and it is stored
      const std::string why = "its arguments are over " + std::to_string(kMaxReplayBytes) + " bytes, which is more than people can be asked about.";
      session.note_refusal(*tool->exchange, draft.tool, &tool->input, "approval", why);
      return session.answer(*tool->exchange, not_run(draft.tool, why));
    }
    auto events = event_of(*tool, "asked", draft.id);
    const auto then = session.later<Approval>(tool->exchange, [tool, id = draft.id](Session& again, Result<Approval> approval) {
      if (!approval) return again.answer(*tool->exchange, outage(*tool, approval.error()));
      tool->opened = approval->id == id;
      again.take_approval(tool, *approval);
    });
    session.core_->ledger().open(draft, std::move(events), [tool, then, id = draft.id](const Result<Approval>& approval) {
      then(approval);
      boost::asio::post(tool->call->setup().executor, [tool, approval, id] {  // it may have been given up meanwhile
        if (!approval || !tool->exchange->given_up || tool->waits) return;
        tool->opened = approval->id == id;
        tool->waits = std::make_unique<Waits>(tool->call->setup().core, approval->id);
        leave(*tool, approval);
      });
    });
  }));
}

// The question that is open need not be answered any more.
void Session::close_for_grant(const Pointer& tool, const std::string& approval, const std::string& grant) {
  gate::Step step = withdrawal(*tool, approval, json{{"grant", grant}});
  step.grant = grant;
  using Committed = std::optional<Approval>;
  core_->ledger().commit(std::move(step), later<Committed>(tool->exchange, [tool, approval, grant](Session& session, Result<Committed> closed) {
    if (!closed) return session.look_again(tool, approval, closed.error());
    use(*tool, "", grant);
    session.run_tool(tool);
  }));
}

// A step on it was refused: how it stands now.
void Session::look_again(const Pointer& tool, const std::string& approval, const Error& why) {
  if (is_outage(why)) return answer(*tool->exchange, outage(*tool, why));
  core_->ledger().get(approval, later<Approval>(tool->exchange, [tool](Session& session, Result<Approval> now) {
    if (!now) return session.answer(*tool->exchange, outage(*tool, now.error()));
    if (now->state == ApprovalState::pending) return session.answer(*tool->exchange, told_of(*now, options_of(*tool)));
    session.take_approval(tool, *now);
  }));
}

// The policy is another one since it was asked: it waits for whom that names.
void Session::ask_anew(const Pointer& tool, const std::string& approval) {
  json event;
  if (auto events = event_of(*tool, "asked_again", approval); !events.empty()) event = std::move(events.front());
  gate::Step step;
  step.approval = approval;
  step.change = [call = tool->call, entry = tool->entry, event](Approval& one, std::vector<gate::AuditEvent>& events, gate::UnixMs now) -> Result<void> {
    if (one.state != ApprovalState::pending) return fail(ErrorCode::invalid_value, "it is decided");
    const auto rule = asks_anew(*call, *entry, one);
    if (!rule) return {};
    return put_again(*call->setup().core, one, "", *rule, event, events, now);
  };
  using Committed = std::optional<Approval>;
  core_->ledger().commit(std::move(step), later<Committed>(tool->exchange, [tool, approval](Session& session, Result<Committed> asked) {
    if (!asked) return session.look_again(tool, approval, asked.error());
    if ((*asked)->state == ApprovalState::pending) return session.ask(tool, **asked);
    session.take_approval(tool, **asked);
  }));
}

void Session::take_approval(const Pointer& tool, const Approval& approval) {
  if (approval.state == ApprovalState::pending) return asks_anew(*tool->call, *tool->entry, approval) ? ask_anew(tool, approval.id) : ask(tool, approval);
  if (approval.state == ApprovalState::approved) {
    if (const auto refusal = refused_now(*tool->call, *tool->entry, approval)) {
      note_denial(*tool->call);
      return answer(*tool->exchange, *refusal);
    }
    use(*tool, approval.id, "");
    return run_tool(tool);
  }
  const bool waits_for_this = approval.state == ApprovalState::claimed && approval.call == tool->call->id();
  if (waits_for_this) {  // its question never arrived: it is asked again
    use(*tool, approval.id, "");
    return run_tool(tool);
  }
  if (approval.state != ApprovalState::executed)
    note_refusal(*tool->exchange, approval.tool, &tool->input, "approval", name_of(approval.state));
  reply(*tool->exchange, standing_reply(*tool->call, *tool->entry, approval));
}

// -- what a modern client brought back

void Session::take_answer(const Pointer& tool, const Approval& approval, json given) {
  if (approval.state != ApprovalState::pending) return take_approval(tool, approval);
  if (asks_anew(*tool->call, *tool->entry, approval)) return take_approval(tool, approval);
  const Rung rung = rung_for(*tool, approval);
  if (rung != Rung::form && rung != Rung::page) return hold(tool, approval);
  if (given.is_null()) return rung == Rung::page ? hold(tool, approval) : ask(tool, approval);
  if (rung == Rung::form && approval.version != tool->call->gate().version) return ask(tool, approval);  // they saw another one
  const InputRequest question = rung == Rung::form ? form_of(approval) : page_of(approval, options_of(*tool));
  auto read = read_answer(question, std::move(given), std::string("params.inputResponses.") + kApprovalKey);
  if (!read) return refuse(*tool->exchange, std::move(read).error());
  answered(tool, approval, rung, *read);
}

void Session::answered(const Pointer& tool, const Approval& approval, Rung rung, const InputResponse& response) {
  const auto said = answer_of(response);
  if (rung == Rung::form && said) return vote(tool, approval, said->approves, said->reason);
  const auto* const filled = std::get_if<ElicitResult>(&response);
  const bool opened = rung == Rung::page && filled != nullptr && filled->action == ElicitAction::accept;
  const auto watch = tool->watch.lock();
  if (opened) return watch ? void() : hold(tool, approval);
  if (watch) watch->stop();
  answer(*tool->exchange, told_of(approval, options_of(*tool)));  // put off
}

void Session::vote(const Pointer& tool, const Approval& approval, bool approves, const std::string& reason) {
  if (const auto watch = tool->watch.lock()) watch->stop();
  const std::string who = tool->exchange->principal->name;
  gate::Step step;
  step.approval = approval.id;
  step.events = event_of(*tool, "vote", approval.id, json{{"by", who}, {"approves", approves}, {"reason", core_->redactor().text(reason)}});
  step.change = [who, approves, reason, seen = approval.version, ended = event_of(*tool, approves ? "approved" : "denied", approval.id)](Approval& one, std::vector<gate::AuditEvent>& events,
                                                                                                          gate::UnixMs now) -> Result<void> {
    if (one.version != seen) return fail(ErrorCode::invalid_value, "it has changed since it was shown");
    auto voted = gate::vote(one, Vote{who, approves, reason, now}, Voter{who, who, true}, std::nullopt, now);
    if (voted && one.state != ApprovalState::pending) events.insert(events.end(), ended.begin(), ended.end());
    return voted;
  };
  using Committed = std::optional<Approval>;
  core_->ledger().commit(std::move(step), later<Committed>(tool->exchange, [tool, id = approval.id](Session& session, Result<Committed> committed) {
    if (committed) return session.take_approval(tool, **committed);
    session.look_again(tool, id, committed.error());  // somebody else was faster, or its time is over
  }));
}

// -- asking

void Session::ask(const Pointer& tool, const Approval& approval) {
  const Rung rung = rung_for(*tool, approval);
  if (rung == Rung::nobody) return answer(*tool->exchange, told_of(approval, options_of(*tool)));
  if (rung == Rung::elsewhere) return hold(tool, approval);
  InputRequest question = rung == Rung::form ? form_of(approval) : page_of(approval, options_of(*tool));
  if (auto* const page = std::get_if<ElicitRequestURLParams>(&question); page != nullptr && allows(tool->exchange->revision, Feature::elicitation_id))
    page->elicitationId = tool->page = random_id();
  auto fitted = protocol::fit_question(std::move(question), tool->exchange->revision);
  if (!fitted) return refuse(*tool->exchange, std::move(fitted).error());
  if (!allows(tool->exchange->revision, Feature::input_required)) return push(tool, approval, rung, *std::move(fitted));
  tool->call->gate().approval = approval.id;
  tool->call->gate().version = approval.version;
  auto asked = tool->call->input_required({kApprovalKey, *std::move(fitted)});
  if (!asked) return refuse(*tool->exchange, std::move(asked).error());
  answer(*tool->exchange, *asked);
}

void Session::push(const Pointer& tool, const Approval& approval, Rung rung, InputRequest question) {
  hold(tool, approval);
  std::vector<KeyedQuestion> questions;
  questions.push_back({kApprovalKey, std::move(question)});
  push_questions(*tool->call, std::move(questions), core_->options().approvals.hold,
                 [weak = weak_from_this(), tool, approval, rung](Result<std::vector<InputResponse>> answers) {
                   const auto session = weak.lock();
                   if (!session || tool->exchange->done) return;
                   if (answers) return session->answered(tool, approval, rung, answers->front());
                   if (answers.error().code != ErrorCode::failed) return;  // taken back, for whoever decided or for the time
                   if (const auto watch = tool->watch.lock()) watch->stop();
                   session->answer(*tool->exchange, told_of(approval, options_of(*tool)));
                 });
}

void Session::hold(const Pointer& tool, const Approval& approval) {
  tool->waits = std::make_unique<Waits>(core_, approval.id);
  const auto limit = std::min<std::chrono::milliseconds>(core_->options().approvals.hold, kApprovalHold);
  tool->watch = Watch::start({core_, executor_, approval.id, limit, [tool] { return tool->exchange->done; },
                              [weak = weak_from_this(), tool](Result<Approval> now) {
                                if (tool->exchange->given_up) return leave(*tool, now);
                                if (const auto session = weak.lock()) session->held(tool, std::move(now));
                              }});
}

// It was decided, or the limit passed.
void Session::held(const Pointer& tool, Result<Approval> approval) {
  Exchange& exchange = *tool->exchange;
  if (exchange.done) return;
  tool->waits.reset();
  withdraw(exchange.asked, exchange.revision, exchange.stream, fail(ErrorCode::cancelled, "the question is settled, or its time is over"));
  if (!approval) return answer(exchange, outage(*tool, approval.error()));
  if (approval->state != ApprovalState::pending) {
    if (!tool->page.empty()) {
      ElicitationCompleteNotificationParams params;
      params.elicitationId = tool->page;
      transport_.send(Outgoing(protocol::encode_notification(protocol::name(Method::elicitation_complete), params, exchange.revision), exchange.stream));
    }
    return take_approval(tool, *approval);
  }
  const Rung rung = rung_for(*tool, *approval);
  const GateState& gate = tool->call->gate();
  if (rung == Rung::page && gate.waits > 0 && gate.waits < kMaxUrlRounds) return ask(tool, *approval);
  if (rung == Rung::elsewhere && tool->call->setup().task)
    return begin_task(tool->exchange, [this, tool, pending = *approval] {
      if (tool->call->task()) return watch_task(tool, pending);
      answer(*tool->exchange, told_of(pending, options_of(*tool)));
    });
  answer(exchange, told_of(*approval, options_of(*tool)));
}

}  // namespace sumun::server
