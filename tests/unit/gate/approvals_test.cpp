// SPDX-License-Identifier: Apache-2.0
// The human's side of a store, over the books in memory: who may say what, and what is written of it.
#include <sumun/json.hpp>
#include <sumun/approvals.hpp>
#include <sumun/store.hpp>

#include "gate/memory_ledger.hpp"
#include "gate/password.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <optional>
#include <thread>

using namespace sumun;
using gate::MemoryLedger;
using std::chrono::seconds;

namespace {

/// A store that has books and nothing else.
class Books final : public Store {
 public:
  explicit Books(MemoryLedger::Now now) : ledger_(std::move(now)) {}
  Result<StoreSummary> summary() override { return StoreSummary{}; }
  Result<int> migrate() override { return 0; }
  Result<void> backup(const std::filesystem::path&) override { return {}; }
  Result<std::uint64_t> collect() override { return std::uint64_t{0}; }
  Result<void> rotate_keys() override { return {}; }
  gate::CallStore& calls() override { std::abort(); }
  gate::TaskStore& tasks() override { std::abort(); }
  gate::Ledger& ledger() override { return ledger_; }
  Result<std::shared_ptr<const Sealer>> sealer() override { return std::shared_ptr<const Sealer>(); }
  void settle(std::chrono::milliseconds) override {}

 private:
  MemoryLedger ledger_;
};

struct Desk {
  std::int64_t ahead = 0;  // ms: the store's clock against this machine's
  std::shared_ptr<Books> store = std::make_shared<Books>([this] { return MemoryLedger::wall_clock() + ahead; });
  Approvals approvals{store};
  const Voter alice{"alice", "local:alice", false};
  const Voter bob{"bob", "", false};

