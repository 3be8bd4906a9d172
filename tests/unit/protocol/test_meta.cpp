// SPDX-License-Identifier: Apache-2.0
// What a request says of itself, the table of methods and revisions, errors and questions in each era.
#include "protocol/codec.hpp"
#include "protocol/errors.hpp"
#include "protocol/meta.hpp"
#include "protocol/methods.hpp"

#include <sumun/json.hpp>

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace sumun;
using namespace sumun::protocol;

namespace {

constexpr Revision kR1 = Revision::v2024_11_05;
constexpr Revision kR2 = Revision::v2025_03_26;
constexpr Revision kR3 = Revision::v2025_06_18;
constexpr Revision kR4 = Revision::v2025_11_25;
constexpr Revision kR5 = Revision::v2026_07_28;

json value_of(const std::string& text) {
  Result<json> value = parse_json(text);
  REQUIRE_MESSAGE(value.has_value(), text);
  return *std::move(value);
}

}  // namespace

TEST_CASE("a request is modern if and only if it names its version") {
  const struct {
    const char* name;
    const char* params;
    LegacySession session;
    const char* want;  // "modern", "legacy" or the message
  } kRows[] = {
      {"no params", "null", LegacySession::none, "legacy"},
      {"no _meta", R"({"a":1})", LegacySession::none, "legacy"},
      {"empty _meta", R"({"_meta":{}})", LegacySession::none, "legacy"},
      {"null _meta", R"({"_meta":null})", LegacySession::none, "legacy"},
      {"a progress token alone", R"({"_meta":{"progressToken":1}})", LegacySession::none, "legacy"},
      {"array params", "[]", LegacySession::none, "params: expected object"},
      {"_meta no object", R"({"_meta":1})", LegacySession::none, "params._meta: expected object"},
      {"modern", R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}})",
       LegacySession::none, "modern"},
      {"modern inside a session", R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}})",
       LegacySession::open, "modern"},
      {"no capabilities", R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}})", LegacySession::none,
       "params._meta[\"io.modelcontextprotocol/clientCapabilities\"]: missing"},
      {"null capabilities", R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":null}})",
       LegacySession::open, "params._meta[\"io.modelcontextprotocol/clientCapabilities\"]: missing"},
      {"version no string", R"({"_meta":{"io.modelcontextprotocol/protocolVersion":20260728}})", LegacySession::none,
       "params._meta[\"io.modelcontextprotocol/protocolVersion\"]: expected string"},
      {"capabilities no object", R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":[]}})",
       LegacySession::none, "params._meta[\"io.modelcontextprotocol/clientCapabilities\"]: expected object"},
      {"client without version", R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"x"}}})",
       LegacySession::none, "params._meta[\"io.modelcontextprotocol/clientInfo\"].version: missing"},
      {"unknown level", R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/logLevel":"all"}})",
       LegacySession::none, "params._meta[\"io.modelcontextprotocol/logLevel\"]: unknown value \"all\""},
      {"token a fraction", R"({"_meta":{"progressToken":1.5}})", LegacySession::open, "params._meta.progressToken: expected string or integer"},
      {"capabilities without version", R"({"_meta":{"io.modelcontextprotocol/clientCapabilities":{}}})", LegacySession::none,
       "params._meta[\"io.modelcontextprotocol/protocolVersion\"]: missing"},
      {"client without protocol version", R"({"_meta":{"io.modelcontextprotocol/clientInfo":{}}})", LegacySession::none,
       "params._meta[\"io.modelcontextprotocol/protocolVersion\"]: missing"},
      {"the same inside a session", R"({"_meta":{"io.modelcontextprotocol/clientCapabilities":{}}})", LegacySession::open, "legacy"},
      {"a version we do not know", R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"2030-01-01"}})", LegacySession::none, "modern"},
      {"a legacy version", R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"2025-11-25","io.modelcontextprotocol/clientCapabilities":7}})",
       LegacySession::none, "modern"},
  };
  for (const auto& row : kRows) {
    CAPTURE(row.name);
    json params = value_of(row.params);
    const Result<RequestMeta> meta = take_request_meta(params, row.session);
    if (meta) {
      CHECK(std::string(meta->is_modern() ? "modern" : "legacy") == row.want);
    } else {
      CHECK(meta.error().message == row.want);
      CHECK(meta.error().code == ErrorCode::invalid_params);
    }
  }
}

