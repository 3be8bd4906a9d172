// SPDX-License-Identifier: Apache-2.0
// Approvals and grants as JSON and back. They are read strictly: they come from a database that others may have written to.
// Members that are not known are a later release's and passed over.
#include "gate/approval.hpp"

#include "base/json_text.hpp"

#include <array>
#include <concepts>
#include <cstdint>
#include <string>
#include <utility>

namespace sumun::gate {
namespace {

constexpr std::array kStates{ApprovalState::pending,  ApprovalState::approved, ApprovalState::denied, ApprovalState::expired, ApprovalState::withdrawn,
                             ApprovalState::claimed, ApprovalState::executed, ApprovalState::failed, ApprovalState::outcome_unknown};

// Takes members out of an object; remembers the first that is not as it must be.
class Reader {
 public:
  Reader(json value, std::string path) : value_(std::move(value)), path_(std::move(path)) {
    if (!value_.is_object()) error_ = path_ + ": expected an object";
  }

  Reader& take(const char* name, std::string& into) {
    json* const member = find(name);
    if (member != nullptr && expect(member->is_string(), name, "a text")) into = std::move(member->get_ref<std::string&>());
    return *this;
  }
  Reader& take(const char* name, bool& into) {
    json* const member = find(name);
    if (member != nullptr && expect(member->is_boolean(), name, "true or false")) into = member->get<bool>();
    return *this;
  }
  template <std::integral T>
  Reader& take(const char* name, T& into) {
    json* const member = find(name);
    if (member == nullptr || !expect(member->is_number_integer(), name, "an integer")) return *this;
    const bool fits = member->is_number_unsigned() ? std::in_range<T>(member->get<std::uint64_t>()) : std::in_range<T>(member->get<std::int64_t>());
    if (expect(fits, name, "a smaller integer")) into = member->get<T>();
    return *this;
  }
  Reader& take(const char* name, std::chrono::seconds& into) {
    std::int64_t count = 0;
    take(name, count);
    into = std::chrono::seconds(count);
    return *this;
  }
  Reader& take(const char* name, json& into) {
    if (json* const member = find(name)) into = std::move(*member);
    return *this;
  }
  Reader& take(const char* name, ApprovalState& into) {
    std::string text;
    take(name, text);
    for (const auto state : kStates)
      if (name_of(state) == text) {
        into = state;
        return *this;
      }
    expect(false, name, "a state");
    return *this;
  }
  Reader& take(const char* name, std::vector<std::string>& into) {
    return each(name, [&into](json& item) {
      if (!item.is_string()) return "expected texts";
      into.push_back(std::move(item.get_ref<std::string&>()));
      return "";
    });
  }
  // `read` says what is wrong with an item; empty = nothing.
  template <class Read>
  Reader& each(const char* name, Read read) {
    json* const member = find(name);
    if (member == nullptr || !expect(member->is_array(), name, "an array")) return *this;
    for (json& item : *member) {
      const std::string wrong = read(item);
      if (!wrong.empty() && error_.empty()) error_ = path_ + "." + name + ": " + wrong;
    }
    return *this;
  }
  bool has(const char* name) const { return value_.is_object() && value_.contains(name); }
  const std::string& error() const { return error_; }

 private:
  json* find(const char* name) {
    if (!error_.empty()) return nullptr;
    const auto at = value_.find(name);
    if (at != value_.end()) return &*at;
    error_ = path_ + "." + name + ": missing";
    return nullptr;
  }
  bool expect(bool right, const char* name, const char* what) {
    if (!right && error_.empty()) error_ = path_ + "." + name + ": expected " + what;
    return right;
  }

