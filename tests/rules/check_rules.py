#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the rules of the house that a compiler does not: who may include whom, licence lines, stdout, co_await.

usage: check_rules.py ROOT      prints `path:line: [rule] what is wrong`, exit 1 if anything is
The rules are in docs/architecture.md; test_rules.py holds a bad sample of each.
"""
import os
import re
import sys
from pathlib import Path

# A layer of sdk/src and the layers that it may include (itself always).
LAYERS = {
    "base": set(),
    "schema": {"base"},
    "jsonrpc": {"base"},
    "protocol": {"base", "jsonrpc", "schema"},
    "runtime": {"base"},
    "http": {"base", "runtime"},
    "auth": {"base", "runtime", "http"},
    "gate": {"base", "protocol", "schema"},
    "store": {"base", "protocol", "gate"},
    "sqlite": {"base", "store"},
    "postgres": {"base", "store"},
    "server": {"base", "schema", "jsonrpc", "protocol", "gate", "runtime"},
    "client": {"base", "schema", "jsonrpc", "protocol", "runtime"},
    "transport": {"base", "runtime", "jsonrpc", "http"},
    "run": {"base", "server", "runtime", "http", "transport"},  # sumun::run: where the parts are wired together
}
WITHOUT_ASIO = {"base", "schema", "jsonrpc", "protocol", "gate", "store", "sqlite", "postgres"}
# Public headers that belong to a layer near the top: nobody below it includes them.
OWNED_HEADERS = {
    "server.hpp": {"server"},
    "handler.hpp": {"server"},
    "call.hpp": {"server"},
    "run.hpp": {"run"},
    "sumun.hpp": set(),
    "client.hpp": {"client"},
}
PUBLIC_MAY_NAME = {
    "nlohmann/json.hpp",
    "nlohmann/json_fwd.hpp",
    "boost/asio/awaitable.hpp",
    "boost/asio/any_io_executor.hpp",
    "boost/system/result.hpp",
}
LICENCE = "SPDX-License-Identifier: Apache-2.0"
CPP = {".cpp", ".hpp"}
SCRIPTS = {".py", ".sh", ".mjs", ".js"}
TEXT = CPP | SCRIPTS | {".md", ".txt", ".cmake", ".in", ".json", ".html", ".toml", ".yml", ".yaml"}
SKIPPED_FOLDERS = {"build", ".git", "node_modules", "__pycache__", ".cache", "seeds"}

RULES = {}  # name -> what it demands


def rule(name, demands):
    RULES[name] = demands
    return name


LAYER = rule("layer", "a layer includes only the layers below it, written \"layer/file.hpp\"")
LAYER_LINKS = rule("layer-links", "the CMake target of a layer links only the layers below it")
ASIO = rule("asio", "base, schema, jsonrpc, protocol, gate and the stores know nothing of Asio")
PUBLIC = rule("public-header", "a public header names std, sumun, nlohmann::json, awaitable and result only")
OUTSIDE = rule("outside", "servers, examples and the consumer use <sumun/*.hpp> only")
MODULE = rule("module", "a module under servers/ does not include another; the host may include all")
LICENCE_LINE = rule("licence", "a source file says its licence first")
STDOUT = rule("stdout", "the SDK never prints to stdout, it belongs to the protocol (`run` prints --help before it serves)")
DETACHED = rule("detached", "no `detached`: spawn through TaskGroup")
AWAIT = rule("co_await", "a co_await stands alone, with no braces, lambda, ?: or || among its arguments")
UTF8 = rule("utf-8", "text is UTF-8")
LINK = rule("link", "a relative link in a Markdown file leads somewhere")
SPACE = rule("space", "no tabs, no trailing space, a newline at the end")


class Report:
    def __init__(self, root):
        self.root = root
        self.found = []

    def add(self, path, line, name, what):
        self.found.append((str(path.relative_to(self.root)), line, name, what))


def files_under(root, folder, suffixes):
    top = root / folder
    for where, folders, names in os.walk(top):
        folders[:] = sorted(f for f in folders if f not in SKIPPED_FOLDERS)
        for name in sorted(names):
            path = Path(where) / name
            if path.suffix in suffixes and not path.is_symlink():
                yield path


def blank(text):
    return re.sub(r"[^\n]", " ", text)


TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^()\s\\]{0,16})\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Za-z_])\'(?:\\.|[^\'\\\n])+\'',
    re.S)


def without_comments_and_strings(text):
    """The code alone, every line and column where it was."""
    return TOKEN.sub(lambda match: blank(match.group()), text)


INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.M)


def includes(text):
    """(line, is quoted, name) of each #include that is not in a comment."""
    bare = re.sub(r"/\*.*?\*/", lambda match: blank(match.group()), text, flags=re.S)
    for match in INCLUDE.finditer(bare):
        yield line_of(bare, match.start(2)), match.group(1) == '"', match.group(2)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


