#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""packaging/count_tests.py must not lose a failure: each way in which an entry can end, and what it counts."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from xml.sax.saxutils import escape

COUNTER = Path(__file__).resolve().parents[2] / "packaging/count_tests.py"
DOCTEST = "[doctest] test cases: {0} | {1} passed | {2} failed | 0 skipped\n[doctest] Status: x\n"
ENTRIES = [
    # what it is, status, message of <skipped>, output, (passed, failed, skipped)
    ("doctest, all good", "run", None, DOCTEST.format(5, 5, 0), (5, 0, 0)),
    ("doctest, two failed", "fail", None, DOCTEST.format(5, 3, 2), (3, 2, 0)),
    ("doctest, then a leak", "fail", None, DOCTEST.format(5, 5, 0) + "ERROR: LeakSanitizer\n", (5, 1, 0)),
    ("doctest without a case", "run", None, DOCTEST.format(0, 0, 0), (0, 1, 0)),
    ("crash before the summary", "fail", None, "terminate called\n", (0, 1, 0)),
    ("summary line", "run", None, "ok\n12 passed, 0 failed\n", (12, 0, 0)),
    ("summary line with failures", "fail", None, "12 passed, 3 failed\n", (12, 3, 0)),
    ("summary line with a name", "run", None, "transcripts: 7 passed, 0 failed\n", (7, 0, 0)),
    ("summary line with a long name", "run", None, "TypeScript client v2, modern: 9 passed, 0 failed\n", (9, 0, 0)),
    ("summary line with a remark", "run", None, "conformance 2026-07-28: 35 passed, 0 failed (exit code: 0)\n", (35, 0, 0)),
    ("unittest", "run", None, "....\nRan 4 tests in 0.1s\n\nOK\n", (4, 0, 0)),
    ("unittest failed", "fail", None, "Ran 4 tests in 0.1s\n\nFAILED\n", (0, 1, 0)),
    ("a program that says nothing", "run", None, "", (1, 0, 0)),
    ("skipped by itself", "notrun", "SKIP_RETURN_CODE=77", "no packages\n", (0, 0, 1)),
    ("the program is not there", "notrun", "Unable to find executable", "", (0, 1, 0)),
    ("what it needs has failed", "notrun", "Fixture dependency failed", "", (0, 1, 0)),
]


def counted(entries):
    body = "".join(
        f'<testcase name="x" status="{status}">' + (f'<skipped message="{message}"/>' if message else "")
        + f"<system-out>{escape(output)}</system-out></testcase>" for _, status, message, output, _ in entries)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "junit.xml"
        file.write_text(f"<testsuite>{body}</testsuite>", "utf-8")
        run = subprocess.run([sys.executable, COUNTER, "leg", file], capture_output=True, text=True, check=True)
    return tuple(int(word) for word in run.stdout.split())


class Counting(unittest.TestCase):
    def test_every_ending_counts_as_what_it_is(self):
        for entry in ENTRIES:
            with self.subTest(entry[0]):
                self.assertEqual(entry[4], counted([entry]))

    def test_entries_add_up(self):
        self.assertEqual(tuple(map(sum, zip(*(entry[4] for entry in ENTRIES)))), counted(ENTRIES))


if __name__ == "__main__":
    unittest.main()