  json value_;
  std::string path_;
  std::string error_;
};

json to_json(const Vote& vote) {
  return {{"by", vote.by}, {"approves", vote.approves}, {"reason", vote.reason}, {"at", vote.at}, {"principal", vote.principal}, {"is_user", vote.is_user}};
}

json to_json(const AskTerms& terms) {
  return {{"user", terms.user},
          {"approvers", terms.approvers},
          {"needed", terms.needed},
          {"not_requester", terms.not_requester},
          {"pending", terms.pending.count()},
          {"approved", terms.approved.count()}};
}

std::string read_terms(json value, const char* path, AskTerms& terms) {
  Reader reader(std::move(value), path);
  reader.take("user", terms.user).take("approvers", terms.approvers).take("needed", terms.needed);
  reader.take("not_requester", terms.not_requester).take("pending", terms.pending).take("approved", terms.approved);
  return reader.error();
}

}  // namespace

json to_json(const Approval& a) {
  json votes = json::array();
  for (const Vote& vote : a.votes) votes.push_back(to_json(vote));
  json out{{"id", a.id},           {"state", name_of(a.state)}, {"principal", a.principal}, {"tool", a.tool},       {"module", a.module},
           {"definition", a.definition}, {"input_schema", a.input_schema}, {"title", a.title}, {"binding", a.binding}, {"arguments", a.arguments},
           {"run", a.run},         {"rule", a.rule},            {"reason", a.reason},       {"terms", to_json(a.terms)}, {"votes", std::move(votes)},
           {"call", a.call},       {"owner", a.owner},          {"result", a.result},       {"note", a.note},       {"created", a.created},
           {"changed", a.changed}, {"expires", a.expires},      {"replay", a.replay},   {"version", a.version},      {"asked_caller", a.asked_caller}};
  if (a.edited) out["edited"] = *a.edited;
  return out;
}

Result<Approval> approval_from(json value) {
  Approval a;
  json terms;
  Reader reader(std::move(value), "approval");
  if (reader.has("edited")) reader.take("edited", a.edited.emplace());
  reader.take("id", a.id).take("state", a.state).take("principal", a.principal).take("tool", a.tool).take("module", a.module);
  reader.take("definition", a.definition).take("input_schema", a.input_schema).take("title", a.title).take("binding", a.binding);
  reader.take("arguments", a.arguments).take("run", a.run).take("rule", a.rule).take("reason", a.reason).take("terms", terms);
  reader.take("call", a.call).take("owner", a.owner).take("result", a.result).take("note", a.note).take("created", a.created);
  reader.take("changed", a.changed).take("expires", a.expires).take("replay", a.replay).take("version", a.version).take("asked_caller", a.asked_caller);
  reader.each("votes", [&a](json& item) {
    Vote vote;
    Reader of_vote(std::move(item), "vote");
    of_vote.take("by", vote.by).take("approves", vote.approves).take("reason", vote.reason).take("at", vote.at);
    if (of_vote.has("principal")) of_vote.take("principal", vote.principal).take("is_user", vote.is_user);
    a.votes.push_back(std::move(vote));
    return of_vote.error();
  });
  if (!reader.error().empty()) return fail(ErrorCode::invalid_value, reader.error());
  if (const std::string wrong = read_terms(std::move(terms), "approval.terms", a.terms); !wrong.empty()) return fail(ErrorCode::invalid_value, wrong);
  return a;
}

json to_json(const Grant& g) {
  return {{"id", g.id}, {"principal", g.principal}, {"tool", g.tool}, {"definition", g.definition}, {"binding", g.binding}, {"when", g.when},
          {"rule", g.rule}, {"terms", to_json(g.terms)}, {"by", g.by}, {"by_principal", g.by_principal}, {"created", g.created}, {"until", g.until}, {"revoked", g.revoked}};
}

Result<Grant> grant_from(json value) {
  Grant g;
  Reader reader(std::move(value), "grant");
  reader.take("id", g.id).take("principal", g.principal).take("tool", g.tool).take("definition", g.definition).take("binding", g.binding);
  reader.take("when", g.when).take("by", g.by).take("created", g.created).take("until", g.until).take("revoked", g.revoked);
  json terms;
  if (reader.has("terms")) reader.take("rule", g.rule).take("terms", terms).take("by_principal", g.by_principal);
  if (!reader.error().empty()) return fail(ErrorCode::invalid_value, reader.error());
  g.terms.needed = 0;  // one that does not say what was asked then covers nothing: no rule has such terms
  if (terms.is_null()) return g;
  if (const std::string wrong = read_terms(std::move(terms), "grant.terms", g.terms); !wrong.empty()) return fail(ErrorCode::invalid_value, wrong);
  return g;
}

}  // namespace sumun::gate
