// SPDX-License-Identifier: Apache-2.0
// EXPECT: sumun: ask at least one question
#include <sumun/server.hpp>

struct In {
  int a;
};

void add(sumun::Server& server) {
  server.tool("x", "d", [](sumun::Call& call) { return call.ask().has_value(); });
}
