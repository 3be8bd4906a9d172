// SPDX-License-Identifier: Apache-2.0
// How values, types and names are written in a message, and which name was probably meant.
#include "schema/words.hpp"

#include "base/ascii.hpp"
#include "schema/program.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace sumun::schema {

std::string pointer_step(std::string_view name) {
  std::string out;
  for (char c : name) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

namespace {

constexpr std::size_t kComparedBytes = 64;  // longer names are not taken for misspellings

char folded(char c) { return c == '-' ? '_' : lower(c); }

// How many single-character edits, transpositions included, lie between two names, case and -/_ aside; of more than `most`
// only that they are more.
std::size_t edits(std::string_view a, std::string_view b, std::size_t most, Budget& budget) {
  using Row = std::array<std::size_t, kComparedBytes + 1>;
  Row before{}, last{}, row{};
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = folded(a[i - 1]) == folded(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) && folded(a[i - 2]) == folded(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    const auto least = [&](const Row& one) { return *std::min_element(one.begin(), one.begin() + static_cast<std::ptrdiff_t>(b.size()) + 1); };
    if (!budget.take_hint(b.size()) || std::min(least(row), least(last)) > most) return most + 1;
    before = last;
    last = row;
  }
  return last[b.size()];
}

}  // namespace

std::string_view nearest_name(std::string_view name, const std::vector<std::string_view>& names, Budget& budget) {
  std::string_view best;
  if (name.empty() || name.size() > kComparedBytes) return best;
  std::size_t best_edits = 1 + name.size() / 3;  // "limt" may be "limit"; "xy" is not "id"
  for (std::string_view one : names) {
    if (!budget.take_hint(4)) return {};
    if (one.empty() || one.size() > kComparedBytes) continue;
    const std::size_t longer = std::max(one.size(), name.size()), shorter = std::min(one.size(), name.size());
    if (longer - shorter > best_edits) continue;
    const std::size_t far = edits(name, one, best_edits, budget);
    if (far < best_edits || (far == best_edits && best.empty() && far < one.size() && far <= 1 + one.size() / 3 && name.size() > 2)) {
      best = one;
      best_edits = far;
    }
  }
  return best;
}

std::string shown(const json& value) {
  switch (value.type()) {
    case json::value_t::string: return in_quotes(value.get_ref<const std::string&>());
    case json::value_t::object: return "an object";
    case json::value_t::array: return "an array";
    default: return value.dump();
  }
}

std::string shown_allowed(const json& value) {  // structured constants of the schema are short enough to be shown
  if (!value.is_structured()) return shown(value);
  std::string text = escape_unseen(value.dump(-1, ' ', false, json::error_handler_t::replace));
  return text.size() <= kShownBytes ? text : shown(value);
}

std::string with_type(const json& value) {  // "string \"x\"", "number 3.5", "null"
  if (value.is_string()) return "string " + shown(value);
  if (value.is_number()) return "number " + shown(value);
  return shown(value);
}

std::string type_names(std::uint8_t bits) {
  std::vector<std::string_view> names;
  if (bits & kStringBit) names.push_back("string");
  if (bits & kFractionBit) {
    names.push_back("number");
  } else if (bits & kIntegerBit) {
    names.push_back("integer");
  }
  if (bits & kBooleanBit) names.push_back("boolean");
  if (bits & kArrayBit) names.push_back("array");
  if (bits & kObjectBit) names.push_back("object");
  if (bits & kNullBit) names.push_back("null");
  if (names.empty()) return "nothing";
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
    out += names[i];
  }
  return out;
}

std::string shown_count(std::uint64_t count) {
  return count == std::numeric_limits<std::uint64_t>::max() ? std::string("2^64-1 or more") : std::to_string(count);
}

std::string plural(std::uint64_t count, std::string_view one, std::string_view many) {
  return shown_count(count) + " " + std::string(count == 1 ? one : many);
}

}  // namespace sumun::schema
