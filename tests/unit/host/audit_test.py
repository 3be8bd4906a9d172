#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`sumun audit` on logs that somebody edits by hand, and on what a server writes: nothing secret reaches the disk.

usage: audit_test.py SUMUN
"""
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SUMUN = os.path.abspath(sys.argv.pop(1))
POSTGRES = str(Path(__file__).resolve().parent.parent / "store" / "postgres_server")
LIMIT = 60
START = 1_790_000_000_000


def chain(writer, count, number=0, previous="0" * 64):
    """Records as docs/audit.md says, made without the program."""
    records = []
    for n in range(number + 1, number + count + 1):
        event = {"event": "call" if n % 2 else "outcome", "principal": "local:ann", "target": f"tool{n}", "call": f"c-{writer}-{n}", "ms": n}
        content = {"event": event, "number": n, "time": START + n * 60_000, "writer": writer}
        hashed = hashlib.sha256((previous + json.dumps(content, sort_keys=True, separators=(",", ":"))).encode()).hexdigest()
        records.append({**content, "previous": previous, "hash": hashed})
        previous = hashed
    return records


class Audit(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sumun-audit-")
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name)
        self.database = self.home / "state" / "sumun" / "store.db"
        self.config = self.home / "config.toml"
        self.config.write_text('[audit]\nheads = "heads.jsonl"\n')
        self.env = dict(os.environ, HOME=str(self.home), XDG_STATE_HOME=str(self.home / "state"), XDG_CONFIG_HOME=str(self.home / "config"))

    def run_sumun(self, *words, text=None):
        return subprocess.run([SUMUN, *map(str, words)], input=text, capture_output=True, text=True, env=self.env, timeout=LIMIT, cwd=self.home)

    def audit(self, *words, code=0, text=None):
        done = self.run_sumun("audit", *words, "--config", self.config, text=text)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def sql(self, text, *values):
        connection = sqlite3.connect(self.database, timeout=10)
        with connection:
            rows = connection.execute(text, values).fetchall()
        connection.close()
        return rows

    def fill(self, *chains):
        self.assertEqual(self.run_sumun("store", "migrate", "--config", self.config).returncode, 0)
        connection = sqlite3.connect(self.database, timeout=10)
        with connection:
            for records in chains:
                rows = [(r["writer"], r["number"], r["time"], r["event"]["call"], json.dumps(r["event"], sort_keys=True, separators=(",", ":")), r["previous"], r["hash"])
                        for r in records]
                connection.executemany("INSERT INTO audit (writer, number, time, call, event, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
                last = records[-1]
                connection.execute("INSERT INTO audit_writers (id, number, time, hash, pruned, pruned_hash, signed_to) VALUES (?, ?, ?, ?, 0, ?, 0)",
                                   (last["writer"], last["number"], last["time"], last["hash"], "0" * 64))
        connection.close()

    def faults(self, *words):
        report = json.loads(self.audit("verify", "--json", *words, code=1))
        return [(one["writer"], one["number"], one["what"]) for one in report["faults"]]

    # -- logs that somebody edits

    def test_a_log_made_as_the_documentation_says_verifies(self):
        self.fill(chain("aaaa", 5), chain("bbbb", 2500))
        report = json.loads(self.audit("verify", "--json"))
        self.assertEqual((report["records"], report["writers"], report["fault_count"], report["unproved"]), (2505, 2, 0, 2505))
        self.assertIn("2505 records of 2 writers, 0 heads: nothing was changed", self.audit("verify"))
        self.assertIn("the tail of 2505 records since", self.audit("verify"))

    def test_what_was_edited_by_hand_is_named(self):
        cases = [
            ("UPDATE audit SET event = replace(event, 'local:ann', 'local:eve') WHERE number = 3", [("aaaa", 3, "changed")]),
            ("UPDATE audit SET event = 'no json' WHERE number = 3", [("aaaa", 3, "changed")]),
            ("UPDATE audit SET event = '{\"event\":1,\"event\":1}' WHERE number = 3", [("aaaa", 3, "changed")]),
            ("UPDATE audit SET time = 0 WHERE number = 3", [("aaaa", 3, "changed")]),
            ("UPDATE audit SET previous = hash WHERE number = 3", [("aaaa", 3, "changed")]),
            ("DELETE FROM audit WHERE number = 1", [("aaaa", 2, "record 1 is missing")]),
            ("DELETE FROM audit WHERE number = 3", [("aaaa", 4, "record 3 is missing")]),
            ("DELETE FROM audit WHERE number = 6", [("aaaa", 6, "missing")]),
            ("DELETE FROM audit", [("aaaa", 6, "missing")]),
            ("UPDATE audit SET number = CASE number WHEN 3 THEN -4 WHEN 4 THEN -3 ELSE number END; UPDATE audit SET number = -number WHERE number < 0",
             [("aaaa", 3, "changed"), ("aaaa", 4, "changed"), ("aaaa", 5, "does not follow")]),
            ("INSERT INTO audit SELECT writer, 7, time, call, event, hash, hash FROM audit WHERE number = 6", [("aaaa", 7, "changed")]),
        ]
        for statements, wanted in cases:
            with self.subTest(statements):
                if self.database.exists():
                    self.sql("DELETE FROM audit")
                    self.sql("DELETE FROM audit_writers")
                self.fill(chain("aaaa", 6))
                for statement in statements.split("; "):
                    self.sql(statement)
                found = self.faults()
                self.assertEqual([one[:2] for one in found], [one[:2] for one in wanted], found)
                for got, want in zip(found, wanted):
                    self.assertIn(want[2], got[2])

    def test_records_are_shown_the_newest_last_and_filtered(self):
        self.fill(chain("aaaa", 5), chain("bbbb", 3))
        lines = self.audit("show").splitlines()
        self.assertEqual(len(lines), 8)
        self.assertEqual(sorted(lines), lines)
        self.assertRegex(lines[0], r"^2026-09-21 14:14:20\.000  call  local:ann  tool1  call=c-aaaa-1  ms=1  #aaaa:1$")
        tools = [json.loads(line)["event"]["target"] for line in self.audit("show", "--json", "-n", "3").splitlines()]
        self.assertEqual(tools, ["tool3", "tool4", "tool5"])
        self.assertEqual(len(self.audit("show", "--call", "c-bbbb-2").splitlines()), 1)
        self.assertEqual(len(self.audit("show", "--tool", "tool2").splitlines()), 2)
        self.assertEqual(len(self.audit("show", "--event", "outcome").splitlines()), 3)
        self.assertEqual(len(self.audit("show", "--principal", "local:eve").splitlines()), 0)
        self.assertEqual(len(self.audit("show", "--since", "2026-09-21T14:17:20Z").splitlines()), 2)
        self.assertEqual(len(self.audit("show", "--until", "2026-09-21 14:15:20").splitlines()), 2)
        self.assertEqual(len(self.audit("show", "--until", "2026-09-22").splitlines()), 8)
        other = self.home / "other-program.db"
        self.database.rename(other)
        self.assertEqual(self.audit("show"), "")
        self.assertEqual(self.audit("show", "--store", other).splitlines(), lines)
        self.assertIn("8 records of 2 writers", self.audit("verify", "--store", other))
        for bad in ("yesterday", "2026-02-30", "5", "5w", "2026-09-21T25:00:00Z"):
            self.audit("show", "--since", bad, code=2)

    def test_what_turns_a_line_around_is_shown_as_what_it_is(self):
        self.fill(chain("aaaa", 1))
        self.sql("UPDATE audit SET event = json_set(event, '$.target', ?, '$.why', ?)", "a\u202eb", "x\u200by")
        line = self.audit("show")
        self.assertIn("  a\\u{202E}b  ", line)
        self.assertIn("why=x\\u{200B}y", line)
        self.assertEqual(json.loads(self.audit("show", "--json"))["event"]["target"], "a\u202eb")

    def test_new_records_are_followed(self):
        self.fill(chain("aaaa", 2))
        command = [SUMUN, "audit", "show", "-f", "--json", "--config", str(self.config)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=self.env) as process:
            try:
                shown = [json.loads(process.stdout.readline())["number"] for _ in range(2)]
                records = chain("aaaa", 3)
                last = records[-1]
                self.sql("INSERT INTO audit (writer, number, time, call, event, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?)", "aaaa", 3, last["time"], "",
                         json.dumps(last["event"]), last["previous"], last["hash"])
                shown.append(json.loads(process.stdout.readline())["number"])
                self.assertEqual(shown, [1, 2, 3])
            finally:
                process.terminate()

    # -- exports

    def test_an_export_verifies_by_itself_and_the_next_goes_on_from_it(self):
        self.fill(chain("aaaa", 6), chain("bbbb", 4))
        whole = self.audit("export")
        self.assertEqual(len(whole.splitlines()), 12)
        self.audit("verify", "-", text=whole)
        self.audit("export", "--prune", code=2)
        self.audit("export", "--until", "2026-09-21T14:16:20Z", "--prune", "-o", "one.jsonl")
        self.assertEqual(os.stat(self.home / "one.jsonl").st_mode & 0o777, 0o600)
        self.assertEqual(self.sql("SELECT count(*) FROM audit WHERE writer IN ('aaaa', 'bbbb')"), [(6,)])
        self.audit("export", "-o", "one.jsonl", code=1)  # it is there
        self.audit("verify")
        self.assertEqual(len(self.audit("show", "--event", "prune").splitlines()), 2)
        self.audit("export", "-o", "two.jsonl")
        for words in (["one.jsonl"], ["two.jsonl", "--after", "one.jsonl"]):
            self.audit("verify", *words)
        self.assertTrue(all("nothing proves that they were deleted rightly" in what for _, _, what in self.faults("two.jsonl")))
        self.audit("verify", "--after", "one.jsonl")
        self.assertTrue(self.faults("one.jsonl", "--after", "two.jsonl"))
        # Somebody deletes more, and says in the writer's row that it is so.
        self.sql("UPDATE audit_writers SET (pruned, pruned_hash) = (SELECT number, hash FROM audit WHERE writer = 'bbbb' AND number = 4) WHERE id = 'bbbb'")
        self.sql("DELETE FROM audit WHERE writer = 'bbbb' AND number <= 4")
        self.assertTrue(any(writer == "bbbb" and "no record says so" in what for writer, _, what in self.faults()))

    def test_an_export_that_was_edited_is_refused(self):
        self.fill(chain("aaaa", 6))
        lines = self.audit("export").splitlines()
        cases = [
            (lines[:-1], "its end was cut off"),
            (lines[:4] + lines[-1:], "records 4 to 6 are missing at the end"),
            (lines[1:], "the first line of the export is missing"),
            (lines[:3] + lines[4:], "record 3 is missing before it"),
            (lines[:2] + [lines[3], lines[2]] + lines[4:], "it is out of its order"),
            (lines[:3] + [lines[3].replace("local:ann", "local:eve")] + lines[4:], "it was changed"),
            (lines[:3] + lines[2:], "it is there twice"),
            (lines[:3] + ["{}"] + lines[3:], "a record of the audit log"),
            (lines[:3] + ["x"] + lines[3:], "expected"),
            (lines + [lines[1]], "something behind the last line"),
        ]
        for edited, wanted in cases:
            with self.subTest(wanted):
                done = self.audit("verify", "-", text="\n".join(edited) + "\n", code=1)
                self.assertIn(wanted, done)

    # -- what a server writes

    SECRETS = ["hunter2-5f1c", "4111 1111 1111 1111", "jo.doe@example.org", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"]

    def search(self, query):
        done = self.run_sumun("call", "--server", f"{SUMUN} serve --config {self.config}", "search_documents", "query=" + query)
        self.assertNotIn("usage", done.stderr)

    def test_secrets_never_reach_the_disk_and_heads_prove_the_log(self):
        self.search("password=" + " for ".join(self.SECRETS))
        self.search("second")
        records = [json.loads(line) for line in self.audit("show", "--json", "--tool", "search_documents").splitlines()]
        self.assertEqual(len(records), 2)
        self.assertIn("[redacted: card]", json.dumps(records[0]))
        for file in self.database.parent.iterdir():
            data = file.read_bytes()
            for secret in self.SECRETS:
                self.assertNotIn(secret.encode(), data, file)
        heads = self.home / "heads.jsonl"
        report = json.loads(self.audit("verify", "--json", "--head", heads))
        self.assertEqual((report["fault_count"], report["unproved"], report["heads"]), (0, 0, 2))
        # Whoever cuts off the end, and all that the store itself says of it, is found out by the head that was kept elsewhere.
        writer = records[1]["writer"]
        self.sql("DELETE FROM audit WHERE writer = ?", writer)
        self.sql("DELETE FROM audit_writers WHERE id = ?", writer)
        self.sql("DELETE FROM audit_heads")
        self.audit("verify")
        found = self.faults("--head", heads)
        self.assertEqual([one[0] for one in found], [writer])
        self.assertIn("it is missing, and the head of", found[0][2])
        # A head with another number in it is no head.
        forged = heads.read_text().replace('"number":1', '"number":2')
        self.assertIn("its signature is not right", self.audit("verify", "--head", "-", text=forged, code=1))
        self.audit("verify", "--head", "-", text="2026-11-20 info nothing\n", code=1)


class AuditOnPostgres(Audit):
    """The same program on the other kind of store; what does not depend on the store is left out."""

    def setUp(self):
        super().setUp()
        self.server = tempfile.mkdtemp(prefix="sumun-audit-pg-")
        self.addCleanup(shutil.rmtree, self.server)
        os.chmod(self.server, 0o755)
        if subprocess.run([POSTGRES, "start", self.server + "/pg"]).returncode == 77:
            self.skipTest("PostgreSQL is not installed")
        self.addCleanup(subprocess.run, [POSTGRES, "stop", self.server + "/pg"])
        self.place = f"host={self.server}/pg user=sumun dbname=postgres"
        self.env["SUMUN_TEST_STORE"] = self.place
        self.config.write_text('[audit]\nheads = "heads.jsonl"\n[store]\nkind = "postgres"\nurl = {env = "SUMUN_TEST_STORE"}\n')
        self.assertEqual(self.run_sumun("store", "migrate", "--config", self.config).returncode, 0)

    def psql(self, text):
        subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", "-c", "SET search_path TO sumun; " + text, self.place], check=True, stdout=subprocess.DEVNULL)

    def test_secrets_never_reach_the_disk_and_heads_prove_the_log(self):
        self.search("password=" + " for ".join(self.SECRETS))
        self.env["XDG_STATE_HOME"] = str(self.home / "another machine")
        self.search("second")
        shown = self.audit("show", "--json", "--tool", "search_documents")
        self.assertEqual(len(shown.splitlines()), 2)
        for secret in self.SECRETS:
            self.assertNotIn(secret, shown)
        heads = self.home / "heads.jsonl"
        self.assertIn("nothing was changed", self.audit("verify", "--head", heads))
        keys = json.loads(self.audit("verify", "--json"))["keys"]
        self.assertEqual(len(keys), 2)
        self.audit("verify", "--key", keys[0], "--key", keys[1])
        self.assertIn("unknown key " + keys[1], self.audit("verify", "--key", keys[0], code=1))
        self.audit("export", "-o", "whole.jsonl")
        self.psql("UPDATE audit SET event = replace(event, 'second', 'third')")
        first, second = [json.loads(line)["writer"] for line in shown.splitlines()]
        found = self.faults("--head", heads)
        self.assertEqual([one[:2] for one in found], [(second, 1)])
        self.psql(f"DELETE FROM audit WHERE writer = '{first}'; DELETE FROM audit_writers WHERE id = '{first}'")
        self.assertEqual(sorted(one[:2] for one in self.faults("--head", heads)), sorted([(first, 1), (second, 1)]))
        self.audit("verify", "whole.jsonl", "--head", heads)
        self.audit("export", "--prune", "-o", "rest.jsonl")
        self.assertEqual([json.loads(line)["event"]["event"] for line in self.audit("show", "--json").splitlines()], ["prune"])


for name in [name for name in dir(Audit) if name.startswith("test_")]:
    if name not in vars(AuditOnPostgres):
        setattr(AuditOnPostgres, name, None)

if __name__ == "__main__":
    unittest.main(verbosity=1)
