// SPDX-License-Identifier: Apache-2.0
// One value, written for each revision: what a revision lacks is left out or translated, and nothing else changes.
#include "protocol/codec.hpp"

#include <sumun/json.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

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

template <class T>
T typed(const std::string& text) {
  Result<T> value = decode<T>(value_of(text));
  REQUIRE_MESSAGE(value.has_value(), value.error().message);
  return *std::move(value);
}

// What each revision gets; a null stands for "the same as the newer one above it".
template <class T>
struct Row {
  const char* name;
  const char* value;
  const char* latest;
  const char* r4 = nullptr;
  const char* r3 = nullptr;
  const char* r2 = nullptr;
  const char* r1 = nullptr;
};

template <class T, std::size_t kSize>
void check_rows(const Row<T> (&rows)[kSize]) {
  for (const Row<T>& row : rows) {
    CAPTURE(row.name);
    const T value = typed<T>(row.value);
    const char* want = nullptr;
    const std::pair<Revision, const char*> kColumns[] = {{kR5, row.latest}, {kR4, row.r4}, {kR3, row.r3}, {kR2, row.r2}, {kR1, row.r1}};
    for (const auto& [revision, text] : kColumns) {
      CAPTURE(version_string(revision));
      want = text != nullptr ? text : want;
      CHECK(dump_json(encode(value, Receiver{revision})) == dump_json(value_of(want)));
    }
  }
}

}  // namespace

TEST_CASE("a tool's result is written as each revision has it") {
  const Row<CallToolResult> kRows[] = {
      {"nothing at all", R"({"content":[]})", R"({"content":[],"resultType":"complete"})", R"({"content":[]})"},
      {"text", R"({"content":[{"type":"text","text":"x"}],"isError":true})",
       R"({"content":[{"type":"text","text":"x"}],"isError":true,"resultType":"complete"})",
       R"({"content":[{"type":"text","text":"x"}],"isError":true})"},
      {"an object", R"({"content":[{"type":"text","text":"x"}],"structuredContent":{"a":1}})",
       R"({"content":[{"type":"text","text":"x"}],"structuredContent":{"a":1},"resultType":"complete"})",
       R"({"content":[{"type":"text","text":"x"}],"structuredContent":{"a":1}})", nullptr,
       R"({"content":[{"type":"text","text":"x"}]})"},
      {"a number", R"({"content":[{"type":"text","text":"3"}],"structuredContent":3})",
       R"({"content":[{"type":"text","text":"3"}],"structuredContent":3,"resultType":"complete"})",
       R"({"content":[{"type":"text","text":"3"}],"structuredContent":{"result":3}})", nullptr,
       R"({"content":[{"type":"text","text":"3"}]})"},
      {"null", R"({"content":[{"type":"text","text":"null"}],"structuredContent":null})",
       R"({"content":[{"type":"text","text":"null"}],"structuredContent":null,"resultType":"complete"})",
       R"({"content":[{"type":"text","text":"null"}],"structuredContent":{"result":null}})", nullptr,
       R"({"content":[{"type":"text","text":"null"}]})"},
      {"structured alone", R"({"content":[],"structuredContent":[1,2]})",
       R"({"content":[],"structuredContent":[1,2],"resultType":"complete"})",
       R"({"content":[],"structuredContent":{"result":[1,2]}})", nullptr, R"({"content":[{"type":"text","text":"[1,2]"}]})"},
      {"a link", R"({"content":[{"type":"resource_link","uri":"u:1","name":"n","title":"T","description":"D","mimeType":"text/plain","size":1}]})",
       R"({"content":[{"type":"resource_link","uri":"u:1","name":"n","title":"T","description":"D","mimeType":"text/plain","size":1}],"resultType":"complete"})",
       R"({"content":[{"type":"resource_link","uri":"u:1","name":"n","title":"T","description":"D","mimeType":"text/plain","size":1}]})", nullptr,
       R"({"content":[{"type":"text","text":"T: u:1\nD"}]})"},
      {"a link with icons and annotations",
       R"({"content":[{"type":"resource_link","uri":"u:1","name":"n","icons":[{"src":"s"}],"annotations":{"priority":1,"lastModified":"2026-01-01"},"_meta":{"k":1}}]})",
       R"({"content":[{"type":"resource_link","uri":"u:1","name":"n","icons":[{"src":"s"}],"annotations":{"priority":1,"lastModified":"2026-01-01"},"_meta":{"k":1}}],"resultType":"complete"})",
       R"({"content":[{"type":"resource_link","uri":"u:1","name":"n","icons":[{"src":"s"}],"annotations":{"priority":1,"lastModified":"2026-01-01"},"_meta":{"k":1}}]})",
       R"({"content":[{"type":"resource_link","uri":"u:1","name":"n","annotations":{"priority":1,"lastModified":"2026-01-01"},"_meta":{"k":1}}]})",
       R"({"content":[{"type":"text","text":"n: u:1","annotations":{"priority":1}}]})"},
      {"sound", R"({"content":[{"type":"audio","data":"AAAA","mimeType":"audio/wav"}]})",
       R"({"content":[{"type":"audio","data":"AAAA","mimeType":"audio/wav"}],"resultType":"complete"})",
       R"({"content":[{"type":"audio","data":"AAAA","mimeType":"audio/wav"}]})", nullptr, nullptr,
       R"x({"content":[{"type":"text","text":"(audio left out: audio/wav, about 3 bytes; this revision of the protocol carries none)"}]})x"},
      {"_meta of a block and of the result", R"({"content":[{"type":"text","text":"x","_meta":{"b":1}}],"_meta":{"r":1}})",
       R"({"content":[{"type":"text","text":"x","_meta":{"b":1}}],"resultType":"complete","_meta":{"r":1}})",
       R"({"content":[{"type":"text","text":"x","_meta":{"b":1}}],"_meta":{"r":1}})", nullptr,
       R"({"content":[{"type":"text","text":"x"}],"_meta":{"r":1}})"},
      {"an embedded resource", R"({"content":[{"type":"resource","resource":{"uri":"u","text":"t","_meta":{"k":1}}}]})",
       R"({"content":[{"type":"resource","resource":{"uri":"u","text":"t","_meta":{"k":1}}}],"resultType":"complete"})",
       R"({"content":[{"type":"resource","resource":{"uri":"u","text":"t","_meta":{"k":1}}}]})", nullptr,
       R"({"content":[{"type":"resource","resource":{"uri":"u","text":"t"}}]})"},
  };
  check_rows(kRows);
}

