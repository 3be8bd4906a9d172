// SPDX-License-Identifier: Apache-2.0
// The transactions around a handler.
#include "server/passage.hpp"

#include "base/json_text.hpp"
#include "server/access.hpp"
#include "server/call_state.hpp"
#include "server/closing.hpp"
#include "server/walk.hpp"

#include <utility>

namespace sumun::server {
namespace {

using gate::UnixMs;
using Events = std::vector<gate::AuditEvent>;

// Empty where it is no text, or longer than a name.
std::string short_text(const json& meta, std::string_view key) {
  const auto found = meta.find(key);
  const bool fits = found != meta.end() && found->is_string() && found->get_ref<const std::string&>().size() <= kMaxNameBytes;
  return fits ? found->get<std::string>() : "";
}

json event_of(const Passage& passage, std::string_view name) {
  json event = passage.record;
  event["event"] = name;
  if (!passage.approval.empty()) event["approval"] = passage.approval;
  if (!passage.grant.empty()) event["grant"] = passage.grant;
  return event;
}

Events events_of(const Core& core, json event) {
  Events events;
  if (core.keeps_log()) events.push_back(std::move(event));
  return events;
}

// The next round of a call that waits for its caller, here or in another process: of two that try, one goes on.
Result<void> go_on(Approval& approval, const std::string& call, const std::string& host, UnixMs now) {
  if (approval.state == ApprovalState::claimed && !approval.asked_caller) return fail(ErrorCode::invalid_value, "the call is being carried out already");
  return gate::go_on(approval, call, host, now);
}

constexpr const char* kUnbooked = "(It ran, but this server could not write down how it ended. Do not repeat it without looking.)";
constexpr const char* kTooLate = "(A person has said how it ended before it did; that stays in the books, beside this. Tell the user.)";

// Says something more in a finished message.
void tell(Reply& reply, const char* words) {
  auto message = parse_json(reply.text);
  if (!message) return;
  if (message->contains("error")) {
    (*message)["error"]["message"] = (*message)["error"].value("message", "") + " " + words;
    if (reply.error) reply.error->message += std::string(" ") + words;
  } else if (message->contains("result") && (*message)["result"].contains("content")) {
    (*message)["result"]["content"].push_back(json{{"type", "text"}, {"text", words}});
  }
  reply.text = dump_json(*message);
}

// A step that ends what the call has claimed; `done` hears of the first try.
void close(const std::shared_ptr<Core>& core, const std::string& target, gate::Step step, gate::Ledger::Done<std::optional<Approval>> done) {
  auto again = std::make_shared<gate::Step>(step);
  core->ledger().commit(std::move(step), [core, target, again, done = std::move(done)](Result<std::optional<Approval>> closed) {
    const bool written = closed || !is_outage(closed.error());
    core->store_answered(written);
    if (!closed) core->log(LoggingLevel::error, "'" + target + "': how it ended could not be written down: " + closed.error().message);
    if (!written) {
      core->keep_closing(std::move(*again), target);
    } else if (!closed) {
      if (auto late = late_outcome(std::move(*again)))
        core->ledger().commit(*late, [core, target, late](const Result<std::optional<Approval>>& put) {
          if (!put) core->keep_closing(*late, target);
        });
    }
    done(std::move(closed));
  });
}

// What is done differs from what was asked: the log has both.
void put_edited(json& record, const Core& core, const Approval& approval) {
  if (!approval.edited || !record.contains("arguments") || record.contains("asked")) return;
  record["asked"] = std::move(record["arguments"]);
  record["arguments"] = core.redactor().arguments(*approval.edited);
}

// Whether it is this call's to begin or to go on with, as far as its state says.
bool may_begin(const Approval& approval, const std::string& call) {
  return approval.state == ApprovalState::approved || (approval.state == ApprovalState::claimed && approval.call == call && approval.asked_caller);
}

}  // namespace

ApprovalState state_of(End end) {
  switch (end) {
    case End::executed: return ApprovalState::executed;
    case End::failed: return ApprovalState::failed;
    case End::unknown: break;
  }
  return ApprovalState::outcome_unknown;
}

gate::AuditEvent record_of(const Core& core, const Noted& noted, const json& meta) {
  json record = {{"event", noted.event}, {"principal", noted.who.name}, {"method", noted.method}, {"target", core.redactor().text(noted.target)}};
  if (noted.arguments != nullptr) record["arguments"] = core.redactor().arguments(*noted.arguments);
  if (std::string run = run_of(meta); !run.empty()) record["run"] = std::move(run);
  if (std::string trace = short_text(meta, "traceparent"); !trace.empty()) record["trace"] = std::move(trace);
  return record;
}

std::string run_of(const json& meta) { return short_text(meta, "dev.sumun/run"); }

bool is_outage(const Error& error) {
  return error.code != ErrorCode::denied && error.code != ErrorCode::invalid_value && error.code != ErrorCode::not_found;
}

void claim(const std::shared_ptr<CallState>& call, gate::Ledger::Done<std::optional<Approval>> done) {
  Core& core = *call->setup().core;
  Passage& passage = *call->passage();
  passage.claimed_at = core.clock().awake_or_not();
  gate::Step step;
  if (passage.approval.empty()) {
    if (call->round() > 0 && passage.grant.empty()) return done(std::optional<Approval>());  // its first round did
    step.grant = passage.grant;
    step.events = events_of(core, event_of(passage, call->round() > 0 ? "round" : "claim"));
  } else {
    step.approval = passage.approval;
    step.change = [call, id = call->id(), host = core.ledger().host(), first = call->round() == 0, logs = core.keeps_log(),
                   event = event_of(passage, "claim")](Approval& approval, Events& events, UnixMs now) -> Result<void> {
      const Core& own = *call->setup().core;
      const ToolEntry& tool = *call->passage()->tool;
      if (approval.definition != tool.digest()) return fail(ErrorCode::invalid_value, "the tool is not the one that was approved any more");
      if (may_begin(approval, id))
        if (const auto rule = asks_anew(*call, tool, approval)) return put_again(own, approval, id, *rule, event, events, now);
      const bool again = !first || (approval.state == ApprovalState::claimed && approval.call == id);
      auto changed = again ? go_on(approval, id, host, now) : gate::claim(approval, id, host, now);
      if (!changed || !logs) return changed;
      events.push_back(event);
      if (again) events.back()["event"] = "round";
      put_edited(events.back(), own, approval);
      return changed;
    };
  }
  core.ledger().commit(std::move(step), [call, done = std::move(done)](Result<std::optional<Approval>> committed) {
    call->setup().core->store_answered(committed || !is_outage(committed.error()));
    if (committed && *committed) put_edited(call->passage()->record, *call->setup().core, **committed);
    done(std::move(committed));
  });
}

Result<void> put_again(const Core& core, Approval& approval, const std::string& call, const Refusal& rule, json event, Events& events, UnixMs now) {
  auto asked = gate::ask_again(approval, call, rule.rule, rule.reason, rule.terms, now);
  if (!asked || !core.keeps_log()) return asked;
  event["event"] = "asked_again";
  event["rule"] = rule.rule;
  put_edited(event, core, approval);
  events.push_back(std::move(event));
  return asked;
}

bool is_stale(const CallState& call) {
  const Passage* const passage = call.passage();
  if (passage == nullptr || !passage->claimed) return false;
  Core& core = *call.setup().core;
  return core.clock().awake_or_not() - passage->claimed_at > core.ledger().lease() / 2;
}

void settle(CallState& call, End end, Reply reply, std::function<void(Reply)> send) {
  Passage* const passage = call.passage();
  if (passage == nullptr) return send(std::move(reply));
  const auto core = call.setup().core;
  json event = event_of(*passage, passage->claims ? "outcome" : "call");
  event["outcome"] = name_of(state_of(end));
  event["ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - passage->begun).count();
  event["bytes"] = reply.text.size();
  if (reply.error) event["error"] = static_cast<int>(reply.error->code);
  if (!passage->claims) {
    const bool first = !passage->ended.exchange(true);
    send(std::move(reply));
    if (!first) return;
    return core->ledger().append(events_of(*core, std::move(event)));
  }
  gate::Step step;
  step.events = events_of(*core, std::move(event));
  if (!passage->approval.empty()) {
    step.approval = passage->approval;
    step.change = [id = call.id(), state = state_of(end), result = passage->result, is_over = passage->ended.load()](Approval& approval, Events&, UnixMs now) {
      auto finished = gate::finish(approval, id, state, state == ApprovalState::executed ? result : std::string(), {}, now);
      if (finished && is_over && state == ApprovalState::outcome_unknown) approval.owner.clear();  // nobody is at it any more
      return finished;
    };
  } else if (step.events.empty()) {
    return send(std::move(reply));
  }
  const auto shared = std::make_shared<Reply>(std::move(reply));
  close(core, call.setup().target, std::move(step), [shared, send = std::move(send)](const Result<std::optional<Approval>>& settled) {
    if (!settled) tell(*shared, is_outage(settled.error()) ? kUnbooked : kTooLate);
    send(std::move(*shared));
  });
}

void await_caller(CallState& call, gate::Ledger::Done<void> done) {
  const Passage* const passage = call.passage();
  if (passage == nullptr || passage->approval.empty()) return done({});
  gate::Step step;
  step.approval = passage->approval;
  step.change = [id = call.id()](Approval& approval, Events&, UnixMs now) { return gate::wait_for_caller(approval, id, now); };
  call.setup().core->ledger().commit(std::move(step), [done = std::move(done)](Result<std::optional<Approval>> marked) {
    if (marked) done({});
    else done(std::move(marked).error());
  });
}

// In a later round the call goes on waiting for its caller: the claim is not the round's to give back.
void let_go(CallState& call) {
  const Passage* const passage = call.passage();
  if (passage == nullptr || !passage->claims) return;
  const auto core = call.setup().core;
  gate::Step step;
  if (call.round() == 0) step.events = events_of(*core, event_of(*passage, "released"));
  if (!passage->approval.empty()) {
    step.approval = passage->approval;
    step.change = [id = call.id(), first = call.round() == 0](Approval& approval, Events&, UnixMs now) {
      return first ? gate::release(approval, id, now) : gate::wait_for_caller(approval, id, now);
    };
  } else if (step.events.empty()) {
    return;
  }
  close(core, call.setup().target, std::move(step), [](const Result<std::optional<Approval>>&) {});
}

Taken::~Taken() {
  if (begun) return;
  if (round) call_->setup().core->calls().release(call_->id(), call_->round());
  if (claim) let_go(*call_);
}

}  // namespace sumun::server
