// SPDX-License-Identifier: Apache-2.0
// A server whose policy asks, its books, and the people who decide.
#pragma once
#include "gate/memory_ledger.hpp"
#include "support.hpp"

#include <sumun/approvals.hpp>
#include <sumun/policy.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sumun::test {

/// Books that cannot be written while `broken`, nor anything of a kind that is named.
class Books final : public gate::MemoryLedger {
 public:
  std::atomic<bool> broken{false};
  std::string broken_event;  // a commit with this event fails
  std::chrono::milliseconds lease_time = std::chrono::milliseconds::max();
  std::function<void(const Approval&)> claimed;  // after a commit that has claimed

  std::chrono::milliseconds lease() const override { return lease_time; }
  void commit(gate::Step step, Done<std::optional<Approval>> done) override {
    bool fails = broken;
    for (const json& event : step.events) fails = fails || event.value("event", "") == broken_event;
    if (fails) return done(fail(ErrorCode::io, "the disk is full"));
    MemoryLedger::commit(std::move(step), [this, done = std::move(done)](Result<std::optional<Approval>> committed) {
      if (claimed && committed && *committed && (*committed)->state == ApprovalState::claimed) std::exchange(claimed, nullptr)(**committed);
      done(std::move(committed));
    });
  }
  void open(Approval draft, std::vector<gate::AuditEvent> events, Done<Approval> done) override {
    if (broken) return done(fail(ErrorCode::io, "the disk is full"));
    MemoryLedger::open(std::move(draft), std::move(events), std::move(done));
  }
};

inline AskTerms by_user() {
  AskTerms terms;
  terms.user = true;
  return terms;
}
inline AskTerms by_approvers(std::vector<std::string> names = {}) {
  AskTerms terms;
  terms.approvers = std::move(names);
  return terms;
}

inline Policy asking(AskTerms terms, std::string tool = "*") {
  PolicyRule rule;
  rule.target = "tool:" + tool;
  rule.decision = Decision::ask;
  rule.ask = std::move(terms);
  rule.reason = "money is paid out";
  return Policy::compile({.rules = {rule}, .otherwise = Decision::allow}).value();
}

inline ServerOptions options_with(std::optional<Policy> policy, std::chrono::milliseconds hold = std::chrono::milliseconds(30)) {
  ServerOptions options;
  options.policy = std::move(policy);
  options.approvals.hold = hold;
  options.approvals.how = "run: sumun approvals approve {id}";
  return options;
}

struct Refund {
  std::string order;
  std::int64_t amount = 1;
};

inline constexpr std::string_view kForm = R"({"elicitation":{"form":{}}})";
inline constexpr std::string_view kPage = R"({"elicitation":{"url":{}}})";
inline constexpr std::string_view kTakesTasksOnly = R"({"extensions":{"io.modelcontextprotocol/tasks":{}}})";

struct Desk : World {
  explicit Desk(ServerOptions options, std::string principal = "alice") : World(std::move(options), as(std::move(principal))) {
    server.core()->use(std::shared_ptr<gate::Ledger>(books));
    server.tool("refund", "Pays money back", [this](Refund in) {
      ++ran;
      last = in;
      return "refunded " + in.order + " " + std::to_string(in.amount);
    }, {.effects = writes | reaches_out});
  }
  static server::SessionOptions as(std::string name) {
    server::SessionOptions options;
    options.principal.name = std::move(name);
    return options;
  }

  std::shared_ptr<Books> books = std::make_shared<Books>();
  std::atomic<int> ran = 0;
  Refund last;

  json refund(std::string_view capabilities = "{}", std::string arguments = R"({"order":"A-17","amount":5})") { return call("refund", J(arguments), capabilities); }
  static json refund_params(std::string arguments = R"({"order":"A-17","amount":5})") { return json{{"name", "refund"}, {"arguments", J(arguments)}}; }

  void add_approver(std::string name, std::string principal = "") {
    gate::ApproverRow row;
    if (principal.empty()) principal = "local:" + name;
    row.approver = {std::move(name), std::move(principal), 0};
    books->put(std::move(row), false, {}, [](const Result<void>& put) { REQUIRE(put.has_value()); });
  }
  std::vector<Approval> approvals() {
    std::vector<Approval> all;
    books->list({}, [&](Result<std::vector<Approval>> listed) { all = *listed; });
    return all;
  }
  /// The newest; there must be one.
  Approval approval() {
    const auto all = approvals();
    REQUIRE(!all.empty());
    return all.front();
  }
  Approval approval(const std::string& id) {
    std::optional<Approval> one;
    books->get(id, [&](Result<Approval> got) { one = *got; });
    return *one;
  }
  /// Runs the loop until one is pending, and gives it.
  Approval asked() {
    REQUIRE(until([this] { return !approvals().empty() && approval().state == ApprovalState::pending; }));
    return approval();
  }
  /// Commits what must succeed.
  void change(const std::string& id, std::function<Result<void>(Approval&, gate::UnixMs)> how) {
    gate::Step step;
    step.approval = id;
    step.change = [how = std::move(how)](Approval& one, std::vector<gate::AuditEvent>&, gate::UnixMs now) { return how(one, now); };
    books->commit(std::move(step), [](const Result<std::optional<Approval>>& changed) { REQUIRE_MESSAGE(changed.has_value(), changed.error().message); });
  }
  void decide(const std::string& id, bool approve, std::optional<json> edited = std::nullopt, const std::string& who = "bob", const std::string& reason = "") {
    gate::Step step;
    step.approval = id;
    step.change = [=](Approval& one, std::vector<gate::AuditEvent>&, gate::UnixMs now) {
      return gate::vote(one, Vote{who, approve, reason, now}, Voter{who, "local:" + who, false}, edited, now);
    };
    books->commit(std::move(step), [](const Result<std::optional<Approval>>& decided) { REQUIRE_MESSAGE(decided.has_value(), decided.error().message); });
  }
  std::vector<json> events(const std::string& name = "") {
    std::vector<json> found;
    AuditQuery query;
    query.limit = 100000;
    books->records(query, [&](Result<std::vector<AuditRecord>> records) {
      for (const AuditRecord& record : *records)
        if (name.empty() || record.event["event"] == name) found.push_back(record.event);
    });
    return found;
  }
  std::vector<std::string> event_names() {
    std::vector<std::string> names;
    for (const json& event : events()) names.push_back(event["event"]);
    return names;
  }
};

inline const json& meta_of_approval(const json& answer) {
  static const json none;
  if (!answer.contains("result") || !answer["result"].contains("_meta")) return none;
  const json& meta = answer["result"]["_meta"];
  return meta.contains("dev.sumun/approval") ? meta["dev.sumun/approval"] : none;
}
inline bool is_question(const json& answer) { return answer.contains("result") && answer["result"].value("resultType", "") == "input_required"; }
/// The same request again with an answer to the gate's question.
inline json retry(json params, const json& asked, json answer) {
  params["requestState"] = asked["result"]["requestState"];
  params["inputResponses"]["dev.sumun/approval"] = std::move(answer);
  return params;
}
inline json filled(std::string decision, std::string reason = "") {
  json content{{"decision", std::move(decision)}};
  if (!reason.empty()) content["reason"] = std::move(reason);
  return json{{"action", "accept"}, {"content", std::move(content)}};
}

}  // namespace sumun::test