TEST_CASE("a tool is described as each revision has it") {
  const Row<Tool> kRows[] = {
      {"the least", R"({"name":"t","inputSchema":{"type":"object"}})", R"({"name":"t","inputSchema":{"type":"object"}})"},
      {"everything",
       R"({"name":"t","title":"T","description":"D","inputSchema":{"type":"object"},"outputSchema":{"type":"object"},"annotations":{"readOnlyHint":true},"icons":[{"src":"s"}],"execution":{"taskSupport":"optional"},"_meta":{"k":1}})",
       R"({"name":"t","title":"T","description":"D","inputSchema":{"type":"object"},"outputSchema":{"type":"object"},"annotations":{"readOnlyHint":true},"icons":[{"src":"s"}],"_meta":{"k":1}})",
       R"({"name":"t","title":"T","description":"D","inputSchema":{"type":"object"},"outputSchema":{"type":"object"},"annotations":{"readOnlyHint":true},"icons":[{"src":"s"}],"execution":{"taskSupport":"optional"},"_meta":{"k":1}})",
       R"({"name":"t","title":"T","description":"D","inputSchema":{"type":"object"},"outputSchema":{"type":"object"},"annotations":{"readOnlyHint":true},"_meta":{"k":1}})",
       R"({"name":"t","description":"D","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}})",
       R"({"name":"t","description":"D","inputSchema":{"type":"object"}})"},
      {"a number comes out", R"({"name":"t","inputSchema":{"type":"object"},"outputSchema":{"type":"integer"}})",
       R"({"name":"t","inputSchema":{"type":"object"},"outputSchema":{"type":"integer"}})",
       R"({"name":"t","inputSchema":{"type":"object"},"outputSchema":{"type":"object","properties":{"result":{"type":"integer"}},"required":["result"]}})",
       nullptr, R"({"name":"t","inputSchema":{"type":"object"}})"},
  };
  check_rows(kRows);
}

