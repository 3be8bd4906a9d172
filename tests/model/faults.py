#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Faults of the store beneath the gate: a full disk, one that cannot be written to, a lock that is not given back, a database
that goes and comes back. Nothing is done without a record, nothing that anybody was told is lost, and what was refused is
refused in words; with `store_failure = open`, what needs no approval is done all the same.

usage: faults.py MODEL_HOST [WORD]      WORD: only tests whose name holds it
"""
import collections
import json
import os
import resource
import selectors
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

from books import Books
from world import LIMIT, Failure, Place, Postgres, expect, people, request, scratch, serve

PROGRAM = sys.argv[1]
WORD = sys.argv[2] if len(sys.argv) > 2 else ""
WAIT = 700  # ms that a host waits for its store


class World:
    """One store, one server, the people; asked one thing after another, or many at once."""

    def __init__(self, postgres=None, folder=None, more=None):
        self.place = Place(PROGRAM, postgres, folder)
        self.own = scratch()  # the journal and the logs are not on the disk that fails
        self.place.journal = self.own / "journal"
        self.place.env["MODEL_WAIT"] = str(WAIT)
        self.more = more or {}
        self.selector = selectors.DefaultSelector()
        self.numbers = 0
        self.told = {}
        self.sent = collections.defaultdict(lambda: [{"voter": "carol", "approve": True, "edited": None}])
        self.acknowledged, self.revoked, self.counts = {}, {}, collections.Counter()
        self.processes = []
        self.start()

    def start(self):
        self.host = serve(self.selector, self.place, self.own / "host.log", more=self.more)
        self.people = people(self.selector, self.place, self.own / "people.log")
        self.processes += [self.host, self.people]

    def answers(self, process, numbers):
        found = {}
        end = time.monotonic() + LIMIT
        while len(found) < len(numbers):
            expect(time.monotonic() < end, "no answer to", set(numbers) - set(found))
            for key, _ in self.selector.select(0.05):
                for line in key.data.lines():
                    if key.data is process:
                        found[line.get("id", line.get("number"))] = line
                expect(not key.data.ended, "a process has ended")
        return [found[number] for number in numbers]

    def call(self, *calls):
        """The results of several calls (tool, to, amount) at once; an error of the protocol counts as one with isError."""
        return self.results(self.begin(*calls))

    def begin(self, *calls):
        numbers = []
        for tool, to, amount in calls:
            self.numbers += 1
            numbers.append(self.numbers)
            self.host.send(request(self.numbers, "tools/call", {"name": tool, "arguments": {"to": to, "amount": amount}}))
        return numbers

    def results(self, numbers):
        found = []
        for message in self.answers(self.host, numbers):
            result = message.get("result") or {"isError": True, "content": [{"type": "text", "text": message["error"]["message"]}]}
            result["texts"] = [block["text"] for block in result["content"] if block["type"] == "text"]
            for text in result["texts"]:
                if text.startswith("did "):
                    effect = json.loads(text[4:])
                    self.told[effect["call"]] = effect
            found.append(result)
        return found

    def say(self, **words):
        self.numbers += 1
        self.people.send({**words, "number": self.numbers})
        return self.answers(self.people, [self.numbers])[0]

    def enrol(self):
        said = self.say(op="enrol", id="carol", voter="")
        expect("error" not in said, "no approver:", said)

    def approved(self, to, amount):
        """A payment that was asked for and approved; its approval's id."""
        result = self.call(("pay", to, amount))[0]
        about = result.get("_meta", {}).get("dev.sumun/approval")
        expect(about, "not asked about:", result)
        said = self.say(op="decide", id=about["id"], voter="carol", approve=True)
        expect(said.get("approval", {}).get("state") == "approved", "not approved:", said)
        self.acknowledged[about["id"]] = said["approval"]
        return about["id"]

    def books(self):
        """In order. A claim whose outcome could not be written stays until its process is gone: so it goes, and comes back."""
        end = time.monotonic() + LIMIT
        while claimed := [one for one in Books(self.place).approvals.values() if one["state"] == "claimed"]:
            expect(time.monotonic() < end, "claimed, and nobody is at it:", claimed[0])
            for process in self.processes:
                process.kill()
                process.reap()
            self.processes.clear()
            self.start()
            self.say(op="sweep", id="")
        books = Books(self.place)
        books.check(self)
        return books

    def done(self, tool=None):
        return [effect for effect in self.place.effects() if tool is None or effect["tool"] == tool]

    def close(self):
        for process in self.processes:
            process.kill()
            process.reap()
        self.selector.close()
        self.place.close()
        shutil.rmtree(self.own, ignore_errors=True)


