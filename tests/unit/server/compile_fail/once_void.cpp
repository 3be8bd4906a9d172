// SPDX-License-Identifier: Apache-2.0
// EXPECT: sumun: once() keeps a value
#include <sumun/server.hpp>

struct In {
  int a;
};

void add(sumun::Server& server) {
  server.tool("x", "d", [](sumun::Call& call) { call.once("k", [] {}); });
}
