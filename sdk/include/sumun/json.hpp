// SPDX-License-Identifier: Apache-2.0
// JSON text in and out. Values are nlohmann::json (sumun::json); the reader and the writer are ours, because what a
// peer sends must be refused while it is read (depth, duplicate names, bad UTF-8) and writing must never throw.
#pragma once
#include <sumun/export.hpp>
#include <sumun/limits.hpp>
#include <sumun/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace sumun {
inline namespace v0 {

/// What a text may hold at most.
struct ParseLimits {
  std::size_t max_depth = kMaxJsonDepth;    // nesting of arrays and objects (a lone scalar has none); never over 1,100
  std::size_t max_values = kMaxJsonValues;  // scalars, arrays and objects together
};

/// Reads one JSON text (RFC 8259), all of it.
/// Refuses, while reading: duplicate member names, lone surrogates, invalid UTF-8, NUL bytes, a byte order mark,
///          nesting or values over the limit, numbers outside the range of a double, and anything behind the value.
/// Numbers: integers that fit 64 bits stay exact (signed where negative, else unsigned), others become double.
/// Errors:  parse_error; the message says what and at which byte offset, and never repeats the input
///          (a duplicate member name excepted, cut at 64 bytes).
/// Thread:  any.
SUMUN_EXPORT Result<json> parse_json(std::string_view text, ParseLimits limits = {});

/// Writes `value` as compact JSON text. Never throws but for memory: invalid UTF-8 becomes U+FFFD, NaN and the
/// infinities become null, nesting below 1,000 levels becomes null.
SUMUN_EXPORT std::string dump_json(const json& value);
/// The same, behind what `out` already holds.
SUMUN_EXPORT void append_json(std::string& out, const json& value);

}  // namespace v0
}  // namespace sumun
