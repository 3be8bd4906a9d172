# SPDX-License-Identifier: Apache-2.0
"""A server process and sockets to it: HTTP written and read by hand, so that a test can say exactly which bytes go out.

Every wait is bounded and fails with a sentence.
"""
import json
import os
import re
import select
import signal
import socket
import subprocess
import threading
import time

SCALE = float(os.environ.get("SUMUN_TIME_SCALE", "1"))  # above 1 where the machine or the build is slow
SANITIZED = os.environ.get("SUMUN_SANITIZED") == "1"  # the server's memory is then mostly the sanitizer's
LIMIT = 20.0 * SCALE  # seconds anything may take
VERSION = "2026-07-28"
LEGACY = "2025-11-25"
META = "io.modelcontextprotocol/"


class Server:
    """A program that prints where it listens. `with Server([...]) as server: server.port`"""

    tls = None  # how to speak to it, where it speaks TLS: (context, name)

    def __init__(self, command):
        self.command = [str(word) for word in command]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        text=True, start_new_session=True)
        self.log = []
        self.listening = threading.Event()
        self.address, self.port, self.path = None, None, None
        self.reader = threading.Thread(target=self.read_log, daemon=True)
        self.reader.start()
        if not self.listening.wait(LIMIT) or self.port is None:
            self.end()
            raise AssertionError(f"{self.command[0]} does not listen: {self.log}")
        return self

    def read_log(self):
        for line in self.process.stderr:
            self.log.append(line.rstrip())
            if found := re.search(r"listening on https?://(\S+?):(\d+)(/\S*)$", line.rstrip()):
                self.address, self.port, self.path = found[1], int(found[2]), found[3]
                self.listening.set()
        self.listening.set()

    def __exit__(self, *_):
        self.end()

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join(1)
        found = [line for line in self.log if re.search(r"(Address|Leak|Thread)Sanitizer|runtime error:", line)]
        assert not found, found

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def exit_code(self, within=LIMIT):
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the server is still there after {within} s")

    def memory(self, field="VmRSS"):
        """Bytes that the process holds; field VmHWM = at its highest."""
        text = open(f"/proc/{self.process.pid}/status").read()
        return int(re.search(rf"{field}:\s+(\d+) kB", text)[1]) * 1024

    def cpu_seconds(self):
        """What the process has used of all cores."""
        fields = open(f"/proc/{self.process.pid}/stat").read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def connect(self):
        return Connection(self)

    def once(self, *args, **options):
        """The answer to one request on a connection of its own."""
        with self.connect() as connection:
            connection.request(*args, **options)
            return connection.response()

    def call(self, tool, arguments=None, **options):
        return self.once(call(tool, arguments), **options)


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def header(self, name):
        """The only header of that name; None where there is none."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(found) < 2, f"{name} stands {len(found)} times"
        return found[0] if found else None

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.json["result"]["content"][0]["text"]

    @property
    def code(self):
        return self.json["error"]["code"]

    @property
    def messages(self):
        """The JSON-RPC messages of an event stream, or the one message of a JSON body."""
        if "event-stream" not in (self.header("content-type") or ""):
            return [self.json]
        return [json.loads(data) for data in events(self.body.decode()) if data]


def events(text):
    """The data of each event of a stream."""
    for block in text.replace("\r\n", "\n").split("\n\n"):
        data = [line[5:].removeprefix(" ") for line in block.split("\n") if line.startswith("data:")]
        if data:
            yield "\n".join(data)


def message(method, params=None, id=1, meta=None, **fields):
    """A request of 2026-07-28; id None = a notification."""
    params = dict(params or {})
    params["_meta"] = {META + "protocolVersion": VERSION, META + "clientInfo": {"name": "test", "version": "1"},
                       META + "clientCapabilities": {}, **(meta or {})}
    out = {"jsonrpc": "2.0", "method": method, "params": params, **fields}
    if id is not None:
        out["id"] = id
    return out


def call(tool, arguments=None, **options):
    return message("tools/call", {"name": tool, "arguments": arguments or {}}, **options)


def headers_of(body):
    """The headers that repeat a request of 2026-07-28."""
    params = body.get("params") or {}
    out = {"MCP-Protocol-Version": params.get("_meta", {}).get(META + "protocolVersion", VERSION), "Mcp-Method": body.get("method", "")}
    name = params.get("name") or params.get("uri")
    return {**out, "Mcp-Name": name} if name else out


class Connection:
    """One socket. `request` writes a request, `response` reads an answer; `send` writes any bytes."""

    def __init__(self, server, timeout=LIMIT):
        self.server = server
        self.socket = socket.create_connection((server.address, server.port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if server.tls:
            self.socket = server.tls[0].wrap_socket(self.socket, server_hostname=server.tls[1])
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def request(self, body=None, method="POST", path=None, headers=None, drop=(), mirror=True):
        """Writes a request; a `headers` value replaces the usual one, None or a name in `drop` leaves it out."""
        self.send(self.text(body, method, path, headers, drop, mirror))

    def text(self, body=None, method="POST", path=None, headers=None, drop=(), mirror=True):
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = {"Host": f"{self.server.address}:{self.server.port}"}
        if method == "POST":
            lines |= {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", "Content-Length": str(len(data))}
        if mirror and isinstance(body, dict):
            lines |= headers_of(body)
        lines |= headers or {}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None and name not in drop)
        return f"{method} {path or self.server.path} HTTP/1.1\r\n{head}\r\n".encode() + data

    def more(self, limit=None):
        """Reads what there is; False at the end."""
        self.socket.settimeout(LIMIT if limit is None else limit)
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        self.buffer += data
        return bool(data)

    def until(self, mark):
        while mark not in self.buffer:
            assert self.more(), f"the connection ended before {mark!r}: {self.buffer[:200]!r}"
        at = self.buffer.index(mark) + len(mark)
        out, self.buffer = self.buffer[:at], self.buffer[at:]
        return out

    def exactly(self, size):
        while len(self.buffer) < size:
            assert self.more(), "the connection ended inside a body"
        out, self.buffer = self.buffer[:size], self.buffer[size:]
        return out

    def head(self):
        """Status and headers of the next answer; 1xx are passed over."""
        while True:
            lines = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
            version, status = lines[0].split(" ")[:2]
            assert version == "HTTP/1.1", lines[0]
            if int(status) >= 200:
                return int(status), [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:] if line]

    def chunks(self):
        while size := int(self.until(b"\r\n").split(b";")[0], 16):
            yield self.exactly(size)
            assert self.exactly(2) == b"\r\n"
        self.until(b"\r\n")

    def response(self, to="POST"):
        status, headers = self.head()
        answer = Response(status, headers, b"")
        if to == "HEAD" or status == 204 or status == 304:
            return answer
        if (answer.header("transfer-encoding") or "").lower() == "chunked":
            answer.body = b"".join(self.chunks())
        elif (length := answer.header("content-length")) is not None:
            answer.body = self.exactly(int(length))
        else:
            while self.more():
                pass
            answer.body, self.buffer = self.buffer, b""
        return answer

    def stream(self):
        """The messages of the next answer, an event stream, one by one as they come."""
        status, headers = self.head()
        answer = Response(status, headers, b"")
        assert status == 200 and "event-stream" in (answer.header("content-type") or ""), (status, headers, self.buffer)
        chunked = (answer.header("transfer-encoding") or "").lower() == "chunked"
        text = b""
        for piece in self.chunks() if chunked else self.pieces():
            text += piece
            while b"\n\n" in text.replace(b"\r\n", b"\n"):
                block, _, text = text.replace(b"\r\n", b"\n").partition(b"\n\n")
                yield from (json.loads(data) for data in events(block.decode()) if data)

    def pieces(self):
        while self.buffer or self.more():
            out, self.buffer = self.buffer, b""
            yield out

    def ended(self, within=LIMIT):
        """Whether the peer closes within so long; what it says before is kept in `buffer`."""
        deadline = time.monotonic() + within
        while (left := deadline - time.monotonic()) > 0:
            try:
                if not self.more(left):
                    return True
            except TimeoutError:
                break
        return False

    def quiet(self, seconds):
        """Whether nothing comes for so long."""
        return not self.buffer and not select.select([self.socket], [], [], seconds)[0]


def eventually(check, within=LIMIT):
    """Waits until `check()` is true."""
    deadline = time.monotonic() + within
    while not check():
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.01)