# ---------------------------------------------------------------- who includes whom


def headers_with_asio(root):
    """Public headers that reach Asio, through other public headers too."""
    direct, uses = set(), {}
    folder = root / "sdk/include/sumun"
    for path in files_under(root, "sdk/include", CPP):
        name = str(path.relative_to(folder)) if folder in path.parents else path.name
        uses[name] = set()
        for _, _, what in includes(path.read_text("utf-8", "replace")):
            if what.startswith("boost/asio"):
                direct.add(name)
            if what.startswith("sumun/"):
                uses[name].add(what[len("sumun/"):])
    reached = set(direct)
    while True:
        more = {name for name, used in uses.items() if used & reached} - reached
        if not more:
            return reached
        reached |= more


def check_layers(root, report):
    asio_headers = headers_with_asio(root)
    for path in files_under(root, "sdk/src", CPP):
        layer = path.relative_to(root / "sdk/src").parts[0]
        if layer not in LAYERS:
            report.add(path, 1, LAYER, f"{layer} is no layer of the architecture")
            continue
        allowed = LAYERS[layer] | {layer}
        for line, quoted, what in includes(path.read_text("utf-8", "replace")):
            first = what.split("/")[0]
            if quoted:
                if "/" not in what or first not in LAYERS:
                    report.add(path, line, LAYER, f'"{what}" should be written "layer/file.hpp"')
                elif first not in allowed:
                    report.add(path, line, LAYER, f"{layer} may not include {first}")
                continue
            if first in LAYERS and "/" in what:
                report.add(path, line, LAYER, f"<{what}> should be written in quotes")
            if layer in WITHOUT_ASIO and what.startswith("boost/asio"):
                report.add(path, line, ASIO, f"{layer} includes {what}")
            if what.startswith("sumun/"):
                header = what[len("sumun/"):]
                if layer in WITHOUT_ASIO and header in asio_headers:
                    report.add(path, line, ASIO, f"{layer} includes {what}, which includes Asio")
                if layer not in OWNED_HEADERS.get(header, {layer}):
                    report.add(path, line, LAYER, f"{layer} includes {what}, which belongs above it")


def check_layer_links(root, report):
    for path in files_under(root, "sdk/src", {".txt"}):
        for match in re.finditer(r"sumun_(?:layer|component)\(\s*(\w+)([^)]*)\)", path.read_text("utf-8", "replace")):
            layer = match.group(1)
            links = re.search(r"\bLINKS\b([\s\w]*?)(?:\bLIBS\b|$)", match.group(2))
            for link in (links.group(1).split() if links else []):
                if link == "ASIO":
                    continue
                if link not in LAYERS.get(layer, set()):
                    report.add(path, 1, LAYER_LINKS, f"{layer} may not link {link}")


def check_public_headers(root, report):
    for path in files_under(root, "sdk/include", CPP):
        for line, quoted, what in includes(path.read_text("utf-8", "replace")):
            standard = re.fullmatch(r"[a-z_0-9]+", what) is not None
            ours = what.startswith("sumun/") and (root / "sdk/include" / what).is_file()
            if quoted or not (standard or ours or what in PUBLIC_MAY_NAME):
                report.add(path, line, PUBLIC, f"a public header includes {what}")


