// SPDX-License-Identifier: Apache-2.0
// EXPECT: sumun: the handler of a resource template takes (UriVariables) or (UriVariables, Call&)
#include <sumun/server.hpp>

struct In {
  int a;
};

void add(sumun::Server& server) {
  server.resource_template({.uriTemplate = "x:{a}", .name = "x"}, [](In) { return "x"; });
}
