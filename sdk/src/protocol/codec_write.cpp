// SPDX-License-Identifier: Apache-2.0
// The codec's writing half, compiled here for every type, and what stands in for what a revision lacks.
#include "protocol/codec.hpp"
#include "protocol/fields.hpp"
#include "protocol/meta.hpp"
#include "protocol/type_list.hpp"
#include "protocol/writer.hpp"

#include <sumun/json.hpp>

#include <limits>

namespace sumun::protocol {
namespace {

// A link for a reader that knows no links: what it is called, where it is, what it is.
TextContent as_text(const ResourceLink& link) {
  TextContent text;
  text.text = (link.title ? *link.title : link.name) + ": " + link.uri;
  if (link.description) {
    text.text += "\n" + *link.description;
  }
  text.annotations = link.annotations;
  return text;
}

TextContent as_text(const AudioContent& audio) {
  TextContent text;
  text.text = "(audio left out: " + audio.mimeType + ", about " + std::to_string(audio.data.size() / 4 * 3) +
              " bytes; this revision of the protocol carries none)";
  text.annotations = audio.annotations;
  return text;
}

void write_block(const Target& to, const auto& block) { write(to, block); }
void write_block(const Target& to, const ResourceLink& link) {
  if (to.allows(Feature::resource_links)) {
    write(to, link);
  } else {
    write(to, as_text(link));
  }
}
void write_block(const Target& to, const AudioContent& audio) {
  if (to.allows(Feature::audio)) {
    write(to, audio);
  } else {
    write(to, as_text(audio));
  }
}

bool is_wrapped(const Receiver& receiver, const json& value) {
  switch (receiver.output) {
    case OutputForm::as_is:
      return false;
    case OutputForm::wrapped:
      return true;
    case OutputForm::by_value:
      break;
  }
  return !value.is_object();
}

}  // namespace

// ---- members

void Writer::result_meta(const std::optional<json>& meta) {
  if (to_.receiver.stamp == nullptr || !to_.allows(Feature::server_info_meta)) {
    (*this)("_meta", meta);
    return;
  }
  begin("_meta");
  to_.out += '{';
  to_.out += to_.receiver.stamp->text();
  if (meta && meta->is_object()) {
    for (const auto& [name, value] : *meta->get_ptr<const json::object_t*>()) {
      if (name != kServerInfoKey) {
        to_.out += ',';
        append_json_string(to_.out, name);
        to_.out += ':';
        append_json(to_.out, value);
      }
    }
  }
  to_.out += '}';
}

void Writer::cache_hints(const std::optional<std::int64_t>& ttl_ms, const std::optional<CacheScope>& scope) {
  if (to_.allows(Feature::cache_hints)) {
    (*this)("ttlMs", ttl_ms.value_or(0));
    (*this)("cacheScope", scope.value_or(CacheScope::private_));
  }
}

void Writer::output(const std::optional<json>& structured_content) {
  if (!structured_content || !to_.allows(Feature::structured_output)) {
    return;
  }
  begin("structuredContent");
  if (to_.allows(Feature::wrapped_output) && is_wrapped(to_.receiver, *structured_content)) {
    to_.out += "{\"result\":";
    append_json(to_.out, *structured_content);
    to_.out += '}';
  } else {
    append_json(to_.out, *structured_content);
  }
}

void Writer::output_schema(const std::optional<json>& schema) {
  if (!schema || !to_.allows(Feature::structured_output)) {
    return;
  }
  begin("outputSchema");
  if (to_.allows(Feature::wrapped_output) && output_form(*schema) == OutputForm::wrapped) {
    append_json(to_.out, wrap_output_schema(*schema));
  } else {
    append_json(to_.out, *schema);
  }
}

void Writer::legacy_output(const std::vector<ContentBlock>& content, const std::optional<json>& structured_content) {
  if (content.empty() && structured_content && !to_.allows(Feature::structured_output)) {
    begin("content");
    to_.out += '[';
    write(to_, text_content(dump_json(*structured_content)));
    to_.out += ']';
    return;
  }
  (*this)("content", content);
}

// ---- the unions

void write(const Target& to, const ContentBlock& value) {
  std::visit([&to](const auto& block) { write_block(to, block); }, value);
}
void write(const Target& to, const SamplingMessageContentBlock& value) {
  std::visit([&to](const auto& block) { write_block(to, block); }, value);
}
void write(const Target& to, const SamplingContent& value) {
  std::visit([&to](const auto& content) { write(to, content); }, value);
}
void write(const Target& to, const ResourceContents& value) {
  std::visit([&to](const auto& contents) { write(to, contents); }, value);
}
void write(const Target& to, const CompletionReference& value) {
  std::visit([&to](const auto& reference) { write(to, reference); }, value);
}
void write(const Target& to, const ElicitRequestParams& value) {
  std::visit([&to](const auto& mode) { write(to, mode); }, value);
}
void write(const Target& to, const InputRequest& value) {
  to.out += "{\"method\":\"";
  to.out += method_of(value);
  to.out += '"';
  const auto* const roots = std::get_if<ListRootsRequestParams>(&value);
  if (roots == nullptr || roots->_meta) {
    to.out += ",\"params\":";
    std::visit([&to](const auto& params) { write(to, params); }, value);
  }
  to.out += '}';
}

// ---- the public half

ServerStamp::ServerStamp(const Implementation& server_info) {
  append_json_string(text_, kServerInfoKey);
  text_ += ':';
  append(text_, server_info, Receiver{});
}

template <class T>
void append(std::string& out, const T& value, const Receiver& receiver) {
  write(Target{out, receiver}, value);
}

template <class T>
json encode(const T& value, const Receiver& receiver) {
  std::string text;
  append(text, value, receiver);
  constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();
  Result<json> read_back = parse_json(text, ParseLimits{kAny, kAny});
  return read_back ? *std::move(read_back) : json();  // our own text is well-formed
}

#define SUMUN_ENCODE(Type)                                                      \
  template void append<Type>(std::string&, const Type&, const Receiver&);      \
  template json encode<Type>(const Type&, const Receiver&);
SUMUN_PARAMS_TYPES(SUMUN_ENCODE)
SUMUN_RESULT_TYPES(SUMUN_ENCODE)
SUMUN_OTHER_TYPES(SUMUN_ENCODE)

std::string_view level_name(LoggingLevel level) { return EnumNames<LoggingLevel>::kNames[static_cast<std::size_t>(level)]; }

std::optional<LoggingLevel> level_of(std::string_view name) {
  std::size_t index = 0;
  for (const std::string_view known : EnumNames<LoggingLevel>::kNames) {
    if (known == name) {
      return static_cast<LoggingLevel>(index);
    }
    ++index;
  }
  return std::nullopt;
}

}  // namespace sumun::protocol
