// SPDX-License-Identifier: Apache-2.0
// A tool that is a coroutine: what a consumer's own coroutines need of Asio comes with the installed library.
#include <sumun/sumun.hpp>

namespace {

struct Sum {
  int a;
  int b;
};

sumun::awaitable<int> add_later(Sum in) { co_return in.a + in.b; }

}  // namespace

int main(int argc, char** argv) {
  sumun::Server server{"coroutine", "1.0.0"};
  server.tool("add_later", "Add two integers", add_later);
  return sumun::run(server, argc, argv);
}
