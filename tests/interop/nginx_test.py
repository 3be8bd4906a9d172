# SPDX-License-Identifier: Apache-2.0
"""packaging/nginx.conf in front of a server: what a proxy could break must come through.

usage: nginx_test.py PATH/TO/http_probe [unittest's arguments]
Exit 77 (skipped) where nginx is missing; in CI that is a failure.
"""
import getpass
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/hostile"))
import wire  # noqa: E402
from wire import META, Server, call, eventually, message  # noqa: E402

NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
PROBE = None
TOKEN = "n" * 40


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


NAME = "tools.example"


class Proxy(wire.Server):
    """nginx with our configuration: another port, a certificate made for this run, everything else as it is shipped."""

    def __init__(self, upstream):
        self.folder = tempfile.mkdtemp(prefix="sumun-nginx-")
        self.address, self.port, self.path = "127.0.0.1", free_port(), "/mcp"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", f"/CN={NAME}",
                        "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", f"{self.folder}/key.pem", "-out", f"{self.folder}/certificate.pem"],
                       check=True, capture_output=True)
        self.tls = (ssl.create_default_context(cafile=f"{self.folder}/certificate.pem"), NAME)
        text = (ROOT / "packaging/nginx.conf").read_text()
        for what, instead in ((r"listen 443 ", f"listen 127.0.0.1:{self.port} "), (r"server 127\.0\.0\.1:8080;", f"server 127.0.0.1:{upstream};"),
                              (r"ssl_certificate [^;]*;", f"ssl_certificate {self.folder}/certificate.pem;"),
                              (r"ssl_certificate_key [^;]*;", f"ssl_certificate_key {self.folder}/key.pem;")):
            text, count = re.subn(what, instead, text)
            assert count == 1, f"packaging/nginx.conf has {count} times {what}"
        folders = "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        Path(self.folder, "nginx.conf").write_text(f"events {{}}\nhttp {{\naccess_log off;\n{folders}{text}\n}}\n")
        self.process = subprocess.Popen([NGINX, "-p", self.folder, "-c", f"{self.folder}/nginx.conf", "-e", "stderr",
                                         "-g", f"daemon off; user {getpass.getuser()}; pid {self.folder}/pid; error_log stderr;"], stderr=subprocess.PIPE, text=True)
        eventually(self.listens, 10)

    def listens(self):
        if self.process.poll() is not None:
            raise AssertionError(f"nginx has ended: {self.process.stderr.read()}")
        with socket.socket() as probe:
            return probe.connect_ex((self.address, self.port)) == 0

    def end(self):
        self.process.terminate()
        self.process.communicate(timeout=wire.LIMIT)
        shutil.rmtree(self.folder, ignore_errors=True)


class BehindNginx(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server([PROBE, "--token", "nora", TOKEN, "--issuer", "http://127.0.0.1:9", "--host", NAME]).__enter__()
        cls.addClassCleanup(cls.server.end)
        cls.proxy = Proxy(cls.server.port)
        cls.addClassCleanup(cls.proxy.end)

    host = {"Host": NAME, "Authorization": "Bearer " + TOKEN}

    def ask(self, body, headers=None, **options):
        return self.proxy.once(body, headers={**self.host, **(headers or {})}, **options)

    def test_a_call_comes_through(self):
        answer = self.ask(call("add", {"a": 2, "b": 3}))
        self.assertEqual((answer.status, answer.json["result"]["structuredContent"]), (200, 5))

    def test_the_token_and_the_challenge_come_through(self):
        self.assertEqual(self.ask(call("whoami")).text, "nora")
        answer = self.ask(call("whoami"), headers={"Authorization": None})
        self.assertEqual(answer.status, 401)
        self.assertIn("resource_metadata=", answer.header("WWW-Authenticate"))

    def test_headers_that_repeat_the_body_come_through(self):
        self.assertEqual(self.ask(call("query", {"region": "seoul"}), headers={"Mcp-Param-Region": "seoul"}).status, 200)
        answer = self.ask(call("query", {"region": "seoul"}), headers={"Mcp-Param-Region": "busan"})
        self.assertEqual((answer.status, answer.code), (400, -32020))

    def test_a_stream_is_not_held_back(self):
        with self.proxy.connect() as listener:
            listener.request(message("subscriptions/listen", {"notifications": {"toolsListChanged": True}}), headers=self.host)
            stream = listener.stream()
            self.assertEqual(next(stream)["method"], "notifications/subscriptions/acknowledged")
            begin = time.monotonic()
            self.assertEqual(self.ask(call("grow")).status, 200)
            self.assertEqual(next(stream)["method"], "notifications/tools/list_changed")
            self.assertLess(time.monotonic() - begin, 2 * wire.SCALE)

    def test_progress_comes_through(self):
        told = self.ask(call("tell", meta={"progressToken": "p", META + "logLevel": "debug"})).messages
        self.assertEqual([one.get("method", "result") for one in told],
                         ["notifications/progress", "notifications/message", "notifications/progress", "result"])

    def test_a_client_that_goes_cancels_its_call(self):
        before = int(self.ask(call("cancelled_sleeps")).text)
        connection = self.proxy.connect()
        connection.request(call("sleep", {"milliseconds": 60000}), headers=self.host)
        time.sleep(0.3)
        connection.close()
        eventually(lambda: int(self.ask(call("cancelled_sleeps")).text) == before + 1)

    def test_a_large_body_comes_through(self):
        text = "x" * 60_000
        self.assertEqual(self.ask(call("echo", {"text": text})).text, text)
        big = call("echo", {"text": "x"}, meta={"dev.sumun/padding": "y" * 3_000_000})
        self.assertEqual(self.ask(big).text, "x")

    def test_a_foreign_host_is_still_refused(self):
        self.assertEqual(self.ask(call("whoami"), headers={"Host": "evil.example"}).status, 403)

    def test_the_metadata_document_comes_through(self):
        with self.proxy.connect() as connection:
            connection.request(method="GET", path="/.well-known/oauth-protected-resource/mcp", headers={"Host": NAME})
            self.assertEqual(connection.response().status, 200)


if __name__ == "__main__":
    if NGINX is None:
        print("nginx is missing: run packaging/setup", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") else 77)
    PROBE = sys.argv.pop(1)
    unittest.main()
