// SPDX-License-Identifier: Apache-2.0
// EXPECT: sumun:
#include <sumun/server.hpp>

struct In {
  int a;
};

void add(sumun::Server& server) {
  server.tool("x", "d", [](In) -> int* { return nullptr; });
}
