// SPDX-License-Identifier: Apache-2.0
// EXPECT: sumun: a prompt's handler returns a text (std::string), messages, or a GetPromptResult
#include <sumun/server.hpp>

struct In {
  int a;
};

void add(sumun::Server& server) {
  server.prompt("x", "d", [] { return 5; });
}
