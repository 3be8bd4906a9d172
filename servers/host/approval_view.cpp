// SPDX-License-Identifier: Apache-2.0
#include "approval_view.hpp"

#include <sumun/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <map>
#include <vector>

namespace sumun::host {
namespace {

// What has no width or no place of its own, or turns the direction of writing (Unicode 15: Cc, Cf, Zl, Zp and fillers).
bool is_hidden(char32_t c) {
  static constexpr std::pair<char32_t, char32_t> kRanges[] = {
      {0x0000, 0x001F},   {0x007F, 0x009F},   {0x00AD, 0x00AD},   {0x034F, 0x034F},   {0x0600, 0x0605},   {0x061C, 0x061C},   {0x06DD, 0x06DD},
      {0x070F, 0x070F},   {0x0890, 0x0891},   {0x08E2, 0x08E2},   {0x115F, 0x1160},   {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x200B, 0x200F},
      {0x2028, 0x202E},   {0x2060, 0x206F},   {0x3164, 0x3164},   {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},
      {0x110BD, 0x110BD}, {0x110CD, 0x110CD}, {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}};
  return std::any_of(std::begin(kRanges), std::end(kRanges), [c](const auto& range) { return c >= range.first && c <= range.second; });
}

// The character at `at`, and how many bytes it has; bytes that are no UTF-8 are one character each, none that is shown.
char32_t character(std::string_view text, std::size_t at, std::size_t& bytes) {
  const auto lead = static_cast<unsigned char>(text[at]);
  bytes = lead < 0x80 ? 1 : lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF8 ? 4 : 0;
  char32_t c = bytes <= 1 ? lead : lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const unsigned char next = at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0;
    if ((next & 0xC0U) != 0x80U) bytes = 0;
    c = (c << 6U) | (next & 0x3FU);
  }
  if (bytes != 0) return c;
  bytes = 1;
  return 0xFFFB;
}


std::string step(const std::string& place, const std::string& name) {
  // Names that could be taken for several steps, or for values, stand in quotes.
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  return place + (place.empty() ? "" : ".") + (plain ? name : dump_json(name));
}

void collect(const json& value, const std::string& place, std::vector<std::pair<std::string, const json*>>& rows) {
  if (value.is_object() && !value.empty()) {
    for (const auto& [name, child] : value.items()) collect(child, step(place, name), rows);
  } else if (value.is_array() && !value.empty()) {
    for (std::size_t i = 0; i < value.size(); ++i) collect(value[i], place + "[" + std::to_string(i) + "]", rows);
  } else {
    rows.emplace_back(place, &value);
  }
}

std::vector<std::pair<std::string, const json*>> rows_of(const json& value) {
  std::vector<std::pair<std::string, const json*>> rows;
  collect(value, "", rows);
  return rows;
}

std::size_t characters_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string padded(std::string text, std::size_t width) {
  const std::size_t has = characters_of(text);
  return has < width ? text + std::string(width - has, ' ') : text;
}

std::string rows_text(const std::vector<std::pair<std::string, std::string>>& rows) {
  std::size_t width = 0;
  for (const auto& [name, value] : rows) width = std::max(width, std::min<std::size_t>(characters_of(name), 32));
  std::string text;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i == kShownRows) return text + "  … and " + std::to_string(rows.size() - i) + " more; --raw shows them all\n";
    text += "  " + padded(rows[i].first, width) + "  " + rows[i].second + "\n";
  }
  return text;
}

std::string value_words(const json& value) { return visible(dump_json(value)); }

std::string utc(std::int64_t ms) {
  const std::time_t seconds = ms / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
  return text.data();
}

std::string since(std::int64_t then, std::int64_t now) { return duration_words(std::chrono::milliseconds(std::max<std::int64_t>(0, now - then))) + " ago"; }

std::string state_words(const Approval& approval, std::int64_t now) {
  const std::string state = approval.state == ApprovalState::outcome_unknown ? "outcome unknown" : std::string(name_of(approval.state));
  if (approval.state != ApprovalState::pending && approval.state != ApprovalState::approved) return state + ", " + since(approval.changed, now);
  const std::string what = approval.state == ApprovalState::pending ? "expires in " : "to be used within ";
  return state + ", " + what + duration_words(std::chrono::milliseconds(std::max<std::int64_t>(0, approval.expires - now))) + " (" + utc(approval.expires) + ")";
}

