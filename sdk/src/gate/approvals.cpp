// SPDX-License-Identifier: Apache-2.0
// The human's side over a ledger: who votes is known by a password, and each decision is one transaction with its record.
#include <sumun/approvals.hpp>

#include "base/canonical.hpp"
#include "base/json_text.hpp"
#include "base/random.hpp"
#include "gate/approval.hpp"
#include "gate/ledger.hpp"
#include "gate/password.hpp"
#include "gate/predicate.hpp"
#include "gate/redact.hpp"

#include <sumun/schema.hpp>
#include <sumun/store.hpp>

#include <algorithm>
#include <future>
#include <utility>

namespace sumun {
inline namespace v0 {

using gate::ApproverRow;
using gate::AuditEvent;
using gate::Ledger;
using gate::UnixMs;

namespace {

constexpr std::size_t kSearched = 10'000;  // approvals among which the beginning of an id is looked for

// Waits for an operation of the ledger, which has a time limit of its own.
template <class T, class Operation>
Result<T> wait(Operation operation) {
  auto answer = std::make_shared<std::promise<Result<T>>>();
  auto future = answer->get_future();
  operation([answer](Result<T> result) { answer->set_value(std::move(result)); });
  return future.get();
}

UnixMs wall_time() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Error not_found(const char* what, const std::string& id) {
  return fail(ErrorCode::not_found, "there is no " + std::string(what) + " " + in_quotes(id));
}

// Whose id it is, or the beginning of it.
template <class T>
Result<T> only_one(const char* what, const std::string& id, const std::vector<T>& among) {
  const T* found = nullptr;
  for (const T& one : among) {
    if (id.empty() || !one.id.starts_with(id)) continue;
    if (found != nullptr && one.id != id) return fail(ErrorCode::invalid_value, "several begin with " + in_quotes(id) + ": write more of the id");
    found = &one;
    if (one.id == id) break;
  }
  if (found == nullptr) return not_found(what, id);
  return *found;
}

AuditEvent event_on(const Approval& approval, std::string_view event, const std::string& by) {
  AuditEvent record{{"event", event}, {"approval", approval.id}, {"principal", approval.principal}, {"target", approval.tool}, {"by", by}};
  if (!approval.call.empty()) record["call"] = approval.call;
  return record;
}

AuditEvent event_of_approver(const char* what, const std::string& name) { return {{"event", "approver"}, {"what", what}, {"name", name}}; }

Result<void> bounded(const std::string& reason) {
  if (reason.size() > kMaxReasonBytes) return fail(ErrorCode::invalid_value, "a reason has at most " + std::to_string(kMaxReasonBytes) + " bytes");
  if (!is_utf8(reason)) return fail(ErrorCode::invalid_value, "a reason is UTF-8");
  return {};
}

Result<void> can_be_name(const std::string& name) {
  const bool printable = std::all_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7F; });
  if (!name.empty() && name.size() <= kMaxPrincipalBytes && printable && is_utf8(name)) return {};
  return fail(ErrorCode::invalid_value, "the name of an approver has 1 to " + std::to_string(kMaxPrincipalBytes) + " bytes and no blanks, unlike " + in_quotes(name));
}

// The arguments instead, as the tool would get them.
Result<std::optional<json>> held_against_schema(const Approval& approval, std::optional<json> edited) {
  if (!edited) return edited;
  const auto schema = Schema::compile(approval.input_schema);
  if (!schema) return schema.error();
  const auto violations = schema->validate(*edited, Defaults::fill);
  if (!violations.empty()) return fail(ErrorCode::invalid_value, explain(violations));
  if (canonical_json(*edited) == canonical_json(approval.edited.value_or(approval.arguments))) edited.reset();
  return edited;
}

// What is remembered of a decision, if anything is.
Result<std::optional<Grant>> grant_of(const Approval& approval, const Voter& voter, const Decided& decided) {
  if (!decided.remember) return std::optional<Grant>();
  if (!decided.approve) return fail(ErrorCode::invalid_value, "only what is approved can be remembered");
  if (decided.remember->count() <= 0) return fail(ErrorCode::invalid_value, "it is remembered for a second at least");
  if (approval.terms.needed > 1)
    return fail(ErrorCode::invalid_value, "it takes " + std::to_string(approval.terms.needed) + " approvers: what one of them says is not remembered");
  const json& standing = approval.edited ? *approval.edited : approval.arguments;
  const json& arguments = decided.edited ? *decided.edited : standing;
  for (std::size_t i = 0; i < decided.remember_when.size(); ++i) {
    const auto predicate = gate::Predicate::compile(decided.remember_when[i]);
    if (!predicate) return fail(ErrorCode::invalid_value, "predicate " + std::to_string(i + 1) + ": " + predicate.error().message);
    if (predicate->test(arguments) != gate::Truth::yes)
      return fail(ErrorCode::invalid_value, decided.remember_when[i] + " does not hold for these arguments themselves");
  }
  Grant grant;
  grant.id = random_id();
  grant.principal = approval.principal;
  grant.tool = approval.tool;
  grant.definition = approval.definition;
  grant.when = decided.remember_when;
  if (grant.when.empty()) grant.binding = gate::binding_of(approval.principal, approval.tool, approval.definition, arguments);
  grant.rule = approval.rule;
  grant.terms = approval.terms;
  grant.by = voter.name;
  grant.by_principal = voter.principal;
  grant.until = std::chrono::duration_cast<std::chrono::milliseconds>(*decided.remember).count();
  return std::optional(std::move(grant));
}

}  // namespace

