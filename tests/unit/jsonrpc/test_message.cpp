// SPDX-License-Identifier: Apache-2.0
// JSON-RPC messages: what each text is taken for, and what goes out.
#include "jsonrpc/message.hpp"

#include <sumun/json.hpp>

#include <doctest/doctest.h>

#include <string>
#include <unordered_map>

using namespace sumun;
using namespace sumun::jsonrpc;

namespace {

json value_of(const std::string& text) {
  Result<json> value = parse_json(text);
  REQUIRE_MESSAGE(value.has_value(), text);
  return *std::move(value);
}

// A message in short: "request 1 m {…}", "malformed -32600 id=1 …".
std::string shorten(const std::optional<Id>& id) { return id ? dump_json(id->to_json()) : std::string("none"); }
std::string shorten(const Message& message) {
  if (const auto* request = std::get_if<Request>(&message)) {
    return "request " + shorten(request->id) + " " + request->method + " " + dump_json(request->params);
  }
  if (const auto* notification = std::get_if<Notification>(&message)) {
    return "notification " + notification->method + " " + dump_json(notification->params);
  }
  if (const auto* response = std::get_if<Response>(&message)) {
    return "response " + shorten(response->id) + " " + dump_json(response->result);
  }
  if (const auto* error = std::get_if<ErrorResponse>(&message)) {
    return "error " + shorten(error->id) + " " + std::to_string(static_cast<int>(error->error.code)) + " " + error->error.message +
           " " + dump_json(error->error.data);
  }
  const auto& malformed = std::get<Malformed>(message);
  return std::string(malformed.answer ? "malformed " : "dropped ") + std::to_string(static_cast<int>(malformed.error.code)) +
         " " + shorten(malformed.id) + " " + malformed.error.message;
}

}  // namespace