def was_done(result):
    return any(text.startswith("did ") for text in result["texts"]) and not result.get("isError")


def refused(world, what, approval):
    """With the store away: nothing is done, and the caller is told so; reading goes on."""
    before = len(world.done())
    results = world.call(("pay", "kept", 100), ("pay", "new", 101), ("pay_free", "free", 102), ("book", "new", 103), ("confirm", "new", 104))
    for result in results:
        expect(result.get("isError"), what, "and done all the same:", result)
        expect(any("store" in text for text in result["texts"]), what, "and the caller is not told:", result)
    expect(world.call(("look", "out", 1))[0]["texts"] == ["saw out"], what, "and nothing can be read")
    said = world.say(op="decide", id=approval, voter="carol", approve=False)
    expect("error" in said, what, "and a decision was taken:", said)
    expect(len(world.done()) == before, what, "and something was done:", world.done())


def as_before(world, what, approval):
    """What was approved is still approved, is done once, and new things can be done."""
    end = time.monotonic() + LIMIT
    while not was_done(world.call(("pay_free", "back", 1))[0]):
        expect(time.monotonic() < end, what, "is over, and nothing works")
    expect(was_done(world.call(("pay", "kept", 100))[0]), what, "is over, and the approval is lost:", world.say(op="get", id=approval))
    results = world.call(("pay", "kept", 100), ("pay", "kept", 100))
    expect(len([effect for effect in world.done("pay") if effect["arguments"]["to"] == "kept"]) == 1, what, "is over, and it is done twice:", results)
    world.approved("after", 200)
    expect(was_done(world.call(("pay", "after", 200))[0]), what, "is over, and nothing can be approved")
    world.books()


