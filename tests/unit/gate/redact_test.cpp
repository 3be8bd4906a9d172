// SPDX-License-Identifier: Apache-2.0
// What is taken out of what goes to the log, and what is not.
#include "gate/redact.hpp"
#include "gate/secrets.hpp"

#include <sumun/json.hpp>

#include <doctest/doctest.h>

#include <chrono>

using namespace sumun;
using gate::Redactor;

namespace {

json value_of(const std::string& text) {
  auto value = parse_json(text);
  REQUIRE_MESSAGE(value.has_value(), text);
  return *value;
}

Redactor made(AuditOptions options) {
  auto redactor = Redactor::compile(options);
  REQUIRE_MESSAGE(redactor.has_value(), (redactor ? "" : redactor.error().message));
  return *std::move(redactor);
}

const std::string kGithub = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
const std::string kJwt = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";

}  // namespace

TEST_CASE("what looks like a secret or a person is taken out of texts") {
  const struct {
    std::string text;
    const char* want;
  } cases[] = {
      // cards
      {"4111111111111111", "[redacted: card]"},
      {"pay with 4111 1111 1111 1111 now", "pay with [redacted: card] now"},
      {"4111-1111-1111-1111.", "[redacted: card]."},
      {"qty 12 4111 1111 1111 1111", "qty 12 [redacted: card]"},
      {"4111 1111 1111 1111 123", "[redacted: card] 123"},
      {"card4111111111111111x", "card[redacted: card]x"},
      {"378282246310005", "[redacted: card]"},
      {"3782 822463 10005", "[redacted: card]"},
      {"5555555555554444, 2223003122003222", "[redacted: card], [redacted: card]"},
      {"30569309025904", "[redacted: card]"},
      {"6011000990139424", "[redacted: card]"},
      {"4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "[redacted: card]"},
      // addresses
      {"write to jo.doe+x@example.co.uk.", "write to [redacted: email]."},
      {"<a@b.cc>", "<[redacted: email]>"},
      {"mailto:jörg@müller.example", "mailto:[redacted: email]"},
      {"a@b.cc,d@e.ff", "[redacted: email],[redacted: email]"},
      // tokens and keys
      {"Authorization: Bearer abcdefghijklmnop", "Authorization: [redacted: secret]"},
      {"use bearer abc.def-ghi_jkl~mno+pqr/stu= please", "use bearer [redacted: token] please"},
      {"it is " + kJwt + "!", "it is [redacted: token]!"},
      {kGithub, "[redacted: token]"},
      {"clone https://x:" + kGithub + "@github.com/a/b", "clone https://x:[redacted: secret]@github.com/a/b"},
      {"postgres://app:hunter2@db/orders", "postgres://app:[redacted: secret]@db/orders"},
      {"sk-proj-AbCdEf0123456789AbCd", "[redacted: token]"},
      {"AKIAIOSFODNN7EXAMPLE", "[redacted: token]"},
      {"a -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- b", "a [redacted: key] b"},
      {"-----BEGIN PRIVATE KEY-----\nMIIE and cut off", "[redacted: key]"},
      // what follows a name
      {"password=hunter2&user=bob", "password=[redacted: secret]&user=bob"},
      {"PGPASSWORD: hunter2 next", "PGPASSWORD: [redacted: secret] next"},
      {"--api-key=abc --verbose", "--api-key=[redacted: secret] --verbose"},
      {R"(not json "client_secret": "a b", "x": 1)", R"(not json "client_secret": "[redacted: secret]", "x": 1)"},
      {R"(not json \"password\": \"a b\", \"x\": 1)", R"(not json \"password\": \"[redacted: secret]\", \"x\": 1)"},
      {R"(password: "" user: "bob")", R"(password: "" user: "bob")"},
      {"Cookie: a=b; c=d\nnext", "Cookie: [redacted: secret]\nnext"},
      // JSON inside
      {R"({"password":"hunter2","n":1})", R"({"n":1,"password":"[redacted: secret]"})"},
      {R"(["a@b.cc"])", R"(["[redacted: email]"])"},
      {R"([4111111111111111])", R"(["[redacted: card]"])"},
  };
  const Redactor redactor;
  for (const auto& one : cases) {
    CAPTURE(one.text);
    const std::string got = redactor.text(one.text);
    CHECK(got == one.want);
    CHECK(redactor.text(got) == got);
  }
}

TEST_CASE("what only resembles a secret stays") {
  const std::string cases[] = {"",
                               "4111111111111112",       // its check digit is wrong
                               "1763658000000",          // a time
                               "1234567890123452",       // no issuer has it
                               "41111111111111114111111111111111",
                               "0.4111111111111111",
                               "+49 30 123456",
                               "2026-11-20 17:14:07",
                               "ORD-2026-000123",
                               "user@localhost",
                               "@alice and @bob",
                               "3 @ 4.50",
                               "the password reset was done",
                               "a secret: ",
                               "task-force-something-longer-than-it",
                               "sk-learn-something-long-name",
                               "the bearer of good news",
                               "https://example.org:8080/a@b",
                               "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
                               "{not json}",
                               "[redacted: email]",
                               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"};
  const Redactor redactor;
  for (const auto& one : cases) {
    CAPTURE(one);
    CHECK(redactor.text(one) == one);
  }
}

TEST_CASE("names of members tell secrets") {
  const struct {
    const char* name;
    bool secret, token;
  } cases[] = {{"password", true, false},      {"userPassword", true, false},  {"PASSWORD_2", true, false}, {"client_secret", true, false}, {"clientSecret", true, false},
               {"apikey", true, false},        {"api_key", true, false},       {"X-API-Key", true, false},  {"APIKey", true, false},        {"private key", true, false},
               {"credentials", true, false},   {"Authorization", true, false}, {"set-cookie", true, false}, {"cvc", true, false},           {"dbpassword", true, false},
               {"token", false, true},         {"accessToken", false, true},   {"refresh_token", false, true}, {"authtoken", false, true},  {"max_tokens", false, true},
               {"token_count", false, false},  {"secretary", false, false},    {"key", false, false},       {"keyboard", false, false},     {"pass", false, false},
               {"amount", false, false},       {"opinion", false, false},      {"spin", false, false},      {"", false, false},             {"\xff\xfe", false, false}};
  for (const auto& one : cases) {
    CAPTURE(one.name);
    CHECK(gate::is_secret_name(one.name) == one.secret);
    CHECK(gate::is_token_name(one.name) == one.token);
  }
  CHECK_FALSE(gate::is_secret_name(std::string(100'000, 'a') + "password"));
}

TEST_CASE("arguments are redacted by pointers, names and patterns, in that order") {
  const struct {
    std::vector<std::string> redact, patterns;
    bool standard;
    const char* value;
    const char* want;
  } cases[] = {
      {{}, {}, true, "{}", "{}"},
      {{}, {}, true, R"({"a": [1, "x", null, {"b": true}]})", R"({"a": [1, "x", null, {"b": true}]})"},
      {{}, {}, true, R"({"note": "to a@b.cc", "card": 4111111111111111, "real": 4111111111111111.0})",
       R"({"note": "to [redacted: email]", "card": "[redacted: card]", "real": "[redacted: card]"})"},
      {{}, {}, true, R"({"password": {"old": "a", "new": "b"}, "pin": 1234, "has_password": true, "secret": null, "max_tokens": 5, "token": "x"})",
       R"({"password": "[redacted: secret]", "pin": "[redacted: secret]", "has_password": true, "secret": null, "max_tokens": 5, "token": "[redacted: secret]"})"},
      {{}, {}, false, R"({"note": "a@b.cc", "card": 4111111111111111, "password": "x"})", R"({"note": "a@b.cc", "card": 4111111111111111, "password": "[redacted: secret]"})"},
      {{"/customer/iban"}, {}, true, R"({"customer": {"iban": {"n": 1}, "name": "x"}, "iban": "y"})", R"({"customer": {"iban": "[redacted]", "name": "x"}, "iban": "y"})"},
      {{"/items/*/sku", "/list/1", "/a~1b/c~0d"}, {}, true, R"({"items": [{"sku": 1, "n": 2}, {"sku": 3}], "list": [1, 2, 3], "a/b": {"c~d": 1}})",
       R"({"items": [{"sku": "[redacted]", "n": 2}, {"sku": "[redacted]"}], "list": [1, "[redacted]", 3], "a/b": {"c~d": "[redacted]"}})"},
      {{"/*/x"}, {}, true, R"({"a": {"x": 1}, "b": {"x": 2}, "c": 3})", R"({"a": {"x": "[redacted]"}, "b": {"x": "[redacted]"}, "c": 3})"},
      {{}, {"^K-[0-9]{3}$", "geheim"}, true, R"({"a": "K-123", "b": "xK-123", "c": ["ganz geheim hier"], "d": 5})",
       R"({"a": "[redacted: pattern]", "b": "xK-123", "c": ["[redacted: pattern]"], "d": 5})"},
      {{}, {"^77[0-9]{3}$"}, true, R"({"a": 77123, "b": 771234})", R"({"a": "[redacted: pattern]", "b": 771234})"},
      // names of members are texts too
      {{}, {}, true, R"({"a@b.cc": 1, "c@d.ee": 2, "[redacted: email]": 3})", R"({"[redacted: email] 2": 1, "[redacted: email] 3": 2, "[redacted: email]": 3})"},
      // JSON in a text
      {{"/iban"}, {}, true, R"({"body": "{\"iban\": \"DE1\", \"pin\": 1}"})", R"({"body": "{\"iban\":\"[redacted]\",\"pin\":\"[redacted: secret]\"}"})"},
      {{}, {}, true, R"({"body": "{ \"fine\":  1 }"})", R"({"body": "{ \"fine\":  1 }"})"},
  };
  for (const auto& one : cases) {
    CAPTURE(one.value);
    AuditOptions options;
    options.redact = one.redact;
    options.patterns = one.patterns;
    options.standard_patterns = one.standard;
    CHECK(made(options).arguments(value_of(one.value)) == value_of(one.want));
  }
}

TEST_CASE("bytes that are no text become one") {
  CHECK(Redactor().arguments({{"\xed\xa0\x80", "\xff a@b.cc"}}) == json{{"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "\xef\xbf\xbd [redacted: email]"}});
}

TEST_CASE("pointers reach into the structured content of a result, and into its text") {
  AuditOptions options;
  options.redact = {"/iban"};
  const auto got = made(options).result(value_of(R"({"content": [{"type": "text", "text": "{\"iban\": \"DE1\"}"}], "structuredContent": {"iban": "DE1"}})"));
  CHECK(dump_json(got).find("DE1") == std::string::npos);
}

TEST_CASE("of what is too large the log keeps size and digest") {
  AuditOptions options;
  options.max_argument_bytes = 20;
  const auto redactor = made(options);
  CHECK(redactor.arguments({{"a", "0123456789"}}) == json{{"a", "0123456789"}});
  const json large{{"a", "0123456789abc"}};  // 21 bytes
  const auto got = redactor.arguments(large);
  CHECK(got["bytes"] == 21);
  CHECK(got["sha256"] == "6be0d5a630bcba46c3c0634e76b3e5f57146b7c78458ac0c7c0f0c7b9a121b4e");
  CHECK(redactor.result(large) == got);
  CHECK(redactor.text(std::string(kMaxReasonBytes + 1, 'x')) == "[left out: 4097 bytes]");
}

TEST_CASE("rules that cannot be read are refused with their place") {
  const struct {
    std::vector<std::string> redact, patterns;
    const char* message;
  } cases[] = {{{"/a", "b"}, {}, "audit: redact[1]: column 1: expected a JSON Pointer"},
               {{"/a~2"}, {}, "audit: redact[0]: column 3: in a JSON Pointer"},
               {{}, {"a", "b", "("}, "audit: patterns[2]: "}};
  for (const auto& one : cases) {
    CAPTURE(one.message);
    AuditOptions options;
    options.redact = one.redact;
    options.patterns = one.patterns;
    const auto got = Redactor::compile(options);
    REQUIRE_FALSE(got.has_value());
    CHECK(got.error().code == ErrorCode::invalid_value);
    CHECK(got.error().message.starts_with(one.message));
    CHECK(got.error().data["item"].is_number());
  }
}

TEST_CASE("a value that is nested too deeply is cut, and a pattern that costs too much takes the text out") {
  json deep = "a@b.cc";
  for (int i = 0; i < 900; ++i) deep = json::array({std::move(deep)});
  AuditOptions options;
  options.max_argument_bytes = 1 * kMiB;
  options.patterns = {"(a|aa|aaa|b|bb|bbb|c|cc|ccc){1,60}z"};
  const auto redactor = made(options);
  CHECK(dump_json(redactor.arguments(deep)).find("a@b.cc") == std::string::npos);
  CHECK(redactor.arguments(json{{"x", std::string(500'000, 'a')}}) == json{{"x", "[redacted: pattern]"}});
}