TEST_CASE("_meta is taken out of the params and taken apart") {
  json params = value_of(
      R"({"name":"t","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{}},)"
      R"("io.modelcontextprotocol/clientInfo":{"name":"c","version":"2"},"io.modelcontextprotocol/logLevel":"error","progressToken":"p","traceparent":"00","dev.sumun/run":"r"}})");
  const json before = params["_meta"];
  const Result<RequestMeta> meta = take_request_meta(params, LegacySession::none);
  REQUIRE(meta.has_value());
  CHECK(dump_json(params) == R"({"name":"t"})");
  CHECK(meta->protocolVersion == "2026-07-28");
  CHECK(meta->clientInfo->name == "c");
  CHECK(meta->clientCapabilities.can_elicit_form());
  CHECK_FALSE(meta->clientCapabilities.can_elicit_url());
  CHECK(meta->logLevel == LoggingLevel::error);
  CHECK(meta->progressToken == ProgressToken("p"));
  CHECK(dump_json(meta->rest) == R"({"dev.sumun/run":"r","traceparent":"00"})");
  CHECK(encode_request_meta(*meta) == before);
  CHECK(dump_json(subscription_meta(5)) == R"({"io.modelcontextprotocol/subscriptionId":5})");
}

TEST_CASE("a key of _meta has a form, and some belong to MCP") {
  const struct {
    const char* key;
    bool valid;
    bool reserved;
  } kRows[] = {
      {"", true, false},
      {"name", true, false},
      {"a-b_c.d", true, false},
      {"-a", false, false},
      {"a.", false, false},
      {"a b", false, false},
      {"com.example/", true, false},
      {"com.example/x", true, false},
      {"com.example/x/y", false, false},
      {"/x", false, false},
      {"1com/x", false, false},
      {"com-/x", false, false},
      {"c-o-m2/x", true, false},
      {"com..example/x", false, false},
      {".com/x", false, false},
      {"com.example/_", false, false},
      {"io.modelcontextprotocol/protocolVersion", true, true},
      {"dev.mcp/x", true, true},
      {"org.modelcontextprotocol.api/x", true, true},
      {"com.mcp.tools/", true, true},
      {"com.example.mcp/x", true, false},
      {"mcp/x", true, false},
      {"modelcontextprotocol.io/x", true, false},
      {"progressToken", true, true},
      {"traceparent", true, true},
      {"tracestate", true, true},
      {"baggage", true, true},
      {"dev.sumun/run", true, false},
  };
  for (const auto& row : kRows) {
    CAPTURE(row.key);
    CHECK(is_valid_meta_key(row.key) == row.valid);
    CHECK(is_reserved_meta_key(row.key) == row.reserved);
  }
}

TEST_CASE("every method is found by its name, and by nothing else") {
  for (const MethodInfo& row : kMethods) {
    CAPTURE(row.name);
    const MethodInfo* const found = find_method(row.name);
    REQUIRE(found != nullptr);
    CHECK(found->method == row.method);
    CHECK((row.kind == MethodKind::notification) == row.name.starts_with("notifications/"));
    CHECK(find_method(std::string(row.name) + "x") == nullptr);
    CHECK(find_method(row.name.substr(1)) == nullptr);
  }
  CHECK(find_method("") == nullptr);
  CHECK(find_method("zzz") == nullptr);
}

