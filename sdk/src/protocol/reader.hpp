// SPDX-License-Identifier: Apache-2.0
// Reading the types from JSON. fields.hpp says what members a type has; a Reader takes them out of an object, and
// the path to what is wrong is put together only when something is.
#pragma once
#include "base/json_text.hpp"

#include <sumun/revision.hpp>
#include <sumun/types.hpp>

#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace sumun::protocol {

/// Where in the message a value stands: a chain on the stack from the innermost outwards.
struct Path {
  const Path* parent = nullptr;
  std::string_view name;          // a member; empty for an array's element
  std::size_t index = 0;

  std::string text() const;
};

/// Why reading stopped; the first fault is the one that is told.
struct Fault {
  std::string message;

  bool set(const Path& path, std::string_view what) {
    message = path.text();
    message += ": ";
    message += what;
    return false;
  }
};

template <class T>
struct Fields;  // fields.hpp

template <class T>
struct EnumNames;  // fields.hpp

template <class T>
concept HasFields = requires { Fields<T>::kHasFields; };

template <class T>
concept HasEnumNames = requires { EnumNames<T>::kNames; };

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

bool read(json& value, std::string& out, const Path& path, Fault& fault);
bool read(json& value, bool& out, const Path& path, Fault& fault);
bool read(json& value, std::int64_t& out, const Path& path, Fault& fault);
bool read(json& value, double& out, const Path& path, Fault& fault);
bool read(json& value, RequestId& out, const Path& path, Fault& fault);
/// Any JSON value.
bool read(json& value, json& out, const Path& path, Fault& fault);
// The unions, told apart by what the specification says (codec.cpp).
bool read(json& value, ContentBlock& out, const Path& path, Fault& fault);
bool read(json& value, ResourceContents& out, const Path& path, Fault& fault);
bool read(json& value, CompletionReference& out, const Path& path, Fault& fault);
bool read(json& value, SamplingMessageContentBlock& out, const Path& path, Fault& fault);
bool read(json& value, SamplingContent& out, const Path& path, Fault& fault);
bool read(json& value, ElicitRequestParams& out, const Path& path, Fault& fault);
bool read(json& value, InputRequest& out, const Path& path, Fault& fault);

template <class T>
  requires HasEnumNames<T>
bool read(json& value, T& out, const Path& path, Fault& fault) {
  const auto* text = value.get_ptr<const json::string_t*>();
  if (text == nullptr) {
    return fault.set(path, "expected string");
  }
  std::size_t index = 0;
  for (const std::string_view name : EnumNames<T>::kNames) {
    if (name == *text) {
      out = static_cast<T>(index);
      return true;
    }
    ++index;
  }
  return fault.set(path, "unknown value " + in_quotes(*text));
}

template <class T>
bool read(json& value, std::vector<T>& out, const Path& path, Fault& fault);
template <class T>
bool read(json& value, std::map<std::string, T>& out, const Path& path, Fault& fault);
template <class T>
  requires HasFields<T>
bool read(json& value, T& out, const Path& path, Fault& fault);

template <class T>
bool read(json& value, std::vector<T>& out, const Path& path, Fault& fault) {
  auto* const items = value.get_ptr<json::array_t*>();
  if (items == nullptr) {
    return fault.set(path, "expected array");
  }
  out.resize(items->size());
  for (std::size_t index = 0; index < out.size(); ++index) {
    if (!read((*items)[index], out[index], Path{&path, {}, index}, fault)) {
      return false;
    }
  }
  return true;
}

template <class T>
bool read(json& value, std::map<std::string, T>& out, const Path& path, Fault& fault) {
  auto* const members = value.get_ptr<json::object_t*>();
  if (members == nullptr) {
    return fault.set(path, "expected object");
  }
  for (auto& [name, member] : *members) {
    if (!read(member, out[name], Path{&path, name}, fault)) {
      return false;
    }
  }
  return true;
}

/// Hands the members of one object to Fields<T>::visit. After a fault it does nothing more.
class Reader {
 public:
  Reader(json::object_t& members, const Path& path, Fault& fault) : members_(members), path_(path), fault_(fault) {}

  /// A member; one that is no std::optional must be there. A null stands for an absent optional: clients send it.
  template <class T>
  void operator()(std::string_view name, T& out, Feature = Feature::always) {
    json* const value = find(name);
    if constexpr (kIsOptional<T>) {
      if (value == nullptr || value->is_null()) {
        return;
      }
      ok_ = read(*value, out.emplace(), Path{&path_, name}, fault_);
    } else {
      if (value == nullptr) {
        missing(name);
        return;
      }
      ok_ = read(*value, out, Path{&path_, name}, fault_);
    }
  }

  /// One that may be null: the same as absent.
  template <class T>
  void nullable(std::string_view name, std::optional<T>& out) {
    (*this)(name, out);
  }

  /// A free object (json): the same, and it must be one.
  void object(std::string_view name, std::optional<json>& out, Feature = Feature::always);
  void object(std::string_view name, json& out, Feature = Feature::always);
  /// Any value at all, null too.
  void any(std::string_view name, std::optional<json>& out, Feature = Feature::always);
  void any(std::string_view name, json& out, Feature = Feature::always);

  // What a result says besides its own members (Writer has the other half).
  void constant(std::string_view, std::string_view) {}
  void result_type(std::string_view) {}
  void result_meta(std::optional<json>& meta) { object("_meta", meta); }
  void cache_hints(std::optional<std::int64_t>& ttl_ms, std::optional<CacheScope>& scope);
  void output(std::optional<json>& structured_content) { any("structuredContent", structured_content); }
  void output_schema(std::optional<json>& schema) { object("outputSchema", schema); }
  void legacy_output(std::vector<ContentBlock>& content, const std::optional<json>&) { (*this)("content", content); }

  bool ok() const { return ok_; }

 private:
  json* find(std::string_view name);
  void missing(std::string_view name);

  json::object_t& members_;
  const Path& path_;
  Fault& fault_;
  bool ok_ = true;
};

template <class T>
  requires HasFields<T>
bool read(json& value, T& out, const Path& path, Fault& fault) {
  auto* const members = value.get_ptr<json::object_t*>();
  if (members == nullptr) {
    return fault.set(path, "expected object");
  }
  Reader reader(*members, path, fault);
  Fields<T>::visit(reader, out);
  return reader.ok();
}

}  // namespace sumun::protocol