def check_outside(root, report):
    modules = {p.name for p in (root / "servers").iterdir() if p.is_dir()} if (root / "servers").is_dir() else set()
    for folder in ("servers", "examples", "tests/consumer"):
        for path in files_under(root, folder, CPP):
            module = path.relative_to(root).parts[1] if folder == "servers" else None
            for line, quoted, what in includes(path.read_text("utf-8", "replace")):
                first = what.split("/")[0]
                beside = quoted and (path.parent / what).is_file()
                if (first in LAYERS and "/" in what and not beside) or "sdk/" in what:
                    report.add(path, line, OUTSIDE, f"{what} is the inside of the SDK")
                if what.startswith("sumun/") and not (root / "sdk/include" / what).is_file():
                    report.add(path, line, OUTSIDE, f"{what} is no public header")
                if module not in (None, "host") and first in modules - {module} and "/" in what:
                    report.add(path, line, MODULE, f"{module} includes {first}")


# ---------------------------------------------------------------- text


def check_text(root, report):
    roots = ["sdk", "servers", "examples", "tests", "packaging", "docs", "schemas", ".ci"]
    paths = [path for folder in roots for path in files_under(root, folder, TEXT)]
    for folder in ("packaging", ".ci", "tests"):
        paths += [path for path in files_under(root, folder, {""})]
    paths += [path for path in sorted(root.glob("*")) if path.is_file() and (path.suffix in TEXT or path.name == "LICENSE")]
    for path in paths:
        data = path.read_bytes()
        if b"\0" in data:
            continue  # no text
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            report.add(path, data.count(b"\n", 0, error.start) + 1, UTF8, "not UTF-8")
            continue
        lines = text.split("\n")
        for number, line in enumerate(lines, 1):
            if "\t" in line:
                report.add(path, number, SPACE, "tab")
            if line.endswith((" ", "\r")):
                report.add(path, number, SPACE, "trailing space")
        if text and not text.endswith("\n"):
            report.add(path, len(lines), SPACE, "no newline at the end")
        if path.suffix in CPP and not lines[0] == f"// {LICENCE}":
            report.add(path, 1, LICENCE_LINE, f"the first line should be // {LICENCE}")
        is_script = path.suffix in SCRIPTS or lines[0].startswith("#!")
        if is_script and not any(LICENCE in line for line in lines[:2]):
            report.add(path, 1, LICENCE_LINE, f"one of the first two lines should hold {LICENCE}")


def check_links(root, report):
    paths = [path for folder in ("docs", "examples", "servers", "sdk") for path in files_under(root, folder, {".md"})]
    for path in paths + sorted(root.glob("*.md")):
        text = re.sub(r"```.*?```|`[^`\n]*`", lambda match: blank(match.group()), path.read_text("utf-8", "replace"), flags=re.S)
        for match in re.finditer(r"\]\(([^)\s#]+)[^)]*\)", text):
            target = match.group(1)
            if not re.match(r"[a-z]+:", target) and not (path.parent / target).exists():
                report.add(path, line_of(text, match.start()), LINK, f"{target} is not there")


# ---------------------------------------------------------------- code


PRINTS = re.compile(r"\bstd::cout\b|(?<![\w])(?:std::)?(?:printf|puts|putchar|vprintf)\s*\(|\b(?:fprintf|fputs|fwrite)\s*\([^;]*\bstdout\b|\bstd::print(?:ln)?\s*\(")


def check_prints(root, report):
    for folder in ("sdk/src", "sdk/include"):
        for path in files_under(root, folder, CPP):
            if path.parent == root / "sdk/src/run":
                continue
            code = without_comments_and_strings(path.read_text("utf-8", "replace"))
            for match in PRINTS.finditer(code):
                report.add(path, line_of(code, match.start()), STDOUT, match.group().split("(")[0].strip())