  static json schema() {
    return {{"type", "object"},
            {"additionalProperties", false},
            {"required", {"amount_minor"}},
            {"properties", {{"amount_minor", {{"type", "integer"}, {"maximum", 9000}}}, {"currency", {{"type", "string"}, {"default", "EUR"}}}}}};
  }
  Approval ask(const std::string& id, AskTerms terms = {}, json arguments = {{"amount_minor", 7000}, {"currency", "EUR"}}) {
    Approval draft;
    draft.id = id;
    draft.principal = "local:alice";
    draft.tool = "refund";
    draft.definition = "d1";
    draft.input_schema = schema();
    draft.binding = gate::binding_of(draft.principal, draft.tool, draft.definition, arguments);
    draft.arguments = std::move(arguments);
    draft.terms = std::move(terms);
    std::optional<Result<Approval>> got;
    store->ledger().open(std::move(draft), {}, [&](Result<Approval> result) { got.emplace(std::move(result)); });
    return std::move(got).value().value();
  }
  void claim_and_lose(const std::string& id) {
    gate::Step step;
    step.approval = id;
    step.change = [](Approval& approval, std::vector<gate::AuditEvent>&, gate::UnixMs now) -> Result<void> {
      if (auto claimed = gate::claim(approval, "call-1", "host", now); !claimed) return claimed;
      return gate::finish(approval, "call-1", ApprovalState::outcome_unknown, "", "it threw", now);
    };
    store->ledger().commit(std::move(step), [](auto result) { REQUIRE(result.has_value()); });
  }
  // What the log says, in order: of each record its event, and of `what` of that.
  std::vector<json> log() {
    std::vector<json> events;
    store->ledger().records({}, [&](Result<std::vector<AuditRecord>> records) {
      for (AuditRecord& record : records.value()) events.push_back(std::move(record.event));
    });
    return events;
  }
  std::vector<std::string> events() {
    std::vector<std::string> names;
    for (const json& one : log()) names.push_back(one["event"].get<std::string>());
    return names;
  }
};

Decided yes() {
  Decided decided;
  decided.approve = true;
  return decided;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a password fits its own hash alone, and two hashes of one are different") {
  const std::string one = gate::hash_password("open sesame");
  CHECK(one.starts_with("$argon2id$v=19$m=65536,t=3,p=1$"));
  CHECK(gate::fits(one, "open sesame"));
  CHECK_FALSE(gate::fits(one, "open sesame "));
  CHECK_FALSE(gate::fits(one, ""));
  CHECK_FALSE(gate::fits("", "open sesame"));
  CHECK(gate::hash_password("open sesame") != one);
}

TEST_CASE("the first approver needs nobody's leave, the next one does, and a password is its owner's to change") {
  Desk desk;
  CHECK(desk.approvals.add_approver({"alice", "local:alice"}, "short", {}).error().code == ErrorCode::invalid_value);
  CHECK(desk.approvals.add_approver({"", ""}, "long enough", {}).error().code == ErrorCode::invalid_value);
  CHECK(desk.approvals.add_approver({"a b", ""}, "long enough", {}).error().code == ErrorCode::invalid_value);
  CHECK(desk.approvals.add_approver({"alice", "local:alice"}, std::string(kMaxPasswordBytes + 1, 'x'), {}).error().code == ErrorCode::invalid_value);
  REQUIRE(desk.approvals.add_approver({"alice", "local:alice"}, "alice's own", {}).has_value());
  CHECK(desk.approvals.add_approver({"mallory", ""}, "long enough", {}).error().code == ErrorCode::denied);
  CHECK(desk.approvals.add_approver({"alice", "local:alice"}, "long enough", {}).error().code == ErrorCode::denied);
  REQUIRE(desk.approvals.add_approver({"bob", ""}, "bob's first", desk.alice).has_value());
  CHECK(desk.approvals.add_approver({"bob", ""}, "long enough", desk.alice).error().code == ErrorCode::denied);
  REQUIRE(desk.approvals.add_approver({"bob", "local:carol"}, "bob's second", desk.bob).has_value());
  CHECK_FALSE(desk.approvals.log_in("bob", "bob's first").has_value());
  const auto bob = desk.approvals.log_in("bob", "bob's second");
  REQUIRE(bob.has_value());
  CHECK(bob->principal == "");  // a new password is no new identity
}

TEST_CASE("the last approver stays") {
  Desk desk;
  REQUIRE(desk.approvals.add_approver({"alice", ""}, "alice's own", {}).has_value());
  CHECK(desk.approvals.remove_approver("alice", desk.alice).error().code == ErrorCode::invalid_value);
  CHECK(desk.approvals.remove_approver("bob", desk.alice).error().code == ErrorCode::not_found);
  REQUIRE(desk.approvals.add_approver({"bob", ""}, "bob's first", desk.alice).has_value());
  REQUIRE(desk.approvals.remove_approver("alice", desk.bob).has_value());
  CHECK(desk.approvals.approvers().value().size() == 1);
  CHECK(desk.approvals.log_in("alice", "alice's own").error().code == ErrorCode::denied);
}

TEST_CASE("a wrong password and an unknown name are refused in the same words, and both are in the log") {
  Desk desk;
  REQUIRE(desk.approvals.add_approver({"alice", ""}, "alice's own", {}).has_value());
  const auto wrong = desk.approvals.log_in("alice", "alice's own?");
  const auto unknown = desk.approvals.log_in("eve", "alice's own");
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error() == unknown.error());
  CHECK(wrong.error().code == ErrorCode::denied);
  CHECK(desk.approvals.log_in("alice", std::string(kMaxPasswordBytes + 1, 'x')).error() == wrong.error());
  CHECK(desk.approvals.log_in("alice", "alice's own").has_value());
  Names whats;
  for (const json& event : desk.log()) whats.push_back(event["what"].get<std::string>() + " " + event["name"].get<std::string>());
  CHECK(whats == Names{"added alice", "tried alice", "tried eve", "tried alice", "logged_in alice"});
}

TEST_CASE("after wrong passwords even the right one has to wait") {
  Desk desk;
  REQUIRE(desk.approvals.add_approver({"alice", ""}, "alice's own", {}).has_value());
  desk.ahead = 3'600'000;  // no wait ends while the test runs
  for (int i = 0; i < kPasswordTries; ++i) CHECK(desk.approvals.log_in("alice", "wrong one").error().code == ErrorCode::denied);
  const auto locked = desk.approvals.log_in("alice", "alice's own");
  REQUIRE_FALSE(locked.has_value());
  CHECK(locked.error().code == ErrorCode::busy);
  CHECK(locked.error().message.find("try again in") != std::string::npos);
}

