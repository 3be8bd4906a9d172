// SPDX-License-Identifier: Apache-2.0
// The walk of every call, from where it may begin to its answer:
//   take the round → T1 → the handler, where it belongs → T2 → keep the answer of the round → answer
// A step that need not wait does not. Each works on the call alone: a task outlives its connection.
#pragma once
#include "base/json_text.hpp"
#include "protocol/codec.hpp"
#include "runtime/worker_pool.hpp"
#include "server/outcome.hpp"
#include "server/passage.hpp"
#include "server/session.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace sumun::server {

// -- answers

Reply error_reply(const CallState& call, Error error);

template <class T>
Reply result_reply(const CallState& call, const T& result, protocol::OutputForm form = protocol::OutputForm::by_value) {
  const auto& setup = call.setup();
  return Reply{protocol::encode_response(setup.request, result, protocol::Receiver{setup.revision, &setup.core->stamp(), form}), {}};
}

/// Of a tool's call. Keeps the result for whoever makes an approved call again.
Reply tool_answer(const ToolEntry& entry, CallState& call, Outcome<CallToolResult> outcome);
/// What the call is told whose approval stands like this: the stored result, or words.
Reply standing_reply(const CallState& call, const ToolEntry& entry, const Approval& approval);

/// What is said instead of running an approved call that the schema or the policy refuses by now; it leaves the approval as it is.
std::optional<CallToolResult> refused_now(const CallState& call, const ToolEntry& tool, const Approval& approval);
/// The log hears of that.
void note_denial(const CallState& call);
/// The rule that asks by now about the call as it would run, where it wants other people than those who were asked.
std::optional<Refusal> asks_anew(const CallState& call, const ToolEntry& tool, const Approval& approval);

// -- rounds

/// Whether rounds of this call must be taken once only.
inline bool takes_rounds_once(const CallState& call) { return call.round() > 0 && !call.setup().only_reads && !call.task(); }

/// A round and a claim whose handler was unwound before it did anything.
void give_back(CallState& call);

/// Gives the answer to the store, so that a repetition gets the same; it leaves once the store has it. What was done was
/// done: where the store cannot take it, it leaves all the same.
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

// -- the end of a handler

/// The question that it was unwound at leaves as the answer of the round.
template <class Send>
void send_question(const std::shared_ptr<CallState>& call, Reply reply, Send send) {
  await_caller(*call, [call, reply = std::move(reply), send](Result<void> waits) mutable {
    if (!waits) {
      give_back(*call);
      return send(error_reply(*call, fail(ErrorCode::internal_error, "the store is not available: " + waits.error().message)));
    }
    if (call->setup().only_reads) return send(std::move(reply));
    call->setup().core->calls().open(call->id(), [call, reply = std::move(reply), send](Result<void> opened) mutable {
      if (opened) return keep_and_send(*call, std::move(reply), send);
      give_back(*call);
      send(error_reply(*call, std::move(opened).error()));
    });
  });
}

template <class R, class Finish, class Send>
void conclude(const std::shared_ptr<CallState>& call, Outcome<R> outcome, const Finish& finish, Send send) {
  if (outcome.unwound) {
    auto question = call->input_required();
    if (question) return send_question(call, result_reply(*call, *question), send);
    outcome.error = std::move(question).error();
    outcome.returned = true;  // nothing was done
  }
  // A handler that passes on what was said of an answer did nothing: the round stays open for a better one.
  if (call->refused_answer() && !outcome.value && outcome.error == *call->refused_answer()) {
    give_back(*call);
    return send(finish(*call, std::move(outcome)));
  }
  const auto last = [call, send](Reply reply) {
    keep_and_send(*call, std::move(reply), send);
    if (call->is_stored()) call->setup().core->calls().finish(call->id());
  };
  Passage* const passage = call->passage();
  if (passage == nullptr) return last(finish(*call, std::move(outcome)));
  const End end = end_of(*call, outcome);
  if (passage->claims) passage->ended = true;
  settle(*call, end, finish(*call, std::move(outcome)), last);
}

// -- running

/// What is left to do of a call. `keep` holds what the handler, `where` and `finish` live in.
template <class R, class Finish>
struct Work {
  std::shared_ptr<CallState> call;
  const Handler<R>* handler;
  std::shared_ptr<const void> keep;
  const Executor* where;  // null = the pool
  json input;
  std::size_t bytes;
  Finish finish;
  Workers workers;
  std::shared_ptr<Taken> taken{};  // null = nothing was
};

/// Hands a job over: to the connection's strand, or a task's. It is destroyed unrun when the connection is gone.
void on_strand(const std::shared_ptr<CallState>& call, Job job);
/// Whether somebody still waits for it. On its strand.
bool is_wanted(const CallState& call);
/// A task that was told to stop before its handler began has ended.
void end_unrun(const CallState& call);
/// Has a plain handler run where it belongs. Should it not be, the call is answered all the same.
void put_on_worker(const std::shared_ptr<CallState>& call, const Executor* where, std::size_t bytes, const Workers& workers, Job job);
/// Logs a quick handler that took its time.
void check_quick(const CallState& call, std::chrono::steady_clock::time_point begin);
/// The answer of a round that was taken before; none = it is fresh.
std::optional<Reply> taken_before(const CallState& call, Result<gate::Round> round);
/// The approval cannot be claimed: somebody else has, or its time is over. The call is told how it stands.
void refuse_claim(const std::shared_ptr<CallState>& call, const Error& why);
/// Too long after T1 to begin: the claim is given back, and the call is told; where it is not the call's any more, how it stands.
void turn_back(const std::shared_ptr<CallState>& call);
/// After T1: the arguments that the handler gets. Errors: a reply, the handler does not run.
std::optional<Reply> claimed(const std::shared_ptr<CallState>& call, Result<std::optional<Approval>> approval, json& input);