TEST_CASE("lists, prompts and resources are written as each revision has them") {
  const Row<ListResourcesResult> kLists[] = {
      {"empty", R"({"resources":[]})", R"({"resources":[],"ttlMs":0,"cacheScope":"private","resultType":"complete"})", R"({"resources":[]})"},
      {"with hints", R"({"resources":[{"uri":"u","name":"n","title":"T","icons":[],"size":3,"_meta":{}}],"nextCursor":"c","ttlMs":5,"cacheScope":"public"})",
       R"({"resources":[{"uri":"u","name":"n","title":"T","icons":[],"size":3,"_meta":{}}],"nextCursor":"c","ttlMs":5,"cacheScope":"public","resultType":"complete"})",
       R"({"resources":[{"uri":"u","name":"n","title":"T","icons":[],"size":3,"_meta":{}}],"nextCursor":"c"})",
       R"({"resources":[{"uri":"u","name":"n","title":"T","size":3,"_meta":{}}],"nextCursor":"c"})",
       R"({"resources":[{"uri":"u","name":"n","size":3}],"nextCursor":"c"})"},
  };
  check_rows(kLists);
  const Row<Prompt> kPrompts[] = {
      {"everything", R"({"name":"p","title":"P","arguments":[{"name":"a","title":"A","required":true}],"icons":[],"_meta":{}})",
       R"({"name":"p","title":"P","arguments":[{"name":"a","title":"A","required":true}],"icons":[],"_meta":{}})", nullptr,
       R"({"name":"p","title":"P","arguments":[{"name":"a","title":"A","required":true}],"_meta":{}})",
       R"({"name":"p","arguments":[{"name":"a","required":true}]})"},
  };
  check_rows(kPrompts);
  const Row<GetPromptResult> kMessages[] = {
      {"a link in a prompt", R"({"messages":[{"role":"user","content":{"type":"resource_link","uri":"u","name":"n"}}]})",
       R"({"messages":[{"role":"user","content":{"type":"resource_link","uri":"u","name":"n"}}],"resultType":"complete"})",
       R"({"messages":[{"role":"user","content":{"type":"resource_link","uri":"u","name":"n"}}]})", nullptr,
       R"({"messages":[{"role":"user","content":{"type":"text","text":"n: u"}}]})"},
  };
  check_rows(kMessages);
  const Row<ReadResourceResult> kContents[] = {
      {"text", R"({"contents":[{"uri":"u","text":"t"}]})",
       R"({"contents":[{"uri":"u","text":"t"}],"ttlMs":0,"cacheScope":"private","resultType":"complete"})",
       R"({"contents":[{"uri":"u","text":"t"}]})"},
  };
  check_rows(kContents);
  const Row<EmptyResult> kEmpty[] = {{"empty", "{}", R"({"resultType":"complete"})", "{}"}};
  check_rows(kEmpty);
}

TEST_CASE("capabilities and names are written as each revision has them") {
  const Row<ServerCapabilities> kServer[] = {
      {"everything", R"({"completions":{},"logging":{},"tools":{"listChanged":true},"extensions":{"e":{}},"tasks":{}})",
       R"({"completions":{},"logging":{},"tools":{"listChanged":true},"extensions":{"e":{}}})",
       R"({"completions":{},"logging":{},"tools":{"listChanged":true},"tasks":{}})",
       R"({"completions":{},"logging":{},"tools":{"listChanged":true}})", nullptr, R"({"logging":{},"tools":{"listChanged":true}})"},
  };
  check_rows(kServer);
  const Row<ClientCapabilities> kClient[] = {
      {"everything", R"({"roots":{"listChanged":true},"sampling":{"tools":{}},"elicitation":{"form":{},"url":{}},"extensions":{},"tasks":{}})",
       R"({"roots":{},"sampling":{"tools":{}},"elicitation":{"form":{},"url":{}},"extensions":{}})",
       R"({"roots":{"listChanged":true},"sampling":{"tools":{}},"elicitation":{"form":{},"url":{}},"tasks":{}})",
       R"({"roots":{"listChanged":true},"sampling":{},"elicitation":{}})", R"({"roots":{"listChanged":true},"sampling":{}})"},
  };
  check_rows(kClient);
  const Row<Implementation> kNames[] = {
      {"everything", R"({"name":"n","version":"1","title":"T","description":"D","websiteUrl":"w","icons":[]})",
       R"({"name":"n","version":"1","title":"T","description":"D","websiteUrl":"w","icons":[]})", nullptr,
       R"({"name":"n","version":"1","title":"T"})", R"({"name":"n","version":"1"})"},
  };
  check_rows(kNames);
  const Row<ProgressNotificationParams> kProgress[] = {
      {"with words", R"({"progressToken":1,"progress":0.5,"message":"half"})", R"({"progressToken":1,"progress":0.5,"message":"half"})",
       nullptr, nullptr, nullptr, R"({"progressToken":1,"progress":0.5})"},
  };
  check_rows(kProgress);
  const Row<CompleteRequestParams> kComplete[] = {
      {"with context", R"({"ref":{"type":"ref/prompt","name":"p","title":"P"},"argument":{"name":"a","value":""},"context":{"arguments":{}}})",
       R"({"ref":{"type":"ref/prompt","name":"p","title":"P"},"argument":{"name":"a","value":""},"context":{"arguments":{}}})", nullptr, nullptr,
       R"({"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"a","value":""}})"},
  };
  check_rows(kComplete);
  const Row<CallToolRequestParams> kCall[] = {
      {"a retry", R"({"name":"t","arguments":{},"inputResponses":{},"requestState":"s"})",
       R"({"name":"t","arguments":{},"inputResponses":{},"requestState":"s"})", R"({"name":"t","arguments":{}})"},
  };
  check_rows(kCall);
}