TEST_CASE("when the wait is over the right password enters, and the wrong ones are forgotten") {
  Desk desk;
  REQUIRE(desk.approvals.add_approver({"alice", ""}, "alice's own", {}).has_value());
  desk.ahead = -24 * 3'600'000;  // every wait is over at once
  for (int i = 0; i < kPasswordTries + 2; ++i) CHECK(desk.approvals.log_in("alice", "wrong one").error().code == ErrorCode::denied);
  CHECK(desk.approvals.log_in("alice", "alice's own").has_value());
  desk.ahead = 3'600'000;
  CHECK(desk.approvals.log_in("alice", "wrong one").error().code == ErrorCode::denied);
  CHECK(desk.approvals.log_in("alice", "alice's own").has_value());
}

TEST_CASE("passwords tried at once are no more than those tried one after another") {
  Desk desk;
  REQUIRE(desk.approvals.add_approver({"alice", ""}, "alice's own", {}).has_value());
  desk.ahead = 3'600'000;
  std::atomic<int> denied{0}, busy{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3 * kPasswordTries; ++i)
    threads.emplace_back([&] {
      const auto entered = desk.approvals.log_in("alice", "wrong one");
      ++(!entered && entered.error().code == ErrorCode::busy ? busy : denied);
    });
  for (auto& thread : threads) thread.join();
  CHECK(denied == kPasswordTries);
  CHECK(busy == 2 * kPasswordTries);
}

TEST_CASE("an approval is found by the beginning of its id, where one alone begins so") {
  Desk desk;
  desk.ask("abc1", {}, {{"amount_minor", 1}});
  desk.ask("abd2", {}, {{"amount_minor", 2}});
  desk.ask("ab", {}, {{"amount_minor", 3}});
  CHECK(desk.approvals.get("abc").value().id == "abc1");
  CHECK(desk.approvals.get("ab").value().id == "ab");
  CHECK(desk.approvals.get("a").error().code == ErrorCode::invalid_value);
  CHECK(desk.approvals.get("x").error().code == ErrorCode::not_found);
  CHECK(desk.approvals.get("").error().code == ErrorCode::not_found);
}

TEST_CASE("a decision and its record are one") {
  Desk desk;
  const Approval asked = desk.ask("one");
  Decided decided = yes();
  decided.reason = "as agreed";
  const auto approved = desk.approvals.decide("one", desk.bob, decided);
  REQUIRE(approved.has_value());
  CHECK(approved->state == ApprovalState::approved);
  CHECK(desk.events() == Names{"vote", "approved"});
  CHECK(desk.log()[0]["reason"] == "as agreed");
  CHECK(desk.log()[0]["by"] == "bob");
  CHECK(desk.log()[0]["principal"] == "local:alice");
  CHECK(desk.log()[0]["target"] == "refund");
  CHECK(desk.approvals.decide("one", desk.alice, yes()).error().code == ErrorCode::invalid_value);
  CHECK(desk.events().size() == 2);  // what is refused writes nothing
}

TEST_CASE("it takes as many as the rule says, and who asked is none of them where it says so") {
  Desk desk;
  AskTerms terms;
  terms.needed = 2;
  terms.not_requester = true;
  desk.ask("two", terms);
  CHECK(desk.approvals.decide("two", desk.alice, yes()).error().code == ErrorCode::denied);
  const Voter bob{"bob", "local:bob", false};
  CHECK(desk.approvals.decide("two", desk.bob, yes()).error().code == ErrorCode::denied);  // who is he when he calls tools?
  CHECK(desk.approvals.decide("two", bob, yes()).value().state == ApprovalState::pending);
  CHECK(desk.approvals.decide("two", bob, yes()).error().code == ErrorCode::denied);
  CHECK(desk.approvals.decide("two", {"carol", "local:carol", false}, yes()).value().state == ApprovalState::approved);
  CHECK(desk.events() == Names{"vote", "vote", "approved"});
}

TEST_CASE("who votes on what they saw does not vote on what another has made of it") {
  Desk desk;
  AskTerms terms;
  terms.needed = 2;
  const Approval seen = desk.ask("one", terms);
  Decided changed = yes();
  changed.edited = json{{"amount_minor", 1}};
  REQUIRE(desk.approvals.decide("one", desk.bob, changed).has_value());
  Decided late = yes();
  late.version = seen.version;
  const auto refused = desk.approvals.decide("one", desk.alice, late);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::invalid_value);
  late.version = desk.approvals.get("one").value().version;
  CHECK(desk.approvals.decide("one", desk.alice, late).value().state == ApprovalState::approved);
}