TEST_CASE("each value is the message that JSON-RPC says it is") {
  const struct {
    const char* name;
    std::string text;
    std::string want;
  } kRows[] = {
      {"request", R"({"jsonrpc":"2.0","id":1,"method":"m","params":{"a":1}})", R"(request 1 m {"a":1})"},
      {"array params", R"({"jsonrpc":"2.0","id":1,"method":"m","params":[1]})", "request 1 m [1]"},
      {"no params", R"({"jsonrpc":"2.0","id":1,"method":"m"})", "request 1 m null"},
      {"string id", R"({"jsonrpc":"2.0","id":"x","method":"m"})", "request \"x\" m null"},
      {"empty string id", R"({"jsonrpc":"2.0","id":"","method":"m"})", "request \"\" m null"},
      {"negative id", R"({"jsonrpc":"2.0","id":-7,"method":"m"})", "request -7 m null"},
      {"largest id", R"({"jsonrpc":"2.0","id":18446744073709551615,"method":"m"})", "request 18446744073709551615 m null"},
      {"whole double id", R"({"jsonrpc":"2.0","id":3.0,"method":"m"})", "request 3 m null"},
      {"longest id", R"({"jsonrpc":"2.0","id":")" + std::string(kMaxIdBytes, 'i') + R"(","method":"m"})",
       "request \"" + std::string(kMaxIdBytes, 'i') + "\" m null"},
      {"empty method", R"({"jsonrpc":"2.0","id":1,"method":""})", "request 1  null"},
      {"unknown members", R"({"jsonrpc":"2.0","id":1,"method":"m","x":1})", "request 1 m null"},
      {"notification", R"({"jsonrpc":"2.0","method":"n","params":{}})", "notification n {}"},
      {"response", R"({"jsonrpc":"2.0","id":1,"result":{"a":1}})", R"(response 1 {"a":1})"},
      {"null result", R"({"jsonrpc":"2.0","id":1,"result":null})", "response 1 null"},
      {"error", R"({"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}})", "error 1 -32601 no null"},
      {"error with data", R"({"jsonrpc":"2.0","id":"a","error":{"code":7,"message":"","data":[1]}})", "error \"a\" 7  [1]"},
      {"error without id", R"({"jsonrpc":"2.0","error":{"code":-32700,"message":"m"}})", "error none -32700 m null"},
      {"error with null id", R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"m"}})", "error none -32700 m null"},

      {"a number", "1", "malformed -32600 none a message is an object"},
      {"null", "null", "malformed -32600 none a message is an object"},
      {"empty object", "{}", "malformed -32600 none jsonrpc: expected \"2.0\""},
      {"no version", R"({"id":1,"method":"m"})", "malformed -32600 1 jsonrpc: expected \"2.0\""},
      {"wrong version", R"({"jsonrpc":"1.0","id":1,"method":"m"})", "malformed -32600 1 jsonrpc: expected \"2.0\""},
      {"number for the version", R"({"jsonrpc":2.0,"id":1,"method":"m"})", "malformed -32600 1 jsonrpc: expected \"2.0\""},
      {"nothing but an id", R"({"jsonrpc":"2.0","id":1})", "malformed -32600 1 method: missing"},
      {"method no string", R"({"jsonrpc":"2.0","id":1,"method":1})", "malformed -32600 1 method: expected string"},
      {"null id", R"({"jsonrpc":"2.0","id":null,"method":"m"})", "malformed -32600 none id: expected string or integer"},
      {"fractional id", R"({"jsonrpc":"2.0","id":1.5,"method":"m"})", "malformed -32600 none id: expected string or integer"},
      {"huge id", R"({"jsonrpc":"2.0","id":1e300,"method":"m"})", "malformed -32600 none id: expected string or integer"},
      {"object id", R"({"jsonrpc":"2.0","id":{},"method":"m"})", "malformed -32600 none id: expected string or integer"},
      {"id too long", R"({"jsonrpc":"2.0","id":")" + std::string(kMaxIdBytes + 1, 'i') + R"(","method":"m"})",
       "malformed -32600 none id: too long"},
      {"params a string", R"({"jsonrpc":"2.0","id":1,"method":"m","params":"x"})", "malformed -32602 1 params: expected object or array"},
      {"params null", R"({"jsonrpc":"2.0","id":1,"method":"m","params":null})", "malformed -32602 1 params: expected object or array"},
      {"method and result", R"({"jsonrpc":"2.0","id":1,"method":"m","result":1})", "malformed -32600 1 both a method and an answer"},

      {"result and error", R"({"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1,"message":""}})", "dropped -32600 1 both a result and an error"},
      {"result without id", R"({"jsonrpc":"2.0","result":1})", "dropped -32600 none id: expected string or integer"},
      {"result with null id", R"({"jsonrpc":"2.0","id":null,"result":1})", "dropped -32600 none id: expected string or integer"},
      {"result of no version", R"({"id":1,"result":1})", "dropped -32600 1 jsonrpc: expected \"2.0\""},
      {"error a string", R"({"jsonrpc":"2.0","id":1,"error":"x"})", "dropped -32600 1 error: expected object"},
      {"error without code", R"({"jsonrpc":"2.0","id":1,"error":{"message":""}})", "dropped -32600 1 error.code: expected integer"},
      {"error with huge code", R"({"jsonrpc":"2.0","id":1,"error":{"code":99999999999,"message":""}})", "dropped -32600 1 error.code: out of range"},
      {"error with hugest code", R"({"jsonrpc":"2.0","id":1,"error":{"code":18446744073709551615,"message":""}})", "dropped -32600 1 error.code: out of range"},
      {"error without message", R"({"jsonrpc":"2.0","id":1,"error":{"code":1}})", "dropped -32600 1 error.message: expected string"},
      {"error with bad id", R"({"jsonrpc":"2.0","id":[],"error":{"code":1,"message":""}})", "dropped -32600 none id: expected string or integer"},
  };
  for (const auto& row : kRows) {
    CAPTURE(row.name);
    CHECK(shorten(decode(value_of(row.text))) == row.want);
  }
}

TEST_CASE("a batch is taken apart, its members good or bad each for itself") {
  Result<std::vector<Message>> batch =
      decode_batch(value_of(R"([{"jsonrpc":"2.0","id":1,"method":"a"},7,{"jsonrpc":"2.0","method":"b"},[]])"));
  REQUIRE(batch.has_value());
  REQUIRE(batch->size() == 4);
  CHECK(shorten((*batch)[0]) == "request 1 a null");
  CHECK(shorten((*batch)[1]) == "malformed -32600 none a message is an object");
  CHECK(shorten((*batch)[2]) == "notification b null");
  CHECK(shorten((*batch)[3]) == "malformed -32600 none a message is an object");
  CHECK(is_batch(value_of("[]")));
  CHECK_FALSE(is_batch(value_of("{}")));
}

