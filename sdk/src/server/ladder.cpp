// SPDX-License-Identifier: Apache-2.0
// Choosing who is asked, and the words for people and models.
#include "server/ladder.hpp"

#include "base/json_text.hpp"
#include "base/utf8.hpp"
#include "gate/predicate.hpp"
#include "gate/task_store.hpp"
#include "server/passage.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace sumun::server {
namespace {

constexpr std::size_t kMaxShownValue = 400;   // bytes of one argument in a form
constexpr std::size_t kMaxShown = 4 * kKiB;   // of all of them: a person reads it in a small window
constexpr std::size_t kMaxShownName = 200;    // of a name, a title, a reason
constexpr int kMaxFormReason = 1000;          // characters that the form takes

// What is not seen as what it is: controls, line and paragraph ends, marks of direction, what has no width, tags.
bool deceives(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x34F || c == 0x61C || c == 0x115F || c == 0x1160 || (c >= 0x17B4 && c <= 0x17B5) ||
         (c >= 0x180B && c <= 0x180F) || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) ||
         c == 0x2800 || c == 0x3164 || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF || c == 0xFFA0 || (c >= 0xFFF0 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE0FFF);
}

std::string time_of(std::int64_t ms) { return gate::iso8601(std::chrono::system_clock::time_point(std::chrono::milliseconds(ms))); }

std::string line_of(std::string_view text) { return readable(text, kMaxShownName); }

std::string how_of(const Approval& approval, const ApprovalOptions& options) {
  if (!options.how.empty()) return with_id(options.how, approval.id);
  if (!options.url.empty()) return "open " + with_id(options.url, approval.id);
  return "";
}

std::string with_reason(const Approval& approval) { return approval.reason.empty() ? "" : " (" + approval.reason + ")"; }

const Vote* denial_of(const Approval& approval) {
  const auto found = std::find_if(approval.votes.rbegin(), approval.votes.rend(), [](const Vote& vote) { return !vote.approves; });
  return found == approval.votes.rend() ? nullptr : &*found;
}

std::string words_of(const Approval& approval, const ApprovalOptions& options) {
  const std::string& tool = approval.tool;
  const std::string again = ", call " + tool + " again with the same arguments";
  switch (approval.state) {
    case ApprovalState::pending: {
      const std::string how = how_of(approval, options);
      return tool + " was not run yet: it waits for a person's approval" + with_reason(approval) + ". Approval " + approval.id + ", open until " +
             time_of(approval.expires) + "." + (how.empty() ? "" : " To decide: " + how + ".") + " Tell the user. When it is approved" + again + ".";
    }
    case ApprovalState::approved: return tool + " was not run yet: it is approved (" + approval.id + "). To have it done" + again + ".";
    case ApprovalState::denied: {
      const Vote* vote = denial_of(approval);
      return tool + " was not run: " + (vote ? vote->by : "a person") + " denied it" + (vote && !vote->reason.empty() ? ": " + vote->reason : "") +
             ". The same call will be refused again; tell the user, or go on without it.";
    }
    case ApprovalState::claimed:
      return approval.asked_caller ? tool + " was not run by this call: the one before it waits for its caller's answer to a question (approval " + approval.id + ")."
                                   : tool + " was not run by this call: the one before it is being carried out (approval " + approval.id + "). For its result" + again + ".";
    case ApprovalState::executed: return tool + " was not run again: it was carried out (approval " + approval.id + ") at " + time_of(approval.changed) + ", and its result is not kept.";
    case ApprovalState::outcome_unknown:
      return tool + " was not run by this call: the one before it may have been carried out, and nobody knows (approval " + approval.id +
             "). It is not done again until a person has looked and said so: sumun approvals resolve " + approval.id + ". Tell the user.";
    case ApprovalState::failed:
    case ApprovalState::expired:
    case ApprovalState::withdrawn: break;
  }
  return tool + " was not run: its approval (" + approval.id + ") has " + std::string(approval.state == ApprovalState::failed ? "been used" : name_of(approval.state)) +
         ". To ask anew" + again + ".";
}

}  // namespace

Rung rung_of(const Asker& asker) {
  const bool user = asker.terms.user && !asker.terms.not_requester;
  if (user && asker.is_shown_whole && allows(asker.revision, Feature::elicitation) && asker.client.can_elicit_form()) return Rung::form;
  if (user && asker.page && allows(asker.revision, Feature::elicitation_url) && asker.client.can_elicit_url()) return Rung::page;
  return asker.approvers ? Rung::elsewhere : Rung::nobody;
}

bool can_decide(const std::vector<gate::ApproverRow>& rows, const AskTerms& terms, std::string_view requester) {
  std::vector<Approver> approvers;
  for (const gate::ApproverRow& row : rows) approvers.push_back(row.approver);
  return who_can_decide(approvers, terms, requester).size() >= static_cast<std::size_t>(std::max(1, terms.needed));
}

bool covers(const Grant& grant, const Approval& draft) {
  if (grant.revoked || grant.principal != draft.principal || grant.tool != draft.tool || grant.definition != draft.definition) return false;
  if (grant.terms != draft.terms) return false;  // another rule asks by now: it asks others
  if (!grant.binding.empty() && grant.binding != draft.binding) return false;
  return std::all_of(grant.when.begin(), grant.when.end(), [&](const std::string& text) {
    const auto predicate = gate::Predicate::compile(text);
    return predicate && predicate->test(draft.arguments) == gate::Truth::yes;
  });
}

