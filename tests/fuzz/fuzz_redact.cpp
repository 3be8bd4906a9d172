// SPDX-License-Identifier: Apache-2.0
// Redaction of arbitrary texts and arguments: nothing crashes, and a card, an address, a token and a password that are put
// somewhere are gone wherever they were put.
// Shape: a text; as JSON it is taken for arguments too.
#include "gate/redact.hpp"
#include "gate/secrets.hpp"

#include <sumun/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using sumun::json;
using sumun::gate::Redactor;

namespace {

constexpr std::string_view kSecrets[] = {"4111 1111 1111 1111", "jo@example.org", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"};

void require(bool holds) {
  if (!holds) std::abort();
}

void check_text(std::string_view text) {
  const std::string_view before = text.substr(0, text.size() / 2), behind = text.substr(text.size() / 2);
  for (const std::string_view secret : kSecrets) {
    // A line end apart: what is around it must not hide it.
    const std::string alone = "\n" + std::string(secret) + "\n";
    require(sumun::gate::without_secrets(std::string(before) + alone + std::string(behind)).find(alone) == std::string::npos);
  }
}

const Redactor& redactor() {
  static const Redactor made = [] {
    sumun::AuditOptions options;
    options.redact = {"/iban", "/items/*/sku", "/*/0/x"};
    options.patterns = {"^K-[0-9]{3}$", "(q|x)+z"};
    return Redactor::compile(options).value();
  }();
  return made;
}

void check_arguments(json value, std::string_view text) {
  redactor().arguments(value);
  redactor().result(value);
  if (!value.is_object()) return;
  value["password"] = "pw-5f1c";
  value["iban"] = "ib-5f1c";
  value["note"] = {{"deep", json::array({std::string(text), "to jo@example.org", 4111111111111111})}};
  const std::string shown = sumun::dump_json(redactor().arguments(value));
  for (const char* secret : {"pw-5f1c", "ib-5f1c", "to jo@example.org", "4111111111111111"})
    if (text.find(secret) == std::string_view::npos) require(shown.find(secret) == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_text(text);
  redactor().text(text);
  if (auto value = sumun::parse_json(text)) check_arguments(*std::move(value), text);
  return 0;
}