TEST_CASE("a tool's output has one form, whatever a single value looks like") {
  CHECK(output_form(value_of(R"({"type":"object"})")) == OutputForm::as_is);
  CHECK(output_form(value_of(R"({"type":"array"})")) == OutputForm::wrapped);
  CHECK(output_form(value_of(R"({"type":["object","null"]})")) == OutputForm::wrapped);
  CHECK(output_form(value_of(R"({"anyOf":[{"type":"object"}]})")) == OutputForm::wrapped);
  CHECK(output_form(value_of("true")) == OutputForm::wrapped);

  CallToolResult object;
  object.structuredContent = json::object();
  CallToolResult number;
  number.structuredContent = 1;
  const auto structured = [](const CallToolResult& result, Revision revision, OutputForm form) {
    return dump_json(encode(result, Receiver{revision, nullptr, form}).value("structuredContent", json("none")));
  };
  CHECK(structured(object, kR4, OutputForm::wrapped) == R"({"result":{}})");
  CHECK(structured(object, kR3, OutputForm::wrapped) == R"({"result":{}})");
  CHECK(structured(object, kR4, OutputForm::as_is) == "{}");
  CHECK(structured(object, kR4, OutputForm::by_value) == "{}");
  CHECK(structured(number, kR4, OutputForm::by_value) == R"({"result":1})");
  CHECK(structured(number, kR5, OutputForm::wrapped) == "1");
  CHECK(structured(number, kR2, OutputForm::wrapped) == R"("none")");
}

