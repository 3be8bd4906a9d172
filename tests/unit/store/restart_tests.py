#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Servers over HTTP on one store, killed at the worst moments: calls between rounds, answers, tasks.

usage: restart_tests.py STORE_PROBE [WORD]      WORD: only tests whose name holds it
Each test runs on SQLite and, where Debian's package is installed, on PostgreSQL with three servers' worth of hosts.
"""
import concurrent.futures
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROBE = sys.argv[1]
WORD = sys.argv[2] if len(sys.argv) > 2 else ""
POSTGRES = str(Path(__file__).resolve().parent / "postgres_server")
VERSION = "2026-07-28"
LIMIT = 20


class Server:
    def __init__(self, world):
        self.process = subprocess.Popen([PROBE, "serve", world.store, str(world.effects)], stderr=subprocess.PIPE, text=True, env=world.env)
        for line in self.process.stderr:
            found = re.search(r"listening on http://127.0.0.1:(\d+)", line)
            if found:
                self.port = int(found.group(1))
                return
        raise AssertionError("the server did not start")

    def ask(self, method, params, name=None, capabilities=None):
        """The whole answer to one request."""
        meta = {"io.modelcontextprotocol/protocolVersion": VERSION,
                "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": capabilities or {"elicitation": {"form": {}}, "extensions": {"io.modelcontextprotocol/tasks": {}}}}
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}})
        headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
                   "MCP-Protocol-Version": VERSION, "Mcp-Method": method}
        if name:
            headers["Mcp-Name"] = name
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        try:
            connection.request("POST", "/mcp", body, headers)
            text = connection.getresponse().read().decode()
        finally:
            connection.close()
        events = [line[5:] for line in text.splitlines() if line.startswith("data:")]
        return json.loads(events[-1] if events else text)

    def call(self, tool, arguments, **more):
        return self.ask("tools/call", {"name": tool, "arguments": arguments, **more}, name=tool)

    def go_on(self, tool, arguments, asked, agreed=True):
        """The next round: every question of `asked` is answered."""
        result = asked["result"]
        answers = {key: {"action": "accept", "content": {"agreed": agreed}} for key in result["inputRequests"]}
        return self.call(tool, arguments, requestState=result["requestState"], inputResponses=answers)

    def task(self, ident):
        return result_of(self.ask("tasks/get", {"taskId": ident}, name=ident))

    def end(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.wait(timeout=LIMIT)
        if not self.process.stderr.closed:
            self.said = self.process.stderr.read()
            self.process.stderr.close()


class World:
    """One store, empty, and the servers on it."""

    def __init__(self, kind, postgres):
        self.folder = Path(tempfile.mkdtemp(prefix="sumun-restart-"))
        self.effects = self.folder / "effects"
        self.env = dict(os.environ)
        self.store = str(self.folder / "store.db")
        if kind == "postgres":
            self.store = f"host={postgres} user=sumun dbname=postgres"
            self.env["STORE_KEY_FILE"] = str(self.folder / "keys")
            sql = "DROP SCHEMA IF EXISTS sumun CASCADE"
            subprocess.run(["psql", "-q", self.store, "-c", sql], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            subprocess.run([PROBE, "migrate", self.store], check=True)
        self.servers = []

    def server(self):
        self.servers.append(Server(self))
        return self.servers[-1]

    def done(self):
        """What the tools did, a line each."""
        return self.effects.read_text().splitlines() if self.effects.exists() else []

    def tell(self):
        """What the servers said, for whoever looks for the fault."""
        for number, server in enumerate(self.servers, 1):
            server.end(signal.SIGKILL)
            print(f"  server {number}:", *server.said.splitlines(), sep="\n    ")

    def close(self):
        for server in self.servers:
            server.end(signal.SIGKILL)
        shutil.rmtree(self.folder)


def result_of(answer):
    assert "result" in answer, answer
    return answer["result"]


def text(answer):
    return result_of(answer)["content"][0]["text"]


def test_a_call_goes_on_after_a_kill_between_any_two_rounds(world):
    for tool in ("book", "reserve"):
        before = len(world.done())
        answer = world.server().call(tool, {"city": "Rome"})
        while answer["result"]["resultType"] == "input_required":
            world.servers[-1].end(signal.SIGKILL)
            answer = world.server().go_on(tool, {"city": "Rome"}, answer)
        verb = "booked Rome 12A" if tool == "book" else "reserved Rome 12A"
        assert text(answer).startswith(verb.split()[0]), answer
        assert world.done()[before:] == ["seat for Rome", verb], world.done()


def test_a_doubled_request_state_runs_nothing_and_repeats_its_answer_also_after_a_kill(world):
    server = world.server()
    first = server.call("book", {"city": "Oslo"})
    second = server.go_on("book", {"city": "Oslo"}, first)
    last = server.go_on("book", {"city": "Oslo"}, second)
    assert text(last) == "booked Oslo 12A", last
    server.end(signal.SIGKILL)
    server = world.server()
    again = server.go_on("book", {"city": "Oslo"}, second)
    assert again == last, (again, last)
    older = server.go_on("book", {"city": "Oslo"}, first)
    assert older["result"]["resultType"] == "input_required", older
    assert world.done() == ["seat for Oslo", "booked Oslo 12A"], world.done()


def test_two_servers_asked_at_once_do_it_once(world):
    servers = [world.server(), world.server(), world.server()]
    for number in range(10):
        city = f"city{number}"
        first = servers[number % 3].call("book", {"city": city})
        second = servers[(number + 1) % 3].go_on("book", {"city": city}, first)
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda server: server.go_on("book", {"city": city}, second), servers * 2))
        good = [answer for answer in answers if "result" in answer]
        assert good and all(text(answer) == f"booked {city} 12A" for answer in good), answers
        assert all("carried out already" in answer["error"]["message"] for answer in answers if "error" in answer), answers
    assert world.done() == [line for number in range(10) for line in (f"seat for city{number}", f"booked city{number} 12A")], world.done()


def test_killed_between_the_round_and_its_answer_it_is_not_done_again(world):
    server = world.server()
    first = server.call("book", {"city": "slow"})
    second = server.go_on("book", {"city": "slow"}, first)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        lost = pool.submit(server.go_on, "book", {"city": "slow"}, second)
        end = time.monotonic() + LIMIT
        while "booked slow 12A" not in world.done() and time.monotonic() < end:
            time.sleep(0.02)
        server.end(signal.SIGKILL)
        assert lost.exception(timeout=LIMIT) is not None
    for _ in range(2):
        answer = world.server().go_on("book", {"city": "slow"}, second)
        assert "is not done again" in answer["error"]["message"], answer
    assert world.done() == ["seat for slow", "booked slow 12A"], world.done()


def test_a_task_of_a_killed_server_has_failed_one_that_had_ended_has_its_result(world):
    server = world.server()
    short = result_of(server.call("work", {"seconds": 0}))["taskId"]
    end = time.monotonic() + LIMIT
    while server.task(short)["status"] != "completed" and time.monotonic() < end:
        time.sleep(0.02)
    result = server.task(short)
    assert result["result"]["content"][0]["text"] == "worked", result
    long = result_of(server.call("work", {"seconds": 60}))["taskId"]
    other = world.server()
    assert other.task(long)["status"] == "working"
    refused = other.ask("tasks/cancel", {"taskId": long}, name=long)
    assert "another process" in refused["error"]["message"], refused
    server.end(signal.SIGKILL)
    for again in (other, world.server()):
        assert again.task(short) == result, again.task(short)
        task = again.task(long)
        assert task["status"] == "failed" and task["statusMessage"].startswith("interrupted"), task


def test_a_server_that_ends_in_order_leaves_its_tasks_failed(world):
    server = world.server()
    task = result_of(server.call("work", {"seconds": 60}))["taskId"]
    server.end(signal.SIGTERM)
    assert server.process.returncode == 0
    assert world.server().task(task)["status"] == "failed"


def main():
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_") and WORD in name]
    postgres = Path(tempfile.mkdtemp(prefix="sumun-pg-")) / "pg"
    postgres.parent.chmod(0o755)
    code = subprocess.run([POSTGRES, "start", str(postgres)], check=False).returncode
    kinds = ["sqlite"] + (["postgres"] if code == 0 else [])
    if code == 77:
        print("PostgreSQL is not tested: Debian's package postgresql-15 is not installed")
    elif code != 0:
        sys.exit("PostgreSQL does not start")
    failed = 0
    try:
        for kind in kinds:
            for name, test in tests:
                world = World(kind, postgres)
                try:
                    test(world)
                    print(f"ok    {kind}: {name[5:].replace('_', ' ')}")
                except Exception as error:  # pylint: disable=broad-except
                    failed += 1
                    print(f"FAIL  {kind}: {name[5:].replace('_', ' ')}: {type(error).__name__}: {error}")
                    world.tell()
                finally:
                    world.close()
    finally:
        if code == 0:
            subprocess.run([POSTGRES, "stop", str(postgres)], check=False)
        shutil.rmtree(postgres.parent, ignore_errors=True)
    print(f"{len(kinds) * len(tests) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
