// SPDX-License-Identifier: Apache-2.0
// EXPECT: sumun: a handler is a function, a lambda without auto parameters, or an object with one operator()
#include <sumun/server.hpp>

struct In {
  int a;
};

void add(sumun::Server& server) {
  server.tool("x", "d", 5);
}
