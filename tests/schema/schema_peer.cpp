// SPDX-License-Identifier: Apache-2.0
// Our side of the differential test: compiles and validates what differential.mjs asks for, a JSON line each way.
// Shape: {"schema", "instances": […]} → {"valid": [bool…]} or {"refused": message}
#include <sumun/json.hpp>
#include <sumun/schema.hpp>

#include <iostream>
#include <string>

using sumun::json;

namespace {

json answer_to(const json& question) {
  const auto schema = sumun::Schema::compile(question.at("schema"));
  if (schema.has_error()) return {{"refused", schema.error().message}};
  json verdicts = json::array();
  for (const auto& instance : question.at("instances")) {
    const auto violations = schema->validate(instance);
    if (schema->valid(instance) != violations.empty()) return {{"refused", "valid() and validate() disagree on " + sumun::dump_json(instance)}};
    verdicts.push_back(violations.empty());
  }
  return {{"valid", std::move(verdicts)}};
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    const auto question = sumun::parse_json(line);
    const bool complete = question.has_value() && question->is_object() && question->contains("schema") && question->contains("instances");
    const json answer = complete ? answer_to(*question) : json{{"refused", "not a question"}};
    std::cout << sumun::dump_json(answer) << '\n' << std::flush;
  }
  return 0;
}
