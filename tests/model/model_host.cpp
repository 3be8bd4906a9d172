// SPDX-License-Identifier: Apache-2.0
// A server over stdio whose every effect is counted, and the person who approves, for the model that drives them (model.py).
//
//   model_host serve STORE JOURNAL   each effect is a line of JOURNAL: {"call", "tool", "principal", "arguments", "at"}
//   model_host people STORE          reads {"op", "id", "voter", …} lines, answers each with a line
//   model_host migrate STORE
// STORE is a file, or libpq's words. In the environment: MODEL_PRINCIPAL, MODEL_HOLD and MODEL_LEASE in milliseconds,
// MODEL_KEYS (a file), MODEL_WAIT in milliseconds, MODEL_OPEN (FailMode::open), and MODEL_FATE, the point where the process kills itself (dying_store.hpp).
#include "dying_store.hpp"

#include <sumun/approvals.hpp>
#include <sumun/run.hpp>
#include <sumun/server.hpp>
#include <sumun/store.hpp>
#include <sumun/sumun.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace {

using sumun::json;
using sumun::Result;
using std::chrono::milliseconds;

struct Payment {
  std::string to;
  std::int64_t amount = 0;
};
struct Consent {
  bool agreed = false;
};

std::string from_environment(const char* name, std::string otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}
milliseconds time_from_environment(const char* name, const char* otherwise) {
  return milliseconds(std::strtol(from_environment(name, otherwise).c_str(), nullptr, 10));
}

std::shared_ptr<sumun::Store> open(const std::string& where, const std::shared_ptr<sumun::test::Fate>& fate) {
  sumun::StoreOptions options;
  options.key_file = from_environment("MODEL_KEYS", "");
  options.lease = time_from_environment("MODEL_LEASE", "30000");
  options.wait = time_from_environment("MODEL_WAIT", "5000");
  const bool postgres = where.find('=') != std::string::npos;
  auto store = postgres ? sumun::open_postgres_store(where, options) : sumun::open_sqlite_store(where, options);
  return sumun::test::dying_store(std::move(store), fate);
}

/// Where effects happen.
class World {
 public:
  World(const std::string& journal, std::shared_ptr<sumun::test::Fate> fate)
      : file_(::open(journal.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644)), fate_(std::move(fate)) {}

  Result<std::string> pay(const Payment& payment, sumun::Call& call) const {
    if (payment.amount % 10 == 7) return sumun::fail("nobody takes " + std::to_string(payment.amount));
    fate_->passes("effect.before");
    const auto now = std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch());
    const json effect{{"call", call.execution_id()},
                      {"tool", call.target()},
                      {"principal", call.principal().name},
                      {"arguments", {{"to", payment.to}, {"amount", payment.amount}}},
                      {"at", now.count()}};
    const std::string line = effect.dump() + "\n";
    if (::write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size()) || ::fsync(file_) != 0) std::abort();
    fate_->passes("effect.after");
    if (payment.amount % 10 == 8) throw std::runtime_error("the line went dead");
    return "did " + line.substr(0, line.size() - 1);
  }

 private:
  const int file_;
  const std::shared_ptr<sumun::test::Fate> fate_;
};

sumun::PolicyRule rule(std::string target, sumun::Decision decision) {
  sumun::PolicyRule made;
  made.target = std::move(target);
  made.decision = decision;
  return made;
}

sumun::Policy policy() {
  using sumun::Decision;
  sumun::PolicyOptions options;
  auto large = rule("tool:*", Decision::deny);
  large.when = {"/amount > 900"};
  large.reason = "too much";
  auto two = rule("tool:pay_two", Decision::ask);
  two.ask.needed = 2;
  two.ask.not_requester = true;
  auto brief = rule("tool:pay_brief", Decision::ask);
  brief.ask.pending = brief.ask.approved = std::chrono::seconds(1);
  auto confirm = rule("tool:confirm", Decision::ask);
  confirm.ask.user = true;
  options.rules = {large, two, brief, confirm, rule("tool:pay_free", Decision::allow), rule("tool:look", Decision::allow)};
  options.otherwise = Decision::ask;
  return sumun::Policy::compile(std::move(options)).value();
}

Result<std::string> book(const World& world, const Payment& payment, sumun::Call& call) {
  for (const char* question : {"A seat at the window?", "Is that final?"}) {
    auto consent = call.elicit<Consent>(question);
    if (!consent) return std::move(consent).error();
    if (!*consent || !(*consent)->agreed) return sumun::fail("not agreed");
  }
  return world.pay(payment, call);
}