TEST_CASE("references in an output schema still point at the same place when it is wrapped") {
  const struct {
    const char* name;
    const char* schema;
    const char* result;  // properties.result of what comes out
  } kRows[] = {
      {"none", R"({"type":"array","items":{"type":"string"}})", R"({"type":"array","items":{"type":"string"}})"},
      {"the root", R"({"type":"array","items":{"$ref":"#"}})", R"({"type":"array","items":{"$ref":"#/properties/result"}})"},
      {"a definition", R"({"$ref":"#/$defs/x","$defs":{"x":{"type":"string"}}})",
       R"({"$ref":"#/properties/result/$defs/x","$defs":{"x":{"type":"string"}}})"},
      {"deep down", R"({"anyOf":[{"items":{"not":{"$ref":"#/$defs/x"}}}],"$defs":{"x":{"items":{"$ref":"#/$defs/x"}}}})",
       R"({"anyOf":[{"items":{"not":{"$ref":"#/properties/result/$defs/x"}}}],"$defs":{"x":{"items":{"$ref":"#/properties/result/$defs/x"}}}})"},
      {"an anchor stays", R"({"$ref":"#here","$defs":{"x":{"$anchor":"here"}}})", R"({"$ref":"#here","$defs":{"x":{"$anchor":"here"}}})"},
      {"another document stays", R"({"$ref":"other.json#/x"})", R"({"$ref":"other.json#/x"})"},
      {"a root of its own stays", R"({"$defs":{"x":{"$id":"urn:x","$ref":"#/y"}}})", R"({"$defs":{"x":{"$id":"urn:x","$ref":"#/y"}}})"},
      {"with an $id nothing moves", R"({"$id":"urn:s","$ref":"#/$defs/x"})", R"({"$id":"urn:s","$ref":"#/$defs/x"})"},
      {"a property called $ref", R"({"anyOf":[{"properties":{"$ref":{"type":"string"}}}]})", R"({"anyOf":[{"properties":{"$ref":{"type":"string"}}}]})"},
      {"data stays", R"({"const":{"$ref":"#/x"},"examples":[{"$ref":"#"}]})", R"({"const":{"$ref":"#/x"},"examples":[{"$ref":"#"}]})"},
      {"true", "true", "true"},
  };
  for (const auto& row : kRows) {
    CAPTURE(row.name);
    const json wrapped = wrap_output_schema(value_of(row.schema));
    CHECK(wrapped["type"] == "object");
    CHECK(wrapped["required"] == json::array({"result"}));
    CHECK(dump_json(wrapped["properties"]["result"]) == dump_json(value_of(row.result)));
  }
  const json dialect = wrap_output_schema(value_of(R"({"$schema":"https://json-schema.org/draft/2020-12/schema","type":"string"})"));
  CHECK(dialect["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  CHECK(dump_json(dialect["properties"]["result"]) == R"({"type":"string"})");
}

TEST_CASE("the server's stamp goes into modern results only, beside what was there") {
  Implementation info;
  info.name = "gate\"house";
  info.version = "1";
  const ServerStamp stamp(info);
  CallToolResult result = CallToolResult::text("x");
  CHECK(dump_json(encode(result, Receiver{kR5, &stamp})["_meta"]) ==
        R"({"io.modelcontextprotocol/serverInfo":{"name":"gate\"house","version":"1"}})");
  CHECK_FALSE(encode(result, Receiver{kR4, &stamp}).contains("_meta"));
  result._meta = {{"k", 1}, {"io.modelcontextprotocol/serverInfo", "somebody else"}};
  CHECK(dump_json(encode(result, Receiver{kR5, &stamp})["_meta"]) ==
        R"({"io.modelcontextprotocol/serverInfo":{"name":"gate\"house","version":"1"},"k":1})");
}

TEST_CASE("a whole message is written in one piece") {
  CHECK(encode_response(7, CallToolResult::text("3"), Receiver{kR4}) ==
        R"({"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"3"}]}})");
  CHECK(encode_response("a", EmptyResult{}, Receiver{kR1}) == R"({"jsonrpc":"2.0","id":"a","result":{}})");
  CHECK(encode_request(1, "tools/list", PaginatedRequestParams{}, kR4) == R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}})");
  CHECK(encode_notification("notifications/cancelled", CancelledNotificationParams{.requestId = 3}, kR4) ==
        R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3}})");
}

TEST_CASE("a client reads the results of every revision into the same types") {
  // What a 2024-11-05 server sends and what a 2026-07-28 server sends for the same tool.
  json old_result = value_of(R"({"content":[{"type":"text","text":"x"}]})");
  json new_result = value_of(R"({"content":[{"type":"text","text":"x"}],"resultType":"complete"})");
  const auto from_old = decode_result<CallToolResult>(std::move(old_result));
  const auto from_new = decode_result<CallToolResult>(std::move(new_result));
  REQUIRE(from_old.has_value());
  REQUIRE(from_new.has_value());
  CHECK(*from_old == *from_new);

  const struct {
    const char* name;
    const char* result;
    const char* want;  // of decode_result
  } kRows[] = {
      {"no object", "[]", "result: expected object"},
      {"unknown kind", R"({"content":[],"resultType":"later"})", "result.resultType: unknown value \"later\""},
      {"kind no string", R"({"content":[],"resultType":1})", "result.resultType: expected string"},
      {"a question", R"({"resultType":"input_required","requestState":"s"})",
       "result.resultType: \"input_required\" is not allowed for this request"},
      {"no content", R"({})", "result.content: missing"},
      {"content no array", R"({"content":{}})", "result.content: expected array"},
      {"no type", R"({"content":[{"text":"x"}]})", "result.content[0].type: missing"},
      {"unknown type", R"({"content":[{"type":"text","text":""},{"type":"video"}]})", "result.content[1].type: unknown value \"video\""},
      {"type no string", R"({"content":[{"type":[]}]})", "result.content[0].type: expected string"},
      {"block no object", R"({"content":[1]})", "result.content[0]: expected object"},
      {"no text", R"({"content":[{"type":"text"}]})", "result.content[0].text: missing"},
      {"text no string", R"({"content":[{"type":"text","text":1}]})", "result.content[0].text: expected string"},
      {"flag no boolean", R"({"content":[],"isError":"yes"})", "result.isError: expected boolean"},
      {"_meta no object", R"({"content":[],"_meta":[]})", "result._meta: expected object"},
      {"audience no role", R"({"content":[{"type":"text","text":"","annotations":{"audience":["me"]}}]})",
       "result.content[0].annotations.audience[0]: unknown value \"me\""},
      {"priority no number", R"({"content":[{"type":"text","text":"","annotations":{"priority":"1"}}]})",
       "result.content[0].annotations.priority: expected number"},
      {"size a fraction", R"({"content":[{"type":"resource_link","uri":"","name":"","size":1.5}]})", "result.content[0].size: expected integer"},
      {"size too large", R"({"content":[{"type":"resource_link","uri":"","name":"","size":18446744073709551615}]})",
       "result.content[0].size: out of range"},
      {"resource without contents", R"({"content":[{"type":"resource","resource":{"uri":"u"}}]})", "result.content[0].resource.text: missing"},
  };
  for (const auto& row : kRows) {
    CAPTURE(row.name);
    const auto got = decode_result<CallToolResult>(value_of(row.result));
    REQUIRE(got.has_error());
    CHECK(got.error().message == row.want);
    CHECK(got.error().code == ErrorCode::invalid_value);
  }

  const auto question = decode_answer<CallToolResult>(value_of(R"({"resultType":"input_required","requestState":"s"})"));
  REQUIRE(question.has_value());
  CHECK(std::get<InputRequiredResult>(*question).requestState == "s");
  CHECK(decode_answer<CallToolResult>(value_of(R"({"resultType":"input_required","inputRequests":{"k":{"method":"tools/call"}}})")).error().message ==
        "result.inputRequests.k.method: unknown value \"tools/call\"");
  CHECK(decode_answer<CallToolResult>(value_of(R"({"resultType":"x"})")).has_error());
}