struct Approvals::Inside {
  std::shared_ptr<Store> store;
  gate::Redactor redactor;  // of what people say, for the log
  Ledger& ledger() { return store->ledger(); }

  Result<std::vector<ApproverRow>> rows() {
    return wait<std::vector<ApproverRow>>([&](auto done) { ledger().approvers(std::move(done)); });
  }
  Result<Approval> commit(gate::Step step) {
    auto changed = wait<std::optional<Approval>>([&](auto done) { ledger().commit(std::move(step), std::move(done)); });
    if (!changed) return changed.error();
    if (!*changed) return fail(ErrorCode::internal_error, "the store gave no approval back");
    return **std::move(changed);
  }
};

Approvals::Approvals(std::shared_ptr<Store> store, const AuditOptions& audit) : inside_(std::make_unique<Inside>(Inside{std::move(store), {}})) {
  if (auto redactor = gate::Redactor::compile(audit)) inside_->redactor = *std::move(redactor);
}
Approvals::~Approvals() = default;

Result<std::vector<Approval>> Approvals::list(const ApprovalFilter& filter) {
  return wait<std::vector<Approval>>([&](auto done) { inside_->ledger().list(filter, std::move(done)); });
}

Result<Approval> Approvals::get(const std::string& id) {
  auto whole = wait<Approval>([&](auto done) { inside_->ledger().get(id, std::move(done)); });
  if (whole || whole.error().code != ErrorCode::not_found) return whole;
  ApprovalFilter newest;
  newest.limit = kSearched;
  const auto among = list(newest);
  if (!among) return among.error();
  return only_one("approval", id, *among);
}