template <class R, class Finish>
void run_here(Work<R, Finish>& work, auto send) {
  const auto begin = std::chrono::steady_clock::now();
  auto outcome = run_plain(std::get<PlainHandler<R>>(*work.handler), std::move(work.input), work.call);
  check_quick(*work.call, begin);
  conclude(work.call, std::move(outcome), work.finish, send);
}

/// The handler. Nothing but this runs one.
template <class R, class Finish>
void run_work(const std::shared_ptr<Work<R, Finish>>& work) {
  const auto& call = work->call;
  const auto send = [call](Reply answer) { hand_over(*call, std::move(answer)); };
  const auto is_late = [work] {
    if (!is_stale(*work->call)) return false;
    if (work->taken) work->taken->claim = false;
    turn_back(work->call);
    return true;
  };
  if (is_late()) return;
  if (call->setup().running == Running::in_place) {
    if (work->taken) work->taken->begun = true;
    return run_here(*work, send);
  }
  if (call->has_limit()) {
    call->limit([state = call.get(), finish = work->finish] {
      if (state->passage() != nullptr && state->passage()->ended) return;
      Outcome<R> outcome;
      outcome.error = fail(ErrorCode::timeout, "it took longer than it may and was told to stop");
      settle(*state, End::unknown, finish(*state, std::move(outcome)),
             [shared = state->shared_from_this()](Reply reply) { hand_over(*shared, std::move(reply)); });
    });
  }
  if (const auto* coroutine = std::get_if<CoroutineHandler<R>>(work->handler)) {
    if (work->taken) work->taken->begun = true;
    call->bind_for_rounds(work->input);
    auto done = [work, send](std::exception_ptr thrown, Outcome<R> outcome) {
      if (thrown) outcome.error = error_of(thrown, *work->call);
      conclude(work->call, std::move(outcome), work->finish, send);
    };
    const auto& executor = call->setup().executor;
    boost::asio::co_spawn(executor, run_coroutine<R>(coroutine, std::move(work->input), call),
                          boost::asio::bind_cancellation_slot(call->cancellation_slot(), boost::asio::bind_executor(executor, std::move(done))));
    return;
  }
  put_on_worker(call, work->where, work->bytes, work->workers, Job([work, send, is_late] {
                  const auto& own = work->call;
                  if (own->stopped()) return end_unrun(*own);
                  if (is_late()) return;
                  if (work->taken) work->taken->begun = true;
                  own->bind_for_rounds(work->input);
                  conclude(own, run_plain(std::get<PlainHandler<R>>(*work->handler), std::move(work->input), own), work->finish, send);
                }));
}

template <class R, class Finish>
void take_claim(const std::shared_ptr<Work<R, Finish>>& work) {
  const auto& call = work->call;
  if (call->passage() == nullptr || !call->passage()->claims) return run_work(work);
  if (!work->taken) work->taken = std::make_shared<Taken>(call);
  claim(call, [work](Result<std::optional<Approval>> approval) {
    work->taken->claim = approval && (!*approval || (*approval)->state == ApprovalState::claimed);
    if (!approval && !is_outage(approval.error()) && !work->call->passage()->approval.empty()) return refuse_claim(work->call, approval.error());
    on_strand(work->call, Job([work, approval = std::move(approval)]() mutable {
                if (!is_wanted(*work->call)) return end_unrun(*work->call);
                auto refused = claimed(work->call, std::move(approval), work->input);
                if (refused) return hand_over(*work->call, *std::move(refused));
                run_work(work);
              }));
  });
}

/// Takes what the call needs, then runs it. The call is in flight, or a task.
template <class R, class Finish>
void take_up_work(const std::shared_ptr<Work<R, Finish>>& work) {
  const auto& call = work->call;
  if (!takes_rounds_once(*call)) return take_claim(work);
  work->taken = std::make_shared<Taken>(call);
  call->setup().core->calls().consume(call->id(), call->round(), [work](Result<gate::Round> round) {
    work->taken->round = round && round->state == gate::Round::State::fresh;
    on_strand(work->call, Job([work, round = std::move(round)]() mutable {
                if (!is_wanted(*work->call)) return end_unrun(*work->call);
                auto answer = taken_before(*work->call, std::move(round));
                if (answer) return hand_over(*work->call, *std::move(answer));
                take_claim(work);
              }));
  });
}

/// On the connection's strand: what need not wait runs at once.
template <class R, class Finish>
void Session::carry_out(const ExchangePtr& exchange, Work<R, Finish> work) {
  const auto& call = exchange->call;
  const bool waits = takes_rounds_once(*call) || (call->passage() != nullptr && call->passage()->claims);
  if (!waits && call->setup().running == Running::in_place)
    return run_here(work, [this, exchange](Reply answer) { reply(*exchange, std::move(answer)); });
  if (!call->task()) in_flight_[exchange->id] = exchange;
  auto shared = std::make_shared<Work<R, Finish>>(std::move(work));
  if (waits) take_up_work(shared);
  else run_work(shared);
}

/// Takes up an earlier round where the client brought one back. False: refused.
template <class Params>
bool Session::take_up(const ExchangePtr& exchange, CallState& call, Params& params, const json& input) {
  if (!allows(exchange->revision, Feature::input_required)) return true;
  if (params.requestState) {
    call.bind(input);
    auto resumed = call.resume(*params.requestState);
    if (!resumed) {
      note_refusal(*exchange, call.setup().target, &input, "state", resumed.error().message);
      refuse(*exchange, std::move(resumed).error());
      return false;
    }
  }
  if (params.inputResponses) call.take_responses(*std::move(params.inputResponses));
  return true;
}

}  // namespace sumun::server
