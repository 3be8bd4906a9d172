// SPDX-License-Identifier: Apache-2.0
// Globs and predicates of policy rules from arbitrary text, against arbitrary names, URIs and arguments: nothing crashes,
// a text that matches itself is found, and both readings of a rule agree: what is allowed by one rule is refused by the same
// rule that denies.
// Shape: glob, text and predicate, each ended by a line feed; then JSON arguments.
#include "gate/glob.hpp"
#include "gate/predicate.hpp"

#include <sumun/json.hpp>
#include <sumun/policy.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using sumun::Decision;
using sumun::gate::Glob;
using sumun::gate::Predicate;
using sumun::gate::Truth;

namespace {

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(rest.size(), end + 1));
  return line;
}

void require(bool holds) {
  if (!holds) std::abort();
}

// The text as a glob that means just it.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("*?[]{}\\").find(c) != std::string_view::npos) out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

void check_globs(std::string_view pattern, std::string_view text) {
  for (const auto kind : {Glob::Kind::names, Glob::Kind::uris}) {
    if (const auto glob = Glob::compile(pattern, kind)) {
      const Truth found = glob->match(text);
      require(kind == Glob::Kind::uris || found != Truth::unknown || text.size() > sumun::gate::kMaxJudgedBytes);
      glob->may_match_template(text);
    }
    const auto own = Glob::compile(escaped(text), kind);
    if (own && text.size() <= sumun::gate::kMaxJudgedBytes) require(own->match(text) != Truth::no);
    const auto all = Glob::compile("**", kind);
    require(text.size() > sumun::gate::kMaxJudgedBytes || all->match(text) == Truth::yes);
  }
}

sumun::Decision decided(Decision decision, const std::string& pattern, const std::string& predicate, std::string_view name, const sumun::json& arguments) {
  sumun::PolicyRule rule;
  rule.target = "tool:" + pattern;
  rule.when = {predicate};
  rule.decision = decision;
  sumun::PolicyOptions options;
  options.rules = {rule};
  options.otherwise = decision == Decision::allow ? Decision::deny : Decision::allow;
  const auto policy = sumun::Policy::compile(options);
  if (!policy) return Decision::ask;
  const sumun::Principal who{"fuzz", {}, {}};
  sumun::PolicyRequest request{who, sumun::TargetKind::tool, name, ""};
  request.arguments = &arguments;
  policy->explain(request);
  if (policy->hides(request)) require(policy->decide(request).decision == Decision::deny);
  return policy->decide(request).decision;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const std::string_view pattern = take_line(rest), text = take_line(rest), predicate = take_line(rest);
  check_globs(pattern, text);
  auto arguments = sumun::parse_json(rest);
  if (!arguments || !arguments->is_object()) arguments = sumun::json::object();
  if (const auto made = Predicate::compile(predicate)) made->test(*arguments);
  // Whatever an allowing rule lets through, the same rule as a denial stops.
  const Decision allowed = decided(Decision::allow, std::string(pattern), std::string(predicate), text, *arguments);
  const Decision denied = decided(Decision::deny, std::string(pattern), std::string(predicate), text, *arguments);
  require((allowed == Decision::ask) == (denied == Decision::ask));
  if (allowed == Decision::allow) require(denied == Decision::deny);
  return 0;
}
