// SPDX-License-Identifier: Apache-2.0
// EXPECT: sumun: a handler takes (), (Input), (Call&) or (Input, Call&)
#include <sumun/server.hpp>

struct In {
  int a;
};

void add(sumun::Server& server) {
  server.tool("x", "d", [](In, const sumun::Call&) { return 1; });
}
