// SPDX-License-Identifier: Apache-2.0
// EXPECT: sumun: the handler of one resource takes () or (Call&)
#include <sumun/server.hpp>

struct In {
  int a;
};

void add(sumun::Server& server) {
  server.resource({.uri = "x:1", .name = "x"}, [](In) { return "x"; });
}