std::string readable(std::string_view text, std::size_t max_bytes) {
  std::string out;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    const std::size_t length = utf8::length(at, end);
    const char32_t c = length == 0 ? 0xFFFD : utf8::value(at, length);
    if (out.size() >= max_bytes) {
      out += "… (" + std::to_string(end - at) + " more bytes are not shown)";
      break;
    }
    if (c == '\n') {
      out += "\\n";
    } else if (length == 0 || deceives(c)) {
      char code[16];
      std::snprintf(code, sizeof code, "\\u{%X}", static_cast<unsigned>(c));
      out += code;
    } else {
      out.append(at, length);
    }
    at += length == 0 ? 1 : length;
  }
  return out;
}

std::string readable(const json& arguments) {
  if (!arguments.is_object()) return readable(dump_json(arguments), kMaxShown);
  std::string out;
  std::size_t left = arguments.size();
  for (const auto& [name, value] : arguments.items()) {
    if (out.size() >= kMaxShown) {
      out += "\n… and " + std::to_string(left) + " more, which are not shown";
      break;
    }
    out += (out.empty() ? "" : "\n") + line_of(name) + ": " + readable(dump_json(value), kMaxShownValue);
    --left;
  }
  return out.empty() ? "(no arguments)" : out;
}

bool is_readable_whole(const json& arguments) {
  const auto is_cut = [](std::string_view text, std::size_t max_bytes) { return readable(text, max_bytes) != readable(text, std::string::npos); };
  if (!arguments.is_object()) return !is_cut(dump_json(arguments), kMaxShown);
  for (const auto& [name, value] : arguments.items())
    if (is_cut(name, kMaxShownName) || is_cut(dump_json(value), kMaxShownValue)) return false;
  return readable(arguments).size() <= kMaxShown;
}

InputRequest form_of(const Approval& approval) {
  ElicitRequestFormParams form;
  form.mode = "form";
  form.message = "May this be done?\n\n" + line_of(approval.tool) + (approval.title.empty() ? "" : " (" + line_of(approval.title) + ")") + "\n" + readable(arguments_of(approval)) +
                 (approval.reason.empty() ? "" : "\n\nWhy you are asked: " + line_of(approval.reason));
  form.requestedSchema = json{
      {"type", "object"},
      {"properties",
       {{"decision", {{"type", "string"}, {"title", "Decision"}, {"enum", json::array({"approve", "deny"})}}},
        {"reason", {{"type", "string"}, {"title", "Reason, for whoever asked"}, {"maxLength", kMaxFormReason}}}}},
      {"required", json::array({"decision"})}};
  return form;
}

InputRequest page_of(const Approval& approval, const ApprovalOptions& options) {
  ElicitRequestURLParams page;
  page.message = line_of(approval.tool) + " needs your approval" + (approval.reason.empty() ? "" : " (" + line_of(approval.reason) + ")") + "; the page asks you to log in";
  page.url = with_id(options.url, approval.id);
  return page;
}

std::optional<Answered> answer_of(const InputResponse& response) {
  const auto* const filled = std::get_if<ElicitResult>(&response);
  if (filled == nullptr || filled->action == ElicitAction::cancel) return std::nullopt;
  if (filled->action == ElicitAction::decline || !filled->content) return Answered{false, ""};
  return Answered{filled->content->value("decision", "") == "approve", filled->content->value("reason", "")};
}

json meta_of(const Approval& approval, const ApprovalOptions& options) {
  json meta = {{"id", approval.id}, {"status", name_of(approval.state)}};
  if (approval.state == ApprovalState::pending || approval.state == ApprovalState::approved) meta["expiresAt"] = time_of(approval.expires);
  const std::string how = how_of(approval, options);
  if (approval.state == ApprovalState::pending && !how.empty()) meta["how"] = how;
  if (approval.state == ApprovalState::pending && !options.url.empty()) meta["url"] = with_id(options.url, approval.id);
  return meta;
}

CallToolResult told_of(const Approval& approval, const ApprovalOptions& options) {
  CallToolResult result = CallToolResult::error(words_of(approval, options));
  result._meta = json{{kApprovalKey, meta_of(approval, options)}};
  return result;
}

CallToolResult not_run(const std::string& tool, const std::string& why) { return CallToolResult::error(tool + " was not run: " + why); }

void tell_approved(CallToolResult& result, const Approval& approval, const ApprovalOptions& options) {
  json meta = meta_of(approval, options);
  if (approval.edited) {
    meta["arguments"] = *approval.edited;
    result.content.insert(result.content.begin(), text_content("An approver changed the arguments. It was done with: " + dump_json(*approval.edited)));
  }
  if (!result._meta || !result._meta->is_object()) result._meta = json::object();
  (*result._meta)[kApprovalKey] = std::move(meta);
}

std::string with_id(std::string text, const std::string& id) {
  constexpr std::string_view kPlace = "{id}";
  for (std::size_t at = text.find(kPlace); at != std::string::npos; at = text.find(kPlace, at + id.size())) text.replace(at, kPlace.size(), id);
  return text;
}

}  // namespace sumun::server