TEST_CASE("params are read with what is wrong in them named") {
  CHECK(decode_params<CallToolRequestParams>(json()).error().message == "params.name: missing");
  CHECK(decode_params<CallToolRequestParams>(json::array()).error().message == "params: expected object");
  CHECK(decode_params<CallToolRequestParams>(value_of(R"({"name":"t","arguments":[]})")).error().message == "params.arguments: expected object");
  CHECK(decode_params<CallToolRequestParams>(value_of(R"({"name":"t","arguments":null})")).has_value());  // null for absent
  CHECK(decode_params<CallToolRequestParams>(value_of(R"({"name":null})")).error().message == "params.name: expected string");
  CHECK(decode_params<PaginatedRequestParams>(json()).has_value());
  CHECK(decode_params<PaginatedRequestParams>(value_of(R"({"cursor":1})")).error().code == ErrorCode::invalid_params);
  CHECK(decode_params<GetPromptRequestParams>(value_of(R"({"name":"p","arguments":{"a b":1}})")).error().message ==
        "params.arguments[\"a b\"]: expected string");
  CHECK(decode_params<SetLevelRequestParams>(value_of(R"({"level":"loud"})")).error().message == "params.level: unknown value \"loud\"");
  CHECK(decode_params<LoggingMessageNotificationParams>(value_of(R"({"level":"info"})")).error().message == "params.data: missing");
  CHECK(decode_params<ElicitRequestParams>(value_of(R"({"mode":"voice","message":""})")).error().message == "params.mode: unknown value \"voice\"");

  json named = {{"name", std::string(kMaxNameBytes, 'n')}};
  CHECK(decode_params<CallToolRequestParams>(json(named)).has_value());
  named["name"] = std::string(kMaxNameBytes + 1, 'n');
  CHECK(decode_params<CallToolRequestParams>(json(named)).error().message == "params.name: longer than 256 bytes");
  CHECK(decode_params<GetPromptRequestParams>(json(named)).has_error());
  const json addressed = {{"uri", std::string(kMaxUriBytes + 1, 'u')}};
  CHECK(decode_params<ReadResourceRequestParams>(json(addressed)).error().message == "params.uri: longer than 8192 bytes");
  CHECK(decode_params<SubscribeRequestParams>(json(addressed)).has_error());
  json many = value_of(R"({"notifications":{"resourceSubscriptions":[]}})");
  for (std::size_t count = 0; count <= kMaxSubscribedUris; ++count) {
    many["notifications"]["resourceSubscriptions"].push_back("u");
  }
  CHECK(decode_params<SubscriptionsListenRequestParams>(std::move(many)).has_error());
}