// A try is counted before the password is looked at: however many come at once, no more of them count than one after
// another would. Whether there is such a name shows neither in the words nor in the work done.
Result<Voter> Approvals::log_in(const std::string& name, std::string_view password) {
  const Error refused = fail(ErrorCode::denied, "no approver has this name and password");
  if (!can_be_name(name) || password.size() > kMaxPasswordBytes) return refused;
  const auto rows = inside_->rows();
  if (!rows) return rows.error();
  const auto row = std::find_if(rows->begin(), rows->end(), [&](const ApproverRow& one) { return one.approver.name == name; });
  std::vector<AuditEvent> events{event_of_approver("tried", name)};
  if (row == rows->end()) {
    gate::Step step;
    step.events = std::move(events);
    const auto written = wait<std::optional<Approval>>([&](auto done) { inside_->ledger().commit(std::move(step), std::move(done)); });
    if (!written) return written.error();
    gate::fits("", password);
    return refused;
  }
  const auto locked = [&](UnixMs until) {
    const UnixMs seconds = std::max<UnixMs>(1, (until - wall_time() + 999) / 1000);
    return fail(ErrorCode::busy, "too many wrong passwords for " + in_quotes(name) + ": try again in " + std::to_string(seconds) + " s");
  };
  if (row->locked_until > wall_time()) return locked(row->locked_until);
  const auto counted = wait<ApproverRow>([&](auto done) { inside_->ledger().tried(name, false, std::move(events), std::move(done)); });
  if (!counted) return counted.error().code == ErrorCode::not_found ? refused : counted.error();
  if (counted->failures > std::max<std::int64_t>(kPasswordTries, row->failures + 1)) return locked(counted->locked_until);
  if (!gate::fits(counted->password, password)) return refused;
  const auto entered = wait<ApproverRow>(
      [&](auto done) { inside_->ledger().tried(name, true, {event_of_approver("logged_in", name)}, std::move(done)); });
  if (!entered) return entered.error().code == ErrorCode::not_found ? refused : entered.error();
  return Voter{entered->approver.name, entered->approver.principal, false};
}

Result<Approval> Approvals::decide(const std::string& id, const Voter& voter, Decided decided) {
  if (auto short_enough = bounded(decided.reason); !short_enough) return short_enough.error();
  if (!decided.approve && decided.edited) return fail(ErrorCode::invalid_value, "arguments are changed to be approved, not to be denied");
  const auto approval = wait<Approval>([&](auto done) { inside_->ledger().get(id, std::move(done)); });
  if (!approval) return approval.error();
  auto edited = held_against_schema(*approval, std::move(decided.edited));
  if (!edited) return edited.error();
  decided.edited = *std::move(edited);
  auto grant = grant_of(*approval, voter, decided);
  if (!grant) return grant.error();

  gate::Step step;
  step.approval = id;
  step.keep = *grant;
  const std::string reason = inside_->redactor.text(decided.reason);
  json predicates = json::array();
  for (const auto& one : decided.remember_when) predicates.push_back(inside_->redactor.text(one));
  step.change = [voter, decided, grant = *std::move(grant), reason, predicates](Approval& changed, std::vector<AuditEvent>& events, UnixMs now) -> Result<void> {
    if (decided.version != 0 && decided.version != changed.version)
      return fail(ErrorCode::invalid_value, "it has changed since you looked at it: it is " + std::string(name_of(changed.state)) + " now; look again");
    const Vote vote{voter.name, decided.approve, decided.reason, now};
    if (auto counted = gate::vote(changed, vote, voter, decided.edited, now); !counted) return counted;
    AuditEvent record = event_on(changed, "vote", voter.name);
    record["approves"] = decided.approve;
    if (!decided.reason.empty()) record["reason"] = reason;
    if (decided.edited) record["edited"] = to_hex(stable_digest(*decided.edited));
    events.push_back(std::move(record));
    if (changed.state != ApprovalState::pending) events.push_back(event_on(changed, name_of(changed.state), voter.name));
    if (!grant) return {};
    record = event_on(changed, "grant", voter.name);
    record["grant"] = grant->id;
    record["seconds"] = grant->until / 1000;
    record["when"] = predicates;
    events.push_back(std::move(record));
    return {};
  };
  return inside_->commit(std::move(step));
}