class Disk:
    """A file system of its own; `there` False = this user may not mount."""

    def __init__(self, size):
        self.folder = scratch()
        self.folder.chmod(0o755)
        self.there = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(self.folder)], check=False, stderr=subprocess.DEVNULL).returncode == 0

    def remount(self, how):
        return subprocess.run(["mount", "-o", f"remount,{how}", str(self.folder)], check=False, stderr=subprocess.DEVNULL).returncode == 0

    def fill(self):
        try:
            with open(self.folder / "filler", "wb", buffering=0) as filler:
                while True:
                    filler.write(b"x" * 4096)
        except OSError:
            return

    def free(self):
        (self.folder / "filler").unlink()

    def close(self):
        if self.there:
            subprocess.run(["umount", "-l", str(self.folder)], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def test_on_a_full_disk_nothing_is_done_and_nothing_is_lost(postgres):
    disk = Disk("4m")
    if not disk.there:
        disk.close()
        return "this user may not mount"
    (disk.folder / "state").mkdir()
    world = World(folder=disk.folder / "state")
    try:
        world.enrol()
        approval = world.approved("kept", 100)
        disk.fill()
        # What still fits into the log's last page is done, with its record; then there is no more.
        end = time.monotonic() + LIMIT
        while was_done(world.call(("pay_free", "last", 1))[0]):
            expect(time.monotonic() < end, "the disk is full, and things are done")
        refused(world, "the disk is full", approval)
        disk.free()
        as_before(world, "the full disk", approval)
    finally:
        world.close()
        disk.close()
    return ""


def test_a_disk_that_fills_up_in_the_middle_leaves_every_effect_on_record(postgres):
    disk = Disk("3m")
    if not disk.there:
        disk.close()
        return "this user may not mount"
    (disk.folder / "state").mkdir()
    world = World(folder=disk.folder / "state")
    try:
        world.enrol()
        ids = [world.approved(f"slow{number}", 100) for number in range(6)]
        numbers = world.begin(*[("slow", f"early{number}", 100) for number in range(4)], *[("pay", f"slow{number}", 100) for number in range(3)])
        disk.fill()
        numbers += world.begin(*[("pay", f"slow{number}", 100) for number in range(3, 6)], *[("pay_free", f"free{number}", 100) for number in range(20)])
        world.results(numbers)
        disk.free()
        end = time.monotonic() + LIMIT
        while not was_done(world.call(("pay_free", "back", 1))[0]):
            expect(time.monotonic() < end, "there is room, and nothing works")
        results = world.call(*[("pay", f"slow{number}", 100) for number in range(6)])
        expect(len({effect["arguments"]["to"] for effect in world.done("pay")}) == len(world.done("pay")), "done twice:", world.done("pay"), results)
        expect(len(ids) == 6, ids)
        world.told.clear()  # an outcome that could not be written is not on record, and the answer said so
        world.books()
    finally:
        world.close()
        disk.close()
    return ""


def test_a_file_that_may_not_grow_is_refused_in_words(postgres):
    world = World()
    try:
        world.enrol()
        approval = world.approved("kept", 100)
        for process in (world.host, world.people):
            resource.prlimit(process.child.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        refused(world, "the file may not grow", approval)
        for process in (world.host, world.people):
            resource.prlimit(process.child.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        as_before(world, "the limit", approval)
    finally:
        world.close()
    return ""


def test_a_store_that_cannot_be_written_to_does_nothing(postgres):
    disk = Disk("64m")
    if not disk.there:
        disk.close()
        return "this user may not mount"
    (disk.folder / "state").mkdir()
    world = World(folder=disk.folder / "state")
    try:
        world.enrol()
        approval = world.approved("kept", 100)
        for process in (world.host, world.people):
            process.kill()
            process.reap()
        world.processes.clear()
        if not disk.remount("ro"):
            return "this user may not mount read-only"
        world.start()
        refused(world, "the disk is read-only", approval)
        disk.remount("rw")
        as_before(world, "the read-only disk", approval)
    finally:
        disk.remount("rw")
        world.close()
        disk.close()
    return ""


def test_while_another_process_holds_the_file_nothing_is_done(postgres):
    world = World()
    try:
        world.enrol()
        approval = world.approved("kept", 100)
        other = sqlite3.connect(world.place.store, timeout=LIMIT, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        refused(world, "the file is held", approval)
        other.execute("ROLLBACK")
        other.close()
        as_before(world, "the lock", approval)
    finally:
        world.close()
    return ""


def test_where_configured_so_what_needs_no_approval_is_done_without_a_store(postgres):
    world = World(more={"MODEL_OPEN": "1"})
    try:
        world.enrol()
        world.approved("kept", 100)
        other = sqlite3.connect(world.place.store, timeout=LIMIT, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        free, asked, new = world.call(("pay_free", "free", 1), ("pay", "kept", 100), ("pay", "new", 101))
        other.execute("ROLLBACK")
        other.close()
        expect(was_done(free), "open, and refused:", free)
        for result in (asked, new):
            expect(result.get("isError"), "open, and done without its approval:", result)
        expect(not world.done("pay"), "open, and done without its approval:", world.done())
    finally:
        world.close()
    return ""


def test_a_database_that_goes_and_comes_back_loses_nothing(postgres):
    if postgres is None:
        return "PostgreSQL is not installed"
    world = World(postgres)
    try:
        world.enrol()
        approval = world.approved("kept", 100)
        postgres.run("stop")
        refused(world, "the database is away", approval)
        postgres.run("start")
        as_before(world, "the database's absence", approval)
    finally:
        postgres.run("start")
        world.close()
    return ""


def test_a_database_that_dies_in_the_middle_of_transactions_loses_nothing(postgres):
    if postgres is None:
        return "PostgreSQL is not installed"
    world = World(postgres)
    try:
        world.enrol()
        for turn, verb in enumerate(("stop", "kill", "stop", "kill")):
            approved = [(f"turn{turn}-{number}", 100 + number) for number in range(20)]
            for to, amount in approved:
                world.approved(to, amount)
            numbers = world.begin(*[("pay", to, amount) for to, amount in approved], *[("pay_free", f"free{turn}-{number}", 1) for number in range(40)])
            time.sleep(0.01 * turn)
            postgres.run(verb)
            world.results(numbers)
            expect(postgres.run("start") == 0, "PostgreSQL does not start")
            end = time.monotonic() + LIMIT
            while not was_done(world.call(("pay_free", "back", 1))[0]):
                expect(time.monotonic() < end, "the database is back, and nothing works")
            world.call(*[("pay", to, amount) for to, amount in approved])
        done = [effect["arguments"]["to"] for effect in world.done("pay")]
        expect(len(done) == len(set(done)), "done twice:", done)
        world.told.clear()
        books = world.books()
        left = collections.Counter(one["state"] for one in books.approvals.values())
        expect(left["approved"] + left["executed"] + left["failed"] + left["outcome_unknown"] == 80, "approvals are lost:", left)
        expect(left["executed"] >= 20, "hardly anything was done:", left)
    finally:
        postgres.run("start")
        world.close()
    return ""


def main():
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_") and WORD in name]
    postgres = Postgres()
    failed = 0
    try:
        for name, test in tests:
            words = name[5:].replace("_", " ")
            try:
                skipped = test(postgres if postgres.code == 0 else None)
                print(f"skip  {words}: {skipped}" if skipped else f"ok    {words}", flush=True)
            except (Failure, OSError, KeyError, TypeError, ValueError) as error:
                failed += 1
                print(f"FAIL  {words}: {type(error).__name__}: {error}", flush=True)
    finally:
        postgres.close()
    print(f"{len(tests) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
