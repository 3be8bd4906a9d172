#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A rule that cannot fail is no rule: each has bad samples that it must find and good ones that it must leave alone."""
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import check_rules  # noqa: E402

LICENCE = f"// {check_rules.LICENCE}\n"

# (what it is, rule that must find it, path, text after the licence line)
BAD = [
    ("base includes server", "layer", "sdk/src/base/a.hpp", '#include "server/registry.hpp"\n'),
    ("gate includes runtime", "layer", "sdk/src/gate/a.cpp", '#include "runtime/task_group.hpp"\n'),
    ("transport includes protocol", "layer", "sdk/src/transport/a.cpp", '#  include  "protocol/codec.hpp"\n'),
    ("server includes run", "layer", "sdk/src/server/a.cpp", '#include "run/run.hpp"\n'),
    ("protocol includes gate", "layer", "sdk/src/protocol/a.cpp", '#include "gate/policy.hpp"\n'),
    ("client includes server", "layer", "sdk/src/client/a.cpp", '#include "server/dispatch.hpp"\n'),
    ("no layer named", "layer", "sdk/src/base/a.cpp", '#include "json_text.hpp"\n'),
    ("layer in angle brackets", "layer", "sdk/src/base/a.cpp", "#include <base/json_text.hpp>\n"),
    ("folder that is no layer", "layer", "sdk/src/utils/a.cpp", "\n"),
    ("base includes the server's public header", "layer", "sdk/src/base/a.cpp", "#include <sumun/server.hpp>\n"),
    ("the one header for authors inside the library", "layer", "sdk/src/server/a.cpp", "#include <sumun/sumun.hpp>\n"),
    ("Asio in protocol", "asio", "sdk/src/protocol/a.cpp", "#include <boost/asio/post.hpp>\n"),
    ("Asio in gate", "asio", "sdk/src/gate/a.hpp", "#include <boost/asio/steady_timer.hpp>\n"),
    ("Asio in schema, through a public header", "asio", "sdk/src/schema/a.cpp", "#include <sumun/outer.hpp>\n"),
    ("Beast in a public header", "public-header", "sdk/include/sumun/a.hpp", "#include <boost/beast/http.hpp>\n"),
    ("spdlog in a public header", "public-header", "sdk/include/sumun/a.hpp", "#include <spdlog/spdlog.h>\n"),
    ("doctest in a public header", "public-header", "sdk/include/sumun/a.hpp", "#include <doctest/doctest.h>\n"),
    ("a layer in a public header", "public-header", "sdk/include/sumun/a.hpp", '#include "base/json_text.hpp"\n'),
    ("a public header that is not there", "public-header", "sdk/include/sumun/a.hpp", "#include <sumun/nowhere.hpp>\n"),
    ("a server looks inside", "outside", "servers/host/a.cpp", '#include "server/registry.hpp"\n'),
    ("an example looks inside by path", "outside", "examples/x/a.cpp", '#include "../../sdk/src/base/json_text.hpp"\n'),
    ("the consumer looks inside", "outside", "tests/consumer/project/a.cpp", "#include <jsonrpc/message.hpp>\n"),
    ("a module includes the host", "module", "servers/docsearch/a.cpp", '#include "host/files.hpp"\n'),
    ("std::cout in the SDK", "stdout", "sdk/src/base/a.cpp", "void f() { std::cout << 1; }\n"),
    ("printf in the SDK", "stdout", "sdk/src/base/a.cpp", 'void f() { printf("x"); }\n'),
    ("puts in the SDK", "stdout", "sdk/src/base/a.cpp", 'void f() { std::puts("x"); }\n'),
    ("fprintf to stdout", "stdout", "sdk/src/base/a.cpp", 'void f() { std::fprintf(stdout, "x"); }\n'),
    ("detached", "detached", "sdk/src/runtime/a.cpp", "void f() { co_spawn(e, g(), asio::detached); }\n"),
    ("detached without namespace", "detached", "servers/host/a.cpp", "void f() { co_spawn(e, g(), detached); }\n"),
    ("co_await in if", "co_await", "sdk/src/runtime/a.cpp", "A f() { if (co_await g()) h(); }\n"),
    ("co_await in if with a name", "co_await", "sdk/src/runtime/a.cpp", "A f() { if (auto x = co_await g(); x) h(); }\n"),
    ("co_await in while", "co_await", "sdk/src/runtime/a.cpp", "A f() { while (!co_await g()) h(); }\n"),
    ("co_await in switch", "co_await", "sdk/src/runtime/a.cpp", "A f() { switch (co_await g()) {} }\n"),
    ("co_await in ?:", "co_await", "sdk/src/runtime/a.cpp", "A f() { auto x = b ? co_await g() : 0; }\n"),
    ("co_await as condition of ?:", "co_await", "sdk/src/runtime/a.cpp", "A f() { auto x = co_await g() ? 1 : 0; }\n"),
    ("co_await after &&", "co_await", "sdk/src/runtime/a.cpp", "A f() { bool x = b && co_await g(); }\n"),
    ("co_await before ||", "co_await", "sdk/src/runtime/a.cpp", "A f() { bool x = co_await g() || b; }\n"),
    ("co_await of a || timer", "co_await", "sdk/src/runtime/a.cpp", "A f() { auto x = co_await (g() || t.wait()); }\n"),
    ("co_await as an argument", "co_await", "sdk/src/runtime/a.cpp", "A f() { h(1, co_await g()); }\n"),
    ("co_await in a test macro", "co_await", "tests/unit/x/a.cpp", "A f() { CHECK(co_await g()); }\n"),
    ("braces among the arguments", "co_await", "sdk/src/runtime/a.cpp", "A f() { co_await g(Point{1, 2}); }\n"),
    ("?: among the arguments", "co_await", "sdk/src/runtime/a.cpp", "A f() { co_await g(b ? h : nullptr); }\n"),
    ("a lambda among the arguments", "co_await", "sdk/src/runtime/a.cpp", "A f() { co_await g([x] { return x; }); }\n"),
    ("braces over several lines", "co_await", "sdk/src/runtime/a.cpp", "A f() {\n  auto x =\n    co_await g(\n      {1});\n}\n"),
    ("co_await in an initialiser", "co_await", "sdk/src/runtime/a.cpp", "A f() { Point p{1, co_await g()}; }\n"),
    ("two in one statement", "co_await", "sdk/src/runtime/a.cpp", "A f() { auto x = co_await g() + co_await h(); }\n"),
    ("a tab", "space", "sdk/src/base/a.cpp", "\tint x;\n"),
    ("trailing space", "space", "docs/a.md", "word \n"),
    ("carriage return", "space", "sdk/src/base/a.cpp", "int x;\r\n"),
    ("no newline at the end", "space", "sdk/src/base/a.cpp", "int x;"),
]
BAD_BYTES = [
    ("no licence line", "licence", "sdk/src/base/a.cpp", b"int x;\n"),
    ("licence line second", "licence", "sdk/include/sumun/a.hpp", b"#pragma once\n" + LICENCE.encode()),
    ("script without licence", "licence", "packaging/go", b"#!/usr/bin/env bash\ntrue\n"),
    ("Latin-1", "utf-8", "servers/host/a.cpp", LICENCE.encode() + b"// caf\xe9\n"),
    ("a link to nowhere", "link", "docs/a.md", b"See [that](nowhere.md#part).\n"),
    ("base links server", "layer-links", "sdk/src/base/CMakeLists.txt", b"sumun_layer(base LINKS server)\n"),
    ("gate links runtime", "layer-links", "sdk/src/gate/CMakeLists.txt", b"sumun_layer(gate LINKS base runtime LIBS X::Y)\n"),
]
GOOD = [
    ("server includes gate and runtime", "sdk/src/server/a.cpp", '#include "gate/policy.hpp"\n#include "runtime/task_group.hpp"\n'),
    ("a layer includes itself", "sdk/src/base/a.cpp", '#include "base/json_text.hpp"\n#include <sumun/inner.hpp>\n#include <vector>\n'),
    ("runtime includes Asio", "sdk/src/runtime/a.cpp", "#include <boost/asio/post.hpp>\n#include <sumun/outer.hpp>\n"),
    ("an include in a comment", "sdk/src/base/a.cpp", '// #include "server/a.hpp"\n/*\n#include "server/a.hpp"\n*/\n'),
    ("a public header", "sdk/include/sumun/a.hpp", "#include <boost/system/result.hpp>\n#include <nlohmann/json.hpp>\n#include <string_view>\n#include <sumun/inner.hpp>\n"),
    ("the host includes a module", "servers/host/a.cpp", '#include "docsearch/index.hpp"\n#include <sumun/outer.hpp>\n#include <spdlog/spdlog.h>\n'),
    ("stdout in a comment, a string and another name", "sdk/src/base/a.cpp",
     '// std::cout is not ours\nvoid f() { log("printf(x)"); std::snprintf(b, 2, "x"); std::fprintf(stderr, "x"); }\n'),
    ("the word detached in a name", "sdk/src/base/a.cpp", "bool detached_from_terminal = false;\n"),
    ("co_await alone", "sdk/src/runtime/a.cpp", "A f() {\n  co_await g(1, std::move(x));\n  auto y = co_await g(a[i], h());\n  co_return co_await k();\n}\n"),
    ("a condition among the arguments of a call", "sdk/src/runtime/a.cpp", "A f() { auto x = co_await within<int>(b && c, g()); }\n"),
    ("co_await after an if", "sdk/src/runtime/a.cpp", "A f() { if (a && b) co_await g(); else co_await h(); for (;;) co_await k(); }\n"),
    ("co_await into auto&&", "sdk/src/runtime/a.cpp", "A f() { auto&& x = co_await g(); }\n"),
    ("co_await first in a block", "sdk/src/runtime/a.cpp", "A f() noexcept { co_await g(); }\nA k() { try { co_await g(); } catch (...) {} }\n"),
    ("co_await in a lambda with a return type", "sdk/src/runtime/a.cpp", "auto f = []() -> awaitable<void> { co_await g(); };\n"),
    ("co_await in a comment", "sdk/src/runtime/a.cpp", "// if (co_await g()) is not allowed\n"),
    ("links that lead somewhere", "docs/a.md", "[a](../sdk/include) [b](https://example.com/x) [c](#part) `[d](nowhere)`\n"),
    ("a digit separator", "sdk/src/base/a.cpp", "int x = 1'000; void f() { g(); } int y = 2'000;\n"),
]


