// SPDX-License-Identifier: Apache-2.0
// A whole MCP server: the schema of the tool `add` comes from the struct.
#include <sumun/sumun.hpp>

#include <cstdint>

struct Sum { int a; int b; };

// Wider than its operands: whatever a client sends, the sum fits.
std::int64_t add(Sum in) { return std::int64_t{in.a} + in.b; }

int main(int argc, char** argv) {
  sumun::Server server{"calculator", "1.0.0"};
  server.tool("add", "Add two integers", add, {.effects = sumun::reads, .placement = sumun::Placement::quick});
  server.tool("add_pooled", "Add two integers on the worker pool", add, {.effects = sumun::reads});
  return sumun::run(server, argc, argv);
}
