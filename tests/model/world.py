# SPDX-License-Identifier: Apache-2.0
"""The processes under the model: a store of their own, servers over stdio, the person who approves, and what is in the books.

Nothing here waits without a limit. Everything lies in memory (/dev/shm) where there is such a place: the processes are killed,
the machine is not.
"""
import csv
import io
import json
import os
import selectors
import shutil
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
POSTGRES = str(HERE.parent / "unit" / "store" / "postgres_server")
VERSION = "2026-07-28"
META = "io.modelcontextprotocol/"
LIMIT = 30.0  # seconds anything may take
LEASE = 500  # ms after which a stopped host counts as gone


class Failure(Exception):
    """The product broke a promise."""


def expect(right, *words):
    if not right:
        raise Failure(" ".join(str(word) for word in words))


def text_of(value):
    """Canonical JSON of what the model has: ASCII and integers."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def scratch():
    return Path(tempfile.mkdtemp(prefix="sumun-model-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))


class Postgres:
    """A PostgreSQL server of one's own. `code` 77 = Debian's package is not installed."""

    def __init__(self):
        self.folder = scratch()
        self.folder.chmod(0o755)
        self.socket = str(self.folder / "pg")
        self.code = self.run("start")

    def run(self, verb):
        return subprocess.run([POSTGRES, verb, self.socket], check=False, stdin=subprocess.DEVNULL).returncode

    def close(self):
        if self.code == 0:
            self.run("stop")
        shutil.rmtree(self.folder, ignore_errors=True)


class Place:
    """One store, empty when it is made, and the journal of what was really done."""

    def __init__(self, program, postgres=None, folder=None):
        self.program = program
        self.folder = folder or scratch()
        self.journal = self.folder / "journal"
        self.postgres = postgres
        self.store = f"host={postgres.socket} user=sumun dbname=postgres" if postgres else str(self.folder / "store.db")
        self.env = {**os.environ, "MODEL_KEYS": str(self.folder / "keys"), "MODEL_LEASE": str(LEASE)}
        if postgres:
            self.psql("DROP SCHEMA IF EXISTS sumun CASCADE")
            subprocess.run([program, "migrate", self.store], check=True, env=self.env)

    def psql(self, sql):
        command = ["psql", "-q", "--csv", "-v", "ON_ERROR_STOP=1", self.store, "-c", sql]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=LIMIT).stdout

    def rows(self, sql):
        """What a query gives, past the product: a dict each, all values texts."""
        if self.postgres:
            csv.field_size_limit(1 << 28)
            return list(csv.DictReader(io.StringIO(self.psql("SET search_path TO sumun; " + sql))))
        if not Path(self.store).exists():
            return []
        books = sqlite3.connect(f"file:{self.store}?mode=ro", uri=True, timeout=LIMIT)
        try:
            found = books.execute(sql)
            names = [column[0] for column in found.description]
            return [{name: "" if value is None else str(value) for name, value in zip(names, row)} for row in found]
        finally:
            books.close()

    def age(self, approval):
        """An hour goes by for one approval, past the product."""
        approval["changed"] = int(approval["changed"]) - 3_600_001
        found = self.rows(f"SELECT body FROM approvals WHERE id = '{approval['id']}'")
        body = text_of({**json.loads(found[0]["body"]), "changed": approval["changed"]}).replace("'", "''")
        sql = f"UPDATE approvals SET changed = {approval['changed']}, body = '{body}' WHERE id = '{approval['id']}' AND version = {approval['version']}"
        if self.postgres:
            self.psql("SET search_path TO sumun; " + sql)
            return
        books = sqlite3.connect(self.store, timeout=LIMIT, isolation_level=None)
        books.execute(sql)
        books.close()

    def effects(self):
        """What was done, in its order."""
        if not self.journal.exists():
            return []
        return [json.loads(line) for line in self.journal.read_text().splitlines()]

    def dump(self):
        """The books as text beside the logs, for whoever looks into a failure. The folder."""
        for table in ("approvals", "audit", "grants", "hosts"):
            (self.folder / f"{table}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in self.rows(f"SELECT * FROM {table}")))
        return self.folder

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Process:
    """A program that reads lines and writes lines; several of them share one selector."""

    def __init__(self, selector, command, env, log):
        self.selector = selector
        self.log = open(log, "ab")  # noqa: SIM115
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, env=env, bufsize=0,
                                      restore_signals=False)  # SIGXFSZ stays ignored
        os.set_blocking(self.child.stdout.fileno(), False)
        selector.register(self.child.stdout, selectors.EVENT_READ, self)
        self.buffer = b""
        self.ended = False
        self.killed = False

    def send(self, message):
        """False: it is gone."""
        try:
            self.child.stdin.write((json.dumps(message) + "\n").encode())
            return True
        except (BrokenPipeError, ValueError):
            return False

    def lines(self):
        """What has come. Sets `ended` where nothing more will."""
        while True:
            try:
                part = self.child.stdout.read(1 << 16)
            except BlockingIOError:
                part = None
            if part is None:
                break
            if part == b"":
                self.ended = True
                break
            self.buffer += part
        *whole, self.buffer = self.buffer.split(b"\n")
        return [json.loads(line) for line in whole]

    def kill(self):
        self.killed = True
        self.child.kill()

    def reap(self):
        """The exit code, of a process that has ended or was told to."""
        self.selector.unregister(self.child.stdout)
        try:
            code = self.child.wait(LIMIT)
        except subprocess.TimeoutExpired as late:
            self.child.kill()
            raise Failure("a process does not end") from late
        finally:
            for stream in (self.child.stdin, self.child.stdout, self.log):
                try:
                    stream.close()
                except BrokenPipeError:
                    pass
        return code


def serve(selector, place, log, principal="alice", hold=0, fate="", more=None):
    env = {**place.env, "MODEL_PRINCIPAL": principal, "MODEL_HOLD": str(hold), "MODEL_FATE": fate, **(more or {})}
    return Process(selector, [place.program, "serve", place.store, str(place.journal)], env, log)


def people(selector, place, log, fate=""):
    return Process(selector, [place.program, "people", place.store], {**place.env, "MODEL_FATE": fate}, log)


def request(number, method, params, tasks=False):
    capabilities = {"elicitation": {"form": {}}}
    if tasks:
        capabilities["extensions"] = {"io.modelcontextprotocol/tasks": {}}
    meta = {META + "protocolVersion": VERSION, META + "clientInfo": {"name": "model", "version": "1"}, META + "clientCapabilities": capabilities}
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": {**params, "_meta": meta}}


def cancelled(number):
    return {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": number}}
