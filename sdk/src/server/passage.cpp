// SPDX-License-Identifier: Apache-2.0
// The transactions around a handler.
#include "server/passage.hpp"

#include "base/json_text.hpp"
#include "server/call_state.hpp"

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

// Says in a finished message that its outcome is not in the books.
void tell_unbooked(Reply& reply) {
  auto message = parse_json(reply.text);
  if (!message || !message->contains("result") || !(*message)["result"].contains("content")) return;
  json& content = (*message)["result"]["content"];
  content.push_back(json{{"type", "text"}, {"text", "(It ran, but this server could not write down how it ended. Do not repeat it without looking.)"}});
  reply.text = dump_json(*message);
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
  const Passage& passage = *call->passage();
  gate::Step step;
  if (passage.approval.empty()) {
    if (call->round() > 0) return done(std::optional<Approval>());  // its first round did
    step.grant = passage.grant;
    step.events = events_of(core, event_of(passage, "claim"));
  } else {
    step.approval = passage.approval;
    step.change = [id = call->id(), host = core.ledger().host(), first = call->round() == 0, logs = core.keeps_log(),
                   definition = passage.tool->digest, event = event_of(passage, "claim")](Approval& approval, Events& events, UnixMs now) -> Result<void> {
      if (approval.definition != definition) return fail(ErrorCode::invalid_value, "the tool is not the one that was approved any more");
      const bool again = !first || (approval.state == ApprovalState::claimed && approval.call == id);
      auto changed = again ? go_on(approval, id, host, now) : gate::claim(approval, id, host, now);
      if (!changed || !logs) return changed;
      events.push_back(event);
      if (again) events.back()["event"] = "round";
      return changed;
    };
  }
  core.ledger().commit(std::move(step), [call, done = std::move(done)](Result<std::optional<Approval>> committed) {
    call->setup().core->store_answered(committed || !is_outage(committed.error()));
    done(std::move(committed));
  });
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
    step.change = [id = call.id(), state = state_of(end), result = passage->result](Approval& approval, Events&, UnixMs now) {
      return gate::finish(approval, id, state, state == ApprovalState::executed ? result : std::string(), {}, now);
    };
  } else if (step.events.empty()) {
    return send(std::move(reply));
  }
  core->ledger().commit(std::move(step), [core, target = call.setup().target, reply = std::move(reply), send = std::move(send)](
                                             const Result<std::optional<Approval>>& settled) mutable {
    const bool written = settled || !is_outage(settled.error());
    core->store_answered(written);
    if (!settled) core->log(LoggingLevel::error, "'" + target + "': its outcome could not be written down: " + settled.error().message);
    if (!written) tell_unbooked(reply);
    send(std::move(reply));
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
  if (call.round() > 0) return await_caller(call, [](const Result<void>&) {});
  const auto core = call.setup().core;
  gate::Step step;
  step.events = events_of(*core, event_of(*passage, "released"));
  if (!passage->approval.empty()) {
    step.approval = passage->approval;
    step.change = [id = call.id()](Approval& approval, Events&, UnixMs now) { return gate::release(approval, id, now); };
  }
  core->ledger().commit(std::move(step), [core](const Result<std::optional<Approval>>& released) {
    if (!released) core->log(LoggingLevel::error, "a call that never began could not be given back: " + released.error().message);
  });
}

Taken::~Taken() {
  if (begun) return;
  if (round) call_->setup().core->calls().release(call_->id(), call_->round());
  if (claim) let_go(*call_);
}

}  // namespace sumun::server