TEST_CASE("the methods of a revision are those of its schema") {
  const auto methods = [](Revision revision, MethodKind kind) {
    std::set<std::string_view> names;
    for (const MethodInfo& row : kMethods) {
      if (row.kind == kind && has_method(revision, row.method)) {
        names.insert(row.name);
      }
    }
    return names;
  };
  using Names = std::set<std::string_view>;
  CHECK(methods(kR5, MethodKind::request) ==
        Names{"server/discover", "tools/list", "tools/call", "prompts/list", "prompts/get", "resources/list", "resources/templates/list",
              "resources/read", "subscriptions/listen", "completion/complete", "tasks/get", "tasks/update", "tasks/cancel"});
  CHECK(methods(kR5, MethodKind::notification) ==
        Names{"notifications/cancelled", "notifications/progress", "notifications/message", "notifications/tools/list_changed",
              "notifications/prompts/list_changed", "notifications/resources/list_changed", "notifications/resources/updated",
              "notifications/subscriptions/acknowledged", "notifications/tasks"});
  const Names first{"initialize", "ping", "tools/list", "tools/call", "prompts/list", "prompts/get", "resources/list",
                    "resources/templates/list", "resources/read", "resources/subscribe", "resources/unsubscribe",
                    "completion/complete", "logging/setLevel", "sampling/createMessage", "roots/list"};
  CHECK(methods(kR1, MethodKind::request) == first);
  CHECK(methods(kR2, MethodKind::request) == first);
  Names third = first;
  third.insert("elicitation/create");
  CHECK(methods(kR3, MethodKind::request) == third);
  CHECK(methods(kR4, MethodKind::request) == third);
  CHECK(methods(kR4, MethodKind::notification).contains("notifications/elicitation/complete"));
  CHECK_FALSE(methods(kR3, MethodKind::notification).contains("notifications/elicitation/complete"));
  Names asking;
  for (const MethodInfo& row : kMethods) {
    if (row.asks == Asks::yes) {
      asking.insert(row.name);
    }
  }
  CHECK(asking == Names{"tools/call", "prompts/get", "resources/read"});
}

TEST_CASE("revisions are known by their version strings") {
  for (const Revision revision : kRevisions) {
    CHECK(revision_of(version_string(revision)) == revision);
  }
  CHECK_FALSE(revision_of("").has_value());
  CHECK_FALSE(revision_of("2026-07-29").has_value());
  CHECK(is_modern(kR5));
  CHECK_FALSE(is_modern(kR4));
  for (const FeatureSpan& row : kFeatures) {
    for (const Revision revision : kRevisions) {
      CHECK(allows(revision, row.feature) == (row.since <= revision && revision <= row.until));
    }
  }
  CHECK(allows(kR2, Feature::batching));
  CHECK_FALSE(allows(kR1, Feature::batching));
  CHECK_FALSE(allows(kR3, Feature::batching));
}

TEST_CASE("an error has the code that the revision has for it") {
  const Error missing = resource_not_found("x:1");
  CHECK(error_for(kR4, missing).code == ErrorCode::resource_not_found);
  CHECK(error_for(kR5, missing).code == ErrorCode::invalid_params);
  CHECK(dump_json(missing.data) == R"({"uri":"x:1"})");

  ClientCapabilities needed;
  needed.elicitation.emplace().url = json::object();
  needed.roots.emplace();
  const Error lacks = missing_capability(needed);
  CHECK(lacks.message == "the client lacks the capability elicitation.url, roots");
  const Error modern = error_for(kR5, lacks);
  CHECK(modern.code == ErrorCode::missing_required_client_capability);
  CHECK(dump_json(modern.data) == R"({"requiredCapabilities":{"elicitation":{"url":{}},"roots":{}}})");
  CHECK(error_for(kR4, lacks).code == ErrorCode::invalid_request);

  const Error version = unsupported_protocol_version("1.0", kRevisions);
  CHECK(version.code == ErrorCode::unsupported_protocol_version);
  CHECK(dump_json(version.data) ==
        R"({"requested":"1.0","supported":["2026-07-28","2025-11-25","2025-06-18","2025-03-26","2024-11-05"]})");
  CHECK(error_for(kR5, version) == version);

  const Error url{ErrorCode::url_elicitation_required, "m", nullptr};
  CHECK(error_for(kR4, url).code == ErrorCode::url_elicitation_required);
  CHECK(error_for(kR3, url).code == ErrorCode::invalid_request);
  CHECK(error_for(kR5, url).code == ErrorCode::invalid_request);
  CHECK(error_for(kR1, fail("m")).code == ErrorCode::failed);

  CHECK(missing_id(kR3) == jsonrpc::MissingId::null);
  CHECK(missing_id(kR4) == jsonrpc::MissingId::omitted);
}

