# SPDX-License-Identifier: Apache-2.0
"""Peers that mean harm, or are merely broken, against the HTTP server: what it must do is stay up, answer everybody else, and
give back what it took.

usage: hostile_tests.py PATH/TO/http_probe [unittest's arguments]
"""
import json
import resource
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import warnings

import wire
from wire import Server, call, eventually, message

PROBE = None
KIB = 1024


def raise_open_files(wanted):
    """Raises this process's limit on open files; False where the machine forbids. Children inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted and (hard == resource.RLIM_INFINITY or hard >= wanted):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    elif soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
        except (ValueError, OSError):
            return False
    return True


class WithServer(unittest.TestCase):
    arguments = []

    def setUp(self):
        warnings.simplefilter("ignore", ResourceWarning)  # sockets are left to the end of the process on purpose
        self.server = Server([PROBE, *self.arguments]).__enter__()
        self.addCleanup(self.server.end)

    def assert_memory(self, taken, most, words=None):
        """Memory is a sanitizer's in such a build, so nothing is said of it there."""
        with self.subTest("memory"):
            if wire.SANITIZED:
                self.skipTest("memory is not measured under a sanitizer")
            self.assertLess(taken, most, words)

    def lives(self):
        """The server still answers others."""
        answer = self.server.call("add", {"a": 2, "b": 3})
        self.assertEqual((answer.status, answer.json["result"]["structuredContent"]), (200, 5))

    def raw(self, data, within=10):
        """What the server says to these bytes, until it closes or says nothing for a while."""
        with self.server.connect() as connection:
            connection.send(data)
            connection.ended(within)
            return connection.buffer

    def statuses(self, data):
        """The statuses of the answers to these bytes."""
        return [int(line.split(b" ")[1]) for line in self.raw(data, 1.5).split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]


class Slow(WithServer):
    arguments = ["--short"]

    def test_half_a_request_is_given_up(self):
        whole = self.server.connect().text(call("add", {"a": 1, "b": 2}))
        for name, cut in (("half a line", 7), ("half the headers", whole.index(b"\r\n") + 20), ("no body", whole.index(b"\r\n\r\n") + 4),
                          ("half the body", len(whole) - 20)):
            with self.subTest(name), self.server.connect() as connection:
                begin = time.monotonic()
                connection.send(whole[:cut])
                self.assertTrue(connection.ended(10 * wire.SCALE), "the connection stays open")
                self.assertLess(time.monotonic() - begin, 5 * wire.SCALE)
                if connection.buffer:
                    self.assertIn(b" 408 ", connection.buffer.split(b"\r\n")[0])
        self.lives()

    def test_slow_loris_does_not_hold_a_connection(self):
        whole = self.server.connect().text(call("add", {"a": 1, "b": 2}))
        held = [self.server.connect() for _ in range(50)]
        begin = time.monotonic()
        ended = set()
        # A byte now and then must not make the limit begin anew.
        for byte in whole[:200]:
            for connection in held:
                try:
                    connection.send(bytes([byte]))
                except OSError:
                    ended.add(connection)
            if len(ended) == len(held) or time.monotonic() - begin > 8 * wire.SCALE:
                break
            time.sleep(0.05)
            self.assertLess(time.monotonic() - begin, 15 * wire.SCALE)
        self.assertEqual(len(ended), len(held), "some were served for longer than their time")
        self.lives()

    def test_an_idle_connection_is_closed(self):
        with self.server.connect() as connection:
            connection.request(call("add", {"a": 1, "b": 2}))
            self.assertEqual(connection.response().status, 200)
            self.assertTrue(connection.ended(10 * wire.SCALE))
        with self.server.connect() as silent:
            self.assertTrue(silent.ended(10 * wire.SCALE))

    def test_a_call_longer_than_the_idle_time_is_answered(self):
        self.assertEqual(self.server.call("sleep", {"milliseconds": 2500}).text, "slept")

    def test_an_open_stream_is_kept_alive_by_comments(self):
        with self.server.connect() as listener:
            listener.request(message("subscriptions/listen", {"notifications": {"toolsListChanged": True}}))
            stream = listener.stream()
            next(stream)
            time.sleep(2.5)
            self.server.call("grow")
            self.assertEqual(next(stream)["method"], "notifications/tools/list_changed")
            listener.close()
        with self.server.connect() as listener:
            listener.request(message("subscriptions/listen", {"notifications": {"toolsListChanged": True}}))
            eventually(lambda: listener.more() and listener.buffer.count(b"\n:") >= 2)

    def test_a_reader_that_does_not_read_is_let_go(self):
        with self.server.connect() as connection:
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            text = connection.text(call("echo", {"text": "x" * 60000}))
            connection.socket.settimeout(0.5)
            begin = time.monotonic()
            while time.monotonic() - begin < 10:
                try:
                    connection.socket.sendall(text)
                except TimeoutError:
                    continue
                except OSError:
                    break
            else:
                self.fail("the server waits for ever for somebody who does not read")
        self.lives()
        self.assert_memory(self.server.memory(), 100 * KIB * KIB)

    def test_over_the_number_of_connections_the_answer_is_503(self):
        held = [self.server.connect() for _ in range(200)]
        for connection in held:
            connection.request(call("sleep", {"milliseconds": 3000}))
        time.sleep(0.3)
        refused = 0
        for _ in range(20):
            with self.server.connect() as connection:
                try:
                    connection.request(call("add", {"a": 1, "b": 2}))
                    answer = connection.response()
                    self.assertEqual(answer.status, 503)
                    self.assertIsNotNone(answer.header("Retry-After"))
                except (OSError, AssertionError) as why:
                    if "503" in str(why):
                        raise
                refused += 1
        self.assertEqual(refused, 20)
        for connection in held:
            connection.close()
        eventually(lambda: self.served())

    def served(self):
        try:
            return self.server.call("add", {"a": 1, "b": 2}).status == 200
        except (OSError, AssertionError):
            return False

    def test_over_the_number_of_streams_the_answer_is_429(self):
        listeners = [self.server.connect() for _ in range(21)]
        statuses = []
        for listener in listeners:
            listener.request(message("subscriptions/listen", {"notifications": {"toolsListChanged": True}}))
            status, headers = listener.head()
            statuses.append(status)
        self.assertEqual(statuses, [200] * 20 + [429])
        for listener in listeners:
            listener.close()
        eventually(lambda: self.server.once(message("tools/list")).status == 200)


