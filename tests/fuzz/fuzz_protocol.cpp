// SPDX-License-Identifier: Apache-2.0
// The codec against any JSON: the first byte chooses what is read, the rest is its JSON. What decodes encodes
// for every revision to well-formed text, and for the latest one to what decodes to the same value.
#include "protocol/codec.hpp"
#include "protocol/errors.hpp"
#include "protocol/meta.hpp"
#include "protocol/methods.hpp"

#include <sumun/json.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace sumun;
using namespace sumun::protocol;

namespace {

void must(bool ok) {
  if (!ok) {
    std::abort();
  }
}

template <class T>
void round_trip(const json& input) {
  json copy = input;
  const Result<T> value = decode<T>(std::move(copy));
  if (!value) {
    must(value.error().message.starts_with("value"));
    return;
  }
  for (const Revision revision : kRevisions) {
    std::string text;
    append(text, *value, Receiver{revision});
    must(parse_json(text, {.max_depth = 1000}).has_value());
  }
  json encoded = encode(*value);
  const Result<T> again = decode<T>(std::move(encoded));
  must(again.has_value());
  must(encode(*again) == encode(*value));
}

void questions(const json& input) {
  json copy = input;
  const Result<InputRequest> question = decode<InputRequest>(std::move(copy));
  if (!question) {
    return;
  }
  for (const Revision revision : kRevisions) {
    const Result<InputRequest> fit = fit_question(*question, revision);
    if (fit) {
      std::string text;
      append(text, *fit, Receiver{revision});
      must(parse_json(text, {.max_depth = 1000}).has_value());
      const Result<InputRequest> twice = fit_question(*fit, revision);
      must(twice.has_value() && *twice == *fit);
    }
  }
  (void)needed_for(*question);
}

void meta(const json& input) {
  for (const LegacySession session : {LegacySession::none, LegacySession::open}) {
    json params = input;
    const Result<RequestMeta> read = take_request_meta(params, session);
    must(!params.is_object() || !params.contains("_meta") || read.has_error());
    if (read && read->protocolVersion == std::string(version_string(kLatestRevision))) {
      json again = json::object();
      again["_meta"] = encode_request_meta(*read);
      const Result<RequestMeta> twice = take_request_meta(again, session);
      must(twice.has_value() && *twice == *read);
    }
  }
}

void schemas(const json& input) {
  (void)wrap_output_schema(input);
  (void)output_form(input);
}

void answers(const json& input) {
  (void)decode_answer<CallToolResult>(json(input));
  (void)decode_result<DiscoverResult>(json(input));
  (void)decode_params<SubscriptionsListenRequestParams>(json(input));
}

using Target = void (*)(const json&);
constexpr std::array<Target, 20> kTargets = {
    round_trip<CallToolRequestParams>, round_trip<CallToolResult>, round_trip<ListToolsResult>, round_trip<ListResourcesResult>,
    round_trip<ReadResourceResult>, round_trip<ListPromptsResult>, round_trip<GetPromptResult>, round_trip<CompleteRequestParams>,
    round_trip<CreateMessageRequestParams>, round_trip<CreateMessageResult>, round_trip<InputRequiredResult>,
    round_trip<ClientCapabilities>, round_trip<InitializeRequestParams>, round_trip<ElicitRequestParams>,
    round_trip<ProgressNotificationParams>, round_trip<SubscriptionsListenRequestParams>, questions, meta, schemas, answers};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const Result<json> input = parse_json(text);
  if (input) {
    kTargets[data[0] % kTargets.size()](*input);
  } else {
    (void)find_method(text);
    (void)is_valid_meta_key(text);
    (void)is_reserved_meta_key(text);
  }
  return 0;
}
