// SPDX-License-Identifier: Apache-2.0
// The id of a request, which is also the shape of a progress token: a string or an integer.
#pragma once
#include <sumun/export.hpp>
#include <sumun/result.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace sumun {
inline namespace v0 {

/// A string or an integer of up to 64 bits, exactly as the peer wrote it (1 and "1" are different ids).
/// Spec: 2026-07-28 basic, Requests ("a string or integer ID", never null)
class SUMUN_EXPORT RequestId {
 public:
  RequestId() = default;  // the integer 0
  RequestId(std::int64_t value) : value_(value) {}           // NOLINT(google-explicit-constructor)
  RequestId(int value) : value_(std::int64_t{value}) {}      // NOLINT(google-explicit-constructor)
  RequestId(std::uint64_t value) {                           // NOLINT(google-explicit-constructor)
    if (value <= static_cast<std::uint64_t>(INT64_MAX)) {
      value_ = static_cast<std::int64_t>(value);
    } else {
      value_ = value;
    }
  }
  RequestId(std::string value) : value_(std::move(value)) {}            // NOLINT(google-explicit-constructor)
  RequestId(const char* value) : value_(std::string(value)) {}          // NOLINT(google-explicit-constructor)

  /// Reads an id; nothing for null, fractions, other types and strings over kMaxIdBytes.
  static std::optional<RequestId> from_json(const json& value);
  json to_json() const;
  /// Behind `out`, as JSON text.
  void append_to(std::string& out) const;

  bool is_string() const noexcept { return std::holds_alternative<std::string>(value_); }
  /// The string, or null where the id is a number.
  const std::string* string() const noexcept { return std::get_if<std::string>(&value_); }
  /// The integer, where it is one and fits.
  std::optional<std::int64_t> integer() const noexcept {
    const auto* number = std::get_if<std::int64_t>(&value_);
    return number != nullptr ? std::optional<std::int64_t>(*number) : std::nullopt;
  }
  std::size_t hash() const noexcept { return std::hash<decltype(value_)>{}(value_); }

  friend bool operator==(const RequestId&, const RequestId&) = default;
  friend auto operator<=>(const RequestId&, const RequestId&) = default;

 private:
  // The unsigned alternative holds only what the signed one cannot, so that equal ids compare equal.
  std::variant<std::int64_t, std::uint64_t, std::string> value_;
};

/// A progress token has the same shape. Spec: 2026-07-28 basic/patterns/progress
using ProgressToken = RequestId;

}  // namespace v0
}  // namespace sumun

template <>
struct std::hash<sumun::RequestId> {
  std::size_t operator()(const sumun::RequestId& id) const noexcept { return id.hash(); }
};