const json& approved_arguments(const Approval& approval) { return approval.edited ? *approval.edited : approval.arguments; }

std::string votes_words(const Approval& approval, std::int64_t now) {
  std::string text;
  for (const Vote& vote : approval.votes)
    text += (text.empty() ? "" : "; ") + visible(vote.by) + (vote.approves ? " approved " : " denied ") + since(vote.at, now) +
            (vote.reason.empty() ? "" : ": " + visible(vote.reason, kMaxReasonBytes));
  return text;
}

}  // namespace

std::string visible(std::string_view text, std::size_t most) {
  std::string shown;
  std::size_t characters = 0;
  for (std::size_t at = 0, bytes = 0; at < text.size(); at += bytes) {
    const char32_t c = character(text, at, bytes);
    if (++characters > most) return shown + "… (" + std::to_string(text.size()) + " bytes, cut)";
    if (!is_hidden(c)) {
      shown += text.substr(at, bytes);
    } else if (c == '\n' || c == '\t') {
      shown += c == '\n' ? "\\n" : "\\t";
    } else {
      std::array<char, 16> code{};
      std::snprintf(code.data(), code.size(), "\\u{%04X}", static_cast<unsigned>(c));
      shown += code.data();
    }
  }
  return shown;
}

std::string table_of(const json& value) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& [place, one] : rows_of(value)) rows.emplace_back(visible(place.empty() ? "(all)" : place), value_words(*one));
  return rows_text(rows);
}

std::string difference(const json& before, const json& after) {
  std::map<std::string, std::pair<const json*, const json*>> both;
  const auto rows_before = rows_of(before);
  const auto rows_after = rows_of(after);
  for (const auto& [place, value] : rows_before) both[place].first = value;
  for (const auto& [place, value] : rows_after) both[place].second = value;
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& [place, values] : both) {
    const auto& [was, is] = values;
    if (was && is && dump_json(*was) == dump_json(*is)) continue;
    const std::string name = visible(place.empty() ? "(all)" : place);
    if (!is) rows.emplace_back("- " + name, value_words(*was));
    else if (!was) rows.emplace_back("+ " + name, value_words(*is));
    else rows.emplace_back("~ " + name, value_words(*was) + " → " + value_words(*is));
  }
  return rows_text(rows);
}

std::string words_of(const AskTerms& terms) {
  std::string text = terms.needed > 1 ? std::to_string(terms.needed) + " of " : "";
  for (std::size_t i = 0; i < terms.approvers.size(); ++i) {
    const bool alternatives = terms.needed == 1 && i + 1 == terms.approvers.size();
    text += (i == 0 ? "" : alternatives ? " or " : ", ") + visible(terms.approvers[i]);
  }
  if (terms.approvers.empty()) text += terms.needed > 1 ? "all approvers" : "any approver";
  if (terms.user) text += ", or the connected user alone";
  if (terms.not_requester) text += "; not who asks for it";
  return text;
}

std::string duration_words(std::chrono::milliseconds time) {
  const auto in = [seconds = (time.count() + 500) / 1000](std::int64_t unit) { return std::to_string((seconds + unit / 2) / unit); };
  if (time < std::chrono::minutes(2)) return in(1) + " s";
  if (time < std::chrono::hours(2)) return in(60) + " min";
  if (time < std::chrono::hours(48)) return in(3600) + " h";
  return in(86400) + " days";
}