TEST_CASE("a form is made to fit the revision") {
  const char* const kForm =
      R"({"$schema":"s","type":"object","additionalProperties":false,"properties":{)"
      R"("name":{"type":"string","title":"N","minLength":1,"pattern":"^a","format":"email","default":"x"},)"
      R"("note":{"type":"string","format":"hostname"},)"
      R"("age":{"type":"integer","minimum":0,"exclusiveMaximum":9,"default":1},)"
      R"("ok":{"type":"boolean","default":true},)"
      R"("side":{"type":"string","oneOf":[{"const":"l","title":"Left"},{"const":"r"}],"default":"l"},)"
      R"("tags":{"type":"array","items":{"type":"string","enum":["a"]},"uniqueItems":true,"default":[]}},)"
      R"("required":["name"]})";
  const Result<json> rich = fit_form_schema(value_of(kForm), kR4);
  REQUIRE(rich.has_value());
  CHECK(dump_json(*rich) == dump_json(value_of(
      R"({"$schema":"s","type":"object","properties":{)"
      R"("name":{"type":"string","title":"N","minLength":1,"format":"email","default":"x"},"note":{"type":"string"},)"
      R"("age":{"type":"integer","minimum":0,"default":1},"ok":{"type":"boolean","default":true},)"
      R"("side":{"type":"string","oneOf":[{"const":"l","title":"Left"},{"const":"r"}],"default":"l"},)"
      R"("tags":{"type":"array","items":{"type":"string","enum":["a"]},"default":[]}},"required":["name"]})")));
  CHECK(fit_form_schema(value_of(kForm), kR5).value() == *rich);
  const Result<json> poor = fit_form_schema(value_of(kForm), kR3);
  REQUIRE(poor.has_value());
  CHECK(dump_json(*poor) == dump_json(value_of(
      R"({"type":"object","properties":{)"
      R"("name":{"type":"string","title":"N","minLength":1,"format":"email"},"note":{"type":"string"},)"
      R"("age":{"type":"integer","minimum":0},"ok":{"type":"boolean","default":true},)"
      R"("side":{"type":"string","enum":["l","r"],"enumNames":["Left","r"]}},"required":["name"]})")));

  CHECK(fit_form_schema(value_of(R"({"properties":{"t":{"type":"array"}},"required":["t"]})"), kR3).error().message ==
        "a multiple choice (the form's field \"t\") does not exist in 2025-06-18");
  CHECK(fit_form_schema(value_of(R"({"properties":{"t":{"type":"object"}}})"), kR5).error().message ==
        "the form's field \"t\" is no string, number, integer, boolean or choice");
  CHECK(fit_form_schema(value_of(R"({"properties":{"t":{}}})"), kR5).has_error());
  CHECK(fit_form_schema(value_of(R"({"properties":[]})"), kR5).has_error());
  CHECK(fit_form_schema(value_of("1"), kR5).has_error());
  CHECK(dump_json(*fit_form_schema(value_of("{}"), kR5)) == R"({"properties":{},"type":"object"})");
}

