#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`sumun approvals` as a person uses it, at a terminal (a pty), and as whoever is no person: without one.

usage: approvals_test.py SUMUN REFUND_DESK
"""
import errno
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import termios
import time
import unittest
from pathlib import Path

SUMUN, DESK = os.path.abspath(sys.argv.pop(1)), os.path.abspath(sys.argv.pop(1))
LIMIT = 60  # seconds; every wait is bounded by it
PASSWORD, OTHER = "correct horse battery", "another staple"

CONFIG = """
[policy]
default = "allow_reads"
[[policy.rule]]
target = "tool:search_documents"
decision = "ask"
reason = "searches are looked at"
{ask}
[approvals]
hold = "1s"
"""


class AtTerminal:
    """A process whose terminal is ours; `stdin` = what its standard input is instead of the terminal."""

    def __init__(self, words, env, cwd, stdin=None):
        self.master, slave = pty.openpty()
        self.name = os.ttyname(slave)

        def take_terminal():
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen([SUMUN, *words], stdin=slave if stdin is None else stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=env, cwd=cwd, preexec_fn=take_terminal, pass_fds=(slave,))
        os.close(slave)
        self.seen = ""

    def expect(self, what):
        """Reads until the terminal shows it; what came before it is in `seen`."""
        end = time.monotonic() + LIMIT
        while what not in self.seen:
            ready, _, _ = select.select([self.master], [], [], max(0, end - time.monotonic()))
            if not ready:
                raise AssertionError(f"no {what!r} on the terminal but {self.seen!r}")
            try:
                data = os.read(self.master, 65536)
            except OSError as error:  # the other side is closed
                if error.errno != errno.EIO:
                    raise
                data = b""
            if not data:
                raise AssertionError(f"no {what!r} on the terminal but {self.seen!r}; {self.process.communicate(timeout=LIMIT)}")
            self.seen += data.decode()
        before, self.rest = self.seen.split(what, 1)
        self.seen = self.rest
        return before

    def type(self, text):
        os.write(self.master, text.encode())

    def echoes(self):
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)

    def end(self):
        """(exit code, standard output, standard error, what the terminal showed last)"""
        out, err = self.process.communicate(timeout=LIMIT)
        while select.select([self.master], [], [], 0)[0]:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                break
            if not data:
                break
            self.seen += data.decode()
        os.close(self.master)
        return self.process.returncode, out.decode(), err.decode(), self.seen


class Approvals(unittest.TestCase):
    def setUp(self):
        self.home = Path(tempfile.mkdtemp(prefix="sumun-approvals-"))
        (self.home / "leave.md").write_text("# Leave\n\nParental leave is 26 weeks.\n")
        keep = ("PATH", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LD_LIBRARY_PATH")
        self.env = {name: os.environ[name] for name in keep if name in os.environ}
        self.env.update(HOME=str(self.home), XDG_STATE_HOME=str(self.home / "state"), XDG_CONFIG_HOME=str(self.home / "config"))
        self.configure()
        self.run_sumun(0, "index", str(self.home / "leave.md"))

    def tearDown(self):
        shutil.rmtree(self.home)

    def configure(self, ask=""):
        folder = self.home / "config" / "sumun"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.toml").write_text(CONFIG.format(ask=ask))

    # Nobody's terminal: a session of its own, as a program that an agent starts in the background has it.
    def run_sumun(self, want, *words, stdin="", env=None):
        done = subprocess.run([SUMUN, *words], input=stdin, capture_output=True, text=True, timeout=LIMIT, env={**self.env, **(env or {})},
                              cwd=self.home, start_new_session=True)
        self.assertEqual(done.returncode, want, f"{words}: {done.stdout}{done.stderr}")
        return done

    def json_of(self, *words):
        return json.loads(self.run_sumun(0, *words, "--json").stdout)

    def at_terminal(self, *words, **more):
        return AtTerminal(words, {**self.env, **more.pop("env", {})}, self.home, **more)

    def with_password(self, *words, password=PASSWORD, want=0, **more):
        """Runs a command that asks for a password once, and types it."""
        terminal = self.at_terminal(*words, **more)
        shown = terminal.expect("password of ")
        terminal.expect(": ")
        self.assertFalse(terminal.echoes())
        terminal.type(password + "\n")
        code, out, err, _ = terminal.end()
        self.assertEqual(code, want, f"{words}: {shown}{out}{err}")
        return shown, out, err

    def init(self, *words, password=PASSWORD, by=None):
        terminal = self.at_terminal("approvals", "init", *words)
        if by:
            terminal.expect("password of ")
            terminal.type(by + "\n")
        terminal.expect("new password of ")
        terminal.type(password + "\n")
        terminal.expect("again: ")
        terminal.type(password + "\n")
        code, out, err, seen = terminal.end()
        self.assertEqual(code, 0, err)
        self.assertNotIn(password, seen)
        return out

    def call(self, query="parental leave", want=1):
        """One call of the tool that is asked for. A call that waits for a person says so as a failure."""
        return self.run_sumun(want, "call", "search_documents", f"query={query}", "--json")

    def pending(self, query="parental leave"):
        """A call that was asked for and not answered in time; gives the approval's id."""
        self.call(query)
        waiting = [one for one in self.json_of("approvals", "list")["approvals"] if one["arguments"]["query"] == query]
        self.assertEqual([one["state"] for one in waiting], ["pending"])
        return waiting[0]["id"]

    def state(self, approval):
        return self.json_of("approvals", "show", approval)["state"]

    # -- setting up

    def test_until_somebody_is_set_up_what_asks_is_refused_and_says_how(self):
        self.assertIn("sumun approvals init", self.call().stdout)
        self.assertEqual(self.json_of("approvals", "list")["approvals"], [])
        self.assertIn("sumun approvals init", self.run_sumun(0, "doctor").stdout)
        self.assertIn("sumun approvals init", self.run_sumun(0, "config", "check").stderr)

    def test_the_first_approver_is_the_user_and_the_next_takes_their_leave(self):
        self.assertIn("can approve now", self.init())
        owner = self.json_of("approvals", "approvers")["approvers"]
        self.assertEqual(len(owner), 1)
        self.assertEqual(owner[0]["principal"], "local:" + owner[0]["name"])
        terminal = self.at_terminal("approvals", "init")  # again
        code, _, err, _ = terminal.end()
        self.assertEqual(code, 1)
        self.assertIn("is set up", err)
        self.with_password("approvals", "init", "--name", "bob", password="not the owner's", want=1)
        self.init("--name", "bob", "--principal", "bob@example.com", password=OTHER, by=PASSWORD)
        self.assertEqual([one["name"] for one in self.json_of("approvals", "approvers")["approvers"]].count("bob"), 1)
        self.with_password("approvals", "approvers", "--remove", "bob", "--as", "bob", password=OTHER)
        self.assertEqual(len(self.json_of("approvals", "approvers")["approvers"]), 1)

    def test_two_passwords_that_differ_or_are_too_short_set_nobody_up(self):
        for first, second in ((PASSWORD, OTHER), ("short", None)):
            terminal = self.at_terminal("approvals", "init")
            terminal.expect("new password of ")
            terminal.type(first + "\n")
            if second:
                terminal.expect("again: ")
                terminal.type(second + "\n")
            self.assertEqual(terminal.end()[0], 1)
        self.assertEqual(self.json_of("approvals", "approvers")["approvers"], [])

    # -- deciding

    def test_a_person_approves_and_the_same_call_is_carried_out_once(self):
        self.init()
        approval = self.pending()
        shown, out, _ = self.with_password("approvals", "approve", approval[:8])
        for part in ("search_documents", "local:", "searches are looked at", "parental leave", "any approver", "you approve it"):
            self.assertIn(part, shown)
        self.assertIn("approved", out)
        self.assertEqual(self.state(approval), "approved")
        first = self.call(want=0)
        self.assertEqual(self.state(approval), "executed")
        self.assertEqual(json.loads(first.stdout), json.loads(self.call(want=0).stdout))  # the stored result
        self.assertEqual(len(self.json_of("approvals", "list", "--state", "all")["approvals"]), 1)

    def test_a_denial_says_why_to_the_caller(self):
        self.init()
        approval = self.pending()
        self.with_password("approvals", "deny", approval, "--reason", "not today")
        self.assertEqual(self.state(approval), "denied")
        self.assertIn("not today", self.call().stdout)

    def test_without_a_terminal_nobody_approves_whatever_they_know(self):
        self.init()
        approval = self.pending()
        for what in (("approve",), ("deny",), ("edit", "--set", "top_k=1")):
            words = ("approvals", what[0], approval, *what[1:])
            for stdin in ("", PASSWORD + "\n"):
                with self.subTest(words=words, stdin=stdin):
                    done = self.run_sumun(1, *words, stdin=stdin, env={"PASSWORD": PASSWORD, "SUMUN_PASSWORD": PASSWORD})
                    self.assertIn("no terminal", done.stderr)
        self.run_sumun(2, "approvals", "approve", approval, "--password", PASSWORD)
        self.run_sumun(1, "approvals", "init", "--name", "mallory", stdin=f"{OTHER}\n{OTHER}\n")
        self.assertEqual(self.state(approval), "pending")
        self.assertEqual(len(self.json_of("approvals", "approvers")["approvers"]), 1)

    def test_a_password_on_standard_input_is_not_read_where_there_is_a_terminal(self):
        self.init()
        approval = self.pending()
        reader, writer = os.pipe()
        os.write(writer, (PASSWORD + "\n").encode())
        os.close(writer)
        terminal = self.at_terminal("approvals", "approve", approval, stdin=reader, env={"SUMUN_PASSWORD": PASSWORD})
        os.close(reader)
        terminal.expect("password of ")
        terminal.expect(": ")
        terminal.type("\n")  # the person types nothing
        code, _, err, _ = terminal.end()
        self.assertEqual(code, 1)
        self.assertIn("nothing is changed", err)
        self.assertEqual(self.state(approval), "pending")

    def test_what_was_typed_before_the_question_is_no_password(self):
        self.init()
        approval = self.pending()
        terminal = self.at_terminal("approvals", "approve", approval)
        terminal.type(PASSWORD + "\n")
        terminal.expect("password of ")
        terminal.expect(": ")
        terminal.type("\n")
        self.assertEqual(terminal.end()[0], 1)
        self.assertEqual(self.state(approval), "pending")

    def test_wrong_passwords_are_counted_and_then_even_the_right_one_waits(self):
        self.init()
        approval = self.pending()
        for _ in range(5):
            _, _, err = self.with_password("approvals", "approve", approval, password="a wrong one", want=1)
            self.assertIn("no approver has this name and password", err)
        _, _, unknown = self.with_password("approvals", "approve", approval, "--as", "nobody", want=1)
        self.assertEqual(unknown, err)
        deadline = time.monotonic() + LIMIT
        # The wait grows with each wrong one, so that sooner or later the right one comes within it, however slow this is.
        while True:
            _, _, err = self.with_password("approvals", "approve", approval, password="a wrong one", want=1)
            if "try again in" in err:
                break
            self.assertLess(time.monotonic(), deadline)
        self.assertEqual(self.state(approval), "pending")

    def test_interrupted_at_the_password_the_terminal_is_as_it_was(self):
        self.init()
        approval = self.pending()
        for signal_number, send in ((signal.SIGINT, lambda t: t.type("\x03")), (signal.SIGTERM, lambda t: t.process.terminate())):
            terminal = self.at_terminal("approvals", "approve", approval)
            terminal.expect("password of ")
            terminal.expect(": ")
            self.assertFalse(terminal.echoes())
            send(terminal)
            terminal.process.wait(timeout=LIMIT)
            self.assertTrue(terminal.echoes())
            self.assertEqual(terminal.end()[0], -signal_number)
        self.assertEqual(self.state(approval), "pending")

    def test_an_edit_is_held_against_the_schema_shown_and_told_to_the_caller(self):
        self.init()
        approval = self.pending()
        terminal = self.at_terminal("approvals", "edit", approval, "--set", "top_k=1000000")
        code, _, err, _ = terminal.end()
        self.assertEqual(code, 1)
        self.assertIn("top_k", err)
        shown, _, _ = self.with_password("approvals", "edit", approval, "--set", "top_k=1", "--reason", "one will do")
        self.assertRegex(shown, r"~ top_k +\d+ → 1\r?\n")
        done = json.loads(self.run_sumun(0, "call", "search_documents", "query=parental leave", "--json").stdout)
        self.assertEqual(len(done.get("hits", done.get("structuredContent", {}).get("hits"))), 1)
        self.assertEqual(self.json_of("approvals", "show", approval)["edited"]["top_k"], 1)

    def test_an_edit_in_an_editor(self):
        self.init()
        approval = self.pending()
        editor = self.home / "editor"
        editor.write_text("#!/bin/sh\nsed -i 's/\"top_k\": [0-9]*/\"top_k\": 2/' \"$1\"\n")
        editor.chmod(0o755)
        shown, _, _ = self.with_password("approvals", "edit", approval, env={"EDITOR": str(editor)})
        self.assertRegex(shown, r"~ top_k +\d+ → 2\r?\n")
        self.assertEqual(self.json_of("approvals", "show", approval)["edited"]["top_k"], 2)

    def test_what_is_remembered_is_not_asked_again_until_it_is_taken_back(self):
        self.init()
        approval = self.pending("first")
        terminal = self.at_terminal("approvals", "approve", approval, "--remember", "30m", "--when", "/top_k <")
        terminal.expect("password of ")
        terminal.type(PASSWORD + "\n")
        code, _, err, _ = terminal.end()
        self.assertEqual(code, 1)
        self.assertIn("column", err)
        self.with_password("approvals", "approve", approval, "--remember", "30m", "--when", "/top_k <= 10")
        self.call("first", want=0)
        self.call("second", want=0)
        grants = self.json_of("approvals", "grants")["grants"]
        self.assertEqual([one["when"] for one in grants], [["/top_k <= 10"]])
        self.with_password("approvals", "revoke", grants[0]["id"][:8])
        self.assertEqual(self.json_of("approvals", "grants")["grants"], [])
        self.pending("third")

    def test_who_asked_is_not_who_decides_where_the_rule_says_so(self):
        self.configure("ask = {needed = 2, not_requester = true}")
        self.init("--name", "owner")
        self.init("--name", "bob", password=OTHER, by=PASSWORD)
        self.init("--name", "carol", "--as", "owner", password=OTHER, by=PASSWORD)
        approval = self.pending()
        _, _, err = self.with_password("approvals", "approve", approval, "--as", "owner", want=1)
        self.assertIn("may not decide", err)
        _, out, _ = self.with_password("approvals", "approve", approval, "--as", "bob", password=OTHER)
        self.assertIn("1 of 2", out)
        self.with_password("approvals", "approve", approval, "--as", "bob", password=OTHER, want=1)
        self.assertEqual(self.state(approval), "pending")
        self.with_password("approvals", "approve", approval, "--as", "carol", password=OTHER)
        self.assertEqual(self.state(approval), "approved")

    def test_a_person_says_what_became_of_a_call_that_nobody_knows_of(self):
        self.init()
        approval = self.pending()
        self.with_password("approvals", "approve", approval)
        self.call(want=0)
        # As the store has it when the process died in the middle.
        with sqlite3.connect(self.home / "state" / "sumun" / "store.db") as store:
            store.execute("UPDATE approvals SET state = 'outcome_unknown', open = 1, body = json_set(body, '$.state', 'outcome_unknown') WHERE id = ?", (approval,))
        store.close()
        self.assertEqual([one["state"] for one in self.json_of("approvals", "list")["approvals"]], ["outcome_unknown"])
        self.assertIn("approvals resolve", self.call().stdout)
        self.run_sumun(1, "approvals", "resolve", approval, "failed")  # no terminal
        shown, out, _ = self.with_password("approvals", "resolve", approval[:10], "failed", "--note", "the bank has no such booking")
        self.assertIn("you say that it was not done", shown)
        self.assertIn("failed", out)
        self.assertIn("the bank has no such booking", self.json_of("approvals", "show", approval)["note"])
        self.assertNotEqual(self.pending(), approval)  # it is asked for anew

    # -- looking

    def test_text_from_outside_cannot_steer_what_is_shown(self):
        self.init()
        query = "a\u202e\x1b[2J\nstate approved"
        approval = self.pending(query)
        for words in (("list",), ("show", approval), ("show", approval, "--raw")):
            out = self.run_sumun(0, "approvals", *words).stdout
            self.assertNotIn("\u202e", out)
            self.assertNotIn("\x1b", out)
        self.assertFalse(re.search(r"^state approved", self.run_sumun(0, "approvals", "show", approval).stdout, re.M))

    def test_policy_explain_says_who_would_be_asked(self):
        self.configure('ask = {approvers = ["alice", "bob"], needed = 2, pending = "7d", approved = "5m"}')
        out = self.run_sumun(0, "policy", "explain", "search_documents", "query=x", "--as", "local:me").stdout
        for part in ("ask: rule 1", "2 of alice, bob", "7 days", "sumun approvals init --name NAME"):
            self.assertIn(part, out)
        self.assertEqual(self.json_of("policy", "explain", "search_documents", "query=x", "--as", "local:me")["ask"]["needed"], 2)

    def test_wrong_usage(self):
        for words, part in ((["approve"], "id is required"), (["approve", "x", "--remember", "30"], "30m"), (["approve", "x", "--when", "/a"], "--remember"),
                            (["list", "--state", "nonsense"], "nonsense"), (["resolve", "x", "maybe"], "maybe"), (["frob"], "frob")):
            with self.subTest(words=words):
                self.assertIn(part, self.run_sumun(2, "approvals", *words).stderr)
        for words in (["show", "nothing"], ["deny", "nothing"], ["open", "nothing"], ["resolve", "nothing", "failed"]):
            self.assertIn("no approval", self.run_sumun(1, "approvals", *words).stderr)

    def test_the_page_of_an_approval(self):
        self.init()
        approval = self.pending()
        self.assertIn("names no page", self.run_sumun(1, "approvals", "open", approval).stderr)
        folder = self.home / "config" / "sumun"
        (folder / "config.toml").write_text(CONFIG.format(ask="") + 'url = "https://desk.example/a/{id}?x={id}"\n')
        self.assertEqual(self.run_sumun(0, "approvals", "open", approval).stdout, f"https://desk.example/a/{approval}?x={approval}\n")

    # -- the example

    def test_the_refund_desk_pays_once_when_the_person_who_watches_approves(self):
        store = ("--store", "refund-desk.db")
        self.init(*store)
        watch = AtTerminalAll(("approvals", "watch", *store), self.env, self.home)
        call = subprocess.Popen([SUMUN, "call", "refund_order", "order=A-17", "reason=arrived broken", "--json", "--server", DESK],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.env, cwd=self.home,
                                start_new_session=True)
        shown = watch.expect("[q]uit? ")
        for part in ("refund_order", "Pays back", "money leaves the house", "A-17", "arrived broken"):
            self.assertIn(part, shown)
        watch.type("a\n")
        watch.expect("password of ")
        watch.expect(": ")
        watch.type(PASSWORD + "\n")
        watch.expect("approved: ")
        out, err = call.communicate(timeout=LIMIT)
        if "call refund_order again" in out:  # this machine took longer than a request waits
            out = self.run_sumun(0, "call", "refund_order", "order=A-17", "reason=arrived broken", "--json", "--server", DESK).stdout
        self.assertEqual(json.loads(out), {"order": "A-17", "customer": "Mira", "amount_minor": 4200})
        watch.type("\x03")
        self.assertEqual(watch.process.wait(timeout=LIMIT), -signal.SIGINT)
        os.close(watch.master)
        approvals = self.json_of("approvals", "list", "--state", "all", *store)["approvals"]
        self.assertEqual([one["state"] for one in approvals], ["executed"])
        again = json.loads(self.run_sumun(0, "call", "refund_order", "order=A-17", "reason=arrived broken", "--json", "--server", DESK).stdout)
        self.assertEqual(again, json.loads(out))  # the stored result: this process has refunded nothing
        self.assertEqual(json.loads(self.run_sumun(0, "call", "show_refund", "order=A-17", "--json", "--server", DESK).stdout)["amount_minor"], 4200)


class AtTerminalAll(AtTerminal):
    """The same with standard input, output and errors on the terminal."""

    def __init__(self, words, env, cwd):
        self.master, slave = pty.openpty()

        def take_terminal():
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen([SUMUN, *words], stdin=slave, stdout=slave, stderr=slave, env=env, cwd=cwd, preexec_fn=take_terminal)
        os.close(slave)
        self.seen = ""


if __name__ == "__main__":
    unittest.main(verbosity=2)
