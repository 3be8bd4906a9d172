# SPDX-License-Identifier: Apache-2.0
"""Reads and plays transcripts: what a client sends to a server over stdio and what must come back.

A transcript is text, one step a line:

    # words                     a comment
    server NAME                 which program it talks to (once, at the top)
    > TEXT                      sends TEXT and a newline; ${name} is replaced by a captured value
    >bytes "\\xff\\x00"           sends bytes written as a Python bytes literal, and a newline
    >nested N                   sends a call whose arguments are N arrays deep
    >long N                     sends a call that is N bytes long
    < PATTERN                   the next message matches PATTERN
    <~ PATTERN                  some message not yet taken matches PATTERN (order does not matter)
    !< PATTERN                  no message of the whole transcript matches PATTERN
    quiet 300ms                 nothing comes for so long
    wait 100ms                  passes time
    close                       closes the server's standard input
    exit CODE within 1s         the server ends by itself with CODE, in so long from here

PATTERN is JSON. An object matches one that has its members and perhaps others; an array matches one of the same length,
or, where its last element is "$more", one that begins so; other values match their equals. Strings with a meaning:

    "$any"  "$string"  "$number"  "$object"  "$array"     any value (of that kind)
    "$absent"                   the member is not there
    "$/REGEX/"                  a string in which REGEX is found
    "$has:JSON"                 an array with an element that matches JSON
    "$keep:name"                any value, kept under `name`
"""
import ast
import json
import os
import queue
import re
import signal
import subprocess
import threading
import time

TIME_SCALE = float(os.environ.get("SUMUN_TIME_SCALE", "1"))  # above 1 for builds with sanitizers
ANSWER_LIMIT = 10.0 * TIME_SCALE  # seconds a message may take to come


class Mismatch(Exception):
    pass


def seconds(text):
    number, unit = re.fullmatch(r"([0-9.]+)(ms|s)", text).groups()
    return float(number) / (1000 if unit == "ms" else 1)


KINDS = {"$any": object, "$string": str, "$number": (int, float), "$object": dict, "$array": list}


def why_not(pattern, value, kept, path="message"):
    """None where `value` matches, else a sentence; fills `kept`."""
    if isinstance(pattern, str) and pattern.startswith("$"):
        return why_not_special(pattern, value, kept, path)
    if isinstance(pattern, dict):
        if not isinstance(value, dict):
            return f"{path}: expected an object, got {json.dumps(value)[:200]}"
        for key, part in pattern.items():
            if part == "$absent":
                if key in value:
                    return f"{path}.{key}: expected to be absent"
                continue
            if key not in value:
                return f"{path}: has no member {key}"
            reason = why_not(part, value[key], kept, f"{path}.{key}")
            if reason:
                return reason
        return None
    if isinstance(pattern, list):
        if not isinstance(value, list):
            return f"{path}: expected an array, got {json.dumps(value)[:200]}"
        wanted = pattern[:-1] if pattern and pattern[-1] == "$more" else pattern
        if len(value) < len(wanted) or (wanted is pattern and len(value) != len(wanted)):
            return f"{path}: expected {len(wanted)} elements, got {len(value)}"
        for i, part in enumerate(wanted):
            reason = why_not(part, value[i], kept, f"{path}[{i}]")
            if reason:
                return reason
        return None
    numbers = all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in (pattern, value))
    if (type(pattern) is not type(value) and not numbers) or pattern != value:
        return f"{path}: expected {json.dumps(pattern)}, got {json.dumps(value)[:200]}"
    return None


def why_not_special(pattern, value, kept, path):
    if pattern in KINDS:
        if isinstance(value, KINDS[pattern]) and not (pattern == "$number" and isinstance(value, bool)):
            return None
        return f"{path}: expected {pattern[1:]}, got {json.dumps(value)[:200]}"
    if pattern.startswith("$/") and pattern.endswith("/"):
        if isinstance(value, str) and re.search(pattern[2:-1], value):
            return None
        return f"{path}: expected text with {pattern[1:]}, got {json.dumps(value)[:200]}"
    if pattern.startswith("$has:"):
        inner = json.loads(pattern[5:])
        if isinstance(value, list) and any(why_not(inner, one, kept) is None for one in value):
            return None
        return f"{path}: no element matches {pattern[5:]}"
    if pattern.startswith("$keep:"):
        kept[pattern[6:]] = value
        return None
    raise Mismatch(f"{path}: unknown pattern {pattern}")


def no_duplicates(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate member names")
    return members


class Server:
    """One server process; its messages are read by a thread of their own, so nothing that it writes waits for us."""

    def __init__(self, command, env=None):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        bufsize=0, env=env)
        self.incoming = queue.Queue()
        self.errors = b""
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._read_errors, daemon=True).start()

    def _read(self):
        with os.fdopen(os.dup(self.process.stdout.fileno()), "rb") as out:
            for line in out:
                self.incoming.put(line)
        self.incoming.put(None)

    def _read_errors(self):
        for line in self.process.stderr:
            self.errors += line

    def send(self, data):
        view = memoryview(data)
        while view:
            view = view[os.write(self.process.stdin.fileno(), view):]

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()


