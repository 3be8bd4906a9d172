// SPDX-License-Identifier: Apache-2.0
// JSON-RPC decoding against any JSON: what decodes to a message is written and decodes to the same message.
#include "jsonrpc/message.hpp"

#include <sumun/json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace sumun;
using namespace sumun::jsonrpc;

namespace {

void must(bool ok) {
  if (!ok) {
    std::abort();
  }
}

// The message as text; what is malformed as the error that says so.
std::string written(const Message& message) {
  if (const auto* request = std::get_if<Request>(&message)) {
    return encode_request(request->id, request->method, request->params);
  }
  if (const auto* notification = std::get_if<Notification>(&message)) {
    return encode_notification(notification->method, notification->params);
  }
  if (const auto* response = std::get_if<Response>(&message)) {
    return encode_result(response->id, response->result);
  }
  if (const auto* error = std::get_if<ErrorResponse>(&message)) {
    return encode_error(error->id, error->error, MissingId::omitted);
  }
  const auto& malformed = std::get<Malformed>(message);
  return encode_error(malformed.id, malformed.error, MissingId::omitted);
}

void check(const Message& message) {
  const std::string text = written(message);
  Result<json> value = parse_json(text);
  must(value.has_value());
  const Message again = decode(*std::move(value));
  must(!std::holds_alternative<Malformed>(again));
  must(std::holds_alternative<Malformed>(message) || again.index() == message.index());
  must(written(again) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The envelope adds a level around a result, so that the text read back needs one more than the input.
  Result<json> value = parse_json({reinterpret_cast<const char*>(data), size}, {.max_depth = kMaxJsonDepth - 2});
  if (!value) {
    return 0;
  }
  if (!is_batch(*value)) {
    check(decode(*std::move(value)));
    return 0;
  }
  const Result<std::vector<Message>> batch = decode_batch(*std::move(value));
  if (batch) {
    for (const Message& message : *batch) {
      check(message);
    }
  }
  return 0;
}