TEST_CASE("an empty and an oversized batch are refused") {
  CHECK(decode_batch(value_of("[]")).error().code == ErrorCode::invalid_request);
  json many = json::array();
  for (std::size_t count = 0; count < kMaxBatch; ++count) {
    many.push_back(value_of(R"({"jsonrpc":"2.0","method":"n"})"));
  }
  json one_more = many;
  one_more.push_back(1);
  CHECK(decode_batch(std::move(many)).has_value());
  const Result<std::vector<Message>> refused = decode_batch(std::move(one_more));
  REQUIRE(refused.has_error());
  CHECK(refused.error().message == "a batch of more than 256 messages");
}

TEST_CASE("messages are written as JSON-RPC says") {
  const json params = {{"a", 1}};
  CHECK(encode_request(1, "m", params) == R"({"jsonrpc":"2.0","id":1,"method":"m","params":{"a":1}})");
  CHECK(encode_request("x\"y", "m\n", nullptr) == R"({"jsonrpc":"2.0","id":"x\"y","method":"m\n"})");
  CHECK(encode_notification("n", params) == R"({"jsonrpc":"2.0","method":"n","params":{"a":1}})");
  CHECK(encode_notification("n", nullptr) == R"({"jsonrpc":"2.0","method":"n"})");
  CHECK(encode_result(UINT64_MAX, params) == R"({"jsonrpc":"2.0","id":18446744073709551615,"result":{"a":1}})");
  CHECK(encode_error(Id(1), fail(ErrorCode::invalid_params, "bad \"x\"")) ==
        R"({"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"bad \"x\""}})");
  CHECK(encode_error(Id(1), Error{ErrorCode::failed, "m", {{"d", 1}}}) ==
        R"({"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"m","data":{"d":1}}})");
  CHECK(encode_error(std::nullopt, fail(ErrorCode::parse_error, "m"), MissingId::null) ==
        R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"m"}})");
  CHECK(encode_error(std::nullopt, fail(ErrorCode::parse_error, "m"), MissingId::omitted) ==
        R"({"jsonrpc":"2.0","error":{"code":-32700,"message":"m"}})");
}

TEST_CASE("an envelope is written around a body that is text") {
  std::string out;
  begin_result(out, "a");
  out += R"({"ready":true})";
  end_message(out);
  CHECK(out == R"({"jsonrpc":"2.0","id":"a","result":{"ready":true}})");
}

TEST_CASE("local codes do not reach the wire") {
  const struct {
    ErrorCode code;
    int want;
  } kRows[] = {
      {ErrorCode::parse_error, -32700},
      {ErrorCode::resource_not_found, -32002},
      {ErrorCode::too_many_requests, 429},
      {ErrorCode::busy, 503},
      {ErrorCode::failed, -32603},
      {ErrorCode::cancelled, -32603},
      {ErrorCode::timeout, -32603},
      {ErrorCode::closed, -32603},
      {ErrorCode::unsupported, -32603},
      {ErrorCode::invalid_value, -32603},
      {ErrorCode::io, -32603},
      {static_cast<ErrorCode>(0), -32603},
      {static_cast<ErrorCode>(-1), -1},
  };
  for (const auto& row : kRows) {
    CHECK(wire_code(row.code) == row.want);
  }
}

TEST_CASE("what is written decodes to the same message") {
  for (const Id& id : {Id(0), Id(-5), Id(INT64_MAX), Id(UINT64_MAX), Id("text"), Id("1"), Id("\xC3\xA9\"\\")}) {
    const Message back = decode(value_of(encode_request(id, "m", {{"k", "v"}})));
    REQUIRE(std::holds_alternative<Request>(back));
    CHECK(std::get<Request>(back).id == id);
  }
}

TEST_CASE("ids compare by kind and value, and hash alike when equal") {
  CHECK(Id(1) == Id(std::uint64_t{1}));
  CHECK(Id(1) != Id("1"));
  CHECK(Id(1).hash() == Id(std::uint64_t{1}).hash());
  CHECK(Id(std::uint64_t{1} << 63U) != Id(INT64_MIN));
  std::unordered_map<Id, int> table;
  table["1"] = 1;
  table[1] = 2;
  CHECK(table.size() == 2);
  CHECK(table.at(Id("1")) == 1);
}
