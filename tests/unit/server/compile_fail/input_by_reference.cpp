// SPDX-License-Identifier: Apache-2.0
// EXPECT: sumun: a handler takes its input by value or const reference
#include <sumun/server.hpp>

struct In {
  int a;
};

void add(sumun::Server& server) {
  server.tool("x", "d", [](In&) { return 1; });
}
