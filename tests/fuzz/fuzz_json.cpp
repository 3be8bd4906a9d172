// SPDX-License-Identifier: Apache-2.0
// The JSON reader against any bytes: nlohmann's reader is the judge of what is JSON and of its value; what ours takes
// writes and reads back, canonically too.
#include "base/canonical.hpp"
#include "base/json_text.hpp"

#include <sumun/json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace sumun;

namespace {

void must(bool ok) {
  if (!ok) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<json> value = parse_json(text);
  if (!value) {
    must(value.error().code == ErrorCode::parse_error && !value.error().message.empty() && is_utf8(value.error().message));
    // Ours refuses more than nlohmann's: duplicate names, depth, too many values, a byte order mark; and a NUL byte is
    // no end of input.
    const std::string& why = value.error().message;
    const bool stricter = why.find("duplicate member name") != why.npos || why.find("nested too deeply") != why.npos ||
                          why.find("too many values") != why.npos || why.find("NUL byte") != why.npos || text.starts_with("\xEF\xBB\xBF");
    must(stricter || json::parse(text, nullptr, false).is_discarded());
    return 0;
  }
  must(json::parse(text, nullptr, false) == *value);
  const std::string written = dump_json(*value);
  const Result<json> again = parse_json(written);
  must(again.has_value() && *again == *value && dump_json(*again) == written);
  const std::string canonical = canonical_json(*value);
  const Result<json> from_canonical = parse_json(canonical);
  must(from_canonical.has_value() && canonical_json(*from_canonical) == canonical);
  return 0;
}