class Certificates(unittest.TestCase):
    def setUp(self):
        warnings.simplefilter("ignore", ResourceWarning)
        folder = tempfile.TemporaryDirectory(prefix="sumun-hostile-")
        self.addCleanup(folder.cleanup)
        self.certificate, self.key = f"{folder.name}/certificate.pem", f"{folder.name}/key.pem"

    def identity(self):
        """Writes a new certificate and key; gives what trusts them alone."""
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj",
                        "/CN=probe", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", self.key, "-out", self.certificate],
                       check=True, capture_output=True)
        return ssl.create_default_context(cafile=self.certificate), "127.0.0.1"

    @unittest.skipUnless(shutil.which("openssl"), "needs openssl")
    def test_certificates_are_replaced_while_it_serves(self):
        first = self.identity()
        with Server([PROBE, "--tls", self.certificate, self.key]) as server:
            server.tls = first
            kept = server.connect()

            def kept_lives():
                kept.request(call("add", {"a": 1, "b": 2}))
                self.assertEqual(kept.response().status, 200)

            kept_lives()
            with open(self.key, "w") as key:
                key.write("nonsense")
            server.signal(signal.SIGHUP)
            eventually(lambda: any("not reloaded" in line for line in server.log))
            self.assertEqual(server.call("add", {"a": 1, "b": 2}).status, 200)
            second = self.identity()
            server.signal(signal.SIGHUP)
            eventually(lambda: any("reloaded" in line and "not" not in line for line in server.log))
            kept_lives()
            with self.assertRaises(ssl.SSLCertVerificationError):
                server.connect()
            server.tls = second
            self.assertEqual(server.call("add", {"a": 1, "b": 2}).status, 200)
            kept.close()


