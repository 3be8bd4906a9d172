// SPDX-License-Identifier: Apache-2.0
// What a person is shown of an approval: whole, on lines of its own, and with nothing in it that could not be seen.
#include "approval_view.hpp"
#include "terminal.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace sumun;
using namespace sumun::host;

namespace {

constexpr std::int64_t kNow = 1'795'000'000'000;

Approval refund() {
  Approval approval;
  approval.id = "3kfWabcdefghijklmnopqr";
  approval.principal = "local:alice";
  approval.tool = "refund";
  approval.module = "orders";
  approval.title = "Pays money back";
  approval.arguments = {{"order", "A-1"}, {"amount_minor", 4200}};
  approval.rule = "rule 2, config.toml:12";
  approval.reason = "refunds are looked at";
  approval.created = kNow - 180'000;
  approval.changed = kNow - 180'000;
  approval.expires = kNow + 3'600'000 * 5;
  return approval;
}

}  // namespace

TEST_CASE("text from outside is shown on one line with what is hidden in it") {
  struct {
    const char* name;
    std::string text;
    std::string want;
  } table[] = {
      {"empty", "", ""},
      {"plain", "a b ä 한글 🙂", "a b ä 한글 🙂"},
      {"line ends", "a\nb\tc\rd", "a\\nb\\tc\\u{000D}d"},
      {"escape sequence", "\x1b[2Jx", "\\u{001B}[2Jx"},
      {"C1", "\xc2\x9b" "1A", "\\u{009B}1A"},
      {"right to left", "a\u202Ecod.exe", "a\\u{202E}cod.exe"},
      {"isolate", "\u2066a\u2069", "\\u{2066}a\\u{2069}"},
      {"no width", "pay\u200Bpal\uFEFF", "pay\\u{200B}pal\\u{FEFF}"},
      {"tags", "a\U000E0041", "a\\u{E0041}"},
      {"a filler", "\u3164", "\\u{3164}"},
      {"line separator", "a\u2028b", "a\\u{2028}b"},
      {"no UTF-8", "a\xff" "b\xc3", "a\\u{FFFB}b\\u{FFFB}"},
      {"long", std::string(450, 'x'), std::string(400, 'x') + "… (450 bytes, cut)"},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    CHECK(visible(row.text) == row.want);
  }
}

TEST_CASE("arguments are a table, and what differs is named") {
  const json before = {{"a", 1}, {"gone", true}, {"list", {1, {{"x", "y"}}}}, {"odd name", nullptr}, {"empty", json::array()}};
  CHECK(table_of(before) ==
        "  a           1\n  empty       []\n  gone        true\n  list[0]     1\n  list[1].x   \"y\"\n  \"odd name\"  null\n");
  json after = before;
  CHECK(difference(before, after) == "");
  after.erase("gone");
  after["a"] = 1.0;
  after["new"] = "z";
  CHECK(difference(before, after) == "  ~ a     1 → 1.0\n  - gone  true\n  + new   \"z\"\n");
  CHECK(table_of(json::object()) == "  (all)  {}\n");
  json many = json::array();
  for (int i = 0; i < 70; ++i) many.push_back(i);
  CHECK(table_of(many).find("… and 10 more") != std::string::npos);
}

TEST_CASE("a person is told who asks for what, why, who decides and what is unlike the last time") {
  Approval approval = refund();
  approval.terms.approvers = {"alice", "bob"};
  approval.terms.needed = 2;
  approval.terms.not_requester = true;
  approval.votes = {{"bob", true, "fine\x1b[1A", kNow - 60'000}};
  Approval last = refund();
  last.id = "before-and-more";
  last.arguments["amount_minor"] = 900;
  last.changed = kNow - 86'400'000LL * 3;
  CHECK(approval_text(approval, last, kNow) ==
        "approval 3kfWabcdefghijklmnopqr\n"
        "  state       pending, expires in 5 h (2026-11-18 16:06:40 UTC)\n"
        "  tool        refund (module orders)\n"
        "  it says     \"Pays money back\"\n"
        "  asked by    local:alice, 3 min ago\n"
        "  because     rule 2, config.toml:12: refunds are looked at\n"
        "  decided by  2 of alice, bob; not who asks for it\n"
        "  votes       bob approved 60 s ago: fine\\u{001B}[1A\n"
        "arguments\n"
        "  amount_minor  4200\n"
        "  order         \"A-1\"\n"
        "unlike the last one that was executed (before-a, 3 days ago)\n"
        "  ~ amount_minor  900 → 4200\n");
  last.definition = "another";
  CHECK(approval_text(approval, last, kNow).find("the tool itself is another one") != std::string::npos);
  approval.edited = json{{"order", "A-1"}, {"amount_minor", 100}};
  CHECK(approval_text(approval, {}, kNow).find("changed by an approver, who lets it pass so\n  ~ amount_minor  4200 → 100\n") != std::string::npos);
}

TEST_CASE("a duration is rounded to what a person wants to know") {
  struct {
    std::int64_t ms;
    const char* want;
  } table[] = {{0, "0 s"}, {1'499, "1 s"}, {90'000, "90 s"}, {120'000, "2 min"}, {7'199'999, "120 min"}, {86'399'000, "24 h"}, {200'000'000, "2 days"}, {604'799'000, "7 days"}};
  for (const auto& row : table) CHECK(duration_words(std::chrono::milliseconds(row.ms)) == row.want);
}

TEST_CASE("who decides, in words") {
  struct {
    AskTerms terms;
    const char* want;
  } table[] = {{{}, "any approver"},
               {{.user = true}, "any approver, or the connected user alone"},
               {{.needed = 2}, "2 of all approvers"},
               {{.approvers = {"a"}}, "a"},
               {{.approvers = {"a", "b"}}, "a or b"},
               {{.approvers = {"a", "b", "c"}, .needed = 2, .not_requester = true}, "2 of a, b, c; not who asks for it"}};
  for (const auto& row : table) CHECK(words_of(row.terms) == row.want);
}

TEST_CASE("a value that is all line ends and escapes cannot make a line of its own") {
  Approval approval = refund();
  approval.tool = "refund\n  state       approved";
  approval.principal = "eve\r\nvotes";
  approval.arguments = {{"note\n+ amount_minor  1", "\u202E\nadd a line"}};
  approval.title = "harmless\n\n\n";
  const std::string text = approval_text(approval, {}, kNow);
  CHECK(std::count(text.begin(), text.end(), '\n') == 9);
  CHECK(text.find("\u202E") == std::string::npos);
  const std::string line = approval_line(approval, kNow);
  CHECK(std::count(line.begin(), line.end(), '\n') == 1);
}

TEST_CASE("a password is kept to its bound and gone when it has moved on") {
  Password password;
  for (std::size_t i = 0; i < kMaxPasswordBytes; ++i) CHECK(password.add('x'));
  CHECK_FALSE(password.add('x'));
  const Password taken = std::move(password);
  CHECK(taken.view().size() == kMaxPasswordBytes);
  CHECK(password.view().empty());
  CHECK(password.view().data()[0] == '\0');
}
