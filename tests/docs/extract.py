#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the C++ of our pages as programs, and prints their paths.

usage: extract.py ROOT OUT PAGE...
A ```cpp block is a whole program (it has a main, which must end well when given --version), or a fragment that begins
with the comment `// in main`: the fragments of one page become one program, each a function with `sumun::Server& server`.
"""
import pathlib
import re
import sys

INCLUDES = """#include <sumun/sumun.hpp>
#include <sumun/auth.hpp>
#include <sumun/http.hpp>
#include <sumun/json.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>
"""


def blocks(page):
    """(line number of the first line, text) of every ```cpp block."""
    found, start, lines = [], None, []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if start is None and line.strip() == "```cpp":
            start, lines = number + 1, []
        elif start is not None and line.strip() == "```":
            found.append((start, "\n".join(lines)))
            start = None
        elif start is not None:
            lines.append(line)
    if start is not None:
        sys.exit(f"{page}:{start}: the block is not closed")
    return found


def write(path, text):
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
    print(path)


def main():
    root, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    for page in map(pathlib.Path, sys.argv[3:]):
        name = re.sub(r"\W", "_", str(page.relative_to(root).with_suffix("")))
        fragments = []
        for line, text in blocks(page):
            place = f'#line {line} "{page}"\n'
            if re.search(r"^int main\(", text, re.M):
                write(out / f"{name}_{line}.cpp", f"{place}{text}\n")
            elif text.lstrip().startswith("// in main"):
                fragments.append((line, f"{place}{text}\n"))
            else:
                sys.exit(f"{page}:{line}: neither a whole program nor a fragment that begins with '// in main'")
        if fragments:
            functions = "".join(f"static void at_{line}([[maybe_unused]] sumun::Server& server) {{\n{text}}}\n" for line, text in fragments)
            calls = "".join(f'  {{ sumun::Server server{{"docs", "1.0.0"}}; at_{line}(server); }}\n' for line, _ in fragments)
            write(out / f"{name}.cpp", f"{INCLUDES}{functions}int main() {{\n{calls}}}\n")


main()
