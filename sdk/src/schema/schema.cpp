// SPDX-License-Identifier: Apache-2.0
// The public face of a compiled schema, and its violations as text and as the standard's output.
#include <sumun/schema.hpp>

#include "schema/check.hpp"

#include <algorithm>

namespace sumun {
inline namespace v0 {

Result<Schema> Schema::compile(json document, const SchemaOptions& options) {
  auto program = schema::compile_program(std::move(document), options);
  if (program.has_error()) return std::move(program).error();
  return Schema(*std::move(program));
}

Schema::Schema() {
  static const auto kEverything = [] {
    auto program = std::make_shared<Program>();
    program->document = json::object();
    program->nodes.emplace_back();
    program->glances.push_back({schema::kAllTypes, schema::Glance::Kind::nothing, 0});
    program->sources.push_back({0, "#"});
    program->resources.push_back({"", "#"});
    return std::shared_ptr<const Program>(std::move(program));
  }();
  program_ = kEverything;
}

bool Schema::valid(const json& instance) const {
  schema::Budget budget(program_->limits);
  return schema::check(*program_, 0, instance, budget);
}

std::vector<Violation> Schema::validate(const json& instance) const {
  schema::Budget budget(program_->limits);
  if (schema::check(*program_, 0, instance, budget)) return {};
  budget.renew();
  return schema::find_violations(*program_, 0, instance, budget);
}

std::vector<Violation> Schema::validate(json& instance, Defaults defaults) const {
  if (defaults == Defaults::leave || !program_->nodes[0].fills) return validate(std::as_const(instance));
  schema::Budget budget(program_->limits);
  auto filled = schema::fill_defaults(*program_, 0, instance, budget);
  if (!filled.bound.empty()) return {{"", "", std::move(filled.bound)}};
  const auto holds = [&] {
    budget.renew();
    return schema::check(*program_, 0, instance, budget);
  };
  if (holds()) return {};
  if (!filled.members.empty()) {  // a default may break what held without it
    filled.take_out();
    if (holds()) return {};
    filled.put_back();
  }
  budget.renew();
  return schema::find_violations(*program_, 0, instance, budget);
}

const json& Schema::document() const { return program_->document; }

namespace {

// From a JSON Pointer to the way people write places, a step that is a number taken for an index: a.b[3]["x-y"].
std::string as_written(std::string_view pointer) {
  std::string place;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const auto end = std::min(pointer.find('/'), pointer.size());
    std::string step(pointer.substr(0, end));
    pointer.remove_prefix(end);
    for (std::size_t i = step.find('~'); i != std::string::npos; i = step.find('~', i + 1)) {
      step.replace(i, 2, i + 1 < step.size() && step[i + 1] == '1' ? "/" : "~");
    }
    const bool index = !step.empty() && std::all_of(step.begin(), step.end(), [](char c) { return c >= '0' && c <= '9'; });
    place = index ? place + '[' + step + ']' : DecodePath(place).member(step).text();
  }
  return place;
}

}  // namespace

std::string Violation::sentence(std::string_view root) const {
  const std::string below = written_location.empty() ? as_written(instance_location) : written_location;
  std::string place(root);
  if (!place.empty() && !below.empty() && below.front() != '[') place += '.';
  place += below;
  return place.empty() ? message : place + ": " + message;
}

std::string explain(const std::vector<Violation>& violations, std::string_view root) {
  std::string out;
  for (const auto& one : violations) {
    if (!out.empty()) out += '\n';
    out += one.sentence(root);
  }
  return out;
}

json flag_output(const std::vector<Violation>& violations) { return json{{"valid", violations.empty()}}; }

json basic_output(const std::vector<Violation>& violations) {
  json out = flag_output(violations);
  if (violations.empty()) return out;
  json& errors = out["errors"] = json::array();
  for (const auto& one : violations) {
    json& error = errors.emplace_back(json::object());
    error["keywordLocation"] = one.keyword_location;
    if (!one.absolute_keyword_location.empty()) error["absoluteKeywordLocation"] = one.absolute_keyword_location;
    error["instanceLocation"] = one.instance_location;
    error["error"] = one.message;
  }
  return out;
}

}  // namespace v0
}  // namespace sumun
