// SPDX-License-Identifier: Apache-2.0
// Forms asked on a terminal: what the person types becomes what the schema wants, and nothing is sent unseen.
#include "console.hpp"
#include "form.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string>

using namespace sumun::host;
using sumun::ElicitAction;
using sumun::json;

namespace {

sumun::ElicitRequestFormParams form_of(const char* schema) {
  sumun::ElicitRequestFormParams form;
  form.message = "Who are you?";
  form.requestedSchema = json::parse(schema);
  return form;
}

const char* kPerson = R"({"type":"object","required":["name"],"properties":{
  "age":{"type":"integer","minimum":0},
  "color":{"type":"string","enum":["red","blue"],"default":"red"},
  "langs":{"type":"array","items":{"type":"string","enum":["C","C++"]}},
  "name":{"type":"string","minLength":1}}})";

}  // namespace

TEST_CASE("a form is filled in line by line") {
  struct {
    std::string name;
    std::string typed;
    ElicitAction action;
    std::string content;
  } table[] = {
      {"all fields", "y\n41\nblue\nC, C++\nAda\ny\n", ElicitAction::accept, R"({"age":41,"color":"blue","langs":["C","C++"],"name":"Ada"})"},
      {"defaults and optional fields", "\n\n\n\nAda\n\n", ElicitAction::accept, R"({"color":"red","name":"Ada"})"},
      {"mistakes are asked again", "y\nold\n-3\n41\ngreen\nblue\nBasic\n\n\nAda\ny\n", ElicitAction::accept, R"({"age":41,"color":"blue","name":"Ada"})"},
      {"carriage returns", "y\r\n\r\n\r\n\r\nAda\r\ny\r\n", ElicitAction::accept, R"({"color":"red","name":"Ada"})"},
      {"edited", "y\n\n\n\nAda\ne\n\n\n\nEve\ny\n", ElicitAction::accept, R"({"color":"red","name":"Eve"})"},
      {"declined at once", "n\n", ElicitAction::decline, ""},
      {"declined after a look", "y\n\n\n\nAda\nn\n", ElicitAction::decline, ""},
      {"cancelled at once", "", ElicitAction::cancel, ""},
      {"cancelled in the middle", "y\n41\n", ElicitAction::cancel, ""},
      {"cancelled at the end", "y\n\n\n\nAda\n", ElicitAction::cancel, ""},
      {"wrong again and again", "y\nx\nx\nx\nx\nx\nx\nx\nx\n", ElicitAction::cancel, ""},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    std::istringstream in(row.typed);
    std::ostringstream out;
    const auto result = ask_form(in, out, "The server", form_of(kPerson));
    CAPTURE(out.str());
    CHECK(result.action == row.action);
    CHECK(result.content.has_value() == (row.action == ElicitAction::accept));
    if (result.content) CHECK(*result.content == json::parse(row.content));
  }
}

TEST_CASE("a form says who asks and shows what will be sent") {
  std::istringstream in("y\n7\n\n\nAda\ny\n");
  std::ostringstream out;
  ask_form(in, out, "The server (x)", form_of(kPerson));
  CHECK(out.str().find("The server (x) asks: Who are you?") != std::string::npos);
  CHECK(out.str().find("\"age\": 7") != std::string::npos);
  CHECK(out.str().find("- blue") != std::string::npos);
}

TEST_CASE("a form without usable fields is answered all the same") {
  for (const char* schema : {"{}", R"({"properties":5})", R"({"properties":{}})", "[]"}) {
    CAPTURE(schema);
    std::istringstream in("y\ny\n");
    std::ostringstream out;
    const auto result = ask_form(in, out, "s", form_of(schema));
    CHECK(result.action == ElicitAction::accept);
    CHECK(result.content == json::object());
  }
}

TEST_CASE("a server's words cannot steer the terminal") {
  auto form = form_of(R"({"properties":{"a":{"title":"\u001b[2J","description":"\u001b]0;x\u0007","enum":["\u009b1m"]}}})");
  form.message = "\x1b[31mred\r";
  std::istringstream in("y\n\ny\n");
  std::ostringstream out;
  ask_form(in, out, "\x1b[1ms", form);
  for (const char bad : {'\x1b', '\r', '\x07'}) CHECK(out.str().find(bad) == std::string::npos);
  CHECK(out.str().find("\xC2\x9B") == std::string::npos);
}

TEST_CASE("a page is shown with its host and never opened") {
  struct {
    std::string name;
    std::string url;
    std::string typed;
    std::string host;
    ElicitAction action;
  } table[] = {
      {"yes", "https://bank.example/login?x=1", "\n", "host: bank.example\n", ElicitAction::accept},
      {"no", "https://bank.example", "n\n", "host: bank.example\n", ElicitAction::decline},
      {"end of input", "https://bank.example:8443/", "", "host: bank.example:8443\n", ElicitAction::cancel},
      {"a name before the host", "https://bank.example@evil.example/", "n\n", "host: evil.example\n", ElicitAction::decline},
      {"no scheme", "nonsense", "n\n", "host: nonsense\n", ElicitAction::decline},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    std::istringstream in(row.typed);
    std::ostringstream out;
    sumun::ElicitRequestURLParams page;
    page.message = "log in";
    page.url = row.url;
    CHECK(ask_url(in, out, "s", page).action == row.action);
    CHECK(out.str().find(row.host) != std::string::npos);
    CHECK(out.str().find(row.url) != std::string::npos);
  }
}

TEST_CASE("long text is cut at a character and kept on one line") {
  CHECK(one_line("", 5).empty());
  CHECK(one_line("abc", 3) == "abc");
  CHECK(one_line("abcd", 3) == "ab…");
  CHECK(one_line("äöü한", 3) == "äö…");
  CHECK(one_line("a\nb\tc", 9) == "a b c");
}

TEST_CASE("control characters are made visible") {
  CHECK(harmless("a\x1b[0m\n\tb\x7f") == "a\\x1B[0m\n\tb\\x7F");
  CHECK(harmless("한글 ä é") == "한글 ä é");
  CHECK(harmless("\xC2\x85") == "\\x85");
  CHECK(harmless("\xC2") == "\xC2");
}