TEST_CASE("a question that a revision cannot carry is refused before it is asked") {
  ElicitRequestFormParams form;
  form.message = "m";
  ElicitRequestURLParams url;
  url.url = "https://example.org";
  ElicitRequestURLParams url_with_id = url;
  url_with_id.elicitationId = "e";
  CreateMessageRequestParams plain;
  plain.messages.emplace_back().content = SamplingMessageContentBlock(text_content("x"));
  CreateMessageRequestParams listed;
  listed.messages.emplace_back().content = std::vector<SamplingMessageContentBlock>{text_content("x")};
  CreateMessageRequestParams two;
  two.messages.emplace_back().content = std::vector<SamplingMessageContentBlock>{text_content("x"), text_content("y")};
  CreateMessageRequestParams tool_use;
  tool_use.messages.emplace_back(Role::assistant).content = SamplingMessageContentBlock(ToolUseContent{.id = "u"});
  tool_use.messages.emplace_back().content = SamplingMessageContentBlock(ToolResultContent{.toolUseId = "u"});
  CreateMessageRequestParams tools = plain;
  tools.tools.emplace();

  const struct {
    const char* name;
    InputRequest question;
    std::set<Revision> fits;
  } kRows[] = {
      {"form", form, {kR3, kR4, kR5}},
      {"url", url, {kR5}},
      {"url with id", url_with_id, {kR4, kR5}},
      {"sampling", plain, {kR1, kR2, kR3, kR4, kR5}},
      {"one block in a list", listed, {kR1, kR2, kR3, kR4, kR5}},
      {"two blocks", two, {kR4, kR5}},
      {"a tool's use", tool_use, {kR4, kR5}},
      {"tools", tools, {kR4, kR5}},
      {"roots", ListRootsRequestParams{}, {kR1, kR2, kR3, kR4, kR5}},
  };
  for (const auto& row : kRows) {
    CAPTURE(row.name);
    for (const Revision revision : kRevisions) {
      CAPTURE(version_string(revision));
      const Result<InputRequest> fit = fit_question(row.question, revision);
      CHECK(fit.has_value() == row.fits.contains(revision));
      if (fit.has_error() && fit.error().code != ErrorCode::invalid_value) {
        CHECK(fit.error().code == ErrorCode::unsupported);
      }
    }
  }
  const Result<InputRequest> unlisted = fit_question(listed, kR3);
  CHECK(dump_json(encode(std::get<CreateMessageRequestParams>(*unlisted), Receiver{kR3})["messages"][0]["content"]) ==
        R"({"text":"x","type":"text"})");
  CHECK(dump_json(encode(url_with_id, Receiver{kR4})) ==
        R"({"elicitationId":"e","message":"","mode":"url","url":"https://example.org"})");
  CHECK_FALSE(encode(url_with_id, Receiver{kR5}).contains("elicitationId"));
  form.mode = "form";
  CHECK_FALSE(encode(form, Receiver{kR3}).contains("mode"));
  CHECK(encode(form, Receiver{kR4}).contains("mode"));
}

TEST_CASE("a page that is asked for has a URL") {
  const struct {
    const char* url;
    bool good;
  } kRows[] = {{"https://example.org/a?b=c#d", true}, {"app+x://y", true}, {"", false},       {"example.org", false}, {":x", false},
               {"https:", false},                     {"1ttp://x", false}, {"http://a b", false}, {"ht tp://x", false},   {"https://\n", false}};
  for (const auto& row : kRows) {
    CAPTURE(row.url);
    ElicitRequestURLParams question;
    question.url = row.url;
    CHECK(fit_question(question, kR5).has_value() == row.good);
  }
}

TEST_CASE("in a sampling question every tool's use is followed by its result, and by nothing else") {
  const auto use = [](const char* id) { return SamplingMessageContentBlock(ToolUseContent{.id = id}); };
  const auto result = [](const char* id) { return SamplingMessageContentBlock(ToolResultContent{.toolUseId = id}); };
  const auto words = SamplingMessageContentBlock(text_content("x"));
  using Blocks = std::vector<SamplingMessageContentBlock>;
  struct Turn {
    Role role;
    Blocks blocks;
  };
  const struct {
    const char* name;
    std::vector<Turn> turns;
    bool good;
  } kRows[] = {
      {"no tools", {{Role::user, {words}}, {Role::assistant, {words}}}, true},
      {"a use and its result", {{Role::assistant, {words, use("a")}}, {Role::user, {result("a")}}}, true},
      {"two uses, results in another order", {{Role::assistant, {use("a"), use("b")}}, {Role::user, {result("b"), result("a")}}}, true},
      {"two turns", {{Role::assistant, {use("a")}}, {Role::user, {result("a")}}, {Role::assistant, {use("b")}}, {Role::user, {result("b")}}}, true},
      {"no result", {{Role::assistant, {use("a")}}}, false},
      {"no result before the next message", {{Role::assistant, {use("a")}}, {Role::user, {words}}}, false},
      {"one result of two", {{Role::assistant, {use("a"), use("b")}}, {Role::user, {result("a")}}}, false},
      {"the same result twice", {{Role::assistant, {use("a")}}, {Role::user, {result("a"), result("a")}}}, false},
      {"a result of another use", {{Role::assistant, {use("a")}}, {Role::user, {result("b")}}}, false},
      {"a result of nothing", {{Role::user, {result("a")}}}, false},
      {"a result with words", {{Role::assistant, {use("a")}}, {Role::user, {result("a"), words}}}, false},
      {"a result from the assistant", {{Role::assistant, {use("a")}}, {Role::assistant, {result("a")}}}, false},
      {"a use by the user", {{Role::user, {use("a")}}, {Role::user, {result("a")}}}, false},
  };
  for (const auto& row : kRows) {
    CAPTURE(row.name);
    CreateMessageRequestParams question;
    for (const Turn& turn : row.turns) {
      question.messages.emplace_back(turn.role).content = turn.blocks;
    }
    CHECK(fit_question(question, kR5).has_value() == row.good);
  }
}

TEST_CASE("a client can answer what it said it can") {
  const auto client = [](const char* text) { return *decode<ClientCapabilities>(value_of(text)); };
  CreateMessageRequestParams with_tools;
  with_tools.tools.emplace();
  const struct {
    const char* name;
    InputRequest question;
    const char* needs;
    std::set<std::string> clients;  // that can
  } kRows[] = {
      {"form", ElicitRequestFormParams{}, R"({"elicitation":{"form":{}}})",
       {R"({"elicitation":{}})", R"({"elicitation":{"form":{}}})", R"({"elicitation":{"form":{},"url":{}}})"}},
      {"url", ElicitRequestURLParams{}, R"({"elicitation":{"url":{}}})",
       {R"({"elicitation":{"url":{}}})", R"({"elicitation":{"form":{},"url":{}}})"}},
      {"sampling", CreateMessageRequestParams{}, R"({"sampling":{}})", {R"({"sampling":{}})", R"({"sampling":{"tools":{}}})"}},
      {"sampling with tools", with_tools, R"({"sampling":{"tools":{}}})", {R"({"sampling":{"tools":{}}})"}},
      {"roots", ListRootsRequestParams{}, R"({"roots":{}})", {R"({"roots":{}})"}},
  };
  for (const auto& row : kRows) {
    CAPTURE(row.name);
    CHECK(dump_json(encode(needed_for(row.question))) == row.needs);
    for (const char* text : {"{}", R"({"elicitation":{}})", R"({"elicitation":{"form":{}}})", R"({"elicitation":{"url":{}}})",
                             R"({"elicitation":{"form":{},"url":{}}})", R"({"sampling":{}})", R"({"sampling":{"tools":{}}})", R"({"roots":{}})"}) {
      CAPTURE(text);
      CHECK(can_answer(client(text), row.question) == row.clients.contains(text));
    }
  }
}

TEST_CASE("an answer is read as what was asked") {
  const InputRequest form = ElicitRequestFormParams{};
  const auto answer = decode_input_response(form, value_of(R"({"action":"accept","content":{"a":1}})"));
  REQUIRE(answer.has_value());
  CHECK(std::get<ElicitResult>(*answer).action == ElicitAction::accept);
  CHECK(decode_input_response(form, value_of(R"({"roots":[]})"), "params.inputResponses.who").error().message ==
        "params.inputResponses.who.action: missing");
  CHECK(decode_input_response(form, value_of(R"({"action":"yes"})")).error().code == ErrorCode::invalid_params);
  CHECK(decode_input_response(ListRootsRequestParams{}, value_of(R"({"roots":[{"uri":"file:///"}]})")).has_value());
  CHECK(decode_input_response(CreateMessageRequestParams{}, value_of(R"({"action":"accept"})")).has_error());
  CHECK(decode_question("tools/call", json()).error().code == ErrorCode::method_not_found);
  CHECK(decode_question("elicitation/create", value_of(R"({"message":"m"})")).error().message == "params.requestedSchema: missing");
  CHECK(decode_question("roots/list", json()).has_value());
}

TEST_CASE("log levels have the specification's names") {
  CHECK(level_name(LoggingLevel::debug) == "debug");
  CHECK(level_name(LoggingLevel::emergency) == "emergency");
  for (const LoggingLevel level : {LoggingLevel::debug, LoggingLevel::notice, LoggingLevel::alert}) {
    CHECK(level_of(level_name(level)) == level);
  }
  CHECK_FALSE(level_of("warn").has_value());
}
