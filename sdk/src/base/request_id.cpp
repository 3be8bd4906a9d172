// SPDX-License-Identifier: Apache-2.0
// Request ids from and to JSON.
#include "base/json_text.hpp"

#include <sumun/limits.hpp>
#include <sumun/request_id.hpp>

#include <cmath>

namespace sumun {
inline namespace v0 {

std::optional<RequestId> RequestId::from_json(const json& value) {
  switch (value.type()) {
    case json::value_t::number_unsigned:
      return RequestId(*value.get_ptr<const json::number_unsigned_t*>());
    case json::value_t::number_integer:
      return RequestId(*value.get_ptr<const json::number_integer_t*>());
    case json::value_t::number_float: {
      // 1.0 is an integer in JSON; beyond 2^53 a double no longer says which one.
      const double number = *value.get_ptr<const json::number_float_t*>();
      if (std::abs(number) <= 9007199254740991.0 && std::trunc(number) == number) {
        return RequestId(static_cast<std::int64_t>(number));
      }
      return std::nullopt;
    }
    case json::value_t::string: {
      const auto& text = *value.get_ptr<const json::string_t*>();
      return text.size() <= kMaxIdBytes ? std::optional<RequestId>(RequestId(text)) : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

json RequestId::to_json() const {
  return std::visit([](const auto& value) { return json(value); }, value_);
}

void RequestId::append_to(std::string& out) const {
  if (const auto* text = std::get_if<std::string>(&value_)) {
    append_json_string(out, *text);
  } else if (const auto* number = std::get_if<std::int64_t>(&value_)) {
    append_json_integer(out, *number);
  } else {
    append_json_integer(out, std::get<std::uint64_t>(value_));
  }
}

}  // namespace v0
}  // namespace sumun