def tree(folder, path, data):
    root = Path(folder)
    (root / "sdk/include/sumun").mkdir(parents=True, exist_ok=True)
    (root / "servers/docsearch").mkdir(parents=True, exist_ok=True)
    (root / "servers/host").mkdir(parents=True, exist_ok=True)
    for name, body in (("inner.hpp", "#include <string>\n"), ("outer.hpp", "#include <sumun/middle.hpp>\n"),
                       ("middle.hpp", "#include <boost/asio/awaitable.hpp>\n"), ("server.hpp", "\n")):
        (root / "sdk/include/sumun" / name).write_text(LICENCE + body, "utf-8")
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return root


def names_found(path, data):
    with tempfile.TemporaryDirectory() as folder:
        return [(name, line, what) for where, line, name, what in check_rules.check(tree(folder, path, data)) if where == path]


class Rules(unittest.TestCase):
    def test_every_bad_sample_is_found(self):
        samples = [(what, rule, path, (LICENCE + text).encode()) for what, rule, path, text in BAD] + BAD_BYTES
        for what, rule, path, data in samples:
            with self.subTest(what):
                self.assertIn(rule, [name for name, _, _ in names_found(path, data)])

    def test_every_good_sample_is_left_alone(self):
        for what, path, text in GOOD:
            with self.subTest(what):
                self.assertEqual([], names_found(path, (LICENCE + text).encode()))

    def test_every_rule_has_a_bad_sample(self):
        tried = {rule for _, rule, _, _ in BAD} | {rule for _, rule, _, _ in BAD_BYTES}
        self.assertEqual(set(check_rules.RULES), tried)

    def test_the_line_of_a_find_is_the_line_of_the_fault(self):
        found = names_found("sdk/src/runtime/a.cpp", (LICENCE + "A f() {\n\n  if (co_await g()) h();\n}\n").encode())
        self.assertEqual([("co_await", 4)], [(name, line) for name, line, _ in found])


if __name__ == "__main__":
    unittest.main()
