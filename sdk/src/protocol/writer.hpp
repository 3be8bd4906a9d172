// SPDX-License-Identifier: Apache-2.0
// Writing the types as JSON text for a revision: straight into the message, no values in between. fields.hpp says what
// members a type has and which feature each needs; what the receiver's revision lacks is left out here, in one place.
#pragma once
#include "base/json_text.hpp"
#include "protocol/codec.hpp"
#include "protocol/reader.hpp"

#include <sumun/revision.hpp>
#include <sumun/types.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sumun::protocol {

/// What all writers of one message share.
struct Target {
  std::string& out;
  const Receiver& receiver;

  bool allows(Feature feature) const { return sumun::allows(receiver.revision, feature); }
};

inline void write(const Target& to, const std::string& value) { append_json_string(to.out, value); }
inline void write(const Target& to, bool value) { to.out += value ? "true" : "false"; }
inline void write(const Target& to, std::int64_t value) { append_json_integer(to.out, value); }
inline void write(const Target& to, double value) { append_ecmascript_number(to.out, value); }
inline void write(const Target& to, const RequestId& value) { value.append_to(to.out); }
inline void write(const Target& to, const json& value) { append_json(to.out, value); }
void write(const Target& to, const ContentBlock& value);
void write(const Target& to, const ResourceContents& value);
void write(const Target& to, const CompletionReference& value);
void write(const Target& to, const SamplingMessageContentBlock& value);
void write(const Target& to, const SamplingContent& value);
void write(const Target& to, const ElicitRequestParams& value);
void write(const Target& to, const InputRequest& value);

template <class T>
  requires HasEnumNames<T>
void write(const Target& to, T value) {
  to.out += '"';
  to.out += EnumNames<T>::kNames[static_cast<std::size_t>(value)];
  to.out += '"';
}

template <class T>
  requires HasFields<T>
void write(const Target& to, const T& value);
template <class T>
void write(const Target& to, const std::map<std::string, T>& value);

template <class T>
void write(const Target& to, const std::vector<T>& value) {
  char separator = '[';
  for (const T& item : value) {
    to.out += separator;
    write(to, item);
    separator = ',';
  }
  to.out += separator == '[' ? "[]" : "]";
}

template <class T>
void write(const Target& to, const std::map<std::string, T>& value) {
  char separator = '{';
  for (const auto& [name, item] : value) {
    to.out += separator;
    append_json_string(to.out, name);
    to.out += ':';
    write(to, item);
    separator = ',';
  }
  to.out += separator == '{' ? "{}" : "}";
}

/// Takes the members of one object from Fields<T>::visit.
class Writer {
 public:
  explicit Writer(const Target& to) : to_(to) {}

  template <class T>
  void operator()(std::string_view name, const T& value, Feature feature = Feature::always) {
    if (!to_.allows(feature)) {
      return;
    }
    if constexpr (kIsOptional<T>) {
      if (value) {
        begin(name);
        write(to_, *value);
      }
    } else {
      begin(name);
      write(to_, value);
    }
  }
  /// Written in any case, as null where there is none.
  template <class T>
  void nullable(std::string_view name, const std::optional<T>& value) {
    begin(name);
    if (value) {
      write(to_, *value);
    } else {
      to_.out += "null";
    }
  }
  template <class T>
  void object(std::string_view name, const T& value, Feature feature = Feature::always) {
    (*this)(name, value, feature);
  }
  template <class T>
  void any(std::string_view name, const T& value, Feature feature = Feature::always) {
    (*this)(name, value, feature);
  }

  /// A discriminator: the same in every value of the type.
  void constant(std::string_view name, std::string_view value) {
    begin(name);
    append_json_string(to_.out, value);
  }
  /// `resultType`, where the revision has it.
  void result_type(std::string_view type) {
    if (to_.allows(Feature::result_type)) {
      constant("resultType", type);
    }
  }
  /// `_meta` of a result, with the server's stamp where the revision has it.
  void result_meta(const std::optional<json>& meta);
  /// `ttlMs` and `cacheScope`, which the revisions that have them demand.
  void cache_hints(const std::optional<std::int64_t>& ttl_ms, const std::optional<CacheScope>& scope);
  /// `structuredContent`, wrapped where the revision wants an object.
  void output(const std::optional<json>& structured_content);
  /// `outputSchema`, wrapped likewise.
  void output_schema(const std::optional<json>& schema);
  /// `content`; if it is empty and the revision has no structured output, that output as text.
  void legacy_output(const std::vector<ContentBlock>& content, const std::optional<json>& structured_content);

  void end() { to_.out += first_ ? "{}" : "}"; }

 private:
  void begin(std::string_view name) {
    to_.out += first_ ? "{\"" : ",\"";
    to_.out += name;  // ours, plain ASCII
    to_.out += "\":";
    first_ = false;
  }

  const Target& to_;
  bool first_ = true;
};

template <class T>
  requires HasFields<T>
void write(const Target& to, const T& value) {
  Writer writer(to);
  Fields<T>::visit(writer, value);
  writer.end();
}

}  // namespace sumun::protocol