TEST_CASE("changed arguments are held against the schema, get its defaults and are named by their digest in the log") {
  struct {
    const char* name;
    json edited;
    bool fine;
  } table[] = {{"smaller", {{"amount_minor", 10}}, true},
               {"too much", {{"amount_minor", 9001}}, false},
               {"another type", {{"amount_minor", "10"}}, false},
               {"nothing", json::object(), false},
               {"a member that is none", {{"amount_minor", 10}, {"to", "eve"}}, false},
               {"no object", json::array(), false}};
  for (auto& [name, edited, fine] : table) {
    CAPTURE(name);
    Desk desk;
    desk.ask("one");
    Decided decided = yes();
    decided.edited = edited;
    const auto done = desk.approvals.decide("one", desk.bob, decided);
    CHECK(done.has_value() == fine);
    if (!fine) {
      CHECK(done.error().code == ErrorCode::invalid_value);
      CHECK(desk.approvals.get("one").value().state == ApprovalState::pending);
      continue;
    }
    CHECK(*done->edited == json{{"amount_minor", 10}, {"currency", "EUR"}});
    CHECK(done->arguments["amount_minor"] == 7000);
    CHECK(desk.log()[0]["edited"].get<std::string>().size() == 64);
  }
}

TEST_CASE("arguments that are the same after all are no edit") {
  Desk desk;
  desk.ask("one");
  Decided decided = yes();
  decided.edited = json{{"amount_minor", 7000}};
  const auto done = desk.approvals.decide("one", desk.bob, decided);
  REQUIRE(done.has_value());
  CHECK_FALSE(done->edited.has_value());
}

TEST_CASE("what is remembered is the very same call, or what the predicates say") {
  Desk desk;
  desk.ask("one");
  Decided decided = yes();
  decided.remember = seconds(1800);
  REQUIRE(desk.approvals.decide("one", desk.bob, decided).has_value());
  desk.ask("two", {}, {{"amount_minor", 100}, {"currency", "EUR"}});
  decided.remember_when = {"/amount_minor <= 5000", "/currency == \"EUR\""};
  REQUIRE(desk.approvals.decide("two", desk.bob, decided).has_value());
  auto grants = desk.approvals.grants().value();
  REQUIRE(grants.size() == 2);
  std::sort(grants.begin(), grants.end(), [](const Grant& a, const Grant& b) { return a.when.size() < b.when.size(); });
  CHECK(grants[0].binding == desk.approvals.get("one").value().binding);
  CHECK(grants[1].binding == "");
  CHECK(grants[1].when == decided.remember_when);
  for (const Grant& grant : grants) {
    CHECK(grant.principal == "local:alice");
    CHECK(grant.tool == "refund");
    CHECK(grant.definition == "d1");
    CHECK(grant.by == "bob");
    CHECK(grant.until - grant.created == 1'800'000);
  }
  const auto revoked = desk.approvals.revoke(grants[1].id.substr(0, 10), desk.alice);
  REQUIRE(revoked.has_value());
  CHECK(revoked->revoked);
  CHECK(desk.events() == Names{"vote", "approved", "grant", "vote", "approved", "grant", "revoke"});
  CHECK(desk.approvals.revoke("nothing", desk.alice).error().code == ErrorCode::not_found);
}

TEST_CASE("a changed call that is remembered is remembered as it was changed") {
  Desk desk;
  desk.ask("one");
  Decided decided = yes();
  decided.edited = json{{"amount_minor", 10}};
  decided.remember = seconds(60);
  REQUIRE(desk.approvals.decide("one", desk.bob, decided).has_value());
  CHECK(desk.approvals.grants().value().front().binding == gate::binding_of("local:alice", "refund", "d1", {{"amount_minor", 10}, {"currency", "EUR"}}));
}