def check_detached(root, report):
    for folder in ("sdk", "servers", "examples", "tests"):
        for path in files_under(root, folder, CPP):
            code = without_comments_and_strings(path.read_text("utf-8", "replace"))
            for match in re.finditer(r"\b(?:asio::detached\b|detached\s*[),;]|detached_t\b)", code):
                report.add(path, line_of(code, match.start()), DETACHED, "detached")


BLOCK_OPENERS = {"else", "do", "try", "const", "noexcept", "override", "final", "mutable"}


def what_stands_before(code, at):
    """Walks back from a co_await to the start of its statement. Returns (statement text before it, complaint or None)."""
    depth, i = 0, at - 1
    while i >= 0:
        c = code[i]
        if c in ")]":
            depth += 1
        elif c in "([":
            if depth == 0:
                word = re.search(r"(\w+)\s*(?:constexpr\s*)?$", code[:i])
                inside = word.group(1) if word else c
                return code[i + 1:at], f"inside {inside}{c}…"
            depth -= 1
        elif depth == 0 and c in ";}":
            break
        elif depth == 0 and c == "{":
            before = code[:i].rstrip()
            word = re.search(r"(\w+)$", before)
            is_return_type = re.search(r"->\s*[\w:<>, *&]+$", before) is not None
            opens_value = before.endswith(("=", "(", ",", "{")) and not before.endswith("{")
            if opens_value or (word and word.group(1) not in BLOCK_OPENERS and not is_return_type):
                return code[i + 1:at], "inside braces"
            break
        i -= 1
    return code[i + 1:at], None


def what_follows(code, at):
    """The text from a co_await to the end of its statement."""
    depth, i = 0, at
    while i < len(code):
        c = code[i]
        if c in "([{":
            depth += 1
        elif c in ")]}":
            if depth == 0:
                break
            depth -= 1
        elif c == ";" and depth == 0:
            break
        i += 1
    return code[at:i]


def complaint_about_await(code, at):
    before, complaint = what_stands_before(code, at)
    if complaint:
        return complaint
    closed = None  # the condition of `if (a && b) co_await f();` is not the co_await's own
    while closed != before:
        closed, before = before, re.sub(r"\([^()]*\)", "", before)
    if re.search(r"\?|\|\|", before) or re.search(r"(?<!auto)&&", before):
        return "beside ?:, && or ||"
    after = what_follows(code, at + len("co_await"))
    if "{" in after:
        return "braces or a lambda among its arguments"
    if "?" in after:
        return "beside or around ?:"
    if re.search(r"(?:^|[(,=!&|?:\s])\[[^\]\[]*\]\s*[({]", after):
        return "a lambda among its arguments"
    if re.search(r"\bco_await\b", after):
        return "two in one statement"
    closed = None  # what is among the arguments of a call is not the co_await's own; a bare (a || b) is
    while closed != after:
        closed, after = after, re.sub(r"(?<=[\w>\])])\s*\([^()]*\)", "", after)
    if re.search(r"&&|\|\|", after):
        return "beside ?:, && or ||"
    return None


def check_awaits(root, report):
    for folder in ("sdk", "servers", "examples", "tests"):
        for path in files_under(root, folder, CPP):
            code = without_comments_and_strings(path.read_text("utf-8", "replace"))
            for match in re.finditer(r"(?<!operator )\bco_await\b", code):
                complaint = complaint_about_await(code, match.start())
                if complaint:
                    report.add(path, line_of(code, match.start()), AWAIT, complaint)


def check(root):
    report = Report(root)
    for one in (check_layers, check_layer_links, check_public_headers, check_outside, check_text, check_links, check_prints,
                check_detached, check_awaits):
        one(root, report)
    return sorted(report.found)


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    root = Path(sys.argv[1]).resolve()
    if not (root / "sdk").is_dir():
        print(f"check_rules: {root} holds no sdk folder", file=sys.stderr)
        return 2
    found = check(root)
    for path, line, name, what in found:
        print(f"{path}:{line}: [{name}] {what}")
    for name in sorted({name for _, _, name, _ in found}):
        print(f"  {name}: {RULES[name]}")
    print(f"{len(found)} broken, {len(RULES)} rules")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
