#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a stdio server does as a process: how it ends, what it leaves behind, how it holds up against a client that writes
much and reads late. Bounds are generous, the measured times are printed.

usage: process_tests.py PROBE [--sumun PROGRAM] [WORD]
  PROBE: the server of server.cpp; PROGRAM: the host program, for the client's side; WORD: only tests whose name holds it
"""
import argparse
import fcntl
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import transcript  # noqa: E402

META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
ARGUMENTS = argparse.ArgumentParser(add_help=False)
ARGUMENTS.add_argument("probe")
ARGUMENTS.add_argument("--sumun")
ARGUMENTS.add_argument("word", nargs="?", default="")
OPTIONS = ARGUMENTS.parse_intermixed_args()
PROBE = [OPTIONS.probe]
SCALE = transcript.TIME_SCALE
SANITIZED = SCALE > 1  # memory is not judged then


def call(ident, tool, **arguments):
    params = {"name": tool, "arguments": arguments, "_meta": META}
    return (json.dumps({"jsonrpc": "2.0", "id": ident, "method": "tools/call", "params": params}) + "\n").encode()


def cancel(ident):
    return (json.dumps({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": ident}}) + "\n").encode()


def read(server, limit=10.0):
    line = server.incoming.get(timeout=limit)
    assert line is not None, f"the server has ended: {server.errors[-300:]}"
    return json.loads(line)


def text(message):
    return message["result"]["content"][0]["text"]


def gone(pid, limit):
    """Seconds until the process `pid` is no more (a zombie is no more); fails after `limit`."""
    start = time.monotonic()
    while time.monotonic() - start < limit:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return time.monotonic() - start
        if state == "Z":
            return time.monotonic() - start
        time.sleep(0.002)
    raise AssertionError(f"process {pid} still runs after {limit} s")


def peak_mib(pid):
    for row in Path(f"/proc/{pid}/status").read_text().splitlines():
        if row.startswith("VmHWM:"):
            return int(row.split()[1]) / 1024
    return 0.0


class Running:
    """A server for the length of a `with`."""

    def __enter__(self):
        self.server = transcript.Server(PROBE)
        return self.server

    def __exit__(self, *_):
        self.server.end()


def end_of_input_time():
    with Running() as server:
        server.send(call(1, "add", a=1, b=2))
        read(server)
        start = time.monotonic()
        server.process.stdin.close()
        code = server.process.wait(timeout=5 * SCALE)
        took = time.monotonic() - start
    assert code == 0, f"exit {code}: {server.errors[-300:]}"
    return took


def test_an_idle_server_leaves_at_once_at_end_of_input():
    took = statistics.median(end_of_input_time() for _ in range(9))
    assert took < 0.25 * SCALE, f"{took * 1000:.0f} ms"
    return f"median {took * 1000:.1f} ms (aim: 20)"


def test_a_server_with_running_handlers_is_gone_in_a_second():
    words = []
    for tool in ("sleep", "block", "ignore_everything"):
        with Running() as server:
            for ident in range(4):
                server.send(call(ident, tool, milliseconds=60000))
            server.send(call("ready", "add", a=1, b=2))
            read(server)
            start = time.monotonic()
            server.process.stdin.close()
            server.process.wait(timeout=10 * SCALE)
            took = time.monotonic() - start
            assert took < 2 * SCALE, f"{tool}: {took:.2f} s"
            words.append(f"{tool} {took * 1000:.0f} ms")
    return ", ".join(words) + " (aim: under 1 s)"


def test_sigterm_and_sigint_end_it():
    for number in (signal.SIGTERM, signal.SIGINT):
        with Running() as server:
            server.send(call(1, "block", milliseconds=60000))
            server.send(call(2, "add", a=1, b=2))
            read(server)
            server.process.send_signal(number)
            code = server.process.wait(timeout=5 * SCALE)
            assert code == 0, f"signal {number}: exit {code}"


def test_a_killed_client_leaves_no_orphan():
    client = ("import subprocess, sys, time\n"
              "server = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
              "server.stdin.write(sys.stdin.buffer.read()); server.stdin.flush()\n"
              "server.stdout.readline()\n"
              "print(server.pid, flush=True); time.sleep(600)\n")
    took = []
    for running in ([], ["sleep"], ["block"], ["ignore_everything", "block", "sleep"]):
        requests = b"".join(call(i, tool, milliseconds=60000) for i, tool in enumerate(running)) + call("ready", "add", a=1, b=2)
        process = subprocess.Popen([sys.executable, "-c", client, *PROBE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdin.write(requests)
        process.stdin.close()
        pid = int(process.stdout.readline())
        process.kill()
        process.wait()
        process.stdout.close()
        took.append(gone(pid, 3 * SCALE))
    return f"gone after {max(took) * 1000:.0f} ms at most"


def test_what_tools_started_ends_with_the_server():
    stubborn = "trap '' TERM; sleep 300 & sleep 300"
    with Running() as server:
        server.send(call(1, "start_process", text="sleep 300"))
        server.send(call(2, "start_process", text=stubborn))
        pids = [int(text(read(server))) for _ in range(2)]
        server.send(call(3, "wait_for_process", text="sleep 300"))
        server.send(call("ready", "add", a=1, b=2))
        read(server)
        time.sleep(0.2)  # the shells have started what they start
        for pid in list(pids):
            pids += [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        assert len(pids) >= 4, pids
        start = time.monotonic()
        server.process.stdin.close()
        server.process.wait(timeout=5 * SCALE)
        took = time.monotonic() - start
        for pid in pids:
            gone(pid, 1 * SCALE)
    assert took < 2 * SCALE, f"{took:.2f} s"
    return f"server gone after {took * 1000:.0f} ms"


def test_a_killed_sumun_leaves_no_server_behind():
    """The server that a client command started ends with it, even one that hears neither end of input nor SIGTERM."""
    if OPTIONS.sumun is None:
        return "left out: no --sumun"
    deaf = "python3 -c 'import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(300)'"
    client = subprocess.Popen([OPTIONS.sumun, "tools", "--server", deaf], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    children = []
    deadline = time.monotonic() + 5 * SCALE
    while not children and time.monotonic() < deadline:
        children = [int(pid) for task in Path(f"/proc/{client.pid}/task").glob("*/children") for pid in task.read_text().split()]
        time.sleep(0.01)
    assert children, "sumun started no server"
    time.sleep(0.3)
    client.kill()
    client.wait()
    return f"gone after {max(gone(pid, 3 * SCALE) for pid in children) * 1000:.0f} ms"


def test_a_client_that_closes_its_reading_end_ends_it():
    reading, writing = os.pipe()
    process = subprocess.Popen(PROBE, stdin=subprocess.PIPE, stdout=writing, stderr=subprocess.DEVNULL)
    os.close(writing)
    os.close(reading)
    process.stdin.write(call(1, "add", a=1, b=2))
    process.stdin.flush()
    process.wait(timeout=3 * SCALE)
    process.stdin.close()


def test_nonblocking_mode_is_restored():
    for how in ("end of input", "SIGTERM"):
        in_read, in_write = os.pipe()
        out_read, out_write = os.pipe()
        before = [fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK for fd in (in_read, out_write)]
        process = subprocess.Popen(PROBE, stdin=in_read, stdout=out_write, stderr=subprocess.DEVNULL)
        os.write(in_write, call(1, "add", a=1, b=2))
        os.read(out_read, 65536)
        if how == "SIGTERM":
            process.terminate()
        os.close(in_write)
        process.wait(timeout=5 * SCALE)
        after = [fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK for fd in (in_read, out_write)]
        for fd in (in_read, out_read, out_write):
            os.close(fd)
        assert before == after, f"{how}: O_NONBLOCK before {before}, after {after}"


def test_files_and_null_serve_as_streams():
    with tempfile.TemporaryDirectory() as folder:
        requests, answers = Path(folder, "in"), Path(folder, "out")
        requests.write_bytes(call(1, "add", a=1, b=2) + call(2, "add_pooled", a=3, b=4))
        with requests.open("rb") as given, answers.open("wb") as taken:
            code = subprocess.run(PROBE, stdin=given, stdout=taken, stderr=subprocess.DEVNULL, timeout=10 * SCALE, check=False).returncode
        assert code == 0, f"exit {code}"
        got = {json.loads(line)["id"]: json.loads(line) for line in answers.read_bytes().splitlines()}
        assert sorted(got) == [1, 2], got
    code = subprocess.run(PROBE, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=10 * SCALE, check=False).returncode
    assert code == 0, f"with /dev/null: exit {code}"


def test_a_message_without_its_newline_at_the_end_is_served():
    run = subprocess.run(PROBE, input=call(1, "add", a=1, b=2).rstrip(b"\n"), capture_output=True, timeout=10 * SCALE, check=False)
    assert json.loads(run.stdout)["result"]["structuredContent"] == 3, run.stdout


def test_a_message_may_come_byte_by_byte():
    with Running() as server:
        for byte in call(1, "echo", text="한국어 😀"):
            server.send(bytes([byte]))
        assert text(read(server)) == "한국어 😀"


def test_a_hundred_thousand_calls_and_a_late_reader():
    """The reader starts two seconds after the writer: memory stays bounded, every call is answered once."""
    words = []
    for tool in ("add", "add_pooled"):
        process = subprocess.Popen(PROBE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)
        every = memoryview(b"".join(call(i, tool, a=i, b=1) for i in range(100_000)))

        def write(data=every, to=process.stdin):
            while data:
                data = data[os.write(to.fileno(), data[:65536]):]

        writer = threading.Thread(target=write, daemon=True)
        writer.start()
        time.sleep(2)
        answered, refused = set(), 0
        with os.fdopen(os.dup(process.stdout.fileno()), "rb", buffering=1 << 20) as out:
            for _ in range(100_000):
                message = json.loads(out.readline())
                assert message["id"] not in answered, f"{message['id']} was answered twice"
                answered.add(message["id"])
                if "error" in message:
                    refused += 1
                else:
                    assert message["result"]["structuredContent"] == message["id"] + 1
        writer.join(timeout=10 * SCALE)
        peak = peak_mib(process.pid)
        process.stdin.close()
        assert process.wait(timeout=5 * SCALE) == 0
        process.stdout.close()
        assert SANITIZED or peak < 64, f"{tool}: peak {peak:.1f} MiB"
        words.append(f"{tool} {peak:.1f} MiB, {refused} refused")
    return "; ".join(words) + " (aim: 12 MiB)"


def test_requests_wait_up_to_a_limit_and_cancellations_get_through():
    """Far more calls than workers: some are refused as busy, quick ones and cancellations still get through."""
    with Running() as server:
        count = 40_000
        flood = threading.Thread(target=lambda: server.send(b"".join(call(i, "block", milliseconds=60000) for i in range(count))), daemon=True)
        flood.start()
        refused = 0
        while flood.is_alive() or not server.incoming.empty():
            try:
                message = read(server, 0.5)
            except Exception:
                continue
            assert message["error"]["code"] == 503, message
            refused += 1
        assert refused > 0, "nothing was refused"
        server.send(call("quick", "add", a=1, b=2))
        while True:
            message = read(server)
            if message["id"] == "quick":
                break
            refused += 1
        server.send(b"".join(cancel(i) for i in range(count)) + call("pooled", "add_pooled", a=1, b=2))
        while True:
            message = read(server)
            if message["id"] == "pooled":
                break
            assert "error" in message, message
        server.send(call("stopped", "stopped"))
        assert int(text(read(server))) >= 1
        peak = peak_mib(server.process.pid)
        assert SANITIZED or peak < 128, f"peak {peak:.1f} MiB"
        return f"{refused} of {count} refused, peak {peak:.1f} MiB"


def test_a_client_that_does_not_read_can_still_stop_it():
    """The output is full and nobody reads: the end of input ends the process all the same."""
    process = subprocess.Popen(PROBE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)
    for i in range(8):
        process.stdin.write(call(i, "big", bytes=1_000_000))
    time.sleep(0.3)
    start = time.monotonic()
    process.stdin.close()
    process.wait(timeout=5 * SCALE)
    took = time.monotonic() - start
    process.stdout.close()
    assert took < 2 * SCALE, f"{took:.2f} s"
    return f"{took * 1000:.0f} ms"


def main():
    passed = failed = 0
    for name, test in list(globals().items()):
        if not name.startswith("test_") or OPTIONS.word not in name:
            continue
        sentence = name.removeprefix("test_").replace("_", " ")
        try:
            said = test()
        except Exception as error:  # a failure of one test must not hide the others
            failed += 1
            print(f"FAILED {sentence}: {type(error).__name__}: {error}")
        else:
            passed += 1
            if said:
                print(f"{sentence}: {said}")
    print(f"process: {passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


sys.exit(main())
