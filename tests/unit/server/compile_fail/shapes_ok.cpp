// SPDX-License-Identifier: Apache-2.0
// Every shape of a handler.
#include <sumun/server.hpp>

struct In {
  int a;
};
struct Out {
  int b;
};

int plain(In in) { return in.a; }
sumun::awaitable<sumun::Result<Out>> coroutine(In in, sumun::Call&) { co_return Out{in.a}; }
struct Object {
  std::unique_ptr<int> moved;
  std::string_view operator()(const In&) noexcept { return "x"; }
};

void add(sumun::Server& server) {
  server.tool("a", "d", plain);
  server.tool("b", "d", &plain);
  server.tool("c", "d", coroutine);
  server.tool("d", "d", Object{});
  server.tool("e", "d", [](const In&, sumun::Call&) mutable -> sumun::Result<void> { return {}; });
  server.tool("f", "d", [](sumun::json) -> sumun::Result<const char*> { return "x"; });
  server.tool("g", "d", std::function<int(In)>(plain));
  server.tool("h", "d", [](std::map<std::string, int> in) { return in; });
  server.tool("i", "d", []() -> sumun::awaitable<void> { co_return; });
  server.tool("j", "d", []() -> sumun::awaitable<std::vector<sumun::ContentBlock>> { co_return std::vector<sumun::ContentBlock>{}; });
}
