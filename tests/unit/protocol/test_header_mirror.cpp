// SPDX-License-Identifier: Apache-2.0
// The headers that repeat a body: what marks a schema may have, what is sent, what is refused.
#include "protocol/header_mirror.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace sumun;
using namespace sumun::protocol;

namespace {

json J(std::string_view text) { return json::parse(text); }

std::vector<MirroredParam> marks(std::string_view schema) {
  auto found = mirrored_params(J(schema));
  REQUIRE(found.has_value());
  return *std::move(found);
}

MirroredHeaders headers_of(std::optional<std::string_view> version, std::optional<std::string_view> method,
                           std::optional<std::string_view> name) {
  MirroredHeaders headers;
  headers.protocol_version = version;
  headers.method = method;
  headers.name = name;
  return headers;
}

// What the check says; empty = nothing against it.
std::string words(const Result<void>& checked) {
  if (checked) return "";
  CHECK(checked.error().code == ErrorCode::header_mismatch);
  return checked.error().message;
}

constexpr const char* kSchema = R"({"type":"object","properties":{
  "region":{"type":"string","x-mcp-header":"Region"},
  "limit":{"type":"integer","x-mcp-header":"Limit"},
  "dry":{"type":"boolean","x-mcp-header":"Dry-Run"},
  "where":{"type":"object","properties":{"tenant":{"type":"string","x-mcp-header":"Tenant"}}},
  "query":{"type":"string"}}})";

}  // namespace

TEST_CASE("a schema's marks are found with their paths and types") {
  const auto found = marks(kSchema);
  using Type = MirroredParam::Type;
  CHECK(found == std::vector<MirroredParam>{{"Dry-Run", {"dry"}, Type::boolean},
                                            {"Limit", {"limit"}, Type::integer},
                                            {"Region", {"region"}, Type::string},
                                            {"Tenant", {"where", "tenant"}, Type::string}});
  CHECK(marks(R"({"type":"object"})").empty());
  CHECK(marks(R"(true)").empty());
}

TEST_CASE("what only looks like a mark is none") {
  CHECK(marks(R"({"properties":{"x-mcp-header":{"type":"string"}}})").empty());
  CHECK(marks(R"({"properties":{"a":{"type":"object","default":{"x-mcp-header":""},"enum":[{"x-mcp-header":1}]}}})").empty());
  CHECK(marks(R"({"examples":[{"x-mcp-header":"A"}]})").empty());
}

TEST_CASE("a mark that breaks a rule is refused") {
  const struct {
    const char* name;
    const char* schema;
    const char* says;
  } kCases[] = {
      {"empty", R"({"properties":{"a":{"type":"string","x-mcp-header":""}}})", "no header name"},
      {"not a string", R"({"properties":{"a":{"type":"string","x-mcp-header":1}}})", "expected string"},
      {"a space", R"({"properties":{"a":{"type":"string","x-mcp-header":"My Region"}}})", "no header name"},
      {"a colon", R"({"properties":{"a":{"type":"string","x-mcp-header":"Region:x"}}})", "no header name"},
      {"a control character", R"({"properties":{"a":{"type":"string","x-mcp-header":"Re\r\ngion"}}})", "no header name"},
      {"not ASCII", R"({"properties":{"a":{"type":"string","x-mcp-header":"R\u00e9gion"}}})", "no header name"},
      {"a number", R"({"properties":{"a":{"type":"number","x-mcp-header":"A"}}})", "for a string"},
      {"an object", R"({"properties":{"a":{"type":"object","x-mcp-header":"A"}}})", "for a string"},
      {"an array", R"({"properties":{"a":{"type":"array","x-mcp-header":"A"}}})", "for a string"},
      {"null", R"({"properties":{"a":{"type":"null","x-mcp-header":"A"}}})", "for a string"},
      {"several types", R"({"properties":{"a":{"type":["string","null"],"x-mcp-header":"A"}}})", "for a string"},
      {"no type", R"({"properties":{"a":{"x-mcp-header":"A"}}})", "for a string"},
      {"twice", R"({"properties":{"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"A"}}})", "twice"},
      {"twice in other letters",
       R"({"properties":{"a":{"type":"string","x-mcp-header":"My"},"b":{"properties":{"c":{"type":"string","x-mcp-header":"mY"}}}}})", "twice"},
      {"the root", R"({"type":"string","x-mcp-header":"A"})", "alone do not lead"},
      {"items", R"({"properties":{"a":{"items":{"type":"string","x-mcp-header":"A"}}}})", "alone do not lead"},
      {"properties below items", R"({"properties":{"a":{"items":{"properties":{"b":{"type":"string","x-mcp-header":"A"}}}}}})", "alone do not lead"},
      {"an array of items", R"({"properties":{"a":{"items":[{"type":"string","x-mcp-header":"A"}]}}})", "alone do not lead"},
      {"prefixItems", R"({"properties":{"a":{"prefixItems":[{"type":"string","x-mcp-header":"A"}]}}})", "alone do not lead"},
      {"oneOf", R"({"oneOf":[{"properties":{"a":{"type":"string","x-mcp-header":"A"}}}]})", "alone do not lead"},
      {"anyOf", R"({"properties":{"a":{"anyOf":[{"type":"string","x-mcp-header":"A"}]}}})", "alone do not lead"},
      {"allOf", R"({"allOf":[{"properties":{"a":{"type":"string","x-mcp-header":"A"}}}]})", "alone do not lead"},
      {"not", R"({"not":{"properties":{"a":{"type":"string","x-mcp-header":"A"}}}})", "alone do not lead"},
      {"then", R"({"then":{"properties":{"a":{"type":"string","x-mcp-header":"A"}}}})", "alone do not lead"},
      {"$defs", R"({"$defs":{"a":{"type":"string","x-mcp-header":"A"}},"properties":{"b":{"$ref":"#/$defs/a"}}})", "alone do not lead"},
      {"patternProperties", R"({"patternProperties":{"^a":{"type":"string","x-mcp-header":"A"}}})", "alone do not lead"},
      {"additionalProperties", R"({"additionalProperties":{"type":"string","x-mcp-header":"A"}})", "alone do not lead"},
  };
  for (const auto& one : kCases) {
    CAPTURE(one.name);
    const auto found = mirrored_params(J(one.schema));
    REQUIRE_FALSE(found.has_value());
    CHECK(found.error().code == ErrorCode::invalid_value);
    CHECK_MESSAGE(found.error().message.find(one.says) != std::string::npos, found.error().message);
  }
}

