#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each MUST and MUST NOT of revision 2026-07-28, and the tests that prove those that bind a server.

usage: requirements.py            checks; exit 1 where a test is missing, a name is wrong or docs/conformance.md is old
       requirements.py --write    writes the tables of docs/conformance.md; what stands above them is written by hand

requirements.tsv has one line a sentence of the specification that holds a MUST:

    id  page  section  binds  says  proof...        (tabs between; as many proofs as there are)

`id` is a digest of the sentence, so that a sentence that changes, comes or goes is noticed where the specification is at hand:
SUMUN_SPEC names the folder of its checkout that holds docs/specification/2026-07-28. `binds` is server, client, other
(authorization servers, intermediaries) or none (words about words); only server lines have `says`, in our words, and proofs:

    unit NAME          a TEST_CASE of tests/unit             scenario NAME   one of the official conformance suite
    transcript NAME    a file of tests/transcripts           interop NAME    a check of tests/interop
    rule NAME          a test of tests/conformance/rules.py  hostile NAME    a test of tests/hostile
    none REASON        nothing to test, and why
"""
import hashlib
import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TABLE = ROOT / "tests/conformance/requirements.tsv"
PAGE = ROOT / "docs/conformance.md"
MARK = "<!-- From here on written by tests/conformance/requirements.py --write -->"
SUITE = ROOT / "tests/interop/node_modules/@modelcontextprotocol/conformance/dist/index.js"
LEFT_OUT = {"schema.mdx", "changelog.mdx", "deprecated.mdx"}  # generated from the schema; news; a list of what is to go
BINDS = ("server", "client", "other", "none")


def rows():
    for number, line in enumerate(TABLE.read_text().splitlines(), 1):
        if line.startswith("#") or not line:
            continue
        fields = line.split("\t")
        if len(fields) < 4 or fields[3] not in BINDS or (fields[3] == "server" and len(fields) < 6):
            raise SystemExit(f"{TABLE.name}:{number}: expected id, page, section, {'|'.join(BINDS)}, words and proofs")
        yield {"id": fields[0], "page": fields[1], "section": fields[2], "binds": fields[3],
               "says": fields[4] if len(fields) > 4 else "", "proofs": [proof.partition(" ")[::2] for proof in fields[5:]]}


def matches(files, pattern):
    return {name for file in files for name in re.findall(pattern, file.read_text())}


def known():
    """Kind of proof -> the names there are; None where the tree cannot tell."""
    tests = ROOT / "tests"
    unquoted = {name.replace('\\"', '"') for name in matches(tests.glob("unit/**/*.cpp"), r'TEST_CASE\(\s*"((?:[^"\\]|\\.)*)"')}
    interop = matches([*tests.glob("interop/lib/*.mjs"), *tests.glob("interop/clients/*.mjs")], r"\.check\('((?:[^'\\]|\\.)*)'")
    return {
        "unit": unquoted,
        "transcript": {str(path.relative_to(tests / "transcripts").with_suffix("")) for path in tests.glob("transcripts/*/*.transcript")},
        "rule": matches(tests.glob("conformance/rules.py"), r"(?m)^    def test_(\w+)"),
        "hostile": matches(tests.glob("hostile/*.py"), r"def test_(\w+)"),
        "interop": interop,
        "scenario": None,
    }


def unknown(table):
    """Proofs that name nothing there is, as lines of text."""
    names = known()
    suite = SUITE.read_text() if SUITE.exists() else None
    for row in table:
        for kind, name in row["proofs"]:
            if kind == "none" and name:
                continue
            if kind == "scenario":
                if suite is None or any(f"{quote}{name}{quote}" in suite for quote in "\"'`"):
                    continue
            elif name in names.get(kind, ()):
                continue
            yield f"{row['page']}, {row['section'] or 'opening'}: {row['says']}: there is no {kind} test \"{name}\""


def blocks(text):
    """(section, paragraph, list item or table row) of a page, without code."""
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S)
    section, fenced, lines = "", False, []
    for line in [*text.split("\n"), ""]:
        line = line.strip()
        fence = line.startswith("```")
        starts = re.match(r"[-*]\s|\d+\.\s|\||#", line)
        if fence or starts or not line or re.fullmatch(r"</?\w+.*>", line):
            if lines:
                yield section, " ".join(lines)
            lines = []
        fenced ^= fence
        if fence or fenced or re.fullmatch(r"</?\w+.*>", line):
            continue
        if line.startswith("#"):
            section = line.lstrip("# ")
        elif line:
            lines.append(line)


def sentences(folder):
    """id -> (page, section, sentence) of every sentence with a MUST; equal sentences of a page are told apart by number."""
    found = {}
    for file in sorted(folder.rglob("*.mdx")):
        page = str(file.relative_to(folder))
        if page in LEFT_OUT:
            continue
        seen = {}
        for section, block in blocks(file.read_text()):
            for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z*`\[(])", block):
                if not re.search(r"\bMUST\b", sentence):
                    continue
                sentence = re.sub(r"\s+", " ", sentence)
                seen[sentence] = seen.get(sentence, 0) + 1
                digest = hashlib.sha256(f"{page}\n{sentence}\n{seen[sentence]}".encode()).hexdigest()[:8]
                found[digest] = (page, section, sentence)
    return found


def unaccounted(table, spec):
    folder = Path(spec) / "docs/specification/2026-07-28"
    found = sentences(folder)
    if not found:
        yield f"SUMUN_SPEC: no specification in {folder}"
    ours = {row["id"] for row in table}
    for digest in found.keys() - ours:
        page, section, sentence = found[digest]
        yield f"{page}, {section}: {digest} is not in {TABLE.name}: {sentence[:100]}"
    for row in table:
        if row["id"] not in found:
            yield f"{row['page']}, {row['section']}: {row['id']} is no longer in the specification: {row['says']}"


def not_on_stdio():
    """The lines of a table: which scenarios run over HTTP alone, and why."""
    lines = [line.split(maxsplit=2) for line in (ROOT / "tests/conformance/not_on_stdio.txt").read_text().splitlines() if line[:1] not in "#"]
    return ["| revision | not over stdio | because |", "|---|---|---|", *(f"| {revision} | {name} | {why} |" for revision, name, why in lines)]


def page(table):
    head = PAGE.read_text().partition(MARK)[0] if PAGE.exists() else ""
    out = [head + MARK, "", "## Scenarios that run over HTTP alone", "", *not_on_stdio(), "", "## Every MUST, and its proof", ""]
    bound = [row for row in table if row["binds"] == "server"]
    tested = [row for row in bound if any(kind != "none" for kind, _ in row["proofs"])]
    others = len(table) - len(bound)
    out += [f"{len(table)} sentences of 2026-07-28 hold a MUST or MUST NOT. {others} bind clients, authorization servers or nobody; "
            f"{len(bound)} bind a server: {len(tested)} of them have tests, {len(bound) - len(tested)} leave nothing to test, and the table says why.", ""]
    for name in dict.fromkeys(row["page"] for row in table):
        mine = [row for row in table if row["page"] == name]
        rest = sum(row["binds"] != "server" for row in mine)
        out += [f"### {name.removesuffix('.mdx')}", ""]
        if rest < len(mine):
            out += ["| section | a server | proof |", "|---|---|---|"]
        for row in mine:
            if row["binds"] != "server":
                continue
            proofs = "<br>".join(name if kind == "none" else f"{kind}: {name}" for kind, name in row["proofs"])
            out.append(f"| {row['section']} | {row['says']} | {proofs} |")
        if rest:
            out += ["" if rest < len(mine) else None, f"{rest} more bind{'s' if rest == 1 else ''} others than servers." if rest < len(mine)
                    else f"All {rest} bind others than servers." if rest > 1 else "The one there is binds others than servers."]
        out.append("")
    return "\n".join(line for line in out if line is not None)


def main():
    table = list(rows())
    text = page(table)
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(text)
        return 0
    problems = list(unknown(table))
    if len({row["id"] for row in table}) != len(table):
        problems.append(f"{TABLE.name}: an id stands twice")
    if not PAGE.exists() or PAGE.read_text() != text:
        problems.append("docs/conformance.md is not what the table says: run tests/conformance/requirements.py --write")
    if spec := os.environ.get("SUMUN_SPEC"):
        problems += unaccounted(table, spec)
    for problem in problems:
        print(problem)
    bound = [row for row in table if row["binds"] == "server"]
    print(f"{len(bound) - len({p.split(': there')[0] for p in problems})} passed, {len(problems)} failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