Result<Approval> Approvals::resolve(const std::string& id, const Voter& voter, bool executed, std::string note, WhileAlive alive) {
  if (auto short_enough = bounded(note); !short_enough) return short_enough.error();
  gate::Step step;
  step.approval = id;
  step.unless_owner_lives = alive == WhileAlive::refuse;
  step.change = [by = voter.name, executed, note, alive, shown = inside_->redactor.text(note)](Approval& approval, std::vector<AuditEvent>& events, UnixMs now) -> Result<void> {
    const ApprovalState end = executed ? ApprovalState::executed : ApprovalState::failed;
    if (auto ended = gate::resolve(approval, end, by, note, now); !ended) return ended;
    AuditEvent record = event_on(approval, "resolve", by);
    record["outcome"] = name_of(end);
    if (!note.empty()) record["note"] = shown;
    if (alive == WhileAlive::resolve) record["even_if_running"] = true;
    events.push_back(std::move(record));
    return {};
  };
  return inside_->commit(std::move(step));
}

Result<std::vector<Grant>> Approvals::grants() {
  return wait<std::vector<Grant>>([&](auto done) { inside_->ledger().grants("", "", std::move(done)); });
}

Result<Grant> Approvals::revoke(const std::string& id, const Voter& voter) {
  const auto among = grants();
  if (!among) return among.error();
  const auto grant = only_one("grant", id, *among);
  if (!grant) return grant.error();
  AuditEvent record{{"event", "revoke"}, {"grant", grant->id}, {"principal", grant->principal}, {"target", grant->tool}, {"by", voter.name}};
  std::vector<AuditEvent> events{std::move(record)};
  return wait<Grant>([&](auto done) { inside_->ledger().revoke(grant->id, std::move(events), std::move(done)); });
}

Result<std::vector<Approver>> Approvals::approvers() {
  auto rows = inside_->rows();
  if (!rows) return rows.error();
  std::vector<Approver> approvers;
  for (ApproverRow& row : *rows) approvers.push_back(std::move(row.approver));
  return approvers;
}

Result<void> Approvals::add_approver(const Approver& approver, std::string_view password, const std::optional<Voter>& by) {
  if (auto fine = can_be_name(approver.name); !fine) return fine;
  if (approver.principal.size() > kMaxPrincipalBytes || !is_utf8(approver.principal))
    return fail(ErrorCode::invalid_value, "a principal has at most " + std::to_string(kMaxPrincipalBytes) + " bytes of UTF-8");
  if (password.size() < kMinPasswordBytes || password.size() > kMaxPasswordBytes)
    return fail(ErrorCode::invalid_value, "a password has " + std::to_string(kMinPasswordBytes) + " to " + std::to_string(kMaxPasswordBytes) + " bytes");
  const auto rows = inside_->rows();
  if (!rows) return rows.error();
  const auto there = std::find_if(rows->begin(), rows->end(), [&](const ApproverRow& one) { return one.approver.name == approver.name; });
  const bool known = there != rows->end();
  if (!by && !rows->empty()) return fail(ErrorCode::denied, "there are approvers already: another one takes the leave of one of them");
  if (known && by->name != approver.name) return fail(ErrorCode::denied, "the password of " + in_quotes(approver.name) + " is changed by themselves alone");
  ApproverRow row;
  row.approver = known ? there->approver : approver;  // who they call tools as is not theirs to change: it keeps them from their own requests
  if (!known) row.approver.created = wall_time();
  AuditEvent record = event_of_approver(known ? "password" : "added", approver.name);
  record["principal"] = row.approver.principal;
  if (by) record["by"] = by->name;
  row.password = gate::hash_password(password);
  std::vector<AuditEvent> events{std::move(record)};
  return wait<void>([&](auto done) { inside_->ledger().put(std::move(row), !by, std::move(events), std::move(done)); });
}

Result<void> Approvals::remove_approver(const std::string& name, const Voter& by) {
  AuditEvent record = event_of_approver("removed", name);
  record["by"] = by.name;
  std::vector<AuditEvent> events{std::move(record)};
  return wait<void>([&](auto done) { inside_->ledger().remove_approver(name, std::move(events), std::move(done)); });
}

}  // namespace v0
}  // namespace sumun
