#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs the library, builds tests/consumer/project against the installed tree and calls its tools over stdio.

The calculator's source is the README's C++ block, so what the README shows is what builds. With --kind shared the
library is built again as a shared one (the SDK alone); static takes the build that is there.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

WAIT_SECONDS = 30


def step(text, *command, **options):
    print(f"-- {text}: {' '.join(map(str, command))}", flush=True)
    subprocess.run(list(map(str, command)), check=True, stdin=subprocess.DEVNULL, **options)


def readme_program(source):
    blocks = re.findall(r"^```cpp\n(.*?)^```", (source / "README.md").read_text("utf-8"), re.M | re.S)
    programs = [block for block in blocks if "int main(" in block]
    if len(programs) != 1:
        sys.exit(f"README.md should show one whole program, it shows {len(programs)}")
    return programs[0]


def talk(program, messages, want_id):
    """Sends messages, closes the input and returns the reply with want_id."""
    text = "".join(json.dumps(message) + "\n" for message in messages)
    # The input stays open until the reply is there: end of input cancels what still runs.
    process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        process.stdin.write(text)
        process.stdin.flush()
        reply = None
        for line in process.stdout:
            message = json.loads(line)
            if message.get("id") == want_id:
                reply = message
                break
        process.stdin.close()
        code = process.wait(timeout=WAIT_SECONDS)
    finally:
        process.kill()
    if reply is None:
        sys.exit(f"{program}: no reply to request {want_id}")
    if code != 0:
        sys.exit(f"{program}: exit {code} at end of input")
    return reply


def expect(what, got, want):
    if got != want:
        sys.exit(f"{what}: want {want!r}, got {got!r}")
    print(f"-- {what}: {got!r}", flush=True)


def modern_call(tool, arguments):
    return [{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": tool, "arguments": arguments, "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "consumer", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {}}}}]


def legacy_call(tool, arguments):
    return [
        {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "consumer", "version": "1"}}},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}},
    ]


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    for name in ("--source", "--build", "--work"):
        arguments.add_argument(name, type=Path, required=True)
    arguments.add_argument("--compiler", required=True)
    arguments.add_argument("--kind", choices=["static", "shared"], required=True)
    options = arguments.parse_args()

    work = options.work
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    build = options.build
    os.environ["CCACHE_SLOPPINESS"] = "pch_defines,time_macros,include_file_mtime,include_file_ctime"
    if options.kind == "shared":
        build = work / "library"
        step("configure the shared library", "cmake", "-S", options.source, "-B", build, "-G", "Ninja",
             f"-DCMAKE_CXX_COMPILER={options.compiler}", "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache",
             "-DCMAKE_BUILD_TYPE=Release", "-DBUILD_SHARED_LIBS=ON",
             "-DSUMUN_SERVERS=OFF", "-DSUMUN_EXAMPLES=OFF", "-DSUMUN_TESTS=OFF", stdout=subprocess.DEVNULL)
        step("build the shared library", "cmake", "--build", build)

    prefix = work / "prefix"
    for component in ("development", "runtime"):
        step(f"install {component}", "cmake", "--install", build, "--prefix", prefix, "--component", component,
             stdout=subprocess.DEVNULL)
    header = next(iter((prefix / "include" / "sumun").glob("result.hpp")), None)
    if header is None:
        sys.exit("the installed tree lacks include/sumun/result.hpp")

    calculator_cpp = work / "calculator.cpp"
    calculator_cpp.write_text(readme_program(options.source), "utf-8")
    consumer = work / "build"
    step("configure the consumer", "cmake", "-S", options.source / "tests/consumer/project", "-B", consumer, "-G", "Ninja",
         f"-DCMAKE_CXX_COMPILER={options.compiler}", "-DCMAKE_BUILD_TYPE=Release",
         f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCALCULATOR_CPP={calculator_cpp}", stdout=subprocess.DEVNULL)
    step("build the consumer", "cmake", "--build", consumer)

    for era, call in (("2026-07-28", modern_call), ("2025-11-25", legacy_call)):
        for program, tool in ((consumer / "calculator", "add"), (consumer / "coroutine", "add_later")):
            reply = talk(program, call(tool, {"a": 2, "b": 3}), want_id=1)
            expect(f"{era} {tool} 2 + 3, as text", reply.get("result", reply)["content"][0]["text"], "5")


if __name__ == "__main__":
    main()
