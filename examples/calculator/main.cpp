// SPDX-License-Identifier: Apache-2.0
// A whole MCP server: the schema of the tool `add` comes from the struct.
#include <sumun/sumun.hpp>

struct Sum { int a; int b; };

int main(int argc, char** argv) {
  sumun::Server server{"calculator", "1.0.0"};
  server.tool("add", "Add two integers", [](Sum in) { return in.a + in.b; }, {.effects = sumun::reads, .placement = sumun::Placement::quick});
  server.tool("add_pooled", "Add two integers on the worker pool", [](Sum in) { return in.a + in.b; }, {.effects = sumun::reads});
  return sumun::run(server, argc, argv);
}
