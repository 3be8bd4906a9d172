// SPDX-License-Identifier: Apache-2.0
// Between the types of <sumun/types.hpp> and the wire, for every revision. Values are built in their modern, fullest
// shape; writing for a revision leaves out or translates what that revision lacks, as the table in <sumun/revision.hpp>
// says. Reading is the same for all revisions: what an older one lacks is simply absent, unknown members are ignored.
// Each template here is compiled once, in this layer, for the types that it serves.
#pragma once
#include "jsonrpc/message.hpp"

#include <sumun/revision.hpp>
#include <sumun/types.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace sumun::protocol {

using jsonrpc::Id;

// ---- reading

/// Any type of <sumun/types.hpp> from its JSON. Strings and bodies are moved out of `value`.
/// Errors: invalid_value; the message names the path: "params.content[0].mimeType: missing".
/// `path` is what the value is called in messages ("params", "result").
template <class T>
Result<T> decode(json&& value, std::string_view path = "value");

/// The params of a request or notification. Null (absent) params are read as an empty object.
/// Errors: invalid_params; also for names over kMaxNameBytes and URIs over kMaxUriBytes.
template <class T>
Result<T> decode_params(json&& params);

/// A complete result, of any revision (an absent `resultType` means complete).
/// Errors: invalid_value, also where the result is input_required or of a kind we do not know.
template <class T>
Result<T> decode_result(json&& result);

/// The same where input_required is allowed (tools/call, prompts/get, resources/read).
template <class T>
Result<std::variant<T, InputRequiredResult>> decode_answer(json&& result);

// ---- writing

/// What we say of ourselves in every modern result; made once a server.
class ServerStamp {
 public:
  explicit ServerStamp(const Implementation& server_info);
  std::string_view text() const { return text_; }  // "io.modelcontextprotocol/serverInfo":{…}

 private:
  std::string text_;
};

/// How a tool's structured output travels. One tool has one form, so that its schema and its values agree.
enum class OutputForm {
  by_value,  // wrapped if this value is no object and the revision wants objects
  as_is,     // the schema promises an object
  wrapped,   // {"result": value} wherever the revision wants objects
};
/// The form of a tool with this outputSchema: as_is where its root says type "object", else wrapped.
OutputForm output_form(const json& output_schema);

/// Whom a result is written for.
struct Receiver {
  Revision revision = kLatestRevision;
  const ServerStamp* stamp = nullptr;  // none = no serverInfo
  OutputForm output = OutputForm::by_value;  // CallToolResult only
};

/// Any type of <sumun/types.hpp> as text behind `out`. Results get resultType, cache hints and the stamp where the
/// revision has them.
template <class T>
void append(std::string& out, const T& value, const Receiver& receiver);

/// The same as a value (slower: for tests, storage and programs that look inside).
template <class T>
json encode(const T& value, const Receiver& receiver = {});

/// One whole message: {"jsonrpc":"2.0","id":…,"result":…}. The walk of a call ends here: no copy of the body is made.
template <class T>
std::string encode_response(const Id& id, const T& result, const Receiver& receiver) {
  std::string out;
  jsonrpc::begin_result(out, id);
  append(out, result, receiver);
  jsonrpc::end_message(out);
  return out;
}
template <class T>
std::string encode_request(const Id& id, std::string_view method, const T& params, Revision revision) {
  std::string out;
  jsonrpc::begin_request(out, id, method);
  append(out, params, Receiver{revision});
  jsonrpc::end_message(out);
  return out;
}
template <class T>
std::string encode_notification(std::string_view method, const T& params, Revision revision) {
  std::string out;
  jsonrpc::begin_notification(out, method);
  append(out, params, Receiver{revision});
  jsonrpc::end_message(out);
  return out;
}

/// "debug", "info", …: the specification's name of a level, and back.
std::string_view level_name(LoggingLevel level);
std::optional<LoggingLevel> level_of(std::string_view name);

// ---- questions to the client

/// elicitation/create, sampling/createMessage or roots/list
std::string_view method_of(const InputRequest& question);

/// Makes a question fit a revision, before it is pushed or put into inputRequests.
/// Leaves out:  what the revision's forms lack (2025-06-18: titled choices become enum and enumNames, defaults of strings
///              and numbers go, optional multiple choices go), `mode` and `elicitationId` where there are none; a list of
///              one content block becomes the block.
/// Errors:      unsupported, where the question cannot be asked at all: elicitation before 2025-06-18, URL before
///              2025-11-25, a required multiple choice in 2025-06-18, several blocks or tools in a sampling request
///              before 2025-11-25.
Result<InputRequest> fit_question(InputRequest question, Revision revision);

/// The same for the form's schema alone.
Result<json> fit_form_schema(json schema, Revision revision);

/// What the client must be able to do for this question.
ClientCapabilities needed_for(const InputRequest& question);
/// Whether it said so.
bool can_answer(const ClientCapabilities& client, const InputRequest& question);

/// The answer to `question`, read as the type that belongs to it.
/// Errors: invalid_params; the message begins with `path`.
Result<InputResponse> decode_input_response(const InputRequest& question, json&& answer, std::string_view path = "params.inputResponses");

/// The client's half: a question that was pushed as a request, or one of inputRequests.
/// Errors: invalid_params; method_not_found for another method.
Result<InputRequest> decode_question(std::string_view method, json&& params);

// ---- schemas

/// A tool's outputSchema for a revision that wants objects: {"type":"object","properties":{"result":schema},
/// "required":["result"]}. References into the schema ("#/…") are moved along.
json wrap_output_schema(json schema);

}  // namespace sumun::protocol