Result<std::string> slow(const World& world, const Payment& payment, sumun::Call& call) {
  for (int i = 0; i < 20; ++i) {
    if (call.cancelled()) return sumun::fail(sumun::ErrorCode::cancelled, "told to stop");
    std::this_thread::sleep_for(milliseconds(2));
  }
  return world.pay(payment, call);
}

int serve(const std::string& where, const std::string& journal, const std::shared_ptr<sumun::test::Fate>& fate) {
  const World world(journal, fate);
  sumun::ServerOptions options;
  options.store = open(where, fate);
  options.policy = policy();
  if (!from_environment("MODEL_OPEN", "").empty()) options.audit.store_failure = sumun::FailMode::open;
  options.approvals.hold = time_from_environment("MODEL_HOLD", "0");
  sumun::Server server{"model", "1", std::move(options)};
  const auto pay = [&world](Payment payment, sumun::Call& call) { return world.pay(payment, call); };
  for (const char* tool : {"pay", "pay_two", "pay_brief", "pay_free", "confirm"}) server.tool(tool, "Pays", pay, {.effects = sumun::writes});
  server.tool("book", "Books", [&world](Payment payment, sumun::Call& call) { return book(world, payment, call); }, {.effects = sumun::writes});
  server.tool("slow", "Pays after a while", [&world](Payment payment, sumun::Call& call) { return slow(world, payment, call); },
              {.effects = sumun::writes});
  server.tool("look", "Looks", [](Payment payment) { return "saw " + payment.to; }, {.effects = sumun::reads});
  sumun::StdioOptions stdio;
  stdio.principal = from_environment("MODEL_PRINCIPAL", "alice");
  stdio.workers = 4;
  return sumun::serve_stdio(server, std::move(stdio));
}

json approved_or_not(Result<sumun::Approval> result) {
  if (!result) return {{"error", result.error().message}};
  return {{"approval", sumun::gate::to_json(*result)}};
}

json answer(sumun::Approvals& approvals, sumun::Store& store, json asked) {
  const std::string op = asked.value("op", ""), id = asked.value("id", "");
  sumun::Voter voter;
  voter.name = voter.principal = asked.value("voter", "");
  if (op == "sweep") {
    const auto swept = store.collect();
    return swept ? json{{"gone", *swept}} : json{{"error", swept.error().message}};
  }
  if (op == "get") return approved_or_not(approvals.get(id));
  if (op == "resolve") return approved_or_not(approvals.resolve(id, voter, asked.value("executed", false), "seen"));
  if (op == "decide") {
    sumun::Decided decided;
    decided.approve = asked.value("approve", false);
    decided.reason = decided.approve ? "" : "no";
    if (asked.contains("edited")) decided.edited = asked["edited"];
    if (asked.contains("remember")) decided.remember = std::chrono::seconds(asked["remember"].get<std::int64_t>());
    if (asked.contains("when")) decided.remember_when = asked["when"].get<std::vector<std::string>>();
    return approved_or_not(approvals.decide(id, voter, std::move(decided)));
  }
  if (op == "revoke") {
    const auto revoked = approvals.revoke(id, voter);
    return revoked ? json{{"grant", revoked->id}} : json{{"error", revoked.error().message}};
  }
  if (op == "enrol") {
    sumun::Approver approver;
    approver.name = approver.principal = id;
    std::optional<sumun::Voter> by;
    if (!voter.name.empty()) by = voter;
    const auto added = approvals.add_approver(approver, "a long password", by);
    return added ? json::object() : json{{"error", added.error().message}};
  }
  return {{"error", "unknown operation"}};
}

int people(const std::string& where, const std::shared_ptr<sumun::test::Fate>& fate) {
  const auto store = open(where, fate);
  sumun::Approvals approvals(store);
  for (std::string line; std::getline(std::cin, line);) {
    json asked = json::parse(line, nullptr, false);
    if (asked.is_discarded()) return 2;
    const json number = asked.value("number", json());
    json said = answer(approvals, *store, std::move(asked));
    said["number"] = number;
    std::cout << said.dump() << std::endl;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  auto fate = std::make_shared<sumun::test::Fate>(from_environment("MODEL_FATE", ""));
  if (argc == 4 && mode == "serve") return serve(argv[2], argv[3], fate);
  if (argc == 3 && mode == "people") return people(argv[2], fate);
  if (argc == 3 && mode == "migrate") return open(argv[2], fate)->migrate().has_value() ? 0 : 1;
  std::fputs("usage: model_host serve STORE JOURNAL | people STORE | migrate STORE\n", stderr);
  return 2;
}
