// SPDX-License-Identifier: Apache-2.0
// JSON-RPC 2.0 without I/O: values that were read from text become messages, messages become text.
// Nothing here knows MCP: params may be an object or an array, a method any name.
//
//   {"jsonrpc":"2.0","id":1,"method":"m","params":{…}}        Request
//   {"jsonrpc":"2.0","method":"m","params":{…}}               Notification
//   {"jsonrpc":"2.0","id":1,"result":…}                       Response
//   {"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":""}} ErrorResponse
#pragma once
#include <sumun/limits.hpp>
#include <sumun/request_id.hpp>
#include <sumun/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sumun::jsonrpc {

using Id = RequestId;

struct Request {
  Id id;
  std::string method;
  json params;  // object, array, or null where there were none
};

struct Notification {
  std::string method;
  json params;  // object, array, or null where there were none
};

struct Response {
  Id id;
  json result;
};

struct ErrorResponse {
  std::optional<Id> id;  // absent: the peer could not read the id of what it answers
  Error error;           // code as it came, whether we know it or not
};

/// JSON, but no message.
struct Malformed {
  Error error;           // invalid_request, or invalid_params for params that are neither object nor array
  std::optional<Id> id;  // where it could be read
  bool answer = true;    // false where the peer meant an answer: an error about it would never end; the request of
                         // ours that `id` names, if any, has failed
};

using Message = std::variant<Request, Notification, Response, ErrorResponse, Malformed>;

/// One message. The value is taken apart: strings and bodies are moved, not copied.
/// Unknown members are ignored. An id is a string up to kMaxIdBytes or an integer of 64 bits.
Message decode(json&& value);

/// The id of the request that a text holds, for an answer to what nobody else reads.
std::optional<Id> id_of_request(std::string_view text);

/// Whether the value is a batch, which goes to decode_batch (or is refused: only 2025-03-26 has batches).
inline bool is_batch(const json& value) { return value.is_array(); }
/// The members of a batch, each good or Malformed by itself.
/// Errors: invalid_request for an empty batch and for one of more than kMaxBatch members.
Result<std::vector<Message>> decode_batch(json&& value);

/// The code that goes on the wire: negative ones and 403, 429, 503 as they are, the other local ones as internal_error.
int wire_code(ErrorCode code);

/// How an error says that the id could not be read.
enum class MissingId { null, omitted };

// -- text. Each is one whole message without a newline.
std::string encode_request(const Id& id, std::string_view method, const json& params);  // params null = none
std::string encode_notification(std::string_view method, const json& params);           // params null = none
std::string encode_result(const Id& id, const json& result);
std::string encode_error(const std::optional<Id>& id, const Error& error, MissingId missing = MissingId::omitted);

// -- an envelope around a body that the caller appends to `out` itself:
//    begin_result(out, id); …append the result…; end_message(out);
void begin_result(std::string& out, const Id& id);
void begin_request(std::string& out, const Id& id, std::string_view method);        // then the params
void begin_notification(std::string& out, std::string_view method);                 // then the params
void append_error(std::string& out, const std::optional<Id>& id, const Error& error, MissingId missing);
inline void end_message(std::string& out) { out.push_back('}'); }

}  // namespace sumun::jsonrpc