class Player:
    def __init__(self, server):
        self.server = server
        self.kept = {}
        self.untaken = []   # messages read and not yet taken by a step
        self.every = []     # all messages
        self.forbidden = []
        self.ended = False  # end of output seen

    def pull(self, limit):
        """Reads one more message into untaken; False after `limit` seconds or at the end of output."""
        if self.ended:
            return False
        try:
            line = self.server.incoming.get(timeout=max(limit, 0.0001))
        except queue.Empty:
            return False
        if line is None:
            self.ended = True
            return False
        try:
            message = json.loads(line.decode("utf-8", "strict"), object_pairs_hook=no_duplicates)
        except ValueError as error:
            raise Mismatch(f"the server wrote a line that is no JSON ({error}): {line[:200]!r}") from None
        parts = message if isinstance(message, list) else [message]
        if not parts or any(not isinstance(part, dict) or part.get("jsonrpc") != "2.0" for part in parts):
            raise Mismatch(f"the server wrote a line that is no JSON-RPC message: {line[:200]!r}")
        self.every.append(message)
        self.untaken.append(message)
        return True

    def expect_next(self, pattern):
        if not self.untaken and not self.pull(ANSWER_LIMIT):
            raise Mismatch(f"nothing came in {ANSWER_LIMIT:.0f} s{self.last_words()}")
        message = self.untaken.pop(0)
        reason = why_not(pattern, message, self.kept)
        if reason:
            raise Mismatch(f"{reason}\n    in {json.dumps(message, ensure_ascii=False)[:600]}")

    def expect_some(self, pattern):
        deadline = time.monotonic() + ANSWER_LIMIT
        seen = 0
        while True:
            while seen < len(self.untaken):
                if why_not(pattern, self.untaken[seen], self.kept) is None:
                    del self.untaken[seen]
                    return
                seen += 1
            if not self.pull(deadline - time.monotonic()):
                rest = "\n    ".join(json.dumps(message)[:300] for message in self.untaken) or "(nothing)"
                raise Mismatch(f"no such message came; not taken yet:\n    {rest}{self.last_words()}")

    def last_words(self):
        if not self.ended:
            return ""
        return f"; the server has ended ({self.server.process.poll()}): {self.server.errors[-300:].decode(errors='replace')}"

    def quiet(self, limit):
        if not self.untaken:
            self.pull(limit)
        if self.untaken:
            raise Mismatch(f"expected nothing, got {json.dumps(self.untaken[0])[:400]}")

    def exit(self, code, limit):
        try:
            got = self.server.process.wait(timeout=limit * TIME_SCALE)
        except subprocess.TimeoutExpired:
            raise Mismatch(f"still running after {limit * TIME_SCALE} s") from None
        if got != code:
            raise Mismatch(f"exit {got}, expected {code}: {self.server.errors[-300:].decode(errors='replace')}")

    def finish(self):
        if self.forbidden:
            while self.pull(0.05):
                pass
        for number, pattern in self.forbidden:
            for message in self.every:
                if why_not(pattern, message, {}) is None:
                    raise Mismatch(f"line {number}: this must not come: {json.dumps(message)[:400]}")


def nested_call(depth):
    return (b'{"jsonrpc":"2.0","id":"deep","method":"tools/call","params":{"name":"add","arguments":{"a":'
            + b"[" * depth + b"]" * depth + b"}}}")


def long_call(size):
    head, tail = b'{"jsonrpc":"2.0","id":"long","method":"tools/call","params":{"name":"echo","arguments":{"text":"', b'"}}}'
    return head + b"x" * (size - len(head) - len(tail)) + tail


def fill(text, kept):
    return re.sub(r"\$\{(\w+)\}", lambda found: kept[found[1]] if isinstance(kept[found[1]], str) else json.dumps(kept[found[1]]), text)


def step(player, number, line):
    """Plays one line of a transcript."""
    word, _, rest = line.partition(" ")
    rest = rest.strip()
    if word == ">":
        player.server.send(fill(rest, player.kept).encode() + b"\n")
    elif word == ">bytes":
        player.server.send(ast.literal_eval("b" + rest) + b"\n")
    elif word == ">nested":
        player.server.send(nested_call(int(rest)) + b"\n")
    elif word == ">long":
        player.server.send(long_call(int(rest)) + b"\n")
    elif word == "<":
        player.expect_next(json.loads(fill(rest, player.kept)))
    elif word == "<~":
        player.expect_some(json.loads(fill(rest, player.kept)))
    elif word == "!<":
        player.forbidden.append((number, json.loads(rest)))
    elif word == "quiet":
        player.quiet(seconds(rest))
    elif word == "wait":
        time.sleep(seconds(rest))
    elif word == "close":
        player.server.process.stdin.close()
    elif word == "exit":
        code, within, limit = rest.split()
        assert within == "within"
        player.exit(int(code), seconds(limit))
    else:
        raise Mismatch(f"unknown step {word}")


def play(path, programs, env=None):
    """Plays the transcript in `path`; None where all went as written, else a sentence with the line number.
    Raises KeyError where the program that it names is not among `programs`."""
    lines = path.read_text(encoding="utf-8").splitlines()
    named = next(line.split()[1] for line in lines if line.startswith("server "))
    server = Server(programs[named], env)
    player = Player(server)
    number = 0
    try:
        for number, line in enumerate(lines, 1):
            line = line.strip()
            if line and not line.startswith(("#", "server ")):
                step(player, number, line)
        player.finish()
    except Mismatch as error:
        return f"{path.name}:{number}: {error}"
    except (BrokenPipeError, ValueError, KeyError) as error:
        return f"{path.name}:{number}: {type(error).__name__}: {error}{player.last_words()}"
    finally:
        if not server.process.stdin.closed:
            server.process.stdin.close()
        server.end()
    return None