TEST_CASE("what cannot be remembered is refused, and the approval waits on") {
  AskTerms two;
  two.needed = 2;
  struct {
    const char* name;
    AskTerms terms;
    bool approve;
    seconds time;
    Names when;
    const char* words;
  } table[] = {{"a denial", {}, false, seconds(60), {}, "only what is approved"},
               {"for no time", {}, true, seconds(0), {}, "a second at least"},
               {"what two decide", two, true, seconds(60), {}, "it takes 2 approvers"},
               {"a predicate that is none", {}, true, seconds(60), {"/amount_minor <= 9000", "/amount_minor <"}, "predicate 2: column"},
               {"a predicate that this call breaks", {}, true, seconds(60), {"/amount_minor <= 5000"}, "does not hold"}};
  for (const auto& [name, terms, approve, time, when, words] : table) {
    CAPTURE(name);
    Desk desk;
    desk.ask("one", terms);
    Decided decided;
    decided.approve = approve;
    decided.remember = time;
    decided.remember_when = when;
    const auto done = desk.approvals.decide("one", desk.bob, decided);
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().code == ErrorCode::invalid_value);
    CHECK(done.error().message.find(words) != std::string::npos);
    CHECK(desk.approvals.get("one").value().state == ApprovalState::pending);
    CHECK(desk.approvals.grants().value().empty());
  }
}

TEST_CASE("what a person says is kept as it is with the approval, and redacted in the log") {
  Desk desk;
  desk.ask("one");
  Decided decided = yes();
  decided.reason = "ask eve@example.com";
  const auto done = desk.approvals.decide("one", desk.bob, decided);
  REQUIRE(done.has_value());
  CHECK(done->votes[0].reason == "ask eve@example.com");
  CHECK(desk.log()[0].dump().find("eve@example.com") == std::string::npos);
}

TEST_CASE("a reason has a bound") {
  Desk desk;
  desk.ask("one");
  Decided decided = yes();
  decided.reason = std::string(kMaxReasonBytes + 1, 'x');
  CHECK(desk.approvals.decide("one", desk.bob, decided).error().code == ErrorCode::invalid_value);
  decided.reason = "\xff";
  CHECK(desk.approvals.decide("one", desk.bob, decided).error().code == ErrorCode::invalid_value);
  decided.reason = std::string(kMaxReasonBytes, 'x');
  CHECK(desk.approvals.decide("one", desk.bob, decided).has_value());
}

TEST_CASE("a person says what became of an unknown outcome, and of nothing else") {
  Desk desk;
  desk.ask("one");
  CHECK(desk.approvals.resolve("one", desk.bob, true, "").error().code == ErrorCode::invalid_value);
  REQUIRE(desk.approvals.decide("one", desk.bob, yes()).has_value());
  desk.claim_and_lose("one");
  const auto early = desk.approvals.resolve("one", desk.bob, false, "");  // its process is this one
  REQUIRE_FALSE(early.has_value());
  CHECK(early.error().code == ErrorCode::denied);
  const auto done = desk.approvals.resolve("one", desk.bob, false, "the bank has no such booking", WhileAlive::resolve);
  REQUIRE(done.has_value());
  CHECK(desk.log().back()["even_if_running"] == true);
  CHECK(done->state == ApprovalState::failed);
  CHECK(desk.log().back()["event"] == "resolve");
  CHECK(desk.log().back()["outcome"] == "failed");
  CHECK(desk.log().back()["call"] == "call-1");
  CHECK(desk.approvals.resolve("one", desk.bob, true, "").error().code == ErrorCode::invalid_value);
}

TEST_CASE("what the server's options leave out of the log is left out of what people say, too") {
  Desk desk;
  AuditOptions options;
  options.patterns = {"case-[0-9]+"};
  Approvals approvals{desk.store, options};
  desk.ask("one");
  Decided decided = yes();
  decided.reason = "see case-4711";
  decided.remember = std::chrono::seconds(60);
  decided.remember_when = {R"(/currency != "case-12")"};
  REQUIRE(approvals.decide("one", desk.bob, decided).has_value());
  desk.claim_and_lose("one");
  REQUIRE(approvals.resolve("one", desk.bob, true, "as in case-4712", WhileAlive::resolve).has_value());
  for (const json& event : desk.log()) {
    CAPTURE(dump_json(event));
    CHECK(dump_json(event).find("case-") == std::string::npos);
  }
  options.patterns = {"("};  // as good as none
  Approvals fallen{desk.store, options};
  desk.ask("two", {}, {{"amount_minor", 1}, {"currency", "EUR"}});
  decided.remember.reset();
  decided.remember_when.clear();
  decided.reason = "to bob@example.com";
  REQUIRE(fallen.decide("two", desk.bob, decided).has_value());
  CHECK(dump_json(desk.log().at(desk.log().size() - 2)).find("bob@example.com") == std::string::npos);
}
