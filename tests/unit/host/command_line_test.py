#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The program `sumun` as a user meets it: exit codes, what goes to which stream, each command once for real.

usage: command_line_test.py SUMUN CALCULATOR
"""
import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

SUMUN, CALCULATOR = sys.argv.pop(1), sys.argv.pop(1)
LIMIT = 60  # seconds; every wait is bounded by it


class CommandLine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = Path(tempfile.mkdtemp(prefix="sumun-cli-"))
        cls.docs = cls.home / "docs"
        cls.docs.mkdir()
        (cls.docs / "leave.md").write_text("# Leave\n\n## Parents\n\nParental leave is 26 weeks, paid in full.\n\n## Sick leave\n\nCall before ten.\n")
        (cls.docs / "codes.txt").write_text("The decision DEC-0054 closed the old gate.\n")
        (cls.docs / "cakes.jsonl").write_text('{"_id": "c1", "title": "Cake", "text": "Bake for forty minutes."}\n')
        (cls.docs / "휴가.md").write_text("# 휴가\n\n육아 휴직은 스물여섯 주입니다.\n")
        (cls.docs / "binary.bin").write_bytes(bytes(range(256)) * 20)
        keep = ("PATH", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LD_LIBRARY_PATH")
        cls.env = {name: os.environ[name] for name in keep if name in os.environ}
        cls.env.update(HOME=str(cls.home), XDG_STATE_HOME=str(cls.home / "state"), XDG_CONFIG_HOME=str(cls.home / "config"))
        done = cls.run_sumun("index", str(cls.docs))
        if done.returncode != 0:
            raise AssertionError(done.stderr)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.home)

    @classmethod
    def run_sumun(cls, *words, stdin="", env=None, cwd=None):
        return subprocess.run([SUMUN, *words], input=stdin, capture_output=True, text=True, timeout=LIMIT,
                              env={**cls.env, **(env or {})}, cwd=cwd or cls.home)

    def check(self, want, *words, **more):
        done = self.run_sumun(*words, **more)
        self.assertEqual(done.returncode, want, f"{words}: {done.stdout}{done.stderr}")
        return done

    def json_of(self, *words, **more):
        return json.loads(self.check(0, *words, "--json", **more).stdout)

    # -- usage

    def test_help_is_data_with_examples(self):
        commands = ["serve", "index", "search", "tools", "call", "resources", "prompts", "client-config", "doctor"]
        for words in [[], *[[c] for c in commands], ["eval", "documents"], ["config", "check"],
                      ["schema", "lint"], ["schema", "validate"], ["schema", "check"], *[["store", what] for what in ("backup", "migrate", "gc", "rotate-keys")],
                      *[["approvals", what] for what in ("init", "list", "show", "approve", "edit", "deny", "watch", "open", "resolve", "grants", "revoke", "approvers")]]:
            with self.subTest(words=words):
                done = self.check(0, *words, "--help")
                self.assertIn("Examples:", done.stdout)
                self.assertEqual(done.stderr, "")
        self.assertRegex(self.check(0, "--version").stdout, r"^sumun \d+\.\d+\.\d+\n$")

    def test_wrong_usage_is_2_and_says_what(self):
        table = [
            ([], "Usage"),
            (["fly"], 'no command "fly"'),
            (["search"], "required"),
            (["search", "x", "--frob"], "--frob"),
            (["search", "x", "--top-k", "0"], "--top-k"),
            (["search", "x", "--top-k", "many"], "many"),
            (["search", "x", "--type", "pdf"], "pdf"),
            (["search", "x", "--since", "2026-02-30"], "2026-02-30"),
            (["index"], "required"),
            (["index", "docs", "--chunk-min", "900"], "--chunk-min"),
            (["index", "docs", "--chunk-overlap", "2"], "--chunk-overlap"),
            (["eval"], "required"),
            (["eval", "documents"], "--beir"),
            (["eval", "documents", "--beir", "x", "--at-least", "taste=1"], "taste"),
            (["call"], "required"),
            (["call", "search_documents", "query"], "key=value"),
            (["call", "search_documents", "frob=1"], "frob"),
            (["call", "search_documents", "query=x", "top_k=many"], "top_k"),
            (["call", "fly", "query=x"], 'no tool "fly"'),
            (["call", "search_documents", "--args", "[]"], "--args"),
            (["call", "search_documents", "--args", "{"], "--args"),
            (["tools", "--server", "'"], "never closed"),
            (["tools", "--server", "A=1"], "no program"),
            (["tools", "--revision", "1999-01-01"], "1999-01-01"),
            (["tools", "--timeout", "-1"], "--timeout"),
            (["serve", "--log-level", "loud"], "loud"),
            (["serve", "--modern-only"], "--http"),
            (["serve", "--http", "127.0.0.1:0", "--principal", "me"], "--principal"),
            (["serve", "--http", ":8080"], "would listen to everybody"),
            (["serve", "--http", "8080"], "ADDRESS:PORT"),
            (["serve", "--http", "::1:8080"], "[::1]:8080"),
            (["serve", "--http", "127.0.0.1:99999"], "65535"),
            (["config"], "required"),
            (["config", "fly"], 'no command "config fly"; see: sumun config --help'),
            (["schema"], "required"),
            (["schema", "fly"], 'no command "schema fly"; see: sumun schema --help'),
            (["schema", "lint"], "sumun schema lint --help"),
            (["schema", "validate", "a.json"], "instance is required"),
            (["schema", "validate", "-", "-"], "both"),
            (["schema", "validate", "a.json", "b.json", "--output", "fancy"], "fancy"),
            (["schema", "validate", "a.json", "b.json", "--output", "flag", "--fill"], "--fill"),
            (["schema", "validate", "a.json", "b.json", "--dialect", "draft-04"], "draft-04"),
            (["schema", "validate", "a.json", "b.json", "--document", "x"], "URI=FILE"),
            (["schema", "check", "--url", "localhost"], "http://"),
            (["schema", "check", "cat", "--server", "cat"], "--server"),
            (["schema", "check", "cat", "--url", "http://localhost:1"], "give one"),
            (["tools", "--url", "localhost:8080"], "http://"),
            (["tools", "--url", "http://localhost:1", "--server", "cat"], "give one"),
            (["tools", "--url", "http://localhost:1", "--index", "x.db"], "--index"),
            (["tools", "--url", "http://localhost:1", "--token-env", "A", "--token-file", "b"], "give one"),
            (["tools", "--token-env", "A"], "--url"),
            (["client-config", "vscode", "--url", "http://localhost:1", "--write"], "--write"),
            (["client-config"], "required"),
            (["client-config", "emacs"], "claude-desktop"),
        ]
        for words, part in table:
            with self.subTest(words=words):
                done = self.check(2, *words)
                self.assertIn(part, done.stderr)
                self.assertEqual(done.stdout, "")

    def test_a_full_disk_is_a_failure(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([SUMUN, "search", "leave"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=LIMIT, env=self.env)
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard output", done.stderr)

    def test_failed_work_is_1_and_says_what(self):
        empty = {"XDG_STATE_HOME": str(self.home / "nothing")}
        table = [
            (["search", "x"], "sumun index", empty),
            (["index", "missing"], "missing", {}),
            (["eval", "documents", "--beir", "missing"], "missing", {}),
            (["tools", "--server", "/nonexistent/server"], "/nonexistent/server", {}),
            (["tools", "--server", "false"], "exit code 1", {}),
            (["call", "read_document", "document=missing"], "missing", {}),
            (["call", "search_documents", "query=x", "--args", "@missing.json"], "missing.json", {}),
            (["tools", "--url", "http://localhost:1/mcp"], "cannot connect to http://localhost:1: ", {}),
            (["tools", "--url", "http://localhost:1", "--token-env", "NOT_SET"], "NOT_SET", {}),
            (["tools", "--url", "http://localhost:1", "--token-file", "missing.token"], "missing.token", {}),
            (["tools", "--url", "http://a:the-secret-word@localhost:1"], "user information", {}),
            (["config", "check", "--config", "missing.toml"], "missing.toml", {}),
            (["resources", "nothing:here"], "nothing:here", {}),
            (["prompts", "missing"], "missing", {}),
            (["tools", "--revision", "2025-06-18", "--timeout", "1", "--server", "cat"], "", {}),
        ]
        for words, part, env in table:
            with self.subTest(words=words):
                done = self.check(1, *words, env=env)
                self.assertIn(part, done.stderr + done.stdout)

    # -- documents

    def test_search_finds_and_cites(self):
        done = self.check(0, "search", "parental", "leave", cwd=self.docs)
        first = done.stdout.splitlines()
        self.assertIn("Leave", first[0])
        self.assertRegex(first[1], r"^   leave\.md:\d+(-\d+)?$")
        for query, name in [("DEC-0054", "codes.txt"), ("육아휴직", "휴가.md"), ("forty minutes", "cakes.jsonl")]:
            with self.subTest(query=query):
                found = self.json_of("search", query, "-k", "1")
                citation = found["hits"][0]["citation"]
                self.assertEqual(Path(citation["path"]).name, name)
                self.assertEqual(citation["state"], "current")
                if name != "cakes.jsonl":
                    data = Path(citation["path"]).read_bytes()[citation["first_byte"]:citation["end_byte"]]
                    self.assertEqual(data.decode(), found["hits"][0]["text"])
        nothing = self.check(0, "search", "zzzzz")
        self.assertEqual(nothing.stdout, "")
        self.assertIn("nothing found", nothing.stderr)
        self.assertEqual(self.json_of("search", "leave", "--type", "code")["hits"], [])
        self.assertEqual(self.json_of("search", "leave", "--before", "1999-01-01")["hits"], [])

    def test_index_is_incremental_and_has_its_own_file(self):
        index = str(self.home / "own index.db")
        first = self.json_of("index", str(self.docs), "--index", index)
        self.assertGreaterEqual(first["files_indexed"], 4)
        self.assertEqual([Path(s["path"]).name for s in first["skipped"]], ["binary.bin"])
        again = self.json_of("index", str(self.docs), "--index", index)
        self.assertEqual(again["files_indexed"], 0)
        self.assertEqual(again["files_unchanged"], first["files_indexed"])
        self.assertTrue(self.json_of("search", "leave", "--index", index)["hits"])
        text = self.check(0, "index", str(self.docs), "--index", index)
        self.assertIn("own index.db", text.stdout)
        self.assertIn("binary.bin", text.stderr)
        self.assertNotIn("\x1b", text.stderr)

    def test_a_path_that_is_gone_leaves_the_index(self):
        index = str(self.home / "gone.db")
        folder, single = self.home / "moved", self.home / "single.md"
        shutil.copytree(self.docs, folder)
        single.write_text("# Zebra crossing\n\nZebras have stripes.\n")
        self.json_of("index", str(folder), str(single), "--index", index)
        shutil.rmtree(folder)
        single.unlink()
        again = self.json_of("index", str(folder), str(single), str(self.docs), "--index", index)
        self.assertGreaterEqual(again["files_deleted"], 5)
        hits = self.json_of("search", "leave zebra stripes", "--index", index)["hits"]
        self.assertTrue(hits)
        self.assertEqual({hit["citation"]["path"] for hit in hits if not hit["citation"]["path"].startswith(str(self.docs))}, set())
        wrong = self.check(1, "index", str(folder), "--index", index)
        self.assertIn("there is no file or folder", wrong.stderr)

    def test_eval_gives_the_figures(self):
        folder = self.home / "beir"
        (folder / "qrels").mkdir(parents=True, exist_ok=True)
        (folder / "corpus.jsonl").write_text("".join(
            json.dumps({"_id": f"d{i}", "title": word, "text": f"About {word} and nothing else."}) + "\n" for i, word in enumerate(["apples", "bridges", "clouds"])))
        (folder / "queries.jsonl").write_text('{"_id": "q1", "text": "bridges"}\n{"_id": "q2", "text": "clouds"}\n')
        (folder / "qrels/test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t1\n")
        figures = self.json_of("eval", "documents", "--beir", str(folder))
        for name in ["ndcg_at_10", "recall_at_5", "recall_at_100", "mrr_at_10"]:
            self.assertEqual(figures[name], 1.0, name)
        for name in ["queries_per_second", "index_mb_per_second"]:
            self.assertGreater(figures[name], 0)
        self.check(0, "eval", "documents", "--beir", str(folder), "--at-least", "ndcg_at_10=0.9")
        low = self.check(1, "eval", "documents", "--beir", str(folder), "--at-least", "mrr_at_10=1.1")
        self.assertIn("mrr_at_10", low.stderr)

    # -- a client of servers

    def test_its_own_server_in_every_revision(self):
        for revision in [[], *[["--revision", r] for r in ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]]]:
            with self.subTest(revision=revision):
                tools = {tool["name"] for tool in self.json_of("tools", *revision)}
                self.assertLessEqual({"search_documents", "read_document", "list_documents"}, tools)
                done = self.check(0, "call", "search_documents", "query=parental leave", "top_k=1", *revision)
                self.assertIn("leave.md", done.stdout)

    def test_search_through_the_server_without_an_index_says_how_to_make_one(self):
        done = self.run_sumun("call", "search_documents", "query=x", env={"XDG_STATE_HOME": str(self.home / "none")})
        self.assertIn("sumun index", done.stdout + done.stderr)
        # Whatever the server has made by now, an index without documents is not taken for one.
        empty = self.check(1, "search", "x", env={"XDG_STATE_HOME": str(self.home / "none")})
        self.assertIn("sumun index", empty.stderr)

    def test_resources_and_prompts(self):
        listed = self.json_of("resources")
        self.assertTrue(listed["resources"] or listed["resourceTemplates"])
        if listed["resources"]:
            self.check(0, "resources", listed["resources"][0]["uri"])
        self.check(0, "resources")
        prompts = self.json_of("prompts")
        self.assertIn("answer_with_citations", [p["name"] for p in prompts])
        self.check(0, "prompts", "answer_with_citations", "question=How long is parental leave?")

    def test_another_server(self):
        server = f"WORD='a b' '{CALCULATOR}'"
        self.assertIn("add", [tool["name"] for tool in self.json_of("tools", "--server", server)])
        self.assertEqual(self.check(0, "call", "add", "a=2", "b=3", "--server", server).stdout, "5\n")
        self.assertEqual(self.check(0, "call", "add", "--args", '{"a": 2, "b": 40}', "--server", server).stdout, "42\n")
        self.assertEqual(self.check(0, "call", "add", "--args", "-", "b=1", "--server", server, stdin='{"a": 2}').stdout, "3\n")
        self.assertEqual(self.json_of("call", "add", "a=2", "b=3", "--server", server), 5)
        failed = self.check(1, "call", "add", "a=2", "--server", server)
        self.assertIn("b", failed.stdout)

    def test_a_server_that_talks_nonsense_does_not_hang_the_client(self):
        script = self.home / "nonsense.sh"
        script.write_text("#!/bin/sh\necho hello\nwhile read -r line; do echo '{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":5}'; done\n")
        script.chmod(0o755)
        start = time.monotonic()
        done = self.check(1, "tools", "--server", str(script), "--revision", "2026-07-28")
        self.assertIn("malformed", done.stderr)
        self.assertLess(time.monotonic() - start, 20)

    # -- set-up

    def test_client_config_prints_and_writes(self):
        for client in ["claude-desktop", "claude-code", "vscode", "cursor", "windsurf", "zed", "codex"]:
            with self.subTest(client=client):
                shown = self.check(0, "client-config", client)
                self.assertIn("serve", shown.stdout)
                self.assertIn("Windows", shown.stderr)
                file = self.home / f"{client}.settings"
                self.check(0, "client-config", client, "--write", "--file", str(file))
                self.assertEqual(file.read_text(), shown.stdout)
                again = self.check(0, "client-config", client, "--write", "--file", str(file))
                self.assertIn("already", again.stderr)
                self.assertEqual(list(self.home.glob(f"{client}.settings.backup*")), [])

    def test_client_config_keeps_what_is_there(self):
        file = self.home / "mcp.json"
        before = '{\n  // mine\n  "servers": {"git": {"command": "g"}},\n}\n'
        file.write_text(before)
        self.check(0, "client-config", "vscode", "--write", "--file", str(file), "--name", "handbook", "--index", "h.db")
        after = file.read_text()
        self.assertIn("// mine", after)
        self.assertIn('"git": {"command": "g"}', after)
        self.assertIn(str(self.home / "h.db"), after)
        backups = list(self.home.glob("mcp.json.backup*"))
        self.assertEqual([b.read_text() for b in backups], [before])
        file.write_text("{ broken")
        refused = self.check(1, "client-config", "vscode", "--write", "--file", str(file))
        self.assertIn("line 1", refused.stderr)
        self.assertEqual(file.read_text(), "{ broken")

    def test_the_entry_that_is_written_really_serves(self):
        entry = json.loads(self.check(0, "client-config", "claude-desktop").stdout)["mcpServers"]["sumun"]
        request = {"jsonrpc": "2.0", "id": 1, "method": "initialize",
                   "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}}
        done = subprocess.run([entry["command"], *entry["args"]], input=json.dumps(request) + "\n", capture_output=True, text=True,
                              timeout=LIMIT, env=self.env)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertEqual(len(lines), 1)
        self.assertEqual(json.loads(lines[0])["result"]["serverInfo"]["name"], "sumun")

    def test_doctor(self):
        done = self.check(0, "doctor")
        for word in ["version", "index", "store", "sqlite", "FTS5", "icu", "stdio 2026-07-28", "stdio 2025-11-25"]:
            self.assertIn(word, done.stdout)
        self.assertTrue(self.json_of("doctor")["healthy"])
        broken = self.home / "broken.db"
        broken.write_bytes(b"this is no database at all" * 100)
        sick = self.check(1, "doctor", "--index", str(broken))
        self.assertIn("broken", sick.stdout)

    def test_store(self):
        state = self.home / "elsewhere"
        env = {"XDG_STATE_HOME": str(state)}
        file = state / "sumun" / "store.db"
        # Its own round trip through a server whose policy asks is what makes the file.
        self.assertIn("made when something is kept", self.check(0, "doctor", env={"XDG_STATE_HOME": str(self.home / "nowhere")}).stdout)
        self.assertEqual(self.check(0, "store", "gc", env=env).stdout, "0 expired calls, tasks, approvals and records deleted\n")
        self.assertFalse(file.exists())
        self.assertIn("no such file", self.check(1, "store", "backup", "copy.db", env=env).stderr)
        self.assertEqual(self.json_of("store", "migrate", env=env), {"schema": 2})
        self.assertEqual((file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777), (0o600, 0o700))
        self.assertIn("0 calls, 0 tasks", self.check(0, "doctor", env=env).stdout)
        self.check(0, "store", "backup", str(state / "copy.db"), env=env)
        self.assertTrue((state / "copy.db").stat().st_size > 0)
        self.check(1, "store", "backup", str(state / "copy.db"), env=env)
        self.check(0, "store", "rotate-keys", env=env)
        self.assertEqual(len((state / "sumun" / "store.db.keys").read_text().splitlines()), 2)
        file.write_bytes(b"no database" * 1000)
        self.assertIn("damaged, or no store at all", self.check(1, "doctor", env=env).stdout)

    # -- terminals

    def on_terminal(self, words, answers):
        """Runs on a terminal of its own and types each answer when its prompt is seen. Gives (exit code, what was shown)."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.home)
            os.execve(SUMUN, [SUMUN, *words], self.env)
        shown, seen, end = b"", 0, time.monotonic() + LIMIT
        try:
            while time.monotonic() < end:
                if not select.select([terminal], [], [], 1)[0]:
                    continue
                try:
                    data = os.read(terminal, 65536)
                except OSError:
                    break
                if not data:
                    break
                shown += data
                if answers and answers[0][0].encode() in shown[seen:]:
                    seen = len(shown)
                    os.write(terminal, answers.pop(0)[1].encode() + b"\n")
            else:
                os.kill(pid, signal.SIGKILL)
                self.fail(f"{words} did not end: {shown.decode()}")
        finally:
            os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()

    def test_text_from_elsewhere_cannot_steer_the_terminal(self):
        (self.home / "evil").mkdir(exist_ok=True)
        (self.home / "evil/evil.txt").write_text("xylophone \x1b]0;owned\x07 \x1b[2J tune\n")
        index = str(self.home / "evil.db")
        self.check(0, "index", "evil", "--index", index)
        code, shown = self.on_terminal(["search", "xylophone", "--index", index], [])
        self.assertEqual(code, 0)
        self.assertIn("xylophone", shown)
        self.assertNotIn("\x1b]0", shown)

    def test_indexing_shows_progress_on_a_terminal(self):
        code, shown = self.on_terminal(["index", "docs", "--index", str(self.home / "progress.db")], [])
        self.assertEqual(code, 0)
        self.assertIn("files", shown)

    # -- the configuration

    def write_config(self, text, name="sumun.toml"):
        path = self.home / name
        path.write_text(text)
        return str(path)

    def test_config_check_prints_what_holds(self):
        done = self.check(0, "config", "check")
        self.assertIn("the defaults hold", done.stderr)
        self.assertIn("http.port = 8080\n", done.stdout)
        file = self.write_config('[http]\nport = 9\n[auth]\nresource = "https://a/mcp"\n[[auth.tokens]]\nname = "ci"\ntoken = {env = "CI_TOKEN"}\n')
        token = "the-secret-word-0123456789-0123456789"
        shown = self.check(0, "config", "check", "--config", file, env={"CI_TOKEN": token})
        self.assertIn("http.port = 9\n", shown.stdout)
        self.assertNotIn(token, shown.stdout + shown.stderr)
        self.assertEqual(json.loads(self.check(0, "config", "check", "--config", file, "--json", env={"CI_TOKEN": token}).stdout)["auth"]["tokens"][0]["token"], {"env": "CI_TOKEN"})

    def test_config_check_says_what_is_wrong_and_where(self):
        table = [
            ("[http]\nadress = 1\n", "wrong.toml:2: http.adress: unknown property; did you mean \"address\"?"),
            ("[http\n", "wrong.toml:1: "),
            ('[auth]\nresource = "https://a/mcp"\n[[auth.tokens]]\nname = "ci"\ntoken = "the-secret-word"\n', "wrong.toml:5: auth.tokens[0].token: expected {env"),
            ('[auth]\nresource = "https://a/mcp"\n[[auth.tokens]]\nname = "ci"\ntoken = {env = "NOT_SET"}\n', "NOT_SET"),
        ]
        for text, part in table:
            with self.subTest(text=text):
                file = self.write_config(text, "wrong.toml")
                done = self.check(1, "config", "check", "--config", file)
                self.assertIn(part, done.stderr)
                self.assertEqual(done.stdout, "")
                self.assertNotIn("the-secret-word", done.stderr)
                self.assertIn(part, self.check(1, "serve", "--config", file).stderr)

    # -- schemas

    SUM = {"type": "object", "properties": {"a": {"type": "integer", "maximum": 5}, "b": {"type": "integer", "default": 3},
                                            "mail": {"type": "string", "format": "email"}}, "required": ["a"], "additionalProperties": False}

    def file(self, name, content):
        path = self.home / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    def test_validate_says_in_sentences_what_is_wrong(self):
        schema, good, bad = self.file("sum.json", self.SUM), self.file("good.json", {"a": 1}), self.file("wrong.json", {"a": 9, "c": 1})
        done = self.check(0, "schema", "validate", schema, good)
        self.assertEqual((done.stdout, done.stderr), ("", "valid\n"))
        done = self.check(1, "schema", "validate", schema, bad)
        self.assertEqual(done.stdout, 'instance.a: 9 is more than the maximum 5\ninstance.c: unknown property; known are "a", "b", "mail"\n')
        self.assertEqual(json.loads(self.check(1, "schema", "validate", schema, bad, "--output", "flag").stdout), {"valid": False})
        basic = json.loads(self.check(1, "schema", "validate", schema, bad, "--json").stdout)
        self.assertEqual([one["instanceLocation"] for one in basic["errors"]], ["/a", "/c"])
        self.assertEqual(basic, json.loads(self.check(1, "schema", "validate", schema, bad, "--output", "basic").stdout))
        self.assertEqual(json.loads(self.check(0, "schema", "validate", "-", good, "--json", stdin=json.dumps(self.SUM)).stdout), {"valid": True})
        filled = self.check(1, "schema", "validate", schema, "-", "--fill", stdin='{"a": 9}')
        self.assertEqual(json.loads(filled.stdout), {"a": 9, "b": 3})
        self.assertEqual(filled.stderr, "instance.a: 9 is more than the maximum 5\n")
        text = '{"a": 1, "mail": "nobody"}'
        self.check(0, "schema", "validate", schema, "-", stdin=text)
        self.assertIn("instance.mail", self.check(1, "schema", "validate", schema, "-", "--formats", stdin=text).stdout)

        # What is cut is said, and which format is not known.
        self.assertIn("there may be more", self.check(1, "schema", "validate", self.file("list.json", {"items": {"type": "string"}}), "-", stdin=json.dumps(list(range(40)))).stderr)
        odd = self.file("odd.json", {"properties": {"a": {"format": "dat"}, "b": {"format": "regex"}, "c": {"format": "idn-hostname"}}})
        self.assertEqual(self.check(0, "schema", "validate", odd, "-", "--formats", stdin="{}").stderr, 'the format "dat" is not known: every text is valid for it\nvalid\n')
        self.assertEqual(self.check(0, "schema", "validate", odd, "-", stdin="{}").stderr, "valid\n")
        self.check(2, "schema", "validate", schema, good, "--output", "flag", "--json")

    def test_validate_knows_dialects_and_other_documents(self):
        tuple_ = self.file("tuple.json", {"items": [{"type": "string"}]})
        self.check(1, "schema", "validate", tuple_, "-", "--dialect", "draft-07", stdin="[1]")
        self.check(0, "schema", "validate", tuple_, "-", "--dialect", "2019-09", stdin='["x"]')
        self.assertIn("#/items", self.check(2, "schema", "validate", tuple_, "-", stdin="[1]").stderr)
        outer = self.file("outer.json", {"$ref": "https://a.example/b?c=d#/$defs/x"})
        inner = self.file("inner.json", {"$defs": {"x": {"type": "string"}}})
        self.assertIn("https://a.example/b?c=d", self.check(2, "schema", "validate", outer, "-", stdin="1").stderr)
        document = ["--document", f"https://a.example/b?c=d={inner}"]
        self.check(1, "schema", "validate", outer, "-", *document, stdin="1")
        self.check(0, "schema", "validate", outer, "-", *document, stdin='"x"')

    def test_schema_files_that_cannot_be_read_are_2(self):
        schema, broken = self.file("sum.json", self.SUM), self.file("broken.json", '{\n  "a": 1,\n  "b": oops\n}')
        table = [
            (["lint", broken], "broken.json:3:8: expected a value"),
            (["validate", self.file("marked.json", "\ufeff{}"), schema], "marked.json begins with a byte order mark"),
            (["validate", broken, schema], "broken.json:3:8: "),
            (["validate", schema, broken], "broken.json:3:8: "),
            (["validate", schema, "-"], "standard input is empty"),
            (["validate", schema, self.file("empty.json", "")], "empty.json is empty"),
            (["validate", schema, str(self.home)], "Is a directory"),
            (["validate", "nothing.json", schema], "there is no file nothing.json"),
            (["validate", schema, schema, "--document", "urn:x=nothing.json"], "there is no file nothing.json"),
            (["validate", self.file("odd.json", {"properties": {"a": {"type": "text"}}}), schema], "odd.json: #/properties/a/type: must be one of"),
            (["validate", self.file("number.json", "1"), schema], "number.json: #"),
            (["lint", self.file("tools.json", {"tools": [{}, 5]})], "tools.json: #/tools/1: expected a tool"),
            (["lint", self.file("deep.json", "[" * 5000)], "deep.json:1:"),
            (["check", "./not-there"], "cannot start ./not-there"),
            (["check", "false"], "exit code 1"),
            (["check", "--url", "http://127.0.0.1:1/mcp"], "cannot connect"),
        ]
        for words, part in table:
            with self.subTest(words=words):
                done = self.check(2, "schema", *words)
                self.assertIn(part, done.stderr)
                self.assertEqual(done.stdout, "")

    def test_lint_tells_what_clients_make_of_a_schema(self):
        fine = self.file("sum.json", {**self.SUM, "properties": {"a": {"type": "integer"}}})
        done = self.check(0, "schema", "lint", fine)
        self.assertEqual((done.stdout, done.stderr), ("", "nothing found\n"))
        tools = {"tools": [{"name": "add", "description": "Adds", "inputSchema": json.loads(Path(fine).read_text())},
                           {"name": "odd one", "description": "x", "inputSchema": {"type": "object", "oneOf": [{"required": ["a"]}], "properties": {"a": {"type": "string", "format": "uri"}}}}]}
        done = self.check(1, "schema", "lint", "-", stdin=json.dumps(tools))
        lines = done.stdout.splitlines()
        self.assertTrue(all(line.startswith("odd one #/") for line in lines), lines)
        self.assertTrue(any(line.startswith("odd one #/inputSchema/oneOf: OpenAI API: refused: ") for line in lines), lines)
        self.assertIn(": hint: ", lines[-1])
        self.assertRegex(done.stderr, r"^2 tools: \d+ refused, 1 changed, \d hints?\n$")
        self.assertNotIn("hint", self.check(1, "schema", "lint", "-", "--no-hints", stdin=json.dumps(tools)).stdout)
        found = json.loads(self.check(1, "schema", "lint", "-", "--json", stdin=json.dumps(tools)).stdout)
        self.assertEqual((found["tools"], len(found["notes"])), (2, len(lines)))
        self.assertEqual({note["tool"] for note in found["notes"]}, {"odd one"})

    def test_check_looks_at_the_tools_of_a_running_server(self):
        done = self.check(0, "schema", "check", "--no-hints")
        self.assertEqual((done.stdout, done.stderr), ("", "3 tools: nothing found\n"))
        for server in ([CALCULATOR], ["--server", CALCULATOR]):
            self.assertEqual(self.check(0, "schema", "check", *server, "--no-hints").stderr.split(":")[-1], " nothing found\n")
        url = self.serve()
        self.assertEqual(json.loads(self.check(0, "schema", "check", "--url", url, "--json").stdout), {"tools": 3, "notes": [], "cut": False})
        # A server that lists what no client takes.
        odd = self.file("odd_server.py", """
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message:
        continue
    answer = {"jsonrpc": "2.0", "id": message["id"]}
    if message["method"] == "initialize":
        answer["result"] = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "odd", "version": "1"}}
    elif message["method"] == "tools/list":
        answer["result"] = {"tools": [{"name": "odd", "description": "x", "inputSchema": {"type": "object", "properties": {"a": {"type": "text"}, "b": {"type": "array"}}}}]}
    else:
        answer["error"] = {"code": -32601, "message": "no such method"}
    print(json.dumps(answer), flush=True)
""")
        done = self.check(1, "schema", "check", f"{sys.executable} {odd}")
        self.assertIn("odd #/inputSchema/properties/a/type: sumun: refused: must be one of", done.stdout)
        self.assertIn("odd #/inputSchema/properties/b: OpenAI API: refused: ", done.stdout)
        self.assertTrue(done.stderr.startswith("1 tool: 3 refused"), done.stderr)

    # -- over HTTP

    def serve(self, *words, env=None):
        """Starts a server on a free port and gives its URL."""
        server = subprocess.Popen([SUMUN, "serve", "--http", "127.0.0.1:0", *words], stderr=subprocess.PIPE, text=True, env={**self.env, **(env or {})}, cwd=self.home)
        self.addCleanup(server.stderr.close)
        self.addCleanup(server.wait, LIMIT)
        self.addCleanup(server.terminate)
        for line in server.stderr:
            if "listening on " in line:
                return line.split("listening on ")[1].strip()
        self.fail("the server did not start")

    def test_a_server_is_called_over_http_in_every_revision(self):
        url = self.serve()
        for revision in [[], *[["--revision", one] for one in ("2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26")]]:
            with self.subTest(revision=revision):
                self.assertIn("search_documents", {tool["name"] for tool in self.json_of("tools", "--url", url, *revision)})
                found = self.check(0, "call", "search_documents", "query=parental leave", "--url", url, *revision)
                self.assertIn("26 weeks", found.stdout)
        self.assertIn("answer_with_citations", self.check(0, "prompts", "--url", url).stdout)

    def test_modern_only_refuses_the_older_revisions_in_words(self):
        url = self.serve("--modern-only")
        self.check(0, "tools", "--url", url)
        self.assertIn("2026-07-28", self.check(1, "tools", "--url", url, "--revision", "2025-11-25").stderr)

    def test_a_token_comes_from_the_environment_or_a_file(self):
        token = "a-token-of-this-test-0123456789-abcdefgh"
        file = self.write_config('[http]\nport = 0\n[auth]\nresource = "http://127.0.0.1:8080/mcp"\n[[auth.tokens]]\nname = "ci"\ntoken = {env = "CI_TOKEN"}\n', "auth.toml")
        url = self.serve("--config", file, env={"CI_TOKEN": token})
        (self.home / "good.token").write_text(token + "\n")
        self.check(0, "tools", "--url", url, "--token-env", "MINE", env={"MINE": token})
        self.check(0, "tools", "--url", url, "--token-file", "good.token")
        self.check(0, "tools", "--url", url, "--token-file", "good.token", "--revision", "2025-11-25")
        self.assertIn("wants a token (401)", self.check(1, "tools", "--url", url).stderr)
        wrong = self.check(1, "tools", "--url", url, "--token-env", "MINE", env={"MINE": "wrong-secret-word"})
        self.assertIn("refuses the token (401)", wrong.stderr)
        self.assertNotIn("wrong-secret-word", wrong.stderr)

    def test_client_config_knows_the_form_with_a_url(self):
        for client in ("claude-desktop", "claude-code", "vscode", "cursor", "windsurf", "zed", "codex"):
            with self.subTest(client=client):
                self.assertIn('"https://tools.example/mcp"', self.check(0, "client-config", client, "--url", "https://tools.example/mcp").stdout)


if __name__ == "__main__":
    unittest.main(verbosity=1)
