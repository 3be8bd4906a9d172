// SPDX-License-Identifier: Apache-2.0
// Each operation is forwarded with a step of fate on either side of it.
#include "dying_store.hpp"

#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <utility>

namespace sumun::test {
namespace {

using FatePtr = std::shared_ptr<Fate>;

// What `done` becomes: after the commit, before anybody hears of it.
template <class T>
std::function<void(Result<T>)> then(const FatePtr& fate, std::string point, std::function<void(Result<T>)> done) {
  return [fate, point = std::move(point), done = std::move(done)](Result<T> result) {
    if (result) fate->passes(point);
    done(std::move(result));
  };
}

class DyingCalls final : public gate::CallStore {
 public:
  DyingCalls(gate::CallStore& inner, FatePtr fate) : inner_(inner), fate_(std::move(fate)) {}
  void open(const std::string& call, Done<void> done) override {
    fate_->passes("question.before");
    inner_.open(call, then<void>(fate_, "question.after", std::move(done)));
  }
  void consume(const std::string& call, int round, Done<gate::Round> done) override {
    fate_->passes("round.before");
    inner_.consume(call, round, then<gate::Round>(fate_, "round.after", std::move(done)));
  }
  void answer(const std::string& call, int round, std::string message, Done<void> done) override {
    fate_->passes("answer.before");
    inner_.answer(call, round, std::move(message), then<void>(fate_, "answer.after", std::move(done)));
  }
  void release(const std::string& call, int round) override { inner_.release(call, round); }
  void finish(const std::string& call) override { inner_.finish(call); }
  void recall(const std::string& call, const std::string& key, Done<std::optional<json>> done) override {
    inner_.recall(call, key, std::move(done));
  }
  void remember(const std::string& call, const std::string& key, json value, Done<void> done) override {
    inner_.remember(call, key, std::move(value), std::move(done));
  }

 private:
  gate::CallStore& inner_;
  const FatePtr fate_;
};

// "claim" is T1, "outcome" T2; anything else that is done to an approval is a "step".
void name_by(const std::vector<gate::AuditEvent>& events, std::string& name) {
  for (const json& event : events) {
    const auto kind = event.find("event");
    if (kind != event.end() && (*kind == "claim" || *kind == "outcome")) name = kind->get<std::string>();
  }
}

class DyingLedger final : public gate::Ledger {
 public:
  DyingLedger(gate::Ledger& inner, FatePtr fate) : inner_(inner), fate_(std::move(fate)) {}
  const std::string& host() const override { return inner_.host(); }
  void open(Approval draft, std::vector<gate::AuditEvent> events, Done<Approval> done) override {
    fate_->passes("open.before");
    inner_.open(std::move(draft), std::move(events), then<Approval>(fate_, "open.after", std::move(done)));
  }
  void find(const std::string& binding, Done<std::optional<Approval>> done) override { inner_.find(binding, std::move(done)); }
  void get(const std::string& id, Done<Approval> done) override { inner_.get(id, std::move(done)); }
  void list(ApprovalFilter filter, Done<std::vector<Approval>> done) override { inner_.list(std::move(filter), std::move(done)); }
  void commit(gate::Step step, Done<std::optional<Approval>> done) override {
    auto name = std::make_shared<std::string>("step");
    name_by(step.events, *name);
    fate_->passes(*name + ".before");
    if (step.change) {
      step.change = [change = std::move(step.change), fate = fate_, name](Approval& approval, std::vector<gate::AuditEvent>& events, gate::UnixMs now) {
        auto changed = change(approval, events, now);
        if (!changed) return changed;
        name_by(events, *name);
        fate->passes(*name + ".inside");
        return changed;
      };
    }
    inner_.commit(std::move(step), [fate = fate_, name, done = std::move(done)](Result<std::optional<Approval>> result) {
      if (result) fate->passes(*name + ".after");
      done(std::move(result));
    });
  }
  void append(std::vector<gate::AuditEvent> events) override { inner_.append(std::move(events)); }
  void records(const AuditQuery& query, Done<std::vector<AuditRecord>> done) override { inner_.records(query, std::move(done)); }
  void writers(Done<std::vector<AuditWriter>> done) override { inner_.writers(std::move(done)); }
  void prune(const std::string& writer, std::int64_t number, gate::AuditEvent event, Done<void> done) override {
    inner_.prune(writer, number, std::move(event), std::move(done));
  }
  void heads(Done<std::vector<AuditHead>> done) override { inner_.heads(std::move(done)); }
  void grants(const std::string& principal, const std::string& tool, Done<std::vector<Grant>> done) override {
    inner_.grants(principal, tool, std::move(done));
  }
  void revoke(const std::string& grant, std::vector<gate::AuditEvent> events, Done<Grant> done) override {
    inner_.revoke(grant, std::move(events), std::move(done));
  }
  void approvers(Done<std::vector<gate::ApproverRow>> done) override { inner_.approvers(std::move(done)); }
  void put(gate::ApproverRow row, bool first_only, std::vector<gate::AuditEvent> events, Done<void> done) override {
    inner_.put(std::move(row), first_only, std::move(events), std::move(done));
  }
  void remove_approver(const std::string& name, std::vector<gate::AuditEvent> events, Done<void> done) override {
    inner_.remove_approver(name, std::move(events), std::move(done));
  }
  void tried(const std::string& name, bool right, std::vector<gate::AuditEvent> events, Done<gate::ApproverRow> done) override {
    inner_.tried(name, right, std::move(events), std::move(done));
  }

 private:
  gate::Ledger& inner_;
  const FatePtr fate_;
};

class DyingStore final : public Store {
 public:
  DyingStore(std::shared_ptr<Store> inner, const FatePtr& fate)
      : inner_(std::move(inner)), calls_(inner_->calls(), fate), ledger_(inner_->ledger(), fate) {}
  Result<StoreSummary> summary() override { return inner_->summary(); }
  Result<int> migrate() override { return inner_->migrate(); }
  Result<void> backup(const std::filesystem::path& to) override { return inner_->backup(to); }
  Result<std::uint64_t> collect() override { return inner_->collect(); }
  Result<void> rotate_keys() override { return inner_->rotate_keys(); }
  Result<std::string> audit_key() override { return inner_->audit_key(); }
  gate::CallStore& calls() override { return calls_; }
  gate::TaskStore& tasks() override { return inner_->tasks(); }
  gate::Ledger& ledger() override { return ledger_; }
  Result<std::shared_ptr<const Sealer>> sealer() override { return inner_->sealer(); }
  void settle(std::chrono::milliseconds limit) override { inner_->settle(limit); }

 private:
  const std::shared_ptr<Store> inner_;
  DyingCalls calls_;
  DyingLedger ledger_;
};

}  // namespace

Fate::Fate(std::string_view words) {
  const std::size_t colon = words.find(':');
  if (colon == std::string_view::npos) return;
  point_ = words.substr(0, colon);
  int count = 0;
  std::from_chars(words.data() + colon + 1, words.data() + words.size(), count);
  left_ = count;
}

void Fate::passes(std::string_view point) {
  if (point != point_ || --left_ != 0) return;
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

std::shared_ptr<Store> dying_store(std::shared_ptr<Store> inner, std::shared_ptr<Fate> fate) {
  return std::make_shared<DyingStore>(std::move(inner), fate);
}

}  // namespace sumun::test