std::string approval_text(const Approval& approval, const std::optional<Approval>& last, std::int64_t now) {
  std::string text = "approval " + visible(approval.id) + "\n";
  const auto line = [&](const char* name, const std::string& value) {
    if (!value.empty()) text += "  " + padded(name, 12) + value + "\n";
  };
  line("state", state_words(approval, now));
  line("tool", visible(approval.tool) + (approval.module.empty() ? "" : " (module " + visible(approval.module) + ")"));
  line("it says", approval.title.empty() ? "" : "\"" + visible(approval.title, kMaxReasonBytes) + "\"");
  line("asked by", visible(approval.principal) + ", " + since(approval.created, now));
  line("run", visible(approval.run));
  line("because", visible(approval.rule) + (approval.reason.empty() ? "" : ": " + visible(approval.reason, kMaxReasonBytes)));
  line("decided by", words_of(approval.terms));
  line("votes", votes_words(approval, now));
  line("call", visible(approval.call));
  line("note", visible(approval.note, kMaxReasonBytes));
  line("result", visible(approval.result));
  text += "arguments\n" + table_of(approval.arguments);
  if (approval.edited) text += "changed by an approver, who lets it pass so\n" + difference(approval.arguments, *approval.edited);
  if (last) {
    const std::string changes = difference(approved_arguments(*last), approved_arguments(approval));
    text += "unlike the last one that was executed (" + visible(last->id.substr(0, 8)) + ", " + since(last->changed, now) + ")\n" +
            (changes.empty() ? "  nothing: the arguments are the same\n" : changes);
    if (last->definition != approval.definition) text += "  the tool itself is another one than then\n";
  }
  return text;
}

std::string approval_line(const Approval& approval, std::int64_t now) {
  const bool waits = approval.state == ApprovalState::pending || approval.state == ApprovalState::approved;
  const std::string when = waits ? duration_words(std::chrono::milliseconds(std::max<std::int64_t>(0, approval.expires - now))) + " left" : since(approval.changed, now);
  return visible(approval.id.substr(0, 8)) + "  " + padded(std::string(name_of(approval.state)), 15) + "  " + padded(when, 10) + "  " + visible(approval.principal, 40) + "  " +
         visible(approval.tool, 64) + "  " + visible(dump_json(approved_arguments(approval)), 100) + "\n";
}

json approval_json(const Approval& approval) {
  const AskTerms& terms = approval.terms;
  json votes = json::array();
  for (const Vote& vote : approval.votes) votes.push_back({{"by", vote.by}, {"approves", vote.approves}, {"reason", vote.reason}, {"at", vote.at}});
  json value{{"id", approval.id},
             {"state", name_of(approval.state)},
             {"version", approval.version},
             {"principal", approval.principal},
             {"tool", approval.tool},
             {"module", approval.module},
             {"title", approval.title},
             {"definition", approval.definition},
             {"arguments", approval.arguments},
             {"run", approval.run},
             {"rule", approval.rule},
             {"reason", approval.reason},
             {"votes", std::move(votes)},
             {"created", approval.created},
             {"changed", approval.changed},
             {"expires", approval.expires}};
  value["ask"] = {{"user", terms.user}, {"approvers", terms.approvers}, {"needed", terms.needed}, {"not_requester", terms.not_requester}};
  if (approval.edited) value["edited"] = *approval.edited;
  if (!approval.call.empty()) value["call"] = approval.call;
  if (!approval.note.empty()) value["note"] = approval.note;
  if (!approval.result.empty()) {
    const auto result = parse_json(approval.result);
    value["result"] = result ? *result : json(approval.result);
  }
  return value;
}

json grant_json(const Grant& grant) {
  return {{"id", grant.id},           {"principal", grant.principal}, {"tool", grant.tool},   {"when", grant.when},
          {"one_call", !grant.binding.empty()}, {"by", grant.by},       {"created", grant.created}, {"until", grant.until},
          {"revoked", grant.revoked}};
}

std::string grant_line(const Grant& grant, std::int64_t now) {
  std::string covers;
  for (const auto& one : grant.when) covers += (covers.empty() ? "" : " and ") + visible(one);
  if (!grant.binding.empty()) covers = "the very same arguments";
  if (covers.empty()) covers = "any arguments";
  const std::string state = grant.revoked ? "revoked" : grant.until <= now ? "over" : duration_words(std::chrono::milliseconds(grant.until - now)) + " left";
  return visible(grant.id.substr(0, 8)) + "  " + padded(state, 10) + "  " + visible(grant.principal, 40) + "  " + visible(grant.tool, 64) + "  where " + covers + "; by " + visible(grant.by, 40) + "\n";
}

}  // namespace sumun::host
