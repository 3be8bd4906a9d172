// SPDX-License-Identifier: Apache-2.0
// EXPECT: sumun: a resource's handler returns its text (std::string) or a ReadResourceResult
#include <sumun/server.hpp>

struct In {
  int a;
};

void add(sumun::Server& server) {
  server.resource({.uri = "x:1", .name = "x"}, [] { return 5; });
}