class Sizes(WithServer):
    arguments = ["--short"]

    def test_headers_over_the_limit_are_431(self):
        for name, extra in (("one long", "X-Long: " + "x" * 20000 + "\r\n"), ("many", "".join(f"X-{i}: y\r\n" for i in range(2000)))):
            with self.subTest(name):
                self.assertEqual(self.statuses(f"POST /mcp HTTP/1.1\r\nHost: localhost\r\n{extra}\r\n".encode())[:1], [431])
        self.assertIn(self.statuses(b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")[:1], ([414], [431]))
        self.lives()

    def test_a_body_over_the_limit_is_413(self):
        head = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
        self.assertEqual(self.statuses((head + "Content-Length: 100001\r\n\r\n").encode())[:1], [413])
        self.assertIn(self.statuses((head + "Content-Length: 18446744073709551616\r\n\r\n").encode())[:1], ([400], [413]))
        chunks = b"".join(b"1000\r\n" + b"x" * 4096 + b"\r\n" for _ in range(40))
        self.assertEqual(self.statuses((head + "Transfer-Encoding: chunked\r\n\r\n").encode() + chunks)[:1], [413])
        self.lives()

    def test_the_largest_body_passes(self):
        text = "x" * 60000
        self.assertEqual(self.server.call("echo", {"text": text}).text, text)

    def test_deep_json_is_refused(self):
        for depth in (1000, 40000):
            with self.subTest(depth):
                body = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":' + b"[" * depth + b"]" * depth + b"}"
                answer = self.server.once(body, headers={"MCP-Protocol-Version": wire.VERSION, "Mcp-Method": "tools/call"})
                self.assertEqual(answer.status // 100, 4, answer.body)
        self.lives()

    def test_what_is_no_json_is_400(self):
        headers = {"MCP-Protocol-Version": wire.VERSION, "Mcp-Method": "tools/call", "Mcp-Name": "add"}
        for name, body in (("empty", b""), ("text", b"hello"), ("cut", b'{"jsonrpc":"2.0","id":1'), ("bytes", b"\xff\xfe\x00"),
                           ("bad UTF-8", b'{"jsonrpc":"2.0","id":"\xff","method":"x"}'), ("two values", b"{}{}"), ("a batch", b"[]"),
                           ("a number", b"17"), ("null", b"null"), ("a byte order mark", b"\xef\xbb\xbf{}")):
            with self.subTest(name):
                answer = self.server.once(body, headers=headers)
                self.assertEqual(answer.status, 400, answer.body)
                self.assertIn("error", answer.json)
        self.lives()


class Smuggling(WithServer):
    """Requests that two servers in a row might cut differently: refused, and nothing behind them is read as a request."""

    behind = b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"

    def refused(self, head, body=b""):
        data = self.raw(head.encode("latin-1") + b"\r\n" + body + self.behind, 3)
        lines = [line for line in data.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
        self.assertEqual(len(lines), 1, f"one answer, then the end: {data!r}")
        self.assertIn(int(lines[0].split(b" ")[1]) // 100, (4, 5), lines)

    def test_two_lengths_are_refused(self):
        start = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        rows = (
            ("length and chunked", start + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
            ("chunked and length", start + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", b"0\r\n\r\n"),
            ("two lengths that differ", start + "Content-Length: 5\r\nContent-Length: 6\r\n", b"12345"),
            ("two equal lengths", start + "Content-Length: 5\r\nContent-Length: 5\r\n", b"12345"),
            ("a list of lengths", start + "Content-Length: 5, 6\r\n", b"12345"),
            ("a sign", start + "Content-Length: +5\r\n", b"12345"),
            ("a negative length", start + "Content-Length: -5\r\n", b""),
            ("hexadecimal", start + "Content-Length: 0x5\r\n", b"12345"),
            ("no number", start + "Content-Length: five\r\n", b"12345"),
            ("an empty length", start + "Content-Length: \r\n", b""),
            ("a space inside", start + "Content-Length: 5 0\r\n", b"12345"),
            ("another encoding", start + "Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n"),
            ("chunked twice", start + "Transfer-Encoding: chunked, chunked\r\n", b"0\r\n\r\n"),
            ("two encodings", start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", b"0\r\n\r\n"),
            ("a disguised encoding", start + "Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"),
            ("a space before the colon", start + "Transfer-Encoding : chunked\r\n", b"0\r\n\r\n"),
            ("chunked in HTTP/1.0", start.replace("1.1", "1.0") + "Transfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
        )
        for name, head, body in rows:
            with self.subTest(name):
                self.refused(head, body)
        self.lives()

    def test_folded_lines_and_odd_names_are_refused(self):
        start = "POST /mcp HTTP/1.1\r\nHost: localhost\r\n"
        for name, line in (("folded", "X-A: b\r\n c\r\n"), ("folded with a tab", "Content-Length: 2\r\n\t\r\n"), ("first line folded", " X: y\r\n"),
                           ("no colon", "nonsense\r\n"), ("no name", ": value\r\n"), ("a space in the name", "X A: b\r\n"),
                           ("NUL", "X-A: b\0c\r\n"), ("a bare CR", "X-A: b\rX-B: c\r\n"), ("a control character", "X-A: \x01\r\n"),
                           ("a letter of two bytes in the name", "X-\xe4: b\r\n")):
            with self.subTest(name):
                self.refused(start + line)
        self.lives()

    def test_duplicates_are_refused(self):
        body = json.dumps(call("add", {"a": 1, "b": 2}))
        usual = {"Host": "localhost", "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
                 "MCP-Protocol-Version": wire.VERSION, "Mcp-Method": "tools/call", "Mcp-Name": "add", "Content-Length": str(len(body))}
        for name, again in (("Host", "evil.example"), ("Host", "localhost"), ("Content-Length", str(len(body) + 1)), ("Mcp-Method", "tools/list"),
                            ("Mcp-Name", "sleep"), ("MCP-Protocol-Version", "2025-11-25"), ("mcp-name", "add")):
            with self.subTest(f"{name}: {again}"):
                head = "".join(f"{key}: {value}\r\n" for key, value in (*usual.items(), (name, again)))
                status = self.statuses(f"POST /mcp HTTP/1.1\r\n{head}\r\n{body}".encode())[:1]
                self.assertTrue(status and status[0] // 100 == 4, status)
        self.lives()

    def test_odd_request_lines_are_refused(self):
        for line in ("", "GET", "POST /mcp", "POST /mcp HTTP/3.0", "POST  /mcp HTTP/1.1", "POST /mcp HTTP/1.1 x", "P\0ST /mcp HTTP/1.1",
                     "POST http://evil.example/mcp HTTP/1.1", "CONNECT evil.example:443 HTTP/1.1", "PRI * HTTP/2.0", "\x16\x03\x01\x02\x00\x01",
                     "POST /mcp/../admin HTTP/1.1", "POST /mcp%00 HTTP/1.1", "POST //mcp HTTP/1.1"):
            with self.subTest(line):
                said = self.statuses(f"{line}\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".encode("latin-1"))
                self.assertTrue(all(status // 100 in (4, 5) for status in said), said)
        self.lives()

    def test_without_a_host_nothing_is_served(self):
        for head in ("", "Host: \r\n", "Host: localhost/x\r\n", "Host: a b\r\n"):
            with self.subTest(head):
                said = self.statuses(f"POST /mcp HTTP/1.1\r\n{head}Content-Length: 2\r\n\r\n{{}}".encode())
                self.assertTrue(said and said[0] // 100 == 4, said)

    def test_bad_chunks_are_refused(self):
        head = b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        for name, body in (("no number", b"zz\r\nab\r\n0\r\n\r\n"), ("negative", b"-1\r\n\r\n"), ("too large", b"ffffffffffffffff\r\nab"),
                           ("over all bounds", b"f" * 40 + b"\r\nab"), ("no end of line", b"2\r\nabXX0\r\n\r\n"), ("sign", b"+2\r\nab\r\n0\r\n\r\n"),
                           ("endless extension", b"2;" + b"x" * 100000 + b"\r\nab\r\n0\r\n\r\n")):
            with self.subTest(name):
                said = self.statuses(head + body + self.behind)
                self.assertTrue(said and said[0] // 100 == 4, said)
                self.assertEqual(len(said), 1, "what comes behind was read as a request")
        self.lives()


class Legal(WithServer):
    """What looks odd and is good HTTP."""

    def test_pipelined_requests_are_answered_in_order(self):
        with self.server.connect() as connection:
            count = 300
            connection.send(b"".join(connection.text(call("echo_pooled" if i % 2 else "echo", {"text": f"t{i}"}, id=i)) for i in range(count)))
            for i in range(count):
                answer = connection.response()
                self.assertEqual((answer.json["id"], answer.text), (i, f"t{i}"))

    def test_a_chunked_body_is_a_body(self):
        with self.server.connect() as connection:
            body = call("echo", {"text": "in pieces"})
            data = json.dumps(body).encode()
            for size in (1, 7, 1000):
                connection.request(None, headers={"Transfer-Encoding": "chunked", **wire.headers_of(body)}, drop=("Content-Length",))
                for at in range(0, len(data), size):
                    piece = data[at:at + size]
                    connection.send(f"{len(piece):x};name=value\r\n".encode() + piece + b"\r\n")
                connection.send(b"0\r\nX-Trailer: x\r\n\r\n")
                self.assertEqual(connection.response().text, "in pieces")

    def test_a_request_may_come_byte_by_byte(self):
        with self.server.connect() as connection:
            for byte in connection.text(call("add", {"a": 1, "b": 2})):
                connection.send(bytes([byte]))
            self.assertEqual(connection.response().status, 200)

    def test_the_client_may_wait_for_100_continue(self):
        with self.server.connect() as connection:
            whole = connection.text(call("add", {"a": 1, "b": 2}), headers={"Expect": "100-continue"})
            head, _, body = whole.partition(b"\r\n\r\n")
            connection.send(head + b"\r\n\r\n")
            if not connection.quiet(1.0):
                self.assertIn(b" 100 ", connection.until(b"\r\n\r\n"))
            connection.send(body)
            self.assertEqual(connection.response().status, 200)

    def test_http_1_0_is_answered_and_closed(self):
        with self.server.connect() as connection:
            connection.send(connection.text(call("add", {"a": 1, "b": 2})).replace(b"HTTP/1.1", b"HTTP/1.0", 1))
            self.assertEqual(connection.response().status, 200)
            self.assertTrue(connection.ended(5 * wire.SCALE))

    def test_connection_close_is_obeyed(self):
        with self.server.connect() as connection:
            connection.request(call("add", {"a": 1, "b": 2}), headers={"Connection": "close"})
            self.assertEqual(connection.response().status, 200)
            self.assertTrue(connection.ended(5 * wire.SCALE))

    def test_health_is_told(self):
        for path in ("/healthz", "/readyz"):
            with self.subTest(path), self.server.connect() as connection:
                connection.request(method="GET", path=path)
                self.assertEqual(connection.response().status, 200)


class Many(WithServer):
    def test_ten_thousand_idle_connections(self):
        count = 10_000
        if not raise_open_files(count + 1000):
            self.skipTest(f"this machine does not allow {count} open files")
        self.server.end()
        with Server([PROBE]) as server:
            before = server.memory()
            held = []
            try:
                for i in range(count):
                    one = socket.socket()
                    one.bind((f"127.0.0.{2 + i // 5000}", 0))
                    one.settimeout(wire.LIMIT)
                    one.connect((server.address, server.port))
                    held.append(one)
                self.assertEqual(server.call("add", {"a": 2, "b": 3}).json["result"]["structuredContent"], 5)
                each = (server.memory() - before) / count
                self.assert_memory(each, 8 * KIB, f"{each:.0f} bytes a connection")
                for one in held[::100]:
                    one.sendall(wire.Connection(server).text(call("add", {"a": 2, "b": 3})))
                    self.assertIn(b"200", one.recv(4096).split(b"\r\n")[0])
            finally:
                for one in held:
                    one.close()
            self.assertEqual(server.call("add", {"a": 2, "b": 3}).status, 200)

    def test_a_thousand_streams_all_hear(self):
        count = 1000
        if not raise_open_files(count + 500):
            self.skipTest(f"this machine does not allow {count} open files")
        listeners = []
        for i in range(count):
            listener = self.server.connect()
            listener.request(message("subscriptions/listen", {"notifications": {"toolsListChanged": True}}, id=i))
            listeners.append(listener)
        for listener in listeners:
            listener.until(b"notifications/subscriptions/acknowledged")
        self.server.call("grow")
        for i, listener in enumerate(listeners):
            listener.until(b"notifications/tools/list_changed")
        for listener in listeners:
            listener.close()
        self.lives()

    def test_connections_that_are_reset_leave_nothing_behind(self):
        self.lives()
        time.sleep(0.2)
        before = self.server.memory()
        for _ in range(2000):
            connection = self.server.connect()
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.request(call("sleep", {"milliseconds": 60000}))
            connection.close()
        eventually(lambda: self.server.call("add", {"a": 1, "b": 2}).status == 200)
        self.assert_memory(self.server.memory() - before, 20 * KIB * KIB)


class Principals(WithServer):
    arguments = ["--token", "alice", "a" * 40, "--token", "bob", "b" * 40]

    def test_two_principals_never_see_each_others_data(self):
        faults, stop = [], time.monotonic() + 3

        def act(name, token, number):
            headers = {"Authorization": f"Bearer {token}"}
            with self.server.connect() as connection:
                while time.monotonic() < stop and not faults:
                    for tool, arguments in (("whoami", {}), ("remember", {"text": f"{name}'s"}), ("recall", {}), ("echo", {"text": f"{name} {number}"})):
                        connection.request(call(tool, arguments), headers=headers)
                        text = connection.response().text
                        want = {"recall": f"{name}'s", "echo": f"{name} {number}"}.get(tool, name)
                        if text != want:
                            faults.append(f"{name} called {tool} and got {text!r}")

        threads = [threading.Thread(target=act, args=(name, token * 40, i)) for i in range(8) for name, token in (("alice", "a"), ("bob", "b"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(wire.LIMIT)
        self.assertEqual(faults, [])

    def test_one_connection_may_carry_both(self):
        with self.server.connect() as connection:
            for name in ("alice", "bob") * 20:
                connection.request(call("whoami"), headers={"Authorization": "Bearer " + name[0] * 40})
                self.assertEqual(connection.response().text, name)

    def test_what_belongs_to_one_is_nothing_to_the_other(self):
        alice, bob = ({"Authorization": f"Bearer {letter * 40}"} for letter in "ab")
        able = {wire.META + "clientCapabilities": {"sampling": {}, "extensions": {"io.modelcontextprotocol/tasks": {}}}}
        with self.subTest("the state of a round"):
            asked = self.server.once(call("ask_model", meta=able), headers=alice).json["result"]
            answers = {"inputResponses": {key: {"role": "assistant", "model": "m", "content": {"type": "text", "text": "x"}} for key in asked["inputRequests"]}}
            retry = call("ask_model", meta=able)
            retry["params"] |= {**answers, "requestState": asked["requestState"]}
            self.assertEqual(self.server.once(retry, headers=bob).code, -32602)
            self.assertEqual(self.server.once(retry, headers=alice).text, "answered")
        with self.subTest("a task"):
            task = self.server.once(call("job", {"milliseconds": 2000}, meta=able), headers=alice).json["result"]["taskId"]
            for method in ("tasks/get", "tasks/cancel", "tasks/update"):
                def about(id, who):
                    params = {"taskId": id, "inputResponses": {}} if method == "tasks/update" else {"taskId": id}
                    return self.server.once(message(method, params, meta=able), headers={**who, "Mcp-Name": id}).json["error"]["code"]
                self.assertEqual(about(task, bob), about("no-such-task", bob))
            got = self.server.once(message("tasks/get", {"taskId": task}, meta=able), headers={**alice, "Mcp-Name": task}).json["result"]
            self.assertIn(got["status"], ("working", "completed"))
        with self.subTest("a session"):
            opening = {"jsonrpc": "2.0", "id": 1, "method": "initialize",
                       "params": {"protocolVersion": wire.LEGACY, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}}
            session = self.server.once(opening, headers=alice, mirror=False).header("Mcp-Session-Id")
            self.assertGreaterEqual(len(session), 20)
            with_session = {"Mcp-Session-Id": session, "MCP-Protocol-Version": wire.LEGACY}
            ping = {"jsonrpc": "2.0", "id": 2, "method": "ping"}
            for method, body in (("POST", ping), ("GET", None), ("DELETE", None)):
                with self.server.connect() as connection:
                    connection.request(body, method, headers={**with_session, **bob, "Accept": "application/json, text/event-stream"}, mirror=False)
                    self.assertEqual(connection.response(method).status, 404, method)
            self.assertEqual(self.server.once(ping, headers={**with_session, **alice}, mirror=False).status, 200)

    def test_two_tokens_are_refused(self):
        with self.server.connect() as connection:
            whole = connection.text(call("whoami"), headers={"Authorization": "Bearer " + "a" * 40})
            connection.send(whole.replace(b"\r\n\r\n", b"\r\nAuthorization: Bearer " + b"b" * 40 + b"\r\n\r\n", 1))
            self.assertIn(connection.response().status, (400, 401))


class Ending(WithServer):
    def test_sigterm_under_load_loses_no_accepted_request(self):
        faults, answered, ending, stop = [], [], [], threading.Event()
        sleep = {"name": "sleep", "arguments": {"milliseconds": 20}}
        opening = {"protocolVersion": wire.LEGACY, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}

        def session():
            """The header of a new session."""
            answer = self.server.once({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": opening}, mirror=False)
            return {"Mcp-Session-Id": answer.header("Mcp-Session-Id")}

        def ask(connection, session):
            """Whether the connection is good for another call. What was sent before the signal has to be answered."""
            begun = time.monotonic()
            try:
                if session:
                    connection.request({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": sleep}, headers=session, mirror=False)
                else:
                    connection.request(message("tools/call", sleep))
                answer = connection.response()
            except (OSError, AssertionError) as why:
                if not ending or begun < ending[0] or connection.buffer:
                    faults.append(str(why))
                return False
            if answer.status == 200 and answer.text == "slept":
                answered.append(begun)
            elif answer.status != 503 or not ending:
                faults.append(f"{answer.status} {answer.body!r}")
            return answer.status == 200 and answer.header("Connection") != "close"

        def act(session):
            while not stop.is_set():
                try:
                    connection = self.server.connect()
                except OSError:
                    if not ending:
                        faults.append("the server takes no connection")
                    return
                with connection:
                    while not stop.is_set() and ask(connection, session):
                        pass

        threads = [threading.Thread(target=act, args=(session() if i % 2 else None,)) for i in range(16)]
        for thread in threads:
            thread.start()
        time.sleep(1)
        ending.append(time.monotonic())
        self.server.signal(signal.SIGTERM)
        code = self.server.exit_code()
        stop.set()
        for thread in threads:
            thread.join(wire.LIMIT)
        self.assertEqual((code, faults), (0, []))
        self.assertGreater(sum(begun < ending[0] for begun in answered), 16)

    def test_running_calls_are_answered_after_sigterm(self):
        held = [self.server.connect() for _ in range(8)]
        for i, connection in enumerate(held):
            connection.request(call("sleep", {"milliseconds": 800}, id=i))
        time.sleep(0.2)
        self.server.signal()
        for i, connection in enumerate(held):
            answer = connection.response()
            self.assertEqual((answer.status, answer.json["id"]), (200, i))
        self.assertEqual(self.server.exit_code(10 * wire.SCALE), 0)

    def test_streams_end_with_their_result(self):
        with self.server.connect() as listener:
            listener.request(message("subscriptions/listen", {"notifications": {"toolsListChanged": True}}, id="s"))
            stream = listener.stream()
            self.assertEqual(next(stream)["method"], "notifications/subscriptions/acknowledged")
            self.server.signal()
            rest = list(stream)
            self.assertEqual(rest[-1].get("id"), "s", rest)
            self.assertIn("result", rest[-1])
        self.assertEqual(self.server.exit_code(10 * wire.SCALE), 0)

    def test_a_second_signal_ends_at_once(self):
        connection = self.server.connect()
        connection.request(call("sleep", {"milliseconds": 60000}))
        time.sleep(0.3)
        begin = time.monotonic()
        self.server.signal()
        time.sleep(0.3)
        self.assertIsNone(self.server.process.poll(), "the first signal waits for the call")
        self.server.signal()
        self.server.exit_code(5 * wire.SCALE)
        self.assertLess(time.monotonic() - begin, 5 * wire.SCALE)

    def test_an_idle_server_leaves_at_once(self):
        self.lives()
        begin = time.monotonic()
        self.server.signal()
        self.assertEqual(self.server.exit_code(5 * wire.SCALE), 0)
        self.assertLess(time.monotonic() - begin, 3 * wire.SCALE)


if __name__ == "__main__":
    PROBE = sys.argv.pop(1)
    if wire.SANITIZED:
        print("HOSTILE: A SANITIZED BUILD; THE BOUNDS ON MEMORY ARE SKIPPED", file=sys.stderr)
    unittest.main()
