// SPDX-License-Identifier: Apache-2.0
// JSON-RPC messages: values to messages, messages to text.
#include "jsonrpc/message.hpp"

#include "base/json_text.hpp"

#include <cstdint>
#include <limits>

namespace sumun::jsonrpc {
namespace {

using Members = json::object_t;

json* find(Members& members, std::string_view name) {
  const auto at = members.find(name);
  return at == members.end() ? nullptr : &at->second;
}

Malformed refuse(ErrorCode code, std::string message, std::optional<Id> id = std::nullopt) {
  return Malformed{Error{code, std::move(message), nullptr}, std::move(id), true};
}

// A broken answer is dropped: an error about it would itself be an answer to nothing.
Malformed drop(std::string message, std::optional<Id> id) {
  return Malformed{Error{ErrorCode::invalid_request, std::move(message), nullptr}, std::move(id), false};
}

Message decode_call(Members& members, json& method, const json* id_value, std::optional<Id> id) {
  if (!method.is_string()) {
    return refuse(ErrorCode::invalid_request, "method: expected string", std::move(id));
  }
  if (id_value != nullptr && !id) {
    return refuse(ErrorCode::invalid_request, id_value->is_string() ? "id: too long" : "id: expected string or integer");
  }
  json params;
  if (json* const given = find(members, "params")) {
    if (!given->is_object() && !given->is_array()) {
      return refuse(ErrorCode::invalid_params, "params: expected object or array", std::move(id));
    }
    params = std::move(*given);
  }
  std::string& name = *method.get_ptr<json::string_t*>();
  if (!id) {
    return Notification{std::move(name), std::move(params)};
  }
  return Request{*std::move(id), std::move(name), std::move(params)};
}

Message decode_error(json& error, const json* id_value, std::optional<Id> id) {
  if (id_value != nullptr && !id_value->is_null() && !id) {
    return drop("id: expected string or integer", std::nullopt);
  }
  if (!error.is_object()) {
    return drop("error: expected object", std::move(id));
  }
  auto& members = *error.get_ptr<Members*>();
  const json* const code = find(members, "code");
  json* const words = find(members, "message");
  if (code == nullptr || !code->is_number_integer()) {
    return drop("error.code: expected integer", std::move(id));
  }
  if (words == nullptr || !words->is_string()) {
    return drop("error.message: expected string", std::move(id));
  }
  const bool large = code->is_number_unsigned() && *code->get_ptr<const json::number_unsigned_t*>() > INT64_MAX;
  const auto number = large ? INT64_MAX : code->get<std::int64_t>();
  if (number < std::numeric_limits<int>::min() || number > std::numeric_limits<int>::max()) {
    return drop("error.code: out of range", std::move(id));
  }
  Error read{static_cast<ErrorCode>(number), std::move(*words->get_ptr<json::string_t*>()), nullptr};
  if (json* const data = find(members, "data")) {
    read.data = std::move(*data);
  }
  return ErrorResponse{std::move(id), std::move(read)};
}

void append_error_body(std::string& out, const Error& error) {
  out += "\"error\":{\"code\":";
  append_json_integer(out, std::int64_t{wire_code(error.code)});
  out += ",\"message\":";
  append_json_string(out, error.message);
  if (!error.data.is_null()) {
    out += ",\"data\":";
    append_json(out, error.data);
  }
  out += "}";
}

}  // namespace

std::optional<Id> id_of_request(std::string_view text) {
  auto value = parse_json(text);
  if (!value) return std::nullopt;
  const auto message = decode(*std::move(value));
  const auto* request = std::get_if<Request>(&message);
  return request != nullptr ? std::optional(request->id) : std::nullopt;
}

Message decode(json&& value) {
  if (!value.is_object()) {
    return refuse(ErrorCode::invalid_request, "a message is an object");
  }
  auto& members = *value.get_ptr<Members*>();
  const json* const id_value = find(members, "id");
  std::optional<Id> id = id_value != nullptr ? Id::from_json(*id_value) : std::nullopt;
  json* const method = find(members, "method");
  json* const result = find(members, "result");
  json* const error = find(members, "error");

  const json* const version = find(members, "jsonrpc");
  if (version == nullptr || !version->is_string() || *version->get_ptr<const json::string_t*>() != "2.0") {
    const bool answers = method == nullptr && (result != nullptr || error != nullptr);
    return Malformed{Error{ErrorCode::invalid_request, "jsonrpc: expected \"2.0\"", nullptr}, std::move(id), !answers};
  }
  if (method != nullptr) {
    if (result != nullptr || error != nullptr) {
      return refuse(ErrorCode::invalid_request, "both a method and an answer", std::move(id));
    }
    return decode_call(members, *method, id_value, std::move(id));
  }
  if (result != nullptr && error != nullptr) {
    return drop("both a result and an error", std::move(id));
  }
  if (result != nullptr) {
    if (!id) {
      return drop("id: expected string or integer", std::nullopt);
    }
    return Response{*std::move(id), std::move(*result)};
  }
  if (error != nullptr) {
    return decode_error(*error, id_value, std::move(id));
  }
  return refuse(ErrorCode::invalid_request, "method: missing", std::move(id));
}

Result<std::vector<Message>> decode_batch(json&& value) {
  auto* const members = value.get_ptr<json::array_t*>();
  if (members == nullptr || members->empty()) {
    return Error{ErrorCode::invalid_request, "an empty batch", nullptr};
  }
  if (members->size() > kMaxBatch) {
    return Error{ErrorCode::invalid_request, "a batch of more than " + std::to_string(kMaxBatch) + " messages", nullptr};
  }
  std::vector<Message> messages;
  messages.reserve(members->size());
  for (json& member : *members) {
    messages.push_back(decode(std::move(member)));
  }
  return messages;
}

int wire_code(ErrorCode code) {
  const int number = static_cast<int>(code);
  const bool local = number >= 0 && code != ErrorCode::insufficient_scope && code != ErrorCode::too_many_requests && code != ErrorCode::busy;
  return local ? static_cast<int>(ErrorCode::internal_error) : number;
}

void begin_result(std::string& out, const Id& id) {
  out += R"({"jsonrpc":"2.0","id":)";
  id.append_to(out);
  out += R"(,"result":)";
}

void begin_request(std::string& out, const Id& id, std::string_view method) {
  out += R"({"jsonrpc":"2.0","id":)";
  id.append_to(out);
  out += R"(,"method":)";
  append_json_string(out, method);
  out += R"(,"params":)";
}

void begin_notification(std::string& out, std::string_view method) {
  out += R"({"jsonrpc":"2.0","method":)";
  append_json_string(out, method);
  out += R"(,"params":)";
}

void append_error(std::string& out, const std::optional<Id>& id, const Error& error, MissingId missing) {
  out += R"({"jsonrpc":"2.0",)";
  if (id) {
    out += "\"id\":";
    id->append_to(out);
    out += ",";
  } else if (missing == MissingId::null) {
    out += "\"id\":null,";
  }
  append_error_body(out, error);
  out += "}";
}

std::string encode_request(const Id& id, std::string_view method, const json& params) {
  std::string out = R"({"jsonrpc":"2.0","id":)";
  id.append_to(out);
  out += R"(,"method":)";
  append_json_string(out, method);
  if (!params.is_null()) {
    out += R"(,"params":)";
    append_json(out, params);
  }
  out += "}";
  return out;
}

std::string encode_notification(std::string_view method, const json& params) {
  std::string out = R"({"jsonrpc":"2.0","method":)";
  append_json_string(out, method);
  if (!params.is_null()) {
    out += R"(,"params":)";
    append_json(out, params);
  }
  out += "}";
  return out;
}

std::string encode_result(const Id& id, const json& result) {
  std::string out;
  begin_result(out, id);
  append_json(out, result);
  end_message(out);
  return out;
}

std::string encode_error(const std::optional<Id>& id, const Error& error, MissingId missing) {
  std::string out;
  append_error(out, id, error, missing);
  return out;
}

}  // namespace sumun::jsonrpc
