// SPDX-License-Identifier: Apache-2.0
// What a policy costs a call: the server `add` of examples/calculator, run in place, with no policy or with one of 20 rules of
// which the last decides. tests/bench/run measures both over stdio; alone, it prints what one decision takes.
//
// usage: bench_policy none|rules     serves over stdio
//        bench_policy                prints nanoseconds a decision
#include <sumun/sumun.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

namespace {

struct Sum {
  int a;
  int b;
};

// Each names another thing, so that every kind of condition is looked at before the last rule allows.
sumun::Policy twenty_rules() {
  sumun::PolicyOptions options;
  for (int i = 0; i < 19; ++i) {
    sumun::PolicyRule rule;
    const std::string number = std::to_string(i);
    switch (i % 5) {
      case 0: rule.principal = "robot-" + number + "-*"; break;
      case 1: rule.group = "group-" + number; break;
      case 2: rule.target = "tool:delete_*_" + number; break;
      case 3: rule.target = "resource:docs://secret/" + number + "/**"; break;
      case 4:
        rule.target = "tool:a*";
        rule.when = {"/a > " + std::to_string(1'000'000'000 + i), "/b in [1, 2, 3]"};
        break;
    }
    rule.decision = sumun::Decision::deny;
    options.rules.push_back(std::move(rule));
  }
  sumun::PolicyRule last;
  last.target = "tool:add*";
  last.effects = sumun::reads;
  last.decision = sumun::Decision::allow;
  options.rules.push_back(std::move(last));
  options.otherwise = sumun::Decision::deny;
  return sumun::Policy::compile(std::move(options)).value();
}

int print_cost() {
  const sumun::Policy policy = twenty_rules();
  const sumun::Principal who{"local:bench", {"staff"}, std::nullopt};
  const sumun::json arguments{{"a", 2}, {"b", 3}};
  sumun::PolicyRequest request{who, sumun::TargetKind::tool, "add", ""};
  request.arguments = &arguments;
  constexpr int kTimes = 1'000'000;
  std::size_t decided = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kTimes; ++i) decided += policy.decide(request).rule;
  const auto took = std::chrono::steady_clock::now() - begin;
  const double each = std::chrono::duration<double, std::nano>(took).count() / kTimes;
  std::printf("policy of 20 rules: %.0f ns a decision\n", each);
  return decided == std::size_t{19} * kTimes ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return print_cost();
  sumun::ServerOptions options;
  if (std::string_view(argv[1]) == "rules") options.policy = twenty_rules();
  sumun::Server server{"bench", "1.0.0", std::move(options)};
  server.tool("add", "Adds two integers", [](Sum in) { return in.a + in.b; }, {.effects = sumun::reads, .placement = sumun::Placement::quick});
  return sumun::run(server, 1, argv);
}