TEST_CASE("the standard headers must repeat the body") {
  const struct {
    const char* name;
    MirroredHeaders headers;
    const char* method;
    const char* params;
    const char* says;  // part of the message; empty = accepted
  } kCases[] = {
      {"all there", headers_of("2026-07-28", "tools/call", "add"), "tools/call", R"({"name":"add"})", ""},
      {"white space around", headers_of("2026-07-28", " tools/call\t", "  add  "), "tools/call", R"({"name":"add"})", ""},
      {"Base64", headers_of("2026-07-28", "tools/call", "=?base64?YWRk?="), "tools/call", R"({"name":"add"})", ""},
      {"a resource", headers_of("2026-07-28", "resources/read", "file:///a"), "resources/read", R"({"uri":"file:///a","name":"b"})", ""},
      {"a prompt", headers_of("2026-07-28", "prompts/get", "p"), "prompts/get", R"({"name":"p"})", ""},
      {"a task", headers_of("2026-07-28", "tasks/get", "t1"), "tasks/get", R"({"taskId":"t1"})", ""},
      {"a name that nothing asks for", headers_of("2026-07-28", "tools/list", "x"), "tools/list", R"({"name":"y"})", ""},
      {"a body without its name", headers_of("2026-07-28", "tools/call", "add"), "tools/call", R"({})", ""},
      {"no version", headers_of({}, "tools/list", {}), "tools/list", "{}", "MCP-Protocol-Version is missing, but the version in params._meta is \"2026-07-28\""},
      {"another version", headers_of("2025-11-25", "tools/list", {}), "tools/list", "{}", "MCP-Protocol-Version is \"2025-11-25\", but"},
      {"no method", headers_of("2026-07-28", {}, {}), "tools/list", "{}", "Mcp-Method is missing, but method is \"tools/list\""},
      {"another method", headers_of("2026-07-28", "prompts/list", {}), "tools/list", "{}", "Mcp-Method is \"prompts/list\", but method is \"tools/list\""},
      {"other letters", headers_of("2026-07-28", "TOOLS/LIST", {}), "tools/list", "{}", "Mcp-Method is \"TOOLS/LIST\""},
      {"a method in Base64", headers_of("2026-07-28", "=?base64?dG9vbHMvbGlzdA==?=", {}), "tools/list", "{}", "Mcp-Method is"},
      {"no name", headers_of("2026-07-28", "tools/call", {}), "tools/call", R"({"name":"add"})", "Mcp-Name is missing, but params.name is \"add\""},
      {"another name", headers_of("2026-07-28", "tools/call", "sub"), "tools/call", R"({"name":"add"})", "Mcp-Name is \"sub\", but params.name is \"add\""},
      {"a name in other letters", headers_of("2026-07-28", "tools/call", "Add"), "tools/call", R"({"name":"add"})", "Mcp-Name is \"Add\""},
      {"a name in bad Base64", headers_of("2026-07-28", "tools/call", "=?base64?YWRk=?="), "tools/call", R"({"name":"add"})", "Mcp-Name has invalid characters"},
      {"bytes beyond ASCII", headers_of("2026-07-28", "tools/call", "\xc3\xa4"), "tools/call", "{\"name\":\"\xc3\xa4\"}", "Mcp-Name has invalid characters"},
      {"a resource by name", headers_of("2026-07-28", "resources/read", "b"), "resources/read", R"({"uri":"file:///a","name":"b"})", "params.uri"},
      {"another task", headers_of("2026-07-28", "tasks/cancel", "t2"), "tasks/cancel", R"({"taskId":"t1"})", "params.taskId is \"t1\""},
  };
  for (const auto& one : kCases) {
    CAPTURE(one.name);
    std::string says = words(check_version_header(one.headers, "2026-07-28"));
    if (says.empty()) says = words(check_method_headers(one.headers, one.method, J(one.params)));
    if (std::string_view(one.says).empty()) CHECK(says == "");
    else CHECK_MESSAGE(says.find(one.says) != std::string::npos, says);
  }
}

TEST_CASE("a refusal is bounded and has no control characters") {
  const std::string name(100'000, 'n');
  const auto says = words(check_method_headers(headers_of("2026-07-28", "tools/call", "a\r\n\x01"), "tools/call", json{{"name", name}}));
  CHECK(says.size() < 400);
  CHECK(says.find_first_of("\r\n\x01") == std::string::npos);
  const auto other = words(check_method_headers(headers_of("2026-07-28", "tools/call", name), "tools/call", json{{"name", "a\n"}}));
  CHECK(other.size() < 400);
  CHECK(other.find('\n') == std::string::npos);
}

TEST_CASE("the headers of parameters must repeat the arguments") {
  const auto mirrored = marks(kSchema);
  const struct {
    const char* name;
    std::vector<std::pair<std::string_view, std::string_view>> headers;
    const char* arguments;
    const char* says;
  } kCases[] = {
      {"nothing", {}, "{}", ""},
      {"null", {}, R"({"region":null,"limit":null})", ""},
      {"not marked", {}, R"({"query":"q"})", ""},
      {"a string", {{"Region", "eu"}}, R"({"region":"eu"})", ""},
      {"another case of the name", {{"rEGION", "eu"}}, R"({"region":"eu"})", ""},
      {"an unknown header", {{"Other", "\x01"}}, "{}", ""},
      {"Base64", {{"Region", "=?base64?SGVsbG8=?="}}, R"({"region":"Hello"})", ""},
      {"the empty string", {{"Region", ""}}, R"({"region":""})", ""},
      {"the empty string in Base64", {{"Region", "=?base64?" "?="}}, R"({"region":""})", ""},
      {"no beginning is literal", {{"Region", "SGVsbG8="}}, R"({"region":"SGVsbG8="})", ""},
      {"no end is literal", {{"Region", "=?base64?SGVsbG8="}}, R"({"region":"=?base64?SGVsbG8="})", ""},
      {"other letters are literal", {{"Region", "=?BASE64?SGVsbG8=?="}}, R"({"region":"=?BASE64?SGVsbG8=?="})", ""},
      {"nested", {{"Tenant", "t"}}, R"({"where":{"tenant":"t"}})", ""},
      {"nested in what is no object", {}, R"({"where":"tenant"})", ""},
      {"an integer", {{"Limit", "42"}}, R"({"limit":42})", ""},
      {"an integer with a fraction of zeros", {{"Limit", "42.0"}}, R"({"limit":42})", ""},
      {"an integer written as 42.0", {{"Limit", "42"}}, R"({"limit":42.0})", ""},
      {"a negative integer", {{"Limit", "-7"}}, R"({"limit":-7})", ""},
      {"the largest", {{"Limit", "9007199254740991"}}, R"({"limit":9007199254740991})", ""},
      {"a boolean", {{"Dry-Run", "true"}}, R"({"dry":true})", ""},
      {"a wrong type is the schema's to refuse", {}, R"({"limit":"42","region":7,"dry":"true"})", ""},
      {"missing", {}, R"({"region":"eu"})", "Mcp-Param-Region is missing, but params.arguments.region is \"eu\""},
      {"missing in part", {{"Region", "eu"}}, R"({"region":"eu","limit":1})", "Mcp-Param-Limit is missing"},
      {"missing below", {}, R"({"where":{"tenant":"t"}})", "Mcp-Param-Tenant is missing, but params.arguments.where.tenant is \"t\""},
      {"another value", {{"Region", "us"}}, R"({"region":"eu"})", "Mcp-Param-Region is \"us\", but params.arguments.region is \"eu\""},
      {"other letters", {{"Region", "EU"}}, R"({"region":"eu"})", "Mcp-Param-Region is \"EU\""},
      {"no value in the body", {{"Region", "eu"}}, R"({"region":null})", "is not there"},
      {"twice", {{"Region", "eu"}, {"region", "us"}}, R"({"region":"eu"})", "is there twice"},
      {"bad padding", {{"Region", "=?base64?SGVsbG8?="}}, R"({"region":"Hello"})", "invalid characters"},
      {"bad letters", {{"Region", "=?base64?SGVs!!!bG8=?="}}, R"({"region":"Hello"})", "invalid characters"},
      {"Base64 of no UTF-8", {{"Region", "=?base64?/w==?="}}, R"({"region":"x"})", "invalid characters"},
      {"a control character", {{"Region", "e\x01u"}}, R"({"region":"eu"})", "invalid characters"},
      {"another integer", {{"Limit", "43"}}, R"({"limit":42})", "Mcp-Param-Limit is \"43\", but params.arguments.limit is \"42\""},
      {"no integer", {{"Limit", "42.5"}}, R"({"limit":42})", "Mcp-Param-Limit is \"42.5\""},
      {"hexadecimal", {{"Limit", "0x2a"}}, R"({"limit":42})", "Mcp-Param-Limit is"},
      {"an empty integer", {{"Limit", ""}}, R"({"limit":0})", "Mcp-Param-Limit is \"\""},
      {"beyond the safe range", {{"Limit", "9007199254740992"}}, R"({"limit":9007199254740992})", "2^53-1"},
      {"the smallest of all", {{"Limit", "-9223372036854775808"}}, R"({"limit":-9223372036854775808})", "2^53-1"},
      {"a boolean in capitals", {{"Dry-Run", "True"}}, R"({"dry":true})", "Mcp-Param-Dry-Run is \"True\""},
      {"a boolean as a number", {{"Dry-Run", "1"}}, R"({"dry":true})", "Mcp-Param-Dry-Run is \"1\""},
  };
  for (const auto& one : kCases) {
    CAPTURE(one.name);
    MirroredHeaders headers;
    headers.params = one.headers;
    const std::string says = words(check_param_headers(headers, mirrored, J(one.arguments)));
    if (std::string_view(one.says).empty()) CHECK(says == "");
    else CHECK_MESSAGE(says.find(one.says) != std::string::npos, says);
  }
}

TEST_CASE("values are encoded as the specification's examples are") {
  const struct {
    std::string_view value;
    std::string_view header;
  } kCases[] = {
      {"us-west1", "us-west1"},
      {"", ""},
      {"with space inside", "with space inside"},
      {"Hello, \xe4\xb8\x96\xe7\x95\x8c", "=?base64?SGVsbG8sIOS4lueVjA==?="},
      {" padded ", "=?base64?IHBhZGRlZCA=?="},
      {"line1\nline2", "=?base64?bGluZTEKbGluZTI=?="},
      {"=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="},
      {"=?base64?no end", "=?base64?no end"},
      {"\ttab", "=?base64?CXRhYg==?="},
      {"a\tb", "a\tb"},
      {"\x7f", "=?base64?fw==?="},
  };
  for (const auto& one : kCases) {
    CAPTURE(one.value);
    CHECK(encode_header_value(one.value) == one.header);
    CHECK(decode_header_value(one.header) == one.value);
  }
}

TEST_CASE("a client sends what a server checks") {
  const auto mirrored = marks(kSchema);
  const json arguments = J(R"({"region":" 서울 ","limit":42.0,"dry":false,"where":{"tenant":"=?base64?x?="},"query":"q"})");
  const auto sent = param_headers(mirrored, arguments);
  REQUIRE(sent.has_value());
  CHECK(*sent == std::vector<std::pair<std::string, std::string>>{{"Mcp-Param-Dry-Run", "false"},
                                                                  {"Mcp-Param-Limit", "42"},
                                                                  {"Mcp-Param-Region", "=?base64?IOyEnOyauCA=?="},
                                                                  {"Mcp-Param-Tenant", "=?base64?PT9iYXNlNjQ/eD89?="}});
  MirroredHeaders headers;
  for (const auto& [name, value] : *sent) headers.params.emplace_back(std::string_view(name).substr(kParamHeaderPrefix.size()), value);
  CHECK(words(check_param_headers(headers, mirrored, arguments)) == "");

  CHECK(param_headers(mirrored, J(R"({"region":null})"))->empty());
  const auto too_big = param_headers(mirrored, J(R"({"limit":9007199254740992})"));
  REQUIRE_FALSE(too_big.has_value());
  CHECK(too_big.error().code == ErrorCode::invalid_params);
  CHECK(*mirrored_name("tools/call", json{{"name", "add"}}) == "add");
  CHECK(mirrored_name("tools/list", json{{"name", "add"}}) == nullptr);
  CHECK(mirrored_name("tools/call", json{{"name", 1}}) == nullptr);
}
