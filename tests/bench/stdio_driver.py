#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times one MCP server over stdio on the 2026-07-28 wire: the same measures and options as stdio_driver.cpp, in Python.

usage: stdio_driver.py [-n CALLS] [--serial CALLS] [--tool NAME] [--args JSON] -- COMMAND...
"""
import argparse
import json
import os
import subprocess
import sys
import threading
import time


def request(ident, tool, arguments):
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params = {"name": tool, "arguments": arguments, "_meta": meta}
    message = {"jsonrpc": "2.0", "id": ident, "method": "tools/call", "params": params}
    return (json.dumps(message, separators=(",", ":")) + "\n").encode()


def good(line):
    return b'"result"' in line and b'"isError":true' not in line


def peak_mib(pid):
    with open(f"/proc/{pid}/status") as status:
        for row in status:
            if row.startswith("VmHWM:"):
                return int(row.split()[1]) / 1024
    return 0.0


def main():
    cut = sys.argv.index("--")
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, default=20000)
    parser.add_argument("--serial", type=int, default=2000)
    parser.add_argument("--tool", default="add")
    parser.add_argument("--args", default='{"a":2,"b":3}')
    options = parser.parse_args(sys.argv[1:cut])
    arguments = json.loads(options.args)

    begin = time.perf_counter()
    server = subprocess.Popen(sys.argv[cut + 1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, bufsize=0)
    out = os.fdopen(os.dup(server.stdout.fileno()), "rb", buffering=1 << 20)
    server.stdin.write(request(0, options.tool, arguments))
    first = out.readline()
    start_ms = (time.perf_counter() - begin) * 1e3
    errors = 0 if good(first) else 1
    if errors:
        print("first answer:", first[:400], file=sys.stderr)

    trips = []
    for ident in range(1, options.serial + 1):
        message = request(ident, options.tool, arguments)
        sent = time.perf_counter()
        server.stdin.write(message)
        line = out.readline()
        trips.append((time.perf_counter() - sent) * 1e6)
        errors += not good(line)
    trips.sort()

    every = memoryview(b"".join(request(i, options.tool, arguments) for i in range(10**6, 10**6 + options.n)))

    def pump():
        done = 0
        while done < len(every):
            done += os.write(server.stdin.fileno(), every[done:done + 65536])

    begin = time.perf_counter()
    writer = threading.Thread(target=pump)
    writer.start()
    for _ in range(options.n):
        errors += not good(out.readline())
    writer.join()
    span = time.perf_counter() - begin
    peak = peak_mib(server.pid)
    server.stdin.close()
    server.wait(timeout=10)
    print(json.dumps({
        "start_ms": round(start_ms, 2), "p50_us": round(trips[len(trips) // 2], 1),
        "p99_us": round(trips[len(trips) * 99 // 100], 1), "pipelined_per_s": round(options.n / span),
        "peak_rss_mib": round(peak, 1), "errors": errors, "exit": server.returncode}))


main()
