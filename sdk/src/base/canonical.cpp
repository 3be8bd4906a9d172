// SPDX-License-Identifier: Apache-2.0
// Canonical JSON text (RFC 8785) and SHA-256.
#include "base/canonical.hpp"

#include "base/json_text.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

namespace sumun {
namespace {

constexpr std::size_t kDeepest = 1000;

// Whether `left` comes before `right` in UTF-16 code units. In UTF-8 order only one thing differs: characters beyond
// U+FFFF (lead byte F0 and up) are written with surrogates, which come before U+E000 to U+FFFF (lead bytes EE, EF).
bool utf16_less(std::string_view left, std::string_view right) {
  const auto [l, r] = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
  if (l == left.end() || r == right.end()) {
    return l == left.end() && r != right.end();
  }
  const auto a = static_cast<unsigned char>(*l);
  const auto b = static_cast<unsigned char>(*r);
  // Where lead bytes differ, both are leads or both are continuations of equal leads.
  const bool a_surrogate = a >= 0xF0;
  const bool b_surrogate = b >= 0xF0;
  if (a_surrogate != b_surrogate) {
    return a_surrogate ? b >= 0xEE : a < 0xEE;
  }
  return a < b;
}

void append_canonical(std::string& out, const json& value, std::size_t depth) {
  if (depth > kDeepest) {
    out += "null";
    return;
  }
  switch (value.type()) {
    case json::value_t::object: {
      // The map is in UTF-8 order already; it is sorted again only where that can differ.
      std::vector<const json::object_t::value_type*> members;
      bool sorted = true;
      for (const auto& member : *value.get_ptr<const json::object_t*>()) {
        if (!members.empty() && sorted) {
          sorted = utf16_less(members.back()->first, member.first);
        }
        members.push_back(&member);
      }
      if (!sorted) {
        std::sort(members.begin(), members.end(),
                  [](const auto* a, const auto* b) { return utf16_less(a->first, b->first); });
      }
      char separator = '{';
      for (const auto* member : members) {
        out.push_back(separator);
        append_json_string(out, member->first);
        out.push_back(':');
        append_canonical(out, member->second, depth + 1);
        separator = ',';
      }
      out += separator == '{' ? "{}" : "}";
      return;
    }
    case json::value_t::array: {
      char separator = '[';
      for (const json& item : *value.get_ptr<const json::array_t*>()) {
        out.push_back(separator);
        append_canonical(out, item, depth + 1);
        separator = ',';
      }
      out += separator == '[' ? "[]" : "]";
      return;
    }
    case json::value_t::number_float: append_ecmascript_number(out, *value.get_ptr<const json::number_float_t*>()); return;
    default: append_json(out, value);  // strings, exact integers, true, false, null
  }
}

}  // namespace

std::string canonical_json(const json& value) {
  std::string out;
  append_canonical(out, value, 0);
  return out;
}

Digest sha256(std::string_view bytes) {
  // Fetched once, a context a thread: looking the algorithm up takes longer than a short text.
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  thread_local const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  Digest digest{};
  unsigned int size = 0;
  if (EVP_DigestInit_ex2(context.get(), algorithm, nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), digest.data(), &size) != 1) {
    std::abort();  // no memory, or a crypto library without SHA-256: nothing bound to a digest is safe
  }
  return digest;
}

Digest stable_digest(const json& value) { return sha256(canonical_json(value)); }

std::string to_hex(const Digest& digest) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  out.reserve(digest.size() * 2);
  for (const std::uint8_t byte : digest) {
    out.push_back(kHex[byte >> 4U]);
    out.push_back(kHex[byte & 0xFU]);
  }
  return out;
}

}  // namespace sumun
