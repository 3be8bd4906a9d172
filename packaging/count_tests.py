#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the tests of one ctest run: count_tests.py LEG JUNIT_XML

Where a program says how many it ran (doctest, unittest, a line `N passed, N failed`), those count; else it is one.
Prints the failed entries with the end of what they printed, then one line: passed failed skipped.
"""
import re
import sys
import xml.etree.ElementTree as tree

DOCTEST = re.compile(r"^\[doctest\] test cases:\s*(\d+)\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed", re.M)
SUMMARY = re.compile(r"^(?:[^:\n]+: )?(\d+) passed, (\d+) failed", re.M)
UNITTEST = re.compile(r"^Ran (\d+) tests? in ", re.M)
UNITTEST_SKIPPED = re.compile(r"^OK \(.*skipped=(\d+)", re.M)
TAIL_LINES = 60


def count(output, good):
    """(passed, failed, skipped) of one entry."""
    passed, failed = (1, 0) if good else (0, 1)
    skipped = sum(int(number) for number in UNITTEST_SKIPPED.findall(output))
    if found := DOCTEST.findall(output):
        passed, failed = int(found[-1][1]), int(found[-1][2])
    elif found := SUMMARY.findall(output):
        passed, failed = int(found[-1][0]), int(found[-1][1])
    elif (found := UNITTEST.findall(output)) and good:
        passed = int(found[-1]) - skipped
    if not good and failed == 0:
        failed = 1  # it failed in some other way: a crash, a leak, a time-out
    if good and passed + skipped == 0:
        failed = 1  # it says that it is fine and ran nothing
    return passed, failed, skipped


def main():
    leg, path = sys.argv[1:]
    passed = failed = skipped = 0
    for entry in tree.parse(path).getroot().iter("testcase"):
        output = entry.findtext("system-out") or ""
        reason = entry.find("skipped")
        if reason is not None and reason.get("message", "").startswith("SKIP_"):
            print(f"{leg}: skipped {entry.get('name')}: {output.strip()[:200]}", file=sys.stderr)
            skipped += 1
            continue
        good = entry.get("status") == "run"
        one_passed, one_failed, one_skipped = count(output, good)
        passed, failed, skipped = passed + one_passed, failed + one_failed, skipped + one_skipped
        if one_skipped:
            print(f"{leg}: {one_skipped} of {entry.get('name')} skipped", file=sys.stderr)
        if one_failed:
            tail = "\n".join(output.splitlines()[-TAIL_LINES:])
            print(f"---- {leg}: {entry.get('name')} failed\n{tail}\n----", file=sys.stderr)
    print(passed, failed, skipped)


if __name__ == "__main__":
    main()
